"""Where each file of a gallery goes in a tree of folders: by groups, dates or events. Nothing is written here."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Literal, get_args

from unipic.albums.groups import AlbumGroup
from unipic.core.archives import status
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, kept
from unipic.core.photo import Photo, Unreadable, in_utc, local_time
from unipic.core.words import count

TreeKind = Literal["groups", "dates", "events"]
TREES: tuple[TreeKind, ...] = get_args(TreeKind)
DATES = "{year}/{month}/{day}"
WORDS = frozenset({"year", "month", "day", "hour", "minute", "second", "camera", "event", "group", "name", "ext", "n"})
SINGLES, UNREADABLE, UNDATED = "singles", "unreadable", "undated"
FILM = "is a video"  # how the reason begins of a film that stands alone; see reading/images.py
UNKNOWN = "unknown"  # in place of a word of a pattern that a photo does not have

Asset = Photo | Unreadable
Event = tuple[str, Sequence[Photo]]  # its title, and its photos
Clock = Callable[[Asset], datetime | None]  # the time of a file that has no capture time; None: it stays undated


@dataclass(frozen=True)
class Wish:
    """What a person asked of the tree. SettingsError for a pattern that cannot be used."""

    tree: TreeKind = "groups"
    pattern: str = DATES  # of the folders of `dates`
    rename: str = ""  # of files, without the ending; "": names stay
    singles: bool = True
    best_only: bool = False
    only_copies: bool = False  # groups are of copies alone

    def __post_init__(self) -> None:
        if self.tree not in TREES:
            raise SettingsError(_("--tree is one of {known}, not {tree!r}", known=", ".join(TREES), tree=self.tree))
        named = words_of(self.pattern) | words_of(self.rename)
        if unknown := named - WORDS:
            raise SettingsError(
                _(
                    "a pattern cannot have {word}; it can have {known}",
                    word=f"{{{min(unknown)}}}",
                    known=", ".join(sorted(WORDS)),
                )
            )
        if self.rename and not words_of(self.rename) & {"name", "n"}:
            raise SettingsError(
                _("{pattern!r} gives several photos one name; put {{name}} or {{n}} into it", pattern=self.rename)
            )
        if "n" in words_of(self.pattern):
            raise SettingsError(_("{n} numbers files, so it belongs into --rename, not into --pattern"))

    @property
    def needs_events(self) -> bool:
        """Whether folders or names tell of events."""
        return self.tree == "events" or "event" in words_of(self.pattern) | words_of(self.rename)


@dataclass(frozen=True)
class Placed:
    """A photo with its companions, or another file, and where it goes."""

    asset: Asset
    folder: str  # in the tree, "/" between folders
    name: str  # wished for; another file may have it
    group: int = -1  # place of its group in Tree.groups; -1: none
    best: bool = False  # recommended, or chosen by a person


@dataclass(frozen=True)
class Tree:
    """A place for every file of a gallery, in the order in which they are written."""

    kind: TreeKind
    placed: tuple[Placed, ...]
    groups: tuple[AlbumGroup, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)  # by id, why a file is not written though nobody set it aside
    by_mtime: int = 0  # photos whose date is the file's own
    best_only: bool = False


def no_clock(asset: Asset) -> datetime | None:
    """Default Clock: the time of a file that has no capture time is unknown."""
    return None


@dataclass(frozen=True)
class Facts:
    """What is known of a gallery besides its files."""

    groups: Sequence[AlbumGroup] = ()
    events: Sequence[Event] = ()
    clock: Clock = no_clock


def words_of(pattern: str) -> set[str]:
    """The words in braces. SettingsError for a brace that stands alone."""
    if re.sub(r"\{\w*\}", "", pattern).count("{") or re.sub(r"\{\w*\}", "", pattern).count("}"):
        raise SettingsError(_("{pattern!r} has a brace that stands alone", pattern=pattern))
    return set(re.findall(r"\{(\w*)\}", pattern))


def plan_tree(files: Sequence[Asset], wish: Wish, facts: Facts) -> Tree:
    """The tree of all files, each of which is in it exactly once or in Tree.left."""
    ordered = sorted(files, key=lambda file: _when(file, facts))
    events = {photo.id: title for title, photos in facts.events for photo in photos}
    grouped = {photo.id: at for at, group in enumerate(facts.groups) for photo in group.photos}
    best = {photo.id for group in facts.groups for photo in group.best}
    numbers, placed, left = Counter[str](), list[Placed](), dict[str, str]()
    for asset in ordered:
        group = grouped.get(asset.id, -1)
        told = _told(asset, facts, events.get(asset.id, ""), group)
        folder = _folder(asset, wish, told)
        if folder == SINGLES and not wish.singles:
            left[asset.id] = kept("like no other; singles are not wanted")
            continue
        name = asset.name.rpartition("/")[2]
        if folder in (SINGLES, UNREADABLE, UNDATED):  # the folders they come from keep equal names apart
            folder = "/".join([folder, *asset.name.split("/")[:-1]])
        if wish.rename and not folder.startswith(UNREADABLE):
            numbers[folder] += 1
            name = _filled(wish.rename, {**told, "n": f"{numbers[folder]:04}"}) + PurePosixPath(name).suffix
        placed.append(Placed(asset, folder, name, group if wish.tree == "groups" else -1, asset.id in best))
    photos = [file for file in files if isinstance(file, Photo)]
    guessed = sum(_time(photo) is None and facts.clock(photo) is not None for photo in photos)
    return Tree(wish.tree, tuple(placed), tuple(facts.groups), left, guessed, wish.best_only)


def by_mtime(asset: Asset) -> datetime | None:
    """A Clock: when the file was last written, in this machine's zone. Copying changes it, so it must be asked for."""
    try:
        return datetime.fromtimestamp(status(asset.path).st_mtime)
    except (OSError, ValueError, OverflowError):
        return None


def is_film(asset: Asset) -> bool:
    """Whether this is a film that belongs to no photo."""
    return isinstance(asset, Unreadable) and asset.copyable and asset.reason.startswith(FILM)


def _folder(asset: Asset, wish: Wish, told: Mapping[str, str]) -> str:
    if isinstance(asset, Unreadable) and not is_film(asset):
        return UNREADABLE
    if wish.tree == "groups":
        return f"{told['group']}/originals" if told["group"] != SINGLES else SINGLES
    if wish.tree == "events":
        return told["event"] if told["event"] != UNKNOWN else (_day(told) or UNDATED)
    dated = words_of(wish.pattern) & {"year", "month", "day", "hour", "minute", "second"}
    return UNDATED if dated and not _day(told) else _filled(wish.pattern, told)


def _day(told: Mapping[str, str]) -> str:
    return "" if told["year"] == UNKNOWN else "{year}-{month}-{day}".format(**told)


def _told(asset: Asset, facts: Facts, event: str, group: int) -> dict[str, str]:
    """The words of a pattern for a file, none of which makes a folder of its own."""
    when, path = _time(asset) or facts.clock(asset), PurePosixPath(asset.name)
    formats = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}
    told = {word: when.strftime(code) if when else UNKNOWN for word, code in formats.items()}
    told["year"] = f"{when.year:04}" if when else UNKNOWN  # strftime leaves out leading zeros
    camera = asset.camera if isinstance(asset, Photo) else ""
    named = facts.groups[group].folder if group >= 0 else SINGLES
    told |= {"camera": camera or UNKNOWN, "event": event or UNKNOWN, "group": named}
    told |= {"name": path.stem, "ext": path.suffix.lstrip(".").lower(), "n": ""}
    return {word: value.replace("/", "_").strip() or UNKNOWN for word, value in told.items()}


def _filled(pattern: str, told: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: told[match[1]], pattern)


def _time(asset: Asset) -> datetime | None:
    """The local time of the camera, where the file says it."""
    return local_time(asset) if isinstance(asset, Photo) else None


def _when(asset: Asset, facts: Facts) -> tuple[str, str, str]:
    taken = _time(asset) or facts.clock(asset)
    return taken.isoformat() if taken else "9", asset.name, asset.id


def unsure_dates(tree: Tree) -> Iterator[str]:
    """A line for each kind of time, other than the camera's own, by which photos of a tree have their folder."""
    if tree.kind == "groups":
        return
    found = [placed.asset for placed in tree.placed if isinstance(placed.asset, Photo)]
    photos = [photo for photo in found if photo.taken and not photo.taken_by_camera]
    utc = sum(map(in_utc, photos))
    if utc:
        yield _("{photos} by the satellites' time, which is UTC", photos=count(utc, "photo"))
    if len(photos) > utc:
        yield _(
            "{photos} by the time of its last change, since the camera's own is missing",
            photos=count(len(photos) - utc, "photo"),
        )
    if tree.by_mtime:
        yield _("{photos} by the file's own time, since no other is known", photos=count(tree.by_mtime, "photo"))
