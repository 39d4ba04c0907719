"""The built-in ranking on series with a known best shot: how often it tells the better of two."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

from unipic.photo import Photo
from unipic.stages.rank import builtin_score

KINDS = {
    "deg_defocus": "out of focus",
    "deg_motion": "shaken",
    "deg_dark": "too dark",
    "deg_noise": "noisy",
    "deg_tilt": "tilted",
}
REAL = {"_F.": "out of focus", "_M.": "shaken"}  # how the three series taken so on purpose name their shots


def compare(folder: Path, photos: tuple[Photo, ...]) -> tuple[Counter[str], Counter[str]]:
    """Right answers and questions by what is wrong with the worse shot. Copies beside their original do not count."""
    by_name = {photo.name: photo for photo in photos}
    series = defaultdict(list)
    with open(folder / "best.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            series[row["series"]].append(row)
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for rows in series.values():
        best = [by_name[row["file"]] for row in rows if row["is_best"] == "1"]
        for row in rows:
            if row["is_best"] == "1" or not (kind := _kind(row)):
                continue
            for photo in best:
                good, bad = builtin_score([photo, by_name[row["file"]]])
                asked[kind] += 1
                right[kind] += bool(good > bad)
    return right, asked


def _kind(row: dict[str, str]) -> str:
    if row["why"].startswith("dataset label"):
        return next((kind for part, kind in REAL.items() if part in row["file"]), "")
    return next((kind for part, kind in KINDS.items() if part in row["why"]), "")
