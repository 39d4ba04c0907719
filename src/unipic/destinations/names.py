"""Names for exported files: the original ones where any system can hold them, and never two alike."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from unipic.core.files import PART

# What Windows, macOS or a ZIP tool cannot have in a name; "/" separates folders and is cut before.
FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
LONGEST = 200  # bytes of one part; most systems allow 255, and the ending of a part file must fit
SUFFIX = 20  # bytes; a longer one is no file type


def export_names(assets: Iterable[Sequence[str]], reserved: Sequence[str] = ()) -> list[list[str]]:
    """A name for each file of each asset: safe, relative, different under case folding and Unicode composition.

    The files of an asset, the photo first, get one number together, so that their names still say what belongs to what.
    """
    taken = {_key(name) for name in reserved}
    safe = [[_not_under(taken, safe_name(name)) for name in names] for names in assets]
    taken |= {_key(str(parent)) for names in safe for name in names for parent in PurePosixPath(name).parents}
    numbers: defaultdict[str, int] = defaultdict(lambda: 2)
    free = []
    for names in safe:
        key, candidates = _key(names[0]), _different(names)
        while taken & {_key(name) for name in candidates}:
            candidates = _different([_numbered(name, numbers[key], names[0]) for name in names])
            numbers[key] += 1
        taken |= {_key(name) for name in candidates}
        free.append(candidates)
    return free


def _different(names: Sequence[str]) -> list[str]:
    """The same, but for those of one asset that cleaning made alike."""
    found: dict[str, str] = {}
    for name in names:
        candidate, number = name, 2
        while _key(candidate) in found:
            candidate, number = _numbered(name, number), number + 1
        found[_key(candidate)] = candidate
    return list(found.values())


def safe_name(name: str) -> str:
    """Relative, without what some system forbids; the same name again where nothing was wrong with it."""
    parts = [_safe_part(part) for part in name.split("/") if part not in ("", ".")]
    return "/".join(parts) or "unnamed"


def _not_under(reserved: set[str], name: str) -> str:
    """A folder may not be called like a file of ours either."""
    first, slash, _ = name.partition("/")
    return "_" + name if slash and _key(first) in reserved else name


def _safe_part(part: str) -> str:
    part = FORBIDDEN.sub("_", part).rstrip(". ") or "_"
    if len(part.encode()) > LONGEST:
        stem, suffix = _split(part)
        part = _cut(stem, LONGEST - 1 - len(suffix.encode())) + suffix
    if DEVICES.fullmatch(part):
        part = "_" + part
    if part.casefold().endswith(PART):  # what ends so is taken for a half-written file, and swept away
        part += "_"
    return part


def _numbered(name: str, number: int, photo: str = "") -> str:
    """ "IMG_1 (2).jpg"; what is called after a photo, as IMG_1.jpg.xmp, has the number where it has it."""
    path = PurePosixPath(name)
    stem, suffix = _split(path.name)
    whole = _split(PurePosixPath(photo).name)[0]
    if whole and path.name.casefold().startswith(whole.casefold() + "."):
        after = path.name[len(whole) :]
        if len(after.encode()) <= LONGEST // 2:  # there is room for the number
            stem, suffix = path.name[: len(whole)], after
    ending = f" ({number}){suffix}"
    return str(path.with_name(_cut(stem, LONGEST - len(ending.encode())) + ending))


def _split(part: str) -> tuple[str, str]:
    path = PurePosixPath(part)
    return (path.stem, path.suffix) if len(path.suffix.encode()) <= SUFFIX else (part, "")


def _cut(text: str, size: int) -> str:
    """At most so many bytes, cut at a character's border."""
    return text.encode()[:size].decode(errors="ignore").rstrip(". ")


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
