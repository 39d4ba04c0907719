"""Events on made-up years, beside gaps, calendar days and PhotoTOC.

Twenty years of one photographer: trips of several days in several towns, parties past midnight, two outings on one day,
ordinary outings, and single photos at home; after ten years a move to another city. Nothing of it is taken from real
photos, so the order of the methods is the finding, not the figures.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from unipic.albums.events import events_of
from unipic.albums.sessions import Rules
from unipic.albums.shots import NIGHT_ENDS, Shot

YEARS, FIRST_YEAR, MOVE = 20, 2004, 10
HOMES = ((52.52, 13.40, "DE"), (48.14, 11.58, "DE"))
AWAY = ((38.72, -9.14, "PT"), (41.90, 12.50, "IT"), (55.68, 12.57, "DK"), (54.32, 13.09, "DE"), (35.68, 139.69, "JP"))
# 11 events a year, of which "two outings" are two; and snapshots at home, each by itself.
A_YEAR = {"trip": 2, "party": 3, "two outings": 1, "outing": 4, "snapshot": 25}
TRIP_DAYS = (3, 12)  # from, below
PLACED = 0.8  # of the photos
KM = 1 / 111.0  # degrees of latitude
Grouping = Callable[[Sequence[Shot]], list[object]]
Point = tuple[float, float, str]


@dataclass
class Life:
    """Photos with the event each belongs to."""

    shots: list[Shot]
    truth: list[int]


def made_up(seed: int, years: int = YEARS) -> Life:
    """The photos of some years, in order of time."""
    rng, life, event = np.random.default_rng(seed), Life([], []), 0
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        home = HOMES[year - FIRST_YEAR >= MOVE]
        kinds = rng.permutation([kind for kind, number in A_YEAR.items() for _ in range(number)]).tolist()
        days = [int(rng.integers(*TRIP_DAYS)) if kind == "trip" else 2 for kind in kinds]
        pauses = rng.multinomial(360 - sum(days), [1 / len(kinds)] * len(kinds))  # days before each: none overlap
        begin = datetime(year, 1, 1)
        for kind, length, pause in zip(kinds, days, pauses.tolist(), strict=True):
            begin += timedelta(days=int(pause))
            event += _KINDS[kind](rng, life, event, begin, home, length)
            begin += timedelta(days=length)
    order = sorted(range(len(life.shots)), key=lambda at: (life.shots[at].taken, at))
    return Life([life.shots[at] for at in order], [life.truth[at] for at in order])


def _session(rng: np.random.Generator, life: Life, event: int, begin: datetime, hours: float, at: Point) -> None:
    """Bursts of photos with pauses between them, as people take them; a pause of more than 1.4 h is a meal."""
    now, end = begin, begin + timedelta(hours=hours)
    while now < end:
        for _ in range(int(rng.integers(1, 6))):
            place = (at[0] + rng.normal() * KM / 3, at[1] + rng.normal() * KM / 3)
            known = place if rng.random() < PLACED else None
            life.shots.append(Shot(f"{len(life.shots):06}", now, place=known, country=at[2] if known else ""))
            life.truth.append(event)
            now += timedelta(seconds=float(rng.exponential(20)) + 1)
        now += timedelta(minutes=float(min(rng.lognormal(math.log(12), 1.1), 170)))


def _near(rng: np.random.Generator, around: Point, least: float, most: float) -> Point:
    """A point so many km away."""
    angle, km = rng.uniform(0, 2 * math.pi), rng.uniform(least, most)
    east = math.sin(angle) * km * KM / math.cos(math.radians(around[0]))
    return around[0] + math.cos(angle) * km * KM, around[1] + east, around[2]


def _outing(rng: np.random.Generator, life: Life, event: int, day: datetime, home: Point, days: int) -> int:
    begin = day + timedelta(hours=float(rng.uniform(9, 16)))
    _session(rng, life, event, begin, float(rng.uniform(1, 5)), _near(rng, home, 0, 30))
    return 1


def _two_outings(rng: np.random.Generator, life: Life, event: int, day: datetime, home: Point, days: int) -> int:
    """In the morning here, in the afternoon elsewhere, with two to four hours between."""
    begin, hours = day + timedelta(hours=float(rng.uniform(8, 10))), float(rng.uniform(1, 2.5))
    _session(rng, life, event, begin, hours, _near(rng, home, 0, 10))
    second = max(one.taken for one in life.shots[-40:] if one.taken) + timedelta(hours=float(rng.uniform(2, 4)))
    _session(rng, life, event + 1, second, float(rng.uniform(1, 3)), _near(rng, home, 20, 35))
    return 2


def _party(rng: np.random.Generator, life: Life, event: int, day: datetime, home: Point, days: int) -> int:
    begin = day + timedelta(hours=float(rng.uniform(18, 21)))
    _session(rng, life, event, begin, float(rng.uniform(5, 9)), _near(rng, home, 0, 15))
    return 1


def _trip(rng: np.random.Generator, life: Life, event: int, day: datetime, home: Point, days: int) -> int:
    """One or two sessions a day, now and then none, in towns up to 100 km apart."""
    base = AWAY[int(rng.integers(len(AWAY)))]
    for number in range(days):
        if rng.random() < 0.1:
            continue
        town = _near(rng, base, 0, 50)
        morning = day + timedelta(days=number, hours=float(rng.uniform(8, 11)))
        _session(rng, life, event, morning, float(rng.uniform(1, 4)), town)
        if rng.random() < 0.6:
            evening = day + timedelta(days=number, hours=float(rng.uniform(17, 20)))
            _session(rng, life, event, evening, float(rng.uniform(1, 4)), _near(rng, town, 0, 10))
    return 1


def _snapshot(rng: np.random.Generator, life: Life, event: int, day: datetime, home: Point, days: int) -> int:
    _session(rng, life, event, day + timedelta(hours=float(rng.uniform(8, 22))), 0.01, home)
    return 1


_KINDS = {"outing": _outing, "two outings": _two_outings, "party": _party, "trip": _trip, "snapshot": _snapshot}


# The methods.


def by_gap(hours: float) -> Grouping:
    """A longer pause ends an event."""

    def group(shots: Sequence[Shot]) -> list[object]:
        return _cut(shots, [pause > hours * 3600 for pause in _pauses(shots)])

    return group


def by_day(ends: timedelta) -> Grouping:
    """A day that ends so long after midnight is an event."""
    return lambda shots: [(shot.taken - ends).date() for shot in shots if shot.taken]


def photo_toc(threshold: float, around: int = 10) -> Grouping:
    """Platt, Czerwinski and Field 2003: a pause far longer than those around it, by the logarithm, ends an event."""

    def group(shots: Sequence[Shot]) -> list[object]:
        logs = np.log(np.maximum(_pauses(shots), 1.0))
        mean = [logs[max(0, at - around) : at + around + 1].mean() for at in range(len(logs))]
        return _cut(shots, (logs >= np.log(threshold) + mean).tolist())

    return group


def ours(shots: Sequence[Shot], rules: Rules = Rules(least=1)) -> list[object]:  # noqa: B008  frozen
    """albums/events.py; sessions of fewer than three photos by themselves, as the other methods have them."""
    found = events_of(shots, (), rules).of_photo
    return [found[shot.digest].id for shot in shots]


METHODS: dict[str, Grouping] = {
    **{f"gap {hours} h": by_gap(hours) for hours in (1, 3, 4, 6, 8)},
    "calendar day": by_day(timedelta()),
    "day that ends at four": by_day(NIGHT_ENDS),
    "PhotoTOC, log 17": photo_toc(17),
    "PhotoTOC, log 600": photo_toc(600),
    "pause, place and trips": ours,
}


def _pauses(shots: Sequence[Shot]) -> list[float]:
    return [(b.taken - a.taken).total_seconds() for a, b in pairwise(shots) if a.taken and b.taken]


def _cut(shots: Sequence[Shot], cuts: Iterable[bool]) -> list[object]:
    return [0, *np.cumsum(np.asarray([*cuts], int)).tolist()][: len(shots)]


# What they are worth.


@dataclass(frozen=True)
class Worth:
    """Counts; sums of several lives are worth what all of them are."""

    right: int
    found: int
    true: int
    pairs_right: int
    pairs_found: int
    pairs_true: int

    def __add__(self, other: Worth) -> Worth:
        return Worth(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def __str__(self) -> str:
        precision, recall = self.right / self.found, self.right / self.true
        f1 = 2 * precision * recall / (precision + recall)
        pairs = f"{self.pairs_right / self.pairs_found:.3f} / {self.pairs_right / self.pairs_true:.3f}"
        return f"{precision:.3f} / {recall:.3f} / {f1:.3f}   {pairs}"


def worth(found: Sequence[object], truth: Sequence[object]) -> Worth:
    """Boundaries between neighbouring photos, and pairs of photos of one event."""
    cuts, wanted = ([a != b for a, b in pairwise(groups)] for groups in (found, truth))
    both = Counter(zip(found, truth, strict=True))
    return Worth(
        sum(a and b for a, b in zip(cuts, wanted, strict=True)), sum(cuts), sum(wanted),
        _pairs(both.values()), _pairs(Counter(found).values()), _pairs(Counter(truth).values()),
    )  # fmt: skip


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def run(photos: int = 0) -> None:
    """Print a line a method, with and without places, over ten lives."""
    lives = [made_up(seed) for seed in range(10)]
    placed = sum(shot.place is not None for life in lives for shot in life.shots)
    total = sum(len(life.shots) for life in lives)
    print(f"10 made-up lives of {YEARS} years: {total:,} photos, {placed / total:.0%} with a place\n")
    print("method                      boundaries P / R / F1   pairs P / R")
    for name, method in METHODS.items():
        print(f"{name:26}  {_sum(method, lives)}")
    without = [Life([replace(shot, place=None, country="") for shot in life.shots], life.truth) for life in lives]
    print(f"{'the same, without places':26}  {_sum(ours, without)}")
    many = made_up(0, 300).shots
    begun = time.process_time()
    events_of(many)
    print(f"\n{len(many):,} photos: {time.process_time() - begun:.1f} s of one processor")


def _sum(method: Grouping, lives: Sequence[Life]) -> Worth:
    total = Worth(0, 0, 0, 0, 0, 0)
    for life in lives:
        total += worth(method(life.shots), life.truth)
    return total
