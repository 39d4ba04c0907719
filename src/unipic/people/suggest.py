"""Questions: *are these two the same person?* The most useful first, each answered at once.

A deck is made of the people of one moment, and keeps up with its own answers by sums: an answer costs one product,
whatever the size of the library.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import Literal

import numpy as np

from unipic.core.face import Face
from unipic.core.language import kept
from unipic.library.persons import Change, Person, new_id
from unipic.library.vectors import DIGITS
from unipic.people.linking import Apart, vectors_of, whole_of
from unipic.people.people import People, Told
from unipic.people.rulings import NOTHING

MOST = 200  # questions at a time
FEW = 2  # clear faces of somebody unnamed who is asked about: of one face alone too little can be told
BLOCK = 1024

Answer = Literal["same", "different", "skip"]


@dataclass(frozen=True)
class Question:
    """Whether two of a deck are one person."""

    first: int  # the larger or named one, as the deck numbers them
    second: int
    cosine: float  # mean over all pairs of faces
    faces: int  # that find their place with the answer
    worth: float  # how much the answer tells: the faces, by how unsure it is
    together: bool = False  # a photo shows both: twins, a mirror or a collage?


@dataclass(eq=False)
class Card:
    """Somebody in the deck, as it grows by answers."""

    row: Person
    kept: bool  # people said something of it
    faces: list[Face]
    apart: Apart

    @property
    def name(self) -> str:
        """The same for the same faces in another deck."""
        return self.faces[0].key


class Deck:
    """The questions about the people of a library."""

    def __init__(self, people: People) -> None:
        self._people, self._limits = people, people.limits
        self._answered: list[Answer] = []
        self._skipped: list[frozenset[str]] = []
        self._deal()

    def questions(self, most: int = MOST) -> list[Question]:
        """Open questions, the most useful first."""
        return nsmallest(most, self._open.values(), key=lambda one: (-one.worth, one.first, one.second))

    def card(self, number: int) -> Card:
        """One side of a question."""
        return self._cards[number]

    def answer(self, question: Question, answer: Answer) -> None:
        """Take an answer as one step. If two are the same and a photo shows both, they are in it twice."""
        pair = question.first, question.second
        del self._open[pair]
        self._answered.append(answer)
        first, second = (self._cards[number] for number in pair)
        if answer == "skip":
            self._skipped.append(frozenset((first.name, second.name)))
            return
        row = first.row if first.kept else Person(new_id())
        says = list[Told]() if first.kept else [(face.key, row.id, "is") for face in first.faces]
        if answer == "same":
            says += self._same(first, second, row.id)
            row = replace(row, name=row.name or second.row.name, born=row.born or second.row.born)
        else:
            says += [(face.key, row.id, "is not") for face in second.faces]
            second.apart.nots.add(row.id)
        ended = (second.row.id,) if answer == "same" and second.kept else ()
        self._people.tell(
            Change(kept("the same person") if answer == "same" else kept("not the same"), (row,), ended, tuple(says))
        )
        first.row, first.kept, first.apart.person = row, True, row.id
        if answer == "same":
            self._join(*pair)

    def undo(self) -> bool:
        """Take back the last answer of this deck; False if there is none."""
        if not self._answered:
            return False
        if self._answered.pop() == "skip":
            self._skipped.pop()
        else:
            self._people.undo()
        self._deal()
        return True

    def _same(self, first: Card, second: Card, id: str) -> list[Told]:
        """What is said of faces when the second card becomes part of the first, whose person has this id."""
        shared = {face.picture for face in first.faces} & {face.picture for face in second.faces}
        says: list[Told] = [(face.key, id, "is") for face in second.faces]
        says += [(face.key, id, "twice") for face in (*first.faces, *second.faces) if face.picture in shared]
        says += [(key, id, "is") for key in self._people.unfound(second.row.id)]
        for other in self._cards:
            if second.row.id in other.apart.nots:
                other.apart.nots.add(id)
                says += [(face.key, id, "is not") for face in other.faces]
        return says

    # The cards, and what they have in common.

    def _deal(self) -> None:
        self._people.refresh()
        asked = [one for one in self._people.everybody.values() if one.clear and not (one.nobody or one.row.hidden)]
        said = self._people.heard.of
        self._cards = [
            Card(one.row, one.kept, list(one.faces), whole_of([(f, said.get(f.key, NOTHING)) for f in one.faces]))
            for one in asked
        ]
        for card in self._cards:
            card.apart.person = card.row.id if card.kept else ""
        dimensions = asked[0].clear[0].vector.shape if asked and asked[0].clear[0].vector is not None else (0,)
        self._sums = np.array([vectors_of(one.clear).sum(axis=0) for one in asked], np.float32).reshape(-1, *dimensions)
        self._counts = np.array([len(one.clear) for one in asked], np.float32)
        self._open: dict[tuple[int, int], Question] = {}
        means = self._sums / self._counts[:, None]
        for start in range(0, len(means), BLOCK):
            cosines = means[start : start + BLOCK] @ means.T
            for row, column in np.argwhere(cosines >= self._limits.ask).tolist():
                if start + row < column:
                    self._ask(start + row, column, float(cosines[row, column]))

    def _ask(self, one: int, other: int, cosine: float) -> None:
        """Put the question of two cards, if it is one."""
        first, second = sorted((one, other), key=lambda number: self._rank(number))
        a, b = self._cards[first], self._cards[second]
        told = bool(a.row.name) or (self._counts[first] >= FEW and self._counts[second] >= FEW)
        if not told or (a.row.name and b.row.name) or a.apart.ruled(b.apart):
            return
        together = a.apart.together(b.apart)
        if (together and cosine < self._limits.twins) or frozenset((a.name, b.name)) in self._skipped:
            return
        sure = self._limits.likeness(cosine) / 100
        worth = round(len(b.faces) * 4 * sure * (1 - sure), DIGITS)
        self._open[first, second] = Question(first, second, round(cosine, DIGITS), len(b.faces), worth, together)

    def _rank(self, number: int) -> tuple[bool, bool, int, int]:
        card = self._cards[number]
        return not card.row.name, not card.kept, -len(card.faces), number

    def _join(self, first: int, second: int) -> None:
        """Make one card of two, and ask anew about it."""
        a, b = self._cards[first], self._cards[second]
        a.faces += b.faces
        a.apart.take(b.apart)
        self._sums[first] += self._sums[second]
        self._counts[first] += self._counts[second]
        self._counts[second] = 0
        for pair in [pair for pair in self._open if not {first, second}.isdisjoint(pair)]:
            del self._open[pair]
        there = np.flatnonzero(self._counts)
        cosines = self._sums[there] @ self._sums[first] / (self._counts[there] * self._counts[first])
        for place in np.flatnonzero(cosines >= self._limits.ask).tolist():
            if there[place] != first:
                self._ask(first, int(there[place]), float(cosines[place]))
