"""What was found in a gallery. A description only: nothing is removed by finding it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from unipic.cleanup.likeness import Likeness
from unipic.core.photo import Gallery, Photo

# Certainty from which a pick is one. On series made from photos for choosing it, each fifth judged by weights from the
# others, of pairs between 0.7 and 0.8 every sixth was wrong, from 0.8 on every eighteenth; of two good frames of one
# moment 99 in 100 are below.
CLEAR = 0.8
SetKind = Literal["burst", "bracket", "panorama", "stack", "timelapse"]
Kind = Literal["exact", "pixels", "original", "near"]


@dataclass(frozen=True)
class DuplicateSet:
    """Copies of one picture, each directly like the keeper, which stays."""

    keeper: Photo
    copies: tuple[Photo, ...]
    kind: Kind
    reasons: tuple[str, ...]  # one per copy, in plain words with numbers that can be checked
    looks: tuple[str, ...] = ()  # one per copy, "" where nothing would be missed: why a person should look first

    def __post_init__(self) -> None:
        object.__setattr__(self, "looks", self.looks or ("",) * len(self.copies))


@dataclass(frozen=True)
class DeliberateSet:
    """Shots that were taken to be kept together, in their order, though they are alike."""

    kind: SetKind
    photos: tuple[Photo, ...]
    reason: str  # what it is known by, with numbers that can be checked


@dataclass(frozen=True)
class Cluster:
    """Shots of one moment, the recommended one first."""

    photos: tuple[Photo, ...]
    scores: tuple[float, ...]  # of the ranker, higher is better
    alike: tuple[float, ...]  # to the recommended one, 0 to 100, of the photo or the least like of its copies
    reason: str  # why the first one
    certainty: float = 1.0  # probability that the first one is better than the second, 0.5 to 1
    columns: tuple[tuple[str, tuple[float | None, ...]], ...] = ()  # what a model said of each photo, by criterion

    @property
    def best(self) -> Photo:
        return self.photos[0]

    @property
    def close_call(self) -> bool:
        """The ranking has no opinion worth the name; a person should look."""
        return self.certainty < CLEAR


@dataclass(frozen=True)
class Cleanup:
    """Every file of the gallery in exactly one place: copy, member of a cluster, single, or unreadable."""

    gallery: Gallery
    exact: tuple[DuplicateSet, ...]
    near: tuple[DuplicateSet, ...]
    clusters: tuple[Cluster, ...]
    singles: tuple[Photo, ...]
    similar: float  # the similarity, 0 to 100, the clusters were made with
    encoder: str  # what looked at the photos, for people
    ranker: str
    notices: tuple[str, ...] = ()  # what was used instead of what, and why
    same: float = 50.0  # the sameness, 0 to 100, the copies were found with
    sets: tuple[DeliberateSet, ...] = ()  # beside the groups: nothing of them is proposed to go unless asked
    likeness: Likeness | None = field(default=None, repr=False, compare=False)  # what all this was found by

    def __post_init__(self) -> None:
        """The laws of conservation and of a living keeper, checked at birth."""
        staying = [photo.id for cluster in self.clusters for photo in cluster.photos]
        staying += [photo.id for photo in self.singles]
        aside = [photo.id for lane in self.lanes for photo in lane.copies]
        if sorted(staying + aside) != sorted(photo.id for photo in self.gallery.photos):
            raise ValueError("a photo is in no place, or in two")
        if not {lane.keeper.id for lane in self.lanes} <= set(staying):
            raise ValueError("a keeper does not stay")

    @property
    def lanes(self) -> tuple[DuplicateSet, ...]:
        return self.exact + self.near
