"""How long work reports how far it is. Whoever listens may raise Cancelled from the callback to stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unipic.core.words import count, duration, size

BYTE = "byte"
SURE = 5.0  # seconds after which speed and time left are told; before that they are mostly wrong


@dataclass(frozen=True)
class Step:
    stage: str  # "Reading photos"
    done: int
    total: int  # 0: not known
    unit: str = ""  # of what is counted, for one: "photo", "pair", BYTE
    skippable: bool = False  # the work can go on without what the stage brings

    @property
    def share(self) -> float:
        """0 to 1; 0 where the total is not known."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def amount(self) -> str:
        """ "12 of 692 photos", "3.0 MB of 40.0 MB"; "" where the total is not known."""
        if not self.total:
            return ""
        if self.unit == BYTE:
            return f"{size(self.done)} of {size(self.total)}"
        return f"{self.done:,} of " + (count(self.total, self.unit) if self.unit else f"{self.total:,}")

    def told(self, passed: float) -> str:
        """The stage in words after `passed` seconds: its amount, and once they can be told speed and time left."""
        words = [self.stage, *filter(None, [self.amount])]
        if self.total and self.done and passed >= SURE:
            speed = self.done / passed
            words.append(f"{size(speed)} a second" if self.unit == BYTE else f"{speed:.0f} a second")
            words.append(f"{duration((self.total - self.done) / speed)} left")
        return " · ".join(words)


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """For callers that do not care."""
