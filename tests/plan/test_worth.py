"""What parts of a plan are worth, against plans made anew, sets solved one by one, and games with known values."""

from dataclasses import replace

import equinox as eqx
import numpy as np
import pytest

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.optimise import equilibrium, look, maximise
from citybelt.plan.solved.problem import Bound, outcome
from citybelt.plan.sure.draws import USED
from citybelt.plan.told.contest import SORTS, contest
from citybelt.plan.told.entry import changes, entry
from citybelt.plan.told.packages import FEW as THEMES_ENOUGH
from citybelt.plan.told.packages import packages, parts_of
from citybelt.plan.told.shares import drawn, shares
from citybelt.plan.told.sorts import sort_of
from citybelt.scenario.levers import central
from citybelt.scenario.shapley import ORDERS, share_out

FEW = (
    "research_harbin", "research_dalian", "clearance_russia", "clearance_japan_korea", "training_cluster",
    "services_cluster", "placebo", "innovation_harbin",
)  # fmt: skip


def quiet(*_):
    pass


def kinds(p):
    return np.array([lever.card.kind for lever in p.levers])


@pytest.fixture(scope="module")
def few(whole, fixed):
    """Eight levers of the Northeast with a budget of twelve billions, the plan with all slopes, and what is barred."""
    kept = np.array([lever.id in FEW for lever in whole.levers])
    levers = tuple(lever for lever in whole.levers if lever.id in FEW)
    closed = {name: row[kept] for name, row in whole.closed.items()}
    p = replace(whole, levers=levers, effects=central(levers), closed=closed, lower=None).within(12.0)
    best = maximise(p, fixed=fixed[kept])
    return p, replace(best, point=look(p, best.point.values, best.point.solution.state)), fixed[kept]


@pytest.fixture(scope="module")
def table(few):
    return entry(*few, quiet).set_index("name")


def at(p, name):
    return [lever.id for lever in p.levers].index(name)


@pytest.mark.parametrize(("change", "field"), [("cost_cut", "unit_cost"), ("effect_rise", "size")])
def test_a_lever_comes_in_where_it_is_said_to(few, table, change, field):
    """A tenth beyond the change that is told the lever is used, a tenth short of it it is not."""
    p, _, fixed = few
    k = at(p, "training_cluster")
    told = table.loc["training_cluster", change]
    assert table.loc["training_cluster", "status"] == "left_out" and told > 0
    for part in (0.9, 1.1):
        factor = 1 - part * told / 100 if change == "cost_cut" else 1 + part * told / 100
        values = getattr(p.effects, field)
        other = eqx.tree_at(lambda e: getattr(e, field), p.effects, values.at[k].set(factor * values[k]))
        found = maximise(replace(p, effects=other), fixed=fixed)
        assert (found.point.values[k] > 1e-6 * p.upper[k]) == (part > 1)


def test_losses_and_gains_are_those_of_plans_made_anew(few, table):
    p, best, fixed = few
    for name, row in table.iterrows():
        k = at(p, name)
        bars = fixed.copy()
        if row["status"] == "chosen":
            bars[k] = True
            assert row["lost"] == pytest.approx(best.value - maximise(p, fixed=bars).value, rel=1e-3)
            assert abs(row["net"]) < 1e-4 or best.point.values[k] > 0.999 * p.upper[k]
        else:
            assert row["if_free"] >= -1e-6 and np.isnan(row["lost"])
        if row["status"] == "if":
            bars[k] = False
            assert row["if_allowed"] == pytest.approx(maximise(p, fixed=bars).value - best.value, rel=1e-3)
            assert (row["if_allowed"] > 0) == (row["cost_cut"] < 0)
    assert table.loc["placebo", "words_en"] == "Would not come in at any cost."
    assert "成本降低" in table.loc["training_cluster", "words_zh"]


def test_changes_by_hand():
    """Brings 3 a unit, costs 4 a unit: cheaper by a quarter, or better by a third. Harm never comes in."""
    found = changes(3.0, -4.0, 0.0)
    assert found["cost_cut"] == pytest.approx(25.0) and found["effect_rise"] == pytest.approx(100 / 3)
    assert all(np.isnan(x) for x in changes(-1.0, -4.0, 0.0).values())
    assert changes(5.0, -4.0, 0.0)["cost_cut"] < 0
    tied = changes(3.0, -4.0, 0.0, tied=True)
    assert tied["cost_cut"] == found["cost_cut"] and np.isnan(tied["effect_rise"])


@pytest.mark.proposition("P60")
def test_shares_add_up_and_the_package_shows_its_interplay(few):
    p, best, fixed = few
    found = shares(p, best, fixed, quiet)
    h = p.frame

    def ev(names):
        on = np.array([lever.id in names for lever in p.levers])
        s = equilibrium(p, np.where(on, best.point.values, 0.0))
        return np.asarray(outcome(s.base, s.theory, s.shock, s.accounts, h))[:2]

    used = [lever.id for k, lever in enumerate(p.levers) if best.point.values[k] > USED * p.upper[k]]
    whole = ev(used)
    for m, name in enumerate(("ev", "ev_nation")):
        levers = found.by_lever[found.by_lever["outcome"] == name].set_index("name")
        themes = found.by_theme[found.by_theme["outcome"] == name]
        assert set(levers.index) == set(used) and (levers["error"] == 0).all()
        for table in (levers, themes):
            assert table["share"].sum() == pytest.approx(whole[m], rel=1e-9)
            np.testing.assert_allclose(table["share"] - table["alone"], table["interplay"], atol=1e-15)
        one = used[0]
        assert levers.loc[one, "alone"] == pytest.approx(ev([one])[m], rel=1e-6)
        assert levers.loc[one, "last"] == pytest.approx(whole[m] - ev(used[1:])[m], rel=1e-6)
        alone = sum(ev(row["levers"].split(", "))[m] for _, row in themes.iterrows())
        package = found.package.set_index("outcome").loc[name]
        assert package["interplay"] == pytest.approx(whole[m] - alone, abs=1e-8)
        assert package["together"] - package["sum_alone"] == pytest.approx(package["interplay"], abs=1e-15)
        assert "together" in package["words_en"] and "整体" in package["words_zh"]


@pytest.mark.proposition("P60")
def test_themes_at_equal_money_against_plans_made_by_hand(few):
    """Each theme's part is the best plan of its levers alone; sets of themes are solved one by one."""
    p, best, fixed = few
    found = packages(p, best, fixed, quiet)
    table = found.equal[found.equal["outcome"] == "ev"].set_index("name")
    own = np.array([lever.card.theme for lever in p.levers])
    # A centre does what research does, on a curve of its own: it stays out where levers that are an "if" take part.
    check = (own == "check") | (kinds(p) == "innovation_centre")
    assert set(table.index) == set(own[~check]) and len(table) == 4 and len(set(own[best.point.values > 1e-3])) < 4
    mixes, n = {}, len(table)
    for theme, row in table.iterrows():
        q = replace(p, bounds=(Bound("cost", "most", p.budget / n),))
        made = maximise(q, fixed=check | (own != theme)).point
        mixes[theme] = made.values
        assert row["alone"] == pytest.approx(made.row("ev:cluster"), rel=1e-6, abs=1e-9)
        assert row["cost"] == pytest.approx(made.row("cost"), rel=1e-6, abs=1e-9)
        assert row["ifs"] == any(lever.conditional for lever in p.levers if lever.id in row["levers"].split(", "))
    assert table["ifs"].any() and not table["ifs"].all()
    # A budget of one theme is n-th of the whole, so all together keep it.
    ev = lambda v: look(p, v, rows=()).row("ev:cluster")  # noqa: E731
    whole = sum(mixes.values())
    assert look(p, whole, rows=()).row("cost") <= p.budget * (1 + 1e-6)
    package = found.package.set_index("outcome").loc["ev"]
    assert package["together"] == pytest.approx(ev(whole), rel=1e-6)
    assert package["interplay"] == pytest.approx(ev(whole) - sum(ev(mix) for mix in mixes.values()), abs=1e-7)
    for theme, row in table.iterrows():
        assert row["last"] == pytest.approx(ev(whole) - ev(whole - mixes[theme]), rel=1e-6, abs=1e-7)
        assert row["interplay"] == pytest.approx(row["last"] - row["alone"], abs=1e-12)
    assert (
        package["words_en"].startswith("At 3 bn CNY a year for each of 4 themes") and "4个领域" in package["words_zh"]
    )


def test_plans_of_many_themes_are_told_by_their_own(few):
    """With every theme in use there is nothing to add; rules among themes are cut into parts, targets left aside."""
    p, best, fixed = few
    full = replace(best, point=replace(best.point, values=0.5 * p.upper))
    assert len({lever.card.theme for lever in p.levers}) >= THEMES_ENOUGH
    assert packages(p, full, 0 * fixed > 0, quiet).equal.empty
    own = np.array([lever.card.theme for lever in p.levers])
    pair = (own == "innovation") * 1.0 + (own == "opening") * 1.0
    bounds = (Bound("cost", "most", 12.0), Bound("not_with:x", "most", 1.0), Bound("ev:nation", "least", 5.0))
    q = replace(p, closed={**p.closed, "not_with:x": pair}, bounds=bounds)
    assert [(b.row, b.value) for b in parts_of(q, own, "opening", 4)] == [("cost", 3.0), ("not_with:x", 0.5)]
    assert [b.row for b in parts_of(q, own, "people", 4)] == ["cost"]


def test_drawn_orders_against_all_sets():
    """Interplay of pairs only: exact. With one of three: within what the error says, as exact sharing has it."""
    rng = np.random.default_rng(2)
    n, alone, pair = 7, rng.normal(size=7), rng.normal(size=(7, 7))

    def game(triple):
        def solve(asked):
            on = np.array([[s >> i & 1 for i in range(n)] for s in asked], float)
            twos = np.einsum("ki,kj,ij->k", on, on, np.triu(pair, 1))
            return (on @ alone + twos + triple * on[:, 0] * on[:, 1] * on[:, 2])[:, None]

        return solve

    for triple in (0.0, 3.0):
        exact = share_out(game(triple), n)
        a, last, share, error = drawn(game(triple), n)
        np.testing.assert_allclose(a, exact.alone, atol=1e-12)
        np.testing.assert_allclose(last, exact.last, atol=1e-12)
        assert share.sum() == pytest.approx(exact.shapley.sum(), rel=1e-12)
        if triple == 0.0:
            np.testing.assert_allclose(share, exact.shapley, atol=1e-12)
            np.testing.assert_allclose(error, 0.0, atol=1e-12)
        else:
            assert (np.abs(share - exact.shapley)[:3] <= 4 * error[:3]).all() and (error[:3] > 0).all()
    assert ORDERS >= 2


@pytest.mark.proposition("P7", "P33")
def test_reforms_and_projects_at_equal_cost(whole, fixed, best):
    """Each side is the best plan of its kind at the same cost, found here by barring the others by hand."""
    table = contest(whole, best, fixed, quiet)
    assert list(table["name"]) == ["reforms", "projects"] * 2 and list(table["ifs"]) == [False, False, True, True]
    sorts = np.array([sort_of(lever.card) for lever in whole.levers])
    for ifs, pair in table.groupby("ifs"):
        cost = pair["cost"].to_numpy()
        assert cost[0] == pytest.approx(cost[1], rel=2e-3) and (cost <= whole.budget * (1 + 1e-8)).all()
        for _, row in pair.iterrows():
            bars = (sorts != SORTS[row["name"]]) | (fixed & (kinds(whole) == "innovation_centre" if ifs else fixed))
            q = whole.within(row["budget"])
            if not row["targets"]:
                q = replace(q, bounds=tuple(b for b in q.bounds if b.row.startswith("cost")))
            found = maximise(q, fixed=bars)
            assert row["goal"] == pytest.approx(found.value, rel=1e-6)
            assert row["per_yuan"] == pytest.approx(found.point.row("ev:cluster") / found.point.row("cost"), rel=1e-6)
            assert all(sorts[at(whole, name)] == SORTS[row["name"]] for name in row["levers"].split(", "))
    assert table["words_en"].str.contains("rest on those assumptions").tolist() == [False, False, True, True]
    assert table["words_zh"].str.contains("取决于这些假定").tolist() == [False, False, True, True]
    cards = {lever.id: lever.card for lever in whole.levers}
    for _, pair in table.groupby("ifs"):
        en, zh = pair[["words_en", "words_zh"]].iloc[0]
        # Both owners' rates are told in both languages, and whether the owners rank the kinds alike.
        for rate in pair[["per_yuan", "per_yuan_nation"]].to_numpy().ravel():
            assert f"{rate:.2f}" in en and f"{rate:.2f}" in zh
        cluster, nation = (np.diff(pair[key].to_numpy())[0] > 0 for key in ("ev", "ev_nation"))
        assert ("rank them differently" in en) == ("排序相反" in zh) == (cluster != nation)
        used, out = en.partition("The reforms used are: ")[2].partition("Reforms left out")[::2]
        assert all(cards[id].name in used and cards[id].name_zh in zh for id in pair["levers"].iloc[0].split(", "))
        spoken = [
            lever.card for lever in whole.levers if lever.card.kind in "services approvals entry ownership".split()
        ]
        assert len(spoken) == 4
        assert all((c.name in out) == (not pair["ifs"].iloc[0]) and c.name_zh in zh for c in spoken)
    # No kind alone does better than the plan that may use both.
    assert (table.loc[~table["ifs"], "goal"] <= best.value + 1e-6).all()


def test_a_lever_is_what_it_buys_most_of():
    """Every kind of the library by hand; the one reform that is an investment resettles staff, and what is money buys
    nothing but the work of handing it on."""
    from citybelt.scenario.card import cards_of

    by_hand = {
        "reform": "clearance tariff border registration services approvals entry ownership carbon",
        "project": "rail road research innovation_centre training schooling land quota land_price",
        "money": "subsidy transfer",
        "capital": "finance", "check": "placebo",
    }  # fmt: skip
    want = {kind: sort for sort, kinds in by_hand.items() for kind in kinds.split()}
    cards = cards_of("northeast").values()
    assert {c.kind: sort_of(c) for c in cards} == want
    assert {c.kind for c in cards if c.cost and all(k.endswith("_admin") for k in c.cost)} == {"subsidy", "transfer"}
    lasting = {c.kind for c in cards if c.cost and all(life > 0 for life in c.cost.values())}
    assert {"land", "quota", "rail"} <= lasting and {k for k in lasting if want[k] == "reform"} == {"ownership"}


def test_the_same_lever_as_a_reform_and_as_a_project_is_a_tie(few):
    """One lever called a project, its copy called a reform: at equal cost they do the same, to the yuan."""
    p, *_ = few
    k = at(p, "research_harbin")
    lever = p.levers[k]
    assert sort_of(lever.card) == "project"
    # Effects and costs are arrays of the lever; its kind is only a name, which is all that differs here.
    twin = replace(lever, card=replace(lever.card, id="twin", kind="clearance"))
    levers = (lever, twin)
    closed = {name: row[[k, k]] for name, row in p.closed.items()}
    q = replace(p, levers=levers, effects=central(levers), closed=closed).within(3.0)
    q = replace(q, bounds=tuple(b for b in q.bounds if b.row == "cost"))
    bars = np.zeros(2, bool)
    table = contest(q, maximise(q, fixed=bars), bars, quiet).set_index("name")
    assert sort_of(twin.card) == "reform" and not table["ifs"].any()
    assert table.loc["reforms", "levers"] == "twin" and table.loc["projects", "levers"] == "research_harbin"
    for column in ("cost", "goal", "ev", "ev_nation", "per_yuan", "per_yuan_nation"):
        assert table.loc["reforms", column] == pytest.approx(table.loc["projects", column], rel=1e-9)


def test_a_plan_that_is_out_of_reach_has_no_loss(few):
    """A floor that one lever alone carries: without it there is no plan, and that is what is said."""
    p, _, fixed = few
    floor = Bound("lever:clearance_russia", "least", 0.5)
    q = replace(p, bounds=(*p.bounds, floor))
    found = maximise(q, fixed=fixed)
    row = (
        entry(q, replace(found, point=look(q, found.point.values)), fixed, quiet)
        .set_index("name")
        .loc["clearance_russia"]
    )
    bars = fixed.copy()
    bars[at(q, "clearance_russia")] = True
    with pytest.raises(NotSolvedError):
        maximise(q, fixed=bars)
    assert np.isnan(row["lost"]) and row["words_en"] == "Without it no plan meets the targets."
