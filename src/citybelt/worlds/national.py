"""National accounts by sector from an input-output table."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

COMPENSATION, NET_TAX, VALUE_ADDED, OUTPUT = "VA001", "VA002", "TVA", "TI"
CONSUMPTION, FIXED, STOCKS, EXPORTS = "TC", "FU201", "FU202", "EX"


@dataclass(frozen=True)
class National:
    """Accounts of a nation, J sectors, money a year. Every row balances:

    ``output + imports = inputs.sum(0) + household + government + investment + exports``
    ``output = inputs.sum(1) + value_added``
    """

    output: np.ndarray  # [J] basic prices
    inputs: np.ndarray  # [J user, J product] domestic and imported together
    value_added: np.ndarray  # [J] net taxes on production included
    net_tax: np.ndarray  # [J]
    compensation: np.ndarray  # [J]
    household: np.ndarray  # [J] without rents
    government: np.ndarray  # [J]
    investment: np.ndarray  # [J] fixed capital and stocks
    exports: np.ndarray  # [J] without re-exports
    imports: np.ndarray  # [J] without re-exports, duties included
    housing: float  # rents of dwellings, a value added of their own
    moved: list[tuple[str, str, float]] = field(default_factory=list)  # rule, sector, amount moved


def national(
    table: pd.DataFrame,
    concordance: dict[str, str],
    sectors: list[str],
    government_share: float,
    public: dict[str, float | None],
    dwellings: str,
) -> National:
    """Accounts of ``sectors`` from a table in the long form (origin, row, column, value).

    ``concordance`` maps a product of the table to a sector. Final consumption is split between households
    and government: ``public`` lists the products that government buys and its share in each; a share of
    None is solved so that government is ``government_share`` of all final consumption. ``dwellings`` is the
    product whose consumption by households is rents: that part of its value added becomes ``housing`` and
    its inputs become household consumption.

    Rules for what the table holds and the accounts can't:

    - re-exports (imported products in the column of exports) are left out of exports and imports;
    - fixed capital and stocks are one purchase; where stocks fall by so much that it is negative, the uses
      inside the country of that product are scaled to what the year supplied, and the users' surplus
      takes the difference.
    """
    index = {s: j for j, s in enumerate(sectors)}
    products = sorted(concordance)
    sector = np.array([index[concordance[p]] for p in products])

    def block(origin: str, rows: list[str], columns: list[str]) -> np.ndarray:
        cells = table[(table["origin"] == origin) & table["row"].isin(rows) & table["column"].isin(columns)]
        return (
            cells.pivot(index="row", columns="column", values="value")
            .reindex(rows, columns=columns)
            .fillna(0)
            .to_numpy()
        )

    def add(values: np.ndarray) -> np.ndarray:
        out = np.zeros((len(sectors), *values.shape[1:]))
        np.add.at(out, sector, values)
        return out

    uses = [CONSUMPTION, FIXED, STOCKS, EXPORTS]
    home, foreign = block("domestic", products, products), block("imports", products, products)
    final_home, final_foreign = block("domestic", products, uses), block("imports", products, uses)
    below = block("total", [COMPENSATION, NET_TAX, VALUE_ADDED, OUTPUT], products)
    consumption = final_home[:, 0] + final_foreign[:, 0]

    government = np.zeros(len(products))
    shares = np.array([public.get(p, 0.0) if public.get(p, 0.0) is not None else np.nan for p in products], float)
    solved = np.isnan(shares)
    fixed = np.nansum(shares * consumption)
    if solved.any():
        shares[solved] = (government_share * consumption.sum() - fixed) / consumption[solved].sum()
    government = shares * consumption

    inputs = add(add(home + foreign).T)  # [user, product]
    household, government = add(consumption - government), add(government)
    investment = add((final_home + final_foreign)[:, 1:3].sum(axis=1))
    exports = add(final_home[:, 3])
    imports = add(foreign.sum(axis=1) + final_foreign[:, :3].sum(axis=1))
    compensation, net_tax, value_added, output = add(below.T).T
    moved = [("re-exports left out", s, float(v)) for s, v in zip(sectors, add(final_foreign[:, 3]), strict=True) if v]

    short = np.minimum(investment, 0.0)
    inside = inputs.sum(axis=0) + household + government
    factor = 1 + short / inside
    value_added = value_added + (inputs * (1 - factor)).sum(axis=1)
    inputs, household, government = inputs * factor, household * factor, government * factor
    investment = investment - short
    moved += [("fall of stocks taken from uses", s, float(-v)) for s, v in zip(sectors, short, strict=True) if v]

    # Dwellings: the consumed share of the sector leaves it; its inputs are bought by households.
    j = index[concordance[dwellings]]
    rented = household[j] / output[j]
    household[j] = 0.0
    household = household + rented * inputs[j]
    housing = float(rented * value_added[j])
    for values in (inputs, value_added, net_tax, compensation, output):
        values[j] *= 1 - rented
    moved.append(("share of real estate that is dwellings", sectors[j], float(rented)))
    return National(
        output,
        inputs,
        value_added,
        net_tax,
        compensation,
        household,
        government,
        investment,
        exports,
        imports,
        housing,
        moved,
    )
