"""A path on the terminal or in a notebook, in English or Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.terminal import Sheet

if TYPE_CHECKING:
    from citybelt.path.result import Path

WORDS = {
    "en": {
        "cluster": "Cluster", "nation": "Nation", "year": "Year", "people": "People, m", "old": "65+, %",
        "natural": "Births - deaths, k", "migration": "Moved in, net, k", "output": "Value added, bn CNY",
        "growth": "Growth, % a year", "co2": "CO2, Mt", "against": "Against the path without levers",
        "people_change": "People, %", "output_change": "Value added, %", "spending": "Spent, bn CNY a year",
        "static": "static", "foresight": "perfect foresight", "expectations": "Expectations", "solved": "Solved",
        "residual": "residual", "passes": "passes", "looks": "rounds",
        "cities": "Places of the cluster, first and last year", "city": "Place", "first": "People, m", "last": "then",
        "change": "change, %", "richer": "value added a head, %",
        "by_levers": "People by the levers, %", "made": "value added by the levers, %",
        "band": "80 % band of {year}, {solved} of {draws} draws", "low": "Low", "median": "Median", "high": "High",
        "central": "Central", "emissions": "CO2 of fuels: what changed it since {year}, Mt", "peak": "Peak",
        "neutral": "Zero", "never": "no", "persons": "People", "output_per_head": "Output",
        "structure": "Structure", "intensity": "Energy", "mix": "Fuels", "factor": "Plants", "sum": "All",
        "capped": "The cap of the cluster and its price", "cap": "Cap, Mt", "price": "Price, CNY a tonne",
    },
    "zh": {
        "cluster": "城市群", "nation": "全国", "year": "年份", "people": "人口，百万", "old": "65岁以上，%",
        "natural": "自然增长，千人", "migration": "净迁入，千人", "output": "增加值，十亿元", "growth": "年增长，%",
        "co2": "二氧化碳，百万吨", "against": "相对无措施路径", "people_change": "人口，%",
        "output_change": "增加值，%",
        "spending": "支出，十亿元/年",
        "static": "静态", "foresight": "完美预见", "expectations": "预期",
        "solved": "已求解", "residual": "残差", "passes": "遍", "looks": "轮", "cities": "城市群各地，首末年",
        "city": "地区", "first": "人口，百万", "last": "末年", "change": "变化，%", "richer": "人均增加值，%",
        "by_levers": "措施引起的人口变化，%",
        "made": "措施引起的增加值变化，%",
        "band": "{year}年80%区间，{draws}次抽样中{solved}次有解", "low": "低", "median": "中位数", "high": "高",
        "central": "中心值", "emissions": "燃料二氧化碳：自{year}年以来的变化原因，百万吨", "peak": "达峰",
        "neutral": "归零", "never": "否", "persons": "人口", "output_per_head": "人均产出", "structure": "结构",
        "intensity": "强度", "mix": "燃料结构", "factor": "电厂", "sum": "合计", "capped": "城市群排放上限及其碳价",
        "cap": "上限，百万吨", "price": "碳价，元/吨",
    },
}  # fmt: skip
#: Years between the rows of a table.
EVERY = 5


def view(path: Path, language: str = "en") -> Any:
    """The path as rich tables: cluster and nation by year, places from first to last year, what was solved."""
    from rich.console import Group
    from rich.text import Text

    w = WORDS[language]
    years = path.years
    rows = sorted({0, len(years) - 1, *np.flatnonzero(years % EVERY == 0).tolist()})
    levers = path.x is not path.without
    parts: list[Any] = [
        Text(path.scenario.text("name", language), style="bold"),
        Text(path.scenario.text("description", language)),
    ]
    for of in ("cluster", "nation"):
        t = path.totals[of]
        plain, against = (
            ["people", "old", "natural", "migration", "output", "growth", "co2"],
            ["people_change", "output_change", "spending"],
        )
        growth = np.append(np.nan, 100 * np.diff(np.log(t["output"].to_numpy())))
        cells = {
            "people": t["people"] / 1e6, "old": 100 * t["old"] / t["people"],
            "natural": (t["births"] - t["deaths"]) / 1e3, "migration": t["migration"] / 1e3, "output": t["output"],
            "growth": growth, "co2": t["co2"], "people_change": t["people_change"],
            "output_change": t["output_change"], "spending": t["spending"],
        }  # fmt: skip
        digits = {
            "people": 2,
            "old": 1,
            "natural": 0,
            "migration": 0,
            "output": 0,
            "growth": 2,
            "co2": 0,
            "spending": 1,
        }
        for keys, title in ((plain, w[of]), *(((against, f"{w[of]}: {w['against']}"),) if levers else ())):
            table = [
                [str(years[k]), *(_shown(np.asarray(cells[key])[k], digits.get(key, 3)) for key in keys)] for k in rows
            ]
            parts.append(Sheet([w["year"], *(w[k] for k in keys)], table, title=title, right=range(1, len(keys) + 1)))
    parts += _emissions(path, w, rows)
    parts += _bands(path, w, language)
    parts.append(_places(path, w, language))
    parts.append(
        Text(
            f"{w['expectations']}: {w[path.expectations]}. {w['solved']}: {w['residual']} {path.residual:.0e}, "
            f"{path.passes} {w['passes']}" + (f", {path.looks} {w['looks']}" if path.looks > 1 else "")
        )
    )
    return Group(*parts)


def _emissions(path: Path, w: dict[str, str], rows: list[int]) -> list[Sheet]:
    """Why emissions changed, when they peak, and a cap with its price."""
    e = path.emitted
    if e is None:
        return []
    heads, lines = ["", *(w[k] for k in e.why["factor"].values), w["sum"], w["peak"], w["neutral"]], []
    for of in ("cluster", "nation"):
        why = e.why.sel(of=of).sum("year").values
        gone = e.neutral[of]
        peak = str(e.peak[of]) if e.peak[of] < path.years[-1] else f"> {path.years[-1]}"  # still rising at the end
        cells = [*(f"{x:+,.0f}" for x in [*why, why.sum()]), peak]
        lines.append([w[of], *cells, w["never"] if gone is None else f"{gone:.0f}"])
    title = w["emissions"].format(year=path.years[0])
    sheets = [Sheet(heads, lines, title=title, right=range(1, len(heads)))]
    if e.cap is not None and e.price is not None:
        held = [[str(path.years[k]), f"{e.cap[k]:,.0f}", f"{e.price[k]:,.1f}"] for k in rows if np.isfinite(e.cap[k])]
        sheets.append(Sheet([w["year"], w["cap"], w["price"]], held, title=w["capped"], right=range(1, 3)))
    return sheets


def _bands(path: Path, w: dict[str, str], language: str) -> list[Sheet]:
    """The bands of the last year, one line a total, beside the central path."""
    if path.band is None:
        return []
    from citybelt.path.bands import ENDS
    from citybelt.path.sums import TOTALS, sets, sums_of

    found, sheets = path.band.totals, []
    own = sums_of(path.x, path.without if path.x is not path.without else None, sets(path.cluster), path.aged)
    heads = ["", *(w[end] for end in ENDS), w["central"]]
    for i, of in enumerate(found["of"].values):
        rows = []
        for name, total in TOTALS.items():
            if not total.brief:
                continue
            at = [*found[name].sel(of=of)[:, -1].values, own[name][i, -1]]
            rows.append([getattr(total, language), *(_shown(x * total.scale, total.digits) for x in at)])
            if (change := f"{name}_change") in found:
                scale = total.scale if total.change == total.unit else 1.0
                at = [*found[change].sel(of=of)[:, -1].values, own[change][i, -1]]
                rows.append(["  " + getattr(total, f"change_{language}"), *(_shown(x * scale, 3) for x in at)])
        title = f"{w[of]}: " + w["band"].format(year=path.years[-1], solved=path.band.solved, draws=path.band.draws)
        sheets.append(Sheet(heads, rows, title=title, right=range(1, 5)))
    return sheets


def _places(path: Path, w: dict[str, str], language: str) -> Sheet:
    inside = np.flatnonzero(path.cluster)
    people, output = path.x["people"].values[:, inside], path.x["output"].values[:, inside]
    order = np.argsort(-people[-1])
    names = path.x[f"name_{language}"].values[inside]
    levers = path.x is not path.without
    by = {k: path.without[k].values[-1, inside] for k in ("people", "output")}
    rows = [
        [
            str(names[k]),
            f"{people[0, k] / 1e6:.2f}",
            f"{people[-1, k] / 1e6:.2f}",
            f"{100 * (people[-1, k] / people[0, k] - 1):+.1f}",
            f"{100 * (output[-1, k] / people[-1, k] / (output[0, k] / people[0, k]) - 1):+.0f}",
            *(
                [f"{100 * (x[-1, k] / by[name][k] - 1):+.3f}" for name, x in (("people", people), ("output", output))]
                * levers
            ),
        ]
        for k in order
    ]
    heads = [w["city"], w["first"], w["last"], w["change"], w["richer"], *([w["by_levers"], w["made"]] * levers)]
    return Sheet(heads, rows, title=w["cities"], right=range(1, len(heads)), yields=(0,))


def _shown(value: float, digits: int) -> str:
    return "" if value != value else f"{value:,.{digits}f}"
