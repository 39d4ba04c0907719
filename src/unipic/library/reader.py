"""Read the library: which photos there are, in order, with what is known of them. No file of a person is opened."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from unipic.core.errors import DecisionsUnreadable
from unipic.core.photo import FILM, Companion, Photo, local_time
from unipic.library._database import rows_in
from unipic.library._facts import photo_of
from unipic.library._tables import FILE, marks, portions
from unipic.library.chips import FOLDER, Chips
from unipic.library.index import THUMBNAILS
from unipic.library.listing import EVERYTHING, Filter, FolderNames, Listing, id_of, listed
from unipic.library.marks import Marks
from unipic.library.thumbnails import Thumbnails
from unipic.sources.immich_place import name_of

INDEX = "library"  # the folder of the index and the thumbnails, in the data folder
SHOWN = "f.library = 1 AND f.gone IS NULL AND f.beside < 1 AND f.digest IS NOT NULL"
UNDER = "f.path > ? AND f.path < ?"  # takes the two values of under()


class Reader:
    """What can be asked of the library of a data folder.

    The index is opened anew for each question, so a reader may be used from any thread, beside any number of processes.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self.path = data / INDEX / FILE
        self.thumbnails = Thumbnails(data / INDEX / THUMBNAILS)
        self.chips = Chips(data / FOLDER)
        self.marks = Marks(data)

    def paths(self) -> list[Path]:
        """The library's folders. If the decisions are damaged, those that the index knows."""
        try:
            return self.marks.folders()
        except DecisionsUnreadable:
            return [Path(os.fsdecode(path)) for (path,) in self.ask("SELECT path FROM folder ORDER BY path")]

    def real(self, folder: Path) -> Path:
        """The real path of a folder, or of the place that a name such as immich:album/Trip has in the library."""
        return next((one for one in self.paths() if name_of(one) == str(folder)), folder.resolve())

    def listing(self, wanted: Filter = EVERYTHING) -> Listing:
        """The photos of a filter, in order. DecisionsUnreadable if it names marks and they are damaged."""
        conditions = f"{SHOWN} AND {UNDER}" if wanted.folder else SHOWN
        rows = self.ask(
            "SELECT min(f.id), f.digest, m.taken FROM file f LEFT JOIN metadata m ON m.digest = f.digest "
            f"WHERE {conditions} GROUP BY f.digest",
            under(wanted.folder) if wanted.folder else (),
        )
        among = self._among(wanted)
        return listed(rows if among is None else [row for row in rows if row[1] in among])

    def cover(self, folder: Path) -> str | None:
        """The digest of a photo under the folder that has a thumbnail; None if none was read."""
        asked = f"SELECT f.digest FROM file f WHERE {UNDER} AND f.gone IS NULL AND f.digest IS NOT NULL LIMIT 9"
        found = (str(digest) for (digest,) in self.ask(asked, under(folder)))
        return next((digest for digest in found if self.thumbnails.path(digest).exists()), None)

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
        return [digest for (digest,) in self.ask(f"{asked} ORDER BY one.key", [json.dumps([int(id) for id in ids])])]

    def by_digest(self, digests: Iterable[str]) -> dict[str, Photo]:
        """The photos of the library with these digests; of identical files one."""
        wanted = list(dict.fromkeys(digests))
        return {photo.digest: photo for photo in self._photos("f.digest", wanted).values()}

    def companions(self) -> frozenset[bytes]:
        """Paths of the files that belong to a photo."""
        return frozenset(path for (path,) in self.ask("SELECT path FROM file WHERE beside = 1 AND gone IS NULL"))

    def films(self) -> list[Photo]:
        """The films that are shown, the newest first; those that nobody knows the time of come last."""
        rows = self.ask("SELECT digest FROM trait WHERE format = ?", [FILM.lower()])
        films = self.by_digest(digest for (digest,) in rows).values()
        return sorted(films, key=lambda film: (film.taken is None, -_moment(film), film.name, film.digest))

    def has_films(self) -> bool:
        """Whether any film is shown."""
        asked = f"SELECT 1 FROM trait t JOIN file f ON f.digest = t.digest WHERE t.format = ? AND {SHOWN} LIMIT 1"
        return bool(self.ask(asked, [FILM.lower()]))

    def inside(self, folder: Path) -> frozenset[str]:
        """Digests of the photos that are shown, in a folder."""
        rows = self.ask(f"SELECT DISTINCT f.digest FROM file f WHERE {UNDER} AND {SHOWN}", under(folder))
        return frozenset(digest for (digest,) in rows)

    def digests_under(self, folder: Path) -> list[tuple[str, str]]:
        """The digest and the path of every file under a folder that was read, by path."""
        asked = f"SELECT digest, path FROM file f WHERE {UNDER} AND digest IS NOT NULL AND gone IS NULL ORDER BY path"
        return [(digest, os.fsdecode(path)) for digest, path in self.ask(asked, under(folder))]

    def places(self, digest: str) -> list[Path]:
        """Every file of the library with this content."""
        rows = self.ask(f"SELECT path FROM file f WHERE f.digest = ? AND {SHOWN} ORDER BY path", [digest])
        return [Path(os.fsdecode(path)) for (path,) in rows]

    def _photos(self, column: str, values: Sequence[Any]) -> dict[int, Photo]:
        found: dict[int, Photo] = {}
        names = FolderNames(self.paths())
        for some in portions(values):
            rows = self.ask(
                "SELECT f.id, f.path, f.size, f.companions, p.facts, m.facts FROM file f "
                "JOIN pixels p ON p.digest = f.digest LEFT JOIN metadata m ON m.digest = f.digest "
                f"WHERE {column} IN ({marks(some)}) AND {SHOWN} ORDER BY f.id DESC",
                some,
            )
            for id, path, size, companions, facts, metadata in rows:
                with suppress(ValueError, TypeError, KeyError):
                    photo = photo_of(names.found(os.fsdecode(path), size), facts, metadata, beside=True)
                    beside = (Companion(**one) for one in json.loads(companions or "[]"))
                    named = (replace(one, name=names.name(one.path), id=id_of(one.path)) for one in beside)
                    found[id] = replace(photo, companions=tuple(named))
        return found

    def vectors(self, key: str) -> tuple[list[str], np.ndarray]:
        """Digests of shown photos with a model's vectors, float16 [N, D], in the same order."""
        rows = self.ask(
            "SELECT v.digest, v.value FROM vector v "
            f"WHERE v.key = ? AND v.part = '' AND {_shown('v')} ORDER BY v.digest",
            [key],
        )
        if not rows:
            return [], np.zeros((0, 0), np.float16)
        return [digest for digest, _ in rows], np.stack([np.frombuffer(value, np.float16) for _, value in rows])

    def vectors_of(self, digests: Iterable[str], key: str) -> dict[str, np.ndarray]:
        """A model's vectors of those of the photos that have one, float16 [D] each, by digest."""
        found: dict[str, np.ndarray] = {}
        for some in portions(sorted(set(digests))):
            asked = f"SELECT digest, value FROM vector WHERE key = ? AND part = '' AND digest IN ({marks(some)})"
            found |= {digest: np.frombuffer(value, np.float16) for digest, value in self.ask(asked, [key, *some])}
        return found

    def has_dates(self) -> bool:
        """Whether any photo that is shown has a time."""
        asked = "SELECT 1 FROM metadata m JOIN file f ON f.digest = m.digest WHERE m.taken IS NOT NULL"
        return bool(self.ask(f"{asked} AND {SHOWN} LIMIT 1"))

    def has_vectors(self, key: str) -> bool:
        """Whether a model has made vectors of any photo."""
        return bool(self.ask("SELECT 1 FROM vector WHERE key = ? AND part = '' LIMIT 1", [key]))

    def parts(self, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(digest, part, facts) of each part of a kind, such as "face", of shown photos."""
        asked = f"SELECT digest, part, facts FROM part p WHERE kind = ? AND {_shown('p')} ORDER BY digest, part"
        for digest, part, facts in self.ask(asked, [kind]):
            yield digest, part, json.loads(facts)

    def number(self, words: str, values: Sequence[Any] = ()) -> int:
        """The number that a query counts."""
        rows = self.ask(words, values)
        return int(rows[0][0]) if rows else 0

    def counts(self, words: str) -> dict[str, int]:
        """A query's counts by name."""
        return dict(self.ask(words))

    def version(self) -> tuple[int, ...]:
        """Differs whenever the index changed: the times of its files."""
        files = (self.path, self.path.with_name(FILE + "-wal"))
        return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files)

    def ask(self, words: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query; [] if there is no index, or none that can be read."""
        return rows_in(self.path, words, values)

    def shown(self) -> list[str]:
        """Digests of all photos that are shown, sorted."""
        return [digest for (digest,) in self.ask(f"SELECT DISTINCT f.digest FROM file f WHERE {SHOWN} ORDER BY 1")]


def _moment(photo: Photo) -> float:
    taken = local_time(photo)
    return (taken - datetime.min).total_seconds() if taken else 0.0


def under(folder: Path) -> list[bytes]:
    """Two values that enclose the path of every file under the folder, as bytes."""
    start = os.fsencode(folder).rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
    return [start, start[:-1] + bytes([start[-1] + 1])]


def _shown(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM file f WHERE f.digest = {table}.digest AND {SHOWN})"
