"""What the numbers of a dataset must be before anything is computed from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import InputError, Problem

if TYPE_CHECKING:
    import xarray

    from citybelt.data.dataset import Dataset

#: Observed facts that only describe; missing values are NaN.
GAPS = ("employment_industry", "gdp3", "wage", "co2")
#: Variables that may be negative (the net tax of a subsidised sector).
SIGNED = ("tax_rate",)


def check(dataset: Dataset) -> Dataset:
    """The dataset itself, if its variables are there, finite and, where they must be, not negative.

    A table with a hole in it would else surface as an equilibrium that can't be reached.

    Raises:
        InputError: naming for each bad variable its first bad cell and how many there are.
    """
    from citybelt.data import dictionary

    problems = [
        Problem(f"{dataset.name}: {name}", "is missing from the dataset.", "Load the world again, or add it.")
        for name in dictionary().loc["variable"].index
        if name not in dataset.x
    ]
    for name, values in dataset.x.data_vars.items():
        if np.issubdtype(values.dtype, np.floating):
            problems += _bad(dataset.name, str(name), values)
    flows = dataset.trade()
    wrong = ~(np.isfinite(flows) & (flows >= 0))
    if wrong.any():
        buyer, seller, sector = (int(i[0]) for i in np.nonzero(wrong))
        region = dataset.x["region"].values
        place = f"{region[buyer]}, {region[seller]}, {dataset.x['sector'].values[sector]}"
        problems.append(_problem(dataset.name, "trade", place, float(flows[buyer, seller, sector]), int(wrong.sum())))
    if problems:
        raise InputError(problems)
    return dataset


def _bad(world: str, name: str, values: xarray.DataArray) -> list[Problem]:
    numbers = values.values
    wrong = np.isinf(numbers) if name in GAPS else ~np.isfinite(numbers)
    if name not in SIGNED:
        wrong |= numbers < 0
    if not wrong.any():
        return []
    cell = tuple(int(i[0]) for i in np.nonzero(wrong))
    place = ", ".join(
        str(values[dim].values[k]) if dim in values.coords else str(k) for dim, k in zip(values.dims, cell, strict=True)
    )
    return [_problem(world, name, place, float(numbers[cell]), int(wrong.sum()))]


def _problem(world: str, name: str, place: str, value: float, count: int) -> Problem:
    more = f" (and {count - 1} more)" if count > 1 else ""
    kind = "negative" if value < 0 else "not a finite number"
    return Problem(f"{world}: {name}[{place}]", f"is {value:g}, {kind}{more}.", "Correct the table it comes from.")
