"""Exact copies: the same bytes, the same pixels in another file, or the bytes of an edit's original."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from unipic.cleanup.keeper import keeper_first, keeper_reason, warning_about
from unipic.cleanup.result import DuplicateSet
from unipic.core.language import kept
from unipic.core.photo import FILM, Companion, Photo, digest_in_words


def same_bytes(photos: Sequence[Photo]) -> list[DuplicateSet]:
    """One set per sha256 that occurs more than once. Identical files may still differ in their companions."""
    sets = []
    for keeper, copies in _groups((photo.digest, photo) for photo in photos):
        reason = kept("the same bytes as {name} ({digest})", name=keeper.name, digest=digest_in_words(keeper))
        warnings = tuple(warning_about(copy, keeper) for copy in copies)
        sets.append(DuplicateSet(keeper, copies, "exact", (reason,) * len(copies), warnings))
    return sets


def same_pixels(photos: Sequence[Photo]) -> list[DuplicateSet]:
    """One set per content hash that occurs more than once; no two `photos` may have the same bytes."""
    return [
        DuplicateSet(
            keeper,
            copies,
            "pixels",
            tuple(_same_pixels(keeper, copy) for copy in copies),
            tuple(warning_about(copy, keeper) for copy in copies),
        )
        for keeper, copies in _groups((photo.content, photo) for photo in photos if photo.content)
    ]


def _same_pixels(keeper: Photo, copy: Photo) -> str:
    values = {"name": keeper.name, "reason": keeper_reason(keeper, copy)}
    if copy.format == FILM:
        return kept("the same coded pictures and sound as {name}, which stays: {reason}", **values)
    return kept("the same pixels as {name}, which stays: {reason}", **values)


def same_originals(photos: Sequence[Photo], stay: Set[str]) -> list[DuplicateSet]:
    """Sets of photos that another photo already has as its original companion, except ids in `stay`."""
    originals = {file.digest: (photo, file) for photo in sorted(photos, key=keeper_first) for file in _originals(photo)}
    found: defaultdict[str, list[Photo]] = defaultdict(list)
    for photo in sorted(photos, key=keeper_first):
        # A photo with an original stays, so no copy is another photo's keeper.
        if photo.digest in originals and photo.id not in stay and not _originals(photo):
            found[originals[photo.digest][0].id].append(photo)
    keepers = {keeper.id: keeper for keeper, _file in originals.values()}
    return [_beside(keepers[id], copies, originals) for id, copies in found.items()]


def _beside(keeper: Photo, copies: list[Photo], originals: Mapping[str, tuple[Photo, Companion]]) -> DuplicateSet:
    return DuplicateSet(
        keeper,
        tuple(copies),
        "original",
        tuple(
            kept(
                "the same bytes as {original}, the original that comes with {name}",
                original=originals[copy.digest][1].name,
                name=keeper.name,
            )
            for copy in copies
        ),
        tuple(warning_about(copy, keeper) for copy in copies),
    )


def _originals(photo: Photo) -> list[Companion]:
    return [file for file in photo.companions if file.role == "original"]


def _groups(photos: Iterable[tuple[str, Photo]]) -> list[tuple[Photo, tuple[Photo, ...]]]:
    """(keeper, its copies) for each key that occurs more than once; independent of the order of `photos`."""
    found: defaultdict[str, list[Photo]] = defaultdict(list)
    for key, photo in photos:
        found[key].append(photo)
    ordered = [sorted(group, key=keeper_first) for group in found.values() if len(group) > 1]
    return [(keeper, tuple(copies)) for keeper, *copies in sorted(ordered, key=lambda group: keeper_first(group[0]))]
