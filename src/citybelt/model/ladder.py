r"""The ladder of models: one question, answered by the multiplier, by partial and by general equilibrium.

Every rung is a fixed point of the same pass through the equilibrium conditions (``spatial.evaluate``) with some of
its answers held at the base year; the top rung holds nothing and is the equilibrium itself. What is held is a number
between 0 and 1 in the ``Rung``, so one compiled program serves all rungs. A rung frees, on top of those below,

    output      sellers make what is ordered, and buy inputs
    households  wages are spent:               C = C0 + (1 - t - s) (1 - rho) (W - W0)                       (R1)
    paid        levers are paid for:           C falls by (1 - t - s) levy, saving and investment by s levy  (R2)
    prices      costs, prices and trade shares respond; land of a sector is given, wages and returns are held
    factors     wages and returns clear the markets for labour and capital
    incomes     all other income is earned and spent, all saving invested: C and I as in the equilibrium
    public      governments spend what they receive
    people      people choose where to live; density works on productivity

With wages and returns held, labour and capital are had at the base year's price in any quantity. Until ``public``
some demand is given in money, which is then the numeraire; with every budget closed it is world value added.

    output of a rung        =  sum_j Y0 (Y/Y0 / gate price - 1)             base-year prices          (R3)
    value added             =  sum_j VA0 (Y/Y0 / gate price - 1)                                       (R4)
    labour                  =  W / (W0 what) - 1                            efficiency units           (R5)

Welfare is defined where every budget is closed: from ``public`` on. Rungs up to ``paid`` are computed twice, here
and by the linear system of ``multiplier``; they agree for a change of purchases. What a step adds depends on the
order of the steps, as every such account does. Sources: Miller and Blair (2009) for the lower rungs; Dixon and
Rimmer (2002) for closures that free one block after another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from citybelt.engine.solve import Solution, solve
from citybelt.model import outcomes, spatial
from citybelt.model.accounts import CAPITAL, HOUSEHOLD, INVESTMENT, LABOUR, Base, Closure, Shock, State, Theory
from citybelt.model.economy import Economy
from citybelt.model.mechanisms import capital
from citybelt.model.multiplier import Multiplier
from citybelt.model.preconditioner import steps as regional_steps
from citybelt.model.spatial import SPATIAL, Accounts, Geography


class Rung(eqx.Module):
    """What is free (1) and what is held at the base year (0), and the closure of what is free.

    People are held by the closure: ``closure.still_people`` is 1 below the top.
    """

    closure: Closure
    output: float = 1.0
    households: float = 1.0
    paid: float = 1.0
    prices: float = 1.0
    factors: float = 1.0
    incomes: float = 1.0
    public: float = 1.0


#: Fields of a ``Rung`` in the order in which they are freed.
FREED = ("output", "households", "paid", "prices", "factors", "incomes", "public")


def rung(closure: Closure, top: str) -> Rung:
    """The rung that frees everything up to ``top``, one of ``FREED``, or "nothing", or "people".

    Raises:
        ValueError: no such rung.
    """
    count = {"nothing": 0, "people": len(FREED), **{name: k + 1 for k, name in enumerate(FREED)}}
    if top not in count:
        raise ValueError(f"no rung {top!r}; there are {', '.join(count)}")
    still = closure.still_people if top == "people" else 1.0
    closure = replace(closure, still_people=still)
    return Rung(closure, *(1.0 if k < count[top] else 0.0 for k in range(len(FREED))))


def evaluate(b: Base, th: Theory, z: Shock, c: Rung, geo: Geography, x: State) -> tuple[State, Accounts]:
    """One pass through the equilibrium conditions with what the rung holds put back to the base year.

    Args and returns as ``spatial.evaluate``; what is held stays zero in the state. With everything free the result is
    that of ``spatial.evaluate``.
    """
    new, a = spatial.evaluate(b, th, z, c.closure, geo, x)
    h, n = b.n_home, b.shape[0]
    home = jnp.where(jnp.arange(n) < h, 1.0, 0.0)
    wide = lambda of_home: jnp.pad(of_home, (0, n - h))  # noqa: E731
    pick = lambda on, free, held: held + on * (free - held)  # noqa: E731

    # Demand: given in money where its income is not followed (R1, R2).
    share_va = b.value_added / b.output
    factor_income = b.factor_share * b.value_added
    keep = 1.0 - b.income_tax - b.saving
    wages = a.factor_income[LABOUR].sum(axis=1) - factor_income[LABOUR].sum(axis=1)
    levy = c.paid * a.levy
    earned = c.households * (1.0 - b.contribution * home) * wages
    consumption = pick(c.incomes, a.consumption, b.consumption + keep * (earned - levy))
    saving = b.saving * (b.consumption / keep - levy)
    invested = wide(b.investment_weight) * (home @ saving) + (1.0 - home) * saving
    investment = pick(c.incomes, a.investment, invested)
    goods_bought = (1.0 - b.housing_share) * (consumption - a.consumption)
    use = (
        a.use
        + goods_bought[:, None] * b.basket[HOUSEHOLD]
        + (investment - a.investment)[:, None] * b.basket[INVESTMENT]
    )

    # Trade: at the base year's shares where prices are held.
    goods = use * jnp.exp(x.price - a.log_user)
    log_gate = c.prices * a.log_gate
    attraction = geo.trade.attraction(log_gate)
    access = geo.trade.access(attraction)
    receipts, tariffs = geo.trade.sales(attraction, access, goods)

    # Money is measured in world value added once every budget is closed. Sales are those of the pass times this:
    made_there, made = share_va * a.net * a.receipts, share_va * a.net * receipts
    world = jnp.sum(b.value_added)
    scale_there, scale = world / jnp.sum(made_there), pick(c.incomes * c.public, world / jnp.sum(made), 1.0)
    more = jnp.log(scale / scale_there)
    labour_there, labour = (jnp.sum(b.factor_share[LABOUR] * m, axis=1) for m in (made_there, made))
    returns = scale * jnp.sum(b.factor_share[CAPITAL] * made, axis=1)
    free = State(
        wage=new.wage + jnp.log(labour / labour_there) + more,
        rental=capital.log_return(returns, factor_income[CAPITAL].sum(axis=1), z.log_K, h, c.closure.mobile_capital),
        price=geo.trade.price(access),
        output=new.output + jnp.log(receipts / a.receipts) + more,
        spending=jnp.log(consumption / b.consumption),
        public=new.public,
        value=new.value,
    )
    a = a._replace(
        use=use, goods=goods, receipts=receipts, tariffs=tariffs, consumption=consumption, investment=investment,
        log_gate=log_gate,
    )  # fmt: skip
    return _held(c, free), a


def _held(c: Rung, x: State) -> State:
    """The blocks that a rung frees; zero elsewhere, whatever stands there."""
    on = {
        "wage": c.factors, "rental": c.factors, "price": c.prices, "output": c.output, "spending": c.output,
        "public": c.public, "value": c.incomes * c.public,
    }  # fmt: skip
    return State(**{name: jnp.where(jnp.asarray(k) > 0, getattr(x, name), 0.0) for name, k in on.items()})


def steps(b: Base, th: Theory, c: Rung):
    """The steps of regions where held factors cost what they did: their shares of cost count for nothing."""
    weight = jnp.where(jnp.asarray(c.factors) > 0, 1.0, 1e-12) * jnp.ones(3)
    soft = eqx.tree_at(lambda b: b.factor_share, b, b.factor_share * weight.at[2].set(1.0)[:, None, None])
    of_residual = regional_steps(soft, th, c.closure)
    return lambda f: _held(c, of_residual(f))


def _positive(b: Base, a: Accounts) -> dict[str, Array]:
    return {"spending": a.consumption / b.consumption}


#: The spatial equilibrium with parts of it held; its closure is a ``Rung``.
LADDER = SPATIAL._replace(name="ladder", evaluate=evaluate, steps=steps, positive=_positive, books=None)


class Answer(NamedTuple):
    """What one rung says, by region, against the base year; None where the rung has no answer.

    Attributes:
        name: the rung.
        output, value_added: [N] billions a year at base-year prices.
        labour: [N] relative change of the labour that firms use.
        people: [H] persons.
        budgets: all amounts, where every budget is closed, so that welfare is defined.
        passes: over the trade kernel; 0 for a linear system.
        residual: largest relative residual.
    """

    name: str
    output: np.ndarray | None
    value_added: np.ndarray | None
    labour: np.ndarray | None
    people: np.ndarray | None
    budgets: Accounts | None
    passes: int = 0
    residual: float = 0.0


#: Every rung from the money spent to the general equilibrium.
RUNGS = ("bought", "delivered", "inputs", "households", "paid", "prices", "factors", "incomes", "public", "people")
#: The rungs of fixed prices, which know purchases alone.
FIXED_PRICES = RUNGS[:5]


def linear(b: Base, z: Shock, c: Closure | None = None) -> list[Answer]:
    """The rungs of fixed prices: what is bought where it is bought; what sellers receive; types I and II; paid for.

    All are without an answer where a shock buys nothing. Owners pay by the closure ``c`` (G5).
    """
    m = Multiplier(b, c)
    bought = m.demand(z)
    if not bought.any():
        return [Answer(name, None, None, None, None, None) for name in FIXED_PRICES]
    delivered = m.delivered(bought)
    paid = m.delivered(bought - m.withdrawn(z))
    found = (bought, delivered, m.output(delivered), m.output(delivered, True), m.output(paid, True))
    base_wages = (m.wage_coef * np.asarray(b.output)).sum(axis=1)
    answers = []
    for name, x in zip(FIXED_PRICES, found, strict=True):
        added = (np.asarray(b.value_added / b.output) * x).sum(axis=1)
        labour = (m.wage_coef * x).sum(axis=1) / base_wages
        # What is bought is no output of the place of purchase yet, so it employs nobody.
        inside = name != "bought"
        answers.append(Answer(name, x.sum(axis=1), added if inside else None, labour if inside else None, None, None))
    return answers


def answer(name: str, s: Solution) -> Answer:
    """What a solved rung says (R3 to R5); welfare and people only where they are free to answer."""
    b, a = s.base, s.accounts
    volume = np.asarray(a.output / b.output * jnp.exp(-a.log_gate)) - 1.0
    wages = np.asarray(a.factor_income[LABOUR].sum(axis=1) / (b.factor_share[LABOUR] * b.value_added).sum(axis=1))
    moved = np.asarray(a.residents.sum(axis=0)) - np.asarray(b.people.sum(axis=(0, 1)))
    return Answer(
        name,
        (np.asarray(b.output) * volume).sum(axis=1),
        (np.asarray(b.value_added) * volume).sum(axis=1),
        wages * np.exp(-np.asarray(s.state.wage)) - 1.0,
        moved if name == "people" else None,
        a if name in ("public", "people") else None,
        s.passes,
        s.residual,
    )


def climb(e: Economy, z: Shock, top: Solution | None = None):
    """The answers of every rung to one shock, from below; a generator, since upper rungs take a solve each.

    Args:
        e: the economy; its closure is that of every rung.
        z: the shock.
        top: its equilibrium, if it is at hand.

    Raises:
        NotSolvedError: naming the rung's worst market and region.
    """
    yield from linear(e.base, z, e.closure)
    start = None
    for name in RUNGS[len(FIXED_PRICES) : -1]:
        s = solve(LADDER, e.base, e.theory, z, rung(e.closure, name), start).require(e.place)
        start = s.state
        yield answer(name, s)
    yield answer(RUNGS[-1], e.solve(z, start) if top is None else top)


def worth(b: Base, th: Theory, z: Shock, found: Answer, origins: np.ndarray) -> tuple[float, float] | None:
    """Log change of welfare and equivalent variation (O1, O2) of the people registered in ``origins``, if defined."""
    if found.budgets is None:
        return None
    args = b, th, z, found.budgets, jnp.asarray(origins, float)
    return float(outcomes.welfare(*args)), float(outcomes.equivalent_variation(*args))
