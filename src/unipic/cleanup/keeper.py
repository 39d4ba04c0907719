"""Which of several copies stays: by raw, resolution, compression, what it holds, companions, camera data and format.

An enlarged copy has more pixels but no more detail, and still wins: nothing cheap in a file distinguishes it reliably.
Signs of editing do not decide; `warning_about` mentions them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from unipic.cleanup.contained import listed, lost, words_lost
from unipic.core.photo import FORMATS, RAW, Companion, Photo, local_time
from unipic.core.words import count

NEVER = datetime.max

# Classes instead of the quality itself, for two reasons. Only some formats have one, while an order needs every photo.
# And above 80 it tells more about the last program than the picture: a screenshot or second save has 100 of a 90.
QUALITY_CLASSES = (50, 80)  # libjpeg's quality, from which the next class begins
# Bits per pixel for formats without it. On generated scenes, with grain and without, HEIF, AVIF and WEBP lose as much
# as JPEG at quality 80 with 0.2 to 1.5 bits (smooth scenes need the fewest), and as much as at 60 with 0.06 to 0.9.
# Fewer than any scene needs means a loss; more proves nothing.
BITS_CLASSES = (0.06, 0.2)
BITS_FORMATS = ("HEIF", "AVIF", "WEBP", "JXL", "JPEG2000")
FEW_COLOURS = 1  # the class of palettes and of TIFFs with JPEG inside: a visible loss


def keeper_first(photo: Photo) -> tuple[object, ...]:
    """A sort key, total: no two photos of a gallery have the same. REASONS has a line for each place.

    Names decide only if nothing in the files does, so the result is stable. Shorter names are preferred, since copies
    are called "IMG_1 (1).jpg" or lie deeper.
    """
    return (
        photo.format != RAW,
        -photo.pixels,
        -compression_class(photo),
        -len(photo.holds),
        -len(photo.companions),
        -len(_camera_data(photo)),
        -len(photo.told),
        FORMATS.index(photo.format),
        -(photo.quality or 0),  # comparable within one format
        local_time(photo) or NEVER,
        -photo.size,
        photo.digest,
        len(photo.name),
        photo.name,
        photo.id,
    )


def keeper_reason(keeper: Photo, copy: Photo) -> str:
    """Why the keeper is the better original, in one line that can be checked; "" if it is not the better one."""
    keys = zip(keeper_first(keeper), keeper_first(copy), strict=True)
    place = next((place for place, (a, b) in enumerate(keys) if a != b), None)
    if place is None or keeper_first(copy) < keeper_first(keeper):
        return ""
    return REASONS[place](keeper, copy)


def warning_about(photo: Photo, keeper: Photo, *others: Photo) -> str:
    """What a person might miss of a copy that is set aside; "" if nothing. `others` stay besides the keeper.

    Editing is not mentioned if the pixels are the same: then only metadata differs.
    """
    words = ["a raw photo"] if photo.format == RAW != keeper.format else []
    there = {companion.digest for companion in keeper.companions}
    if missed := [companion for companion in photo.companions if companion.digest not in there]:
        words.append(f"accompanied by {_named(missed)}")
    if (photo.rating or 0) > max(0, keeper.rating or 0):
        words.append(f"rated {count(photo.rating or 0, 'star')}")
    if not (photo.content and photo.content == keeper.content):
        words += _editing(photo, keeper)
    stay = (keeper, *others)
    if alone := listed(lost(photo, stay) + words_lost(photo, stay)):
        words.append(f"the only one with {alone}")
    return ", ".join(words)


def _named(companions: Sequence[Companion]) -> str:
    names = [companion.name.rpartition("/")[2] for companion in companions]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _editing(photo: Photo, keeper: Photo) -> list[str]:
    """A missing editor means something only next to camera data: messengers strip both."""
    if photo.edited and not keeper.edited:
        return [f"edited with {photo.edited}"]
    if keeper.edited and not photo.edited and _camera_data(photo):
        return ["the unedited version"]
    return []


def compression_class(photo: Photo) -> int:
    """2: no visible loss, 1: visible, 0: disturbing."""
    if photo.format == RAW:
        return len(QUALITY_CLASSES)
    if photo.quality is not None:
        return sum(photo.quality >= edge for edge in QUALITY_CLASSES)
    if photo.format in BITS_FORMATS:
        return sum(bits_per_pixel(photo) >= edge for edge in BITS_CLASSES)
    return FEW_COLOURS


def bits_per_pixel(photo: Photo) -> float:
    """Bits of the whole file per pixel; a video after the picture counts too."""
    return 8 * photo.size / photo.pixels


def _camera_data(photo: Photo) -> dict[str, str]:
    """Metadata that a camera writes and messengers strip, up to three entries in words."""
    facts = {
        "taken": f"taken {photo.taken:%Y-%m-%d}" if photo.taken and photo.taken_by_camera else "",
        "camera": photo.camera,
        "place": "where it was taken" if photo.place else "",
    }
    return {name: words for name, words in facts.items() if words}


def _more_data(keeper: Photo, copy: Photo) -> str:
    missing = [words for name, words in _camera_data(keeper).items() if name not in _camera_data(copy)]
    return f"it has the camera's data ({', '.join(missing)})"


def _compression(photo: Photo) -> str:
    if photo.quality is not None:
        return f"quality {photo.quality}"
    known = photo.format in BITS_FORMATS
    return f"{bits_per_pixel(photo):.2f} bits per pixel" if known else f"{photo.format}, quality unknown"


def _less_compressed(keeper: Photo, copy: Photo) -> str:
    mine, other = _compression(keeper), _compression(copy)
    if keeper.quality is not None and copy.quality is not None:
        other = f"{copy.quality}"
    return f"less compressed ({mine} against {other})"


def _earlier(keeper: Photo, copy: Photo) -> str:
    mine, other = local_time(keeper), local_time(copy)
    return f"taken earlier ({mine} against {other})" if other else f"it has a time of its own ({mine})"


REASONS: tuple[Callable[[Photo, Photo], str], ...] = (
    lambda keeper, copy: f"a raw photo, the negative (RAW against {copy.format})",
    lambda keeper, copy: f"{keeper.width} x {keeper.height} instead of {copy.width} x {copy.height}",
    _less_compressed,
    lambda keeper, copy: f"it holds more ({listed(lost(keeper, [copy]) or keeper.holds)})",
    lambda keeper, copy: f"it comes with files of its own ({_named(keeper.companions)})",
    _more_data,
    lambda keeper, copy: f"it has words of its own ({listed(words_lost(keeper, [copy]) or keeper.told)})",
    lambda keeper, copy: f"an original format ({keeper.format} against {copy.format})",
    _less_compressed,
    _earlier,
    lambda keeper, copy: f"more bytes ({keeper.size:,} against {copy.size:,})",
    lambda keeper, copy: f"equally good; keeping the one with the lower sha256 ({keeper.digest[:12]})",
    lambda keeper, copy: "identical files; keeping this one because of its shorter name",
    lambda keeper, copy: "identical files; keeping this one because its name is the first in the alphabet",
    lambda keeper, copy: "identical files; keeping this one because it was found first",
)
