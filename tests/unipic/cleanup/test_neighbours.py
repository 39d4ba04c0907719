import random
import threading
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from tests.helpers.galleries import at_angles, embeddings, photo

from unipic.cleanup import _neighbours as module
from unipic.cleanup._neighbours import GRID, exact_cosines, neighbours, on_grid, rounding, sketches
from unipic.core.embeddings import Embeddings
from unipic.core.errors import Cancelled
from unipic.core.progress import Step

LIKELY, LEAST = 0.9, 0.6
Found = dict[tuple[str, str], float]


def clustered(seed: int, amount: int, places: int = 6, spread: float = 0.3, width: int = 6) -> Embeddings:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(places, width))[rng.integers(places, size=amount)] + spread * rng.normal(
        size=(amount, width)
    )
    comparable = rng.random(amount) < 0.9
    return embeddings(
        [photo(f"{i:03}", comparable=bool(comparable[i])) for i in range(amount)], rows.reshape(-1, width)
    )


def with_ties(seed: int, amount: int, kinds: int) -> Embeddings:
    """Of few different vectors, so that most cosines are there more than once."""
    rng = np.random.default_rng(seed)
    corners = np.array([corner for corner in product((-1, 0, 1), repeat=3) if any(corner)])
    return embeddings([photo(f"{i}") for i in range(amount)], corners[rng.integers(kinds, size=amount)].reshape(-1, 3))


def in_whole_numbers(given: Embeddings) -> np.ndarray:
    """Cosines of the vectors on the grid as multiples of 2^-52, which int64 adds up without any rounding."""
    whole = np.rint(given.vectors.astype(np.float64) / GRID).astype(np.int64)
    return whole @ whole.T


def by_definition(given: Embeddings, likely: float, least: float) -> Found:
    """One photo at a time; of equal cosines the digest that comes first."""
    cosine, found = in_whole_numbers(given), {}
    for i, one in enumerate(given.photos):
        others = [j for j, other in enumerate(given.photos) if j != i and one.comparable and other.comparable]
        for place, j in enumerate(sorted(others, key=lambda j: (-cosine[i, j], given.photos[j].digest))):
            value = float(cosine[i, j] * GRID * GRID)
            if (value >= likely and place < module.MAX_NEIGHBOURS) or (value >= least and place < module.MAX_UNLIKELY):
                found[one.id, given.photos[j].id] = value
    return {(min(pair), max(pair)): value for pair, value in found.items()}


def named(given: Embeddings, likely: float = LIKELY, least: float = LEAST, threads: int = 2) -> Found:
    """What is found, with the ids of the photos; and its form is as promised."""
    first, second, cosine = neighbours(given, likely, least, threads)
    places = list(zip(first.tolist(), second.tolist(), strict=True))
    assert places == sorted(set(places))
    assert all(a < b for a, b in places)
    assert (first.dtype, second.dtype, cosine.dtype) == (np.int64, np.int64, np.float32)
    pairs = [sorted((given.photos[a].id, given.photos[b].id)) for a, b in places]
    return {(a, b): value for (a, b), value in zip(pairs, cosine.tolist(), strict=True)}


def check(given: Embeddings, likely: float = LIKELY, least: float = LEAST) -> int:
    expected = by_definition(given, likely, least)
    assert named(given, likely, least) == {pair: float(np.float32(value)) for pair, value in expected.items()}
    return len(expected)


def in_any_order(given: Embeddings, rng: random.Random) -> Embeddings:
    photos = list(given.photos)
    rng.shuffle(photos)
    return given.of(photos)


@pytest.mark.slow
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 40),
    st.sampled_from([1024, 16, 7, 1]),
    st.sampled_from([(64, 8), (3, 1), (5, 2)]),
    st.sampled_from([0.0, 1 / 32, 1.0]),
    st.sampled_from([0, 5, 2**20]),
    st.sampled_from([None, (1, 1.0), (2, 0.25)]),
)
@settings(max_examples=80)
def test_equals_the_definition_whatever_the_tiles_and_sketches(
    seed: int, amount: int, side: int, caps: tuple[int, int], crowded: float, at_once: int, sketch: Any
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in zip(("MAX_NEIGHBOURS", "MAX_UNLIKELY"), caps, strict=True):
            patch.setattr(module, name, value)
        patch.setattr(module, "SIDE", side)
        patch.setattr(module, "CROWDED", crowded)
        patch.setattr(module, "SETTLE_PAIRS", at_once)
        if sketch:
            patch.setattr(module, "SKETCHED_FROM", 0)
            patch.setattr(module, "SKETCH", sketch[0])
            patch.setattr(module, "MANY", sketch[1])
        check(clustered(seed, amount))
        check(with_ties(seed, amount, kinds=1 + seed % 26), 0.8, 0.4)


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.randoms(use_true_random=False), st.integers(1, 4))
@settings(max_examples=40)
def test_neither_the_order_of_the_files_nor_the_threads_matter(
    seed: int, amount: int, rng: random.Random, threads: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"MAX_NEIGHBOURS": 4, "MAX_UNLIKELY": 2, "SIDE": 8}.items():
            patch.setattr(module, name, value)
        for series in (clustered(seed, amount), with_ties(seed, amount, kinds=5)):
            assert named(in_any_order(series, rng), threads=threads) == named(series, threads=1)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 64, 576, 978]))
@settings(max_examples=30)
def test_cosines_are_exact_and_a_product_is_no_further_off_than_its_rounding(seed: int, width: int) -> None:
    """Nearly the same vectors in float32, where rounding would show: added up in Python's whole numbers."""
    rng = np.random.default_rng(seed)
    rows = (rng.normal(size=width) + rng.choice([0, 1e-7, 1e-3, 1]) * rng.normal(size=(9, width))).astype(np.float32)
    vectors = on_grid(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    whole = [[int(number) for number in row] for row in vectors.astype(np.float64) / GRID]
    a, b = np.divmod(np.arange(81), 9)
    expected = [sum(x * y for x, y in zip(whole[i], whole[j], strict=True)) / 2**52 for i, j in zip(a, b, strict=True)]
    assert exact_cosines(vectors, a, b).tolist() == expected
    wide = vectors.astype(np.float64)
    assert (wide @ wide.T).ravel().tolist() == expected
    assert np.abs((vectors @ vectors.T).ravel() - expected).max() <= rounding(width)


@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 64, 576]), st.sampled_from([1, 40]))
@settings(max_examples=30)
def test_a_product_of_sketches_is_not_below_the_cosine(seed: int, width: int, kept: int) -> None:
    """Also of vectors that are nearly the same, whose rest has no length, and of more directions than there are."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=width) + rng.choice([0, 1e-4, 0.1, 1]) * rng.normal(size=(30, width))
    vectors = on_grid((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SKETCH", kept)
        sketch = sketches(vectors)
    exact = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    assert (sketch @ sketch.T - exact).min() >= -2 * rounding(width)


def test_the_grid_changes_next_to_nothing_and_nothing_of_float16() -> None:
    rng = np.random.default_rng(0)
    given = rng.uniform(-1, 1, (50, 64)).astype(np.float32)
    assert np.abs(on_grid(given.copy()) - given).max() <= GRID / 2
    half = given.astype(np.float16).astype(np.float32)
    assert np.array_equal(on_grid(half.copy()), half)


def test_it_tells_how_far_it_is_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIDE", 32)
    given, steps = clustered(1, 100), list[Step]()
    neighbours(given, LIKELY, LEAST, progress=steps.append)
    assert [(step.done, step.total) for step in steps] == [(0, 0), *((done, 6) for done in range(1, 7))]
    before = threading.active_count()

    def stop(step: Step) -> None:
        if step.done == 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        neighbours(given, LIKELY, LEAST, threads=2, progress=stop)
    assert threading.active_count() == before


def test_what_is_given_is_not_changed() -> None:
    given = clustered(1, 30)
    before = given.vectors.copy()
    neighbours(given, LIKELY, LEAST)
    assert np.array_equal(given.vectors, before)


@pytest.mark.parametrize("amount", [65, 66, 67, 300])
def test_of_many_photos_with_one_vector_the_first_digests_are_everybody_s_nearest(amount: int) -> None:
    """Those beyond MAX_NEIGHBOURS + 1 are not searched at all, and find the same."""
    others = np.array([[1.0, 0.2, 0], [1, 0.3, 0.1], [0, 0, 1]])
    photos = [photo(f"{i}") for i in range(amount + 3)]
    given = embeddings(photos, np.concatenate([np.ones((amount, 1)) * [1, 0.1, 0], others]))
    assert check(given) > 64 * (amount - 64)


def test_photos_with_one_digest_stand_for_each_other() -> None:
    photos = [photo(f"{i}", digest=f"{i // 40:064}") for i in range(120)]
    given = embeddings(photos, [[1.0, i // 40] for i in range(120)])
    pairs = named(given)
    assert len(pairs) == len(named(in_any_order(given, random.Random(1))))


def test_no_more_is_kept_than_each_photo_s_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of one time-lapse: pairs that can be nobody's nearest are dropped on the way."""
    monkeypatch.setattr(module, "SIDE", 32)
    monkeypatch.setattr(module, "MAX_NEIGHBOURS", 4)
    monkeypatch.setattr(module, "MAX_UNLIKELY", 2)
    monkeypatch.setattr(module, "SETTLE_PAIRS", 500)
    waiting = []
    settle = module.Nearest.settle
    monkeypatch.setattr(module.Nearest, "settle", lambda self: waiting.append(self._new) or settle(self))
    rng = np.random.default_rng(3)
    crowd = embeddings([photo(f"{i}") for i in range(400)], 5 * np.ones(6) + 0.1 * rng.normal(size=(400, 6)))
    assert check(crowd) <= 400 * 4
    assert len(waiting) > 2
    # A tile brings MAX_NEIGHBOURS for each of its photos and from either side, if the pair is in reach of that side.
    assert max(waiting) <= max(500, 400 * 4 // 2) + 2 * 32 * 2 * 4


@pytest.mark.parametrize("amount", [0, 1])
def test_none_and_one_photo_have_no_neighbours(amount: int) -> None:
    given = embeddings([photo(f"{i}") for i in range(amount)], np.ones((amount, 3)))
    first, second, cosine = neighbours(given, LIKELY, LEAST)
    assert (len(first), len(second), len(cosine)) == (0, 0, 0)
    assert (first.dtype, second.dtype, cosine.dtype) == (np.int64, np.int64, np.float32)


def test_what_is_too_plain_to_compare_is_left_out_and_the_others_keep_their_numbers() -> None:
    photos = [photo("a"), photo("plain", comparable=False), photo("b"), photo("bare", comparable=False)]
    first, second, _ = neighbours(embeddings(photos, np.ones((4, 2))), LIKELY, LEAST)
    assert (first.tolist(), second.tolist()) == ([0], [2])
    plain = embeddings([photo("a", comparable=False), photo("b", comparable=False)], np.ones((2, 2)))
    assert len(neighbours(plain, LIKELY, LEAST)[0]) == 0


def test_the_limits_belong_to_them() -> None:
    pair = embeddings([photo("a"), photo("b")], [[1, 0], [0.6, 0.8]])
    exact = float(pair.vectors[0] @ pair.vectors[1])
    assert len(neighbours(pair, exact, exact)[0]) == 1
    assert len(neighbours(pair, 0.9, exact)[0]) == 1
    assert len(neighbours(pair, 0.9, exact + 1e-3)[0]) == 0


def test_a_limit_below_every_cosine_makes_nobody_a_neighbour_of_itself() -> None:
    """As an encoder says that is sure of nothing."""
    given = at_angles([photo("a"), photo("b"), photo("c")], -0.5, -1.0)
    first, second, _ = neighbours(given, 0.9, -1.5)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]


def test_of_one_photo_the_nearest_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fan: each is nearer to the hub than to any other, so that what the hub leaves out stays out."""
    monkeypatch.setattr(module, "MAX_NEIGHBOURS", 4)
    monkeypatch.setattr(module, "MAX_UNLIKELY", 2)
    hub, spokes = np.eye(9)[0], np.eye(9)[1:]
    leaning = np.linspace(1.2, 0.8, 8)[:, None]
    fan = embeddings([photo(f"{i}") for i in range(9)], np.stack([hub, *(spokes + leaning * hub)]))
    with_hub = fan.vectors[1:] @ fan.vectors[0]
    assert np.all(np.diff(with_hub) < 0)
    first, second, _ = neighbours(fan, likely=0.99, least=float(with_hub[-1]) - 0.001)
    assert check(fan, 0.99, float(with_hub[-1]) - 0.001) == len(first)
    # Each spoke has the hub among its own nearest, and a pair needs one side only.
    assert second[first == 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_crowd_does_not_make_all_of_its_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NEIGHBOURS", 10)
    rng = np.random.default_rng(3)
    crowd = embeddings([photo(f"{i}") for i in range(200)], 5 * np.ones(6) + 0.1 * rng.normal(size=(200, 6)))
    assert check(crowd) <= 200 * 10


def test_identical_photos_are_neighbours_all() -> None:
    first, _, cosine = neighbours(embeddings([photo(f"{i}") for i in range(20)], np.ones((20, 3))), LIKELY, LEAST)
    assert len(first) == 20 * 19 // 2
    assert cosine == pytest.approx(1.0)


def remembered(given: Embeddings, folder: Path) -> tuple[Found, int]:
    """What is found with what earlier runs left in the folder, and how many rows were searched."""
    searched = list[int]()
    with pytest.MonkeyPatch.context() as patch:
        search = module._search
        patch.setattr(module, "KNOWN_FROM", 0)
        patch.setattr(module, "_search", lambda *a: (searched.append(len(a[1])), search(*a))[-1])
        first, second, cosine = neighbours(given, LIKELY, LEAST, known=folder)
    pairs = zip(first.tolist(), second.tolist(), cosine.tolist(), strict=True)
    ids = [photo.id for photo in given.photos]
    return {(min(ids[a], ids[b]), max(ids[a], ids[b])): value for a, b, value in pairs}, sum(searched)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([(64, 8), (3, 1)]), st.randoms())
def test_what_earlier_runs_left_changes_nothing(seed: int, amount: int, caps: Any, rng: random.Random) -> None:
    photos = clustered(seed, amount)
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as name:
        patch.setattr(module, "MAX_NEIGHBOURS", caps[0])
        patch.setattr(module, "MAX_UNLIKELY", caps[1])
        for _ in range(5):  # photos come and go
            some = photos.of(rng.sample(list(photos.photos), rng.randint(0, amount)))
            assert remembered(some, Path(name))[0] == named(some)


def test_only_new_photos_are_searched(tmp_path: Path) -> None:
    found = clustered(7, 60)
    photos = embeddings([replace(one, comparable=True) for one in found.photos], found.vectors)
    before, after = photos.of(photos.photos[:50]), photos
    assert remembered(before, tmp_path)[1] == 50
    assert remembered(before, tmp_path) == (named(before), 0)
    assert remembered(after, tmp_path) == (named(after), 10)
    alone = min(photos.photos, key=lambda one: sum(one.id in pair for pair in named(after)))
    rest = photos.of(one for one in photos.photos if one is not alone)
    found, searched = remembered(rest, tmp_path)  # only those that were near the one that is gone
    assert found == named(rest)
    assert searched == sum(alone.id in pair for pair in named(after)) < 50


def test_the_latest_galleries_are_kept_and_damage_costs_only_time(tmp_path: Path) -> None:
    photos = clustered(8, 40)
    for size in range(10, 30, 2):
        remembered(photos.of(photos.photos[:size]), tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 4
    for number, file in enumerate(files):
        file.write_bytes([b"", b"no archive", file.read_bytes()[:700], bytes(9000)][number])
    again = photos.of(photos.photos[:28])
    assert remembered(again, tmp_path)[0] == named(again)


def test_another_vector_of_a_photo_is_another_photo(tmp_path: Path) -> None:
    one, other = clustered(1, 20), clustered(2, 20)
    remembered(one, tmp_path)
    same = embeddings(one.photos, other.vectors)
    assert remembered(same, tmp_path)[0] == named(same)


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    folder = tmp_path / "a file"
    folder.write_text("in its place")
    photos = clustered(3, 20)
    assert remembered(photos, folder)[0] == named(photos)
