"""The frames that may stand for a shot: of each half second the sharpest, kept as a picture with what was measured.

Memory does not grow with the film: the pictures of one piece wait as they were decoded, those before it as JPEG or PNG.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from unipic.core.language import kept
from unipic.video._signals import RATE, REACH, STEP, plain
from unipic.video.decode import Decoded
from unipic.video.technical import technical

PACE = 0.5  # seconds of film that a candidate is the sharpest of
MEASURED = 0.1  # seconds between frames whose sharpness is measured; after a step each is, since a shot may be short
SETTLED, SLOWER = 12.0, 4  # seconds without a large step from frame to frame; then every fourth candidate will do
WARM_UP = SETTLED + REACH  # seconds: what a pass that goes on later must see to choose as if it had never stopped
MOST = 24  # candidates of a shot that are kept
CLEAR = 3 / RATE  # seconds from a cut or a transition in which nothing is chosen
SHARPER = 0.6  # of the frames of a shot are less sharp than the one chosen: half, and some that are measured otherwise
WORKING = 640  # pixels: the width at which sharpness is measured
QUALITY = 92  # of the JPEG that a candidate is kept as
Format = Literal["jpg", "png"]


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
    slot: int  # which PACE of the film it is of; -1 for one of a piece that a step began or ended
    coded: bytes = b""  # the full-size picture, as JPEG or PNG
    note: str = ""  # what a person should know: a high dynamic range was mapped
    faces: float = 0.0  # 0 to 1, of the largest face that the frame shows whole


@dataclass(frozen=True, eq=False)
class _Frame:
    """A frame that was measured, as it was decoded."""

    picture: Decoded
    small: NDArray[np.uint8]
    motion: float
    sharpness: float
    beside: bool  # a step was right before it

    @property
    def at(self) -> float:
        """Seconds."""
        return self.picture.seconds


class Candidates:
    """Those of the part of a film that is open. What is kept depends on the WARM_UP seconds before alone."""

    def __init__(self, kind: Format, tick: float, start: float, every: bool) -> None:
        """`tick`: seconds from frame to frame; `start`: nothing before is kept; `every`: each frame is a candidate."""
        self._kind, self._tick, self._start, self._every = kind, tick, start, every
        self._kept: list[Candidate] = []
        self._times, self._sharp = array("d"), array("d")  # of the frames that were measured
        self._before: NDArray[np.uint8] | None = None
        self._stepped = -1.0  # seconds: the last time that a frame was very different from the one before
        self._piece: list[_Frame] = []
        self._slot = 0  # of the piece, as of a Candidate
        self._gap = 1  # between the slots that are kept of the open shot

    def see(self, picture: Decoded, small: NDArray[np.uint8], decided: float) -> None:
        """The next frame. `small`: uint8 [3, HEIGHT, WIDTH], Y, Cb, Cr; `decided`: seconds to which cuts are known."""
        at = picture.seconds
        step = 0.0 if self._before is None else float(plain(small[None], self._before[None])[0])
        self._before = small
        flickers = at - self._stepped <= CLEAR + self._tick
        begins = step >= STEP and not flickers and not self._every
        if step >= STEP:
            self._stepped = at
        if begins or self._is_first(at, PACE) or self._every:
            self._close(at if begins else math.inf)
            self._slot = -1 if begins else int((at + 1e-6) // PACE)
            self._thin(decided)
        since = at - self._stepped
        if self._every or self._is_first(at, MEASURED) or CLEAR <= since + 1e-6 < CLEAR + PACE:
            self._add(_Frame(picture, small, step, sharpness(picture.light(WORKING)), since < CLEAR - 1e-6))

    def _is_first(self, at: float, pace: float) -> bool:
        """Whether a frame is the first of a piece of so many seconds."""
        return (at + 1e-6) // pace != (at - self._tick + 1e-6) // pace

    def _add(self, frame: _Frame) -> None:
        """Of those that a step to come cannot be beside, only the sharpest waits for the end of its piece."""
        self._times.append(frame.at)
        self._sharp.append(frame.sharpness)
        clear = [one for one in self._piece if one.at <= frame.at - CLEAR and not one.beside]
        best = max(clear, key=lambda one: one.sharpness, default=None)
        self._piece = [one for one in self._piece if one is best or one not in clear] + [frame]

    def _close(self, end: float) -> None:
        """Keep the sharpest frame of a piece that is not beside a step, where one is due. `end`: of a step after it."""
        piece, self._piece = self._piece, []
        clear = [one for one in piece if one.at <= end - CLEAR and not one.beside]
        best = max(clear or (piece if end == math.inf else []), key=lambda one: one.sharpness, default=None)
        if best is None or best.at < self._start - 1e-6:
            return
        if self._every or self._slot < 0 or self._slot % SLOWER == 0 or best.at - self._stepped < SETTLED:
            self._kept.append(candidate(best.picture, best.small, self._kind, self._slot, best.motion, best.sharpness))

    def _thin(self, decided: float) -> None:
        known = [one for one in self._kept if one.seconds < decided]
        thin, self._gap = thinned(known, self._gap)
        self._kept = thin + self._kept[len(known) :]

    def of(self, start: float, end: float) -> list[Candidate]:
        """At most MOST of the open shot, which is from `start` to `end` seconds and closes."""
        if self._piece and self._piece[0].at < end - 1e-6:
            after = [one for one in self._piece if one.at >= end - 1e-6]
            self._piece = self._piece[: len(self._piece) - len(after)]
            self._close(math.inf)
            self._piece = after
        mine = [one for one in self._kept if one.seconds < end - 1e-6]
        self._kept = self._kept[len(mine) :]
        mine, _ = thinned([one for one in mine if one.seconds >= start - 1e-6], self._gap)
        self._gap = 1
        return evenly(mine, MOST)

    def sharp(self, start: float, end: float) -> float:
        """What SHARPER of the frames between these seconds do not exceed, 0 for none. Those before are forgotten."""
        low, high = bisect_left(self._times, start - 1e-6), bisect_right(self._times, end + 1e-6)
        found = float(np.quantile(self._sharp[low:high], SHARPER)) if high > low else 0.0
        del self._times[:low], self._sharp[:low]
        return found


def thinned(candidates: list[Candidate], gap: int = 1) -> tuple[list[Candidate], int]:
    """At most 2 MOST candidates of a shot, and the gap between their slots: the same however often it is done."""
    while gap > 1 or len(candidates) > 2 * MOST:
        some = [one for one in candidates if gap == 1 or (one.slot >= 0 and one.slot % gap == 0)]
        if len(some) <= 2 * MOST:
            return some, gap
        gap *= 2
    return candidates, gap


def evenly(candidates: list[Candidate], most: int) -> list[Candidate]:
    """At most so many, spread over all of them."""
    if len(candidates) <= most:
        return candidates
    return [candidates[at] for at in np.linspace(0, len(candidates) - 1, most).round().astype(int)]


def sharpness(light: NDArray[np.uint8]) -> float:
    """The variance of the Laplacian of uint8 [H, W] by that of its brightness: of one view the sharper has more."""
    edges = cv2.meanStdDev(cv2.Laplacian(light, cv2.CV_16S))[1].item()
    return float(edges**2 / max(1.0, cv2.meanStdDev(light)[1].item() ** 2))


def candidate(
    picture: Decoded, small: NDArray[np.uint8], kind: Format, slot: int = -1, motion: float = 0.0, sharp: float = 0.0
) -> Candidate:
    """A decoded frame as a candidate, with its full-size picture."""
    pixels = picture.picture()
    height = max(1, round(len(pixels) * WORKING / pixels.shape[1]))
    light = cv2.cvtColor(cv2.resize(pixels, (WORKING, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return Candidate(
        seconds=picture.seconds,
        pts=picture.pts,
        width=pixels.shape[1],
        height=pixels.shape[0],
        small=np.array(small),
        sharpness=sharp,
        motion=motion,
        exposure=_exposure(light),
        technical=technical(pixels),
        slot=slot,
        coded=_coded(pixels, kind),
        note=kept("{range} shown in the range of a usual screen", range=picture.hdr) if picture.hdr else "",
    )


def _exposure(light: np.ndarray) -> float:
    """1 for a mean of middle grey, less by the cube of the distance and by the share that is burnt or drowned."""
    off = abs(float(light.mean()) / 255 - 0.5) * 2
    clipped = float(((light <= 4) | (light >= 251)).mean())
    return max(0.0, 1 - off**3 - clipped)


def _coded(pixels: NDArray[np.uint8], kind: Format) -> bytes:
    how = [cv2.IMWRITE_PNG_COMPRESSION, 1] if kind == "png" else [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    made, coded = cv2.imencode(f".{kind}", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), how)
    assert made
    return coded.tobytes()


def pixels_of(coded: bytes, smaller: int = 1) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] RGB of a frame that was kept, a JPEG or PNG of ours; at 1/`smaller` (1, 2, 4 or 8) of its size,
    which is much faster."""
    how = cv2.IMREAD_COLOR if smaller == 1 else getattr(cv2, f"IMREAD_REDUCED_COLOR_{smaller}")
    found = cv2.imdecode(np.frombuffer(coded, np.uint8), how)
    assert found is not None
    return np.ascontiguousarray(found[..., ::-1], np.uint8)
