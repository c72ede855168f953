r"""How something new is taken up.

    (B1)  F' = F + (p + q F) (1 - F)                                          share of users; a year's new ones
    (B2)  F(t) = (1 - exp(-(p+q) t)) / (1 + (q/p) exp(-(p+q) t))              in continuous time, from none
    (B3)  peak of new users at t = log(q/p) / (p + q)

``p`` are those who take it up by themselves, ``q`` those who follow others. The step (B1) is regressed as it stands to
find p and q again from a curve: new users = p + (q - p) F - q F^2. Source: Bass (1969). Limits: everybody takes it up.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.errors import InputError

Number = Float[Array, ""] | float


def adopt(share: Array, alone: Number, following: Number) -> Array:
    """(B1) share of users next year."""
    return share + (alone + following * share) * (1.0 - share)


def curve(years: Array, alone: Number, following: Number) -> Array:
    """(B2) share of users some years after the first."""
    faded = jnp.exp(-(alone + following) * years)
    return (1.0 - faded) / (1.0 + following / alone * faded)


def peak(alone: Number, following: Number) -> Array:
    """(B3) years until most take it up at once; negative where that was at the start."""
    return jnp.log(following / alone) / (alone + following)


def recover(shares: np.ndarray) -> tuple[float, float]:
    """p and q of (B1) from shares of users year by year, by least squares.

    Raises:
        InputError: fewer than three years, or shares that do not move.
    """
    F = np.asarray(shares, float)
    if len(F) < 4 or np.ptp(F) == 0:
        raise InputError("a curve of adoption needs at least four years in which the share of users changes")
    now, new = F[:-1], np.diff(F)
    terms = np.stack([1.0 - now, now * (1.0 - now)], axis=1)
    (p, q), *_ = np.linalg.lstsq(terms, new, rcond=None)
    return float(p), float(q)
