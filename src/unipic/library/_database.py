"""The index's file, shared with other processes: questions, and writes that are queued for seconds.

An error never ends a run: it is told in `notices`, and what cannot be stored on disk is stored in memory.
"""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from unipic.core.errors import UnipicError
from unipic.core.language import gettext as _
from unipic.library._sqlite import is_damage
from unipic.library._tables import NewerIndex, open_tables
from unipic.library.thumbnails import Thumbnails

WRITE_INTERVAL_S = 2.0  # seconds between two writes: what a kill loses
ENDINGS = ("", "-wal", "-shm")  # of the files that SQLite makes
BY_DIGEST = ("pixels", "metadata", "vector", "score", "part", "done", "trait")  # tables
BY_PAIR = ("pair", "look")
FRAMES = "frames"  # the folder with pictures of films, beside the thumbnails


class Database:
    """One file of tables. For one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notices: tuple[str, ...] = ()
        self._waiting: list[tuple[str, Sequence[Any]]] = []
        self._written = time.monotonic()
        try:
            self._base = self._opened()
        except (sqlite3.Error, OSError, ValueError) as error:
            self._base = self._instead(error)

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return open_tables(str(self.path))

    def _instead(self, error: Exception) -> sqlite3.Connection:
        """A new file in place of a damaged one; otherwise tables in memory, for this run alone."""
        if is_damage(error):
            with suppress(sqlite3.Error, OSError):
                for end in ENDINGS:
                    self.path.with_name(self.path.name + end).unlink(missing_ok=True)
                base = self._opened()
                self.notices = (
                    _(
                        "What was remembered of photos was damaged ({path}: {error}) and is made again. Your "
                        "decisions are stored elsewhere and are unchanged.",
                        path=self.path,
                        error=error,
                    ),
                )
                return base
        advice = "" if isinstance(error, NewerIndex) else _(" The file may be deleted at any time.")
        self.notices = (
            _(
                "This scan will not be remembered: {path} cannot be used ({error}). The next run reads those "
                "photos again.{advice}",
                path=self.path,
                error=error,
                advice=advice,
            ),
        )
        return open_tables(":memory:")

    def ask(self, words: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query, queued writes included. [] after an error."""
        self.write()
        try:
            return self._base.execute(words, values).fetchall()
        except (sqlite3.Error, OSError, ValueError) as error:
            self._replace(error)
            return []

    def queue(self, words: str, values: Sequence[Any]) -> None:
        """A statement to be executed with the next write."""
        self._waiting.append((words, values))

    def write_now_and_then(self) -> None:
        """Write if the last time was WRITE_INTERVAL_S ago."""
        if time.monotonic() - self._written > WRITE_INTERVAL_S:
            self.write()

    def write(self) -> None:
        """Write everything queued in one transaction: a writer locks the file, and other processes wait."""
        waiting, self._waiting = self._waiting, []
        try:
            with self._base as base:
                for words, values in waiting:
                    base.execute(words, values)
        except (sqlite3.Error, OSError, ValueError) as error:
            self._replace(error)
        self._written = time.monotonic()

    def all_at_once(self, statements: Iterable[tuple[str, Sequence[Any]]]) -> None:
        """Execute statements in one transaction, now."""
        self._waiting += statements
        self.write()

    def compact(self) -> None:
        """Write the file anew, so that nothing deleted is left in its free pages. UnipicError if that is not possible.

        Whoever reads the file at the same time is waited for, for LOCK_TIMEOUT_S.
        """
        self.write()
        try:
            self._base.execute("VACUUM")
            (busy, *_pages) = self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise UnipicError(
                _("{path} may still hold bytes of what was deleted: {error}. Try again.", path=self.path, error=error)
            ) from error
        if busy:
            raise UnipicError(
                _("{path} may still hold bytes of what was deleted: it is in use. Try again.", path=self.path)
            )

    def _replace(self, error: Exception) -> None:
        with suppress(sqlite3.Error):
            self._base.close()
        self._base = self._instead(error)

    def close(self) -> None:
        """Write what is queued, and close the file."""
        self.write()
        self._base.close()


def rows_in(path: Path, words: str, values: Sequence[Any] = ()) -> list[Any]:
    """The rows of a query, from any thread; [] if there is no index, or none that can be read."""
    if not path.exists():
        return []
    try:
        with closing(open_tables(str(path))) as base:
            return base.execute(words, values).fetchall()
    except (sqlite3.Error, OSError, ValueError):
        return []


def usable(path: Path) -> None:
    """UnipicError if a newer version wrote the index, or it cannot be written. A damaged one is made again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        open_tables(str(path)).close()
    except NewerIndex as error:
        raise UnipicError(_("{path} cannot be used: {error}.", path=path, error=error)) from error
    except OSError as error:
        raise UnipicError(_("{path} cannot be written to: {why}", path=path.parent, why=error.strerror)) from error
    except (sqlite3.Error, ValueError) as error:
        if not is_damage(error):
            raise UnipicError(_("{path} cannot be used: {error}.", path=path, error=error)) from error


def forget_orphans(base: Database, thumbnails: Thumbnails) -> None:
    """Forget what no file has any more, and delete its thumbnails."""
    orphans = "NOT IN (SELECT digest FROM file WHERE digest IS NOT NULL)"
    for (digest,) in base.ask(f"SELECT digest FROM pixels WHERE digest {orphans}"):
        thumbnails.path(digest).unlink(missing_ok=True)
    frames = Thumbnails(thumbnails.folder.parent / FRAMES)
    for digest, part in base.ask(f"SELECT digest, part FROM part WHERE kind = 'frame' AND digest {orphans}"):
        frames.path(f"{digest}-{part}").unlink(missing_ok=True)
    statements = [(f"DELETE FROM text WHERE rowid IN (SELECT id FROM trait WHERE digest {orphans})", ())]
    statements += [(f"DELETE FROM {table} WHERE digest {orphans}", ()) for table in BY_DIGEST]
    statements += [(f"DELETE FROM {table} WHERE first {orphans} OR second {orphans}", ()) for table in BY_PAIR]
    base.all_at_once(statements)
