r"""What the tariff cuts of NAFTA did, in 31 countries and 40 sectors: Caliendo and Parro (2015), Table 2.

Two equilibria are solved from the data of 1993: one at its tariffs, one with the tariffs between Canada, Mexico and the
United States of 2005. Effects are those between the two, once with every country's trade balanced and once with the
deficits observed. The paper's welfare is a first-order formula with the weights of the first equilibrium,

    terms of trade    sum_ij ( E[n,i,j] dc[n,j] - M[n,i,j] dc[i,j] ) / I[n]
    volume of trade   sum_ij t[n,i,j] M[n,i,j] ( dM[n,i,j] - dc[i,j] ) / I[n]

with E exports, M imports before tariffs, t tariff rates, c unit costs and dx = x'/x - 1. The change is large, and the
exact change of real income in the same two equilibria is another number. Both are given, by name.

The data are no equilibrium: where materials use up more than is bought, final spending is set to zero, as the authors
do, and cost shares miss one by up to 7e-7. World value added is the numeraire.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from citybelt.replicate.files import numbers
from citybelt.replicate.result import Figure, against

NAME = "caliendo_parro_2015"
TITLE = (
    "Welfare effects of NAFTA's tariff cuts, 31 countries and 40 sectors: Caliendo and Parro (2015)",
    "北美自由贸易协定降税的福利效应，31国40部门：Caliendo和Parro（2015）",
)
FILES = ("xbilat1993.txt", "tariffs1993.txt", "tariffs2005.txt", "IO.txt", "B.txt", "GO.txt", "T.txt")
ORIGIN = "github.com/powell001/Caliendo_Parro_2015_Python at 5973839, data/original_data"

COUNTRIES, SECTORS, TRADABLE = 31, 40, 20
MEMBERS = {"Canada": 4, "Mexico": 19, "USA": 29}
#: Trade elasticity of the sectors that aren't traded; it has no effect.
SERVICES = 8.22
#: World value added of the second equilibrium over that of the first in the independent solution, whose loops let it
#: drift. The first-order formula is nominal and moves with it; ours is computed at the same.
DRIFT = {
    "zero_deficit": 1.0001147767763572 / 1.0001370352784522,
    "observed_deficit": 1.0000010976836864 / 1.0000014450319414,
}


def figures(folder: Path | None) -> list[Figure]:
    """Table 2, and the exact effects, with balanced trade and with the deficits observed."""
    import jax

    from citybelt.engine.solve import solve
    from citybelt.model.trade import TRADE
    from citybelt.model.trade_accounts import Closure, Shock
    from citybelt.model.trade_calibrate import calibrate, theory

    assert folder is not None
    data = read(folder)
    b = calibrate(
        data["trade"], data["va"], data["inputs"], tariff=data["tariff"], taxed=range(TRADABLE), as_observed=True
    )
    th = theory(b, data["theta"])
    member = np.isin(np.arange(COUNTRIES), list(MEMBERS.values()))
    cut = np.where(member[:, None] & member, data["later"] - data["tariff"], 0.0)[:TRADABLE]
    found: dict[str, float] = {}
    for name, transfer in {"zero_deficit": -b.transfer, "observed_deficit": 0.0 * b.transfer}.items():
        z = Shock.zeros(b).replace(d_transfer=transfer)
        before = solve(TRADE, b, th, z, Closure()).require()
        after = solve(TRADE, b, th, z.replace(d_tariff=cut), Closure(), before.state).require()
        effects = jax.tree.map(np.asarray, _effects(before, after, DRIFT[name]))
        found |= {f"{name}:{k}:{c}": 100 * v[n] for k, v in effects.items() for c, n in MEMBERS.items()}
    kinds = {"published": ("total", "terms_of_trade", "volume", "real_wage"), "jax": ("exact",)}
    found |= {f"{s}:{k}:{c}": found[f"zero_deficit:{k}:{c}"] for s, ks in kinds.items() for k in ks for c in MEMBERS}
    found |= {f"package:total:{c}": found[f"observed_deficit:total:{c}"] for c in MEMBERS}
    paid = data["trade"] / (1.0 + data["tariff"])
    found |= {
        "data:wL_sum": float((b.labour_income).sum()),
        "data:X_sum": float(data["trade"].sum()),
        "data:imports_sum": float(paid.sum() - np.einsum("jnn->", paid)),
        "data:D_USA": float(b.transfer[MEMBERS["USA"]]),
        "data:D_Mexico": float(b.transfer[MEMBERS["Mexico"]]),
    }
    return against(NAME, found)


def _effects(before: Any, after: Any, level: float) -> dict[str, Any]:
    """Effects [N] between two solutions, as shares; ``level`` is world value added of the second over the first."""
    import jax.numpy as jnp

    b, th = before.base, before.theory
    flows = b.flows.under(th.theta, before.shock.log_d, before.shock.d_tariff)
    flows_after = b.flows.under(th.theta, after.shock.log_d, after.shock.d_tariff)
    paid, trade = flows.pairs(before.accounts.log_cost, before.accounts.use)  # [j, buyer, seller]
    _, trade_after = flows_after.pairs(after.accounts.log_cost, after.accounts.use)
    tariff = jnp.where(trade > 0, paid / jnp.where(trade > 0, trade, 1.0) - 1.0, 0.0)
    income = before.accounts.income.sum(axis=1)
    dearer = level * jnp.exp(after.accounts.log_cost - before.accounts.log_cost) - 1.0  # [N, J]
    exports = jnp.einsum("jin,nj->n", trade, dearer)
    imports = jnp.einsum("jni,ij->n", trade, dearer)
    growth = jnp.where(trade > 0, level * trade_after / jnp.where(trade > 0, trade, 1.0) - 1.0, 0.0)
    volume = jnp.sum(tariff * trade * (growth - dearer.T[:, None, :]), axis=(0, 2)) / income
    terms = (exports - imports) / income
    wage = after.state.wage[:, 0] - before.state.wage[:, 0]
    cheaper = before.accounts.log_goods - after.accounts.log_goods
    real = after.accounts.log_real_income - before.accounts.log_real_income
    return {
        "total": terms + volume, "terms_of_trade": terms, "volume": volume, "real_wage": jnp.expm1(wage + cheaper),
        "exact": jnp.expm1(real),
    }  # fmt: skip


def read(folder: Path) -> dict[str, np.ndarray]:
    """The authors' files as accounts of the class ``trade``.

    Returns:
        ``trade`` [J, N, N] with tariffs, ``va`` [N, J], ``inputs`` [N, J, J], ``tariff`` and ``later`` [J, N, N]
        rates of 1993 and 2005, ``theta`` [J]. Money in US dollars.

    Raises:
        InputError: a file that holds other than numbers of its shape.
    """
    n, j, k = COUNTRIES, SECTORS, TRADABLE

    def load(name: str, *shape: int) -> np.ndarray:
        path = folder / name
        rows = [line.split() for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
        return numbers(path, shape, rows)

    def wide(of_tradables: np.ndarray) -> np.ndarray:
        return np.concatenate([of_tradables.reshape(k, n, n), np.zeros((j - k, n, n))])

    flows = 1000 * wide(load("xbilat1993.txt", k * n, n))
    tariff, later = (wide(load(name, k * n, n)) / 100 for name in ("tariffs1993.txt", "tariffs2005.txt"))
    # What a country sells to itself is what is left of its output.
    own = np.arange(n)
    flows[:, own, own] = 0.0
    exports = flows.sum(axis=1)
    flows[:, own, own] = np.maximum(load("GO.txt", j, n), exports) - exports
    va = load("B.txt", j, n).T
    inputs = load("IO.txt", n * j, j).reshape(n, j, j)  # [n, input, user]
    theta = np.r_[load("T.txt", k, 1).ravel(), np.full(j - k, SERVICES)]
    return {
        "trade": flows * (1.0 + tariff), "va": va, "inputs": (1.0 - va)[:, :, None] * np.swapaxes(inputs, 1, 2),
        "tariff": tariff, "later": later, "theta": theta,
    }  # fmt: skip
