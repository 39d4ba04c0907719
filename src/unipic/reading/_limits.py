"""What one photo may take, checked by its header before anything is decoded."""

from PIL import Image
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from unipic.core.language import kept
from unipic.core.settings import Limits
from unipic.reading._behind import bytes_of
from unipic.reading._jp2 import levels, shape
from unipic.reading._jxl import JxlFile

# Bytes per pixel that a worker takes at most, as measured: the libraries' own memory (63 MB, spread over the largest
# photo), the picture and its copies. By format: (without transparency, with transparency).
PER_PIXEL = {
    "WEBP": (18.5, 18.5),
    "AVIF": (10.5, 14.0),
    "HEIF": (8.5, 10.0),
    "JXL": (11.5, 13.0),
    "JPEG2000": (21.5, 26.5),
    "TIFF": (9.5, 9.5),
    "GIF": (10.5, 10.5),
}
OTHERS_PER_PIXEL = (6.0, 9.5)
COEFFICIENT = 2.3  # bytes; a progressive JPEG is held at full size, whatever size is requested


class NotAPhoto(Exception):
    """Why a file cannot be used as a photo, in words for its owner."""


def reduce_on_load(image: Jpeg2KImageFile, long_side: int, limits: Limits) -> bool:
    """Tell OpenJPEG to decode at 1/2, 1/4, ... if a picture would take too much memory; whether it will."""
    assert image.fp
    halved, most = 0, levels(bytes_of(image.fp))
    while _memory(image, 0) > limits.max_decoded and halved < most and max(image.size) >> halved + 1 >= long_side:
        halved += 1
        image.reduce = halved
    return halved > 0


def check_size(image: Image.Image, width: int, height: int, limits: Limits) -> None:
    """Check the limits by the header, before anything is decoded."""
    check_pixels(width, height, limits)
    if isinstance(image, JxlFile) and image.header.animated:
        raise NotAPhoto(kept("is a JPEG XL animation; of this format only stills are read"))
    if isinstance(image, Jpeg2KImageFile) and image.fp and shape(bytes_of(image.fp))[:2] != (width, height):
        raise NotAPhoto(kept("is damaged: its JPEG 2000 data is of another size than its header says"))
    needed = _memory(image, width * height)
    if needed > limits.max_decoded:
        raise NotAPhoto(
            kept(
                "is {width} x {height} in a format that must be decoded whole: {needed:,.0f} MB, more than "
                "the {most:.0f} MB one photo may take",
                width=width,
                height=height,
                needed=needed / 1e6,
                most=limits.max_decoded / 1e6,
            )
        )


def is_deep(image: Image.Image) -> bool:
    """Whether a picture whose decoder gives 8 bits a colour has more."""
    if isinstance(image, Jpeg2KImageFile) and image.fp:
        return shape(bytes_of(image.fp))[2] > 8
    return isinstance(image, JxlFile) and image.header.bits > 8


def check_pixels(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.max_pixels:
        raise NotAPhoto(
            kept(
                "is {width} x {height} = {megapixels:,.0f} megapixels, more than the {most:.0f} that are "
                "safe to decode",
                width=width,
                height=height,
                megapixels=width * height / 1e6,
                most=limits.max_pixels / 1e6,
            )
        )


def _memory(image: Image.Image, pixels: int) -> float:
    """Bytes that decoding will take, by the header; for a JPEG at its reduced scale."""
    kind = "JPEG2000" if isinstance(image, Jpeg2KImageFile) else str(image.format)
    plain, transparent = PER_PIXEL.get(kind, OTHERS_PER_PIXEL)
    needed = image.width * image.height * (transparent if image.mode in ("RGBA", "LA", "PA") else plain)
    if isinstance(image, Jpeg2KImageFile) and isinstance(image.reduce, int):
        return needed / 4**image.reduce
    if "progressive" in image.info:
        layers = [(across, down) for _, across, down, *_ in getattr(image, "layer", ())]
        most = max((across for across, _ in layers), default=1) * max((down for _, down in layers), default=1)
        needed += pixels * COEFFICIENT * sum(across * down for across, down in layers) / max(1, most)
    return needed
