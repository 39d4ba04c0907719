"""Near-duplicates: the same picture in other bytes. Two independent signals must agree, and directly."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from unipic.cleanup import DuplicateSet
from unipic.embeddings import Embeddings
from unipic.fingerprint import bits_apart
from unipic.photo import Photo
from unipic.stages.greedy import greedy_groups
from unipic.stages.keeper import keeper_first


def near_duplicates(embeddings: Embeddings, near: float, bits: int) -> list[DuplicateSet]:
    """Sets of photos at least `near` similar to their keeper, whose hashes differ from its in at most `bits`.

    The best copy leads, so a copy always has its keeper by direct likeness, and a keeper is nobody's copy.
    """
    ordered = embeddings.of(sorted((p for p in embeddings.photos if p.comparable), key=keeper_first))
    photos = ordered.photos

    def hashes_agree(leader: int, others: np.ndarray) -> np.ndarray:
        hash_of = photos[leader].fingerprint
        return np.array([bits_apart(hash_of, photos[i].fingerprint) <= bits for i in others], dtype=bool)

    groups = greedy_groups(ordered.vectors, near, hashes_agree)
    return [_set(ordered, leader, copies) for leader, *copies in groups]


def _set(embeddings: Embeddings, leader: int, copies: list[int]) -> DuplicateSet:
    keeper = embeddings.photos[leader]
    likeness = embeddings.vectors[copies] @ embeddings.vectors[leader]
    found = [embeddings.photos[i] for i in copies]
    reasons = tuple(_reason(keeper, copy, float(c)) for copy, c in zip(found, likeness, strict=True))
    return DuplicateSet(keeper, tuple(found), "near", reasons)


def _reason(keeper: Photo, copy: Photo, likeness: float) -> str:
    bits = bits_apart(keeper.fingerprint, copy.fingerprint)
    return f"the same picture as {keeper.name}: similarity {likeness:.3f}, {bits} of 256 hash bits differ"


def fold(exact: list[DuplicateSet], near: list[DuplicateSet]) -> tuple[list[DuplicateSet], list[DuplicateSet]]:
    """Earlier sets whose keeper turned out to be a copy itself join the set of the photo that stays.

    `near` was found among the keepers of `exact`. A copy by bytes is as like the new keeper as its old keeper is.
    """
    by_keeper: defaultdict[str, list[DuplicateSet]] = defaultdict(list)
    for found in exact:
        by_keeper[found.keeper.id].append(found)
    joined = []
    for found in near:
        copies, reasons = list(found.copies), list(found.reasons)
        for copy, reason in zip(found.copies, found.reasons, strict=True):
            for earlier in by_keeper.pop(copy.id, []):
                copies += earlier.copies
                reasons += [reason] * len(earlier.copies)
        joined.append(DuplicateSet(found.keeper, tuple(copies), found.kind, tuple(reasons)))
    return [found for found in exact if found.keeper.id in by_keeper], joined
