"""What people wrote into a photo: captions, keywords, names, notes and rights, from EXIF, IPTC, XMP and comments.

Cameras and programs fill the same fields with names of their own, which nobody would miss.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from PIL.ExifTags import Base

from unipic.core.language import kept
from unipic.core.photo import Extra

VERSION = 2  # raised when other words are read

SAID = {
    "caption": kept('the caption "{text}"'),
    "keywords": kept('the keywords "{text}"'),
    "people": kept('the people\'s names "{text}"'),
    "note": kept('the note "{text}"'),
    "location": kept('the location "{text}"'),
    "label": kept('the label "{text}"'),
    "creator": kept('the creator "{text}"'),
    "copyright": kept('the copyright "{text}"'),
}
KINDS = tuple(SAID)
MOST_LINES, LONGEST, SHOWN = 200, 500, 60  # lines of a kind; characters of a line that are kept, and that are shown
TITLE, COMMENT, AUTHOR, KEYWORDS, SUBJECT = 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F  # of Windows, UTF-16
EXIF = {
    Base.ImageDescription: "caption",
    Base.Artist: "creator",
    Base.Copyright: "copyright",
    TITLE: "caption",
    SUBJECT: "caption",
    COMMENT: "note",
    AUTHOR: "creator",
    KEYWORDS: "keywords",
}
IPTC = {
    **dict.fromkeys((5, 105, 120), "caption"),
    **dict.fromkeys((80, 110), "creator"),
    **dict.fromkeys((90, 92, 95, 101), "location"),
    **{25: "keywords", 116: "copyright"},
}
IPTC_RESOURCE, IPTC_TAG = 1028, 33723  # of Photoshop's image resources, and of TIFF
# Texts of a PNG that programs write for themselves; all others are notes, but for these few with a meaning.
TEXTS = {"Title": "caption", "Description": "caption", "Author": "creator", "Copyright": "copyright"}
OF_PROGRAMS = re.compile(r"(?i)software|date|time|xmp|raw profile|thumb|xml|exif|icc|signature|png:|producer")
BY_MACHINES = re.compile(
    r"(?i)^(screenshot|default|unknown|untitled|ascii|samsung|applemark|exif_jpeg_picture|dcf ?1.0|picasa [\d.]+"
    r"|(olympus|kodak|konica minolta|minolta|sony|hp|ricoh|casio)? ?(digital( still)? camera|dsc)"
    r"|(creat|optimi[sz]|process|edit|compress|encod)ed (with|using) .*|creator: .*|lavc[\d.]+|file written by adobe.*"
    r"|created by (imagegear|acdsee|gimp|lead|jpegmini|openjpeg).*|kakadu.*|lead technologies.*"
    r"|intel\(r\) jpeg library.*|[\W_]*)$"
)
CHARSETS = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "shift_jis", bytes(8): "utf-8"}


def words_in(tags: Mapping[int, Any], info: Mapping[Any, Any], written: Iterable[tuple[str, str]]) -> tuple[Extra, ...]:
    """What people wrote, one extra a kind: by EXIF's tags, by Pillow's `info` of the image, and by XMP."""
    found: dict[str, dict[str, None]] = {}
    for kind, text in (*_of_exif(tags), *_of_iptc(tags, info), *_of_comments(info), *written):
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        if line and not BY_MACHINES.match(line[:LONGEST]) and len(found.setdefault(kind, {})) < MOST_LINES:
            found[kind][_short(line)] = None
    return tuple(
        Extra(kind, said(kind, list(found[kind])), "\n".join(found[kind])) for kind in KINDS if found.get(kind)
    )


def said(kind: str, lines: list[str]) -> str:
    """Lines of one kind for people: the caption "Grandma at the lake"."""
    text = ", ".join(lines)
    text = text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
    return SAID[kind].format(text=text)


def _short(line: str) -> str:
    """The line; a longer one is known by its digest."""
    return (
        line
        if len(line) <= LONGEST
        else f"{line[:SHOWN]} {hashlib.sha256(line.encode('utf-8', 'replace')).hexdigest()}"
    )


def _of_exif(tags: Mapping[int, Any]) -> Iterator[tuple[str, str]]:
    for tag, kind in EXIF.items():
        value = tags.get(tag)
        if isinstance(value, tuple):
            value = bytes(part for part in value if isinstance(part, int) and 0 <= part < 256)
        if isinstance(value, bytes):
            value = value.decode("utf-16-le" if tag >= TITLE else "utf-8", "replace").split("\0\0")[0]
        if isinstance(value, str):
            yield from ((kind, part) for part in (value.split(";") if tag == KEYWORDS else [value.rstrip("\0")]))
    comment = tags.get(Base.UserComment)
    if isinstance(comment, bytes) and comment[:8] in CHARSETS:
        text = comment[8:].decode(CHARSETS[comment[:8]], "replace").strip("\0 ")
        if text.isprintable():
            yield "note", text


def _of_iptc(tags: Mapping[int, Any], info: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    yield from ((IPTC[number], text) for number, text in iptc(tags, info) if number in IPTC)


def iptc(tags: Mapping[int, Any], info: Mapping[Any, Any]) -> Iterator[tuple[int, str]]:
    """IIM datasets of record 2, as Photoshop keeps them in a JPEG, or a TIFF in a tag."""
    resources = info.get("photoshop")
    data = resources.get(IPTC_RESOURCE) if isinstance(resources, dict) else tags.get(IPTC_TAG)
    at = 0
    while isinstance(data, bytes) and at + 5 <= len(data) and data[at] == 0x1C:
        length = int.from_bytes(data[at + 3 : at + 5])
        if data[at + 1] == 2 and length < 0x8000:
            raw = data[at + 5 : at + 5 + length]
            try:
                yield data[at + 2], raw.decode("utf-8")
            except UnicodeDecodeError:
                yield data[at + 2], raw.decode("latin-1")
        at += 5 + length


def _of_comments(info: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """Comments of JPEG and GIF, and the texts of a PNG."""
    comment = info.get("comment")
    if isinstance(comment, bytes):
        yield "note", comment.decode("utf-8", "replace")
    for name, text in info.items():
        if isinstance(name, str) and isinstance(text, str) and not OF_PROGRAMS.search(name):
            yield TEXTS.get(name, "note"), text if name in TEXTS or name == "Comment" else f"{name}: {text}"
