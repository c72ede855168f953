"""An economy: a dataset calibrated under a closure, with its elasticities, and names for its regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from citybelt.dims import GROUPS
from citybelt.engine.solve import Solution, solve
from citybelt.model.accounts import Base, Closure, Shock, State, Theory
from citybelt.model.calibrate import calibrate
from citybelt.model.spatial import SPATIAL

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset


@dataclass(frozen=True)
class Economy:
    """A base year with what is needed to shock it.

    Attributes:
        regions, sectors: labels, home regions first.
        home: labels of the home regions.
        cluster: [H] the cluster's name of each home region, '' if none.
    """

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    home: tuple[str, ...]
    cluster: np.ndarray
    names: dict[str, str]
    base: Base
    theory: Theory
    closure: Closure

    @property
    def zeros(self) -> Shock:
        return Shock.zeros(self.base)

    def solve(self, shock: Shock, start: State | None = None) -> Solution:
        """The equilibrium of a shock.

        Raises:
            NotSolvedError: naming the worst market and region.
            ValueError: a tariff between two home regions, or a subsidy of all that makers get.
        """
        h = len(self.home)
        if np.any(np.asarray(shock.subsidy).sum(axis=0) >= 1):
            raise ValueError("subsidy: payers can't add all that makers get; their shares must stay below one")
        if np.any(np.asarray(shock.d_tariff)[:, :h, :h]):
            raise ValueError(
                "d_tariff: home regions are one customs territory, so no tariff stands between two of them; "
                "a dearer border at home is a trade cost, log_d"
            )
        return solve(SPATIAL, self.base, self.theory, shock, self.closure, start).require(self.place)

    def place(self, market: str, where: tuple[int, ...]) -> str:
        """A market and region in words."""
        if market == "value":
            return f"residence of people {GROUPS[where[0]]} in {self.names[self.home[where[1]]]}"
        region = self.names[self.regions[where[0]]]
        product = f" of {self.sectors[where[1]]}" if len(where) > 1 else ""
        return f"{market}{product} in {region}"


def economy(dataset: Dataset, theory: Theory, closure: Closure | None = None, draw: int | None = None) -> Economy:
    """Calibrate a dataset.

    Args:
        dataset: the tables of a world.
        theory: elasticities, from ``citybelt.model.theory``.
        closure: default closure if none is given.
        draw: which imputed trade matrix of the bank; None for the central one.

    Raises:
        InputError: accounts that don't balance.
    """
    drawn = dataset if draw is None else dataset.redraw(draw)
    x, trade = drawn.x, drawn.trade()
    closure = closure or Closure()
    tariff, tax_rate = x["tariff"].values, x["tax_rate"].values
    home = [r for r, out in zip(x.region.values, x.foreign.values, strict=True) if not out]
    h = len(home)
    final = np.stack([x[k].values for k in ("consumption", "government", "investment")])
    revenue = (tax_rate * trade.sum(axis=0)).sum(axis=1) + (trade * tariff).sum(axis=(1, 2))
    provinces = sorted(set(x.province.values[:h]))
    base = calibrate(
        trade=trade,
        tariff=tariff,
        input_coef=x["input_coef"].values,
        tax_rate=tax_rate,
        factor_share=np.stack([x[k].values for k in ("labour_share", "capital_share", "land_share")]),
        land_public=x["land_public"].values,
        final=_partner_government(final, h, revenue),
        housing=x["housing"].values,
        people=x["migrants"].transpose("group", "origin", "residence").values,
        pension=x["pension_benefit"].values * 1e-6,
        owned_abroad=x["capital_foreign_share"].values,
        province=np.array([[p == q for q in x.province.values[:h]] for p in provinces], dtype=float),
        emission=x["emission"].values,
        process=x["emission_process"].values,
        closure=closure,
        local_tax=float(x.attrs["local_tax"]),
    )
    return Economy(
        regions=tuple(map(str, x.region.values)),
        sectors=tuple(map(str, x.sector.values)),
        home=tuple(map(str, home)),
        cluster=x.cluster.values[:h],
        names=dict(zip(map(str, x.region.values), map(str, x.name_en.values), strict=True)),
        base=base,
        theory=theory,
        closure=closure,
    )


def check(economy: Economy, province: Sequence[str], transfers: pd.Series) -> pd.DataFrame:
    """What calibration leaves as a remainder, beside what is observed, by province.

    Grants are public consumption less a place's own revenue, and owners' income explains what households spend beyond
    wages, pensions and land: neither is fitted to the transfers that a budget reports or to any statement of owners.

    Args:
        economy: a calibrated base year.
        province: [H] label of every home region.
        transfers: observed transfers of the centre by province, in the economy's money.

    Returns:
        By province: grant and transfers (money a year), both in per cent of value added at factor cost, property
        income over the capital income that arises there, the residual transfer in per cent of income.
    """
    import pandas as pd

    b, h = economy.base, len(economy.home)
    added = np.asarray(b.value_added)[:h]
    capital = (np.asarray(b.factor_share)[1, :h] * added).sum(axis=1)
    kept = (capital * (1 - np.asarray(b.owned_abroad))).sum()
    residual = np.asarray(b.residual)[:h]
    cells = pd.DataFrame(
        {
            "grant": np.asarray(b.grant),
            "added": added.sum(axis=1),
            "capital": capital,
            "owned": np.asarray(b.ownership) * kept,
            "residual": residual,
            "income": np.asarray(b.consumption)[:h] / (1 - np.asarray(b.saving)[:h] - np.asarray(b.income_tax)[:h]),
        }
    )
    total = cells.groupby(np.asarray(province, str)).sum()
    known = transfers.reindex(total.index)
    return pd.DataFrame(
        {
            "grant": total["grant"],
            "transfers": known,
            "grant_pct": 100 * total["grant"] / total["added"],
            "transfers_pct": 100 * known / total["added"],
            "property_over_capital": total["owned"] / total["capital"],
            "residual_pct": 100 * total["residual"] / total["income"],
        }
    )


def _partner_government(final: np.ndarray, h: int, revenue: np.ndarray) -> np.ndarray:
    """Partners whose public consumption is not held: their government spends its taxes on the household basket."""
    final = final.copy()
    for n in range(h, final.shape[1]):
        if final[1, n].sum() == 0:
            part = revenue[n] / final[0, n].sum()
            final[1, n], final[0, n] = part * final[0, n], (1 - part) * final[0, n]
        if final[2, n].sum() == 0:
            raise ValueError(f"partner {n} has no investment")
    return final
