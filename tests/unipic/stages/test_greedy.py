from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from unipic.stages import greedy
from unipic.stages.greedy import count_neighbours, greedy_groups


def clustered(rng: np.random.Generator, amount: int, places: int, spread: float, width: int = 8) -> np.ndarray:
    vectors = rng.normal(size=(places, width))[rng.integers(places, size=amount)]
    vectors = vectors + rng.normal(size=vectors.shape) * spread
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def naive_groups(
    vectors: np.ndarray, threshold: float, agrees: Callable[[int, int], bool] = lambda leader, other: True
) -> list[list[int]]:
    """The definition, one pair at a time."""
    exact = vectors.astype(np.float64)
    groups: list[list[int]] = []
    taken: set[int] = set()
    for leader in range(len(exact)):
        if leader in taken:
            continue
        later = [i for i in range(leader + 1, len(exact)) if i not in taken]
        members = [i for i in later if exact[leader] @ exact[i] >= threshold and agrees(leader, i)]
        taken.update([leader, *members])
        if members:
            groups.append([leader, *members])
    return groups


@pytest.fixture(params=[(1024, 8192), (7, 5), (5, 7), (1, 1), (16, 16)], ids=str)
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greedy, "ROWS", request.param[0])
    monkeypatch.setattr(greedy, "COLUMNS", request.param[1])


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("amount", [0, 1, 2, 16, 33, 80])
def test_equals_the_definition_whatever_the_blocks(amount: int, threshold: float) -> None:
    vectors = clustered(np.random.default_rng(amount), amount, places=9, spread=0.2)
    assert greedy_groups(vectors, threshold) == naive_groups(vectors, threshold)


@pytest.mark.usefixtures("blocks")
def test_a_second_opinion_is_heard_for_each_pair() -> None:
    vectors = clustered(np.random.default_rng(5), 60, places=4, spread=0.1)
    groups = greedy_groups(vectors, 0.8, lambda leader, others: (others + leader) % 3 > 0)
    assert groups == naive_groups(vectors, 0.8, lambda leader, other: (other + leader) % 3 > 0)
    assert len(groups) > 4


@pytest.mark.usefixtures("blocks")
def test_counts_neighbours_as_the_definition_does() -> None:
    vectors = clustered(np.random.default_rng(6), 50, places=5, spread=0.2)
    exact = vectors.astype(np.float64)
    assert count_neighbours(vectors, 0.9).tolist() == ((exact @ exact.T >= 0.9).sum(axis=1) - 1).tolist()


def test_members_are_like_their_leader_and_never_by_a_chain() -> None:
    angles = np.radians(np.arange(0, 90, 5))  # each 5 degrees from the next, 85 from one end to the other
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    groups = greedy_groups(vectors, float(np.cos(np.radians(5.01))))
    assert groups == [[i, i + 1] for i in range(0, 18, 2)]


def test_a_pair_at_the_threshold_belongs_together() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8]], dtype=np.float32)
    assert greedy_groups(vectors, float(np.float32(0.6))) == [[0, 1]]
    assert greedy_groups(vectors, 0.60001) == []


def test_identical_rows_are_one_group() -> None:
    assert greedy_groups(np.tile(np.array([[0.6, 0.8]], np.float32), (40, 1)), 0.999) == [list(range(40))]


def test_memory_grows_with_the_photos_and_not_with_their_pairs() -> None:
    amount = 5000
    vectors = clustered(np.random.default_rng(7), amount, places=2000, spread=0.02)
    tracemalloc.start()
    try:
        assert len(greedy_groups(vectors, 0.99)) > 100
        count_neighbours(vectors, 0.99)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000  # all pairs would take 100 MB of float32
