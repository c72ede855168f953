r"""A step of time for people: first they move, then they live on, give birth and die where they have moved to.

Persons P[r,s,a,e] by region, sex, age class and skill; a step lasts w years, as an age class is wide.

    (B1)  share[o,n,a,e] = share0[o,n,m] exp( nu[m] (V[n,a] - c[o,n,m]) ) / sum_k (same),   m the kind of (a, e)
    (B2)  M[r,s,a,e] = sum_o P[o,s,a,e] share[o,r,a,e] + abroad[r,s,a,e]
    (B3)  P'[r,s,a+1,e] = M[r,s,a,e] survival[r,s,a],   the open class: from the one before it, and from itself
    (B4)  births[r] = w sum_a fertility[r,a] (women of a after they moved + women of a at the end) / 2
    (B5)  P'[r,s,0,basic] = births[r] (share of the sex) newborn[r,s]

V is the log change of the value of living in a place since the base year, c that of the cost of the move: where
nothing has changed, people move as in the base year, whatever made them (dynamic hat algebra, Caliendo, Dvorkin and
Parro 2019). (B1) is never written out by age: two products by kind of moves give arrivals and totals.

Everyone is accounted for, in every cell, with deaths counted in the class that they'd have reached:

    (B6)  P' = aged(P - left + came + abroad) + born - deaths

Sources: Leslie (1945); Rogers (1995); Preston, Heuveline and Guillot (2001), chapter 6, for (B4).
Limits: who moves lives at the destination's rates for the whole step, first order in w in what moves do to births and
deaths; births and deaths themselves are of second order. Newborns don't move in their first step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.errors import InputError, Problem
from citybelt.people.record import BASIC, FEMALE, OPEN, Moves, Vital


class Events(NamedTuple):
    """What happened in a step, in persons. ``deaths`` stand in the class that the dead would have reached; all others
    in the class in which people began the step."""

    births: Float[Array, "R S"]
    deaths: Float[Array, "R S A E"]  # those of newborns are in class 0, basic
    moved: Float[Array, "R R M"]  # from, to, by kind; those who stayed on the diagonal
    left: Float[Array, "R S A E"]  # for other regions
    came: Float[Array, "R S A E"]  # from other regions
    abroad: Float[Array, "R S A E"]  # net arrivals from abroad

    @property
    def natural(self) -> Float[Array, " R"]:
        """Births less deaths of each region."""
        return self.births.sum(axis=1) - self.deaths.sum(axis=(1, 2, 3))

    @property
    def migration(self) -> Float[Array, " R"]:
        """Arrivals less departures of each region, at home and abroad."""
        return (self.came - self.left + self.abroad).sum(axis=(1, 2, 3))


def step(
    persons: Float[Array, "R S A E"],
    vital: Vital,
    moves: Moves,
    log_value: Array | float = 0.0,
    cost: Array | float = 0.0,
    abroad: Array | float = 0.0,
) -> tuple[Float[Array, "R S A E"], Events]:
    """(B1-B6) People after a step, and what happened.

    Args:
        persons: at the start; the width of a class, and so of the step, follows from their number: 100 / (A - 1).
        vital: rates of the step, by region.
        moves: the base year's, and how they answer.
        log_value: log change of the value of a place since the base year, [R], by age [R, A] or skill too [R, A, E].
        cost: log change of the cost of moves, [R, R] or by kind [R, R, M], from first.
        abroad: net arrivals from abroad at the start of the step, persons [R, S, A, E].
    """
    here, gone = move(persons, moves, log_value, cost, abroad)
    after, births, deaths = live(here, vital)
    return after, Events(births, deaths, *gone)


def move(
    persons: Float[Array, "R S A E"],
    moves: Moves,
    log_value: Array | float = 0.0,
    cost: Array | float = 0.0,
    abroad: Array | float = 0.0,
) -> tuple[Float[Array, "R S A E"], tuple[Array, Array, Array, Array]]:
    """(B1, B2) People after they have moved, and ``moved``, ``left``, ``came``, ``abroad`` of `Events`; arguments as of
    `step`."""
    staying, came, moved = _move(persons, moves, log_value, cost)
    abroad = jnp.broadcast_to(jnp.asarray(abroad, float), persons.shape)
    return staying + came + abroad, (moved, persons - staying, came, abroad)


def from_abroad(persons: Float[Array, "R S A E"], net: Float[Array, "S A"]) -> Float[Array, "R S A E"]:
    """Net arrivals of a nation by sex and age, spread over those who are there: nobody leaves who isn't."""
    here = jnp.sum(persons, axis=(0, 3))
    rate = jnp.where(here > 0, net / jnp.where(here > 0, here, 1.0), 0.0)
    return persons * jnp.maximum(rate, -1.0)[None, :, :, None]


def live(
    persons: Float[Array, "R S A E"], vital: Vital
) -> tuple[Float[Array, "R S A E"], Float[Array, "R S"], Float[Array, "R S A E"]]:
    """(B3) to (B5) People a step later where nobody moves, and ``births`` and ``deaths`` of `Events`."""
    reached = _aged(persons)
    alive = _aged(persons * vital.survival[..., None])
    width = OPEN / (persons.shape[2] - 1)
    women = (persons[:, FEMALE] + alive[:, FEMALE]).sum(axis=2) / 2
    births = width * (vital.fertility * women).sum(axis=1)
    boys = births * vital.male_share
    born = jnp.stack([births - boys, boys], axis=1)
    after = alive.at[:, :, 0, BASIC].add(born * vital.newborn)
    deaths = (reached - alive).at[:, :, 0, BASIC].add(born * (1 - vital.newborn))
    return after, born, deaths


def _aged(persons: Array) -> Array:
    """Everyone one class older; the last class takes in the one before it and keeps its own."""
    older = jnp.concatenate([jnp.zeros_like(persons[:, :, :1]), persons[:, :, :-1]], axis=2)
    return older.at[:, :, -1].add(persons[:, :, -1])


def project(
    persons: Float[Array, "R S A E"],
    vital: Vital,
    moves: Moves,
    steps: int,
    log_value: Array | float = 0.0,
    cost: Array | float = 0.0,
    abroad: Array | float = 0.0,
) -> Float[Array, "T R S A E"]:
    """People at the end of each of ``steps`` steps at the same rates and values (`step`)."""

    def onwards(now: Array, _: None) -> tuple[Array, Array]:
        after, _events = step(now, vital, moves, log_value, cost, abroad)
        return after, after

    return jax.lax.scan(onwards, persons, None, length=steps)[1]


def shares(
    moves: Moves, log_value: Array | float = 0.0, cost: Array | float = 0.0, kind: int = 0
) -> Float[Array, "R R"]:
    """(B1) Where people of one kind of moves live after they moved, at values [R] and costs [R, R]; rows sum to one."""
    V = jnp.broadcast_to(jnp.asarray(log_value, float), moves.share.shape[1:2])
    pull = moves.share[..., kind] * jnp.exp(moves.nu[kind] * (V - jnp.max(V) - cost))
    return pull / pull.sum(axis=1, keepdims=True)


class Slots(NamedTuple):
    """Cells of age and skill put together by kind of moves."""

    cell: np.ndarray  # [M, L], the number of cells where a slot is empty
    place: np.ndarray  # [A E], where each cell is among the slots


def slots(moves: Moves, ages: int, skills: int) -> Slots:
    """The cells of each kind of moves, as many slots for each kind as the largest needs."""
    kinds = np.asarray(moves.age)
    kinds = np.broadcast_to(kinds[:, None] if kinds.ndim == 1 else kinds, (ages, skills)).ravel()
    members = [np.flatnonzero(kinds == m) for m in range(moves.share.shape[2])]
    cell = np.full((len(members), max(map(len, members))), kinds.size)
    place = np.empty(kinds.size, int)
    for m, own in enumerate(members):
        cell[m, : len(own)] = own
        place[own] = m * cell.shape[1] + np.arange(len(own))
    return Slots(cell, place)


def _move(persons: Array, moves: Moves, log_value: Any, cost: Any) -> tuple[Array, Array, Array]:
    """(B1, B2) those who stay, those who come [R, S, A, E], and movers by kind [R, R, M]."""
    R, S, A, E = persons.shape
    at = slots(moves, A, E)
    M, L = at.cell.shape
    V = jnp.asarray(log_value, float)
    V = jnp.broadcast_to(V.reshape(V.shape + (1,) * (3 - V.ndim)) if V.ndim else V, (R, A, E))
    V = V - jnp.max(V, axis=0)  # shifted by age, so that no exponential overflows

    cost = jnp.asarray(cost, float)
    cost = jnp.broadcast_to(cost[..., None] if cost.ndim == 2 else cost, (R, R, M))
    pull = jnp.moveaxis(moves.share * jnp.exp(-moves.nu * cost), 2, 0)  # [M, R, R]
    by_cell = jnp.pad(V.reshape(R, A * E), ((0, 0), (0, 1)))[:, at.cell]  # [R, M, L]
    attraction = jnp.exp(moves.nu[:, None, None] * jnp.moveaxis(by_cell, 1, 0))  # [M, R, L]
    there = jnp.moveaxis(jnp.pad(persons.reshape(R, S, A * E), ((0, 0), (0, 0), (0, 1)))[:, :, at.cell], 2, 0)

    parted = there / (pull @ attraction)[:, :, None, :]  # [M, R, S, L]
    stay = jnp.diagonal(pull, axis1=1, axis2=2)
    others = pull * (1 - jnp.eye(R))
    came = (jnp.swapaxes(others, 1, 2) @ parted.reshape(M, R, S * L)).reshape(M, R, S, L) * attraction[:, :, None, :]
    staying = stay[:, :, None, None] * parted * attraction[:, :, None, :]
    moved = pull * jnp.einsum("mol,mnl->mon", parted.sum(axis=2), attraction)

    def back(x: Array) -> Array:
        return jnp.moveaxis(x, 0, 2).reshape(R, S, M * L)[:, :, at.place].reshape(R, S, A, E)

    return back(staying), back(came), jnp.moveaxis(moved, 0, 2)


def check(persons: Array, vital: Vital, moves: Moves) -> None:
    """Say what is wrong with what a step is given, before it is compiled.

    Raises:
        InputError: with every problem found: shapes, persons below zero, chances outside 0 to 1, rows of shares.
    """
    R, S, A, E = np.shape(persons)
    shapes = {
        "vital.survival": (vital.survival, (R, S, A)),
        "vital.newborn": (vital.newborn, (R, S)),
        "vital.fertility": (vital.fertility, (R, A)),
        "moves.share": (moves.share, (R, R, np.shape(moves.nu)[0])),
    }
    found = [Problem(n, f"is of shape {np.shape(x)}, not {s}.") for n, (x, s) in shapes.items() if np.shape(x) != s]
    kinds = np.asarray(moves.age)
    if kinds.shape not in ((A,), (A, E)) or kinds.min() < 0 or kinds.max() >= np.shape(moves.nu)[0]:
        found.append(
            Problem("moves.age", f"must give one of {np.shape(moves.nu)[0]} kinds for each of {A} age classes.")
        )
    inside = {"vital.survival": vital.survival, "vital.newborn": vital.newborn, "vital.male_share": vital.male_share}
    for name, x in (inside | {"moves.share": moves.share}).items():
        if not (np.all(np.asarray(x) >= 0) and np.all(np.asarray(x) <= 1 + 1e-12)):
            found.append(Problem(name, "must lie between 0 and 1."))
    for name, x in {"persons": persons, "vital.fertility": vital.fertility, "moves.nu": moves.nu}.items():
        if not np.all(np.asarray(x) >= 0):
            found.append(Problem(name, "must not be below zero."))
    if not np.allclose(np.asarray(moves.share).sum(axis=1), 1, rtol=0, atol=1e-9):
        found.append(Problem("moves.share", "must sum to one for each origin and kind."))
    if found:
        raise InputError(found)
