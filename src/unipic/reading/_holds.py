"""What a file holds besides the picture that is shown, found in the one pass that reads it.

A file is a copy of another only if that one holds all of it too, so what cannot be named is kept as "something": a
broken or unknown structure counts as one more thing the file holds, and never costs the photo.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO

from PIL import Image

from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.reading._behind import Data, bytes_of, digest
from unipic.reading._boxes import of_heif
from unipic.reading._frames import of_bmp, of_gif, of_png, of_webp
from unipic.reading._icons import of_icon
from unipic.reading._jp2 import of_jp2
from unipic.reading._jxl import of_jxl
from unipic.reading._pages import of_tiff
from unipic.reading._range import of_range
from unipic.reading._segments import of_jpeg

VERSION = 2  # raised when something else is found in a file

MOST = 200  # extras of one file; more are one
IN: Mapping[str, Callable[[Data], Iterator[Extra]]] = {
    "JPEG": of_jpeg,
    "PNG": of_png,
    "HEIF": of_heif,
    "AVIF": of_heif,
    "WEBP": of_webp,
    "TIFF": of_tiff,
    "GIF": of_gif,
    "BMP": of_bmp,
    "JXL": of_jxl,
    "JPEG2000": of_jp2,
    "ICO": of_icon,
    "ICNS": of_icon,
}
# Of the picture itself, so that a content hash of its pixels and colours covers them.
OF_THE_PICTURE = ("bits", "colours", "profile", "inks", "brightness", "transparency", "hidden")


def extras(file: BinaryIO, loaded: Image.Image | None, toned: Image.Image | None, kind: str) -> tuple[Extra, ...]:
    """Everything a file of this format holds besides its first picture, which is `loaded`. Raises MemoryError only.

    `toned`: the same picture without palettes. None for both: the range of its colours is known otherwise.
    """
    data = bytes_of(file)
    found = _tried(IN[kind], data)
    if loaded is not None and toned is not None:
        found += _tried(lambda _: of_range(loaded, toned, kind, data), data)
    return joined(found)


def values(found: tuple[Extra, ...]) -> list[str]:
    """What a content hash of the pixels does not cover yet."""
    return sorted(f"{extra.kind} {extra.value}" for extra in found if extra.kind not in OF_THE_PICTURE)


def _tried(find: Callable[[Data], Iterator[Extra]], data: Data) -> list[Extra]:
    """What is found; on damage also the whole file, as something nobody can name."""
    found: list[Extra] = []
    try:
        for extra in find(data):
            found.append(extra)
            if len(found) > MOST:
                raise ValueError("too many extras")
    except MemoryError:
        raise
    except Exception:  # whatever a broken structure leads to
        return [*found[:MOST], Extra("data", kept("something that could not be read"), digest(memoryview(data)))]
    return found


def joined(found: Sequence[Extra]) -> tuple[Extra, ...]:
    """One extra of a kind, in the order of the file; several are its lines."""
    by_kind: dict[str, list[Extra]] = {}
    for extra in found:
        by_kind.setdefault(extra.kind, []).append(extra)
    return tuple(
        Extra(kind, _listed([one.words for one in same]), "\n".join(dict.fromkeys(one.value for one in same)))
        for kind, same in by_kind.items()
    )


def _listed(words: list[str]) -> str:
    """Words of one kind, each once: "another picture (3)"."""
    return ", ".join(f"{one} ({number})" if (number := words.count(one)) > 1 else one for one in dict.fromkeys(words))
