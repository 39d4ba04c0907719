"""MobileNetV3-Small, with random weights made on the spot; with the real ones where they are at hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.checkpoints import REAL_WEIGHTS, make_mobilenet

from unipic.errors import SettingsError
from unipic.vision.manifest import read_manifest, require
from unipic.vision.mobilenet import MobileNetEncoder


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make_mobilenet(tmp_path_factory.mktemp("mobilenet"))


@pytest.fixture(scope="module")
def encoder(files):
    return MobileNetEncoder(files[0], "cpu")


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


def test_both_forms_of_the_weights_are_the_same_model(encoder, files):
    features = MobileNetEncoder(files[1], "cpu")
    assert (features.embed(views(2)) == encoder.embed(views(2))).all()


def test_it_is_torchvisions_model_with_torchvisions_preparation(encoder, files):
    """Against the plain path: the transform's numbers, the pool of the model itself."""
    import torch
    from torchvision.models import MobileNet_V3_Small_Weights, mobilenet_v3_small

    network = mobilenet_v3_small(weights=None).eval()
    network.load_state_dict(torch.load(files[0], weights_only=True))
    prepare = MobileNet_V3_Small_Weights.IMAGENET1K_V1.transforms(resize_size=224)
    with torch.inference_mode():
        x = prepare(torch.tensor(views(2)).permute(0, 3, 1, 2))
        expected = torch.nn.functional.normalize(network.avgpool(network.features(x)).flatten(1), dim=1).numpy()
    np.testing.assert_allclose(encoder.embed(views(2)), expected, atol=1e-5)


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
