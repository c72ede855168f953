"""Accounts of places: closed forms and identities of each step, on made-up nations and on the real one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.errors import InputError
from citybelt.worlds import tables
from citybelt.worlds.accounts import nation_accounts, place_accounts, within
from citybelt.worlds.emissions import emission_factors
from citybelt.worlds.factors import factor_shares
from citybelt.worlds.national import national
from citybelt.worlds.partners import partners, tariff_rates
from citybelt.worlds.places import group
from citybelt.worlds.value_added import anchored, balance, city_accounts, fit_tiers, from_employment

PRODUCTS = ["01", "02", "03", "04", "05"]
SECTORS = ["farm", "make", "house"]
CONCORDANCE = {"01": "farm", "02": "make", "03": "make", "04": "house", "05": "make"}


def made_up_table(seed, stocks=0.0):
    """An input-output table of five products in the long form whose rows and columns balance."""
    rng = np.random.default_rng(seed)
    n = len(PRODUCTS)
    home, foreign = rng.uniform(1, 5, (n, n)), rng.uniform(0.1, 1, (n, n))
    final = rng.uniform(1, 9, (n, 4))  # TC, FU201, FU202, EX
    final[:, 2] = 0.1
    final[0, 1:3] = 0.0, -stocks
    abroad = rng.uniform(0, 0.5, (n, 4))
    abroad[0, 1:3] = 0.0
    output = home.sum(1) + final.sum(1)
    added = output - home.sum(0) - foreign.sum(0)
    pay, tax = 0.5 * added, 0.1 * added
    rows = []
    for origin, block, uses in (("domestic", home, final), ("imports", foreign, abroad)):
        for i, p in enumerate(PRODUCTS):
            rows += [(origin, p, q, block[i, j]) for j, q in enumerate(PRODUCTS)]
            rows += [(origin, p, u, uses[i, j]) for j, u in enumerate(("TC", "FU201", "FU202", "EX"))]
    for name, values in (("VA001", pay), ("VA002", tax), ("TVA", added), ("TI", output)):
        rows += [("total", name, q, values[j]) for j, q in enumerate(PRODUCTS)]
    return pd.DataFrame(rows, columns=["origin", "row", "column", "value"])


@given(st.integers(0, 10_000), st.floats(0, 2), st.floats(0.1, 0.4))
@settings(max_examples=30, deadline=None)
def test_national_accounts_balance_and_keep_gdp(seed, stocks, government):
    table = made_up_table(seed, stocks)
    n = national(table, CONCORDANCE, SECTORS, government, {"05": 1.0, "02": None}, "04")
    supplied = n.output + n.imports
    used = n.inputs.sum(0) + n.household + n.government + n.investment + n.exports
    np.testing.assert_allclose(supplied, used, rtol=1e-12)
    np.testing.assert_allclose(n.output, n.inputs.sum(1) + n.value_added, rtol=1e-12)
    assert (n.investment >= 0).all()
    # Expenditure equals production, and the rents that left real estate are the nation's still.
    spent = n.household + n.government + n.investment + n.exports - n.imports
    assert spent.sum() == pytest.approx(n.value_added.sum(), rel=1e-12)
    cell = table.pivot_table(index=["origin", "row"], columns="column", values="value")
    if stocks == 0:
        assert n.value_added.sum() + n.housing == pytest.approx(cell.loc[("total", "TVA")].sum(), rel=1e-12)
        total = cell.loc["domestic"]["TC"].sum() + cell.loc["imports"]["TC"].sum()
        assert n.government.sum() == pytest.approx(government * total, rel=1e-12)
    assert n.exports.sum() == pytest.approx(cell.loc["domestic"]["EX"].sum(), rel=1e-12)


def test_the_nation_keeps_its_output_trade_and_gdp():
    n = nation_accounts()
    io = tables.input_output().query("year == 2020")
    known = io.query("origin == 'total'").pivot(index="row", columns="column", values="value")
    codes = [f"{k:02d}" for k in range(1, 43)]
    gdp = known.loc["TVA", codes].sum()
    assert n.value_added.sum() + n.housing == pytest.approx(gdp, rel=4e-3)
    exports = io.query("origin == 'domestic' and column == 'EX'")["value"].sum()
    assert n.exports.sum() == pytest.approx(exports, rel=1e-9)
    imported = io.query("origin == 'imports' and column != 'EX'")
    imported = imported[imported["column"].isin([*codes, "TC", "FU201", "FU202"])]["value"].sum()
    assert n.imports.sum() == pytest.approx(imported, rel=1e-9)
    assert (n.net_tax[[0, 10]] < 0).all()  # farming and electronics are subsidised: a wedge, not a share


def provinces_of(counts):
    codes = [f"p{k}" for k, n in enumerate(counts) for _ in range(n)]
    return pd.Series(codes, [f"c{i}" for i in range(len(codes))])


def test_city_accounts_add_up_to_their_province():
    province = provinces_of([3, 2, 1])
    rng = np.random.default_rng(1)
    tiers = ["primary", "secondary", "tertiary"]
    cities = pd.DataFrame(rng.uniform(1, 5, (6, 3)), province.index, tiers)
    suggested = pd.DataFrame(rng.uniform(1, 5, (6, 3)), province.index, tiers)
    cities.iloc[3] = np.nan
    published = pd.Series({"p0": 40.0, "p1": 50.0, "p2": 7.0})
    made = city_accounts(cities, published, province, suggested)
    np.testing.assert_allclose(made.gdp.groupby(province).sum().sum(axis=1), published)
    # Where all are known they keep their proportions; the known neighbour of a gap keeps its figure.
    np.testing.assert_allclose(made.gdp.iloc[0] / made.gdp.iloc[1], cities.iloc[0] / cities.iloc[1])
    np.testing.assert_allclose(made.gdp.iloc[4], cities.iloc[4])
    np.testing.assert_allclose(made.gdp.iloc[3] / made.gdp.iloc[3].sum(), suggested.iloc[3] / suggested.iloc[3].sum())
    assert list(made.imputed) == [False, False, False, True, False, False]
    # A remainder that isn't sensible: the known places are scaled down to leave room.
    published["p1"] = cities.iloc[4].sum()
    again = city_accounts(cities, published, province, suggested)
    np.testing.assert_allclose(again.gdp.groupby(province).sum().sum(axis=1), published)
    assert (again.gdp > 0).all().all()


def test_tiers_meet_the_nation_and_places_keep_their_share():
    rng = np.random.default_rng(2)
    gdp = pd.DataFrame(rng.uniform(1, 9, (7, 3)), columns=["primary", "secondary", "tertiary"])
    nation = {"primary": 11.0, "secondary": 40.0, "tertiary": 49.0}
    fit = fit_tiers(gdp, nation)
    np.testing.assert_allclose(fit.sum(), pd.Series(nation), rtol=1e-9)
    np.testing.assert_allclose(fit.sum(axis=1) / 100, gdp.sum(axis=1) / gdp.to_numpy().sum(), rtol=1e-9)


def test_value_added_from_employment_gives_every_worker_the_national_mean():
    employment = pd.DataFrame({"A": [10.0, 30, 5], "C": [20.0, 10, 40]}, ["c0", "c1", "c2"])
    province = pd.Series(["p0", "p0", "p1"], employment.index)
    nation = pd.Series({"farm": 90.0, "make": 60.0, "sell": 80.0})
    output = pd.DataFrame({"make": [3.0, 1.0], "sell": [1.0, 4.0], "farm": [1.0, 1.0]}, ["p0", "p1"])
    ratio = pd.Series({"farm": 0.5, "make": 0.4, "sell": 0.2})
    made = from_employment(employment, nation, {"farm": "A", "make": "C", "sell": "C"}, output, ratio, province, 1e-9)
    np.testing.assert_allclose(made["farm"] / employment["A"], 2.0)
    np.testing.assert_allclose((made["make"] + made["sell"]) / employment["C"], 2.0)
    np.testing.assert_allclose(made.loc["c0", "make"] / made.loc["c0", "sell"], 3 * 0.4 / (1 * 0.2))


def test_anchored_sectors_follow_provinces_workers_and_listed_places():
    province = provinces_of([3, 2])
    workers = pd.DataFrame({"coal": [5.0, 5, 10, 4, 4], "oil": [5.0, 5, 10, 4, 4]}, province.index)
    output = pd.DataFrame({"coal": [6.0, 4.0], "oil": [9.0, 1.0]}, ["p0", "p1"])
    nation = pd.Series({"coal": 10.0, "oil": 10.0})
    room = pd.Series(1000.0, province.index)
    listed = pd.DataFrame({"unit": ["c2"], "sector": ["oil"]})
    made = anchored(["coal", "oil"], nation, output, workers, province, listed, room, 0.5, 1e-9)
    np.testing.assert_allclose(made.sum(), nation, rtol=1e-8)
    np.testing.assert_allclose(made.groupby(province).sum(), [[6, 9], [4, 1]], rtol=1e-4)
    assert made.loc["c2", "oil"] == pytest.approx(9.0, rel=1e-4)  # the listed place has the province's oil
    assert made.loc["c2", "coal"] < 1e-4 and made.loc["c0", "coal"] == pytest.approx(3.0, rel=1e-4)
    # Without room the cap binds and the nation's total is still met.
    tight = anchored(["coal", "oil"], nation, output, workers, province, listed, room / 100, 0.5, 1e-9)
    assert (tight.sum(axis=1) <= 5 + 1e-9).all()
    np.testing.assert_allclose(tight.sum(), nation, rtol=1e-8)


def test_balancing_keeps_cross_ratios_of_the_seed():
    rng = np.random.default_rng(3)
    seed = pd.DataFrame(rng.uniform(1, 4, (4, 3)), columns=list("xyz"))
    rows, nation = pd.Series([10.0, 5, 7, 8]), pd.Series({"x": 9.0, "y": 11.0, "z": 10.0})
    made = balance(seed, rows, nation)
    np.testing.assert_allclose(made.sum(axis=1), rows, rtol=1e-9)
    np.testing.assert_allclose(made.sum(), nation, rtol=1e-9)
    odds = lambda t: t.iloc[0, 0] * t.iloc[1, 1] / (t.iloc[0, 1] * t.iloc[1, 0])  # noqa: E731
    assert odds(made) == pytest.approx(odds(seed), rel=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_labour_follows_wages_and_the_nation_keeps_its_labour_income(seed):
    rng = np.random.default_rng(seed)
    added, workers = rng.uniform(5, 10, (6, 4)), rng.uniform(1, 1.3, 6)
    labour, land = np.array([0.5, 0.45, 0.5, 0.4]), np.array([0.2, 0.03, 0.05, 0.02])
    follows = np.array([False, True, True, True])
    wage = rng.uniform(9, 11, 6)
    wage[2] = np.nan
    made = factor_shares(added, workers, labour, land, wage, follows, 0.1, 10.0, 0.99)
    np.testing.assert_allclose(made.labour + made.capital + made.land, 1.0)
    np.testing.assert_allclose((added * made.labour).sum(0), (added * labour).sum(0), rtol=1e-9)
    np.testing.assert_allclose(made.labour[:, 0], 0.5)  # farming keeps its share
    assert made.factor[2] == 1.0
    assert made.correlation_after >= made.correlation_before - 1e-9
    # No bound binds, so labour income per worker moves with the wage up to one factor per sector.
    assert made.correlation_after > 0.99
    bounded = factor_shares(added, workers, labour, land, wage, follows, 0.9, 1.1, 0.99)
    assert (bounded.factor >= 0.9).all() and (bounded.factor <= 1.1).all()


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_partners_close_the_world(seed):
    rng = np.random.default_rng(seed)
    added, ratio = rng.uniform(20, 40, (3, 5)), rng.uniform(0.3, 0.6, 5)
    coefficients = rng.dirichlet(np.ones(5), 5) * (1 - ratio)[:, None]
    split = rng.dirichlet(np.ones(3), 5).T
    exports, imports = rng.uniform(0, 5, 5), rng.uniform(0, 5, 5)
    p = partners(added, ratio, coefficients, rng.uniform(0, 1, 5), split, exports, imports)
    used = p.final.sum(axis=(0, 1)) + p.output.sum(0) @ p.inputs
    np.testing.assert_allclose(used, p.output.sum(0) + exports - imports, rtol=1e-9)
    np.testing.assert_allclose(p.inputs.sum(1), 1 - ratio, rtol=1e-9)
    assert (p.final >= 0).all()
    np.testing.assert_allclose(p.final / p.final.sum(0), np.broadcast_to(split[:, None], p.final.shape), rtol=1e-9)


def test_a_nation_that_buys_more_than_partners_make_is_refused():
    one = np.ones((1, 2))
    with pytest.raises(InputError, match="sector 1"):
        partners(
            one,
            np.full(2, 0.5),
            np.full((2, 2), 0.25),
            np.full(2, 0.5),
            np.full((3, 2), 1 / 3),
            np.zeros(2),
            np.array([0.0, 9.0]),
        )


def test_tariffs_collect_the_known_duties_in_the_known_pattern():
    pattern, spending = np.array([0.3, 0.1, 0.0]), np.array([50.0, 20.0, 7.0])
    rate = tariff_rates(pattern, spending, 0.02)
    before = spending / (1 + rate)
    assert (before * rate).sum() == pytest.approx(0.02 * before[:2].sum(), rel=1e-9)
    assert rate[0] / rate[1] == pytest.approx(3.0) and rate[2] == 0


def test_emissions_meet_every_province_and_a_gap_takes_the_mean():
    inventory = pd.DataFrame({"coal": [10.0, 30.0], "process": [2.0, 1.0]}, ["p0", "p1"])
    use, output = np.arange(1.0, 13).reshape(4, 3), np.full((4, 3), 2.0)
    province = np.array([0, 0, 1, 2])
    by_use, by_output, imputed = emission_factors(
        inventory, {"coal": "b"}, "c", use, output, province, ["p0", "p1", "p2"], list("abc")
    )
    burnt = np.bincount(province, (by_use * use).sum(1))
    np.testing.assert_allclose(burnt[:2], [10, 30])
    np.testing.assert_allclose(np.bincount(province, (by_output * output).sum(1))[:2], [2, 1])
    assert by_use[3, 1] == pytest.approx(40 / use[:3, 1].sum())
    assert list(imputed) == [False, False, False, True]


def test_shares_within_provinces_add_up_to_the_nation():
    province = provinces_of([2, 3])
    made = within(province, pd.Series({"p0": 1.0, "p1": 3.0}), pd.Series([1.0, 4, 2, 2, 1], province.index), 100.0)
    np.testing.assert_allclose(made, [5, 20, 30, 30, 15])


def test_small_units_are_merged_and_options_are_checked():
    merge = tables.definition("common")["merge"]
    china = group(tables.units(), merge, tables.definition("china"))
    assert len(china.units) == 340 and len(china.member) == 367
    assert {"410000-rest", "420000-rest", "460000-rest", "650000-rest"} <= set(china.units.index)
    merged = china.add(tables.series("population", 2020).to_frame("n"))["n"]
    assert merged.sum() == 1_409_778_724
    partial = tables.series("population", 2020).drop("429004").to_frame("n")
    assert np.isnan(china.add(partial).loc["420000-rest", "n"])  # a sum of less than all is no figure
    with pytest.raises(InputError, match="inner_mongolia"):
        group(tables.units(), merge, tables.definition("china"), ("inner_mongolia",))


def test_daqing_has_the_oil_of_its_province():
    account = place_accounts("2020")
    oil = account.value_added["oilgas"]
    province = account.places.units["province"]
    heilongjiang = oil[province == "230000"]
    assert heilongjiang.idxmax() == "230600" and heilongjiang["230600"] > 0.95 * heilongjiang.sum()
    # Value share of the province against its tonnes of crude: 30.01 of 194.8 Mt.
    tonnes = tables.value("stated", "230000", "crude oil output", 2020)
    tonnes /= tables.value("fossil_energy", "CHN", "oil_production", 2020)
    assert heilongjiang.sum() / oil.sum() == pytest.approx(tonnes, rel=0.4)
    # Mining isn't what a car city inherits: value added per miner is higher in Daqing than in Changchun.
    mining = account.value_added[["coal", "oilgas", "othmin"]].sum(axis=1) / account.employment["B"]
    assert mining["230600"] > 1.5 * mining["220100"]


def test_published_wages_are_followed_better_than_before():
    factors = place_accounts("2020").factors
    assert factors.correlation_after > factors.correlation_before + 0.2
    assert ((factors.labour > 0) & (factors.capital > 0) & (factors.land > 0)).all()
