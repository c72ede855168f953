r"""What a set of whole projects can bring at most, forecast from a few equilibria: a mixed-integer linear program.

Outcomes are close to linear in responses and payments, and a whole project's are exactly linear in whether it is
built, ``x_l`` in {0, 1}. With ``a_l = |x_l - x0_l|``, one where the set departs from that of a centre, a row is
forecast as

    O_r = O_r(0) + sum_l a_l (F_rl + h_rl) + sum_j S_rj (s_j(v_j) - s_j0) + C_rj (c_j(v_j) - c_j0) + V_rj (v_j - v_j0)
    h_rl = sum_m I_rlm a_m / 2 + sum_j dS_rlj (s_j(v_j) - s_j0) + dC_rlj (c_j(v_j) - c_j0)             (W1)

where ``F_rl`` is what the row does if project l alone is turned round, ``I`` how two projects help or hinder each
other, and ``dS, dC`` how a project changes what the other levers j bring. A linear forecast has ``F`` by slopes and
no ``h``; a bent one takes ``F`` from one equilibrium a project and ``h`` from the exact gradients there. Every
forecast is raised by the most by which any equilibrium at hand was better than it said,

    e_r = max over equilibria of (O_r - forecast_r)+                                                   (W2)

and the program maximises the smallest goal under all forecasts so raised. A linear row is left out once it was beaten
by more than the bent one: where projects help each other it would cut off sets that nobody has looked at. ``a_l h_rl``
is written exactly by two inequalities, curves of other levers by points on them, of which any mix may be taken, plus
the most by which the curve is above its chords. Sources: Duran and Grossmann (1986) for outer approximation; Geoffrion
(1972) for its decomposition; Glover (1975) for products with a binary number. HiGHS solves the program (Huangfu and
Hall 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from citybelt.errors import NotSolvedError

#: Points on the curve of a lever.
POINTS = 25
#: Points between two of them at which the curve is held against its chord.
BETWEEN = 4
#: What HiGHS may violate a row by, in parts of its largest coefficient, and a margin.
SLACK = 4e-6


class Ask(NamedTuple):
    """A row that counts: of the goal (no value), or of a bound."""

    row: int
    sign: float
    value: float | None


class Menu(NamedTuple):
    """Levers as curves.

    Attributes:
        choose: [N] levers that are whole projects; free: [C] levers that are not and may move.
        ends: [2, 3, N] value, response and payment of projects left out and built.
        points: [C, K, 3] the same of free levers, along their curves; finer: [C, K', 3] more closely.
    """

    choose: np.ndarray
    free: np.ndarray
    ends: np.ndarray
    points: np.ndarray
    finer: np.ndarray

    @classmethod
    def of(
        cls, curves, choose: np.ndarray, free: np.ndarray, low: np.ndarray, high: np.ndarray, at: np.ndarray
    ) -> Menu:
        """Curves between ``low`` and ``high`` [L], with a point at ``at`` [L]; ``curves(values) -> [L], [L]``."""

        def along(parts: np.ndarray) -> np.ndarray:  # [K, L] values -> [C, K, 3]
            found = [np.stack([v, *(np.asarray(part) for part in curves(v))], axis=1)[free] for v in parts]
            return np.stack(found, axis=1) if len(free) else np.zeros((0, len(parts), 3))

        steps = np.linspace(0.0, 1.0, POINTS - 1) ** 1.5  # closer where curves bend most
        grid = np.sort(np.vstack([low + (high - low) * steps[:, None], np.clip(at, low, high)]), axis=0)
        parts = np.arange(BETWEEN) / BETWEEN
        fine = (grid[:-1, None] + np.diff(grid, axis=0)[:, None] * parts[:, None]).reshape(-1, len(low))
        ends = np.stack([np.stack([v, *(np.asarray(a) for a in curves(v))])[:, choose] for v in (low * 0, high)])
        return cls(choose, free, ends, along(grid), along(np.vstack([fine, grid[-1:]])))


@dataclass
class Forecast:
    """(W1) of all asks [R] around a centre.

    Attributes:
        built: [N] share in which each project is built at the centre, 0 or 1 for a bent forecast.
        base: [R]; at: [L, 3] value, response and payment of every lever there; slope: [R, L, 3] to them.
        turn: [R, N] what each project does, turned round (bent) or per share (linear).
        pair: [R, N, N], cross: [R, N, C, 3]: (W1)'s I, and dS and dC (with a zero for values); None where linear.
        over: [R] (W2), in the direction of the ask; used: [R] whether the program takes the row.
    """

    built: np.ndarray
    base: np.ndarray
    at: np.ndarray
    slope: np.ndarray
    turn: np.ndarray
    pair: np.ndarray | None
    cross: np.ndarray | None
    over: np.ndarray
    used: np.ndarray

    def away(self, x: np.ndarray) -> np.ndarray:
        """[N] how far a set is from the centre's: (W1)'s ``a``; with a sign where the forecast is linear."""
        return x - self.built if self.pair is None else np.abs(x - self.built)

    def rows(self, menu: Menu, x: np.ndarray, here: np.ndarray) -> np.ndarray:
        """[R] the forecast at a set [N] and a mix [L, 3]."""
        a, moved = self.away(x), here[menu.free] - self.at[menu.free]
        found = self.base + self.turn @ a + np.einsum("rjk,jk->r", self.slope[:, menu.free], moved)
        if self.pair is None or self.cross is None:
            return found
        found = found + np.einsum("l,rlm,m->r", a, self.pair, a) / 2.0
        return found + np.einsum("l,rljk,jk->r", a, self.cross, moved)


def linear(menu: Menu, asks: Sequence[Ask], x: Any, here: np.ndarray, straight: np.ndarray) -> Forecast:
    """The linear forecast at a point with slopes; NaN for asks whose slopes the point lacks.

    Args:
        here: [L, 3] value, response and payment; straight: [M, L] slopes of rows to values themselves.
    """
    rows = [a.row for a in asks]
    slope = np.stack([straight[rows], x.response_slope[rows], x.payment_slope[rows]], axis=2)
    off, on = menu.ends
    way = (on - off).T  # [N, 3]
    share = np.linalg.norm(here[menu.choose] - off.T, axis=1) / np.linalg.norm(way, axis=1)
    # Responses and payments of a project that is built in part are not in proportion: what is missing goes to the base.
    bent = here[menu.choose] - off.T - share[:, None] * way
    base = x.outcomes[rows] - np.einsum("rlk,lk->r", slope[:, menu.choose], bent)
    turn = np.einsum("rlk,lk->rl", slope[:, menu.choose], way)
    return Forecast(share, base, here, slope, turn, None, None, np.zeros(len(rows)), np.isfinite(turn).all(axis=1))


def bent(menu: Menu, asks: Sequence[Ask], centre: Forecast, turned: Sequence[Any]) -> Forecast:
    """The bent forecast of a centre with whole projects, from points at which one project each is turned round.

    Args:
        centre: the linear forecast there.
        turned: [N] points with slopes of all asks, None where one could not be solved.
    """
    rows = [a.row for a in asks]
    built = np.round(centre.built)
    way = np.where(built > 0.5, -1.0, 1.0) * (menu.ends[1] - menu.ends[0])  # [3, N]
    n = len(turned)
    turn = centre.turn * np.where(built > 0.5, -1.0, 1.0)
    pair, cross = np.zeros((len(rows), n, n)), np.zeros((len(rows), n, len(menu.free), 3))
    for l, x in enumerate(turned):
        if x is None:
            continue
        turn[:, l] = x.outcomes[rows] - centre.base
        change = np.stack([x.response_slope[rows], x.payment_slope[rows]], axis=2) - centre.slope[:, :, 1:]
        pair[:, l] = np.einsum("rmk,km->rm", change[:, menu.choose], way[1:])
        cross[:, l, :, 1:] = change[:, menu.free]
    known = np.array([x is not None for x in turned])
    both = known[:, None] & known
    # Where one of two was not solved, the other's gradient alone says how they go together.
    pair = np.where(both, (pair + pair.swapaxes(1, 2)) / 2.0, pair + pair.swapaxes(1, 2))
    pair[:, range(n), range(n)] = 0.0
    over, used = np.zeros(len(rows)), np.isfinite(turn).all(axis=1)
    return Forecast(built, centre.base, centre.at, centre.slope, turn, pair, cross, over, used)


def measure(menu: Menu, asks: Sequence[Ask], f: Forecast, x: np.ndarray, here: np.ndarray, found: np.ndarray) -> None:
    """(W2) Raise a forecast to an equilibrium: its set [N], mix [L, 3] and rows [M]."""
    sign = np.array([a.sign for a in asks])
    more = sign * (found[[a.row for a in asks]] - f.rows(menu, x, here))
    f.over = np.fmax(f.over, more)


class Best(NamedTuple):
    """The program's answer: an upper bound of the goal, the set [N], and values of free levers [C]."""

    bound: float
    chosen: np.ndarray
    free: np.ndarray


def best_set(
    menu: Menu,
    asks: Sequence[Ask],
    forecasts: Sequence[Forecast],
    size: float,
    seen: Sequence[np.ndarray] = (),
    held: dict[int, int] | None = None,
    raised: bool = True,
) -> Best | None:
    """The set with the highest goal by all forecasts; None where no set is left.

    Args:
        size: unit of the goal.
        seen: sets [N] that are left out.
        held: projects whose choice is given.
        raised: whether forecasts are raised by their errors.

    Raises:
        NotSolvedError: HiGHS gave up.
    """
    n, (c, k, _) = len(menu.choose), menu.points.shape
    first, width = 1 + n, 1 + n + c * k
    shift = float(np.mean([a.sign * forecasts[0].base[i] for i, a in enumerate(asks) if a.value is None]))
    lines = _lines(menu, asks, forecasts, size, shift, raised)
    if lines is None:
        return None
    for x in seen:
        cut = np.zeros(width)
        cut[1:first] = np.where(x > 0.5, -1.0, 1.0)
        lines.append((cut, 1.0 - float((x > 0.5).sum())))
    columns = max(width, *(len(row) for row, _ in lines))
    A = np.zeros((len(lines) + c, columns))
    low, high = np.full(len(A), -np.inf), np.full(len(A), np.inf)
    for r, (row, least) in enumerate(lines):
        A[r, : len(row)], low[r] = row, least
    for j in range(c):
        A[len(lines) + j, first + j * k : first + (j + 1) * k] = 1.0
        low[len(lines) + j] = high[len(lines) + j] = 1.0
    lower, upper = np.full(columns, -np.inf), np.full(columns, np.inf)
    lower[1:width], upper[1:width] = 0.0, 1.0
    for l, value in (held or {}).items():
        lower[1 + l] = upper[1 + l] = value
    whole, aim = np.zeros(columns), np.zeros(columns)
    whole[1:first], aim[0] = 1, -1.0
    found = milp(
        aim, integrality=whole, bounds=Bounds(lower, upper), constraints=LinearConstraint(A, low, high),
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.status == 2:
        return None
    if found.x is None or found.status not in (0, 1):
        raise NotSolvedError(f"The choice of projects was not solved: {found.message}")
    top = found.fun if found.mip_dual_bound is None else min(found.fun, found.mip_dual_bound)
    mix = found.x[first:width].reshape(c, k)
    values = np.einsum("jk,jk->j", mix, menu.points[:, :, 0])
    return Best(shift - size * top, found.x[1:first] > 0.5, values)


def _lines(menu, asks, forecasts, size, shift, raised) -> list[tuple[np.ndarray, float]] | None:
    """Coefficients that must be at least a number; None where a bound cannot be kept whatever is chosen."""
    width = 1 + len(menu.choose) + menu.points.shape[0] * menu.points.shape[1]
    lines: list[tuple[np.ndarray, float]] = []
    helpers = 0
    for f in forecasts:
        for i, ask in enumerate(asks):
            if not f.used[i]:
                continue
            row, constant, products = _row(menu, f, i, ask.sign)
            slack = _above(menu, f, i, ask.sign) + (f.over[i] if raised else 0.0)
            scale = size if ask.value is None else max(abs(ask.value), 1.0)
            if ask.value is None:
                row[0], least = -size, shift - constant - slack
            else:
                least = ask.sign * ask.value - constant - slack
            unit = float(np.abs(row).max())
            if unit <= 1e-12 * scale:
                if least > SLACK * scale:
                    return None
                continue
            start = width + helpers
            helpers += len(products)
            full = np.zeros(start + len(products))
            full[:width], full[start:] = row, 1.0
            lines.append((full / unit, least / unit - SLACK))
            for m, (l, number, low, high) in enumerate(products):
                # r <= high a  and  r <= h - low (1 - a),  a = way x + off
                way, off = (1.0, 0.0) if f.built[l] < 0.5 else (-1.0, 1.0)
                one, two = np.zeros(start + m + 1), np.zeros(start + m + 1)
                one[1 + l], one[-1] = high * way, -1.0
                two[:width] = number[:-1]
                two[1 + l] += low * way
                two[-1] = -1.0
                lines += [(one, -high * off), (two, low * (1.0 - off) - number[-1])]
    return lines


def _row(menu: Menu, f: Forecast, i: int, sign: float) -> tuple[np.ndarray, float, list]:
    """(W1) of one ask: coefficients of goal, projects and points; the constant; and the products ``a_l h_l``.

    Returns:
        For each product: l, coefficients of ``h_l`` with its constant at the end, its least and its greatest value.
    """
    n, (c, k, _) = len(menu.choose), menu.points.shape
    row = np.zeros(1 + n + c * k)
    moved = menu.points - f.at[menu.free][:, None]
    row[1 + n :] = sign * np.einsum("jk,jpk->jp", f.slope[i, menu.free], moved).ravel()
    # a = x - built where linear, x or 1 - x where bent.
    pair, cross = f.pair, f.cross
    way = np.where((pair is not None) & (f.built > 0.5), -1.0, 1.0)
    from_ = -f.built if pair is None else f.built
    row[1 : 1 + n] = sign * f.turn[i] * way
    constant = sign * (f.base[i] + f.turn[i] @ from_)
    products: list = []
    if pair is None or cross is None:
        return row, constant, products
    least = 1e-9 * max(float(np.abs(f.turn[i]).max(initial=0.0)), 1e-300)
    for l in range(n):
        number = np.zeros(len(row) + 1)
        half = sign * pair[i, l] / 2.0
        number[1 : 1 + n] = half * way
        number[-1] = half @ from_
        each = sign * np.einsum("jk,jpk->jp", cross[i, l], moved)
        number[1 + n : -1] = each.ravel()
        low = np.minimum(half, 0.0).sum() + each.min(axis=1, initial=np.inf).sum()
        high = np.maximum(half, 0.0).sum() + each.max(axis=1, initial=-np.inf).sum()
        if max(-low, high) > least:
            products.append((l, number, float(low), float(high)))
    return row, constant, products


def _above(menu: Menu, f: Forecast, i: int, sign: float) -> float:
    """The most by which the curves of free levers lie above their chords in one ask."""
    if not len(menu.free):
        return 0.0
    chord = np.stack([_between(p, q) for p, q in zip(menu.points, menu.finer, strict=True)])
    gap = menu.finer - chord  # [C, K', 3]
    own = np.einsum("jk,jpk->jp", sign * f.slope[i, menu.free], gap).max(axis=1, initial=0.0).sum()
    if f.cross is None:
        return float(own)
    return float(own + np.einsum("ljk,jpk->ljp", np.abs(f.cross[i]), np.abs(gap)).max(axis=2, initial=0.0).sum())


def _between(points: np.ndarray, finer: np.ndarray) -> np.ndarray:
    """[K', 3] chords of a curve at the values of a finer one."""
    v = points[:, 0]
    return np.stack([finer[:, 0], *(np.interp(finer[:, 0], v, points[:, d]) for d in (1, 2))], axis=1)
