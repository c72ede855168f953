"""The five securities at a glance: the disruptions that come near the worst today, struck again under a change.

All disruptions take seconds and are a job (``stress``). At a glance only those are solved that are near the worst of
their security in the base year, and the worst of every other kind; one that becomes the worst only under the change may
be missed, so a glance never overstates. Elasticities are those of a year, whatever the change says.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from citybelt.web import limits, words
from citybelt.web.bench import Bench
from citybelt.web.schema import Change


class Securities:
    """Securities of the world, unfolded once in the background.

    Attributes:
        state: ``none``, ``building``, ``ready`` or ``failed``.
    """

    def __init__(self, bench: Bench):
        self.bench = bench
        self.state = "none"
        self._struck: Any = None
        self._asked: tuple[int, ...] = ()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Unfold them, once, in a thread of its own."""
        with self._lock:
            if self.state != "none":
                return
            self.state = "building"
        threading.Thread(target=self._unfold, name="securities", daemon=True).start()

    def _unfold(self) -> None:
        from citybelt.plan.solved.struck import Struck

        try:
            self._struck = struck = Struck.of(self.bench.dataset)
            worst: dict[str, int] = {}
            for k, d in enumerate(struck.found):
                if not np.isnan(struck.losses[k]):
                    held = worst.setdefault(d.family.id, k)
                    worst[d.family.id] = k if struck.losses[k] > struck.losses[held] else held
            self._asked = tuple(sorted({*struck.active, *worst.values()}))
            self.state = "ready"
        except Exception:
            self.state = "failed"
            raise

    def glance(self, change: Change) -> dict[str, Any]:
        """The worst loss of each security now and under a change, per cent of the cluster's welfare.

        Raises:
            InputError: mistakes in the change.
            NotSolvedError: the change itself has no equilibrium within the year.
        """
        import jax.numpy as jnp

        from citybelt.scenario.preview_build import shock_of
        from citybelt.security.loss import measure

        asked, struck, desk = self.bench.scenario(change), self._struck, self.bench.desk
        shock = shock_of(desk.menu, jnp.asarray(desk.values(asked.levers)))
        before = struck.economy.solve(shock)
        with ThreadPoolExecutor(limits.SOLVERS) as pool:
            losses = list(
                pool.map(lambda k: measure(struck.economy, before, struck.found[k], struck.cluster), self._asked)
            )
        rows = []
        for security in struck.securities:
            own = [
                (struck.found[k], loss)
                for k, loss in zip(self._asked, losses, strict=True)
                if struck.found[k].family.security == security and loss.solved
            ]
            worst = max(own, key=lambda pair: pair[1].cluster, default=None)
            now = struck.worst(security)
            then = None if worst is None else float(worst[1].cluster)
            rows.append(
                {
                    "id": security, "name": words.SECURITY[security], "now": now, "then": then,
                    "change": None if then is None else then - now,
                    "worst": worst and words.both(worst[0].name_en, worst[0].name_zh),
                }
            )  # fmt: skip
        return {"state": "ready", "struck": len(self._asked), "of": len(struck.found), "securities": rows}
