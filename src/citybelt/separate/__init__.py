"""One plan or several: what players reach when each plans for itself, what they reach together, and how to share it.

``citybelt.separate(world, ...)`` is the verb. ``owners`` parts the levers among players, ``arena`` is the economy they
meet on, ``rivalry`` finds separate plans and the unified one, ``cooperate`` shares out the gain, ``tables`` shows
where it falls, ``make`` puts it together and ``result`` is what comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from citybelt.separate.result import Separate as Separate


def __getattr__(name: str) -> Any:
    if name == "Separate":
        from citybelt.separate.result import Separate

        return Separate
    raise AttributeError(f"module 'citybelt.separate' has no attribute '{name}'")
