"""The reports of a path and of a hindcast: numbers of the pages are those of the results, sentences follow them."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.path.aged import by_set
from citybelt.report import curves, figures, single
from citybelt.report.document import Figure, Grid, Section, Table
from citybelt.report.pages import front_years, hindcast_misses, output_years, people_years
from citybelt.report.pages import hindcast as hindcast_pages
from citybelt.report.text import LANGUAGES, Language
from citybelt.report.years import growth, peak, seen
from report import synthetic_years

EN, ZH = Language("en"), Language("zh")


@pytest.fixture(scope="module")
def path():
    return synthetic_years.path()


@pytest.fixture(scope="module")
def y(path):
    return seen(path)


@pytest.fixture(scope="module")
def hindcast():
    return synthetic_years.hindcast()


@pytest.fixture(scope="module", params=["path", "hindcast"])
def made(request, tmp_path_factory):
    from pypdf import PdfReader

    result = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    report = single.write(result, folder, world="northeast")
    squeezed = lambda t: re.sub(r"\s+", "", t)  # noqa: E731
    pdf = {c: squeezed("".join(p.extract_text() for p in PdfReader(report.paths[f"{c}.pdf"]).pages)) for c in LANGUAGES}
    html = {c: report.paths[f"{c}.html"].read_text(encoding="utf-8") for c in LANGUAGES}
    return request.param, result, {p.name for p in folder.iterdir()}, pdf, html


def test_four_files_with_the_same_words(made):
    name, _, files, pdf, html = made
    assert files == {f"{name}.{code}.{kind}" for code in LANGUAGES for kind in ("html", "pdf")}
    words = {c: re.sub(r"<style.*?</style>|<[^>]+>", "", html[c], flags=re.DOTALL) for c in LANGUAGES}
    for code in LANGUAGES:
        assert "�" not in pdf[code] and "<svg" in html[code] and not re.search(r"\bnan\b", words[code])
    assert not re.search(r"[一-鿿]", words["en"])


def test_the_first_page_says_what_the_result_says(made):
    name, result, _, pdf, _ = made
    if name == "hindcast":
        assert EN.percent(result.total.all.median_abs_error) in pdf["en"]
        assert f"{sum(b['all'] for b in result.beats.values())}of5" in pdf["en"]
        assert f"抽样{result.draws}次" in pdf["zh"] and result.method_hash in pdf["zh"]
        return
    people = result.totals["cluster"]["people"]
    for L in (EN, ZH):
        assert L.scaled(people.iloc[-1]).replace(" ", "") in pdf[L.code]
        assert "2031" in pdf[L.code]


@pytest.mark.parametrize("L", [EN, ZH], ids=lambda L: L.code)
def test_pyramids_are_the_people_of_the_path(path, y, L):
    """Whatever the unit, all bars of a pyramid add up to the people of that place and year."""
    drawn = {p.title: p.years for p in people_years.pyramids(y, L)}
    unit = people_years.small(L)
    assert len(drawn) == 6 and list(drawn[y.name(L, "nation")]) == ["2020", "2040", "2045"]
    for year in (2020, 2040, 2045):
        for of in ("cluster", "nation"):
            women, men = drawn[y.name(L, of)][str(year)]
            assert unit * (women.sum() + men.sum()) == pytest.approx(path.totals[of].loc[year, "people"])
    largest = path.x["people"].sel(year=2020, region=y.cities).values.max()
    assert any(unit * sum(s.sum() for s in p["2020"]) == pytest.approx(largest) for p in drawn.values())


def test_moves_by_age_are_those_of_the_clusters_cities(path, y):
    net = people_years.net_by_age(y, EN, [2021, 2045])[0]
    flows = path.flows.sel(region=y.cities).sum(("region", "age"))
    for line in net.lines:
        expected = flows.sel(year=int(line.name), flow="came") - flows.sel(year=int(line.name), flow="left")
        assert 1e3 * np.sum(line.y) == pytest.approx(float(expected))
    assert net.x[0] == 0 and net.x[-1] == 100


def test_indices_start_at_100_and_follow_the_totals(path, y):
    panels = {p.title: p for p in output_years.indices(y, EN)}
    for of, line in zip(("cluster", "nation"), panels["Capital"].lines, strict=True):
        stock = path.totals[of]["capital"].to_numpy()
        np.testing.assert_allclose(line.y, 100 * stock / stock[0])
    assert all(
        line.y[0] == pytest.approx(100) for p in panels.values() for line in p.lines if p.title != "Productivity"
    )
    band = panels["Value added"].lines[0]
    np.testing.assert_allclose(band.high, 1.1 * np.asarray(band.y))


def test_the_peak_is_marked_where_emissions_are_highest(y):
    panels = output_years.emissions(y, EN)
    for panel in panels:
        (at,) = panel.marks.values()
        assert at == panel.x[int(np.argmax(panel.lines[0].y))] == 2031
    assert "**2031**" in output_years.peak_text(y, EN, "cluster")
    assert (
        peak(np.arange(3), np.array([1.0, 2.0, 3.0])) is None and peak(np.arange(3), np.array([3.0, 2.0, 1.0])) is None
    )


def test_energy_layers_add_up_to_all_energy(path, y):
    used = sum(output_years.fuels(y, EN, "nation").values())
    np.testing.assert_allclose(used, path.energy.sel(of="nation").sum("fuel"))
    np.testing.assert_allclose(sum(output_years.carriers(y, ZH).values()), path.power.sum("carrier"))


def test_what_ages_need_is_a_sum_over_places(path, y):
    schools = path.aged[["primary", "junior", "senior"]].sum("region").to_array().sum("variable").values
    np.testing.assert_allclose(output_years.need(y, "nation", "school"), 100 * schools / schools[0])
    own = by_set(path)["of"].sel(of="cluster")
    np.testing.assert_allclose(output_years.pension_points(y, "cluster"), own["balance_points"], atol=1e-9)


def test_the_city_table_says_why_people_change(path, y):
    rows = {row.cells[0]: row.cells for row in people_years.city_table(y, EN).rows}
    assert len(rows) == 36
    dalian = path.x.sel(region="210200")
    start, end = (float(dalian["people"].sel(year=t)) for t in (2020, 2045))
    natural = float((dalian["births"] - dalian["deaths"]).sum())
    assert rows["Dalian"][1] == f"{start / 1e6:.2f}"
    assert rows["Dalian"][4] == EN.fixed(100 * (end / start - 1), 0, True)
    assert rows["Dalian"][5] == EN.fixed(100 * natural / start, 0, True)


def test_bands_are_said_with_their_draws(path, y):
    said = front_years.band_text(y, EN, "people")
    low, high = (EN.people(end * path.totals["cluster"]["people"].iloc[-1]) for end in (0.9, 1.1))
    assert f"80% of 57 draws lie between {low} and {high}" in said
    assert front_years.band_text(seen(replace(path, band=None)), EN, "people") == ""


def test_growth_compounds():
    assert growth(np.array([100.0, 104.0, 108.16])) == pytest.approx(4.0)


def test_what_a_path_lacks_is_left_out(tmp_path):
    bare = synthetic_years.path(levers=False, band=False, whole=False)
    document = single.document(bare, EN)
    assert [s.id for s in document.sections] == [
        "short",
        "people",
        "moves",
        "cities",
        "output",
        "carbon",
        "old",
        "sure",
    ]
    titles = [f.caption for s in document.sections for f in every(s, Figure)]
    assert not any("Arrivals" in t or "TWh" in t or "levers" in t for t in titles)
    assert "no bands" in document.footer


def every(section: Section, kind: type) -> list:
    """All blocks of a kind, also those side by side."""
    columns = [c for block in section.blocks for c in (block.columns if isinstance(block, Grid) else [[block]])]
    return [b for column in columns for b in column if isinstance(b, kind)]


def test_a_line_is_drawn_where_its_numbers_are():
    """Points of the drawn line are the numbers, stretched and shifted."""
    import matplotlib

    values = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.6])
    with matplotlib.rc_context(figures.style()):
        text = curves.curves([curves.Panel("t", np.arange(7.0), [curves.Line("a", values)])], across=1)
    paths = [e.get("d") for e in ElementTree.fromstring(text).iter() if e.tag.endswith("path") and e.get("d")]
    points = [np.array(re.findall(r"[ML] ([\d.-]+) ([\d.-]+)", d), float) for d in paths]
    (drawn,) = [p for p in points if len(p) == len(values)]
    assert np.corrcoef(drawn[:, 1], values)[0, 1] == pytest.approx(-1, abs=1e-4)
    assert np.corrcoef(drawn[:, 0], np.arange(7))[0, 1] == pytest.approx(1, abs=1e-6)


def test_scores_stand_in_the_table_as_they_are(hindcast):
    rows = hindcast_pages.table(hindcast, EN).rows
    own = rows[1].cells
    s = hindcast.total.all
    assert own[1].text == f"{s.median_abs_error:.1f}" and own[4] == f"{s.crps:.1f}"
    assert own[5] == f"{s.coverage['50']:.0f}" and own[6] == f"{s.coverage['80']:.0f}"
    assert rows[2].cells[4] == f"{hindcast.known.total.all.crps:.1f}"
    assert rows[3].cells[5] == "–"  # a forecast without bands
    assert len(rows) == 2 * (1 + 7)


def test_sentences_turn_with_the_numbers(hindcast):
    low = synthetic_years.hindcast(high=-0.15, spread=0.6)
    assert "too high by" in hindcast_pages.error_text(hindcast, EN) and "too low by" in hindcast_pages.error_text(
        low, EN
    )
    assert "too narrow" in hindcast_pages.bands_text(hindcast, EN)
    assert "too wide" in hindcast_pages.bands_text(low, EN)
    assert "shrank" in hindcast_misses.growth(hindcast, EN) and "held more" in hindcast_misses.growth(low, EN)

    def at(error: float) -> object:
        total = replace(hindcast.total, all=replace(hindcast.total.all, median_abs_error=error))
        return replace(hindcast, own=replace(hindcast.own, total=total))

    assert "larger than that of all 5" in hindcast_pages.simple_text(at(99.0), EN)
    assert "smaller than that of all 5" in hindcast_pages.simple_text(at(0.0), EN)
    assert "mend little" in hindcast_misses.levels(hindcast, EN)
    far = replace(hindcast.known.total.cluster, median_abs_error=99.0)
    known = replace(hindcast.known, total=replace(hindcast.known.total, cluster=far))
    assert "mend much" in hindcast_misses.levels(replace(hindcast, known=known), EN)
    assert "hardly move" in hindcast_misses.oldest(hindcast, EN)
    few = replace(hindcast.own, by_age={**hindcast.by_age, "75+": low.by_age["0-14"]})
    assert hindcast_misses.oldest(replace(hindcast, own=few), EN) == ""


@pytest.mark.parametrize(("share", "level", "says"), [(39, "50", "narrow"), (41, "50", "right"), (91, "80", "wide")])
def test_bands_are_judged_by_what_they_aim_at(share, level, says):
    assert hindcast_pages.verdict(share, level) == says


def test_provinces_add_up_to_the_cluster(hindcast):
    rows = [row.cells for row in hindcast_misses.provinces(hindcast, ZH).rows]
    inside = hindcast.regions[hindcast.regions["cluster"]]
    assert [r[0] for r in rows] == ["辽宁", "吉林", "黑龙江"]
    counted = sum(float(r[4].replace(",", "").replace("−", "-")) for r in rows)
    assert counted == pytest.approx((inside["counted"] - inside["closed"]).sum() / 1e4, abs=2)


def test_every_table_and_figure_of_a_hindcast_is_there(hindcast):
    sections = single.document(hindcast, ZH).sections
    assert [s.id for s in sections] == ["short", "scores", "places", "misses", "honest"]
    assert sum(len(every(s, Figure)) for s in sections) == 6
    tables = [t for s in sections for t in every(s, Table)]
    assert len(tables) == 7
    # Every method that was opened is in one, and output has a row a forecast and set.
    assert [r.cells[0] for r in tables[-2].rows] == ["15848adf99e9b82a", "–", "47f9d3ff255c736d", "afc1d67e6028b9ec"]
    assert len(tables[-3].rows) == 2 * (1 + 4)


def test_a_result_of_another_world_is_refused(path, tmp_path):
    with pytest.raises(InputError, match="northeast"):
        single.write(path, tmp_path, world="china")
    assert list(tmp_path.iterdir()) == []
    assert single.stem(object()) == ""
