"""A film as shots, in one pass that holds a bounded piece of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unipic.video.detectors import Cut

TOO_SHORT = 0.2  # seconds: a shot below it is listed, and has no picture of its own


@dataclass(frozen=True)
class Shot:
    """From one change of shot to the next, in seconds."""

    number: int  # from 1
    start: float
    end: float
    clear_from: float  # the picture is of this shot alone from here
    clear_to: float  # to here
    kind_in: str  # how it begins: "start", "cut", "fade" or "mix"
    technical: str = ""  # "black", "white", "one colour", "test bars", "no signal": it has nothing else to show

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass
class Cutter:
    """Makes shots of cuts as they are found."""

    number: int = 1  # of the shot that is open
    start: float = 0.0
    clear_from: float = 0.0
    kind_in: str = "start"

    def cut(self, cuts: Sequence[Cut]) -> Iterator[Shot]:
        """The shots that these cuts close."""
        for one in cuts:
            if one.at <= self.start:
                continue
            hard = one.last < one.first
            yield self._shot(one.at, one.at if hard else min(one.first, one.at))
            self.number, self.start, self.kind_in = self.number + 1, one.at, one.kind
            self.clear_from = one.at if hard else max(one.last, one.at)

    def end(self, seconds: float) -> Shot:
        """The last shot of a film of this length."""
        return self._shot(max(seconds, self.start), max(seconds, self.start))

    def _shot(self, end: float, clear_to: float) -> Shot:
        return Shot(self.number, self.start, end, self.clear_from, max(self.clear_from, clear_to), self.kind_in)
