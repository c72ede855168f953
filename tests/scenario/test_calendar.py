"""The part of a scenario that says when."""

import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.scenario.scenario import diff, load_scenario

NAME = "name: {en: A, zh: 甲}\n"


def write(path, text):
    path.write_text(NAME + text, encoding="utf-8")
    return path


def test_silence_is_static_and_begins_at_once(tmp_path):
    found = load_scenario(write(tmp_path / "a.yaml", "levers: {research_dalian: 10}\n"))
    assert found.time.expectations == "static"
    values = found.time.values(["research_dalian", "carbon_price_cluster"], found.levers, range(2021, 2025))
    np.testing.assert_array_equal(values, [[10, 0]] * 4)


def test_steps_hold_until_the_next(tmp_path):
    text = "time:\n  expectations: foresight\n  begin: 2023\n  levers:\n    research_dalian: {2024: 8, 2022: 5}\n"
    found = load_scenario(write(tmp_path / "a.yaml", "levers: {carbon_price_cluster: 50}\n" + text))
    values = found.time.values(["research_dalian", "carbon_price_cluster"], found.levers, range(2021, 2026))
    np.testing.assert_array_equal(values, [[0, 0], [5, 0], [5, 50], [8, 50], [8, 50]])
    assert found.to_json()["time"]["expectations"] == "foresight"


def test_a_child_changes_what_it_says_and_no_more(tmp_path):
    levers = "  levers:\n    research_dalian: {2024: 8}\n    carbon_price_cluster: {2030: 40}\n"
    parent = "time:\n  expectations: foresight\n" + levers
    write(tmp_path / "old.yaml", parent)
    child = write(
        tmp_path / "new.yaml",
        "parent: old.yaml\ntime:\n  levers:\n    research_dalian:\n    carbon_price_cluster: {2031: 60}\n",
    )
    found, old = load_scenario(child), load_scenario(tmp_path / "old.yaml")
    assert found.time.expectations == "foresight"
    assert {k: dict(v) for k, v in found.time.steps.items()} == {"carbon_price_cluster": {2031: 60}}
    assert list(diff(old, found)["section"]) == ["time"]


def test_a_cap_is_set_replaced_and_taken_out(tmp_path):
    write(tmp_path / "old.yaml", "time: {cap: {2030: 700, 2025: 900}}\n")
    same = load_scenario(write(tmp_path / "same.yaml", "parent: old.yaml\ntime: {begin: 2024}\n"))
    assert dict(same.time.cap) == {2025: 900, 2030: 700} and same.to_json()["time"]["cap"]["2030"] == 700
    other = load_scenario(write(tmp_path / "other.yaml", "parent: old.yaml\ntime: {cap: {2028: 5}}\n"))
    assert dict(other.time.cap) == {2028: 5}
    assert not load_scenario(write(tmp_path / "none.yaml", "parent: old.yaml\ntime: {cap: }\n")).time.cap
    for text in ("time: {cap: {2028: 0}}", "time: {cap: {2028: a}}", "time: {cap: {20: 5}}", "time: {cap: 5}"):
        with pytest.raises(InputError, match=r"cap|20 is no year"):
            load_scenario(write(tmp_path / "wrong.yaml", text + "\n"))
    with pytest.raises(InputError, match="no parent"):
        load_scenario(write(tmp_path / "wrong.yaml", "time: {cap: }\n"))


def test_all_mistakes_are_told_with_line_and_column(tmp_path):
    text = """time:
  expectations: clever
  begin: 25
  speed: 1
  levers:
    research_dalian: {soon: 5, 2030: 1.0e9}
    research_dalion: {2030: 5}
    carbon_price_cluster: 7
"""
    with pytest.raises(InputError) as error:
        load_scenario(write(tmp_path / "a.yaml", text))
    told = str(error.value)
    for where, what in (
        ("3:17", "'clever'"), ("4:3", "25 is no year"), ("5:3", "'speed'"), ("7:23", "'soon' is no year"),
        ("7:38", "not a number from"), ("8:5", "research_dalion"), ("9:27", "'carbon_price_cluster'"),
    ):  # fmt: skip
        assert any(f"a.yaml:{where}" in line and what in line for line in told.splitlines()), (where, what, told)
