r"""Every theme at its best with one and the same amount of money: alone, and all of them as one package.

A plan may put its whole budget into few themes, and then says little about how themes work on each other. So the
budget, and what each payer may spend, is cut into n equal parts for n themes. With K_t the mix that is best for theme t
alone,

    (K1)  together = O(sum_t K_t),      alone_t = O(K_t),      last_t = together - O(sum_{s != t} K_s)
    (K2)  interplay = together - sum_t alone_t

The sum of the mixes costs no more than the budget, up to what newcomers and subsidies cost more when all is done at
once. A rule among levers of m themes is cut into m parts for the same reason. Targets are left aside: no theme keeps
them alone. Levers whose effects are assumed take part, and themes that use some are marked. Checks, transfers between
governments (money of others), innovation centres (the research of the levers of research) and levers that are barred or
built take none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import jax
import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.plan.asked import words
from citybelt.plan.solved.optimise import equilibrium, maximise
from citybelt.plan.solved.problem import outcome
from citybelt.plan.solved.spending import spent
from citybelt.plan.sure.draws import USED
from citybelt.plan.sure.near_tables import THEMES
from citybelt.plan.told.shares import OUTCOMES, package
from citybelt.plan.told.sorts import TWICE
from citybelt.scenario.sampling import in_threads

if TYPE_CHECKING:
    from citybelt.plan.solved.optimise import Optimum
    from citybelt.plan.solved.problem import Bound, Problem
    from citybelt.result import Progress
    from citybelt.scenario.levers import Lever

#: A plan that uses fewer themes than this is joined by the themes at equal money.
FEW = 4
COLUMNS = "name name_en name_zh outcome ifs budget cost alone last interplay levers".split()

_outcome = jax.jit(outcome)

#: Kinds of lever that are no policy of a theme, or another's.
APART = ("placebo", "transfer", *TWICE)


@dataclass(frozen=True, eq=False)
class Packages:
    """Themes at equal money; empty tables where the plan itself uses enough of them.

    Attributes:
        equal: one row a theme and outcome (ev, ev_nation; bn CNY a year): ifs (whether levers in use have assumed
            effects), budget, cost, alone, last (lost when it is taken out of the package), interplay (last less
            alone), levers in use. NaN where the theme has no plan of its own; it is then in no package.
        package: one row an outcome: together, sum_alone, interplay, in words.
    """

    equal: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))
    package: pd.DataFrame = field(default_factory=pd.DataFrame)


def packages(p: Problem, best: Optimum, fixed: np.ndarray, tell: Progress) -> Packages:
    """Plan each theme alone with an equal part of the budget, and put the mixes together.

    Args:
        best: the plan; fixed: [L] levers that it may not use, of which those with assumed effects take part here.

    Raises:
        NotSolvedError: an equilibrium was not reached.
    """
    own = np.array([lever.card.theme for lever in p.levers])
    used = (best.point.values > USED * p.upper) & ~fixed
    checks, ifs = (np.array([f(v) for v in p.levers]) for f in (lambda v: v.card.kind in APART, _conditional))
    out = checks | (fixed & ~ifs)
    themes = list(dict.fromkeys(own[~out]))
    if len(set(own[used])) >= FEW or len(themes) < 2 or not np.isfinite(p.budget):
        return Packages()
    mixes: dict[str, np.ndarray] = {}
    for k, theme in enumerate(themes):
        tell("themes at equal money", k, len(themes))
        q = replace(p, lower=None, bounds=parts_of(p, own, theme, len(themes)))
        try:
            mixes[theme] = maximise(q, fixed=out | (own != theme)).point.values
        except NotSolvedError:
            continue
    made = list(mixes)
    whole = np.sum(list(mixes.values()), axis=0)
    asked = [0.0 * whole, whole, *(mixes[t] for t in made), *(whole - mixes[t] for t in made)]
    found = np.array(in_threads(lambda k: _look(p, asked[k]), len(asked), "themes at equal money", tell))
    cost, gain = found[:, -1], found[:, :-1] - found[0, :-1]
    together, alone, without = gain[1], gain[2 : 2 + len(made)], gain[2 + len(made) :]
    rows = []
    for theme in themes:
        titles = THEMES.get(theme, (theme, theme))
        mix = mixes.get(theme, 0.0 * p.upper)
        on = [lever for lever, value, upper in zip(p.levers, mix, p.upper, strict=True) if value > USED * upper]
        paid, one, last = np.nan, np.full(len(OUTCOMES), np.nan), np.full(len(OUTCOMES), np.nan)
        if theme in mixes:
            k = made.index(theme)
            paid, one, last = cost[2 + k], alone[k], together - without[k]
        for m, name in enumerate(OUTCOMES):
            row = [theme, *titles, name, any(map(_conditional, on)), p.budget / len(themes), paid]
            rows.append([*row, one[m], last[m], last[m] - one[m], ", ".join(lever.id for lever in on)])
    part = words.money(p.budget / len(themes))
    head = (
        f"At {part[0]} a year for each of {len(themes)} themes, levers whose effects are assumed among them: ",
        f"{len(themes)}个领域各有每年{part[1]}（含效应属假定的措施）：",
    )
    return Packages(pd.DataFrame(rows, columns=COLUMNS), package(together, alone, len(made), head))


def parts_of(p: Problem, own: np.ndarray, theme: str, n: int) -> tuple[Bound, ...]:
    """What one theme of n must keep: its part of each budget and of each rule among levers; no targets."""
    kept = []
    for b in p.bounds:
        if words.kind(b.row) == "cost":
            kept.append(replace(b, value=b.value / n))
        elif words.kind(b.row) not in words.ASKED:
            touched = set(own[p.straight[p.place[b.row]] != 0])
            if theme in touched:
                kept.append(replace(b, value=b.value / len(touched)))
    return tuple(kept)


def _conditional(lever: Lever) -> bool:
    return lever.conditional


def _look(p: Problem, values: np.ndarray) -> np.ndarray:
    """[M + 1] outcomes that are shared out, and the cost."""
    s = equilibrium(p, values)
    found = np.asarray(_outcome(s.base, s.theory, s.shock, s.accounts, p.frame))
    rows = [p.place[row] for row in OUTCOMES.values()]
    return np.append(found[rows], spent(p, values, s.accounts).sum())
