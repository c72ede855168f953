"""A system of places with commuting and trade: productivity of 401 German counties inverted 50 ms, a border drawn
through them 250 ms; synthetic systems swept over size.

The plain loops are those of ``plain/commuting.py``; the inversion's rescales sellers until they sell what they do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.problem import Problem, case, least, race

SEED = 2018
SIZES = (50, 100, 200, 400)
DAMPING = 0.5


def main(smoke: bool = False) -> None:
    import citybelt

    citybelt.configure()
    systems = _systems(smoke)
    print(f"{'inversion':34s} {'passes':>6s} {'ms':>7s} {'residual':>8s} {'rounds':>6s} {'plain ms':>8s} {'times':>6s}")
    for name, *system, _ in systems:
        _invert(name, *system, smoke)
    print()
    race([p for name, *system in systems for p in _borders(name, *system)], smoke)


def problems() -> list[Problem]:
    """Borders of every system."""
    return [p for name, *system in _systems(False) for p in _borders(name, *system)]


def _systems(smoke: bool) -> list[tuple]:
    systems: list[tuple] = [(f"synthetic {n} places", *synthetic(n)) for n in (SIZES[:1] if smoke else SIZES)]
    germany = None if smoke else counties()
    return systems if germany is None else [("German counties", *germany), *systems]


def _invert(name: str, commuters: np.ndarray, wage: np.ndarray, cost: np.ndarray, smoke: bool) -> None:
    from benchmarks.plain.commuting import attraction
    from citybelt.model import invert

    th, income, workers = _theory(), commuters @ wage, commuters.sum(axis=0)
    theta = float(th.theta)

    def ours() -> invert.Inverted:
        return invert.productivity(wage, workers, income, cost, theta, float(th.agg))

    def plain() -> Any:
        return attraction(cost**-theta, income, wage * workers)

    found, other, a, b = ours(), plain(), least(ours, smoke), least(plain, smoke)
    print(
        f"{name:34s} {found.passes:6d} {1e3 * a:7.2f} {found.residual:8.0e} {other.rounds:6d} {1e3 * b:8.1f} "
        f"{b / a:6.1f}",
        flush=True,
    )


def _theory() -> Any:
    from citybelt.model import commuting
    from citybelt.replicate import mrrh_germany as m

    return commuting.theory(m.EPS, m.SIGMA, m.NU, m.ALPHA, m.DELTA)


def _borders(name: str, commuters: np.ndarray, wage: np.ndarray, cost: np.ndarray, east: np.ndarray) -> list[Problem]:
    """Trade across the border 10 % dearer, and closed; commuting closed."""
    import jax.numpy as jnp

    from benchmarks.plain.commuting import of
    from citybelt.model import commuting, invert

    th, n = _theory(), len(wage)
    made = invert.productivity(
        wage, commuters.sum(axis=0), commuters @ wage, cost, float(th.theta), float(th.agg)
    )  # fmt: skip
    b = commuting.base_year(commuters, wage, made.share)
    across = east[:, None] != east
    none = commuting.Shock.zeros(b)
    problems = []
    for what, d, k in (("trade 10 % dearer", 1.1, 1.0), ("no trade", 1000.0, 1.0), ("no commuting", 1.0, 1000.0)):
        log_d, log_k = jnp.asarray(np.log(d) * across), jnp.asarray(np.log(k) * across)
        z = commuting.Shock(none.log_A, none.log_B, none.log_H, log_d, log_k)
        parts = (commuting.COMMUTING, b, th, z, commuting.Closure())
        moved = 8 * 5 * n * n  # trade twice, commuters three times
        problems.append(
            Problem(f"{name}, {what}", parts, of(b, th, z, DAMPING), lambda s: np.asarray(s.state.wage), moved)
        )
    return problems


def counties() -> tuple[np.ndarray, ...] | None:
    """Commuters as distance and amenities make them, wages, trade costs, and which counties lie in the East."""
    from citybelt.model import invert
    from citybelt.replicate import mrrh_germany as m

    folder = case(m.NAME)
    if folder is None:
        return None
    observed, metres, wage = m._read(folder)
    workers, residents = observed.sum(axis=0), observed.sum(axis=1)
    workers, residents, wage = workers / workers.mean(), residents / residents.mean(), wage / wage.mean()
    to_work = invert.amenities(wage, workers, residents, (metres / 1000) ** m.MU, m.EPS)
    east = np.arange(len(wage)) >= m.FIRST_EASTERN
    return residents[:, None] * to_work.share, wage, (metres / metres.min()) ** m.PSI, east


def synthetic(n: int, seed: int = SEED) -> tuple[np.ndarray, ...]:
    """The same of places drawn in a square, whose east is a quarter of it."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 500, (n, 2))
    apart = np.hypot(*(place[:, None] - place).transpose(2, 0, 1)) + 5.0
    residents, wage = rng.lognormal(0, 0.5, n), rng.lognormal(0, 0.15, n)
    drawn = rng.lognormal(0, 0.5, n) * wage**4.6 * apart**-2.2
    commuters = residents[:, None] * drawn / drawn.sum(axis=1, keepdims=True)
    return commuters, wage / wage.mean(), (apart / 5.0) ** 0.42, place[:, 0] > 375
