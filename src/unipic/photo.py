"""The nouns everything else speaks of: a photo, a file that is none, and the gallery of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Measures:
    """What can be measured on the picture itself; each from 0 to 1, see measures.py."""

    sharpness: float
    exposure: float
    contrast: float
    noise: float


@dataclass(frozen=True)
class Photo:
    """A picture that could be read. `name` is shown to people and never used as a path."""

    id: str  # unique and stable in its gallery
    name: str  # as the person knows it: folders and file, separated by "/"
    path: str  # where the bytes are
    digest: str  # sha256 of the bytes, hexadecimal
    size: int  # bytes
    width: int  # pixels, upright
    height: int
    format: str  # by content: JPEG, PNG, HEIF, WEBP, BMP, TIFF, GIF, AVIF
    fingerprint: str  # perceptual hash, 256 bits, hexadecimal; see fingerprint.py
    measures: Measures
    comparable: bool  # False for pictures too small or too empty to be called alike
    taken: datetime | None = None  # with an offset only where EXIF has one
    camera: str = ""
    place: tuple[float, float] | None = None  # latitude, longitude in degrees
    note: str = ""  # what a person should know, as "first of 4 frames"

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True)
class Unreadable:
    """A file that is no photo to us, with the reason. It is listed and kept, never set aside."""

    id: str
    name: str
    path: str
    reason: str
    size: int = 0
    copyable: bool = True  # False for what has no bytes to copy: links, pipes, locked files


@dataclass(frozen=True)
class Gallery:
    """Every file found, as one or the other."""

    photos: tuple[Photo, ...]
    unreadable: tuple[Unreadable, ...] = ()

    def __post_init__(self) -> None:
        ids = [photo.id for photo in self.photos] + [file.id for file in self.unreadable]
        if len(set(ids)) != len(ids):
            raise ValueError("two files of a gallery share an id")
