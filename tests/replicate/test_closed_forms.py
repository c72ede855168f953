"""The cases that are held against formulas: the formulas themselves against linear algebra, quadrature and roots."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import root

import citybelt as cb
from citybelt import cli
from citybelt.replicate import allen_arkolakis_2014 as line
from citybelt.replicate import redding_2016 as redding
from citybelt.replicate.even import Places, levels
from citybelt.replicate.result import by_place

CASES = {"redding_2016": 906, "allen_arkolakis_2014": 352}


@pytest.mark.parametrize("name", CASES)
def test_a_case_needs_no_data(name, tmp_path, capfd):
    """With a folder, without one and with one that isn't there, by the command."""
    assert cli.main(["replicate", name, "--data", str(tmp_path / "nowhere"), "--lang", "en"]) == 0
    assert f"All {CASES[name]} figures hold." in capfd.readouterr().out
    found = cb.replicate(name)
    assert found.holds and len(found.figures) == CASES[name]


@pytest.mark.parametrize("name", CASES)
def test_logarithms_are_as_exact_as_the_solver(name):
    """Of places, walls and limits apart, differences are of the size of the solver's own residual, 1e-10."""
    figures = [f for f in cb.replicate(name).figures if f.within == 1e-9]
    assert len(figures) > 200
    assert np.median([abs(f.difference) for f in figures]) < 1e-10
    assert max(abs(f.difference) for f in figures) < 5e-10


# Levels from the even world


def one_sector(p):
    """Wages, people, own shares and utility of ``Places`` from its equations in levels, by scipy's root finder."""
    n, k = len(p.cost), 0.0 if p.nu is None else 1.0 / p.nu
    A, H, B = (np.broadcast_to(np.asarray(a, float), n) for a in (p.A, p.H, p.B))

    def world(w, L):
        pull = (p.cost * w / (A * L**p.agg)) ** -p.theta
        P = pull.sum(axis=1) ** (-1 / p.theta)
        V = B * L**-p.congestion * w / (P**p.alpha * (w * L / H) ** (1 - p.alpha))
        return pull / pull.sum(axis=1, keepdims=True), V * L**-k

    def equations(x):
        w, L = np.exp(x[:n]), np.exp(x[n:])
        share, U = world(w, L)
        sold = np.log(share.T @ (w * L) / (w * L))
        sold[0] = np.log(w @ L)
        return np.r_[sold, np.log(U[1:] / U[0]), np.log(L.sum())]

    s = root(equations, np.r_[np.zeros(n), np.full(n, -np.log(n))], tol=1e-14)
    assert np.abs(s.fun).max() < 1e-11, s.message
    w, L = np.exp(s.x[:n]), np.exp(s.x[n:])
    share, U = world(w, L)
    return w, L, share, np.log(U[0])


@pytest.mark.parametrize("nu", [None, 2.5], ids=["alike", "tastes"])
@pytest.mark.parametrize("agg", [0.0, 0.2])
def test_levels_are_those_of_the_equations(agg, nu):
    """Costs unlike in the two directions, land and congestion together."""
    rng = np.random.default_rng(5)
    n = 5
    cost = np.where(np.eye(n), 1.0, np.exp(rng.uniform(0.1, 0.9, (n, n))))
    A, H, B = rng.lognormal(0, 0.2, (3, n))
    p = Places(cost, A, H, B, theta=3.5, alpha=0.7, agg=agg, congestion=0.15, nu=nu)
    w, L, share, log_U = one_sector(p)
    found = levels(p)
    np.testing.assert_allclose(np.log(found.wage / w), 0, atol=1e-9)
    np.testing.assert_allclose(np.log(found.people / L), 0, atol=1e-9)
    np.testing.assert_allclose(found.share, share, atol=1e-9)
    np.testing.assert_allclose(found.own, np.diagonal(share), atol=1e-9)
    assert found.log_welfare == pytest.approx(log_U, abs=1e-9)


# Redding (2016)


@pytest.mark.parametrize(("agg", "nu"), redding.VERSIONS.values())
@pytest.mark.parametrize("d", [1.1, 1.8, 4.0])
def test_two_places_by_one_equation_solve_all_equations(agg, nu, d):
    A, H, B = np.array([[1.2, 0.8], [0.7, 1.6], [1.0, 1.1]])
    p = Places(np.where(np.eye(2), 1.0, d), A, H, B, theta=4.0, alpha=0.6, agg=agg, nu=nu)
    found = redding.two_places(p)
    w, L, share, log_U = one_sector(p)
    np.testing.assert_allclose(found.people, L, rtol=1e-10)
    np.testing.assert_allclose(found.wage, w, rtol=1e-10)
    np.testing.assert_allclose(found.own, np.diagonal(share), rtol=1e-10)
    assert found.log_welfare == pytest.approx(log_U, abs=1e-10)


numbers = st.floats(0.5, 2.0)


@settings(deadline=None, max_examples=50)
@given(A=st.tuples(numbers, numbers), H=st.tuples(numbers, numbers), d=st.floats(1.05, 5.0))
def test_names_of_the_two_places_do_not_matter(A, H, d):
    p = Places(np.where(np.eye(2), 1.0, d), np.array(A), np.array(H), np.ones(2), 4.0, 0.6, 0.0, 0.0, 2.0)
    one, two = redding.two_places(p), redding.two_places(replace(p, A=np.array(A)[::-1], H=np.array(H)[::-1]))
    np.testing.assert_allclose(one.people, two.people[::-1], rtol=1e-9)
    np.testing.assert_allclose(one.wage, two.wage[::-1], rtol=1e-9)
    assert one.log_welfare == pytest.approx(two.log_welfare, abs=1e-9)


def test_tastes_that_differ_little_come_near_people_alike():
    """In proportion to 1/eps, which the two finest extrapolate away."""
    of = redding.synthetic(0.0, None)
    alike, half, quarter = (np.log(levels(replace(of, nu=nu)).people) for nu in (None, 200.0, 400.0))
    np.testing.assert_allclose((quarter - alike) / (half - alike), 0.5, rtol=0.02)
    np.testing.assert_allclose(2 * quarter - half, alike, atol=2e-4)


@pytest.mark.parametrize("field", ["agg", "nu", "alpha", "theta"])
def test_a_wrong_elasticity_is_seen(field):
    """Formulas of another economy than the one solved do not hold."""
    p = redding.synthetic(0.25, 3.0)
    solved, title = levels(p), ("a", "甲")
    wrong = replace(p, **{field: getattr(p, field) * 1.001})
    right, off = redding._formulas(title, p, solved, solved), redding._formulas(title, wrong, solved, solved)
    named = [k for k, f in enumerate(right) if "formulas" in f.source and f.name != f.group[0]]
    assert all(right[k].holds for k in named)
    assert sum(not off[k].holds for k in named) >= redding.N


# Allen and Arkolakis (2014)


def kernel(n, sigma, tau):
    at = np.arange(n) / n
    return np.exp(-(sigma - 1) * tau * np.abs(at[:, None] - at))


@pytest.mark.parametrize(("n", "sigma", "tau"), [(7, 5.0, 1.0), (24, 9.0, 0.5), (40, 3.0, 4.0)])
def test_the_discrete_cosine_is_the_principal_eigenvector(n, sigma, tau):
    """By linear algebra, at alpha = 0 where people are a power of the eigenvector; and the inverse is tridiagonal."""
    K = kernel(n, sigma, tau)
    roots, vectors = np.linalg.eigh(K)
    exact = line.grid(n, sigma, tau, 0.0)
    assert exact.welfare ** (sigma - 1) == pytest.approx(roots[-1], rel=1e-12)
    f = np.abs(vectors[:, -1])
    people = f ** ((2 * sigma - 1) / (sigma - 1))
    np.testing.assert_allclose(exact.people, people / people.sum(), rtol=1e-11)
    inverse = np.linalg.inv(K)
    apart = np.abs(np.arange(n)[:, None] - np.arange(n)) > 1
    assert np.abs(inverse[apart]).max() < 1e-10 * np.abs(inverse).max()


@pytest.mark.parametrize("alpha", [-0.05, 0.0, 0.15])
def test_the_line_solves_its_equations_in_levels(alpha):
    """People and wages of the closed form clear every market at equal utility, price indices written out."""
    sigma, tau, n = 5.0, 0.8, 11
    exact = line.grid(n, sigma, tau, alpha)
    w, L = exact.wage, exact.people
    pull = kernel(n, sigma, tau) * (w / L**alpha) ** (1 - sigma)
    P = pull.sum(axis=1) ** (1 / (1 - sigma))
    np.testing.assert_allclose((pull * P[:, None] ** (sigma - 1)).T @ (w * L), w * L, rtol=1e-11)
    np.testing.assert_allclose(w * L**-alpha / P, exact.welfare, rtol=1e-11)


def test_the_cosine_solves_the_integral_equation():
    """(L1) on the continuum by quadrature at some places, and the middle half of its people by a fine grid."""
    sigma, tau, alpha = 5.0, 1.3, 0.1
    kappa = (sigma - 1) * tau
    root_W = np.exp((sigma - 1) * line.continuum(sigma, tau, alpha).log_welfare)
    omega = np.sqrt(2 * kappa / root_W - kappa**2)
    for s in (-0.5, -0.2, 0.0, 0.37):
        sides = ((-0.5, s), (s, 0.5))
        seen = sum(quad(lambda i, s=s: np.exp(-kappa * abs(s - i)) * np.cos(omega * i), *side)[0] for side in sides)
        assert seen == pytest.approx(root_W * np.cos(omega * s), rel=1e-10)
    n = 4000
    people = line.grid(n, sigma, tau, alpha).people
    assert people[n // 4 : -n // 4].sum() == pytest.approx(line.continuum(sigma, tau, alpha).people, abs=1e-7)


def test_free_trade_makes_one_place_and_dear_trade_many():
    """A kernel of ones, and one that is the identity: t at its two ends."""
    near, far = line.grid(6, 5.0, 1e-9, 0.1), line.grid(6, 5.0, 30.0, 0.1)
    np.testing.assert_allclose(near.people, 1 / 6, rtol=1e-7)
    assert near.welfare == pytest.approx(6**0.25, rel=1e-7)
    assert far.welfare == pytest.approx(1.0, abs=1e-8)


# Figures of places


def test_figures_of_places_and_of_one_number():
    of = ("a paper", "论文")
    several = by_place(("people", "人口"), 1.0, [1.0, 1.5, np.nan], 0.1, of)
    assert [f.name for f in several] == ["place 1", "place 2", "place 3"] and several[0].name_zh == "地点1"
    assert [f.holds for f in several] == [True, False, False] and several[1].group == ("people", "人口")
    (alone,) = by_place(("utility", "效用"), 2.0, 2.05, 0.1, of, unit="%")
    assert (alone.name, alone.name_zh, alone.group, alone.unit) == ("utility", "效用", ("", ""), "%")
    with pytest.raises(ValueError, match="broadcast"):
        by_place(("people", "人口"), [1.0, 2.0], [1.0, 2.0, 3.0], 0.1, of)
