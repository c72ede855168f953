"""Levers of land: hectares bought, built on and taken from farms, by hand and in a solved economy."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.scenario.card import cards_of
from citybelt.scenario.instruments import GROUPS, instruments
from citybelt.scenario.levers import shock
from citybelt.scenario.money import annuity
from citybelt.separate.owners import spending
from small_world import ABROAD, HOME, at, fact, of, small_levers, value_added

CARDS = cards_of("northeast")
BUILT = 3e6 * 105 / 1e4  # ha of every city of the small world


@pytest.mark.proposition("P31")
def test_cheaper_land_is_taken_one_for_one(lever, dataset):
    one, x = lever["land_price_harbin"], dataset.x
    z = shock([one], jnp.array([10.0]))
    n = at("230100")
    made = [of(s) for s in one.card.where["sectors"]]
    rents = (x["land_share"].values * value_added(x))[n]
    taken = 0.35 * BUILT * rents[made].sum() / np.delete(rents, of("agr")).sum() * 0.1
    assert float(z.log_H[n, of("metal")]) == pytest.approx(np.log(1.1))
    assert float(z.log_H[n, of("fin")]) == float(z.log_Hres[n]) == 0.0
    chord = np.log1p(-3.5 * taken / (x["area_km2"].values[n] * 100)) * np.log(1.1) / np.log(1.35)
    assert float(z.log_H[n, of("agr")]) == pytest.approx(chord)
    assert one.hectares * 10 == pytest.approx(taken)
    assert float(one.unit_cost[1]) * 10 == pytest.approx(taken * 0.0045 * annuity(30, 2))


def test_land_at_given_value_added_takes_up_the_fall_of_its_price(dataset):
    """Cobb-Douglas: where a sector is small its value added hardly moves, and its land rent falls by the per cent."""
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory

    e = economy(dataset, theory(dataset.x.sector.values))
    card = dataclasses.replace(
        CARDS["land_price_harbin"], where={**CARDS["land_price_harbin"].where, "sectors": ("food",)}
    )
    (one,) = small_levers(dataset, cards={"l": card})
    s = e.solve(shock([one], jnp.array([0.1])))
    n, j = at("230100"), of("food")
    rent = float(s.state.output[n, j] - s.shock.log_H[n, j])  # log of land income over land, equation Q1
    assert rent == pytest.approx(-0.001, rel=0.25)
    assert rent - float(s.state.output[n, j]) == pytest.approx(-np.log(1.001))


def test_levers_of_land_say_how_much_they_take(lever):
    for id, one in lever.items():
        assert (one.hectares > 0) == (one.card.kind in ("land", "land_price", "innovation_centre")), id
    assert lever["land_central"].hectares == 1.0


def on_land(dataset, one, value):
    """[region] hectares that are built on and that farms have, both as changes, of the log changes of the shock."""
    z, x, home = shock([one], jnp.array([value])), dataset.x, len(HOME)
    farms = x["area_km2"].values * 100 * np.expm1(np.asarray(z.log_H)[:, of("agr")])
    if one.card.kind != "land_price":
        return BUILT * np.expm1(np.asarray(z.log_Hres)), farms[:home]
    rents = (x["land_share"].values * value_added(x))[:home]
    rents = np.where(np.arange(rents.shape[1]) == of("agr"), 0.0, rents)
    made = [of(s) for s in one.card.where["sectors"] if s != "agr"]
    firms = 0.35 * BUILT * rents[:, made] / rents.sum(axis=1, keepdims=True)
    return (firms * np.expm1(np.asarray(z.log_H)[:home, made])).sum(axis=1), farms[:home]


@pytest.mark.parametrize("id", ["land_central", "land_price_dalian", "land_price_harbin", "quota_trade", "instrument"])
def test_land_that_is_built_on_is_bought_and_taken_from_farms(id, lever, dataset):
    """At the bound to the hectare; below it gains of land are not overstated, nor losses understated."""
    if id == "instrument":
        (one,) = instruments(dataset, ("land_price",), ["230700"], {"m": GROUPS["food"][2]}, fact=fact)
    else:
        one = lever[id]
    upper = one.card.upper
    built, farms = on_land(dataset, one, upper)
    np.testing.assert_allclose(farms[1:], -built[1:], rtol=1e-9, atol=1e-9)
    bought = float(one.response(upper)) if one.card.kind != "land_price" else one.hectares * upper
    assert built[built > 0].sum() == pytest.approx(bought, rel=1e-9)
    if one.card.kind == "quota":
        assert built.sum() == pytest.approx(0, abs=1e-8) and built[built > 0].sum() == pytest.approx(upper)
    for part in (0.1, 0.5, 0.9):
        built, farms = on_land(dataset, one, part * upper)
        bought = float(one.response(part * upper)) if one.card.kind != "land_price" else one.hectares * part * upper
        if one.card.kind == "land_price":  # no chord
            assert built.sum() == pytest.approx(bought, rel=1e-9)
        else:
            assert built[built > 0].sum() < bought
        assert farms[farms < 0].sum() < -built[built > 0].sum(), "farms lose at least what is built on"
        if one.card.kind == "quota":
            assert -built[built < 0].sum() > bought and 0 < farms[farms > 0].sum() < bought


def test_nobody_sells_or_takes_more_land_than_there_is(dataset):
    card = CARDS["quota_trade"]
    for upper, sellers in ((3 * BUILT, card.where["sellers"]), (BUILT + 1, ("230700",))):
        with pytest.raises(InputError, match=r"sells .* hectares at its upper bound, and the sellers have"):
            where = {**card.where, "sellers": sellers}
            small_levers(dataset, cards={"q": dataclasses.replace(card, upper=upper, where=where)})
    small_levers(dataset, cards={"q": dataclasses.replace(card, upper=3 * BUILT - 1)})
    area = dataset.x["area_km2"].values[[at(r) for r in CARDS["land_central"].where["regions"]]].min() * 100
    for id, upper in (("land_central", 100 * area), ("land_price_dalian", 1e8)):
        with pytest.raises(InputError, match=r"takes .* of the .* hectares of 2"):
            small_levers(dataset, cards={"l": dataclasses.replace(CARDS[id], upper=upper)})


@pytest.mark.proposition("P13")
def test_traded_quota_moves_hectares_and_money_and_leaves_none_over(lever, dataset):
    one = lever["quota_trade"]
    z = shock([one], jnp.array([1200.0]))
    sold, bought = ("230700", "230800", "231200"), ("210100", "210200", "220100", "230100")
    part = 1200 / 10000  # of the bound, to which the chord is drawn
    assert float(z.log_Hres[at("230100")]) == pytest.approx(part * np.log1p(10000 / (4 * BUILT)))
    assert float(z.log_Hres[at("230700")]) == pytest.approx(part * np.log1p(-10000 / (3 * BUILT)))
    assert float(z.log_H[at("230800"), of("equip")]) == pytest.approx(part * np.log1p(-10000 / (3 * BUILT)))
    area = dataset.x["area_km2"].values * 100
    assert float(z.log_H[at("231200"), of("agr")]) == pytest.approx(part * np.log1p(10000 / 3 / area[at("231200")]))
    whole = shock([one], jnp.array([10000.0]))
    hectares = [BUILT * np.expm1(float(whole.log_Hres[at(r)])) for r in (*sold, *bought)]
    farms = [area[at(r)] * np.expm1(float(whole.log_H[at(r), of("agr")])) for r in (*sold, *bought)]
    assert sum(hectares) == pytest.approx(0, abs=1e-8) and sum(farms) == pytest.approx(0, abs=1e-8)
    assert sum(hectares[:3]) == pytest.approx(-10000) and sum(farms[:3]) == pytest.approx(10000)
    # 300 thousand yuan per mu, a fifteenth of a hectare, once.
    price = 1200 * 15 * 0.3e6 / 1e9 * annuity(30, 3)
    assert float(z.transfer.sum()) == pytest.approx(0, abs=1e-12)
    assert float(sum(z.transfer[at(r)] for r in sold)) == pytest.approx(price)
    assert float(one.unit_cost[1]) == pytest.approx((4.5 + 0.9) / 1e3 * annuity(30, 3))
    spent = spending(one, len(HOME) + len(ABROAD))
    assert sum(spent[at(r)] for r in sold) == pytest.approx(0.9 / 5.4)
