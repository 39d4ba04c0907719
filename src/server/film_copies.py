"""Which films of the library are one with a film, where they agree, by the fingerprints that the index has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from server.state import library
from unipic.core.photo import FILM, Photo
from unipic.video.facts import KEY, PRINTED, seconds_of
from unipic.video.fingerprints import Fingerprint, unpacked
from unipic.video.same_film import agree, tells


@dataclass(frozen=True)
class FilmCopy:
    """Two films that agree, the longer one first."""

    long: Photo
    short: Photo
    offset: float  # seconds into the longer one at which the shorter one begins
    coverage: float  # share of the shorter one's pictures that agree
    mirrored: bool
    agrees: tuple[tuple[float, bool], ...]  # seconds into the shorter one, and whether its picture agrees


def copies_of(film: Photo) -> list[FilmCopy]:
    """Those of the library's films that agree with this one, the best first. No film is opened."""
    prints = _prints()
    own = prints.pop(film.digest, None)
    if own is None:
        return []
    found = _agreeing(film, own, prints)
    return sorted(found, key=lambda one: (-one.coverage, one.long.name, one.short.name))


def moments_of(films: Sequence[Photo]) -> list[tuple[float, float]]:
    """For each film its length, and the seconds by which the first film's moments come later in it.

    [] unless all are films that agree with the first one.
    """
    if any(film.format != FILM for film in films):
        return []
    prints, found = _prints(), [(seconds_of(films[0]), 0.0)]
    for film in films[1:]:
        a, b = (prints.get(one.digest) for one in (films[0], film))
        longer = seconds_of(films[0]) >= seconds_of(film)
        agreed = agree(*((b.voting, a.voting) if longer else (a.voting, b.voting))) if a and b else None
        if agreed is None:
            return []
        found.append((seconds_of(film), -agreed.offset if longer else agreed.offset))
    return found


def _prints() -> dict[str, Fingerprint]:
    """All fingerprints that are known, by the film's digest."""
    asked = "SELECT digest, value FROM vector WHERE key = ? AND part = ? AND made = ?"
    return {digest: unpacked(value) for digest, value in library().ask(asked, [KEY, KEY, PRINTED])}


def _agreeing(film: Photo, own: Fingerprint, prints: dict[str, Fingerprint]) -> Iterator[FilmCopy]:
    for other in library().by_digest(prints).values():
        longer, shorter = sorted((film, other), key=lambda one: (-seconds_of(one), one.digest))
        long, short = ((own if one is film else prints[one.digest]) for one in (longer, shorter))
        agreed = agree(short.voting, long.voting) if tells(long) or tells(short) else None
        if agreed:
            times: np.ndarray = short.voting.times
            marks = tuple(zip(times.tolist(), agreed.short.tolist(), strict=True))
            yield FilmCopy(longer, shorter, agreed.offset, agreed.coverage, agreed.mirrored, marks)
