"""Words of the results in both languages."""

from __future__ import annotations

#: What was mended, by the kind of a repair.
REPAIRED = {
    "scaled_inputs": ("inputs scaled to the costs that value added leaves", "投入按增加值之外的成本缩放"),
    "negative_input_zero": ("negative inputs set to zero", "为负的投入设为零"),
    "negative_input_kept": ("negative inputs kept as they are", "为负的投入保持不变"),
    "negative_final": ("negative final spending set to zero", "为负的最终支出设为零"),
    "deficit_of_flows": ("deficit taken from the flows", "逆差改用贸易流量计算"),
    "deficit_closed": ("deficit closed before and after the change", "变化前后均消除逆差"),
}

WORDS = {
    "en": {
        "heads": ("region", "real income", "wage", "prices", "real wage", "first order", "terms of trade", "volume"),
        "people": "people",
        "title": "{name}: changes in per cent",
        "solved": "Solved in {passes} passes to a residual of {residual:.0e}. {words}",
        "numeraire": "World value added is the numeraire. Real income is exact; first order, terms of trade and volume "
        "are the formula of Caliendo and Parro (2015), right to first order.",
        "covers": "The first-order formula counts tariffs only, where nobody moves, rents stay in their region and "
        "housing is given; here it leaves something out.",
        "rough": "Final spending was observed with errors, so effects are those between two solutions.",
        "repairs": "Mended in the tables:",
        "repair": "{what}: {count}, largest {region} {sector} from {before:.6g} to {after:.6g} {unit}",
        "flows": "Trade by sector and pair is in the table `flows`, written by --out.",
    },
    "zh": {
        "heads": ("地区", "实际收入", "工资", "价格", "实际工资", "一阶合计", "贸易条件", "贸易量"),
        "people": "人口",
        "title": "{name}：变化，百分比",
        "solved": "经{passes}次迭代求得解，残差{residual:.0e}。{words}",
        "numeraire": "以世界增加值为计价单位。实际收入为精确值；"
        "一阶合计、贸易条件与贸易量三列为Caliendo与Parro（2015）的一阶公式。",
        "covers": "一阶公式只计关税，且以人口不动、租金留在本地、住房不变为前提；此处有所遗漏。",
        "rough": "最终支出含有观测误差，效应为两次求解之差。",
        "repairs": "表格中作了以下修补：",
        "repair": "{what}：{count}处，最大者{region} {sector}由{before:.6g}改为{after:.6g}（{unit}）",
        "flows": "分行业、分地区对的贸易见表`flows`，用--out写出。",
    },
}  # fmt: skip

#: What the variables of the xarray dataset are, with their units.
VARIABLES = {
    "trade": ("what sellers receive from buyers, tariffs apart", "卖方所得，不含关税", "{money}"),
    "tariff": ("ad valorem rate", "从价税率", "per cent"),
    "output": ("output", "产出", "{money}"),
    "use": ("spending on a product, tariffs included", "对产品的支出，含关税", "{money}"),
    "own_share": ("share of spending on the region's own product", "本地产品占支出的份额", "1"),
    "price": ("change of the price index of a product where it is bought", "产品购买价格指数的变化", "per cent"),
    "cost": ("change of unit cost", "单位成本的变化", "per cent"),
    "income": ("final spending, housing included", "最终支出，含住房", "{money}"),
    "real_income": ("change of real income, exact", "实际收入的变化，精确值", "per cent"),
    "cpi": ("change of the consumer price index", "消费价格指数的变化", "per cent"),
    "wage": ("change of the wage of a labour market", "劳动力市场工资的变化", "per cent"),
    "terms_of_trade": ("terms of trade, first order, of income", "贸易条件，一阶，占收入", "per cent"),
    "volume": ("volume of trade, first order, of income", "贸易量，一阶，占收入", "per cent"),
}
