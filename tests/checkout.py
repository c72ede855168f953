"""The files of the source checkout, for tests that read them."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def tracked_files():
    """Names of the files that belong to the repository, relative to ROOT."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def tracked_texts():
    """Name and content of every text file of the repository but the lock file."""
    for name in tracked_files():
        data = (ROOT / name).read_bytes()
        if name != "uv.lock" and b"\0" not in data[:8000]:
            yield name, data.decode("utf-8")
