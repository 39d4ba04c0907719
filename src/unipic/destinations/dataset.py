"""A dataset to teach a detector with: pictures and the boxes of the things in them, as COCO or YOLO read them.

Pictures are JPEGs, upright, without metadata, so that boxes are right in every program. Nothing is replaced.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from unipic.core.errors import AlreadyThere, DestinationError
from unipic.core.files import atomic_file, make_folder, write_json
from unipic.core.language import gettext as _, kept, retold
from unipic.core.photo import Photo
from unipic.core.progress import Progress, Step
from unipic.core.settings import Limits
from unipic.reading.engines.base import Engine
from unipic.reading.images import load_thumbnail
from unipic.reading.scaled import Original, scaled

Form = Literal["coco", "yolo"]
Things = Mapping[str, Mapping[str, Any]]  # by the digest of a photo: the thing in it, its box and outlines as shares

SIDE = 1280  # pixels: the long side of the pictures; detectors are taught at 640 to 1280


@dataclass(frozen=True)
class Dataset:
    """A folder that gets one dataset, of one category."""

    folder: Path
    form: Form

    def ready(self) -> None:
        """DestinationError unless the folder can be made, or is empty. Call before any work."""
        if not self.folder.parent.is_dir():
            raise DestinationError(
                _("{folder} is not a folder; create it first, or choose another place", folder=self.folder.parent)
            )
        if os.path.lexists(self.folder) and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise AlreadyThere(
                _("{folder} is not empty; nothing was overwritten. Choose another name.", folder=self.folder)
            )

    def write(
        self, photos: Sequence[Photo], things: Things, category: str, engine: Engine, limits: Limits, progress: Progress
    ) -> list[str]:
        """Write all photos; returns what is left out, and why. One without a thing is an example of nothing."""
        named, problems, images = {photo.digest: photo.name for photo in photos}, list[str](), list[dict[str, Any]]()
        annotations, labels = list[dict[str, Any]](), self.folder / "labels"
        make_folder(self.folder / "images")
        if self.form == "yolo":
            make_folder(labels)
        originals = [Original(photo.digest, (photo.path,)) for photo in photos]
        for id, one in enumerate(scaled(originals, SIDE, engine, limits), 1):
            progress(Step(kept("Writing the dataset"), id, len(originals), "photo"))
            if not one.jpeg:
                why = retold(one.reason) or _("has changed, or is not there now")
                problems.append(_("{name} is left out: it {why}", name=named[one.digest], why=why))
                continue
            name, thing = one.digest[:16], things.get(one.digest)
            _write(self.folder / "images" / f"{name}.jpg", one.jpeg)
            height, width = load_thumbnail(one.jpeg).shape[:2]
            told = {"file_name": f"images/{name}.jpg", "original": named[one.digest]}
            images.append({"id": id, "width": width, "height": height, **told})
            if thing:
                annotations.append({"id": id, "image_id": id, "category_id": 1, **_instance(thing, width, height)})
            if self.form == "yolo":
                _write(labels / f"{name}.txt", _line(thing["box"]) if thing else b"")
        if self.form == "coco":
            categories = [{"id": 1, "name": category}]
            whole = {"images": images, "annotations": annotations, "categories": categories}
            write_json(self.folder / "annotations.json", whole)
        else:  # a text in JSON is one in YAML too
            yaml = f"path: .\ntrain: images\nval: images\nnames:\n  0: {json.dumps(category)}\n"
            _write(self.folder / "data.yaml", yaml.encode())
        return problems


def _write(path: Path, content: bytes) -> None:
    with atomic_file(path, replace=False) as file:
        file.write(content)


def _line(box: Sequence[float]) -> bytes:
    """YOLO's: the category's number, and the middle and the size of the box as shares of the picture."""
    left, top, right, bottom = box
    return f"0 {(left + right) / 2:.6f} {(top + bottom) / 2:.6f} {right - left:.6f} {bottom - top:.6f}\n".encode()


def _instance(thing: Mapping[str, Any], width: int, height: int) -> dict[str, Any]:
    """COCO's, in pixels: the box as left, top, width and height, the outlines, and the area of what they enclose."""
    left, top, right, bottom = thing["box"]
    box = (left * width, top * height, (right - left) * width, (bottom - top) * height)
    outlines = [
        [round(share * (height if at % 2 else width), 2) for at, share in enumerate(outline)]
        for outline in thing["outlines"]
    ]
    area = round(thing["share"] * width * height, 2)
    return {"bbox": [round(value, 2) for value in box], "segmentation": outlines, "area": area, "iscrowd": 0}
