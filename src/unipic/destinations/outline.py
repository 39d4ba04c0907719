"""The outline of a tree before it is written: its folders, with files and bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unipic.core.photo import files_of
from unipic.destinations._earlier import NUMBERED
from unipic.destinations.tree import TreePlan


@dataclass(frozen=True)
class Branch:
    """One folder of the tree."""

    folder: str
    files: int
    bytes: int
    best: tuple[str, ...] = ()  # names of the best shots of a group
    new: int = 0  # files that are not there yet


def outline(plan: TreePlan) -> list[Branch]:
    """The folders in order; a group counts as one folder."""
    found: dict[str, list[int]] = {}
    for item in plan.items:
        first = item.name.partition("/")[0]
        folder = first if NUMBERED.fullmatch(first) else item.name.rpartition("/")[0]
        amounts = found.setdefault(folder, [0, 0, 0])
        amounts[0] += 1
        amounts[1] += item.file.size
        amounts[2] += item.name not in plan.there
    best: dict[str, list[str]] = {}
    for name in plan.best:
        best.setdefault(name.partition("/")[0], []).append(name.partition("/")[2])
    return [
        Branch(folder, files, bytes, tuple(best.get(folder, ())), new)
        for folder, (files, bytes, new) in sorted(found.items())
    ]


def renamed(plan: TreePlan) -> Sequence[tuple[str, str]]:
    """Files whose base name is another one in the tree, because of a conflict or a wish: (name, name in the tree)."""
    main = (item for item in plan.items if item.name not in plan.best)
    return [(i.file.name, i.name) for i in main if i.file.name.rpartition("/")[2] != i.name.rpartition("/")[2]]


def to_dict(plan: TreePlan) -> dict[str, Any]:
    """The plan as plain values for JSON: each file that was found, once."""
    extra = {name for name, of in plan.best.items() if name != of}
    names = {item.file.id: item.name for item in plan.items if item.name not in extra}
    return {
        "files": [
            {
                "name": file.name,
                "fate": outcome.fate,
                "file": names.get(file.id),
                "there": names.get(file.id) in plan.there,
                "reason": outcome.reason,
            }
            for outcome in plan.outcomes
            for file in files_of(outcome.file)
        ],
        "best": sorted(plan.best),
        "bytes": plan.bytes,
    }
