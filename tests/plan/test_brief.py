"""The plan file: what it may say, how it inherits, and that every mistake is told at once with its place."""

import io
import math
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from citybelt.errors import InputError
from citybelt.plan.asked.brief import OBJECTIVES, Brief, Target, brief_for, load_brief, places
from citybelt.plan.asked.brief_check import MOST_WHOLE, check
from citybelt.plan.asked.brief_read import plans
from citybelt.scenario.card import cards_of
from citybelt.security.table import SECURITIES
from small_world import small_world

HEAD = "name: {en: Trial, zh: 试验}\n"
LEVERS = sorted(cards_of("northeast"))


@pytest.fixture(scope="module")
def world():
    return small_world(3)


@pytest.fixture
def write(tmp_path, world):
    def put(text, name="trial.yaml", head=HEAD):
        path = tmp_path / name
        path.write_bytes((head + text).encode() if isinstance(text, str) else text)
        return path

    return put


def problems(path, world):
    with pytest.raises(InputError) as caught:
        load_brief(path, world)
    return [str(p).replace(f"{path.parent}/", "") for p in caught.value.problems]


# What a plan speaks of in a world


def test_groups_come_from_the_world(world):
    at = places(world)
    assert at.provinces == ("210000", "220000", "230000")
    assert at.groups["230000"] == ("230100", "230700", "230800", "231200") and at.groups["110000"] == ("110000",)
    assert at.groups["cluster"] == at.cities == tuple(r for p in at.provinces for r in at.groups[p])
    assert at.find("place 230700") == at.find(" 地区230700 ") == at.find(230700) == "230700"
    assert at.find("Heilongjiang") == at.find("黑龙江省") == "230000" and at.find("nowhere") is None


def test_a_name_of_two_groups_is_none(northeast):
    at = places(northeast)
    assert at.find("Jilin") is None and at.near("Jilin") == "Several are called so: write the id, 220000 or 220200."
    assert at.find("Beijing") == "110000"


def test_gdp_is_that_of_the_accounts(world):
    from citybelt.model.economy import economy
    from citybelt.model.outcomes import gdp
    from citybelt.model.theory import theory

    e = economy(world, theory(world.x.sector.values))
    expected = gdp(e, None) @ (e.cluster == "NE")
    assert places(world).gdp == pytest.approx(expected, rel=1e-12)
    assert Brief.default(world, budget=0.02).budget(places(world)) == pytest.approx(0.02 * expected, rel=1e-12)


def test_without_a_file_every_province_keeps_its_people_and_output(world):
    at = places(world)
    kept = Brief.default(world, floor=0.98).bounds(at)
    expected = [(f"{what}:{p}", "least", 0.98) for what in ("people", "output") for p in at.provinces]
    assert [(t.row, t.sense, t.value) for t in kept] == expected
    assert all(t.limit == pytest.approx(math.log(0.98)) for t in kept)
    assert Brief.default(world, floor=0.0).bounds(at) == ()


def test_a_target_replaces_the_floor_of_its_row(world):
    brief = check(Brief(targets=(Target("people:220000", "least", 0.9), Target("people:230000", "most", 1.1))), world)
    said = {(t.row, t.sense): t.value for t in brief.bounds(places(world))}
    assert said["people:220000", "least"] == 0.9 and said["people:230000", "least"] == 1.0
    assert said["people:230000", "most"] == 1.1 and len(said) == 7


def test_goals_name_rows(world):
    at = places(world)
    assert Brief(objective="nation").goal(at) == ("ev:nation",) and Brief(objective="concave").goal(at) == ("social",)
    assert Brief(objective="maximin:provinces").goal(at) == ("welfare:210000", "welfare:220000", "welfare:230000")
    assert len(Brief(objective="maximin:cities").goal(at)) == 7


def test_a_citys_weight_goes_before_its_provinces(world):
    at = places(world)
    weight = Brief(weights={"230700": 3.0, "cluster": 0.5, "230000": 2.0, "110000": 0.25}).weight(at)
    assert weight == {
        "110000": 0.25, "210100": 0.5, "210200": 0.5, "220100": 0.5,
        "230100": 2.0, "230700": 3.0, "230800": 2.0, "231200": 2.0,
    }  # fmt: skip
    assert Brief().weight(at) == {r: float(r in at.cities) for r in weight}


def test_targets_are_said_in_words(world):
    at = places(world)
    said = [
        (
            Target("people:210000", "least", 1.005),
            "people of Liaoning at least 100.5 % of the base year",
            "辽宁省人口不低于基年的100.5%",
        ),
        (
            Target("co2", "most", 0.98),
            "emissions of CO2 at most 98 % of the base year",
            "二氧化碳排放不高于基年的98%",
        ),
        (
            Target("security:food", "most", 2.5),
            "worst loss of food security at most 2.5 %",
            "粮食安全最大损失不高于2.5 %",
        ),
        (
            Target("security:food", "most", 0.9, of_now=True),
            "worst loss of food security at most 90 % of today's",
            "粮食安全最大损失不高于目前的90%",
        ),
        (Target("land", "most", 12000), "land taken at most 12,000 ha", "占用土地不高于12,000公顷"),
        (Target("output:cluster", "least", 1, label_en="Grow", label_zh="增长"), "Grow", "增长"),
    ]
    for target, en, zh in said:
        assert target.words(at) == (en, zh)


# The file


FULL = """description: {en: All that a plan may say, zh: 规划可以说的一切}
objective: {concave: {aversion: 1.5, weights: {Heilongjiang: 2, "230700": 3, 210100: 0}}}
budget: {total: 30}
payers: {centre: 10, province: 9, city: 8, private: 7.5}
floor: 0.97
targets:
  people: {230000: {least: 0.99, by: 2030, owner: Heilongjiang, name: {en: Keep our people, zh: 留住人}}}
  output: {cluster: {least: 1.01, most: 2}}
  welfare: {地区230700: {least: 1}}
  co2: {most: 0.98, by: "2035", owner: centre}
  inequality: {most: 1}
  land: {most: 5000}
  securities: {food: {most_of_now: 0.95}, energy: {most: 3, owner: The energy bureau}}
excluded: [carbon_price_cluster]
include: [land_central]
whole: [hsr_harbin_yichun]
after: {hsr_harbin_yichun: [road_harbin_dalian, placebo]}
not_with: [[land_central, placebo], [research_harbin, research_dalian, research_shenyang]]
starts: 5
"""


def test_a_file_that_says_everything(write, world):
    brief = load_brief(write(FULL), world)
    assert brief == Brief(
        id="trial",
        name="Trial",
        name_zh="试验",
        description="All that a plan may say",
        description_zh="规划可以说的一切",
        objective="concave",
        aversion=1.5,
        weights={"230000": 2.0, "230700": 3.0, "210100": 0.0},
        share=None,
        total=30.0,
        payers={"centre": 10.0, "province": 9.0, "city": 8.0, "private": 7.5},
        floor=0.97,
        targets=(
            Target("people:230000", "least", 0.99, False, "Keep our people", "留住人", 2030, "230000"),
            Target("output:cluster", "least", 1.01),
            Target("output:cluster", "most", 2.0),
            Target("welfare:230700", "least", 1.0),
            Target("co2", "most", 0.98, by=2035, owner="centre"),
            Target("inequality", "most", 1.0),
            Target("land", "most", 5000.0),
            Target("security:food", "most", 0.95, of_now=True),
            Target("security:energy", "most", 3.0, owner="The energy bureau"),
        ),
        excluded=("carbon_price_cluster",),
        include=("land_central",),
        whole=("hsr_harbin_yichun",),
        after={"hsr_harbin_yichun": ("road_harbin_dalian", "placebo")},
        not_with=(("land_central", "placebo"), ("research_harbin", "research_dalian", "research_shenyang")),
        starts=5,
        lineage=("trial",),
    )
    assert check(brief, world) is brief


def test_a_file_that_says_nothing_is_the_default_plan(write, world):
    brief = load_brief(write(""), world)
    assert replace(brief, id="default", name="The plan", name_zh="规划方案", lineage=()) == Brief.default(world)


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("targts: {}", "2:1", "unknown key 'targts'. Did you mean 'targets'?"),
        ("objective: clster", "2:12", "'clster' is unknown"),
        ("objective: {maximin: towns}", "2:22", "'maximin' cannot be 'towns'."),
        (
            "objective: {maximin: cities, concave: {}}",
            "2:12",
            "'objective' cannot be a mapping. Write cluster, nation,",
        ),
        ("objective: [cluster]", "2:12", "'objective' cannot be a list"),
        ("objective: {concave: {aversion: -1}}", "2:33", "-1.0 is no aversion to inequality"),
        ("objective: {concave: {aversion: 1, weights: {230000: .inf}}}", "2:54", "must be a finite number, not inf"),
        (
            "objective: {concave: {aversion: 1, weights: {239999: 1}}}",
            "2:46",
            "there is no region '239999' in this world",
        ),
        ("objective: {concave: {aversion: 1, weights: {cluster: 0}}}", "2:12", "the weight of every region is zero"),
        ("budget: 0.01", "2:9", "'budget' must be a mapping"),
        ("budget: {share: 0.005, total: 2}", "2:9", "a share of GDP and a total are given"),
        ("budget: {share: .nan}", "2:17", "'share' must be a finite number, not nan"),
        ("budget: {share: 0.5}", "2:17", "0.5 is not a share of GDP. Give a number above 0, at most 0.1."),
        ("budget: {total: -4}", "2:17", "-4.0 is no budget in billions a year"),
        ("payers: {center: 3}", "2:10", "unknown payer 'center'. Did you mean 'centre'?"),
        ("payers: {centre: -1}", "2:10", "-1.0 is no budget"),
        (
            "payers: {centre: 1, province: 2, city: 1, private: 0}\nbudget: {total: 5}",
            "2:1",
            "the payers' budgets sum to 4, and the total is 5:",
        ),
        ("floor: 1.5", "2:8", "1.5 is out of range"),
        ("floor: high", "2:8", "'floor' must be a finite number, not 'high'"),
        ("targets: {peple: {}}", "2:11", "unknown target 'peple'. Did you mean 'people'?"),
        ("targets: {people: {Heilongjang: {least: 1}}}", "2:20", "Did you mean 'Heilongjiang'?"),
        ("targets: {people: {210000: {least: 11}}}", "2:36", "11.0 cannot hold: it is relative to the base year"),
        ("targets: {people: {210000: {least: 0}}}", "2:36", "0.0 cannot hold"),
        ("targets: {people: {210000: {}}}", "2:20", "210000 has no limit"),
        ("targets: {people: {210000: 1}}", "2:28", "210000 must be a mapping"),
        (
            "targets: {people: {210000: {most: 0.9}}}",
            "2:20",
            "at most 0.9 cannot hold with at least 1, the floor of every province.",
        ),
        ("targets: {output: {cluster: {least: 1.2, most: 1.1}}}", "2:20", "at most 1.1 cannot hold with at least 1.2."),
        ("targets: {output: {210000: {least: 1}, Liaoning: {least: 1}}}", "2:40", "output:210000 is given twice"),
        ("targets: {output: {210000: null}}", "2:20", "210000 is removed, but no parent sets it"),
        ("targets: {co2: {least: 1}}", "2:17", "'co2' cannot have 'least'. Use most."),
        ("targets: {co2: {most: 1, by: 2020}}", "2:30", "2020 is not after the base year 2020"),
        ("targets: {co2: {most: 1, by: soon}}", "2:30", "'by' must be a year, not 'soon'"),
        ("targets: {co2: {most: 1, by: 2030-12-31}}", "2:30", "'by' must be a year"),
        ("targets: {co2: {most: 1, owner: [a]}}", "2:33", "'owner' must be a text, not a list"),
        ("targets: {co2: {most: 1, owner: 999999}}", "2:33", "there is no region '999999' in this world"),
        ("targets: {co2: {most: 1, name: Less}}", "2:32", "'name' must be given in both languages"),
        ("targets: {land: {most: -1}}", "2:24", "-1.0 is no area"),
        ("targets: {securities: {fod: {most: 1}}}", "2:24", "unknown security 'fod'. Did you mean 'food'?"),
        ("targets: {securities: {food: {most: 1, most_of_now: 1}}}", "2:24", "'food' has two limits"),
        ("targets: {securities: {food: {most: 101}}}", "2:37", "101.0 is no loss in per cent"),
        ("targets: {securities: {food: {least: 1}}}", "2:31", "'security' cannot have 'least'"),
        ("excluded: [plcebo]", "2:12", "unknown lever 'plcebo'. Did you mean 'placebo'?"),
        ("excluded: placebo", "2:11", "'excluded' must be a list"),
        ("whole: [placebo, placebo]", "2:18", "'placebo' stands there already"),
        ("include: [7]", "2:11", "7 is not the id of a lever"),
        ("include: [placebo]\nexcluded: [placebo]", "2:11", "'placebo' is excluded. Remove it here or there."),
        ("after: {placebo: [placebo]}", "2:9", "levers wait for each other: placebo after placebo"),
        (
            "after: {placebo: [land_central]}\nexcluded: [land_central]",
            "2:19",
            "needs 'land_central', which is excluded",
        ),
        (
            "after: {placebo: [land_central]}\nnot_with: [[land_central, placebo]]",
            "2:19",
            "needs 'land_central' and may not be used",
        ),
        ("after: {nothing: [placebo]}", "2:9", "unknown lever 'nothing'"),
        ("not_with: [[placebo]]", "2:12", "names one lever"),
        ("not_with: [placebo]", "2:12", "'placebo' is not a list of levers"),
        ("starts: 2.5", "2:9", "2.5 is no number of starts"),
        ("starts: 1000", "2:9", "1000 is no number of starts"),
        ("parent: nothing", "2:9", "there is no parent 'nothing', beside this file or in the library"),
        ("parent: ../other", "2:9", "there is no parent '../other'"),
        ("projects: 5", "2:11", "'projects' must be a mapping"),
    ],
)
def test_every_mistake_is_told_with_its_place(write, world, text, where, says):
    (said,) = problems(write(text), world)
    assert said.startswith(f"trial.yaml:{where}: ") and says in said, said


def test_a_circle_of_levers_names_them(write, world):
    text = "after: {placebo: [land_central], land_central: [research_dalian], research_dalian: [placebo]}"
    (said,) = problems(write(text), world)
    assert "land_central after research_dalian after placebo after land_central" in said


@pytest.mark.parametrize("more", [0, 1])
def test_more_whole_projects_than_can_be_chosen_among_are_refused(write, world, tmp_path, more):
    head = "id,name_en,name_zh,type,regions,cost_centre,build_years,productivity_percent,productivity_sectors,whole\n"
    whole = ["true"] * (MOST_WHOLE + more) + ["false"] * 5
    rows = [f"p{k},P{k},P{k},port,230100,1,4,1,transp,{word}" for k, word in enumerate(whole)]
    (tmp_path / "mine.csv").write_text(head + "\n".join(rows), "utf-8")
    path = write("projects: mine.csv\n")
    if not more:
        assert len(load_brief(path, world).whole) == MOST_WHOLE
        return
    (said,) = problems(path, world)
    assert said.startswith("trial.yaml:2:11: 41 projects are to be built whole") and "40 are the most" in said


def test_what_is_neither_a_file_nor_a_plan(world, tmp_path):
    for source in ("northeastern", tmp_path / "gone.yaml", "a" * 5000, "\0"):
        with pytest.raises(InputError, match="is neither a file nor a plan"):
            load_brief(source, world)
    for source in (tmp_path / "mine.txt", tmp_path / "mine"):
        source.write_text(HEAD, "utf-8")
        with pytest.raises(InputError, match=r"is a file, but its name does not end in \.yaml or \.yml"):
            load_brief(source, world)
    for source in (5, ["a"], 0.005):
        with pytest.raises(InputError, match="is no plan"):
            brief_for(source, world)


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("targets: " + "{people: " * 5000, "2:", "is nested more than 20 deep"),
        ("targets: {co2: {most: " + "9" * 3000 + "}}", "2:23", "has more than 2000 characters"),
        ("targets: {co2: {most: " + "9" * 400 + "}}", "2:23", "must be a finite number"),
        ("targets: {co2: {most: 1, by: " + "9" * 400 + "}}", "2:30", "'by' must be a year"),
        ("floor: &a 1\nstarts: *a", "2:8", "is an anchor or alias"),
        ("excluded: !!python/name:os.system []", "2:11", "the tag"),
        ('excluded: ["\\u202e"]', "2:12", "holds a character that cannot be seen"),
        ("floor: 1\nfloor: 2", "3:1", "not valid YAML"),
        ("? [1, 2]\n: 3", "2:3", "unknown key"),
        ("targets: {people: {? {a: 1} : {least: 1}}}", "2:", ""),
    ],
)
def test_files_made_to_break_the_reader(write, world, text, where, says):
    said = problems(write(text), world)
    assert any(s.startswith(f"trial.yaml:{where}") and says in s for s in said), said
    assert all(len(s) < 400 for s in said)


def test_chinese_text_everywhere_is_fine(write, world):
    text = "targets: {output: {黑龙江省: {least: 1.0, owner: 省发展改革委, name: {en: a, zh: 　稳产出}}}}\n"
    (target,) = load_brief(write(text), world).targets
    assert (target.row, target.owner, target.label_zh) == ("output:230000", "省发展改革委", "稳产出")


# Inheritance


def test_a_child_changes_entries_and_replaces_lists(write, world):
    write(FULL, "parent.yaml")
    child = """parent: parent.yaml
objective: nation
budget: {share: 0.01}
payers: {centre: null, city: 20}
targets:
  people: {Heilongjiang: null}
  output: {cluster: {least: 1.02}, 220000: {least: 1}}
  co2: null
  securities: {food: {most: 2}}
excluded: []
after: {hsr_harbin_yichun: null, placebo: [research_dalian]}
"""
    old, new = load_brief(write(FULL, "parent.yaml"), world), load_brief(write(child), world)
    assert (new.objective, new.aversion, dict(new.weights), new.share, new.total) == ("nation", 0.0, {}, 0.01, None)
    assert new.payers == {"province": 9.0, "city": 20.0, "private": 7.5}
    targets = {t.row: (t.sense, t.value, t.of_now) for t in new.targets}
    assert targets == {
        "output:cluster": ("least", 1.02, False),
        "output:220000": ("least", 1.0, False),
        "welfare:230700": ("least", 1.0, False),
        "inequality": ("most", 1.0, False),
        "land": ("most", 5000.0, False),
        "security:food": ("most", 2.0, False),
        "security:energy": ("most", 3.0, False),
    }
    assert new.excluded == () and new.after == {"placebo": ("research_dalian",)}
    for same in ("floor", "include", "whole", "not_with", "starts", "start"):
        assert getattr(new, same) == getattr(old, same)
    assert new.lineage == ("parent", "trial") and new.name == "Trial"


def test_problems_of_ancestors_are_told_in_their_file(write, world):
    write("floor: 7\nexcluded: [plcebo]\n", "oldest.yaml")
    write("parent: oldest.yaml\nexcluded: []\ntargets: {co2: {most: 20}}\n", "parent.yaml")
    said = problems(write("parent: parent.yaml\nstarts: -1\n"), world)
    assert [s.split(": ")[0] for s in said] == ["oldest.yaml:2:8", "parent.yaml:4:23", "trial.yaml:3:9"]


def test_a_circle_of_files(write, world):
    write("parent: trial.yaml\n", "other.yaml")
    (said,) = problems(write("parent: other.yaml\n"), world)
    assert "the plans inherit in a circle" in said


# The same rules for a brief made in Python


def dumped(brief):
    """A plan file of a brief, written from the description in the documentation."""
    groups = {}
    for t in brief.targets:
        kind, _, key = t.row.partition(":")
        entry = {"most_of_now" if t.of_now else t.sense: t.value}
        entry |= {"name": {"en": t.label_en, "zh": t.label_zh}} if t.label_en else {}
        entry |= {"by": t.by} if t.by else {}
        entry |= {"owner": t.owner} if t.owner else {}
        if key:
            groups.setdefault("securities" if kind == "security" else kind, {}).setdefault(key, {}).update(entry)
        else:
            groups[kind] = entry
    objective = brief.objective
    if objective.startswith("maximin:"):
        objective = {"maximin": objective.partition(":")[2]}
    elif objective == "concave":
        objective = {"concave": {"aversion": brief.aversion, "weights": dict(brief.weights)}}
    document = {
        "name": {"en": brief.name, "zh": brief.name_zh},
        "objective": objective,
        "budget": {key: value for key in ("share", "total") if (value := getattr(brief, key)) is not None},
        "payers": dict(brief.payers),
        "floor": brief.floor,
        "targets": groups,
        **{key: list(getattr(brief, key)) for key in ("excluded", "include", "whole")},
        "after": {key: list(value) for key, value in brief.after.items()},
        "not_with": [list(group) for group in brief.not_with],
        "starts": brief.starts,
        "start": brief.start,
    }
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(document, stream)
    return stream.getvalue()


GROUPS = ("cluster", "210000", "220000", "230000", "230100", "110000")
LIMIT = st.sampled_from((0.5, 0.97, 1.0, 1.03, 4.0, 10.0, 11.0, 0.0, -1.0))
WORD = st.text("abc 一二三", min_size=1, max_size=4).map(lambda s: f"x{s}y")
OF_GROUP = st.tuples(st.sampled_from(("people", "output", "welfare")), st.sampled_from(GROUPS)).map(":".join)
TARGET = st.builds(
    lambda row, value, label, by, owner: Target(*row, value, False, *label, by, owner),
    st.tuples(OF_GROUP, st.sampled_from(("least", "most")))
    | st.sampled_from((("co2", "most"), ("inequality", "most"), ("land", "most")))
    | st.sampled_from(SECURITIES).map(lambda s: (f"security:{s}", "most")),
    LIMIT,
    st.tuples(WORD, WORD) | st.just(("", "")),
    st.sampled_from((0, 2021, 2035, 2019)),
    st.sampled_from(("", "centre", "230000", "a bureau")),
)
IDS = st.lists(st.sampled_from((*LEVERS[:6], "nothing")), max_size=3).map(tuple)
BRIEF = st.builds(
    lambda objective, aversion, weights, money, **rest: Brief(
        id="trial",
        objective=objective,
        aversion=aversion if objective == "concave" else 0.0,
        weights=weights if objective == "concave" else {},
        share=money[0],
        total=money[1],
        lineage=("trial",),
        **rest,
    ),
    name=WORD,
    name_zh=WORD,
    objective=st.sampled_from(OBJECTIVES),
    aversion=st.sampled_from((0.0, 0.5, 1.0, 11.0)),
    weights=st.dictionaries(st.sampled_from((*GROUPS, "nowhere")), st.sampled_from((0.0, 1.0, 2.5, -1.0)), max_size=3),
    money=st.sampled_from(((0.005, None), (None, 20.0), (0.1, None), (0.2, None), (None, -1.0), (None, 1e9))),
    payers=st.dictionaries(st.sampled_from(("centre", "city", "crown")), st.sampled_from((0.0, 5.0, -1.0)), max_size=2),
    floor=st.sampled_from((0.0, 0.97, 1.0, 1.5)),
    targets=st.lists(TARGET, max_size=4, unique_by=lambda t: t.row).map(tuple),
    excluded=IDS,
    include=IDS,
    whole=IDS,
    after=st.dictionaries(st.sampled_from(LEVERS[:4]), IDS, max_size=2),
    not_with=st.lists(IDS, max_size=2).map(tuple),
    starts=st.sampled_from((0, 3, 51)),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(brief=BRIEF)
def test_a_file_and_python_are_judged_alike_and_mean_the_same(write, world, brief):
    path = write(dumped(brief), head="")
    try:
        check(brief, world)
    except InputError as error:
        with pytest.raises(InputError) as caught:
            load_brief(path, world)
        assert sorted((p.what, p.do) for p in error.problems) == sorted((p.what, p.do) for p in caught.value.problems)
    else:
        found = load_brief(path, world)
        assert replace(found, targets=()) == replace(brief, targets=())
        assert set(found.targets) == set(brief.targets)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"targets": [Target("co2", "most", 1.0)]}, "targets: must be a tuple"),
        ({"targets": ("co2",)}, "targets: holds what is no Target"),
        ({"targets": (Target(["co2"], "most", 1.0),)}, "unknown row a list"),
        ({"targets": (Target("co2", ["most"], 1.0),)}, "'co2' cannot have a list"),
        ({"targets": (Target("co2", "most", "1"),)}, "'1' cannot hold"),
        ({"targets": (Target("co2:210000", "most", 1.0),)}, "'co2' is of the cluster as a whole"),
        ({"targets": (Target("co2", "most", 1.0, of_now=True),)}, "only a security has a loss of today"),
        ({"targets": (Target("co2", "most", 1.0, by=2030.5),)}, "2030.5 is no year"),
        ({"targets": (Target("co2", "most", 1.0, owner=3),)}, "owner: must be a text, not 3"),
        ({"targets": (Target("co2", "most", 1.0),) * 2}, "co2 has a most already"),
        ({"payers": [1]}, "payers: must be a mapping, not a list"),
        ({"payers": {"centre": True}}, "True is no budget"),
        ({"weights": {"230000": "heavy"}}, "the weight is 'heavy'"),
        ({"after": {"placebo": "land_central"}}, "must be a tuple"),
        ({"whole": "placebo"}, "whole: must be a tuple"),
        ({"whole": (3,)}, "unknown lever 3"),
        ({"not_with": ("placebo",)}, "must be a tuple"),
        ({"starts": True}, "True is no number of starts"),
        ({"start": 26}, "26 is no year"),
        ({"start": 2031, "targets": (Target("co2", "most", 0.9, by=2030),)}, "2030 is before the plan starts in 2031"),
        ({"starts": float("nan")}, "nan is no number of starts"),
        ({"share": None}, "there is no budget"),
        ({"share": float("nan")}, "budget: nan is not a share of GDP"),
        ({"objective": None}, "objective: None is unknown"),
        ({"objective": ["cluster"]}, "a list is unknown"),
        ({"name": 3}, "name: must be a text"),
        ({"projects": {"placebo": None}}, "'placebo' is a lever of the library already"),
        ({"projects": {"mine": {}}}, "must be a card"),
        ({"floor": np.inf}, "floor: inf is out of range"),
    ],
)
def test_what_python_may_pass_is_checked(world, wrong, says):
    with pytest.raises(InputError) as caught:
        brief_for(Brief(**wrong), world)
    assert says in str(caught.value)


def test_options_override_the_file_and_are_checked_with_it(world):
    brief = Brief(total=10.0, share=None, targets=(Target("people:210000", "most", 0.99),), floor=0.9)
    new = check(brief, world).revised(world, budget=0.01, objective="maximin:cities")
    assert (new.share, new.total, new.objective, new.floor) == (0.01, None, "maximin:cities", 0.9)
    assert brief.revised(world) is brief
    with pytest.raises(InputError, match=r"at most 0.99 cannot hold with at least 1, the floor"):
        brief.revised(world, floor=1.0)
    with pytest.raises(InputError, match=r"^budget: 0.5 is not a share of GDP"):
        brief.revised(world, budget=0.5)


def test_a_brief_is_plain_data(write, world):
    import json

    document = json.loads(json.dumps(load_brief(write(FULL), world).to_json()))
    assert document["payers"]["private"] == 7.5 and document["targets"][0]["owner"] == "230000"
    assert isinstance(load_brief(write(FULL), world).payers, MappingProxyType)


def test_plans_of_the_library_are_sound(northeast):
    from citybelt.scenario.document import Document

    assert len(plans()) >= 3
    for name in plans():
        brief = load_brief(name, northeast)
        assert brief.description and brief.description_zh, name
        assert Document(brief_path(name)).root, name


def brief_path(name):
    from citybelt.scenario.card import library_of

    return library_of("northeast") / "plans" / f"{name}.yaml"


@pytest.mark.slow
@pytest.mark.parametrize("name", plans())
def test_plans_of_the_library_can_be_met(northeast, name):
    from citybelt.plan.make import solved
    from citybelt.plan.solved.pose import problem

    at, brief = places(northeast), load_brief(name, northeast)
    p, _fixed, best, projects, _starts = solved(*problem(northeast, brief), brief, at, lambda *_: None)
    assert best.kkt <= 1e-6
    assert min(b.room(best.point.row(b.row)) for b in p.bounds) >= -1e-8
    spent = dict(zip((lever.id for lever in p.levers), best.point.values / p.upper, strict=True))
    assert not [id for id in brief.excluded if spent[id]]
    assert not [id for id in brief.whole if 0 < spent[id] < 1] and (projects is not None) == bool(brief.whole)
