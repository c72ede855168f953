"""Shared by all tests: no network, double precision, and the two embedded worlds loaded once."""

import os
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OFFLINE = str(Path(__file__).resolve().parent / "offline")

# This process, and every Python process that a test starts.
runpy.run_path(f"{OFFLINE}/sitecustomize.py")
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [OFFLINE, os.environ.get("PYTHONPATH")]))


#: Files that take longest, the longest first: begun last, one of them would keep one process busy and the others idle.
LONG = (
    "test_end_to_end.py",
    "separate/test_separate.py",
    "plan/test_whole.py",
    "plan/test_plan.py",
    "plan/test_brief.py",
    "web/test_browser.py",
    "model/test_distance.py",
    "path/test_bands.py",
    "engine/test_response.py",
    "model/test_trade.py",
)


def pytest_collection_modifyitems(items):
    """The longest files first, all others in their order; with ``--no-loadscope-reorder`` xdist keeps to it."""
    at = [str(Path(__file__).resolve().parent / name) for name in LONG]
    items.sort(key=lambda item: at.index(str(item.path)) if str(item.path) in at else len(at))


def pytest_configure(config):
    import citybelt

    citybelt.configure()


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the source checkout."""
    return ROOT


@pytest.fixture(scope="session")
def cases() -> Path:
    """Folder with the data of published cases, which the project doesn't ship: a folder each."""
    folder = Path(os.environ.get("CITYBELT_CASES", ROOT.parent / "shared" / "cases"))
    if not folder.is_dir():
        pytest.skip(f"no published cases in {folder}; set CITYBELT_CASES")
    return folder


@pytest.fixture(scope="session")
def northeast():
    """The world `northeast`, base year 2020."""
    import citybelt

    return citybelt.load("northeast")


@pytest.fixture(scope="session")
def china():
    """The world `china`, base year 2020."""
    import citybelt

    return citybelt.load("china")


@pytest.fixture(autouse=True)
def _room_for_programs():
    """Drop compiled programs before a process has as many memory maps as Linux allows, where it would abort."""
    yield
    maps = Path("/proc/self/maps")
    if maps.exists() and maps.read_bytes().count(b"\n") > 25_000:
        import jax

        jax.clear_caches()
