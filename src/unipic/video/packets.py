"""The coded pictures of a film, whatever container holds them: equal ones are the same film to the last bit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

VERSION = 1  # raised when a film gets another digest
# Of H.264 and HEVC, MP4 and Matroska write the length before each unit, transport streams a start code, and some repeat
# the parameter sets and mark where a picture begins. Those units are left out: they are no pictures.
START = b"\x00\x00\x01"
H264_ASIDE = {7, 8, 9, 12, 13}  # parameter sets, delimiter, filler
HEVC_ASIDE = {32, 33, 34, 35, 38}


def digest_of(packets: Iterable[bytes], codec: str) -> str:
    """sha256 of the pictures of a stream, hexadecimal; "" without any."""
    hashed, found = hashlib.sha256(codec.encode()), False
    for packet in packets:
        for unit in pictures_in(packet, codec):
            hashed.update(len(unit).to_bytes(8, "big"))
            hashed.update(unit)
            found = True
    return hashed.hexdigest() if found else ""


def pictures_in(packet: bytes, codec: str) -> Iterator[bytes]:
    """The units of a packet that code pictures; of other codecs, and of what cannot be split, the packet itself."""
    if codec not in ("h264", "hevc"):
        yield packet
        return
    units = _by_lengths(packet) or _by_start_codes(packet) or [packet]
    for unit in units:
        kind = unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63
        if kind not in (H264_ASIDE if codec == "h264" else HEVC_ASIDE):
            yield unit


def _by_lengths(packet: bytes) -> list[bytes]:
    """Units after lengths of four bytes that fill the packet exactly; [] if they do not."""
    units, at = [], 0
    while at + 4 < len(packet):
        length = int.from_bytes(packet[at : at + 4], "big")
        if not 0 < length <= len(packet) - at - 4:
            return []
        units.append(packet[at + 4 : at + 4 + length])
        at += 4 + length
    return units if at == len(packet) else []


def _by_start_codes(packet: bytes) -> list[bytes]:
    """Units after start codes; [] if the packet does not begin with one."""
    if not packet.startswith((START, b"\x00" + START)):
        return []
    return [unit.rstrip(b"\x00") for unit in packet.split(START)[1:] if unit.strip(b"\x00")]
