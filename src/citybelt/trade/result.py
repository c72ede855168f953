"""What ``cb.trade`` returns: changes by region, sector, market, origin and pair, as tables and as an xarray dataset.

Changes are in per cent of the equilibrium before; amounts in the money of the folder, with world value added as the
numeraire.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.terminal import Paragraph, Sheet
from citybelt.trade import effects
from citybelt.trade.economy import Economy, Repair
from citybelt.trade.words import REPAIRED, VARIABLES, WORDS

if TYPE_CHECKING:
    import pandas as pd
    import xarray

    from citybelt.engine.certificate import Certificate
    from citybelt.trade.equilibrium import Equilibria

#: Regions that the terminal lists; a table of more is written in full by ``--out``.
SHOWN = 40


@dataclass(frozen=True, eq=False)
class Trade:
    """A solved trade model.

    Attributes:
        name, money, persons: of the model, and the units of amounts and of people.
        settings: as read from model.yaml.
        residual: largest relative residual of any market, of both solutions; passes: of both.
        certificate: of the equilibrium after the change.
        rough: whether final spending was observed with errors.
        only_tariffs: whether nothing but tariffs changes.
        covered: whether the first-order formula counts everything: only tariffs change, nobody moves, rents stay in
            their region, and housing is given.
        by_region: real income (exact), prices, wages, first-order terms of trade and volume, trade, tariffs.
        by_sector: output, unit cost, price, spending and own trade share by region and sector.
        by_market: wages, rents of structures and people by labour market.
        by_origin: welfare of people by where they are from; no rows without people.
        by_pair: trade by importer and exporter, all sectors.
        flows: trade and tariffs by sector, importer and exporter.
        repairs: what was mended in the tables: kind, region, sector, before, after, unit.
        x: the arrays by name, with units.
    """

    name: str
    money: str
    persons: str
    settings: dict[str, Any]
    residual: float
    passes: int
    certificate: Certificate
    rough: bool
    only_tariffs: bool
    covered: bool
    by_region: pd.DataFrame
    by_sector: pd.DataFrame
    by_market: pd.DataFrame
    by_origin: pd.DataFrame
    by_pair: pd.DataFrame
    flows: pd.DataFrame
    repairs: pd.DataFrame
    x: xarray.Dataset

    @classmethod
    def of(cls, e: Economy, pair: Equilibria, certificate: Certificate) -> Trade:
        """The result of two solved equilibria."""
        old, new = effects.flows(pair.before), effects.flows(pair.after)
        by_region = _by_region(e, pair, old, new)
        changes = {k: v for k, v in vars(e.change).items() if v is not None and k != "tariff"}
        only_tariffs = not any(np.any(v) for v in changes.values())
        return cls(
            name=e.settings.name, money=e.settings.money, persons=e.settings.persons, settings=e.settings.to_json(),
            residual=max(s.residual for s in pair), passes=sum(s.passes for s in pair), certificate=certificate,
            rough=e.rough, only_tariffs=only_tariffs, covered=only_tariffs and effects.covers(pair.before),
            by_region=by_region, by_sector=_by_sector(e, pair, old, new),
            by_market=_by_market(e, pair), by_origin=_by_origin(e, pair), by_pair=_by_pair(e, old, new),
            flows=_flows(e, old, new), repairs=_repairs(e, pair), x=_arrays(e, pair, old, new, by_region),
        )  # fmt: skip

    @property
    def status(self) -> str:
        """Always "solved": what isn't raises."""
        return "solved"

    def to_json(self) -> dict[str, Any]:
        """Plain data; flows by sector and pair stand in the tables alone."""
        return {
            "name": self.name, "money": self.money, "persons": self.persons, "settings": self.settings,
            "numeraire": "world value added", "residual": self.residual, "passes": self.passes,
            "certificate": self.certificate.to_json(), "rough": self.rough, "only_tariffs": self.only_tariffs,
            "covered": self.covered,
            "repairs": self.repairs, "by_region": self.by_region, "by_sector": self.by_sector,
            "by_market": self.by_market, "by_origin": self.by_origin, "by_pair": self.by_pair,
        }  # fmt: skip

    def attached(self) -> dict[str, bytes]:
        """What ``--out`` writes beside JSON and CSV: the arrays as netCDF."""
        return {"trade.nc": bytes(self.x.to_netcdf(engine="scipy"))}

    def rich(self, lang: str = "en") -> Any:
        """What the terminal shows."""
        from rich.console import Group

        w: dict[str, Any] = WORDS[lang]
        columns = ["real_income", "wage", "cpi", "real_wage", "first_order", "terms_of_trade", "volume"]
        heads = list(w["heads"])
        if self.persons and len(self.by_origin):
            columns, heads = [*columns, "people"], [*heads, w["people"]]
        table = self.by_region.head(SHOWN)
        rows = [[r["region"], *(f"{r[c]:+.3f}" for c in columns)] for r in table.to_dict("records")]
        if (more := len(self.by_region) - SHOWN) > 0:
            rows.append([f"... {more}", *("" for _ in columns)])
        right = list(range(1, len(heads)))
        words = getattr(self.certificate, f"words_{lang}")
        says = [w["numeraire"], w["solved"].format(passes=self.passes, residual=self.residual, words=words)]
        says += [w["covers"]] * (not self.covered) + [w["rough"]] * self.rough
        says += [*self._mended(lang), w["flows"]]
        return Group(Sheet(heads, rows, title=w["title"].format(name=self.name), right=right), *map(Paragraph, says))

    def _mended(self, lang: str) -> list[str]:
        """A line for each kind of repair, with the largest."""
        w, at = WORDS[lang], ("en", "zh").index(lang)
        lines = []
        for kind, rows in self.repairs.groupby("kind", sort=False):
            top = rows.loc[(rows["after"] - rows["before"]).abs().idxmax()]
            told = {k: top[k] for k in ("region", "sector", "before", "after", "unit")}
            lines.append("- " + str(w["repair"]).format(what=REPAIRED[str(kind)][at], count=len(rows), **told))
        return [str(w["repairs"]), *lines] if lines else []

    def __rich__(self) -> Any:
        return self.rich("en")

    def _repr_html_(self) -> str:
        return self.by_region.to_html(index=False)


def _cent(log: Any) -> np.ndarray:
    return 100.0 * np.expm1(np.asarray(log, float))


def _ratio(new: Any, old: Any) -> np.ndarray:
    """Change in per cent; NaN where there was nothing."""
    new, old = np.asarray(new, float), np.asarray(old, float)
    return np.where(old > 0, 100.0 * (new / np.where(old > 0, old, 1.0) - 1.0), np.nan)


def _wages(pair: Equilibria) -> np.ndarray:
    """Log change of wages [N, S]."""
    return np.asarray(pair.after.state.wage - pair.before.state.wage)


def _by_region(e: Economy, pair: Equilibria, old: effects.Flows, new: effects.Flows) -> pd.DataFrame:
    import pandas as pd

    (before, after), base = (s.accounts for s in pair), pair.before.base
    labour = np.asarray(before.labour)
    weight = labour / labour.sum(axis=1, keepdims=True)
    wage = np.sum(weight * _wages(pair), axis=1)
    spent = np.asarray(before.income) / np.asarray(before.income).sum(axis=1, keepdims=True)
    cpi = np.sum(spent * np.asarray(after.log_cpi - before.log_cpi), axis=1)
    real = np.asarray(after.log_real_income - before.log_real_income)
    part = effects.first_order(*pair)
    columns: dict[str, Any] = {
        "region": e.regions, "real_income": _cent(real), "wage": _cent(wage), "cpi": _cent(cpi),
        "real_wage": _cent(wage - cpi), "first_order": 100 * part.total,
        "terms_of_trade": 100 * part.terms_of_trade, "volume": 100 * part.volume,
    }  # fmt: skip
    if base.settled:
        heads = [np.asarray(a.persons).sum(axis=1) for a in (before, after)]
        columns |= {
            "people": _ratio(heads[1], heads[0]), "real_income_per_head": _cent(real - np.log(heads[1] / heads[0])),
            "people_before": heads[0], "people_after": heads[1],
        }  # fmt: skip
    off = 1.0 - np.eye(len(e.regions))
    for name, a, f in (("before", before, old), ("after", after, new)):
        columns |= {
            f"income_{name}": np.asarray(a.income).sum(axis=1),
            f"imports_{name}": np.sum(f.received * off, axis=(0, 2)),
            f"exports_{name}": np.sum(f.received * off, axis=(0, 1)),
            f"tariffs_{name}": np.asarray(a.tariffs).sum(axis=1),
            f"transfer_{name}": np.asarray(a.transfer),
        }
    return pd.DataFrame(columns)


def _by_sector(e: Economy, pair: Equilibria, old: effects.Flows, new: effects.Flows) -> pd.DataFrame:
    import pandas as pd

    before, after = (s.accounts for s in pair)
    own = [np.diagonal(f.share, axis1=1, axis2=2).T for f in (old, new)]
    cost = np.asarray(after.log_cost - before.log_cost)
    columns = {
        "output_before": before.output, "output_after": after.output, "output": _ratio(after.output, before.output),
        "quantity": _ratio(np.asarray(after.output) / np.exp(cost), before.output),
        "cost": _cent(cost), "price": _cent(after.log_price - before.log_price),
        "spending_before": before.use, "spending_after": after.use,
        "own_share_before": own[0], "own_share_after": own[1],
    }  # fmt: skip
    return pd.DataFrame(
        {"region": np.repeat(e.regions, len(e.sectors)), "sector": np.tile(e.sectors, len(e.regions))}
        | {k: np.asarray(v).ravel() for k, v in columns.items()}
    )


def _by_market(e: Economy, pair: Equilibria) -> pd.DataFrame:
    import pandas as pd

    before, after = pair.before, pair.after
    columns: dict[str, Any] = {"wage": _cent(_wages(pair))}
    if before.state.rental is not None:
        columns["rental"] = _cent(after.state.rental - before.state.rental)
    columns |= {"labour_income_before": before.accounts.labour, "labour_income_after": after.accounts.labour}
    if before.base.settled:
        columns |= {"people_before": before.accounts.persons, "people_after": after.accounts.persons}
        columns["value"] = _cent(after.accounts.log_value - before.accounts.log_value)
    return pd.DataFrame(
        {"region": np.repeat(e.regions, len(e.markets)), "market": np.tile(e.markets, len(e.regions))}
        | {k: np.asarray(v).ravel() for k, v in columns.items()}
    )


def _by_origin(e: Economy, pair: Equilibria) -> pd.DataFrame:
    import pandas as pd

    gain = np.asarray(pair.after.accounts.log_welfare - pair.before.accounts.log_welfare)
    return pd.DataFrame(
        {"origin": [o for o, _ in e.origins], "group": [g for _, g in e.origins], "welfare": _cent(gain)}
    )


def _by_pair(e: Economy, old: effects.Flows, new: effects.Flows) -> pd.DataFrame:
    import pandas as pd

    n, (before, after) = len(e.regions), (f.received.sum(axis=0) for f in (old, new))
    return pd.DataFrame({
        "importer": np.repeat(e.regions, n), "exporter": np.tile(e.regions, n), "trade_before": before.ravel(),
        "trade_after": after.ravel(), "trade": _ratio(after, before).ravel(),
    })  # fmt: skip


def _flows(e: Economy, old: effects.Flows, new: effects.Flows) -> pd.DataFrame:
    import pandas as pd

    j, n = len(e.sectors), len(e.regions)
    return pd.DataFrame({
        "sector": np.repeat(e.sectors, n * n), "importer": np.tile(np.repeat(e.regions, n), j),
        "exporter": np.tile(e.regions, j * n),
        "trade_before": old.received.ravel(), "trade_after": new.received.ravel(),
        "trade": _ratio(new.received, old.received).ravel(),
        "tariff_before": 100 * old.rate.ravel(), "tariff_after": 100 * new.rate.ravel(),
    })  # fmt: skip


def _repairs(e: Economy, pair: Equilibria) -> pd.DataFrame:
    import pandas as pd

    rows = [vars(r) for r in e.repairs]
    if e.settings.deficits == "zero":
        gone = zip(e.regions, np.asarray(pair.before.base.transfer).tolist(), strict=True)
        rows += [vars(Repair("deficit_closed", r, "", d, 0.0, e.settings.money)) for r, d in gone]
    return pd.DataFrame(rows, columns=["kind", "region", "sector", "before", "after", "unit"])


def _arrays(
    e: Economy, pair: Equilibria, old: effects.Flows, new: effects.Flows, by_region: pd.DataFrame
) -> xarray.Dataset:  # fmt: skip
    """Levels before and after along ``state``, changes without it."""
    import xarray

    before, after = (s.accounts for s in pair)
    both = lambda name: np.stack([np.asarray(getattr(a, name)) for a in (before, after)])  # noqa: E731
    cell, place, pairs = ("region", "sector"), ("region",), ("state", "sector", "importer", "exporter")
    values: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        "trade": (pairs, np.stack([old.received, new.received])),
        "tariff": (pairs, 100 * np.stack([old.rate, new.rate])),
        "output": (("state", *cell), both("output")),
        "use": (("state", *cell), both("use")),
        "own_share": (("state", *cell), np.stack([np.diagonal(f.share, axis1=1, axis2=2).T for f in (old, new)])),
        "price": (cell, _cent(after.log_price - before.log_price)),
        "cost": (cell, _cent(after.log_cost - before.log_cost)),
        "income": (("state", "region"), both("income").sum(axis=2)),
        "wage": (("region", "market"), _cent(_wages(pair))),
    }
    for name in ("real_income", "cpi", "terms_of_trade", "volume"):
        values[name] = (place, by_region[name].to_numpy())
    names = {
        "state": ["before", "after"], "region": list(e.regions), "importer": list(e.regions),
        "exporter": list(e.regions), "sector": list(e.sectors), "market": list(e.markets),
    }  # fmt: skip
    x = xarray.Dataset({k: (dims, v) for k, (dims, v) in values.items()}, coords=names)
    for name, (english, chinese, unit) in VARIABLES.items():
        told = {"long_name": english, "long_name_zh": chinese, "unit": unit.format(money=e.settings.money)}
        x[name].attrs = told
    x.attrs = {"name": e.settings.name, "numeraire": "world value added"}
    return x
