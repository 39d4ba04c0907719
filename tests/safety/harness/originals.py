"""Originals for safety tests: files of every kind a folder of photos holds, and what is true of each of them."""

import hashlib
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
from PIL import Image
from tests.helpers.pictures import scene, shaken, xmp

SMALL = (96, 72)


def _jpeg(picture: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[0x0132] = "2024:07:14 09:00:00"
    picture.save(path, "JPEG", quality=92, exif=exif)


def _saver(kind: str) -> Callable[[Image.Image, Path], None]:
    return lambda picture, path: picture.save(path, kind)


def _heic(picture: Image.Image, path: Path) -> None:
    pillow_heif.from_pillow(picture).save(path, quality=60)


def _mpo(picture: Image.Image, path: Path) -> None:
    picture.save(path, "MPO", save_all=True, append_images=[shaken(picture, 3)])


def _bytes(data: bytes) -> Callable[[Image.Image, Path], None]:
    return lambda picture, path: _write(path, data + picture.tobytes()[:64])


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _broken(picture: Image.Image, path: Path) -> None:
    _jpeg(picture, path)
    os.truncate(path, path.stat().st_size // 2)


def _link(picture: Image.Image, path: Path) -> None:
    path.symlink_to("somewhere else.jpg")


MOV = b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  \x00\x00\x00\x08wide"
RAW = b"II*\x00\x08\x00\x00\x00\x00\x00"  # a TIFF header, and no picture behind it
KINDS: dict[str, Callable[[Image.Image, Path], None]] = {
    ".jpg": _jpeg,
    ".png": _saver("PNG"),
    ".webp": _saver("WEBP"),
    ".gif": _saver("GIF"),
    ".bmp": _saver("BMP"),
    ".tif": _saver("TIFF"),
    ".heic": _heic,
    ".avif": _saver("AVIF"),
    ".mpo": _mpo,
    ".CR2": _bytes(RAW),
    ".MOV": _bytes(MOV),
    ".xmp": _bytes(xmp('xmp:Rating="3"')),
    ".txt": _bytes(b"not a photo "),
    ".broken.jpg": _broken,
    ".link.jpg": _link,
}


def album(folder: Path, number: int, seed: int = 0) -> Path:
    """So many files of all kinds in a few folders: shots, their copies under other names, and what is no photo."""
    folder.mkdir(parents=True)
    kinds = list(KINDS)
    last: Path | None = None
    for i in range(number):
        kind = kinds[i % len(kinds)]
        place = folder / ("", "phone", "phone/DCIM", "é old")[i % 4]
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"IMG_{i:04}{kind}"
        if last is not None and i % 7 == 3:  # a copy by bytes
            shutil.copy(last, place / f"copy of {last.name}")
            continue
        picture = scene(seed * 100_000 + i // 3, *SMALL)
        KINDS[kind](shaken(picture, 2) if i % 3 == 1 else picture, path)
        if kind in (".jpg", ".png", ".heic"):
            last = path
    return folder


@dataclass(frozen=True)
class Fact:
    """All that must stay of an original."""

    digest: str
    mtime: int
    mode: int
    inode: int
    owner: tuple[int, int]
    links: int
    attributes: tuple[tuple[str, bytes], ...]


def state(folder: Path) -> dict[str, Fact]:
    """Of each file and folder in a folder, and of itself."""
    return {str(path.relative_to(folder)): _fact(path) for path in (folder, *sorted(folder.rglob("*")))}


def _fact(path: Path) -> Fact:
    facts = path.lstat()
    if stat.S_ISLNK(facts.st_mode):
        data = os.fsencode(os.readlink(path))
    elif stat.S_ISDIR(facts.st_mode):
        data = "\0".join(sorted(os.listdir(path))).encode("utf-8", "surrogateescape")
    else:
        data = path.read_bytes()
    names = _attributes(path)
    return Fact(
        hashlib.sha256(data).hexdigest(),
        facts.st_mtime_ns,
        facts.st_mode,
        facts.st_ino,
        (facts.st_uid, facts.st_gid),
        facts.st_nlink,
        names,
    )


def _attributes(path: Path) -> tuple[tuple[str, bytes], ...]:
    """Extended attributes; none where the file system has none."""
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        return tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)
    except OSError:
        return ()


def mark(path: Path) -> bool:
    """An extended attribute on a file, where the file system holds any."""
    try:
        os.setxattr(path, "user.unipic-test", b"stays")
    except OSError:
        return False
    return True


def differences(before: dict[str, Fact], after: dict[str, Fact]) -> list[str]:
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
