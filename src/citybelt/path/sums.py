"""What a path comes to in its cluster and its nation, year by year: the totals that have bands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from citybelt.path.aged import STAGES

if TYPE_CHECKING:
    import xarray as xr


class Total(NamedTuple):
    """A total: its unit and words, those of its change against no levers ("" for none), how it is shown.

    ``brief`` totals are those of a short table.
    """

    unit: str
    en: str
    zh: str
    change: str = "%"
    change_en: str = "change by levers, %"
    change_zh: str = "措施引起的变化，%"
    scale: float = 1.0
    digits: int = 0
    brief: bool = False


POINTS = ("points", "change, points", "变化，百分点")
PERSONS = ("persons", "change, k", "变化，千人")
TOTALS = {
    "people": Total("persons", "People, m", "人口，百万", scale=1e-6, digits=2, brief=True),
    "old_share": Total("%", "65+, %", "65岁以上，%", *POINTS, digits=1, brief=True),
    "births": Total("persons", "Births, k", "出生，千人", scale=1e-3),
    "deaths": Total("persons", "Deaths, k", "死亡，千人", scale=1e-3),
    "home": Total("persons", "Moved in from other regions, net, k", "国内净迁入，千人", *PERSONS, scale=1e-3),
    "abroad": Total("persons", "Arrived from abroad, net, k", "国际净迁入，千人", *PERSONS, scale=1e-3),
    "migration": Total("persons", "Moved in, net, k", "净迁入，千人", *PERSONS, scale=1e-3, brief=True),
    "workers": Total("persons", "Labour force, m", "劳动力，百万", scale=1e-6, digits=2),
    "beside": Total("persons", "Labour force for each of 65+", "每位老人对应的劳动力", "", digits=2),
    "output": Total("bn", "Value added, bn", "增加值，十亿元", brief=True),
    "head": Total("bn per person", "Value added per head, k", "人均增加值，千元", scale=1e6, digits=1),
    "capital": Total("bn", "Capital, bn", "资本，十亿元", brief=True),
    "productivity": Total("ratio", "Productivity, base year = 1", "生产率，基年=1", digits=3),
    "knowledge": Total("bn", "Knowledge, bn", "知识存量，十亿元"),
    "co2": Total("Mt", "CO2, Mt", "二氧化碳，百万吨", brief=True),
    "intensity": Total("Mt per bn", "CO2 in value added, t per m", "每百万元增加值二氧化碳，吨", scale=1e3, digits=1),
    "pensions": Total(
        "points", "Pension balance in value added, points since the base year", "养老金差额占比变化，百分点", "",
        digits=1, brief=True,
    ),
    "care": Total("persons", "People who need care, m", "需要照料者，百万", "", scale=1e-6, digits=2),
    "beds": Total("beds", "Hospital beds, k", "医院床位，千张", "", scale=1e-3),
    "school": Total("places", "Places in school, m", "学位，百万", "", scale=1e-6, digits=2),
    "revenue_share": Total("%", "Public revenue in value added, %", "财政收入占增加值，%", *POINTS, digits=1),
    "debt_share": Total(
        "%", "Owed since the base year, % of value added", "基年以来欠款占增加值，%", *POINTS, digits=1, brief=True
    ),
}  # fmt: skip


def sets(cluster: np.ndarray) -> dict[str, np.ndarray]:
    """Weights of places [R] in the totals."""
    return {"cluster": cluster, "nation": np.ones_like(cluster)}


def totals_of(x: xr.Dataset, of: Mapping[str, np.ndarray], aged: xr.Dataset | None = None) -> dict[str, np.ndarray]:
    """``TOTALS`` [of, year] of the tables of a path.

    Args:
        x: by the names of ``result.QUANTITIES`` [year, region].
        of: weights of places, as ``sets`` gives them.
        aged: what ages do (``path.aged``); without it what is made from it is left out.
    """
    add = lambda k, x=x: np.stack([x[k].values @ at for at in of.values()])  # noqa: E731
    people, output, home = add("people"), add("output"), add("came") - add("left")
    income = add("income")  # shares of money are of income: both are deflated alike
    first = x["output"].values[0]
    weight = [at * first / (at @ first) for at in of.values()]
    found = {
        "people": people,
        "old_share": 100 * add("old") / people,
        "births": add("births"),
        "deaths": add("deaths"),
        "home": home,
        "abroad": add("abroad"),
        "migration": home + add("abroad"),
        "workers": add("workers"),
        "beside": add("workers") / add("old"),
        "output": output,
        "head": output / people,
        "capital": add("capital"),
        "productivity": np.exp(np.stack([x["productivity"].values @ w for w in weight])),
        "knowledge": add("knowledge"),
        "co2": add("co2"),
        "intensity": add("co2") / output,
        "revenue_share": 100 * add("revenue") / income,
        "debt_share": 100 * add("debt") / income,
    }
    if aged is not None:
        balance = 100 * add("balance", aged) / add("income", aged)
        found["pensions"] = balance - balance[:, :1]
        found |= {k: add(k, aged) for k in ("care", "beds")}
        found["school"] = np.sum([add(stage, aged) for stage in STAGES], axis=0)
    return found


def sums_of(
    x: xr.Dataset, without: xr.Dataset | None, of: Mapping[str, np.ndarray], aged: xr.Dataset | None = None
) -> dict[str, np.ndarray]:
    """``totals_of`` [of, year], with their changes against a path without levers, ``_change``."""
    now = totals_of(x, of, aged)
    if without is None:
        return now
    plain = totals_of(without, of)
    for k, before in plain.items():
        if change := TOTALS[k].change:
            now[f"{k}_change"] = 100 * (now[k] / before - 1) if change == "%" else now[k] - before
    return now
