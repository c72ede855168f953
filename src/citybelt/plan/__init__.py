"""Plan a cluster: the mix of levers with the highest welfare net of cost, under a budget and floors.

``citybelt.plan(world, ...)`` is the verb; ``problem`` states the problem as data, ``optimise`` solves it, ``draws``
says how sure the answer is, ``make`` puts the plan together and ``result`` is what comes back.
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
