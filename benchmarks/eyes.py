"""Open and shut eyes and smiles: on crops, on whole faces, and what they change in the choice of the best shot.

The shipped networks were taught with all labelled crops, so their figures on crops are those of networks that each were
taught without a fifth, as far as it was held out: models/eyes/log.csv, written by training/eyes.py. The people in the
photos of people and groups and in those with an expression taught nothing, in these photos or others. Nobody labelled
shut eyes on whole faces: they are made, by blending crops of shut eyes into faces.
"""

import csv
import hashlib
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from training.eye_crops import find_all, read_eyes, read_mouths
from training.eyes import as_seen

from benchmarks.ranking import Shot, shot
from benchmarks.series import FAULTS, make
from benchmarks.truth import PHOTOS
from unipic.cleanup.criteria import WEIGHTS
from unipic.cleanup.face_stage import FaceReaders, look_at_faces
from unipic.cleanup.faces import columns, people_in, shut
from unipic.cleanup.likeness import Likeness
from unipic.cleanup.rank import shortfalls
from unipic.core.face import SURE, Face
from unipic.core.photo import Measures, Photo
from unipic.core.settings import PROJECT, Limits
from unipic.library.thumbnails import Thumbnails
from unipic.reading.images import decode
from unipic.vision.eyes import EYE
from unipic.vision.registry import open_eyes, open_faces

FACES = PHOTOS / "faces"
DETECTOR = PHOTOS.parent / "weights" / "yunet" / "face_detection_yunet_2023mar.onnx"
LOG = PROJECT / "models" / "eyes" / "log.csv"
SIDE = 640  # pixels of a thumbnail
WIDTHS = ((32, 48), (48, 80), (80, 160), (160, 10_000))  # pixels of a face in the thumbnail
PIXELS = 16  # of a crop, where alternatives are compared: a face of about 50 pixels
FOLDS = 5


class InMemory(Thumbnails):
    """Pictures by digest, in memory."""

    def __init__(self, pictures: dict[str, np.ndarray]) -> None:
        super().__init__(Path())
        self.pictures = pictures

    def load(self, digest: str) -> np.ndarray:
        return self.pictures[digest]


@dataclass(frozen=True)
class Seen:
    """A face, and the picture it is in."""

    face: Face
    picture: np.ndarray

    @property
    def width(self) -> float:
        """Pixels."""
        return (self.face.box[2] - self.face.box[0]) * self.picture.shape[1]


def run(_: int = 0) -> None:
    """All tables. Needs ../shared/photos."""
    readers = FaceReaders(open_faces(), open_eyes())
    _crops()
    faces = [
        one
        for folder in ("people", "groups")
        for path in sorted((FACES / folder).iterdir())
        for one in seen(path, readers)
    ]
    _whole_faces(faces)
    _by_light(faces)
    _made_shut(faces, readers)
    _expressions(readers)
    _best_shot(readers)
    _speed(readers)


def _crops() -> None:
    print("\nOn crops, by networks that were taught without them:\n")
    with LOG.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    print(f"| {' | '.join(rows[0])} |\n|---|{'---:|' * (len(rows[0]) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row.values())} |")
    print(f"\nSimpler ways on the same crops at {PIXELS} pixels, five folds:\n\n| | eyes | smile |\n|---|---:|---:|")
    small = find_all(FACES, [], DETECTOR)
    sets = [read_eyes(FACES, [], []), read_mouths(FACES, small, range(len(small)))]
    described: dict[str, list[str]] = defaultdict(list)
    for crops in sets:
        pictures, labels = as_seen(crops.pictures, PIXELS)[:, 0].numpy(), crops.labels.numpy()
        shrunk = np.stack([np.asarray(Image.fromarray(one).resize((PIXELS, PIXELS))) for one in pictures])
        for name, table in (("gradient histogram + regression", _gradients(pictures)), ("pixels + regression", shrunk)):
            described[name].append(_regressed(table.reshape(len(table), -1), labels))
    for name, cells in described.items():
        print(f"| {name} | {' | '.join(cells)} |")


def _regressed(table: np.ndarray, labels: np.ndarray) -> str:
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=7)
    said = cross_val_predict(LogisticRegression(C=0.1, max_iter=2000), table, labels, cv=folds, method="predict_proba")
    return f"{((said[:, 1] > 0.5) == (labels == 1)).mean():.3f}"


def _gradients(pictures: np.ndarray) -> np.ndarray:
    """Directions of gradients in 4 x 4 cells: [N, 4, 4, 8], each cell of length 1."""
    down, across = np.gradient(pictures, axis=(1, 2))
    strength, turn = np.hypot(down, across), (np.arctan2(down, across) % np.pi) * 8 / np.pi
    parts = np.stack([strength * ((turn.astype(int) % 8) == i) for i in range(8)], axis=-1)
    cells = parts.reshape(len(pictures), 4, 8, 4, 8, 8).sum(axis=(2, 4))
    return cells / (np.linalg.norm(cells, axis=-1, keepdims=True) + 1e-3)


def seen(path: Path, readers: FaceReaders) -> list[Seen]:
    """The faces of a file in its thumbnail."""
    picture = np.asarray(decode(str(path), SIDE, Limits()).picture)
    return [Seen(face, picture) for face in faces_in([picture], readers)[0]]


def faces_in(pictures: Sequence[np.ndarray], readers: FaceReaders) -> list[tuple[Face, ...]]:
    """The faces in each picture, as the pipeline sees them."""
    photos = [photo_of(str(i), picture) for i, picture in enumerate(pictures)]
    thumbnails = InMemory({photo.digest: picture for photo, picture in zip(photos, pictures, strict=True)})
    found = look_at_faces(photos, readers, thumbnails)
    return [found[photo.id] for photo in photos]


def photo_of(name: str, picture: np.ndarray) -> Photo:
    """A photo as large as the picture."""
    height, width = picture.shape[:2]
    plain = Measures(0.5, 0.5, 0.5, 0.1)
    return Photo(name, name, name, name, 0, width, height, "JPEG", "0" * 64, plain, comparable=True)


def _told(faces: Sequence[Seen]) -> str:
    """Shares: open, shut, can't tell."""
    if not faces:
        return "- | - | -"
    eyes = [one.face.eyes for one in faces]
    shares = [sum(e is not None and e > 0 for e in eyes), sum(e is not None and e < 0 for e in eyes), eyes.count(None)]
    return " | ".join(f"{share / len(faces):.1%}" for share in shares)


def _whole_faces(faces: Sequence[Seen]) -> None:
    print("\nWhole faces of people and groups, nearly all open; they taught nothing. Profiles are not looked at, and")
    print("count as can't tell.\n")
    print("| face, pixels | faces | open | shut | can't tell |\n|---|---:|---:|---:|---:|")
    for low, high in WIDTHS:
        some = [one for one in faces if low <= one.width < high]
        print(
            f"| {low} to {high} | {len(some)} | {_told(some)} |"
            if high < 1000
            else f"| from {low} | {len(some)} | {_told(some)} |"
        )
    all_of_them = [one for one in faces if one.width >= WIDTHS[0][0]]
    print(f"| all from 32 | {len(all_of_them)} | {_told(all_of_them)} |")


def _by_light(faces: Sequence[Seen]) -> None:
    """By how light the face is in the picture, which light and skin both decide: no labels of people are used."""
    large = sorted((one for one in faces if one.width >= WIDTHS[0][0]), key=_light)
    print("\n| light of the face | faces | open | shut | can't tell |\n|---|---:|---:|---:|---:|")
    for i, name in enumerate(("darkest third", "middle", "lightest third")):
        some = large[i * len(large) // 3 : (i + 1) * len(large) // 3]
        print(f"| {name} | {len(some)} | {_told(some)} |")


def _light(one: Seen) -> float:
    height, width = one.picture.shape[:2]
    left, top, right, bottom = (
        round(edge * side) for edge, side in zip(one.face.box, (width, height) * 2, strict=True)
    )
    return float(one.picture[max(0, top) : bottom + 1, max(0, left) : right + 1].mean())


def closed_crops() -> list[np.ndarray]:
    """Crops of shut eyes, uint8 [H, W, 3]."""
    return [
        np.asarray(decode(str(path), SIDE, Limits()).picture) for path in sorted((FACES / "eyes" / "closed").iterdir())
    ]


def with_shut_eyes(picture: np.ndarray, face: Face, crop: np.ndarray) -> np.ndarray:
    """The picture with both eyes of a face replaced by a shut one, blended in at its border."""
    height, width = picture.shape[:2]
    points = [complex(x * width, y * height) for x, y in face.points]
    right, left, mouth = points[0], points[1], (points[3] + points[4]) / 2
    side = EYE * max(abs(left - right), abs(mouth - (right + left) / 2)) * 1.15
    pixels = max(6, round(side))
    turn = float(np.degrees(np.angle(left - right)))
    made = picture.copy()
    for eye, patch in ((right, crop), (left, crop[:, ::-1])):
        small = cv2.resize(np.ascontiguousarray(patch), (pixels, pixels), interpolation=cv2.INTER_AREA)
        middle = ((pixels - 1) / 2, (pixels - 1) / 2)
        way = cv2.getRotationMatrix2D(middle, -turn, 1)
        small = cv2.warpAffine(small, way, (pixels, pixels), borderMode=cv2.BORDER_REFLECT)
        mask = np.zeros((pixels, pixels), np.uint8)
        cv2.ellipse(
            mask, (pixels // 2, pixels // 2), (round(pixels * 0.46), round(pixels * 0.4)), turn, 0, 360, 255, -1
        )
        at = (round(eye.real), round(eye.imag - 0.04 * side))
        if pixels // 2 + 1 < at[0] < width - pixels // 2 - 2 and pixels // 2 + 1 < at[1] < height - pixels // 2 - 2:
            made = cv2.seamlessClone(small, made, mask, at, cv2.NORMAL_CLONE)
    return made


def _made_shut(faces: Sequence[Seen], readers: FaceReaders) -> None:
    print("\nThe same faces with shut eyes blended in (the crops taught the networks, the faces did not).")
    print("In a group: shut beside the same face as it was.\n")
    print("| face, pixels | faces | open | shut | can't tell | shut, in a group |\n|---|---:|---:|---:|---:|---:|")
    crops = closed_crops()
    made = defaultdict[tuple[int, int], list[tuple[Seen, Seen]]](list)
    for i, one in enumerate(faces):
        bucket = next(((low, high) for low, high in WIDTHS if low <= one.width < high), None)
        if bucket is None or one.face.smile is None:
            continue
        picture = with_shut_eyes(one.picture, one.face, crops[i % len(crops)])
        again = max(faces_in([picture], readers)[0], key=lambda face: _near(face, one.face), default=None)
        if again is not None and _near(again, one.face) > -0.5:
            made[bucket].append((one, Seen(again, picture)))
    everything = [pair for some in made.values() for pair in some]
    named = [(f"{low} to {high}" if high < 1000 else f"from {low}", some) for (low, high), some in sorted(made.items())]
    for name, some in [*named, ("all", everything)]:
        grouped = sum(_shut_in_a_group(*pair) for pair in some) / len(some)
        print(f"| {name} | {len(some)} | {_told([shut_one for _, shut_one in some])} | {grouped:.1%} |")


def _shut_in_a_group(before: Seen, made: Seen) -> bool:
    """Whether the made one is told to be shut, in photos four times as large, as cameras take them."""
    photos = [
        replace(photo_of(name, one.picture), width=4 * one.picture.shape[1], height=4 * one.picture.shape[0])
        for name, one in (("before", before), ("made", made))
    ]
    faces = [replace(one.face, size=4 * one.face.size) for one in (before, made)]
    people = people_in(photos, {photo.id: (face,) for photo, face in zip(photos, faces, strict=True)}, _alone(photos))
    return any(shut(row[1]) for row in people)


def _alone(photos: Sequence[Photo]) -> Likeness:
    """Photos that were not compared."""
    nothing = np.zeros(0)
    return Likeness(tuple(photos), nothing.astype(int), nothing.astype(int), nothing, nothing)


def _near(a: Face, b: Face) -> float:
    """How near two faces are: 0 for the same place, less for others, in widths."""
    apart = np.subtract(a.box, b.box)
    return -float(np.abs(apart).max()) / (b.box[2] - b.box[0])


def _expressions(readers: FaceReaders) -> None:
    print("\n| expression | smile, log-odds | eyes |\n|---|---:|---|")
    for path in sorted((FACES / "expression").iterdir()):
        for one in seen(path, readers)[:1]:
            eyes = "can't tell" if one.face.eyes is None else f"{one.face.eyes:+.1f}"
            print(
                f"| {path.stem} | {'not looked at' if one.face.smile is None else f'{one.face.smile:+.1f}'} | {eyes} |"
            )


def _best_shot(readers: FaceReaders) -> None:
    """Series of people: with shut eyes, and with the usual faults, ranked without and with faces."""
    print("\nThe better of two shots in series made from photos of people (one good frame and three with a fault).\n")
    print("| what is wrong | pairs | right without faces | right with faces |\n|---|---:|---:|---:|")
    paths = [path for path in sorted((FACES / "people").iterdir()) if _half(path)]
    series = [("eyes shut", list(_shut_series(paths, readers)))]
    for kind in FAULTS:
        series.append((kind, [one.frames for one in make(paths[::3], DETECTOR, (kind,))]))
    for kind, some in series:
        margins = np.array([margin for frames in some for margin in _margins(frames, readers)])
        without, with_faces = (margins > 0).mean(axis=0)
        print(f"| {kind} | {len(margins)} | {without:.0%} | {with_faces:.0%} |")


def _half(path: Path) -> bool:
    return hashlib.sha256(path.name.encode()).digest()[0] % 2 == 0


def _shut_series(paths: Sequence[Path], readers: FaceReaders) -> Iterator[tuple[np.ndarray, ...]]:
    crops = closed_crops()
    for path in paths:
        good = next(iter(make([path], DETECTOR, ("noisy",)))).frames[0]
        faces = [face for face in faces_in([good], readers)[0] if face.smile is not None]
        if faces:
            at = int.from_bytes(hashlib.sha256(path.name.encode()).digest()[1:3])
            yield good, *(with_shut_eyes(good, faces[0], crops[(at + i) % len(crops)]) for i in range(3))


def _margins(frames: Sequence[np.ndarray], readers: FaceReaders) -> Iterator[tuple[float, float]]:
    """By how much the good frame leads each other one, without and with faces."""
    shots: list[Shot] = [shot(frame) for frame in frames]
    faces = faces_in([_thumbnail(frame) for frame in frames], readers)
    for i in range(1, len(frames)):
        photos = [replace(photo_of(str(at), frames[at]), measures=shots[at].measures) for at in (0, i)]
        people = people_in(photos, {photos[0].id: faces[0], photos[1].id: faces[i]}, _alone(photos))
        yield tuple(_margin([shots[0].measures, shots[i].measures], said) for said in ({}, columns(people)))  # type: ignore[misc]


def _margin(measures: Sequence[Measures], said: dict[str, list[float | None]]) -> float:
    names, table = shortfalls(measures, said)
    scores = (table * [WEIGHTS[name] for name in names]).sum(axis=1)
    return float(scores[0] - scores[1])


def _thumbnail(frame: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(frame)
    picture.thumbnail((SIDE, SIDE))
    return np.asarray(picture)


def _speed(readers: FaceReaders) -> None:
    pictures = [np.asarray(decode(str(path), SIDE, Limits()).picture) for path in sorted((FACES / "groups").iterdir())]
    began = time.process_time()
    faces = sum(map(len, faces_in(pictures, readers)))
    spent = time.process_time() - began
    eyes = [
        (picture, [(x * picture.shape[1], y * picture.shape[0]) for x, y in face.points])
        for picture, some in zip(pictures, faces_in(pictures, readers), strict=True)
        for face in some
    ]
    began = time.process_time()
    readers.eyes.look(eyes)
    each = (time.process_time() - began) / max(1, len(eyes))
    print(f"\n{len(pictures)} group photos with {faces} faces: {1000 * spent / len(pictures):.1f} ms of processor time")
    print(f"a photo, of that {1000 * each:.2f} ms a face for eyes and mouth. Surely means beyond {SURE} log-odds.")
