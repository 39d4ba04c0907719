"""Finding the pairs of a large library from its stored embeddings: time, memory, and what the index misses.

python -m benchmarks pairs --photos 20000      one size, the exact search beside the index

The embeddings are made up, since nobody here has a million photos, in 576 dimensions as 5,514 real ones lie there to
our encoder: their common mean (length 0.437), the share of their variance in the first dimensions (SPREAD), the cosines
of two of them (0.184 in the middle; 90, 99 and 99.9 in 100 are below 0.332, 0.470 and 0.583, of the made-up ones below
0.344, 0.465 and 0.567), and how hard the pairs are to find: with 12 probes of 297 cells 0.956 of the real ones between
0.57 and 0.6 and 0.985 between 0.6 and 0.648, of the made-up ones 0.958 and 0.985. Each is a mixture of 4 of 600 kinds,
of which few are common. Each tenth shot is a burst of 2 to 40 frames with cosines of 0.8 to 0.99. Rounded to float16,
as they are stored.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from unipic.cleanup import _neighbours as search
from unipic.cleanup._near import near_duplicates
from unipic.cleanup.clusters import clusters
from unipic.cleanup.compare import WORTH_A_LOOK
from unipic.cleanup.likeness import Likeness, percent
from unipic.core.embeddings import Embeddings
from unipic.core.grouping import GROUPINGS
from unipic.core.photo import Measures, Photo
from unipic.vision.mobilenet import DIMENSIONS, UnipicEncoder

# Share of the variance in so many of the first dimensions.
SPREAD = ((1, 5, 10, 20, 50, 100, 200, 300, 400, 576), (0.041, 0.172, 0.303, 0.487, 0.752, 0.868, 0.94, 0.97, 0.986, 1))
MEAN = 0.437
KINDS, KINDS_WITHIN = (60, 0.3), (600, 0.25)  # how many, and their share of the variance
MIXED, UNEVEN = (
    4,
    0.5,
)  # of so many kinds a scene is made, by shares from a Dirichlet distribution of this concentration
LENGTHS = 0.1  # by which the rest of a scene, its own, is more or less, as the logarithm
BURSTS, FRAMES, ALIKE = 0.1, (2, 40), (0.8, 0.99)
EXACT, INDEX, WHOLE = (10_000, 50_000, 100_000), (100_000, 200_000, 400_000), 100_000
DENSE = (10_000, 50_000)
LOOKED_UP = 2000  # photos whose exact neighbours the index is held against
LOOP, MATRIX = 2000, 10_000
MEMORY = 2_000_000_000  # bytes at most for 100,000 photos

WORTH = UnipicEncoder.calibration
LIKELY, LEAST = WORTH.middle, WORTH.cosine(WORTH_A_LOOK)
Figures = dict[str, Any]


def run(photos: int = 0) -> None:
    print("## Pairs from stored embeddings\n")
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as name:
        exact = _table("exact", (photos,) if photos else EXACT, Path(name))
        index = _table("index", (photos,) if photos else INDEX, Path(name))
        _table("time-lapse", (photos,) if photos else DENSE, Path(name))
        whole = _measured("whole", photos or WHOLE, Path(name))
        print(f"\nFrom embeddings to groups, {whole['photos']:,} photos, {whole['pairs']:,} pairs:")
        print(", ".join(f"{step} {seconds:.1f} s" for step, seconds in whole["steps"].items()), end="; ")
        print(f"peak {whole['peak'] / 1e6:.0f} MB, {'below' if whole['peak'] < MEMORY else 'ABOVE'} 2,000.\n")
        _plain_ways(Path(name), exact)
    if len(index) > 2:
        _million(index)


def _table(way: str, sizes: tuple[int, ...], folder: Path) -> list[Figures]:
    print(f"\n| {way}, photos | pairs | seconds | CPU seconds | peak MB | of the exact pairs |", flush=True)
    print("|---:|---:|---:|---:|---:|---:|")
    found = []
    for size in sizes:
        one = _measured(way, size, folder)
        recall = f"{one['recall']:.5f}" if "recall" in one else "all"
        print(
            f"| {size:,} | {one['pairs']:,} | {one['seconds']:.1f} | {one['cpu']:.1f} | {one['peak'] / 1e6:.0f} "
            f"| {recall} |",
            flush=True,
        )
        found.append(one)
    return found


def _measured(way: str, photos: int, folder: Path) -> Figures:
    """In a process of its own, for its peak of memory."""
    path = folder / f"{'lapse' if way == 'time-lapse' else 'library'}-{photos}.npy"
    if not path.exists():
        np.save(path, time_lapse(photos) if way == "time-lapse" else library(photos))
    command = [sys.executable, "-m", "benchmarks.pairs", way, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1])
    return {**json.loads(done.stdout), "photos": photos}


def library(photos: int, seed: int = 0, in_order: bool = False) -> np.ndarray:
    """float16 [N, 576] of length 1. `in_order`: the frames of a burst follow each other."""
    rng = np.random.default_rng(seed)
    share = np.diff(np.interp(np.log(np.arange(1, DIMENSIONS + 1)), np.log(SPREAD[0]), SPREAD[1]), prepend=0)
    width = np.sqrt(np.sort(share)[::-1] * (1 - MEAN**2)).astype(np.float32)

    def drawn(amount: int, part: float = 1.0) -> np.ndarray:
        return rng.standard_normal((amount, DIMENSIONS), np.float32) * (width * np.float32(np.sqrt(part)))

    mean = rng.standard_normal(DIMENSIONS, np.float32)
    kinds = drawn(*KINDS)[rng.integers(KINDS[0], size=KINDS_WITHIN[0])] + drawn(*KINDS_WITHIN)
    often = 1 / np.sqrt(np.arange(1, len(kinds) + 1))
    shots = np.where(rng.random(photos) < BURSTS, rng.integers(FRAMES[0], FRAMES[1] + 1, photos), 1)
    shot = np.repeat(np.arange(photos), shots)[:photos]
    shot = shot if in_order else rng.permutation(shot)
    amount, alike = int(shot.max()) + 1, rng.uniform(*ALIKE, photos).astype(np.float32)
    own = np.exp(LENGTHS * rng.standard_normal((amount, 1), np.float32))
    scenes = own * drawn(amount, 1 - KINDS[1] - KINDS_WITHIN[1]) + MEAN * _unit(mean[None])
    for share_of in rng.dirichlet([UNEVEN] * MIXED, amount).astype(np.float32).T:
        scenes += np.sqrt(share_of)[:, None] * kinds[rng.choice(len(kinds), amount, p=often / often.sum())]
    scenes = _unit(scenes)
    vectors = np.empty((photos, DIMENSIONS), np.float16)
    for start in range(0, photos, 10_000):
        some = shot[start : start + 10_000]
        same = alike[some, None]
        vectors[start : start + 10_000] = _unit(
            np.sqrt(same) * scenes[some] + np.sqrt(1 - same) * _unit(drawn(len(some)))
        )
    return vectors


def time_lapse(photos: int, seed: int = 0) -> np.ndarray:
    """float16 [N, 576]: a camera that stands still, so that everything is like everything: cosines about 0.999."""
    rng = np.random.default_rng(seed)
    scene = rng.standard_normal(DIMENSIONS, np.float32)
    return np.concatenate(
        [
            _unit(scene + 0.03 * rng.standard_normal((min(10_000, photos - start), DIMENSIONS), np.float32))
            for start in range(0, photos, 10_000)
        ]
    ).astype(np.float16)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def records(photos: int) -> tuple[Photo, ...]:
    """As a camera's, each with strings of its own, since they are most of what a record takes."""
    rng = np.random.default_rng(0)
    numbers = rng.random((photos, 4)).tolist()
    begun = datetime(2020, 1, 1)
    return tuple(
        Photo(
            id=hashlib.sha256(f"{i}".encode()).hexdigest()[:20],
            name=f"2020 Holidays/IMG_{i:06}.JPG",
            path=f"/pictures/2020 Holidays/IMG_{i:06}.JPG",
            digest=hashlib.sha256(b"%d" % i).hexdigest(),
            size=3_000_000 + i,
            width=4000,
            height=3000,
            format="JPEG",
            fingerprint=hashlib.sha256(b"f%d" % i).hexdigest(),
            measures=Measures(*numbers[i]),
            comparable=True,
            taken=begun + timedelta(seconds=40 * i),
            camera="Canon EOS 5D",
            quality=92,
            exposure=f"1/{i % 500 + 10} s, f/8, ISO 100",
            content=hashlib.sha256(b"c%d" % i).hexdigest(),
        )
        for i in range(photos)
    )


# In the process that is measured


def _work(way: str, path: Path) -> Figures:
    stored = np.load(path)
    if way in ("loop", "matrix"):
        return _timed(WAYS[way], stored.astype(np.float32))
    embeddings = Embeddings(records(len(stored)), stored.astype(np.float32))
    del stored
    return _timed(WAYS[way], embeddings)


def _timed(work: Callable[[Any], Figures], given: Any) -> Figures:
    Path("/proc/self/clear_refs").write_text("5")  # the peak from here on
    begun, cpu = time.perf_counter(), time.process_time()
    found = work(given)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    after = found.pop("after", dict)
    return {"seconds": seconds, "cpu": cpu, "peak": peak, **found, **after()}


def _exact(embeddings: Embeddings) -> Figures:
    search.EXACT_UP_TO = len(embeddings.photos)
    return {"pairs": len(search.neighbours(embeddings, LIKELY, LEAST)[0])}


def _index(embeddings: Embeddings) -> Figures:
    search.EXACT_UP_TO = 0
    first, second, _ = search.neighbours(embeddings, LIKELY, LEAST)
    return {"pairs": len(first), "after": lambda: {"recall": _recall(embeddings.vectors, first, second)}}


def _recall(vectors: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Share of the pairs that are there between some photos and their nearest, by looking at all others in float64."""
    n = len(vectors)
    pairs = first * n + second
    some = np.sort(np.random.default_rng(1).choice(n, min(n, LOOKED_UP), replace=False))
    found = there = 0
    for start in range(0, len(some), 250):
        rows = some[start : start + 250]
        wide = vectors[rows].astype(np.float64)
        parts = [wide @ vectors[i : i + 8192].astype(np.float64).T for i in range(0, n, 8192)]
        like = np.concatenate(parts, axis=1)
        like[np.arange(len(rows)), rows] = -1
        nearest = np.argsort(-like, axis=1, kind="stable")[:, : search.MAX_NEIGHBOURS]
        value, place = np.take_along_axis(like, nearest, axis=1), np.arange(nearest.shape[1])
        row, column = np.nonzero((value >= LIKELY) | ((value >= LEAST) & (place < search.MAX_UNLIKELY)))
        a, b = rows[row], nearest[row, column]
        found += int(np.isin(np.minimum(a, b) * n + np.maximum(a, b), pairs).sum())
        there += len(a)
    return found / there


def _whole(embeddings: Embeddings) -> Figures:
    """As the pipeline does from there, with sameness made up: what geometry says of a pair cannot be known here."""
    steps = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        done = work()
        steps[name] = time.perf_counter() - begun
        return done

    first, second, cosine = timed("pairs", lambda: search.neighbours(embeddings, LIKELY, LEAST))
    similarity, same = percent(WORTH.odds(cosine)), np.where(cosine > 0.98, 80.0, 0.0)
    likeness = Likeness(embeddings.photos, first, second, similarity, same)
    copies = timed("copies", lambda: near_duplicates(likeness, 50))
    aside = {copy.id for found in copies for copy in found.copies}
    shots = timed("without copies", lambda: likeness.of(p for p in likeness.photos if p.id not in aside))
    for grouping in GROUPINGS:
        groups = timed(f"groups ({grouping})", partial(clusters, shots, 90, None, grouping))
    timed("looked up", lambda: [shots.similar(group[0], one) for group in groups for one in group])
    return {"pairs": len(first), "steps": steps}


def _loop(vectors: np.ndarray) -> Figures:
    """Each two photos, one after the other."""
    found = [
        (i, j)
        for i in range(len(vectors))
        for j in range(i + 1, len(vectors))
        if float(np.dot(vectors[i], vectors[j])) >= LEAST
    ]
    return {"pairs": len(found)}


def _matrix(vectors: np.ndarray) -> Figures:
    """All cosines at once, n x n."""
    like = vectors @ vectors.T
    return {"pairs": len(np.nonzero(np.triu(like >= LEAST, 1))[0])}


WAYS: dict[str, Callable[[Any], Figures]] = {
    "exact": _exact,
    "time-lapse": _exact,
    "index": _index,
    "whole": _whole,
    "loop": _loop,
    "matrix": _matrix,
}


def _plain_ways(folder: Path, exact: list[Figures]) -> None:
    """What they take is reckoned to the size of the exact search that is nearest."""
    for way, size, words in (
        ("loop", LOOP, "A loop over all pairs in Python"),
        ("matrix", MATRIX, "One n x n matrix in numpy"),
    ):
        one, ours = _measured(way, size, folder), exact[0]
        photos = ours["photos"]
        print(f"{words}: {size:,} photos in {one['cpu']:.1f} CPU seconds, peak {one['peak'] / 1e6:.0f} MB.", end=" ")
        if way == "loop":
            scaled = one["cpu"] * (photos / size) ** 2
            print(f"At {photos:,} photos that is {scaled / ours['cpu']:.0f} times the exact search, by reckoning.")
        else:
            most = one["peak"] / 1e9 * (100_000 / size) ** 2
            print(f"It grows with the square: {most:.0f} GB at 100,000, by reckoning.")


def _million(index: list[Figures]) -> None:
    """A line through the logarithms of what was measured: an estimate, and said to be one."""
    sizes = np.log(INDEX)
    print()
    for name, words, scale in (("cpu", "CPU seconds", 1), ("peak", "GB", 1e9)):
        power, start = np.polyfit(sizes, np.log([one[name] / scale for one in index]), 1)
        million = np.exp(start + power * np.log(1e6))
        print(f"{words} grow with the power {power:.2f}: for 1,000,000 photos an estimated {million:.0f}.")


if __name__ == "__main__":
    print(json.dumps(_work(sys.argv[1], Path(sys.argv[2]))))
