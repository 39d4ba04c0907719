"""What every destination does alike: check once more, name, copy, verify, and write the manifest last.

Plan, then act: a destination is given outcomes and carries out just those. Originals are only read.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from unipic.destinations.names import export_names
from unipic.errors import ChangedSinceScan, DestinationError, DiskFull
from unipic.files import hash_file, open_to_read
from unipic.photo import Photo
from unipic.progress import Progress, Step, silent
from unipic.review import Outcome

MANIFEST = "unipic-manifest.json"
ROOM = 1.02  # what a file system takes on top of the bytes


@dataclass(frozen=True)
class Item:
    """One file to write."""

    outcome: Outcome
    name: str  # in the destination

    @property
    def digest(self) -> str | None:
        return self.outcome.file.digest if isinstance(self.outcome.file, Photo) else None


@dataclass(frozen=True)
class Written:
    """What became of an item: its sha256, or None for a file that could not be read any more."""

    item: Item
    digest: str | None
    problem: str = ""


class Destination(Protocol):
    def ready(self) -> None:
        """DestinationError for what is wrong with the place already, to be asked before any work."""
        ...

    def write(self, outcomes: Sequence[Outcome], progress: Progress = silent) -> list[Written]:
        """Everything that is kept or could not be read, whole and verified, or a DestinationError."""
        ...


def keepers_checked(outcomes: Sequence[Outcome], progress: Progress = silent) -> list[Outcome]:
    """Nothing is set aside for a photo that changed or vanished since the scan: then it is kept.

    Of several photos that stay one may be the only one that is alike, so each of them must still be there.
    """
    keepers = {photo.id: photo for outcome in outcomes for photo in outcome.instead}
    living = set()
    for done, photo in enumerate(keepers.values()):
        progress(Step("Checking what stays", done, len(keepers)))
        if unchanged(photo):
            living.add(photo.id)
    checked = []
    for outcome in outcomes:
        lost = next((photo for photo in outcome.instead if photo.id not in living), None)
        if lost:
            why = f"kept, because {lost.name} is not what it was when it was looked at"
            outcome = Outcome(outcome.file, "kept", why)
        checked.append(outcome)
    return checked


def unchanged(photo: Photo) -> bool:
    try:
        return hash_file(photo.path) == photo.digest
    except OSError:
        return False


def items_of(outcomes: Iterable[Outcome]) -> list[Item]:
    """What is to be written: all that is kept, and unreadable files that have bytes, under free names."""
    chosen = [
        outcome
        for outcome in outcomes
        if outcome.fate == "kept" or (outcome.fate == "unreadable" and getattr(outcome.file, "copyable", True))
    ]
    names = export_names([outcome.file.name for outcome in chosen], reserved=[MANIFEST])
    return [Item(outcome, name) for outcome, name in zip(chosen, names, strict=True)]


def write_items(
    items: Sequence[Item], write: Callable[[Item, BinaryIO], str], progress: Progress = silent
) -> list[Written]:
    """Each item through `write`, which is given the original to read and gives the sha256 of what it wrote."""
    written = []
    for done, item in enumerate(items):
        progress(Step("Copying", done, len(items)))
        try:
            original = open_to_read(item.outcome.file.path)
        except OSError as error:
            written.append(Written(item, None, f"could not be copied: {error.strerror}"))
            continue
        with original:
            digest = write(item, original)
        changed = item.digest is not None and digest != item.digest
        written.append(
            Written(item, digest, "changed since it was looked at; exported as it is now" if changed else "")
        )
    progress(Step("Copying", len(items), len(items)))
    return written


def keepers_arrived(outcomes: Iterable[Outcome], written: Iterable[Written]) -> None:
    """An original may change while others are copied: ChangedSinceScan if something was set aside for it."""
    arrived = {entry.item.outcome.file.id: entry.digest for entry in written}
    for outcome in outcomes:
        for photo in outcome.instead:
            if arrived.get(photo.id) != photo.digest:
                raise ChangedSinceScan(
                    f"{photo.name} changed while the result was being written, and {outcome.file.name} was set aside "
                    "for it. The result was not finished; start it again."
                )


def check_room(folder: Path, items: Iterable[Item]) -> None:
    needed = _bytes(items)
    if needed > shutil.disk_usage(folder).free:
        raise DiskFull(_no_room(folder, needed))


@contextmanager
def explained(folder: Path, unwritten: Callable[[], Iterable[Item]], advice: str) -> Iterator[None]:
    """What the system has against writing becomes an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"{_no_room(folder, _bytes(unwritten()))} {advice}") from error
        about = f"{error.strerror or error}" + (f" ({error.filename})" if error.filename else "")
        raise DestinationError(f"the result could not be written to {folder}: {about}. {advice}") from error


def _bytes(items: Iterable[Item]) -> int:
    return int(sum(item.outcome.file.size for item in items) * ROOM)


def _no_room(folder: Path, needed: int) -> str:
    free = shutil.disk_usage(folder).free
    missing = f"{needed - free:,} are missing" if needed > free else "but the disk, or your share of it, ran full"
    return f"{folder} has room for {free:,} bytes, what is still to be written needs {needed:,}: {missing}."


def outside(target: Path, roots: Iterable[Path]) -> None:
    """A result must not land among the originals: they stay as they were, and the next scan would find it."""
    real = Path(os.path.realpath(target))
    for root in roots:
        source = Path(os.path.realpath(root))
        if source.is_dir() and (real == source or source in real.parents):
            raise DestinationError(
                f"{target} lies inside {root}, which is to be cleaned. Choose a place outside of it."
            )
        if real == source or real in source.parents:
            raise DestinationError(f"{target} holds {root}, which is to be cleaned. Choose a place outside of it.")


def manifest(outcomes: Sequence[Outcome], written: Sequence[Written]) -> bytes:
    """What was kept, what was set aside, why, and in favour of which photo: JSON for people and programs."""
    arrived = {w.item.outcome.file.id: w for w in written if w.digest is not None}

    def about(outcome: Outcome) -> dict[str, Any]:
        file = outcome.file
        values: dict[str, Any] = {"original": file.name, "bytes": file.size, "reason": outcome.reason}
        if file.id in arrived:
            values |= {"file": arrived[file.id].item.name, "sha256": arrived[file.id].digest}
        elif isinstance(file, Photo):
            values["sha256"] = file.digest
        if outcome.instead:
            values["instead"] = [arrived[photo.id].item.name for photo in outcome.instead]
        return values

    value = {
        "made_by": "Unipic",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "kept": [about(o) for o in outcomes if o.fate == "kept"],
        "set_aside": [about(o) for o in outcomes if o.fate == "set aside"],
        "unreadable": [about(o) for o in outcomes if o.fate == "unreadable"],
        "renamed": [
            {"original": w.item.outcome.file.name, "file": w.item.name}
            for w in arrived.values()
            if w.item.outcome.file.name != w.item.name
        ],
        "problems": [{"original": w.item.outcome.file.name, "problem": w.problem} for w in written if w.problem],
    }
    return json.dumps(value, ensure_ascii=True, indent=1).encode("ascii")
