"""The interface of destinations: a plan says what would be done, carrying it out gives a result.

`items_of` names what a destination writes, and a file counts as written only once it is verified.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from unipic.core.errors import AlreadyThere, DestinationError
from unipic.core.language import gettext as _
from unipic.core.photo import Companion, Photo, Unreadable, files_of
from unipic.core.progress import Progress, silent
from unipic.core.words import count
from unipic.destinations.names import export_names
from unipic.reading.location import Stripper
from unipic.review.outcomes import Outcome

MANIFEST = "unipic-manifest.json"


@dataclass(frozen=True, slots=True)
class Item:
    """One file to write: a photo, a companion, or a file that could not be read."""

    outcome: Outcome
    file: Photo | Companion | Unreadable
    name: str  # in the destination

    @property
    def digest(self) -> str | None:
        """sha256 by the scan; None for a file that could not be read."""
        return None if isinstance(self.file, Unreadable) else self.file.digest


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an item: the sha256 of the copy, or None if there is none."""

    item: Item
    digest: str | None
    problem: str = ""
    original: str | None = None  # sha256 of what was read


@dataclass(frozen=True)
class Plan:
    """What a destination would do. Making a plan writes and opens no file."""

    outcomes: tuple[Outcome, ...]
    items: tuple[Item, ...] = ()  # each file that would be copied or moved
    problems: tuple[str, ...] = ()  # what would be left out, and why

    @property
    def files(self) -> int:
        """Number of files."""
        return len(self.items)

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(item.file.size for item in self.items)

    def at_most(self, files: int) -> Plan:
        """This plan. DestinationError if it has more files than a person confirmed."""
        if self.files > files:
            raise DestinationError(
                _(
                    "The plan has {files}, not {confirmed:,}; nothing was moved.",
                    files=count(self.files, "file"),
                    confirmed=files,
                )
            )
        return self


@dataclass(frozen=True)
class Result:
    """What became of a plan."""

    photos: int = 0  # of the files, those that are photos
    files: int = 0  # that were copied or moved
    bytes: int = 0
    problems: tuple[str, ...] = ()  # what was left out or changed, and why, each with the file's name
    folders: tuple[Path, ...] = ()  # that hold what was moved
    written: tuple[Written, ...] = ()  # one for each file to be copied


class Destination(Protocol):
    """A place that results go to."""

    def ready(self) -> None:
        """Raise DestinationError if the place cannot be used. Call before any work."""

    def plan(self, outcomes: Sequence[Outcome]) -> Plan:
        """What would be done. Nothing is written, and no original is opened."""

    def carry_out(self, plan: Plan, progress: Progress = silent) -> Result:
        """Do all of the plan, verified, or raise a DestinationError.

        Originals are checked first: a photo is kept if it, or a photo that stays for it, changed since the scan.
        """


def plan_to_copy(outcomes: Sequence[Outcome]) -> Plan:
    """The plan of every destination that copies what is kept."""
    return Plan(tuple(outcomes), tuple(items_of(outcomes)))


def export(destination: Destination, outcomes: Sequence[Outcome], progress: Progress = silent) -> Result:
    """Plan and carry out."""
    return destination.carry_out(destination.plan(outcomes), progress)


def items_of(outcomes: Iterable[Outcome]) -> list[Item]:
    """What is to be written: kept photos with their companions, and unreadable files that have bytes."""
    chosen = [outcome for outcome in outcomes if is_written(outcome)]
    assets = [files_of(outcome.file) for outcome in chosen]
    names = export_names(([file.name for file in files] for files in assets), reserved=[MANIFEST])
    return [
        Item(outcome, file, name)
        for outcome, files, free in zip(chosen, assets, names, strict=True)
        for file, name in zip(files, free, strict=True)
    ]


def is_written(outcome: Outcome) -> bool:
    """Whether the file goes into a result: it is kept, or cannot be read and has bytes."""
    return outcome.fate == "kept" or (outcome.fate == "unreadable" and getattr(outcome.file, "copyable", True))


def file_ready(path: Path, replace: bool) -> None:
    """Raise DestinationError if the folder is missing, AlreadyThere if the path exists (unless `replace`)."""
    if not path.parent.is_dir():
        raise DestinationError(
            _("{parent} is not a folder; create it first, or choose another place", parent=path.parent)
        )
    if not replace and os.path.lexists(path):
        raise AlreadyThere(_("{path} already exists; nothing was overwritten. Choose another name.", path=path))


def folder_ready(folder: Path) -> None:
    """AlreadyThere if the place is taken by something that is no folder."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise AlreadyThere(_("{folder} already exists and is not a folder. Choose another name.", folder=folder))


def stripper_ready(strip_location: bool) -> None:
    """Raise NoExiftool if locations are to be removed and cannot be."""
    if strip_location:
        with Stripper():
            pass


def outside(target: Path, roots: Iterable[Path]) -> None:
    """Raise DestinationError if a result would land among the originals, where the next scan would find it."""
    real = Path(os.path.realpath(target))
    for root in roots:
        source = Path(os.path.realpath(root))
        if source.is_dir() and (real == source or source in real.parents):
            raise DestinationError(
                _(
                    "{target} lies inside {root}, which is to be cleaned up. Choose a place outside it.",
                    target=target,
                    root=root,
                )
            )
        if real == source or real in source.parents:
            raise DestinationError(
                _(
                    "{target} holds {root}, which is to be cleaned up. Choose a place outside it.",
                    target=target,
                    root=root,
                )
            )
