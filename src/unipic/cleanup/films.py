"""Films in a cleanup: which are one film, told as the likeness of two pictures is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from unipic.cleanup.copies import identical, without_copies
from unipic.cleanup.likeness import Likeness
from unipic.core.language import kept
from unipic.core.photo import FILM, Gallery, Photo
from unipic.core.progress import Progress, silent
from unipic.core.words import clock
from unipic.video.facts import pictures_of, seconds_of
from unipic.video.fingerprints import Fingerprint
from unipic.video.same_film import Alike, SameFilm, same_films
from unipic.video.stills import Still

NOT_IN_FULL = kept("films are compared by four small pictures a second, so watch both first")
FRAME = "frame of "  # how the note of a photo that is a picture of a film begins
SAMENESS = 60.0  # at the least coverage; above cleanup/_near.SAME, so that the standard threshold takes every pair
WHOLE = 0.9  # coverage below which it is said how much agrees


@dataclass(frozen=True)
class FilmPair:
    """Two films that are one, the longer one first."""

    first: Photo
    second: Photo
    how: SameFilm

    @property
    def words(self) -> str:
        """How they agree, for people."""
        agree = kept("{share:.0%} of the pictures agree", share=self.how.coverage)
        agree = kept("{agree}, mirrored", agree=agree) if self.how.mirrored else agree
        if self.how.kind == "same":
            return agree
        return kept("a part of it, from {time} on: {agree}", time=clock(self.how.offset), agree=agree)


def films_of(gallery: Gallery) -> list[Photo]:
    """The films of a gallery that stand alone. A Live Photo's film belongs to its photo."""
    return [photo for photo in gallery.photos if photo.format == FILM]


def photos_of(gallery: Gallery) -> list[Photo]:
    """The photos of a gallery that are no films."""
    return [photo for photo in gallery.photos if photo.format != FILM]


def film_pairs(
    films: Sequence[Photo],
    prints: Mapping[str, Fingerprint],
    alike: Alike = Alike(),  # noqa: B008  frozen
    progress: Progress = silent,
) -> list[FilmPair]:
    """Which of the films, of which none is identical to another, are one film. `prints`: fingerprints by digest."""
    found = same_films([prints[film.digest] for film in films], [seconds_of(film) for film in films], alike, progress)
    wanted = (one for one in found if one.kind == "same" or alike.within)
    pairs = [FilmPair(films[one.first], films[one.second], one) for one in wanted]
    known = {frozenset((pair.first.id, pair.second.id)) for pair in pairs}
    return pairs + [pair for pair in _coded_alike(films) if {pair.first.id, pair.second.id} not in known]


def _coded_alike(films: Iterable[Photo]) -> Iterator[FilmPair]:
    """Films of the same coded pictures with another sound."""
    same: dict[str, list[Photo]] = {}
    for film in films:
        if pictures := pictures_of(film):
            same.setdefault(pictures, []).append(film)
    for some in same.values():
        for pair in combinations(some, 2):
            yield FilmPair(*pair, SameFilm(0, 1, 0.0, 1.0, 0.0, False, "same"))


def originals(films: Sequence[Photo]) -> list[Photo]:
    """The films without those identical to another, in any container."""
    return without_copies(films, identical(films))


def likeness_of(films: Sequence[Photo], pairs: Sequence[FilmPair]) -> Likeness:
    """The films as a likeness: same pictures, and no moments. A person has the last word on each pair."""
    place = {film.id: i for i, film in enumerate(films)}
    ends = sorted((*sorted((place[pair.first.id], place[pair.second.id])), i) for i, pair in enumerate(pairs))
    first, second, order = (np.array(column, np.int64) for column in (zip(*ends, strict=True) if ends else ((),) * 3))
    coverage = np.array([pair.how.coverage for pair in pairs], np.float64)[order]
    ids = {pair: (pair.first.id, pair.second.id) for pair in pairs}
    return Likeness(
        tuple(films),
        first,
        second,
        np.zeros(len(ends)),
        SAMENESS + (100 - SAMENESS) * coverage,
        {ids[pair]: pair.words for pair in pairs},
        doubts={ids[pair]: _doubt(pair) for pair in pairs},
    )


def _doubt(pair: FilmPair) -> str:
    if pair.how.coverage >= WHOLE:
        return NOT_IN_FULL
    return kept("only {share:.0%} of one was found in the other; {doubt}", share=pair.how.coverage, doubt=NOT_IN_FULL)


def beside(photos: Likeness, films: Likeness) -> Likeness:
    """Both in one likeness, without a pair of a photo and a film: neither goes in favour of the other."""
    start = len(photos.photos)
    return replace(
        photos,
        photos=photos.photos + films.photos,
        first=np.concatenate([photos.first, films.first + start]),
        second=np.concatenate([photos.second, films.second + start]),
        similarity=np.concatenate([photos.similarity, films.similarity]),
        sameness=np.concatenate([photos.sameness, films.sameness]),
        how=photos.how | films.how,
        doubts=photos.doubts | films.doubts,
    )


def with_stills(gallery: Gallery, found: Mapping[str, Still]) -> Gallery:
    """The gallery, where each photo that is a picture of a film says so."""
    names = {film.digest: film.name for film in films_of(gallery)}

    def told(photo: Photo) -> Photo:
        if photo.id not in found:
            return photo
        still = found[photo.id]
        note = kept("frame of {film} at {time}", film=names[still.film], time=clock(still.seconds))
        return replace(photo, note="; ".join(filter(None, (photo.note, note))))

    return Gallery(tuple(map(told, gallery.photos)), gallery.unreadable)
