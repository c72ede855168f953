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

#: Where a public name is defined.
_HOME = {
    "load": "citybelt.verbs",
    "centres": "citybelt.verbs",
    "run": "citybelt.verbs",
    "explain": "citybelt.verbs",
    "preview": "citybelt.verbs",
    "ladder": "citybelt.verbs",
    "compare": "citybelt.verbs",
    "ledger": "citybelt.verbs",
    "verify": "citybelt.verbs",
    "stress": "citybelt.verbs",
    "solve": "citybelt.engine.solve",
    "gradient": "citybelt.engine.adjoint",
    "Scenario": "citybelt.scenario",
    "Brief": "citybelt.plan.asked.brief",
    "configure": "citybelt.config",
    "InputError": "citybelt.errors",
    "NotSolvedError": "citybelt.errors",
}
#: Verbs whose code lies in a module of the same name: ``citybelt.plan.make`` is code, ``citybelt.plan(...)`` plans.
_VERB_MODULES = ("diagnose", "plan", "coverage", "report", "replicate", "trade", "separate", "path", "hindcast")

__all__ = [*_HOME, *_VERB_MODULES, "__version__"]

if TYPE_CHECKING:
    from citybelt.config import configure as configure
    from citybelt.engine.adjoint import gradient as gradient
    from citybelt.engine.solve import solve as solve
    from citybelt.errors import InputError as InputError
    from citybelt.errors import NotSolvedError as NotSolvedError
    from citybelt.plan.asked.brief import Brief as Brief
    from citybelt.scenario import Scenario as Scenario
    from citybelt.verbs import centres as centres
    from citybelt.verbs import compare as compare
    from citybelt.verbs import coverage as coverage
    from citybelt.verbs import diagnose as diagnose
    from citybelt.verbs import explain as explain
    from citybelt.verbs import hindcast as hindcast
    from citybelt.verbs import ladder as ladder
    from citybelt.verbs import ledger as ledger
    from citybelt.verbs import load as load
    from citybelt.verbs import path as path
    from citybelt.verbs import plan as plan
    from citybelt.verbs import preview as preview
    from citybelt.verbs import replicate as replicate
    from citybelt.verbs import report as report
    from citybelt.verbs import run as run
    from citybelt.verbs import separate as separate
    from citybelt.verbs import stress as stress
    from citybelt.verbs import trade as trade
    from citybelt.verbs import verify as verify


def __getattr__(name: str) -> Any:
    if name in _VERB_MODULES:
        return importlib.import_module(f"citybelt.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'citybelt' has no attribute '{name}'")
    value = globals()[name] = getattr(importlib.import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _VerbModule(ModuleType):
    """A module that can be called: it then acts as the verb of its name."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        verb = self.__name__.rpartition(".")[2]
        return getattr(importlib.import_module("citybelt.verbs"), verb)(*args, **kwargs)


class _Face(ModuleType):
    """Python binds each imported submodule to its name here; those that are verbs become callable."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _VERB_MODULES and isinstance(value, ModuleType):
            value.__class__ = _VerbModule
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
