"""decisions.sqlite: what people said, kept as long as this installation lives and never deleted by Unipic.

It holds no pictures: only sha256 digests, names, words and what was decided. Migrations are numbered, so each version
opens the files of all versions before it.
"""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from unipic.core.errors import DecisionsNewer, DecisionsUnreadable
from unipic.core.language import gettext as _
from unipic.library._sqlite import is_damage

FILE = "decisions.sqlite"
MIGRATIONS = (
    """
CREATE TABLE IF NOT EXISTS ruling (id TEXT PRIMARY KEY, at REAL, parts TEXT, kept TEXT, moment INTEGER, names TEXT);
CREATE TABLE IF NOT EXISTS member (digest TEXT, ruling TEXT REFERENCES ruling (id) ON DELETE CASCADE,
    PRIMARY KEY (digest, ruling)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_of ON member (ruling);
CREATE TABLE IF NOT EXISTS seen (digest TEXT PRIMARY KEY, first REAL) WITHOUT ROWID;
""",
    """
CREATE TABLE folder (path BLOB PRIMARY KEY, at REAL) WITHOUT ROWID;
CREATE TABLE favourite (digest TEXT PRIMARY KEY, at REAL) WITHOUT ROWID;
CREATE TABLE note (digest TEXT PRIMARY KEY, words TEXT, at REAL) WITHOUT ROWID;
CREATE TABLE tag (digest TEXT, name TEXT, at REAL, PRIMARY KEY (digest, name)) WITHOUT ROWID;
CREATE TABLE album (id TEXT PRIMARY KEY, name TEXT, at REAL) WITHOUT ROWID;
CREATE TABLE in_album (album TEXT REFERENCES album (id) ON DELETE CASCADE, digest TEXT, at REAL,
    PRIMARY KEY (album, digest)) WITHOUT ROWID;
""",
    "CREATE TABLE choice (name TEXT PRIMARY KEY, value TEXT, at REAL) WITHOUT ROWID",
    """
CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT, born TEXT, cover TEXT, hidden INTEGER, at REAL) WITHOUT ROWID;
CREATE TABLE face_ruling (id TEXT PRIMARY KEY, at REAL, face TEXT, person TEXT, says TEXT) WITHOUT ROWID;
CREATE INDEX face_ruling_of ON face_ruling (person);
CREATE TABLE event_ruling (id TEXT PRIMARY KEY, at REAL, kind TEXT, digests TEXT, name TEXT) WITHOUT ROWID;
CREATE TABLE saved_search (id TEXT PRIMARY KEY, name TEXT, query TEXT, at REAL) WITHOUT ROWID;
""",
    "CREATE TABLE people_step (id TEXT PRIMARY KEY, at REAL, words TEXT, before TEXT) WITHOUT ROWID",
    "CREATE TABLE twin (sha1 TEXT PRIMARY KEY, sha256 TEXT) WITHOUT ROWID",  # two digests of the same bytes
)
VERSION = len(MIGRATIONS)


class Decisions:
    """The file on disk. Each call opens it anew, so it is safe from any thread and process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def _begun(self) -> bool:
        """Reading never creates the file. An empty one, left by a full disk, counts as missing."""
        return self.path.exists() and self.path.stat().st_size > 0

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction. DecisionsUnreadable if the file is damaged, newer or not ours."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=30)) as base, base:
                base.execute("PRAGMA foreign_keys = ON")
                base.execute("PRAGMA secure_delete = ON")  # what is deleted or replaced is overwritten
                if _version(base) < VERSION:
                    base.execute("BEGIN IMMEDIATE")
                    for number in range(_version(base), VERSION):  # another process may have done it meanwhile
                        for words in MIGRATIONS[number].split(";"):
                            base.execute(words)
                    base.execute(f"PRAGMA user_version = {VERSION}")
                    base.commit()
                yield base
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            raise DecisionsUnreadable(
                _(
                    "what you decided earlier ({path}) cannot be used: {error}. {advice}",
                    path=self.path,
                    error=error,
                    advice=_advice(error),
                )
            ) from error

    def _rows(
        self, words: str, values: tuple[object, ...] = (), made: Callable[..., Any] = lambda *row: row
    ) -> list[Any]:
        """What is `made` of each row that a question gives; nothing where there is no file yet."""
        if not self._begun():
            return []
        with self._open() as base:
            return [made(*row) for row in base.execute(words, values)]

    def usable(self) -> None:
        """DecisionsUnreadable if the file cannot be used. Without a file there is nothing wrong."""
        if self._begun():
            with self._open():
                pass


def _version(base: sqlite3.Connection) -> int:
    (version,) = base.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        path = base.execute("PRAGMA database_list").fetchone()[2]
        raise DecisionsNewer(
            _("{path} was written by a newer Unipic (version {version}); update.", path=path, version=version)
        )
    return int(version)


def _advice(error: Exception) -> str:
    """Only advise moving the file away if it is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return _("What was decided before is as it was; make room on the disk and try again.")
    if isinstance(error, OSError) or (code is not None and not is_damage(error)):
        return _("What was decided before is as it was; see that the file and its folder can be used, and try again.")
    return _("Move the file away to begin anew.")
