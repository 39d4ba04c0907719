"""What every engine owes, and what only processes can survive."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.systems import needs_linux
from tests.helpers.tasks import (
    keep_busy,
    misbehave,
    mistaken,
    rest,
    square,
    square_slowly_at_first,
    wait_for_a_later_one,
    without_memory,
)

from unipic.reading.engines.base import Engine, Failure
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import AHEAD, WALL_CLOCK, LocalEngine

WORKERS = 2


@pytest.fixture(scope="module")
def local() -> Iterator[LocalEngine]:
    engine = LocalEngine(WORKERS, seconds=2.0, memory=2_000_000_000)
    yield engine
    engine.close()


@pytest.fixture(params=["inline", "local"])
def engine(request: pytest.FixtureRequest, local: LocalEngine) -> Engine:
    return local if request.param == "local" else InlineEngine()


# The contract


def test_gives_each_item_with_its_result_in_order(engine: Engine) -> None:
    assert list(engine.map(square_slowly_at_first, range(30))) == [(n, n * n) for n in range(30)]


def test_gives_nothing_for_nothing(engine: Engine) -> None:
    assert list(engine.map(square, [])) == []


def test_takes_a_stream_a_bounded_number_ahead(engine: Engine) -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            yield number

    results = list(itertools.islice(engine.map(square, endless()), 5))
    assert results == [(n, n * n) for n in range(5)]
    assert taken <= 5 + AHEAD * WORKERS


def test_can_be_left_in_the_middle_and_used_again(engine: Engine) -> None:
    stream = engine.map(square, itertools.count())
    assert next(stream) == (0, 0)
    stream.close()  # type: ignore[attr-defined]
    assert list(engine.map(square, [7])) == [(7, 49)]


def test_two_streams_do_not_mix(engine: Engine) -> None:
    pairs = zip(engine.map(square, range(10)), engine.map(square, range(100, 110)), strict=True)
    assert [(a, b) for (_, a), (_, b) in pairs] == [(n * n, (100 + n) ** 2) for n in range(10)]


@needs_linux
def test_memory_that_is_not_there_costs_one_item(engine: Engine) -> None:
    zero, one, two = engine.map(without_memory, range(3))
    assert (zero, two) == ((0, 0), (2, 2))
    assert one[0] == 1
    assert isinstance(one[1], Failure)
    assert "memory" in one[1].reason


def test_a_mistake_in_the_task_is_raised(engine: Engine) -> None:
    with pytest.raises(LookupError, match="a mistake in the task"):
        list(engine.map(mistaken, [1]))
    assert list(engine.map(square, [3])) == [(3, 9)]


def test_an_error_of_the_stream_is_raised(engine: Engine) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the folder is gone")

    with pytest.raises(OSError, match="the folder is gone"):
        list(engine.map(square, broken()))
    assert list(engine.map(square, [3])) == [(3, 9)]


def test_closing_twice_does_no_harm(engine: Engine) -> None:
    other = InlineEngine() if isinstance(engine, InlineEngine) else LocalEngine(1)
    other.close()
    other.close()


# What a process of its own is for


@needs_linux
@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("exit", "crashed on it (exit code 3)"),
        ("segfault", "crashed on it (SIGSEGV)"),
        ("abort", "crashed on it (SIGABRT)"),
        ("hog", "needs more memory"),
    ],
)
def test_a_worker_that_dies_costs_one_item(local: LocalEngine, word: str, reason: str) -> None:
    words = ["a", "b", word, "c", "d", word, "e"]
    results = list(local.map(misbehave, words))
    assert [item for item, _ in results] == words
    for item, result in results:
        if item == word:
            assert isinstance(result, Failure)
            assert reason in result.reason
        else:
            assert result == item
    assert list(local.map(square, range(20))) == [(n, n * n) for n in range(20)]


def test_an_item_that_keeps_the_processor_busy_is_given_up() -> None:
    engine = LocalEngine(WORKERS, seconds=1.0)
    try:
        results = dict(engine.map(misbehave, ["a", "spin", "b"]))
        assert (results["a"], results["b"]) == ("a", "b")
        assert results["spin"] == Failure("took longer than 1 seconds of processor time to decode")
        assert list(engine.map(square, [3])) == [(3, 9)]
    finally:
        engine.close()


def test_time_that_the_processor_spent_elsewhere_does_not_count() -> None:
    """On a busy machine a good photo takes longer by the clock, and is not refused for it."""
    engine = LocalEngine(1, seconds=0.5)
    try:
        assert list(engine.map(rest, [1.5])) == [(1.5, 1.5)]
    finally:
        engine.close()


def test_each_item_has_its_own_time() -> None:
    engine = LocalEngine(1, seconds=1.0)
    try:
        assert list(engine.map(keep_busy, [0.4] * 4)) == [(0.4, 0.4)] * 4
    finally:
        engine.close()


def test_an_item_that_waits_for_ever_is_given_up() -> None:
    """As a file on a network share that is gone."""
    engine = LocalEngine(1, seconds=0.1)
    try:
        words = ["a", "sleep", "b"]
        given_up = Failure(f"took longer than {WALL_CLOCK * 0.1:.0f} seconds to decode")
        assert list(engine.map(misbehave, words)) == [("a", "a"), ("sleep", given_up), ("b", "b")]
    finally:
        engine.close()


def test_a_worker_leaves_interrupts_to_its_parent(local: LocalEngine) -> None:
    """Ctrl-C reaches every process of a terminal; only the command itself decides what it means."""
    assert list(local.map(misbehave, ["interrupt", "a"])) == [("interrupt", "interrupt"), ("a", "a")]


def test_worker_count_does_not_matter(local: LocalEngine) -> None:
    alone = LocalEngine(1)
    try:
        assert list(alone.map(square, range(20))) == list(local.map(square, range(20)))
    finally:
        alone.close()


def test_a_slow_item_holds_up_nothing_behind_it(tmp_path: Path) -> None:
    engine = LocalEngine(WORKERS)
    try:
        items = [(n, str(tmp_path)) for n in range(AHEAD * WORKERS)]
        assert [said for _, said in engine.map(wait_for_a_later_one, items)] == ["met"] * len(items)
    finally:
        engine.close()
