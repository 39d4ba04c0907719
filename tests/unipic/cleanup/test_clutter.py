"""Clutter: what is in a lane and why, and what is spared, on pictures made here."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from tests.helpers.galleries import photo
from tests.helpers.pictures import blurred, scene

from unipic.cleanup.clutter import find_clutter
from unipic.cleanup.face_stage import FaceReaders
from unipic.cleanup.result import Series
from unipic.core.errors import ModelError
from unipic.core.photo import Companion, Extra, Marked, Photo
from unipic.library.index import Index
from unipic.library.recognised import KEY
from unipic.library.thumbnails import Thumbnails
from unipic.reading._measures import measure
from unipic.vision.base import Part

DAY = datetime(2024, 5, 1, 12, tzinfo=UTC)
PHONE = (480, 1040)


class Shelf(Index):
    """Pictures and the lines that were read in them."""

    def __init__(self, folder: Path) -> None:
        self.thumbnails = Thumbnails(folder)
        self.lines: dict[str, list[Part]] = {}

    def parts(self, photos: Sequence[Photo], key: str) -> dict[str, list[Part]]:
        return {one.digest: self.lines[one.digest] for one in photos if key == KEY}

    def put(self, picture: Image.Image, lines: Sequence[Any] = (), **facts: Any) -> Photo:
        file = io.BytesIO()
        picture.convert("RGB").save(file, "JPEG", quality=92)
        digest = hashlib.sha256(file.getvalue() + repr((facts, lines)).encode()).hexdigest()
        self.thumbnails.save(digest, file.getvalue())
        self.lines[digest] = [
            Part(f"line {i}", "line", box, facts={"text": text, "score": 0.9}) for i, (text, box) in enumerate(lines)
        ]
        width, height = picture.size
        seen = {"width": width, "height": height, "measures": measure(np.array(picture.convert("RGB")))}
        return photo(facts.pop("id", digest[:8]), **{**seen, "digest": digest, **facts})

    def found(self, *photos: Photo, series: Sequence[Series] = (), faces: Any = None) -> list[tuple[str, str]]:
        """(kind, reason) of each, beside another photo of the day."""
        return [(one.kind, one.reason) for one in find_clutter(photos, series, self.thumbnails, faces, self)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def drawn(size: tuple[int, int], colour: str, *shapes: tuple[str, Any, str]) -> Image.Image:
    """Rectangles, ellipses and such in one colour each."""
    picture = Image.new("RGB", size, colour)
    pen = ImageDraw.Draw(picture)
    for shape, where, fill in shapes:
        getattr(pen, shape)(where, fill=fill)
    return picture


def written(size: tuple[int, int], paper: str, ink: str, words: Sequence[str]) -> tuple[Image.Image, list[Any]]:
    """A page with these lines over its whole height, and where they are."""
    picture = Image.new("RGB", size, paper)
    pen, (width, height), step = ImageDraw.Draw(picture), size, 0.9 / len(words)
    boxes = [(0.1, 0.05 + i * step, 0.8, 0.05 + (i + 0.5) * step) for i in range(len(words))]
    for text, (left, top, _, bottom) in zip(words, boxes, strict=True):
        pen.text((left * width, top * height), text, fill=ink, font_size=(bottom - top) * height * 0.8)
    return picture, list(zip(words, boxes, strict=True))


def screen_of(size: tuple[int, int]) -> Image.Image:
    bars = [("rectangle", (20, y, size[0] - 60, y + 24), "#6688aa") for y in range(80, size[1] - 40, 90)]
    return drawn(size, "#f4f4f8", ("rectangle", (0, 0, size[0], 60), "#223355"), *bars)


def night(*lamps: tuple[int, int], size: int = 3) -> Image.Image:
    return drawn((640, 480), "#050508", *(("ellipse", (x, y, x + size, y + size), "#ffeecc") for x, y in lamps))


def fog() -> Image.Image:
    trees = [("rectangle", (x, 150, x + 30, 400), "#b4b4b6") for x in (100, 250, 420)]
    return blurred(drawn((640, 480), "#d0d0d2", ("rectangle", (0, 380, 640, 480), "#bcbcbe"), *trees), 6)


def leaves() -> Image.Image:
    """Detail as fine as pixels of a screen's size."""
    tones = np.random.default_rng(4).integers(0, 256, (480, 270, 3), dtype=np.uint8)
    return Image.fromarray(tones).resize((1080, 1920), Image.Resampling.BICUBIC)


def meme() -> tuple[Image.Image, list[Any]]:
    picture = Image.new("RGB", (640, 640), "white")
    picture.paste(scene(3, 640, 480), (0, 160))
    pen = ImageDraw.Draw(picture)
    pen.text((30, 30), "When the weekend\nis over", fill="black", font_size=44)
    return picture, [("When the weekend", (0.05, 0.05, 0.7, 0.12)), ("is over", (0.05, 0.13, 0.4, 0.2))]


PROSE = [f"Dear neighbours, line {i} of this letter" for i in range(16)]
LISTING = [f"-rw-r--r-- 1 user report_{i}.txt" for i in range(16)]
SENT = "WhatsApp Images/IMG-20240501-WA0007.jpg"
CAMERA: dict[str, Any] = {"camera": "Made up 100", "exposure": "1/60 s, f/8"}
CASES: dict[str, tuple[str | None, Any, dict[str, Any]]] = {
    "a blurred photo": ("blurred", lambda: blurred(scene(1), 6), CAMERA),
    "a sharp one": (None, lambda: scene(1).filter(ImageFilter.SHARPEN), CAMERA),
    "a blurred icon": (None, lambda: blurred(scene(1, 320, 240), 6), CAMERA),
    "fog": (None, fog, CAMERA),
    "lights of a night, blurred": (None, lambda: blurred(night((100, 90), (400, 200), size=90), 8), CAMERA),
    "a long exposure": (None, lambda: blurred(scene(1), 6), {**CAMERA, "exposure": "2 s, f/8"}),
    "the inside of a pocket": ("black", lambda: blurred(drawn((640, 480), "#0a0606"), 2), CAMERA),
    "the moon": (None, lambda: night((300, 200), size=40), CAMERA),
    "stars": (None, lambda: night((100, 50), (300, 200), (500, 400)), CAMERA),
    "a wall": ("empty", lambda: drawn((640, 480), "#b8b0a0"), CAMERA),
    "a bird in the sky": (
        None,
        lambda: drawn((640, 480), "#88aacc", ("ellipse", (300, 200, 314, 208), "#202020")),
        CAMERA,
    ),
    "a screen by its size": ("screenshot", lambda: screen_of((1080, 1920)), {"format": "PNG"}),
    "a screen by its name": ("screenshot", lambda: screen_of(PHONE), {"name": "Screenshot_2024-05-01.jpg"}),
    "a German one": ("screenshot", lambda: screen_of((900, 700)), {"name": "Bildschirmfoto 2024.png", "format": "PNG"}),
    "a screen as Apple says": (
        "screenshot",
        lambda: scene(2),
        {"told": (Extra("note", "", "Screenshot"),), "name": "IMG_1.PNG"},
    ),
    "a photo of a screen's size": (
        None,
        leaves,
        {"format": "PNG"},
    ),
    "a camera's photo under that name": (None, lambda: scene(2), {**CAMERA, "name": "Screenshots/IMG_2.JPG"}),
    "a letter": ("document", lambda: written((600, 800), "white", "black", PROSE), CAMERA),
    "a receipt by its name": ("document", lambda: drawn((400, 900), "#f6f6f4"), {"name": "Quittung Bahn.jpg"}),
    "a plaque": (None, lambda: written((600, 800), "#303030", "#c0c0c0", PROSE), CAMERA),
    "a street with signs": (None, lambda: (scene(5), [("Main Street", (0.4, 0.4, 0.5, 0.42))]), CAMERA),
    "a scanned old print": (None, lambda: scene(6), {"name": "Scan0001.jpg"}),
    "a terminal": ("screen", lambda: written((800, 600), "#301030", "#e0e0e0", LISTING), CAMERA),
    "a meme": ("graphic", meme, {"name": SENT}),
    "a meme under no messenger's name": (None, meme, {"name": "holiday.jpg"}),
    "a drawing that was sent": ("graphic", lambda: screen_of((640, 640)), {"name": SENT}),
    "a photo that was sent": (None, lambda: scene(7), {"name": SENT}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_called_clutter(case: str, shelf: Shelf) -> None:
    kind, make, facts = CASES[case]
    made = make()
    picture, lines = made if isinstance(made, tuple) else (made, [])
    one = shelf.put(picture, lines, **{"name": "photo.jpg", **facts})
    beside = f"{one.name.rpartition('/')[0]}/other.jpg".lstrip("/")
    other = shelf.put(scene(99).filter(ImageFilter.SHARPEN), name=beside)
    found = shelf.found(one, other)
    assert [found_kind for found_kind, _ in found] == ([kind] if kind else [])
    assert all(any(sign.isdigit() for sign in reason) or "says so" in reason for _, reason in found)


def test_the_surest_come_first(shelf: Shelf) -> None:
    photos = [shelf.put(blurred(scene(1), radius), id=f"{radius}", **CAMERA) for radius in (4, 12, 6)]
    sharp = shelf.put(scene(1).filter(ImageFilter.SHARPEN), **CAMERA)
    found = find_clutter([*photos, sharp], (), shelf.thumbnails, None, shelf)
    certainties = [one.certainty for one in found]
    assert len(found) >= 2
    assert certainties == sorted(certainties, reverse=True)
    assert found[0].photo.id == "12"


SPARED: dict[str, dict[str, Any]] = {
    "rated": {"rating": 3},
    "a favourite": {"marked": Marked(favourite=True)},
    "with a note": {"marked": Marked(note="the first step")},
    "edited": {"edited": "GIMP"},
    "of a burst": {"burst": "7"},
    "of a bracket": {"bracketed": True},
    "a film inside": {"holds": (Extra("film", "a film of 2 s", "x"),)},
    "the edit of an original": {"companions": (Companion("o", "o.jpg", "/o.jpg", "0" * 64, 9, "original"),)},
}


@pytest.mark.parametrize("why", SPARED)
def test_what_somebody_cares_for_is_in_no_lane(why: str, shelf: Shelf) -> None:
    sharp = shelf.put(scene(1).filter(ImageFilter.SHARPEN), **CAMERA)
    soft = shelf.put(blurred(scene(1), 6), **CAMERA)
    assert len(shelf.found(sharp, soft)) == 1
    assert shelf.found(sharp, replace(soft, **SPARED[why])) == []


def test_series_stay_whole(shelf: Shelf) -> None:
    sharp, soft = shelf.put(scene(1).filter(ImageFilter.SHARPEN)), shelf.put(blurred(scene(1), 6))
    assert shelf.found(sharp, soft, series=[Series("stack", (sharp, soft), "focus moves")]) == []


def test_the_only_photo_of_a_day_at_a_place_is_spared(shelf: Shelf) -> None:
    taken: dict[str, Any] = {**CAMERA, "taken": DAY, "place": (48.2, 16.37)}
    soft = shelf.put(blurred(scene(1), 6), **taken)
    sharp = shelf.put(scene(1).filter(ImageFilter.SHARPEN), **taken)
    assert len(shelf.found(soft, sharp)) == 1
    assert shelf.found(soft) == []
    assert shelf.found(soft, replace(sharp, taken=DAY.replace(day=2))) == []
    assert shelf.found(soft, replace(sharp, place=(41.9, 12.5))) == []
    assert len(shelf.found(soft, replace(sharp, place=None))) == 1, "a camera without a place was there too"
    also = shelf.put(blurred(scene(2), 6), **taken)
    assert shelf.found(soft, also) == [], "of a day of which all is clutter, nothing is"
    undated = [replace(one, taken=None, name=f"{folder}/1.jpg") for one, folder in ((soft, "a"), (sharp, "b"))]
    assert shelf.found(*undated) == [], "without a date the folder counts"
    dated = shelf.put(screen_of(PHONE), name="Screenshot.png", format="PNG", taken=DAY)
    assert shelf.found(dated) == []
    assert len(shelf.found(replace(dated, taken_by_camera=False))) == 1, "a screenshot is of no place"


class Everybody:
    """Finds a face in every picture, or cannot be used."""

    key = "faces (tests)"

    def __init__(self, usable: bool) -> None:
        self.usable = usable

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[Part]]:
        if not self.usable:
            raise ModelError("no weights")
        points = [(0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.4, 0.6), (0.6, 0.6)]
        return [
            [Part("face 0", "face", (0.3, 0.3, 0.7, 0.7), facts={"points": points, "score": 0.9})] for _ in pictures
        ]


class NoEyes:
    key = "eyes (tests)"

    def __call__(self, faces: Any) -> Any:
        return [[] for _ in faces]


@pytest.mark.parametrize("usable", [True, False])
def test_a_face_keeps_all_but_screenshots_out(usable: bool, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    from unipic.cleanup import face_stage
    from unipic.vision.eyes import Look

    monkeypatch.setattr(
        face_stage, "looks", lambda _, faces: [Look(*[float("nan")] * face_stage.NUMBERS) for _ in faces]
    )
    readers = FaceReaders(Everybody(usable), NoEyes())  # type: ignore[arg-type]
    sharp, soft = shelf.put(scene(1).filter(ImageFilter.SHARPEN)), shelf.put(blurred(scene(1), 6))
    shot = shelf.put(screen_of(PHONE), name="Screenshot.png", format="PNG")
    assert {kind for kind, _ in shelf.found(sharp, soft, shot)} == {"blurred", "screenshot"}
    assert [kind for kind, _ in shelf.found(sharp, soft, shot, faces=readers)] == ["screenshot"]
