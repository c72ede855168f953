"""The classroom: two cities and one road, solved by ``model.two_cities``."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from fastapi import APIRouter
from pydantic import Field, FiniteFloat

from citybelt.errors import InputError, Problem
from citybelt.model.two_cities import Cities, Settings, solve
from citybelt.web.schema import Key, Strict
from citybelt.web.words import both

ID, TITLE = "classroom", both("Classroom: two cities and one road", "课堂：两座城市一条路")
router = APIRouter(tags=["pages"])

#: Of each setting: name, lower and upper end, step, unit.
LEVERS = {
    "hours": (both("Hours on the road", "路途时间"), 1.0, 24.0, 0.5, both("h", "小时")),
    "size": (both("What size adds to productivity", "规模对生产率的作用"), 0.0, 0.24, 0.01, both("", "")),
    "housing": (both("Share of income spent on housing", "住房支出占收入比重"), 0.05, 0.4, 0.01, both("", "")),
    "lead": (both("Head start of the first city", "甲城的先天优势"), 0.0, 0.2, 0.01, both("", "")),
    "start": (both("People in the first city at the start", "起始时甲城的人口比重"), 0.05, 0.95, 0.05, both("", "")),
}
CITIES = (both("First city", "甲城"), both("Second city", "乙城"))
CURVE = both("Share of the first city, %, by hours on the road", "甲城人口比重（%），按路途小时")


class AskedLesson(Strict):
    """Settings of the classroom; what is left out is as at the start."""

    values: dict[Key, FiniteFloat] = Field(default_factory=dict, max_length=len(LEVERS))


@router.get("/classroom")
def classroom() -> dict[str, Any]:
    """What a class may change."""
    return {
        "levers": [
            {
                "id": k,
                "name": name,
                "lower": low,
                "upper": high,
                "step": step,
                "unit": unit,
                "value": getattr(Settings(), k),
            }
            for k, (name, low, high, step, unit) in LEVERS.items()
        ]
    }


@router.post("/classroom")
def lesson(asked: AskedLesson) -> dict[str, Any]:
    """The two cities under some settings, and the first city's share by the hours on the road."""
    wrong = [
        Problem(f"values, {k!r}", f"{v:g} is not a setting between {LEVERS[k][1]:g} and {LEVERS[k][2]:g}.", "")
        if k in LEVERS
        else Problem(f"values, {k!r}", "is unknown.", f"Settings are {', '.join(LEVERS)}.")
        for k, v in asked.values.items()
        if k not in LEVERS or not LEVERS[k][1] <= v <= LEVERS[k][2]
    ]
    if wrong:
        raise InputError(wrong)
    return _lesson(replace(Settings(), **asked.values))


@lru_cache(512)
def _lesson(s: Settings) -> dict[str, Any]:
    now, first = solve(s), solve(Settings())
    hours = np.linspace(LEVERS["hours"][1], LEVERS["hours"][2], 24)
    share = [100 * solve(replace(s, hours=float(x))).people[0] for x in hours]
    return {
        "cities": [
            {"name": name, "people": float(now.people[i]), "wage": float(now.wage[i]), "rent": float(now.rent[i]),
             "welfare": float(100 * (now.value[i] - first.value[i]))}
            for i, name in enumerate(CITIES)
        ],
        "welfare": 100 * (now.welfare - first.welfare),
        "equilibria": [{"share": x, "stable": ok} for x, ok in now.equilibria],
        "curve": {"x": [float(x) for x in hours], "y": [float(y) for y in share], "name": CURVE},
        "text": _text(s, now),
    }  # fmt: skip


def _text(s: Settings, now: Cities) -> dict[str, str]:
    """What happens and why, in a few sentences."""
    share = 100 * now.people[0]
    large, small = ("first", "second") if share >= 50 else ("second", "first")
    zh = {"first": "甲城", "second": "乙城"}
    faster = 100 * solve(replace(s, hours=max(s.hours - 1, 0.5))).people[0] - share
    gains = faster if large == "first" else -faster
    stable = sum(ok for _, ok in now.equilibria)
    en = f"{max(share, 100 - share):.0f} % of all people live in the {large} city. "
    cn = f"{zh[large]}集中了{max(share, 100 - share):.0f}%的人口。"
    if abs(gains) < 0.02:
        en += "An hour less on the road would hardly move anybody."
        cn += "路途缩短一小时，几乎无人迁移。"
    elif gains < 0:
        en += f"An hour less on the road would move {-gains:.1f} % of all to the {small} city: "
        en += "its people get at what the large city makes without paying its rents."
        cn += f"路途缩短一小时，全部人口的{-gains:.1f}%会迁往{zh[small]}："
        cn += "那里的人不必承担大城市的租金，也能买到它的产品。"
    else:
        en += f"An hour less on the road would move {gains:.1f} % of all to the {large} city: "
        en += "it sells more, and its size pays."
        cn += f"路途缩短一小时，全部人口的{gains:.1f}%会迁往{zh[large]}：它卖得更多，规模带来的好处更大。"
    if stable > 1:
        en += (
            " With these settings either city could have become the large one; where people were at the start decided."
        )
        cn += "在此设定下，哪座城市成为大城市都有可能，取决于起始时人口在哪里。"
    return both(en, cn)
