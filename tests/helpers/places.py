"""Files that say where they were taken, in every format and every way there is to say it. Needs exiftool."""

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import pillow_heif
import pillow_jxl  # noqa: F401  registers what writes JPEG XL
import pytest
from PIL import Image
from tests.helpers.pictures import save, scene, xmp

from unipic.reading.location import find_exiftool

pillow_heif.register_heif_opener()

needs_exiftool = pytest.mark.skipif(find_exiftool() is None, reason="exiftool is not installed")

EXIF = ("-GPSLatitude=38.7", "-GPSLatitudeRef=N", "-GPSLongitude=9.1", "-GPSLongitudeRef=W", "-GPSAltitude=12")
XMP = (
    *("-XMP-exif:GPSLatitude=38.7", "-XMP-exif:GPSLongitude=-9.1", "-XMP-photoshop:City=Lisbon"),
    *("-XMP-photoshop:Country=Portugal", "-XMP-photoshop:State=Lisboa", "-XMP-iptcCore:Location=Alfama"),
    *("-XMP-iptcCore:CountryCode=PRT", "-XMP-iptcExt:LocationShownCity=Lisbon"),
    "-XMP-iptcExt:LocationCreatedCity=Lisbon",
)
IPTC = ("-IPTC:City=Lisbon", "-IPTC:Sub-location=Alfama", "-IPTC:Country-PrimaryLocationName=Portugal")
FILM = (
    "-Keys:GPSCoordinates=38.7, -9.1, 12",
    "-UserData:GPSCoordinates=38.7, -9.1",
    "-ItemList:GPSCoordinates=38.7, -9.1",
)
OTHER = ("-XMP-dc:Title=Kept", "-XMP-xmp:Rating=4")
FRAMES = b"the frames of a film " * 500


def tell(path: Path, *what: str) -> Path:
    """Written by exiftool as any other program would write it."""
    return tell_all([(path, what)])[0]


def tell_all(files: list[tuple[Path, tuple[str, ...]]]) -> list[Path]:
    """It is started once: that takes longer than the work."""
    lines = [line for path, what in files for line in ("-q", "-q", "-overwrite_original", *what, str(path), "-execute")]
    done = subprocess.run(["exiftool", "-@", "-"], input="\n".join(lines), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr, done.stderr
    return [path for path, _ in files]


def said(*paths: Path) -> list[str]:
    """What exiftool finds of places, in everything that lies in the files: a line each. Empty fields say nothing."""
    looked = ("-*GPS*", "-*Location*", "-City", "-State", "-Country", "-*Coordinates*", "-Sub-location", "-CountryCode")
    given = ["exiftool", "-q", "-q", "-a", "-G1", "-s", "-ee3", *looked, *map(str, paths)]
    lines = subprocess.run(given, capture_output=True, text=True, check=False).stdout.splitlines()
    return [line for line in lines if line.partition(":")[2].strip()]


def pixels(path: Path) -> list[tuple[str, tuple[int, int], bytes]]:
    """Of all frames, as Pillow decodes them."""
    with Image.open(path) as image:
        found = []
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            image.load()
            found.append((image.mode, image.size, image.tobytes()))
        return found


def film(path: Path, brand: bytes = b"qt  ") -> Path:
    """As little of a film as there can be: a header, and frames."""
    header = struct.pack(">IIIII", 0, 0, 0, 600, 600) + struct.pack(">IH10x", 0x10000, 0x100)
    header += struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000) + bytes(24) + struct.pack(">I", 2)
    moov = _box(b"moov", _box(b"mvhd", header))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_box(b"ftyp", brand + bytes(4) + brand) + moov + _box(b"mdat", FRAMES))
    return path


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def maker_note(path: Path) -> Path:
    """A JPEG whose camera wrote the town into its own notes, as Panasonic's do."""
    entries = ((0x67, b"Rom\0"), (0x6B, b"Ita\0"), (0x6D, b"Laz\0"), (0x6F, b"Rom\0"))
    note = b"Panasonic\0\0\0" + struct.pack("<H", len(entries))
    note += b"".join(struct.pack("<HHI4s", tag, 7, 4, value) for tag, value in entries) + bytes(4)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Panasonic", "DMC-TZ10"
    exif.get_ifd(0x8769)[0x927C] = note
    return save(scene(3, 200, 150), path, exif=exif)


def takeout(path: Path) -> Path:
    place = {"latitude": 38.7, "longitude": -9.1, "altitude": 12.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0}
    about = {"title": "a.jpg", "geoData": place, "geoDataExif": dict(place), "people": [{"name": "Ana"}]}
    path.write_text(json.dumps(about), encoding="utf-8")
    return path


def sidecar(path: Path) -> Path:
    path.write_bytes(xmp('xmp:Rating="4"'))
    return path


def everything(folder: Path) -> list[Path]:
    """Forty files: every format we read and that can hold a place, in every way."""
    folder.mkdir(parents=True)
    picture, small = scene(1, 200, 150), scene(2, 120, 90)
    jpegs = {
        "plain": {},
        "progressive": {"progressive": True},
        "grey": {},
        "fine": {"quality": 100, "subsampling": 0},
        "icc": {"icc_profile": b"profile" * 20},
        "cmyk": {},
    }
    modes = {"grey": "L", "cmyk": "CMYK"}
    told = [
        (save(picture.convert(modes.get(name, "RGB")), folder / f"{name}.jpg", **options), (*EXIF, *XMP, *IPTC, *OTHER))
        for name, options in jpegs.items()
    ]
    for name, what in (("exif", EXIF), ("xmp", XMP), ("iptc", IPTC), ("turned", (*EXIF, "-Orientation#=6"))):
        told.append((save(picture, folder / f"only {name}.jpg"), what))
    told.append((maker_note(folder / "maker and exif.jpg"), EXIF))
    moving = {"save_all": True, "append_images": [small.resize(picture.size)]}
    others: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "rgb.png": (picture, {}),
        "alpha.png": (picture.convert("RGBA"), {}),
        "palette.png": (picture.convert("P"), {}),
        "deep.png": (Image.new("I;16", (40, 30), 300), {}),
        "moving.png": (picture, moving),
        "lossy.webp": (picture, {"quality": 80}),
        "lossless.webp": (picture.convert("RGBA"), {"lossless": True}),
        "moving.webp": (picture, moving),
        "plain.tif": (picture, {}),
        "lzw.tif": (picture, {"compression": "tiff_lzw"}),
        "jpeg.tif": (picture, {"compression": "jpeg"}),
        "deep.tif": (Image.new("I;16", (40, 30), 300), {}),
        "pages.tif": (picture, {"save_all": True, "append_images": [small]}),
        "a.heic": (picture, {"quality": 80}),
        "grey.heic": (picture.convert("L"), {"quality": 80}),
        "a.avif": (picture, {"quality": 80}),
        "boxes.jxl": (picture, {"quality": 80, "use_container": True}),
        "a.jp2": (picture, {}),
    }
    told += (
        (save(image, folder / name, **options), (*EXIF, *XMP, *OTHER)) for name, (image, options) in others.items()
    )
    told.append((save(picture.convert("P"), folder / "a.gif"), XMP))
    told.append((save(picture.convert("P"), folder / "moving.gif", **moving), XMP))
    told.append((save(picture, folder / "raw.dng", format="TIFF"), ("-DNGVersion=1 4 0 0", *EXIF, *XMP)))
    told += ((film(folder / f"{n}.mov"), (what,)) for n, what in enumerate(FILM))
    told.append((film(folder / "all.mov"), (*FILM, *XMP)))
    told.append((film(folder / "a.mp4", b"isom"), (FILM[1], *XMP)))
    told.append((film(folder / "b.m4v", b"M4V "), FILM[1:]))
    told.append((sidecar(folder / "a.xmp"), XMP))
    told.append((sidecar(folder / "b.xmp"), ("-XMP-exif:GPSLatitude=1",)))
    return [*tell_all(told), maker_note(folder / "maker.jpg"), takeout(folder / "a.jpg.json")]
