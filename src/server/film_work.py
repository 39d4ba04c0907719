"""The pictures that tell a film: made by a run in the background, and read from the index by its page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from server.runs import Run
from server.state import library, server
from unipic.core import archives
from unipic.core.photo import Found, Photo
from unipic.core.settings import Limits, models_folder
from unipic.library.frames import FilmRows
from unipic.library.index import StoredIndex
from unipic.video.gathered import Gathered, film_of, gather, rows_for
from unipic.video.keyframes import Asked
from unipic.vision.base import Calibration
from unipic.vision.registry import Loader, open_encoder

ASKED = Asked("")  # of each film: its shots by our own detector, and the best pictures of each


@dataclass(frozen=True)
class Told:
    """What is known of a film's shots and frames."""

    gathered: Gathered
    calibration: Calibration


def latest(film: Photo) -> Run | None:
    """The latest run that looks, or looked, through the film."""
    runs = [run for run in server().runs.all() if (state := run.load()).source == "film" and film.path in state.roots]
    return max(runs, key=lambda run: run.load().created, default=None)


def start(film: Photo) -> None:
    """Look through the film in the background. Runs before it are deleted."""
    while old := latest(film):
        old.delete()
    server().jobs.start(server().runs.new("film", (film.path,)))


@contextmanager
def _rows(film: Photo) -> Iterator[FilmRows]:
    encoder, _notice = open_encoder("auto", Loader(models_folder(), fetch=False))
    index = StoredIndex(library().path.parent, library().thumbnails, Limits())
    try:
        yield rows_for(ASKED, encoder, index)
    finally:
        index.close()


def told(film: Photo) -> Told | None:
    """The shots and frames of a film that was looked through to its end. It is not opened."""
    encoder, _notice = open_encoder("auto", Loader(models_folder(), fetch=False))
    with _rows(film) as rows:
        if not rows.is_done(film.digest):
            return None
        found, _rest = film_of(as_found(film), rows)
        return Told(gather(found, ASKED, encoder, rows), encoder.calibration)


def frame(film: Photo, name: str) -> bytes:
    """A frame as a JPEG, full size; b"" if it was deleted."""
    with _rows(film) as rows:
        return rows.picture(film.digest, name) if rows.picture_there(film.digest, name) else b""


def as_found(film: Photo) -> Found:
    """The film's file, as it is now. OSError if it is gone."""
    from unipic.sources.base import stamp

    status = archives.status(film.path)
    return Found(film.id, film.name, film.path, status.st_size, stamp(status))
