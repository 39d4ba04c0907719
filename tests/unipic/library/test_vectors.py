"""Whatever holds vectors gives the exact answer, in one order. The contract of every kind of Vectors."""

from collections.abc import Callable

import numpy as np
import pytest

from unipic.library.vectors import DIGITS, ExactVectors, Vectors

KINDS = [ExactVectors]
SIZE = 24


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest) -> Callable[[], Vectors]:
    return lambda: request.param(SIZE)


@pytest.fixture
def rows() -> np.ndarray:
    rows = np.random.default_rng(3).normal(size=(500, SIZE)).astype(np.float32)
    rows[40:60] = rows[40]  # equal ones
    return rows


def plain(rows: np.ndarray, ids: np.ndarray, query: np.ndarray, k: int) -> list[int]:
    """By a product of all rows as they are stored, in double precision."""
    stored = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16).astype(np.float64)
    scores = np.round(stored @ (query / np.linalg.norm(query)).astype(np.float32).astype(np.float64), DIGITS)
    return ids[np.lexsort((ids, -scores))[:k]].tolist()


@pytest.mark.parametrize("share", [1.0, 0.5, 0.02])
def test_the_answer_is_exact_and_equal_ones_are_by_id(
    share: float, empty: Callable[[], Vectors], rows: np.ndarray
) -> None:
    vectors, ids = empty(), np.random.default_rng(1).permutation(900)[:500] + 7
    vectors.add(ids.tolist(), rows)
    rng = np.random.default_rng(2)
    for query in (rows[40], *rng.normal(size=(20, SIZE))):
        allowed = None if share == 1.0 else rng.choice(ids, round(share * 500), replace=False)
        some = np.ones(500, bool) if allowed is None else np.isin(ids, allowed)
        found, cosines = vectors.search(query, 30, allowed)
        assert found.tolist() == plain(rows[some], ids[some], query, 30)
        assert (np.diff(cosines) <= 0).all()


def test_the_order_of_adding_does_not_matter(empty: Callable[[], Vectors], rows: np.ndarray) -> None:
    forth, back = empty(), empty()
    forth.add(range(500), rows)
    for start in range(400, -1, -100):
        back.add(range(start, start + 100), rows[start : start + 100])
    for query in rows[:10]:
        a, b = forth.search(query, 50), back.search(query, 50)
        assert a[0].tolist() == b[0].tolist()
        assert a[1].tolist() == b[1].tolist()


def test_vectors_are_replaced_and_deleted(empty: Callable[[], Vectors], rows: np.ndarray) -> None:
    vectors = empty()
    vectors.add([1, 2, 3], rows[:3])
    vectors.add([2], rows[9:10])
    assert vectors.search(rows[9], 1)[0].tolist() == [2]
    vectors.delete([2, 77])
    assert sorted(vectors.search(rows[9], 10)[0].tolist()) == [1, 3]
    vectors.delete([1, 3])
    assert vectors.search(rows[9], 10)[0].tolist() == []


def test_unknown_ids_are_not_found(empty: Callable[[], Vectors], rows: np.ndarray) -> None:
    vectors = empty()
    vectors.add([1, 2], rows[:2])
    assert vectors.search(rows[0], 5, np.array([2, 99]))[0].tolist() == [2]
    assert vectors.search(rows[0], 5, np.array([], np.int64))[0].tolist() == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_what_has_no_direction_is_refused(bad: float, empty: Callable[[], Vectors], rows: np.ndarray) -> None:
    vectors = empty()
    with pytest.raises(ValueError, match="not finite, or zero"):
        vectors.add([1, 2], np.stack([rows[0], np.full(SIZE, bad, np.float32)]))
    vectors.add([1], rows[:1])
    with pytest.raises(ValueError, match="not finite, or zero"):
        vectors.search(np.full(SIZE, bad), 1)
    with pytest.raises(ValueError, match="different ids"):
        vectors.add([1, 1], rows[:2])
