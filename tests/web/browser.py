"""A server of its own and a real browser for the tests of the page. Both are skipped where they aren't installed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium")
WEB = Path(__file__).parents[2] / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "workbench",
    "scenarios",
    "plan",
    "years",
    "stress",
    "diagnosis",
    "ledger",
    "hindcast",
    "data",
    "coverage",
    "classroom",
)


@dataclass
class Server:
    """A running `citybelt serve`."""

    process: subprocess.Popen
    address: str

    def kill(self) -> None:
        """At once, as by kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        self.process.stdout.close()


def start(folder: Path, port: int = 0) -> Server:
    """A server of the Northeast that keeps its drafts in a folder."""
    command = [sys.executable, "-m", "citybelt.cli", "serve", "northeast", "--port", str(port), "--no-open"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"CITYBELT_DATA": str(folder), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"(http://\S+?)/?\s", line):
            return Server(process, found.group(1))
    raise RuntimeError("the server did not start:\n" + "".join(said))


@contextmanager
def chromium():
    """Debian's browser, without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium isn't installed")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Visit:
    """A browser's visit to the page: what it asked for, and what went wrong."""

    def __init__(self, browser, address: str, lang: str = "en", size=(1280, 720), **context):
        self.address = address
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **context)
        self.context.add_init_script(
            f"if (!localStorage.getItem('citybelt.lang')) localStorage.setItem('citybelt.lang', '{lang}')"
        )
        self.context.set_default_timeout(60_000)  # a busy machine
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.wrong.append(str(e)))
        self.page.on("request", lambda r: self.asked.append(r.url))

    def open(self, page: str = "workbench"):
        """The page, once it shows something."""
        self.page.goto(f"{self.address}/#/" + ("" if page == "workbench" else page))
        self.page.wait_for_selector("main h1", state="attached")
        if page == "workbench":
            self.page.wait_for_selector(".chip.exact")
        self.page.wait_for_load_state("networkidle")
        return self.page

    def outside(self) -> list[str]:
        """Requests that left this server."""
        return [u for u in self.asked if not u.startswith((self.address, "blob:", "data:"))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


def move(page, lever: str, share: float) -> None:
    """Drags a lever to a share of its range and lets it go."""
    row = page.locator(f"[data-lever={lever}]")
    if not row.count():
        page.get_by_role("textbox", name=re.compile("Find a lever|查找措施")).fill(lever)
    slider = row.locator("input[type=range]")
    slider.evaluate(
        "(e, s) => { e.value = Number(e.max) * s;"
        " for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind, {bubbles: true})); }",
        share,
    )
