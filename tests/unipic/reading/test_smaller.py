"""Pictures made smaller: near to Pillow's filter, whatever the mode and shape, and without patterns of fine detail."""

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.helpers.pictures import scene

from unipic.reading._smaller import smaller, thumbnail

NEAR = 2.0  # tones of 256, the mean difference from Pillow's bicubic filter


@pytest.mark.parametrize("size", [(700, 525), (1000, 750), (1300, 970), (2600, 1800), (4032, 3024)])
def test_a_thumbnail_is_near_to_pillows(size: tuple[int, int]) -> None:
    picture = scene(3, *size)
    ours, theirs = thumbnail(picture, 640), picture.copy()
    theirs.thumbnail((640, 640), Image.Resampling.BICUBIC)
    assert ours.size == theirs.size
    assert np.abs(np.asarray(ours, np.int16) - np.asarray(theirs, np.int16)).mean() < NEAR


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK", "I", "F"])
@pytest.mark.parametrize("size", [(640, 1), (3000, 5), (90, 2000), (640, 480)])
def test_every_mode_and_shape_becomes_rgb_of_the_size_asked_for(mode: str, size: tuple[int, int]) -> None:
    made = thumbnail(Image.new(mode, size), 320)
    assert made.mode == "RGB"
    assert max(made.size) == 320


def test_a_small_picture_stays_and_notes_beside_the_pixels_do_too() -> None:
    small, large = Image.new("RGB", (300, 200)), Image.new("RGB", (900, 600))
    large.info["icc_profile"] = b"profile"
    assert thumbnail(small, 640).size == (300, 200)
    assert thumbnail(large, 640).info == {"icc_profile": b"profile"}


def test_lines_too_fine_to_be_seen_leave_less_of_a_pattern_than_cubic_interpolation_alone() -> None:
    lines = np.zeros((448, 448, 3), np.uint8)
    lines[:, ::2] = 255
    alone = cv2.resize(lines, (300, 300), interpolation=cv2.INTER_CUBIC)
    assert smaller(lines, (300, 300)).std() < 2 / 3 * alone.std()
    assert np.ptp(smaller(lines, (224, 224)).astype(int)) <= 1
