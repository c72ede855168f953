"""Every vintage and option of the worlds goes through calibration to an equilibrium."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import citybelt as cb
from citybelt.model import outcomes
from citybelt.model.economy import economy
from citybelt.model.theory import theory

CUT = 0.05


def assert_solved(data):
    """Trade costs 5 % lower across the borders between the cluster's provinces are worth about what they save.

    To first order the nation gains the cost saved on what is traded there (Hulten 1978); taxes, spillovers and
    congestion move it by a part of that.
    """
    e = economy(data, theory(data.x["sector"].values))
    h, province = len(e.home), data.x["province"].values
    inside = data.x["cluster"].values[:h] == data.x.attrs["cluster"]
    across = inside[:, None] & inside[None] & (province[:, None] != province[None])
    log_d = np.zeros(e.zeros.log_d.shape)
    log_d[:, :h, :h] = np.log(1 - CUT) * across
    shock = eqx.tree_at(lambda s: s.log_d, e.zeros, jnp.asarray(log_d))
    solution = e.solve(shock)
    assert solution.solved and solution.residual <= 1e-10
    saved = -np.log(1 - CUT) * (data.trade()[:h, :h] * across[:, :, None]).sum()
    gain = outcomes.equivalent_variation(e.base, e.theory, shock, solution.accounts, jnp.ones(h))
    assert 0.5 * saved < float(gain) < 2 * saved


@pytest.mark.parametrize(
    "options",
    [{"vintage": v} for v in ("2019", "2020", "2021", "2020-revised")] + [{"inner_mongolia": True}],
    ids=lambda o: "-".join(map(str, o.values())),
)
def test_northeast_solves(options):
    data = cb.load("northeast", **options)
    assert_solved(data)
    if "inner_mongolia" in options:  # no factors are stored for its regions: draws are balanced from scratch
        flows = data.trade(2)
        np.testing.assert_allclose(flows.sum(axis=0).sum(axis=0), data.x["output"].sum("region"), rtol=1e-9)


@pytest.mark.slow
def test_china_solves(china):
    assert_solved(china)
