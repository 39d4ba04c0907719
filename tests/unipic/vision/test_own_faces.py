"""A person's own network for faces: described in a file, checked, and brought to one scale."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from unipic.core.errors import ModelDamaged, ModelError, ModelMissing
from unipic.vision import registry
from unipic.vision.face_net import FaceEncoder
from unipic.vision.own_faces import FILE, JOIN, OwnFaceEncoder, OwnFaces, read_own
from unipic.vision.registry import face_encoder_key, open_face_encoder


def field(number: int, value: bytes | int) -> bytes:
    """A field of a protocol buffer: a small whole number, or bytes."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128, value >> 7])


def shaped(name: bytes, *sizes: int) -> bytes:
    dimensions = b"".join(field(1, b"\x08" + varint(size)) for size in sizes)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions)))


def mean_of_colours() -> bytes:
    """The smallest network there is: float32 [1, 3, 112, 112] -> the mean of each colour, as ONNX."""
    pool = field(1, b"in") + field(2, b"mid") + field(4, b"GlobalAveragePool")
    flat = field(1, b"mid") + field(2, b"out") + field(4, b"Flatten")
    graph = field(1, pool) + field(1, flat) + field(2, b"g")
    graph += field(11, shaped(b"in", 1, 3, 112, 112)) + field(12, shaped(b"out", 1, 3))
    return field(1, 8) + field(7, graph) + field(8, field(1, b"") + field(2, 13))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_MODELS", str(tmp_path))
    return tmp_path


def described(folder: Path, data: bytes | None = None, **said: object) -> None:
    (folder / "net.onnx").write_bytes(mean_of_colours() if data is None else data)
    words = {
        "label": "Mine",
        "licence": "MIT",
        "file": "net.onnx",
        "sha256": hashlib.sha256(mean_of_colours()).hexdigest(),
        "same": 0.5,
        **said,
    }
    lines = (f"{name} = {value if isinstance(value, float) else repr(value)}" for name, value in words.items())
    (folder / FILE).write_text("\n".join(lines))


def tinted(*colours: tuple[int, int, int]) -> np.ndarray:
    return np.stack([np.full((150, 150, 3), colour, np.uint8) for colour in colours])


def test_without_a_description_it_is_dlib_s(folder: Path) -> None:
    assert read_own(folder) is None
    assert isinstance(open_face_encoder("cpu"), FaceEncoder)
    assert "dlib" in face_encoder_key()


@pytest.mark.parametrize("colours", ["BGR", "RGB"])
def test_colours_come_in_the_order_and_scale_it_takes(colours: str, folder: Path) -> None:
    described(folder, colours=colours, mean=100.0, over=50.0)
    encoder = open_face_encoder("cpu")
    assert isinstance(encoder, OwnFaceEncoder)
    assert encoder.key == face_encoder_key()
    (vector,) = encoder.embed(tinted((200, 50, 100)))
    direction = np.array([2.0, -1.0, 0.0]) / np.sqrt(5)
    expected = direction if colours == "RGB" else direction[::-1]
    assert np.allclose(vector[:3] / np.linalg.norm(vector[:3]), expected, atol=1e-5)


def test_its_own_limit_becomes_the_limit_of_all(folder: Path) -> None:
    """Two vectors whose cosine is `same` have the cosine JOIN; equal ones stay equal, and further ones further."""
    described(folder, same=0.6, mean=100.0)
    turn = np.arccos(0.6)
    second = (100 + 100 * np.cos(turn), 100 + 100 * np.sin(turn), 100)
    first, other = open_face_encoder("cpu").embed(tinted((200, 100, 100), tuple(round(one) for one in second)))
    assert abs(float(np.linalg.norm(first)) - 1) < 1e-6
    assert abs(float(first @ other) - JOIN) < 1e-3
    assert abs(float(first @ first) - 1) < 1e-6


def test_what_has_no_numbers_has_no_finite_row(folder: Path) -> None:
    described(folder, mean=100.0)
    assert np.isnan(open_face_encoder("cpu").embed(tinted((100, 100, 100)))[:, :3]).all()


def test_another_file_is_not_loaded(folder: Path) -> None:
    described(folder, data=mean_of_colours() + b" ")
    with pytest.raises(ModelDamaged, match="Mine is damaged"):
        open_face_encoder("cpu")


def test_a_missing_file_is_said(folder: Path) -> None:
    described(folder)
    (folder / "net.onnx").unlink()
    with pytest.raises(ModelMissing, match="Mine is not installed"):
        open_face_encoder("cpu")


def test_a_file_that_is_no_network_is_said(folder: Path) -> None:
    described(folder, data=b"no network", sha256=hashlib.sha256(b"no network").hexdigest())
    with pytest.raises(ModelError, match="Mine cannot be loaded"):
        open_face_encoder("cpu").embed(tinted((1, 2, 3)))


@pytest.mark.parametrize(
    "words", ["label = ", "label = 'a'", "same = 2", "unknown = 1"], ids=["no TOML", "too little", "range", "unknown"]
)
def test_a_description_that_cannot_be_understood_is_said(words: str, folder: Path) -> None:
    described(folder)
    with (folder / FILE).open("a") as file:
        file.write(f"\n{words}" if words != "label = 'a'" else "")
    if words == "label = 'a'":
        (folder / FILE).write_text(words)
    with pytest.raises(ModelError, match=r"faces\.toml cannot be understood"):
        open_face_encoder("cpu")


def test_whatever_changes_its_vectors_changes_its_key() -> None:
    keys = {
        OwnFaces("a", "b", "c", "d" * 64, **given).key
        for given in ({"same": 0.5}, {"same": 0.6}, {"same": 0.5, "mean": 1.0}, {"same": 0.5, "colours": "RGB"})
    }
    assert len(keys) == 4
    assert registry.FACE_ENCODER not in "".join(keys)
