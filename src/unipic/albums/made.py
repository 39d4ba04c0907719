"""What a picture made of a group's photos is to its folder: a file beside the originals, and facts about it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from unipic.albums.groups import AlbumGroup, middle_of
from unipic.core.photo import Photo

FRAMES = 3  # of a bracket; two exposures have no middle


@dataclass(frozen=True)
class Made:
    """A picture for the folder of a group, beside its originals."""

    name: str
    data: bytes
    facts: Mapping[str, Any]  # for group.json


# Makes pictures of a group, but no kind that was made of it before. A text says why one could not be made.
Make = Callable[[AlbumGroup, frozenset[str]], Iterable[Made | str]]


@dataclass(frozen=True)
class Bracket:
    """The frames to merge, darkest first, and which of them is the middle one."""

    paths: tuple[str, ...]
    middle: int


def brackets(group: AlbumGroup) -> list[tuple[Photo, Bracket]]:
    """The middle frame and the bracket of each series of the group that can be merged."""
    found = []
    for series in group.series:
        if series.kind == "bracket" and len(series.photos) >= FRAMES:
            shots = sorted(series.photos, key=lambda shot: (shot.bias or 0.0, shot.id))
            middle = middle_of(series)
            found.append((middle, Bracket(tuple(shot.path for shot in shots), shots.index(middle))))
    return found
