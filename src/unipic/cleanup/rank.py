"""Rank the shots of a cluster, with a reason in one line and a calibrated certainty.

Ranking is relative: in each criterion a shot is compared with the best of its group, in units of a difference that any
two frames of a moment show. Sharpness alone never decides: people choose by composition and exposure first, and grain
looks sharp to a machine.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from unipic.cleanup.criteria import BY_NAME, MEASURED, WEIGHTS, Criterion, Weights
from unipic.cleanup.faces import Names, Row, columns as eyes_and_smiles, people_in, why
from unipic.cleanup.keeper import keeper_first, rated
from unipic.cleanup.likeness import Likeness
from unipic.cleanup.result import CLEAR, Cluster
from unipic.core.face import Face
from unipic.core.language import kept
from unipic.core.photo import Measures, Photo
from unipic.core.progress import Progress, Step, silent
from unipic.library.index import NO_INDEX, Index
from unipic.library.thumbnails import Thumbnails
from unipic.vision.base import Scorer

STAGE = kept("Choosing the best shots")
BATCH_PHOTOS = 64  # thumbnails in memory: 64 are 80 MB
LOOK_EQUAL = "look equally good"  # how the reason ends if no criterion separates the first two
IN_MANY_WAYS = kept("a little better in many ways")  # the reason if each criterion adds too little to be mentioned
TOLD = 0.05  # log-odds; a criterion that adds less is not mentioned

Scores = Mapping[str, Mapping[str, float]]  # a model's, by criterion and photo id; not every photo has one


@dataclass(frozen=True)
class Faces:
    """The faces in photos, by photo id, and what some people are called, by the key of a face."""

    found: Mapping[str, Sequence[Face]] = field(default_factory=dict)
    names: Names = field(default_factory=dict)


NO_FACES = Faces()
Column = Sequence[float | None] | np.ndarray  # one criterion's numbers for several photos


def features(
    photos: Sequence[Photo], columns: Mapping[str, Column] | None = None
) -> tuple[tuple[str, ...], np.ndarray]:
    """Names, and float64 [N, K]: how far each photo falls short of its group's best, 0 or less.

    About 0 within the noticeable difference, then -1 for each further one. A missing number counts as the mean of the
    others. Preferences are learned from the differences of two rows. `columns` are those of models, and must be in
    CRITERIA.
    """
    return shortfalls([photo.measures for photo in photos], columns)


def shortfalls(
    measures: Sequence[Measures], columns: Mapping[str, Column] | None = None
) -> tuple[tuple[str, ...], np.ndarray]:
    """Like features(), from measures alone."""
    numbers: dict[str, list[float | None]] = {c.name: [getattr(one, c.name) for one in measures] for c in MEASURED}
    for name, column in (columns or {}).items():
        numbers[name] = [None if number is None else float(number) for number in column]
    return tuple(numbers), np.stack([_short(BY_NAME[name], column) for name, column in numbers.items()], axis=1)


def prompt_score(
    photos: Sequence[Photo],
    scorer: Scorer,
    thumbnails: Thumbnails,
    prompt: str,
    progress: Progress = silent,
    index: Index = NO_INDEX,
) -> Scores:
    """A model's scores of each photo by criterion. Each picture is scored once, and few are in memory at a time."""
    key = f"{scorer.key}: {prompt}"
    known = index.scores(photos, key)
    new = list({photo.digest: photo for photo in photos if photo.digest not in known}.values())
    for start in range(0, len(new), BATCH_PHOTOS):
        progress(Step(STAGE, len(known), len(photos), "photo"))
        some = new[start : start + BATCH_PHOTOS]
        told = scorer.score([thumbnails.load(photo.digest) for photo in some], prompt).tolist()
        for photo, score in zip(some, told, strict=True):
            known[photo.digest] = score
            index.keep_score(photo, score, key)
    return {name: {photo.id: known[photo.digest][i] for photo in photos} for i, name in enumerate(scorer.names)}


def rank(
    groups: Sequence[Sequence[Photo]],
    likeness: Likeness,
    copies: Mapping[str, tuple[Photo, ...]],
    scores: Scores | None = None,
    weights: Weights = WEIGHTS,
    faces: Faces = NO_FACES,
) -> list[Cluster]:
    """One Cluster per group. `copies`: those of each member, by photo id; they are set aside with it."""
    clusters = []
    for group in groups:
        columns: dict[str, list[float | None]]
        columns = {name: [told.get(photo.id) for photo in group] for name, told in (scores or {}).items()}
        people = people_in(group, faces.found, likeness)
        columns |= eyes_and_smiles(people)
        known = {name: column for name, column in columns.items() if any(number is not None for number in column)}
        cluster = _cluster(group, known, likeness, copies, weights)
        clusters.append(_with_people(cluster, group, people, faces.names))
    return clusters


def _with_people(cluster: Cluster, group: Sequence[Photo], people: Sequence[Row], names: Names) -> Cluster:
    """The cluster with the faces in it, and the reason in words about them if the best shot leads by its eyes."""
    place = {photo.id: i for i, photo in enumerate(group)}
    order = [place[photo.id] for photo in cluster.photos]
    eyes = BY_NAME["eyes"].ahead.split("{")[0]
    reason = cluster.reason
    if reason.startswith(eyes) and (words := why(people, order, names)):
        reason = ", ".join([words, *reason.split(", ")[1:]])
    return replace(cluster, reason=reason, people=tuple(tuple(row[i] for i in order) for row in people))


def stars(photo: Photo, copies: Sequence[Photo] = ()) -> int:
    """A person's rating in the file, or the highest in a copy if the file has none: 5 to 0, or -1 for rejected."""
    return photo.rating or max((copy.rating or 0 for copy in copies), default=0)


def _cluster(
    group: Sequence[Photo],
    columns: Mapping[str, Sequence[float | None]],
    likeness: Likeness,
    copies: Mapping[str, tuple[Photo, ...]],
    weights: Weights,
) -> Cluster:
    names, table = features(group, columns)
    counted = table * [weights.get(name, 0.0) for name in names]
    scores = counted.sum(axis=1).tolist()
    rated = [stars(photo, copies.get(photo.id, ())) for photo in group]
    order = sorted(range(len(group)), key=lambda i: (-rated[i], -scores[i], keeper_first(group[i])))
    first, second = order[0], order[1]
    if rated[first] != rated[second]:
        certainty, reason = 1.0, _rating_reason(group[first], rated[first])
    else:
        certainty = 1 / (1 + math.exp(scores[second] - scores[first]))
        numbers = {name: (column[first], column[second]) for name, column in columns.items()}
        ahead = dict(zip(names, (counted[first] - counted[second]).tolist(), strict=True))
        reason = _words(group[first].measures, group[second].measures, numbers, ahead)
        if certainty >= CLEAR:
            reason = reason or IN_MANY_WAYS
        else:
            level = [scores[i] for i in order if rated[i] == rated[first]]
            reason = kept("too close to call; {reason}", reason=_tie(level, len(group), reason))
    photos = tuple(group[i] for i in order)
    alike = (100.0, *(_likeness(photo, photos[0], likeness, copies) for photo in photos[1:]))
    told = tuple((name, tuple(column[i] for i in order)) for name, column in columns.items())
    return Cluster(photos, tuple(scores[i] for i in order), alike, reason, certainty, told)


def _short(criterion: Criterion, numbers: Sequence[float | None]) -> np.ndarray:
    """float64 [N]: 0 for the best, then a pseudo-Huber of noticeable differences, so tiny ones do not add up."""
    known = [criterion.good(number) for number in numbers if number is not None]
    if not known:
        return np.zeros(len(numbers))
    mean = math.fsum(known) / len(known)  # the same in any order
    good = np.array([mean if number is None else criterion.good(number) for number in numbers])
    return 1 - np.sqrt(1 + ((good.max() - good) / criterion.noticeable) ** 2)


def _words(
    best: Measures,
    other: Measures,
    columns: Mapping[str, tuple[float | None, float | None]],
    ahead: Mapping[str, float],
) -> str:
    """In which criteria, at most two, the best shot is ahead of the next one, with both numbers."""
    words = []
    for name in sorted(ahead, key=lambda name: -ahead[name]):
        criterion = BY_NAME[name]
        a, b = columns.get(name) or (getattr(best, name), getattr(other, name))
        if ahead[name] < TOLD or a is None or b is None:
            continue
        mine, its = (criterion.say(number) for number in (a, b))
        words += [kept(criterion.ahead, best=mine, other=its)] if mine != its else []
    return ", ".join(words[:2])


def _tie(scores: Sequence[float], shots: int, reason: str) -> str:
    """How many shots the ranking cannot tell apart, if others are plainly behind, and in what the first one leads."""
    tied = sum(1 / (1 + math.exp(score - scores[0])) < CLEAR for score in scores)
    if tied == shots:
        return reason or kept("these look equally good")
    if not reason:
        return kept("{number} of {shots} look equally good", number=tied, shots=shots)
    return kept("{number} of {shots} are about equal, {reason}", number=tied, shots=shots, reason=reason)


def _rating_reason(best: Photo, rating: int) -> str:
    if rating <= 0:
        return kept("the others are rejected in their files")
    words = rated(rating)
    return (
        kept("{rated} in the file", rated=words) if best.rating else kept("{rated} in the file of a copy", rated=words)
    )


def _likeness(photo: Photo, best: Photo, likeness: Likeness, copies: Mapping[str, tuple[Photo, ...]]) -> float:
    """The lowest similarity of the photo and its copies to the best. Identical copies are not compared again."""
    alike = [p for p in copies.get(photo.id, ()) if p in likeness]
    return min(likeness.similar(p, best) for p in (photo, *alike))
