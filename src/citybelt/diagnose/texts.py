"""The paragraphs of the first page and the page of limits, written from the tables."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .cities import Cities
from .facts import COUNTRY
from .words import LANGUAGES, Speech

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset

    from .result import Diagnosis


FEW = 5  # names in a row before a list breaks off


def _row(table: pd.DataFrame, region: str, column: str = "region") -> pd.Series:
    return table[table[column] == region].iloc[0]


def why(d: Diagnosis, say: Speech) -> str:
    """Why output per head differs: the exact split, schooling beside it."""
    rows = d.gap.set_index("factor")["contribution"]
    total = rows["total"]
    income = d.income.set_index("region")["gdp_per_head"]
    context = d.context.set_index("region")
    order = rows.drop("total").sort_values(ascending=bool(total < 0)).index
    factors = [
        say("why.factor", label=say(f"factor.{f}"), points=" " * (say.lang == "en") + say.signed(rows[f]))
        for f in order
    ]
    if say.lang == "en":
        factors = [f[0].lower() + f[1:] for f in factors]
    own, all_ = context.loc[d.cluster], context.loc[COUNTRY]
    return _join(
        say,
        say(
            "why.below" if total < 0 else "why.above",
            year=d.year,
            cluster=say.place(d.cluster),
            gap=say.percent(abs(total)),
            own=say.number(income[d.cluster]),
            country=say.number(income[COUNTRY]),
        ),
        say("why.factors", factors=say.list(" ".join(f.split()) for f in factors)),
        say(
            _schooling(total, own["schooling"] - all_["schooling"]),
            own=say.number(own["schooling"]),
            country=say.number(all_["schooling"]),
            urban=say.percent(own["urban"]),
            urban_country=say.percent(all_["urban"]),
        ),
        say("why.note"),
    )


def _schooling(gap: float, more: float) -> str:
    """Schooling is remarked on where it could have been an explanation and is none, or is one."""
    if gap >= 0:
        return "why.school_plain"
    return "why.school_more" if more >= 0 else "why.school_less"


def people(d: Diagnosis, say: Speech) -> str:
    """How people changed and by what, with the disagreement of the three records."""
    row, country = _row(d.people, d.cluster), _row(d.people, COUNTRY)
    objects = _row(d.three_objects, d.cluster)
    cities = d.people[d.people["region"].isin(d.names.index)]
    grew = cities[cities["change"] > 0].sort_values("change", ascending=False)
    cohorts = d.cohorts[(d.cohorts["region"] == d.cluster) & (d.cohorts["age"] >= 15)]
    fell = row["migration"] < 0
    worst = cohorts.loc[cohorts["rate"].idxmin() if fell else cohorts["rate"].idxmax()]
    counts = {
        "natural": say.persons(row["natural"], signed=True),
        "migration": say.persons(row["migration"], signed=True),
        "grew": len(grew),
        "n": len(cities),
        "names": say.list(d.names.at[r, f"name_{say.lang}"] for r in grew["region"].head(FEW))
        + ("" if len(grew) <= FEW else say("people.more")),
    }
    return _join(
        say,
        say(
            "people.fell" if row["change"] < 0 else "people.grew",
            cluster=say.place(d.cluster),
            change=say.persons(abs(row["change"])),
            end=say.persons(row["end"]),
            to=int(row["year_to"]),
            **{"from": int(row["year_from"])},
        ),
        say("people.split" if len(grew) else "people.split_none", **counts),
        say(
            "people.age" if fell else "people.age_gain",
            age=int(worst["age"]),
            age_end=int(worst["age"]) + 4,
            rate=say.percent(abs(worst["rate"])),
            to=int(row["year_to"]),
        ),
        say(
            "people.objects" if np.isfinite(objects["flow_five_years"]) else "people.objects_no_flow",
            low=say.persons(row["migration_low"], signed=True),
            high=say.persons(row["migration_high"], signed=True),
            flow=say.persons(objects["flow_five_years"], signed=True),
            stock_start=say.persons(objects["stock_start"], signed=True),
            stock_end=say.persons(objects["stock_end"], signed=True),
        ),
        say(
            "people.old",
            start60=say.percent(row["share60_start"]),
            end60=say.percent(row["share60_end"]),
            country60=say.percent(country["share60_end"]),
        ),
    )


def industries(d: Diagnosis, say: Speech) -> str:
    """Which industries repeat, and whether more than chance would have it."""
    own = d.similarity[d.similarity["cluster"] == d.cluster].set_index("level")
    fine = own[own.index.str.startswith("industries")].iloc[0]
    province = own[own.index.str.startswith("provinces_sectors")]
    often = d.repeats[d.repeats["top"] >= d.repeats["of"] / 3]
    top = [say("industries.item", name=r[f"name_{say.lang}"], count=int(r["top"])) for _, r in often.iterrows()]
    parts = [
        say(
            "industries.alike",
            cluster=say.place(d.cluster),
            n=int(fine["n"]),
            mean=say.number(fine["mean"], 2),
            null=say.number(fine["null_drawn"], 2),
            low=say.number(fine["null_low"], 2),
            high=say.number(fine["null_high"], 2),
        ),
        say("industries.coarse", coarse=say.number(own.at["tiers3", "mean"], 2)),
        say("industries.top", top=say.list(top), of=int(d.repeats["of"].iloc[0])),
    ]
    if len(province) and d.overlap:
        finest = province.loc[province["n"].idxmax()]
        parts.append(
            say(
                "industries.products",
                n=int(finest["n"]),
                mean=say.number(finest["mean"], 2),
                null=say.number(finest["null_drawn"], 2),
                shared=say.number(d.overlap["shared"]),
                shared_null=say.number(d.overlap["null"]),
                shared_low=say.number(d.overlap["null_low"]),
                shared_high=say.number(d.overlap["null_high"]),
                resource=int((d.products["resource"] != "").sum()),
                listed=len(d.products),
            )
        )
    parts.append(say("industries.more" if fine["mean"] > fine["null_high"] else "industries.less"))
    return _join(say, *parts)


def openness(d: Diagnosis, say: Speech) -> str:
    """Trade over output by both definitions in the last year whose exchange rate is known from trade."""
    t = d.trade[(d.trade["gdp_vintage"] == "revised") & (d.trade["grade"] == "C")]
    t = t[t["year"] == t["year"].max()].set_index(["region", "definition"])
    value, year = t["dependence"], int(t["year"].iloc[0])
    unit, place = "operating unit", "destination and source"
    parts = []
    if (d.cluster, unit) in value.index:
        own = {"unit": say.percent(value[d.cluster, unit]), "place": say.percent(value[d.cluster, place])}
        country = say.percent(value[COUNTRY, unit])
        parts.append(say("openness.level", cluster=say.place(d.cluster), year=year, country=country, **own))
    else:
        parts.append(say("openness.none", cluster=say.place(d.cluster)))
    provinces = [
        say("openness.province", name=row[f"name_{say.lang}"], value=say.percent(value[p, unit]))
        for p, row in d.provinces.iterrows()
    ]
    if provinces:
        parts.append(say("openness.provinces", year=year, provinces=say.list(provinces)))
    return _join(say, *parts)


def services(d: Diagnosis, say: Speech) -> str:
    """Producer services under both definitions, against the other clusters."""
    work = d.services[d.services["basis"] == "employment"]
    share = work.set_index(["region", "definition"])["share"]
    others = [*(c for c in d.clusters if c != d.cluster), COUNTRY]
    narrow = [share[c, "narrow"] for c in d.clusters]
    by_definition = share[d.cluster, "broad"] - share[d.cluster, "narrow"]
    key = "services.level" if by_definition > max(narrow) - min(narrow) else "services.level_place"
    return say(
        key,
        cluster=say.place(d.cluster),
        narrow=say.percent(share[d.cluster, "narrow"]),
        broad=say.percent(share[d.cluster, "broad"]),
        others=say.list(
            say("services.other", name=say.place(c), value=say.percent(share[c, "narrow"])) for c in others
        ),
    )


def _join(say: Speech, *sentences: str) -> str:
    return ("" if say.lang == "zh" else " ").join(sentences)


def wanted() -> pd.DataFrame:
    """Quantities that a planner would ask for, by the name they have (or would have) among the facts."""
    path = resources.files("citybelt.diagnose") / "tables" / "wanted.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def limits(cities: Cities, three_objects: pd.DataFrame, dataset: Dataset | None) -> pd.DataFrame:
    """What the data can't say, one row a sentence [topic, text_en, text_zh], found by looking at the facts."""
    rows: list[dict] = []
    mask = cities.member(cities.focus)
    names, n = cities.units[mask], int(mask.sum())
    newest = int(cities.facts.frame["year"][cities.facts.frame["quantity"] == "gdp"].max())

    def add(topic: str, key: str, **values: object) -> None:
        texts = {}
        for lang in LANGUAGES:
            say = Speech(lang)
            spoken = {k: (v[lang] if isinstance(v, dict) else v) for k, v in values.items()}
            texts[f"text_{lang}"] = say(key, **spoken)
        rows.append({"topic": topic, **texts})

    def spoken_names(index: pd.Index) -> dict:
        return {lang: Speech(lang).list(names.loc[index, f"name_{lang}"]) for lang in LANGUAGES}

    provinces = set(cities.units["province"])
    for _, want in wanted().iterrows():
        held = cities.facts.rows(want["quantity"], item=want["item"] or None)
        label = {"en": want["label_en"], "zh": want["label_zh"]}
        own = held[held["region"].isin(names.index)]
        first, end = (held["year"].min(), held["year"].max()) if len(held) else (0, 0)
        years = str(end) if first == end else f"{first}-{end}"
        if not len(held):
            add(want["quantity"], "limit.none", label=label)
        elif not len(own):
            count = held["region"][held["region"].isin(provinces)].nunique()
            key = "limit.none_province" if count else "limit.none_country"
            key = "limit.none_all_provinces" if count == len(provinces) else key
            add(want["quantity"], key, label=label, n=n, years=years, count=count, of=len(provinces))
        else:
            last = int(own["year"].max())
            count = own[own["year"] == last]["region"].nunique()
            if count < n:
                add(want["quantity"], "limit.some", label=label, held=count, n=n, year=last)
            elif last < min(newest, cities.years[1]):
                add(want["quantity"], "limit.ends", label=label, year=last)
    changed = names.index[cities.boundary[mask] != 1]
    if len(changed):
        add("boundary", "limit.boundary", count=len(changed), n=n, names=spoken_names(changed))
    broken = [c for c in names.index if c in set(cities.facts.rows("gdp_break")["region"])]
    if broken:
        add("breaks", "limit.breaks", count=len(broken), n=n, names=spoken_names(pd.Index(broken)))
    add("inside", "limit.inside", n=cities.employed.shape[1])
    row = _row(three_objects, cities.focus)
    figures = [row["cohort_residual"], 2 * row["flow_five_years"], row["stock_end"] - row["stock_start"]]
    spread = np.nanmax(figures) - np.nanmin(figures)
    add("objects", "limit.objects", spread={g: Speech(g).persons(spread) for g in LANGUAGES})
    if dataset is not None:
        imputed = {g: Speech(g).list(_imputed(dataset, g)) for g in LANGUAGES}
        add("imputed", "limit.imputed", names=imputed)
    return pd.DataFrame(rows).replace({np.nan: ""})


def _imputed(dataset: Dataset, lang: str) -> list[str]:
    """Names of what a world holds only because a model filled it: variables of grade D, and flows."""
    x = dataset.x
    attribute = "long_name" if lang == "en" else f"long_name_{lang}"
    names = {v: x[v].attrs.get(attribute, v) for v in x.data_vars if x[v].attrs.get("grade") == "D"}
    fills = dataset.fills
    flows = [v for v in fills.loc[fills["grade"] == "D", "variable"].unique() if v not in x]
    return [*names.values(), *(Speech(lang).word("variable", v) for v in flows)]
