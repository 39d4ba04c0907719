"""A folder: each file copied under a temporary name, read back, and given its name only when it is right."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from unipic.destinations.base import (
    MANIFEST,
    Item,
    Written,
    check_room,
    items_of,
    keepers_checked,
    manifest,
    write_items,
)
from unipic.errors import AlreadyThere, DestinationError, DiskFull
from unipic.files import copy_and_hash, hash_file, open_to_read, whole
from unipic.progress import Progress, silent
from unipic.review import Outcome


class FolderDestination:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, outcomes: Sequence[Outcome], progress: Progress = silent) -> list[Written]:
        """A second run after a stop finishes the job: what is there with the right content is left as it is."""
        outcomes = keepers_checked(outcomes, progress)
        items = items_of(outcomes)
        if os.path.lexists(self.folder / MANIFEST):
            raise AlreadyThere(f"{self.folder} holds a finished result already. Choose another folder.")
        self.folder.mkdir(parents=True, exist_ok=True)
        missing = [item for item in items if not self._is_there(item)]
        check_room(self.folder, missing)
        try:
            written = write_items(items, self._copy, progress)
            with whole(self.folder / MANIFEST, replace=False) as file:
                file.write(manifest(outcomes, written))
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise DiskFull(
                    f"{self.folder} ran full; what is in it is whole. Free some space and run again."
                ) from error
            raise
        return written

    def _is_there(self, item: Item) -> bool:
        target = self.folder / item.name
        if not os.path.lexists(target):
            return False
        if item.digest is not None and target.is_file() and hash_file(target) == item.digest:
            return True
        if item.digest is None and target.is_file() and hash_file(target) == hash_file(item.outcome.file.path):
            return True
        raise AlreadyThere(
            f"{target} is there already with other content; nothing was overwritten. Choose an empty folder."
        )

    def _copy(self, item: Item) -> str:
        target = self.folder / item.name
        with open_to_read(item.outcome.file.path) as source:
            if os.path.lexists(target):
                return copy_and_hash(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            facts = os.fstat(source.fileno())
            with whole(target, replace=False) as file:
                digest = copy_and_hash(source, file)
                file.flush()
                file.seek(0)
                if copy_and_hash(file) != digest:
                    raise DestinationError(f"{target} could not be read back as it was written; it was removed")
                os.utime(file.fileno(), ns=(facts.st_atime_ns, facts.st_mtime_ns))
        return digest
