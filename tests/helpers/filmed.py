"""Films made for tests and benchmarks, and the copies that people make of films."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from tests.helpers.pictures import scene

from unipic.video.decode import Decoder

Frame = np.ndarray  # uint8 [H, W, 3]
Frames = Iterable[Frame]
RATE = 25
FAST = {"preset": "ultrafast", "crf": "23"}


def write_film(
    path: Path,
    frames: Frames,
    rate: float = RATE,
    codec: str = "libx264",
    options: Mapping[str, str] = FAST,
    tags: Mapping[str, str] = {},
    sound: int = 0,
) -> Path:
    """A film of RGB pictures of even sizes. `sound`: hertz of a tone that goes with it; 0: none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"} if path.suffix == ".mov" else {}) as out:
        out.metadata.update(tags)
        stream: Any = out.add_stream(codec, rate=Fraction(rate).limit_denominator(1001), options=dict(options))
        stream.codec_context.thread_count = 1  # the same bytes on every machine
        tone: Any = out.add_stream("aac", rate=8000, layout="mono") if sound else None
        shown = 0
        for frame in frames:
            if not shown:
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
            shown += 1
        out.mux(stream.encode())
        for start in range(0, int(8000 * shown / rate) if sound else 0, 1024):
            wave = np.sin(2 * np.pi * sound * (start + np.arange(1024)) / 8000).astype(np.float32)[None]
            samples = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            samples.sample_rate, samples.pts = 8000, start
            out.mux(tone.encode(samples))
        if tone:
            out.mux(tone.encode())
    return path


def walk(
    seed: int, seconds: float = 4.0, size: tuple[int, int] = (320, 240), rate: float = RATE, way: int = 0
) -> Iterator[Frame]:
    """A camera that wanders over a made-up place. Another seed is another place; another way is another movement."""
    width, height = size
    place, chance = np.asarray(scene(seed, 2 * width, 2 * height)), np.random.default_rng((seed, way))
    begin, end = chance.uniform(0, 0.3, 2), chance.uniform(0.7, 1, 2)
    turned = chance.random(2) < 0.5
    begin, end = np.where(turned, end, begin), np.where(turned, begin, end)
    for share in np.linspace(0, 1, round(seconds * rate)):
        left, top = np.round((begin + share * (end - begin)) * size).astype(int).tolist()
        yield place[top : top + height, left : left + width]


def pictures(path: Path) -> list[Frame]:
    """All pictures of a film, upright."""
    return [one.picture() for one in Decoder(path)]


def remuxed(path: Path, to: Path, sound: bool = True) -> Path:
    """The same coded pictures in another container."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path)) as source, av.open(str(to), "w") as out:
        kept = [one for one in source.streams if one.type == "video" or (sound and one.type == "audio")]
        streams = {one.index: out.add_stream_from_template(one) for one in kept}
        for packet in source.demux(kept):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    return to


def even(frame: Frame) -> Frame:
    """Without the last row or column where their number is odd: video is coded in pairs."""
    return frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]


def _resized(share: float) -> Callable[[Frame], Frame]:
    return lambda one: even(cv2.resize(one, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))


def _barred(one: Frame) -> Frame:
    return np.pad(one, ((0, 0), (one.shape[1] // 6 // 2 * 2,) * 2, (0, 0)))


def _graded(one: Frame) -> Frame:
    warm = np.clip(255 * (one / 255.0) ** 0.8 * [1.08, 1.0, 0.88], 0, 255).astype(np.uint8)
    height, width = one.shape[0] // 9, one.shape[1] // 5
    warm[height // 2 : height // 2 + height, -width - height // 2 : -height // 2] = (235, 40, 40)
    return warm


def _cropped(one: Frame) -> Frame:
    top, left = round(one.shape[0] * 0.04), round(one.shape[1] * 0.04)
    return even(one[top : one.shape[0] - top, left : one.shape[1] - left])


def _cut(first: float, last: float) -> Callable[[list[Frame]], list[Frame]]:
    return lambda all: all[round(first * len(all)) : round(last * len(all))]


EACH: Mapping[str, Callable[[Frame], Frame]] = {  # by the kind of the copy, what becomes of each picture
    "half size, strong compression": _resized(0.5),
    "pillar bars": _barred,
    "graded, with a logo": _graded,
    "cropped by 8 %": _cropped,
    "mirrored": lambda one: one[:, ::-1],
}
CUT: Mapping[str, Callable[[list[Frame]], list[Frame]]] = {
    "trimmed to 76 %": _cut(0.12, 0.88),
    "middle 30 %": _cut(0.35, 0.65),
}
KINDS = ("other container", "HEVC", "15 a second", "1.08 times as fast", *EACH, *CUT)


def copy_of(path: Path, kind: str, to: Path, rate: float, frames: list[Frame]) -> Path:
    """A copy of a film with these pictures, of one of KINDS. `to` has no ending."""
    if kind == "other container":
        # AVI and old codecs go to Matroska too; it takes all of them.
        return remuxed(path, to.with_suffix(".mkv"), sound=False)
    if kind == "HEVC":
        quiet = {"preset": "ultrafast", "crf": "30", "x265-params": "log-level=none:pools=1"}
        return write_film(to.with_suffix(".mov"), map(even, frames), rate, "libx265", quiet)
    if kind == "15 a second":
        wanted = [frames[min(len(frames) - 1, round(i * rate / 15))] for i in range(round(len(frames) * 15 / rate))]
        return write_film(to.with_suffix(".mp4"), map(even, wanted), 15)
    if kind == "1.08 times as fast":
        return write_film(to.with_suffix(".mp4"), map(even, frames), rate * 1.08)
    made = CUT[kind](frames) if kind in CUT else [EACH[kind](one) for one in frames]
    options = {"preset": "ultrafast", "crf": "36"} if kind.startswith("half") else FAST
    return write_film(to.with_suffix(".mp4"), map(even, made), rate, options=options)


def frames(
    path: Path, start: float = 0.0, size: tuple[int, int] | None = None, every: float = 0.0
) -> Iterator[tuple[float, Frame]]:
    """Seconds and upright RGB of each picture of a film, or of those `every` seconds."""
    return ((one.seconds, one.picture(size)) for one in Decoder(path, start, every))
