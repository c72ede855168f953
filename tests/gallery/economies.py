"""Builders of hard economies: each returns a model, its base year, elasticities, shock and closure."""

import jax.numpy as jnp
import numpy as np

import cities
import economies
import one_sector
import trade_economies
from citybelt.model import accounts, commuting, gravity, trade_accounts
from citybelt.model.calibrate import calibrate
from citybelt.model.commuting import COMMUTING
from citybelt.model.gravity import GRAVITY
from citybelt.model.spatial import SPATIAL
from citybelt.model.trade import TRADE
from citybelt.model.trade_calibrate import calibrate as calibrate_trade
from citybelt.model.trade_calibrate import theory as trade_theory

#: What a border that multiplies all costs of trade by a thousand adds to their logs.
WALL = np.log(1000.0)


def _between(n):
    return 1.0 - np.eye(n)


# Gravity in endowments: six places


def _gravity(flows, sigma, log_d=None, log_Q=None, log_phi=None, conditional=0.0):
    n = len(flows)
    b = gravity.base_year(flows)
    given = (np.zeros(s) if v is None else v for v, s in ((log_d, (n, n)), (log_Q, n), (log_phi, n)))
    return (
        GRAVITY, b, gravity.theory(sigma), gravity.Shock(*(jnp.asarray(v, float) for v in given)),
        gravity.Closure(conditional),
    )  # fmt: skip


def _trade_table(seed=0, n=6):
    """Flows by buyer and seller that balance for everybody."""
    rng = np.random.default_rng([seed, 21])
    flows = rng.lognormal(0, 1, (n, n)) + 3 * np.eye(n)
    return flows + flows.T


def gravity_wall():
    return _gravity(_trade_table(), 3.0, log_d=WALL * _between(6))


def gravity_theta_12():
    rng = np.random.default_rng(3)
    return _gravity(_trade_table(), 13.0, log_d=rng.normal(0, 0.4, (6, 6)), log_Q=rng.normal(0, 0.5, 6))


def gravity_tiny_place():
    size = np.array([1e-8, 1, 2, 3, 1, 2.0])
    flows = _trade_table(1) * size * size[:, None]
    return _gravity(flows, 5.0, log_Q=np.array([1.0, 0, 0, 0, 0, -0.5]))


def gravity_two_blocks():
    flows = _trade_table(2)
    flows[:3, 3:] = flows[3:, :3] = 0.0
    flows[2, 3] = flows[3, 2] = 1e-3
    return _gravity(flows, 4.0, log_Q=np.array([0.5, 0, 0, 0, 0, 0]))


def gravity_imbalances():
    return _gravity(_trade_table(3), 5.0, log_phi=np.log([1.4, 1, 1, 0.6, 1, 1]))


def gravity_resistances():
    rng = np.random.default_rng(4)
    return _gravity(_trade_table(4), 13.0, log_d=rng.normal(0, 0.5, (6, 6)), conditional=1.0)


# Commuting: seven places


def _city(seed, still=0.0, th=None, b=None, **shock):
    base, elasticities = cities.random_city(seed)
    b = base if b is None else b
    z = commuting.Shock.zeros(b)
    z = commuting.Shock(**(vars(z) | {k: jnp.asarray(v, float) for k, v in shock.items()}))
    return COMMUTING, b, elasticities if th is None else th, z, commuting.Closure(still)


def commuting_wall():
    return _city(1, log_k=WALL * _between(7))


def commuting_eps_30():
    rng = np.random.default_rng(5)
    words = cities.random_theory(2, eps=30.0)
    return _city(2, th=commuting.theory(**words), log_A=rng.normal(0, 0.02, 7), log_B=rng.normal(0, 0.2, 7))


def commuting_trade_wall():
    return _city(3, log_d=WALL * _between(7))


def commuting_boom():
    return _city(4, log_A=np.array([2.0, 0, 0, 0, 0, 0, -1.0]))


def commuting_still():
    rng = np.random.default_rng(6)
    return _city(5, still=1.0, **{f"log_{k}": rng.normal(0, 0.5, 7) for k in "AH"}, log_k=rng.normal(0, 0.5, (7, 7)))


# Regions and sectors: five regions, four sectors, tariffs in two


def _regions(kind, seed=0, theta=None, nu=None, changes=None, all_of_it=0.0, transfer=None):
    b, th, c = trade_economies.make(seed, **trade_economies.KINDS[kind])
    fields = vars(th) | {k: jnp.broadcast_to(jnp.asarray(v, float), getattr(th, k).shape)
                         for k, v in (("theta", theta), ("nu", nu)) if v is not None}  # fmt: skip
    z = trade_economies.shock(b, seed, all_of_it) if all_of_it else trade_accounts.Shock.zeros(b)
    z = z.replace(**(changes(b) if changes else {}))
    if transfer is not None:
        z = z.replace(d_transfer=np.asarray(transfer) * np.asarray(b.spending).sum(axis=1))
    return TRADE, b, th.__class__(**fields), z, c


def _walls(b):
    return {"log_d": np.broadcast_to(WALL * _between(b.shape[0]), b.flows.shapes["log_d"])}


def trade_wall():
    """No transfers: what cannot be shipped cannot be owed."""
    return _regions("tariffs", 0, changes=lambda b: _walls(b) | {"d_transfer": -np.asarray(b.transfer)})


def trade_wall_with_debts():
    return _regions("tariffs", 0, changes=_walls)


def trade_theta_12():
    return _regions("tariffs", 1, theta=12.0, all_of_it=0.1)


def trade_tariffs_500():
    return _regions(
        "tariffs", 2, changes=lambda b: {"d_tariff": np.broadcast_to(5.0 * _between(5), b.flows.shapes["d_tariff"])}
    )


def _in_balance(b, given):
    """A transfer to one region of a share of its spending, paid by all others."""
    spending = np.asarray(b.spending).sum(axis=1)
    moved = np.zeros(len(spending))
    moved[0] = given * spending[0]
    moved[1:] = -moved[0] * spending[1:] / spending[1:].sum()
    return {"d_transfer": moved}


def trade_deficit_40():
    return _regions("tariffs", 3, changes=lambda b: _in_balance(b, 0.4))


def trade_surplus_40():
    return _regions("tariffs", 4, changes=lambda b: _in_balance(b, -0.4))


def trade_debt_beyond_income():
    """The first region owes one and a half times what the whole world earns."""
    return _regions(
        "tariffs", 4,
        changes=lambda b: _in_balance(b, -1.5 * float(b.labour_income.sum()) / float(np.asarray(b.spending)[0].sum())),
    )  # fmt: skip


def trade_everything():
    return _regions("tariffs", 5, all_of_it=0.6, changes=lambda b: _in_balance(b, 0.1))


def trade_nearly_leontief():
    model, b, th, z, c = _regions("nests", 6, all_of_it=0.15)
    fields = vars(th) | {k: 0.05 + 0 * getattr(th, k) for k in ("top", "materials", "final")}
    return model, b, th.__class__(**fields), z, c


def trade_nu_30():
    return _regions("choice", 7, nu=30.0, all_of_it=0.05)


def trade_one_person():
    model, b, th, z, c = _regions("choice", 8)
    people = np.asarray(b.people) * 1e6
    share = people[:, 0].sum()
    b = b.__class__(**(vars(b) | {"people": jnp.asarray(np.column_stack([people[:, :1] / share, people[:, 1:]]))}))
    return model, b, th, z.replace(log_B=np.linspace(1, -1, 5)[:, None]), c


def trade_dead_region():
    return _regions("choice", 9, changes=lambda b: {"log_A": np.linspace(-4, 0, 5)[:, None] * np.ones(4)})


def trade_tiny_region():
    trade, va, inputs = trade_economies.accounts(10)
    size = np.array([1e-8, 1, 1, 1, 1])
    trade = trade * size * size[:, None]
    trade[:, 0, 0] *= 1e8
    rates = np.zeros_like(trade)
    b = calibrate_trade(trade, va, inputs, tariff=rates, taxed=(1, 3))
    z = trade_accounts.Shock.zeros(b).replace(log_A=np.linspace(1, -1, 5)[:, None] * np.ones(4))
    return TRADE, b, trade_theory(b, [4.0, 5, 6, 7]), z, trade_accounts.Closure()


def trade_no_own():
    """Every region buys nearly all of a product from others."""
    rng = np.random.default_rng(11)
    trade = rng.uniform(1, 2, (4, 5, 5)) * np.where(np.eye(5), 1e-8, 1.0)
    b = calibrate_trade(trade, np.full((5, 4), 0.6), np.full((5, 4, 4), 0.1), taxed=(1, 3))
    z = trade_economies.shock(b, 11, 0.2)
    return TRADE, b, trade_theory(b, [4.0, 5, 6, 7]), z.replace(d_transfer=np.zeros(5)), trade_accounts.Closure()


def trade_one_maker():
    """One region alone makes two of the products, and there is no trade between some pairs."""
    trade, *_ = trade_economies.accounts(12)
    for sector, maker in ((0, 2), (2, 4)):
        trade[sector] = trade[sector].sum(axis=1, keepdims=True) * (np.arange(5) == maker)
    trade[1, 0, 1] = trade[3, 2, 4] = trade[3, 1, 0] = 0.0
    made = trade.sum(axis=1).T > 0
    inputs = np.where(made, 0.05, 0.0)[:, :, None] * np.ones(4)
    b = calibrate_trade(trade, np.where(made, 0.8, 1.0), inputs, taxed=(1, 3))
    z = trade_economies.shock(b, 12, 0.3).replace(d_transfer=np.zeros(5))
    return TRADE, b, trade_theory(b, [4.0, 5, 6, 7]), z, trade_accounts.Closure()


def trade_40_sectors():
    """Materials are 97 % of output, nearly the same mix in every sector."""
    rng = np.random.default_rng(13)
    n, j = 3, 40
    mix = rng.dirichlet(np.ones(j)) + 1e-6
    inputs = 0.97 * (mix / mix.sum()) * np.ones((n, j, 1))
    share = rng.uniform(0.1, 1, (j, n, n)) + 2 * np.eye(n)
    share = share / share.sum(axis=2, keepdims=True)
    final = rng.dirichlet(np.ones(j), n)
    # Output that meets final spending: a linear system of flows and materials.
    flows = np.einsum("jni,nkj->ijnk", share, inputs).reshape(n * j, n * j)
    output = np.linalg.solve(np.eye(n * j) - flows, np.einsum("jni,nj->ij", share, final).ravel()).reshape(n, j)
    use = final + np.einsum("nkj,nk->nj", inputs, output)
    b = calibrate_trade(share * use.T[:, :, None], np.full((n, j), 0.03), inputs)
    z = trade_accounts.Shock.zeros(b).replace(log_A=rng.normal(0, 0.1, (n, j)), log_d=rng.normal(0, 0.1, (j, n, n)))
    return TRADE, b, trade_theory(b, rng.uniform(3, 8, j)), z, trade_accounts.Closure()


def trade_empty_market():
    """Nobody works in the second labour market of the first region."""
    model, b, th, z, c = _regions("choice of sector", 14)
    trade, va, inputs = (a.copy() for a in trade_economies.accounts(14))
    trade[[1, 3], :, 0] = 0.0
    inputs = np.where(trade.sum(axis=1).T[:, :, None] > 0, 0.15 * inputs / inputs.sum(axis=2, keepdims=True), 0.0)
    va = 1.0 - inputs.sum(axis=2)
    people = np.array(b.people).reshape(3, 5, 2)
    people[:, 0, 1] = 0.0
    b = calibrate_trade(
        trade, va, inputs, market=np.arange(4) % 2, people=people.reshape(3, 10), closure=c,
        labour_share=np.asarray(b.labour_share), rent_pool=[1.0, 0.5],
    )  # fmt: skip
    return model, b, th, z.replace(log_A=0.3 * np.random.default_rng(14).normal(size=(5, 4))), c


# One sector and free people: five places


def _geography(together, size=0.3):
    b, th, c = one_sector.places(5, seed=15, theta=4.0, agg=0.2 + together, congestion=0.2)
    log_d = np.random.default_rng(15).normal(0, size, (1, 5, 5))
    return TRADE, b, th, trade_accounts.Shock.zeros(b).replace(log_d=log_d), c


def geography_below_the_bound():
    return _geography(-1e-3)


def geography_above_the_bound():
    return _geography(1e-3)


def geography_of_many():
    b, th, c = one_sector.places(3, home=4.0, theta=4.0, agg=0.2, congestion=0.1)
    return TRADE, b, th, trade_accounts.Shock.zeros(b), c


# Public accounts, energy and land: five regions at home, two partners, four sectors


def _nation(seed, words=None, size=0.0, theory=None, **changes):
    c = accounts.closure(**(words or {}))
    b = calibrate(**economies.random_inputs(seed), closure=c)
    th = economies.random_theory(seed)
    th = th.__class__(**(vars(th) | {k: np.asarray(v) for k, v in (theory or {}).items()}))
    z = economies.random_shock(b, seed, size) if size else accounts.Shock.zeros(b)
    made = {k: jnp.asarray(v(b) if callable(v) else v) for k, v in changes.items()}
    return SPATIAL, b, th, z.replace(**made), c


def nation_carbon_10000():
    return _nation(20, carbon=lambda b: np.where(np.arange(b.shape[0]) < b.n_home, 10_000.0, 0.0))


def world_carbon_10000():
    """A partner's transfer is tied to home prices, which carbon raises more than what it earns."""
    return _nation(20, carbon=lambda b: np.full(b.shape[0], 10_000.0))


def _partner_borders(b, what):
    out = np.zeros((b.shape[1], b.shape[0], b.shape[0]))
    h = b.n_home
    out[:, :h, h:] = out[:, h:, :h] = what
    return out


def nation_wall():
    return _nation(21, log_d=lambda b: _partner_borders(b, WALL))


def nation_tariffs_500():
    return _nation(22, d_tariff=lambda b: _partner_borders(b, 5.0))


def nation_theta_12():
    return _nation(23, theory={"theta": [12.0, 12, 12, 12]}, size=0.2)


def nation_nu_30():
    return _nation(24, theory={"nu": [30.0, 30.0]}, size=0.05)


def nation_emptied_region():
    return _nation(25, log_B=np.array([-8.0, 0, 0, 0, 0]))


def nation_everything():
    return _nation(26, size=0.4)


def nation_mobile_capital():
    return _nation(27, {"capital": "mobile", "ownership": "local", "land_finance": "private"}, size=0.3)


def nation_agglomeration():
    return _nation(28, theory={"agg": [0.25, 0.25, 0.25, 0.25], "congestion": 0.0}, size=0.2)


def nation_unpayable_levers():
    return _nation(
        6, purchase=lambda b: np.zeros((5, *b.shape)) + (np.arange(5) == 2)[:, None, None]
        * (np.arange(7) == 0)[:, None] * (np.arange(4) == 1) * 50 * float(b.consumption[0]),
    )  # fmt: skip
