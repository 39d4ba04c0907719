"""A CSV with a line of figures per finished run. It only grows, and holds no names and no photos."""

import csv
import os
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from unipic.review.ledger import Report

FILE = "statistics.csv"
PAUSE_S = 300.0  # seconds; of a longer pause between two decisions this much counts as work
COLUMNS = ("finished_at", *(field.name for field in fields(Report)))


def time_taken(moments: Iterable[float]) -> float:
    """Seconds of work between the first and the last of these times, without what goes beyond a pause."""
    return sum(min(later - earlier, PAUSE_S) for earlier, later in pairwise(sorted(moments)))


def append(folder: Path, report: Report) -> None:
    """Add one line."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    row = {"finished_at": datetime.now(UTC).isoformat(timespec="seconds"), **asdict(report)}
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)
        file.flush()
        os.fsync(file.fileno())


def load(folder: Path) -> list[dict[str, str | int]]:
    """Rows with numbers as int; invalid lines are left out."""
    try:
        with open(folder / FILE, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    complete = [row for row in rows if all((row.get(name) or "").isdigit() for name in COLUMNS[1:])]
    return [{"finished_at": row["finished_at"], **{n: int(row[n]) for n in COLUMNS[1:]}} for row in complete]
