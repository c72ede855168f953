r"""What an answer leans on: which elasticities, which effects of levers, which data.

The exact gradient of one outcome to everything that went in (``adjoint.to_data``) is multiplied by how far each thing
may be off. For an elasticity or a lever's effect that is its range,

    (N1)  swing = sum_cells gradient * (value at the high end - value at the low end)

to first order in the equilibrium, with a lever's response and cost at their own exact values at both ends. Where the
cost follows the effect, as that of capital that firms add, it moves with it here as in the draws of a band. Data have
no stated range; what is told is by how much the answer moves if a number of the data were a tenth greater,

    (N2)  tenth = 0.1 * sum_cells gradient * d base / d log datum

where ``d base`` is what calibration makes of it: the trade matrix gives output and use anew, final demand takes up what
is left, incomes and ownership follow, so that the base year stays balanced. Directions of levers are held at what they
were made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine.adjoint import Outcome, to_data
from citybelt.engine.solve import Solution
from citybelt.model.accounts import Base
from citybelt.model.economy import Economy, economy
from citybelt.scenario.levers import Lever, assemble, costs, responses

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset

#: Change of a log of data by which calibration is differenced.
STEP = 1e-4


class Gradients(NamedTuple):
    """An outcome and its gradients to the base year, the elasticities and the shock."""

    value: float
    base: Any
    theory: Any
    shock: Any


def gradients(outcome: Outcome, s: Solution, extra: Any = None) -> Gradients:
    """The gradient of a scalar outcome to everything that went in.

    Raises:
        NotSolvedError: the equilibrium or the linear system was not solved.
    """
    value, *parts = to_data(outcome, s, extra)
    return Gradients(float(value), *(jax.tree.map(np.asarray, part) for part in parts))


def to_elasticities(
    g: Gradients, sectors: Sequence[str], menu: Sequence[Lever], values: Any, set_by_user: Sequence[str] = ()
) -> pd.DataFrame:
    """(N1) by elasticity of the table: symbol, sector, name, value, low, high, kind, slope and swing, largest first.

    The published response of migration is kept whatever the elasticity, as in the draws of a band, so that a lever on
    migration gets the less of its cost the greater ``nu`` is. What the user set has no range and is left out.

    Args:
        sectors: labels in the order of the arrays.
        menu, values: the levers of the scenario with their values.
    """
    from citybelt.model.theory import table

    rows = table()
    value = {(r.symbol, r.sector): float(r.value) for r in rows.itertuples()}
    theta, nu, share = g.theory.theta, value["nu", ""], value["nu_old_share", ""]
    level = value["theta_level", ""]
    slopes = {("theta", j): theta[k] * level for k, j in enumerate(sectors)}
    slopes["theta_level", ""] = sum(theta[k] * value["theta", j] for k, j in enumerate(sectors))
    slopes["agg", ""] = g.theory.agg.sum()
    moved = _by_lever(g, menu, values)[0] * np.array([lever.moves for lever in menu], float) if menu else np.zeros(0)
    sizes = np.asarray(responses(menu, values)) if menu else np.zeros(0)
    slopes["nu", ""] = g.theory.nu[0] + share * g.theory.nu[1] - moved @ sizes / nu
    slopes["nu_old_share", ""] = nu * g.theory.nu[1]
    for name in ("congestion", "public", "eta"):
        slopes[name, ""] = getattr(g.theory, name)
    chosen = [(s, j) in slopes and s not in set_by_user for s, j in zip(rows["symbol"], rows["sector"], strict=True)]
    out = rows.loc[chosen, ["symbol", "sector", "name", "value", "low", "high", "kind"]].reset_index(drop=True)
    out["slope"] = [float(slopes[s, j]) for s, j in zip(out["symbol"], out["sector"], strict=True)]
    out["swing"] = out["slope"] * (out["high"] - out["low"])
    return _ranked(out, "swing")


def _by_lever(g: Gradients, menu: Sequence[Lever], values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of the outcome to every response and every payment [L]."""
    _, pull = jax.vjp(lambda sizes, paid: assemble(menu, sizes, paid), responses(menu, values), costs(menu, values))
    by_size, by_paid = pull(jax.tree.map(jnp.asarray, g.shock))
    return np.asarray(by_size), np.asarray(by_paid)


def to_effects(g: Gradients, menu: Sequence[Lever], values: Any) -> pd.DataFrame:
    """(N1) by lever and what is uncertain about it: its effect, its curvature, its cost and the cost's curvature."""
    import pandas as pd

    rows = []
    by_size, by_paid = _by_lever(g, menu, values) if menu else (np.zeros(0), np.zeros(0))
    for k, lever in enumerate(menu):
        v = values[k]
        ends = {
            "effect": (by_size[k], [lever.response(v, size=lever.size[e]) for e in (0, 2)], lever.size, lever.citation),
            "curvature": (
                by_size[k], [lever.response(v, exponent=jnp.minimum(lever.exponent[e], 1.0)) for e in (0, 2)],
                lever.exponent, lever.citation,
            ),
            "unit_cost": (
                by_paid[k], [lever.cost(v, unit_cost=lever.unit_cost[e]) for e in (0, 2)], lever.unit_cost,
                lever.cost_citation,
            ),
            "charge": (
                by_paid[k], [lever.cost(v, charge=jnp.maximum(lever.charge[e], 1.0)) for e in (0, 2)], lever.charge,
                lever.cost_citation,
            ),
        }  # fmt: skip
        for what, (slope, (low, high), points, source) in ends.items():
            low_end, middle, high_end = (float(p) for p in points)
            rows.append(
                {
                    "lever": lever.id, "name_en": lever.card.name, "name_zh": lever.card.name_zh, "what": what,
                    "value": middle, "low": low_end, "high": high_end, "design": lever.design, "source": source,
                    "swing": float(slope * (high - low)),
                }
            )  # fmt: skip
    columns = ["lever", "name_en", "name_zh", "what", "value", "low", "high", "design", "source", "swing"]
    return _ranked(pd.DataFrame(rows, columns=columns), "swing")


class Item(NamedTuple):
    """A readable part of the data, and how the tables look when it is greater by a factor."""

    variable: str
    key: str  # sector or region, '' for the whole
    name_en: str
    name_zh: str
    scaled: Callable[[dict[str, np.ndarray], float], None]  # changes copies of the tables in place


def to_data_rows(g: Gradients, dataset: Dataset, e: Economy) -> pd.DataFrame:
    """(N2) by item of the data: variable, item, names, grade and tenth, largest first.

    Args:
        g: gradients at an equilibrium of ``e``.
        dataset: what ``e`` was calibrated from.

    Raises:
        InputError: an item can't be changed without breaking the accounts.
    """
    import pandas as pd

    flat = [np.asarray(leaf) for leaf in jax.tree.leaves(g.base)]
    rows = []
    for item in items(dataset, e):
        ends = [jax.tree.leaves(recalibrated(dataset, e, item, sign * STEP)) for sign in (1.0, -1.0)]
        change = [(np.asarray(up) - np.asarray(down)) / (2 * STEP) for up, down in zip(*ends, strict=True)]
        slope = sum(float(np.sum(grad * moved)) for grad, moved in zip(flat, change, strict=True))
        grade = _grade(dataset, item)
        rows.append((item.variable, item.key, item.name_en, item.name_zh, grade, 0.1 * slope))
    columns = ["variable", "item", "name_en", "name_zh", "grade", "tenth"]
    return _ranked(pd.DataFrame(rows, columns=columns), "tenth")


#: Tables that items change, besides the flows.
_TABLES = ("tariff", "input_coef", "tax_rate", "labour_share", "capital_share", "land_share", "migrants", "housing",
           "pension_benefit", "capital_foreign_share", "consumption", "government", "investment")  # fmt: skip


def recalibrated(dataset: Dataset, e: Economy, item: Item, log_change: float) -> Base:
    """The base year with an item of the data changed, and balanced as a world balances it.

    Raises:
        InputError: the accounts can't be balanced.
    """
    from citybelt.data.margins import final_demand

    x = dataset.x
    held = {name: np.array(x[name].values, float) for name in _TABLES} | {"flows": np.array(dataset.trade())}
    item.scaled(held, float(np.exp(log_change)))
    before = np.stack([held[name] for name in ("consumption", "government", "investment")])
    output, final = final_demand(held["flows"], held["tariff"], held["input_coef"], before)
    held |= dict(zip(("consumption", "government", "investment"), final, strict=True)) | {"output": output}
    flows = held.pop("flows")
    changed = SimpleNamespace(x=x.assign({k: x[k].copy(data=v) for k, v in held.items()}), trade=lambda: flows)
    return economy(changed, e.theory, e.closure).base  # type: ignore[arg-type]


def items(dataset: Dataset, e: Economy) -> Iterator[Item]:
    """The items whose weight is told, for the regions of the cluster and what they deal with."""
    x, h = dataset.x, len(e.home)
    inside = np.zeros(x.sizes["region"], bool)
    inside[:h] = e.cluster == x.attrs["cluster"]
    at_home = np.arange(inside.size) < h
    own = np.eye(inside.size, dtype=bool)
    between = (inside[:, None] | inside[None, :]) & ~own
    sectors = [str(j) for j in x.sector.values]
    labels = zip(x.region.values, x.name_en.values, x.name_zh.values, strict=True)
    named = {str(r): (str(en), str(zh)) for r, en, zh in labels}

    def block(name: str, where: Any) -> Callable[[dict[str, np.ndarray], float], None]:
        def scaled(held: dict[str, np.ndarray], factor: float) -> None:
            held[name][where] *= factor

        return scaled

    others = {"": (~inside & at_home, "the rest of the country", "国内其他地区")}
    others |= {str(r): (np.arange(inside.size) == k, *named[str(r)]) for k, r in enumerate(x.region.values) if k >= h}
    for key, (them, en, zh) in others.items():
        yield Item("trade", key, f"Purchases from {en}", f"购自{zh}", block("flows", np.ix_(inside, them)))
        yield Item("trade", key, f"Sales to {en}", f"销往{zh}", block("flows", np.ix_(them, inside)))
        if key:
            yield Item("tariff", key, f"Tariffs with {en}", f"与{zh}的关税", _tariffs(them, at_home))
    yield Item("trade", "", "Trade between its regions", "区内各地之间的贸易",
               block("flows", inside[:, None] & inside[None, :] & ~own))  # fmt: skip
    for k, j in enumerate(sectors):
        yield Item("trade", j, f"Trade of {j} across regions", f"{j} 跨地区贸易", block("flows", (between, k)))
        yield Item("labour_share", j, f"Labour share in {j}", f"{j} 劳动份额", _labour(inside, k))
        used = block("input_coef", (inside, slice(None), k))
        yield Item("input_coef", j, f"Use of {j} as input", f"{j} 作为投入的使用", used)
    home = inside[:h]
    yield Item("migrants", "in", "Residents from elsewhere", "外来常住人口", block("migrants", np.ix_(~home, home)))
    yield Item("migrants", "out", "Its people who live elsewhere", "外出人口", block("migrants", np.ix_(home, ~home)))
    yield Item("migrants", "old", "People of 60 and over", "60岁及以上人口", block("migrants", (slice(None), home, 1)))
    yield Item("housing", "", "Rents of dwellings", "住房租金", block("housing", inside))
    yield Item("pension_benefit", "", "Pension per person", "人均养老金", block("pension_benefit", home))
    yield Item("tax_rate", "", "Taxes on production", "生产税", block("tax_rate", inside))
    yield Item(
        "capital_foreign_share", "", "Capital owned abroad", "境外所有的资本", block("capital_foreign_share", home)
    )


def _tariffs(them: np.ndarray, at_home: np.ndarray) -> Callable[[dict[str, np.ndarray], float], None]:
    def scaled(held: dict[str, np.ndarray], factor: float) -> None:
        for where in (np.ix_(at_home, them), np.ix_(them, at_home)):
            held["tariff"][where] *= factor

    return scaled


def _labour(inside: np.ndarray, sector: int) -> Callable[[dict[str, np.ndarray], float], None]:
    """Labour's share greater, those of capital and land smaller alike."""

    def scaled(held: dict[str, np.ndarray], factor: float) -> None:
        before = held["labour_share"][inside, sector]
        held["labour_share"][inside, sector] = before * factor
        rest = (1.0 - before * factor) / (1.0 - before)
        for name in ("capital_share", "land_share"):
            held[name][inside, sector] *= rest

    return scaled


def _grade(dataset: Dataset, item: Item) -> str:
    """The grade that most rows of the item have, else that of the variable, else of what fills it; '' if not known."""
    table = getattr(dataset, "provenance", None)
    if table is not None:
        rows = table[table["variable"] == item.variable]
        matching = rows[rows["item"].astype(str) == item.key] if item.key else rows
        rows = matching if len(matching) else rows
        if len(rows):
            return str(rows["grade"].mode().iloc[0])
        fills = dataset.fills[dataset.fills["variable"] == item.variable]
        if len(fills):
            return str(fills["grade"].mode().iloc[0])
    return str(dataset.x[item.variable].attrs.get("grade", "")) if item.variable in dataset.x else ""


def _ranked(table: pd.DataFrame, by: str) -> pd.DataFrame:
    return table.iloc[np.argsort(-np.abs(table[by].to_numpy(float)), kind="stable")].reset_index(drop=True)
