"""Tell a damaged SQLite file from other errors."""

import sqlite3

NOT_DAMAGE = (  # primary result codes that do not concern the file's content
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL),
    *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT),
)


def is_damage(error: Exception) -> bool:
    """Whether the file's content is at fault, by SQLite or because a text in it is none."""
    if isinstance(error, UnicodeError) or "Could not decode to UTF-8" in str(error):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF not in NOT_DAMAGE
