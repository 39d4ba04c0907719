"""Sets taken on purpose, by what the camera wrote and by how the shots lie on each other."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image, ImageFilter
from tests.helpers.galleries import likeness, photo
from tests.helpers.pictures import save, scene

from unipic.cleanup._alignment import Sketch
from unipic.cleanup.compare import Sketches, compare_pair
from unipic.cleanup.result import Series, SeriesKind
from unipic.cleanup.series import STACK, find_series, focus_wanders, no_copies
from unipic.core.photo import Photo
from unipic.core.settings import Limits
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.read import read
from unipic.reading.seen import Picture
from unipic.review.rules import SETS
from unipic.sources.folder import FolderSource

WHEN = datetime(2024, 6, 12, 20, 51, 7)
Found = list[tuple[str, list[str]]]


def shots(*seconds: float, **facts: Sequence[object]) -> list[Photo]:
    """One after the other, each with its own of each fact."""
    names = [f"{number:02}" for number in range(len(seconds))]
    each = [dict(zip(facts, values, strict=True)) for values in zip(*facts.values(), strict=True)] or [{}] * len(names)
    return [
        photo(name, camera="NIKON D5600", taken=WHEN + timedelta(seconds=second), **more)
        for name, second, more in zip(names, seconds, each, strict=True)
    ]


def sets_of(photos: list[Photo], alike: float = 99.0) -> Found:
    pairs = {f"{a.id} {b.id}": alike for a, b in pairwise(photos)}
    found = find_series(photos, likeness(photos, pairs), Sketches(Thumbnails(Path("/nowhere"))))
    again = find_series(photos[::-1], likeness(photos, pairs), Sketches(Thumbnails(Path("/nowhere"))))
    assert again == found, "in whatever order they come"
    return [(one.kind, [shot.id for shot in one.photos]) for one in found]


def test_what_the_camera_took_as_one_burst() -> None:
    photos = shots(0, 0.1, 0.2, 60, burst=["A", "A", "A", "B"])
    assert sets_of(photos) == [("burst", ["00", "01", "02"])]


def test_exposures_of_one_scene() -> None:
    photos = shots(0, 0.4, 0.8, 60, bias=[0.0, -2.0, 2.0, 0.0])
    assert sets_of(photos) == [("bracket", ["00", "01", "02"])]
    (found,) = find_series(photos, likeness(photos, {}), Sketches(Thumbnails(Path("/nowhere"))))
    assert found.reason == "3 exposures of one scene, -2 to +2 EV"


def test_two_brackets_one_after_the_other() -> None:
    photos = shots(*range(6), bias=[0.0, -2.0, 2.0] * 2)
    assert sets_of(photos) == [("bracket", ["00", "01", "02"]), ("bracket", ["03", "04", "05"])]


@pytest.mark.parametrize("bias", [[0.0, 0.0, 0.0], [0.0, -1.0, 0.0], [None, None, None]])
def test_other_shots_are_no_bracket(bias: list[float | None]) -> None:
    assert sets_of(shots(0, 0.4, 0.8, bias=bias)) == []


def test_shots_with_time_to_turn_a_dial_are_no_bracket() -> None:
    assert sets_of(shots(0, 5, 10, bias=[0.0, -1.0, 1.0])) == []


def test_two_cameras_make_no_bracket() -> None:
    photos = shots(0, 0.4, 0.8, bias=[0.0, -2.0, 2.0])
    assert sets_of([photos[0], replace(photos[1], camera="other"), photos[2]]) == []
    assert sets_of([replace(shot, taken_by_camera=False) for shot in photos]) == []


def test_a_camera_that_says_it_brackets_needs_but_two() -> None:
    times = ["1/125 s, f/8", "1/30 s, f/8"]
    assert sets_of(shots(0, 1, bracketed=[True] * 2, exposure=times)) == [("bracket", ["00", "01"])]
    assert sets_of(shots(0, 1, bracketed=[True] * 2, exposure=times[:1] * 2)) == []
    assert sets_of(shots(0, 1, bias=[0.0, -2.0])) == []


def test_a_shot_every_few_seconds() -> None:
    even = [5 * number for number in range(12)]
    assert sets_of(shots(*even, 200, 203)) == [("timelapse", [f"{number:02}" for number in range(12)])]
    rounded = [round(2.5 * number) for number in range(12)]
    assert [kind for kind, _ in sets_of(shots(*rounded))] == ["timelapse"]


def test_one_series_after_the_other() -> None:
    """Each ends where its rhythm does, and the next begins behind it."""
    slow, fast = [20 * number for number in range(11)], [400 + 3 * number for number in range(14)]
    names = [f"{number:02}" for number in range(29)]
    found = sets_of(shots(-90, -7, *slow, *fast, 500, 777))
    assert found == [("timelapse", names[2:13]), ("timelapse", names[13:27])]


@pytest.mark.parametrize(
    "seconds",
    [
        [5 * number for number in range(9)],  # too few
        [0.2 * number for number in range(30)],  # a burst
        [0, 5, 11, 14, 20, 24, 31, 35, 38, 45, 49, 55],  # by hand
    ],
)
def test_what_is_no_timelapse(seconds: list[float]) -> None:
    assert sets_of(shots(*seconds)) == []


def test_shots_of_many_scenes_are_no_timelapse() -> None:
    assert sets_of(shots(*(5.0 * number for number in range(12))), alike=10.0) == []


def test_two_shots_of_one_set_are_no_copies() -> None:
    a, b, c = photo("a"), photo("b"), photo("c")
    pairs = {"a b": 99.0, "b c": 99.0}
    left = no_copies(likeness([a, b, c], pairs, pairs), [Series("stack", (a, b), "")])
    assert (left.same(a, b), left.same(b, c), left.similar(a, b)) == (0, 99, 99)


def test_every_kind_has_a_name() -> None:
    assert set(get_args(SeriesKind)) == set(SETS)


# With pictures.


def taken(folder: Path, pictures: Sequence[Image.Image], every: float = 1.0) -> Found:
    """As one camera took them, `every` so many seconds, with one exposure; through the real reader."""
    thumbnails = Thumbnails(folder / "thumbs")
    for number, picture in enumerate(pictures):
        save(picture, folder / "photos" / f"{number:02}.jpg", quality=92)
    photos = []
    for number, found in enumerate(read(FolderSource([folder / "photos"]).files(), InlineEngine(), Limits())):
        assert isinstance(found, Picture)
        when = WHEN + timedelta(seconds=every * number)
        photos.append(replace(found.photo, id=f"{number:02}", camera="X-T30", taken=when, exposure="1/125 s, f/8"))
        thumbnails.save(found.photo.digest, found.thumbnail)
    sketches = Sketches(thumbnails)
    pairs = {f"{a.id} {b.id}": 90.0 for a, b in pairwise(photos)}
    either_way = [pair[::-1] if number % 2 else pair for number, pair in enumerate(pairwise(photos))]
    seen = {(a.id, b.id): compare_pair(a, b, sketches, bits=24) for a, b in either_way}
    steps = {ids: each.swept for ids, each in seen.items() if each.swept}
    series = find_series(photos, replace(likeness(photos, pairs), steps=steps), sketches)
    return [(one.kind, [shot.id for shot in one.photos]) for one in series]


@pytest.fixture(scope="module")
def wide() -> Image.Image:
    return scene(7, 2400, 1500)


def swept(wide: Image.Image, *places: tuple[int, int]) -> list[Image.Image]:
    return [wide.crop((x, y, x + 800, y + 600)) for x, y in places]


def test_shots_side_by_side_are_a_panorama(wide: Image.Image, tmp_path: Path) -> None:
    pictures = swept(wide, (0, 300), (420, 305), (830, 298), (1250, 302))
    assert taken(tmp_path, pictures) == [("panorama", ["00", "01", "02", "03"])]


def test_a_panorama_goes_one_way_and_takes_no_pause(wide: Image.Image, tmp_path: Path) -> None:
    there_and_back = swept(wide, (0, 300), (420, 300), (60, 290), (480, 310))
    assert taken(tmp_path / "a", there_and_back) == []
    assert taken(tmp_path / "b", swept(wide, (0, 300), (420, 300), (830, 300)), every=20) == []


def test_a_burst_by_hand_is_no_panorama(wide: Image.Image, tmp_path: Path) -> None:
    assert taken(tmp_path, swept(wide, (400, 300), (410, 296), (405, 304), (414, 301), (420, 299))) == []


def textured(picture: Image.Image) -> Image.Image:
    grain = np.random.default_rng(1).normal(0, 25, (picture.height, picture.width, 1))
    return Image.fromarray((np.asarray(picture) + grain).clip(0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(0.8)
    )


def focused(picture: Image.Image, at: float) -> Image.Image:
    """Sharp in one column of the frame, softer away from it."""
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(4)), np.float32)
    near = np.exp(-(((np.linspace(0, 1, picture.width) - at) / 0.16) ** 2))[None, :, None]
    return Image.fromarray((np.asarray(picture, np.float32) * near + soft * (1 - near)).astype(np.uint8))


def test_a_focus_that_wanders_is_a_stack(wide: Image.Image, tmp_path: Path) -> None:
    frame = textured(wide.crop((300, 300, 1100, 900)))
    pictures = [focused(frame, at) for at in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert taken(tmp_path, pictures) == [("stack", ["00", "01", "02", "03", "04"])]


def test_a_burst_with_one_sharp_shot_is_no_stack(wide: Image.Image, tmp_path: Path) -> None:
    frame = textured(wide.crop((300, 300, 1100, 900)))
    soft = [frame.filter(ImageFilter.GaussianBlur(radius)) for radius in (3, 2, 4, 2.5)]
    assert taken(tmp_path, [*soft[:2], frame, *soft[2:]]) == []


PHOTOS = Path(__file__).resolve().parents[3].parent / "shared" / "photos" / "gallery_dev"


@pytest.mark.slow
@pytest.mark.photos
@pytest.mark.skipif(not PHOTOS.is_dir(), reason="the labelled photos are not at hand")
def test_real_focus_stacks_and_other_series() -> None:
    """Of every labelled series of one size, whatever the camera wrote: the two stacks, and none that is no set."""
    series: dict[tuple[str, tuple[int, int]], list[np.ndarray]] = {}
    notes = {}
    with open(PHOTOS / "groups.csv", encoding="utf-8", newline="") as file:
        rows = sorted((row for row in csv.DictReader(file) if row["similar_group"]), key=lambda row: row["file"])
    for row in rows:
        if row["kind"].startswith("original"):
            with Image.open(PHOTOS / row["file"]) as image:
                grey = Sketch(np.asarray(image.convert("RGB")), max(image.size)).grey
            series.setdefault((row["similar_group"], image.size), []).append(grey)
            notes[row["similar_group"]] = row["note"]
    long = {name: greys for (name, _), greys in series.items() if len(greys) >= STACK}
    found = {name for name, greys in long.items() if focus_wanders(greys)}
    assert {name for name in long if notes[name] == "focus stack"} <= found
    others = {name for name in found if notes[name] not in ("focus stack", "exposure bracket")}
    assert others == set()
    assert len(long) > 20
