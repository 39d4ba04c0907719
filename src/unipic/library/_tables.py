"""The tables of the index, and how its file is opened by several processes at once.

`file` has every file of the library and of folders that were cleaned; the other tables have what was extracted, by
content (digest). Each row records the version of its extractor (`made`).
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from unipic.core.language import gettext as _
from unipic.reading import seen

T = TypeVar("T")

FILE = "index.sqlite"
SQL_BATCH = 500  # values per query; SQLite allows at least 999
LOCK_TIMEOUT_S = 30.0  # seconds to wait for another process's write
SHAPE = seen.VERSION  # stored as PRAGMA user_version; a file of an older one is made again
# file: `library` is 1 in a folder of the library; `gone` is the day (since 1970) on which it was missed first; `beside`
# is 1 for a file that belongs to a photo, whose row lists it in `companions`, and -1 where that is to be found out;
# `problem` says why it is no photo.
# Vectors of 1 kB need a rowid: WITHOUT ROWID each would spill onto its own page.
SCHEMA = """
CREATE TABLE file (id INTEGER PRIMARY KEY, path BLOB UNIQUE, size INT, stamp TEXT, digest TEXT, day INT,
    library INT NOT NULL DEFAULT 0, gone INT, beside INT NOT NULL DEFAULT -1, companions TEXT, problem TEXT, made TEXT);
CREATE TABLE folder (path BLOB PRIMARY KEY, updated REAL) WITHOUT ROWID;
CREATE INDEX file_digest ON file (digest);
CREATE INDEX shown ON file (digest, path) WHERE library = 1 AND gone IS NULL AND beside < 1 AND digest IS NOT NULL;
CREATE TABLE pixels (digest TEXT PRIMARY KEY, made TEXT, thumbnail INT, facts TEXT) WITHOUT ROWID;
CREATE TABLE metadata (digest TEXT PRIMARY KEY, made TEXT, facts TEXT, taken TEXT, lat REAL, lon REAL) WITHOUT ROWID;
CREATE INDEX metadata_taken ON metadata (digest, taken, lat, lon);
CREATE TABLE vector (digest TEXT, part TEXT NOT NULL DEFAULT '', key TEXT, made TEXT, value BLOB,
    PRIMARY KEY (digest, key, part));
CREATE TABLE part (digest TEXT, part TEXT, key TEXT, made TEXT, kind TEXT, facts TEXT, PRIMARY KEY (digest, key, part));
CREATE TABLE done (digest TEXT, key TEXT, made TEXT, PRIMARY KEY (digest, key)) WITHOUT ROWID;
CREATE TABLE pair (first TEXT, second TEXT, key TEXT, made TEXT, points INT, sameness REAL, how TEXT,
    across REAL, down REAL, PRIMARY KEY (first, second, key)) WITHOUT ROWID;
CREATE TABLE look (first TEXT, second TEXT, made TEXT, verdict TEXT, words TEXT,
    PRIMARY KEY (first, second)) WITHOUT ROWID;
CREATE TABLE score (digest TEXT, key TEXT, made TEXT, value TEXT, PRIMARY KEY (digest, key)) WITHOUT ROWID;
CREATE TABLE beside (path BLOB PRIMARY KEY, made TEXT, size INT, stamp TEXT, facts TEXT, day INT) WITHOUT ROWID
"""

# What photos are searched by, made from the other tables. `trait.made` is a hash of all it was made from; `looks`,
# `kinds` and `colours` have a bit for each name in traits.py. Times are the clock on the wall; Monday is 0. x, y and z
# are the place as a direction from the middle of the earth, so that distances need no functions that SQLite may lack.
COLUMNS = (
    *("digest", "made", "taken", "by_camera", "month", "monthday", "day", "hour", "weekday", "late_weekday"),
    *("x", "y", "z", "place", "city", "country", "camera", "format", "width", "height", "pixels", "bytes"),
    *("rating", "sharp", "kinds", "colours", "looks", "content", "burst"),
)
SEARCHED = f"""
DROP TABLE IF EXISTS text;
DROP TABLE IF EXISTS trait;
CREATE TABLE trait (id INTEGER PRIMARY KEY, {", ".join(COLUMNS)});
CREATE UNIQUE INDEX trait_digest ON trait (digest);
CREATE INDEX trait_facts ON trait ({", ".join(COLUMNS[2:-2])});
CREATE VIRTUAL TABLE text USING fts5 (name, folder, camera, place, caption, words, tokenize = 'trigram')
"""


class NewerIndex(sqlite3.Error):
    """The file was written by a newer Unipic; it is left as it is."""


def open_tables(path: str) -> sqlite3.Connection:
    """The database, with its tables made if they are missing or of an older shape. NewerIndex, sqlite3.Error."""
    base = sqlite3.connect(path, timeout=LOCK_TIMEOUT_S)
    try:
        _shape(base)  # before anything is written
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")  # consistent after a crash, which may lose the last writes
        if _shape(base) != SHAPE:
            with base:
                base.execute("BEGIN IMMEDIATE")  # another process may have made the tables meanwhile
                if _shape(base) != SHAPE:
                    _make(base)
        if not _searched(base):
            with base:
                base.execute("BEGIN IMMEDIATE")
                for words in SEARCHED.split(";") if not _searched(base) else ():
                    base.execute(words)
    except BaseException:
        base.close()
        raise
    return base


def _searched(base: sqlite3.Connection) -> bool:
    """Whether the tables of the search are there. An older index has others; the rows are made from what it has."""
    asked = "SELECT 1 FROM sqlite_master WHERE name = 'text' AND sql LIKE '%caption%'"
    return base.execute(asked).fetchone() is not None


def _shape(base: sqlite3.Connection) -> int:
    (shape,) = base.execute("PRAGMA user_version").fetchone()
    if shape > SHAPE:
        raise NewerIndex(_("it was written by a newer Unipic (version {version}); update", version=shape))
    return int(shape)


def _make(base: sqlite3.Connection) -> None:
    """Replace tables of an older version by empty ones."""
    old = base.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'text_%'").fetchall()
    for words in (*(f"DROP TABLE {name}" for (name,) in old), *SCHEMA.split(";"), f"PRAGMA user_version = {SHAPE}"):
        base.execute(words)


def portions(values: Sequence[T], size: int = SQL_BATCH) -> Iterator[Sequence[T]]:
    """The values, some at a time for one query."""
    return (values[start : start + size] for start in range(0, len(values), size))


def marks(values: Collection[object]) -> str:
    """A question mark for each value."""
    return ",".join("?" * len(values))
