"""The fills of the embedded worlds against what is known."""

import numpy as np
import pytest

from citybelt.estimate import bank, people, trade
from citybelt.estimate.balance import biproportional
from citybelt.estimate.gravity import draw_frictions
from citybelt.worlds.tables import facts, sectors
from citybelt.worlds.world import network, place_fill, world


@pytest.mark.parametrize("name", ["northeast", "china"])
def test_every_known_total_of_trade_is_met(name, request):
    """All provinces, sectors, partners and pairs at once, within 0.1 % as the world promises (in fact 1e-6)."""
    table = request.getfixturevalue(name).deviations
    gap = table.set_index("total")["deviation_pct"].abs()
    for total, count in {"goods_trade_share": 31, "exports": 21, "imports": 21, "partner_share_in_province": 5}.items():
        assert len(gap[[total]]) == count
        assert gap[[total]].max() < 1e-6
    assert not table.loc[table["total"].isin(["goods_trade_share", "exports", "imports"]), "exempt"].any()
    partners = table[(table["total"] == "partner_trade_share")]
    assert partners.loc[partners["region"].isin(["JPN", "KOR"]), "deviation_pct"].abs().max() < 1e-6
    assert partners["year"].notna().all()


def test_the_bank_differs_and_every_matrix_balances(northeast):
    place = world("northeast", "2020", ())
    assert northeast.n_draws >= 24
    known, between, split = place.known, [], []
    secondary = (sectors()["tier"] == "secondary").to_numpy()
    added = 1 - place.input_coef.sum(2)
    for draw in range(0, northeast.n_draws, 4):
        flows = northeast.trade(draw)
        output = flows.sum(0)
        np.testing.assert_allclose(output.sum(0), known.output.sum(0), rtol=1e-9)
        np.testing.assert_allclose((output * added).sum(1), (known.output * added).sum(1), rtol=1e-9)
        np.testing.assert_allclose(output[:, ~secondary], known.output[:, ~secondary], rtol=1e-9)
        table = trade.deviations(
            known, flows, place.provinces, place.foreign, place.account.sectors, 2020, 2020, [2020] * 5
        )
        assert table["deviation_pct"].abs().max() < 1e-6
        between.append(trade.shares(flows, known.province)["between_provinces"])
        split.append(output[: known.domestic, secondary] / np.maximum(known.output[: known.domestic, secondary], 1e-9))
    assert max(between) > 1.5 * min(between)
    assert np.std(split, axis=0).max() > 0.1


def test_stored_factors_are_those_of_the_stored_frictions():
    """A cold fill with a draw's frictions reproduces the factors that are shipped for it, so no file is stale."""
    place = world("northeast", "2020", ())
    labels = (place.domestic, place.account.sectors, place.provinces, place.foreign)
    for draw in (None, 11):
        stored = bank.start("northeast", draw, *labels)
        cold = trade.fill(place.known_in(draw), bank.frictions(draw))
        warm = trade.fill(place.known_in(draw), bank.frictions(draw), stored)
        np.testing.assert_allclose(warm.flows, cold.flows, rtol=1e-8, atol=1e-12)
        # Rows and columns can be scaled against each other: compare differences within a sector.
        gap = stored.seller - cold.start.seller
        gap = np.where(place.known.output[: place.known.domestic].T > 0, gap - gap[:, :1], 0.0)
        assert np.abs(gap).max() < 1e-4


def test_draws_are_those_of_the_seed():
    drawn = draw_frictions(len(bank.draws()), 2020)
    for stored, again in zip(bank.draws(), drawn, strict=True):
        assert stored.seed == again.seed
        assert stored.border == pytest.approx(again.border, abs=1e-6)
        assert stored.customs_noise == pytest.approx(again.customs_noise, abs=1e-6)


def test_regions_that_are_not_stored_start_cold():
    place = world("northeast", "2020", ("inner_mongolia",))
    labels = (place.account.sectors, place.provinces, place.foreign)
    assert bank.start("northeast", None, place.domestic, *labels) is None
    assert bank.start("nowhere", None, place.domestic, *labels) is None


def test_another_vintage_is_met_from_the_same_start():
    place = world("northeast", "2019", ())
    filled = place.fill()
    np.testing.assert_allclose(filled.output, place.known.output, rtol=1e-9)


def test_cities_near_the_sea_trade_more_than_their_province(northeast):
    """Dalian's part in Liaoning's trade: customs gave it 54 % by operating unit in 2018."""
    flows, known = northeast.trade(), world("northeast", "2020", ()).known
    d, goods = known.domestic, known.goods
    traded = flows[d:, :d][..., goods].sum((0, 2)) + flows[:d, d:][..., goods].sum((1, 2))
    regions = list(northeast.x["region"].values[:d])
    liaoning = [regions.index(r) for r in regions if r.startswith("21")]
    assert 0.4 < traded[regions.index("210200")] / traded[liaoning].sum() < 0.6


# -- people ----------------------------------------------------------------------------------------------------


def by_province():
    filled, registered, _ = place_fill()
    units = world("china", "2020", ()).account.places.units
    codes, province = np.unique(units["province"], return_inverse=True)
    return list(codes), people.aggregate(filled.migrants, province).sum(2), filled, registered, units, province


def test_no_flow_exceeds_the_total_of_its_origin(northeast):
    migrants = northeast.x["migrants"].values
    assert (migrants >= 0).all()
    assert (migrants <= northeast.x["registered"].values[:, None]).all()
    _, moves, *_ = by_province()
    assert (moves.sum(1) >= moves.max(1)).all()


def test_the_stock_points_where_the_observed_flows_into_beijing_come_from():
    """A check that isn't used in the fill; stock of 2020 and flow of 2010-15 are different objects."""
    codes, moves, *_ = by_province()
    seen = facts("moved_into").set_index("region")["value"]
    model = np.array([moves[codes.index(p), codes.index("110000")] for p in seen.index])
    assert np.corrcoef(np.log(model), np.log(seen))[0, 1] > 0.83


def test_the_distance_elasticity_fits_the_observed_column_of_flows():
    """Balanced to the totals of flows 2010-15, the chosen elasticity beats weaker and stronger ones."""
    codes, _, filled, _, units, province = by_province()
    totals = facts("moved_between_provinces", year=2015).pivot(index="region", columns="item", values="value")
    totals = totals.reindex(codes)
    residents = filled.residents.sum(1)
    distance = network().distance(list(units.index))
    pairs = people.aggregate((distance * residents[:, None] * residents)[:, :, None], province)[:, :, 0]
    size = np.bincount(province, residents)
    mean = pairs / np.outer(size, size)
    np.fill_diagonal(mean, np.inf)
    seen = facts("moved_into").set_index("region")["value"]
    origin = [codes.index(p) for p in seen.index]
    columns = (totals["in"] * totals["out"].sum() / totals["in"].sum()).to_numpy()

    def correlation(elasticity):
        table, _ = biproportional(-elasticity * np.log(mean)[None], totals["out"].to_numpy()[None], columns[None])
        return np.corrcoef(np.log(table[0, origin, codes.index("110000")]), np.log(seen))[0, 1]

    chosen = people.assumptions()["elasticity"]
    best = correlation(chosen)
    assert best > 0.95
    assert best > correlation(chosen - 0.5) and best > correlation(chosen + 0.7)


def test_registers_that_print_residents_were_dropped_in_the_northeast():
    """Heilongjiang's printed register of 2020 is its census count: read as a register, nobody had left."""
    _, _, _, registered, units, _ = by_province()
    residents = place_fill()[0].residents.sum(1)
    heilongjiang = units["province"].to_numpy() == "230000"
    assert registered[heilongjiang].sum() > 1.08 * residents[heilongjiang].sum()
    printed = facts("registered_population", year=2020).set_index("region")["value"].reindex(units.index[heilongjiang])
    assert printed.sum() < 1.01 * residents[heilongjiang].sum()


def test_adjusted_registers_keep_to_the_known_ones():
    _, moves, _, registered, _, province = by_province()
    known = np.bincount(province, registered)
    np.testing.assert_allclose(moves.sum(1) / known, np.full(31, moves.sum() / known.sum()), rtol=0.02)
