r"""What people expect of a place when they decide whether to move.

A person of age ``a`` who lives in ``n`` this year values it, relative to the base year, as

    (X1)  v[a,n,t] = u[g(a),n,t] + beta s[a] W[a+1,n,t+1]
    (X2)  W[a,o,t] = 1/nu[a] log sum_n share[o,n,a] exp( nu[a] (v[a,n,t] - c[o,n,t]) )

    (X3)  c[o,n,t] = costly log mu[o,n,t]

``u`` is the log change of what living there is worth in a year to the group of that age (``value`` of the static
equilibrium), ``share`` the base year's moves, ``c`` the change of moving costs, ``costly`` what a log unit of static
costs is worth over a life (`pace`), ``nu`` the elasticity of moves to values, ``beta`` the discount factor and
``s`` the chance to survive a year. Values that do not change reproduce the moves of the base year, whatever made people
move then: dynamic hat algebra.

Two ways to expect, chosen by the scenario:

- **static**: this year's ``u`` for ever. A life is finite, so (X1, X2) are solved backwards over ages, exactly.
- **perfect foresight**: the ``u`` of every coming year, backwards over years; after the last year its ``u`` for ever.

At ``beta = 0`` only the coming year counts. Sources: Caliendo, Dvorkin and Parro (2019); Artuc, Chaudhuri and McLaren
(2010). Limits: survival is that of the nation's base year; what is expected of prices is expected with certainty.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from citybelt.people.cohort import slots
from citybelt.people.record import Moves

#: Years of the oldest age that count: of those who are a hundred hardly any live so long.
OLDEST = 40


class Prospects(eqx.Module):
    """What turns a year's values into lifetime values. A ages of a year, E skills (or one for all), R places."""

    moves: Moves  # of a year
    beta: Float[Array, ""]
    survival: Float[Array, " A"]  # to the next year
    group: Int[Array, " A"]  # whose values of a year count: 0 under 60, 1 from 60
    costly: Float[Array, ""] | float = 1.0  # lifetime value of a log unit of moving cost of the static model

    def cost(self, log_mu: Float[Array, "*T R R"]) -> Float[Array, "*T R R"]:
        """(X3) ``c`` from the moving costs of levers, so that stocks answer them in time as in the static model."""
        return self.costly * log_mu

    def before(
        self, u: Float[Array, "2 R"], later: Float[Array, "A E R"], cost: Float[Array, "R R"]
    ) -> Float[Array, "A E R"]:
        """(X1, X2) this year's values from those of the next year, ``later``, by the age that people have then."""
        A, E, R = later.shape
        at, pull = slots(self.moves, A, E), self._pull(cost)
        cells = jnp.pad(later.reshape(A * E, R), ((0, 1), (0, 0)))[at.cell]  # [M, L, R]
        ahead = _choice(pull, self.moves.nu[:, None, None], cells).reshape(-1, R)[at.place].reshape(A, E, R)
        ahead = jnp.concatenate([ahead[1:], ahead[-1:]])
        return u[self.group][:, None] + (self.beta * self.survival)[:, None, None] * ahead

    def static(self, u: Float[Array, "2 R"], cost: Float[Array, "R R"]) -> Float[Array, "A E R"]:
        """(X1, X2) where ``u`` lasts for ever: backwards over ages from the oldest."""
        kinds, pull = self._kinds(), self._pull(cost)
        weight = self.beta * self.survival
        oldest = kinds.shape[0] - 1

        def one(later, age, next_age):
            kind = kinds[next_age]
            ahead = _choice(pull[kind], self.moves.nu[kind][:, None, None], later[:, None])[:, 0]
            return u[self.group[age]] + weight[age] * ahead

        start = jnp.broadcast_to(u[self.group[oldest]], (kinds.shape[1], u.shape[1]))
        last, _ = jax.lax.scan(lambda v, _: (one(v, oldest, oldest), None), start, None, OLDEST)

        def younger(later, age):
            v = one(later, age, age + 1)
            return v, v

        _, below = jax.lax.scan(younger, last, jnp.arange(oldest - 1, -1, -1))
        return jnp.concatenate([below[::-1], last[None]])

    def _kinds(self) -> Int[Array, "A E"]:
        kinds = np.asarray(self.moves.age)
        return jnp.asarray(kinds if kinds.ndim == 2 else kinds[:, None])

    def _pull(self, cost: Float[Array, "R R"]) -> Float[Array, "M R R"]:
        share = jnp.moveaxis(self.moves.share, 2, 0)
        return share * jnp.exp(-self.moves.nu[:, None, None] * cost)


def _choice(pull: Float[Array, "M R R"], nu: Float[Array, "M 1 1"], v: Float[Array, "M L R"]) -> Float[Array, "M L R"]:
    """(X2) the worth of having the choice, to L sorts of people of each kind; values are shifted, so that no
    exponential overflows. At an elasticity of zero nobody answers to values: the mean of where people move."""
    top = jnp.max(v, axis=2, keepdims=True)
    safe = jnp.where(nu > 0, nu, 1.0)
    turned = jnp.swapaxes(pull, 1, 2)
    drawn = jnp.log(jnp.exp(safe * (v - top)) @ turned) / safe
    return top + jnp.where(nu > 0, drawn, (v - top) @ turned)
