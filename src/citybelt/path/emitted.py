r"""What a path says of emissions: when they peak, when they are gone, why they change, and what a cap costs.

    (V1)  CO2[u,f] of a set of places: what its users burn; for power, what all plants emit by what each user takes
    (V2)  why[t,k] = sum_uf effect k of year t - 1 to t of (V1)                  lmdi; sums to its change, to the digit

(V1) is of fuels by the law of energy. CO2 in the tables of a path counts processes too, and power where it is made; in
the nation fuels are the same but for what the base year's two sources of places differ by (0.5 % by 2060).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.dims import SETS
from citybelt.path import energy, lmdi

if TYPE_CHECKING:
    import xarray as xr

    from citybelt.path.begin import Begin
    from citybelt.path.march import Year


@dataclass(frozen=True, eq=False)
class Emitted:
    """Emissions of a path.

    Attributes:
        co2: [year, of] Mt, of all fuels by (V1).
        why: [year, of, factor] Mt by which each of ``lmdi.FACTORS`` changed them since the year before.
        cap: [year] Mt that the cluster may emit; infinite where there is no cap. None without any.
        price: [year] of carbon that keeps it, money per tonne at base-year prices; None without a cap.
        peak: the year in which emissions in the tables are highest, by ``of``.
        neutral: the time from which there are none; None where they remain.
    """

    co2: xr.DataArray
    why: xr.DataArray
    cap: np.ndarray | None
    price: np.ndarray | None
    peak: dict[str, int]
    neutral: dict[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        told: dict[str, Any] = {
            "unit": "Mt",
            "fuels": {of: self.co2.sel(of=of).values for of in SETS},
            "why": {of: {k: self.why.sel(of=of, factor=k).values for k in lmdi.FACTORS} for of in SETS},
            "peak": self.peak,
            "neutral": self.neutral,
        }
        if self.cap is not None:
            told |= {"cap": [x if np.isfinite(x) else None for x in self.cap.tolist()], "price": self.price}
        return told


def emitted(
    begin: Begin,
    years: Year,
    cluster: np.ndarray,
    co2: np.ndarray,
    cap: np.ndarray | None = None,
    price: np.ndarray | None = None,
) -> Emitted:
    """What a path emits and why.

    Args:
        begin: where the path began.
        years: what ``march`` returned.
        cluster: [R] 1 inside the cluster.
        co2: [year, R] Mt of the tables, the base year first.
        cap, price: of the years after the base year; None without a cap.
    """
    import xarray as xr

    calendar = np.concatenate([[begin.start.year], begin.years])
    sets = np.stack([np.asarray(cluster, float), np.ones(len(cluster))])
    x = np.stack([factors(begin, years, at) for at in sets], axis=1)  # [T, of, K, U, F]
    change = jax.vmap(jax.vmap(lmdi.effects))(jnp.asarray(x[:-1]), jnp.asarray(x[1:])).sum(axis=(3, 4))
    why = np.concatenate([np.zeros((1, *change.shape[1:])), np.asarray(change)])
    at = {"year": calendar, "of": list(SETS)}
    total = co2 @ sets.T
    return Emitted(
        xr.DataArray(np.prod(x, axis=2).sum(axis=(2, 3)), at, ("year", "of"), attrs={"unit": "Mt"}),
        xr.DataArray(why, {**at, "factor": list(lmdi.FACTORS)}, ("year", "of", "factor"), attrs={"unit": "Mt"}),
        None if cap is None else np.concatenate([[np.inf], cap]),
        None if price is None else np.concatenate([[0.0], price]),
        {of: energy.peak_year(calendar, total[:, k]) for k, of in enumerate(SETS)},
        {of: energy.neutral_year(calendar, total[:, k]) for k, of in enumerate(SETS)},
    )


def factors(begin: Begin, years: Year, at: np.ndarray) -> np.ndarray:
    """(V1) [T, K, U, F] the factors of ``lmdi.kaya`` of the places of ``at`` [R], the base year first."""
    b, w, h = begin.rules.base, begin.rules.power, len(at)
    law, a = w.law, years.accounts
    with_base = lambda base, of_years: np.concatenate([np.asarray(base)[None], np.asarray(of_years)])  # noqa: E731
    persons = with_base(begin.stocks.persons, years.persons).sum(axis=(2, 3, 4)) @ at
    made = with_base(b.output[:h], (a.output * jnp.exp(-a.log_gate))[:, :h])
    eaten = with_base(b.consumption[:h], (a.consumption * jnp.exp(-a.log_cpi))[:, :h])
    output = np.einsum("r,tru->tu", at, np.concatenate([made, eaten[:, :, None]], axis=2))
    used = with_base(law.used, years.energy.used)
    power = np.asarray(law.power)
    plants = with_base(w.made, years.energy.made) @ np.asarray(law.carbon)
    per_unit = plants / (used @ power).sum(axis=(1, 2))
    of_fuels = np.asarray(law.emits) + per_unit[:, None] * power  # [T, F]
    of_set = np.einsum("r,truf->tuf", at, used)
    one = jax.vmap(lmdi.kaya)
    return np.asarray(one(*map(jnp.asarray, (persons, output, of_set, of_set * of_fuels[:, None, :]))))
