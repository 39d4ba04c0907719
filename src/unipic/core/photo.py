"""The central nouns: a photo, a file that is none, and the gallery of both."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

RAW = "RAW"  # a raw photo; every other format was made from one or holds less
# Best first: cameras' own formats before those that are converted to, lossless before lossy.
FILM = "FILM"  # a film, shown by one of its pictures
FORMATS = (RAW, "HEIF", "TIFF", "PNG", "AVIF", "JPEG", "JXL", "JPEG2000", "WEBP", "BMP", "GIF", "ICO", "ICNS", FILM)
SHA1 = 40  # hexadecimal digits of a SHA-1; a sha256 has 64
Role = Literal["video", "raw", "sidecar", "original"]
# What a file shows of its origin: a camera's own way of writing, and what programs did since. See reading/_origin.py.
Trace = Literal[
    "settings", "maker note", "preview", "camera layout", "camera format", "own tables", "camera sampling",
    "size as taken", "larger than taken", "resized", "reframed", "social network", "web export", "encoder",
    "progressive", "preview turned", "preview has colour", "preview has other tones", "grey", "border",
    "compressed before", "resampled",
]  # fmt: skip


@dataclass(frozen=True)
class Measures:
    """Measures of a picture, see _measures.py; each from 0 to 1, except the tilt."""

    sharpness: float  # of the subject
    exposure: float
    contrast: float
    noise: float
    shake: float = 0.0  # blur in one direction
    highlights: float = 0.0  # share of the picture that is burnt
    shadows: float = 0.0  # share that is black
    tilt: float | None = None  # degrees, clockwise; None where no lines tell
    cut: float = 0.0  # share of the subject at the frame
    framing: float = 1.0  # 1: the subject sits in the middle


@dataclass(frozen=True)
class Companion:
    """A file that belongs to a photo, and is always copied or moved with it."""

    id: str
    name: str
    path: str
    digest: str  # sha256 of the bytes
    size: int  # bytes
    role: Role  # the video of a Live Photo, the raw beside a JPEG, a sidecar, the photo before it was edited


@dataclass(frozen=True, slots=True)
class Extra:
    """Something a file holds besides the picture that is shown. Extras of one kind are compared by their value."""

    kind: str  # as "film", "pages", "bits", "caption"
    words: str  # for people, as "a film of 2.1 s"
    value: str  # one digest or text a line, or a number; see cleanup/contained.py


@dataclass(frozen=True)
class Marked:
    """What people said of one photo."""

    favourite: bool = False
    tags: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()  # their names
    note: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that could be read. `name` is shown to people and never used as a path."""

    id: str  # unique and stable in its gallery
    name: str  # as the person knows it: folders and file, separated by "/"
    path: str  # where the bytes are
    digest: str  # sha256 of the bytes, hexadecimal; of a preview the original's SHA-1
    size: int  # bytes
    width: int  # pixels, upright
    height: int
    format: str  # by content: one of FORMATS
    fingerprint: str  # perceptual hash, 256 bits, hexadecimal; see fingerprint.py
    measures: Measures
    comparable: bool  # False for pictures too small or too empty to be called alike
    taken: datetime | None = None  # with an offset only where the file has one
    camera: str = ""
    place: tuple[float, float] | None = None  # latitude, longitude in degrees
    note: str = ""  # what a person should know, as "first of 4 frames"
    taken_by_camera: bool = True  # False where `taken` is when the file was last changed, or UTC by satellites
    quality: int | None = None  # of the compression: libjpeg's 1 to 100, 100 without loss, None where nothing tells
    rating: int | None = None  # stars, 1 to 5; 0: none given, -1: rejected, None: nothing is said
    edited: str = ""  # the program that changed the picture after it was taken, as its file tells
    exposure: str = ""  # "1/125 s, f/8, ISO 100, +0.7 EV", what the camera wrote of it
    content: str = ""  # hash of the picture in any file, or ""; see _content.py
    companions: tuple[Companion, ...] = ()
    identifier: str = ""  # of a Live Photo; its video has the same
    burst: str = ""  # of the camera's burst; all its frames have the same
    bias: float | None = None  # exposure compensation in EV; None if unknown
    bracketed: bool = False  # the camera says that it took several exposures of one scene
    holds: tuple[Extra, ...] = ()  # pages, frames, films, depth, transparency, ...: what its pixels alone do not show
    told: tuple[Extra, ...] = ()  # captions, keywords, names: what people wrote into it
    traces: tuple[Trace, ...] = ()  # of the file's origin, sorted
    marked: Marked | None = None  # what an export's files beside it say; None: there are none

    @property
    def files(self) -> tuple[Photo | Companion, ...]:
        """The whole asset: the photo, then its companions."""
        return (self, *self.companions)

    @property
    def bytes(self) -> int:
        """Bytes of the whole asset."""
        return sum(file.size for file in self.files)

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height


def local_time(photo: Photo) -> datetime | None:
    """The local time of the photo, comparable with and without a time zone; None if unknown."""
    taken = photo.taken
    return taken.replace(tzinfo=None) if taken and taken.tzinfo else taken


def in_utc(photo: Photo) -> bool:
    """Whether the time is the satellites', whose local time nothing tells."""
    return photo.taken is not None and not photo.taken_by_camera and photo.taken.utcoffset() == timedelta()


def files_of(asset: Photo | Unreadable) -> tuple[Photo | Companion | Unreadable, ...]:
    """A photo and its companions, or another file alone."""
    return asset.files if isinstance(asset, Photo) else (asset,)


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be used as a photo, with the reason. It is listed and kept, never set aside."""

    id: str
    name: str
    path: str
    reason: str
    size: int = 0
    copyable: bool = True  # False for what has no bytes to copy: links, pipes, locked files
    lasting: bool = False  # the reason is the file's content, so reading it again would not help

    @property
    def bytes(self) -> int:
        """Bytes of the file."""
        return self.size


@dataclass(frozen=True)
class Gallery:
    """Every file found: as a photo, a companion, or unreadable."""

    photos: tuple[Photo, ...]
    unreadable: tuple[Unreadable, ...] = ()

    def __post_init__(self) -> None:
        ids = [file.id for photo in self.photos for file in photo.files]
        ids += [file.id for file in self.unreadable]
        if len(set(ids)) != len(ids):
            raise ValueError("two files of a gallery share an id")


# To plain values and back.


def photo_to_dict(photo: Photo) -> dict[str, Any]:
    """A photo as plain values for JSON."""
    return {**asdict(photo), "taken": photo.taken.isoformat() if photo.taken else None}


def photo_from_dict(values: dict[str, Any]) -> Photo:
    """Inverse of photo_to_dict. TypeError or KeyError for other values."""
    taken, place, marked = values["taken"], values["place"], values.get("marked")
    if marked:
        marked = Marked(**{**marked, "tags": tuple(marked["tags"]), "albums": tuple(marked["albums"])})
    return Photo(
        **{
            **values,
            "measures": Measures(**values["measures"]),
            "taken": datetime.fromisoformat(taken) if taken else None,
            "place": tuple(place) if place else None,
            "traces": tuple(values.get("traces", ())),
            "marked": marked,
            "companions": tuple(Companion(**file) for file in values.get("companions", ())),
            **{name: tuple(Extra(**extra) for extra in values.get(name, ())) for name in ("holds", "told")},
        }
    )


@dataclass(frozen=True, slots=True)
class Original:
    """What a source knows of a photo whose preview is all that lies here."""

    sha1: str  # of the original's bytes, 40 hexadecimal digits: the digest of the photo
    size: int  # bytes
    width: int  # pixels, upright; 0 if unknown
    height: int
    format: str  # one of FORMATS
    taken: datetime | None = None
    camera: str = ""
    place: tuple[float, float] | None = None
    rating: int | None = None


@dataclass(frozen=True)
class Found:
    """A regular file that may be a photo."""

    id: str
    name: str  # for people, "/" between folders
    path: str
    size: int
    stamp: str = ""  # changes whenever the bytes may, see sources.base.stamp(); "": unknown
    original: Original | None = None  # the file is a preview of this


def is_preview(photo: Photo | Companion | Unreadable) -> bool:
    """Whether its file is a preview of an original that lies elsewhere, by whose SHA-1 it is known."""
    return not isinstance(photo, Unreadable) and len(photo.digest) == SHA1


def where(photo: Photo) -> str:
    """Where the photo is, for people: its path, or its name in Immich if only a preview is here."""
    return photo.name if is_preview(photo) else photo.path


def digest_in_words(photo: Photo) -> str:
    """The beginning of its digest, and of which kind that is."""
    return f"{'SHA-1' if is_preview(photo) else 'sha256'} {photo.digest[:12]}"


def unchanged(photo: Photo, digest: str) -> bool:
    """Whether a file with this sha256 is still the photo's. A preview may be made anew at any time."""
    return same_content(photo.digest, digest)


def same_content(known: str, digest: str) -> bool:
    """Whether a file with this sha256 may be the one of a known digest. By a SHA-1 nothing can be said of a preview."""
    return len(known) == SHA1 or digest == known


def seconds_apart(a: Photo, b: Photo) -> float | None:
    """Seconds between two photos by the cameras' local clocks; None if a camera did not write its time."""
    ours, theirs = local_time(a), local_time(b)
    if not (ours and theirs and a.taken_by_camera and b.taken_by_camera):
        return None
    return abs((ours - theirs).total_seconds())
