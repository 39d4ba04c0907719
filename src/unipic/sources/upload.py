"""Files sent by a browser, stored under keys of ours and shown under their own names."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from unipic.core.archives import ENDINGS
from unipic.core.language import kept
from unipic.core.photo import Found, Unreadable
from unipic.sources.archived import files_in
from unipic.sources.base import stamp


class Sent(Protocol):
    """An uploaded file: the key it is stored under, its own name, and its bytes."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...


class UploadSource:
    """The uploads of a run. Two uploads of one name are two files, told apart by their keys."""

    def __init__(self, folder: Path, uploads: Sequence[Sent]) -> None:
        self.folder = folder
        self.uploads = uploads

    def files(self) -> Iterator[Found | Unreadable]:
        for upload in sorted(self.uploads, key=lambda upload: (upload.name, upload.id)):
            path = self.folder / upload.id
            status = _arrived(path, upload.size)
            if status and upload.name.casefold().endswith(ENDINGS):
                yield from files_in(str(path), key=upload.id)
            elif status:
                yield Found(upload.id, upload.name, str(path), upload.size, stamp(status))
            else:
                reason = kept("did not arrive whole; upload it again")
                yield Unreadable(upload.id, upload.name, str(path), reason, copyable=False)


def _arrived(path: Path, size: int) -> os.stat_result | None:
    """The file's status; None if it is incomplete."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) and status.st_size == size else None
