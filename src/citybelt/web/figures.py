"""The numbers of an answer that can be asked why: what each is called, its unit, its equation, the data under it.

Beside the outcomes of the panel there are those that only an exact answer has: people by age, the income gap, output by
sector, accounts of governments, what the levers cost.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from citybelt.dims import SETS
from citybelt.model.panel import TOTALS
from citybelt.scenario.desk import Desk, Look
from citybelt.scenario.seen import GOVERNMENT
from citybelt.web import words
from citybelt.web.words import Words, both


class Figure(NamedTuple):
    """A number that can be asked why.

    Attributes:
        equation: in symbols, for a place and for a set of places; where: it stands in the code.
        leans: variables of the data under it; item: the part of them that counts, such as a sector.
    """

    name: Words
    about: Words
    unit: str
    equation: str
    where: str
    leans: tuple[str, ...]
    item: str = ""


#: Outcome of the panel: its equation, where it stands in the code, and the variables of the data that it leans on.
_PANEL: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "welfare": ("100 · Σ m log Ŵ / Σ m", "model/outcomes.py (O1)", ("registered", "output", "consumption")),
    "ev": ("Σ m · income₀ · (Ŵ − 1)", "model/outcomes.py (O2)", ("consumption", "registered")),
    "people": ("100 · (Σ m′ / Σ m − 1)", "model/mechanisms/migration.py", ("population", "registered")),
    "under60": ("100 · (Σ m′ / Σ m − 1),  m of people under 60", "scenario/seen.py", ("population", "registered")),
    "over60": ("100 · (Σ m′ / Σ m − 1),  m of people of 60 and over", "scenario/seen.py", ("population", "registered")),
    "output": ("100 · (Σ VA₀ · (Y′/Y) / p_gate / Σ VA₀ − 1)", "model/outcomes.py (O3)", ("output", "input_coef")),
    "spending_per_head": ("100 · (C′/C / CPI / (m′/m) − 1)", "model/panel.py (P1)", ("consumption", "population")),
    "wage": ("100 · (w′/w / CPI − 1)", "model/mechanisms/production.py", ("labour_share", "workers")),
    "rent": ("100 · (r′/r / CPI − 1)", "model/mechanisms/housing.py", ("housing",)),
    "cpi": ("100 · (Π p^basket · r^housing − 1)", "model/mechanisms/housing.py", ("consumption", "housing")),
    "trade_dependence_change": ("100 · Δ((X + M) / GDP)", "model/outcomes.py (O4)", ("output", "tariff")),
    "co2_change": (
        "Δ Σ e · use / p + process · output / p", "model/mechanisms/energy.py", ("emission", "emission_process"),
    ),
    "levy": ("Σ bills shared by who stands behind each payer", "model/mechanisms/public_finance.py", ("consumption",)),
}  # fmt: skip
#: The same of a set of places, where it is another.
_SETS = {
    "people": "Σ m′ − Σ m",
    "under60": "Σ m′ − Σ m,  m of people under 60",
    "over60": "Σ m′ − Σ m,  m of people of 60 and over",
}
_GAP = {
    "ratio": Figure(
        both("Spending per head, nation = 1", "人均支出（全国=1）"),
        both("Real household spending per head of the cluster over that of the nation.",
             "城市群人均实际消费与全国之比。"),
        "index", "Δ (C / CPI / m of the cluster) / (C / CPI / m of the nation)", "scenario/seen.py (E1)",
        ("consumption", "population"),
    ),
    "theil": Figure(
        both("Theil index between cities", "城市间泰尔指数"),
        both("Of the real income of the cluster's people, by place of registration and age.",
             "城市群居民实际收入，按户籍地与年龄。"),
        "index", "Δ Σ s log(s / n)", "model/outcomes.py (O5)", ("consumption", "registered"),
    ),
}  # fmt: skip
_ACCOUNTS = {
    "own_taxes": ("tax_rate", "output"), "land": ("housing", "land_share"), "grants": ("government", "tax_rate"),
    "transfers": ("government",), "spending": ("government",), "to_centre": ("tax_rate", "output"),
    "of_it_tariffs": ("tariff",), "of_it_carbon": ("emission", "emission_process"),
}  # fmt: skip


def figure(id: str, total: bool) -> Figure | None:
    """What is known of a number; ``total`` for a set of places. None if there is no such number."""
    if id in _PANEL and (not total or id in (*TOTALS, "under60", "over60")):
        equation, where, leans = _PANEL[id]
        about = words.outcome(id, total)
        told = _SETS.get(id, equation) if total else equation
        group = id if id in ("under60", "over60") else ""
        return Figure(about["name"], about["about"], about["unit"], told, where, leans, group)
    return _further().get(id) if total else None


@lru_cache(1)
def _further() -> dict[str, Figure]:
    from citybelt.worlds import tables

    found = {f"gap.{k}": told for k, told in _GAP.items()}
    for s, row in tables.sectors().iterrows():
        name = both(f"Output of {row['name_en']}", f"{row['name_zh']}产出")
        about = both("Real value added at base-year weights.", "按基年权重的实际增加值。")
        found[f"sector.{s}"] = Figure(
            name,
            about,
            "percent",
            _PANEL["output"][0],
            "scenario/seen.py",
            ("output",),
            str(s),
        )
    for k in GOVERNMENT:
        about = both("A year, of the governments of the places.", "当地政府的年度数额。")
        found[f"account.{k}"] = Figure(
            words.GOVERNMENT[k], about, "bn_cny", f"Δ {k}", "scenario/seen.py", _ACCOUNTS.get(k, ("government",))
        )
    about = both("What all levers cost a year, wherever.", "全部措施的年度成本，不论在何处。")
    found["budget"] = Figure(
        both("Budget", "预算"), about, "bn_cny", "Σ unit cost · bend(v; s, k)", "scenario/levers.py (L3)", ()
    )
    return found


def ids() -> tuple[str, ...]:
    """Every number that can be asked why."""
    return (*_PANEL, *_further())


def further(desk: Desk, look: Look) -> dict[str, dict[str, float]]:
    """Changes of the numbers that are not of the panel, for cluster and nation."""
    paid = sum(look.cost.values())
    return {
        **{k: {of: row[of]["now"] - row[of]["base"] for of in SETS} for k, row in look.ages(desk.members).items()},
        **{f"gap.{k}": dict.fromkeys(SETS, float(getattr(look.now, k) - getattr(look.base, k))) for k in _GAP},
        **{
            f"sector.{s}": {of: float(values[n]) for of, values in look.sectors().items()}
            for n, s in enumerate(look.economy.sectors)
        },
        **{f"account.{row['id']}": {of: row[of]["now"] - row[of]["base"] for of in SETS} for row in look.government()},
        "budget": dict.fromkeys(SETS, float(paid)),
    }
