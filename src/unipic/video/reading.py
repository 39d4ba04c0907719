"""Read films, each in a process that a hostile file may kill, into what the library knows of any picture."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from unipic.core import archives
from unipic.core.files import hash_file
from unipic.core.language import kept
from unipic.core.photo import FILM, Extra, Found, Photo, Unreadable
from unipic.core.progress import Progress, Step, silent
from unipic.core.settings import FilmLimits
from unipic.core.words import clock
from unipic.library import blobs
from unipic.library.index import Index
from unipic.library.indexing import embed, thumbnails_saved
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.base import Failure
from unipic.reading.images import Decoded as DecodedPhoto
from unipic.reading.metadata import Metadata
from unipic.reading.read import WORKING, jpeg, picture_of
from unipic.reading.seen import Picture, Seen
from unipic.video import packets
from unipic.video.decode import Decoded, Decoder, in_worker
from unipic.video.facts import CONTENT, KEY, PRINTED, PRINTING, STAGE, STRIPS, content_of
from unipic.video.film import Film, NotAFilm, probe
from unipic.video.fingerprints import RATE, SIDE, Fingerprint, fingerprint, unpacked
from unipic.vision.base import Encoder

STRIP = 8  # pictures spread over a film: its filmstrip, of which the best stands for it
KEYS_FROM = 60.0  # seconds of a film from which they need no other: quick, while short films may have only one such
STRIP_SIDE = 160  # pixels, the height of the filmstrip
LOOKED_AT = 96  # pixels, their size for choosing
# Bits a pixel that H.264 spends where a film looks good; about what telephones' messengers leave. Each doubling is
# worth DOUBLING steps of quality; others need EFFORT times as many bits for the same picture.
GOOD_BITS, GOOD, DOUBLING = 0.1, 75, 10
EFFORT = {"h264": 1.0, "hevc": 0.6, "av1": 0.5, "vp9": 0.65, "vp8": 1.0, "mpeg4": 1.6, "mpeg2video": 2.2, "mjpeg": 5.0}


# Reading, in a worker.


@dataclass(frozen=True)
class Order:
    """A film to read. Can be sent to a worker."""

    file: Found
    limits: FilmLimits = FilmLimits()  # noqa: RUF009  frozen


def read_film(order: Order) -> Iterator[tuple[Picture, bytes]]:
    """A film as a picture with facts, and its filmstrip, a JPEG. NotAFilm, OSError."""
    path, limits = order.file.path, order.limits
    film = probe(path, order.file.name, limits)
    pictures, sound = packets.coded(path, limits)
    best, strip = _best_picture(spread(path, film.seconds, limits))
    digest = hash_file(path)
    status = archives.status(path)
    times = f"{status.st_mtime_ns} {status.st_ctime_ns} "
    if status.st_size != order.file.size or (order.file.stamp and not order.file.stamp.startswith(times)):
        raise NotAFilm(kept("was changed while it was read"))
    decoded = DecodedPhoto(
        picture=best,
        digest=digest,
        size=order.file.size,
        width=film.width,
        height=film.height,
        format=FILM,
        note=kept("film of {time}", time=clock(film.seconds)),
        quality=quality(film),
        content=content_of(pictures, sound),
        holds=tuple(_holds(film, sound)),
    )
    yield picture_of(order.file, decoded, Metadata(taken=film.taken, place=film.place)), strip


def print_film(order: Order) -> Iterator[bytes]:
    """The fingerprint of a film, packed. NotAFilm, OSError."""
    shown = Decoder(order.file.path, every=1 / RATE, limits=order.limits)
    yield fingerprint((one.seconds, one.planes(SIDE, SIDE)[0]) for one in shown).packed()


def spread(path: str, seconds: float, limits: FilmLimits) -> Iterator[Decoded]:
    """Pictures evenly over a film, of a long one those that need no other; what cannot be decoded is left out."""
    last = -1.0
    for place in range(STRIP):
        start = seconds * (place + 0.5) / STRIP
        one = next(iter(Decoder(path, start=start, keys=seconds > KEYS_FROM, limits=limits)), None)
        if one is not None and one.seconds > last:
            last = one.seconds
            yield one
    if last < 0 and (one := next(iter(Decoder(path, limits=limits)), None)):
        yield one


def _best_picture(shown: Iterable[Decoded]) -> tuple[Image.Image, bytes]:
    """The picture with most to see, since title cards and black have little, and all of them side by side as a JPEG."""
    best, most, strip = None, -1.0, list[np.ndarray]()
    for one in shown:
        small = one.planes(LOOKED_AT, LOOKED_AT)[0].astype(np.float32)
        worth = float(small.std() * (np.abs(np.diff(small, axis=0)).mean() + np.abs(np.diff(small, axis=1)).mean()))
        if worth > most:
            best, most = one.within(WORKING), worth
        strip.append(one.picture((max(1, min(2 * STRIP_SIDE, one.width * STRIP_SIDE // one.height)), STRIP_SIDE)))
    if best is None:
        raise NotAFilm(kept("holds no picture that can be decoded"))
    return Image.fromarray(best), jpeg(Image.fromarray(np.concatenate(strip, axis=1)))


@dataclass(frozen=True)
class At:
    """A picture of a film that somebody wants to see. Can be sent to a worker."""

    path: str
    seconds: float
    side: int  # pixels: the long side, at most
    limits: FilmLimits = FilmLimits()  # noqa: RUF009  frozen


def picture_at(wanted: At) -> Iterator[bytes]:
    """The picture that a film shows at a time, its last one after its end, as a JPEG. NotAFilm, OSError."""
    shown = iter(Decoder(wanted.path, start=wanted.seconds, limits=wanted.limits))
    one = next(shown, None)
    if one is None:
        before = Decoder(wanted.path, start=max(0.0, wanted.seconds - 10), limits=wanted.limits)
        one = next(iter(deque(before, 1)), None)  # the last
    if one is None:
        raise NotAFilm(kept("shows no picture there"))
    yield jpeg(Image.fromarray(one.within(wanted.side)))


def quality(film: Film) -> int | None:
    """How little its compression took, 0 to 95, by bits a pixel and what its codec makes of them; None if unknown."""
    shown = film.width * film.height * (film.fps or RATE)
    if not film.bitrate or not shown:
        return None
    bits = film.bitrate / shown / EFFORT.get(film.codec, 1.0)
    return int(np.clip(round(GOOD + DOUBLING * math.log2(bits / GOOD_BITS)), 5, 95))


def _holds(film: Film, sound: str) -> Iterator[Extra]:
    yield Extra("length", kept("a film of {time}", time=clock(film.seconds)), f"{film.seconds:.2f}")
    if sound:
        yield Extra("sound", "sound", "sound")
    if film.hdr:
        yield Extra("range", kept("a high dynamic range ({range})", range=film.hdr), film.hdr)


# Reading many, with what the index knows.


def films_seen(
    files: Sequence[Found],
    index: Index,
    thumbnails: Thumbnails,
    encoder: Encoder,
    progress: Progress = silent,
    limits: FilmLimits = FilmLimits(),  # noqa: B008  frozen
) -> Iterator[Seen | Unreadable]:
    """Each film with its picture; what the index knows is not opened. Files that are no films have the reason."""
    new, refused = list[Found](), index.said(files, CONTENT)
    for file, seen in index.seen(files, encoder.key):
        if seen and (not seen.photo.content or seen.photo.content.startswith(f"{CONTENT} ")):
            yield seen
        elif file.id in refused:
            yield Unreadable(file.id, file.name, file.path, refused[file.id]["reason"], file.size, lasting=True)
        else:
            new.append(file)
    found = {file.id: file for file in new}

    def read() -> Iterator[Picture | Unreadable]:
        for file, made in _made(read_film, [Order(file, limits) for file in new], STAGE, progress):
            if isinstance(made, str):
                yield Unreadable(file.id, file.name, file.path, made, file.size, lasting=True)
            else:
                picture, strip = made
                blobs.keep(index, picture.photo.digest, STRIPS, CONTENT, strip)
                yield picture

    for now in thumbnails_saved(embed(read(), encoder), thumbnails):
        if isinstance(now, Seen):
            index.keep(found[now.photo.id], now, encoder.key)
        else:
            index.keep_said(found[now.id], {"reason": now.reason}, CONTENT)
        yield now


def fingerprints_of(
    films: Sequence[Photo],
    index: Index,
    progress: Progress = silent,
    limits: FilmLimits = FilmLimits(),  # noqa: B008  frozen
) -> dict[str, Fingerprint]:
    """Fingerprints by digest; of a film that cannot be decoded an empty one. What the index knows is not made again."""
    stored = blobs.known(index, (film.digest for film in films), KEY, PRINTED)
    missing = {film.id: film for film in films if film.digest not in stored}
    orders = [Order(Found(film.id, film.name, film.path, film.size), limits) for film in missing.values()]
    for file, told in _made(print_film, orders, PRINTING, progress):
        stored[missing[file.id].digest] = b"" if isinstance(told, str) else told
        if not isinstance(told, str):
            blobs.keep(index, missing[file.id].digest, KEY, PRINTED, told)
    return {digest: unpacked(data) for digest, data in stored.items()}


@dataclass(frozen=True)
class Orders:
    """Films for one worker after the other. Can be sent to a worker."""

    task: Callable[[Order], Iterator[Any]]
    films: tuple[Order, ...]


def one_by_one(orders: Orders) -> Iterator[Any]:
    """What the task makes of each film, or the reason why nothing."""
    for order in orders.films:
        try:
            yield next(orders.task(order), kept("is a film without a picture"))
        except (NotAFilm, OSError) as error:
            yield str(error)


def _made(
    task: Callable[[Order], Iterator[Any]], orders: Sequence[Order], stage: str, progress: Progress
) -> Iterator[tuple[Found, Any]]:
    """Each film with what the task makes of it, or why nothing. A film that kills its worker costs itself."""
    left = [*orders]
    while left:
        for made in in_worker(one_by_one, Orders(task, tuple(left)), left[0].limits):
            progress(Step(stage, len(orders) - len(left), len(orders), "film"))
            yield (
                left.pop(0).file,
                kept("is a film that {reason}", reason=made.reason) if isinstance(made, Failure) else made,
            )
    progress(Step(stage, len(orders), len(orders), "film"))
