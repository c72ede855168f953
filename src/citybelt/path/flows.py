"""Who comes and who leaves, by age: the moves of a path by year and place, in five years of age.

Moves to other places of the same cluster count for both of them, so a cluster's net moves are right and its arrivals
and departures are sums over its places. Ages are those at the start of the year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from citybelt.people.record import Ages

if TYPE_CHECKING:
    import xarray as xr

    from citybelt.people.cohort import Events

#: Arrivals from other regions, departures for them, net arrivals from abroad.
FLOWS = ("came", "left", "abroad")


def by_age(events: Events, year: np.ndarray, region: np.ndarray) -> xr.DataArray:
    """Persons who moved in a year.

    Args:
        events: of ``march``, a leading axis of T years, single years of age.
        year: [T] in which they happened.
        region: codes of the home regions.

    Returns:
        [year, flow, region, age] persons, ``FLOWS`` and the classes of five years.
    """
    import xarray as xr

    five = Ages(5)
    found = []
    for name in FLOWS:
        moved = np.asarray(getattr(events, name)).sum(axis=(2, 4))
        found.append(np.add.reduceat(moved, np.arange(five.count) * 5, axis=2))
    at = {"year": year, "flow": list(FLOWS), "region": region, "age": list(five.labels)}
    return xr.DataArray(np.stack(found, axis=1), at, ("year", "flow", "region", "age"))
