"""Bands of paths: no spread is the central path, quantiles by hand, draws that repeat, draws that aren't solved."""

import json
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import citybelt as cb
from citybelt import cli
from citybelt.config import configure
from citybelt.errors import InputError, NotSolvedError
from citybelt.model import theory as static
from citybelt.path import bands as of_path
from citybelt.path import parameters, sums, timing
from citybelt.path.begin import begin
from citybelt.path.march import march
from citybelt.path.result import QUANTITIES
from citybelt.people.record import Moves
from citybelt.scenario.levers import central
from citybelt.scenario.simulate import opened

TO = 2027


class Middle:
    """Random numbers that are always the middle of their distribution."""

    def normal(self, size):
        return np.zeros(size)

    def uniform(self, low, high):
        return (low + high) / 2


@pytest.fixture(scope="module")
def world():
    configure()
    return cb.load("northeast")


@pytest.fixture(scope="module")
def base(world):
    return begin(world, TO)


def without_spread(monkeypatch):
    """Every range of every table closed on its value."""
    for module, name in ((parameters, "table"), (static, "table"), (of_path, "unsure")):
        rows = getattr(module, name)()
        monkeypatch.setattr(module, name, lambda rows=rows: rows.assign(low=rows["value"], high=rows["value"]))


def assert_central(path):
    """Low, median and high are the central path, to what a search of equilibria leaves."""
    levers = path.x is not path.without
    own = sums.sums_of(path.x, path.without if levers else None, sums.sets(path.cluster), path.aged)
    assert set(path.band.totals) == set(own) and levers == ("people_change" in own)
    for k, value in own.items():
        for end in of_path.ENDS:
            found = path.band.totals[k].sel(end=end)
            np.testing.assert_allclose(found, value, rtol=1e-7, atol=1e-6 if k.endswith("change") else 1e-3, err_msg=k)
    for k in of_path.PLACES:
        for end in of_path.ENDS:
            np.testing.assert_allclose(path.band.places[k].sel(end=end), path.x[k].values[-1], rtol=1e-7)
    shown = list(path.band.people["year"].values)
    assert shown == [2020, TO]
    for end in of_path.ENDS:
        band = path.band.people.sel(end=end, place=path.x["region"].values)
        np.testing.assert_allclose(
            band, path.people.sel(year=shown).transpose(*band.rename(place="region").dims), rtol=1e-7
        )
        np.testing.assert_allclose(path.band.people.sel(end=end, place="nation"), band.sum("place"), rtol=1e-7)
        inside = path.flows.sel(year=shown[1:], region=path.x["region"].values[path.cluster > 0]).sum("region")
        np.testing.assert_allclose(path.band.flows.sel(end=end), inside, rtol=1e-6)
        np.testing.assert_allclose(path.band.energy.sel(end=end), path.energy, rtol=1e-7)
        np.testing.assert_allclose(path.band.power.sel(end=end), path.power, rtol=1e-7)
        highest = [path.years[np.argmax(path.totals[of]["co2"])] for of in ("cluster", "nation")]
        np.testing.assert_array_equal(path.band.peak.sel(end=end), highest)


def test_the_middle_of_all_ranges_is_the_central_path(world, monkeypatch):
    monkeypatch.setattr(of_path, "numbers", lambda k: Middle())
    assert_central(cb.path(world, "research_push", to=TO, draws=2))


def test_a_path_of_which_all_is_known_has_no_band(world, monkeypatch):
    without_spread(monkeypatch)
    assert_central(cb.path(world, "baseline", to=TO, draws=2))


def test_quantiles_by_hand():
    """Of eleven draws 0, 1, ..., 10 the 10, 50 and 90 % points are the second, sixth and tenth."""
    draws = np.arange(11.0)
    np.random.default_rng(0).shuffle(draws)
    at, names = {"of": ["cluster", "nation"], "year": [2020, 2021, 2022]}, list("abcd")
    by_age = {"year": [2020, 2022], "place": [*names, "cluster", "nation"], "sex": ["f", "m"], "age": ["0-4"]}
    shapes = {
        "flows": ("year", "flow"),
        "energy": ("year", "of", "fuel"),
        "power": ("year", "carrier"),
        "peak": ("of",),
    }
    seen = [
        {
            "people": xr.DataArray([[d, 2 * d, 3.0], [d + 1, d + 2, -d]], at, ("of", "year")),
            "people by age": d * xr.DataArray(np.ones((2, 6, 2, 1)), by_age, ("year", "place", "sex", "age")),
            **{k: d * xr.DataArray(np.ones((2,) * len(dims)), dims=dims) for k, dims in shapes.items()},
            **{
                f"{k} by place": d * xr.DataArray(np.arange(1.0, 5) + add, {"region": names}, ("region",))
                for k, add in (("people", 0), ("output", 4))
            },
        }
        for d in draws
    ]
    found = of_path.gathered(seen, 12)
    assert (found.draws, found.solved) == (12, 11)
    people = found.totals["people"]
    np.testing.assert_allclose(people.sel(of="cluster", year=2021), [2, 10, 18])
    np.testing.assert_allclose(people.sel(of="cluster", year=2022), [3, 3, 3])
    np.testing.assert_allclose(people.sel(of="nation", year=2020), [2, 6, 10])
    np.testing.assert_allclose(people.sel(of="nation", year=2022), [-9, -5, -1])
    np.testing.assert_allclose(found.places["output"].sel(region="c"), [7, 35, 63])
    np.testing.assert_allclose(found.people.sel(place="c", sex="m", year=2022)[:, 0], [1, 5, 9])
    np.testing.assert_allclose(found.peak[:, 1], [1, 5, 9])
    told = found.to_json()
    np.testing.assert_allclose(told["totals"]["cluster"]["people"], [[1, 5, 9], [2, 10, 18], [3, 3, 3]])
    np.testing.assert_allclose(told["last_year_by_region"]["people"], [[k, 5 * k, 9 * k] for k in (1, 2, 3, 4)])
    assert np.shape(told["people"]["values"]) == (2, 2, 2, 1, 3) and told["people"]["place"][0] == "cluster"
    assert told["solved"] == 11 and told["level"] == 0.8


def test_sums_and_changes_by_hand():
    at = {"year": [2020, 2021], "region": ["a", "b", "c"]}

    def table(**values):
        zeros = ("births", "deaths", "came", "left", "abroad", "productivity", "debt")
        full = {k: np.zeros((2, 3)) for k in zeros} | {k: np.ones((2, 3)) for k in QUANTITIES if k not in zeros}
        return xr.Dataset({k: (("year", "region"), np.asarray(v, float)) for k, v in (full | values).items()}, at)

    plain = table(people=[[1, 2, 3], [4, 5, 6]], old=[[0, 1, 1], [1, 2, 3]], output=[[1, 1, 1], [2, 3, 5]],
                  income=[[2, 2, 2], [2, 1, 6]], came=[[0, 0, 0], [5, 1, 0]],
                  left=[[0, 0, 0], [1, 2, 3]], co2=np.ones((2, 3)))  # fmt: skip
    more = plain.assign(output=plain["output"] * 1.1, came=plain["came"] + 2, old=plain["old"] * 0.5)
    more = more.assign(productivity=more["productivity"] + np.log([[1.0], [1.5]]), debt=more["debt"] + 2)
    found = sums.sums_of(more, plain, sums.sets(np.array([1.0, 0, 1])))
    np.testing.assert_allclose(found["people"], [[4, 10], [6, 15]])
    np.testing.assert_allclose(found["old_share"], [[12.5, 20], [100 / 6, 20]])
    np.testing.assert_allclose(found["migration"][:, 1], [5 + 4 - 4, 6 + 6 - 6])
    np.testing.assert_allclose(found["output_change"], 10)
    np.testing.assert_allclose(found["migration_change"], [[4, 4], [6, 6]])
    np.testing.assert_allclose(found["old_share_change"], [[-12.5, -20], [-100 / 6, -20]])
    np.testing.assert_allclose(found["people_change"], 0)
    np.testing.assert_allclose(found["productivity"], [[1, 1.5], [1, 1.5]])
    np.testing.assert_allclose(found["debt_share"], 100 * np.array([[4, 4], [6, 6]]) / [[4, 8], [6, 9]])
    np.testing.assert_allclose(found["head"], np.array([[2.2, 7.7], [3.3, 11]]) / [[4, 10], [6, 15]])


def test_draws_repeat_and_depend_on_their_number_alone(world):
    few, more = (cb.path(world, "baseline", to=TO, draws=n).band for n in (3, 3))
    xr.testing.assert_identical(few.totals, more.totals)
    xr.testing.assert_identical(few.places, more.places)
    sectors = list(map(str, world.x.sector.values))
    one, same, other = (of_path.drawn(k, sectors, (), {}) for k in (4, 4, 5))
    assert one.parameters == same.parameters and one.births == same.births
    assert all((a == b).all() for a, b in zip(*map(jax.tree.leaves, (one.theory, same.theory)), strict=True))
    assert one.parameters != other.parameters and one.moves != other.moves


def test_what_the_user_sets_is_not_drawn(world):
    sectors = list(map(str, world.x.sector.values))
    draws = [of_path.drawn(k, sectors, (), {"horizon": 12.0, "congestion": 0.1}) for k in range(6)]
    assert {d.parameters["horizon"] for d in draws} == {12.0}
    assert {float(d.theory.congestion) for d in draws} == {0.1}
    assert len({d.parameters["delta"] for d in draws}) == 6


def test_draws_lie_in_their_ranges_as_often_as_they_should():
    """Eight in ten of a thousand draws, nine in ten where no draw falls below zero, the low end."""
    rows = of_path.unsure().set_index("symbol")
    found = {
        k: np.array([d[k] for d in map(of_path._of_people, map(np.random.default_rng, range(1000)))])
        for k in rows.index
    }
    for k, row in rows.iterrows():
        inside = np.mean((found[k] >= row["low"]) & (found[k] <= row["high"]))
        # Three standard deviations of a share of 0.8 in a thousand.
        assert abs(inside - (0.9 if row["low"] == 0 else 0.8)) < 0.04, k
        assert (found[k] >= 0).all()
    closing = np.array([parameters.parameters(np.random.default_rng(k))["closing"] for k in range(400)])
    assert closing.max() == 1 and 0.4 < np.mean(closing == 0) < 0.6


def test_more_births_by_hand():
    given = jnp.asarray(np.random.default_rng(3).uniform(size=(14, 3, 5)))
    found = np.asarray(of_path.more_births(given, 1.5) / given)
    np.testing.assert_allclose(found[0], 1.05)
    np.testing.assert_allclose(found[4], 1.25)
    np.testing.assert_allclose(found[9:], 1.5)
    np.testing.assert_allclose(of_path.more_births(given, 1.0), given)


def test_level_of_moves():
    rng = np.random.default_rng(4)
    share = rng.uniform(size=(4, 4, 3))
    share = share + 9 * np.eye(4)[:, :, None]
    share = jnp.asarray(share / share.sum(axis=1, keepdims=True))
    moves = Moves(share, np.array([0, 1, 2, 2, 1]), jnp.full(3, 0.5))
    away = ~np.eye(4, dtype=bool)
    for level in (0.0, 0.3, 1.0, 1.15):
        found = of_path.at_level(moves, level).share
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
        np.testing.assert_allclose(np.asarray(found)[away], level * np.asarray(share)[away], rtol=1e-12)
    crowded = of_path.at_level(moves, 50.0).share
    np.testing.assert_allclose(crowded.sum(axis=1), 1, rtol=1e-12)
    assert (crowded >= -1e-15).all()


def test_central_effects_make_the_central_shocks(world, base):
    _, _, chosen = opened(world, "research_push", through_time=True)
    levers = tuple(chosen)
    begun = np.linspace(0, 3, len(base.years))[:, None] * np.ones(len(levers))
    effects = central(levers)
    expected = timing.moved(levers, jnp.asarray(begun))
    assert jax.tree.structure(of_path.moved(levers, effects, begun)) == jax.tree.structure(expected)
    for found, own in zip(*map(jax.tree.leaves, (of_path.moved(levers, effects, begun), expected)), strict=True):
        np.testing.assert_allclose(found, own, rtol=1e-12, atol=1e-15)
    dear = of_path.moved(levers, replace(effects, unit_cost=2 * effects.unit_cost), begun)
    np.testing.assert_allclose(dear.levers.purchase, 2 * expected.levers.purchase, rtol=1e-12)
    np.testing.assert_allclose(dear.research, expected.research, rtol=1e-12)


def test_begun_again_is_begun_anew(world, base):
    """Taking over the people of another beginning changes nothing, and only arrays differ: nothing is compiled anew."""
    changed = {"horizon": 9.5, "delta": 0.08, "own": 0.1, "sigma": 0.8, "congestion": 0.2}
    fresh, again = begin(world, TO, **changed), begin(world, TO, like=base, **changed)
    for name in ("rules", "inputs", "stocks"):
        pairs = zip(*(jax.tree.leaves(getattr(b, name)) for b in (fresh, again)), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs), name
    march(base.rules, base.inputs, base.stocks)
    programs = march._cache_size()
    sectors = list(base.economy.sectors)
    own = of_path.at_draw(world, base, of_path.drawn(1, sectors, (), {}), False, {})
    march(own.rules, own.inputs, own.stocks)
    assert march._cache_size() == programs


def unsolved_at(numbers, base):
    """A solver of paths that fails at some calls, and else returns years that change nothing."""
    _, years = march(base.rules, base.inputs, base.stocks)
    calls = iter(range(1000))

    def solve(own, inputs):
        if next(calls) in numbers:
            raise NotSolvedError("No equilibrium was reached in 2021.")
        return years

    return solve


def test_draws_that_are_not_solved_are_counted(world, base):
    cluster, none = np.ones(len(base.economy.home)), np.zeros((len(base.years), 0))
    told = []
    found = of_path.bands(
        world, base, (), none, cluster, 10, unsolved_at({3}, base), progress=lambda *step: told.append(step)
    )
    assert (found.draws, found.solved) == (10, 9)
    assert told == [("draws", k, 10) for k in range(11)]
    with pytest.raises(NotSolvedError, match=r"8 of 10.*2021"):
        of_path.bands(world, base, (), none, cluster, 10, unsolved_at({0, 7}, base))


def test_bands_on_the_command_line(capfd):
    given = ["run", "northeast", "research_push", "--to", str(TO), "--draws", "3"]
    assert cli.main([*given, "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    band = told["band"]
    assert band["draws"] == band["solved"] == 3
    assert np.shape(band["totals"]["cluster"]["output_change"]) == (8, 3)
    assert np.shape(band["last_year_by_region"]["people"]) == (65, 3)
    ends = np.array(band["totals"]["nation"]["people"])
    assert (np.diff(ends, axis=1) >= 0).all() and ends[0, 0] == ends[0, 2] and ends[1, 0] < ends[1, 2]
    assert cli.main([*given, "--lang", "zh"]) == 0
    shown = capfd.readouterr().out
    assert f"{TO}年80%区间" in shown and "中位数" in shown


def test_no_draws_no_band_and_bad_draws_are_told(world):
    path = cb.path(world, "baseline", to=TO)
    assert path.band is None and path.to_json()["band"] is None
    with pytest.raises(InputError, match="draws"):
        cb.path(world, "baseline", to=TO, draws=-1)
