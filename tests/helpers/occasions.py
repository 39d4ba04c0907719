"""Made-up photos of made-up lives: when and where each was taken, and nothing else."""

from datetime import datetime, timedelta
from typing import Any

from unipic.albums.shots import Shot

BERLIN, POTSDAM, LISBON, SINTRA = (52.52, 13.40), (52.40, 13.06), (38.72, -9.14), (38.80, -9.39)
TOWNS = {BERLIN: ("Berlin", "DE"), POTSDAM: ("Potsdam", "DE"), LISBON: ("Lisbon", "PT"), SINTRA: ("Sintra", "PT")}


def shot(digest: str, when: str = "", place: tuple[float, float] | None = None, **facts: Any) -> Shot:
    """A shot at an ISO time; "" for none."""
    town, country = TOWNS.get(place, ("", "")) if place else ("", "")
    taken = datetime.fromisoformat(when) if when else None
    return Shot(digest, **{"taken": taken, "place": place, "town": town, "country": country, **facts})


def shots(
    prefix: str, when: str, number: int, place: tuple[float, float] | None = None, every: float = 5
) -> list[Shot]:
    """So many shots from a time on, one every so many minutes."""
    start = datetime.fromisoformat(when)
    return [shot(f"{prefix}{n:03}", (start + timedelta(minutes=every * n)).isoformat(), place) for n in range(number)]


def half_a_year_at_home(year: int = 2018) -> list[Shot]:
    """An afternoon at home on ten Saturdays of spring."""
    first = datetime(year, 1, 1, 15)
    first += timedelta(days=5 - first.weekday())
    first += timedelta(days=7 if first.year < year else 0)
    days = [first + timedelta(days=14 * week) for week in range(10)]
    return [one for n, day in enumerate(days) for one in shots(f"home{year}{n}-", day.isoformat(), 4, BERLIN)]
