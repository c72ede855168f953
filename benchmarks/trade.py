"""Quantitative trade and geography: Caliendo and Parro (2015) 0.3 s, 50 regions x 26 sectors with free labour 0.3 s,
87 x 22 with labour of every sector 1 s; the synthetic ones swept over size.

The loops are those of ``plain/trade.py`` at a damping that serves them well: 0.05, 0.4 and 0.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.problem import Problem, case, race

SEED = 2018
FREE, TIED = (20, 40, 50, 80), (20, 40, 87)


def main(smoke: bool = False) -> None:
    import citybelt

    citybelt.configure()
    sizes = (FREE[:1], TIED[:1]) if smoke else (FREE, TIED)
    published = [] if smoke else [caliendo_parro()]
    race([*published, *map(free_labour, sizes[0]), *map(sector_labour, sizes[1])], smoke)


def _trade(name: str, base: Any, th: Any, z: Any, c: Any, damping: float, start: Any = None) -> Problem:
    from benchmarks.plain import trade as plain
    from citybelt.model.trade import TRADE
    from citybelt.model.trade_steps import steps

    n, j = base.shape
    taxed = len(base.flows.taxed)
    tables = 2 * j * n * n + taxed * n * n + 2 * base.input_coef.size + steps(base, th, c).inverse.size
    return Problem(
        name,
        (TRADE, base, th, z, c),
        plain.of(base, th, z, c, damping),
        lambda s: np.asarray(s.state.wage),
        8 * tables,
        start,
    )


def balanced(regions: int, sectors: int, seed: int = SEED) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trade [J, N, N], shares of value added [N, J] and of inputs [N, J, J] of a random economy without transfers.

    Places lie in a square, buy from near and large sellers, and at home more than elsewhere; attraction is then
    moved until every region earns what it spends.
    """
    rng = np.random.default_rng(seed)
    n, j = regions, sectors
    va = rng.uniform(0.35, 0.65, (n, j))
    inputs = (1 - va)[:, :, None] * rng.dirichlet(np.full(j, 1.5), (n, j))
    final, income = rng.dirichlet(np.full(j, 3.0), n), rng.lognormal(0, 1, n)
    place = rng.uniform(0, 1, (n, 2))
    apart = np.hypot(*(place[:, None] - place).transpose(2, 0, 1)) + 0.05
    near = apart ** -rng.uniform(0.8, 1.5, (j, 1, 1)) * np.where(np.eye(n) > 0, 5.0, 1.0)
    pull = rng.lognormal(0, 0.5, (j, n)) * income
    use = final * income[:, None]
    for _ in range(5000):
        share = near * pull[:, None, :]
        share /= share.sum(axis=2, keepdims=True)
        output = (use.T[:, None, :] @ share)[:, 0].T
        use = final * income[:, None] + np.einsum("nkj,nk->nj", inputs, output)
        gap = (va * output).sum(axis=1) / income
        pull = pull / gap**0.5
        if np.abs(gap - 1).max() < 1e-11:
            break
    return share * use.T[:, :, None], va, inputs


def free_labour(regions: int, sectors: int = 26, seed: int = SEED) -> Problem:
    """Regions of one nation whose workers live where they like and whose structures belong to a national portfolio,
    as in Caliendo, Parro, Rossi-Hansberg and Sarte (2018); one region becomes more productive and five nearer."""
    from citybelt.model.trade_accounts import Closure, Shock
    from citybelt.model.trade_calibrate import calibrate, theory

    trade, va, inputs = balanced(regions, sectors, seed)
    rng = np.random.default_rng(seed + 1)
    labour = rng.uniform(0.55, 0.8, (regions, sectors))
    earned = (labour * va * trade.sum(axis=1).T).sum(axis=1)
    c = Closure("free", 1.0)
    people = earned * rng.uniform(0.8, 1.2, regions)
    b = calibrate(trade, va, inputs, labour_share=labour, rent_pool=[1.0, 0.0], people=people[None], closure=c)
    th = theory(b, rng.uniform(3, 9, sectors))
    return _trade(f"free labour {regions} x {sectors}", b, th, _change(b, Shock.zeros(b)), c, 0.4)


def sector_labour(regions: int, sectors: int = 22, seed: int = SEED) -> Problem:
    """Workers tied to a sector of a region, each such market with a wage and a rent of its own, structures in a world
    portfolio: the static part of Caliendo, Dvorkin and Parro (2019)."""
    from citybelt.model.trade_accounts import Closure, Shock
    from citybelt.model.trade_calibrate import calibrate, theory

    trade, va, inputs = balanced(regions, sectors, seed)
    rng = np.random.default_rng(seed + 1)
    labour = rng.uniform(0.55, 0.8, (regions, sectors))
    b = calibrate(trade, va, inputs, labour_share=labour, rent_pool=[1.0, 0.0], market=range(sectors))
    th = theory(b, rng.uniform(3, 9, sectors))
    return _trade(f"sector labour {regions} x {sectors}", b, th, _change(b, Shock.zeros(b)), Closure(), 0.2)


def _change(b: Any, z: Any) -> Any:
    n, j = b.shape
    log_A, log_d = np.zeros((n, j)), np.zeros((j, n, n))
    log_A[0] = np.log(1.1)
    log_d[:, :5, :5] = np.log(0.9) * (1 - np.eye(5))
    return z.replace(log_A=log_A, log_d=log_d)


def caliendo_parro() -> Problem | None:
    """Tariffs of 2005 among the members of NAFTA, without deficits, from the authors' files; None without them."""
    from citybelt.engine.solve import solve
    from citybelt.model.trade import TRADE
    from citybelt.model.trade_accounts import Closure, Shock
    from citybelt.model.trade_calibrate import calibrate, theory
    from citybelt.replicate import caliendo_parro_2015 as published

    folder = case(published.NAME)
    if folder is None:
        return None
    data, tradable = published.read(folder), published.TRADABLE
    b = calibrate(
        data["trade"], data["va"], data["inputs"], tariff=data["tariff"], taxed=range(tradable), as_observed=True
    )
    th = theory(b, data["theta"])
    member = np.isin(np.arange(len(data["va"])), list(published.MEMBERS.values()))
    cut = np.where(member[:, None] & member, data["later"] - data["tariff"], 0.0)[:tradable]
    balance = Shock.zeros(b).replace(d_transfer=-b.transfer)
    before = solve(TRADE, b, th, balance, Closure()).require()
    return _trade("Caliendo and Parro 31 x 40", b, th, balance.replace(d_tariff=cut), Closure(), 0.05, before.state)
