"""What a photo's file says of itself, field by field and in words: for people, never for decisions."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from PIL import ExifTags, Image
from PIL.ExifTags import IFD, Base

from unipic.core.files import open_to_read
from unipic.core.photo import Photo
from unipic.core.words import printable
from unipic.reading._raw import NoPreview, preview_in
from unipic.reading.engines.base import Engine
from unipic.reading.images import NotAPhoto, damage_in_words, identify

LONGEST = 200  # characters of a value; longer ones are binary data of programs
PLACE = "GPS"  # how names of fields of the location begin
NOT_WORDS = {Base.MakerNote, Base.ExifOffset, Base.GPSInfo, Base.XPKeywords, Base.PrintImageMatching, 700, 34377, 33723}


@dataclass(frozen=True)
class Details:
    """The colour mode as Pillow names it ("RGB", "I;16"), and every field of EXIF as text."""

    mode: str = ""
    exif: Mapping[str, str] = field(default_factory=dict)


def read_details(path: str) -> Details:
    """The details of a file; empty where it cannot be read. Runs in any process, and decodes no picture."""
    with suppress(OSError, NotAPhoto, NoPreview, MemoryError), damage_in_words(), open_to_read(path) as file:
        image, _ = identify(file)
        if image is None:
            exif = Image.Exif()
            file.seek(0)
            exif.load_from_fp(file)
            if not len(exif) and (preview := identify(io.BytesIO(preview_in(file).jpeg))[0]):
                exif = preview.getexif()
            return Details("raw", dict(_fields(exif)))
        return Details(image.mode, dict(_fields(image.getexif())))
    return Details()


def details_of(engine: Engine, photos: Sequence[Photo]) -> dict[str, Details]:
    """Details by photo id, read by workers; a photo that breaks its reader has none."""
    ids = {photo.path: photo.id for photo in photos}
    return {ids[path]: said for path, said in engine.map(read_details, list(ids)) if isinstance(said, Details)}


def read_exif_to_keep(path: str) -> Image.Exif:
    """A photo's EXIF to write into a picture made of it; empty where it cannot be read. Runs in a worker."""
    with suppress(OSError, NotAPhoto, MemoryError), damage_in_words(), open_to_read(path) as file:
        image, _ = identify(file)
        if image is not None:
            exif = image.getexif()
            for directory in (IFD.Exif, IFD.GPSInfo):
                exif.get_ifd(directory)  # read while the file is open
            return exif
    return Image.Exif()


def _fields(exif: Image.Exif) -> Iterator[tuple[str, str]]:
    """Of the main directory, and of those for the exposure and for the place."""
    parts: list[tuple[Mapping[Any, Any], type[IntEnum], str]] = [(exif, Base, "")]
    below: tuple[tuple[int, type[IntEnum], str], ...] = ((IFD.Exif, Base, ""), (IFD.GPSInfo, ExifTags.GPS, PLACE))
    for directory, names, prefix in below:
        with suppress(NotAPhoto), damage_in_words():  # a broken directory costs its own fields alone
            parts.append((exif.get_ifd(directory), names, prefix))
    for values, names, prefix in parts:
        for tag, value in values.items():
            known = tag in names._value2member_map_ and tag not in NOT_WORDS
            text = _text(names(tag).name, value) if known else ""
            if text:
                yield _named(names(tag).name, prefix), text


def _named(name: str, prefix: str) -> str:
    return name if name.startswith(prefix) else prefix + name


def _text(name: str, value: Any) -> str:
    """A value in words, "" for none. Exposures shorter than a second are fractions, as cameras write them."""
    with suppress(TypeError, ValueError, ArithmeticError):
        if name == "ExposureTime" and 0 < float(value) < 1:
            return f"1/{1 / float(value):.0f}"
        if isinstance(value, bytes):
            value = value.removeprefix(b"ASCII\0\0\0").rstrip(b"\0").decode("ascii")
        elif isinstance(value, tuple):
            value = ", ".join(f"{float(part):g}" for part in value)
        elif not isinstance(value, str | int):
            value = f"{float(value):g}"
        text = printable(str(value).strip("\0 "))
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return ""
