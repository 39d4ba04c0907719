"""What is in the library, and what is out of date."""

from dataclasses import dataclass

from unipic.core.errors import DecisionsUnreadable
from unipic.core.settings import Limits
from unipic.library.library import Folder, Library
from unipic.library.reader import INDEX, SHOWN
from unipic.reading import versions


@dataclass(frozen=True)
class Status:
    """Figures of the library."""

    folders: tuple[Folder, ...]
    photos: int  # different pictures that are shown
    waiting: int  # files that are to be read: new ones, and those that an older version read
    vectors: dict[str, int]  # photos by the model's key
    parts: dict[str, int]  # faces, segments and frames by kind
    places: int  # photos whose place has a name
    words: int  # pictures with words in them
    bytes: int  # of the index and the thumbnails
    problem: str = ""  # why the decisions cannot be used


def status(library: Library, encoder_key: str, limits: Limits) -> Status:
    """The figures; `encoder_key`: of the encoder that photos are compared by."""
    made = [versions.pixels(limits), versions.metadata(), encoder_key, versions.picture()]
    waiting = (
        "SELECT count(*) FROM file f LEFT JOIN pixels p ON p.digest = f.digest AND p.made = ? "
        "LEFT JOIN metadata m ON m.digest = f.digest AND m.made = ? "
        "LEFT JOIN vector v ON v.digest = f.digest AND v.key = ? AND v.part = '' AND v.made = ? "
        "WHERE f.library = 1 AND f.gone IS NULL AND f.problem IS NULL "
        "AND (p.digest IS NULL OR m.digest IS NULL OR v.digest IS NULL)"
    )
    return Status(
        folders=tuple(library.folders()),
        photos=library.number(f"SELECT count(DISTINCT f.digest) FROM file f WHERE {SHOWN}"),
        waiting=library.number(waiting, made),
        vectors=library.counts("SELECT key, count(*) FROM vector WHERE part = '' GROUP BY key ORDER BY key"),
        parts=library.counts("SELECT kind, count(*) FROM part GROUP BY kind ORDER BY kind"),
        places=library.number("SELECT count(*) FROM trait WHERE place IS NOT NULL"),
        words=library.number("SELECT count(*) FROM text WHERE words != ''"),
        bytes=sum(path.stat().st_size for path in (library.data / INDEX).rglob("*") if path.is_file()),
        problem=_problem(library),
    )


def _problem(library: Library) -> str:
    try:
        library.marks.usable()
    except DecisionsUnreadable as error:
        return str(error)
    return ""
