"""A dataset to teach a detector with: pictures and the boxes of the things in them, as COCO or YOLO read them.

Pictures are JPEGs, upright, without metadata, so that boxes are right in every program. Nothing is replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from unipic.core.errors import AlreadyThere, DestinationError
from unipic.core.files import atomic_file, make_folder, write_json
from unipic.core.photo import Photo
from unipic.core.progress import Progress, Step
from unipic.core.settings import Limits
from unipic.reading.engines.base import Engine
from unipic.reading.images import load_thumbnail
from unipic.reading.scaled import Original, scaled

Form = Literal["coco", "yolo"]

SIDE = 1280  # pixels: the long side of the pictures; detectors are taught at 640 to 1280
NAME = 16  # digits of the digest that name a picture


class Dataset:
    """A folder that gets one dataset."""

    def __init__(self, folder: Path, form: Form) -> None:
        self.folder, self.form = folder, form

    def ready(self) -> None:
        """DestinationError unless the folder can be made, or is empty. Call before any work."""
        if not self.folder.parent.is_dir():
            raise DestinationError(f"{self.folder.parent} is not a folder; create it first, or choose another place")
        if os.path.lexists(self.folder) and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise AlreadyThere(f"{self.folder} is not empty; nothing was overwritten. Choose another name.")

    def write(
        self,
        photos: Sequence[Photo],
        things: Mapping[str, Mapping[str, Any]],
        category: str,
        engine: Engine,
        limits: Limits,
        progress: Progress,
    ) -> list[str]:
        """Write all photos; returns what is left out, and why.

        `things`: of each digest the thing of this category, its box and its outlines as shares of the picture. A photo
        without one is written as an example of nothing.
        """
        pictures, problems, images = self.folder / "images", list[str](), list[tuple[str, str, tuple[int, int]]]()
        make_folder(pictures)
        by_digest = {photo.digest: photo for photo in photos}
        originals = [Original(digest, (photo.path,)) for digest, photo in by_digest.items()]
        for done, one in enumerate(scaled(originals, SIDE, engine, limits)):
            progress(Step("Writing the dataset", done, len(originals), "photo"))
            photo = by_digest[one.digest]
            if not one.jpeg:
                problems.append(f"{photo.name} is left out: it {one.reason or 'has changed, or is not there now'}")
                continue
            with atomic_file(pictures / f"{one.digest[:NAME]}.jpg") as file:
                file.write(one.jpeg)
            height, width = load_thumbnail(one.jpeg).shape[:2]
            images.append((one.digest, photo.name, (width, height)))
        if self.form == "coco":
            write_json(self.folder / "annotations.json", _coco(images, things, category))
        else:
            self._write_yolo([digest for digest, *_ in images], things, category)
        return problems

    def _write_yolo(self, digests: Sequence[str], things: Mapping[str, Mapping[str, Any]], category: str) -> None:
        labels = self.folder / "labels"
        make_folder(labels)
        for digest in digests:
            lines = [_yolo(things[digest]["box"])] if digest in things else []
            with atomic_file(labels / f"{digest[:NAME]}.txt") as file:
                file.write("".join(lines).encode("ascii"))
        told = f"path: .\ntrain: images\nval: images\nnames:\n  0: {json.dumps(category)}\n"  # JSON is YAML
        with atomic_file(self.folder / "data.yaml") as file:
            file.write(told.encode())


def _yolo(box: Sequence[float]) -> str:
    """A line: the category's number, and the middle and the size of the box as shares of the picture."""
    left, top, right, bottom = box
    return f"0 {(left + right) / 2:.6f} {(top + bottom) / 2:.6f} {right - left:.6f} {bottom - top:.6f}\n"


def _coco(
    images: Sequence[tuple[str, str, tuple[int, int]]], things: Mapping[str, Mapping[str, Any]], category: str
) -> dict[str, Any]:
    """The file that COCO calls instances: `images` are digests, names, and widths and heights in pixels."""
    numbered = [*enumerate(images, 1)]
    return {
        "images": [
            {"id": id, "file_name": f"images/{digest[:NAME]}.jpg", "width": width, "height": height, "original": name}
            for id, (digest, name, (width, height)) in numbered
        ],
        "annotations": [
            {"id": id, "image_id": id, "category_id": 1, "iscrowd": 0, **_instance(things[digest], *size)}
            for id, (digest, _, size) in numbered
            if digest in things
        ],
        "categories": [{"id": 1, "name": category}],
    }


def _instance(thing: Mapping[str, Any], width: int, height: int) -> dict[str, Any]:
    """A thing in pixels: its box as left, top, width and height, its outlines and its area."""
    left, top, right, bottom = thing["box"]
    outlines = [[*_pixels(outline, width, height)] for outline in thing.get("outlines", ())]
    box = [left * width, top * height, (right - left) * width, (bottom - top) * height]
    return {
        "bbox": [round(value, 2) for value in box],
        "segmentation": outlines,
        "area": round(sum(map(_area, outlines)), 2) or round(box[2] * box[3], 2),
    }


def _pixels(outline: Sequence[float], width: int, height: int) -> Iterator[float]:
    for x, y in zip(outline[::2], outline[1::2], strict=True):
        yield from (round(x * width, 2), round(y * height, 2))


def _area(outline: Sequence[float]) -> float:
    """Inside an outline, by the shoelace formula."""
    xs, ys = outline[::2], outline[1::2]
    return abs(sum(xs[at - 1] * ys[at] - xs[at] * ys[at - 1] for at in range(len(xs)))) / 2
