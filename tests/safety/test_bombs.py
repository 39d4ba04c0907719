"""Small files that unpack to something huge, or keep a decoder busy: each is answered in time, within its memory.

None of them is ever whole in this process: what they unpack to is deflated, or drawn, a piece at a time.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image
from tests.helpers.hostile_files import (
    bmp,
    chunk,
    deflated,
    folder,
    gif,
    gif_frame,
    in_jpeg,
    page,
    png,
    riff,
    saved,
    seeds,
    segment,
    tiff,
)
from tests.helpers.tasks import Weight, weigh
from tests.safety.harness.ledger import record

from unipic.core.photo import Found
from unipic.core.settings import Limits
from unipic.reading.engines.base import Failure
from unipic.reading.engines.local import LocalEngine

SECONDS, MEMORY = 5.0, 600_000_000
SMALL = 8_000_000  # bytes of a bomb's file
LIMITS = Limits()
Pieces = Iterator[bytes]


def png_of(width: int, height: int, colour: int, bytes_each: int) -> Pieces:
    """All pixels zero."""
    yield b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    packer = zlib.compressobj(9)
    row = bytes(1 + width * bytes_each)
    for _ in range(height):
        if packed := packer.compress(row):
            yield chunk(b"IDAT", packed)
    yield chunk(b"IDAT", packer.flush()) + chunk(b"IEND")


def scans(number: int) -> Pieces:
    """A progressive JPEG whose last scan comes again and again, in a frame that says it is large."""
    data = seeds()["progressive.jpg"]
    frame = data.index(b"\xff\xc2")
    last = data.rindex(b"\xff\xda")
    yield data[: frame + 5] + struct.pack(">HH", 6000, 8000) + data[frame + 9 : -2]
    yield from repeat(data[last:-2], number)
    yield b"\xff\xd9"


def gif_of(frames: int) -> Pieces:
    """Each of its frames is the whole screen, of which only the beginning is written."""
    yield gif(5000, 5000)[:-1]
    yield from repeat(gif_frame(5000, 5000), frames)
    yield b";"


def strips(width: int, height: int) -> Pieces:
    """A TIFF in one strip of deflated zeros."""
    packed = deflated(width * height * 3)
    tags = [tag for tag in page(width, height, 8, len(packed), height) if tag[0] != 259] + [(259, 3, [8])]
    yield b"II*\0" + struct.pack("<I", 8 + len(packed)) + packed + folder(tags, 8 + len(packed))


def tiff_pages(number: int) -> Pieces:
    """Each page a directory that leads to the next."""
    tags = page(at=0)
    size = len(folder(tags, 0))
    yield b"II*\0" + struct.pack("<I", 8)
    for at in range(8, 8 + number * size, size):
        yield folder(tags, at, at + size)


def webp_lossless(side: int) -> Pieces:
    """A header that says so, and little behind it."""
    data = bytearray(saved(Image.new("RGB", (64, 64)), "WEBP", lossless=True))
    sizes = (side - 1) | (side - 1) << 14
    data[21:25] = struct.pack("<I", int.from_bytes(data[21:25], "little") & ~0xFFFFFFF | sizes)
    yield bytes(data)


def webp_of(side: int) -> Pieces:
    """Really that large, and of one colour."""
    yield saved(Image.new("RGB", (side, side)), "WEBP", lossless=True, quality=0, method=0)


def webp_frames(number: int) -> Pieces:
    """An animation on the largest canvas."""
    still = io.BytesIO()
    Image.new("RGB", (2, 2)).save(still, "WEBP", lossless=True)
    frame = (b"ANMF", bytes(6) + b"\1\0\0\1\0\0" + bytes(4) + still.getvalue()[12:])
    canvas = b"\x02\0\0\0" + (16382).to_bytes(3, "little") * 2
    yield riff(b"WEBP", (b"VP8X", canvas), (b"ANIM", bytes(6)), *[frame] * number)


def heif_says(kind: str, width: int, height: int) -> Pieces:
    """A small picture whose properties say that it is huge."""
    data = seeds()[kind]
    at = data.index(b"ispe")
    yield data[: at + 8] + struct.pack(">II", width, height) + data[at + 16 :]


def heic_of(width: int, height: int) -> Pieces:
    """Really that large, and of one colour."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("L", (width, height))).save(
        buffer, quality=10, enc_params={"preset": "ultrafast"}
    )
    yield buffer.getvalue()


def avif_of(width: int, height: int) -> Pieces:
    yield saved(Image.new("RGB", (width, height)), "AVIF", quality=5, speed=10)


def jxl_of(width: int, height: int) -> Pieces:
    """Really that large, and of one colour."""
    yield saved(Image.new("RGB", (width, height)), "JXL", lossless=True, effort=1)


def jxl_says(width: int, height: int) -> Pieces:
    """A few bytes whose header says that the picture is huge: its sides take 30 bits each."""
    bits = "0" + "11" + format(height - 1, "030b")[::-1] + "000" + "11" + format(width - 1, "030b")[::-1] + "1"
    yield b"\xff\x0a" + int(bits[::-1], 2).to_bytes(10, "little") + bytes(50)


def jp2_of(width: int, height: int) -> Pieces:
    """Really that large, and of one colour."""
    yield saved(Image.new("RGB", (width, height)), "JPEG2000", num_resolutions=2)


def jp2_says(width: int, height: int) -> Pieces:
    """A small picture whose codestream and header say that it is one huge tile."""
    data = bytearray(seeds()["scan.jp2"])
    at, siz = data.index(b"ihdr") + 4, data.index(b"\xff\x4f\xff\x51") + 8
    data[at : at + 8] = struct.pack(">II", height, width)
    data[siz : siz + 8] = struct.pack(">II", width, height)
    data[siz + 16 : siz + 24] = struct.pack(">II", width, height)
    yield bytes(data)


def icon_of(side: int) -> Pieces:
    """An icon of 16 pixels a side by its directory, around a huge PNG."""
    inside = b"".join(png_of(side, side, 0, 1))
    yield b"\0\0\1\0\1\0" + struct.pack("<BBBxHHII", 16, 16, 0, 1, 32, len(inside), 22) + inside


def xmp_of(depth: int) -> Pieces:
    yield png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<a>" * depth))


BOMBS: dict[str, Callable[[], Pieces]] = {
    "png 13000 x 13000.png": lambda: png_of(13_000, 13_000, 2, 3),
    "png 9400 x 9400 with alpha.png": lambda: png_of(9_400, 9_400, 6, 4),
    "png 100000 x 2000.png": lambda: png_of(100_000, 2_000, 2, 3),
    "png 40000 x 40000 grey.png": lambda: png_of(40_000, 100, 0, 1),
    "png text.png": lambda: iter([png(chunk(b"zTXt", b"Comment\0\0" + deflated(1_000_000_000)))]),
    "png texts.png": lambda: iter([png(*[chunk(b"zTXt", b"Comment\0\0" + deflated(1_000_000))] * 2_000)]),
    "png profile.png": lambda: iter([png(chunk(b"iCCP", b"icc\0\0" + deflated(1_000_000_000)))]),
    "png pixels without end.png": lambda: iter([png(data=deflated(1_000_000_000))]),
    "png xmp.png": lambda: xmp_of(300_000),
    "jpeg 1000 scans.jpg": lambda: scans(1_000),
    "jpeg 100 scans.jpg": lambda: scans(80),
    "jpeg 65500 x 65500.jpg": lambda: iter([_sized(seeds()["baseline.jpg"], b"\xff\xc0", 65_500, 65_500)]),
    "jpeg 14000 x 14000 progressive.jpg": lambda: iter(
        [_sized(seeds()["progressive.jpg"], b"\xff\xc2", 14_000, 14_000)]
    ),
    "jpeg exif.jpg": lambda: iter([in_jpeg(segment(0xE1, b"Exif\0\0" + tiff([(0x8769, 4, [8])] * 5_000)))]),
    "gif 2000 frames.gif": lambda: gif_of(2_000),
    "gif 65535 x 65535.gif": lambda: iter([gif(65_535, 65_535, gif_frame(65_535, 65_535))]),
    "webp 16383 x 16383.webp": lambda: webp_lossless(16_383),
    "webp 500 frames of 16383 x 16383.webp": lambda: webp_frames(500),
    "tiff one strip of 9000 x 9000.tif": lambda: strips(9_000, 9_000),
    "tiff one strip of 13000 x 13000.tif": lambda: strips(13_000, 13_000),
    "tiff 20000 pages.tif": lambda: tiff_pages(20_000),
    "bmp 30000 x 30000.bmp": lambda: iter([bmp(30_000, 30_000, body=bytes(100))]),
    "bmp run-length.bmp": lambda: iter([bmp(13_000, 13_000, 8, 1, b"\xff\0" * 200_000 + b"\0\1", at=54)]),
    "heic says 30000 x 30000.heic": lambda: heif_says("phone.heic", 30_000, 30_000),
    "avif says 30000 x 30000.avif": lambda: heif_says("small.avif", 30_000, 30_000),
    "heic 9000 x 7000.heic": lambda: heic_of(9_000, 7_000),
    "heic 10000 x 8000.heic": lambda: heic_of(10_000, 8_000),
    "avif 8000 x 7000.avif": lambda: avif_of(8_000, 7_000),
    "avif 10000 x 8000.avif": lambda: avif_of(10_000, 8_000),
    "png 9900 x 9900.png": lambda: png_of(9_900, 9_900, 2, 3),
    "png 7900 x 7900 with alpha.png": lambda: png_of(7_900, 7_900, 6, 4),
    "jpeg 9000 x 9000 progressive.jpg": lambda: iter([_sized(seeds()["progressive.jpg"], b"\xff\xc2", 9_000, 9_000)]),
    "tiff one strip of 7900 x 7900.tif": lambda: strips(7_900, 7_900),
    "webp 5600 x 5600.webp": lambda: webp_of(5_600),
    "webp 10000 x 10000.webp": lambda: webp_lossless(10_000),
    "jxl says 100000 x 100000.jxl": lambda: jxl_says(100_000, 100_000),
    "jxl says 8000 x 6500.jxl": lambda: jxl_says(8_000, 6_500),
    "jxl 7000 x 7000.jxl": lambda: jxl_of(7_000, 7_000),
    "jp2 says 100000 x 100000.jp2": lambda: jp2_says(100_000, 100_000),
    "jp2 says 13000 x 13000.jp2": lambda: jp2_says(13_000, 13_000),
    "jp2 5200 x 5200.jp2": lambda: jp2_of(5_200, 5_200),
    "icon of 20000 x 20000.ico": lambda: icon_of(20_000),
}


# Bombs that take seconds to make or to answer; of each kind an easier one is left for every run.
LARGE = {
    "png 13000 x 13000.png",
    "png 100000 x 2000.png",
    "png text.png",
    "png profile.png",
    "png pixels without end.png",
    "png 9900 x 9900.png",
    "png 7900 x 7900 with alpha.png",
    "tiff one strip of 9000 x 9000.tif",
    "tiff one strip of 13000 x 13000.tif",
    "heic 9000 x 7000.heic",
    "heic 10000 x 8000.heic",
    "avif 10000 x 8000.avif",
}


def _sized(data: bytes, frame: bytes, width: int, height: int) -> bytes:
    at = data.index(frame)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def weighed(path: Path) -> Weight | Failure:
    """In a worker of its own, as a run has them."""
    engine = LocalEngine(1, LIMITS.photo_seconds, LIMITS.worker_memory)
    try:
        ((_, result),) = engine.map(weigh, [Found(path.name, path.name, str(path), path.stat().st_size)])
    finally:
        engine.close()
    return result


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.nightly) if name in LARGE else name for name in BOMBS]
)
def test_a_bomb_takes_little_time_and_memory(name: str, tmp_path: Path) -> None:
    """By the processor's time: how long it takes by the clock depends on what else the machine does."""
    path = tmp_path / name
    with path.open("wb") as file:
        file.writelines(BOMBS[name]())
    assert path.stat().st_size < SMALL
    result = weighed(path)
    failed = isinstance(result, Failure) or result.busy > SECONDS or result.memory > MEMORY
    note = result.reason if isinstance(result, Failure) else f"{result.busy:.1f} s, {result.memory / 1e6:.0f} MB"
    record("T12", name, 1, found=int(failed), note=note)
    print(f"{name}: {note} {result.reason}")
    assert not isinstance(result, Failure), result
    assert result.busy <= SECONDS
    assert result.memory <= MEMORY


def test_a_whole_photo_is_weighed_alike(tmp_path: Path) -> None:
    """So that a figure of nothing would be seen."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(saved(Image.new("RGB", (4000, 3000)), "JPEG"))
    result = weighed(path)
    assert isinstance(result, Weight)
    assert result.reason == ""
    assert 0 < result.busy <= SECONDS
    assert 10_000_000 < result.memory <= MEMORY
