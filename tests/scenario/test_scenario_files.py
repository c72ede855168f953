"""Scenario files: inheritance, and every way to be wrong, with its line and column."""

import textwrap

import pytest

from citybelt.errors import InputError
from citybelt.scenario.document import Document, nearest
from citybelt.scenario.scenario import diff, load_scenario, scenarios

HEAD = "name: {en: Trial, zh: 试验}\n"


@pytest.fixture
def write(tmp_path):
    def file(text, name="trial.yaml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return file


def problems(path):
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    return [str(p).replace(str(path.parent) + "/", "") for p in caught.value.problems]


@pytest.mark.parametrize("name", scenarios())
def test_every_scenario_of_the_library_loads_in_both_languages_and_speaks_to_propositions(name):
    scenario = load_scenario(name)
    assert scenario.levers and scenario.propositions
    assert scenario.text("name", "zh") != scenario.text("name", "en")
    assert scenario.text("description", "zh") and scenario.text("description", "en")
    assert scenario.lineage[-1] == scenario.id == name


def test_the_library_holds_the_article():
    spoken = {p for name in scenarios() for p in load_scenario(name).propositions}
    assert len(scenarios()) >= 10
    assert {"P21", "P24", "P36", "P62", "P64", "P13", "P27", "P54", "P58", "P16", "P60"} <= spoken


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        (HEAD + "levers: {placebo: 9}\n", "2:19", "outside its bounds 0 to 5 bn CNY a year"),
        (HEAD + "levers: {placebo: -1}\n", "2:19", "outside its bounds"),
        (HEAD + "levers: {placebo: much}\n", "2:19", "must be a finite number, not 'much'"),
        (HEAD + "levers: {placebo: .nan}\n", "2:19", "must be a finite number"),
        (HEAD + "levers: {placebo: true}\n", "2:19", "must be a finite number"),
        (HEAD + "levers: {placebbo: 1}\n", "2:10", "unknown lever 'placebbo'. Did you mean 'placebo'?"),
        (HEAD + "levers: {placebo: null}\n", "2:10", "is removed, but no parent sets it"),
        (HEAD + "levers: [placebo]\n", "2:9", "'levers' must be a mapping"),
        (HEAD + "leverz: {placebo: 1}\n", "2:1", "unknown key 'leverz'. Did you mean 'levers'?"),
        (HEAD + "closure: {capitol: mobile}\n", "2:11", "Did you mean 'capital'?"),
        (HEAD + "closure: {capital: mobil}\n", "2:20", "'capital' cannot be 'mobil'. Did you mean 'mobile'?"),
        (HEAD + "closure: {capital: [mobile]}\n", "2:20", "'capital' cannot be a list. Use one of: fixed, mobile."),
        (HEAD + "elasticities: {nuu: 2}\n", "2:16", "unknown elasticity 'nuu'"),
        (HEAD + "elasticities: {nu: 99}\n", "2:20", "outside its bounds"),
        (HEAD + "vintage: 2021\n", "2:10", 'Write vintage: "2021" in quotes.'),
        (HEAD + 'vintage: "1999"\n', "2:10", "'vintage' cannot be '1999'"),
        (HEAD + "propositions: [P1, P66]\n", "2:20", "'P66' is not a proposition P1 to P65"),
        (HEAD + "propositions: P1\n", "2:15", "'propositions' must be a list"),
        (
            HEAD + "parent: carbon_prise\n",
            "2:9",
            "in the library. Did you mean 'carbon_price'?",
        ),
        (HEAD + "parent: 7\n", "2:9", "'parent' must be a text"),
        ("levers: {placebo: 1}\n", "1:1", "'name' is missing"),
        ("name: Trial\n", "1:7", "must be given in both languages"),
        ("name: {en: Trial}\n", "1:7", "'zh' is missing"),
        ("name: {en: Trial, zh: 试验, fr: Essai}\n", "1:27", "unknown language 'fr'"),
        ("name: {en: Trial, zh: 试验}\nname: {en: A, zh: B}\n", "2:1", "found duplicate key"),
        ("name: {en: Trial\nlevers: {}\n", "2:7", "not valid YAML"),
        ("- name\n", "1:1", "must be a mapping"),
        ("", "1:1", "must be a mapping"),
    ],
)
def test_bad_input_is_refused_with_its_place(write, text, where, says):
    (said,) = problems(write(text))
    assert said.startswith(f"trial.yaml:{where}:"), said
    assert says in said


def test_all_problems_come_at_once_with_those_of_the_ancestors(write):
    write(HEAD + "levers: {placebo: 77}\n", "parent.yaml")
    path = write(
        """\
        name: {en: Trial, zh: 试验}
        parent: parent.yaml
        levers:
          placebo: 9
          reserch_harbin: 1
        vintage: "2020"
        closures: {capital: fixed}
        """
    )
    said = problems(path)
    assert [s.split(": ")[0] for s in said] == [
        "parent.yaml:2:19", "trial.yaml:7:1", "trial.yaml:4:12", "trial.yaml:5:3",
    ]  # fmt: skip
    assert "Did you mean 'research_harbin'?" in said[3]


def test_circles_are_refused(write):
    write(HEAD + "parent: b.yaml\n", "a.yaml")
    write(HEAD + "parent: a.yaml\n", "b.yaml")
    path = write(HEAD + "parent: a.yaml\n", "c.yaml")
    (said,) = problems(path)
    assert said.startswith("b.yaml:2:9: the scenarios inherit in a circle: c <- a <- b <- a")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="Did you mean 'carbon_price'"):
        load_scenario("carbon_prices")
    with pytest.raises(InputError, match="neither a file"):
        load_scenario(tmp_path / "no.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"binary\.yaml:1: cannot be read as UTF-8\. Save it as UTF-8"):
        load_scenario(binary)


def test_a_child_changes_what_it_names_and_inherits_the_rest(write):
    write(
        HEAD
        + 'levers: {placebo: 1, research_harbin: 2}\nclosure: {capital: mobile}\nvintage: "2019"\n'
        + "propositions: [P3]\nelasticities: {nu: 2}\n",
        "parent.yaml",
    )
    path = write(HEAD + "parent: parent.yaml\nlevers: {placebo: null, research_dalian: 3}\nclosure: {people: fixed}\n")
    parent, child = load_scenario(path.parent / "parent.yaml"), load_scenario(path)
    assert dict(child.levers) == {"research_harbin": 2.0, "research_dalian": 3.0}
    assert dict(child.closure) == {"capital": "mobile", "people": "fixed"}
    assert (child.vintage, child.propositions, dict(child.elasticities)) == ("2019", ("P3",), {"nu": 2.0})
    assert child.lineage == ("parent", "trial")
    table = diff(parent, child)
    assert sorted(zip(table["section"], table["key"], strict=True)) == [
        ("closure", "people"), ("levers", "placebo"), ("levers", "research_dalian"),
    ]  # fmt: skip
    with pytest.raises(TypeError):
        child.levers["placebo"] = 3


def test_nearest_word_or_the_list():
    assert nearest("chian", ["china", "northeast"]) == "Did you mean 'china'?"
    assert nearest("xyz", ["b", "a"]) == "Use one of: a, b."


def test_places_in_nested_lists_are_known(write):
    doc = Document(write("a:\n  - [1,\n     2]\n"))
    assert doc.at(doc.root["a"][0], 1).endswith(":3:6")


@pytest.mark.parametrize("page", ["docs/scenarios.md", "docs/zh/scenarios.md"])
def test_the_documentation_names_every_scenario_with_its_propositions(page, root):
    text = (root / page).read_text(encoding="utf-8")
    for name in scenarios():
        assert f"| `{name}` | {', '.join(load_scenario(name).propositions)} |" in text
