"""Results of long work as the page gets them: their JSON, and what a page needs beside it."""

from __future__ import annotations

from typing import Any

from citybelt.dims import SETS
from citybelt.result import plain
from citybelt.web import words


def plan(result: Any) -> dict[str, Any]:
    """A plan, with the change that takes it over as a scenario, and its own projects, which no scenario has."""
    levers = result.levers
    own = levers["name"].isin(list(result.brief.projects))
    used = (levers["status"] == "chosen") & (levers["value"] > 0)
    chosen = levers[used & ~own]
    change = {
        "levers": {str(k): float(v) for k, v in zip(chosen["name"], chosen["value"], strict=True)},
        "closure": {}, "elasticities": {}, "vintage": "",
    }  # fmt: skip
    found = words.both("\n".join(result.findings("en")), "\n".join(result.findings("zh")))
    return plain(
        result.to_json()
        | {"report": {}, "change": change, "left_out": levers.loc[used & own, "name"].tolist(), "findings": found}
    )


def path(result: Any) -> dict[str, Any]:
    """A path, its series by year for lines and its maps by year for a slider."""
    from citybelt.path.result import QUANTITIES

    told = result.to_json()
    years = [int(y) for y in result.years]
    names = {k: words.both(en, zh) for k, (_, en, zh) in QUANTITIES.items()}
    shown = ("people", "output", "co2", "old", "workers", "capital", "wages", "births", "deaths", "debt", "spending")
    maps = {
        k: {str(y): [_round(v) for v in result.x[k].values[t]] for t, y in enumerate(years)}
        for k in ("people", "output", "co2", "old", "wages", "capital", "houses", "value")
    }
    change = {
        k: {
            str(y): [
                _round(100 * (a / b - 1) if b else 0.0)
                for a, b in zip(result.x[k].values[t], result.without[k].values[t], strict=True)
            ]
            for t, y in enumerate(years)
        }
        for k in ("people", "output")
    }
    series = {of: {k: told["totals"][of][k] for k in shown if k in told["totals"][of]} for of in SETS}
    without = {
        of: {k: (result.without[k].values * at).sum(axis=1) for k in series[of] if k != "spending"}
        for of, at in (("cluster", result.cluster), ("nation", 1.0 + 0.0 * result.cluster))
    }
    keep = {k: v for k, v in told.items() if k not in ("by_region", "without_levers")}
    return plain(
        keep
        | {
            "years": years, "names": names, "series": series, "without": without, "regional": maps,
            "regional_change": change,
        }
    )  # fmt: skip


def _round(value: float) -> float:
    return float(f"{value:.6g}")


def stress(result: Any) -> dict[str, Any]:
    """A stress test, with the worst loss of each security, now and under the change."""
    worst = plain(result.worst.reset_index() if result.worst.index.name else result.worst)
    securities = []
    for row in worst:
        id = row.get("security", row.get("index", ""))
        then = row.get(f"loss_{result.case}") if result.case else None
        now = row.get("loss")
        securities.append(
            {
                "id": id, "name": words.SECURITY.get(id, words.both(id, id)), "now": now, "then": then,
                "change": None if then is None or now is None else then - now, "row": row,
            }
        )  # fmt: skip
    told = result.to_json()
    units = [(row, words.data_unit(row["unit"])) for row in told["indicators"]]
    indicators = [row | {f"unit_{lang}": unit[lang] for lang in ("en", "zh")} for row, unit in units]
    return plain(told | {"securities": securities, "indicators": indicators})


def explain(result: Any) -> dict[str, Any]:
    """An explanation, with names of channels and their groups."""
    from citybelt.scenario.explain_view import CHANNEL_NAMES

    told = result.to_json()
    channels = [
        row
        | {
            "id": row["channel"], "name": words.both(*CHANNEL_NAMES.get(row["channel"], (row["channel"],) * 2)),
            "group_name": CHANNEL_GROUPS.get(row["group"], words.both(row["group"], row["group"])),
        }
        for row in told["by_channel"]
    ]  # fmt: skip
    table = result.by_channel_region
    by_region = {k: table[k].tolist() for k in table.columns if k not in ("name_en", "name_zh")}
    return plain(told | {"channels": channels, "by_region": by_region})


CHANNEL_GROUPS = {
    "factor_prices": words.both("Factor prices", "要素价格"),
    "technology": words.both("Technology and skills", "技术与技能"),
    "agglomeration": words.both("Agglomeration", "集聚"),
    "access": words.both("Access to markets", "市场通达"),
    "carbon": words.both("Carbon", "碳"),
    "subsidies": words.both("Subsidies", "补贴"),
    "capital_income": words.both("Income from capital", "资本收入"),
    "land_income": words.both("Income from land", "土地收入"),
    "housing": words.both("Housing", "住房"),
    "public": words.both("Public services and transfers", "公共服务与转移"),
    "bills": words.both("Bills", "费用"),
    "congestion": words.both("Crowding", "拥挤"),
    "amenities": words.both("Amenities", "宜居"),
    "migration": words.both("Migration", "迁移"),
}
