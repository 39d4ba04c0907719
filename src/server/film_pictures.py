"""Pictures of films for the browser: the one shown at a time, made in a worker, and the filmstrip."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from unipic.core import archives
from unipic.core.errors import NotShown
from unipic.core.files import atomic_file, make_folder
from unipic.core.language import gettext as _, retold
from unipic.core.photo import Photo
from unipic.core.words import printable
from unipic.library.library import Library
from unipic.reading.engines.base import Failure
from unipic.reading.renditions import CHANGED
from unipic.video.decode import in_worker
from unipic.video.facts import CONTENT, STRIPS, seconds_of
from unipic.video.film import NotAFilm

SIDE = 1280  # pixels of the long side
STEP_MS = 100  # times are rounded to this, so that few pictures are kept


def film_picture(views: Path, film: Photo, milliseconds: int) -> Path:
    """Path of a JPEG of what a film shows at a time, long side at most SIDE. NotShown if it cannot be made."""
    from unipic.video.reading import At, picture_at  # here: imports OpenCV, which the first screen does without

    at = min(max(0, milliseconds), round(1000 * seconds_of(film))) // STEP_MS * STEP_MS
    path = views / f"{film.digest}-at-{at}.jpg"
    with suppress(FileNotFoundError):
        os.utime(path)  # mark it as used
        return path
    try:
        if archives.status(film.path).st_size != film.size:
            raise NotShown(f"{printable(film.name)} {CHANGED}")
        made = next(in_worker(picture_at, At(film.path, at / 1000, SIDE)), Failure(_("gave nothing")))
    except OSError as error:
        raise NotShown(
            _("{name} could not be shown: {problem}.", name=printable(film.name), problem=error.strerror or error)
        ) from error
    except NotAFilm as error:
        raise NotShown(f"{printable(film.name)} {error}.") from error
    if isinstance(made, Failure):
        raise NotShown(f"{printable(film.name)}: {retold(made.reason)}.")
    if not views.parent.is_dir():
        raise NotShown(_("This review no longer exists, so its films cannot be shown."))
    make_folder(views, 0o700)
    with atomic_file(path) as file:
        file.write(made)
    return path


def filmstrip(library: Library, film: Photo) -> bytes:
    """Pictures spread over a film, side by side, as a JPEG; b"" if there is none."""
    asked = "SELECT value FROM vector WHERE digest = ? AND key = ? AND part = ? AND made = ?"
    rows = library.ask(asked, [film.digest, STRIPS, STRIPS, CONTENT])
    return bytes(rows[0][0]) if rows else b""
