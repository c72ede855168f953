"""A folder of tables against the model itself, against published results, and against identities."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

import citybelt as cb
from citybelt.engine.solve import solve
from citybelt.model.trade import TRADE
from citybelt.model.trade_accounts import Shock
from citybelt.model.trade_calibrate import theory
from citybelt.trade import effects
from citybelt.trade.economy import Change
from citybelt.trade.equilibrium import parts, solved
from citybelt.trade.read import read
from citybelt.trade.sample import economy
from trade_economies import make
from trade_folders import NAFTA, caliendo_parro, of_base, repairing, write

#: Words of ``make``, the settings that say the same, and the fields of the shock.
KINDS = {
    "plain": ({}, {}),
    "tariffs": ({"tariffs": True}, {}),
    "structures": ({"structures": True}, {}),
    "pool": ({"structures": True, "pool": 1.0, "by_weight": 1.0}, {"rents": "by weight"}),
    "nests": ({"nests": True, "tariffs": True}, {"final_substitution": 0.6}),
    "fixed people": ({"people": "fixed", "housing": True}, {"people": "fixed"}),
    "choice of sector": ({"people": "choice", "markets": 2, "structures": True}, {"people": "choice"}),
    "pool per head": ({"people": "choice", "structures": True, "pool": 1.0}, {"people": "choice", "rents": "per head"}),
    "free": ({"people": "free", "housing": True, "tariffs": True}, {"people": "free"}),
}


def elasticities(b, th, people):
    """The same with one taste, as model.yaml has it."""
    final = None if th.final is None else float(th.final)
    return theory(b, th.theta, agg=th.agg, nu=1.7, congestion=0.25 if people == "free" else 0.1, eta=0.5, top=th.top,
                  materials=th.materials, final=final)  # fmt: skip


def change(b, seed):
    """A change of all that tables of sectors and pairs can say."""
    rng, z = np.random.default_rng(seed), Shock.zeros(b)
    n, off = b.shape[0], 1 - np.eye(b.shape[0])
    give = rng.normal(size=n)
    return z.replace(
        log_d=0.05 * rng.normal(size=z.log_d.shape) * off, log_T=0.05 * rng.normal(size=z.log_T.shape),
        log_A=0.05 * rng.normal(size=z.log_A.shape), d_tariff=np.abs(0.05 * rng.normal(size=z.d_tariff.shape)) * off,
        d_transfer=0.01 * (give - give.mean()) * float(b.spending.mean()),
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_gives_what_the_model_gives(kind, tmp_path):
    words, said = KINDS[kind]
    b, th, c = make(3, **words)
    th, z = elasticities(b, th, words.get("people")), change(b, 4)
    direct = solve(TRADE, b, th, z, c).require()
    congestion = 0.25 if words.get("people") == "free" else 0.1
    e = of_base(b, th, c, z, taste=1.7, congestion=congestion, housing_supply=0.5, **said)
    got = read(write(tmp_path / "a", e))
    assert got.repairs == () and not got.rough
    pair = solved(got)
    for name in ("log_price", "log_cpi", "log_real_income", "log_cost", "log_welfare"):
        np.testing.assert_allclose(getattr(pair.after.accounts, name), getattr(direct.accounts, name), atol=1e-10)
    for name in ("output", "use", "labour", "structures", "persons", "income"):
        np.testing.assert_allclose(getattr(pair.after.accounts, name), getattr(direct.accounts, name), rtol=1e-10)
    np.testing.assert_allclose(pair.before.accounts.output, b.output, rtol=1e-10)


def test_values_of_money_say_the_same_as_shares(tmp_path):
    e = economy(5)
    a, b = write(tmp_path / "a", e), write(tmp_path / "b", e)
    output = e.trade.sum(axis=1).T
    rows = [
        f"{r},{s},{e.va[n, j] * output[n, j]:.17g}" for n, r in enumerate(e.regions) for j, s in enumerate(e.sectors)
    ]
    (b / "value_added.csv").write_text("\n".join(["region,sector,value", *rows]), "utf-8")
    rows = [f"{r},{s},{t},{e.inputs[n, k, j] * output[n, k]:.17g}" for n, r in enumerate(e.regions)
            for k, s in enumerate(e.sectors) for j, t in enumerate(e.sectors)]  # fmt: skip
    (b / "inputs.csv").write_text("\n".join(["region,sector,input,value", *rows]), "utf-8")
    gross = e.trade * (1 + e.tariff)
    rows = [f"{s},{n},{i},{gross[j, a, c]:.17g}" for j, s in enumerate(e.sectors) for a, n in enumerate(e.regions)
            for c, i in enumerate(e.regions)]  # fmt: skip
    (b / "flows.csv").write_text("\n".join(["sector,importer,exporter,value", *rows]), "utf-8")
    text = (b / "model.yaml").read_text("utf-8")
    (b / "model.yaml").write_text(text.replace("flows: before tariffs", "flows: with tariffs"), "utf-8")
    one, two = read(a), read(b)
    for name in ("trade", "va", "inputs", "tariff"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-12)


def test_shares_of_all_regions_alike(tmp_path):
    e, rng = economy(5), np.random.default_rng(0)
    folder = write(tmp_path / "a", e)
    share = rng.dirichlet(np.full(len(e.sectors), 9.0), len(e.sectors))
    rows = [f"{s},{t},{share[k, j]:.17g}" for k, s in enumerate(e.sectors) for j, t in enumerate(e.sectors)]
    (folder / "inputs.csv").write_text("\n".join(["sector,input,share", *rows]), "utf-8")
    got = read(folder)
    np.testing.assert_allclose(got.inputs, (1 - got.va)[:, :, None] * share, rtol=1e-12)


def test_shocks_reach_their_fields(tmp_path):
    e = economy(5)
    folder = write(tmp_path / "a", e)
    (folder / "tariffs_new.csv").unlink()
    (folder / "shocks.csv").write_text(
        "field,region,partner,sector,value,note\n"
        "tariff,Synthia,Randomia,mining,12.5,a\ntariff,*,Drawburg,textiles,0,b\n"
        "trade_cost,Seedland,*,*,-10,\nproductivity,*,,machines,5,\nfactor_productivity,Synthia,,*,2,\n"
        "labour,Noiseport,,,1,\nstructures,*,,,3,\namenity,Synthia,,,-4,\npeople,Drawburg,,,8,\n"
        "migration_cost,Synthia,Randomia,,20,\ntransfer,Synthia,,,3.5,\ntransfer,Drawburg,,,-3.5,\n", "utf-8",
    )  # fmt: skip
    got = read(folder)
    c, n = got.change, len(e.regions)
    rates = e.tariff.copy()
    rates[1, 0, 1], rates[2, [0, 1, 2, 4], 3] = 0.125, 0.0
    np.testing.assert_allclose(c.tariff, rates, atol=1e-15)
    cost = np.zeros_like(rates)
    cost[:, 2, [0, 1, 3, 4]] = np.log(0.9)
    np.testing.assert_allclose(c.trade_cost, cost)
    np.testing.assert_allclose(c.productivity[:, 3], np.log(1.05))
    assert np.count_nonzero(c.productivity) == n
    np.testing.assert_allclose(c.factor_productivity[0], np.log(1.02))
    np.testing.assert_allclose(c.labour, np.log([1, 1, 1, 1, 1.01]), atol=1e-15)
    np.testing.assert_allclose(c.amenity, np.log([0.96, 1, 1, 1, 1]), atol=1e-15)
    np.testing.assert_allclose(c.people, np.log([1, 1, 1, 1.08, 1]), atol=1e-15)
    assert c.migration_cost[1, 0] == pytest.approx(np.log(1.2)) and np.count_nonzero(c.migration_cost) == 1
    np.testing.assert_allclose(c.transfer, [3.5, 0, 0, -3.5, 0])
    p = parts(got)
    np.testing.assert_allclose(p.after.log_H, np.log(1.03))
    assert p.after.log_mu.shape == p.base.people.shape
    np.testing.assert_allclose(np.expm1(p.after.log_mu[1, :2]), 0.2)
    after = solved(got).after.accounts
    np.testing.assert_allclose(after.persons.sum(), e.people.sum() + 0.08 * e.people[3].sum(), rtol=1e-9)


@pytest.mark.parametrize("deficits", ["keep", "zero"])
def test_accounts_close(tmp_path, deficits):
    b, th, c = make(7, tariffs=True, structures=True)
    pair = solved(of_base(b, th, c, change(b, 1), deficits=deficits))
    for s in pair:
        f, a = effects.flows(s), s.accounts
        np.testing.assert_allclose(f.share.sum(axis=2), 1, rtol=1e-8)
        np.testing.assert_allclose(f.received.sum(axis=1).T, a.output, rtol=1e-8)
        np.testing.assert_allclose((f.paid - f.received).sum(axis=2).T, a.tariffs, rtol=1e-7, atol=1e-9)
        deficit = f.received.sum(axis=(0, 2)) - f.received.sum(axis=(0, 1))
        np.testing.assert_allclose(deficit, a.transfer, atol=1e-8 * float(a.income.sum()))
    if deficits == "zero":
        assert np.abs(np.asarray(pair.before.accounts.transfer)).max() < 1e-12
        np.testing.assert_allclose(pair.after.accounts.transfer, pair.after.shock.d_transfer + b.transfer, atol=1e-12)


def test_first_order_is_the_derivative_of_real_income():
    """Where factors are fixed and only tariffs change, the formula and exact real income meet as the change shrinks."""
    b, th, c = make(2, tariffs=True)
    gaps = []
    for size in (1e-3, 1e-4):
        e = of_base(b, th, c, Shock.zeros(b).replace(d_tariff=size * np.asarray(b.flows.tariff > 0, float)),
                    deficits="zero")  # fmt: skip
        pair = solved(e)
        exact = np.asarray(pair.after.accounts.log_real_income - pair.before.accounts.log_real_income)
        gaps.append(np.abs(effects.first_order(*pair).total - exact).max() / np.abs(exact).max())
    assert gaps[0] < 0.02 and gaps[1] < 0.15 * gaps[0]


def test_a_table_of_only_shares_that_miss_is_scaled_or_refused(tmp_path):
    e = economy(5)
    folder = write(tmp_path / "a", e)
    path = folder / "inputs.csv"
    lines = path.read_text("utf-8").splitlines()
    head, *cells = lines[1].split(",")
    lines[1] = ",".join([head, *cells[:-1], str(float(cells[-1]) + 0.01)])
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(cb.InputError, match=r"inputs\.csv, line 2, column share: .*Synthia, farming sum to 1\.01"):
        read(folder)
    text = (folder / "model.yaml").read_text("utf-8").replace("shares: refuse", "shares: scale")
    (folder / "model.yaml").write_text(text, "utf-8")
    got = read(folder)
    np.testing.assert_allclose(got.va + got.inputs.sum(axis=2), 1, rtol=1e-14)
    (repair,) = got.repairs
    assert (repair.kind, repair.region, repair.sector) == ("scaled_inputs", "Synthia", "farming")
    assert repair.before == pytest.approx(1.01) and repair.after == 1


def test_negative_final_spending_is_refused_or_set_to_zero(tmp_path):
    e = economy(5)
    trade = e.trade.copy()
    trade[2, 1] *= 0.03  # Randomia buys fewer textiles than its sectors use
    e = type(e)(**{**vars(e), "trade": trade})
    folder = write(tmp_path / "a", e)
    with pytest.raises(cb.InputError, match=r"flows\.csv.*Randomia buys .* of textiles and uses"):
        read(folder)
    text = (folder / "model.yaml").read_text("utf-8").replace("negative_final: refuse", "negative_final: zero")
    (folder / "model.yaml").write_text(text, "utf-8")
    got = read(folder)
    assert got.rough and {(r.region, r.sector) for r in got.repairs} == {("Randomia", "textiles")}
    pair = solved(got)
    assert np.asarray(pair.before.accounts.final)[1, 2] == 0


def test_missing_rows_are_zeros_where_allowed(tmp_path):
    b, th, c = make(3)
    e = of_base(b, th, c)
    trade = e.trade.copy()
    trade[0, 0, 1:3] = 0
    e = type(e)(
        **{**vars(e), "trade": trade, "settings": type(e.settings)("a", "b", repair=repairing(missing_rows="zero"))}
    )
    folder = write(tmp_path / "a", e)
    path = folder / "flows.csv"
    path.write_text("\n".join(x for x in path.read_text("utf-8").splitlines() if not x.endswith(",0")), "utf-8")
    np.testing.assert_allclose(read(folder).trade, trade, rtol=1e-14)
    after = effects.flows(solved(read(folder)).after)
    assert (after.received[0, 0, 1:3] == 0).all()


@pytest.fixture(scope="module")
def nafta(cases, tmp_path_factory):
    """The case as a folder, and what its sources expect of it."""
    source = cases / "caliendo_parro_2015"
    if not source.is_dir():
        pytest.skip(f"no {source}")
    folder = caliendo_parro(source, tmp_path_factory.mktemp("nafta") / "tables")
    return folder, json.loads((source / "expected.json").read_text("utf-8"))


@pytest.mark.slow
def test_caliendo_and_parro_from_a_folder(nafta):
    folder, expected = nafta
    result = cb.trade(folder, starts=0)
    found = result.by_region.set_index("region")
    assert result.only_tariffs and result.rough and result.residual < 1e-10
    assert (result.repairs["kind"] == "deficit_closed").sum() == 31
    tight = expected["own_tight_solution"]["zero_deficit"]
    # The other solution let its unit of money drift between its two solves, which scales relative changes of cost.
    drift = tight["_meta"]["mean_w_world_c"] / tight["_meta"]["mean_w_world_b"]
    for country in NAFTA:
        row, published, other = found.loc[country], expected["published_table2_percent"][country], tight[country]
        ours = {"total": row.first_order, "terms_of_trade": row.terms_of_trade, "volume": row.volume,
                "real_wage": row.real_wage}  # fmt: skip
        assert {k: round(v, 2) for k, v in ours.items()} == published
        assert row.first_order * drift == pytest.approx(other["welfare_pct_linear"], abs=2e-6)
        assert row.terms_of_trade * drift == pytest.approx(other["tot_pct"], abs=2e-6)
        assert row.volume * drift == pytest.approx(other["vot_pct"], abs=2e-6)
        assert row.real_wage == pytest.approx(other["real_wage_pct"], abs=2e-6)
        assert row.real_income == pytest.approx(other["exact_real_income_pct"], abs=2e-6)


@pytest.mark.slow
def test_caliendo_and_parro_with_their_deficits(nafta):
    folder, expected = nafta
    e = read(folder)
    e = type(e)(**{**vars(e), "settings": type(e.settings)(**{**vars(e.settings), "deficits": "keep"})})
    pair = solved(e)
    part = effects.first_order(*pair)
    real = 100 * np.expm1(np.asarray(pair.after.accounts.log_real_income - pair.before.accounts.log_real_income))
    for country, n in NAFTA.items():
        other = expected["own_tight_solution"]["observed_deficit"][country]
        assert 100 * part.total[n] == pytest.approx(other["welfare_pct_linear"], abs=1e-4)
        assert real[n] == pytest.approx(other["exact_real_income_pct"], abs=1e-4)


def test_change_is_nothing_where_nothing_changes():
    e = economy(5)
    pair = solved(type(e)(**{**vars(e), "change": Change()}))
    assert float(jnp.abs(pair.after.accounts.log_real_income).max()) < 1e-10
