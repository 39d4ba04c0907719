"""What is known of a film without opening it: its length, and what its content, filmstrip and fingerprint go by."""

from os.path import splitext

from unipic.core.language import kept
from unipic.core.photo import Found, Photo, Unreadable
from unipic.video import fingerprints, packets

VERSION = 1  # raised when another picture stands for a film, or its facts are read otherwise
SUFFIXES = (
    *(".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv", ".flv", ".3gp"),
    *(".ogv", ".mxf", ".vob", ".divx", ".asf"),
)
STAGE, PRINTING = kept("Reading films"), kept("Looking through films")
KEY, STRIPS = "film", "filmstrip"  # of fingerprints and filmstrips in the index
CONTENT = f"film{VERSION}.{packets.VERSION}"
PRINTED = f"{VERSION}.{fingerprints.VERSION}"  # which fingerprints in the index are ours


def is_named_like_a_film(file: Found | Unreadable) -> bool:
    """By the ending of its name; whether it is one, its content decides."""
    return splitext(file.name)[1].casefold() in SUFFIXES  # in a quarter of pathlib's time


def content_of(pictures: str, sound: str) -> str:
    """What a film's content is known by: the same pictures and sound in any container; "" if that is not known."""
    return f"{CONTENT} {pictures} {sound}".rstrip() if pictures else ""


def pictures_of(film: Photo) -> str:
    """The digest of a film's coded pictures, whatever the sound; "" if it is not known."""
    return film.content.split(" ")[1] if film.content else ""


def seconds_of(film: Photo) -> float:
    """The length of a film."""
    return next((float(extra.value) for extra in film.holds if extra.kind == "length"), 0.0)
