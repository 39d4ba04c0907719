"""A folder: each file is copied under a temporary name, read back, and renamed only if it is right."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from unipic.core.errors import AlreadyThere
from unipic.core.files import atomic_file, copy_and_hash, hash_file, make_folder, sweep_parts
from unipic.core.language import gettext as _
from unipic.core.progress import Progress, silent
from unipic.destinations._manifest import manifest
from unipic.destinations._writing import (
    check_space,
    checked,
    copy_verified,
    explained,
    keepers_arrived,
    other_content,
    result_of,
    write_items,
)
from unipic.destinations.base import MANIFEST, Item, Plan, Result, folder_ready, items_of, plan_to_copy, stripper_ready
from unipic.review.outcomes import Outcome


class FolderDestination:
    """Copies what is kept into a folder."""

    def __init__(self, folder: Path, strip_location: bool = False) -> None:
        self.folder = folder
        self.strip_location = strip_location

    def ready(self) -> None:
        stripper_ready(self.strip_location)
        if os.path.lexists(self.folder / MANIFEST):
            raise AlreadyThere(
                _("{folder} already holds a finished result. Choose another folder.", folder=self.folder)
            )
        folder_ready(self.folder)

    def plan(self, outcomes: Sequence[Outcome]) -> Plan:
        return plan_to_copy(outcomes)

    def carry_out(self, plan: Plan, progress: Progress = silent) -> Result:
        """Copy. A second run after a stop completes it: files with the right content stay."""
        self.ready()
        outcomes = checked(plan.outcomes, progress)
        items = items_of(outcomes)

        def unwritten() -> list[Item]:
            return [item for item in items if not os.path.lexists(self.folder / item.name)]

        with explained(self.folder, unwritten, _("What is in it is whole; run again to finish it.")):
            make_folder(self.folder)
            sweep_parts(self.folder, "**/*")
            for item in items:
                self._check_place(item)
            check_space(self.folder, unwritten())
            written = write_items(items, self._copy, self.strip_location, progress)
            keepers_arrived(outcomes, written)
            with atomic_file(self.folder / MANIFEST, replace=False) as file:
                file.writelines(manifest(outcomes, written, self.strip_location))
        return result_of(written)

    def _check_place(self, item: Item) -> None:
        """Raise AlreadyThere unless the place is free or holds the right content."""
        target, original = self.folder / item.name, item.file.path
        if not os.path.lexists(target):
            return
        there = hash_file(target) if target.is_file() and not target.is_symlink() else None
        if there is None or (not self.strip_location and there not in (item.digest, _hash_now(original))):
            raise other_content(target)

    def _copy(self, item: Item, original: BinaryIO) -> str:
        target = self.folder / item.name
        if os.path.lexists(target):
            digest = hash_file(target)
            if self.strip_location and copy_and_hash(original) != digest:
                raise other_content(target)
            return digest
        return copy_verified(original, target)


def _hash_now(path: str) -> str | None:
    try:
        return hash_file(path)
    except OSError:
        return None
