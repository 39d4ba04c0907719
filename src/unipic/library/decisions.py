"""The catalogue of people's decisions, by content, kept as long as this installation lives and never deleted by Unipic.

It holds no pictures and no places: only sha256 digests, file names, and what was decided.
"""

from __future__ import annotations

import errno
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from unipic.core.errors import DecisionsUnreadable
from unipic.library._sqlite import is_damage

FILE = "decisions.sqlite"
VERSION = 1
SQL_BATCH = 500  # digests per query; SQLite allows at least 999
SCHEMA = """
CREATE TABLE IF NOT EXISTS ruling (id TEXT PRIMARY KEY, at REAL, parts TEXT, kept TEXT, moment INTEGER, names TEXT);
CREATE TABLE IF NOT EXISTS member (digest TEXT, ruling TEXT REFERENCES ruling (id) ON DELETE CASCADE,
    PRIMARY KEY (digest, ruling)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_of ON member (ruling);
CREATE TABLE IF NOT EXISTS seen (digest TEXT PRIMARY KEY, first REAL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Ruling:
    """One decision: which files belong together, and perhaps which of them stay."""

    id: str
    at: float  # seconds since 1970
    parts: tuple[tuple[str, ...], ...]  # digests, one for each file
    kept: tuple[str, ...] | None = None  # digests that stay, one for each file; None: that is not decided
    moment: bool = True  # about shots of one moment; False: about copies
    names: tuple[str, ...] = ()  # the files' names; those of `kept` come first, in its order

    @property
    def digests(self) -> frozenset[str]:
        """Every digest the ruling names."""
        return frozenset(digest for part in self.parts for digest in part)


class Catalogue:
    """The decisions on disk. Each call opens the file anew, so it is safe from any thread and process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def about(self, digests: Iterable[str]) -> list[Ruling]:
        """Every ruling that names at least one of the digests, oldest first. DecisionsUnreadable if damaged."""
        wanted = sorted(set(digests))
        found: dict[str, Ruling] = {}
        if not self._begun():
            return []
        with self._open() as base:
            for some in _portions(wanted):
                marks = ",".join("?" * len(some))
                rows = base.execute(
                    "SELECT DISTINCT r.id, r.at, r.parts, r.kept, r.moment, r.names FROM ruling r "
                    f"JOIN member m ON m.ruling = r.id WHERE m.digest IN ({marks})",
                    some,
                )
                found |= {row[0]: _ruling(*row) for row in rows}
        return sorted(found.values(), key=lambda ruling: (ruling.at, ruling.id))

    def all(self) -> list[Ruling]:
        """Every ruling, oldest first. DecisionsUnreadable if damaged."""
        if not self._begun():
            return []
        with self._open() as base:
            rows = base.execute("SELECT id, at, parts, kept, moment, names FROM ruling ORDER BY at, id")
            return [_ruling(*row) for row in rows]

    def save(self, rulings: Iterable[Ruling], gone: Iterable[str] = ()) -> None:
        """Add rulings or replace those with the same id, and delete those with ids in `gone`: all or nothing."""
        with self._open() as base:
            base.executemany("DELETE FROM ruling WHERE id = ?", [(id,) for id in gone])
            for ruling in rulings:
                base.execute("DELETE FROM ruling WHERE id = ?", (ruling.id,))
                texts = (json.dumps(value) for value in (ruling.parts, ruling.kept, ruling.names))
                parts, kept, names = texts
                base.execute(
                    "INSERT INTO ruling VALUES (?, ?, ?, ?, ?, ?)",
                    (ruling.id, ruling.at, parts, kept, ruling.moment, names),
                )
                base.executemany("INSERT INTO member VALUES (?, ?)", [(d, ruling.id) for d in sorted(ruling.digests)])

    def remove(self, ids: Iterable[str]) -> None:
        """Delete the rulings with these ids."""
        if gone := list(ids):
            self.save((), gone)

    def meet(self, digests: Iterable[str]) -> dict[str, float]:
        """When each digest was first seen, seconds since 1970; records now for new ones."""
        wanted, now = sorted(set(digests)), time.time()
        found: dict[str, float] = {}
        with self._open() as base:
            base.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", [(digest, now) for digest in wanted])
            for some in _portions(wanted):
                marks = ",".join("?" * len(some))
                found |= dict(base.execute(f"SELECT digest, first FROM seen WHERE digest IN ({marks})", some))
        return found

    def _begun(self) -> bool:
        """Reading never creates the file. An empty one, left by a full disk, counts as missing."""
        return self.path.exists() and self.path.stat().st_size > 0

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction. DecisionsUnreadable if the file is damaged or not ours."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=30)) as base, base:
                base.execute("PRAGMA foreign_keys = ON")
                version = base.execute("PRAGMA user_version").fetchone()[0]
                if version not in (0, VERSION):
                    raise DecisionsUnreadable(f"{self.path} was written by a newer Unipic (version {version}); update.")
                if version == 0:
                    base.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
                yield base
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            raise DecisionsUnreadable(
                f"what you decided earlier ({self.path}) cannot be used: {error}. {_advice(error)}"
            ) from error


def _advice(error: Exception) -> str:
    """Only advise moving the file away if it is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return "What was decided before is as it was; make room on the disk and try again."
    if isinstance(error, OSError) or (code is not None and not is_damage(error)):
        return "What was decided before is as it was; see that the file and its folder can be used, and try again."
    return "Move the file away to begin anew."


def _portions(values: list[str]) -> Iterator[list[str]]:
    return (values[start : start + SQL_BATCH] for start in range(0, len(values), SQL_BATCH))


def _ruling(id: str, at: float, parts: str, kept: str, moment: int, names: str) -> Ruling:
    stays = json.loads(kept)
    return Ruling(
        id,
        at,
        tuple(tuple(part) for part in json.loads(parts)),
        None if stays is None else tuple(stays),
        bool(moment),
        tuple(json.loads(names)),
    )
