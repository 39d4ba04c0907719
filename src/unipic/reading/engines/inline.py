"""Run tasks in this process, one after the other: for trusted pictures, and for debugging."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Generic

from unipic.reading.engines.base import NO_MEMORY, Failure, Item, Model, Result


class InlineEngine:
    """An Engine without workers. A hostile file can kill the process."""

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        for item in items:
            yield item, _result(task, item)

    def apply(
        self, open_model: Callable[[], Model], work: Callable[[Model, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result]]:
        return apply_here(open_model, work, items)

    def close(self) -> None:
        """Nothing to stop."""


class Applied(Generic[Model, Item, Result]):
    """Work on one item at a time, by a model that is opened at the first."""

    def __init__(self, open_model: Callable[[], Model], work: Callable[[Model, Item], Result]) -> None:
        self._open, self._work = open_model, work

    @cached_property
    def _model(self) -> Model:
        return self._open()

    def result(self, item: Item) -> Result:
        """What `work` makes of the item; exceptions of `open_model` and `work` as they are."""
        return self._work(self._model, item)


def apply_here(
    open_model: Callable[[], Model], work: Callable[[Model, Item], Result], items: Iterable[Item]
) -> Iterator[tuple[Item, Result]]:
    """Engine.apply in this process, one item after the other."""
    applied = Applied(open_model, work)
    for item in items:
        yield item, applied.result(item)


def _result(task: Callable[[Item], Result], item: Item) -> Result | Failure:
    try:
        return task(item)
    except MemoryError:
        return NO_MEMORY
