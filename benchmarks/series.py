"""Series with a known best shot, made from single photos: one good frame beside worse ones of the same moment.

Every frame of a series, the good one too, is framed a little differently, a little brighter or darker, and saved as
a JPEG of its own, so that the worse frame is not the only one that was changed. What is wrong grows from just
visible to plain. Photos belong to one of two halves by the family they are labelled with: numbers are chosen on
one half and reported on the other.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from unipic.core.settings import Limits
from unipic.reading.images import NotAPhoto, decode, load_thumbnail

LARGEST = 1280  # pixels of the long side of a frame
LEAST = 600  # smaller photos show no fine fault
STRENGTHS = ("slight", "clear", "strong")
# Bracketed, stacked, drawn or blurred on purpose: no good frame to begin with.
UNFIT = ("f_hdr", "s_hdr", "s_stack", "f_pdq", "s_kw", "f_toshi")
UNFIT_FOLDERS = ("Screenshots", "Macro", "Brackets")
CUT_OFF = "cut off"

Fault = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


@dataclass(frozen=True, eq=False)
class Series:
    """Frames of one kind of fault; the first is the good one, the others have it in growing strength."""

    photo: str
    kind: str
    frames: tuple[np.ndarray, ...]  # uint8 [H, W, 3] RGB


def half_of(key: str) -> str:
    """The same for all photos of a family: "choosing" or "reporting"."""
    return ("choosing", "reporting")[hashlib.sha256(key.encode()).digest()[0] % 2]


def key_of(row: dict[str, str]) -> str:
    return row["family"] or row["similar_group"] or row["file"]


def originals(folder: Path, half: str, most: int = 60) -> list[Path]:
    """One untouched photo of each family of that half, in an order that says nothing."""
    with open(folder / "groups.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] != "derived"]
    first: dict[str, str] = {}
    for row in rows:
        key = key_of(row)
        fit = not key.startswith(UNFIT) and row["file"].split("/")[0] not in UNFIT_FOLDERS
        if fit and half_of(key) == half:
            first.setdefault(key, row["file"])
    ordered = sorted(first.values(), key=lambda name: hashlib.sha256(name.encode()).digest())
    return [folder / name for name in ordered if _long_side(folder / name) >= LEAST][:most]


def with_people(photos: Path, half: str) -> list[Path]:
    """Photos in which people are known to be, for subjects that are cut off; of one family as many as there are."""
    found = []
    with open(photos / "gallery_dev" / "groups.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] != "derived" and int(row["people"] or 0) and half_of(key_of(row)) == half:
                found.append(photos / "gallery_dev" / row["file"])
    with open(photos / "faces" / "faces.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if half_of(row["person"] or row["file"]) == half:
                found.append(photos / "faces" / row["file"])
    return [path for path in found if _long_side(path) >= LEAST]


def make(paths: Iterable[Path], model: Path, kinds: tuple[str, ...]) -> Iterator[Series]:
    """For each photo a series of each kind; cut-off subjects only where a detector of its own finds a face."""
    for path in paths:
        picture = np.asarray(decode(str(path), LARGEST, Limits()).picture)
        for kind in kinds:
            name = f"{path.parent.name}/{path.name} {kind}"  # the same seed wherever the photos lie
            rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]))
            frames = _cut_off(picture, model, rng) if kind == CUT_OFF else _frames(picture, kind, rng)
            if frames:
                yield Series(str(path), kind, tuple(_saved(frame, rng) for frame in frames))


def _frames(picture: np.ndarray, kind: str, rng: np.random.Generator) -> list[np.ndarray]:
    if kind == "tilted":  # turned and cut to what is left, all to the same size
        angles = rng.choice((-1, 1)) * rng.uniform((0, 1.5, 3, 5), (0, 2.5, 5, 8))
        keep = min(_inscribed(picture.shape[0], picture.shape[1], angle) for angle in angles)
        return [_turned(picture, angle, keep) for angle in angles]
    if kind == "off centre":  # the photographer put the subject about the middle
        return [_window(picture, 0.2 * shift * _corner(rng)) for shift in (0, 0.5, 0.75, 1)]
    if kind == "focus missed":  # what lies in the middle is sharp before a soft background, or the other way round
        middle = _middle(_jittered(picture, rng).shape)
        return [_blended(_jittered(picture, rng), 1 - middle, 1, rng)] + [
            _blended(_jittered(picture, rng), middle, i, rng) for i in range(len(STRENGTHS))
        ]
    fault = FAULTS[kind]
    return [_jittered(picture, rng)] + [fault(_jittered(picture, rng), i, rng) for i in range(len(STRENGTHS))]


def _jittered(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As a hand moves between two shots, and the camera meters a little differently."""
    height, width = picture.shape[:2]
    room_y, room_x = max(2, height // 50), max(2, width // 50)
    top, left = int(rng.integers(room_y)), int(rng.integers(room_x))
    frame = picture[top : top + height - room_y, left : left + width - room_x]
    return _gained(frame, rng.uniform(-0.08, 0.08))


def _defocused(frame: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    """A disc, as an open lens makes of a point."""
    low, high = ((0.0012, 0.0018), (0.002, 0.0035), (0.004, 0.008))[strength]
    radius = rng.uniform(low, high) * max(frame.shape)
    size = int(np.ceil(radius)) * 2 + 3
    at = np.arange(size * 8) / 8 - size / 2 + 1 / 16
    disc = (at[:, None] ** 2 + at[None] ** 2 <= radius**2).astype(np.float32)
    kernel = disc.reshape(size, 8, size, 8).mean(axis=(1, 3))
    return cv2.filter2D(frame, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def _corner(rng: np.random.Generator) -> np.ndarray:
    return rng.choice((-1, 1), 2)


def _window(picture: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """0.6 of both sides, away from the middle by that share of the frame: down, right."""
    height, width = picture.shape[:2]
    top, left = int((0.2 + shift[0]) * height), int((0.2 + shift[1]) * width)
    return picture[top : top + int(0.6 * height), left : left + int(0.6 * width)]


def _middle(shape: tuple[int, ...]) -> np.ndarray:
    """1 within an ellipse of half the frame's sides, softly falling to 0: float32 [H, W, 1]."""
    y, x = np.ogrid[-2 : 2 : shape[0] * 1j, -2 : 2 : shape[1] * 1j]
    return ((1.15 - np.hypot(x, y)) / 0.3).clip(0, 1).astype(np.float32)[..., None]


def _blended(frame: np.ndarray, where: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    """Out of focus there only."""
    return (frame + (_defocused(frame, strength, rng) - frame.astype(np.float32)) * where).astype(np.uint8)


def _shaken(frame: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    """A slightly bent stroke in any direction."""
    low, high = ((0.004, 0.006), (0.008, 0.014), (0.015, 0.03))[strength]
    length = rng.uniform(low, high) * max(frame.shape)
    along = np.linspace(-0.5, 0.5, 8 * int(np.ceil(length)) + 1)
    angle, bend = rng.uniform(0, np.pi), rng.uniform(-0.3, 0.3)
    x, y = along * length, bend * length * (along**2 - 1 / 12)
    size = int(np.ceil(length)) + 3 | 1
    kernel = np.zeros((size, size), np.float32)
    columns = np.round(x * np.cos(angle) - y * np.sin(angle)).astype(int) + size // 2
    rows = np.round(x * np.sin(angle) + y * np.cos(angle)).astype(int) + size // 2
    np.add.at(kernel, (rows.clip(0, size - 1), columns.clip(0, size - 1)), 1)
    return cv2.filter2D(frame, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def _noisy(frame: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    """Grain of high sensitivity: more in brightness than in colour, and not quite from pixel to pixel."""
    low, high = ((5, 7), (9, 14), (16, 26))[strength]
    sigma, shape = rng.uniform(low, high), frame.shape
    grain = rng.normal(0, sigma, (*shape[:2], 1)) + rng.normal(0, sigma / 2, shape)
    smeared = cv2.GaussianBlur(grain.astype(np.float32), (0, 0), 0.5) * 1.5
    return (frame + smeared).clip(0, 255).astype(np.uint8)


def _dark(frame: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    return _gained(frame, -rng.uniform(*((0.6, 0.9), (1.1, 1.7), (2, 3))[strength]))


def _bright(frame: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    return _gained(frame, rng.uniform(*((0.6, 0.9), (1.1, 1.7), (2, 2.6))[strength]))


def _gained(frame: np.ndarray, stops: float) -> np.ndarray:
    """Exposed longer by that many stops: light is multiplied, and what is too much is lost."""
    tones = np.arange(256) / 255
    curve = 255 * (tones**2.2 * 2**stops).clip(0, 1) ** (1 / 2.2)
    return cv2.LUT(frame, curve.round().astype(np.uint8))


def _inscribed(height: int, width: int, degrees: float) -> float:
    """The largest share of both sides that a turned picture still fills."""
    c, s = np.cos(np.radians(abs(degrees))), np.sin(np.radians(abs(degrees)))
    return float(min(width / (width * c + height * s), height / (width * s + height * c)))


def _turned(picture: np.ndarray, degrees: float, keep: float) -> np.ndarray:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees + 1e-3, 1)
    turned = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    y, x = int(height * (1 - keep) / 2), int(width * (1 - keep) / 2)
    turned = turned[y : height - y, x : width - x]
    # Turning softens all but the straight frame: shrunk, no frame shows it.
    return cv2.resize(turned, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)


def _cut_off(picture: np.ndarray, model: Path, rng: np.random.Generator) -> list[np.ndarray]:
    """The same frame moved until its edge goes through the largest face; the good one has the face whole, with room."""
    height, width = picture.shape[:2]
    box = _face(picture, model)
    side = int(0.6 * width), int(0.6 * height)
    if box is None or max(box[2] / side[0], box[3] / side[1]) > 0.6:
        return []
    x, y, w, h = box
    if min(x, y, width - x - w, height - y - h) < 0.1 * min(w, h):
        return []  # cut off already

    def window(left: float, top: float) -> np.ndarray:
        at_x, at_y = int(np.clip(left, 0, width - side[0])), int(np.clip(top, 0, height - side[1]))
        return picture[at_y : at_y + side[1], at_x : at_x + side[0]]

    middle = x + w / 2 - side[0] / 2, y + h / 2 - side[1] * 0.4
    frames = [window(*middle)]
    for share in (0.15, 0.35, 0.6):  # of the face that is lost
        ways = [(x + w * share, middle[1]), (x + w * (1 - share) - side[0], middle[1]), (middle[0], y + h * share)]
        ways = [(a, b) for a, b in ways if 0 <= a <= width - side[0] and 0 <= b <= height - side[1]]
        if not ways:
            return []
        frames.append(window(*ways[rng.integers(len(ways))]))
    return frames


def _face(picture: np.ndarray, model: Path) -> tuple[float, float, float, float] | None:
    """The largest one, as left, top, width and height in pixels. The ranker does not know this detector."""
    if not model.is_file():
        return None
    height, width = picture.shape[:2]
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns of a back end at every picture
    _, found = cv2.FaceDetectorYN.create(str(model), "", (width, height), 0.8).detect(picture[..., ::-1].copy())
    if found is None:
        return None
    x, y, w, h = max(found[:, :4].tolist(), key=lambda face: face[2] * face[3])
    return (x, y, w, h) if min(w, h) >= 0.05 * max(width, height) else None


def _saved(frame: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As read back from a camera's JPEG."""
    _, data = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(85, 96))])
    return load_thumbnail(data.tobytes())


def _long_side(path: Path) -> int:
    try:
        return max(decode(str(path), LARGEST, Limits()).picture.size)
    except NotAPhoto:
        return 0


FAULTS: dict[str, Fault] = {
    "out of focus": _defocused,
    "shaken": _shaken,
    "noisy": _noisy,
    "too dark": _dark,
    "too bright": _bright,
}
KINDS = (*FAULTS, "focus missed", "tilted", "off centre")
