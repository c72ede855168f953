"""What plain loops share: how far a round went, and changes too large for them, taken in parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from citybelt.errors import NotSolvedError

#: The smallest part of a change that is taken alone.
SMALLEST = 1 / 64

Found = TypeVar("Found")


def follow(find: Callable[[float, Found], Found], start: Found) -> Found:
    """What ``find(share of the change, where to begin)`` finds of the whole change; parts are halved where it fails.

    Raises:
        NotSolvedError: not even a part of ``SMALLEST`` was found.
    """
    done, part, found = 0.0, 1.0, start
    while done < 1.0:
        try:
            found = find(done + part, found)
        except NotSolvedError:
            part /= 2
            if part < SMALLEST:
                raise
            continue
        done += part
        part = min(part, 1.0 - done)
    return found


def change(ratio: np.ndarray) -> float:
    """The largest relative change of a round.

    Raises:
        NotSolvedError: an amount turned negative or infinite.
    """
    worst = float(np.max(np.abs(ratio - 1)))
    if not np.isfinite(worst) or np.min(ratio) <= 0:
        raise NotSolvedError("In the loops an amount became negative or infinite.")
    return worst


def unsolved(loop: str, gap: float, rounds: int) -> NotSolvedError:
    """The error of a loop that used up its rounds."""
    return NotSolvedError(f"The loop of {loop} did not end in {rounds} rounds; the last changed by {gap:.1e}.")
