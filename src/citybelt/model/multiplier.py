r"""The multiplier at fixed prices: what purchases set in motion where nothing is scarce.

Every price, every trade share and every coefficient is that of the base year. What is bought goes to sellers by
trade shares, they buy inputs, and so on without end,

    (L1)  f[i,j]  =  sum_n s[j,n,i] d[n,j],        s = pi / (1 + tau)          what sellers receive of demand d
    (L2)  x       =  f + A x,     (A x)[i,j] = sum_n s[j,n,i] sum_k g[n,k,j] x[n,k]                     type I
    (L3)  x       =  f + A x + B x,                                                                     type II
          (B x)[i,j] = sum_n s[j,n,i] (1 - aH) aC[n,j] (1 - t - s)(1 - rho) sum_k bL va[n,k] x[n,k]

In (L3) households spend what wages leave after contributions, taxes, saving and rents. Duties, profits, rents and
taxes leak, and so does everything that regions beyond the set one looks at deliver. The operator is never formed:
(L2) and (L3) are solved by GMRES on products with trade shares. Sources: Leontief (1936); Miller and Blair (2009),
chapters 2, 3 and 6.

A multiplier knows purchases alone. Of what else a shock may change it can count the resources saved on the flows of
the base year,

    (L4)  productivity   VA[n,j] (1 - 1/A)            (L5)  trade cost   sum_i s X[n,j] (1 - d[j,n,i])
    (L6)  tariffs        sum_i s X[n,j] (-dtau)       (L7)  carbon       -price of carbon times emissions
    (L8)  subsidies      s Y[n,j]

(L5) leaves out the duties on what is lost on the way: buyers save them and governments lose them. (L6) to (L8) are
nothing but such transfers, no gains. People, skills, capital, land and what governments pass on to each other don't
enter at all (``silent``).
Limits: no capacity binds, nobody pays, no price answers.
"""

from __future__ import annotations

from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse.linalg import LinearOperator, gmres

from citybelt.errors import NotSolvedError
from citybelt.model.accounts import HOUSEHOLD, INVESTMENT, LABOUR, Base, Closure, Shock
from citybelt.model.mechanisms import energy, public_finance

#: Relative residual of the linear system; the answer is refused above a hundred times of it.
TOLERANCE = 1e-13


class Multiplier:
    """The base year's links, as numpy arrays.

    Arguments: ``base``, a balanced base year; ``closure``, by which owners pay for levers (G5), the default if None.
    """

    def __init__(self, base: Base, closure: Closure | None = None) -> None:
        self.base, self.closure = base, closure or Closure()
        get = lambda name: np.asarray(getattr(base, name), float)  # noqa: E731
        self.delivery = get("share") / (1.0 + get("tariff"))  # s of (L1)
        self.input_coef, self.basket = get("input_coef"), get("basket")
        self.wage_coef = np.asarray(base.factor_share[LABOUR] * base.value_added / base.output)
        n, h = base.shape[0], base.n_home
        self.home = np.arange(n) < h
        self.wide = lambda x: np.pad(np.asarray(x, float), (0, n - h))
        self.tax, self.saving, self.rent = get("income_tax"), get("saving"), get("housing_share")
        self.keep = 1.0 - self.tax - self.saving
        self.income = get("consumption") / self.keep

    @cached_property
    def spent(self) -> np.ndarray:
        """[N] household spending, rents included, out of one more unit of wages."""
        return self.keep * (1.0 - float(self.base.contribution) * self.home)

    def delivered(self, demand: np.ndarray) -> np.ndarray:
        """(L1) [N, J] what sellers receive, of demand [N, J] by buyer at user prices."""
        return np.einsum("jni,nj->ij", self.delivery, demand)

    def demand(self, z: Shock) -> np.ndarray:
        """[N, J] what levers buy by place and product, at base-year prices, billions."""
        service = self.wide(self._service(z).sum(axis=0))
        return np.asarray(z.purchase, float).sum(axis=0) + service[:, None] * np.asarray(self.base.service_basket)

    def bill(self, z: Shock) -> np.ndarray:
        """[payer, N] what levers cost, by payer and place of the purchase."""
        service = self._service(z)
        abroad = np.zeros((len(service), len(self.home) - service.shape[1]))
        return np.asarray(z.purchase, float).sum(axis=2) + np.concatenate([service, abroad], axis=1)

    def _service(self, z: Shock) -> np.ndarray:
        people = np.asarray(self.base.people).sum(axis=0)
        return np.asarray(z.service, float) * (people.sum(axis=0) - people.diagonal()) * 1e-6

    def withdrawn(self, z: Shock) -> np.ndarray:
        """[N, J] what households and investors buy less because they pay for the levers.

        A yuan of a levy takes ``1 - t - s`` from spending and ``s`` from saving, which is invested at home as all
        saving is. What it takes from income tax falls on governments, whose spending is given here.
        """
        b = self.base
        bill, income = jnp.asarray(self.bill(z)), jnp.asarray(self.income)
        local = self.closure.local_ownership
        levy = np.asarray(public_finance.levy(bill, income, b.province, b.ownership, b.n_home, local))
        spending = self.keep * levy * (1.0 - self.rent)
        saved = self.saving * levy
        investment = self.wide(b.investment_weight) * saved[self.home].sum() + np.where(self.home, 0.0, saved)
        return spending[:, None] * self.basket[HOUSEHOLD] + investment[:, None] * self.basket[INVESTMENT]

    def output(self, impulse: np.ndarray, households: bool = False) -> np.ndarray:
        """(L2, L3) [N, J] output, at base-year prices, set in motion by what sellers receive.

        Arguments: ``impulse`` [N, J], from ``delivered``; ``households``, whether wages are spent (type II).
        Raises NotSolvedError where the linear system isn't solved, for example where nothing leaks.
        """
        shape, size = impulse.shape, impulse.size
        if not impulse.any():
            return np.zeros(shape)

        def leontief(flat: np.ndarray) -> np.ndarray:
            x = flat.reshape(shape)
            use = np.einsum("nkj,nk->nj", self.input_coef, x)
            if households:
                wages = (self.wage_coef * x).sum(axis=1)
                use = use + (self.spent * (1.0 - self.rent) * wages)[:, None] * self.basket[HOUSEHOLD]
            return (x - self.delivered(use)).ravel()

        matrix = LinearOperator((size, size), leontief, dtype=float)
        flat, _ = gmres(matrix, impulse.ravel(), rtol=TOLERANCE, atol=0.0, restart=min(size, 200), maxiter=5)
        gap = np.abs(leontief(flat) - impulse.ravel()).max() / np.abs(impulse).max()
        if not gap <= 100 * TOLERANCE:
            what = f"its linear system is left with a relative residual of {gap:.0e}"
            raise NotSolvedError(f"The multiplier has no answer: {what}. It has none where nothing leaks.")
        return flat.reshape(shape)

    def savings(self, z: Shock) -> dict[str, np.ndarray]:
        """(L4) to (L8): [N] billions a year saved on the flows of the base year, by what saves them."""
        b = self.base
        spent = np.asarray(b.share) * np.asarray(b.spending).T[:, :, None]
        net = spent / (1.0 + np.asarray(b.tariff))
        emitted = np.asarray(b.co2)
        return {
            "productivity": (np.asarray(b.value_added) * -np.expm1(-np.asarray(z.log_A))).sum(axis=1),
            "trade_cost": (net * -np.expm1(np.asarray(z.log_d))).sum(axis=(0, 2)),
            "tariffs": -(net * np.asarray(z.d_tariff)).sum(axis=(0, 2)),
            "carbon": -np.asarray(z.carbon) * emitted * energy.TONNES,
            "subsidies": (np.asarray(z.subsidy).sum(axis=0) * np.asarray(b.output)).sum(axis=1),
        }


#: Changes that a multiplier can say nothing about, not even to first order, by field of the shock.
SILENT = (
    "log_h",
    "log_K",
    "log_H",
    "log_mu",
    "log_B",
    "log_Hres",
    "transfer",
    "log_N",
    "log_Kj",
    "log_I",
    "log_saving",
)


def silent(z: Shock) -> list[str]:
    """Fields of the shock that change and that fixed prices have no answer for."""
    return [name for name in SILENT if np.asarray(getattr(z, name)).any()]


def demand_only(z: Shock) -> Shock:
    """The part of a shock that a multiplier answers for: what is bought, and its payment."""
    nothing = jax.tree.map(lambda leaf: 0.0 * leaf, z)
    return nothing.replace(purchase=z.purchase, service=z.service)
