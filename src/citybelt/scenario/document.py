"""A YAML document that knows the line and column of everything in it.

Checks add to one list of problems, so that a reader of the file hears of all of them at once.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from citybelt.errors import InputError, Problem


def nearest(word: str, known: Iterable[str]) -> str:
    """Advice for a word that is not known: the nearest known one, or the list when none is near."""
    known = sorted(known)
    near = difflib.get_close_matches(str(word), known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"Use one of: {', '.join(known)}."


class Document:
    """The content of a YAML file (a mapping) with the problems found in it so far."""

    def __init__(self, path: Path | str):
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        self.path = Path(path)
        self.problems: list[Problem] = []
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError([Problem(str(path), f"cannot be read ({error}).", "Check the path.")]) from None
        try:
            self.root = YAML(typ="rt", pure=True).load(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
            what = " ".join((error.problem or error.context or "not YAML").split("\n")[0].split())
            raise InputError([Problem(where, f"not valid YAML: {what}.", "Correct the line.")]) from None
        except YAMLError as error:
            raise InputError([Problem(str(path), f"not valid YAML: {error}.", "Correct it.")]) from None
        if not isinstance(self.root, dict):
            raise InputError(
                [Problem(f"{path}:1:1", "must be a mapping of keys to values.", "Write `key: value` lines.")]
            )

    def at(self, node: Any, key: Any = None, value: bool = False) -> str:
        """``file:line:column`` of a key of a mapping, of an item of a list, or of the node itself."""
        lc = getattr(node, "lc", None)
        if lc is None:
            return str(self.path)
        try:
            line, column = (lc.line, lc.col) if key is None else (lc.value(key) if value else lc.key(key))
        except (KeyError, TypeError, AttributeError):
            try:
                line, column = lc.item(key)
            except (KeyError, TypeError, AttributeError):
                line, column = lc.line, lc.col
        return f"{self.path}:{line + 1}:{column + 1}"

    def problem(self, where: str, what: str, do: str) -> None:
        self.problems.append(Problem(where, what, do))

    def finish(self) -> None:
        """Raise all problems found, if any."""
        if self.problems:
            raise InputError(self.problems)

    # -- checks of one value: each returns the value, or the default after noting the problem

    def mapping(self, node: Any, key: Any, required: bool = False) -> dict:
        if key not in node or node[key] is None:
            if required:
                self.problem(self.at(node), f"{key!r} is missing.", f"Add `{key}:` with its entries.")
            return {}
        if not isinstance(node[key], dict):
            self.problem(self.at(node, key, value=True), f"{key!r} must be a mapping.", "Write `key: value` lines.")
            return {}
        return node[key]

    def known(self, node: dict, known: Iterable[str], what: str = "key") -> None:
        """Every key of the mapping must be one of ``known``."""
        known = set(known)
        for key in node:
            if key not in known:
                self.problem(self.at(node, key), f"unknown {what} {key!r}.", nearest(key, known))

    def text(self, node: dict, key: str, required: bool = True, choices: Iterable[str] = ()) -> str:
        value = node.get(key)
        if value is None:
            if required:
                self.problem(self.at(node), f"{key!r} is missing.", f"Add `{key}: ...`.")
            return ""
        choices = tuple(choices)
        if not isinstance(value, str):
            do = f'Write {key}: "{value}" in quotes.' if not isinstance(value, (dict, list)) else "Write one text."
            self.problem(self.at(node, key, value=True), f"{key!r} must be a text, not {value!r}.", do)
            return ""
        if choices and value not in choices:
            self.problem(self.at(node, key, value=True), f"{key!r} cannot be {value!r}.", nearest(value, choices))
        return str(value).strip()

    def both(self, node: dict, key: str, required: bool = True) -> tuple[str, str]:
        """A text in English and Chinese: ``key: {en: ..., zh: ...}``."""
        if key not in node:
            if required:
                self.problem(self.at(node), f"{key!r} is missing.", f"Add `{key}: {{en: ..., zh: ...}}`.")
            return "", ""
        value = node[key]
        if not isinstance(value, dict):
            self.problem(
                self.at(node, key, value=True),
                f"{key!r} must be given in both languages.",
                f"Write `{key}: {{en: ..., zh: ...}}`.",
            )
            return "", ""
        self.known(value, ("en", "zh"), "language")
        return self.text(value, "en"), self.text(value, "zh")

    def number(self, node: Any, key: Any, default: float = math.nan, required: bool = True) -> float:
        if isinstance(node, dict) and key not in node:
            if required:
                self.problem(self.at(node), f"{key!r} is missing.", f"Add `{key}:` and a number.")
            return default
        value = node[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            self.problem(
                self.at(node, key, value=True), f"{key!r} must be a finite number, not {value!r}.", "Write a number."
            )
            return default
        return float(value)

    def sequence(self, node: dict, key: str, check: Callable[[Any], bool], expected: str) -> tuple:
        """A list each item of which passes ``check``; ``expected`` says in words what an item is."""
        value = node.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.problem(self.at(node, key, value=True), f"{key!r} must be a list.", "Write `[first, second]`.")
            return ()
        for place, item in enumerate(value):
            if not check(item):
                self.problem(self.at(value, place), f"{item!r} is not {expected}.", "Correct or remove it.")
        return tuple(item for item in value if check(item))
