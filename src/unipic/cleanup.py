"""What was found in a gallery. A description only: nothing is removed by finding it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unipic.photo import Gallery, Photo

Kind = Literal["exact", "rendition", "near"]


@dataclass(frozen=True)
class DuplicateSet:
    """Copies of one picture, each directly like the keeper, which stays."""

    keeper: Photo
    copies: tuple[Photo, ...]
    kind: Kind
    reasons: tuple[str, ...]  # one per copy, in plain words with numbers that can be checked


@dataclass(frozen=True)
class Cluster:
    """Shots of one moment, the recommended one first."""

    photos: tuple[Photo, ...]
    scores: tuple[float, ...]  # of the ranker, higher is better
    alike: tuple[float, ...]  # cosine similarity to the recommended one, of the photo or the least like of its copies
    reason: str  # why the first one

    @property
    def best(self) -> Photo:
        return self.photos[0]


@dataclass(frozen=True)
class Cleanup:
    """Every file of the gallery in exactly one place: copy, member of a cluster, single, or unreadable."""

    gallery: Gallery
    exact: tuple[DuplicateSet, ...]
    near: tuple[DuplicateSet, ...]
    clusters: tuple[Cluster, ...]
    singles: tuple[Photo, ...]
    similar: float  # the threshold the clusters were made with
    encoder: str  # what looked at the photos, for people
    ranker: str
    notices: tuple[str, ...] = ()  # what was used instead of what, and why

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
