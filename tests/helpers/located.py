"""Which files still say where they were taken, as exiftool and the reader of JSON see it."""

from collections.abc import Sequence
from pathlib import Path

from unipic.core.errors import LocationLeft
from unipic.reading import location


def located(stripper: location.Stripper, paths: Sequence[Path]) -> dict[Path, bool]:
    """Whether each file says it; True for a file that cannot be read."""
    return {path: _located(stripper, path) for path in paths}


def _located(stripper: location.Stripper, path: Path) -> bool:
    if path.suffix.lower() == ".json":
        about = location._read_json(path)
        return about is None or location._places_in(about)
    try:
        return bool(stripper._tags(path))
    except LocationLeft:
        return True
