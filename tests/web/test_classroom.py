"""The classroom's route: it passes on what the economy says, refuses what is out of bounds, and tells it in words."""

import dataclasses

import pytest

pytest.importorskip("fastapi")

from citybelt.errors import InputError
from citybelt.model.two_cities import Settings, solve
from citybelt.web.pages.classroom import LEVERS, AskedLesson, classroom, lesson


def test_the_settings_are_those_of_the_economy():
    assert {lever["id"] for lever in classroom()["levers"]} == {f.name for f in dataclasses.fields(Settings)}
    assert all(lever["lower"] <= lever["value"] <= lever["upper"] for lever in classroom()["levers"])


def test_a_lesson_is_what_the_economy_says():
    told = lesson(AskedLesson(values={"hours": 12, "size": 0.2}))
    exact = solve(Settings(hours=12, size=0.2))
    assert [c["people"] for c in told["cities"]] == pytest.approx(list(exact.people))
    near = min(range(24), key=lambda k: abs(told["curve"]["x"][k] - 12))
    assert told["curve"]["y"][near] == pytest.approx(100 * exact.people[0], rel=2e-3)
    assert f"{100 * max(exact.people):.0f} %" in told["text"]["en"]


def test_a_lesson_at_the_start_changes_nothing():
    told = lesson(AskedLesson())
    assert told["welfare"] == 0 and all(c["welfare"] == 0 for c in told["cities"])


@pytest.mark.parametrize("ends", [0, 1])
def test_every_end_of_the_settings_has_a_lesson(ends):
    for name, (_, low, high, *_rest) in LEVERS.items():
        assert lesson(AskedLesson(values={name: (low, high)[ends]}))["text"]["zh"]


@pytest.mark.parametrize("values", [{"hours": 99}, {"roads": 1}])
def test_what_is_not_a_setting_is_refused(values):
    with pytest.raises(InputError):
        lesson(AskedLesson(values=values))
