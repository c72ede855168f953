"""Invented results that stand beside a plan: numbers mean nothing, frames have the columns of the real ones.

Results are made of the package's own classes, so that no attribute can be misnamed; ``SOURCES`` says which file makes
which table, and a test holds the columns against it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from citybelt.plan.solved.bound import Ceiling
from citybelt.plan.sure.curse import LABELS, Curse
from citybelt.plan.sure.near_tables import ROLES, Near
from citybelt.plan.sure.regret import Regret
from citybelt.plan.told.building import Building
from citybelt.plan.told.frontier import Frontier
from citybelt.plan.told.worth import Worth
from citybelt.security.result import Stress
from citybelt.security.table import SECURITIES
from citybelt.separate.cooperate import Core, Shares, Transfers
from citybelt.separate.draws import Drawn
from citybelt.separate.repetition import Repetition
from citybelt.separate.result import Separate
from citybelt.separate.tables import Shared

PROVINCES = {"210000": ("Liaoning", "辽宁省"), "220000": ("Jilin", "吉林省"), "230000": ("Heilongjiang", "黑龙江省")}
SECTORS = [("agr", "Agriculture", "农林牧渔业"), ("food", "Food", "食品"), ("equip", "Machinery", "机械")]
PLANS = ("separate", "unified")
#: Which files make a table, for those that are frames.
SOURCES = {
    "actions": "plan/told/actions.py", "targets": "plan/told/actions.py", "reach": "plan/told/reach.py",
    "shadow_prices": "plan/told/prices.py", "near.levers": "plan/sure/near_tables.py",
    "near.groups": "plan/sure/near_tables.py", "near.swaps": "plan/sure/near_tables.py",
    "near.plans": "plan/sure/near_tables.py", "regret.worlds": "plan/sure/regret.py",
    "regret.plans": "plan/sure/regret.py", "curse.table": "plan/sure/curse.py",
    "curse.rivals": "plan/sure/curse.py", "frontier.points": "plan/told/frontier.py",
    "frontier.ends": "plan/told/frontier.py", "frontier.levers": "plan/told/frontier.py",
    "building.projects": "plan/told/building.py", "building.materials": "plan/told/building.py",
    "building.places": "plan/told/building.py", "worth.levers": "plan/told/entry.py",
    "worth.by_lever": "plan/told/shares.py", "worth.by_theme": "plan/told/shares.py",
    "worth.package": "plan/told/shares.py", "worth.contest": "plan/told/contest.py",
    "stress.disruptions": "security/result.py", "stress.worst": "security/result.py",
    "stress.by_city": "security/result.py", "stress.critical": "security/result.py",
    "stress.indicators": "security/indicators.py", "separate.by_player": "separate/tables.py",
    "separate.by_region": "separate/tables.py", "separate.by_sector": "separate/tables.py",
    "separate.division": "separate/tables.py", "separate.similarity": "separate/alike.py",
    "separate.transition": "separate/labour.py", "separate.shapes": "separate/shapes.py",
    "separate.repetition.topics": "separate/repetition.py",
}  # fmt: skip


def named(en: str, zh: str, **rest: Any) -> dict[str, Any]:
    return {"name_en": en, "name_zh": zh, **rest}


def complete(plan: Any, ids: list[str], levers: list[tuple], seed: int = 1) -> Any:
    """Give an invented plan all that may stand beside one."""
    rng = np.random.default_rng(seed)
    chosen = [lv for lv in levers if lv[4] == "chosen"]
    plan.ev = 7.2
    plan.band = {**plan.band, "ev": (2.1, 11.9)}
    plan.brief = SimpleNamespace(objective="cluster")
    plan.starts = {"tried": 4, "plans": 1, "spread": 1.7e-8}
    plan.actions, plan.targets, plan.reach = actions(rng, chosen, ids), targets(), reach(rng)
    plan.building = building(rng, chosen)
    plan.near, plan.regret, plan.curse = near(rng, levers), regret(rng), curse(rng)
    plan.ceiling = Ceiling(7.3, 0.1, False, 5, 5, -0.2)
    plan.worth, plan.stress, plan.frontier = worth(rng, levers), stress(rng, ids), frontier(rng)
    plan.separate = separate(rng, ids)
    return plan


def actions(rng: Any, chosen: list[tuple], ids: list[str]) -> pd.DataFrame:
    rows = [
        named(en, zh, lever=name, value=3.0, upper=9.0, unit_en=u, unit_zh=v, cost=rng.uniform(0.2, 9), lead=payer,
              lead_en=payer, lead_zh="中央", payers={payer: 1.0}, places=ids[k : k + 4], places_en="", places_zh="",
              begins=2026, works=2028 + k)
        for k, (name, en, zh, _, _, u, v, payer) in enumerate(chosen)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def targets() -> pd.DataFrame:
    food = ("worst loss of food security at most 6 %", "粮食安全损失不高于6%")
    rows = [
        ("cost", "most", "", "", 25.6, 25.6, True, 0.12, "", 0),
        ("people:210000", "least", "", "", 100.0, 100.3, False, 0.0, "210000", 2035),
        ("co2", "most", "emissions of CO2 at most 90 %", "二氧化碳排放不高于90%", 90.0, 90.0, True, 3.0, "city", 2030),
        *(("security:food:" + k, "most", *food, 6.0, v, False, 0, "", 0) for k, v in (("a", 5.2), ("b", 5.8))),
        ("after:b:a", "most", "b only with a", "b须先有a", 0.0, -0.1, False, 0.0, "", 0),
    ]  # fmt: skip
    columns = ["row", "sense", "label_en", "label_zh", "asked", "reached", "binding", "price", "owner", "by"]
    return pd.DataFrame(rows, columns=columns).assign(kept=True)


def reach(rng: Any) -> pd.DataFrame:
    rows = [("people:210000", "least", 100.0, 100.3, 102.2), ("co2", "most", 90.0, 90.0, 84.0),
            ("land", "most", 900.0, 700.0, 0.0), ("security:food", "most", 6.0, 5.8, 5.1)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["row", "sense", "asked", "at", "reach"])
    return table.assign(
        label_en=table["row"], label_zh="目标", goal_lost=rng.uniform(0.1, 5, 4), unit_en="", unit_zh=""
    )


def building(rng: Any, chosen: list[tuple]) -> Building:
    projects = [
        named(en, zh, lever=name, years=2.0, outlay=rng.uniform(0.1, 4), total=5.0, jobs=rng.uniform(1, 40))
        for name, en, zh, *_ in chosen[:3]
    ]
    materials = [
        named(en, zh, sector=s, bought=rng.uniform(0, 2), share=0.1, jobs=rng.uniform(1, 9), price=0.2)
        for s, en, zh in SECTORS
    ]
    places = pd.DataFrame([named("Shenyang", "沈阳市", region="210100", outlay=1.0, jobs=2.0)])
    return Building(
        pd.DataFrame(projects), pd.DataFrame(materials), places, {"centre": 1.0}, 5.3, 61.0, -0.021, -0.003, 1e-11
    )


def near(rng: Any, levers: list[tuple]) -> Near:
    roles = list(ROLES)[:4]
    table = pd.DataFrame(
        [
            named(en, zh, name=name, unit_en=u, unit_zh=v, value=1.0, least=0.0, most=2.0, cost=rng.uniform(0, 3),
                  cost_least=0.1, cost_most=rng.uniform(3, 6), bound=1.0, sought=True, role=roles[k % 4],
                  role_en=ROLES[roles[k % 4]][0], role_zh=ROLES[roles[k % 4]][1])
            for k, (name, en, zh, _, _, u, v, _) in enumerate(levers)
        ]
    )  # fmt: skip
    groups = pd.DataFrame(
        [
            named(en, zh, kind=kind, name=en, cost=9.0, cost_least=8.0, cost_most=11.0, share=s, share_least=s - 9,
                  share_most=s + 9)
            for kind, en, zh, s in (("theme", "innovation", "创新", 60.0), ("theme", "land", "土地", 40.0),
                                    ("group", "Jilin", "吉林省", 30.0))
        ]
    )  # fmt: skip
    swaps = pd.DataFrame(
        [
            {"out": "a", "out_en": "Research push", "out_zh": "科研投入", "freed": 2.0, "in": "b", "in_en": "Railway",
             "in_zh": "铁路", "added": 1.1, "goal_lost": 0.9},
            {"out": "c", "out_en": "Clearance", "out_zh": "通关", "freed": 0.4, "in": "",
             "in_en": "nothing: the money is kept", "in_zh": "无：节省资金", "added": 0.0, "goal_lost": 0.5},
        ]
    )  # fmt: skip
    plans = pd.DataFrame([named("this plan", "本方案", id="plan", goal=7.2, below=0, cost=25, moved=0, rank=0)])
    return Near(0.01, 28, 27, table, groups, swaps, plans, pd.DataFrame())


def regret(rng: Any) -> Regret:
    worlds = pd.DataFrame(
        [
            named(f"World number {k} with a name", f"外部情形{k}", id=f"w{k}", note="", source="invented", idle=0.0,
                  best=7.0 + k, best_plan="plan", own_plan="")
            for k in range(5)
        ]
    )  # fmt: skip
    gain = pd.DataFrame(rng.uniform(5, 7, (4, 5)), ["plan", "half", "other", "nothing"], list(worlds["id"]))
    plans = pd.DataFrame(
        [
            named(en, zh, id=i, cost=25.0, largest=r, worst_world="w3", share=9.0, mean=6.0, missed=k % 2,
                  minimax=i == "half")
            for k, (i, en, zh, r) in enumerate(
                [("plan", "this plan", "本方案", 1.3), ("half", "half the budget", "预算减半", 0.9),
                 ("other", "best for the nation", "以全国福利最优", 2.0),
                 ("nothing", "doing nothing", "不采取措施", 7.0)]
            )
        ]
    )  # fmt: skip
    return Regret(worlds, plans, gain, 7.0 - gain, pd.DataFrame())


def curse(rng: Any) -> Curse:
    table = pd.DataFrame(
        [
            {"id": i, "label_en": en, "label_zh": zh, "value": rng.uniform(-1, 7),
             "se": np.nan if i == "claimed" else 0.4,
             "share": 30.0}
            for i, (en, zh) in LABELS.items()
        ]
    )  # fmt: skip
    rivals = [
        named("least research", "科研最少", id="near:a", mean=5.0, se=0.4, over=-0.1, over_se=0.04, beats=0.3,
              beats_se=0.1, chosen=0.2)
    ]  # fmt: skip
    return Curse(table, pd.DataFrame(rivals), np.zeros(3), np.zeros(3))


def worth(rng: Any, levers: list[tuple]) -> Worth:
    def shared(names: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
        return [
            named(en, zh, name=i, outcome=o, alone=rng.uniform(0, 2), last=rng.uniform(0, 2), share=rng.uniform(0, 2),
                  interplay=rng.uniform(-1, 1), error=0.03, cost=rng.uniform(1, 5))
            for i, en, zh in names
            for o in ("ev", "ev_nation")
        ]  # fmt: skip

    table = [
        named(en, zh, name=name, status=status, net=0.1, lost=0.4, if_free=0.3, if_allowed=np.nan, cost_cut=30.0 + k,
              effect_rise=9.0, words_en=f"Comes in if its cost falls by {30 + k} %.",
              words_zh=f"成本降低{30 + k}%即可入选。")
        for k, (name, en, zh, _, status, *_) in enumerate(levers)
    ]  # fmt: skip
    package = [
        {"outcome": o, "together": 7.2, "sum_alone": 6.9, "interplay": 0.3, "words_en": f"Together in {o}.",
         "words_zh": f"合计{o}。"}
        for o in ("ev", "ev_nation")
    ]  # fmt: skip
    contest = [
        named(en, zh, name=en, ifs=ifs, targets=True, budget=9.0, cost=9.0, goal=g, ev=g, ev_nation=2 * g,
              per_yuan=g / 9, per_yuan_nation=g / 4.5, levers="a, b", words_en=f"Reforms against projects {ifs}.",
              words_zh=f"改革与项目{ifs}。")
        for ifs in (False, True)
        for en, zh, g in (("reforms only", "仅改革", 2.2), ("projects only", "仅项目", 1.1))
    ]  # fmt: skip
    by_theme = shared([("innovation", "innovation", "创新"), ("land", "land", "土地")])
    return Worth(
        pd.DataFrame(table), pd.DataFrame(shared([lv[:3] for lv in levers[:6]])),
        pd.DataFrame(by_theme).assign(levers="a, b"), pd.DataFrame(package), pd.DataFrame(contest), 64, 0,
    )  # fmt: skip


def stress(rng: Any, ids: list[str]) -> Stress:
    of = {s: (f"Invented disruption of {s}", f"虚构的{s}冲击") for s in SECURITIES}

    def losses(loss: float, change: float = 0.1) -> dict[str, Any]:
        now = {"loss": loss, "nation": 1.0, "elsewhere": loss / 2, "money": 9.0, "output": 2.0, "carbon_price": np.nan,
               "error": ""}  # fmt: skip
        return now | {f"{k}_plan": v + change if k == "loss" else v for k, v in now.items()}

    rows = [named(*of[s], security=s, id=f"{s}:x", source="invented", verified="", **losses(rng.uniform(0.1, 9)))
            for s in SECURITIES]  # fmt: skip
    rows += [
        named("Road Shenyang - Fushun cut", "沈阳至抚顺公路中断", security="defence", id=f"trunk_link:road:{a}-{b}",
              source="", verified="", **losses(size))
        for a, b, size in (("210100", "210400", 0.03), ("210100", "210500", 0.02), ("220100", "220200", 0.01))
    ]  # fmt: skip
    worst = pd.DataFrame(
        [
            named(*of.get(s, ("The worst of each set at once", "各类最坏情形同时发生")), security=s, id=s, id_plan=s,
                  name_en_plan="", name_zh_plan="", loss_low=0.1, loss_high=30.0, loss_low_plan=0.1,
                  loss_high_plan=30.0, change=0.1 * k - 0.2, **losses(2.0 + k, 0.1 * k - 0.2))
            for k, s in enumerate((*SECURITIES, "joint"))
        ]
    )  # fmt: skip
    by_city = pd.DataFrame(
        [
            {"security": s, "of": c, "name_en": "", "name_zh": "", "people": rng.uniform(0, 9), "output": 1.0,
             "people_plan": 2.0, "output_plan": 1.0}
            for s in SECURITIES
            for c in ids
        ]
    )  # fmt: skip
    critical = pd.DataFrame(
        [named("Machines from nowhere", "无处来的机器", id="x", elsewhere=3.0, loss=2.0, money=1.0, elsewhere_plan=3.1,
               loss_plan=2.0, money_plan=1.0)]
    )  # fmt: skip
    found = [
        ("food", "Self-sufficiency in grain", "粮食自给率（按实物量）", "Jilin", "吉林省", 2.7, "share", np.nan),
        ("food", "Grain reserve", "粮食储备", "the cluster", "城市群", 41.0, "days", np.nan),
        ("energy", "Imports in purchases", "进口占采购比重", "Oil", "石油", 0.68, "share", 0.67),
        ("industrial", "Value added at home", "国内增加值占比", "Food", "食品", np.nan, "no data", np.nan),
        ("ecological", "CO2 of the cluster", "城市群二氧化碳排放", "", "", 1020.0, "mt", 1019.0),
        ("defence", "People in districts at a land border", "陆地边境地区人口", "", "", 1.75e7, "people", 1.75e7),
        ("defence", "Routes that share no edge", "互不重叠的通道数", "Dalian", "大连市", 4.0, "count", np.nan),
    ]
    columns = ["security", "name_en", "name_zh", "of_en", "of_zh", "value", "unit", "value_plan"]
    none = pd.DataFrame()
    return Stress(
        "northeast", "2020", None, {}, 1e-11, pd.DataFrame(rows), worst, by_city, none, critical, none, none, none,
        pd.DataFrame(found, columns=columns), "plan",
    )  # fmt: skip


def frontier(rng: Any) -> Frontier:
    points, ends = [], []
    for n, s in enumerate(SECURITIES):
        kept = 4 if n else 1  # nothing reaches the first
        for k in range(kept):
            points.append(
                named("x", "某", security=s, point=k, limit=6.0 - k, loss=6.0 - k, goal=7.0 - k**2,
                      goal_change=-float(k**2),
                      price=0.1, unit_en="bn CNY a year", unit_zh="10亿元/年", cost=25.0, kkt=1e-7, id="x")
            )  # fmt: skip
        ends.append(
            {"security": s, "loss_now": 6.1, "loss_plan": 6.0, "loss_least": 2.9 if n else 6.0, "goal_least": 1.0,
             "price": 0.1, "points": kept, "dominated": 0, "words_en": "", "words_zh": ""}
        )  # fmt: skip
    columns = ["security", "point", "lever", "value", "name_en", "name_zh"]
    return Frontier(pd.DataFrame(points), pd.DataFrame(columns=columns), pd.DataFrame(ends))


def separate(rng: Any, ids: list[str]) -> Separate:
    players, n = dict(PROVINCES), len(PROVINCES)
    apart, own, one = (np.array([4.8, 2.7, 3.7]) + shift for shift in (0.0, 0.1, [-0.4, 0.5, 0.9]))
    outcome = lambda payoffs: SimpleNamespace(payoffs=payoffs, kkt=np.full(n, 2e-7), rounds=4)  # noqa: E731
    by_player = pd.DataFrame(
        [
            named(*names, player=i, budget=8.0, separate=apart[k], own_budgets=own[k], unified=one[k],
                  value=one[k] - apart[k], cost_separate=8.0, cost_unified=8.0, kkt=1e-7, price_of_budget=0.2,
                  shapley=4.0, shapley_error=0.03, core=4.1, transfer_no_plan=0.0, transfer_separate=0.1,
                  transfer_both=0.1, transfer_equilibrium=(0.4, 0.1, -0.5)[k])
            for k, (i, names) in enumerate(players.items())
        ]
    )  # fmt: skip
    by_region = pd.DataFrame(
        [
            named("", "", region=c, player=c[:2] + "0000", **{f"{w}_{p}": rng.normal() for w in
                  ("ev", "welfare", "people", "output") for p in PLANS}, value=rng.normal())
            for c in ids
        ]
    )  # fmt: skip
    by_sector = pd.DataFrame(
        [named(en, zh, sector=s, output_separate=1.0, output_unified=2.0, gain=rng.normal(), most_gained_by=ids[0],
               most_lost_by=ids[1]) for s, en, zh in SECTORS]
    )  # fmt: skip
    division = pd.DataFrame(
        [
            {"region": c, "player": "", "sector": s, "output_separate": rng.normal(), "output_unified": rng.normal(),
             "gain": 0.1, "jobs": 9e4, "jobs_separate": 10.0, "jobs_unified": 20.0}
            for c in ids
            for s, *_ in SECTORS
        ]
    )  # fmt: skip
    alike = {f"{m}_{p}": v for m in ("cosine", "krugman", "common") for p, v in
             (("base", 0.8), ("separate", 0.79), ("unified", 0.81))}  # fmt: skip
    similarity = pd.DataFrame(
        [
            {"places": w, "places_en": w, "places_zh": "各市", "level": f"{k}", "level_en": f"{k} sectors",
             "level_zh": f"{k}个部门", "industries": k, **alike}
            for w in ("players", "cities")
            for k in (21, 3)
        ]
    )  # fmt: skip
    transition = pd.DataFrame(
        [
            {"region": c, "plan": p, "change": rng.uniform(0, 9e3), "leave": 30.0, "come": 0.0, "outside": 0.0,
             "pay": 7e4, "cost": 0.1, "cost_low": 0.05, "cost_high": 0.2, "cost_year": 0.004}
            for c in ids
            for p in PLANS
        ]
    )  # fmt: skip
    shapes = pd.DataFrame(
        [
            named(en, zh, shape=en, cities=k, largest_share=1 / k, budget=25.0, ev=10.0 + k, ev_nation=9.0, welfare=0.1,
                  output=0.2, inequality=0.3, people_border=-0.1)
            for k, (en, zh) in enumerate([("cluster", "城市群"), ("belt", "发展带"), ("single pole", "单极")], 1)
        ]
    )  # fmt: skip
    topics = pd.DataFrame(
        [("research", 3, 17.0, 14.0, 5.3, -0.9, 0.35), ("subsidy:services", 2, 4.0, 3.0, 1.0, 0.1, 0.2)],
        columns=["topic", "players", "cost_separate", "cost_unified", "cost_repeated", "removal", "avoided"],
    )  # fmt: skip
    repetition = Repetition(
        1.0, 0.55, 0.35, 0.1, -0.8, 1.8, 0.01, 0.23, 6.3, {"repetition": -0.8, "rest": 1.8, "residual": 1e-7}, topics,
        np.zeros(2), np.array([True, False]),
    )  # fmt: skip
    received = np.array([0.4, 0.1, -0.5])
    moved = Transfers(received, 0.5, 0.0)
    shared = lambda where, got, lacking: Shared(  # noqa: E731
        float(np.maximum(got, 0).sum()), lacking, 3,
        pd.DataFrame({"place": where, "floor": 0.1, "received": got, "with_transfers": 0.2, "worth": 0.3}),
    )  # fmt: skip
    got = np.linspace(-0.2, 0.2, len(ids))
    draws = pd.DataFrame({"draw": range(4), "separate": 11.0, "unified": 12.0, "value": [0.2, 0.9, 1.1, 1.9]})
    return Separate(
        world="northeast", vintage="2020", closure={}, players=players, separate=outcome(apart),
        own_budgets=outcome(own), unified=outcome(one), separate_plans_found=1, nobody=("tariff",), ifs=("a", "b"),
        instruments=True, dropped=(), shapley=Shares(received, np.full(n, 0.03), 40),
        core=Core(received, -0.2, False, (1, 2)), sampled=None, transfers={"both": moved},
        sharing={"both": shared(list(players), received, 0.0), "cities": shared(ids, got, 0.02)},
        repetition=repetition, residual=1e-11, by_player=by_player, coalitions=pd.DataFrame(), by_region=by_region,
        by_sector=by_sector, division=division, likeness=pd.DataFrame(), similarity=similarity, tiers=pd.DataFrame(),
        levers=pd.DataFrame(), competition=pd.DataFrame(), transition=transition, shapes=shapes,
        draws=Drawn(draws, (0.2, 1.0, 1.9), 1.0, 4), ev_nation={"separate": 31.9, "unified": 37.8},
    )  # fmt: skip
