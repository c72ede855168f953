"""A border through Germany: trade and commuting between 401 counties cut along the old one.

Productivity is inverted from wages, commuters and distance; amenities of workplaces for commuting costs made from
distance. Then trade, commuting or both cost a thousandfold between East and West. Model: Monte, Redding and
Rossi-Hansberg (2018); data and first solution: the MRRH2018 toolkit of Ahlfeldt and Seidel.

Where both borders close, hardly 1e-9 of spending crosses, and only that little trade settles wages of the East over
those of the West. Damped loops rest before it does, and where they rest depends on where they began: at the point
published, the East sells 41 % of what it buys across the border. That point is the equilibrium of another economy, in
which the East receives the transfer ``LEFT_OPEN`` (a share of all income), and is reproduced as such. The equilibrium
proper, with trade balanced, stands beside it; its expected values are those of a loop that balances the two parts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.replicate.files import numbers, table
from citybelt.replicate.result import Figure, against

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution
    from citybelt.model.commuting import Base, Theory

NAME = "mrrh_germany"
TITLE = ("A border through Germany: commuting and trade of 401 counties", "一道穿过德国的边界：401个县的通勤与贸易")
FILES = ("commuting_wide.csv", "distance_matrix.csv", "labor_tidy.csv")
ORIGIN = "github.com/Ahlfeldt/MRRH2018-toolkit at 9ce6f60, data/input"

EPS, MU, SIGMA, NU, ALPHA, DELTA, PSI = 4.6, 0.47, 4.0, 0.05, 0.7, 0.38, 0.42
FIXED_COST = 1.0
FIRST_EASTERN = 324
CLOSED = 1000.0
#: Transfers to the East, over all income, at which the published points are equilibria.
LEFT_OPEN = {"both": 3.702929837711887e-11, "both_psi021": 3.245744735746201e-10}
STATISTICS = ("mean", "sd", "min", "median", "max")


def figures(folder: Path | None) -> list[Figure]:
    """Inverted productivity and amenities, and five borders: welfare, people and the spread of each outcome."""
    from citybelt.model import commuting, invert

    assert folder is not None
    commuters, metres, wage = _read(folder)
    n = len(wage)
    east = np.arange(n) >= FIRST_EASTERN
    across = east[:, None] != east
    workers, residents = commuters.sum(axis=0), commuters.sum(axis=1)
    workers, residents = workers / workers.mean(), residents / residents.mean()
    wage = wage / wage.mean()
    th = commuting.theory(EPS, SIGMA, NU, ALPHA, DELTA)

    def productivity(of: np.ndarray, psi: float) -> invert.Inverted:
        cost = (metres / metres.min()) ** psi
        return invert.productivity(
            wage, workers, (of @ wage) / of.sum(axis=1) * residents, cost, SIGMA - 1, float(th.agg)
        )

    # Commuters as observed, and as distance and the amenities of workplaces make them.
    found: dict[str, float] = {}
    to_work = invert.amenities(wage, workers, residents, (metres / 1000) ** MU, EPS)
    own = residents[:, None] * to_work.share
    found |= _spread("own:B", to_work.values)
    bases: dict[float, invert.Inverted] = {}
    for key, of, psi in (("observed", commuters, PSI), ("own", own, PSI), ("psi021", own, 0.21)):
        made = bases[psi] = productivity(of, psi)
        at_home = np.diagonal(made.share)
        varieties = workers / (SIGMA * FIXED_COST * at_home)
        price = SIGMA / (SIGMA - 1) * varieties ** (1 / (1 - SIGMA)) * wage / made.values
        found |= _spread(f"{key}:A", made.values)
        if key != "psi021":
            income = (of @ wage) / of.sum(axis=1)
            for name, values in (("P", price), ("own", at_home), ("v", income)):
                found |= _spread(f"{key}:{name}", values)
    for name, values in (("R", residents), ("L", workers), ("w", wage)):
        found |= _spread(f"observed:{name}", values)
    found["own:east"] = float(own[east].sum() / own.sum())

    # name of the variant: psi, trade cost and commuting cost across the border
    variants = {
        "trade": (PSI, CLOSED, 1.0), "comm": (PSI, 1.0, CLOSED), "both": (PSI, CLOSED, CLOSED),
        "both_psi021": (0.21, CLOSED, CLOSED), "trade10": (PSI, 1.1, 1.0),
    }  # fmt: skip
    for key, (psi, d, k) in variants.items():
        share = bases[psi].share
        b = commuting.base_year(own, wage, share)
        if key not in LEFT_OPEN:
            found |= (reached := _outcomes(key, b, _border(b, th, across, [d], k), east))
            if key != "trade10":
                found[f"peer:{key}"] = reached[f"{key}:welfare"]
            continue
        # Followed over lower borders, at which more trade settles the wages of the two parts.
        path = [10.0, 100.0, d]
        found |= _outcomes(key, b, _border(b, th, across, path, k), east)
        side = np.where(east, residents / residents[east].sum(), -residents / residents[~east].sum())
        b = commuting.base_year(own, wage, share, LEFT_OPEN[key] * float(b.income.sum()) * side)
        found |= (reached := _outcomes(f"{key}:open", b, _border(b, th, across, path, k), east))
        found[f"peer:{key}"] = reached[f"{key}:open:welfare"]
    return against(NAME, found)


def _border(b: Base, th: Theory, across: np.ndarray, trade: list[float], commuting_cost: float) -> Solution:
    """The equilibrium with a border, reached over the trade costs listed."""
    import jax.numpy as jnp

    from citybelt.engine.solve import solve
    from citybelt.model.commuting import COMMUTING, Closure, Shock

    none = Shock.zeros(b)
    state: Any = None
    for cost in trade:
        log_d, log_k = (jnp.asarray(np.log(x) * across) for x in (cost, commuting_cost))
        z = Shock(none.log_A, none.log_B, none.log_H, log_d, log_k)
        s = solve(COMMUTING, b, th, z, Closure(), state).require()
        state = s.state
    return s


def _outcomes(key: str, b: Base, s: Solution, east: np.ndarray) -> dict[str, float]:
    """Welfare in per cent, the East's share of people, and the spread of each change in units of the mean wage."""
    a = s.accounts
    unit = float(a.wage.mean() / b.wage.mean())
    changes = {
        "w": a.wage / b.wage / unit,
        "v": a.income / a.residents / (b.income / b.residents) / unit,
        "q": np.exp(a.log_rent) / unit,
        "p": np.exp(a.log_price) / unit,
        "r": a.residents / b.residents,
        "l": a.workers / b.workers,
    }
    found = {
        f"{key}:welfare": 100 * float(np.expm1(a.log_welfare[0])),
        f"{key}:east": float(a.residents[east].sum() / a.residents.sum()),
    }
    for name, values in changes.items():
        found |= _spread(f"{key}:{name}", np.asarray(values))
    return found


def _spread(key: str, x: np.ndarray) -> dict[str, float]:
    values = (x.mean(), x.std(ddof=1), x.min(), np.median(x), x.max())
    return {f"{key}:{name}": float(v) for name, v in zip(STATISTICS, values, strict=True)}


def _read(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Commuters by residence and workplace, distances in metres, and wages.

    Raises:
        InputError: a file is not as it should be.
    """
    counts = table(folder / FILES[0], ["county_id_work"])
    n = len(counts)
    commuters = numbers(folder / FILES[0], (n, n), counts.drop(columns="county_id_work"), 0.0)
    apart = table(folder / FILES[1], ["region_id_imp"]).drop(columns="region_id_imp")
    wages = table(folder / FILES[2], ["median_income_workplace"])["median_income_workplace"]
    distance, wage = numbers(folder / FILES[1], (n, n), apart, 0.0), numbers(folder / FILES[2], (n,), wages, 0.0)
    return commuters.T, distance, wage  # rows of the file are workplaces
