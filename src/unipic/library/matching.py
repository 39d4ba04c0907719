"""Which photos meet a condition: conditions as values, and the SQL that finds their rows.

Whatever a person typed is bound as a value or quoted as a string of FTS5, and is never syntax.
"""

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from unipic.core.folding import folded
from unipic.library.colours import NAMES
from unipic.library.kinds import KINDS
from unipic.library.places import EARTH_KM, direction
from unipic.library.traits import LOOKS

BITS = {"kinds": KINDS, "colours": NAMES, "looks": LOOKS}
TRIGRAM = 3  # letters; shorter texts are looked for in names alone, by LIKE
SHAPES = {"portrait": "<", "landscape": ">", "square": "="}  # of the width to the height
ROUNDING = 1e-15  # of a cosine: a photo taken at the point itself is near it
Columns = Collection[str]


@dataclass(frozen=True)
class Between:
    """A column from `low` on and below `below`; None is no limit. `turns`: low to the end, and the start to below."""

    column: str
    low: str | float | None = None
    below: str | float | None = None
    turns: bool = False


@dataclass(frozen=True)
class OneOf:
    """A column has one of the values."""

    column: str
    values: tuple[str | int, ...]


@dataclass(frozen=True)
class Flag:
    """A bit is set: one of the names in BITS[column]."""

    column: str
    name: str


@dataclass(frozen=True)
class Shape:
    """ "portrait", "landscape" or "square"."""

    name: str


@dataclass(frozen=True)
class Known:
    """A column has a value."""

    column: str


@dataclass(frozen=True)
class Near:
    """Within so many km of a point, in degrees."""

    latitude: float
    longitude: float
    km: float


@dataclass(frozen=True)
class Contains:
    """One of the texts of a photo contains these words, without accents and capitals; * stands for anything."""

    words: str
    columns: tuple[str, ...] = ()  # of the table `text`; none: all


@dataclass(frozen=True)
class Among:
    """Photos with these digests."""

    digests: frozenset[str]


@dataclass(frozen=True)
class Every:
    """All of the conditions hold."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True)
class Some:
    """One of the conditions holds; with none of them, nothing matches."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """The condition does not hold, or is not known to."""

    condition: "Condition"


Condition = Between | OneOf | Flag | Shape | Known | Near | Contains | Among | Every | Some | Not
Sql = tuple[str, list[Any]]


def sql_of(condition: Condition) -> Sql:
    """A condition on the table `trait` as t, with the values to bind."""
    match condition:
        case Between():
            return _between(condition)
        case OneOf(column, several):
            return f"t.{column} IN ({','.join('?' * len(several))})", list(several)
        case Flag(column, name):
            return f"t.{column} & {1 << BITS[column].index(name)}", []
        case Shape(name):
            return f"t.width {SHAPES[name]} t.height", []
        case Known(column):
            return f"t.{column} IS NOT NULL", []
        case Near():
            return _near(condition)
        case Contains(words, columns):
            return _contains(words, columns)
        case Among(digests):
            return "t.digest IN (SELECT value FROM json_each(?))", [json.dumps(sorted(digests))]
        case Not(inner):
            words, bound = sql_of(inner)
            return f"NOT coalesce({words}, 0)", bound
        case Every(conditions):
            return _joined(conditions, " AND ", "1")
        case Some(conditions):
            return _joined(conditions, " OR ", "0")


def _joined(conditions: Sequence[Condition], joint: str, none: str) -> Sql:
    parts = [sql_of(one) for one in conditions]
    return (
        "(" + (joint.join(f"({words})" for words, _ in parts) or none) + ")",
        [value for _, values in parts for value in values],
    )


def _between(given: Between) -> Sql:
    ends = [(f"t.{given.column} {sign} ?", value) for sign, value in ((">=", given.low), ("<", given.below))
            if value is not None]  # fmt: skip
    return (" OR " if given.turns else " AND ").join(words for words, _ in ends) or "1", [value for _, value in ends]


def _near(given: Near) -> Sql:
    """By the cosine of the angle between two directions, which holds across the date line and at the poles too."""
    cosine = math.cos(min(given.km / EARTH_KM, math.pi))
    return "t.x * ? + t.y * ? + t.z * ? >= ?", [*direction(given.latitude, given.longitude), cosine - ROUNDING]


def _contains(words: str, columns: Columns) -> Sql:
    """By trigrams, quoted; a short text by LIKE. Pieces between stars have to occur, in any order."""
    pieces = [piece for piece in folded(words).split("*") if piece.strip()]
    long = [piece for piece in pieces if len(piece) >= TRIGRAM]
    short = [piece for piece in pieces if len(piece) < TRIGRAM]
    if not pieces:
        return "0", []
    found: list[Sql] = []
    if long:
        found.append(("SELECT rowid FROM text WHERE text MATCH ?", [match_of(long, columns)]))
    names = columns or ("name", "folder", "place")
    for piece in short:
        escaped = piece.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        likes = " OR ".join(f"{name} LIKE ? ESCAPE '\\'" for name in names)
        found.append((f"SELECT rowid FROM text WHERE {likes}", [f"%{escaped}%"] * len(names)))
    return " AND ".join(f"t.id IN ({asked})" for asked, _ in found), [value for _, values in found for value in values]


def match_of(pieces: Sequence[str], columns: Columns = ()) -> str:
    """What FTS5 is asked for texts that contain all the pieces (folded, of 3 letters or more)."""
    among = f"{{{' '.join(columns)}}} : " if columns else ""
    quoted = " AND ".join('"' + piece.replace('"', '""') + '"' for piece in pieces)
    return f"{among}({quoted})" if pieces else ""
