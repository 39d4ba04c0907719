"""Copying: check the originals, write and verify each item, and explain errors."""

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

from unipic.core.errors import AlreadyThere, ChangedSinceScan, DestinationError, DiskFull, LocationLeft
from unipic.core.files import atomic_file, copy_and_hash, hash_file, make_folder, open_to_read
from unipic.core.language import gettext as _, kept, retold
from unipic.core.photo import Photo, is_preview
from unipic.core.progress import Progress, Step, silent
from unipic.destinations.base import Item, Result, Written
from unipic.reading.location import Stripper
from unipic.review.outcomes import Outcome

CHANGED = kept("changed since the scan; exported as it is now")
IN_IMMICH = kept("was not copied: it lies in Immich, and only a preview of it is here")
DISK_OVERHEAD = 1.02  # a file system needs a little more than the bytes


class OriginalUnread(Exception):
    """An original could not be read to its end, which is a problem of that file and not of the result."""


class Original:
    """A file opened for reading, whose read errors become OriginalUnread, unlike errors of the target's disk."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all by default."""
        try:
            return self._file.read(size)
        except OSError as error:
            raise OriginalUnread(error.strerror or str(error)) from error

    def fileno(self) -> int:
        """The file descriptor."""
        return self._file.fileno()


def checked(outcomes: Sequence[Outcome], progress: Progress = silent) -> list[Outcome]:
    """The outcomes, but groups with a photo that changed or vanished since the scan are kept whole.

    One of several keepers may be the only one that is alike, so each must still be there. A decision about a photo does
    not apply to another file in its place.
    """
    aside = [outcome for outcome in outcomes if outcome.fate == "set aside"]
    asked = {p.id: p for o in aside for p in (o.file, *o.instead) if isinstance(p, Photo)}
    changed = {}
    for done, photo in enumerate(asked.values()):
        progress(Step(kept("Checking the originals"), done, len(asked), "file"))
        if not unchanged(photo):
            changed[photo.id] = photo
    left_alone = {p.id: changed[o.file.id] for o in aside if o.file.id in changed for p in o.instead} | changed
    return [_kept_if(outcome, left_alone) for outcome in outcomes]


def _kept_if(outcome: Outcome, left_alone: Mapping[str, Photo]) -> Outcome:
    """`left_alone`: by photo id, the changed photo that prevents setting it aside."""
    lost = next((left_alone[p.id] for p in (outcome.file, *outcome.instead) if p.id in left_alone), None)
    if lost is None or outcome.fate != "set aside":
        return outcome
    why = kept("kept, because it has changed since the scan")
    if lost.id != outcome.file.id:
        why = kept("kept, because {name} has changed since the scan", name=lost.name)
    return Outcome(outcome.file, "kept", why, problem=kept("was to be set aside and is {why}", why=why))


def unchanged(photo: Photo) -> bool:
    """Whether the photo and its companions still have the bytes that were scanned."""
    try:
        return all(hash_file(file.path) == file.digest for file in photo.files)
    except OSError:
        return False


def write_items(
    items: Sequence[Item],
    write: Callable[[Item, BinaryIO], str],
    strip_location: bool = False,
    progress: Progress = silent,
) -> list[Written]:
    """Write each item with `write`, which gets a file to read and returns the sha256 of what it wrote.

    The file is the original, or a copy without location.
    """
    with writing(write, strip_location) as write_some:
        return write_some(items, progress)


@contextmanager
def writing(
    write: Callable[[Item, BinaryIO], str], strip_location: bool = False
) -> Iterator[Callable[[Sequence[Item], Progress], list[Written]]]:
    """write_items() for several lots of items, with one exiftool for all of them."""
    with ExitStack() as stack:
        if strip_location:
            stripper = stack.enter_context(Stripper())
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="unipic-")))
            write = partial(_without_location, write, stripper, folder)
        yield lambda items, progress: _write_items(items, write, strip_location, progress)


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
        progress(Step(kept("Copying"), done, len(items), "file"))
        if is_preview(item.file):
            written.append(Written(item, None, IN_IMMICH))
            continue
        try:
            original = open_to_read(item.file.path)
        except OSError as error:
            written.append(Written(item, None, kept("could not be copied: {error}", error=error.strerror)))
            continue
        with original:
            try:
                read = copy_and_hash(Original(original)) if stripped else ""
                if stripped:
                    original.seek(0)
                digest = write(item, cast(BinaryIO, Original(original)))
            except LocationLeft as error:
                written.append(Written(item, None, kept("was left out: {error}", error=error), read))
                continue
            except OriginalUnread as error:
                written.append(Written(item, None, kept("could not be copied: {error}", error=error)))
                continue
        read = read or digest
        changed = item.digest is not None and read != item.digest
        problem = item.outcome.problem if item.file is item.outcome.file else ""
        written.append(Written(item, digest, CHANGED if changed else problem, read))
    progress(Step(kept("Copying"), len(items), len(items), "file"))
    return written


def copy_verified(original: BinaryIO, target: Path) -> str:
    """Copy to a free name, with the original's times, read back and compared; returns the sha256."""
    make_folder(target.parent)
    status = os.fstat(original.fileno())
    with atomic_file(target, replace=False) as file:
        digest = copy_and_hash(original, file)
        compare(file, digest, target)
        os.utime(file.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
    return digest


def compare(file: BinaryIO, digest: str, target: Path) -> None:
    """Read back what was written. DestinationError if it has another sha256."""
    file.flush()
    file.seek(0)
    if copy_and_hash(file) != digest:
        raise DestinationError(_("{target} could not be read back as it was written; it was removed", target=target))


def keepers_arrived(outcomes: Iterable[Outcome], written: Iterable[Written]) -> None:
    """Raise ChangedSinceScan if a keeper changed while it was copied, so something was set aside for it in vain."""
    arrived = {entry.item.file.id: entry.original for entry in written}
    for outcome in outcomes:
        for file in (file for photo in outcome.instead for file in photo.files):
            if arrived.get(file.id) != file.digest:
                raise ChangedSinceScan(
                    _(
                        "{name} changed while the result was being written, and {other} was set aside for it. The "
                        "result was not finished; start it again.",
                        name=file.name,
                        other=outcome.file.name,
                    )
                )


def result_of(written: Sequence[Written]) -> Result:
    """The figures and problems of what was written."""
    arrived = [entry.item.file for entry in written if entry.digest is not None]
    return Result(
        photos=sum(isinstance(file, Photo) for file in arrived),
        files=len(arrived),
        bytes=sum(file.size for file in arrived),
        problems=tuple(f"{entry.item.file.name} {retold(entry.problem)}" for entry in written if entry.problem),
        written=tuple(written),
    )


def other_content(target: Path) -> AlreadyThere:
    """Something else has the name of a file to be written."""
    return AlreadyThere(
        _("{target} already exists with other content; nothing was overwritten. Choose an empty folder.", target=target)
    )


def check_space(folder: Path, items: Iterable[Item]) -> None:
    """Raise DiskFull if the items do not fit the disk."""
    needed = _bytes(items)
    if needed > shutil.disk_usage(folder).free:
        raise DiskFull(_no_space(folder, needed))


@contextmanager
def explained(folder: Path, unwritten: Callable[[], Iterable[Item]], advice: str) -> Iterator[None]:
    """Turn an OSError of writing into DiskFull or DestinationError, with advice."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"{_no_space(folder, _bytes(unwritten()))} {advice}") from error
        about = f"{error.strerror or error}" + (f" ({error.filename})" if error.filename else "")
        raise DestinationError(
            _(
                "the result could not be written to {folder}: {about}. {advice}",
                folder=folder,
                about=about,
                advice=advice,
            )
        ) from error


def _bytes(items: Iterable[Item]) -> int:
    return int(sum(item.file.size for item in items) * DISK_OVERHEAD)


def _no_space(folder: Path, needed: int) -> str:
    there = next(path for path in (folder, *folder.parents) if path.exists())  # the folder may not exist yet
    free = shutil.disk_usage(there).free
    if needed > free:
        return _(
            "{folder} has room for {free:,} bytes, what is still to be written needs {needed:,}: {missing:,} are "
            "missing.",
            folder=folder,
            free=free,
            needed=needed,
            missing=needed - free,
        )
    return _(
        "{folder} has room for {free:,} bytes, what is still to be written needs {needed:,}: but the disk, or your "
        "share of it, ran full.",
        folder=folder,
        free=free,
        needed=needed,
    )
