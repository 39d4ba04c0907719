"""MobileNetV3-Small: with random weights made on the spot, with Unipic's own, with ImageNet's where they are."""

import hashlib
import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps
from tests.helpers.checkpoints import PROJECT, REAL_WEIGHTS, make_mobilenet, make_own
from tests.helpers.pictures import scene, shaken

from unipic.core.errors import ModelError, SettingsError
from unipic.core.progress import silent
from unipic.vision import device, mobilenet
from unipic.vision.base import Encoder
from unipic.vision.builtin import BuiltinEncoder
from unipic.vision.manifest import MANIFEST, read_manifest, require
from unipic.vision.mobilenet import BATCH, MobileNetEncoder, UnipicEncoder, read_entries

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make_mobilenet(tmp_path_factory.mktemp("mobilenet"))


@pytest.fixture(scope="module")
def own_file(tmp_path_factory):
    return make_own(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def imagenet(files):
    return MobileNetEncoder(files[0], "cpu")


@pytest.fixture(scope="module")
def own(own_file):
    return UnipicEncoder(own_file, "cpu")


@pytest.fixture(scope="module", params=["imagenet", "own"])
def encoder(request) -> Encoder:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def shipped():
    """The encoder with the weights that are part of the project."""
    return UnipicEncoder(MANIFEST.parent / "unipic_encoder" / "encoder.safetensors", "cpu")


def views(count: int, seed: int = 0) -> np.ndarray:
    """Smooth random colours: pictures rather than noise."""
    small = np.random.default_rng(seed).integers(0, 256, (count, 7, 7, 3), np.uint8)
    return small.repeat(32, axis=1).repeat(32, axis=2)


def test_rows_are_unit_vectors_in_the_order_of_the_views(encoder):
    pictures = views(3)
    vectors = encoder.embed(pictures)
    assert vectors.shape == (3, 576)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(encoder.embed(pictures[::-1]), vectors[::-1], atol=1e-5)
    assert (vectors @ vectors.T)[0, 1] < 0.999, "different pictures, different vectors"


@pytest.mark.parametrize("name", ["imagenet", "own", "builtin"])
def test_a_view_does_not_feel_its_neighbours(name, request):
    """To the last bit: alone, in a batch that is not full, at another place of another batch."""
    encoder = BuiltinEncoder() if name == "builtin" else request.getfixturevalue(name)
    pictures = views(BATCH + 3)
    together = encoder.embed(pictures)
    alone = np.concatenate([encoder.embed(pictures[i : i + 1]) for i in (0, BATCH - 1, BATCH, BATCH + 2)])
    np.testing.assert_array_equal(together[[0, BATCH - 1, BATCH, BATCH + 2]], alone)
    np.testing.assert_array_equal(encoder.embed(pictures[3:][::-1])[::-1], together[3:])


def test_more_threads_do_not_change_a_bit(encoder, monkeypatch):
    import torch

    before = encoder.embed(views(3))
    monkeypatch.setattr(mobilenet, "use_threads", lambda _: torch.set_num_threads(3))
    np.testing.assert_array_equal(encoder.embed(views(3)), before)


def test_the_same_views_give_the_same_bits(encoder):
    assert (encoder.embed(views(4)) == encoder.embed(views(4))).all()


def test_no_views_give_no_rows(encoder):
    assert encoder.embed(np.zeros((0, 224, 224, 3), np.uint8)).shape == (0, 576)


def test_views_that_may_not_be_written_are_read(encoder, recwarn):
    pictures = views(1)
    pictures.flags.writeable = False
    encoder.embed(pictures)
    assert not recwarn.list


def test_both_forms_of_the_weights_are_the_same_model(imagenet, files):
    features = MobileNetEncoder(files[1], "cpu")
    assert (features.embed(views(2)) == imagenet.embed(views(2))).all()


def test_they_say_who_they_are(imagenet, own, files):
    assert imagenet.key == f"mobilenet-{hashlib.sha256(files[0].read_bytes()).hexdigest()[:16]}-float32-2"
    assert own.key.startswith("unipic-")
    assert own.key != UnipicEncoder(MANIFEST.parent / "unipic_encoder" / "encoder.safetensors", "cpu").key
    assert (imagenet.name, imagenet.label) == ("mobilenet", "MobileNetV3-Small (ImageNet)")
    assert (own.name, own.label) == ("unipic", "Unipic's own MobileNetV3-Small")


def test_our_own_is_the_features_with_a_linear_layer_behind_them(own, own_file):
    """The features alone are what the ImageNet class makes of the same file."""
    head = {name: entry.float().numpy() for name, entry in read_entries(own_file, "head.").items()}
    network = own._network.get(silent)
    maps = network.features((_pixels(views(3)) - network.mean) / network.std).mean(dim=(2, 3)).detach().numpy()
    expected = maps @ head["weight"].T + head["bias"]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(own.embed(views(3)), expected, atol=1e-5)
    assert np.abs(expected - MobileNetEncoder(own_file, "cpu").embed(views(3))).max() > 0.01


def _pixels(pictures: np.ndarray):
    import torch

    return torch.tensor(pictures).permute(0, 3, 1, 2).float()


def test_half_as_many_bits_are_for_the_file_alone(own, own_file):
    import torch

    kept = [*read_entries(own_file, "features.").values(), *read_entries(own_file, "head.").values()]
    network = own._network.get(silent)
    assert {entry.dtype for entry in kept} == {torch.float16, torch.int64}
    assert {entry.dtype for entry in (*network.features.parameters(), *network.head.parameters())} == {torch.float32}


def test_weights_without_a_head_are_not_our_own(files):
    """Of a file with the right sha256 it cannot be; were it so, the run would end with this."""
    with pytest.raises(ModelError, match=r"Unipic's own .* cannot be loaded \(.*Missing key.*weight.*pip install"):
        UnipicEncoder(files[1], "cpu").embed(views(1))


def test_weights_that_are_not_there_are_missed_before_anything_is_embedded(tmp_path):
    with pytest.raises(OSError, match="nothing"):
        MobileNetEncoder(tmp_path / "nothing.pth", "cpu")


def test_the_network_is_loaded_by_the_first_view_and_once(own_file):
    encoder = UnipicEncoder(own_file, "cpu")
    steps: list[str] = []
    told = encoder.telling(lambda step: steps.append(step.stage))
    assert told.embed(views(0)).shape == (0, 576)
    assert steps == []
    told.embed(views(1))
    told.embed(views(1))
    encoder.embed(views(1))
    assert steps == ["Loading Unipic's own MobileNetV3-Small"]
    assert encoder._network is told._network


def test_it_is_torchvisions_model_with_torchvisions_preparation(imagenet, files):
    """Against the plain path: the transform's numbers, the pool of the model itself."""
    import torch
    from torchvision.models import MobileNet_V3_Small_Weights, mobilenet_v3_small

    network = mobilenet_v3_small(weights=None).eval()
    network.load_state_dict(torch.load(files[0], weights_only=True))
    prepare = MobileNet_V3_Small_Weights.IMAGENET1K_V1.transforms(resize_size=224)
    with torch.inference_mode():
        x = prepare(torch.tensor(views(2)).permute(0, 3, 1, 2))
        expected = torch.nn.functional.normalize(network.avgpool(network.features(x)).flatten(1), dim=1).numpy()
    np.testing.assert_allclose(imagenet.embed(views(2)), expected, atol=1e-5)


def _view(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB").resize((224, 224), Image.Resampling.BICUBIC))


def _jpeg(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=40)
    return Image.open(file)


COPIES = {
    "smaller": lambda picture: picture.resize((160, 120)),
    "JPEG": _jpeg,
    "mirrored": ImageOps.mirror,
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.3),
    "another shot": shaken,
}


@pytest.mark.parametrize("kind", COPIES)
def test_what_ships_knows_a_picture_again(shipped, kind):
    """Each copy is nearest to its original, though made-up scenes are soft colours alone and all much alike."""
    scenes = [scene(seed) for seed in range(12)]
    originals = shipped.embed(np.stack([_view(picture) for picture in scenes]))
    copies = shipped.embed(np.stack([_view(COPIES[kind](picture)) for picture in scenes]))
    alike = originals @ copies.T
    others = alike[~np.eye(len(scenes), dtype=bool)]
    assert (alike.argmax(axis=1) == np.arange(len(scenes))).all()
    assert np.diag(alike).mean() > others.mean() + 0.06


def test_what_ships_says_where_it_came_from():
    import json

    from safetensors import safe_open

    with safe_open(MANIFEST.parent / "unipic_encoder" / "encoder.safetensors", "pt") as file:
        facts = json.loads(file.metadata()["training"])
    assert (facts["seed"], facts["photos"], facts["steps"]) == (7, 5514, 574)
    assert read_manifest()["mobilenet_v3_small"].forms[1].files[0].sha256 in facts["source"]


def test_without_a_driver_nobody_waits_for_torch_to_say_that_there_is_no_gpu(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    device._driver_is_here.cache_clear()
    monkeypatch.setattr(device.ctypes, "CDLL", _no_library)
    assert device.pick_device("auto") == "cpu"
    device._driver_is_here.cache_clear()


def _no_library(name: str) -> None:
    raise OSError(name)


@pytest.mark.parametrize(("wish", "found", "used"), [("auto", 1, "cuda"), ("auto", 0, "cpu"), ("cpu", 1, "cpu")])
def test_where_there_is_a_driver_torch_says_whether_there_is_a_gpu(wish, found, used, monkeypatch):
    monkeypatch.setattr(device, "_driver_is_here", lambda: True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: bool(found))
    assert device.pick_device(wish) == used


LOADING = """
import sys, numpy as np
from pathlib import Path
from unipic.vision import mobilenet
if sys.argv[2] == "more is asked":
    mobilenet.ModuleType = lambda name: type("Nothing", (), {"__setattr__": lambda *_: None})()
encoder = mobilenet.UnipicEncoder(Path(sys.argv[1]), "cpu")
print(encoder.embed(np.full((2, 224, 224, 3), 90, np.uint8)).tobytes().hex()[:64], "torch._dynamo" in sys.modules)
from torch._dynamo.utils import is_compile_supported, counters
from torchvision.ops import nms, roi_align
import torch
boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 3.9]])
print(len(nms(boxes, torch.tensor([1.0, 0.9]), 0.5)), roi_align(torch.ones(1, 1, 8, 8), [boxes], 2).shape[0])
"""


@pytest.mark.nightly
@pytest.mark.slow
def test_the_network_needs_no_compiler_and_leaves_everything_to_those_who_do(own_file):
    """And a torchvision that asked for more of it would be given all of it."""
    said = {}
    for way in ("as it is", "more is asked"):
        command = [sys.executable, "-c", LOADING, str(own_file), way]
        done = subprocess.run(command, env={"PYTHONPATH": str(PROJECT / "src")}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        said[way] = done.stdout.split()
    assert said["as it is"][1:] == ["False", "1", "2"]
    assert said["more is asked"] == [said["as it is"][0], "True", "1", "2"]


@pytest.mark.slow
def test_half_precision_is_near_enough(own_file, own, monkeypatch):
    """What a GPU does, on the processor: the same code but for where it runs."""
    import torch

    exact, autocast = own.embed(views(5)), torch.autocast
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: autocast("cpu", torch.float16))
    half = UnipicEncoder(own_file, "cpu").embed(views(5))
    assert half.dtype == np.float32
    assert 0 < np.abs(half - exact).max() < 0.005
    assert (half * exact).sum(axis=1).min() > 0.999


def test_cuda_that_is_not_there_is_a_clear_error(files, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SettingsError, match="no CUDA GPU can be used here"):
        MobileNetEncoder(files[0], "cuda")


@pytest.mark.weights
def test_real_weights_know_a_picture_again():
    """A picture and its darker, softer copy are closer than two different pictures."""
    if not (REAL_WEIGHTS / "mobilenet_v3_small").is_dir():
        pytest.skip(f"no real weights at {REAL_WEIGHTS}")
    form = require(read_manifest()["mobilenet_v3_small"], REAL_WEIGHTS)
    encoder = MobileNetEncoder(REAL_WEIGHTS / form.files[0].path, "cpu")
    pictures = views(8, seed=1)
    copies = (pictures * 0.95).astype(np.uint8)
    alike = encoder.embed(pictures) @ encoder.embed(copies).T
    assert np.diag(alike).min() > 0.98
    assert (alike.argmax(axis=1) == np.arange(8)).all()
