"""Invented inputs of the report: every number is drawn at random and means nothing.

Only the names of the regions are real, so that the layout meets names of real length.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from report.synthetic_plan import complete

CITIES = """210100 Shenyang 沈阳市,210200 Dalian 大连市,210300 Anshan 鞍山市,210400 Fushun 抚顺市,210500 Benxi 本溪市,
210600 Dandong 丹东市,210700 Jinzhou 锦州市,210800 Yingkou 营口市,210900 Fuxin 阜新市,211000 Liaoyang 辽阳市,
211100 Panjin 盘锦市,211200 Tieling 铁岭市,211300 Chaoyang 朝阳市,211400 Huludao 葫芦岛市,220100 Changchun 长春市,
220200 Jilin 吉林市,220300 Siping 四平市,220400 Liaoyuan 辽源市,220500 Tonghua 通化市,220600 Baishan 白山市,
220700 Songyuan 松原市,220800 Baicheng 白城市,222400 Yanbian 延边朝鲜族自治州,230100 Harbin 哈尔滨市,
230200 Qiqihar 齐齐哈尔市,230300 Jixi 鸡西市,230400 Hegang 鹤岗市,230500 Shuangyashan 双鸭山市,230600 Daqing 大庆市,
230700 Yichun 伊春市,230800 Jiamusi 佳木斯市,230900 Qitaihe 七台河市,231000 Mudanjiang 牡丹江市,231100 Heihe 黑河市,
231200 Suihua 绥化市,232700 Daxing'anling 大兴安岭地区"""
OTHERS = (
    "110000 Beijing 北京市 BTH,310000 Shanghai 上海市 YRD,440000-prd PearlRiverDelta 珠三角 PRD,650000 Xinjiang 新疆 "
)
FOREIGN = "JPN Japan 日本,ROW RestOfWorld 其他国家"
KEYS = ("why", "people", "industries", "openness", "services")
INDUSTRIES = [
    "Agriculture 农业",
    "Mining 采矿业",
    "Manufacturing 制造业",
    "Utilities 公用事业",
    "Construction 建筑业",
    "Trade 批发零售",
    "Transport 交通运输",
    "Research 科学研究",
]


@dataclass
class World:
    """Everything the report is given."""

    dataset: Any
    diagnosis: Any
    ledger: Any
    runs: list[Any]
    plan: Any
    coverage: Any
    names: dict[str, str] = field(default_factory=dict)

    def everything(self) -> tuple[Any, ...]:
        return self.dataset, self.diagnosis, self.ledger, self.runs, self.plan, self.coverage


def both(text: str) -> dict[str, str]:
    """ "Word 词" as {"name_en", "name_zh"}."""
    english, chinese = text.rsplit(" ", 1)
    return {"name_en": english, "name_zh": chinese}


def world(seed: int = 0, losers: bool = True, beside: bool = True) -> World:
    """An invented world; ``beside`` puts beside the plan all that may stand there."""
    rng = np.random.default_rng(seed)
    cities = [c.split() for c in CITIES.replace("\n", "").split(",")]
    others = [c.split(" ") for c in OTHERS.split(",")]
    foreign = [c.split() for c in FOREIGN.split(",")]
    ids = [c[0] for c in cities]
    domestic = ids + [c[0] for c in others]
    dataset = _dataset(rng, cities, others, foreign)
    groups = ["NE", "BTH", "YRD", "PRD", "210000", "220000", "230000", "000000"]
    given = World(
        dataset,
        _diagnosis(rng, ids, groups),
        _ledger(rng),
        [_run(rng, ids, k) for k in range(10)],
        _plan(rng, ids, domestic, losers),
        _coverage(),
    )
    if beside:
        complete(given.plan, ids, LEVERS)
    return given


def _dataset(rng: Any, cities: list, others: list, foreign: list) -> Any:
    rows = [(*c, "NE", c[0][:2] + "0000", False) for c in cities]
    rows += [(c[0], c[1], c[2], c[3], c[0][:6], False) for c in others]
    rows += [(*c, "", "", True) for c in foreign]
    domestic = [r[0] for r in rows if not r[5]]
    sectors = ["agr", "food", "equip"]
    data = xr.Dataset(
        {
            "output": (
                ("region", "sector"),
                rng.uniform(1, 9, (len(rows), 3)),
                {"long_name": "Output", "long_name_zh": "总产出"},
            ),
            "population": (
                ("residence", "group"),
                rng.uniform(1e5, 4e6, (len(domestic), 2)),
                {"long_name": "Residents", "long_name_zh": "常住人口"},
            ),
        },
        coords={
            "region": [r[0] for r in rows],
            "sector": sectors,
            "residence": domestic,
            "group": ["under60", "over60"],
            "name_en": ("region", [r[1] for r in rows]),
            "name_zh": ("region", [r[2] for r in rows]),
            "cluster": ("region", [r[3] for r in rows]),
            "foreign": ("region", [r[5] for r in rows]),
            "province": ("residence", [r[4] for r in rows if not r[5]]),
        },
    )
    n = 300
    provenance = pd.DataFrame(
        {
            "variable": rng.choice(["output", "population"], n),
            "region": rng.choice(domestic, n),
            "item": "",
            "value": rng.uniform(size=n),
            "unit": "1",
            "year": 2020,
            "source": "invented",
            "grade": rng.choice(list("ABCD"), n, p=[0.4, 0.1, 0.3, 0.2]),
        }
    )
    deviations = pd.DataFrame(
        {
            "total": "exports",
            "year": 2020,
            "region": rng.choice(domestic, 25),
            "item": "",
            "known": rng.uniform(1, 90, 25),
            "model": rng.uniform(1, 90, 25),
            "deviation_pct": rng.normal(0, 0.03, 25),
            "grade": "B",
            "exempt": [False] * 24 + [True],
        }
    )
    fills = pd.DataFrame(
        {
            "variable": ["trade", "population", "population"],
            "region": ["", "210100", "210200"],
            "item": "",
            "model": ["mean of the other provinces", "an invented model", "an invented model"],
            "share": [0.91, 0.1, 0.2],
            "grade": "D",
            "note": "",
        }
    )
    return SimpleNamespace(
        name="northeast",
        base_year=2020,
        vintage="2020",
        currency="CNY",
        x=data,
        provenance=provenance,
        deviations=deviations,
        fills=fills,
        n_draws=20,
    )


def _diagnosis(rng: Any, ids: list[str], groups: list[str]) -> Any:
    every = ids + groups
    n = len(every)
    start = rng.uniform(4e5, 9e6, n)
    natural, moves = -start * rng.uniform(0, 0.08, n), -start * rng.uniform(-0.1, 0.3, n)
    old = rng.uniform(11, 16, n)
    people = pd.DataFrame(
        {
            "region": every,
            "year_from": 2010,
            "year_to": 2020,
            "start": start,
            "end": start + natural + moves,
            "change": natural + moves,
            "natural": natural,
            "migration": moves,
            "natural_low": natural * 0.9,
            "natural_high": natural * 1.1,
            "migration_low": moves * 1.1,
            "migration_high": moves * 0.9,
            "share60_start": old,
            "share60_end": old + rng.uniform(5, 12, n),
            "grade": "C",
        }
    )
    income = pd.DataFrame({"region": every, "gdp_per_head": rng.uniform(25, 110, n), "wage": rng.uniform(50, 99, n)})
    income["relative"] = income["gdp_per_head"] / 0.72
    income.loc[income["region"] == "NE", "relative"] = 71.3
    factors = ["age", "employment", "mix", "productivity_primary", "productivity_secondary", "productivity_tertiary"]
    gap = pd.DataFrame({"factor": [*factors, "total"], "contribution": [3.1, -11.2, -6.0, 1.2, -9.0, -6.8, -28.7]})
    levels = [
        ("tiers3", 3),
        ("industries19", 19),
        ("provinces_tiers3", 3),
        ("provinces_sectors21", 21),
        ("provinces_sectors42", 42),
    ]
    similarity = pd.DataFrame(
        [
            {
                "level": level,
                "n": k,
                "cluster": c,
                "mean": m,
                "low": m - 0.1,
                "high": m + 0.05,
                "krugman": 0.4,
                "null_drawn": m - 0.03,
                "null_low": m - 0.08,
                "null_high": m + 0.02,
            }
            for level, k in levels
            for c in ("NE", "BTH", "YRD")
            for m in [rng.uniform(0.5, 0.95)]
        ]
    )
    names = [both(i) for i in INDUSTRIES]
    repeats = pd.DataFrame(
        [
            {
                "industry": str(i),
                **nm,
                "cities": int(rng.integers(2, 36)),
                "specialised": int(rng.integers(2, 36)),
                "share": rng.uniform(1, 30),
            }
            for i, nm in enumerate(names)
        ]
    )
    industries = pd.DataFrame(
        [
            {
                "region": c,
                "industry": str(i),
                **nm,
                "share": rng.uniform(1, 30),
                "lq": rng.uniform(0.5, 6),
                "role": rng.choice(["repeats", "apart", ""]),
            }
            for c in ids
            for i, nm in enumerate(names)
        ]
    )
    hierarchy = pd.DataFrame(
        [
            {
                "cluster": c,
                "first": f,
                "second": "210200",
                "primacy2": 1.4,
                "primacy4": 0.6,
                "zeta": 1.2,
                "se": 0.3,
                "n": 36,
            }
            for c, f in (("NE", "230100"), ("BTH", "110000"), ("YRD", "310000"))
        ]
    )
    trade = pd.DataFrame(
        [
            {"region": r, "year": y, "definition": d, "dependence": rng.uniform(5, 40), "gdp_vintage": "revised"}
            for r in groups
            for y in (2020, 2022)
            for d in ("operating unit", "destination and source")
        ]
    )
    services = pd.DataFrame(
        [
            {"region": r, "definition": d, "share": rng.uniform(8, 30), "basis": "employment"}
            for r in ("NE", "BTH", "YRD", "PRD", "000000")
            for d in ("narrow", "broad")
        ]
    )
    limits = pd.DataFrame(
        {"text_en": ["Trade of single cities is not published."], "text_zh": ["单个城市的贸易没有公布数据。"]}
    )
    products = pd.DataFrame(
        [
            {
                "region": p,
                "year": 2017,
                "rank": k + 1,
                "industry": str(k),
                **nm,
                "share": rng.uniform(1, 20),
                "provinces": k % 3 + 1,
            }
            for p in ("210000", "220000", "230000")
            for k, nm in enumerate(names)
        ]
    )
    answers = {
        "en": {k: f"An invented paragraph on the question {k}, of about the length of a real one. " * 5 for k in KEYS},
        "zh": {k: f"关于问题{k}的虚构段落，长度与真实段落相近。" * 8 for k in KEYS},
    }
    return SimpleNamespace(
        answers=answers.__getitem__,
        products=products,
        gap=gap,
        people=people,
        income=income,
        similarity=similarity,
        repeats=repeats,
        industries=industries,
        hierarchy=hierarchy,
        trade=trade,
        services=services,
        limits=limits,
    )


def _ledger(rng: Any) -> Any:
    claims = [
        ("a", "P41", "Trade dependence of the three provinces, 2022", "东北三省2022年外贸依存度", 19.3, "%"),
        ("b", "P42", "Foreign investment used, 2020", "2020年实际使用外资", 3.6, "bn USD"),
        ("c", "P54", "Producer services, times those of the other", "生产性服务业为另一方的倍数", 2.5, "times"),
    ]
    verdicts = ["confirmed", "wrong", "not confirmed", "not computable from the data held"]
    rows = pd.DataFrame(
        [
            {
                "claim": c,
                "proposition": p,
                "claim_en": en,
                "claim_zh": zh,
                "stated": s,
                "unit": u,
                "definition_en": f"definition {k}",
                "definition_zh": f"口径{k}",
                "computed": s * rng.uniform(0.8, 1.3) if k < 2 else float("nan"),
                "deviation": rng.uniform(-0.2, 0.3) if k < 2 else float("nan"),
                "vintage": "2022, operating_unit, revised",
                "source": f"invented-{k}; other",
                "verdict": "depends on the definition" if c == "a" else "wrong",
                "alone": rng.choice(verdicts),
                "decides": k == 0 and c != "c",
                "in_scope": k < 2,
                "grade": "B",
                "rule_en": "Confirmed within 2 per cent of the figure.",
                "rule_zh": "与原数相差2%以内为证实。",
            }
            for c, p, en, zh, s, u in claims
            for k in range(3)
        ]
    )
    summary = rows.drop_duplicates("claim")[["claim"]].assign(note_en="an invented note", note_zh="虚构说明")
    return SimpleNamespace(claims=rows, summary=summary)


def _run(rng: Any, ids: list[str], k: int) -> Any:
    own, nation = rng.uniform(-0.1, 0.9), rng.uniform(-0.02, 0.1)
    region = pd.DataFrame(
        {
            "region": ids,
            "welfare": rng.normal(own, 0.3, len(ids)),
            "people": rng.normal(0, 0.4, len(ids)),
            "output": rng.normal(own, 0.5, len(ids)),
        }
    )
    lever = pd.DataFrame(
        {
            "lever": ["a", "b", "interaction"],
            "name_en": ["Clearance hours", "Tariff cut", ""],
            "name_zh": ["通关时间", "关税减让", ""],
            "alone": [own / 2, own / 3, own / 6],
        }
    )
    return SimpleNamespace(
        scenario=f"scenario{k}",
        title_en=f"Invented scenario number {k} with a title",
        title_zh=f"虚构情景之{k}",
        description_en="What would change if something were done that nobody has thought of.",
        description_zh="如果做了一件没人想到的事会怎样。",
        propositions=["P36", "P64"],
        status="solved",
        residual=1e-11,
        welfare_change=own,
        welfare_change_nation=nation,
        band={"welfare_change": (own - 0.2, own + 0.3), "welfare_change_nation": (nation - 0.02, nation + 0.02)}
        if k % 3
        else {},
        by_region=region,
        by_lever=lever,
    )


LEVERS = [
    ("hsr", "High-speed rail Shenyang-Baicheng", "沈阳至白城高速铁路", "project", "chosen", "km", "公里", "centre"),
    ("road", "Expressway along the eastern border", "东部边境高速公路", "project", "chosen", "km", "公里", "province"),
    ("clearance", "Shorter customs clearance", "压缩通关时间", "reform", "chosen", "hours", "小时", "centre"),
    (
        "borders",
        "Fewer papers between the three provinces",
        "三省间单证简化",
        "reform",
        "chosen",
        "days",
        "天",
        "province",
    ),
    (
        "registration",
        "Household registration with its services",
        "户籍改革及公共服务",
        "reform",
        "chosen",
        "% of newcomers",
        "%新增",
        "city",
    ),
    (
        "research",
        "Research push in four central cities",
        "四中心城市科研投入",
        "project",
        "chosen",
        "bn yuan",
        "十亿元",
        "centre",
    ),
    ("training", "Training of workers", "职业培训", "project", "left_out", "thousand people", "千人", "city"),
    ("land", "Land quota of central cities", "中心城市用地指标", "reform", "left_out", "km2", "平方公里", "city"),
    ("tariff", "Tariff cuts with neighbours", "对邻国关税减让", "reform", "left_out", "pp", "百分点", "centre"),
    ("placebo", "Monument", "纪念碑", "placebo", "left_out", "pieces", "座", "city"),
    ("carbon", "Carbon price", "碳价", "reform", "if", "yuan/t", "元/吨", "private"),
    ("approvals", "Faster approvals", "加快审批", "reform", "if", "days", "天", "province"),
]


def _plan(rng: Any, ids: list[str], domestic: list[str], losers: bool) -> Any:
    rows = []
    for name, en, zh, kind, status, unit_en, unit_zh, payer in LEVERS:
        gain = rng.uniform(0.01, 0.2) if status == "chosen" else float("nan")
        cost = rng.uniform(0.5, 8) if status == "chosen" else 0.0
        rows.append(
            {
                "name": name,
                "name_en": en,
                "name_zh": zh,
                "kind": kind,
                "status": status,
                "value": rng.uniform(1, 400) if cost else 0.0,
                "unit_en": unit_en,
                "unit_zh": unit_zh,
                "cost": cost,
                "payer": payer,
                "payers": {payer: 0.7, "city": 0.3} if payer != "city" else {payer: 1.0},
                "share_of_draws": rng.uniform(0.1, 1),
                "marginal_gain": rng.uniform(5, 320),
                "contribution": gain,
                "alone": rng.uniform(0.01, 0.2),
                "reason_en": "an invented reason" if status == "left_out" else "",
                "reason_zh": "虚构的原因" if status == "left_out" else "",
                "design": rng.choice(["identified", "associational"]) if status != "if" else "assumed",
            }
        )
    n = len(domestic)
    welfare = rng.normal(0.4, 0.3, n)
    welfare = np.where(np.arange(n) < len(ids), welfare if losers else np.abs(welfare) + 0.01, welfare * 0.02 - 0.003)
    region = pd.DataFrame(
        {
            "region": domestic,
            "welfare": welfare,
            "low": welfare - 0.2,
            "high": welfare + 0.25,
            "people": rng.normal(0, 0.3, n),
            "output": rng.normal(0.4, 0.4, n),
            "net": rng.normal(0.3, 0.4, n),
            "spent_here": rng.uniform(0, 0.9, n),
            "paid": rng.uniform(0, 0.3, n),
            "paid_centre": rng.uniform(0, 0.3, n),
            "paid_province": rng.uniform(0, 0.1, n),
            "paid_city": rng.uniform(0, 0.2, n),
        }
    )
    shadow = pd.DataFrame(
        [("budget", 1.72, True), ("people:210000", 0.4, True), ("output:220000", 0.0, False)],
        columns=["name", "value", "binding"],
    )
    best = pd.DataFrame(
        [
            {"region": c, "rank": k + 1, "lever": LEVERS[j][0], "gain": rng.uniform(1, 40)}
            for c in ids
            for k, j in enumerate(rng.choice(12, 3, replace=False))
        ]
    )
    other = pd.DataFrame(
        {
            "name_en": ["This plan", "The nation's plan", "Half the budget"],
            "name_zh": ["本方案", "全国最优方案", "预算减半"],
            "welfare_change": [0.43, 0.31, 0.29],
            "welfare_change_nation": [0.027, 0.034, 0.018],
            "cost": [25.0, 24.0, 12.0],
            "note_en": ["", "maximises the welfare of the nation", ""],
            "note_zh": ["", "使全国福利最大", ""],
        }
    )
    grid = pd.DataFrame(
        {
            "closure_en": ["Capital mobile", "No land finance"],
            "closure_zh": ["资本可流动", "无土地财政"],
            "welfare_change": [0.52, 0.38],
            "welfare_change_nation": [0.03, 0.021],
        }
    )
    return SimpleNamespace(
        status="solved",
        residual=3.2e-11,
        kkt=4e-7,
        certificate=SimpleNamespace(
            walras=2e-12,
            ledger=1e-13,
            determinant_sign=1,
            smallest_singular_value=0.031,
            starts=12,
            starts_solved=11,
            distinct=1,
            uniqueness="not proven",
            words_en="Invented words on uniqueness.",
            words_zh="关于唯一性的虚构说明。",
        ),
        welfare_change=0.43,
        welfare_change_nation=0.027,
        band={"welfare_change": (0.21, 0.68), "welfare_change_nation": (0.011, 0.045)},
        band_level=80,
        draws_solved=200,
        budget={"total": 25.6, "share_of_gdp": 0.5, "rate": 0.04, "years": 30},
        levers=pd.DataFrame(rows),
        shadow_prices=shadow,
        by_region=region,
        best_levers=best,
        alternatives=other,
        closure_grid=grid,
        closure={"capital": "fixed", "ownership": "pooled", "people": "mobile", "land_finance": "public"},
    )


def _coverage() -> Any:
    return pd.DataFrame(
        [
            {
                "proposition": f"P{k}",
                "statement_en": "An invented statement about something",
                "statement_zh": "一条虚构的命题",
                "state": ["computed", "assumed", "not attempted"][k % 3],
                "sections": "plan",
                "tests": "tests/test_x.py::test_it" if k % 3 == 0 else "",
            }
            for k in range(1, 66)
        ]
    )
