"""Open eyes from another frame of the same moment: gated, labelled, and never made without a person's word.

The eyes of a face whose eyes are shut are taken from a frame at most 10 s away, in which the same face has them open.
Faces that do not lie on each other are refused. Experimental: real movements of heads were not measured.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from unipic.albums.hdr import aligned
from unipic.core.face import Box, Point
from unipic.core.language import gettext as _, kept
from unipic.core.photo import Photo, seconds_apart

WINDOW = 10.0  # seconds between the frames
SHUT = OPEN = math.log(9)  # log-odds: shut, or open, with a certainty of .9
APART = 40.0  # pixels between the eyes
MARGIN = 0.3  # of the face's box, that both frames show around it
NEAR = 0.5  # distances of the eyes: how far the same face is in the other frame, once both are aligned
TURNED = 0.12  # distances of the eyes: how far the five points are off after a shift, turn and scale
STOP = 1.0  # EV between the two faces
ALIKE = 0.95  # ECC of the faces without their eyes
BAND = (1.95, 0.62)  # width and height of the ellipse that is replaced, in distances of the eyes
STEPS, PRECISION, SMOOTH = 60, 1e-5, 3  # of ECC
NOBODY = kept("nobody's eyes are surely shut")
BADGE, SOURCE_TYPE = kept("Composite of 2 photos"), "http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture"


@dataclass(frozen=True)
class Seen:
    """A face in a picture, in its pixels."""

    box: Box
    points: tuple[Point, ...]  # right eye, left eye, nose, right and left corner of the mouth
    open: float | None  # log-odds that both eyes are open; None: can't tell

    @property
    def apart(self) -> float:
        """Pixels between the eyes."""
        return math.dist(self.points[0], self.points[1])


@dataclass(frozen=True, eq=False)
class Composed:
    """A picture with eyes from another one."""

    pixels: np.ndarray  # uint8 [H, W, 3] RGB
    boxes: tuple[Box, ...]  # of the faces that were changed
    correlations: tuple[float, ...]  # ECC of each


Look = Callable[[np.ndarray], Sequence[Seen]]


def siblings(best: Photo, photos: Sequence[Photo]) -> list[Photo]:
    """The frames that eyes may come from, nearest in time first."""
    apart = {photo.id: gap for photo in photos if (gap := seconds_apart(best, photo)) is not None}
    near = [photo for photo in photos if photo.id != best.id and apart.get(photo.id, math.inf) <= WINDOW]
    return sorted(near, key=lambda photo: (apart[photo.id], photo.id))


def compose(best: np.ndarray, other: np.ndarray, look: Look) -> Composed | str:
    """The best frame with eyes of the other, uint8 [H, W, 3] each; in words why not, if there is nothing to do."""
    shut = [face for face in look(best) if face.open is not None and face.open <= -SHUT]
    if not shut:
        return NOBODY
    views = aligned(best, other)
    if views is None:
        return kept("the frames do not lie on each other")
    awake = [face for face in look(other) if face.open is not None and face.open >= OPEN]
    pixels, boxes, correlations, why = (
        best.copy(),
        list[Box](),
        list[float](),
        kept("nobody's eyes are surely open there"),
    )
    for face in shut:
        same = _same(face, awake, views[0])
        if same is None:
            continue
        done = open_eyes(pixels, other, face, same)
        if isinstance(done, str):
            why = done
            continue
        pixels = done[0]
        boxes.append(face.box)
        correlations.append(done[1])
    return Composed(pixels, tuple(boxes), tuple(correlations)) if boxes else why


def _same(face: Seen, others: Sequence[Seen], warp: np.ndarray) -> Seen | None:
    """The face at the same place of the other frame; None if none is near, or if two are."""
    middle = warp @ np.array([*_middle(face), 1.0])
    near = [one for one in others if math.dist(middle, _middle(one)) <= NEAR * face.apart]
    return near[0] if len(near) == 1 else None


def open_eyes(best: np.ndarray, other: np.ndarray, face: Seen, same: Seen) -> tuple[np.ndarray, float] | str:
    """The picture with the eyes of `same`, and the ECC of the two faces; or which gate they did not pass."""
    if min(face.apart, same.apart) < APART:
        return kept("the face is too small")
    if not (_inside(face.box, best) and _inside(same.box, other)):
        return kept("the face is cut by the frame")
    points, theirs_at = (np.array(one.points, np.float32) for one in (face, same))
    start, _ = cv2.estimateAffinePartial2D(points, theirs_at, method=cv2.LMEDS)
    if start is None:
        return kept("the face is turned")
    off = np.c_[points, np.ones(5)] @ start.T - theirs_at
    if np.hypot(*off.T).max() > TURNED * same.apart:
        return kept("the face is turned")
    corner, size = _around(face.box, best.shape)
    left, top, right, bottom = *corner, corner[0] + size[0], corner[1] + size[1]
    mine = np.ascontiguousarray(best[top:bottom, left:right])
    found = _fitted(mine, other, face, start, corner)
    if found is None or found[1] < ALIKE:
        return kept("the faces do not lie on each other")
    how = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    theirs = cv2.warpAffine(other, found[0], size, flags=how, borderMode=cv2.BORDER_REFLECT)
    if abs(_stops(mine, theirs)) > STOP:
        return kept("the faces are lit differently")
    band = _band(face, corner, mine.shape)
    x, y, width, height = cv2.boundingRect(band)
    cloned = cv2.seamlessClone(theirs, mine, band, (x + width // 2, y + height // 2), cv2.NORMAL_CLONE)
    pixels = best.copy()
    pixels[top:bottom, left:right] = cloned
    return pixels, found[1]


def _fitted(
    mine: np.ndarray, other: np.ndarray, face: Seen, start: np.ndarray, corner: tuple[int, int]
) -> tuple[np.ndarray, float] | None:
    """The affine map from the face's crop to the other picture, by all of the face but the eyes, and its ECC."""
    warp = np.array(start, np.float32)
    warp[:, 2] += warp[:, :2] @ np.array(corner, np.float32)
    mask = cv2.bitwise_not(_band(face, corner, mine.shape))
    oval = np.zeros(mask.shape, np.uint8)
    middle = (mask.shape[1] // 2, mask.shape[0] // 2)
    cv2.ellipse(oval, middle, (int(middle[0] / (1 + MARGIN)), int(middle[1] / (1 + MARGIN))), 0, 0, 360, 255, -1)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, PRECISION)
    first, second = (cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in (mine, other))
    everywhere = np.full_like(second, 255)
    try:
        correlation, fine = cv2.findTransformECCWithMask(
            first, second, cv2.bitwise_and(mask, oval), everywhere, warp, cv2.MOTION_AFFINE, stop, SMOOTH
        )
    except cv2.error:
        return None
    return np.asarray(fine), float(correlation)


def _middle(face: Seen) -> np.ndarray:
    return np.array(face.points[:2], float).mean(axis=0)


def _inside(box: Box, picture: np.ndarray) -> bool:
    """Whether the box with its margin lies in the picture."""
    dx, dy = MARGIN * (box[2] - box[0]) / 2, MARGIN * (box[3] - box[1]) / 2
    return box[0] - dx >= 0 and box[1] - dy >= 0 and box[2] + dx <= picture.shape[1] and box[3] + dy <= picture.shape[0]


def _around(box: Box, shape: Sequence[int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Corner, and width and height, of the box with its margin, in whole pixels of the picture."""
    dx, dy = MARGIN * (box[2] - box[0]) / 2, MARGIN * (box[3] - box[1]) / 2
    left, top = max(0, int(box[0] - dx)), max(0, int(box[1] - dy))
    return (left, top), (min(shape[1], int(box[2] + dx)) - left, min(shape[0], int(box[3] + dy)) - top)


def _band(face: Seen, corner: tuple[int, int], shape: Sequence[int]) -> np.ndarray:
    """uint8 [H, W]: 255 in the ellipse over both eyes, in a crop that begins at `corner`."""
    (rx, ry), (lx, ly) = face.points[:2]
    x, y = _middle(face) - np.array(corner)
    angle = math.degrees(math.atan2(ly - ry, lx - rx))
    axes = tuple(round(side * face.apart / 2) for side in BAND)
    band = np.zeros(shape[:2], np.uint8)
    cv2.ellipse(band, (round(x), round(y)), axes, angle, 0, 360, 255, -1)
    band[[0, -1], :] = band[:, [0, -1]] = 0  # seamlessClone needs a border
    return band


def _stops(mine: np.ndarray, theirs: np.ndarray) -> float:
    """EV between two pictures of one face."""
    light = [float(((one.astype(np.float32) / 255) ** 2.2).mean()) + 1e-6 for one in (mine, theirs)]
    return math.log2(light[1] / light[0])


# What says that it is a composite.


def badged(pixels: np.ndarray) -> np.ndarray:
    """The picture with its badge in the lower right corner."""
    picture = Image.fromarray(pixels)
    size = max(14, picture.width // 60)
    draw, font = ImageDraw.Draw(picture, "RGBA"), ImageFont.load_default(size)
    left, top, right, bottom = draw.textbbox((0, 0), BADGE, font=font)
    x, y = picture.width - (right - left) - size, picture.height - (bottom - top) - size
    draw.rectangle((x - size / 2, y - size / 2, picture.width, picture.height), fill=(0, 0, 0, 160))
    draw.text((x - left, y - top), BADGE, fill=(255, 255, 255, 255), font=font)
    return np.asarray(picture)


def told(best: Photo, other: Photo) -> str:
    """Where the eyes come from: "Eyes taken from IMG_2.jpg (0.8 s later)"."""
    name = PurePosixPath(other.name).name
    if not (best.taken and other.taken):
        return _("Eyes taken from {name}", name=name)
    gap = (other.taken.replace(tzinfo=None) - best.taken.replace(tzinfo=None)).total_seconds()
    return f"Eyes taken from {name} ({abs(gap):.1f} s {'later' if gap >= 0 else 'earlier'})"


def xmp() -> bytes:
    """An XMP packet: by IPTC's vocabulary the picture is a composite of captured ones."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/></rdf:RDF></x:xmpmeta>'
    ).encode()
