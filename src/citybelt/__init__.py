"""citybelt: from real data of cities to a spatial equilibrium, an optimal plan and a report.

Everything public is a name of this module, loaded when it is first used, so that importing citybelt costs
nothing::

    import citybelt as cb

    world = cb.load("northeast")
    plan = cb.plan(world, budget=0.005)
    plan.levers                     # a pandas table
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "load": "citybelt.verbs",
    "run": "citybelt.verbs",
    "plan": "citybelt.verbs",
    "diagnose": "citybelt.verbs",
    "ledger": "citybelt.verbs",
    "coverage": "citybelt.verbs",
    "verify": "citybelt.verbs",
    "report": "citybelt.verbs",
    "solve": "citybelt.model.solve",
    "Scenario": "citybelt.scenario",
    "configure": "citybelt.config",
    "InputError": "citybelt.errors",
    "NotSolvedError": "citybelt.errors",
}

__all__ = [*_HOME, "__version__"]

if TYPE_CHECKING:
    from citybelt.config import configure as configure
    from citybelt.errors import InputError as InputError
    from citybelt.errors import NotSolvedError as NotSolvedError
    from citybelt.model.solve import solve as solve
    from citybelt.scenario import Scenario as Scenario
    from citybelt.verbs import coverage as coverage
    from citybelt.verbs import diagnose as diagnose
    from citybelt.verbs import ledger as ledger
    from citybelt.verbs import load as load
    from citybelt.verbs import plan as plan
    from citybelt.verbs import report as report
    from citybelt.verbs import run as run
    from citybelt.verbs import verify as verify


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'citybelt' has no attribute '{name}'")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals().setdefault(name, value)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _VerbModule(ModuleType):
    """A module that bears the name of a verb: ``citybelt.plan`` holds the code, ``citybelt.plan(...)`` plans."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        verb = self.__name__.rpartition(".")[2]
        return getattr(importlib.import_module("citybelt.verbs"), verb)(*args, **kwargs)


class _Face(ModuleType):
    """Python binds an imported submodule to its name here, over the verb of that name: keep it callable."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and _HOME.get(name) == "citybelt.verbs":
            value.__class__ = _VerbModule
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
