"""Embed: the stream of pictures becomes a gallery and its embeddings, batch by batch, each picture once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from unipic.embeddings import Embeddings
from unipic.photo import Gallery, Photo, Unreadable
from unipic.seen import Picture
from unipic.vision.base import Encoder

BATCH = 32  # more is no faster on a CPU, and 32 views are 5 MB


def embed(
    pictures: Iterable[Picture | Unreadable], encoder: Encoder, keep_thumbnail: Callable[[str, bytes], None]
) -> tuple[Gallery, Embeddings]:
    """Only vectors outlive the stream: views are dropped once embedded, thumbnails go where the caller says."""
    photos: list[Photo] = []
    unreadable: list[Unreadable] = []
    vectors: dict[str, np.ndarray] = {}
    for batch in _batches(pictures):
        fresh: dict[str, Picture] = {}
        for picture in batch:
            if isinstance(picture, Unreadable):
                unreadable.append(picture)
                continue
            photos.append(picture.photo)
            if picture.photo.digest not in vectors:
                fresh.setdefault(picture.photo.digest, picture)
        for digest, picture in fresh.items():
            keep_thumbnail(digest, picture.thumbnail)
        if fresh:
            rows = encoder.embed(np.stack([picture.view for picture in fresh.values()]))
            vectors.update(zip(fresh, rows, strict=True))
    matrix = np.stack([vectors[photo.digest] for photo in photos]) if photos else np.zeros((0, 1), np.float32)
    return Gallery(tuple(photos), tuple(unreadable)), Embeddings(tuple(photos), matrix)


def _batches(pictures: Iterable[Picture | Unreadable]) -> Iterator[list[Picture | Unreadable]]:
    batch: list[Picture | Unreadable] = []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
