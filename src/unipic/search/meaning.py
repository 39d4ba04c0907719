"""What photos show: the words of a query through a text encoder, compared with photos, and cut off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from unipic.core.language import gettext as _
from unipic.core.words import count
from unipic.library.filling import text_key
from unipic.library.searchable import Searchable
from unipic.search.cutoff import SHOWN, shown
from unipic.search.query import Part
from unipic.search.ranking import FOUND, NEAREST, UNSURE, Ranked
from unipic.vision.base import Cutoff, TextEncoder

BLOCK = 2_000  # photos that are compared with the background at first
MOST = 2_000  # photos that are listed while nothing says which of them show the words


@dataclass(frozen=True, eq=False)
class Near:
    """Photos near to a query by what they show, the nearest first."""

    photos: np.ndarray  # int64 [N]: positions in the library
    cosines: np.ndarray  # float32 [N]
    vectors: np.ndarray  # float32 [N, D]: of the picture, or of the thing in it, that is near
    rows: np.ndarray  # int64 [N]: rows of `part` of these things; -1: the whole picture
    at: dict[int, float]  # seconds into the films of which one frame is near, by position
    all: bool  # whether there are no others

    def only(self, which: np.ndarray) -> "Near":
        """Some of them, by a mask or by their numbers."""
        return Near(self.photos[which], self.cosines[which], self.vectors[which], self.rows[which], self.at, self.all)

    def tell(self, ranked: Ranked) -> None:
        """Note why each photo is there."""
        ranked.meant[self.photos] = self.cosines
        inside = self.rows >= 0
        ranked.at.update({place: self.at[place] for place in self.photos[~inside].tolist() if place in self.at})
        ranked.parts.update(zip(self.photos[inside].tolist(), self.rows[inside].tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Meaning:
    """A text encoder that has seen photos of a library."""

    encoder: TextEncoder
    captions: Callable[[], np.ndarray]  # float32 [B, D]: vectors of cutoff.background(); asked only with a cut-off
    notices: tuple[str, ...] = ()  # about the model

    @property
    def key(self) -> str:
        """Of the photos' vectors."""
        return text_key(self.encoder.key)

    def rank(self, ranked: Ranked, library: Searchable, parts: Sequence[Part], allowed: np.ndarray) -> None:
        """Rank the allowed photos by what they show. Whether one is shown depends on no other photo or condition.

        Until the model's cut-off is measured the nearest ones are shown, whatever they are; and unwanted words alone,
        of which it cannot say what shows them, are only letters.
        """
        wanted, cutoff = any(part.weight > 0 for part in parts), self.encoder.cutoff
        if not parts or not (wanted or cutoff):
            return
        query = self.query(parts) if wanted else -self.query(parts)
        ranked.notes.extend([*self.notices, *self._notes(parts)])
        if cutoff is None:
            self._add_nearest(ranked, library, query, allowed)
            return
        near, found, maybe = self._cut(library, query, allowed, cutoff)
        if not wanted:
            ranked.unwanted[near.photos[found]] = True
            return
        shows = near.only(found | maybe)
        shows.tell(ranked)
        ranked.add(shows.photos, 1.0, UNSURE)
        ranked.zones[near.photos[found]] = np.minimum(ranked.zones[near.photos[found]], FOUND)

    def query(self, parts: Sequence[Part]) -> np.ndarray:
        """float32 [D] of length 1: the sum of the parts' vectors by their weights."""
        vector = np.sum([part.weight * self._vector(part.words) for part in parts], axis=0)
        length = float(np.linalg.norm(vector))
        return np.asarray(vector / length if length else self._vector(parts[0].words), np.float32)

    def _vector(self, words: str) -> np.ndarray:
        """Of length 1: the mean of what the model's templates make of the words."""
        mean = self.encoder.embed_texts([one.replace("{}", words) for one in self.encoder.templates]).mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean))

    def _add_nearest(self, ranked: Ranked, library: Searchable, query: np.ndarray, allowed: np.ndarray) -> None:
        near = self._near(library, query, MOST, allowed)
        near.tell(ranked)
        ranked.add(near.photos, 1.0, NEAREST)
        if len(near.photos) > SHOWN:
            ranked.notes.append(
                _(
                    "From photo {first} on it may be anything: the limits of {model} were not measured",
                    first=SHOWN + 1,
                    model=self.encoder.label,
                )
            )
        if len(near.photos) < len(allowed):
            ranked.notes.append(
                _(
                    "Of {photos} the {nearest:,} nearest to the words are listed",
                    photos=count(len(allowed), "photo"),
                    nearest=len(near.photos),
                )
            )

    def _near(self, library: Searchable, query: np.ndarray, number: int, allowed: np.ndarray) -> Near:
        """Photos by the nearest of what they show: the whole picture, or a thing that was found in it."""
        whole = library.nearest(query, number, allowed, self.key)
        inside = library.nearest_segments(query, number, allowed, self.encoder.key)
        every = Near(
            np.concatenate([whole.places, inside[0]]),
            np.concatenate([whole.cosines, inside[1]]),
            np.concatenate([whole.vectors, inside[2]]),
            np.concatenate([np.full(len(whole.places), -1), inside[3]]),
            whole.at,
            len(whole.places) < number and len(inside[0]) < number,
        )
        best = np.lexsort((every.rows, every.photos, -every.cosines))
        _, first = np.unique(every.photos[best], return_index=True)
        return every.only(best[np.sort(first)])

    def _cut(
        self, library: Searchable, query: np.ndarray, allowed: np.ndarray, cutoff: Cutoff
    ) -> tuple[Near, np.ndarray, np.ndarray]:
        """Photos, the nearest first; which of them show the query, and which may.

        The end is reached when none of the further half of them is shown, since the rest is further away still.
        """
        number = BLOCK
        while True:
            near = self._near(library, query, number, allowed)
            found, maybe = shown(near.vectors, query, self.captions(), cutoff)
            if near.all or not (found | maybe)[len(found) // 2 :].any():
                return near, found, maybe
            number *= 2

    def _notes(self, parts: Sequence[Part]) -> list[str]:
        notes = []
        for part in parts:
            read = self.encoder.read_part(part.words)
            if read != part.words:
                notes.append(
                    _(
                        "The words are too long for {model}, which read them up to {end!r}",
                        model=self.encoder.label,
                        end=read[-30:],
                    )
                )
            if self.encoder.english and not part.words.isascii():
                notes.append(_("{model} understands only English", model=self.encoder.label))
        return list(dict.fromkeys(notes))


def in_use(encoders: Sequence[TextEncoder], library: Searchable) -> tuple[TextEncoder | None, list[str]]:
    """The text encoder whose vectors answer, of those that are installed, the wanted one first; and what to say.

    Vectors of an earlier one serve until there are as many of the wanted one.
    """
    photos = len(library.digests)
    if not encoders or not photos:
        return None, []
    wanted, numbers = encoders[0], [library.number_by(text_key(encoder.key)) for encoder in encoders]
    best = max(range(len(encoders)), key=lambda at: numbers[at])  # of equal ones the first
    seen = _(
        "{model} has seen {seen:,} of {photos}; the next update shows it the others",
        model=wanted.label,
        seen=numbers[0],
        photos=count(photos, "photo"),
    )
    if not numbers[best]:
        return None, [seen]
    if best:
        return encoders[best], [
            _("Searched with the earlier model, {model}: {seen}", model=encoders[best].label, seen=seen)
        ]
    return wanted, [] if numbers[0] >= photos else [seen]
