"""The share that phones send photos to: whether it is on, its token, and how much may arrive."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from streamlit import config

from server.door_token import keep_private
from server.uploads import KEEP_FREE
from unipic.core.errors import SettingsError
from unipic.core.settings import Receiving, data_folder
from unipic.library.inbox import open_inbox, room

USER = "phone"
FILE = "phone.json"  # in the data folder
SHARE = "/unipic/phone"


@dataclass(frozen=True)
class Share:
    """What is kept of the share."""

    secret: str = ""  # sha256 of "user:token", hexadecimal; "": the share is off
    limit_gb: float = Receiving.inbox_gb  # of all that lies in the inbox

    def opened_by(self, authorization: str) -> bool:
        """Whether the value of an Authorization header is that of the user, with the token."""
        try:
            scheme, _, given = authorization.partition(" ")
            credentials = base64.b64decode(given if scheme.lower() == "basic" else "", validate=True)
        except (binascii.Error, ValueError):
            return False
        return bool(self.secret) and hmac.compare_digest(self.secret, hashlib.sha256(credentials).hexdigest())

    def room(self) -> int:
        """Bytes that may still arrive."""
        return room(int(self.limit_gb * 1e9), KEEP_FREE)


def share() -> Share:
    """The share as it was left; off if nothing was ever said. SettingsError if its file is damaged."""
    path = data_folder() / FILE
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Share(str(values["secret"]), Receiving(float(values["limit_gb"])).inbox_gb)
    except FileNotFoundError:
        return Share()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}. Delete it, and switch the share on again") from error


def switch_on() -> str:
    """Switch the share on, with a new token, which is returned and stored nowhere. Its inbox is made."""
    token = secrets.token_urlsafe(18)
    open_inbox()
    _save(replace(share(), secret=hashlib.sha256(f"{USER}:{token}".encode()).hexdigest()))
    return token


def switch_off() -> None:
    """Switch the share off. What arrived stays."""
    _save(replace(share(), secret=""))


def limit(gigabytes: float) -> None:
    """Set how many GB the inbox may hold. SettingsError for a number that is none."""
    _save(replace(share(), limit_gb=Receiving(gigabytes).inbox_gb))


def base_path() -> str:
    """The path below which this server answers, as "/photos"; "" for none."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def _save(value: Share) -> None:
    path: Path = data_folder() / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_private(path, json.dumps(asdict(value)))
