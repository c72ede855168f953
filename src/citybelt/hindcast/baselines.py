r"""Simple forecasts of 2020 that the method has to beat, from the same data of 2010 [R, A].

persistence      people of 2010
closed           cohorts that nobody leaves or joins, at the vital rates of (H1-H4)
closed_drift     the same, with twice the net moves of the province in 2005-10, shared by people
gravity          (G1) flow[o,n] = G P[o] P[n] (y[n] / y[o])^nu distance[o,n]^(-1.3) between provinces, G by the
                 nation's moves of 2005-10; nothing is known of stocks or of provinces' totals
migrant_share    (G2) closed x (1 + 2 beta (m[r] - mean m)),  m the share of residents from other provinces, beta
                 the slope of net moves 2005-10 per resident on m over provinces
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from citybelt.estimate import moves as flows_between
from citybelt.hindcast import vital
from citybelt.hindcast.known import Known
from citybelt.hindcast.method import RANGES, STEPS, Forecast, mobility
from citybelt.people import cohort
from citybelt.people.record import Moves

NAMES = ("persistence", "closed", "closed_drift", "gravity", "migrant_share")


def all_of(known: Known, made: Forecast) -> dict[str, np.ndarray]:
    """Every baseline, people by place and class [R, A]."""
    start = known.persons.sum(axis=1)
    closed = _stepped(known, made, Moves.closed(len(start), vital.AGES))
    total = known.total
    people = np.bincount(known.province, total)
    net = (known.arriving - known.leaving) / people
    by_age = closed * mobility(RANGES["children"][1])
    by_age /= by_age.sum(axis=1, keepdims=True)
    drift = closed + 2 * (net[known.province] * total)[:, None] * by_age
    share = known.here_other / total
    of_province = np.bincount(known.province, known.here_other) / people
    weight = people / people.sum()
    apart = of_province - weight @ of_province
    beta = (weight * apart * net).sum() / (weight * apart**2).sum()
    shift = 2 * beta * (share - total @ share / total.sum())
    return {
        "persistence": start,
        "closed": closed,
        "closed_drift": np.maximum(drift, 0.0),
        "gravity": _stepped(known, made, _gravity(known, made)),
        "migrant_share": closed * (1 + shift)[:, None],
    }


def _stepped(known: Known, made: Forecast, moves: Moves) -> np.ndarray:
    now = jnp.asarray(known.persons[..., None])
    for year in STEPS:
        now = cohort.step(now, vital.rates(known, year, made.births.relative), moves)[0]
    return np.asarray(now)[..., 0].sum(axis=1)


def _gravity(known: Known, made: Forecast) -> Moves:
    """(G1)"""
    income = known.income**made.fitted.nu
    flow = known.total[:, None] / income[:, None] * (known.total * income)[None]
    flow *= known.distance ** -RANGES["elasticity"][1]
    flow[known.province[:, None] == known.province[None]] = 0.0
    flow *= known.leaving.sum() / flow.sum()
    share = flows_between.shares(flow, known.persons.sum(axis=1), mobility(RANGES["children"][1]))
    return Moves(jnp.asarray(share), np.arange(vital.AGES.count), jnp.zeros(vital.AGES.count))
