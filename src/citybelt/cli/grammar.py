"""The grammar of the command line: verbs, what they take, and options, each with help in both languages."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from citybelt import __version__, verbs
from citybelt.errors import InputError, Problem

#: Verb: what it does, in both languages.
VERBS = {
    "data": ("What is in a world: totals with their deviations, grades, sources, fills.", "世界中的数据与来源"),
    "diagnose": ("Where the cluster stands against its peers.", "诊断"),
    "run": ("Solve one scenario and explain it; with --to year by year.", "求解情景；加 --to 逐年求解"),
    "centres": ("Where innovation centres would serve most.", "创新中心选址"),
    "hindcast": ("What 2010 would have forecast for 2020, scored against the census.", "以2010年信息回测2020年"),
    "explain": ("Why a scenario does what it does: by lever, by channel, by what it leans on.", "解释情景结果"),
    "ladder": ("One scenario by multiplier, partial and general equilibrium.", "模型阶梯：乘数、局部均衡与一般均衡"),
    "plan": ("Find the best plan under a budget and write its report.", "制定规划并生成报告"),
    "compare": ("Set two plans beside each other: levers, payers, places, and which wins how often.", "对比两个规划"),
    "separate": ("Compare the plans that provinces make apart with one plan.", "分省规划与统一规划对比"),
    "stress": ("What the cluster loses under disruptions of five securities.", "五大安全压力测试"),
    "ledger": ("Hold the article's figures against data.", "核对文中数字"),
    "coverage": ("Which of the 65 propositions are computed, and where.", "命题覆盖"),
    "verify": ("The worst residual of every identity.", "检验恒等式"),
    "report": ("Write the report in HTML and PDF.", "生成报告"),
    "trade": ("Solve your own trade model from a folder of tables.", "由表格文件夹求解自己的贸易模型"),
    "replicate": ("Compute a published result anew from its authors' data.", "重现已发表的结果"),
    "serve": ("Open the workbench in a browser: move levers, see the answer.", "在浏览器中打开工作台"),
}


#: Whose gain a plan may maximise without a file; weights over places need one.
OBJECTIVES = ("cluster", "nation", "maximin:provinces", "maximin:cities")


class _Parser(argparse.ArgumentParser):
    """Bad usage is bad input like any other, so that ``--json`` can report it; options are written in full."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise InputError([Problem("command line", f"{message}.", f"See '{self.prog} --help'.")])


def parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    top = _Parser(prog="citybelt", description="Plan a city cluster from real data. 城市群与城市带规划。")
    top.add_argument("--version", action="version", version=f"citybelt {__version__}")
    commands = top.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    for verb, (english, chinese) in VERBS.items():
        p = commands.add_parser(verb, help=f"{english} {chinese}", description=f"{english} {chinese}")
        if verb == "coverage":
            p.add_argument("world", metavar="WORLD", nargs="?", help="accepted and not needed")
        elif verb == "compare":
            for name, english in (("plan_a", "PLAN_A"), ("plan_b", "PLAN_B")):
                p.add_argument(name, metavar=english, help="JSON file of a plan, or its folder 规划的JSON文件或文件夹")
        elif verb == "trade":
            p.add_argument("folder", metavar="FOLDER", help="of tables, or the word: example 表格文件夹，或 example")
            p.add_argument("into", metavar="INTO", nargs="?", help="with 'example': the folder to write 示例写入何处")
            p.add_argument(
                "--starts", type=_count, default=6, metavar="N", help="far starts of the certificate (6) 远起点个数"
            )
        elif verb == "replicate":
            p.add_argument("case", metavar="NAME", nargs="?", help="a case's name 案例")
            p.add_argument("--data", type=Path, metavar="FOLDER", help="where the case's files are 数据文件夹")
            p.add_argument("--list", action="store_true", help="list the cases 列出案例")
        elif verb == "hindcast":
            p.add_argument("world", metavar="WORLD", help="northeast or china 世界")
            words = "people of 2010 by the census or the yearbook 2010年人口：普查或年鉴"
            p.add_argument("--vintage", choices=("census", "yearbook"), default="census", help=words)
        else:
            p.add_argument("world", metavar="WORLD", help="northeast or china 世界")
            p.add_argument("--vintage", default="2020", help="GDP of 2019, 2020, 2021 or 2020-revised 数据版本")
            p.add_argument(
                "--inner-mongolia", action="store_true", help="eastern Inner Mongolia's cities as regions 蒙东"
            )
            p.add_argument(
                "--split", type=Path, metavar="FILE", help="value added by region and sector, CSV 用户的分行业增加值表"
            )
        if verb == "serve":
            p.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="to listen on (127.0.0.1) 监听地址")
            p.add_argument("--port", type=_port, default=8765, metavar="PORT", help="(8765), 0 for a free one 端口")
            p.add_argument("--no-open", action="store_true", help="don't open a browser 不打开浏览器")
        if verb in ("run", "explain", "ladder"):
            p.add_argument("scenario", metavar="SCENARIO", help="a scenario's name, or a YAML file 情景")
        if verb == "run":
            p.add_argument(
                "--to", type=_year, metavar="YEAR", help="year by year to this year, 2060 at most 逐年求解至该年"
            )
            p.add_argument(
                "--closed-borders",
                action="store_true",
                help="with --to: nobody comes from abroad or goes there 不计国际迁移",
            )
        if verb in ("plan", "report"):
            p.add_argument("plan", metavar="PLAN", nargs="?", help="a plan's name, or a YAML file 规划文件")
        if verb == "stress":
            p.add_argument("--scenario", metavar="SCENARIO", help="struck as well: a name, or a YAML file 情景")
        if verb in ("run", "separate"):
            count, words = (0, "none unless given") if verb == "run" else (8, "8")
            p.add_argument(
                "--draws", type=_count, default=count, metavar="N", help=f"draws for a band, {words} 抽样次数"
            )
        if verb in ("plan", "report", "separate"):
            silent = 0.005 if verb == "separate" else None
            usual = "0.5" if verb == "separate" else "0.5, or the plan file's"
            words = f"per cent of the cluster's GDP a year ({usual}) 预算，占GDP百分比"
            p.add_argument("--budget", type=_share, default=silent, metavar="PERCENT", help=words)
        if verb == "separate":
            p.add_argument(
                "--players", choices=("provinces", "cities"), default="provinces", help="who plans (provinces) 规划主体"
            )
            p.add_argument(
                "--orders",
                type=_count,
                default=0,
                metavar="N",
                help="drawn for shares of cities, none (0) 抽取的次序对数",
            )
            words = "without subsidies and land prices of each player's own 不含补贴与地价"
            p.add_argument("--menu-only", action="store_true", help=words)
        if verb in ("plan", "report"):
            p.add_argument("--draws", type=_count, default=200, metavar="N", help="draws for the bands (200) 抽样次数")
            p.add_argument("--objective", choices=OBJECTIVES, help="whose gain (cluster, or the plan file's) 目标")
            p.add_argument(
                "--floor", type=_floor, metavar="PERCENT",
                help="people and output each province keeps, per cent of the base year (100) 底线",
            )  # fmt: skip
            words = "the plan alone, not held against other plans, worlds and shocks 只求规划本身"
            p.add_argument("--quick", action="store_true", help=words)
        if verb == "serve":
            continue  # nothing is printed or written, so there is nothing to say about form and place
        default = "out/WORLD, or out/WORLD/PLAN" if verb in ("plan", "report") else "none"
        p.add_argument("--out", type=Path, metavar="FOLDER", help=f"folder for files ({default}) 输出文件夹")
        p.add_argument("--lang", choices=verbs.LANGUAGES, help="language; reports come in both unless given 语言")
        p.add_argument("--json", action="store_true", help="one JSON object on standard output 只输出一个JSON对象")
    return top


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number such as 200")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port such as 8765")
    return int(text)


def _year(text: str) -> int:
    if not text.isdecimal() or len(text) != 4:
        raise argparse.ArgumentTypeError(f"'{text}' is not a year such as 2060")
    return int(text)


def _share(text: str) -> float:
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 < percent <= 10:
        raise argparse.ArgumentTypeError(f"'{text}' is not per cent of GDP such as 0.5, above 0 and at most 10")
    return percent / 100


def _floor(text: str) -> float:
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is not per cent of the base year such as 99, from 0 to 100")
    return percent / 100
