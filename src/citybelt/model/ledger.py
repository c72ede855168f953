"""Everything nominal is a posting from a payer to a payee on an account.

The ledger of an equilibrium is written once, from its amounts, by the agent that pays. What it must show is that
nobody's books are open: every agent (each region's households, firms by sector, government, carbon and customs
office; the centre; the owners' pool; the pension fund; the bank) receives what it pays. Reports, budgets and
Walras' law all read this one list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from citybelt.dims import PAYERS
from citybelt.engine.solve import Solution
from citybelt.model.accounts import Base


@dataclass(frozen=True)
class Posting:
    """One entry: ``amount[r]`` billions a year from agent ``payer`` of place r to agent ``payee``.

    ``account`` is what is paid for: goods, labour, capital, land, tax, tariff, carbon, transfer, saving, property
    income, lever or subsidy.
    """

    account: str
    payer: str
    payee: str
    amount: np.ndarray


def post(s: Solution) -> list[Posting]:
    """The ledger of a solved equilibrium.

    Each payer's part of the levers is a posting of its own, in the order of PAYERS. "governments" is the account of
    transfers between governments, which adds up to nothing.

    Agents are named "households", "firms", "government", "customs", "market", "carbon office" (one a region; firms
    and market summed over sectors) and "centre", "owners", "pension fund", "bank", "abroad" (one each, given as
    arrays of what each region pays or receives). "market" buys for everybody at user prices and pays sellers,
    customs and carbon.

    Raises:
        NotSolvedError: no ledger without an equilibrium.
    """
    s.require()
    b, a = s.base, s.accounts
    h, n = b.n_home, b.shape[0]
    home = np.arange(n) < h
    arr = {name: np.asarray(value) for name, value in a._asdict().items()}
    labour, capital, land = arr["factor_income"].sum(axis=2)
    wide = lambda x: np.concatenate([np.asarray(x), np.zeros(n - h)])  # noqa: E731
    at_home = lambda x: np.where(home, x, 0.0)  # noqa: E731
    outside = lambda x: np.where(home, 0.0, x)  # noqa: E731
    abroad = wide(arr["owned_abroad"])
    taxes = arr["production_tax"].sum(axis=1)
    land_from_firms = (arr["factor_income"][2] * np.asarray(b.land_public)).sum(axis=1) * at_home(s.closure.land_public)
    rents_public = at_home(s.closure.land_public) * arr["rents"]
    local_production = np.where(home, wide(b.local_tax), 1.0) * taxes
    local_income = np.where(home, wide(b.local_tax), 1.0) * arr["income_tax"]
    border = arr["tariffs"].sum(axis=1)
    carbon = arr["carbon_fuel"] + arr["carbon_process"]
    ownership = arr["property_income"]
    housing_goods = arr["consumption"] - arr["rents"]
    bought = arr["bill"] - arr["subsidy"]
    rows = [
        # Markets for goods: users pay the market; it pays sellers, customs and carbon.
        Posting("goods", "households", "market", housing_goods),
        Posting("goods", "government", "market", arr["government"]),
        Posting("goods", "bank", "market", arr["investment"]),
        Posting("goods", "firms", "market", arr["inputs"].sum(axis=1)),
        *(Posting("lever", "lever fund", "market", bought[p]) for p in range(len(PAYERS))),
        *(Posting("subsidy", "lever fund", "firms", arr["subsidy"][p]) for p in range(len(PAYERS))),
        Posting("goods", "market", "exchange", arr["use"].sum(axis=1) - border - arr["carbon_fuel"]),
        Posting("goods", "exchange", "firms", arr["receipts"].sum(axis=1)),
        Posting("tariff", "market", "customs", border),
        Posting("carbon", "market", "carbon office", arr["carbon_fuel"]),
        Posting("carbon", "firms", "carbon office", arr["carbon_process"]),
        # Factors.
        Posting("labour", "firms", "households", labour),
        Posting("capital", "firms", "owners", capital),
        Posting("land", "firms", "households", land - land_from_firms),
        Posting("land", "firms", "government", land_from_firms),
        Posting("property income", "owners", "households", at_home(ownership)),
        Posting("property income", "owners", "households", outside(ownership) - outside(_received_abroad(b, abroad))),
        Posting("property income", "owners", "abroad", abroad),
        Posting("property income", "abroad", "households", _received_abroad(b, abroad)),
        # Housing: what is paid to oneself is posted to the government's part only.
        Posting("land", "households", "government", rents_public),
        # Taxes and transfers.
        Posting("tax", "firms", "government", local_production),
        Posting("tax", "firms", "centre", taxes - local_production),
        Posting("tax", "households", "government", local_income),
        Posting("tax", "households", "centre", arr["income_tax"] - local_income),
        Posting("tariff", "customs", "centre", at_home(border)),
        Posting("tariff", "customs", "government", outside(border)),
        Posting("carbon", "carbon office", "centre", at_home(carbon)),
        Posting("carbon", "carbon office", "government", outside(carbon)),
        Posting("transfer", "centre", "government", arr["grants"]),
        Posting("transfer", "governments", "government", arr["transfers"]),
        Posting("transfer", "households", "pension fund", arr["contributions"]),
        Posting("transfer", "pension fund", "households", arr["pensions"]),
        Posting("transfer", "residual", "households", arr["residual"]),
        Posting("lever", "households", "lever fund", arr["levy"]),
        # Saving.
        Posting("saving", "households", "bank", arr["saving"]),
    ]
    return rows


def _received_abroad(b: Base, owned: np.ndarray) -> np.ndarray:
    h = b.n_home
    return np.concatenate([np.zeros(h), np.asarray(b.abroad_weight) * owned.sum()])


#: Agents with one set of books for all regions; all others close region by region.
POOLED = ("centre", "owners", "pension fund", "bank", "abroad", "exchange", "lever fund", "residual", "governments")


def balance(rows: list[Posting], n_home: int) -> pd.DataFrame:
    """Receipts less payments of every agent, relative to its turnover.

    Args:
        rows: a ledger.
        n_home: number of home regions. The bank and the owners' pool keep separate books at home and abroad.

    Returns:
        One row an agent and region ("all" for pooled agents): received, paid, gap, relative gap.
    """
    received: dict[tuple[str, object], float] = {}
    paid: dict[tuple[str, object], float] = {}
    turnover: dict[tuple[str, object], float] = {}

    def book(side: dict, agent: str, amount: np.ndarray) -> None:
        for region, value in enumerate(amount):
            key = (agent, "all" if agent in POOLED else region)
            side[key] = side.get(key, 0.0) + float(value)
            turnover[key] = turnover.get(key, 0.0) + abs(float(value))

    for row in rows:
        book(paid, row.payer, row.amount)
        book(received, row.payee, row.amount)
    agents = sorted(turnover, key=str)
    largest = max(turnover.values())
    out = pd.DataFrame(
        [(a, r, received.get((a, r), 0.0), paid.get((a, r), 0.0), turnover[a, r]) for a, r in agents],
        columns=["agent", "region", "received", "paid", "turnover"],
    )
    out["gap"] = out["received"] - out["paid"]
    out["relative"] = out["gap"].abs() / np.maximum(out["turnover"], 1e-9 * largest)
    return out
