"""Years of a path: forwards, the gradient of a discounted outcome to every lever in every year, and foresight."""

from __future__ import annotations

from benchmarks.common import clock

#: Levers whose every year is a parameter.
LEVERS = ("research_dalian", "clearance_russia", "services_cluster", "carbon_price_cluster", "training_cluster")


def main(smoke: bool = False) -> None:
    import jax
    import jax.numpy as jnp
    import numpy as np

    import citybelt as cb
    from citybelt.path.begin import begin
    from citybelt.path.march import foresee, march
    from citybelt.path.run import BEYOND
    from citybelt.scenario.card import cards_of
    from citybelt.scenario.levers import levers

    cb.configure()
    dataset = cb.load("northeast")
    chosen = levers(dataset, {id: cards_of(dataset.name)[id] for id in LEVERS})
    started = begin(dataset, last=2023 if smoke else 2060)
    rules, stocks, years = started.rules, started.stocks, len(started.years)
    begun = jnp.asarray(np.outer(np.ones(years), [0.1 * lever.card.upper for lever in chosen]))
    inside = jnp.asarray(np.asarray(started.economy.cluster) == dataset.x.attrs["cluster"])
    weight = rules.work.base[0] * inside / jnp.sum(rules.work.base[0] * inside)

    def inputs(begun):
        return started.with_levers(chosen, begun)

    def welfare(begun):
        _, found = march(rules, inputs(begun), stocks)
        return jnp.sum(0.96 ** jnp.arange(years) * (found.u[:, 0] @ weight))

    given = inputs(begun)
    forwards = lambda: jax.block_until_ready(march(rules, given, stocks)[1].u)  # noqa: E731
    slope = jax.jit(jax.value_and_grad(welfare))
    backwards = lambda: jax.block_until_ready(slope(begun))  # noqa: E731
    # Foresight looks beyond the last year.
    ahead = begin(dataset, last=int(started.years[-1]), beyond=BEYOND)
    more = ahead.with_levers(chosen, np.asarray(begun))

    def seeing():
        near = march(ahead.rules, more, ahead.stocks)[1]
        return jax.block_until_ready(foresee(ahead.rules, more, ahead.stocks, near)[0])

    repeats = 1 if smoke else 5
    print(f"{'northeast, ' + str(years) + ' years':24s} {'s':>7s} {'over forwards':>14s}")
    first = clock(forwards, repeats)
    for name, work in (("recursive", forwards), ("gradient", backwards), ("perfect foresight", seeing)):
        took = clock(work, repeats)
        print(f"{name:24s} {took:7.2f} {took / first:14.1f}", flush=True)
