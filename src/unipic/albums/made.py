"""What a picture made of a group's photos is to its folder: a file beside the originals, and facts about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from unipic.albums.groups import AlbumGroup


@dataclass(frozen=True)
class Made:
    """A picture for the folder of a group, beside its originals."""

    name: str
    data: bytes
    facts: Mapping[str, Any]  # for group.json


Make = Callable[[AlbumGroup], Iterable[Made | str]]  # a text says why a picture could not be made
