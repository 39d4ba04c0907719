"""Members of ZIP and .tgz archives as files with paths of their own, ARCHIVE/MEMBER, read without unpacking to disk.

ARCHIVE is one file, or all parts of one export in a folder: "takeout-20240101T120000Z-*.zip". A member is unpacked
when it is opened, into memory or an unnamed temporary file, and is gone when it is closed. The bytes are untrusted:
names are never paths on the disk, and every fault of a member is told in words.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import shutil
import stat
import struct
import tarfile
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePath
from typing import BinaryIO

ENDINGS = (".zip", ".tgz", ".tar.gz")
# The parts of one export. Takeout's, of which some have a second number, do not say how many there are.
PARTS = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"(?P<set>takeout-\d{8}T\d{6}Z-)(?:\d+-)?(?P<number>\d{3,})(?P<end>\.zip|\.tgz)",
        r"(?P<set>.+ Part )(?P<number>\d+)(?P<end> of (?P<total>\d+)\.zip)",
    )
)
APPLE_PART = re.compile(r" Part \d+ of \d+(?=/)")  # in the first folder of Apple's parts, which are one folder for us
MOST_MEMBERS = 500_000  # of one archive; Google's parts of 50 GB have about 30,000
BOMB, SUSPECT = 200, 100_000_000  # times its size, and bytes, that only a bomb unpacks to: photos hardly shrink
HEADER = 16_000_000  # bytes of one header in a tar; ordinary ones have 512
IN_MEMORY = 64_000_000  # bytes; a larger member is unpacked into a temporary file without a name
CHUNK = 1 << 18
POINTS, APART = 256, 16_000_000  # places a .tgz can be entered at, at least so many bytes apart; each takes 50 kB
FAULTS = (zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error, EOFError, ValueError, NotImplementedError)
AGAIN = "download this part again"


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    name: str  # in the archive, "/" between folders; unique
    part: str  # path of the archive's file
    size: int  # bytes, as announced
    changed: int  # nanoseconds since 1970, by the archive
    at: zipfile.ZipInfo | int  # in a ZIP, or the place of its bytes in a tar
    problem: str = ""  # why it is not opened, for people


@dataclass
class Content:
    """What an archive holds, and what is wrong with parts of it, by their paths."""

    members: dict[str, Member] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def is_archive(path: str) -> bool:
    """Whether this is an archive: a file called so, or a set of parts of which at least one is there."""
    return path.casefold().endswith(ENDINGS) and bool(parts(path))


def set_of(path: str) -> str:
    """The set that a part belongs to, by its name; the path itself for any other file."""
    folder, name = os.path.split(path)
    found = _numbered(name)
    return os.path.join(folder, f"{found['set']}*{found['end']}") if found else path


def title(path: str) -> str:
    """What people call an archive or a set: its name without the ending."""
    name = re.sub(r"(\.zip|\.tgz|\.tar\.gz)$", "", os.path.basename(path), flags=re.IGNORECASE)
    return re.sub(r"( Part \* of \d+|-\*)$", "", name)


def parts(path: str) -> list[str]:
    """The files of an archive: itself, or of a set all that are there, in order. [] if there is none."""
    folder, name = os.path.split(path)
    if "*" not in name:
        return [path] if os.path.isfile(path) else []
    with suppress(OSError):
        start = name.partition("*")[0]
        found = [os.path.join(folder, other) for other in os.listdir(folder) if other.startswith(start)]
        return sorted((one for one in found if set_of(one) == path), key=lambda one: (len(one), one))
    return []


def missing(path: str) -> list[str]:
    """Names of parts of a set that are not there: before the last one, or of as many as the names announce."""
    there: dict[tuple[str, str], dict[int, int]] = {}
    total = 0
    for part in map(os.path.basename, parts(path)):
        if found := _numbered(part):
            around = part[: found.start("number")], part[found.end("number") :]
            there.setdefault(around, {})[int(found["number"])] = len(found["number"])
            total = max(total, int(found.groupdict().get("total") or 0))
    return [
        f"{before}{number:0{max(numbers.values())}}{after}"
        for (before, after), numbers in there.items()
        for number in range(1, min(max(total, *numbers), 9999) + 1)
        if number not in numbers
    ]


def content(path: str) -> Content:
    """What an archive or a set holds. It is read once in each process, and anew when a part changed."""
    return _content(path, tuple((part, *_state(part)) for part in parts(path)))


def status(path: str) -> os.stat_result:
    """os.lstat, also of a member. Its time of change is the archive's, so that it changes with the archive."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        member = _found(path)
        if member is None:
            raise
        return status_of(member)


def status_of(member: Member) -> os.stat_result:
    """See status()."""
    part = os.stat(member.part)
    told = f"{part.st_ino} {member.name} {member.size} {member.at if isinstance(member.at, int) else member.at.CRC}"
    inode = int(hashlib.blake2s(told.encode("utf-8", "surrogatepass"), digest_size=7).hexdigest(), 16)
    times = (member.changed / 1e9, member.changed / 1e9, part.st_mtime)
    whole = (member.changed, member.changed, part.st_mtime_ns)
    names = ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")
    first = (stat.S_IFREG | 0o444, inode, part.st_dev, 1, part.st_uid, part.st_gid, member.size, *map(int, times))
    return os.stat_result(first, dict(zip((*(name[:-3] for name in names), *names), (*times, *whole), strict=True)))


def exists(path: str) -> bool:
    """Whether there is such a file, folder, archive or member."""
    return os.path.lexists(path) or bool(parts(path)) or _found(path) is not None


def open_member(path: str) -> BinaryIO:
    """A member, unpacked and ready to read. FileNotFoundError if there is none, OSError if it cannot be unpacked."""
    member = _found(path)
    if member is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    if member.problem:
        raise OSError(errno.EINVAL, member.problem, path)
    target = _unnamed(member.size)
    try:
        with _in_words(member.part):
            if isinstance(member.at, int):
                _tar(member.part, *_state(member.part), os.getpid()).copy(member.at, member.size, target)
            else:
                with _zip(member.part, *_state(member.part), os.getpid()).open(member.at) as source:
                    shutil.copyfileobj(source, target, CHUNK)
        target.flush()
        if os.utime in os.supports_fd:
            os.utime(target.fileno(), ns=(member.changed, member.changed))
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return target


def _numbered(name: str) -> re.Match[str] | None:
    return next((found for words in PARTS if (found := words.fullmatch(name))), None)


def _state(part: str) -> tuple[int, int]:
    found = os.stat(part)
    return found.st_mtime_ns, found.st_size


def _found(path: str) -> Member | None:
    """The member with this path; None if there is none."""
    archive = os.path.dirname(path)
    while archive != os.path.dirname(archive):
        if archive.casefold().endswith(ENDINGS) or os.path.isfile(archive):
            with suppress(OSError):
                return content(archive).members.get(PurePath(os.path.relpath(path, archive)).as_posix())
        archive = os.path.dirname(archive)
    return None


@lru_cache(maxsize=8)
def _content(path: str, files: tuple[tuple[str, int, int], ...]) -> Content:
    found = Content()
    for part, *state in files:
        try:
            with _in_words(part):
                for member in (_in_tar if _is_gzip(part) else _in_zip)(part, *state):
                    if len(found.members) >= MOST_MEMBERS:
                        raise ValueError("too many members")
                    name = _free(member.name, found.members)
                    found.members[name] = Member(name, *list(vars(member).values())[1:])
        except OSError as error:
            found.problems[part] = error.strerror or str(error)
    return found


def _in_zip(part: str, changed: int, size: int) -> Iterator[Member]:
    for info in _zip(part, changed, size, os.getpid()).infolist():
        if info.is_dir():
            continue
        name, problem = _name(info.filename)
        if info.flag_bits & 1:
            problem = "is encrypted; unpack the archive with its password and give the folder"
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            problem = "is packed in a way that exports are not; unpack the archive and give the folder"
        elif stat.S_ISLNK(info.external_attr >> 16):
            problem = "is a link in an archive, which is not followed"
        elif info.file_size > max(SUSPECT, BOMB * info.compress_size):
            problem = f"would unpack to {info.file_size:,} bytes, as only a bomb does; it was not unpacked"
        yield Member(name, part, info.file_size, _moment(info.date_time), info, problem)


def _in_tar(part: str, changed: int, size: int) -> Iterator[Member]:
    reader = _tar(part, changed, size, os.getpid())
    with reader.lock, tarfile.open(fileobj=reader, mode="r:") as members:
        for one in members:
            members.members = []  # which would hold every header
            if one.isdir():
                continue
            name, problem = _name(one.name)
            if not one.isreg() or one.issparse():
                problem = (
                    "is a link in an archive, which is not followed" if one.islnk() or one.issym() else "is no file"
                )
            yield Member(name, part, one.size, int(one.mtime * 1e9), one.offset_data, problem)


def _name(raw: str) -> tuple[str, str]:
    """The name without anything that leads out of the archive, and in words that it had that."""
    steps = raw.replace("\\", "/").replace("\0", "").split("/")
    kept = "/".join(step for step in steps if step not in ("", ".", "..")) or "unnamed"
    leads_out = ".." in steps or not steps[0] or steps[0].endswith(":")
    problem = "has a name that leads out of the archive, which no export has; it was not opened" if leads_out else ""
    if kept.casefold().endswith(ENDINGS):
        problem = problem or "is an archive inside an archive; unpack it and add it by itself"
    return APPLE_PART.sub("", kept, count=1), problem


def _free(name: str, taken: dict[str, Member]) -> str:
    """The name, numbered if an earlier member has it: both can be read."""
    stem, dot, ending = name.rpartition(".")
    number, free = 2, name
    while free in taken:
        free, number = f"{stem or ending} [{number}]{dot if stem else ''}{ending if stem else ''}", number + 1
    return free


def _moment(date: tuple[int, ...]) -> int:
    """A ZIP's local time in nanoseconds since 1970; 0 for nonsense."""
    with suppress(ValueError, OverflowError):
        return int(time.mktime((*date, 0, 0, -1))) * 1_000_000_000  # type: ignore[arg-type]
    return 0


def _is_gzip(part: str) -> bool:
    with open(part, "rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _unnamed(size: int) -> BinaryIO:
    """A file without a name, to write and read."""
    if size <= IN_MEMORY and hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("member"), "w+b")
    return tempfile.TemporaryFile()


@contextmanager
def _in_words(part: str) -> Iterator[None]:
    """Damage as an OSError whose words say which part to get again."""
    try:
        yield
    except FAULTS as error:
        raise OSError(errno.EIO, f"is damaged in {os.path.basename(part)}; {AGAIN} ({error})", part) from error


@lru_cache(maxsize=64)
def _zip(part: str, changed: int, size: int, process: int) -> zipfile.ZipFile:
    """The open ZIP, of this process: one that is forked must not share its place in the file."""
    return zipfile.ZipFile(part)


@lru_cache(maxsize=16)
def _tar(part: str, changed: int, size: int, process: int) -> _Gzip:
    return _Gzip(part)


class _Gzip(io.RawIOBase):
    """The content of a gzip file, at any place: the decompressor is copied every so often, and goes on from there.

    A place ahead of all that was read costs what lies between; later ones at most a POINTS-th of the file.
    """

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self._file = open(path, "rb")  # noqa: SIM115  as long as the process
        self._apart = max(APART, os.fstat(self._file.fileno()).st_size // POINTS)
        self._inflate = zlib.decompressobj(31)
        self._at, self._rest = 0, b""
        self._points = [(0, 0, self._inflate.copy())]

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, for the headers of a tar."""
        if not 0 <= size <= HEADER:
            raise ValueError("a header of impossible size")
        pieces = bytearray()
        while len(pieces) < size and (piece := self._piece(size - len(pieces))):
            pieces += piece
        return bytes(pieces)

    def copy(self, start: int, size: int, target: BinaryIO) -> None:
        """Write `size` bytes from a place on. EOFError if there are fewer."""
        with self.lock:
            self.seek(start)
            while size:
                piece = self._piece(size)
                if not piece:
                    raise EOFError("it ends too soon")
                target.write(piece)
                size -= len(piece)

    def tell(self) -> int:
        """The place in the content."""
        return self._at

    def seek(self, to: int, whence: int = 0, /) -> int:
        """Go to a place of the content, or to its end."""
        at, start, inflate = max((point for point in self._points if point[0] <= to), key=lambda point: point[0])
        if to < self._at or at > self._at:
            self._file.seek(start)
            self._at, self._rest, self._inflate = at, b"", inflate.copy()
        while self._at < to and self._piece(to - self._at):
            pass
        return self._at

    def _piece(self, most: int) -> bytes:
        """The next bytes, at most so many; b"" at the end."""
        while not self._rest:
            data = self._inflate.unconsumed_tail or self._inflate.unused_data or self._file.read(CHUNK)
            if self._inflate.eof:
                if not data.strip(b"\0"):
                    return b""
                self._inflate = zlib.decompressobj(31)
            elif not data:
                raise EOFError("it ends too soon")
            self._rest = self._inflate.decompress(data, CHUNK)
        piece, self._rest = self._rest[:most], self._rest[most:]
        self._at += len(piece)
        read = self._file.tell()
        if self._at > max(10 * SUSPECT, BOMB * read):
            raise ValueError("it unpacks to as much as only a bomb does")
        if not self._rest and self._at >= self._points[-1][0] + self._apart:
            self._points.append((self._at, read, self._inflate.copy()))
        return piece
