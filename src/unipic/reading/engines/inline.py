"""In this process, one after the other: for pictures one made oneself, and for stepping through with a debugger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from unipic.reading.engines.base import NO_MEMORY, Failure, Item, Result


class InlineEngine:
    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        for item in items:
            yield item, _result(task, item)

    def close(self) -> None:
        pass


def _result(task: Callable[[Item], Result], item: Item) -> Result | Failure:
    try:
        return task(item)
    except MemoryError:
        return NO_MEMORY
