"""What makes a mix of levers implausible, and how to mend it.

Rules over a solved question. Each is a limit on a number that the question has, with its reason; a mix that breaks it
is doubted, not refused. Where a smaller mix would keep the limit, the mended levers are given. All levers are scaled by
one factor for that: costs bend upwards, so what is left costs no more than its share.

| rule | limit |
|---|---|
| budget | a year's cost in per cent of the cluster's gross product |
| payer | what governments of the place pay over their public consumption |
| building | construction bought in a year over what the sector makes in the cluster |
| bound | a lever at more than this part of its bound, where its evidence ends |
| assumed | levers whose effect or cost nobody has measured |
| twice | several levers of research at one place, each valued as if it were alone |
| worse | the cluster's people lose |
| others | the cluster gains and the nation loses |
| emissions | CO2 of the cluster rises by more than this, in per cent |
| shrinks | a group of regions loses people or output, in per cent |
| check | a lever that is only for checking |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.scenario.seen import GOVERNMENT

if TYPE_CHECKING:
    from citybelt.scenario.desk import Desk, Look

#: Limits of the rules, in the units of the table.
BUDGET, PAYER, BUILDING, BOUND, EMISSIONS, SHRINKS = 2.0, 5.0, 10.0, 0.9, 1.0, 0.5
#: Levers that a sentence names.
NAMED = 4
#: Sectors whose purchases are building works, where a world has them.
BUILDERS = ("constr",)
#: By id the name in both languages and the numbers of home regions.
Groups = Mapping[str, tuple[str, str, Sequence[int]]]


@dataclass(frozen=True)
class Doubt:
    """One reason to doubt a mix.

    Attributes:
        id: of the rule; severity: ``warning`` or ``notice``; en, zh: the sentence.
        levers: ids that it is about; mended: values of all levers that would keep the limit, None where no smaller
            mix is offered; fix_en, fix_zh: what was done to them.
    """

    id: str
    severity: str
    en: str
    zh: str
    levers: tuple[str, ...] = ()
    mended: dict[str, float] | None = None
    fix_en: str = ""
    fix_zh: str = ""


def doubts(
    desk: Desk, look: Look, groups: Groups | None = None, alone: Mapping[str, float] | None = None
) -> list[Doubt]:
    """All doubts about a solved question, warnings first.

    Args:
        desk: where it was asked; look: the answer.
        groups: by id the name in both languages and the numbers of home regions, for what must not shrink.
        alone: welfare of the cluster by each lever alone, per cent, if it is known, to say which to take out.
    """
    on = {lever.id: lever for lever in desk.menu if look.scenario.levers.get(lever.id)}
    if not on:
        return []
    found = [
        *_money(desk, look, on),
        *_levers(look, on),
        *_outcomes(desk, look, on, alone or {}),
        *_groups(look, groups or {}),
    ]
    return sorted(found, key=lambda d: d.severity != "warning")


def _scaled(look: Look, factor: float) -> dict[str, Any]:
    part = float(np.clip(factor, 0.0, 1.0))
    mended = {k: float(f"{v * part:.3g}") for k, v in look.scenario.levers.items() if v}
    per_cent = 100 * part
    return {
        "mended": mended,
        "fix_en": f"Scale all levers to {per_cent:.0f} %.",
        "fix_zh": f"将全部措施缩减至{per_cent:.0f}%。",
    }


def _money(desk: Desk, look: Look, on: dict[str, Any]) -> list[Doubt]:
    out = []
    spent = sum(look.cost.values())
    product = desk.product
    share = 100 * spent / product
    if share > BUDGET:
        out.append(
            Doubt(
                "budget", "warning",
                f"The levers cost {share:.1f} % of the cluster's gross product a year; plans above {BUDGET:g} % have "
                "no precedent in the evidence.",
                f"措施每年费用占城市群生产总值的{share:.1f}%；超过{BUDGET:g}%的规划没有证据可循。",
                tuple(on), **_scaled(look, BUDGET / share),
            )
        )  # fmt: skip
    paid = {row["payer"]: row["cluster"] for row in look.payers()}
    public = float(np.asarray(look.base.government)[GOVERNMENT.index("spending"), 0])
    for payer, en, zh in (("province", "Provinces", "各省"), ("city", "Cities", "各市")):
        part = 100 * paid.get(payer, 0.0) / public
        if part > PAYER:
            out.append(
                Doubt(
                    "payer", "warning",
                    f"{en} would pay {part:.1f} % of the cluster's public consumption for the levers; more than "
                    f"{PAYER:g} % would have to come from services or debt.",
                    f"{zh}承担的费用相当于城市群政府消费的{part:.1f}%；超过{PAYER:g}%须挤占公共服务或举债。",
                    tuple(on), **_scaled(look, PAYER / part),
                )
            )  # fmt: skip
    sectors = list(look.economy.sectors)
    at = [sectors.index(s) for s in BUILDERS if s in sectors]
    if at:
        inside = desk.members[0].astype(bool)
        bought = np.asarray(look.solution.shock.purchase).sum(axis=0)[: inside.size][inside][:, at].sum()
        made = np.asarray(look.economy.base.output)[: inside.size][inside][:, at].sum()
        part = 100 * float(bought / made)
        if part > BUILDING:
            out.append(
                Doubt(
                    "building", "warning",
                    f"Building works for the levers are {part:.0f} % of what builders of the cluster make in a year; "
                    "crews and materials would run short.",
                    f"措施所需建筑工程相当于城市群建筑业年产出的{part:.0f}%，施工力量与材料将会不足。",
                    tuple(k for k, lever in on.items() if any(s in BUILDERS for s in lever.card.buys)),
                    **_scaled(look, BUILDING / part),
                )
            )  # fmt: skip
    return out


def _named(ids: Sequence[str], on: Mapping[str, Any]) -> tuple[str, str]:
    """Names of levers in both languages; of many the first ones and how many there are."""
    shown, left = ids[:NAMED], len(ids) - NAMED
    en, zh = ", ".join(on[k].card.name for k in shown), "、".join(on[k].card.name_zh for k in shown)
    return (f"{en} and {left} more", f"{zh}等{len(ids)}项") if left > 0 else (en, zh)


def _signed(value: float) -> str:
    """A number with three digits and a true minus sign."""
    return f"{value:.3g}".replace("-", "−")


def _levers(look: Look, on: dict[str, Any]) -> list[Doubt]:
    out = []
    values = {k: v for k, v in look.scenario.levers.items() if v}
    near = [k for k in on if values[k] > BOUND * on[k].card.upper and not on[k].card.cap]
    if near:
        names = _named(near, on)
        mended = values | {k: float(f"{BOUND * on[k].card.upper:.3g}") for k in near}
        out.append(
            Doubt(
                "bound", "notice",
                f"At or near the bound, where the evidence ends: {names[0]}.",
                f"已达或接近上限，超出证据范围：{names[1]}。",
                tuple(near), mended, f"Set them to {100 * BOUND:g} % of their bounds.", f"设为上限的{100 * BOUND:g}%。",
            )
        )  # fmt: skip
    checks = [k for k in on if on[k].card.theme == "check"]
    assumed = [k for k in on if on[k].conditional and k not in checks]
    for id, which, en, zh in (
        ("assumed", assumed, "What these do is assumed, not measured", "以下措施的效果为假定，未经测量"),
        ("check", checks, "Only for checking, does nothing but cost", "仅供检验，只有费用没有效果"),
    ):
        if which:
            names = _named(which, on)
            out.append(
                Doubt(
                    id, "notice", f"{en}: {names[0]}.", f"{zh}：{names[1]}。", tuple(which),
                    {k: v for k, v in values.items() if k not in which}, "Take them out.", "去掉这些措施。",
                )
            )  # fmt: skip
    return out + _twice(look, on)


def _twice(look: Look, on: dict[str, Any]) -> list[Doubt]:
    """Research of one place on curves of their own, against the curve of all of it together."""
    at: dict[int, list[str]] = {}
    for k, lever in on.items():
        if lever.knowledge is not None:
            at.setdefault(int(np.argmax(lever.knowledge)), []).append(k)
    out = []
    for which in at.values():
        if len(which) < 2:
            continue
        apart = sum(float(on[k].response(look.scenario.levers[k])) for k in which)
        joint = float(on[which[0]].response(sum(look.scenario.levers[k] for k in which)))
        names = ", ".join(on[k].card.name for k in which), "、".join(on[k].card.name_zh for k in which)
        over = 100 * (apart / joint - 1)
        out.append(
            Doubt(
                "twice", "notice",
                f"The same research twice, each as if it were alone, which promises {over:.0f} % too much of it: "
                f"{names[0]}.",
                f"同一地的研发措施各自单独估值，效果合计高估{over:.0f}%：{names[1]}。",
                tuple(which),
            )
        )  # fmt: skip
    return out


def _without_worst(look: Look, on: dict[str, Any], alone: Mapping[str, float]) -> dict[str, Any]:
    """The same mix without the lever from which the cluster's people lose most."""
    worst = min(on, key=lambda k: alone.get(k, 0.0))
    if len(on) < 2 or not alone.get(worst, 0.0) < 0:
        return {}
    card = on[worst].card
    return {
        "mended": {k: v for k, v in look.scenario.levers.items() if v and k != worst},
        "fix_en": f"Take out {card.name}, which alone costs most.",
        "fix_zh": f"去掉单独净损失最大的{card.name_zh}。",
    }


def _outcomes(desk: Desk, look: Look, on: dict[str, Any], alone: Mapping[str, float]) -> list[Doubt]:
    inside = desk.members[0]
    out = []
    welfare = look.totals["welfare"]
    if welfare["cluster"] < 0:
        out.append(
            Doubt(
                "worse", "warning",
                f"The cluster's people lose: {_signed(welfare['cluster'])} % of welfare, net of cost. "
                "By lever, 'why' tells which costs more than it brings.",
                f"城市群居民净受损：扣除费用后福利{_signed(welfare['cluster'])}%。“原因”页按措施说明哪些得不偿失。",
                **_without_worst(look, on, alone),
            )
        )  # fmt: skip
    elif welfare["nation"] < 0:
        out.append(
            Doubt(
                "others", "notice",
                f"The cluster gains and the nation as a whole loses ({_signed(welfare['nation'])} %): the gain is "
                "taken from other places.",
                f"城市群受益而全国整体受损（{_signed(welfare['nation'])}%）：收益来自其他地区。",
            )
        )  # fmt: skip
    change = look.totals["co2_change"]["cluster"]
    b, home = look.economy.base, len(look.economy.home)
    emitted = np.asarray(b.co2)[:home]
    before = float(emitted @ inside)
    part = 100 * change / before if before else 0.0
    if part > EMISSIONS:
        out.append(
            Doubt(
                "emissions", "notice",
                f"CO2 of the cluster rises by {part:.1f} %.", f"城市群二氧化碳排放上升{part:.1f}%。",
            )
        )  # fmt: skip
    return out


def _groups(look: Look, groups: Groups) -> list[Doubt]:
    out = []
    weights = {"people": np.asarray(look.base.residents).sum(axis=0)}
    weights["output"] = np.asarray(look.economy.base.value_added.sum(axis=1))[: len(look.economy.home)]
    words = {"people": ("residents", "常住人口"), "output": ("output", "产出")}
    for en, zh, members in groups.values():
        at = np.asarray(members, int)
        for what, weight in weights.items():
            change = float(look.regional[what][at] @ weight[at] / weight[at].sum())
            if change < -SHRINKS:
                out.append(
                    Doubt(
                        "shrinks", "notice",
                        f"{en} loses {-change:.2f} % of its {words[what][0]}.",
                        f"{zh}{words[what][1]}减少{-change:.2f}%。",
                    )
                )  # fmt: skip
    return out
