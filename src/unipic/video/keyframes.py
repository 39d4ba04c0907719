"""The frames that tell a film, in one pass: candidates, their scores, and the best of each shot.

Runs in a worker. Candidates are kept as pictures until their shot is closed, so memory does not grow with the film.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from unipic.core.errors import ModelError
from unipic.video._signals import HEIGHT, RATE, REACH, STEP, WIDTH, plain, shifted
from unipic.video.decode import Decoded, Decoder
from unipic.video.detectors import Cut, Detector, detector
from unipic.video.film import FilmLimits
from unipic.video.shots import TOO_SHORT, Cutter, Shot
from unipic.video.technical import technical
from unipic.vision.faces import SIDE, FaceFinder
from unipic.vision.registry import open_faces

VERSION = 1  # raised when another frame is chosen, or its score changes
PACE = 0.5  # seconds between candidates
SETTLED, SLOWER = 12.0, 4  # seconds without a large step from frame to frame; then every fourth candidate will do
WARM_UP = SETTLED + REACH  # seconds: what a pass that goes on later must see to choose as if it had never stopped
AFTER_CUT = 0.14  # seconds from what may be a cut to a candidate, so that a shot of a moment has one
MOST = 24  # candidates of a shot that are kept
CLEAR = 3  # frames at 25 a second from a cut or a transition in which nothing is chosen
WORKING = 640  # pixels: the width at which sharpness is measured
QUALITY = 92  # of the JPEG that a candidate is kept as
OTHER_VIEW = 12.0  # grey levels between frames that may show another view; below, nobody is asked
VIEWS = 4  # other frames of a shot that may show another view: five pictures are the most one has
MOTION, MOTION_WEIGHT, EXPOSURE_WEIGHT = 12.0, 0.5, 0.3  # VIDEO: grey levels that count as 1; weights beside sharpness
FACE_WEIGHT, FACE_WIDE = 0.3, 0.2  # a face is worth what good light is, in full from this share of the width on
FACES_OF = 4  # candidates of a shot that are looked at for faces
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
    format: Literal["jpg", "png"] = "jpg"
    start: float = 0.0  # seconds: everything before is known already
    number: int = 1  # of the first shot
    kind_in: str = "start"  # how that shot begins
    clear_from: float = 0.0
    limits: FilmLimits = field(default_factory=FilmLimits)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A frame that may stand for its shot."""

    seconds: float
    pts: int
    width: int
    height: int
    small: NDArray[np.uint8]  # [3, HEIGHT, WIDTH]
    sharpness: float  # comparable within one film only
    motion: float  # grey levels to the frame before
    exposure: float  # 0 to 1
    technical: str
    slot: int  # which PACE of the film it is the first of; -1 for one that follows a step
    coded: bytes = b""  # the full-size picture, as JPEG or PNG
    note: str = ""  # what a person should know: a high dynamic range was mapped
    faces: float = 0.0  # 0 to 1, of the largest face that the frame shows whole


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
        self._waiting: list[Candidate] = []
        self._before: NDArray[np.uint8] | None = None
        self._stepped = 0.0  # seconds: the last time that a frame was very different from the one before
        self._after_step: float | None = None  # when a candidate is due for that
        self._tick = 1 / (asked.fps or RATE)
        self._gap = 1  # between the slots that are kept of the open shot

    def told(self) -> Iterator[Told]:
        asked, frames, seconds = self._asked, 0, self._asked.start
        finder = _Pieces(asked) if asked.every or asked.fast else detector(asked.detector, asked.fps)
        for picture in self._decoder:
            if picture.seconds >= asked.limit:
                break
            frames, seconds = frames + 1, picture.seconds
            small = picture.planes(WIDTH, HEIGHT)
            if asked.pictures:
                self._consider(picture, small, finder)
            for shot in self._cutter.cut(finder.see(picture, small)):
                yield self._closed(shot)
            self._before = small
            if frames % TOLD == 0:
                yield Along(frames, seconds)
        end = seconds + self._tick if frames else seconds
        for shot in self._cutter.cut(finder.end()):
            yield self._closed(shot)
        if frames:
            yield self._closed(self._cutter.end(end))
        yield Ended(frames, end, self._decoder.damaged, self._decoder.stopped)

    def _consider(self, picture: Decoded, small: NDArray[np.uint8], finder: Detector) -> None:
        """Keep a picture as a candidate if one is due. What is due depends on the SETTLED seconds before alone."""
        at, step = picture.seconds, 0.0
        if self._before is not None:
            step = float(plain(small[None], self._before[None])[0])
        if step >= STEP:
            self._after_step = self._after_step or at + AFTER_CUT
            self._stepped = at
        slot = int((at + 1e-6) // PACE)
        new = self._before is not None and slot != int((at - self._tick + 1e-6) // PACE)
        lively = at - self._stepped < SETTLED or slot % SLOWER == 0
        after_step = self._after_step is not None and at >= self._after_step
        if after_step:
            self._after_step = None
        if at >= self._asked.start - 1e-6 and (after_step or (new and lively) or self._asked.fast):
            self._waiting.append(_candidate(picture, small, step, self._asked.format, slot if new else -1))
            known = [one for one in self._waiting if one.seconds < finder.decided]
            thin, self._gap = _thinned(known, self._gap)
            self._waiting = thin + self._waiting[len(known) :]

    def _closed(self, shot: Shot) -> Closed:
        mine = [one for one in self._waiting if one.seconds < shot.end - 1e-6]
        self._waiting = self._waiting[len(mine) :]
        if not self._asked.pictures:
            return Closed(shot)
        mine, _ = _thinned([one for one in mine if one.seconds >= shot.start - 1e-6], self._gap)
        mine, self._gap = _evenly(mine, MOST), 1
        mine = self._clear(shot, mine) or self._looked_up(shot) or mine
        kinds = [one.technical for one in mine]
        if mine and all(kinds):
            shot = replace(shot, technical=max(set(kinds), key=kinds.count))
        elif shot.seconds < TOO_SHORT and not self._asked.fast:
            return Closed(shot)
        else:
            mine = [one for one in mine if not one.technical]
        return Closed(shot, chosen(self._with_faces(mine), shot))

    def _with_faces(self, candidates: list[Candidate]) -> list[Candidate]:
        """The best few are looked at for faces; the others would have to gain more than a face is worth."""
        if not candidates or self._faces is None:
            return candidates
        best = np.argsort(-scores(candidates), kind="stable")[:FACES_OF].tolist()
        found = {at: _largest_face(self._faces, candidates[at].coded) for at in best}
        return [replace(one, faces=found.get(at, 0.0)) for at, one in enumerate(candidates)]

    @cached_property
    def _faces(self) -> FaceFinder | None:
        """None where OpenCV is without its face detector."""
        with suppress(ModelError):
            return open_faces()
        return None

    def _clear(self, shot: Shot, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Those that are not beside a cut, nor within a transition."""
        gap = CLEAR / RATE
        first = shot.clear_from + (gap if shot.kind_in != "start" and not self._asked.fast else 0.0)
        return [one for one in candidates if first - 1e-6 <= one.seconds <= shot.clear_to - gap + 1e-6]

    def _looked_up(self, shot: Shot) -> list[Candidate]:
        """The middle of what a shot shows alone, decoded once more, where no candidate lies there."""
        again = Decoder(self._asked.path, (shot.clear_from + shot.clear_to) / 2, limits=self._asked.limits)
        for picture in again:
            return [_candidate(picture, picture.planes(WIDTH, HEIGHT), 0.0, self._asked.format, -1)]
        return []


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


def chosen(candidates: Sequence[Candidate], shot: Shot) -> tuple[Pick, ...]:
    """The best candidate, then those that may show another view, best first. Ties: nearer the middle of the shot."""
    if not candidates:
        return ()
    by_score, middle = scores(candidates), (shot.start + shot.end) / 2
    order = sorted(
        range(len(candidates)),
        key=lambda at: (-round(float(by_score[at]), 6), abs(candidates[at].seconds - middle), at),
    )
    picks: list[Pick] = []
    for at in order:
        one = candidates[at]
        if len(picks) <= VIEWS and all(_other_view(one, pick.candidate) for pick in picks):
            picks.append(Pick(one, float(by_score[at])))
    return tuple(picks)


def _other_view(a: Candidate, b: Candidate) -> bool:
    apart = abs(a.seconds - b.seconds) >= PACE - 1e-6
    return apart and float(shifted(a.small[None], b.small[None])[0]) >= OTHER_VIEW


def _thinned(candidates: list[Candidate], gap: int = 1) -> tuple[list[Candidate], int]:
    """At most 2 MOST candidates of a shot, and the gap between their slots: the same however often it is done."""
    while gap > 1 or len(candidates) > 2 * MOST:
        some = [one for one in candidates if gap == 1 or (one.slot >= 0 and one.slot % gap == 0)]
        if len(some) <= 2 * MOST:
            return some, gap
        gap *= 2
    return candidates, gap


def _evenly(candidates: list[Candidate], most: int) -> list[Candidate]:
    if len(candidates) <= most:
        return candidates
    return [candidates[at] for at in np.linspace(0, len(candidates) - 1, most).round().astype(int)]


def _candidate(picture: Decoded, small: NDArray[np.uint8], motion: float, kind: str, slot: int) -> Candidate:
    pixels = picture.picture()
    height = max(1, round(len(pixels) * WORKING / pixels.shape[1]))
    grey = cv2.cvtColor(cv2.resize(pixels, (WORKING, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    light = grey.astype(np.float32)
    return Candidate(
        seconds=picture.seconds,
        pts=picture.pts,
        width=pixels.shape[1],
        height=pixels.shape[0],
        small=np.array(small),
        sharpness=float(cv2.Laplacian(light, cv2.CV_32F).var() / max(1.0, float(light.var()))),
        motion=motion,
        exposure=_exposure(light),
        technical=technical(pixels),
        slot=slot,
        coded=_coded(pixels, kind),
        note=f"{picture.hdr} shown in the range of a usual screen" if picture.hdr else "",
    )


def pixels_of(coded: bytes, reduced: bool = False) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] RGB of a frame that was kept, a JPEG or PNG of ours; `reduced`: at half its size, much faster."""
    how = cv2.IMREAD_REDUCED_COLOR_2 if reduced else cv2.IMREAD_COLOR
    found = cv2.imdecode(np.frombuffer(coded, np.uint8), how)
    assert found is not None
    return np.ascontiguousarray(found[..., ::-1], np.uint8)


def _largest_face(finder: FaceFinder, coded: bytes) -> float:
    """How large the largest face is that lies whole in the frame: 1 from FACE_WIDE on, 0 where there is none."""
    shown = pixels_of(coded, reduced=True)
    size = SIDE / max(shown.shape[:2])
    if size < 1:
        shown = np.asarray(cv2.resize(shown, None, fx=size, fy=size, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = shown.shape[:2]
    whole = [
        (right - left) / width
        for left, top, right, bottom in (face.box for face in finder.faces(shown))
        if left >= 0 and top >= 0 and right <= width and bottom <= height
    ]
    return min(1.0, max(whole, default=0.0) / FACE_WIDE)


def _exposure(light: NDArray[np.float32]) -> float:
    """1 for a mean of middle grey, less by the cube of the distance and by the share that is burnt or drowned."""
    off = abs(float(light.mean()) / 255 - 0.5) * 2
    clipped = float(((light <= 4) | (light >= 251)).mean())
    return max(0.0, 1 - off**3 - clipped)


def _coded(pixels: NDArray[np.uint8], kind: str) -> bytes:
    how = [cv2.IMWRITE_PNG_COMPRESSION, 1] if kind == "png" else [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    made, coded = cv2.imencode(f".{kind}", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), how)
    assert made
    return coded.tobytes()
