r"""Through which channels a shock reaches people: welfare along the path, taken apart without a remainder.

The shock is scaled, ``z(t) = t z``. Along the path an origin's welfare moves with the places that its people may live
in ((M2) of ``migration``); with the shares ``s0`` of the base year and ``s`` of the moment,

    (C1)  d log What[o] = sum_n s0[o,n] (d log V[n] - d log mu[o,n]) + sum_n (s - s0)[o,n] (d log V[n] - d log mu[o,n])

where the second sum is what people gain by choosing among places that change differently. A place's value (M3) is
income per head, source by source, less prices, plus public services, congestion and amenities. Prices of goods are
traced back to what made them change. With the shares ``pi`` of sellers, ``g`` of inputs and ``va`` of value added
(F1 and Q1 to Q3 of ``flows`` and ``production``)

    (C2)  d log P[n,j] = sum_i pi[n,i,j] (d log o[i,j] + d log d[n,i,j] + d log(1+tau)[n,i,j])
    (C3)  d log o[i,j] = k va/(1-t) (factor prices - d log A - agg d log E) + k sum_k g/(1-t) d log u[i,k] + carbon
                         - ds/(1-s)

with ``k`` the share of costs in costs and process emissions, and ``s`` the subsidy in what makers get, is linear
in its causes. What households of a place pay for a cause is the sum over all cells of the change there times the
exposure of their basket to it, through every round of inputs: ``lambda = (I - M')^-1 basket`` with ``M`` of (C2, C3).
Each channel is a differential; its integral over the path is found by Gauss-Legendre quadrature, with an
equilibrium and its exact tangent at every node. Channels add up to the change of welfare but for the error of the
quadrature, which is returned. Incomes and prices are in world value added: with another numeraire the channels of
wages, of other incomes, of housing and of factor prices would shift against each other; their sum would not.
Sources: Baqaee and Farhi (2024) for exposures through inputs; Stoer and Bulirsch (2002), section 3.6.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from citybelt.engine.response import of_shock, respond
from citybelt.engine.solve import Solution, solve
from citybelt.errors import NotSolvedError
from citybelt.model.accounts import CAPITAL, GOVERNMENT, HOUSEHOLD, LABOUR, LAND

#: Channel: the group that it is read in.
CHANNELS: dict[str, str] = {
    "wages": "factor_prices",
    "own_factors": "factor_prices",
    "other_factors": "factor_prices",
    "skills": "technology",
    "technology": "technology",
    "agglomeration": "agglomeration",
    "trade_costs": "access",
    "tariffs": "access",
    "carbon": "carbon",
    "subsidies": "subsidies",
    "capital_income": "capital_income",
    "land_income": "land_income",
    "housing_received": "housing",
    "housing_paid": "housing",
    "services": "public",
    "government_transfers": "public",
    "pensions": "public",
    "transfers": "public",
    "bills": "bills",
    "congestion": "congestion",
    "amenities": "amenities",
    "migration_costs": "migration",
    "choice": "migration",
}
#: Numbers of nodes that are tried in turn.
NODES = (4, 8, 16, 32)
#: Exposures are summed until a further round of inputs adds less than this part.
ROUNDS_LEFT = 1e-14
MAX_ROUNDS = 400


class Path(NamedTuple):
    """Channels of the change of log welfare.

    Attributes:
        channels: [C, 2, H] by channel (in the order of CHANNELS), group and origin; sums to the change.
        money: [C, 2, H] the same as equivalent variation, billions a year at base-year prices.
        own_cost, own_share: [2, H] what prices of goods do, the other way: by the costs of the place itself, and by
            the share that it sells to itself (its openness); together they are all channels of goods prices.
        change: [2, H] log welfare, by solving.
        residual: largest gap between channels and change of an aggregate, relative to the change.
        nodes: how many equilibria were solved on the path.
    """

    channels: np.ndarray
    money: np.ndarray
    own_cost: np.ndarray
    own_share: np.ndarray
    change: np.ndarray
    residual: float
    nodes: int


def follow_channels(s: Solution, weights: np.ndarray, tolerance: float = 1e-6) -> Path:
    """Take the welfare of a solved scenario apart along the path from the base year.

    Args:
        s: an equilibrium of the spatial class.
        weights: [S, H] sets of origins for which channels must add up.
        tolerance: relative residual at which the path is fine enough.

    Returns:
        A ``Path``.

    Raises:
        NotSolvedError: an equilibrium on the path or a tangent was not solved, or channels do not add up.
    """
    s.require()
    b = s.base
    change = np.asarray(s.accounts.log_welfare)
    registered, income = np.asarray(b.people.sum(axis=2)), np.asarray(b.income_by_origin)
    total_ev = weights @ (income * np.expm1(change)).sum(axis=0)
    total = weights @ (registered * change).sum(axis=0)
    residual, spent = np.inf, 0
    for count in NODES:
        points, parts = np.polynomial.legendre.leggauss(count)
        found = [np.zeros((len(CHANNELS), *change.shape)) for _ in range(2)] + [np.zeros(change.shape)] * 2
        state = s.state
        for t, part in zip(0.5 * (points + 1.0), 0.5 * parts, strict=True):
            node = solve(s.model, b, s.theory, jax.tree.map(lambda leaf, t=t: t * leaf, s.shock), s.closure,
                         jax.tree.map(lambda leaf, t=t: t * leaf, state))  # fmt: skip
            slopes, welfare, access = differentials(node.require(), s.shock)
            money = income * np.exp(welfare) * slopes
            found = [whole + part * more for whole, more in zip(found, (slopes, money, *access), strict=True)]
        spent += count
        gaps = [
            (weights @ (registered * found[0].sum(axis=0)).sum(axis=0), total),
            (weights @ found[1].sum(axis=0).sum(axis=0), total_ev),
        ]
        # Equilibria are solved to 1e-10: a change as small as that has no digits to add up to.
        floors = (1e-9 * (weights @ registered.sum(axis=0)), 1e-9 * (weights @ income.sum(axis=0)))
        residual = max(float((np.abs(a - z) / np.maximum(np.abs(z), f / tolerance)).max())
                       for (a, z), f in zip(gaps, floors, strict=True))  # fmt: skip
        if residual < tolerance:
            channels, money, own_cost, own_share = found
            return Path(channels, money, own_cost, own_share, change, residual, spent)
    raise NotSolvedError(
        f"The channels do not add up: {residual:.1e} of the change is left after {NODES[-1]} equilibria on the path."
    )


def _all_accounts(b: Any, th: Any, z: Any, a: Any, extra: Any) -> jax.Array:
    return ravel_pytree(a)[0]


def differentials(s: Solution, way: Any) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """The channels of d log welfare at an equilibrium along a direction of the shock.

    Args:
        s: an equilibrium of the spatial class.
        way: a shock, the direction.

    Returns:
        [C, 2, H] by channel, group and origin; [2, H] log welfare there; and goods prices by own cost and own share.

    Raises:
        NotSolvedError: the tangent was not solved.
    """
    found = respond(_all_accounts, of_shock, s, s.shock, jax.tree.map(lambda leaf: leaf[None], way))
    a, unravel = s.accounts, ravel_pytree(s.accounts)[1]
    numpy = lambda tree: jax.tree.map(np.asarray, tree)  # noqa: E731
    da = numpy(unravel(jnp.asarray(found.first[0])))
    dx = numpy(ravel_pytree(s.state)[1](jnp.asarray(found.states[0])))
    b, th, z, x, a, dz = map(numpy, (s.base, s.theory, s.shock, s.state, a, way))
    h = b.people.shape[1]
    place = _income(b, s.closure, a, da, th, dz) | _prices(s, b, th, z, a, da, dx, dz)
    heads, d_heads = a.residents.sum(axis=0), da.residents.sum(axis=0) / a.residents.sum(axis=0)
    worth = th.public * b.government[:h].sum() / (b.consumption / (1 - b.income_tax - b.saving))[:h].sum()
    shifted = da.transfers[:h] / a.government[:h]
    bought = da.government[:h] / a.government[:h] - shifted
    services = bought - (b.basket[GOVERNMENT] * da.log_user).sum(axis=1)[:h] - d_heads
    place |= {
        "housing_paid": -(b.housing_share * da.log_rent)[:h],
        "services": worth * services,
        "government_transfers": worth * shifted,
        "congestion": -th.congestion * d_heads,
        "amenities": dz.log_B,
    }
    access = place.pop("own_cost"), place.pop("own_share")
    both = {name: np.broadcast_to(part, (2, len(heads))) for name, part in place.items()}
    # Who lives where: in the base year, and by choice at this point of the path.
    stock = b.people / b.people.sum(axis=2, keepdims=True)
    pull = b.people * np.exp(th.nu[:, None, None] * (x.value[:, None, :] - z.log_mu))
    chosen = (1.0 - float(s.closure.still_people)) * (pull / pull.sum(axis=2, keepdims=True) - stock)
    by_origin = {name: np.einsum("gon,gn->go", stock, part) for name, part in both.items()}
    value = np.sum(list(both.values()), axis=0)
    by_origin["migration_costs"] = -np.einsum("gon,on->go", stock, dz.log_mu)
    by_origin["choice"] = np.einsum("gon,gon->go", chosen, value[:, None, :] - dz.log_mu)
    slopes = np.stack([by_origin[name] for name in CHANNELS])
    return slopes, a.log_welfare, tuple(np.einsum("gon,n->go", stock, part) for part in access)


def _income(b: Any, c: Any, a: Any, da: Any, th: Any, dz: Any) -> dict[str, np.ndarray]:
    """d log spending per head [2, H] by source: wages feed those under 60, pensions those over, the rest all alike."""
    h = b.people.shape[1]
    heads, d_heads = a.residents.sum(axis=0), da.residents.sum(axis=0)
    work, d_work = ((1.0 - b.contribution) * x.factor_income[LABOUR].sum(axis=1)[:h] for x in (a, da))
    own = np.stack([work, a.pensions[:h]]) / a.residents
    d_own = np.stack([d_work, da.pensions[:h]]) / a.residents - own * da.residents / a.residents
    public = c.land_public
    of_land = lambda x: (x.factor_income[LAND] * (1.0 - public * b.land_public)).sum(axis=1)[:h]  # noqa: E731
    shared = {
        "capital_income": (a.property_income[:h], da.property_income[:h]),
        "land_income": (of_land(a), of_land(da)),
        "housing_received": ((1.0 - public) * a.rents[:h], (1.0 - public) * da.rents[:h]),
        "transfers": (a.residual[:h], da.residual[:h]),
        "bills": (-a.levy[:h], -da.levy[:h]),
    }
    per_head = own + sum(amount for amount, _ in shared.values()) / heads
    out = {name: (d / heads - amount * d_heads / heads**2) / per_head for name, (amount, d) in shared.items()}
    skills = own[0] * dz.log_h / per_head[0]
    none = np.zeros(h)
    return out | {
        "wages": np.stack([d_own[0] / per_head[0] - skills, none]),
        "skills": np.stack([skills, none]),
        "pensions": np.stack([none, d_own[1] / per_head[1]]),
    }


def _prices(s: Solution, b: Any, th: Any, z: Any, a: Any, da: Any, dx: Any, dz: Any) -> dict[str, np.ndarray]:
    """What goods add to d log welfare of a place [H], by cause (C2, C3), and by own cost and own share."""
    h, (n, _) = b.people.shape[1], b.output.shape
    kernel = np.asarray(s.model.geography(s.base, s.theory, s.shock).trade.kernel)
    share = kernel * np.exp(-th.theta * a.log_gate).T[:, None, :]
    share /= share.sum(axis=2, keepdims=True)
    before_carbon = np.exp(a.log_price - a.log_user)
    after_tax = 1.0 / (1.0 - b.tax_rate)
    left = 1.0 - z.subsidy.sum(axis=0)
    kept, d_aid = a.net * left, dz.subsidy.sum(axis=0) / left
    inputs = b.input_coef * (after_tax * kept)[:, :, None]
    added = (1.0 - b.tax_rate - b.input_coef.sum(axis=2)) * after_tax * kept
    d_employed = np.pad(da.residents[0] / a.residents[0], (0, n - h))
    factors = (b.factor_share[LABOUR] * dx.wage[:, None] + b.factor_share[CAPITAL] * dx.rental[:, None]
               + b.factor_share[LAND] * (dx.output - dz.log_H))  # fmt: skip
    carbon_gate = (
        da.log_gate
        + d_aid
        - added * (factors - dz.log_A - th.agg * d_employed[:, None])
        - np.einsum("ikj,ij->ik", inputs, da.log_user)
    )
    carbon_user = da.log_user - before_carbon * da.log_price
    basket = ((1.0 - b.housing_share)[:, None] * b.basket[HOUSEHOLD])[:h]
    users, buyers, sellers = _exposure(basket, share, inputs, before_carbon)
    rate = b.tariff + z.d_tariff
    dearer = {"trade_costs": dz.log_d, "tariffs": dz.d_tariff / (1.0 + rate)}
    made = sellers * added
    own = np.einsum("hhj,hj->h", made[:, :h], factors[:h])
    everyone = np.einsum("hij,ij->h", made, factors)
    direct = -np.einsum("nj,nj->n", basket, (before_carbon * da.log_gate + carbon_user)[:h])
    goods = -np.einsum("nj,nj->n", basket, da.log_user[:h])
    out = {
        "own_factors": -own,
        "other_factors": own - everyone,
        "technology": np.einsum("hij,ij->h", made, dz.log_A),
        "agglomeration": np.einsum("hij,j,i->h", made, th.agg, d_employed),
        "carbon": -np.einsum("hij,ij->h", sellers, carbon_gate) - np.einsum("hij,ij->h", users, carbon_user),
        "subsidies": np.einsum("hij,ij->h", sellers, d_aid),
        "own_cost": direct,
        "own_share": goods - direct,
    }
    for name, d_cost in dearer.items():
        paid = np.einsum("jni,jni->nj", share, d_cost) if d_cost.any() else np.zeros((n, b.output.shape[1]))
        out[name] = -np.einsum("hnj,nj->h", buyers, paid)
    return out


def _exposure(
    basket: np.ndarray, share: np.ndarray, inputs: np.ndarray, before_carbon: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exposure of each basket [H, J] to user prices, to prices where bought and to gate prices, each [H, N, J].

    Raises:
        NotSolvedError: the rounds of inputs do not die out.
    """
    h, n = len(basket), share.shape[1]
    users = np.zeros((h, n, basket.shape[1]))
    users[np.arange(h), np.arange(h)] = basket
    more, sellers = users, np.zeros_like(users)
    buyers = np.zeros_like(users)
    for _ in range(MAX_ROUNDS):
        bought = more * before_carbon
        sold = _sold(share, bought)
        buyers, sellers = buyers + bought, sellers + sold
        more = np.einsum("hik,ikj->hij", sold, inputs)
        users = users + more
        if np.abs(more).max() <= ROUNDS_LEFT * np.abs(basket).max():
            return users, buyers, sellers
    raise NotSolvedError("The exposure to prices was not found: the rounds of inputs do not die out.")


def _sold(share: np.ndarray, bought: np.ndarray) -> np.ndarray:
    """[H, N, J] purchases handed on to sellers, sector by sector."""
    return np.stack([bought[:, :, j] @ share[j] for j in range(len(share))], axis=2)
