"""What people said of events: where one begins, which belong together, what they are called, by content."""

import json
import secrets
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.core.words import without_controls
from unipic.library._decisions import Decisions

# split: an event begins with the photo; join: the events of the photos are one; name: "" is the title found by itself;
# leave out: the photos belong to no event; clock: their camera's clock is ahead by `name` seconds.
Kind = Literal["split", "join", "name", "leave out", "clock"]
KINDS: tuple[Kind, ...] = ("split", "join", "name", "leave out", "clock")
MOST_PHOTOS = 400  # that a ruling names, evenly spread; an event of thousands is found again by any of them
LONGEST_NAME = 200  # bytes


@dataclass(frozen=True)
class EventRuling:
    """One decision about events."""

    id: str
    at: float  # seconds since 1970
    kind: Kind
    digests: tuple[str, ...]
    name: str = ""


class EventRulings(Decisions):
    """The rulings on disk. Every method raises DecisionsUnreadable if the file is damaged."""

    def all(self) -> list[EventRuling]:
        """Every ruling, oldest first."""
        return self._rows("SELECT id, at, kind, digests, name FROM event_ruling ORDER BY at, id", made=_ruling)

    def say(self, kind: Kind, digests: Iterable[str], name: str = "") -> EventRuling:
        """Keep a ruling, as the newest. SettingsError for one without photos."""
        named = tuple(dict.fromkeys(digests))
        if kind not in KINDS or not named:
            raise SettingsError(_("a ruling about events is split, join, name, leave out or clock, and names photos"))
        words = _cut(" ".join(name.split()))
        with self._open() as base:
            (last,) = base.execute("SELECT coalesce(max(at), 0) FROM event_ruling").fetchone()
            at = max(time.time(), last + 1e-3)  # a clock that was set back changes no order
            ruling = EventRuling(secrets.token_hex(8), at, kind, named, words)
            row = (ruling.id, ruling.at, kind, json.dumps(named), words)
            base.execute("INSERT INTO event_ruling VALUES (?, ?, ?, ?, ?)", row)
        return ruling

    def undo(self) -> EventRuling | None:
        """Take back the newest ruling. Returns it; None without any."""
        newest = self.all()[-1:]
        for ruling in newest:
            with self._open() as base:
                base.execute("DELETE FROM event_ruling WHERE id = ?", (ruling.id,))
        return newest[0] if newest else None


def _ruling(id: str, at: float, kind: Kind, digests: str, name: str) -> EventRuling:
    return EventRuling(id, at, kind, tuple(json.loads(digests)), name)


def some_of(digests: Sequence[str]) -> list[str]:
    """At most MOST_PHOTOS of the digests, evenly spread, the first and the last among them."""
    if len(digests) <= MOST_PHOTOS:
        return list(digests)
    step = (len(digests) - 1) / (MOST_PHOTOS - 1)
    return [digests[round(number * step)] for number in range(MOST_PHOTOS)]


def _cut(name: str) -> str:
    """A name without what cannot be seen, of at most LONGEST_NAME bytes, whole letters only."""
    shown = unicodedata.normalize("NFC", without_controls(name))
    return shown.encode("utf-8", "ignore")[:LONGEST_NAME].decode("utf-8", "ignore").strip()
