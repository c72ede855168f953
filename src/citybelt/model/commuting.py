r"""A system of places between which people commute and goods are traded.

Residents choose a pair of residence and workplace (``mechanisms/commuting.py``). Workplaces make differentiated
goods under monopolistic competition; more workers make more varieties, so that a place's productivity rises with
its employment at ``agg = 1/theta + nu``, with ``theta = sigma - 1`` and ``nu`` a spillover beside love of variety.
Changes from the base year, without a mark for change, satisfy

    (C1)  c[i]         =  w[i] / (A[i] L[i]^agg)                                      unit cost
    (C2)  P[n]^-theta  =  sum_i pi[n,i] (d[n,i] c[i])^-theta                          price of goods
    (C3)  q[n]         =  (income[n] / (H[n] wbar))^(1/(1+delta)) wbar                rent of floor space
    (C4)  V[n]         =  P[n]^alpha q[n]^(1-alpha)                                   cost of living
    (C5)  w[i]' L[i]'  =  sum_n pi'[n,i] (income'[n] + D[n])                          what a workplace sells

with residents, workers ``L`` and incomes from (J1). Rents are spent where they arise, so a place spends what its
residents earn, and a transfer ``D`` that closes its trade. Floor space is supplied at elasticity ``delta`` to its
rent in units of the mean wage ``wbar`` over places; that makes every result free of the unit of money. Labour income
of the whole system is the numeraire. Source: Monte, Redding and Rossi-Hansberg (2018).
Limits: one sector; no capital; nobody leaves the system.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.engine.solve import Model
from citybelt.errors import InputError, Problem
from citybelt.model.flows import Flows, dense
from citybelt.model.mechanisms import agglomeration, commuting, housing


class Base(eqx.Module):
    """The base year: N places; people in any one unit, money in any one unit."""

    share: Float[Array, "1 N N"]  # of buyer n's spending that goes to seller i: [0, n, i]
    commuters: Float[Array, "N N"]  # persons by residence and workplace
    wage: Float[Array, " N"]  # money per worker
    transfer: Float[Array, " N"]  # D, spending over income; sums to zero

    @property
    def residents(self) -> Float[Array, " N"]:
        """Persons by residence."""
        return self.commuters.sum(axis=1)

    @property
    def workers(self) -> Float[Array, " N"]:
        """Persons by workplace."""
        return self.commuters.sum(axis=0)

    @property
    def income(self) -> Float[Array, " N"]:
        """What residents earn, wherever they work."""
        return self.commuters @ self.wage


class Theory(eqx.Module):
    """Elasticities and one share."""

    eps: Float[Array, ""]  # of commuters to the wage net of commuting
    theta: Float[Array, ""]  # of trade to its cost
    agg: Float[Array, ""]  # of productivity to employment
    alpha: Float[Array, ""]  # share of goods in spending, floor space has the rest
    delta: Float[Array, ""]  # of floor space to its rent


class Shock(eqx.Module):
    """What is changed. Zeros are the base year."""

    log_A: Float[Array, " N"]  # productivity
    log_B: Float[Array, " N"]  # amenity of a residence, in units of commuters at given wages and prices
    log_H: Float[Array, " N"]  # floor space at a given rent
    log_d: Float[Array, "N N"]  # iceberg cost of trade [buyer, seller]
    log_k: Float[Array, "N N"]  # cost of commuting [residence, workplace]

    @staticmethod
    def zeros(base: Base) -> Shock:
        """The base year."""
        n = base.wage.shape[0]
        return Shock(*(jnp.asarray(np.zeros(shape)) for shape in (n, n, n, (n, n), (n, n))))


class Closure(eqx.Module):
    """``still``: 0 where people choose residence and workplace, 1 where they keep their residence."""

    still: float = 0.0


class State(eqx.Module):
    """The unknowns, as log changes."""

    wage: Float[Array, " N"]  # w
    living: Float[Array, " N"]  # V

    @staticmethod
    def zeros(base: Base) -> State:
        """The base year."""
        return State(*(jnp.asarray(np.zeros(base.wage.shape)) for _ in range(2)))


class Accounts(NamedTuple):
    """What an equilibrium says of each place [N]; logs are changes, the rest is in units of the base year."""

    residents: Array
    workers: Array
    income: Array  # of residents
    spending: Array
    receipts: Array  # of workplaces
    wage: Array
    log_price: Array  # P
    log_rent: Array  # q
    log_living: Array  # V
    log_welfare: Array  # by residence of the base year


class Geography(NamedTuple):
    """What distance does in a scenario, and stays the same while prices move."""

    trade: Flows
    residence: commuting.Reach


def geography(b: Base, th: Theory, z: Shock) -> Geography:
    """The operators of trade and of commuting in a scenario."""
    n = b.wage.shape[0]
    none = jnp.zeros((1, n, n))
    trade = dense(b.share, none, th.theta[None], z.log_d[None], none, n)
    return Geography(trade, commuting.reach(b.commuters, z.log_k, th.eps))


def evaluate(b: Base, th: Theory, z: Shock, c: Closure, geo: Geography, x: State) -> tuple[State, Accounts]:
    """One pass through (J1) and (C1) to (C5)."""
    wage = b.wage * jnp.exp(x.wage)
    chosen = commuting.choose(geo.residence, wage, x.wage, x.living, z.log_B, th.eps, c.still)
    log_workers = jnp.log(chosen.workers / b.workers)

    log_productivity = agglomeration.productivity(z.log_A[:, None], th.agg[None], log_workers)
    attraction = geo.trade.attraction(x.wage[:, None] - log_productivity)
    access = geo.trade.access(attraction)
    log_price = geo.trade.price(access)[:, 0]

    spending = chosen.income + b.transfer
    receipts = geo.trade.sales(attraction, access, spending[:, None])[0][:, 0]
    log_mean_wage = jnp.log(jnp.sum(wage) / jnp.sum(b.wage))
    log_rent = housing.rent(jnp.log(chosen.income / b.income), z.log_H, log_mean_wage, th.delta)
    log_living = th.alpha * log_price + (1.0 - th.alpha) * log_rent

    scale = jnp.sum(b.income) / jnp.sum(receipts)
    new = State(jnp.log(scale * receipts / (b.wage * b.workers)) - log_workers, log_living)
    return new, Accounts(
        chosen.residents, chosen.workers, chosen.income, spending, receipts, wage, log_price, log_rent,
        log_living, chosen.log_welfare,
    )  # fmt: skip


class Steps(eqx.Module):
    """The inverse of (I - D), D the derivative of a place's own wage and cost of living to themselves."""

    inverse: Float[Array, "2 2 N"]

    def __call__(self, f: State) -> State:
        """The step that a residual calls for, linear in it."""
        (ww, wv), (vw, vv) = self.inverse
        return State(ww * f.wage + wv * f.living, vw * f.wage + vv * f.living)


def steps(b: Base, th: Theory, c: Closure) -> Steps:
    """Newton's step of every place alone at the base year; ``dw`` and ``dV`` are responses to its own wage and cost
    of living, the wages and costs of all others held."""
    share, still, free = b.share[0], c.still, 1.0 - c.still
    by_residence, by_workplace = b.commuters / b.residents[:, None], b.commuters / b.workers
    earned = b.commuters * b.wage / b.income[:, None]
    sold = share * (b.income + b.transfer)[:, None]
    sold = sold / sold.sum(axis=0)
    own = jnp.diagonal
    dw, dV = jnp.array([1.0, 0.0])[:, None], jnp.array([0.0, 1.0])[:, None]

    everyone = th.eps * (dw * b.workers - dV * b.residents) / jnp.sum(b.commuters)
    workers = (
        th.eps * (dw * (1.0 - still * jnp.sum(by_workplace * by_residence, axis=0)) - free * dV * own(by_workplace))
        - free * everyone
    )
    income = (
        dw * ((1.0 + th.eps) * own(earned) - still * th.eps * own(by_residence)) - free * (th.eps * dV + everyone)
    )  # fmt: skip
    spending = (
        dw * jnp.sum(sold * ((1.0 + th.eps) * earned - still * th.eps * by_residence), axis=0)
        - free * (th.eps * dV * own(sold) + everyone)
    )  # fmt: skip
    attraction = th.theta * (th.agg * workers - dw)
    receipts = (1.0 - jnp.sum(sold * share, axis=0)) * attraction + spending
    price = -own(share) * attraction / th.theta
    living = th.alpha * price + (1.0 - th.alpha) / (1.0 + th.delta) * income

    (ww, wv), (vw, vv) = dw - (receipts - workers), dV - living
    return Steps(jnp.stack([jnp.stack([vv, -wv]), jnp.stack([-vw, ww])]) / (ww * vv - wv * vw))


def _walras(b: Base, a: Accounts) -> Array:
    return jnp.abs(jnp.sum(a.wage * a.workers - a.receipts)) / jnp.sum(a.receipts)


#: Places with residents, workplaces, trade and floor space.
COMMUTING = Model(
    "commuting", State.zeros, geography, evaluate, steps, kept=("wage",), walras=_walras,
    positive=lambda b, a: {"spending": a.spending / (b.income + b.transfer)},
)  # fmt: skip


def theory(eps: float, sigma: float, nu: float, alpha: float, delta: float) -> Theory:
    """The elasticities in the words of the paper.

    Args:
        eps: of commuters to wages; sigma: of substitution between varieties, above one.
        nu: of productivity to employment beside love of variety.
        alpha: share of goods in spending; delta: of floor space to its rent.

    Raises:
        InputError: a value out of its range.
    """
    good = {
        "eps": eps > 0, "sigma": sigma > 1, "nu": nu > -1 / (sigma - 1) if sigma > 1 else True,
        "alpha": 0 < alpha <= 1, "delta": delta >= 0,
    }  # fmt: skip
    if not all(good.values()):
        bad = [name for name, fine in good.items() if not fine]
        raise InputError([Problem(name, "is out of its range.", "See the page of the model.") for name in bad])
    return Theory(*(jnp.asarray(float(v)) for v in (eps, sigma - 1, 1 / (sigma - 1) + nu, alpha, delta)))


def base_year(commuters: Any, wage: Any, share: Any, transfer: Any = 0.0) -> Base:
    """The base year of tables of commuters and of trade.

    Args:
        commuters: [N, N] persons by residence and workplace.
        wage: [N] money per worker.
        share: [N, N] of buyer n's spending that goes to seller i; rows sum to one. ``invert.productivity`` gives
            shares at which every workplace sells what it pays.
        transfer: [N] money that a place spends beyond what its residents earn; sums to zero.

    Raises:
        InputError: tables that don't fit, negative numbers, a place without residents or workers, workplaces that
            don't sell what they pay.
    """
    commuters, wage, share = (np.asarray(a, float) for a in (commuters, wage, share))
    transfer = np.broadcast_to(np.asarray(transfer, float), wage.shape)
    n, problems = len(wage), []

    def refuse(bad: bool | np.bool_, where: str, what: str, do: str) -> None:
        if bad:
            problems.append(Problem(where, what, do))

    if commuters.shape != (n, n) or share.shape != (n, n):
        raise InputError([Problem("base year", "tables and wages are of different places.", "Give them alike.")])
    refuse((commuters < 0).any(), "commuters", "a flow is negative.", "Give persons.")
    alone = (commuters.sum(axis=0) <= 0).any() or (commuters.sum(axis=1) <= 0).any()
    refuse(alone, "commuters", "a place has no residents or no workers.", "Merge it with another.")
    refuse((wage <= 0).any(), "wage", "a wage is not positive.", "Merge the place with another.")
    odd = (share < 0).any() or np.abs(share.sum(axis=1) - 1).max() > 1e-9
    refuse(odd, "share", "rows are no shares.", "Divide each row by its sum.")
    if problems:
        raise InputError(problems)
    paid, spending = commuters.sum(axis=0) * wage, commuters @ wage + transfer
    gap = np.abs(share.T @ spending / paid - 1)
    refuse((spending <= 0).any(), "transfer", "leaves a place without spending.", "Lower it.")
    what = f"place {gap.argmax()} sells {gap.max():.1e} more or less than it pays."
    refuse(gap.max() > 1e-8, "base year", what, "Take shares from an inversion, or give the transfers.")
    if problems:
        raise InputError(problems)
    return Base(*(jnp.asarray(a) for a in (share[None], commuters, wage, transfer)))
