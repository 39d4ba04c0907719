"""The version keys of stored results: the VERSION of each module that extracts them.

A stored result carries the versions behind its kind, and is made again only when one of them is raised. Versions of
decoding libraries are left out: a release seldom changes a picture by more than rounding, far below every threshold,
while reading 100,000 photos again takes hours. tests/helpers/pins.py pins the libraries of the lock file: whoever
updates one is asked to raise VERSION if pictures differ.
"""

from types import ModuleType

from unipic.core.settings import Limits
from unipic.reading import (
    _compression,
    _content,
    _editors,
    _exif,
    _holds,
    _origin,
    _words,
    _xmp,
    apple,
    fingerprint,
    images,
)

# The limits that decide whether a file is refused. The time limit depends on the machine, not on the photo.
LIMITS = ("max_pixels", "max_decoded", "max_file", "max_scans", "worker_memory")


def pixels(limits: Limits) -> str:
    """The key of everything decoded: size, measures, fingerprint, content, what a file holds, traces, pictures."""
    from unipic.reading import _measures  # here: the web's first screen should not wait for OpenCV

    these = (str(getattr(limits, name)) for name in LIMITS)
    return " ".join([_of(images, fingerprint, _measures, _content, _compression, _holds, _origin), *these])


def picture() -> str:
    """The key of thumbnails and views, and so of vectors, comparisons and scores made from them."""
    return _of(images)


def compared() -> str:
    """The key of what two photos are compared by."""
    return _of(images, fingerprint, _compression)


def metadata() -> str:
    """The key of a file's metadata."""
    return _of(_exif, _xmp, _editors, _words, apple)


def films() -> str:
    """The key of what is read from films."""
    return _of(apple)


def _of(*modules: ModuleType) -> str:
    return ".".join(str(module.VERSION) for module in modules)
