"""Remainders of calibration against what was not used in it."""

import numpy as np
import pytest

from citybelt.model.calibrate import OWNERSHIP
from citybelt.model.economy import check, economy
from citybelt.model.theory import theory
from citybelt.worlds import tables


@pytest.fixture(scope="module")
def checked(northeast):
    e = economy(northeast, theory(northeast.x.sector.values))
    transfers = tables.series("central_transfers", northeast.base_year)
    return e, check(e, northeast.x.province.values, transfers)


def test_grants_go_where_the_centre_sends_transfers(checked):
    _, table = checked
    assert len(table) == 31 and table.notna().all().all()
    assert np.corrcoef(table["grant_pct"], table["transfers_pct"])[0, 1] > 0.95
    rank = table[["grant_pct", "transfers_pct"]].rank()
    assert rank.corr().iloc[0, 1] > 0.9
    # A grant nets what a place pays into the centre, so it is no larger than the transfer it receives.
    assert (table["grant"] < table["transfers"] * 1.05).all()


def test_columns_are_what_the_ledger_says(checked):
    """Grants add up to public consumption less local revenue; owners receive all that is not owned abroad."""
    e, table = checked
    b, h = e.base, len(e.home)
    assert table["grant"].sum() == pytest.approx(float(b.grant.sum()), rel=1e-12)
    share = np.asarray(b.factor_share)[1, :h] * np.asarray(b.value_added)[:h]
    capital = np.array([share[np.asarray(g) > 0].sum() for g in b.province])
    kept = (share.sum(axis=1) * (1 - np.asarray(b.owned_abroad))).sum()
    assert (table["property_over_capital"] * capital).sum() == pytest.approx(kept, rel=1e-9)
    assert table["property_over_capital"].between(OWNERSHIP[0] * 0.9, OWNERSHIP[1]).all()
    income = np.asarray(b.residual)[:h] / np.asarray(b.residual_rate)
    by_province = np.asarray(b.province) @ income
    np.testing.assert_allclose(table["residual_pct"], 100 * (np.asarray(b.province) @ b.residual[:h]) / by_province)


def test_a_tariff_between_home_regions_is_refused_not_ignored(checked):
    e, _ = checked
    z = e.zeros
    with pytest.raises(ValueError, match="one customs territory"):
        e.solve(z.replace(d_tariff=z.d_tariff.at[2, 0, 1].set(0.1)))
