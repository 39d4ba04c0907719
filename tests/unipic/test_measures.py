"""Measures at pictures whose answer is known."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image
from tests.pictures import blurred, scene

from unipic.measures import luminance, measure
from unipic.photo import Measures

# As sharp as a photo: texture that is as fine as the pixels.
SCENE = Image.blend(scene(1), scene(2, 160, 120).resize((640, 480), Image.Resampling.NEAREST), 0.3)


def of(picture: Image.Image) -> Measures:
    return measure(np.asarray(picture))


def flat(tone: int) -> Image.Image:
    return Image.new("RGB", (640, 480), (tone, tone, tone))


def grained(picture: Image.Image, sigma: float) -> Image.Image:
    """sigma in tones of 256."""
    grain = np.random.default_rng(0).normal(0, sigma, np.asarray(picture).shape[:2])[..., None]
    return Image.fromarray((np.asarray(picture, dtype=float) + grain).clip(0, 255).astype(np.uint8))


def brightened(picture: Image.Image, factor: float) -> Image.Image:
    return Image.fromarray((np.asarray(picture, dtype=float) * factor).clip(0, 255).astype(np.uint8))


def board(square: int) -> Image.Image:
    rows, columns = np.indices((480, 640)) // square
    return Image.fromarray(((rows + columns) % 2 * 255).astype(np.uint8)).convert("RGB")


def test_luminance_weighs_colours_as_eyes_do() -> None:
    colours = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], dtype=np.uint8)
    assert luminance(colours)[0] == pytest.approx([0, 1, 0.299, 0.587, 0.114])


@pytest.mark.parametrize("tone", [0, 255])
def test_black_and_white_have_nothing(tone: int) -> None:
    assert astuple(of(flat(tone))) == pytest.approx((0, 0, 0, 0), abs=1e-4)


def test_a_middle_grey_is_well_exposed_and_has_nothing_else() -> None:
    assert astuple(of(flat(120))) == pytest.approx((0, 1, 0, 0), abs=1e-3)


def test_a_checkerboard_has_full_contrast_and_sharp_edges() -> None:
    measures = of(board(40))
    assert measures.contrast == pytest.approx(1)
    assert measures.exposure == 0  # all of it is clipped
    assert of(board(4)).sharpness > measures.sharpness > 0.1
    assert of(board(4)).sharpness > 0.8


def test_contrast_is_the_distance_of_dark_and_bright() -> None:
    halves = np.full((480, 640, 3), 50, dtype=np.uint8)
    halves[:, 320:] = 203
    assert measure(halves).contrast == pytest.approx(153 / 255, abs=1e-3)


def test_more_blur_is_less_sharp() -> None:
    series = [of(SCENE).sharpness] + [of(blurred(SCENE, radius)).sharpness for radius in (1, 2, 4, 8)]
    assert series == sorted(series, reverse=True)
    assert series[0] > 2 * series[-1]


def test_a_soft_background_is_no_blur() -> None:
    """The sharpest quarter counts: a portrait stays near its sharp original, a shaken photo does not."""
    portrait = blurred(SCENE, 6)
    portrait.paste(SCENE.crop((160, 120, 480, 360)), (160, 120))
    assert of(portrait).sharpness > 0.8 * of(SCENE).sharpness > 1.5 * of(blurred(SCENE, 6)).sharpness


def test_fog_is_no_blur() -> None:
    """Less contrast takes from edges and tones alike."""
    foggy = Image.blend(SCENE, Image.new("RGB", SCENE.size, "grey"), 0.5)
    assert of(foggy).contrast < 0.6 * of(SCENE).contrast
    assert of(foggy).sharpness > 0.7 * of(SCENE).sharpness


def test_more_grain_is_more_noise() -> None:
    smooth = blurred(SCENE, 8)
    series = [of(grained(smooth, sigma)).noise for sigma in (0, 3, 8, 15)]
    assert series == sorted(series)
    assert series[0] < 0.05
    assert series[1:] == pytest.approx([sigma / 25.5 for sigma in (3, 8, 15)], rel=0.35)  # 0.1 of the range is 1
    assert of(grained(smooth, 80)).noise == 1


@pytest.mark.parametrize("factors", [(1, 1.6, 2.2, 3), (1, 0.5, 0.25, 0.1)])
def test_the_further_from_the_middle_the_worse_exposed(factors: tuple[float, ...]) -> None:
    series = [of(brightened(SCENE, factor)).exposure for factor in factors]
    assert series == sorted(series, reverse=True)
    assert series[0] > 0.9
    assert series[-1] < 0.5


def test_size_changes_little() -> None:
    small = SCENE.resize((320, 240), Image.Resampling.BICUBIC)
    assert of(small).exposure == pytest.approx(of(SCENE).exposure, abs=0.02)
    assert of(small).contrast == pytest.approx(of(SCENE).contrast, abs=0.05)


@pytest.mark.parametrize("turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180])
def test_a_mirrored_picture_measures_the_same(turn: Image.Transpose) -> None:
    # Tiles of an uneven split change places, so the sharpest quarter is a slightly different one.
    assert astuple(of(SCENE.transpose(turn))) == pytest.approx(astuple(of(SCENE)), rel=0.02)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 640), (640, 1), (15, 15), (16, 16), (17, 640), (31, 8)])
def test_tiny_pictures_measure_without_harm(width: int, height: int) -> None:
    measures = of(scene(2, width, height))
    assert all(0 <= value <= 1 for value in astuple(measures))
    if min(width, height) < 16:
        assert (measures.sharpness, measures.noise) == (0, 0)


@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40).map(lambda shape: (*shape, 3)), fill=st.just(0))
)
def test_every_measure_is_from_0_to_1(rgb: np.ndarray) -> None:
    assert all(0 <= value <= 1 for value in astuple(measure(rgb)))
