"""The labelled photos as each encoder sees them, and what its embeddings alone tell."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.truth import AMBIGUOUS, Label, Pair, level
from unipic.cleanup._exact import same_bytes, same_pixels
from unipic.cleanup._neighbours import neighbours
from unipic.cleanup.compare import WORTH_A_LOOK
from unipic.cleanup.keeper import keeper_first
from unipic.core.embeddings import Embeddings
from unipic.core.photo import Gallery
from unipic.core.settings import Settings, models_folder
from unipic.library.indexing import embed, gather, thumbnails_saved
from unipic.reading.read import read
from unipic.sources.folder import FolderSource
from unipic.tools import Tools, open_tools
from unipic.vision.base import Calibration
from unipic.vision.registry import Loader, open_encoder

ENCODERS = ("unipic", "mobilenet", "builtin")  # the first is the one that is used if nothing is said
SETTINGS = Settings.of(encoder="builtin", ranker="builtin", fetch=False)


@dataclass(frozen=True, eq=False)
class Seen:
    tools: Tools  # with the encoder
    gallery: Gallery
    embeddings: Embeddings


def seen_by_each(folder: Path) -> Iterator[Seen]:
    """Every encoder that is here, with a line about each that is not. The photos are decoded once."""
    with open_tools(SETTINGS, models_folder(), None) as tools:
        files = list(FolderSource([folder]).files())
        pictures = list(read(files, tools.engine, SETTINGS.limits))
        for name in ENCODERS:
            encoder, notices = open_encoder(name, Loader(models_folder(), fetch=False))
            if encoder.name != name:
                print(f"{name}: skipped. {' '.join(notices)}\n")
                continue
            gallery, embeddings = gather(files, thumbnails_saved(embed(pictures, encoder), tools.thumbnails))
            yield Seen(replace(tools, encoder=encoder), gallery, embeddings)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs that the encoder finds worth a look, as cleanup/compare.py has them: no two photos of the same pixels."""

    embeddings: Embeddings
    first: np.ndarray
    second: np.ndarray
    cosine: np.ndarray

    @property
    def names(self) -> list[Pair]:
        photos = self.embeddings.photos
        return [(photos[a].name, photos[b].name) for a, b in zip(self.first, self.second, strict=True)]


def candidates(seen: Seen, calibration: Calibration | None = None) -> Candidates:
    """By the calibration in the code, or another."""
    photos = list(seen.gallery.photos)
    for same in (same_bytes, same_pixels):
        copies = {copy.id for found in same(photos) for copy in found.copies}
        photos = [photo for photo in photos if photo.id not in copies]
    embeddings = seen.embeddings.of(sorted(photos, key=keeper_first))
    worth = calibration or seen.tools.encoder.calibration
    return Candidates(embeddings, *neighbours(embeddings, worth.middle, worth.cosine(WORTH_A_LOOK)))


def reached(found: Candidates, labels: list[Label], wanted: str) -> tuple[int, int]:
    """How many pairs of that level are among the candidates, and how many there are."""
    here = {photo.name for photo in found.embeddings.photos}
    kept = [label for label in labels if label.file in here and label.family not in AMBIGUOUS]
    there = {frozenset((a.file, b.file)) for a, b in combinations(kept, 2) if level(a, b) == wanted}
    return len(there & {frozenset(pair) for pair in found.names}), len(there)


def judged(embeddings: Embeddings, labels: list[Label]) -> tuple[np.ndarray, np.ndarray]:
    """Of every two of these photos: cosine, and whether they are one moment or one picture; both arrays [P].

    Pairs that count neither way are left out, and those of the same bytes, since any encoder finds them.
    """
    by_file = {label.file: label for label in labels}
    rows = [i for i, photo in enumerate(embeddings.photos) if photo.name in by_file]
    kept = [by_file[embeddings.photos[i].name] for i in rows]
    cosine = embeddings.vectors[rows] @ embeddings.vectors[rows].T
    levels = [(a, b, level(kept[a], kept[b])) for a, b in combinations(range(len(kept)), 2)]
    pairs = [(cosine[a, b], known != "different") for a, b, known in levels if known not in ("exact", "open")]
    values, right = zip(*pairs, strict=True)
    return np.array(values, dtype=np.float64), np.array(right)


def recall_alone(embeddings: Embeddings, labels: list[Label], precision: float) -> float:
    """The best recall by cosine alone, at a threshold that keeps this precision."""
    cosine, right = judged(embeddings, labels)
    so_far = np.cumsum(right[np.argsort(-cosine, kind="stable")])
    enough = so_far / np.arange(1, len(so_far) + 1) >= precision
    return float(so_far[enough].max(initial=0) / right.sum())
