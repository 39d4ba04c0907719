"""The sample gallery keeps its promises: what a newcomer is shown must be there, and be the same for everyone."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from unipic.core.errors import AlreadyThere
from unipic.core.settings import Limits
from unipic.reading._exif import Exif
from unipic.reading.images import Decoded, NotAPhoto, decode, identify, orientation
from unipic.reading.metadata import read_metadata
from unipic.sources.samples import GALLERY, NEW_FORMAT, SAVED_AGAIN, make_samples

pytestmark = pytest.mark.slow

BROKEN = {"Camera/IMG_20240714_090311.jpg", "Downloads/recipe.jpg"}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def folder(sample_photos: Path) -> Path:
    return sample_photos


@dataclass(frozen=True, kw_only=True)
class Sample(Decoded):
    exif: Exif
    orientation: int


@pytest.fixture(scope="module")
def photos(folder: Path) -> dict[str, Sample]:
    return {name: sample(folder / name) for name in digests(folder) if name not in BROKEN}


def sample(path: Path) -> Sample:
    with path.open("rb") as file:
        image, _ = identify(file)
        assert image is not None
        turned, said = orientation(image), read_metadata(file)
    return Sample(**vars(decode(str(path), 96, Limits())), exif=said, orientation=turned)


def taken(photo: Sample) -> datetime:
    assert photo.exif.taken is not None
    return photo.exif.taken


def bursts(photos: dict[str, Sample]) -> list[list[Sample]]:
    """What one camera wrote on one day, copies left out."""
    days = defaultdict(list)
    for name, photo in photos.items():
        if photo.exif.taken and not name.startswith("Backup/"):
            days[photo.exif.camera, taken(photo).date()].append(photo)
    return [sorted(burst, key=taken) for burst in days.values() if len(burst) > 1]


def likeness(one: Sample, other: Sample) -> float:
    """Correlation of two pictures seen from afar."""
    small = [np.asarray(p.picture.convert("L").resize((24, 16)), np.float64).ravel() for p in (one, other)]
    return float(np.corrcoef(small)[0, 1])


@pytest.mark.nightly
def test_two_runs_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    make_samples(tmp_path)  # empty, which is as good as new
    assert digests(tmp_path) == digests(folder)


def test_size(folder: Path) -> None:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    assert 36 <= len(sizes) <= 45
    assert sum(sizes) < 12_000_000


def test_nothing_is_overwritten(folder: Path) -> None:
    before = digests(folder)
    with pytest.raises(AlreadyThere, match="not empty"):
        make_samples(folder)
    assert digests(folder) == before


def test_everything_can_be_read_but_two(folder: Path, photos: dict[str, Sample]) -> None:
    assert len(photos) == len(digests(folder)) - len(BROKEN)
    with pytest.raises(NotAPhoto, match="ends early"):
        decode(str(folder / "Camera/IMG_20240714_090311.jpg"), 96, Limits())
    with pytest.raises(NotAPhoto, match="not in any photo format"):
        decode(str(folder / "Downloads/recipe.jpg"), 96, Limits())


def test_exact_copies_lie_in_other_folders(folder: Path) -> None:
    same = defaultdict(set)
    for name, digest in digests(folder).items():
        same[digest].add(name)
    copies = [names for names in same.values() if len(names) > 1]
    assert len(copies) == 4
    assert all(len({name.rpartition("/")[0] for name in names}) == len(names) for names in copies)


def test_saved_again_is_the_same_picture_in_other_bytes(photos: dict[str, Sample]) -> None:
    for name, (original, _, _) in SAVED_AGAIN.items():
        assert photos[name].digest != photos[original].digest
        assert likeness(photos[name], photos[original]) > 0.99
        assert photos[name].exif.taken is None
    assert {photos[name].format for name in SAVED_AGAIN} == {"JPEG", "PNG", "WEBP"}


def test_heic_beside_a_smaller_jpeg(photos: dict[str, Sample]) -> None:
    new, old = photos[f"2024-09 Cappadocia/IMG_2044.{NEW_FORMAT}"], photos["2024-09 Cappadocia/IMG_2044.jpg"]
    assert new.format in ("HEIF", "AVIF")
    assert old.format == "JPEG"
    assert old.width < new.width


def test_a_phone_held_upright(photos: dict[str, Sample]) -> None:
    turned = [photo for photo in photos.values() if photo.orientation == 6]
    assert len(turned) == 1
    assert turned[0].height > turned[0].width
    # Upright, the sky is above the snow.
    rows = np.asarray(turned[0].picture.convert("L"), np.float64).mean(axis=1)
    assert rows[-8:].mean() > rows[:8].mean() + 30


def test_bursts_are_a_second_apart_to_the_fraction(photos: dict[str, Sample]) -> None:
    found = bursts(photos)
    assert sorted(map(len, found)) == [2, 4, 5, 5, 6]
    for burst in found:
        times = [taken(photo) for photo in burst]
        assert all(time.tzinfo and time.microsecond for time in times)
        assert all(abs(b - a - timedelta(seconds=1.04)) < timedelta(seconds=0.02) for a, b in pairwise(times))
    assert sum(burst[0].exif.place is not None for burst in found) == 1


def test_bursts_are_alike_and_not_the_same(photos: dict[str, Sample]) -> None:
    for burst in bursts(photos):
        assert len({photo.digest for photo in burst}) == len(burst)
        assert min(likeness(burst[0], other) for other in burst[1:]) > 0.8


def test_scenes_differ(photos: dict[str, Sample]) -> None:
    firsts = [
        photos[series.name.format(number=series.number, when=series.when)]
        for series in GALLERY
        if series.orientation == 1
    ]
    assert max(likeness(a, b) for i, a in enumerate(firsts) for b in firsts[:i]) < 0.8


def test_two_pictures_of_one_name(photos: dict[str, Sample]) -> None:
    names = Counter(name.rpartition("/")[2] for name in photos if not name.startswith("Backup/"))
    assert [name for name, times in names.items() if times > 1] == ["IMG_2031.JPG"]
    assert likeness(photos["2023-08 Brittany/IMG_2031.JPG"], photos["2024-06 Lisbon/IMG_2031.JPG"]) < 0.8


def test_a_scanned_receipt_shows_that_words_in_pictures_are_found(folder: Path) -> None:
    """Its name says only that it is a scan, whose words are read by default."""
    from unipic.core.folding import folded
    from unipic.library.kinds import DOCUMENT
    from unipic.sources.samples import RECEIPT
    from unipic.vision.registry import open_words

    assert DOCUMENT.search(RECEIPT.rpartition("/")[2].lower().replace("_", " "))
    lines = open_words(fine=True).read(np.asarray(decode(str(folder / RECEIPT), 2000, Limits()).picture))
    words = folded(" ".join(line.text for line in lines))
    assert all(one in words for one in ("pastel de nata", "4,50", "obrigado"))
