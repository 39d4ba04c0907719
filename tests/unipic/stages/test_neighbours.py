from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from tests.galleries import at_angles, embeddings, photo

from unipic.embeddings import Embeddings
from unipic.stages import neighbours as module
from unipic.stages.neighbours import neighbours

LIKELY, LEAST = 0.9, 0.6
BLOCKS = [(1024, 8192), (7, 5), (5, 7), (1, 1), (16, 16)]


def clustered(seed: int, amount: int, places: int = 6, spread: float = 0.3, width: int = 6) -> Embeddings:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(places, width))[rng.integers(places, size=amount)] + spread * rng.normal(
        size=(amount, width)
    )
    comparable = rng.random(amount) < 0.9
    return embeddings(
        [photo(f"{i:03}", comparable=bool(comparable[i])) for i in range(amount)], rows.reshape(-1, width)
    )


def by_definition(
    given: Embeddings, likely: float, least: float, most: int, unlikely: int
) -> dict[tuple[int, int], float]:
    """One photo at a time. With all cosines apart, so that there is one answer."""
    vectors = given.vectors.astype(np.float64)
    found = {}
    for i, one in enumerate(given.photos):
        others = [j for j, other in enumerate(given.photos) if j != i and one.comparable and other.comparable]
        nearest = sorted(others, key=lambda j: -float(vectors[i] @ vectors[j]))
        for place, j in enumerate(nearest[:most]):
            cosine = float(vectors[i] @ vectors[j])
            if cosine >= likely or (cosine >= least and place < unlikely):
                found[min(i, j), max(i, j)] = cosine
    return found


def check(given: Embeddings, likely: float = LIKELY, least: float = LEAST) -> int:
    first, second, cosine = neighbours(given, likely, least)
    expected = by_definition(given, likely, least, module.MOST, module.MOST_UNLIKELY)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == sorted(expected)
    assert cosine == pytest.approx([expected[pair] for pair in sorted(expected)], abs=1e-6)
    assert (first.dtype, second.dtype, cosine.dtype) == (np.int64, np.int64, np.float32)
    return len(first)


@given(
    st.integers(0, 2**32 - 1), st.integers(0, 40), st.sampled_from(BLOCKS), st.sampled_from([(64, 8), (3, 1), (5, 2)])
)
@settings(max_examples=150, deadline=None)
def test_equals_the_definition_whatever_the_blocks(
    seed: int, amount: int, blocks: tuple[int, int], caps: tuple[int, int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS", blocks[0])
        patch.setattr(module, "COLUMNS", blocks[1])
        patch.setattr(module, "MOST", caps[0])
        patch.setattr(module, "MOST_UNLIKELY", caps[1])
        check(clustered(seed, amount))


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
    monkeypatch.setattr(module, "MOST", 4)
    monkeypatch.setattr(module, "MOST_UNLIKELY", 2)
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
    monkeypatch.setattr(module, "MOST", 10)
    rng = np.random.default_rng(3)
    crowd = embeddings([photo(f"{i}") for i in range(200)], 5 * np.ones(6) + 0.1 * rng.normal(size=(200, 6)))
    assert check(crowd) <= 200 * 10


def test_identical_photos_are_neighbours_all() -> None:
    first, _, cosine = neighbours(embeddings([photo(f"{i}") for i in range(20)], np.ones((20, 3))), LIKELY, LEAST)
    assert len(first) == 20 * 19 // 2
    assert cosine == pytest.approx(1.0)
