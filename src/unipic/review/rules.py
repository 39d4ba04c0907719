"""A person's rules: what to prefer or protect, whatever the pictures show. Pure functions of values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from unipic.core.language import gettext as _, kept
from unipic.core.photo import Photo, local_time
from unipic.core.words import size

LAST = datetime(9999, 12, 31)
FIRST = datetime(1, 1, 1)


@dataclass(frozen=True)
class Preference:
    """A way to prefer a photo: `key` is lower for the better one, `words` give the reason."""

    key: Callable[[Photo], float]
    words: Callable[[Photo, Photo], str]


def _seconds(photo: Photo, missing: datetime) -> float:
    return ((local_time(photo) or missing) - FIRST).total_seconds()


def _sides(photo: Photo) -> str:
    return f"{photo.width} x {photo.height}"


def _time(photo: Photo) -> str:
    return str(local_time(photo) or kept("no time"))


def _as_taken(photo: Photo) -> float:
    """0: as the camera wrote it, 1: without camera data, 2: edited."""
    return 2.0 if photo.edited else float(not (photo.camera or (photo.taken and photo.taken_by_camera)))


PREFERENCES: dict[str, Preference] = {
    "larger": Preference(
        lambda p: -p.pixels, lambda a, b: kept("larger ({best} against {other})", best=_sides(a), other=_sides(b))
    ),
    "more bytes": Preference(
        lambda p: -p.size,
        lambda a, b: kept("more bytes ({best} against {other})", best=size(a.size), other=size(b.size)),
    ),
    "fewer bytes": Preference(
        lambda p: p.size,
        lambda a, b: kept("fewer bytes ({best} against {other})", best=size(a.size), other=size(b.size)),
    ),
    "older": Preference(
        lambda p: _seconds(p, LAST),
        lambda a, b: kept("older ({best} against {other})", best=local_time(a), other=_time(b)),
    ),
    "newer": Preference(
        lambda p: -_seconds(p, FIRST),
        lambda a, b: kept("newer ({best} against {other})", best=local_time(a), other=_time(b)),
    ),
    "original": Preference(_as_taken, lambda a, b: kept("as the camera wrote it")),
} | {
    name: Preference(
        lambda p, name=name: float(p.format != name),  # type: ignore[misc]
        lambda a, b: kept("{best} instead of {other}", best=a.format, other=b.format),
    )
    for name in ("JPEG", "HEIF", "PNG", "TIFF", "WEBP", "AVIF", "JXL")
}


# Names of a series by kind: singular and plural.
SETS = {
    "bracket": (kept("an exposure bracket"), kept("exposure brackets")),
    "panorama": (kept("a panorama"), kept("panoramas")),
    "stack": (kept("a focus stack"), kept("focus stacks")),
    "timelapse": (kept("a time-lapse"), kept("time-lapses")),
    "burst": (kept("a burst"), kept("bursts the camera numbered")),
}


@dataclass(frozen=True)
class Rules:
    """Folders are those of the gallery, such as "albums/2024", with everything in them."""

    protect: tuple[str, ...] = ()  # never set aside
    prefer: tuple[str, ...] = ()  # stay first, in this order
    avoid: tuple[str, ...] = ()  # set aside first
    by: tuple[str, ...] = ()  # names of PREFERENCES, the first that tells two photos apart decides
    thin: tuple[str, ...] = ()  # kinds of SETS that are treated like other shots: only the best is proposed to stay

    def __post_init__(self) -> None:
        if unknown := set(self.by) - set(PREFERENCES):
            raise ValueError(
                _(
                    "there is no rule {unknown}; there are {known}",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(PREFERENCES),
                )
            )
        if unknown := set(self.thin) - set(SETS):
            raise ValueError(
                _(
                    "there are no sets called {unknown}; there are {known}",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(SETS),
                )
            )

    def protects(self, photo: Photo) -> bool:
        """Whether the photo is in a protected folder."""
        return _place(photo, self.protect) is not None

    def key(self, photo: Photo) -> tuple[float, ...]:
        """A sort key: lower is kept first; equal if no rule applies."""
        preferred = _place(photo, self.prefer)
        return (
            float(not self.protects(photo)),
            float(len(self.prefer) if preferred is None else preferred),
            float(_place(photo, self.avoid) is not None),
            *(PREFERENCES[name].key(photo) for name in self.by),
        )

    def reason(self, best: Photo, other: Photo) -> str:
        """The rule by which `best` goes before `other`; "" if none does."""
        mine, theirs = self.key(best), self.key(other)
        place = next((i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b), None)
        if place is None or mine > theirs:
            return ""
        if place == 0:
            return kept("it lies in {folder}, which is protected", folder=_named(best, self.protect))
        if place == 1:
            return kept("it lies in {folder}, which you prefer", folder=_named(best, self.prefer))
        if place == 2:
            folder = _named(other, self.avoid)
            return kept("the other lies in {folder}, which you would rather set aside", folder=folder)
        return kept("you prefer {what}", what=PREFERENCES[self.by[place - 3]].words(best, other))


def folders(photos: Iterable[Photo]) -> list[str]:
    """Every folder of the gallery, parents first."""
    found = set()
    for photo in photos:
        parts = photo.name.split("/")[:-1]
        found |= {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return sorted(found)


def _place(photo: Photo, among: tuple[str, ...]) -> int | None:
    """The number of the first of the folders that contains the photo; None if none does."""
    return next((i for i, folder in enumerate(among) if photo.name.startswith(folder.rstrip("/") + "/")), None)


def _named(photo: Photo, among: tuple[str, ...]) -> str:
    place = _place(photo, among)
    return among[place].rstrip("/") + "/" if place is not None else ""
