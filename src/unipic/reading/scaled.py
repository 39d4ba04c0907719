"""Originals scaled down, for models that thumbnails are too small for. In reading's workers, as all decoding."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from PIL import Image

from unipic.core.files import hash_file
from unipic.core.photo import same_content
from unipic.core.settings import Limits
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.images import NotAPhoto, decode

QUALITY = 90  # of JPEG: letters of 10 pixels are as legible as before


@dataclass(frozen=True)
class Original:
    """A photo by its content, and the files that had it when they were read."""

    digest: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Scaled:
    """What became of an original. With neither, no file of it is there now, or all of them have changed."""

    digest: str
    jpeg: bytes = b""
    reason: str = ""  # why it cannot be decoded


def scaled(originals: Iterable[Original], side: int, engine: Engine, limits: Limits) -> Iterator[Scaled]:
    """Each original, upright, its long side at most `side` pixels, as a JPEG."""
    for original, outcome in engine.map(partial(scale, side=side, limits=limits), originals):
        yield Scaled(original.digest, reason=outcome.reason) if isinstance(outcome, Failure) else outcome


def scale(original: Original, side: int, limits: Limits) -> Scaled:
    """One original scaled, in any process."""
    found = opened(original, side, limits)
    return Scaled(original.digest, reason=found) if isinstance(found, str) else Scaled(original.digest, jpeg(found))


def opened(original: Original, side: int, limits: Limits) -> Image.Image | str:
    """The original, upright, its long side at most `side` pixels; or why it cannot be decoded, "" if it is away."""
    for path in original.paths:
        try:
            found = _opened(path, original.digest, side, limits)
        except OSError:
            continue  # on a drive that is away
        if found:
            return found
    return ""


def jpeg(picture: Image.Image) -> bytes:
    """The picture alone."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY, comment=b"")  # otherwise Pillow copies the original's comment
    return buffer.getvalue()


def _opened(path: str, digest: str, side: int, limits: Limits) -> Image.Image | str:
    try:
        decoded = decode(path, side, limits, facts=False)
    except NotAPhoto as error:
        return str(error) if same_content(digest, hash_file(path)) else ""
    return decoded.picture if same_content(digest, decoded.digest) else ""
