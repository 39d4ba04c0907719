"""Writing that is either whole or not there: a temporary name beside the target, fsync, rename."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

PART = ".unipic-part"


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, that replaces `path` when the block ends well and leaves no trace when it does not."""
    part = path.with_name(path.name + PART)
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


def write_json(path: Path, value: Any) -> None:
    with whole(path) as file:
        # ASCII only: names may hold bytes that are no valid text.
        file.write(json.dumps(value, ensure_ascii=True, indent=1).encode("ascii"))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="ascii"))


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
