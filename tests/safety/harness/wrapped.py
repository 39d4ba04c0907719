"""Faults without strace: the calls of os and open are counted, and the one that was named kills or fails.

What C libraries do on their own is not seen: of SQLite each step of its machine is a point instead.
"""

import builtins
import errno
import io
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

from tests.safety.harness.fault import Call, Fault

from unipic.core import moving

KILLED = 137
ENV = "UNIPIC_FAULT"  # a fault as JSON, and behind a line's end the file for the log

# What the functions of os are called by the system. Those of one list are told what they act on by their arguments.
NAMES = {
    "open": "openat",
    "write": "write",
    "fsync": "fsync",
    "fdatasync": "fdatasync",
    "link": "link",
    "rename": "rename",
    "replace": "rename",
    "unlink": "unlink",
    "remove": "unlink",
    "mkdir": "mkdir",
    "rmdir": "rmdir",
    "ftruncate": "ftruncate",
    "truncate": "truncate",
    "utime": "utimensat",
    "chmod": "chmod",
    "symlink": "symlink",
    "listdir": "getdents64",
    "lstat": "newfstatat",
}


class Wrapped:
    """Counts calls, writes them down, and does what the fault says. Installed in a process that ends with it."""

    def __init__(self, fault: Fault | None, log: str | None = None) -> None:
        self.fault = fault
        self.counts: Counter[str] = Counter()
        self.log = open(log, "w", encoding="utf-8", errors="surrogateescape") if log else None  # noqa: SIM115

    def point(self, name: str, *about: Any) -> None:
        """Before each call, with the paths it is about."""
        paths = tuple(_path(value) for value in about)
        if self.log:
            self.log.write(json.dumps([name, paths]) + "\n")
            self.log.flush()
        fault = self.fault
        if fault is None or name not in fault.at or not fault.about(paths):
            return
        self.counts[name] += 1
        count, first = self.counts[name], fault.at[name]
        if count == first or (fault.sticky and count > first):
            if not fault.error:
                os._exit(KILLED)
            _fail(fault.error, paths)

    def install(self) -> None:
        for name, call in NAMES.items():
            setattr(os, name, self._wrapped(getattr(os, name), call))
        builtins.open = self._open  # type: ignore[assignment]
        io.open = self._open  # type: ignore[assignment]
        sqlite3.connect = self._connect  # type: ignore[assignment]
        moving.rename_to_free_name = self._wrapped(moving.rename_to_free_name, "rename")

    def _wrapped(self, real: Callable[..., Any], call: str) -> Callable[..., Any]:
        def wrapped(*args: Any, **options: Any) -> Any:
            self.point(call, *args[:2] if call in ("link", "rename") else args[:1])
            return real(*args, **options)

        return wrapped

    def _open(self, file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **options: Any) -> Any:
        """As io.open does it, over a file whose every write is a point."""
        if not isinstance(file, int):
            self.point("openat", file)
        closefd = options.pop("closefd", True)
        raw = _raw(self, file, mode.replace("b", "").replace("t", ""), closefd, options.pop("opener", None))
        if buffering == 0:
            return raw
        kind = io.BufferedRandom if "+" in mode else io.BufferedReader if "r" in mode else io.BufferedWriter
        buffer = kind(raw)
        return buffer if "b" in mode else io.TextIOWrapper(buffer, *rest, **options)

    def _connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        base = _CONNECT(*args, **options)

        def step() -> int:
            try:
                self.point("sqlite", str(args[0]))
            except OSError:
                return 1  # the statement is interrupted, and with it what belongs to it
            return 0

        base.set_progress_handler(step, 7)
        return base


_CONNECT = sqlite3.connect


def _raw(wrapped: Wrapped, file: Any, mode: str, closefd: bool, opener: Any) -> io.FileIO:
    class Counted(io.FileIO):
        def write(self, data: Any) -> int:
            wrapped.point("write", self.fileno())
            return super().write(data)

        def readinto(self, buffer: Any) -> int:
            wrapped.point("read", self.fileno())
            return super().readinto(buffer) or 0

        def readall(self) -> bytes:
            wrapped.point("read", self.fileno())
            return super().readall() or b""

    return Counted(file, mode, closefd, opener)


def _path(value: Any) -> str:
    if isinstance(value, int):
        try:
            return os.readlink(f"/proc/self/fd/{value}")
        except OSError:
            return f"<{value}>"
    return os.fsdecode(value)


def _fail(name: str, paths: tuple[str, ...]) -> NoReturn:
    number = getattr(errno, name)
    raise OSError(number, os.strerror(number), *paths[:1])


def install_from_environment() -> None:
    """For whole programs; their children run as they are."""
    given = os.environ.pop(ENV, "")
    if given:
        fault, _, log = given.partition("\n")
        Wrapped(Fault.from_json(fault), log or None).install()


def calls_of(log: str) -> list[Call]:
    with open(log, encoding="utf-8") as file:
        return [Call(name, tuple(paths)) for name, paths in map(json.loads, file)]
