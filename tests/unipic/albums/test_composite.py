"""Composites with open eyes: only where every gate lets them pass, labelled, and never without a person's word."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import Base
from tests.helpers.galleries import photo
from tests.safety.harness.amounts import amount

from unipic.albums import composite
from unipic.albums.composite import ALIKE, BADGE, SOURCE_TYPE, Composed, Seen, badged, compose, open_eyes, siblings
from unipic.albums.groups import AlbumGroup
from unipic.albums.pictures import composite_file, looking, proposed
from unipic.core.settings import Limits
from unipic.reading.engines.inline import InlineEngine
from unipic.vision.eyes import Look as Eye
from unipic.vision.faces import Found

NOON = datetime(2024, 6, 12, 12)
POINTS = ((270.0, 200.0), (350.0, 200.0), (310.0, 245.0), (280.0, 280.0), (340.0, 280.0))
BOX = (240.0, 150.0, 380.0, 320.0)
SHUT, OPEN = -4.0, 4.0


def portrait(eyes: str, seed: int = 1) -> np.ndarray:
    """A head before a wall, both with grain that does not change: uint8 [480, 640, 3]."""
    dice = np.random.default_rng(seed)
    wall = cv2.resize(dice.integers(60, 200, (48, 64, 3), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    skin = cv2.resize(dice.integers(120, 235, (60, 80, 3), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    head = np.zeros((480, 640), np.uint8)
    cv2.ellipse(head, (310, 235), (80, 100), 0, 0, 360, 255, -1)
    picture = np.where(head[..., None] > 0, skin, wall).astype(np.uint8)
    for x, y in POINTS[:2]:
        at = (int(x), int(y))
        if eyes == "open":
            cv2.ellipse(picture, at, (16, 9), 0, 0, 360, (250, 250, 250), -1)
            cv2.circle(picture, at, 7, (30, 20, 10), -1)
        else:
            cv2.line(picture, (at[0] - 16, at[1]), (at[0] + 16, at[1]), (60, 40, 30), 2)
    cv2.line(picture, (280, 280), (340, 280), (150, 40, 40), 5)
    return picture


def seen(open: float | None, dx: float = 0, dy: float = 0) -> Seen:
    box = (BOX[0] + dx, BOX[1] + dy, BOX[2] + dx, BOX[3] + dy)
    return Seen(box, tuple((x + dx, y + dy) for x, y in POINTS), open)


class Eyes:
    """Stands for the networks: the first picture it sees has the first faces, and so on."""

    def __init__(self, *faces: Sequence[Seen]) -> None:
        self._faces = list(faces)

    def __call__(self, picture: np.ndarray) -> Sequence[Seen]:
        return self._faces.pop(0)


def moved(picture: np.ndarray, dx: float, dy: float) -> np.ndarray:
    how = np.array([[1, 0, dx], [0, 1, dy]], float)
    return cv2.warpAffine(picture, how, (640, 480), borderMode=cv2.BORDER_REFLECT)


def test_the_eyes_are_open_and_all_else_is_as_it_was() -> None:
    shut, awake = portrait("shut"), portrait("open")
    found = compose(shut, moved(awake, 6, -4), Eyes([seen(SHUT)], [seen(OPEN, 6, -4)]))
    assert isinstance(found, Composed)
    assert found.correlations[0] >= ALIKE
    eyes = (slice(185, 215), slice(250, 370))
    assert np.abs(found.pixels[eyes].astype(int) - awake[eyes]).mean() < 8
    assert np.abs(found.pixels[eyes].astype(int) - shut[eyes]).mean() > 20
    around = np.ones((480, 640), bool)
    around[150:250, 220:400] = False
    assert np.array_equal(found.pixels[around], shut[around])
    assert found.boxes == (BOX,)


@pytest.mark.parametrize(
    ("best", "other", "why"),
    [
        (seen(None), seen(OPEN), "surely shut"),
        (seen(-1.0), seen(OPEN), "surely shut"),
        (seen(SHUT), seen(1.0), "surely open"),
        (seen(SHUT), seen(OPEN, 80), "surely open"),  # somebody else, who stands there
    ],
)
def test_without_certainty_nothing_is_made(best: Seen, other: Seen, why: str) -> None:
    found = compose(portrait("shut"), portrait("open"), Eyes([best], [other]))
    assert why in str(found)


def smaller(face: Seen, scale: float) -> Seen:
    points = tuple((x * scale, y * scale) for x, y in face.points)
    left, top, right, bottom = (edge * scale for edge in face.box)
    return Seen((left, top, right, bottom), points, face.open)


def turned(face: Seen) -> Seen:
    points = list(face.points)
    points[2] = (points[2][0] + 30, points[2][1])
    return replace(face, points=tuple(points))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda a, b: (a, b, smaller(seen(SHUT), 0.45), smaller(seen(OPEN), 0.45)), "too small"),
        (lambda a, b: (a, b, replace(seen(SHUT), box=(240.0, -10.0, 380.0, 320.0)), seen(OPEN)), "cut by the frame"),
        (lambda a, b: (a, b, seen(SHUT), replace(seen(OPEN), box=(240.0, 150.0, 630.0, 320.0))), "cut by the frame"),
        (lambda a, b: (a, b, seen(SHUT), turned(seen(OPEN))), "turned"),
        (lambda a, b: (a, (b // 3).astype(np.uint8), seen(SHUT), seen(OPEN)), "lit differently"),
        (lambda a, b: (a, portrait("open", seed=2), seen(SHUT), seen(OPEN)), "do not lie on each other"),
    ],
)
def test_each_gate_refuses(change: Any, why: str) -> None:
    best, other, face, same = change(portrait("shut"), portrait("open"))
    found = open_eyes(best, other, face, same)
    assert isinstance(found, str)
    assert why in found


def test_faces_of_other_people_are_refused() -> None:
    mine = portrait("shut", seed=1000)
    taken = [seed for seed in range(amount(pr=10, nightly=200)) if not isinstance(_other(mine, seed), str)]
    assert taken == []


def _other(mine: np.ndarray, seed: int) -> tuple[np.ndarray, float] | str:
    crop = (slice(100, 380), slice(180, 440))
    theirs = mine.copy()
    theirs[crop] = portrait("open", seed)[crop]
    return open_eyes(mine, theirs, seen(SHUT), seen(OPEN))


def test_eyes_come_from_frames_at_most_ten_seconds_away() -> None:
    best = photo("best", taken=NOON)
    gaps = {"a": 0.8, "b": -9.0, "c": 10.5}
    others = [photo(id, taken=NOON + timedelta(seconds=gap)) for id, gap in gaps.items()]
    unknown = [photo("d"), photo("e", taken=NOON, taken_by_camera=False)]
    assert [one.id for one in siblings(best, [best, *others, *unknown])] == ["a", "b"]
    assert composite.told(best, others[0]) == "Eyes taken from a.jpg (0.8 s later)"
    assert composite.told(best, others[1]) == "Eyes taken from b.jpg (9.0 s earlier)"


@pytest.fixture
def group(tmp_path: Path) -> AlbumGroup:
    members = []
    for name, eyes, gap in (("best", "shut", 0.0), ("other", "open", 0.8)):
        path = tmp_path / f"{name}.png"
        Image.fromarray(portrait(eyes)).save(path)
        taken = NOON + timedelta(seconds=gap)
        members.append(photo(name, path=str(path), taken=taken))
    return AlbumGroup(tuple(members), (members[0],), "", "", {})


def test_a_composite_is_proposed_and_says_what_it_is(group: AlbumGroup) -> None:
    found = proposed(group, Eyes([seen(SHUT)], [seen(OPEN)]), InlineEngine(), Limits())
    assert found is not None
    made = composite_file(found, place=True)
    assert made.name == "composite_best.jpg"
    assert made.facts["sources"] == ["best.jpg", "other.jpg"]
    assert made.facts["faces"] == [[240, 150, 380, 320]]
    assert made.facts["ecc"][0] >= ALIKE
    image = Image.open(io.BytesIO(made.data))
    assert BADGE in image.getexif()[Base.ImageDescription]
    assert SOURCE_TYPE.encode() in image.info["xmp"]
    corner = np.asarray(image)[-40:, -160:]
    assert np.abs(corner.astype(int) - portrait("shut")[-40:, -160:]).mean() > 10, "the badge is seen"


def test_nothing_is_proposed_where_all_eyes_are_open(group: AlbumGroup) -> None:
    assert proposed(group, Eyes([seen(OPEN)]), InlineEngine(), Limits()) is None


def test_faces_are_looked_at_by_the_networks() -> None:
    class Finder:
        def faces(self, picture: np.ndarray) -> list[Found]:
            return [Found(BOX, POINTS, 0.9), Found((0, 0, 20, 20), tuple((x / 20, y / 20) for x, y in POINTS), 0.9)]

    class Reader:
        def look(self, faces: Any) -> list[Eye]:
            return [Eye(-5.0, -4.0, 0.0) for _ in faces]

    look = looking(Finder(), Reader())  # type: ignore[arg-type]
    assert [face.open for face in look(portrait("shut"))] == [-4.5, None], (
        "both eyes together; a small face is not judged"
    )


def test_a_badge_fits_small_and_large_pictures() -> None:
    for side in (200, 3000):
        assert badged(np.full((side, side, 3), 200, np.uint8)).shape == (side, side, 3)
