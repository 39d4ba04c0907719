"""Which place a photo was taken in, without a network: GeoNames' places of 1,000 people and more, in a file of ours.

The data is GeoNames' (geonames.org), under CC BY 4.0; training/places.py makes the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

VERSION = 1  # raised when a point gets another place

FILE = Path(__file__).with_name("places.npz")
SCALE = 10_000  # of coordinates in the file: 11 m
EARTH_KM = 6371.0  # radius
DEGREE_KM = 111.2  # of latitude
# A place reaches as far as its people spread: by the nearest centre alone the Eiffel Tower would lie in Vanves. The area
# of a place grows with its people, so its radius with their root; NEAREST_KM is for villages, whose people are unknown.
NEAREST_KM, KM_FOR_A_THOUSAND = 1.0, 0.25
FURTHEST_KM = 60.0  # beyond it a photo was taken nowhere
NOWHERE = {(0.0, 0.0), (1.0, 1.0)}  # what devices write that do not know where they are


@dataclass(frozen=True)
class Place:
    """A place of GeoNames."""

    id: int
    name: str
    country: str  # two letters, as "IT"
    others: tuple[str, ...] = ()  # its names in other languages


class Places:
    """The places of the file, in the order of their latitudes."""

    def __init__(self, path: Path = FILE) -> None:
        with np.load(path) as stored:
            self._ids, people = stored["id"], stored["people"]
            self._latitudes, self._longitudes = (stored[name] / SCALE for name in ("latitude", "longitude"))
            self._countries = stored["country"].tobytes().decode("ascii")
            self._names = stored["names"].tobytes().decode("utf-8").split("\n")
        self._reach = np.maximum(NEAREST_KM, KM_FOR_A_THOUSAND * np.sqrt(people / 1000))
        self._row = {id: row for row, id in enumerate(self._ids.tolist())}

    def at(self, latitude: float, longitude: float) -> Place | None:
        """The place whose pull on the point is greatest; None far from all, and where devices do not know better."""
        if (latitude, longitude) in NOWHERE:
            return None
        margin = FURTHEST_KM / DEGREE_KM
        first, last = np.searchsorted(self._latitudes, [latitude - margin, latitude + margin])
        some = slice(first, last)
        away = distance_km(latitude, longitude, self._latitudes[some], self._longitudes[some])
        pull = np.where(away <= FURTHEST_KM, away / self._reach[some], np.inf)
        if not len(pull) or not np.isfinite(pull.min()):
            return None
        return self._place(int(first + pull.argmin()))

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


def distance_km(latitude: float, longitude: float, latitudes: np.ndarray, longitudes: np.ndarray) -> np.ndarray:
    """Great-circle distances from a point to others, in km; all in degrees (haversine)."""
    here, there = np.radians(latitude), np.radians(latitudes)
    across = np.radians(longitudes - longitude) / 2
    chord = np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(across) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1))))
