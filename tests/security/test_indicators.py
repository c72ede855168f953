"""Indicators: of an equilibrium against its own accounts, and in tonnes against arithmetic on published facts."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from citybelt.errors import InputError
from citybelt.model.accounts import closure
from citybelt.model.calibrate import calibrate
from citybelt.model.economy import Economy
from citybelt.security.indicators import concentration, content, home_content, own_supply
from citybelt.security.market import base_year, market
from citybelt.security.physical import imports, physical
from citybelt.security.table import short
from economies import random_inputs, random_shock, random_theory

H, F, J = 5, 2, 4


@pytest.fixture(scope="module")
def economy():
    c = closure(people="fixed")
    b = calibrate(**random_inputs(7, h=H, f=F, j=J, g=3), closure=c)
    labels = [f"r{k}" for k in range(H + F)]
    names = {r: r for r in labels}
    sectors = tuple(f"s{k}" for k in range(J))
    return Economy(tuple(labels), sectors, tuple(labels[:H]), np.array([""] * H), names, b, random_theory(7, J), c)


CLUSTER = np.array([1.0, 0, 1, 1, 0])


def test_at_no_shock_the_market_is_that_of_the_base_year(economy):
    one, two = base_year(economy.base), market(economy.solve(economy.zeros))
    for name in vars(one):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-8, atol=1e-12)
    for of in (own_supply, home_content):
        np.testing.assert_allclose(of(two, CLUSTER), of(economy.base, CLUSTER), rtol=1e-8)


@pytest.mark.proposition("P6")
def test_the_market_of_an_equilibrium_adds_up_to_its_accounts(economy):
    """Sales by shares are what sellers receive, materials by coefficients what users pay for them, carbon apart."""
    s = economy.solve(random_shock(economy.base, 3, size=0.05))
    m, a, b = market(s), s.accounts, economy.base
    np.testing.assert_allclose(m.share.sum(axis=2), 1.0)
    sales = np.einsum("jni,nj->ij", m.share / (1 + m.tariff), m.spending)
    np.testing.assert_allclose(sales, a.receipts, rtol=1e-8)
    used = np.einsum("nkj,nk->nj", m.input_coef, m.output)
    left = np.asarray(a.goods / a.use)
    assert (left < 1).any() and (np.asarray(a.net) != 1).any()
    np.testing.assert_allclose(used, np.asarray(a.inputs) * left, rtol=1e-8)
    # What output brings: value added, materials, taxes and charges on carbon, less what makers get as subsidies.
    rest = np.asarray(a.inputs).sum(axis=1) + m.value_added.sum(axis=1) + np.asarray(a.production_tax).sum(axis=1)
    paid = rest + np.asarray(a.carbon_process) - np.asarray(a.subsidy).sum(axis=0)
    np.testing.assert_allclose(paid, np.asarray(a.output).sum(axis=1), rtol=1e-7)
    home = (np.arange(H + F) < H).astype(float)
    assert (content(m, home) + content(m, 1 - home) < 1.2).all()
    assert m.residents.sum() == pytest.approx(float(b.people.sum()))


def test_a_stop_of_one_partner_leaves_the_others_concentrated(economy):
    """After it nobody but the second partner sells: an index of one, and none of the first."""
    short_run = Economy(**vars(economy) | {"theory": short(economy.theory)})
    z = short_run.zeros
    cost = -np.log(1e-12) / float(short_run.theory.theta[1])
    s = short_run.solve(z.replace(log_d=z.log_d.at[1, :H, H].set(cost)))
    hhi, _ = concentration(market(s), CLUSTER)
    assert hhi[1] == pytest.approx(1.0, abs=1e-6) and (hhi[[0, 2, 3]] < 1 - 1e-3).all()


def facts(quantity, year, *, item=""):
    held = {
        ("harvest", "grain total"): {"000000": 600.0, "210000": 20.0, "230000": 80.0},
        ("harvest", "maize"): {"000000": 250.0},
        ("population", ""): {"210000": 40e6, "230000": 30e6, "110000": 930e6, "210100": 9e6},
        ("fossil_energy", "oil_production"): {"CHN": 200.0},
        ("fossil_energy", "oil_consumption"): {"CHN": 800.0},
    }
    if (quantity, item) not in held or year != 2020:
        raise InputError([])
    return pd.Series(held[quantity, item])


def field(cluster, provinces):
    people = np.arange(1.0, 1.0 + len(cluster))[None, None] * 1e6
    e = SimpleNamespace(base=SimpleNamespace(people=people))
    return SimpleNamespace(cluster=np.array(cluster), province=np.array(provinces), economy=e, named=lambda q: (q, q))


def table(dataset, f):
    rows = physical(dataset, f, facts)
    return {(name, of): (value, unit) for _, name, _, of, _, value, unit in rows}


def world(year=2020, **more):
    return SimpleNamespace(name="northeast", base_year=year, x=more)


def test_tonnes_by_hand():
    found = table(world(), field([1, 1, 0, 1], ["210000", "230000", "110000", "230000"]))
    per_head = (600.0 + imports()["grain imports", 2020]) / 1000e6  # Mt a person: the three provinces are the nation
    assert found["Grain harvested per head", "210000"] == (pytest.approx(500.0), "kg")
    assert found["Self-sufficiency in grain", "230000"] == (pytest.approx(80.0 / (30e6 * per_head)), "share")
    whole = found["Self-sufficiency in grain", "the provinces of the cluster"]
    assert whole == (pytest.approx(100.0 / (70e6 * per_head)), "share")
    assert found["Self-sufficiency in maize", "the nation"] == (pytest.approx(250 / (250 + 11.3)), "share")
    assert found["Self-sufficiency in oil", "the nation"] == (pytest.approx(0.25), "share")
    value, unit = found["Self-sufficiency in wheat", "the nation"]
    assert np.isnan(value) and unit == "no data"
    assert not any(unit == "days" for _, unit in found.values()), "nobody supplied stocks"


def test_what_is_not_held_is_not_invented():
    for f, year in ((field([1, 0], ["320000", "210000"]), 2020), (field([1, 0], ["210000", "230000"]), 2011)):
        own = {k: v for k, v in table(world(year), f).items() if k[1] in ("320000", "210000") or "cluster" in k[1]}
        assert own and all(np.isnan(value) and unit == "no data" for value, unit in own.values())


def test_reserves_are_days_of_use_where_the_user_supplies_stocks():
    f = field([1, 1, 0], ["210000", "230000", "110000"])
    stock = SimpleNamespace(values=np.array([1.0, 2.0, 50.0]))
    per_head = (600.0 + imports()["grain imports", 2020]) / 1000e6
    days, unit = table(world(grain_stock=stock), f)["Grain reserve", "the cluster"]
    assert unit == "days" and days == pytest.approx(365 * 3.0 / (3e6 * per_head))
    use = SimpleNamespace(values=np.array([4.0, 8.0, 1.0]))
    days, _ = table(world(grain_stock=stock, grain_use=use), f)["Grain reserve", "the cluster"]
    assert days == pytest.approx(365 * 3.0 / 12.0)
    with pytest.raises(ValueError, match="3 home regions"):
        table(world(grain_stock=SimpleNamespace(values=np.ones(2))), f)


def test_the_northeast_feeds_more_than_itself(northeast):
    """Three provinces harvest 136.83 Mt in 2020, as published for them together."""
    from citybelt.security.stress import within_a_year
    from citybelt.worlds import tables

    _, f = within_a_year(northeast)
    rows = {(name, of): value for _, name, _, of, _, value, _ in physical(northeast, f)}
    people = tables.series("population", 2020)
    provinces = ["210000", "220000", "230000"]
    together = sum(rows["Grain harvested per head", f.named(q)[0]] * people[q] for q in provinces) / 1e9
    assert together == pytest.approx(136.83, abs=0.01)
    assert rows["Self-sufficiency in grain", "the provinces of the cluster"] > 2
    assert 0.8 < rows["Self-sufficiency in grain", "the nation"] < 0.85
