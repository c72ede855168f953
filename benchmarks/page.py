"""From the event of a slider to the repainted page, in a real browser: ms while it moves and after it is let go.

The browser and the server share the machine. A time runs from before the event until the frame with the new numbers is
painted.
"""

from __future__ import annotations

import re
import shutil

import numpy as np

from benchmarks.common import WORLDS, served

#: The answer is painted when the badge says what was asked for and the number has changed.
WATCH = """
async ([lever, values, kind]) => {
  const slider = document.querySelector(`[data-lever=${lever}] input[type=range]`);
  const number = () => document.querySelector('[data-outcome=welfare] .value').textContent;
  const badge = () => document.querySelector('.state .chip')?.classList.contains(kind);
  const frame = () => new Promise(done => requestAnimationFrame(() => {
    const after = new MessageChannel(); after.port1.onmessage = done; after.port2.postMessage(0);
  }));
  const times = [];
  for (const value of values) {
    const before = number();
    const begin = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    if (kind === 'exact') slider.dispatchEvent(new Event('change', {bubbles: true}));
    do await frame(); while (performance.now() - begin < 20000 && !(badge() && number() !== before));
    times.push(performance.now() - begin);
    await new Promise(done => setTimeout(done, kind === 'exact' ? 120 : 20));
  }
  return times;
}
"""


def main(smoke: bool = False) -> None:
    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        print("Chromium or playwright isn't installed")
        return
    print(f"{'world':10s} {'answer':8s} {'median':>8s} {'95 %':>8s} {'most':>8s}   ms")
    for world in WORLDS[:1] if smoke else WORLDS:
        with served(world) as (address, _), sync_playwright() as p:
            browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            try:
                _world(browser.new_page(viewport={"width": 1280, "height": 720}), address, world, 3 if smoke else 60)
            finally:
                browser.close()


def _world(page, address: str, world: str, repeats: int) -> None:
    page.goto(address)
    page.wait_for_selector(".chip.exact", timeout=120_000)
    lever = page.evaluate(
        "fetch('/api/world').then(r => r.json()).then(w => w.levers.find(l => l.kind === 'research').id)"
    )
    page.get_by_role("textbox", name=re.compile("Find a lever|查找措施")).fill(lever)
    page.wait_for_selector(f"[data-lever={lever}]")
    upper = float(page.locator(f"[data-lever={lever}] input[type=range]").get_attribute("max") or 1)
    values = [round(upper * (0.2 + 0.6 * ((7 * k) % 31) / 31), 2) for k in range(repeats)]
    state = lambda: page.evaluate("fetch('/api/preview/state').then(r => r.json())")["state"]  # noqa: E731
    while state() == "building":
        page.wait_for_timeout(1000)
    kinds = ["exact"]
    if state() == "ready":
        page.reload()  # the page fetches the preview as it opens
        page.wait_for_selector(".chip.exact", timeout=120_000)
        page.get_by_role("textbox", name=re.compile("Find a lever|查找措施")).fill(lever)
        page.wait_for_timeout(3000)
        kinds = ["preview", "exact"]
    for kind in kinds:
        page.evaluate(WATCH, [lever, values[:3], kind])
        times = page.evaluate(WATCH, [lever, values, kind])
        shown = "".join(f"{x:9.1f}" for x in (np.median(times), np.quantile(times, 0.95), max(times)))
        print(f"{world:10s} {kind:8s}{shown}", flush=True)
