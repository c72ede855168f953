"""Where each value of a world is from, its grade, and what no table holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.data import dictionary
from citybelt.data.dataset import FILLS, PROVENANCE
from citybelt.worlds import tables
from citybelt.worlds.accounts import NATION
from citybelt.worlds.places import Places
from citybelt.worlds.split import GRADE
from citybelt.worlds.tables import definition, facts, wide
from citybelt.worlds.world import World, place_fill

if TYPE_CHECKING:
    import xarray


def fills(world: World, x: xarray.Dataset) -> pd.DataFrame:
    """What no table holds: variable, region, item, model, share, grade, note."""
    account, home = world.account, len(world.domestic)
    flows = float(x["output"].values[:home].sum())
    abroad = float((world.account.nation.exports.sum()) / flows)
    secondary = (tables.sectors()["tier"] == "secondary").to_numpy()
    within = float((world.value_added * ~world.given)[:, secondary].sum() / world.value_added.sum())
    _, _, missing = place_fill()
    factors = account.factors
    spread = np.quantile(factors.factor, [0.05, 0.95])
    rows = [
        (
            "trade",
            "",
            "",
            "placement by customs of 2017 and province totals; gravity inside the country",
            1.0,
            "D",
            f"national exports are {100 * abroad:.1f} % of output; flows between regions are not observed",
        ),
        (
            "output",
            "",
            "secondary",
            "employment, output of provinces in 2017, city accounts",
            within,
            "D",
            "inside a city only mining and utilities are anchored; manufacturing has the proportions of its province",
        ),
        (
            "labour_share",
            "",
            "",
            "factor of the place, bounded",
            1.0,
            "D",
            f"correlation of labour income per worker outside farming with the published wage (logs):"
            f" {factors.correlation_before:.2f} before, {factors.correlation_after:.2f} after;"
            f" factors {spread[0]:.2f} to {spread[1]:.2f} (5 to 95 % of places)",
        ),
        ("land_share", "", "", "shares of the literature, and assumed for deposits and real estate", 1.0, "D", ""),
        (
            "consumption",
            "",
            "",
            "provinces by consumption per head; inside by people and GDP",
            1.0,
            "D",
            "national product mix everywhere",
        ),
        ("government", "", "", "provinces by budget expenditure; inside by people", 1.0, "D", "national product mix"),
        (
            "investment",
            "",
            "",
            "provinces by GDP and fixed investment; inside by GDP",
            1.0,
            "D",
            "national product mix",
        ),
        (
            "migrants",
            "",
            "",
            "gravity balanced to registered persons and census counts",
            1.0,
            "D",
            f"{int(missing.sum())} places without a register take the ratio of their province; the fall with distance,"
            " the part from other cities and the odds of the old are drawn",
        ),
        ("pension_benefit", "", "", "national mean per person of 60 and over, by disposable income", 1.0, "D", ""),
        ("tariff", "", "", "collected duties on the pattern of a study; the same rates abroad", 1.0, "D", ""),
    ]
    rows += [
        ("output", r, "", "partner: GDP in three sectors, the nation's proportions inside", 1.0, "D", "")
        for r in world.foreign
    ]
    gaps = account.city.ratio[account.city.ratio["imputed_places"] > 0]
    for province, row in gaps.iterrows():
        places = [
            p
            for p in account.city.gdp.index
            if account.city.imputed[p] and account.places.units.at[p, "province"] == province
        ]
        value_of = account.city.gdp.loc[places].to_numpy().sum()
        rows.append(
            (
                "gdp3",
                province,
                ";".join(places),
                "province account less known cities, by employment",
                value_of / row["published"],
                "D",
                f"remainder over what employment suggests: {row['remainder_over_employment']:.2f}",
            )
        )
    without = sorted(set(world.provinces) - set(wide("co2_fuel", definition("common")["accounts"]["co2_year"]).index))
    rows += [("emission", p, "", "mean of the other provinces", 1.0, "D", "no inventory") for p in without]
    for rule, sector, amount in account.nation.moved:
        j = account.sectors.index(sector)
        share = amount if "share" in rule else amount / account.nation.output[j]
        rows.append(("output", NATION, sector, rule, share, "B", f"{amount:.3g}"))
    if world.split is not None:
        share = float(world.value_added[world.given].sum() / world.value_added.sum())
        regions = ";".join(np.array(world.domestic)[world.given.any(axis=1)])
        note = "other sectors of the same tier share what it leaves, and other places are balanced to the nation"
        rows.append(("output", regions, "", world.split.source, share, GRADE, note))
    return pd.DataFrame(rows, columns=FILLS)


def provenance(world: World, x: xarray.Dataset) -> pd.DataFrame:
    """Where every value is from: variable, region, item, value, unit, year, source, grade.

    Variables of one or two dimensions are listed cell by cell, larger ones in one row with their sum or mean.
    """
    about = dictionary().loc["variable"]
    columns: dict[str, list[np.ndarray]] = {"name": [], "value": [], "region": [], "item": []}
    for name, (unit, dims) in zip(about.index, about[["unit", "dims"]].itertuples(index=False, name=None), strict=True):
        array = x[name]
        axes = dims.split()
        if len(axes) <= 2 and "buyer" not in axes:
            regions = x[axes[0]].values
            items = x[axes[1]].values if len(axes) == 2 else np.array([""])
            columns["value"].append(array.values.ravel())
            columns["region"].append(np.repeat(regions, len(items)))
            columns["item"].append(np.tile(items, len(regions)))
        else:
            total = unit in ("persons", "bn CNY")
            columns["value"].append(np.array([float(array.values.sum() if total else array.values.mean())]))
            columns["region"].append(np.array([""]))
            columns["item"].append(np.array(["sum" if total else "mean"]))
        columns["name"].append(np.full(len(columns["value"][-1]), name))
    cells = {key: np.concatenate(values) for key, values in columns.items()}
    held = np.isfinite(cells["value"])
    names = cells.pop("name")[held]
    rows = about.loc[names]
    table = pd.DataFrame({
        "variable": names, "region": cells["region"][held], "item": cells["item"][held], "value": cells["value"][held],
        "unit": rows["unit"].to_numpy(), "year": rows["year"].to_numpy().astype(int),
        "source": rows["sources"].to_numpy(), "grade": rows["grade"].to_numpy(),
    })  # fmt: skip
    return _cell_grades(world, table[PROVENANCE])


def _cell_grades(world: World, table: pd.DataFrame) -> pd.DataFrame:
    """Grades of single cells that differ from their variable's: partners, imputed cities, missing inventories."""
    imputed = _regions_of(world.places, world.account.city.imputed)
    table.loc[(table["variable"] == "gdp3") & table["region"].isin(imputed), "grade"] = "D"
    foreign = table["region"].isin(world.foreign)
    table.loc[foreign, "grade"] = "D"
    table.loc[foreign & (table["variable"] == "output"), "source"] = "wdi-gdp;wdi-structure"
    held = wide("co2_fuel", definition("common")["accounts"]["co2_year"]).index
    without = world.places.regions.index[~world.places.regions["province"].isin(held)]
    table.loc[table["variable"].isin(["emission", "emission_process"]) & table["region"].isin(without), "grade"] = "D"
    primary = (
        (table["variable"] == "output")
        & ~foreign
        & table["item"].isin([s for s, t in tables.sectors()["tier"].items() if t == "primary"])
    )
    table.loc[primary, "grade"] = "C"
    if world.split is not None:
        given = {(region, sector) for _, region, sector, _ in world.split.rows}
        mine = np.array([key in given for key in zip(table["region"], table["item"], strict=True)])
        table.loc[mine & (table["variable"] == "output"), ["grade", "source"]] = GRADE, world.split.source
    wages = table["variable"] == "wage"
    flagged = facts("wage", year=definition("common")["accounts"]["wage_year"]).query("grade == 'B'")["region"]
    table.loc[wages & table["region"].isin(flagged), "grade"] = "B"
    return table


def _regions_of(places: Places, flag: pd.Series) -> set[str]:
    return set(places.units.loc[flag.reindex(places.units.index).to_numpy(bool), "region"])
