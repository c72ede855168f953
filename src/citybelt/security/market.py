r"""Who buys what from whom, in the base year or in an equilibrium: what indicators are computed from.

In an equilibrium, shares and amounts are those that its prices make,

    (X1)  pi[j,n,i] = K[j,n,i] o[i,j]^-theta / sum_i ...,     K the kernel of the shock (trade costs, tariffs)
    (X2)  inputs of j per unit of output of k  = g[n,k,j] net[n,k] goods[n,j] / use[n,j]

``net`` is costs over output (carbon paid on processes is off it, a subsidy adds to it), ``goods / use`` what sellers
get of what buyers pay on a fuel: charges on carbon are no inputs. At no shock all of it is the base year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution
    from citybelt.model.accounts import Base


@dataclass(frozen=True, eq=False)
class Market:
    """Shares and amounts of a year, under the names that the base year has for them.

    Attributes:
        n_home: home regions, which come first.
        share, tariff: [J, N, N] product, buyer, seller.
        spending, output, value_added: [N, J] billions; spending on goods at user prices, charges on carbon apart.
        input_coef: [N, J, J] region, user, product.
        factor_share: [3, N, J] of value added.
        emitted: [N] Mt of CO2.
        residents: [H] persons.
    """

    n_home: int
    share: np.ndarray
    tariff: np.ndarray
    spending: np.ndarray
    output: np.ndarray
    value_added: np.ndarray
    input_coef: np.ndarray
    factor_share: np.ndarray
    emitted: np.ndarray
    residents: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        n, j = self.output.shape
        return n, j


def base_year(b: Base) -> Market:
    """The market of the base year."""
    return Market(
        n_home=b.n_home,
        share=np.asarray(b.share),
        tariff=np.asarray(b.tariff),
        spending=np.asarray(b.spending),
        output=np.asarray(b.output),
        value_added=np.asarray(b.value_added),
        input_coef=np.asarray(b.input_coef),
        factor_share=np.asarray(b.factor_share),
        emitted=np.asarray(b.co2),
        residents=np.asarray(b.people.sum(axis=(0, 1))),
    )


def market(s: Solution) -> Market:
    """(X1) and (X2) The market of an equilibrium."""
    from citybelt.model.outcomes import emissions
    from citybelt.model.spatial import geography

    b, a = s.base, s.accounts
    flows = geography(b, s.theory, s.shock).trade
    cost = np.exp(-np.asarray(s.theory.theta) * np.asarray(a.log_gate))
    share = np.asarray(flows.kernel) * cost.T[:, None, :]
    left = np.asarray(a.goods) / np.where(np.asarray(a.use) > 0, np.asarray(a.use), 1.0)
    return Market(
        n_home=b.n_home,
        share=share / share.sum(axis=2, keepdims=True),
        tariff=np.asarray(b.tariff + s.shock.d_tariff),
        spending=np.asarray(a.goods),
        output=np.asarray(a.output),
        value_added=np.asarray(a.factor_income.sum(axis=0)),
        input_coef=np.asarray(b.input_coef) * np.asarray(a.net)[:, :, None] * left[:, None, :],
        factor_share=np.asarray(b.factor_share),
        emitted=np.asarray(emissions(b, a)),
        residents=np.asarray(a.residents.sum(axis=0)),
    )
