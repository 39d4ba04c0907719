"""In this process, one after the other: for pictures one made oneself, and for stepping through with a debugger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from unipic.engines.base import Failure, Item, Result


class InlineEngine:
    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        for item in items:
            yield item, task(item)

    def close(self) -> None:
        pass
