"""What photos are searched by: a row of facts and the words of each photo, made from what was read of it.

A row is made again when one of the facts behind it, or the names of its files, change.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from unipic.core.folding import folded
from unipic.core.language import kept
from unipic.core.photo import Companion, Found, Photo, local_time
from unipic.core.progress import Progress, Step
from unipic.library import colours, kinds, places, recognised
from unipic.library._database import Database
from unipic.library._facts import photo_of
from unipic.library._tables import COLUMNS, marks, portions
from unipic.sources.immich_place import name_of

VERSION = 1  # raised when rows change their meaning

STAGE = kept("Preparing the search")
SHARE, NEUTRAL_SHARE = 0.2, 0.4  # of the picture: which colours count; most photos are a fifth grey and black
NEUTRAL = ("black", "white", "grey")
COLOURLESS = 4.0  # mean chroma below which a picture is black and white
# Of 250 real photos of all kinds, the darkest and the lightest twentieth, and the least sharp fortieth.
DARK, BRIGHT, BLURRY = 20.0, 68.0, 0.3
LOOKS = ("blurry", "dark", "bright", "bw", "edits", "film")
NIGHT_ENDS = timedelta(hours=4)  # until then it is still the evening before
PHOTOS_AT_ONCE = 2000  # whose facts are in memory


Statement = tuple[str, Sequence[Any]]
Row = tuple[dict[str, Any], list[str]]  # columns of `trait` by name, and texts of `text`


@dataclass(frozen=True)
class Source:
    """What a row is made from, of the files of one content."""

    digest: str
    paths: tuple[str, ...]
    companions: str  # JSON, of the first file
    made: str  # changes whenever the row may


@dataclass(frozen=True)
class Looked:
    """What models saw of a photo."""

    look: Mapping[str, Any]  # what colours() gave; {} if it was not asked yet
    lines: Sequence[recognised.Line] = ()  # of text


def describe(base: Database, folders: Sequence[Path], shown: str, progress: Progress) -> int:
    """Make the rows that are missing or outdated, and delete those of photos that are not shown. Returns how many.

    `shown`: the SQL condition of files that are.
    """
    sources = {source.digest: source for source in _sources(base, shown)}
    known = dict(base.ask("SELECT digest, made FROM trait"))
    gone = [digest for digest in known if digest not in sources]
    outdated = [source for digest, source in sources.items() if known.get(digest) != source.made]
    base.all_at_once(_deletes(gone))
    done = 0
    for start in range(0, len(outdated), PHOTOS_AT_ONCE):
        some = outdated[start : start + PHOTOS_AT_ONCE]
        progress(Step(STAGE, done, len(outdated), "photo"))
        rows = list(_rows(base, some, folders))
        # In one transaction, since another process may be making the same rows.
        base.all_at_once([*_deletes([source.digest for source in some]), *_inserts(rows)])
        done += len(some)
    if outdated:
        progress(Step(STAGE, done, done, "photo"))
    return done


def _sources(base: Database, shown: str) -> Iterator[Source]:
    rows = base.ask(
        "SELECT f.digest, f.path, f.companions, p.made, m.made, c.made, w.made, json_extract(m.facts, '$.beside') "
        "FROM file f "
        "JOIN pixels p ON p.digest = f.digest LEFT JOIN metadata m ON m.digest = f.digest "
        "LEFT JOIN done c ON c.digest = f.digest AND c.key = ? LEFT JOIN done w ON w.digest = f.digest AND w.key = ? "
        f"WHERE {shown} ORDER BY f.digest, f.path",
        [colours.colour_model().key, recognised.KEY],
    )
    version = f"{VERSION} {kinds.VERSION} {places.VERSION} {recognised.VERSION}"
    at = 0
    while at < len(rows):
        end, digest = at, rows[at][0]
        while end < len(rows) and rows[end][0] == digest:
            end += 1
        same = rows[at:end]
        behind = [version, *same[0][3:7], *filter(None, same[0][7:]), *(part for row in same for part in row[1:3])]
        made = hashlib.blake2s(repr(behind).encode(), digest_size=8).hexdigest()
        yield Source(digest, tuple(os.fsdecode(row[1]) for row in same), same[0][2] or "[]", made)
        at = end


def _rows(base: Database, sources: Sequence[Source], folders: Sequence[Path]) -> Iterator[Row]:
    """The columns and the words of each photo."""
    by_digest = {source.digest: source for source in sources}
    for some in portions(list(by_digest)):
        found = base.ask(
            "SELECT p.digest, p.facts, m.facts, c.facts FROM pixels p LEFT JOIN metadata m ON m.digest = p.digest "
            "LEFT JOIN part c ON c.digest = p.digest AND c.key = ? AND c.part = '' "
            f"WHERE p.digest IN ({marks(some)})",
            [colours.colour_model().key, *some],
        )
        lines = recognised.lines_of(base.ask(recognised.LINES.format(marks(some)), [recognised.KEY, *some]))
        for digest, pixels, metadata, look in found:
            source = by_digest[digest]
            with suppress(ValueError, TypeError, KeyError):  # damaged: made again when the photo is read again
                photo = photo_of(Found("", "", source.paths[0], 0), pixels, metadata, beside=True)
                beside = tuple(Companion(**one) for one in json.loads(source.companions))
                named = [_name(path, folders) for path in source.paths]
                seen = Looked(json.loads(look or "{}"), lines.get(digest, ()))
                yield row_of(replace(photo, companions=beside), named, seen, source.made)


def _name(path: str, folders: Sequence[Path]) -> str:
    """The path from the library's folder on, with the name of that folder, as people know it."""
    for folder in folders:
        if path.startswith(str(folder).rstrip(os.sep) + os.sep):
            if place := name_of(folder):
                return f"{place}/{os.path.basename(path)}"
            return Path(os.path.relpath(path, folder.parent)).as_posix()
    return os.path.basename(path)


def row_of(photo: Photo, names: Sequence[str], seen: Looked, made: str) -> Row:
    """The columns of the table `trait`, and the folded texts of the table `text`, of a photo with these names."""
    place = places.places().at(*photo.place) if photo.place else None
    city = place and place.within
    found = kinds.kinds_of(photo, names, recognised.boxes(seen.lines))
    when = local_time(photo)
    late = when and when - NIGHT_ENDS
    columns: dict[str, Any] = {
        "digest": photo.digest,
        "made": made,
        "taken": when and when.isoformat(" ", "seconds"),
        "by_camera": photo.taken_by_camera,
        "month": when and when.month,
        "monthday": when and when.month * 100 + when.day,
        "day": when and when.day,
        "hour": when and when.hour,
        "weekday": when and when.weekday(),
        "late_weekday": late and late.weekday(),
        **dict(zip("xyz", places.direction(*photo.place) if photo.place else (None, None, None), strict=True)),
        "place": place and place.id,
        "city": city and city.id,
        "country": place and place.country,
        "camera": photo.camera,
        "format": "jpeg" if photo.format == "JPEG" else photo.format.lower(),
        "width": photo.width,
        "height": photo.height,
        "pixels": photo.pixels,
        "bytes": photo.bytes,
        "rating": photo.rating,
        "sharp": photo.measures.sharpness,
        "kinds": _bits(kinds.KINDS, found),
        "colours": _bits(colours.NAMES, _named_colours(seen.look)),
        "looks": _bits(LOOKS, _looks(photo, seen.look)),
        "content": photo.content,
        "burst": photo.burst,
    }
    caption = "\n".join(extra.value for extra in photo.told)
    words = "\n".join(recognised.counted(seen.lines, "screenshot" in found))
    where = [one.name for one in (place, city) if one]
    folders, files = zip(*(name.rpartition("/")[::2] for name in names), strict=True)
    texts = ("\n".join(files), "\n".join(dict.fromkeys(folders)), photo.camera, "\n".join(where), caption, words)
    return columns, ["\n".join(map(folded, text.split("\n"))) for text in texts]


def _named_colours(look: Mapping[str, Any]) -> set[str]:
    least = {name: NEUTRAL_SHARE if name in NEUTRAL else SHARE for name in colours.NAMES}
    return {name for name in colours.NAMES if look.get(name, 0.0) >= least[name]}


def _looks(photo: Photo, look: Mapping[str, Any]) -> set[str]:
    light, chroma = look.get("light"), look.get("chroma")
    found = {
        "blurry": photo.measures.sharpness < BLURRY,
        "dark": light is not None and light < DARK,
        "bright": light is not None and light > BRIGHT,
        "bw": chroma is not None and chroma < COLOURLESS,
        "edits": bool(photo.edited) or any(one.role == "original" for one in photo.companions),
        "film": any(one.role == "video" for one in photo.companions) or any(one.kind == "film" for one in photo.holds),
    }
    return {name for name, holds in found.items() if holds}


def _bits(names: Sequence[str], which: set[str] | frozenset[str]) -> int:
    return sum(1 << number for number, name in enumerate(names) if name in which)


def _inserts(rows: Sequence[Row]) -> Iterator[Statement]:
    put = f"INSERT INTO trait ({', '.join(COLUMNS)}) VALUES ({marks(COLUMNS)})"
    words = (
        "INSERT INTO text (rowid, name, folder, camera, place, caption, words) "
        "VALUES ((SELECT id FROM trait WHERE digest = ?), ?, ?, ?, ?, ?, ?)"
    )
    for columns, texts in rows:
        yield put, [columns[name] for name in COLUMNS]
        yield words, [columns["digest"], *texts]


def _deletes(digests: Sequence[str]) -> Iterator[Statement]:
    for some in portions(digests):
        among = f"digest IN ({marks(some)})"
        yield f"DELETE FROM text WHERE rowid IN (SELECT id FROM trait WHERE {among})", some
        yield f"DELETE FROM trait WHERE {among}", some
