"""The index of photos already read, so that a second run takes seconds and a killed one resumes.

It is one file that may be deleted at any time; that costs time, never correctness. Photos are known by content. A file
whose path, size and stamp are unchanged is not even opened. Each row records the version of its extractor (`made`);
rows of other versions are ignored and replaced.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unipic.core.photo import Found, Photo, local_time
from unipic.core.settings import Limits
from unipic.library._database import ENDINGS, FRAMES, Database, forget_orphans
from unipic.library._facts import metadata_told, photo_of, pixels_told
from unipic.library._parts import store_parts, stored_parts
from unipic.library._tables import FILE, marks, portions
from unipic.library.captions import FOLDER as TEXTS
from unipic.library.thumbnails import Thumbnails
from unipic.reading import versions
from unipic.reading.seen import Look, PairResult, Seen
from unipic.vision.base import Part

Pair = tuple[Photo, Photo]

THUMBNAILS = "thumbs"
BEFORE = "facts"  # the folder of the index, in the data folder of versions before
VIEWS = "views"  # large pictures for the browser
NEAREST = "nearest"  # which photos of a gallery are near each other
ROWS = "ray"  # where workers of a local Ray leave their results
DAY_S = 86_400  # seconds
FILES_AT_ONCE = 10_000  # of which what is stored is in memory
KEEP_DAYS = 180  # days after which a file outside the library that no run asked for is forgotten


class Held(NamedTuple):
    """What a file held when it was read."""

    digest: str | None = None
    refused: str | None = None  # the version that found it is no photo


NOTHING = Held()


class Index:
    """Interface of the index. This base class remembers nothing."""

    notices: tuple[str, ...] = ()
    nearest: Path | None = None  # the folder for what runs find of whole galleries

    def seen(self, files: Iterable[Found], key: str) -> Iterator[tuple[Found, Seen | None]]:
        """Each file with its stored result for the encoder `key`; None if it must be read. `Seen.stale`:

        read its metadata.
        """
        return ((file, None) for file in files)

    def unknown(self, files: Sequence[Found], key: str) -> list[Found]:
        """Those of the files that `seen` would not give whole, without reading what is stored of the others.

        A file that was no photo is known too, as long as it is unchanged.
        """
        return list(files)

    def photos_of(self, files: Sequence[Found]) -> dict[str, Photo]:
        """The photos of files by their id, as they were stored; without those that are none."""
        return {}

    def write(self) -> None:
        """Write what is queued."""

    def keep(self, file: Found, seen: Seen, key: str) -> None:
        """Store a photo whose thumbnail is stored already."""

    def keep_metadata(self, photo: Photo) -> None:
        """Store a photo's metadata."""

    def keep_unreadable(self, file: Found, reason: str) -> None:
        """Store that the file is no photo, which lasts while it is unchanged."""

    def pairs(self, pairs: Sequence[Pair], key: str, made: Callable[[Pair], str]) -> dict[tuple[str, str], PairResult]:
        """Stored comparisons by the pair's digests, if they were `made` by the same version."""
        return {}

    def keep_pair(self, pair: Pair, result: PairResult, key: str, made: str) -> None:
        """Store the comparison of a pair."""

    def looks(self, pairs: Sequence[Pair], made: str) -> dict[tuple[str, str], Look]:
        """Stored verdicts by the pair's digests, if they were `made` by the same version."""
        return {}

    def keep_look(self, pair: Pair, look: Look, made: str) -> None:
        """Store the verdict on a pair."""

    def scores(self, photos: Sequence[Photo], key: str) -> dict[str, list[float]]:
        """A model's stored scores by digest."""
        return {}

    def keep_score(self, photo: Photo, score: Sequence[float], key: str) -> None:
        """Store a model's scores of a photo."""

    def vectors(self, photos: Sequence[Photo], key: str) -> dict[str, np.ndarray]:
        """A model's stored vectors of whole photos, float16 [D] each, by digest."""
        return {}

    def parts(self, photos: Sequence[Photo], key: str) -> dict[str, list[Part]]:
        """A model's stored parts by digest, of those photos that it has looked at."""
        return {}

    def keep_parts(self, photo: Photo, parts: Sequence[Part], key: str) -> None:
        """Store a model's parts of a photo, which may be none."""

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
        self.thumbnails = thumbnails
        self.nearest = folder / NEAREST
        self.base = Database(folder / FILE)
        self._limits = limits
        self._today = int(time.time() // DAY_S)
        self._forget_unasked()

    @property
    def notices(self) -> tuple[str, ...]:  # type: ignore[override]
        """What went wrong with the file, for people."""
        return self.base.notices

    def write(self) -> None:
        self.base.write()

    def close(self) -> None:
        """Write what is queued, and close the file."""
        self.base.close()

    @cached_property
    def _pixels(self) -> str:
        """The version key of decoded facts. Computed on demand, since it imports the modules that read."""
        return versions.pixels(self._limits)

    def seen(self, files: Iterable[Found], key: str) -> Iterator[tuple[Found, Seen | None]]:
        for some in portions(list(files), FILES_AT_ONCE):
            there = self._unchanged(some)
            stored = self._stored("p.thumbnail, p.facts, m.facts, v.value", there, key)
            for file in some:
                row = stored.get(there.get(file.path, NOTHING).digest)
                yield file, self._recalled(file, *row) if row else None

    def _recalled(self, file: Found, thumbnail: int, facts: str, metadata: str | None, vector: bytes) -> Seen | None:
        with suppress(ValueError, TypeError, KeyError, OSError):
            photo = photo_of(file, facts, metadata)
            if self.thumbnails.size(photo.digest) == thumbnail:
                return Seen(photo, np.frombuffer(vector, np.float16), b"", metadata is None)
        return None

    def unknown(self, files: Sequence[Found], key: str) -> list[Found]:
        there = self._unchanged(files)
        whole = {digest for digest, (metadata,) in self._stored("m.digest", there, key).items() if metadata}
        whole &= set(self.thumbnails.digests())
        known = {path for path, held in there.items() if held.digest in whole or held.refused == self._pixels}
        return [file for file in files if file.path not in known]

    def _unchanged(self, files: Sequence[Found]) -> dict[str, Held]:
        """What each file holds, by its path, if it is as it was when that was stored."""
        unchanged: dict[str, Held] = {}
        for some in portions([file for file in files if file.stamp]):
            by_path = {path_of(file): file for file in some}
            told = "SELECT path, size, stamp, digest, CASE WHEN problem IS NOT NULL THEN made END FROM file"
            rows = self.base.ask(f"{told} WHERE path IN ({marks(some)})", list(by_path))
            self._asked_for("file", [row[0] for row in rows])
            for path, size, stamp, *held in rows:
                file = by_path[path]
                if (size, stamp) == (file.size, file.stamp):
                    unchanged[file.path] = Held(*held)
        return unchanged

    def _stored(self, columns: str, there: Mapping[str, Held], key: str) -> dict[str | None, tuple[Any, ...]]:
        """Columns of what is stored of photos, by digest. In their order, since others would lie anywhere."""
        rows: dict[str | None, tuple[Any, ...]] = {}
        for some in portions(sorted({held.digest for held in there.values() if held.digest})):
            found = self.base.ask(
                f"SELECT p.digest, {columns} FROM pixels p "
                "JOIN vector v ON v.digest = p.digest AND v.key = ? AND v.part = '' AND v.made = ? "
                "LEFT JOIN metadata m ON m.digest = p.digest AND m.made = ? "
                f"WHERE p.made = ? AND p.digest IN ({marks(some)})",
                [key, versions.picture(), versions.metadata(), self._pixels, *some],
            )
            rows |= {row[0]: row[1:] for row in found}
        return rows

    def photos_of(self, files: Sequence[Found]) -> dict[str, Photo]:
        photos: dict[str, Photo] = {}
        for some in portions(files):
            by_path = {path_of(file): file for file in some}
            rows = self.base.ask(
                "SELECT f.path, p.facts, m.facts FROM file f JOIN pixels p ON p.digest = f.digest "
                f"LEFT JOIN metadata m ON m.digest = f.digest WHERE f.path IN ({marks(some)})",
                list(by_path),
            )
            for path, facts, metadata in rows:
                with suppress(ValueError, TypeError, KeyError):
                    photos[by_path[path].id] = photo_of(by_path[path], facts, metadata)
        return photos

    def keep(self, file: Found, seen: Seen, key: str) -> None:
        """See Index.keep. A file without a stamp is listed, and read again by the next run."""
        digest = seen.photo.digest
        self.keep_file(file, digest)
        self._keep("pixels", digest, self._pixels, len(seen.thumbnail), pixels_told(seen.photo))
        self.base.queue(
            "INSERT OR REPLACE INTO vector VALUES (?, '', ?, ?, ?)",
            (digest, key, versions.picture(), seen.vector.tobytes()),
        )
        self.keep_metadata(seen.photo)

    def keep_unreadable(self, file: Found, reason: str) -> None:
        self.keep_file(file, None, reason)
        self.base.write_now_and_then()

    def keep_file(self, file: Found, digest: str | None, problem: str | None = None) -> None:
        """Store what a file holds, or why it cannot be used."""
        self.base.queue(
            "INSERT INTO file (path, size, stamp, digest, day, problem, made) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET size = excluded.size, stamp = excluded.stamp, digest = excluded.digest, "
            "day = excluded.day, problem = excluded.problem, made = excluded.made, gone = NULL, beside = -1",
            (path_of(file), file.size, file.stamp, digest, self._today, problem, self._pixels if problem else None),
        )

    def keep_metadata(self, photo: Photo) -> None:
        told, taken = metadata_told(photo), local_time(photo)
        put = (
            "INSERT INTO metadata VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET made = excluded.made, "
            "facts = json_patch(excluded.facts, json_object('beside', json_extract(metadata.facts, '$.beside'))), "
            "taken = coalesce(json_extract(metadata.facts, '$.beside.when'), excluded.taken), "
            "lat = coalesce(json_extract(metadata.facts, '$.beside.place[0]'), excluded.lat), "
            "lon = coalesce(json_extract(metadata.facts, '$.beside.place[1]'), excluded.lon)"
        )
        when = taken.isoformat(" ", "seconds") if taken else None
        self.base.queue(put, (photo.digest, versions.metadata(), told, when, *(photo.place or (None, None))))
        self.base.write_now_and_then()

    def pairs(self, pairs: Sequence[Pair], key: str, made: Callable[[Pair], str]) -> dict[tuple[str, str], PairResult]:
        by_first: dict[str, list[Pair]] = {}
        for pair in pairs:
            by_first.setdefault(pair[0].digest, []).append(pair)
        known: dict[tuple[str, str], PairResult] = {}
        for some in portions(sorted(by_first)):
            wanted = {(a.digest, b.digest): (a, b) for first in some for a, b in by_first[first]}
            rows = self.base.ask(
                "SELECT first, second, made, points, sameness, how, across, down FROM pair "
                f"WHERE key = ? AND first IN ({marks(some)})",
                [key, *some],
            )
            found = ((wanted.get((a, b)), by, result) for a, b, by, *result in rows)
            # By the photos' own digests: a million pairs would bring two million others.
            known |= {(p[0].digest, p[1].digest): _result(*result) for p, by, result in found if p and made(p) == by}
        return known

    def keep_pair(self, pair: Pair, result: PairResult, key: str, made: str) -> None:
        first, second, went = pair[0].digest, pair[1].digest, result.swept or (None, None)
        self._keep("pair", first, second, key, made, result.points, result.sameness, result.how, *went)
        self.base.write_now_and_then()

    def looks(self, pairs: Sequence[Pair], made: str) -> dict[tuple[str, str], Look]:
        wanted = {(a.digest, b.digest) for a, b in pairs}
        known: dict[tuple[str, str], Look] = {}
        for some in portions(sorted({first for first, _ in wanted})):
            asked = f"SELECT first, second, verdict, words FROM look WHERE made = ? AND first IN ({marks(some)})"
            rows = self.base.ask(asked, [made, *some])
            known |= {(a, b): Look(verdict, words) for a, b, verdict, words in rows if (a, b) in wanted}
        return known

    def keep_look(self, pair: Pair, look: Look, made: str) -> None:
        self._keep("look", pair[0].digest, pair[1].digest, made, look.verdict, look.words)
        self.base.write_now_and_then()

    def scores(self, photos: Sequence[Photo], key: str) -> dict[str, list[float]]:
        known: dict[str, list[float]] = {}
        for some in portions(sorted({photo.digest for photo in photos})):
            asked = f"SELECT digest, value FROM score WHERE key = ? AND made = ? AND digest IN ({marks(some)})"
            rows = self.base.ask(asked, [key, versions.picture(), *some])
            for digest, value in rows:
                with suppress(ValueError, TypeError):  # damaged: the model is asked again
                    known[digest] = [float(score) for score in json.loads(value)]
        return known

    def keep_score(self, photo: Photo, score: Sequence[float], key: str) -> None:
        self._keep("score", photo.digest, key, versions.picture(), json.dumps(list(score)))
        self.base.write_now_and_then()

    def vectors(self, photos: Sequence[Photo], key: str) -> dict[str, np.ndarray]:
        known: dict[str, np.ndarray] = {}
        for some in portions(sorted({photo.digest for photo in photos})):
            asked = "SELECT digest, value FROM vector WHERE key = ? AND part = '' AND made = ? AND digest IN"
            rows = self.base.ask(f"{asked} ({marks(some)})", [key, versions.picture(), *some])
            known |= {digest: np.frombuffer(value, np.float16) for digest, value in rows}
        return known

    def parts(self, photos: Sequence[Photo], key: str) -> dict[str, list[Part]]:
        return stored_parts(self.base, sorted({photo.digest for photo in photos}), key)

    def keep_parts(self, photo: Photo, parts: Sequence[Part], key: str) -> None:
        store_parts(self.base, photo.digest, parts, key)

    def said(self, files: Sequence[Found], made: str) -> dict[str, dict[str, Any]]:
        known: dict[str, dict[str, Any]] = {}
        for some in portions([file for file in files if file.stamp]):
            by_path = {path_of(file): file for file in some}
            asked = f"SELECT path, size, stamp, facts FROM beside WHERE made = ? AND path IN ({marks(some)})"
            for path, size, stamp, facts in self.base.ask(asked, [made, *by_path]):
                file = by_path[path]
                if (size, stamp) == (file.size, file.stamp):
                    with suppress(ValueError, TypeError):  # damaged: the file is opened again
                        known[file.id] = dict(json.loads(facts))
            self._asked_for("beside", by_path)
        return known

    def keep_said(self, file: Found, values: dict[str, Any], made: str) -> None:
        if not file.stamp:
            return
        self._keep("beside", path_of(file), made, file.size, file.stamp, json.dumps(values), self._today)
        self.base.write_now_and_then()

    def _forget_unasked(self) -> None:
        """Forget files outside the library that no run asked for in KEEP_DAYS."""
        old = self._today - KEEP_DAYS
        is_old = "SELECT 1 FROM file WHERE day < ? AND library = 0 UNION SELECT 1 FROM beside WHERE day < ?"
        if self.base.ask(is_old, [old, old]):
            self.base.queue("DELETE FROM file WHERE day < ? AND library = 0", [old])
            self.base.queue("DELETE FROM beside WHERE day < ?", [old])
            forget_orphans(self.base, self.thumbnails)

    def _asked_for(self, table: str, paths: Collection[bytes]) -> None:
        words = f"UPDATE {table} SET day = ? WHERE path IN ({marks(paths)}) AND day < ?"
        self.base.queue(words, [self._today, *paths, self._today])

    def _keep(self, table: str, *values: Any) -> None:
        self.base.queue(f"INSERT OR REPLACE INTO {table} VALUES ({marks(values)})", values)


def path_of(file: Found) -> bytes:
    """The path as the index stores it."""
    return os.fsencode(file.path)


@lru_cache(1 << 16)  # most pairs have as few points as others: they share an object
def _result(points: int, sameness: float, how: str, across: float | None, down: float | None) -> PairResult:
    return PairResult(points, sameness, how, None if across is None or down is None else (across, down))


def forget(folder: Path) -> int:
    """Delete the index and the thumbnails in `folder`. Returns the bytes freed."""
    ours = [path for path in folder.rglob("*") if path.is_file()]
    freed = sum(path.stat().st_size for path in ours)
    for end in ENDINGS:
        folder.joinpath(FILE + end).unlink(missing_ok=True)
    for part in (THUMBNAILS, NEAREST, ROWS, VIEWS, TEXTS, FRAMES):
        shutil.rmtree(folder / part, ignore_errors=True)
    return freed


def taken_over(data: Path) -> bool:
    """Delete the index of versions before, which is made again; decisions stay. Returns whether there was one."""
    old = data / BEFORE
    if not (old / "facts.sqlite").exists():
        return False
    shutil.rmtree(old, ignore_errors=True)
    return True
