"""The five answers of the first page, as sentences made from the tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from citybelt.report.inputs import Inputs, band
from citybelt.report.text import Language, is_number

NATION = "000000"


def place(inp: Inputs, L: Language) -> str:
    """The name of the planned cluster."""
    return L.word("cluster", inp.cluster)


def name(inp: Inputs, L: Language, region: str) -> str:
    """The name of a region, province, cluster or the nation."""
    region = str(region)
    if L.has(f"cluster.{region}"):
        return L(f"cluster.{region}")
    if region in inp.regions.index:
        return str(inp.regions.loc[region, f"name_{L.code}"])
    units = inp.table("dataset", "units")
    if {"unit", f"name_{L.code}"} <= set(units.columns):
        found = units.loc[units["unit"] == region, f"name_{L.code}"]
        if len(found):
            return str(found.iloc[0])
    return region


def names(inp: Inputs, L: Language, regions: Sequence[str], most: int = 3) -> str:
    """A list of region names, cut after ``most`` with the number of the others."""
    regions = list(regions)
    shown = [name(inp, L, r) for r in regions[:most]]
    rest = len(regions) - most
    if rest > 0:
        return L("list.more", names=("、" if L.code == "zh" else ", ").join(shown), n=rest, all=len(regions))
    return L.join(shown)


def row_of(table: pd.DataFrame, region: str) -> pd.Series | None:
    """The row of a region, or None."""
    if "region" not in table.columns:
        return None
    found = table[table["region"].astype(str) == region]
    return found.iloc[0] if len(found) else None


def of_cities(inp: Inputs, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the planned cities, in their order."""
    if "region" not in table.columns:
        return table.iloc[0:0]
    return table[table["region"].astype(str).isin(inp.cities)]


def why_lag(inp: Inputs, L: Language) -> str:
    """Why the cluster lags: the parts of the gap in output per head."""
    income = row_of(inp.table("diagnosis", "income"), inp.cluster)
    parts = inp.table("diagnosis", "gap")
    parts = parts[parts["factor"] != "total"]
    total = parts["contribution"].sum()
    said = []
    if income is not None:
        key = "lag.level" if income["relative"] < 100 else "lag.ahead"
        said.append(L(key, place=place(inp, L), relative=L.percent(income["relative"])))
    if total < 0:
        same = parts[parts["contribution"] < 0].sort_values("contribution")
        other = parts[parts["contribution"] > 0]
        label = {i: L.of(r, "factor", L.word("factor", r["factor"])) for i, r in parts.iterrows()}
        share = {i: L.percent(100 * r["contribution"] / total) for i, r in same.iterrows()}
        more = "".join(
            L("lag.more", share=share[i], factor=label[i])
            for i, r in same.iloc[1:3].iterrows()
            if r["contribution"] / total > 0.05
        )
        if len(same):
            first = same.index[0]
            said.append(L("lag.first", share=share[first], factor=label[first], more=more))
        if len(other):
            listed = L.join([label[i] for i in other.index])
            said.append(L("lag.counter", factors=listed[:1].upper() + listed[1:]))
    said.append(L("lag.accounting"))
    return L.sentences(*said)


def people(inp: Inputs, L: Language) -> str:
    """How the cluster's people changed: births, deaths, moves and ages."""
    table = inp.table("diagnosis", "people")
    own, nation = row_of(table, inp.cluster), row_of(table, NATION)
    if own is None:
        return ""
    said = [
        L(
            "people.fall" if own["change"] < 0 else "people.rise",
            **{"from": int(own["year_from"])},
            to=int(own["year_to"]),
            change=L.people(abs(own["change"])),
            percent=L.percent(100 * own["change"] / own["start"], signed=True),
            end=L.people(own["end"]),
        )
    ]
    margin = ""
    if is_number(own.get("migration_low")) and is_number(own.get("migration_high")):
        ends = (L.scaled(own["migration_low"], signed=True), L.scaled(own["migration_high"], signed=True))
        margin = L("people.parts_band", range=L("band.range", low=ends[0], high=ends[1]))
    said.append(
        L(
            "people.parts",
            natural=L.scaled(own["natural"], signed=True),
            migration=L.scaled(own["migration"], signed=True),
            band=(" " if L.code == "en" and margin else "") + margin,
        )
    )
    cities = of_cities(inp, table)
    growth = (cities["change"] / cities["start"]).sort_values(ascending=False)
    lost = int((growth < 0).sum())
    gained = [str(cities.loc[i, "region"]) for i in growth.index if growth[i] > 0]
    best = [str(cities.loc[i, "region"]) for i in growth.index[:3]]
    key = "people.cities" if gained else "people.cities_all"
    said.append(L(key, n=lost, all=len(cities), best=names(inp, L, (gained or best)[:3])))
    if is_number(own.get("share60_end")) and nation is not None:
        said.append(
            L(
                "people.age",
                start=L.percent(own["share60_start"], 3),
                end=L.percent(own["share60_end"], 3),
                nation=L.percent(nation.get("share60_end"), 3),
            )
        )
    return L.sentences(*said)


def industries(inp: Inputs, L: Language) -> str:
    """Which industries repeat, and how far the answer hangs on the level of detail."""
    table = inp.table("diagnosis", "repeats").sort_values("cities", ascending=False)
    said = []
    if len(table):
        top = table.head(3)
        listed = [L.of(r, "name", str(r["industry"])) for _, r in top.iterrows()]
        n = top.iloc[0]["cities"]
        said.append(
            L("industries.repeat", names=L.join(listed), first=listed[0], n=int(n), all=len(inp.cities))
        )
    levels = inp.table("diagnosis", "similarity")
    own = levels[(levels["cluster"] == inp.cluster) & ~levels["level"].str.startswith("provinces")]
    if len(own):
        own = own.sort_values("n") if "n" in own else own.sort_values("mean", ascending=False)
        coarse, fine = own.iloc[0], own.iloc[-1]
        drawn = fine.get("null_drawn")
        null = L("industries.null", value=L.number(drawn)) if is_number(drawn) else ""
        said.append(
            L(
                "industries.level" if len(own) > 1 else "industries.single",
                fine=L.word("level", fine["level"]),
                value=L.number(fine["mean"]),
                null=null,
                coarse=L.word("level", coarse["level"]),
                other=L.number(coarse["mean"]),
            )
        )
    return L.sentences(*said)


def gain_text(value: float, L: Language) -> str:
    """Million yuan a year as words."""
    return L.money(value / 1000, signed=value < 0) if is_number(value) else L.money(None)


def reforms(inp: Inputs, L: Language) -> str:
    """Which reform is worth as much as which project: nearest in welfare among the levers of the plan."""
    levers = inp.table("plan", "levers")
    said = []
    if "kind" not in levers:
        levers = levers.assign(kind="")
    if "contribution" in levers:
        chosen = levers[(levers["status"] == "chosen") & levers["contribution"].notna()]
        pairs = [
            (abs(a["contribution"] - b["contribution"]) / max(a["contribution"], b["contribution"]), a, b)
            for _, a in chosen[chosen["kind"] == "reform"].iterrows()
            for _, b in chosen[chosen["kind"] == "project"].iterrows()
            if min(a["contribution"], b["contribution"]) > 0
        ]
        near = sorted((p for p in pairs if p[0] < 0.35), key=lambda p: -p[1]["contribution"])
        used: set[str] = set()
        for _, reform, project in sorted(near, key=lambda p: p[0]):
            if len(used) >= 4 or reform["name"] in used or project["name"] in used:
                continue
            used |= {reform["name"], project["name"]}
            said.append(
                L(
                    "reforms.equal",
                    reform=L.of(reform, "name"),
                    project=L.of(project, "name"),
                    a=L.percent(reform["contribution"], signed=True),
                    b=L.percent(project["contribution"], signed=True),
                    cost_a=L.money(reform["cost"]),
                    cost_b=L.money(project["cost"]),
                )
            )
    ranked = levers[(levers["status"] != "if") & levers["marginal_gain"].notna()]
    ranked = ranked.sort_values("marginal_gain", ascending=False)
    best = [ranked[ranked["kind"] == k].head(1) for k in ("reform", "project")]
    if all(len(b) for b in best):
        a, b = best[0].iloc[0], best[1].iloc[0]
        said.append(
            L(
                "reforms.margin",
                reform=L.of(a, "name"),
                a=gain_text(a["marginal_gain"], L),
                project=L.of(b, "name"),
                b=gain_text(b["marginal_gain"], L),
            )
        )
    elif len(ranked):
        a = ranked.iloc[0]
        said.append(L("reforms.one", lever=L.of(a, "name"), a=gain_text(a["marginal_gain"], L)))
    open_ = [L.of(r, "name") for _, r in levers[levers["status"] == "if"].iterrows()]
    if open_:
        said.append(L("reforms.if", names=L.join(open_[:4])))
    return L.sentences(*said)


def plan_does(inp: Inputs, L: Language) -> str:
    """What the plan buys and what it changes."""
    plan, levers = inp.plan, inp.table("plan", "levers")
    chosen = levers[levers["status"] == "chosen"].sort_values("cost", ascending=False)
    return L.sentences(
        L(
            "plan.do",
            spent=L.money(chosen["cost"].sum()),
            share=L.percent(spent_share(inp)),
            n=len(chosen),
            all=len(levers),
            names=L.join([L.of(r, "name") for _, r in chosen.head(3).iterrows()]),
        ),
        L(
            "plan.gain",
            place=place(inp, L),
            own=L.with_band(plan.welfare_change, *band(plan, "welfare_change")),
            nation=L.with_band(plan.welfare_change_nation, *band(plan, "welfare_change_nation")),
        ),
    )


def spent_share(inp: Inputs) -> float | None:
    """What the plan spends as percent of the cluster's GDP, from the budget and its share."""
    budget = inp.plan.budget
    levers = inp.table("plan", "levers")
    spent = levers.loc[levers["status"] == "chosen", "cost"].sum()
    total, share = budget.get("total"), budget.get("share_of_gdp")
    return spent / total * share if is_number(total) and total and is_number(share) else None


def winners(inp: Inputs) -> tuple[list[str], list[str]]:
    """Cities that gain and that lose, those with the largest changes first."""
    table = of_cities(inp, inp.table("plan", "by_region")).sort_values("welfare")
    lose = [str(r) for r in table.loc[table["welfare"] < 0, "region"]]
    gain = [str(r) for r in table.loc[table["welfare"] >= 0, "region"][::-1]]
    return gain, lose


def plan_for_whom(inp: Inputs, L: Language) -> str:
    """Who gains, who loses and who pays."""
    gain, lose = winners(inp)
    total = len(gain) + len(lose)
    if lose:
        first = L(
            "plan.winners",
            n=len(gain),
            all=total,
            best=names(inp, L, gain[:3]),
            losers=names(inp, L, lose, 4),
        )
    else:
        first = L("plan.winners_all", all=total, best=names(inp, L, gain[:3]))
    paid = payers(inp)
    spent = sum(paid.values())
    listed = [
        L("plan.payer", payer=L(f"payer.{p}"), share=L.percent(100 * v / spent)) for p, v in paid.items() if v > 0
    ]
    return L.sentences(first, L("plan.payers", payers=L.join(listed)) if listed else "")


def payers(inp: Inputs) -> dict[str, float]:
    """Cost of the chosen levers by payer, bn CNY a year, largest first."""
    total: dict[str, float] = {}
    for _, row in inp.table("plan", "levers").iterrows():
        if row["status"] == "chosen":
            for who, amount in cost_by_payer(row).items():
                total[who] = total.get(who, 0.0) + amount
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def cost_by_payer(lever: pd.Series) -> dict[str, float]:
    """A lever's cost by payer; the payer named in its row pays all where no split is given."""
    split = lever.get("cost_by_payer")
    if isinstance(split, dict):
        return {str(k): float(v) for k, v in split.items() if v}
    return {str(lever["payer"]): float(lever["cost"])} if lever["cost"] else {}


def shadow(inp: Inputs, limit: str) -> float | None:
    """The shadow price of a limit of the plan, None where it isn't given."""
    table = inp.table("plan", "shadow_prices")
    found = table.loc[table["name"] == limit, "value"]
    return float(found.iloc[0]) if len(found) else None


def limit_name(inp: Inputs, L: Language, row: pd.Series) -> str:
    """A limit in words: "budget", or "people:210000" as the floor on people of that province."""
    given = L.of(row, "label")
    if given:
        return given
    kind, _, region = str(row["name"]).partition(":")
    return L(f"shadow.{kind}", region=name(inp, L, region)) if L.has(f"shadow.{kind}") else str(row["name"])


def shadow_sentence(inp: Inputs, L: Language, row: pd.Series, label: str) -> str:
    """What relaxing a limit by one unit would bring."""
    unit = L.of(row, "unit")
    if str(row["name"]) == "budget":
        return L("plan.shadow_budget", label=label, value=L.money(row["value"] * 0.1))
    return L("plan.shadow_plain", label=label, value=L.number(row["value"], 3), unit=f" {unit}" if unit else "")
