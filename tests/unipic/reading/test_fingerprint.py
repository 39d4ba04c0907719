"""The perceptual hash: near for the same picture, half of the bits apart for another."""

import io
from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given, strategies as st
from PIL import Image, ImageEnhance
from tests.helpers.pictures import scene, shaken

from unipic.core.settings import Settings
from unipic.reading.fingerprint import BITS, bits_apart, fingerprint

SCENES = [scene(seed) for seed in range(8)]
Change = Callable[[Image.Image], Image.Image]
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)


def again(picture: Image.Image, kind: str, **options: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return Image.open(buffer).convert("RGB")


def distances(change: Change) -> list[int]:
    return [bits_apart(fingerprint(picture), fingerprint(change(picture))) for picture in SCENES]


def test_is_256_bits_as_64_digits() -> None:
    for picture in (*SCENES, scene(1, 1, 1), scene(1, 1, 900), Image.new("RGB", (20, 20))):
        assert len(fingerprint(picture)) * 4 == BITS
        int(fingerprint(picture), 16)


def test_one_tone_has_no_bits() -> None:
    assert fingerprint(Image.new("RGB", (640, 480), "white")) == fingerprint(Image.new("RGB", (9, 9))) == "0" * 64


def test_says_where_brightness_falls() -> None:
    falling = Image.linear_gradient("L").rotate(-90).resize((640, 480))
    assert {fingerprint(falling), fingerprint(falling.transpose(Image.Transpose.FLIP_LEFT_RIGHT))} == {
        "f" * 64,
        "0" * 64,
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: again(picture, "JPEG", quality=40),
        lambda picture: again(picture, "WEBP", quality=50),
        lambda picture: picture.resize((1600, 1200), Image.Resampling.BICUBIC),
        lambda picture: picture.resize((160, 120), Image.Resampling.LANCZOS),
        lambda picture: ImageEnhance.Brightness(picture).enhance(0.8),
        lambda picture: ImageEnhance.Contrast(picture).enhance(1.2),
        lambda picture: picture.convert("L"),
    ],
    ids=["jpeg", "webp", "larger", "smaller", "darker", "contrast", "grey"],
)
def test_the_same_picture_stays_near(change: Change) -> None:
    assert max(distances(change)) <= Settings().comparing.near_bits // 2


def test_other_scenes_are_about_half_apart() -> None:
    apart = [bits_apart(fingerprint(a), fingerprint(b)) for a, b in combinations(SCENES, 2)]
    assert 0.4 * BITS < sum(apart) / len(apart) < 0.6 * BITS
    assert min(apart) > 2 * Settings().comparing.near_bits


def test_a_shaken_camera_changes_more_than_another_encoding() -> None:
    assert min(distances(shaken)) > max(distances(lambda picture: again(picture, "JPEG", quality=80)))


@given(HASHES, HASHES, HASHES)
def test_bits_apart_is_a_distance(a: str, b: str, c: str) -> None:
    assert bits_apart(a, a) == 0
    assert bits_apart(a, b) == bits_apart(b, a) <= BITS
    assert bits_apart(a, c) <= bits_apart(a, b) + bits_apart(b, c)


def test_bits_apart_of_opposites() -> None:
    assert bits_apart("0" * 64, "f" * 64) == BITS
    assert bits_apart("0" * 64, "0" * 63 + "1") == 1
