"""Which of several copies is the original and stays: a raw photo, then the file with more evidence for it.

The evidence (_signs.py) adds up: the camera's own data written in its own way, against traces of programs, of an
earlier compression and of editing; and the size, the compression and the format. If it is equal, the time, the name and
the folder decide.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from unipic.cleanup._copy_names import is_copy_name, is_in_copy_folder
from unipic.cleanup._signs import SIGNS, Number, camera_data, named
from unipic.cleanup.contained import listed, lost, words_lost
from unipic.core.language import kept
from unipic.core.photo import RAW, Photo, Trace, local_time

NEVER = datetime.max
DIGITS = 6  # of evidence that count, so that sums do not depend on how a machine rounds
MORE = 1.1  # times the pixels of a keeper, from which a copy may show what the keeper does not
ADDED = {"resampled", "larger than taken", "border"}  # traces of pixels that show nothing more
BY_TRACES, OTHERS = ([(one.weight, one.number) for one in SIGNS if one.by_traces is it] for it in (True, False))
EVIDENCE: dict[tuple[Trace, ...], float] = {}  # of traces alone
SECOND_REASON = 0.5  # of the strongest evidence, from which the next one is told too


def keeper_first(photo: Photo) -> tuple[object, ...]:
    """A sort key, total: no two photos of a gallery have the same. REASONS has a line for each place.

    Names decide only if nothing in the files does. The dates of files never do: copying changes them.
    """
    base = photo.name.rpartition("/")[2]
    return (
        photo.format != RAW,
        -evidence(photo),
        local_time(photo) or NEVER,
        is_copy_name(photo.name),
        is_in_copy_folder(photo.name),
        -photo.size,
        photo.digest,
        len(base),
        base,
        photo.name.count("/"),
        photo.name,
        photo.id,
    )


def evidence(photo: Photo) -> float:
    """Log-odds that this photo is an original; only the difference between two copies means something."""
    by_traces = EVIDENCE.get(photo.traces)
    if by_traces is None:  # a gallery has few different ones, and every step sorts its photos
        by_traces = EVIDENCE[photo.traces] = _sum(BY_TRACES, photo)
    return round(by_traces + _sum(OTHERS, photo), DIGITS)


def _sum(signs: Iterable[tuple[float, Number]], photo: Photo) -> float:
    return sum([weight * number(photo) for weight, number in signs])


def keeper_reason(keeper: Photo, copy: Photo) -> str:
    """Why the keeper is the better original, in one line that can be checked; "" if it is not the better one."""
    mine, other = keeper_first(keeper), keeper_first(copy)
    place = next((place for place, (a, b) in enumerate(zip(mine, other, strict=True)) if a != b), None)
    if place is None or other < mine:
        return ""
    return REASONS[place](keeper, copy)


def _strongest(keeper: Photo, copy: Photo) -> str:
    """The strongest evidence for the keeper, and the next if it is nearly as strong."""
    found = sorted(_for(keeper, copy), key=lambda one: -one[0])
    told = [words for strength, words in found if strength >= SECOND_REASON * found[0][0]]
    return "; ".join(list(dict.fromkeys(told))[:2])


def _for(keeper: Photo, copy: Photo) -> Iterator[tuple[float, str]]:
    for sign in SIGNS:
        ahead = sign.weight * (sign.number(keeper) - sign.number(copy))
        if ahead > 0:
            yield ahead, sign.why(keeper, copy)


def warning_about(photo: Photo, keeper: Photo, *others: Photo) -> str:
    """What a person might miss of a copy that is set aside; "" if nothing. `others` stay besides the keeper.

    Editing is not mentioned if the pixels are the same: then only metadata differs.
    """
    words = [kept("a raw photo")] if photo.format == RAW != keeper.format else []
    stay = (keeper, *others)
    if not ADDED & set(photo.traces) and photo.pixels > MORE * max(one.pixels for one in stay):
        words.append(kept("larger ({width} x {height})", width=photo.width, height=photo.height))
    there = {companion.digest for companion in keeper.companions}
    if missed := [companion for companion in photo.companions if companion.digest not in there]:
        words.append(kept("accompanied by {missed}", missed=named(missed)))
    if (photo.rating or 0) > max(0, keeper.rating or 0):
        words.append(rated(photo.rating or 0))
    if not (photo.content and photo.content == keeper.content):
        words += _editing(photo, keeper)
    if alone := listed(lost(photo, stay) + words_lost(photo, stay)):
        words.append(kept("the only one with {alone}", alone=alone))
    return ", ".join(words)


def rated(stars: int) -> str:
    """ "rated 5 stars"."""
    return kept("rated 1 star") if stars == 1 else kept("rated {number} stars", number=stars)


def _editing(photo: Photo, keeper: Photo) -> list[str]:
    """A missing editor means something only next to camera data: messengers strip both."""
    if photo.edited and not keeper.edited:
        return [kept("edited with {edited}", edited=photo.edited)]
    if keeper.edited and not photo.edited and camera_data(photo):
        return [kept("the unedited version")]
    return []


def _earlier(keeper: Photo, copy: Photo) -> str:
    mine, other = local_time(keeper), local_time(copy)
    if other:
        return kept("taken earlier ({mine} against {other})", mine=mine, other=other)
    return kept("it has a time of its own ({mine})", mine=mine)


def _equal(keeper: Photo, copy: Photo) -> str:
    return kept("identical files") if keeper.digest == copy.digest else kept("equally good")


REASONS: tuple[Callable[[Photo, Photo], str], ...] = (
    lambda keeper, copy: kept("a raw photo, the negative (RAW against {format})", format=copy.format),
    _strongest,
    _earlier,
    lambda keeper, copy: kept("{equal}; this one is not named like a copy", equal=_equal(keeper, copy)),
    lambda keeper, copy: kept("{equal}; this one is in no folder for copies", equal=_equal(keeper, copy)),
    lambda keeper, copy: kept("more bytes ({kept:,} against {other:,})", kept=keeper.size, other=copy.size),
    lambda keeper, copy: kept(
        "equally good; keeping the one with the lower sha256 ({digest})", digest=keeper.digest[:12]
    ),
    lambda keeper, copy: kept("identical files; keeping this one because of its shorter name"),
    lambda keeper, copy: kept("identical files; keeping this one because its name is the first in the alphabet"),
    lambda keeper, copy: kept("identical files; keeping this one because it lies in fewer folders"),
    lambda keeper, copy: kept("identical files; keeping this one because its folder is the first in the alphabet"),
    lambda keeper, copy: kept("identical files; keeping this one because it was found first"),
)
