"""Labelled photos as pairs: which two show the same picture, which the same moment, and which count neither way."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from unipic.settings import PROJECT

PHOTOS = PROJECT.parent / "shared" / "photos"
Pair = tuple[str, str]


@dataclass(frozen=True)
class Label:
    file: str
    exact: str
    near: str
    similar: str
    family: str


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
            Label(r["file"], r["exact_group"], r["near_dup_group"], r["similar_group"], r["family"])
            for r in csv.DictReader(file)
        ]


def level(a: Label, b: Label) -> str:
    """What a pair is: exact, near, similar, different, or open where even people would disagree."""
    if a.exact and a.exact == b.exact:
        return "exact"
    if a.near and a.near == b.near:
        return "near"
    if a.similar and a.similar == b.similar:
        return "similar"
    return "open" if a.family and a.family == b.family else "different"


def score(
    found: Iterable[Pair], labels: list[Label], right: set[str], ignore_families: set[str] | None = None
) -> Score:
    """Pairs of files that were called alike, against those whose level is in `right`.

    At the similar level (ignore_families None) every pair that is only of one family is left out; at the near
    level only pairs of the families named are, the others are negatives.
    """
    by_file = {label.file: label for label in labels}

    def counts(a: Label, b: Label) -> bool:
        if level(a, b) != "open" and not (ignore_families and a.family == b.family and a.family in ignore_families):
            return True
        return ignore_families is not None and a.family not in ignore_families

    judged = [(by_file[a], by_file[b]) for a, b in found if a in by_file and b in by_file]
    judged = [(a, b) for a, b in judged if counts(a, b)]
    there = sum(level(a, b) in right and counts(a, b) for a, b in combinations(labels, 2))
    return Score(len(judged), sum(level(a, b) in right for a, b in judged), there)
