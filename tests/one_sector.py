"""One-sector economies, for which theorems speak."""

import numpy as np

from citybelt.model.trade_accounts import Closure
from citybelt.model.trade_calibrate import calibrate, theory


def places(
    n=4, home=4.0, seed=None, *, theta=4.0, agg=0.0, congestion=0.0, people="free", va=1.0, housing=0.0, eta=0.0,
    labour=1.0, nu=1.5, origins=1, one_land=False,
):  # fmt: skip
    """Base year, elasticities and closure of places of equal trade, or of random ones, that spend what they earn."""
    trade = np.ones((n, n))
    if seed is not None:
        rng = np.random.default_rng(seed)
        trade = rng.lognormal(0, 0.5, (n, n))
        trade = trade + trade.T
    trade[np.arange(n), np.arange(n)] *= home
    persons = np.ones((origins, n))
    if seed is not None:
        persons = rng.lognormal(0, 0.5, (origins, n))
    c = Closure(people)
    b = calibrate(
        trade[None], np.full((n, 1), va), np.full((n, 1, 1), 1.0 - va), people=persons, housing_share=housing,
        labour_share=labour, one_land=one_land, closure=c,
    )  # fmt: skip
    return b, theory(b, theta, agg=agg, congestion=congestion, nu=nu, eta=eta), c
