"""The local time at a place: by its country, and in large countries by the nearest city that zones are named after.

The list is IANA's zone.tab. Near a border between two zones of one country the hour may be the neighbour's.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import numpy as np

from unipic.library.places import distance_km, places

LIST = "zone.tab"


def local_time_at(seconds: float, place: tuple[float, float]) -> datetime | None:
    """Seconds since 1970 by the clock on the wall there, with its offset; None where no zone is known, as at sea."""
    there = places().at(*place)
    zones = _zones().get(there.country) if there else None
    if not zones:
        return None
    away = distance_km(*place, *np.array([(latitude, longitude) for latitude, longitude, _ in zones]).T)
    with suppress(KeyError, OSError, ValueError, OverflowError):  # a system without that zone
        when = datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(zones[int(np.argmin(away))][2]))
        return datetime.fromisoformat(when.isoformat())  # a plain offset, which JSON keeps
    return None


@cache
def _zones() -> dict[str, list[tuple[float, float, str]]]:
    """Zones by country: the latitude and longitude of their city in degrees, and their name."""
    found: dict[str, list[tuple[float, float, str]]] = {}
    for line in _list().splitlines():
        columns = line.split("\t")
        if not line.startswith("#") and len(columns) > 2:
            split = max(columns[1].rfind("+"), columns[1].rfind("-"))
            point = _degrees(columns[1][:split]), _degrees(columns[1][split:])
            found.setdefault(columns[0], []).append((*point, columns[2]))
    return found


def _list() -> str:
    with suppress(ModuleNotFoundError, OSError):
        return (files("tzdata") / "zoneinfo" / LIST).read_text(encoding="utf-8")
    there = (Path(folder) / LIST for folder in TZPATH)
    return next((path.read_text(encoding="utf-8") for path in there if path.exists()), "")


def _degrees(text: str) -> float:
    """ "+5230" or "-0732823", degrees with minutes and perhaps seconds, as degrees."""
    digits = text[1:]
    whole = len(digits) - (4 if len(digits) > 5 else 2)
    parts = [int(digits[:whole]), int(digits[whole : whole + 2]), int(digits[whole + 2 :] or 0)]
    return (-1 if text[0] == "-" else 1) * sum(part / 60**power for power, part in enumerate(parts))
