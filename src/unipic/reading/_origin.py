"""Traces of where a file comes from: what a camera wrote in its own way, and what programs did to it since.

Each trace is a name; cleanup/keeper.py says what it is worth. A broken structure leaves no trace and never costs the
photo.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from PIL import Image
from PIL.ExifTags import IFD, Base

from unipic.core.photo import Trace
from unipic.reading._altered import by_look, by_preview
from unipic.reading._behind import Data
from unipic.reading._compression import is_scaled_standard
from unipic.reading._content import FRAMES, segments
from unipic.reading._history import middle, was_compressed_coarser, was_resampled

VERSION = 1  # raised when a file gets other traces: here, in _altered.py or _history.py

Opener = Callable[[bytes], Image.Image]  # a JPEG's bytes -> the image, not decoded yet

SETTINGS = (Base.ExposureTime, Base.FNumber, Base.ISOSpeedRatings, Base.FocalLength)
FEW_SETTINGS = 2  # a camera writes nearly all of them, a scanner or a converter none
MAKER_NOTE_BYTES = 16  # fewer hold nothing
HEAD = 16_384  # bytes in which the boxes of a HEIF stand
TILES = b"grid"  # phones write a HEIF as tiles; the encoders of computers do not
SAME_SHAPE = 0.01
LOOKED_AT = 640  # pixels of the long side, at least
EXIF_START = b"Exif\0\0"
PREVIEW_AT, PREVIEW_LENGTH = 0x0201, 0x0202  # of EXIF's second directory
MOST_PREVIEW = 1024  # pixels a side; cameras write 160
# What encoders sign with in a comment, Facebook and Instagram in the segment APP13, and "Save for Web" in APP12.
ENCODERS = (b"CREATOR: gd-jpeg", b"Lavc", b"LEAD Technologies", b"Intel(R) JPEG", b"JPEGmini", b"ImageMagick")
SOCIAL, WEB_EXPORT = b"FBMD", b"Ducky"
HALF_AS_MANY_COLUMNS = (2, 1)  # samples of colour (4:2:2): many cameras' way; libraries also halve the rows, or nothing
# A JPEG is decoded at full size, which takes about 5 ms a megapixel, only if it does not look like a camera's own.
MOST_PIXELS = 32_000_000
SEQUENTIAL = (0xC0, 0xC1)  # markers of frames that are decoded from top to bottom
HEIGHT_AT = 5  # bytes from a frame's marker to the height of the picture


@dataclass(frozen=True)
class Opened:
    """A decoded file. A JPEG may be decoded at a reduced size."""

    data: Data  # all bytes
    loaded: Image.Image  # with its metadata, as it is stored
    toned: Image.Image  # the same without palettes
    kind: str  # the format
    size: tuple[int, int]  # pixels of the full picture: of a JPEG as it is stored, else the sides in any order


def traces(opened: Opened, jpeg: Opener) -> tuple[Trace, ...]:
    """The traces in a file, sorted. Raises MemoryError only."""
    found = _tried(_by_camera, opened) | _tried(_by_size, opened) | _tried(_by_programs, opened)
    found |= _tried(_by_look, opened) | _tried(partial(_by_preview, jpeg=jpeg), opened)
    if not found & {"camera layout", "camera format"} or "settings" not in found:
        found |= _tried(partial(_by_pixels, jpeg=jpeg), opened)
    return tuple(sorted(found))


def _tried(look: Callable[[Opened], Iterator[Trace]], opened: Opened) -> set[Trace]:
    try:
        return set(look(opened))
    except MemoryError:
        raise
    except Exception:  # whatever broken metadata leads to
        return set()


def _by_camera(opened: Opened) -> Iterator[Trace]:
    """What cameras write, and most programs drop or write otherwise."""
    exif = opened.loaded.getexif()
    tags = exif.get_ifd(IFD.Exif)
    if sum(tag in tags for tag in SETTINGS) >= FEW_SETTINGS:
        yield "settings"
    if len(tags.get(Base.MakerNote, b"")) >= MAKER_NOTE_BYTES:
        yield "maker note"
    if opened.kind == "HEIF" and TILES in opened.data[:HEAD]:
        yield "camera format"
    segments = [name for name, _ in getattr(opened.loaded, "applist", ())]
    if len(exif) and segments[:1] == ["APP1"] and "APP0" not in segments:  # libraries write JFIF's APP0 first
        yield "camera layout"


def _by_size(opened: Opened) -> Iterator[Trace]:
    """Whether the picture still has the size that its EXIF says, the sides in any order."""
    tags = opened.loaded.getexif().get_ifd(IFD.Exif)
    short, long = sorted(int(tags.get(tag, 0)) for tag in (Base.ExifImageWidth, Base.ExifImageHeight))
    less, more = sorted(opened.size)
    if short <= 0:
        return
    if (short, long) == (less, more):
        yield "size as taken"
    elif less > short and more > long:
        yield "larger than taken"
    else:
        yield "resized" if abs(short * more / (long * less) - 1) <= SAME_SHAPE else "reframed"


def _by_programs(opened: Opened) -> Iterator[Trace]:
    """What programs leave in a JPEG."""
    if opened.kind != "JPEG":
        return
    segments = [(name, bytes(body)) for name, body in getattr(opened.loaded, "applist", ())]
    if any(SOCIAL in body for name, body in segments if name == "APP13"):
        yield "social network"
    if any(body.startswith(WEB_EXPORT) for name, body in segments if name == "APP12"):
        yield "web export"
    if any(body.startswith(ENCODERS) for name, body in segments if name == "COM"):
        yield "encoder"
    if "progressive" in opened.loaded.info:
        yield "progressive"
    if getattr(opened.loaded, "layer", ((0, 0, 0),))[0][1:3] == HALF_AS_MANY_COLUMNS:
        yield "camera sampling"
    if not any(map(is_scaled_standard, _tables(opened.loaded).values())):
        yield "own tables"


def _tables(image: Image.Image) -> Mapping[int, Any]:
    return getattr(image, "quantization", {})


def _by_look(opened: Opened) -> Iterator[Trace]:
    picture, times = opened.toned, max(opened.toned.size) // LOOKED_AT
    smaller = picture.reduce(times) if times > 1 else picture  # reduce(1) would copy it
    return by_look(np.asarray(smaller if smaller.mode == "RGB" else smaller.convert("RGB")))


def _by_preview(opened: Opened, jpeg: Opener) -> Iterator[Trace]:
    """Whether the small picture that the camera put into EXIF is there, and still shows the same."""
    exif, stored = opened.loaded.getexif().get_ifd(IFD.IFD1), opened.loaded.info.get("exif", b"")
    start = int(exif.get(PREVIEW_AT, 0)) + (len(EXIF_START) if stored.startswith(EXIF_START) else 0)
    data = stored[start : start + int(exif.get(PREVIEW_LENGTH, 0))]
    if PREVIEW_AT not in exif or not data.startswith(b"\xff\xd8"):
        return
    yield "preview"
    preview = jpeg(data)
    if opened.kind == "JPEG" and max(preview.size) <= MOST_PREVIEW:  # other decoders turn the picture, not its preview
        yield from by_preview(opened.loaded.convert("RGB"), preview.convert("RGB"))


def _by_pixels(opened: Opened, jpeg: Opener) -> Iterator[Trace]:
    """What the picture went through before, by the brightness of its middle at full size."""
    steps, picture, box = None, opened.toned, middle(opened.toned.size)
    if opened.kind == "JPEG":
        if opened.size[0] * opened.size[1] > MOST_PIXELS or not isinstance(opened.data, bytes):
            return
        box = middle(opened.size)
        picture = jpeg(_upper_part(opened.data, box[3]))
        picture.draft("L", picture.size)
        steps = _tables(picture).get(0)
    luma = np.asarray(picture.crop(box).convert("L"))
    if was_compressed_coarser(luma, steps):
        yield "compressed before"
    if was_resampled(luma):
        yield "resampled"


def _upper_part(data: bytes, rows: int) -> bytes:
    """A JPEG whose decoder stops after so many rows. The same bytes if it is progressive: its scans need them all."""
    frame = next((part for part in segments(data) if part[0] in FRAMES), None)
    if frame is None or frame[0] not in SEQUENTIAL:
        return data
    height = frame[1] + HEIGHT_AT
    return data[:height] + rows.to_bytes(2) + data[height + 2 :]
