"""The encoder without weights: unit vectors, each view for itself, copies above other pictures."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from tests.helpers.pictures import scene, shaken

from unipic.vision.base import VIEW, Encoder
from unipic.vision.builtin import DIMENSIONS, BuiltinEncoder

ENCODER: Encoder = BuiltinEncoder()


def view(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB").resize((VIEW, VIEW), Image.Resampling.BICUBIC))


def vectors(*pictures: Image.Image) -> np.ndarray:
    return ENCODER.embed(np.stack([view(picture) for picture in pictures]))


def reencoded(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return Image.open(file)


def odds(a: np.ndarray, b: np.ndarray) -> float:
    """That both show one moment, by the encoder alone."""
    return float(ENCODER.calibration.odds(a @ b))


def test_it_says_who_it_is_and_what_its_cosine_is_worth() -> None:
    assert (ENCODER.name, ENCODER.label) == ("builtin", "Built-in (no weights)")
    assert 0 < ENCODER.calibration.middle < 1


def test_rows_have_length_one() -> None:
    rows = vectors(*map(scene, range(4)))
    assert rows.shape == (4, DIMENSIONS)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_views_no_rows() -> None:
    assert ENCODER.embed(np.zeros((0, VIEW, VIEW, 3), np.uint8)).shape == (0, DIMENSIONS)


def test_a_view_is_described_the_same_in_any_company() -> None:
    views = np.stack([view(scene(seed)) for seed in range(5)])
    together = ENCODER.embed(views)
    alone = np.concatenate([ENCODER.embed(views[i : i + 1]) for i in range(5)])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(ENCODER.embed(views[::-1]), together[::-1])


def test_views_are_left_as_they_were() -> None:
    views = view(scene(1))[None].copy()
    views.flags.writeable = False
    ENCODER.embed(views)
    np.testing.assert_array_equal(views[0], view(scene(1)))


@pytest.mark.parametrize("colour", ["black", "white", "grey", "red", "navy"])
def test_a_view_of_one_colour_has_a_vector(colour: str) -> None:
    (row,) = vectors(Image.new("RGB", (VIEW, VIEW), colour))
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_black_is_not_white() -> None:
    black, white = vectors(Image.new("RGB", (9, 9), "black"), Image.new("RGB", (9, 9), "white"))
    assert odds(black, white) < 0


@pytest.mark.parametrize("seed", range(5))
def test_copies_are_likely_and_other_pictures_are_not(seed: int) -> None:
    picture, other = scene(seed), scene(seed + 100)
    brighter = ImageEnhance.Brightness(picture).enhance(1.08)
    original, resized, saved, lit, different = vectors(
        picture, picture.resize((320, 240)), reencoded(picture), brighter, other
    )
    assert min(odds(original, resized), odds(original, saved)) > 2
    assert odds(original, lit) > 0 > odds(original, different)


@pytest.mark.parametrize("seed", range(5))
def test_a_shaken_shot_is_likely_and_less_than_the_same(seed: int) -> None:
    still, moved = vectors(scene(seed), shaken(scene(seed), 24))
    assert 0 < odds(still, moved) < odds(still, still)


def test_a_grey_copy_is_closer_than_another_picture() -> None:
    original, grey, different = vectors(scene(1), scene(1).convert("L"), scene(2))
    assert original @ grey > original @ different
