"""Rename a file on the same file system, never copying and never overwriting.

renameat2(2) with RENAME_NOREPLACE does it in one step. Without it, a hard link fails where a rename would overwrite.
Without links either, the target is checked right before.
"""

import ctypes
import errno
import os

from unipic.core.errors import AlreadyThere
from unipic.core.language import gettext as _, kept

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
NO_REPLACE = 1  # linux/fs.h
HERE = -100  # AT_FDCWD: relative to the current folder
NOT_KNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


def move(source: str, target: str, advice: str = "") -> None:
    """Rename. AlreadyThere, with `advice`, if the target exists; OSError otherwise, EXDEV for another file system."""
    # Windows refuses by itself to rename over another file.
    for way in (os.rename,) if os.name == "nt" else (rename_to_free_name, link_and_unlink):
        try:
            way(source, target)
            return
        except FileExistsError:
            raise AlreadyThere(
                _("{path} already exists; nothing was overwritten.{advice}", path=target, advice=advice)
            ) from None
        except OSError as error:
            if error.errno not in (*NOT_KNOWN, *NO_LINKS):
                raise
    if os.path.lexists(target):
        raise AlreadyThere(_("{path} already exists; nothing was overwritten.{advice}", path=target, advice=advice))
    os.rename(source, target)


def rename_to_free_name(source: str, target: str) -> None:
    """FileExistsError if the target exists; an errno of NOT_KNOWN if the system cannot tell."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(source))
    if libc.renameat2(HERE, os.fsencode(source), HERE, os.fsencode(target), NO_REPLACE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(source), None, str(target))


def link_and_unlink(source: str, target: str) -> None:
    """Link to the target, then unlink the source, only if both are the same file."""
    os.link(source, target, follow_symlinks=False)
    if not one_file(source, target):
        raise OSError(errno.ESTALE, kept("was replaced by another file meanwhile"), source)
    try:
        os.unlink(source)
    except OSError:  # keep the old name only
        os.unlink(target)
        raise


def one_file(path: str, other: str) -> bool:
    """Whether both paths are names of one file, so one of them may be deleted."""
    one, two = os.lstat(path), os.lstat(other)
    return (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino) and one.st_nlink > 1
