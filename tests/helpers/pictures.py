"""Pictures made for tests, and an encoder without weights, so that nothing is downloaded."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from unipic.vision.base import Calibration


def scene(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """A made-up scene: soft shapes and texture; another seed is another place."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8).astype(np.uint8))
    fine = Image.fromarray(rng.integers(0, 256, (60, 80, 3), dtype=np.uint8).astype(np.uint8))
    return Image.blend(
        coarse.resize((width, height), Image.Resampling.BICUBIC),
        fine.resize((width, height), Image.Resampling.BICUBIC),
        0.3,
    )


def blurred(picture: Image.Image, radius: float = 4) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(radius))


def shaken(picture: Image.Image, pixels: int = 12) -> Image.Image:
    """The same moment, the camera moved and turned a little; a cut alone would be the same picture."""
    width, height = picture.size
    turned = picture.rotate(pixels / 16, Image.Resampling.BICUBIC)
    edge = 1 + round(width * pixels / 16 / 90)  # of a picture turned by few degrees
    return turned.crop((pixels + edge, pixels + edge, width - edge, height - edge)).resize(
        (width, height), Image.Resampling.BICUBIC
    )


def save(picture: Image.Image, path: Path, **options: Any) -> Path:
    """A HEIC is coded in a tenth of the usual time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if options.get("format") == "HEIF" or path.suffix == ".heic":
        options.setdefault("enc_params", {"preset": "ultrafast"})
    picture.save(path, **options)
    return path


NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
}


def xmp(attributes: str = "", inside: str = "") -> bytes:
    """An XMP packet as programs write it, with these attributes and elements in its description."""
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {names}><rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta><?xpacket end="w"?>'
    ).encode("utf-8", "surrogatepass")


class PlainEncoder:
    """A coarse colour layout, centred: enough to tell made-up scenes apart."""

    name = "plain"
    label = "plain (tests)"
    key = "plain"
    calibration = Calibration(middle=0.5, slope=20.0)

    def embed(self, views: np.ndarray) -> np.ndarray:
        cells = views.reshape(len(views), 14, 16, 14, 16, 3).mean(axis=(2, 4)).reshape(len(views), -1) - 127.0
        cells = np.concatenate([cells, np.ones((len(views), 1))], axis=1)
        return (cells / np.linalg.norm(cells, axis=1, keepdims=True)).astype(np.float32)
