"""Copies for a purpose: sRGB, resized in linear light, sharpened for their size. In workers, as all decoding."""

import io
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageCms, ImageFilter

from unipic.core.archives import status
from unipic.core.face import Box
from unipic.core.files import atomic_file
from unipic.core.language import kept
from unipic.core.settings import Limits
from unipic.reading.cropping import DETAILS, LONGEST, exif_for
from unipic.reading.images import NotAPhoto, damage_in_words, decode

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
BAND = 2_000_000  # pixels that are in floating point at a time: 24 MB, and some copies of them
REACH = 3  # how many pixels of a copy Lanczos' filter reaches to each side
# Radius in pixels, strength in percent, and the least difference that counts, so that grain stays as it is.
SCREEN, PRINT = (0.6, 60, 2), (1.2, 90, 2)
MOST_METADATA = 65_000  # bytes of EXIF or XMP that one segment of a JPEG holds
FULL_COLOUR = 90  # from this quality on colours are kept at every pixel
ENLARGED = 1.01  # less is rounding
UNIT, INCHES = 0x0128, 2  # EXIF's unit of resolution
RESOLUTION = (0x011A, 0x011B)
# Reduced EXIF is what was photographed how and when, and by whom it may be used: no place, time zone, serial number,
# maker note, name of an owner, or caption.
PLAIN = frozenset({0x010F, 0x0110, 0x0132, 0x013B, 0x8298})  # make, model, time, artist, copyright
# Exposure, aperture, programme, ISO, times, bias, metering, flash, focal lengths, lens.
PLAIN_DETAILS = frozenset(
    {0x829A, 0x829D, 0x8822, 0x8827, 0x9003, 0x9004, 0x9204, 0x9207, 0x9209, 0x920A, 0xA405, 0xA433, 0xA434}
)
ORIENTED = re.compile(rb'tiff:Orientation="\d"|<tiff:Orientation>\d</tiff:Orientation>')
# XMP about what else is in the file, or about all of its pixels, is not true of a copy.
UNTRUE = re.compile(rb"Container:Directory|MotionPhoto|MicroVideo|hdrgm:|GPano:|HasExtendedXMP")


@dataclass(frozen=True)
class Style:
    """What all copies of an export have in common."""

    page: tuple[int, int]  # pixels of a copy; where a photo is fitted, at most
    fill: bool = False  # the copy has exactly this shape
    dpi: int = 0  # of a print, which may be enlarged and turns with the photo; 0: for screens
    bleed: int = 0  # pixels at each edge of a print that are cut off
    format: Literal["jpeg", "webp"] = "jpeg"
    quality: int = 90
    metadata: Literal["kept", "reduced", "none"] = "reduced"

    def page_of(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the copy of a photo of this size."""
        turned = self.dpi and (width - height) * (self.page[0] - self.page[1]) < 0
        return (self.page[1], self.page[0]) if turned else self.page


@dataclass(frozen=True)
class Render:
    """One copy to make."""

    path: str
    target: Path
    box: Box | None = None  # the part of the photo that fills the page, in shares; None: all of it


@dataclass(frozen=True)
class Rendered:
    """What became of it."""

    digest: str = ""  # sha256 of the file that was read
    problem: str = ""  # why there is no copy
    note: str = ""  # what a person should know of the copy


def render(job: Render, style: Style, limits: Limits) -> Rendered:
    """Make one copy, with the times of the original. FileExistsError if there is something at the target."""
    try:
        found = decode(job.path, LONGEST, limits)
        times = status(job.path)
    except NotAPhoto as error:
        return Rendered(problem=str(error))
    except OSError as error:
        return Rendered(problem=kept("could not be read: {error}", error=error.strerror or error))
    notes, photo = [found.note] if found.note else [], found.picture
    transform, wrong = _to_srgb(photo.info.get("icc_profile"))
    notes += [wrong] if wrong else []
    place = _Place.of(photo.size, job.box, style)
    picture = resized_in_light(photo, place.box, place.size, transform)
    if place.scale != 1:
        picture = picture.filter(ImageFilter.UnsharpMask(*(PRINT if style.dpi else SCREEN)))
    if place.page != place.size:
        picture, part = Image.new("RGB", place.page, "white"), picture
        picture.paste(part, ((picture.width - part.width) // 2, (picture.height - part.height) // 2))
    if style.dpi and place.scale > ENLARGED:
        notes.append(kept("prints at {dpi:.0f} dpi", dpi=style.dpi / place.scale))
    exif, xmp, lost = _metadata(photo, picture.size, style)
    notes += [lost] if lost else []
    with atomic_file(job.target, replace=False) as file:
        file.write(_coded(picture, style, exif, xmp))
        os.utime(file.fileno(), ns=(times.st_atime_ns, times.st_mtime_ns))
    return Rendered(found.digest, note="; ".join(notes))


@dataclass(frozen=True)
class _Place:
    """Which part of the photo goes where."""

    box: tuple[int, int, int, int]  # of the photo, in pixels
    size: tuple[int, int]  # of that part in the copy
    page: tuple[int, int]  # of the copy
    scale: float  # pixels of the copy to one of the photo

    @classmethod
    def of(cls, photo: tuple[int, int], part: Box | None, style: Style) -> "_Place":
        """A part fills the page. All of a photo is fitted into it; paper and shapes stay white around it."""
        page = style.page_of(*photo)
        left, top, right, bottom = (round(share * photo[at % 2]) for at, share in enumerate(part or WHOLE))
        wide, high = max(1, right - left), max(1, bottom - top)
        edge = 0 if part else style.bleed
        scale = min((page[0] - 2 * edge) / wide, (page[1] - 2 * edge) / high)
        if scale > 1 and not style.dpi:  # a screen shows a small photo as it is
            page, scale = (max(1, round(page[0] / scale)), max(1, round(page[1] / scale))), 1.0
        size = page if part else (max(1, round(wide * scale)), max(1, round(high * scale)))
        if part and not style.dpi and scale == 1:
            size = page = (wide, high)
        page = page if style.fill or style.dpi else size
        return cls((left, top, left + wide, top + high), size, page, scale)


def _linear() -> np.ndarray:
    """Light, 0 to 1, for each of the 256 values of sRGB: float32 [256]."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


LIGHT = _linear()


def resized_in_light(
    photo: Image.Image, box: tuple[int, int, int, int], size: tuple[int, int],
    transform: ImageCms.ImageCmsTransform | None = None,
) -> Image.Image:  # fmt: skip
    """A box of an RGB picture at another size in pixels, as sRGB. Values of sRGB are no light: their mean is too dark.

    Works on bands, so that memory is bounded. `transform`: from the picture's colours to sRGB.
    """
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    if size == (wide, high):
        part = photo.crop(box)
        return ImageCms.applyTransform(part, transform) or part if transform else part
    stretch = high / size[1]
    kind = Image.Resampling.LANCZOS if stretch > 1 else Image.Resampling.BICUBIC  # Lanczos rings where it enlarges
    reach, rows = math.ceil(REACH * max(stretch, 1)) + 1, max(1, int(BAND / max(wide * stretch, size[0])))
    resized = Image.new("RGB", size)
    for first in range(0, size[1], rows):
        last = min(first + rows, size[1])
        above, below = max(0, int(first * stretch) - reach), min(high, math.ceil(last * stretch) + reach)
        band = photo.crop((left, top + above, right, top + below))
        if transform:
            ImageCms.applyTransform(band, transform, inPlace=True)
        light = LIGHT[np.asarray(band)]
        part_of = (0, first * stretch - above, wide, last * stretch - above)
        colours = [
            np.asarray(Image.fromarray(light[..., colour]).resize((size[0], last - first), kind, box=part_of))
            for colour in range(3)
        ]
        resized.paste(Image.fromarray(_values(np.stack(colours, axis=-1))), (0, first))
    return resized


def _values(light: np.ndarray) -> np.ndarray:
    """sRGB, uint8, of light of any shape."""
    light = np.clip(light, 0, 1)
    curved = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (curved * 255 + 0.5).astype(np.uint8)


def srgb_profile() -> bytes:
    """The ICC profile of sRGB, always the same: LittleCMS writes the present time into it."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made[:24] + bytes((7, 208, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0)) + made[36:]  # 2000-01-01


def _to_srgb(profile: bytes | None) -> tuple[ImageCms.ImageCmsTransform | None, str]:
    """The transform from a photo's profile to sRGB, if it needs one; and what a person should know."""
    if not profile:
        return None, ""
    if profile[16:20] != b"RGB ":
        return None, kept("is CMYK, so its colours may differ from its print") if profile[16:20] == b"CMYK" else ""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None, ""
        target = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
        intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
        return ImageCms.buildTransform(source, target, "RGB", "RGB", intent, flags), ""
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None, kept("its colour profile is damaged, so its colours are taken for sRGB")


def _metadata(photo: Image.Image, size: tuple[int, int], style: Style) -> tuple[Image.Exif, bytes, str]:
    """EXIF and XMP of a copy of this size, and what was lost."""
    stored, xmp, lost = photo.info.get("exif"), photo.info.get("xmp"), ""
    exif = Image.Exif()
    try:
        with damage_in_words():
            exif = exif_for(stored if style.metadata != "none" else None, size)
            if style.metadata == "reduced" or len(exif.tobytes()) > MOST_METADATA:
                exif = _reduced(exif)
    except NotAPhoto:
        exif, lost = Image.Exif(), kept("its metadata is damaged and was left out")
    for tag in RESOLUTION:
        exif.pop(tag, None)
        exif.update({tag: style.dpi} if style.dpi else {})
    exif.update({UNIT: INCHES} if style.dpi else {})
    if style.metadata != "kept" or not isinstance(xmp, bytes) or len(xmp) > MOST_METADATA or UNTRUE.search(xmp):
        return exif, b"", lost
    return exif, ORIENTED.sub(b"", xmp), lost


def _reduced(exif: Image.Exif) -> Image.Exif:
    plain = Image.Exif()
    plain.update({tag: value for tag, value in exif.items() if tag in PLAIN})
    details = {tag: value for tag, value in exif.get_ifd(DETAILS).items() if tag in PLAIN_DETAILS}
    plain.get_ifd(DETAILS).update(details)
    return plain


def _coded(picture: Image.Image, style: Style, exif: Image.Exif, xmp: bytes) -> bytes:
    """The file of a copy."""
    buffer = io.BytesIO()
    more = {"exif": exif.tobytes(), "icc_profile": srgb_profile(), "quality": style.quality, "xmp": xmp}
    if style.format == "webp":
        picture.save(buffer, "WEBP", method=4, **more)
        return buffer.getvalue()
    more |= {"dpi": (style.dpi, style.dpi)} if style.dpi else {"progressive": True}  # which some print shops refuse
    picture.save(
        buffer, "JPEG", optimize=True, comment=b"", subsampling=0 if style.quality >= FULL_COLOUR else 2, **more
    )
    return buffer.getvalue()
