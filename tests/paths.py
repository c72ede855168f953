"""Small worlds through time for tests: a random economy, and people in a steady state or not."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from citybelt.model.accounts import Closure, Shock, State
from citybelt.model.calibrate import calibrate
from citybelt.path.energy import Energy
from citybelt.path.energy import start as start_plants
from citybelt.path.expectations import Prospects
from citybelt.path.march import WITHIN_A_YEAR, Capital, Ground, Inputs, Power, Rules
from citybelt.path.saving import Saving, ratio
from citybelt.path.stocks import Stocks, work_of
from citybelt.path.technology import Technology
from citybelt.people import schooling
from citybelt.people.record import Ages, Moves, Vital
from economies import random_inputs, random_theory

#: Regions at home and abroad, sectors, provinces; ages of a year as in life, two sexes, two skills, years.
SIZES = {"h": 6, "f": 4, "j": 7, "g": 3}
A, S, E, T = 101, 2, 2, 9


def vital_rates(h: int, years: int = T, seed: int = 0, stationary: bool = True) -> Vital:
    """The same rates every year and everywhere: a population that replaces itself, unless it is to shrink."""
    age = np.arange(A)
    survival = np.exp(-np.exp(-9.5 + 0.085 * age))
    survival = np.stack([survival, survival**1.3])
    fertility = np.where((age >= 20) & (age < 40), 0.1, 0.0)
    male, newborn = 0.51, np.array([0.99, 0.98])
    # Births of a year: women alive through it count half at its start, half at its end.
    alive = np.concatenate([[newborn[0]], newborn[0] * np.cumprod(survival[0, :-1])])
    ahead = np.concatenate([[0.0], alive[:-1] * survival[0, :-1]])
    daughters = (1 - male) * np.sum(fertility * (alive + ahead)) / 2
    fertility = fertility / daughters * (1.0 if stationary else 0.7)
    every = lambda x: jnp.asarray(np.broadcast_to(x, (years, *np.shape(x))))  # noqa: E731
    return Vital(
        every(np.tile(survival, (h, 1, 1))), every(np.tile(newborn, (h, 1))), every(np.tile(fertility, (h, 1))),
        every(male),
    )  # fmt: skip


def settled(vital: Vital, size: np.ndarray, moves: Moves, chance) -> np.ndarray:
    """[R, S, A, E] persons whom rates, moves and study leave as they are, by many years of all three."""
    from citybelt.people import cohort, schooling

    one = jax.tree.map(lambda leaf: leaf[0], vital)

    def year(persons, _):
        older = schooling.study(cohort.live(persons, one)[0], chance).persons
        return cohort.move(older, moves)[0], None

    persons = jnp.asarray(np.broadcast_to(size[:, None, None, None] / A / S / E, (len(size), S, A, E)))
    persons, _ = jax.lax.scan(year, persons, None, 3000)
    return np.asarray(persons) * size.sum() / float(persons.sum())


def world(seed: int = 0, beta: float = 0.9, stationary: bool = True, years: int = T):
    """Rules, inputs without levers, and stocks of the base year."""
    rng = np.random.default_rng(seed + 4000)
    base = calibrate(**random_inputs(seed, **SIZES), closure=Closure())
    theory, h, (n, j) = random_theory(seed, SIZES["j"]), SIZES["h"], base.shape
    ages = Ages(1)
    share = rng.dirichlet(np.ones(h), (21, h)) * 0.05 * np.exp(-0.2 * np.arange(21))[:, None, None]
    share[:, np.arange(h), np.arange(h)] += 1 - share.sum(axis=2)
    moves = Moves(jnp.asarray(share.transpose(1, 2, 0)), ages.start // 5, jnp.asarray(rng.uniform(0.3, 0.7, 21)))
    vital = vital_rates(h, years, stationary=stationary)
    chance = schooling.chances(jnp.asarray(rng.uniform(0.2, 0.5, h)), ages)
    persons = settled(vital_rates(h, years), np.asarray(base.people).sum(axis=(0, 1)), moves, chance)
    if not stationary:
        persons = persons * np.exp(0.3 * rng.normal(size=(h, 1, A, 1)))
    old = (ages.start >= 60).astype(int)
    part = np.zeros((S, A))
    part[:, 18:60] = [[0.7], [0.8]]
    prospects = Prospects(moves, jnp.asarray(beta), vital.survival[0, 0, 0], jnp.asarray(old))
    people = work_of(
        jnp.asarray(persons), jnp.asarray(old, float), jnp.asarray(part), jnp.array([1.0, 1.4]), years_of_school(rng, h)
    )
    theory = eqx.tree_at(lambda th: th.eta, theory, jnp.zeros(()))
    capital, technology, research = stocks_of(base, rng, people.human(jnp.asarray(persons)))
    ground = Ground(*map(jnp.asarray, (0.8, 0.03, 0.6, 0.15)))
    power, plants = power_of(base, rng)
    rules = Rules(
        base, theory, WITHIN_A_YEAR, prospects, people, capital, technology, research, ground, power, jnp.asarray(0.03),
        jnp.asarray(0.7), Saving(jnp.asarray(0.8), ratio(jnp.asarray(persons))),
    )  # fmt: skip
    levers = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (years, *leaf.shape)), Shock.zeros(base))
    study = jnp.broadcast_to(chance, (years, h, A))
    inputs = Inputs(levers, vital, jnp.zeros((years, S, A)), study, jnp.zeros((years, h)))
    cells, places = jnp.zeros((n, j)), jnp.zeros(h)
    start = Stocks(
        jnp.asarray(persons), cells, cells, capital.owned, cells, technology.start, places, places, plants,
        jnp.zeros_like(power.co2[:, 0]), places, places, jnp.zeros(()), places, jnp.zeros((2, h)), State.zeros(base),
    )  # fmt: skip
    return rules, inputs, start


def years_of_school(rng, h):
    """[R, E] by place and skill."""
    return jnp.asarray(np.stack([rng.uniform(6, 10, h), rng.uniform(14, 17, h)], axis=1))


def stocks_of(base, rng, human):
    """Capital and knowledge that wear as fast as the base year adds to them."""
    (n, j), h = base.shape, base.n_home
    delta = rng.uniform(0.03, 0.1, j)
    income = np.asarray(base.factor_share[1] * base.value_added)
    saving = np.asarray(base.saving * base.consumption / (1 - base.income_tax - base.saving))
    weight = np.concatenate([np.asarray(base.investment_weight), np.ones(n - h)])
    by_place = weight * np.where(np.arange(n) < h, saving[:h].sum(), saving)
    invested = by_place[:, None] * income / income.sum(axis=1, keepdims=True)
    total = np.where(np.arange(n) < h, invested[:h].sum(), by_place)
    capital = Capital(
        jnp.asarray(invested / delta), jnp.asarray(invested / total[:, None]), jnp.asarray(delta), jnp.asarray(1.5),
        jnp.asarray((1 - delta) / 1.05), jnp.broadcast_to(base.owned_abroad[:, None], (h, j)), jnp.asarray(2.2),
    )  # fmt: skip
    research = rng.uniform(0.005, 0.03, h)
    made = np.asarray(base.factor_share * base.value_added).sum(axis=(0, 2))[:h]
    obsolescence = 0.15
    reach = np.exp(-rng.uniform(0, 3, (h, h))) * (1 - np.eye(h))
    technology = Technology(
        jnp.asarray(reach), jnp.asarray(research * made / obsolescence), jnp.asarray(rng.uniform(0, 0.5, (h, j))),
        0.1, 0.05, 0.08, 0.5, human.max(), obsolescence, jnp.zeros(()), 0.0, 0.0,
    )  # fmt: skip
    return capital, technology, jnp.asarray(research)


def power_of(base, rng):
    """Three fuels, of which the last is power, and five carriers that are replaced as they wear; nothing drifts."""
    j, h, fuels = base.shape[1], base.n_home, 3
    used = rng.lognormal(0, 1, (h, j + 1, fuels))
    maker = 2
    used[:, maker] = 0.0
    needed = used[:, :, -1].sum() / 0.95
    made = needed * rng.dirichlet(np.ones(5))
    life, yields = rng.uniform(20, 40, 5), rng.uniform(2, 7, 5)
    replaced = made / life
    law = Energy(
        jnp.asarray(used), jnp.array([0.35, 0.2, 0.0]), jnp.array([0.0, 0.0, 1.0]), 1.4, jnp.zeros(fuels), 0.0, 0.05,
        jnp.asarray(yields), jnp.asarray(life), jnp.array([0.8, 0.4, 0.0, 0.0, 0.0]), jnp.array([1.0, 1, 0, 0, 0]),
        jnp.asarray(replaced / replaced.sum()), jnp.asarray(rng.uniform(0.2, 0.5, 5)), jnp.full(5, 0.5), jnp.zeros(5),
        jnp.asarray(made / yields * 3), 2.0,
    )  # fmt: skip
    co2 = used * np.array([0.35, 0.2, 0.0])
    co2[:, maker, :2] = rng.lognormal(0, 1, (h, 2))
    power = Power(law, jnp.asarray(co2), jnp.asarray(made), jnp.arange(5.0), (4, 1, maker), (0, 1, -1, -1, -1))
    return power, start_plants(law, jnp.asarray(made))


def with_productivity(inputs: Inputs, gain: np.ndarray) -> Inputs:
    """[T, N, J] productivity by which levers raise each year."""
    return eqx.tree_at(lambda i: i.levers.log_A, inputs, jnp.asarray(gain))
