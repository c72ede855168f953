r"""What a place is worth to a person of given skill, whoever else lives there.

The static model's value of a place (M3) holds spending per head of a group, in which wages are those of all who work
there. On a path the people of a place grow older and better schooled: their wages per head change with the work that
they do on average, and nobody who moves takes on the age and schooling of those who are there. So wages are counted by
the unit of work,

    (K1)  u[0,n] = V[0,n] + log( l[n] / h[n] + q[n] ) - log( l[n] + q[n] ),      u[1,n] = V[1,n]

    l    wages less contributions, per resident under 60
    q    what is shared by heads: property income, rents, levies
    h    work per resident under 60 over that of the base year (Y2), levers that train them among it

``l / h`` is the wage of a unit of work times the units that a resident under 60 had in the base year. Where only the
residents' age or schooling changes, at prices held, u is unchanged but for what governments can spend on them, which
is for everybody who lives there.
Limits: one mix of wages and other income for all who move; pensions are the same everywhere (V[1]).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.model.accounts import LABOUR

if TYPE_CHECKING:
    from citybelt.model.spatial import Accounts


def value(of_place: Float[Array, "2 R"], accounts: Accounts, log_h: Float[Array, " R"]) -> Float[Array, "2 R"]:
    """(K1)

    Args:
        of_place: V, log change of the value of living in a place, by group.
        accounts: of the year.
        log_h: log change of the work of a resident under 60.
    """
    a, h = accounts, of_place.shape[1]
    wages = (a.factor_income[LABOUR].sum(axis=1) - a.contributions)[:h] / a.residents[0]
    shared = (a.property_income + a.land_private + a.residual - a.levy)[:h] / a.residents.sum(axis=0)
    mover = jnp.log(wages * jnp.exp(-log_h) + shared) - jnp.log(wages + shared)
    return of_place.at[0].add(mover)
