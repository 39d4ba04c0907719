from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tests.galleries import photo

from unipic.photo import Photo
from unipic.stages.keeper import FORMATS, keeper_first, local_time

EARLY, LATE = datetime(2024, 6, 12, 18, 0), datetime(2024, 6, 12, 18, 1)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param({"width": 800, "size": 10}, {"size": 9000}, id="resolution before bytes"),
        pytest.param({"size": 2000, "format": "JPEG"}, {"size": 1000, "format": "HEIF"}, id="bytes before format"),
        pytest.param({"format": "HEIF", "taken": LATE}, {"format": "JPEG", "taken": EARLY}, id="format before time"),
        pytest.param({"taken": EARLY, "digest": "f"}, {"taken": LATE, "digest": "a"}, id="the earliest capture"),
        pytest.param({"taken": LATE}, {"taken": None}, id="a known capture before none"),
        pytest.param({"taken": EARLY}, {"taken": LATE.replace(tzinfo=UTC)}, id="with and without a zone"),
        pytest.param({"digest": "a"}, {"digest": "b"}, id="bytes settle what facts do not"),
        pytest.param({"digest": "a", "name": "a"}, {"digest": "a", "name": "b"}, id="names settle what bytes do not"),
    ],
)
def test_keeper_order(better: dict[str, Any], worse: dict[str, Any]) -> None:
    best, other = photo("z", **better), photo("a", **worse)
    assert min(other, best, key=keeper_first) is best


def test_turned_photos_have_the_same_resolution() -> None:
    assert keeper_first(photo("a", width=300, height=400))[0] == keeper_first(photo("a", width=400, height=300))[0]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "HEIF", "AVIF", "WEBP", "TIFF", "BMP", "GIF"])
def test_every_format_that_is_read_has_its_rank(format: str) -> None:
    assert format in FORMATS


def test_local_time_is_the_clock_on_the_wall() -> None:
    zone = timezone(timedelta(hours=-10))
    assert local_time(photo("a", taken=EARLY.replace(tzinfo=zone))) == EARLY
    assert local_time(photo("a")) is None


def test_names_that_are_no_text_can_be_ordered() -> None:
    photos: list[Photo] = [photo("1", digest="a", name="\udcff.jpg"), photo("2", digest="a", name="a.jpg")]
    assert [p.id for p in sorted(photos, key=keeper_first)] == ["2", "1"]
