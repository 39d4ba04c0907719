"""Folders and archives on this machine, listed recursively and read-only.

Links and set-aside photos are named, not followed.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from unipic.core import archives
from unipic.core.errors import SourceError
from unipic.core.language import gettext as _, kept
from unipic.core.patience import LISTING, in_words, is_far, twice, within
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import data_folder, inbox_folder, kept_folder
from unipic.sources.archived import files_in
from unipic.sources.base import stamp
from unipic.sources.inbox import once_complete

SET_ASIDE = "Unipic set aside"  # the folder of dated ones, see destinations/quarantine.py
JOURNAL = "unipic-undo.jsonl"  # in each dated one


class FolderSource:
    """Photos under one or more folders, in archives, or single files. One given twice, or inside another, counts once.

    Two or more parts of one export stand for all its parts in that folder. SourceError for roots in Unipic's data
    folder, but those in `made`, which a run made itself, of kept uploads, or of the inbox. Of the inbox only complete
    files are Found.
    """

    def __init__(self, roots: Sequence[Path], made: Path | None = None) -> None:
        if not roots:
            raise SourceError(_("no folder was given; name at least one"))
        places = [kept_folder(), inbox_folder(), *([made] if made else [])]
        real = [_existing(root, places) for root in roots]
        sets = [archives.set_of(root) for root in real]
        self.labels = labelled([one if sets.count(one) > 1 else root for one, root in zip(sets, real, strict=True)])
        self.roots = list(self.labels)
        self._far = {root for root in self.roots if is_far(root)}

    def files(self) -> Iterator[Found | Unreadable]:
        for root, label in self.labels.items():
            if os.path.isdir(root):
                inbox = lies_in(Path(root), [inbox_folder()])
                found = _walk(root, label, root in self._far)
                yield from map(once_complete, found) if inbox else found
            elif archives.is_archive(root):
                yield from files_in(root, label)
            else:
                yield _entry(root, label)


def allowed(path: Path, roots: Sequence[Path]) -> Path:
    """The real folder or archive behind a path. SourceError if the operator does not allow it, or it is ours."""
    real = Path(_real(path))
    if not any(real.is_relative_to(os.path.realpath(root)) for root in roots):
        raise SourceError(_("{path} is outside the folders this server may read", path=path))
    if not (os.path.isdir(real) or archives.is_archive(str(real))):
        raise SourceError(_("{path} is not a folder", path=path))
    _refuse_own(path, real, [kept_folder(), inbox_folder()])
    return real


def is_set_aside(path: str) -> bool:
    """Whether this folder holds photos set aside: by its name, and a journal in a subfolder."""
    if os.path.basename(path) != SET_ASIDE or os.path.islink(path):
        return False
    try:
        return any(os.path.lexists(os.path.join(path, name, JOURNAL)) for name in os.listdir(path))
    except OSError:
        return False


def labelled(roots: Sequence[str]) -> dict[str, str]:
    """The outermost of some real paths, each with the prefix of its files' names."""
    outermost = _outermost(roots)
    return dict(zip(outermost, _labels(outermost), strict=True))


def _existing(root: Path, places: Sequence[Path]) -> str:
    real = _real(root)
    if not archives.exists(real):
        raise SourceError(_("{root} does not exist", root=root))
    if any(is_set_aside(str(folder)) for folder in (Path(real), *Path(real).parents)):
        raise SourceError(
            _("{root} holds photos set aside; name another folder, or put them back with undo first", root=root)
        )
    if os.path.isdir(real) and not os.access(real, os.R_OK | os.X_OK):
        raise SourceError(_("{root} may not be read: permission denied", root=root))
    _refuse_own(root, Path(real), places)
    return real


def _refuse_own(given: Path, real: Path, places: Sequence[Path]) -> None:
    """SourceError for a path in the data folder, unless it lies in one of `places`."""
    if not lies_in(real, places) and lies_in(real, [data_folder()]):
        raise SourceError(_("{given} belongs to Unipic's own data folder; name a folder with photos", given=given))


def lies_in(real: Path, places: Sequence[Path]) -> bool:
    """Whether a real path is one of some folders, or lies in one."""
    above = [str(folder) for folder in (real, *real.parents)]
    return any(_is(path, _status(place)) for place in places for path in above)


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _is(path: str, folder: os.stat_result | None) -> bool:
    """Whether the path leads to this folder, by device and inode: it may have several names."""
    status = _status(Path(path)) if folder else None
    return bool(folder and status and os.path.samestat(status, folder))


def _real(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # a zero byte, which no path can hold
        raise SourceError(_("{path!r} cannot be a folder's name", path=str(path))) from None


def _outermost(roots: Sequence[str]) -> list[str]:
    """Roots that are not listed with another. The data folder ends a listing, so kept uploads stay roots beyond it."""
    unique, own = sorted(set(roots)), Path(os.path.realpath(data_folder()))

    def listed(root: str, other: str) -> bool:
        beyond = own.is_relative_to(other) and Path(root).is_relative_to(own)
        return root != other and Path(root).is_relative_to(other) and not beyond

    return [root for root in unique if not any(listed(root, other) for other in unique)]


def _labels(roots: list[str]) -> list[str]:
    """Prefixes of names: "" for a single folder, otherwise each folder's own name, or a file's whole name.

    Equal ones are numbered.
    """
    if len(roots) == 1 and (os.path.isdir(roots[0]) or archives.is_archive(roots[0])):
        return [""]
    labels: list[str] = []
    for root in roots:
        archive = archives.is_archive(root)
        plain = label = archives.title(root) if archive else os.path.basename(root)
        stem, suffix = (plain, "") if archive or os.path.isdir(root) else os.path.splitext(plain)
        number = 2
        while label in labels:
            label, number = f"{stem} ({number}){suffix}", number + 1
        labels.append(label)
    return labels


def _walk(root: str, label: str, far: bool) -> Iterator[Found | Unreadable]:
    """Depth first, names in byte order, without recursion. Without links there are no loops."""
    waiting, own = [(root, label)], _status(data_folder())
    while waiting:
        folder, prefix = waiting.pop()
        try:
            look = partial(os.listdir, folder)
            names = sorted(twice(partial(within, LISTING, look) if far else look), key=os.fsencode)
        except OSError as error:
            reason = kept("is a folder that may not be read: {error}", error=in_words(error, folder))
            yield Unreadable(_id(prefix), prefix or os.path.basename(folder), folder, reason, copyable=False)
            continue
        folders = []
        for name in names:
            path, shown = os.path.join(folder, name), f"{prefix}/{name}" if prefix else name
            if name == SET_ASIDE and is_set_aside(path):
                reason = kept("holds what was set aside; not looked at")
                yield Unreadable(_id(shown), shown, path, reason, copyable=False)
            elif not _is_folder(path):
                yield _entry(path, shown)
            elif _is(path, own):
                reason = kept("is Unipic's own data folder; not looked at")
                yield Unreadable(_id(shown), shown, path, reason, copyable=False)
            else:
                folders.append((path, shown))
        waiting.extend(reversed(folders))


def _is_folder(path: str) -> bool:
    """Whether it is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _entry(path: str, name: str) -> Found | Unreadable:
    """One file by lstat; it is not opened."""
    try:
        status = os.lstat(path)
    except OSError as error:
        return Unreadable(
            _id(name), name, path, kept("could not be examined: {strerror}", strerror=error.strerror), copyable=False
        )
    if name.endswith(".icloud") and os.path.basename(path).startswith("."):
        reason = kept(
            "stands for a file that is in iCloud and not here yet; have the folder downloaded, then start again"
        )
        return Unreadable(_id(name), name, path, reason, copyable=False)
    if stat.S_ISREG(status.st_mode):
        return Found(_id(name), name, path, status.st_size, stamp(status))
    link = stat.S_ISLNK(status.st_mode)
    reason = kept("is a symbolic link, which is not followed") if link else kept("is not a regular file")
    return Unreadable(_id(name), name, path, reason, copyable=False)


def _id(name: str) -> str:
    return hashlib.blake2s(os.fsencode(name), digest_size=10).hexdigest()
