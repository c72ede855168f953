"""Structural gravity with endowments: 30 countries and a trade agreement of two 20 ms; beside gegravity, and swept over
size on random tables.

gegravity solves the conditional equilibrium, and only that is compared with it: `uv sync --group bench` installs it.
Its time is that of ``build_baseline`` and of ``simulate``, which solves the resistances anew and makes its tables of
results too; ours is that of the inversion and of the solve.
"""

from __future__ import annotations

import time
import warnings
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.problem import Problem, case, least, race

SEED = 2018
SIZES = (30, 60, 120, 240)
DAMPING = 0.3


def main(smoke: bool = False) -> None:
    import citybelt

    citybelt.configure()
    race(problems(smoke), smoke)
    folder = None if smoke else case("gravity_can_jpn")
    if folder is not None:
        _beside_gegravity(folder)


def problems(smoke: bool = False) -> list[Problem]:
    """The published agreement where its file is, and random tables."""
    folder = None if smoke else case("gravity_can_jpn")
    published = [] if folder is None else [_problem("Canada and Japan, 30 countries", *_published(folder)[:2], 5.0)]
    return published + [_problem(f"synthetic {n}", *_synthetic(n), 5.0) for n in (SIZES[:1] if smoke else SIZES)]


def _problem(name: str, flows: np.ndarray, log_d: np.ndarray, sigma: float) -> Problem:
    import jax.numpy as jnp

    from benchmarks.plain.gravity import of
    from citybelt.model import gravity

    b, th = gravity.base_year(flows), gravity.theory(sigma)
    n = len(flows)
    z = gravity.Shock(jnp.asarray(log_d), jnp.zeros(n), jnp.zeros(n))
    parts = (gravity.GRAVITY, b, th, z, gravity.Closure())
    return Problem(name, parts, of(b, th, z, DAMPING), lambda s: np.asarray(s.state.price), 16 * n * n)


def _published(folder: Path) -> tuple[np.ndarray, np.ndarray, tuple]:
    """Fitted flows by buyer and seller, the change of log trade cost, and what the baseline is found from."""
    from citybelt.model import invert
    from citybelt.replicate import gravity_can_jpn as m

    names, factor, output, spending = m._read(folder / m.FILES[0])
    share = invert.attraction(factor, spending, output).share
    can, jpn = names.index("CAN"), names.index("JPN")
    log_d = np.zeros(factor.shape)
    log_d[can, jpn] = log_d[jpn, can] = -m.PTA / (m.SIGMA - 1)
    return share * (spending * output.sum() / spending.sum())[:, None], log_d, (factor, spending, output)


def _synthetic(n: int) -> tuple[np.ndarray, np.ndarray]:
    """A random table of trade and a cut of costs among a third of the places."""
    rng = np.random.default_rng(SEED)
    place, size = rng.uniform(0, 1, (n, 2)), rng.lognormal(0, 1, n)
    near = (np.hypot(*(place[:, None] - place).transpose(2, 0, 1)) + 0.05) ** -1.2
    near[np.arange(n), np.arange(n)] *= 10
    member = np.arange(n) < n // 3
    flows = near * size * size[:, None] * rng.lognormal(0, 0.3, (n, n))
    return flows, np.where(member[:, None] & member & (np.eye(n) == 0), np.log(0.9), 0.0)


def _beside_gegravity(folder: Path) -> None:
    """The conditional equilibrium by both, from the same file."""
    try:
        import gegravity
    except ImportError:
        print("\ngegravity is not installed: uv sync --group bench")
        return
    import jax.numpy as jnp

    from citybelt.engine.solve import solve
    from citybelt.model import gravity, invert

    flows, log_d, known = _published(folder)
    b, th, n = gravity.base_year(flows), gravity.theory(5.0), len(flows)
    z = gravity.Shock(jnp.asarray(log_d), jnp.zeros(n), jnp.zeros(n))
    shocked = partial(solve, gravity.GRAVITY, b, th, z, gravity.Closure(1.0))
    s = shocked().require()
    *theirs, model = _gegravity_seconds(gegravity, folder)
    ours = (least(partial(invert.attraction, *known), False), least(shocked, False))
    print(f"\n{'beside gegravity ' + version('gegravity'):34s} {'its ms':>8s} {'ours':>8s} {'times':>7s}")
    for what, a, o in (("baseline resistances", theirs[0], ours[0]), ("agreement, conditional", theirs[1], ours[1])):
        print(f"{what:34s} {1e3 * a:8.1f} {1e3 * o:8.2f} {a / o:7.0f}", flush=True)
    gdp = 100 * np.expm1(np.asarray(s.accounts.log_real_output))
    peer = model.country_results["GDP change (percent)"].sort_index().to_numpy(float)
    print(f"real output, per cent: largest difference of any country {np.abs(gdp - peer).max():.0e}")


def _gegravity(ge: Any, folder: Path) -> tuple[Any, Any]:
    import pandas as pd

    from citybelt.replicate import gravity_can_jpn as m

    rows = pd.read_csv(folder / m.FILES[0])
    baseline = ge.BaselineData(
        rows, imp_var_name="importer", exp_var_name="exporter", year_var_name="year", trade_var_name="trade",
        expend_var_name="E", output_var_name="Y",
    )  # fmt: skip
    table = pd.DataFrame([{"var": k, "coeff": v, "ste": 0.1} for k, v in m.GRAVITY.items()])
    costs = ge.CostCoeffs(estimates=table, identifier_col="var", coeff_col="coeff", stderr_col="ste")
    model = ge.OneSectorGE(
        baseline, year="2006", expend_var_name="E", output_var_name="Y", cost_coeff_values=costs,
        cost_variables=list(m.GRAVITY), reference_importer=m.REFERENCE, sigma=m.SIGMA, quiet=True,
    )  # fmt: skip
    changed = model.baseline_data.copy()
    pair = changed["exporter"].isin(["CAN", "JPN"]) & changed["importer"].isin(["CAN", "JPN"])
    changed.loc[pair & (changed["exporter"] != changed["importer"]), "pta"] = 1
    return model, changed


def _gegravity_seconds(ge: Any, folder: Path, repeats: int = 5) -> tuple[float, float, Any]:
    """Least seconds of its baseline and of its simulation, and a model solved. A model can be simulated once."""
    seconds = []
    for _ in range(repeats):
        model, changed = _gegravity(ge, folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            begin = time.perf_counter()
            model.build_baseline(omr_rescale=100)
            half = time.perf_counter()
            model.define_experiment(changed)
            defined = time.perf_counter()
            model.simulate()
        seconds.append((half - begin, time.perf_counter() - defined))
    baseline, simulation = np.min(seconds, axis=0)
    return baseline, simulation, model
