"""What every destination does alike: check once more, name, copy, verify, and write the manifest last.

Plan, then act: a destination is given outcomes and carries out just those. Originals are only read.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Protocol, cast

from unipic.core.errors import AlreadyThere, ChangedSinceScan, DestinationError, DiskFull, LocationLeft
from unipic.core.files import copy_and_hash, hash_file, open_to_read
from unipic.core.photo import Companion, Photo, Unreadable, files_of
from unipic.core.progress import Progress, Step, silent
from unipic.destinations.names import export_names
from unipic.reading.location import Stripper
from unipic.review.choices import Outcome

MANIFEST = "unipic-manifest.json"
CHANGED = "changed since it was looked at; exported as it is now"
ROOM = 1.02  # what a file system takes on top of the bytes


@dataclass(frozen=True, slots=True)
class Item:
    """One file to write: a photo, what belongs to one, or a file that could not be read."""

    outcome: Outcome
    file: Photo | Companion | Unreadable
    name: str  # in the destination

    @property
    def digest(self) -> str | None:
        return None if isinstance(self.file, Unreadable) else self.file.digest


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an item: the sha256 of what was written, or None for a file that was not."""

    item: Item
    digest: str | None
    problem: str = ""
    original: str | None = None  # sha256 of what was read


class OriginalUnread(Exception):
    """An original opened and then could not be read to its end: that is its own problem, and not the result's."""


class Original:
    """A file that is only read; an error of its disk is told from one of the disk that is written to."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise OriginalUnread(error.strerror or str(error)) from error

    def fileno(self) -> int:
        return self._file.fileno()


class Destination(Protocol):
    def ready(self) -> None:
        """DestinationError for what is wrong with the place already, to be asked before any work."""
        ...

    def write(self, outcomes: Sequence[Outcome], progress: Progress = silent) -> list[Written]:
        """Everything that is kept or could not be read, whole and verified, or a DestinationError."""
        ...


def file_ready(path: Path, replace: bool) -> None:
    """There is a folder for it, and nothing in its place."""
    if not path.parent.is_dir():
        raise DestinationError(f"{path.parent} is not a folder; make it first, or choose another place")
    if not replace and os.path.lexists(path):
        raise AlreadyThere(f"{path} is there already; nothing was overwritten. Choose another name.")


def stripper_ready(strip_location: bool) -> None:
    """NoExiftool is said before the work."""
    if strip_location:
        with Stripper():
            pass


def checked(outcomes: Sequence[Outcome], progress: Progress = silent) -> list[Outcome]:
    """Nothing is set aside where a photo changed or vanished since the scan: that whole group is kept.

    Of several photos that stay one may be the only one that is alike, so each of them must still be there; and what
    was decided about a photo was not decided about what lies in its place now.
    """
    aside = [outcome for outcome in outcomes if outcome.fate == "set aside"]
    asked = {p.id: p for o in aside for p in (o.file, *o.instead) if isinstance(p, Photo)}
    changed = {}
    for done, photo in enumerate(asked.values()):
        progress(Step("Checking the originals", done, len(asked)))
        if not unchanged(photo):
            changed[photo.id] = photo
    left_alone = {p.id: changed[o.file.id] for o in aside if o.file.id in changed for p in o.instead} | changed
    return [_kept_if(outcome, left_alone) for outcome in outcomes]


def _kept_if(outcome: Outcome, left_alone: Mapping[str, Photo]) -> Outcome:
    """`left_alone`: by photo, which one is no longer what was looked at."""
    lost = next((left_alone[p.id] for p in (outcome.file, *outcome.instead) if p.id in left_alone), None)
    if lost is None or outcome.fate != "set aside":
        return outcome
    which = "it" if lost.id == outcome.file.id else lost.name
    why = f"kept, because {which} is not what it was when it was looked at"
    return Outcome(outcome.file, "kept", why, problem=f"was to be set aside and is {why}")


def unchanged(photo: Photo) -> bool:
    """The photo and all that belongs to it."""
    try:
        return all(hash_file(file.path) == file.digest for file in photo.files)
    except OSError:
        return False


def items_of(outcomes: Iterable[Outcome]) -> list[Item]:
    """What is to be written: all that is kept, with all that belongs to it, and unreadable files that have bytes."""
    chosen = [
        outcome
        for outcome in outcomes
        if outcome.fate == "kept" or (outcome.fate == "unreadable" and getattr(outcome.file, "copyable", True))
    ]
    assets = [files_of(outcome.file) for outcome in chosen]
    names = export_names(([file.name for file in files] for files in assets), reserved=[MANIFEST])
    return [
        Item(outcome, file, name)
        for outcome, files, free in zip(chosen, assets, names, strict=True)
        for file, name in zip(files, free, strict=True)
    ]


def write_items(
    items: Sequence[Item],
    write: Callable[[Item, BinaryIO], str],
    strip_location: bool = False,
    progress: Progress = silent,
) -> list[Written]:
    """Each item through `write`, which is given what to write and gives the sha256 of what it wrote.

    That is the original, or a copy of it without the place it was taken at.
    """
    with ExitStack() as stack:
        if strip_location:
            stripper = stack.enter_context(Stripper())
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="unipic-")))
            write = partial(_without_location, write, stripper, folder)
        return _write_items(items, write, strip_location, progress)


def _without_location(
    write: Callable[[Item, BinaryIO], str], stripper: Stripper, folder: Path, item: Item, original: BinaryIO
) -> str:
    times = os.fstat(original.fileno())
    copy = stripper.stripped(original, item.file.name, folder)
    try:
        os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
        with open_to_read(copy) as stripped:
            return write(item, stripped)
    finally:
        copy.unlink()


def _write_items(
    items: Sequence[Item], write: Callable[[Item, BinaryIO], str], stripped: bool, progress: Progress
) -> list[Written]:
    written = []
    for done, item in enumerate(items):
        progress(Step("Copying", done, len(items)))
        try:
            original = open_to_read(item.file.path)
        except OSError as error:
            written.append(Written(item, None, f"could not be copied: {error.strerror}"))
            continue
        with original:
            try:
                read = copy_and_hash(Original(original)) if stripped else ""
                if stripped:
                    original.seek(0)
                digest = write(item, cast(BinaryIO, Original(original)))
            except LocationLeft as error:
                written.append(Written(item, None, f"was left out: {error}", read))
                continue
            except OriginalUnread as error:
                written.append(Written(item, None, f"could not be copied: {error}"))
                continue
        read = read or digest
        changed = item.digest is not None and read != item.digest
        problem = item.outcome.problem if item.file is item.outcome.file else ""
        written.append(Written(item, digest, CHANGED if changed else problem, read))
    progress(Step("Copying", len(items), len(items)))
    return written


def keepers_arrived(outcomes: Iterable[Outcome], written: Iterable[Written]) -> None:
    """An original may change while others are copied: ChangedSinceScan if something was set aside for it."""
    arrived = {entry.item.file.id: entry.original for entry in written}
    for outcome in outcomes:
        for file in (file for photo in outcome.instead for file in photo.files):
            if arrived.get(file.id) != file.digest:
                raise ChangedSinceScan(
                    f"{file.name} changed while the result was being written, and {outcome.file.name} was set aside "
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
    return int(sum(item.file.size for item in items) * ROOM)


def _no_room(folder: Path, needed: int) -> str:
    there = next(path for path in (folder, *folder.parents) if path.exists())  # it may not even have been made
    free = shutil.disk_usage(there).free
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


def manifest(outcomes: Sequence[Outcome], written: Sequence[Written], stripped: bool = False) -> Iterator[bytes]:
    """What was kept, what was set aside, why, and in favour of which photo: JSON for people and programs.

    A file a line, and never all of it in memory.
    """
    arrived = {entry.item.file.id: entry for entry in written if entry.digest is not None}

    def about(fate: str) -> Iterator[dict[str, Any]]:
        for outcome in outcomes:
            for file in files_of(outcome.file) if outcome.fate == fate else ():
                reason = outcome.reason if file is outcome.file else f"belongs to {outcome.file.name}"
                values: dict[str, Any] = {"original": file.name, "bytes": file.size, "reason": reason}
                if file.id in arrived:
                    values |= {"file": arrived[file.id].item.name, "sha256": arrived[file.id].digest}
                elif not isinstance(file, Unreadable):
                    values["sha256"] = file.digest
                if outcome.instead:
                    there = ((photo.name, arrived.get(photo.id)) for photo in outcome.instead)
                    values["instead"] = [entry.item.name if entry else name for name, entry in there]
                yield values

    facts = {
        "made_by": "Unipic",
        "location": "taken out of every file" if stripped else "as it was in the originals",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    lists: dict[str, Iterator[dict[str, Any]]] = {
        "kept": about("kept"),
        "set_aside": about("set aside"),
        "unreadable": about("unreadable"),
        "renamed": (
            {"original": entry.item.file.name, "file": entry.item.name}
            for entry in arrived.values()
            if entry.item.file.name != entry.item.name
        ),
        "problems": ({"original": w.item.file.name, "problem": w.problem} for w in written if w.problem),
    }
    yield json.dumps(facts, indent=1).removesuffix("\n}").encode("ascii")
    for name, lines in lists.items():
        yield f',\n "{name}": ['.encode()
        for number, line in enumerate(lines):
            yield f"{',' if number else ''}\n  {json.dumps(line)}".encode("ascii")
        yield b"\n ]"
    yield b"\n}\n"
