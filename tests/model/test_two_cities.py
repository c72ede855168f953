"""Two cities and one road: closed forms without trade and with free trade, and the markets themselves."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.model import two_cities as tc

share = st.floats(0.03, 0.97)
made = st.builds(
    tc.Settings,
    hours=st.floats(0.5, 20),
    size=st.floats(0, 0.24),
    housing=st.floats(0.05, 0.5),
    lead=st.floats(-0.3, 0.3),
)


def logit(x):
    return np.log(x / (1 - x))


@settings(max_examples=40, deadline=None)
@given(made, share)
def test_both_cities_sell_what_they_make(s, l):
    """(C3) of the second city, which the search never looks at."""
    w = np.exp(tc.relative_wage(np.array([l]), s))[0]
    people, wage = np.array([l, 1 - l]), np.array([w, 1.0])
    made_of = np.array([np.exp(s.lead), 1.0]) * people**s.size
    d = np.exp(tc.COST * s.hours * (1 - np.eye(2)))
    sold = (wage * d / made_of) ** -tc.THETA
    sold /= sold.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(sold.T @ (wage * people), wage * people, rtol=1e-9)


def test_without_trade_the_share_is_that_of_the_closed_form():
    """Each buys its own: log V differs by lead (1-h) and by (alpha (1-h) - h) of the log of sizes."""
    s = tc.Settings(hours=120, size=0.05, housing=0.3, lead=0.05)
    bend = s.size * (1 - s.housing) - s.housing
    expected = tc.NU * s.lead * (1 - s.housing) / (1 - tc.NU * bend)
    assert logit(tc.solve(s).people[0]) == pytest.approx(expected, rel=1e-7)


def test_with_free_trade_the_share_is_that_of_the_closed_form():
    """One price for all: (1 + theta) log w = theta log A - log L of the ratios, and V differs by (1-h) w and h L."""
    s = tc.Settings(hours=0, size=0.05, housing=0.3, lead=0.1)
    t = tc.THETA
    wage_of_size = (t * s.size - 1) / (1 + t)
    slope = (1 - s.housing) * wage_of_size - s.housing
    expected = tc.NU * (1 - s.housing) * t * s.lead / (1 + t) / (1 - tc.NU * slope)
    assert logit(tc.solve(s).people[0]) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(made, share)
def test_cities_that_change_places_change_outcomes(s, start):
    one = tc.solve(dataclasses.replace(s, start=start))
    other = tc.solve(dataclasses.replace(s, lead=-s.lead, start=1 - start))
    np.testing.assert_allclose(one.people, other.people[::-1], rtol=1e-7)
    np.testing.assert_allclose(one.rent, other.rent[::-1], rtol=1e-7)
    assert one.welfare == pytest.approx(other.welfare + s.lead * (1 - s.housing), abs=1e-7)


def test_where_size_pays_much_history_decides():
    s = tc.Settings(hours=24, size=0.24, housing=0.05, lead=0.0)
    found = tc.solve(s).equilibria
    assert [ok for _, ok in found] == [True, False, True]
    large, small = tc.solve(dataclasses.replace(s, start=0.6)), tc.solve(dataclasses.replace(s, start=0.4))
    assert large.people[0] > 0.6 and small.people[0] < 0.4


def test_with_little_gain_from_size_there_is_one_outcome_from_anywhere():
    s = tc.Settings(size=0.02, housing=0.3)
    ends = [tc.solve(dataclasses.replace(s, start=x)).people[0] for x in (0.05, 0.5, 0.95)]
    assert len(tc.solve(s).equilibria) == 1 and np.ptp(ends) < 1e-9
