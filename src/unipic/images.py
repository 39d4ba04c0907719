"""The only opener of image files: formats by content, limits, one scaled decode, upright.

Everything that can be wrong with a file ends in one exception, `NotAPhoto`, whose text a person can act on.
"""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pillow_heif
from PIL import Image, ImageFile

from unipic.exif import Exif, read_exif
from unipic.settings import Settings

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # our own limit looks at the size that is really decoded

# MPO, a JPEG with more pictures behind the first, is opened by the JPEG plug-in.
FORMATS = ("JPEG", "PNG", "HEIF", "AVIF", "WEBP", "TIFF", "BMP", "GIF")
TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
DNG_VERSION, NEW_SUBFILE_TYPE, REDUCED = 50706, 254, 1  # TIFF tags, and the bit that says "a smaller version"
START_OF_SCAN = b"\xff\xda"
CHUNK = 1 << 20


class NotAPhoto(Exception):
    """Why a file is no photo to us, in words for its owner."""


@dataclass(frozen=True)
class Decoded:
    """One photo, decoded once: upright, RGB, long side at most what was asked for."""

    picture: Image.Image
    digest: str
    size: int
    width: int  # of the full photo, upright
    height: int
    format: str
    exif: Exif
    note: str


def decode(path: str, long_side: int, settings: Settings) -> Decoded:
    """Open a file once, read-only, and take everything from it. Raises NotAPhoto, OSError, MemoryError."""
    with _opened(path, settings.max_file) as (file, size), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of broken metadata, which costs nothing here
        image = _identify(file)
        _refuse_raw(image)
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        digest, scans = _digest(file, kind == "JPEG")
        if scans > settings.max_scans:
            raise NotAPhoto(f"has {scans} scans, made to keep a decoder busy; real photos have a dozen at most")
        width, height = image.size
        _shrink_on_load(image, long_side, kind)
        _check_size(image, width, height, settings)
        note = _frames(image)
        picture, flaw = _load(image)
        exif = read_exif(image)  # after loading: PNG keeps EXIF behind the pixels
        picture.thumbnail((long_side, long_side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        picture = _upright(_to_rgb(picture), exif.orientation)
        if exif.orientation >= 5:
            width, height = height, width
    return Decoded(picture, digest, size, width, height, kind, exif, "; ".join(filter(None, (note, flaw))))


def load_thumbnail(data: bytes | str) -> np.ndarray:
    """A JPEG of our own making, as bytes or path -> uint8 [H, W, 3]."""
    import io

    source = io.BytesIO(data) if isinstance(data, bytes) else data
    with Image.open(source, formats=("JPEG",)) as image:
        return np.asarray(image.convert("RGB"))


@contextmanager
def _opened(path: str, limit: int) -> Iterator[tuple[BinaryIO, int]]:
    """The file's bytes. Links, pipes and devices are never opened for reading: they could hang or lead outside."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise NotAPhoto("is not a regular file")
        if facts.st_size == 0:
            raise NotAPhoto("is empty (0 bytes)")
        if facts.st_size > limit:
            raise NotAPhoto(f"is {facts.st_size / 1e9:.1f} GB, larger than the {limit / 1e9:.1f} GB a photo may have")
        yield file, facts.st_size


def _identify(file: BinaryIO) -> Image.Image:
    try:
        return Image.open(file, formats=FORMATS)
    except Image.UnidentifiedImageError:
        file.seek(0)
        raise NotAPhoto(_what_it_is(file.read(4096))) from None
    except MemoryError:
        raise
    except Exception as error:  # decoders raise whatever broken bytes lead them to
        raise NotAPhoto(f"is damaged: {_plain(error)}") from error


def _refuse_raw(image: Image.Image) -> None:
    """Raw formats are TIFFs whose first page is a small preview: judged by it they would look like poor copies."""
    tags = getattr(image, "tag_v2", {})
    if image.format == "TIFF" and (DNG_VERSION in tags or int(tags.get(NEW_SUBFILE_TYPE) or 0) & REDUCED):
        raise NotAPhoto("is a raw photo, which Unipic cannot develop yet")


def _what_it_is(head: bytes) -> str:
    """A word for content that is no photo, so that its owner knows what lies there."""
    signs = (
        (
            head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif"),
            "is a damaged HEIC/AVIF",
        ),
        (head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"), "is a video, not a photo"),
        (head[:4] == b"RIFF" and head[8:12] == b"AVI ", "is a video, not a photo"),
        (head[:4] == b"\x1aE\xdf\xa3", "is a video, not a photo"),
        (head[:4] == b"%PDF", "is a PDF document, not a photo"),
        (head[:4] == b"%!PS", "is PostScript, which Unipic does not run"),
        (head[:4] == b"PK\x03\x04", "is a ZIP archive, not a photo"),
        (b"<svg" in head.lower(), "is an SVG drawing, not a photo"),
        (b"<html" in head.lower() or b"<script" in head.lower(), "is a web page, not a photo"),
        (head[:3] == b"\xff\xd8\xff", "is a damaged JPEG"),
        (head[:2] == b"\xff\xd8", "is a JPEG with nothing in it"),
        (head[:8] == b"\x89PNG\r\n\x1a\n", "is a damaged PNG"),
        (head[8:10] == b"CR" or head[:3] == b"IIU", "is a raw photo, which Unipic cannot develop yet"),
        (head[:4] in (b"II*\0", b"MM\0*"), "is a raw file or TIFF that cannot be decoded"),
    )
    return next((words for matches, words in signs if matches), "is not in any photo format Unipic knows")


def _digest(file: BinaryIO, count_scans: bool) -> tuple[str, int]:
    """sha256 of the bytes and, for JPEG, how many scans they hold. In coded data 0xFF is never followed by 0xDA."""
    file.seek(0)
    digest, scans, last = hashlib.sha256(), 0, b""
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        if count_scans:
            scans += (last + chunk).count(START_OF_SCAN)
            last = chunk[-1:]
    file.seek(0)
    return digest.hexdigest(), scans


def _shrink_on_load(image: Image.Image, long_side: int, kind: str) -> None:
    """libjpeg can decode at 1/2, 1/4 or 1/8: asked for the smallest that is still large enough."""
    if kind == "JPEG":
        scale = long_side / max(image.size)
        image.draft("RGB", (max(1, int(image.width * scale)), max(1, int(image.height * scale))))


def _check_size(image: Image.Image, width: int, height: int, settings: Settings) -> None:
    """By the header, before a byte is decoded."""
    if width * height > settings.max_pixels:
        raise NotAPhoto(
            f"is {width} x {height} = {width * height / 1e6:,.0f} megapixels, more than the "
            f"{settings.max_pixels / 1e6:.0f} that are safe to decode"
        )
    # Twice: the decoded picture and its conversion to RGB.
    needed = image.width * image.height * max(3, len(image.getbands())) * 2
    if needed > settings.max_decoded:
        raise NotAPhoto(
            f"is {width} x {height} in a format that must be decoded whole: {needed / 1e6:,.0f} MB, more than the "
            f"{settings.max_decoded / 1e6:.0f} MB one photo may take"
        )


def _frames(image: Image.Image) -> str:
    try:
        frames = getattr(image, "n_frames", 1)
    except Exception:  # a broken second frame does not matter, only the first is used
        frames = 1
    return f"first of {frames} pictures in the file" if frames > 1 else ""


def _load(image: Image.Image) -> tuple[Image.Image, str]:
    """Decode. A JPEG that lacks only its end marker is whole, and is taken with a note."""
    try:
        image.load()
        return image, ""
    except MemoryError:
        raise
    except OSError as error:
        if image.format not in ("JPEG", "MPO") or "truncated" not in str(error):
            raise NotAPhoto(f"is damaged: {_plain(error)}") from error
    except Exception as error:  # decoders raise whatever broken bytes lead them to
        raise NotAPhoto(f"is damaged: {_plain(error)}") from error
    return _load_cut_short(image)


def _load_cut_short(image: Image.Image) -> tuple[Image.Image, str]:
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        image.load()
    except Exception as error:
        raise NotAPhoto(f"is damaged: {_plain(error)}") from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    missing = _missing_rows(np.asarray(image))
    if missing:
        raise NotAPhoto(f"ends early: about {100 * missing / image.height:.0f} % of the picture is missing")
    return image, "the file lacks its end marker, the picture is whole"


def _missing_rows(pixels: np.ndarray) -> int:
    """Rows at the bottom of one single tone: what the decoder fills in where data ran out."""
    spread = np.ptp(pixels.reshape(len(pixels), -1, pixels.shape[2] if pixels.ndim == 3 else 1), axis=1).max(axis=-1)
    full = np.flatnonzero(spread > 0)
    return len(pixels) - 1 - int(full[-1]) if len(full) else len(pixels)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode to RGB: 16 bits and floats scaled, not clipped; transparency on white."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        image = Image.fromarray(_to_8_bit(np.asarray(image)))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    return image.convert("RGB")


def _to_8_bit(values: np.ndarray) -> np.ndarray:
    """Whole range to 0..255; numbers that are none count as the darkest."""
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    return ((values - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    for turn in TURNS.get(orientation, ()):
        picture = picture.transpose(turn)
    return picture


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
