"""Who appears in which photo, as it is stored in the index: made from faces and what people said, and made again."""

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date

from unipic.core.errors import DecisionsUnreadable
from unipic.core.photo import Photo
from unipic.library._database import Database
from unipic.library._tables import marks, portions
from unipic.library.persons import Persons
from unipic.library.reader import SHOWN, Reader
from unipic.vision.faces import KIND as FACE, FaceFinder

# Of the rows in the table `part`, each called as the edges of the face's box. The key begins as those of whatever tells
# people apart, so that these rows are deleted with it.
KIND, KEY = "person", "identity people"
MANY = 1e9  # more faces than a photo has
_ROWS = f"FROM part WHERE kind = '{KIND}' AND key = '{KEY}'"


@dataclass(frozen=True)
class Appearance:
    """A face in a photo of the library."""

    group: str = ""  # of the faces that are alike; "" for a face like no other
    person: str = ""  # the id of whom it is; "" for nobody in particular
    grown: bool = False  # it came to its group after all had been grouped


def appearances(reader: Reader, made: str) -> dict[str, Appearance]:
    """What was stored of each face, by its key, if it was `made` by the same version."""
    rows = reader.ask(f"SELECT digest, part, facts {_ROWS} AND made = ?", [made])
    return {f"{digest} {part}": Appearance(**json.loads(facts)) for digest, part, facts in rows}


def store(reader: Reader, made: str, rows: Mapping[str, Appearance], gone: Iterable[str] = ()) -> None:
    """Store appearances by the keys of faces, in place of what was stored of them; `gone`: of these nothing is left."""
    put = "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?)"
    delete = f"DELETE {_ROWS} AND digest = ? AND part = ?"
    with closing(Database(reader.path)) as base:
        base.all_at_once(
            [
                *((delete, key.split(" ", 1)) for key in gone),
                *((put, (*key.split(" ", 1), KEY, made, KIND, json.dumps(vars(one)))) for key, one in rows.items()),
            ]
        )


def forget(reader: Reader) -> None:
    """Delete what is stored of everybody."""
    with closing(Database(reader.path)) as base:
        base.queue(f"DELETE {_ROWS}", ())


def showing(reader: Reader, persons: Collection[str]) -> frozenset[str]:
    """Digests of photos that show one of these persons."""
    asked = f"SELECT DISTINCT digest {_ROWS} AND json_extract(facts, '$.person') IN ({{}})"
    found = (reader.ask(asked.format(marks(some)), some) for some in portions(sorted(persons)))
    return frozenset(digest for rows in found for (digest,) in rows)


def called(reader: Reader, photos: Iterable[Photo]) -> dict[str, str]:
    """What people are called, by the keys of their faces in these photos; none if the decisions cannot be read."""
    try:
        names = {one.id: one.name for one in Persons(reader.data).all()[0] if one.name and not one.hidden}
    except DecisionsUnreadable:
        return {}
    found = dict[str, str]()
    asked = f"SELECT digest, part, facts {_ROWS} AND digest IN ({{}})"
    for some in portions(sorted({photo.digest for photo in photos}) if names else []):
        for digest, part, facts in reader.ask(asked.format(marks(some)), some):
            if name := names.get(json.loads(facts)["person"]):
                found[f"{digest} {part}"] = name
    return found


def times(reader: Reader, film: str) -> dict[str, list[float]]:
    """Seconds into a film, by its digest, at which each person is seen best, by the person's id."""
    rows = reader.ask(
        "SELECT DISTINCT json_extract(w.facts, '$.person') who, json_extract(f.facts, '$.time') seconds FROM part w "
        f"JOIN part f ON f.digest = w.digest AND f.kind = '{FACE}' AND f.part = '{FACE} ' || w.part "
        f"WHERE w.kind = '{KIND}' AND w.key = '{KEY}' AND w.digest = ? ORDER BY seconds",
        [film],
    )
    found: dict[str, list[float]] = {}
    for who, seconds in rows:
        if who and seconds is not None:
            found.setdefault(who, []).append(seconds)
    return found


def numbers(reader: Reader) -> dict[str, int]:
    """In how many photos each person is, by id."""
    asked = f"SELECT json_extract(facts, '$.person') who, count(DISTINCT digest) {_ROWS} GROUP BY who"
    return {who: number for who, number in reader.ask(asked) if who}


def with_faces(reader: Reader, low: float, below: float) -> frozenset[str]:
    """Digests of photos in which so many faces were found; none of those that nobody looked at."""
    asked = (
        f"SELECT d.digest FROM done d LEFT JOIN part p ON p.digest = d.digest AND p.key = d.key AND p.kind = '{FACE}' "
        "WHERE d.key = ? GROUP BY d.digest HAVING count(p.part) >= ? AND count(p.part) < ?"
    )
    ends = [max(low, 0.0), min(below, MANY)]  # SQLite has no infinity
    return frozenset(digest for (digest,) in reader.ask(asked, [FaceFinder.key, *ends]))


def looked_for(reader: Reader) -> bool:
    """Whether faces were looked for in any photo."""
    return bool(reader.ask("SELECT 1 FROM done WHERE key = ? LIMIT 1", [FaceFinder.key]))


def days(reader: Reader) -> dict[str, date | None]:
    """When each photo that is shown was taken, by digest; None if that is not known."""
    asked = f"SELECT f.digest, m.taken FROM file f LEFT JOIN metadata m ON m.digest = f.digest WHERE {SHOWN}"
    return {digest: date.fromisoformat(taken[:10]) if taken else None for digest, taken in reader.ask(asked)}
