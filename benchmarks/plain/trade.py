r"""Many regions and sectors by one damped loop: prices, spending, wages, rents and people move in turn, once a round.

In changes, for tables given once (``K`` holds base shares times the change of trade cost to the power ``-theta``):

    c = (w^l r^(1-l) / A)^va prod P^g,   P = (sum K c^-theta)^(-1/theta),   X = a I + g' Y,   Y = sales,
    I = labour + portfolio + tariffs + transfer,   w <- w (demand / supply)^damping,   rents and people alike

Everything of [N, J] is kept as [J, N], so that products with ``K`` are one call of a batched product each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.plain.found import Found

TOLERANCE = 1e-10


def of(b: Any, th: Any, z: Any, c: Any, damping: float, rounds: int = 20_000) -> Callable[[], Found]:
    """The loop for the records of the class ``trade``: rents, if any, pooled by weight; people fixed or free."""
    turn = lambda a: np.ascontiguousarray(np.asarray(a, float).T)  # noqa: E731
    (n, j), s = b.shape, b.markets
    va, labour, final = turn(b.va), turn(b.labour_share), turn(b.final_share)
    theta = np.asarray(th.theta)
    inputs = np.asarray(b.input_coef)  # [n, k, j]
    by_input = np.ascontiguousarray(inputs.transpose(0, 2, 1))
    tau0 = np.zeros((j, n, n))
    tau1 = tau0.copy()
    taxed = list(b.flows.taxed)
    tau0[taxed] = np.asarray(b.flows.tariff)
    tau1[taxed] = tau0[taxed] + np.asarray(z.d_tariff)
    log_A, log_d, share0 = turn(z.log_A), np.asarray(z.log_d), np.asarray(b.flows.share)
    wages0, rents0 = np.asarray(b.labour_income).T, np.asarray(b.structure_income).T  # [S, N]
    weight, world = np.asarray(b.pool_weight), wages0.sum() + rents0.sum()
    transfer, income0 = np.asarray(b.transfer + z.d_transfer), np.asarray(b.spending).sum(axis=1)
    people0 = np.asarray(b.people).sum(axis=0) if b.settled else np.ones(n)
    output0, free, built = turn(b.output), c.people == "free", b.built
    makes = output0 > 0
    market = None if s == 1 else np.asarray(b.market)
    if market is not None and not (market == np.arange(j)).all():
        raise ValueError("One market of all sectors, or one of each.")

    def loop() -> Found:
        K = share0 * (np.exp(log_d) * (1 + tau1) / (1 + tau0)) ** -theta[:, None, None]
        net = K / (1 + tau1)
        net_back = np.ascontiguousarray(net.transpose(0, 2, 1))
        w, r, people, log_P = np.zeros((s, n)), np.zeros((s, n)), np.zeros(n), np.zeros((j, n))
        Y, income = output0.copy(), income0.copy()
        for k in range(1, rounds + 1):
            log_v = labour * w + (1 - labour) * r - log_A
            log_c = va * log_v + (inputs @ log_P.T[:, :, None])[:, :, 0].T
            pull = np.exp(-theta[:, None] * log_c)
            reach = (K @ pull[:, :, None])[:, :, 0]
            log_new = -np.log(reach) / theta[:, None]
            X = final * income + (by_input @ Y.T[:, :, None])[:, :, 0].T
            q = X / reach
            Y_new = pull * (net_back @ q[:, :, None])[:, :, 0]
            tariffs = (X - q * (net @ pull[:, :, None])[:, :, 0]).sum(axis=0) if taxed else 0.0
            earned = va * Y_new
            wages = labour * earned if market is not None else (labour * earned).sum(axis=0, keepdims=True)
            rents = (1 - labour) * earned if market is not None else ((1 - labour) * earned).sum(axis=0, keepdims=True)
            scale = world / (wages.sum() + rents.sum())
            income_new = wages.sum(axis=0) + weight * rents.sum() + tariffs + transfer
            gap_w = np.log(scale * wages / wages0) - w - people
            gap_r = np.log(scale * rents / rents0) - r if built else 0.0
            gap_p = 0.0
            if free:
                value = np.log(income_new / income0) - people - (final * log_new).sum(axis=0)
                mean = np.log(people0 @ np.exp(people + value) / people0.sum())
                gap_p = value - mean
            residual = max(
                np.abs(gap_w).max(), np.max(np.abs(gap_r)), np.max(np.abs(gap_p)), np.abs(log_new - log_P).max(),
                np.abs((scale * Y_new - Y)[makes] / Y[makes]).max(), np.abs(income_new / income - 1).max(),
            )  # fmt: skip
            if not np.isfinite(residual):
                raise FloatingPointError("The loop ran away.")
            w, r, people = w + damping * gap_w, r + damping * gap_r, people + damping * gap_p
            log_P, Y, income = log_new, Y_new * scale, income_new
            if residual < TOLERANCE:
                return Found(w.T, float(residual), k)
        raise RuntimeError(f"No rest within {rounds} rounds: {residual:.1e}.")

    return loop
