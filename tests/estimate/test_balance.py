import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from citybelt.errors import InputError, NotSolvedError
from citybelt.estimate.balance import Total, biproportional, one_thread, project


def entropy_projection(prior, constraints):
    """The same problem handed to a convex solver: cells where the prior is positive, and linear totals."""
    x = cp.Variable(prior.shape, nonneg=True)
    on = prior > 0
    gap = cp.sum(cp.kl_div(x[on], prior[on]))
    problem = cp.Problem(cp.Minimize(gap), [x[~on] == 0, *constraints(x)] if (~on).any() else constraints(x))
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    return x.value


def random_batch(seed, matrices=3, rows=4, columns=6):
    rng = np.random.default_rng(seed)
    prior = rng.lognormal(0, 1.5, (matrices, rows, columns))
    prior[0, 1, 2] = prior[1, 0, 0] = 0
    r, c = rng.lognormal(0, 1, (matrices, rows)), rng.lognormal(0, 1, (matrices, columns))
    return prior, r, c * (r.sum(1) / c.sum(1))[:, None]


def log(prior):
    with np.errstate(divide="ignore"):
        return np.log(prior)


def test_biproportional_is_the_entropy_projection():
    prior, rows, columns = random_batch(1)
    table, _ = biproportional(log(prior), rows, columns)
    for j in range(len(prior)):
        expected = entropy_projection(
            prior[j], lambda x, j=j: [cp.sum(x, axis=1) == rows[j], cp.sum(x, axis=0) == columns[j]]
        )
        np.testing.assert_allclose(table[j], expected, rtol=2e-4, atol=2e-6)


@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(4, 6), st.integers(7, 9), st.floats(0.1, 6.0))
@settings(max_examples=40, deadline=None)
def test_sums_zeros_and_odds_of_random_batches(seed, matrices, rows, columns, spread):
    rng = np.random.default_rng(seed)
    prior = rng.lognormal(0, spread, (matrices, rows, columns))
    prior[:, 0, 0] = 0
    r, c = rng.lognormal(0, 2, (matrices, rows)), rng.lognormal(0, 2, (matrices, columns))
    r[:, 1] = c[:, 2] = 0
    # Row 0 and column 0 share no cell: both must be met by the others.
    r[:, 0], c[:, 0] = 0.3 * r[:, 1:].sum(1), 0.3 * c[:, 1:].sum(1)
    c *= (r.sum(1) / c.sum(1))[:, None]
    table, _ = biproportional(log(prior), r, c)
    np.testing.assert_allclose(table.sum(2), r, rtol=1e-9)
    np.testing.assert_allclose(table.sum(1), c, rtol=1e-9)
    assert (table[:, 0, 0] == 0).all() and (table[:, 1] == 0).all() and (table[:, :, 2] == 0).all()
    # Only factors of rows and columns were applied: ratios of odds are those of the prior.
    odds = table[:, 2, 3] * table[:, 3, 4] / (table[:, 2, 4] * table[:, 3, 3])
    expected = prior[:, 2, 3] * prior[:, 3, 4] / (prior[:, 2, 4] * prior[:, 3, 3])
    np.testing.assert_allclose(odds, expected, rtol=1e-8)


def test_a_table_is_rebuilt_from_its_factors():
    prior, rows, columns = random_batch(2)
    table, factor = biproportional(log(prior), rows, columns)
    rebuilt, again = biproportional(log(prior), rows, columns, start=factor, steps=0)
    np.testing.assert_array_equal(rebuilt, table)
    np.testing.assert_array_equal(again, factor)
    polished, _ = biproportional(log(prior), rows, columns, start=factor.astype(np.float32))
    np.testing.assert_allclose(polished, table, rtol=1e-11)


def test_a_sum_that_no_cell_can_carry_is_named():
    with pytest.raises(NotSolvedError, match="row 1 of matrix 0"):
        biproportional(log(np.array([[[1.0, 1.0], [0.0, 0.0]]])), np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(NotSolvedError, match="misses the sum of column"):
        biproportional(log(np.array([[[1.0, 0.0], [1.0, 1.0]]])), np.array([[2.0, 1.0]]), np.array([[1.0, 2.0]]))


def test_bad_sums_are_all_reported():
    with pytest.raises(InputError) as error:
        biproportional(np.zeros((1, 2, 3)), np.array([[1.0, -1.0]]), np.array([[1.0, np.nan, 1.0]]))
    assert [p.where for p in error.value.problems] == ["matrix 0, row 1", "matrix 0, column 1"]
    with pytest.raises(InputError, match="rows add up to 2 and columns to 3"):
        biproportional(np.zeros((1, 2, 3)), np.ones((1, 2)), np.ones((1, 3)))


def split_problem(seed):
    """Rows to split over cells with two families of totals; one cell of the prior is zero."""
    rng = np.random.default_rng(seed)
    prior = rng.lognormal(0, 1, (7, 5))
    prior[3, 2] = 0
    rows = rng.lognormal(0, 1, 7)
    first, second = np.full((7, 5), -1), np.full((7, 5), -1)
    first[:, 1:4] = np.arange(3)  # three totals over columns
    second[:4, 2:], second[4:, 2:] = 0, 1  # two over blocks, crossing the first family
    feasible = prior * (rows / prior.sum(1))[:, None] * rng.lognormal(0, 0.5, (7, 5))
    feasible *= (rows / feasible.sum(1))[:, None]
    totals = [
        Total("column", first, np.array([feasible[first == k].sum() for k in range(3)])),
        Total("block", second, np.array([feasible[second == k].sum() for k in range(2)])),
    ]
    return prior, rows, totals


@pytest.mark.parametrize("seed", range(3))
def test_project_is_the_entropy_projection(seed):
    prior, rows, totals = split_problem(seed)
    table, factors, _ = project(log(prior), rows, totals)

    def constraints(x):
        sums = [cp.sum(cp.multiply(x, t.label == k)) == t.value[k] for t in totals for k in range(len(t.value))]
        return [cp.sum(x, axis=1) == rows, *sums]

    np.testing.assert_allclose(table, entropy_projection(prior, constraints), rtol=2e-4, atol=2e-6)
    np.testing.assert_allclose(table.sum(1), rows, rtol=1e-14)
    for t in totals:
        for k, value in enumerate(t.value):
            assert table[t.label == k].sum() == pytest.approx(value, rel=1e-12)
    rebuilt, _, taken = project(log(prior), rows, totals, start=factors)
    assert taken == 0
    np.testing.assert_array_equal(rebuilt, table)


def test_project_accepts_totals_that_repeat_each_other():
    prior, rows, totals = split_problem(5)
    whole = Total("all of the first family", np.where(totals[0].label >= 0, 0, -1), totals[0].value.sum(keepdims=True))
    table, _, _ = project(log(prior), rows, totals)
    again, _, _ = project(log(prior), rows, [*totals, whole])
    np.testing.assert_allclose(again, table, rtol=1e-9, atol=1e-12)


def test_project_empties_a_total_of_zero_and_names_a_contradiction():
    prior, rows, totals = split_problem(6)
    table, _, _ = project(log(prior), rows, [Total("column", totals[0].label, np.array([0.0, 1.0, 1.0]))])
    assert (table[:, 1] == 0).all()
    with pytest.raises(NotSolvedError, match="the total column"):
        project(log(prior), rows, [Total("column", totals[0].label, np.array([rows.sum() * 2, 1.0, 1.0]))])
    with pytest.raises(NotSolvedError, match="no cell of the prior can carry the total cell 0"):
        project(log(prior), rows, [Total("cell", np.where(prior == 0, 0, -1), np.array([1.0]))])


def test_one_thread_lasts_as_long_as_the_call():
    def threads():
        return [pool["num_threads"] for pool in threadpool_info() if "numpy" in pool["filepath"]]

    with threadpool_limits(2, user_api="blas"):
        before = threads()
        assert set(one_thread(threads)()) == {1}
        assert threads() == before
