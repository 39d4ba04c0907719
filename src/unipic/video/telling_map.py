"""The map of a film's frames, as plots.py draws it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from unipic.core.language import gettext as _
from unipic.library.frames import FilmRows
from unipic.video.candidates import pixels_of
from unipic.video.gathered import clock
from unipic.video.plots import SINGLE, Marks, project, save_html, save_png
from unipic.video.telling import Telling

SIDE = 240  # pixels: the long side of the frames in a map


def marks_of(telling: Telling, thumbnails: tuple[bytes, ...] = ()) -> Marks:
    """The scenes as groups, numbered in the order of time; frames that are alone have none."""
    labels, best, number = [SINGLE] * len(telling.frames), [False] * len(telling.frames), 0
    for scene in telling.scenes:
        best[scene.best] = True
        if len(scene.members) > 1:
            for at in scene.members:
                labels[at] = number
            number += 1
    name = telling.gathered.film.name
    names = [f"{name} {clock(frame.candidate.seconds)}" for frame in telling.frames]
    return Marks(labels, best, names, thumbnails)


def draw(telling: Telling, rows: FilmRows, plot: Path | None, images: Path | None, page: Path | None) -> None:
    """Write the maps that have a path: points, the frames themselves, and a page to look into."""
    points = project(np.stack([frame.vector for frame in telling.frames]))
    small = tuple(_small(rows, telling, at) for at in range(len(telling.frames))) if images or page else ()
    title = _(
        "{film}: {frames:,} frames, {scenes:,} scenes",
        film=telling.gathered.film.name,
        frames=len(telling.frames),
        scenes=len(telling.scenes),
    )
    if plot:
        save_png(points, marks_of(telling), plot, title)
    if images:
        save_png(points, marks_of(telling, small), images, title)
    if page:
        save_html(points, marks_of(telling, small), page, title)


def _small(rows: FilmRows, telling: Telling, at: int) -> bytes:
    picture = Image.fromarray(pixels_of(rows.picture(telling.gathered.film.digest, telling.frames[at].name)))
    picture.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
