"""A YAML document that knows the line and column of everything in it.

Checks add to one list of problems, so that a reader of the file hears of all of them at once. What a file may
hold is limited before anything is built from it, so that no file, however odd, can take the memory or the time.
"""

from __future__ import annotations

import difflib
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citybelt.errors import InputError, Problem

if TYPE_CHECKING:
    from ruamel.yaml import YAML

BYTES = 100_000  #: largest file: several times the largest table of levers, read in seconds
DEPTH = 20  #: deepest nesting
NODES = 20_000  #: most values once every alias is written out: several times the largest table of levers
LENGTH = 2000  #: longest text or number, in characters
LISTED = 50  #: most problems told of

#: Errors that the reader of YAML lets through on values that look like numbers, dates or merges but are none.
_UNFORESEEN = (ValueError, RecursionError, AttributeError, TypeError, OverflowError)
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, formats, surrogates, separators of lines and paragraphs


def nearest(word: Any, known: Iterable[str]) -> str:
    """Advice for a word that is not known: the nearest known one, or the list when none is near."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5) if isinstance(word, str) else []
    return f"Did you mean {near[0]!r}?" if near else f"Use one of: {', '.join(known)}."


def shown(value: Any) -> str:
    """A value as a message shows it: shortened, and of a mapping or a list the kind alone."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}...{text[-10:]}"


def finite(value: Any) -> float:
    """The value as a float, NaN where it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def unseen(text: str) -> bool:
    """Whether the text holds a character that cannot be seen, other than ends of lines and tabs."""
    return any(unicodedata.category(c) in _UNSEEN for c in text if c not in "\n\t")


def refusal(problems: list[Problem]) -> InputError:
    """The error of all problems; of more than ``LISTED`` the first, and how many more there are."""
    more = problems[LISTED:]
    if more:
        problems = [*problems[:LISTED], Problem(more[0].where, f"... and {len(more)} more.", "Correct those first.")]
    return InputError(problems)


class Document:
    """The content of a YAML file (a mapping) with the problems found in it so far.

    Arguments: ``path``; ``anchors``, whether a part may be named and repeated (``&name``, ``*name``).
    Raises InputError where the file cannot be read, is no mapping, or holds what no table needs: tags, unseen
    characters, texts over ``LENGTH``, nesting over ``DEPTH``.
    """

    def __init__(self, path: Path | str, anchors: bool = True):
        from ruamel.yaml.error import MarkedYAMLError
        from ruamel.yaml.reader import ReaderError

        self.path = Path(path)
        self.problems: list[Problem] = []
        text = self._read()
        try:
            self._limit(text, anchors)
            self.finish()
            self.root = _yaml().load(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
            what = " ".join((error.problem or error.context or "not YAML").split("\n")[0].split())
            self.problem(where, f"not valid YAML: {what}.", "Correct the line.")
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self.problem(f"{path}:{line}", "holds a character that YAML does not allow.", "Remove it.")
        except _UNFORESEEN as error:
            self.problem(str(path), f"not valid YAML: {error}.", "Correct it.")
        self.finish()
        if not isinstance(self.root, dict):
            raise InputError(
                [Problem(f"{path}:1:1", "must be a mapping of keys to values.", "Write `key: value` lines.")]
            )

    def _read(self) -> str:
        try:
            if self.path.exists() and not self.path.is_file():  # a pipe would be waited for
                raise InputError([Problem(str(self.path), "is not a plain file.", "Put a YAML file there.")])
            with self.path.open("rb") as file:
                content = file.read(BYTES + 1)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise InputError([Problem(str(self.path), f"cannot be read: {why}.", "Check the path.")]) from None
        if len(content) > BYTES:
            raise InputError([Problem(str(self.path), f"is larger than {BYTES // 1000} kB.", "Shorten it.")])
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise InputError(
                [Problem(f"{self.path}:{line}", "cannot be read as UTF-8.", "Save it as UTF-8.")]
            ) from None

    def _limit(self, text: str, anchors: bool) -> None:
        """Note what no table needs, from the events of the text: nothing is built yet, nothing recurs."""
        from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent

        values = 0  # with every alias written out: of the text so far, and of each part that has a name
        size: dict[str, int] = {}
        within: list[tuple[str | None, int]] = []  # parts that are open: name, values before it
        for event in _yaml().parse(text):
            where = f"{self.path}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"
            name: Any = getattr(event, "anchor", None)
            if isinstance(event, CollectionEndEvent):
                part, before = within.pop()
                size |= {part: values - before} if part else {}
            elif isinstance(event, AliasEvent):
                if any(part == name for part, _ in within):
                    self.problem(where, f"{shown(name)} stands inside the part that it names.", "Write it out.")
                    return
                values += size.get(name, 1)
            else:
                within += [(name, values)] if isinstance(event, CollectionStartEvent) else []
                values += 1
            if len(within) > DEPTH:
                self.problem(where, f"is nested more than {DEPTH} deep.", "Write it flat.")
                return  # what is deeper takes ever more time
            if values > NODES:
                self.problem(where, f"holds more than {NODES} values, aliases written out.", "Repeat fewer parts.")
                return
            if name in size and not isinstance(event, AliasEvent | CollectionEndEvent):
                self.problem(where, f"the anchor {shown(name)} is there already.", "Give another name.")
                return
            if not anchors and name:
                self.problem(where, f"{shown(name)} is an anchor or alias.", "Write the value out.")
            if getattr(event, "tag", None):
                self.problem(where, f"the tag {shown(event.tag)} is not known here.", "Remove the tag.")
            if name and isinstance(event, ScalarEvent):
                size[name] = 1
            value = getattr(event, "value", None) or ""
            if len(value) > LENGTH:
                self.problem(where, f"{shown(value)} has more than {LENGTH} characters.", "Shorten it.")
            if unseen(value):
                self.problem(where, f"{shown(value)} holds a character that cannot be seen.", "Remove it.")

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
            raise refusal(self.problems)

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
                self.problem(self.at(node, key), f"unknown {what} {shown(key)}.", nearest(key, known))

    def text(self, node: dict, key: str, required: bool = True, choices: Iterable[str] = ()) -> str:
        value = node.get(key)
        if value is None:
            if required:
                self.problem(self.at(node), f"{key!r} is missing.", f"Add `{key}: ...`.")
            return ""
        choices = tuple(choices)
        if not isinstance(value, str):
            do = f'Write {key}: "{value}" in quotes.' if not isinstance(value, (dict, list)) else "Write one text."
            self.problem(self.at(node, key, value=True), f"{key!r} must be a text, not {shown(value)}.", do)
            return ""
        if required and not value.strip():
            self.problem(self.at(node, key, value=True), f"{key!r} is empty.", "Write a text.")
        elif choices and value not in choices:
            self.problem(self.at(node, key, value=True), f"{key!r} cannot be {shown(value)}.", nearest(value, choices))
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
        number = finite(node[key])
        if math.isnan(number):
            what = f"{key!r} must be a finite number, not {shown(node[key])}."
            self.problem(self.at(node, key, value=True), what, "Write a number.")
            return default
        return number

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
                self.problem(self.at(value, place), f"{shown(item)} is not {expected}.", "Correct or remove it.")
        return tuple(item for item in value if check(item))


def _yaml() -> YAML:
    """A reader of YAML whose every error tells the line."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor

    class Constructor(RoundTripConstructor):
        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except _UNFORESEEN as error:
                raise ConstructorError(problem=str(error).rstrip("."), problem_mark=node.start_mark) from None

    yaml = YAML(typ="rt", pure=True)
    yaml.Constructor = Constructor
    return yaml
