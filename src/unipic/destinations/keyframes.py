"""A folder of a film's pictures or of its pieces, or a list of its shots: each file is written whole or not at all."""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from unipic.core.files import atomic_file, hash_file, make_folder, sweep_parts
from unipic.core.language import gettext as _, gettext_noop as N_, kept
from unipic.core.progress import Progress, Step, silent
from unipic.destinations._writing import compare, explained, other_content
from unipic.destinations.base import file_ready, folder_ready
from unipic.destinations.names import export_names
from unipic.library.frames import FilmRows
from unipic.video.split import Write
from unipic.video.stamped import stamped
from unipic.video.telling import Telling, picture_name

FINISH = N_("What is in it is whole; run again to finish it.")


def planned(telling: Telling, ending: str) -> list[str]:
    """The names of a film's pictures, in the order of time. Nothing is written."""
    names = [picture_name(telling.gathered.film.name, frame, ending) for frame in telling.best]
    return [name for (name,) in export_names([name] for name in names)]


def write_pictures(
    telling: Telling, rows: FilmRows, folder: Path, ending: str, progress: Progress = silent
) -> list[Path]:
    """Write the picture of each scene. A file that is there with the same bytes stays; another one is never replaced.

    DestinationError; what is written so far is whole.
    """
    folder_ready(folder)
    film, shots = telling.gathered.film, {shot.number: shot for shot in telling.gathered.shots}
    paths = [folder / name for name in planned(telling, ending)]
    with explained(folder, lambda: (), _(FINISH)):
        make_folder(folder)
        sweep_parts(folder, "*")
        for done, (frame, path) in enumerate(zip(telling.best, paths, strict=True), 1):
            _put(path, stamped(rows.picture(film.digest, frame.name), film, frame, shots[frame.shot]))
            progress(Step(kept("Saving pictures"), done, len(paths), "picture"))
    return paths


def write_pieces(names: Iterable[tuple[str, Callable[[], Iterable[Write]]]], folder: Path) -> list[Path]:
    """Write each piece of a film under its name, from what says which bytes belong where. AlreadyThere and others."""
    folder_ready(folder)
    paths = []
    with explained(folder, lambda: (), _(FINISH)):
        make_folder(folder)
        sweep_parts(folder, "*")
        for name, parts in names:
            path = folder / name
            file_ready(path, replace=False)
            with atomic_file(path, replace=False) as file:
                for part in parts():
                    file.seek(part.place)
                    file.write(part.data)
            paths.append(path)
    return paths


def write_list(path: Path, text: str) -> None:
    """Write a list as UTF-8. AlreadyThere if the path exists."""
    file_ready(path, replace=False)
    with explained(path.parent, lambda: (), _("Choose another place.")), atomic_file(path, replace=False) as file:
        file.write(text.encode(errors="replace"))


def _put(path: Path, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    if os.path.lexists(path):
        if path.is_symlink() or not path.is_file() or hash_file(path) != digest:
            raise other_content(path)
        return
    with atomic_file(path, replace=False) as file:
        file.write(data)
        compare(file, digest, path)
