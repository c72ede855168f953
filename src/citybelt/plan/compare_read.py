"""One side of a comparison: a plan, or the JSON file that was written of it, checked before it is used.

A file may come from anywhere. It is limited in size and depth, and every value that is used must be of its kind;
what is wrong is told with the place inside the file, such as ``plan.json: levers[3].cost``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from citybelt.errors import InputError, Problem
from citybelt.result import plain
from citybelt.scenario.document import LENGTH, refusal, shown, unseen

if TYPE_CHECKING:
    from citybelt.plan.result import Plan

BYTES = 50_000_000  #: largest file: many times the largest plan
LARGEST = 1e15  #: largest number, far beyond any of a plan: sums and squares of such stay finite
ROWS = 200_000  #: most rows of a table: as many draws as may be asked for, and as many again

#: Values of the document that are used, by kind; of tables the columns that are used. ``a.b`` is table b of object a.
NUMBERS = ("welfare_change", "welfare_change_nation", "ev", "ev_nation")
TEXTS = ("world", "vintage", "objective")
Columns = dict[str, str]  # name of the column: number, text or flag; a question mark where it may be missing
KEYS = {"targets": ("row", "sense")}  #: of other tables the first column: what tells their rows apart
TABLES: dict[str, Columns] = {
    "levers": {
        "name": "text", "name_en": "text", "name_zh": "text", "status": "text", "unit_en": "text", "unit_zh": "text",
        "value": "number", "upper": "number", "cost": "number",
    },
    "by_region": {
        "region": "text", "name_en": "text", "name_zh": "text", "in_cluster": "flag", "welfare": "number",
        "ev": "number",
    },
    "targets?": {
        "row": "text", "sense": "text", "label_en": "text", "label_zh": "text", "asked": "number?",
        "reached": "number?", "kept": "flag",
    },
    "stress.worst?": {"security": "text", "loss": "number?", "loss_plan": "number?"},
    "draw_table?": {"draw": "number", "ev": "number", "ev_nation": "number"},
}  # fmt: skip
_COLUMNS = {table.removesuffix("?"): columns for table, columns in TABLES.items()}


@dataclass(frozen=True)
class Side:
    """What is compared of a plan.

    Attributes:
        where: the file, or "plan" for an object.
        document: the plan as plain data.
    """

    where: str
    document: Mapping[str, Any]

    @property
    def name(self) -> tuple[str, str]:
        """What the planner calls it, in both languages; '' where no file of a plan says it."""
        brief = self.document.get("brief")
        both = [brief.get(key) if isinstance(brief, Mapping) else "" for key in ("name", "name_zh")]
        en, zh = (text if isinstance(text, str) else "" for text in both)
        return en, zh

    def rows(self, table: str) -> dict[Any, Mapping[str, Any]]:
        """The rows of a table by what tells them apart, in their order; none where it is missing."""
        return {_key(table, row): row for row in _table(self.document, table) or ()}


def side(source: Plan | str | Path, role: str) -> Side:
    """A plan, the JSON file of one, or the folder where that lies.

    Arguments: ``role``, "A" or "B", for messages.
    Raises InputError with every problem.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        document = _load(path)
        path = path / "plan.json" if path.is_dir() else path
        return Side(str(path), _checked(document, str(path)))
    if not (hasattr(source, "to_json") and hasattr(source, "levers")):
        what = f"a {type(source).__name__} is no plan."
        raise InputError([Problem(f"plan {role}", what, "Give what `plan` returned, or its JSON file.")])
    document = dict(source.to_json())
    if "draw_table" not in document:
        document["draw_table"] = plain(source.draw_table)
    return Side(f"plan {role}", _checked(document, f"plan {role}"))


def _load(path: Path) -> Any:
    where = str(path)
    try:
        if path.is_dir():
            path = path / "plan.json"
            where = str(path)
        if path.exists() and not path.is_file():
            raise InputError([Problem(where, "is not a plain file.", "Give a JSON file of a plan.")])
        with path.open("rb") as file:
            content = file.read(BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        do = "Give what `citybelt plan --json` printed, or the plan.json of its folder."
        raise InputError([Problem(where, f"cannot be read: {why}.", do)]) from None
    if len(content) > BYTES:
        raise InputError([Problem(where, f"is larger than {BYTES // 1_000_000} MB.", "Give the file of one plan.")])
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise InputError([Problem(where, "is not text in UTF-8.", "Give a JSON file of a plan.")]) from None
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}"
        raise InputError([Problem(place, f"not valid JSON: {error.msg}.", "Write the plan again.")]) from None
    except (ValueError, RecursionError) as error:
        what = "is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError([Problem(where, f"not valid JSON: {what}.", "Write the plan again.")]) from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _checked(document: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raise InputError([Problem(where, f"must be one object, not {shown(document)}.", _DO)])
    verb, status = document.get("verb", "plan"), document.get("status")
    if status == "error":
        raise InputError([Problem(where, "tells of a failure, not of a plan.", "Make the plan first.")])
    if verb not in ("plan", None):
        raise InputError([Problem(where, f"is of {shown(verb)}, not of a plan.", _DO)])
    problems: list[Problem] = []

    def wrong(place: str, value: Any, kind: str) -> None:
        problems.append(Problem(f"{where}: {place}", f"must be {_KINDS[kind]}, not {shown(value)}.", _DO))

    for key in TEXTS:
        if not _fits(document.get(key), "text"):
            wrong(key, document.get(key), "text")
    for key in NUMBERS:
        if not _fits(document.get(key), "number"):
            wrong(key, document.get(key), "number")
    if not _fits(document.get("draws"), "number"):
        wrong("draws", document.get("draws"), "number")
    budget = document.get("budget")
    payers = budget.get("by_payer") if isinstance(budget, Mapping) else None
    if not isinstance(budget, Mapping) or not isinstance(payers, Mapping):
        wrong("budget" if payers is None else "budget.by_payer", payers if budget else budget, "object")
    else:
        for key in ("total", "spent"):
            if not _fits(budget.get(key), "number" if key == "spent" else "number?"):
                wrong(f"budget.{key}", budget.get(key), "number")
        for key, value in payers.items():
            if not _fits(value, "number"):
                wrong(f"budget.by_payer.{key}", value, "number")
    for table, columns in TABLES.items():
        name = table.removesuffix("?")
        owner = name.rpartition(".")[0]
        if owner and not isinstance(document.get(owner) or {}, Mapping):
            wrong(owner, document[owner], "object")
            continue
        rows = _table(document, name)
        if rows is None and table.endswith("?"):
            continue
        if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) > ROWS:
            wrong(name, rows, "list")
            continue
        _rows(name, rows, columns, wrong)
    if problems:
        raise refusal(problems)
    return document


def _table(document: Mapping[str, Any], name: str) -> Any:
    """The rows of a table of the document, or of an object in it; None where it is missing."""
    owner, _, own = name.rpartition(".")
    return ((document.get(owner) or {}) if owner else document).get(own)


def _rows(name: str, rows: Sequence[Any], columns: Columns, wrong: Any) -> None:
    seen: dict[Any, int] = {}
    own = KEYS.get(name, (next(iter(columns)),))
    for k, row in enumerate(rows):
        if not isinstance(row, Mapping):
            wrong(f"{name}[{k}]", row, "object")
            continue
        bad = [column for column, kind in columns.items() if not _fits(row.get(column), kind)]
        for column in bad:
            wrong(f"{name}[{k}].{column}", row.get(column), columns[column].removesuffix("?"))
        if not set(own) & set(bad) and seen.setdefault(_key(name, row), k) != k:
            wrong(f"{name}[{k}].{own[0]}", row[own[0]], "once")


def _key(table: str, row: Mapping[str, Any]) -> Any:
    own = KEYS.get(table)
    return tuple(row[key] for key in own) if own else row[next(iter(_COLUMNS[table]))]


_DO = "Give what `citybelt plan --json` printed, or the plan.json of its folder."
_KINDS = {
    "text": "a text", "number": f"a number, {LARGEST:g} at most", "flag": "true or false", "object": "an object",
    "list": "a list", "once": "there once",
}  # fmt: skip


def _fits(value: Any, kind: str) -> bool:
    if kind.endswith("?") and value is None:
        return True
    kind = kind.removesuffix("?")
    if kind == "text":
        return isinstance(value, str) and len(value) <= LENGTH and not unseen(value)
    if kind == "flag":
        return isinstance(value, bool)
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and abs(float(value)) <= LARGEST
    except OverflowError:
        return False
