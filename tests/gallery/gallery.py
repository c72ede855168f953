"""The gallery: economies that are hard to solve, what makes them so, how they come out, and what holds them to it.

One table for the tests and for the documentation: ``python tests/gallery/gallery.py en`` prints its page's table.
"""

from __future__ import annotations

from typing import NamedTuple

#: Outcomes and their words.
OUTCOMES = {
    "direct": ("solved at once", "一次求解"),
    "continuation": ("solved along the path", "沿路径求解"),
    "none": ("no equilibrium", "无均衡"),
    "several": ("several equilibria", "多个均衡"),
}
#: What an outcome is held against, by the function in ``routes`` or the kind of test.
AGAINST = {
    "loops": ("nested loops", "嵌套循环"),
    "clearing": ("sales and output written out", "逐项写出的销售与产出"),
    "markets": ("all markets written out", "逐项写出的全部市场"),
    "people_choose": ("markets and choices written out", "逐项写出的市场与选择"),
    "books": ("the ledger of every account", "全部账户的总账"),
    "carbon_paid": ("the ledger; revenue = price x CO2", "总账；收入等于价格乘排放"),
    "autarky_of_endowments": ("losses from the share at home", "由自给份额得出的损失"),
    "autarky_of_sectors": ("losses from the shares at home", "由各部门自给份额得出的损失"),
    "goes_home": ("residents = workers; nested loops", "居民数等于就业数；嵌套循环"),
    "equally_well_off": ("equal utility; nested loops", "效用相等；嵌套循环"),
    "owes_more_than_the_world_earns": ("debt exceeds world income", "债务超过世界收入"),
    "runs_dry": ("somebody's spending ends at zero", "某地支出趋于零"),
    "mirror": ("mirror images; signs add up to 1", "镜像成对；符号之和为1"),
}


class Case(NamedTuple):
    """An economy of ``economies``, its outcome, the function that it is held against, and the words."""

    name: str
    outcome: str
    against: str
    en: str
    zh: str


GALLERY = [
    Case("gravity_wall", "direct", "autarky_of_endowments", "trade costs 1000 times higher", "贸易成本升至1000倍"),
    Case("gravity_theta_12", "direct", "clearing", "elasticity 12, large shocks", "弹性为12，冲击很大"),
    Case("gravity_tiny_place", "direct", "loops", "a place of 1e-16 of world trade", "一地占世界贸易的1e-16"),
    Case("gravity_two_blocks", "direct", "clearing", "two blocks joined by one thin flow", "两个集团间仅一条微小流量"),
    Case("gravity_imbalances", "direct", "loops", "imbalances of 40 %", "40%的贸易失衡"),
    Case("gravity_resistances", "direct", "loops", "resistances alone, elasticity 12", "仅多边阻力，弹性为12"),
    Case("commuting_wall", "direct", "goes_home", "commuting costs 1000 times higher", "通勤成本升至1000倍"),
    Case("commuting_eps_30", "direct", "loops", "elasticity of commuting 30", "通勤弹性为30"),
    Case("commuting_trade_wall", "direct", "loops", "trade costs 1000 times higher", "贸易成本升至1000倍"),
    Case("commuting_boom", "direct", "loops", "one place 7 times as productive", "一地生产率升至7倍"),
    Case("commuting_still", "direct", "loops", "residences fixed, everything changed", "居住地固定，其余全变"),
    Case("trade_wall", "direct", "autarky_of_sectors", "autarky: all borders cost 1000 times more",
         "自给自足：所有边界成本升至1000倍"),
    Case("trade_wall_with_debts", "none", "runs_dry", "the same, with debts that can't be shipped",
         "同上，但债务无法以货物偿付"),
    Case("trade_theta_12", "direct", "markets", "elasticities of 12", "弹性均为12"),
    Case("trade_tariffs_500", "direct", "loops", "tariffs of 500 % between all", "各地间500%关税"),
    Case("trade_deficit_40", "direct", "loops", "a deficit of 40 % of spending", "赤字为支出的40%"),
    Case("trade_surplus_40", "direct", "loops", "a surplus of 40 % of spending", "盈余为支出的40%"),
    Case("trade_debt_beyond_income", "none", "owes_more_than_the_world_earns", "a debt beyond the world's income",
         "债务超过世界收入"),
    Case("trade_everything", "direct", "loops", "all shocks at once, large", "多种大冲击同时发生"),
    Case("trade_nearly_leontief", "direct", "loops", "inputs and goods that hardly replace each other",
         "投入与商品几乎不可替代"),
    Case("trade_nu_30", "direct", "people_choose", "elasticity of migration 30", "迁移弹性为30"),
    Case("trade_one_person", "direct", "loops", "one person in a region, millions elsewhere", "一地仅一人，他处数百万"),
    Case("trade_dead_region", "direct", "loops", "a region loses 98 % of its productivity", "一地生产率下降98%"),
    Case("trade_tiny_region", "direct", "loops", "a region of 1e-8 of the world", "一地占世界的1e-8"),
    Case("trade_no_own", "direct", "loops", "shares at home of 1e-8", "自给份额为1e-8"),
    Case("trade_one_maker", "direct", "loops", "products made in one place, pairs without trade",
         "产品仅产于一地，部分地区间无贸易"),
    Case("trade_40_sectors", "direct", "markets", "40 sectors, materials 97 % of output",
         "40个部门，中间投入占产出97%"),
    Case("trade_empty_market", "direct", "loops", "a labour market without people", "无人的劳动力市场"),
    Case("geography_below_the_bound", "direct", "equally_well_off", "spillovers just below the bound of uniqueness",
         "集聚效应略低于唯一性界限"),
    Case("geography_above_the_bound", "direct", "equally_well_off", "spillovers just above it", "集聚效应略高于该界限"),
    Case("geography_of_many", "several", "mirror", "spillovers far above it, equal places",
         "集聚效应远高于该界限，各地相同"),
    Case("nation_wall", "direct", "books", "borders with partners cost 1000 times more", "与伙伴的边界成本升至1000倍"),
    Case("nation_tariffs_500", "continuation", "loops", "tariffs of 500 % with partners", "与伙伴间500%关税"),
    Case("nation_carbon_10000", "direct", "carbon_paid", "a carbon price of 10 000 at home", "国内碳价为10000"),
    Case("world_carbon_10000", "none", "runs_dry", "the same in the world: a partner's debt is tied to prices",
         "全球同样碳价：伙伴的债务与价格挂钩"),
    Case("nation_theta_12", "direct", "loops", "elasticities of 12", "弹性均为12"),
    Case("nation_nu_30", "direct", "loops", "elasticities of migration 30", "迁移弹性均为30"),
    Case("nation_emptied_region", "direct", "books", "a region that workers leave", "劳动者离开的地区"),
    Case("nation_everything", "continuation", "loops", "all shocks at once, large", "多种大冲击同时发生"),
    Case("nation_mobile_capital", "direct", "loops", "mobile capital owned where it works, large shocks",
         "资本可流动且归所在地，冲击很大"),
    Case("nation_agglomeration", "direct", "loops", "spillovers of 0.25 without congestion", "集聚弹性0.25且无拥挤"),
    Case("nation_unpayable_levers", "none", "runs_dry", "levers that cost more than a region has",
         "政策成本超出地区财力"),
]  # fmt: skip

CLASSES = {
    "gravity": ("gravity", "引力"),
    "commuting": ("commuting", "通勤"),
    "trade": ("regions and sectors", "地区与部门"),
    "geography": ("one sector, free people", "单部门、自由流动"),
    "nation": ("public accounts", "含公共账户"),
    "world": ("public accounts", "含公共账户"),
}


def table(language: str) -> str:
    """The table of the documentation."""
    zh = int(language == "zh")
    head = (("class", "what is hard", "outcome", "held against"), ("模型类", "难点", "结果", "对照"))[zh]
    rows = [
        (CLASSES[c.name.split("_")[0]][zh], (c.en, c.zh)[zh], OUTCOMES[c.outcome][zh], AGAINST[c.against][zh])
        for c in GALLERY
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * 4, *rows)) + "\n"


if __name__ == "__main__":
    import sys

    print(table(sys.argv[1]), end="")
