"""Names for exported files: the original name if every system allows it, and never two alike."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from unipic.core.files import PART

# Characters that Windows, macOS or ZIP tools forbid; "/" separates folders and was split before.
FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
LONGEST = 200  # bytes of one part; most systems allow 255, and the suffix of a part file must fit
SUFFIX = 20  # bytes; a longer one is no file type


def export_names(assets: Iterable[Sequence[str]], reserved: Sequence[str] = ()) -> list[list[str]]:
    """A name for each file of each asset: safe, relative, distinct under case folding and Unicode composition.

    The files of an asset, photo first, get the same number, so their names still show that they belong together.
    """
    taken = {name_key(name) for name in reserved}
    safe = [[_not_under(taken, safe_name(name)) for name in names] for names in assets]
    taken |= {name_key(str(parent)) for names in safe for name in names for parent in PurePosixPath(name).parents}
    numbers: defaultdict[str, int] = defaultdict(lambda: 2)
    free = []
    for names in safe:
        key, candidates = name_key(names[0]), different(names)
        while taken & {name_key(name) for name in candidates}:
            candidates = different([numbered(name, numbers[key], names[0]) for name in names])
            numbers[key] += 1
        taken |= {name_key(name) for name in candidates}
        free.append(candidates)
    return free


def different(names: Sequence[str]) -> list[str]:
    """The names of one asset, numbered where cleaning made two alike."""
    found: dict[str, str] = {}
    for name in names:
        candidate, number = name, 2
        while name_key(candidate) in found:
            candidate, number = numbered(name, number), number + 1
        found[name_key(candidate)] = candidate
    return list(found.values())


def safe_name(name: str) -> str:
    """A relative name that every system allows; unchanged if the name already is one."""
    parts = [_safe_part(part) for part in name.split("/") if part not in ("", ".")]
    return "/".join(parts) or "unnamed"


def _not_under(reserved: set[str], name: str) -> str:
    """A name whose first folder is not a reserved name."""
    first, slash, _ = name.partition("/")
    return "_" + name if slash and name_key(first) in reserved else name


def _safe_part(part: str) -> str:
    part = FORBIDDEN.sub("_", part).rstrip(". ") or "_"
    if len(part.encode()) > LONGEST:
        stem, suffix = _split(part)
        part = _cut(stem, LONGEST - 1 - len(suffix.encode())) + suffix
    if DEVICES.fullmatch(part):
        part = "_" + part
    if part.casefold().endswith(PART):  # it would be taken for a half-written file, and deleted
        part += "_"
    return part


def numbered(name: str, number: int, photo: str = "") -> str:
    """ "IMG_1 (2).jpg"; a name derived from the photo's, as IMG_1.jpg.xmp, gets the number at the same place."""
    path = PurePosixPath(name)
    stem, suffix = _split(path.name)
    whole = _split(PurePosixPath(photo).name)[0]
    if whole and path.name.casefold().startswith(whole.casefold() + "."):
        after = path.name[len(whole) :]
        if len(after.encode()) <= LONGEST // 2:  # the number fits
            stem, suffix = path.name[: len(whole)], after
    ending = f" ({number}){suffix}"
    return str(path.with_name(_cut(stem, LONGEST - len(ending.encode())) + ending))


def _split(part: str) -> tuple[str, str]:
    path = PurePosixPath(part)
    return (path.stem, path.suffix) if len(path.suffix.encode()) <= SUFFIX else (part, "")


def _cut(text: str, size: int) -> str:
    """At most `size` bytes, cut between characters."""
    return text.encode()[:size].decode(errors="ignore").rstrip(". ")


def name_key(name: str) -> str:
    """Equal for names that some file system takes for one: without case, and composed (NFC)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
