"""Tables of separate and unified plans: by player, coalition, city, sector and lever, and transfers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.dims import PAYERS
from citybelt.separate.arena import Arena
from citybelt.separate.cooperate import Transfers, members
from citybelt.separate.rivalry import Outcome

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.engine.solve import Solution
    from citybelt.separate.game import Game
    from citybelt.separate.players import Field
    from citybelt.separate.repetition import Repetition

Names = Mapping[str, tuple[str, str]]
#: A lever is used in a plan from this share of its upper bound.
USED = 0.005


def _named(names: Names) -> dict[str, list[str]]:
    return {"player": list(names), "name_en": [n[0] for n in names.values()], "name_zh": [n[1] for n in names.values()]}


def by_player(
    arena: Arena,
    names: Names,
    nash: Outcome,
    own: Outcome,
    unified: Outcome,
    game: Game,
    moved: Mapping[str, Transfers],
    shared: Shared,
) -> pd.DataFrame:
    """One row a player, billions a year: gains, costs, the first-order residual of its own plan, shares, transfers.

    ``separate``, ``own_budgets`` and ``unified`` are equivalent variations. ``shapley``, with its standard error, and
    ``core`` divide the total of the unified plan; they are NaN where they were not found. ``transfer_*`` is what is
    received so that nobody has less than without a plan, than under separate plans, or than under either, counting a
    billion for a billion; ``transfer_equilibrium`` is the last of these with what transfers do to the economy.
    """
    shapley, core = game.shapley, game.core
    return pd.DataFrame(
        {
            **_named(names),
            "budget": arena.budgets,
            "separate": nash.payoffs,
            "own_budgets": own.payoffs,
            "unified": unified.payoffs,
            "value": unified.payoffs - nash.payoffs,
            "cost_separate": nash.cost,
            "cost_unified": unified.cost,
            "kkt": nash.kkt,
            "price_of_budget": nash.price,
            "shapley": np.nan if shapley is None else shapley.values,
            "shapley_error": np.nan if shapley is None else shapley.error,
            "core": np.nan if core is None else core.point,
            **{f"transfer_{name}": t.received for name, t in moved.items()},
            "transfer_equilibrium": shared.table["received"].to_numpy(),
        }
    )


def coalition_table(names: Names, values: np.ndarray, others_idle: np.ndarray) -> pd.DataFrame:
    """One row a coalition, billions a year: the others plan each for itself, or do nothing.

    Empty where there are too many to solve them all.
    """
    columns = ["players", "name_en", "name_zh", "value", "value_others_idle"]
    if not values.size:
        return pd.DataFrame(columns=columns)
    n, rows = len(names), []
    inside = members(np.arange(2**n), n)
    for s in sorted(range(1, 2**n), key=lambda s: (s.bit_count(), s)):
        who = [name for name, m in zip(names, inside[s], strict=True) if m]
        rows.append(
            {
                "players": ", ".join(who),
                "name_en": ", ".join(names[w][0] for w in who),
                "name_zh": "、".join(names[w][1] for w in who),
                "value": values[s],
                "value_others_idle": others_idle[s],
            }
        )
    return pd.DataFrame(rows)


def by_region(arena: Arena, names: Names, solved: Mapping[str, Solution], dataset: Dataset) -> pd.DataFrame:
    """One row a region of a player: equivalent variation of those registered there, people and output under both."""
    from citybelt.model.outcomes import by_region as table_of

    h = len(arena.economy.home)
    tables = {k: table_of(arena.economy, s, dataset.x["goods"].values) for k, s in solved.items()}
    found = pd.DataFrame(
        {"region": list(arena.economy.home), "name_en": dataset.x.name_en.values[:h],
         "name_zh": dataset.x.name_zh.values[:h]}
    )  # fmt: skip
    ids = np.array([*names, ""])
    found["player"] = ids[np.where(arena.registered.any(axis=0), arena.registered.argmax(axis=0), len(names))]
    for column in ("ev", "welfare", "people", "output"):
        for k, t in tables.items():
            found[f"{column}_{k}"] = t[column].to_numpy()
    found["value"] = found["ev_unified"] - found["ev_separate"]
    return found[found["player"] != ""].reset_index(drop=True)


def by_sector(arena: Arena, solved: Mapping[str, Solution], dataset: Dataset) -> pd.DataFrame:
    """Real output of the players' regions by sector, change in per cent under both, and which city gains most in it.

    ``gain`` is what one plan adds to separate ones, billions of value added a year at base-year prices.
    """
    from citybelt.model.outcomes import by_region_sector

    inside = arena.registered.sum(axis=0)
    base = np.asarray(arena.economy.base.value_added)[: inside.size] * inside[:, None]
    whole = base.sum(axis=0)
    found = pd.DataFrame(
        {"sector": list(arena.economy.sectors), "name_en": dataset.x.sector_en.values,
         "name_zh": dataset.x.sector_zh.values}
    )  # fmt: skip
    added = {}
    for k, s in solved.items():
        added[k] = np.where(base > 0, base * by_region_sector(arena.economy, s).to_numpy() / 100, 0.0)
        found[f"output_{k}"] = 100 * added[k].sum(axis=0) / np.where(whole > 0, whole, np.nan)
    gain = added["unified"] - added["separate"]
    found["gain"] = gain.sum(axis=0)
    found["most_gained_by"] = [arena.economy.home[k] for k in np.argmax(gain, axis=0)]
    found["most_lost_by"] = [arena.economy.home[k] for k in np.argmin(gain, axis=0)]
    return found


def division(arena: Arena, names: Names, solved: Mapping[str, Solution], workers: np.ndarray) -> pd.DataFrame:
    """The division of labour: real output of each sector in each region of a player, change in per cent under both.

    ``gain`` is what one plan adds to separate ones, billions of value added a year at base-year prices; ``jobs`` are
    workers of the base year, ``jobs_*`` those added (``labour``). Sectors that a region does not have are left out.
    """
    from citybelt.model.outcomes import by_region_sector
    from citybelt.separate.labour import jobs

    added = np.asarray(arena.economy.base.value_added)
    change = {k: by_region_sector(arena.economy, s).to_numpy() for k, s in solved.items()}
    held = jobs(arena, workers)
    more = {f"jobs_{k}": jobs(arena, workers, s) - held for k, s in solved.items()}
    ids, owner = list(names), arena.registered.argmax(axis=0)
    rows = []
    for n in np.flatnonzero(arena.registered.sum(axis=0)):
        for j in np.flatnonzero(added[n] > 0):
            both = {f"output_{k}": c[n, j] for k, c in change.items()}
            gain = added[n, j] * (both["output_unified"] - both["output_separate"]) / 100
            place = {"region": arena.economy.home[n], "player": ids[owner[n]], "sector": arena.economy.sectors[j]}
            work = {"jobs": held[n, j], **{k: m[n, j] for k, m in more.items()}}
            rows.append({**place, **both, "gain": gain, **work})
    return pd.DataFrame(rows)


def lever_table(field: Field, nash: Outcome, unified: Outcome, split: Repetition) -> pd.DataFrame:
    """One row a lever of a player: its value and cost, billions a year, in both plans.

    ``cost`` counts the bill of a subsidy at the output of the base year. ``worth`` is what the step from separate plans
    to one brings with this lever (``repetition``, E4); ``repeated`` says whether it is part of the repetition.
    """
    arena, ids = field.arena, list(field.names)
    costs = {"separate": arena.bends(nash.values).cost, "unified": arena.bends(unified.values).cost}
    values = {"separate": nash.values, "unified": unified.values}
    rows = []
    for k, (lever, owner) in enumerate(zip(arena.levers, arena.owner, strict=True)):
        row = {
            "player": ids[owner],
            "lever": lever.id.partition("@")[0],
            "topic": field.topics[k],
            "name_en": lever.card.name,
            "name_zh": lever.card.name_zh,
            "unit_en": lever.card.unit,
            "unit_zh": lever.card.unit_zh,
            "upper": lever.card.upper,
            "payers": {p: lever.card.payers[p] for p in PAYERS if lever.card.payers.get(p, 0) > 0},
        }
        for plan, value in values.items():
            used = value[k] > USED * arena.upper[k]
            row[f"value_{plan}"] = float(value[k]) if used else 0.0
            row[f"cost_{plan}"] = float(costs[plan][k]) if used else 0.0
        rows.append({**row, "worth": float(split.levers[k]), "repeated": bool(split.repeated[k])})
    return pd.DataFrame(rows)


def competition(field: Field, nash: Outcome, unified: Outcome) -> pd.DataFrame:
    """One row a player and instrument of competition: its rate and bill in both plans; empty without instruments.

    Rates are in the lever's unit, bills in billions a year at the output of the base year. ``own`` and ``others`` are
    what one more billion spent on it brings the player and all other players, at the separate plans.
    """
    from citybelt.scenario.instruments import GROUPS

    arena, ids, rows = field.arena, list(field.names), []
    if any(":" in topic for topic in field.topics):
        seen, bends = arena.look(nash.values, np.eye(len(ids)), nash.near), arena.bends(nash.values)
        gain = seen.rise * bends.d_response / bends.d_cost + seen.fall
    cost = {"separate": arena.bends(nash.values).cost, "unified": arena.bends(unified.values).cost}
    for k, topic in enumerate(field.topics):
        kind, _, group = topic.partition(":")
        if not group:
            continue
        rows.append(
            {
                "player": ids[arena.owner[k]],
                "kind": kind,
                "group": group,
                "group_en": GROUPS[group][0],
                "group_zh": GROUPS[group][1],
                "upper": float(arena.upper[k]),
                "own": float(gain[arena.owner[k], k]),
                "others": float(gain[:, k].sum() - gain[arena.owner[k], k]),
                "rate_separate": float(nash.values[k]),
                "rate_unified": float(unified.values[k]),
                "cost_separate": float(cost["separate"][k]),
                "cost_unified": float(cost["unified"][k]),
            }
        )
    words = ["player", "kind", "group", "group_en", "group_zh"]
    columns = [*words, "upper", "own", "others", "rate_separate", "rate_unified", "cost_separate", "cost_unified"]
    return pd.DataFrame(rows, columns=columns)


def shared(
    arena: Arena, names: Names, unified: Outcome, solved: Mapping[str, Solution], floors: Mapping[str, np.ndarray]
) -> dict[str, Shared]:
    """The least transfers in equilibrium: between players for every floor, and between all their cities for "both".

    Returns:
        By ``floor`` and, for the cities, "cities": totals and a table with what each receives and ends up with.
    """
    found = {f: _share(arena, list(names), arena.registered, floor, unified) for f, floor in floors.items()}
    inside = np.flatnonzero(arena.registered.any(axis=0))
    if len(inside) > len(names):
        income = np.asarray(arena.economy.base.income_by_origin)
        apart = (income * np.expm1(np.asarray(solved["separate"].accounts.log_welfare))).sum(axis=0)[inside]
        ids = [arena.economy.home[n] for n in inside]
        groups = np.eye(arena.registered.shape[1])[inside]
        found["cities"] = _share(arena, ids, groups, np.maximum(apart, 0.0), unified)
    return found


@dataclass(frozen=True)
class Shared:
    """The least that changes hands, what stays lacking, billions a year, and a table of who gets and gives."""

    total: float
    lacking: float
    steps: int
    table: pd.DataFrame


def _share(arena: Arena, ids: list[str], groups: np.ndarray, floors: np.ndarray, unified: Outcome) -> Shared:
    from citybelt.separate.sharing import least_transfers

    s = least_transfers(arena, unified.values, groups, floors, unified.near)
    table = pd.DataFrame(
        {"place": ids, "floor": s.floors, "received": s.received, "with_transfers": s.payoffs, "worth": s.worth}
    )
    return Shared(s.total, s.lacking, s.steps, table)


def nation(arena: Arena, s: Solution) -> float:
    """Equivalent variation of everybody registered in the nation, billions a year."""
    gain = np.expm1(np.asarray(s.accounts.log_welfare))
    return float((np.asarray(arena.economy.base.income_by_origin) * gain).sum())
