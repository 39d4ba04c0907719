"""Copies by a preset: light is averaged as light, colours are those of LittleCMS, and each kind of file is answered."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw
from tests.helpers.light import apart, reference, to_light
from tests.helpers.pictures import save, scene

from unipic.core.settings import Limits
from unipic.reading import rendering
from unipic.reading.rendering import Render, Rendered, Style, render, resized_in_light, srgb_profile

LIMITS = Limits()
FIT = Style((200, 200))
P3 = ("DisplayP3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060))


def made(path: Path, style: Style = FIT, box: Any = None) -> tuple[Rendered, Image.Image]:
    target = path.with_name(f"copy of {path.name}")
    told = render(Render(str(path), target, box), style, LIMITS)
    assert not told.problem
    with Image.open(target) as image:
        image.load()
    return told, image


def exiftool(path: Path) -> dict[str, Any]:
    said = subprocess.run(["exiftool", "-j", "-n", "-a", str(path)], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(said.stdout)[0]
    return found


def test_a_resize_is_that_of_light_in_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "BAND", 20_000)  # pixels: several bands, whose seams would be seen
    for seed, size in ((1, (211, 157)), (2, (64, 48)), (3, (639, 100))):
        picture = scene(seed)
        found = np.asarray(resized_in_light(picture, (0, 0, *picture.size), size), np.float64)
        assert apart(found, reference(picture, size)) > 45, size


def test_a_checkerboard_keeps_its_light_and_a_gradient_all_of_its_steps() -> None:
    board = (np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)
    picture = Image.fromarray(board).convert("RGB")
    found = np.asarray(resized_in_light(picture, (0, 0, 256, 256), (64, 64)))
    assert np.abs(to_light(found).mean() - 0.5) < 0.01, "a mean of the values would give 0.21"
    ramp = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None].repeat(4, axis=1), 40, axis=0)).convert("RGB")
    steps = np.diff(np.asarray(resized_in_light(ramp, (0, 0, *ramp.size), (256, 10)))[5, 4:-4, 0].astype(int))
    assert steps.min() >= 0
    assert steps.max() <= 2


def profile_of(name: str, primaries: tuple[float, ...]) -> bytes:
    """An ICC profile of these primaries with the curve and the white of sRGB: sRGB's own, with other colourants."""
    xs, ys = np.array(primaries[::2]), np.array(primaries[1::2])
    colours = np.stack([xs / ys, np.ones(3), (1 - xs - ys) / ys])
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    matrix = colours * np.linalg.solve(colours, white)
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50 = np.array([0.9642, 1, 0.8249])
    adapted = np.linalg.inv(bradford) @ np.diag((bradford @ d50) / (bradford @ white)) @ bradford @ matrix
    data = bytearray(srgb_profile().replace("sRGB built-in".encode("utf-16-be"), name.ljust(13).encode("utf-16-be")))
    for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), adapted.T, strict=True):
        entry = data.index(tag, 128)
        at = int.from_bytes(data[entry + 4 : entry + 8], "big") + 8
        data[at : at + 12] = b"".join(round(v * 65536).to_bytes(4, "big", signed=True) for v in column)
    return bytes(data)


def test_colours_are_converted_as_littlecms_does_and_the_profile_says_srgb(tmp_path: Path) -> None:
    wide = profile_of(*P3)
    swatches = Image.new("RGB", (40, 40), (180, 60, 60))
    ImageDraw.Draw(swatches).rectangle((20, 0, 39, 39), fill=(255, 0, 0))
    path = save(swatches, tmp_path / "wide.png", icc_profile=wide)
    _, image = made(path, Style((40, 40), quality=100))
    assert image.info["icc_profile"] == srgb_profile()
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"])))
    expected = ImageCms.profileToProfile(
        swatches, ImageCms.ImageCmsProfile(io.BytesIO(wide)), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert expected is not None
    for at in ((5, 20), (35, 20)):
        found, wanted, before = (np.array(one.getpixel(at), int) for one in (image, expected, swatches))
        assert np.abs(found - wanted).max() <= 2
        assert at == (35, 20) or np.abs(found - before).max() > 8, "the muted red is another one in sRGB"
    damaged = save(swatches, tmp_path / "damaged.png", icc_profile=wide[:300])
    assert "colour profile is damaged" in made(damaged)[0].note


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo that was taken on its side, 480 x 640 once it is upright, with a place, a serial number and a caption."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0110], exif[0x0112] = "Anna", "X-T30", 6
    exif.get_ifd(0x8769).update({0x9003: "2024:06:12 20:51:10", 0xA431: "SN-123", 0x9010: "+02:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 0.0), 3: "E", 4: (8.0, 33.0, 0.0)})
    return save(scene(3, 640, 480), tmp_path / "a.jpg", quality=95, exif=exif.tobytes(), comment=b"Anna")


def test_metadata_is_kept_reduced_or_gone_as_exiftool_reads_it(photo: Path, tmp_path: Path) -> None:
    before = photo.read_bytes()
    for metadata in ("kept", "reduced", "none"):
        style = Style((1181, 1772), fill=True, dpi=300, metadata=metadata)  # 10 x 15 cm
        told = render(Render(str(photo), tmp_path / metadata, (0.0, 0.0, 1.0, 1.0)), style, LIMITS)
        said = exiftool(tmp_path / metadata)
        assert told.note == "prints at 122 dpi", "480 pixels on 10 cm"
        assert (said["ImageWidth"], said["ImageHeight"], said["XResolution"]) == (1181, 1772, 300)
        assert said.get("Orientation", 1) == 1
        assert ("GPSLatitude" in said, "SerialNumber" in said) == ((metadata == "kept",) * 2)
        assert ("Model" in said, "DateTimeOriginal" in said) == ((metadata != "none",) * 2)
        if metadata != "kept":
            assert not {"ImageDescription", "Comment", "OffsetTime"} & said.keys()
            assert b"Anna" not in (tmp_path / metadata).read_bytes()
    assert photo.read_bytes() == before


def test_a_small_photo_stays_as_it_is_on_a_screen_and_a_shape_is_exact(photo: Path) -> None:
    assert made(photo, Style((2000, 2000)))[1].size == (480, 640)
    photo.with_name("copy of a.jpg").unlink()
    assert made(photo, Style((300, 300), fill=True), (0.0, 0.1, 1.0, 0.85))[1].size == (300, 300)
    photo.with_name("copy of a.jpg").unlink()
    told, image = made(photo, Style((1080, 1080), fill=True))  # a face would be cut
    assert (told.note, image.size) == ("", (640, 640))
    assert image.getpixel((5, 320)) == (255, 255, 255)
    photo.with_name("copy of a.jpg").unlink()
    image = made(photo, Style((600, 400), fill=True, dpi=100, bleed=20))[1]
    assert image.size == (400, 600), "the paper turns with the photo"
    assert image.getpixel((10, 300)) == (255, 255, 255)


def test_every_kind_of_file_is_answered(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (60, 60), (255, 0, 0, 0))
    deep = Image.fromarray((np.indices((60, 60)).sum(axis=0) * 500).astype(np.uint16))
    frames = [Image.new("L", (60, 60), 80 * at) for at in range(3)]
    good = {
        "clear.png": (save(clear, tmp_path / "clear.png"), (255, 255, 255)),
        "deep.png": (save(deep, tmp_path / "deep.png"), None),
        "print.jpg": (save(Image.new("CMYK", (60, 60), (0, 255, 255, 0)), tmp_path / "print.jpg"), (255, 0, 0)),
        "moving.gif": (save(frames[0], tmp_path / "moving.gif", save_all=True, append_images=frames[1:]), None),
        "phone.heic": (save(scene(1, 64, 64), tmp_path / "phone.heic", format="HEIF"), None),
    }
    for path, colour in good.values():
        image = made(path, Style((40, 40), quality=100))[1]
        assert image.size == (40, 40), path
        assert colour is None or np.abs(np.asarray(image)[20, 20].astype(int) - colour).max() <= 3, path
    assert "first of 3" in render(Render(str(tmp_path / "moving.gif"), tmp_path / "again", None), FIT, LIMITS).note
    webp = render(Render(str(tmp_path / "phone.heic"), tmp_path / "w", None), Style((40, 40), format="webp"), LIMITS)
    assert not webp.problem
    assert exiftool(tmp_path / "w")["MIMEType"] == "image/webp"
    exif = save(scene(1, 64, 64), tmp_path / "exif.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 90)
    assert made(exif)[1].size == (64, 64)
    for name, content in (("text.jpg", b"no photo"), ("cut.jpg", exif.read_bytes()[:400]), ("empty.jpg", b"")):
        (tmp_path / name).write_bytes(content)
        told = render(Render(str(tmp_path / name), tmp_path / "none", None), FIT, LIMITS)
        assert told.problem
    assert render(Render(str(tmp_path / "gone.jpg"), tmp_path / "none", None), FIT, LIMITS).problem
    assert not (tmp_path / "none").exists()
