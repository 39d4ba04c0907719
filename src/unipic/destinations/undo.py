"""Undo: put everything in a quarantine back, also after an interruption, without overwriting anything.

It only looks where each file lies, so it can be stopped and repeated at any time.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from unipic.core.errors import AlreadyThere, Cancelled, DestinationError
from unipic.core.files import hash_file, sync_folder
from unipic.core.language import gettext as _, kept
from unipic.core.moving import move, one_file
from unipic.core.progress import Progress, Step, silent
from unipic.core.words import count
from unipic.destinations.quarantine import JOURNAL, Journal, Moving, locked, places, plain_folder, quarantines
from unipic.sources.folder import SET_ASIDE


@dataclass(frozen=True)
class Held:
    """What a quarantine holds."""

    folder: Path
    at: str
    files: int
    bytes: int
    torn: bool  # an asset is only partly there: the move was interrupted


@dataclass
class Undone:
    """What became of a quarantine."""

    folder: Path
    files: int = 0  # put back
    bytes: int = 0
    problems: list[str] = field(default_factory=list)  # what could not be put back, and why
    notes: list[str] = field(default_factory=list)


def held(folder: Path) -> Held:
    """What the quarantine `folder` holds."""
    with locked(folder) as journal:
        inside = {file for file in _files(journal) if os.path.lexists(folder / file.target)}
        torn = any(len({file in inside for file in files}) == 2 for files in journal.unfinished)
        return Held(folder, journal.at, len(inside), sum(file.size for file in inside), torn)


def undo_all(*roots: Path, progress: Progress = silent) -> list[Undone]:
    """Undo every quarantine below these folders, or the folders themselves, newest first.

    Repeated while it makes progress: a file may have to come back from another quarantine first, if a clock was set
    back between them.
    """
    undone: dict[Path, Undone] = {}
    waiting = quarantines(*roots)
    while waiting:
        once = [_undone(folder, progress) for folder in waiting]
        for one in once:
            before = undone.get(one.folder, Undone(one.folder))
            both = Undone(one.folder, before.files + one.files, before.bytes + one.bytes)
            undone[one.folder] = replace(both, problems=one.problems, notes=before.notes + one.notes)
        waiting = [one.folder for one in once if one.problems] if any(one.files for one in once) else []
    for place in (place for root in roots for place in places(Path(os.path.realpath(root)))):
        with suppress(OSError):  # a stop may leave an empty one
            place.rmdir()
    return list(undone.values())


def _undone(folder: Path, progress: Progress) -> Undone:
    try:
        return undo(folder, progress)
    except DestinationError as error:
        return Undone(folder, problems=[str(error)])


def undo(folder: Path, progress: Progress = silent) -> Undone:
    """Empty a quarantine, and remove it when everything is back. DestinationError if it is in use."""
    if folder.parent.name != SET_ASIDE:
        raise DestinationError(
            _(
                "{folder} lies in no folder called {set_aside!r}, so where its files were is not known.",
                folder=folder,
                set_aside=SET_ASIDE,
            )
        )
    undone = Undone(folder)
    with locked(folder) as journal:
        if journal.damaged:
            undone.problems.append(
                _(
                    "{journal} is damaged; what it no longer names stays in {folder}",
                    journal=folder / JOURNAL,
                    folder=folder,
                )
            )
        files, touched = _files(journal), dict[str, None]()
        try:
            for done, file in enumerate(files):
                progress(Step(kept("Putting back"), done, len(files), "file"))
                _put_back(file, folder, undone, touched)
            progress(Step(kept("Putting back"), len(files), len(files), "file"))
        except (KeyboardInterrupt, Cancelled):
            raise Cancelled(
                _(
                    "Stopped: {files} put back from {folder}; undo does the rest",
                    files=count(undone.files, "file"),
                    folder=folder,
                )
            ) from None
        finally:
            sync(touched)
        if not undone.problems and not tidy(folder):
            undone.notes.append(_("{folder} holds other files, which were left there", folder=folder))
    return undone


def _files(journal: Journal) -> list[Moving]:
    """The files, last moved first."""
    return [file for _number, files in sorted(journal.intents.items(), reverse=True) for file in reversed(files)]


def _put_back(file: Moving, folder: Path, undone: Undone, touched: dict[str, None]) -> None:
    base = folder.parent.parent
    home, away = str(base / file.source), str(folder / file.target)
    if not (plain_folder(base, file.source) and plain_folder(folder, file.target)):
        undone.problems.append(
            _("{away} was left there: the way to it or to {home} leads through a link", away=away, home=home)
        )
    elif os.path.lexists(away):
        try:
            _go_home(away, home, file, undone)
        except AlreadyThere:
            undone.problems.append(_("{away} was left there: something else is at {home} now", away=away, home=home))
        except OSError as error:
            undone.problems.append(_("{away} was left there: {error}", away=away, error=error.strerror or error))
        else:
            touched |= {os.path.dirname(path): None for path in (home, away)}
    elif not os.path.lexists(home):
        undone.problems.append(_("{home} is gone: it is neither there nor in {folder}", home=home, folder=folder))


def _go_home(away: str, home: str, file: Moving, undone: Undone) -> None:
    if os.path.lexists(home) and one_file(away, home):  # interrupted between linking and unlinking
        os.unlink(away)
    else:
        same = hash_file(away) == file.sha256
        os.makedirs(os.path.dirname(home), exist_ok=True)
        move(away, home)
        if not same:
            undone.notes.append(_("{home} is back, but it was changed while it was set aside", home=home))
    undone.files += 1
    undone.bytes += file.size


def sync(folders: Iterable[str]) -> None:
    """Make renames in these folders survive a power cut."""
    for folder in folders:
        with suppress(FileNotFoundError):
            sync_folder(Path(folder))


def tidy(folder: Path) -> bool:
    """Remove a quarantine that holds only its journal, and its parent if empty. Returns whether it was removed."""
    tree = list(os.walk(folder, topdown=False))
    names = [os.path.join(inside, name) for inside, _, files in tree for name in files]
    if set(names) - {str(folder / JOURNAL)}:
        return False
    try:
        for inside, _, _ in tree[:-1]:
            os.rmdir(inside)
    except OSError:  # it holds a link to a folder, or new files
        return False
    (folder / JOURNAL).unlink(missing_ok=True)
    for empty in (folder, folder.parent):  # the parent may hold other quarantines
        with suppress(OSError):
            empty.rmdir()
    return True
