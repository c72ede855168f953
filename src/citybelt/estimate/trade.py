"""Fill the matrix of trade between all regions, by sector, from margins and the totals that are known.

Flows inside a country are not observed. Three projections (`citybelt.estimate.balance`) fill them:

1. *Placement* of foreign trade. Each region splits its output of a product between the domestic market and
   the foreign partners, and its use of it between domestic and foreign origin. The prior shares are those of
   customs by province and sector, tilted within a province to cities near a port or crossing; over partners the
   prior follows the partner's size and distance through ports. The split meets at once the national exports and
   imports of every sector, the goods trade of every province and of every partner with a known total.
2. *Trade inside the country*: gravity (distance, borders between provinces, home bias), balanced to what
   placement leaves of every region's output and use.
3. *Trade among the partners*: gravity, balanced to what is left of their output and use.

The margins are those recomputed from the balanced matrix, so that the accounts hold to rounding error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import InputError, NotSolvedError, Problem
from citybelt.estimate.balance import Total, biproportional, project
from citybelt.estimate.gravity import GATEWAY_KM, Frictions, central_frictions, log_prior_domestic

if TYPE_CHECKING:
    import pandas as pd

#: Largest share of output (of use) that a customs prior may send to (take from) abroad.
LARGEST_PRIOR_SHARE = 0.95
#: Largest share of a partner's output (use) of a product that may go to (come from) the country.
LARGEST_PARTNER_SHARE = 0.9


@dataclass(frozen=True)
class Known:
    """What is known about trade. N regions, the Nd domestic ones first, P provinces, F partners, J sectors.

    Money in one unit (billion CNY a year at basic prices) except where shares are named.
    """

    output: np.ndarray  # [N, J] gross output
    use: np.ndarray  # [N, J] intermediate and final use at users' prices (tariffs included)
    tariff: np.ndarray  # [N, N, J] buyer, seller, sector: ad valorem rate
    exports: np.ndarray  # [J] the nation's, all sectors
    imports: np.ndarray  # [J] the nation's, all sectors, before tariffs
    goods: np.ndarray  # [J] bool: sectors that customs record
    follows_goods: np.ndarray  # [J] bool: exports that are margins on exported goods (trade, transport)
    province: np.ndarray  # [Nd] number of the region's province, 0..P-1
    customs_exports: np.ndarray  # [P, J] any unit; NaN where not recorded
    customs_imports: np.ndarray  # [P, J]
    province_share: np.ndarray  # [P] share in the nation's exports plus imports of goods, sum 1
    partner_share: np.ndarray  # [F] the same by partner; NaN where not known
    distance: np.ndarray  # [N, N] km, overseas through ports, the internal distance on the diagonal
    gateway: np.ndarray  # [Nd] km to the nearest sea port or land crossing
    pair_share: np.ndarray | None = None  # [P, F] partner's share in the province's trade of goods, NaN where not known

    @property
    def domestic(self) -> int:
        return len(self.province)

    @property
    def partners(self) -> int:
        return len(self.output) - len(self.province)

    def __post_init__(self):
        n, j = self.output.shape
        d, p, f = self.domestic, len(self.province_share), self.partners
        shapes = {
            "use": (n, j),
            "tariff": (n, n, j),
            "exports": (j,),
            "imports": (j,),
            "goods": (j,),
            "follows_goods": (j,),
            "customs_exports": (p, j),
            "customs_imports": (p, j),
            "partner_share": (f,),
            "pair_share": (p, f),
            "distance": (n, n),
            "gateway": (d,),
        }
        problems = [
            Problem(f"trade fill, {name}", f"the shape is {getattr(self, name).shape}, not {shape}")
            for name, shape in shapes.items()
            if getattr(self, name) is not None and getattr(self, name).shape != shape
        ]
        for name in ("output", "use", "exports", "imports", "province_share", "distance", "gateway"):
            values = np.asarray(getattr(self, name))
            bad = ~np.isfinite(values) | (values < 0)
            if name == "distance":
                bad |= values == 0
            if bad.any():
                where = tuple(int(k) for k in np.argwhere(bad)[0])
                problems.append(
                    Problem(f"trade fill, {name} {where}", f"the value is {values[where]}", "Fill it first.")
                )
        if abs(self.province_share.sum() - 1) > 1e-9:
            problems.append(Problem("trade fill, province_share", f"the sum is {self.province_share.sum():.6g}, not 1"))
        if problems:
            raise InputError(problems)


@dataclass(frozen=True)
class Start:
    """Logarithms of the balancing factors; with the same `Known` and `Frictions` they rebuild the matrix."""

    placement: np.ndarray  # [2J + P + F + PF] exports and imports by sector, provinces, partners, pairs of both
    seller: np.ndarray  # [J, Nd] domestic sellers (buyers' factors follow in closed form)


@dataclass(frozen=True)
class TradeFill:
    """A balanced matrix of trade."""

    flows: np.ndarray  # [N buyer, N seller, J] basic prices
    use: np.ndarray  # [N, J] users' prices, recomputed from flows
    start: Start
    frictions: Frictions

    @property
    def output(self) -> np.ndarray:
        """Gross output [N, J], recomputed from flows."""
        return self.flows.sum(axis=0)


def fill(known: Known, frictions: Frictions | None = None, start: Start | None = None) -> TradeFill:
    """Fill the trade matrix.

    ``frictions`` are those of the prior (central ones by default), ``start`` the factors of an earlier fill
    of the same or a similar world: balancing begins there, so stored factors rebuild a matrix at once and
    changed margins need a few steps only.

    Output is met in every region and sector. Use is met in domestic regions up to one factor for each sector,
    which makes the national balance (output + imports = use before tariffs + exports) hold; partners' use takes
    the residual of world output. Both come back recomputed from the flows.

    Raises `NotSolvedError` naming the total that cannot be met.
    """
    frictions = frictions or central_frictions()
    d, (n, sectors) = known.domestic, known.output.shape
    rates = known.tariff[:d, d:]
    supply = known.output[:d].sum(axis=0) - known.exports + known.imports
    if (supply <= 0).any():
        j = int(supply.argmin())
        raise NotSolvedError(f"trade fill: exports of sector {j} exceed national output plus imports.")
    abroad = known.output[d:].sum(axis=0) + known.exports - known.imports
    use_abroad = _scale(known.use[d:], abroad)
    use = _scale(known.use[:d], supply)
    full: set[tuple[int, ...]] = set()  # partners' products that reached their limit
    factors = None if start is None else start.placement
    sold, bought, factors = _place(known, frictions, use, use_abroad, factors, full)
    # Tariffs paid depend on where imports go and the use before tariffs on what is paid: a fixed point that
    # contracts with the tariff's size.
    for _ in range(20):
        paid = (rates * bought).sum(axis=1)
        before, use = (
            use,
            _scale(known.use[:d] * np.divide(use, use + paid, out=np.ones_like(use), where=use > 0), supply),
        )
        if np.abs(use - before).max() <= 1e-12 * supply.max():
            break
        sold, bought, factors = _place(known, frictions, use, use_abroad, factors, full)

    flows = np.zeros((n, n, sectors))
    flows[d:, :d] = sold.transpose(1, 0, 2)
    flows[:d, d:] = bought
    prior = log_prior_domestic(known.distance[:d, :d], known.province, known.goods, frictions)
    rows, columns = (use - bought.sum(axis=1)).T, (known.output[:d] - sold.sum(axis=1)).T
    table, seller = biproportional(prior, rows, columns, None if start is None else start.seller)
    flows[:d, :d] = table.transpose(1, 2, 0)
    rows, columns = (use_abroad - sold.sum(axis=0)).T, (known.output[d:] - bought.sum(axis=0)).T
    table, _ = biproportional(_log_prior_abroad(known, frictions), rows, columns)
    flows[d:, d:] = table.transpose(1, 2, 0)
    users = (flows * (1 + known.tariff)).sum(axis=1)
    return TradeFill(flows, users, Start(factors, seller), frictions)


def deviations(
    known: Known,
    flows: np.ndarray,
    provinces: Sequence[str],
    partners: Sequence[str],
    sectors: Sequence[str],
    table_year: int,
    province_year: int,
    partner_year: Sequence[int | None],
    pair_year: dict[tuple[str, str], int] | None = None,
) -> pd.DataFrame:
    """Every known total of trade beside the matrix: total, year, region, item, known, model, deviation_pct,
    grade, exempt.

    Totals of provinces and partners are shares in the nation's trade of goods (a partner's within a province in
    that province's); those of sectors are values.
    A partner without a known total is exempt: the model's share of it is an imputed value of grade D.
    """
    import pandas as pd

    d = known.domestic
    sold, bought = flows[d:, :d], flows[:d, d:]
    goods = known.goods
    by_region = sold[..., goods].sum(axis=(0, 2)) + bought[..., goods].sum(axis=(1, 2))
    by_partner = sold[..., goods].sum(axis=(1, 2)) + bought[..., goods].sum(axis=(0, 2))
    traded = by_region.sum()
    by_province = np.bincount(known.province, by_region, len(provinces)) / traded
    rows: list[tuple] = []
    for k, province in enumerate(provinces):
        rows.append(
            ("goods_trade_share", province_year, province, "", known.province_share[k], by_province[k], "A", False)
        )
    for k, partner in enumerate(partners):
        value, unknown = known.partner_share[k], bool(np.isnan(known.partner_share[k]))
        grade = "D" if unknown else "B"
        rows.append(
            ("partner_trade_share", partner_year[k], partner, "", value, by_partner[k] / traded, grade, unknown)
        )
    if known.pair_share is not None:
        by_pair = sold[..., goods].sum(axis=2).T + bought[..., goods].sum(axis=2)  # [Nd, F]
        for k, f in np.argwhere(~np.isnan(known.pair_share)):
            model = by_pair[known.province == k, f].sum() / by_region[known.province == k].sum()
            year = (pair_year or {}).get((provinces[k], partners[f]))
            value = known.pair_share[k, f]
            rows.append(("partner_share_in_province", year, provinces[k], partners[f], value, model, "B", False))
    for name, total, model in (
        ("exports", known.exports, sold.sum(axis=(0, 1))),
        ("imports", known.imports, bought.sum(axis=(0, 1))),
    ):
        rows += [(name, table_year, "", sector, total[j], model[j], "A", False) for j, sector in enumerate(sectors)]
    table = pd.DataFrame(rows, columns=["total", "year", "region", "item", "known", "model", "grade", "exempt"])
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = 100 * (table["model"] / table["known"] - 1)
    table.insert(6, "deviation_pct", np.where((table["known"] == 0) & (table["model"] == 0), 0.0, gap))
    return table


def shares(flows: np.ndarray, province: np.ndarray) -> dict[str, float]:
    """Shares of domestic sales that stay in the region, cross into another of the province, leave the province."""
    d = len(province)
    inside = flows[:d, :d].sum(axis=2)
    same = province[:, None] == province[None, :]
    own, total = np.trace(inside), inside.sum()
    kept = (inside * same).sum() - own
    return {"own_region": own / total, "same_province": kept / total, "between_provinces": 1 - (own + kept) / total}


def _place(known, frictions, use, use_abroad, start, full):
    """Exports [Nd, F, J] and imports [Nd, F, J] that meet every national, provincial and partner total."""
    d, f, sectors = known.domestic, known.partners, known.output.shape[1]
    output = known.output[:d]
    rng = np.random.default_rng(frictions.seed)
    noise = frictions.customs_noise * rng.standard_normal((2, *known.customs_exports.shape))
    out = _prior_value(known, output, known.customs_exports * np.exp(noise[0]), known.exports, frictions)
    into = _prior_value(known, use, known.customs_imports * np.exp(noise[1]), known.imports, frictions)
    margin = known.follows_goods
    of_goods = out[:, known.goods].sum(axis=1)
    out[:, margin] = of_goods[:, None] / of_goods.sum() * known.exports[margin]

    fall = np.where(known.goods, frictions.distance_goods, frictions.distance_services)
    near = np.exp(-fall * np.log(known.distance[:d, d:, None] / known.distance[:d, d:].mean()))
    prior = np.stack([_log_shares(out, output, near * use_abroad), _log_shares(into, use, near * known.output[d:])])
    rows = np.stack([output, use]).reshape(-1)

    shape = (2, d, sectors, f + 1)  # exports and imports; region; sector; domestic market, then partners
    way, region, sector, market = np.indices(shape)
    foreign, goods = market > 0, known.goods[sector]
    traded = known.exports[known.goods].sum() + known.imports[known.goods].sum()
    share = known.partner_share
    partner = np.where(np.isnan(share), -1, np.arange(f))
    totals = [
        Total("exports of sector", np.where(foreign & (way == 0), sector, -1), known.exports),
        Total("imports of sector", np.where(foreign & (way == 1), sector, -1), known.imports),
        Total(
            "trade of province", np.where(foreign & goods, known.province[region], -1), known.province_share * traded
        ),
        Total(
            "trade with partner",
            np.where(foreign & goods, partner[np.maximum(market - 1, 0)], -1),
            np.nan_to_num(share) * traded,
        ),
    ]
    pairs = np.full((len(known.province_share), f), np.nan) if known.pair_share is None else known.pair_share
    pair = np.where(np.isnan(pairs), -1, np.arange(pairs.size).reshape(pairs.shape))
    totals.append(
        Total(
            "trade of province with partner",
            np.where(foreign & goods, pair[known.province[region], np.maximum(market - 1, 0)], -1),
            (np.nan_to_num(pairs) * known.province_share[:, None]).ravel() * traded,
        )
    )
    limit = LARGEST_PARTNER_SHARE * np.stack([use_abroad, known.output[d:]])  # [2, F, J]
    while True:
        label = np.full((2, f, sectors), -1)
        for k, where in enumerate(sorted(full)):
            label[where] = k
        capped = np.where(foreign, label[way, np.maximum(market - 1, 0), sector], -1)
        bound = np.array([limit[where] for where in sorted(full)])
        cells = [Total(t.name, t.label.reshape(len(rows), f + 1), t.value) for t in totals]
        cells += [Total("limit of partner", capped.reshape(len(rows), f + 1), bound)] if full else []
        length = sum(len(t.value) for t in totals)
        begin = None if start is None else np.concatenate([start, np.zeros(len(full))])
        table, factors, _ = project(prior.reshape(len(rows), f + 1), rows, cells, begin)
        table = table.reshape(shape)
        over = table[..., 1:].sum(axis=1).transpose(0, 2, 1) > limit * (1 + 1e-6)
        if not over.any():
            break
        full |= {tuple(map(int, where)) for where in np.argwhere(over)}
    return table[0, ..., 1:].transpose(0, 2, 1), table[1, ..., 1:].transpose(0, 2, 1), factors[:length]


def _prior_value(known, size, customs, national, frictions):
    """Prior exports (or imports) by region and sector [Nd, J], before any total but the national is met."""
    d, provinces = known.domestic, len(known.province_share)
    near = (1 + known.gateway / GATEWAY_KM) ** -frictions.gateway
    weight = size * near[:, None]
    in_province = np.zeros((provinces, size.shape[1]))
    np.add.at(in_province, known.province, weight)
    within = np.divide(weight, in_province[known.province], out=np.zeros((d, size.shape[1])), where=weight > 0)
    value = customs[known.province] * within
    unrecorded = ~(np.nansum(customs, axis=0) > 0) | ~known.goods
    value = np.where(unrecorded, size, np.nan_to_num(value))
    total = value.sum(axis=0)
    return value * np.divide(national, total, out=np.zeros_like(total), where=total > 0)


def _log_shares(value, size, partners):
    """Logarithms of the prior split of ``size`` [Nd, J] over the domestic market and partners, [Nd, J, F + 1]."""
    abroad = np.minimum(np.divide(value, size, out=np.zeros_like(value), where=size > 0), LARGEST_PRIOR_SHARE)
    split = partners / np.where(partners.sum(axis=1, keepdims=True) > 0, partners.sum(axis=1, keepdims=True), 1.0)
    shares = np.concatenate([(1 - abroad)[:, :, None], abroad[:, :, None] * split.transpose(0, 2, 1)], axis=2)
    with np.errstate(divide="ignore"):
        return np.log(shares)


def _log_prior_abroad(known, frictions):
    d = known.domestic
    fall = np.where(known.goods, frictions.distance_goods, frictions.distance_services)
    home = frictions.home_abroad * np.eye(known.partners)
    return -fall[:, None, None] * np.log(known.distance[d:, d:])[None] + home[None]


def _scale(table, totals):
    sums = table.sum(axis=0)
    return table * np.divide(totals, sums, out=np.zeros_like(sums), where=sums > 0)
