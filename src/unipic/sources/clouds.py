"""Photos of a WebDAV server, of S3, or of anything else that fsspec reaches: cloud:NAME or cloud:NAME/FOLDER.

How each NAME is reached stands in clouds.toml in the data folder, which only its owner may read: nothing of it is in
arguments, reports or addresses. Photos are fetched into a cache while they are listed; nothing is changed there.
"""

import hashlib
import os
import tomllib
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from unipic.core.errors import SettingsError, SourceError
from unipic.core.language import gettext as _, kept, retold
from unipic.core.patience import FETCHING, LISTING, in_words, twice, within
from unipic.core.photo import Found, Unreadable
from unipic.core.progress import Progress, Step, silent
from unipic.core.settings import data_folder
from unipic.sources._immich_files import CACHE_MB, Cache
from unipic.sources._webdav import WebDav
from unipic.sources.base import stamp_of

PREFIX, FILE, FOLDER = "cloud:", "clouds.toml", "clouds"
CHUNK = 1 << 20
STATE = ("size", "etag", "ETag", "mtime", "modified", "LastModified")  # what tells that a file changed
NEEDS = "pip install -r requirements-clouds.txt"


class CloudSource:
    """The files of a cloud. Each is fetched once, within FETCHING seconds, and tried twice; a stopped run goes on."""

    def __init__(self, name: str, cache_mb: int = CACHE_MB, progress: Progress = silent) -> None:
        self._name, _slash, below = name.removeprefix(PREFIX).partition("/")
        self._options = options_of(self._name)
        self._folder = "/".join(filter(None, (str(self._options.pop("folder", "")).rstrip("/"), below.strip("/"))))
        self._cache, self._most, self._progress = Cache(data_folder() / FOLDER, cache_mb), cache_mb, progress

    @cached_property
    def _there(self) -> Any:
        try:
            if self._options.get("protocol") == "webdav":
                return WebDav(**{name: value for name, value in self._options.items() if name != "protocol"})
            import fsspec

            return fsspec.filesystem(**self._options)
        except (ImportError, TypeError, ValueError) as error:
            words = type(error).__name__ if isinstance(error, TypeError) else error  # it might show what was given
            raise SourceError(
                _("cloud {name!r} cannot be reached: {words}; {needs}", name=self._name, words=words, needs=NEEDS)
            ) from None

    def files(self) -> Iterator[Found | Unreadable]:
        """See Source.files. SourceError if the cloud cannot be listed, or has more than the cache may hold."""
        there, folder = self._there, self._folder
        try:
            listed = twice(lambda: within(LISTING, lambda: there.find(folder, detail=True)))
        except OSError as error:
            raise SourceError(
                _("cloud {name!r} cannot be listed: {error}.", name=self._name, error=retold(in_words(error)))
            ) from None
        if (size := sum(int(facts.get("size") or 0) for facts in listed.values())) > self._most * 1_000_000:
            raise SourceError(
                _(
                    "cloud {name!r} has {size:.1f} GB, the cache {most:.1f}. Name a folder in it, or more with "
                    "--cache-mb.",
                    name=self._name,
                    size=size / 1e9,
                    most=self._most / 1e3,
                )
            )
        used: set[Path] = set()
        for done, (path, facts) in enumerate(sorted(listed.items())):
            self._progress(Step(kept("Fetching from the cloud"), done, len(listed), "file"))
            state = repr([self._name, path, *(str(facts.get(key)) for key in STATE)])
            target = self._cache.folder / f"{hashlib.sha1(state.encode(), usedforsecurity=False).hexdigest()}.original"
            used.add(target)
            yield self._fetched(path, facts.get("size"), target)
        self._cache.trim(used)

    def _fetched(self, path: str, size: int | None, target: Path) -> Found | Unreadable:
        id = hashlib.blake2s(f"{self._name} {path}".encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
        above = self._there._strip_protocol(self._folder).strip("/")
        name = path.strip("/").removeprefix(f"{above}/")

        def fetch() -> None:
            with self._there.open(path, "rb") as file:
                data = iter(lambda: file.read(CHUNK), b"")
                self._cache.save(target, data, size=size)

        try:
            if not self._cache.has(target):
                twice(partial(within, FETCHING, fetch))
            return Found(id, name, str(target), target.stat().st_size, stamp_of(str(target)))
        except OSError as error:
            return Unreadable(
                id, name, str(target), kept("could not be fetched: {error}", error=in_words(error)), copyable=False
            )


def options_of(name: str) -> dict[str, Any]:
    """What fsspec is given for a cloud. SettingsError if there is none, or others may read the file."""
    path = data_folder() / FILE
    try:
        if os.name != "nt" and path.stat().st_mode & 0o077:
            raise SettingsError(_("{path} may hold passwords, and others may read it: chmod 600 it", path=path))
        known = tomllib.loads(path.read_text(encoding="utf-8"))
        return dict(known[name])
    except FileNotFoundError:
        raise SettingsError(_("no cloud is known: write {path}, see docs/clouds.md", path=path)) from None
    except (KeyError, TypeError, ValueError):
        raise SettingsError(
            _("{path} has no [{name}] that can be read; see docs/clouds.md", path=path, name=name)
        ) from None
