"""Who pays for a lever: the people behind its payer, under every closure (G5)."""

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.dims import PAYERS
from citybelt.engine.solve import solve
from citybelt.model.accounts import Shock, closure, closures
from citybelt.model.calibrate import calibrate
from citybelt.model.check import spatial as loops
from citybelt.model.identities import identities
from citybelt.model.mechanisms import public_finance
from citybelt.model.multiplier import Multiplier
from citybelt.model.spatial import SPATIAL
from economies import random_inputs, random_theory

PRIVATE = PAYERS.index("private")
SIZES = {"h": 6, "f": 3, "j": 4, "g": 2}
PLACE, PARTNER, GOOD = 1, 7, 2


def made(words, seed=41):
    """An economy under a closure, and owners who buy in one home region and at one partner's."""
    c = closure(**words)
    b = calibrate(**random_inputs(seed, **SIZES), closure=c)
    z = Shock.zeros(b)
    bought = z.purchase.at[PRIVATE, PLACE, GOOD].set(0.02 * float(b.consumption[PLACE]))
    return b, random_theory(seed, 4), z.replace(purchase=bought.at[PRIVATE, PARTNER, GOOD].set(0.01)), c


@pytest.mark.parametrize("words", closures(), ids=lambda w: "-".join(w.values()))
def test_owners_pay_as_they_earn(words):
    b, th, z, c = made(words)
    s = solve(SPATIAL, b, th, z, c).require()
    bill, levy = np.asarray(s.accounts.bill)[PRIVATE], np.asarray(s.accounts.levy)
    assert bill[PLACE] > 0 and bill[PARTNER] > 0 and np.count_nonzero(bill) == 2
    pooled = np.append(np.asarray(b.ownership) * bill.sum(), np.zeros(SIZES["f"]))
    np.testing.assert_allclose(levy, bill if words["ownership"] == "local" else pooled, rtol=1e-9, atol=1e-15)
    assert max(identities(s).values()) < 1e-8
    assert levy.sum() == pytest.approx(bill.sum(), rel=1e-12)


@pytest.mark.parametrize("words", [{"ownership": "local"}, {"ownership": "local", "capital": "mobile"}])
def test_owners_pay_the_same_by_the_plain_loops(words):
    b, th, z, c = made(words)
    s, found = solve(SPATIAL, b, th, z, c).require(), loops.equilibrium(b, th, z, c)
    np.testing.assert_allclose(found.levy, s.accounts.levy, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.consumption, s.accounts.consumption, rtol=1e-8)


def test_subsidies_of_owners_are_paid_where_they_are_given():
    """A place's owners who subsidise their own makers pay all of it where capital is owned where it works."""
    b, th, z, c = made({"ownership": "local"})
    z = Shock.zeros(b).replace(subsidy=z.subsidy.at[PRIVATE, PLACE].set(0.05))
    levy = np.asarray(solve(SPATIAL, b, th, z, c).require().accounts.levy)
    assert levy[PLACE] > 0 and np.abs(np.delete(levy, PLACE)).max() == 0


def test_between_the_two_owners_pay_part_by_part():
    """All payers at once, ownership between the closures: everybody's bills are paid, owners' in proportion."""
    rng = np.random.default_rng(5)
    bill, income = rng.uniform(size=(5, 9)), rng.uniform(1, 2, 9)
    province, omega = np.eye(2)[:, np.arange(6) % 2], rng.dirichlet(np.ones(6))
    pay = [np.asarray(public_finance.levy(jnp.asarray(bill), income, province, omega, 6, x)) for x in (0.0, 0.3, 1.0)]
    for one in pay:
        # What the centre buys anywhere is paid at home, what partners buy anywhere is paid by partners.
        assert one.sum() == pytest.approx(bill.sum(), rel=1e-12)
    np.testing.assert_allclose(pay[1], 0.7 * pay[0] + 0.3 * pay[2], rtol=1e-12)
    moved = bill[PRIVATE] - np.append(omega * bill[PRIVATE].sum(), np.zeros(3))
    np.testing.assert_allclose(pay[2] - pay[0], moved, rtol=1e-9, atol=1e-12)


def test_the_multiplier_takes_the_money_from_the_same_owners():
    b, _, z, c = made({"ownership": "local"})
    local, pooled = Multiplier(b, c).withdrawn(z), Multiplier(b).withdrawn(z)
    m = Multiplier(b, c)
    spent = m.keep * m.bill(z)[PRIVATE] * (1 - m.rent)
    household = (
        local
        - m.wide(b.investment_weight)[:, None]
        * (m.saving * m.bill(z)[PRIVATE])[m.home].sum()
        * (np.asarray(b.basket)[2])
    )
    away = [n for n in range(6) if n != PLACE]
    np.testing.assert_allclose(household[away], 0, atol=1e-12)
    assert household[PLACE].sum() == pytest.approx(spent[PLACE], rel=1e-9)
    assert (pooled[away].sum(axis=1) > local[away].sum(axis=1)).all()
