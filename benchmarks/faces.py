"""Faces: how many are found, how well two of one person are told from two of different ones, and the time of each."""

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from unipic.core.face import Face
from unipic.core.settings import PROJECT
from unipic.library.faces import CLEAR_SCORE, is_clear
from unipic.vision.base import Part
from unipic.vision.chips import cut
from unipic.vision.face_net import FaceEncoder
from unipic.vision.faces import SIDE, FaceFinder
from unipic.vision.own_faces import OwnFaceEncoder
from unipic.vision.registry import open_face_encoder, open_faces

Encoder = FaceEncoder | OwnFaceEncoder
PHOTOS = PROJECT.parent / "shared" / "photos"
WIDTHS = (16, 20, 24, 32, 40, 80)  # pixels to which faces are made smaller


@dataclass(frozen=True)
class Looked:
    """A photo as it is looked at."""

    name: str
    width: int  # of the file, upright
    picture: np.ndarray  # uint8 [H, W, 3], long side SIDE at most


@dataclass(frozen=True)
class Known:
    """A face of a labelled person."""

    person: str
    face: Face
    chip: np.ndarray


def run(_: int = 0) -> None:
    """Print all tables."""
    folder = PHOTOS / "faces"
    if not folder.is_dir():
        print(f"Faces were not measured: there is no {folder}.")
        return
    finder, encoder = open_faces(), open_face_encoder("cpu")
    rows = list(csv.DictReader((folder / "faces.csv").open(encoding="utf-8")))
    people = [(row["person"], looked(folder / row["file"])) for row in rows if row["person"]]
    groups = [(int(row["n_faces"]), looked(folder / row["file"])) for row in rows if row["n_faces"]]
    _found(finder, [(n, photo) for n, photo in groups if photo.name.startswith("groups/")], people)
    _gallery(finder, encoder)
    tried = [(_known(finder, person, photo), (person, photo)) for person, photo in people]
    known, people = [one for one, _ in tried if one], [row for one, row in tried if one]
    vectors = encoder.embed(np.stack([one.chip for one in known]))
    _verified(known, vectors, people, finder, encoder)
    told = zip(known, vectors, strict=True)
    kept = sum(is_clear(replace(one.face, vector=vector), encoder.mean) for one, vector in told)
    print(f"\nOf {len(known)} labelled faces {kept} may start a person.")
    _timed(finder, encoder, [photo for _, photo in people])


def looked(file: Path) -> Looked:
    """A photo, upright, at the size of thumbnails."""
    with Image.open(file) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    width = upright.width
    upright.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return Looked(f"{file.parent.name}/{file.name}", width, np.asarray(upright))


def _found(finder: FaceFinder, groups: Sequence[tuple[int, Looked]], people: Sequence[tuple[str, Looked]]) -> None:
    counted = [(n, len(_parts(finder, photo.picture))) for n, photo in groups]
    print("| photos | faces | found | more than there are |\n|---|---:|---:|---:|")
    found, more = sum(min(pair) for pair in counted), sum(max(0, got - n) for n, got in counted)
    print(f"| {len(counted)} of groups, counted by hand | {sum(n for n, _ in counted)} | {found} | {more} |")
    for words, enlarged in (("as they are", False), ("filling 640 pixels", True)):
        got = sum(bool(_parts(finder, _enlarged(photo.picture) if enlarged else photo.picture)) for _, photo in people)
        print(f"| {len(people)} portraits, {words} | {len(people)} with one at least | {got} | not counted |")


def _gallery(finder: FaceFinder, encoder: Encoder) -> None:
    """Photos of all kinds. Whether what is found there is a face, nothing tells but looking at it."""
    folder = PHOTOS / "gallery_dev"
    rows = csv.DictReader((folder / "groups.csv").open(encoding="utf-8")) if folder.is_dir() else []
    photos = found = sure = with_one = clear = 0
    for row in rows:
        photo = looked(folder / row["file"])
        parts = _parts(finder, photo.picture)
        photos += 1
        found += len(parts)
        surely = [part for part in parts if part.facts["score"] >= CLEAR_SCORE]
        sure += len(surely)
        with_one += bool(surely)
        chips = [(part, cut(photo.picture, part.facts["points"])) for part in parts]
        seen = [(_face(part, photo.width), chip) for part, chip in chips if chip is not None]
        vectors = encoder.embed(np.stack([chip for _, chip in seen])) if seen else ()
        told = zip(seen, vectors, strict=True)
        clear += sum(is_clear(replace(face, vector=vector), encoder.mean) for (face, _), vector in told)
    print(
        f"\n{photos} photos of the gallery: {found} faces, {sure} of them with a score of {CLEAR_SCORE} or more in "
        f"{with_one} photos; {clear} may start a person. Which are no faces is not labelled."
    )


def _verified(
    known: Sequence[Known],
    vectors: np.ndarray,
    people: Sequence[tuple[str, Looked]],
    finder: FaceFinder,
    encoder: Encoder,
) -> None:
    """As they are, and in photos made smaller, in which the faces are found anew."""
    who = np.array([one.person for one in known])
    print("\n| faces | pairs of one, of two | TPR at 1e-3 (cosine) | at 1e-2 | EER | rank 1 |")
    print("|---|---|---:|---:|---:|---:|\n" + _row("as they are", who, vectors))
    for width in WIDTHS:
        tried = [
            _known(finder, person, _smaller(photo, one.face, width))
            for one, (person, photo) in zip(known, people, strict=True)
        ]
        small = [one for one in tried if one]
        vectors = encoder.embed(np.stack([one.chip for one in small]))
        print(_row(f"{width} px wide, {len(small)} found", np.array([one.person for one in small]), vectors))


def _row(words: str, who: np.ndarray, vectors: np.ndarray) -> str:
    cosines = vectors @ vectors.T
    above = np.triu_indices(len(who), 1)
    same, all_of_them = (who[:, None] == who)[above], cosines[above]
    one, two = np.sort(all_of_them[same]), np.sort(all_of_them[~same])
    at = {rate: float(two[-1 - int(rate * len(two))]) for rate in (1e-3, 1e-2)}
    missed = np.searchsorted(one, two) / len(one)
    taken = 1 - np.arange(len(two)) / len(two)
    equal = int(np.abs(missed - taken).argmin())
    np.fill_diagonal(cosines, -1)
    first = (who[cosines.argmax(axis=1)] == who).mean()
    strict, loose = ((one > limit).mean() for limit in at.values())
    return (
        f"| {words} | {len(one):,}, {len(two):,} | {strict:.3f} ({at[1e-3]:.3f}) | {loose:.3f} | "
        f"{(missed[equal] + taken[equal]) / 2:.1%} | {first:.3f} |"
    )


def _timed(finder: FaceFinder, encoder: Encoder, photos: Sequence[Looked]) -> None:
    started = time.process_time()
    found = [(photo, _parts(finder, photo.picture)) for photo in photos]
    finding = time.process_time() - started
    made = [cut(photo.picture, part.facts["points"]) for photo, parts in found for part in parts]
    cutting = time.process_time() - started - finding
    chips = np.stack([chip for chip in made if chip is not None])
    encoder.embed(chips)
    telling = time.process_time() - started - finding - cutting
    print(
        f"\nMilliseconds of one core: {1e3 * finding / len(photos):.1f} to find the faces of a portrait; "
        f"{1e3 * cutting / len(chips):.2f} to cut a face and {1e3 * telling / len(chips):.1f} to tell it apart "
        f"({len(chips)} faces, each with its mirror image)."
    )


def _known(finder: FaceFinder, person: str, photo: Looked) -> Known | None:
    """The labelled face is the one nearest to the middle: the labels were made for that one. None if none is found."""
    part = max(_parts(finder, photo.picture), key=_central, default=None)
    chip = cut(photo.picture, part.facts["points"]) if part else None
    return Known(person, _face(part, photo.width), chip) if part and chip is not None else None


def _central(part: Part) -> float:
    assert part.box is not None
    return (part.box[2] - part.box[0]) * (1 - abs(part.box[0] + part.box[2] - 1))


def _parts(finder: FaceFinder, picture: np.ndarray) -> list[Part]:
    return finder.find([picture])[0]


def _face(part: Part, width: int) -> Face:
    assert part.box is not None
    points = tuple((x, y) for x, y in part.facts["points"])
    return Face("", part.box, points, part.facts["score"], (part.box[2] - part.box[0]) * width)


def _enlarged(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def _smaller(photo: Looked, face: Face, width: int) -> Looked:
    """The photo made smaller, so that the face is this wide."""
    size = tuple(max(1, round(side * width / face.size)) for side in (photo.width, photo.width * _shape(photo)))
    small = Image.fromarray(photo.picture).resize((size[0], size[1]), Image.Resampling.BOX)
    return Looked(photo.name, small.width, np.asarray(small))


def _shape(photo: Looked) -> float:
    return photo.picture.shape[0] / photo.picture.shape[1]
