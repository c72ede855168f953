r"""What a place is worth to a person of given skill or pension, whoever else lives there.

The static model's value of a place (M3) holds spending per head of a group, in which wages are those of all who work
there. On a path the people of a place grow older and better schooled: their wages per head change with the work that
they do on average, and nobody who moves takes on the age and schooling of those who are there. So wages are counted by
the unit of work,

    (K1)  u[0,n] = V[0,n] + log( l[n] / h[n] + q[n] ) - log( l[n] + q[n] )

    l    wages less contributions, per resident under 60
    q    what is shared by heads: property income, rents, levies
    h    work per resident under 60 over that of the base year (Y2), levers that train them among it

An old person takes the pension along, so what the old of a place draw is no part of what it is worth. All pensions
change by one factor f over the nation (G4); the old are taken to bring its mean, b f:

    (K2)  u[1,n] = V[1,n] + log( b f + q[n] ) - log( p[n] + q[n] ) - log( b + q0[n] ) + log( p0[n] + q0[n] )

    p    pension per resident of 60 and over; p0, q0 of the base year

``l / h`` is the wage of a unit of work times the units that a resident under 60 had in the base year. Where only the
residents' age or schooling changes, at prices held, u is unchanged but for what governments can spend on them, which
is for everybody who lives there.
Limits: one mix of wages and other income for all who move, one pension for all who decide. Once they have moved, the
equilibrium pays the old what those of their place get, from 14 to 50 thousand CNY a year in the base year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.model.accounts import LABOUR

if TYPE_CHECKING:
    from citybelt.model.accounts import Base
    from citybelt.model.spatial import Accounts


def value(
    base: Base, of_place: Float[Array, "2 R"], accounts: Accounts, log_h: Float[Array, " R"]
) -> Float[Array, "2 R"]:
    """(K1, K2)

    Args:
        base: the base year.
        of_place: V, log change of the value of living in a place, by group.
        accounts: of the year.
        log_h: log change of the work of a resident under 60.
    """
    a, h = accounts, of_place.shape[1]
    wages = (a.factor_income[LABOUR].sum(axis=1) - a.contributions)[:h] / a.residents[0]
    shared = (a.property_income + a.land_private + a.residual - a.levy)[:h] / a.residents.sum(axis=0)
    mover = jnp.log(wages * jnp.exp(-log_h) + shared) - jnp.log(wages + shared)
    old = _kept(base, a, shared)
    return of_place + jnp.stack([mover, old])


def _kept(b: Base, a: Accounts, shared: Array) -> Array:
    """(K2) less V [R]"""
    h = b.n_home
    before = b.people[1].sum(axis=0)
    mean = b.pension @ before / before.sum()
    grown = a.pensions[:h].sum() / (b.pension @ a.residents[1])
    here = b.spending_per_head[1] / (1.0 - b.income_tax[:h] - b.saving[:h])
    there = mean + here - b.pension
    return jnp.log((mean * grown + shared) / (a.pensions[:h] / a.residents[1] + shared)) - jnp.log(there / here)
