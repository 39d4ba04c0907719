"""What chips ask of the library, as conditions on its facts."""

import math
from collections.abc import Callable, Iterator, Sequence

from unipic.core.language import gettext as _
from unipic.library.appearances import looked_for, with_faces
from unipic.library.matching import (
    Among,
    Between,
    Condition,
    Contains,
    Every,
    Flag,
    Known,
    Near,
    Not,
    OneOf,
    Shape,
    Some,
)
from unipic.search._tongue import WEEKDAYS
from unipic.search.keys import bytes_range, number_range
from unipic.search.names import Names
from unipic.search.query import Chip, ranged
from unipic.search.spans import day_after, first_day

NOT_ASKED = {"like", "sort", "limit", "word"}  # chips that are no conditions
UNKNOWN = ("eyes", "smiling")  # what nothing in the library can tell
OF_FACES = ("who", "faces", "people", *UNKNOWN)  # what is known only once faces were looked for
WITH = {"none": (0, 1), "some": (1, math.inf)}  # numbers of faces: from, and below
LOOK = ("blurry", "dark", "bright", "bw")
NIGHT_ENDS = " 04:00:00"  # see library/traits.py


def condition_of(chips: Sequence[Chip], names: Names) -> Every:
    """The condition that all chips make together."""
    late = any(chip.key == "time" and any(map(_wraps, chip.values)) for chip in chips)
    conditions = []
    for chip in chips:
        if chip.key not in NOT_ASKED:
            some = Some(tuple(_of(chip.key, value, names, late) for value in chip.values))
            conditions.append(Not(some) if chip.negative else some)
    return Every(tuple(conditions))


def missing(chips: Sequence[Chip], names: Names) -> Iterator[str]:
    """What to say of chips that find nothing since nothing in the library can tell."""
    looked, named = looked_for(names.library.reader), names.vocabulary.people
    who = [value for chip in chips if chip.key == "who" for value in chip.values]
    for key in dict.fromkeys(chip.key for chip in chips if chip.key in OF_FACES):
        if not looked:
            yield _("Nobody has looked for faces in this library, so {key}: finds nothing", key=key)
        elif key == "who" and not named and not any(names.library.said(key, one) for one in who):
            yield _("Nobody has a name in this library, so who: finds nothing")
        elif key in UNKNOWN:
            yield _("Nothing in this library says so far, so {key}: finds nothing", key=key)


def _of(key: str, value: str, names: Names, late: bool) -> Condition:
    """One value. `late`: the chips name a night, which belongs to the day on which it began."""
    readers: dict[str, Callable[[str], Condition]] = {
        "date": lambda value: _date(value, late),
        "year": lambda value: _date("..".join(dict.fromkeys(ranged(value))), late),
        "before": lambda value: Between("taken", None, _moment(value, False, late)),
        "after": lambda value: Between("taken", _moment(value, True, late)),
        "month": lambda value: _whole("month", value),
        "day": lambda value: _day(value, late),
        "time": _time,
        "place": lambda value: _place(value, names),
        "country": lambda value: OneOf("country", (value,)),
        "near": lambda value: Near(*map(float, value.split(","))),
        "kind": lambda value: Flag("kinds", value),
        "camera": lambda value: Contains(value, ("camera",)),
        "format": lambda value: OneOf("format", (value,)),
        "name": _name,
        "folder": lambda value: Contains(value, ("folder",)),
        "text": Contains,
        "color": lambda value: Flag("colours", value),
        "is": lambda value: _is(value, names),
        "has": lambda value: Known("z") if value == "place" else Flag("looks", value),
        "who": lambda value: Among(names.library.said("who", value)),
        "faces": lambda value: Among(with_faces(names.library.reader, *number_range(value))),
        "people": lambda value: Among(with_faces(names.library.reader, *WITH[value])),
        "tag": lambda value: Among(names.library.said("tag", value)),
        "label": lambda value: Among(names.learned(value).digests),
        "album": lambda value: Among(names.library.said("album", value)),
        "event": lambda value: Among(names.event(value)),
        "size": lambda value: _numbers("bytes", bytes_range(value) or (0.0, 0.0)),
        "mp": lambda value: _numbers("pixels", number_range(value), 1e6),
    }
    if key in UNKNOWN:
        return Some(())
    if key in ("rating", "width", "height"):
        return _numbers(key, number_range(value))
    return readers[key](value)


def _date(value: str, late: bool) -> Between:
    first, last = ranged(value)
    return Between("taken", _moment(first, False, late) if first else None, _moment(last, True, late) if last else None)


def _moment(value: str, after: bool, late: bool) -> str:
    """Where a day, month or year begins, or `after` it ends, as the column `taken` has it."""
    day = day_after(value) if after else first_day(value)
    return f"{day.isoformat()}{NIGHT_ENDS if late else ''}"


def _whole(column: str, value: str) -> Between:
    """Whole numbers from one to another, over the end of the circle where the second is smaller."""
    low, high = (int(end) for end in ranged(value))
    return Between(column, low, high + 1, turns=high < low)


def _day(value: str, late: bool) -> Condition:
    column = "late_weekday" if late else "weekday"
    if value == "weekend":
        return OneOf(column, (5, 6))
    if value in WEEKDAYS:
        return OneOf(column, (WEEKDAYS.index(value),))
    if "-" not in value:
        return OneOf("day", (int(value),))
    return _whole("monthday", value.replace("-", ""))


def _time(value: str) -> Between:
    first, end = (int(hour) for hour in ranged(value))
    return Between("hour", first, end, turns=_wraps(value))


def _wraps(hours: str) -> bool:
    first, end = (int(hour) for hour in ranged(hours))
    return end <= first


def _place(value: str, names: Names) -> Condition:
    ids = names.place_ids(value)
    return Some((OneOf("place", ids), OneOf("city", ids))) if ids else Contains(value, ("place",))


def _name(value: str) -> Condition:
    """A file's name, or with a slash the end of its folder and the beginning of its name."""
    folder, slash, name = value.strip("/").rpartition("/")
    if not slash:
        return Contains(value, ("name", "folder"))
    inside = (
        Every((Contains(folder, ("folder",)), Contains(name, ("name",)))) if name else Contains(folder, ("folder",))
    )
    return Some((Contains(value.strip("/"), ("folder",)), inside))


def _is(value: str, names: Names) -> Condition:
    if value in ("portrait", "landscape", "square"):
        return Shape(value)
    if value in LOOK:
        return Flag("looks", value)
    if value in ("best", "copy", "single"):
        return Among(names.library.of_groups(value))
    return Among(names.library.said("is", value))


def _numbers(column: str, limits: tuple[float, float], unit: float = 1.0) -> Between:
    low, below = (end * unit if math.isfinite(end) else None for end in limits)
    return Between(column, low, below)
