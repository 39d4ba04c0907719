"""What photos are searched by: colours, kinds and words, from pictures and records of which they are known."""

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageColor
from tests.helpers.galleries import photo
from tests.helpers.libraries import read_in, taken
from tests.helpers.pictures import save, scene

from unipic.core.folding import folded
from unipic.core.photo import Companion, Extra
from unipic.library.colours import NAMES, colours
from unipic.library.kinds import kinds_of
from unipic.library.library import Library
from unipic.library.matching import Condition, Contains, Every, Flag, Not, Some
from unipic.library.searchable import Searchable
from unipic.library.traits import Looked, row_of
from unipic.vision.builtin import BuiltinEncoder


@pytest.mark.parametrize(
    ("named", "colour"),
    [
        *((name, name) for name in NAMES),
        *(("darkred", "red"), ("gold", "yellow"), ("lime", "green"), ("darkgreen", "green"), ("turquoise", "teal")),
        *(("navy", "blue"), ("skyblue", "blue"), ("indigo", "purple"), ("hotpink", "pink"), ("saddlebrown", "brown")),
        *(("darkorange", "orange"), ("silver", "grey"), ("snow", "white"), ("#111111", "black"), ("tan", "")),
    ],
)
def test_a_colour_has_its_name(named: str, colour: str) -> None:
    colour = {"brown": "red"}.get(named, colour)  # CSS's brown is a dark red
    found = colours(np.full((60, 80, 3), ImageColor.getrgb(named), np.uint8))
    assert {name: share for name, share in found.items() if name in NAMES} == ({colour: 1.0} if colour else {})


def test_shares_and_light_are_those_of_the_picture() -> None:
    half = np.zeros((60, 80, 3), np.uint8)
    half[:30] = (255, 0, 0)
    found = colours(half)
    assert (found["red"], found["black"]) == (0.5, 0.5)
    assert found["light"] == pytest.approx(26.6, abs=0.2)
    grey = np.full((60, 80, 3), 128, np.uint8)
    assert colours(grey)["chroma"] == 0.0


@pytest.mark.parametrize(
    ("name", "facts", "kinds"),
    [
        ("a.png", {"format": "PNG", "width": 1170, "height": 2532}, {"screenshot"}),
        ("a.png", {"format": "PNG", "width": 2532, "height": 1170}, {"screenshot"}),
        ("a.png", {"format": "PNG", "width": 1170, "height": 2532, "camera": "Canon"}, set()),
        ("a.png", {"format": "PNG", "width": 1000, "height": 700}, set()),
        ("a.jpg", {"width": 1920, "height": 1080}, set()),
        ("Screenshot_2019.jpg", {}, {"screenshot"}),
        ("Bildschirmfoto 2020-01-01.jpg", {}, {"screenshot"}),
        ("Capture d’écran.jpg", {}, {"screenshot"}),
        ("DCIM/Screenshots/a.jpg", {}, {"screenshot"}),
        ("a.jpg", {"told": (Extra("comment", "", "Screenshot"),)}, {"screenshot"}),
        ("scan0001.jpg", {}, set()),
        ("my scan.jpg", {}, {"document"}),
        ("Rechnungen/a.jpg", {}, {"document"}),
        ("Scandinavia/a.jpg", {}, set()),
        ("a_selfie.jpg", {}, {"selfie"}),
        ("wide.jpg", {"width": 9000, "height": 3000}, {"panorama"}),
        ("tall.jpg", {"width": 3000, "height": 9000}, {"panorama"}),
        ("phone.jpg", {"width": 4000, "height": 1800}, set()),
        ("a.heic", {"identifier": "x"}, {"live"}),
        ("a.jpg", {"companions": (Companion("c", "c", "c", "c", 1, "video"),)}, {"live"}),
        ("a.jpg", {"companions": (Companion("c", "c", "c", "c", 1, "raw"),)}, {"raw"}),
        ("a.arw", {"format": "RAW"}, {"raw"}),
        ("a.jpg", {"burst": "b"}, {"burst"}),
        ("a.jpg", {"holds": (Extra("film", "a film", "1"),)}, {"film"}),
    ],
)
def test_kinds(name: str, facts: dict[str, object], kinds: set[str]) -> None:
    assert kinds_of(photo("x", **facts), [name]) == kinds


def test_all_names_of_a_photo_are_searched() -> None:
    names = ["Pictures/Zürich 2014/a.jpg", "Backup/b.jpg"]
    columns, texts = row_of(photo("x", camera="Café Cam", place=(47.3769, 8.5417)), names, Looked({"red": 0.5}), "1")
    assert texts == ["a.jpg\nb.jpg", "pictures/zurich 2014\nbackup", "cafe cam", "zurich", "", ""]
    assert columns["country"] == "CH"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Zürich", "zurich"),
        ("ZU\u0308RICH", "zurich"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Ærø", "aero"),
        ("ﬁle", "file"),
        ("İstanbul", "istanbul"),
        ("a\u0000b\n c", "a b c"),
        ("東京", "東京"),
    ],
)
def test_folding(text: str, same: str) -> None:
    assert folded(text) == same
    assert folded(same) == same


@pytest.mark.slow
def test_an_index_fills_in_what_is_searched_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    photos, library = tmp_path / "Holiday", Library(tmp_path / "data")
    taken(1, photos / "one.jpg", "2024-05-01 10:00:00")
    red = scene(2)
    red.paste((220, 20, 30), (0, 0, *red.size))
    save(red, photos / "red.jpg")
    save(scene(3).convert("L"), photos / "grey.jpg")
    read_in(library, photos)

    def found(condition: Condition) -> list[str]:
        seen = Searchable(library, BuiltinEncoder.key, BuiltinEncoder.calibration)
        return sorted(one.name for one in library.photos(seen.files[seen.matching(condition)].tolist()))

    assert found(Flag("colours", "red")) == ["red.jpg"]
    assert found(Flag("looks", "bw")) == ["grey.jpg"]
    assert found(Contains("holiday", ("folder",))) == ["grey.jpg", "one.jpg", "red.jpg"]
    assert found(Not(Some((Flag("colours", "red"), Flag("looks", "bw"))))) == ["one.jpg"]
    assert found(Every((Contains("ON"), Contains("e.j")))) == ["one.jpg"]
    assert found(Some(())) == []
    made = library.number("SELECT count(*) FROM trait")
    read_in(library, photos)
    assert (made, library.number("SELECT max(id) FROM trait")) == (3, 3), "nothing is made again"
