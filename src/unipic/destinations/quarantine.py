"""Quarantines: dated folders beside the photos, on the same file system, with a journal for undo.

The journal is written ahead: a move is on disk before it happens. It names files relative to the cleaned folder and the
dated one, so it holds wherever the disk is mounted. Lines are only appended; a cut last line was never acted on. Undo
keeps no journal: it looks where each file lies.
"""

import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from unipic.core.errors import DestinationError
from unipic.core.files import sync_folder
from unipic.core.language import gettext as _
from unipic.core.locks import lock
from unipic.sources.folder import JOURNAL, SET_ASIDE

VERSION = 1
KNOWN = "set-aside.jsonl"  # in the data folder: every quarantine ever made, for undo
LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class Moving:
    """One file, as it was right before its move."""

    source: str  # below the folder that is cleaned
    target: str  # below the quarantine
    sha256: str
    size: int
    inode: int
    device: int
    mtime_ns: int


@dataclass(frozen=True)
class Journal:
    """The content of a quarantine's journal."""

    at: str  # when it was begun, in UTC
    intents: dict[int, tuple[Moving, ...]]  # by number, one per photo with its companions
    finished: frozenset[int]  # numbers of assets that moved completely, or were put back
    damaged: int  # unreadable lines

    @property
    def unfinished(self) -> list[tuple[Moving, ...]]:
        """The files of moves that were begun and not completed."""
        return [files for number, files in self.intents.items() if number not in self.finished]


class Quarantine:
    """A new quarantine, locked while it is being filled."""

    def __init__(self, base: str, known: Path | None = None) -> None:
        self.base, self._whole = base, True
        self.folder, self._journal = _new(base, known)
        self._add({"made_by": "Unipic", "version": VERSION, "at": _now(), "folder": base}, durable=True)

    def intend(self, number: int, files: Iterable[Moving], keepers: dict[str, str]) -> None:
        """Write to disk what is about to move."""
        self._add({"intent": number, "files": [asdict(file) for file in files], "keepers": keepers}, durable=True)

    def finish(self, number: int, problem: str = "") -> None:
        """Record that the asset moved; with a problem, that none of it did."""
        self._add({"back": number, "problem": problem} if problem else {"done": number})

    def place(self, relative: str) -> str:
        """Where a file goes. Its folders are made with the permissions of the original ones."""
        made = str(self.folder)
        for name, original in zip(relative.split("/")[:-1], _folders(self.base, relative), strict=True):
            made = os.path.join(made, name)
            with suppress(FileExistsError):
                os.mkdir(made, _mode(original))
        return os.path.join(self.folder, relative)

    def close(self) -> None:
        """Flush the journal and unlock it."""
        with self._journal:
            os.fsync(self._journal.fileno())

    def _add(self, line: dict[str, Any], durable: bool = False) -> None:
        """Append a line. After a line that could not be written completely, nothing is appended."""
        if not self._whole:
            return
        # ASCII only: names may hold bytes that are no valid text.
        data, self._whole = json.dumps(line, ensure_ascii=True).encode("ascii") + b"\n", False
        while data:
            data = data[os.write(self._journal.fileno(), data) :]
        self._whole = True
        if durable:
            os.fsync(self._journal.fileno())


def _new(base: str, known: Path | None) -> tuple[Path, BinaryIO]:
    """The folder and its locked journal. Made again if a concurrent undo removed it as empty."""
    parent = Path(base, SET_ASIDE)
    while True:
        with suppress(FileExistsError):
            os.mkdir(parent, _mode(base))
        if parent.is_symlink() or not parent.is_dir():
            raise DestinationError(
                _("{parent} already exists and is not a folder. Rename it; photos are set aside there.", parent=parent)
            )
        folder = _dated(parent, _mode(base))
        if known:
            remember(folder, known)
        with suppress(FileNotFoundError):
            journal = open(folder / JOURNAL, "xb", buffering=0)  # noqa: SIM115  closed by whoever fills the quarantine
            with suppress(OSError):  # not every file system has locks
                lock(journal)
            if os.fstat(journal.fileno()).st_nlink:
                for changed in (folder, parent, base):
                    sync_folder(Path(changed))
                return folder, journal
            journal.close()


def _dated(parent: Path, mode: int) -> Path:
    folder = parent / datetime.now().strftime("%Y-%m-%d %H-%M-%S")
    while True:
        try:
            os.mkdir(folder, mode)
        except FileExistsError:
            folder = parent / f"{folder.name[:19]} {secrets.token_hex(3)}"
        else:
            return folder


def _folders(base: str, relative: str) -> Iterator[str]:
    """The folders between base and the file, outermost first."""
    folder = base
    for name in relative.split("/")[:-1]:
        folder = os.path.join(folder, name)
        yield folder


def _mode(folder: str) -> int:
    """The folder's permissions, plus access for us."""
    return stat.S_IMODE(os.stat(folder).st_mode) & 0o777 | 0o700


def _now() -> str:
    """UTC, so it sorts, in microseconds, since several may begin in one second."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def remember(folder: Path, known: Path) -> None:
    """Append the quarantine to the list of known ones, on disk."""
    known.parent.mkdir(parents=True, exist_ok=True)
    with open(known, "ab") as file:
        # The first line break ends a line that a stop may have cut.
        file.write(b"\n" + json.dumps(str(folder), ensure_ascii=True).encode("ascii") + b"\n")
        file.flush()
        os.fsync(file.fileno())


def remembered(known: Path) -> list[Path]:
    """Known quarantines that still exist."""
    try:
        lines = known.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    folders = [Path(name) for line in lines if isinstance(name := _json(line), str)]
    return [folder for folder in dict.fromkeys(folders) if is_quarantine(folder)]


def is_quarantine(folder: Path) -> bool:
    """Whether the folder is a dated folder with a journal, or an empty one left by an early stop."""
    if folder.parent.name != SET_ASIDE or folder.is_symlink() or not folder.is_dir():
        return False
    return os.path.lexists(folder / JOURNAL) or not any(folder.iterdir())


def quarantines(*roots: Path) -> list[Path]:
    """All quarantines below these folders, or the folders themselves; newest first. Links are not followed."""
    found: dict[Path, None] = {}
    for real in (Path(os.path.realpath(root)) for root in roots):
        inside = [real] if is_quarantine(real) else [p / name for p in places(real) for name in os.listdir(p)]
        found |= dict.fromkeys(filter(is_quarantine, inside))
    return sorted(found, key=_begun, reverse=True)


def _begun(folder: Path) -> tuple[str, str]:
    """A sort key by time: undo must put back first what moved last."""
    with suppress(OSError), open(folder / JOURNAL, "rb") as file:
        first = _json(file.readline(LONGEST_LINE))
        if isinstance(first, dict) and isinstance(first.get("at"), str):
            return first["at"], folder.name
    return "", folder.name


def places(root: Path) -> list[Path]:
    """The folders that hold quarantines, in root and below, root included."""
    found: list[Path] = []
    for folder, names, _files in os.walk(root):
        if os.path.basename(folder) == SET_ASIDE:
            found.append(Path(folder))
            names[:] = [name for name in names if not is_quarantine(Path(folder, name))]
    return found


@contextmanager
def locked(folder: Path) -> Iterator[Journal]:
    """The journal of a quarantine, locked; empty if the journal is missing. DestinationError if it is in use."""
    try:
        file = open(folder / JOURNAL, "rb")  # noqa: SIM115  closed below
    except FileNotFoundError:
        yield Journal("", {}, frozenset(), 0)
        return
    with file:
        try:
            lock(file, wait=False)
        except BlockingIOError:
            raise DestinationError(
                _("{folder} is in use by another move or undo. Try again later.", folder=folder)
            ) from None
        except OSError:
            pass  # not every file system has locks
        yield _read(file)


def _read(file: BinaryIO) -> Journal:
    at, damaged = "", 0
    intents: dict[int, tuple[Moving, ...]] = {}
    finished: set[int] = set()
    while line := file.readline(LONGEST_LINE):
        if not line.endswith(b"\n"):
            damaged += len(line) == LONGEST_LINE  # otherwise a stop cut it
            continue
        match _json(line):
            case {"intent": int(number), "files": [*files]} if all(map(_sound, files)):
                intents[number] = tuple(Moving(**file) for file in files)
            case {"done": int(number)} | {"back": int(number)}:
                finished.add(number)
            case {"at": str(at), "version": 1}:
                pass
            case _:
                damaged += 1
    return Journal(at, intents, frozenset(finished), damaged)


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _sound(file: Any) -> bool:
    """Whether a journal's entry is valid and names nothing outside the two folders: anybody may have written it."""
    if not isinstance(file, dict) or file.keys() != Moving.__annotations__.keys():
        return False
    texts = (file["source"], file["target"], file["sha256"])
    numbers = (file["size"], file["inode"], file["device"], file["mtime_ns"])
    return all(isinstance(t, str) for t in texts) and all(type(n) is int for n in numbers) and all(map(_inside, texts))


def _inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts and "\0" not in path


def plain_folder(base: Path, relative: str) -> bool:
    """Whether the path to a file below base leads through no link."""
    folder = os.path.join(os.path.realpath(base), os.path.dirname(relative))
    return os.path.realpath(folder) == folder.rstrip("/")
