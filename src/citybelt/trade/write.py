"""An economy as the files of a folder, which ``read`` reads back; numbers have the 15 digits that a double holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from citybelt.trade.economy import Economy
from citybelt.trade.files import SETTINGS


def files(e: Economy) -> dict[str, bytes]:
    """The files of a folder by name."""
    r, s = e.regions, e.sectors
    trade = e.trade * (1.0 + e.tariff) if e.settings.flows == "with tariffs" else e.trade
    of_sector: list[tuple[str, Any]] = [("theta", e.theta)]
    for name in ("agglomeration", "substitution", "substitution_inputs"):
        if (values := getattr(e, name)) is not None:
            of_sector.append((name, values))
    found = {
        SETTINGS: _settings(e),
        "regions.csv": _columns(("region", r), *((("housing", e.housing),) if e.housing is not None else ())),
        "elasticities.csv": _columns(("sector", s), *of_sector),
        "flows.csv": _cells(("sector", "importer", "exporter", "value"), (s, r, r), trade),
        "value_added.csv": _cells(("region", "sector", "share"), (r, s), e.va),
        "inputs.csv": _cells(("region", "sector", "input", "share"), (r, s, s), _of_materials(e)),
    }
    if e.tariff.any():
        found["tariffs.csv"] = _rates(e, e.tariff, e.tariff > 0)
    if e.change.tariff is not None and (e.change.tariff != e.tariff).any():
        found["tariffs_new.csv"] = _rates(e, e.change.tariff, e.change.tariff != e.tariff)
    if e.structures is not None:
        found["structures.csv"] = _cells(("region", "sector", "share"), (r, s), e.structures)
    if len(e.markets) > 1:
        found["labour.csv"] = _columns(("sector", s), ("market", [e.markets[m] for m in e.market]))
    if e.people is not None:
        found["people.csv"] = _people(e, e.people)
    if rows := list(_shocks(e)):
        found["shocks.csv"] = _rows(("field", "region", "partner", "sector", "value"), rows)
    return found


def _of_materials(e: Economy) -> np.ndarray:
    """Inputs as shares of materials; where there are none, one share each, which is not used."""
    total = e.inputs.sum(axis=2, keepdims=True)
    return np.where(total > 0, e.inputs / np.where(total > 0, total, 1.0), 1.0 / len(e.sectors))


def _settings(e: Economy) -> bytes:
    from ruamel.yaml import YAML

    document = {k: v for k, v in e.settings.to_json().items() if v != ""}
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump(document, stream)
    return stream.getvalue().encode()


def _rows(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([f"{cell:.15g}" if isinstance(cell, float) else cell for cell in row] for row in rows)
    return stream.getvalue().encode()


def _columns(*columns: tuple[str, Sequence[Any]]) -> bytes:
    return _rows([name for name, _ in columns], zip(*(_plain(v) for _, v in columns), strict=True))


def _plain(values: Any) -> Any:
    return values.tolist() if hasattr(values, "tolist") else values


def _cells(
    head: Sequence[str], names: Sequence[Sequence[str]], values: np.ndarray, there: np.ndarray | None = None
) -> bytes:
    """A long table of the cells of an array, of those that are ``there``."""
    rows = (
        (*(axis[k] for axis, k in zip(names, cell, strict=True)), float(values[cell]))
        for cell in np.ndindex(*values.shape)
        if there is None or there[cell]
    )
    return _rows(head, rows)


def _rates(e: Economy, rates: np.ndarray, there: np.ndarray) -> bytes:
    names = (e.sectors, e.regions, e.regions)
    return _cells(("sector", "importer", "exporter", "percent"), names, 100.0 * rates, there)


def _people(e: Economy, people: np.ndarray) -> bytes:
    s = len(e.markets)
    rows = []
    for o, m in np.argwhere(people > 0).tolist():
        origin, group = e.origins[o]
        rows.append((origin, group, e.regions[m // s], e.markets[m % s], float(people[o, m])))
    head = ("origin", "group", "residence", "market", "persons")
    kept = [k for k, name in enumerate(head) if name != "market" or s > 1]
    return _rows([head[k] for k in kept], ([row[k] for k in kept] for row in rows))


def _shocks(e: Economy) -> Iterable[Sequence[Any]]:
    c, r, s = e.change, e.regions, e.sectors
    cent = lambda log: float(100.0 * np.expm1(log))  # noqa: E731
    if c.trade_cost is not None:
        for j, n, i in np.argwhere(c.trade_cost).tolist():
            yield "trade_cost", r[n], r[i], s[j], cent(c.trade_cost[j, n, i])
    for name in ("productivity", "factor_productivity"):
        if (values := getattr(c, name)) is not None:
            for n, j in np.argwhere(values).tolist():
                yield name, r[n], "", s[j], cent(values[n, j])
    for name in ("labour", "structures", "amenity"):
        if (values := getattr(c, name)) is not None:
            for n in np.flatnonzero(values).tolist():
                yield name, r[n], "", "", cent(values[n])
    if c.transfer is not None:
        for n in np.flatnonzero(c.transfer).tolist():
            yield "transfer", r[n], "", "", float(c.transfer[n])
    origin = {region: o for o, (region, _) in reversed(list(enumerate(e.origins)))}
    if c.people is not None:
        for region, o in origin.items():
            if c.people[o]:
                yield "people", region, "", "", cent(c.people[o])
    if c.migration_cost is not None:
        for region, o in origin.items():
            for n in np.flatnonzero(c.migration_cost[o]).tolist():
                yield "migration_cost", r[n], region, "", cent(c.migration_cost[o, n])
