"""The fingerprint of a film: a perceptual hash of four pictures a second, and of what they would be mirrored.

It survives other sizes, codecs, frame rates, colours, small logos, cropping by a few percent and bars, and costs 17
bytes a picture. The hash is pHash's idea: signs of the lowest frequencies (DCT) of a grey picture against their median.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

VERSION = 1  # raised when a film gets another fingerprint
RATE = 4  # pictures a second
SIDE = 64  # pixels: the grey square each picture is made, before bars are cut off
BLOCK = 600 * RATE  # pictures hashed at once: ten minutes, 10 MB. Bars are found anew in each block
BAR = 20  # of 255: rows and columns of bars are as dark; black is 16 in most films, and night scenes begin at 24
BAR_SHARE = 60  # percent of a row's pixels, over the block, that are as dark in a bar: subtitles may lie in it
LEAST = SIDE // 4  # pixels that are left between bars; with less the film is dark, not barred
FLAT = 6.0  # standard deviation, of 255, below which a picture shows nothing and has no vote
LOW = 8  # lowest frequencies in each direction; without the mean 63 bits
BITS = LOW * LOW - 1

Grey = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """Pictures of a film in order of time."""

    times: NDArray[np.float32]  # [N], seconds
    hashes: NDArray[np.uint64]  # [N], 63 bits
    mirrored: NDArray[np.uint64]  # [N], of the same picture from behind
    votes: NDArray[np.bool_]  # [N], False for flat pictures

    def __len__(self) -> int:
        return len(self.times)

    @property
    def voting(self) -> Fingerprint:
        """The pictures that say something."""
        return self.only(self.votes)

    def only(self, wanted: NDArray[np.bool_]) -> Fingerprint:
        """Some of the pictures."""
        return Fingerprint(self.times[wanted], self.hashes[wanted], self.mirrored[wanted], self.votes[wanted])

    def packed(self) -> bytes:
        """As bytes, for the index."""
        return b"".join((one.astype(kind).tobytes()) for one, kind in zip((*vars(self).values(),), KINDS, strict=True))


KINDS = ("<f4", "<u8", "<u8", "u1")  # of a Fingerprint's arrays, in its order
EACH = sum(np.dtype(kind).itemsize for kind in KINDS)  # bytes a picture


def unpacked(data: bytes) -> Fingerprint:
    """Inverse of Fingerprint.packed. ValueError for other bytes."""
    number, rest = divmod(len(data), EACH)
    if rest:
        raise ValueError(f"{len(data)} bytes are no fingerprint")
    arrays, start = [], 0
    for kind in KINDS:
        arrays.append(np.frombuffer(data, kind, number, start))
        start += number * np.dtype(kind).itemsize
    times, hashes, mirrored, votes = arrays
    return Fingerprint(times, hashes, mirrored, votes.astype(bool))


def fingerprint(pictures: Iterable[tuple[float, Grey]]) -> Fingerprint:
    """Of (seconds, uint8 [SIDE, SIDE]) in order of time. Memory does not grow with the film but by its fingerprint."""
    parts = [_hashed(times, greys) for times, greys in _blocks(pictures)]
    if not parts:
        return unpacked(b"")
    arrays = zip(*(vars(part).values() for part in parts), strict=True)
    return Fingerprint(*(np.concatenate(each) for each in arrays))


def _blocks(pictures: Iterable[tuple[float, Grey]]) -> Iterator[tuple[list[float], list[Grey]]]:
    times, greys = list[float](), list[Grey]()
    for time, grey in pictures:
        times.append(time)
        greys.append(grey)
        if len(times) == BLOCK:
            yield times, greys
            times, greys = [], []
    if times:
        yield times, greys


def _hashed(times: list[float], greys: list[Grey]) -> Fingerprint:
    film = np.stack(greys)
    inside = _without_bars(film).astype(np.float32)
    down, across = _frequencies(inside.shape[1]), _frequencies(inside.shape[2])
    waves = (down @ inside @ across.T).astype(np.float32)
    # A mirrored picture has the same waves, of which those with an odd number of half periods across change sign.
    back = (waves * np.tile([1, -1], LOW // 2)).astype(np.float32)
    votes = inside.std(axis=(1, 2)) >= FLAT
    return Fingerprint(np.array(times, np.float32), _bits(waves), _bits(back), votes)


def _without_bars(film: Grey) -> Grey:
    """[N, H, W] without bars at the sides, then without those above and below, which are told by what is between."""
    for axes in ((0, 1), (0, 2), (0, 1)):
        dark = np.percentile(film, BAR_SHARE, axis=axes) <= BAR
        inside = np.flatnonzero(~dark)
        if len(inside) and inside[-1] - inside[0] + 1 >= LEAST:
            film = np.take(film, range(inside[0], inside[-1] + 1), axis=3 - axes[1])
    return film


@cache
def _frequencies(length: int) -> NDArray[np.float32]:
    """[LOW, length]: the lowest waves of a DCT-II."""
    at = (np.arange(length) + 0.5) / length
    waves: NDArray[np.float32] = (np.cos(np.pi * np.arange(LOW)[:, None] * at) / length).astype(np.float32)
    return waves


def _bits(waves: NDArray[np.float32]) -> NDArray[np.uint64]:
    """[N, LOW, LOW] -> [N]: whether each wave is above the median; the mean brightness is left out."""
    values = waves.reshape(len(waves), LOW * LOW)[:, 1:]
    above = values > np.median(values, axis=1, keepdims=True)
    return np.packbits(np.pad(above, ((0, 0), (1, 0))), axis=1).view(">u8").astype(np.uint64)[:, 0]
