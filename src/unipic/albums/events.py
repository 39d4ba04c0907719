"""Events: every photo in exactly one event, day without an event, or folder of photos whose time is unknown."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from typing import Literal

from unipic.albums.sessions import Rules, Session, Similar, sessions, unknown
from unipic.albums.shots import Dated, Shot, in_order
from unipic.albums.titles import Known, Titles
from unipic.albums.trips import homes_of, most_common, with_rows, with_trips
from unipic.core.folding import folded
from unipic.core.language import span_in_words
from unipic.library.events import EventRuling

Kind = Literal["event", "trip", "day", "undated"]
BEST = 4  # photos that stand for an event
ID_DIGITS = 12  # of the digest of an event's first photo
NOBODY: Known = Known()


@dataclass(frozen=True)
class Day:
    """The photos of an event that count to one day."""

    date: date | None  # None: unknown
    digests: tuple[str, ...]  # in order of time


@dataclass(frozen=True)
class Event:
    """Photos that belong together: an event, a trip, a day without one, or a folder of undated photos."""

    kind: Kind
    title: str
    days: tuple[Day, ...]
    start: datetime | None = None  # by the clocks on the wall
    end: datetime | None = None
    place: str = ""
    country: str = ""
    named: bool = False  # by a person
    best: tuple[str, ...] = ()  # digests of photos that stand for it

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """All photos, in order."""
        return tuple(digest for day in self.days for digest in day.digests)

    @property
    def when(self) -> str:
        """Its first and last day, "" without any: "1-7 April 2018"."""
        days = [day.date for day in self.days if day.date]
        return span_in_words(min(days), max(days)) if days else ""

    @property
    def name(self) -> str:
        """The title without the days."""
        return self.title.removesuffix(f", {self.when}")

    @property
    def id(self) -> str:
        """The beginning of the digest of its first photo."""
        return self.digests[0][:ID_DIGITS]


@dataclass(frozen=True)
class Events:
    """All events of a library, in order of time; undated ones last, by folder."""

    events: tuple[Event, ...]
    shots: Mapping[str, Shot] = field(repr=False, default_factory=dict)  # by digest

    @cached_property
    def by_id(self) -> dict[str, Event]:
        """Each event by its id."""
        return {event.id: event for event in self.events}

    @cached_property
    def of_photo(self) -> dict[str, Event]:
        """The event of each photo, by digest."""
        return {digest: event for event in self.events for digest in event.digests}

    def matching(self, words: str) -> frozenset[str]:
        """Digests of the photos of the events with this id, or whose title has these words."""
        wanted = folded(words)
        found = (event for event in self.events if event.id == wanted or (wanted and wanted in folded(event.title)))
        return frozenset(digest for event in found for digest in event.digests)


@dataclass(eq=False)
class _Group:
    """Photos in order that are one event, while rulings are applied."""

    dated: list[Dated]
    trip: bool = False
    said: bool = False  # a person made it an event, whatever its size
    name: str = ""


def events_of(
    shots: Sequence[Shot],
    rulings: Sequence[EventRuling] = (),
    rules: Rules = Rules(),  # noqa: B008  frozen
    similar: Similar = unknown,
    people: Known = NOBODY,
) -> Events:
    """The events of photos in any order. Rulings are applied oldest first, so the newest one holds."""
    dated, undated = in_order(shots, clocks_in(rulings))
    homes = homes_of(dated)
    found = sessions(dated, rules, similar)
    together = with_rows(with_trips(found, homes)) if rules.trips else [[one] for one in found]
    groups = [_Group([one for session in some for one in session], _is_trip(some)) for some in together]
    said, left_out = _as_said(groups, rulings)
    titles = Titles(shots, homes, people)
    events = [_event(group, titles) for group in said if group.said or len(group.dated) >= rules.least]
    few = [group.dated for group in said if not group.said and len(group.dated) < rules.least]
    days = [_day(some, titles) for some in _by_day([*left_out, *(one for some in few for one in some)])]
    ordered = sorted([*events, *days], key=lambda pair: (pair[0], pair[1].digests))
    return Events(
        (*(event for _, event in ordered), *_by_folder(undated, titles)), {shot.digest: shot for shot in shots}
    )


def _is_trip(some: Sequence[Session]) -> bool:
    """Several sessions, of which one says where it was."""
    return len(some) > 1 and any(one.shot.place for session in some for one in session)


def clocks_in(rulings: Iterable[EventRuling]) -> dict[str, float]:
    """By how many seconds the clock of a photo's camera was ahead, as people said, by digest."""
    return {
        digest: float(ruling.name)
        for ruling in rulings
        if ruling.kind == "clock" and ruling.name.removeprefix("-").replace(".", "", 1).isdecimal()
        for digest in ruling.digests
    }


# What people said.


def _as_said(groups: Sequence[_Group], rulings: Sequence[EventRuling]) -> tuple[list[_Group], list[Dated]]:
    """The groups by what was said of them, and the photos that belong to no event."""
    left_out: list[Dated] = []
    alive = {id(group): group for group in groups}
    group_of = {one.shot.digest: group for group in groups for one in group.dated}

    def instead(old: Iterable[_Group], new: Iterable[_Group]) -> None:
        for group in old:
            del alive[id(group)]
        for group in new:
            alive[id(group)] = group
            group_of.update((one.shot.digest, group) for one in group.dated)

    for ruling in rulings:
        named = set(ruling.digests)
        found = {id(group_of[digest]): group_of[digest] for digest in ruling.digests if digest in group_of}
        touched = sorted(found.values(), key=lambda group: (group.dated[0].at, group.dated[0].shot.digest))
        match ruling.kind:
            case "split":
                instead(touched, [part for group in touched for part in _split(group, named)])
            case "join" if len(touched) > 1:
                instead(touched, [_joined(touched)])
            case "name" if touched:
                most = max(touched, key=lambda group: sum(one.shot.digest in named for one in group.dated))
                most.name, most.said = ruling.name, most.said or bool(ruling.name)
            case "leave out":
                for group in touched:
                    left_out += [one for one in group.dated if one.shot.digest in named]
                    group.dated = [one for one in group.dated if one.shot.digest not in named]
                for digest in named:
                    group_of.pop(digest, None)
                instead([group for group in touched if not group.dated], [])
    return list(alive.values()), left_out


def _split(group: _Group, before: set[str]) -> Iterator[_Group]:
    """The group cut before these photos; the larger part keeps its name."""
    parts: list[list[Dated]] = [[]]
    for one in group.dated:
        if one.shot.digest in before and parts[-1]:
            parts.append([])
        parts[-1].append(one)
    largest = max(parts, key=len)
    for part in parts:
        keeps = part is largest
        several = len({one.day for one in part}) > 1
        yield _Group(part, group.trip and several, group.said and keeps, group.name if keeps else "")


def _joined(groups: Sequence[_Group]) -> _Group:
    """One of several, with the name of the largest that has one."""
    dated = sorted((one for group in groups for one in group.dated), key=lambda one: (one.at, one.shot.digest))
    name = max(groups, key=lambda group: (bool(group.name), len(group.dated))).name
    return _Group(dated, any(group.trip for group in groups), True, name)


# What becomes of them.


def _event(group: _Group, titles: Titles) -> tuple[float, Event]:
    dated, shots = group.dated, [one.shot for one in group.dated]
    days: dict[date, list[str]] = defaultdict(list)
    for one in dated:
        days[one.day].append(one.shot.digest)
    event = Event(
        kind="trip" if group.trip else "event",
        title=group.name or titles.of(dated, group.trip),
        days=tuple(Day(day, tuple(digests)) for day, digests in days.items()),
        start=dated[0].local,
        end=dated[-1].local,
        place=most_common(shot.town for shot in shots),
        country=most_common(shot.country for shot in shots),
        named=bool(group.name),
        best=best_of(shots),
    )
    return dated[0].at, event


def _by_day(dated: Iterable[Dated]) -> Iterator[list[Dated]]:
    days: dict[date, list[Dated]] = defaultdict(list)
    for one in sorted(dated, key=lambda one: (one.at, one.shot.digest)):
        days[one.day].append(one)
    yield from days.values()


def _day(dated: Sequence[Dated], titles: Titles) -> tuple[float, Event]:
    start, event = _event(_Group(list(dated), name=titles.day(dated[0].day)), titles)
    return start, Event(**{**vars(event), "kind": "day", "named": False})


def _by_folder(undated: Iterable[Shot], titles: Titles) -> Iterator[Event]:
    folders: dict[str, list[Shot]] = defaultdict(list)
    for shot in undated:
        folders[shot.folder].append(shot)
    for folder, some in sorted(folders.items()):
        place, country = most_common(shot.town for shot in some), most_common(shot.country for shot in some)
        day = Day(None, tuple(shot.digest for shot in some))
        title = titles.undated(folder)
        yield Event("undated", title, (day,), place=place, country=country, best=best_of(some))


def best_of(shots: Sequence[Shot], number: int = BEST) -> tuple[str, ...]:
    """The best shots of as many stretches of equal length, so that they tell of the whole."""
    number = min(number, len(shots))
    edges = [round(part * len(shots) / number) for part in range(number + 1)]
    stretches = (shots[start:end] for start, end in pairwise(edges))
    return tuple(max(some, key=lambda shot: (shot.worth, shot.digest)).digest for some in stretches)
