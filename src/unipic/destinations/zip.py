"""A ZIP, streamed to disk: original bytes, names and folders, and a manifest as its last entry."""

import glob
import os
import time
import zipfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from unipic.core.errors import DestinationError
from unipic.core.files import atomic_file, copy_and_hash, sweep_parts
from unipic.core.language import gettext as _, kept
from unipic.core.photo import Photo
from unipic.core.progress import Progress, Step, silent
from unipic.destinations._manifest import manifest
from unipic.destinations._writing import (
    OriginalUnread,
    check_space,
    checked,
    explained,
    keepers_arrived,
    result_of,
    write_items,
)
from unipic.destinations.base import (
    MANIFEST,
    Item,
    Plan,
    Result,
    Written,
    file_ready,
    items_of,
    plan_to_copy,
    stripper_ready,
)
from unipic.review.outcomes import Outcome

UNPACKED = ("BMP", "TIFF")  # formats worth deflating; the others are compressed already
BIG = 2**31 - 1
FIRST, LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # the first and last time a ZIP can store


class ZipDestination:
    """Writes what is kept into a ZIP."""

    def __init__(self, path: Path, replace: bool = False, strip_location: bool = False) -> None:
        self.path = path
        self.replace = replace
        self.strip_location = strip_location

    def ready(self) -> None:
        stripper_ready(self.strip_location)
        file_ready(self.path, self.replace)

    def plan(self, outcomes: Sequence[Outcome]) -> Plan:
        return plan_to_copy(outcomes)

    def carry_out(self, plan: Plan, progress: Progress = silent) -> Result:
        """Write the complete archive, or leave nothing."""
        self.ready()
        outcomes = checked(plan.outcomes, progress)
        items = items_of(outcomes)
        with explained(self.path.parent, lambda: items, _("The unfinished ZIP was removed.")):
            sweep_parts(self.path.parent, glob.escape(self.path.name))
            check_space(self.path.parent, items)
            with atomic_file(self.path, self.replace) as file:
                written = self._fill(file, outcomes, items, progress)
                file.flush()
                _verify(file, written, progress)
        return result_of(written)

    def _fill(
        self, file: BinaryIO, outcomes: Sequence[Outcome], items: Sequence[Item], progress: Progress
    ) -> list[Written]:
        """Write all entries. The archive's data in memory is freed before it is read back."""
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            written = write_items(items, partial(_add, archive), self.strip_location, progress)
            keepers_arrived(outcomes, written)
            _add_manifest(archive, manifest(outcomes, written, self.strip_location))
        return written


def _add(archive: zipfile.ZipFile, item: Item, original: BinaryIO) -> str:
    """Write the file's bytes; returns their sha256."""
    status = os.fstat(original.fileno())
    info = zipfile.ZipInfo(item.name, _zip_time(status.st_mtime))
    info.external_attr = 0o644 << 16
    packed = isinstance(item.file, Photo) and item.file.format not in UNPACKED
    info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    try:
        with archive.open(info, "w", force_zip64=status.st_size >= BIG) as target:
            return copy_and_hash(original, target)
    except OriginalUnread:
        _take_back(archive, info)
        raise


def _add_manifest(archive: zipfile.ZipFile, lines: Iterable[bytes]) -> None:
    info = zipfile.ZipInfo(MANIFEST, _zip_time(time.time()))
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    # Its length is not known yet; a line has some hundred bytes.
    with archive.open(info, "w", force_zip64=len(archive.filelist) > 1_000_000) as target:
        for line in lines:
            target.write(line)


def _take_back(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """Remove the last, incomplete entry from the archive."""
    archive.filelist.remove(info)
    del archive.NameToInfo[info.filename]
    file = cast(BinaryIO, archive.fp)
    file.seek(info.header_offset)
    file.truncate()
    archive.start_dir = info.header_offset  # where the next entry or the directory is written


def _zip_time(seconds: float) -> tuple[int, int, int, int, int, int]:
    """The time for a ZIP entry, clipped to the years a ZIP allows."""
    try:
        return min(max(time.localtime(seconds)[:6], FIRST), LAST)
    except (ValueError, OverflowError, OSError):
        return FIRST


def _verify(file: BinaryIO, written: Sequence[Written], progress: Progress) -> None:
    """Read every entry back and compare its sha256. DestinationError if one differs."""
    with zipfile.ZipFile(file) as archive:
        for done, entry in enumerate(written):
            progress(Step(kept("Verifying"), done, len(written), "file"))
            if entry.digest is None:
                continue
            with archive.open(entry.item.name) as stored:
                if copy_and_hash(stored) != entry.digest:
                    raise DestinationError(
                        _("{name} was not written correctly; the ZIP was removed", name=entry.item.name)
                    )
