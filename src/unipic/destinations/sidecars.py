"""XMP sidecars with what people said of photos: tags, albums, a note, a favourite. They are made for exports only."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from unipic.core.files import atomic_file, hash_file
from unipic.core.photo import Companion, Photo
from unipic.library.marks import Marked
from unipic.review.outcomes import Outcome

SUFFIX = ".xmp"
MADE = "-marks"  # how ids of sidecars end that are made here
FAVOURITE = 5  # stars, where the photo has none of its own
SPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
}


def with_sidecars(outcomes: Sequence[Outcome], marks: Mapping[str, Marked], folder: Path) -> list[Outcome]:
    """The outcomes, with a sidecar beside each kept photo that has marks. The files are written into `folder`.

    A photo that has an XMP sidecar already keeps it as it is, and gets no second one.
    """
    return [_with_sidecar(outcome, marks, folder) for outcome in outcomes]


def without_room(outcomes: Sequence[Outcome], marks: Mapping[str, Marked]) -> list[Photo]:
    """Kept photos whose marks are not written, since they have an XMP sidecar of their own.

    `outcomes`: as with_sidecars() gives them.
    """
    kept = [outcome.file for outcome in outcomes if outcome.fate == "kept" and isinstance(outcome.file, Photo)]
    return [photo for photo in kept if photo.digest in marks and not any(map(_is_made, photo.companions))]


def has_sidecar(photo: Photo) -> bool:
    """Whether an XMP sidecar belongs to the photo."""
    return any(PurePosixPath(one.name).suffix.casefold() == SUFFIX for one in photo.companions)


def _is_made(companion: Companion) -> bool:
    return companion.id.endswith(MADE)


def _with_sidecar(outcome: Outcome, marks: Mapping[str, Marked], folder: Path) -> Outcome:
    photo = outcome.file
    if outcome.fate != "kept" or not isinstance(photo, Photo) or photo.digest not in marks or has_sidecar(photo):
        return outcome
    content = sidecar(photo, marks[photo.digest])
    path = folder / f"{photo.digest}{SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        with atomic_file(path) as file:
            file.write(content)
    made = Companion(photo.id + MADE, photo.name + SUFFIX, str(path), hash_file(path), len(content), "sidecar")
    return replace(outcome, file=replace(photo, companions=(*photo.companions, made)))


def sidecar(photo: Photo, marked: Marked) -> bytes:
    """The sidecar as XML. Albums are keywords below "Albums", as Lightroom and digiKam nest them."""
    for prefix, space in SPACES.items():
        ElementTree.register_namespace(prefix, space)
    root = ElementTree.Element(_name("x:xmpmeta"))
    about = {_name("rdf:about"): ""}
    described = ElementTree.SubElement(ElementTree.SubElement(root, _name("rdf:RDF")), _name("rdf:Description"), about)
    if marked.favourite and not photo.rating:
        described.set(_name("xmp:Rating"), str(FAVOURITE))
    nested = [*marked.tags, *(f"Albums|{album.replace('|', '/')}" for album in marked.albums)]
    _listed(described, "dc:subject", "rdf:Bag", [*marked.tags, *marked.albums])
    _listed(described, "lr:hierarchicalSubject", "rdf:Bag", nested if marked.albums else [])
    _listed(described, "dc:description", "rdf:Alt", [marked.note] if marked.note else [])
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _listed(described: ElementTree.Element, name: str, kind: str, values: Sequence[str]) -> None:
    if not values:
        return
    items = ElementTree.SubElement(ElementTree.SubElement(described, _name(name)), _name(kind))
    for value in values:
        item = ElementTree.SubElement(items, _name("rdf:li"))
        item.text = "".join(c if c in "\t\n\r" or c >= " " else " " for c in value)
        if kind == "rdf:Alt":
            item.set("{http://www.w3.org/XML/1998/namespace}lang", "x-default")


def _name(short: str) -> str:
    prefix, _, name = short.partition(":")
    return f"{{{SPACES[prefix]}}}{name}"
