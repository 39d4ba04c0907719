"""The cookies of browsers that gave the token: random, and kept by the server as hashes only."""

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from server.door_token import Token, keep_private

FILE = "sessions.json"  # in the data folder
YEAR = 365 * 24 * 3600  # seconds that a cookie opens
MOST = 1000  # cookies at a time; the oldest go first


class Sessions:
    """The cookies that open. With a file a restart logs nobody out; another token, or a damaged file, everybody."""

    def __init__(self, token: Token, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock, self._lock = path, clock, threading.Lock()
        kept = self._read()
        self._salt = kept.get("salt") or secrets.token_hex(16)
        self._token = slow_hash(token.value, self._salt)
        same = hmac.compare_digest(str(kept.get("token", "")), self._token)
        self._until: dict[str, float] = kept["sessions"] if same else {}

    def new(self) -> str:
        """A cookie's value that opens from now on."""
        return self.add(secrets.token_urlsafe(32))

    def add(self, cookie: str) -> str:
        """Let a cookie's value open for a year, and return it."""
        with self._lock:
            now = self._clock()
            left = {one: until for one, until in self._until.items() if until > now}
            newest = sorted({**left, fast_hash(cookie): now + YEAR}.items(), key=lambda one: one[1])[-MOST:]
            self._until = dict(newest)
            if self._path:
                values = {"salt": self._salt, "token": self._token, "sessions": self._until}
                with suppress(OSError):  # on a full disk it opens until the server stops
                    keep_private(self._path, json.dumps(values))
        return cookie

    def known(self, cookie: str) -> bool:
        """Whether a cookie's value opens."""
        return self._until.get(fast_hash(cookie), 0.0) > self._clock()

    def _read(self) -> dict[str, Any]:
        """What was kept; nothing if it is damaged."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path else {}
            sessions = {str(one): float(until) for one, until in kept.get("sessions", {}).items()}
            return {"salt": str(kept.get("salt", "")), "token": str(kept.get("token", "")), "sessions": sessions}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}


def fast_hash(cookie: str) -> str:
    """Of a cookie or token that is random, about which a fast hash tells nothing."""
    return hashlib.sha256(cookie.encode(errors="replace")).hexdigest()


def slow_hash(token: str, salt: str) -> str:
    """Of a token or PIN that a person chose: whoever reads the file must not find it by trying."""
    return hashlib.scrypt(token.encode(), salt=salt.encode(), n=1 << 14, r=8, p=1).hex()
