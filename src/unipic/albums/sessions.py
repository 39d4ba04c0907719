"""Sessions: photos without a long pause, and without a way to another place, between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt

import numpy as np

from unipic.albums.shots import Dated
from unipic.library.places import EARTH_KM

Session = list[Dated]
# For pauses, each given by the digests before and after it: how similar the two sides are, 0 to 100; None: unknown.
Similar = Callable[[Sequence[tuple[list[str], list[str]]]], list[float | None]]

MOVED, MOVED_KM = timedelta(hours=1.5), 5.0  # a pause in which one went so far ends a session
FRESH = timedelta(hours=12)  # a place that was known longer ago says nothing
SCENE = 40.0  # similarity below which a pause of unclear length leads to another scene
SIDE = 5  # photos on each side of a pause that are compared
LONGEST = timedelta(days=1)  # a session that goes on longer, as a time-lapse, has more than one day


@dataclass(frozen=True)
class Rules:
    """By what events are told apart. The pause was chosen on made-up years, see benchmarks/events.py."""

    gap: timedelta = timedelta(hours=4)  # a longer pause ends a session
    trips: bool = True
    least: int = 3  # photos of an event; fewer are shown by their day


def unknown(pauses: Sequence[tuple[list[str], list[str]]]) -> list[float | None]:
    """Default for `similar`: nothing is known."""
    return [None] * len(pauses)


def sessions(dated: Sequence[Dated], rules: Rules, similar: Similar = unknown) -> list[Session]:
    """The photos in order, cut into sessions.

    Where both places are known, by the pause and the way; where not, a pause between half and twice the usual one is
    decided by what the photos show.
    """
    if not dated:
        return []
    pauses = np.diff([one.at for one in dated])
    before, after = _last_known(dated), _last_known(dated[::-1])[::-1]
    km = [_km(before[at], after[at + 1], dated[at], dated[at + 1]) for at in range(len(pauses))]
    gap = rules.gap.total_seconds()
    unclear = [at for at, pause in enumerate(pauses.tolist()) if km[at] is None and gap / 2 < pause <= 2 * gap]
    sides = [
        (_digests(dated[max(0, at + 1 - SIDE) : at + 1]), _digests(dated[at + 1 : at + 1 + SIDE])) for at in unclear
    ]
    seen = dict(zip(unclear, similar(sides), strict=True))
    moved = min(MOVED.total_seconds(), gap)
    found: list[Session] = [[dated[0]]]
    for at, pause in enumerate(pauses.tolist()):
        way, likeness = km[at], seen.get(at)
        cut = pause > gap if likeness is None else likeness < SCENE
        if cut or (way is not None and way >= MOVED_KM and pause > moved):
            found.append([])
        found[-1].append(dated[at + 1])
    return [_with_days(session) for session in found]


def _with_days(session: Session) -> Session:
    """What goes on past the end of a day counts to the day on which the session began."""
    first = session[0]
    return [replace(one, day=first.day) if one.at - first.at < LONGEST.total_seconds() else one for one in session]


def _last_known(dated: Sequence[Dated]) -> list[Dated | None]:
    """For each photo the latest with a place, itself or before it."""
    found: list[Dated | None] = []
    last: Dated | None = None
    for one in dated:
        last = one if one.shot.place else last
        found.append(last)
    return found


def _km(first: Dated | None, second: Dated | None, end: Dated, start: Dated) -> float | None:
    """From the last known place to the next; None unless both are known and fresh."""
    if not (first and second and first.shot.place and second.shot.place):
        return None
    if max(end.at - first.at, second.at - start.at) > FRESH.total_seconds():
        return None
    return km_between(first.shot.place, second.shot.place)


def km_between(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Between two places in degrees, on a great circle (haversine)."""
    here, there = radians(first[0]), radians(second[0])
    across = radians(second[1] - first[1]) / 2
    chord = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(across) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(chord, 1.0)))


def _digests(dated: Sequence[Dated]) -> list[str]:
    return [one.shot.digest for one in dated]
