"""The linear head: a layer made on the spot; with the real one where it is at hand."""

import shutil

import numpy as np
import pytest
from tests.helpers.checkpoints import REAL_WEIGHTS, make_head

from unipic.core.errors import ModelDamaged
from unipic.vision.aesthetic import AestheticHead
from unipic.vision.manifest import read_manifest, require


def vectors(count: int) -> np.ndarray:
    rows = np.random.default_rng(5).normal(size=(count, 512)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_it_is_the_linear_layer(tmp_path):
    import torch

    path = make_head(tmp_path)
    layer = torch.nn.Linear(512, 1)
    layer.load_state_dict(torch.load(path, weights_only=True))
    with torch.inference_mode():
        expected = layer(torch.tensor(vectors(5)))[:, 0].numpy()
    ratings = AestheticHead(path).rate(vectors(5))
    assert (ratings.shape, ratings.dtype) == ((5,), np.float32)
    np.testing.assert_allclose(ratings, expected, atol=1e-5)


def test_a_row_does_not_feel_its_neighbours(tmp_path):
    head = AestheticHead(make_head(tmp_path))
    np.testing.assert_array_equal(head.rate(vectors(7))[3:4], head.rate(vectors(7)[3:4]))


def test_no_vectors_no_ratings(tmp_path):
    assert AestheticHead(make_head(tmp_path)).rate(np.zeros((0, 512), np.float32)).shape == (0,)


@pytest.mark.parametrize(("inputs", "outputs", "bias"), [(768, 1, True), (512, 2, True), (512, 1, False)])
def test_another_layer_is_refused(tmp_path, inputs, outputs, bias):
    import torch

    path = tmp_path / "head.pth"
    torch.save(torch.nn.Linear(inputs, outputs, bias=bias).state_dict(), path)
    with pytest.raises(ModelDamaged, match=r"head\.pth holds"):
        AestheticHead(path).rate(vectors(1))


@pytest.mark.weights
def test_the_real_head_is_the_manifests_and_loads(tmp_path):
    """Its ratings of chance vectors lie around its bias, as those of pictures without any of its directions do."""
    real = REAL_WEIGHTS / "laion_aesthetic"
    if not real.is_dir():
        pytest.skip(f"no real weights at {REAL_WEIGHTS}")
    (file,) = read_manifest()["laion-aesthetic-vit-b-32"].forms[0].files
    (tmp_path / file.path).parent.mkdir()
    shutil.copy(real / "sa_0_4_vit_b_32_linear.pth", tmp_path / file.path)
    require(read_manifest()["laion-aesthetic-vit-b-32"], tmp_path)
    ratings = AestheticHead(tmp_path / file.path).rate(vectors(200))
    assert ratings.mean() == pytest.approx(3.42, abs=0.5)
    assert ratings.std() == pytest.approx(27.57 / np.sqrt(512), rel=0.2)
