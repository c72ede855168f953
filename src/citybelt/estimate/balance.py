"""Make a table meet known totals while staying as close as possible to a prior one.

Every routine here is the same projection: among all tables that meet the totals, the one with the least
relative entropy ``sum x log(x / prior) - x + prior`` to the prior (Deming and Stephan 1940; Csiszar 1975).
Its solution multiplies the prior by one factor per total, so a cell that is zero stays zero. The usual
iterative scaling stalls near 1e-11 on gravity priors; the dual is smooth and convex, so it is solved by
Newton's method instead, which ends at rounding error in a few steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from threadpoolctl import ThreadpoolController

from citybelt.errors import InputError, NotSolvedError, Problem

#: Largest relative deviation from a total that counts as balanced.
TOLERANCE = 1e-12
#: What is accepted when rounding keeps a badly scaled problem from reaching `TOLERANCE`.
ACCEPTED = 1e-9
#: Runs a function with linear algebra on one thread: systems of a few hundred unknowns gain nothing from two, and
#: where another program holds one of two cores, threads that wait for each other take a hundred times as long.
one_thread = ThreadpoolController().wrap(limits=1, user_api="blas")


@dataclass(frozen=True)
class Total:
    """A family of totals over the cells of a table.

    ``label`` has the shape of the table: the number of the total that a cell counts in, or -1 for none.
    ``value`` holds the totals, in the unit of the table.
    """

    name: str
    label: np.ndarray
    value: np.ndarray


@one_thread
def biproportional(
    log_prior: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    start: np.ndarray | None = None,
    sweeps: int = 20,
    steps: int = 60,
) -> tuple[np.ndarray, np.ndarray]:
    """Balance a batch of matrices to their row and column sums.

    ``log_prior`` [J, N, M] is the logarithm of the prior (-inf where a cell stays zero), ``rows`` [J, N]
    and ``columns`` [J, M] the sums to meet (equal totals within each matrix, checked to 1e-9).
    ``start`` [J, M] holds column factors in logs to begin from.

    Returns ``(table [J, N, M], log_factor [J, M])``; the row factors follow in closed form from the
    column factors, so these alone rebuild the table (pass them as ``start``).

    Raises `InputError` for negative or unequal sums, `NotSolvedError` where no table meets them.

    Source: the dual is the semi-discrete form in Peyre and Cuturi (2019), section 4; ``log_factor`` is
    found by `sweeps` of iterative scaling, then damped Newton steps on the convex dual.
    """
    _check_sums(rows, columns)
    rows, columns = np.asarray(rows, float), np.asarray(columns, float)
    columns = (
        columns * np.divide(rows.sum(1), columns.sum(1), out=np.ones(len(rows)), where=columns.sum(1) > 0)[:, None]
    )
    live_row, live_column = rows > 0, columns > 0
    log_prior = np.where(live_row[:, :, None] & live_column[:, None, :], log_prior, -np.inf)
    size = rows.sum(axis=1)
    factor = np.zeros(columns.shape) if start is None else np.array(start, float)
    factor[~live_column] = 0.0

    def fill(factor):
        """The table that meets the rows for given column factors, and the dual's value per matrix."""
        score = log_prior + factor[:, None, :]
        top = _max(score, axis=2)
        weight = np.exp(score - top[:, :, None])
        mass = weight.sum(axis=2)
        _check_support(mass, live_row, "row")
        scale = np.divide(rows, mass, out=np.zeros_like(rows), where=mass > 0)
        table = weight * scale[:, :, None]
        log_mass = top + np.log(np.where(mass > 0, mass, 1.0))
        dual = (rows * log_mass).sum(axis=1) - (columns * factor).sum(axis=1)
        return table, dual

    def deviation(table):
        gap = np.abs(table.sum(axis=1) - columns)
        return np.divide(gap, columns, out=np.zeros_like(gap), where=live_column).max(axis=1, initial=0.0)

    table, dual = fill(factor)
    worst = deviation(table)
    if start is None:
        for _ in range(sweeps):
            sums = table.sum(axis=1)
            _check_support(sums, live_column, "column")
            factor = factor + np.log(np.divide(columns, sums, out=np.ones_like(sums), where=live_column))
            table, dual = fill(factor)
        worst = deviation(table)

    stuck = np.zeros(len(size), bool)
    for _ in range(steps):
        todo = np.flatnonzero((worst > TOLERANCE) & ~stuck)
        if not len(todo):
            break
        step = np.zeros_like(factor)
        step[todo] = _newton_step(table[todo], rows[todo], columns[todo], live_column[todo])
        slope = (step * (table.sum(axis=1) - columns)).sum(axis=1)
        length = np.minimum(1.0, 5.0 / np.maximum(np.abs(step).max(axis=1), 1e-300))
        for _ in range(40):
            trial, trial_dual = fill(factor + length[:, None] * step)
            trial_worst = deviation(trial)
            # Near the end the dual no longer moves within rounding: then a smaller deviation decides.
            good = (trial_dual <= dual + 1e-4 * length * slope) | (trial_worst < worst)
            if good[todo].all():
                break
            length = np.where(good, length, length / 2)
        stuck[todo] = ~good[todo] | ((trial_worst >= worst) & (worst < ACCEPTED))[todo]
        take = good & ~stuck
        factor = np.where(take[:, None], factor + length[:, None] * step, factor)
        table = np.where(take[:, None, None], trial, table)
        dual, worst = np.where(take, trial_dual, dual), np.where(take, trial_worst, worst)
    if (worst > ACCEPTED).any():
        j = int(worst.argmax())
        gap = np.abs(table[j].sum(axis=0) - columns[j])
        n = int((gap / np.where(live_column[j], columns[j], np.inf)).argmax())
        raise NotSolvedError(
            f"balancing: matrix {j} misses the sum of column {n} by {worst[j]:.1e}: no table with these zeros"
            " meets the sums, or the sums are many orders of magnitude apart."
        )
    return table, factor


@one_thread
def project(
    log_prior: np.ndarray,
    rows: np.ndarray,
    totals: Sequence[Total],
    start: np.ndarray | None = None,
    steps: int = 100,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Split each row over its cells so that families of totals are met.

    ``log_prior`` [R, C] is the logarithm of the prior, ``rows`` [R] the sum of each row (met exactly),
    ``totals`` further totals over cells of the same shape. A cell may count in one total of each family.
    Given the factors of the totals a row is a multinomial logit, so the only unknowns are those factors.

    Returns ``(table [R, C], log_factors, steps taken)``; the factors, one for each total in the order
    given, rebuild the table when passed as ``start``.

    Raises `NotSolvedError` naming the total that is missed most when no table meets them all.
    """
    labels = [np.asarray(t.label).ravel() for t in totals]
    value = np.concatenate([np.asarray(t.value, float) for t in totals])
    name = [f"{t.name} {k}" for t in totals for k in range(len(t.value))]
    offset = np.cumsum([0] + [len(t.value) for t in totals])
    cell = [np.flatnonzero((label >= 0) & np.isfinite(log_prior.ravel())) for label in labels]
    member = sp.csr_matrix(
        (
            np.ones(sum(map(len, cell))),
            (
                np.concatenate([label[c] + o for label, c, o in zip(labels, cell, offset, strict=False)]),
                np.concatenate(cell),
            ),
        ),
        shape=(len(value), log_prior.size),
    )
    live = value > 0
    unreachable = live & (np.asarray(member.sum(axis=1)).ravel() == 0)
    if unreachable.any():
        where = ", ".join(name[k] for k in np.flatnonzero(unreachable))
        raise NotSolvedError(f"balancing: no cell of the prior can carry the total {where}.")
    row_of = sp.csr_matrix(
        (np.ones(log_prior.size), (np.repeat(np.arange(len(rows)), log_prior.shape[1]), np.arange(log_prior.size))),
        shape=(len(rows), log_prior.size),
    )
    # A total of zero empties its cells; the rest of each row takes their place.
    empty = np.asarray(member[~live].sum(axis=0)).ravel().reshape(log_prior.shape) > 0
    log_prior = np.where(empty, -np.inf, log_prior)
    factor = np.zeros(len(value)) if start is None else np.array(start, float)
    factor[~live] = 0.0
    member, bound = member[live], value[live]
    inverse_rows = np.divide(1.0, rows, out=np.zeros_like(rows), where=rows > 0)

    def fill(factor):
        score = log_prior + (member.T @ factor[live]).reshape(log_prior.shape)
        top = _max(score, axis=1)
        weight = np.exp(score - top[:, None])
        mass = weight.sum(axis=1)
        _check_support(mass[None], (rows > 0)[None], "row")
        table = weight * np.divide(rows, mass, out=np.zeros_like(rows), where=mass > 0)[:, None]
        dual = float((rows * (top + np.log(np.where(mass > 0, mass, 1.0)))).sum() - bound @ factor[live])
        gap = member @ table.ravel() - bound
        return table, dual, gap

    table, dual, gap = fill(factor)
    worst = float(np.max(np.abs(gap) / bound, initial=0.0))
    taken = 0
    while worst > TOLERANCE and taken < steps:
        taken += 1
        weighted = member.multiply(table.ravel()[None, :]).tocsr()
        by_row = weighted @ row_of.T
        curvature = (weighted @ member.T - by_row.multiply(inverse_rows[None, :]) @ by_row.T).toarray()
        scale = 1.0 / np.sqrt(np.maximum(np.diag(curvature), 1e-300))
        reduced = scale[:, None] * curvature * scale[None, :]
        step = np.zeros(len(value))
        # Totals may repeat each other (all provinces add to the nation): the ridge picks one of the solutions.
        reduced[np.diag_indices_from(reduced)] += 1e-11
        step[live] = -scale * np.linalg.solve(reduced, scale * gap)
        length = min(1.0, 5.0 / max(np.abs(step).max(), 1e-300))
        for _ in range(40):
            trial, trial_dual, trial_gap = fill(factor + length * step)
            trial_worst = float(np.max(np.abs(trial_gap) / bound, initial=0.0))
            if trial_dual <= dual + 1e-4 * length * float(step[live] @ gap) or trial_worst < worst:
                break
            length /= 2
        if trial_worst >= worst and worst < ACCEPTED:
            break
        factor, table, dual, gap, worst = factor + length * step, trial, trial_dual, trial_gap, trial_worst
    if worst > ACCEPTED:
        k = int((np.abs(gap) / bound).argmax())
        raise NotSolvedError(
            f"balancing: the total {name[np.flatnonzero(live)[k]]} is {bound[k]:.6g} and the closest table gives"
            f" {bound[k] + gap[k]:.6g}; the totals contradict each other or the rows."
        )
    return table, factor, taken


def _newton_step(table, rows, columns, live):
    """Newton's step on the dual of `biproportional` [J, M] (the last live column of each matrix is fixed)."""
    sums = table.sum(axis=1)
    share = np.divide(table, rows[:, :, None], out=np.zeros_like(table), where=rows[:, :, None] > 0)
    curvature = -np.matmul(table.transpose(0, 2, 1), share)
    index = np.arange(table.shape[2])
    curvature[:, index, index] += np.where(live, sums, 0.0)
    scale = 1.0 / np.sqrt(np.where(live, np.maximum(sums, 1e-300), 1.0))
    curvature *= scale[:, :, None] * scale[:, None, :]
    curvature[:, index, index] += np.where(live, 0.0, 1.0)
    # The factors of rows and columns can be scaled against each other: add that direction so that the
    # matrix is regular (the step along it is zero because gaps add up to zero), and a guard for rounding.
    null = np.where(live, 1 / scale, 0.0)
    null /= np.linalg.norm(null, axis=1, keepdims=True)
    curvature += null[:, :, None] * null[:, None, :]
    curvature[:, index, index] += 1e-14
    gap = np.where(live, sums - columns, 0.0) * scale
    return -scale * np.linalg.solve(curvature, gap[:, :, None])[:, :, 0]


def _max(score, axis):
    top = score.max(axis=axis)
    return np.where(np.isfinite(top), top, 0.0)


def _check_sums(rows, columns):
    problems = []
    for what, sums in (("row", rows), ("column", columns)):
        if not np.isfinite(sums).all() or (sums < 0).any():
            bad = np.argwhere(~np.isfinite(sums) | (sums < 0))[0]
            problems.append(
                Problem(
                    f"matrix {bad[0]}, {what} {bad[1]}", f"the sum is {sums[tuple(bad)]}", "Give sums of zero or more."
                )
            )
    if not problems:
        apart = np.abs(rows.sum(1) - columns.sum(1)) > 1e-9 * np.maximum(rows.sum(1), columns.sum(1))
        for j in np.flatnonzero(apart):
            problems.append(
                Problem(
                    f"matrix {j}",
                    f"rows add up to {rows[j].sum():.10g} and columns to {columns[j].sum():.10g}",
                    "Scale one of them.",
                )
            )
    if problems:
        raise InputError(problems)


def _check_support(mass, live, what):
    if ((mass <= 0) & live).any():
        j, n = np.argwhere((mass <= 0) & live)[0]
        raise NotSolvedError(f"balancing: {what} {n} of matrix {j} has a sum but every cell of its prior is zero.")
