r"""Where uniqueness is proven: one good, and elasticities that are the same everywhere.

The equilibria of some one-sector economies are systems in which every equation is a sum of powers,

    (U1)  exp( sum_k G[h,k] log xi_k[i] )  =  lambda_h sum_j K_h[i,j] exp( sum_k B[h,k] log xi_k[j] )

over unknowns ``xi`` of places (or origins), with given kernels ``K >= 0`` and any positive factors ``lambda`` that may
depend on the whole solution. Take two solutions, let ``y_h[i]`` be the ratio of their left sides, and
``m_h = max_i log y_h - min_i log y_h``. Ratios of sums are means of ratios of their terms, so that

    (U2)  m  <=  A m,     A = | B G^-1 |    element by element.

If the spectral radius ``rho(A)`` is below one, ``m = 0``. If it is one, ``m = 0`` still if any two rows of a kernel
share a column: a term cannot be at its largest for one place and at its smallest for another, and (U2) is strict
unless ``m = 0``; multiplied by the Perron vector of each group of equations that feed each other it is a
contradiction. Either way all solutions are the same up to the scale of each unknown, and the numeraire and the number
of people set the scales. This is the theorem of Allen, Arkolakis and Li (2024), for constant elasticities, with
ranges of ratios in place of their suprema; it speaks of equilibria in which no place is empty. A doubling of all
prices always gives ``rho >= 1``; so here "proven" means exactly one. Beyond one the theorem says nothing about an
economy (there are geographies with several equilibria, this one need not be among them).

Systems, with ``theta`` the trade elasticity, ``be`` the share of value added, ``K`` trade shares times changes of cost:

*Gravity.*  ``p^(theta+m) = sum K P^theta E'``, ``E' = lambda p^m``, ``P^-theta = sum K p^-theta``; ``rho = 1`` always.

*Trade, people fixed.*  Rents of structures follow wages, ``c = w^be P^(1-be)``, income follows ``w``:

    (U3)  w c^theta = lambda sum_n K P[n]^theta w[n],      P^-theta = sum_i K c[i]^-theta

*Economic geography.*  Free people, or people of one origin with tastes of shape ``nu``; ``lam`` the labour share:

    (U4)  c = (w L^-a)^be P^(1-be),   a = agg - (1-lam);     w L c^theta = lambda sum K P^theta w L;   P^-theta as (U3)
    (U5)  P = lambda w L^b,   b = -(h + congestion + 1/nu)/(1-h),   h = housing share/(1+eta), 1/nu = 0 for free people

(U5) is utility that is equal wherever people are. With ``b`` the spillover on amenities this is Allen and Arkolakis
(2014), and ``rho = 1`` exactly where ``a + b <= 0``. Redding (2016) is the case of ``nu``.

*People of several origins* (Tombe and Zhu 2019), one ``nu``; ``V = w^(1-h) P^(h-1) L^(-h-congestion)``:

    (U6)  L V^-nu = sum_o M[o] N[o]/W[o],      W[o] = sum_n M V^nu;     (U4) beside it

*Commuting.*  ``V = P^alpha Y^k`` up to scale, ``k = (1-alpha)/(1+delta)``, ``Y`` income of residents:

    (U7)  L w^-eps = lambda sum_n M B V^-eps,   Y V^eps = lambda sum_i M w^(1+eps),   w L c^theta = sum K P^theta Y,
          c = w L^-agg,   P^-theta as (U3);       people who keep their residence: F = sum_i M w^eps,
          Y F = sum_i M w^(1+eps),   L w^-eps = sum_n M/F

Everything else has no derivation here, and is not proven: several sectors, input links between them, tariffs,
transfers, pooled rents, nests other than Cobb-Douglas, elasticities or shares of value added that differ by place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse.csgraph import connected_components

from citybelt.engine.solve import Solution

#: A radius within this of one counts as one: rounding in eigenvalues of a matrix of up to five rows.
ROUNDING = 1e-9
#: Amounts below this share of spending count as none.
NONE = 1e-9


class System(NamedTuple):
    """Exponents of (U1), equation by unknown, and the kernel of each equation."""

    unknowns: tuple[str, ...]
    left: np.ndarray  # G
    right: np.ndarray  # B
    kernels: tuple[np.ndarray, ...]

    @property
    def elasticities(self) -> np.ndarray:
        """A of (U2)."""
        return np.abs(self.right @ np.linalg.inv(self.left))


@dataclass(frozen=True)
class Uniqueness:
    """Whether the theorem proves that there is one equilibrium without empty places.

    Attributes:
        proven: whether it does.
        radius: spectral radius of the elasticities; None where no system is derived.
        en, zh: why, in words.
    """

    proven: bool
    radius: float | None
    en: str
    zh: str


def uniqueness(s: Solution) -> Uniqueness:
    """What the theorem says of an economy, read from its data and shock.

    Args:
        s: a solution of any class.
    """
    system = derived(s)
    if not isinstance(system, System):
        return Uniqueness(False, None, *system)
    if abs(np.linalg.det(system.left)) < ROUNDING:
        return Uniqueness(False, None, *SINGULAR)
    radius = float(np.abs(np.linalg.eigvals(system.elasticities)).max())
    if radius > 1.0 + ROUNDING:
        return Uniqueness(
            False, radius,
            f"the spectral radius of its elasticities is {radius:.4g}, above one, where the theorem is silent",
            f"弹性矩阵的谱半径为{radius:.4g}，大于1，定理不适用",
        )  # fmt: skip
    if radius > 1.0 - ROUNDING and not _linked(system):
        return Uniqueness(False, radius, *APART)
    return Uniqueness(
        True, radius,
        f"the spectral radius of its elasticities is {radius:.4g} and places are linked (Allen, Arkolakis and Li 2024)",
        f"弹性矩阵的谱半径为{radius:.4g}，且各地相互联系（Allen、Arkolakis、Li 2024）",
    )  # fmt: skip


def derived(s: Solution) -> System | tuple[str, str]:
    """The system (U1) of an economy; why there is none, in English and Chinese, where it has no derivation."""
    derive = {"gravity": _gravity, "trade": _trade, "commuting": _commuting}.get(s.model.name)
    return derive(s) if derive else MANY_SECTORS


def _linked(system: System) -> bool:
    """Whether each group of equations that feed each other has a kernel any two rows of which share a column."""
    count, group = connected_components(system.elasticities > 0, connection="strong")
    for g in range(count):
        members = np.flatnonzero(group == g)
        inner = system.elasticities[np.ix_(members, members)]
        critical = np.abs(np.linalg.eigvals(inner)).max() > 1.0 - ROUNDING
        if critical and not any(_shared(system.kernels[h]) for h in members):
            return False
    return True


def _shared(kernel: np.ndarray) -> bool:
    there = (kernel > 0).astype(float)
    return bool((there @ there.T > 0).all())


MANY_SECTORS = (
    "the theorem is not derived for economies with many sectors, input links and public accounts",
    "对多部门、有投入产出联系和公共账户的经济，定理没有推导",
)
SINGULAR = (
    "the exponents of its equations can't be inverted, where the theorem is silent",
    "方程的指数矩阵不可逆，定理不适用",
)
APART = (
    "the spectral radius of its elasticities is one, but places are not linked closely enough for the theorem",
    "弹性矩阵的谱半径为1，但各地联系不足，定理不适用",
)


def _because(en: str, zh: str) -> tuple[str, str]:
    return f"the theorem is not derived for economies with {en}", f"对{zh}的经济，定理没有推导"


def _gravity(s: Solution) -> System | tuple[str, str]:
    theta, m = float(s.theory.theta), 1.0 - float(s.closure.conditional)
    kernel = np.asarray(s.base.share[0])
    return System(
        ("p", "P"), np.array([[theta + m, 0], [0, -theta]]), np.array([[m, theta], [-theta, 0]]), (kernel.T, kernel)
    )


def _alike(values: Any) -> bool:
    values = np.asarray(values)
    return bool(np.ptp(values) <= NONE) if values.size else True


def _refused(s: Solution) -> tuple[str, str] | None:
    """What in a trade economy keeps it outside (U3) to (U6), if anything does."""
    b, th, z, c = s.base, s.theory, s.shock, s.closure
    spending = np.asarray(b.spending).sum(axis=1)
    rents = np.stack([np.asarray(b.structure_income).sum(axis=1), np.asarray(b.housing_rents).sum(axis=1)])
    moved = np.asarray(b.rent_stay) + np.asarray(b.rent_pool)
    mobile = b.settled and c.people != "fixed"
    links = (np.asarray(b.va) < 1.0 - NONE).any()
    checks = (
        (b.shape[1] > 1 or b.markets > 1, "several sectors", "多部门"),
        (not hasattr(b.flows, "share"), "this form of geography", "此种空间形式"),
        (_taxed(s), "tariffs", "有关税"),
        (
            bool((np.abs(b.transfer + z.d_transfer) > NONE * spending).any()),
            "transfers between regions",
            "地区间有转移支付",
        ),
        (bool((rents * moved > NONE * spending).any()), "rents that leave residents", "租金不归居民"),
        (not _alike(b.va), "shares of value added that differ by place", "增加值率因地而异"),
        (not _alike(b.va + b.input_coef.sum(axis=2) - 1.0), "costs that do not add up", "成本不闭合"),
        (th.top is not None and links, "a nest that is not Cobb-Douglas", "非柯布-道格拉斯嵌套"),
        (mobile and not _alike(b.labour_share), "labour shares that differ by place", "劳动份额因地而异"),
        (mobile and not _alike(b.housing_share), "housing shares that differ by place", "住房份额因地而异"),
        (mobile and not _alike(th.nu), "elasticities that differ between people", "人群弹性不同"),
        (mobile and c.people == "free" and len(b.people) > 1, "free people of several kinds", "多类自由流动人口"),
    )
    return next((_because(en, zh) for bad, en, zh in checks if bad), None)


def _taxed(s: Solution) -> bool:
    tariff = getattr(s.base.flows, "tariff", np.zeros(0))
    return bool(np.abs(np.asarray(tariff) + np.asarray(s.shock.d_tariff)).max(initial=0.0) > NONE)


def _trade(s: Solution) -> System | tuple[str, str]:
    if refusal := _refused(s):
        return refusal
    b, th = s.base, s.theory
    theta, be, kernel = float(th.theta[0]), float(b.va[0, 0]), np.asarray(b.flows.share[0])
    if not b.settled or s.closure.people == "fixed":
        left = np.array([[1 + theta * be, theta * (1 - be)], [0, -theta]])
        right = np.array([[1, theta], [-theta * be, -theta * (1 - be)]])
        return System(("w", "P"), left, right, (kernel.T, kernel))
    housing = float(b.housing_share[0]) / (1.0 if b.one_land else 1.0 + float(th.eta))
    crowding = float(th.congestion) + housing
    a = float(th.agg[0]) - (1.0 - float(b.labour_share[0, 0]))
    # Rows: sales, price, over w, P, L.
    sales, price = [1 + theta * be, theta * (1 - be), 1 - theta * be * a], [0, -theta, 0]
    bought, drawn = [1, theta, 1], [-theta * be, -theta * (1 - be), theta * be * a]
    if s.closure.people == "choice" and len(b.people) > 1:
        nu, k = float(th.nu[0]), 1.0 - housing
        value = np.array([k, -k, -crowding])
        left = np.array([[*sales, 0], [*price, 0], [*(np.array([0, 0, 1]) - nu * value), 0], [0, 0, 0, 1]])
        right = np.array([[*bought, 0], [*drawn, 0], [0, 0, 0, -1], [*(nu * value), 0]])
        people = np.asarray(b.people)
        return System(("w", "P", "L", "W"), left, right, (kernel.T, kernel, people.T, people))
    if s.closure.people == "choice":
        if not (np.asarray(b.people) > 0).all():
            return _because("places where nobody can live", "有无人可居之地")
        crowding += 1.0 / float(th.nu[0])
    if housing >= 1.0 - NONE:
        return SINGULAR
    # (U5) puts P in terms of w and L.
    into = np.array([[1, 0], [1, -crowding / (1.0 - housing)], [0, 1]])
    return System(("w", "L"), np.array([sales, price]) @ into, np.array([bought, drawn]) @ into, (kernel.T, kernel))


def _commuting(s: Solution) -> System | tuple[str, str]:
    b, th, still = s.base, s.theory, float(s.closure.still)
    if (np.abs(b.transfer) > NONE * b.income).any():
        return _because("transfers between places", "地区间有转移支付")
    if still not in (0.0, 1.0):
        return _because("people of whom some can move", "部分人口可流动")
    eps, theta, agg, alpha = (float(v) for v in (th.eps, th.theta, th.agg, th.alpha))
    k, trade, people = (1 - alpha) / (1 + float(th.delta)), np.asarray(b.share[0]), np.asarray(b.commuters)
    kernels = (people.T, people, trade, trade.T)
    # Rows: workers, income, price, sales, over w, L, Y, P (and F).
    left = np.array([
        [-eps, 1, 0, 0], [0, 0, 1 + eps * k, eps * alpha], [0, 0, 0, -theta], [1 + theta, 1 - theta * agg, 0, 0]
    ])  # fmt: skip
    right = np.array([
        [0, 0, -eps * k, -eps * alpha], [1 + eps, 0, 0, 0], [-theta, theta * agg, 0, 0], [0, 0, 1, theta]
    ])  # fmt: skip
    if not still:
        return System(("w", "L", "Y", "P"), left, right, kernels)
    left[1], right[0] = [0, 0, 1, 0], 0.0
    near = np.array([0.0, 1.0, 0.0, 0.0])[:, None]
    left = np.block([[left, near], [np.zeros((1, 4)), np.ones((1, 1))]])
    right = np.block([[right, -np.eye(4)[:, :1]], [np.array([[eps, 0, 0, 0, 0]])]])
    return System(("w", "L", "Y", "P", "F"), left, right, (*kernels, people))
