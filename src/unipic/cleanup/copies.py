"""Find copies: the same bytes, the same pixels, an edit's original, the same picture, and which of them hold more."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from unipic.cleanup._exact import same_bytes, same_originals, same_pixels
from unipic.cleanup._near import near_duplicates
from unipic.cleanup.bonds import Bonds
from unipic.cleanup.contained import lost
from unipic.cleanup.keeper import keeper_first, warning_about
from unipic.cleanup.likeness import Likeness
from unipic.cleanup.result import DuplicateSet, Kind
from unipic.core.photo import FILM, Photo

LIKE = ("near", "holds")  # kinds of sets that geometry found, not equal hashes


@dataclass(frozen=True, eq=False)
class Copies:
    """The copies of a gallery. Every photo is in at most one set, and no keeper is a copy."""

    sets: tuple[DuplicateSet, ...]
    likeness: Likeness  # without the pairs that a person took apart

    @property
    def exact(self) -> tuple[DuplicateSet, ...]:
        """The sets of identical pictures."""
        return tuple(found for found in self.sets if found.kind not in LIKE)

    @property
    def near(self) -> tuple[DuplicateSet, ...]:
        """The sets of the same picture in other pixels, or in files that hold something of their own."""
        return tuple(found for found in self.sets if found.kind in LIKE)

    @cached_property
    def by_keeper(self) -> defaultdict[str, tuple[Photo, ...]]:
        """All copies by the keeper's id; () for other photos."""
        copies: defaultdict[str, tuple[Photo, ...]] = defaultdict(tuple)
        for found in self.sets:
            copies[found.keeper.id] += found.copies
        return copies

    def left(self, photos: Iterable[Photo]) -> list[Photo]:
        """The photos that are no copies."""
        return without_copies(photos, self.sets)


def find_copies(photos: Sequence[Photo], likeness: Likeness, least: float, bonds: Bonds) -> Copies:
    """Copies among the photos; `least`: the sameness (0 to 100) from which two are the same picture."""
    same = identical(photos)
    exact, same_picture = fold(same, near_duplicates(bonds.cut(likeness, moment=False), least, likeness))
    left = without_copies(photos, exact + same_picture)
    kept_for_others = {found.keeper.id for found in same_picture}
    exact, originals = fold(exact, bonds.without_apart(same_originals(left, kept_for_others)))
    # Pairs that a person took apart are dropped, so that neither is set aside in favour of the other.
    return Copies(told_apart((*exact, *originals, *same_picture)), bonds.without_torn(likeness, same))


def told_apart(sets: Sequence[DuplicateSet]) -> tuple[DuplicateSet, ...]:
    """The sets with what is lost with each copy, and copies that hold something of their own in sets of kind "holds".

    What an earlier copy keeps for the keeper is not lost with a later one.
    """
    by_keeper: defaultdict[str, list[Photo]] = defaultdict(list)
    for found in sets:
        by_keeper[found.keeper.id] += found.copies
    warnings, holding = dict[str, str](), set[str]()
    for found in {each.keeper.id: each for each in sets}.values():
        stay = [found.keeper]
        for copy in sorted(by_keeper[found.keeper.id], key=keeper_first):
            warnings[copy.id] = warning_about(copy, *stay)
            if lost(copy, stay):
                holding.add(copy.id)
            if warnings[copy.id]:
                stay.append(copy)
    # A file of the original's pixels is in the same place, whatever the edited photo holds.
    holding -= {copy.id for found in sets if found.kind == "original" for copy in found.copies}
    kept = [_part(found, found.kind, warnings, lambda id: id not in holding) for found in sets]
    apart = [_part(found, "holds", warnings, holding.__contains__) for found in sets]
    return tuple(found for found in (*kept, *apart) if found.copies)


def _part(found: DuplicateSet, kind: Kind, warnings: Mapping[str, str], wanted: Callable[[str], bool]) -> DuplicateSet:
    some = [told for told in zip(found.copies, found.reasons, found.doubts, strict=True) if wanted(told[0].id)]
    copies, reasons, doubts = zip(*some, strict=True) if some else ((), (), ())
    return DuplicateSet(found.keeper, copies, kind, reasons, tuple(warnings[copy.id] for copy in copies), doubts)


def identical(photos: Sequence[Photo]) -> list[DuplicateSet]:
    """Sets of the same bytes, and among the rest of the same pixels.

    Photos and films apart, as they are compared: neither goes in favour of the other.
    """
    kinds = [[photo for photo in photos if (photo.format == FILM) == film] for film in (False, True)]
    return [found for some in kinds for found in _identical(some)]


def _identical(photos: Sequence[Photo]) -> list[DuplicateSet]:
    same = same_bytes(photos)
    same, pixels = fold(same, same_pixels(without_copies(photos, same)))
    return same + pixels


def without_copies(photos: Iterable[Photo], sets: Iterable[DuplicateSet]) -> list[Photo]:
    """The photos that are no copy in any of the sets."""
    copies = {copy.id for found in sets for copy in found.copies}
    return [photo for photo in photos if photo.id not in copies]


def fold(exact: list[DuplicateSet], alike: list[DuplicateSet]) -> tuple[list[DuplicateSet], list[DuplicateSet]]:
    """Where an exact set's keeper is itself a copy in `alike`, its copies join the set of the photo that stays.

    `alike` was found among what `exact` leaves. Identical pixels are as like the new keeper as their old keeper is.
    Returns the exact sets that are left, and the extended ones of `alike`.
    """
    by_keeper: dict[str, list[DuplicateSet]] = {}  # one by bytes and one by pixels
    for found in exact:
        by_keeper.setdefault(found.keeper.id, []).append(found)
    joined = []
    for found in alike:
        copies, reasons, warnings = list(found.copies), list(found.reasons), list(found.warnings)
        doubts = list(found.doubts)
        for copy, reason, doubt in zip(found.copies, found.reasons, found.doubts, strict=True):
            for earlier in by_keeper.pop(copy.id, ()):
                copies += earlier.copies
                reasons += [reason] * len(earlier.copies)
                doubts += [doubt] * len(earlier.copies)
                warnings += [warning_about(each, found.keeper) for each in earlier.copies]
        told = (tuple(reasons), tuple(warnings), tuple(doubts))
        joined.append(DuplicateSet(found.keeper, tuple(copies), found.kind, *told))
    return [found for sets in by_keeper.values() for found in sets], joined
