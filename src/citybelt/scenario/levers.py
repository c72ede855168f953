r"""Levers: what a planner can do, in physical units, with what it does, what it costs and who pays.

Response and cost bend through one family of functions whose slope at zero is one,

    bend(v; s, a) = s ((1 + v/s)^a - 1) / a,      bend(v; s, 0) = s log(1 + v/s)                        (L1)
    response(v)   = size * bend(v; s, a),                    a <= 1                                    (L2)
    response(v)   = size * V bend(v; s, a) / bend(V; s, a)   for an effect published for a whole programme V
    cost(v)       = unit cost * bend(v; s, k),               k >= 1, bn CNY a year                     (L3)

so that ``size`` is the published effect (of a first unit, or per unit of the programme), ``unit cost`` the
cost of the first unit, and curvature is one number with a stated range. The effect of a whole project, such as a
line, is shared out evenly over its units: half of it is worth half, and not the better half. Investments are
turned into equal yearly payments at a real rate r over the life T, with interest while they are built over the
lag; a yearly expense bears interest over the lag until it works,

    annuity = (1 + r)^(lag/2) r / (1 - (1 + r)^-T),     (1 + r)^lag for an expense                     (L4)
    outlay  = undiscounted cost / lag, a year while it is built; zero for an expense                   (L5)

What takes B years to build, and then runs with a lag of its own before that tells, is spent evenly over the B years and
bears interest over both: (1 + r)^(B/2 + lag) in (L4), B for the lag in (L5).

The shock of a mix of levers is  sum_l response_l(v_l) Direction_l + cost_l(v_l) Purchase_l,  a differentiable
function of the values and of the draw of effects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import ndtri

from citybelt.dims import PAYERS
from citybelt.model.theory import TENTH
from citybelt.scenario import evidence
from citybelt.scenario.card import Card, cards_of
from citybelt.scenario.charge import unit
from citybelt.scenario.direction import Direction, Shape, combine
from citybelt.scenario.evidence import Range
from citybelt.scenario.money import migration_elasticity

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.geo.network import Network
    from citybelt.model.accounts import Shock
    from citybelt.scenario.kinds import Ground


def bend(value: Array, scale: Array, exponent: Array) -> Array:
    """(L1) A power of one plus the value over its scale, with slope one at zero."""
    log = jnp.log1p(value / scale)
    x = exponent * log
    small = jnp.abs(x) < 1e-4
    safe = jnp.where(small, 1.0, x)
    # (e^x - 1) / x, by its series where x is small, so that derivatives to the exponent are right at zero.
    return scale * log * jnp.where(small, 1.0 + x * (0.5 + x * (1.0 / 6.0 + x / 24.0)), jnp.expm1(safe) / safe)


class Effects(eqx.Module):
    """One draw of what is uncertain about levers: each field [lever]."""

    size: Array  # effect per unit, in the unit of effects.csv
    exponent: Array  # of the response, at most 1
    unit_cost: Array  # bn CNY a year per unit
    charge: Array  # exponent of the cost, at least 1


class Lever(eqx.Module):
    """A lever at a place, with everything that a solver needs as arrays.

    ``size``, ``exponent``, ``unit_cost`` and ``charge`` hold [low, central, high], the points of 10, 50 and
    90 % probability. What the lever buys is ``purchase`` [payer, region, product], which sums to one; a lever
    that pays for the services of newcomers has ``service`` [payer, residence] instead, in thousand CNY per
    resident registered elsewhere and per bn CNY of cost at the numbers of the base year. Work that people give up
    for what is bought is ``withheld`` [residence], log efficiency units per bn CNY of cost. Through time, what is
    spent on ``knowledge`` [residence] adds to that of its places in place of ``log_A``, and the effect of a year's
    spending that ``lasts`` adds up over the years.
    """

    direction: Direction
    purchase: Array | None
    service: Array | None
    withheld: Array | None
    size: Array
    exponent: Array
    scale: Array
    anchor: Array  # the value for which the effect was published, zero for that of a first unit
    unit_cost: Array
    charge: Array
    charge_scale: Array
    card: Card = eqx.field(static=True)
    shape: Shape = eqx.field(static=True)
    design: str = eqx.field(static=True)  # identified, associational, assumed or definition
    citation: str = eqx.field(static=True)
    cost_citation: str = eqx.field(static=True)
    hectares: float = eqx.field(static=True, default=0.0)  # land that a unit takes, less what it gives back
    capital: float = eqx.field(static=True, default=0.0)  # bn CNY that a first unit is built for, undiscounted
    running: float = eqx.field(static=True, default=0.0)  # bn CNY a year that it takes once built: upkeep and expenses
    wears: tuple[tuple[float, float], ...] = eqx.field(static=True, default=())  # of it, by life in years, what wears
    tied: bool = eqx.field(static=True, default=False)  # what is bought and granted goes with the effect: not drawn
    knowledge: Array | None = None  # share of what it takes a year besides building that is research, by residence
    lasts: float = eqx.field(static=True, default=0.0)  # years of the effect of a year's spending, 0 for ever
    phases: tuple[Array, Array] | None = None  # purchase while it is built and once it is, where these differ

    def __check_init__(self) -> None:
        card = self.card
        if not 0 < card.upper < float("inf"):
            raise ValueError(f"{card.id}: a lever needs a finite upper bound")
        if not float(self.unit_cost[0]) > 0:
            raise ValueError(f"{card.id}: a lever without a cost is refused")
        if card.response.exponent.central == 1 and card.charge.exponent.central == 1 and not card.cap:
            raise ValueError(f"{card.id}: a linear cost without a cap is refused")

    @property
    def id(self) -> str:
        return self.card.id

    @property
    def conditional(self) -> bool:
        """Whether the lever is an "if", which stays out of the headline plan for the ``reason`` of its card."""
        return bool(self.reason())

    def reason(self, language: str = "en") -> str:
        """Why the lever is an "if"; '' if it stands in the headline plan."""
        return self.card.reason(language)

    @property
    def moves(self) -> bool:
        """Whether the effect is one on migration: its size is log migration at the central elasticity."""
        return self.direction.log_mu is not None

    def response(self, value: Array, size: Array | None = None, exponent: Array | None = None) -> Array:
        """(L2) What multiplies the direction, at the central effect unless a draw is given."""
        size = self.size[1] if size is None else size
        exponent = self.exponent[1] if exponent is None else exponent
        whole = jnp.where(self.anchor > 0, self.anchor, 1.0)
        per_unit = jnp.where(self.anchor > 0, bend(whole, self.scale, exponent) / whole, 1.0)
        return size * bend(jnp.asarray(value, float), self.scale, exponent) / per_unit

    def cost(self, value: Array, unit_cost: Array | None = None, charge: Array | None = None) -> Array:
        """(L3) Bn CNY a year, at the central cost unless a draw is given."""
        unit_cost = self.unit_cost[1] if unit_cost is None else unit_cost
        charge = self.charge[1] if charge is None else charge
        return unit_cost * bend(jnp.asarray(value, float), self.charge_scale, charge)

    def total(self, value: Array) -> Array:
        """[payer] bn CNY once that is spent while it is built, undiscounted; zero for yearly expenses."""
        shares = jnp.asarray([self.card.payers.get(p, 0.0) for p in PAYERS])
        return shares * self.capital * bend(jnp.asarray(value, float), self.charge_scale, self.charge[1])

    def outlay(self, value: Array) -> Array:
        """[payer, region, product] bn CNY a year while it is built: (L5) the total over the years of building."""
        if self.purchase is None or not self.capital:
            return jnp.zeros((len(PAYERS), self.shape.regions, self.shape.sectors))
        bought = self.purchase if self.phases is None else self.phases[0]
        return self.total(value).sum() / (self.card.build_years or 1.0) * bought


def levers(
    dataset: Dataset,
    cards: Mapping[str, Card] | None = None,
    network: Network | None = None,
    fact: Callable[[str, str, int], float] | None = None,
) -> tuple[Lever, ...]:
    """Every lever of a world.

    Arguments: ``dataset``; ``cards``, those of the world's library unless given; ``network``, the routes of the
    base year; ``fact``, one known number by quantity, region and year; both of the package unless given.
    Raises InputError when a card names a place that the world lacks, or a number is not held.
    """
    from citybelt.geo.network import Network
    from citybelt.scenario.kinds import Ground
    from citybelt.worlds import tables

    if cards is None:
        cards = cards_of(dataset.name)
    if network is None:
        network = Network.load(dataset.base_year)
    if fact is None:
        fact = lambda quantity, region, year: tables.value(quantity, region, "", year)  # noqa: E731
    ground = Ground(dataset, network, fact)
    return tuple(build(card, ground) for card in cards.values())


def build(card: Card, ground: Ground) -> Lever:
    """The lever of a card in a world."""
    from citybelt.scenario.kinds import BUILD

    built = BUILD[card.kind](card, ground)
    effect = evidence.effects()[card.effect] if card.effect else None
    purchase, service, phases = None, None, None
    cost = unit(card, built.units)
    payers = np.asarray([card.payers.get(p, 0.0) for p in PAYERS])
    if built.served is None:
        building, afterwards = (
            jnp.asarray(np.einsum("p,n,j->pnj", payers, built.places, [shares.get(s, 0.0) for s in ground.sectors]))
            for shares in (card.builds or card.buys, card.buys)
        )
        phases = (building, afterwards) if card.builds else None
        purchase = cost.invested * building + (1.0 - cost.invested) * afterwards if card.builds else afterwards
    else:
        # One bn CNY shared by all newcomers where they are served: thousand CNY for each.
        share = np.where(built.served > 0, 1e6 / built.served.sum(), 0.0)
        service = jnp.asarray(np.outer(payers, share))
    return Lever(
        direction=jax.tree.map(jnp.asarray, built.direction),
        purchase=purchase,
        service=service,
        withheld=None if built.withheld is None else jnp.asarray(built.withheld) / cost.yearly[1],
        size=jnp.full(3, card.size.central) if built.tied else _array(card.size),
        exponent=_array(card.response.exponent),
        scale=jnp.asarray(card.response.scale or built.scale),
        anchor=jnp.asarray(card.upper if card.full else 0.0),
        unit_cost=jnp.asarray(cost.yearly),
        charge=_array(card.charge.exponent),
        charge_scale=jnp.asarray(card.charge.scale or built.scale),
        card=card,
        shape=ground.shape,
        design=effect.design if effect else card.project.design if card.project else "definition",
        citation=effect.citation if effect else card.project.stated if card.project else "",
        cost_citation="; ".join(evidence.costs()[c].source for c in card.cost) or "as stated by the planner",
        hectares=float(built.hectares),
        capital=cost.capital,
        running=cost.running,
        wears=cost.wears,
        tied=built.tied,
        knowledge=None if built.knowledge is None else jnp.asarray(built.knowledge),
        lasts=built.lasts,
        phases=phases,
    )


def _array(r: Range) -> Array:
    return jnp.asarray([r.low, r.central, r.high])


def _points(levers: Sequence[Lever], field: str) -> Array:
    return jnp.stack([getattr(lever, field) for lever in levers])


def central(levers: Sequence[Lever]) -> Effects:
    """The central effects, costs and curvatures."""
    fields = ("size", "exponent", "unit_cost", "charge")
    return Effects(*(_points(levers, field)[:, 1] for field in fields))


#: What the bands of scenarios and plans leave out, in words.
NOT_DRAWN = {
    "en": (
        "the real rate of interest",
        "the decay of market potential along railways",
        "the depreciation of research",
        "the working time that a year of training takes and the years that it lasts",
        "lags, payers' shares and what is bought",
        "the hours of clearance and the lengths and speeds of lines and roads",
        "how much urban land there is and how much of it is used for production",
        "the share of workers of state firms who are resettled, and the trade elasticities by which entry is valued",
        "how much capital firms add where its cost is cut: what is granted and bought would have to follow each draw",
    ),
    "zh": (
        "实际利率",
        "市场潜力沿铁路的衰减",
        "研发存量的折旧",
        "一年培训占用的工作时间及其效果的年限",
        "见效年数、出资比例和采购构成",
        "通关小时数以及线路、道路的长度和速度",
        "城市建设用地面积及其中生产用地的比例",
        "国有企业需安置职工的比例以及衡量新企业价值的贸易弹性",
        "资本成本下降时企业新增资本的多少：补贴与购置须随每次抽样变动",
    ),
}


def uniforms(levers: Sequence[Lever], rng: np.random.Generator) -> np.ndarray:
    """Uniform numbers for ``draw``, one for each thing that is not known.

    Levers that share a thing share its number: an effect (with the shares that it is multiplied by), the source
    of the response's curvature (or the kind of lever), a set of costs, the curvature of the cost of a kind.

    Returns [lever, 4]: size, exponent, unit cost, charge.
    """
    held: dict[tuple[str, ...], float] = {}

    def one(*key: str) -> float:
        if key not in held:
            held[key] = float(rng.uniform(1e-3, 1 - 1e-3))
        return held[key]

    return np.array(
        [
            (
                one("size", *([c.effect, *c.times] if c.effect else [c.id])),
                one("exponent", c.response.source or c.kind),
                one("cost", *sorted(c.cost)),
                one("charge", c.kind),
            )
            for c in (lever.card for lever in levers)
        ]
    ).reshape(-1, 4)


def draw(levers: Sequence[Lever], uniform: Array, nu: Array | None = None) -> Effects:
    """One joint draw of effects, costs and curvatures.

    Low and high are the points of 10 and 90 % probability of a distribution with two normal halves that meet
    at the central value (of the logarithm where all three are positive, so that no draw changes sign).

    Arguments: ``uniform`` [lever, 4] in (0, 1), see ``uniforms``; ``nu``, the migration elasticity of the draw, by
    which a published response of migration is turned into a cost (that of the table if None, as in ``central``).
    Returns Effects; differentiable and to be batched with vmap.
    """
    z = ndtri(uniform) / TENTH
    drawn = []
    for k, field in enumerate(("size", "exponent", "unit_cost", "charge")):
        low, mid, high = _points(levers, field).T
        positive = low > 0
        safe = [jnp.where(positive, x, 1.0) for x in (low, mid, high)]
        up = z[:, k] > 0
        log = jnp.log(safe[1]) + z[:, k] * jnp.log(jnp.where(up, safe[2] / safe[1], safe[1] / safe[0]))
        plain = mid + z[:, k] * jnp.where(up, high - mid, mid - low)
        drawn.append(jnp.where(positive, jnp.exp(log), plain))
    size, exponent, unit_cost, charge = drawn
    if nu is not None:
        size = jnp.where(jnp.array([lever.moves for lever in levers]), size * migration_elasticity() / nu, size)
    return Effects(size, jnp.minimum(exponent, 1.0), unit_cost, jnp.maximum(charge, 1.0))


def costs(levers: Sequence[Lever], values: Array, effects: Effects | None = None) -> Array:
    """Cost of every lever at its value [lever], bn CNY a year."""
    e = central(levers) if effects is None else effects
    each = [lv.cost(v, c, k) for lv, v, c, k in zip(levers, values, e.unit_cost, e.charge, strict=True)]
    return jnp.stack(each)


def responses(levers: Sequence[Lever], values: Array, effects: Effects | None = None) -> Array:
    """Response of every lever at its value [lever], which multiplies its direction."""
    e = central(levers) if effects is None else effects
    return jnp.stack([lv.response(v, s, a) for lv, v, s, a in zip(levers, values, e.size, e.exponent, strict=True)])


def assemble(levers: Sequence[Lever], sizes: Array, paid: Array) -> Shock:
    """The shock of responses [lever] and of what is paid for each lever [lever], bn CNY a year; linear in both."""
    from citybelt.model.accounts import Shock

    n, nd, j = shape = levers[0].shape
    bought, served = jnp.zeros((len(PAYERS), n, j)), jnp.zeros((len(PAYERS), nd))
    for lever, amount in zip(levers, paid, strict=True):
        if lever.purchase is not None:
            bought = bought + amount * lever.purchase
        if lever.service is not None:
            served = served + amount * lever.service
    fields = combine([lever.direction for lever in levers], sizes, shape)
    for lever, amount in zip(levers, paid, strict=True):
        if lever.withheld is not None:
            fields["log_h"] = fields["log_h"] - amount * lever.withheld
    return Shock(**fields, purchase=bought, service=served)


def shock(levers: Sequence[Lever], values: Array, effects: Effects | None = None) -> Shock:
    """The shock that a mix of levers makes, with its purchases.

    Arguments: ``levers``, at least one; ``values`` [lever] in their units; ``effects``, a draw, central if None.
    Returns a Shock, differentiable in values and effects.
    """
    values = jnp.asarray(values, float)
    return assemble(levers, responses(levers, values, effects), costs(levers, values, effects))


def values_of(levers: Sequence[Lever], settings: Mapping[str, float]) -> Array:
    """Values in the order of the levers, zero where a lever is not set."""
    return jnp.asarray([float(settings.get(lever.id, 0.0)) for lever in levers])
