"""T23: taken out of every format in every way there is to say it: no place is left, and the picture is the same."""

import hashlib
from pathlib import Path

from tests.helpers.located import located
from tests.helpers.places import FRAMES, everything, needs_exiftool, pixels, said
from tests.safety.harness.ledger import record

from unipic.reading.location import Stripper

FILMS = (".mov", ".mp4", ".m4v")
WITHOUT_PIXELS = (".xmp", ".json")


@needs_exiftool
def test_no_place_is_left_and_the_picture_is_the_same(tmp_path: Path) -> None:
    files = everything(tmp_path / "originals")
    before = [_digest(path) for path in files]
    copies = []
    with Stripper() as stripper:
        assert all(located(stripper, files).values())
        for original in files:
            with original.open("rb") as file:
                copies.append(stripper.stripped(file, original.name, tmp_path))
        left = [path.name for path, there in located(stripper, copies).items() if there]
    left += said(*copies)
    left += [path.name for path in copies if path.suffix == ".json" and b"38.7" in path.read_bytes()]
    pairs = zip(files, copies, strict=True)
    other = [original.name for original, copy in pairs if not _same(original, copy)]
    touched = [path.name for path, digest in zip(files, before, strict=True) if _digest(path) != digest]
    record("T23", "files with a place in them", len(files), found=len(left) + len(other) + len(touched))
    assert (left, other, touched) == ([], [], [])
    assert len(files) >= 40


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _same(original: Path, copy: Path) -> bool:
    if original.suffix in FILMS:
        return FRAMES in copy.read_bytes()
    return original.suffix in WITHOUT_PIXELS or pixels(original) == pixels(copy)
