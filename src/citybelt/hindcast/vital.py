r"""Vital rates of places, as seen in 2010: the nation's, with what the census of 2010 says about places.

    (H1)  e0[p,s] = e0_nation[s] + (census: e0[p] - e0_nation),      tables by Brass's odds (L8)
    (H2)  f[r] = births[r] / sum_a women[r,a] fertility_nation[a],    relative to the nation's
    (H3)  c[r] = children under five[r] / the same sum,               relative to the nation's
    (H4)  TFR[r] = TFR_nation f[r]^b,    b the slope of log c on log f over places: how far two measures agree
    (H5)  missed[a] = children that births of the five years before and their survival imply / children counted

(H4): registered births are a noisy measure; the slope of a second one on it is how much of it is signal. (H5): a
census misses children, and those who are missed in 2010 are counted at 10 to 19 years. Both use the nation's rates of
the revision of 2010 alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from citybelt.people import life, schedule
from citybelt.people.record import Ages, Vital

if TYPE_CHECKING:
    from citybelt.hindcast.known import Known

AGES = Ages(5)
MARKS = [str(a) if a < 100 else "100+" for a in life.ABRIDGED]
MOTHERS = [f"{a}-{a + 4}" for a in range(15, 50, 5)]


@dataclass(frozen=True)
class Births:
    """How births of places differ from the nation's."""

    relative: np.ndarray  # [R] f^b of (H4)
    slope: float  # b
    spread: float  # deviation of log c about it
    missed: np.ndarray  # [2] (H5) for ages 0-4 and 5-9


def death_rates(year: int) -> np.ndarray:
    """The nation's [S, X] by abridged ages."""
    from citybelt.hindcast.known import SEXES, national

    rates = national(year)
    return np.array([[rates[f"mx:{s}:{a}"] for a in MARKS] for s in SEXES])


@cache
def years_lived() -> np.ndarray:
    """Years lived in each five-year class by the table of 2005-10 [S, A]."""
    table = life.table(jnp.asarray(death_rates(2005)), life.ABRIDGED)
    into = (life.ABRIDGED // 5)[:, None] == np.arange(AGES.count)
    return np.asarray(table.L) @ into


def fertility(year: int) -> np.ndarray:
    """The nation's births per woman and year by class [A]."""
    from citybelt.hindcast.known import national

    rates = national(year)
    tfr = rates["tfr::"] if "tfr::" in rates else rates["tfr_medium_projection::"]
    pattern = jnp.array([rates[f"pasfr_pct::{g}"] for g in MOTHERS])
    return np.asarray(schedule.fertility(pattern, jnp.asarray(tfr), AGES))


def births(known: Known) -> Births:
    """(H2-H5) What the census says about births."""
    women = known.persons[:, 0]
    expected = women @ fertility(2005)
    f = np.log(known.births / expected)
    c = np.log(known.persons[:, :, 0].sum(axis=1) / expected)
    weight = known.total / known.total.sum()
    f, c = f - weight @ f, c - weight @ c
    slope = float((weight * f * c).sum() / (weight * f * f).sum())
    relative = np.exp(slope * f)
    relative /= (relative * expected).sum() / expected.sum()
    rest = c - slope * f
    return Births(relative, slope, float(np.sqrt(weight @ (rest - weight @ rest) ** 2)), _missed(known))


def _missed(known: Known) -> np.ndarray:
    women = known.persons[:, 0].sum(axis=0)
    counted = known.persons.sum(axis=(0, 1))
    alive = []
    for back, year in enumerate((2005, 2000)):
        # Women of those years are one or two classes older now; in the middle of the five years, half of them.
        older = [np.append(women[k:], np.zeros(k)) for k in (back, back + 1)]
        born = 5 * fertility(year) @ (older[0] + older[1]) / 2
        # Deaths of a class of mothers under fifty are few: left out.
        survival, newborn = life.survival(jnp.asarray(death_rates(year)), life.ABRIDGED, AGES)
        reached = np.asarray(newborn).mean() * (np.asarray(survival)[:, 0].mean() if back else 1.0)
        alive.append(born * reached)
    return np.maximum(np.array(alive) / counted[:2], 1.0)


def rates(known: Known, year: int, relative: np.ndarray) -> Vital:
    """Vital rates of the five years from ``year``, by place (H1, H4)."""
    from citybelt.hindcast.known import national

    m = jnp.asarray(death_rates(year))
    e0 = np.asarray(life.table(m, life.ABRIDGED).e)[:, 0]
    wanted = jnp.asarray(e0[None] + known.expectancy[:, None])
    by_province = life.with_expectancy(m[None], life.ABRIDGED, wanted)
    survival, newborn = (np.asarray(x)[known.province] for x in life.survival(by_province, life.ABRIDGED, AGES))
    boys = schedule.male_share(national(year)["sex_ratio_at_birth::"])
    fertile = relative[:, None] * fertility(year)[None]
    return Vital(jnp.asarray(survival), jnp.asarray(newborn), jnp.asarray(fertile), boys)
