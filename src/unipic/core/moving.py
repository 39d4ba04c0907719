"""A file under another name on the same file system: never copied, and never over what is there.

renameat2(2) with RENAME_NOREPLACE does both in one step. Where it is missing a hard link fails where a rename would
overwrite; where there are no links either, the name is looked at just before.
"""

from __future__ import annotations

import ctypes
import errno
import os

from unipic.core.errors import AlreadyThere

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
NO_REPLACE = 1  # linux/fs.h
HERE = -100  # AT_FDCWD: paths are as they are
NOT_KNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


def move(source: str, target: str, advice: str = "") -> None:
    """AlreadyThere, with advice, where something has the new name; OSError, with EXDEV for another file system."""
    # Windows refuses by itself to rename over another file.
    for way in (os.rename,) if os.name == "nt" else (rename_to_free_name, link_and_unlink):
        try:
            way(source, target)
            return
        except FileExistsError:
            raise AlreadyThere(f"{target} already exists; nothing was overwritten.{advice}") from None
        except OSError as error:
            if error.errno not in (*NOT_KNOWN, *NO_LINKS):
                raise
    if os.path.lexists(target):
        raise AlreadyThere(f"{target} already exists; nothing was overwritten.{advice}")
    os.rename(source, target)


def rename_to_free_name(source: str, target: str) -> None:
    """FileExistsError where something has that name; one of NOT_KNOWN where the system or file system cannot tell."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(source))
    if libc.renameat2(HERE, os.fsencode(source), HERE, os.fsencode(target), NO_REPLACE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(source), None, str(target))


def link_and_unlink(source: str, target: str) -> None:
    """Only the name of the very file that was linked is taken away."""
    os.link(source, target, follow_symlinks=False)
    if not one_file(source, target):
        raise OSError(errno.ESTALE, "was replaced by another file meanwhile", source)
    try:
        os.unlink(source)
    except OSError:  # then it keeps its old name, and only that
        os.unlink(target)
        raise


def one_file(path: str, other: str) -> bool:
    """Whether both are names of one file, so that one of them may go."""
    one, two = os.lstat(path), os.lstat(other)
    return (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino) and one.st_nlink > 1
