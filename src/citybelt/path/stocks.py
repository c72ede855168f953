r"""What is handed from one year to the next, and what it makes of the year's shock.

    (Y1)  log N[g,n]  = log( persons of group g in n / those of the base year )              g: under 60, from 60 on
    (Y2)  log h[n]    = log( work of n / persons under 60 )  - the same in the base year
          work        = sum_sae part[s,a] eff[e] P[n,s,a,e]
    (Y3)  log E[n]    = log( workers of n / those of the base year )  -  the same of the nation
          workers     = sum_sae part[s,a] P[n,s,a,e]                              agg_j log E is a part of log A
    (Y4)  log Kj, log A, log Hres, log I: capital, productivity, houses as they have changed since the base year, and
          where the nation's savers turn this year
    (Y5)  log H[n,j] = built[j] l[n]                         land of sectors on building land

``part`` is the share of persons of a sex and age who work, ``eff`` the efficiency of a skill. Levers come on top.

Density (Y3) is a place's employment relative to the nation's. Its elasticity is estimated across places at one time,
with what all places share taken out (Combes and Gobillon 2015), and says nothing of a nation that grows or shrinks;
what fewer people mean for research is in technology (A). Where a nation's people are given, as in one equilibrium, this
is the model's own law, in which persons under 60 stand for workers: they differ only where ages change.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.model.accounts import Base, Shock, State
from citybelt.path.energy import Plants
from citybelt.people import schooling
from citybelt.people.record import Ages


class Stocks(eqx.Module):
    """R home regions, N regions, J sectors, S sexes, A ages, E skills; logs are changes since the base year."""

    persons: Float[Array, "R S A E"]
    log_K: Float[Array, "N J"]  # capital
    log_return: Float[Array, "N J"]  # what capital earned over its price last year
    owned: Float[Array, "R J"]  # share of capital owned abroad
    log_A: Float[Array, "N J"]  # productivity
    knowledge: Float[Array, " R"]  # billions at base-year prices
    houses: Float[Array, " R"]
    land: Float[Array, " R"]  # for building
    plants: Plants
    log_factor: Float[Array, "R F"]  # CO2 of a unit of each fuel bought, as it is charged
    on_power: Float[Array, " R"]  # Mt per billion of power made that is charged beside its fuels
    debt: Float[Array, " R"]  # of governments since the base year, billions at base-year prices
    age: Float[Array, ""]  # years since the base year
    brought: Float[Array, " R"]  # persons whom levers on moving have brought
    u: Float[Array, "2 R"]  # what living in a place was worth last year
    x: State  # where the search for the year's equilibrium begins


#: Fields of a shock between pairs of places, which a path's inputs leave out where no lever moves them: for every year
#: and product they would not fit in memory, and to move people by costs that are zero takes time. All others are there,
#: zero or not, so that one compiled program serves every scenario that moves none of these.
BETWEEN = frozenset({"log_d", "d_tariff", "log_mu"})
GIVEN = frozenset(field.name for field in fields(Shock)) - BETWEEN


def only(shock: Shock, names: Collection[str]) -> Shock:
    """The named fields of a shock; the others, which are zero, are left out."""
    # The record's fields are arrays everywhere else; only the inputs of a path may lack some, until ``filled``.
    return Shock(**{name: value if name in names else None for name, value in vars(shock).items()})  # type: ignore[arg-type]


def filled(shock: Shock, base: Base) -> Shock:
    """``only`` undone."""
    zeros = vars(Shock.zeros(base))
    return Shock(**{name: zeros[name] if value is None else value for name, value in vars(shock).items()})


class Work(eqx.Module):
    """Who belongs to which group of the equilibrium, and who works how much."""

    old: Float[Array, " A"]  # 1 where an age counts among those from 60 on
    part: Float[Array, "S A"]  # of persons, who works
    eff: Float[Array, " E"]  # of a skill, relative to the basic one
    base: Float[Array, "2 R"]  # persons by group in the base year
    base_work: Float[Array, " R"]  # efficiency units of work in the base year
    base_workers: Float[Array, " R"]  # persons who work in the base year
    years: Float[Array, "R E"]  # of schooling of a skill in a place

    def groups(self, persons: Float[Array, "R S A E"]) -> Float[Array, "2 R"]:
        """Persons under 60 and from 60 on."""
        by_age = persons.sum(axis=(1, 3))
        return jnp.stack([by_age @ (1.0 - self.old), by_age @ self.old])

    def effort(self, persons: Float[Array, "R S A E"]) -> Float[Array, " R"]:
        """Efficiency units of work."""
        return self.working(persons) @ self.eff

    def workers(self, persons: Float[Array, "R S A E"]) -> Float[Array, " R"]:
        """Persons who work."""
        return self.working(persons).sum(axis=1)

    def working(self, persons: Float[Array, "R S A E"]) -> Float[Array, "R E"]:
        """Persons who work, by skill."""
        return jnp.einsum("rsae,sa->re", persons, self.part)

    def denser(self, persons: Float[Array, "R S A E"]) -> Float[Array, " R"]:
        """(Y3) log change of employment relative to the nation's."""
        now = self.workers(persons)
        return jnp.log(now / self.base_workers) - jnp.log(jnp.sum(now) / jnp.sum(self.base_workers))

    def human(self, persons: Float[Array, "R S A E"]) -> Float[Array, " R"]:
        """Log of mean years of schooling of persons of 15 and more."""
        return jnp.log(schooling.mean_years(persons, self.years, Ages(1)))


def work_of(persons: Float[Array, "R S A E"], old: Array, part: Array, eff: Array, years: Array) -> Work:
    """``Work`` whose base year is that of ``persons``."""
    of = Work(old, part, eff, jnp.ones(()), jnp.ones(()), jnp.ones(()), years)
    return Work(old, part, eff, of.groups(persons), of.effort(persons), of.workers(persons), years)


def year_shock(
    levers: Shock,
    persons: Float[Array, "R S A E"],
    stocks: Stocks,
    log_I: Float[Array, " R"],
    work: Work,
    built: Float[Array, " J"],
    agg: Float[Array, " J"],
) -> Shock:
    """(Y1) to (Y5) the shock of a year: that of its levers on the stocks with which it begins. ``agg`` is the
    elasticity to density: what persons under 60, by whom the model multiplies it, are not is put right."""
    log_N = jnp.log(work.groups(persons) / work.base)
    log_h = jnp.log(work.effort(persons) / work.base_work) - log_N[0]
    denser = jnp.pad(work.denser(persons) - log_N[0], (0, len(stocks.log_A) - len(log_h)))
    return levers.replace(
        log_N=levers.log_N + log_N,
        log_h=levers.log_h + log_h,
        log_Kj=levers.log_Kj + stocks.log_K,
        log_I=levers.log_I + log_I,
        log_A=levers.log_A + stocks.log_A + agg * denser[:, None],
        log_H=levers.log_H.at[: len(stocks.land)].add(stocks.land[:, None] * built),
        log_Hres=levers.log_Hres + stocks.houses,
    )
