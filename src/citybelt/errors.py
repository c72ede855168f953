"""Exceptions whose message says where it is wrong, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class CitybeltError(Exception):
    """Any failure that citybelt reports in words; ``exit_code`` is what the command line returns."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input: the place (file, line or sheet and cell), what, and what to do."""

    where: str
    what: str
    do: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" {self.do}" if self.do else "")


class InputError(CitybeltError):
    """Bad input. Carries every problem found, not the first one only."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem] | str):
        self.problems = [Problem("input", problems)] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class NotSolvedError(CitybeltError):
    """The equilibrium (or the plan) was not reached. Names the worst market and region.

    Attributes:
        detail: what is known beyond the message, as plain data.
    """

    exit_code = 3

    def __init__(self, message: str, detail: Mapping[str, Any] | None = None):
        super().__init__(message)
        self.detail = dict(detail or {})
