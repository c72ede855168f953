r"""Technology through time: research, what is learnt from others, catching up with the frontier, obsolescence.

    (A1)  Z'[n]    = (1 - omega) Z[n] + S[n]                                knowledge of a place; S its research
    (A2)  D[n,m]   = exp( -hours[n,m] / range ),  D[n,n] = 0                how much of it reaches others
          U[n]     = sum_m D[n,m] Z[m]                                      knowledge absorbed
    (A3)  goal[n,j] = g t + kappa gap[n,j] + k[n] + learn log( U[n] / U0[n] (1 + nbar)^t )
          k[n]     = own log( Z[n] / Z0[n] (1 + nbar)^t )                   what a place knows of its own
    (A4)  a'[n,j]  = a[n,j] + g + k'[n] - k[n] + lambda[n] ( goal[n,j] - a[n,j] )
    (A5)  lambda[n] = lambda ( years of schooling / those of the frontier )^phi     the schooled learn faster
    (A6)  f        = g t                                                    the frontier, t years after the base year

``a`` is log productivity since the base year. Growth ``g`` is that of rich countries, whose research grew at ``nbar``
a year meanwhile: what such growth of research brings is in ``g``, and only knowledge beyond or short of it counts.
Partners grow at ``g``: their research is taken to grow at ``nbar``. What a place finds out itself it uses at once, as
the estimates of ``own`` have it, which relate output to the stock of the same year; what others know it learns at a
rate. Of the base year's ``gap`` to the frontier the share ``kappa`` closes in the end; the rest lasts (institutions,
place). Balanced growth in closed form: balanced.py. An innovation centre is extra ``S`` at its place.

    (A7)  influence[n,m] = v[n] ( own 1[n=m] / Z[n] + learn D[n,m] / U[n] ) / sum_n ...     of research at m on n

adds up to one over the nation; its part outside m is the reach. Sources: Griffith, Redding and Van Reenen (2004) for
the two faces of research; Nelson and Phelps (1966), Benhabib and Spiegel (2005) for (A5); Desmet, Nagy and
Rossi-Hansberg (2018), Buera and Oberfield (2020) for diffusion over space; Hall, Mairesse and Mohnen (2010) for
stocks. Limits: one sort of knowledge, which all sectors of a place use; what partners know is in the frontier; where
people and so research decline for ever, growth falls short of ``g``, as in Jones (2022), and nothing makes up for it.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

Place = Float[Array, " R"]
Cell = Float[Array, "R J"]
Number = Float[Array, ""] | float


class Technology(eqx.Module):
    """What stays the same through a path. R places, J sectors; rates a year."""

    reach: Float[Array, "R R"]  # D, receiver by source, zero on the diagonal
    start: Place  # Z0, billions
    gap: Cell  # log distance to the frontier in the base year, not negative
    own: Number  # elasticity of productivity to own knowledge
    learn: Number  # and to absorbed knowledge
    catch_up: Number  # lambda
    schooling: Number  # phi
    schooled: Number  # log mean years of schooling of the frontier
    obsolescence: Number  # omega
    growth: Number  # g of the frontier; zero for paths relative to it
    research_growth: Number  # nbar, growth of research that is in g
    closing: Number  # kappa

    @property
    def absorbed(self) -> Place:
        """U of the base year."""
        return self.reach @ self.start


def reach(hours: Float[Array, "R R"], span: Number) -> Float[Array, "R R"]:
    """(A2) weights of others' knowledge from travel times in hours; ``span`` hours lose all but 1/e of it."""
    return jnp.where(jnp.eye(hours.shape[0]) > 0, 0.0, jnp.exp(-hours / span))


def knowledge(Z: Place, research: Place, obsolescence: Number) -> Place:
    """(A1) next year's stock of knowledge, billions; ``research`` of the year, extra centres included."""
    return (1.0 - obsolescence) * Z + research


def first_stock(research: Place, growth: Place, obsolescence: Number) -> Place:
    """Stock of a place whose research has always grown at ``growth`` a year: research / (growth + obsolescence)."""
    return research / (growth + obsolescence)


def speed(t: Technology, human: Place) -> Place:
    """(A5) share of the way to its goal that each place goes in a year; at most all of it. ``human`` is the log of mean
    years of schooling."""
    return jnp.minimum(t.catch_up * jnp.exp(t.schooling * (human - t.schooled)), 1.0)


def known(t: Technology, Z: Place, years: Number) -> Place:
    """(A3) what places know of their own, in log productivity, ``years`` after the base year."""
    return t.own * (jnp.log(Z / t.start) - years * jnp.log1p(t.research_growth))


def goal(t: Technology, Z: Place, years: Number) -> Cell:
    """(A3) log productivity that each place would reach with the knowledge ``Z`` of ``years`` after the base year."""
    learnt = t.learn * (jnp.log((t.reach @ Z) / t.absorbed) - years * jnp.log1p(t.research_growth))
    return years * t.growth + t.closing * t.gap + (known(t, Z, years) + learnt)[:, None]


def step(t: Technology, log_A: Cell, Z: Place, after: Place, human: Place, years: Number) -> Cell:
    """(A4) log productivity next year.

    Args:
        t: what stays the same.
        log_A: log productivity this year, since the base year.
        Z, after: knowledge this year and next year, billions.
        human: log of mean years of schooling.
        years: since the base year.
    """
    found = (known(t, after, years + 1.0) - known(t, Z, years))[:, None]
    return log_A + t.growth + found + speed(t, human)[:, None] * (goal(t, Z, years) - log_A)


def gain(t: Technology, Z: Place, value: Place) -> Float[Array, "R R"]:
    """What a billion more of knowledge at each source adds in the end to value added, by receiver and source.

    Args:
        t: what stays the same.
        Z: knowledge, billions.
        value: value added, billions.
    """
    by_own = jnp.diag(t.own / Z)
    return value[:, None] * (by_own + t.learn * t.reach / (t.reach @ Z)[:, None])


def influence(t: Technology, Z: Place, value: Place) -> Float[Array, "R R"]:
    """(A7) share of each receiver in what knowledge of each source adds to the nation; columns sum to one."""
    every = gain(t, Z, value)
    return every / jnp.sum(every, axis=0)


def reach_of(t: Technology, Z: Place, value: Place) -> Place:
    """Share of what knowledge of each source adds that falls outside it."""
    return 1.0 - jnp.diag(influence(t, Z, value))
