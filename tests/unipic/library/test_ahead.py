"""What is taken ahead is what would have been taken, no more than allowed, and none of it once nobody wants it."""

import itertools
import threading
from collections.abc import Iterator

import pytest

from unipic.library._ahead import ahead


def test_gives_the_same_in_order() -> None:
    assert list(ahead(range(1000), 7)) == list(range(1000))
    assert list(ahead([], 7)) == []
    assert list(ahead([None, 0, ""], 1)) == [None, 0, ""]


def test_goes_on_while_nobody_asks_but_not_too_far() -> None:
    taken, enough = [], threading.Event()

    def endless() -> Iterator[int]:
        for number in itertools.count():
            taken.append(number)
            if number == 5:
                enough.set()
            yield number

    stream = ahead(endless(), 5)
    assert next(stream) == 0
    assert enough.wait(10), "five wait, and the next is in hand"
    stream.close()
    assert len(taken) <= 8


def test_an_error_comes_where_it_was() -> None:
    def broken() -> Iterator[int]:
        yield from range(3)
        raise LookupError("a mistake")

    stream = ahead(broken(), 10)
    assert [next(stream) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LookupError, match="a mistake"):
        next(stream)


def test_whoever_leaves_in_the_middle_ends_it_in_its_own_thread() -> None:
    ended: list[str] = []

    def careful() -> Iterator[int]:
        try:
            yield from itertools.count()
        finally:
            ended.append(threading.current_thread().name)

    stream = ahead(careful(), 3)
    next(stream)
    stream.close()
    assert ended == ["unipic-ahead"]
    assert not [thread for thread in threading.enumerate() if thread.name == "unipic-ahead"]
