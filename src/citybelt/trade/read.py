"""From a folder of tables to an ``Economy``, or every mistake in it at once.

First the form of each table, its labels and numbers; then, where these are right, how the accounts fit together.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.trade import accounts, shocks
from citybelt.trade.economy import Economy
from citybelt.trade.files import (
    AMOUNT,
    ELASTICITY,
    FORMS,
    PERCENT,
    POSITIVE,
    SETTINGS,
    SHARE,
    SIGNED,
    SPILLOVER,
    Bounds,
    Reader,
    Table,
)
from citybelt.trade.settings import Settings, settings

ADD_ZERO = f"Add it with a zero, or say `missing_rows: zero` in {SETTINGS}."
ADD = "Add it."


def read(folder: str | Path) -> Economy:
    """The economy of a folder.

    Args:
        folder: with the tables of ``files.FORMS`` and ``model.yaml``.

    Raises:
        InputError: every mistake, with file, line, column, what is wrong and what to do.
    """
    path = Path(folder)
    try:
        there = str(folder) != "" and path.is_dir()
    except ValueError:
        there = False
    if not there:
        do = "Give a folder of tables; `citybelt trade example FOLDER` writes one to start from."
        raise InputError([Problem(str(folder) or "folder", "there is no such folder.", do)])
    return _Folder(path).economy()


class _Folder:
    """One reading of a folder."""

    regions: tuple[str, ...]
    sectors: tuple[str, ...]

    def __init__(self, path: Path):
        self.r = Reader(path)
        self.r.strangers()
        found, problems = settings(path / SETTINGS)
        self.r.problems += problems
        self.settings = found or Settings("", "")
        self.tables = {name: self.r.table(name) for name in FORMS if name != "shocks.csv"}

    def economy(self) -> Economy:
        """Everything read and checked."""
        r = self.r
        regions, sectors = self._names("regions.csv", "region"), self._names("elasticities.csv", "sector")
        if regions is None or sectors is None:  # nothing else can be named without them
            raise InputError(r.problems)
        self.regions, self.sectors = regions, sectors
        self.labels = {
            "region": (self.regions, "region"), "importer": (self.regions, "region"),
            "exporter": (self.regions, "region"), "origin": (self.regions, "region"),
            "residence": (self.regions, "region"), "sector": (self.sectors, "sector"),
            "input": (self.sectors, "sector"),
        }  # fmt: skip
        by_sector = {
            "agglomeration": self._optional("elasticities.csv", "agglomeration", SPILLOVER),
            "substitution": self._optional("elasticities.csv", "substitution", ELASTICITY),
            "substitution_inputs": self._optional("elasticities.csv", "substitution_inputs", ELASTICITY),
        }
        theta = self._optional("elasticities.csv", "theta", POSITIVE)
        deficit, housing = self._deficit(), self._optional("regions.csv", "housing", SHARE)
        if housing is not None and (housing >= 1).any():
            r.say(f"{r.folder / 'regions.csv'}, column housing", "a share of 1 leaves nothing for goods.", "Lower it.")
        flows = self._given("flows.csv", ("sector", "importer", "exporter"), AMOUNT, sparse=True)
        added = self._given("value_added.csv", ("region", "sector"), AMOUNT)
        inputs = self._inputs()
        tariff = self._rates("tariffs.csv", 0.0)
        fresh = self._rates("tariffs_new.csv", np.nan)
        structures = self._given("structures.csv", ("region", "sector"), SHARE)
        markets, market = self._markets()
        origins, people = self._people(markets)
        known = shocks.Known(self.regions, self.sectors, origins, structures is not None)
        rates = np.zeros((len(self.sectors), len(self.regions), len(self.regions))) if tariff is None else tariff
        change = shocks.change(r, known, rates, fresh)
        if r.problems or theta is None or flows is None or added is None or inputs is None:
            raise InputError(r.problems)
        tables = accounts.Tables(self.regions, self.sectors, flows, rates, added, inputs, deficit)
        fitting, repairs = accounts.fit(r, self.settings, tables)
        if fitting is not None and people is not None:
            self._inhabited(people, (fitting.va * fitting.trade.sum(axis=1).T) @ np.eye(len(markets))[list(market)])
        if fitting is None or r.problems:
            raise InputError(r.problems)
        return Economy(
            settings=self.settings, regions=self.regions, sectors=self.sectors, trade=fitting.trade, tariff=rates,
            va=fitting.va, inputs=fitting.inputs, theta=theta, **by_sector,
            structures=None if structures is None else structures.values, housing=housing, markets=markets,
            market=market, origins=origins, people=people, change=change, repairs=repairs, rough=fitting.rough,
        )  # fmt: skip

    def _names(self, name: str, column: str) -> tuple[str, ...] | None:
        """The list of regions or of sectors: each once."""
        table = self.tables[name]
        if table is None:
            return None
        before = len(self.r.problems)
        names = self.r.labels(table, column)
        first: dict[str, int] = {}
        for row, label in enumerate(names):
            first.setdefault(label, row)
        again = [row for row, label in enumerate(names) if label and first[label] != row]
        self.r.many(
            table, again, column,
            lambda row: (f"{names[row]!r} stands on line {table.lines[first[names[row]]]} already.", "Keep one."),
        )  # fmt: skip
        stars = [row for row, label in enumerate(names) if label == "*"]
        self.r.many(table, stars, column, lambda row: ("'*' means every one, and names none.", "Rename it."))
        return tuple(names) if len(self.r.problems) == before else None

    def _optional(self, name: str, column: str, bounds: Bounds) -> np.ndarray | None:
        """A column of the list of regions or sectors; None if it isn't there."""
        table = self.tables[name]
        return None if table is None or column not in table else self.r.numbers(table, column, bounds)

    def _deficit(self) -> accounts.Given | None:
        table = self.tables["regions.csv"]
        if table is None or "deficit" not in table:
            return None
        values = self.r.numbers(table, "deficit", SIGNED)
        return accounts.Given(str(table.path), "deficit", values, np.asarray(table.lines))

    def _given(self, name: str, keys: tuple[str, ...], bounds: Bounds, sparse: bool = False) -> accounts.Given | None:
        """A table with a number for each cell of the keys; None if it isn't there."""
        table = self.tables[name]
        if table is None:
            return None
        column = next(c for c in ("value", "share", "percent", "persons") if c in table)
        return self._cells(table, keys, column, SHARE if column == "share" else bounds, sparse)

    def _cells(self, table: Table, keys: tuple[str, ...], column: str, bounds: Bounds, sparse: bool) -> accounts.Given:
        r = self.r
        numbers = r.numbers(table, column, bounds)
        lists = {key: self.labels[key] for key in keys}
        places = {key: r.places(table, key, *lists[key]) for key in keys}
        lines = r.cells(table, {key: (places[key], lists[key][0]) for key in keys})
        if not (sparse and self.settings.repair["missing_rows"] == "zero"):
            r.whole(table, lines, {k: names for k, (names, _) in lists.items()}, ADD_ZERO if sparse else ADD)
        values = np.zeros(lines.shape)
        there = np.all([p >= 0 for p in places.values()], axis=0)
        values[tuple(p[there] for p in places.values())] = numbers[there]
        return accounts.Given(str(table.path), column, values, lines)

    def _inputs(self) -> accounts.Given | None:
        """Inputs of each region, or alike in all: [N or 1, J, J]."""
        table = self.tables["inputs.csv"]
        if table is None:
            return None
        column = "share" if "share" in table else "value"
        bounds, keys = (SHARE if column == "share" else AMOUNT), ("sector", "input")
        if self.settings.repair["negative_inputs"] != "refuse":
            bounds = SIGNED
        if "region" in table:
            return self._cells(table, ("region", *keys), column, bounds, True)
        if column == "value":
            self.r.say(
                f"{table.path}, line 1, column value", "values without a column region say of no region.",
                "Add the column, or give shares, which all regions then have alike.",
            )  # fmt: skip
            return None
        got = self._cells(table, keys, column, bounds, True)
        return got._replace(values=got.values[None], lines=got.lines[None])

    def _rates(self, name: str, silent: float) -> np.ndarray | None:
        """[J, N, N] ad valorem rates as fractions; ``silent`` where there is no row, None without the file."""
        table = self.tables[name]
        if table is None:
            return None
        r, keys = self.r, ("sector", "importer", "exporter")
        numbers = r.numbers(table, "percent", PERCENT)
        places = {key: r.places(table, key, *self.labels[key]) for key in keys}
        r.cells(table, {key: (places[key], self.labels[key][0]) for key in keys})
        same = (places["importer"] == places["exporter"]) & (places["importer"] >= 0)
        own = np.flatnonzero(same & (numbers > 0)).tolist()
        r.many(
            table, own, "percent", lambda row: ("a region takes no tariff from itself.", "Write 0, or drop the row.")
        )
        rates = np.full((len(self.sectors), len(self.regions), len(self.regions)), silent)
        there = np.all([p >= 0 for p in places.values()], axis=0)
        rates[tuple(p[there] for p in places.values())] = numbers[there] / 100.0
        return rates

    def _markets(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Labour markets, and the one of each sector."""
        table = self.tables["labour.csv"]
        if table is None:
            return ("all",), (0,) * len(self.sectors)
        names = self.r.labels(table, "market")
        place = self.r.places(table, "sector", *self.labels["sector"])
        lines = self.r.cells(table, {"sector": (place, self.sectors)})
        self.r.whole(table, lines, {"sector": self.sectors}, ADD)
        markets = tuple(dict.fromkeys(names))
        of = dict(zip(place.tolist(), names, strict=True))
        return markets, tuple(markets.index(of[k]) if k in of else 0 for k in range(len(self.sectors)))

    def _people(self, markets: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], np.ndarray | None]:
        """Origins, and persons by origin and market [O, M]."""
        table, r, n, s = self.tables["people.csv"], self.r, len(self.regions), len(markets)
        if table is None:
            if self.settings.people != "fixed" and not r.holds("people.csv"):
                what = f"people move by {self.settings.people!r}, and there is no people.csv."
                r.say(str(r.folder / SETTINGS), what, "Add the table, or say `people: fixed`.")
            return (), None
        if not self.settings.persons and self.settings.name:
            r.say(str(r.folder / SETTINGS), "the unit of people.csv is not said.", "Add `persons: thousand persons`.")
        persons = r.numbers(table, "persons", AMOUNT)
        origin, where = (r.places(table, key, *self.labels[key]) for key in ("origin", "residence"))
        groups = r.labels(table, "group", bare=True) if "group" in table else [""] * len(persons)
        named = tuple(dict.fromkeys(groups))
        group = np.array([named.index(g) for g in groups])
        if self.tables["labour.csv"] is None and r.holds("labour.csv"):
            return (), None  # which markets there are isn't known
        if "market" in table:
            work = r.places(table, "market", markets, "market")
        elif s > 1:
            what = f"people work in {s} markets (labour.csv), and there is no column market."
            r.say(f"{table.path}, line 1, column market", what, "Add the column.")
            return (), None
        else:
            work = np.zeros(len(persons), int)
        keys = {
            "origin": (origin, self.regions), "group": (group, named), "residence": (where, self.regions),
            "market": (work, markets),
        }  # fmt: skip
        r.cells(table, keys)
        there = (origin >= 0) & (where >= 0) & (work >= 0)
        origins = sorted({(int(o), int(g)) for o, g in zip(origin[there], group[there], strict=True)})
        place = {pair: k for k, pair in enumerate(origins)}
        people = np.zeros((len(origins), n * s))
        for row in np.flatnonzero(there).tolist():
            people[place[int(origin[row]), int(group[row])], where[row] * s + work[row]] = persons[row]
        self.markets = markets
        return tuple((self.regions[o], named[g]) for o, g in origins), people

    def _inhabited(self, people: np.ndarray, paid: np.ndarray) -> None:
        """Who lives in a market earns something there, and somebody earns what it pays.

        Args:
            people: [O, M] persons.
            paid: [N, S] value added.
        """
        s, where = len(self.markets), f"{self.r.folder / 'people.csv'}, column persons"
        names = [f"{r}, {m}" if s > 1 else r for r in self.regions for m in self.markets]
        for m in np.flatnonzero((people.sum(axis=0) > 0) != (paid.ravel() > 0)).tolist():
            what = "has value added, and nobody" if paid.ravel()[m] > 0 else "has no value added, and people"
            self.r.say(where, f"{names[m]} {what} at work there.", "Correct people.csv, or the value added.")
        if (people.sum(axis=1) <= 0).any():
            self.r.say(where, "an origin has nobody.", "Remove its rows.")
        mixed = np.flatnonzero((people > 0).sum(axis=0) > 1).tolist()
        if self.settings.people == "free" and mixed:
            what = f"free people of several origins live in {names[mixed[0]]}."
            self.r.say(where, what, "Give one origin for all who may live there.")
