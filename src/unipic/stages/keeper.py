"""Which of several copies stays: resolution, then bytes, then format, then the earliest capture."""

from __future__ import annotations

from datetime import datetime

from unipic.photo import Photo

# A camera's own format before what things are converted to; lossy after lossless.
FORMATS = ("HEIF", "TIFF", "PNG", "AVIF", "JPEG", "WEBP", "BMP", "GIF")
NEVER = datetime.max


def keeper_first(photo: Photo) -> tuple[object, ...]:
    """A sort key. Names only settle what nothing in the files does, so that the answer is always the same.

    The shorter one is the original's: copies are called "IMG_1 (1).jpg" or lie deeper.
    """
    return (
        -photo.pixels,
        -photo.size,
        FORMATS.index(photo.format),
        local_time(photo) or NEVER,
        photo.digest,
        len(photo.name),
        photo.name,
        photo.id,
    )


def local_time(photo: Photo) -> datetime | None:
    """The clock on the wall where the photo was taken, comparable between photos with and without a zone."""
    return photo.taken.replace(tzinfo=None) if photo.taken else None
