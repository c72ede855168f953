"""The direction of a lever: what one unit of its response does to the economy.

A shock is linear in constant arrays. The response of a lever (a scalar that bends with its value) multiplies
its ``Direction``; bilateral arrays are kept as outer products of a pair of regions and a set of sectors,

    log_d[j, n, i] = sum_t mask[t, j] pair[t, n, i]                                                    (D1)

because goods and services lose their costs by different routes, and because the full array of every lever
would not fit in memory for a whole country. A field that is None is zero and costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from citybelt.dims import PAYERS


class Shape(NamedTuple):
    """Sizes of a world: regions, of which domestic, and sectors."""

    regions: int
    domestic: int
    sectors: int


class Direction(eqx.Module):
    """Change of each field of a shock for a response of one. ``None`` stands for zero everywhere."""

    log_A: Array | np.ndarray | None = None  # [region, sector] productivity of value added
    d_pair: Array | np.ndarray | None = None  # [term, buyer, seller] iceberg cost, where
    d_mask: Array | np.ndarray | None = None  # [term, sector] iceberg cost, on what
    tariff_pair: Array | np.ndarray | None = None  # [term, buyer, seller] tariff rate, where
    tariff_mask: Array | np.ndarray | None = None  # [term, sector] tariff rate, on what
    log_mu: Array | np.ndarray | None = None  # [origin, residence] cost of migration
    log_B: Array | np.ndarray | None = None  # [residence] amenity
    log_h: Array | np.ndarray | None = None  # [residence] efficiency units per worker
    log_K: Array | np.ndarray | None = None  # [region] capital
    log_H: Array | np.ndarray | None = None  # [region, sector] production land and resources
    log_Hres: Array | np.ndarray | None = None  # [residence] residential land
    carbon: Array | np.ndarray | None = None  # [region] CNY per t CO2
    subsidy: Array | np.ndarray | None = None  # [payer, region, sector] share of what makers get
    transfer: Array | np.ndarray | None = None  # [residence] bn CNY that a government gets from others

    def fields(self) -> tuple[str, ...]:
        """Names of the fields that are not zero."""
        return tuple(name for name in self.__dataclass_fields__ if getattr(self, name) is not None)


def combine(directions: Sequence[Direction], sizes: Array, shape: Shape) -> dict[str, Array]:
    """The sum of directions times sizes, with the bilateral fields multiplied out (D1).

    Arguments: ``directions``, one per lever; ``sizes`` [lever]; ``shape`` of the world.
    Returns the fields of a shock as dense arrays, all but what is bought (``purchase``, ``service``).
    """
    n, nd, j = shape
    dims = {
        "log_A": (n, j),
        "log_mu": (nd, nd),
        "log_B": (nd,),
        "log_h": (nd,),
        "log_K": (n,),
        "log_H": (n, j),
        "log_Hres": (nd,),
        "carbon": (n,),
        "subsidy": (len(PAYERS), n, j),
        "transfer": (nd,),
    }
    out = {}
    for name, size in dims.items():
        total = jnp.zeros(size)
        for direction, s in zip(directions, sizes, strict=True):
            part = getattr(direction, name)
            if part is not None:
                total = total + s * part
        out[name] = total
    for name, prefix in (("log_d", "d"), ("d_tariff", "tariff")):
        pairs, masks = [], []
        for direction, s in zip(directions, sizes, strict=True):
            pair = getattr(direction, f"{prefix}_pair")
            if pair is not None:
                pairs.append(s * pair)
                masks.append(getattr(direction, f"{prefix}_mask"))
        if pairs:
            out[name] = jnp.einsum("tj,tni->jni", jnp.concatenate(masks), jnp.concatenate(pairs))
        else:
            out[name] = jnp.zeros((j, n, n))
    # Stocks of a later year are no lever's.
    places, cells = jnp.zeros(nd), jnp.zeros((n, j))
    return out | {"log_N": jnp.zeros((2, nd)), "log_Kj": cells, "log_I": places, "log_saving": jnp.zeros(n)}
