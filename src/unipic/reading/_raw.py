"""Raw photos, judged by the JPEG preview their camera embedded. LibRaw finds the preview and the raw picture's size.

Raw data is never developed. A preview is as untrusted as any JPEG: images.py applies the same checks.
"""

from dataclasses import dataclass
from typing import BinaryIO

from unipic.core.language import kept

LEAST = 640  # pixels of the long side: the size that is measured, _measures.WORKING
SHAPE = 0.02  # relative; a sensor has some dozen pixels more than the picture on each side
ORIENTATIONS = (1, 2, 4, 3, 5, 8, 6, 7)  # EXIF's number for each of LibRaw's flips, as LibRaw itself writes them
RAWS = (b"FUJIFILMCCD-RAW", b"FOVb", b"IIU", b"IIRO", b"IIRS", b"MMOR")  # Fuji, Sigma, Panasonic, Olympus
TIFFS = (b"II*\0", b"MM\0*")
UNKNOWN = kept("is a raw file or TIFF that cannot be decoded")
KEPT = kept("it is kept and listed")


class NoPreview(Exception):
    """Why a raw photo cannot be judged, in words for its owner."""


@dataclass(frozen=True)
class Preview:
    """An embedded preview, and the size and orientation of the raw picture it stands for."""

    jpeg: bytes
    width: int  # of the raw picture, upright
    height: int
    cropped: tuple[int, int]  # the part that the camera uses, upright; (0, 0) if it names none
    orientation: int  # of the raw picture as it is stored, in EXIF's numbers

    def shows_all(self, width: int, height: int) -> bool:
        """Whether an upright picture of this size has the shape of the raw picture."""
        whole = (self.width, self.height), self.cropped
        return any(abs(width * down - height * across) <= SHAPE * height * across for across, down in whole if across)


def may_be_raw(head: bytes) -> bool:
    """Whether a file that begins like this may be a raw photo."""
    return head[:12].endswith(b"ftypcrx ") or head.startswith((*RAWS, *TIFFS))


def preview_in(file: BinaryIO) -> Preview:
    """The largest preview of a raw file, read from its start. Raises NoPreview, OSError, MemoryError."""
    import rawpy  # only where there is a raw photo

    file.seek(0)
    try:
        opened = rawpy.imread(file)
    except rawpy.LibRawUnsufficientMemoryError:
        raise MemoryError from None
    except rawpy.LibRawError:
        raise NoPreview(UNKNOWN) from None
    try:
        with opened as raw:
            sizes, preview = raw.sizes, raw.extract_thumb().data
    except rawpy.LibRawUnsufficientMemoryError:
        raise MemoryError from None
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        raise NoPreview(kept("is a raw photo without a preview to judge it by; {kept}", kept=KEPT)) from None
    except rawpy.LibRawIOError:
        raise NoPreview(kept("is a raw photo that ends early, before its preview does; {kept}", kept=KEPT)) from None
    except rawpy.LibRawError as error:
        raise NoPreview(kept("is a damaged raw photo ({error}); {kept}", error=_words(error), kept=KEPT)) from None
    if not isinstance(preview, bytes):
        raise NoPreview(kept("is a raw photo whose preview is no JPEG to judge it by; {kept}", kept=KEPT))
    if min(sizes.width, sizes.height) < 1:
        raise NoPreview(UNKNOWN)
    orientation = ORIENTATIONS[sizes.flip] if sizes.flip in range(len(ORIENTATIONS)) else 1
    width, height = upright(sizes.width, sizes.height, orientation)
    cropped = upright(sizes.crop_width, sizes.crop_height, orientation) if sizes.crop_height else (0, 0)
    return Preview(preview, width, height, cropped, orientation)


def upright(width: int, height: int, orientation: int) -> tuple[int, int]:
    """(width, height) after applying the orientation; EXIF's orientations from 5 on swap the sides."""
    return (height, width) if orientation >= 5 else (width, height)


def _words(error: Exception) -> str:
    """LibRaw's message, which is bytes."""
    said = error.args[0] if error.args else b""
    return said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
