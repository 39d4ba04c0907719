"""The frames that tell a film, in one pass: candidates, their scores, and the best of each shot.

Runs in a worker. Candidates are kept as pictures until their shot is closed, so memory does not grow with the film.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from unipic.core.errors import ModelError
from unipic.core.settings import FilmLimits
from unipic.video._signals import HEIGHT, RATE, WIDTH, shifted
from unipic.video.candidates import (
    CLEAR,
    PACE,
    WARM_UP,
    WORKING,
    Candidate,
    Candidates,
    Format,
    candidate,
    pixels_of,
    sharpness,
)
from unipic.video.decode import Decoded, Decoder
from unipic.video.detectors import Cut, detector
from unipic.video.shots import TOO_SHORT, Cutter, Shot
from unipic.vision.faces import FaceFinder
from unipic.vision.registry import open_faces

VERSION = 2  # raised when another frame is chosen, or its score changes
OTHER_VIEW = 12.0  # grey levels between frames that may show another view; below, nobody is asked
VIEWS = 4  # other frames of a shot that may show another view: five pictures are the most one has
MOTION, MOTION_WEIGHT, EXPOSURE_WEIGHT = 12.0, 0.5, 0.3  # VIDEO: grey levels that count as 1; weights beside sharpness
FACE_WEIGHT, FACE_WIDE = 0.3, 0.2  # a face is worth what good light is, in full from this share of the width on
FACES_OF = 4  # candidates of a shot that are looked at for faces
FACE_SIDE = 320  # pixels: the long side for that. A face that is worth anything is large
EASED = 0.25  # of a half of a transition: its end is seen so much too early at most
LOOKED_UP = 6  # frames that are decoded once more for a shot without a candidate
TOLD = 100  # pictures between two words of how far it is


@dataclass(frozen=True)
class Asked:
    """What is wanted of a film."""

    path: str
    fps: float = 0.0  # on average, 0 if unknown
    detector: str = "two-signal"
    every: float = 0.0  # seconds: a picture of each such piece instead of each shot
    fast: bool = False  # only frames that need no other: no exact cuts
    limit: float = float("inf")  # seconds of the film that are looked at
    pictures: bool = True  # False: only shots
    format: Format = "jpg"
    start: float = 0.0  # seconds: everything before is known already
    number: int = 1  # of the first shot
    kind_in: str = "start"  # how that shot begins
    clear_from: float = 0.0
    limits: FilmLimits = field(default_factory=FilmLimits)


@dataclass(frozen=True, eq=False)
class Pick:
    """A candidate that was chosen. The first of a shot stands for it; the others may show another view."""

    candidate: Candidate
    score: float  # within its shot


@dataclass(frozen=True, eq=False)
class Closed:
    """A shot with its picks, best first; none where all of it is technical or it is too short."""

    shot: Shot
    picks: tuple[Pick, ...] = ()


@dataclass(frozen=True)
class Along:
    """How far the pass is."""

    frames: int
    seconds: float


@dataclass(frozen=True)
class Ended:
    """The pass is over."""

    frames: int
    seconds: float
    damaged: int  # packets that could not be decoded
    stopped: str  # why it ended before the film did, "" if it did not


Told = Closed | Along | Ended


def look(asked: Asked) -> Iterator[Told]:
    """Closed shots in their order, then Ended; Along in between. NotAFilm, OSError."""
    run = _Pass(asked)
    yield from run.told()


def scores(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    """[N] sharp, still and lit, among these candidates alone: sharpness is not comparable between scenes."""
    sharp = np.array([one.sharpness for one in candidates])
    motion = np.array([min(1.0, one.motion / MOTION) for one in candidates])
    lit = np.array([one.exposure for one in candidates])
    faces = np.array([one.faces for one in candidates])
    return sharp / max(float(sharp.max()), 1e-9) - MOTION_WEIGHT * motion + EXPOSURE_WEIGHT * lit + FACE_WEIGHT * faces


class _Pass:
    """One pass over a film."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        begin = asked.start - 0.001 if asked.fast else asked.start - WARM_UP
        every = 1.0 if asked.fast else 0.0
        self._decoder = Decoder(asked.path, max(0.0, begin), every, asked.fast, asked.limits)
        self._cutter = Cutter(asked.number, asked.start, asked.clear_from, asked.kind_in)
        self._tick = 1 / (asked.fps or RATE)
        self._candidates = Candidates(asked.format, self._tick, asked.start, asked.fast)

    def told(self) -> Iterator[Told]:
        asked, frames, seconds = self._asked, 0, self._asked.start
        finder = _Pieces(asked) if asked.every or asked.fast else detector(asked.detector, asked.fps)
        for picture in self._decoder:
            if picture.seconds >= asked.limit:
                break
            frames, seconds = frames + 1, picture.seconds
            small = picture.planes(WIDTH, HEIGHT)
            if asked.pictures:
                self._candidates.see(picture, small, finder.decided)
            for shot in self._cutter.cut(finder.see(picture, small)):
                yield self._closed(shot)
            if frames % TOLD == 0:
                yield Along(frames, seconds)
        end = seconds + self._tick if frames else seconds
        for shot in self._cutter.cut(finder.end()):
            yield self._closed(shot)
        if frames:
            yield self._closed(self._cutter.end(end))
        yield Ended(frames, end, self._decoder.damaged, self._decoder.stopped)

    def _closed(self, shot: Shot) -> Closed:
        if not self._asked.pictures:
            return Closed(shot)
        first, last = self._clear(shot)
        mine = self._candidates.of(shot.start, shot.end)
        sharp = self._candidates.sharp(first, last)
        short = shot.seconds < TOO_SHORT and not self._asked.fast
        clear = [one for one in mine if first - 1e-6 <= one.seconds <= last + 1e-6]
        mine = clear or ([] if short else self._looked_up(first, last)) or mine
        kinds = [one.technical for one in mine]
        if mine and all(kinds):
            shot = replace(shot, technical=max(set(kinds), key=kinds.count))
        elif short:
            return Closed(shot)
        else:
            mine = [one for one in mine if not one.technical]
        return Closed(shot, chosen(self._with_faces(mine), shot, sharp))

    def _with_faces(self, candidates: list[Candidate]) -> list[Candidate]:
        """The best few are looked at for faces; the others would have to gain more than a face is worth."""
        if len(candidates) < 2 or self._faces is None:
            return candidates
        by_score = scores(candidates)
        best = [at for at in np.argsort(-by_score, kind="stable") if by_score[at] >= by_score.max() - FACE_WEIGHT]
        found = {at: _largest_face(self._faces, candidates[at]) for at in best[:FACES_OF]}
        return [replace(one, faces=found.get(at, 0.0)) for at, one in enumerate(candidates)]

    @cached_property
    def _faces(self) -> FaceFinder | None:
        """None where OpenCV is without its face detector."""
        with suppress(ModelError):
            return open_faces()
        return None

    def _clear(self, shot: Shot) -> tuple[float, float]:
        """The seconds between which a shot is clear of cuts, and of transitions, whose ends are hard to see."""
        if self._asked.fast:
            return shot.clear_from, shot.clear_to
        into, out = (EASED * max(0.0, part) for part in (shot.clear_from - shot.start, shot.end - shot.clear_to))
        begun = 0.0 if shot.kind_in == "start" else CLEAR + into
        return shot.clear_from + begun, shot.clear_to - CLEAR - out

    def _looked_up(self, first: float, last: float) -> list[Candidate]:
        """The sharpest of the first frames between two seconds, or one halfway, decoded once more."""
        begin = first if first <= last else (first + last) / 2
        shown = list(islice(Decoder(self._asked.path, begin, limits=self._asked.limits), LOOKED_UP))
        some = [one for one in shown if one.seconds <= last + 1e-6] or shown[:1]
        made = [(sharpness(one.light(WORKING)), one) for one in some]
        return [
            candidate(one, one.planes(WIDTH, HEIGHT), self._asked.format, sharp=sharp)
            for sharp, one in sorted(made, key=lambda its: (-its[0], its[1].seconds))[:1]
        ]


class _Pieces:
    """A piece of film of `every` seconds, or each frame that came, in place of a shot."""

    def __init__(self, asked: Asked) -> None:
        self._every = 0.0 if asked.fast and not asked.every else asked.every
        self._next = asked.start + self._every
        self._last = 0.0

    @property
    def decided(self) -> float:
        return self._last

    def see(self, picture: Decoded, small: NDArray[np.uint8]) -> list[Cut]:
        self._last = picture.seconds
        if picture.seconds < self._next - 1e-6 or picture.number == 0:
            return []
        self._next = self._next + self._every if self._every else picture.seconds
        return [Cut(picture.seconds, picture.seconds, picture.seconds - 1e-6, "cut")]

    def end(self) -> list[Cut]:
        return []


def chosen(candidates: Sequence[Candidate], shot: Shot, least: float = 0.0) -> tuple[Pick, ...]:
    """The best candidate, then those that may show another view, best first. Ties: nearer the middle of the shot.

    `least`: the sharpness that the best one has at least, if any has.
    """
    if not candidates:
        return ()
    by_score, middle = scores(candidates), (shot.start + shot.end) / 2
    order = sorted(
        range(len(candidates)),
        key=lambda at: (-round(float(by_score[at]), 6), abs(candidates[at].seconds - middle), at),
    )
    first = next((at for at in order if candidates[at].sharpness >= least), order[0])
    picks: list[Pick] = []
    for at in (first, *(at for at in order if at != first)):
        one = candidates[at]
        if len(picks) <= VIEWS and all(_other_view(one, pick.candidate) for pick in picks):
            picks.append(Pick(one, float(by_score[at])))
    return tuple(picks)


def _other_view(a: Candidate, b: Candidate) -> bool:
    apart = abs(a.seconds - b.seconds) >= PACE - 1e-6
    return apart and float(shifted(a.small[None], b.small[None])[0]) >= OTHER_VIEW


def _largest_face(finder: FaceFinder, frame: Candidate) -> float:
    """How large the largest face is that lies whole in a frame: 1 from FACE_WIDE on, 0 where there is none."""
    side = max(frame.width, frame.height)
    shown = pixels_of(frame.coded, smaller=next(by for by in (8, 4, 2, 1) if by == 1 or side >= by * FACE_SIDE))
    size = min(1.0, FACE_SIDE / max(shown.shape[:2]))
    shown = np.asarray(cv2.resize(shown, None, fx=size, fy=size, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = shown.shape[:2]
    whole = [
        (right - left) / width
        for left, top, right, bottom in (face.box for face in finder.faces(shown, close=False))
        if left >= 0 and top >= 0 and right <= width and bottom <= height
    ]
    return min(1.0, max(whole, default=0.0) / FACE_WIDE)
