"""Every hard economy of the gallery comes out as its table says, and is held against something else."""

import re
from pathlib import Path

import jax
import numpy as np
import pytest

from citybelt.engine.certificate import certify
from citybelt.engine.solve import TOLERANCE, solve
from gallery import economies, routes
from gallery.gallery import GALLERY, table

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("case", GALLERY, ids=[c.name for c in GALLERY])
def test_gallery(case):
    model, b, th, z, c = getattr(economies, case.name)()
    s = solve(model, b, th, z, c)
    if case.outcome == "none":
        assert not s.solved and "followed to" in s.status
        none(case, s)
        return
    assert s.solved and s.residual <= TOLERANCE
    assert float(model.walras(b, s.accounts)) < 1e-8
    if case.outcome == "several":
        mirror(certify(s))
        return
    assert (s.steps > 1) == (case.outcome == "continuation")
    getattr(routes, case.against)(s)


def none(case, s):
    """Why there is none: a bound, or an amount that is used up where the path ends."""
    if case.against == "runs_dry":
        came = float(re.search(r"followed to ([\d.]+) %", s.status).group(1)) / 100
        near = jax.tree.map(lambda leaf: 0.98 * came * leaf, s.shock)
        last = solve(s.model, s.base, s.theory, near, s.closure).require()
        now, then = (
            (last.accounts.consumption, s.base.consumption) if hasattr(s.base, "consumption")
            else (last.accounts.income, s.base.spending)
        )  # fmt: skip
        worth = np.exp(float(last.state.value.min())) if hasattr(last.state, "value") else 1.0
        assert min(float((now / then).min()), worth) < 0.1
    else:
        getattr(routes, case.against)(s)


def mirror(found):
    """Places are alike, so that an equilibrium turned around is one."""
    assert found.uniqueness == "refuted" and found.distinct % 2 == 1 and found.index_sum == 1
    sizes = np.round([np.sort(e.places["residents"]) for e in found.equilibria], 3)
    kinds, counts = np.unique(sizes, axis=0, return_counts=True)
    orders = [len({tuple(np.roll(kind, i)) for i in range(3)}) for kind in kinds]
    assert list(counts) == orders and sum(e.stable for e in found.equilibria) == 3, "one large place, in every place"


@pytest.mark.parametrize(("page", "language"), [("docs/trust.md", "en"), ("docs/zh/trust.md", "zh")])
def test_documentation_has_this_table(page, language):
    assert table(language) in (ROOT / page).read_text("utf-8")


def test_gallery_is_large_and_of_all_outcomes():
    assert len(GALLERY) >= 30 and len({c.name for c in GALLERY}) == len(GALLERY)
    assert {c.outcome for c in GALLERY} == {"direct", "continuation", "none", "several"}
