"""What people said of faces, and which face each ruling is about: by the photo's content and the place in it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from unipic.core.face import Box, Face, overlap, place_of
from unipic.library.persons import FaceRuling
from unipic.people.limits import DLIB

SAME_FACE = 0.5  # of the area of two boxes, shared: more, and they are boxes of one face


@dataclass(frozen=True)
class Said:
    """What holds of one face: the newest ruling of each kind."""

    person: str = ""  # whose face it is, or the name of a group of nobody's
    nots: frozenset[str] = frozenset()  # persons whose it is not
    nobody: bool = False  # of somebody who is of no interest
    no_face: bool = False
    twice: bool = False  # its person may be in the photo a second time: in a mirror, a collage

    def after(self, ruling: FaceRuling) -> "Said":
        """What holds once this was said too."""
        match ruling.says:
            case "is" | "nobody":
                nots = self.nots - {ruling.person}
                return Said(ruling.person, nots, ruling.says == "nobody", False, self.twice)
            case "is not":
                own = self.person == ruling.person
                person, nobody = ("", False) if own else (self.person, self.nobody)
                return replace(self, person=person, nobody=nobody, nots=self.nots | {ruling.person})
            case "no face":
                return Said(no_face=True)
            case "twice":
                return replace(self, twice=True)


NOTHING = Said()


@dataclass(frozen=True)
class Heard:
    """All that was said, by the keys of faces."""

    of: Mapping[str, Said] = field(default_factory=dict)
    unfound: Mapping[str, Said] = field(default_factory=dict)  # of faces that no detector finds


class Finder:
    """The faces that a ruling's key is about, in the photo and in its copies."""

    def __init__(self, faces: Iterable[Face], same: Mapping[str, str]) -> None:
        """`same`: a photo's digest to one name for all its copies."""
        self._same = same
        self._in = defaultdict[str, list[Face]](list)
        self._copies = defaultdict[str, set[str]](set)
        for face in faces:
            self._in[face.digest].append(face)
            self._copies[same.get(face.digest, face.digest)].add(face.digest)
        self._known: dict[str, list[str]] = {}

    def hear(self, rulings: Iterable[FaceRuling]) -> Heard:
        """What holds of each face. `rulings`: the oldest first."""
        of, unfound = dict[str, Said](), dict[str, Said]()
        for ruling in rulings:
            found = self.faces(ruling.face)
            for key in found:
                of[key] = of.get(key, NOTHING).after(ruling)
            if not found:
                unfound[ruling.face] = unfound.get(ruling.face, NOTHING).after(ruling)
        return Heard(of, unfound)

    def faces(self, key: str) -> list[str]:
        """The keys of these faces."""
        if key not in self._known:
            self._known[key] = list(self._find(key))
        return self._known[key]

    def _find(self, key: str) -> Iterator[str]:
        digest, box = place_of(key)
        own = _at(box, self._in[digest]) if digest in self._in else None
        for copy in sorted(self._copies.get(self._same.get(digest, digest), ())):
            if copy == digest:
                found = own
            else:
                found = _at(box, self._in[copy]) or (_turned(own, self._in[copy]) if own else None)
            if found:
                yield found.key


def _at(box: Box, faces: Sequence[Face]) -> Face | None:
    """The face at a box; None if there is none."""
    best = max(faces, key=lambda face: (overlap(box, face.box), face.key), default=None)
    return best if best and overlap(box, best.box) > SAME_FACE else None


def _turned(face: Face, faces: Sequence[Face]) -> Face | None:
    """The same face in a copy that was turned or mirrored: at one of the other places, and as alike as one person's."""
    found = (_at(box, faces) for box in _turns(face.box))
    return next((one for one in found if one and _alike(one, face)), None)


def _alike(one: Face, other: Face) -> bool:
    if one.vector is None or other.vector is None:
        return False
    return float(np.dot(one.vector, other.vector)) >= DLIB.join


def _turns(box: Box) -> Iterator[Box]:
    left, top, right, bottom = box
    for a, b, c, d in ((left, top, right, bottom), (top, left, bottom, right)):
        for x in ((a, c), (1 - c, 1 - a)):
            for y in ((b, d), (1 - d, 1 - b)):
                yield x[0], y[0], x[1], y[1]
