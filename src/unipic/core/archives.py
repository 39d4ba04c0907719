"""Members of ZIP and .tgz archives as files with paths of their own, ARCHIVE/MEMBER, read without unpacking to disk.

ARCHIVE is a file, or the parts of one export in a folder: "takeout-20240101T120000Z-*.zip". A member is unpacked when
it is opened, into memory or an unnamed temporary file, which is gone when it is closed. The bytes are untrusted: names
are never paths on the disk, and each fault is told in words.
"""

import errno
import hashlib
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
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePath
from typing import Any, BinaryIO

from unipic.core.language import kept

ENDINGS = (".zip", ".tgz", ".tar.gz")
# The parts of one export: Google's, which do not say how many there are, and Apple's.
PARTS = re.compile(
    r"(takeout-\d{8}T\d{6}Z-)(?:\d+-)?(\d{3,})(\.zip|\.tgz)()|(.+ Part )(\d+)( of (\d+)\.zip)", re.IGNORECASE
)
APPLE_PART = re.compile(r" Part \d+ of \d+(?=/)")  # in the first folder of Apple's parts, which are one folder for us
MOST_MEMBERS = 500_000  # of an archive; Google's parts of 50 GB have about 30,000
BOMB, SUSPECT = 200, 100_000_000  # times its size, and bytes, that only a bomb unpacks to: photos hardly shrink
HEADER = 16_000_000  # bytes of a header in a tar; ordinary ones have 512
IN_MEMORY = 64_000_000  # bytes; a larger member is unpacked into a temporary file without a name
CHUNK = 1 << 18
LATEST = 4_102_444_800  # seconds since 1970, the year 2100: later ones do not fit every file system
POINTS, APART = 256, 16_000_000  # places a .tgz can be entered at, at least so many bytes apart; each takes 50 kB
# What the readers of archives raise about odd bytes.
FAULTS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    RuntimeError,
)
FAULTS += (LookupError, ArithmeticError)
LINK = kept("is a link in an archive, which is not followed")


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    name: str  # "/" between folders; unique
    part: str  # path of the archive's file
    size: int  # bytes, as announced
    changed: int  # nanoseconds since 1970, by the archive
    at: Any  # a ZipInfo, or the place of its bytes in a tar
    problem: str = ""  # why it is not opened, for people


def is_archive(path: str) -> bool:
    """Whether this is an archive: a file called so, or a set of parts of which at least one is there."""
    return path.casefold().endswith(ENDINGS) and bool(parts(path))


def set_of(path: str) -> str:
    """The set that a part belongs to, by its name; the path itself for any other file."""
    folder, name = os.path.split(path)
    found = PARTS.fullmatch(name)
    return os.path.join(folder, f"{found[1] or found[5]}*{found[3] or found[7]}") if found else path


def title(path: str) -> str:
    """What people call an archive or a set: its name without the ending."""
    return re.sub(r"(-\*|( Part \*)? of \d+|)(\.zip|\.tgz|\.tar\.gz)$", "", os.path.basename(path), flags=re.IGNORECASE)


def parts(path: str) -> list[str]:
    """The files of an archive: itself, or of a set all that are there, in order. [] if there is none."""
    folder, name = os.path.split(path)
    if "*" not in name:
        return [path] if os.path.isfile(path) else []
    with suppress(OSError):
        start = name.partition("*")[0]
        found = [os.path.join(folder, other) for other in os.listdir(folder) if other.startswith(start)]
        own = [one for one in found if set_of(one) == path and os.path.isfile(one) and not os.path.islink(one)]
        return sorted(own, key=lambda one: (len(one), one))
    return []


def missing(path: str) -> list[str]:
    """Names of parts of a set that are not there: before the last one, or of as many as the names announce."""
    there: dict[tuple[str, str], set[int]] = {}
    announced = width = 0
    for name in map(os.path.basename, parts(path)):
        if found := PARTS.fullmatch(name):
            number = 2 if found[2] else 6
            there.setdefault((name[: found.start(number)], name[found.end(number) :]), set()).add(int(found[number]))
            announced, width = int(found[8] or 0), len(found[number]) if found[2] else 0
    return [
        f"{before}{number:0{width}}{after}"
        for (before, after), numbers in there.items()
        for number in range(1, min(max(announced, *numbers), 9999) + 1)
        if number not in numbers
    ]


def content(path: str) -> tuple[dict[str, Member], dict[str, str]]:
    """The members of an archive or a set by name, and what is wrong with its parts, by their paths.

    It is read once in each process, and anew when a part changed.
    """
    return _content(tuple((part, _state(part)) for part in parts(path)))


def status(path: str) -> os.stat_result:
    """os.lstat, also of a member."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        if member := _found(path):
            return status_of(member)
        raise


def status_of(member: Member) -> os.stat_result:
    """What os.lstat would say of it. Its time of change is the archive's, so that it changes with the archive."""
    part, mark = os.stat(member.part), getattr(member.at, "CRC", member.at)
    told = f"{part.st_ino} {member.name} {member.size} {mark}".encode("utf-8", "surrogatepass")
    inode = int(hashlib.blake2s(told, digest_size=7).hexdigest(), 16)
    seconds = (member.changed // 10**9, member.changed // 10**9, part.st_ctime)
    values = (stat.S_IFREG | 0o444, inode, part.st_dev, 1, part.st_uid, part.st_gid, member.size, *seconds)
    exact = {"st_mtime": member.changed / 1e9, "st_mtime_ns": member.changed, "st_ctime_ns": part.st_mtime_ns}
    return os.stat_result(values, exact)


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
    memory = member.size <= IN_MEMORY and hasattr(os, "memfd_create")
    target = os.fdopen(os.memfd_create("member"), "w+b") if memory else tempfile.TemporaryFile()  # noqa: SIM115
    try:
        with _in_words(member.part):
            archive = _opened(member.part, _state(member.part), os.getpid())
            if isinstance(archive, _Gzip):
                archive.copy(member.at, member.size, target)
            else:
                with archive.open(member.at) as source:  # at its end the checksum is compared
                    shutil.copyfileobj(source, target, CHUNK)
                if target.tell() != member.size:
                    raise EOFError(kept("it has another size than announced"))
        target.flush()
        if os.utime in os.supports_fd:
            os.utime(target.fileno(), ns=(member.changed, member.changed))
        target.seek(0)
    except BaseException:
        target.close()
        raise
    return target


def _state(part: str) -> tuple[int, int]:
    found = os.stat(part)
    return found.st_mtime_ns, found.st_size


def _found(path: str) -> Member | None:
    """The member with this path; None if there is none."""
    archive = os.path.dirname(path)
    while archive != os.path.dirname(archive):
        if archive.casefold().endswith(ENDINGS) or os.path.isfile(archive):
            with suppress(OSError):
                return content(archive)[0].get(PurePath(os.path.relpath(path, archive)).as_posix())
        archive = os.path.dirname(archive)
    return None


@lru_cache(maxsize=8)
def _content(files: tuple[tuple[str, tuple[int, int]], ...]) -> tuple[dict[str, Member], dict[str, str]]:
    members, problems = dict[str, Member](), dict[str, str]()
    for part, state in files:
        try:
            with _in_words(part):
                opened = _opened(part, state, os.getpid())
                listed = _in_tar(opened, part) if isinstance(opened, _Gzip) else _in_zip(opened, part)
                for number, member in enumerate(listed):
                    if number >= MOST_MEMBERS:
                        raise ValueError(kept("it has too many members"))
                    name = _free(member.name, members)
                    members[name] = replace(member, name=name)
        except OSError as error:
            problems[part] = error.strerror or str(error)
    return members, problems


def _in_zip(archive: zipfile.ZipFile, part: str) -> Iterator[Member]:
    for info in archive.infolist():
        name, problem = _name(info.filename)
        if info.flag_bits & 1:
            problem = kept("is encrypted; unpack the archive with its password and give the folder")
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            problem = kept("is packed in a way that exports are not; unpack the archive and give the folder")
        elif stat.S_ISLNK(info.external_attr >> 16):
            problem = LINK
        elif info.file_size > max(SUSPECT, BOMB * info.compress_size):
            problem = kept(
                "would unpack to {bytes:,} bytes, as only a bomb does; it was not unpacked", bytes=info.file_size
            )
        changed = 0.0
        with suppress(ValueError, OverflowError):  # a date that is none
            changed = time.mktime((*info.date_time, 0, 0, -1))
        if not info.filename.endswith("/"):
            yield Member(name, part, info.file_size, _moment(changed), info, problem)


def _in_tar(reader: "_Gzip", part: str) -> Iterator[Member]:
    reader.seek(0)
    with reader.lock, tarfile.open(fileobj=reader, mode="r:") as archive:  # type: ignore[call-overload]
        for one in archive:
            archive.members = []  # which would hold every header
            name, problem = _name(one.name)
            if not one.isreg() or one.issparse():
                problem = LINK if one.islnk() or one.issym() else kept("is not a regular file")
            if not one.isdir():
                yield Member(name, part, one.size, _moment(one.mtime), one.offset_data, problem)


def _moment(seconds: float) -> int:
    """Nanoseconds since 1970, of a number that may be anything."""
    return int(min(max(0.0, seconds), LATEST)) * 10**9


def _name(raw: str) -> tuple[str, str]:
    """The name without anything that leads out of the archive, and in words that it had that."""
    steps = raw.replace("\\", "/").replace("\0", "").split("/")
    name = "/".join(step for step in steps if step not in ("", ".", "..")) or "unnamed"
    if ".." in steps or not steps[0] or steps[0].endswith(":"):
        return name, kept("has a name that leads out of the archive, which no export has; it was not opened")
    nested = name.casefold().endswith(ENDINGS)
    name = APPLE_PART.sub("", name, count=1)
    return name, kept("is an archive inside an archive; unpack it and add it by itself") if nested else ""


def _free(name: str, taken: dict[str, Member]) -> str:
    """The name, numbered if an earlier member has it: both can be read."""
    folder, slash, last = name.rpartition("/")
    stem, ending = os.path.splitext(last)
    free, number = name, 2
    while free in taken:
        free, number = f"{folder}{slash}{stem} [{number}]{ending}", number + 1
    return free


@contextmanager
def _in_words(part: str) -> Iterator[None]:
    """Damage as an OSError whose words say which part to get again."""
    try:
        yield
    except FAULTS as error:
        words = kept(
            "is damaged in {part}; download this part again ({error})", part=os.path.basename(part), error=error
        )
        raise OSError(errno.EBADMSG, words, part) from error


@lru_cache(maxsize=64)
def _opened(part: str, state: tuple[int, int], process: int) -> Any:
    """A ZipFile or a _Gzip, of this process: one that is forked must not share its place in the file."""
    with open(part, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return _Gzip(part) if packed else zipfile.ZipFile(part)


class _Gzip:
    """The content of a gzip file from any place on: copies of the decompressor are kept, and go on from theirs.

    A place ahead of all that was read costs what lies between; later ones at most a POINTS-th of the file.
    """

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self._file = open(path, "rb")  # noqa: SIM115  as long as the process
        self._apart = max(APART, os.fstat(self._file.fileno()).st_size // POINTS)
        self._inflate = zlib.decompressobj(31)
        self._at, self._rest = 0, b""
        self._points = [(0, 0, self._inflate.copy())]

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, for the headers of a tar."""
        if not 0 <= size <= HEADER:
            raise ValueError(kept("a header of impossible size"))
        pieces = bytearray()
        while len(pieces) < size and (piece := self._piece(size - len(pieces))):
            pieces += piece
        return bytes(pieces)

    def copy(self, start: int, size: int, target: BinaryIO) -> None:
        """Write `size` bytes from a place on. EOFError if there are fewer."""
        with self.lock:
            self.seek(start)
            while size:
                if not (piece := self._piece(size)):
                    raise EOFError(kept("it ends too soon"))
                size -= target.write(piece)

    def tell(self) -> int:
        """The place in the content, in bytes."""
        return self._at

    def seek(self, to: int) -> int:
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
                raise EOFError(kept("it ends too soon"))
            self._rest = self._inflate.decompress(data, CHUNK)
        piece, self._rest = self._rest[:most], self._rest[most:]
        self._at += len(piece)
        read = self._file.tell()
        if self._at > max(10 * SUSPECT, BOMB * read):
            raise ValueError(kept("it unpacks to as much as only a bomb does"))
        if not self._rest and self._at >= self._points[-1][0] + self._apart:
            self._points.append((self._at, read, self._inflate.copy()))
        return piece
