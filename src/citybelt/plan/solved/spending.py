r"""What levers take out of purses (P3), by payer and by lever: purchases, bills of subsidies, transfers handed over.

    (S2)  cost_l     = bought_l + subsidies_l + handed_l,        sum_l cost_l = row "cost"
          bought_l   = c_l(v_l)                                             a purchase, at prices of the base year
                     = c_l(v_l) newcomers / newcomers of the base year      a service for each newcomer
    (S3)  subsidies_l = sum_pnj s_l[p,n,j] Y[n,j] / (1 - s[n,j])            (Q4), s over all levers, Y at the gate
    (S4)  handed_l   = s_l(v_l) max( sum_n T_l[n]^+, sum_n T_l[n]^- )       gross; what takers get lowers nobody's cost

``T_l`` is what one unit of a lever's response moves between governments. A transfer, or the price of a land quota, buys
nothing and adds nothing to a nation; but the government that hands it over must find it, and has it no longer for
anything else. Without (S4) a plan for the people of a cluster could have it without end. So all of what is handed over
counts, as an outlay of the payers that the lever's card names, since the card says who pays for a lever, and what
is received stays out: a budget limits what is spent, and a receipt is no licence to spend more. Levers are counted one
by one, so that two transfers that run against each other cost both. It is linear in responses, and exact gradients stay
exact; leaving such levers out of plans for a cluster would have been as simple, and would have taken the trade in land
quota from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from citybelt.dims import PAYERS

if TYPE_CHECKING:
    from citybelt.model.spatial import Accounts
    from citybelt.plan.solved.problem import Problem
    from citybelt.scenario.levers import Lever


def handed(levers: Sequence[Lever]) -> np.ndarray:
    """(S4) [payer, L] what one unit of each lever's response hands to other governments, billions a year."""
    out = np.zeros((len(PAYERS), len(levers)))
    for k, lever in enumerate(levers):
        if lever.direction.transfer is not None:
            moved = np.asarray(lever.direction.transfer)
            gross = max(np.maximum(moved, 0.0).sum(), np.maximum(-moved, 0.0).sum())
            out[:, k] = gross * np.array([lever.card.payers.get(payer, 0.0) for payer in PAYERS])
    return out


def spent(p: Problem, values: np.ndarray, accounts: Accounts | None = None) -> np.ndarray:
    """(S2) [L] cost of every lever of a mix, billions a year.

    Args:
        values: [L] the mix.
        accounts: its equilibrium, where the costs add up to the row "cost". None: what each lever would cost alone at
            the output and with the people of the base year.
    """
    from citybelt.scenario.levers import costs, responses

    b, at = p.economy.base, jnp.asarray(values, float)
    bought, sizes = (np.array(f(p.levers, at, p.effects)) for f in (costs, responses))
    people = np.asarray(b.people).sum(axis=0)
    before = people.sum(axis=0) - np.diagonal(people)
    now, output = before, np.asarray(b.output)
    if accounts is not None:
        now = np.asarray(accounts.residents).sum(axis=0) - np.asarray(accounts.stayed).sum(axis=0)
        output = np.asarray(accounts.output)
    rates = {}
    for k, lever in enumerate(p.levers):
        if lever.service is not None:
            bought[k] *= float((np.asarray(lever.service) @ now).sum()) * 1e-6
        if lever.direction.subsidy is not None:
            rates[k] = sizes[k] * np.asarray(lever.direction.subsidy).sum(axis=0)
    every, bills = sum(rates.values()), np.zeros(len(sizes))
    for k, rate in rates.items():
        bills[k] = np.sum(rate * output / (1.0 - (rate if accounts is None else every)))
    return bought + bills + handed(p.levers).sum(axis=0) * sizes


def outlays(p: Problem, values: np.ndarray) -> np.ndarray:
    """(S4) [payer] what each payer hands to other governments under a mix, billions a year at base prices."""
    from citybelt.scenario.levers import responses

    return handed(p.levers) @ np.asarray(responses(p.levers, jnp.asarray(values, float), p.effects))
