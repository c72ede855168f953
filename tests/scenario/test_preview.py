"""A preview against exact equilibria: its slopes, its order, what it says of its own error."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.engine.response import every_pair, of_shock, respond
from citybelt.errors import InputError
from citybelt.model.accounts import closure
from citybelt.model.economy import economy
from citybelt.model.outcomes import by_region, summary
from citybelt.model.panel import panel, split
from citybelt.model.theory import theory
from citybelt.scenario.levers import levers, shock
from citybelt.scenario.preview import LEVEL, Preview
from citybelt.scenario.preview_build import build, derivatives, exact, mixes, sets_of, with_error
from small_world import small_levers, small_world

CHOSEN = ("hsr_harbin_yichun", "clearance_japan_korea", "land_central", "training_cluster", "carbon_price_cluster")
#: At their bounds the levers would overturn so small an economy; shocks of a planner's size are asked for.
PART = 0.3


@pytest.fixture(scope="module")
def world():
    dataset = small_world(0)
    menu = [lever for lever in small_levers(dataset) if lever.id in CHOSEN]
    e = economy(dataset, theory(dataset.x.sector.values), closure())
    sets = sets_of(e, dataset)
    return dataset, menu, e, sets


@pytest.fixture(scope="module")
def preview(world):
    dataset, menu, e, sets = world
    return with_error(derivatives(e, menu, sets, dataset.name), exact(e, menu, sets), 100)


def test_the_panel_is_the_tables_that_people_read(world):
    dataset, menu, e, sets = world
    values = 0.3 * np.array([lever.card.upper for lever in menu])
    s = e.solve(shock(menu, jnp.asarray(values)))
    p = derivatives(e, menu, sets, dataset.name)
    seen = p.at(values)
    none = np.zeros_like(seen.first)
    truth = seen._replace(first=exact(e, menu, sets)(values), second=none, beyond=none)
    found = p.by_region(truth)
    table = by_region(e, s, np.asarray(sets.goods))
    for name in p.regional:  # the table reads the wage off the state, which differs by what the equilibrium leaves open
        size = np.abs(table[name]).max()
        np.testing.assert_allclose(found[name], table[name], rtol=0, atol=2e-8 * size, err_msg=name)
    totals = p.table(truth)["change"]
    for name, members in zip(p.sets, np.asarray(sets.members), strict=True):
        read = summary(e, s, members)
        for key in ("welfare", "ev", "people", "output"):
            assert totals[key, name] == pytest.approx(read[key], rel=1e-9, abs=1e-2 if key == "people" else 1e-9)


def test_nothing_done_changes_nothing(preview):
    seen = preview.at({})
    assert not seen.changes.any() and seen.changes.shape == seen.error.shape


def test_first_and_second_order_are_those_of_exact_equilibria(world, preview):
    """Central differences of fourth order along a mix, in the coordinates and so in the levers' own curves."""
    _, menu, e, sets = world
    solve_at = exact(e, menu, sets)
    way = PART * preview.upper * np.array([0.9, 0.4, 0.7, 0.2, 0.6])
    t = np.array([1.0, 2.0, 3.0, 4.0]) / 4
    errors = [np.abs(solve_at(k * way) - preview.at(k * way).first - preview.at(k * way).second) for k in (1.0, 0.5)]
    size = np.abs(preview.first).max(axis=0) > 1e-3
    ratio = errors[0][size].sum() / errors[1][size].sum()
    assert 6.5 < ratio < 9.5  # what is left is of third order
    # One lever with a straight response and cost: the quartic through five exact points has the slope and curvature.
    line = np.zeros((len(t) + 1, preview.first.shape[1]))
    rail = preview.levers.index("hsr_harbin_yichun")
    for row, k in enumerate(t, 1):
        line[row] = solve_at(k * preview.upper * np.eye(len(menu))[rail])
    fit = np.linalg.solve(np.vander(np.r_[0.0, t], 5, increasing=True), line)
    k = int(np.flatnonzero(preview.lever == rail)[0])
    assert list(preview.lever).count(rail) == 1
    square = np.flatnonzero((preview.pairs == k).all(axis=1))[0]
    scale = np.maximum(np.abs(preview.first[k]), 1e-3)
    assert (np.abs(fit[1] - preview.first[k]) / scale).max() < 1e-3
    assert (np.abs(2 * fit[2] - preview.second[square]) / np.maximum(np.abs(preview.second[square]), 1e-2)).max() < 0.1


@pytest.mark.parametrize("part", [0.5, 1.0])
def test_levers_alone_are_exact_where_they_were_solved(world, preview, part):
    _, menu, e, sets = world
    solve_at = exact(e, menu, sets)
    size = np.abs(preview.first).max(axis=0).max()
    for k in (0, 3):
        values = part * preview.upper * np.eye(len(menu))[k]
        np.testing.assert_allclose(preview.at(values).changes, solve_at(values), rtol=1e-6, atol=1e-9 * size)


def test_the_error_covers_what_it_says(world, preview):
    """Mixes that nothing was fitted to, from another seed."""
    _, menu, e, sets = world
    solve_at = exact(e, menu, sets)
    trials = mixes(preview.upper, 120, 99)
    seen = [preview.at(v) for v in trials]
    missed = np.array([np.abs(solve_at(v) - g.changes) for v, g in zip(trials, seen, strict=True)])
    covered = missed <= np.array([g.error for g in seen])
    assert covered.mean() >= LEVEL - 0.03
    # It is the error of the mix asked for: a tenth of the values has a far smaller one.
    far, near = preview.at(0.8 * preview.upper), preview.at(0.08 * preview.upper)
    big = far.error > 1e-6
    assert (near.error[big] < 0.1 * far.error[big]).all()


def test_values_out_of_bounds_are_refused(preview):
    with pytest.raises(InputError, match="is not in this preview"):
        preview.at({"no_such_lever": 1.0})
    with pytest.raises(InputError, match="outside 0 to"):
        preview.at({"training_cluster": 1e9})
    with pytest.raises(InputError, match="for 5 levers"):
        preview.at([1.0])
    with pytest.raises(InputError, match="outside 0 to"):
        preview.at([float("nan")] * 5)


def test_a_preview_is_kept_in_a_file(preview, tmp_path):
    preview.save(tmp_path / "a.npz")
    again = Preview.load(tmp_path / "a.npz")
    values = 0.4 * preview.upper
    for one, two in zip(preview.at(values), again.at(values), strict=True):
        np.testing.assert_array_equal(one, two)
    assert again.levers == preview.levers and again.draws == 100 and "5 levers" in repr(again)
    assert set(again.to_json()["welfare_at_bound"]) == set(CHOSEN)
    (tmp_path / "b.npz").write_bytes(b"nothing")
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "d.npz").write_bytes(whole[: len(whole) // 2])
    for bad in ("b.npz", "c.npz", "d.npz"):
        with pytest.raises(InputError, match="not a preview"):
            Preview.load(tmp_path / bad)
    with pytest.raises(InputError, match="cannot be written"):
        preview.save(tmp_path / "no such folder" / "a.npz")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b.npz", "d.npz"]


def test_a_stored_preview_starts_no_array_engine(preview, tmp_path):
    preview.save(tmp_path / "a.npz")
    code = (
        "import sys; from citybelt.scenario.preview import Preview; p = Preview.load(sys.argv[1]);"
        "p.at(0.5 * p.upper); assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.npz")], check=True)


def test_bad_requests_are_refused_before_the_work(world):
    dataset = world[0]
    with pytest.raises(InputError, match="too few"):
        build(dataset, draws=10)
    with pytest.raises(InputError, match="capital"):
        build(dataset, closure={"capital": "none"})


@pytest.mark.slow
def test_derivatives_on_the_northeast_are_differences(northeast):
    """Two levers of its own, one of them on migration, at a third of their bounds: every outcome of every region."""
    menu = [lever for lever in levers(northeast) if lever.id in ("registration_central", "road_harbin_dalian")]
    e = economy(northeast, theory(northeast.x.sector.values), closure())
    sets, h = sets_of(e, northeast), len(e.home)
    upper = jnp.asarray([lever.card.upper for lever in menu])
    ways = [shock(menu, upper * jnp.eye(2)[k]) for k in range(2)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *ways)

    def there(x, y):
        z = jax.tree.map(lambda one, two: x * one + y * two, *ways)
        s = e.solve(z)
        return respond(panel, of_shock, s, s.shock, stacked, every_pair(2), None, sets)

    def size(derivatives):
        parts = (np.abs(part).max(axis=(0, 2)) for part in split(derivatives, h))
        return np.concatenate([np.repeat(most, n) for most, n in zip(parts, (h, 2), strict=True)])

    found, t = there(0.3, 0.4), 2e-2
    for k in range(2):
        ends = [there(0.3 + n * t * (k == 0), 0.4 + n * t * (k == 1)) for n in (1, -1, 2, -2)]
        values, firsts = ([getattr(end, name) for end in ends] for name in ("values", "first"))
        slope, bend_ = ((8 * (y[0] - y[1]) - (y[2] - y[3])) / (12 * t) for y in (values, firsts))
        assert (np.abs(found.first[k] - slope) / size(found.first)).max() < 1e-6
        for other in range(2):
            row = k + other  # pairs 00, 01, 11
            assert (np.abs(found.second[row] - bend_[other]) / size(found.second)).max() < 1e-6


@pytest.mark.slow
def test_coverage_on_the_northeast(northeast):
    """A hundred mixes of all levers; the thousand of the documentation are made by ``benchmarks``."""
    p = build(northeast, levers(northeast))
    e = economy(northeast, theory(northeast.x.sector.values), closure())
    solve_at = exact(e, levers(northeast), sets_of(e, northeast))
    trials = mixes(p.upper, 100, 5)
    covered = [np.abs(solve_at(v) - p.at(v).changes) <= p.at(v).error for v in trials]
    assert np.mean(covered) >= 0.95


def test_levers_one_by_one_are_those_of_mixes_of_one(preview):
    mix = dict(zip(preview.levers, 0.6 * preview.upper, strict=True))
    for entry in (0, preview.first.shape[1] // 2, preview.first.shape[1] - 1):
        alone = [preview.at({k: v}).changes[entry] for k, v in mix.items()]
        assert preview.singly(mix, entry) == pytest.approx(alone, rel=1e-12, abs=1e-15)
