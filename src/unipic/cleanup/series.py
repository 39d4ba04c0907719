"""Recognise series taken on purpose: brackets, panoramas, focus stacks, time-lapses, and numbered bursts.

All their shots are needed, however similar, so none is proposed to be set aside unless the person asks. The camera's
data decides first (EXIF's exposure bias and mode, burst identifiers, times), then how the shots align. A series that
neither reveals is not found.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from unipic.cleanup._alignment import fine_detail
from unipic.cleanup.compare import OTHER_VIEW, SWEEP_GAP, Sketches
from unipic.cleanup.likeness import Likeness
from unipic.cleanup.result import Series, SeriesKind
from unipic.core.language import kept
from unipic.core.photo import Photo, local_time, seconds_apart
from unipic.reading.fingerprint import bits_apart

BRACKET_GAP = 2.0  # seconds between two shots; by hand, dial and shutter take longer
BRACKET = 3  # shots; two exposures may be a second try
TIMELAPSE = 10  # shots; nobody takes so many at one interval by hand
TIMELAPSE_FASTEST = 1.5  # seconds; shorter intervals are bursts
CLOCK, DRIFT = 0.8, 0.05  # seconds a clock of whole seconds may be off; share of the interval
ONE_SCENE = 50.0  # similarity
SWEEP = 3  # shots of a panorama
STEADY = 2.5  # ratio of the longest to the shortest step
STACK, STACK_GAP = 4, 3.0  # shots of a focus stack, seconds between two
# In a focus stack the camera stands still and the focus moves through once, so in nearly every tile detail rises to its
# best and falls. In two real stacks 98 and 100 % of tiles did, and neighbours differed in at most 23 bits; in two other
# series as still, 0 and 60 %.
SAME_FRAME = 30  # bits
TILES = 8
DETAIL = 4.0  # grey levels, standard deviation of a tile's fine detail where it is sharp; less is sky and wall
RISES_AND_FALLS, WAVER = 0.9, 0.1  # share of the tiles; tolerance for noise as a share of the best
FOCUS_RATIO = 0.6  # median ratio of a tile's worst to its best detail
SHARPEST_SHARE = 0.05  # of the tiles; a shot must be sharpest in so many to count


def find_series(photos: Sequence[Photo], likeness: Likeness, sketches: Sketches) -> tuple[Series, ...]:
    """Every series, each photo in at most one; the order does not depend on that of the files."""
    free = list(photos)
    found: list[Series] = []
    for find in (_bursts, _brackets, _timelapses, _panoramas):
        found += find(free, likeness)
        free = _left(free, found)
    found += _stacks(free, sketches)
    return tuple(sorted(found, key=lambda one: (_when(one.photos[0]), one.photos[0].id)))


def no_copies(likeness: Likeness, series: Iterable[Series]) -> Likeness:
    """The likeness with a sameness of 0 within each series: its shots are no copies, even if nothing moved."""
    which = {photo.id: number for number, one in enumerate(series) for photo in one.photos}
    numbers = np.array([which.get(photo.id, -1) for photo in likeness.photos], dtype=np.int64)
    a, b = numbers[likeness.first], numbers[likeness.second]
    return replace(likeness, sameness=np.where((a == b) & (a >= 0), 0.0, likeness.sameness), steps={})


def _left(photos: Sequence[Photo], found: Iterable[Series]) -> list[Photo]:
    taken = {photo.id for one in found for photo in one.photos}
    return [photo for photo in photos if photo.id not in taken]


# By the camera's data.


def _bursts(photos: Sequence[Photo], likeness: Likeness) -> Iterator[Series]:
    by_burst: defaultdict[tuple[str, str], list[Photo]] = defaultdict(list)
    for photo in photos:
        if photo.burst:
            by_burst[photo.camera, photo.burst].append(photo)
    for shots in by_burst.values():
        if len(shots) > 1:
            yield _series("burst", shots, kept("{shots} shots that the camera took as one burst", shots=len(shots)))


def _brackets(photos: Sequence[Photo], likeness: Likeness) -> Iterator[Series]:
    for run in _runs(photos, BRACKET_GAP):
        waiting: list[Photo] = []
        for photo in [*run, None]:
            if photo is None or _exposed(photo) in (None, *map(_exposed, waiting)):
                if len(waiting) >= (2 if all(shot.bracketed for shot in waiting) else BRACKET):
                    biases = _biases(waiting)
                    words = kept("{shots} exposures of one scene, {biases}", shots=len(waiting), biases=biases)
                    yield _series("bracket", waiting, words)
                waiting = []
            if photo is not None and _exposed(photo) is not None:
                waiting.append(photo)


def _exposed(photo: Photo) -> float | str | None:
    """What distinguishes the exposures of a bracket; None if the photo is not part of one."""
    return (photo.bias if photo.bias is not None else photo.exposure or None) if _told(photo) else None


def _told(photo: Photo) -> bool:
    return photo.bracketed or photo.bias is not None


def _biases(shots: Sequence[Photo]) -> str:
    biases = [shot.bias for shot in shots if shot.bias is not None]
    if len(set(biases)) < 2:
        return kept("bracketed by the camera")
    return kept("{least:+g} to {most:+g} EV", least=min(biases), most=max(biases))


def _timelapses(photos: Sequence[Photo], likeness: Likeness) -> Iterator[Series]:
    for run in _runs(photos, float("inf")):
        times = np.cumsum([0.0, *(seconds_apart(a, b) or 0.0 for a, b in pairwise(run))])
        for start, end in _even(times):
            shots = run[start:end]
            if all(likeness.similar(a, b) >= ONE_SCENE for a, b in pairwise(shots)):
                every = (times[end - 1] - times[start]) / (end - start - 1)
                words = kept("{shots} shots, one every {every:.3g} s", shots=len(shots), every=every)
                yield _series("timelapse", shots, words)


def _even(times: np.ndarray) -> Iterator[tuple[int, int]]:
    """(start, end) of each long enough run of equal intervals. times: float64 [N], seconds, sorted."""
    if len(times) < TIMELAPSE:
        return
    end = 0
    for start in np.flatnonzero(_is_even(sliding_window_view(times, TIMELAPSE))).tolist():
        if start < end:
            continue
        end = start + TIMELAPSE
        while end < len(times) and _is_even(times[start : end + 1]):
            end += 1
        yield start, end


def _is_even(times: np.ndarray) -> np.ndarray:
    """Whether all intervals of a window are equal: float64 [..., N] -> bool [...]."""
    shots = times.shape[-1]
    step = (times[..., -1:] - times[..., :1]) / (shots - 1)
    off = np.sort(times - (times[..., :1] + step * np.arange(shots)))
    middle = (off[..., (shots - 1) // 2] + off[..., shots // 2]) / 2  # np.median takes four times as long for one run
    far = np.maximum(middle - off[..., 0], off[..., -1] - middle)
    step = step[..., 0]
    return np.asarray((step >= TIMELAPSE_FASTEST) & (far <= np.maximum(CLOCK, DRIFT * step)))


# By how the shots align.


def _panoramas(photos: Sequence[Photo], likeness: Likeness) -> Iterator[Series]:
    """Each shot shows a part of the one before, and the view moves on in the same direction."""
    for run in _runs(photos, SWEEP_GAP):
        waiting, steps = run[:1], list[np.ndarray]()
        for photo in [*run[1:], None]:
            step = _step(waiting[-1], photo, likeness) if photo else None
            if step is None or not _goes_on(steps, step):
                if len(waiting) >= SWEEP:
                    words = kept("{shots} shots side by side, each a part of the one before", shots=len(waiting))
                    yield _series("panorama", waiting, words)
                waiting, steps = ([waiting[-1]], []) if step is not None and photo else ([photo] if photo else [], [])
            if photo and step is not None:
                waiting.append(photo)
                steps.append(step)


def _step(a: Photo, b: Photo, likeness: Likeness) -> np.ndarray | None:
    """How far the view moved, float64 [2] in shares of the frame; None if it was not swept upright."""
    step = likeness.step(a, b)
    return None if step is None or bits_apart(a.fingerprint, b.fingerprint) < OTHER_VIEW else np.array(step)


def _goes_on(steps: Sequence[np.ndarray], step: np.ndarray) -> bool:
    lengths = [float(np.linalg.norm(each)) for each in (*steps, step)]
    same_way = all(float(each @ step) > 0.9 * np.linalg.norm(each) * np.linalg.norm(step) for each in steps)
    return same_way and max(lengths) <= STEADY * min(lengths)


def _stacks(photos: Sequence[Photo], sketches: Sketches) -> Iterator[Series]:
    """Frame and exposure stay the same while the focus moves."""
    for run in _runs(photos, STACK_GAP):
        for shots in _steady(run):
            if len(shots) >= STACK and _wanders(shots, sketches):
                words = kept("{shots} shots of one frame, each in focus at another place", shots=len(shots))
                yield _series("stack", shots, words)


def _steady(run: Sequence[Photo]) -> Iterator[list[Photo]]:
    waiting: list[Photo] = []
    for photo in run:
        last = waiting[-1] if waiting else photo
        same = photo.exposure == last.exposure != "" and bits_apart(photo.fingerprint, last.fingerprint) < SAME_FRAME
        if not same:
            yield waiting
            waiting = []
        waiting.append(photo)
    yield waiting


def _wanders(shots: Sequence[Photo], sketches: Sketches) -> bool:
    return focus_wanders([sketches.of(shot).grey for shot in shots])


def focus_wanders(greys: Sequence[np.ndarray]) -> bool:
    """Whether several frames are each the sharpest in a part of the picture, where others are clearly softer."""
    if len({grey.shape for grey in greys}) > 1:
        return False
    detail = np.stack([fine_detail(grey, TILES) for grey in greys])
    telling = detail.max(axis=0) >= DETAIL
    if telling.sum() < TILES:
        return False
    ratio = float(np.median(detail.min(axis=0)[telling] / detail.max(axis=0)[telling]))
    wins = np.bincount(detail.argmax(axis=0)[telling], minlength=len(greys)) / telling.sum()
    several = int((wins >= SHARPEST_SHARE).sum()) >= STACK - 1
    through = np.mean([_rises_and_falls(tile) for tile in detail[:, telling].T])
    return ratio <= FOCUS_RATIO and several and bool(through >= RISES_AND_FALLS)


def _rises_and_falls(values: np.ndarray) -> bool:
    best, slack = int(values.argmax()), WAVER * float(values.max())
    steps = np.diff(values)
    return bool((steps[:best] >= -slack).all() and (steps[best:] <= slack).all())


# Shots in order of time.


def _runs(photos: Iterable[Photo], gap: float) -> Iterator[list[Photo]]:
    """Shots of one camera and size, in order, with gaps of at most `gap` seconds."""
    by_camera: defaultdict[tuple[str, int, int], list[Photo]] = defaultdict(list)
    for photo in photos:
        if photo.camera and photo.taken and photo.taken_by_camera:
            by_camera[photo.camera, photo.width, photo.height].append(photo)
    for _camera, shots in sorted(by_camera.items()):
        shots.sort(key=_when)
        run = shots[:1]
        for before, photo in pairwise(shots):
            if (seconds_apart(before, photo) or 0.0) > gap:
                yield run
                run = []
            run.append(photo)
        yield run


def _when(photo: Photo) -> tuple[str, str, str]:
    """A sort key: time, then name, since names are numbered within a second. It is an order, not evidence."""
    taken = local_time(photo)
    return taken.isoformat() if taken else "", photo.name, photo.id


def _series(kind: SeriesKind, shots: Iterable[Photo], reason: str) -> Series:
    return Series(kind, tuple(sorted(shots, key=_when)), reason)
