r"""Newton's step of every region of the class ``trade`` taken alone.

``alone`` is the derivative of the pass at the base year in one region, with everything outside it held: what its own
wages, rents, prices, outputs, spending and people do to themselves. It is linear, so one Jacobian ``D`` for each region
gives the step that a residual ``f`` calls for,

    (N1)  step = (I - D)^-1 f,

formed once. Sales answer a cost by ``-theta rho`` (``rho``: share of rivals in a seller's markets) and home demand by
the share sold at home. The step decides how many passes are made, never where they end. Source: block Jacobi, Saad
(2003), section 10.3.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.engine.linear import inverses
from citybelt.model.ratios import over
from citybelt.model.trade_accounts import Base, Closure, State, Theory

#: Fields of the state that belong to regions; persons who stay belong to origins.
BY_REGION = ("price", "output", "spending", "wage", "rental", "people")


class Region(NamedTuple):
    """Base-year shares of one region (with a leading axis [N]: of all)."""

    va: Array  # [J] of output
    labour: Array  # [J] of value added
    inputs: Array  # [J, J] of output
    materials: Array  # [J, J] of materials
    own: Array  # [J]
    sales: Array  # [J] of receipts to unit cost
    home: Array  # [J] of receipts
    final: Array  # [J] of use
    between: Array  # [J, J] of use of product j by sector k: [k, j]
    basket: Array  # [J]
    wages: Array  # [J, S] of a sector in labour income of its market
    rents: Array  # [J, S] in rents of its market
    rents_housing: Array  # [S] of housing in the same
    earned: Array  # [J, Z] of value added, as far as kept, in a household's income
    lodging: Array  # [Z] of housing rents, as far as kept, in a household's income
    housing: Array  # [] of spending
    zones: Array  # [Z] of a household in spending
    heads: Array  # [S] of people
    wage_part: Array  # [S] of the wage in income per head
    moves: Array  # [S, S] of people to the values of markets


class Steps(eqx.Module):
    """(I - D)^-1 of each region, and the damping of those who stay."""

    inverse: Float[Array, "N K K"]
    stay: Float[Array, " O"] | None

    def __call__(self, f: State) -> State:
        """The step that a residual calls for, linear in it."""
        there = [name for name in BY_REGION if getattr(f, name) is not None]
        blocks = [getattr(f, name) for name in there]
        packed = jnp.concatenate(blocks, axis=1)
        ends = np.cumsum([block.shape[1] for block in blocks])[:-1]
        parts = jnp.split(jnp.einsum("nkl,nl->nk", self.inverse, packed), ends, axis=1)
        stay = self.stay if self.stay is None or f.stay is None else self.stay * f.stay
        found: dict[str, Any] = {"rental": None, "people": None, "stay": stay}
        return State(**found | dict(zip(there, parts, strict=True)))


def steps(b: Base, th: Theory, c: Closure) -> Steps:
    """The steps of an economy, from base-year shares and elasticities."""
    regions, x = _regions(b, th, c), State.zeros(b)
    sizes = {name: getattr(x, name).shape[1] for name in BY_REGION if getattr(x, name) is not None}
    ends = np.cumsum(list(sizes.values()))[:-1]

    def linear(region: Region, packed: Array) -> Array:
        guess = dict(zip(sizes, jnp.split(packed, ends), strict=True))
        return jnp.concatenate([alone(b, th, c, region, guess)[name] for name in sizes])

    at = jnp.zeros(sum(sizes.values()))
    jacobian = jax.vmap(lambda region: jax.jacfwd(lambda packed: linear(region, packed))(at))(regions)
    stay = None
    if b.home:
        share = over(b.stayers, b.people.sum(axis=1))
        active = 1.0 if c.people == "choice" else 0.0
        stay = 1.0 / (1.0 + active * th.nu * (1.0 - share))
    return Steps(inverses(jnp.eye(at.size) - jacobian), stay)


def alone(b: Base, th: Theory, c: Closure, r: Region, x: dict[str, Array]) -> dict[str, Array]:
    """The pass of one region to first order, everything outside it held; ``x`` and the result by field of the state."""
    market = np.asarray(b.market)
    people = x.get("people", jnp.zeros(b.markets))
    rental = x.get("rental", jnp.zeros(b.markets))
    heads = r.heads @ people
    value_added = r.labour * x["wage"][market] + (1.0 - r.labour) * rental[market] - th.agg * heads
    bundle = r.materials @ x["price"]
    cost = r.va * value_added + r.inputs @ x["price"]
    top, among, final = (0.0 if e is None else 1.0 - e for e in (th.top, th.materials, th.final))
    among_of = jnp.broadcast_to(jnp.asarray(among), cost.shape)
    more_va = top * (value_added - cost)
    goods = r.basket @ x["price"]
    # Input j of sector k moves with output + top (bundle - cost) of k + among (price of j - bundle of k).
    use = r.final * (r.zones @ x["spending"] + final * (x["price"] - goods))
    use = use + (x["output"] + top * (bundle - cost) - among_of * bundle) @ r.between
    use = use + (among_of @ r.between) * x["price"]
    output = r.sales * cost + r.home * use
    rents = r.rents.T @ (output + more_va)
    rent = x["spending"] / (1.0 + th.eta) + th.eta / (1.0 + th.eta) * goods
    if b.one_land:
        rents, rent = rents + r.rents_housing * x["spending"], rental
    spending = r.earned.T @ (x["output"] + more_va) + r.lodging * x["spending"]
    per_head = r.wage_part * x["wage"] + (1.0 - r.wage_part) * (spending - (people if b.one_land else heads))
    value = per_head - r.housing * rent - (1.0 - r.housing) * goods - th.congestion * heads
    return {
        "wage": r.wages.T @ (output + more_va) - people,
        "rental": rents,
        "price": r.own * cost,
        "output": output,
        "spending": spending,
        "people": r.moves @ (value + people if c.people == "free" else value),
    }


def _regions(b: Base, th: Theory, c: Closure) -> Region:
    n, j = b.shape
    s, sorting = b.markets, jnp.asarray(b.sorting)
    labour = b.labour_share * b.va * b.output
    structures = (1.0 - b.labour_share) * b.va * b.output
    rents = b.structure_income + (b.housing_rents if b.one_land else 0.0)
    kept = 1.0 - b.rent_pool
    zoned = sorting if b.one_land else jnp.ones((j, 1))
    goods = (1.0 - b.housing_share) * b.spending.sum(axis=1)
    persons = b.residents if b.settled else jnp.ones((n, s))
    per_head = over(b.spending if b.one_land else b.spending.sum(axis=1, keepdims=True), persons.sum(axis=1)[:, None])
    if b.one_land:
        per_head = over(b.spending, persons)
    moves = jnp.zeros((n, s, s))
    if b.settled and c.people != "fixed":
        # Free people follow value from where they are as those with tastes do at an elasticity of one.
        nu = jnp.broadcast_to(1.0 if c.people == "free" else th.nu, b.people.shape[:1])
        by_place = b.people.reshape(-1, n, s)
        drawn = over(b.people, b.people.sum(axis=1, keepdims=True)).reshape(-1, n, s) * nu[:, None, None]
        away = jnp.einsum("ons,ont->nst", by_place, drawn)
        draw = jnp.einsum("ons,o->ns", by_place, nu)
        moves = over(draw[:, :, None] * jnp.eye(s) - away, persons[:, :, None])
    return Region(
        va=b.va,
        labour=b.labour_share,
        inputs=b.input_coef,
        materials=over(b.input_coef, (1.0 - b.va)[:, :, None]),
        own=b.own,
        sales=-th.theta * b.rivalry,
        home=b.home_sales,
        final=over(goods[:, None] * b.final_share, b.use),
        between=over(b.input_coef * b.output[:, :, None], b.use[:, None, :]),
        basket=b.final_share,
        wages=over(labour[:, :, None] * sorting, b.labour_income[:, None, :]),
        rents=over(structures[:, :, None] * sorting, rents[:, None, :]),
        rents_housing=over(b.housing_rents, rents) if b.one_land else jnp.zeros((n, s)),
        earned=over((labour + kept[0][:, None] * structures)[:, :, None] * zoned, b.spending[:, None, :]),
        lodging=(kept[1] * b.housing_share)[:, None] * jnp.ones(b.spending.shape),
        housing=b.housing_share,
        zones=b.spending / b.spending.sum(axis=1, keepdims=True),
        heads=over(persons, persons.sum(axis=1, keepdims=True)) * (1.0 if b.settled else 0.0),
        wage_part=jnp.clip(over(over(b.labour_income, persons), per_head * jnp.ones((n, s))), 0.0, 1.0),
        moves=moves,
    )
