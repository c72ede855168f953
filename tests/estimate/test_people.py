import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.errors import InputError
from citybelt.estimate.people import aggregate, assumptions, deviations, fill_registered, registered_in
from citybelt.estimate.people import fill as fill_people


def fill(*census, elasticity=1.1, other_city=0.7, old_odds=0.4):
    return fill_people(*census, elasticity=elasticity, other_city=other_city, old_odds=old_odds)


def random_census(seed, cities=11):
    """Residents, register and classes of a random country; province 3 is a single city."""
    rng = np.random.default_rng(seed)
    province = np.concatenate([np.arange(4), rng.integers(0, 3, cities - 4)])
    total = rng.lognormal(13, 0.7, cities)
    old = rng.uniform(0.1, 0.3, cities)
    residents = total[:, None] * np.stack([1 - old, old], 1)
    other_province, other_county = total * rng.uniform(0.01, 0.2, cities), total * rng.uniform(0.01, 0.15, cities)
    registered = total * rng.uniform(0.8, 1.3, cities)
    place = rng.uniform(0, 1500, (cities, 2))
    distance = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1)) + 1
    return residents, registered, other_county, other_province, province, distance


@given(st.integers(0, 3000))
@settings(max_examples=25, deadline=None)
def test_counts_are_met_and_nobody_leaves_twice(seed):
    residents, registered, other_county, other_province, province, distance = random_census(seed)
    filled = fill(residents, registered, other_county, other_province, province, distance)
    moves = filled.migrants.sum(2)
    same = province[:, None] == province[None]
    np.testing.assert_allclose(filled.residents, residents, rtol=1e-12)
    np.testing.assert_allclose((moves * ~same).sum(0), other_province, rtol=1e-9)
    np.testing.assert_allclose((moves * same).sum(0) - np.diag(moves), filled.same_province, rtol=1e-9, atol=1e-6)
    assert filled.same_province[3] == 0
    assert (filled.same_province <= other_county).all()
    assert (filled.migrants >= 0).all()
    assert (moves <= filled.registered.sum(1)[:, None]).all()
    assert filled.registered.sum() == pytest.approx(residents.sum())


def test_a_consistent_register_is_kept():
    """From a matrix's own margins the fill returns its margins."""
    residents, registered, other_county, other_province, province, distance = random_census(1)
    first = fill(residents, registered, other_county, other_province, province, distance)
    own = first.registered.sum(1)
    again = fill(residents, own, first.same_province, other_province, province, distance, other_city=1.0)
    np.testing.assert_allclose(again.registered.sum(1), own, rtol=1e-8)
    np.testing.assert_allclose(again.migrants, first.migrants, rtol=1e-6, atol=1e-3)


def test_the_old_move_less_by_the_stated_odds():
    filled = fill(*random_census(2))
    migrants, index = filled.migrants, np.arange(11)
    arrivals = migrants.sum(0) - migrants[index, index]
    odds = arrivals[:, 1] / arrivals[:, 0] / (filled.residents[:, 1] / filled.residents[:, 0])
    np.testing.assert_allclose(odds, 0.4)


def test_distance_decides_between_origins_of_equal_size():
    residents, registered, other_county, other_province, province, distance = random_census(3)
    near = fill(residents, registered, other_county, other_province, province, distance, elasticity=2.0)
    far = fill(residents, registered, other_county, other_province, province, distance, elasticity=0.0)

    def mean_distance(filled):
        moves = filled.migrants.sum(2)
        np.fill_diagonal(moves, 0)
        return (moves * distance).sum() / moves.sum()

    assert mean_distance(near) < mean_distance(far)


def test_aggregating_keeps_every_person():
    filled = fill(*random_census(4))
    region = np.array([0, 1, 1, 2, 0, 0, 3, 3, 2, 1, 0])
    merged = aggregate(filled.migrants, region)
    assert merged.shape == (4, 4, 2)
    for r in range(4):
        np.testing.assert_allclose(merged[r].sum(), filled.registered[region == r].sum())
        np.testing.assert_allclose(merged[:, r].sum(0), filled.residents[region == r].sum(0))
    assert merged[0, 1, 1] == pytest.approx(filled.migrants[np.ix_(region == 0, region == 1)][..., 1].sum())


def test_deviations_show_what_binds_and_what_was_adjusted():
    census = random_census(5)
    filled = fill(*census)
    table = deviations(filled, census[1], census[3], census[4], list("abcd"), census[3].sum(), 2020)
    bound = table[table["total"] == "residents_from_other_provinces"]
    assert len(bound) == 5 and not bound["exempt"].any()
    assert bound["deviation_pct"].abs().max() < 1e-7
    register = table[table["total"] == "registered"]
    assert register["exempt"].all()
    np.testing.assert_allclose(register["known"].sum(), census[1].sum())


def test_assumptions_are_the_arguments_of_the_fill_within_their_ranges():
    assert set(assumptions()) == {"elasticity", "other_city", "old_odds"}
    assert assumptions()["old_odds"] == pytest.approx(0.072 / 0.928 / (0.161 / 0.839), abs=1e-3)
    assert fill_people(*random_census(7), **assumptions()).migrants.shape == (11, 11, 2)


def test_a_matrix_is_rebuilt_from_its_factors():
    census, parameters = random_census(8), {"elasticity": 1.1, "other_city": 0.7, "old_odds": 0.4}
    filled = fill_people(*census, **parameters)
    again = fill_people(*census, **parameters, start=filled.start)
    np.testing.assert_allclose(again.migrants, filled.migrants, rtol=1e-9, atol=1e-6)


def test_bad_counts_are_named():
    residents, registered, other_county, other_province, province, distance = random_census(6)
    registered[3] = np.nan
    with pytest.raises(InputError, match=r"registered \(3,\): the value is nan"):
        fill(residents, registered, other_county, other_province, province, distance)
    with pytest.raises(InputError, match="city 0: more residents come from elsewhere"):
        fill(residents, np.ones(11), residents.sum(1), other_province, province, distance)


def test_a_missing_register_takes_the_ratio_of_its_province():
    registered, filled = fill_registered(
        np.array([120.0, np.nan, np.nan]),
        np.array([110.0, 60.0, 40.0]),
        np.array([10.0, 10.0, 0.0]),
        np.array([0, 0, 1]),
    )
    np.testing.assert_allclose(registered, [120, 60, 48])
    assert filled.tolist() == [False, True, True]


def test_residents_printed_in_the_column_of_the_register_are_dropped():
    history = pd.DataFrame(
        {2018: [100.0, 50.0, 70.0, np.nan], 2019: [99.0, 51.0, np.nan, np.nan], 2020: [80.5, 52.0, np.nan, 33.0],
         2021: [97.0, 52.5, np.nan, 33.1]},
        index=list("abcd"),
    )  # fmt: skip
    residents = pd.Series([80.0, 60.0, 71.0, 33.0], index=list("abcd"))
    table = registered_in(history, residents, 2020)
    assert table["registered"].tolist() == [98.0, 52.0, 70.0, 33.0]
    assert table["grade"].tolist() == ["B", "A", "B", "A"]
    assert table["dropped"].tolist() == [True, False, False, False]
