"""Raw photos as cameras write them, a byte at a time: DNGs with a small sensor's values and a preview of any kind."""

import io
import struct
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from PIL import Image
from tests.helpers.pictures import scene

Tag = tuple[int, int, Sequence[int] | bytes]  # number, type, values
BYTE, ASCII, SHORT, LONG, RATIONAL, SRATIONAL = 1, 2, 3, 4, 5, 10
CODES = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I", SRATIONAL: "i"}
NO_MATRIX = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)  # colours as they are
MODEL = "Unipic Test 1"


def preview_of(picture: Image.Image, orientation: int = 0, quality: int = 92) -> bytes:
    """A JPEG; 0: without EXIF."""
    data, exif = io.BytesIO(), Image.Exif()
    if orientation:
        exif[274] = orientation
    picture.save(data, "JPEG", quality=quality, exif=exif)
    return data.getvalue()


def dng(
    preview: bytes | None = None,
    shown: tuple[int, int] = (960, 640),
    size: tuple[int, int] = (96, 64),
    orientation: int = 1,
    taken: datetime | None = None,
    xmp: bytes = b"",
) -> bytes:
    """A sensor of `size`, stored turned as `orientation` says; `shown`: what it says the preview's size is."""
    width, height = size
    values = struct.pack(f"<{width * height}H", *((n * 37) % 4096 for n in range(width * height)))
    file = _Tiff()
    raw = file.folder([
        (254, LONG, [0]), (256, LONG, [width]), (257, LONG, [height]), (258, SHORT, [16]), (259, SHORT, [1]),
        (262, SHORT, [32803]), (273, LONG, [file.put(values)]), (277, SHORT, [1]), (278, LONG, [height]),
        (279, LONG, [len(values)]), (33421, SHORT, [2, 2]), (33422, BYTE, [0, 1, 1, 2]),
    ])  # fmt: skip
    folders = [raw]
    if preview is not None:
        across, down = shown
        folders.append(file.folder([
            (254, LONG, [1]), (256, LONG, [across]), (257, LONG, [down]), (258, SHORT, [8, 8, 8]), (259, SHORT, [7]),
            (262, SHORT, [6]), (273, LONG, [file.put(preview)]), (277, SHORT, [3]), (278, LONG, [down]),
            (279, LONG, [len(preview)]),
        ]))  # fmt: skip
    moment = [(36867, ASCII, f"{taken:%Y:%m:%d %H:%M:%S}".encode() + b"\0")] if taken else []
    tags: list[Tag] = [
        (254, LONG, [1]), (256, LONG, [4]), (257, LONG, [4]), (258, SHORT, [8, 8, 8]), (259, SHORT, [1]),
        (262, SHORT, [2]), (271, ASCII, b"Unipic\0"), (272, ASCII, MODEL.encode() + b"\0"),
        (273, LONG, [file.put(bytes(48))]), (274, SHORT, [orientation]), (277, SHORT, [3]), (278, LONG, [4]),
        (279, LONG, [48]), (330, LONG, folders), (34665, LONG, [file.folder(moment)]), (50706, BYTE, [1, 4, 0, 0]),
        (50708, ASCII, MODEL.encode() + b"\0"), (50721, SRATIONAL, NO_MATRIX), (50778, SHORT, [21]),
    ]  # fmt: skip
    return file.whole([*tags, *([(700, BYTE, xmp)] if xmp else [])])


def raw_photo(path: Path, seed: int = 1, **facts: object) -> Path:
    """With a preview large enough to judge it by."""
    path.write_bytes(dng(preview_of(scene(seed, 960, 640)), **facts))  # type: ignore[arg-type]
    return path


class _Tiff:
    """Little-endian; what tags point to comes before them."""

    def __init__(self) -> None:
        self.body = bytearray(8)

    def put(self, data: bytes) -> int:
        """Where it is."""
        at = len(self.body)
        self.body += data + bytes(len(data) % 2)
        return at

    def folder(self, tags: Iterable[Tag]) -> int:
        fields = [self._field(*tag) for tag in sorted(tags, key=lambda tag: tag[0])]
        return self.put(struct.pack("<H", len(fields)) + b"".join(fields) + bytes(4))

    def whole(self, tags: Iterable[Tag]) -> bytes:
        self.body[:8] = b"II*\0" + struct.pack("<I", self.folder(tags))
        return bytes(self.body)

    def _field(self, number: int, kind: int, values: Sequence[int] | bytes) -> bytes:
        data = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{CODES[kind]}", *values)
        count = len(values) // 2 if kind in (RATIONAL, SRATIONAL) else len(values)
        inside = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", self.put(data))
        return struct.pack("<HHI", number, kind, count) + inside
