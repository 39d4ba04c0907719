"""Make the rows that a model has not made yet, from thumbnails: vectors of photos, or parts such as faces."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from unipic.core.progress import Progress, Step
from unipic.library._database import Database, rows_in
from unipic.library._tables import portions
from unipic.library.thumbnails import Thumbnails
from unipic.reading import versions
from unipic.reading.engines.base import Engine
from unipic.reading.images import load_thumbnail
from unipic.reading.seen import half
from unipic.vision.base import VIEW, Detector, Encoder, Part, TextEncoder

STAGE = "Looking at photos"
MEANING = "Looking at what photos show"
LOT = 32  # pictures that a model gets at a time: 2 MB of thumbnails on their way to a worker

Lot = tuple[tuple[str, bytes], ...]  # digests and thumbnails


@dataclass(frozen=True)
class Model:
    """A model that fills the library. All of it can be sent to another machine."""

    key: str  # of its rows; changes whenever they may
    open: Callable[[], Any]
    work: Callable[[Any, Lot], list[list[Part]]]  # the parts of each picture
    stage: str = STAGE  # for people


def encoder(key: str, open_model: Callable[[], Encoder]) -> Model:
    """An encoder as it fills the library: one vector a photo.

    Vectors of thumbnails differ a little from those of originals, so they have a key of their own.
    """
    return Model(f"{key} thumbnails", open_model, _embedded)


def text_encoder(key: str, open_model: Callable[[], TextEncoder]) -> Model:
    """The seeing half of a text encoder as it fills the library: one vector a photo, of its thumbnail."""
    return Model(text_key(key), open_model, _seen_whole, MEANING)


def text_key(key: str) -> str:
    """The key of the rows of a text encoder with this key."""
    return f"{key} thumbnails"


def detector(key: str, open_model: Callable[[], Detector]) -> Model:
    """A detector as it fills the library: its parts of each photo."""
    return Model(key, open_model, _found)


def fill(
    base: Database, shown: Sequence[str], thumbnails: Thumbnails, model: Model, engine: Engine, progress: Progress
) -> int:
    """Make what is missing of the shown photos (digests), and store it. Returns for how many photos.

    Photos whose thumbnail is missing are left for the next time. ModelError if the model cannot be used.
    """
    undone, made = _undone(base, shown, model.key), versions.picture()
    progress(Step(model.stage, 0, len(undone), "photo"))
    done = 0
    for lot, parts in engine.apply(model.open, model.work, _lots(undone, thumbnails)):
        for (digest, _), its in zip(lot, parts, strict=True):
            for part in its:
                _store(base, digest, part, model.key, made)
            base.queue("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", (digest, model.key, made))
        base.write_now_and_then()
        done += len(lot)
        progress(Step(model.stage, done, len(undone), "photo"))
    base.write()
    return done


def waiting(path: Path, shown: Sequence[str], key: str) -> int:
    """How many of the shown photos the model with this key has not looked at."""
    asked = "SELECT digest FROM done WHERE key = ? AND made = ?"
    return len(set(shown) - {digest for (digest,) in rows_in(path, asked, [key, versions.picture()])})


def _undone(base: Database, shown: Sequence[str], key: str) -> list[str]:
    asked = "SELECT digest FROM done WHERE key = ? AND made = ?"
    known = {digest for (digest,) in base.ask(asked, [key, versions.picture()])}
    undone = [digest for digest in shown if digest not in known]
    for some in portions(undone):  # what an older version made of them
        for table in ("vector", "part"):
            marks = ",".join("?" * len(some))
            base.queue(f"DELETE FROM {table} WHERE key = ? AND digest IN ({marks})", [key, *some])
    return undone


def _lots(digests: Sequence[str], thumbnails: Thumbnails) -> Iterator[Lot]:
    for start in range(0, len(digests), LOT):
        paths = {digest: thumbnails.path(digest) for digest in digests[start : start + LOT]}
        lot = tuple((digest, path.read_bytes()) for digest, path in paths.items() if path.is_file())
        if lot:
            yield lot


def _store(base: Database, digest: str, part: Part, key: str, made: str) -> None:
    if part.vector is not None:
        base.queue(
            "INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?, ?)",
            (digest, part.name, key, made, half(part.vector[None])[0].tobytes()),
        )
    if part.kind:
        facts = json.dumps({"box": part.box, "time": part.time, **part.facts})
        base.queue(
            "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?)", (digest, part.name, key, made, part.kind, facts)
        )


def _embedded(model: Encoder, lot: Lot) -> list[list[Part]]:
    return [[Part(vector=vector)] for vector in model.embed(np.stack([_view(thumbnail) for _, thumbnail in lot]))]


def _seen_whole(model: TextEncoder, lot: Lot) -> list[list[Part]]:
    """A picture for which the network gives no numbers is looked at once and has no vector."""
    vectors = model.embed([load_thumbnail(thumbnail) for _, thumbnail in lot])
    return [[Part(vector=vector)] if np.isfinite(vector).all() and vector.any() else [] for vector in vectors]


def _found(model: Detector, lot: Lot) -> list[list[Part]]:
    return model.find([load_thumbnail(thumbnail) for _, thumbnail in lot])


def _view(thumbnail: bytes) -> np.ndarray:
    picture = Image.fromarray(load_thumbnail(thumbnail))
    return np.asarray(picture.resize((VIEW, VIEW), Image.Resampling.BICUBIC))
