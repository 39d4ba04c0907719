"""A film in pieces at its shots, without coding anything again: where the film has a picture that needs no other.

Runs in a worker, which writes nothing itself: it says what belongs where in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import av

from unipic.core.language import kept
from unipic.core.settings import FilmLimits
from unipic.reading.engines.streamed import progressed
from unipic.video.film import Film, NotAFilm, opened
from unipic.video.shots import Shot

NEAR = 0.05  # seconds between a cut and a picture that needs no other, at most
SAME = {"mov": "mp4", "matroska": "matroska", "mpegts": "mpegts", "avi": "avi"}  # muxers, by container
ENDINGS = {"mp4": "mp4", "matroska": "mkv", "mpegts": "ts", "avi": "avi"}
BROKEN = (av.FFmpegError, ValueError, OverflowError)


@dataclass(frozen=True)
class Piece:
    """From a shot that can be cut to the next one. Times in seconds."""

    first: int  # shots
    last: int
    start: float  # 0 for the film's beginning
    end: float


@dataclass(frozen=True)
class Write:
    """Bytes and where they belong in the file."""

    place: int
    data: bytes


@dataclass(frozen=True)
class Job:
    """One piece of a film, to be written."""

    film: Film
    piece: Piece
    limits: FilmLimits = field(default_factory=FilmLimits)


def muxer(film: Film) -> str:
    """The container of the pieces: the film's own, or Matroska, which holds everything."""
    return SAME.get(film.container, "matroska")


def pieces(film: Film, shots: Sequence[Shot], keys: Sequence[float]) -> list[Piece]:
    """Pieces that begin at shots with a key picture; other shots stay with the one before. `keys`: in seconds."""
    starts = [(shots[0], 0.0)] if shots else []
    for shot in shots[1:]:
        early, late = min(shot.start, shot.clear_from) - NEAR, max(shot.start, shot.clear_from) + NEAR
        near = [key for key in keys if early <= key <= late]
        if near and min(near, key=lambda key: abs(key - shot.start)) > starts[-1][1]:
            starts.append((shot, min(near, key=lambda key: abs(key - shot.start))))
    ends = [*((shot.number - 1, at) for shot, at in starts[1:]), (shots[-1].number, float("inf"))] if shots else []
    return [Piece(shot.number, last, start, end) for (shot, start), (last, end) in zip(starts, ends, strict=True)]


def key_times(film: Film) -> Iterator[float]:
    """Seconds of the pictures at which a film can be cut: no picture after them shows before them. NotAFilm."""
    with opened(film.path, FilmLimits()) as (container, stream):
        begin, key, times = _begin(container), None, []
        for packet in _packets(container, [stream]):
            if packet.pts is None:
                continue
            at = float(packet.pts * packet.time_base) - begin
            if packet.is_keyframe:
                times.append(at)
                key = at
            elif key is not None and at < key and times and times[-1] == key:
                times.pop()
    yield from times


def written(job: Job) -> Iterator[Write]:
    """What belongs where in the file of a piece. NotAFilm, OSError."""
    with opened(job.film.path, job.limits) as (container, video):
        sounds = [one for one in container.streams.audio if one.codec_context]
        begin, sink = _begin(container), _Sink()
        with av.open(sink, "w", format=muxer(job.film)) as target:
            taken = {one.index: target.add_stream_from_template(one) for one in (video, *sounds)}
            for packet in _packets(container, [video, *sounds]):
                _mux(packet, job.piece, begin, packet.stream.index == video.index, target, taken)
                yield from sink.taken()
    yield from sink.taken()


def _mux(packet: Any, piece: Piece, begin: float, shown: bool, target: Any, taken: dict[int, Any]) -> None:
    if packet.dts is None or packet.pts is None:
        return
    at = float(packet.pts * packet.time_base) - begin
    # A hair's breadth: times of packets are rounded to the container's clock.
    if not piece.start - 1e-4 <= at < piece.end - 1e-4:
        return
    shift = round((piece.start + begin) / packet.time_base)
    packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
    packet.stream = taken[packet.stream.index]
    target.mux(packet)


def _packets(container: Any, streams: Sequence[Any]) -> Iterator[Any]:
    try:
        for packet in container.demux(*streams):
            progressed()
            if packet.size:
                yield packet
    except BROKEN as error:
        raise NotAFilm(kept("is damaged: it cannot be read to the end")) from error


def _begin(container: Any) -> float:
    return container.start_time / av.time_base if container.start_time is not None else 0.0


class _Sink:
    """A file to FFmpeg, which keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._place = self._size = 0
        self._waiting: list[Write] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(Write(self._place, bytes(data)))
        self._place += len(data)
        self._size = max(self._size, self._place)
        return len(data)

    def seek(self, place: int, whence: int = 0) -> int:
        self._place = place + (0, self._place, self._size)[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def taken(self) -> list[Write]:
        waiting, self._waiting = self._waiting, []
        return waiting
