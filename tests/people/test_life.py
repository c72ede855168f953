"""Life tables against closed forms, scipy's curve, and life expectancies as the United Nations publish them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from citybelt.errors import InputError
from citybelt.people import life
from citybelt.people.curve import through
from citybelt.people.record import SEXES, Ages
from citybelt.worlds.tables import NATION, facts
from people.populations import near

SINGLE = np.arange(101)


def gompertz(level, slope=0.095, start=life.ABRIDGED):
    """Death rates that rise with age, and are high in infancy."""
    middle = start + np.append(np.diff(start), 6.0) / 2
    return jnp.asarray(level * np.exp(slope * middle) + 0.01 * np.exp(-2 * middle))


def test_constant_hazard():
    m, n = 0.02, np.diff(life.ABRIDGED)
    found = life.table(jnp.full(22, m), life.ABRIDGED)
    assert found.q[:-1] == near(1 - np.exp(-m * n), rel=1e-13)
    assert found.l == near(np.exp(-m * life.ABRIDGED), rel=1e-13)
    assert found.e == near(np.full(22, 1 / m), rel=1e-12)
    # The hazard doesn't rise, so the table that lets it is the same.
    rising = life.table(jnp.full(22, m), life.ABRIDGED, life.dying(jnp.full(22, m), life.ABRIDGED))
    for mine, other in zip(rising, found, strict=True):
        assert mine == near(other, rel=1e-10)


def test_de_moivre():
    """Deaths are even over ages up to 105: l = 1 - x / 105."""
    end, start = 105, life.ABRIDGED
    n = np.diff(start)
    l = 1 - start / end
    L = (l[:-1] + l[1:]) / 2 * n
    m = np.append((l[:-1] - l[1:]) / L, 2 / (end - 100))
    found = life.table(jnp.asarray(m), start, np.append(n / 2, np.nan))
    assert found.l == near(l, rel=1e-12)
    assert found.q[:-1] == near(n / (end - start[:-1]), rel=1e-12)
    assert found.e == near((end - start) / 2, rel=1e-12)


def test_no_deaths_at_an_age():
    m = gompertz(3e-5).at[3].set(0.0)
    found = life.table(m, life.ABRIDGED, life.dying(m, life.ABRIDGED))
    assert found.q[3] == 0 and found.L[3] == near(5 * found.l[3])
    slope = jax.grad(lambda m: life.table(m, life.ABRIDGED).e[0])(m)
    assert np.isfinite(slope).all() and slope[3] < 0


def published():
    """China's death rates by period, and life expectancy by sex and year, World Population Prospects 2024."""
    tables = (facts(q) for q in ("wpp_mortality", "wpp"))
    rates, years = (t[t["region"] == NATION].set_index(["item", "year"])["value"] for t in tables)
    return rates, years


@pytest.mark.parametrize("sex", SEXES)
@pytest.mark.parametrize("period", [2005, 2010, 2015])
def test_life_expectancy_is_the_published_one(sex, period):
    """Within 0.02 years, single or five-year ages. A period runs from the middle of a year to that of another."""
    rates, years = published()
    m = jnp.asarray([rates[f"{sex[0].upper()}:{a}{'+' if a == 100 else ''}", period] for a in life.ABRIDGED])
    yearly = np.array([years[f"life_expectancy_{sex}", y] for y in range(period, period + 6)])
    expected = (yearly.sum() - yearly[[0, -1]].mean()) / 5
    assert life.table(m, life.ABRIDGED, life.dying(m, life.ABRIDGED)).e[0] == near(expected, abs=0.02)
    assert life.table(life.single(m), SINGLE).e[0] == near(expected, abs=0.02)


def test_orders_of_flat_and_rising_hazards():
    """Survivors under Gompertz's law, whose integral is known, as classes halve from 5 to 2.5 years: errors fall by
    2^2 with a constant hazard in a class, by more than 2^3 with one that rises."""
    b, c = 3e-5, 0.095

    def alive(x):
        return np.exp(-b / c * (np.exp(c * x) - 1))

    def errors(n):
        start = np.arange(0, 100.1, n)
        nodes, weights = np.polynomial.legendre.leggauss(20)
        L = np.array([n / 2 * (alive(x + n * (nodes + 1) / 2) * weights).sum() for x in start[:-1]])
        m = jnp.asarray(np.append((alive(start[:-1]) - alive(start[1:])) / L, 0.5))
        flat, rising = life.table(m, start), life.table(m, start, life.dying(m, start))
        return np.array([np.abs(t.l - alive(start)).max() for t in (flat, rising)])

    flat, rising = np.log2(errors(5) / errors(2.5))
    assert flat == near(2, abs=0.15) and rising > 3
    assert errors(5)[1] < 5e-4  # of one born


def test_single_ages_keep_the_survivors_of_the_marks():
    m = jnp.stack([gompertz(3e-5), gompertz(8e-5)])
    found = life.table(life.single(m), SINGLE)
    assert found.l[:, life.ABRIDGED] == near(life.table(m, life.ABRIDGED, life.dying(m, life.ABRIDGED)).l, rel=1e-12)
    assert (found.q > 0).all() and (np.diff(found.q[:, 20:]) > 0).all()


def test_curve_is_that_of_scipy():
    rng = np.random.default_rng(4)
    marks = np.cumsum(rng.uniform(0.2, 3, 9))
    x = np.linspace(marks[0], marks[-1], 77)
    for values in (np.cumsum(rng.exponential(size=9)), rng.normal(size=9), np.array([0, 0, 1, 1, 1, 4, 2, 2, 3.0])):
        assert through(marks, jnp.asarray(values), x) == near(PchipInterpolator(marks, values)(x), abs=1e-13)


@pytest.mark.parametrize("width", [1, 5])
def test_a_life_table_population_reproduces_itself(width):
    """Its years lived by age class stay the same over a step where as many are born as die."""
    ages = Ages(width)
    m = life.single(gompertz(5e-5))
    alive, newborn = life.survival(m, SINGLE, ages)
    own = life.table(m, SINGLE)
    L = np.append([own.L[a : a + width].sum() for a in ages.start[:-1]], own.L[-1])
    after = np.append(width * newborn, L[:-1] * alive[:-1])
    after[-1] += L[-1] * alive[-1]
    assert after == near(L, rel=1e-12)


def test_classes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="begin at each"):
        life.survival(gompertz(5e-5), life.ABRIDGED, Ages(1))


@pytest.mark.parametrize("how", ["odds", "hazard"])
def test_a_wanted_life_expectancy_by_sex_and_region(how):
    m = jnp.stack([gompertz(3e-5), gompertz(5e-5)])
    wanted = jnp.asarray([[70.0, 68.0], [80.0, 75.0], [86.0, 82.0]])
    found = life.with_expectancy(m, life.ABRIDGED, wanted, how)
    assert found.shape == (3, 2, 22)
    assert life.table(found, life.ABRIDGED).e[..., 0] == near(np.asarray(wanted), abs=1e-10)
    l, new = life.table(m, life.ABRIDGED).l, life.table(found, life.ABRIDGED).l
    k = found / m if how == "hazard" else ((1 - new) / new / ((1 - l) / l))[..., 1:]
    assert np.ptp(k, axis=-1) == near(np.zeros((3, 2)), abs=1e-9)  # one number for all ages


def test_the_same_life_expectancy_leaves_the_table():
    m = gompertz(4e-5)
    for how in ("odds", "hazard"):
        assert life.with_expectancy(m, life.ABRIDGED, life.table(m, life.ABRIDGED).e[0], how) == near(m)


@pytest.mark.parametrize("how", ["odds", "hazard"])
def test_derivative_of_scaled_rates(how):
    m = gompertz(4e-5)

    def rate(e0):
        return life.with_expectancy(m, life.ABRIDGED, e0, how)

    _, slope = jax.jvp(rate, (77.0,), (1.0,))
    assert slope == near((rate(77.001) - rate(76.999)) / 0.002, rel=1e-5)
    kept = jax.grad(lambda m: life.table(life.with_expectancy(m, life.ABRIDGED, 77.0, how), life.ABRIDGED).e[0])(m)
    assert np.asarray(kept) == near(np.zeros(22), abs=1e-8)  # the target holds whatever the table


def test_what_cannot_be_reached_is_refused():
    with pytest.raises(InputError, match="misses by"):
        life.with_expectancy(gompertz(4e-5), life.ABRIDGED, 1e4)
    compiled = jax.jit(lambda e0: life.with_expectancy(gompertz(4e-5), life.ABRIDGED, e0))
    assert np.isnan(compiled(1e4)).all() and np.isfinite(compiled(80.0)).all()


def test_odds_foretell_published_survivors_better_than_hazards():
    """Thirty years on, at the published life expectancy: the ground for the default."""
    rates, _ = published()

    def table(p):
        return jnp.asarray([rates[f"F:{a}{'+' if a == 100 else ''}", p] for a in life.ABRIDGED])

    then = life.table(table(2045), life.ABRIDGED)
    miss = {
        how: float(
            jnp.abs(
                life.table(life.with_expectancy(table(2015), life.ABRIDGED, then.e[0], how), life.ABRIDGED).l - then.l
            ).max()
        )
        for how in ("odds", "hazard")
    }
    assert miss["odds"] < miss["hazard"] and miss["odds"] < 0.03
