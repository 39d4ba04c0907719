"""The rows photos of a group are compared by."""

from datetime import UTC, datetime

from tests.helpers.galleries import photo

from server.photo_facts import facts
from unipic.core.photo import Extra, Measures


def rows(**values: object) -> dict[str, tuple[str, float | None, int]]:
    return {label: (words, number, better) for label, words, number, better in facts(photo("a", **values), {})}


def test_every_photo_has_the_same_rows() -> None:
    bare = rows()
    full = rows(
        taken=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
        camera="Canon",
        place=(38.7, -9.1),
        rating=5,
        edited="Snapseed",
        quality=90,
        measures=Measures(0.5, 0.5, 0.5, 0.1, tilt=-1.26),
    )
    assert list(bare) == list(full)
    assert bare["Stars"] == ("", None, 1), "not known is not none"
    assert full["Taken"][0] == "2024-05-06 07:08:09"
    assert full["Stars"] == ("5 of 5", 5, 1)
    assert full["Place"][0] == "38.70000, -9.10000"


def test_what_a_file_holds_is_a_row() -> None:
    extras = {
        "holds": (Extra("film", "a film of 2.1 s", "1"),),
        "told": (Extra("caption", 'the caption "Sea"', "Sea"),),
    }
    assert rows(**extras)["Holds"][0] == 'a film of 2.1 s, the caption "Sea"'
    assert rows()["Holds"][0] == ""


def test_a_time_that_only_the_file_has_is_said() -> None:
    assert rows(taken=datetime(2024, 5, 6), taken_by_camera=False)["Taken"][0] == "2024-05-06 00:00:00 (file date)"


def test_numbers_are_those_that_are_shown() -> None:
    seen = rows(measures=Measures(0.7549, 0.666, 0.5, 0.01234, tilt=-1.26))
    assert seen["Sharpness of the subject"] == ("0.75", 0.75, 1)
    assert seen["Light"] == ("67%", 67.0, 1)
    assert seen["Grain"] == ("0.012", 0.012, -1)
    assert seen["Tilt"] == ("1.3°", 1.3, -1)


def test_what_a_model_said_is_a_row_of_its_own() -> None:
    assert facts(photo("a"), {"wish": 0.251})[-1] == ("Matches your words", "0.25", 0.25, 1)
    assert facts(photo("a"), {"wish": None})[-1] == ("Matches your words", "", None, 1)
