"""The index of photos already read, so that a second run takes seconds and a killed one resumes.

It is one file that may be deleted at any time; that costs time, never correctness. Photos are known by content. A file
whose path, size and stamp are unchanged is not even opened. Each row records the version of its extractor (`made`);
rows of other versions are ignored and replaced.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from unipic.core.photo import Found, Photo, local_time, photo_from_dict, photo_to_dict
from unipic.core.settings import Limits
from unipic.library._database import ENDINGS, FRAMES, Database, forget_orphans
from unipic.library._parts import store_parts, stored_parts
from unipic.library._tables import FILE, marks, portions
from unipic.library.captions import FOLDER as TEXTS
from unipic.library.thumbnails import Thumbnails
from unipic.reading import versions
from unipic.reading.metadata import Metadata
from unipic.reading.seen import Look, PairResult, Seen
from unipic.vision.base import Part

Pair = tuple[Photo, Photo]

THUMBNAILS = "thumbs"
BEFORE = "facts"  # the folder of the index, in the data folder of versions before
VIEWS = "views"  # large pictures for the browser
NEAREST = "nearest"  # which photos of a gallery are near each other
ROWS = "ray"  # where workers of a local Ray leave their results
DAY_S = 86_400  # seconds
KEEP_DAYS = 180  # days after which a file outside the library that no run asked for is forgotten
# Fields that belong to the file, not to its content.
OF_THE_FILE = ("id", "name", "path", "companions", "marked")
NO_METADATA = asdict(Metadata())
BESIDE = ("taken", "taken_by_camera", "place")  # what a file beside a photo may say in place of the photo


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
        for some in portions(list(files)):
            found = self.base.ask(
                "SELECT f.path, f.size, f.stamp, p.thumbnail, p.facts, m.facts, v.value FROM file f "
                "JOIN pixels p ON p.digest = f.digest AND p.made = ? "
                "JOIN vector v ON v.digest = f.digest AND v.key = ? AND v.part = '' AND v.made = ? "
                "LEFT JOIN metadata m ON m.digest = f.digest AND m.made = ? "
                f"WHERE f.path IN ({marks(some)})",
                [self._pixels, key, versions.picture(), versions.metadata(), *map(path_of, some)],
            )
            rows = {row[0]: row[1:] for row in found}
            self._asked_for("file", rows)
            for file in some:
                row = rows.get(path_of(file))
                yield file, self._recalled(file, *row) if row and file.stamp else None

    def _recalled(
        self, file: Found, size: int, stamp: str, thumbnail: int, facts: str, metadata: str | None, vector: bytes
    ) -> Seen | None:
        if (size, stamp) != (file.size, file.stamp):
            return None
        with suppress(ValueError, TypeError, KeyError, OSError):
            photo = photo_of(file, facts, metadata)
            if self.thumbnails.size(photo.digest) == thumbnail:
                return Seen(photo, np.frombuffer(vector, np.float16), b"", metadata is None)
        return None

    def unknown(self, files: Sequence[Found], key: str) -> list[Found]:
        there, missing = set(self.thumbnails.digests()), []
        for some in portions(files):
            found = self.base.ask(
                "SELECT f.path, f.size, f.stamp, f.digest, f.problem IS NOT NULL AND f.made = ?, p.digest IS NOT NULL "
                "AND v.digest IS NOT NULL AND m.digest IS NOT NULL FROM file f "
                "LEFT JOIN pixels p ON p.digest = f.digest AND p.made = ? "
                "LEFT JOIN vector v ON v.digest = f.digest AND v.key = ? AND v.part = '' AND v.made = ? "
                "LEFT JOIN metadata m ON m.digest = f.digest AND m.made = ? "
                f"WHERE f.path IN ({marks(some)})",
                [self._pixels, self._pixels, key, versions.picture(), versions.metadata(), *map(path_of, some)],
            )
            rows = {
                path: (size, stamp, none or (whole and digest in there))
                for path, size, stamp, digest, none, whole in found
            }
            self._asked_for("file", rows)
            missing += [
                file for file in some if not file.stamp or rows.get(path_of(file)) != (file.size, file.stamp, 1)
            ]
        return missing

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
        values, digest = photo_to_dict(seen.photo), seen.photo.digest
        decoded = {name: value for name, value in values.items() if name not in (*OF_THE_FILE, *NO_METADATA)}
        self.keep_file(file, digest)
        self._keep("pixels", digest, self._pixels, len(seen.thumbnail), json.dumps(decoded))
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
        values = photo_to_dict(photo)
        told, taken = json.dumps({name: values[name] for name in NO_METADATA}), local_time(photo)
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


def photo_of(file: Found, facts: str, metadata: str | None, beside: bool = False) -> Photo:
    """A photo from what is stored of it; with what files `beside` it say. ValueError, TypeError or KeyError if damaged.

    A run finds the files beside a photo by itself, so that its answer does not depend on what is stored.
    """
    told = {**NO_METADATA} if metadata is None else {**json.loads(metadata)}
    said = told.pop("beside", None) or {}
    if beside:
        told |= {name: said[name] for name in BESIDE if name in said}
    return photo_from_dict({**json.loads(facts), **told, "id": file.id, "name": file.name, "path": file.path})


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
