"""Names that the page shows and no other package has, in English and Chinese, with units and digits."""

from __future__ import annotations

from typing import Any

Words = dict[str, str]


def both(english: str, chinese: str) -> Words:
    """A text in both languages."""
    return {"en": english, "zh": chinese}


#: Outcome: name, what it is, unit, whether more is good, digits, the base variable it changes and how.
OUTCOMES: dict[str, tuple[Words, Words, str, int, int, tuple[str, str] | None]] = {
    "welfare": (
        both("Welfare", "福利"),
        both(
            "Log change of the welfare of the people registered there, net of what the levers cost.",
            "当地户籍人口福利的对数变化，已扣除措施费用。",
        ),
        "percent", 1, 3, None,
    ),
    "ev": (
        both("Worth to people", "折合收入"),
        both(
            "Equivalent variation: the income a year that would be worth as much to them, at base-year prices.",
            "等价变化：按基年价格计，与之等值的每年收入。",
        ),
        "bn_cny", 1, 2, None,
    ),
    "people": (
        both("People", "常住人口"), both("Residents.", "常住人口。"), "percent", 1, 3, ("people", "percent"),
    ),
    "under60": (
        both("People under 60", "60岁以下人口"),
        both("Residents under 60, who work.", "60岁以下常住人口，参加劳动。"),
        "percent", 1, 3, ("under60", "percent"),
    ),
    "over60": (
        both("People of 60 and over", "60岁及以上人口"),
        both("Residents of 60 and over, who live from transfers.", "60岁及以上常住人口，以转移收入为生。"),
        "percent", 0, 3, ("over60", "percent"),
    ),
    "output": (
        both("Real output", "实际产出"),
        both("Real value added of all sectors at base-year weights.", "按基年权重加总的实际增加值。"),
        "percent", 1, 3, ("value_added", "percent"),
    ),
    "spending_per_head": (
        both("Real spending per head", "人均实际消费"),
        both("Household spending per resident at constant prices.", "按不变价计的人均居民消费。"),
        "percent", 1, 3, ("spending_per_head", "percent"),
    ),
    "wage": (
        both("Real wage", "实际工资"),
        both("Per efficiency unit of labour, over the local price index.", "单位有效劳动报酬，按当地物价折算。"),
        "percent", 1, 3, ("wage", "percent"),
    ),
    "rent": (
        both("Real rent", "实际租金"),
        both("Rent of dwellings over the local price index.", "住房租金，按当地物价折算。"),
        "percent", 0, 3, None,
    ),
    "cpi": (
        both("Price level", "物价水平"),
        both("Consumer prices, in units of world value added.", "消费者价格，以世界增加值为计价单位。"),
        "percent", 0, 3, None,
    ),
    "trade_dependence_change": (
        both("Trade dependence", "外贸依存度"),
        both("Goods sold to and bought from partners abroad over gross product.", "货物进出口总额与生产总值之比。"),
        "points", 0, 3, ("trade_dependence", "add"),
    ),
    "co2_change": (
        both("CO2", "二氧化碳"), both("Emissions from fuels and processes.", "燃料与工业过程排放。"),
        "mt", -1, 2, ("co2", "add"),
    ),
    "levy": (
        both("Paid by people", "居民负担"),
        both("What the people of the place pay for levers, as taxpayers, residents and owners.",
             "当地居民作为纳税人、居民和所有者为措施支付的费用。"),
        "bn_cny", -1, 2, None,
    ),
}  # fmt: skip

#: Totals whose unit is another than that of a region.
TOTAL_UNITS = {k: ("persons", 0, (k, "add")) for k in ("people", "under60", "over60")}

BASE: dict[str, tuple[Words, str]] = {
    "people": (both("Residents", "常住人口"), "persons"),
    "under60": (both("Residents under 60", "60岁以下人口"), "persons"),
    "over60": (both("Residents of 60 and over", "60岁及以上人口"), "persons"),
    "value_added": (both("Value added at factor cost", "增加值（要素成本）"), "bn_cny"),
    "gdp": (both("Gross product", "生产总值"), "bn_cny"),
    "gdp_per_head": (both("Gross product per head", "人均生产总值"), "cny"),
    "spending_per_head": (both("Household spending per head", "人均居民消费"), "cny"),
    "wage": (both("Labour income per resident under 60", "60岁以下人均劳动收入"), "cny"),
    "public": (both("Public consumption", "政府消费"), "bn_cny"),
    "trade_dependence": (both("Trade dependence", "外贸依存度"), "percent"),
    "co2": (both("CO2", "二氧化碳"), "mt"),
}

GOVERNMENT: dict[str, Words] = {
    "own_taxes": both("Taxes kept by the place", "地方留成税收"),
    "land": both("Income from land", "土地收入"),
    "grants": both("Grants of the centre", "中央转移支付"),
    "transfers": both("Transfers between governments", "政府间转移"),
    "spending": both("Public consumption", "政府消费"),
    "to_centre": both("Handed to the centre", "上缴中央"),
    "of_it_tariffs": both("of it tariffs", "其中关税"),
    "of_it_carbon": both("of it carbon payments", "其中碳收入"),
}

#: Groups of levers in the order of the page, and the themes of cards that stand in each.
THEMES: dict[str, tuple[Words, tuple[str, ...]]] = {
    "people": (both("Population and talent", "人口与人才"), ("people",)),
    "infrastructure": (both("Infrastructure", "基础设施"), ("infrastructure",)),
    "innovation": (both("Innovation", "创新"), ("innovation",)),
    "industry": (both("Industry", "产业"), ("industry",)),
    "markets": (both("Markets and governance", "市场与治理"), ("integration", "governance")),
    "opening": (both("Opening up", "开放"), ("opening",)),
    "carbon": (both("Ageing and carbon", "老龄化与碳"), ("ageing", "energy", "carbon")),
    "land": (both("Land and finance", "土地与金融"), ("land", "finance", "fiscal")),
    "check": (both("For checking", "检验用"), ()),
}

CLOSURE: dict[str, Words] = {
    "capital": both("Capital", "资本"),
    "ownership": both("Who owns capital", "资本归属"),
    "people": both("People", "人口"),
    "land_finance": both("Land finance", "土地财政"),
}
CLOSURE_ABOUT: dict[str, Words] = {
    "capital": both("Whether capital stays where it is or goes where it earns most.",
                    "资本是否固定在原地，或流向收益最高处。"),
    "ownership": both("Whether its income is pooled over the nation or stays where it works.",
                      "资本收入是全国汇总，还是留在所在地。"),
    "people": both("Whether people choose where to live or stay.", "人口是否自由择地，或留在原地。"),
    "land_finance": both("Whether rents of land go to the government of the place or to its people.",
                         "土地租金归当地政府，还是归居民。"),
}  # fmt: skip

ELASTICITY: dict[str, Words] = {
    "theta_level": both("Trade elasticities, all together", "贸易弹性（整体倍数）"),
    "nu": both("Migration elasticity", "迁移弹性"),
    "nu_old_share": both("Migration elasticity of the old, over that of others", "老年人迁移弹性（相对值）"),
    "agg": both("Agglomeration", "集聚弹性"),
    "congestion": both("Crowding beyond rents", "租金以外的拥挤弹性"),
    "eta": both("Housing supply elasticity", "住房供给弹性"),
    "public": both("Worth of public services", "公共服务价值"),
}

PAYER: dict[str, Words] = {
    "centre": both("Centre", "中央"),
    "province": both("Provinces", "省级"),
    "city": both("Cities", "市级"),
    "private": both("Private", "社会资本"),
    "foreign": both("Foreign", "外资"),
}

SECURITY: dict[str, Words] = {
    "food": both("Food", "粮食"),
    "energy": both("Energy", "能源"),
    "industrial": both("Industry", "产业"),
    "ecological": both("Ecology", "生态"),
    "defence": both("Defence", "国防"),
    "joint": both("All five at once", "五类同时发生"),
}

DESIGN: dict[str, Words] = {
    "identified": both("identified", "可识别"),
    "associational": both("associational", "相关"),
    "assumed": both("assumed", "假定"),
    "definition": both("definition", "定义"),
}

UNITS: dict[str, Words] = {
    "percent": both("%", "%"),
    "points": both("points of per cent", "百分点"),
    "bn_cny": both("bn CNY a year", "十亿元/年"),
    "cny": both("CNY", "元"),
    "persons": both("persons", "人"),
    "mt": both("Mt", "百万吨"),
    "index": both("index", "指数"),
}

#: Units of the data.
DATA_UNITS: dict[str, Words] = {
    "bn CNY": both("bn CNY", "十亿元"),
    "persons": both("persons", "人"),
    "share": both("share", "份额"),
    "share of output": both("share of output", "占产出份额"),
    "share of value added": both("share of value added", "占增加值份额"),
    "Mt CO2": both("Mt CO2", "百万吨二氧化碳"),
    "Mt CO2 per bn CNY": both("Mt CO2 per bn CNY", "百万吨二氧化碳/十亿元"),
    "km": both("km", "公里"),
    "hours": both("hours", "小时"),
    "thousand CNY a year": both("thousand CNY a year", "千元/年"),
    "CNY a year": both("CNY a year", "元/年"),
    "ad valorem rate": both("ad valorem rate", "从价税率"),
    "times": both("times", "倍"),
    "bn USD": both("bn USD", "十亿美元"),
    "kg": both("kg", "公斤"),
    "number": both("number", "个"),
}

WORLDS: dict[str, Words] = {
    "northeast": both("Northeast China: Liaoning, Jilin, Heilongjiang", "东北三省：辽宁、吉林、黑龙江"),
    "china": both("China by prefecture", "全国地级单元"),
}


def data_unit(unit: str) -> Words:
    """A unit of the data in both languages, itself where it has no other word."""
    return DATA_UNITS.get(unit, both(unit, unit))


def outcome(id: str, total: bool = False) -> dict[str, Any]:
    """How an outcome is named and shown; ``total`` for a set of places."""
    name, about, unit, good, digits, level = OUTCOMES[id]
    if total and id in TOTAL_UNITS:
        unit, digits, level = TOTAL_UNITS[id]
    return {
        "id": id, "name": name, "about": about, "unit": unit, "unit_name": UNITS[unit], "good": good, "digits": digits,
        "level": None if level is None else {"base": level[0], "how": level[1]},
    }  # fmt: skip
