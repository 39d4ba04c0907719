"""Names for exported files: the original ones where any system can hold them, and never two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

# What Windows, macOS or a ZIP tool cannot have in a name; "/" separates folders and is cut before.
FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
LONGEST = 200  # bytes of one part; most systems allow 255, and a number may have to fit


def export_names(names: Sequence[str], reserved: Sequence[str] = ()) -> list[str]:
    """One name for each, in order: safe, relative, different under case folding and Unicode composition."""
    safe = [safe_name(name) for name in names]
    folders = {_key(str(parent)) for name in safe for parent in PurePosixPath(name).parents}
    taken = folders | {_key(name) for name in reserved}
    free = []
    for name in safe:
        path, number = PurePosixPath(name), 2
        while _key(name) in taken:
            name = str(path.with_name(_shorten(path.stem, f" ({number}){path.suffix}")))
            number += 1
        taken.add(_key(name))
        free.append(name)
    return free


def safe_name(name: str) -> str:
    """Relative, without what some system forbids; the same name again where nothing was wrong with it."""
    parts = [_safe_part(part) for part in name.split("/") if part not in ("", ".")]
    return "/".join(parts) or "unnamed"


def _safe_part(part: str) -> str:
    part = FORBIDDEN.sub("_", part).rstrip(". ") or "_"
    if DEVICES.fullmatch(part):
        part = "_" + part
    path = PurePosixPath(part)
    return _shorten(path.stem, path.suffix) if len(part.encode()) > LONGEST else part


def _shorten(stem: str, ending: str) -> str:
    """Cut the stem so that both fit, at a character's border."""
    ending = ending.encode()[-LONGEST // 2 :].decode(errors="ignore")
    return stem.encode()[: LONGEST - len(ending.encode())].decode(errors="ignore") + ending


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
