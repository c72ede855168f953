r"""Follow the equilibrium from the base year where a change can't be reached at once.

The change is scaled, ``z(t) = t z``. At t = 0 the base year is the equilibrium; each step predicts along the last
two equilibria and corrects, first by Anderson acceleration and then by Newton's method. A step that fails is halved,
one that succeeds is doubled. The path ends where somebody's amounts reach zero, which is the commonest reason, or at a
fold, where the equilibrium that it follows meets another and both vanish. Beyond a fold acceleration may land on an
equilibrium far away; that one is solved, and it is the certificate's list that shows how many there are.
Source: Allgower and Georg (1990).
"""

from __future__ import annotations

from dataclasses import replace

import jax

from citybelt.engine.newton import newton
from citybelt.engine.solve import Solution, attempt

FIRST_STEP = 0.25
SHORTEST_STEP = 1e-3
MAX_STEPS = 60


def follow(failed: Solution) -> Solution:
    """The equilibrium at the end of the path from the base year; the failure with how far it came otherwise.

    Args:
        failed: a solution that was not reached at once.

    Returns:
        A ``Solution``; ``steps`` says in how many parts the change was taken.
    """
    model, b, th, c = failed.model, failed.base, failed.theory, failed.closure
    scaled = lambda t: jax.tree.map(lambda leaf: t * leaf, failed.shock)  # noqa: E731
    start = attempt(model, b, th, scaled(0.0), c)
    passes, steps = failed.passes + start.passes, 0
    if not start.solved:
        return replace(failed, passes=passes, status=f"{failed.status}; the base year is no equilibrium either")
    t, step, x, behind, s = 0.0, FIRST_STEP, start.state, None, start
    while t < 1.0 and step >= SHORTEST_STEP and steps < MAX_STEPS:
        ahead = min(1.0, t + step)
        guess = x
        if behind is not None:
            stretch = (ahead - t) / (t - behind[0])
            guess = jax.tree.map(lambda now, then, a=stretch: now + a * (now - then), x, behind[1])
        tried = attempt(model, b, th, scaled(ahead), c, guess)
        passes += tried.passes
        if not tried.solved:
            tried = newton(model, b, th, scaled(ahead), c, guess)
            passes += tried.passes
        steps += 1
        if tried.solved:
            behind, t, x, step, s = (t, x), ahead, tried.state, 2.0 * step, tried
        else:
            step = 0.5 * (ahead - t)
    if t == 1.0:
        return replace(s, shock=failed.shock, passes=passes, steps=steps)
    # The market named is the one that the whole change breaks.
    came = f"the path from the base year was followed to {100 * t:.1f} % of the change"
    return replace(failed, passes=passes, steps=steps, status=f"{failed.status}; {came}")
