"""Great circles, distances within a place, and averages over the places of a region.

A region that holds several places (a province of many cities, a country) is as far from another as the
weighted harmonic mean of the distances between their places: ``d_rs = 1 / sum_kl w_k w_l / d_kl``, weights
adding to one. Under gravity with distance exponent minus one this is the distance at which one flow between
the regions equals the sum of the flows between their places (Head and Mayer 2002; Mayer and Zignago 2011,
variable *distwces*). Within a place of area A the distance is ``2/3 sqrt(A / pi)``, the mean distance from
the centre of a disc (Head and Mayer 2002).
"""

from __future__ import annotations

import numpy as np

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG (Moritz 2000)


def great_circle_km(lon_a, lat_a, lon_b, lat_b):
    """Length of the great circle between points given in degrees, in km (haversine). Arrays broadcast."""
    lon_a, lat_a, lon_b, lat_b = (np.radians(x) for x in (lon_a, lat_a, lon_b, lat_b))
    h = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))


def internal_km(area_km2):
    """Mean distance within a place of that area, in km: ``2/3 sqrt(A / pi)``."""
    return 2 / 3 * np.sqrt(np.asarray(area_km2, float) / np.pi)


def harmonic(distance: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Distances between regions [N, N] from those between places [P, P] and weights [N, P].

    Rows of ``weight`` add to one. An unreachable pair (``inf``) counts as an infinite distance.
    """
    with np.errstate(divide="ignore"):
        return 1.0 / (weight @ (1.0 / distance) @ weight.T)
