"""Embeddings are checked when they are made, so that nothing later has to."""

import numpy as np
import pytest
from tests.helpers.galleries import photo

from unipic.core.embeddings import Embeddings

PHOTOS = tuple(photo(f"{number}") for number in range(4))
ROWS = np.eye(4, 6, dtype=np.float32)


def test_a_vector_for_each_photo() -> None:
    embeddings = Embeddings(PHOTOS, ROWS)
    assert embeddings.photos == PHOTOS
    assert Embeddings((), np.zeros((0, 1), np.float32)).photos == ()


@pytest.mark.parametrize(
    "vectors",
    [
        ROWS[:3],
        np.eye(5, dtype=np.float32),
        ROWS[0],
        ROWS[None],
        ROWS.astype(np.float64),
        ROWS * 2,
        ROWS * 0.9,
        np.zeros_like(ROWS),
        np.full_like(ROWS, np.nan),
        np.full_like(ROWS, np.inf),
    ],
    ids=["too few", "too many", "one row", "3-d", "float64", "too long", "too short", "zero", "nan", "infinite"],
)
def test_anything_else_is_refused(vectors: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"vectors|embedding"):
        Embeddings(PHOTOS, vectors)


def test_rounding_is_no_fault() -> None:
    Embeddings(PHOTOS, ROWS * np.float32(1.0005))


def test_some_of_them_in_the_order_asked_for() -> None:
    some = Embeddings(PHOTOS, ROWS).of([PHOTOS[2], PHOTOS[0]])
    assert some.photos == (PHOTOS[2], PHOTOS[0])
    assert np.array_equal(some.vectors, ROWS[[2, 0]])


def test_none_of_them() -> None:
    none = Embeddings(PHOTOS, ROWS).of([])
    assert none.photos == ()
    assert none.vectors.shape == (0, 6)


def test_a_stranger_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Embeddings(PHOTOS, ROWS).of([photo("stranger")])
