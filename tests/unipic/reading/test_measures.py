"""Measures at pictures whose answer is known."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageDraw, ImageFilter
from tests.helpers.pictures import blurred, scene

from unipic.core.photo import Measures
from unipic.reading._measures import MOST_TILT, luminance, measure

# As sharp as a photo: texture that is as fine as the pixels.
SCENE = Image.blend(scene(1), scene(2, 160, 120).resize((640, 480), Image.Resampling.NEAREST), 0.6)


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


def stroked(picture: Image.Image, pixels: int, turned: bool = False) -> Image.Image:
    """Shaken along the rows, or along the columns."""
    plane = np.asarray(picture, dtype=float)
    moved = [np.roll(plane, step, axis=0 if turned else 1) for step in range(pixels)]
    return Image.fromarray(np.mean(moved, axis=0).astype(np.uint8))


def board(square: int) -> Image.Image:
    rows, columns = np.indices((480, 640)) // square
    return Image.fromarray(((rows + columns) % 2 * 255).astype(np.uint8)).convert("RGB")


def houses(degrees: float) -> Image.Image:
    """Walls and roofs that are upright and level, turned clockwise; drawn larger, so that edges are smooth."""
    picture = Image.new("RGB", (1920, 1440), (150, 180, 220))
    draw = ImageDraw.Draw(picture)
    rng = np.random.default_rng(5)
    for left in range(0, 1920, 160):
        top = int(rng.integers(300, 900))
        draw.rectangle((left, top, left + 150, 1440), fill=tuple(rng.integers(40, 220, 3).tolist()))
        for y in range(top + 40, 1400, 120):
            draw.rectangle((left + 40, y, left + 100, y + 60), fill=(30, 30, 40))
    return picture.rotate(-degrees, Image.Resampling.BICUBIC).crop((240, 180, 1680, 1260)).resize((640, 480))


def spot(x: float, y: float) -> Image.Image:
    """A red ball before a plain wall, its middle at these shares of the frame."""
    picture = Image.new("RGB", (640, 480), (120, 130, 140))
    at_x, at_y = x * 640, y * 480
    ImageDraw.Draw(picture).ellipse((at_x - 60, at_y - 60, at_x + 60, at_y + 60), fill=(220, 40, 30))
    return picture


def test_luminance_weighs_colours_as_eyes_do() -> None:
    colours = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], dtype=np.uint8)
    assert luminance(colours)[0] == pytest.approx([0, 1, 0.299, 0.587, 0.114])


@pytest.mark.parametrize(
    ("tone", "exposure", "highlights", "shadows"), [(0, 0, 0, 1), (255, 1, 1, 0), (128, 0.22, 0, 0)]
)
def test_one_tone_has_nothing_but_its_light(tone: int, exposure: float, highlights: float, shadows: float) -> None:
    measures = of(flat(tone))
    assert measures.exposure == pytest.approx(exposure, abs=0.01)
    assert (measures.highlights, measures.shadows) == (highlights, shadows)
    assert (measures.sharpness, measures.shake, measures.contrast, measures.tilt) == (0, 0, 0, None)
    assert measures.noise == pytest.approx(0, abs=1e-3)


def test_a_checkerboard_has_full_contrast_and_the_finer_one_is_sharper() -> None:
    assert of(board(40)).contrast == pytest.approx(1)
    assert of(board(4)).sharpness > of(board(40)).sharpness > 0.3
    assert of(board(4)).sharpness > 0.8


def test_contrast_is_the_distance_of_dark_and_bright() -> None:
    halves = np.full((480, 640, 3), 50, dtype=np.uint8)
    halves[:, 320:] = 203
    assert measure(halves).contrast == pytest.approx(153 / 255, abs=1e-3)


def test_more_blur_is_less_sharp() -> None:
    series = [of(SCENE).sharpness] + [of(blurred(SCENE, radius)).sharpness for radius in (0.6, 1, 2, 4)]
    assert series == sorted(series, reverse=True)
    assert series[0] > 3 * series[-1]


def test_a_soft_background_is_no_blur_but_a_soft_subject_before_a_sharp_one_is() -> None:
    soft = blurred(SCENE, 4)
    portrait, missed = soft.copy(), SCENE.copy()
    portrait.paste(SCENE.crop((160, 120, 480, 360)), (160, 120))
    missed.paste(soft.crop((112, 84, 528, 396)), (112, 84))
    sharp, blurry = of(SCENE).sharpness, of(soft).sharpness
    assert of(portrait).sharpness > sharp - 0.2 * (sharp - blurry)
    assert of(missed).sharpness < sharp - 0.25 * (sharp - blurry)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_fog_is_no_blur(share: float) -> None:
    """Less contrast takes from edges and structure alike."""
    foggy = Image.blend(SCENE, Image.new("RGB", SCENE.size, "grey"), share)
    assert of(foggy).contrast < (1.1 - share) * of(SCENE).contrast
    assert of(foggy).sharpness == pytest.approx(of(SCENE).sharpness, abs=0.05)


def test_darkness_is_no_blur() -> None:
    assert of(brightened(SCENE, 0.4)).sharpness == pytest.approx(of(SCENE).sharpness, abs=0.06)


def test_grain_is_no_sharpness() -> None:
    """Of a blurred photo with grain every edge detector says that it is sharp."""
    grainy = grained(blurred(SCENE, 3), 12)
    sharp, blurry = of(SCENE).sharpness, of(blurred(SCENE, 3)).sharpness
    assert of(grainy).sharpness < blurry + 0.2 * (sharp - blurry)


@pytest.mark.parametrize("turned", [False, True])
def test_shake_takes_one_direction_and_a_lens_takes_both(turned: bool) -> None:
    still = of(SCENE)
    series = [of(stroked(SCENE, pixels, turned)).shake for pixels in (3, 6, 12)]
    assert series[0] > still.shake + 0.05
    assert series == sorted(series)
    assert of(blurred(SCENE, 3)).shake < still.shake + 0.05
    assert of(stroked(SCENE, 6, turned)).sharpness < still.sharpness - 0.05


def test_a_sharp_subject_is_not_shaken_whatever_lies_behind_it() -> None:
    """Panned: the background is all strokes."""
    panned = stroked(SCENE, 12)
    panned.paste(SCENE.crop((120, 90, 520, 390)), (120, 90))
    assert of(panned).shake < 0.5 * of(stroked(SCENE, 12)).shake


def test_more_grain_is_more_noise() -> None:
    smooth = blurred(SCENE, 8)
    series = [of(grained(smooth, sigma)).noise for sigma in (0, 3, 8, 15)]
    assert series == sorted(series)
    assert series[0] < 0.05
    whites = np.percentile(luminance(np.asarray(smooth)), 98)
    assert series[1:] == pytest.approx([sigma / 25.5 / whites for sigma in (3, 8, 15)], rel=0.35)
    assert of(grained(smooth, 80)).noise == 1


def test_noise_is_seen_beside_a_burnt_sky() -> None:
    grainy = np.array(grained(blurred(SCENE, 8), 10))
    expected = measure(grainy).noise
    grainy[:200] = 255
    whites = np.percentile(luminance(np.asarray(blurred(SCENE, 8))), 98)  # which the sky replaces
    assert measure(grainy).noise == pytest.approx(expected * whites, rel=0.2)


def test_underexposure_halves_the_noise_with_the_light() -> None:
    """Grain counts against the whites: a darker print of one negative is no cleaner one."""
    grainy = grained(blurred(SCENE, 8), 10)
    assert of(brightened(grainy, 0.5)).noise == pytest.approx(of(grainy).noise, rel=0.1)


@pytest.mark.parametrize("stops", [-0.5, -1, -2])
def test_exposure_falls_with_each_stop(stops: float) -> None:
    """White paper on a grey table, so that both the whites and the mean tell."""
    table = np.full((480, 640, 3), 150, dtype=np.uint8)
    table[100:300, 100:300] = 240
    dark = brightened(Image.fromarray(table), 2 ** (stops / 2.2))
    lost = math.log2(of(dark).exposure / measure(table).exposure)
    assert 1.5 * stops - 0.1 <= lost <= stops + 0.1


def test_a_lamp_does_not_make_a_dark_room_well_exposed() -> None:
    room = np.full((480, 640, 3), 110, dtype=np.uint8)
    room[:60, :160] = 249
    dark = (room * 0.5).astype(np.uint8)
    dark[:60, :160] = 249
    assert measure(dark).exposure < 0.7 * measure(room).exposure


def test_lost_tones_are_shares_of_the_picture() -> None:
    third = np.full((480, 600, 3), 120, dtype=np.uint8)
    third[:, :60] = 255
    third[:, 60:180] = 0
    measures = measure(third)
    assert (measures.highlights, measures.shadows) == pytest.approx((0.1, 0.2))


@pytest.mark.parametrize(("colour", "burnt"), [((255, 30, 20), 0), ((255, 252, 90), 1), ((254, 254, 254), 1)])
def test_a_red_flower_is_not_burnt_but_a_yellow_sky_is(colour: tuple[int, int, int], burnt: int) -> None:
    assert of(Image.new("RGB", (640, 480), colour)).highlights == burnt


@pytest.mark.parametrize("degrees", [-6, -3, -1, 0, 1, 3, 6])
def test_tilt_is_how_far_houses_lean(degrees: float) -> None:
    assert of(houses(degrees)).tilt == pytest.approx(degrees, abs=0.75)


@pytest.mark.parametrize(
    "picture",
    [
        flat(90),
        SCENE.filter(ImageFilter.GaussianBlur(6)),
        spot(0.5, 0.5),
        houses(MOST_TILT + 15),
        grained(flat(120), 20),
    ],
    ids=["nothing", "clouds", "a ball", "far over", "grain"],
)
def test_where_no_lines_tell_there_is_no_opinion_on_tilt(picture: Image.Image) -> None:
    assert of(picture).tilt is None


def test_a_subject_in_the_middle_is_framed_better_than_one_in_a_corner() -> None:
    series = [of(spot(0.5 + step, 0.5 + step)).framing for step in (0, 0.15, 0.3)]
    assert series == sorted(series, reverse=True)
    assert series[0] > 0.9
    assert series[-1] < series[0] - 0.15


@pytest.mark.parametrize(("x", "y"), [(0.02, 0.5), (0.98, 0.5), (0.5, 0.02)])
def test_a_subject_at_the_frame_is_cut_off(x: float, y: float) -> None:
    assert of(spot(x, y)).cut > 3 * of(spot(0.5, 0.5)).cut


def test_standing_on_the_lower_edge_is_not_being_cut_off() -> None:
    assert of(spot(0.5, 0.98)).cut < 0.1 * of(spot(0.5, 0.02)).cut


def test_size_changes_little() -> None:
    small, large = (asdict(of(SCENE.resize(size, Image.Resampling.BICUBIC))) for size in ((320, 240), (640, 480)))
    for name in ("exposure", "contrast", "highlights", "framing", "cut"):
        assert small[name] == pytest.approx(large[name], abs=0.05), name


@pytest.mark.parametrize("turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180])
def test_a_mirrored_picture_measures_the_same(turn: Image.Transpose) -> None:
    mirrored, straight = asdict(of(SCENE.transpose(turn))), asdict(of(SCENE))
    for name in set(mirrored) - {"tilt", "cut"}:
        assert mirrored[name] == pytest.approx(straight[name], rel=0.02, abs=0.005), name


def test_mirrored_houses_lean_the_other_way() -> None:
    assert of(houses(3).transpose(Image.Transpose.FLIP_LEFT_RIGHT)).tilt == pytest.approx(-3, abs=0.75)


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (1, 640), (640, 1), (15, 15), (16, 16), (17, 640), (640, 17), (31, 8), (33, 35)]
)
def test_tiny_pictures_measure_without_harm(width: int, height: int) -> None:
    measures = of(scene(2, width, height))
    assert in_range(measures)
    if min(width, height) < 16:
        assert (measures.sharpness, measures.noise, measures.tilt) == (0, 0, None)


@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40).map(lambda shape: (*shape, 3)), fill=st.just(0))
)
def test_every_measure_stays_in_its_range(rgb: np.ndarray) -> None:
    assert in_range(measure(rgb))


def in_range(measures: Measures) -> bool:
    values = asdict(measures)
    tilt = values.pop("tilt")
    return all(0 <= value <= 1 for value in values.values()) and (tilt is None or abs(tilt) <= MOST_TILT)
