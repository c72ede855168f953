"""Files made to break the reader: each is refused with its line, soon, and in words."""

import os
from itertools import pairwise

import pytest

from citybelt.errors import InputError
from citybelt.scenario.card import read_cards
from citybelt.scenario.document import BYTES, LISTED, NODES, Document
from citybelt.scenario.scenario import load_scenario

HEAD = "name: {en: Trial, zh: 试验}\n"


def bomb(levels):
    """Lists of nine of the list before, through aliases: 9 to the power of ``levels`` texts once written out."""
    names = "abcdefghijkl"[: levels + 1]
    return "a: &a [x, x]\n" + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise(names))


def problems(tmp_path, content):
    path = tmp_path / "trial.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    return [str(p).replace(f"{tmp_path}/", "") for p in caught.value.problems]


@pytest.mark.parametrize(
    ("content", "where", "says"),
    [
        (HEAD + "levers: " + "[" * 5000, "2:28", "is nested more than 20 deep"),
        (HEAD + "".join(f"{' ' * k}a:\n" for k in range(400)), "22:21", "is nested more than 20 deep"),
        (HEAD + "levers: {placebo: 2020-99-99}\n", "2:19", "not valid YAML: month must be in 1..12."),
        (HEAD + "levers: {placebo: ._}\n", "2:19", "not valid YAML: could not convert string to float"),
        (HEAD + 'parent: "\\UFFFFFFFF"\n', "", "not valid YAML"),
        (HEAD + f"levers: {{placebo: {'9' * 5000}}}\n", "2:19", "has more than 2000 characters"),
        (HEAD + f"levers: {{placebo: {'9' * 400}}}\n", "2:19", "must be a finite number, not 99999"),
        (HEAD + f"{'9' * 400}: 1\n", "2:1", "unknown key 9999"),
        (HEAD + "levers: {placebo: !!float abc}\n", "2:19", "the tag 'tag:yaml.org,2002:float' is not known here."),
        (HEAD + "levers: !foo {placebo: 1}\n", "2:9", "the tag '!foo' is not known here. Remove the tag."),
        (HEAD + "levers: !!omap [placebo: 1]\n", "2:9", "the tag 'tag:yaml.org,2002:omap' is not known here."),
        (HEAD + "? [placebo, a]\n: 1\n", "2:3", "unknown key a list."),
        ('name: {en: "", zh: 试验}\n', "1:12", "'en' is empty"),
        ('name: {en: " ", zh: 试验}\n', "1:12", "'en' is empty"),
        ('name: {en: "\\e[2J", zh: 试验}\n', "1:12", "holds a character that cannot be seen"),
        ('name: {en: "\\ud800", zh: 试验}\n', "1:12", "holds a character that cannot be seen"),
        ("name: {en: Tri\u202eal, zh: 试验}\n", "1:12", "holds a character that cannot be seen"),
        (HEAD + "parent: \x07\n", "2", "holds a character that YAML does not allow"),
        (HEAD.encode() + "parent: 通关\n".encode("gb18030"), "2", "cannot be read as UTF-8. Save it as UTF-8."),
        ("#" * (BYTES + 1), "", "is larger than 100 kB"),
    ],
)
def test_what_no_scenario_needs_is_refused_with_its_place(tmp_path, content, where, says):
    (said,) = problems(tmp_path, content)
    assert said.startswith(f"trial.yaml:{where}:" if where else "trial.yaml: "), said
    assert says in said and len(said) < 300


def test_texts_in_chinese_with_wide_blanks_and_lines_of_any_system_are_fine(tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_bytes("\ufeffname: {en: Trial, zh: 试　验}\r\ndescription: {en: 'a\tb', zh: 一}\r\n".encode())
    assert load_scenario(path).name_zh == "试　验"


def test_aliases_are_for_tables_of_levers_and_no_message_unfolds_them(tmp_path):
    said = problems(tmp_path, HEAD + "levers: &a {<<: *a}\n")
    assert [s.split(": ")[0] for s in said] == ["trial.yaml:2:9", "trial.yaml:2:17"]
    path = tmp_path / "bomb.yaml"
    path.write_text(bomb(3), encoding="utf-8")
    doc = Document(path)
    doc.text(doc.root, "d")
    doc.number(doc.root, "d")
    doc.sequence(doc.root, "d", lambda item: False, "a word")
    assert {str(p).split(": ", 1)[1] for p in doc.problems} == {
        "'d' must be a text, not a list. Write one text.",
        "'d' must be a finite number, not a list. Write a number.",
        "a list is not a word. Correct or remove it.",
    }


@pytest.mark.parametrize(
    ("content", "where", "says"),
    [
        # 1 + 3 + (1 + 1 + 9 * 3) + ... passes the limit in the third list of nine lists
        (bomb(4), "5:36", f"holds more than {NODES} values, aliases written out. Repeat fewer parts."),
        (bomb(11), "5:36", f"holds more than {NODES} values"),
        ("a: &a {<<: *a, b: 1}\n", "1:12", "'a' stands inside the part that it names. Write it out."),
        ("a: &a [[*a]]\n", "1:9", "'a' stands inside the part that it names"),
        ("a: &a 1\nb: &a [2]\n", "2:4", "the anchor 'a' is there already. Give another name."),
        ("a: &a [1]\nb: [&a 2]\n", "2:5", "the anchor 'a' is there already."),
        ("a: [*b]\n", "1:5", "not valid YAML: found undefined alias 'b'"),
    ],
)
def test_aliases_that_unfold_without_end_are_refused_before_anything_is_built(tmp_path, content, where, says):
    path = tmp_path / "table.yaml"
    path.write_text(content, encoding="utf-8")
    for read in (Document, lambda path: read_cards(path, ("agr",))):
        with pytest.raises(InputError) as caught:
            read(path)
        (said,) = (str(p).replace(f"{tmp_path}/", "") for p in caught.value.problems)
        assert said.startswith(f"table.yaml:{where}: {says}"), said


CARD = """levers:
  odd:
    kind: placebo
    upper: 1
    times: [[a]]
    response: {exponent: [0.1, 0.2, %s]}
    charge: {exponent: %s}
"""


@pytest.mark.parametrize("number", ["." + "inf", "9" * 400, ".nan", "true"])
def test_numbers_of_a_lever_are_finite(tmp_path, number):
    path = tmp_path / "table.yaml"
    path.write_text(CARD % (number, number), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_cards(path, ("agr",))
    said = [str(p).replace(f"{tmp_path}/", "") for p in caught.value.problems]
    wrong = "'exponent' must be [low, central, high] in order. Write three numbers."
    assert [s.split(": ")[0] for s in said if wrong in s] == ["table.yaml:6:26", "table.yaml:7:24"]
    assert "table.yaml:5:13: a list is not an effect. Correct or remove it." in said


def test_of_many_problems_the_first_are_told_and_the_rest_counted(tmp_path):
    said = problems(tmp_path, HEAD + "".join(f"key{k}: 1\n" for k in range(LISTED + 7)))
    assert len(said) == LISTED + 1
    assert said[-1] == f"trial.yaml:{LISTED + 2}:1: ... and 7 more. Correct those first."


@pytest.mark.parametrize("parent", ["{folder}/other.yaml", "../other.yaml", "sub/other.yaml", "levers", "library"])
def test_a_parent_is_beside_the_file_or_in_the_library(tmp_path, parent):
    here = tmp_path / "here"
    (here / "sub").mkdir(parents=True)
    for folder in (tmp_path, here, here / "sub"):
        (folder / "other.yaml").write_text(HEAD, encoding="utf-8")
    path = here / "trial.yaml"
    path.write_text(HEAD + "parent: other.yaml\n", encoding="utf-8")
    assert load_scenario(path).lineage == ("other", "trial")
    path.write_text(HEAD + f"parent: {parent.format(folder=here)}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"trial\.yaml:2:9: there is no parent"):
        load_scenario(path)


@pytest.mark.parametrize("name", ["levers", "library", "", "x" * 300, "a\0b", "x" * 300 + ".yaml", "\ud800.yaml"])
def test_what_is_no_name_of_a_scenario_is_told_as_it_is(name):
    with pytest.raises(InputError, match="is neither a file nor a scenario") as caught:
        load_scenario(name)
    assert str(caught.value).startswith(f"scenario {name[:1]!r}"[:11])


def test_a_file_of_another_ending_is_told_so(tmp_path):
    (tmp_path / "mine.txt").write_text(HEAD, "utf-8")
    with pytest.raises(InputError, match=r"is a file, but its name does not end in \.yaml or \.yml"):
        load_scenario(tmp_path / "mine.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(InputError, match="is neither a file"):
        load_scenario(tmp_path / "pipe.yaml")


def test_an_entry_of_the_parent_is_taken_out_in_every_section(tmp_path):
    values = "levers: {placebo: 1}\nclosure: {capital: mobile}\nelasticities: {nu: 2}\n"
    (tmp_path / "parent.yaml").write_text(HEAD + values, encoding="utf-8")
    path = tmp_path / "trial.yaml"
    nothing = "levers: {placebo: null}\nclosure: {capital: }\nelasticities: {nu: ~}\n"
    path.write_text(HEAD + "parent: parent.yaml\n" + nothing, encoding="utf-8")
    child = load_scenario(path)
    assert not child.levers and not child.closure and not child.elasticities
