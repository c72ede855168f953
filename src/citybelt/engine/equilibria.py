r"""All equilibria that can be found, and what each is like.

At an equilibrium ``x = F(x)`` let ``J = I - F_x``. Prices, output and spending are eliminated, which leaves the reduced
Jacobian ``R`` of wages, returns, values of places or people (its Schur complement). With markets for goods cleared at
every moment, the adjustment

    (E1)  dx/dt = F(x) - x,      near the equilibrium  dx/dt = -R (x - x*)

comes back if all eigenvalues of ``R`` have positive real parts. The smallest real part says how firmly, the smallest
singular value how far the equilibrium is from vanishing.

Other equilibria are looked for from random starts far from the base year, and from both sides of every direction in
which (E1) runs away from an equilibrium found; by acceleration, which may end at any, and in small economies along
(E1) too, which ends at one that it comes back to. Large ones are retried by Newton's method.
Sources: Kehoe (1980) for the index ``sign det J``; Krugman (1991) for the adjustment of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from citybelt.engine.newton import SMALL, jacobian, newton, settle
from citybelt.engine.solve import TOLERANCE, Solution, attempt

#: Dense Jacobians beyond this many unknowns would not fit beside the model.
MAX_UNKNOWNS = 6000
#: Standard deviation of the logs of all unknowns at a random start.
SPREAD = 0.7
#: How far a start stands from an equilibrium along a direction in which it is left, largest log change.
PUSH = 0.5
#: Directions tried at each equilibrium, the steepest first.
MAX_DIRECTIONS = 4
#: Starts between two equilibria at most, where the signs tell that some are missing.
MAX_PAIRS = 16
#: Equilibria closer than this are one, unless they are so flat that a residual allows more.
SAME = 1e-6
#: Largest factor by which blocks that are eliminated may blow a residual up.
AMPLIFIED = 1e3


@dataclass(frozen=True)
class Local:
    """What is known near an equilibrium.

    Attributes:
        sign: of det J, its index; smallest: singular value of the reduced Jacobian.
        stability: smallest real part of the reduced Jacobian's eigenvalues; the adjustment comes back if positive.
        directions: states' displacements along which it runs away, steepest first.
    """

    sign: int
    smallest: float
    stability: float
    directions: tuple[Any, ...]


@dataclass(frozen=True)
class Equilibrium:
    """One equilibrium: its solution, what is known near it (None: too many unknowns), and its places.

    ``places`` has changes from the base year in percent, [N] each: residents, and wages or prices.
    """

    solution: Solution
    local: Local | None
    places: dict[str, np.ndarray]

    @property
    def stable(self) -> bool | None:
        """Whether the adjustment (E1) comes back to it; None where that was not computed."""
        return None if self.local is None else self.local.stability > 0.0

    def to_json(self) -> dict:
        """Plain numbers."""
        found = self.local
        return {
            "determinant_sign": found and found.sign,
            "smallest_singular_value": found and found.smallest,
            "stability": found and found.stability,
            "stable": self.stable,
            "residual": self.solution.residual,
            "places_percent": {k: [float(f"{x:.6g}") for x in v] for k, v in self.places.items()},
        }


@dataclass(frozen=True)
class Search:
    """Equilibria found, the first being the one that was asked about, and how many starts came to one.

    Attributes:
        starts: tried; solved: that came to an equilibrium; retried: of them only at the second attempt, along (E1) or
            by Newton's method.
    """

    found: tuple[Equilibrium, ...]
    starts: int
    solved: int
    retried: int


def local(s: Solution) -> Local:
    """What is known near an equilibrium.

    Raises:
        MemoryError: more unknowns than a dense Jacobian can hold.
    """
    from scipy.linalg import lu_factor, lu_solve

    flat, unravel = ravel_pytree(s.state)
    if flat.size > MAX_UNKNOWNS:
        raise MemoryError(f"{flat.size} unknowns")
    schur = jac = np.asarray(jacobian(s.model, s.base, s.theory, s.shock, s.closure, s.state))
    blocks = [jnp.full_like(v, k in s.model.kept) for k, v in vars(s.state).items() if v is not None]
    keep = np.concatenate([np.ravel(block) for block in blocks]) > 0
    gone, sign = ~keep, 1.0
    if gone.any():
        inner = lu_factor(jac[np.ix_(gone, gone)], check_finite=False)
        schur = jac[np.ix_(keep, keep)] - jac[np.ix_(keep, gone)] @ lu_solve(inner, jac[np.ix_(gone, keep)])
        swaps = np.count_nonzero(inner[1] != np.arange(len(inner[1])))
        sign = np.prod(np.sign(np.diagonal(inner[0]))) * (-1.0) ** swaps
    roots, vectors = np.linalg.eig(schur)
    directions: list[Any] = []
    for k in np.argsort(roots.real)[: 2 * MAX_DIRECTIONS]:
        if roots[k].real < 0 <= roots[k].imag and len(directions) < MAX_DIRECTIONS:
            way = np.zeros(flat.size)
            way[keep] = vectors[:, k].real
            directions.append(unravel(jnp.asarray(way / np.abs(way).max())))
    return Local(
        int(sign * np.linalg.slogdet(schur)[0]), float(np.linalg.svd(schur, compute_uv=False)[-1]),
        float(roots.real.min()), tuple(directions),
    )  # fmt: skip


def describe(s: Solution) -> Equilibrium:
    """An equilibrium with what is known near it and its places."""
    try:
        near = local(s)
    except MemoryError:
        near = None
    return Equilibrium(s, near, places(s))


def places(s: Solution) -> dict[str, np.ndarray]:
    """Changes of residents, and of wages or prices of endowments, in percent of the base year, by region."""
    out = {}
    people = next((getattr(s.accounts, k) for k in ("residents", "persons") if hasattr(s.accounts, k)), None)
    if people is not None and np.size(people):
        n = s.base.n_home if hasattr(s.base, "n_home") else len(s.state.wage)
        now, then = (_by_place(a, n) for a in (people, _residents(s.base)))
        out["residents"] = 100.0 * (now / np.where(then > 0, then, 1.0) - 1.0)
    name = "wage" if hasattr(s.state, "wage") else "price"
    level = np.asarray(getattr(s.state, name))
    out[name] = 100.0 * np.expm1(level.mean(axis=1) if level.ndim > 1 else level)
    return out


def _residents(b: Any) -> np.ndarray:
    return np.asarray(b.residents if hasattr(b, "residents") else b.people.sum(axis=1))


def _by_place(people: Any, n: int) -> np.ndarray:
    people = np.asarray(people)
    return people if people.ndim == 1 else people.sum(axis=tuple(k for k in range(2) if people.shape[k] != n))


def search(s: Solution, starts: int, seed: int = 0) -> Search:
    """Look for other equilibria.

    Args:
        s: a solved equilibrium.
        starts: how many random starts; directions in which an equilibrium is left are tried beside them.

    Raises:
        NotSolvedError: there is nothing to start with.
    """
    first = describe(s.require())
    found, tried, solved, retried = [first], 0, 0, 0
    flat, unravel = ravel_pytree(s.state)
    given = s.model, s.base, s.theory, s.shock, s.closure

    def come(start: Any) -> None:
        nonlocal tried, solved, retried
        ends = [attempt(*given, start)]
        if flat.size <= SMALL:
            ends.append(settle(*given, start))
        elif not ends[0].solved:
            ends.append(newton(*given, start))
        tried += 1
        solved += any(end.solved for end in ends)
        retried += not ends[0].solved and ends[-1].solved
        for end in ends:
            if end.solved and not any(_same(end, e) for e in found):
                found.append(describe(end))

    rng = np.random.default_rng(seed)
    for _ in range(starts):
        come(unravel(jnp.asarray(rng.normal(0.0, SPREAD, flat.size))))
    for e in found:  # grows while it is walked through
        for way in e.local.directions if e.local else ():
            for side in (PUSH, -PUSH):
                come(jax.tree.map(lambda x, d, a=side: x + a * d, e.solution.state, way))
    # Signs that don't add up to one tell that some are missing: between two to which people go is one where they part.
    for one, other in islice(_pairs(found), MAX_PAIRS):
        if index(found) in (1, None):
            break
        come(jax.tree.map(lambda x, y: 0.5 * (x + y), one.solution.state, other.solution.state))
    return Search(tuple(found), tried, solved, retried)


def index(found: Sequence[Equilibrium]) -> int | None:
    """Sum of the signs of equilibria; None where one was not computed."""
    return sum(e.local.sign for e in found if e.local) if all(e.local for e in found) else None


def _pairs(found: list[Equilibrium]) -> Iterator[tuple[Equilibrium, Equilibrium]]:
    """Every two equilibria, those found on the way included."""
    for k, one in enumerate(found):
        yield from ((one, other) for other in found[:k])


def _same(s: Solution, e: Equilibrium) -> bool:
    names = [k for k in s.model.kept if getattr(s.state, k) is not None]
    gap = max(float(jnp.abs(getattr(s.state, k) - getattr(e.solution.state, k)).max()) for k in names)
    flat = 0.0 if e.local is None else AMPLIFIED * TOLERANCE / max(e.local.smallest, 1e-300)
    return gap <= max(SAME, flat)
