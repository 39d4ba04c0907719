"""Exact duplicates: the same bytes; and the same pixels, whatever file they lie in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from unipic.cleanup import DuplicateSet
from unipic.photo import Photo
from unipic.stages.keeper import keeper_first, keeper_reason, worth_a_look


def same_bytes(photos: Sequence[Photo]) -> list[DuplicateSet]:
    """One set per sha256 that occurs more than once. Identical files have nothing a person would miss."""
    sets = []
    for keeper, copies in _groups((photo.digest, photo) for photo in photos):
        reason = f"the same bytes as {keeper.name} (sha256 {keeper.digest[:12]})"
        sets.append(DuplicateSet(keeper, copies, "exact", (reason,) * len(copies)))
    return sets


def same_pixels(photos: Sequence[Photo]) -> list[DuplicateSet]:
    """One set per content that occurs more than once, among photos of which no two have the same bytes."""
    return [
        DuplicateSet(
            keeper,
            copies,
            "pixels",
            tuple(f"the same pixels as {keeper.name}, which stays: {keeper_reason(keeper, copy)}" for copy in copies),
            tuple(worth_a_look(copy, keeper) for copy in copies),
        )
        for keeper, copies in _groups((photo.content, photo) for photo in photos if photo.content)
    ]


def _groups(photos: Iterable[tuple[str, Photo]]) -> list[tuple[Photo, tuple[Photo, ...]]]:
    """(keeper, its copies) of those that share a key, in an order of their own, whatever theirs was."""
    found: defaultdict[str, list[Photo]] = defaultdict(list)
    for key, photo in photos:
        found[key].append(photo)
    ordered = [sorted(group, key=keeper_first) for group in found.values() if len(group) > 1]
    return [(keeper, tuple(copies)) for keeper, *copies in sorted(ordered, key=lambda group: keeper_first(group[0]))]
