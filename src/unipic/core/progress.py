"""How long work reports how far it is. Whoever listens may raise Cancelled from the callback to stop it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from unipic.core.language import gettext as _, number, retold
from unipic.core.words import count, duration, size

T = TypeVar("T")

BYTE = "byte"
# Before either, a stage is mostly starting up: workers, models, the first batches. An estimate would be hours off.
ESTIMATE_AFTER_S = 5.0
ESTIMATE_AFTER = 64  # photos: two batches; of fewer, half


@dataclass(frozen=True)
class Stage:
    """A stage of a longer task, announced before it begins."""

    name: str  # as in its steps
    weight: float  # seconds in a usual task; only the ratios count
    purpose: str  # a sentence for people


@dataclass(frozen=True)
class Step:
    stage: str  # "Reading photos"
    done: int
    total: int  # 0: not known
    unit: str = ""  # of what is counted, for one: "photo", "pair", BYTE
    skippable: bool = False  # the work can go on without what the stage brings
    ahead: tuple[Stage, ...] = ()  # with a task's first step: its stages in their order

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
            return _("{done} of {total}", done=size(self.done), total=size(self.total))
        total = count(self.total, self.unit) if self.unit else number(self.total)
        return _("{done} of {total}", done=number(self.done), total=total)

    @property
    def settled(self) -> bool:
        """Enough is done for the stage's speed to mean something."""
        return bool(self.total) and self.done >= min(ESTIMATE_AFTER, self.total / 2)

    def told(self, passed: float) -> str:
        """Stage, amount, a download's speed and time left in words, `passed` seconds after the stage began."""
        return " · ".join(filter(None, (retold(self.stage), self.pace(passed))))

    def pace(self, passed: float) -> str:
        """Amount, a download's speed, and time left in words; "" where the total is not known."""
        words = [self.amount] if self.total else []
        if words and not self.settled:
            words.append(_("Starting…"))
        elif words and passed >= ESTIMATE_AFTER_S:
            rate = self.done / passed
            if self.unit == BYTE:
                words.append(_("{size} a second", size=size(rate)))
            words.append(_("{duration} left", duration=duration((self.total - self.done) / rate)))
        return " · ".join(words)


@dataclass
class Overall:
    """How far a whole task is, from its announced stages and the time that each of them really takes.

    A stage that is over, or far enough, counts with the time it took. The others count with their weights, scaled by
    how this task's time compares with the weights so far.
    """

    stages: tuple[Stage, ...] = ()
    share: float = 0.0  # 0 to 1; never falls
    left_s: float | None = None  # seconds; None while nobody can know
    purpose: str = ""  # of the present stage
    _taken: dict[str, float] = field(default_factory=dict)  # seconds of the stages that are over
    _now: str = ""
    _since: float = 0.0

    def at(self, step: Step, now: float) -> None:
        """Take in a step of the task; `now` in seconds. A stage not announced (a download) has no share in it."""
        if step.ahead:  # a task begins
            self.stages, self.share, self.left_s = step.ahead, 0.0, None
            self._taken, self._now = {}, ""
        stage = next((one for one in self.stages if one.name == step.stage), None)
        if stage is None:
            self._end(now)
            self.purpose = ""
            return
        if step.stage != self._now:
            self._end(now)
            self._now, self._since = step.stage, now
        self.purpose = stage.purpose
        taken = now - self._since + self._taken.get(stage.name, 0.0)
        self._weigh(stage, step, taken)

    def _end(self, now: float) -> None:
        """The present stage is over, or interrupted by one that was not announced."""
        if self._now:
            self._taken[self._now] = self._taken.get(self._now, 0.0) + now - self._since
        self._now = ""

    def _weigh(self, stage: Stage, step: Step, taken: float) -> None:
        place = self.stages.index(stage)
        before = sum(self._taken.get(one.name, 0.0) for one in self.stages[:place])
        weight = sum(one.weight for one in self.stages[:place])
        if step.settled:
            weight += stage.weight * step.share
        passed = before + taken
        scale = passed / weight if weight else 0.0  # seconds for a unit of weight
        rest = taken / step.share - taken if step.settled else stage.weight * scale * (1 - step.share)
        left = rest + scale * sum(one.weight for one in self.stages[place + 1 :])
        known = passed >= ESTIMATE_AFTER_S and weight > 0
        self.left_s = left if known else None
        if passed + left > 0 and weight > 0:
            self.share = max(self.share, passed / (passed + left))

    @property
    def told(self) -> str:
        """ "34 % · 2 min left"."""
        return f"{self.share:.0%}".replace("%", " %") + (
            f" · {_('{duration} left', duration=duration(self.left_s))}" if self.left_s else ""
        )


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """For callers that do not care."""


def counted(items: Iterable[T], stage: str, total: int, progress: Progress) -> Iterator[T]:
    """The items as they come, each of them counted as a file of the stage."""
    progress(Step(stage, 0, total, "file"))
    for done, item in enumerate(items, 1):
        yield item
        progress(Step(stage, done, total, "file"))


def within(progress: Progress, before: int, total: int, step: Step) -> None:
    """Tell a step of one part of a stage as one of the whole: so many were done before, of so many in all."""
    progress(replace(step, done=before + step.done, total=total))
