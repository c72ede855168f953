r"""Allen and Arkolakis (2014) on a line and on a ring, where their equilibrium is a cosine or one number.

Every place makes one good of its own; substitution between them is ``sigma``, and trade between ``s`` and ``i`` costs
``exp(tau |s-i|)``. Productivity is ``A L^alpha``, amenity ``u L^beta``, people are alike and free, there is no land,
world people and world income are one. The kernel is ``K = exp(-kappa |s-i|)``, ``kappa = (sigma-1) tau``.

Utility ``W = w u L^beta / P`` is the same everywhere, so that prices are ``P = w u L^beta / W``. With
``f = (w u L^beta)^(1-sigma)`` the price index and the sales of a place say

    (L1)  f = W^(1-sigma) K [ (A u)^(sigma-1) L^((alpha+beta)(sigma-1)) f ]
    (L2)  w^sigma L^(1-alpha(sigma-1)) A^(1-sigma) = W^(1-sigma) K [ w^sigma L^(1+beta(sigma-1)) u^(sigma-1) ]

``K`` is symmetric, and then ``f`` in the place of the left side of (L2) solves it as well, up to scale:

    (L3)  w^(2 sigma-1) L^(1-(alpha-beta)(sigma-1)) = constant A^(sigma-1) u^(1-sigma)

Where ``alpha + beta = 0``, (L1) is linear and ``f`` its principal eigenvector; (L3) then gives people and wages:

    (L4)  K [(A u)^(sigma-1) f] = W^(sigma-1) f,     w = L^alpha f^(-1/(sigma-1)) / u,
          L^(1+alpha) = constant A^(sigma-1) u^sigma f^((2 sigma-1)/(sigma-1))

*An even grid*, ``A = u = 1``: places ``j = 1..n`` a step ``h`` apart, ``r = exp(-kappa h)``. ``K`` is the correlation
of a first-order autoregression, whose inverse is tridiagonal: ``(1-r^2) K^-1`` has ``1+r^2`` on its diagonal, 1 at its
ends, ``-r`` beside. A cosine solves every inner row, and the ends if ``f_0 = r f_1``:

    (L5)  f_j = cos(t (j - (n+1)/2)),   cos(t (n+1)/2) = r cos(t (n-1)/2),   W^(sigma-1) = (1-r^2)/(1 - 2 r cos t + r^2)

with ``t`` the root between 0 and ``pi/(n+1)``. *The continuum*, a line from -1/2 to 1/2: differentiating (L1) twice,
``f'' = (kappa^2 - 2 kappa W^(1-sigma)) f``, at the ends ``f' = -+ kappa f``, so

    (L6)  f = cos(omega s),   omega tan(omega/2) = kappa,   W^(sigma-1) = 2 kappa / (kappa^2 + omega^2)

A grid of midpoints, each place for a stretch ``h`` of the line, comes near it with ``h^2``: ``L/h`` is the density, and
``h W^(sigma-1)`` is the continuum's. *A ring* of equal places, any alpha and beta:

    (L7)  L = 1/n,   W = n^-(alpha+beta) ( sum over places of exp(-kappa steps) )^(1/(sigma-1))

Elsewhere, with alpha + beta not zero and ``A, u`` drawn with a seed, the expected values are those of the class's
second route: nested loops in levels.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from citybelt.replicate.even import Levels, Places, levels, records
from citybelt.replicate.result import Figure, by_place

NAME = "allen_arkolakis_2014"
TITLE = (
    "Trade and spillovers on a line: Allen and Arkolakis (2014) against closed forms",
    "直线上的贸易与外溢：Allen与Arkolakis（2014）与闭式解对照",
)
FILES: tuple[str, ...] = ()
ORIGIN = ""

SEED, N = 2014, 24
#: sigma, tau, alpha of lines with beta = -alpha.
LINES = ((5.0, 1.0, 0.0), (5.0, 1.0, 0.1), (9.0, 0.5, 0.2), (5.0, 2.0, -0.05))
#: The same with beta of its own.
SPILLOVERS = (5.0, 1.0, 0.1, -0.3)
REFINED = (N, 2 * N, 4 * N)
#: Of logarithms. The solver stops at a residual of 1e-10.
EXACT = 1e-9
#: Of an order of convergence at finite steps, and of limits extrapolated from them.
ORDER, LIMIT = 0.02, 1e-7


def figures(folder: Path | None = None) -> list[Figure]:
    """People, wages and welfare on grids, in the continuum, on a ring, and by the second route."""
    found = []
    for sigma, tau, alpha in LINES:
        name = f"sigma {sigma:g}, tau {tau:g}, alpha {alpha:g}, beta {0.0 - alpha:g}"
        of = (f"even grid, discrete cosine (L5): {name}", f"等距格点，离散余弦(L5)：{name}")
        found += _compared(grid(N, sigma, tau, alpha), levels(line(N, sigma, tau, alpha)), of)
    return found + _continuum(*LINES[1]) + _uneven(*LINES[1]) + _ring(*SPILLOVERS) + _by_loops(*SPILLOVERS)


class Exact(NamedTuple):
    """People and wages [N], and utility."""

    people: np.ndarray
    wage: np.ndarray
    welfare: float


def line(n: int, sigma: float, tau: float, alpha: float, beta: float | None = None) -> Places:
    """Equal places at the midpoints of ``n`` stretches of a line of length one; beta is ``-alpha`` if None."""
    at = (np.arange(n) + 0.5) / n
    cost = np.exp(tau * np.abs(at[:, None] - at))
    return Places(cost, theta=sigma - 1.0, agg=alpha, congestion=alpha if beta is None else -beta)


def grid(n: int, sigma: float, tau: float, alpha: float) -> Exact:
    """(L5)."""
    from scipy.optimize import brentq

    r = np.exp(-(sigma - 1.0) * tau / n)
    ends = lambda t: np.cos(t * (n + 1) / 2) - r * np.cos(t * (n - 1) / 2)  # noqa: E731
    t = brentq(ends, 0.0, np.pi / (n + 1), xtol=1e-16, rtol=1e-15)
    f = np.cos(t * (np.arange(n) - (n - 1) / 2))
    root = (1.0 - r**2) / (1.0 - 2.0 * r * np.cos(t) + r**2)
    return from_eigenvector(f, root, sigma, alpha)


class Middle(NamedTuple):
    """What grids of any fineness can be compared in: shares of the middle half of the line, and utility."""

    people: float
    income: float
    log_welfare: float


def continuum(sigma: float, tau: float, alpha: float) -> Middle:
    """(L6), the density of people and income integrated over the middle half."""
    from scipy.integrate import quad
    from scipy.optimize import brentq

    kappa = (sigma - 1.0) * tau
    ends = lambda o: o * np.sin(o / 2) - kappa * np.cos(o / 2)  # noqa: E731
    omega = brentq(ends, 0.0, np.pi, xtol=1e-16, rtol=1e-15)
    power = (2.0 * sigma - 1.0) / ((sigma - 1.0) * (1.0 + alpha))
    shares = []
    # Powers of cos(omega s) that people, and income, are by (L4).
    for p in (power, power * (1.0 + alpha) - 1.0 / (sigma - 1.0)):
        of = lambda end, p=p: quad(lambda s: np.cos(omega * s) ** p, 0.0, end, epsabs=1e-14, epsrel=1e-13)[0]  # noqa: E731
        shares.append(of(0.25) / of(0.5))
    return Middle(shares[0], shares[1], float(np.log(2.0 * kappa / (kappa**2 + omega**2)) / (sigma - 1.0)))


def middle(found: Levels, sigma: float) -> Middle:
    """The same of a grid of a number of places that four divides."""
    n = len(found.people)
    half = slice(n // 4, n - n // 4)
    income = found.wage * found.people
    return Middle(
        float(found.people[half].sum()), float(income[half].sum()), found.log_welfare - np.log(n) / (sigma - 1.0)
    )


def from_eigenvector(
    f: np.ndarray, root: float, sigma: float, alpha: float, A: ArrayLike = 1.0, u: ArrayLike = 1.0
) -> Exact:
    """(L4), world people and world income one."""
    people, wage, _ = _shape(f, sigma, alpha, A, u)
    scale = people.sum()
    people = people / scale
    return Exact(people, wage / (wage @ people), float(root ** (1.0 / (sigma - 1.0))))


def _shape(f: np.ndarray, sigma: float, alpha: float, A: ArrayLike = 1.0, u: ArrayLike = 1.0) -> Exact:
    """(L4) up to scale."""
    A, u = np.asarray(A, float), np.asarray(u, float)
    power = (2.0 * sigma - 1.0) / (sigma - 1.0)
    people = (A ** (sigma - 1.0) * u**sigma * f**power) ** (1.0 / (1.0 + alpha))
    return Exact(people, people**alpha * f ** (-1.0 / (sigma - 1.0)) / u, 1.0)


def _compared(exact: Exact, found: Levels, of: tuple[str, str]) -> list[Figure]:
    return [
        *by_place(("People, log", "人口（对数）"), np.log(exact.people), np.log(found.people), EXACT, of),
        *by_place(("Wages, log", "工资（对数）"), np.log(exact.wage), np.log(found.wage), EXACT, of),
        *by_place(("Utility, log", "效用（对数）"), np.log(exact.welfare), found.log_welfare, EXACT, of),
    ]


def _continuum(sigma: float, tau: float, alpha: float) -> list[Figure]:
    """(L6): the order at which grids come near it, and the limit of the two finest."""
    exact = np.array(continuum(sigma, tau, alpha))
    coarse, mid, fine = (np.array(middle(levels(line(n, sigma, tau, alpha)), sigma)) for n in REFINED)
    orders = [np.log2((a - exact) / (b - exact)) for a, b in ((coarse, mid), (mid, fine))]
    limit = (4.0 * fine - mid) / 3.0
    names = (
        ("people of the middle half", "中段一半的人口"), ("income of the middle half", "中段一半的收入"),
        ("log utility", "效用（对数）"),
    )  # fmt: skip
    sizes = ", ".join(str(n) for n in REFINED)
    of = (f"continuum, cosine (L6): grids of {sizes} places", f"连续直线，余弦(L6)：{sizes}个格点")
    found = []
    for k, (english, chinese) in enumerate(names):
        for order, n in zip(orders, REFINED[1:], strict=True):
            name = (f"Order of convergence: {english}, {n} places", f"收敛阶：{chinese}，{n}个格点")
            found += by_place(name, 2.0, order[k], ORDER, of)
        found += by_place((f"Limit: {english}", f"极限：{chinese}"), exact[k], limit[k], LIMIT, of)
    return found


def _uneven(sigma: float, tau: float, alpha: float) -> list[Figure]:
    """(L4) with productivity and amenity drawn, the eigenvector by linear algebra."""
    p = drawn(line(N, sigma, tau, alpha))
    A, u = np.asarray(p.A), np.asarray(p.B)
    weight = (A * u) ** ((sigma - 1.0) / 2.0)
    roots, vectors = np.linalg.eigh(weight[:, None] * p.cost ** (1.0 - sigma) * weight)
    f = np.abs(vectors[:, -1]) / weight
    of = ("uneven line, alpha + beta = 0, eigenvector (L4)", "不均匀直线，alpha + beta = 0，特征向量(L4)")
    return _compared(from_eigenvector(f, float(roots[-1]), sigma, alpha, A, u), levels(p), of)


def _ring(sigma: float, tau: float, alpha: float, beta: float) -> list[Figure]:
    """(L7), a ring as long as the line."""
    away = np.abs(np.arange(N)[:, None] - np.arange(N))
    steps = np.minimum(away, N - away)
    r, half = np.exp(-(sigma - 1.0) * tau / N), N // 2  # N is even: one place is opposite
    reach = 1.0 + 2.0 * r * (1.0 - r ** (half - 1)) / (1.0 - r) + r**half
    welfare = N ** -(alpha + beta) * reach ** (1.0 / (sigma - 1.0))
    ring = replace(line(N, sigma, tau, alpha, beta), cost=np.exp(tau * steps / N))
    of = ("ring of equal places (L7)", "相同地点构成的环(L7)")
    return _compared(Exact(np.full(N, 1.0 / N), np.ones(N), welfare), levels(ring), of)


def _by_loops(sigma: float, tau: float, alpha: float, beta: float) -> list[Figure]:
    """Any alpha and beta against nested loops in levels."""
    from citybelt.model.check import trade as check

    p = drawn(line(N, sigma, tau, alpha, beta))
    base, theory, shock, closure = records(p)
    loops = check.equilibrium(base, theory, shock, closure)
    # Utility is change from the even world, the same for both routes; the second has it as the value of any place.
    found = levels(p)
    exact = Exact(loops.persons.sum(axis=(0, 2)), loops.wage[:, 0], float(loops.value[0, 0]))
    even = float(np.asarray(base.own)[0, 0]) ** (-1.0 / (sigma - 1.0)) * N ** -(alpha + beta)
    of = (
        f"uneven line, alpha {alpha:g}, beta {beta:g}, second route",
        f"不均匀直线，alpha {alpha:g}，beta {beta:g}，第二种算法",
    )
    return _compared(exact._replace(welfare=exact.welfare * even), found, of)


def drawn(p: Places) -> Places:
    """The same places with productivity and amenity drawn with the seed."""
    draw = np.random.default_rng(SEED)
    n = len(p.cost)
    return replace(p, A=draw.lognormal(0, 0.1, n), B=draw.lognormal(0, 0.1, n))
