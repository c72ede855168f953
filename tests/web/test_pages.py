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


def test_the_hindcast_is_a_job_until_it_is_done(browser):
    told = browser.get("/api/pages/hindcast").json()
    assert told["job"] == {"kind": "hindcast"} and told["sections"] == []
