"""Where a film changes from one shot to the next: cuts that last, fades, and pictures that mix or push each other out.

Every decision looks at most REACH seconds around, so films are worked through in stretches that overlap. Numbers of
frames hold at 25 pictures a second and are scaled by the film's own rate. Distances are in grey levels, 0 to 255.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 32, 18  # of the pictures that are compared: motion and noise average out, and shots stay different
RATE = 25.0  # pictures a second for which frames are counted
REACH = 5.0  # seconds around a decision that it may depend on

# Cuts. Shaking hands reach 9; the weakest cut in the films this was made on has 19.
STEP = 12.0
STANDS_OUT = 3.0  # times the usual change around
LASTS, LASTS_SHARE = 6.0, 0.35  # what stays of the change some frames later; a flash leaves nothing
JUMP = 25.0  # of the mean brightness: perhaps a flash or a lost signal, which may last longer
BRIEF = 15  # frames that a flash, a strobe or a lost signal may last
# Fades. A void is a picture of nothing but black or white.
VOID_SPREAD, BLACK, WHITE = 7.0, 40.0, 215.0
PICTURE_SPREAD = 10.0
NEAR = 0.8  # seconds from a void to the pictures around it
PAUSE = 2.0  # seconds from which on a void is a shot of its own
ALIKE = 0.75  # correlation of two pictures of one shot
# Dissolves and wipes.
HALVES = (4, 7, 13, 25)  # frames from the middle to where each picture stands alone
APART, GAIN = 9.0, 16.0  # between the two pictures: forgiving small shifts, and as they are
BETWEEN = 0.16  # how far a picture on the way may leave what lies between the two, as a share of their distance
STEADY, LEAP = 0.93, 0.55  # correlation of the progress with time; the largest step of it
MOVED = 0.8  # correlation of the second picture with the first moved aside: a pan
ZOOMS = (0.45, 0.55, 0.65, 0.75, 0.85)  # of a picture's width that are left by a zoom
ENLARGED = 0.9  # the same for a zoom, whose small pieces match more by chance
ROWS, COLUMNS = (-1, 0, 1), (-2, -1, 0, 1, 2)  # shifts that cost nothing, as when hands shake
PASSING = 50  # frames that somebody who passes close by may fill the picture
SAMPLES = 9  # pictures on the way that are looked at
UNDER_WAY = (0.05, 0.95)  # of the way from one picture to the other: what lies between is judged there
BRIDGE, GOES_ON = 3, 0.25  # frames, and the share of a mix's pace, over which it still goes on beyond a window

Kind = Literal["cut", "fade", "mix"]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Change:
    """From one shot to the next."""

    at: int  # the first frame of the next shot
    first: int  # the frames from `first` to `last` belong to neither shot; none where last < first
    last: int
    kind: Kind


@dataclass(frozen=True)
class Mix:
    """A change that may be a dissolve or a wipe."""

    middle: int  # frame; `half` frames before and after it each picture stands alone
    half: int
    fit: float  # how different the two are, and how evenly one becomes the other
    change: Change


@dataclass(frozen=True)
class Stretch:
    """A piece of film as small pictures."""

    planes: NDArray[np.uint8]  # [N, 3, HEIGHT, WIDTH]: Y, Cb, Cr
    times: NDArray[np.float64]  # [N] seconds
    rate: float  # pictures a second on average

    @cached_property
    def light(self) -> Floats:
        """[N, HEIGHT * WIDTH]"""
        return self.planes[:, 0].reshape(len(self.planes), -1).astype(np.float32)

    @cached_property
    def mean(self) -> Floats:
        return self.light.mean(axis=1)

    @cached_property
    def spread(self) -> Floats:
        """Standard deviation of the brightness."""
        return self.light.std(axis=1)

    @cached_property
    def steps(self) -> Floats:
        """[N] the plain distance of each picture from the one before; 0 for the first."""
        steps = np.zeros(len(self.planes), np.float32)
        steps[1:] = plain(self.planes[:-1], self.planes[1:])
        return steps

    def frames(self, at_25: float) -> int:
        """So many frames at 25 a second, at this film's rate; at least 1."""
        return max(1, round(at_25 * self.rate / RATE))

    def distance(self, a: NDArray[np.intp], b: NDArray[np.intp]) -> Floats:
        """Between pictures a and b, each pair at its best small shift."""
        return shifted(self.planes[a], self.planes[b])

    def alike(self, a: NDArray[np.intp], b: NDArray[np.intp]) -> Floats:
        """Correlation of the brightness of pictures a and b, -1 to 1; 0 where one is even."""
        one = self.light[a] - self.mean[a][:, None]
        other = self.light[b] - self.mean[b][:, None]
        return (one * other).mean(axis=1) / np.maximum(self.spread[a] * self.spread[b], 1.0)


def plain(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> Floats:
    """[N] mean difference in brightness, and half of that in colour, of [N, 3, H, W] and [N, 3, H, W]."""
    each = (np.maximum(a, b) - np.minimum(a, b)).mean(axis=(2, 3), dtype=np.float32)
    return each @ np.array([1, 0.5, 0.5], np.float32)


def shifted(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> Floats:
    """The least of `plain` over small shifts."""
    least = np.full(len(a), np.inf, np.float32)
    for down in ROWS:
        for across in COLUMNS:
            one = a[:, :, max(0, down) : HEIGHT + min(0, down), max(0, across) : WIDTH + min(0, across)]
            other = b[:, :, max(0, -down) : HEIGHT + min(0, -down), max(0, -across) : WIDTH + min(0, -across)]
            least = np.minimum(least, plain(one, other))
    return least


def changes(film: Stretch) -> list[Change]:
    """All changes of shot in a stretch, in their order."""
    if len(film.times) < 3:
        return []
    fades = list(_fades(film))
    apart = (at for at in _cuts(film) if not any(fade.first <= at <= fade.last + 1 for fade in fades))
    cuts = [Change(at, at, at - 1, "cut") for at in apart]
    mixes = [one for one in _mixes(film, [*fades, *cuts]) if not any(_touch(one, fade) for fade in fades)]
    return sorted([*fades, *cuts, *mixes], key=lambda change: change.at)


def _touch(a: Change, b: Change) -> bool:
    return a.first <= b.last + 1 and b.first <= a.last + 1


def _cuts(film: Stretch) -> Iterator[int]:
    """Frames that begin a shot at once, and do not look like what was before."""
    around, beside = film.frames(4), film.frames(2)
    for at in np.flatnonzero(film.steps >= STEP).tolist():
        low, high = max(1, at - around), min(len(film.times), at + around + 1)
        places = np.arange(low, high)
        near = film.distance(places - 1, places)
        step = float(near[at - low])
        peak = near[max(0, at - low - beside) : at - low + beside + 1].max()
        if step < STEP or step < peak:
            continue
        others = np.delete(near, at - low)
        if step >= STANDS_OUT * float(np.median(others)) and _lasts(film, at, step):
            yield at


def _lasts(film: Stretch, at: int, step: float) -> bool:
    """Whether what was before does not come back: after a flash, it does."""
    look = film.frames(4)
    if abs(float(film.mean[at] - film.mean[at - 1])) > JUMP and _flash_like(film, at):
        look = max(look, film.frames(BRIEF))
    count = len(film.times)
    before, after = np.arange(max(0, at - 2), at), np.arange(at, min(count, at + look))
    back, here = np.arange(max(0, at - look), at), np.arange(at, min(count, at + 2))
    least = min(_least(film, before, after), _least(film, back, here))
    return least >= max(LASTS, LASTS_SHARE * step)


def _flash_like(film: Stretch, at: int) -> bool:
    """Whether one side of a jump in brightness is void, or the same picture in another light."""
    sides = np.array([at - 1]), np.array([at])
    return float(film.spread[[at - 1, at]].min()) < 2 * VOID_SPREAD or float(film.alike(*sides)[0]) > 0.5


def _least(film: Stretch, a: NDArray[np.intp], b: NDArray[np.intp]) -> float:
    return float(film.distance(np.repeat(a, len(b)), np.tile(b, len(a))).min())


def _fades(film: Stretch) -> Iterator[Change]:
    """Through black or white: one change at the middle of a short void, one at each end of a long one."""
    void = (film.spread < VOID_SPREAD) & ((film.mean < BLACK) | (film.mean > WHITE))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], void, [False]]).astype(np.int8)))
    near, count = film.frames(NEAR * RATE), len(film.times)
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        last = end - 1
        before, after = _slope(film, first, -1), _slope(film, last, 1)
        left = _picture(film, range(before, max(-1, before - near - 1), -1))
        right = _picture(film, range(after, min(count, after + near + 1)))
        long = film.times[last] - film.times[first] >= PAUSE
        if long:
            if left is not None:
                yield Change(first, before + 1, first - 1, "fade")
            if right is not None:
                yield Change(end, end, after - 1, "fade")
        elif left is not None and right is not None:
            same = float(film.alike(np.array([left]), np.array([right]))[0]) > ALIKE
            if not (same and last - first < film.frames(BRIEF)):
                yield Change((first + end) // 2, before + 1, after - 1, "fade")


def _slope(film: Stretch, edge: int, way: int) -> int:
    """Where a film is itself again: from the edge of a void outwards, as long as its contrast grows steadily."""
    at, most = edge, film.frames(PAUSE * RATE)
    while 0 <= at + way < len(film.times) and abs(at - edge) < most:
        ahead = min(max(0, at + 2 * way), len(film.times) - 1)
        if film.spread[ahead] < film.spread[at] * 1.015 + 0.1:
            return at + way
        at += way
    return at


def _picture(film: Stretch, places: range) -> int | None:
    """The first of these frames that shows something."""
    return next((at for at in places if 0 <= at < len(film.times) and film.spread[at] >= PICTURE_SPREAD), None)


def _mixes(film: Stretch, known: Sequence[Change]) -> list[Change]:
    """Dissolves and wipes: what lies between two pictures becomes the second, cell by cell or all at once."""
    found = [one for half in HALVES for one in _mixed(film, max(2, film.frames(half)))]
    taken: list[Mix] = []
    for one in sorted(found, key=lambda one: (-one.fit, one.middle)):
        others = [*(other.change for other in taken), *known]
        clear = all(abs(one.change.at - other.at) > one.half + 2 for other in others)
        if clear and not any(_touch(one.change, other) for other in others) and not _comes_back(film, one):
            taken.append(one)
    every = [*(one.change for one in taken), *known]
    return [_widened(film, one, every) for one in taken]


def _widened(film: Stretch, mix: Mix, others: Sequence[Change]) -> Change:
    """The change from where the first picture begins to give way to where the second one stands alone.

    A window that fits best may be shorter than the mix. So its ends are moved outwards as long as the picture goes on
    the same way, at a share of the usual pace or more, and not into another change.
    """
    change, reach = mix.change, 2 * mix.half
    low = max([0, mix.middle - reach, *(other.last + 1 for other in others if other.at < change.at)])
    ends = [other.first for other in others if other.at > change.at]
    high = min([len(film.times), mix.middle + reach + 1, *ends])
    a, b = film.light[mix.middle - mix.half], film.light[mix.middle + mix.half]
    way = (film.light[low:high] - a) @ (b - a) / max(1.0, float((b - a) @ (b - a)))
    least = GOES_ON * BRIDGE / max(BRIDGE, change.last - change.first + 1)  # of the way, in BRIDGE frames
    first, last = change.first, change.last
    while first - BRIDGE >= low and way[first - low] - way[first - BRIDGE - low] > least:
        first -= 1
    while last + BRIDGE < high and way[last + BRIDGE - low] - way[last - low] > least:
        last += 1
    return replace(change, first=first, last=last)


def _comes_back(film: Stretch, mix: Mix) -> bool:
    """Whether the picture before is there again soon after: somebody passed close by."""
    middle, half = mix.middle, mix.half
    look = max(half, film.frames(PASSING))
    pace = max(1, look // 8)
    before = np.arange(max(0, middle - look), middle - half + 1, pace)
    after = np.arange(middle + half, min(len(film.times), middle + look + 1), pace)
    apart = float(film.distance(np.array([middle - half]), np.array([middle + half]))[0])
    return _least(film, before, after) < LASTS_SHARE * apart


def _mixed(film: Stretch, half: int) -> Iterator[Mix]:
    """Mixes of one length."""
    middles = np.arange(half, len(film.times) - half)
    middles = middles[plain(film.planes[middles - half], film.planes[middles + half]) >= GAIN]
    shown = np.minimum(film.spread[middles - half], film.spread[middles + half]) >= PICTURE_SPREAD  # else it is a fade
    middles = middles[shown & (film.alike(middles - half, middles + half) < ALIKE)]
    way = film.light[middles + half] - film.light[middles - half]
    length = np.maximum((way**2).sum(axis=1), 1.0)
    share = ((film.light[middles] - film.light[middles - half]) * way).sum(axis=1) / length
    middles = middles[(share > 0.25) & (share < 0.75)]
    middles = middles[film.distance(middles - half, middles + half) > APART]
    for middle in middles.tolist():
        mix = _mix(film, middle, half)
        if mix is not None and not _is_moved(*(film.planes[at, 0] for at in (middle - half, middle + half))):
            yield mix


def _mix(film: Stretch, middle: int, half: int) -> Mix | None:
    """The frames around a middle as a mix of those at its ends; None if they are none."""
    a, b = film.light[middle - half], film.light[middle + half]
    places = np.unique(np.linspace(middle - half, middle + half, min(2 * half + 1, SAMPLES + 2)).round().astype(int))
    between = film.light[places]
    whole = np.abs(b - a)
    progress = (between - a) @ (b - a) / max(1.0, float((b - a) @ (b - a)))
    under_way = (progress > UNDER_WAY[0]) & (progress < UNDER_WAY[1])
    beside = np.abs(between - a) + np.abs(between - b) - whole
    left = beside[under_way].mean() / max(1.0, float(whole.mean())) if under_way.any() else 1.0
    if left >= BETWEEN:
        return None
    steady = float(np.corrcoef(progress, places)[0, 1])
    every = film.light[middle - half : middle + half + 1]
    whole_way = (every - a) @ (b - a) / max(1.0, float((b - a) @ (b - a)))
    if steady <= STEADY or float(np.diff(whole_way).max()) > LEAP:
        return None
    moving = np.flatnonzero((whole_way > 0.02) & (whole_way < 0.98)) + middle - half
    first, last = (int(moving[0]), int(moving[-1])) if len(moving) else (middle, middle)
    at = middle - half + int(np.argmax(whole_way >= 0.5))
    return Mix(middle, half, (steady - float(left)) * float(whole.mean()), Change(at, first, last, "mix"))


def _is_moved(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    """Whether picture b is a moved aside by up to 60 %, enlarged or made smaller: the camera moved."""
    down, across = HEIGHT * 6 // 10, WIDTH * 6 // 10
    # Pieces of one picture are looked for in the other: what a pan in each direction leaves in view.
    for rows, columns in ((HEIGHT, WIDTH - across), (HEIGHT - down, WIDTH), (HEIGHT * 7 // 10, WIDTH * 7 // 10)):
        for top in {0, HEIGHT - rows}:
            for left in {0, WIDTH - columns}:
                if _holds(b, a[top : top + rows, left : left + columns]) >= MOVED:
                    return True
    return _is_middle(a, b) or _is_middle(b, a)


def _is_middle(wide: NDArray[np.uint8], near: NDArray[np.uint8]) -> bool:
    """Whether one picture is about the middle of the other, enlarged."""
    for share in ZOOMS:
        size = round(WIDTH * share), round(HEIGHT * share)
        small = np.asarray(cv2.resize(near, size, interpolation=cv2.INTER_AREA), np.uint8)
        top, left = (HEIGHT - len(small)) // 2, (WIDTH - small.shape[1]) // 2
        place = wide[max(0, top - 2) : HEIGHT - max(0, top - 2), max(0, left - 3) : WIDTH - max(0, left - 3)]
        if _holds(place, small) >= ENLARGED:
            return True
    return False


def _holds(picture: NDArray[np.uint8], piece: NDArray[np.uint8]) -> float:
    """The best correlation of a piece with any place of a picture; 0 for an even piece."""
    if piece.std() <= VOID_SPREAD:
        return 0.0
    return float(
        cv2.matchTemplate(np.ascontiguousarray(picture), np.ascontiguousarray(piece), cv2.TM_CCOEFF_NORMED).max()
    )
