"""Favourites, tags, albums and notes of photos by content, and the library's folders and choices, as people said."""

import hashlib
import os
import secrets
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.core.photo import Marked
from unipic.library._decisions import Decisions
from unipic.library._tables import marks, portions
from unipic.sources.immich_place import name_of

LONGEST_NAME, LONGEST_NOTE, LONGEST_QUERY = 100, 4000, 2000  # characters


@dataclass(frozen=True)
class Album:
    id: str
    name: str
    photos: int


NOT_MARKED = Marked()


class Marks(Decisions):
    """The marks on disk. Every method raises DecisionsUnreadable if the file is damaged."""

    def of(self, digests: Iterable[str]) -> dict[str, Marked]:
        """Marks by digest, of those that have any."""
        if not self._begun():
            return {}
        tags, albums = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
        favourites, notes = set[str](), dict[str, str]()
        with self._open() as base:
            for some in portions(sorted(set(digests))):
                among = f"digest IN ({marks(some)})"
                favourites |= {
                    digest for (digest,) in base.execute(f"SELECT digest FROM favourite WHERE {among}", some)
                }
                notes |= dict(base.execute(f"SELECT digest, words FROM note WHERE {among}", some))
                for digest, name in base.execute(f"SELECT digest, name FROM tag WHERE {among} ORDER BY name", some):
                    tags[digest].append(name)
                named_albums = "SELECT i.digest, a.name FROM in_album i JOIN album a ON a.id = i.album"
                for digest, name in base.execute(f"{named_albums} WHERE {among} ORDER BY a.name", some):
                    albums[digest].append(name)
        return {
            digest: Marked(digest in favourites, tuple(tags[digest]), tuple(albums[digest]), notes.get(digest, ""))
            for digest in favourites | notes.keys() | tags.keys() | albums.keys()
        }

    def favourite(self, digests: Collection[str], on: bool = True) -> None:
        """Make photos favourites, or no longer."""
        with self._open() as base:
            if on:
                now = [(digest, time.time()) for digest in digests]
                base.executemany("INSERT OR IGNORE INTO favourite VALUES (?, ?)", now)
            else:
                base.executemany("DELETE FROM favourite WHERE digest = ?", [(digest,) for digest in digests])

    def tag(self, digests: Collection[str], name: str, on: bool = True) -> None:
        """Give photos a tag, or take it from them. SettingsError for a name without a letter."""
        name = named(name)
        with self._open() as base:
            if on:
                rows = [(digest, name, time.time()) for digest in digests]
                base.executemany("INSERT OR IGNORE INTO tag VALUES (?, ?, ?)", rows)
            else:
                base.executemany(
                    "DELETE FROM tag WHERE digest = ? AND name = ?", [(digest, name) for digest in digests]
                )

    def note(self, digests: Collection[str], words: str) -> None:
        """Write a note to photos, in place of the one before; "" removes it."""
        words = words.strip()[:LONGEST_NOTE]
        with self._open() as base:
            base.executemany("DELETE FROM note WHERE digest = ?", [(digest,) for digest in digests])
            if words:
                rows = [(digest, words, time.time()) for digest in digests]
                base.executemany("INSERT INTO note VALUES (?, ?, ?)", rows)

    def album(self, digests: Collection[str], name: str, on: bool = True) -> None:
        """Put photos into the album of this name, which is made if there is none; or take them out of it.

        An album without photos is no longer listed.
        """
        name = named(name)
        with self._open() as base:
            found = base.execute("SELECT id FROM album WHERE name = ?", (name,)).fetchone()
            id = found[0] if found else secrets.token_hex(8)
            if on:
                if not found:
                    base.execute("INSERT INTO album VALUES (?, ?, ?)", (id, name, time.time()))
                put = [(id, digest, time.time()) for digest in digests]
                base.executemany("INSERT OR IGNORE INTO in_album VALUES (?, ?, ?)", put)
            else:
                base.executemany("DELETE FROM in_album WHERE album = ? AND digest = ?", [(id, d) for d in digests])

    def take_over(self, said: Mapping[str, Marked]) -> None:
        """Take over what exports say of photos, each once: what a person removes here later stays removed."""
        marks_of = {
            f"said {hashlib.blake2s(repr((digest, *mark)).encode('utf-8', 'replace')).hexdigest()[:16]}": (digest, mark)
            for digest, marked in said.items()
            for mark in _each(marked)
        }
        known = {name for (name,) in self._rows("SELECT name FROM choice WHERE name LIKE 'said %'")} if marks_of else ()
        fresh = {key: one for key, one in marks_of.items() if key not in known}
        if not fresh:
            return
        noted = {digest for digest, marked in self.of(said).items() if marked.note}
        by_mark = defaultdict[tuple[str, str], list[str]](list)
        for digest, (kind, name) in fresh.values():
            if kind != "note" or digest not in noted:
                by_mark[kind, name].append(digest)
        for (kind, name), digests in by_mark.items():
            self.favourite(digests) if kind == "favourite" else getattr(self, kind)(digests, name)
        with self._open() as base:
            base.executemany("INSERT OR IGNORE INTO choice VALUES (?, '', ?)", [(key, time.time()) for key in fresh])

    def tags(self) -> dict[str, int]:
        """Each tag with the number of its photos, by name."""
        return dict(self._rows("SELECT name, count(*) FROM tag GROUP BY name ORDER BY name"))

    def albums(self) -> list[Album]:
        """Albums with photos, by name."""
        asked = (
            "SELECT a.id, a.name, count(*) FROM album a JOIN in_album i ON i.album = a.id GROUP BY a.id ORDER BY a.name"
        )
        return [Album(*row) for row in self._rows(asked)]

    def favourites(self) -> frozenset[str]:
        """Digests of all favourites."""
        return frozenset(digest for (digest,) in self._rows("SELECT digest FROM favourite"))

    def tagged(self, name: str) -> frozenset[str]:
        """Digests with this tag."""
        return frozenset(digest for (digest,) in self._rows("SELECT digest FROM tag WHERE name = ?", (name,)))

    def in_album(self, id: str) -> frozenset[str]:
        """Digests in the album with this id."""
        return frozenset(digest for (digest,) in self._rows("SELECT digest FROM in_album WHERE album = ?", (id,)))

    def choice(self, name: str) -> str:
        """What was chosen for the library under this name, such as whose words are read; "" if nothing was."""
        rows = self._rows("SELECT value FROM choice WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def choose(self, name: str, value: str) -> None:
        """Choose something for the library."""
        with self._open() as base:
            base.execute("INSERT OR REPLACE INTO choice VALUES (?, ?, ?)", (name, value, time.time()))

    def searches(self) -> list[str]:
        """The queries of searches that were saved, the newest first."""
        return [query for (query,) in self._rows("SELECT query FROM saved_search ORDER BY at DESC, query")]

    def save_search(self, query: str, on: bool = True) -> None:
        """Save a search, or remove a saved one. SettingsError for a query without a letter."""
        query = named(query, LONGEST_QUERY)
        with self._open() as base:
            base.execute("DELETE FROM saved_search WHERE query = ?", (query,))
            if on:
                base.execute(
                    "INSERT INTO saved_search VALUES (?, ?, ?, ?)", (secrets.token_hex(8), query, query, time.time())
                )

    # The library's folders.

    def folders(self) -> list[Path]:
        """The library's folders, none inside another."""
        return [Path(os.fsdecode(path)) for (path,) in self._rows("SELECT path FROM folder ORDER BY path")]

    def add_folder(self, folder: Path) -> None:
        """Add a folder, in place of those inside it; nothing if it lies inside one. Places of Immich stand apart."""
        known = [one for one in self.folders() if not name_of(one)]
        if not name_of(folder) and (folder in known or any(one in folder.parents for one in known)):
            return
        inside = [(os.fsencode(one),) for one in known if folder in one.parents]
        with self._open() as base:
            base.executemany("DELETE FROM folder WHERE path = ?", inside)
            base.execute("INSERT OR IGNORE INTO folder VALUES (?, ?)", (os.fsencode(folder), time.time()))

    def remove_folder(self, folder: Path) -> None:
        """Remove a folder from the list."""
        with self._open() as base:
            base.execute("DELETE FROM folder WHERE path = ?", (os.fsencode(folder),))


def _each(marked: Marked) -> list[tuple[str, str]]:
    """Each mark by its kind, as the methods of Marks are called."""
    found = [("tag", name) for name in marked.tags] + [("album", name) for name in marked.albums]
    found += [("note", marked.note), ("favourite", "yes" if marked.favourite else "")]
    return [(kind, name) for kind, name in found if name.strip()]


def named(name: str, longest: int = LONGEST_NAME) -> str:
    """The name of a tag or album, or a query, without control characters. SettingsError if nothing is left."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:longest]
    if not shown:
        raise SettingsError(_("a name needs at least one letter"))
    return shown
