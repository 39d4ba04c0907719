"""The log of lessons that a person's taste is learned from: one file of numbers, on this machine only.

It holds no names, places or pictures. A group is identified by a hash that does not lead back to its photos, so
deciding it again replaces its lesson.
"""

import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unipic.cleanup.criteria import WEIGHTS
from unipic.cleanup.rank import features
from unipic.cleanup.result import Cluster
from unipic.core.errors import DecisionsUnreadable
from unipic.core.files import atomic_file, open_to_read
from unipic.core.language import gettext as _, kept
from unipic.core.photo import Photo
from unipic.review.choices import Choices, done, kept as staying
from unipic.review.proposal import Proposal, group_id
from unipic.review.taste import Lesson, Verdict, judge

FILE = "taste.jsonl"
ASIDE = "taste.jsonl.unreadable"
VERSION = 1  # includes the criteria's scales; lessons of other versions are ignored
MAX_LESSONS = 5_000  # lessons; the latest stay
MOST_SHOTS = 30  # per group; larger ones are skimmed, not read
MAX_BYTES = 100_000_000  # four times what MAX_LESSONS lessons about MOST_SHOTS take
PLACES = 3  # decimals of a noticeable difference
GROUP = re.compile(r"[0-9a-f]{16}")


def lessons_of(proposal: Proposal, choices: Choices) -> list[Lesson]:
    """A lesson for each group of similar shots that was decided in this run."""
    by_id = {group_id(cluster.photos): cluster for cluster in proposal.cleanup.clusters}
    return [
        _lesson(by_id[group.id], staying(group, choices), group.suggested)
        for group in proposal.shots
        if done(group, choices) and not choices[group.id].remembered and len(group.photos) <= MOST_SHOTS
    ]


def remember(folder: Path, proposal: Proposal, choices: Choices) -> None:
    """Add lessons, or replace earlier ones about the same groups. Repeating it changes nothing.

    An unreadable file is renamed, never overwritten. OSError if the folder cannot be written.
    """
    fresh = {lesson.group: lesson for lesson in lessons_of(proposal, choices)}
    if not fresh:
        return
    try:
        before = {lesson.group: lesson for lesson in load(folder)}
    except DecisionsUnreadable:
        os.replace(folder / FILE, folder / ASIDE)
        before = {}
    after = {group: lesson for group, lesson in (before | fresh).items() if lesson.teaches}
    if after != before:
        _save(folder, list(after.values())[-MAX_LESSONS:])


def load(folder: Path) -> list[Lesson]:
    """All lessons, oldest first. DecisionsUnreadable if the file is damaged or not ours."""
    try:
        with open_to_read(folder / FILE) as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(str(error.strerror).lower()) from error
    if len(content) > MAX_BYTES:
        raise _unreadable(_("it is far too large"))
    try:
        lines = [json.loads(line) for line in content.decode("ascii").splitlines()]
        return [_from_dict(line) for line in lines if line["version"] == VERSION]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise _unreadable(_("it is damaged, or not a file of Unipic's")) from error


def forget(folder: Path) -> None:
    """Delete all lessons."""
    for name in (FILE, ASIDE):
        with suppress(FileNotFoundError):
            (folder / name).unlink()


def verdict_in(folder: Path) -> Verdict:
    """The verdict on all lessons so far. DecisionsUnreadable as in load."""
    return judge(load(folder), WEIGHTS)


def taste_in(folder: Path) -> tuple[Verdict | None, tuple[str, ...]]:
    """The taste to rank by, or None with notices why not. A damaged file costs the taste, never the run."""
    try:
        verdict = verdict_in(folder)
    except DecisionsUnreadable as error:
        return None, (kept("The default ranking is used, not your taste: {why}", why=error),)
    if not verdict.used:
        return None, (kept("The default ranking is used, not your taste: {why}.", why=verdict.why),)
    return verdict, ()


def _lesson(cluster: Cluster, stays: frozenset[str], suggested: frozenset[str]) -> Lesson:
    names, table = features(cluster.photos, dict(cluster.columns))
    return Lesson(
        _group(cluster.photos),
        names,
        tuple(tuple(round(number, PLACES) for number in row) for row in table.tolist()),
        tuple(photo.id in stays for photo in cluster.photos),
        tuple(photo.id in suggested for photo in cluster.photos),
        round(cluster.certainty, PLACES),
    )


def _group(photos: Sequence[Photo]) -> str:
    """16 hex digits from one member, whatever the order, so adding a photo mostly keeps the id."""
    first = min(photo.digest for photo in photos)
    return hashlib.sha256(f"unipic group {first}".encode()).hexdigest()[:16]


def _save(folder: Path, lessons: Iterable[Lesson]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(folder / FILE) as file:
        for lesson in lessons:
            line = json.dumps({"version": VERSION, **asdict(lesson)}, ensure_ascii=True, separators=(",", ":"))
            file.write(line.encode("ascii") + b"\n")


def _from_dict(values: dict[str, Any]) -> Lesson:
    rows = tuple(tuple(float(number) for number in row) for row in values["rows"])
    group, names = values["group"], tuple(values["names"])
    kept, suggested = tuple(values["kept"]), tuple(values["suggested"])
    if not GROUP.fullmatch(group):
        raise ValueError("a group has a hash")
    if not rows or not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise ValueError("criteria have names")
    if not all(isinstance(answer, bool) for answer in (*kept, *suggested)):
        raise ValueError("an answer is yes or no")
    certainty = float(values["certainty"])
    if not all(math.isfinite(number) for row in rows for number in row) or not 0 <= certainty <= 1:
        raise ValueError("a number is a number")
    return Lesson(group, names, rows, kept, suggested, certainty)


def _unreadable(why: str) -> DecisionsUnreadable:
    return DecisionsUnreadable(
        _(
            "the record of earlier choices ({file} in the data folder) cannot be read: {why}. The next album begins a "
            "new one.",
            file=FILE,
            why=why,
        )
    )
