"""Pages beside the map: every one answers, in both languages, with the numbers of its verb."""

import pytest

import citybelt as cb


def test_every_page_is_in_the_menu(browser):
    told = browser.get("/api/pages").json()["pages"]
    assert [p["id"] for p in told] == ["diagnosis", "ledger", "coverage", "hindcast", "data", "classroom"]
    assert all(p["title"]["en"] and p["title"]["zh"] for p in told)
    for p in told:
        assert browser.get(p["path"]).status_code == 200


@pytest.mark.parametrize("id", ["diagnosis", "ledger", "coverage", "data"])
def test_tables_are_whole(browser, id):
    told = browser.get(f"/api/pages/{id}").json()
    assert told["sections"] and told["code"]["shell"].startswith("citybelt ")
    for s in told["sections"]:
        assert s["title"]["en"] and s["title"]["zh"]
        if s["table"]:
            heads = s["table"]["columns"]
            assert s["table"]["rows"] and all(len(row) == len(heads) for row in s["table"]["rows"])
            assert all(c["name"]["en"] and c["name"]["zh"] for c in heads)
        else:
            assert s["text"]["en"] and s["text"]["zh"]


def test_numbers_are_those_of_the_verbs(browser, northeast):
    gap = next(s for s in browser.get("/api/pages/diagnosis").json()["sections"] if s["id"] == "gap")["table"]
    shown = {row[0]["en"]: row[1] for row in gap["rows"]}
    expected = cb.diagnose(northeast).gap.set_index("factor_en")["contribution"].to_dict()
    assert shown == pytest.approx(expected)
    summary = browser.get("/api/pages/ledger").json()["sections"][0]["table"]
    assert len(summary["rows"]) == len(cb.ledger(northeast).summary)
    assert len(browser.get("/api/pages/coverage").json()["sections"][0]["table"]["rows"]) == 65


def test_incomes_are_of_the_size_of_the_world(browser, bench):
    """In yuan: GDP per head on the page is near that of the accounts, which have other heads and another year's GDP."""
    base, home = browser.get("/api/world").json()["base"]["regional"]["gdp_per_head"], list(bench.home)
    income = next(s for s in browser.get("/api/pages/diagnosis").json()["sections"] if s["id"] == "income")["table"]
    at = [c["id"] for c in income["columns"]].index("gdp_per_head")
    assert income["columns"][at]["unit"] == "cny"
    names = {r["name"]["en"]: r["id"] for r in browser.get("/api/world").json()["regions"]}
    shown = {names[row[0]["en"]]: row[at] for row in income["rows"] if row[0]["en"] in names}
    near = [shown[r] / base[home.index(r)] for r in shown if r in home]
    assert len(near) >= 36 and all(0.5 < x < 2 for x in near)


def test_no_code_stands_where_a_page_has_a_name(browser):
    """Totals, parts of variables, units and places of answers in Chinese."""
    pages = {id: browser.get(f"/api/pages/{id}").json()["sections"] for id in ("data", "ledger", "coverage")}
    for id, sections in (("data", ("totals", "fills")), ("ledger", ("summary", "claims")), ("coverage", ("all",))):
        for s in pages[id]:
            if s["id"] not in sections:
                continue
            for k, column in enumerate(s["table"]["columns"]):
                if column["id"] in ("total", "variable", "item", "unit", "sections", "region"):
                    said = [row[k]["zh"] for row in s["table"]["rows"] if row[k]]
                    loose = [x for x in said if x and x != "%" and not any("一" <= c <= "鿿" for c in x)]
                    assert not loose, (id, s["id"], column["id"], loose[:5])


def test_the_hindcast_is_a_job_until_it_is_done(browser):
    told = browser.get("/api/pages/hindcast").json()
    assert told["job"] == {"kind": "hindcast"} and told["sections"] == []
