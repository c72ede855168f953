"""Channels against what they must add up to, closed forms, and what happens when one is shut."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from citybelt.engine.response import of_shock, respond
from citybelt.engine.solve import solve
from citybelt.errors import NotSolvedError
from citybelt.model.accounts import Shock, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.channels import CHANNELS, differentials, follow_channels
from citybelt.model.spatial import SPATIAL
from economies import random_inputs, random_shock, random_theory

NAMES = list(CHANNELS)
SETS = np.stack([np.arange(5) % 2, np.ones(5)])


def solved(seed=2, words=None, theory=None, **fields):
    c = closure(**(words or {}))
    b = calibrate(**random_inputs(seed), closure=c)
    th = random_theory(seed)
    th = type(th)(**{**vars(th), **(theory or {})})
    z = random_shock(b, seed, 0.05)
    z = z.replace(**{k: jnp.zeros_like(getattr(z, k)) for k in fields.get("without", ())})
    return solve(SPATIAL, b, th, z, c).require()


def _welfare(b, th, z, a, extra):
    return ravel_pytree(a.log_welfare)[0]


CLOSURES = [{}, {"capital": "mobile", "ownership": "local"}, {"people": "fixed"}, {"land_finance": "private"}]


@pytest.mark.parametrize("words", CLOSURES, ids=lambda words: "-".join(words.values()) or "default")
def test_channels_add_up_at_a_point_and_along_the_path(words):
    s = solved(words=words)
    slopes, welfare, (own_cost, own_share) = differentials(s, s.shock)
    way = jax.tree.map(lambda leaf: leaf[None], s.shock)
    whole = respond(_welfare, of_shock, s, s.shock, way).first[0].reshape(welfare.shape)
    np.testing.assert_allclose(slopes.sum(axis=0), whole, atol=1e-10)
    goods = ("own_factors", "other_factors", "technology", "agglomeration", "carbon", "subsidies", "trade_costs",
             "tariffs")  # fmt: skip
    np.testing.assert_allclose(sum(slopes[NAMES.index(k)] for k in goods), own_cost + own_share, atol=1e-12)
    found = follow_channels(s, SETS)
    assert found.residual < 1e-6
    change = np.asarray(s.accounts.log_welfare)
    np.testing.assert_allclose(found.channels.sum(axis=0), change, atol=1e-6 * np.abs(change).max())
    ev = np.asarray(s.base.income_by_origin) * np.expm1(change)
    np.testing.assert_allclose(found.money.sum(axis=(0, 1)), ev.sum(axis=0), atol=2e-6 * np.abs(ev).max())


@pytest.mark.parametrize(
    ("channel", "shut"),
    [
        ("agglomeration", {"theory": {"agg": np.zeros(4)}}),
        ("congestion", {"theory": {"congestion": np.asarray(0.0)}}),
        ("services", {"theory": {"public": np.asarray(0.0)}}),
        ("choice", {"words": {"people": "fixed"}}),
        ("technology", {"without": ("log_A",)}),
        ("trade_costs", {"without": ("log_d",)}),
        ("tariffs", {"without": ("d_tariff",)}),
        ("carbon", {"without": ("carbon",)}),
        ("skills", {"without": ("log_h",)}),
        ("amenities", {"without": ("log_B",)}),
        ("migration_costs", {"without": ("log_mu",)}),
        ("bills", {"without": ("purchase", "service", "subsidy")}),
        ("subsidies", {"without": ("subsidy",)}),
        ("government_transfers", {"without": ("transfer",)}),
        ("housing_received", {"words": {"land_finance": "public"}}),
    ],
)
def test_a_channel_that_is_shut_is_zero(channel, shut):
    open_, closed = solved(), solved(**shut)
    if channel == "housing_received":
        open_ = solved(words={"land_finance": "private"})
    at = NAMES.index(channel)
    assert np.abs(differentials(open_, open_.shock)[0][at]).max() > 1e-6
    assert np.abs(differentials(closed, closed.shock)[0][at]).max() < 1e-11


def test_amenities_alike_everywhere_are_all_there_is():
    """Nobody moves, no price changes: welfare is the amenity itself."""
    c = closure()
    b = calibrate(**random_inputs(3), closure=c)
    z = Shock.zeros(b).replace(log_B=np.full(b.n_home, 0.2))
    found = follow_channels(solve(SPATIAL, b, random_theory(3), z, c), SETS)
    np.testing.assert_allclose(found.channels[NAMES.index("amenities")], 0.2, atol=1e-9)
    others = np.delete(found.channels, NAMES.index("amenities"), axis=0)
    assert np.abs(others).max() < 1e-8


def test_choice_is_what_is_left_by_the_mean_of_places():
    """Where values change by known amounts, choice adds the excess of (M2) over the mean at base-year shares."""
    s = solved(seed=4)
    found = follow_channels(s, SETS)
    stock = np.asarray(s.base.people)
    share = stock / stock.sum(axis=2, keepdims=True)
    mean = np.einsum("gon,gon->go", share, np.asarray(s.state.value)[:, None] - np.asarray(s.shock.log_mu))
    excess = np.asarray(s.accounts.log_welfare) - mean
    np.testing.assert_allclose(found.channels[NAMES.index("choice")], excess, atol=1e-7)
    assert (excess > 0).all()


def test_a_path_from_a_failure_is_refused():
    c = closure()
    b = calibrate(**random_inputs(2), closure=c)
    z = Shock.zeros(b)
    z = z.replace(purchase=z.purchase.at[2, 0, 1].set(50 * float(b.consumption[0])))
    with pytest.raises(NotSolvedError):
        follow_channels(solve(SPATIAL, b, random_theory(2), z, c), SETS)
