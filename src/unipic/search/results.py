"""What a search found, and in words why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unipic.core.folding import folded
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.words import clock
from unipic.library.recognised import lines_in
from unipic.library.searchable import Searchable
from unipic.library.segments import segment_facts
from unipic.search.query import Query
from unipic.search.ranking import ALIKE, HEADINGS, SAME, UNSURE, Ranked

FIELDS = ("name", "folder", "camera", "place", "caption", "words")
IN_WORDS = dict(
    zip(
        FIELDS,
        (N_("name"), N_("folder"), N_("camera"), N_("place"), N_("caption"), N_("words in the picture")),
        strict=True,
    )
)
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
        worded = bool(self.query.parts or self.query.values("text"))
        written, lines = (self.library.written(digests), lines_in(self.library.reader, digests)) if worded else ({}, {})
        return [
            self._why(position, written.get(digest, ()), lines.get(digest, ()))
            for position, digest in zip(positions, digests, strict=True)
        ]

    def parts(self, positions: Sequence[int]) -> list[dict[str, Any]]:
        """Of each photo the thing in it that looks like the words: its box and outlines; {} where the whole does."""
        rows = [self.ranked.parts.get(position, -1) if self.ranked else -1 for position in positions]
        told = segment_facts(self.library.ask, [row for row in rows if row >= 0])
        return [told.get(row, {}) for row in rows]

    def at(self, position: int) -> float | None:
        """Seconds into a film of the frame that was found; None for a photo, and where no frame was."""
        return self.ranked.at.get(position) if self.ranked else None

    def _why(self, position: int, written: Sequence[str], lines: Sequence[str]) -> str:
        """`written`: the folded texts of FIELDS; `lines`: those in the picture as they are written."""
        reasons = []
        if self.ranked is not None and np.isfinite(cosine := self.ranked.cosines[position]):
            same = self.ranked.zones[position] == SAME
            reasons.append(_("the same picture") if same else _("similar to the example ({cosine:.2f})", cosine=cosine))
        if self.ranked is not None and np.isfinite(cosine := self.ranked.meant[position]):
            inside = position in self.ranked.parts
            reasons.append(
                _("a part of it looks like the words ({cosine:.2f})", cosine=cosine)
                if inside
                else _("looks like the words ({cosine:.2f})", cosine=cosine)
            )
        if self.ranked is not None and reasons and position in self.ranked.at:
            reasons[-1] = _("{reason} at {time}", reason=reasons[-1], time=clock(self.ranked.at[position]))
        for part in (*(part.words for part in self.query.parts if part.weight > 0), *self.query.values("text")):
            field, line = _telling(folded(part), written)
            if line:
                line = next((one for one in lines if field == "words" and folded(one) == line), line)
                reasons.append(f"{_(IN_WORDS[field])}: {line[:CUT]}")
        return "; ".join(dict.fromkeys(reasons))


def _telling(phrase: str, written: Sequence[str]) -> tuple[str, str]:
    """The line that has most of the phrase, with its field; "" if none has a word of it."""
    words = {word for word in phrase.split() if len(word) > 1}
    lines = [(field, line) for field, text in zip(FIELDS, written, strict=False) for line in text.split("\n")]
    found = [(phrase in line, sum(word in line for word in words), field, line) for field, line in lines]
    _, number, field, line = max(found, key=lambda one: one[:2], default=(False, 0, "", ""))
    return (field, line) if number else ("", "")
