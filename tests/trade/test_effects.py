"""Where the first-order formula of Caliendo and Parro (2015) is the derivative of real income, and where it is not."""

import numpy as np
import pytest

from citybelt.engine.solve import solve
from citybelt.model.trade import TRADE
from citybelt.model.trade_accounts import Closure, Shock
from citybelt.model.trade_calibrate import calibrate, theory
from citybelt.trade import effects

N, J = 3, 2
PEOPLE = [[10.0, 8.0, 6.0]]


def small_tariff(kind="fixed", eta=0.0, agg=0.0, **base):
    """Gap of the first-order from the exact change of real income, of the largest, and whether it should be none."""
    rng = np.random.default_rng(0)
    trade = rng.lognormal(0, 0.5, (J, N, N))
    own = np.arange(N)
    trade[:, own, own] *= 6
    tariff = np.full((J, N, N), 0.1)
    tariff[:, own, own] = 0
    c = Closure(kind)
    b = calibrate(trade, np.full((N, J), 0.5), np.full((N, J, J), 0.25), tariff=tariff, closure=c, **base)
    th = theory(b, 5.0, eta=eta, agg=agg, nu=1.5, congestion=0.3)
    more = np.zeros((J, N, N))
    more[:, 0, 1:] = 1e-5
    z = Shock.zeros(b)
    before, after = (solve(TRADE, b, th, x, c).require() for x in (z, z.replace(d_tariff=more)))
    exact = np.asarray(after.accounts.log_real_income - before.accounts.log_real_income)
    gap = np.abs(effects.first_order(before, after).total - exact).max() / np.abs(exact).max()
    return gap, effects.covers(before)


@pytest.mark.parametrize(
    "economy", [{}, {"labour_share": 0.7}, {"housing_share": 0.2}, {"people": PEOPLE, "agg": 0.1}], ids=str
)
def test_the_formula_is_exact_for_a_small_tariff_where_it_says_so(economy):
    gap, covered = small_tariff(**economy)
    assert covered and gap < 1e-3


@pytest.mark.parametrize(
    ("economy", "off"),
    [
        ({"labour_share": 0.7, "rent_pool": [0.8, 0.0]}, 0.1),
        ({"housing_share": 0.2, "eta": 1.7}, 0.05),
        ({"people": PEOPLE, "kind": "free"}, 0.5),
        ({"people": PEOPLE, "kind": "choice"}, 0.3),
    ],
    ids=["pooled", "built", "free", "choice"],
)
def test_it_says_where_it_leaves_something_out_though_only_tariffs_change(economy, off):
    gap, covered = small_tariff(**economy)
    assert not covered and gap > off
