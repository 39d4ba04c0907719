"""Read a photo's metadata without decoding its picture: cheap enough to repeat on its own."""

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

from unipic.core.files import open_to_read
from unipic.core.photo import Found
from unipic.reading._behind import bytes_of
from unipic.reading._exif import Exif as Metadata, read_exif, read_tiff_exif
from unipic.reading._jp2 import metadata as boxed
from unipic.reading._jxl import JxlFile
from unipic.reading._raw import NoPreview, preview_in
from unipic.reading.engines.base import Failure
from unipic.reading.images import NotAPhoto, damage_in_words, identify

PNG = b"\x89PNG\r\n\x1a\n"
PNG_WORDS = (b"eXIf", b"iTXt", b"tEXt", b"zTXt")
PNG_WORDS_BYTES = 16_000_000  # of one photo; XMP has at most 1,000,000
ONE_PIXEL = (
    (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),  # 1 x 1, 8 bits, grey
    (b"IDAT", zlib.compress(b"\0\0")),
    (b"IEND", b""),
)


def read_file_metadata(file: Found) -> Metadata | Failure:
    """Metadata of a photo that was decoded before; Failure if the file cannot be read now. Runs in any process."""
    try:
        with open_to_read(file.path) as opened:
            return read_metadata(opened)
    except OSError as error:
        return Failure(error.strerror or str(error))


def read_metadata(file: BinaryIO) -> Metadata:
    """EXIF and XMP of an open photo; broken fields are left out. Raises OSError (of the disk) and MemoryError."""
    with suppress(NotAPhoto, NoPreview), damage_in_words():
        image, _ = identify(file)
        if image is None:
            return _of_raw(file)
        if image.format == "PNG":
            image, _ = identify(_around_one_pixel(file))
        elif image.format == "JPEG2000":
            image.info.update(boxed(bytes_of(file)))
        elif isinstance(image, JxlFile) and image.restores and (jpeg := image.restored()):
            own = image.info
            image, _ = identify(io.BytesIO(jpeg))
            if image:
                image.info.update(own)  # which programs that change metadata write
        return read_exif(image) if image else Metadata()
    return Metadata()


def _of_raw(file: BinaryIO) -> Metadata:
    """By the raw file's own tags, or its preview's if the raw file is no TIFF."""
    if said := read_tiff_exif(file):
        return said
    image, _ = identify(io.BytesIO(preview_in(file).jpeg))
    # Only cameras write raw files that are no TIFFs, so LibRaw's one timestamp in a bare preview is the camera's.
    return replace(read_exif(image) if image else Metadata(), taken_by_camera=True)


def _around_one_pixel(file: BinaryIO) -> BinaryIO:
    """A one-pixel PNG with the metadata of `file`: Pillow would decode the whole picture to reach later metadata."""
    header, picture, end = (_chunk(*part) for part in ONE_PIXEL)
    return io.BytesIO(b"".join([PNG, header, *_words(file), picture, end]))


def _words(file: BinaryIO) -> Iterator[bytes]:
    """The chunks of a PNG that hold metadata."""
    at, left = len(PNG), PNG_WORDS_BYTES
    file.seek(at)
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        if kind in PNG_WORDS and size <= left:
            left -= size
            yield _chunk(kind, file.read(size))
        at += 12 + size
        file.seek(at)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", zlib.crc32(kind + content))
