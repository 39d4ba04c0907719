"""Faces that come to persons who are known: poor ones that cannot start a person, and new ones, against sums."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from unipic.core.face import Face
from unipic.library.vectors import DIGITS
from unipic.people.limits import LIKEST, FaceLimits
from unipic.people.linking import Apart, Era, link, no_era, vectors_of, whole_of
from unipic.people.rulings import NOTHING, Said

Groups = Mapping[str, Sequence[Face]]  # faces by the name of their group
CELLS = 1 << 23  # cosines at a time: 32 MB
# Months after birth at which a part of a life ends, and how many months such a part has: children change fast.
CHILDHOOD = ((72, 6), (144, 24))


def era_of(taken: date | None, born: date | None) -> int:
    """The part of a life that a day falls in: half a year, then two years of a child, and a year of anybody else.

    -1 for a face whose day is not known.
    """
    if taken is None:
        return -1
    if born is None or taken < born:
        return taken.year
    months = (taken.year - born.year) * 12 + taken.month - born.month - (taken.day < born.day)
    start = 0
    for end, length in CHILDHOOD:
        if months < end:
            return 10_000 + start + (months - start) // length
        start = end
    return taken.year


def attach(poor: Sequence[Face], groups: Groups, said: Mapping[str, Said], limits: FaceLimits) -> dict[str, str]:
    """Which poor faces join which group, by their keys: the group whose likest faces they are most alike.

    `groups`: of faces that are not poor. One face of a photo may join a group: of several the likest.
    """
    names = sorted(name for name, its in groups.items() if len(its) >= LIKEST or _person(its, said))
    if not (names and poor):
        return {}
    theirs = [face for name in names for face in groups[name]]
    starts = np.concatenate([[0], np.cumsum([len(groups[name]) for name in names])])
    apart = [_together(groups[name], said) for name in names]
    faces = sorted(poor, key=lambda face: face.key)
    found = []
    for face, scores in _scored(faces, vectors_of(theirs)):
        if best := _likest(scores, starts, limits):
            score, group = best
            if not apart[group].blocks(Apart.of(face, said.get(face.key, NOTHING))):
                found.append((-score, face.key, face, group))
    joined = dict[str, str]()
    for _, key, face, group in sorted(found, key=lambda one: one[:2]):
        its = Apart.of(face, said.get(key, NOTHING))
        if not apart[group].blocks(its):
            apart[group].take(its)
            joined[key] = names[group]
    return joined


def grow(
    new: Sequence[Face], groups: Groups, said: Mapping[str, Said], limits: FaceLimits, era: Era = no_era
) -> dict[str, str]:
    """The group of each new face, and of old ones that were alone and now are not, by their keys.

    A face joins the likest group if it is as alike as FaceLimits.join. The others are linked among themselves and with
    those that were alone. None of the faces is poor. New groups are named by their first key.
    """
    joined = _joined(new, list(_parts(groups, said, era)), said, limits, era)
    taken = set(joined.values())
    alone = [its[0] for name, its in groups.items() if len(its) == 1 and name not in taken and not _person(its, said)]
    rest = [*(face for face in new if face.key not in joined), *alone]
    for group in link(rest, said, limits, era):
        joined |= {face.key: group[0].key for face in group}
    return joined


@dataclass(frozen=True, eq=False)
class _Part:
    """The faces of a group, or of a part of a person's life."""

    group: str
    era: int | None  # None: of all times
    faces: Sequence[Face]


def _parts(groups: Groups, said: Mapping[str, Said], era: Era) -> Iterator[_Part]:
    lives: dict[str, dict[int, list[Face]]] = {}
    first: dict[str, str] = {}  # of a person's groups
    for name in sorted(groups):
        if person := _person(groups[name], said):
            first.setdefault(person, name)
            for face in groups[name]:
                lives.setdefault(person, {}).setdefault(era(face, person), []).append(face)
        else:
            yield _Part(name, None, groups[name])
    for person, life in lives.items():
        yield from (_Part(first[person], when, faces) for when, faces in life.items())


def _joined(
    new: Sequence[Face], parts: Sequence[_Part], said: Mapping[str, Said], limits: FaceLimits, era: Era
) -> dict[str, str]:
    """New faces that join a group by its sum, the likest first."""
    if not (new and parts):
        return {}
    apart: dict[str, Apart] = {}
    eras = defaultdict[str, list[int]](list)
    for part in parts:
        its = _together(part.faces, said)
        if part.group in apart:
            apart[part.group].take(its)
        else:
            apart[part.group] = its
        if part.era is not None:
            eras[part.group].append(part.era)
    likely = []
    means = np.stack([vectors_of(part.faces).mean(axis=0) for part in parts])
    for face, scores in _scored(sorted(new, key=lambda face: face.key), means):
        scores = _rounded(scores)
        for place in np.flatnonzero(scores >= limits.join).tolist():
            part = parts[place]
            if part.era is None or part.era == _nearest(era(face, apart[part.group].person), eras[part.group]):
                likely.append((-float(scores[place]), face.key, part.group, face))
    joined = dict[str, str]()
    for _, key, group, face in sorted(likely, key=lambda one: one[:3]):
        single = Apart.of(face, said.get(key, NOTHING))
        if key not in joined and not apart[group].blocks(single):
            apart[group].take(single)
            joined[key] = group
    return joined


def _nearest(era: int, eras: Sequence[int]) -> int:
    return min(eras, key=lambda one: (abs(one - era), one))


def _scored(faces: Sequence[Face], others: np.ndarray) -> Iterator[tuple[Face, np.ndarray]]:
    """Each face with its cosines, float32 [M], to the others, float32 [M, D]."""
    block = max(1, CELLS // len(others))
    for start in range(0, len(faces), block):
        some = faces[start : start + block]
        yield from zip(some, vectors_of(some) @ others.T, strict=True)


def _rounded(scores: np.ndarray) -> np.ndarray:
    """float64 of DIGITS digits, in which cosines are compared."""
    return np.round(scores.astype(np.float64), DIGITS)


def _likest(scores: np.ndarray, starts: np.ndarray, limits: FaceLimits) -> tuple[float, int] | None:
    """The mean of the likest faces of the best group, and its number; None if it is not good enough or not ahead.

    `starts`: int64 [G + 1], where the scores of each group begin, and the end.
    """
    rival = limits.attach - limits.lead  # a group whose likest face is less alike is no rival of one that is attached
    groups = np.flatnonzero(_rounded(np.maximum.reduceat(scores, starts[:-1])) >= rival)
    means = sorted((-_mean_of_likest(scores[starts[one] : starts[one + 1]]), one) for one in groups.tolist())
    if not means or -means[0][0] < limits.attach:
        return None
    ahead = len(means) == 1 or means[1][0] - means[0][0] >= limits.lead
    return (-means[0][0], means[0][1]) if ahead else None


def _mean_of_likest(scores: np.ndarray) -> float:
    return round(float(_rounded(np.sort(scores)[-LIKEST:]).mean()), DIGITS)


def _together(faces: Sequence[Face], said: Mapping[str, Said]) -> Apart:
    return whole_of([(face, said.get(face.key, NOTHING)) for face in faces])


def _person(faces: Sequence[Face], said: Mapping[str, Said]) -> str:
    """Whom people said these faces are of; "" if they said nothing."""
    return next((its.person for face in faces if (its := said.get(face.key, NOTHING)).person), "")
