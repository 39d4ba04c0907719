"""The built-in ranking on series with a known best shot, beside sharpness alone and chance; and how it is fitted.

python -m benchmarks quality     reports on one half of the photos
python -m benchmarks.ranking     fits the weights and their doubt on the other half, and prints both
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.series import CUT_OFF, KINDS, half_of, key_of, make, originals, with_people
from benchmarks.truth import PHOTOS
from unipic.cleanup.criteria import MEASURED, WEIGHTS
from unipic.cleanup.rank import shortfalls
from unipic.cleanup.result import CLEAR
from unipic.core.photo import Measures, Photo
from unipic.core.settings import Limits
from unipic.reading._measures import WORKING, measure
from unipic.reading.images import decode

DETECTOR = PHOTOS.parent / "weights" / "yunet" / "face_detection_yunet_2023mar.onnx"
LABELS = {
    "deg_defocus": "out of focus",
    "deg_motion": "shaken",
    "deg_dark": "too dark",
    "deg_noise": "noisy",
    "deg_tilt": "tilted",
}
REAL = {"_F.": "out of focus", "_M.": "shaken"}  # how the three series taken so on purpose name their shots
FOLDS = 5
BINS = ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01))
DECAY = 0.002  # keeps weights of criteria that say the same together
STEPS = 3000


@dataclass(frozen=True)
class Shot:
    measures: Measures
    laplacian: float  # variance: sharpness alone


@dataclass(frozen=True)
class Question:
    """Which of these is best? The good one; of the others it is known what is wrong, and how much from 0 to 2."""

    photo: str
    key: str  # of its family
    good: Shot
    bad: tuple[Shot, ...]
    kinds: tuple[str, ...]
    strengths: tuple[int, ...]


Margin = Callable[[Shot, Shot], float]  # above 0: the first is better


def report(folder: Path, photos: Sequence[Photo]) -> None:
    generated = list(generated_questions("reporting"))
    labelled = list(labelled_questions(folder, photos))
    held_back = [question for question in labelled if half_of(question.key) == "reporting"]
    print("\nBuilt-in ranking: the better of two shots, and the best of its series (chance: 50 %, and in brackets).")
    print("Doubt: pairs called too close. Sure: right of the others. Laplacian: its variance alone.\n")
    print("| photos | what is wrong | pairs | right | Laplacian | doubt | sure | series | best first | Laplacian |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    _lines("made, held back", generated)
    _lines("made, held back, plain faults", [_only(question, {1, 2}) for question in generated])
    _lines("labelled, held back", held_back)
    _lines("labelled, all", labelled)
    _reliability({"made, held back": generated, "labelled": labelled})
    _natural(folder)
    pairs = list(same_moment(generated))
    doubt = np.mean([_certainty(_margin(a, b)) < CLEAR for _, a, b in pairs])
    print(f"\nOf two good frames of one moment {doubt:.1%} are called too close ({len(pairs)} pairs).\n")


def _reliability(questions: Mapping[str, Sequence[Question]]) -> None:
    """Of the pairs of each certainty, right of all: the certainty is earned if the shares are at least as high."""
    print(f"\n| certainty of the better of two | {' | '.join(questions)} |\n|---{'|---:' * len(questions)}|")
    margins = [np.array([_margin(q.good, bad) for q in some for bad in q.bad]) for some in questions.values()]
    for low, high in BINS:
        inside = [margin[(_certainty(margin) >= low) & (_certainty(margin) < high)] for margin in margins]
        cells = [f"{np.sum(margin > 0)} of {len(margin)} ({_share(margin > 0)})" for margin in inside]
        print(f"| from {low} | {' | '.join(cells)} |")


def _natural(folder: Path) -> None:
    """Series as they were taken. Nobody said which shot is best, so only the doubt is told, and where it comes from."""
    weights = [WEIGHTS[criterion.name] for criterion in MEASURED]
    doubtful, level, opposed, behind = 0, 0, 0, 0
    series = list(natural_series(folder))
    for shots in series:
        _, table = shortfalls([shot.measures for shot in shots])
        told = table * weights
        order = np.argsort(-told.sum(axis=1)).tolist()
        first, second = order[:2]
        tied = int((_certainty(told.sum(axis=1)[first] - told.sum(axis=1)) < CLEAR).sum())
        if tied == 1:
            continue
        doubtful += 1
        level += tied == len(order)
        behind += len(order) - tied
        opposed += int(_certainty(np.abs(told[first] - told[second]).sum()) >= CLEAR)
    print(f"\nOf {len(series)} natural series {doubtful} are too close to call: in {level} all shots, in others")
    print(f"{behind} shots are plainly behind. In {opposed} criteria contradict each other, elsewhere all is close.")


def natural_series(folder: Path) -> Iterator[list[Shot]]:
    """The shots of each natural series."""
    for files in natural_files(folder):
        yield [shot(_pixels(str(folder / file))) for file in files]


def natural_files(folder: Path) -> Iterator[list[str]]:
    """Untouched photos of one similar group, of the same picture one."""
    groups = defaultdict[str, dict[str, str]](dict)
    with open(folder / "groups.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] != "derived" and row["similar_group"]:
                groups[row["similar_group"]].setdefault(row["near_dup_group"] or row["file"], row["file"])
    for files in groups.values():
        if len(files) > 1:
            yield list(files.values())


def generated_questions(half: str) -> Iterator[Question]:
    folder = PHOTOS / "gallery_dev"
    sources = ((originals(folder, half), KINDS), (with_people(PHOTOS, half), (CUT_OFF,)))
    for paths, kinds in sources:
        for series in make(paths, DETECTOR, kinds):
            good, *bad = (shot(frame) for frame in series.frames)
            yield Question(series.photo, series.photo, good, tuple(bad), (series.kind,) * len(bad), (0, 1, 2))


def labelled_questions(folder: Path, photos: Sequence[Photo]) -> Iterator[Question]:
    """From best.csv; copies beside their original are no other shots."""
    paths = {photo.name: photo.path for photo in photos}
    with open(folder / "groups.csv", newline="", encoding="utf-8") as file:
        keys = {row["file"]: key_of(row) for row in csv.DictReader(file)}
    series = defaultdict(list)
    with open(folder / "best.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            series[row["series"]].append(row)
    for rows in series.values():
        bad = {row["file"]: kind for row in rows if row["is_best"] == "0" and (kind := _kind(row))}
        for name in (row["file"] for row in rows if row["is_best"] == "1" and bad):
            good, *others = (shot(_pixels(paths[file])) for file in (name, *bad))
            yield Question(name, keys[name], good, tuple(others), tuple(bad.values()), (1,) * len(others))


def same_moment(questions: Iterable[Question]) -> Iterator[tuple[str, Shot, Shot]]:
    """The photo and pairs of good frames of one photo that were only moved and metered a little differently."""
    frames = defaultdict(list)
    for question in questions:
        if question.kinds[0] in ("out of focus", "shaken", "noisy", "too dark", "too bright"):
            frames[question.photo].append(question.good)
    for photo, good in frames.items():
        yield from ((photo, a, b) for a, b in combinations(good, 2))


def shot(frame: np.ndarray) -> Shot:
    """As the pipeline would see it."""
    picture = Image.fromarray(frame)
    picture.thumbnail((WORKING, WORKING), Image.Resampling.BICUBIC, reducing_gap=2.0)
    pixels = np.asarray(picture)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return Shot(measure(pixels), float(cv2.Laplacian(grey, cv2.CV_64F).var()))


def fit() -> None:
    """Logistic regression on the differences of pairs, without negative weights; the same photo never on both sides.

    Every kind of fault counts the same. Pairs of good frames of one moment take part with the answer 1/2, so that what
    differs by chance earns no weight. The predictions of each fifth from the others then scale all weights, so that
    the certainty is what it says.
    """
    questions = list(generated_questions("choosing"))
    pairs = [(q.good, bad, kind, q.photo) for q in questions for kind, bad in zip(q.kinds, q.bad, strict=True)]
    pairs += [(a, b, "same", photo) for photo, a, b in same_moment(questions)]
    x = np.array([_difference(a, b) for a, b, _, _ in pairs])
    kind, fold = np.array([pair[2] for pair in pairs]), np.array([_fold(pair[3]) for pair in pairs])
    y = np.where(kind == "same", 0.5, 1.0)
    weight = np.array([1 / np.sum(kind == name) for name in kind])
    margin = np.zeros(len(x))
    for i in range(FOLDS):
        margin[fold == i] = x[fold == i] @ _logistic(x[fold != i], y[fold != i], weight[fold != i])
    scale = _logistic(margin[:, None], y, weight, 0.0)[0]
    for criterion, value in zip(MEASURED, scale * _logistic(x, y, weight), strict=True):
        print(f"{criterion.name:12} {value:.2f}")
    print(f"scale {scale:.2f}\n\n| certainty | pairs | right | good frames of one moment |\n|---|---:|---:|---:|")
    certainty, right = _certainty(np.abs(margin * scale)), margin > 0
    for low, high in BINS:
        there = (certainty >= low) & (certainty < high)
        fault = there & (kind != "same")
        print(f"| {low} | {fault.sum()} | {right[fault].mean():.3f} | {(there & (kind == 'same')).sum()} |")


def _logistic(x: np.ndarray, y: np.ndarray, weight: np.ndarray, decay: float = DECAY) -> np.ndarray:
    """Weights [K], none below 0, without a constant: two shots may change places."""
    weight = weight[:, None] / weight.sum()
    steepest = np.linalg.eigvalsh(x.T @ (x * weight))[-1] / 4 + 2 * decay
    now = before = np.zeros(x.shape[1])
    for i in range(STEPS):  # projected gradient descent with momentum (Nesterov)
        ahead = now + i / (i + 3) * (now - before)
        missed = 1 / (1 + np.exp(-x @ ahead)) - y
        before, now = now, np.maximum(0, ahead - (x.T @ (weight[:, 0] * missed) + 2 * decay * ahead) / steepest)
    return now


def _difference(a: Shot, b: Shot) -> np.ndarray:
    _, table = shortfalls([a.measures, b.measures])
    return np.asarray(table[0] - table[1])


def _margin(a: Shot, b: Shot) -> float:
    return float(_difference(a, b) @ [WEIGHTS[criterion.name] for criterion in MEASURED])


def _laplacian_margin(a: Shot, b: Shot) -> float:
    return a.laplacian - b.laplacian


def _certainty(margin: float | np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.abs(margin))))


def _lines(title: str, questions: Sequence[Question]) -> None:
    for kind in (*dict.fromkeys(kind for question in questions for kind in question.kinds), "all"):
        _line(title, kind, [q if kind == "all" else _of_kind(q, kind) for q in questions], questions)


def _line(title: str, kind: str, some: Sequence[Question], whole: Sequence[Question]) -> None:
    pairs = [(question.good, bad) for question in some for bad in question.bad]
    margins = np.array([_margin(*pair) for pair in pairs])
    plain = np.array([_laplacian_margin(*pair) for pair in pairs])
    sure = _certainty(margins) >= CLEAR
    series = [q for q in whole if q.bad and (kind == "all" or set(q.kinds) == {kind}) and len(q.bad) > 1]
    best = ""
    if series:
        chance = np.mean([1 / (1 + len(question.bad)) for question in series])
        best = f"{_first(series, _margin):.0%} ({chance:.0%})"
    print(
        f"| {title} | {kind} | {len(pairs)} | {np.mean(margins > 0):.0%} | {np.mean(plain > 0):.0%} "
        f"| {1 - sure.mean():.0%} | {_share(margins[sure] > 0)} | {len(series)} | {best} "
        f"| {f'{_first(series, _laplacian_margin):.0%}' if series else ''} |"
    )


def _first(questions: Sequence[Question], margin: Margin) -> float:
    """Share of series whose good shot is ahead of all others."""
    return float(np.mean([all(margin(q.good, bad) > 0 for bad in q.bad) for q in questions]))


def _share(right: np.ndarray) -> str:
    return f"{right.mean():.0%}" if len(right) else "-"


def _of_kind(question: Question, kind: str) -> Question:
    return _chosen(question, [k == kind for k in question.kinds])


def _only(question: Question, strengths: set[int]) -> Question:
    return _chosen(question, [strength in strengths for strength in question.strengths])


def _chosen(question: Question, keep: Sequence[bool]) -> Question:
    kept = [i for i, chosen in enumerate(keep) if chosen]
    return replace(
        question,
        bad=tuple(question.bad[i] for i in kept),
        kinds=tuple(question.kinds[i] for i in kept),
        strengths=tuple(question.strengths[i] for i in kept),
    )


def _kind(row: dict[str, str]) -> str:
    if row["why"].startswith("dataset label"):
        return next((kind for part, kind in REAL.items() if part in row["file"]), "")
    return next((kind for part, kind in LABELS.items() if part in row["why"]), "")


def _fold(photo: str) -> int:
    return hashlib.sha256(Path(photo).name.encode()).digest()[1] % FOLDS


def _pixels(path: str) -> np.ndarray:
    return np.asarray(decode(path, WORKING, Limits()).picture)


if __name__ == "__main__":
    fit()
