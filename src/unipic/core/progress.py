"""How long work reports how far it is. Whoever listens may raise Cancelled from the callback to stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unipic.core.words import count, duration, size

BYTE = "byte"
# Before either, a stage is mostly starting up: workers, models, the first batches. An estimate would be hours off.
ESTIMATE_AFTER_S = 5.0
ESTIMATE_AFTER = 64  # photos: two batches; of fewer, half


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
        """Stage, amount, speed and time left in words, `passed` seconds after the stage began."""
        if not self.total:
            return self.stage
        words = [self.stage, self.amount]
        if self.done < min(ESTIMATE_AFTER, self.total / 2):
            words.append("Starting…")
        elif passed >= ESTIMATE_AFTER_S:
            speed = self.done / passed
            words.append(f"{size(speed)} a second" if self.unit == BYTE else f"{speed:.0f} a second")
            words.append(f"{duration((self.total - self.done) / speed)} left")
        return " · ".join(words)


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """For callers that do not care."""
