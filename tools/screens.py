"""Take the pictures of the workbench in its documentation, one in each language.

    python -m tools.screens docs/img

A server of the checkout and Debian's Chromium, which Playwright drives; the scenario is one of the package.
"""

from __future__ import annotations

import argparse
import re
import shutil
from io import BytesIO
from pathlib import Path

from benchmarks.common import served
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from citybelt.result import put

SCENARIO = "research_push"
#: Pixels across and down, and colours kept: enough for a map and letters, and a file of half the size.
SIZE, COLOURS = (1360, 800), 256
#: The theme that is open beside the levers in use.
THEME = 1


def picture(page: Page, address: str) -> bytes:
    """The workbench with the scenario, as PNG."""
    page.goto(address)
    page.wait_for_selector(".chip.exact")
    page.select_option(".draft select", SCENARIO)
    page.wait_for_selector(".lever.on")
    page.wait_for_selector(".chip.exact")
    page.locator(".theme h3 button").first.click()
    page.locator(".theme h3 button").nth(THEME).click()
    page.get_by_text(re.compile("All changes kept|已自动保存")).wait_for()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_function("() => document.getAnimations().every(a => a.playState === 'finished')")
    out = BytesIO()
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
    taken.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where workbench.en.png and workbench.zh.png are written")
    args = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("screens: Chromium isn't installed")
    with served("northeast") as (address, _), sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for lang, name in (("en", "en-GB"), ("zh", "zh-CN")):
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, locale=name)
            put({args.folder / f"workbench.{lang}.png": picture(page, address)})


if __name__ == "__main__":
    main()
