"""What an earlier run left in a folder: its groups, their photos and best shots, and what it did not finish."""

import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from unipic.albums.groups import GROUP
from unipic.albums.plan import SINGLES
from unipic.core.errors import AlreadyThere
from unipic.core.files import read_json, sweep_parts
from unipic.core.language import gettext as _
from unipic.destinations._texts import GROUP_JSON, METADATA
from unipic.destinations.base import MANIFEST

PART = ".part"  # how the folder of a group ends that is not whole
NUMBERED = re.compile(rf"{GROUP}(\d{{4,}})({re.escape(PART)})?")
OURS = re.compile(rf"originals|best_.*|hdr_.*|composite_.*|{METADATA}.*|{GROUP_JSON}.*", re.DOTALL)


def known_groups(folder: Path) -> dict[int, frozenset[str]]:
    """The digests of the photos in each group folder, by its number; none for folders that are not ours."""
    there = (NUMBERED.fullmatch(path.name) for path in folder.glob(f"{GROUP}*"))
    found = {int(match[1]): frozenset[str]() for match in there if match and not match[2]}
    said = ((number, frozenset(str(photo["sha256"]) for photo in photos)) for number, photos in _photos(folder))
    return found | dict(said)


def homes_in(folder: Path) -> dict[str, list[tuple[int, str]]]:
    """By digest of a photo, in which groups it lies and under which names; only those that are still there."""
    homes: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, photos in _photos(folder):
        for photo in photos:
            name = str(photo["files"][0]["file"])
            if os.path.lexists(folder / f"{GROUP}{number:04}" / name):
                homes[str(photo["sha256"])].append((number, name))
    return homes


def photos_beside(group: Path, names: Set[str]) -> list[dict[str, Any]]:
    """What the group's file says of photos that lie in it besides those of these names."""
    photos = _said(group)
    return [one for one in photos if (file := one["files"][0]["file"]) not in names and os.path.lexists(group / file)]


def best_in(group: Path) -> list[str]:
    """Names of the best shots in a finished group, as its own file says."""
    return _of_group(group, lambda said: [name for name in said["best"] if os.path.lexists(group / name)])


def made_in(group: Path) -> list[Mapping[str, Any]]:
    """The pictures that were made of a group, as its own file says; only those that are still there."""
    return _of_group(group, lambda said: [dict(one) for one in said["made"] if os.path.lexists(group / one["file"])])


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """The manifest of an earlier result; None if there is none."""
    try:
        said = read_json(folder / MANIFEST)
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None


def alone_in(folder: Path) -> dict[str, str]:
    """By digest, the files that an earlier run put into `singles`, with their names."""
    kept = (manifest_of(folder) or {}).get("kept", ())
    return {one["sha256"]: one["file"] for one in kept if str(one.get("file", "")).startswith(f"{SINGLES}/")}


def places_in(folder: Path) -> dict[str, str]:
    """By digest, the names of the photos that an earlier run wrote and that are still there."""
    kept = (manifest_of(folder) or {}).get("kept", ())
    return {one["sha256"]: one["file"] for one in kept if "file" in one and os.path.lexists(folder / one["file"])}


def folders_in(folder: Path) -> set[str]:
    """Names of the folders at the top."""
    return {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()


def sweep(folder: Path) -> None:
    """Remove what a killed run left half done: its part files, and the one group that was not whole."""
    sweep_parts(folder, "**/*")
    for path in folder.glob(f"{GROUP}*{PART}"):
        if not NUMBERED.fullmatch(path.name) or path.is_symlink():
            continue
        if strange := [one.name for one in path.iterdir() if not OURS.fullmatch(one.name)]:
            raise AlreadyThere(
                _(
                    "{path} holds {strange}, which Unipic did not write. Move it, and run again.",
                    path=path,
                    strange=strange[0],
                )
            )
        shutil.rmtree(path)


def _photos(folder: Path) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    for path in sorted(folder.glob(f"{GROUP}*/{GROUP_JSON}")):
        number = NUMBERED.fullmatch(path.parent.name)
        if number and not number[2]:
            yield int(number[1]), _said(path.parent)


def _said(group: Path) -> list[dict[str, Any]]:
    """What the group's file says of each photo in it."""

    def photos(said: dict[str, Any]) -> list[dict[str, Any]]:
        return [one for one in (*said["photos"], *said["earlier"]) if one["sha256"] and one["files"][0]["file"]]

    return _of_group(group, photos)


def _of_group(group: Path, part: Callable[[dict[str, Any]], list[Any]]) -> list[Any]:
    """A part of what the group's file says; nothing if it is not ours."""
    try:
        return part(json.loads((group / GROUP_JSON).read_text(encoding="ascii")))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return []
