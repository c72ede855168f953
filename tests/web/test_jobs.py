"""Long work in processes of its own: progress, results, cancelling, and what a killed server leaves."""

import json
import time

import pytest

from citybelt.web import limits

CHANGE = {"levers": {"research_dalian": 3.0}}


def finished(browser, id, seconds=240):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = browser.get(f"/api/jobs/{id}").json()
        if told["state"] in ("done", "failed", "cancelled"):
            return told
        time.sleep(0.2)
    raise AssertionError(f"not done: {told}")


def test_an_explanation_adds_up_to_the_answer(browser):
    begun = browser.post("/api/jobs", json={"kind": "explain", "change": CHANGE})
    assert begun.status_code == 202 and begun.json()["code"]["shell"].startswith("citybelt explain northeast")
    id = begun.json()["id"]
    with browser.stream("GET", f"/api/jobs/{id}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = [line for line in stream.iter_lines() if line.startswith("event:")]
    assert events[0] == "event: progress" and events[-1] == "event: end"
    told = browser.get(f"/api/jobs/{id}").json()
    assert told["state"] == "done" and told["total"] == told["done"] > 0
    found = browser.get(f"/api/jobs/{id}/result").json()
    told = {row["id"]: row["welfare"] for row in found["channels"]}
    assert all(row["name"]["zh"] and row["group_name"]["zh"] for row in found["channels"])
    exact = browser.post("/api/exact", json={"change": CHANGE}).json()["totals"]["welfare"]["cluster"]
    assert sum(told.values()) == pytest.approx(exact, rel=1e-5)


def test_a_plan_can_be_called_off_and_others_do_not_see_it(served):
    one, two = served(), served()
    first = one.post("/api/jobs", json={"kind": "plan", "quick": False, "draws": 100}).json()
    second = two.post("/api/jobs", json={"kind": "plan"}).json()
    assert (first["state"], second["state"], second["position"]) == ("running", "waiting", 1)
    assert two.get(f"/api/jobs/{first['id']}").status_code == 404
    assert two.delete(f"/api/jobs/{first['id']}").status_code == 404
    assert two.get(f"/api/jobs/{first['id']}/events").status_code == 404
    assert [j["id"] for j in one.get("/api/jobs").json()["jobs"]] == [first["id"]]
    assert two.delete(f"/api/jobs/{second['id']}").status_code == 204
    assert one.delete(f"/api/jobs/{first['id']}").status_code == 204
    assert finished(one, first["id"], 20)["state"] == "cancelled"
    assert one.get(f"/api/jobs/{first['id']}/result").status_code == 404
    assert one.delete(f"/api/jobs/{first['id']}").status_code == 204
    assert one.get(f"/api/jobs/{first['id']}").status_code == 404


def test_mistakes_are_told_before_anything_waits(browser):
    for asked, what in (
        ({"kind": "path", "change": {"levers": {"hsr": 1}}}, "unknown lever"),
        ({"kind": "plan", "targets": {"output": {"Shenyangg": {"least": 1.0}}}}, "no region"),
        ({"kind": "plan", "payers": {"king": 3}}, "unknown payer"),
        ({"kind": "plan", "plan": "balancd"}, "no parent"),
        ({"kind": "plan", "file": "name: {en: a, zh: b}\nprojects: ../../secret.csv\n"}, "no table beside"),
    ):
        found = browser.post("/api/jobs", json=asked)
        assert found.status_code == 400 and what in found.json()["errors"][0]["what"], found.text
    for asked in (
        {"kind": "x"},
        {"kind": "preview"},  # the server's own
        {"kind": "path", "to": 3000},
        {"kind": "plan", "budget": 0},
        {"kind": "bands", "draws": 1},
    ):
        assert browser.post("/api/jobs", json=asked).status_code == 422
    assert browser.get("/api/jobs").json() == {"jobs": []}


TABLE = (
    "id,name_en,name_zh,type,regions,cost_city,build_years,skills,earliest\n"
    "campus,Campus,校区,school,210200,2,2,0.5,2026\n"
    "mine,Mine,矿,schoool,Dalien,x,2,0.5,2026\n"
)


def test_a_table_of_projects_has_messages_by_cell(browser, tmp_path, northeast):
    import base64

    from citybelt.errors import InputError
    from citybelt.plan.asked.brief import load_brief

    (tmp_path / "projects.csv").write_text(TABLE, "utf-8")
    (tmp_path / "plan.yaml").write_text("name: {en: a, zh: b}\nprojects: projects.csv\n", "utf-8")
    with pytest.raises(InputError) as refused:
        load_brief(tmp_path / "plan.yaml", northeast)
    expected = [vars(p) | {"where": p.where.replace(f"{tmp_path}/projects.csv", "mine.csv")} for p in
                refused.value.problems]  # fmt: skip
    table = {"kind": "csv", "name": "mine.csv", "content": base64.b64encode(TABLE.encode()).decode()}
    found = browser.post("/api/jobs", json={"kind": "plan", "projects": table})
    assert found.status_code == 400 and found.json()["errors"] == expected
    assert any(e["where"] == "mine.csv: cell D3" for e in expected)
    broken = table | {"kind": "xlsx"}
    assert browser.post("/api/jobs", json={"kind": "plan", "projects": broken}).status_code == 400


def test_a_session_may_ask_for_so_much(browser, monkeypatch):
    monkeypatch.setattr(limits, "JOBS_PER_SESSION", 0)
    assert browser.post("/api/jobs", json={"kind": "hindcast"}).status_code == 429


def test_so_many_streams_and_no_more(browser, monkeypatch):
    monkeypatch.setattr(limits, "JOBS_RUNNING", 0)
    id = browser.post("/api/jobs", json={"kind": "verify"}).json()["id"]
    monkeypatch.setattr(limits, "STREAMS", 0)
    refused = browser.get(f"/api/jobs/{id}/events")
    assert refused.status_code == 429 and "watches" in refused.json()["errors"][0]["what"]
    browser.delete(f"/api/jobs/{id}")


def test_a_session_with_too_much_work_is_told_before_its_file_is_read(browser, monkeypatch):
    from citybelt.web import parse

    monkeypatch.setattr(limits, "JOBS_PER_SESSION", 0)
    monkeypatch.setattr(parse, "read_plan", lambda *a: pytest.fail("read"))
    assert browser.post("/api/jobs", json={"kind": "plan", "file": "name: {en: a, zh: b}"}).status_code == 429


def test_work_that_says_too_much_is_told_as_failed(browser, monkeypatch):
    from citybelt.web import jobs

    monkeypatch.setattr(jobs, "LINE", 16)
    id = browser.post("/api/jobs", json={"kind": "verify"}).json()["id"]
    told = finished(browser, id)
    assert told["state"] == "failed" and "could not be done" in told["errors"][0]["what"]


WRONG = [
    {"state": "odd"}, {"asked": {}}, {"asked": 1}, {"done": "x"}, {"seconds": None}, {"errors": [1]}, {"files": [1]},
    {"id": "f" * 32}, {"code": {"python": 1}},
]  # fmt: skip


def test_jobs_that_are_damaged_on_disk_are_passed_over(tmp_path):
    from citybelt.web.jobs import Jobs
    from citybelt.web.store import Store

    session = "a" * 32
    kept = {
        "id": "", "asked": {"kind": "verify"}, "code": {}, "state": "done", "stage": "", "done": 1, "total": 1,
        "created": "2026-01-01T00:00:00.000Z", "seconds": 1.0, "errors": [], "detail": None, "files": [],
    }  # fmt: skip
    place = Store(tmp_path).of(session, "jobs", make=True)
    for k, wrong in enumerate([{}, *WRONG]):
        (place / f"{k:032x}").mkdir()
        (place / f"{k:032x}" / "job.json").write_text(json.dumps(kept | {"id": f"{k:032x}"} | wrong))
    (place / ("b" * 32) / "job.json").mkdir(parents=True)  # can't be read now; it may be later
    (place / ("c" * 32)).mkdir()
    found = Jobs(Store(tmp_path), "northeast", {}).of(session)
    assert [j.told()["id"] for j in found] == [f"{0:032x}"]
    assert (place / ("b" * 32)).is_dir() and not (place / ("c" * 32)).exists()


def test_a_plan_file_says_what_was_asked(tmp_path, northeast):
    from citybelt.plan.asked.brief import load_brief
    from citybelt.web import plan_file
    from citybelt.web.asked_jobs import PlanJob

    asked = PlanJob(
        kind="plan", plan="balanced", payers={"city": 4.0}, excluded=["placebo"], include=["services_cluster"],
        targets={
            "co2": {"most": 0.98}, "output": {"210000": {"least": 1.002}}, "securities": {"food": {"most_of_now": 1.0}},
        },
    )  # fmt: skip
    path = tmp_path / "plan.yaml"
    path.write_text(plan_file.text(asked.model_dump()), "utf-8")
    brief = load_brief(path, northeast)
    assert brief.payers["city"] == 4.0 and brief.payers["centre"] == 10.0
    assert brief.excluded == ("placebo",) and "services_cluster" in brief.include
    rows = {t.row: t.value for t in brief.targets}
    assert rows["co2"] == 0.98 and rows["output:210000"] == 1.002 and rows["security:food"] == 1.0


@pytest.mark.slow
def test_a_quick_plan_is_taken_over_as_a_scenario(browser):
    id = browser.post("/api/jobs", json={"kind": "plan", "quick": True, "draws": 0}).json()["id"]
    told = finished(browser, id)
    assert told["state"] == "done", told
    found = browser.get(f"/api/jobs/{id}/result").json()
    exact = browser.post("/api/exact", json={"change": found["change"]}).json()
    assert exact["totals"]["welfare"]["cluster"] == pytest.approx(found["welfare_change"], rel=1e-4)
    assert exact["budget"]["spent"] <= found["budget"]["total"] * (1 + 1e-6)


def test_what_a_killed_server_was_at_is_told_as_cut_off(bench, tmp_path):
    from starlette.testclient import TestClient

    from citybelt.web.app import make

    def server():
        return TestClient(make(bench, b"k" * 32, folder=tmp_path), base_url="http://127.0.0.1:8765")

    with server() as client:
        client.get("/api/session")
        cookie = dict(client.cookies)
        draft = client.post("/api/drafts", json={"name": "kept", "change": CHANGE}).json()
        id = client.post("/api/jobs", json={"kind": "plan"}).json()["id"]
        (kept,) = tmp_path.glob("northeast/sessions/*/jobs/*/job.json")
        before = kept.read_text()
    assert json.loads(before)["id"] == id
    kept.write_text(before)  # as a server leaves it that had no time to say goodbye
    with server() as client:
        client.cookies.update(cookie)
        assert client.get("/api/drafts").json()["drafts"] == [draft]
        told = client.get(f"/api/jobs/{id}").json()
        assert told["state"] == "failed" and "cut off" in told["errors"][0]["what"]
