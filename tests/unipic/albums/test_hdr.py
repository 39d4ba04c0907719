"""Merges of brackets: aligned, cropped, refused where frames do not lie on each other, and without ghosts."""

import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from benchmarks.organise import compared, made_bracket, uncovered
from PIL import Image
from PIL.ExifTags import IFD, Base
from tests.helpers.galleries import photo
from tests.helpers.pictures import scene

from unipic.albums.groups import AlbumGroup
from unipic.albums.hdr import GHOSTS, Merged, aligned, merge
from unipic.albums.made import Bracket, Made, brackets
from unipic.albums.pictures import as_tiff, described, merged
from unipic.cleanup.result import Series, SeriesKind
from unipic.core.settings import Limits
from unipic.reading.engines.inline import InlineEngine


@pytest.fixture(scope="module")
def view() -> np.ndarray:
    """A scene with fine detail everywhere, twice the size of its frames."""
    picture = np.asarray(scene(4, 1200, 900).convert("RGB")).astype(np.float32)
    grain = np.random.default_rng(3).normal(0, 1, (150, 200, 1)).astype(np.float32)
    fine = np.kron(grain, np.ones((6, 6, 1), np.float32))
    return np.clip(picture + 18 * fine, 10, 245).astype(np.uint8)


def test_a_hand_that_moves_costs_little(view: np.ndarray) -> None:
    hand = (14.0, 0.4)
    moved, still = (
        merge(frames, 1) for frames in (made_bracket(view, *hand), made_bracket(view, 0, 0, uncovered(view, *hand)))
    )
    assert isinstance(moved, Merged)
    assert isinstance(still, Merged)
    decibels, sharpness = compared(moved, still)
    assert decibels >= 29
    assert sharpness >= 0.8
    assert 0 <= moved.pixels.min() <= moved.pixels.max() <= 1
    assert moved.crop != still.crop, "what only one frame shows is cut off"
    assert moved.ghosts == 0


def test_what_is_burnt_in_the_middle_frame_is_told_by_another(view: np.ndarray) -> None:
    light = (view.astype(np.float32) / 255) ** 2.2
    light[:, 800:] *= 3  # a window, beyond what the middle exposure can hold
    frames = [np.round(np.clip(light * 2.0**ev, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8) for ev in (-2, 0, 2)]
    found = merge(frames, 1)
    assert isinstance(found, Merged)
    burnt = (frames[1].min(axis=2) == 255)[: found.pixels.shape[0], : found.pixels.shape[1]]
    assert burnt.mean() > 0.02
    assert found.pixels[burnt].std() > 0.01


def test_frames_of_other_scenes_and_sizes_are_refused(view: np.ndarray) -> None:
    frames = made_bracket(view, 0, 0)
    other = np.asarray(scene(9, frames[0].shape[1], frames[0].shape[0]).convert("RGB"))
    assert merge([frames[0], frames[1], other], 1) == "the frames do not lie on each other"
    assert merge([frames[0], frames[1], frames[2][:-4]], 1) == "the frames have different sizes"
    assert "too little" in str(merge([np.roll(frames[0], 120, 1), frames[1], frames[2]], 1))


@pytest.mark.parametrize(("frame", "colour"), [(0, (200, 180, 170)), (2, (30, 25, 40))])
def test_somebody_who_walks_is_shown_once(frame: int, colour: tuple[int, int, int], view: np.ndarray) -> None:
    frames = made_bracket(view, 0, 0)
    still = merge(frames, 1)
    walked = [frame.copy() for frame in frames]
    walked[frame][100:190, 150:210] = colour
    found = merge(walked, 1)
    assert isinstance(found, Merged)
    assert isinstance(still, Merged)
    assert found.ghosts > GHOSTS
    assert "moved" in found.note
    there = (slice(115, 175), slice(165, 195))
    assert np.abs(found.pixels[there] - still.pixels[there]).mean() < 0.1, "there is no trace of them"


def test_a_shift_is_found_whatever_the_exposure(view: np.ndarray) -> None:
    dark, middle, _ = made_bracket(view, 0, 0)
    found = aligned(middle, np.roll(dark, (-3, 5), (0, 1)))
    assert found is not None
    assert np.allclose(found[0], [[1, 0, 5], [0, 1, -3]], atol=0.3)


@pytest.mark.parametrize(
    ("kind", "shots", "merges"), [("bracket", 3, 1), ("bracket", 2, 0), ("burst", 3, 0), ("stack", 5, 0)]
)
def test_only_brackets_of_three_frames_are_merged(kind: SeriesKind, shots: int, merges: int) -> None:
    members = tuple(photo(f"{n}", bias=float(n - 1), path=f"/{n}") for n in range(shots))
    group = AlbumGroup(members, members[:1], "", "", {}, (Series(kind, members, ""),))
    found = brackets(group)
    assert len(found) == merges
    if merges:
        assert found[0] == (members[1], Bracket(("/0", "/1", "/2"), 1))


def _group(view: np.ndarray, folder: Path) -> AlbumGroup:
    exif = Image.Exif()
    exif[Base.Model], exif[Base.Orientation] = "X-T30", 3
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2024:06:12 20:51:10"
    exif.get_ifd(IFD.GPSInfo)[1] = "N"
    members = []
    for bias, frame in zip((-2.0, 0.0, 2.0), made_bracket(view, 3, 0), strict=True):
        path = folder / f"{bias:+g}.jpg"
        Image.fromarray(frame[::-1, ::-1]).save(path, quality=95, exif=exif.tobytes())
        members.append(photo(f"{bias}", name=f"trip/IMG{bias:+g}.jpg", path=str(path), bias=bias, taken=datetime.now()))
    return AlbumGroup(tuple(members), tuple(members[1:2]), "", "", {}, (Series("bracket", tuple(members), ""),))


def test_the_file_has_the_exif_of_the_middle_frame_and_says_what_it_is(view: np.ndarray, tmp_path: Path) -> None:
    (made,) = merged(_group(view, tmp_path), InlineEngine(), Limits(), "jpeg", place=False)
    assert isinstance(made, Made)
    assert (made.name, made.facts["kind"], made.facts["frames"]) == ("hdr_IMG+0.jpg", "hdr", 3)
    assert made.facts["ecc"] > 0.9
    image = Image.open(io.BytesIO(made.data))
    exif = image.getexif()
    assert (exif[Base.Model], exif[Base.Software]) == ("X-T30", "Unipic")
    assert exif[Base.ImageDescription] == "merged from 3 exposures"
    assert exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] == "2024:06:12 20:51:10"
    assert Base.Orientation not in exif, "the frames were turned before they were merged"
    assert dict(exif.get_ifd(IFD.GPSInfo)) == {}


def test_a_tiff_has_sixteen_bits_and_the_exif(view: np.ndarray, tmp_path: Path) -> None:
    exif = described(_group(view, tmp_path).photos[1].path, "merged", place=True)
    pixels = np.linspace(0, 1, 30 * 20 * 3, dtype=np.float32).reshape(30, 20, 3)
    data = as_tiff(pixels, exif)
    image = Image.open(io.BytesIO(data))
    assert image.size == (20, 30)
    assert image.tag_v2[258] == (16, 16, 16)
    assert image.tag_v2[Base.Model] == "X-T30"
    assert image.getexif().get_ifd(IFD.Exif)[Base.DateTimeOriginal] == "2024:06:12 20:51:10"
    start = image.tag_v2[273][0]
    stored = np.frombuffer(data[start:], "<u2").reshape(30, 20, 3)
    assert np.abs(stored / 65535 - pixels).max() < 1e-4


def test_a_bracket_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    members = tuple(photo(f"{n}", bias=float(n), path=str(tmp_path / f"{n}")) for n in range(3))
    group = AlbumGroup(members, members[:1], "", "", {}, (Series("bracket", members, ""),))
    (why,) = merged(group, InlineEngine(), Limits(), "jpeg", place=True)
    assert "was not merged" in str(why)
