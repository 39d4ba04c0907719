"""The nouns everything else speaks of: a photo, a file that is none, and the gallery of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Measures:
    """What can be measured on the picture itself, see measures.py; each from 0 to 1, but for the tilt."""

    sharpness: float  # of the subject
    exposure: float
    contrast: float
    noise: float
    shake: float = 0.0  # blur in one direction
    highlights: float = 0.0  # share of the picture that is burnt
    shadows: float = 0.0  # share that is black
    tilt: float | None = None  # degrees, clockwise; None where no lines tell
    cut: float = 0.0  # share of the subject at the frame
    framing: float = 1.0  # 1: the subject sits in the middle


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
    taken_by_camera: bool = True  # False where `taken` is only when the file was last changed
    quality: int | None = None  # of the compression: libjpeg's 1 to 100, 100 without loss, None where nothing tells
    rating: int | None = None  # stars, 1 to 5; 0: none given, -1: rejected, None: nothing is said
    edited: str = ""  # the program that changed the picture after it was taken, as its file tells
    exposure: str = ""  # "1/125 s, f/8, ISO 100, +0.7 EV", what the camera wrote of it
    content: str = ""  # hash of the picture whatever file it lies in, "" where that is uncertain; see content.py

    @property
    def pixels(self) -> int:
        return self.width * self.height


def local_time(photo: Photo) -> datetime | None:
    """The clock on the wall where the photo was taken, comparable between photos with and without a zone."""
    return photo.taken.replace(tzinfo=None) if photo.taken else None


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
