"""A person's own network that tells faces apart: an ONNX file of SFace, ArcFace or another that takes their crops.

It is described in FILE in the models folder, and used instead of dlib's; docs/models.md says how. OpenCV runs it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from unipic.core.errors import ModelError
from unipic.core.language import gettext as _
from unipic.vision import chips, faces
from unipic.vision.face_net import IDENTITY
from unipic.vision.manifest import File, Form, Model

VERSION = 1  # raised when vectors change with the same file

FILE = "faces.toml"
SIDE = 112  # pixels
# Where ArcFace's and SFace's authors have eyes, nose and corners of the mouth, in pixels.
TEMPLATE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)
# The cosine that stands for one person everywhere else: dlib's (people/limits.py). Vectors get one more number, equal
# in all, which makes the network's own cosine for it this one.
JOIN = 0.93


@dataclass(frozen=True)
class OwnFaces:
    """What FILE says."""

    label: str  # for people
    licence: str
    file: str  # relative to the models folder
    sha256: str
    same: float  # the network's cosine from which two faces are one person's
    colours: str = "BGR"  # or RGB: the order that the network takes
    mean: float = 0.0  # what each colour value is lessened by, and then divided by
    over: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.same < 1 and self.colours in ("BGR", "RGB") and self.over > 0):
            raise ValueError("same is between 0 and 1, colours is BGR or RGB, and over is above 0")

    @property
    def key(self) -> str:
        """Of its vectors; differs with whatever changes them."""
        how = f"{self.colours} {self.mean} {self.over} {self.same}"
        return f"{IDENTITY}own-{self.sha256[:16]} {how}-{VERSION}.{chips.VERSION}.{faces.VERSION}"

    def model(self, size: int) -> Model:
        """As an entry of the manifest. `size`: bytes of its file."""
        form = Form("ONNX", (File(self.file, self.sha256, size),))
        return Model("own_faces", self.label, self.licence, FILE, "Tells faces apart.", (form,))


def read_own(folder: Path) -> OwnFaces | None:
    """What a person put into the models folder; None if there is nothing. ModelError if it cannot be understood."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return OwnFaces(**tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(_("{path} cannot be understood: {error}.", path=path, error=error)) from error


class OwnFaceEncoder:
    """Works as FaceEncoder does."""

    mean = None  # of many people's faces: not known

    def __init__(self, own: OwnFaces, weights: Path) -> None:
        """`weights`: the file, whose sha256 was compared."""
        self._own, self._weights = own, weights
        self.label, self.key = own.label, own.key

    @cached_property
    def _network(self) -> Any:
        import cv2

        try:
            return cv2.dnn.readNetFromONNX(str(self._weights))
        except cv2.error as error:
            raise ModelError(
                _("{model} cannot be loaded ({error}).", model=self.label, error=" ".join(str(error).split()))
            ) from error

    def embed(self, aligned: np.ndarray) -> np.ndarray:
        """See FaceEncoder.embed."""
        both = [self._vectors(self._crops(some)) for some in (aligned, aligned[:, :, ::-1])]
        with np.errstate(invalid="ignore", divide="ignore"):
            unit = sum(both)
            unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
        share = (1 - JOIN) / (1 - self._own.same)  # of a cosine: the rest is the same for all
        if share <= 1:
            unit = np.pad(unit * math.sqrt(share), ((0, 0), (0, 1)), constant_values=math.sqrt(1 - share))
        return unit.astype(np.float32)

    def _crops(self, aligned: np.ndarray) -> Sequence[np.ndarray]:
        """Faces in the network's own places; it sees a little more than chips show, where their border is repeated."""
        way = chips.similarity(chips.TEMPLATE, TEMPLATE)
        flipped = aligned[..., ::-1] if self._own.colours == "BGR" else aligned
        return [chips.warped(np.ascontiguousarray(chip), way, SIDE) for chip in flipped]

    def _vectors(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        rows = []
        for crop in crops:  # one by one: many such files take no more at a time
            values = (crop.astype(np.float32) - self._own.mean) / self._own.over
            self._network.setInput(np.ascontiguousarray(values.transpose(2, 0, 1)[None]))
            rows.append(self._network.forward().ravel())
        return np.stack(rows)
