"""The one loop that decodes films: each picture with its time, upright, with square pixels, in usual colours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from unipic.core.language import kept
from unipic.core.settings import FilmLimits
from unipic.reading.engines.base import Failure
from unipic.reading.engines.streamed import Allowed, progressed, streamed
from unipic.video._bright import tone_mapped
from unipic.video.film import BRIGHT, BT601, BT709, HD, UNNAMED, opened

Pixels = NDArray[np.uint8]
Item = TypeVar("Item")
Result = TypeVar("Result")
# Damaged packets in a row before the decoder starts again at the next picture that needs no other.
PATIENCE = 8
BROKEN = (av.FFmpegError, ValueError, OverflowError)
PLANAR = {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"}  # 8 bits, a plane for each of Y, Cb, Cr


@dataclass(frozen=True)
class Decoded:
    """A picture of a film. What is asked of it is made when it is asked."""

    number: int  # from where decoding began
    seconds: float  # since the film's beginning, as players count
    pts: int  # in the stream's own units
    frame: Any
    aspect: float  # width of a pixel by its height
    reformat: VideoReformatter
    shrink: VideoReformatter  # one for each use: it keeps what it made for the last size
    lighten: VideoReformatter

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise that make it upright: 0, 90, 180 or 270."""
        return round(self.frame.rotation / 90) % 4 * 90

    @property
    def hdr(self) -> str:
        """ "PQ" or "HLG" for a high dynamic range, else ""."""
        return BRIGHT.get(self.frame.color_trc, "")

    @property
    def width(self) -> int:
        """Of the upright picture with square pixels."""
        return self._upright()[0]

    @property
    def height(self) -> int:
        """Of the upright picture with square pixels."""
        return self._upright()[1]

    def _upright(self) -> tuple[int, int]:
        size = max(1, round(self.frame.width * self.aspect)), self.frame.height
        return (size[1], size[0]) if self.rotation % 180 else size

    def picture(self, size: tuple[int, int] | None = None) -> Pixels:
        """Upright RGB, [height, width, 3]; `size`: (width, height) to scale to. High dynamic range is tone-mapped."""
        width, height = size or self._upright()
        if self.rotation % 180:
            width, height = height, width
        kind, way = ("rgb48le" if self.hdr else "rgb24"), ("AREA" if size else "BICUBIC")
        source = self.frame.colorspace
        if source in UNNAMED:
            source = BT709 if self.frame.height >= HD else BT601
        made = self.reformat.reformat(self.frame, width, height, kind, src_colorspace=source, interpolation=way)
        pixels: NDArray[Any] = made.to_ndarray()
        turned = np.rot90(tone_mapped(pixels, self.hdr) if self.hdr else pixels, self.rotation // 90)
        return np.ascontiguousarray(turned, dtype=np.uint8)

    def within(self, side: int) -> Pixels:
        """The picture with a long side of at most so many pixels."""
        width, height = self._upright()
        share = min(1.0, side / max(width, height))
        return self.picture((max(1, round(width * share)), max(1, round(height * share))))

    def planes(self, width: int, height: int) -> Pixels:
        """Upright Y, Cb, Cr at a small size, [3, height, width]: averages, without a way through RGB."""
        if self.rotation % 180:
            width, height = height, width
        if self.frame.format.name in PLANAR:
            small = np.stack([_shrunk(plane, width, height) for plane in self.frame.planes])
        else:
            made = self.shrink.reformat(self.frame, width, height, "yuv444p", interpolation="AREA")
            small = np.asarray(made.to_ndarray(), np.uint8)
        return np.rot90(small, self.rotation // 90, axes=(1, 2))

    def light(self, width: int) -> Pixels:
        """Y as it is coded, neither turned nor widened, [H, W] of at most so many columns."""
        width = min(width, self.frame.width)
        height = max(1, round(self.frame.height * width / self.frame.width))
        if self.frame.format.name in PLANAR:
            return _shrunk(self.frame.planes[0], width, height)
        made = self.lighten.reformat(self.frame, width, height, "gray8", interpolation="AREA")
        return np.asarray(made.to_ndarray(), np.uint8)


def _shrunk(plane: Any, width: int, height: int) -> Pixels:
    """A plane averaged to a size."""
    import cv2  # here: the web server decodes in workers, and does without

    whole = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


class Decoder:
    """Iterates over the pictures of a film, in the order they are shown; times only grow. NotAFilm, OSError.

    Damaged packets are skipped and counted. Run it in a worker: its file is not trusted.
    """

    def __init__(
        self,
        path: str | Path,
        start: float = 0.0,
        every: float = 0.0,
        keys: bool = False,
        limits: FilmLimits | None = None,
    ) -> None:
        """`start`: seconds into the film; `every`: so many seconds apart, or up to a picture less; `keys`: only
        pictures that need no other to be decoded, which is ten times faster.
        """
        self.path, self.start, self.every, self.keys = path, start, every, keys
        self.limits = limits or FilmLimits()
        self.damaged = 0  # packets that could not be decoded
        self.stopped = ""  # why decoding ended before the film did, in words; "" if it did not

    def __iter__(self) -> Iterator[Decoded]:
        with opened(self.path, self.limits) as (container, stream):
            if self.keys:
                stream.codec_context.skip_frame = "NONKEY"
            clock = _Clock(container, stream)
            if self.start > 0:
                clock.seek(self.start)
            yield from self._pictures(container, stream, clock)

    def _pictures(self, container: Any, stream: Any, clock: "_Clock") -> Iterator[Decoded]:
        due, number = self.start, 0
        ways = VideoReformatter(), VideoReformatter(), VideoReformatter()
        for frame in self._frames(container, stream):
            progressed()
            seconds = clock.at(frame)
            if seconds > self.limits.film_hours * 3600:
                self.stopped = kept("stopped after {hours:.0f} hours", hours=self.limits.film_hours)
                return
            if frame.width * frame.height > self.limits.film_pixels:
                self.damaged += 1
            elif seconds >= due - clock.tick / 2:
                due = max(due, seconds + self.every - clock.tick / 2) if self.every else due
                yield Decoded(number, seconds, frame.pts or 0, frame, _aspect(stream), *ways)
                number += 1

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        failed = 0
        for packet in self._packets(container, stream):
            if failed >= PATIENCE and not packet.is_keyframe and packet.size:
                self.damaged += 1
                continue
            if failed >= PATIENCE:
                stream.codec_context.flush_buffers()
            try:
                frames = packet.decode()
            except EOFError:
                return
            except BROKEN:
                failed, self.damaged = failed + 1, self.damaged + 1
                continue
            failed = 0
            yield from frames

    def _packets(self, container: Any, stream: Any) -> Iterator[Any]:
        failed = 0
        while failed < PATIENCE:
            try:
                for packet in container.demux(stream):
                    yield packet
                    failed = 0
                return
            except BROKEN:
                failed += 1
        self.stopped = kept("stopped where the file is damaged")


class _Clock:
    """Seconds since the film's beginning for each picture, also where its own times are missing or run backwards."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._container, self._stream = container, stream
        rate = stream.average_rate or stream.guessed_rate
        self.tick = 1 / float(rate) if rate and rate > 0 else 0.04
        self._unit = float(stream.time_base or 0)
        self._begin = container.start_time / av.time_base if container.start_time is not None else None
        self._last: float | None = None

    def at(self, frame: Any) -> float:
        seconds = None if frame.pts is None else float(frame.pts) * self._unit
        if seconds is not None and self._begin is None:
            self._begin = seconds
        if seconds is not None:
            seconds -= self._begin or 0.0
        if self._last is None:
            self._last = max(0.0, seconds or 0.0)
        elif seconds is None or seconds <= self._last:
            self._last += self.tick
        else:
            self._last = seconds
        return self._last

    def seek(self, seconds: float) -> None:
        """To the last picture before `seconds` that needs no other; stays at the beginning where that fails."""
        try:
            self._container.seek(int((seconds + (self._begin or 0.0)) / self._unit), stream=self._stream)
        except BROKEN:
            self._container.seek(0)


def _aspect(stream: Any) -> float:
    """Width of a pixel by its height; 1 where nothing, or nonsense, is said."""
    ratio = float(stream.sample_aspect_ratio or 1)
    return ratio if 0.1 < ratio < 10 else 1.0


def in_worker(
    task: Callable[[Item], Iterator[Result]], item: Item, limits: FilmLimits | None = None
) -> Iterator[Result | Failure]:
    """What `task(item)` yields, worked out in a process that a hostile film may kill; then a Failure is the last.

    `task` is a function of a module, and may raise NotAFilm, which is raised here.
    """
    limits = limits or FilmLimits()
    return streamed(task, item, Allowed(limits.film_memory, limits.film_stall))
