r"""What ages do to a region: who works, who depends on them, pensions as they are paid, care, schools and hospitals.

With persons P[r,s,a,e] and rules in small records:

    (O1)  labour force = P participation[s,a]
    (O2)  dependency: youth = under 15 / working, old = 65 and more / working, total = their sum (working: 15 to 64)
    (O3)  contributions[r] = rate covered compliance wage[r] workers[r]
    (O4)  benefits[r] = entitled retired[r] replacement wage[r],   retired: older than the retirement age of their sex
    (O5)  balance = contributions - benefits;  the rate that balances = replacement entitled retired
                                               / (covered compliance workers),  wages cancel
    (O6)  care = P prevalence[s,a];  school places = P enrolment[stage] at its ages;
          beds = P bed_days[s,a] / (365 occupancy)

A class that an age cuts counts by its years. In a steady state of a population growing at n a year with a constant
hazard mu, work from age b to age R gives (O5) = replacement / (exp((n + mu)(R - b)) - 1) where all are covered.
Source: Samuelson (1958) for pensions paid as they come in.
Limits: accounts of a rule, not a forecast of law: benefits follow wages, and who pays and draws is a share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.people.record import Ages


def labour_force(persons: Float[Array, "R S A E"], participation: Array) -> Float[Array, "R S A E"]:
    """(O1) Persons who work or look for work; ``participation`` [S, A] or by region [R, S, A], 0..1."""
    return persons * participation[..., None]


def later(participation: Float[Array, "S A"], ages: Ages, years: Float[Array, " S"], first: int = 50) -> Array:
    """Participation where people stop working ``years`` later, by sex: from age ``first`` on, the rate of an age is
    that of ``years`` before it, and at least that of before."""
    middle = ages.start + ages.width / 2
    moved = [
        jnp.interp(jnp.maximum(middle - y, first), middle, p)
        for p, y in zip(participation, jnp.asarray(years), strict=True)
    ]
    return jnp.where(middle > first, jnp.maximum(jnp.stack(moved), participation), participation)


class Dependency(NamedTuple):
    """(O2) Persons who are young or old for each of working age, by region [R]."""

    youth: Array
    old: Array

    @property
    def total(self) -> Array:
        """Young and old for each of working age."""
        return self.youth + self.old


def dependency(persons: Float[Array, "R S A E"], ages: Ages, first: int = 15, end: int = 65) -> Dependency:
    """(O2) Dependency ratios with working ages from ``first`` to under ``end``."""
    count = persons.sum(axis=(1, 3))
    work = count @ ages.between(first, end)
    return Dependency(count @ ages.between(0, first) / work, count @ ages.between(end) / work)


class Pension(eqx.Module):
    """Rules of a pension paid as contributions come in; shares 0..1, each a number or by region [R]."""

    rate: Array | float  # contributions over covered wages, employers' and employees' together
    covered: Array | float  # covered wages over all wages
    compliance: Array | float  # paid over due
    replacement: Array | float  # a pension over the average wage
    entitled: Array | float  # those who draw a pension among those past the age
    retire: Float[Array, " S"]  # retirement age of women and men, years


def retirement_age(year: Array | float, before: Array, after: Array, begins: float, years: float) -> Array:
    """Retirement age in a year, where it rises evenly from ``before`` to ``after`` over ``years`` from ``begins``."""
    return before + (after - before) * jnp.clip((year - begins) / years, 0, 1)


def retired(persons: Float[Array, "R S A E"], retire: Float[Array, " S"], ages: Ages) -> Float[Array, " R"]:
    """Persons past the retirement age of their sex; it may be differentiated for the age."""
    past = jnp.clip((ages.start + ages.width - retire[:, None]) / ages.width, 0, 1).at[:, -1].set(1.0)
    return jnp.einsum("rsae,sa->r", persons, past)


class Budget(NamedTuple):
    """(O3-O5) A year's pensions by region [R], in the unit of wages times persons."""

    contributions: Array
    benefits: Array

    @property
    def balance(self) -> Array:
        """Contributions less benefits."""
        return self.contributions - self.benefits

    def since(self, base: Budget) -> Budget:
        """How contributions and benefits differ from those of a base year."""
        return Budget(self.contributions - base.contributions, self.benefits - base.benefits)


def budget(
    rules: Pension, workers: Float[Array, " R"], retired: Float[Array, " R"], wage: Float[Array, " R"]
) -> Budget:
    """(O3, O4) Contributions and benefits of a year.

    Args:
        rules: of the pension.
        workers: persons who work, or units of work where ``wage`` is that of a unit.
        retired: persons past retirement age (`retired`).
        wage: average wage of a year.
    """
    paid = rules.rate * rules.covered * rules.compliance * wage * workers
    return Budget(paid, rules.entitled * retired * rules.replacement * wage)


def balancing_rate(rules: Pension, workers: Array, retired: Array) -> Array:
    """(O5) The contribution rate at which the pension neither gains nor loses, where all earn the same."""
    return rules.replacement * rules.entitled * retired / (rules.covered * rules.compliance * workers)


def care(persons: Float[Array, "R S A E"], prevalence: Float[Array, "S A"]) -> Float[Array, " R"]:
    """(O6) Persons who need care, by region."""
    return jnp.einsum("rsae,sa->r", persons, prevalence)


class Stage(NamedTuple):
    """A stage of school: ages from ``first`` to under ``end``, and the share of them enrolled."""

    first: float
    end: float
    enrolment: Array | float = 1.0


def places(persons: Float[Array, "R S A E"], stages: Sequence[Stage], ages: Ages) -> Float[Array, "R K"]:
    """(O6) School places by region and stage."""
    weight = np.stack([ages.between(s.first, s.end) for s in stages])
    return persons.sum(axis=(1, 3)) @ weight.T * jnp.stack([jnp.asarray(s.enrolment, float) for s in stages])


def beds(persons: Float[Array, "R S A E"], days: Float[Array, "S A"], occupancy: Array | float) -> Float[Array, " R"]:
    """(O6) Hospital beds by region, from days in hospital per person and year, and beds' share of days in use."""
    return care(persons, days) / (365 * occupancy)
