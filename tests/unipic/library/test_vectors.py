"""Whatever holds vectors gives the exact answer, in one order. The contract of every kind of Vectors."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.galleries import photo
from tests.helpers.searched import CALIBRATION, KEY, stored

from unipic.library.lance import LanceVectors
from unipic.library.searchable import Searchable
from unipic.library.vectors import DIGITS, CellVectors, ExactVectors, Vectors, vectors_for

SIZE = 24
there = find_spec("lancedb") is not None
KINDS = [ExactVectors, CellVectors, pytest.param(LanceVectors, marks=pytest.mark.skipif(not there, reason="an extra"))]


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Vectors]:
    if request.param is LanceVectors:
        return lambda: LanceVectors(str(tmp_path_factory.mktemp("lance")), SIZE)
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


def test_vectors_are_read_by_id(empty: Callable[[], Vectors], rows: np.ndarray) -> None:
    vectors = empty()
    vectors.add([5, 3, 9], rows[:3])
    assert vectors.has(np.array([3, 4, 9, -1, 99])).tolist() == [True, False, True, False, False]
    stored = (rows[[2, 0]] / np.linalg.norm(rows[[2, 0]], axis=1, keepdims=True)).astype(np.float16)
    np.testing.assert_array_equal(vectors.of(np.array([9, 5])), stored)
    assert len(vectors.of(np.array([], np.int64))) == 0


def test_above_a_limit_cells_find_nearly_all_with_the_same_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(60, SIZE))
    rows = (centres[rng.integers(0, 60, 8_000)] + 0.5 * rng.normal(size=(8_000, SIZE))).astype(np.float32)
    exact = vectors_for(8_000, SIZE)
    monkeypatch.setattr("unipic.library.vectors.EXACT_ROWS", 4_000)
    cells = vectors_for(8_000, SIZE)
    assert (type(exact), type(cells)) == (ExactVectors, CellVectors)
    for vectors in (exact, cells):
        vectors.add(range(8_000), rows)
    shares = []
    for query in rows[:20]:
        (wanted, scores), (found, told) = exact.search(query, 100), cells.search(query, 100)
        shares.append(np.isin(wanted, found).mean())
        np.testing.assert_array_equal(told[np.isin(found, wanted)], scores[np.isin(wanted, found)])
        few = np.arange(300)
        assert cells.search(query, 50, few)[0].tolist() == exact.search(query, 50, few)[0].tolist()
    assert np.mean(shares) > 0.98


@pytest.mark.skipif(not there, reason="an extra")
def test_a_later_process_finds_what_lancedb_keeps(tmp_path: Path, rows: np.ndarray) -> None:
    LanceVectors(str(tmp_path), SIZE).add([4, 8], rows[:2], ["a", "b"])
    again = LanceVectors(str(tmp_path), SIZE)
    assert again.names == {4: "a", 8: "b"}
    assert again.search(rows[1], 1)[0].tolist() == [8]


@pytest.mark.skipif(not there, reason="an extra")
def test_a_library_keeps_its_vectors_where_the_operator_wants_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [photo(str(number), digest=f"{number}" * 64) for number in range(6)]
    library = stored(tmp_path / "data", photos)
    inside = Searchable(library, KEY, CALIBRATION)
    monkeypatch.setenv("UNIPIC_VECTORS", str(tmp_path / "lance"))
    outside = Searchable(library, KEY, CALIBRATION)
    assert isinstance(outside.vectors, LanceVectors)
    query = np.random.default_rng(1).normal(size=16)
    for allowed in (None, np.array([1, 4])):
        mine, theirs = (library.nearest(query, 3, allowed) for library in (outside, inside))
        np.testing.assert_array_equal(mine.places, theirs.places)
        np.testing.assert_array_equal(mine.cosines, theirs.cosines)
    monkeypatch.setattr(LanceVectors, "add", None)  # a later process has nothing to add
    assert Searchable(library, KEY, CALIBRATION).vectors is not None
