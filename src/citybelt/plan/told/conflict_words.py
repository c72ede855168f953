"""A conflict of targets and the ways out of it, said in English and Chinese."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from citybelt.plan.asked import words
from citybelt.plan.asked.wishes import places_of

if TYPE_CHECKING:
    from citybelt.plan.asked.wishes import Wish
    from citybelt.plan.told.conflict import Conflict, Way

#: Columns of a target, of the plan made under a way out, and of its words.
HEAD = ("row", "sense", "asked", "unit_en", "unit_zh", "label_en", "label_zh")
MADE = ("goal", "ev", "ev_nation", "cost")
WORDS = ("words_en", "words_zh")


def told(k: Wish) -> dict[str, Any]:
    """A target as a row."""
    en, zh = words.unit(k.row)
    asked = words.shown(k.row, k.limit)
    head = {"row": k.row, "sense": k.bounds[0].sense, "asked": asked, "unit_en": en, "unit_zh": zh}
    return {**head, "label_en": k.label[0], "label_zh": k.label[1]}


def way_words(way: Way, brings: dict[str, float]) -> tuple[str, str]:
    """A way out, and what the plan under it brings and costs."""
    parts_en, parts_zh = [], []
    for k, to in way:
        asked, value = words.shown(k.row, k.limit), words.shown(k.row, to)
        was, now = words.amount(k.row, asked), words.amount(k.row, value, places_of(asked, value))
        # A label of the planner's own may not say what was asked.
        old = [f" ({was[0]} was asked)" if was[0] not in k.label[0] else "", f"（原为{was[1]}）"]
        old[1] = old[1] if was[1] not in k.label[1] else ""
        parts_en.append(f'{"lower" if k.sign > 0 else "raise"} "{k.label[0]}" to {now[0]}{old[0]}')
        parts_zh.append(f"把“{k.label[1]}”{'降到' if k.sign > 0 else '提高到'}{now[1]}{old[1]}")
    en, zh = " and ".join(parts_en), "，同时".join(parts_zh)
    if isfinite(brings["goal"]):
        gain, cost = (words.amount("cost", brings[column]) for column in ("ev", "cost"))
        en += f". The plan then brings the cluster's people {gain[0]} and costs {cost[0]}"
        zh += f"。此时规划为城市群居民带来的收益为{gain[1]}，费用为{cost[1]}"
    else:
        en += ". The plan under it was not reached by the optimiser"
        zh += "。此条件下的规划未能求解"
    return f"{en[0].upper()}{en[1:]}.", f"{zh}。"


def beyond_words(k: Wish, asked: float, reach: float, reach_if: float) -> tuple[str, str]:
    """How far a target can be met at any cost, by the levers of the plan and by all; NaN where there is no answer."""
    if not isfinite(reach):
        return f'"{k.label[0]}" is out of reach of these levers at any cost.', f"“{k.label[1]}”无论花费多少都无法达到。"
    now = words.amount(k.row, reach, places_of(asked, reach))
    en = f'"{k.label[0]}" is out of reach: the most that these levers can do, at any cost, is {now[0]}.'
    zh = f"“{k.label[1]}”无法达到：现有措施无论花费多少，最多只能做到{now[1]}。"
    if isfinite(reach_if):
        best = words.amount(k.row, reach_if, places_of(asked, reach_if))
        enough = k.sign * (reach_if - asked) >= 0
        en += f" With the levers kept out of the plan it is {best[0]}, {'enough' if enough else 'still not enough'}."
        zh += f"若启用未纳入规划的措施，可做到{best[1]}，{'足以达到' if enough else '仍然不够'}。"
    return en, zh


def sentences(c: Conflict, language: str = "en") -> list[str]:
    """All that a conflict says, ``en`` or ``zh``."""
    zh = language == "zh"
    labels = [f"“{t}”" if zh else f'"{t}"' for t in c.subset[f"label_{language}"]]
    if not labels:
        said = ["各措施之间的规则互相冲突，没有可行的规划。" if zh else "The rules among levers leave no plan."]
    elif len(labels) == 1:
        said = list(c.beyond[f"words_{language}"])
    elif zh:
        said = [f"以下目标不能同时达到：{'、'.join(labels)}。去掉其中任何一项，其中其余各项都能达到。"]
    else:
        said = [f"These cannot be met together: {', '.join(labels)}. Without any one of them, the others of these can."]
    if labels and not c.money:
        said.append("仅增加资金无济于事。" if zh else "More money alone does not help.")
    for label in c.others:
        en = f'Giving way on "{label[0]}" alone is not enough: other targets conflict without it.'
        said.append(f"仅在“{label[1]}”上让步还不够：没有它，其他目标仍互相冲突。" if zh else en)
    ways = c.ways.drop_duplicates("way")
    if len(ways) > 1:
        said.append("以下任何一项都足够：" if zh else "Any one of these would do:")
    said += [f"{n}. {text}" for n, text in zip(ways["way"], ways[f"words_{language}"], strict=True)]
    if ways.empty and labels:
        said.append("未找到出路。" if zh else "No way out was found.")
    if c.undecided:
        what = ("；" if zh else "; ").join(both[zh] for both in c.undecided)
        said.append(f"优化器对以下目标没有给出答案：{what}。" if zh else f"The optimiser had no answer for: {what}.")
    return said
