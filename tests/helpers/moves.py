"""Kills work at its Nth call that changes a disk, and takes away the ways to move a file one by one."""

import errno
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from unittest import mock

from unipic.core import moving

RENAMING, LINKING, PLAIN = "renameat2", "link and unlink", "rename"  # each where those before it are missing
CHANGING = ("mkdir", "rmdir", "rename", "link", "unlink", "write", "fsync")
DONE, FAILED, KILLED = 0, 1, 137


class Counter:
    """Calls that change a disk. With the one that would be one too many the process ends, as by kill -9."""

    def __init__(self, most: int | None, half: bool) -> None:
        self.most, self.half, self.calls = most, half, 0

    def around(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*given: Any, **options: Any) -> Any:
            if self.calls == self.most:
                if self.half and name == "write":
                    real(given[0], given[1][: len(given[1]) // 2])
                os._exit(KILLED)
            self.calls += 1
            return real(*given, **options)

        return call


@contextmanager
def counted(most: int | None = None, half: bool = False) -> Iterator[Counter]:
    """`half`: of a write that is one too many the first half still arrives."""
    counter = Counter(most, half)
    calls = {name: counter.around(getattr(os, name), name) for name in CHANGING}
    best = counter.around(moving.rename_to_free_name, "renameat2")
    with mock.patch.multiple(os, **calls), mock.patch.object(moving, "rename_to_free_name", best):
        yield counter


@contextmanager
def knowing(way: str) -> Iterator[None]:
    """A file system that knows this way to move a file, and none that is better."""

    def unknown(*_: Any, **__: Any) -> None:
        raise OSError(errno.EOPNOTSUPP, "is not known here")

    best = moving.rename_to_free_name if way == RENAMING else unknown
    with (
        mock.patch.object(moving, "rename_to_free_name", best),
        mock.patch.object(os, "link", unknown if way == PLAIN else os.link),
    ):
        yield


def in_a_process(act: Callable[[], object], most: int | None = None, half: bool = False) -> int:
    """How a process that acts ends when it may make so many calls: DONE, FAILED or KILLED."""
    child = os.fork()
    if child == 0:
        _act(act, most, half)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _act(act: Callable[[], object], most: int | None, half: bool) -> NoReturn:
    try:
        with counted(most, half):
            act()
    except BaseException:
        traceback.print_exc()
        os._exit(FAILED)
    os._exit(DONE)


def calls_of(act: Callable[[], object]) -> int:
    """How many calls that change a disk it makes. It acts."""
    with counted() as counter:
        act()
    return counter.calls
