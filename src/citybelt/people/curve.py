r"""A smooth curve through known points that never turns where they don't: monotone cubic pieces.

With marks x_i, values y_i, slopes of the pieces d_i = (y_i+1 - y_i) / h_i and h_i = x_i+1 - x_i:

    (C1)  slope at a mark inside = 0 if d_i-1 d_i <= 0, else (w1 + w2) / (w1 / d_i-1 + w2 / d_i),
          w1 = 2 h_i + h_i-1,  w2 = h_i + 2 h_i-1
    (C2)  slope at an end = ((2 h_0 + h_1) d_0 - h_0 d_1) / (h_0 + h_1), held to no turn
    (C3)  y(x) = cubic of Hermite between two marks

Survivors and cumulated births rise or fall with age throughout; a curve through them that overshot would mean
negative deaths or births. Sources: Fritsch and Butland (1984); Fritsch and Carlson (1980).
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def through(marks: np.ndarray, values: Float[Array, "... K"], x: np.ndarray) -> Float[Array, "... X"]:
    """(C1-C3) The curve through ``values`` at ``marks``, read at ``x``.

    Args:
        marks: rising, at least three [K].
        values: what is known at the marks; any leading axes.
        x: where to read, within the marks [X].
    """
    h = np.diff(np.asarray(marks, float))
    d = jnp.diff(values, axis=-1) / h
    slope = jnp.concatenate([_end(h[0], h[1], d[..., :1], d[..., 1:2]), _inner(h, d)], axis=-1)
    slope = jnp.concatenate([slope, _end(h[-1], h[-2], d[..., -1:], d[..., -2:-1])], axis=-1)

    piece = np.clip(np.searchsorted(marks, x, side="right") - 1, 0, len(h) - 1)
    t = (x - np.asarray(marks, float)[piece]) / h[piece]
    return (
        values[..., piece] * (1 + 2 * t) * (1 - t) ** 2
        + values[..., piece + 1] * t**2 * (3 - 2 * t)
        + slope[..., piece] * h[piece] * t * (1 - t) ** 2
        - slope[..., piece + 1] * h[piece] * t**2 * (1 - t)
    )


def _inner(h: np.ndarray, d: Array) -> Array:
    before, after = d[..., :-1], d[..., 1:]
    w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    same = before * after > 0
    # Flat pieces divide by one, so that derivatives stay finite on the side that isn't taken.
    one = jnp.ones_like(before)
    mean = (w1 + w2) / (w1 / jnp.where(same, before, one) + w2 / jnp.where(same, after, one))
    return jnp.where(same, mean, 0.0)


def _end(h0: float, h1: float, d0: Array, d1: Array) -> Array:
    slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    slope = jnp.where(slope * d0 <= 0, 0.0, slope)
    steep = (d0 * d1 <= 0) & (jnp.abs(slope) > 3 * jnp.abs(d0))
    return jnp.where(steep, 3 * d0, slope)
