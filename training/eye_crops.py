"""Crops of eyes and mouths to teach with: labelled ones, those of faces found in photos, and the ones put into others.

Whose faces they are is asked so that nobody by whom the networks are measured teaches them.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from unipic.core.settings import Limits
from unipic.reading.images import NotAPhoto, decode
from unipic.vision import chips
from unipic.vision.eyes import LEAST_WIDTH, SIDE, crops_of, readable
from unipic.vision.face_net import FaceEncoder
from unipic.vision.own_faces import OwnFaceEncoder
from unipic.vision.registry import open_face_encoder

ROOM = 1.5  # crops are kept with so much around them, to be shifted and turned
KEPT = round(2 * SIDE * ROOM)  # pixels of a side of them
LOOKED_AT = 640  # pixels of the long side of a photo in which faces are looked for
SURE_FACE = 0.85  # the detector's score: below it, many are dogs, dolls and statues
SAME = 0.93  # cosine from which on two faces are likely one person's, as People has it
MADE = 2  # how many shut and how many open eyes are put in the place of each that was found
FOLDS = 5
CROP, FACE, SHUT_IN, OPEN_IN = range(4)
KINDS = {CROP: "crops", FACE: "faces as found", SHUT_IN: "shut put into faces", OPEN_IN: "open put into faces"}
LOOKED = Path(__file__).with_name("eyes_looked_at.csv")  # photo, number of the face, what a person saw


@dataclass(frozen=True, eq=False)
class Crops:
    """Grey crops, and what they are labelled with."""

    pictures: Tensor  # float32 [N, 1, KEPT, KEPT], 0 to 255
    labels: Tensor  # float32 [N]: 1 for open or smiling, else 0
    fold: Tensor  # int64 [N], 0 to FOLDS - 1: those of one are held out together
    kind: Tensor  # int64 [N]: CROP, FACE, SHUT_IN or OPEN_IN

    def only(self, chosen: np.ndarray) -> Self:
        """Some of them."""
        at = torch.from_numpy(np.asarray(chosen))
        return type(self)(self.pictures[at], self.labels[at], self.fold[at], self.kind[at])


@dataclass(frozen=True, eq=False)
class Found:
    """A face in a photo: uint8 RGB pixels and its five points in them."""

    file: str
    pixels: np.ndarray
    points: list[tuple[float, float]]

    def crops(self) -> list[np.ndarray]:
        """As crops_of gives them, with room around."""
        return crops_of(self.pixels, self.points, ROOM, KEPT)


def find_all(faces: Path, photos: Sequence[Path], detector: Path) -> list[Found]:
    """Those in photos, and the small faces."""
    found = [face for path in files_in(photos) for face in faces_in(path, detector)]
    return found + [face for row in _small_faces(faces) for face in _in_small_face(faces / row["file"], detector)]


def read_eyes(faces: Path, found: Sequence[Found], people: Sequence[int], seed: int = 7) -> Crops:
    """Labelled eyes; those of found faces; and these again with labelled ones put in their place.

    `people`: whom each face shows, as a number, or -1 for those that must not teach. Neither crops nor people of one
    fold are in another.
    """
    rows = [row for row in _rows(faces) if row["eyes"]]
    crops = [_framed(_grey(faces / row["file"])) for row in rows]
    labels = [float(row["eyes"] == "open") for row in rows]
    folds = [int(number) for number in np.random.default_rng(seed).permutation(len(rows)) % FOLDS]
    kinds, pictures, rng = [CROP] * len(rows), list(crops), np.random.default_rng(seed)

    def add(picture: np.ndarray, label: float, fold: int, kind: int) -> None:
        pictures.append(picture)
        labels.append(label)
        folds.append(fold)
        kinds.append(kind)

    seen = _looked_at()
    turn: dict[str, int] = {}
    for face, person in zip(found, people, strict=True):
        turn[face.file] = number = turn.get(face.file, -1) + 1
        says = seen.get((face.file, number), "open")
        if person < 0 or says not in ("open", "shut"):
            continue
        eyes, fold = face.crops()[:2], person % FOLDS
        for eye in eyes:
            add(eye, float(says == "open"), fold, FACE)
        for label, kind in ((0.0, SHUT_IN), (1.0, OPEN_IN)):
            fit = [i for i in range(len(rows)) if labels[i] == label and folds[i] == fold]
            for chosen in rng.choice(fit, MADE) if fit else ():
                put = _way_of_putting(rng)
                for eye, patch in zip(eyes, (crops[chosen], crops[chosen][:, ::-1]), strict=True):
                    add(put(eye, patch), label, fold, kind)
    return Crops(_stacked(pictures), torch.tensor(labels), torch.tensor(folds), torch.tensor(kinds))


def read_mouths(faces: Path, found: Sequence[Found], people: Sequence[int]) -> Crops:
    """Mouths of the small faces among those that were found. `people` as for eyes."""
    smiles = {"/".join(row["file"].split("/")[-2:]): row["expression"] == "smile" for row in _small_faces(faces)}
    small = [(face, person) for face, person in zip(found, people, strict=True) if face.file in smiles and person >= 0]
    labels = torch.tensor([float(smiles[face.file]) for face, _ in small])
    folds = torch.tensor([person % FOLDS for _, person in small])
    return Crops(_stacked([face.crops()[2] for face, _ in small]), labels, folds, torch.full((len(small),), CROP))


def who(found: Sequence[Found], without: Sequence[Found]) -> list[int]:
    """A number for each person among the faces, -1 for those who are likely among `without` too.

    It rather takes two people for one: then they are held out together.
    """
    encoder = open_face_encoder("cpu")
    known, others = (_vectors(faces, encoder) for faces in (found, without))
    people = list(range(len(found)))
    for i, j in zip(*np.nonzero(np.triu(known @ known.T > SAME, 1)), strict=True):
        low, high = sorted((people[i], people[j]))
        people = [low if person == high else person for person in people]
    barred = (known @ others.T > SAME).any(axis=1)
    return [-1 if out else person for person, out in zip(people, barred.tolist(), strict=True)]


def _vectors(faces: Sequence[Found], encoder: FaceEncoder | OwnFaceEncoder) -> np.ndarray:
    """Float32 [N, D], zeros for a face that shows nothing."""
    cut = [chips.cut(face.pixels, (np.array(face.points) / face.pixels.shape[1::-1]).tolist()) for face in faces]
    seen = [chip if chip is not None else np.zeros((chips.SIDE, chips.SIDE, 3), np.uint8) for chip in cut]
    told = np.array([chip is not None for chip in cut], bool)[:, None]
    return np.where(told, np.nan_to_num(encoder.embed(np.array(seen, np.uint8))), 0)


def _looked_at() -> dict[tuple[str, int], str]:
    with LOOKED.open(newline="", encoding="utf-8") as file:
        return {(row["file"], int(row["face"])): row["says"] for row in csv.DictReader(file)}


def _small_faces(faces: Path) -> list[dict[str, str]]:
    return [
        row for row in _rows(faces) if row["expression"] in ("smile", "neutral") and row["file"].startswith("smile/")
    ]


def _stacked(pictures: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pictures).astype(np.float32))[:, None]


def _way_of_putting(rng: np.random.Generator) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """How both eyes of a face are replaced: in one size, as sharp, and with one kind of seam."""
    side = round(KEPT / ROOM * rng.uniform(0.95, 1.2))
    fine = int(rng.integers(14, 48))  # pixels of the patch, before it is put in
    start = np.array([(KEPT - side) / 2] * 2) + rng.uniform(-0.05, 0.05, 2) * side
    edge = (KEPT - round(KEPT / ROOM)) // 2
    low, soft = rng.uniform(0.55, 0.8), rng.uniform(0.1, 0.35)
    cloned = rng.random() < 0.5

    def put(eye: np.ndarray, patch: np.ndarray) -> np.ndarray:
        small = Image.fromarray(patch[edge:-edge, edge:-edge]).resize((fine,) * 2, Image.Resampling.BOX)
        laid = np.asarray(small.resize((side, side), Image.Resampling.BICUBIC))
        top, left = np.round(start).astype(int).tolist()
        far = np.hypot(*(np.mgrid[:side, :side] * 2 / (side - 1) - 1))
        if cloned:
            mask = np.where(far < low + soft / 2, 255, 0).astype(np.uint8)
            below, above = (np.repeat(one[..., None], 3, axis=2) for one in (eye, laid))
            middle = (left + side // 2, top + side // 2)
            return cv2.seamlessClone(above, below, mask, middle, cv2.NORMAL_CLONE)[..., 0]
        here = np.s_[top : top + side, left : left + side]
        place, ring = eye[here].astype(np.float32), (far > 0.7) & (far < 1)
        gain = np.clip((place[ring].std() + 4) / (laid[ring].std() + 4.0), 0.4, 1.6)
        lit = (laid - laid[ring].mean()) * gain + place[ring].mean()
        made = eye.astype(np.float32)
        made[here] += np.clip((low + soft - far) / soft, 0, 1) * (lit - place)
        return np.clip(made, 0, 255).astype(np.uint8)

    return put


def _rows(faces: Path) -> list[dict[str, str]]:
    with (faces / "faces.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files_in(folders: Sequence[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def _grey(path: Path) -> Image.Image:
    return decode(str(path), LOOKED_AT, Limits()).picture.convert("L")


def _framed(crop: Image.Image) -> np.ndarray:
    """A crop without surroundings: its mirror image stands for them."""
    side = round(KEPT / ROOM)
    edge = (KEPT - side) // 2
    return np.pad(np.asarray(crop.resize((side, side), Image.Resampling.BICUBIC)), edge, mode="reflect")


def faces_in(path: Path, detector: Path) -> Iterator[Found]:
    """The faces in a photo that are large enough, and not in profile."""
    try:
        picture = decode(str(path), LOOKED_AT, Limits()).picture
    except (NotAPhoto, OSError):
        return
    scale = LOOKED_AT / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    pixels = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
    for face in _found(pixels, detector):
        points = _points(face)
        if face[2] / scale >= LEAST_WIDTH and readable(points, face[2]):
            yield Found(f"{path.parent.name}/{path.name}", *_around(pixels, points, face[:4]))


def _around(
    pixels: np.ndarray, points: list[tuple[float, float]], box: np.ndarray
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """A copy of what lies around a face, and the points in it: photos are not kept in memory."""
    left, top, width, height = box.tolist()
    x, y = (max(0, int(start - length / 2)) for start, length in ((left, width), (top, height)))
    part = pixels[y : int(top + 1.5 * height), x : int(left + 1.5 * width)].copy()
    return part, [(across - x, down - y) for across, down in points]


def _in_small_face(path: Path, detector: Path) -> Iterator[Found]:
    """A face that fills its picture: the detector needs it larger, and with a border."""
    grey = np.asarray(_grey(path).resize((256, 256), Image.Resampling.BICUBIC))
    pixels = np.repeat(np.pad(grey, 64, mode="edge")[..., None], 3, axis=2)
    for face in _found(pixels, detector)[:1]:
        yield Found(f"{path.parent.name}/{path.name}", pixels, _points(face))


def _found(pixels: np.ndarray, detector: Path) -> list[np.ndarray]:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns of a back end at every picture
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    _, found = cv2.FaceDetectorYN.create(str(detector), "", bgr.shape[1::-1], SURE_FACE).detect(bgr)
    return [] if found is None else list(found)


def _points(face: np.ndarray) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in face[4:14].reshape(5, 2)]
