"""Compare photos pair by pair. The encoder proposes pairs, and geometry checks them.

The encoder alone cannot tell a copy from the next shot of a burst, and confuses some strangers. So each pair it finds
likely is aligned (_alignment.py), and two independent signals decide.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from itertools import compress
from threading import Lock
from typing import TypeVar

import numpy as np

from unipic.cleanup._alignment import (
    Agreement,
    Alignment,
    Keypoints,
    Sketch,
    agreement,
    align,
    as_they_are,
    grain,
    swept,
)
from unipic.cleanup._neighbours import neighbours
from unipic.cleanup.keeper import keeper_first
from unipic.cleanup.likeness import NO_POINTS, Likeness, percent, points_evidence, time_evidence
from unipic.core.embeddings import Embeddings
from unipic.core.grouping import components
from unipic.core.language import kept
from unipic.core.machine import cores, one_blas_thread
from unipic.core.photo import Photo, local_time, seconds_apart
from unipic.core.progress import Progress, Step, silent
from unipic.library.index import NO_INDEX, Index
from unipic.library.thumbnails import Thumbnails
from unipic.reading.fingerprint import bits_apart
from unipic.reading.seen import PairResult
from unipic.reading.versions import compared
from unipic.vision.base import Calibration

T = TypeVar("T")
Pair = tuple[Photo, Photo]

VERSION = 3  # raised when pairs get other results: here or in _alignment.py
STAGE = kept("Comparing photos")
WORTH_A_LOOK = -4.0  # log-odds by the encoder alone, which the best points and time can still raise to the threshold
# Log-odds by encoder and time. A pair below it needs 65 keypoints to reach the default threshold. Of 395 labelled pairs
# below it (by the encoder alone) one did and two should have; comparing all of them would take long.
WORTH_COMPARING = -2.5
# The most log-odds the encoder can add. Without common keypoints and time that is just short of the default threshold:
# to an encoder two screenshots, receipts or drawings result more alike than two shots of one place.
ALONE = 5.1
SKETCHES = 512  # in the cache: 120 MB
KEYPOINTS = 4096  # photos in the cache: 170 MB
# Where everything looks alike, photos are compared part by part, as they fit both caches twice.
PARTS = (KEYPOINTS // 2, SKETCHES // 2)
# Log-odds of the highest similarity that can be asked for. Two exposures that reach it by encoder and clock, even if no
# keypoint agreed, are one moment and no copies, so they need not be laid on each other.
CERTAIN = 4.6
UNASKED = PairResult(0)  # as if no keypoint agreed, so that no pair is called more similar than it is
SWEEP_GAP = 10.0  # seconds between two shots of a panorama
OTHER_VIEW = 60  # differing bits of fingerprints, from which on the view is another
BATCH_PAIRS = 256  # pairs per batch; threads wait for each other after each

# The largest differences of one picture. Set on labelled photos: most copies stay below half of each limit, while
# bursts, brackets, focus stacks and noisier or softer shots exceed at least one.
LIMITS = {
    "off": 0.6,  # pixels of 320: a hand that holds a camera twice moves more
    "slant": 0.25,  # degrees
    "uncovered": 0.375,  # of the larger: a crop to less than five eighths is another framing
    "detail": 0.03,  # lost correlation of the worst tenth of small blocks
    "contrast": 0.35,  # log2; a third of an exposure step
    "shift": 0.12,  # of the brightness
    "sharpness": 0.5,  # log2; out of focus or shaken
    "uneven": 0.6,  # log2; sharp in one place here, in another there: the focus moved
}
EVEN = 0.3  # the limit of unevenness where the tone changed too: an edit changes all alike, another exposure does not
SAME_TONE = (0.05, 0.02)  # contrast and shift that re-encoding makes
# Correlation of noise that a copy at the limits needs, and how much less per point of sameness above 50: if all else
# agrees, little surviving noise is enough.
GRAIN, GRAIN_EASED = 0.4, 0.0075
QUARTER_HOUR = 900.0


def compare(
    embeddings: Embeddings,
    calibration: Calibration,
    thumbnails: Thumbnails,
    bits: int,
    workers: int = 0,
    progress: Progress = silent,
    index: Index = NO_INDEX,
) -> Likeness:
    """The likeness of every pair the encoder finds likely. `bits`: how far fingerprints of a copy may differ."""
    # A fixed order: aligning b with a differs slightly from aligning a with b.
    embeddings = embeddings.of(sorted(embeddings.photos, key=keeper_first))
    photos = embeddings.photos
    likely, least = calibration.middle, calibration.cosine(WORTH_A_LOOK)
    first, second, cosine = neighbours(embeddings, likely, least, workers, progress, index.nearest)
    times = time_evidence(photos, first, second)
    # One picture may have two times, if its clock was corrected: then the later one says nothing.
    worth = calibration.odds(cosine) + np.maximum(times, 0.0) >= WORTH_COMPARING
    for pair in np.flatnonzero(worth & (times < 0) & (calibration.odds(cosine) + times < WORTH_COMPARING)).tolist():
        worth[pair] = not other_shot(photos[first[pair]], photos[second[pair]])
    first, second, cosine, times = first[worth], second[worth], cosine[worth], times[worth]
    pairs = [(photos[a], photos[b]) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    known = np.minimum(calibration.odds(cosine), ALONE) + times
    asked = [not certain(*pair, odds) for pair, odds in zip(pairs, known.tolist(), strict=True)]
    laid = iter(_results(list(compress(pairs, asked)), Sketches(thumbnails), bits, workers or cores(), progress, index))
    results = [next(laid) if it_is else UNASKED for it_is in asked]
    points = np.array([result.points for result in results], dtype=np.int64)
    sameness = np.array([result.sameness for result in results], dtype=np.float64)
    odds = known + points_evidence(points)
    how = {(a.id, b.id): result.how for (a, b), result in zip(pairs, results, strict=True) if result.how}
    steps = {(a.id, b.id): result.swept for (a, b), result in zip(pairs, results, strict=True) if result.swept}
    # One picture is one moment, whatever the encoder says.
    otherwise = percent(odds) if pairs else np.zeros(0)
    similarity = np.where(sameness >= 50, 100.0, otherwise)
    return Likeness(photos, first, second, similarity, sameness, how, steps, otherwise=otherwise)


def certain(a: Photo, b: Photo, odds: float) -> bool:
    """Whether laying them on each other could change nothing. `odds`: log-odds by encoder and clock."""
    return odds + NO_POINTS >= CERTAIN and other_shot(a, b) and not _may_be_swept(a, b)


def _may_be_swept(a: Photo, b: Photo) -> bool:
    """Whether they may be shots of a panorama, which is told by how far the view moved."""
    apart = seconds_apart(a, b)
    return apart is not None and apart <= SWEEP_GAP and bits_apart(a.fingerprint, b.fingerprint) >= OTHER_VIEW


class Sketches:
    """A cache of recent sketches, safe for threads, and of the keypoints of more photos."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self.thumbnails = thumbnails
        self._kept: OrderedDict[str, Sketch] = OrderedDict()
        self._keypoints: OrderedDict[str, Keypoints] = OrderedDict()
        self._lock = Lock()

    def prepare(self, photo: Photo) -> None:
        """Find the photo's keypoints, unless cached."""
        sketch = self.of(photo)
        _ = sketch.descriptors
        with self._lock:
            _remember(self._keypoints, photo.digest, sketch.keypoints, KEYPOINTS)

    def of(self, photo: Photo) -> Sketch:
        """The photo's sketch."""
        load, long_side = partial(self.thumbnails.load, photo.digest), max(photo.width, photo.height)
        with self._lock:
            sketch = self._kept.get(photo.digest) or Sketch(load, long_side, self._keypoints.get(photo.digest))
            _remember(self._kept, photo.digest, sketch, SKETCHES)
        return sketch


def _remember(cache: OrderedDict[str, T], digest: str, value: T, most: int) -> None:
    """Keep the value as the latest, and at most so many in all."""
    cache[digest] = value
    cache.move_to_end(digest)
    if len(cache) > most:
        cache.popitem(last=False)


def _results(
    pairs: Sequence[Pair], sketches: Sketches, bits: int, workers: int, progress: Progress, index: Index
) -> list[PairResult]:
    """The result of each pair, stored or new."""
    key = f"{bits} bits"
    # Metadata affects a pair only through other_shot(), so the pair is compared again if that changes.
    versions = [f"{VERSION}.{compared()} {other:d}" for other in (False, True)]

    def made(pair: Pair) -> str:
        return versions[other_shot(*pair)]

    known = index.pairs(pairs, key, made)
    new = _in_reach([pair for pair in pairs if _digests(pair) not in known])
    done = len(pairs) - len(new)
    progress(Step(STAGE, done, len(pairs), "pair"))
    with one_blas_thread(), ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(new), BATCH_PAIRS):
            some = new[start : start + BATCH_PAIRS]
            # First, so no two threads find keypoints of the same photo.
            list(pool.map(sketches.prepare, {photo.digest: photo for pair in some for photo in pair}.values()))
            for pair, seen in zip(
                some, pool.map(lambda pair: compare_pair(pair[0], pair[1], sketches, bits), some), strict=True
            ):
                known[_digests(pair)] = seen
                index.keep_pair(pair, seen, key, made(pair))
            progress(Step(STAGE, done + start + len(some), len(pairs), "pair"))
    return [known[_digests(pair)] for pair in pairs]


def _digests(pair: Pair) -> tuple[str, str]:
    return pair[0].digest, pair[1].digest


def _in_reach(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs in an order in which connected photos follow each other by time, so their sketches are cached.

    Of many connected photos, pairs between the same two parts follow each other.
    """
    if not pairs:
        return []
    photos = sorted({photo.id: photo for pair in pairs for photo in pair}.values(), key=_when)
    place = {photo.id: i for i, photo in enumerate(photos)}
    ends = np.array([sorted(place[photo.id] for photo in pair) for pair in pairs], dtype=np.int64).reshape(-1, 2)
    group = np.zeros(len(photos), dtype=np.int64)
    for number, members in enumerate(components(len(photos), ends[:, 0], ends[:, 1])):
        group[members] = number
    parts = [ends[:, end] // size for size in PARTS[::-1] for end in (1, 0)]
    order = np.lexsort((ends[:, 1], ends[:, 0], *parts, group[ends[:, 0]]))
    return [pairs[i] for i in order.tolist()]


def _when(photo: Photo) -> tuple[str, str]:
    taken = local_time(photo)
    return taken.isoformat() if taken else "", photo.digest


def compare_pair(a: Photo, b: Photo, sketches: Sketches, bits: int) -> PairResult:
    """Compare one pair by aligning one photo with the other."""
    ours, theirs = sketches.of(a), sketches.of(b)
    other = other_shot(a, b)
    found = align(ours, theirs, mirrored=not other)  # only a copy may be a mirror
    scene = PairResult(found.points, swept=swept(ours, theirs, found)) if found else PairResult(0)
    if other:
        return scene
    if found is None:
        if bits_apart(a.fingerprint, b.fingerprint) > bits or not _same_shape(a, b):
            return scene
        found = as_they_are(ours, theirs)
    seen = agreement(ours, theirs, found)
    if seen is None or (score := sameness(seen, _twins(a, b))) < 50:
        return scene
    noise = grain(sketches.thumbnails.load(a.digest), sketches.thumbnails.load(b.digest), ours, theirs, found)
    if noise is not None and noise < GRAIN - (score - 50) * GRAIN_EASED:
        return scene
    return replace(scene, sameness=score, how=_how(found, seen))


def other_shot(a: Photo, b: Photo) -> bool:
    """Whether the cameras' data says that these are two exposures, or of two cameras."""
    if a.exposure != b.exposure:
        ours, theirs = exposure_parts(a), exposure_parts(b)
        if any(ours[name] != theirs[name] for name in ours.keys() & theirs.keys()):
            return True
    apart = seconds_apart(a, b)
    if apart is None:
        return False
    # A time without a camera was written by a program, and some drop fractions of a second. People who moved a time
    # zone correct clocks by whole quarters of an hour.
    rounded = not (a.taken and b.taken and a.taken.microsecond and b.taken.microsecond)
    return _two_cameras(a, b) or (apart % QUARTER_HOUR != 0 and not (rounded and apart < 1))


def _two_cameras(a: Photo, b: Photo) -> bool:
    return bool(a.camera and b.camera and a.camera != b.camera)


def exposure_parts(photo: Photo) -> Mapping[str, str]:
    """ "1/125 s, f/8, ISO 100" by unit. Some programs strip parts, so a missing one proves nothing."""
    return _by_unit(photo.exposure)


@lru_cache(100_000)
def _by_unit(exposure: str) -> Mapping[str, str]:
    return {part.strip("0123456789/.+- "): part for part in exposure.split(", ") if part}


def sameness(seen: Agreement, twins: bool) -> float:
    """100 without any difference, 50 where one reaches its limit, 0 at twice that and beyond."""
    values = {
        "off": seen.off,
        "slant": seen.slant,
        "uncovered": 1 - seen.covered,
        "detail": 1 - seen.detail,
        "contrast": abs(seen.contrast),
        "shift": abs(seen.shift),
        "sharpness": abs(seen.sharpness),
        "uneven": seen.uneven,
    }
    retoned = values["contrast"] > SAME_TONE[0] or values["shift"] > SAME_TONE[1]
    limits = LIMITS | ({"uneven": EVEN} if retoned else {})
    if twins:
        limits |= EXACT
    return 100 - 50 * min(2.0, max(value / limits[name] for name, value in values.items()))


# Limits for two files of one size and compression, from one camera or program. Encoding a picture again the same way
# changes next to nothing, so any difference means two shots.
EXACT = {"detail": 0.008, "contrast": 0.008, "shift": 0.006, "uneven": 0.06}


def _twins(a: Photo, b: Photo) -> bool:
    return (
        a.format == b.format == "JPEG"
        and (a.width, a.height) == (b.width, b.height)
        and a.quality is not None
        and a.quality == b.quality
    )


def _same_shape(a: Photo, b: Photo) -> bool:
    return abs(a.width * b.height / (a.height * b.width) - 1) < 0.02


def _how(found: Alignment, seen: Agreement) -> str:
    words = [
        kept("mirrored") if found.mirrored else "",
        kept("turned by {turn}°", turn=found.turn) if found.turn else "",
        kept("cropped to {share:.0%}", share=seen.covered) if seen.covered < 0.97 else "",
        kept("in other tones") if abs(seen.contrast) > SAME_TONE[0] or abs(seen.shift) > SAME_TONE[1] else "",
    ]
    agree = kept("{share:.0%} of the detail agree", share=seen.detail)
    if found.points:
        agree = kept("{points} points and {share:.0%} of the detail agree", points=found.points, share=seen.detail)
    return f"{', '.join(filter(None, words)) or kept('whole')}; {agree}"


def same_picture(sketches: Sketches, bits: int) -> Callable[[Photo, Photo], bool]:
    """Whether two photos are one picture, by laying one on the other; `bits` as for compare_pair()."""

    def same(a: Photo, b: Photo) -> bool:
        return compare_pair(a, b, sketches, bits).sameness > 0

    return same
