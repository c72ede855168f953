r"""What a change did: flows by pair, and the decomposition of welfare to first order.

    (E1)  share'[j,n,i] = share[j,n,i] (d (1+t')/(1+t) c[i,j] / P[n,j])^-theta_j
    (E2)  terms of trade  dlnW[n] = 1/I[n] sum_{j,i} ( E[j,i,n] dc[n,j] - M[j,n,i] dc[i,j] )
    (E3)  volume of trade dlnW[n] = 1/I[n] sum_{j,i} t[j,n,i] M[j,n,i] ( dM[j,n,i] - dc[i,j] )

with ``E`` exports and ``M`` imports without tariffs and ``I`` income, all before the change; ``dc`` and ``dM`` relative
changes of unit costs and of imports. (E2) and (E3) add up to the whole to first order where only tariffs change, nobody
moves, rents stay in their region and housing is given (``covers``); what else moves income or prices they leave out.
Source: Caliendo and Parro (2015), section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution


class Flows(NamedTuple):
    """Trade in an equilibrium, [J, N buyer, N seller]."""

    share: np.ndarray  # of the buyer's spending on the product
    paid: np.ndarray  # with tariffs
    received: np.ndarray  # without
    rate: np.ndarray  # ad valorem


def flows(s: Solution) -> Flows:
    """(E1) trade in a solved equilibrium."""
    b, a = s.base, s.accounts
    n, j = b.shape
    taxed = np.asarray(b.flows.taxed, int)
    old, rate = np.zeros((2, j, n, n))
    old[taxed], rate[taxed] = b.flows.tariff, b.flows.tariff + s.shock.d_tariff
    dearer = np.asarray(s.shock.log_d) + np.log1p(rate) - np.log1p(old)
    relative = np.asarray(a.log_cost).T[:, None, :] - np.asarray(a.log_price).T[:, :, None]
    share = np.asarray(b.flows.share) * np.exp(-np.asarray(s.theory.theta)[:, None, None] * (dearer + relative))
    paid = share * np.asarray(a.use).T[:, :, None]
    return Flows(share, paid, paid / (1.0 + rate), rate)


class FirstOrder(NamedTuple):
    """(E2, E3) by region, as fractions of income before."""

    terms_of_trade: np.ndarray
    volume: np.ndarray

    @property
    def total(self) -> np.ndarray:
        return self.terms_of_trade + self.volume


def covers(s: Solution) -> bool:
    """Whether (E2) and (E3) count all that a small change of tariffs does to real income in an economy."""
    b = s.base
    pooled = (np.asarray(b.rent_pool) * np.stack([b.structure_income.sum(axis=1), b.housing_rents.sum(axis=1)])).any()
    built = float(s.theory.eta) > 0 and np.asarray(b.housing_share).any()
    moving = b.settled and s.closure.people != "fixed"
    return not (pooled or built or moving)


def first_order(before: Solution, after: Solution) -> FirstOrder:
    """Terms of trade and volume of trade, with the weights of the equilibrium before."""
    old, new = flows(before), flows(after)
    dc = np.expm1(np.asarray(after.accounts.log_cost - before.accounts.log_cost))
    income = np.asarray(before.accounts.income).sum(axis=1)
    sold = np.einsum("jin,nj->n", old.received, dc)
    bought = np.einsum("jni,ij->n", old.received, dc)
    more = new.received - old.received - old.received * dc.T[:, None, :]
    return FirstOrder((sold - bought) / income, np.einsum("jni,jni->n", old.rate, more) / income)
