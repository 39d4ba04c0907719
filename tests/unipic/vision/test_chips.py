"""Aligned faces: turned upright, of one size, with the border repeated; what shows nobody is refused."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from unipic.vision.chips import SIDE, TEMPLATE, cut, similarity

UPRIGHT = TEMPLATE / SIDE


def gradient(width: int = 200, height: int = 200) -> np.ndarray:
    across = np.broadcast_to(np.linspace(0, 255, width)[None, :, None], (height, width, 3))
    return across.astype(np.uint8)


@given(turn=st.floats(-3.1, 3.1), scale=st.floats(0.01, 50), across=st.floats(-1e3, 1e3), down=st.floats(-1e3, 1e3))
def test_the_similarity_of_moved_points_is_the_way_back(turn: float, scale: float, across: float, down: float) -> None:
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = TEMPLATE @ rotation.T + (across, down)
    back = similarity(moved, TEMPLATE)
    assert np.abs(moved @ back[:, :2].T + back[:, 2] - TEMPLATE).max() < 1e-6


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    """The way there and back would make a stranger of it."""
    to_chip = similarity(TEMPLATE * (-1, 1) + (SIDE, 0), TEMPLATE)
    assert np.linalg.det(to_chip[:, :2]) > 0


def test_points_of_the_template_are_cut_as_they_are() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    chip = cut(picture, UPRIGHT.tolist())
    assert chip is not None
    assert (chip.shape, chip.dtype) == ((SIDE, SIDE, 3), np.uint8)
    assert np.abs(chip.astype(int) - picture).max() <= 1


def test_what_lies_outside_of_the_picture_repeats_its_border() -> None:
    """Black there would be a feature of the face."""
    chip = cut(gradient(), (UPRIGHT - np.array((0.5, 0))).tolist())
    assert chip is not None
    assert not chip[:, : SIDE // 2 - 2].any(), "as dark as the picture's left border"
    assert (chip[:, -1] > 100).all()
    right = cut(gradient(), (UPRIGHT + np.array((0.5, 0))).tolist())
    assert right is not None
    assert (right[:, SIDE // 2 + 2 :] >= 254).all()


def test_large_faces_are_averaged_not_picked_from() -> None:
    """Stripes of a pixel are grey from afar; picked pixels would be stripes of another width."""
    stripes = np.zeros((1200, 1200, 3), np.uint8)
    stripes[:, ::2] = 255
    stripes[:600] //= 2
    chip = cut(stripes, UPRIGHT.tolist())
    assert chip is not None
    middle = chip[SIDE // 2 + 5 : -5, 5:-5]
    assert int(np.ptp(middle)) <= 8


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_a_chip_that_shows_nothing_is_refused(tone: int) -> None:
    assert cut(np.full((200, 200, 3), tone, np.uint8), UPRIGHT.tolist()) is None


@pytest.mark.parametrize(
    "points",
    [[[0.5, 0.5]] * 5, [[np.nan, 0.5]] * 5, [[np.inf, 0.1], [0.2, 0.1], [0.3, 0.2], [0.1, 0.4], [0.2, 0.4]]],
    ids=["one place", "no numbers", "infinite"],
)
def test_points_without_extent_are_refused(points: list[list[float]]) -> None:
    assert cut(gradient(), points) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1)])
def test_a_picture_of_a_pixel_breaks_nothing(size: tuple[int, int]) -> None:
    assert cut(np.full((*size, 3), 9, np.uint8), UPRIGHT.tolist()) is None


def test_one_bright_pixel_makes_no_face_of_black() -> None:
    black = np.zeros((SIDE, SIDE, 3), np.uint8)
    black[70, 70] = 255
    assert cut(black, UPRIGHT.tolist()) is None
