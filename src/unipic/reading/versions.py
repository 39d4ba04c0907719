"""What a photo's facts were made by: the VERSION of each module that extracts some.

A fact is remembered with the versions behind its kind. It is made again once one of them was raised, and no other fact
is. The versions of decoding libraries are not part of it: their releases seldom change a picture by more than
rounding, which is far below every threshold, and reading 100,000 photos again for each of them would take hours.
tests/helpers/pins.py pins the libraries of the lock file: whoever updates one is asked to raise VERSION where pictures
differ.
"""

from __future__ import annotations

from types import ModuleType

from unipic.core.settings import Settings
from unipic.reading import _compression, _content, _editors, _exif, _xmp, apple, fingerprint, images

# By them a photo is one or is refused; how long it may take is no matter of the photo.
LIMITS = ("max_pixels", "max_decoded", "max_file", "max_scans", "worker_memory")


def pixels(settings: Settings) -> str:
    """Of all that is decoded: size, measures, fingerprint, content, thumbnail and view."""
    from unipic.reading import _measures  # here, for the web's first screen waits for no OpenCV

    limits = (str(getattr(settings, name)) for name in LIMITS)
    return " ".join([_of(images, fingerprint, _measures, _content, _compression), *limits])


def picture() -> str:
    """Of thumbnails and views, and so of all that is made of them: vectors, comparisons and scores."""
    return _of(images)


def compared() -> str:
    """Of what two photos are compared by."""
    return _of(images, fingerprint, _compression)


def metadata() -> str:
    """Of what the file says about its photo."""
    return _of(_exif, _xmp, _editors, apple)


def films() -> str:
    """Of what a film says about itself."""
    return _of(apple)


def _of(*modules: ModuleType) -> str:
    return ".".join(str(module.VERSION) for module in modules)
