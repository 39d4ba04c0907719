"""Read films, each in a process that a hostile file may kill, into what the library knows of any picture."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from unipic.core.files import hash_file
from unipic.core.photo import FILM, Extra, Found, Photo, Unreadable
from unipic.core.progress import Progress, Step, silent
from unipic.library import blobs
from unipic.library.index import Index
from unipic.library.indexing import embed, thumbnails_saved
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.base import Failure
from unipic.reading.images import Decoded as DecodedPhoto
from unipic.reading.metadata import Metadata
from unipic.reading.read import WORKING, picture_of
from unipic.reading.seen import Picture, Seen
from unipic.sources.base import stamp
from unipic.video import fingerprints, packets
from unipic.video.decode import Decoder, in_worker
from unipic.video.film import Film, FilmLimits, NotAFilm, probe
from unipic.video.fingerprints import RATE, SIDE, Fingerprint, fingerprint, unpacked
from unipic.vision.base import Encoder

VERSION = 1  # raised when another picture stands for a film, or its facts are read otherwise
STAGE, PRINTING = "Reading films", "Looking through films"
SUFFIXES = (
    *(".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv", ".flv", ".3gp"),
    *(".ogv", ".mxf", ".vob", ".divx", ".asf"),
)
TRIED = 12  # pictures that need no other, one a second, of which the best stands for the film
LOOKED_AT = 96  # pixels, their size for choosing
# Bits a pixel that H.264 spends where a film looks good; about what telephones' messengers leave. Each doubling is
# worth DOUBLING steps of quality; others need EFFORT times as many bits for the same picture.
GOOD_BITS, GOOD, DOUBLING = 0.1, 75, 10
EFFORT = {"h264": 1.0, "hevc": 0.6, "av1": 0.5, "vp9": 0.65, "vp8": 1.0, "mpeg4": 1.6, "mpeg2video": 2.2, "mjpeg": 5.0}
KEY = "film"  # of fingerprints in the index


CONTENT = f"film{VERSION}.{packets.VERSION}"


def is_named_like_a_film(file: Found | Unreadable) -> bool:
    """By the ending of its name; whether it is one, its content decides."""
    return PurePosixPath(file.name).suffix.casefold() in SUFFIXES


def content_of(pictures: str, sound: str) -> str:
    """What a film's content is known by: the same pictures and sound in any container; "" if that is not known."""
    return f"{CONTENT} {pictures} {sound}".rstrip() if pictures else ""


def pictures_of(film: Photo) -> str:
    """The digest of a film's coded pictures, whatever the sound; "" if it is not known."""
    return film.content.split(" ")[1] if film.content else ""


def seconds_of(film: Photo) -> float:
    """The length of a film."""
    return next((float(extra.value) for extra in film.holds if extra.kind == "length"), 0.0)


def clock(seconds: float) -> str:
    """0:41, 12:05, 1:02:07."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


# Reading, in a worker.


@dataclass(frozen=True)
class Order:
    """A film to read. Can be sent to a worker."""

    file: Found
    limits: FilmLimits = FilmLimits()  # noqa: RUF009  frozen


def read_film(order: Order) -> Iterator[Picture]:
    """A film as a picture with facts. NotAFilm, OSError."""
    path, limits = order.file.path, order.limits
    film = probe(path, order.file.name, limits)
    pictures, sound = packets.coded(path, limits)
    best = _best_picture(path, limits)
    digest = hash_file(path)
    status = os.stat(path)
    if status.st_size != order.file.size or (order.file.stamp and stamp(status) != order.file.stamp):
        raise NotAFilm("was changed while it was read")
    decoded = DecodedPhoto(
        picture=best,
        digest=digest,
        size=order.file.size,
        width=film.width,
        height=film.height,
        format=FILM,
        note=f"film of {clock(film.seconds)}",
        quality=quality(film),
        content=content_of(pictures, sound),
        holds=tuple(_holds(film, sound)),
    )
    yield picture_of(order.file, decoded, Metadata(taken=film.taken, place=film.place))


def print_film(order: Order) -> Iterator[bytes]:
    """The fingerprint of a film, packed. NotAFilm, OSError."""
    shown = Decoder(order.file.path, every=1 / RATE, limits=order.limits)
    yield fingerprint((one.seconds, one.planes(SIDE, SIDE)[0]) for one in shown).packed()


def _best_picture(path: str, limits: FilmLimits) -> Image.Image:
    """The picture with most to see among the first that need no other: title cards and black have little."""
    best, most = None, -1.0
    for number, one in enumerate(Decoder(path, every=1.0, keys=True, limits=limits)):
        small = one.planes(LOOKED_AT, LOOKED_AT)[0].astype(np.float32)
        worth = float(small.std() * (np.abs(np.diff(small, axis=0)).mean() + np.abs(np.diff(small, axis=1)).mean()))
        if worth > most:
            best, most = one.picture(_fitted(one.width, one.height)), worth
        if number + 1 == TRIED:
            break
    if best is None:
        raise NotAFilm("holds no picture that can be decoded")
    return Image.fromarray(best)


def _fitted(width: int, height: int) -> tuple[int, int]:
    share = min(1.0, WORKING / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def quality(film: Film) -> int | None:
    """How little its compression took, 0 to 95, by bits a pixel and what its codec makes of them; None if unknown."""
    shown = film.width * film.height * (film.fps or RATE)
    if not film.bitrate or not shown:
        return None
    bits = film.bitrate / shown / EFFORT.get(film.codec, 1.0)
    return int(np.clip(round(GOOD + DOUBLING * math.log2(bits / GOOD_BITS)), 5, 95))


def _holds(film: Film, sound: str) -> Iterator[Extra]:
    yield Extra("length", f"a film of {clock(film.seconds)}", f"{film.seconds:.2f}")
    if sound:
        yield Extra("sound", "sound", "sound")
    if film.hdr:
        yield Extra("range", f"a high dynamic range ({film.hdr})", film.hdr)


# Reading many, with what the index knows.


def films_seen(
    files: Sequence[Found], index: Index, thumbnails: Thumbnails, encoder: Encoder, progress: Progress = silent
) -> Iterator[Seen | Unreadable]:
    """Each film with its picture; what the index knows is not opened. Files that are no films have the reason."""
    new = []
    for file, seen in index.seen(files, encoder.key):
        if seen and (not seen.photo.content or seen.photo.content.startswith(f"{CONTENT} ")):
            yield seen
        else:
            new.append(file)
    found = {file.id: file for file in new}
    read = (_read(file, progress, done, len(new)) for done, file in enumerate(new))
    for now in thumbnails_saved(embed(read, encoder), thumbnails):
        if isinstance(now, Seen):
            index.keep(found[now.photo.id], now, encoder.key)
        elif now.lasting:
            index.keep_unreadable(found[now.id], now.reason)
        yield now


def _read(file: Found, progress: Progress, done: int, total: int) -> Picture | Unreadable:
    progress(Step(STAGE, done, total, "film"))
    made = _made(read_film, file)
    if isinstance(made, str):
        return Unreadable(file.id, file.name, file.path, made, file.size, lasting=True)
    return made


def _made(task: Callable[[Order], Iterator[Any]], file: Found) -> Any:
    """What the task makes of a film, or the reason why nothing."""
    try:
        for one in in_worker(task, Order(file)):
            return f"is a film that {one.reason}" if isinstance(one, Failure) else one
    except (NotAFilm, OSError) as error:
        return str(error)
    return "is a film without a picture"


def fingerprints_of(films: Sequence[Photo], index: Index, progress: Progress = silent) -> dict[str, Fingerprint]:
    """Fingerprints by digest; of a film that cannot be decoded an empty one. What the index knows is not made again."""
    made = f"{VERSION}.{fingerprints.VERSION}"
    stored = blobs.known(index, (film.digest for film in films), KEY, made)
    missing = {film.digest: film for film in films if film.digest not in stored}
    for done, (digest, film) in enumerate(missing.items()):
        progress(Step(PRINTING, done, len(missing), "film"))
        told = _made(print_film, Found(film.id, film.name, film.path, film.size))
        stored[digest] = told if isinstance(told, bytes) else b""
        if isinstance(told, bytes):
            blobs.keep(index, digest, KEY, made, told)
    return {digest: unpacked(data) for digest, data in stored.items()}
