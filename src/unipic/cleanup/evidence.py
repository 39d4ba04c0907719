"""Evidence: everything learned by reading a gallery. Any grouping follows from it without reading again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from unipic.cleanup.likeness import Likeness
from unipic.cleanup.result import Clutter, Series
from unipic.core.face import Face
from unipic.core.photo import Gallery


@dataclass(frozen=True, eq=False)
class Evidence:
    """The photos, their likeness, and models' scores."""

    gallery: Gallery
    likeness: Likeness  # of the photos, without those identical to another
    encoder: str  # the encoder's name, for people
    ranker: str
    weights: Mapping[str, float]  # of the ranking, by criterion
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # a model's, by criterion and photo id
    notices: tuple[str, ...] = ()  # substitutions made, and why
    ranked: bool = True  # False: scores are not there yet, and only copies can be reviewed
    series: tuple[Series, ...] = ()  # taken on purpose
    faces: Mapping[str, tuple[Face, ...]] = field(default_factory=dict)  # by photo id; missing: not looked at
    names: Mapping[str, str] = field(default_factory=dict)  # of people, by the key of a face; in no record
    clutter: tuple[Clutter, ...] = ()  # what may be clutter, by kind
    first_seen: Mapping[str, float] = field(default_factory=dict)  # by digest, seconds since 1970; missing: just now
