"""Near-duplicates: the same picture in other bytes. Two independent signals must agree, and directly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unipic.cleanup import DuplicateSet
from unipic.embeddings import Embeddings
from unipic.fingerprint import bits_apart
from unipic.photo import Photo
from unipic.stages.greedy import greedy_groups
from unipic.stages.keeper import keeper_first


def near_duplicates(
    embeddings: Embeddings, near: float, bits: int, renditions: Sequence[DuplicateSet] = ()
) -> list[DuplicateSet]:
    """Sets of photos at least `near` similar to their keeper, whose hashes differ from its in at most `bits`.

    The best copy leads, so a copy always has its keeper by direct likeness, and a keeper is nobody's copy.
    `renditions` were found among the same photos. A keeper of theirs becomes a copy only together with them, when
    they are like the new keeper too; those whose keeper stays are given back beside the near sets.
    """
    taken_along = {found.keeper.id: found.copies for found in renditions}
    gone = {copy.id for found in renditions for copy in found.copies}
    candidates = [photo for photo in embeddings.photos if photo.comparable and photo.id not in gone]
    row = {photo.id: i for i, photo in enumerate(embeddings.photos)}
    # Rows of the embeddings: each candidate, best first, and behind it what it would take along.
    families = [
        [row[member.id] for member in (photo, *taken_along.get(photo.id, ()))]
        for photo in sorted(candidates, key=keeper_first)
    ]

    def same_picture(leader: int, others: np.ndarray) -> np.ndarray:
        keeper = families[leader][0]
        return np.array([_all_alike(embeddings, keeper, families[i], near, bits) for i in others], dtype=bool)

    groups = greedy_groups(embeddings.vectors[[family[0] for family in families]], near, same_picture)
    sets = [_set(embeddings, families[first][0], [i for c in copies for i in families[c]]) for first, *copies in groups]
    moved = {copy.id for found in sets for copy in found.copies}
    return [found for found in renditions if found.keeper.id not in moved] + sets


def _all_alike(embeddings: Embeddings, keeper: int, family: list[int], near: float, bits: int) -> bool:
    """By hash; and by vector those behind the first, which was compared so already."""
    hash_of = embeddings.photos[keeper].fingerprint
    return all(bits_apart(hash_of, embeddings.photos[i].fingerprint) <= bits for i in family) and bool(
        (embeddings.vectors[family[1:]] @ embeddings.vectors[keeper] >= near).all()
    )


def _set(embeddings: Embeddings, leader: int, copies: list[int]) -> DuplicateSet:
    keeper = embeddings.photos[leader]
    likeness = embeddings.vectors[copies] @ embeddings.vectors[leader]
    found = [embeddings.photos[i] for i in copies]
    reasons = tuple(_reason(keeper, copy, float(c)) for copy, c in zip(found, likeness, strict=True))
    return DuplicateSet(keeper, tuple(found), "near", reasons)


def _reason(keeper: Photo, copy: Photo, likeness: float) -> str:
    bits = bits_apart(keeper.fingerprint, copy.fingerprint)
    return f"the same picture as {keeper.name}: similarity {likeness:.3f}, {bits} of 256 hash bits differ"


def fold(exact: list[DuplicateSet], alike: list[DuplicateSet]) -> tuple[list[DuplicateSet], list[DuplicateSet]]:
    """Sets by bytes whose keeper turned out to be a copy itself join the set of the photo that stays.

    `alike` was found among what `exact` leaves. The same bytes are as like the new keeper as their old keeper is.
    """
    by_keeper = {found.keeper.id: found for found in exact}
    joined = []
    for found in alike:
        copies, reasons = list(found.copies), list(found.reasons)
        for copy, reason in zip(found.copies, found.reasons, strict=True):
            if earlier := by_keeper.pop(copy.id, None):
                copies += earlier.copies
                reasons += [reason] * len(earlier.copies)
        joined.append(DuplicateSet(found.keeper, tuple(copies), found.kind, tuple(reasons)))
    return list(by_keeper.values()), joined
