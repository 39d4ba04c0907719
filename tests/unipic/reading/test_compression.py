"""The quality a file tells: exact for libjpeg, 100 without loss, and nothing where there is nothing to tell."""

import io
from typing import Any

import pytest
from PIL import Image
from tests.helpers.pictures import scene

from unipic.reading._compression import STANDARD, jpeg_quality, quality_of


def written(picture: Image.Image, format: str, **options: Any) -> int | None:
    """Through a real file."""
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    with Image.open(buffer) as image:
        image.load()
        return quality_of(image, format)


def test_exact_for_every_quality_of_libjpeg() -> None:
    picture = scene(1, 16, 16)
    assert [written(picture, "JPEG", quality=quality) for quality in range(1, 101)] == list(range(1, 101))


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}, {"subsampling": 2}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_however_the_jpeg_is_written(mode: str, options: dict[str, Any]) -> None:
    assert written(scene(1, 64, 48).convert(mode), "JPEG", quality=83, **options) == 83


def test_a_second_save_shows_the_last_quality_only() -> None:
    buffer = io.BytesIO()
    scene(1, 64, 48).save(buffer, "JPEG", quality=30)
    assert written(Image.open(buffer), "JPEG", quality=98) == 98


@pytest.mark.parametrize("percent", [0.31, 0.5, 1.0, 1.7])
def test_a_cameras_own_table_lies_near_libjpegs_of_the_same_coarseness(percent: float) -> None:
    bent = [max(1, round(step * percent * (1.1 if i < 20 else 0.95))) for i, step in enumerate(STANDARD)]
    plain = [max(1, round(step * percent)) for step in STANDARD]
    (a, b) = (jpeg_quality({0: table}) for table in (bent, plain))
    assert a is not None
    assert b is not None
    assert abs(a - b) <= 3


@pytest.mark.parametrize("tables", [{}, {0: []}, {0: [1] * 63}, {1: list(STANDARD)}])
def test_without_a_luminance_table_nothing_is_said(tables: dict[int, list[int]]) -> None:
    assert jpeg_quality(tables) is None


def test_the_coarsest_tables_have_the_lowest_quality() -> None:
    assert jpeg_quality({0: [65535] * 64}) == 1
    assert jpeg_quality({0: [0] * 64}) == 100


@pytest.mark.parametrize(
    ("format", "options"),
    [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("TIFF", {"compression": "zstd"})],
)
def test_formats_without_loss(format: str, options: dict[str, Any]) -> None:
    assert written(scene(1, 64, 48), format, **options) == 100


def test_black_and_white_without_loss() -> None:
    assert written(scene(1, 64, 48).convert("1"), "TIFF", compression="group4") == 100


def test_where_the_file_tells_nothing() -> None:
    for format in ("WEBP", "GIF"):
        assert written(scene(1, 64, 48), format) is None
    assert written(scene(1, 64, 48), "TIFF", compression="jpeg") is None
    for format in ("PNG", "TIFF", "BMP"):
        assert written(scene(1, 64, 48).quantize(64), format) is None
