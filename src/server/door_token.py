"""The access token of a server that others can reach: and where it is kept."""

import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _

VARIABLE = "UNIPIC_TOKEN"
FILE = "token"  # in the data folder
LEAST = 16  # characters
OFF = "off"  # for servers behind a proxy that asks for a password


@dataclass(frozen=True, repr=False)
class Token:
    """An access token. Its value is in no message and no traceback."""

    value: str
    kept_in: Path | None = None  # the file, if it was generated

    def opened_by(self, guess: str) -> bool:
        """Whether a guess is the token."""
        return hmac.compare_digest(self.value.encode(), guess.strip().encode(errors="replace"))


def token_of(given: str, reachable: bool, folder: Path) -> Token | None:
    """The required token: `given`, or if others can reach the server, one stored in `folder`. None if none is required.

    SettingsError for a token that is too short, or a file that cannot be read.
    """
    given = given.strip()
    if given == OFF:
        return None
    if given:
        if len(given) < LEAST:
            raise SettingsError(
                _(
                    "{variable} has at least {least} characters, or is {off}; give it a longer one.",
                    variable=VARIABLE,
                    least=LEAST,
                    off=OFF,
                )
            )
        return Token(given)
    return _kept(folder) if reachable else None


def _kept(folder: Path) -> Token:
    path = folder / FILE
    try:
        value = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        value = secrets.token_urlsafe(24)
        folder.mkdir(parents=True, exist_ok=True)
        keep_private(path, value)
    except (OSError, ValueError) as error:
        raise SettingsError(
            _("{path} cannot be read: {error}. Delete it to have a new token made.", path=path, error=error)
        ) from error
    if len(value) < LEAST:
        raise SettingsError(
            _(
                "The token in {path} has fewer than {least} characters. Delete it to have a new one made.",
                path=path,
                least=LEAST,
            )
        )
    return Token(value, path)


def keep_private(path: Path, value: str) -> None:
    """Write a text file atomically, never readable by others."""
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
