"""When films that stand alone were taken, so that they go into a tree like photos."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from unipic.albums.plan import Asset, Clock, is_film, no_clock
from unipic.core.photo import Unreadable
from unipic.reading.engines.base import Failure
from unipic.video.decode import in_worker
from unipic.video.film import NotAFilm, probe


def film_clock(files: Sequence[Asset], otherwise: Clock = no_clock) -> Clock:
    """A Clock that knows the films among the files: by the phone's own clock, or UTC where only that is written.

    Each film's header is read in a process of its own.
    """
    taken = {
        film.id: when for film in files if isinstance(film, Unreadable) and is_film(film) and (when := _taken(film))
    }
    return lambda asset: taken.get(asset.id) or otherwise(asset)


def _taken(film: Unreadable) -> datetime | None:
    try:
        for said in in_worker(_told, film.path):
            if not isinstance(said, Failure) and said:
                return said.replace(tzinfo=None)
    except (NotAFilm, OSError):
        pass
    return None


def _told(path: str) -> Iterator[datetime | None]:
    yield probe(path).taken
