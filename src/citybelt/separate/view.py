"""What else a terminal shows of separate plans and one: competition, repetition, shapes, work, sharing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from citybelt.terminal import Paragraph, Sheet

if TYPE_CHECKING:
    from citybelt.separate.result import Separate

#: Part of the value of one plan from which money that separate plans leave idle is named.
IDLE = 0.01
#: Instruments of competition that are listed, the costliest.
ROWS = 20


def sheets(made: Separate, language: str = "en") -> list[Any]:
    """Paragraphs and tables after the headline, in ``en`` or ``zh``."""
    zh = language == "zh"
    found: list[Any] = [Paragraph(_repetition(made, zh)), Paragraph(_work(made, zh)), Paragraph(_sharing(made, zh))]
    if len(made.competition):
        found.append(_competition(made, zh))
    if made.shapes is not None:
        found.append(_shapes(made, zh))
    if len(made.similarity):
        found.append(_similarity(made, zh))
    if made.sampled is not None:
        found.append(Paragraph(_sampled(made, zh)))
    if made.draws is not None:
        found.append(Paragraph(_draws(made, zh)))
    return found


def _repetition(made: Separate, zh: bool) -> str:
    r = made.repetition
    if not r.repeated.any():
        return "分别规划中没有可避免的重复。" if zh else "Separate plans repeat nothing that one plan does less of."
    idle = abs(r.idle) > IDLE * abs(r.value)
    left = ""
    if idle:
        left = f"、分别规划未用完的预算 {10 * r.idle:+.2f} 亿元" if zh else f", {r.idle:+.3f} money that lay idle"
    if zh:
        return (
            f"统一规划的价值中，避免重复占 {10 * r.avoided:+.2f} 亿元，其余协调占 {10 * r.rest:+.2f} 亿元{left}："
            f"重复部分每年花费 {10 * r.freed:.2f} 亿元，仅取消它为 {10 * r.removal:+.2f} 亿元，"
            f"腾出的每元资金在统一规划中值 {r.price:.2f} 元"
            f"（两种顺序之差 {10 * r.interplay:+.2f}；沿路径积分的余项 {10 * r.along['residual']:+.0e}）"
        )
    return (
        f"Of the value of one plan {r.avoided:+.3f} bn a year is repetition avoided{left} and {r.rest:+.3f} other "
        f"coordination: what is repeated costs {r.freed:.2f} bn a year, dropping it alone brings {r.removal:+.3f}, "
        f"and a yuan freed is worth {r.price:.2f} in one plan (orders differ by {r.interplay:+.1e}; "
        f"the path integral leaves {r.along['residual']:+.0e})"
    )


def _work(made: Separate, zh: bool) -> str:
    t, apart = made.transition_total["unified"], made.transition_total["separate"]
    if zh:
        return (
            f"与基年相比，统一规划下约 {t['change'] / 1e4:.2f} 万名劳动者在本市换行业、"
            f"{t['leave'] / 1e4:.2f} 万名离开本市，"
            f"一次性转换成本约 {10 * t['cost']:.1f} 亿元（{10 * t['cost_low']:.1f} 至 {10 * t['cost_high']:.1f}），"
            f"折合每年 {10 * t['cost_year']:.2f} 亿元（分别规划下 {10 * apart['cost_year']:.2f}）；"
            "每名的成本取自美国研究，属假设"
        )
    return (
        f"Against the base year {t['change'] / 1e3:.1f} thousand workers change sector in their city under one plan "
        f"and {t['leave'] / 1e3:.1f} thousand leave it, at a cost of {t['cost']:.2f} bn once ({t['cost_low']:.2f} to "
        f"{t['cost_high']:.2f}), {t['cost_year']:.3f} a year ({apart['cost_year']:.3f} under separate "
        "plans); the cost of each is assumed after American losses"
    )


def _sharing(made: Separate, zh: bool) -> str:
    one = []
    for floor, s in made.sharing.items():
        if floor not in ("both", "cities"):
            continue
        name = {"both": ("players", "各方"), "cities": ("cities", "各市")}[floor][zh]
        if zh:
            short = f"（仍缺 {10 * s.lacking:.2f} 亿元，转移支付做不到）" if s.lacking else ""
            one.append(f"{name}之间每年 {10 * s.total:.2f} 亿元{short}")
        else:
            short = f" (and {s.lacking:.3f} bn stay lacking: no transfers would do)" if s.lacking else ""
            one.append(f"{s.total:.3f} bn a year between {name}{short}")
    if zh:
        return "在均衡中使各方既不低于无规划、也不低于分别规划所需的最小转移支付：" + "；".join(one)
    return "Least transfers in equilibrium that leave nobody below no plan or separate plans: " + "; ".join(one)


def _competition(made: Separate, zh: bool) -> Sheet:
    unit = 10.0 if zh else 1.0
    kinds = {"subsidy": ("subsidy %", "补贴 %"), "land_price": ("cheap land, % more of it", "地价优惠（用地增加%）")}
    names = {i: n[zh] for i, n in made.players.items()}
    used = made.competition[
        made.competition[["rate_separate", "rate_unified"]].max(axis=1) > 0.005 * made.competition["upper"]
    ]
    most = used.assign(size=used[["cost_separate", "cost_unified"]].max(axis=1)).nlargest(ROWS, "size").sort_index()
    rows = [
        (
            names[r["player"]],
            r["group_zh" if zh else "group_en"],
            kinds[r["kind"]][zh],
            f"{r['rate_separate']:.2f}",
            f"{r['rate_unified']:.2f}",
            f"{unit * r['cost_separate']:.2f}",
            f"{unit * r['cost_unified']:.2f}",
        )
        for _, r in most.iterrows()
    ]
    heads: tuple[str, ...] = (
        ("地区", "行业", "手段", "分别", "统一", "费用(亿元) 分别", "统一")
        if zh
        else ("player", "industry", "instrument", "separate", "unified", "cost bn separate", "unified")
    )
    return Sheet(heads, rows, title="地区竞争" if zh else "competition", right=[3, 4, 5, 6])


def _shapes(made: Separate, zh: bool) -> Sheet:
    assert made.shapes is not None
    unit = 10.0 if zh else 1.0
    rows = [
        (
            r["name_zh" if zh else "name_en"],
            str(r["cities"]),
            f"{unit * r['ev']:.2f}",
            f"{unit * r['ev_nation']:.2f}",
            f"{r['inequality']:+.2f}",
            "" if r["people_border"] != r["people_border"] else f"{r['people_border']:+.2f}",
        )
        for _, r in made.shapes.iterrows()
    ]
    heads: tuple[str, ...] = (
        ("同一预算的形态", "城市数", "福利(亿元)", "全国(亿元)", "不平等 %", "边境人口 %")
        if zh
        else ("same budget as", "cities", "welfare bn", "nation bn", "inequality %", "border people %")
    )
    return Sheet(heads, rows, title="四种空间形态" if zh else "four shapes", right=[1, 2, 3, 4, 5])


def _similarity(made: Separate, zh: bool) -> Sheet:
    plans = ("base", "separate", "unified")
    rows = [
        (
            r["places_zh" if zh else "places_en"],
            r["level_zh" if zh else "level_en"],
            *(f"{r[f'cosine_{p}']:.4f}" for p in plans),
            *(f"{r[f'krugman_{p}']:.4f}" for p in plans),
        )
        for _, r in made.similarity.iterrows()
    ]
    heads: tuple[str, ...] = (
        ("地点", "细分", "余弦 基年", "分别", "统一", "克鲁格曼 基年", "分别", "统一")
        if zh
        else ("places", "detail", "cosine base", "separate", "unified", "Krugman base", "separate", "unified")
    )
    return Sheet(heads, rows, title="产业结构相似度" if zh else "how alike", right=[2, 3, 4, 5, 6, 7])


def _sampled(made: Separate, zh: bool) -> str:
    c = made.sampled
    assert c is not None
    if zh:
        first = "核必为空。" if c.empty else "样本未证明核为空。"
        return (
            f"{first}在 {c.sets} 个联盟中最小的最大异议为 {10 * c.objection:.3f} 亿元（全部联盟的下界）；"
            f"另抽 {c.fresh} 个联盟，最大异议 {10 * c.found:.3f} 亿元；"
            f"以 95 % 的把握，提出异议的联盟不超过 {100 * c.share:.0f} %"
        )
    first = "The core is empty." if c.empty else "The sample does not prove the core empty."
    return (
        f"{first} Over {c.sets} coalitions the least largest objection is {c.objection:.4f} bn (a lower bound for "
        f"all); {c.fresh} fresh ones object by at most {c.found:.4f}; with 95 % certainty no more than "
        f"{100 * c.share:.0f} % of coalitions object"
    )


def _draws(made: Separate, zh: bool) -> str:
    d = made.draws
    assert d is not None
    low, mid, high = d.range
    if zh:
        return (
            f"{len(d.table)} 次联合抽样中统一规划的价值为 {10 * low:.2f} 至 {10 * high:.2f} 亿元"
            f"（中间值 {10 * mid:.2f}），{100 * d.positive:.0f} % 的抽样为正"
        )
    return (
        f"Over {len(d.table)} joint draws one plan is worth {low:.3f} to {high:.3f} bn a year (middle {mid:.3f}), more "
        f"than nothing in {100 * d.positive:.0f} % of them"
    )
