"""The local time at a place: by its country, and in large countries by the nearest city that zones are named after.

The list is IANA's zone.tab. Near a border between two zones of one country the hour may be the neighbour's.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np

from unipic.library.places import distance_km, places

ZONE = re.compile(r"^([A-Z]{2})\t([+-]\d{4,6})([+-]\d{5,7})\t(\S+)", re.MULTILINE)  # "DE", "+5230", "+01322", its name


def local_time_at(seconds: float, place: tuple[float, float]) -> datetime | None:
    """Seconds since 1970 by the clock on the wall there, with its offset; None where no zone is known, as at sea."""
    there = places().at(*place)
    zones = _zones().get(there.country) if there else None
    if not zones:
        return None
    away = distance_km(*place, *np.array([point for point, _ in zones]).T)
    with suppress(KeyError, OSError, ValueError, OverflowError):  # a system without that zone
        when = datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(zones[int(np.argmin(away))][1]))
        return datetime.fromisoformat(when.isoformat())  # a plain offset, which JSON keeps
    return None


@cache
def _zones() -> dict[str, list[tuple[tuple[float, float], str]]]:
    """Zones by country: latitude and longitude of their city in degrees, and their name."""
    found: dict[str, list[tuple[tuple[float, float], str]]] = {}
    with suppress(ModuleNotFoundError, OSError):
        for line in ZONE.finditer((files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")):
            point = _degrees(line[2][0], line[2][1:3], line[2][3:]), _degrees(line[3][0], line[3][1:4], line[3][4:])
            found.setdefault(line[1], []).append((point, line[4]))
    return found


def _degrees(sign: str, degrees: str, rest: str) -> float:
    """ "+", "52", "30" as degrees; the rest is minutes, and perhaps seconds."""
    return float(f"{sign}1") * (int(degrees) + int(rest[:2]) / 60 + int(rest[2:] or 0) / 3600)
