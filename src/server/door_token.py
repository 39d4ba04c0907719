"""The token of a server that others can reach: where it comes from, and what a browser holds in its place."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from unipic.core.errors import SettingsError

VARIABLE = "UNIPIC_TOKEN"
FILE = "token"  # in the data folder
LEAST = 16  # characters
OFF = "off"  # for those behind a proxy that asks for a password


@dataclass(frozen=True, repr=False)  # its value is in no message and in no traceback
class Token:
    value: str
    kept_in: Path | None = None  # the file of one that was made here

    @property
    def cookie(self) -> str:
        """What a browser keeps: it opens this server, and the token cannot be read from it."""
        return hmac.new(self.value.encode(), b"unipic cookie", hashlib.sha256).hexdigest()

    def opened_by(self, guess: str) -> bool:
        return hmac.compare_digest(self.value.encode(), guess.strip().encode(errors="replace"))

    def opened_by_cookie(self, value: str) -> bool:
        return hmac.compare_digest(self.cookie.encode(), value.encode(errors="replace"))


def token_of(given: str, reachable: bool, folder: Path) -> Token | None:
    """The token to ask for, if any: the one `given`, else one that is kept in `folder` while others can get here."""
    given = given.strip()
    if given == OFF:
        return None
    if given:
        if len(given) < LEAST:
            raise SettingsError(f"{VARIABLE} has at least {LEAST} characters, or is {OFF!r}; give it a longer one.")
        return Token(given)
    return _kept(folder) if reachable else None


def _kept(folder: Path) -> Token:
    path = folder / FILE
    try:
        value = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        value = secrets.token_urlsafe(24)
        folder.mkdir(parents=True, exist_ok=True)
        _keep(path, value)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}. Delete it to have a new token made.") from error
    if len(value) < LEAST:
        raise SettingsError(f"The token in {path} has fewer than {LEAST} characters. Delete it to have a new one made.")
    return Token(value, path)


def _keep(path: Path, value: str) -> None:
    """Whole or not there, and at no moment to be read by anyone else."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
