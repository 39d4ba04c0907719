"""Read every file into a photo, or an unreadable with a reason; each is opened and decoded once."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image, ImageStat

from unipic.core.language import kept
from unipic.core.patience import in_words, twice
from unipic.core.photo import Found, Original, Photo, Unreadable
from unipic.core.settings import Limits
from unipic.reading._measures import WORKING as WORKING, measure
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.fingerprint import fingerprint
from unipic.reading.images import Decoded, NotAPhoto, decode_opened, opened
from unipic.reading.metadata import Metadata, read_metadata
from unipic.reading.seen import Picture
from unipic.vision.base import VIEW

# Pictures smaller than this (pixels a side), or with a smaller spread of tones, look alike without being the same.
# Lights at night spread wider than an empty wall, though most of either is one tone.
SMALLEST = 32
EMPTIEST = 0.02


def read(files: Iterable[Found | Unreadable], engine: Engine, limits: Limits) -> Iterator[Picture | Unreadable]:
    """A stream in the order of the files, so that only a few photos are in memory at a time."""
    for file, outcome in engine.map(partial(read_file, limits=limits), files):
        if isinstance(outcome, Failure):
            yield Unreadable(file.id, file.name, file.path, outcome.reason, file.size)
        else:
            yield outcome


def read_file(file: Found | Unreadable, limits: Limits) -> Picture | Unreadable:
    """Read one file, in any process. Every fault of the file becomes the reason of an Unreadable."""
    if isinstance(file, Unreadable):
        return file
    try:
        return twice(partial(_read, file, limits))
    except NotAPhoto as error:
        return Unreadable(file.id, file.name, file.path, str(error), file.size, lasting=True)
    except FileNotFoundError:
        return Unreadable(
            file.id, file.name, file.path, kept("was deleted after the folder was listed"), 0, copyable=False
        )
    except PermissionError:
        return Unreadable(file.id, file.name, file.path, kept("may not be read: permission denied"), 0, copyable=False)
    except OSError as error:
        reason = kept("could not be read: {error}", error=in_words(error, file.path))
        return Unreadable(file.id, file.name, file.path, reason, file.size)


def _read(file: Found, limits: Limits) -> Picture:
    with opened(file.path, limits.max_file) as (content, size):
        return picture_of(file, decode_opened(content, size, WORKING, limits), read_metadata(content))


def picture_of(file: Found, decoded: Decoded, metadata: Metadata) -> Picture:
    """A decoded picture with what is measured in it."""
    pixels = np.asarray(decoded.picture)
    measures = measure(pixels)
    grey = decoded.picture.convert("L")
    photo = Photo(
        id=file.id,
        name=file.name,
        path=file.path,
        digest=decoded.digest,
        size=decoded.size,
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        fingerprint=fingerprint(grey),
        measures=measures,
        comparable=min(decoded.width, decoded.height) >= SMALLEST and _spread(grey) > EMPTIEST,
        note=decoded.note,
        quality=decoded.quality,
        content=decoded.content,
        holds=decoded.holds,
        traces=decoded.traces,
        **vars(metadata),
    )
    if file.original:
        photo = _as_original(photo, file.original)
    view = decoded.picture.resize((VIEW, VIEW), Image.Resampling.BICUBIC)
    return Picture(photo, np.asarray(view), jpeg(decoded.picture))


def _as_original(photo: Photo, original: Original) -> Photo:
    """What is known of the original in place of what its preview tells of itself.

    Content, compression, extras and traces are the preview's own: they say nothing of the original, so there are none.
    """
    width, height = original.width or photo.width, original.height or photo.height
    if (width > height) != (photo.width > photo.height):  # as it lies in the file, not as it is shown
        width, height = height, width
    return replace(
        photo,
        digest=original.sha1,
        size=original.size,
        width=width,
        height=height,
        format=original.format,
        taken=original.taken,
        taken_by_camera=True,
        camera=original.camera,
        place=original.place,
        rating=original.rating,
        content="",
        quality=None,
        holds=(),
        told=(),
        traces=(),
    )


def _spread(grey: Image.Image) -> float:
    """Standard deviation of the brightness, 0 to 0.5."""
    return float(ImageStat.Stat(grey).stddev[0]) / 255


def jpeg(picture: Image.Image) -> bytes:
    """The picture as a thumbnail is stored."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85, comment=b"")  # otherwise Pillow copies the original's comment
    return buffer.getvalue()
