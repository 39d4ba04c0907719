"""Home, and the trips away from it."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from unipic.albums.sessions import Session, km_between
from unipic.albums.shots import Dated

CELL = 10  # cells of a degree: 11 km from south to north
AWAY_KM, NEAR_KM = 50.0, 150.0  # from home; between two sessions of one trip
EMPTY_DAYS = 2  # without photos within a trip, at most
# A home has photos of so many weeks, so far apart: a holiday of three weeks in one place is none.
HOME_WEEKS, HOME_DAYS = 3, 28
# Without places, so many days in a row with photos are one event if chance would seldom give them: by how often there
# are photos in the days around.
ROW_DAYS, ROW_CHANCE, AROUND_DAYS = 3, 0.01, 60
Half = tuple[int, bool]  # a year, and whether it is its second half
Cell = tuple[int, int]


@dataclass(frozen=True)
class Home:
    """Where the photographer lived for half a year."""

    place: tuple[float, float]  # in degrees
    country: str
    town: str


def homes_of(dated: Sequence[Dated]) -> dict[Half, Home]:
    """Home in each half year that tells: the cell with photos of most weeks, so that a move is followed."""
    cells: dict[Half, dict[Cell, list[Dated]]] = defaultdict(lambda: defaultdict(list))
    for one in dated:
        if one.shot.place:
            latitude, longitude = one.shot.place
            cells[_half(one.local)][round(latitude * CELL), round(longitude * CELL)].append(one)
    found = {}
    for half, by_cell in cells.items():
        lived = {cell: some for cell, some in by_cell.items() if _lived(some)}
        if lived:
            best = max(lived, key=lambda cell: (_weeks(lived[cell]), len({one.day for one in lived[cell]}), cell))
            found[half] = _home(lived[best])
    return found


def home_at(homes: dict[Half, Home], when: datetime) -> Home | None:
    """Home at that time, or in the half year nearest to it that tells; None if none does."""
    number = _number(_half(when))
    half = min(homes, key=lambda half: (abs(_number(half) - number), half), default=None)
    return None if half is None else homes[half]


def is_away(session: Session, home: Home | None) -> bool | None:
    """Whether most of the photos with a place are far from home or abroad; None without a place."""
    placed = [one.shot for one in session if one.shot.place]
    if not placed:
        return None
    if home is None:
        return True
    abroad = [
        (bool(shot.country and home.country) and shot.country != home.country)
        or (shot.place is not None and km_between(shot.place, home.place) > AWAY_KM)
        for shot in placed
    ]
    return sum(abroad) * 2 > len(abroad)


def with_trips(sessions: Sequence[Session], homes: dict[Half, Home]) -> list[list[Session]]:
    """Sessions in order, those of one trip together. A session without a place joins a trip that goes on after it.

    Where no home is known, as in the photos of one holiday, only what takes several days is a trip.
    """
    groups: list[list[Session]] = []
    trip: list[Session] | None = None  # the last group, while it is away
    waiting: list[Session] = []  # without a place, behind it
    for session in sessions:
        away = is_away(session, home_at(homes, session[0].local))
        if away is not False and trip and _days_between((waiting or trip)[-1], session) <= EMPTY_DAYS:
            if away is None:
                waiting.append(session)
                continue
            if _km(trip[-1], session) <= NEAR_KM:
                trip += [*waiting, session]
                waiting = []
                continue
        groups += [[one] for one in waiting]
        waiting = []
        groups.append([session])
        trip = groups[-1] if away else None
    groups += [[one] for one in waiting]
    if homes:
        return groups
    return [some for group in groups for some in ([group] if _days(group) > 1 else [[one] for one in group])]


def with_rows(groups: Sequence[list[Session]]) -> list[list[Session]]:
    """Sessions without a place on several days in a row together, where photos on so many days are unusual."""
    taken = sorted({one.day.toordinal() for group in groups for session in group for one in session})
    rows: list[list[list[Session]]] = []
    for group in groups:
        last = rows[-1][-1] if rows else None
        if last and _placeless(last) and _placeless(group) and _days_between(last[-1], group[0]) <= 0:
            rows[-1].append(group)
        else:
            rows.append([group])
    return [
        some for row in rows for some in ([[one for group in row for one in group]] if _unusual(row, taken) else row)
    ]


def _placeless(group: Sequence[Session]) -> bool:
    return not any(one.shot.place for session in group for one in session)


def _unusual(row: Sequence[list[Session]], taken: Sequence[int]) -> bool:
    """Whether so many days in a row would come less often than ROW_CHANCE, if each had photos as those around."""
    days = [one.day.toordinal() for group in row for session in group for one in session]
    first, last = min(days), max(days)
    begin, end = max(first - AROUND_DAYS, taken[0]), min(last + AROUND_DAYS, taken[-1])  # as far as there are photos
    number, around = last - first + 1, first - begin + end - last
    others = (
        bisect_right(taken, end) - bisect_left(taken, begin) - (bisect_right(taken, last) - bisect_left(taken, first))
    )
    return number >= ROW_DAYS and (others / max(around, 1)) ** number < ROW_CHANCE


def _days(sessions: Sequence[Session]) -> int:
    return len({one.day for session in sessions for one in session})


def _lived(some: Sequence[Dated]) -> bool:
    days = [one.day for one in some]
    return _weeks(some) >= HOME_WEEKS and (max(days) - min(days)).days >= HOME_DAYS


def _weeks(some: Sequence[Dated]) -> int:
    return len({one.day.isocalendar()[:2] for one in some})


def _home(some: Sequence[Dated]) -> Home:
    placed = [one.shot for one in some if one.shot.place]
    latitudes, longitudes = zip(*(shot.place for shot in placed if shot.place), strict=True)
    middle = sorted(latitudes)[len(placed) // 2], sorted(longitudes)[len(placed) // 2]
    return Home(middle, most_common(shot.country for shot in placed), most_common(shot.town for shot in placed))


def most_common(words: Iterable[str]) -> str:
    """The most frequent word that is not empty, of equal ones the first by the alphabet; "" if there is none."""
    counted = Counter(word for word in words if word)
    return min(counted, key=lambda word: (-counted[word], word), default="")


def _half(when: datetime) -> Half:
    return when.year, when.month > 6


def _number(half: Half) -> int:
    return 2 * half[0] + half[1]


def _days_between(first: Session, second: Session) -> int:
    """Whole days without photos between two sessions."""
    last: date = max(one.day for one in first)
    return (second[0].day - last).days - 1


def _km(first: Session, second: Session) -> float:
    """From the last known place of one to the first of the other."""
    ends = [one.shot.place for one in first if one.shot.place]
    starts = [one.shot.place for one in second if one.shot.place]
    return km_between(ends[-1], starts[0])
