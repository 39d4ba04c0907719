"""What tells photos of a group apart, in words and numbers that can be checked, the same rows for each."""

import math
from collections.abc import Mapping

from unipic.cleanup.contained import listed
from unipic.cleanup.criteria import BY_NAME, HIGHER, MEASURED, Criterion
from unipic.core.language import gettext as _, retold
from unipic.core.photo import Photo, in_utc, local_time
from unipic.core.words import size
from unipic.library.companions import with_what

NEITHER = 0  # which of two numbers is better: HIGHER, LOWER or NEITHER
Fact = tuple[str, str, float | None, int]  # label, value in words, number, which is better


def facts(photo: Photo, scores: Mapping[str, float | None]) -> list[Fact]:
    """`scores`: what models said of it, by criterion; None where they did not."""
    rows: list[Fact] = [
        (_("Resolution"), f"{photo.width} x {photo.height}", photo.pixels, HIGHER),
        (_("Size"), size(photo.size), photo.size, NEITHER),
        (_("Format"), photo.format, None, NEITHER),
        (_("Compression quality"), "" if photo.quality is None else str(photo.quality), photo.quality, HIGHER),
        (_("Taken"), _time(photo), None, NEITHER),
        (_("Camera"), photo.camera, None, NEITHER),
        (_("Exposure"), photo.exposure, None, NEITHER),
        (_("Place"), "" if photo.place is None else "{:.5f}, {:.5f}".format(*photo.place), None, NEITHER),
        (_("Comes with"), with_what(photo), None, NEITHER),
        (_("Holds"), retold(listed(photo.holds + photo.told)), None, NEITHER),
        (_("Stars"), "" if photo.rating is None else _stars(photo.rating), photo.rating, HIGHER),
        (_("Edited with"), photo.edited, None, NEITHER),
        *(_measured(criterion, getattr(photo.measures, criterion.name)) for criterion in MEASURED),
    ]
    return rows + [_measured(BY_NAME[name], score) for name, score in scores.items()]


def _time(photo: Photo) -> str:
    taken = local_time(photo)
    if taken is None:
        return ""
    about = "" if photo.taken_by_camera else " (UTC)" if in_utc(photo) else _(" (file date)")
    return f"{taken:%Y-%m-%d %H:%M:%S}{about}"


def _stars(rating: int) -> str:
    return _("rejected") if rating < 0 else _("{rating} of 5", rating=rating)


def _measured(criterion: Criterion, value: float | None) -> Fact:
    """With the number that is shown: what looks the same is not better."""
    if value is None or not math.isfinite(value):
        return _(criterion.label), "", None, criterion.better
    words = criterion.say(value)
    shown = criterion.level(value) if criterion.levels else float(words.strip("%°"))
    return _(criterion.label), retold(words), shown, criterion.better
