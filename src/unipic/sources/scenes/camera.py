"""A camera in somebody's hands: scenes become photographs with shake, grain and EXIF."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import cos, radians, sin

import numpy as np
from PIL import Image, ImageChops, ImageFilter
from PIL.ExifTags import GPS, IFD, Base

UPRIGHT, SIDEWAYS = 1, 6  # EXIF orientations; sideways is a phone held upright: turn right to see the picture


@dataclass(frozen=True)
class Camera:
    """A camera, as it writes itself into EXIF."""

    make: str
    model: str
    offset: str  # of its clock from UTC
    place: tuple[float, float] | None = None  # degrees north and east


@dataclass(frozen=True)
class Shot:
    """How one exposure out of a free hand differs from the next."""

    right: float = 0.0  # in picture widths
    down: float = 0.0
    turn: float = 0.0  # degrees
    zoom: float = 1.0
    light: float = 1.0
    unfocused: float = 0.0  # radius, pixels
    shaken: tuple[int, int] = (0, 0)  # pixels from ghost to ghost, of sixteen: the camera moved within the exposure


def photograph(scene: Image.Image, shot: Shot, seed: int) -> Image.Image:
    """A scene through a lens that is held by hand."""
    if shot.unfocused:
        scene = scene.filter(ImageFilter.GaussianBlur(shot.unfocused))
    if any(shot.shaken):
        for ghosts in (1, 2, 4, 8):  # each doubling the last: sixteen pictures in four steps
            moved = ImageChops.offset(scene, shot.shaken[0] * ghosts, shot.shaken[1] * ghosts)
            scene = Image.blend(scene, moved, 0.5)
    return _developed(_framed(scene, shot), shot.light, seed)


def _framed(scene: Image.Image, shot: Shot) -> Image.Image:
    """Shifted, turned, and close enough that no corner is empty."""
    width, height = scene.size
    angle = radians(shot.turn)
    zoom = (shot.zoom + 0.03) * (cos(angle) + max(width / height, height / width) * abs(sin(angle)))
    x, y = width * (0.5 + shot.right), height * (0.5 + shot.down)
    if not shot.turn:  # several times as fast, and sharper
        box = (x - width / 2 / zoom, y - height / 2 / zoom, x + width / 2 / zoom, y + height / 2 / zoom)
        return scene.resize(scene.size, Image.Resampling.BICUBIC, box=box)
    a, b = cos(angle) / zoom, sin(angle) / zoom
    matrix = (a, b, x - (a * width + b * height) / 2, -b, a, y + (b * width - a * height) / 2)
    return scene.transform(scene.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _developed(picture: Image.Image, light: float, seed: int) -> Image.Image:
    """Exposed; darker to the corners, with the grain of a small sensor."""
    corners, grain = _film(picture.size)
    pixels = np.asarray(picture, np.float32) * (corners * light)[..., None]
    pixels += np.roll(grain, (seed * 97, seed * 61), (0, 1))[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@lru_cache(maxsize=2)
def _film(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    width, height = size
    across, down = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    grain = np.random.default_rng(1).standard_normal((height, width), np.float32) * 2.5
    return 1 - 0.13 * (across**2 + down**2), grain


def exif_of(camera: Camera, when: datetime, orientation: int) -> bytes:
    """What the camera writes into the file."""
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model], exif[Base.Orientation] = camera.make, camera.model, orientation
    moment = exif.get_ifd(IFD.Exif)
    moment[Base.DateTimeOriginal] = f"{when:%Y:%m:%d %H:%M:%S}"
    moment[Base.SubsecTimeOriginal] = f"{when.microsecond // 10_000:02}"
    moment[Base.OffsetTimeOriginal] = camera.offset
    if camera.place:
        north, east = camera.place
        exif.get_ifd(IFD.GPSInfo).update(
            {
                GPS.GPSLatitudeRef: "N" if north >= 0 else "S",
                GPS.GPSLatitude: _degrees(abs(north)),
                GPS.GPSLongitudeRef: "E" if east >= 0 else "W",
                GPS.GPSLongitude: _degrees(abs(east)),
            }
        )
    return exif.tobytes()


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = value % 1 * 60
    return float(int(value)), float(int(minutes)), round(minutes % 1 * 60, 2)
