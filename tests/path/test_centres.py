"""Innovation centres: money by hand from the tables, knowledge by loops and in closed form, sites by enumeration."""

import csv
import os
from importlib.resources import files
from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import citybelt as cb
from citybelt.dims import PAYERS
from citybelt.path import centres
from citybelt.path.bands import moved as moved_in
from citybelt.path.technology import Technology, knowledge, step
from citybelt.path.timing import moved, phases, spending
from citybelt.scenario.levers import draw, levers, shock

T, BEGUN, BUILT, VALUE = 16, 3, 5, 2.5
CITY = {"innovation_shenyang": "210100", "innovation_harbin": "230100"}


@pytest.fixture(scope="module")
def menu(northeast):
    return {lever.id: lever for lever in levers(northeast)}


@pytest.fixture(scope="module")
def found(northeast):
    return cb.centres(northeast, 3)


def price(id):
    with (files("citybelt") / "scenario/costs.csv").open(encoding="utf-8") as file:
        return next(float(row["value"]) for row in csv.DictReader(file) if row["cost"] == id)


def begun(first=BEGUN, value=VALUE, years=T):
    return jnp.where(jnp.arange(years) >= first, value, 0.0)[:, None]


@pytest.mark.proposition("P24", "P29")
@pytest.mark.parametrize("id", CITY)
def test_money_is_that_of_the_card_year_by_year(menu, id):
    """Laboratories and land in five equal parts, then a yuan of research for each yuan, and nothing before."""
    once = VALUE * (price("centre_building") + price("centre_land") * price("land_ha") / 1000)
    by_hand = [0.0] * BEGUN + [once / BUILT] * BUILT + [VALUE] * (T - BEGUN - BUILT)
    np.testing.assert_allclose(spending([menu[id]], begun())[:, 0], by_hand, rtol=1e-12)
    building, running = (x[:, 0] for x in phases([menu[id]], begun()))
    assert float(building.sum()) == pytest.approx(once) and not (np.asarray(building) * np.asarray(running)).any()


@pytest.mark.proposition("P24")
@pytest.mark.parametrize("id", CITY)
def test_building_buys_works_and_then_research_is_bought(northeast, menu, id):
    """At the city, by the payers of the card; in draws where building or research is dearer, too."""
    lever, card = menu[id], menu[id].card
    region, sector = (list(northeast.x[k].values) for k in ("region", "sector"))
    effects = draw([lever], jnp.asarray([[0.5, 0.5, 0.9, 0.5]]))
    dearer = float(effects.unit_cost[0] / lever.unit_cost[1])
    assert dearer > 1.1
    for factor, z in ((1.0, moved([lever], begun())), (dearer, moved_in((lever,), effects, begun()))):
        bought = np.asarray(z.levers.purchase) / factor
        assert bought.sum(axis=(1, 2, 3)) == pytest.approx(np.asarray(spending([lever], begun()))[:, 0])
        for year, shares in ((BEGUN + 1, card.builds), (T - 1, card.buys)):
            whole = bought[year].sum()
            by_sector = dict(zip(sector, bought[year].sum(axis=(0, 1)) / whole, strict=True))
            assert {s: v for s, v in by_sector.items() if v > 1e-12} == pytest.approx(dict(shares))
            assert bought[year][:, region.index(CITY[id])].sum() == pytest.approx(whole)
            payers = dict(zip(PAYERS, bought[year].sum(axis=(1, 2)), strict=True))
            assert payers == pytest.approx({p: card.payers.get(p, 0.0) * whole for p in PAYERS})
    # One equilibrium buys both, in the proportion of yearly payments with interest at 4 per cent.
    once = price("centre_building") + price("centre_land") * price("land_ha") / 1000
    yearly = once * 0.04 / (1 - 1.04**-30) * 1.04 ** (BUILT / 2 + 3)
    mixed = {s: yearly * card.builds.get(s, 0) + 1.04**3 * card.buys.get(s, 0) for s in sector}
    assert float(lever.cost(1.0)) == pytest.approx(yearly + 1.04**3)
    np.testing.assert_allclose(
        np.asarray(shock([lever], [1.0]).purchase).sum(axis=(0, 1)), [mixed[s] for s in sector], rtol=1e-9, atol=1e-12
    )
    assert lever.outlay(VALUE).sum(axis=(0, 1))[sector.index("constr")] == pytest.approx(
        VALUE * once / BUILT * card.builds["constr"]
    )


@pytest.mark.proposition("P29")
@pytest.mark.parametrize("id", CITY)
def test_a_centre_is_research_from_the_year_in_which_it_works(menu, id):
    """The same knowledge as of a lever of research that is begun when the centre is built; none before."""
    other = menu[id.replace("innovation", "research")]
    of_centre = np.asarray(moved([menu[id]], begun()).research)
    of_research = np.asarray(moved([other], begun(BEGUN + BUILT)).research)
    np.testing.assert_allclose(of_centre, of_research, rtol=1e-12)
    assert not of_centre[: BEGUN + BUILT].any() and of_centre[BEGUN + BUILT].sum() == pytest.approx(VALUE)
    # In one equilibrium it does what as much research does, and costs more.
    one, same = (np.asarray(shock([lever], [VALUE]).log_A) for lever in (menu[id], other))
    np.testing.assert_array_equal(one, same)
    assert float(menu[id].cost(VALUE)) > float(other.cost(VALUE))


@pytest.mark.proposition("P29")
def test_together_with_research_it_is_one_stock(menu):
    """On a path a centre and more research at its place add up to one stock: nothing is counted twice."""
    both = [menu["innovation_harbin"], menu["research_harbin"]]
    values = jnp.concatenate([begun(), begun(BEGUN + BUILT)], axis=1)
    alone = moved([menu["research_harbin"]], begun(BEGUN + BUILT, 2 * VALUE)).research
    np.testing.assert_allclose(moved(both, values).research, alone, rtol=1e-12)
    assert not np.asarray(moved(both, values).levers.log_A).any()


def place(menu, seed=0):
    rng, h = np.random.default_rng(seed), menu["innovation_harbin"].shape.domestic
    near = np.exp(-rng.uniform(0, 4, (h, h))) * (1 - np.eye(h))
    research = rng.lognormal(0, 1, h)
    t = Technology(
        reach=jnp.asarray(near), start=jnp.asarray(research / 0.15), gap=jnp.zeros((h, 2)), own=0.065, learn=0.05,
        catch_up=0.2, schooling=1.0, schooled=2.3, obsolescence=0.15, growth=0.0, closing=0.0, research_growth=0.0,
    )  # fmt: skip
    return t, research, jnp.full(h, 2.2)


def run(t, research, human, more):
    """Log productivity and stocks after the years in which research is ``more`` than ``research``."""
    a, Z = jnp.zeros(t.gap.shape), t.start
    for year, extra in enumerate(more):
        after = knowledge(Z, research + extra, t.obsolescence)
        a, Z = step(t, a, Z, after, human, float(year)), after
    return a[:, 0], Z


@pytest.mark.proposition("P11", "P29")
def test_knowledge_of_a_centre_by_loops(menu):
    """Nothing before it works; then its research is added and wears; others learn from it by nearness."""
    lever, (t, research, human) = menu["innovation_harbin"], place(menu)
    at = int(np.argmax(lever.knowledge))
    years = 24
    more = moved([lever], begun(years=years)).research
    a, Z = run(t, jnp.asarray(research), human, more)
    worn = sum(VALUE * (1 - 0.15) ** (years - 1 - year) for year in range(BEGUN + BUILT, years))
    by_hand = research / 0.15 + np.where(np.arange(len(research)) == at, worn, 0.0)
    np.testing.assert_allclose(Z, by_hand, rtol=1e-12)
    slow = 0.2 * np.exp(2.2 - 2.3)
    learnt, held = np.zeros(len(research)), 0.0
    near = np.asarray(t.reach)[:, at]
    for year in range(years):
        heard = 0.05 * np.log1p(near * held / (np.asarray(t.reach) @ (research / 0.15)))
        learnt = learnt + slow * (heard - learnt)
        held = (1 - 0.15) * held + (VALUE if year >= BEGUN + BUILT else 0.0)
    own = np.where(np.arange(len(research)) == at, 0.065 * np.log1p(worn * 0.15 / research), 0.0)
    np.testing.assert_allclose(a, own + learnt, rtol=1e-9, atol=1e-12)
    assert (np.asarray(a)[near > 0] > 0).all()
    before, _ = run(t, jnp.asarray(research), human, more[: BEGUN + BUILT])
    np.testing.assert_allclose(before, 0.0, atol=1e-14)


@pytest.mark.proposition("P11", "P29")
def test_a_lasting_centre_ends_where_the_closed_form_says(menu):
    """Stocks end at research / wear, productivity at own and learnt elasticities of them."""
    lever, (t, research, human) = menu["innovation_shenyang"], place(menu, 1)
    more = np.asarray(moved([lever], begun(years=20)).research)
    a, Z = run(t, jnp.asarray(research), human, jnp.asarray(np.concatenate([more, np.repeat(more[-1:], 280, axis=0)])))
    end = research + VALUE * np.asarray(lever.knowledge)
    np.testing.assert_allclose(Z, end / 0.15, rtol=1e-9)
    near = np.asarray(t.reach)
    np.testing.assert_allclose(
        a, 0.065 * np.log(end / research) + 0.05 * np.log(near @ end / (near @ research)), rtol=1e-9
    )


@pytest.mark.proposition("P29")
def test_worth_is_what_a_little_more_research_brings_in_the_end(menu):
    """(I1) against paths run to their end, and its influence against one."""
    t, research, human = place(menu, 2)
    value = np.random.default_rng(5).lognormal(3, 1, len(research))
    each = centres.worth(t, research, value)
    np.testing.assert_allclose((each / each.sum(axis=0)).sum(axis=0), 1.0, rtol=1e-12)
    for site in (0, 17):
        extra = np.zeros((400, len(research)))
        extra[:, site] = 1e-5
        up, down = (run(t, jnp.asarray(research), human, jnp.asarray(s * extra))[0] for s in (1, -1))
        np.testing.assert_allclose(value * (up - down) / 2e-5, each[:, site], rtol=1e-5, atol=1e-9)


@pytest.mark.proposition("P29")
def test_gradients_to_when_and_how_much_are_those_of_differences(menu):
    """Of productivity in the end to the value begun in each year."""
    pair = [menu["innovation_shenyang"], menu["innovation_dalian"]]
    t, research, human = place(menu, 3)
    weight = jnp.asarray(np.random.default_rng(6).lognormal(0, 1, len(research)))

    def last(values):
        z = moved(pair, values)
        a, _ = run(t, jnp.asarray(research), human, z.research)
        return weight @ a + 1e-3 * jnp.sum(z.levers.purchase[:, :, :, ::3] ** 2)

    # Values rise, since what is given up pays nothing back: there the slope jumps.
    at = jnp.asarray(np.cumsum(np.random.default_rng(7).uniform(0.1, 0.3, (12, 2)), axis=0))
    slope = jax.grad(last)(at)
    for year, lever in ((0, 0), (2, 1), (4, 0), (6, 1), (9, 1)):
        unit = jnp.zeros_like(at).at[year, lever].set(1e-5)
        by_hand = (last(at + unit) - last(at - unit)) / 2e-5
        assert float(slope[year, lever]) == pytest.approx(float(by_hand), rel=1e-5, abs=1e-9)


@pytest.mark.proposition("P29")
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 6), st.data())
def test_sites_serve_as_much_as_the_best_of_all_sets(seed, receivers, sites, data):
    """Ties and receivers whom nothing reaches included."""
    rng = np.random.default_rng(seed)
    near = np.round(rng.uniform(0, 1, (receivers, sites)), 1) * (rng.uniform(size=(receivers, sites)) < 0.7)
    weight = np.round(rng.lognormal(0, 1, receivers), 1)
    count = data.draw(st.integers(1, sites))
    chosen = centres.best_sites(near, weight, count)
    assert len(set(chosen.tolist())) == count
    best = max(centres.served(near, weight, list(s)) for s in combinations(range(sites), count))
    assert centres.served(near, weight, chosen) == pytest.approx(best, abs=1e-9)


@pytest.mark.proposition("P29")
def test_cities_of_the_cluster_are_held_against_each_other(northeast, found):
    """Where the gain falls sums to one, and nobody but the cluster's cities is a site."""
    inside = set(northeast.x["region"].values[northeast.x["cluster"].values == northeast.x.attrs["cluster"]])
    assert set(found.cities["region"]) == inside
    np.testing.assert_allclose(found.cities[["home", "cluster", "elsewhere"]].sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(
        found.cities["worth_cluster"], found.cities["worth"] * (1 - found.cities["elsewhere"]), rtol=1e-12
    )
    assert found.cities["worth"].is_monotonic_decreasing and (found.cities["worth"] > 0).all()


@pytest.mark.proposition("P29")
def test_sites_of_the_world_are_those_of_enumeration(northeast, found):
    """Up to three sites among the cities, from hours and value added alone."""
    x = northeast.x
    h = int((~x["foreign"].values).sum())
    inside = np.flatnonzero(x["cluster"].values[:h] == x.attrs["cluster"])
    made = (1.0 - x["tax_rate"].values - x["input_coef"].values.sum(axis=2))[:h] * x["output"].values[:h]
    closeness = np.exp(-x["hours"].values[:h, :h] / 5.1)
    np.fill_diagonal(closeness, 1.0)
    for whom, rows in (("cluster", inside), ("nation", np.arange(h))):
        weight = made.sum(axis=1)[rows]
        near = closeness[np.ix_(rows, inside)]
        for number in (1, 2, 3):
            sets = np.array(list(combinations(range(len(inside)), number)))
            every = np.einsum("n,sn->s", weight, near[:, sets].max(axis=2).T)
            row = found.sites[(found.sites["whom"] == whom) & (found.sites["number"] == number)].iloc[0]
            assert row["regions"].split("; ") == x["region"].values[inside[sets[every.argmax()]]].tolist()
            assert row["served"] == pytest.approx(every.max() / weight.sum(), rel=1e-9)


@pytest.mark.parametrize("count", [0, 37, 2.0, True])
def test_a_number_of_sites_is_a_whole_one(northeast, count):
    with pytest.raises(cb.InputError, match="choose between 1 and 36 sites"):
        cb.centres(northeast, count)


def test_what_is_found_reads_in_both_languages(found):
    from rich.console import Console

    for lang in ("en", "zh"):
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            console = Console(width=100, record=True, file=nowhere)
            console.print(found.rich(lang))
        text = console.export_text()
        assert found.cities[f"name_{lang}"].iloc[0] in text and found.sites[f"names_{lang}"].iloc[0] in text
    assert len(found.to_json()["cities"]) == 36
