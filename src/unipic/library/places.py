"""Which place a photo was taken in, without a network: GeoNames' places of 1,000 people and more, in a file of ours.

The data is GeoNames' (geonames.org), under CC BY 4.0; training/places.py makes the file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import asin, cos, degrees, radians, sin
from pathlib import Path

import numpy as np

VERSION = 1  # raised when a point gets another place

FILE = Path(__file__).with_name("places.npz")
SCALE = 10_000  # of coordinates in the file: 11 m
EARTH_KM = 6371.0  # radius
DEGREE_KM = 111.2  # of latitude
# A place reaches as far as its people spread: by the nearest centre alone the Eiffel Tower would lie in Vanves. The
# area of a place grows with its people, so its radius with their root; NEAREST_KM is for villages, and where people are
# not counted.
NEAREST_KM, KM_FOR_A_THOUSAND = 1.0, 0.25
FURTHEST_KM = 60.0  # beyond it a photo was taken nowhere
PARTS_OF_A_CITY = 4  # times the people: a place within the reach of one so much larger is a part of it
NOWHERE = {(0.0, 0.0), (1.0, 1.0)}  # what devices write that do not know where they are


@dataclass(frozen=True)
class Place:
    """A place of GeoNames."""

    id: int
    name: str
    country: str  # two letters, as "IT"
    others: tuple[str, ...] = ()  # its names in other languages
    within: Place | None = None  # the city whose part it is


class Places:
    """The places of the file, in the order of their latitudes."""

    def __init__(self, path: Path = FILE) -> None:
        with np.load(path) as stored:
            self._ids, self._people = stored["id"], stored["people"]
            self._latitudes, self._longitudes = (stored[name] / SCALE for name in ("latitude", "longitude"))
            self._countries = stored["country"].tobytes().decode("ascii")
            self._names = stored["names"].tobytes().decode("utf-8").split("\n")
        self._reach = np.maximum(NEAREST_KM, KM_FOR_A_THOUSAND * np.sqrt(self._people / 1000))
        self._row = {id: row for row, id in enumerate(self._ids.tolist())}

    def at(self, latitude: float, longitude: float) -> Place | None:
        """The place whose pull on the point is greatest; None far from all, and where devices do not know better."""
        if (latitude, longitude) in NOWHERE:
            return None
        some = self._around(latitude, longitude)
        away = distance_km(latitude, longitude, self._latitudes[some], self._longitudes[some])
        pull = np.where(away <= FURTHEST_KM, away / self._reach[some], np.inf)
        if not len(pull) or not np.isfinite(pull.min()):
            return None
        nearest = int(pull.argmin())
        people = self._people[some]
        around = (people > PARTS_OF_A_CITY * people[nearest]) & (away <= self._reach[some])
        city = int(np.where(around, pull, np.inf).argmin()) if around.any() else None
        within = None if city is None else self._place(int(some[city]))
        return replace(self._place(int(some[nearest])), within=within)

    def _around(self, latitude: float, longitude: float) -> np.ndarray:
        """int64 [N]: the places in a box with sides of twice FURTHEST_KM, most of which are not further away."""
        margin = FURTHEST_KM / DEGREE_KM
        first, last = np.searchsorted(self._latitudes, [latitude - margin, latitude + margin])
        narrowest = max(1e-9, cos(radians(min(90.0, abs(latitude) + margin))))
        widest = 2 * degrees(asin(min(1.0, sin(FURTHEST_KM / EARTH_KM / 2) / narrowest)))
        off = np.abs(self._longitudes[first:last] - longitude)
        return np.asarray(first + np.flatnonzero(np.minimum(off, 360 - off) <= widest))

    def named(self, id: int) -> Place | None:
        """The place with this id."""
        row = self._row.get(id)
        return None if row is None else self._place(row)

    def _place(self, row: int) -> Place:
        name, *others = self._names[row].split("\t")
        return Place(int(self._ids[row]), name, self._countries[2 * row : 2 * row + 2], tuple(others))


@cache
def places() -> Places:
    """All places, loaded once."""
    return Places()


def direction(latitude: float, longitude: float) -> tuple[float, float, float]:
    """A place in degrees as a direction from the middle of the earth, of length 1."""
    up, around = radians(latitude), radians(longitude)
    return cos(up) * cos(around), cos(up) * sin(around), sin(up)


def distance_km(latitude: float, longitude: float, latitudes: np.ndarray, longitudes: np.ndarray) -> np.ndarray:
    """Great-circle distances from a point to others, in km; all in degrees (haversine)."""
    here, there = np.radians(latitude), np.radians(latitudes)
    across = np.radians(longitudes - longitude) / 2
    chord = np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(across) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1))))
