"""MobileNetV3-Small: with random weights made on the spot, with Unipic's own, with ImageNet's where they are."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps
from tests.checkpoints import REAL_WEIGHTS, make_mobilenet, make_own
from tests.pictures import scene, shaken

from unipic.errors import SettingsError
from unipic.vision.base import Encoder
from unipic.vision.manifest import MANIFEST, read_manifest, require
from unipic.vision.mobilenet import MobileNetEncoder, UnipicEncoder, read_entries


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


def test_a_view_does_not_feel_its_neighbours(encoder):
    pictures = views(35)  # more than a batch
    together = encoder.embed(pictures)
    alone = np.concatenate([encoder.embed(pictures[i : i + 1]) for i in (0, 31, 32, 34)])
    np.testing.assert_allclose(together[[0, 31, 32, 34]], alone, atol=1e-5)


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


def test_they_say_who_they_are(imagenet, own):
    assert (imagenet.name, imagenet.label) == ("mobilenet", "MobileNetV3-Small (ImageNet)")
    assert (own.name, own.label) == ("unipic", "Unipic's own MobileNetV3-Small")


def test_our_own_is_the_features_with_a_linear_layer_behind_them(own, own_file):
    """The features alone are what the ImageNet class makes of the same file."""
    head = {name: entry.float().numpy() for name, entry in read_entries(own_file, "head.").items()}
    maps = own._network((_pixels(views(3)) - own._mean) / own._std).mean(dim=(2, 3)).detach().numpy()
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
    assert {entry.dtype for entry in kept} == {torch.float16, torch.int64}
    assert {entry.dtype for entry in (*own._network.parameters(), *own._head.parameters())} == {torch.float32}


def test_weights_without_a_head_are_not_our_own(files):
    with pytest.raises(RuntimeError, match=r"Missing key.*weight"):
        UnipicEncoder(files[1], "cpu")


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
