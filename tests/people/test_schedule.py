"""Schedules by age against the published formula and by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.people.record import Ages
from citybelt.people.schedule import FUNDAMENTAL, RogersCastro, fertility, male_share, mean_age, moving
from people.populations import near

PATTERN = jnp.array([[2.6, 18.0, 36.0, 27.0, 11.5, 3.9, 1.0], [5.0, 30.0, 35.0, 19.0, 8.0, 2.5, 0.5]])


def test_seven_parameters():
    """Rogers and Castro (1981), term by term, at ages a year apart."""
    p = FUNDAMENTAL
    for x in range(0, 100, 7):
        expected = 0.02 * np.exp(-0.1 * x) + 0.06 * np.exp(-0.1 * (x - 20) - np.exp(-0.4 * (x - 20))) + 0.003
        assert moving(x, p) == near(expected, rel=1e-14)


def test_the_young_peak_lies_where_the_derivative_says():
    """Where the term of work is alone, moving peaks at mu2 - log(alpha2 / lambda2) / lambda2."""
    p = FUNDAMENTAL._replace(a1=0.0, c=0.0)
    peak = p.mu2 - np.log(p.alpha2 / p.lambda2) / p.lambda2
    assert jax.grad(lambda x: moving(x, p))(peak) == near(0, abs=1e-15)
    assert jax.grad(jax.grad(lambda x: moving(x, p)))(peak) < 0


def test_eleven_parameters_add_a_peak_of_the_retired():
    p = RogersCastro(0.02, 0.1, 0.06, 0.1, 20.0, 0.4, 0.003, 0.002, 0.6, 66.0, 0.9)
    x = np.arange(101)
    extra = 0.002 * np.exp(-0.6 * (x - 66.0) - np.exp(-0.9 * (x - 66.0)))
    assert moving(x, p) - moving(x) == near(extra, rel=1e-9, abs=1e-17)
    slopes = jax.grad(lambda p: moving(65.0, p))(jax.tree.map(jnp.asarray, p))
    assert all(np.isfinite(s) and s != 0 for s in slopes)


@pytest.mark.parametrize("width", [1, 5])
def test_fertility_sums_to_the_tfr(width):
    ages, tfr = Ages(width), jnp.array([1.3, 2.05])
    f = fertility(PATTERN, tfr, ages)
    assert f.shape == (2, ages.count) and (f >= 0).all()
    assert width * f.sum(axis=1) == near(tfr, rel=1e-14)
    groups = np.array(
        [[width * f[r, (ages.start >= a) & (ages.start < a + 5)].sum() for a in range(15, 50, 5)] for r in (0, 1)]
    )
    assert groups == near(
        np.asarray(PATTERN) / np.asarray(PATTERN).sum(axis=1, keepdims=True) * np.asarray(tfr)[:, None]
    )
    assert f[:, np.asarray(ages.start) < 15].sum() == 0 and f[:, np.asarray(ages.start) >= 50].sum() == 0


def test_mean_age_of_mothers_hardly_depends_on_the_width():
    by_five = mean_age(fertility(PATTERN, jnp.ones(2), Ages(5)), Ages(5))
    middles = np.arange(17.5, 50, 5)
    assert by_five == near((np.asarray(PATTERN) @ middles) / np.asarray(PATTERN).sum(axis=1))
    assert mean_age(fertility(PATTERN, jnp.ones(2), Ages(1)), Ages(1)) == near(by_five, abs=0.1)


def test_groups_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="don't fit"):
        fertility(PATTERN, jnp.ones(2), Ages(5), start=13)


def test_boys():
    assert male_share(1.11) == near(111 / 211) and male_share(1.0) == near(0.5)
