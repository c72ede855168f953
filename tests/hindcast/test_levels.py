"""The regression against dense algebra and a known answer; levels are learned where they may be, and nowhere else."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal, norm

from citybelt.hindcast import known, levels, method, mixed, target


def rows(seed: int, n: int = 61, provinces: int = 9, k: int = 3) -> mixed.Rows:
    rng = np.random.default_rng(seed)
    province = rng.integers(0, provinces, n)
    x = rng.normal(0, 1, (n, k))
    size = np.exp(rng.normal(0, 1, n))
    y = 0.1 + x @ rng.normal(0, 0.1, k) + 0.08 * rng.normal(0, 1, provinces)[province]
    return mixed.Rows(y + 0.1 * size**-0.2 * rng.normal(0, 1, n), x, province, size)


def dense(h: np.ndarray, r: mixed.Rows) -> np.ndarray:
    """(E2)"""
    b, u, v = np.exp(h[:3])
    same = r.province[:, None] == r.province[None]
    return b**2 * r.x @ r.x.T + u**2 * same + np.diag(v**2 * r.size ** -h[3])


@pytest.mark.parametrize("h", [(-2.0, -3.0, -2.0, 0.4), (-5.0, -1.0, -3.0, 0.0), (0.5, -8.0, -1.0, 1.0)])
def test_the_likelihood_is_that_of_a_dense_matrix(h):
    r, one = rows(1), np.ones(61)
    V = dense(np.array(h), r)
    inverse = np.linalg.inv(V)
    a = (one @ inverse @ r.y) / (one @ inverse @ one)
    normal = -multivariate_normal(np.full(61, a), V).logpdf(r.y) - 61 / 2 * np.log(2 * np.pi)
    assert mixed.unlikely(np.array(h), r) == pytest.approx(normal + 0.5 * np.log(one @ inverse @ one), rel=1e-10)


def test_coefficients_are_those_of_the_joint_normal():
    """(E4) against conditioning b on y, with a constant so unsure that it is flat."""
    r = rows(2)
    found = mixed.learn(r)
    V = dense(found.searched, r) + 1e6
    gain = found.shrink**2 * r.x.T @ np.linalg.inv(V)
    np.testing.assert_allclose(found.mean[1:], gain @ r.y, rtol=1e-4, atol=1e-6)
    cov = found.shrink**2 * np.eye(3) - gain @ r.x * found.shrink**2
    np.testing.assert_allclose(found.cov[1:, 1:], cov, rtol=1e-3, atol=1e-7)


def test_the_search_ends_where_nothing_is_likelier():
    r = rows(3, n=200, provinces=20)
    found = mixed.learn(r)
    inner = [k for k, (x, (low, high)) in enumerate(zip(found.searched, mixed.RANGE, strict=True)) if low < x < high]
    slope = approx_fprime(found.searched, mixed.unlikely, 1e-6, r)
    assert np.abs(slope[inner]).max() < 0.02
    for begin in ((-1.0, -4.0, -1.0, 0.9), (-4.0, -1.0, -4.0, 0.1)):
        assert mixed.learn(r, begin).searched == pytest.approx(found.searched, abs=0.01)


def test_spreads_are_found_again():
    many = rows(4, n=4000, provinces=400)
    found = mixed.learn(many)
    assert found.shared == pytest.approx(0.08, rel=0.12)
    assert found.own == pytest.approx(0.1, rel=0.05)
    assert found.fall == pytest.approx(0.4, abs=0.06)


@pytest.fixture(scope="module")
def invented():
    """Covariates, closed cohorts, counts that follow (J1), provinces, sizes, a cluster."""
    rng = np.random.default_rng(5)
    R, G = 120, 2
    province = np.repeat(np.arange(15), 8)
    x = rng.normal(0, 1, (G, R, 3))
    closed = rng.uniform(10, 90, (R, G))
    shared = 0.05 * rng.normal(0, 1, (15, G))[province]
    log = np.einsum("grk,k->rg", x, [0.1, -0.05, 0.0]) + shared + 0.06 * rng.normal(0, 1, (R, G))
    return x, closed, closed * np.exp(log), province, rng.uniform(1, 50, R), province >= 13


def test_counts_inside_are_never_read(invented):
    x, closed, counted, province, size, inside = invented
    poisoned = np.where(inside[:, None], 1e12, counted)
    one = levels.teach(x, closed, counted, province, size, inside, 20)
    other = levels.teach(x, closed, poisoned, province, size, inside, 20)
    np.testing.assert_array_equal(one.people, other.people)


def test_no_place_is_judged_by_its_own_province(invented):
    x, closed, counted, province, size, inside = invented
    own = province == 4
    poisoned = counted * np.where(own, 3.0, 1.0)[:, None]
    one = levels.teach(x, closed, counted, province, size, inside, 20)
    other = levels.teach(x, closed, poisoned, province, size, inside, 20)
    np.testing.assert_array_equal(one.people[:, own], other.people[:, own])
    assert np.abs(other.people[:, ~own] / one.people[:, ~own] - 1).max() > 0.05


def test_bands_hold_what_they_say_where_the_model_is_right():
    """Counts made by (J1) over many decades: coverage of one decade has provinces' errors in common."""
    held = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        R = 160
        province = np.repeat(np.arange(20), 8)
        x = rng.normal(0, 1, (1, R, 2))
        log = 0.1 * x[0, :, 0] + 0.05 * rng.normal(0, 1, 20)[province] + 0.06 * rng.normal(0, 1, R)
        made = levels.teach(
            x, np.full((R, 1), 50.0), 50 * np.exp(log)[:, None], province, np.ones(R), province > 17, 300
        )
        low, high = np.quantile(made.people[..., 0], [0.1, 0.9], axis=0)
        held.append(((low <= 50 * np.exp(log)) & (50 * np.exp(log) <= high)).mean())
    # Six decades of twenty provinces: a deviation of some 2.5 points.
    assert 100 * np.mean(held) == pytest.approx(80, abs=7.5)


def test_draws_of_a_place_have_the_deviation_that_was_learned(invented):
    x, closed, counted, province, size, inside = invented
    made = levels.teach(x, closed, counted, province, size, inside, 4000)
    one, spread = made.learned[0], np.log(made.people[..., 0]).std(axis=0)[inside]
    use = ~inside
    z = (x[0] - x[0, use].mean(axis=0)) / x[0, use].std(axis=0)
    z = np.column_stack([np.ones(len(z)), z])[inside]
    relative = size[inside] / np.exp(np.log(size[use]).mean())
    var = np.einsum("ri,ij,rj->r", z, one.cov, z) + one.shared**2 + one.deviation(relative) ** 2
    np.testing.assert_allclose(spread, np.sqrt(var), rtol=norm.ppf(0.9999) / np.sqrt(2 * 4000))


def test_covariates_are_of_2010():
    start = known.world()
    people = np.column_stack([start.total] * len(target.GROUPS))
    x = levels.traits(start, 1.1 * people, people)
    assert x.shape == (len(target.GROUPS), len(start.total), len(levels.TRAITS)) and np.isfinite(x).all()
    named = dict(zip(levels.TRAITS, np.moveaxis(x[0], 1, 0), strict=True))
    np.testing.assert_allclose(named["net_moves"], np.log(1.1), rtol=1e-12)
    assert named["capital"].sum() == 31  # 27 capitals and four municipalities
    share = start.total @ named["dependants"] / start.total.sum()
    assert share == pytest.approx(0.166 + 0.1326, abs=0.002)  # as the census of 2010 published it: 16.60 and 13.26 %
    assert 0.07 < start.total @ named["college"] / start.total.sum() < 0.11


def test_groups_of_age_keep_everybody():
    people = np.random.default_rng(0).uniform(1, 9, (4, 3, 21))
    np.testing.assert_allclose(levels.grouped(people).sum(axis=-1), people.sum(axis=-1), rtol=1e-14)


def test_the_page_states_the_hash_of_the_method(root):
    for page in ("docs/hindcast.md", "docs/zh/hindcast.md"):
        assert levels.method_hash() in (root / page).read_text(encoding="utf-8")
    assert levels.method_hash() != method.method_hash()
