r"""The forecast: people of 2010 in two steps of five years, with moves as they were from 2005 to 2010.

    (H9)   flows of 2005-10 between places by (M1-M3) from the stocks of (H8), met to the provinces' counted totals
    (H10)  pace = moves between provinces 2005-10 / residents from other provinces,   for moves within provinces too
           last = growth of that stock 2000-10 / moves 2000-10,   level = sqrt(last)
    (H11)  arriving = a here + b leaving,  leaving = c away + d arriving   over provinces (Poisson); b, d: returns
    (H12)  nu: half the slope of log(arriving / leaving) on log GDP a head over provinces
    (H13)  V[r,t] = -(1 - exp(-lambda (t - 2010))) (log y[r] - mean log y)   incomes draw together; mid-step
    (H14)  share by (M4), moved by V as in (B1), then survival, births and deaths by (B2-B5) at the rates of (H1-H5)

Shares by age stay; people don't, so that flows fall where few are left to go. Two things count net moves between
provinces, and they disagree: who lived elsewhere five years ago, and by how much those registered elsewhere have become
more (moves of 2000-05: the geometric mean of the five years before and after). Return that no question sees lies
between them. As with every two routes to one number here, the forecast goes midway (`level` on all moves), and the
draws span both. Bands are draws of what 2010 doesn't tell, with spreads from data of 2010, lasting through both steps:

    (H15)  all moves x exp(s z),            s = how far the two counts of (H10) are apart in logarithms, halved
    (H16)  moves into and out of a place    by the deviation d of (H11) for arrivals: half of its variance is the
           x exp(province + place)          province's, half comes of its places; theirs are d^2 N / 2 with N places
                                            of even size (inverse Herfindahl of residents, mean over provinces)
    (H17)  net moves of place r             level pace (deviation of (H6) less (H7)) / 2 x residents: the mobile first
    (H18)  children missed                  uniform from none to all of (H5); the forecast takes half
    (H19)  births                           the nation's TFR by `TFR_SPREAD`; place by place the deviation of (H4)
    (H20)  lambda, distance, children       uniform in `RANGES`

No number here is fitted to anything after 2010. Sources: Caliendo, Dvorkin and Parro (2019) for (B1); Barro and
Sala-i-Martin (1992) for lambda; Rogers and Castro (1981) for ages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

from citybelt.estimate import moves as flows_between
from citybelt.hindcast import stocks, vital
from citybelt.hindcast.known import Known
from citybelt.people import cohort, schedule
from citybelt.people.record import Moves

#: Starts of the two steps.
STEPS = (2010, 2015)
#: (low, value, high) of what is assumed; draws are uniform between the ends.
RANGES = {
    "lambda": (0.0, 0.02, 0.04),  # a year; Barro and Sala-i-Martin (1992): two percent
    "elasticity": (1.0, 1.3, 1.6),  # fall of flows with distance
    "children": (0.25, 0.5, 0.75),  # of the fundamental schedule's first part: many children stay behind
    "other_city": (0.35, 0.6, 0.8),  # of those registered in another county of the province
}
#: Deviation of the nation's children per woman: its variants of 2010 are 0.25 apart in the first five years.
TFR_SPREAD = 0.2
#: Nobody's place loses more than this share of a class to (H17).
MOST = 0.8
SEED = 2010
#: Distances in the draws take one of so many values: a matrix is balanced for each.
MATRICES = 5


@dataclass(frozen=True)
class Fitted:
    """What the data of 2010 say about moves."""

    nu: float  # (H12)
    pace: float  # (H10)
    level: float  # (H10)
    back: tuple[float, float]  # (H11), b and d as weights of (M1)
    province_spread: float  # (H16)
    moves_spread: float  # (H16), of a place
    level_spread: float  # (H15)
    place_spread: float  # (H17), share of residents in five years


@dataclass(frozen=True)
class Forecast:
    """People of 2020 by draw, the first of which is the central run, [K, R, A], and what made them."""

    persons: np.ndarray
    fitted: Fitted
    births: vital.Births
    flow: np.ndarray  # [R, R] of 2005-10
    net_stock: np.ndarray  # [R] share of residents


@dataclass(frozen=True)
class Setting:
    """What one run takes for what isn't known."""

    level: float
    into: np.ndarray  # [R]
    out: np.ndarray  # [R]
    net: np.ndarray  # [R] share of residents in five years
    missed: float
    births: np.ndarray  # [R]
    draw_together: float
    matrix: int
    children: float


def fit(known: Known, read: stocks.Read) -> Fitted:
    """(H10-H12, H15-H17)"""
    P = len(known.provinces)
    here = np.bincount(known.province, known.here_other, P)
    away = np.bincount(known.province, read.stocks.away, P)
    into = _two(here, known.leaving, known.arriving)
    out = _two(away, known.arriving, known.leaving)
    pace = stocks.pace(known)
    people = np.bincount(known.province, known.total, P)
    income = np.log(np.bincount(known.province, known.income * known.total, P) / people)
    slope = np.polyfit(income, np.log(known.arriving / known.leaving), 1, w=np.sqrt(people))[0]
    deviation = _spread(known.arriving, into[0] * here + into[1] * known.leaving)
    even = people**2 / np.bincount(known.province, known.total**2, P)
    earlier, now = known.moved_before
    last = (known.stock - known.stock_before) / (np.sqrt(earlier * now) + now)
    return Fitted(
        nu=float(slope / 2),
        pace=pace,
        level=float(np.sqrt(last)),
        # Weights stand beside stocks: returns per mover become returns per person of the other stock.
        back=(out[1] * into[0] / out[0], into[1] * out[0] / into[0]),
        province_spread=float(deviation / np.sqrt(2)),
        moves_spread=float(deviation * np.sqrt(even.mean() / 2)),
        level_spread=float(-np.log(last) / 2),
        place_spread=float(np.sqrt(last) * pace * read.apart / 2),
    )


def forecast(
    known: Known, draws: int, progress: Callable[[str, int, int], None] | None = None, seed: int = SEED
) -> Forecast:
    """(H9-H20) People of 2020: the central run and ``draws`` others."""
    read = stocks.read(known, RANGES["other_city"][1])
    fitted = fit(known, read)
    births = vital.births(known)
    low, value, high = RANGES["elasticity"]
    spread = np.linspace(low, high, MATRICES)
    others = np.linspace(RANGES["other_city"][0], RANGES["other_city"][2], MATRICES)
    rng = np.random.default_rng(seed)
    matrices = [_flow(known, fitted, value, RANGES["other_city"][1])]
    settings = [_central(known)]
    if draws:
        mixed = rng.permutation(MATRICES)
        matrices += [_flow(known, fitted, e, others[k]) for e, k in zip(spread, mixed, strict=True)]
        settings += [_drawn(known, fitted, births, rng) for _ in range(draws)]
    rates = [vital.rates(known, year, births.relative) for year in STEPS]
    people = []
    for k, setting in enumerate(settings):
        if progress:
            progress("draws", k, len(settings))
        people.append(_run(known, fitted, births, rates, matrices[setting.matrix], setting))
    return Forecast(np.stack(people), fitted, births, matrices[0], read.net)


def _flow(known: Known, fitted: Fitted, elasticity: float, other_city: float) -> np.ndarray:
    """(H9) Moves between places in five years [R, R]."""
    read = stocks.read(known, other_city)
    filled = flows_between.fill(
        read.stocks,
        known.leaving,
        known.arriving * (known.leaving.sum() / known.arriving.sum()),
        known.province,
        known.distance,
        elasticity,
        fitted.back,
        fitted.pace,
    )
    return filled.total


def mobility(children: float) -> np.ndarray:
    """How readily a class moves in the five years in which it ages by five [A]; the youngest begin to move."""
    pattern = schedule.FUNDAMENTAL._replace(a1=schedule.FUNDAMENTAL.a1 * children)
    middle = vital.AGES.start + vital.AGES.width
    return np.asarray(schedule.moving(middle, pattern))


def _run(known, fitted, births, rates, flow, setting: Setting) -> np.ndarray:
    """(H14) People of 2020 by place and class [R, A]."""
    ready = mobility(setting.children)
    begin = known.persons.sum(axis=1)
    rate = flows_between.leaving_rate(flow, begin, ready) * fitted.level * setting.level * setting.out
    where = flow * setting.into[None, :]
    where /= np.maximum(where.sum(axis=1, keepdims=True), 1e-300)
    leave = 1 - np.exp(-rate[:, None] * ready)
    share = where[:, :, None] * leave[:, None, :]
    share[np.arange(len(rate)), np.arange(len(rate))] = 1 - leave
    moves = Moves(jnp.asarray(share), np.arange(vital.AGES.count), jnp.full(vital.AGES.count, fitted.nu))
    gap = np.log(known.income)
    gap = gap - (gap * known.total).sum() / known.total.sum()
    now = known.persons.copy()
    now[:, :, :2] *= 1 + setting.missed * (births.missed - 1)
    now = now[..., None]
    for year, vital_rates in zip(STEPS, rates, strict=True):
        value = -(1 - np.exp(-setting.draw_together * (year + 2.5 - STEPS[0]))) * gap
        come = _shock(now, ready, setting.net)
        own = type(vital_rates)(
            vital_rates.survival,
            vital_rates.newborn,
            vital_rates.fertility * setting.births[:, None],
            vital_rates.male_share,
        )
        now = np.asarray(cohort.step(jnp.asarray(now), own, moves, jnp.asarray(value), abroad=jnp.asarray(come))[0])
    return now[..., 0].sum(axis=1)


def _shock(now: np.ndarray, ready: np.ndarray, net: np.ndarray) -> np.ndarray:
    """(H17) Net arrivals by place, sex and class that add up to nothing in the nation."""
    weight = now * ready[None, None, :, None]
    total = now.sum(axis=(1, 2, 3))
    come = weight * (net * total / weight.sum(axis=(1, 2, 3)))[:, None, None, None]
    come = np.maximum(come, -MOST * now)
    return come - weight * (come.sum(axis=0) / weight.sum(axis=0))


def _central(known: Known) -> Setting:
    ones = np.ones(len(known.total))
    mid = {name: value[1] for name, value in RANGES.items()}
    return Setting(1.0, ones, ones, 0 * ones, 0.5, ones, mid["lambda"], 0, mid["children"])


def _drawn(known: Known, fitted: Fitted, births: vital.Births, rng: np.random.Generator) -> Setting:
    R, P = len(known.total), len(known.provinces)
    by = known.province
    level = np.exp(fitted.level_spread * rng.standard_normal())
    into, out = (
        np.exp(fitted.province_spread * rng.standard_normal(P)[by] + fitted.moves_spread * rng.standard_normal(R))
        for _ in range(2)
    )
    net = fitted.place_spread * rng.standard_normal(R)
    missed = rng.uniform()
    tfr = vital.fertility(STEPS[0]).sum() * vital.AGES.width
    born = np.maximum(1 + TFR_SPREAD / tfr * rng.standard_normal(), 0.2)
    born = born * np.exp(births.spread * rng.standard_normal(R))
    together = rng.uniform(RANGES["lambda"][0], RANGES["lambda"][2])
    children = rng.uniform(RANGES["children"][0], RANGES["children"][2])
    return Setting(level, into, out, net, missed, born, together, 1 + int(rng.integers(MATRICES)), children)


def _two(x: np.ndarray, z: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Two coefficients above zero of y on x and z, by Poisson's likelihood (per person)."""

    def unlikely(log_b):
        mean = x * np.exp(log_b[0]) + z * np.exp(log_b[1])
        return (mean - y * np.log(mean)).sum() / y.sum()

    found = minimize(unlikely, np.log([0.5, 0.05]), method="BFGS").x
    return float(np.exp(found[0])), float(np.exp(found[1]))


def _spread(y: np.ndarray, mean: np.ndarray) -> float:
    return float(np.std(np.log(y / mean), ddof=2))


def method_hash() -> str:
    """The hash of the files that make the forecast: its rules and every number in them."""
    here = Path(__file__).parent
    files = [here / f"{name}.py" for name in ("known", "vital", "stocks", "method")]
    digest = hashlib.sha256()
    for file in [*files, Path(flows_between.__file__)]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
