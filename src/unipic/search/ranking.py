"""From rankings to one order: what is found and how surely, by words and by example; copies and bursts as one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from unipic.core.language import gettext_noop as N_
from unipic.library.searchable import Searchable
from unipic.search.query import Part
from unipic.search.words import hits

RANK = 60  # reciprocal rank fusion (Cormack, Clarke, Büttcher 2009), with their constant
MORE, LESS = 0.75, 0.25  # Rocchio's weights (1971) of examples that are wanted, and of those that are not
MOST_NEAR = 2000  # photos that are compared with the examples: more shots of one place nobody looks through
MOST_ALIKE = 100  # photos that are only somewhat like the examples: beyond them nobody looks
SAME, MOMENT, FOUND, NEAREST, UNSURE = range(5)  # zones, the surest first
NEVER = 5  # the zone of what is not found
HEADINGS = (
    N_("The same picture"),
    N_("The same moment or place"),
    N_("Found"),
    N_("Nearest to the words"),
    N_("Less sure"),
)
ALIKE = N_("Similar")  # the heading of UNSURE where only examples were given


@dataclass(frozen=True, eq=False)
class Ranked:
    """For each photo of the library, by position: its zone, its score, and its cosine with the examples."""

    zones: np.ndarray  # int8 [N]
    scores: np.ndarray  # float64 [N]
    cosines: np.ndarray  # float32 [N]; NaN where nothing was compared
    unwanted: np.ndarray  # bool [N]: contains a word with a minus, or shows it
    meant: np.ndarray  # float32 [N]: cosines with the meaning of the words; NaN where nothing was compared
    # By position: the row of the thing in it that looks like the words; seconds into a film of the frame compared.
    parts: dict[int, int] = field(default_factory=dict)
    at: dict[int, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # what a person should know of the ranking

    @classmethod
    def of(cls, size: int) -> "Ranked":
        """Nothing found yet."""
        nan = np.full(size, np.nan, np.float32)
        return cls(np.full(size, NEVER, np.int8), np.zeros(size), nan, np.zeros(size, bool), nan.copy())

    def add(self, positions: np.ndarray, weight: float, zone: int) -> None:
        """A ranking, best first; each photo has the surest zone that one of its rankings gives it."""
        self.scores[positions] += weight / (RANK + 1 + np.arange(len(positions)))
        self.zones[positions] = np.minimum(self.zones[positions], zone)

    def order(self, allowed: np.ndarray) -> np.ndarray:
        """The allowed positions that are found: surest zone first, then by score, newest first."""
        some = allowed[self.zones[allowed] < NEVER]
        return some[np.lexsort((some, -np.round(self.scores[some], 12), self.unwanted[some], self.zones[some]))]


def by_words(ranked: Ranked, library: Searchable, parts: Sequence[Part]) -> None:
    """Rank by the words of the query's parts. With unwanted words alone, everything is found."""
    for part in parts:
        whole, some = hits(library, part.words)
        if part.weight > 0:
            ranked.add(whole, part.weight, FOUND)
            if not len(whole):
                ranked.add(some, part.weight, UNSURE)
        else:
            ranked.unwanted[whole] = True
    if parts and all(part.weight <= 0 for part in parts):
        ranked.zones[:] = FOUND


def by_examples(
    ranked: Ranked, library: Searchable, more: np.ndarray, less: np.ndarray, allowed: np.ndarray, moment: float
) -> np.ndarray:
    """Rank by vectors of wanted and unwanted examples, float32 [N, D]; returns the nearest positions.

    `moment`: the cosine from which two pictures show one moment or place.
    """
    query = rocchio(more, less)
    if query is None:
        return allowed[:0]
    near = library.nearest(query, MOST_NEAR, allowed)
    found, cosines = near.places, near.cosines
    ranked.cosines[found] = cosines
    ranked.at.update(near.at)
    sure = found[cosines >= moment]
    ranked.add(found[: len(sure) + MOST_ALIKE], 1.0, UNSURE)
    if len(more) and not len(less):
        ranked.zones[sure] = np.minimum(ranked.zones[sure], MOMENT)
    return found


def rocchio(more: np.ndarray, less: np.ndarray) -> np.ndarray | None:
    """float32 [D]: what the wanted examples have in common, less what the unwanted ones have; None without any."""
    weighted = [weight * vectors.mean(axis=0) for weight, vectors in ((MORE, more), (-LESS, less)) if len(vectors)]
    return np.asarray(np.sum(weighted, axis=0), np.float32) if weighted else None


def collapsed(order: np.ndarray, groups: np.ndarray, preference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The preferred photo of each group in the order, where its first one stands, and how many more there are."""
    _, first, number = np.unique(groups[order], return_index=True, return_counts=True)
    sorted_by_group = order[np.lexsort((preference[order], groups[order]))]
    best = sorted_by_group[np.cumsum(number) - number]
    places = np.argsort(first)
    return best[places], number[places] - 1
