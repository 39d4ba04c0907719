"""Read and embed each file once. Later runs use what was stored."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TypeVar

import numpy as np

from unipic.core.archives import status
from unipic.core.embeddings import Embeddings
from unipic.core.language import kept
from unipic.core.photo import FILM, Found, Gallery, Photo, Unreadable
from unipic.core.settings import Limits
from unipic.library._ahead import ahead
from unipic.library.index import Index
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.metadata import read_file_metadata
from unipic.reading.read import read
from unipic.reading.seen import Picture, Seen, half
from unipic.sources.base import stamp
from unipic.vision.base import Encoder

T = TypeVar("T")
Files = Sequence[Found | Unreadable]
See = Callable[[Files], Iterator[Seen | Unreadable]]

BATCH_PHOTOS = 32  # more is no faster on a CPU, and 32 views are 5 MB
IS_FILM = kept("is a video, not a photo")  # as reading says of one
AHEAD = 128  # pictures queued for the encoder: 27 MB, what two cores read while torch is imported


def see(files: Files, engine: Engine, encoder: Encoder, limits: Limits) -> Iterator[Seen | Unreadable]:
    """A stream in the order of the files. Workers read on while a batch is embedded or the network loads."""
    return embed(ahead(read(files, engine, limits), AHEAD), encoder)


def embed(pictures: Iterable[Picture | Unreadable], encoder: Encoder) -> Iterator[Seen | Unreadable]:
    """Embed in batches; views are dropped once embedded."""
    for batch in _batches(pictures, BATCH_PHOTOS):
        fresh = {picture.photo.digest: picture for picture in batch if isinstance(picture, Picture)}
        views = [picture.view for picture in fresh.values()]
        vectors = dict(zip(fresh, half(encoder.embed(np.stack(views))), strict=True)) if views else {}
        for picture in batch:
            if isinstance(picture, Unreadable):
                yield picture
            else:
                yield Seen(picture.photo, vectors[picture.photo.digest], picture.thumbnail)


def remembered(
    files: Files, see: See, engine: Engine, index: Index, thumbnails: Thumbnails, key: str
) -> Iterator[Seen | Unreadable]:
    """First every file the index knows, then what `see` yields for the others, which is stored. `key`: the encoder's.

    If only a photo's metadata is outdated, `engine` reads only that again.
    """
    new: list[Found | Unreadable] = [file for file in files if isinstance(file, Unreadable)]
    stale: list[tuple[Found, Seen]] = []
    for file, seen in index.seen([file for file in files if isinstance(file, Found)], key):
        if seen and not seen.stale:
            yield seen
        elif seen:
            stale.append((file, seen))
        else:
            new.append(file)
    for file, again in _told_again(stale, engine):
        if again:
            index.keep_metadata(again.photo)
            yield again
        else:
            new.append(file)
    found = {file.id: file for file in new if isinstance(file, Found)}
    for now in thumbnails_saved(see(new), thumbnails):
        if isinstance(now, Seen):
            index.keep(found[now.photo.id], now, key)
        elif now.lasting and now.id in found:
            index.keep_unreadable(found[now.id], now.reason)
        yield now


def _told_again(stale: Sequence[tuple[Found, Seen]], engine: Engine) -> Iterator[tuple[Found, Seen | None]]:
    """Each file with its metadata read again; None if it cannot be read, or changed since it was listed."""
    answers = engine.map(read_file_metadata, [file for file, _ in stale])
    for (_, seen), (file, metadata) in zip(stale, answers, strict=True):
        if isinstance(metadata, Failure) or seen.photo.format == FILM or not _still(file):
            yield file, None
        else:
            yield file, replace(seen, photo=replace(seen.photo, **vars(metadata)), stale=False)


def _still(file: Found) -> bool:
    """Whether the file is unchanged since it was listed, so its digest still holds."""
    with suppress(OSError):
        now = status(file.path)
        return (now.st_size, stamp(now)) == (file.size, file.stamp)
    return False


def thumbnails_saved(seen: Iterable[Seen | Unreadable], thumbnails: Thumbnails) -> Iterator[Seen | Unreadable]:
    """Save each thumbnail before passing the photo on."""
    for one in seen:
        if isinstance(one, Seen):
            thumbnails.save(one.photo.digest, one.thumbnail)
        yield one


def gather(files: Files, seen: Iterable[Seen | Unreadable]) -> tuple[Gallery, Embeddings]:
    """The gallery and its embeddings, in the order of the files."""
    place = {file.id: i for i, file in enumerate(files)}
    photos: list[Photo] = []
    rows: list[np.ndarray] = []
    unreadable: list[Unreadable] = []
    for one in seen:
        if isinstance(one, Unreadable):
            unreadable.append(one)
        elif one.photo.format == FILM:  # it may belong to a photo
            unreadable.append(as_file(one.photo))
        else:
            photos.append(one.photo)
            rows.append(one.vector)
    order = sorted(range(len(photos)), key=lambda i: place[photos[i].id])
    vectors = np.zeros((len(rows), len(rows[0]) if rows else 1), np.float32)
    for row, i in enumerate(order):  # one by one: a second matrix would be as large as all that is known of the photos
        vectors[row] = rows[i]
    vectors /= np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    unreadable.sort(key=lambda file: place[file.id])
    ordered = tuple(photos[i] for i in order)
    return Gallery(ordered, tuple(unreadable)), Embeddings(ordered, vectors)


def as_file(film: Photo) -> Unreadable:
    """A film as one of the files that are no photos."""
    return Unreadable(film.id, film.name, film.path, IS_FILM, film.size, lasting=True)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    waiting = iter(items)
    while batch := list(islice(waiting, size)):
        yield batch
