r"""Products with a kernel of distance in time and memory that grow with the number of places, not with its square.

``sum_i k(r[n,i]) a[i]`` at all places n. Places are divided in halves again and again, which gives a binary tree
of clusters. Two clusters far from each other see only a smooth part of the kernel, and the kernel between them
follows from its values at a few Chebyshev nodes of either:

    (S1)  k(r(x,y))  ~  sum_a sum_b L_a(x) k(r(x_a,y_b)) L_b(y)          x in one cluster, y in the other
    (S2)  L_a(x)  =  prod_axes [ 1/p + 2/p sum_{m=1}^{p-1} T_m(x_a) T_m(x) ]     p nodes an axis

A cluster's polynomials are exact sums of those of its halves' nodes, so a product goes up the tree, across between far
clusters, and down again. Clusters that are near each other are summed exactly. Far means

    (S3)  D >= separation (rho_s + rho_t)   and   |log k(D - rho_s - rho_t) - log k(D + rho_s + rho_t)| <= variation

with D the distance of the centres and rho the radii; on a sphere the distance from the antipode must be as large,
because great circles fold there. All pairs are kept once: the kernel is symmetric and each block serves both ways.
On a sphere every cluster has its own map, the central (gnomonic) projection about its centre; neither poles nor
a date line are special.
Sources: Hackbusch and Boerm (2002), H2-matrices by interpolation; Fong and Darve (2009), Chebyshev nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

#: Nodes an axis, and what counts as far (S3). Together they keep single entries of smooth kernels to about 1e-11.
ORDER, SEPARATION, VARIATION = 16, 2.0, 6.0


class Tree(eqx.Module):
    """Clusters of places; nothing here depends on prices, elasticities or the kernel's slope.

    Attributes:
        places: [L, m, D] positions by leaf; D is 2 on a plane and 3, unit vectors, on a sphere.
        index: [L, m] which place stands there, -1 for the empty rest of a leaf.
        slot: [N] where in the leaves a place stands.
        basis: [L, m, q] the leaf's polynomials (S2) at its places, zero where empty.
        passed: by level from the top, [2^l, q, q] the parent's polynomials (second) at the nodes (first).
        nodes: by level from the top, [2^l, q, D] positions of the nodes.
        far: by level, [2, B] pairs of clusters that see each other by nodes.
        near: [2, B] pairs of leaves that are summed exactly; a leaf with itself not among them.
    """

    places: Float[Array, "L m D"]
    index: Int[Array, "L m"]
    slot: Int[Array, " N"]
    basis: Float[Array, "L m q"]
    passed: tuple[Float[Array, "C q q"], ...]
    nodes: tuple[Float[Array, "C q D"], ...]
    far: tuple[Int[Array, "2 B"], ...]
    near: Int[Array, "2 B"]


class Blocks(NamedTuple):
    """The kernel where a product reads it: leaves with themselves, near leaves, far clusters by level."""

    own: Float[Array, "J L m m"]
    near: Float[Array, "J B m m"]
    far: tuple[Float[Array, "J B q q"], ...]


def distance(x: Any, y: Any, xp: Any = jnp) -> Any:
    """Between positions on a plane ([..., 2]) or, in radians along great circles, on a sphere ([..., 3]).

    Half the angle from the chords to a point and to its antipode: exact for near and for opposite points. ``xp`` is
    the array package.
    """
    length = lambda v: xp.sqrt(sum(v[..., k] ** 2 for k in range(v.shape[-1])))  # noqa: E731
    return length(x - y) if x.shape[-1] == 2 else 2.0 * xp.arctan2(length(x - y), length(x + y))


def blocks(tree: Tree, kernel: Callable[[Array], Array]) -> Blocks:
    """Evaluate the kernel for the products.

    Args:
        kernel: from distances of any shape to values [J, same shape]; never asked at a distance of zero.
    """

    def between(x, y, keep=True):
        """A distance of one stands in where there is nobody at the other end."""
        keep = jnp.broadcast_to(keep, (*x.shape[:-1], y.shape[-2]))
        r = jnp.where(keep, distance(x[..., :, None, :], y[..., None, :, :]), 1.0)
        return jnp.where(keep, kernel(r), 0.0)

    there = tree.index >= 0
    both = there[:, :, None] & there[:, None, :]
    s, t = tree.near
    return Blocks(
        between(tree.places, tree.places, both & ~jnp.eye(tree.index.shape[1], dtype=bool)),
        between(tree.places[s], tree.places[t], there[s][:, :, None] & there[t][:, None, :]),
        tuple(between(x[s], x[t]) for x, (s, t) in zip(tree.nodes, tree.far, strict=True)),
    )


def product(tree: Tree, k: Blocks, a: Float[Array, "N J"]) -> Float[Array, "N J"]:
    """``sum_i k(r[n,i]) a[i]`` without the places themselves (i = n); its own transpose."""

    def across(kernel, pairs, of):
        s, t = pairs
        to_s = jnp.einsum("jbxy,jby->jbx", kernel, of[:, t])
        to_t = jnp.einsum("jbxy,jbx->jby", kernel, of[:, s])
        return jnp.zeros_like(of).at[:, s].add(to_s).at[:, t].add(to_t)

    here = jnp.where(tree.index >= 0, a.T[:, tree.index], 0.0)
    found = jnp.einsum("jlxy,jly->jlx", k.own, here) + across(k.near, tree.near, here)
    up = [jnp.einsum("lmq,jlm->jlq", tree.basis, here)]
    for passed in tree.passed[:0:-1]:
        of_nodes = jnp.einsum("cxy,jcx->jcy", passed, up[0])
        up.insert(0, of_nodes[:, ::2] + of_nodes[:, 1::2])
    down = jnp.zeros_like(up[0])
    for level, of in enumerate(up):
        if level:
            down = jnp.einsum("cxy,jcy->jcx", tree.passed[level], jnp.repeat(down, 2, axis=1))
        if tree.far[level].shape[1]:
            down = down + across(k.far[level], tree.far[level], of)
    found = found + jnp.einsum("lmq,jlq->jlm", tree.basis, down)
    return found.reshape(len(found), -1)[:, tree.slot].T


def plant(
    positions: np.ndarray,
    log_kernel: Callable[[np.ndarray], np.ndarray],
    order: int = ORDER,
    separation: float = SEPARATION,
    variation: float = VARIATION,
) -> Tree:
    """Grow the tree over places.

    Args:
        positions: [N, 2] on a plane or [N, 3] unit vectors.
        log_kernel: from distances [B] to [J, B]; decides with (S3) what is far.
        order: nodes an axis.
        separation, variation: of (S3).
    """
    n, q = len(positions), order**2
    # A leaf holds at least as many places as nodes: a far block is never larger than the exact one.
    depth = max(0, int(np.log2(max(n / q, 1.0))))
    parts = [np.arange(n)]
    for _ in range(depth):
        parts = [half for part in parts for half in _halves(positions, part)]
    index = np.full((len(parts), max(map(len, parts))), -1)
    for row, part in zip(index, parts, strict=True):
        row[: len(part)] = part
    slot = np.argsort(index.ravel(), kind="stable")[index.size - n :]

    cluster = [_Map.about(positions[part], order) for part in parts]
    basis = np.zeros((*index.shape, q))
    for row, part, of in zip(basis, parts, cluster, strict=True):
        row[: len(part)] = of.polynomials(positions[part])
    levels: list[list[_Map]] = [cluster]
    passed: list[np.ndarray] = []
    while len(levels[0]) > 1:
        halves = levels[0]
        parents = [
            _Map.about(np.concatenate([a.nodes, b.nodes]), order)
            for a, b in zip(halves[::2], halves[1::2], strict=True)
        ]
        passed.insert(0, np.stack([parents[i // 2].polynomials(half.nodes) for i, half in enumerate(halves)]))
        levels.insert(0, parents)
    passed.insert(0, np.zeros((1, q, q)))
    far, near = _pairs(levels, log_kernel, separation, variation)

    array = lambda a: jnp.asarray(np.ascontiguousarray(a))  # noqa: E731
    return Tree(
        places=array(positions[np.maximum(index, 0)]),
        index=array(index),
        slot=array(slot),
        basis=array(basis),
        passed=tuple(map(array, passed)),
        nodes=tuple(array(np.stack([c.nodes for c in level])) for level in levels),
        far=tuple(map(array, far)),
        near=array(near),
    )


def _halves(positions: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A part cut in two of equal number across its longest side."""
    x = positions[part] @ _axes(positions[part])[1].T
    ranked = part[np.argsort(x[:, np.ptp(x, axis=0).argmax()], kind="stable")]
    middle = (len(ranked) + 1) // 2
    return ranked[:middle], ranked[middle:]


def _axes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a map of the positions touches a sphere (zero on a plane), and its axes [2, D]: east and north there."""
    if x.shape[1] == 2:
        return np.zeros(2), np.eye(2)
    about = x.mean(axis=0)
    size = np.linalg.norm(about)
    about = about / size if size > 1e-9 else x[0]
    east = np.cross([0.0, 0.0, 1.0] if abs(about[2]) < 0.99 else [1.0, 0.0, 0.0], about)
    east = east / np.linalg.norm(east)
    return about, np.stack([east, np.cross(about, east)])


class _Map(NamedTuple):
    """A rectangle about some positions, in coordinates of its own, with its Chebyshev nodes."""

    axes: np.ndarray  # [2, D]
    about_: np.ndarray  # [D]; zero on a plane
    middle: np.ndarray  # [2]
    half: np.ndarray  # [2]
    nodes: np.ndarray  # [q, D]
    centre: np.ndarray  # [D]
    radius: float

    @staticmethod
    def about(x: np.ndarray, order: int) -> _Map:
        """The smallest one that holds the positions [M, D]."""
        about, axes = _axes(x)
        plain = _Map(axes, about, np.zeros(2), np.ones(2), x, x[0], 0.0)
        flat = plain.flat(x)
        low, high = flat.min(axis=0), flat.max(axis=0)
        # A row of places has no width; some keeps the coordinates finite.
        half = np.maximum(0.5 * (high - low), max(1e-3 * (high - low).max(), 1e-12))
        middle = 0.5 * (low + high)
        grid = lambda one: np.stack(np.meshgrid(one, one, indexing="ij"), axis=-1).reshape(-1, 2)  # noqa: E731
        place = lambda inner: plain.lifted(middle + half * inner)  # noqa: E731
        centre = place(np.zeros((1, 2)))[0]
        radius = distance(place(grid(np.array([-1.0, 1.0]))), centre, np).max()
        return _Map(axes, about, middle, half, place(grid(_chebyshev(order))), centre, float(radius))

    def flat(self, x: np.ndarray) -> np.ndarray:
        """[M, 2] coordinates of positions [M, D]. Beyond the horizon of the map they are meaningless."""
        u = x @ self.axes.T
        return u if x.shape[1] == 2 else u / np.maximum(x @ self.about_, 1e-3)[:, None]

    def lifted(self, u: np.ndarray) -> np.ndarray:
        """Positions [M, D] of coordinates [M, 2]."""
        x = self.about_ + u @ self.axes
        return x if x.shape[1] == 2 else x / np.linalg.norm(x, axis=1, keepdims=True)

    def polynomials(self, x: np.ndarray) -> np.ndarray:
        """(S2) [M, q] at positions [M, D]."""
        order = int(np.sqrt(len(self.nodes)))
        inner = (self.flat(x) - self.middle) / self.half
        at_nodes = np.polynomial.chebyshev.chebvander(_chebyshev(order), order - 1)
        weights = at_nodes.T * np.where(np.arange(order) > 0, 2.0, 1.0)[:, None] / order
        one, two = (np.polynomial.chebyshev.chebvander(inner[:, k], order - 1) @ weights for k in (0, 1))
        return (one[:, :, None] * two[:, None, :]).reshape(len(x), -1)


def _chebyshev(order: int) -> np.ndarray:
    return np.cos((np.arange(order) + 0.5) * np.pi / order)


def _pairs(
    levels: list[list[_Map]], log_kernel: Callable, separation: float, variation: float
) -> tuple[list[np.ndarray], np.ndarray]:
    """(S3) pairs of clusters that are far, by level, each once and as high in the tree as can be; the leaves left."""
    far, left = [], np.zeros((2, 1), int)
    for level in levels:
        centre, radius = np.stack([c.centre for c in level]), np.array([c.radius for c in level])
        s, t = left
        apart = distance(centre[s], centre[t], np)
        reach = radius[s] + radius[t]
        clear = apart >= separation * reach
        if centre.shape[1] == 3:
            clear &= (np.pi - apart >= separation * reach) & (np.maximum(radius[s], radius[t]) < 1.0)
        gap = np.where(clear, apart - reach, 1.0)
        fall = np.abs(log_kernel(gap) - log_kernel(gap + 2 * np.where(clear, reach, 0.0))).max(axis=0)
        clear &= fall <= variation
        far.append(left[:, clear])
        left = left[:, ~clear]
        if level is not levels[-1]:
            s, t = left
            children = [(2 * s + i, 2 * t + j) for i in (0, 1) for j in (0, 1)]
            left = np.concatenate([np.stack(pair) for pair in children], axis=1)
            left = left[:, left[0] <= left[1]]
    return far, left[:, left[0] < left[1]]
