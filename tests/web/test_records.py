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
    assert opened["verified"] is False and [c["held"] for c in opened["checks"]] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    told = json.loads(file.content)
    told["world"]["data"] = "0" * 64
    opened = two.post("/api/open", content=json.dumps(told)).json()
    assert [c["held"] for c in opened["checks"]] == [False, True, True, False, True, True]


def forged(file, *way, value):
    """A shared file with something else in one place, and the checksum that fits."""
    from citybelt.web.share import digest

    told = json.loads(file)
    *way, last = way
    place = told
    for key in way:
        place = place[key]
    place[last] = value
    return json.dumps(told | {"digest": digest(told)})


FORGED = [
    ("inputs", "levers", "research_dalian", "unit_cost", 0.0), ("inputs", "levers", "research_dalian", "value", 9.0),
    ("inputs", "levers", "research_dalian", "citation", "a study that never was"), ("inputs", "theory", "nu", 9.0),
    ("inputs", "closure", {}), ("scenario", "yaml", "name: {en: another, zh: b}"), ("libraries", {"jax": "1"}),
    ("results", "key", "x"), ("results", "totals", {}), ("results", "regional", "people", [0.0]),
    ("results", "totals", "welfare", {"cluster": "0.1", "nation": "0.1"}), ("citybelt", {"a": "x" * 1000}),
    ("world", "package", 0), ("results", []),
]  # fmt: skip


def test_whoever_forges_the_checksum_too_is_found_out(served):
    one = served()
    saved = one.post("/api/scenarios", json={"name": "A", "change": CHANGE}).json()
    file = one.get(f"/api/scenarios/{saved['id']}/file").content
    assert one.post("/api/open", content=forged(file, "made", value="now")).json()["verified"] is True
    for *way, value in FORGED:
        opened = one.post("/api/open", content=forged(file, *way, value=value))
        assert opened.status_code == 201 and len(opened.content) < 100_000, way
        checks = opened.json()["checks"]
        assert opened.json()["verified"] is False and checks[0]["held"] and not all(c["held"] for c in checks), way


@pytest.mark.parametrize("key", ["name", "note"])
@pytest.mark.parametrize("value", ["\ud800", {"a": 1}, "x" * 5000, None])
def test_a_file_with_an_odd_name_spoils_no_list(served, key, value):
    one = served()
    saved = one.post("/api/scenarios", json={"name": "A", "change": CHANGE}).json()
    file = one.get(f"/api/scenarios/{saved['id']}/file").content
    refused = one.post("/api/open?name=got.json", content=forged(file, "scenario", key, value=value))
    assert refused.status_code == 400 and refused.json()["errors"][0]["where"] == f"got.json, {key}"
    assert one.get("/api/drafts").json() == {"drafts": []}


def test_a_file_of_another_version_says_so(served):
    one = served()
    saved = one.post("/api/scenarios", json={"name": "A", "change": CHANGE}).json()
    file = one.get(f"/api/scenarios/{saved['id']}/file").content
    newer = forged(file, "citybelt", value="99.0")
    opened = one.post("/api/open", content=newer).json()
    assert opened["verified"] is False and "99.0" in opened["checks"][1]["detail"]
    later = forged(newer, "scenario", "change", value={"levers": {"lever_of_the_future": 1}})
    errors = one.post("/api/open?name=got.json", content=later).json()["errors"]
    assert "lever_of_the_future" in errors[0]["what"] and "99.0" in errors[-1]["what"]
    refused = one.post("/api/open", content=forged(file, "number", value=2))
    assert refused.status_code == 400 and "format 2" in refused.json()["errors"][0]["what"]


def test_an_editor_may_begin_the_file_with_a_mark(served):
    one = served()
    saved = one.post("/api/scenarios", json={"name": "A", "change": CHANGE}).json()
    file = one.get(f"/api/scenarios/{saved['id']}/file").content
    assert one.post("/api/open", content=b"\xef\xbb\xbf" + file).json()["verified"] is True


def test_years_that_are_left_out_are_told(browser):
    text = "name: {en: a, zh: b}\nlevers: {research_dalian: 5}\ntime: {begin: 2030}\n"
    opened = browser.post("/api/open", content=text).json()
    assert opened["verified"] is False and "time:" in opened["checks"][0]["what"]["en"]


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
    for guessed in (code[:-1] + "\u00e9", "\u4e2d" * 12, code[:-1]):
        assert two.get(f"/api/shared/{guessed}").status_code in (404, 422)
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
    kept = store.add("s" * 32, "drafts", name="a", note="", change={})
    folder = store.of("s" * 32, "drafts")
    (folder / "0.json").write_text('{"id": "0", "na')
    (folder / ".half1").write_text("{")
    for k, wrong in enumerate(
        ({"rev": None}, {"change": {"levers": 1}}, {"name": "\ud800"}, {"id": "b" * 32}, {"note": 1})
    ):
        (folder / f"{k:032x}.json").write_text(json.dumps(kept | {"id": f"{k:032x}"} | wrong))
        assert store.get("s" * 32, "drafts", f"{k:032x}") is None
        assert store.change("s" * 32, "drafts", f"{k:032x}", name="b") is None
    assert [r["id"] for r in Store(tmp_path).all("s" * 32, "drafts")] == [kept["id"]]


@pytest.mark.parametrize("code", ["ENOSPC", "EROFS", "EMFILE"])
def test_a_disk_that_is_full_is_told_and_loses_nothing(browser, monkeypatch, code):
    import errno
    import os

    draft = browser.post("/api/drafts", json={"name": "a", "change": CHANGE}).json()
    with monkeypatch.context() as full:

        def fails(*args, **kwargs):
            raise OSError(getattr(errno, code), os.strerror(getattr(errno, code)))

        full.setattr(os, "fsync", fails)
        for asked in (
            browser.post("/api/drafts", json={"name": "b", "change": CHANGE}),
            browser.put(f"/api/drafts/{draft['id']}", json={"name": "b", "change": CHANGE, "rev": 1}),
        ):
            assert asked.status_code == 507
            assert os.strerror(getattr(errno, code)) in asked.json()["errors"][0]["what"]
    assert browser.get("/api/drafts").json() == {"drafts": [draft]}


def test_a_folder_that_cannot_be_read_is_no_empty_list(tmp_path, monkeypatch):
    from pathlib import Path

    store = Store(tmp_path)
    store.add("s" * 32, "drafts", name="a", note="", change={})

    def fails(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", fails)
    with pytest.raises(PermissionError):
        store.all("s" * 32, "drafts")


def test_a_full_server_goes_on_for_those_it_knows(tmp_path, monkeypatch):
    from citybelt.web.turns import Busy

    store = Store(tmp_path)
    store.add("s" * 32, "drafts", name="a", note="", change={})
    monkeypatch.setattr(limits, "SESSIONS", 1)
    assert store.add("s" * 32, "scenarios", name="a", note="", change={})
    with pytest.raises(Busy):
        store.add("t" * 32, "drafts", name="a", note="", change={})


def test_halves_that_a_killed_server_left_are_cleared_away(tmp_path):
    import os

    store = Store(tmp_path)
    store.add("s" * 32, "drafts", name="a", note="", change={})
    folder = store.of("s" * 32, "drafts")
    for name in (".half-old", ".half-new"):
        (folder / name).write_text("{")
    os.utime(folder / ".half-old", (0, 0))
    Store(tmp_path)
    assert not (folder / ".half-old").exists() and (folder / ".half-new").exists()
    assert len(store.all("s" * 32, "drafts")) == 1
