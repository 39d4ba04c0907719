"""The library: folders, what was seen in them, and what people said of it. Every system works on it.

A data folder has two databases with two laws: library/index.sqlite and the thumbnails beside it may be deleted at any
time, which costs time and never an answer; decisions.sqlite is never deleted by Unipic. The index is opened anew for
each question, so a library may be used from any thread, beside any number of other processes.
"""

import os
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from unipic.core import archives
from unipic.core.errors import DecisionsNewer, DecisionsUnreadable, SourceError
from unipic.core.language import gettext as _
from unipic.core.photo import Found, Unreadable
from unipic.core.progress import Progress, silent
from unipic.core.settings import Limits, inbox_folder
from unipic.library._database import Database, forget_orphans, usable
from unipic.library._joining import Joiner, folder_of
from unipic.library._tables import marks, portions
from unipic.library.colours import colour_model
from unipic.library.filling import Filler, Model, looked_at
from unipic.library.index import DAY_S, Index, forget as forget_index, path_of
from unipic.library.reader import INDEX, SHOWN, UNDER, Reader, under
from unipic.library.traits import describe
from unipic.reading.engines.base import Engine
from unipic.sources.base import Source
from unipic.sources.folder import FolderSource, lies_in
from unipic.sources.immich_place import add_place, is_immich, name_of
from unipic.sources.inbox import keep_once
from unipic.vision.face_net import IDENTITY

KEEP_GONE_DAYS = 30  # days for which the facts of a file that is gone are kept
FACE_TABLES = ("vector", "part", "done")
KINDS = {  # what can be forgotten by itself, with the rows that hold it
    "comparisons": ("pair",),
    "scores": ("score",),
    "vectors": ("vector", "done"),
    "parts": ("part", "done"),
    "search": ("trait", "text"),
    "faces": tuple(f"{table} WHERE key LIKE 'face-%' OR key LIKE '{IDENTITY}%'" for table in FACE_TABLES),
}


@dataclass(frozen=True)
class Folder:
    """A folder of the library."""

    path: Path
    reachable: bool  # False: gone, not mounted, or not readable. Nothing of it is forgotten
    photos: int
    others: int  # films, documents, and what could not be read
    updated: float  # seconds since 1970; 0: never

    def refuse_unless_reachable(self) -> None:
        """SourceError if the folder cannot be reached."""
        if not self.reachable:
            raise SourceError(
                _(
                    "{path} cannot be reached: it is gone, empty or not mounted. Its {photos:,} photos stay "
                    "in the library and wait for it.",
                    path=self.path,
                    photos=self.photos,
                )
            )


@dataclass(frozen=True)
class Update:
    """What an update of a folder found."""

    files: int
    new: int  # read now: new ones, and those that changed
    gone: int  # no longer there: hidden at once, forgotten after KEEP_GONE_DAYS
    unreadable: tuple[Unreadable, ...] = ()  # of the new ones, with the reason
    joined: int = 0  # duplicates in the inbox that share their bytes with the first from now on


class Library(Reader):
    """The library of a data folder."""

    def usable(self) -> None:
        """UnipicError if a newer version wrote the index or the decisions, or nothing can be written."""
        try:
            self.marks.usable()
        except DecisionsNewer:
            raise
        except DecisionsUnreadable:
            pass  # nobody can decide then; everything else goes on
        usable(self.path)

    # Folders.

    def folders(self) -> list[Folder]:
        """The library's folders with what is known of them. No file is opened."""
        return [self.folder(path) for path in self.paths()]

    def folder(self, path: Path) -> Folder:
        """What is known of a folder, or of one inside it."""
        rows = self.ask(
            "SELECT count(digest), count(problem), (SELECT updated FROM folder WHERE path = ?) "
            f"FROM file f WHERE {UNDER} AND f.library = 1 AND f.gone IS NULL",
            [os.fsencode(path), *under(path)],
        )
        photos, others, updated = rows[0] if rows else (0, 0, None)
        return Folder(path, _reachable(path, photos), photos, others, updated or 0.0)

    def add(self, folder: Path) -> Path:
        """Add a folder, an archive, or a name such as immich:album/Trip, to the library; returns its real path.

        A part of an export stands for all its parts in that folder. SourceError if it is none, or is Unipic's own;
        SettingsError if the server of Immich is not known.
        """
        ours = is_immich(folder) or name_of(folder)
        real = add_place(name_of(folder) or str(folder)) if ours else Path(FolderSource([folder]).roots[0])
        real = Path(archives.set_of(str(real)) if len(archives.parts(archives.set_of(str(real)))) > 1 else real)
        if not (real.is_dir() or archives.is_archive(str(real))):
            raise SourceError(_("{folder} is neither a folder nor an archive", folder=folder))
        self.marks.add_folder(real)
        return real

    def files(self, folder: Path, place: Source | None = None) -> list[Found | Unreadable]:
        """Every file under a folder. SourceError if it cannot be reached; then nothing of it is forgotten.

        `place`: what lists the folder instead, if it stands for photos of a server.
        """
        if place:
            return list(place.files())
        self.folder(folder).refuse_unless_reachable()
        files = list(FolderSource([folder]).files())
        if not files:  # it was unmounted meanwhile
            replace(self.folder(folder), reachable=not self.folder(folder).photos).refuse_unless_reachable()
        return files

    def update(self, folder: Path, files: Sequence[Found | Unreadable]) -> int:
        """Take over what is under a folder now: new files join the library, those that are gone are hidden.

        Of a folder inside it that cannot be listed, or is a place of Immich, nothing is taken for gone.
        Returns how many are gone. A file is shown as soon as the index has its photo.
        """
        here, today = {path_of(file): file for file in files if isinstance(file, Found)}, _today()
        with closing(Database(self.path)) as base:
            rows = base.ask(f"SELECT f.path, f.library, f.gone FROM file f WHERE {UNDER}", under(folder))
            known = {path for path, library, gone in rows if library and gone is None}
            closed = tuple(_inside(file.path) for file in files if isinstance(file, Unreadable))
            closed += tuple(_inside(str(one)) for one in self.paths() if name_of(one) and folder in one.parents)
            missing = [path for path in known if path not in here and not path.startswith(closed)]
            joining = [here[path] for path in sorted(here.keys() - known)]
            long_ago = today - KEEP_GONE_DAYS
            old = [path for path, _, gone in rows if gone is not None and gone < long_ago and path not in here]
            put = (
                "INSERT INTO file (path, size, stamp, day, library) VALUES (?, ?, ?, ?, 1) "
                "ON CONFLICT (path) DO UPDATE SET library = 1, gone = NULL, beside = -1"
            )
            hide, delete = f"UPDATE file SET gone = {today} WHERE path IN", "DELETE FROM file WHERE path IN"
            base.all_at_once(
                [
                    *((put, (path_of(file), file.size, file.stamp, today)) for file in joining),
                    *((f"{hide} ({marks(some)})", some) for some in portions(missing)),
                    *((f"{delete} ({marks(some)})", some) for some in portions(old)),
                    ("INSERT OR REPLACE INTO folder VALUES (?, ?)", (os.fsencode(folder), time.time())),
                ]
            )
            if old:
                self._forget_orphans(base)
        return len(missing)

    def join(
        self,
        folder: Path,
        files: Sequence[Found | Unreadable],
        engine: Engine,
        index: Index,
        progress: Progress = silent,
    ) -> None:
        """Join films, raw files and sidecars to their photos, in every folder in which something is new or gone.

        What exports say of photos is taken over into the marks.
        """
        index.write()
        found = [file for file in files if isinstance(file, Found)]
        with closing(Database(self.path)) as base:
            changed = base.ask(
                f"SELECT f.path FROM file f WHERE {UNDER} AND f.library = 1 AND (f.beside < 0 OR f.gone = ?)",
                [*under(folder), _today()],
            )
            folders = {folder_of(path) for (path,) in changed}
            said = Joiner(engine, index, base).join(found, folders, progress)
        with suppress(DecisionsUnreadable):  # nobody can decide then; everything else goes on
            self.marks.take_over(said)

    def keep_once(self, folder: Path) -> int:
        """Join equal files under a folder of the inbox, see inbox.keep_once. Returns how many; 0 for other folders."""
        return keep_once(self.digests_under(folder)) if lies_in(folder, [inbox_folder()]) else 0

    def fill(
        self,
        model: Model,
        engine: Engine,
        progress: Progress = silent,
        among: Sequence[str] | None = None,
        limits: Limits = Limits(),  # noqa: B008  frozen
    ) -> int:
        """Make the rows that a model has not made yet. Returns of how many photos.

        `among`: digests of photos that are shown, in the order in which they are looked at; None for all.
        """
        with closing(Database(self.path)) as base:
            digests = self.shown() if among is None else among
            return Filler(base, self.thumbnails, engine, limits, self.chips).fill(digests, model, progress)

    def describe(self, engine: Engine, progress: Progress = silent) -> int:
        """Make what photos are searched by, where it is missing or outdated. Returns of how many photos."""
        self.fill(colour_model(), engine, progress)
        with closing(Database(self.path)) as base:
            return describe(base, self.paths(), SHOWN, progress)

    def filled(self, key: str) -> frozenset[str]:
        """Digests of photos that the model with this key has looked at."""
        return looked_at(self.path, key)

    def unfilled(self, key: str, among: Sequence[str] | None = None) -> int:
        """How many photos that are shown, or of those `among` them, the model with this key has not looked at."""
        return len(set(self.shown() if among is None else among) - self.filled(key))

    # Forgetting.

    def forget(self, folder: Path | None = None, kind: str = "") -> None:
        """Take a folder out of the library with what is known of its files, or forget one of KINDS. Marks stay."""
        with closing(Database(self.path)) as base:
            for rows in KINDS.get(kind, ()):
                base.queue(f"DELETE FROM {rows}", ())
            if kind == "faces":
                self.chips.clear()
                base.compact()
            if folder:
                self.marks.remove_folder(folder)
                for table in ("file", "beside"):
                    base.queue(f"DELETE FROM {table} AS f WHERE {UNDER}", under(folder))
                base.queue("DELETE FROM folder WHERE path = ?", [os.fsencode(folder)])
                self._forget_orphans(base)

    def forget_all(self) -> int:
        """Delete the index, thumbnails and chips of faces; the folders stay in the library. Returns the bytes freed."""
        self.chips.clear()
        return forget_index(self.data / INDEX)

    def _forget_orphans(self, base: Database) -> None:
        """Forget what no file has any more, with its thumbnails and chips of faces."""
        forget_orphans(base, self.thumbnails)
        self.chips.keep_only({digest for (digest,) in base.ask("SELECT digest FROM pixels")})


def _reachable(path: Path, photos: int) -> bool:
    """Whether the folder can be listed, and is not empty where it held photos, as a mount point is without its disk.

    A place of Immich always is: without its server its photos are shown all the same.
    """
    if name_of(path) or archives.is_archive(str(path)):
        return True
    try:
        with os.scandir(path) as entries:
            return not photos or next(entries, None) is not None
    except OSError:
        return False


def _inside(folder: str) -> bytes:
    """How the path of every file in the folder begins."""
    return os.fsencode(folder).rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)


def _today() -> int:
    return int(time.time() // DAY_S)
