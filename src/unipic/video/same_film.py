"""Films that are one film, and films that are part of another: by fingerprints that agree at one time offset."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unipic.core.language import kept
from unipic.core.progress import Progress, Step, silent
from unipic.video.fingerprints import RATE, Fingerprint

STAGE = kept("Comparing films")
BITS = 12  # of 63, up to which two hashes are one picture
COVERAGE = 0.5  # share of the shorter film's pictures that agree
VOTES = 4  # pictures that agree, at least; all of a film that has fewer
SLACK = 0.36  # seconds around the offset: pictures of two films are not taken at the same instants
LENGTHS = 0.95  # ratio of the durations of one film, from which neither contains the other
BETTER = 3.0  # bits by which a mirrored film agrees better as mirrored: symmetric pictures agree both ways
STILL = 6  # bits within which all pictures of a film lie if nothing moves: those of another take would agree as well
PEAKS = 6  # offsets looked at exactly
LONG = 600 * RATE  # pictures of a film that is first compared by one picture a second
CELLS = 1 << 22  # pairs of pictures compared at once: 32 MB
AT_ONCE = 256  # films with which one is compared at once
EVERYWHERE = 0.05  # share of films with the same picture, from which it is an intro or a logo
INTRO = 4  # films, at least, that share an intro
MANY = 2_000  # films from which only those are compared that have pictures in common by the index below
BANDS = 4  # of 16 bits of the hash
BAND_HITS = 3  # equal bands of two films' pictures that make them worth comparing
COMMON = 64  # films with one band value, above which it tells nothing


@dataclass(frozen=True)
class Alike:
    """How alike two films must be."""

    bits: int = BITS
    coverage: float = COVERAGE
    within: bool = True  # also a film that is part of a longer one


@dataclass(frozen=True)
class SameFilm:
    """Two of the films, by place, the longer one first."""

    first: int
    second: int
    offset: float  # seconds into the first at which the second begins
    coverage: float  # share of the second's pictures that agree, 0 to 1
    bits: float  # mean difference of those
    mirrored: bool
    kind: Literal["same", "contains"]


def same_films(
    films: Sequence[Fingerprint],
    seconds: Sequence[float],
    alike: Alike = Alike(),
    progress: Progress = silent,
) -> list[SameFilm]:
    """Every pair that agrees, in order. `seconds`: the durations. Of two that nothing `tells` apart, none agrees."""
    voting = [film.voting for film in films]
    moves = [tells(film) for film in films]
    able = [place for place, film in enumerate(voting) if len(film)]
    pairs = sorted((a, b) for a, b in pairs_of(voting, able) if moves[a] or moves[b])
    shared = [np.zeros(len(film), np.int32) for film in voting]
    longer = [(b, a) if (seconds[a], -a) < (seconds[b], -b) else (a, b) for a, b in pairs]
    found = []
    for one, other in _meeting(voting, longer, alike.bits, progress):
        agreed = agree(voting[other], voting[one], alike)
        if agreed and (moves[other] or agreed.bits <= STILL):  # a still clip agrees with whatever was filmed there
            shared[one] += agreed.long
            shared[other] += agreed.short
            found.append(_named(one, other, agreed, seconds))
    found.sort(key=lambda pair: sorted((pair.first, pair.second)))
    most = max(INTRO, EVERYWHERE * len(films))
    own = [film.only(hits < most) for film, hits in zip(voting, shared, strict=True)]
    return [pair for pair in found if _without_intros(pair, voting, own, alike)]


def tells(film: Fingerprint) -> bool:
    """Whether a film can be compared at all: something is seen in it, and something moves."""
    voting = film.voting
    if not len(voting):
        return False
    usual = (_as_bits(voting.hashes).mean(axis=0) > 0.5)[None]
    return bool((_as_bits(voting.hashes) != usual).sum(axis=1).max() > STILL)


def pairs_of(films: Sequence[Fingerprint], able: Sequence[int], many: int = MANY) -> Iterator[tuple[int, int]]:
    """Pairs worth comparing: all, or above `many` films those with BAND_HITS equal bands of their pictures."""
    if len(able) <= many:
        yield from combinations(able, 2)
        return
    owners = np.concatenate([np.full(2 * len(films[i]), i, np.int64) for i in able])
    hashes = np.concatenate([np.concatenate([films[i].hashes, films[i].mirrored]) for i in able])
    hits = list[NDArray[np.int64]]()
    for band in range(BANDS):
        values = ((hashes >> np.uint64(16 * band)) & np.uint64(0xFFFF)).astype(np.int64)
        hits += _met(np.unique(np.stack([values, owners], axis=1), axis=0))
    met, times = np.unique(np.concatenate(hits), axis=0, return_counts=True) if hits else (np.zeros((0, 2)), ())
    yield from ((int(a), int(b)) for (a, b), number in zip(met, times, strict=True) if number >= BAND_HITS)


def _met(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Pairs of owners with one value, from unique rows (value, owner) in order."""
    edges = np.flatnonzero(np.diff(rows[:, 0])) + 1
    for owners in np.split(rows[:, 1], edges):
        if 1 < len(owners) <= COMMON:
            a, b = np.triu_indices(len(owners), 1)
            yield np.stack([owners[a], owners[b]], axis=1)


def _meeting(
    films: Sequence[Fingerprint], pairs: Sequence[tuple[int, int]], bits: int, progress: Progress
) -> Iterator[tuple[int, int]]:
    """The pairs (longer, shorter) that have any picture in common, by one a second of the shorter.

    Two that agree have most of them in common, so this passes over hardly any, in a tenth of the time.
    """
    others = defaultdict[int, list[int]](list)
    for one, other in pairs:
        others[other].append(one)
    done = 0
    for short, longer in others.items():
        progress(Step(STAGE, done, len(pairs), "pair"))
        hashes = films[short].hashes[::RATE] if len(films[short]) > RATE * VOTES else films[short].hashes
        for start in range(0, len(longer), AT_ONCE):
            some = longer[start : start + AT_ONCE]
            theirs = np.concatenate([part for one in some for part in (films[one].hashes, films[one].mirrored)])
            near = np.zeros(len(theirs), bool)
            for picture in hashes:
                near |= np.bitwise_count(theirs ^ picture) <= bits
            starts = np.cumsum([0, *(2 * len(films[one]) for one in some[:-1])])
            yield from (
                (one, short) for one, met in zip(some, np.logical_or.reduceat(near, starts), strict=True) if met
            )
        done += len(longer)
    progress(Step(STAGE, len(pairs), len(pairs), "pair"))


@dataclass(frozen=True, eq=False)
class Agreed:
    """How two films agree; `short` and `long` say which of their pictures do."""

    offset: float
    coverage: float
    bits: float
    mirrored: bool
    short: NDArray[np.bool_]
    long: NDArray[np.bool_]


def agree(short: Fingerprint, long: Fingerprint, alike: Alike = Alike()) -> Agreed | None:
    """The offset at which most pictures of the shorter film lie in the longer one; None if too few do.

    Both have voting pictures only.
    """
    if len(short) == 0 or len(long) == 0:
        return None
    plain = _aligned(short, long, long.hashes, alike)
    back = _aligned(short, long, long.mirrored, alike)
    if back and (not plain or back.bits + BETTER <= plain.bits):
        at = _hits(short, long, long.hashes, 64, back.offset)
        if at is None or back.bits + BETTER <= at.bits:
            return replace(back, mirrored=True)
    return plain


def _aligned(short: Fingerprint, long: Fingerprint, hashes: NDArray[np.uint64], alike: Alike) -> Agreed | None:
    rough = short.only(np.arange(len(short)) % RATE == 0) if len(long) > LONG and len(short) > RATE * VOTES else short
    enough = max(min(VOTES, len(short)), alike.coverage * len(short))
    offsets = _offsets(rough, long, hashes, alike.bits)
    found = (_hits(short, long, hashes, alike.bits, offset) for offset in offsets)
    good = [one for one in found if one and one.short.sum() >= enough]
    return max(good, key=lambda one: (round(one.coverage, 3), -one.bits), default=None)


def _offsets(short: Fingerprint, long: Fingerprint, hashes: NDArray[np.uint64], bits: int) -> list[float]:
    """Offsets at which most pictures meet, the best first."""
    differences = list[NDArray[np.float32]]()
    step = max(1, CELLS // len(long))
    for start in range(0, len(short), step):
        near = np.bitwise_count(short.hashes[start : start + step, None] ^ hashes[None]) <= bits
        here, there = np.nonzero(near)
        differences.append(long.times[there] - short.times[start + here])
    found = np.concatenate(differences)
    if not len(found):
        return []
    bins = np.round(found * RATE).astype(np.int64)
    counts = np.bincount(bins - bins.min(), minlength=3)
    around = np.convolve(counts, [1, 1, 1], "same")
    best = np.argsort(-around, kind="stable")[:PEAKS]
    return [float(np.median(found[np.abs(bins - bins.min() - one) <= 1])) for one in best if around[one]]


def _hits(short: Fingerprint, long: Fingerprint, hashes: NDArray[np.uint64], bits: int, offset: float) -> Agreed | None:
    """Which pictures agree at an offset, give or take SLACK."""
    first = np.searchsorted(long.times, short.times + offset - SLACK)
    last = np.searchsorted(long.times, short.times + offset + SLACK, "right")
    width = int((last - first).max(initial=0))
    if not width:
        return None
    place = first[:, None] + np.arange(width)
    inside = place < last[:, None]
    apart = np.bitwise_count(short.hashes[:, None] ^ hashes[np.minimum(place, len(hashes) - 1)])
    apart = np.where(inside, apart, 64)
    least = apart.min(axis=1)
    agrees = least <= bits
    if not agrees.any():
        return None
    there = np.zeros(len(long), bool)
    there[place[(apart <= bits) & inside]] = True
    return Agreed(offset, float(agrees.mean()), float(least[agrees].mean()), False, agrees, there)


def _named(one: int, other: int, agreed: Agreed, seconds: Sequence[float]) -> SameFilm:
    whole = seconds[other] >= LENGTHS * seconds[one] and abs(agreed.offset) <= 2 * SLACK
    kind: Literal["same", "contains"] = "same" if whole else "contains"
    return SameFilm(one, other, agreed.offset, agreed.coverage, agreed.bits, agreed.mirrored, kind)


def _without_intros(pair: SameFilm, films: Sequence[Fingerprint], own: Sequence[Fingerprint], alike: Alike) -> bool:
    """Whether two films agree by what few films have; where there is nothing like that, by all they have."""
    short, long = own[pair.second], own[pair.first]
    if len(short) < VOTES or len(short) == len(films[pair.second]):
        return True
    at = (
        _hits(short, long, long.mirrored if pair.mirrored else long.hashes, alike.bits, pair.offset)
        if len(long)
        else None
    )
    return at is not None and at.coverage >= alike.coverage


def _as_bits(hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """[N] -> [N, 64]."""
    return np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
