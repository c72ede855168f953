r"""How moving, giving birth and being born depend on age and sex, from few numbers.

    (S1)  moving(x) = a1 exp(-alpha1 x) + a2 exp(-alpha2 (x - mu2) - exp(-lambda2 (x - mu2)))
                      + a3 exp(-alpha3 (x - mu3) - exp(-lambda3 (x - mu3))) + c
    (S2)  fertility[a] = TFR (C(end of a) - C(start of a)) / w,   C the share of a woman's children born by an age
    (S3)  male_share = s / (1 + s),   s boys born per girl

(S1): children who go with their parents, young people who start work, those who retire, and all ages. Without the
third part it has seven parameters, with it eleven. The share of moves at each age matters more than the level, which
flows of a census give. (S2) passes a monotone cubic through the ages at which a pattern by five years of age is
known, so that each group keeps its births and the rates sum to the TFR. Sources: Rogers and Castro (1981).
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.errors import InputError
from citybelt.people.curve import through
from citybelt.people.record import Ages


class RogersCastro(NamedTuple):
    """Parameters of (S1); ages in years, levels as moves per person and year."""

    a1: Array | float
    alpha1: Array | float
    a2: Array | float
    alpha2: Array | float
    mu2: Array | float
    lambda2: Array | float
    c: Array | float
    a3: Array | float = 0.0
    alpha3: Array | float = 0.0
    mu3: Array | float = 0.0
    lambda3: Array | float = 0.0


#: Rogers and Castro (1981): the fundamental schedule of seven parameters.
FUNDAMENTAL = RogersCastro(a1=0.02, alpha1=0.1, a2=0.06, alpha2=0.1, mu2=20.0, lambda2=0.4, c=0.003)


def moving(age: Array | np.ndarray, p: RogersCastro = FUNDAMENTAL) -> Array:
    """(S1) Rate of moving at ages ``age``, years; per person and year where the parameters are."""
    x = jnp.asarray(age, float)
    young = p.a1 * jnp.exp(-p.alpha1 * x)
    work = p.a2 * jnp.exp(-p.alpha2 * (x - p.mu2) - jnp.exp(-p.lambda2 * (x - p.mu2)))
    if isinstance(p.a3, float) and p.a3 == 0.0:  # exp(-exp(0)) of a part that isn't there has no place in derivatives
        return young + work + p.c
    return young + work + p.a3 * jnp.exp(-p.alpha3 * (x - p.mu3) - jnp.exp(-p.lambda3 * (x - p.mu3))) + p.c


def fertility(
    pattern: Float[Array, "... G"], tfr: Array, ages: Ages, start: int = 15, width: int = 5
) -> Float[Array, "... A"]:
    """(S2) Births per woman and year in each age class.

    Args:
        pattern: births by group of age of the mother, in any unit; they are taken as shares. Leading axes: regions.
        tfr: children per woman over a life, of the leading axes' shape or one that spreads to it.
        ages: the age classes.
        start: first age of the first group.
        width: years of each group.

    Raises:
        InputError: five-year classes don't fit the groups.
    """
    marks = start + width * np.arange(pattern.shape[-1] + 1)
    edges = np.append(ages.start, ages.start[-1] + ages.width)
    inside = edges[(edges >= marks[0]) & (edges <= marks[-1])]
    if inside[0] != marks[0] or inside[-1] != marks[-1]:
        raise InputError(
            f"Groups of mothers from {marks[0]} to {marks[-1]} don't fit age classes of {ages.width} years."
        )
    born = jnp.cumsum(pattern, axis=-1) / pattern.sum(axis=-1, keepdims=True)
    born = jnp.concatenate([jnp.zeros_like(born[..., :1]), born], axis=-1)
    part = jnp.diff(through(marks, born, inside), axis=-1)
    first = int(np.searchsorted(ages.start, marks[0]))
    rest = ages.count - first - part.shape[-1]
    part = jnp.pad(part, [(0, 0)] * (part.ndim - 1) + [(first, rest)])
    return jnp.asarray(tfr, float)[..., None] * part / ages.width


def mean_age(fertility: Float[Array, "... A"], ages: Ages) -> Float[Array, "..."]:  # noqa: UP037
    """Mean age of mothers at birth by the rates, years: every class at its middle."""
    middle = ages.start + ages.width / 2
    return (fertility * middle).sum(axis=-1) / fertility.sum(axis=-1)


def male_share(boys_per_girl: Array | np.ndarray | float) -> Array:
    """(S3) The share of boys among births."""
    return jnp.asarray(boys_per_girl) / (1 + jnp.asarray(boys_per_girl))
