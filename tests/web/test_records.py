"""Drafts and scenarios: kept, private, shared as a file and as a link."""

import json

import pytest

from citybelt.web import limits
from citybelt.web.store import Store

CHANGE = {"levers": {"research_dalian": 3.0}, "closure": {}, "elasticities": {}, "vintage": ""}


def test_a_draft_is_saved_and_found_again(browser):
    made = browser.post("/api/drafts", json={"name": "研发", "change": CHANGE}).json()
    assert made["rev"] == 1 and made["change"] == CHANGE
    other = CHANGE | {"levers": {"research_dalian": 4.0}}
    saved = browser.put(f"/api/drafts/{made['id']}", json={"name": "研发", "change": other, "rev": 1}).json()
    assert saved["rev"] == 2 and browser.get(f"/api/drafts/{made['id']}").json() == saved
    late = browser.put(f"/api/drafts/{made['id']}", json={"name": "x", "change": CHANGE, "rev": 1})
    assert late.status_code == 409 and "elsewhere" in late.json()["errors"][0]["what"]
    assert [d["id"] for d in browser.get("/api/drafts").json()["drafts"]] == [made["id"]]
    assert browser.delete(f"/api/drafts/{made['id']}").status_code == 204
    assert browser.get(f"/api/drafts/{made['id']}").status_code == 404


def test_two_users_do_not_see_each_other(served):
    one, two = served(), served()
    draft = one.post("/api/drafts", json={"name": "mine", "change": CHANGE}).json()["id"]
    saved = one.post("/api/scenarios", json={"name": "mine", "change": CHANGE}).json()["id"]
    assert two.get("/api/drafts").json() == {"drafts": []} and two.get("/api/scenarios").json() == {"scenarios": []}
    assert two.get(f"/api/drafts/{draft}").status_code == 404
    assert two.put(f"/api/drafts/{draft}", json={"name": "theirs", "change": {}, "rev": 9}).status_code == 404
    for path in (f"/api/scenarios/{saved}", f"/api/scenarios/{saved}/file"):
        assert two.get(path).status_code == 404
    assert two.delete(f"/api/scenarios/{saved}").status_code == 404
    for what in ("link", "fork"):
        assert two.post(f"/api/scenarios/{saved}/{what}", json={}).status_code == 404
    assert one.get(f"/api/drafts/{draft}").json()["name"] == "mine"


def test_a_bad_draft_is_refused(browser):
    assert browser.post("/api/drafts", json={"name": "x", "change": {"levers": {"hsr": 1}}}).status_code == 400
    assert browser.post("/api/drafts", json={"name": "", "change": CHANGE}).status_code == 422
    assert browser.post("/api/drafts", json={"name": "x" * 500, "change": CHANGE}).status_code == 422


@pytest.mark.parametrize("id", ["../../secret", "..%2f..%2fsecret", "a" * 31, "A" * 32, "a" * 33, ".half"])
def test_no_path_comes_from_a_request(browser, id):
    for kind in ("drafts", "scenarios"):
        assert browser.get(f"/api/{kind}/{id}").status_code in (404, 422)
    assert browser.get(f"/api/shared/{id}").status_code in (404, 422)


def test_a_scenario_keeps_its_answer_and_forks(browser):
    saved = browser.post("/api/scenarios", json={"name": "A", "note": "why", "change": CHANGE}).json()
    exact = browser.post("/api/exact", json={"change": CHANGE}).json()
    assert saved["answer"] == {"key": exact["key"], "totals": exact["totals"]}
    fork = browser.post(f"/api/scenarios/{saved['id']}/fork", json={"name": "B"}).json()
    assert fork["parent"] == {"kind": "scenario", "id": saved["id"]} and fork["change"] == CHANGE
    renamed = browser.put(f"/api/scenarios/{saved['id']}", json={"name": "C"}).json()
    assert renamed["name"] == "C" and renamed["change"] == CHANGE


def test_a_shared_file_verifies_itself(served):
    one, two = served(), served()
    saved = one.post("/api/scenarios", json={"name": "通道", "note": "n", "change": CHANGE}).json()
    file = one.get(f"/api/scenarios/{saved['id']}/file")
    assert "citybelt.json" in file.headers["content-disposition"]
    opened = two.post("/api/open?name=got.json", content=file.content).json()
    assert opened["verified"] is True and all(c["held"] for c in opened["checks"])
    assert opened["record"]["change"] == CHANGE and opened["record"]["name"] == "通道"
    assert two.get("/api/drafts").json()["drafts"][0]["id"] == opened["record"]["id"]
    # A number that somebody mended in the file is found out, twice.
    told = json.loads(file.content)
    told["results"]["totals"]["welfare"]["cluster"] *= 1.01
    opened = two.post("/api/open", content=json.dumps(told)).json()
    assert opened["verified"] is False and [c["held"] for c in opened["checks"]] == [False, True, True, True, False]
    told = json.loads(file.content)
    told["world"]["data"] = "0" * 64
    opened = two.post("/api/open", content=json.dumps(told)).json()
    assert [c["held"] for c in opened["checks"]] == [False, True, True, False, True]


def test_uploads_have_the_messages_of_the_command_line(browser, tmp_path):
    from citybelt.errors import InputError
    from citybelt.scenario.scenario import load_scenario

    text = "name: {en: a, zh: b}\nparent: research_push\nlevers: {hsr: 3, research_dalian: 99}\nclosure: {people: no}\n"
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        load_scenario(file)
    found = browser.post("/api/open?name=mine.yaml", content=text)
    expected = [vars(p) | {"where": p.where.replace(str(file), "mine.yaml")} for p in refused.value.problems]
    assert found.status_code == 400 and found.json()["errors"] == expected and len(expected) == 3
    assert expected[0]["where"] == "mine.yaml:3:10"


UPLOADS = [
    b"", b"\0\1", b"PK\x03\x04", b"{", b"[1]", b'{"format": "x"}', b"a: &a [*a]",
    b"!!python/object/apply:os.system [ls]", b"x: " + b"[" * 500, b'{"format":' + b"[" * 20000,
    b"name: {en: a, zh: b}\nparent: ../../../etc/passwd\n", b"name: {en: a, zh: b}\nparent: /etc/passwd\n",
]  # fmt: skip


@pytest.mark.parametrize("content", UPLOADS)
def test_no_upload_breaks_it(browser, content):
    found = browser.post("/api/open", content=content)
    assert found.status_code == 400 and found.json()["errors"][0]["what"]
    assert "root:" not in found.text and "Traceback" not in found.text


def test_a_scenario_file_opens(browser):
    text = "name: {en: Mine, zh: 我的}\nparent: research_push\nlevers: {research_dalian: 5}\n"
    opened = browser.post("/api/open?name=mine.yaml", content=text).json()
    expected = {f"research_{city}": 3.0 for city in ("shenyang", "changchun", "harbin")} | {"research_dalian": 5.0}
    assert opened["record"]["change"]["levers"] == expected
    assert opened["record"]["parent"] == {"kind": "library", "id": "research_push"} and opened["verified"] is None


def test_a_link_shows_a_copy_until_it_is_taken_back(served):
    one, two = served(), served()
    saved = one.post("/api/scenarios", json={"name": "A", "change": CHANGE}).json()["id"]
    link = one.post(f"/api/scenarios/{saved}/link").json()["link"]
    assert one.post(f"/api/scenarios/{saved}/link").json()["link"] == link
    code = link.rpartition("/")[2]
    seen = two.get(f"/api/shared/{code}").json()
    assert seen["record"]["change"] == CHANGE and seen["answer"]["kind"] == "exact" and "id" not in seen["record"]
    assert two.delete(f"/api/scenarios/{saved}/link").status_code == 404
    assert one.delete(f"/api/scenarios/{saved}/link").status_code == 204
    assert two.get(f"/api/shared/{code}").status_code == 404


def test_a_session_keeps_so_many_and_no_more(browser, monkeypatch):
    from citybelt.web import store

    monkeypatch.setitem(store.MOST, "drafts", 2)
    codes = [browser.post("/api/drafts", json={"name": "x", "change": {}}).status_code for _ in range(3)]
    assert codes == [201, 201, 400]
    assert limits.DRAFTS > 2


def test_a_record_that_was_cut_off_is_passed_over(tmp_path):
    store = Store(tmp_path)
    kept = store.add("s" * 32, "drafts", name="a", change={})
    folder = store.of("s" * 32, "drafts")
    (folder / "0.json").write_text('{"id": "0", "na')
    (folder / ".half1").write_text("{")
    assert [r["id"] for r in Store(tmp_path).all("s" * 32, "drafts")] == [kept["id"]]
