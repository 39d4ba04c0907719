"""Everybody in the library: groups of faces, and what people said, put together so that each face is in one place.

What was said comes first, the newest before the older; then no two faces of one photo are one person's; then likeness.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import blake2s
from typing import Literal

from unipic.core.face import Face, place_of
from unipic.library.persons import Person
from unipic.people.limits import FEWEST_PHOTOS
from unipic.people.linking import Apart
from unipic.people.rulings import NOTHING, Heard, Said

Kind = Literal["person", "unnamed", "other", "hidden"]
SHARP_FROM = 200.0  # pixels of a face beyond which it is no better to look at
SHUT = -1.0  # log-odds of open eyes, below which they are shut


@dataclass(frozen=True)
class Known:
    """What is known of the photos."""

    days: Mapping[str, date | None]  # by digest, of those that are shown
    same: Mapping[str, str] = field(default_factory=dict)  # a digest to one for all copies of the picture


@dataclass(frozen=True, eq=False)
class Somebody:
    """A person, or faces that are alike and that nobody named."""

    row: Person  # with an id of its own where nothing was said
    kept: bool  # people said something of it
    nobody: bool  # people said that it is of no interest
    faces: tuple[Face, ...]  # by the day, then by key
    known: Known

    @property
    def id(self) -> str:
        """Of the person; otherwise by the oldest face."""
        return self.row.id

    @cached_property
    def photos(self) -> int:
        """How many pictures show it; copies count once."""
        return len({self.known.same.get(face.digest, face.digest) for face in self.faces})

    @cached_property
    def years(self) -> tuple[int, int] | None:
        """The first and the last year; None if no day is known."""
        years = [day.year for face in self.faces if (day := self.known.days.get(face.digest))]
        return (min(years), max(years)) if years else None

    @cached_property
    def clear(self) -> tuple[Face, ...]:
        """The faces that are good enough to tell who it is."""
        return tuple(face for face in self.faces if face.clear and face.vector is not None)

    @property
    def kind(self) -> Kind:
        """Where it is shown."""
        if self.nobody:
            return "other"
        if self.row.hidden:
            return "hidden"
        return "person" if self.row.name else "unnamed" if self.photos >= FEWEST_PHOTOS else "other"

    @cached_property
    def cover(self) -> Face | None:
        """The face that stands for it: the chosen one, or a large and clear one with open eyes. None without faces."""
        chosen = next((face for face in self.faces if face.key == self.row.cover), None)
        return chosen or max(self.faces, key=_looks, default=None)


def settle(
    faces: Sequence[Face], groups: Mapping[str, str], heard: Heard, persons: Sequence[Person], known: Known
) -> list[Somebody]:
    """Everybody, each face in exactly one of them, but for those that are none. Persons without faces are there too.

    `groups`: the name of the group of each face that is in one, by its key.
    """
    there = [face for face in faces if face.digest in known.days and not heard.of.get(face.key, NOTHING).no_face]
    there += [face for key, said in heard.unfound.items() if said.person and (face := _stand_in(key, known))]
    said = {**heard.unfound, **heard.of}
    placed = _Places({one.id for one in persons})
    for face in sorted(there, key=lambda face: face.key):
        placed.rule(face, said.get(face.key, NOTHING))
    placed.follow(there, groups, said)
    rows = {one.id: one for one in persons}
    found = [_somebody(rows.get(id), id, faces, known, id in placed.nobodies) for id, faces in placed.ruled.items()]
    found += [_somebody(row, row.id, [], known, False) for row in persons if row.id not in placed.ruled]
    found += [_somebody(None, "", faces, known, False) for faces in placed.others]
    return sorted(found, key=lambda one: (-one.photos, one.id))


class _Places:
    """Where each face belongs, as it is decided."""

    def __init__(self, persons: set[str]) -> None:
        self.ruled: dict[str, list[Face]] = {}  # by person, or by the name of a group of nobody's
        self.others: list[list[Face]] = []
        self.nobodies: set[str] = set()
        self._persons = persons
        self._apart: dict[str, Apart] = {}
        self._of: dict[str, str] = {}

    def rule(self, face: Face, said: Said) -> None:
        """Put a face where it was said to belong."""
        if said.person and (said.nobody or said.person in self._persons):
            if said.nobody:
                self.nobodies.add(said.person)
            self._put(face, said, said.person)

    def follow(self, faces: Sequence[Face], groups: Mapping[str, str], said: Mapping[str, Said]) -> None:
        """Put every other face to the person who has most of its group; those that cannot be together stay apart."""
        by_group: dict[str, list[Face]] = {}
        for face in faces:
            by_group.setdefault(groups.get(face.key, face.key), []).append(face)
        for _, group in sorted(by_group.items()):
            votes = Counter(self._of[face.key] for face in group if face.key in self._of)
            whose = min(votes, key=lambda id: (-votes[id], id), default="")
            left = sorted((face for face in group if face.key not in self._of), key=_worth)
            if whose:
                left = [face for face in left if not self._joins(face, said.get(face.key, NOTHING), whose)]
            while left:
                left = self._alone(left, said)

    def _put(self, face: Face, said: Said, where: str) -> None:
        one = Apart.of(face, said)
        one.person = where
        if where in self._apart:
            self._apart[where].take(one)
        else:
            self._apart[where] = one
        self.ruled.setdefault(where, []).append(face)
        self._of[face.key] = where

    def _joins(self, face: Face, said: Said, where: str) -> bool:
        if where in said.nots or self._apart[where].together(Apart.of(face, said)):
            return False
        self._put(face, said, where)
        return True

    def _alone(self, faces: list[Face], said: Mapping[str, Said]) -> list[Face]:
        """Make somebody new of those that can be together; returns the others."""
        its, left = [faces[0]], []
        apart = Apart.of(faces[0], said.get(faces[0].key, NOTHING))
        for face in faces[1:]:
            one = Apart.of(face, said.get(face.key, NOTHING))
            if apart.together(one):
                left.append(face)
            else:
                apart.take(one)
                its.append(face)
        self.others.append(its)
        return left


def _somebody(row: Person | None, id: str, faces: Sequence[Face], known: Known, nobody: bool) -> Somebody:
    ordered = tuple(sorted(faces, key=lambda face: (known.days.get(face.digest) or date.max, face.key)))
    return Somebody(row or Person(id or _id_of(ordered[0])), row is not None, nobody, ordered, known)


def _id_of(face: Face) -> str:
    """The id of somebody of whom nothing was said; longer than those of persons, so that they are never confused."""
    return blake2s(face.key.encode(), digest_size=6).hexdigest()


def _stand_in(key: str, known: Known) -> Face | None:
    """A face that people pointed at and no detector finds; None if its photo is not shown."""
    digest, box = place_of(key)
    return Face(digest, box, (), 0.0, 0.0, clear=False) if digest in known.days else None


def _worth(face: Face) -> tuple[bool, float, str]:
    """Clear faces first, then those of which the detector is surest."""
    return not face.clear, -face.score, face.key


def _looks(face: Face) -> tuple[bool, bool, float, str]:
    """How well a face stands for a person."""
    open_eyes = face.eyes is None or face.eyes > SHUT
    return face.clear, open_eyes, min(face.size, SHARP_FROM) * face.score, face.key
