"""A world as the page needs it once: regions, sectors, outcomes, base year, levers with their evidence, assumptions."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from citybelt.dims import SETS
from citybelt.scenario.desk import Desk, fingerprint
from citybelt.scenario.levers import Lever
from citybelt.scenario.scenario import ELASTICITIES, load_scenario, scenarios
from citybelt.scenario.seen import levels
from citybelt.web import words
from citybelt.web.bench import Bench
from citybelt.web.evidence_words import told
from citybelt.web.ground import Ground


def world(bench: Bench, ground: Ground) -> dict[str, Any]:
    """Everything about the world that does not change."""
    from citybelt.security.table import SECURITIES

    desk, x = bench.desk, bench.dataset.x
    return {
        "name": bench.name,
        "title": words.WORLDS.get(bench.name, words.both(bench.name, bench.name)),
        "base_year": bench.dataset.base_year,
        "vintage": bench.vintage,
        "cluster": str(x.attrs["cluster"]),
        "home": list(bench.home),
        "regions": regions(bench, ground),
        "provinces": provinces(bench),
        "sectors": sectors(bench),
        "outcomes": {
            "regional": [words.outcome(k) for k in words.OUTCOMES],
            "totals": [words.outcome(k, total=True) for k in words.OUTCOMES if k in _TOTALS],
        },
        "base": base(bench),
        "government": [{"id": k, "name": v} for k, v in words.GOVERNMENT.items()],
        "themes": themes(desk),
        "levers": [lever(each) for each in desk.menu],
        "assumptions": assumptions(),
        "library": library(bench),
        "plans": plans(bench),
        "payers": [{"id": k, "name": v} for k, v in words.PAYER.items()],
        "securities": [{"id": k, "name": words.SECURITY[k]} for k in SECURITIES],
        "words": {"design": words.DESIGN, "unit": words.UNITS},
    }


_TOTALS = ("welfare", "ev", "people", "output", "trade_dependence_change", "co2_change", "levy")


def regions(bench: Bench, ground: Ground) -> list[dict[str, Any]]:
    """Home regions and partners, with points on the map."""
    x, at = bench.dataset.x, {r["id"]: r for r in ground.regions}
    home = set(bench.home)
    province = dict(zip(map(str, x.residence.values), map(str, x.province.values), strict=True))
    out = []
    for k, r in enumerate(map(str, x.region.values)):
        lon, lat = float(x.lon.values[k]), float(x.lat.values[k])
        point = at.get(r)
        if point is None and math.isfinite(lon) and math.isfinite(lat):
            px, py = ground.at(lon, lat)
            point = {"x": px, "y": py}
        cluster = str(x.cluster.values[k])
        out.append(
            {
                "id": r, "name": words.both(str(x.name_en.values[k]), str(x.name_zh.values[k])),
                "province": province.get(r, ""), "cluster": cluster, "home": r in home,
                "in_cluster": r in home and cluster == str(x.attrs["cluster"]),
                "x": point and point["x"], "y": point and point["y"],
            }
        )  # fmt: skip
    return out


def provinces(bench: Bench) -> list[dict[str, Any]]:
    """Provinces of the home regions, with those of the cluster marked."""
    from citybelt.geo import polygons

    x, inside = bench.dataset.x, bench.cluster
    names = polygons.names("en"), polygons.names("zh")
    found: dict[str, bool] = {}
    for p, i in zip(map(str, x.province.values), inside, strict=True):
        found[p] = found.get(p, False) or bool(i)
    return [
        {"id": p, "name": words.both(names[0].get(p, p), names[1].get(p, p)), "in_cluster": i} for p, i in found.items()
    ]


def sectors(bench: Bench) -> list[dict[str, Any]]:
    """The produced sectors in their order."""
    from citybelt.worlds import tables

    x = bench.dataset.x
    held = tables.sectors()
    return [
        {
            "id": s, "name": words.both(str(held.at[s, "name_en"]), str(held.at[s, "name_zh"])),
            "goods": bool(g), "tier": str(held.at[s, "tier"]),
        }
        for s, g in zip(map(str, x.sector.values), x.goods.values, strict=True)
    ]  # fmt: skip


def base(bench: Bench) -> dict[str, Any]:
    """Levels of the base year by region, and for cluster and nation."""
    desk = bench.desk
    held = levels(desk.economy, bench.dataset, desk.base)
    heads, gdp = held["people"], held["gdp"]
    weights = {"spending_per_head": heads, "gdp_per_head": heads, "wage": held["under60"], "trade_dependence": gdp}
    totals = {}
    for name, values in held.items():
        weight = weights.get(name)
        of = {}
        for k, who in enumerate(SETS):
            m = desk.members[k]
            of[who] = float(values @ m) if weight is None else float((values * weight) @ m / (weight @ m))
        totals[name] = of
    return {
        "regional": {k: v.tolist() for k, v in held.items()},
        "totals": totals,
        "names": {k: v[0] for k, v in words.BASE.items()},
        "units": {k: v[1] for k, v in words.BASE.items()},
        "grades": grades(bench),
    }


#: The variable of the data on which a level of the base year rests.
RESTS_ON = {
    "people": "population", "under60": "population", "over60": "population", "value_added": "output", "gdp": "gdp3",
    "gdp_per_head": "gdp3", "spending_per_head": "consumption", "wage": "labour_share", "public": "government",
    "trade_dependence": "output", "co2": "emission",
}  # fmt: skip


def grades(bench: Bench) -> dict[str, str]:
    """The grade of most of the values that a level rests on."""
    table = bench.dataset.provenance
    most = table.groupby("variable")["grade"].agg(lambda g: g.mode().iloc[0])
    return {k: str(most.get(v, "")) for k, v in RESTS_ON.items()}


def themes(desk: Desk) -> list[dict[str, Any]]:
    """Groups of levers in the order of the page."""
    out: dict[str, list[str]] = {group: [] for group in words.THEMES}
    for each in desk.menu:
        out[theme_of(each)].append(each.id)
    return [{"id": g, "name": words.THEMES[g][0], "levers": ids} for g, ids in out.items() if ids]


def theme_of(each: Lever) -> str:
    """The group that a lever stands in; the last one where none names the theme of its card."""
    theme = each.card.theme
    return next((group for group, (_, cards) in words.THEMES.items() if theme in cards), "check")


def lever(each: Lever) -> dict[str, Any]:
    """A lever with its card, its evidence and its curve."""
    card = each.card
    reason = words.both(card.reason("en"), card.reason("zh"))
    return {
        "id": each.id, "theme": theme_of(each), "kind": card.kind,
        "name": words.both(card.name, card.name_zh), "about": words.both(card.description, card.description_zh),
        "unit": words.both(card.unit, card.unit_zh), "lower": float(card.lower), "upper": float(card.upper),
        "step": step(card.upper), "cost_at_upper": float(each.cost(jnp.asarray(card.upper))),
        "payers": dict(card.payers),
        "regions": [str(r) for r in card.where.get("regions", ())], "lag_years": float(card.lag_years),
        "conditional": each.conditional, "reason": reason, "caveat": words.both(card.caveat, card.caveat_zh),
        "cap": words.both(card.cap, card.cap_zh), "propositions": list(card.propositions),
        "evidence": evidence(each), "costs": cost_rows(each), "hectares": each.hectares,
        "curve": {
            "exponent": float(each.exponent[1]), "scale": float(each.scale), "charge": float(each.charge[1]),
            "charge_scale": float(each.charge_scale), "unit_cost": float(each.unit_cost[1]),
        },
    }  # fmt: skip


def step(upper: float) -> float:
    """A round step of a slider: about a hundredth of its range."""
    power = 10.0 ** math.floor(math.log10(upper / 100))
    return float(f"{min((m * power for m in (1, 2, 5, 10)), key=lambda s: abs(math.log(s * 100 / upper))):.12g}")


def evidence(each: Lever) -> dict[str, Any] | None:
    """The row of the effect that a lever rests on; None for a lever that is itself a price of the model."""
    from citybelt.scenario.evidence import effects

    if not each.card.effect:
        return None
    e = effects()[each.card.effect]
    return {
        "id": e.id, "parameter": told(e.parameter), "unit": told(e.unit), "low": e.size.low,
        "central": e.size.central, "high": e.size.high, "design": e.design, "citation": e.citation,
        "verified": e.verified, "note": e.note, "times": list(each.card.times),
    }  # fmt: skip


def cost_rows(each: Lever) -> list[dict[str, Any]]:
    """The rows of the costs that a lever is billed by."""
    from citybelt.scenario.evidence import costs

    table = costs()
    ids = [*each.card.cost, *([each.card.upkeep] if each.card.upkeep else [])]
    return [
        {
            "id": c, "item": told(table[c].item), "unit": told(table[c].unit), "low": table[c].price.low,
            "central": table[c].price.central, "high": table[c].price.high, "source": table[c].source,
            "verified": table[c].verified, "note": table[c].note, "years": float(each.card.cost.get(c, 0.0)),
        }
        for c in ids
    ]  # fmt: skip


def assumptions() -> dict[str, Any]:
    """Closures, elasticities and vintages that a scenario may set."""
    from citybelt.model.accounts import CLOSURES
    from citybelt.model.theory import table
    from citybelt.report.text import Language
    from citybelt.worlds.tables import definition

    english, chinese = Language("en"), Language("zh")
    closures = [
        {
            "id": part, "name": words.CLOSURE[part], "about": words.CLOSURE_ABOUT[part],
            "words": [
                {
                    "id": w, "default": k == 0,
                    "name": words.both(english.word("closure", f"{part}.{w}"), chinese.word("closure", f"{part}.{w}")),
                }
                for k, w in enumerate(choices)
            ],
        }
        for part, (_, choices) in CLOSURES.items()
    ]  # fmt: skip
    rows = table()
    rows = rows[rows["sector"] == ""].set_index("symbol")
    elasticities = [
        {
            "id": s, "name": words.ELASTICITY[s], "value": float(rows.at[s, "value"]), "low": float(rows.at[s, "low"]),
            "high": float(rows.at[s, "high"]), "step": step(float(rows.at[s, "high"])), "kind": str(rows.at[s, "kind"]),
            "source": str(rows.at[s, "source"]), "verified": str(rows.at[s, "verified"]),
            "note": str(rows.at[s, "note"]),
        }
        for s in ELASTICITIES
    ]  # fmt: skip
    return {
        "closure": closures, "elasticities": elasticities, "vintages": list(map(str, definition("common")["vintage"])),
    }  # fmt: skip


def library(bench: Bench) -> list[dict[str, Any]]:
    """Scenarios of the package for this world."""
    out = []
    for name in scenarios(bench.name):
        s = load_scenario(name, bench.name)
        out.append(
            {
                "id": name, "name": words.both(s.name, s.name_zh),
                "about": words.both(s.description, s.description_zh), "propositions": list(s.propositions),
                "change": {
                    "levers": {k: v for k, v in s.levers.items() if v}, "closure": dict(s.closure),
                    "elasticities": dict(s.elasticities), "vintage": s.vintage,
                },
                "key": fingerprint(s),
            }
        )  # fmt: skip
    return out


def plans(bench: Bench) -> list[dict[str, Any]]:
    """Plan files of the package for this world."""
    from citybelt.plan.asked.brief import load_brief
    from citybelt.scenario.card import library_of
    from citybelt.scenario.lineage import names

    out = []
    for name in names(library_of(bench.name) / "plans"):
        b = load_brief(name, bench.dataset)
        out.append(
            {"id": name, "name": words.both(b.name, b.name_zh), "about": words.both(b.description, b.description_zh)}
        )
    return out
