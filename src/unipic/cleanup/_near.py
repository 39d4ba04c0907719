"""Near-duplicates: the same picture in other bytes and other pixels."""

from unipic.cleanup.keeper import keeper_first, keeper_reason, warning_about
from unipic.cleanup.likeness import Likeness
from unipic.cleanup.result import DuplicateSet
from unipic.core.language import kept
from unipic.core.photo import FILM, Photo

SAME = 50.0  # sameness from which the sketches take two for one picture, and from which pairs get a second look
NOT_CHECKED = kept("not checked at full size")


def near_duplicates(likeness: Likeness, least: float, measured: Likeness | None = None) -> list[DuplicateSet]:
    """Sets of photos whose sameness (0 to 100) with their keeper is at least `least`.

    Better originals choose first, so every copy is directly like its keeper, and no keeper is a copy. `measured`: the
    likeness without what a person said, by which doubts are told.
    """
    return [_set(likeness, measured or likeness, *chosen) for chosen in keepers(likeness, least)]


def keepers(likeness: Likeness, least: float) -> list[tuple[Photo, list[Photo]]]:
    """The keeper of each set, and its copies."""
    likeness = likeness.only(likeness.sameness >= least)
    likeness = likeness.of(sorted(likeness.paired(), key=keeper_first))
    free = [True] * len(likeness.photos)
    copies: dict[int, list[int]] = {}
    # Pairs are ordered by their better photo, so one that is still free at its first pair is no copy.
    for keeper, copy in zip(likeness.first.tolist(), likeness.second.tolist(), strict=True):
        if free[keeper] and free[copy]:
            free[copy] = False
            copies.setdefault(keeper, []).append(copy)
    photos = likeness.photos
    return [(photos[keeper], [photos[copy] for copy in found]) for keeper, found in copies.items()]


def _set(likeness: Likeness, measured: Likeness, keeper: Photo, copies: list[Photo]) -> DuplicateSet:
    return DuplicateSet(
        keeper,
        tuple(copies),
        "near",
        tuple(_reason(likeness, keeper, copy) for copy in copies),
        tuple(warning_about(copy, keeper) for copy in copies),
        tuple(_doubt(measured, keeper, copy) for copy in copies),
    )


def _doubt(likeness: Likeness, keeper: Photo, copy: Photo) -> str:
    """What the second look left open; by a threshold below SAME, pairs are copies that it has not seen."""
    unseen = likeness.same(keeper, copy) < SAME
    return likeness.doubt(keeper, copy) or (NOT_CHECKED if unseen else "")


def _reason(likeness: Likeness, keeper: Photo, copy: Photo) -> str:
    values = {"name": keeper.name, "how": likeness.said(keeper, copy), "reason": keeper_reason(keeper, copy)}
    if copy.format == FILM:
        return kept("the same film as {name} ({how}), which stays: {reason}", **values)
    return kept("the same picture as {name} ({how}), which stays: {reason}", **values)
