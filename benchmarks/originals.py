"""Which of two copies is taken for the original: on labelled photos, and on copies made by the edits of edits.py."""

import csv
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.edits import EDITS
from benchmarks.truth import Label, half, load_labels
from unipic.cleanup._signs import SIGNS
from unipic.cleanup.keeper import keeper_first
from unipic.cleanup.result import Cleanup
from unipic.core.photo import Found, Photo
from unipic.core.settings import Limits
from unipic.reading._content import segments
from unipic.reading.read import read_file
from unipic.reading.seen import Picture

JPEG_END, SCAN, APPLICATIONS, COMMENT = 0xD9, 0xDA, range(0xE0, 0xF0), 0xFE
OF_THE_PICTURE = (0xE0, 0xE2, 0xEE)  # JFIF, the colour profile, Adobe's transform
SMALLEST = 240  # pixels of the short side of a base
BASES = 8  # photos of each source and half
# What a base is: a file as the camera wrote it, one with camera data that was made smaller with common tables, one
# without camera data from the start, and the first two without any metadata.
SOURCES = ("camera", "re-encoded", "plain", "stripped")
DECAY, STEPS = 1e-3, 3000  # of the fit


@dataclass(frozen=True)
class Pair:
    """A photo, and a copy that was made of it."""

    source: str  # one of SOURCES, or "labelled"
    kind: str
    half: int
    original: Photo
    copy: Photo

    @property
    def right(self) -> bool:
        return keeper_first(self.original) < keeper_first(self.copy)


def report(folder: Path, photos: Sequence[Photo], cleanup: Cleanup) -> None:
    """The tables of which file stays."""
    labels = load_labels(folder)
    there = list(labelled(folder, labels, photos))
    print("\n### The keeper is the original\n")
    print("| labelled: kind of copy | all | half 1 |\n|---|---:|---:|")
    _table(there, ("labelled",), (None, 1))
    right, sets = _sets(there, cleanup)
    print(f"\nOf {sets} sets of copies that hold an original and a copy made of it, an original stays in {right}.")
    made = list(made_up(folder, labels, photos))
    for number in (0, 1):
        print(f"\n| made up, half {number}: kind of copy | {' | '.join(SOURCES)} |\n|---{'|---:' * len(SOURCES)}|")
        _table([pair for pair in made if pair.half == number], SOURCES, (None,))


def _table(pairs: Sequence[Pair], sources: Sequence[str], halves: Sequence[int | None]) -> None:
    for kind in [*dict.fromkeys(pair.kind for pair in pairs), ""]:
        cells = [
            [p for p in pairs if kind in ("", p.kind) and p.source == source and number in (None, p.half)]
            for source in sources
            for number in halves
        ]
        print(f"| {kind or '**all**'} | {' | '.join(_count(cell) for cell in cells)} |")


def _count(pairs: Sequence[Pair]) -> str:
    return f"{sum(pair.right for pair in pairs)} of {len(pairs)}" if pairs else ""


def _sets(pairs: Iterable[Pair], cleanup: Cleanup) -> tuple[int, int]:
    """Sets of copies in which an original stays, and all that hold one with a copy made of it."""
    made = defaultdict(set)
    for pair in pairs:
        made[pair.copy.name].add(pair.original.name)
    sets: defaultdict[str, list[str]] = defaultdict(list)
    for found in cleanup.lanes:
        sets[found.keeper.name] += [found.keeper.name, *(copy.name for copy in found.copies)]
    known = {keeper: names for keeper, names in sets.items() if any(made[name] & set(names) for name in names)}
    return sum(not made[keeper] for keeper in known), len(known)


def labelled(folder: Path, labels: Sequence[Label], photos: Iterable[Photo]) -> Iterator[Pair]:
    """Labelled photos and the copies made of them; degraded frames are other shots."""
    by_name = {photo.name: photo for photo in photos}
    for label in labels:
        original, copy = by_name.get(label.original), by_name.get(label.file)
        if original and copy and not label.edit.startswith("deg_"):
            yield Pair("labelled", label.edit, half(label), original, copy)


def made_up(folder: Path, labels: Sequence[Label], photos: Iterable[Photo]) -> Iterator[Pair]:
    """Copies by each edit of some labelled photos."""
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as name:
        for source, number, path in _bases(folder, labels, photos):
            data = path.read_bytes()
            if source == "stripped":
                data = stripped(data)
            original = _read(data, "DCIM/IMG_1.JPG", Path(name))
            for kind, edit in EDITS.items():
                if source == "stripped" and edit.exif:  # there is none to keep
                    continue
                copied = edit.name if "/" in edit.name else f"DCIM/{edit.name}"
                yield Pair(source, kind, number, original, _read(edit.of(data), copied, Path(name)))


def _bases(folder: Path, labels: Sequence[Label], photos: Iterable[Photo]) -> Iterator[tuple[str, int, Path]]:
    """(source, half, file) of JPEGs that nothing was made of before, evenly chosen."""
    by_name = {photo.name: photo for photo in photos}
    with open(folder / "groups.csv", newline="", encoding="utf-8") as file:
        kinds = {row["file"]: row["kind"] for row in csv.DictReader(file)}
    found = defaultdict(list)
    for label in labels:
        photo = by_name.get(label.file)
        if not photo or photo.format != "JPEG" or photo.edited or "compressed before" in photo.traces:
            continue
        if label.exact or min(photo.width, photo.height) < SMALLEST or kinds[label.file] == "derived":
            continue
        camera = "settings" in photo.traces
        if kinds[label.file] == "original":
            found["camera" if camera else "plain", half(label)].append(label.file)
        elif camera:
            found["re-encoded", half(label)].append(label.file)
    for (source, number), names in sorted(found.items()):
        for name in names[:: max(1, len(names) // BASES)][:BASES]:
            yield source, number, folder / name
            if source != "plain":
                yield "stripped", number, folder / name


def stripped(jpeg: bytes) -> bytes:
    """The same picture without metadata."""
    kept = [jpeg[:2]]
    for marker, start, end in segments(jpeg):
        if marker == SCAN:
            return b"".join([*kept, jpeg[start:]])
        if marker in OF_THE_PICTURE or marker not in (*APPLICATIONS, COMMENT):
            kept.append(jpeg[start:end])
    raise ValueError("is no whole JPEG")


def _read(data: bytes, name: str, folder: Path) -> Photo:
    path = folder / "one"
    path.write_bytes(data)
    seen = read_file(Found(name, name, str(path), len(data)), Limits())
    assert isinstance(seen, Picture)
    return seen.photo


def fit(folder: Path, photos: Sequence[Photo]) -> None:
    """The weights of cleanup/_signs.py: a logistic regression on half 0, in which every kind of copy counts the same.

    No weight falls below the sign's least, which stands for what copies not made here would show.
    """
    labels = load_labels(folder)
    pairs = [*labelled(folder, labels, photos), *made_up(folder, labels, photos)]
    pairs = [pair for pair in pairs if pair.half == 0 and pair.kind != "exact"]
    x = np.array([_numbers(pair.original) - _numbers(pair.copy) for pair in pairs])
    kinds = [(pair.source, pair.kind) for pair in pairs]
    weight = np.array([1 / kinds.count(kind) for kind in kinds])
    least = np.array([sign.least for sign in SIGNS])
    for sign, value in zip(SIGNS, fitted(x, weight / weight.sum(), least), strict=True):
        print(f"{sign.name:20} {value:.2f} now {sign.weight}")


def fitted(x: np.ndarray, weight: np.ndarray, least: np.ndarray) -> np.ndarray:
    """float64 [K]: weights of numbers [N, K] that should be above 0, none below `least`; `weight` [N] sums to 1."""
    steepest = np.linalg.eigvalsh(x.T @ (x * weight[:, None]))[-1] / 4 + DECAY
    now = before = least
    for i in range(STEPS):  # projected gradient descent with momentum (Nesterov)
        ahead = now + i / (i + 3) * (now - before)
        slope = DECAY * ahead - x.T @ (weight / (1 + np.exp(np.minimum(x @ ahead, 50.0))))
        before, now = now, np.maximum(least, ahead - slope / steepest)
    return now


def _numbers(photo: Photo) -> np.ndarray:
    return np.array([sign.number(photo) for sign in SIGNS])
