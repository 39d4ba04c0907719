"""The library: folders, what was seen in them, and what people said of it. Every system works on it.

A data folder has two databases with two laws: library/index.sqlite and the thumbnails beside it may be deleted at any
time, which costs time and never an answer; decisions.sqlite is never deleted by Unipic. The index is opened anew for
each question, so a library may be used from any thread, beside any number of other processes.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from unipic.core.errors import DecisionsNewer, DecisionsUnreadable, SourceError
from unipic.core.photo import Companion, Found, Photo, Unreadable
from unipic.core.progress import Progress, silent
from unipic.core.settings import kept_folder
from unipic.library._database import Database, forget_orphans, rows_in, usable
from unipic.library._joining import Joiner
from unipic.library._tables import FILE, marks, portions
from unipic.library.filling import Model, fill, waiting
from unipic.library.index import DAY_S, THUMBNAILS, Index, path_of, photo_of
from unipic.library.index import forget as forget_index
from unipic.library.listing import EVERYTHING, Filter, FolderNames, Listing, id_of, listed
from unipic.library.marks import Marks
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.base import Engine
from unipic.sources.folder import FolderSource

INDEX = "library"  # the folder of the index and the thumbnails, in the data folder
KEEP_GONE_DAYS = 30  # days for which the facts of a file that is gone are kept
SHOWN = "f.library = 1 AND f.gone IS NULL AND f.beside < 1 AND f.digest IS NOT NULL"
UNDER = "f.path > ? AND f.path < ?"  # takes the two values of _range()
KINDS = {  # what can be forgotten by itself, with the tables that hold it
    "comparisons": ("pair",),
    "scores": ("score",),
    "vectors": ("vector", "done"),
    "parts": ("part", "done"),
}


@dataclass(frozen=True)
class Folder:
    """A folder of the library."""

    path: Path
    reachable: bool  # False: gone, not mounted, or not readable. Nothing of it is forgotten
    photos: int
    others: int  # films, documents, and what could not be read
    updated: float  # seconds since 1970; 0: never

    def refuse_unless_reachable(self) -> None:
        """SourceError if the folder cannot be reached."""
        if not self.reachable:
            raise SourceError(
                f"{self.path} cannot be reached: it is gone, empty or not mounted. Its {self.photos:,} photos stay in "
                "the library and wait for it."
            )


@dataclass(frozen=True)
class Update:
    """What an update of a folder found."""

    files: int
    new: int  # read now: new ones, and those that changed
    gone: int  # no longer there: hidden at once, forgotten after KEEP_GONE_DAYS
    unreadable: tuple[Unreadable, ...] = ()  # of the new ones, with the reason


class Library:
    """The library of a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.path = data / INDEX / FILE
        self.thumbnails = Thumbnails(data / INDEX / THUMBNAILS)
        self.marks = Marks(data)

    def usable(self) -> None:
        """UnipicError if a newer version wrote the index or the decisions, or nothing can be written."""
        try:
            self.marks.usable()
        except DecisionsNewer:
            raise
        except DecisionsUnreadable:
            pass  # nobody can decide then; everything else goes on
        usable(self.path)

    # Folders.

    def paths(self) -> list[Path]:
        """The library's folders. If the decisions are damaged, those that the index knows."""
        try:
            return self.marks.folders()
        except DecisionsUnreadable:
            return [Path(os.fsdecode(path)) for (path,) in self._ask("SELECT path FROM folder ORDER BY path")]

    def folders(self) -> list[Folder]:
        """The library's folders with what is known of them. No file is opened."""
        return [self.folder(path) for path in self.paths()]

    def folder(self, path: Path) -> Folder:
        """What is known of a folder, or of one inside it."""
        photos, others, updated = (
            self._ask(
                "SELECT count(digest), count(problem), (SELECT updated FROM folder WHERE path = ?) "
                f"FROM file f WHERE {UNDER} AND f.library = 1 AND f.gone IS NULL",
                [os.fsencode(path), *_range(path)],
            )[0]
            if self.path.exists()
            else (0, 0, None)
        )
        return Folder(path, _reachable(path, photos), photos, others, updated or 0.0)

    def add(self, folder: Path) -> Path:
        """Add a folder to the library; returns its real path. SourceError if it is none, or is Unipic's own."""
        real = Path(FolderSource([folder]).roots[0])
        own = Path(os.path.realpath(self.data))
        if not real.is_dir():
            raise SourceError(f"{folder} is not a folder")
        if (real == own or own in real.parents) and real != Path(os.path.realpath(kept_folder())):
            raise SourceError(f"{folder} is Unipic's own data folder; name a folder with photos")
        self.marks.add_folder(real)
        return real

    def files(self, folder: Path) -> list[Found | Unreadable]:
        """Every file under a folder. SourceError if it cannot be reached; then nothing of it is forgotten."""
        self.folder(folder).refuse_unless_reachable()
        files = list(FolderSource([folder]).files())
        if not files:  # it was unmounted meanwhile
            replace(self.folder(folder), reachable=not self.folder(folder).photos).refuse_unless_reachable()
        return files

    def update(self, folder: Path, files: Sequence[Found | Unreadable]) -> int:
        """Take over what is under a folder now: new files join the library, those that are gone are hidden.

        Returns how many are gone. A file is shown as soon as the index has its photo.
        """
        here, today = {path_of(file): file for file in files if isinstance(file, Found)}, _today()
        with closing(Database(self.path)) as base:
            rows = base.ask(f"SELECT f.path, f.library, f.gone FROM file f WHERE {UNDER}", _range(folder))
            known = {path for path, library, gone in rows if library and gone is None}
            missing = [path for path in known if path not in here]
            joining = [here[path] for path in sorted(here.keys() - known)]
            long_ago = today - KEEP_GONE_DAYS
            old = [path for path, _, gone in rows if gone is not None and gone < long_ago and path not in here]
            put = (
                "INSERT INTO file (path, size, stamp, day, library) VALUES (?, ?, ?, ?, 1) "
                "ON CONFLICT (path) DO UPDATE SET library = 1, gone = NULL, beside = -1"
            )
            hide, delete = f"UPDATE file SET gone = {today} WHERE path IN", "DELETE FROM file WHERE path IN"
            base.all_at_once(
                [
                    *((put, (path_of(file), file.size, file.stamp, today)) for file in joining),
                    *((f"{hide} ({marks(some)})", some) for some in portions(missing)),
                    *((f"{delete} ({marks(some)})", some) for some in portions(old)),
                    ("INSERT OR REPLACE INTO folder VALUES (?, ?)", (os.fsencode(folder), time.time())),
                ]
            )
            if old:
                forget_orphans(base, self.thumbnails)
        return len(missing)

    def join(
        self,
        folder: Path,
        files: Sequence[Found | Unreadable],
        engine: Engine,
        index: Index,
        progress: Progress = silent,
    ) -> None:
        """Join films, raw files and sidecars to their photos, in every folder in which something is new or gone."""
        index.write()
        found = [file for file in files if isinstance(file, Found)]
        with closing(Database(self.path)) as base:
            changed = base.ask(
                f"SELECT f.path FROM file f WHERE {UNDER} AND f.library = 1 AND (f.beside < 0 OR f.gone = ?)",
                [*_range(folder), _today()],
            )
            folders = {os.path.dirname(path) for (path,) in changed}
            Joiner(engine, index, base).join(found, folders, progress)

    def fill(self, model: Model, engine: Engine, progress: Progress = silent) -> int:
        """Make the rows that a model has not made yet of the photos that are shown. Returns of how many photos."""
        with closing(Database(self.path)) as base:
            return fill(base, self._shown(), self.thumbnails, model, engine, progress)

    def unfilled(self, key: str) -> int:
        """How many photos that are shown the model with this key has not looked at."""
        return waiting(self.path, self._shown(), key)

    def _shown(self) -> list[str]:
        return [digest for (digest,) in self._ask(f"SELECT DISTINCT f.digest FROM file f WHERE {SHOWN} ORDER BY 1")]

    # Reading.

    def listing(self, wanted: Filter = EVERYTHING) -> Listing:
        """The photos of a filter, in order. DecisionsUnreadable if it names marks and they are damaged."""
        conditions = f"{SHOWN} AND {UNDER}" if wanted.folder else SHOWN
        rows = self._ask(
            "SELECT min(f.id), f.digest, m.taken FROM file f LEFT JOIN metadata m ON m.digest = f.digest "
            f"WHERE {conditions} GROUP BY f.digest",
            _range(wanted.folder) if wanted.folder else (),
        )
        among = self._among(wanted)
        return listed(rows if among is None else [row for row in rows if row[1] in among])

    def _among(self, wanted: Filter) -> frozenset[str] | None:
        """Digests with the marks that the filter names; None if it names none."""
        asked = [self.marks.favourites()] if wanted.favourite else []
        asked += [self.marks.tagged(wanted.tag)] if wanted.tag else []
        asked += [self.marks.in_album(wanted.album)] if wanted.album else []
        return frozenset.intersection(*asked) if asked else None

    def photos(self, ids: Iterable[int]) -> list[Photo]:
        """The photos of a listing's ids with their companions, in order, without those forgotten meanwhile."""
        wanted = [int(id) for id in ids]
        found = self._photos("f.id", wanted)
        return [found[id] for id in wanted if id in found]

    def digests(self, ids: Iterable[int]) -> list[str]:
        """The digests of a listing's ids, in order, without those forgotten meanwhile."""
        asked = "SELECT f.digest FROM json_each(?) one JOIN file f ON f.id = one.value WHERE f.digest IS NOT NULL"
        return [digest for (digest,) in self._ask(f"{asked} ORDER BY one.key", [json.dumps([int(id) for id in ids])])]

    def by_digest(self, digests: Iterable[str]) -> dict[str, Photo]:
        """The photos of the library with these digests; of identical files one."""
        wanted = list(dict.fromkeys(digests))
        return {photo.digest: photo for photo in self._photos("f.digest", wanted).values()}

    def places(self, digest: str) -> list[Path]:
        """Every file of the library with this content."""
        rows = self._ask(f"SELECT path FROM file f WHERE f.digest = ? AND {SHOWN} ORDER BY path", [digest])
        return [Path(os.fsdecode(path)) for (path,) in rows]

    def _photos(self, column: str, values: Sequence[Any]) -> dict[int, Photo]:
        found: dict[int, Photo] = {}
        names = FolderNames(self.paths())
        for some in portions(values):
            rows = self._ask(
                "SELECT f.id, f.path, f.size, f.companions, p.facts, m.facts FROM file f "
                "JOIN pixels p ON p.digest = f.digest LEFT JOIN metadata m ON m.digest = f.digest "
                f"WHERE {column} IN ({marks(some)}) AND {SHOWN} ORDER BY f.id DESC",
                some,
            )
            for id, path, size, companions, facts, metadata in rows:
                with suppress(ValueError, TypeError, KeyError):
                    photo = photo_of(names.found(os.fsdecode(path), size), facts, metadata)
                    beside = (Companion(**one) for one in json.loads(companions or "[]"))
                    named = (replace(one, name=names.name(one.path), id=id_of(one.path)) for one in beside)
                    found[id] = replace(photo, companions=tuple(named))
        return found

    def vectors(self, key: str) -> tuple[list[str], np.ndarray]:
        """Digests of shown photos with a model's vectors, float16 [N, D], in the same order."""
        rows = self._ask(
            "SELECT v.digest, v.value FROM vector v "
            f"WHERE v.key = ? AND v.part = '' AND {_shown('v')} ORDER BY v.digest",
            [key],
        )
        if not rows:
            return [], np.zeros((0, 0), np.float16)
        return [digest for digest, _ in rows], np.stack([np.frombuffer(value, np.float16) for _, value in rows])

    def parts(self, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(digest, part, facts) of each part of a kind, such as "face", of shown photos."""
        asked = f"SELECT digest, part, facts FROM part p WHERE kind = ? AND {_shown('p')} ORDER BY digest, part"
        for digest, part, facts in self._ask(asked, [kind]):
            yield digest, part, json.loads(facts)

    def number(self, words: str, values: Sequence[Any] = ()) -> int:
        """The number that a query counts."""
        rows = self._ask(words, values)
        return int(rows[0][0]) if rows else 0

    def counts(self, words: str) -> dict[str, int]:
        """A query's counts by name."""
        return dict(self._ask(words))

    def version(self) -> tuple[int, ...]:
        """Differs whenever the index changed: the times of its files."""
        files = (self.path, self.path.with_name(FILE + "-wal"))
        return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files)

    def _ask(self, words: str, values: Sequence[Any] = ()) -> list[Any]:
        return rows_in(self.path, words, values)

    # Forgetting.

    def forget(self, folder: Path | None = None, kind: str = "") -> None:
        """Take a folder out of the library with what is known of its files, or forget one of KINDS. Marks stay."""
        with closing(Database(self.path)) as base:
            for table in KINDS.get(kind, ()):
                base.queue(f"DELETE FROM {table}", ())
            if folder:
                self.marks.remove_folder(folder)
                for table in ("file", "beside"):
                    base.queue(f"DELETE FROM {table} AS f WHERE {UNDER}", _range(folder))
                base.queue("DELETE FROM folder WHERE path = ?", [os.fsencode(folder)])
                forget_orphans(base, self.thumbnails)

    def forget_all(self) -> int:
        """Delete the index and the thumbnails; the folders stay in the library. Returns the bytes freed."""
        return forget_index(self.data / INDEX)


def _reachable(path: Path, photos: int) -> bool:
    """Whether the folder can be listed, and is not empty where it held photos, as a mount point is without its disk."""
    try:
        with os.scandir(path) as entries:
            return not photos or next(entries, None) is not None
    except OSError:
        return False


def _range(folder: Path) -> list[bytes]:
    """Two values that enclose the path of every file under the folder, as bytes."""
    start = os.fsencode(folder).rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
    return [start, start[:-1] + bytes([start[-1] + 1])]


def _shown(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM file f WHERE f.digest = {table}.digest AND {SHOWN})"


def _today() -> int:
    return int(time.time() // DAY_S)
