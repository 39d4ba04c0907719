"""What people and programs make of a photo: copies by kind of edit, to measure which file is taken for the original."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from PIL.ExifTags import Base

pillow_heif.register_heif_opener()

Turn = Image.Transpose
SCREEN = (1080, 2340)  # pixels of a phone
BICUBIC, LANCZOS = Image.Resampling.BICUBIC, Image.Resampling.LANCZOS
FACEBOOK = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x1c\x02\x28\0\x14FBMD0a000a7001000023"
ORIENTATION_UPRIGHT = 1


@dataclass(frozen=True)
class Edit:
    """How a copy is made: its pixels, and how they are written."""

    change: Callable[[Image.Image], Image.Image]
    name: str  # of the file made from "IMG_1.JPG"; the folder is part of it
    format: str = "JPEG"
    exif: bool = False  # what the original has is written again
    program: str = ""  # that writes its name
    options: Mapping[str, Any] | None = None

    def of(self, original: bytes) -> bytes:
        """The bytes of a copy of this photo. Kept EXIF has its preview, and the pixels stay as they are stored."""
        with Image.open(io.BytesIO(original)) as image:
            exif, stored = image.getexif(), image.info.get("exif", b"")
            picture = image if self.exif and not self.program else ImageOps.exif_transpose(image)
            picture = picture.convert("RGB")
        options = dict(self.options or ({"quality": 90} if self.format in ("JPEG", "WEBP", "HEIF") else {}))
        if self.exif and self.program:
            exif[Base.Orientation], exif[Base.Software] = ORIENTATION_UPRIGHT, self.program
            options["exif"] = exif.tobytes()
        elif self.exif and stored:
            options["exif"] = stored
        buffer = io.BytesIO()
        self.change(picture).save(buffer, self.format, **options)
        return _with_facebook(buffer.getvalue()) if self.program == "Facebook" else buffer.getvalue()


def _same(picture: Image.Image) -> Image.Image:
    return picture


def _scaled(by: float, resample: Image.Resampling = BICUBIC) -> Callable[[Image.Image], Image.Image]:
    return lambda p: p.resize((round(p.width * by), round(p.height * by)), resample)


def _cut(share: float) -> Callable[[Image.Image], Image.Image]:
    """Less at each side, the upper left most."""

    def cut(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        right, bottom = round(width * (1 - share * 0.3)), round(height * (1 - share * 0.3))
        return picture.crop((round(width * share * 0.7), round(height * share * 0.6), right, bottom))

    return cut


def _warm(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    return Image.merge("RGB", (red.point(lambda v: min(255, v * 1.08)), green, blue.point(lambda v: v * 0.92)))


def _filtered(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Color(picture).enhance(1.3)).enhance(1.15)


def _marked(text: str) -> Callable[[Image.Image], Image.Image]:
    def mark(picture: Image.Image) -> Image.Image:
        picture = picture.copy()
        size = max(12, picture.height // 24)
        where = (picture.width - size * len(text) * 0.6, picture.height - 2 * size)
        ImageDraw.Draw(picture).text(where, text, fill=(255, 150, 30), font_size=size)
        return picture

    return mark


def _screen(picture: Image.Image) -> Image.Image:
    """Shown by a phone: black above and below, a line with the time."""
    shown = ImageOps.contain(picture, SCREEN, BICUBIC)
    screen = Image.new("RGB", SCREEN)
    screen.paste(shown, (0, (SCREEN[1] - shown.height) // 2))
    ImageDraw.Draw(screen).text((60, 30), "10:42", fill="white", font_size=36)
    return screen


def _with_facebook(jpeg: bytes) -> bytes:
    return jpeg[:2] + b"\xff\xed" + (len(FACEBOOK) + 2).to_bytes(2) + FACEBOOK + jpeg[2:]


STRIPPED = "Downloads/received_229214189113526.jpeg"
EDITS: Mapping[str, Edit] = {
    "messenger, quality 88": Edit(_same, STRIPPED, options={"quality": 88}),
    "messenger, quality 65": Edit(_same, "WhatsApp Images/IMG-20240612-WA0003.jpg", options={"quality": 65}),
    "messenger, smaller": Edit(lambda p: ImageOps.contain(p, (480, 480)), "WhatsApp Images/IMG-20240612-WA0003.jpg"),
    "messenger, progressive": Edit(_same, "IMG_1~3.JPG", options={"quality": 82, "progressive": True}),
    "Facebook": Edit(_same, "IMG_1_n.jpg", program="Facebook", options={"quality": 85}),
    "EXIF stripped, quality 97": Edit(_same, "IMG_1 (1).JPG", options={"quality": 97, "subsampling": 0}),
    "re-saved at 95, EXIF kept": Edit(_same, "IMG_1 (1).JPG", exif=True, options={"quality": 95}),
    "re-saved at 70, EXIF kept": Edit(_same, "IMG_1 (2).JPG", exif=True, options={"quality": 70}),
    "re-saved at 85, EXIF kept": Edit(_same, "IMG_1 - Copy.JPG", exif=True, options={"quality": 85}),
    "mirrored": Edit(ImageOps.mirror, "IMG_1-flip.JPG"),
    "mirrored, EXIF kept": Edit(ImageOps.mirror, "IMG_1-flip.JPG", exif=True),
    "turned": Edit(lambda p: p.transpose(Turn.ROTATE_90), "IMG_1-rotated.JPG"),
    "turned, EXIF kept": Edit(lambda p: p.transpose(Turn.ROTATE_90), "IMG_1_r.JPG", exif=True),
    "black and white": Edit(lambda p: p.convert("L"), "IMG_1-bw.JPG"),
    "black and white, EXIF kept": Edit(lambda p: p.convert("L").convert("RGB"), "IMG_1-bw.JPG", exif=True),
    "warmed": Edit(_warm, "IMG_E1.JPG"),
    "filtered, EXIF kept": Edit(_filtered, "IMG_1-edited.JPG", exif=True, options={"quality": 95}),
    "editor with its name": Edit(_filtered, "IMG_1-2.JPG", exif=True, program="Snapseed 2.0", options={"quality": 95}),
    "brighter": Edit(lambda p: ImageEnhance.Brightness(p).enhance(1.08), "IMG_1~2.JPG"),
    "cropped": Edit(_cut(0.12), "IMG_1_cropped.JPG"),
    "cropped, EXIF kept": Edit(_cut(0.05), "IMG_1-edited.JPG", exif=True, options={"quality": 95}),
    "bordered": Edit(lambda p: ImageOps.expand(p, p.width // 25, "white"), "IMG_1-frame.JPG", options={"quality": 95}),
    "watermarked": Edit(_marked("(c) studio"), "IMG_1-web.JPG", options={"quality": 93}),
    "date stamp": Edit(_marked("12 06 2024"), "IMG_1 print.JPG", exif=True, options={"quality": 93}),
    "enlarged 1.5": Edit(_scaled(1.5), "IMG_1 large.JPG"),
    "enlarged 2, EXIF kept": Edit(_scaled(2, LANCZOS), "IMG_1 poster.JPG", exif=True, options={"quality": 95}),
    "halved": Edit(_scaled(0.5), "IMG_1_small.JPG"),
    "thumbnail": Edit(lambda p: ImageOps.contain(p, (320, 320)), "IMG_1_thumb.JPG", exif=True),
    "PNG": Edit(_same, "IMG_1.png", "PNG"),
    "PNG, EXIF kept": Edit(_same, "IMG_1.png", "PNG", exif=True),
    "TIFF": Edit(_same, "IMG_1.tif", "TIFF"),
    "WebP": Edit(_same, "IMG_1.webp", "WEBP"),
    "HEIC, EXIF kept": Edit(_same, "IMG_1.HEIC", "HEIF", exif=True),
    "screenshot": Edit(_screen, "Screenshots/Screenshot_2024-06-12-10-42-53.png", "PNG"),
}
