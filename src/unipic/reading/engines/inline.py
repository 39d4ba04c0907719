"""Run tasks in this process, one after the other: for trusted pictures, and for debugging."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from unipic.reading.engines.base import NO_MEMORY, Failure, Item, Result


class InlineEngine:
    """An Engine without workers. A hostile file can kill the process."""

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        """See Engine.map."""
        for item in items:
            yield item, _result(task, item)

    def close(self) -> None:
        """Nothing to stop."""


def _result(task: Callable[[Item], Result], item: Item) -> Result | Failure:
    try:
        return task(item)
    except MemoryError:
        return NO_MEMORY
