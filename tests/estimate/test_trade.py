from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.errors import InputError, NotSolvedError
from citybelt.estimate import bank
from citybelt.estimate.gravity import central_frictions, draw_frictions
from citybelt.estimate.trade import Start, deviations, fill, shares
from trade_worlds import random_known


def goods_trade(known, flows):
    """Exports plus imports of goods by domestic region and by partner."""
    d = known.domestic
    sold, bought = flows[d:, :d][..., known.goods], flows[:d, d:][..., known.goods]
    return sold.sum((0, 2)) + bought.sum((1, 2)), sold.sum((1, 2)) + bought.sum((0, 2))


@given(st.integers(0, 5000), st.floats(0, 0.3))
@settings(max_examples=15, deadline=None)
def test_all_totals_are_met_at_once(seed, duty):
    known = random_known(seed, duty=duty)
    filled = fill(known)
    d = known.domestic
    np.testing.assert_allclose(filled.output, known.output, rtol=1e-9)
    np.testing.assert_allclose(filled.flows[d:, :d].sum((0, 1)), known.exports, rtol=1e-9)
    np.testing.assert_allclose(filled.flows[:d, d:].sum((0, 1)), known.imports, rtol=1e-9)
    by_region, by_partner = goods_trade(known, filled.flows)
    by_province = np.bincount(known.province, by_region) / by_region.sum()
    np.testing.assert_allclose(by_province, known.province_share, rtol=1e-9)
    assert by_partner[0] / by_partner.sum() == pytest.approx(known.partner_share[0], rel=1e-9)
    # Use is met up to one factor for each sector, tariffs included.
    ratio = filled.use[:d] / known.use[:d]
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-8)
    np.testing.assert_allclose(filled.use, (filled.flows * (1 + known.tariff)).sum(1), rtol=1e-14)
    assert (filled.flows >= 0).all()
    assert (filled.flows[:, 2, 1] == 0).all()  # what isn't produced isn't sold
    assert (filled.flows[:d, d:, -2] == 0).all()  # what isn't traded abroad stays so


def test_use_is_kept_where_the_national_balance_holds():
    known = random_known(3, duty=0.0)
    filled = fill(known)
    np.testing.assert_allclose(filled.use[: known.domestic], known.use[: known.domestic], rtol=1e-9)


def test_a_fill_is_rebuilt_from_its_factors():
    known = random_known(4)
    filled = fill(known)
    stored = Start(filled.start.placement.astype(np.float32), filled.start.seller.astype(np.float32))
    again = fill(known, start=stored)
    np.testing.assert_allclose(again.flows, filled.flows, rtol=1e-9, atol=1e-14)
    d = known.domestic
    sectors, provinces = len(known.goods), len(known.province_share)
    names = [list(map(str, range(k))) for k in (d, sectors, provinces, known.partners)]
    table = bank.table([(bank.CENTRAL, filled)], *names)
    assert len(table) == 2 * sectors + provinces + known.partners + provinces * known.partners + d * sectors


def test_draws_differ_and_all_meet_the_totals():
    known = random_known(5)
    fills = [fill(known, f) for f in draw_frictions(5, seed=1)]
    for k, filled in enumerate(fills):
        table = deviations(
            known, filled.flows, list("abcd"), list("xyz"), list("1234567"), 2020, 2020, [2020, None, None]
        )
        assert table.loc[~table["exempt"], "deviation_pct"].abs().max() < 1e-6
        for other in fills[:k]:
            assert np.abs(filled.flows / np.where(other.flows > 0, other.flows, np.inf) - 1).max() > 0.05


def test_more_border_and_home_bias_keep_more_trade_inside():
    known = random_known(6)
    low = shares(fill(known, replace(central_frictions(), border=0.0, home=0.0)).flows, known.province)
    border = shares(fill(known, replace(central_frictions(), border=2.0, home=0.0)).flows, known.province)
    home = shares(fill(known, replace(central_frictions(), border=0.0, home=1.0)).flows, known.province)
    assert border["between_provinces"] < low["between_provinces"]
    assert home["own_region"] > low["own_region"]
    assert sum(low.values()) == pytest.approx(1)


def test_the_customs_prior_is_kept_where_no_total_moves_it():
    """With provincial totals equal to those the prior implies, placement returns the prior's shares."""
    known = random_known(7, duty=0.0)
    d = known.domestic
    flat = replace(known, partner_share=np.full(known.partners, np.nan))
    value = [
        np.where(known.goods, c / c.sum(0) * v, 0.0)
        for c, v in ((known.customs_exports, known.exports), (known.customs_imports, known.imports))
    ]
    # Small enough that no share reaches its bound, so that the prior is exact.
    scale = 0.02
    small = replace(flat, exports=known.exports * scale, imports=known.imports * scale)
    implied = (value[0] + value[1])[:, known.goods].sum(1)
    small = replace(small, province_share=implied / implied.sum())
    small = replace(
        small,
        use=np.concatenate(
            [
                known.use[:d] * ((known.output[:d].sum(0) + small.imports - small.exports) / known.use[:d].sum(0)),
                known.use[d:],
            ]
        ),
    )
    sold = fill(small).flows[d:, :d].sum(0)
    by_province = np.stack([sold[known.province == p].sum(0) for p in range(4)])
    goods = known.goods.copy()
    goods[1] = False  # the sector that one region lacks
    model, prior = by_province[:, goods], value[0][:, goods]
    np.testing.assert_allclose(model / model.sum(0), prior / prior.sum(0), rtol=0.02)


def test_a_partner_sells_no_more_than_it_makes():
    known = random_known(8)
    d = known.domestic
    output = known.output.copy()
    output[d + 1] *= 1e-3
    tiny = replace(known, output=output, distance=known.distance.copy())
    tiny.distance[:d, d + 1] = 1.0  # so near that gravity alone would buy more than there is
    filled = fill(tiny)
    assert (filled.flows[:d, d + 1].sum(0) <= 0.9 * output[d + 1] * (1 + 1e-6)).all()
    np.testing.assert_allclose(filled.output, output, rtol=1e-9)


def test_bad_facts_are_all_named():
    known = random_known(9)
    output = known.output.copy()
    output[1, 2] = -1
    with pytest.raises(InputError) as error:
        replace(known, output=output, gateway=np.full(9, np.nan), exports=np.ones(3))
    where = [p.where for p in error.value.problems]
    assert where == ["trade fill, exports", "trade fill, output (1, 2)", "trade fill, gateway (0,)"]
    with pytest.raises(InputError, match="the sum is 2, not 1"):
        replace(known, province_share=2 * known.province_share)


def test_totals_that_nobody_can_meet_are_named():
    known = random_known(10)
    with pytest.raises(NotSolvedError, match="exports of sector 0 exceed"):
        fill(replace(known, exports=known.exports * np.array([1e3, 1, 1, 1, 1, 1, 1])))
    share = np.array([1 - 3e-9, 1e-9, 1e-9, 1e-9])
    with pytest.raises(NotSolvedError, match="total"):
        fill(replace(known, province_share=share, exports=known.exports * 4, imports=known.imports * 4))
