"""Faces as persons: ours beside DBSCAN, HDBSCAN and chinese whispers, on labelled faces and on made-up libraries.

The labelled faces are few: 103 photos of 16 public figures, among strangers of other photos. Made-up libraries have
people drawn from a Gaussian that is fitted to them: the mean, how people differ, and how shots of one person differ.
"""

import csv
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.truth import PHOTOS
from unipic.core.face import Face
from unipic.core.settings import PROJECT, Settings, changed
from unipic.library.faces import faces as faces_in, turn_on
from unipic.library.library import Library
from unipic.library.reader import INDEX, Reader
from unipic.people.density import dense
from unipic.people.grouping import group_all, group_more
from unipic.people.limits import DLIB
from unipic.people.linking import link, vectors_of
from unipic.people.people import People
from unipic.people.settling import Known
from unipic.people.suggest import Deck
from unipic.tools import open_tools
from utils import find_faces, index_gallery

LABELS = PHOTOS / "faces"
STRANGERS = ("faces/groups", "faces/expression", "gallery_dev")
MADE, POOR, MORE = 20_000, 0.2, 500  # faces, the share of poor ones, and new ones afterwards
QUESTIONS = 30
TOGETHER = 3  # faces of made-up group photos, at most
HEADER = "method                     P      R      P of all  biggest  in one photo  seconds    MB"


@dataclass(frozen=True, eq=False)
class Sample:
    """Faces, and who they are; "" where nobody knows."""

    faces: list[Face]
    truth: dict[str, str]  # by key


Grouped = dict[str, str]  # the group of each face that is in one, by key
Method = Callable[[Sequence[Face]], Grouped]


def run(photos: int = 0) -> None:
    """`photos`: faces of the made-up library."""
    if not LABELS.exists():
        print(f"not measured here: there are no labelled faces in {LABELS}")
        return
    real = labelled()
    clear = [face for face in real.faces if face.clear]
    print(f"{len(real.faces)} real faces, {len(clear)} of them clear; {len(real.truth)} labelled")
    print(f"P and R of clear faces whose person is known\n{HEADER}")
    for name, method in METHODS.items():
        print(row(name, method, real))
    print("\nThe limits were set on all of these people, so none of them is held out. By halves, with all strangers:")
    for half, sample in halves(real).items():
        print(row(f"ours, {half}", ours, sample))
    after_questions("real", real)
    made = made_up(real, photos or MADE)
    people = len(set(made.truth.values()))
    print(f"\n{len(made.faces):,} made-up faces of {people:,} people, {POOR:.0%} of them poor\n{HEADER}")
    # HDBSCAN takes more than five minutes for 20,000 faces, and the others' time grows with the square.
    left_out = ("HDBSCAN",) if len(made.faces) <= MADE else ("HDBSCAN", "DBSCAN", "chinese")
    for name, method in METHODS.items():
        if not name.startswith(left_out):
            print(row(name, method, made), flush=True)
    after_questions("made-up", made)
    incremental(made)


# The faces.


def labelled() -> Sample:
    """The faces of real photos: the largest of each labelled photo is the person's."""
    with tempfile.TemporaryDirectory() as data, open(LABELS / "faces.csv", encoding="utf-8") as table:
        people = {LABELS / line["file"]: line["person"] for line in csv.DictReader(table) if line["person"]}
        library, settings = Library(Path(data)), changed(Settings(), {"ranker": "builtin"})
        turn_on(library)
        with open_tools(settings, PROJECT / "models", Path(data) / INDEX) as tools:
            for folder in ("faces/people", *STRANGERS):
                index_gallery(library.add(PHOTOS / folder), library, tools, settings)
            for notice in find_faces(library, tools, settings):
                print(notice)
        faces = faces_in(library, vectors=True)
        largest: dict[str, Face] = {}
        for face in faces:
            largest[face.digest] = max(largest.get(face.digest, face), face, key=lambda one: one.size)
        truth = {}
        for digest, face in largest.items():
            names = {people[path] for path in library.places(digest) if path in people}
            if names:
                truth[face.key] = names.pop()
    return Sample(faces, truth)


def halves(real: Sample) -> dict[str, Sample]:
    """The faces without the people of the other half, who are taken in turn by name."""
    names = sorted(set(real.truth.values()))
    found = {}
    for half, others in (("first half", names[1::2]), ("second half", names[::2])):
        gone = {key for key, name in real.truth.items() if name in others}
        truth = {key: name for key, name in real.truth.items() if key not in gone}
        found[half] = Sample([face for face in real.faces if face.key not in gone], truth)
    return found


def made_up(real: Sample, number: int) -> Sample:
    """People and their faces as the real ones scatter. Poor faces are as real poor ones, and half their person's."""
    chance = np.random.default_rng(0)
    clear = [face for face in real.faces if face.clear]
    known = defaultdict[str, list[np.ndarray]](list)
    found = ours(clear)  # of strangers too, many photos have copies
    for face in clear:
        known[real.truth.get(face.key, found[face.key])].append(vectors_of([face])[0])
    people = [np.stack(rows) for rows in known.values()]
    within = np.concatenate([(rows - rows.mean(axis=0)) * (len(rows) / (len(rows) - 1)) ** 0.5
                             for rows in people if len(rows) > 1])  # fmt: skip
    means = np.stack([rows.mean(axis=0) for rows in people])
    # A mean of few shots has a part of their scatter in it, which is no difference between people.
    shots = within.var(axis=0).sum() * np.mean([1 / len(rows) for rows in people])
    apart = (1 - shots / means.var(axis=0).sum()) ** 0.5
    poor = vectors_of([face for face in real.faces if not face.clear])
    sizes = np.minimum(1 + chance.geometric(0.1, number), 400)  # photos of each person: ten on average
    who = np.repeat(np.arange(len(sizes)), sizes)[:number]
    chance.shuffle(who)
    persons = apart * drawn(chance, means, int(who.max()) + 1)
    is_poor = chance.random(number) < POOR
    vectors = means.mean(axis=0) + persons[who] + drawn(chance, within, number)
    blurred = drawn(chance, poor, int(is_poor.sum())) * 0.75**0.5
    vectors[is_poor] = poor.mean(axis=0) + persons[who[is_poor]] / 2 + blurred
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    photo = np.cumsum(chance.random(number) < 2 / (1 + TOGETHER))
    there = set[tuple[int, int]]()
    faces, truth = [], {}
    for place, (number_, person) in enumerate(zip(photo.tolist(), who.tolist(), strict=True)):
        if (number_, person) in there:  # nobody is twice in a photo
            continue
        there.add((number_, person))
        left = place % 100 / 100  # a place of its own in the photo: faces are told apart by it
        bad = bool(is_poor[place])
        face = Face(f"{number_:064x}", (left, 0.1, left + 0.009, 0.2), (), 0.8 if bad else 0.95, 60.0, not bad,
                    vector=vectors[place].astype(np.float32))  # fmt: skip
        faces.append(face)
        truth[face.key] = str(person)
    return Sample(faces, truth)


def drawn(chance: np.random.Generator, rows: np.ndarray, number: int) -> np.ndarray:
    """float64 [number, D] around 0, that scatter as the rows, float64 [N, D].

    With fewer rows than dimensions a plain covariance has far too large axes, so it is shrunk (Ledoit, Wolf 2004).
    """
    from sklearn.covariance import ledoit_wolf

    sizes, directions = np.linalg.eigh(ledoit_wolf(rows)[0])
    return np.asarray(chance.normal(size=(number, len(sizes))) @ (directions * np.sqrt(np.maximum(sizes, 0))).T)


# The methods.


def ours(faces: Sequence[Face]) -> Grouped:
    return group_all(faces, {}, DLIB)


def linkage_without_a_gate(faces: Sequence[Face]) -> Grouped:
    return named(link(faces, {}, DLIB))


def dbscan(cosine: float, faces: Sequence[Face]) -> Grouped:
    return named(dense(faces, replace(DLIB, join=cosine)))


def hdbscan(least: int, faces: Sequence[Face]) -> Grouped:
    from sklearn.cluster import HDBSCAN

    labels = HDBSCAN(min_cluster_size=least, algorithm="kd_tree", copy=True).fit_predict(vectors_of(faces)).tolist()
    return {face.key: str(label) for face, label in zip(faces, labels, strict=True) if label >= 0}


def chinese_whispers(cosine: float, faces: Sequence[Face]) -> Grouped:
    """Biemann 2006: each face takes the label that is strongest among those like it, 20 times, in a random order."""
    vectors, labels = vectors_of(faces), np.arange(len(faces))
    near = []
    for start in range(0, len(vectors), 1024):
        for row, scores in enumerate(vectors[start : start + 1024] @ vectors.T, start):
            its = np.flatnonzero(scores >= cosine)
            its = its[its != row]
            near.append((its, scores[its]))
    chance = np.random.default_rng(0)
    for _ in range(20):
        for one in chance.permutation(len(faces)).tolist():
            its, weights = near[one]
            if len(its):
                found, where = np.unique(labels[its], return_inverse=True)
                labels[one] = found[np.argmax(np.bincount(where, weights))]
    return {face.key: str(label) for face, label in zip(faces, labels.tolist(), strict=True)}


@dataclass(frozen=True)
class With:
    """A method with a number, which a new process can be sent."""

    method: Callable[[float, Sequence[Face]], Grouped]
    value: float

    def __call__(self, faces: Sequence[Face]) -> Grouped:
        return self.method(self.value, faces)


METHODS: dict[str, Method] = {
    "ours": ours,
    "linkage, no gate": linkage_without_a_gate,
    **{f"DBSCAN {cosine}": With(dbscan, cosine) for cosine in (0.92, 0.93, 0.94)},
    **{f"HDBSCAN {least}": With(hdbscan, least) for least in (3, 5)},  # type: ignore[arg-type]
    **{f"chinese whispers {cosine}": With(chinese_whispers, cosine) for cosine in (0.92, 0.93, 0.94)},
}


# The figures.


def named(groups: Sequence[Sequence[Face]]) -> Grouped:
    return {face.key: group[0].key for group in groups for face in group}


def row(name: str, method: Method, sample: Sample) -> str:
    """A line of the table. The method works in a process of its own, whose memory is what it adds."""
    with get_context("spawn").Pool(1) as pool:
        grouped, seconds, megabytes = pool.apply(timed, (method, sample.faces))
    clear = {face.key: sample.truth[face.key] for face in sample.faces if face.clear and face.key in sample.truth}
    (precision, recall), (of_all, _) = pairwise(grouped, clear), pairwise(grouped, sample.truth)
    sizes = Counter(grouped.values())
    together = Counter((group, key.split(" ")[0]) for key, group in grouped.items())
    shared = sum(number * (number - 1) // 2 for number in together.values())
    return (
        f"{name:<24} {precision:.4f} {recall:.4f}  {of_all:.4f} {max(sizes.values(), default=0):>9} {shared:>13} "
        f"{seconds:>8.1f} {megabytes:>5.0f}"
    )


def timed(method: Method, faces: Sequence[Face]) -> tuple[Grouped, float, float]:
    """What a method gives, the processor's seconds, and the megabytes that it needed beside the faces."""
    before, begun = kilobytes("VmRSS"), time.process_time()
    grouped = method(faces)
    return grouped, time.process_time() - begun, (kilobytes("VmHWM") - before) / 1000


def kilobytes(name: str) -> int:
    """Of this process's memory, as Linux counts it: getrusage has that of the process that started this one too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def pairwise(grouped: Grouped, truth: dict[str, str]) -> tuple[float, float]:
    """Precision and recall over pairs of faces whose person is known."""
    groups, persons, both = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for key, person in truth.items():
        group = grouped.get(key, key)
        groups[group] += 1
        persons[person] += 1
        both[group, person] += 1
    said, true, right = (sum(n * (n - 1) // 2 for n in count.values()) for count in (groups, persons, both))
    return right / said if said else 1.0, right / true


def after_questions(name: str, sample: Sample) -> None:
    """A user who knows the truth answers the first questions; what nobody knows is skipped."""
    with tempfile.TemporaryDirectory() as data:
        known = Known(dict.fromkeys({face.digest for face in sample.faces}, date(2020, 1, 1)))
        people = People(Reader(Path(data)), sample.faces, "benchmark", known=known)
        people.group()
        deck, asked, times = Deck(people), 0, []
        while asked < QUESTIONS and (questions := deck.questions()):
            first, second = (
                truth_of(deck.card(number).faces, sample) for number in (questions[0].first, questions[0].second)
            )
            begun = time.perf_counter()
            deck.answer(questions[0], "skip" if "" in (first, second) else "same" if first == second else "different")
            deck.questions()
            times.append(time.perf_counter() - begun)
            asked += bool(first and second)
        people.refresh()
        grouped = {face.key: one.id for one in people.everybody.values() for face in one.faces}
    clear = {face.key: sample.truth[face.key] for face in sample.faces if face.clear and face.key in sample.truth}
    precision, recall = pairwise(grouped, clear)
    wait = f"{1000 * float(np.median(times)):.0f} ms an answer, {1000 * max(times):.0f} at most" if times else "none"
    print(
        f"{name}, after {asked} questions: P {precision:.4f} R {recall:.4f}; {wait}, {len(people.everybody):,} people"
    )


def truth_of(faces: Sequence[Face], sample: Sample) -> str:
    """Who most of these faces are; "" if nobody knows."""
    names = Counter(sample.truth[face.key] for face in faces if face.key in sample.truth)
    return names.most_common(1)[0][0] if names else ""


def incremental(sample: Sample) -> None:
    """New faces beside those that are grouped, and the same from the beginning."""
    photos = sorted({face.digest for face in sample.faces})
    late = set(np.random.default_rng(1).permutation(photos)[: MORE * len(photos) // len(sample.faces)].tolist())
    old = [face for face in sample.faces if face.digest not in late]
    known = group_all(old, {}, DLIB)
    begun = time.process_time()
    grown = group_more(sample.faces, known, {}, DLIB)
    seconds = time.process_time() - begun
    whole = group_all(sample.faces, {}, DLIB)
    agree = same_place(grown, whole, [face.key for face in sample.faces])
    new = len(sample.faces) - len(old)
    print(f"{new} new faces to {len(old):,}: {seconds:.1f} s; {agree:.2%} of all faces as from the beginning")


def same_place(one: Grouped, other: Grouped, keys: Sequence[str]) -> float:
    """The share of faces that are in the same group by both, of which each group of the one has its counterpart."""
    both = Counter((one.get(key, key), other.get(key, key)) for key in keys)
    best: dict[str, tuple[int, str]] = {}
    for (mine, theirs), number in both.items():
        best[mine] = max(best.get(mine, (0, "")), (number, theirs))
    taken: dict[str, int] = {}
    for number, theirs in best.values():
        taken[theirs] = max(taken.get(theirs, 0), number)
    return sum(taken.values()) / len(keys)
