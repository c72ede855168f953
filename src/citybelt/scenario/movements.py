"""Who lives where and who sells to whom: flows between places, in the base year and in a solved scenario.

(M1)  people[g, o, n] = registered[g, o] share[g, o, n],   the share that migration chooses
(M2)  sales[j, n, i]  = goods[n, j] share[j, n, i] / (1 + tariff),   what sellers receive at the gate
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from citybelt.model.mechanisms import migration
from citybelt.model.spatial import geography

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution
    from citybelt.model.economy import Economy


def people(e: Economy, s: Solution) -> np.ndarray:
    """(M1) [H origin, H residence] persons of both groups."""
    b = e.base
    reach = geography(b, e.theory, s.shock).residence
    return np.asarray(migration.moved(reach, s.state.value, e.theory.nu, e.closure.still_people).sum(axis=0))


def sales(e: Economy, s: Solution, sector: int | None = None) -> np.ndarray:
    """(M2) [N seller, N buyer] bn CNY a year, of one sector or of all that trade; sales at home on the diagonal."""
    b = e.base
    flows = geography(b, e.theory, s.shock).trade
    pull = jnp.exp(-e.theory.theta * s.accounts.log_gate)
    share = flows.kernel * pull.T[:, None, :]
    share = share / share.sum(axis=2, keepdims=True)
    value = share / (1.0 + b.tariff + s.shock.d_tariff) * s.accounts.goods.T[:, :, None]
    chosen = value.sum(axis=0) if sector is None else value[sector]
    return np.asarray(chosen.T)


def largest(
    base: np.ndarray, now: np.ndarray, top: int, place: int | None = None, by_change: bool = True
) -> list[tuple[int, int, float, float]]:
    """The largest flows between different places as (from, to, base, now).

    Args:
        base, now: [N, N] from rows to columns.
        place: flows of this place only, both ways; by_change: rank by the size of the change, else by the base.
    """
    size = np.abs(now - base) if by_change else base.copy()
    np.fill_diagonal(size, -1.0)
    if place is not None:
        mine = np.zeros_like(size, dtype=bool)
        mine[place, :] = mine[:, place] = True
        size = np.where(mine, size, -1.0)
    order = np.argsort(-size, axis=None, kind="stable")[:top]
    rows, columns = np.unravel_index(order, size.shape)
    return [
        (int(i), int(j), float(base[i, j]), float(now[i, j]))
        for i, j in zip(rows, columns, strict=True)
        if size[i, j] >= 0
    ]
