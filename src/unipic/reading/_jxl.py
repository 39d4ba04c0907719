"""JPEG XL as a Pillow image, decoded by libjxl in pillow-jxl-plugin, and what such a file holds besides its picture.

The plug-in's own image class decodes while it opens a file, so no limit could hold. Here the container and the header
are read first, and only the bare codestream goes to the decoder: boxes are untrusted, and some unpack to anything.
A file that was made from a JPEG without loss is read as that JPEG, which it restores byte for byte.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from itertools import islice
from typing import Any

from PIL import Image, ImageFile

from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.core.words import size
from unipic.reading._behind import Data, Sum, behind, bytes_of, digest
from unipic.reading._jxl_header import ALPHA, BLACK, DEPTH, SIGN, Header, read_header
from unipic.reading.apple import boxes

CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
ENOUGH = 4096  # bytes of a codestream that hold its header
MOST_BOXES = 4096
MOST_WORDS = 16_000_000  # bytes of metadata that are read
PLAIN = (b"JXL ", b"ftyp", b"jxlc", b"jxlp", b"jxll", b"jxli", b"Exif", b"xml ")
ORIGINAL = b"jbrd"  # what makes the JPEG again that the file was made from, byte for byte
PACKED = {b"Exif": "EXIF", b"xml ": "XMP"}
MISSING = kept("it is JPEG XL, and pillow-jxl-plugin, which decodes it, is not installed")
MODES = ("L", "LA", "RGB", "RGBA", "I;16", "F")


def is_jxl(head: bytes) -> bool:
    """Whether a file that begins like this is JPEG XL."""
    return head.startswith((SIGN, CONTAINER))


class JxlFile(ImageFile.ImageFile):
    """A JPEG XL still. SyntaxError as Pillow's own classes raise it, OSError from load(). Animations are refused.

    `info` has "exif" and "xmp" of boxes that are not compressed. The decoder turns the picture upright. `restores`:
    whether restored() may give the JPEG that the file was made from.
    """

    format = "JXL"
    format_description = "JPEG XL"

    def _open(self) -> None:
        assert self.fp is not None
        data = bytes_of(self.fp)
        self.header = read_header(b"".join(bytes(part[:ENOUGH]) for part in codestream(data, ENOUGH)))
        self._size = (self.header.width, self.header.height)
        self._mode = ("L" if self.header.grey else "RGB") + ("A" if self.header.alpha else "")
        self.restores = False
        for kind, start, end in _boxes(data):
            if kind == b"Exif" and 8 < end - start <= MOST_WORDS:
                self.info.setdefault("exif", data[_tiff(data, start) : end])
            elif kind == b"xml " and end - start <= MOST_WORDS:
                self.info.setdefault("xmp", data[start:end])
            self.restores |= kind == ORIGINAL

    def restored(self) -> bytes | None:
        """The JPEG that the file was made from; None if it cannot be restored."""
        assert self.fp is not None
        try:
            jpeg, _, data, _, _ = _decode(bytes_of(self.fp)[:])
        except OSError as error:
            if error.errno:
                raise
            return None
        return data if jpeg else None

    def load(self) -> Image.core.PixelAccess | None:
        """Decode, once."""
        if self._im is None:
            assert self.fp is not None
            _, about, data, profile, _ = _decode(b"".join(codestream(bytes_of(self.fp))))
            if about.mode not in MODES:
                raise OSError(kept("its pixels are of an unknown kind ({mode})", mode=about.mode))
            self.im = Image.frombytes(about.mode, self.size, data).im
            self._mode = about.mode
            if profile:
                self.info["icc_profile"] = profile
        return super().load()


def _decode(coded: bytes) -> tuple[bool, Any, bytes, bytes | None, Any]:
    """Whether the data is a restored JPEG, a description, the data, the colour profile, and the boxes.

    On one core, as each worker has; the plug-in would use all. OSError, with an errno if the decoder is missing.
    """
    try:
        from pillow_jxl import Decoder  # here: only a worker decodes
    except ImportError:
        raise OSError(errno.ENOSYS, MISSING) from None  # no fault of the file, so not remembered
    try:
        found: tuple[bool, Any, bytes, bytes | None, Any] = Decoder(num_threads=0)(coded)
        return found
    except RuntimeError:  # of which the words tell nothing
        raise OSError(kept("its JPEG XL data ends early or is broken")) from None


def _tiff(data: Data, start: int) -> int:
    """Where the TIFF in an Exif box begins: behind an offset, which some writers leave out."""
    bare = data[start : start + 4] in (b"II*\0", b"MM\0*")
    return start if bare else start + 4 + int.from_bytes(data[start : start + 4])


def codestream(data: Data, most: int = 0) -> Iterator[memoryview]:
    """The parts of the codestream, up to the first that reach `most` bytes; 0 for all."""
    view, length = memoryview(data), 0
    if data[: len(SIGN)] == SIGN:
        yield view
        return
    for kind, start, end in _boxes(data):
        if kind in (b"jxlc", b"jxlp"):
            start += 4 * (kind == b"jxlp")  # its number
            yield view[start:end]
            length += max(0, end - start)
            if 0 < most <= length:
                return


def _boxes(data: Data) -> Iterator[tuple[bytes, int, int]]:
    if data[: len(SIGN)] == SIGN:
        return
    for number, box in enumerate(islice(boxes(data, 0, len(data)), MOST_BOXES)):
        if box[0] == b"ftyp" and number > 1:  # a film that was appended
            return
        yield box


def of_jxl(data: Data) -> Iterator[Extra]:
    """The extras of a JPEG XL. Layers of a still are not told apart from it: the decoder shows their sum."""
    view, others, at, packed = memoryview(data), Sum(), 0, list[Extra]()
    restores = False
    header = read_header(b"".join(bytes(part[:ENOUGH]) for part in codestream(data, ENOUGH)))
    yield from _in_codestream(header, data)
    for kind, start, end in _boxes(data):
        at = end
        restores |= kind == ORIGINAL
        if kind == b"jumb":
            yield Extra("credentials", kept("content credentials"), digest(view[start:end]))
        elif kind == b"jhgm":
            yield Extra("gain map", kept("a gain map"), digest(view[start:end]))
        elif kind == b"brob" and (name := PACKED.get(data[start : start + 4])):
            packed.append(Extra("packed", kept("compressed {name} data", name=name), digest(view[start:end])))
        elif kind not in (*PLAIN, ORIGINAL):
            others.add(view[start:end])
    yield from () if restores else packed  # the JPEG has them too, and is looked into
    if others.parts:
        yield Extra("data", kept("a program's own data ({size})", size=size(others.length)), others.digest)
    if at:
        yield from behind(data, at)
    elif _goes_on(data):
        yield Extra("data", kept("something behind the picture"), digest(view))


def _goes_on(data: Data) -> bool:
    """Whether something follows a bare codestream, whose length only a decoder knows: it needs each of its bytes."""
    try:
        _decode(data[:-1])
    except OSError:
        return False
    return True


def _in_codestream(header: Header, data: Data) -> Iterator[Extra]:
    """Channels besides colours and transparency. They are not decoded, so all of the picture stands for them."""
    others = [kind for kind in header.channels if kind != ALPHA]
    if not others:
        return
    value = digest(*codestream(data))
    if BLACK in others:
        yield Extra("inks", kept("colours for print (CMYK)"), value)
    if DEPTH in others:
        yield Extra("depth", kept("a depth map"), value)
    if number := sum(kind not in (BLACK, DEPTH) for kind in others):
        words = kept("{n} more channels", n=number) if number > 1 else kept("one more channel")
        yield Extra("channels", words, value)
