"""What certificates say: where several equilibria are known to exist they are found, with their signs and places."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

from citybelt.engine import equilibria, newton
from citybelt.engine.certificate import certify, reduced
from citybelt.engine.newton import jacobian, settle
from citybelt.engine.solve import attempt, solve
from citybelt.errors import NotSolvedError
from citybelt.model.accounts import Shock as SpatialShock
from citybelt.model.accounts import closure
from citybelt.model.calibrate import calibrate
from citybelt.model.spatial import SPATIAL
from citybelt.model.trade import TRADE
from citybelt.model.trade_accounts import Closure, Shock
from citybelt.model.trade_calibrate import calibrate as calibrate_trade
from citybelt.model.trade_calibrate import theory
from economies import random_inputs, random_shock, random_theory
from one_sector import places

THETA, HOME, CONGESTION = 4.0, 4.0, 0.1


def sizes(agg, home=HOME, boost=0.0):
    """Shares of the first of two equal places in all people at which both are worth the same, from smallest to largest.

    Allen and Arkolakis (2014) in levels, the second place more productive by ``boost``: with people ``L`` and wages
    ``w``, unit costs ``w L^-agg``; the wages at which trade balances by one root, equal utility by another.
    """
    own = home / (1 + home)

    def gain(odds):
        L = np.array([1.0, np.exp(-odds)]) / (1 + np.exp(-odds))

        def prices(log_w):
            w = np.exp([log_w, -log_w])
            pull = (w * L**-agg * np.exp([0.0, -boost])) ** -THETA
            share = np.array([[own, 1 - own], [1 - own, own]]) * pull
            return w, share.sum(axis=1) ** (-1 / THETA), share / share.sum(axis=1, keepdims=True)

        def surplus(log_w):
            w, _, share = prices(log_w)
            return np.log(share.T @ (w * L) / (w * L)) @ [1, -1]

        w, P, _ = prices(brentq(surplus, -8, 8, xtol=1e-14))
        return np.log(w / P * L**-CONGESTION) @ [1, -1]

    grid = np.linspace(-13, 13, 400)
    values = [gain(x) for x in grid]
    odds = [
        brentq(gain, a, b, xtol=1e-13)
        for a, b, u, v in zip(grid, grid[1:], values, values[1:], strict=False)
        if u * v < 0
    ]
    return 1 / (1 + np.exp(-np.array(odds)))


def certified(n, agg, **more):
    b, th, c = places(n, home=HOME, theta=THETA, agg=agg, congestion=CONGESTION)
    return certify(solve(TRADE, b, th, Shock.zeros(b), c), **more)


@pytest.mark.parametrize("agg", [0.14, 0.2, 0.3])
def test_two_equal_places_have_the_equilibria_of_two_scalar_roots(agg):
    """Equal sizes are always one; beyond the point where they lose their hold two uneven ones appear."""
    expected = sizes(agg)
    found = certified(2, agg)
    shares = sorted(0.5 * (1 + e.places["residents"][0] / 100) for e in found.equilibria)
    np.testing.assert_allclose(shares, expected, rtol=1e-5)
    assert found.distinct == len(expected) and len(expected) % 2 == 1 and found.index_sum == 1
    assert found.uniqueness == ("refuted" if len(expected) > 1 else "not proven")
    assert found.stable is (len(expected) == 1), "the even one loses its hold where the uneven ones appear"
    for e in found.equilibria:
        assert e.local.sign == (1 if e.stable else -1)
        assert e.solution.residual <= 1e-10


@pytest.mark.parametrize("agg", [0.2, 0.3])
def test_three_equal_places_have_every_equilibrium_with_its_mirror_images(agg):
    """The even one, one large place, two large places: places are alike, so each comes in all its orders."""
    found = certified(3, agg)
    table = np.sort([e.places["residents"] for e in found.equilibria], axis=1)
    kinds, counts = np.unique(np.round(table, 4), axis=0, return_counts=True)
    orders = [len({tuple(np.roll(k, i)) for i in range(3)}) for k in kinds]
    assert list(counts) == orders and found.distinct == 7 and found.index_sum == 1
    assert sum(e.stable for e in found.equilibria) == 3, "one large place"
    assert found.uniqueness == "refuted" and "add up to 1" in found.words_en and "之和为1" in found.words_zh
    # A positive sign at the even one, from which two eigenvalues lead away, would have proven nothing.
    assert found.determinant_sign == 1 and not found.stable


@pytest.mark.parametrize(("boost", "left"), [(0.05, 3), (0.1, 1)])
def test_past_a_fold_the_solver_lands_on_the_equilibrium_that_is_left(boost, left):
    """The base year is the uneven equilibrium; a boost to the small place in the end leaves only its opposite."""
    b, th, c = places(2, home=HOME, theta=THETA, agg=0.2, congestion=CONGESTION)
    uneven = max(certified(2, 0.2).equilibria, key=lambda e: e.places["residents"][0]).solution
    share = np.asarray(b.flows.share[0]) * np.exp(-THETA * np.asarray(uneven.accounts.log_cost[:, 0]))
    flows = share / share.sum(axis=1, keepdims=True) * np.asarray(uneven.accounts.income)
    people = np.asarray(uneven.accounts.persons).T
    base = calibrate_trade(flows[None], np.ones((2, 1)), np.zeros((2, 1, 1)), people=people)
    s = solve(TRADE, base, th, Shock.zeros(base).replace(log_A=np.array([[0.0], [boost]])), c).require()
    roots = sizes(0.2, boost=boost)
    assert len(roots) == left
    found = float(s.accounts.persons[0, 0] / s.accounts.persons.sum())
    assert found == pytest.approx(roots[-1], rel=1e-6), "the largest first place that there is"


def test_a_certificate_is_plain_numbers_in_json():
    said = json.loads(json.dumps(certified(2, 0.2).to_json()))
    assert said["distinct"] == 3 == len(said["equilibria"])
    first = said["equilibria"][0]
    assert not first["stable"] and first["places_percent"]["residents"] == [0.0, 0.0]
    assert said["starts_solved"] <= said["starts"] and said["spectral_radius"] > 1


def spatial(seed=0):
    c = closure()
    b = calibrate(**random_inputs(seed), closure=c)
    return b, random_theory(seed), random_shock(b, seed), c


def test_many_sectors_are_not_proven_and_one_is_found():
    s = solve(SPATIAL, *spatial())
    found = certify(s, starts=3)
    assert found.uniqueness == "not proven" and found.distinct == 1 and found.spectral_radius is None
    assert found.stable and found.ledger < 1e-9 and found.walras < 1e-9
    assert "many sectors" in found.words_en and found.starts_solved == 3
    np.testing.assert_allclose(
        found.equilibria[0].places["residents"],
        100 * (s.accounts.residents.sum(axis=0) / s.base.people.sum(axis=(0, 1)) - 1), rtol=1e-12,
    )  # fmt: skip


def test_sign_and_singular_value_are_those_of_the_whole_jacobian():
    """Elimination keeps the determinant: that of the whole is the product of the parts."""
    s = solve(SPATIAL, *spatial(1))
    sign, smallest = reduced(s)
    whole = np.asarray(jacobian(s.model, s.base, s.theory, s.shock, s.closure, s.state))
    assert sign == np.linalg.slogdet(whole)[0]
    assert smallest >= np.linalg.svd(whole, compute_uv=False)[-1] * (1 - 1e-9)


def test_too_many_unknowns_are_said_not_guessed(monkeypatch):
    b, th, c = places(3, congestion=0.1)
    s = solve(TRADE, b, th, Shock.zeros(b), c)
    monkeypatch.setattr(equilibria, "MAX_UNKNOWNS", 3)
    monkeypatch.setattr(equilibria, "SMALL", 3)
    found = certify(s, starts=2)
    assert found.determinant_sign is found.smallest_singular_value is found.stable is found.index_sum is None
    assert "too many unknowns" in found.words_en and found.starts_solved == 2 and found.distinct == 1


def test_there_is_no_certificate_of_a_failure():
    b, th, z, c = spatial(6)
    broken = z.replace(purchase=jnp.asarray(z.purchase).at[2, 0, 1].set(50 * float(b.consumption[0])))
    with pytest.raises(NotSolvedError):
        certify(attempt(SPATIAL, b, th, broken, c))


def test_settling_ends_where_people_stay():
    """From the neighbourhood of an equilibrium that people leave, to one to which they come back."""
    b, th, c = places(2, home=HOME, theta=THETA, agg=0.2, congestion=CONGESTION)
    z = Shock.zeros(b)
    even = solve(TRADE, b, th, z, c).require()
    near = even.state.__class__(**(vars(even.state) | {"people": np.array([[0.01], [-0.01]])}))
    gone = settle(TRADE, b, th, z, c, near).require()
    assert gone.accounts.persons[0, 0] / 2 == pytest.approx(sizes(0.2)[-1], rel=1e-6)


def test_settling_refuses_economies_too_large_for_it(monkeypatch):
    b, th, c = places(2, congestion=CONGESTION)
    monkeypatch.setattr(newton, "SMALL", 3)
    with pytest.raises(MemoryError):
        settle(TRADE, b, th, Shock.zeros(b), c, TRADE.start(b))


def test_null_change_is_the_equilibrium_reported_first():
    b, th, _, c = spatial(2)
    s = solve(SPATIAL, b, th, SpatialShock.zeros(b), c)
    found = certify(s, starts=1)
    assert np.abs(found.equilibria[0].places["residents"]).max() < 1e-7


def debtor(owed=0.3, own=0.8):
    """Two places that share free people alike; the first owes the second a fixed amount. Own shares, sales, debts."""
    share = np.array([[own, 1 - own], [1 - own, own]])
    debt = np.array([-owed, owed])
    sales = np.linalg.lstsq(np.vstack([np.eye(2) - share.T, np.ones(2)]), np.r_[share.T @ debt, 2.0], rcond=None)[0]
    return share, sales, debt


def gap_of_value(odds):
    """Log value of the debtor over that of the other place where people are at odds ``exp(odds)``, trade in balance."""
    share, sales, debt = debtor()
    L = 2 / (1 + np.exp([-odds, odds]))

    def at(log_w):
        w = np.exp([log_w, -log_w])
        earned = sales * w * L * 2 / (sales @ (w * L))
        pull = share * (earned / (sales * L)) ** -THETA
        spent, bought = earned + debt, pull / pull.sum(axis=1, keepdims=True)
        return earned, spent, pull.sum(axis=1) ** (-1 / THETA), bought.T @ spent

    def surplus(log_w):
        earned, spent, _, sold = at(log_w)
        return sold[0] / earned[0] - sold[1] / earned[1] if spent[0] > 0 else 1.0

    _, spent, P, _ = at(brentq(surplus, -8, 8, xtol=1e-14))
    return float(np.log(spent / (sales + debt) / L / P * L**-CONGESTION) @ [1, -1])


def test_a_debtor_whom_people_leave_has_two_equilibria_and_nobody_says_that_more_exist():
    """The gap of values rises through zero once and falls through it once: two equilibria, of signs that cancel."""
    gaps = np.array([gap_of_value(odds) for odds in np.linspace(-0.8, 12, 150)])
    assert np.count_nonzero(np.diff(np.sign(gaps))) == 2 and gaps[0] < 0 and gaps[-1] < 0
    share, sales, debt = debtor()
    b = calibrate_trade((share * (sales + debt)[:, None])[None], [[1.0], [1.0]], np.zeros((2, 1, 1)), people=[[1, 1]])
    th = theory(b, THETA, congestion=CONGESTION)
    found = certify(solve(TRADE, b, th, Shock.zeros(b), Closure(people="free")))
    assert found.determinant_sign == -1 and found.distinct == 2 and found.index_sum == 0
    assert "missing unless" in found.words_en and "empty places, unless" in found.words_en
    odds = [np.log(np.divide(*(1 + e.places["residents"] / 100))) for e in found.equilibria]
    np.testing.assert_allclose([gap_of_value(x) for x in odds], 0.0, atol=1e-8)


def test_a_negative_sign_alone_refutes_nothing():
    share, sales, debt = debtor()
    b = calibrate_trade((share * (sales + debt)[:, None])[None], [[1.0], [1.0]], np.zeros((2, 1, 1)), people=[[1, 1]])
    s = solve(TRADE, b, theory(b, THETA, congestion=CONGESTION), Shock.zeros(b), Closure(people="free"))
    alone = equilibria.Search((equilibria.describe(s),), 0, 0, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("citybelt.engine.certificate.search", lambda *_: alone)
        found = certify(s)
    assert found.determinant_sign == -1 and found.uniqueness == "not proven"
