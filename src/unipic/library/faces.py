"""The faces of the library: where they are, which is ordinary measuring, and whose they are, once somebody asked.

What tells faces apart is worked out only while it is turned on, and never for photos in a folder that is left out.
"""

import json
import os
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from unipic.core.errors import DecisionsUnreadable, ModelError
from unipic.core.face import TURNED, Face, turned
from unipic.core.language import gettext as _, kept
from unipic.core.photo import Photo
from unipic.core.progress import Progress, Stage, silent, within
from unipic.core.settings import Limits
from unipic.library._cutting import seen
from unipic.library._database import Database
from unipic.library._parts import store_parts
from unipic.library._tables import marks, portions
from unipic.library.filling import Model, detector, face_encoder
from unipic.library.library import Library
from unipic.library.reader import Reader
from unipic.reading.engines.base import Engine
from unipic.vision.base import Part
from unipic.vision.face_net import IDENTITY, FaceEncoder
from unipic.vision.faces import KIND, FaceFinder, part_name
from unipic.vision.own_faces import OwnFaceEncoder
from unipic.vision.registry import face_encoder_key, open_face_encoder, open_faces

FINDER = FaceFinder.key  # of the rows of the faces' parts
# The names under which it is remembered what people chose.
CHOICE, LEFT_OUT, UNWANTED = "faces", "faces left out", "faces never again"
IN_FILMS = f"{IDENTITY}films {FINDER}"  # of the fact that a film was looked through; forgotten with all identities
TIMED = f"kind = '{KIND}' AND json_extract(facts, '$.time') IS NOT NULL"  # rows of faces in films
# Seconds for 1,000 photos, with one face in two of them.
FINDING = Stage(
    kept("Finding faces"), 14, kept("Where faces are is noted: for the best shot, for crops, and for People.")
)
TELLING = Stage(kept("Telling faces apart"), 8, kept("Each face becomes 128 numbers that are kept on this computer."))
AT_ONCE = 200  # photos between two looks at whether it is still wanted: some seconds' work

# A face that may start or extend a person, by what tells faces that are taken for others (PEOPLE in RESULTS.md).
CLEAR_SIZE = 40  # pixels in the original
CLEAR_SCORE = 0.85  # of the finder: below, there are dolls, statues and backs of heads
AGAIN = 0.93  # cosine to the mean of a person from which a face is hers: as groups join, see people/limits.py
LIKE_ANYBODY = 0.945  # cosine to the mean of all faces: blurred ones lie near it


@dataclass(frozen=True)
class Forgotten:
    """What forget_faces deleted."""

    vectors: int  # faces whose numbers were kept
    chips: int  # their pictures


def find(library: Library, engine: Engine, limits: Limits, progress: Progress = silent) -> int:
    """Note where the faces are in photos that nobody has looked at. Returns of how many photos. ModelError."""
    return library.fill(detector(FINDER, open_faces, stage=FINDING.name), engine, progress, limits=limits)


def tell_apart(
    library: Library, engine: Engine, limits: Limits, device: str = "auto", progress: Progress = silent
) -> int:
    """Make the numbers that faces are compared by, where that is turned on. Returns of how many photos. ModelError.

    If it is turned off meanwhile, or a folder is left out, what was made since is deleted.
    """
    if not is_on(library):
        return 0
    model = _model(device)
    todo = _untold(library, model.key)
    for start in range(0, len(todo), AT_ONCE):
        some = todo[start : start + AT_ONCE]
        library.fill(model, engine, partial(within, progress, start, len(todo)), some, limits)
        if not is_on(library):
            _delete(library)
            return 0
        if gone := _unwanted_people(library):
            told = [(face, face.vector) for face in faces(library, some, vectors=True) if face.vector is not None]
            again = [face for face, vector in told if max(float(one @ vector) for one in gone) >= AGAIN]
            if again:
                forget_these(library, again)
        if unwanted := sorted(_unwanted(library) & set(some)):
            _delete(library, unwanted)
    return len(todo)


def faces(reader: Reader, among: Sequence[str] | None = None, vectors: bool = False) -> list[Face]:
    """The faces in the photos with these digests, or in all that are shown, in the order of their photos.

    `vectors`: only those whose numbers are known, and none while it is turned off, or of photos that are left out.
    ModelError if the encoder of faces is damaged.
    """
    if vectors and not is_on(reader):
        return []
    wanted = reader.shown() if among is None else list(among)
    if vectors:
        unwanted = _unwanted(reader)
        wanted = [digest for digest in wanted if digest not in unwanted]
    found: list[Face] = []
    for some in portions(wanted):
        rows = seen(reader.ask, some, FINDER)
        known = _vectors(reader, some) if vectors else {}
        for face in (face for digest in some for face in rows.get(digest, ())):
            vector = known.get((face.digest, part_name(face.box)))
            if not vectors or vector is not None:
                found.append(replace(face, vector=vector))
    mean = open_face_encoder("cpu").mean if vectors and found else None
    return [replace(face, clear=is_clear(face, mean)) for face in found]


def is_clear(face: Face, mean: np.ndarray | None = None) -> bool:
    """Whether a face is good enough to start or extend a person. `mean`: of all faces, float32 [D], of length 1."""
    if face.size < CLEAR_SIZE or face.score < CLEAR_SCORE or turned(face.points) >= TURNED:
        return False
    return mean is None or face.vector is None or float(face.vector @ mean) < LIKE_ANYBODY


# Faces in films: rows with a time, which video.film_faces makes while it is turned on.


def unsearched_films(library: Library, version: int) -> list[Photo]:
    """The films whose faces are wanted and were not looked for by this version."""
    if not is_on(library):
        return []
    unwanted, done = _unwanted(library), library.filled(f"{IN_FILMS} {version}")
    return [film for film in library.films() if film.digest not in unwanted and film.digest not in done]


def keep_film_faces(library: Library, digest: str, version: int, found: Sequence[tuple[Part, bytes]]) -> None:
    """Keep the faces of a film with their chips, in place of those of its one picture; unless it was turned off."""
    if not is_on(library) or digest in _unwanted(library):
        return
    for part, chip in found:
        library.chips.save(digest, part.name, chip)
    with closing(Database(library.path)) as base:
        base.queue(f"DELETE FROM part WHERE digest = ? AND kind = '{KIND}' AND key = ?", [digest, FINDER])
        base.queue(f"DELETE FROM done WHERE digest = ? AND key LIKE '{IDENTITY}%'", [digest])
        store_parts(base, digest, [part for part, _ in found], FINDER)
        store_parts(base, digest, [], f"{IN_FILMS} {version}")


# What people chose.


def is_on(reader: Reader) -> bool:
    """Whether somebody asked whose faces these are. False where that cannot be read."""
    try:
        return reader.marks.choice(CHOICE) == "on"
    except DecisionsUnreadable:
        return False


def turn_on(reader: Reader) -> None:
    """Somebody asked. DecisionsUnreadable."""
    reader.marks.choose(CHOICE, "on")


def left_out(reader: Reader) -> list[Path]:
    """Folders whose faces nobody is told apart by. DecisionsUnreadable."""
    said = reader.marks.choice(LEFT_OUT)
    with suppress(ValueError, TypeError):
        return [Path(one) for one in json.loads(said or "[]")]
    return []


def leave_out(library: Library, folder: Path, out: bool = True) -> None:
    """Leave a folder out, and delete what is known of faces in it; or take it in again. DecisionsUnreadable."""
    others = [one for one in left_out(library) if one != folder]
    said = json.dumps([os.fspath(one) for one in sorted([*others, *([folder] if out else [])])])
    library.marks.choose(LEFT_OUT, said)
    if out:
        _delete(library, sorted(library.inside(folder)))


def forget_faces(library: Library) -> Forgotten:
    """Turn it off, and delete every number and picture of a face. Where faces are is kept, as are names.

    UnipicError if something else reads the index for so long that bytes of what was deleted may be left in its file.
    """
    library.marks.choose(CHOICE, "off")
    library.marks.choose(UNWANTED, "")
    return _delete(library)


def forget_these(reader: Reader, faces: Sequence[Face]) -> Forgotten:
    """Delete the numbers and pictures of some faces. Only another encoder looks at them again. UnipicError as above."""
    chips = sum(reader.chips.forget(face.digest, part_name(face.box)) for face in faces)
    which = f"FROM vector WHERE key LIKE '{IDENTITY}%' AND digest = ? AND part = ?"
    with closing(Database(reader.path)) as base:
        rows = [[face.digest, part_name(face.box)] for face in faces]
        number = sum(base.ask(f"SELECT count(*) {which}", row)[0][0] for row in rows)
        base.all_at_once([(f"DELETE {which}", row) for row in rows])
        base.compact()
    return Forgotten(number, chips)


def never_again(reader: Reader, vector: np.ndarray) -> None:
    """Delete faces like this one, float32 [D] of length 1, as soon as they are told apart. The vector is kept."""
    kept = [*_unwanted_people(reader), vector]
    reader.marks.choose(UNWANTED, json.dumps([one.astype(np.float16).tobytes().hex() for one in kept]))


def _unwanted_people(reader: Reader) -> list[np.ndarray]:
    said = json.loads(reader.marks.choice(UNWANTED) or "[]")
    return [np.frombuffer(bytes.fromhex(one), np.float16).astype(np.float32) for one in said]


def _delete(library: Library, digests: Sequence[str] | None = None) -> Forgotten:
    """Delete vectors and chips of some photos, or of all, and write the index's file anew without them."""
    with closing(Database(library.path)) as base:
        chips = library.chips.clear() if digests is None else sum(library.chips.forget(one) for one in digests)
        number = 0
        for some in [None] if digests is None else portions(digests):
            among, values = ("", ()) if some is None else (f" AND digest IN ({marks(some)})", tuple(some))
            which = f"WHERE key LIKE '{IDENTITY}%'{among}"
            number += base.ask(f"SELECT count(*) FROM vector {which}", values)[0][0]
            base.all_at_once([(f"DELETE FROM {table} {which}", values) for table in ("vector", "part", "done")])
            films = f"key = ? AND digest IN (SELECT digest FROM part WHERE {TIMED}{among})"  # its picture is looked at
            base.all_at_once([(f"DELETE FROM done WHERE {films}", (FINDER, *values))])
            base.all_at_once([(f"DELETE FROM part WHERE {TIMED}{among}", values)])
        base.compact()
    return Forgotten(number, chips)


def _model(device: str) -> Model:
    key = face_encoder_key()
    return face_encoder(key, partial(_same, key, device), FINDER, TELLING.name)


def _same(key: str, device: str) -> FaceEncoder | OwnFaceEncoder:
    """The encoder with this key, in any process. ModelError if there is another: its vectors are not comparable."""
    encoder = open_face_encoder(device)
    if encoder.key != key:
        raise ModelError(
            _("a worker would tell faces apart by {model}: put the same models on every machine.", model=encoder.label)
        )
    return encoder


def _untold(library: Library, key: str) -> list[str]:
    """Photos with faces that are to be told apart and are not yet."""
    rows = library.ask(f"SELECT DISTINCT digest FROM part WHERE kind = '{KIND}' AND key = ?", [FINDER])
    with_faces, unwanted = {digest for (digest,) in rows}, _unwanted(library)
    shown = [digest for digest in library.shown() if digest in with_faces and digest not in unwanted]
    filled = library.filled(key)
    return [digest for digest in shown if digest not in filled]


def _unwanted(reader: Reader) -> frozenset[str]:
    """Photos with a file in a folder that is left out."""
    return frozenset().union(*(reader.inside(folder) for folder in left_out(reader)))


def _vectors(reader: Reader, digests: Sequence[str]) -> dict[tuple[str, str], np.ndarray]:
    """float32 [D], of length 1, by photo and part."""
    asked = f"SELECT digest, part, value FROM vector WHERE key = ? AND digest IN ({marks(digests)})"
    rows = reader.ask(asked, [face_encoder_key(), *digests])
    found = {(digest, part): np.frombuffer(value, np.float16).astype(np.float32) for digest, part, value in rows}
    return {at: vector / np.linalg.norm(vector) for at, vector in found.items()}
