"""Three cities, of which two are a cluster, two partners and four products, with levers made by hand."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from citybelt.dims import PAYERS
from citybelt.model.accounts import closure
from citybelt.model.calibrate import calibrate
from citybelt.model.economy import Economy
from citybelt.plan.solved.problem import Bound, Frame, Problem
from citybelt.plan.solved.struck import Struck
from citybelt.scenario.card import Bend, Card
from citybelt.scenario.direction import Direction, Shape
from citybelt.scenario.evidence import Range
from citybelt.scenario.levers import Lever, central
from citybelt.security.change import Change
from citybelt.security.kinds import Disruption
from citybelt.security.table import families, short
from economies import random_inputs, random_theory

H, F, J, G = 3, 2, 4, 2
N = H + F
CLUSTER = np.array([1.0, 1.0, 0.0])
FOOD, FUEL = 0, 2


def economies(seed: int = 3) -> tuple[Economy, Economy]:
    """The economy of a plan, and the same within a year."""
    inputs = random_inputs(seed, h=H, f=F, j=J, g=G)
    theory = random_theory(seed, J)
    labels = [f"r{k}" for k in range(N)]

    def one(c, th):
        return Economy(
            tuple(labels), tuple(f"s{k}" for k in range(J)), tuple(labels[:H]), np.array(["us", "us", ""]),
            {r: r for r in labels}, calibrate(**inputs, closure=c), th, c,
        )  # fmt: skip

    return one(closure(), theory), one(closure(people="fixed"), short(theory))


def lever(id: str, direction: Direction, unit_cost: float, upper: float = 1.0) -> Lever:
    """A lever of one unit at most, whose response bends down and whose cost bends up."""
    at = Range(0.5, 0.5, 0.5), Range(1.5, 1.5, 1.5)
    card = Card(
        id=id, kind="placebo", name=id, name_zh=id, description="", description_zh="", theme="", unit="unit",
        unit_zh="", lower=0.0, upper=upper, payers={"centre": 1.0}, buys={}, lag_years=0.0, effect="", times=(),
        full=False, cost={}, upkeep="", response=Bend(at[0], 1.0), charge=Bend(at[1], 1.0), cap="", cap_zh="",
        where={}, propositions=(),
    )  # fmt: skip
    purchase = np.zeros((len(PAYERS), N, J))
    purchase[0, :2, 3] = 0.5
    three = lambda x: jnp.full(3, x)  # noqa: E731
    return Lever(
        direction=direction, purchase=jnp.asarray(purchase), service=None, withheld=None, size=three(1.0),
        exponent=three(0.5), scale=jnp.asarray(1.0), anchor=jnp.asarray(0.0), unit_cost=three(unit_cost),
        charge=three(1.5), charge_scale=jnp.asarray(1.0), card=card, shape=Shape(N, H, J), design="definition",
        citation="", cost_citation="",
    )  # fmt: skip


def levers(money: float) -> tuple[Lever, ...]:
    """Trade with partners made cheaper, food and fuel of the cluster's own, a price of carbon there."""
    pair = np.zeros((1, N, N))
    pair[0, :H, H:] = -0.3
    own = np.zeros((2, N, J))
    own[0, :2, FOOD], own[1, :2, FUEL] = 0.2, 0.1
    carbon = np.zeros(N)
    carbon[:2] = 30.0
    return (
        lever("open", Direction(d_pair=jnp.asarray(pair), d_mask=jnp.ones((1, J))), 0.0008 * money),
        lever("food", Direction(log_A=jnp.asarray(own[0])), 0.003 * money),
        lever("fuel", Direction(log_A=jnp.asarray(own[1])), 0.002 * money),
        lever("carbon", Direction(carbon=jnp.asarray(carbon)), 0.0001 * money),
    )


def stop(product: int, partners=range(H, N)) -> Change:
    """No imports of a product."""
    cut = np.zeros((J, N, N), bool)
    cut[np.ix_([product], range(H), list(partners))] = True
    return Change(stop=cut)


def disruptions(emitted: float) -> list[Disruption]:
    """Stops of two products, from each partner and from all, and a budget of carbon of a tenth less."""
    by_security = {row.security: row for row in reversed(families())}
    nobody = np.zeros(H, bool)
    made = [
        (security, f"{security}:{name}", stop(product, partners))
        for security, product in (("food", FOOD), ("energy", FUEL))
        for name, partners in (("one", [H]), ("two", [H + 1]), ("all", range(H, N)))
    ]
    made.append(("ecological", "budget", Change(cap=0.9 * emitted)))
    return [Disruption(id, by_security[security], id, id, change, nobody) for security, id, change in made]


def problem(seed: int = 3, names: tuple[str, ...] = ("open", "food", "fuel", "carbon"), budget: float = 0.004):
    """A plan for the two cities, with their securities ready."""
    long, year = economies(seed)
    b = long.base
    money = float(np.asarray(b.value_added.sum(axis=1))[:H] @ CLUSTER)
    chosen = tuple(one for one in levers(money) if one.id in names)
    co2 = np.asarray((b.emission * b.spending + b.process * b.output).sum(axis=1))[:H]
    struck = Struck.among(year, CLUSTER, ("food", "energy", "ecological"), disruptions(float(co2 @ CLUSTER)))
    ones = np.ones((2, H)) * CLUSTER
    return Problem(
        economy=long, levers=chosen, effects=central(chosen),
        frame=Frame(jnp.asarray(CLUSTER), jnp.asarray(CLUSTER[None]), jnp.asarray(ones), jnp.asarray(0.0)),
        groups=("cluster",), goal=("ev:cluster",), bounds=(Bound("cost", "most", budget * money),), struck=struck,
    )  # fmt: skip
