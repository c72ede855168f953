"""Random systems of places with commuting and trade."""

import jax.numpy as jnp
import numpy as np

from citybelt.model import commuting, gravity, invert


def random_theory(seed, **fixed):
    rng = np.random.default_rng([seed, 1])
    values = dict(
        eps=rng.uniform(2, 5), sigma=rng.uniform(3, 6), nu=rng.uniform(-0.05, 0.05), alpha=rng.uniform(0.6, 0.8),
        delta=rng.uniform(0.3, 1.5),
    )  # fmt: skip
    return values | fixed


def random_tables(seed, n=7, transfers=False):
    """Commuters with empty pairs, wages, shares and transfers, and the elasticities as words."""
    rng = np.random.default_rng([seed, 2])
    words = random_theory(seed)
    place = rng.uniform(0, 1, (n, 2))
    apart = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    commuters = np.exp(rng.normal(0, 0.5, (n, n)) - 5 * apart) * (rng.random((n, n)) > 0.3)
    commuters[np.arange(n), np.arange(n)] = rng.uniform(1, 4, n)
    wage = rng.uniform(0.7, 1.5, n)
    cost = np.exp(rng.uniform(0.5, 1.5) * apart + rng.normal(0, 0.1, (n, n)))
    income = commuters @ wage
    transfer = rng.uniform(-0.05, 0.05, n) * income if transfers else np.zeros(n)
    transfer = transfer - transfer.sum() / n
    share = invert.attraction(cost ** (1 - words["sigma"]), income + transfer, commuters.sum(axis=0) * wage).share
    return dict(commuters=commuters, wage=wage, share=share, transfer=transfer), words


def random_city(seed, n=7, transfers=False):
    """The base year and the elasticities of the commuting class."""
    tables, words = random_tables(seed, n, transfers)
    return commuting.base_year(**tables), commuting.theory(**words)


def random_shock(b, seed, size=0.1):
    """All fields moved, own distances included."""
    rng = np.random.default_rng([seed, 3])
    z = commuting.Shock.zeros(b)
    return commuting.Shock(*(jnp.asarray(rng.normal(0, size, getattr(z, f).shape)) for f in vars(z)))


def random_trade(seed, n=6):
    """Cost factors by seller and buyer, output and spending of a gravity economy, and its elasticity sigma."""
    rng = np.random.default_rng([seed, 4])
    factor = np.exp(rng.normal(0, 0.7, (n, n)) - 1.5 * (1 - np.eye(n)))
    output, spending = rng.lognormal(0, 1, n), rng.lognormal(0, 1, n)
    spending = 0.8 * output * (spending.sum() / output.sum()) + 0.2 * spending
    return factor, output, spending * output.sum() / spending.sum(), rng.uniform(3, 8)


def gravity_base(seed, n=6):
    """The base year and the elasticity of the gravity class, in equilibrium."""
    factor, output, spending, sigma = random_trade(seed, n)
    share = invert.attraction(factor.T, spending, output).share
    return gravity.base_year(share * spending[:, None]), gravity.theory(sigma)
