"""Levers in physical units, scenarios as typed changes over a parent, and runs that explain themselves."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "Direction": "direction", "combine": "direction", "Card": "card", "read_cards": "card",
    "Lever": "levers", "Effects": "levers", "shock": "levers",
    "Scenario": "scenario", "load_scenario": "scenario", "scenarios": "scenario", "diff": "scenario",
    "Run": "simulate", "run": "simulate", "Ladder": "ladder",
}  # fmt: skip

__all__ = list(_HOME)

if TYPE_CHECKING:
    from citybelt.scenario.ladder import Ladder as Ladder
    from citybelt.scenario.scenario import Scenario as Scenario
    from citybelt.scenario.scenario import load_scenario as load_scenario
    from citybelt.scenario.simulate import Run as Run
    from citybelt.scenario.simulate import run as run


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
