"""Fill the matrix of registered persons by place of registration and place of residence, a stock.

Censuses count residents by where they are registered in three classes only: here, elsewhere in the province,
in another province. The origins are not published by city. The fill keeps residents and the classes as counted,
takes outflows from registered population, and distributes them by gravity balanced to both.

Registered population is a register and residents are counted: they contradict each other in places. The rule
is that the census wins. Registered population is scaled to the nation's residents, a city's movers from its
own province are at least what its register leaves unexplained, and what the matrix's rows add up to is the
*adjusted* registered population; `deviations` prints it beside the known one.

What no count settles is stated as a range in ``fills_assumptions.csv``: how fast stocks fall with distance, which
part of those from another county crossed a city's border, how much less the old move. Draw number k takes each x from
its range [low, high] about the value by

    x_k = value * (high / value)^z   for z > 0,      value * (value / low)^z   for z <= 0,                     (P1)

with z normal with deviation 1 / 1.28 and cut off at -1 and 1: the two normal halves that elasticities and effects of
levers are drawn from, without their tails, since the low end of the part from other cities is a bound and not a
quantile. The value stays the median. Every draw meets the same counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from citybelt.errors import InputError, NotSolvedError, Problem
from citybelt.estimate.balance import biproportional

if TYPE_CHECKING:
    import pandas as pd

#: Smallest share of its registered persons who live elsewhere, where register and census leave fewer.
LEAST_AWAY = 0.01
#: Probability inside the range of an assumption, before the tails are cut off.
INSIDE = 0.8
SEED = 2020


@dataclass(frozen=True)
class PeopleFill:
    """A stock of registered persons, [origin, residence, group] in persons, and what it was adjusted from."""

    migrants: np.ndarray  # [R, R, G]
    same_province: np.ndarray  # [R] residents from another city of the province
    other_province: np.ndarray  # [R] residents from another province
    start: np.ndarray  # [R] logarithms of the balancing factors of departures; they rebuild the matrix

    @property
    def registered(self) -> np.ndarray:
        """Adjusted registered persons [R, G]."""
        return self.migrants.sum(axis=1)

    @property
    def residents(self) -> np.ndarray:
        """Residents [R, G], as counted."""
        return self.migrants.sum(axis=0)


@cache
def assumption_table() -> pd.DataFrame:
    """``fills_assumptions.csv``: low, value, high, unit, kind, source and meaning of each argument of `fill`."""
    import pandas as pd

    with (files("citybelt.worlds") / "tables" / "fills_assumptions.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, index_col="name")


def assumptions(draw: int | None = None) -> dict[str, float]:
    """Arguments of `fill`: the values of ``fills_assumptions.csv``, or those of a draw (P1), which depend on its
    number alone."""
    table = assumption_table()
    if draw is None:
        return table["value"].to_dict()
    low, value, high = (table[name].to_numpy(float) for name in ("low", "value", "high"))
    tail = (1 - INSIDE) / 2
    uniform = np.random.default_rng([SEED, draw]).uniform(tail, 1 - tail, len(table))
    z = ndtri(uniform) / ndtri(1 - tail)
    drawn = value * np.where(z > 0, high / value, value / low) ** z
    return dict(zip(table.index, map(float, drawn), strict=True))


def registered_in(history: pd.DataFrame, residents: pd.Series, year: int) -> pd.DataFrame:
    """Registered persons by unit in a census year, from yearbook series that partly print residents instead.

    ``history`` has units as rows and years as columns (persons, NaN where missing), ``residents`` the census
    count of ``year``. Around a census several provinces print the count of residents in the column of the
    register: a value within 1.5 % of residents (3 % the year after) that differs by over 3 % from the last
    value before the census is taken for that and dropped. A dropped or missing value is interpolated between
    the years around it, or the last one is kept.

    Returns columns ``registered`` (NaN where there is no series), ``grade`` (A as printed, B otherwise) and
    ``dropped`` (a value was dropped).
    """
    import pandas as pd

    history = history.reindex(residents.index)
    before = history.loc[:, [y for y in history.columns if y < year]].ffill(axis=1).iloc[:, -1]
    printed = history[year] if year in history else pd.Series(np.nan, history.index)
    later = history[year + 1] if year + 1 in history else pd.Series(np.nan, history.index)

    def repeats_residents(value, tolerance):
        apart = np.abs(np.log(value / before)) > 0.03
        return apart & (np.abs(np.log(value / residents)) < tolerance)

    dropped = repeats_residents(printed, 0.015)
    later = later.mask(repeats_residents(later, 0.03))
    value = printed.mask(dropped)
    around = ((before + later) / 2).fillna(before).fillna(later)
    return pd.DataFrame(
        {"registered": value.fillna(around), "grade": np.where(value.notna(), "A", "B"), "dropped": dropped}
    )


def fill_registered(
    registered: np.ndarray, residents: np.ndarray, incomers: np.ndarray, province: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fill missing registered population [R] by the ratio to residents without incomers in the same province.

    ``incomers`` are residents registered in another county or province. Where a whole province is missing the
    national ratio stands in. Returns ``(registered, filled)``; ``filled`` marks imputed values (grade D).
    """
    missing = ~np.isfinite(registered)
    local = residents - incomers
    known = np.where(missing, 0.0, registered)
    base = np.where(missing, 0.0, local)
    by_province = np.bincount(province, known), np.bincount(province, base)
    ratio = np.divide(
        *by_province, out=np.full(len(by_province[0]), known.sum() / base.sum()), where=by_province[1] > 0
    )
    return np.where(missing, local * ratio[province], registered), missing


def fill(
    residents: np.ndarray,
    registered: np.ndarray,
    other_county: np.ndarray,
    other_province: np.ndarray,
    province: np.ndarray,
    distance: np.ndarray,
    elasticity: float,
    other_city: float,
    old_odds: float,
    start: np.ndarray | None = None,
) -> PeopleFill:
    """Fill the stock matrix of R cities.

    ``residents`` [R, 2] persons under 60 and of 60 and over; ``registered`` [R] persons, without gaps;
    ``other_county`` and ``other_province`` [R] residents registered in another county of the same province and in
    another province; ``province`` [R] labels 0..P-1; ``distance`` [R, R] km. ``start`` [R] are the factors of an
    earlier fill of the same cities: balancing begins there.

    Residents by group and those from another province are met exactly. A world of larger regions sums the
    cities' matrix with `aggregate`, so that moves inside a region become staying.

    Raises `InputError` for impossible counts, `NotSolvedError` where no matrix meets them (a province whose
    cities count movers from other provinces while no other province exists).
    """
    total = residents.sum(axis=1)
    _check(residents, registered, other_county, other_province, province, distance)
    register = registered * total.sum() / registered.sum()
    alone = np.bincount(province)[province] == 1
    least = total - other_province - (1 - LEAST_AWAY) * register
    from_province = np.clip(other_city * other_county, np.minimum(least, other_county), other_county)
    from_province = np.where(alone, 0.0, np.maximum(from_province, 0.0))
    stay = total - from_province - other_province

    away = np.maximum(register - stay, LEAST_AWAY * register)
    moved = np.bincount(province, from_province)
    # Every mover within a province left one of its cities, and some of those who left went farther.
    enough = np.maximum((1 + LEAST_AWAY) * moved / np.bincount(province, away), 1.0)
    away = away * enough[province]
    away *= (from_province.sum() + other_province.sum()) / away.sum()

    count = len(total)
    same = province[:, None] == province[None, :]
    own = np.eye(count, dtype=bool)
    prior = np.where(own, -np.inf, -elasticity * np.log(np.where(own, 1.0, distance)))
    blocks = np.concatenate([np.where(same, prior, -np.inf), np.where(same, -np.inf, prior)])
    rows = np.concatenate([from_province, other_province])
    table, factor = _balance(blocks, rows, away, start)
    moves = (table[:count] + table[count:]).T

    share_old = residents[:, 1] / total
    old_movers = old_odds * share_old / (old_odds * share_old + 1 - share_old)
    by_group = np.stack([1 - old_movers, old_movers], axis=1)
    migrants = moves[:, :, None] * by_group[None]
    migrants[own] = residents - migrants.sum(axis=0)
    return PeopleFill(migrants, from_province, other_province, factor)


def _balance(log_prior, rows, columns, start):
    """Balance arrivals (rows) and departures (columns); departures give way where both can't be met.

    Gravity without a register always has departures that fit; the register's are moved towards those until a
    table exists.
    """
    weight = np.exp(log_prior) * columns
    size = weight.sum(axis=1)
    gravity = (weight * np.divide(rows, size, out=np.zeros_like(rows), where=size > 0)[:, None]).sum(axis=0)
    begin = None if start is None else start[None]
    for towards in (0.0, 0.1, 0.3, 0.6):
        try:
            mixed = (1 - towards) * columns + towards * gravity
            table, factor = biproportional(log_prior[None], rows[None], mixed[None], begin)
            break
        except NotSolvedError:
            continue
    else:
        table, factor = biproportional(log_prior[None], rows[None], gravity[None])
    return table[0], factor[0]


def aggregate(migrants: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Sum a matrix of cities [R, R, G] to regions [N, N, G]; ``region`` [R] is each city's region, 0..N-1."""
    member = np.zeros((region.max() + 1, len(region)))
    member[region, np.arange(len(region))] = 1
    return np.einsum("oa,abg,rb->org", member, migrants, member, optimize=True)


def deviations(
    filled: PeopleFill,
    registered: np.ndarray,
    other_province: np.ndarray,
    province: np.ndarray,
    provinces: Sequence[str],
    between_provinces: float,
    year: int,
) -> pd.DataFrame:
    """Known totals of people beside the matrix: total, year, region, item, known, model, deviation_pct, grade,
    exempt.

    Residents from another province by province and in the nation (``between_provinces``, persons) bind.
    Registered population is adjusted by rule, so its rows are exempt; persons.
    """
    import pandas as pd

    same = province[:, None] == province[None, :]
    moves = filled.migrants.sum(axis=2)
    across = (moves * ~same).sum(axis=0)
    names = len(provinces)
    known, model = (np.bincount(province, v, names) for v in (other_province, across))
    rows: list[tuple] = [
        ("residents_from_other_provinces", p, known[k], model[k], "A", False) for k, p in enumerate(provinces)
    ]
    rows.append(("residents_from_other_provinces", "", between_provinces, across.sum(), "A", False))
    known, model = (np.bincount(province, v, names) for v in (registered, moves.sum(axis=1)))
    rows += [("registered", p, known[k], model[k], "B", True) for k, p in enumerate(provinces)]
    table = pd.DataFrame(rows, columns=["total", "region", "known", "model", "grade", "exempt"])
    table.insert(1, "year", year)
    table.insert(3, "item", "")
    table.insert(6, "deviation_pct", 100 * (table["model"] / table["known"] - 1))
    return table


def _check(residents, registered, other_county, other_province, province, distance):
    problems = []
    for name, values in (
        ("residents", residents),
        ("registered", registered),
        ("other_county", other_county),
        ("other_province", other_province),
        ("distance", distance),
    ):
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            where = tuple(int(k) for k in np.argwhere(bad)[0])
            problems.append(Problem(f"people fill, {name} {where}", f"the value is {values[where]}", "Fill it first."))
    if not problems:
        over = np.flatnonzero(other_county + other_province > residents.sum(axis=1))
        problems += [
            Problem(f"people fill, city {k}", "more residents come from elsewhere than live there") for k in over
        ]
    if problems:
        raise InputError(problems)
