"""Where work on single files is done. An engine maps a task over items and survives whatever a file does to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Failure:
    """The task did not come back: its process died, took too long, or had no memory left."""

    reason: str


NO_MEMORY = Failure("needs more memory to decode than one photo is allowed")


class Engine(Protocol):
    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        """Each item with its result, in the order of the items; items are taken a bounded number ahead.

        What else the task raises is a mistake in the task, and is raised here.
        """
        ...

    def close(self) -> None: ...
