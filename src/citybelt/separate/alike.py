"""How alike the industries of places are before and after, at every level of detail that the data carry.

Measures are those of ``diagnose.structure``: cosine (UNIDO 1979), Krugman's (1991) index, and how many of their
``TOP`` largest industries two places have in common. They are taken between players and between all their cities; by
sector, by the groups that the instruments serve, and by the three tiers of the national accounts. Similar is not
wasteful: firms of one industry trade with each other, and fewer industries look more alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.diagnose.structure import cosine, krugman, mean_pair, shares

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution
    from citybelt.separate.arena import Arena

TOP = 3


def value_added(arena: Arena, solved: Mapping[str, Solution]) -> dict[str, np.ndarray]:
    """[H, J] nominal value added of home regions by sector: base year and every plan."""
    h, base = arena.registered.shape[1], np.asarray(arena.economy.base.value_added)
    found = {"base": base[:h]}
    for k, s in solved.items():
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.asarray(s.accounts.output) / np.asarray(arena.economy.base.output)
        found[k] = np.where(base > 0, base * ratio, 0.0)[:h]
    return found


def likeness(arena: Arena, names: Mapping[str, tuple[str, str]], solved: Mapping[str, Solution]) -> pd.DataFrame:
    """Each pair of players by sector: cosine and Krugman's index in the base year and under every plan."""
    measured = {}
    for k, added in value_added(arena, solved).items():
        mix = shares(arena.registered @ added)
        measured[k] = cosine(mix), krugman(mix)
    rows, ids = [], list(names)
    for i in range(len(ids)):
        for j in range(i + 1, len(ids)):
            row = {"one": ids[i], "other": ids[j]}
            for number, name in enumerate(("cosine", "krugman")):
                row |= {f"{name}_{k}": m[number][i, j] for k, m in measured.items()}
            rows.append(row)
    columns = ["one", "other", *(f"{name}_{k}" for name in ("cosine", "krugman") for k in measured)]
    return pd.DataFrame(rows, columns=columns)


def levels(sectors: tuple[str, ...]) -> dict[str, tuple[tuple[str, str], list[np.ndarray]]]:
    """Levels of detail: words in both languages, and which sectors [J] each of their industries holds."""
    from citybelt.diagnose.cities import sectors as table
    from citybelt.scenario.instruments import GROUPS

    each = [np.array([float(s == t) for t in sectors]) for s in sectors]
    found = {"sectors": ((f"{len(sectors)} sectors", f"{len(sectors)} 个部门"), each)}
    groups = [np.array([float(t in held) for t in sectors]) for _, _, held in GROUPS.values()]
    groups = [g for g in groups if g.any()]
    if groups:
        rest = 1.0 - np.minimum(sum(groups), 1.0)
        merged = [*groups, rest] if rest.any() else groups
        found["groups"] = ((f"{len(merged)} groups", f"{len(merged)} 个行业组"), merged)
    tier = dict(zip(table()["sector"], table()["tier"], strict=True))
    if all(s in tier for s in sectors):
        names = tier_names(sectors)
        kept = [np.array([float(tier[s] == t) for s in sectors]) for t in names]
        found["tiers"] = ((f"{len(names)} tiers", f"{len(names)} 次产业"), kept)
    return found


def similarity(arena: Arena, solved: Mapping[str, Solution]) -> pd.DataFrame:
    """Means over pairs of players, and of their cities, at every level of detail, base year and every plan.

    Returns:
        One row a set of places and a level: ``cosine_*``, ``krugman_*`` and ``common_*``, the share of the ``TOP``
        largest industries that two places have in common.
    """
    added = value_added(arena, solved)
    cities = np.asarray(arena.registered.any(axis=0))
    sets = {"players": arena.registered, "cities": np.eye(len(cities))[cities]}
    if len(sets["players"]) == len(sets["cities"]):
        sets.pop("cities")
    words = {"players": ("players", "各方"), "cities": ("cities", "各市")}
    rows = []
    for places, held in sets.items():
        if len(held) < 2:
            continue
        for level, (named, parts) in levels(arena.economy.sectors).items():
            row = {
                "places": places, "places_en": words[places][0], "places_zh": words[places][1], "level": level,
                "level_en": named[0], "level_zh": named[1], "industries": len(parts),
            }  # fmt: skip
            for k, table in added.items():
                mix = shares(held @ table @ np.array(parts).T)
                row |= {f"cosine_{k}": mean_pair(cosine(mix)), f"krugman_{k}": mean_pair(krugman(mix))}
                if len(parts) > TOP:
                    row[f"common_{k}"] = mean_pair(common(mix))
            rows.append(row)
    return pd.DataFrame(rows)


def common(mix: np.ndarray) -> np.ndarray:
    """[n, n] share of the ``TOP`` largest industries of one place that are among those of the other."""
    top = np.zeros(mix.shape)
    np.put_along_axis(top, np.argsort(-mix, axis=1, kind="stable")[:, :TOP], 1.0, axis=1)
    return top @ top.T / TOP


def tiers(arena: Arena, solved: Mapping[str, Solution]) -> pd.DataFrame:
    """The three tiers in the players' value added, and how deep they reach into each other, base year and every plan.

    ``share_*`` sum to one. ``links_*`` is what a yuan of a tier's final sales sets off in sales of all sectors, by the
    inverse of Leontief (1936) with the techniques of each place, weighed by value added; ``across_*`` is the part of it
    in other tiers. Inputs count wherever they are bought. Empty where the sectors have no tiers.
    """
    found = levels(arena.economy.sectors).get("tiers")
    if found is None:
        return pd.DataFrame(columns=["tier"])
    member, h = np.array(found[1]), arena.registered.shape[1]
    coef = np.asarray(arena.economy.base.input_coef)[:h].transpose(0, 2, 1)
    inverse = np.linalg.inv(np.eye(coef.shape[1]) - coef)  # [place, input, maker]
    total, by_tier = inverse.sum(axis=1), np.einsum("tj,njk->ntk", member, inverse)
    own = np.einsum("tk,ntk->nk", member, by_tier)
    inside = np.asarray(arena.registered.any(axis=0))
    rows = [{"tier": name} for name in tier_names(arena.economy.sectors)]
    for k, table in value_added(arena, solved).items():
        held = table * inside[:, None]
        for row, mine in zip(rows, member, strict=True):
            weight = held * mine
            row[f"share_{k}"] = weight.sum() / held.sum()
            row[f"links_{k}"] = (weight * total).sum() / weight.sum()
            row[f"across_{k}"] = (weight * (total - own)).sum() / weight.sum()
    return pd.DataFrame(rows)


def tier_names(sectors: tuple[str, ...]) -> list[str]:
    """The tiers of ``levels``, in its order."""
    from citybelt.diagnose.cities import sectors as table

    tier = dict(zip(table()["sector"], table()["tier"], strict=True))
    return sorted({tier[s] for s in sectors})
