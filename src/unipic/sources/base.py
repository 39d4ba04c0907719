"""Where files come from. A source lists; it never opens, moves or changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from unipic.photo import Unreadable


@dataclass(frozen=True)
class Found:
    """A regular file that may be a photo."""

    id: str
    name: str  # for people, "/" between folders
    path: str
    size: int


class Source(Protocol):
    def files(self) -> Iterator[Found | Unreadable]:
        """Everything that is there, each once, in an order that does not depend on the disk."""
        ...
