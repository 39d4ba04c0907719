"""What a cosine of each encoder is worth: its calibration fitted again on one half of the photos, and how well the
similarity people see agrees with the truth on the other.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.encoders import SETTINGS, Seen, candidates, judged, seen_by_each
from benchmarks.truth import PHOTOS, Label, half, level, load_labels
from unipic.cleanup.compare import PairResult, Sketches, compare_pair
from unipic.cleanup.likeness import percent, points_evidence, time_evidence
from unipic.core.machine import cores
from unipic.core.photo import Photo
from unipic.vision.base import Calibration

BINS = (0, 5, 20, 40, 60, 80, 90, 95, 99, 100.0001)
ROUNDS, CLOSE = 10, 1e-4
Results = dict[tuple[str, str], PairResult]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Of pairs that count one way or the other; all arrays [P]."""

    cosine: np.ndarray
    rest: np.ndarray  # log-odds of points and time
    sameness: np.ndarray
    right: np.ndarray  # one moment or one picture

    def similarity(self, calibration: Calibration) -> np.ndarray:
        odds = calibration.odds(self.cosine) + self.rest
        return np.where(self.sameness >= 50, 100.0, percent(odds))


def run(_: int = 0) -> None:
    folder = PHOTOS / "gallery_dev"
    if not folder.is_dir():
        print(f"calibrate: skipped, there are no labelled photos at {folder}")
        return
    labels = load_labels(folder)
    known: Results = {}  # geometry asks no encoder
    rows = []
    print("## Calibration\n")
    print("| encoder | fitted: middle | slope | in the code: middle | slope |")
    print("|---|---:|---:|---:|---:|")
    for seen in seen_by_each(folder):
        judge = Judge(seen, labels, known)
        fitted, now = judge.fitted(), seen.tools.encoder.calibration
        held_back = judge.evidence(now)[1]
        label = seen.tools.encoder.label
        print(f"| {label} | {fitted.middle:.3f} | {fitted.slope:.1f} | {now.middle} | {now.slope} |", flush=True)
        rows.append(f"| {label} | " + " | ".join(_reliability(held_back.similarity(now), held_back.right)) + " |")
    print("\nOf the pairs of the other half by the similarity in the code, the share that are one moment:\n")
    print("| encoder | " + " | ".join(f"{low} to {high:.0f}" for low, high in pairwise(BINS)) + " |")
    print("|---|" + "---:|" * (len(BINS) - 1))
    print("\n".join(rows) + "\n")


class Judge:
    """The pairs that one encoder leads to. `known` grows: geometry asks no encoder."""

    def __init__(self, seen: Seen, labels: list[Label], known: Results) -> None:
        self.seen, self.known = seen, known
        self.labels = {label.file: label for label in labels}
        self.sketches = Sketches(seen.tools.thumbnails)

    def fitted(self) -> Calibration:
        """On one half; from the cosine alone, and again until the pairs that a calibration leads to confirm it.

        Nothing of what is in the code goes into it.
        """
        cosine, right = judged(self.seen.embeddings, [label for label in self.labels.values() if half(label) == 0])
        found = fit(cosine, np.zeros_like(cosine), right)
        for _ in range(ROUNDS):
            chosen = self.evidence(found)[0]
            before, found = found, fit(chosen.cosine, chosen.rest, chosen.right)
            if abs(found.middle - before.middle) < CLOSE:
                break
        return found

    def evidence(self, calibration: Calibration) -> tuple[Evidence, Evidence]:
        """Of either half."""
        found = candidates(self.seen, calibration)
        photos = found.embeddings.photos
        pairs = [(photos[a], photos[b]) for a, b in zip(found.first, found.second, strict=True)]
        self._compare([(a, b) for a, b in pairs if (a.id, b.id) not in self.known])
        rows: list[list[tuple[float, float, float, bool]]] = [[], []]
        for (a, b), cosine in zip(pairs, found.cosine.tolist(), strict=True):
            ours, theirs = self.labels[a.name], self.labels[b.name]
            if half(ours) == half(theirs) and level(ours, theirs) not in ("exact", "open"):
                laid = self.known[a.id, b.id]
                rest = float(points_evidence(np.array([laid.points]))[0]) + float(
                    time_evidence((a, b), np.array([0]), np.array([1]))[0]
                )
                rows[half(ours)].append((cosine, rest, laid.sameness, level(ours, theirs) != "different"))
        first, second = (Evidence(*(np.array(part) for part in zip(*some, strict=True))) for some in rows)
        return first, second

    def _compare(self, pairs: list[tuple[Photo, Photo]]) -> None:
        with ThreadPoolExecutor(cores()) as pool:
            bits = SETTINGS.comparing.near_bits
            results = pool.map(lambda pair: compare_pair(pair[0], pair[1], self.sketches, bits), pairs)
            self.known.update({(a.id, b.id): found for (a, b), found in zip(pairs, results, strict=True)})


def fit(cosine: np.ndarray, rest: np.ndarray, right: np.ndarray, steps: int = 50) -> Calibration:
    """Logistic regression of the truth on the cosine, the other log-odds given: Newton's method."""
    columns = np.stack([cosine, np.ones_like(cosine)], axis=1)
    weights = np.zeros(2)
    for _ in range(steps):
        chance = percent(columns @ weights + rest) / 100
        curve = columns.T @ (columns * (chance * (1 - chance))[:, None]) + 1e-9 * np.eye(2)
        weights += np.clip(np.linalg.solve(curve, columns.T @ (right - chance)), -20, 20)
    slope, start = weights.tolist()
    return Calibration(middle=-start / slope, slope=slope)


def _reliability(similarity: np.ndarray, right: np.ndarray) -> list[str]:
    """Right of all in each bin."""
    inside = [(similarity >= low) & (similarity < high) for low, high in pairwise(BINS)]
    return [f"{right[some].sum()} of {some.sum()}" for some in inside]
