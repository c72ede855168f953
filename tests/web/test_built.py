"""The built page in the package is what its sources make of it. Skipped without Node or the page's libraries."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB, BUILT = ROOT / "web", ROOT / "src" / "citybelt" / "web" / "static"


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.skipif(shutil.which("node") is None, reason="Node isn't installed")
@pytest.mark.skipif(not (WEB / "node_modules" / "vite").exists(), reason="run npm ci in web/ first")
def test_the_built_page_is_that_of_the_sources(tmp_path):
    command = [
        "node",
        "node_modules/vite/bin/vite.js",
        "build",
        "--outDir",
        str(tmp_path / "static"),
        "--logLevel",
        "error",
    ]
    subprocess.run(command, cwd=WEB, check=True, timeout=180, env=os.environ | {"CI": "1"})
    assert _files(tmp_path / "static") == _files(BUILT)


def test_the_built_page_asks_no_other_machine():
    """No address of another host is loaded: the only ones are names of XML namespaces and of the framework's errors."""
    import re

    text = b"\n".join(_files(BUILT).values()).decode("utf-8")
    hosts = set(re.findall(r"https?://([A-Za-z0-9.-]+)", text))
    assert hosts <= {"www.w3.org", "svelte.dev"}


def test_the_page_holds_no_inline_script_or_style():
    page = (BUILT / "index.html").read_text("utf-8")
    assert "<style" not in page and "style=" not in page
    assert page.count("<script") == page.count("src=") - page.count("<img") == 1
