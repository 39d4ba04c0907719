"""What a picture has beyond 8 bits, sRGB and opaque pixels, which is all that a thumbnail shows."""

import hashlib
import re
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from unipic.core.gamut import inside
from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.reading._behind import Data
from unipic.reading._jp2 import shape
from unipic.reading._jxl import JxlFile

BITS_PER_SAMPLE = 258
PIXI = re.compile(rb"pixi\0\0\0\0([\1-\4])(.{1,4})", re.DOTALL)
# By CICP (ITU-T H.273): primaries in the profile's white (D50), and transfer functions of high dynamic range.
SRGB = (0.648, 0.331, 0.321, 0.598, 0.156, 0.066)
P3, WIDEST = (0.680, 0.319, 0.285, 0.675, 0.155, 0.067), (0.708, 0.293, 0.190, 0.776, 0.131, 0.047)
PRIMARIES = {9: ("Rec. 2020", WIDEST), 11: ("DCI-P3", P3), 12: ("Display P3", P3)}
BRIGHT = {16: "PQ", 18: "HLG"}
HEAD = 65_536  # bytes in which the properties of a picture stand
GRID = 8  # cells a side, by which the transparency of two sizes of a picture is compared
SMALL = 512  # pixels a side, enough to see what lies under the transparency


def of_range(loaded: Image.Image, toned: Image.Image, kind: str, data: Data) -> Iterator[Extra]:
    """Bits above 8, colours beyond sRGB, and transparency of a loaded picture. `data`: the file's bytes.

    `toned`: the same picture without palettes.
    """
    bits = _bits(loaded, kind, data)
    if bits > 8:
        yield Extra("bits", kept("{bits} bits a colour", bits=bits), str(bits))
    yield from _colours(loaded, kind, data)
    if toned.has_transparency_data:
        yield from _transparency(toned)


def _bits(picture: Image.Image, kind: str, data: Data) -> int:
    if picture.mode in ("I", "F") and kind == "TIFF":
        return 32
    if kind == "PNG":
        return int(data[24])
    if kind == "TIFF":
        return int(max(getattr(picture, "tag_v2", {}).get(BITS_PER_SAMPLE, (1,))))
    if kind == "AVIF":
        return max((max(match[2][: match[1][0]]) for match in PIXI.finditer(data[:HEAD])), default=8)
    if kind == "JPEG2000":
        return shape(data)[2]
    if isinstance(picture, JxlFile):
        return picture.header.bits
    return int(picture.info.get("bit_depth") or 8)


def _colours(picture: Image.Image, kind: str, data: Data) -> Iterator[Extra]:
    if picture.mode == "CMYK":
        yield Extra("inks", kept("colours for print (CMYK)"), "CMYK")
    profile = picture.info.get("icc_profile")
    said = picture.info.get("nclx_profile") or {}
    primaries, transfer = said.get("color_primaries"), said.get("transfer_characteristics")
    if kind == "PNG" and (at := data[:HEAD].find(b"cICP")) > 0:
        primaries, transfer = data[at + 4], data[at + 5]
    if kind == "AVIF" and (at := data[:HEAD].find(b"colrnclx")) > 0:
        primaries, transfer = struct.unpack(">HH", data[at + 8 : at + 12])
    if isinstance(picture, JxlFile):
        primaries, transfer = picture.header.primaries, picture.header.transfer
    if transfer in BRIGHT:
        yield Extra("brightness", kept("high dynamic range ({range})", range=BRIGHT[transfer]), BRIGHT[transfer])
    if primaries in PRIMARIES:
        name, corners = PRIMARIES[primaries]
        yield _gamut(name, corners)
    elif isinstance(profile, bytes):
        yield from _of_profile(profile)


def _of_profile(profile: bytes) -> Iterator[Extra]:
    """Colours beyond sRGB, by the profile's primaries; a profile without them only equals itself."""
    tags = _tags(profile)
    corners = tuple(part for name in (b"rXYZ", b"gXYZ", b"bXYZ") for part in _chromaticity(tags.get(name, b"")))
    name = _description(tags.get(b"desc", b""))
    if len(corners) == 6:
        if not inside(corners, SRGB):
            yield _gamut(name or "wide", corners)
    elif profile[16:20] != b"GRAY":
        words = kept("a colour profile ({name})", name=name) if name else kept("a colour profile")
        yield Extra("profile", words, _short(profile))


def _gamut(name: str, corners: tuple[float, ...]) -> Extra:
    return Extra("colours", kept("{name} colours", name=name), " ".join(f"{part:.3f}" for part in corners))


def _tags(profile: bytes) -> dict[bytes, bytes]:
    if len(profile) < 132:
        return {}
    (number,) = struct.unpack(">I", profile[128:132])
    entries = [profile[132 + 12 * i : 144 + 12 * i] for i in range(min(number, 100))]
    whole = [struct.unpack(">4sII", entry) for entry in entries if len(entry) == 12]
    return {name: profile[at : at + min(length, 200)] for name, at, length in whole}


def _chromaticity(tag: bytes) -> tuple[float, ...]:
    if len(tag) < 20 or tag[:4] != b"XYZ ":
        return ()
    x, y, z = struct.unpack(">iii", tag[8:20])
    return (x / total, y / total) if (total := x + y + z) > 0 else ()


def _description(tag: bytes) -> str:
    if tag[:4] == b"desc":
        return _plain(tag[12:80].split(b"\0")[0].decode("ascii", "replace"))
    if tag[:4] == b"mluc" and len(tag) >= 28:
        length, at = struct.unpack(">II", tag[20:28])
        return _plain(tag[at : at + min(length, 80)].decode("utf-16-be", "replace"))
    return ""


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()[:40]


def _transparency(picture: Image.Image) -> Iterator[Extra]:
    """By a coarse grid, since another size of the same picture has other pixels."""
    plane = picture if "A" in picture.getbands() else picture.convert("RGBA")
    alpha = plane.getchannel("A")
    low, _ = alpha.getextrema()
    if not isinstance(low, int) or low == 255:
        return
    yield Extra("transparency", "transparency", _grid(alpha))
    if low == 0:
        small = plane.resize((min(plane.width, SMALL), min(plane.height, SMALL)), Image.Resampling.NEAREST)
        yield from _hidden(small.convert("RGBA"))


def _hidden(small: Image.Image) -> Iterator[Extra]:
    """Colours where nothing is seen: a picture, if they vary."""
    pixels = np.asarray(small)
    unseen = pixels[..., 3] == 0
    if unseen.any() and pixels[unseen][:, :3].std(axis=0).max() > 1:
        left = Image.fromarray(pixels[..., :3] * unseen[..., None].astype(np.uint8))
        yield Extra("hidden", kept("a picture under its transparency"), _grid(left))


def _grid(picture: Image.Image) -> str:
    return picture.resize((GRID, GRID), Image.Resampling.BOX).tobytes().hex()


def _short(data: Any) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
