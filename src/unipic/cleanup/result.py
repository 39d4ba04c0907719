"""The result of a cleanup: a description. Nothing is moved or deleted by it."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import Literal, get_args

from unipic.cleanup.faces import Row
from unipic.cleanup.likeness import Likeness
from unipic.core.photo import Gallery, Photo

# Certainty from which a recommendation is clear. Cross-validated on generated series: between 0.7 and 0.8 one pair in 6
# was wrong, from 0.8 on one in 18. Of two good frames of one moment 99 in 100 are below.
CLEAR = 0.8
SeriesKind = Literal["burst", "bracket", "panorama", "stack", "timelapse"]
# "holds": the same picture, but the copy's file holds something of its own; it stays until a person says otherwise.
Kind = Literal["exact", "pixels", "original", "near", "holds"]
ClutterKind = Literal["blurred", "black", "empty", "screenshot", "document", "graphic", "screen"]
CLUTTER: tuple[ClutterKind, ...] = get_args(ClutterKind)


@dataclass(frozen=True)
class DuplicateSet:
    """A keeper, which stays, and its copies, each directly like it."""

    keeper: Photo
    copies: tuple[Photo, ...]
    kind: Kind
    reasons: tuple[str, ...]  # one per copy, in plain words with numbers that can be checked
    warnings: tuple[str, ...] = ()  # warnings, one per copy: what a person might miss; "" if nothing
    doubts: tuple[str, ...] = ()  # one per copy: why it might be another picture, or lack something; "" if nothing

    def __post_init__(self) -> None:
        object.__setattr__(self, "doubts", self.doubts or ("",) * len(self.copies))
        object.__setattr__(self, "warnings", self.warnings or ("",) * len(self.copies))


@dataclass(frozen=True)
class Series:
    """Similar shots taken to be kept together, in order."""

    kind: SeriesKind
    photos: tuple[Photo, ...]
    reason: str  # how it was recognised, with numbers that can be checked


@dataclass(frozen=True)
class Cluster:
    """Shots of one moment, the recommended one first."""

    photos: tuple[Photo, ...]
    scores: tuple[float, ...]  # of the ranker, higher is better
    alike: tuple[float, ...]  # similarity to the first, 0 to 100: the lowest of the photo and its copies
    reason: str  # why the first one is recommended
    certainty: float = 1.0  # probability that the first one is better than the second, 0.5 to 1
    columns: tuple[tuple[str, tuple[float | None, ...]], ...] = ()  # a model's numbers for each photo, by criterion
    people: tuple[Row, ...] = ()  # of each person the face in each photo, in the order of the photos

    @property
    def best(self) -> Photo:
        """The recommended shot."""
        return self.photos[0]

    @property
    def close_call(self) -> bool:
        """Whether the ranking is too uncertain, so a person should decide."""
        return self.certainty < CLEAR


@dataclass(frozen=True)
class Clutter:
    """A photo that may be clutter by itself, whatever else there is. It stays unless a person says otherwise."""

    photo: Photo
    kind: ClutterKind
    reason: str  # a sentence, with what was measured
    certainty: float  # 0.5 to 1, the order within a kind


def sparing(clutter: Iterable[Clutter], dear: Set[str]) -> tuple[Clutter, ...]:
    """The clutter without photos of these ids or digests."""
    return tuple(one for one in clutter if dear.isdisjoint((one.photo.id, one.photo.digest)))


@dataclass(frozen=True)
class Cleanup:
    """Every file of the gallery in exactly one role: copy, member of a cluster, single, or unreadable."""

    gallery: Gallery
    exact: tuple[DuplicateSet, ...]
    near: tuple[DuplicateSet, ...]
    clusters: tuple[Cluster, ...]
    singles: tuple[Photo, ...]
    similar: float  # the threshold of similarity, 0 to 100
    encoder: str  # the encoder's name, for people
    ranker: str
    notices: tuple[str, ...] = ()  # substitutions made, and why
    same: float = 50.0  # the threshold of sameness, 0 to 100
    series: tuple[Series, ...] = ()  # besides the groups; kept unless a person asks
    clutter: tuple[Clutter, ...] = ()  # besides the groups too
    likeness: Likeness | None = field(default=None, repr=False, compare=False)  # what it was found by

    def __post_init__(self) -> None:
        """Check the invariants: every photo has one role, and every keeper stays."""
        staying = [photo.id for cluster in self.clusters for photo in cluster.photos]
        staying += [photo.id for photo in self.singles]
        aside = [photo.id for lane in self.lanes for photo in lane.copies]
        if sorted(staying + aside) != sorted(photo.id for photo in self.gallery.photos):
            raise ValueError("a photo is in no place, or in two")
        if not {lane.keeper.id for lane in self.lanes} <= set(staying):
            raise ValueError("a keeper does not stay")

    @property
    def lanes(self) -> tuple[DuplicateSet, ...]:
        """All sets of copies, exact ones first."""
        return self.exact + self.near
