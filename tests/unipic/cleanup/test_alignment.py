from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps
from tests.helpers.shots import (
    COPIES,
    SECOND_SHOTS,
    Change,
    Turn,
    before_it_moved,
    brighter,
    cropped,
    place,
    resized,
    saved,
    shot,
    sketch,
    thumbnail,
)
from tests.safety.harness.amounts import amount

from unipic.cleanup import _alignment
from unipic.cleanup._alignment import FEWEST, HALF, SIDE, Agreement, _ways, agreement, align, as_they_are, grain
from unipic.cleanup.compare import sameness


@cache
def picture(seed: int = 0) -> Image.Image:
    return shot(place(seed), 1)


def laid(a: Image.Image, b: Image.Image) -> Agreement:
    ours, theirs = sketch(a), sketch(b)
    found = align(ours, theirs)
    assert found is not None
    seen = agreement(ours, theirs, found)
    assert seen is not None
    return seen


def grain_of(a: Image.Image, b: Image.Image) -> float | None:
    found = align(sketch(a), sketch(b))
    assert found is not None
    return grain(thumbnail(a), thumbnail(b), sketch(a), sketch(b), found)


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("seed", [0, 4])
def test_a_copy_lies_upright_and_agrees(name: str, seed: int) -> None:
    copy = COPIES[name](picture(seed))
    for a, b in ((picture(seed), copy), (copy, picture(seed))):
        assert sameness(laid(a, b), twins=False) > 65


@pytest.mark.parametrize("name", [name for name in SECOND_SHOTS if name != "noise alone"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_second_shot_shows_the_place_and_is_another_picture(name: str, seed: int) -> None:
    first, second = before_it_moved(name, place(seed)), SECOND_SHOTS[name](place(seed))
    for a, b in ((first, second), (second, first)):
        found = align(sketch(a), sketch(b))
        assert found
        assert found.points >= FEWEST
        seen = agreement(sketch(a), sketch(b), found)
        assert seen is None or sameness(seen, twins=False) < 45


@pytest.mark.parametrize(
    ("how", "turn", "mirrored"),
    [
        (None, 0, False),
        (Turn.ROTATE_90, 90, False),
        (Turn.ROTATE_180, 180, False),
        (Turn.ROTATE_270, 270, False),
        (Turn.FLIP_LEFT_RIGHT, 0, True),
        (Turn.FLIP_TOP_BOTTOM, 180, True),
        (Turn.TRANSPOSE, 270, True),
        (Turn.TRANSVERSE, 90, True),
    ],
)
def test_how_it_was_turned_and_mirrored(how: Turn | None, turn: int, mirrored: bool) -> None:
    copy = picture().transpose(how) if how is not None else picture()
    found = align(sketch(picture()), sketch(saved(copy, 80)))
    assert found
    assert (found.turn, found.mirrored) == (turn, mirrored)
    assert found.angle % 360 == pytest.approx(turn, abs=0.1) or found.angle % 360 == pytest.approx(360, abs=0.1)


def test_the_plane_takes_places_of_the_one_to_places_of_the_other() -> None:
    ours, theirs = sketch(picture()), sketch(cropped(picture(), 0.1))
    found = align(ours, theirs)
    assert found
    width, height = picture().size
    left, top, scale = 0.07 * width, 0.02 * height, SIDE / width
    zoom = SIDE / (0.9 * width)
    assert np.median(np.abs((found.there / zoom + [left, top]) * scale - found.here)) < 0.3


@pytest.mark.parametrize(("share", "covered"), [(0.0, 1.0), (0.1, 0.81), (0.2, 0.64)])
def test_how_much_of_the_picture_a_cut_shows(share: float, covered: float) -> None:
    seen = laid(picture(), cropped(picture(), share))
    assert seen.covered == pytest.approx(covered, abs=0.04)
    assert seen.detail > 0.99


@pytest.mark.parametrize("seed", range(8))
def test_what_lies_outside_of_a_cut_does_not_count_as_lost_detail(seed: int) -> None:
    assert laid(picture(seed), cropped(picture(seed), 0.1)).detail > 0.99


def test_brightness_and_contrast_are_told_with_their_sign() -> None:
    darker = laid(picture(), brighter(picture(), 0.5))
    assert darker.contrast == pytest.approx(1, abs=0.05)
    assert darker.shift == pytest.approx(np.asarray(picture().convert("L")).mean() / 2 / 255, abs=0.02)
    assert abs(darker.sharpness) < 0.1
    assert laid(brighter(picture(), 0.5), picture()).contrast == pytest.approx(-1, abs=0.05)


def test_a_half_out_of_focus_is_uneven() -> None:
    blurred = picture().copy()
    blurred.paste(picture().filter(ImageFilter.GaussianBlur(4)).crop((0, 0, 320, 480)), (0, 0))
    assert laid(picture(), blurred).uneven > 0.6


def test_unrelated_places_have_no_map_in_common() -> None:
    found = [align(sketch(picture(a)), sketch(picture(b))) for a in range(6) for b in range(a)]
    assert all(one is None or one.points < 2 * FEWEST for one in found)
    assert sum(one is not None for one in found) <= 1


# The mirror


def test_the_mirrored_points_are_those_of_the_mirrored_picture() -> None:
    ours, mirror = sketch(picture()), sketch(ImageOps.mirror(picture()))
    straight, mirrored = _ways(mirror, ours)
    assert straight is None or straight.points < 2 * FEWEST
    assert mirrored
    assert mirrored.points > 0.9 * len(ours.keypoints.places)
    assert np.median(np.abs(mirrored.here - mirrored.there)) < 0.05


def test_a_mirror_changes_only_the_sign_of_the_differences() -> None:
    found, mirror = (sketch(one).descriptors for one in (picture(), ImageOps.mirror(picture())))
    turned = found * np.where(np.arange(128) < HALF, 1, -1)
    assert np.median((mirror @ turned.T).max(axis=1)) > 0.99 > (mirror @ found.T).max()
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("changes", [COPIES, SECOND_SHOTS])
def test_directions_that_disagree_rule_out_no_homography(
    changes: Mapping[str, Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = range(amount(pr=1, nightly=30))
    pairs = [(sketch(picture(seed)), sketch(change(place(seed)))) for seed in seeds for change in changes.values()]
    pairs += [(ours, pairs[0][1]) for ours, _ in pairs[len(changes) :]]  # strangers
    cheap = [align(*pair) for pair in pairs]
    monkeypatch.setattr(_alignment, "ONE_TURN", 360.0)
    for one, other in zip(cheap, (align(*pair) for pair in pairs), strict=True):
        assert (one and (one.points, one.plane.tobytes())) == (other and (other.points, other.plane.tobytes()))


# What there may be besides


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_plain_picture_has_no_points_and_nothing_to_compare(grey: int) -> None:
    plain = Image.new("RGB", (640, 480), (grey,) * 3)
    for other in (plain, picture()):
        assert align(sketch(plain), sketch(other)) is None
        assert align(sketch(other), sketch(plain)) is None
        assert agreement(sketch(plain), sketch(other), as_they_are(sketch(plain), sketch(other))) is None


SHAPES = ((32, 24), (24, 32), (1, 1), (3, 700), (8000, 40), (40, 8000), (2000, 100), (512, 512))


@pytest.mark.parametrize("size", SHAPES, ids=str)
def test_any_shape_can_be_compared(size: tuple[int, int]) -> None:
    odd = picture().resize(size)
    ours, theirs = sketch(odd), sketch(picture())
    assert max(ours.grey.shape) == SIDE
    assert min(ours.grey.shape) >= 16
    for a, b in ((ours, theirs), (theirs, ours), (ours, ours)):
        for found in (align(a, b), as_they_are(a, b)):
            if found:
                assert 0 <= found.turn < 360
                seen = agreement(a, b, found)
                assert seen is None or np.isfinite(astuple(seen)).all()
    same = as_they_are(ours, ours)
    noise = grain(thumbnail(odd), thumbnail(odd), ours, ours, same)
    assert noise is None or noise > 0.99


@pytest.mark.parametrize("channel", range(3))
def test_a_picture_in_one_colour(channel: int) -> None:
    pixels = np.asarray(picture()).copy()
    pixels[..., [other for other in range(3) if other != channel]] = 0
    alone = Image.fromarray(pixels)
    seen = laid(alone, saved(alone, 90))
    assert seen.detail > 0.9
    assert np.isfinite(astuple(seen)).all()


def test_only_black_and_white() -> None:
    stark = picture().convert("L").point(lambda value: 255 * (value > 128)).convert("RGB")
    assert laid(stark, stark).detail > 0.999
    assert np.isfinite(astuple(laid(stark, picture()))).all()


def test_frame_on_frame_for_what_has_no_points() -> None:
    ramp = np.linspace(40, 200, 640)[None, :, None] + np.linspace(0, 50, 480)[:, None, None]
    sky = Image.fromarray(np.broadcast_to(ramp, (480, 640, 3)).astype(np.uint8))
    found = as_they_are(sketch(sky), sketch(resized(sky, 0.5)))
    assert (found.points, found.turn, found.mirrored, found.angle) == (0, 0, False, pytest.approx(0))
    ours, theirs = sketch(picture()), sketch(resized(picture(), 0.5))
    seen = agreement(ours, theirs, as_they_are(ours, theirs))
    assert seen
    assert sameness(seen, twins=False) > 80
    assert seen.off < 0.01


def test_little_detail_of_a_small_original_is_not_held_against_it() -> None:
    """A thumbnail's thumbnail has no fine detail, which says nothing about whether it is the same picture."""
    assert sketch(resized(picture(), 0.15)).detail == pytest.approx(0.3)
    assert sketch(picture()).detail == 1.0
    assert sameness(laid(picture(), resized(picture(), 0.15)), twins=False) > 50


def test_the_same_answer_every_time_and_in_every_thread() -> None:
    pairs = [
        (picture(a), COPIES[name](picture(b))) for a, b in ((0, 0), (1, 1), (0, 1)) for name in ("grey", "mirrored")
    ]

    def answer(pair: tuple[Image.Image, Image.Image]) -> tuple[object, ...]:
        ours, theirs = (sketch(one) for one in pair)
        found = align(ours, theirs)
        if found is None:
            return (None,)
        seen = agreement(ours, theirs, found)
        noise = grain(thumbnail(pair[0]), thumbnail(pair[1]), ours, theirs, found)
        return found.points, found.mirrored, found.plane.tobytes(), seen, noise

    once = [answer(pair) for pair in pairs]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(answer, [*pairs, *reversed(pairs)])) == [*once, *reversed(once)]


def test_sketches_are_looked_for_points_once_and_shared_by_threads() -> None:
    shared = sketch(picture())
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: shared.descriptors.tobytes(), range(8)))
    assert len(set(found)) == 1
    assert shared.descriptors is shared.descriptors


# Grain


@pytest.mark.parametrize("name", ["as it is", "turned right", "mirrored", "mirrored and turned", "brighter", "grey"])
def test_the_noise_of_one_press_of_the_shutter_is_found_again(name: str) -> None:
    noise = grain_of(picture(), COPIES[name](picture()))
    assert noise is not None
    assert noise > 0.9


def test_in_a_cut_too() -> None:
    noise = grain_of(picture(), cropped(picture(), 0.1))
    assert noise is not None
    assert noise > 0.7


@pytest.mark.parametrize("seed", [0, 3])
def test_another_press_has_other_noise(seed: int) -> None:
    noise = grain_of(shot(place(seed), 1), shot(place(seed), 2))
    assert noise is not None
    assert abs(noise) < 0.1


def test_where_there_is_no_noise_there_is_nothing_to_tell() -> None:
    assert grain_of(place(0), place(0)) is None
    assert grain_of(picture(), resized(picture(), 0.2)) is None
