"""Photos of an Immich server as a folder of the library: a place below the data folder for each name of PHOTOS.

A preview lies at PLACE/<id of the asset>/<name of the photo>, and may be deleted at any time. What the library knows of
a photo, and its thumbnail, do not need it: photos are shown and found while the server is away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from unipic.core.archives import exists
from unipic.core.errors import ImmichError, SettingsError, SourceError, UnipicError
from unipic.core.files import make_folder
from unipic.core.language import gettext as _
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import COMMAND, immich_folder

if TYPE_CHECKING:  # the client is loaded when a server is asked: places have names without it
    from unipic.sources.immich import ImmichSource, Server

PREFIX = "immich:"  # how the name of such photos begins
PLACES = "library"  # the folder of all places, in that of their server
CACHE_MB = 5_000  # megabytes of pictures that are kept here
AT_ONCE = 500  # previews that are fetched before they are read
LONGEST = 255  # bytes of a folder's name
PRIVATE = 0o700


def is_immich(photos: str | Path) -> bool:
    """Whether what was given as PHOTOS means an Immich server."""
    return str(photos).startswith(PREFIX)


def name_of(place: str | Path) -> str:
    """What a place stands for, as immich:album/Trip; "" for a folder of this machine."""
    path = Path(place)
    name = unquote(path.name) if path.parent.name == PLACES and len(path.parents) > 2 else ""
    ours = is_immich(name) and os.path.realpath(path.parents[2]) == os.path.realpath(immich_folder())
    return name if ours else ""


def called(folder: Path) -> str:
    """A folder of the library as people know it: its path, or what a place stands for."""
    return name_of(folder) or str(folder)


def add_place(name: str) -> Path:
    """The place of a name such as immich:album/Trip, made if it is missing.

    SettingsError if no login is known, which the library needs to look for new photos.
    """
    from unipic.sources.immich import chosen_server, folder_of

    quoted = quote(name, safe="")
    if len(quoted) > LONGEST:
        raise SourceError(
            _(
                "{name} has too long a name to join the library; add {prefix} or {prefix}since/DATE",
                name=name,
                prefix=PREFIX,
            )
        )
    place = Path(os.path.realpath(folder_of(chosen_server()))) / PLACES / quoted
    make_folder(place, PRIVATE)
    return place


class Place:
    """The photos of a place, as their server lists them now. Every method raises SourceError if it is lost."""

    def __init__(self, source: ImmichSource) -> None:
        self._source = source
        self._assets = {source.found(asset).id: asset for asset in source.listing.assets}

    def files(self) -> Iterator[Found | Unreadable]:
        """See Source.files. Nothing is fetched."""
        return map(self._source.found, self._assets.values())

    def fetched(self, files: Sequence[Found]) -> Iterator[list[Found | Unreadable]]:
        """The previews of some of its files, a lot at a time; older ones may be deleted for the next."""
        for start in range(0, len(files), AT_ONCE):
            lot = [self._assets[file.id] for file in files[start : start + AT_ONCE]]
            with _as_source_error():
                found = list(self._source.fetched(lot))
            yield found
            self._source.trim()


@contextmanager
def opened(folder: Path) -> Iterator[Place | None]:
    """The place that a folder of the library is; None for a folder of this machine. SourceError."""
    name = name_of(folder)
    if not name:
        yield None
        return
    from unipic.sources.immich import Client, ImmichSource, PlaceCache, connect

    with _as_source_error():
        server = _server_of(folder)
    with closing(Client(server)) as client:
        with _as_source_error():
            place = Place(ImmichSource(connect(client), [name], PlaceCache(folder), here=None))
        yield place


def at_hand(path: str) -> bool:
    """Whether a file is there. The preview of a place is fetched for that, if its server answers at the first try."""
    file = Path(path)
    if exists(path) or not _in_place(path):
        return exists(path)
    from unipic.sources.immich import Client, PlaceCache, fetch_preview

    with suppress(UnipicError, OSError), closing(Client(_server_of(file.parents[1]))) as client:
        fetch_preview(client, file.parent.name, partial(PlaceCache(file.parents[1]).save, file), again=False)
    return file.exists()


def address_of(path: str) -> str:
    """Where Immich itself shows a photo of a place; "" for other files, and if the server's address is not known."""
    with suppress(UnipicError):
        file = Path(path)
        return f"{_server_of(file.parents[1]).url}/photos/{file.parent.name}" if _in_place(path) else ""
    return ""


def _server_of(place: Path) -> Server:
    """The server of a place. SettingsError if there is no login; SourceError if it is to another server."""
    from unipic.sources.immich import chosen_server, folder_of

    server = chosen_server()
    if os.path.realpath(folder_of(server)) != os.path.realpath(place.parents[1]):
        raise SourceError(
            _(
                "{place} is not of {url}; log in to its server: {command} immich login",
                place=name_of(place),
                url=server.url,
                command=COMMAND,
            )
        )
    return server


def _in_place(path: str) -> bool:
    """Whether a file is the preview of a place."""
    return bool(name_of(os.path.dirname(os.path.dirname(path))))


@contextmanager
def _as_source_error() -> Iterator[None]:
    try:
        yield
    except (ImmichError, SettingsError) as error:
        raise SourceError(_("{error} What is in the library stays, and waits for the server.", error=error)) from error
