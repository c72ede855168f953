r"""Where a path of an embedded world begins, and what each of its years is given.

Capital, knowledge and energy start as `base_year` says; persons, births, deaths and arrivals from abroad as
`people.start` does. Moves are those of the last count between provinces, spread over places and ages
(`estimate.moves`). Here is what is left:

    (S1)  share[n,j] = investment / that of the nation; of a partner, of the partner
          log K      = log( 1 - delta + I0/K0 ),  Z = (1 - omega) Z0 + S0,  log A by (A4)       as a path begins
    (S2)  chance of tertiary study: what keeps, after moves, the share of tertiary among those of 25 to 29 (`study`)
    (S3)  part, eff of people: participation by sex and age, and what years of school earn, of `people.rules`
    (S4)  years of schooling: 16 of the tertiary; of others in a place, what makes its mean that of the census

A place whose investment is not known apart (partners) spreads it over sectors by capital.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.estimate import moves as between
from citybelt.model.accounts import CAPITAL, CLOSURES, Shock, State, closure
from citybelt.model.economy import Economy, economy
from citybelt.model.theory import theory
from citybelt.path import burnt, capital, pace, timing
from citybelt.path.base_year import capital_start, energy_start, technology_start
from citybelt.path.expectations import Prospects
from citybelt.path.march import Capital, Ground, Inputs, Power, Rules
from citybelt.path.parameters import parameters
from citybelt.path.saving import Saving, ratio
from citybelt.path.stocks import GIVEN, Stocks, only, work_of
from citybelt.path.study import targets
from citybelt.path.technology import knowledge, step
from citybelt.people import rules as of_nation
from citybelt.people import schedule, schooling
from citybelt.people.record import BASIC, TERTIARY, Ages, Moves, by_five_years
from citybelt.people.start import Start, grouping
from citybelt.people.start import start as people_start
from citybelt.people.start_rates import last_year
from citybelt.scenario.money import migration_elasticity
from citybelt.worlds import tables, world

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.scenario.levers import Lever

#: First age of those who count as old in the equilibrium.
OLD = 60


@dataclass(frozen=True)
class Begin:
    """A world at the end of its base year, ready to march.

    Attributes:
        economy: the calibrated base year.
        start: people and their rates.
        years: T years of the path.
        rules, stocks: see ``march``; inputs: without levers, of the path's years and of those beyond that are foreseen.
    """

    economy: Economy
    start: Start
    years: np.ndarray
    rules: Rules
    inputs: Inputs
    stocks: Stocks

    def with_levers(self, levers: tuple[Lever, ...], begun: np.ndarray) -> Inputs:
        """Inputs of years in which levers have been begun to the values [T, L], and are kept at the last beyond."""
        return with_moved(self.inputs, timing.moved(levers, self.lasting(jnp.asarray(begun))))

    @property
    def beyond(self) -> int:
        """How many years after the last are foreseen."""
        return len(self.inputs.study) - len(self.years)

    @property
    def calendar(self) -> np.ndarray:
        """Years of the path and beyond."""
        return int(self.years[0]) + np.arange(len(self.inputs.study))

    def shown(self, found: Any) -> Any:
        """Of arrays with a leading axis of years, those of the path."""
        return jax.tree.map(lambda leaf: leaf[: len(self.years)], found)

    def lasting(self, begun: Any) -> Any:
        """Values of levers [T, L] with the last row for all years beyond."""
        return begun[np.minimum(np.arange(len(self.inputs.study)), len(begun) - 1)]


def with_moved(inputs: Inputs, moved: timing.Moved) -> Inputs:
    """Inputs of years in which levers do what they do."""
    return eqx.tree_at(lambda i: (i.levers, i.research), inputs, tuple(moved))


def begin(
    dataset: Dataset,
    last: int = 2060,
    closed: bool = False,
    words: Mapping[str, str] | None = None,
    like: Begin | None = None,
    paced: bool = True,
    beyond: int = 0,
    **changed: float,
) -> Begin:
    """The base year of an embedded world as stocks, and what its years are given.

    Args:
        dataset: an embedded world.
        last: last year of the path.
        closed: nobody comes from abroad or goes there.
        words: how accounts are closed, of ``CLOSURES``; who is mobile is not among what a path can choose.
        like: the same world and years begun before: its people and the shares of their moves are taken over.
        paced: find how readily people move (`pace`); without it, they don't answer to values until ``at_pace``.
        beyond: years after the last for which inputs are given too, at the last rates that are known.
        changed: parameters of ``parameters.csv`` and elasticities that are not to have their central values.

    Raises:
        InputError: not an embedded world, a year that no rates reach, a parameter that there is none of, or a closure
            that holds people or moves all capital at once.
    """
    words = dict(words or {})
    default = lambda account: next(iter(CLOSURES[account][1]))  # noqa: E731
    if refused := [k for k in ("capital", "people") if words.get(k, default(k)) != default(k)]:
        what = f"a path moves people and capital by its own laws, so {' and '.join(refused)} can't be set."
        raise InputError([Problem("closure", what, "Leave it out of the scenario, or run it without time.")])
    within = replace(closure(**words), specific_capital=1.0, still_people=1.0)
    of_path = set(parameters())
    p = parameters(None, **{k: v for k, v in changed.items() if k in of_path})
    elastic = {k: v for k, v in changed.items() if k not in of_path}
    e = economy(dataset, theory(list(map(str, dataset.x.sector.values)), None, **elastic))
    b, h, ages = e.base, len(e.home), Ages(1)
    reached = max(min(last + beyond, last_year()), last)
    started = like.start if like else people_start(dataset, dataset.base_year, 1, last=reached)
    persons, T = started.persons, last - dataset.base_year + beyond
    lasting = lambda x: jnp.concatenate([x, jnp.repeat(x[-1:], T - len(x), axis=0)])  # noqa: E731
    nation = tables.definition(dataset.name)["home"]

    part = jnp.asarray(of_nation.by_age(nation, "participation", ages))
    working = np.einsum("rsae,sa->r", np.asarray(persons), np.asarray(part))
    school_return = of_nation.number(nation, "school_return")
    saved = _saved(e)
    held = _capital(e, saved, p)
    stock = np.asarray(held.stock)[:h].sum(axis=1)
    known = technology_start(dataset, b, p, stock, working, school_return, dataset.base_year)
    grown = known.technology
    old = (ages.start >= OLD).astype(int)
    years = _school_years(np.asarray(persons), known.human)
    work = work_of(
        persons,
        jnp.asarray(old, float),
        part,
        jnp.asarray(_efficiency(np.asarray(persons), years, school_return)),
        jnp.asarray(years),
    )
    moves = like.rules.prospects.moves if like else _moves(dataset, np.asarray(persons), ages)
    survival = jnp.mean(started.vital.survival[0], axis=(0, 1))
    made = np.asarray(b.factor_share * b.value_added).sum(axis=(0, 2))[:h]
    fixed = eqx.tree_at(lambda th: th.eta, e.theory, jnp.zeros(()))
    burning = energy_start(dataset, b, p)
    power = Power(
        burning.energy, jnp.asarray(burning.co2), burning.plants.standing * burning.energy.yields,
        jnp.asarray(burning.abroad), burning.products, burning.carrier_fuel,
    )  # fmt: skip
    ground = Ground(e.theory.eta, *(jnp.asarray(p[name]) for name in ("houses_wear", "land_supply", "land_speed")))
    rules = Rules(
        b, fixed, within, Prospects(moves, jnp.asarray(p["patience"]), survival, jnp.asarray(old), jnp.ones(())), work,
        held, grown, jnp.asarray(known.research / made), ground,
        power, jnp.asarray(p["interest"]), jnp.asarray(p["grants"]),
        Saving(jnp.asarray(p["saving_age"]), ratio(persons)),
    )  # fmt: skip
    (n, j) = b.shape
    cells, places = jnp.zeros((n, j)), jnp.zeros(h)
    log_K = capital.grow(cells, held.stock, held.share * saved[:, None], jnp.zeros(n), held.delta)
    known_next = knowledge(grown.start, jnp.asarray(known.research), grown.obsolescence)
    log_A = step(grown, cells[:h], grown.start, known_next, jnp.asarray(known.human), 0.0)
    log_A = jnp.concatenate([log_A, cells[h:] + grown.growth])
    stocks = Stocks(
        persons, log_K, cells, held.owned, log_A, known_next, places, places, burning.plants,
        burnt.first(power, burning.plants), places, places, jnp.zeros(()), places, jnp.zeros((2, h)), State.zeros(b),
    )  # fmt: skip
    nothing = jax.tree.map(lambda leaf: jnp.zeros((T, *leaf.shape)), only(Shock.zeros(b), GIVEN))
    abroad = lasting(started.abroad.sum(axis=(1, 4))) * (0.0 if closed else 1.0)
    study = jnp.broadcast_to(schooling.chances(jnp.asarray(targets(persons, moves)), ages), (T, h, ages.count))
    inputs = Inputs(nothing, jax.tree.map(lasting, started.vital), abroad, study, jnp.zeros((T, h)))
    if paced:
        rules = at_pace(rules, persons, started.vital.fertility[0], p["horizon"])
    return Begin(e, started, started.years[: T - beyond], rules, inputs, stocks)


def at_pace(rules: Rules, persons: jnp.ndarray, fertility: jnp.ndarray, horizon: float) -> Rules:
    """The rules at which, ``horizon`` years on, as many people have moved as the static model says: where a place is
    worth more (F5), and where levers on moving make it cheaper to come (F7)."""
    p, stock, heads = rules.prospects, rules.base.people[0], persons.sum(axis=(1, 3))

    def flow(of_stock: float, of_moves: bool = False) -> float:
        return pace.elasticity(p.moves, p.survival, float(p.beta), of_stock, horizon, heads, fertility, of_moves)

    nu = flow(float(rules.theory.nu[0]) * pace.openness(stock))
    # Levers have turned what they make of a stock into a cost at the central elasticity.
    costly = flow(migration_elasticity() * pace.freed(stock), of_moves=True) / nu
    return eqx.tree_at(
        lambda r: (r.prospects.moves.nu, r.prospects.costly),
        rules,
        (jnp.full_like(p.moves.nu, nu), jnp.full_like(p.costly, costly)),
    )


#: Years of school of those with tertiary education, as the census of 2020 counts them (its communique no. 6, note 3).
TERTIARY_YEARS = 16.0


def _efficiency(persons: np.ndarray, years: np.ndarray, school_return: float) -> np.ndarray:
    """(S3) [E] efficiency of a skill by the years of school that it has more than the basic one, in the nation."""
    grown = persons[:, :, 15:].sum(axis=(1, 2))
    mean = (grown * years).sum(axis=0) / grown.sum(axis=0)
    return np.exp(school_return * (mean - mean[BASIC]))


def _school_years(persons: np.ndarray, human: np.ndarray) -> np.ndarray:
    """(S4) [R, E]"""
    grown = persons[:, :, 15:].sum(axis=(1, 2))
    tertiary = grown[:, TERTIARY] / grown.sum(axis=1)
    years = np.full((len(human), grown.shape[1]), TERTIARY_YEARS)
    years[:, BASIC] = (np.exp(human) - TERTIARY_YEARS * tertiary) / (1.0 - tertiary)
    return years


def _moves(dataset: Dataset, persons: np.ndarray, ages: Ages) -> Moves:
    """Moves of a year between the regions, by five years of age, that don't answer to values."""
    region, regions = grouping(dataset)
    common = world.places_of(dataset.name, ())
    places, counts, _ = world.place_counts()
    filled, _, _ = world.place_fill()
    of_place = region.groupby(common.member.reindex(region.index)).first().reindex(places)
    member = [regions.index(r) for r in of_place]
    province = sorted(set(common.units["province"]))
    counted = tables.facts("moved_between_provinces")
    counted = counted[counted["year"] == counted["year"].max()].pivot(index="region", columns="item", values="value")
    away = filled.registered.sum(axis=1) - np.diagonal(filled.migrants.sum(axis=2))
    stocks = between.Stocks(filled.other_province, filled.same_province, away)
    flows = between.fill(
        stocks,
        counted["out"].reindex(province).to_numpy(),
        counted["in"].reindex(province).to_numpy(),
        counts["province"],
        counts["distance"],
    )
    kinds = by_five_years(ages)
    by_kind = np.zeros((persons.shape[0], int(kinds.max()) + 1))
    np.add.at(by_kind.T, kinds, persons.sum(axis=(1, 3)).T)
    mobility = np.asarray(schedule.moving(np.arange(by_kind.shape[1]) * 5 + 2.5))
    share = between.shares(between.aggregate(flows.total, np.asarray(member)), by_kind, mobility, 1.0)
    return Moves(jnp.asarray(share), kinds, jnp.zeros(by_kind.shape[1]))


def _capital(e: Economy, saved: np.ndarray, p: dict[str, float]) -> Capital:
    """(S1)"""
    b, h = e.base, len(e.home)
    home = capital_start(b, np.asarray(b.investment_weight) * saved[0], p)
    income = np.asarray(b.factor_share[CAPITAL] * b.value_added)[h:]
    stock = income / (p["net_return"] + p["delta"])
    share = np.concatenate([home.invested / home.invested.sum(), income / income.sum(axis=1, keepdims=True)])
    delta = jnp.full(b.shape[1], p["delta"])
    discount = (1.0 - delta) / (1.0 + p["net_return"])
    held = jnp.asarray(np.concatenate([home.stock, stock]))
    owned = jnp.broadcast_to(b.owned_abroad[:, None], (h, b.shape[1]))
    zeta, zeta_foreign = jnp.asarray(p["zeta"]), jnp.asarray(p["zeta_foreign"])
    return Capital(held, jnp.asarray(share), delta, zeta, discount, owned, zeta_foreign)


def _saved(e: Economy) -> np.ndarray:
    """[N] what the base year saves, billions: all of the nation at home, in which savings are pooled."""
    b, h = e.base, len(e.home)
    own = np.asarray(b.saving * b.income)
    return np.concatenate([np.full(h, own[:h].sum()), own[h:]])
