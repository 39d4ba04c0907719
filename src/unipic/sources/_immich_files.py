"""What is kept here of an Immich server: the login, and fetched pictures, which may be deleted at any time."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from unipic.core.errors import SettingsError
from unipic.core.files import CHUNK, PART, make_folder, open_to_read, sweep_parts
from unipic.core.language import gettext as _
from unipic.core.locks import lock
from unipic.core.settings import immich_folder
from unipic.sources._immich_client import Lost, Server, server
from unipic.sources._immich_listing import Asset
from unipic.sources.immich_place import CACHE_MB, PLACES

PRIVATE, PRIVATE_FOLDER = 0o600, 0o700
LOGIN = "login.json"
LONGEST = 200  # bytes of a file's name; most systems allow 255, and the suffix of a part file must fit


class Cache:
    """Pictures of one server by a SHA-1 of theirs; the least recently used go first."""

    files = "*"  # as a pattern

    def __init__(self, of: Server | Path, most_mb: int = CACHE_MB) -> None:
        """`of`: a server, or the folder of another one."""
        self.folder, self._most = of if isinstance(of, Path) else folder_of(of), most_mb * 1_000_000

    def path(self, asset: Asset, kind: str) -> Path:
        """Where the "preview" or the "original" of a photo is kept."""
        return self.folder / f"{asset.original.sha1}.{kind}"

    def kept(self) -> Iterator[Path]:
        """Every picture that is here."""
        yield from (path for kind in ("preview", "original") for path in self.folder.glob(f"*.{kind}"))

    def has(self, path: Path) -> bool:
        """Whether it is there; it then counts as just used."""
        try:
            os.utime(path)
        except OSError:
            return False
        return True

    def save(self, path: Path, pieces: Iterable[bytes], sha1: str = "", size: int | None = None) -> None:
        """Write all of it or nothing. Lost if it is empty, or has another SHA-1 or size than announced."""
        make_folder(path.parent, PRIVATE_FOLDER)
        # A name of its own: two photos of the same bytes may be fetched at once.
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")
        digest, arrived = hashlib.sha1(usedforsecurity=False), 0
        with private_file(part) as file:
            with suppress(OSError):  # not every file system has locks
                lock(file)  # so that nobody sweeps it away
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                arrived += len(piece)
        if not arrived or (sha1 and digest.hexdigest() != sha1) or size not in (None, arrived):
            part.unlink(missing_ok=True)
            raise Lost(_("a picture did not arrive as it is on the server"))
        os.replace(part, path)

    def trim(self, keep: Set[Path]) -> None:
        """Delete the least recently used until the rest fits; never one of `keep`, which a run is using."""
        there = []
        sweep_parts(self.folder, self.files)
        for path in self.kept():
            with suppress(OSError):
                status = path.stat()
                there.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _when, size, _path in there)
        for _when, size, path in sorted(there):
            if total <= self._most:
                return
            if path not in keep:
                path.unlink(missing_ok=True)
                total -= size


class PlaceCache(Cache):
    """Previews of a place of the library: PLACE/<id of the asset>/<its name>."""

    files = "*/*"

    def __init__(self, place: Path, most_mb: int = CACHE_MB) -> None:
        self.folder, self._most = place, most_mb * 1_000_000

    def path(self, asset: Asset, kind: str) -> Path:
        """Where the preview of a photo is kept: by its name, without what a file cannot be called."""
        name = re.sub(r'[<>:"|?*\\\x00-\x1f\x7f]', "_", asset.name).strip(". ")
        return (
            self.folder / asset.id / (name.encode("utf-8", "replace")[-LONGEST:].decode("utf-8", "ignore") or "unnamed")
        )

    def kept(self) -> Iterator[Path]:
        """Every preview that is here."""
        return self.folder.glob(self.files)


def folder_of(server: Server) -> Path:
    """The folder of a server: pictures, and journals of what was written to it."""
    return immich_folder() / server.name


def private_file(path: Path) -> BinaryIO:
    """A new file to write, which only its owner may read, in place of any earlier one."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb")


def save_login(login: Server) -> Path:
    """Remember the server and its key in a file that only its owner may read."""
    make_folder(immich_folder(), PRIVATE_FOLDER)
    path = immich_folder() / LOGIN
    with private_file(path) as file:
        file.write(json.dumps({"url": login.url, "key": login.key, "ca_file": login.ca_file}).encode("ascii"))
    return path


def saved_login() -> Server | None:
    """What `save_login` remembers. SettingsError if others may read it, or it is damaged."""
    path = immich_folder() / LOGIN
    try:
        if os.name != "nt" and path.stat().st_mode & 0o077:
            raise SettingsError(_("{path} holds a key, and others may read it; delete it and log in again", path=path))
        said = json.loads(path.read_text(encoding="ascii"))
        return server(said["url"], said["key"], said["ca_file"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(_("{path} cannot be read; log in again", path=path)) from error


def forget(login: Server | None) -> bool:
    """Delete the login, and all pictures of its server. Whether there was a login.

    Journals stay, as undo needs them; and so do the thumbnails of the library, until its place is forgotten.
    """
    path = immich_folder() / LOGIN
    there = path.exists()
    path.unlink(missing_ok=True)
    if login:
        for cache in (Cache(login, 0), *(PlaceCache(place, 0) for place in folder_of(login).glob(f"{PLACES}/*"))):
            cache.trim(frozenset())
    return there


def sha1_of_file(path: str) -> str:
    """40 hexadecimal digits; "" if it cannot be read."""
    try:
        with open_to_read(path) as file:
            digest = hashlib.sha1(usedforsecurity=False)
            while piece := file.read(CHUNK):
                digest.update(piece)
            return digest.hexdigest()
    except OSError:
        return ""


class Here:
    """Files on this machine that may be originals of the server's: used only if size and SHA-1 agree."""

    def __init__(self, files: Iterable[tuple[str, int]], mounted: tuple[str, str] | None) -> None:
        """`files`: paths and sizes; `mounted`: the server's folder, and where it is mounted here."""
        self._by_size: dict[int, list[str]] = {}
        for path, size in files:
            self._by_size.setdefault(size, []).append(path)
        self._mounted = mounted
        self._sha1: dict[str, str] = {}

    def find(self, on_server: str, size: int, sha1: str) -> str | None:
        """The path of the same bytes here; None if there is none."""
        for path in (*self._by_size.get(size, ()), *self._under_the_mount(on_server, size)):
            if path not in self._sha1:
                self._sha1[path] = sha1_of_file(path)
            if self._sha1[path] == sha1:
                return path
        return None

    def _under_the_mount(self, on_server: str, size: int) -> Iterator[str]:
        if not self._mounted:
            return
        there, here = (folder.rstrip("/") for folder in self._mounted)
        path = os.path.realpath(here + on_server.removeprefix(there))
        inside = on_server.startswith(there + "/") and Path(path).is_relative_to(os.path.realpath(here))
        with suppress(OSError):
            if inside and os.stat(path).st_size == size:
                yield path
