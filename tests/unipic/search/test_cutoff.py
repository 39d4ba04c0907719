"""When nothing looks like the words: margins over everyday captions, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from unipic.search.cutoff import SAME, background, competing, margins, shown
from unipic.vision.base import Cutoff

DOG, CAT, CAR, SKY = np.eye(4, dtype=np.float32)
LIMITS = Cutoff(found=0.2, maybe=0.0, measured_on="by hand")


def unit(*rows: np.ndarray) -> np.ndarray:
    stacked = np.stack(rows)
    return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), np.float32)


def test_captions_are_many_short_different_and_everyday() -> None:
    captions = background()
    assert 500 <= len(captions) <= 700
    assert len(set(captions)) == len(captions)
    assert {"a photo", "a screenshot", "a dog", "a receipt", "a beach", "a plate of food"} <= set(captions)
    assert max(map(len, captions)) <= 60
    assert not [caption for caption in captions if caption != caption.strip()]


def test_a_photo_shows_what_fits_it_better_than_every_caption() -> None:
    photos = unit(DOG, DOG + CAT, CAR)
    found, maybe = shown(photos, DOG, unit(CAT, CAR, SKY), LIMITS)
    assert found.tolist() == [True, False, False]
    assert maybe.tolist() == [False, True, False], "as near to another caption as to the words"


def test_the_end_is_honest() -> None:
    """Four photos and a unicorn: nothing."""
    found, maybe = shown(unit(DOG, CAT, CAR, DOG + CAR), SKY, unit(DOG, CAT, CAR), LIMITS)
    assert not (found | maybe).any()


def test_a_caption_that_says_the_same_does_not_compete() -> None:
    nearly = unit(DOG + 0.3 * CAT)
    assert float(nearly[0] @ DOG) > SAME
    assert len(competing(np.concatenate([nearly, unit(CAR)]), DOG)) == 1
    assert shown(unit(DOG), DOG, np.concatenate([nearly, unit(CAR)]), LIMITS)[0].all()


def test_without_a_caption_that_says_something_else_the_cosine_decides() -> None:
    np.testing.assert_allclose(margins(unit(DOG, CAT), DOG, np.zeros((0, 4), np.float32)), [1, 0])


def test_no_photos_are_no_error() -> None:
    found, maybe = shown(np.zeros((0, 4), np.float32), DOG, unit(CAT), LIMITS)
    assert (found.shape, maybe.shape) == ((0,), (0,))


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_a_photo_is_judged_alone(seed: int, number: int) -> None:
    """Whatever other photos there are, and in whatever order: so a condition promotes nothing."""
    rng = np.random.default_rng(seed)
    photos, captions = (unit(*rng.normal(size=(size, 8))) for size in (number, 12))
    query = unit(rng.normal(size=8))[0]
    found, maybe = shown(photos, query, captions, LIMITS)
    for at in range(number):
        alone = shown(photos[at : at + 1], query, captions, LIMITS)
        margin = margins(photos[at : at + 1], query, captions)[0]
        if min(abs(margin - LIMITS.found), abs(margin - LIMITS.maybe)) > 1e-5:
            assert (alone[0][0], alone[1][0]) == (found[at], maybe[at])
    assert not (found & maybe).any()


@pytest.mark.parametrize(
    ("margin", "zone"), [(0.21, "found"), (0.2, "found"), (0.1, "maybe"), (0.0, "maybe"), (-0.1, "")]
)
def test_the_limits_belong_to_the_surer_zone(margin: float, zone: str) -> None:
    """A photo with a margin of so much over the one caption, which is at right angles to the words."""
    angle = (margin / np.sqrt(2)).item()
    x = np.sqrt(1 - angle**2)
    photo = np.array([(x + angle) / np.sqrt(2), (x - angle) / np.sqrt(2), 0, 0], np.float32)
    limits = Cutoff(LIMITS.found - 1e-6, LIMITS.maybe - 1e-6, "by hand")
    found, maybe = shown(photo[None], DOG, CAT[None], limits)
    assert (bool(found[0]), bool(maybe[0])) == (zone == "found", zone == "maybe")
