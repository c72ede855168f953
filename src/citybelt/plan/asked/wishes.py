"""What a planner asks of a plan: bounds gathered into wishes, each with one limit that can give way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor, log10

from citybelt.errors import NotSolvedError
from citybelt.plan.asked import words
from citybelt.plan.solved.problem import Bound

Names = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Wish:
    """Bounds that are one wish of the planner: one row, or the rows of one security.

    Attributes:
        bounds: all with one sense and one value; label: what the planner calls it, in English and Chinese.
    """

    bounds: tuple[Bound, ...]
    label: tuple[str, str]

    @property
    def row(self) -> str:
        """The first of its rows."""
        return self.bounds[0].row

    @property
    def name(self) -> str:
        """The row, without the disruption where it is about a security."""
        return ":".join(self.row.split(":")[:2]) if words.kind(self.row) == "security" else self.row

    @property
    def limit(self) -> float:
        """The value, in the unit of its rows."""
        return self.bounds[0].value

    @property
    def sign(self) -> float:
        """One where more is better, minus one where less is."""
        return self.bounds[0].sign

    @property
    def is_money(self) -> bool:
        """Whether it limits what may be spent."""
        return words.kind(self.row) == "cost"

    @property
    def goal(self) -> tuple[str, ...]:
        """As a goal: the worst of its rows as good as can be."""
        return tuple(b.row if self.sign > 0 else f"-{b.row}" for b in self.bounds)

    def part(self, to: float) -> float:
        """How much another limit gives way, in parts of the size of this one."""
        return self.sign * (self.limit - to) / self.bounds[0].size

    def eased(self, to: float) -> Wish:
        """The same wish with another limit."""
        return replace(self, bounds=tuple(replace(b, value=to) for b in self.bounds))

    def met(self, at: float) -> bool:
        """Whether the target is met by a value of its row."""
        return self.sign * (at - self.limit) >= 0

    def below(self, reach: float) -> float:
        """The nearest limit that is met at ``reach`` and can be read: rounded to a hundredth of what is lacking.

        Raises:
            NotSolvedError: the target itself is met there.
        """
        if self.met(reach):
            raise NotSolvedError(
                "The optimiser took targets for a conflict that can be met. Start it from another mix."
            )
        asked, read = words.shown(self.row, self.limit), words.shown(self.row, reach)
        places = places_of(asked, read)
        parts = self.sign * read * 10.0**places
        # Never closer than a twentieth of a unit, so that the optimum is not the only mix left.
        return words.inner(self.row, self.sign * round(floor(parts - 0.05) / 10.0**places, max(places, 0)))


def wishes_of(bounds: Sequence[Bound], names: Names) -> list[Wish]:
    """Bounds as wishes: those of one security with one limit belong together."""
    found: dict[tuple, list[Bound]] = {}
    for n, b in enumerate(bounds):
        security = b.row.split(":")[1] if words.kind(b.row) == "security" else n
        found.setdefault((security, b.sense, b.value), []).append(b)
    return [Wish(tuple(group), words.asked(group[0], names)) for group in found.values()]


def places_of(asked: float, read: float) -> int:
    """Digits after the point that show a hundredth of the gap between what is asked and what can be had."""
    gap = abs(asked - read)
    return min(2 - floor(log10(gap)), 12) if gap > 0 else 12
