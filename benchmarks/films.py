"""Copies of films: which are found, by kind of copy, and what is found wrongly. Films given and films made."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from tests.helpers.filmed import KINDS, RATE, copy_of, pictures, walk, write_film

from unipic.core.settings import PROJECT
from unipic.video.decode import Decoder
from unipic.video.film import probe
from unipic.video.fingerprints import RATE as VOTES_A_SECOND, SIDE, Fingerprint, fingerprint
from unipic.video.packets import coded
from unipic.video.same_film import same_films

GIVEN = PROJECT / "../shared/photos/video"
STILL = "still_5s.mp4"  # nothing moves: it is not compared
WALKS, PIECES, SIBLINGS, PHOTOS = 6, 5, 6, 6
SECONDS_EACH = 2.0  # of a photo in a slideshow


@dataclass(frozen=True)
class Copy:
    """A film of the benchmark; `original` is the same for all copies of one film."""

    original: str
    kind: str  # "" for the original itself
    seconds: float
    pictures: str  # the digest of the coded pictures
    fingerprint: Fingerprint


def run(number: int = 0) -> None:
    """Make every kind of copy of every film, compare all pairs, and print precision and recall."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        films = list(_films(Path(folder)))
        print(f"{len(films)} films made and read in {time.process_time() - started:.0f} s of processor time")
        _compared(films)


def _compared(films: list[Copy]) -> None:
    started = time.perf_counter()
    found = same_films([one.fingerprint for one in films], [one.seconds for one in films])
    took = time.perf_counter() - started
    pairs = len(films) * (len(films) - 1) // 2
    met = {frozenset((one.first, one.second)) for one in found}
    met |= {frozenset(two) for two in combinations(range(len(films)), 2) if _coded_alike(films, *two)}
    right = {two for two in met if len({films[i].original for i in two}) == 1}
    truth = defaultdict[str, list[frozenset[int]]](list)
    places = {one.original: place for place, one in enumerate(films) if not one.kind}
    for place, one in enumerate(films):
        if one.kind:
            truth[one.kind].append(frozenset((place, places[one.original])))
    same = sum(a.original == b.original for a, b in combinations(films, 2))
    print(f"{pairs:,} pairs in {took:.1f} s ({pairs / took:,.0f} a second)")
    print(f"precision {len(right) / max(1, len(met)):.4f} ({len(met - right)} of {len(met):,} wrong)")
    print(f"recall of all pairs of copies {len(right) / same:.3f}\n\nof a copy with its original:")
    for kind in KINDS:
        print(f"  {kind:<32}{sum(two in met for two in truth[kind]):>3} of {len(truth[kind])}")
    missed = [(films[max(two)].original, kind) for kind in KINDS for two in truth[kind] if two not in met]
    print("missed:", "; ".join(f"{name} ({kind})" for name, kind in missed) or "none")
    wrong = sorted({tuple(sorted(films[i].original for i in two)) for two in met - right})
    print("wrong:", "; ".join(" = ".join(two) for two in wrong) or "none")


def _coded_alike(films: list[Copy], a: int, b: int) -> bool:
    return bool(films[a].pictures) and films[a].pictures == films[b].pictures


def _films(folder: Path) -> Iterator[Copy]:
    for original in _originals(folder):
        frames, rate = pictures(original), probe(original).fps
        yield _read(original, original.name, "")
        for number, kind in enumerate(KINDS):
            made = copy_of(original, kind, folder / "copies" / f"{original.stem} {number}", rate, frames)
            yield _read(made, original.name, kind)
            made.unlink()


def _read(path: Path, original: str, kind: str) -> Copy:
    shown = Decoder(path, every=1 / VOTES_A_SECOND)
    found = fingerprint((one.seconds, one.planes(SIDE, SIDE)[0]) for one in shown)
    return Copy(original, kind, probe(path).seconds, coded(str(path))[0], found)


def _originals(folder: Path) -> Iterator[Path]:
    """Films given, if they are there; walks over made-up places; pieces of one walk; slideshows of the same photos."""
    given = sorted(GIVEN.rglob("*.*")) if GIVEN.is_dir() else []
    yield from (path for path in given if path.suffix in (".mp4", ".mov", ".avi") and path.name != STILL)
    for seed in range(WALKS):
        yield write_film(folder / f"walk {seed}.mp4", walk(seed, 6.0))
    way = list(walk(99, 6.0 * PIECES))
    for piece in range(PIECES):
        some = way[piece * len(way) // PIECES : (piece + 1) * len(way) // PIECES]
        yield write_film(folder / f"piece {piece}.mp4", some)
    for sibling in range(SIBLINGS):
        yield write_film(folder / f"slideshow {sibling}.mp4", _slideshow(sibling))


def _slideshow(sibling: int) -> Iterator[np.ndarray]:
    """The same photos as every sibling shows, in another order: at no offset do two siblings share more than one."""
    for place in range(1, PHOTOS + 1):
        photo = (sibling + 1) * place % (PHOTOS + 1)  # multiples modulo a prime
        yield from walk(1000 * photo, SECONDS_EACH, rate=RATE, way=sibling)
