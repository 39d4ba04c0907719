"""Crops and collages: copies with an aspect or on a page. Originals are only read, and nothing is replaced."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import numpy as np

from unipic.albums.collage import DPI, MOST, Piece, Placed, layout
from unipic.albums.crop import Crop, aspect_named, crop_of, in_words
from unipic.albums.events import best_of
from unipic.albums.heads import Heads, head_finder
from unipic.albums.shots import Shot
from unipic.core.errors import AlreadyThere, SettingsError
from unipic.core.files import atomic_file, make_folder
from unipic.core.language import gettext as _, kept, retold
from unipic.core.photo import Found
from unipic.core.progress import Progress, Step, silent
from unipic.core.settings import Limits, Settings
from unipic.destinations.base import file_ready
from unipic.destinations.names import export_names
from unipic.library.reader import Reader
from unipic.reading.cropping import Cut, Picture, picture, png_or_pdf, resized, write_crop
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.engines.local import LocalEngine

SIDE = 640  # pixels: the long side of the pictures in which faces are looked for
KINDS = {".png": "PNG", ".pdf": "PDF"}
PAPER = 255  # white


@dataclass(frozen=True)
class Cropped:
    """What became of one photo at one aspect."""

    name: str  # of the photo
    aspect: str
    target: Path | None = None  # None: nothing was written
    crop: Crop | None = None
    cut: str = ""  # who is cut, in words
    problem: str = ""


def crop_all(
    files: Sequence[Found], aspects: Sequence[str], folder: Path, faces: Heads, engine: Engine, limits: Limits,
    progress: Progress = silent,
) -> Iterator[Cropped]:  # fmt: skip
    """A crop of each photo at each aspect, named after it. AlreadyThere before anything is written if one is there."""
    wanted = [(file, aspect) for file in files for aspect in aspects]
    names = [f"{PurePosixPath(file.name).with_suffix('')} {aspect.replace(':', 'x')}.jpg" for file, aspect in wanted]
    targets = [folder / name for (name,) in export_names([name] for name in names)]
    there = next((target for target in targets if os.path.lexists(target)), None)
    if there:
        raise AlreadyThere(_("{there} already exists; nothing was written. Choose another folder.", there=there))
    for done, (file, seen) in enumerate(_pictures(files, SIDE, engine, limits)):
        progress(Step(kept("Cropping"), done, len(files), "photo"))
        heads = faces([seen.rgb])[0] if seen.rgb is not None else []
        for aspect, target in zip(aspects, targets[done * len(aspects) :], strict=False):
            if seen.rgb is None:
                yield Cropped(file.name, aspect, problem=seen.reason)
                continue
            crop = crop_of((seen.width, seen.height), aspect_named(aspect), heads, seen.subject)
            make_folder(target.parent)
            cut = Cut(file.path, seen.digest, crop.box, target)
            ((_cut, said),) = engine.map(partial(write_crop, limits=limits), [cut])
            problem = said.reason if isinstance(said, Failure) else said
            written = None if problem else target
            yield Cropped(file.name, aspect, written, crop, in_words(crop, heads), problem)
    progress(Step(kept("Cropping"), len(files), len(files), "photo"))


def zip_crops(
    path: Path, files: Sequence[Found], aspects: Sequence[str], settings: Settings, progress: Progress = silent
) -> tuple[int, list[str]]:
    """Write a ZIP of crops. Returns how many are in it, and whose heads are cut and what went wrong. ModelError."""
    with closing(engine_of(settings)) as engine, TemporaryDirectory(dir=path.parent) as folder:
        done = [*crop_all(files, aspects, Path(folder), head_finder(), engine, settings.limits, progress)]
        written = [one.target for one in done if one.target]
        with atomic_file(path) as file, ZipFile(file, "w") as archive:  # not compressed: JPEGs are
            for target in written:
                archive.write(target, target.relative_to(folder))
    return len(written), [
        f"{one.name} {one.aspect}: {retold(one.cut or one.problem)}" for one in done if one.cut or one.problem
    ]


def engine_of(settings: Settings) -> LocalEngine:
    """Workers that read and write pictures, to be closed."""
    limits = settings.limits
    return LocalEngine(settings.machine.workers, limits.photo_seconds, limits.worker_memory)


def collage_ready(path: Path) -> None:
    """SettingsError unless the name ends in .png or .pdf; DestinationError if it cannot be written there."""
    if path.suffix.lower() not in KINDS:
        raise SettingsError(_("{path} must end in .png or .pdf", path=path))
    file_ready(path, replace=False)


@dataclass(frozen=True)
class Page:
    """A collage as people want it."""

    path: Path  # .png or .pdf
    size: tuple[int, int]  # pixels, see paper_named
    photos: int = 12  # at most


def print_page(page: Page, shots: Sequence[Shot], library: Reader, settings: Settings) -> tuple[int, list[str]]:
    """A page of the best of these shots of the library. Returns how many are on it, and the problems.

    SettingsError for a number of photos that no page has; ModelError if the finder of faces cannot be used.
    """
    if not 1 <= page.photos <= MOST:
        raise SettingsError(_("a page has 1 to {most} photos", most=MOST))
    collage_ready(page.path)
    best, limits = best_of(shots, page.photos), settings.limits
    known = library.by_digest(best)
    paths = [known[digest].path for digest in best if digest in known]
    with closing(engine_of(settings)) as engine:
        problems = write_collage(page.path, paths, page.size, head_finder(), engine, limits)
    return len(paths) - len(problems), problems


def write_collage(
    path: Path, photos: Sequence[str], page: tuple[int, int], faces: Heads, engine: Engine, limits: Limits
) -> list[str]:
    """A page of at most MOST photos, by their paths, in order. Returns which are not on it, and why.

    SettingsError if no photo can be shown; see collage_ready for the rest.
    """
    collage_ready(path)
    problems = [
        _("{photo} is not on the page, which has {most} photos", photo=left, most=MOST) for left in photos[MOST:]
    ]
    files = [Found(name, PurePosixPath(name).name, name, 0) for name in photos[:MOST]]
    # Enough pixels for the largest place that one of so many photos gets, and no photo is held larger.
    side = round(max(page) * min(1.0, 2 / len(files) ** 0.5)) if files else 0
    pictures = [seen for _name, seen in _pictures(files, side, engine, limits)]
    problems += [f"{seen.path} {retold(seen.reason)}" for seen in pictures if seen.rgb is None]
    shown = [(seen, seen.rgb) for seen in pictures if seen.rgb is not None]
    if not shown:
        raise SettingsError(_("none of the photos can be shown"))
    heads = [faces([rgb])[0] for _name, rgb in shown]
    pieces = [
        Piece(rgb.shape[1], rgb.shape[0], its, seen.subject) for (seen, rgb), its in zip(shown, heads, strict=True)
    ]
    sheet = np.full((page[1], page[0], 3), PAPER, np.uint8)
    for (_seen, rgb), placed in zip(shown, layout(pieces, page), strict=True):
        _paste(sheet, rgb, placed)
    with atomic_file(path, replace=False) as file:
        file.write(png_or_pdf(sheet, KINDS[path.suffix.lower()], DPI))
    return problems


def _paste(sheet: np.ndarray, rgb: np.ndarray, placed: Placed) -> None:
    left, top, right, bottom = placed.place
    x, y, end, below = placed.box
    sheet[top:bottom, left:right] = resized(rgb[y:below, x:end], right - left, bottom - top)


def _pictures(files: Sequence[Found], side: int, engine: Engine, limits: Limits) -> Iterator[tuple[Found, Picture]]:
    look = partial(_look, side=side, limits=limits)
    for file, seen in engine.map(look, files):
        yield file, Picture(file.path, reason=seen.reason) if isinstance(seen, Failure) else seen


def _look(file: Found, side: int, limits: Limits) -> Picture:
    return picture(file.path, side, limits)
