"""Stored previews: those of a few newest keys of a world are kept, when a new one has been made."""

import asyncio
import os
from types import SimpleNamespace

import numpy as np

from citybelt.model.panel import REGIONAL, TOTALS
from citybelt.scenario.preview import Preview
from citybelt.web.app import make_preview
from citybelt.web.previews import KEPT, Previews


def stub(home):
    """A preview of no levers."""
    m = len(REGIONAL) * len(home) + 2 * len(TOTALS)
    none = np.zeros((0, m))
    return Preview(
        world="northeast", closure="", levers=(), upper=np.zeros(0), regions=home, sets=("cluster", "nation"),
        regional=REGIONAL, totals=TOTALS, lever=np.zeros(0, int), paying=np.zeros(0, bool), curve=np.zeros((0, 4)),
        first=none, second=none, pairs=np.zeros((0, 2), int), alone=np.zeros((4, 0, m)), joint=none, doubt=none,
        floor=np.ones(m), factor=np.ones(m), draws=50,
    )  # fmt: skip


def test_a_new_preview_takes_the_place_of_the_oldest(bench, tmp_path, monkeypatch):
    monkeypatch.setattr("citybelt.config.cache_folder", lambda name: tmp_path)
    old = [f"northeast-{k:032x}.npz" for k in range(KEPT + 1)]
    cut_off = f".northeast-{99:032x}.npz.123"
    others = [f"china-{1:032x}.npz", "northeast-notes.npz"]
    for age, name in enumerate([*old, cut_off, *others]):
        (tmp_path / name).write_bytes(b"nothing")
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    previews = Previews(bench)
    assert previews.state == "none"

    def add(session, asked, code, preview):
        stub(bench.home).save(preview)
        return SimpleNamespace(state="done")

    asyncio.run(make_preview(SimpleNamespace(previews=previews, bench=bench, jobs=SimpleNamespace(add=add))))
    assert previews.state == "ready"
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {previews.path.name, *old[: KEPT - 1], *others}
