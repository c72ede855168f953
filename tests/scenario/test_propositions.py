"""What the scenarios of the Northeast say about the article's propositions: signs, orders and identities."""

from functools import cache

import numpy as np
import pytest

import citybelt as cb

CENTRAL = ["210100", "210200", "220100", "230100"]  # Shenyang, Dalian, Changchun, Harbin


@pytest.fixture(scope="module")
def solved(northeast, tmp_path_factory):
    """Solves a scenario of the library once, or a mix of levers."""
    folder = tmp_path_factory.mktemp("mixes")

    @cache
    def run(name="", **levers):
        if name:
            return cb.run(northeast, name)
        path = folder / ("-".join(levers) + ".yaml")
        mix = ", ".join(f"{lever}: {value}" for lever, value in levers.items())
        path.write_text(f"name: {{en: a mix, zh: 组合}}\nlevers: {{{mix}}}\n", "utf-8")
        return cb.run(northeast, path)

    return run


def cluster(run):
    """The planned cities' rows."""
    return run.by_region[run.by_region["in_cluster"]]


def by_province(run, column):
    """Mean of a column over the cities of each of the three provinces."""
    cities = cluster(run)
    return cities[column].groupby(cities.index.str[:2]).mean()


@pytest.mark.proposition("P43", "P61")
def test_faster_borders_open_the_cluster_more_than_the_nation(solved):
    totals = solved("customs_clearance").totals["trade_dependence_change"]
    assert totals["cluster"] > totals["nation"] > 0


@pytest.mark.proposition("P63")
def test_clearance_with_russia_favours_the_province_at_its_border(solved):
    gain = by_province(solved(clearance_russia=17.5), "output")
    assert gain["23"] > max(gain["21"], gain["22"]) and gain["23"] > 0
    assert cluster(solved(clearance_russia=17.5))["trade_dependence_change"].idxmax().startswith("23")


@pytest.mark.proposition("P41", "P44")
def test_lower_tariffs_open_the_coast_most(solved):
    opened = by_province(solved("rcep_tariffs"), "trade_dependence_change")
    assert opened["21"] > opened["22"] > 0 and opened["21"] > opened["23"] > 0


@pytest.mark.proposition("P45")
def test_land_lets_the_central_cities_lead(solved):
    output = cluster(solved("land_for_central_cities"))["output"]
    assert set(output.nlargest(4).index) == set(CENTRAL)


@pytest.mark.proposition("P47")
def test_easier_registration_draws_people_into_the_central_cities(solved):
    people = cluster(solved("household_registration"))["people_abs"]
    assert (people[CENTRAL] > 0).all()
    assert people.drop(CENTRAL).sum() < 0 < people.sum()
    everywhere = solved("household_registration").by_region["people_abs"]
    assert abs(everywhere.sum()) < 1  # one person of the nation's


@pytest.mark.proposition("P48", "P50")
def test_all_three_provinces_and_the_nation_gain_from_lower_borders(solved):
    run = solved("three_provinces_without_borders")
    assert (by_province(run, "welfare") > 0).all()
    assert run.welfare_change > run.welfare_change_nation > 0


@pytest.mark.proposition("P26")
def test_a_price_on_carbon_turns_the_cluster_away_from_coal(solved):
    run = solved("carbon_price")
    assert run.by_sector["cluster"].idxmin() == "coal"
    assert run.totals.loc["cluster", "co2_change"] < run.totals.loc["nation", "co2_change"] < 0, "some of it leaks"


@pytest.mark.proposition("P56")
def test_opened_services_raise_all_manufacturing(solved):
    change = solved("producer_services").by_sector["cluster"]
    assert (change[["food", "consumer", "petro", "chem", "metal", "equip", "elec"]] > change["agr"]).all()


@pytest.mark.proposition("P14")
def test_levers_interact_and_the_parts_add_up(solved):
    run = solved("all_together")
    parts = run.by_lever.set_index("lever")["alone"]
    interaction = parts.get("interaction", run.welfare_change - parts.sum())
    assert parts.drop("interaction", errors="ignore").sum() + interaction == pytest.approx(run.welfare_change)
    assert abs(interaction) > 1e-6


@pytest.mark.proposition("P24")
def test_a_project_moves_the_economy_twice(northeast):
    """Paying for a line draws work into construction and costs welfare; the line itself raises welfare."""
    from citybelt.engine.solve import solve
    from citybelt.model.accounts import closure
    from citybelt.model.economy import economy
    from citybelt.model.outcomes import by_region_sector, summary
    from citybelt.model.spatial import SPATIAL
    from citybelt.model.theory import theory
    from citybelt.scenario.levers import assemble, costs, levers, responses, values_of

    menu = levers(northeast)
    values = values_of(menu, _line(menu))
    e = economy(northeast, theory(northeast.x.sector.values), closure())
    origins = (northeast.x["cluster"].sel(region=northeast.x["origin"].values) == "NE").values.astype(float)
    size, paid = responses(menu, values), costs(menu, values)
    spending, line, both = (
        solve(SPATIAL, e.base, e.theory, assemble(menu, s, p), e.closure)
        for s, p in ((0 * size, paid), (size, 0 * paid), (size, paid))
    )
    loss, gain, net = (summary(e, s, origins)["welfare"] for s in (spending, line, both))
    assert loss < 0 < gain and np.isclose(net, loss + gain, rtol=0.05)
    assert by_region_sector(e, spending)["constr"].to_numpy() @ origins > 0


def _line(menu):
    """The first railway line of the menu, built in full."""
    lever = next(lever for lever in menu if lever.card.kind == "rail")
    return {lever.id: lever.card.upper}
