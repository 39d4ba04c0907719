from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st
from tests.helpers.galleries import galleries, photo

from unipic.cleanup._copy_names import is_copy_name, is_in_copy_folder
from unipic.cleanup._signs import SIGNS, Sign, quality
from unipic.cleanup.keeper import REASONS, keeper_first, keeper_reason, warning_about
from unipic.core.embeddings import Embeddings
from unipic.core.photo import FORMATS, Extra, Gallery, Photo, Trace, local_time

EARLY, LATE = datetime(2024, 6, 12, 18, 0), datetime(2024, 6, 12, 18, 1)
CAMERA = "Canon EOS 5D"
FILM, CAPTION = Extra("film", "a film of 2.1 s", "1"), Extra("caption", 'the caption "At sea"', "At sea")
HERE = (38.7, -9.1)


AS_TAKEN = {
    "camera": CAMERA,
    "taken": EARLY,
    "traces": ("camera layout", "maker note", "preview", "settings", "size as taken"),
}
RE_SAVED = {"camera": CAMERA, "taken": EARLY, "traces": ("maker note", "preview", "settings", "size as taken")}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param({"format": "RAW", "width": 80}, {"quality": 100, **AS_TAKEN}, id="the negative before all"),
        # A camera's file against what programs make of it
        pytest.param({**AS_TAKEN, "quality": 76}, {"quality": 88}, id="a messenger's higher quality"),
        pytest.param({**AS_TAKEN, "quality": 60}, {"quality": 100, "format": "PNG"}, id="without loss, without EXIF"),
        pytest.param({**AS_TAKEN, "quality": 85}, {**RE_SAVED, "quality": 95}, id="EXIF kept by a library"),
        pytest.param(AS_TAKEN, {"width": 600, "height": 450, "quality": 95}, id="enlarged"),
        pytest.param(AS_TAKEN, {**RE_SAVED, "format": "HEIF", "size": 60_000}, id="converted to HEIC"),
        pytest.param(
            {**AS_TAKEN, "format": "HEIF", "size": 60_000, "traces": ("camera format", "maker note", "settings")},
            {**RE_SAVED, "quality": 97},
            id="a phone's HEIC and the JPEG made of it",
        ),
        pytest.param({**AS_TAKEN}, {**AS_TAKEN, "edited": "Snapseed"}, id="edited"),
        pytest.param({"width": 800, "height": 600}, {"camera": CAMERA, "quality": 100}, id="twice the size"),
        # Traces of programs, where neither has a camera's data
        *(
            pytest.param({"quality": 84}, {"quality": 95, "traces": (trace,)}, id=trace)
            for trace in ("compressed before", "border", "resampled", "grey", "social network", "encoder")
        ),
        pytest.param({}, {"width": 800, "height": 600, "traces": ("resampled",)}, id="enlarged to the double"),
        pytest.param({}, {"width": 600, "height": 650, "traces": ("border",)}, id="a screenshot of it"),
        pytest.param({"traces": ("own tables",), "quality": 76}, {"quality": 92}, id="tables of no common program"),
        # Without any
        pytest.param({"width": 420, "height": 315, "quality": 78}, {"quality": 95}, id="whole before cropped"),
        pytest.param({"width": 800, "size": 10}, {"size": 9000}, id="resolution before bytes"),
        pytest.param({"quality": 95}, {"quality": 60}, id="quality"),
        pytest.param({"quality": 95}, {"format": "HEIF", "size": 500}, id="a HEIF that is visibly compressed"),
        pytest.param({"quality": 90}, {"format": "WEBP", "size": 90_000}, id="not what was converted"),
        pytest.param({"holds": (FILM,)}, {"quality": 95}, id="what it holds"),
        pytest.param({"told": (CAPTION,), "quality": 90}, {"quality": 91}, id="words"),
        pytest.param({"taken": EARLY, "size": 10, "digest": "f"}, {"taken": LATE, "digest": "a"}, id="the earliest"),
        pytest.param({"taken": LATE}, {"taken": None}, id="a known capture before none"),
        pytest.param({"taken": EARLY}, {"taken": LATE.replace(tzinfo=UTC)}, id="with and without a zone"),
        pytest.param({"taken": LATE}, {"taken": EARLY, "taken_by_camera": False}, id="the shutter, not a change"),
        # Names break ties
        pytest.param({"name": "DCIM/IMG_1.jpg"}, {"name": "IMG_1 (1).jpg", "size": 9000}, id="a copy's name"),
        pytest.param({"name": "cameras/a.jpg"}, {"name": "Backup/a.jpg"}, id="a folder for copies, though shorter"),
        pytest.param({"size": 2000, "digest": "b"}, {"size": 1000, "digest": "a"}, id="the larger file"),
        pytest.param({"digest": "a"}, {"digest": "b"}, id="bytes settle what facts do not"),
        pytest.param({"digest": "a", "name": "z/z/z/b.jpg"}, {"digest": "a", "name": "aa.jpg"}, id="the shorter name"),
        pytest.param({"digest": "a", "name": "a"}, {"digest": "a", "name": "b"}, id="names settle what bytes do not"),
        pytest.param({"digest": "a", "name": "a/c"}, {"digest": "a", "name": "b/c"}, id="then folders"),
        pytest.param({"digest": "a", "name": "z/c"}, {"digest": "a", "name": "a/b/c"}, id="fewer folders first"),
    ],
)
def test_keeper_order(better: dict[str, Any], worse: dict[str, Any]) -> None:
    best, other = photo("z", **better), photo("a", **worse)
    assert min(other, best, key=keeper_first) is best
    assert keeper_reason(best, other)
    assert keeper_reason(other, best) == ""


@pytest.mark.parametrize("name", ["IMG_1 (2).jpg", "Copy of IMG_1.jpg", "IMG_1 - Copy.JPG", "received_22.jpeg"])
@pytest.mark.parametrize("folder", ["Backup", "WhatsApp Images", "a/b/c/d/e"])
def test_no_name_beats_what_the_file_shows(name: str, folder: str) -> None:
    original, copy = photo("a", name=f"{folder}/{name}", **AS_TAKEN), photo("b", name="IMG_1.jpg", quality=90)
    assert min(original, copy, key=keeper_first) is original


@pytest.mark.parametrize(
    ("name", "is_copy"),
    [
        *((name, False) for name in ("IMG_1.JPG", "DSC_0042.jpg", "Copenhagen.jpg", "copyright.png", "a(1)b.jpg", "")),
        *((name, False) for name in ("kopis.jpg", "edit wars.jpg", "IMG_20240612_101112.jpg")),
        *(
            (name, True)
            for name in ("IMG_1 (1).JPG", "Kopie von IMG_1.jpg", "IMG_E1234.JPG", "IMG-20240612-WA0003.jpg")
        ),
        *(
            (name, True)
            for name in ("IMG_1-edited.jpg", "IMG_1~2.jpg", "IMG_1_thumb.jpg", "FB_IMG_15.jpg", "a copy 2.png")
        ),
        *(
            (name, True)
            for name in ("WhatsApp Image 2024-06-12 at 10.11.12.jpeg", "Screenshot_2024.png", "IMG_1のコピー.jpg")
        ),
    ],
)
def test_names_of_copies(name: str, is_copy: bool) -> None:
    assert is_copy_name(name) == is_copy
    assert is_copy_name(f"Copies/{name}") == is_copy


@pytest.mark.parametrize(
    ("folder", "is_for_copies"),
    [
        *(
            (folder, True)
            for folder in ("Backup", "backups", "Old/Downloads", "WhatsApp Images", "2019 - Copy", "thumbs")
        ),
        *((folder, False) for folder in ("", "DCIM", "2019 Copenhagen", "Downloadsville", "Backyard", "line art")),
    ],
)
def test_folders_for_copies(folder: str, is_for_copies: bool) -> None:
    assert is_in_copy_folder(f"{folder}/IMG_1.jpg") == is_for_copies
    assert not is_in_copy_folder("Backup")


@pytest.mark.parametrize("stars", [5, 0, -1])
def test_stars_do_not_choose_the_keeper(stars: int) -> None:
    assert keeper_first(photo("a", rating=stars)) == keeper_first(photo("a"))


@pytest.mark.parametrize("trace", get_args(Trace))
def test_every_trace_counts_or_says_why_not(trace: Trace) -> None:
    """A file smaller than its EXIF says may still be the largest one left; only one of the taken size gains."""
    counts = keeper_first(photo("a", traces=(trace,))) != keeper_first(photo("a"))
    assert counts != (trace in ("resized", "reframed", "settings"))


def test_turned_photos_have_the_same_resolution() -> None:
    assert keeper_first(photo("a", width=300, height=400)) == keeper_first(photo("a", width=400, height=300))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "HEIF", "AVIF", "WEBP", "TIFF", "BMP", "GIF", "RAW"])
def test_every_format_that_is_read_has_its_rank(format: str) -> None:
    assert format in FORMATS


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        *(({"quality": quality}, quality / 10) for quality in (0, 49, 75)),
        ({"quality": 85}, 7.8),
        ({"quality": 95}, 8.1),
        ({"quality": 100}, 8.1),
        *(({"format": kind, "size": 90_000}, 7.89) for kind in ("HEIF", "AVIF", "WEBP")),  # 6 bits per pixel
        ({"format": "HEIF", "size": 3000}, 7.89),  # 0.2
        ({"format": "HEIF", "size": 2999}, 7.0),
        ({"format": "HEIF", "size": 900}, 7.0),  # 0.06
        ({"format": "HEIF", "size": 899}, 4.0),
        *(({"format": kind, "size": size}, 6.0) for kind in ("GIF", "PNG", "TIFF", "JPEG") for size in (1, 10**9)),
    ],
)
def test_how_little_compression_took(facts: dict[str, Any], expected: float) -> None:
    assert quality(photo("a", **facts)) == pytest.approx(expected)


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.name)
def test_a_sign_has_a_weight_and_words(sign: Sign) -> None:
    assert sign.weight >= sign.least > 0
    words = sign.why(photo("a", **AS_TAKEN, companions=()), photo("b", edited="GIMP"))
    assert words.strip() == words
    assert 0 < len(words) < 120


@given(galleries())
def test_the_order_is_total_and_every_reason_follows_it(drawn: tuple[Gallery, Embeddings]) -> None:
    """One key for each photo alone is an order; and neighbours in it are never equal."""
    ordered = sorted(drawn[0].photos, key=keeper_first)
    turned = drawn[0].photos[::-1]
    assert sorted(turned, key=keeper_first) == ordered
    for keeper, copy in pairwise(ordered):
        assert keeper_first(keeper) < keeper_first(copy)
        line = keeper_reason(keeper, copy)
        assert line
        assert "\n" not in line
        assert "None" not in line
        assert keeper_reason(copy, keeper) == ""


def test_there_is_a_reason_for_each_place_of_the_key() -> None:
    assert len(REASONS) == len(keeper_first(photo("a")))


def test_local_time_is_the_clock_on_the_wall() -> None:
    zone = timezone(timedelta(hours=-10))
    assert local_time(photo("a", taken=EARLY.replace(tzinfo=zone))) == EARLY
    assert local_time(photo("a")) is None


def test_names_that_are_no_text_can_be_ordered() -> None:
    photos: list[Photo] = [photo("1", digest="a", name="\udcff.jpg"), photo("2", digest="a", name="a.jpg")]
    assert [p.id for p in sorted(photos, key=keeper_first)] == ["2", "1"]


# Why


@pytest.mark.parametrize(
    ("keeper", "copy", "reason"),
    [
        ({"width": 4000, "height": 3000}, {"width": 1600, "height": 1200}, "4000 x 3000 instead of 1600 x 1200"),
        ({"quality": 95}, {"quality": 60}, "less compressed (quality 95 against 60)"),
        ({"format": "RAW"}, {"quality": 95}, "a raw photo, the negative (RAW against JPEG)"),
        ({"quality": 95}, {"quality": 92}, "less compressed (quality 95 against 92)"),
        (
            {"format": "HEIF", "size": 15_000, "traces": ("camera format",)},
            {"quality": 60},
            "it is written the way cameras write; less compressed (1.00 bits per pixel against quality 60)",
        ),
        (
            {"format": "HEIF", "size": 15_000},
            {"format": "HEIF", "size": 1500},
            "less compressed (1.00 bits per pixel against 0.10 bits per pixel)",
        ),
        (
            {"quality": 90},
            {"format": "GIF"},
            "an original format (JPEG against GIF); less compressed (quality 90 against GIF, quality unknown)",
        ),
        (
            {"camera": CAMERA, "traces": ("maker note",)},
            {"quality": 95, "traces": ("compressed before",)},
            "the copy was compressed more strongly before it was saved again; it has the camera's data (Canon EOS 5D)",
        ),
        ({}, {"edited": "GIMP"}, "the copy was edited with GIMP"),
        ({}, {"traces": ("grey",)}, "in colour"),
        (
            {"taken": datetime(2021, 5, 1), "camera": CAMERA, "place": HERE},
            {},
            "it has the camera's data (taken 2021-05-01, Canon EOS 5D, where it was taken)",
        ),
        (
            {"taken": datetime(2021, 5, 1), "camera": CAMERA},
            {"camera": "another"},
            "it has the camera's data (taken 2021-05-01)",
        ),
        (
            {"taken": LATE, "camera": CAMERA},
            {"taken": EARLY, "taken_by_camera": False, "camera": CAMERA},
            "it has the camera's data (taken 2024-06-12)",
        ),
        ({"quality": 95}, {"format": "HEIF", "size": 15_000}, "an original format (JPEG against HEIF)"),
        ({"taken": EARLY}, {"taken": LATE}, "taken earlier (2024-06-12 18:00:00 against 2024-06-12 18:01:00)"),
        ({"taken": EARLY, "taken_by_camera": False}, {}, "it has a time of its own (2024-06-12 18:00:00)"),
        ({"size": 3_200_000}, {"size": 3_100_000}, "more bytes (3,200,000 against 3,100,000)"),
        (
            {"digest": "a" * 64},
            {"digest": "b" * 64},
            "equally good; keeping the one with the lower sha256 (aaaaaaaaaaaa)",
        ),
        (
            {"digest": "a", "name": "long name.jpg"},
            {"digest": "a", "name": "a (1).jpg"},
            "identical files; this one is not named like a copy",
        ),
        (
            {"name": "2019/long/a.jpg"},
            {"name": "Backup/a.jpg", "size": 9000},
            "equally good; this one is in no folder for copies",
        ),
        (
            {"digest": "a", "name": "a.jpg"},
            {"digest": "a", "name": "ab.jpg"},
            "identical files; keeping this one because of its shorter name",
        ),
        (
            {"digest": "a", "name": "a.jpg"},
            {"digest": "a", "name": "b.jpg"},
            "identical files; keeping this one because its name is the first in the alphabet",
        ),
        (
            {"digest": "a", "name": "a.jpg"},
            {"digest": "a", "name": "a.jpg"},
            "identical files; keeping this one because it was found first",
        ),
    ],
)
def test_reasons_can_be_checked(keeper: dict[str, Any], copy: dict[str, Any], reason: str) -> None:
    a, b = photo("a", **keeper), photo("b", **copy)
    assert keeper_reason(a, b) == reason
    assert keeper_reason(b, a) == ""


def test_a_photo_is_no_better_than_itself() -> None:
    assert keeper_reason(photo("a"), photo("a")) == ""


# What needs a look


ALONE = "the only one with"


@pytest.mark.parametrize(
    ("copy", "keeper", "words"),
    [
        ({}, {}, ""),
        ({"rating": 4}, {}, "rated 4 stars"),
        ({"rating": 1}, {"rating": 0}, "rated 1 star"),
        ({"rating": 5}, {"rating": 4}, "rated 5 stars"),
        ({"rating": 2}, {"rating": -1}, "rated 2 stars"),
        ({"rating": 4}, {"rating": 4}, ""),
        ({"rating": 3}, {"rating": 4}, ""),
        ({"rating": 0}, {}, ""),
        ({"rating": 0}, {"rating": -1}, ""),
        ({}, {"rating": -1}, ""),
        ({"rating": -1}, {}, ""),
        ({}, {"rating": 4}, ""),
        ({"edited": "Snapseed"}, {}, "edited with Snapseed"),
        ({"edited": "Snapseed"}, {"edited": "GIMP"}, ""),
        ({"camera": CAMERA}, {"edited": "Lightroom"}, f"the unedited version, {ALONE} the camera's name"),
        ({"taken": EARLY}, {"edited": "GIMP"}, f"the unedited version, {ALONE} the time it was taken"),
        ({"camera": CAMERA, "edited": "GIMP"}, {"edited": "GIMP"}, f"{ALONE} the camera's name"),
        ({"camera": CAMERA, "edited": "GIMP"}, {"edited": "GIMP", "camera": "another"}, ""),
        pytest.param({}, {"edited": "GIMP"}, "", id="stripped of everything, it may have been edited too"),
        pytest.param({"taken": EARLY, "taken_by_camera": False}, {"edited": "GIMP"}, "", id="no camera's word"),
        pytest.param(
            {"content": "1", "camera": CAMERA},
            {"content": "1", "camera": CAMERA, "edited": "GIMP"},
            "",
            id="same pixels",
        ),
        pytest.param({"content": "1", "edited": "GIMP"}, {"content": "1"}, "", id="same pixels, the other way"),
        ({"content": "1", "rating": 4, "edited": "GIMP"}, {"content": "1"}, "rated 4 stars"),
        ({"content": "1", "edited": "GIMP"}, {"content": "2"}, "edited with GIMP"),
        (
            {"rating": 2, "camera": CAMERA},
            {"edited": "GIMP"},
            f"rated 2 stars, the unedited version, {ALONE} the camera's name",
        ),
        ({"format": "RAW"}, {}, "a raw photo"),
        ({"format": "RAW"}, {"format": "RAW"}, ""),
        ({}, {"format": "RAW"}, ""),
        ({"edited": "Lightroom"}, {"format": "RAW"}, "edited with Lightroom"),
        ({"rating": 4, "edited": "Snapseed"}, {}, "rated 4 stars, edited with Snapseed"),
        ({"width": 800, "height": 600}, {}, "larger (800 x 600)"),
        ({"width": 410}, {}, ""),
        ({"width": 800, "height": 600, "traces": ("resampled",)}, {}, ""),
        ({"width": 800, "height": 600, "traces": ("border",)}, {}, ""),
    ],
)
def test_what_a_person_would_miss(copy: dict[str, Any], keeper: dict[str, Any], words: str) -> None:
    assert warning_about(photo("b", **copy), photo("a", **keeper)) == words


@given(st.sampled_from([None, *range(-1, 6)]), st.sampled_from([None, *range(-1, 6)]))
def test_of_two_photos_at_most_one_has_more_stars(a: int | None, b: int | None) -> None:
    one, other = photo("a", rating=a), photo("b", rating=b)
    assert not (warning_about(one, other) and warning_about(other, one))
