"""Rulings: which photos belong together and which of them stay, as people decided, by content."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from unipic.library._decisions import Decisions
from unipic.library._tables import marks, portions


@dataclass(frozen=True)
class Ruling:
    """One decision: which files belong together, and perhaps which of them stay."""

    id: str
    at: float  # seconds since 1970
    parts: tuple[tuple[str, ...], ...]  # digests, one for each file
    kept: tuple[str, ...] | None = None  # digests that stay, one for each file; None: that is not decided
    moment: bool = True  # about shots of one moment; False: about copies
    names: tuple[str, ...] = ()  # the files' names; those of `kept` come first, in its order

    @property
    def digests(self) -> frozenset[str]:
        """Every digest the ruling names."""
        return frozenset(digest for part in self.parts for digest in part)

    @property
    def alone(self) -> bool:
        """Whether it is about one photo by itself, whatever is like it. Any other names two files or more."""
        return sum(map(len, self.parts)) == 1

    @property
    def in_order(self) -> list[str]:
        """Every digest the ruling names, once, those that stay first."""
        return list(dict.fromkeys([*(self.kept or ()), *(digest for part in self.parts for digest in part)]))


class Catalogue(Decisions):
    """The rulings on disk."""

    def about(self, digests: Iterable[str]) -> list[Ruling]:
        """Every ruling that names at least one of the digests, oldest first. DecisionsUnreadable if damaged.

        One that names the same bytes by their other digest (see `same_bytes`) is given by the digest that was asked.
        """
        wanted = set(digests)
        found: dict[str, Ruling] = {}
        if not self._begun():
            return []
        with self._open() as base:
            pairs = base.execute("SELECT sha1, sha256 FROM twin").fetchall()
            asked = {b: a for one in pairs for a, b in (one, one[::-1]) if a in wanted and b not in wanted}
            for some in portions(sorted(wanted | asked.keys())):
                rows = base.execute(
                    "SELECT DISTINCT r.id, r.at, r.parts, r.kept, r.moment, r.names FROM ruling r "
                    f"JOIN member m ON m.ruling = r.id WHERE m.digest IN ({marks(some)})",
                    some,
                )
                found |= {row[0]: _renamed(_ruling(*row), asked) for row in rows}
        return sorted(found.values(), key=lambda ruling: (ruling.at, ruling.id))

    def same_bytes(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Remember that a SHA-1 and a sha256 are of the same bytes: what is decided about one holds for the other."""
        if known := list(pairs):
            with self._open() as base:
                base.executemany("INSERT OR REPLACE INTO twin VALUES (?, ?)", known)

    def all(self) -> list[Ruling]:
        """Every ruling, oldest first. DecisionsUnreadable if damaged."""
        return self._rows("SELECT id, at, parts, kept, moment, names FROM ruling ORDER BY at, id", made=_ruling)

    def save(self, rulings: Iterable[Ruling], gone: Iterable[str] = ()) -> None:
        """Add rulings or replace those with the same id, and delete those with ids in `gone`: all or nothing."""
        with self._open() as base:
            base.executemany("DELETE FROM ruling WHERE id = ?", [(id,) for id in gone])
            for ruling in rulings:
                base.execute("DELETE FROM ruling WHERE id = ?", (ruling.id,))
                parts, kept, names = (json.dumps(value) for value in (ruling.parts, ruling.kept, ruling.names))
                base.execute(
                    "INSERT INTO ruling VALUES (?, ?, ?, ?, ?, ?)",
                    (ruling.id, ruling.at, parts, kept, ruling.moment, names),
                )
                base.executemany("INSERT INTO member VALUES (?, ?)", [(d, ruling.id) for d in sorted(ruling.digests)])

    def remove(self, ids: Iterable[str]) -> None:
        """Delete the rulings with these ids."""
        if gone := list(ids):
            self.save((), gone)

    def meet(self, digests: Iterable[str]) -> dict[str, float]:
        """When each digest was first seen, seconds since 1970; records now for new ones."""
        wanted, now = sorted(set(digests)), time.time()
        found: dict[str, float] = {}
        with self._open() as base:
            base.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", [(digest, now) for digest in wanted])
            for some in portions(wanted):
                found |= dict(base.execute(f"SELECT digest, first FROM seen WHERE digest IN ({marks(some)})", some))
        return found


def ruling_of(
    id: str, at: float, parts: Iterable[Iterable[str]], kept: Iterable[str] | None, moment: bool, names: Iterable[str]
) -> Ruling:
    """A ruling whose tuples JSON made lists of."""
    return Ruling(id, at, tuple(map(tuple, parts)), None if kept is None else tuple(kept), moment, tuple(names))


def _renamed(ruling: Ruling, names: Mapping[str, str]) -> Ruling:
    """The ruling with some digests replaced."""
    parts = tuple(tuple(names.get(digest, digest) for digest in part) for part in ruling.parts)
    kept = None if ruling.kept is None else tuple(names.get(digest, digest) for digest in ruling.kept)
    return replace(ruling, parts=parts, kept=kept)


def _ruling(id: str, at: float, parts: str, kept: str, moment: int, names: str) -> Ruling:
    return ruling_of(id, at, json.loads(parts), json.loads(kept), bool(moment), json.loads(names))
