"""What energy a path uses by fuel, and how its power is made, in TWh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from citybelt.path.base_year import energy_names

if TYPE_CHECKING:
    import xarray as xr

    from citybelt.path.begin import Begin
    from citybelt.path.march import Year


def mix(begin: Begin, years: Year, cluster: np.ndarray) -> tuple[xr.DataArray, xr.DataArray]:
    """Energy by fuel and power by kind of plant, the base year first.

    Args:
        begin: where the path began.
        years: what ``march`` returned.
        cluster: [R] 1 inside the cluster.

    Returns:
        Energy used by all but power plants [year, of, fuel], power among the fuels, ``of`` cluster or nation; and
        power made [year, carrier], which comes from one market of the nation.
    """
    import xarray as xr

    fuels, carriers = energy_names()
    law = begin.rules.power.law
    used = np.concatenate([np.asarray(law.used)[None], np.asarray(years.energy.used)]).sum(axis=2)
    made = np.concatenate([np.asarray(begin.rules.power.made)[None], np.asarray(years.energy.made)])
    inside = np.stack([np.asarray(cluster, float), np.ones(len(cluster))])
    year = np.concatenate([[begin.start.year], begin.years])
    at = {"year": year, "of": ["cluster", "nation"], "fuel": list(fuels)}
    return (
        xr.DataArray(np.einsum("or,trf->tof", inside, used), at, ("year", "of", "fuel"), attrs={"unit": "TWh"}),
        xr.DataArray(made, {"year": year, "carrier": list(carriers)}, ("year", "carrier"), attrs={"unit": "TWh"}),
    )
