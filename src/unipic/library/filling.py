"""Make the rows that a model has not made yet: vectors of photos, or parts such as faces and lines of text."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from unipic.core.language import kept
from unipic.core.progress import Progress, Step
from unipic.core.settings import Limits
from unipic.library._cutting import Cutter, originals
from unipic.library._database import FRAMES, Database, rows_in
from unipic.library._parts import store_part, store_parts
from unipic.library._tables import marks, portions
from unipic.library.chips import Chips
from unipic.library.thumbnails import Thumbnails
from unipic.reading import versions
from unipic.reading.engines.base import Engine
from unipic.reading.images import load_thumbnail
from unipic.reading.scaled import scaled
from unipic.vision.base import VIEW, Detector, Encoder, Part, TextEncoder, failed
from unipic.vision.face_net import FaceEncoder
from unipic.vision.own_faces import OwnFaceEncoder

LOT = 32  # pictures that a model gets at a time: 2 MB of thumbnails on their way to a worker
FACES_LOT = 64  # the same of faces: four batches of what tells them apart
LARGE_LOT = 4  # the same of pictures larger than thumbnails, each of which takes a model a second
STAGE = kept("Looking at photos")
MEANING = kept("Looking at what photos show")
THINGS = kept("Finding the things in photos")

Lot = tuple[tuple[str, bytes], ...]  # digests, and pictures as JPEGs of ours
FaceLot = tuple[tuple[str, tuple[tuple[str, bytes], ...]], ...]  # digests, and the chips of their faces by name


@dataclass(frozen=True)
class Model:
    """A model that fills the library. All of it can be sent to another machine."""

    key: str  # of its rows; changes whenever they may
    open: Callable[[], Any]
    work: Callable[[Any, Any], list[list[Part]]]  # the parts of each picture of a Lot, or of a FaceLot
    stage: str = STAGE  # for people
    side: int = 0  # pixels: the long side of the pictures it needs, made from the originals; 0: thumbnails will do
    finder: str = ""  # the key of the finder of faces whose chips it gets instead of pictures; "": none
    frames: bool = False  # it looks at the frames that were chosen of films, too


def encoder(key: str, open_model: Callable[[], Encoder]) -> Model:
    """An encoder as it fills the library: one vector a photo.

    Vectors of thumbnails differ a little from those of originals, so they have a key of their own.
    """
    return Model(f"{key} thumbnails", open_model, _embedded)


def text_encoder(key: str, open_model: Callable[[], TextEncoder]) -> Model:
    """The seeing half of a text encoder as it fills the library: one vector a photo, of its thumbnail."""
    return Model(text_key(key), open_model, _seen_whole, MEANING, frames=True)


def text_key(key: str) -> str:
    """The key of the rows of a text encoder with this key."""
    return f"{key} thumbnails"


def detector(key: str, open_model: Callable[[], Detector], side: int = 0, stage: str = STAGE) -> Model:
    """A detector as it fills the library: its parts of each photo."""
    return Model(key, open_model, _found, stage, side)


def face_encoder(key: str, open_model: Callable[[], FaceEncoder | OwnFaceEncoder], finder: str, stage: str) -> Model:
    """What tells faces apart as it fills the library: one vector for each face that `finder` found."""
    return Model(key, open_model, _told_apart, stage, finder=finder)


@dataclass(frozen=True)
class Filler:
    """What fills the library with what models see."""

    base: Database
    thumbnails: Thumbnails
    engine: Engine
    limits: Limits
    chips: Chips

    def fill(self, digests: Sequence[str], model: Model, progress: Progress) -> int:
        """Make what is missing of these photos, and store it. Returns for how many photos.

        Photos whose picture is not there are left for the next time. ModelError if the model cannot be used.
        """
        undone, done = _undone(self.base, digests, model.key), 0
        progress(Step(model.stage, 0, len(undone), "photo"))
        thumbnails = ((digest, self.thumbnails.path(digest)) for digest in undone)
        lots: Iterator[Any] = self._originals(undone, model) if model.side else _lots(thumbnails, LOT)
        if model.finder:
            lots = self._faces(undone, model)
        for lot, parts in self.engine.apply(model.open, model.work, lots):
            for (digest, _), its in zip(lot, parts, strict=True):
                store_parts(self.base, digest, its, model.key)
            done += len(lot)
            progress(Step(model.stage, done, len(undone), "photo"))
        if model.frames:
            self._fill_frames(digests, model, progress)
        self.base.write()
        return done

    def _fill_frames(self, digests: Sequence[str], model: Model, progress: Progress) -> None:
        """Vectors of the frames that were chosen of films, as parts of the film by the names of the frames."""
        asked = (
            "SELECT DISTINCT digest, part FROM part p WHERE kind = 'frame' AND NOT EXISTS "
            "(SELECT 1 FROM vector v WHERE v.digest = p.digest AND v.part = p.part AND v.key = ?)"
        )
        wanted, pictures = set(digests), Thumbnails(self.thumbnails.folder.parent / FRAMES)
        frames = [row for row in self.base.ask(asked, [model.key]) if row[0] in wanted]
        paths = ((f"{digest} {part}", pictures.path(f"{digest}-{part}")) for digest, part in frames)
        done, made = 0, versions.picture()
        for lot, parts in self.engine.apply(model.open, model.work, _lots(paths, LARGE_LOT)):
            for (name, _), its in zip(lot, parts, strict=True):
                digest, frame = name.split(" ")
                for part in its:
                    store_part(self.base, digest, replace(part, name=frame), model.key, made)
            done += len(lot)
            progress(Step(model.stage, done, len(frames), "frame"))

    def _originals(self, digests: Sequence[str], model: Model) -> Iterator[Lot]:
        """Originals scaled down. One that cannot be decoded is done, with the reason as its only part."""
        lot: list[tuple[str, bytes]] = []
        files = (one for some in portions(digests) for one in originals(self.base.ask, some))
        for one in scaled(files, model.side, self.engine, self.limits):
            if one.reason:
                store_parts(self.base, one.digest, [failed(one.reason)], model.key)
            elif one.jpeg:
                lot.append((one.digest, one.jpeg))
            if len(lot) == LARGE_LOT:
                yield tuple(lot)
                lot = []
        if lot:
            yield tuple(lot)

    def _faces(self, digests: Sequence[str], model: Model) -> Iterator[FaceLot]:
        """The chips of each photo's faces. A photo that cannot be decoded is done, with the reason as its only part."""
        lot, number = list[tuple[str, tuple[tuple[str, bytes], ...]]](), 0
        cutter = Cutter(self.base.ask, self.thumbnails, self.chips, self.engine, self.limits)
        for cut in cutter.cut(digests, model.finder):
            if cut.reason:
                store_parts(self.base, cut.digest, [failed(cut.reason)], model.key)
            elif cut.there:
                lot.append((cut.digest, cut.chips))
                number += len(cut.chips)
            if number >= FACES_LOT:
                yield tuple(lot)
                lot, number = [], 0
        if lot:
            yield tuple(lot)


def looked_at(path: Path, key: str) -> frozenset[str]:
    """Digests of photos that the model with this key has looked at."""
    asked = "SELECT digest FROM done WHERE key = ? AND made = ?"
    return frozenset(digest for (digest,) in rows_in(path, asked, [key, versions.picture()]))


def _undone(base: Database, shown: Sequence[str], key: str) -> list[str]:
    asked = "SELECT digest FROM done WHERE key = ? AND made = ?"
    known = {digest for (digest,) in base.ask(asked, [key, versions.picture()])}
    undone = [digest for digest in shown if digest not in known]
    for some in portions(undone):  # what an older version made of them
        for table in ("vector", "part"):
            base.queue(f"DELETE FROM {table} WHERE key = ? AND digest IN ({marks(some)})", [key, *some])
    return undone


def _lots(pictures: Iterable[tuple[str, Path]], number: int) -> Iterator[Lot]:
    """The pictures that are there, so many at a time."""
    there = ((name, path.read_bytes()) for name, path in pictures if path.is_file())
    while lot := tuple(islice(there, number)):
        yield lot


def _embedded(model: Encoder, lot: Lot) -> list[list[Part]]:
    return [[Part(vector=vector)] for vector in model.embed(np.stack([_view(thumbnail) for _, thumbnail in lot]))]


def _seen_whole(model: TextEncoder, lot: Lot) -> list[list[Part]]:
    """A picture for which the network gives no numbers is looked at once and has no vector."""
    vectors = model.embed([load_thumbnail(thumbnail) for _, thumbnail in lot])
    return [[Part(vector=vector)] if np.isfinite(vector).all() and vector.any() else [] for vector in vectors]


def _found(model: Detector, lot: Lot) -> list[list[Part]]:
    return model.find([load_thumbnail(thumbnail) for _, thumbnail in lot])


def _told_apart(model: FaceEncoder | OwnFaceEncoder, lot: FaceLot) -> list[list[Part]]:
    """A face for which the network gives no numbers has no vector."""
    chips = [load_thumbnail(chip) for _, faces in lot for _, chip in faces]
    vectors = iter(model.embed(np.stack(chips)) if chips else ())
    rows = [[Part(name, vector=vector) for (name, _), vector in zip(faces, vectors)] for _, faces in lot]  # noqa: B905
    return [[part for part in parts if part.vector is not None and np.isfinite(part.vector).all()] for parts in rows]


def _view(thumbnail: bytes) -> np.ndarray:
    picture = Image.fromarray(load_thumbnail(thumbnail))
    return np.asarray(picture.resize((VIEW, VIEW), Image.Resampling.BICUBIC))
