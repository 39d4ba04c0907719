"""A film of the samples' scenes, to try things out without own films: cuts, a dissolve, a fade, a flash, a blackout."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unipic.core.files import atomic_file
from unipic.sources.scenes import city, dunes, lake, lavender, lighthouse, sunset
from unipic.video.decode import Pixels

SIZE = (960, 640)  # pixels
RATE = 25
SHOT, MIX = 60, 20  # frames
FLASH = (28, 30)  # frames of a shot that are nearly white
TAKEN = "2024-08-11T06:32:40.000000Z"
Scene = Callable[[float], Image.Image]


def make_film(path: Path) -> None:
    """Write the film, about 15 seconds long. AlreadyThere if the path exists."""
    with atomic_file(path, replace=False) as file, av.open(file, "w", format="mp4") as container:
        container.metadata["creation_time"] = TAKEN
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "23", "preset": "veryfast"}
        stream.codec_context.thread_count = 1  # so that the bytes do not depend on the machine
        for number, pixels in enumerate(_frames()):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _frames() -> Iterator[Pixels]:
    """The lake, by cuts to the city and back, a flash over the dunes, a dissolve, and a fade through black."""
    yield from _shot(lake)
    yield from _shot(city, left=True)
    yield from _shot(lake, left=True)
    for number, frame in enumerate(_shot(dunes)):
        yield _mixed(frame, np.full_like(frame, 255), 0.85) if FLASH[0] <= number < FLASH[1] else frame
    first, second = list(_shot(lavender)), list(_shot(lighthouse, left=True))
    yield from first[:-MIX]
    for number, (a, b) in enumerate(zip(first[-MIX:], second[:MIX], strict=True), 1):
        yield _mixed(a, b, number / (MIX + 1))
    *kept, last = second[MIX:]
    yield from kept
    yield from (_mixed(last, np.zeros_like(last), number / MIX) for number in range(MIX))
    yield from [np.zeros_like(last)] * 5
    final = list(_shot(sunset))
    yield from (_mixed(np.zeros_like(frame), frame, number / MIX) for number, frame in enumerate(final[:MIX]))
    yield from final[MIX:]


def _shot(scene: Scene, left: bool = False) -> Iterator[Pixels]:
    """A slow pan over a scene."""
    picture = scene(0.0).convert("RGB")
    scale = 1.12 * max(SIZE[0] / picture.width, SIZE[1] / picture.height)
    wide = np.asarray(picture.resize((round(picture.width * scale), round(picture.height * scale))))
    top, spare = (wide.shape[0] - SIZE[1]) // 2, wide.shape[1] - SIZE[0]
    for number in range(SHOT):
        share = number / SHOT
        at = round(spare * (1 - share if left else share))
        yield np.ascontiguousarray(wide[top : top + SIZE[1], at : at + SIZE[0]])


def _mixed(a: NDArray[np.uint8], b: NDArray[np.uint8], share: float) -> Pixels:
    return (a * (1 - share) + b * share).astype(np.uint8)
