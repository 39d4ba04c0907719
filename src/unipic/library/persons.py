"""Persons and what people said of faces, by content: names, joins, splits, and the steps that can be undone.

A face is named by its key: the photo's sha256 digest and its box in thousandths. Rulings are only added, and of two
about one face the newer holds; so taking a step back deletes its rulings, and what was said before holds again.
"""

import json
import re
import secrets
import time
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from unipic.core.errors import SettingsError
from unipic.core.face import place_of
from unipic.core.language import gettext as _
from unipic.core.words import without_controls
from unipic.library._decisions import Decisions

Says = Literal["is", "is not", "no face", "nobody", "twice"]
LONGEST_NAME = 200  # bytes in UTF-8
STEPS = 50  # that can be undone
TICK = 1e-6  # seconds between two steps, at least, so that a clock that is set back changes no order
FORMAT = "unipic people 1"  # of exported files
_PERSONS = "SELECT id, name, born, cover, hidden, at FROM person"


@dataclass(frozen=True)
class Person:
    """Somebody whom people gave a name, or whose faces they put together."""

    id: str
    name: str = ""
    born: str = ""  # "2015", "2015-03" or "2015-03-14"; "": not said
    cover: str = ""  # the key of the face that stands for the person; "": the best one
    hidden: bool = False
    at: float = 0.0  # seconds since 1970: when it was last changed


@dataclass(frozen=True)
class FaceRuling:
    """One thing that was said of one face."""

    id: str
    at: float  # seconds since 1970
    face: str  # its key
    person: str  # id; "" where none is meant. Of "nobody" the name of the group
    says: Says


@dataclass(frozen=True)
class Change:
    """One step: persons that are put in place of those with their ids, persons that end, and what is said of faces."""

    words: str  # for people: "named Anna"
    persons: tuple[Person, ...] = ()
    ended: tuple[str, ...] = ()  # ids
    says: tuple[tuple[str, str, Says], ...] = ()  # (face, person, says)


@dataclass(frozen=True)
class Step:
    """A step that can be undone."""

    id: str
    at: float
    words: str


class Persons(Decisions):
    """The persons on disk. Every method raises DecisionsUnreadable if the file is damaged."""

    def all(self) -> tuple[list[Person], list[FaceRuling]]:
        """Every person by id, and every ruling, oldest first."""
        if not self._begun():
            return [], []
        with self._open() as base:
            persons = base.execute(f"{_PERSONS} ORDER BY id").fetchall()
            rulings = base.execute("SELECT id, at, face, person, says FROM face_ruling ORDER BY at, id").fetchall()
        return list(map(_person, persons)), [FaceRuling(*row) for row in rulings]

    def version(self) -> str:
        """Differs whenever a person, ruling or step was added or taken away."""
        asked = "SELECT (SELECT count(*) FROM face_ruling), (SELECT max(at) FROM face_ruling), "
        asked += "(SELECT max(at) FROM people_step), (SELECT max(at) FROM person), (SELECT count(*) FROM person)"
        return "".join(map(repr, self._rows(asked)))

    def do(self, change: Change) -> Step:
        """Take a step: all of it or nothing."""
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")  # the order of steps is that of their times
            return _take(base, change)

    def steps(self) -> list[Step]:
        """Steps that can be undone, newest first."""
        return self._rows("SELECT id, at, words FROM people_step ORDER BY at DESC, id", made=Step)

    def undo(self) -> Step | None:
        """Take back the newest step, and return it; None if there is none."""
        if not self._begun():
            return None
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            row = base.execute("SELECT id, at, words, before FROM people_step ORDER BY at DESC, id LIMIT 1").fetchone()
            if row is None:
                return None
            before = json.loads(row[3])
            base.execute("DELETE FROM people_step WHERE id = ?", (row[0],))
            base.execute("DELETE FROM face_ruling WHERE id > ? AND id < ?", (f"{row[0]}.", f"{row[0]}/"))
            base.executemany("DELETE FROM person WHERE id = ?", [(id,) for id in before["touched"]])
            _put(base, (Person(**one) for one in before["persons"]))
            return Step(*row[:3])

    def forget(self, persons: Collection[str], faces: Collection[str] = ()) -> int:
        """Delete persons, all that was said of them and of these faces, and the steps. Returns how many rulings.

        Steps hold names, so none of them can be undone afterwards. What is deleted is overwritten in the file.
        """
        if not self._begun():
            return 0
        with self._open() as base:
            before = base.total_changes
            base.executemany("DELETE FROM face_ruling WHERE person = ?", [(id,) for id in persons])
            base.executemany("DELETE FROM face_ruling WHERE face = ?", [(face,) for face in faces])
            rulings = base.total_changes - before
            base.executemany("DELETE FROM person WHERE id = ?", [(id,) for id in persons])
            base.execute("DELETE FROM people_step")
            base.commit()
            base.execute("VACUUM")
        return rulings

    def forget_all(self) -> int:
        """Delete every person, ruling and step. Returns how many rulings."""
        persons, rulings = self.all()
        return self.forget([one.id for one in persons], [one.face for one in rulings])

    # Files to keep elsewhere.

    def exported(self) -> dict[str, Any]:
        """Persons and rulings as plain values for JSON."""
        persons, rulings = self.all()
        return {"format": FORMAT, "persons": list(map(asdict, persons)), "rulings": list(map(asdict, rulings))}

    def take_over(self, values: Mapping[str, Any]) -> int:
        """Add what was exported; of a person that is here too, the newer holds. Returns how many rulings are new.

        It cannot be undone. SettingsError if the values are no export.
        """
        persons, rulings = _read(values)
        with self._open() as base:
            before = base.total_changes
            base.executemany("INSERT OR IGNORE INTO face_ruling VALUES (?, ?, ?, ?, ?)", map(astuple, rulings))
            new = base.total_changes - before
            known = dict(base.execute("SELECT id, at FROM person"))
            _put(base, (one for one in persons if one.at > known.get(one.id, -1.0)))
        return new


def person_name(text: str) -> str:
    """A name as it is stored: NFC, on one line, without control characters, of 200 bytes at most.

    SettingsError if nothing is left.
    """
    shown = without_controls(unicodedata.normalize("NFC", " ".join(text.split())))
    short = shown.encode()[:LONGEST_NAME].decode(errors="ignore").strip()
    if not short:
        raise SettingsError(_("a name needs at least one letter"))
    return short


def day_of(text: str) -> date | None:
    """The first day of "2015", "2015-03" or "2015-03-14"; None if it is none of these."""
    if not re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        return None
    try:
        return date.fromisoformat(text + "-01" * (2 - text.count("-")))
    except ValueError:
        return None


def checked_day(text: str) -> str:
    """The text, if it is a day, a month or a year, or empty. SettingsError."""
    text = text.strip()
    if text and day_of(text) is None:
        raise SettingsError(_("{text!r} is no date; write it as 2015, 2015-03 or 2015-03-14", text=text))
    return text


def new_id() -> str:
    """The id of a new person."""
    return secrets.token_hex(4)


def _take(base: Any, change: Change) -> Step:
    (last,) = base.execute("SELECT max(at) FROM (SELECT at FROM people_step UNION ALL SELECT at FROM face_ruling)"
                           ).fetchone()  # fmt: skip
    step = Step(secrets.token_hex(8), max(time.time(), (last or 0.0) + TICK), change.words)
    touched = [*(one.id for one in change.persons), *change.ended]
    rows = (base.execute(f"{_PERSONS} WHERE id = ?", (id,)).fetchone() for id in touched)
    before = [asdict(_person(row)) for row in rows if row]
    base.executemany("DELETE FROM person WHERE id = ?", [(id,) for id in change.ended])
    _put(base, (replace(one, at=step.at) for one in change.persons))
    base.executemany(
        "INSERT INTO face_ruling VALUES (?, ?, ?, ?, ?)",
        [(f"{step.id}.{number}", step.at, *said) for number, said in enumerate(change.says)],
    )
    noted = json.dumps({"touched": touched, "persons": before})
    base.execute("INSERT INTO people_step VALUES (?, ?, ?, ?)", (step.id, step.at, step.words, noted))
    base.execute(
        "DELETE FROM people_step WHERE id NOT IN (SELECT id FROM people_step ORDER BY at DESC LIMIT ?)", (STEPS,)
    )
    return step


def _person(row: tuple[Any, ...]) -> Person:
    id, name, born, cover, hidden, at = row
    return Person(id, name, born, cover, bool(hidden), at)


def _put(base: Any, persons: Iterable[Person]) -> None:
    base.executemany("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?)", map(astuple, persons))


def _read(values: Mapping[str, Any]) -> tuple[list[Person], list[FaceRuling]]:
    try:
        if values["format"] != FORMAT:
            raise ValueError(_("it is {format!r}", format=values["format"]))
        persons = [Person(**{**one, "name": _name(one["name"])}) for one in values["persons"]]
        rulings = [FaceRuling(**one) for one in values["rulings"]]
        texts = [getattr(one, name) for one in persons for name in ("id", "name", "born", "cover")]
        texts += [getattr(one, name) for one in rulings for name in ("id", "face", "person")]
        if not all(isinstance(text, str) for text in texts) or any(one.says not in get_args(Says) for one in rulings):
            raise ValueError(_("a value is of another kind"))
        for one in rulings:
            place_of(one.face)
        return persons, [replace(one, at=float(one.at)) for one in rulings]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(_("that is no file of people that Unipic wrote: {error}", error=error)) from error


def _name(text: str) -> str:
    return person_name(text) if text else ""
