"""The operator's environment variables. Nothing else in the web app reads them.

The data folder, the models folder and UNIPIC_OFFLINE are in core/settings.py, since the command line needs them too.
"""

import ipaddress
import math
import os
from pathlib import Path

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _

MAX_UPLOAD_GB = 200.0  # per run, all files together
REFRESH_HOURS = 24.0  # between two looks for new photos
KEEP_DAYS = 7.0  # for a run without activity
KEEP_FETCHED_HOURS = 1.0  # for a run whose result was downloaded


def take_token() -> str:
    """UNIPIC_TOKEN, removed from the environment: processes that decode photos must not see it."""
    return os.environ.pop("UNIPIC_TOKEN", "")


def readable_folders() -> list[Path]:
    """Folders whose photos this server may read: UNIPIC_ROOTS, separated as in PATH."""
    return _folders("UNIPIC_ROOTS")


def writable_folders() -> list[Path]:
    """Folders this server may copy results into: UNIPIC_OUT, separated as in PATH."""
    return _folders("UNIPIC_OUT")


def proxies() -> list[str]:
    """Addresses and networks of proxies, whose word on a visitor's address is taken: UNIPIC_PROXIES, by commas.

    SettingsError if one is no address.
    """
    named = [one.strip() for one in os.environ.get("UNIPIC_PROXIES", "").split(",") if one.strip()]
    try:
        return [str(ipaddress.ip_network(one, strict=False)) for one in named]
    except ValueError as error:
        raise SettingsError(
            _("UNIPIC_PROXIES has addresses or networks separated by commas: {error}", error=error)
        ) from None


def may_set_aside() -> bool:
    """Whether originals in server folders may be moved aside: UNIPIC_MOVE_ASIDE=1."""
    return os.environ.get("UNIPIC_MOVE_ASIDE") == "1"


def keeps_spare() -> bool:
    """Whether a process with loaded models, about a gigabyte, waits for the next run: yes, unless UNIPIC_SPARE=0."""
    return os.environ.get("UNIPIC_SPARE", "1") != "0"


def max_upload() -> int:
    """Bytes that all files of a run may have together: UNIPIC_MAX_UPLOAD_GB. SettingsError if it is no number."""
    value = os.environ.get("UNIPIC_MAX_UPLOAD_GB") or str(MAX_UPLOAD_GB)
    try:
        return int(float(value) * 1e9)
    except (ValueError, OverflowError):
        raise SettingsError(_("UNIPIC_MAX_UPLOAD_GB is a number of gigabytes, not {value}", value=value)) from None


def keeping_times() -> tuple[float, float]:
    """Seconds that a run is kept without activity, and after its download.

    UNIPIC_KEEP_DAYS and UNIPIC_KEEP_FETCHED_HOURS. SettingsError if one is no number.
    """
    days = _number("UNIPIC_KEEP_DAYS", KEEP_DAYS)
    hours = _number("UNIPIC_KEEP_FETCHED_HOURS", KEEP_FETCHED_HOURS)
    return 86400 * days, 3600 * hours


def refresh_interval() -> float:
    """Seconds after which folders of the library are looked through for new photos; 0: only when somebody asks.

    UNIPIC_REFRESH_HOURS. SettingsError if it is no number.
    """
    return 3600 * _number("UNIPIC_REFRESH_HOURS", REFRESH_HOURS)


def _folders(variable: str) -> list[Path]:
    return [Path(folder) for folder in os.environ.get(variable, "").split(os.pathsep) if folder]


def _number(variable: str, default: float) -> float:
    value = os.environ.get(variable) or str(default)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise SettingsError(_("{variable} is a number from 0 on, not {value}", variable=variable, value=value))
    return number
