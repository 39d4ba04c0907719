"""The films of a gallery: read, shown by one of their pictures, and compared with each other and with its photos."""

from collections.abc import Sequence
from dataclasses import dataclass

from unipic.cleanup.films import FilmPair, film_pairs, films_of, likeness_of, originals, photos_of, with_stills
from unipic.cleanup.likeness import Likeness
from unipic.core.photo import Found, Gallery, Photo, Unreadable
from unipic.core.progress import Progress, silent
from unipic.core.settings import FilmLimits
from unipic.library.index import Index, path_of
from unipic.library.library import Library
from unipic.library.thumbnails import Thumbnails
from unipic.reading.seen import Seen
from unipic.video.facts import is_named_like_a_film
from unipic.video.same_film import Alike, tells
from unipic.video.stills import stills
from unipic.vision.base import Encoder


@dataclass(frozen=True)
class Films:
    """The films of a gallery and how they are alike."""

    gallery: Gallery  # with the films that could be read among its photos
    films: tuple[Photo, ...]  # without those identical to another
    pairs: tuple[FilmPair, ...]
    silent: tuple[Photo, ...] = ()  # nothing moves in them, or nothing is seen: they are like no other

    @property
    def likeness(self) -> Likeness:
        """The films, and which of them are one."""
        return likeness_of(self.films, self.pairs)


@dataclass(frozen=True)
class Kept:
    """Where what is seen of films is kept, and the encoder that sees them."""

    index: Index
    thumbnails: Thumbnails
    encoder: Encoder
    limits: FilmLimits = FilmLimits()  # noqa: RUF009  frozen


def look_through_films(
    gallery: Gallery,
    files: Sequence[Found | Unreadable],
    kept: Kept,
    alike: Alike = Alike(),  # noqa: B008  frozen
    progress: Progress = silent,
) -> Films:
    """Read the films of a gallery that belong to no photo, and find those that are one film, and pictures of them."""
    from unipic.video.reading import fingerprints_of  # here: FFmpeg is imported where there are films

    gallery = with_films(gallery, files, kept, progress)
    films = originals(films_of(gallery))
    prints = fingerprints_of(films, kept.index, progress, kept.limits)
    pairs = film_pairs(films, prints, alike, progress)
    gallery = with_stills(gallery, stills(photos_of(gallery), prints, kept.thumbnails))
    silent = (film for film in films if not tells(prints[film.digest]))
    return Films(gallery, tuple(films), tuple(pairs), tuple(silent))


def with_films(
    gallery: Gallery, files: Sequence[Found | Unreadable], kept: Kept, progress: Progress = silent
) -> Gallery:
    """The gallery with its films among the photos, each shown by one of its pictures. Those that fail say why."""
    from unipic.video.reading import films_seen

    alone = {file.id for file in gallery.unreadable if is_named_like_a_film(file)}
    found = [file for file in files if isinstance(file, Found) and file.id in alone]
    seen = list(films_seen(found, kept.index, kept.thumbnails, kept.encoder, progress, kept.limits))
    photos = {one.photo.id: one.photo for one in seen if isinstance(one, Seen)}
    reasons = {one.id: one for one in seen if isinstance(one, Unreadable)}
    place = {file.id: i for i, file in enumerate(files)}
    return Gallery(
        tuple(sorted((*gallery.photos, *photos.values()), key=lambda photo: place[photo.id])),
        tuple(reasons.get(file.id, file) for file in gallery.unreadable if file.id not in photos),
    )


def index_films(
    files: Sequence[Found | Unreadable], library: Library, kept: Kept, progress: Progress = silent
) -> dict[str, Seen | Unreadable]:
    """Read the films that belong to no photo: each is shown in the library by one of its pictures. By their ids."""
    beside = library.companions()
    films = [file for file in files if isinstance(file, Found) and is_named_like_a_film(file)]
    alone = [file for file in films if path_of(file) not in beside]
    found: dict[str, Seen | Unreadable] = {}
    if alone:
        from unipic.video.reading import films_seen  # here: FFmpeg is imported where there are films

        seen = films_seen(alone, kept.index, kept.thumbnails, kept.encoder, progress, kept.limits)
        found = {one.photo.id if isinstance(one, Seen) else one.id: one for one in seen}
    kept.index.write()
    return found
