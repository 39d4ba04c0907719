"""A small generated gallery, to try Unipic without own photos: bursts, copies, single photos, broken files."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw, ImageFont

from unipic.core.errors import AlreadyThere
from unipic.core.language import gettext as _
from unipic.core.settings import Limits
from unipic.reading.images import decode
from unipic.sources.scenes import aurora, balloons, city, dunes, flower, lake, lavender, lighthouse, sunset, temple
from unipic.sources.scenes.camera import SIDEWAYS, UPRIGHT, Camera, Shot, exif_of, photograph


@dataclass(frozen=True)
class Series:
    """The shots of one subject, a second apart."""

    name: str  # with {number} or {when}
    number: int
    camera: Camera
    when: datetime
    scene: Callable[[float], Image.Image]
    shots: tuple[Shot, ...] = (Shot(),)
    orientation: int = UPRIGHT


BETWEEN_SHOTS = timedelta(seconds=1.04)
NEW_FORMAT = "HEIC" if pillow_heif.libheif_info()["HEIF"] else "avif"  # some builds of libheif cannot write HEIC

GOOD = Shot()
AGAIN = Shot(right=0.004, down=-0.003, turn=0.3, zoom=1.01, light=1.03)
LOWER = Shot(right=-0.006, down=0.006, turn=-0.4, zoom=1.02, light=0.95)
TILTED = Shot(right=0.004, turn=2.6, light=1.02)
UNFOCUSED = Shot(right=-0.003, down=0.004, turn=0.2, unfocused=4.5)
SHAKEN = Shot(right=0.006, turn=-0.5, zoom=1.01, shaken=(1, 1))
OVEREXPOSED = Shot(down=-0.004, turn=0.4, zoom=1.01, light=1.75)

PHONE = Camera("Apple", "iPhone 13", "+01:00", (38.6966, -9.1773))
PHONE_ABROAD = Camera("Apple", "iPhone 13", "+03:00", (38.6431, 34.8289))
OLD_PHONE = Camera("Apple", "iPhone 8", "+02:00")
PIXEL = Camera("Google", "Pixel 7", "+02:00")
NIKON = Camera("NIKON CORPORATION", "NIKON D5600", "+02:00")
FUJI = Camera("FUJIFILM", "X-T30", "+08:00")

# A phone's counter starts again, so IMG_2031 exists twice, with different pictures.
GALLERY = (
    Series("2024-06 Lisbon/IMG_{number}.JPG", 2031, PHONE, datetime(2024, 6, 12, 20, 51, 7, 310000), sunset,
           (GOOD, AGAIN, TILTED, UNFOCUSED, LOWER, OVEREXPOSED)),
    Series("2024-08 Lake/DSC_0{number}.JPG", 114, NIKON, datetime(2024, 8, 11, 6, 32, 40, 120000), lake,
           (LOWER, GOOD, SHAKEN, AGAIN, OVEREXPOSED)),
    Series("Camera/IMG_{when:%Y%m%d_%H%M%S}.jpg", 0, PIXEL, datetime(2024, 7, 13, 21, 45, 2, 540000), city,
           (GOOD, SHAKEN, LOWER, TILTED, AGAIN)),
    Series("2023-10 Beijing/DSCF0{number}.JPG", 301, FUJI, datetime(2023, 10, 3, 10, 14, 55, 80000), temple,
           (AGAIN, UNFOCUSED, GOOD, TILTED)),
    Series(f"2024-09 Cappadocia/IMG_{{number}}.{NEW_FORMAT}", 2044, PHONE_ABROAD, datetime(2024, 9, 21, 6, 20, 11),
           balloons),
    Series("2023-08 Brittany/IMG_{number}.JPG", 2031, OLD_PHONE, datetime(2023, 8, 5, 14, 2, 33), lighthouse),
    Series("2023-12 Norway/IMG_{number}.JPG", 2310, OLD_PHONE, datetime(2023, 12, 28, 22, 40, 9), aurora, (GOOD,),
           SIDEWAYS),
    Series("Camera/IMG_{when:%Y%m%d_%H%M%S}.jpg", 0, PIXEL, datetime(2024, 7, 4, 19, 12, 10), lavender),
    Series("2022-11 Sahara/DSC_0{number}.JPG", 872, NIKON, datetime(2022, 11, 8, 18, 5, 27, 310000), dunes,
           (UNFOCUSED, GOOD)),
    Series("Garden/P{number}.JPG", 1010027, FUJI, datetime(2024, 5, 18, 11, 47, 3), flower),
)  # fmt: skip
EXACT_COPIES = {
    "Backup/2024 phone/IMG_2031.JPG": "2024-06 Lisbon/IMG_2031.JPG",
    "Backup/2024 phone/IMG_2035.JPG": "2024-06 Lisbon/IMG_2035.JPG",
    "Backup/DSC_0115 (1).JPG": "2024-08 Lake/DSC_0115.JPG",
    "Backup/temple.jpg": "2023-10 Beijing/DSCF0303.JPG",
}
SAVED_AGAIN: dict[str, tuple[str, int, dict[str, Any]]] = {  # from what, long side, how
    "2024-09 Cappadocia/IMG_2044.jpg": (f"2024-09 Cappadocia/IMG_2044.{NEW_FORMAT}", 1024, {"quality": 85}),
    "WhatsApp Images/IMG-20231003-WA0003.jpg": ("2023-10 Beijing/DSCF0303.JPG", 1280, {"quality": 70}),
    "WhatsApp Images/IMG-20240612-WA0007.jpg": ("2024-06 Lisbon/IMG_2031.JPG", 1280, {"quality": 70}),
    "WhatsApp Images/IMG-20240713-WA0011.jpg": ("Camera/IMG_20240713_214502.jpg", 1280, {"quality": 70}),
    "WhatsApp Images/IMG-20240811-WA0002.jpg": ("2024-08 Lake/DSC_0115.JPG", 1280, {"quality": 70}),
    "Garden/P1010027 small.png": ("Garden/P1010027.JPG", 640, {"optimize": True}),
    "Downloads/lighthouse.webp": ("2023-08 Brittany/IMG_2031.JPG", 1440, {"quality": 80}),
}
# To be found by its words alone: a search for "pastel" or "4,50" shows that words in pictures are read.
RECEIPT = "Scans/Scan_20240612.png"
RECEIPT_LINES = (
    *("CONFEITARIA ALFAMA", "Rua dos Remedios 14, Lisbon", "12 June 2024   18:42"),
    *("2 x Pastel de nata      2,60", "1 x Galao                1,90", "TOTAL EUR           4,50", "Obrigado"),
)


def make_samples(folder: Path) -> None:
    """Write some forty files into folders, the same bytes every time. AlreadyThere if the folder is not empty."""
    if folder.exists() and any(folder.iterdir()):
        raise AlreadyThere(_("{folder} is not empty; name a new folder for the sample photos", folder=folder))
    for series in GALLERY:
        _photograph(folder, series)
    for copy, original in EXACT_COPIES.items():
        shutil.copyfile(folder / original, _in_folder(folder / copy))
    for copy, (original, long_side, how) in SAVED_AGAIN.items():
        decode(str(folder / original), long_side, Limits()).picture.save(_in_folder(folder / copy), **how)
    _receipt().save(_in_folder(folder / RECEIPT), optimize=True)
    whole = (folder / "Camera/IMG_20240704_191210.jpg").read_bytes()
    (folder / "Camera/IMG_20240714_090311.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "Downloads/recipe.jpg").write_text("Pasteis de nata: 8 yolks, 200 g sugar, half a litre of milk ...\n")


def _photograph(folder: Path, series: Series) -> None:
    for number, shot in enumerate(series.shots):
        when = series.when + number * BETWEEN_SHOTS
        picture = photograph(series.scene(number * BETWEEN_SHOTS.total_seconds()), shot, series.number + number)
        if series.orientation == SIDEWAYS:
            picture = picture.transpose(Image.Transpose.ROTATE_90)
        path = _in_folder(folder / series.name.format(number=series.number + number, when=when))
        exif = exif_of(series.camera, when, series.orientation)
        if path.suffix == ".HEIC":
            pillow_heif.from_pillow(picture).save(path, quality=70, exif=exif, enc_params={"preset": "ultrafast"})
        else:
            picture.save(path, quality=86, exif=exif)


def _receipt() -> Image.Image:
    """A scanned receipt, in the letters that come with Pillow."""
    paper = Image.new("L", (640, 90 * len(RECEIPT_LINES) + 120), 246)
    draw = ImageDraw.Draw(paper)
    for number, line in enumerate(RECEIPT_LINES):
        draw.text((60, 70 + 90 * number), line, fill=30, font=ImageFont.load_default(36))
    return paper


def _in_folder(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
