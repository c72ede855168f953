r"""A path of perfect foresight: the real business cycle model, nonlinear and linear, against another program.

Firms rent capital and hire labour; a household with log consumption and a Frisch elasticity of one owns the capital.

    (B1)  r_t = alpha Z_t k_t^(alpha-1) - delta,    w_t = (1-alpha) Z_t k_t^alpha,    k_t = K_{t-1} / L_t
    (B2)  L_t = w_t / (vphi C_t)                                                       hours
    (B3)  C_{t+1} = beta (1 + r_{t+1}) C_t                                             Euler
    (B4)  K_t = (1 + r_t) K_{t-1} + w_t L_t - C_t

The path that is sought is that of ``k``. Given it, prices follow (B1), and the household plans its whole life: by (B3)
all consumption is ``C_0`` times a known factor, which turns its budget for ever, with the steady state after the last
period, into a quadratic equation in ``C_0``. What it saves and works by (B2, B4) is the ``k`` that should have been.
Newton's step at the steady state makes the search short; the same derivative gives the linear response.
Sources: King, Plosser and Rebelo (1988); Auclert, Bardoczy, Rognlie and Straub (2021).
"""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from citybelt.engine.horizon import TOLERANCE, settle
from citybelt.errors import NotSolvedError
from citybelt.replicate.result import Figure, against

NAME = "rbc_path"
TITLE = (
    "Perfect foresight: the real business cycle model, nonlinear and linear",
    "完美预见：真实经济周期模型的非线性与线性路径",
)
FILES: tuple[str, ...] = ()
ORIGIN = ""

ALPHA, DELTA, RETURN, PERIODS = 0.11, 0.025, 0.01, 300
DATES = (0, 1, 2, 5, 10, 20, 50)
#: The steady state with output and hours of one.
BETA, WAGE = 1 / (1 + RETURN), 1 - ALPHA
CAPITAL = ALPHA / (RETURN + DELTA)
CONSUMPTION = 1 - DELTA * CAPITAL
PRODUCTIVITY, VPHI = CAPITAL**-ALPHA, WAGE / CONSUMPTION


def figures(folder: Path | None = None) -> list[Figure]:
    """Capital, consumption, hours and the return at seven dates after a shock to productivity, both ways.

    Raises:
        NotSolvedError: the path was not found.
    """
    steady, still = jnp.full(PERIODS, PRODUCTIVITY), jnp.full(PERIODS, np.log(CAPITAL))
    by_shock, by_path = jax.jacfwd(look, (0, 1))(steady, still)
    newton = jnp.linalg.inv(jnp.eye(PERIODS) - by_path)

    small = 0.01 * 0.8 ** jnp.arange(PERIODS)
    _, linear = jax.jvp(outcomes, (steady, still), (small, newton @ by_shock @ small))

    productivity = PRODUCTIVITY + 0.05 * 0.8 ** jnp.arange(PERIODS)
    path, left, looks = settle(_look, productivity, still, newton=newton)
    if not float(left) <= TOLERANCE:
        raise NotSolvedError(
            f"The path of perfect foresight was not found: {float(left):.1e} left after {looks} looks."
        )
    level, base = outcomes(productivity, path), outcomes(steady, still)
    nonlinear = {name: level[name] - base[name] for name in level}
    runs = {"linear": linear, "nonlinear": nonlinear}
    found = {
        f"{run}:{name}:{date}": float(values[date])
        for run, paths in runs.items()
        for name, values in paths.items()
        for date in DATES
    }
    return against(NAME, found)


def look(productivity: Array, log_k: Array) -> Array:
    """The log of capital per hour that the household brings about where firms' prices are those of ``log_k``."""
    found = outcomes(productivity, log_k)
    before = jnp.concatenate([jnp.array([CAPITAL]), found["K"][:-1]])
    return jnp.log(before / found["L"])


def _look(productivity: Array, log_k: Array, near: tuple[()]) -> tuple[Array, tuple[()]]:
    return look(productivity, log_k), near


def outcomes(productivity: Array, log_k: Array) -> dict[str, Array]:
    """(B1) to (B4): paths of capital at the end of a period, consumption, hours and the net return."""
    r = ALPHA * productivity * jnp.exp((ALPHA - 1) * log_k) - DELTA
    w = (1 - ALPHA) * productivity * jnp.exp(ALPHA * log_k)
    price = jnp.cumprod(1 / (1 + r))  # of goods in each period, in goods of the one before the first
    growth = jnp.concatenate([jnp.ones(1), jnp.cumprod(BETA * (1 + r[1:]))])  # (B3) of consumption since the first
    after, last = price[-1] / RETURN, growth[-1] * BETA * (1 + RETURN)  # steady state for ever after
    # growth C0 is spent, w^2 / (vphi growth C0) is earned: a C0 = CAPITAL + b / C0.
    a = price @ growth + after * last
    b = (price @ (w**2 / growth) + after * WAGE**2 / last) / VPHI
    consumption = growth * (CAPITAL + jnp.sqrt(CAPITAL**2 + 4 * a * b)) / (2 * a)
    hours = w / (VPHI * consumption)

    def save(capital, now):
        r, earned, spent = now
        capital = (1 + r) * capital + earned - spent
        return capital, capital

    _, capital = jax.lax.scan(save, jnp.asarray(CAPITAL), (r, w * hours, consumption))
    return {"K": capital, "C": consumption, "L": hours, "r": r}
