"""A national run against the medium variant: every person of the gap is accounted for."""

import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.people import start_base, start_gap, start_rates
from citybelt.people.start import start
from citybelt.worlds import tables


@pytest.fixture(scope="module")
def tables_of():
    return {base: start_gap.apart(base) for base in ("census", "national", "medium")}


@pytest.mark.parametrize("base", ["census", "national", "medium"])
def test_the_terms_are_the_gap(tables_of, base):
    """Against the published total and a run of its own, to the person."""
    table = tables_of[base]
    begun = start("nation", last=2050, base=base)
    people, _ = start_gap.run(begun)
    held = start_rates.medium()
    np.testing.assert_allclose(table["gap"], held.loc[table.index, "total"] - people[1:].sum(axis=1), atol=1e-3)
    np.testing.assert_allclose(table[list(start_gap.TERMS)].sum(axis=1), table["gap"], atol=0.01)
    by_age = table[[c for c in table if c.startswith("base ")]].sum(axis=1)
    np.testing.assert_allclose(by_age, table["base"], atol=0.01)
    # What the variant's own books don't close by is its rounding.
    assert table["rest"].abs().max() < 1e4


def test_children_of_the_missing_are_those_of_the_difference_of_two_runs(tables_of):
    """Births and deaths of the run from the variant's base less those of the run from the census, step by step."""
    runs = {b: start_gap.run(start("nation", last=2050, base=b)) for b in ("census", "medium")}
    (_, a), (_, b) = runs["census"], runs["medium"]
    table = tables_of["census"]
    more = (b[:, 0] - a[:, 0]).cumsum() - (b[:, 1] - a[:, 1]).cumsum()
    np.testing.assert_allclose(table["died"] + table["born"], more, atol=0.01)
    assert (table["born"] > 0).all() and table["born"].iloc[0] < (b[0, 0] - a[0, 0])


def test_from_the_census_the_base_makes_the_gap(tables_of):
    table = tables_of["census"] / 1e6
    assert table["base"].iloc[0] == pytest.approx(17.0, abs=0.05)
    assert table["base 15-30"].iloc[0] == pytest.approx(23.4, abs=0.1)
    last = table.loc[2050]
    assert [last[t] for t in start_gap.TERMS] == pytest.approx([17.0, 10.7, 8.2, 0.0, -1.0, -5.1, 0.0], abs=0.06)


def test_those_in_service_and_the_missed_are_counted_for_the_nation_alone():
    units = start_base.persons(2020)[0].sum(axis=0)
    whole = start_base.national(2020, units)
    assert whole.sum() == pytest.approx(1411.78e6 / 0.9995, rel=1e-12)
    # As many as the two published totals are apart: 1,411.78 million with them, 1,409.78 without.
    added = whole - units / 0.9995
    assert added.sum() == pytest.approx(2.0e6, abs=0.01e6)
    assert added[:, :18].sum() == pytest.approx(0.0, abs=1e-3) and added[:, 35:].sum() == pytest.approx(0.0, abs=1e-3)
    begun = start("provinces", last=2021, base="national")
    assert float(begun.persons.sum()) == pytest.approx(whole.sum(), rel=1e-12)
    with pytest.raises(InputError, match="only that of 2020"):
        start("nation", 2010, base="national")


def test_no_published_base_brings_the_run_within_the_bound(tables_of):
    """With service and undercount 14.3 million are missing still: 1.6 % in 2030 and 2.2 % in 2050."""
    held = start_rates.medium()["total"]
    off = {b: 100 * t["gap"] / held.loc[t.index] for b, t in tables_of.items()}
    assert off["census"].loc[[2030, 2050]].tolist() == pytest.approx([1.82, 2.38], abs=0.01)
    assert off["national"].loc[[2030, 2050]].tolist() == pytest.approx([1.62, 2.18], abs=0.01)
    assert off["medium"].abs().max() < 0.6


def test_two_censuses_agree_on_those_whom_the_variant_adds():
    """People of 15 to 29 in 2020: as many as at 5 to 19 ten years before, fewer than the United Nations have."""
    then, now = (start_base.persons(y)[0].sum(axis=(0, 1)) for y in (2010, 2020))
    assert now[15:30].sum() == pytest.approx(then[5:20].sum(), rel=0.03)
    held = tables.facts("wpp_population", year=2020)
    held = held[held["region"] == tables.NATION].set_index("item")["value"]
    older = sum(held[f"{s}:{a}-{a + 4}"] for s in "FM" for a in (15, 20, 25))
    assert older - now[15:30].sum() == pytest.approx(28e6, abs=1e6)
