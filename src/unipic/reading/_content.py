"""A hash of the picture itself, whatever container and metadata surround it: equal hashes mean equal pictures.

The hash of a JPEG covers its compressed image data, since Unipic decodes a JPEG at a reduced scale. The hash of any
other format covers its pixels. Both cover what else the file holds, such as pages or a film: see _holds.py. It is ""
where the picture is not known to the last bit. sha256, hexadecimal: the fastest hash in Python's standard library on
processors with instructions for it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from mmap import mmap

import numpy as np
from PIL import Image

VERSION = 2  # raised when a picture gets another content

# Which bytes after an FF make a JPEG marker that has a length, or the end marker. FF 00 is a data byte, FF 01 and
# FF D0 to D8 have no length, and FF may be repeated.
IS_MARKER = np.ones(256, dtype=bool)
IS_MARKER[[0x00, 0x01, *range(0xD0, 0xD9), 0xFF]] = False
STRETCH = 1 << 17  # bytes searched at a time; they and their intermediate results fit the processor's cache
START, END, SCAN = b"\xff\xd8", 0xD9, 0xDA
JFIF, ICC, ADOBE, COMMENT = 0xE0, 0xE2, 0xEE, 0xFE
APPLICATIONS = range(0xE0, 0xF0)
FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
# Tables, line counts and metadata. For anything else between two scans, decoders disagree where it ends.
BETWEEN_SCANS = (0xC4, 0xCC, SCAN, 0xDB, 0xDC, 0xDD, *APPLICATIONS, COMMENT)

WHOLE_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")  # at most 8 bits, and unambiguous as RGB
BITS_PER_SAMPLE, EXTRA_SAMPLES, PLAIN_ALPHA = 258, 338, 2  # of a TIFF
AV1_SETUP = re.compile(rb"av1C\x81.(.)", re.DOTALL)
AV1_HIGH_BITS = 0x40
# sRGB is expressed in three ways: HEIF's primaries and transfer (or unspecified), PNG's gamma, and its chromaticity
STANDARD_COLOURS = ((1, 13), (2, 2))
STANDARD_GAMMA = (0.45455,)
STANDARD_CHROMATICITY = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
STRIP = 64  # rows; packed and hashed while they are in the processor's cache
Turn = Image.Transpose
SIDEWAYS = (Turn.TRANSPOSE, Turn.ROTATE_270, Turn.TRANSVERSE, Turn.ROTATE_90)
FROM_THE_END = (Turn.ROTATE_180, Turn.FLIP_TOP_BOTTOM, Turn.TRANSVERSE, Turn.ROTATE_90)  # the last row comes first


def segments(data: bytes | mmap, begin: int = 0) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each JPEG segment from `begin` that has a length, up to and including an end marker.

    Scan data lies between segments. An end beyond the data, or less than two bytes after the marker, is a broken
    length.
    """
    at = begin
    for start in _markers(data, begin):
        if start < at:  # in the part before
            continue
        at = start + 2
        if data[start + 1] == END:
            yield END, start, at
            return
        at += int.from_bytes(data[at : at + 2])
        yield data[start + 1], start, at


def _markers(data: bytes | mmap, begin: int = 0) -> Iterator[int]:
    """Positions where a marker may begin, in order. Scan data, most of a file, contains nothing that looks like one."""
    for start in range(begin, len(data) - 1, STRETCH):
        part = np.frombuffer(data, np.uint8, min(STRETCH + 1, len(data) - start), start)
        found = np.flatnonzero((part[:-1] == 0xFF) & (part[1:] != 0))
        yield from (found[IS_MARKER[part[found + 1]]] + start).tolist()


def jpeg_content(data: bytes | mmap, parts: Iterable[tuple[int, int, int]] | None = None) -> str:
    """Hash of the first picture: all segments but metadata, up to its end marker. The orientation is not in it.

    Metadata is skipped only before the first scan, and only in a file that follows the standard: otherwise decoders
    could read the remaining segments as another picture. `parts` are its segments(), if the caller iterates over them
    too.
    """
    view, content = memoryview(data), hashlib.sha256(b"JPEG")
    colours = _Colours()
    last, scans = len(START), 0  # where the last segment ended; where the first scan began, 0 before it
    if data[: len(START)] != START:
        return ""
    for marker, start, end in segments(data) if parts is None else parts:
        if marker == END:
            content.update(view[scans:start])
            content.update(colours.guessed)
            return content.hexdigest() if scans else ""
        if end > len(data) or end < start + 4 or (scans and marker not in BETWEEN_SCANS):
            return ""
        if scans:
            continue
        if data[last:start].strip(b"\xff"):  # FF may fill any gap
            return ""
        last, scans = end, start if marker == SCAN else 0
        colours.learn(marker, data[start + 4 : end])
        if not scans and _makes_pixels(marker, data[start + 4 : start + 16]):
            content.update(view[start:end])
    return ""


def _makes_pixels(marker: int, beginning: bytes) -> bool:
    if marker == ICC:
        return beginning == b"ICC_PROFILE\0"
    return marker == ADOBE or marker not in (*APPLICATIONS, COMMENT)


class _Colours:
    """Whether JFIF changes how a decoder reads colours:

    with JFIF, three components are never RGB, whatever Adobe's marker or the component names say.
    """

    def __init__(self) -> None:
        self.jfif, self.names, self.transform = False, b"", -1

    def learn(self, marker: int, body: bytes) -> None:
        if marker == JFIF and body.startswith(b"JFIF\0") and len(body) >= 14:
            self.jfif = True
        elif marker == ADOBE and body.startswith(b"Adobe") and len(body) >= 12:
            self.transform = body[11]
        elif marker in FRAMES:
            self.names = body[6::3]

    @property
    def guessed(self) -> bytes:
        rgb = len(self.names) == 3 and (self.transform == 0 or (self.transform < 0 and self.names == b"RGB"))
        return b"JFIF" if rgb and self.jfif else b""


def decodes_whole(image: Image.Image, format: str, head: bytes) -> bool:
    """Whether decoding yields everything the file contains. Needs only the header; `head`: the file's first bytes."""
    if image.mode not in WHOLE_MODES:
        return False
    if format == "TIFF":
        tags = getattr(image, "tag_v2", {})
        plain = all(kind == PLAIN_ALPHA for kind in tags.get(EXTRA_SAMPLES, ()))
        return plain and max(tags.get(BITS_PER_SAMPLE, (1,))) <= 8 and image.mode != "P"  # palettes have 16 bits
    if format == "PNG":  # Pillow reduces 16 bits to 8, and only its unpacking mode shows it
        return not any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))
    if format == "HEIF":
        return image.info.get("bit_depth") == 8
    return format != "AVIF" or _av1_has_8_bits(head)


def _av1_has_8_bits(head: bytes) -> bool:
    """Whether every picture of an AVIF has 8 bits, by the properties at the start of the file."""
    at = head.find(b"ipco")
    end = at - 4 + int.from_bytes(head[max(0, at - 4) : max(0, at)])
    setups = AV1_SETUP.findall(head[:end], max(0, at)) if at <= end <= len(head) else []
    return bool(setups) and not any(setup[0] & AV1_HIGH_BITS for setup in setups)


def pixel_content(picture: Image.Image, turn: Turn | None = None) -> str:
    """Hash of a decoded 8-bit picture after turning it upright; "" where its colours are uncertain.

    Opaque alpha does not count.
    """
    colours = _colours(picture)
    if colours is None:
        return ""
    width, height = picture.size[::-1] if turn in SIDEWAYS else picture.size
    content = hashlib.sha256(f"{width} x {height} {colours}".encode())
    transparent = hashlib.sha256()
    for top in range(0, height, STRIP):
        strip = _strip(picture, turn, top, min(top + STRIP, height))
        if strip.has_transparency_data:
            strip = strip if strip.mode == "RGBA" else strip.convert("RGBA")
            alpha = strip.getchannel("A")
            if alpha.getextrema() != (255, 255):
                transparent.update(f"{top}:".encode() + alpha.tobytes())
        content.update((strip if strip.mode == "RGB" else strip.convert("RGB")).tobytes())
    content.update(transparent.digest())
    return content.hexdigest()


def _strip(picture: Image.Image, turn: Turn | None, top: int, bottom: int) -> Image.Image:
    """These rows of the upright picture. Each strip is turned alone, so the whole is never in memory twice."""
    width, height = picture.size
    if turn in FROM_THE_END:
        end = width if turn in SIDEWAYS else height
        top, bottom = end - bottom, end - top
    strip = picture.crop((top, 0, bottom, height) if turn in SIDEWAYS else (0, top, width, bottom))
    return strip if turn is None else strip.transpose(turn)


def _colours(picture: Image.Image) -> str | None:
    """How its numbers map to colours: the hash of its profile, "" for sRGB, None where that is uncertain."""
    info = picture.info
    if profile := info.get("icc_profile"):
        return hashlib.sha256(profile).hexdigest() if isinstance(profile, bytes) else None
    if nclx := info.get("nclx_profile"):
        said = (nclx.get("color_primaries"), nclx.get("transfer_characteristics"))
        return "" if said in STANDARD_COLOURS else None
    said = (info.get("gamma", STANDARD_GAMMA[0]), *info.get("chromaticity", STANDARD_CHROMATICITY))
    usual = zip(said, STANDARD_GAMMA + STANDARD_CHROMATICITY, strict=True)
    return "" if "srgb" in info or all(abs(a - b) < 0.001 for a, b in usual) else None


def with_extras(content: str, values: Iterable[str]) -> str:
    """The content hash of the picture with what else is in its file, by these digests. "" stays ""."""
    more = "\n".join(values)
    return hashlib.sha256(f"{content}\n{more}".encode()).hexdigest() if content and more else content


def shown(content: str, orientation: int) -> str:
    """The content hash of the same data in another orientation, which is another picture. "" stays ""."""
    return hashlib.sha256(f"{content} {orientation}".encode()).hexdigest() if content else ""
