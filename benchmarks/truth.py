"""Labelled photos as pairs: which two show the same picture, which the same moment, and which count neither way."""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from unipic.core.settings import PROJECT

PHOTOS = PROJECT.parent / "shared" / "photos"
Pair = tuple[str, str]

# The levels that are right in each lane.
LANES = {"exact": {"exact"}, "near": {"exact", "near"}, "similar": {"exact", "near", "similar"}}
# A family of test pictures in which even the makers of the labels could not say what is a copy.
AMBIGUOUS = {"f_pdq"}
DIFFICULTIES = ("", "easy", "medium", "hard")


@dataclass(frozen=True)
class Label:
    file: str
    exact: str
    near: str
    similar: str
    family: str
    original: str = ""  # the file it was made from, if it was made for measuring
    edit: str = ""  # and how
    near_difficulty: str = ""
    difficulty: str = ""

    @property
    def group(self) -> str:
        """Photos of two of these groups have nothing to do with each other."""
        return self.family or self.similar or self.near or self.file


@dataclass(frozen=True)
class Score:
    found: int
    right: int
    there: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.4f} ({self.right} of {self.found}), recall {self.recall:.4f} (of {self.there})"
        )


def load_labels(folder: Path) -> list[Label]:
    with open(folder / "groups.csv", newline="", encoding="utf-8") as file:
        return [
            Label(
                r["file"],
                r["exact_group"],
                r["near_dup_group"],
                r["similar_group"],
                r["family"],
                r["derived_from"],
                r["op"] if r["derived_from"] else "",
                r["near_difficulty"],
                r["difficulty"],
            )
            for r in csv.DictReader(file)
        ]


def half(label: Label) -> int:
    """0: calibrations are fitted on these photos. 1: they are not. No group is in both."""
    return hashlib.md5(label.group.encode(), usedforsecurity=False).digest()[0] % 2


def level(a: Label, b: Label) -> str:
    """What a pair is: exact, near, similar, different, or open where even people would disagree."""
    if a.exact and a.exact == b.exact:
        return "exact"
    if a.near and a.near == b.near:
        return "near"
    if a.similar and a.similar == b.similar:
        return "similar"
    return "open" if a.family and a.family == b.family else "different"


def related(labels: Iterable[Label]) -> Iterator[tuple[Label, Label]]:
    """Every pair that is not simply different, and a few that are."""
    groups = defaultdict(list)
    for label in labels:
        groups[label.group].append(label)
    for group in groups.values():
        yield from combinations(group, 2)


def score(
    found: Iterable[Pair], labels: list[Label], right: set[str], ignore_families: set[str] | None = None
) -> Score:
    """Pairs of files that were called alike, against those whose level is in `right`. Other files do not count.

    At the similar level (ignore_families None) every pair that is only of one family is left out; at the near
    level only pairs of the families named are, the others are negatives.
    """
    by_file = {label.file: label for label in labels}

    def counts(a: Label, b: Label) -> bool:
        if ignore_families is None:
            return level(a, b) != "open"
        return not (a.family == b.family and a.family in ignore_families)

    judged = [(by_file[a], by_file[b]) for a, b in found if a in by_file and b in by_file]
    judged = [(a, b) for a, b in judged if counts(a, b)]
    there = sum(level(a, b) in right and counts(a, b) for a, b in related(labels))
    return Score(len(judged), sum(level(a, b) in right for a, b in judged), there)


def lane_score(lane: str, found: Iterable[Pair], labels: list[Label]) -> Score:
    return score(found, labels, LANES[lane], None if lane == "similar" else AMBIGUOUS)


def bursts(found: Iterable[Pair], labels: list[Label]) -> int:
    """The dangerous error: how many of the pairs called one picture are two shots of one scene."""
    by_file = {label.file: label for label in labels}
    pairs = [(by_file[a], by_file[b]) for a, b in found if a in by_file and b in by_file]
    return sum(level(a, b) in ("similar", "open") and a.family not in AMBIGUOUS for a, b in pairs)


def harder(a: str, b: str) -> str:
    return max(a, b, key=DIFFICULTIES.index)
