"""What is remembered of films: their shots and frames, by content. Frames have a picture each, beside the thumbnails.

A film is known by its digest, and rows are kept as its shots are closed, so that a killed run goes on at the last one.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from unipic.core.photo import Found
from unipic.library._database import FRAMES
from unipic.library._parts import store_part
from unipic.library.index import StoredIndex, path_of
from unipic.library.thumbnails import Thumbnails
from unipic.vision.base import Part


class FilmRows:
    """The rows of films in the index. `key` and `made` are those of what found the shots, and of its version."""

    def __init__(self, index: StoredIndex, key: str, made: str) -> None:
        self._index, self._key, self._made = index, key, made
        self._pictures = Thumbnails(index.thumbnails.folder.parent / FRAMES)

    def digest(self, file: Found) -> str:
        """The sha256 of a file that did not change since it was remembered; "" if that is not known."""
        asked = "SELECT digest FROM file WHERE path = ? AND size = ? AND stamp = ? AND digest IS NOT NULL"
        rows = self._index.base.ask(asked, [path_of(file), file.size, file.stamp]) if file.stamp else []
        return str(rows[0][0]) if rows else ""

    def remember(self, file: Found, digest: str) -> None:
        """Store which film a file is."""
        self._index.keep_file(file, digest)
        self._index.write()

    def parts(self, digest: str) -> list[Part]:
        """What was stored of a film, by the names of its parts; of frames only those whose picture is there."""
        rows = self._index.base.ask(
            "SELECT p.part, p.kind, p.facts, v.value FROM part p LEFT JOIN vector v ON v.digest = p.digest "
            "AND v.key = p.key AND v.part = p.part WHERE p.digest = ? AND p.key = ? AND p.made = ? ORDER BY p.part",
            [digest, self._key, self._made],
        )
        parts = []
        for name, kind, facts, vector in rows:
            with suppress(ValueError, TypeError, KeyError):  # damaged: it is as if it were not there
                values = json.loads(facts)
                seen = None if vector is None else np.frombuffer(vector, np.float16).astype(np.float32)
                time = values.pop("time")
                parts.append(Part(name, kind, values.pop("box"), time, values, seen))
        return [part for part in parts if part.kind != "frame" or self.picture_there(digest, part.name)]

    def keep(self, digest: str, parts: Sequence[Part], pictures: Mapping[str, bytes]) -> None:
        """Store parts at once; `pictures`: by the names of frames, stored before their rows."""
        for name, picture in pictures.items():
            self._pictures.save(f"{digest}-{name}", picture)
        for part in parts:
            store_part(self._index.base, digest, part, self._key, self._made)
        self._index.write()

    def picture_there(self, digest: str, name: str) -> bool:
        """Whether the picture of a frame is stored."""
        return self._pictures.path(f"{digest}-{name}").is_file()

    def picture(self, digest: str, name: str) -> bytes:
        """The full-size picture of a frame, as JPEG or PNG. OSError if it was deleted."""
        return self._pictures.path(f"{digest}-{name}").read_bytes()

    def forget(self, digest: str) -> None:
        """Delete the rows of a film."""
        for table in ("part", "vector", "done"):
            self._index.base.queue(f"DELETE FROM {table} WHERE digest = ? AND key = ?", [digest, self._key])
        self._index.write()

    def is_done(self, digest: str) -> bool:
        """Whether a film was looked at to its end."""
        asked = "SELECT 1 FROM done WHERE digest = ? AND key = ? AND made = ?"
        return bool(self._index.base.ask(asked, [digest, self._key, self._made]))

    def done(self, digest: str) -> None:
        """Store that a film was looked at to its end."""
        self._index.base.queue("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", (digest, self._key, self._made))
        self._index.write()
