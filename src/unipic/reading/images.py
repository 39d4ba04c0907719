"""The only module that opens image files: checks the format by content and the limits, and decodes once, upright.

Every fault of a file becomes one exception, `NotAPhoto`, whose text a person can act on.
"""

import errno
import hashlib
import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
import pillow_heif
from PIL import Image, ImageChops, ImageFile
from PIL.ExifTags import Base
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from unipic.core.files import copy_and_hash, open_to_read
from unipic.core.language import kept
from unipic.core.photo import Extra, Trace
from unipic.core.settings import Limits
from unipic.reading._behind import bytes_of
from unipic.reading._compression import quality_of
from unipic.reading._content import SCAN, decodes_whole, jpeg_content, pixel_content, segments, shown, with_extras
from unipic.reading._holds import extras, joined, values
from unipic.reading._icons import icon_format, largest
from unipic.reading._jp2 import is_jp2, length
from unipic.reading._jxl import JxlFile, is_jxl
from unipic.reading._limits import NotAPhoto as NotAPhoto, check_pixels, check_size, is_deep, reduce_on_load
from unipic.reading._origin import Opened, traces
from unipic.reading._other_files import what_it_is
from unipic.reading._pages import many_pages
from unipic.reading._raw import KEPT, LEAST, NoPreview, Preview, may_be_raw, preview_in, upright
from unipic.reading._tones import to_rgb, with_tones

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # replaced by our own limit on the size that is really decoded

# Raised when this module, _raw.py or read.py makes another picture, view or thumbnail.
VERSION = 1

# What is read, with the usual endings of names, which only a dialog for choosing files asks for.
# MPO, a JPEG with more pictures behind the first, is opened by the JPEG plug-in.
ENDINGS = {
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "HEIF": (".heic", ".heif", ".hif"),
    "AVIF": (".avif",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "JXL": (".jxl",),
    "JPEG2000": (".jp2", ".j2k", ".jpf", ".jpx"),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "ICO": (".ico",),
    "ICNS": (".icns",),
}
FORMATS = tuple(ENDINGS)
BY_PILLOW = tuple(format for format in FORMATS if format not in ("JXL", "ICO", "ICNS"))
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
DNG_VERSION, NEW_SUBFILE_TYPE, REDUCED = 50706, 254, 1  # TIFF tags, and the bit that says "a smaller version"
JPEG_END = b"\xff\xd9"
# Every byte that begins no marker, first alone, then after each of the eight restart markers a decoder may expect.
FILLING = b"".join(mark + bytes(range(254, 0, -1)) for mark in (b"", *(bytes((255, 208 + n)) for n in range(8))))
IN_MEMORY_BYTES = 64_000_000  # bytes; larger files are read piece by piece, so memory stays bounded
BY_PREVIEW = kept("by its embedded preview")


@dataclass(frozen=True)
class Decoded:
    """One photo, decoded once: upright, RGB, the long side at most as requested."""

    picture: Image.Image
    digest: str
    size: int
    width: int  # of the full photo, upright
    height: int
    format: str
    note: str
    quality: int | None  # of the compression, 0 to 100; see _compression.py
    content: str  # hash of the picture and of all that the file holds, hexadecimal, or ""; see _content.py
    holds: tuple[Extra, ...]  # what the file holds besides the picture; see _holds.py
    traces: tuple[Trace, ...] = ()  # of its origin; see _origin.py


def decode(path: str, long_side: int, limits: Limits, facts: bool = True) -> Decoded:
    """The picture of a file that is opened once, read-only. Raises NotAPhoto, OSError, MemoryError.

    `facts`: also what the file holds and its traces, which take as long as the picture of a small file.
    """
    with opened(path, limits.max_file) as (file, size):
        return decode_opened(file, size, long_side, limits, facts)


def decode_opened(file: BinaryIO, size: int, long_side: int, limits: Limits, facts: bool = True) -> Decoded:
    """The picture of an open file of `size` bytes; `facts` as for decode(). Raises NotAPhoto, OSError, MemoryError."""
    with damage_in_words():
        image, head = identify(file)
        if image is None:
            found = _of_raw(file, size, long_side, limits)
        elif isinstance(image, JxlFile) and image.restores:
            found = _of_restored(image, file, head, long_side, limits)
        else:
            found = _decoded(image, file, head, long_side, limits, facts=facts)
        return replace(found, digest=_digest(file), size=size)


def _decoded(
    image: Image.Image, file: BinaryIO, head: bytes, long_side: int, limits: Limits, turned: int = 0, facts: bool = True
) -> Decoded:
    """Everything but the file's digest and size. `turned`: an orientation that overrides the file's own."""
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    content = _look_through(file, limits.max_scans) if kind == "JPEG" else ""
    width, height = image.size
    _shrink_on_load(image, long_side, kind)
    shrunk = isinstance(image, Jpeg2KImageFile) and reduce_on_load(image, long_side, limits)
    check_size(image, width, height, limits)
    note = _frames(image, file)
    whole = facts and kind != "JPEG" and not (note or shrunk or is_deep(image)) and decodes_whole(image, kind, head)
    picture, flaw = _load(image, file, long_side)
    turned = turned or orientation(image)  # after loading: PNG may have EXIF at its end, and Pillow turns TIFFs itself
    quality = quality_of(image, kind)
    loaded, picture = picture, with_tones(picture)
    holds = extras(file, loaded, picture, kind) if facts else ()
    opened_as = Opened(bytes_of(file), loaded, picture, kind, (width, height))
    found = traces(opened_as, _jpeg) if facts else ()  # before it is made smaller
    content = pixel_content(picture, TURNS.get(turned)) if whole else shown(content, turned)
    content = with_extras(content, values(holds))
    picture.thumbnail((long_side, long_side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    picture = _upright(to_rgb(picture), turned)
    width, height = upright(width, height, turned)
    note = "; ".join(filter(None, (note, flaw)))
    return Decoded(picture, "", 0, width, height, kind, note, quality, content, holds, found)


def _of_raw(file: BinaryIO, size: int, long_side: int, limits: Limits) -> Decoded:
    """A raw photo, decoded from its preview but with the raw picture's size; what the preview holds does not count."""
    if size > limits.max_decoded:
        raise NotAPhoto(
            kept(
                "is a raw photo of {size:,.0f} MB, more than the {most:.0f} MB one photo may take; {kept}",
                size=size / 1e6,
                most=limits.max_decoded / 1e6,
                kept=KEPT,
            )
        )
    try:
        preview = preview_in(file)
    except NoPreview as reason:
        raise NotAPhoto(str(reason)) from None
    check_pixels(preview.width, preview.height, limits)
    try:
        with damage_in_words():
            found = _shown_by(preview, long_side, limits)
    except NotAPhoto as reason:
        raise NotAPhoto(kept("is a raw photo whose preview {reason}; {kept}", reason=reason, kept=KEPT)) from None
    note = "; ".join(filter(None, (BY_PREVIEW, found.note)))
    found = replace(found, width=preview.width, height=preview.height, format="RAW", note=note)
    return replace(found, quality=None, content="", holds=(), traces=())


def _shown_by(preview: Preview, long_side: int, limits: Limits) -> Decoded:
    """Decode the preview, in the first orientation (its own, then the raw file's) that fits the raw picture's shape."""
    file = io.BytesIO(preview.jpeg)
    image, head = identify(file)
    if image is None or image.format not in ("JPEG", "MPO"):
        raise NotAPhoto(kept("is no JPEG"))
    wide, high = image.size
    if max(wide, high) < LEAST:
        raise NotAPhoto(kept("is too small to judge it by ({width} x {height})", width=wide, height=high))
    ways = (orientation(image), preview.orientation, 1)
    turned = next((way for way in ways if preview.shows_all(*upright(*image.size, way))), None)
    if turned is None:
        size = f"{preview.width} x {preview.height}"
        raise NotAPhoto(
            kept("({width} x {height}) has another shape than its picture ({size})", width=wide, height=high, size=size)
        )
    return _decoded(image, file, head, long_side, limits, turned)


def _of_restored(image: JxlFile, file: BinaryIO, head: bytes, long_side: int, limits: Limits) -> Decoded:
    """A JPEG XL by the JPEG that it restores, which holds all that the other held; by its own pixels if it fails."""
    check_size(image, *image.size, limits)
    if data := image.restored():
        inside = io.BytesIO(data)
        jpeg, jpeg_head = identify(inside)
        if jpeg is not None and jpeg.format in ("JPEG", "MPO"):
            found = _decoded(jpeg, inside, jpeg_head, long_side, limits)
            more = extras(file, None, None, "JXL")
            content = with_extras(found.content, values(more))
            return replace(found, format="JXL", content=content, holds=joined([*found.holds, *more]))
    return _decoded(image, file, head, long_side, limits)


def orientation(image: Image.Image) -> int:
    """The orientation by EXIF or XMP, 1 to 8; 1 if none is given, or its decoder turns the picture upright."""
    if isinstance(image, JxlFile):
        return 1
    tags: dict[int, Any] = {}
    with suppress(Exception):  # on broken bytes Pillow's EXIF parser may raise anything
        tags.update(image.getexif())
    said = tags.get(Base.Orientation, 1)
    return int(said) if said in range(1, 9) else 1


def load_thumbnail(data: bytes | str) -> np.ndarray:
    """A JPEG written by Unipic, as bytes or path -> uint8 [H, W, 3]."""
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    with Image.open(source, formats=("JPEG",)) as image:
        return np.asarray(image.convert("RGB"))


@contextmanager
def opened(path: str, limit: int) -> Iterator[tuple[BinaryIO, int]]:
    """The open file and its size in bytes. NotAPhoto if it is empty or above `limit`. Small files are in memory."""
    with open_to_read(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise NotAPhoto(kept("is empty (0 bytes)"))
        if size > limit:
            raise NotAPhoto(
                kept(
                    "is {size:.1f} GB, larger than the {most:.1f} GB a photo may have",
                    size=size / 1e9,
                    most=limit / 1e9,
                )
            )
        if size > IN_MEMORY_BYTES:
            yield file, size
            return
        data = file.read()
    yield io.BytesIO(data), size


def _digest(file: BinaryIO) -> str:
    """sha256 of all bytes, hexadecimal."""
    if isinstance(file, io.BytesIO):
        return hashlib.sha256(file.getvalue()).hexdigest()
    file.seek(0)
    return copy_and_hash(file)


@contextmanager
def damage_in_words() -> Iterator[None]:
    """Turn whatever a decoder raises into NotAPhoto, except MemoryError and errors of the disk."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about broken metadata, which does not matter here
            yield
    except (NotAPhoto, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise NotAPhoto(kept("is damaged: {error}", error=_plain(error))) from error


def identify(file: BinaryIO) -> tuple[Image.Image | None, bytes]:
    """The image as Pillow opens it, and the file's first bytes. None for the image if the file may be a raw photo.

    Pillow opens a raw photo as a TIFF, or not at all. NotAPhoto for any other content.
    """
    file.seek(0)
    head = file.read(4096)
    if is_jxl(head):
        file.seek(0)
        return JxlFile(file), head
    if kind := icon_format(head):
        return _largest_of(file, kind), head
    try:
        image = Image.open(_without_more(file) if is_jp2(head) else file, formats=BY_PILLOW)
    except Image.UnidentifiedImageError:
        if may_be_raw(head):
            return None, head
        raise NotAPhoto(what_it_is(head)) from None
    return (None if _is_raw(image, head) else image), head


def _largest_of(file: BinaryIO, kind: str) -> Image.Image:
    """The largest picture of an icon, called an icon."""
    image = Image.open(io.BytesIO(largest(bytes_of(file)).file), formats=("PNG", "JPEG2000", kind))
    image.format = kind
    return image


def _without_more(file: BinaryIO) -> BinaryIO:
    """A JPEG 2000 without what follows it."""
    data = bytes_of(file)
    end = length(data)
    return io.BytesIO(data[:end]) if end < len(data) else file


def _is_raw(image: Image.Image, head: bytes) -> bool:
    """Whether a TIFF is a raw photo: its first page is a small preview, which would pass for a poor copy."""
    if image.format != "TIFF":
        return False
    tags = getattr(image, "tag_v2", {})
    kind = tags.get(NEW_SUBFILE_TYPE)
    return head[8:10] == b"CR" or DNG_VERSION in tags or (isinstance(kind, int) and bool(kind & REDUCED))


def _look_through(file: BinaryIO, max_scans: int) -> str:
    """A JPEG's content hash. NotAPhoto for too many scans, each of which costs a pass over the whole picture."""
    data = bytes_of(file)
    parts = _few_scans(segments(data), max_scans)
    content = jpeg_content(data, parts)
    for _ in parts:  # count all scans, even if jpeg_content() stopped early
        pass
    return content


def _few_scans(parts: Iterator[tuple[int, int, int]], most: int) -> Iterator[tuple[int, int, int]]:
    scans = 0
    for part in parts:
        scans += part[0] == SCAN
        if scans > most:
            raise NotAPhoto(
                kept("has more than {most} scans, made to keep a decoder busy; photos have a dozen", most=most)
            )
        yield part


def _shrink_on_load(image: Image.Image, long_side: int, kind: str) -> None:
    """Tell libjpeg to decode at 1/1, 1/2, 1/4 or 1/8: the smallest scale that is still large enough."""
    if kind == "JPEG":
        scale = long_side / max(image.size)
        image.draft("RGB", (max(1, int(image.width * scale)), max(1, int(image.height * scale))))


def _frames(image: Image.Image, file: BinaryIO) -> str:
    try:
        many = many_pages(bytes_of(file)) if image.format == "TIFF" else 0
        frames = many or getattr(image, "n_frames", 1)
    except Exception:  # a broken second frame does not matter, only the first is used
        image.seek(0)
        frames = 1
    return kept("first of {frames} pictures in the file", frames=frames) if frames > 1 else ""


def _load(image: Image.Image, file: BinaryIO, long_side: int) -> tuple[Image.Image, str]:
    """Decode. A JPEG that lacks only its end marker is accepted, with a note."""
    if isinstance(image, ImageFile.ImageFile) and image.format in ("JPEG", "MPO") and isinstance(file, io.BytesIO):
        image.decodermaxblock = len(file.getvalue())  # all bytes are in memory, so libjpeg need not stop every 64 kB
    try:
        image.load()
        return image, ""
    except OSError as error:
        if image.format not in ("JPEG", "MPO") or "truncated" not in str(error):
            raise
    file.seek(0)
    data = file.read().rstrip(b"\xff")
    _refuse_incomplete(data)
    whole = _jpeg(data + JPEG_END)
    _shrink_on_load(whole, long_side, "JPEG")
    return whole, kept("the file lacks its end marker, the picture is whole")


def _refuse_incomplete(data: bytes) -> None:
    """Decode twice with different padding: if the two pictures differ, the file ends before its picture does."""
    one, other = (_jpeg(data + filling + JPEG_END) for filling in (bytes(254), FILLING))
    changed = ImageChops.difference(one, other).getbbox()
    if changed and "progressive" in one.info:
        raise NotAPhoto(kept("ends early: the fine detail of the picture is missing"))
    if changed:
        raise NotAPhoto(
            kept(
                "ends early: about {percent:.0f} % of the picture is missing",
                percent=100 - 100 * changed[1] / one.height,
            )
        )


def _jpeg(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("JPEG",))


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    turn = TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
