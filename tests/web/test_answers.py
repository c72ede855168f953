"""What the server answers is what the package computes."""

import json

import numpy as np
import pytest

import citybelt as cb
from citybelt.scenario.scenario import load_scenario
from citybelt.web.ground import WIDTH


def change_of(name):
    s = load_scenario(name)
    return {"levers": {k: v for k, v in s.levers.items() if v}, "closure": dict(s.closure),
            "elasticities": dict(s.elasticities), "vintage": s.vintage}  # fmt: skip


@pytest.fixture(scope="module")
def world(served):
    return served().get("/api/world").json()


@pytest.mark.parametrize("name", ["research_push", "carbon_price"])
def test_numbers_are_those_of_run(browser, northeast, name):
    found = browser.post("/api/exact", json={"change": change_of(name)})
    assert found.status_code == 200
    told, run = found.json(), cb.run(northeast, name)
    for outcome, of in told["totals"].items():
        for who, value in of.items():
            assert value == pytest.approx(run.totals.loc[who, outcome], rel=1e-9, abs=1e-6), outcome
    for outcome in ("welfare", "ev", "people", "output", "rent", "cpi", "co2_change", "levy"):
        assert told["regional"][outcome] == pytest.approx(run.by_region[outcome].to_numpy(), rel=1e-9, abs=1e-9)
    assert told["regional"]["wage"] == pytest.approx(run.by_region["wage"].to_numpy(), abs=1e-7)
    for who in ("cluster", "nation"):
        assert told["sectors"][who] == pytest.approx(run.by_sector[who].to_numpy(), rel=1e-9, abs=1e-9)
    paid = {row["payer"]: row["cluster"] for row in told["payers"]}
    assert paid == pytest.approx(run.by_payer.set_index("payer")["cluster"].to_dict(), rel=1e-9, abs=1e-9)
    assert told["residual"] <= 1e-10
    assert told["code"]["shell"] == f"citybelt run northeast {name}" and told["code"]["yaml"] == ""


def test_assumptions_and_vintage_reach_the_model(browser):
    change = {"levers": {"research_dalian": 4}, "closure": {"capital": "mobile"}, "elasticities": {"nu": 2.5}}
    told = browser.post("/api/exact", json={"change": change}).json()
    scenario = cb.Scenario(
        "own", "own", "own", "", "", change["levers"], change["closure"], change["elasticities"], "", (), ("own",)
    )
    assert told["totals"]["welfare"]["cluster"] == pytest.approx(cb.run("northeast", scenario).welfare_change, rel=1e-9)
    older = browser.post("/api/exact", json={"change": {"levers": {"research_dalian": 4}, "vintage": "2019"}}).json()
    assert older["totals"]["ev"]["cluster"] != pytest.approx(told["totals"]["ev"]["cluster"], rel=1e-3)


def test_the_scenario_file_says_the_same(browser, tmp_path):
    change = {"levers": {"research_dalian": 4, "training_cluster": 120.5}, "closure": {"capital": "mobile"},
              "elasticities": {"nu": 2.5}, "vintage": "2021"}  # fmt: skip
    file = tmp_path / "scenario.yaml"
    file.write_text(browser.post("/api/exact", json={"change": change}).json()["code"]["yaml"], "utf-8")
    read = load_scenario(file)
    assert (read.levers, read.closure, read.elasticities, read.vintage) == tuple(change.values())


def test_accounts_add_up(browser):
    told = browser.post("/api/exact", json={"change": change_of("carbon_price")}).json()
    rows = {row["id"]: row for row in told["government"]}
    for of in ("cluster", "nation"):
        for when in ("base", "now"):
            own = sum(rows[k][of][when] for k in ("own_taxes", "land", "grants", "transfers"))
            assert own == pytest.approx(rows["spending"][of][when], rel=1e-9)
    # What all places hand up is what the centre takes, and all of it comes back as grants.
    assert rows["to_centre"]["nation"]["now"] == pytest.approx(told["centre"]["now"], rel=1e-9)
    assert rows["grants"]["nation"]["now"] == pytest.approx(told["centre"]["now"], rel=1e-6)
    people = told["ages"]
    assert people["under60"]["nation"]["now"] + people["over60"]["nation"]["now"] == pytest.approx(1409778724, rel=1e-9)


def test_the_base_year_changes_nothing(browser):
    told = browser.post("/api/exact", json={"change": {}}).json()
    assert max(abs(v) for of in told["totals"].values() for v in of.values()) < 1e-6
    assert told["warnings"] == [] and told["budget"]["spent"] == 0


def test_levers_share_the_outcome_out(browser):
    change = {"levers": {"research_dalian": 3, "training_cluster": 100, "road_harbin_dalian": 500}}
    for outcome, of in (("welfare", "cluster"), ("people", "210200"), ("rent", "230100")):
        told = browser.post("/api/why", json={"change": change, "outcome": outcome, "of": of}).json()
        assert sum(row["share"] for row in told["levers"]) == pytest.approx(told["value"], abs=1e-12)
        assert {row["id"] for row in told["levers"]} == set(change["levers"])
        assert told["sources"] and all(row["grade"] in "ABCD" for row in told["sources"])
        assert told["equation"]["text"]
    whole = browser.post("/api/exact", json={"change": change}).json()
    assert told["value"] == whole["regional"]["rent"][whole_index(browser, "230100")]


def test_every_number_beside_the_panel_answers_why(browser):
    """What the page shows of ages, gap, sectors, governments and budget, against the answer that it shows them from."""
    change = {"levers": {"research_dalian": 3, "training_cluster": 100}}
    whole = browser.post("/api/exact", json={"change": change}).json()
    shown = {(g, of): p["now"] - p["base"] for g, sets in whole["ages"].items() for of, p in sets.items()}
    shown |= {(f"gap.{k}", "cluster"): p["now"] - p["base"] for k, p in whole["gap"].items()}
    shown |= {
        (f"account.{row['id']}", of): row[of]["now"] - row[of]["base"]
        for row in whole["government"]
        for of in ("cluster", "nation")
    }
    sectors = browser.get("/api/world").json()["sectors"]
    shown |= {(f"sector.{s['id']}", "nation"): whole["sectors"]["nation"][k] for k, s in enumerate(sectors)}
    shown["budget", "cluster"] = whole["budget"]["spent"]
    for (outcome, of), value in shown.items():
        told = browser.post("/api/why", json={"change": change, "outcome": outcome, "of": of}).json()
        assert told["value"] == pytest.approx(value, rel=1e-9, abs=1e-12), outcome
        assert sum(row["share"] for row in told["levers"]) == pytest.approx(value, rel=1e-9, abs=1e-9), outcome
        assert told["equation"]["text"] and told["name"]["zh"]
    assert told["outcome"] == "budget" and {e["citation"] for e in told["evidence"]}
    wrong = browser.post("/api/why", json={"change": change, "outcome": "budget", "of": "210200"})
    assert wrong.status_code == 400 and "cluster and nation only" in wrong.text


def test_rows_of_sources_are_those_of_the_place_with_names(browser, bench):
    """A cluster's number rests on rows of its own places; each row says which place and what part it is of."""
    change = {"levers": {"research_dalian": 3}}
    told = browser.post("/api/why", json={"change": change, "outcome": "people", "of": "cluster"}).json()
    inside = {r for r, here in zip(bench.home, bench.cluster, strict=True) if here}
    assert {row["region"] for row in told["sources"]} <= inside
    largest = max(told["sources"], key=lambda row: row["value"])
    assert largest["place"] == {"en": "Harbin", "zh": "哈尔滨市"} and largest["item_name"]["zh"] == "60岁以下"
    # the same study stands once for all levers that rest on it
    four = {"levers": {f"research_{c}": 1 for c in ("shenyang", "dalian", "changchun", "harbin")}}
    told = browser.post("/api/why", json={"change": four, "outcome": "people", "of": "cluster"}).json()
    assert [len(e["levers"]) for e in told["evidence"]] == [4]


def whole_index(browser, region):
    return browser.get("/api/world").json()["home"].index(region)


def test_flows_add_up(browser, bench):
    from citybelt.scenario import movements

    change = {"levers": {"registration_central": 80}}
    told = browser.post("/api/flows", json={"change": change, "of": "people", "region": "210100", "top": 500}).json()
    residents = browser.post("/api/exact", json={"change": change}).json()["regional"]["people"]
    e, base = bench.desk.economy, bench.desk.base
    stock = movements.people(e, base)
    assert np.allclose(stock, np.asarray(e.base.people.sum(axis=0)), rtol=1e-9)
    k = bench.home.index("210100")
    came = sum(f["change"] for f in told["flows"] if f["to"] == "210100")
    _, look, _ = bench.look(_change(change))
    then = movements.people(look.economy, look.solution)
    grown = 100 * (then[:, k].sum() / stock[:, k].sum() - 1)
    assert grown == pytest.approx(residents[k], rel=1e-9)
    assert came == pytest.approx((then - stock)[:, k].sum() - (then - stock)[k, k], rel=1e-9)
    goods = movements.sales(look.economy, look.solution)
    assert np.allclose(goods.sum(axis=1), np.asarray(look.solution.accounts.receipts).sum(axis=1), rtol=1e-7)


def _change(plain):
    from citybelt.web.schema import Change

    return Change(**plain)


def test_differences_are_told(browser):
    a, b = {"levers": {"research_dalian": 3}}, {"levers": {"research_dalian": 2}, "closure": {"people": "fixed"}}
    told = browser.post("/api/difference", json={"a": a, "b": b}).json()
    assert {(r["section"], r["key"], r["a"], r["b"]) for r in told["rows"]} == {
        ("levers", "research_dalian", 3.0, 2.0), ("closure", "people", None, "fixed")}  # fmt: skip
    assert told["answer_a"]["totals"] != told["answer_b"]["totals"]


def test_mistakes_come_in_the_words_of_the_command_line(browser):
    found = browser.post("/api/exact", json={"change": {"levers": {"research_dalien": 3}, "closure": {"capital": "x"}}})
    said = [e["what"] + e["do"] for e in found.json()["errors"]]
    assert found.status_code == 400 and len(said) == 2
    assert "unknown lever 'research_dalien'" in said[0] and "research_dalian" in said[0]
    over = browser.post("/api/exact", json={"change": {"levers": {"research_dalian": 11}}})
    assert "outside its bounds 0 to 10" in over.json()["errors"][0]["what"]


def test_the_world_speaks_both_languages(world):
    missing = []

    def walk(value, path):
        if isinstance(value, dict):
            if set(value) == {"en", "zh"}:
                if bool(value["en"]) != bool(value["zh"]):
                    missing.append(path)
            else:
                for k, v in value.items():
                    walk(v, f"{path}.{k}")
        elif isinstance(value, list):
            for k, v in enumerate(value):
                walk(v, f"{path}[{k}]")

    walk(world, "world")
    assert not missing
    assert all(r["name"]["en"] and r["name"]["zh"] for r in world["regions"])


def test_the_world_is_whole(world, bench):
    assert world["home"] == list(bench.home)
    assert {k for t in world["themes"] for k in t["levers"]} == {lever["id"] for lever in world["levers"]}
    assert all(len(v) == len(world["home"]) for v in world["base"]["regional"].values())
    for lever in world["levers"]:
        assert 0 <= lever["lower"] < lever["upper"] and 0 < lever["step"] <= lever["upper"] / 20
        assert lever["evidence"] or lever["costs"]
        effect = lever["evidence"]
        said = [effect["parameter"], effect["unit"]] if effect else []
        said += [row[k] for row in lever["costs"] for k in ("item", "unit")]
        assert not [x["en"] for x in said if x["zh"] == x["en"]]
    json.dumps(world, allow_nan=False)


def test_the_map_is_equal_area(browser, bench):
    """Areas of the paths are proportional to areas on the ellipsoid."""
    from citybelt.geo.polygons import areas_km2

    told = browser.get("/api/map").json()
    at = {r["id"]: r for r in told["regions"]}
    ids = [r for r, inside in zip(bench.home, bench.cluster, strict=True) if inside]
    ratio = np.array([_area(at[r]["d"]) for r in ids]) * told["unit_km"] ** 2 / areas_km2(ids)
    assert ratio == pytest.approx(1.0, abs=0.01)
    assert {line["kind"] for line in told["lines"]} == {"dashed", "undetermined"}
    assert len(told["provinces"]) == 34
    x0, y0, x1, y1 = told["frames"]["cluster"]
    assert 0 < x0 < x1 <= WIDTH and 0 < y0 < y1 <= told["height"]
    assert all(x0 < at[r]["x"] < x1 and y0 < at[r]["y"] < y1 for r in ids)


def _area(d):
    total = 0.0
    for ring in d.split("M")[1:]:
        start, _, steps = ring.rstrip("z").partition("l")
        points = np.array([[float(v) for v in p.split(",")] for p in [start, *steps.split()]]).cumsum(axis=0)
        x, y = points.T
        total += 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    return abs(total)


def test_the_network_joins_what_is_there(browser, world):
    told = browser.get("/api/network").json()
    nodes = {n["id"] for n in told["nodes"]}
    assert {e["a"] for e in told["edges"]} | {e["b"] for e in told["edges"]} <= nodes
    built = {e["lever"] for e in told["edges"] if e["lever"]}
    assert built == {k["id"] for k in world["levers"] if k["kind"] == "rail"}
    assert not any(e["open"] for e in told["edges"] if e["lever"])


def test_a_browser_gets_the_world_once(browser):
    first = browser.get("/api/map")
    again = browser.get("/api/map", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content


@pytest.mark.slow
def test_securities_at_a_glance_are_those_of_the_stress_test(browser, northeast):
    import time

    change = {"levers": {"carbon_price_cluster": 60.0, "research_dalian": 3.0}}
    until = time.monotonic() + 180
    while (found := browser.post("/api/securities", json={"change": change})).status_code == 202:
        assert found.json()["state"] == "building" and time.monotonic() < until
        time.sleep(0.5)
    assert len(found.json()["securities"]) <= found.json()["struck"] < found.json()["of"]
    scenario = cb.Scenario("own", "own", "own", "", "", change["levers"], {}, {}, "", (), ("own",))
    worst = cb.stress(northeast, scenario).worst.set_index("security")
    for row in found.json()["securities"]:
        assert row["now"] == pytest.approx(worst.loc[row["id"], "loss"], rel=1e-6)
        # Only what is near the worst today is struck again: never more than the worst of all.
        assert row["then"] <= worst.loc[row["id"], "loss_scenario"] * (1 + 1e-6)
        assert row["then"] == pytest.approx(worst.loc[row["id"], "loss_scenario"], rel=0.1)


def test_the_file_of_derivatives_gives_the_preview_of_the_package(bench):
    """The arrays of the page's file, read as a browser reads them, against ``Preview.at``."""
    from citybelt.scenario.preview import Preview
    from citybelt.web.previews import LAYOUT, packed

    rng = np.random.default_rng(5)
    levers, regions, k, m = ("a", "b", "c"), ("x", "y"), 5, 11 * 2 + 7 * 2
    pairs = np.array([(i, j) for i in range(k) for j in range(i, k)])
    made = Preview(
        world="w", closure="c", levers=levers, upper=np.array([2.0, 3.0, 4.0]), regions=regions,
        sets=("cluster", "nation"), regional=tuple("abcdefghijk"), totals=tuple("lmnopqr"),
        lever=np.array([0, 0, 1, 2, 2]), paying=np.array([False, True, True, False, True]),
        curve=np.array([[0.5, 3.0, 1.5, 3.0], [1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 1.2, 5.0]]),
        first=rng.normal(size=(k, m)), second=rng.normal(size=(len(pairs), m)), pairs=pairs,
        alone=rng.normal(size=(4, 3, m)), joint=rng.normal(size=(3, m)), doubt=rng.uniform(size=(3, m)),
        floor=rng.uniform(size=m), factor=rng.uniform(size=m), draws=50,
    )  # fmt: skip
    blob = packed(made, "key")
    n = int.from_bytes(blob[:4], "little")
    head = json.loads(blob[4 : 4 + n])
    assert (4 + n) % 8 == 0 and head["levers"] == list(levers)
    read = {}
    for name, kind in LAYOUT.items():
        told = head["arrays"][name]
        assert told["offset"] % 8 == 0
        count = int(np.prod(told["shape"]))
        read[name] = np.frombuffer(blob, np.dtype(kind), count, 4 + n + told["offset"]).reshape(told["shape"])
    held = {
        f: getattr(made, f) for f in ("world", "closure", "levers", "regions", "sets", "regional", "totals", "draws")
    }
    again = Preview(**held, **{**read, "paying": read["paying"].astype(bool)})
    one, two = made.at([1.0, 2.0, 0.5]), again.at([1.0, 2.0, 0.5])
    assert two.changes == pytest.approx(one.changes, rel=1e-5, abs=1e-5)
    assert two.error == pytest.approx(one.error, rel=1e-5)


def test_previews_are_told_with_their_error_and_for_the_default_assumptions(bench, tmp_path):
    """With derivatives that are numbers of the test: here only what the server makes of them counts."""
    from starlette.testclient import TestClient

    from citybelt.model.panel import REGIONAL, TOTALS
    from citybelt.scenario.preview import Preview
    from citybelt.web.app import make

    rng, home = np.random.default_rng(3), bench.home
    menu = [k for k in bench.desk.menu if k.id in ("research_dalian", "training_cluster")]
    m = len(REGIONAL) * len(home) + 2 * len(TOTALS)
    made = Preview(
        world="northeast", closure="", levers=tuple(k.id for k in menu), upper=np.array([k.card.upper for k in menu]),
        regions=home, sets=("cluster", "nation"), regional=REGIONAL, totals=TOTALS, lever=np.array([0, 1]),
        paying=np.array([True, True]), curve=np.ones((2, 4)), first=rng.normal(size=(2, m)), second=np.zeros((3, m)),
        pairs=np.array([(0, 0), (0, 1), (1, 1)]), alone=np.zeros((4, 2, m)), joint=np.zeros((1, m)),
        doubt=rng.uniform(size=(2, m)), floor=np.full(m, 1e-6), factor=np.ones(m), draws=50,
    )  # fmt: skip
    app = make(bench, b"s" * 32, folder=tmp_path)
    change = {"levers": {"research_dalian": 0.5, "training_cluster": 20}}
    with TestClient(app, base_url="http://127.0.0.1:8765") as browser:
        browser.get("/api/session")
        previews = app.app.state.shop.previews
        previews.made, previews.state = None, "none"
        assert browser.post("/api/preview", json={"change": change}).status_code == 409
        assert browser.get("/api/preview.bin").status_code == 404
        previews.hold(made)
        told = browser.post("/api/preview", json={"change": change}).json()
        exact = browser.post("/api/exact", json={"change": change}).json()
        seen = made.at(change["levers"])
        assert told["kind"] == "preview" and told["budget"]["spent"] == pytest.approx(exact["budget"]["spent"])
        assert told["regional"]["welfare"] == pytest.approx(seen.changes[: len(home)].tolist())
        assert told["error"]["totals"]["levy"]["nation"] == pytest.approx(seen.error[-1])
        other = change | {"closure": {"capital": "mobile"}}
        assert browser.post("/api/preview", json={"change": other}).status_code == 409
        wrong = browser.post("/api/preview", json={"change": other | {"levers": {"hsr": 1}}})
        assert wrong.status_code == 400 and "unknown lever" in wrong.text
        assert browser.get("/api/preview.bin").headers["content-type"] == "application/octet-stream"
        assert browser.get("/api/preview/state").json()["state"] == "ready"
