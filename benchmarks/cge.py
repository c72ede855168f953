"""Regions with input links at fixed coefficients, beside cgelab: one region becomes more productive.

cgelab solves social accounting matrices; its regional model has Leontief inputs, Cobb-Douglas households and a constant
elasticity over origins, which is the class ``trade`` with ``top`` and ``materials`` zero. It needs a government,
saving and a rest of the world: each gets a billionth part of an average account, so that both solve the same economy.
Its time is that of ``solve_period`` alone, whose tolerance is its own. `uv sync --group bench` installs it.
"""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks.problem import least
from benchmarks.trade import balanced

SIZES = ((3, 2), (6, 3), (10, 4))
SIGMA = 4.0
TINY = 1e-7


def main(smoke: bool = False) -> None:
    import citybelt

    citybelt.configure()
    try:
        import cgelab
    except ImportError:
        print("cgelab is not installed: uv sync --group bench")
        return
    heads = f"{'passes':>6s} {'its ms':>9s} {'ours':>8s} {'times':>7s} {'apart':>7s}"
    print(f"{'beside cgelab ' + version('cgelab'):34s} {heads}")
    for n, j in SIZES[:1] if smoke else SIZES:
        trade, va, inputs = balanced(n, j)
        trade = trade * (100 * n * j / trade.sum())
        s, ours = _ours(trade, va, inputs, smoke)
        theirs, wages = _theirs(cgelab, trade, va, inputs)
        log_w = np.asarray(s.state.wage)[:, 0]
        apart = np.abs(np.log(wages / wages[0]) - (log_w - log_w[0])).max()
        name = f"{n} regions x {j} sectors"
        print(
            f"{name:34s} {s.passes:6d} {1e3 * theirs:9.0f} {1e3 * ours:8.2f} {theirs / ours:7.0f} {apart:7.0e}",
            flush=True,
        )


def _ours(trade: np.ndarray, va: np.ndarray, inputs: np.ndarray, smoke: bool) -> tuple[Any, float]:
    from citybelt.engine.solve import solve
    from citybelt.model.trade import TRADE
    from citybelt.model.trade_accounts import Closure, Shock
    from citybelt.model.trade_calibrate import calibrate, theory

    b = calibrate(trade, va, inputs)
    th = theory(b, SIGMA - 1.0, top=0.0, materials=0.0)
    log_T = np.zeros(b.shape)
    log_T[0] = np.log(1.1)
    z = Shock.zeros(b).replace(log_T=log_T)
    work = lambda: solve(TRADE, b, th, z, Closure())  # noqa: E731
    return work().require(), least(work, smoke)


def _theirs(cge: Any, trade: np.ndarray, va: np.ndarray, inputs: np.ndarray) -> tuple[float, np.ndarray]:
    """Least seconds of two solves, and wages."""
    (n, j), made = va.shape, np.ones(va.size)
    made[:j] = 1.1
    economy = cge.calibrate(_matrix(cge, trade, va, inputs), _spec(cge, n, j))
    scenario, seconds = cge.Scenario(name="productivity", productivity=made), []
    for _ in range(2):
        begin = time.perf_counter()
        found = cge.solve_period(economy, scenario=scenario)
        seconds.append(time.perf_counter() - begin)
    prices = found.factor_prices
    return min(seconds), np.array([prices[f"r{r}:lab"] if hasattr(prices, "keys") else prices[r] for r in range(n)])


def _matrix(cge: Any, trade: np.ndarray, va: np.ndarray, inputs: np.ndarray) -> Any:
    import pandas as pd

    n, j = va.shape
    use, output = trade.sum(axis=2).T, trade.sum(axis=1).T
    share, final = trade / use.T[:, :, None], use - np.einsum("nkj,nk->nj", inputs, output)
    rows: list[tuple[str, str, float]] = [
        ("gov", "r0:lab", TINY), ("r0:c0", "gov", TINY), ("s_i", "r0:hh", TINY), ("r0:c0", "s_i", TINY),
    ]  # fmt: skip
    for r in range(n):
        rows += [
            (f"r{r}:hh", f"r{r}:lab", (va * output)[r].sum()),
            ("row", f"r{r}:c0", TINY),
            (f"r{r}:c0", "row", TINY),
        ]
        for k in range(j):
            rows += [(f"r{r}:lab", f"r{r}:a{k}", va[r, k] * output[r, k]), (f"r{r}:a{k}", f"r{r}:c{k}", output[r, k])]
            for o in range(n):
                rows.append((f"r{o}:c{k}", f"r{r}:hh", final[r, k] * share[k, r, o]))
                for i in range(j):
                    rows.append((f"r{o}:c{i}", f"r{r}:a{k}", inputs[r, k, i] * output[r, k] * share[i, r, o]))
    return cge.SAM.from_long(pd.DataFrame(rows, columns=["row", "col", "value"]), name="regions")


def _spec(cge: Any, n: int, j: int) -> Any:
    each = lambda kind: [f"r{r}:{kind}{k}" for r in range(n) for k in range(j)]  # noqa: E731
    return cge.ModelSpec(
        regions=tuple(f"r{r}" for r in range(n)), activities=each("a"), commodities=each("c"),
        households=[f"r{r}:hh" for r in range(n)], factors=tuple(f"r{r}:lab" for r in range(n)),
        numeraire_factor="r0:lab", government="gov", investment="s_i", rest_of_world="row", sigma_va=1.0,
        sigma_armington=2.0, sigma_interregional=SIGMA, margins=False,
    )  # fmt: skip
