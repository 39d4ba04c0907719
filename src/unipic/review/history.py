"""The history of a review, step by step, so any number of steps can be undone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from unipic.core.settings import Thresholds
from unipic.library.decisions import Ruling
from unipic.review.choices import Choice
from unipic.review.rules import Rules

T = TypeVar("T")
Earlier = Literal["", "used", "ignored"]  # what the person said of decisions of earlier runs; "": nothing, so they hold


@dataclass(frozen=True)
class Change:
    """One step. Whatever it does not name stays; a choice or ruling of None is removed."""

    what: str  # in words, "kept IMG_1.jpg"
    choices: Mapping[str, Choice | None] = field(default_factory=dict)  # by group id
    rulings: Mapping[str, Ruling | None] = field(default_factory=dict)  # by ruling id
    rules: Rules | None = None
    thresholds: Thresholds | None = None
    place: str = ""  # the group it was about
    earlier: Earlier | None = None  # None: as before


@dataclass(frozen=True)
class Undo:
    """Undo the last step, or with `forward` redo it."""

    forward: bool = False


Entry = Change | Undo


class History:
    """The state after all entries so far."""

    def __init__(self, thresholds: Thresholds) -> None:
        self.version = 0  # entries so far
        self.choices: dict[str, Choice] = {}
        self.rulings: dict[str, Ruling] = {}
        self.rules = Rules()
        self.thresholds = thresholds
        self.earlier: Earlier = ""
        self._done: list[tuple[Change, Change]] = []  # each step and its inverse
        self._undone: list[tuple[Change, Change]] = []

    @property
    def undo(self) -> Change | None:
        """The step that would be undone next."""
        return self._done[-1][0] if self._done else None

    @property
    def redo(self) -> Change | None:
        """The step that would be redone next."""
        return self._undone[-1][0] if self._undone else None

    def add(self, entry: Entry) -> Change:
        """Apply an entry. Returns the change it made, an empty one if there was nothing to undo."""
        self.version += 1
        if isinstance(entry, Change):
            self._done.append((entry, self._apply(entry)))
            self._undone = []
            return entry
        here, there = (self._undone, self._done) if entry.forward else (self._done, self._undone)
        if not here:
            return Change("")
        step, back = here.pop()
        there.append((step, back))
        change = step if entry.forward else back
        self._apply(change)
        return change

    def begin(self, base: Change) -> None:
        """Set the state before the first step, which cannot be undone."""
        self._apply(base)

    def _apply(self, change: Change) -> Change:
        back = Change(
            change.what,
            {id: self.choices.get(id) for id in change.choices},
            {id: self.rulings.get(id) for id in change.rulings},
            self.rules if change.rules else None,
            self.thresholds if change.thresholds else None,
            change.place,
            None if change.earlier is None else self.earlier,
        )
        _put(self.choices, change.choices)
        _put(self.rulings, change.rulings)
        self.rules = change.rules or self.rules
        self.thresholds = change.thresholds or self.thresholds
        self.earlier = self.earlier if change.earlier is None else change.earlier
        return back


def _put(into: dict[str, T], values: Mapping[str, T | None]) -> None:
    for name, value in values.items():
        if value is None:
            into.pop(name, None)
        else:
            into[name] = value
