"""Levers of money, entry, ownership and schooling: what a unit is worth, by hand and in a solved economy."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.dims import PAYERS
from citybelt.errors import InputError
from citybelt.scenario import evidence
from citybelt.scenario.card import cards_of
from citybelt.scenario.instruments import GROUPS, instruments
from citybelt.scenario.levers import assemble, build, costs, draw, responses, shock
from citybelt.scenario.money import annuity
from citybelt.separate.owners import part_among
from small_world import ABROAD, HOME, at, fact, of, small_levers, value_added

CARDS = cards_of("northeast")
CITIES = HOME[1:]


# -- subsidies


@pytest.mark.proposition("P31", "P51")
def test_a_subsidy_is_the_share_that_it_says_and_its_city_pays(lever, dataset):
    one = lever["subsidy_equip_shenyang"]
    z = shock([one], jnp.array([6.0]))
    found = np.asarray(z.subsidy)
    assert found[PAYERS.index("city"), at("210100"), of("equip")] == pytest.approx(0.06)
    assert found.sum() == pytest.approx(0.06), "nowhere else, and of nobody else"
    # Only the handling is bought: four yuan of a hundred that are paid out at the output of the base year.
    output = dataset.x["output"].values[at("210100"), of("equip")]
    assert float(one.unit_cost[1]) == pytest.approx(0.01 * output * 0.04)
    assert float(z.purchase.sum()) < 0.06 * output / 10


def test_what_a_subsidy_pays_out_is_not_in_its_cost(dataset):
    """The money is in the model's ledger: its slope at zero is the output that it is paid on, and the card's cost is a
    twenty-fifth of it."""
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory

    e = economy(dataset, theory(dataset.x.sector.values))
    (one,) = small_levers(dataset, cards={"s": CARDS["subsidy_equip_changchun"]})
    h = 0.01
    s = e.solve(shock([one], jnp.array([h])))
    paid, output = float(s.accounts.subsidy.sum()), dataset.x["output"].values[at("220100"), of("equip")]
    assert paid / h == pytest.approx(0.01 * output, rel=2e-3)
    assert float(one.cost(h)) / paid == pytest.approx(0.04, rel=3e-3)


# -- money and quotas between governments


def test_nobody_trades_with_itself(dataset):
    card = CARDS["quota_trade"]
    twice = dataclasses.replace(card, where={**card.where, "buyers": ("230700",)})
    with pytest.raises(InputError, match="both sells and buys"):
        small_levers(dataset, cards={"q": twice})
    card = CARDS["transfer_liaoning_heilongjiang"]
    twice = dataclasses.replace(card, where={"givers": ("230000",), "takers": ("230100",)})
    with pytest.raises(InputError, match="both gives and takes"):
        small_levers(dataset, cards={"t": twice})


# -- transfers


@pytest.mark.proposition("P50")
def test_a_transfer_takes_what_it_gives(lever, dataset):
    z = shock([lever["transfer_liaoning_heilongjiang"]], jnp.array([7.0]))
    people = dataset.x["population"].values.sum(axis=1)
    north = [at(r) for r in HOME if r.startswith("23")]
    assert float(z.transfer.sum()) == pytest.approx(0, abs=1e-12)
    assert float(z.transfer[np.array(north)].sum()) == pytest.approx(7.0)
    assert float(z.transfer[at("230700")]) == pytest.approx(7 * people[at("230700")] / people[north].sum())
    assert float(z.transfer[at("220100")]) == 0.0 > float(z.transfer[at("210200")])
    assert float(z.purchase.sum()) < 7 / 50, "only its handling is bought"
    centre = shock([lever["transfer_centre_north"]], jnp.array([7.0]))
    assert float(centre.transfer.sum()) == pytest.approx(7.0), "equation G6 takes it from all"


# -- capital


@pytest.mark.proposition("P10")
def test_cheaper_capital_adds_its_elasticity_and_no_capital_is_free(lever, dataset):
    one, x = lever["finance_cluster"], dataset.x
    v = 2.0
    z = shock([one], jnp.array([v]))
    assert float(z.log_K[at("210100")]) == pytest.approx(0.02 * 0.92)
    assert float(z.log_K[at("110000")]) == float(z.log_K[at("JPN")]) == 0.0
    income = (x["capital_share"].values * value_added(x)).sum(axis=1)[[at(r) for r in CITIES]].sum()
    added = 4.88 * 0.0092 * income  # for a per cent
    assert float(one.unit_cost[1]) == pytest.approx(added * (annuity(15, 2) + 0.015 * 1.04**2))
    assert one.capital == pytest.approx(added)
    private = annuity(15, 2) / (annuity(15, 2) + 0.015 * 1.04**2)
    assert one.card.payers["private"] == pytest.approx(private, abs=0.01), "firms pay for what they buy"


def test_a_cut_of_the_cost_of_capital_is_paid_by_governments(lever, dataset):
    """Two per cent off what capital costs: a bill of two per cent of capital income, of three governments alike."""
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory

    one, x, v = lever["finance_cluster"], dataset.x, 2.0
    z = shock([one], jnp.array([v]))
    found, places = np.asarray(z.subsidy), [at(r) for r in CITIES]
    assert not np.delete(found, places, axis=1).any()
    assert not found[PAYERS.index("private")].any() and not found[PAYERS.index("foreign")].any()
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
    np.testing.assert_allclose(found[0], found[2], rtol=1e-12)
    paid = x["capital_share"].values * value_added(x)
    makers = found.sum(axis=0) * x["output"].values
    np.testing.assert_allclose(makers[places], v / 100 * paid[places], rtol=1e-12)
    e = economy(dataset, theory(dataset.x.sector.values))
    h = 0.01
    s = e.solve(shock([one], jnp.array([h])))
    bill = np.asarray(s.accounts.subsidy).sum(axis=1)
    assert bill.sum() / h == pytest.approx(0.01 * paid[places].sum(), rel=2e-3)
    np.testing.assert_allclose(bill[:3], bill.sum() / 3, rtol=1e-9)
    levies = float(s.accounts.levy.sum())
    assert levies == pytest.approx(float(s.accounts.bill.sum()), rel=1e-9) and levies > bill.sum()


def test_without_the_grant_the_gain_would_be_larger(dataset):
    """The same capital, bought by the same payers, with nobody paying for the cut: what was told before."""
    import equinox as eqx

    from citybelt.model.economy import economy
    from citybelt.model.theory import theory

    e = economy(dataset, theory(dataset.x.sector.values))
    (one,) = small_levers(dataset, cards={"f": CARDS["finance_cluster"]})
    z = shock([one], jnp.array([5.0]))
    free = eqx.tree_at(lambda z: z.subsidy, z, jnp.zeros_like(z.subsidy))
    worth = [float((e.base.income_by_origin * jnp.expm1(e.solve(y).accounts.log_welfare)).sum()) for y in (z, free)]
    assert worth[0] < worth[1]


def test_a_grant_needs_a_government(dataset):
    alone = dataclasses.replace(CARDS["finance_cluster"], payers={"private": 1.0})
    with pytest.raises(InputError, match="no government pays"):
        small_levers(dataset, cards={"f": alone})


@pytest.mark.parametrize("u", [0.05, 0.3, 0.95])
def test_a_draw_grants_the_cut_that_was_asked_for(lever, dataset, u):
    """Whatever firms make of it, a cut of two per cent is a bill of two per cent of capital income, and its capital is
    bought: neither shrinks with the draw of an effect."""
    one, plain = lever["finance_cluster"], lever["research_harbin"]
    e = draw([one, plain], jnp.array([[u, 0.5, 0.5, 0.5], [u, 0.5, 0.5, 0.5]]))
    drawn, told = shock([one, plain], jnp.array([2.0, 0.0]), e), shock([one, plain], jnp.array([2.0, 0.0]))
    np.testing.assert_allclose(drawn.subsidy, told.subsidy, rtol=1e-12)
    np.testing.assert_allclose(drawn.log_K, told.log_K, rtol=1e-12)
    assert float(e.size[1]) != pytest.approx(float(plain.size[1])), "other effects are drawn"


# -- firms


@pytest.mark.proposition("P33")
def test_more_firms_lower_the_price_by_their_variety(lever, dataset):
    """The reform brings 2.4 per cent more firms, each a fifth of the others: a price index log(n) / theta lower."""
    from citybelt.model.theory import theory

    one, x = lever["entry_cluster"], dataset.x
    z = shock([one], jnp.array([100.0]))
    n, j = at("230100"), of("consumer")
    va = value_added(x)[n, j] / x["output"].values[n, j] / (1 - x["tax_rate"].values[n, j])
    theta = float(theory(x.sector.values).theta[j])
    fall = va * float(z.log_A[n, j])
    assert fall == pytest.approx(0.0244 * 0.2 / theta)
    assert -evidence.effects()["entry_price"].size.low > fall, "prices fell by less than where it was measured"
    assert float(z.log_A[n, of("power")]) == float(z.log_A[at("110000"), j]) == 0.0
    people = x["population"].values.sum(axis=1)[[at(r) for r in CITIES]].sum()
    assert float(one.unit_cost[1]) * 100 == pytest.approx(people / 5e5 * 0.005 * 1.04)


@pytest.mark.proposition("P40")
def test_reformed_firms_close_the_gap_in_their_share(lever, dataset):
    one, x = lever["ownership_cluster"], dataset.x
    z = shock([one], jnp.array([1e-6]))
    n = at("220100")
    assert float(z.log_A[n, of("equip")]) == pytest.approx(0.21 * 0.4 * 1e-8, rel=1e-5)
    assert float(z.log_A[n, of("trade")]) == 0.0
    made = [of(s) for s in one.card.where["sectors"]]
    wages = x["labour_share"].values * value_added(x)
    inside = [at(r) for r in CITIES]
    workers = (x["workers"].values[inside] * wages[inside][:, made].sum(axis=1) / wages[inside].sum(axis=1)).sum()
    each = 100e9 / 1.8e6 / 1e9 * 1.0929  # bn CNY of 2020
    assert one.capital == pytest.approx(workers * 0.4 * 0.2 / 100 * each, rel=1e-3)


@pytest.mark.proposition("P18")
def test_a_place_at_school_is_worth_a_working_life(lever, dataset):
    one = lever["schooling_cluster"]
    z = shock([one], jnp.array([1e-3]))  # one place
    workers = dataset.x["workers"].values[1:].sum()
    years = sum(1.04**-t for t in range(1, 41))
    assert float(z.log_h[at("230100")]) == pytest.approx((0.038 * years - 0.4 * 1.04**3) / workers, rel=1e-3)
    assert float(z.purchase.sum()) * 1e9 == pytest.approx(22568 * 1.04**3 + 60000 * annuity(30, 3), rel=1e-4)


# -- while it is built


def test_outlays_are_the_undiscounted_cost_over_the_years_of_building(lever):
    rail = lever["hsr_harbin_yichun"]
    whole = 0.108 * 318 * 1.115
    np.testing.assert_allclose(np.asarray(rail.total(318.0)).sum(), whole)
    out = np.asarray(rail.outlay(318.0))
    assert out.sum() == pytest.approx(whole / 5)
    np.testing.assert_allclose(out.sum(axis=(1, 2)), whole / 5 * np.array([0.5, 0.35, 0.15, 0, 0]))
    np.testing.assert_allclose(out / out.sum(), rail.purchase)
    for id in ("research_harbin", "registration_central", "subsidy_equip_shenyang", "carbon_price_cluster"):
        assert not np.asarray(lever[id].outlay(lever[id].card.upper)).any(), "a yearly expense builds nothing"
        assert lever[id].card.build_years == 0


def test_discounted_outlays_are_worth_the_annuity_without_its_upkeep(lever):
    """Paid evenly while it is built, an investment is worth at its end what its yearly payments are over its life, up
    to the half of the lag that the annuity counts interest for."""
    one = lever["land_central"]
    years = np.arange(2) + 0.5  # middle of the years of building
    at_end = float((np.asarray(one.outlay(1.0)).sum() * 1.04 ** (2 - years)).sum())
    payments = float(one.cost(1.0)) * sum(1.04**-t for t in range(1, 31))
    assert at_end == pytest.approx(payments, rel=1e-3)


# -- instruments for every city


def test_instruments_are_made_for_every_city_and_group(dataset):
    made = instruments(dataset, fact=fact)
    assert len(made) == 2 * len(CITIES) * len(GROUPS)
    assert len({one.id for one in made}) == len(made)
    by = {one.id: one for one in made}
    z = shock([by["subsidy_230700_services"]], jnp.array([5.0]))
    found = np.asarray(z.subsidy)
    assert found[PAYERS.index("city"), at("230700"), of("fin")] == pytest.approx(0.05)
    assert np.count_nonzero(found) == len(GROUPS["services"][2])
    land = by["land_price_230700_food"]
    assert not np.asarray(shock([land], jnp.ones(1)).log_H)[:, of("agr")].max() > 0, "farms are not sold by cities"
    for one in made:
        assert one.conditional and one.card.name and one.card.name_zh
        assert (one.hectares > 0) == (one.card.kind == "land_price")
    some = instruments(dataset, ("subsidy",), ["210100"], {"mine": ["coal"]}, fact=fact)
    assert [one.id for one in some] == ["subsidy_210100_mine"]
    assert not instruments(dataset, ("land_price",), ["210100"], {"farms": ["agr"]}, fact=fact)
    with pytest.raises(KeyError, match="no sector"):
        instruments(dataset, sectors={"mine": ["cole"]}, fact=fact)
    with pytest.raises(InputError, match="no region"):
        instruments(dataset, cities=["999999"], fact=fact)


def test_an_instrument_is_the_lever_of_the_library_at_its_city(dataset, lever):
    whole = lever["land_price_dalian"].card
    one, same = (
        small_levers(dataset, cards={"l": dataclasses.replace(whole, upper=65.0)})[0],  # the bound of instruments
        instruments(dataset, ("land_price",), ["210200"], {"m": whole.where["sectors"]}, fact=fact)[0],
    )
    assert same.hectares == pytest.approx(one.hectares)
    np.testing.assert_allclose(same.unit_cost, one.unit_cost)
    np.testing.assert_allclose(same.direction.log_H, one.direction.log_H)


# -- shared out among players


@pytest.mark.parametrize("id", ["subsidy_equip", "land_price", "finance_cluster", "entry_cluster", "ownership_cluster"])
def test_parts_of_a_rate_do_and_cost_what_the_whole_does(id, dataset, lever):
    cards = {one.card.kind: one.card for one in lever.values()}
    card = cards["subsidy" if id.startswith("subsidy") else id.partition("_cluster")[0]]
    wide = dataclasses.replace(card, where={k: v for k, v in card.where.items() if k != "regions"} | {"cluster": "NE"})
    (one,) = small_levers(dataset, cards={"wide": wide})
    territory = np.array([[r.startswith(p) for r in (*HOME, *ABROAD)] for p in ("21", "22", "23")], float)
    parts, _, nobody = part_among([one], territory)
    assert len(parts) == 3 and not nobody
    v = 0.3 * one.card.upper
    whole = assemble([one], responses([one], jnp.array([v])), costs([one], jnp.array([v])))
    values = jnp.full(3, v)
    total = assemble(parts, responses(parts, values), costs(parts, values))
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(total), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-14)
    assert sum(p.hectares for p in parts) == pytest.approx(one.hectares)
    assert sum(p.capital for p in parts) == pytest.approx(one.capital)
    assert all(p.tied == one.tied for p in parts)


def test_a_lever_that_names_no_urban_sector_has_no_land_price(dataset):
    from citybelt.scenario.kinds import Ground

    card = CARDS["land_price_dalian"]
    bare = dataclasses.replace(card, where={**card.where, "sectors": ("agr",)})
    with pytest.raises(InputError, match="no sector of the lever stands on urban land"):
        build(bare, Ground(dataset, None, fact))


# -- in the economy of the Northeast


@pytest.fixture(scope="module")
def solved(northeast):
    import citybelt as cb

    return {name: cb.run(northeast, name) for name in ("cheaper_capital", "reform_of_firms", "land_quota_trade")}


@pytest.mark.proposition("P10")
def test_cheaper_capital_adds_output_everywhere_in_the_cluster_and_costs_its_capital(solved, northeast):
    run = solved["cheaper_capital"]
    inside = run.by_region[run.by_region["in_cluster"]]
    assert (inside["output"] > 0).all()
    one = {lv.id: lv for lv in levers_of(northeast)}["finance_cluster"]
    x = northeast.x
    va = (1 - x["tax_rate"].values - x["input_coef"].values.sum(axis=2)) * x["output"].values
    returns = (x["capital_share"].values * va).sum(axis=1)[x["cluster"].values == "NE"].sum()
    # A return above what capital costs: the worth of five per cent's response is more than its payments.
    assert 0.3 < float(one.cost(5.0)) / (0.92 * 0.05 * returns) < 1


@pytest.mark.proposition("P40")
def test_where_state_firms_are_no_worse_reform_is_neutral(northeast):
    one = {lv.id: lv for lv in levers_of(northeast)}["ownership_cluster"]
    z = assemble([one], one.response(20.0, jnp.asarray(0.0))[None], jnp.zeros(1))
    assert all(not np.asarray(a).any() for a in jax.tree.leaves(z))


@pytest.mark.proposition("P33", "P40")
def test_reform_of_firms_raises_output_of_makers_in_every_province(solved):
    run = solved["reform_of_firms"]
    inside = run.by_region[run.by_region["in_cluster"]]
    assert (inside["output"].groupby(inside.index.str[:2]).mean() > 0).all()


@pytest.mark.proposition("P13")
def test_traded_quota_moves_output_to_the_buyers_and_rents_the_other_way(solved):
    cities = solved["land_quota_trade"].by_region
    buyers, sellers = ["210100", "210200", "220100", "230100"], ["230700", "230800", "231200"]
    assert (cities.loc[buyers, "output"] > 0).all() and (cities.loc[sellers, "output"] < 0).all()
    assert (cities.loc[buyers, "rent"] < 0).all() and (cities.loc[sellers, "rent"] > 0).all()


def levers_of(dataset):
    from citybelt.scenario.levers import levers

    return levers(dataset)


def test_no_player_decides_alone_on_money_of_others(lever):
    territory = np.array([[r.startswith(p) for r in (*HOME, *ABROAD)] for p in ("21", "22", "23")], float)
    ids = ("quota_trade", "transfer_liaoning_heilongjiang", "transfer_centre_north")
    _, _, nobody = part_among([lever[id] for id in ids], territory)
    assert nobody == ids
    _, owner, nobody = part_among([lever["quota_trade"], lever["transfer_centre_north"]], territory.sum(axis=0)[None])
    assert len(owner) == 1 and nobody == ("transfer_centre_north",), "one player over all of them trades with itself"
