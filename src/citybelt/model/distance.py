r"""Geography as an operator where distance alone makes trade dear: no table of pairs is ever formed.

Places lie on a plane or on a sphere. Buyer ``n`` pays the iceberg cost ``d`` on what comes from seller ``i``,

    (R1)  log d[n,i,j]  =  slope[j] g(r[n,i]),    g = r  |  log r  |  log(1 + r/scale),    r[n,n] = given own distance

and divides its spending in the base year as ``pi[n,i] = d^-theta a[i] / access[n]``, ``access = sum_i d^-theta a[i]``.
``fit`` finds the ``a`` at which everybody sells what it does. A scenario changes the slope, what a place pays on all
that it buys or sells elsewhere, and the cost within it (``change``). The kernel of ``flows`` is then

    (R2)  K[n,i]  =  pi[n,i] (d'/d)^-theta  =  exp(-theta buying[n]) / access[n]  k(r[n,i])  a[i] exp(-theta selling[i])
    (R3)  k(r)    =  exp(-kappa g(r)),    kappa = power + theta slope (e^s - 1),    power = theta slope in the base year

so prices and sales are products with one symmetric function of distance, summed by ``summation`` in a time that grows
with N. The kernel is evaluated once a scenario; a pass only reads it. A derivative to ``kappa`` is one more product,
with ``-g k`` in the place of ``k``, so going backwards needs no second copy of what is stored.
Sources: Allen and Arkolakis (2014) for trade over space; Eaton and Kortum (2002). Limits: no tariffs; costs that
depend on the pair by more than distance, such as roads or borders, need a table.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, ArrayLike, Float
from scipy.spatial import cKDTree

from citybelt.engine.solve import Model, attempt
from citybelt.errors import InputError, Problem
from citybelt.model import summation
from citybelt.model.summation import Blocks, Tree

Form = Literal["exponential", "power", "shifted"]
#: Largest relative error of a sum over all places that ``fit`` lets pass, seen at some of them.
EXACT = 1e-10
LOOKED_AT = 24


class Space(eqx.Module):
    """Where places are, and how distance turns into cost.

    Attributes:
        tree: clusters of the places.
        own: [N] distance within a place, in the unit of the coordinates (on a sphere: of the radius).
        unit: radius of the sphere; one on a plane.
        scale: of the shifted form.
        form: of ``g`` in (R1).
    """

    tree: Tree
    own: Float[Array, " N"]
    unit: float
    scale: float
    form: Form = eqx.field(static=True)

    def g(self, r: Any, xp: Any = jnp) -> Any:
        """(R1) of distances; ``xp`` is the array package."""
        if self.form == "exponential":
            return r
        return xp.log(r) if self.form == "power" else xp.log1p(r / self.scale)

    def blocks(self, kappa: Float[Array, " J"], sloped: bool = False) -> Blocks:
        """(R3) where products read it, or its derivative to ``kappa``."""

        def kernel(r):
            g = self.g(self.unit * r)
            found = jnp.exp(-kappa.reshape(-1, *(1 for _ in g.shape)) * g)
            return -g * found if sloped else found

        return summation.blocks(self.tree, kernel)

    def total(self, kappa: Float[Array, " J"], stored: Blocks, a: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """``sum_i k(r[n,i]) a[i]`` over all other places; ``stored`` are the blocks at ``kappa``."""
        return _total(self, kappa, stored, a)


@jax.custom_jvp
def _total(space: Space, kappa: Array, stored: Blocks, a: Array) -> Array:
    return summation.product(space.tree, stored, a)


@partial(_total.defjvp, symbolic_zeros=True)
def _total_jvp(primals, tangents):
    space, kappa, stored, a = primals
    d_kappa, d_a = tangents[1], tangents[3]
    moved = jnp.zeros_like(a)
    if type(d_a) is not SymbolicZero:
        moved = summation.product(space.tree, _stored(space, kappa, stored), d_a)
    if type(d_kappa) is not SymbolicZero:
        moved = moved + d_kappa * summation.product(space.tree, space.blocks(kappa, sloped=True), a)
    return _total(space, kappa, stored, a), moved


@jax.custom_jvp
def _stored(space: Space, kappa: Array, stored: Blocks) -> Blocks:
    """The blocks, with their derivative to ``kappa``: only second derivatives ask for it."""
    return stored


@partial(_stored.defjvp, symbolic_zeros=True)
def _stored_jvp(primals, tangents):
    space, kappa, stored = primals
    if type(tangents[1]) is SymbolicZero:
        return stored, jax.tree.map(jnp.zeros_like, stored)
    slope = lambda x: x * tangents[1].reshape(-1, *(1,) * (x.ndim - 1))  # noqa: E731
    return stored, jax.tree.map(slope, space.blocks(kappa, sloped=True))


class Reach(eqx.Module):
    """The operator of a scenario; the methods are those of ``flows.Flows``, and nobody pays tariffs.

    Attributes:
        kappa: [J] of (R3).
        stored: the kernel's blocks.
        within: [N, J] K[n,n].
        buyer, seller: [N, J] the factors of (R2) that belong to n and to i, elsewhere.
        theta: [J] trade elasticity.
    """

    space: Space
    kappa: Float[Array, " J"]
    stored: Blocks
    within: Float[Array, "N J"]
    buyer: Float[Array, "N J"]
    seller: Float[Array, "N J"]
    theta: Float[Array, " J"]

    def attraction(self, log_cost: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """``c^-theta``: what makes buyers turn to a seller."""
        return jnp.exp(-self.theta * log_cost)

    def access(self, attraction: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """``P^-theta``: all attraction within a buyer's reach."""
        elsewhere = self.space.total(self.kappa, self.stored, self.seller * attraction)
        return self.within * attraction + self.buyer * elsewhere

    def price(self, access: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """Log change of the price index of every product where it is bought."""
        return -jnp.log(access) / self.theta

    def sales(
        self, attraction: Float[Array, "N J"], access: Float[Array, "N J"], spending: Float[Array, "N J"]
    ) -> tuple[Float[Array, "N J"], Float[Array, "N J"]]:
        """Receipts of sellers in the money of ``spending``, and tariffs: zeros."""
        weight = spending / access
        elsewhere = self.space.total(self.kappa, self.stored, self.buyer * weight)
        return attraction * (self.within * weight + self.seller * elsewhere), jnp.zeros_like(weight)


class Distance(eqx.Module):
    """Base-year geography; stands in the place of ``flows.Table``. Made by ``fit``.

    Attributes:
        slope: [J] of (R1) in the base year.
        power: [J] theta times slope in the base year; a data point, as shares of a table are.
        sellers: [N, J] ``a`` of the base year.
        access: [N, J] ``sum_i d^-theta a`` of the base year.
    """

    space: Space
    slope: Float[Array, " J"]
    power: Float[Array, " J"]
    sellers: Float[Array, "N J"]
    access: Float[Array, "N J"]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of ``log_d``, which ``change`` fills, and of ``d_tariff``, which is empty."""
        n, j = self.sellers.shape
        return {"log_d": (3 * n + 1, j), "d_tariff": (0, j)}

    @property
    def own(self) -> Float[Array, "N J"]:
        """Share of what a place buys that it makes itself."""
        g = self.space.g(self.space.own)[:, None]
        return jnp.exp(-self.power * g) * self.sellers / self.access

    def rivalry(self, spending: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """Share of rivals in the markets that a seller serves, weighted by its sales: one product at twice kappa."""
        return _rivalry(self, spending)

    def under(self, theta: Float[Array, " J"], log_d: Float[Array, "M J"], d_tariff: Array | None = None) -> Reach:
        """The operator under a change of trade costs, as ``change`` packs it."""
        slope, buying, selling, own = parts(log_d)
        kappa = self.power + theta * self.slope * jnp.expm1(slope)
        # Their derivative to kappa is that of the sums over them.
        stored = jax.lax.stop_gradient(self.space.blocks(kappa))
        g = self.space.g(self.space.own)[:, None]
        return Reach(
            self.space, kappa, stored,
            within=jnp.exp(-kappa * g - theta * own) * self.sellers / self.access,
            buyer=jnp.exp(-theta * buying) / self.access,
            seller=jnp.exp(-theta * selling) * self.sellers,
            theta=theta,
        )  # fmt: skip


def change(
    flows: Distance, slope: ArrayLike = 0.0, buying: ArrayLike = 0.0, selling: ArrayLike = 0.0, own: ArrayLike = 0.0
) -> Float[Array, "M J"]:
    """A change of trade costs, packed for ``log_d``.

    Args:
        slope: [J] log change of the slope of (R1).
        buying, selling: [N, J] log change of the cost of all that a place buys, sells elsewhere.
        own: [N, J] the same within a place.
    """
    n, j = flows.sellers.shape
    of_places = [jnp.broadcast_to(jnp.asarray(a, float), (n, j)) for a in (buying, selling, own)]
    return jnp.concatenate([jnp.broadcast_to(jnp.asarray(slope, float), (1, j)), *of_places])


def parts(log_d: Float[Array, "M J"]) -> tuple[Array, Array, Array, Array]:
    """What ``change`` packed, or the gradient to it: slope [J]; buying, selling and own [N, J]."""
    buying, selling, own = jnp.split(log_d[1:], 3)
    return log_d[0], buying, selling, own


@jax.jit
def _rivalry(flows: Distance, spending: Array) -> Array:
    space, kappa = flows.space, 2.0 * flows.power
    weight = spending / flows.access
    within = jnp.exp(-0.5 * kappa * space.g(space.own)[:, None])
    sold = space.total(0.5 * kappa, space.blocks(0.5 * kappa), weight) + within * weight
    squared = space.total(kappa, space.blocks(kappa), weight / flows.access) + within**2 * weight / flows.access
    return 1.0 - flows.sellers * squared / sold


def fit(
    coordinates: np.ndarray,
    own: ArrayLike,
    output: np.ndarray,
    spending: np.ndarray,
    theta: ArrayLike,
    slope: ArrayLike,
    form: Form = "exponential",
    radius: float | None = None,
    scale: float = 1.0,
    order: int = summation.ORDER,
) -> Distance:
    """The base year in which everybody sells what it does, in levels.

    Args:
        coordinates: [N, 2] on a plane in any unit, or longitude and latitude in degrees where ``radius`` is given.
        own: [N] distance within a place.
        output, spending: [N, J] what a place sells and buys of each product, with equal sums over places.
        theta: [J] trade elasticity.
        slope: [J] of the cost in distance (R1).
        form: "exponential" d = exp(slope r), "power" d = r^slope, "shifted" d = (1 + r/scale)^slope.
        radius: of the sphere, in the unit of ``own``; a plane if None.
        scale: of the shifted form.
        order: nodes an axis of the far clusters; more are exacter, fewer smaller.

    Raises:
        InputError: numbers that are not positive, sums that differ, places at one spot under a power, a kernel that
            this order does not sum to 1e-10.
        NotSolvedError: no such base year was found.
    """
    output, spending = np.asarray(output, float), np.asarray(spending, float)
    n, j = output.shape
    wide = lambda a, *shape: np.array(np.broadcast_to(np.asarray(a, float), shape))  # noqa: E731
    theta, slope, own = wide(theta, j), wide(slope, j), wide(own, n)
    positions = np.asarray(coordinates, float)
    _check(positions, own, output, spending, theta, slope, form, radius, scale)
    if radius is not None:
        positions = on_sphere(*positions.T)
    unit, power = 1.0 if radius is None else float(radius), theta * slope
    bare = Space(None, jnp.asarray(own), unit, scale, form)  # type: ignore[arg-type]
    log_kernel = lambda r: power[:, None] * bare.g(unit * r, np)  # noqa: E731
    space = eqx.tree_at(
        lambda s: s.tree, bare, summation.plant(positions, log_kernel, order), is_leaf=lambda leaf: leaf is None
    )
    kappa = jnp.asarray(power)
    found = _balance(space, kappa, jnp.asarray(output), jnp.asarray(spending))
    flows = Distance(space, jnp.asarray(slope), kappa, *found)
    if (error := inexact(flows)) > EXACT:
        what = f"sums over distance are wrong by {error:.1e} of their size."
        raise InputError([Problem("order", what, f"Take more than {order} nodes an axis.")])
    return flows


def inexact(flows: Distance, seed: int = 0) -> float:
    """Largest relative error of the base year's access against sums over all places, at some of them."""
    space, n = flows.space, len(flows.sellers)
    x = np.asarray(space.tree.places).reshape(-1, space.tree.places.shape[-1])[np.asarray(space.tree.slot)]
    power, sellers, worst = np.asarray(flows.power), np.asarray(flows.sellers), 0.0
    for at in np.random.default_rng(seed).choice(n, min(n, LOOKED_AT), replace=False):
        r = space.unit * summation.distance(x, x[at], np)
        r[at] = space.own[at]
        exact = np.sum(np.exp(-power * space.g(r, np)[:, None]) * sellers, axis=0)
        worst = max(worst, float(np.abs(np.asarray(flows.access)[at] / exact - 1.0).max()))
    return worst


def on_sphere(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Unit vectors [N, 3] of degrees."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


class _Margins(eqx.Module):
    """What the sums of a table of trade shall be, and where the search starts."""

    space: Space
    kappa: Array
    output: Array
    spending: Array
    start: Array
    rivalry: Array


class _Sellers(eqx.Module):
    """The unknown: log of ``a`` over its start."""

    sellers: Float[Array, "N J"]


class _Found(NamedTuple):
    sellers: Array
    access: Array
    sold: Array


def _seen(b: _Margins, th, z, c, geo: Reach, x: _Sellers) -> tuple[_Sellers, _Found]:
    a = jnp.exp(x.sellers)
    access = geo.access(a)
    sold = geo.sales(a, access, b.spending)[0]
    return _Sellers(x.sellers + jnp.log(b.output / sold)), _Found(b.start * a, access * b.start.max(), sold)


def _operator(b: _Margins, th, z) -> Reach:
    base = Distance(b.space, jnp.ones_like(b.kappa), b.kappa, b.start, jnp.full_like(b.start, b.start.max()))
    return base.under(jnp.ones_like(b.kappa), change(base))


_MARGINS = Model(
    "margins of trade", lambda b: _Sellers(jnp.zeros_like(b.start)), _operator, _seen,
    steps=lambda b, th, c: lambda f: _Sellers(f.sellers / b.rivalry), kept=("sellers",),
    walras=lambda b, found: jnp.abs(jnp.sum(found.sold - b.output)) / jnp.sum(b.output),
)  # fmt: skip


@jax.jit
def _started(space: Space, kappa: Array, output: Array, spending: Array) -> tuple[Array, Array]:
    """One round of proportional fitting, and how much each seller's sales answer its ``a`` there."""
    within = jnp.exp(-kappa * space.g(space.own)[:, None])
    stored = space.blocks(kappa)
    total = lambda a: space.total(kappa, stored, a) + within * a  # noqa: E731
    a = output / total(spending / total(output))
    return a, _rivalry(Distance(space, kappa, kappa, a, total(a)), spending)


def _balance(space: Space, kappa: Array, output: Array, spending: Array) -> tuple[Array, Array]:
    b = _Margins(space, kappa, output, spending, *_started(space, kappa, output, spending))
    found: _Found = attempt(_MARGINS, b, None, None, None).require().accounts
    scale = found.sellers.max(axis=0)
    return found.sellers / scale, found.access / scale


def _check(
    positions: np.ndarray, own: np.ndarray, output: np.ndarray, spending: np.ndarray, theta: np.ndarray,
    slope: np.ndarray, form: str, radius: float | None, scale: float,
) -> None:  # fmt: skip
    """Raise ``InputError`` with every problem found."""
    n, found = len(output), []
    if positions.shape != (n, 2) or spending.shape != output.shape:
        shapes = f"{positions.shape}, {output.shape} and {spending.shape}"
        raise InputError([Problem("places", f"coordinates, output and spending have shapes {shapes}.")])
    named = {"own": own, "output": output, "spending": spending, "theta": theta, "slope": slope,
             "scale": np.array(scale), "radius": np.array(radius or 1.0)}  # fmt: skip
    for name, array in named.items():
        if not (np.isfinite(array) & (array > 0)).all():
            found.append(Problem(name, "has an entry that is not positive."))
    if not np.isfinite(positions).all():
        found.append(Problem("coordinates", "have an entry that is not a number."))
    elif form == "power":
        x = positions if radius is None else on_sphere(*positions.T)
        nearest = cKDTree(x).query(x, k=2)[0][:, 1] if n > 1 else np.ones(1)
        if (nearest == 0).any():
            what = f"is where another place is ({np.flatnonzero(nearest == 0)[0]}): a power of zero distance."
            found.append(Problem("coordinates", what, "Join them, or take the shifted form."))
    elif form not in ("exponential", "shifted"):
        found.append(Problem("form", f"{form} is not one of exponential, power, shifted."))
    gap = np.abs(output.sum(axis=0) / spending.sum(axis=0) - 1.0)
    if not found and (gap > 1e-10).any():
        found.append(Problem("output", f"and spending differ in sum by {gap.max():.1e}.", "Scale one of them."))
    if found:
        raise InputError(found)
