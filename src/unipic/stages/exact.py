"""Exact duplicates: the same bytes; and renditions: one picture under one name in two formats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

from unipic.cleanup import DuplicateSet
from unipic.embeddings import Embeddings
from unipic.fingerprint import bits_apart
from unipic.photo import Photo
from unipic.stages.keeper import keeper_first

ASPECT = 0.01  # how far width / height may differ: rounding of a resize, not a crop


def same_bytes(photos: Sequence[Photo]) -> list[DuplicateSet]:
    """One set per sha256 that occurs more than once."""
    groups: defaultdict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        groups[photo.digest].append(photo)
    sets = []
    for group in groups.values():
        keeper, *copies = sorted(group, key=keeper_first)
        if copies:
            reason = f"the same bytes as {keeper.name} (sha256 {keeper.digest[:12]})"
            sets.append(DuplicateSet(keeper, tuple(copies), "exact", (reason,) * len(copies)))
    return sorted(sets, key=lambda found: keeper_first(found.keeper))


def renditions(embeddings: Embeddings, similar: float, bits: int) -> list[DuplicateSet]:
    """IMG_1.HEIC beside a smaller IMG_1.jpg, where the pictures really are the same; the higher resolution stays.

    The shared name is only where to look. The pictures must agree twice: in hash, within half of the bits that
    near-duplicates may differ in, and to the encoder, at least as shots of one moment.
    """
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for i, photo in enumerate(embeddings.photos):
        path = PurePosixPath(photo.name)
        if photo.comparable:
            groups[str(path.parent), path.stem.casefold()].append(i)
    sets = []
    for group in groups.values():
        keeper, *others = sorted(group, key=lambda i: keeper_first(embeddings.photos[i]))
        copies = [i for i in others if _rendition(embeddings, keeper, i, similar, bits // 2)]
        if copies:
            sets.append(_set(embeddings.photos[keeper], [embeddings.photos[i] for i in copies]))
    return sorted(sets, key=lambda found: keeper_first(found.keeper))


def _rendition(embeddings: Embeddings, keeper: int, copy: int, similar: float, bits: int) -> bool:
    a, b = embeddings.photos[keeper], embeddings.photos[copy]
    return (
        a.format != b.format
        and a.pixels > b.pixels
        and abs((a.width / a.height) / (b.width / b.height) - 1) <= ASPECT
        and bits_apart(a.fingerprint, b.fingerprint) <= bits
        and float(embeddings.vectors[keeper] @ embeddings.vectors[copy]) >= similar
    )


def _set(keeper: Photo, copies: list[Photo]) -> DuplicateSet:
    reasons = tuple(
        f"the picture of {keeper.name} as {copy.format} at {copy.width} x {copy.height} "
        f"instead of {keeper.width} x {keeper.height}"
        for copy in copies
    )
    return DuplicateSet(keeper, tuple(copies), "rendition", reasons)
