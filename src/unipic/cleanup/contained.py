"""What of a photo is in no other file: a photo may go only if what stays holds everything it holds.

Each kind of extra is compared by what it is: bits and colours by more or less, transparency roughly, since sizes of one
picture differ in it, and everything else by digests and texts, of which all must be there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from unipic.core.gamut import inside
from unipic.core.language import kept
from unipic.core.photo import Extra, Photo, in_utc

GRIDS_APART = 16.0  # mean difference of two coarse grids, of 255, up to which they show one picture
AS_LONG, ENDS_S = 0.98, 0.25  # of a film's seconds: coders and containers count the ends differently
SHOWN = 60  # characters of a text


def lost(photo: Photo, stay: Sequence[Photo]) -> tuple[Extra, ...]:
    """What the file holds besides its picture and none of `stay`, the same picture, does; () for the very bytes."""
    if _is_there(photo, stay):
        return ()
    more = (Extra("palette", kept("more colours than a GIF has"), ""),) if _has_more_colours(photo, stay) else ()
    return _left(photo.holds, [extra for one in stay for extra in one.holds]) + more


def words_lost(photo: Photo, stay: Sequence[Photo]) -> tuple[Extra, ...]:
    """What people and cameras wrote into the file and into none of `stay`: texts, time, place and camera."""
    if _is_there(photo, stay):
        return ()
    facts = (
        ("time", kept("the time it was taken"), _has_time),
        ("place", kept("the place it was taken"), lambda one: one.place is not None),
        ("camera", kept("the camera's name"), lambda one: bool(one.camera)),
    )
    alone = (Extra(kind, words, "") for kind, words, has in facts if has(photo) and not any(map(has, stay)))
    return _left(photo.told, [extra for one in stay for extra in one.told]) + tuple(alone)


def listed(extras: Iterable[Extra]) -> str:
    """Extras for people: "a film of 2.1 s, 4 more pages"."""
    return ", ".join(extra.words for extra in extras)


def _is_there(photo: Photo, stay: Sequence[Photo]) -> bool:
    return any(file.digest == photo.digest for one in stay for file in one.files)


def _has_more_colours(photo: Photo, stay: Sequence[Photo]) -> bool:
    return photo.format != "GIF" and all(
        one.format == "GIF" and not (photo.content and one.content == photo.content) for one in stay
    )


def _has_time(photo: Photo) -> bool:
    return photo.taken is not None and (photo.taken_by_camera or in_utc(photo))


def _left(ours: Sequence[Extra], theirs: Sequence[Extra]) -> tuple[Extra, ...]:
    found = []
    for extra in ours:
        values = [other.value for other in theirs if other.kind == extra.kind]
        held = HELD.get(extra.kind, _all_lines)
        if not held(extra.value, values):
            found.append(_rest(extra, values))
    return tuple(found)


def _rest(extra: Extra, there: Sequence[str]) -> Extra:
    """A text without its lines that are there too; digests say nothing to people."""
    known = {line for value in there for line in value.split("\n")}
    lines = [line for line in extra.value.split("\n") if line not in known]
    whole = ", ".join(extra.value.split("\n"))
    if len(lines) == extra.value.count("\n") + 1 or f'"{whole[:10]}' not in extra.words:
        return extra
    text = ", ".join(lines)
    name = extra.words.split(' "')[0]
    return Extra(extra.kind, f'{name} "{text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."}"', "\n".join(lines))


def _all_lines(value: str, there: Sequence[str]) -> bool:
    return set(value.split("\n")) <= {line for other in there for line in other.split("\n")}


def _as_many(value: str, there: Sequence[str]) -> bool:
    return any(int(other) >= int(value) for other in there)


def _as_wide(value: str, there: Sequence[str]) -> bool:
    ours = tuple(map(float, value.split()))
    return any(inside(ours, tuple(map(float, other.split()))) for other in there)


def _as_seen(value: str, there: Sequence[str]) -> bool:
    ours = bytes.fromhex(value)
    grids = [grid for other in there if len(grid := bytes.fromhex(other)) == len(ours)]
    return any(sum(abs(a - b) for a, b in zip(ours, grid, strict=True)) <= GRIDS_APART * len(ours) for grid in grids)


def _as_long(value: str, there: Sequence[str]) -> bool:
    return any(float(other) >= AS_LONG * float(value) - ENDS_S for other in there)


HELD: Mapping[str, Callable[[str, Sequence[str]], bool]] = {
    "bits": _as_many,
    "colours": _as_wide,
    "transparency": _as_seen,
    "hidden": _as_seen,
    "length": _as_long,
}
