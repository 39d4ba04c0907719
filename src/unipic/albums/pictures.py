"""Pictures made of photos of a group, as files that say what they are: merged brackets, and composites."""

import io
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from PIL.TiffTags import LONG, SHORT

from unipic.albums import composite
from unipic.albums.composite import Composed, Look, Seen
from unipic.albums.groups import AlbumGroup
from unipic.albums.hdr import merge_files, whole
from unipic.albums.made import Bracket, Made, Make, brackets
from unipic.core.language import kept
from unipic.core.photo import Photo
from unipic.core.settings import Limits
from unipic.reading.details import read_exif_to_keep
from unipic.reading.engines.base import Engine
from unipic.reading.engines.local import LocalEngine
from unipic.vision.eyes import EyeReader, eyes_open, looks
from unipic.vision.faces import FaceFinder

Format = Literal["jpeg", "tiff"]
FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: dict[Format, str] = {"jpeg": ".jpg", "tiff": ".tif"}
TRIED = 3  # frames that eyes may come from; further ones are later by seconds
QUALITY = 95  # of JPEG
PROGRAM = "Unipic"
SECONDS = 300.0  # of processor time for a merge
MEMORY = 5_000_000_000  # bytes of address space for a merge; 3 frames of 24 MP take 3 GB
OF_PIXELS = {256, 257, 258, 259, 262, 273, 277, 278, 279, 284}  # TIFF tags that describe how pixels are stored


@dataclass(frozen=True)
class Order:
    """A bracket to merge in a worker."""

    bracket: Bracket
    format: Format
    place: bool  # whether the location of the middle frame may be kept


def merged(group: AlbumGroup, engine: Engine, limits: Limits, format: Format, place: bool) -> Iterator[Made | str]:
    """The merges of a group's brackets; a text for each that cannot be merged. The originals stay as they are."""
    for middle, bracket in brackets(group):
        path, frames = PurePosixPath(middle.name), len(bracket.paths)
        order = Order(bracket, format, place)
        for _, found in engine.map(partial(merge_as_file, limits=limits), [order]):
            if not isinstance(found, tuple):
                why = found if isinstance(found, str) else kept("it {reason}", reason=found.reason)
                yield kept("the bracket of {name} was not merged: {reason}", name=path.name, reason=why)
                continue
            data, facts = found
            sources = [photo.name for photo in group.photos if photo.path in bracket.paths]
            said = {"kind": "hdr", "frames": frames, "middle": middle.name, "sources": sources, **facts}
            yield Made(f"hdr_{path.stem}{SUFFIXES[format]}", data, said)


def merging(limits: Limits, format: Format = "jpeg", place: bool = True) -> Make:
    """A maker of merges, in a worker with room for whole frames that lives as long as one group takes."""

    def make(group: AlbumGroup, kinds: frozenset[str]) -> Iterator[Made | str]:
        if "hdr" not in kinds and brackets(group):
            with closing(LocalEngine(1, SECONDS, MEMORY)) as engine:
                yield from merged(group, engine, limits, format, place)

    return make


@dataclass(frozen=True, eq=False)
class Proposed:
    """A composite that a person may accept."""

    best: Photo
    other: Photo
    before: np.ndarray  # uint8 [H, W, 3]
    composed: Composed

    @property
    def words(self) -> str:
        """What it is."""
        return composite.told(self.best, self.other)


def looking(finder: FaceFinder, reader: EyeReader) -> Look:
    """What finds faces and tells whose eyes are open."""

    def look(picture: np.ndarray) -> list[Seen]:
        faces = finder.faces(picture)
        told = looks(reader, [(picture, face.points, face.width) for face in faces])
        return [Seen(face.box, face.points, eyes_open(one)) for face, one in zip(faces, told, strict=True)]

    return look


def proposed(group: AlbumGroup, look: Look, engine: Engine, limits: Limits) -> Proposed | None:
    """The first composite that is possible for the best shot of a group, of the nearest frames in time.

    Whether it is written is for a person to say.
    """
    best = group.best[0]
    before: np.ndarray | None = None
    for other in composite.siblings(best, group.photos)[:TRIED]:
        paths = [other.path] if before is not None else [best.path, other.path]
        frames = [found for _, found in engine.map(partial(whole, limits=limits), paths)]
        if not all(isinstance(frame, np.ndarray) for frame in frames):
            continue
        first, second = (before, frames[0]) if before is not None else frames
        assert isinstance(first, np.ndarray)
        assert isinstance(second, np.ndarray)
        before = first
        composed = composite.compose(first, second, look)
        if isinstance(composed, Composed):
            return Proposed(best, other, first, composed)
        if composed == composite.NOBODY:
            break
    return None


def composite_file(one: Proposed, place: bool) -> Made:
    """The composite as a JPEG that says what it is: badge, EXIF, XMP, and facts with both sources."""
    words = f"{composite.BADGE}. {one.words}"
    data = as_jpeg(composite.badged(one.composed.pixels), described(one.best.path, words, place), composite.xmp())
    boxes = [[round(edge) for edge in box] for box in one.composed.boxes]
    facts: dict[str, Any] = {
        "kind": "composite",
        "sources": [one.best.name, one.other.name],
        "words": one.words,
        "faces": boxes,
    }
    facts["ecc"] = [round(number, 4) for number in one.composed.correlations]
    return Made(f"composite_{PurePosixPath(one.best.name).stem}.jpg", data, facts)


def merge_as_file(order: Order, limits: Limits) -> tuple[bytes, dict[str, Any]] | str:
    """Merge and encode. Runs in a worker."""
    found = merge_files(order.bracket, limits)
    if isinstance(found, str):
        return found
    path = order.bracket.paths[order.bracket.middle]
    exif = described(path, f"merged from {len(order.bracket.paths)} exposures", order.place)
    data = as_tiff(found.pixels, exif) if order.format == "tiff" else as_jpeg(found.pixels, exif)
    return data, {
        "ecc": round(found.correlation, 4),
        "moved": round(found.ghosts, 4),
        "crop": found.crop,
        "note": found.note,
    }


def described(path: str, words: str, place: bool) -> Image.Exif:
    """The EXIF of a photo for a picture made of it, which is upright, and says what it is."""
    exif = read_exif_to_keep(path)
    for tag in (Base.Orientation, Base.MakerNote, *OF_PIXELS):
        exif.pop(tag, None)
    if not place:
        exif.pop(IFD.GPSInfo, None)
        exif._ifds.pop(IFD.GPSInfo, None)
    exif[Base.Software], exif[Base.ImageDescription] = PROGRAM, words
    return exif


def as_jpeg(pixels: np.ndarray, exif: Image.Exif, xmp: bytes = b"") -> bytes:
    """float32 [H, W, 3] from 0 to 1, or uint8, as a JPEG."""
    if pixels.dtype != np.uint8:
        pixels = np.round(pixels * 255).astype(np.uint8)
    file = io.BytesIO()
    more: dict[str, Any] = {"xmp": xmp} if xmp else {}
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY, subsampling=0, exif=exif.tobytes(), **more)
    return file.getvalue()


def as_tiff(pixels: np.ndarray, exif: Image.Exif) -> bytes:
    """float32 [H, W, 3] from 0 to 1 as a TIFF of 16 bits, which Pillow cannot write: one strip, not compressed."""
    height, width = pixels.shape[:2]
    data = np.round(pixels * 65535).astype("<u2").tobytes()
    tags = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    values: dict[int, Any] = {256: width, 257: height, 258: (16, 16, 16), 259: 1, 262: 2, 277: 3, 278: height, 284: 1}
    for tag, value in {**values, 273: 0, 279: len(data)}.items():
        tags[tag] = value
        tags.tagtype[tag] = SHORT if tag in (258, 259, 262, 277, 284) else LONG
    for tag, value in exif.items():
        if isinstance(value, str):
            tags[tag] = value
    with suppress(KeyError, ValueError):
        if inner := {tag: value for tag, value in exif.get_ifd(IFD.Exif).items() if tag != Base.MakerNote}:
            tags[IFD.Exif], tags.tagtype[IFD.Exif] = inner, LONG
    file = io.BytesIO()
    tags.save(file)
    return file.getvalue() + data
