r"""Life tables: from death rates by age to survivors, life expectancy, and the chance to live through a step.

With death rates m over classes of n years, of a population that starts as l_0 = 1:

    (L1)  q = 1 - exp(-n m)                        the hazard is constant within a class, or
          q = n m / (1 + (n - a) m)                those who die in it live a years of it on average
    (L2)  l[x+n] = l[x] (1 - q[x]),  d = l q,  L = d / m  (m to 0: n l),  the open class: q = 1, L = l / m
    (L3)  T[x] = sum of L from x on,  e[x] = T[x] / l[x]

What a population's law of motion takes from it, with steps as long as classes are wide (w):

    (L4)  survival[x] = L[x+w] / L[x],  newborn = L[0] / (w l[0])
    (L5)  survival into the open class = T_open (1 - exp(-w m_open)) / L,  within it = exp(-w m_open)

so that the table's own population L reproduces itself. Between two marks of a five-year table:

    (L6)  cumulated hazard H = -log l  by a monotone cubic through the marks;  m[x] = H[x+1] - H[x]
    (L9)  H[x+n] - H[x] = n m + n^3/12 m s,  a = n + 1/m - n/q,  s the slope of m between the classes beside it

(L9) is how many die within a class where the hazard rises with age: m counts those who live there, of whom the
younger are more, so it is less than the mean hazard. Single ages are the form to go on with; rates of five years
are for reading published tables.

Another life expectancy, from the same table, by one number k for all ages:

    (L7)  hazard:  m' = k m
    (L8)  odds:    (1 - l') / l' = k (1 - l) / l     (Brass's relational logits with slope one)
                   the open class: m' = m k / (l + k (1 - l)),  l at its first age

(L7) changes every age by the same factor; under (L8) the factor nears one where few survive, as life tables do.
Sources: Preston, Heuveline and Guillot (2001), chapters 3 and 6; Brass (1971).
(L9) is the second-order term of Keyfitz and Frauenthal (1975) for a population that doesn't grow.
Limits: the first year of life has one hazard; where infants die in its first days, they live 0.4 m too long.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.errors import InputError
from citybelt.people.curve import through
from citybelt.people.record import OPEN, Ages

#: First ages of the classes of an abridged table: 0, 1-4, 5-9, ..., 95-99, 100+.
ABRIDGED = np.array([0, 1, *range(5, OPEN + 1, 5)])

#: The largest change of hazards or odds tried, as a logarithm.
REACH = 10.0


class Table(NamedTuple):
    """A life table; any leading axes, then the classes of age. The last class is open."""

    q: Float[Array, "... X"]  # chance to die within the class
    l: Float[Array, "... X"]  # survivors to its first age, of one born
    d: Float[Array, "... X"]  # deaths in it
    L: Float[Array, "... X"]  # years lived in it
    T: Float[Array, "... X"]  # years lived from its first age on
    e: Float[Array, "... X"]  # years still to live at its first age


def table(m: Float[Array, "... X"], start: np.ndarray, a: Array | None = None) -> Table:
    """(L1-L3) The life table of death rates.

    Args:
        m: deaths per person and year lived, by class; the last class is open and its rate positive.
        start: first age of each class, years [X].
        a: years lived in the class by those who die in it [X] or like ``m``; without it the hazard is constant.
    """
    n = jnp.asarray(np.diff(start), float)
    closed = m[..., :-1]
    if a is None:
        die = -jnp.expm1(-n * closed)
    else:
        a = jnp.asarray(a)[..., :-1]
        die = n * closed / (1 + (n - a) * closed)
    q = jnp.concatenate([die, jnp.ones_like(m[..., -1:])], axis=-1)
    l = jnp.concatenate([jnp.ones_like(m[..., :1]), jnp.cumprod(1 - die, axis=-1)], axis=-1)
    d = l * q
    lived = l[..., :-1] * n * _part(n * closed) if a is None else n * l[..., 1:] + a * d[..., :-1]
    L = jnp.concatenate([lived, l[..., -1:] / m[..., -1:]], axis=-1)
    T = jnp.cumsum(L[..., ::-1], axis=-1)[..., ::-1]
    return Table(q, l, d, L, T, T / l)


def _part(x: Array) -> Array:
    """(1 - exp(-x)) / x, and its limit of one at zero."""
    some = jnp.where(x > 1e-12, x, 1.0)
    return jnp.where(x > 1e-12, -jnp.expm1(-some) / some, 1.0)


def survival(
    m: Float[Array, "... X"], start: np.ndarray, ages: Ages, a: Array | None = None
) -> tuple[Float[Array, "... A"], Array]:
    """(L4, L5) Chances to live through a step of as many years as an age class is wide.

    Args:
        m: death rates by class of the table.
        start: first ages of these classes; each lies within one age class, and the last is that of the open class.
        ages: the age classes that are stepped.
        a: see `table`.

    Returns:
        Survival by age class, and of newborns to the end of the step.

    Raises:
        InputError: the table's classes don't fit into the age classes.
    """
    if start[-1] != OPEN or not np.isin(ages.start, start).all():
        raise InputError(f"A life table for ages of {ages.width} years must have classes that begin at each of them.")
    own = table(m, start, a)
    into = (np.minimum(start // ages.width, ages.count - 1)[:, None] == np.arange(ages.count)).astype(float)
    L = own.L @ into
    stay = jnp.exp(-ages.width * m[..., -1:])
    reach = jnp.concatenate([L[..., 1:-1], L[..., -1:] * (1 - stay)], axis=-1)
    return jnp.concatenate([reach / L[..., :-1], stay], axis=-1), L[..., 0] / ages.width


def dying(m: Float[Array, "... X"], start: np.ndarray) -> Float[Array, "... X"]:
    """(L9) Years lived in each class by those who die in it, where the hazard rises or falls from class to class.

    The slope is taken where the classes on both sides are as wide (the last closed class: the one before); elsewhere
    the hazard is constant within the class.
    """
    n = np.diff(start)
    beside = np.flatnonzero((n[1:-1] == n[:-2]) & (n[1:-1] == n[2:])) + 1
    slope = jnp.zeros_like(m[..., :-1])
    slope = slope.at[..., beside].set((m[..., beside + 1] - m[..., beside - 1]) / (2 * n[beside]))
    if n[-1] == n[-2]:
        slope = slope.at[..., -1].set((m[..., -2] - m[..., -3]) / n[-1])
    closed = m[..., :-1]
    H = n * closed + n**3 / 12 * closed * slope
    some = jnp.where(closed > 1e-9, closed, 1.0)
    q = -jnp.expm1(-jnp.where(closed > 1e-9, H, n))
    a = jnp.where(closed > 1e-9, n + 1 / some - n / q, n / 2)
    return jnp.concatenate([a, 1 / m[..., -1:]], axis=-1)


def single(m: Float[Array, "... X"], start: np.ndarray = ABRIDGED, a: Array | None = None) -> Float[Array, "... 101"]:
    """(L6) Death rates by single year of age, 0 to 99 and 100+, with the same survivors at the table's marks.

    Args:
        m: death rates of the table's classes; a first class of 0-4 knows nothing of the first year, so that infants
            then die too late.
        start: first ages of the classes, up to 100.
        a: years lived in a class by those who die in it; without it those of `dying`.
    """
    l = table(m, start, dying(m, start) if a is None else a).l
    H = through(start, -jnp.log(l), np.arange(OPEN + 1))
    return jnp.concatenate([jnp.diff(H, axis=-1), m[..., -1:]], axis=-1)


How = Literal["odds", "hazard"]


def changed(m: Float[Array, "... X"], start: np.ndarray, log_k: Array, how: How) -> Array:
    """(L7, L8) The death rates of a table changed by ``k`` = exp(log_k)."""
    k = jnp.exp(log_k)[..., None]
    if how == "hazard":
        return m * k
    l = table(m, start).l
    mixed = l + k * (1 - l)
    H = jnp.log(mixed) - jnp.log(l)
    return jnp.concatenate([jnp.diff(H, axis=-1) / np.diff(start), (m * k / mixed)[..., -1:]], axis=-1)


def with_expectancy(m: Float[Array, "... X"], start: np.ndarray, e0: Array, how: How = "odds") -> Float[Array, "... X"]:
    """Death rates like ``m`` of which people live ``e0`` years on average. Differentiable in both.

    Args:
        m: death rates by class, any leading axes (sex, region).
        start: first age of each class.
        e0: life expectancy at birth wanted, years; the shape of the leading axes, or one that spreads to it.
        how: ``odds`` (L8) or ``hazard`` (L7).

    Raises:
        InputError: no change of the table within exp(-10) to exp(10) gives that life expectancy. Inside a compiled
            program, which can't raise, the rates are not numbers then.
    """
    e0 = jnp.broadcast_to(jnp.asarray(e0, float), jnp.broadcast_shapes(jnp.shape(e0), m.shape[:-1]))
    m = jnp.broadcast_to(m, (*e0.shape, m.shape[-1]))

    def excess(log_k: Array, m: Array) -> Array:
        return table(changed(m, start, log_k, how), start).e[..., 0] - e0

    def halve(_: int, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds
        middle = (low + high) / 2
        long = excess(middle, jax.lax.stop_gradient(m)) > 0
        return jnp.where(long, middle, low), jnp.where(long, high, middle)

    ends = jnp.full(e0.shape, -REACH), jnp.full(e0.shape, REACH)
    log_k = jax.lax.stop_gradient(sum(jax.lax.fori_loop(0, 50, halve, ends)) / 2)
    # A last step of Newton: exact to rounding, and it carries the derivative of the solution.
    slope = jax.lax.stop_gradient(jax.jvp(lambda x: excess(x, m), (log_k,), (jnp.ones_like(log_k),))[1])
    log_k = log_k - excess(log_k, m) / slope
    missed = jnp.abs(excess(log_k, m))
    worst = jnp.max(missed)
    if not isinstance(worst, jax.core.Tracer) and not worst < 1e-8:
        raise InputError(f"No change of the life table reaches the life expectancy wanted; it misses by {worst} years.")
    return changed(m, start, jnp.where(missed < 1e-8, log_k, jnp.nan), how)
