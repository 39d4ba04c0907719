"""Signs that one of two copies is the original: what each is worth, and how it is told to people.

A sign is a number of one photo; the difference of two numbers times the weight is evidence, in log-odds, that the photo
with the higher one is the original. Evidence adds up.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unipic.cleanup.contained import listed, lost, words_lost
from unipic.core.language import kept
from unipic.core.photo import FORMATS, Companion, Photo, Trace

BITS_FORMATS = ("HEIF", "AVIF", "WEBP", "JXL", "JPEG2000")  # without a quality that could be read
# Bits per pixel from which such a picture loses as much as a JPEG of quality 60 and of 80. On generated scenes, with
# grain and without, that takes 0.06 to 0.9 and 0.2 to 1.5. Fewer than any scene needs is a loss; more proves nothing.
BITS_CLASSES = (0.06, 0.2)
BITS_QUALITIES = (40, 70, 88)  # that count as below, between and above them
FEW_COLOURS = 60  # counts as the quality of palettes and of TIFFs with JPEG inside: a visible loss
VISIBLE, UNSEEN = 75, 0.3  # a quality from which a loss is hardly seen, and what a step above it counts
NO_LOSS = 95  # what 100 counts as: a picture without loss may have been made from one with a loss
CONVERTED = ("WEBP", "AVIF", "GIF", "JXL", "JPEG2000", "ICO", "ICNS")  # no camera writes them

Number = Callable[[Photo], float]
Why = Callable[[Photo, Photo], str]  # the likelier original, the other -> words


@dataclass(frozen=True)
class Sign:
    """One kind of evidence."""

    name: str
    weight: float  # log-odds for each step of the number
    number: Number  # higher: more likely the original
    why: Why
    least: float = 0.3  # that the fit of the weight may give, by what is known without it
    by_traces: bool = False  # the number depends on nothing else of the photo


def _has(name: str, weight: float, words: str, *traces: Trace) -> Sign:
    """A sign that the original has one of these traces."""
    own = frozenset(traces)
    return Sign(name, weight, lambda photo: float(not own.isdisjoint(photo.traces)), _said(words), by_traces=True)


def _lacks(name: str, weight: float, words: str, *traces: Trace, least: float = 0.3) -> Sign:
    """A sign that the original has none of these traces."""
    others = frozenset(traces)
    return Sign(name, weight, lambda photo: -float(not others.isdisjoint(photo.traces)), _said(words), least, True)


def _said(words: str) -> Why:
    return lambda keeper, copy: words


def _sides(photo: Photo) -> float:
    """Doublings of the side."""
    return math.log2(photo.pixels) / 2


def _length(photo: Photo) -> float:
    """Doublings of a film's length. It outweighs everything else: a part of a film cannot stay for all of it."""
    steps = (round(16 * math.log2(1 + float(extra.value))) for extra in photo.holds if extra.kind == "length")
    return next(steps, 0) / 16  # containers differ in a few hundredths of a second


def quality(photo: Photo) -> float:
    """How little compression took away, in tens of libjpeg's quality."""
    if photo.quality is not None:
        found = min(photo.quality, NO_LOSS)
    elif photo.format in BITS_FORMATS:
        found = BITS_QUALITIES[sum(bits_per_pixel(photo) >= edge for edge in BITS_CLASSES)]
    else:
        found = FEW_COLOURS
    return min(found, VISIBLE) / 10 + max(0, found - VISIBLE) / 10 * UNSEEN


def bits_per_pixel(photo: Photo) -> float:
    """Bits of the whole file per pixel; a video after the picture counts too."""
    return 8 * photo.size / photo.pixels


def _is_converted(photo: Photo) -> bool:
    """Whether the file is in a format that no camera writes, or in one of theirs as programs write it."""
    return photo.format in CONVERTED or (photo.format == "HEIF" and "camera format" not in photo.traces)


def camera_data(photo: Photo) -> dict[str, str]:
    """Metadata that a camera writes and messengers strip, in words."""
    facts = {
        "taken": kept("taken {taken:%Y-%m-%d}", taken=photo.taken) if photo.taken and photo.taken_by_camera else "",
        "camera": photo.camera,
        "place": kept("where it was taken") if photo.place else "",
        "settings": photo.exposure if "settings" in photo.traces else "",
    }
    return {name: words for name, words in facts.items() if words}


def _facts(photo: Photo) -> int:
    """How many facts camera_data() tells, without the words."""
    settings = bool(photo.exposure) and "settings" in photo.traces
    return bool(photo.taken and photo.taken_by_camera) + bool(photo.camera) + bool(photo.place) + settings


def _more_data(keeper: Photo, copy: Photo) -> str:
    missing = [words for name, words in camera_data(keeper).items() if name not in camera_data(copy)]
    return kept("it has the camera's data ({missing})", missing=", ".join(missing))


def _compression(photo: Photo) -> str:
    if photo.quality is not None:
        return kept("quality {quality}", quality=photo.quality)
    known = photo.format in BITS_FORMATS
    return (
        kept("{bits:.2f} bits per pixel", bits=bits_per_pixel(photo))
        if known
        else kept("{format}, quality unknown", format=photo.format)
    )


def less_compressed(keeper: Photo, copy: Photo) -> str:
    """The reason, with both numbers."""
    mine, other = _compression(keeper), _compression(copy)
    if keeper.quality is not None and copy.quality is not None:
        other = f"{copy.quality}"
    return kept("less compressed ({mine} against {other})", mine=mine, other=other)


def named(companions: Sequence[Companion]) -> str:
    """The names of up to three companions, without folders."""
    names = [companion.name.rpartition("/")[2] for companion in companions]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _original_format(keeper: Photo, copy: Photo) -> str:
    return kept("an original format ({kept} against {other})", kept=keeper.format, other=copy.format)


_ENLARGED = kept("the copy was enlarged or made smaller")
_TONES = kept("the copy has other colours than the camera's preview")
_TWICE = kept("the copy was compressed more strongly before it was saved again")

SIGNS = (
    Sign("camera data", 2.1, lambda photo: float(_facts(photo)), _more_data),
    _has("maker note", 0.3, kept("it has the notes of the camera's maker"), "maker note"),
    _has("preview", 0.3, kept("it has the camera's preview"), "preview"),
    _has("layout", 1.0, kept("it is written the way cameras write"), "camera layout", "camera format"),
    _has("sampling", 1.9, kept("its colour is stored the way cameras do (4:2:2)"), "camera sampling"),
    _has("own tables", 2.3, kept("it is not compressed with the tables of common programs"), "own tables"),
    Sign(
        "size as taken",
        0.6,
        lambda photo: float("size as taken" in photo.traces),
        lambda keeper, copy: kept(
            "it has the size that the camera wrote ({width} x {height})", width=keeper.width, height=keeper.height
        ),
    ),
    _lacks("turned", 1.0, kept("the copy is turned against the camera's preview"), "preview turned", least=1.0),
    _lacks("other tones", 1.0, _TONES, "preview has colour", "preview has other tones", least=1.0),
    _lacks("re-encoded", 1.2, kept("the copy was written for the web"), "social network", "web export", "encoder"),
    _lacks("progressive", 1.1, kept("the copy is a progressive JPEG, made for the web"), "progressive"),
    Sign(
        "edited",
        1.0,
        lambda photo: -float(bool(photo.edited)),
        lambda keeper, copy: kept("the copy was edited with {edited}", edited=copy.edited),
        least=1.0,
    ),
    _lacks("compressed before", 3.8, _TWICE, "compressed before"),
    _lacks("resampled", 5.1, _ENLARGED, "resampled", "larger than taken"),
    _lacks("grey", 0.4, kept("in colour"), "grey"),
    _lacks("border", 5.0, kept("without a border around it"), "border", least=5.0),
    Sign(
        "size",
        4.0,
        _sides,
        lambda keeper, copy: kept(
            "{width} x {height} instead of {width2} x {height2}",
            width=keeper.width,
            height=keeper.height,
            width2=copy.width,
            height2=copy.height,
        ),
        least=4.0,
    ),
    Sign("length", 40.0, _length, _said(kept("it is longer")), least=40.0),
    Sign("quality", 0.4, quality, less_compressed),
    Sign("converted", 1.5, lambda photo: -float(_is_converted(photo)), _original_format),
    Sign("format", 0.05, lambda photo: -float(FORMATS.index(photo.format)), _original_format, least=0.05),
    Sign(
        "holds",
        1.0,
        lambda photo: float(bool(photo.holds)),
        lambda keeper, copy: kept("it holds more ({extras})", extras=listed(lost(keeper, [copy]) or keeper.holds)),
        least=1.0,
    ),
    Sign(
        "companions",
        1.0,
        lambda photo: float(bool(photo.companions)),
        lambda keeper, copy: kept("it comes with files of its own ({companions})", companions=named(keeper.companions)),
        least=1.0,
    ),
    Sign(
        "words",
        0.9,
        lambda photo: float(bool(photo.told)),
        lambda keeper, copy: kept(
            "it has words of its own ({extras})", extras=listed(words_lost(keeper, [copy]) or keeper.told)
        ),
    ),
)
