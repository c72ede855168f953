"""The equilibria of an economy before and after the change, certified, or no number at all.

Where deficits are kept and the accounts balance, the equilibrium before is the base year itself. Where deficits are
closed, or final spending was observed with errors, it is solved first and every effect is measured from it, as in
Caliendo and Parro (2015).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from citybelt.errors import InputError, NotSolvedError, Problem
from citybelt.trade.economy import Economy

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution
    from citybelt.result import Progress
    from citybelt.trade.result import Trade

#: Solves from far starts that a certificate rests on.
STARTS = 6


class Equilibria(NamedTuple):
    """Before the change and after it."""

    before: Solution
    after: Solution


class Parts(NamedTuple):
    """An economy in the records of the model."""

    base: Any
    theory: Any
    closure: Any
    before: Any
    after: Any


def compute(folder: str | Path | Economy, starts: int = STARTS, progress: Progress | None = None) -> Trade:
    """Read a folder (or take an economy), solve it before and after the change, and certify the second.

    Args:
        folder: of tables, or an economy.
        starts: far starts from which other equilibria are sought.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: every mistake in the folder.
        NotSolvedError: an equilibrium was not reached.
    """
    from citybelt.config import configure
    from citybelt.trade.read import read
    from citybelt.trade.result import Trade

    configure()
    tell = progress or (lambda stage, done, total: None)
    tell("tables", 0, 1)
    economy = folder if isinstance(folder, Economy) else read(folder)
    tell("tables", 1, 1)
    tell("solve", 0, 2)
    pair = solved(economy)
    tell("solve", 2, 2)
    tell("certify", 0, 1)
    certificate = _certificate(pair.after, starts)
    tell("certify", 1, 1)
    return Trade.of(economy, pair, certificate)


def parts(e: Economy) -> Parts:
    """Base year, elasticities, closure and shocks of an economy.

    Raises:
        InputError: accounts that the model can't take.
    """
    from citybelt.model.trade_accounts import Closure, Shock
    from citybelt.model.trade_calibrate import calibrate, theory

    c, s = e.change, e.settings
    fresh = e.tariff if c.tariff is None else c.tariff
    taxed = np.flatnonzero((e.tariff != 0).any(axis=(1, 2)) | (fresh != 0).any(axis=(1, 2)))
    closure = Closure(people=s.people, pool_by_weight=1.0 if s.rents == "by weight" else 0.0)  # type: ignore[arg-type]
    base = calibrate(
        e.trade * (1.0 + e.tariff), e.va, e.inputs, tariff=e.tariff, taxed=taxed.tolist(),
        labour_share=1.0 if e.structures is None else 1.0 - e.structures,
        housing_share=0.0 if e.housing is None else e.housing,
        market=e.market or None, people=e.people,
        rent_pool=[0.0 if s.rents == "kept" else 1.0, 0.0], closure=closure, as_observed=e.rough,
    )  # fmt: skip
    th = theory(
        base, e.theta, agg=0.0 if e.agglomeration is None else e.agglomeration, nu=s.taste, congestion=s.congestion,
        eta=s.housing_supply, top=e.substitution, materials=e.substitution_inputs,
        final=None if s.final_substitution == 1.0 else s.final_substitution,
    )  # fmt: skip
    nothing = Shock.zeros(base)
    before = nothing.replace(d_transfer=-base.transfer) if s.deficits == "zero" else nothing
    fields: dict[str, Any] = {
        "log_d": c.trade_cost, "log_T": c.productivity, "log_A": c.factor_productivity, "d_transfer": c.transfer,
        "log_people": c.people,
    }  # fmt: skip
    fields["d_tariff"] = (fresh - e.tariff)[taxed]
    for name, values in {"log_L": c.labour, "log_H": c.structures, "log_B": c.amenity}.items():
        fields[name] = None if values is None else np.repeat(values[:, None], base.markets, axis=1)
    if c.migration_cost is not None:
        fields["log_mu"] = np.repeat(c.migration_cost, base.markets, axis=1)
    change = nothing.replace(**{k: v for k, v in fields.items() if v is not None})
    return Parts(base, th, closure, before, before + change)


def solved(e: Economy) -> Equilibria:
    """Both equilibria.

    Raises:
        NotSolvedError: one of them was not reached; names the worst market.
    """
    from citybelt.engine.solve import solve
    from citybelt.model.trade import TRADE

    p, name = parts(e), lambda market, where: _name(e, market, where)
    before = solve(TRADE, p.base, p.theory, p.before, p.closure).require(name)
    return Equilibria(before, solve(TRADE, p.base, p.theory, p.after, p.closure, before.state).require(name))


def _name(e: Economy, market: str, where: tuple[int, ...]) -> str:
    """A market in words."""
    if not where:
        return market
    if market == "stay":
        return f"{market} of {e.origins[where[0]][0]}"
    place = e.regions[where[0]]
    if len(where) > 1:
        inner = e.sectors if market in ("price", "output") else e.markets
        if len(inner) > 1 and where[1] < len(inner):
            place = f"{inner[where[1]]} in {place}"
    return f"{market} of {place}"


def _certificate(solution: Solution, starts: int) -> Any:
    from citybelt.engine.certificate import certify

    try:
        return certify(solution, starts)
    except np.linalg.LinAlgError as error:
        raise NotSolvedError(f"The equilibrium could not be certified: {error}.") from None


def check_options(starts: object) -> None:
    """Raise ``InputError`` for options of the wrong kind."""
    if isinstance(starts, bool) or not isinstance(starts, int) or not 0 <= starts <= 1000:
        raise InputError([Problem("starts", f"{starts!r} is not a whole number from 0 to 1000.", "Give 6, or 0.")])
