"""From a world to a planning problem: whose welfare counts, which groups of regions have rows, which bounds stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from citybelt.plan.problem import Bound, Frame, Problem

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.model.economy import Economy
    from citybelt.scenario.levers import Lever


def provinces_of(dataset: Dataset) -> dict[str, list[str]]:
    """The home regions of the cluster by province."""
    x = dataset.x
    found: dict[str, list[str]] = {}
    for region, province, cluster in zip(x.residence.values, x.province.values, x.cluster.values, strict=False):
        if cluster == x.attrs["cluster"]:
            found.setdefault(str(province), []).append(str(region))
    return dict(sorted(found.items()))


def groups_of(dataset: Dataset, names: Sequence[str] = ()) -> dict[str, list[str]]:
    """Home regions by group: the provinces of the cluster, the cluster itself, and others by id of a region.

    Args:
        names: further groups: a province, a home region, or "cluster".

    Raises:
        KeyError: a name that the world does not have.
    """
    found = provinces_of(dataset)
    cluster = [region for members in found.values() for region in members]
    x = dataset.x
    home = [str(r) for r in x.residence.values]
    province = [str(q) for q in x.province.values]
    groups = {**found, "cluster": cluster}
    for name in names:
        if name in groups:
            continue
        members = [name] if name in home else [r for r, q in zip(home, province, strict=False) if q == name]
        if not members:
            raise KeyError(name)
        groups[name] = members
    return groups


def pose(
    dataset: Dataset,
    levers: Sequence[Lever],
    goal: Sequence[str],
    bounds: Sequence[Bound] = (),
    groups: Sequence[str] = (),
    aversion: float = 0.0,
    weights: Mapping[str, float] | None = None,
    closed: Mapping[str, np.ndarray] | None = None,
    economy: Economy | None = None,
) -> Problem:
    """The planning problem of a world's cluster at central values.

    Args:
        levers: what may be used.
        goal, bounds, closed: see ``Problem``.
        groups: further groups of regions that rows speak of.
        aversion: of inequality, in the row "social".
        weights: of a person by home region, one where silent, in the same row.
        economy: that of the world at central values unless given.
    """
    from citybelt.model.economy import economy as calibrated
    from citybelt.model.theory import theory
    from citybelt.scenario.levers import central

    e = calibrated(dataset, theory(dataset.x.sector.values)) if economy is None else economy
    home = [str(r) for r in e.home]
    cluster = (np.asarray(e.cluster) == dataset.x.attrs["cluster"]).astype(float)
    named = groups_of(dataset, groups)
    members = np.array([[float(r in set(inside)) for r in home] for inside in named.values()])
    each = np.array([float((weights or {}).get(r, 1.0)) for r in home]) * cluster
    hectares = np.array([float(getattr(lever, "hectares", 0.0)) for lever in levers])
    return Problem(
        economy=e,
        levers=tuple(levers),
        effects=central(levers),
        frame=Frame(
            jnp.asarray(cluster), jnp.asarray(members), jnp.asarray(np.tile(each, (2, 1))), jnp.asarray(float(aversion))
        ),
        groups=tuple(named),
        goal=tuple(goal),
        bounds=tuple(bounds),
        closed={"land": hectares, **(closed or {})},
    )
