"""The words of the shipped world that the report prints are translated."""

from __future__ import annotations

import pytest

import citybelt as cb
from citybelt.report.pages.annex import closure_text
from citybelt.report.pages.limits import variable_name
from citybelt.report.text import Language

EN, ZH = Language("en"), Language("zh")


@pytest.fixture(scope="module")
def northeast():
    return cb.load("northeast")


def test_every_total_and_fill_of_the_world_has_its_words(northeast):
    assert {t for t in northeast.deviations["total"] if not ZH.has(f"total.{t}")} == set()
    assert {m for m in northeast.fills["model"] if not ZH.has(f"fill.{m}")} == set()


def test_every_variable_has_a_name_in_chinese(northeast):
    from types import SimpleNamespace

    given = SimpleNamespace(dataset=northeast)
    names = {v: variable_name(given, ZH, v) for v in {*northeast.provenance["variable"], *northeast.fills["variable"]}}
    assert {v for v, name in names.items() if not any("\u4e00" <= c <= "\u9fff" for c in name)} == set()


def test_every_closure_has_its_words():
    from citybelt.model.accounts import CLOSURES

    for part, (_, choices) in CLOSURES.items():
        for choice in choices:
            assert ZH.has(f"closure.{part}.{choice}")


def test_a_closure_is_said_part_by_part():
    from types import SimpleNamespace

    run = SimpleNamespace(closure={"capital": "mobile", "people": "fixed"})
    assert closure_text(run, EN) == "capital mobile; people stay"
    assert closure_text(run, ZH) == "资本可流动；人口不流动"


def test_every_verdict_state_and_place_of_the_report_has_its_words():
    from citybelt.claims.result import WORDS
    from citybelt.coverage import STATES

    verdicts = {w for w in WORDS if w not in ("low", "high", "other")}
    assert {v for v in verdicts if not ZH.has(f"verdict.{v}")} == set()
    assert {s for s in STATES if not ZH.has(f"state.{s}")} == set()
