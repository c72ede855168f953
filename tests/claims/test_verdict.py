"""The rule on synthetic numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybelt.claims.verdict import (
    CONFIRMED,
    DEPENDS,
    NOT_COMPUTABLE,
    NOT_CONFIRMED,
    PLAUSIBLE,
    VERDICTS,
    WRONG,
    deviation,
    direction,
    grade,
    verdict,
)


@pytest.mark.parametrize(
    ("off", "word"),
    [
        (0.0, CONFIRMED),
        (0.02, CONFIRMED),
        (-0.02, CONFIRMED),
        (0.021, PLAUSIBLE),
        (-0.06, PLAUSIBLE),
        (0.061, NOT_CONFIRMED),
        (0.12, NOT_CONFIRMED),
        (-0.121, WRONG),
        (3.0, WRONG),
    ],
)
def test_one_definition_is_graded_by_its_distance(off, word):
    assert grade(50.0, 50.0 * (1 + off), 0.02) == word


def test_missing_values_cannot_be_graded():
    assert grade(1.0, None, 0.1) == NOT_COMPUTABLE
    assert grade(1.0, math.nan, 0.1) == NOT_COMPUTABLE
    assert verdict(1.0, {"a": None, "b": math.nan}, "a", 0.1) == NOT_COMPUTABLE


def test_the_deciding_definition_can_confirm_alone():
    values = {"right": 10.0, "far": 40.0}
    assert verdict(10.0, values, "right", 0.02) == CONFIRMED
    assert verdict(10.5, values, "right", 0.02) == PLAUSIBLE


def test_without_a_deciding_definition_disagreement_is_said():
    assert verdict(10.0, {"one": 10.0, "other": 40.0}, None, 0.02) == DEPENDS


def test_a_harsh_verdict_must_hold_under_every_definition():
    assert verdict(10.0, {"a": 30.0, "b": 40.0}, "a", 0.02) == WRONG
    assert verdict(10.0, {"a": 30.0, "b": 40.0, "c": None}, "c", 0.02) == WRONG
    assert verdict(10.0, {"a": 11.0, "b": 10.9}, "a", 0.02) == NOT_CONFIRMED
    assert verdict(10.0, {"a": 11.0, "b": 40.0}, "a", 0.02) == DEPENDS


def test_an_unknown_deciding_definition_is_refused():
    with pytest.raises(KeyError):
        verdict(1.0, {"a": 1.0}, "b", 0.1)


def test_direction_needs_every_definition():
    assert direction(10.0, {"a": 12.0, "b": 11.0, "c": None}, 0.02) == "low"
    assert direction(10.0, {"a": 8.0, "b": 9.0}, 0.02) == "high"
    assert direction(10.0, {"a": 8.0, "b": 12.0}, 0.02) == ""
    assert direction(10.0, {"a": None}, 0.02) == ""


numbers = st.floats(0.1, 1e3)


@given(
    stated=numbers,
    values=st.dictionaries(st.sampled_from("abcd"), st.none() | numbers, min_size=1),
    tolerance=st.floats(0.001, 0.3),
    scale=st.floats(0.01, 100),
)
def test_the_verdict_is_one_word_and_knows_no_unit(stated, values, tolerance, scale):
    decides = sorted(values)[0]
    word = verdict(stated, values, decides, tolerance)
    assert word in VERDICTS
    scaled = {k: None if v is None else v * scale for k, v in values.items()}
    near = [abs(abs(deviation(stated, v)) / tolerance - m) for v in values.values() if v for m in (1, 3, 6)]
    if not near or min(near) > 1e-6:  # rounding may turn a value that stands exactly on a limit
        assert verdict(stated * scale, scaled, decides, tolerance) == word
    if word == WRONG:
        assert all(grade(stated, v, tolerance) in (WRONG, NOT_COMPUTABLE) for v in values.values())
