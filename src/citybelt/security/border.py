"""Districts at a land border: those whose boundary comes near a neighbouring country's in the package's map.

The two sets of boundaries are from different sources and simplified, so that they touch only roughly: ``NEAR`` bridges
the gap, and the districts found are the same for anything from 0.02 to 0.1 degrees. Limits: the map holds some
neighbours only, and a strait counts as a land border where it is narrower than that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from citybelt.errors import InputError

#: Degrees within which two boundaries are one.
NEAR = 0.05


def at_border(regions: Sequence[str], near: float = NEAR) -> np.ndarray | None:
    """[N] true for regions at a land border; None where the map holds no boundary of one of them."""
    import shapely

    from citybelt.geo import polygons

    try:
        own = polygons.shapes(regions).to_numpy()
    except InputError:
        return None
    neighbours = polygons.table().query("level == 'neighbour'")["geometry"].to_numpy()
    shapely.prepare(neighbours)
    return np.asarray([bool(shapely.dwithin(neighbours, shape, near).any()) for shape in own])
