"""What is in a world: the totals that it knows and meets, grades, fills and sources."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from citybelt.terminal import Sheet
from citybelt.worlds import sources as all_sources

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "title": "{name}: base year {year}, GDP of {vintage}; {home} regions, {foreign} partners, {sectors} sectors",
        "totals": "Known totals",
        "total": ("total", "year", "values", "grade", "known", "model", "largest deviation", "at"),
        "exempt": "not bound to: ",
        "variables": "Variables",
        "variable": ("variable", "unit", "grade", "year", "values by grade"),
        "fills": "What no table holds, and the model that fills it",
        "fill": ("variable", "where", "model", "share of the variable"),
        "sources": "Sources: {number}, in full with --json or --out",
        "grades": "Grades: A observed, B adjusted, C derived, D imputed by a model",
    },
    "zh": {
        "title": "{name}：基准年 {year}，GDP 版本 {vintage}；{home} 个地区，{foreign} 个贸易伙伴，{sectors} 个行业",
        "totals": "已知总量",
        "total": ("总量", "年份", "个数", "等级", "已知值", "模型值", "最大偏差", "位置"),
        "exempt": "不作约束：",
        "variables": "变量",
        "variable": ("变量", "单位", "等级", "年份", "各等级数值个数"),
        "fills": "没有统计、由模型填补的内容",
        "fill": ("变量", "位置", "模型", "占该变量的份额"),
        "sources": "来源：{number} 个，完整内容用 --json 或 --out",
        "grades": "等级：A 观测，B 调整，C 推导，D 模型填补",
    },
}


@dataclass(frozen=True)
class Overview:
    """A view of a dataset. Its tables: `totals`, `variables`, `fills`, `sources`, `regions`, `provenance`."""

    dataset: Dataset

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Every known total with year, region, item, known value, the model's value, deviation and grade."""
        return self.dataset.deviations

    @cached_property
    def provenance(self) -> pd.DataFrame:
        """Every value with its unit, year, sources and grade."""
        return self.dataset.provenance

    @cached_property
    def fills(self) -> pd.DataFrame:
        """What was filled in, by which model, and its share of the variable."""
        return self.dataset.fills

    @cached_property
    def regions(self) -> pd.DataFrame:
        """Id, names, cluster and whether foreign, one row for each region."""
        import pandas as pd

        x = self.dataset.x
        names = ("region", "name_en", "name_zh", "cluster", "foreign", "lon", "lat")
        return pd.DataFrame({n: x[n].values for n in names})

    @cached_property
    def variables(self) -> pd.DataFrame:
        """Names in both languages, dimensions, unit, year, grade, sources, and how many values have each grade."""
        import pandas as pd

        grades = self.provenance.groupby(["variable", "grade"]).size()
        rows = []
        for name, values in self.dataset.x.data_vars.items():
            about = values.attrs
            held = grades[name] if name in grades else {}
            rows.append(
                {"variable": name, "name_en": about["long_name"], "name_zh": about["long_name_zh"]}
                | {"dims": " ".join(map(str, values.dims)), "unit": about["unit"]}
                | {k: about.get(k, "") for k in ("year", "grade", "source")}
                | {f"values_{g}": int(held.get(g, 0)) for g in "ABCD"}
            )
        return pd.DataFrame(rows)

    @cached_property
    def sources(self) -> pd.DataFrame:
        """Citation, address and licence of every source that the world uses."""
        import pandas as pd

        keys = {k for text in self.provenance["source"].unique() for k in str(text).split(";") if k}
        known = all_sources()
        known = known.loc[known.index.isin(keys)].reset_index()
        if not self.dataset.split:
            return known
        given = {
            "source": sorted(keys - set(known["source"])),
            "citation": self.dataset.split,
            "address": "",
            "licence": "",
        }
        return pd.concat([known, pd.DataFrame(given)], ignore_index=True)

    def to_json(self) -> dict[str, Any]:
        x = self.dataset.x
        bound = self.totals[~self.totals["exempt"].astype(bool)]
        return {
            "base_year": self.dataset.base_year,
            "vintage": self.dataset.vintage,
            "currency": self.dataset.currency,
            "alternative_trade_matrices": self.dataset.n_draws,
            "sectors": x["sector"].values.tolist(),
            "largest_deviation_pct": bound["deviation_pct"].abs().max(),
            **{name: getattr(self, name) for name in ("regions", "variables", "totals", "fills", "sources")},
        }

    def rich(self, lang: str = "en") -> Any:
        """The overview for a terminal."""
        from rich.console import Group

        words, x = WORDS[lang], self.dataset.x
        foreign = int(x["foreign"].sum())
        title = words["title"].format(
            name=self.dataset.name, year=self.dataset.base_year, vintage=self.dataset.vintage,
            home=x.sizes["region"] - foreign, foreign=foreign, sectors=x.sizes["sector"],
        )  # fmt: skip
        totals = Sheet(
            words["total"], list(self._totals(lang)), title=words["totals"], right=[2, 4, 5, 6], yields=[7, 1, 0]
        )
        lines: list[tuple[str, ...]] = []
        for v in self.variables.to_dict("records"):
            held = ", ".join(f"{g} {v[f'values_{g}']}" for g in "ABCD" if v[f"values_{g}"])
            lines.append((v[f"name_{lang}"], v["unit"], v["grade"], str(v["year"]), held))
        variables = Sheet(words["variable"], lines, title=words["variables"], yields=[4, 1, 0])
        names = self.variables.set_index("variable")[f"name_{lang}"]
        lines = []
        for (variable, model), rows in self.fills.groupby(["variable", "model"], sort=False):
            places = dict.fromkeys(str(v) for k in ("region", "item") for v in rows[k] if v and v != "000000")
            share = " – ".join(dict.fromkeys(f"{v:.1%}" for v in (rows["share"].min(), rows["share"].max())))
            lines.append((names.get(variable, str(variable)), " ".join(places).replace(";", " "), str(model), share))
        fills = Sheet(words["fill"], lines, title=words["fills"], right=[3], yields=[1, 2, 0])
        end = words["sources"].format(number=len(self.sources))
        return Group(title, totals, variables, fills, end, words["grades"])

    def __rich__(self) -> Any:
        return self.rich()

    def _totals(self, lang: str) -> Iterator[tuple[str, ...]]:
        """One row for each kind of total and whether the world is bound to it."""
        names = {total: named[lang] for total, named in total_names().items()}
        regions = self.regions.set_index("region")[f"name_{lang}"]
        told = self.totals[self.totals["known"].notna()]  # a value that nobody knows is in neither sum
        for (total, exempt), rows in told.groupby(["total", "exempt"], sort=False):
            worst = rows.loc[rows["deviation_pct"].abs().idxmax()]
            place = regions.get(worst["region"], worst["region"])
            yield (
                (WORDS[lang]["exempt"] if exempt else "") + names.get(str(total), str(total)),
                " ".join(map(str, sorted(rows["year"].unique()))),
                str(len(rows)),
                " ".join(sorted(rows["grade"].unique())),
                f"{rows['known'].sum():,.6g}",
                f"{rows['model'].sum():,.6g}",
                f"{worst['deviation_pct']:.2g}%",
                " ".join(str(p) for p in (place, worst["item"]) if p and p != "000000"),
            )


def total_names() -> dict[str, dict[str, str]]:
    """Names of the known totals by id, in ``en`` and ``zh``."""
    text = files("citybelt.worlds").joinpath("totals.csv").read_text("utf-8")
    return {r["total"]: {"en": r["name_en"], "zh": r["name_zh"]} for r in csv.DictReader(text.splitlines())}
