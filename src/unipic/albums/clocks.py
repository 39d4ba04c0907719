"""Cameras whose clocks disagree, by scenes that two of them took at the same time. It proposes, and changes nothing."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from unipic.albums.sessions import Rules, Session, sessions
from unipic.albums.shots import Dated
from unipic.vision.base import Calibration

Vectors = Callable[[Iterable[str]], Mapping[str, np.ndarray]]  # by digest, of those that have one
FURTHEST_S = 26 * 3600.0  # seconds; a wrong half of the day, and the widest zones
LEAST_S = 120.0  # a smaller difference changes no event
TOGETHER_S = 60.0  # two people photograph one scene within a minute
SCENE_S = 300.0  # photos of one camera so far apart show different scenes
SCENES = 3  # that agree, at least: one place photographed by two people at different times tells nothing
SHARE = 0.7  # of the matches that agree
SURE = log(9)  # log-odds that two photos show one scene: 9 in 10


@dataclass(frozen=True)
class Offset:
    """A camera's clock seems to be ahead of another's, for some photos."""

    camera: str
    other: str
    seconds: float  # by which it is ahead; negative: behind
    digests: tuple[str, ...]  # the photos of the camera, in order
    scenes: int  # which both took


def offsets_of(
    dated: Sequence[Dated], vectors: Vectors, calibration: Calibration, settled: frozenset[str]
) -> list[Offset]:
    """Proposals, most photos first. `settled`: digests whose clock a person judged; nothing is proposed for them.

    The clock that is believed is that of the camera which writes its offset from UTC, as telephones do, then of the
    one with more photos.
    """
    cameras: dict[str, Session] = defaultdict(list)
    for one in dated:
        if one.shot.camera:
            cameras[one.shot.camera].append(one)
    trusted = {
        name: (any(one.shot.taken and one.shot.taken.tzinfo for one in some), len(some), name)
        for name, some in cameras.items()
    }
    found = []
    for camera, taken in cameras.items():
        others = [name for name in cameras if trusted[name] > trusted[camera]]
        outings = sessions([one for one in taken if one.shot.digest not in settled], Rules()) if others else []
        for outing in outings:
            best = max(
                _against(outing, cameras, others, vectors, calibration), key=lambda one: one.scenes, default=None
            )
            if best:
                found.append(best)
    return sorted(_joined(found), key=lambda one: (-len(one.digests), one.digests))


def _against(
    outing: Session, cameras: Mapping[str, Session], others: Iterable[str], vectors: Vectors, calibration: Calibration
) -> Iterator[Offset]:
    """What each of the other cameras says of this one's clock."""
    for other in others:
        times = [one.at for one in cameras[other]]
        near = slice(bisect_left(times, outing[0].at - FURTHEST_S), bisect_right(times, outing[-1].at + FURTHEST_S))
        matched = _matches(outing, cameras[other][near], vectors, calibration)
        if not matched:
            continue
        ahead = np.array([mine.at - theirs.at for mine, theirs in matched])
        agree = np.abs(ahead[:, None] - ahead[None]) <= TOGETHER_S
        most = agree[agree.sum(axis=1).argmax()]
        seconds = float(np.median(ahead[most]))
        scenes = len(_scenes([mine.at for (mine, _), yes in zip(matched, most, strict=True) if yes]))
        if scenes >= SCENES and most.mean() >= SHARE and abs(seconds) >= LEAST_S:
            digests = tuple(one.shot.digest for one in outing)
            yield Offset(outing[0].shot.camera, other, round(seconds), digests, scenes)


def _matches(
    mine: Session, theirs: Sequence[Dated], vectors: Vectors, calibration: Calibration
) -> list[tuple[Dated, Dated]]:
    """Each photo with the likest of the other camera, where both surely show one scene."""
    if not theirs:
        return []
    known = vectors(one.shot.digest for one in (*mine, *theirs))
    ours, others = ([one for one in some if one.shot.digest in known] for some in (mine, theirs))
    if not (ours and others):
        return []
    first, second = (np.stack([known[one.shot.digest] for one in some]).astype(np.float32) for some in (ours, others))
    cosines = first @ second.T
    likest = cosines.argmax(axis=1)
    sure = cosines[np.arange(len(ours)), likest] >= calibration.cosine(SURE)
    return [(ours[at], others[likest[at]]) for at in np.flatnonzero(sure).tolist()]


def _scenes(times: Iterable[float]) -> list[float]:
    """The first time of each scene."""
    found: list[float] = []
    last = -np.inf
    for at in sorted(times):
        if at - last > SCENE_S:
            found.append(at)
        last = at
    return found


def _joined(offsets: Sequence[Offset]) -> Iterator[Offset]:
    """Outings of one camera with the same difference as one proposal."""
    groups: list[list[Offset]] = []
    for one in sorted(offsets, key=lambda one: (one.camera, one.other, one.seconds, one.digests)):
        last = groups[-1][-1] if groups else None
        same = last and (last.camera, last.other) == (one.camera, one.other)
        if same and last and abs(last.seconds - one.seconds) <= TOGETHER_S:
            groups[-1].append(one)
        else:
            groups.append([one])
    for some in groups:
        digests = tuple(digest for one in some for digest in one.digests)
        middle = some[len(some) // 2]
        yield Offset(middle.camera, middle.other, middle.seconds, digests, sum(one.scenes for one in some))
