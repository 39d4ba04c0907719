"""Files that hold more than the picture they show, made of streams that a test names."""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image
from tests.helpers.pictures import scene

SIZE = (160, 120)
SHOWN = scene(1, *SIZE)
PNG_END = 12  # bytes of a PNG's last chunk


def encoded(picture: Image.Image = SHOWN, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def film(number: int, seconds: float | None = 2.1) -> bytes:
    """An MP4 by its boxes, with noise for frames; another number is another film."""
    header = b""
    if seconds is not None:
        header = box(b"moov", box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, round(seconds * 1000))))
    return box(b"ftyp", b"mp42\0\0\0\0mp42isom") + box(b"mdat", noise(number, 3000)) + header


def noise(number: int, length: int) -> bytes:
    return np.random.default_rng(number).integers(1, 255, length, dtype=np.uint8).tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk before its end."""
    return png[:-PNG_END] + chunk(kind, body) + png[-PNG_END:]


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG with one more segment at its start."""
    return jpeg[:2] + segment(marker, body) + jpeg[2:]


def several(kind: str, numbers: Sequence[int], first: Image.Image = SHOWN, **options: Any) -> bytes:
    """A file of the first picture and those of the numbered scenes, as pages or frames."""
    more = [scene(100 + number, *first.size) for number in numbers]
    if kind == "HEIF":
        found = pillow_heif.from_pillow(first)
        for picture in more:
            found.add_from_pillow(picture)
        buffer = io.BytesIO()
        found.save(buffer, quality=80)
        return buffer.getvalue()
    if not more:
        return encoded(first, kind, **options)
    return encoded(first, kind, save_all=True, append_images=more, **options)


def see_through(under: int | None = None) -> Image.Image:
    """The shown picture with a transparent corner, under which another one may lie."""
    found = SHOWN.convert("RGBA")
    if under is not None:
        found.paste(scene(under, *SIZE), (0, 0))
        found.paste(SHOWN.crop((80, 0, *SIZE)), (80, 0))
    alpha = Image.new("L", SIZE, 255)
    alpha.paste(0, (0, 0, 80, 120))
    found.putalpha(alpha)
    return found


def deep() -> bytes:
    """A PNG of 16 bits."""
    grey = np.asarray(SHOWN.convert("L")).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in grey)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *SIZE, 16, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
