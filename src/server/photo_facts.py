"""What tells photos of a group apart, in words and numbers that can be checked, the same rows for each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from unipic.core.photo import Photo, local_time
from unipic.core.words import size
from unipic.library.companions import with_what

HIGHER, LOWER, NEITHER = 1, -1, 0
Fact = tuple[str, str, float | None, int]  # label, value in words, number, which is better
SCORES = {"wish": "Matches your words", "aesthetic": "Pleasing (of 10)"}


def facts(photo: Photo, scores: Mapping[str, float | None]) -> list[Fact]:
    """`scores`: what models said of it, by criterion; None where they did not."""
    seen = photo.measures
    taken = local_time(photo)
    rows: list[Fact] = [
        ("Resolution", f"{photo.width} x {photo.height}", photo.pixels, HIGHER),
        ("Size", size(photo.size), photo.size, NEITHER),
        ("Format", photo.format, None, NEITHER),
        ("Compression quality", "" if photo.quality is None else str(photo.quality), photo.quality, HIGHER),
        ("Taken", _time(taken) + ("" if photo.taken_by_camera or not taken else " (file date)"), None, NEITHER),
        ("Camera", photo.camera, None, NEITHER),
        ("Exposure", photo.exposure, None, NEITHER),
        ("Place", "" if photo.place is None else "{:.5f}, {:.5f}".format(*photo.place), None, NEITHER),
        ("Comes with", with_what(photo), None, NEITHER),
        ("Stars", "" if photo.rating is None else _stars(photo.rating), photo.rating, HIGHER),
        ("Edited with", photo.edited, None, NEITHER),
        _measured("Sharpness of the subject", seen.sharpness, "{:.2f}", HIGHER),
        _measured("Shake", seen.shake, "{:.2f}", LOWER),
        _measured("Light", seen.exposure, "{:.0%}", HIGHER),
        _measured("Clipped highlights", seen.highlights, "{:.1%}", LOWER),
        _measured("Black shadows", seen.shadows, "{:.1%}", LOWER),
        _measured("Contrast", seen.contrast, "{:.2f}", HIGHER),
        _measured("Grain", seen.noise, "{:.3f}", LOWER),
        _measured("Tilt", None if seen.tilt is None else abs(seen.tilt), "{:.1f}°", LOWER),
        _measured("Subject cut off", seen.cut, "{:.0%}", LOWER),
        _measured("Framing", seen.framing, "{:.2f}", HIGHER),
    ]
    for name, score in scores.items():
        rows.append(_measured(SCORES.get(name, name), score, "{:.2f}", HIGHER))
    return rows


def _time(taken: datetime | None) -> str:
    return f"{taken:%Y-%m-%d %H:%M:%S}" if taken else ""


def _stars(rating: int) -> str:
    return "rejected" if rating < 0 else f"{rating} of 5"


def _measured(label: str, value: float | None, shown: str, better: int) -> Fact:
    """With the number that is shown: what looks the same is not better."""
    if value is None or not math.isfinite(value):
        return label, "", None, better
    words = shown.format(value)
    return label, words, float(words.strip("%°")), better
