"""Finish the folder of a group: its texts, the pictures made of it, and its name, which it gets when it is whole."""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from unipic.albums.groups import AlbumGroup
from unipic.albums.made import Made, Make
from unipic.core.files import atomic_file, hash_file, make_folder, sync_folder, write_json
from unipic.core.language import retold
from unipic.core.moving import move
from unipic.core.photo import Photo
from unipic.destinations._earlier import NUMBERED, PART, best_in, made_in, photos_beside
from unipic.destinations._texts import GROUP_JSON, METADATA, GroupText, ReadDetails, Shown, group_json, metadata_txt
from unipic.destinations.base import Written
from unipic.destinations.linking import Linker
from unipic.destinations.names import safe_name


def no_details(photos: Sequence[Photo]) -> Mapping[str, Any]:
    """Default for the reader of EXIF fields: none are told."""
    return {}


def nothing_made(group: AlbumGroup, kinds: frozenset[str]) -> Iterable[Made | str]:
    """Default for the maker of pictures: there are none."""
    return ()


@dataclass
class How:
    """How files are written."""

    linker: Linker = field(default_factory=Linker)
    strip_location: bool = False
    details: ReadDetails = no_details
    make: Make = nothing_made
    stop: Callable[[], bool] = lambda: False  # asked after each group
    facts: Mapping[str, Any] = field(default_factory=dict)  # further ones for the manifest
    locked: bool = False  # whoever calls holds alone() already


class GroupWriter:
    """Finishes groups in the folder of a tree."""

    def __init__(self, folder: Path, notes: list[str]) -> None:
        """`notes`: gets what a person should know."""
        self.folder, self.notes = folder, notes
        self.alone: Mapping[str, str] = {}  # by digest, photos that an earlier run put into `singles`

    def path(self, name: str) -> Path:
        """Where a file is written: in a group that has no name yet, below its part folder."""
        first, _, rest = name.partition("/")
        if NUMBERED.fullmatch(first) and not (self.folder / first).exists():
            return self.folder / f"{first}{PART}" / rest
        return self.folder / name

    def finish(self, group: AlbumGroup, best: Mapping[str, str], written: Sequence[Written], how: How) -> None:
        """Write the texts of a group whose files are written, and the pictures made of it, and give it its name.

        `best`: the name of the best shot in its group's folder, and that of its file, of any groups.
        """
        text, name = self._text(group, best, written, how), group.folder
        if not text.shown:
            return
        part = self.path(f"{name}/{METADATA}").parent
        text = replace(text, made=self._made(group, part, how))
        for file, content in ((METADATA, metadata_txt(text)), (GROUP_JSON, group_json(text))):
            if not (part / file).exists() or (part / file).read_bytes() != content:
                make_folder(part)
                with atomic_file(part / file) as opened:
                    opened.write(content)
        if part.name.endswith(PART):
            move(str(part), str(self.folder / name))
            sync_folder(self.folder)
        self._tidy(text)

    def _text(self, group: AlbumGroup, best_of: Mapping[str, str], written: Sequence[Written], how: How) -> GroupText:
        name = group.folder
        files: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        photos = dict[str, Photo]()
        for entry in written:
            photo = entry.item.outcome.file
            extra = entry.item.name in best_of and best_of[entry.item.name] != entry.item.name
            if isinstance(photo, Photo) and entry.digest and not extra:
                photos[photo.id] = photo
                files[photo.id].append((entry.item.name.removeprefix(f"{name}/"), entry.digest))
        wanted = {of.removeprefix(f"{name}/"): best.removeprefix(f"{name}/") for best, of in best_of.items()}
        here = {best for of, best in wanted.items() if any(of == names[0][0] for names in files.values())}
        there = best_in(self.folder / name)
        best = sorted(there or here)
        suggested = sorted(here - set(best))
        shown = [Shown(photo, tuple(files[id])) for id, photo in photos.items()]
        details = how.details([one.photo for one in shown])
        gone = photos_beside(self.folder / name, {files[0][0] for files in files.values()})
        return GroupText(group, shown, best, details, suggested, earlier=gone, place=not how.strip_location)

    def _made(self, group: AlbumGroup, part: Path, how: How) -> list[Mapping[str, Any]]:
        """Write the pictures made of a group; those of an earlier run stay."""
        found = made_in(part)
        for one in how.make(group, frozenset(one.get("kind", "") for one in found)):
            if isinstance(one, str):
                self.notes.append(one)
                continue
            name = safe_name(one.name)
            with atomic_file(part / name, replace=False) as opened:
                opened.write(one.data)
            self.notes += [f"{name}: {retold(one.facts['note'])}"] if one.facts.get("note") else []
            found.append({"file": name, "sha256": hashlib.sha256(one.data).hexdigest(), **one.facts})
        return found

    def _tidy(self, text: GroupText) -> None:
        """A photo that was alone in an earlier run and is in a group by now leaves `singles`."""
        for digest in {digest for one in text.shown for _, digest in one.files} & self.alone.keys():
            path = self.folder / self.alone[digest]
            if path.is_file() and hash_file(os.path.realpath(path)) == digest:
                path.unlink()


def accepted(folder: Path, group: str, made: Made) -> Path:
    """Write a picture that a person accepted into the folder of a finished group, and say so in its group.json."""
    path = folder / group / safe_name(made.name)
    said = json.loads((folder / group / GROUP_JSON).read_text(encoding="ascii"))
    with atomic_file(path, replace=False) as file:
        file.write(made.data)
    said["made"].append({"file": path.name, "sha256": hashlib.sha256(made.data).hexdigest(), **made.facts})
    write_json(folder / group / GROUP_JSON, said)
    return path
