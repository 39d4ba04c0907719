"""Find faces: YuNet of March 2023, by OpenCV. Boxes and five points, nothing about who it is."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unipic.core.face import Box, Point, overlap
from unipic.vision.base import Part

VERSION = 1  # raised when a picture gets other faces

NAME = "yunet"  # in the manifest
KIND = "face"  # of the part that a face is
SIDE = 640  # pixels: the long side of the pictures it gets, that of thumbnails; larger ones found no more
# 0 to 1, how sure it is. At .7 it finds 53 of 54 faces of group photos and no other; between .7 and .8 there are dolls,
# statues and backs of heads among strangers' photos, so that less sure ones do not start a person.
SURE = 0.70
TOGETHER = 0.3  # the share that two boxes have in common from which on they are one face
# A face that fills the picture is larger than any it knows. So where nothing is found, or a face is wider than this
# share of the picture, it looks again at a smaller one with a border around.
WIDE = 0.45
CLOSE_SIDE, BORDER = 320, 0.25  # pixels of the long side; of each side
BOTH_TOGETHER = 0.4  # as TOGETHER, for what both looks found
MOST = 5000  # boxes before they are put together: a picture made to keep it busy ends there


@dataclass(frozen=True)
class Found:
    """A face in a picture, in pixels of it. A box may reach beyond the border."""

    box: Box
    points: tuple[Point, ...]  # as in core's Face
    score: float

    @property
    def width(self) -> float:
        """Pixels."""
        return self.box[2] - self.box[0]


# A network for each thread that finds faces, by its file: it remembers the size of the picture that it was given last.
_OF_THREAD, _LOADING = threading.local(), threading.Lock()


class FaceFinder:
    """A Detector whose parts are faces. It computes on the thread that asks; several may ask at a time."""

    name, label, kind, key = NAME, "YuNet", KIND, f"face-{NAME}-{VERSION}"

    def __init__(self, weights: Path) -> None:
        """`weights`: the file face_detection_yunet_2023mar.onnx."""
        self._weights = weights

    @property
    def _network(self) -> Any:
        networks, file = vars(_OF_THREAD), str(self._weights)
        if file not in networks:
            with _LOADING:
                networks[file] = self._loaded()
        return networks[file]

    def _loaded(self) -> Any:
        import cv2

        level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # OpenCV 5 warns of its own new engine
        try:
            return cv2.FaceDetectorYN.create(str(self._weights), "", (SIDE, SIDE), SURE, TOGETHER, MOST)
        finally:
            cv2.utils.logging.setLogLevel(level)

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[Part]]:
        """See Detector.find. Pictures larger than SIDE are made smaller."""
        return [list(self._parts(picture)) for picture in pictures]

    def _parts(self, picture: np.ndarray) -> Iterator[Part]:
        height, width = picture.shape[:2]
        for face in self.faces(picture):
            sides = np.array((width, height))
            left, top, right, bottom = (np.array(face.box).reshape(2, 2) / sides).clip(0, 1).round(4).ravel().tolist()
            box = left, top, right, bottom
            points = (np.array(face.points) / sides).round(5).tolist()
            yield Part(part_name(box), KIND, box, facts={"points": points, "score": round(face.score, 3)})

    def faces(self, picture: np.ndarray, close: bool = True) -> list[Found]:
        """uint8 [H, W, 3] RGB -> its faces in pixels, the largest first. `close`: those that fill a picture, too."""
        first = self._at(picture, SIDE)
        if not close or (first and max(face.width for face in first) <= WIDE * picture.shape[1]):
            return first
        return _once([*first, *self._at(picture, CLOSE_SIDE, BORDER)])

    def _at(self, picture: np.ndarray, side: int, border: float = 0) -> list[Found]:
        """Faces of the picture at a long side of `side` pixels, with a border of this share of it on each side."""
        import cv2

        height, width = picture.shape[:2]
        scale = min(1, side / max(height, width))
        across, down = (max(1, round(length * scale)) for length in (width, height))
        small = picture
        if (across, down) != (width, height):
            small = cv2.resize(picture, (across, down), interpolation=cv2.INTER_AREA)
        right, below = round(across * border), round(down * border)
        framed = cv2.copyMakeBorder(small, below, below, right, right, cv2.BORDER_CONSTANT) if border else small
        self._network.setInputSize((framed.shape[1], framed.shape[0]))
        rows = self._network.detect(cv2.cvtColor(framed, cv2.COLOR_RGB2BGR))[1]
        if rows is None:
            return []
        to_picture = np.array((width / across, height / down))
        return _once(_found(rows, np.array((right, below)), to_picture))


def part_name(box: Sequence[float]) -> str:
    """The name of the part: the box in thousandths, as in Face.key, so that the same face has the same name again."""
    return " ".join((KIND, *(str(round(1000 * end)) for end in box)))


def _found(rows: np.ndarray, border: np.ndarray, scale: np.ndarray) -> list[Found]:
    """From rows of OpenCV's: left, top, width, height, five points, score."""
    corners, extents = rows[:, None, 0:2], rows[:, None, 2:4]
    places = (np.concatenate((corners, corners + extents, rows[:, 4:14].reshape(-1, 5, 2)), axis=1) - border) * scale
    found = zip(places.tolist(), rows[:, 14].tolist(), strict=True)
    return [Found((*at[0], *at[1]), tuple(map(tuple, at[2:])), score) for at, score in found]


def _once(faces: Sequence[Found]) -> list[Found]:
    """Of boxes that lie on each other the surest; the largest face first."""
    kept: list[Found] = []
    for face in sorted(faces, key=lambda face: (-face.score, face.box)):
        if all(overlap(face.box, other.box) <= BOTH_TOGETHER for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: (-face.width, face.box))
