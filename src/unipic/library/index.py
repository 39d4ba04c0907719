"""The index of photos already read, so that a second run takes seconds and a killed one resumes.

It is one file that may be deleted at any time; that costs time, never correctness. Photos are known by content. A file
whose path, size and stamp are unchanged is not even opened. Each row records the version of its extractor (`made`);
rows of other versions are ignored and replaced.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from unipic.core.photo import Found, Photo, photo_from_dict, photo_to_dict
from unipic.core.settings import Limits
from unipic.library._sqlite import is_damage
from unipic.library.thumbnails import Thumbnails
from unipic.reading import seen, versions
from unipic.reading.metadata import Metadata
from unipic.reading.seen import PairResult, Seen

Pair = tuple[Photo, Photo]
T = TypeVar("T")

FILE, THUMBNAILS = "facts.sqlite", "thumbs"
ROWS = "ray"  # where workers of a local Ray leave their results
SQL_BATCH = 500  # values per query; SQLite allows at least 999
LOCK_TIMEOUT_S = 30.0  # seconds to wait for another process's write
WRITE_INTERVAL_S = 2.0  # seconds between two writes: what a kill loses
DAY_S = 86_400  # seconds
KEEP_DAYS = 180  # days after which a file that no run asked for is forgotten
# Fields that belong to the file, not to its content.
OF_THE_FILE = ("id", "name", "path", "companions")
NO_METADATA = asdict(Metadata())
SHAPE = seen.VERSION  # stored as PRAGMA user_version; a file of another one is made again
# Vectors of 1 kB need a rowid: WITHOUT ROWID each would spill onto its own page.
SCHEMA = """
CREATE TABLE file (path BLOB PRIMARY KEY, size INT, stamp TEXT, digest TEXT, day INT) WITHOUT ROWID;
CREATE TABLE pixels (digest TEXT PRIMARY KEY, made TEXT, thumbnail INT, facts TEXT) WITHOUT ROWID;
CREATE TABLE metadata (digest TEXT PRIMARY KEY, made TEXT, facts TEXT) WITHOUT ROWID;
CREATE TABLE vector (digest TEXT, key TEXT, made TEXT, value BLOB, PRIMARY KEY (digest, key));
CREATE TABLE pair (first TEXT, second TEXT, key TEXT, made TEXT, points INT, sameness REAL, how TEXT,
    across REAL, down REAL, PRIMARY KEY (first, second, key)) WITHOUT ROWID;
CREATE TABLE score (digest TEXT, key TEXT, made TEXT, value TEXT, PRIMARY KEY (digest, key)) WITHOUT ROWID;
CREATE TABLE beside (path BLOB PRIMARY KEY, made TEXT, size INT, stamp TEXT, facts TEXT, day INT) WITHOUT ROWID
"""


class Index:
    """Interface of the index. This base class remembers nothing."""

    notices: tuple[str, ...] = ()

    def seen(self, files: Iterable[Found], key: str) -> Iterator[tuple[Found, Seen | None]]:
        """Each file with its stored result for the encoder `key`; None if it must be read. `Seen.stale`:

        read its metadata.
        """
        return ((file, None) for file in files)

    def keep(self, file: Found, seen: Seen, key: str) -> None:
        """Store a photo whose thumbnail is stored already."""

    def keep_metadata(self, photo: Photo) -> None:
        """Store a photo's metadata."""

    def pairs(self, pairs: Sequence[Pair], key: str, made: Callable[[Pair], str]) -> dict[tuple[str, str], PairResult]:
        """Stored comparisons by the pair's digests, if they were `made` by the same version."""
        return {}

    def keep_pair(self, pair: Pair, result: PairResult, key: str, made: str) -> None:
        """Store the comparison of a pair."""

    def scores(self, photos: Sequence[Photo], key: str) -> dict[str, list[float]]:
        """A model's stored scores by digest."""
        return {}

    def keep_score(self, photo: Photo, score: Sequence[float], key: str) -> None:
        """Store a model's scores of a photo."""

    def said(self, files: Sequence[Found], made: str) -> dict[str, dict[str, Any]]:
        """Stored contents of companions by file id, if they were `made` by the same version."""
        return {}

    def keep_said(self, file: Found, values: dict[str, Any], made: str) -> None:
        """Store the contents of a companion."""


NO_INDEX = Index()


class StoredIndex(Index):
    """The index on disk, shared with other processes.

    An error is reported in `notices`, and then nothing is remembered.
    """

    def __init__(self, folder: Path, thumbnails: Thumbnails, limits: Limits) -> None:
        """`limits`: only photos read within the same limits are known."""
        self.path = folder / FILE
        self.thumbnails = thumbnails
        self.notices = ()
        self._limits = limits
        self._waiting: list[tuple[str, Sequence[Any]]] = []
        self._written = time.monotonic()
        self._today = int(time.time() // DAY_S)
        self._base = self._opened()
        with self._careful() as base:
            self._forget_unasked(base)

    def close(self) -> None:
        """Write what is queued, and close the file."""
        self._write()
        self._base.close()

    @cached_property
    def _pixels(self) -> str:
        """The version key of decoded facts. Computed on demand, since it imports the modules that read."""
        return versions.pixels(self._limits)

    def _opened(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return _open(str(self.path))
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
            for end in ("", "-wal", "-shm"):
                self.path.with_name(FILE + end).unlink(missing_ok=True)
            return _open(str(self.path))
        except (sqlite3.Error, OSError) as error:
            return self._without(error)

    @contextmanager
    def _careful(self) -> Iterator[sqlite3.Connection]:
        """The database. After an error it is replaced by an empty one in memory, and the run goes on."""
        try:
            yield self._base
        except (sqlite3.Error, OSError, ValueError) as error:
            with suppress(sqlite3.Error):
                self._base.close()
            self._base = self._without(error)

    def _without(self, error: Exception) -> sqlite3.Connection:
        self.notices = (
            f"This scan will not be remembered: {self.path} cannot be used ({error}). The next run reads "
            "those photos again. The file may be deleted at any time.",
        )
        return _open(":memory:")

    def seen(self, files: Iterable[Found], key: str) -> Iterator[tuple[Found, Seen | None]]:
        """See Index.seen."""
        for some in _portions(list(files)):
            self._write()
            rows: dict[bytes, tuple[Any, ...]] = {}
            with self._careful() as base:
                found = base.execute(
                    "SELECT f.path, f.size, f.stamp, p.thumbnail, p.facts, m.facts, v.value FROM file f "
                    "JOIN pixels p ON p.digest = f.digest AND p.made = ? "
                    "JOIN vector v ON v.digest = f.digest AND v.key = ? AND v.made = ? "
                    "LEFT JOIN metadata m ON m.digest = f.digest AND m.made = ? "
                    f"WHERE f.path IN ({_marks(some)})",
                    [self._pixels, key, versions.picture(), versions.metadata(), *map(_path, some)],
                )
                rows = {row[0]: row[1:] for row in found}
            self._asked_for("file", rows)
            for file in some:
                row = rows.get(_path(file))
                yield file, self._recalled(file, *row) if row and file.stamp else None

    def _recalled(
        self, file: Found, size: int, stamp: str, thumbnail: int, facts: str, metadata: str | None, vector: bytes
    ) -> Seen | None:
        if (size, stamp) != (file.size, file.stamp):
            return None
        with suppress(ValueError, TypeError, KeyError, OSError):
            told = NO_METADATA if metadata is None else json.loads(metadata)
            now = {"id": file.id, "name": file.name, "path": file.path}
            photo = photo_from_dict({**json.loads(facts), **told, **now})
            if self.thumbnails.path(photo.digest).stat().st_size == thumbnail:
                return Seen(photo, np.frombuffer(vector, np.float16), b"", metadata is None)
        return None

    def keep(self, file: Found, seen: Seen, key: str) -> None:
        """See Index.keep."""
        if not file.stamp:
            return
        values, digest = photo_to_dict(seen.photo), seen.photo.digest
        decoded = {name: value for name, value in values.items() if name not in (*OF_THE_FILE, *NO_METADATA)}
        self._keep("file", _path(file), file.size, file.stamp, digest, self._today)
        self._keep("pixels", digest, self._pixels, len(seen.thumbnail), json.dumps(decoded))
        self._keep("vector", digest, key, versions.picture(), seen.vector.tobytes())
        self.keep_metadata(seen.photo)

    def keep_metadata(self, photo: Photo) -> None:
        """See Index.keep_metadata."""
        values = photo_to_dict(photo)
        told = json.dumps({name: values[name] for name in NO_METADATA})
        self._keep("metadata", photo.digest, versions.metadata(), told)
        self._write_now_and_then()

    def pairs(self, pairs: Sequence[Pair], key: str, made: Callable[[Pair], str]) -> dict[tuple[str, str], PairResult]:
        """See Index.pairs."""
        self._write()
        wanted = {(a.digest, b.digest): made((a, b)) for a, b in pairs}
        known: dict[tuple[str, str], PairResult] = {}
        for some in _portions(sorted({first for first, _ in wanted})):
            with self._careful() as base:
                rows = base.execute(
                    "SELECT first, second, made, points, sameness, how, across, down FROM pair "
                    f"WHERE key = ? AND first IN ({_marks(some)})",
                    [key, *some],
                )
                known |= {(a, b): _result(*result) for a, b, by, *result in rows if wanted.get((a, b)) == by}
        return known

    def keep_pair(self, pair: Pair, result: PairResult, key: str, made: str) -> None:
        """See Index.keep_pair."""
        first, second, went = pair[0].digest, pair[1].digest, result.swept or (None, None)
        self._keep("pair", first, second, key, made, result.points, result.sameness, result.how, *went)
        self._write_now_and_then()

    def scores(self, photos: Sequence[Photo], key: str) -> dict[str, list[float]]:
        """See Index.scores."""
        self._write()
        known: dict[str, list[float]] = {}
        for some in _portions(sorted({photo.digest for photo in photos})):
            with self._careful() as base:
                asked = f"SELECT digest, value FROM score WHERE key = ? AND made = ? AND digest IN ({_marks(some)})"
                rows = base.execute(asked, [key, versions.picture(), *some])
                known |= {digest: json.loads(value) for digest, value in rows}
        return known

    def keep_score(self, photo: Photo, score: Sequence[float], key: str) -> None:
        """See Index.keep_score."""
        self._keep("score", photo.digest, key, versions.picture(), json.dumps(list(score)))
        self._write_now_and_then()

    def said(self, files: Sequence[Found], made: str) -> dict[str, dict[str, Any]]:
        """See Index.said."""
        self._write()
        known: dict[str, dict[str, Any]] = {}
        for some in _portions([file for file in files if file.stamp]):
            by_path = {_path(file): file for file in some}
            with self._careful() as base:
                asked = f"SELECT path, size, stamp, facts FROM beside WHERE made = ? AND path IN ({_marks(some)})"
                for path, size, stamp, facts in base.execute(asked, [made, *by_path]):
                    file = by_path[path]
                    if (size, stamp) == (file.size, file.stamp):
                        known[file.id] = json.loads(facts)
            self._asked_for("beside", by_path)
        return known

    def keep_said(self, file: Found, values: dict[str, Any], made: str) -> None:
        """See Index.keep_said."""
        if not file.stamp:
            return
        self._keep("beside", _path(file), made, file.size, file.stamp, json.dumps(values), self._today)
        self._write_now_and_then()

    def _forget_unasked(self, base: sqlite3.Connection) -> None:
        old = self._today - KEEP_DAYS
        is_old = "SELECT 1 FROM file WHERE day < ? UNION SELECT 1 FROM beside WHERE day < ?"
        if not base.execute(is_old, [old, old]).fetchone():
            return
        for table in ("file", "beside"):
            base.execute(f"DELETE FROM {table} WHERE day < ?", [old])
        orphans = "NOT IN (SELECT digest FROM file)"
        for (digest,) in base.execute(f"SELECT digest FROM pixels WHERE digest {orphans}").fetchall():
            self.thumbnails.path(digest).unlink(missing_ok=True)
        for table in ("pixels", "metadata", "vector", "score"):
            base.execute(f"DELETE FROM {table} WHERE digest {orphans}")
        base.execute(f"DELETE FROM pair WHERE first {orphans} OR second {orphans}")
        base.commit()

    def _asked_for(self, table: str, paths: Collection[bytes]) -> None:
        words = f"UPDATE {table} SET day = ? WHERE path IN ({_marks(paths)}) AND day < ?"
        self._waiting.append((words, [self._today, *paths, self._today]))

    def _keep(self, table: str, *values: Any) -> None:
        self._waiting.append((f"INSERT OR REPLACE INTO {table} VALUES ({_marks(values)})", values))

    def _write_now_and_then(self) -> None:
        if time.monotonic() - self._written > WRITE_INTERVAL_S:
            self._write()

    def _write(self) -> None:
        """Write everything queued in one transaction: a writer locks the file, and other processes wait."""
        with self._careful() as base, base:
            for words, values in self._waiting:
                base.execute(words, values)
        self._waiting.clear()
        self._written = time.monotonic()


def _open(path: str) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=LOCK_TIMEOUT_S)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = NORMAL")  # consistent after a crash, which may lose the last writes
    if not _in_shape(base):
        with base:
            base.execute("BEGIN IMMEDIATE")  # another process may have made the tables meanwhile
            if not _in_shape(base):
                _make(base)
    return base


def _in_shape(base: sqlite3.Connection) -> bool:
    return bool(base.execute("PRAGMA user_version").fetchone() == (SHAPE,))


def _make(base: sqlite3.Connection) -> None:
    """Replace tables of another version by empty ones."""
    old = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for words in (*(f"DROP TABLE {name}" for (name,) in old), *SCHEMA.split(";"), f"PRAGMA user_version = {SHAPE}"):
        base.execute(words)


def _path(file: Found) -> bytes:
    return os.fsencode(file.path)


def _result(points: int, sameness: float, how: str, across: float | None, down: float | None) -> PairResult:
    return PairResult(points, sameness, how, None if across is None or down is None else (across, down))


def _portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + SQL_BATCH] for start in range(0, len(values), SQL_BATCH))


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))


def forget(folder: Path) -> int:
    """Delete the index and the thumbnails in `folder`. Returns the bytes freed."""
    ours = [path for path in folder.rglob("*") if path.is_file()]
    freed = sum(path.stat().st_size for path in ours)
    for end in ("", "-wal", "-shm"):
        folder.joinpath(FILE + end).unlink(missing_ok=True)
    for part in (THUMBNAILS, ROWS):
        shutil.rmtree(folder / part, ignore_errors=True)
    return freed
