"""Faces in the shots of one moment: whose eyes are open where, and which shots are needed so that nobody is lost.

Nothing here knows who anybody is: a person is a row of faces that are in the same place from shot to shot.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from unipic.cleanup._matching import match
from unipic.cleanup.likeness import Likeness
from unipic.core.face import SURE, Face
from unipic.core.language import kept
from unipic.core.photo import Photo

Row = tuple[Face | None, ...]  # of one person: the face in each shot, None where there is none
Names = Mapping[str, str]  # what people are called, by the key of a face

# Why a shot stays besides those that are proposed.
LOST = kept("somebody is in no other shot that is kept")
ASLEEP = kept("somebody's eyes are open here, and not in the shots that are kept")
KEY_SIZE = 40.0  # pixels of the original: smaller faces are nobody's portrait
KEY_SHARE = 1 / 3  # of the widest face in the same shot: smaller ones stand in the background
KEY_SCORE = 0.85  # of the detector: below it are dolls, statues and backs of heads
BLURRED = 0.6  # of the detail of the same face in another shot: with less, nothing is said of its eyes and smile
NARROWED = -0.3  # log-odds: of 68 faces with open eyes, held out from teaching, one had less; of 140 shut ones 95 %
MOST = 2.0  # log-odds: how much more sure the networks are says more about the light than about the face


def people_in(photos: Sequence[Photo], faces: Mapping[str, Sequence[Face]], likeness: Likeness) -> tuple[Row, ...]:
    """A row for each person who is large enough to count, in the order of the photos; none if one was not looked at."""
    if not all(photo.id in faces for photo in photos):
        return ()
    rows = map(_told_by_the_others, match(photos, faces, likeness))
    widest = {photo.id: max((face.size for face in faces[photo.id]), default=0.0) for photo in photos}

    def counts(face: Face | None, photo: Photo) -> bool:
        return bool(face and face.size >= max(KEY_SIZE, KEY_SHARE * widest[photo.id]) and face.score >= KEY_SCORE)

    keys = [row for row in rows if any(map(counts, row, photos))]
    return tuple(sorted(keys, key=lambda row: next(face.box for face in row if face)))  # from the left


def _told_by_the_others(row: Row) -> Row:
    """The person's faces, each beside the same one in the other shots.

    Blur hides lids: a blurred shot must not win by eyes that cannot be seen. Rather shut is shut where this person's
    eyes are surely open in another shot.
    """
    least = BLURRED * max(face.detail for face in row if face)
    awake = any(face.eyes is not None and face.eyes > SURE for face in row if face)

    def told(face: Face | None) -> Face | None:
        if face and face.detail < least:
            return replace(face, eyes=None, smile=None)
        return replace(face, eyes=face.lids) if face and awake and face.eyes is None and face.lids < NARROWED else face

    return tuple(map(told, row))


def columns(people: Sequence[Row]) -> dict[str, list[float | None]]:
    """What shots are ranked by: `eyes`, the worst of all people in every shot, and `smile`, the mean of theirs.

    Eyes of which nobody can tell are no fault, nor are those that are shut in every shot: somebody sleeps.
    """
    shots = len(people[0]) if people else 0
    large = [[face for face in row if face and face.size >= KEY_SIZE] for row in people]
    whole = [row for row in large if len(row) == shots]
    awake = [[-MOST if shut(face) else MOST for face in row] for row in whole if _ever_open(row)]
    told = [[face.smile for face in row if face.smile is not None] for row in whole]
    smiles = [row for row in told if len(row) == shots]
    found: dict[str, list[float | None]] = {}
    if awake:
        found["eyes"] = [min(row[i] for row in awake) for i in range(shots)]
    if smiles:
        found["smile"] = np.clip(smiles, -MOST, MOST).mean(axis=0).tolist()
    return found


def _ever_open(row: Sequence[Face]) -> bool:
    return any(face.eyes is not None and face.eyes > 0 for face in row)


def shut(face: Face | None) -> bool:
    """Whether the eyes are surely shut."""
    return face is not None and face.eyes is not None and face.eyes < 0


def why(people: Sequence[Row], order: Sequence[int], names: Names) -> str:
    """Why the first shot of the order is ahead by its eyes; "" if it is not.

    "Ben's eyes are shut in the other two", or without a name that everybody's eyes are open only here.
    """
    first, *others = order
    rows = [row for row in people if all(row) and _ever_open([face for face in row if face])]
    if not others or any(shut(row[first]) for row in rows):
        return ""
    sleepy = [row for row in rows if any(shut(row[i]) for i in others)]
    where = [i for i in others if any(shut(row[i]) for row in sleepy)]
    if not where:
        return ""
    named = {name for row in sleepy for face in row if face and (name := names.get(face.key))}
    place = _place(len(where), len(others))
    if len(sleepy) == 1 and len(named) == 1:
        return kept("{name}'s eyes are shut {place}", name=named.pop(), place=place)
    if len(rows) == 1:
        return kept("the eyes are open; {place} they are shut", place=place)
    return kept("everybody's eyes are open; {place} somebody's are shut", place=place)


def _place(some: int, others: int) -> str:
    if some != others:
        return kept("in {number} of the other {others}", number=some, others=others)
    words = (kept("one"), kept("two"), kept("three"), kept("four"), kept("five"), kept("six"))
    number = words[others - 1] if others <= len(words) else str(others)
    return kept("in the other {number}", number=number)


def needed(people: Sequence[Row], stay: Collection[int]) -> dict[int, str]:
    """Which shots must stay besides those that do, by their number, and why.

    So few that everybody is in a shot that stays, with eyes that are not shut if there is such a shot; and if a
    person's eyes are open in one shot only, that one. Earlier shots are better and are taken first.
    """
    wanted = [set(_wanted(row)) for row in people]
    missing = [index for index, shots in enumerate(wanted) if not shots & set(stay)]
    more: dict[int, str] = {}
    while missing:
        shots = sorted({shot for index in missing for shot in wanted[index]})
        best = max(shots, key=lambda shot: (sum(shot in wanted[index] for index in missing), -shot))
        here = [people[index] for index in missing if best in wanted[index]]
        lost = any(not any(row[i] for i in (*stay, *more)) for row in here)
        more[best] = LOST if lost else ASLEEP
        missing = [index for index in missing if best not in wanted[index]]
    return more


def _wanted(row: Row) -> list[int]:
    """The shots of which one must stay for a person."""
    there = [i for i, face in enumerate(row) if face]
    surely = [i for i in there if (face := row[i]) and face.eyes is not None and face.eyes > 0]
    if len(surely) == 1:
        return surely
    return [i for i in there if not shut(row[i])] or there
