"""Faces are found where they are, however the picture is cut or coloured; nothing breaks, and nothing is printed."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.helpers.drawn_faces import face, group
from tests.helpers.pictures import scene

from unipic.core.errors import ModelDamaged, ModelError
from unipic.core.face import Face, overlap
from unipic.core.settings import PROJECT
from unipic.vision import faces, registry
from unipic.vision.base import Part
from unipic.vision.faces import FaceFinder
from unipic.vision.manifest import MANIFEST
from unipic.vision.registry import FACES, open_faces

THREE = {(20, 60, 120): 0, (200, 60, 200): 1, (430, 100, 160): 2}  # left, top and size of the square, and whose


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return open_faces()


def found(finder: FaceFinder, picture: Image.Image | np.ndarray) -> list[Part]:
    (parts,) = finder.find([np.asarray(picture)])
    return parts


def box(part: Part) -> tuple[float, float, float, float]:
    assert part.box
    return part.box


def test_each_face_is_found_where_it_is_the_largest_first(finder: FaceFinder) -> None:
    parts = found(finder, group(THREE))
    middles = [((box(part)[0] + box(part)[2]) / 2 * 640, (box(part)[1] + box(part)[3]) / 2 * 480) for part in parts]
    expected = [(left + size / 2, top + size / 2) for left, top, size in sorted(THREE, key=lambda one: -one[2])]
    assert np.abs(np.array(middles) - expected).max() < 12
    assert all(part.kind == "face" and part.facts["score"] >= faces.SURE for part in parts)
    for part in parts:
        right_eye, left_eye, nose, right_mouth, left_mouth = part.facts["points"]
        assert right_eye[0] < nose[0] < left_eye[0]
        assert right_eye[1] < nose[1] < right_mouth[1]
        assert right_mouth[0] < left_mouth[0]


def test_a_part_is_named_as_the_key_of_a_face_ends(finder: FaceFinder) -> None:
    for part in found(finder, group(THREE)):
        seen = Face("digest", box(part), tuple(map(tuple, part.facts["points"])), part.facts["score"], 100.0)
        assert f"digest {part.name.removeprefix('face ')}" == seen.key


@pytest.mark.parametrize("fills", [0.75, 1.0])
def test_a_face_that_fills_the_picture_is_found_by_looking_again(
    fills: float, finder: FaceFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut at the eyebrows, chin and ears."""
    side = round(960 * 0.55 / fills)
    close = face(3, 960).crop((480 - side // 2, 500 - side // 2, 480 + side // 2, 500 + side // 2)).resize((640, 640))
    (part,) = found(finder, close)
    assert box(part)[2] - box(part)[0] > 0.6
    looked = []
    whole = FaceFinder._at
    monkeypatch.setattr(FaceFinder, "_at", lambda self, *how: looked.append(how[1:]) or whole(self, *how))
    found(finder, close)
    assert looked == [(640,), (320, 0.25)]


def test_one_face_is_one_part_though_it_is_looked_for_twice(finder: FaceFinder) -> None:
    assert [len(found(finder, face(seed, 640))) for seed in range(4)] == [1, 1, 1, 1]


def test_a_face_at_the_border_has_a_box_inside_the_picture_and_its_points_where_they_are(
    finder: FaceFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = faces.Found((-20.0, 10.0, 30.0, 120.0), ((-4.0, 40.0), *[(10.0, 50.0)] * 4), 0.9)
    monkeypatch.setattr(FaceFinder, "_at", lambda *_: [outside])
    (part,) = found(finder, np.zeros((100, 100, 3), np.uint8))
    assert part.box == (0, 0.1, 0.3, 1)
    assert part.facts["points"][0] == [-0.04, 0.4]


@pytest.mark.parametrize("size", [(320, 320), (900, 1400), (4000, 1000)])
def test_pictures_of_any_size_have_the_same_face_at_the_same_place(size: tuple[int, int], finder: FaceFinder) -> None:
    wall = Image.new("RGB", size, (150, 152, 148))
    side = min(size) * 3 // 4
    wall.paste(face(1, side), (size[0] // 8, size[1] // 8))
    (part,) = found(finder, wall)
    square = (1 / 8, 1 / 8, 1 / 8 + side / size[0], 1 / 8 + side / size[1])
    assert overlap(box(part), square) > 0.2
    assert overlap(box(part), square) < 0.6


def test_grey_pictures_have_faces_too(finder: FaceFinder) -> None:
    assert len(found(finder, group(THREE).convert("L").convert("RGB"))) == 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 640), (640, 1), (31, 33)])
def test_odd_shapes_break_nothing(shape: tuple[int, int], finder: FaceFinder) -> None:
    assert finder.find([np.zeros((*shape, 3), np.uint8), np.full((*shape, 3), 255, np.uint8)]) == [[], []]


def test_pictures_without_faces_have_none(finder: FaceFinder) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    assert finder.find([np.asarray(scene(3)), noise]) == [[], []]


def test_the_same_picture_has_the_same_parts_whatever_was_looked_at_before(finder: FaceFinder) -> None:
    picture, other = np.asarray(group(THREE)), np.asarray(face(2, 200))
    alone = [(part.name, part.box, part.facts) for part in found(finder, picture)]
    _, after = finder.find([other, picture])
    assert [(part.name, part.box, part.facts) for part in after] == alone
    assert len({part.name for part in after}) == len(after)


def test_several_threads_find_what_one_does(finder: FaceFinder) -> None:
    """Of pictures of other sizes in turn: a network remembers the size it was given last."""
    pictures = [
        np.asarray(one) for seed in range(8) for one in (group(THREE), scene(seed).resize((200 + 40 * seed, 320)))
    ]
    with ThreadPoolExecutor(4) as pool:
        by_many = list(pool.map(lambda picture: finder.find([picture])[0], pictures))
    by_one = finder.find(pictures)
    told = [[[(part.name, part.box, part.facts) for part in parts] for parts in found] for found in (by_many, by_one)]
    assert told[0] == told[1]
    assert told[0][0]


def test_nothing_is_printed_and_nothing_is_fetched() -> None:
    """OpenCV 5 warns of its own engine for every detector."""
    script = (
        f"import sys; sys.path.insert(0, {str(PROJECT / 'src')!r}); import numpy as np; "
        "from unipic.vision.registry import open_faces; "
        "print(open_faces().find([np.zeros((64, 64, 3), np.uint8)]), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("[[]] False\n", "")


@pytest.mark.parametrize("harm", ["damaged", "gone"])
def test_a_damaged_model_is_said_and_not_loaded(harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_opened", {})
    (tmp_path / "manifest.toml").write_text(MANIFEST.read_text(encoding="utf-8"))
    if harm == "damaged":
        data = bytearray((MANIFEST.parent / "yunet" / "face_detection_yunet_2023mar.onnx").read_bytes())
        data[len(data) // 2] ^= 1
        (tmp_path / "yunet").mkdir()
        (tmp_path / "yunet" / "face_detection_yunet_2023mar.onnx").write_bytes(data)
    with pytest.raises(ModelDamaged, match=r"YuNet is (damaged|not installed).*It is part of Unipic"):
        open_faces(tmp_path / "manifest.toml")


def test_without_opencv_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_opened", {})
    monkeypatch.setattr(registry, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="YuNet needs cv2"):
        open_faces()
    assert FACES == faces.NAME
