"""The coded pictures of a film, whatever container holds them: equal ones are the same film to the last bit."""

import hashlib
from collections.abc import Iterator
from typing import Any

from unipic.core.settings import FilmLimits
from unipic.reading.engines.streamed import progressed

VERSION = 1  # raised when a film gets another digest
# Of H.264 and HEVC, MP4 and Matroska write the length before each unit, transport streams a start code, and some repeat
# the parameter sets and messages, and mark where a picture begins. Those units are left out: they are no pictures.
START = b"\x00\x00\x01"
H264_ASIDE = {6, 7, 8, 9, 12, 13}  # messages, parameter sets, delimiter, filler
HEVC_ASIDE = {32, 33, 34, 35, 38, 39, 40}


class Coded:
    """Hashes what a stream's packets code."""

    def __init__(self, codec: str) -> None:
        self._codec, self._hashed, self._any = codec, hashlib.sha256(codec.encode()), False

    def add(self, packet: bytes) -> None:
        """The next packet's payload."""
        for unit in units_in(packet, self._codec):
            self._hashed.update(len(unit).to_bytes(8, "big"))
            self._hashed.update(unit)
            self._any = True

    @property
    def digest(self) -> str:
        """sha256, hexadecimal; "" for an empty stream."""
        return self._hashed.hexdigest() if self._any else ""


def units_in(packet: bytes, codec: str) -> Iterator[bytes]:
    """The units of a packet that code pictures; of other codecs, and of what cannot be split, the packet itself."""
    if codec not in ("h264", "hevc"):
        yield from [packet] if packet else []
        return
    units = _by_lengths(packet) or _by_start_codes(packet) or [packet] * bool(packet)
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


def coded(path: str, limits: FilmLimits | None = None) -> tuple[str, str]:
    """Digests of a film's coded pictures and of its coded sound, "" for none. Nothing is decoded. NotAFilm, OSError."""
    import av  # here: what only asks for VERSION does without FFmpeg

    from unipic.video.film import opened

    with opened(path, limits or FilmLimits()) as (container, shown):
        sounds = list(container.streams.audio)
        found = {stream.index: Coded(_name(stream)) for stream in (shown, *sounds)}
        try:
            for packet in container.demux(shown, *sounds):
                progressed()
                found[packet.stream.index].add(bytes(packet))
        except (av.FFmpegError, ValueError, OverflowError):
            return "", ""  # damaged: what follows is not known, so it is equal to nothing
        heard = " ".join(one.digest for index, one in found.items() if index != shown.index)
        return found[shown.index].digest, heard


def _name(stream: Any) -> str:
    return str(stream.codec_context.name) if stream.codec_context else ""
