"""Parts of photos and films as a search compares them, by their vectors: things in photos, and frames of films."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from unipic.library._cutting import Ask
from unipic.library._tables import marks, portions
from unipic.library.vectors import vectors_for
from unipic.reading import versions
from unipic.vision.segments import KIND


class PartVectors:
    """The vectors of parts by one encoder. Parts are numbered from 0 on."""

    def __init__(self, rows: Sequence[tuple[int, int, bytes]]) -> None:
        """`rows`, at least one: the id in `trait` of the photo or film, a number that tells the part, and its vector.

        The number is the row in `part` of a thing, and the milliseconds into the film of a frame. Vectors are float16.
        """
        matrix = np.stack([np.frombuffer(value, np.float16) for *_, value in rows])
        self.vectors = vectors_for(*matrix.shape)
        self.vectors.add(range(len(matrix)), matrix)
        self._photos, self.rows = np.array([row[:2] for row in rows], np.int64).T

    def nearest(self, query: np.ndarray, k: int, photos: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The k parts of these photos most like a vector, best first: their numbers, their photos, and the cosines."""
        found, cosines = self.vectors.search(query, k, np.flatnonzero(np.isin(self._photos, photos)))
        return found, self._photos[found], cosines


def segments_seen_by(ask: Ask, encoder_key: str) -> PartVectors | None:
    """The things whose vectors are by a text encoder; of several checkpoints by the one that saw most photos."""
    made = versions.picture()
    asked = "SELECT key FROM done WHERE key LIKE 'sam-%' AND made = ? GROUP BY key ORDER BY count(*) DESC, key"
    key = next((key for (key,) in ask(asked, [made]) if key.endswith(f" {encoder_key}")), None)
    rows = ask(
        "SELECT t.id, p.rowid, v.value FROM part p JOIN trait t ON t.digest = p.digest "
        "JOIN vector v ON v.digest = p.digest AND v.key = p.key AND v.part = p.part "
        f"WHERE p.key = ? AND p.kind = '{KIND}' AND v.made = ?",
        [key, made],
    )
    return PartVectors(rows) if rows else None


def segment_facts(ask: Ask, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What is known of things by their rows in `part`: their box, and outlines as shares of the picture."""
    found: dict[int, dict[str, Any]] = {}
    for some in portions(rows):
        told = ask(f"SELECT rowid, facts FROM part WHERE rowid IN ({marks(some)})", list(some))
        found |= {row: json.loads(facts) for row, facts in told}
    return found
