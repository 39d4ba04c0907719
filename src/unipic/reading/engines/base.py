"""The interface of engines. An engine maps a task over items and survives whatever an item does to it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from unipic.core.language import kept

Item = TypeVar("Item")
Result = TypeVar("Result")
Model = TypeVar("Model")


@dataclass(frozen=True)
class Failure:
    """The task gave no result: its process died, took too long, or ran out of memory."""

    reason: str


NO_MEMORY = Failure(kept("needs more memory to decode than one photo is allowed"))


class Engine(Protocol):
    """Runs a task on many items."""

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        """Each item with its result, in the order of the items, which are taken a bounded number ahead.

        Any other exception of the task is a bug in the task, and is raised here.
        """

    def apply(
        self, open_model: Callable[[], Model], work: Callable[[Model, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result]]:
        """Each item with what `work` makes of it by a model that each worker opens once, at its first item.

        In the order of the items, which are taken a bounded number ahead. Items are trusted: pictures that we decoded.
        An exception of `open_model` or `work` is raised here as itself and ends the stream.
        """

    def close(self) -> None:
        """Stop the workers."""
