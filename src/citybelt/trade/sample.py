"""A synthetic economy with every kind of table, from a seed: to see the forms, and to start from.

Its numbers are drawn at random and say nothing about any place. Money, rates and shares have few digits, so that the
tables can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.result import folder as writable
from citybelt.result import put
from citybelt.trade.economy import Change, Economy
from citybelt.trade.files import SETTINGS
from citybelt.trade.settings import Settings
from citybelt.trade.write import files

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.terminal import Sheet

SEED = 2015
REGIONS = ("Synthia", "Randomia", "Seedland", "Drawburg", "Noiseport")
SECTORS = ("farming", "mining", "textiles", "machines", "services", "transport")
MARKETS = ("country", "town")

YAML = """# SYNTHETIC EXAMPLE: every number here was drawn at random (seed {seed}) and says nothing about any place.
name: Synthetic example, seed {seed}
money: million synthetic dollars a year     # of flows, value added, inputs, deficits, transfers
persons: thousand persons                   # of people.csv
flows: before tariffs                       # or: with tariffs
deficits: keep                              # or: zero, before and after the change
people: choice                              # or: fixed, free
rents: kept                                 # of structures; or: per head, by weight
taste: 1.5                                  # elasticity of the choice of a place to its value
repair:                                     # what may be mended; each repair is listed in the result
  missing_rows: refuse                      # or: zero
  shares: refuse                            # or: scale
  negative_final: refuse                    # or: zero
  negative_inputs: refuse                   # or: zero, keep
  deficits: refuse                          # or: flows
"""


@dataclass(frozen=True)
class Written:
    """Files that were written: ``table`` has one row for each."""

    table: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"files": self.table["file"].tolist()}

    def rich(self, lang: str = "en") -> Sheet:
        """What the terminal shows."""
        from citybelt.terminal import Sheet

        title = {"en": "A synthetic example was written:", "zh": "已写出一个合成示例："}[lang]
        return Sheet([{"en": "file", "zh": "文件"}[lang]], [[f] for f in self.table["file"]], title=title)

    def __rich__(self) -> Sheet:
        return self.rich("en")

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False)


def example(folder: str | Path, seed: int = SEED) -> Written:
    """Write a complete folder of synthetic numbers.

    Args:
        folder: new, or empty.
        seed: of the numbers.

    Raises:
        InputError: the folder holds something, or can't be written.
    """
    import pandas as pd

    where = writable(folder)
    if any(where.iterdir()):
        raise InputError([Problem(str(folder), "the folder is not empty.", "Give a new folder.")])
    content = files(economy(seed)) | {SETTINGS: YAML.format(seed=seed).encode()}
    return Written(pd.DataFrame({"file": [str(p) for p in put({where / k: v for k, v in content.items()})]}))


def economy(seed: int = SEED) -> Economy:
    """A synthetic economy that trades, taxes, builds and moves, in round numbers; dimensions all differ."""
    rng = np.random.default_rng(seed)
    n, j, s = len(REGIONS), len(SECTORS), len(MARKETS)
    va = rng.integers(45, 75, (n, j)) / 100
    while True:
        trade = np.round(rng.lognormal(0, 0.7, (j, n, n)) * rng.lognormal(0, 0.4, n) * 20, 1)
        trade[:, np.arange(n), np.arange(n)] = np.round(12 * trade[:, np.arange(n), np.arange(n)], 1)
        inputs = (1 - va)[:, :, None] * _rounded(rng.dirichlet(np.full(j, 3.0), (n, j)))
        left = trade.sum(axis=2).T - np.einsum("nkj,nk->nj", inputs, trade.sum(axis=1).T)
        if (left > 0.1 * trade.sum(axis=2).T).all():
            break
    tariff = np.zeros((j, n, n))
    tariff[:4] = rng.integers(0, 21, (4, n, n)) / 100 * (1 - np.eye(n))
    fresh = tariff.copy()
    fresh[:4, 0, 1] = fresh[:4, 1, 0] = 0.0
    people = np.round(rng.uniform(1, 5, (n, n * s)))
    people[np.arange(n), np.arange(n) * s] += np.round(rng.uniform(100, 300, n))
    people[np.arange(n), np.arange(n) * s + 1] += np.round(rng.uniform(200, 500, n))
    cheaper = np.zeros((n, j))
    cheaper[2, 3] = np.log(1.05)
    return Economy(
        settings=Settings(f"Synthetic example, seed {seed}", "million synthetic dollars a year", "thousand persons",
                          people="choice"),
        regions=REGIONS, sectors=SECTORS, trade=trade, tariff=tariff, va=va, inputs=inputs,
        theta=rng.integers(30, 90, j) / 10, agglomeration=rng.integers(0, 5, j) / 100,
        structures=rng.integers(10, 35, (n, j)) / 100, housing=rng.integers(10, 25, n) / 100, markets=MARKETS,
        market=(0, 0, 1, 1, 1, 1), origins=tuple((r, "") for r in REGIONS), people=people,
        change=Change(tariff=fresh, productivity=cheaper),
    )  # fmt: skip


def _rounded(share: np.ndarray) -> np.ndarray:
    """Shares of two digits that still sum to one: the largest takes what rounding leaves."""
    cents = np.floor(share * 100)
    rest = 100 - cents.sum(axis=-1)
    largest = cents.argmax(axis=-1)[..., None]
    np.put_along_axis(cents, largest, np.take_along_axis(cents, largest, -1) + rest[..., None], -1)
    return cents / 100
