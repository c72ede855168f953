"""What the page shows while a lever moves, in a real browser: preview, its error, then the equilibrium.

The derivatives of all levers take more than a minute. These are of two levers whose curves are straight, so that each
has one coordinate: their first and second order come from exact equilibria, the rest and the error from the package.
"""

import re
import socket
import threading

import numpy as np
import pytest

from . import browser as b

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=60_000)  # a busy machine
LEVERS = ("road_harbin_dalian", "hsr_harbin_yichun")
#: Moves the slider of a lever without letting it go, as often as it takes for a preview to be there.
DRAG = """([lever, value]) => {
  const slider = document.querySelector(`[data-lever=${lever}] input[type=range]`);
  slider.value = value;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  return document.querySelector('.state .chip.preview') !== null;
}"""
ASK = """([path, levers]) => fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'},
  body: JSON.stringify({change: {levers}})}).then(r => r.json())"""


@pytest.fixture(scope="module")
def made(bench):
    """A preview of two levers: a quartic through exact equilibria of each alone, completed by the package."""
    from citybelt.model.panel import REGIONAL, TOTALS
    from citybelt.scenario.preview import Preview
    from citybelt.scenario.preview_build import FEWEST, exact, with_error

    menu = [next(lever for lever in bench.desk.menu if lever.id == id) for id in LEVERS]
    assert all(lever.exponent[1] == lever.charge[1] == 1 for lever in menu)
    upper = np.array([lever.card.upper for lever in menu])
    outcomes = exact(bench.desk.economy, menu, bench.desk.sets)
    nodes = np.array([0.25, 0.5, 0.75, 1.0])
    fits = [
        np.linalg.solve(np.vander(nodes, 5, increasing=True)[:, 1:], [outcomes(part * upper * unit) for part in nodes])
        for unit in np.eye(2)
    ]
    m = len(REGIONAL) * len(bench.home) + 2 * len(TOTALS)
    second = np.zeros((3, m))
    second[0], second[2] = 2 * fits[0][1], 2 * fits[1][1]
    begun = Preview(
        world="northeast", closure="", levers=LEVERS, upper=upper, regions=bench.home, sets=("cluster", "nation"),
        regional=REGIONAL, totals=TOTALS, lever=np.array([0, 1]), paying=np.array([True, True]), curve=np.ones((2, 4)),
        first=np.array([fit[0] for fit in fits]), second=second, pairs=np.array([(0, 0), (0, 1), (1, 1)]),
        alone=np.zeros((4, 2, m)), joint=np.zeros((1, m)), doubt=np.zeros((2, m)), floor=np.zeros(m),
        factor=np.ones(m), draws=0,
    )  # fmt: skip
    return with_error(begun, outcomes, FEWEST)


@pytest.fixture(scope="module")
def address(bench, made, tmp_path_factory):
    """A server in this process that holds the preview."""
    import uvicorn

    from citybelt.web.app import make

    app = make(bench, b"s" * 32, folder=tmp_path_factory.mktemp("workbench"))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    port = listening.getsockname()[1]
    while not server.started:
        thread.join(0.05)
        assert thread.is_alive()
    app.app.state.shop.previews.hold(made)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def chromium():
    with b.chromium() as found:
        yield found


def shown(page, which: str) -> float:
    """A number of the page, of the cluster's welfare, without its signs."""
    text = page.locator(f"[data-outcome=welfare] {which}").inner_text()
    return float(re.sub(r"[^0-9.]", "", text)) * (-1 if text.startswith("−") else 1)


def drag(page, lever: str, value: float) -> None:
    page.get_by_role("textbox", name=re.compile("Find a lever|查找措施")).fill(lever)
    page.locator(f"[data-lever={lever}]").wait_for()
    page.wait_for_function(DRAG, arg=[lever, value])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_preview_with_its_error_then_the_equilibrium(chromium, address, made, lang):
    road = LEVERS[0]
    value = 330.0  # between the values that the derivatives were fitted to
    with b.Visit(chromium, address, lang) as v:
        page = v.open()
        legend = page.locator(".legend [role=img]").get_attribute("aria-label")
        drag(page, road, value)
        expect(page.locator(".state .chip.preview")).to_have_text({"en": "preview", "zh": "预览"}[lang])
        told = page.evaluate(ASK, ["/api/preview", {road: value}])
        seen, error = told["totals"]["welfare"]["cluster"], told["error"]["totals"]["welfare"]["cluster"]
        assert shown(page, ".value") == pytest.approx(seen, rel=5e-3)
        assert shown(page, ".error") == pytest.approx(max(error, 1e-3), rel=0.06)
        assert page.locator(".legend [role=img]").get_attribute("aria-label") == legend
        page.locator(f"[data-lever={road}] input[type=range]").dispatch_event("change")
        expect(page.locator(".state .chip")).to_have_text({"en": "exact", "zh": "精确解"}[lang])
        assert not page.locator("[data-outcome=welfare] .error").count()
        exact = page.evaluate(ASK, ["/api/exact", {road: value}])["totals"]["welfare"]["cluster"]
        assert shown(page, ".value") == pytest.approx(exact, rel=5e-3)
        assert abs(exact - seen) <= error
        assert not v.wrong and not v.outside()


def test_what_the_derivatives_do_not_know_is_solved(chromium, address):
    """A lever that they are not of, and other assumptions."""
    with b.Visit(chromium, address) as v:
        page = v.open()
        drag(page, LEVERS[1], 100)
        page.locator(f"[data-lever={LEVERS[1]}] input[type=range]").dispatch_event("change")
        page.wait_for_selector(".chip.exact")
        b.move(page, "research_dalian", 0.3)
        expect(page.locator("[data-lever=research_dalian]")).to_have_class(re.compile(r"\bon\b"))
        expect(page.locator(".state .chip")).to_have_text("exact")
        page.get_by_role("textbox", name="Find a lever").fill("")
        page.locator(f"[data-lever={LEVERS[1]}] input[type=range]").evaluate(
            "e => { e.value = 200; e.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
        expect(page.locator(".state .chip")).to_have_text(re.compile("solving|exact"))
        assert not page.locator(".chip.preview").count()


@pytest.mark.skipif(not b.AXE.exists(), reason="run npm ci in web/ first")
@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_axe_finds_nothing_in_a_preview(chromium, address, size):
    with b.Visit(chromium, address, size=size, bypass_csp=True) as v:
        page = v.open()
        drag(page, LEVERS[0], 300)
        page.evaluate(b.AXE.read_text("utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert not [(f["id"], [n["html"][:120] for n in f["nodes"][:3]]) for f in found]
