r"""What is known about an equilibrium: is it isolated, is it the only one found, is anything proven.

At an equilibrium let ``J = I - F_x``. Prices, output and spending are eliminated, which leaves the reduced
Jacobian of wages, returns and the values of places (its Schur complement). Printed are

- Walras' residual: the market left out, by how much its sellers' books stay open;
- the sign of ``det J``: a negative one proves that there are at least three equilibria (index theorem); a
  positive one proves nothing, since an even number of eigenvalues may have crossed;
- the smallest singular value of the reduced Jacobian: how far the equilibrium is from vanishing;
- the distinct equilibria found from many starts.

Uniqueness is proven for none of these multi-sector economies: the spectral certificate of Allen, Arkolakis and Li
(2024) needs a one-sector class. "not proven" is then the honest word. Sources: Kehoe (1980) for the index.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from citybelt.model.solve import Model, Solution, attempt

#: Dense Jacobians beyond this many unknowns would not fit beside the model.
MAX_UNKNOWNS = 6000


@dataclass(frozen=True)
class Certificate:
    """What is known about an equilibrium; None where it was not computed, with the reason in ``words``."""

    residual: float
    walras: float
    ledger: float | None
    determinant_sign: int | None
    smallest_singular_value: float | None
    starts: int
    starts_solved: int
    distinct: int
    uniqueness: str
    words_en: str
    words_zh: str

    def to_json(self) -> dict:
        return asdict(self)


@partial(jax.jit, static_argnames="model")
def _jacobian(model: Model, b: Any, th: Any, z: Any, c: Any, x: Any) -> jax.Array:
    geo = model.geography(b, th, z)
    flat, unravel = ravel_pytree(x)

    def left(flat):
        return flat - ravel_pytree(model.evaluate(b, th, z, c, geo, unravel(flat))[0])[0]

    _, push = jax.linearize(left, flat)
    return jax.lax.map(push, jnp.eye(flat.size), batch_size=64).T


def reduced(s: Solution) -> tuple[int, float]:
    """Sign of det J, and the smallest singular value of the reduced Jacobian of wages, returns and places.

    Raises:
        MemoryError: more unknowns than a dense Jacobian can hold.
    """
    from scipy.linalg import lu_factor, lu_solve

    flat, _ = ravel_pytree(s.state)
    if flat.size > MAX_UNKNOWNS:
        raise MemoryError(f"{flat.size} unknowns")
    jac = np.asarray(_jacobian(s.model, s.base, s.theory, s.shock, s.closure, s.state))
    kept = type(s.state)(**{k: jnp.full_like(v, k in s.model.kept) for k, v in vars(s.state).items()})
    keep = np.asarray(ravel_pytree(kept)[0]) > 0
    gone = ~keep
    inner = lu_factor(jac[np.ix_(gone, gone)], overwrite_a=True, check_finite=False)
    schur = jac[np.ix_(keep, keep)] - jac[np.ix_(keep, gone)] @ lu_solve(inner, jac[np.ix_(gone, keep)])
    swaps = np.count_nonzero(inner[1] != np.arange(len(inner[1])))
    sign_inner = np.prod(np.sign(np.diagonal(inner[0]))) * (-1.0) ** swaps
    sign_schur, _ = np.linalg.slogdet(schur)
    return int(sign_inner * sign_schur), float(np.linalg.svd(schur, compute_uv=False)[-1])


def many_starts(s: Solution, starts: int, seed: int = 0, spread: float = 0.7) -> tuple[int, list[Any]]:
    """Solve from random starts far from the base year.

    Args:
        starts: how many.
        spread: standard deviation of the logs of wages, returns, prices, output and values at a start.

    Returns:
        How many starts converged, and one state of each distinct equilibrium (log residents or wages differ by
        more than 1e-6).
    """
    rng = np.random.default_rng(seed)
    flat, unravel = ravel_pytree(s.state)
    found, solved = [s.state], 0
    for _ in range(starts):
        start = unravel(jnp.asarray(rng.normal(0, spread, flat.size)))
        other = attempt(s.model, s.base, s.theory, s.shock, s.closure, start)
        if not other.solved:
            continue
        solved += 1
        gap = min(
            max(float(jnp.abs(getattr(other.state, k) - getattr(f, k)).max()) for k in s.model.kept) for f in found
        )
        if gap > 1e-6:
            found.append(other.state)
    return solved, found


def certify(s: Solution, starts: int = 6) -> Certificate:
    """The certificate of a solved equilibrium.

    Raises:
        NotSolvedError: there is nothing to certify.
    """
    s.require()
    walras = float(s.model.walras(s.base, s.accounts))
    books = s.model.books(s) if s.model.books else None
    try:
        sign, smallest = reduced(s)
    except MemoryError:
        sign, smallest = None, None
    solved, found = many_starts(s, starts)
    several = len(found) > 1
    uniqueness = "refuted" if several or sign == -1 else "not proven"
    det_en = {
        1: "positive, which proves nothing",
        -1: "negative, so at least three equilibria exist",
        None: "not computed, too many unknowns",
    }[sign]
    det_zh = {1: "为正(不能证明唯一)", -1: "为负(至少存在三个均衡)", None: "未计算(未知数过多)"}[sign]
    sv_en = (
        f"the smallest singular value of the reduced Jacobian is {smallest:.2g}"
        if smallest is not None
        else "no singular value was computed"
    )
    sv_zh = f"约化雅可比矩阵最小奇异值为 {smallest:.2g}" if smallest is not None else "未计算奇异值"
    word_en = {
        "refuted": "Several equilibria exist; this is the one reached from the base year.",
        "not proven": "Uniqueness is not proven.",
    }
    word_zh = {"refuted": "存在多个均衡;此处为由基年到达的均衡。", "not proven": "唯一性未获证明。"}
    return Certificate(
        residual=s.residual,
        walras=walras,
        ledger=books,
        determinant_sign=sign,
        smallest_singular_value=smallest,
        starts=starts,
        starts_solved=solved,
        distinct=len(found),
        uniqueness=uniqueness,
        words_en=f"{word_en[uniqueness]} {solved} of {starts} far starts converged, to {len(found)} distinct "
        f"equilibrium(s); the determinant's sign is {det_en}; {sv_en}.",
        words_zh=f"{word_zh[uniqueness]}{starts}个远离基年的起点中有{solved}个收敛，"
        f"共得{len(found)}个不同均衡；行列式符号{det_zh}；{sv_zh}。",
    )
