"""The page in a real browser: levers to map, undo, why, keyboard, languages, screens, nothing from outside."""

import pytest

from . import browser as b

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=60_000)  # a busy machine

SIZES = {"laptop": (1280, 720), "desktop": (1920, 1080), "phone": (390, 844)}


@pytest.fixture(scope="module")
def chromium():
    with b.chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory):
    server = b.start(tmp_path_factory.mktemp("workbench"))
    yield server.address
    server.kill()


@pytest.fixture
def visit(chromium, address):
    with b.Visit(chromium, address) as v:
        yield v


def colours(page) -> list[str]:
    return page.eval_on_selector_all("[data-region]", "all => all.map(e => e.getAttribute('fill'))")


def number(page):
    return page.locator("[data-outcome=welfare] .value")


def welfare(page) -> float:
    return float(number(page).inner_text().strip("+%").replace("−", "-"))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", b.PAGES)
def test_every_page_opens_in_both_languages_without_an_error(chromium, address, name, lang):
    with b.Visit(chromium, address, lang) as v:
        page = v.open(name)
        assert page.locator("h1").first.text_content().strip()
        assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-CN"}[lang]
        chinese = page.evaluate("/[\\u4e00-\\u9fff]/.test(document.querySelector('h1').textContent)")
        assert chinese == (lang == "zh")
        assert not v.wrong and not v.outside()


def test_a_lever_moves_the_map_and_the_numbers_are_those_of_the_server(visit):
    page = visit.open()
    before = colours(page)
    b.move(page, "research_dalian", 0.5)
    expect(number(page)).not_to_have_text("0%")
    page.wait_for_selector(".chip.exact")
    assert colours(page) != before
    top = page.locator("[data-lever=research_dalian] input[type=number]").input_value()
    answer = page.evaluate(
        "change => fetch('/api/exact', {method: 'POST', headers: {'Content-Type': 'application/json'},"
        " body: JSON.stringify({change})}).then(r => r.json())",
        {"levers": {"research_dalian": float(top)}},
    )
    assert welfare(page) == pytest.approx(answer["totals"]["welfare"]["cluster"], rel=5e-3)


def test_undo_and_redo_by_key_and_button(visit):
    page = visit.open()
    b.move(page, "research_dalian", 0.5)
    page.wait_for_selector("[data-lever=research_dalian].on")
    expect(number(page)).not_to_have_text("0%")
    held = number(page).inner_text()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    expect(number(page)).to_have_text("0%")
    page.get_by_role("button", name="Redo").click()
    expect(number(page)).to_have_text(held)


def test_two_clicks_from_a_number_to_the_rows_of_its_sources(visit):
    page = visit.open()
    b.move(page, "research_dalian", 0.5)
    expect(number(page)).not_to_have_text("0%")
    page.locator("[data-outcome=welfare] .value").click()
    why = page.get_by_role("complementary", name="Why")
    why.get_by_text("Research in Dalian").first.wait_for()
    assert why.locator("pre").inner_text().strip()
    assert why.locator("tbody .chip").first.inner_text() in "ABCD"
    page.keyboard.press("Escape")
    assert not why.count()


def test_the_map_and_a_city_without_a_mouse(visit):
    page = visit.open()
    page.locator("[data-region][tabindex='0']").focus()
    first = page.evaluate("document.activeElement.dataset.region")
    for key in ("ArrowDown", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.region") != first
    page.keyboard.press("Enter")
    page.wait_for_selector("aside.city")
    page.keyboard.press("Escape")
    assert not page.locator("aside.city").count()


def test_a_lever_by_the_keyboard(visit):
    page = visit.open()
    page.get_by_role("textbox", name="Find a lever").fill("research_dalian")
    page.keyboard.press("Tab")
    for _ in range(8):  # past the buttons of the row to its slider
        if page.evaluate("document.activeElement.type") == "range":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.wait_for_selector("[data-lever=research_dalian].on")
    expect(number(page)).not_to_have_text("0%")


def test_the_language_changes_at_once_and_keeps_the_draft(visit):
    page = visit.open()
    b.move(page, "research_dalian", 0.5)
    page.wait_for_selector("[data-lever=research_dalian].on")
    page.get_by_role("button", name="中文").click()
    assert page.get_by_role("heading", name="措施", exact=True).count()
    assert page.locator("[data-lever=research_dalian].on").count()
    assert "亿元" in page.locator(".spent").inner_text()


def test_a_killed_server_loses_nothing(chromium, tmp_path):
    server = b.start(tmp_path)
    port = int(server.address.rsplit(":", 1)[1])
    try:
        with b.Visit(chromium, server.address) as v:
            page = v.open()
            b.move(page, "research_dalian", 0.5)
            page.wait_for_selector("[data-lever=research_dalian].on")
            page.get_by_text("All changes kept").wait_for()
            server.kill()
            b.move(page, "research_dalian", 0.8)
            page.get_by_text("Kept in this browser").wait_for()
            server = b.start(tmp_path, port)
            page = v.open()
            page.get_by_role("textbox", name="Find a lever").fill("research_dalian")
            assert float(
                page.locator("[data-lever=research_dalian] input[type=number]").input_value()
            ) == pytest.approx(8)
    finally:
        server.kill()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", b.PAGES)
def test_no_page_is_wider_than_its_screen(chromium, address, name, size):
    with b.Visit(chromium, address, size=SIZES[size]) as v:
        page = v.open(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        assert page.evaluate("document.querySelector('main').scrollWidth") <= SIZES[size][0]


@pytest.mark.skipif(not b.AXE.exists(), reason="run npm ci in web/ first")
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", ["laptop", "phone"])
@pytest.mark.parametrize("name", b.PAGES)
def test_axe_finds_nothing(chromium, address, name, size, lang):
    with b.Visit(chromium, address, lang, size=SIZES[size], bypass_csp=True) as v:
        page = v.open(name)
        page.evaluate(b.AXE.read_text("utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert not [(f["id"], [n["html"][:120] for n in f["nodes"][:3]]) for f in found]


def test_a_scenario_is_saved_shared_as_a_link_and_opened_from_its_file(chromium, address, tmp_path):
    with b.Visit(chromium, address, accept_downloads=True) as v:
        page = v.open()
        b.move(page, "research_dalian", 0.5)
        expect(number(page)).not_to_have_text("0%")
        shown = number(page).inner_text()
        page.get_by_role("textbox", name="Name of this draft").fill("More research in Dalian")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Save scenario").click()
        page.get_by_text("Saved: More research in Dalian").wait_for()
        page.get_by_role("button", name="Share", exact=False).first.click()
        page.get_by_role("menuitem", name="Link on this server").click()
        link = page.get_by_role("textbox", name="Link on this server").input_value()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Share", exact=False).first.click()
        with page.expect_download() as file:
            page.get_by_role("menuitem", name="One file").click()
        kept = tmp_path / "scenario.citybelt.json"
        file.value.save_as(kept)
    with b.Visit(chromium, address) as other:  # somebody else
        page = other.page
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_have_text("More research in Dalian")
        expect(page.locator("dl dd").first).to_contain_text(shown)
        other.open("scenarios")
        page.locator("input[type=file]").set_input_files(kept)
        page.get_by_text("solved anew, same results").wait_for()
        page.get_by_role("link", name="Workbench").click()
        expect(number(page)).to_have_text(shown)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_export_is_saved_by_the_browser(chromium, address, format, tmp_path):
    with b.Visit(chromium, address, accept_downloads=True) as v:
        page = v.open()
        b.move(page, "research_dalian", 0.5)
        expect(number(page)).not_to_have_text("0%")
        page.get_by_role("button", name="Export", exact=False).first.click()
        with page.expect_download() as file:
            page.get_by_role("menuitem", name={"csv": "CSV", "xlsx": "Excel"}[format], exact=False).click()
        file.value.save_as(tmp_path / "export")
        start = (tmp_path / "export").read_bytes()[:2]
        assert (start == b"PK") == (format == "xlsx") and not v.wrong


@pytest.mark.skipif(not b.AXE.exists(), reason="run npm ci in web/ first")
@pytest.mark.parametrize("what", ["why", "evidence", "share", "tour", "city", "nation", "assumptions"])
def test_axe_finds_nothing_in_what_opens(chromium, address, what):
    with b.Visit(chromium, address, bypass_csp=True) as v:
        page = v.open()
        b.move(page, "research_dalian", 0.5)
        expect(number(page)).not_to_have_text("0%")
        if what == "why":
            number(page).click()
            page.get_by_role("complementary", name="Why").locator("pre").wait_for()
        elif what == "evidence":
            page.get_by_role("button", name="Evidence and cost: Research in Dalian").click()
            page.get_by_role("dialog").wait_for()
        elif what == "share":
            page.get_by_role("button", name="Share", exact=False).first.click()
            page.get_by_role("menu").wait_for()
        elif what == "tour":
            page.get_by_role("button", name="Tour").click()
            page.get_by_role("dialog", name="Guided tour").wait_for()
        elif what == "city":
            page.locator("[data-region][tabindex='0']").press("Enter")
            page.wait_for_selector("aside.city")
        elif what == "nation":
            page.get_by_role("group", name="Part of the map").get_by_role("button", name="Nation").click()
            page.wait_for_selector("svg.inset")
        else:
            page.get_by_role("button", name="Assumptions").click()
            page.wait_for_selector("#vintage")
        page.wait_for_function("() => document.getAnimations().every(a => a.playState === 'finished')")
        page.evaluate(b.AXE.read_text("utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert not [(f["id"], [n["html"][:120] for n in f["nodes"][:3]]) for f in found]


def test_the_tour_leads_through_the_page_and_ends(visit):
    page = visit.open()
    page.get_by_role("button", name="Tour").click()
    step = page.get_by_role("dialog", name="Guided tour")
    seen = []
    while step.count():
        seen.append(step.get_by_role("heading").inner_text())
        step.get_by_role("button", name="Done" if len(seen) == 9 else "Next").click()
    assert len(set(seen)) == 9 and not visit.wrong
