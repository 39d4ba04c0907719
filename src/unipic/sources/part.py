"""Parts of a source: the first files of it, or those that nobody is writing any more."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from unipic.core.photo import Found, Unreadable
from unipic.sources.base import Source

REST = 10  # seconds without a change, after which a file is whole
ALONE = 60  # seconds that a file without companions waits for them: a Live Photo's film may arrive later
NS = 1_000_000_000


@dataclass
class First:
    """The first `most` units of a source in the order of their names; a photo and what is named like it are one."""

    source: Source
    most: int
    looked: int = 0  # units given by the last files()
    found: int = 0  # units there are

    def files(self) -> Iterator[Found | Unreadable]:
        units = _units(self.source)
        self.found, self.looked = len(units), min(self.most, len(units))
        for name in sorted(units)[: self.most]:
            yield from units[name]


@dataclass
class Resting:
    """The files of a source that are at rest. The others are left for the next look."""

    source: Source
    now: Callable[[], int] = time.time_ns  # nanoseconds
    moving: int = field(default=0)  # files left out by the last files()

    def files(self) -> Iterator[Found | Unreadable]:
        self.moving = 0
        for unit in _units(self.source).values():
            wait = REST if len(unit) > 1 else ALONE
            if all(isinstance(file, Unreadable) or self._age(file) >= wait for file in unit):
                yield from unit
            else:
                self.moving += len(unit)

    def _age(self, file: Found) -> float:
        """Seconds since the file, or what is known of it, changed; 0 for one that was written a moment ago."""
        if not file.stamp:
            return 0.0
        try:
            return (self.now() - max(int(part) for part in file.stamp.split()[:2])) / NS  # see sources.base.stamp
        except ValueError:  # of a server, which gives a photo once it has all of it
            return float("inf")


def _units(source: Source) -> dict[str, list[Found | Unreadable]]:
    """Files by folder and name up to the first dot, in lower case."""
    units: defaultdict[str, list[Found | Unreadable]] = defaultdict(list)
    for file in source.files():
        folder, slash, name = file.name.rpartition("/")
        units[f"{folder}{slash}{name.partition('.')[0] or name}".casefold()].append(file)
    return units
