"""Set photos aside: move them into a dated folder beside them, so it can be undone. Nothing is deleted.

This is the only destination that touches originals, and only after a person asked for it and confirmed the number.
Right before a photo moves, it is hashed again, with its companions and every photo that stays for it. A file that
changed is left alone and named. An asset moves as a whole or not at all.
"""

import errno
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from unipic.core.archives import is_archive
from unipic.core.errors import AlreadyThere, Cancelled, DestinationError
from unipic.core.files import copy_and_hash, hash_file, open_to_read
from unipic.core.language import gettext as _, kept, ngettext
from unipic.core.moving import move
from unipic.core.photo import Companion, Photo, Unreadable
from unipic.core.progress import Progress, Step, silent
from unipic.destinations._alone import alone
from unipic.destinations._writing import unchanged
from unipic.destinations.base import Item, Plan, Result
from unipic.destinations.quarantine import Moving, Quarantine, plain_folder, quarantines
from unipic.destinations.undo import held, sync, tidy
from unipic.review.outcomes import Outcome
from unipic.sources.folder import JOURNAL, SET_ASIDE

# Errors that concern one file only; any other error ends the move.
OF_ONE_FILE = (errno.EACCES, errno.EPERM, errno.EXDEV, errno.ENOENT, errno.EBUSY, errno.ESTALE, errno.ENAMETOOLONG)


@dataclass(frozen=True)
class Asset:
    """A photo to be moved, with its companions."""

    photo: Photo
    instead: tuple[Photo, ...]
    base: str  # the folder that gets the quarantine: a root, or the mount point of another disk below it

    @property
    def files(self) -> tuple[Photo | Companion, ...]:
        """The photo, then its companions."""
        return (self.photo, *self.photo.companions)


def moved_in_words(moved: Result) -> str:
    """How much was moved where, for people."""
    folders = ", ".join(map(str, moved.folders)) or _("no folder")
    return ngettext(
        "{n:,} file set aside in {folders}", "{n:,} files set aside in {folders}", moved.files, folders=folders
    )


class AsideDestination:
    """Moves photos within folders on this machine. `known`: the file by which undo finds every quarantine."""

    def __init__(self, roots: Sequence[Path], known: Path | None = None) -> None:
        real = [Path(os.path.realpath(root)) for root in roots]
        self._archives = [root for root in real if is_archive(str(root))]
        folders = {root if root.is_dir() else root.parent for root in real}
        self.roots = sorted(folders, key=lambda folder: len(folder.parts))  # the outermost first
        self.known = known

    def ready(self) -> None:
        """Raise DestinationError if a folder cannot be written, is an archive, or holds an interrupted move."""
        if self._archives:
            raise DestinationError(
                _(
                    "photos in {archive} cannot be moved out of it; write a ZIP or a folder.",
                    archive=self._archives[0],
                )
            )
        for root in self.roots:
            if not os.access(root, os.W_OK | os.X_OK):
                raise DestinationError(_("{root} may not be written, so nothing in it can be set aside.", root=root))
            for folder in quarantines(root / SET_ASIDE):
                if held(folder).torn:
                    raise DestinationError(
                        _("{folder} is the rest of an interrupted move. Put it back with undo first.", folder=folder)
                    )

    def plan(self, outcomes: Sequence[Outcome]) -> Plan:
        """What would move; an item's name is its place below the quarantine."""
        going = {file.path for o in outcomes if o.fate == "set aside" for file in _asset(o.file)}
        stays = {file.path for o in outcomes if o.fate != "set aside" for file in _asset(o.file)}
        items, problems = list[Item](), list[str]()
        seen: set[str] = set()
        for outcome in outcomes:
            if outcome.fate != "set aside" or not isinstance(outcome.file, Photo):
                continue
            paths = {file.path for file in _asset(outcome.file)}
            asset = Asset(outcome.file, outcome.instead, self._base(outcome.file))
            if problem := _hindrance(asset, paths, going, stays | seen):
                problems.append(_left_there(outcome.file.name, problem))
            else:
                items += [Item(outcome, file, os.path.relpath(file.path, asset.base)) for file in asset.files]
                seen |= paths
        return Plan(tuple(outcomes), tuple(items), tuple(problems))

    def carry_out(self, plan: Plan, progress: Progress = silent) -> Result:
        """Move the files of the plan, while nobody else moves any. Cancelled says how far it got."""
        with alone(self.roots, self.known and self.known.parent):
            self.ready()
            return self._moved(plan, progress)

    def _moved(self, plan: Plan, progress: Progress) -> Result:
        assets, run = self._assets(plan), _Run(self.known, plan.problems)
        try:
            with run.open:
                for number, asset in enumerate(assets):
                    progress(Step(kept("Setting aside"), number, len(assets), "photo"))
                    run.set_aside(number, asset)
                progress(Step(kept("Setting aside"), len(assets), len(assets), "photo"))
        except (KeyboardInterrupt, Cancelled):
            raise Cancelled(_("Stopped: {moved}. Undo puts them back.", moved=moved_in_words(run.moved))) from None
        except OSError as error:
            about = f"{error.strerror or error}" + (f" ({error.filename})" if error.filename else "")
            raise DestinationError(
                _(
                    "Stopped at the first error: {about}. {moved}; undo puts them back.",
                    about=about,
                    moved=moved_in_words(run.moved),
                )
            ) from error
        return run.moved

    def _assets(self, plan: Plan) -> list[Asset]:
        outcomes = {item.outcome.file.id: item.outcome for item in plan.items}
        photos = [(o.file, o.instead) for o in outcomes.values() if isinstance(o.file, Photo)]
        return [Asset(photo, instead, self._base(photo)) for photo, instead in photos]

    def _base(self, photo: Photo) -> str:
        """The photo's root, or the highest folder below it on the same disk; "" outside all roots."""
        folder = Path(photo.path).parent
        root = next((root for root in self.roots if root == folder or root in folder.parents), None)
        if root is None:
            return ""
        try:
            device = os.lstat(photo.path).st_dev
            while folder != root and os.lstat(folder.parent).st_dev == device:
                folder = folder.parent
        except OSError:  # hashing will report that it is gone or hidden
            return str(root)
        return str(folder)


class _Run:
    """Moves assets one by one, each into the quarantine of its base, which is made for the first."""

    def __init__(self, known: Path | None, problems: tuple[str, ...]) -> None:
        self.known = known
        self.moved = Result(problems=problems)
        self.open = ExitStack()
        self.open.callback(self._close)
        self.quarantines: dict[str, Quarantine] = {}
        self.touched: dict[str, None] = {}  # folders, in order

    def set_aside(self, number: int, asset: Asset) -> None:
        try:
            files = _checked(asset)
            self._move(number, asset, files)
        except (_NotAsItWas, AlreadyThere) as error:
            self._left(asset, str(error))
        except OSError as error:
            if error.errno not in OF_ONE_FILE:
                raise
            self._left(asset, f"{error.strerror or error}")
        else:
            self.moved = replace(
                self.moved,
                photos=self.moved.photos + 1,
                files=self.moved.files + len(files),
                bytes=self.moved.bytes + sum(file.size for file in files),
            )

    def _move(self, number: int, asset: Asset, files: Sequence[Moving]) -> None:
        quarantine = self._quarantine(asset.base)
        ways = [(os.path.join(asset.base, file.source), quarantine.place(file.source)) for file in files]
        try:
            quarantine.intend(number, files, {photo.path: photo.digest for photo in asset.instead})
            for file, (source, target) in zip(files, ways, strict=True):
                move(source, target)
                if not _arrived(target, file):
                    raise _NotAsItWas(_("{source} was replaced by another file at the last moment", source=source))
        except BaseException as error:
            self._put_back(ways)
            quarantine.finish(number, str(error) or type(error).__name__)
            raise
        quarantine.finish(number)
        self.touched |= {os.path.dirname(path): None for way in ways for path in reversed(way)}

    def _put_back(self, ways: Sequence[tuple[str, str]]) -> None:
        for source, target in reversed(ways):
            try:
                if os.path.lexists(target) and not os.path.lexists(source):
                    move(target, source)
            except (OSError, AlreadyThere) as error:
                raise DestinationError(
                    _(
                        "{target} could not be put back to {source}: {error}. Undo it.",
                        target=target,
                        source=source,
                        error=error,
                    )
                ) from error

    def _quarantine(self, base: str) -> Quarantine:
        if base not in self.quarantines:
            try:
                self.quarantines[base] = Quarantine(base, self.known)
            except OSError as error:
                raise DestinationError(
                    _("nothing can be set aside in {base}: {error}", base=base, error=error)
                ) from error
            self.moved = replace(self.moved, folders=(*self.moved.folders, self.quarantines[base].folder))
        return self.quarantines[base]

    def _left(self, asset: Asset, problem: str) -> None:
        self.moved = replace(self.moved, problems=(*self.moved.problems, _left_there(asset.photo.name, problem)))

    def _close(self) -> None:
        """Make the moves survive a power cut, and remove empty quarantines."""
        sync(self.touched)
        for quarantine in self.quarantines.values():
            quarantine.close()
            if tidy(quarantine.folder):
                left = (folder for folder in self.moved.folders if folder != quarantine.folder)
                self.moved = replace(self.moved, folders=tuple(left))


def _left_there(name: str, problem: str) -> str:
    return _("{name} was left where it is: {problem}", name=name, problem=problem)


class _NotAsItWas(Exception):
    """A file that changed since the scan, and is left alone."""


def _asset(file: Photo | Unreadable) -> tuple[Photo | Companion | Unreadable, ...]:
    return (file, *file.companions) if isinstance(file, Photo) else (file,)


def _hindrance(asset: Asset, paths: set[str], going: set[str], taken: set[str]) -> str:
    """Why an asset may not move; "" if it may."""
    if not asset.base:
        return _("it lies in none of the folders that are cleaned")
    if not asset.instead:
        return _("no photo stays in its place")
    if any(photo.path in going for photo in asset.instead):
        return _("a photo that should stay for it is set aside too")
    if paths & taken:
        return _("it belongs to another photo too")
    below = Path(asset.base)
    if str(below / JOURNAL) in paths:
        return _("it is called like the journal")
    if not all(below in Path(path).parents for path in paths):
        return _("what belongs to it lies in another folder or on another disk")
    return ""


def _checked(asset: Asset) -> list[Moving]:
    """Hash everything that moves or stays, right before the move. Raises _NotAsItWas."""
    files = [_moving(file, asset.base) for file in asset.files]
    for photo in asset.instead:
        if not unchanged(photo):
            raise _NotAsItWas(_("{name}, which stays for it, has changed since the scan", name=photo.name))
    return files


def _moving(file: Photo | Companion, base: str) -> Moving:
    relative = os.path.relpath(file.path, base)
    if not plain_folder(Path(base), relative):
        raise _NotAsItWas(_("the way to {name} leads through a link now", name=file.name))
    try:
        with open_to_read(file.path) as opened:
            status = os.fstat(opened.fileno())
            digest = copy_and_hash(opened)
    except OSError as error:
        raise _NotAsItWas(
            _("{name} could not be read: {error}", name=file.name, error=error.strerror or error)
        ) from None
    if digest != file.digest:
        raise _NotAsItWas(_("{name} has changed since the scan", name=file.name))
    return Moving(relative, relative, digest, status.st_size, status.st_ino, status.st_dev, status.st_mtime_ns)


def _arrived(target: str, file: Moving) -> bool:
    """Whether the right file arrived: by its inode, or by its content where the file system changes inodes."""
    status = os.lstat(target)
    if (status.st_ino, status.st_size, status.st_mtime_ns) == (file.inode, file.size, file.mtime_ns):
        return True
    try:
        return hash_file(target) == file.sha256
    except OSError:
        return False
