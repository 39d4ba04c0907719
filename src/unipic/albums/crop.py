"""Crops of an aspect that cut no head if they can: the largest window of the photo, moved to where the faces are."""

from collections.abc import Sequence
from dataclasses import dataclass

from unipic.core.errors import SettingsError
from unipic.core.face import Box
from unipic.core.language import gettext as _, ngettext

ASPECTS = {"1:1": (1, 1), "4:5": (4, 5), "16:9": (16, 9), "9:16": (9, 16)}  # width to height
# Of a face's size, kept free on each side of it: hair, chin and ears; and where that is too much, at least.
HEADROOM, LEAST_ROOM = 0.35, 0.1
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
Span = tuple[float, float]  # from, to


@dataclass(frozen=True)
class Head:
    """A face to keep, in shares of the photo."""

    box: Box
    clear: bool = True  # large and sharp enough to be somebody

    @property
    def size(self) -> float:
        """Its area."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])


@dataclass(frozen=True)
class Crop:
    """A window of a photo."""

    box: tuple[int, int, int, int]  # left, top, right, bottom in pixels
    cut: tuple[int, ...] = ()  # the heads, by number, that are not whole in it
    room: float = HEADROOM  # that is free on each side of a whole head, in sizes of its face


def aspect_named(name: str) -> tuple[int, int]:
    """Width and height of an aspect. SettingsError for another."""
    if name not in ASPECTS:
        raise SettingsError(_("there is no aspect {name!r}; there are {known}", name=name, known=", ".join(ASPECTS)))
    return ASPECTS[name]


def crop_of(size: tuple[int, int], aspect: tuple[float, float], heads: Sequence[Head], subject: Box = WHOLE) -> Crop:
    """The largest window of this aspect that keeps all heads with headroom, and lies over the subject.

    Where they do not fit, they get LEAST_ROOM; then clear heads are kept before others and larger ones before smaller.
    It has the photo's own pixels and is never larger than the photo.
    """
    roomy = window(size, aspect, heads, subject, HEADROOM)
    return window(size, aspect, heads, subject, LEAST_ROOM) if roomy.cut else roomy


def window(
    size: tuple[int, int], aspect: tuple[float, float], heads: Sequence[Head], subject: Box, room: float
) -> Crop:
    """As crop_of, with this headroom."""
    width, height = size
    wide, high = aspect
    across = width * high > height * wide  # the photo is wider than the window: it moves from left to right
    length = height * wide / high if across else width * high / wide
    whole = width if across else height
    start, end = (0, 2) if across else (1, 3)
    spans = [_span(head, start, end, whole, room) for head in heads]
    kept: Span | None = None
    # Whether it fits is asked from the most important head on; the window then has what all of those need.
    for number in sorted(range(len(heads)), key=lambda one: (not heads[one].clear, -heads[one].size, spans[one])):
        wider = spans[number] if kept is None else (min(kept[0], spans[number][0]), max(kept[1], spans[number][1]))
        if kept is None or wider[1] - wider[0] <= length:
            kept = wider
    middle = (subject[start] + subject[end]) / 2 * whole
    low, high_end = (0.0, whole - length) if kept is None else (kept[1] - length, kept[0])
    if low > high_end:  # one head alone is larger than the window: its middle
        low = high_end = (low + high_end) / 2
    at = round(max(0.0, min(whole - length, max(low, min(high_end, middle - length / 2)))))
    last = min(whole, at + max(1, round(length)))
    box = (at, 0, last, height) if across else (0, at, width, last)
    cut = tuple(number for number, span in enumerate(spans) if span[0] < at - 1 or span[1] > last + 1)
    return Crop(box, cut, room)


def _span(head: Head, start: int, end: int, whole: int, share: float) -> Span:
    """What the head takes along one side, with headroom, in pixels within the photo."""
    room = share * (head.box[end] - head.box[start])
    return max(0.0, head.box[start] - room) * whole, min(1.0, head.box[end] + room) * whole


def in_words(crop: Crop, heads: Sequence[Head]) -> str:
    """Who is cut, for people: "1 of 3 faces is cut: at the left"; "" for nobody."""
    if not crop.cut:
        return ""
    middles = [sum(heads[number].box[0:3:2]) / 2 for number in crop.cut]
    left, right, middle = _("at the left"), _("at the right"), _("in the middle")
    where = ", ".join(dict.fromkeys(left if x < 1 / 3 else right if x > 2 / 3 else middle for x in middles))
    values = {"cut": len(crop.cut), "where": where}
    if len(heads) == 1:
        return _("{cut} of 1 face is cut: {where}", **values)
    return ngettext("{cut} of {n} faces is cut: {where}", "{cut} of {n} faces are cut: {where}", len(heads), **values)
