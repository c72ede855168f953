r"""Exchange of endowments by one damped loop, in changes:  p^theta moves with sales over output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.plain.found import Found

TOLERANCE = 1e-10


def of(b: Any, th: Any, z: Any, damping: float, rounds: int = 100_000) -> Callable[[], Found]:
    """The loop for the records of the class ``gravity``, full equilibrium; ``wages`` are prices."""
    share, output, spending, theta = (
        np.asarray(b.share)[0],
        np.asarray(b.output),
        np.asarray(b.spending),
        float(th.theta),
    )
    log_d = np.asarray(z.log_d)

    def loop() -> Found:
        kernel, ratio, p = share * np.exp(-theta * log_d), spending / output, np.ones(len(output))
        for k in range(1, rounds + 1):
            earned = p * output
            spent = ratio * earned
            spent *= earned.sum() / spent.sum()
            pull = p**-theta
            sales = pull * ((spent / (kernel @ pull)) @ kernel)
            residual = np.abs(sales / earned - 1).max()
            if residual < TOLERANCE:
                return Found(np.log(p), float(residual), k)
            p = p * (sales / earned) ** damping
            p *= output.sum() / (p @ output)
        raise RuntimeError(f"No rest within {rounds} rounds: {residual:.1e}.")

    return loop
