"""The spatial equilibrium by two routes that share no equation: the solver, and plain nested loops in levels."""

import ast

import numpy as np
import pytest

from citybelt.engine.solve import solve
from citybelt.errors import NotSolvedError
from citybelt.model import outcomes
from citybelt.model.accounts import Closure, Shock, closure, closures
from citybelt.model.calibrate import calibrate
from citybelt.model.check import spatial as loops
from citybelt.model.economy import economy
from citybelt.model.identities import identities
from citybelt.model.spatial import SPATIAL
from citybelt.model.theory import theory
from economies import STOCKS, random_inputs, random_shock, random_stocks, random_theory

#: Regions at home and abroad, sectors, provinces: beside 10 regions, 5 payers, 3 factors and 2 groups, all differ.
SIZES = {"h": 6, "f": 4, "j": 7, "g": 3}
FIELDS = [name for name in Shock.__dataclass_fields__ if name not in STOCKS]
CLOSURES = closures()


def random_economy(seed, words):
    c = closure(**words)
    return calibrate(**random_inputs(seed, **SIZES), closure=c), random_theory(seed, SIZES["j"]), c


def assert_same(b, th, z, c):
    s = solve(SPATIAL, b, th, z, c).require()
    a, x, found = s.accounts, s.state, loops.equilibrium(b, th, z, c)
    pairs = {
        "price": (found.price, np.exp(x.price)),
        "wage": (found.wage, np.exp(x.wage)),
        "rental": (found.rental, np.exp(x.rental)),
        "output": (found.output, a.output),
        "consumption": (found.consumption, a.consumption),
        "government": (found.government, a.government),
        "emissions": (found.emissions, outcomes.emissions(b, a)),
        "residents": (found.residents, a.residents),
        "welfare": (np.exp(found.log_welfare), np.exp(a.log_welfare)),
        "levy": (1 + found.levy / b.consumption, 1 + a.levy / b.consumption),
    }
    for name, (one, other) in pairs.items():
        np.testing.assert_allclose(one, other, rtol=1e-8, err_msg=name)


@pytest.mark.parametrize("words", CLOSURES, ids=lambda w: "-".join(w.values()))
def test_routes_agree_under_every_closure(words):
    seed = CLOSURES.index(words)
    b, th, c = random_economy(seed, words)
    assert_same(b, th, random_shock(b, seed), c)


@pytest.mark.parametrize("name", FIELDS)
def test_routes_agree_on_each_shock_alone(name):
    seed = FIELDS.index(name)
    b, th, c = random_economy(seed, CLOSURES[(5 * seed) % 16])
    z = Shock.zeros(b).replace(**{name: getattr(random_shock(b, seed, 0.2), name)})
    assert float(np.abs(getattr(z, name)).max()) > 0
    assert_same(b, th, z, c)


@pytest.mark.parametrize("words", CLOSURES, ids=lambda w: "-".join(w.values()))
def test_routes_agree_in_a_later_year(words):
    """People and investment are where a path through time has brought them."""
    seed = CLOSURES.index(words)
    b, th, c = random_economy(seed, words)
    stocks = random_stocks(b, seed)
    del stocks["log_Kj"]  # means something only where capital stays in its sector
    assert_same(b, th, random_shock(b, seed, 0.05).replace(**stocks), c)


def test_specific_capital_of_one_sector_is_capital_of_the_place():
    """With one sector nothing is left between a sector and its place: two ways to write the same scarcity."""
    sizes = SIZES | {"j": 1}
    b = calibrate(**random_inputs(3, **sizes), closure=Closure())
    th, z = random_theory(3, 1), random_shock(b, 3)
    log_K = np.asarray(z.log_K)
    of_place = solve(SPATIAL, b, th, z, Closure()).require()
    moved = z.replace(log_K=0.3 * log_K, log_Kj=0.7 * log_K[:, None])
    of_sector = solve(SPATIAL, b, th, moved, Closure(specific_capital=1.0)).require()
    for name in ("wage", "price", "output", "spending", "public", "value"):
        np.testing.assert_allclose(getattr(of_sector.state, name), getattr(of_place.state, name), atol=1e-9)
    assert of_sector.passes <= 1.5 * of_place.passes


@pytest.mark.parametrize("seed", range(3))
def test_capital_of_a_sector_earns_its_share(seed):
    """Return times capital is the sector's capital income: prices from returns written out by hand."""
    b, th, _ = random_economy(seed, {})
    stocks = random_stocks(b, seed)
    c = Closure(specific_capital=1.0, still_people=1.0)
    s = solve(SPATIAL, b, th, random_shock(b, seed, 0.1).replace(**stocks), c).require()
    a, z = s.accounts, s.shock
    capital = np.exp(np.asarray(z.log_K)[:, None] + stocks["log_Kj"])
    base = np.asarray(b.factor_share * b.value_added)
    log_return = np.log(np.asarray(a.factor_income)[1] / base[1] / capital)
    log_rent = np.log(np.asarray(a.factor_income)[2] / base[2]) - np.asarray(z.log_H)
    workers = np.log(np.asarray(a.residents)[0] / np.asarray(b.people)[0].sum(axis=0))
    spill = np.zeros(b.shape[0])
    spill[: b.n_home] = workers
    keep = 1 / (1 - np.asarray(b.tax_rate))
    share, labour = np.asarray(b.factor_share), np.asarray(s.state.wage)[:, None]
    bundle = share[0] * labour + share[1] * log_return + share[2] * log_rent
    bundle = bundle - np.asarray(z.log_A) - np.asarray(th.agg) * spill[:, None]
    added = 1 - np.asarray(b.tax_rate) - np.asarray(b.input_coef).sum(axis=2)
    inputs = np.einsum("nkj,nj->nk", np.asarray(b.input_coef), np.asarray(a.log_user))
    made = np.exp(keep * (added * bundle + inputs))
    emitting = np.asarray(np.exp(a.log_gate)) / (1 - np.asarray(z.subsidy).sum(axis=0))
    np.testing.assert_allclose(made / emitting, np.asarray(a.net) * (1 - np.asarray(z.subsidy).sum(axis=0)), rtol=1e-8)
    assert identities(s)["books"] < 1e-9


def northeast_shocks(e):
    """One change of each kind in the embedded world, and all of them with levers that somebody pays for."""
    b, z = e.base, Shock.zeros(e.base)
    h, rng = b.n_home, np.random.default_rng(0)
    inside = np.asarray(e.cluster) == "NE"
    pairs = np.outer(inside, inside)
    other_province = np.asarray(b.province).T @ np.asarray(b.province) == 0
    log_d, log_A, carbon = (np.zeros(np.shape(f)) for f in (z.log_d, z.log_A, z.carbon))
    log_d[:, :h, :h] = -0.1 * (pairs & other_province)
    log_A[:h] = 0.05 * rng.normal(size=log_A[:h].shape)
    carbon[:h] = 100.0
    purchase = rng.uniform(0, 1e-4, z.purchase.shape) * np.asarray(b.consumption)[:, None]
    one = {
        "borders": {"log_d": log_d},
        "tariffs halved": {"d_tariff": -0.5 * np.asarray(b.tariff)},
        "carbon price": {"carbon": carbon},
        "moving costs": {"log_mu": -0.2 * (pairs & ~np.eye(h, dtype=bool))},
        "productivity": {"log_A": log_A},
    }
    levers = {"purchase": purchase, "service": np.full(z.service.shape, 0.2)}
    everything = {name: value for change in one.values() for name, value in change.items()} | levers
    return {title: z.replace(**change) for title, change in (one | {"everything": everything}).items()}


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("borders", {}),
        ("tariffs halved", {"capital": "mobile"}),
        ("carbon price", {"land_finance": "private"}),
        ("moving costs", {"ownership": "local"}),
        ("productivity", {"people": "fixed"}),
        ("everything", {"capital": "mobile", "ownership": "local"}),
    ],
)
def test_routes_agree_in_the_northeast(northeast, title, words):
    e = economy(northeast, theory(northeast.x.sector.values), closure(**words))
    assert_same(e.base, e.theory, northeast_shocks(e)[title], e.closure)


def test_routes_share_only_the_records():
    with open(loops.__file__, encoding="utf-8") as source:
        tree = ast.parse(source.read())
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {m for m in modules if m.startswith("citybelt")} == {
        "citybelt.model.accounts", "citybelt.model.check.parts"
    }  # fmt: skip


def test_base_year_is_an_equilibrium_of_the_loops():
    b, th, c = random_economy(3, {})
    found = loops.equilibrium(b, th, Shock.zeros(b), c)
    np.testing.assert_allclose(found.output, b.output, rtol=1e-12)
    np.testing.assert_allclose(found.residents, b.people.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.log_welfare, 0, atol=1e-12)


def test_what_is_not_solved_gives_no_number(monkeypatch):
    b, th, c = random_economy(3, {})
    z = random_shock(b, 3)
    purchase = np.array(z.purchase)
    purchase[2, 0, 1] = 50 * float(b.consumption[0])
    with pytest.raises(NotSolvedError, match="negative"):
        loops.equilibrium(b, th, z.replace(purchase=purchase), c)
    for loop in loops.BUDGET:
        with monkeypatch.context() as patched:
            patched.setitem(loops.BUDGET, loop, 1)
            with pytest.raises(NotSolvedError, match=f"loop of {loop}"):
                loops.equilibrium(b, th, z, c)


def test_closures_in_between_are_refused():
    b, th, _ = random_economy(3, {})
    with pytest.raises(ValueError, match="named closures"):
        loops.equilibrium(b, th, Shock.zeros(b), Closure(mobile_capital=0.5))
