"""What was learned of a gallery by looking at it. Everything that is found follows from it, without another look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from unipic.cleanup.likeness import Likeness
from unipic.cleanup.result import DeliberateSet
from unipic.core.photo import Gallery


@dataclass(frozen=True, eq=False)
class Evidence:
    gallery: Gallery
    likeness: Likeness  # of the photos that are left without those identical to another
    encoder: str  # what looked at the photos, for people
    ranker: str
    weights: Mapping[str, float]  # what each criterion of the ranking counts
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # a model's, by criterion and photo id
    notices: tuple[str, ...] = ()  # what was used instead of what, and why
    ranked: bool = True  # False: models have still to say which shots are best, and only copies are settled
    sets: tuple[DeliberateSet, ...] = ()  # taken on purpose
    first_seen: Mapping[str, float] = field(default_factory=dict)  # by digest, seconds since 1970; none: just now
