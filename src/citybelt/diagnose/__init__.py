"""What ails a cluster of cities: why it lags, how its people change, which industries repeat.

``diagnose`` reads the facts that come with the package and returns a ``Diagnosis`` of tables and sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset

    from .cities import Cities
    from .result import Diagnosis

Progress = Callable[[str, int, int], None]


def diagnose(dataset: Dataset, cluster: str | None = None, progress: Progress | None = None) -> Diagnosis:
    """Diagnose a cluster of the world against its other clusters and the country.

    ``cluster`` is a label of the world's regions; unless given, the one that the world is about (its
    attribute ``cluster``), else the label that most of its home regions bear. Raises InputError when no
    region bears the label.
    """
    import pandas as pd

    from citybelt.errors import InputError, Problem

    from .cities import gather
    from .facts import shipped

    x = dataset.x
    labels = pd.Series(x["cluster"].values.astype(str), index=x["region"].values.astype(str))
    borne = labels[labels != ""]
    focus = cluster or x.attrs.get("cluster") or (borne.mode().iloc[0] if len(borne) else "")
    if focus not in set(borne):
        held = ", ".join(sorted(set(borne))) or "none"
        raise InputError([Problem(f"world {dataset.name}", f"no region of cluster {focus!r}.", f"Held: {held}.")])
    cities = gather(shipped(), focus, labels, dataset.base_year)
    return diagnose_cities(cities, dataset, progress)


def diagnose_cities(cities: Cities, dataset: Dataset | None = None, progress: Progress | None = None) -> Diagnosis:
    """Diagnose from gathered facts.

    A world adds what only it knows: similarity and complementarity by its own sectors (grade D), and what it
    had to impute, for the page of limits.
    """
    import pandas as pd

    from . import gap_tables, other_tables, people_tables, structure_tables, texts
    from .result import Diagnosis
    from .words import LANGUAGES, Speech

    stages = ("gap", "people", "industries", "income and trade")

    def step(k: int) -> None:
        if progress:
            progress(stages[min(k, len(stages) - 1)], k, len(stages))

    step(0)
    factors = gap_tables.gap_factors(cities)
    for lang in LANGUAGES:
        say = Speech(lang)
        factors[f"factor_{lang}"] = [say(f"factor.{f}") for f in factors["factor"]]
    step(1)
    moves = people_tables.Moves(cities)
    objects = people_tables.three_objects(cities, moves)
    step(2)
    industries = {
        k: getattr(structure_tables, k)(cities)
        for k in ("similarity", "repeats", "industries", "specialisation", "products")
    }
    complements = pd.DataFrame()
    if dataset is not None:
        output, demand, labels = _uses(dataset)
        own = labels.index[labels == cities.focus]
        imputed = structure_tables.world_similarity(output, labels.where(labels.index.isin(cities.units.index), ""))
        industries["similarity"] = pd.concat([industries["similarity"], imputed], ignore_index=True)
        complements = structure_tables.complementarity(output.loc[own], demand.loc[own])
    step(3)
    keys = ("gap", "people", "age", "similarity", "repeats", "income", "hierarchy", "trade", "services")
    method = pd.DataFrame(
        [{"key": k} | {f"text_{lang}": Speech(lang)(f"method.{k}") for lang in LANGUAGES} for k in keys]
    )
    mask = cities.member(cities.focus)
    out = Diagnosis(
        name=dataset.name if dataset is not None else "",
        cluster=cities.focus,
        clusters=tuple(cities.clusters),
        year=cities.years[1],
        names=cities.units.loc[mask, ["name_en", "name_zh"]],
        provinces=cities.facts.units.loc[cities.provinces, ["name_en", "name_zh"]],
        gap=factors,
        gaps=gap_tables.gaps(cities),
        context=gap_tables.context(cities),
        people=people_tables.people(cities, moves),
        ages=people_tables.ages(cities),
        cohorts=people_tables.cohorts(cities, moves),
        three_objects=objects,
        pull=people_tables.pull(cities, moves),
        **industries,
        complementarity=complements,
        overlap=structure_tables.product_overlap(cities),
        hierarchy=other_tables.hierarchy(cities),
        neighbours=other_tables.neighbours(cities),
        income=other_tables.income(cities),
        disposable_income=other_tables.disposable_income(cities),
        inequality=other_tables.inequalities(cities),
        trade=other_tables.trade(cities),
        trade_products=other_tables.trade_products(cities),
        services=other_tables.services(cities),
        services_by_industry=other_tables.services_by_industry(cities),
        limits=texts.limits(cities, objects, dataset),
        method=method,
    )
    step(len(stages))
    return out


def _uses(dataset: Dataset) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Output and demand (inputs and final use) [home region, sector] of a world, and its cluster labels."""
    import numpy as np
    import pandas as pd

    x = dataset.x
    home = ~x["foreign"].values.astype(bool)
    regions, sectors = x["region"].values.astype(str)[home], x["sector"].values.astype(str)
    output = x["output"].values[home]
    final = sum(x[use].values[home] for use in ("consumption", "government", "investment"))
    demand = final + np.einsum("nkj,nk->nj", x["input_coef"].values[home], output)
    labels = pd.Series(x["cluster"].values.astype(str)[home], index=regions)
    return pd.DataFrame(output, regions, sectors), pd.DataFrame(demand, regions, sectors), labels
