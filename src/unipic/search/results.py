"""What a search found, and in words why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unipic.core.folding import folded
from unipic.library.searchable import Searchable
from unipic.search.query import Query
from unipic.search.ranking import ALIKE, HEADINGS, SAME, UNSURE, Ranked

FIELDS = ("name", "folder", "camera", "place", "words")
IN_WORDS = {"name": "name", "folder": "folder", "camera": "camera", "place": "place", "words": "written in it"}
CUT = 60  # characters of a reason


@dataclass(frozen=True, eq=False)
class Results:
    """Photos found, by position in the library, best first."""

    library: Searchable
    query: Query
    order: np.ndarray  # int64 [N], no longer than the limit
    more: np.ndarray  # int64 [N]: further copies, and shots of the same burst, that were found too
    ranked: Ranked | None  # None: by conditions alone, newest first
    total: int  # photos found
    shown: int  # of them, without further copies and shots of bursts
    notes: tuple[str, ...] = ()  # what a person should know about the answer

    def headings(self) -> list[tuple[str, int]]:
        """The zones with their numbers of photos, in order; none if only conditions were asked for."""
        if self.ranked is None:
            return []
        numbers = np.bincount(self.ranked.zones[self.order], minlength=len(HEADINGS))
        return [(self.heading(zone), int(number)) for zone, number in enumerate(numbers) if number]

    def heading(self, zone: int) -> str:
        """What a zone is called."""
        return ALIKE if zone == UNSURE and not self.query.parts else HEADINGS[zone]

    def zone_of(self, position: int) -> str:
        """What the zone of a photo is called; "Found" without zones."""
        return "Found" if self.ranked is None else self.heading(int(self.ranked.zones[position]))

    def why(self, positions: Sequence[int]) -> list[str]:
        """Why each photo is there, in a line; "" where the chips say all."""
        digests = [self.library.digests[position] for position in positions]
        written = self.library.written(digests) if self.query.parts or self.query.values("text") else {}
        return [
            self._why(position, written.get(digest, ())) for position, digest in zip(positions, digests, strict=True)
        ]

    def _why(self, position: int, written: Sequence[str]) -> str:
        reasons = []
        if self.ranked is not None and np.isfinite(cosine := self.ranked.cosines[position]):
            same = self.ranked.zones[position] == SAME
            reasons.append("the same picture" if same else f"similar to the example ({cosine:.2f})")
        if self.ranked is not None and np.isfinite(cosine := self.ranked.meant[position]):
            reasons.append(f"looks like the words ({cosine:.2f})")
        for part in (*(part.words for part in self.query.parts if part.weight > 0), *self.query.values("text")):
            words = {folded(part), *folded(part).split()}
            for field, text in zip(FIELDS, written, strict=False):
                line = next(
                    (line for line in text.split("\n") if any(word in line for word in words if len(word) > 1)), ""
                )
                if line:
                    reasons.append(f"{IN_WORDS[field]}: {line[:CUT]}")
                    break
        return "; ".join(dict.fromkeys(reasons))
