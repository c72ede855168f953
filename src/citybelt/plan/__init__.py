"""Plan a cluster: the mix of levers that serves an objective best, under budgets and targets.

``citybelt.plan(world, ...)`` is the verb. ``asked`` holds what a planner asks for (briefs and their files), ``solved``
the problem as data and its optimum, ``told`` what is said about it (measures, prices, work, worth, conflicts,
frontiers), ``sure`` how sure it is (draws, plans nearly as good, outside worlds, the optimiser's curse). ``make`` puts
the plan together, ``result`` is what comes back, ``store`` keeps finished pieces, ``compare`` sets two plans side by
side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from citybelt.plan.make import plan as plan
    from citybelt.plan.result import Plan as Plan


def __getattr__(name: str) -> Any:
    if name == "plan":
        from citybelt.plan.make import plan

        return plan
    if name == "Plan":
        from citybelt.plan.result import Plan

        return Plan
    raise AttributeError(f"module 'citybelt.plan' has no attribute '{name}'")
