"""Which propositions of the founding article citybelt computes, where they show, and which tests hold them.

Nothing is typed in here: the packages that answer propositions declare so beside their code (`ANSWERS`), the
tests carry the numbers as marks. An answer counts where a test carries its number; all other propositions are
listed as not attempted. An installed package has no tests, so the test names are kept in ``coverage.json``,
which ``python -m citybelt.coverage`` writes from a source checkout.
"""

from __future__ import annotations

import ast
import csv
import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from citybelt.terminal import Sheet

if TYPE_CHECKING:
    import pandas as pd

State = Literal["computed", "assumed", "not attempted"]
STATES: tuple[State, ...] = ("computed", "assumed", "not attempted")

#: The modules that declare what they answer.
MODULES = (
    "citybelt.diagnose.answers",
    "citybelt.claims.answers",
    "citybelt.model.answers",
    "citybelt.people.answers",
    "citybelt.scenario.answers",
    "citybelt.plan.answers",
    "citybelt.security.answers",
    "citybelt.separate.answers",
    "citybelt.path.answers",
)


@dataclass(frozen=True)
class Answer:
    """A module's word that it answers a proposition: from data (computed) or under an assumed effect."""

    number: str  # "P41"
    state: State
    section: str  # of the report, where it shows


@dataclass(frozen=True)
class Proposition:
    """One proposition with everything known about its treatment."""

    number: str
    statement_en: str
    statement_zh: str
    state: State
    sections: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """All propositions, in the article's order."""

    propositions: tuple[Proposition, ...]

    @cached_property
    def table(self) -> pd.DataFrame:
        """proposition, statement_en, statement_zh, state, sections, tests; one row for each proposition."""
        import pandas as pd

        rows = [
            {"proposition": p.number, "statement_en": p.statement_en, "statement_zh": p.statement_zh, "state": p.state}
            | {"sections": "; ".join(p.sections), "tests": "; ".join(p.tests)}
            for p in self.propositions
        ]
        return pd.DataFrame(rows)

    def counts(self) -> dict[str, int]:
        """How many propositions are in each state."""
        return {s: sum(p.state == s for p in self.propositions) for s in STATES}

    def to_json(self) -> dict[str, Any]:
        return {"counts": self.counts(), "propositions": [vars(p) for p in self.propositions]}

    def rich(self, lang: str = "en") -> Any:
        """A table for the terminal in one of the languages."""
        from rich.text import Text

        words = {
            "en": ("Propositions of the article", "", "proposition", "state", "where it shows", "tests"),
            "zh": ("文章命题的覆盖情况", "", "命题", "状态", "所在章节", "测试"),
        }[lang]
        states = {"computed": "已计算", "assumed": "假设", "not attempted": "未处理"} if lang == "zh" else {}
        colours = {"computed": "green", "assumed": "yellow", "not attempted": "dim"}
        counts = ", ".join(f"{states.get(s, s)} {n}" for s, n in self.counts().items())
        rows = [
            (
                p.number,
                p.statement_en if lang == "en" else p.statement_zh,
                Text(states.get(p.state, p.state), style=colours[p.state]),
                "\n".join(p.sections),
                str(len(p.tests) or ""),
            )
            for p in self.propositions
        ]
        return Sheet(words[1:], rows, title=f"{words[0]}: {counts}", right=[4], yields=[3, 1])

    def __rich__(self) -> Any:
        return self.rich()

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False)


def coverage() -> Coverage:
    """Collect the statements, the answers declared by the code and the names of the tests."""
    answers = declared()
    tests = json.loads(files("citybelt").joinpath("coverage.json").read_text("utf-8"))
    return combine(statements(), answers, tests)


def combine(
    texts: Mapping[str, Mapping[str, str]], answers: Sequence[Answer], tests: Mapping[str, Sequence[str]]
) -> Coverage:
    """The coverage of the stated propositions by answers, of which those count whose number a test carries."""
    propositions = []
    for number, text in texts.items():
        counted = [a for a in answers if a.number == number and number in tests]
        propositions.append(
            Proposition(
                number=number,
                statement_en=text["statement_en"],
                statement_zh=text["statement_zh"],
                state=min((a.state for a in counted), key=STATES.index, default=STATES[-1]),
                sections=tuple(dict.fromkeys(a.section for a in counted)),
                tests=tuple(tests.get(number, ())),
            )
        )
    return Coverage(tuple(propositions))


def statements() -> dict[str, dict[str, str]]:
    """The propositions by number, one line each in both languages."""
    text = files("citybelt").joinpath("propositions.csv").read_text("utf-8")
    return {row["number"]: row for row in csv.DictReader(text.splitlines())}


def declared(modules: Sequence[str] = MODULES) -> list[Answer]:
    """Every answer that the modules declare."""
    return [a for module in modules for a in importlib.import_module(module).ANSWERS]


def tests_by_proposition(folder: Path) -> dict[str, list[str]]:
    """Read the marks ``@pytest.mark.proposition("P41")`` of a folder of tests, without importing them.

    Returns the names of the tests, as ``file::test``, by number; both sorted.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        name = path.relative_to(folder).as_posix()
        for node in ast.parse(path.read_text("utf-8")).body:
            for test, numbers in _marked(node):
                for number in numbers:
                    found.setdefault(number, []).append(f"{name}::{test}")
    return {n: sorted(found[n]) for n in sorted(found, key=lambda n: int(n[1:]))}


def _marked(node: ast.stmt, prefix: str = "", outer: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return
    numbers = outer + tuple(
        argument.value
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.proposition"
        for argument in mark.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    )
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            yield from _marked(inner, f"{prefix}{node.name}::", numbers)
    elif node.name.startswith("test"):
        yield f"{prefix}{node.name}", numbers


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    text = json.dumps(tests_by_proposition(root / "tests"), indent=1) + "\n"
    Path(__file__).with_name("coverage.json").write_text(text, encoding="utf-8")
