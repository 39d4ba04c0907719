"""Check that common formats can be decoded here, by trying: a library may be installed without a codec."""

import base64
import tempfile
from pathlib import Path

from PIL import Image

from unipic.core.settings import Limits
from unipic.reading.images import FORMATS, NotAPhoto, decode

SIDE = 64  # pixels
JXL = base64.b64decode("/wqJQCQIBAEAgABLGIsVANQTP378+HOBEAACCSQpIAHoHmvM715DtdguAA==")  # 48 x 40 pixels


def undecodable_formats() -> dict[str, str]:
    """The reason for each of FORMATS that cannot be written and read back here; {} if all can."""
    failed = {}
    with tempfile.TemporaryDirectory(prefix="unipic-") as folder:
        for format in FORMATS:
            path = Path(folder) / format
            try:
                _write(path, format)
                decode(str(path), SIDE, Limits())
            except (NotAPhoto, OSError, KeyError, ValueError) as error:
                failed[format] = str(error)
    return failed


def _write(path: Path, format: str) -> None:
    if format == "JXL":  # which Pillow does not write
        path.write_bytes(JXL)
    else:
        Image.new("RGB", (SIDE, SIDE), "teal").save(path, format)
