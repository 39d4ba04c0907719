"""A film: what its header and its first picture say. Only this and decode.py open film files."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from unipic.core.files import open_to_read
from unipic.core.language import kept
from unipic.core.machine import cores
from unipic.core.settings import FilmLimits
from unipic.core.words import count

# Containers of films. What is missing here is refused by its content: playlists and scripts, which name other files and
# addresses, and pictures.
CONTAINERS = "mov,matroska,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,dv,mxf,ivf,h264,hevc,rm"
MOST_STREAMS = 64
CHUNK = 1 << 18  # bytes read at once
HD = 720  # lines from which players take BT.709 where a film does not name its colours, and BT.601 below
BT601, BT709 = 5, 1  # swscale's numbers
UNNAMED = (0, 2)
BRIGHT = {16: "PQ", 18: "HLG"}  # transfer functions of high dynamic range, ITU-T H.273
PLACE = re.compile(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)")  # the beginning of ISO 6709


class NotAFilm(Exception):
    """Why a file cannot be used as a film, in words for its owner."""


@dataclass(frozen=True)
class Film:
    """A film that could be opened. `name` is shown to people and never used as a path."""

    id: str
    name: str
    path: str
    digest: str  # sha256 of the bytes, hexadecimal; "" until somebody needs it
    size: int  # bytes
    width: int  # pixels, upright, with square pixels
    height: int
    seconds: float  # as its header says; 0 where it does not
    frames: int  # as its header says, else by time and rate; 0 where neither is known
    fps: float  # on average; 0 where unknown
    rotation: int  # degrees counter-clockwise that make it upright: 0, 90, 180 or 270
    codec: str
    bitrate: int  # bits a second of the whole file, 0 where unknown
    hdr: str  # "PQ", "HLG" or ""
    container: str  # "mov", "matroska", ...
    taken: datetime | None = None  # with an offset; a phone's own local time, else the UTC of creation_time
    place: tuple[float, float] | None = None  # latitude, longitude in degrees
    sound: str = ""  # "aac, 2 channels", "" without
    packets: str = ""  # sha256 of the coded pictures, whatever the container; "" until somebody needs it


def probe(path: str | Path, name: str = "", limits: FilmLimits | None = None) -> Film:
    """What the header and the first picture of a film say. NotAFilm, OSError.

    Decodes a picture of an untrusted file: call it in a worker, see decode.in_worker.
    """
    from unipic.video.decode import Decoder  # which builds on this module

    with opened(path, limits or FilmLimits()) as (container, stream):
        seconds = container.duration / av.time_base if container.duration and container.duration > 0 else 0.0
        fps = float(stream.average_rate or stream.guessed_rate or 0)
        frames = stream.frames or round(seconds * fps)
        codec, bitrate = stream.codec_context.name, max(0, container.bit_rate or 0)
        tags = {**stream.metadata, **container.metadata}
        kind = container.format.name.partition(",")[0]
        sound, size = _sound(container), container.size
    first = next(iter(Decoder(path, limits=limits)), None)
    if first is None:
        raise NotAFilm(kept("holds no picture that can be decoded"))
    return Film(
        id=str(path),
        name=name or Path(path).name,
        path=str(path),
        digest="",
        size=size,
        width=first.width,
        height=first.height,
        seconds=seconds,
        frames=frames,
        fps=fps,
        rotation=first.rotation,
        codec=codec,
        bitrate=bitrate,
        hdr=first.hdr,
        container=kind,
        taken=_taken(tags),
        place=_place(tags),
        sound=sound,
    )


@contextmanager
def opened(path: str | Path, limits: FilmLimits) -> Iterator[tuple[Any, Any]]:
    """An open container and its stream of pictures, ready to decode. NotAFilm, OSError.

    FFmpeg gets our open file and no protocol of its own, so nothing but these bytes is ever read.
    """
    with open_to_read(path) as file:
        options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none", "max_streams": str(MOST_STREAMS)}
        try:
            container = av.open(file, options=options, buffer_size=CHUNK, metadata_errors="replace")
        except (av.FFmpegError, ValueError, OverflowError) as error:
            raise NotAFilm(kept("is no film in a format that is known, or is damaged at its beginning")) from error
        with container:
            yield container, _pictures(container, limits)


def _pictures(container: Any, limits: FilmLimits) -> Any:
    """The stream of pictures that a player shows. Cover art is none."""
    if len(container.streams) > MOST_STREAMS:
        raise NotAFilm(
            kept(
                "has {streams} streams, more than the {most} that are safe to open",
                streams=len(container.streams),
                most=MOST_STREAMS,
            )
        )
    streams = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
    if not streams:
        raise NotAFilm(kept("has sound and no pictures") if container.streams.audio else kept("has no pictures"))
    best = max(streams, key=lambda one: (bool(one.disposition & Disposition.default), _area(one), -one.index))
    if best.codec_context is None:
        raise NotAFilm(kept("is in a codec that the bundled FFmpeg does not know"))
    if _area(best) > limits.film_pixels:
        size = f"{best.codec_context.width} x {best.codec_context.height}"
        raise NotAFilm(kept("is {size}, larger than film_pixels = {most:,} allows", size=size, most=limits.film_pixels))
    best.codec_context.options = {"max_pixels": str(limits.film_pixels)}
    best.thread_type = "AUTO"
    best.codec_context.thread_count = min(8, cores())  # each holds pictures of its own
    return best


def _area(stream: Any) -> int:
    context = stream.codec_context
    return int(context.width * context.height) if context else 0


def _sound(container: Any) -> str:
    streams = [one for one in container.streams.audio if one.codec_context]
    if not streams:
        return ""
    context = streams[0].codec_context
    return f"{context.name}, {count(context.channels, 'channel')}"


def _taken(tags: dict[str, str]) -> datetime | None:
    for name in ("com.apple.quicktime.creationdate", "creation_time"):
        with suppress(ValueError):
            taken = datetime.fromisoformat(tags.get(name, ""))
            if taken.year > 1970 and taken.tzinfo:  # cameras without a clock write the first day they know
                return taken
    return None


def _place(tags: dict[str, str]) -> tuple[float, float] | None:
    for name in ("com.apple.quicktime.location.ISO6709", "location"):
        found = PLACE.match(tags.get(name, ""))
        if found and abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180:
            return float(found[1]), float(found[2])
    return None
