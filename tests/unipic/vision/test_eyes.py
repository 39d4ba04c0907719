"""Eyes and smiles: where they are looked at, when nobody can tell, and that company changes nothing."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from tests.helpers.pictures import scene

from unipic.cleanup.faces import BLURRED
from unipic.core.errors import ModelDamaged
from unipic.core.settings import PROJECT, Limits
from unipic.reading.images import decode
from unipic.vision import registry
from unipic.vision.eyes import EyeReader, Look, crops_of, eyes_open, network, readable
from unipic.vision.manifest import MANIFEST
from unipic.vision.registry import open_eyes, open_faces

PHOTOS = PROJECT.parent / "shared" / "photos"
POINTS = ((80.0, 90.0), (140.0, 90.0), (110.0, 125.0), (88.0, 150.0), (132.0, 150.0))


@pytest.fixture(scope="module")
def reader() -> EyeReader:
    return open_eyes()


@pytest.mark.parametrize(
    ("right", "left", "said"),
    [
        (2, 3, 2.5),
        (-2, -3, -2.5),
        (4.5, -0.5, 2),
        (-4.5, 0.5, -2),
        (4, -4, None),
        (1, 0.5, 0.75),
        (-1, -0.5, None),
        (math.nan, 2, None),
    ],
)
def test_both_eyes_are_told_together(right: float, left: float, said: float | None) -> None:
    assert eyes_open(Look(right, left, 0.0)) == said


def test_small_faces_and_profiles_are_not_looked_at() -> None:
    assert readable(POINTS, 100)
    assert not readable(POINTS, 31)
    right, left, _, *mouth = POINTS
    assert not readable((right, left, (145.0, 125.0), *mouth), 100)
    assert not readable((right, right, *POINTS[2:]), 100)


def turned(points: tuple[tuple[float, float], ...], degrees: float, about: complex) -> list[tuple[float, float]]:
    """As the points lie after the picture was turned anticlockwise about a point."""
    turn = complex(math.cos(math.radians(degrees)), -math.sin(math.radians(degrees)))
    moved = [about + (complex(x, y) - about) * turn for x, y in points]
    return [(one.real, one.imag) for one in moved]


def test_crops_are_upright_however_the_head_is_held() -> None:
    picture = Image.fromarray(np.asarray(scene(4, 240, 240)))
    straight = crops_of(np.asarray(picture), POINTS)
    tilted = picture.rotate(30, Image.Resampling.BICUBIC)
    leaning = crops_of(np.asarray(tilted), turned(POINTS, 30, complex(119.5, 119.5)))
    for one, other in zip(straight, leaning, strict=True):
        assert np.corrcoef(one.ravel().astype(float), other.ravel())[0, 1] > 0.97


def test_crops_of_a_large_face_show_what_those_of_a_small_one_do() -> None:
    small = Image.fromarray(np.asarray(scene(4, 240, 240)))
    large = small.resize((960, 960), Image.Resampling.BICUBIC)
    grown = tuple((4 * x + 1.5, 4 * y + 1.5) for x, y in POINTS)
    for one, other in zip(crops_of(np.asarray(small), POINTS), crops_of(np.asarray(large), grown), strict=True):
        assert np.corrcoef(one.ravel().astype(float), other.ravel())[0, 1] > 0.97


def test_a_face_at_the_border_has_crops_too() -> None:
    outside = [(x - 100, y - 110) for x, y in POINTS]
    for crop in crops_of(np.asarray(scene(4, 64, 48)), outside):
        assert crop.shape == (32, 32)


def test_a_face_is_seen_the_same_in_any_company(reader: EyeReader) -> None:
    faces = [(np.asarray(scene(seed, 240, 240)), POINTS) for seed in range(19)]
    together = reader.look(faces)
    assert [reader.look([face])[0] for face in faces[:3]] == together[:3]
    assert reader.look(faces[::-1])[::-1] == together
    assert reader.look([]) == []
    even = reader.look([(np.zeros((240, 240, 3), np.uint8), POINTS)])
    assert all(map(math.isfinite, (even[0].right, even[0].left, even[0].smile)))


def test_a_blurred_face_shows_less_detail_and_a_darker_one_as_much(reader: EyeReader) -> None:
    sharp = Image.fromarray(np.asarray(scene(4, 240, 240)))
    others = (sharp, sharp.filter(ImageFilter.GaussianBlur(4)), sharp.point(lambda value: value * 0.6))
    first, blurred, darker = (look.detail for look in reader.look([(np.asarray(one), POINTS) for one in others]))
    assert blurred < BLURRED * first
    assert darker == pytest.approx(first, rel=0.1)


def test_the_networks_are_small() -> None:
    assert sum(numbers.numel() for numbers in network().parameters()) == 61_089


def test_a_damaged_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_opened", {})
    home = tmp_path / "models"
    shutil.copytree(PROJECT / "models" / "eyes", home / "eyes")
    shutil.copy(MANIFEST, home)
    weights = home / "eyes" / "eyes.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    with pytest.raises(ModelDamaged, match="sha256"):
        open_eyes(home / MANIFEST.name)


def test_eyes_of_real_people_are_hardly_ever_called_shut(reader: EyeReader) -> None:
    """Most eyes in portraits are open, and of all 170 measured faces two are called shut. They taught nothing."""
    people = sorted((PHOTOS / "faces" / "people").glob("*"))[::4]
    if not people:
        pytest.skip(f"there are no faces in {PHOTOS}")
    asked = []
    for path in people:
        picture = np.asarray(decode(str(path), 640, Limits()).picture)
        height, width = picture.shape[:2]
        for part in open_faces().find([picture])[0][:1]:
            points = [(x * width, y * height) for x, y in part.facts["points"]]
            if part.box and readable(points, (part.box[2] - part.box[0]) * width):
                asked.append((picture, points))
    said = [eyes_open(look) for look in reader.look(asked)]
    assert len(said) > 15
    assert sum(odds is not None and odds < 0 for odds in said) <= 2
    assert sum(odds is not None and odds > 0 for odds in said) > 0.7 * len(said)
