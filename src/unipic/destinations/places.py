"""Where on the server albums may be copied to: new folders inside those the operator allowed."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from unipic.core.errors import AlreadyThere, DestinationError
from unipic.core.language import gettext as _
from unipic.destinations.base import MANIFEST, outside
from unipic.destinations.names import safe_name


def place_for(
    root: Path, album: str, sources: Iterable[Path], allowed: Collection[Path], begun: Path | None = None
) -> Path:
    """The folder of an album in `root`: new, or the one `begun` by an interrupted copy of the same run.

    DestinationError if `root` is not in `allowed` or not writable, if the folder would lie inside or around `sources`,
    or if something else is there.
    """
    if root not in allowed:
        raise DestinationError(_("{root} is not one of the folders this server may write to.", root=root))
    if not root.is_dir():
        raise DestinationError(
            _("{root} does not exist. Ask the operator of this server, or choose another.", root=root)
        )
    if not os.access(root, os.W_OK | os.X_OK):
        raise DestinationError(
            _("{root} may not be written: permission denied. Ask the operator of this server.", root=root)
        )
    target = Path(os.path.realpath(root)) / folder_name(album)
    outside(target, sources)
    if os.path.lexists(target):
        _must_be_ours(target, begun)
    return target


def folder_name(album: str) -> str:
    """The album's name as a folder name that every system allows and none hides."""
    return safe_name(safe_name(album.replace("/", "_")).lstrip(". ") or "album")


def _must_be_ours(target: Path, begun: Path | None) -> None:
    if target.is_symlink() or not target.is_dir():
        raise AlreadyThere(
            _("{target} already exists and is not a folder. Give the album another name.", target=target)
        )
    if os.path.lexists(target / MANIFEST):
        raise AlreadyThere(_("{target} already holds a finished album. Give this one another name.", target=target))
    if target != begun and any(target.iterdir()):
        raise AlreadyThere(
            _("{target} already exists; nothing in it was touched. Give the album another name.", target=target)
        )
