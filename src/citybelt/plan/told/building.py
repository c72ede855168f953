r"""The first of two phases: while projects are built, before they work.

A plan is valued in the years in which it works, at yearly payments. Before, money is spent and nothing is there yet.
All projects begin in the first year, so that this is the year with the most work at once,

    (J1)  purchases   z.purchase = sum over projects of total cost / years of building         what is bought in it
    (J2)  the year    the equilibrium of (J1) alone: prices, wages, who pays, nobody better served yet
    (J3)  jobs        workers[r] / wages[r] * wages in the output that (J1) sets in motion at base-year prices (type I)

(J3) counts workers along the whole chain of suppliers at home, who come from other work: the year has no idle hands,
and (J2) shows what they leave undone as welfare and prices. Source of (J3): Miller and Blair (2009), chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.dims import PAYERS
from citybelt.model.accounts import Base
from citybelt.plan.solved.optimise import Point
from citybelt.plan.solved.problem import Problem, outcome
from citybelt.plan.sure.draws import USED

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.plan.asked.places import Places


@dataclass(frozen=True, eq=False)
class Building:
    """Work and materials while the projects of a plan are built.

    Attributes:
        projects: one row a project: lever, names, years, outlay (bn a year), total (bn), jobs (thousand workers).
        materials: one row a product: names, bought (bn a year), share of the nation's use of it (per cent), jobs in the
            sector along the chain of suppliers, price (change at home where it is bought, per cent).
        places: one row a home region with work: outlay (bn a year) and jobs there (thousand).
        payers: billions a year by payer.
        outlay, jobs: of all, bn a year and thousand workers.
        welfare, welfare_nation: of the year of building, per cent; it ends when the plan works.
        residual: of its equilibrium.
    """

    projects: pd.DataFrame
    materials: pd.DataFrame
    places: pd.DataFrame
    payers: dict[str, float]
    outlay: float
    jobs: float
    welfare: float
    welfare_nation: float
    residual: float


def building(p: Problem, x: Point, dataset: Dataset, at: Places) -> Building | None:
    """(J1) to (J3) for the projects of a mix; None where nothing is built.

    Raises:
        NotSolvedError: the equilibrium of the year was not reached.
    """
    from citybelt.worlds import tables

    used = [k for k, lever in enumerate(p.levers) if lever.capital and x.values[k] > USED * lever.card.upper]
    if not used:
        return None
    e, h = p.economy, len(p.economy.home)
    b = e.base
    outlays = [np.asarray(p.levers[k].outlay(jnp.asarray(x.values[k]))) for k in used]
    whole = np.sum(outlays, axis=0)
    s = e.solve(e.zeros.replace(purchase=jnp.asarray(whole))).require(e.place)
    rows = outcome(b, e.theory, s.shock, s.accounts, p.frame)
    workers = np.asarray(dataset.x["workers"].values, float)[:h]
    jobs_in = lambda purchase: jobs_of(b, workers, purchase.sum(axis=0))  # noqa: E731
    sectors = tables.sectors()
    projects = [
        {
            "lever": p.levers[k].id,
            "name_en": p.levers[k].card.name,
            "name_zh": p.levers[k].card.name_zh,
            "years": float(p.levers[k].card.build_years or 1.0),
            "outlay": float(outlay.sum()),
            "total": float(np.asarray(p.levers[k].total(jnp.asarray(x.values[k]))).sum()),
            "jobs": float(jobs_in(outlay).sum()),
        }
        for k, outlay in zip(used, outlays, strict=True)
    ]
    jobs = jobs_in(whole)
    bought = whole.sum(axis=(0, 1))
    use = np.asarray(b.spending)[:h].sum(axis=0)
    spent = whole.sum(axis=0)[:h]
    price = np.expm1(np.asarray(s.accounts.log_user)[:h])
    rise = np.where(bought > 0, (price * spent).sum(axis=0) / np.maximum(spent.sum(axis=0), 1e-300), np.nan)
    materials = pd.DataFrame(
        {
            "sector": e.sectors,
            "name_en": [sectors.loc[j, "name_en"] if j in sectors.index else j for j in e.sectors],
            "name_zh": [sectors.loc[j, "name_zh"] if j in sectors.index else j for j in e.sectors],
            "bought": bought,
            "share": 100 * bought / np.maximum(use, 1e-300),
            "jobs": jobs.sum(axis=0),
            "price": 100 * rise,
        }
    )
    there = whole.sum(axis=(0, 2))[:h]
    inside = np.flatnonzero((there > 0) | (jobs.sum(axis=1) > 0.01 * jobs.sum()))
    places = pd.DataFrame(
        {
            "region": [e.home[k] for k in inside],
            "name_en": [at.named(str(e.home[k]))[0] for k in inside],
            "name_zh": [at.named(str(e.home[k]))[1] for k in inside],
            "outlay": there[inside],
            "jobs": jobs.sum(axis=1)[inside],
        }
    )
    return Building(
        projects=pd.DataFrame(projects),
        materials=materials[(materials["bought"] > 0) | (materials["jobs"] > 0)]
        .sort_values("jobs", ascending=False)
        .reset_index(drop=True),
        places=places.sort_values("jobs", ascending=False, ignore_index=True),
        payers=dict(zip(PAYERS, whole.sum(axis=(1, 2)).tolist(), strict=True)),
        outlay=float(whole.sum()),
        jobs=float(jobs.sum()),
        welfare=100 * float(rows[p.place["welfare:cluster"]]),
        welfare_nation=_nation(p, s),
        residual=s.residual,
    )


def jobs_of(b: Base, workers: np.ndarray, bought: np.ndarray) -> np.ndarray:
    """(J3) [H, J] thousand workers along the chain of suppliers.

    Args:
        workers: [H] persons at work in the base year.
        bought: [N, J] billions a year by place and product, at user prices.
    """
    from citybelt.model.multiplier import Multiplier

    m, h = Multiplier(b), b.n_home
    made = m.output(m.delivered(bought))[:h]
    return made * m.wage_coef[:h] * (workers / (m.wage_coef * np.asarray(b.output))[:h].sum(axis=1))[:, None] / 1e3


def _nation(p: Problem, s: Any) -> float:
    """Log change of the welfare of everybody at home, per cent."""
    from citybelt.model.outcomes import welfare

    b = p.economy.base
    return 100 * float(welfare(b, p.economy.theory, s.shock, s.accounts, jnp.ones(b.n_home)))
