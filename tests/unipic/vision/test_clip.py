"""CLIP from a folder: a random one of two thin layers, in the files of the real one."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.checkpoints import make_clip

from unipic.vision import clip as module
from unipic.vision.clip import ClipScorer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def scorer(folder):
    return ClipScorer(folder, "cpu")


@pytest.fixture(scope="module")
def exact(folder):
    """In float32 on any machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_computes_bfloat16", lambda: False)
        return ClipScorer(folder, "cpu")


def pictures(count: int, height: int = 240, width: int = 320) -> list[np.ndarray]:
    small = np.random.default_rng(3).integers(0, 256, (count, height // 40, width // 40, 3), np.uint8)
    return list(small.repeat(40, axis=1).repeat(40, axis=2))


def test_one_cosine_per_picture(scorer):
    scores = scorer.score(pictures(3), "a sharp photo")
    assert scores.shape == (3,)
    assert scores.dtype == np.float32
    assert (np.abs(scores) <= 1).all()
    assert len(set(scores.tolist())) == 3


def test_pictures_of_all_shapes_and_more_than_a_batch(exact):
    mixed = [*pictures(15), *pictures(3, 400, 120), np.full((1, 1, 3), 9, np.uint8)]
    scores = exact.score(mixed, "a photo")
    alone = [exact.score([picture], "a photo")[0] for picture in mixed]
    np.testing.assert_allclose(scores, alone, atol=1e-5)


def test_three_pixels_wide_is_still_a_picture_with_its_channels_last(exact):
    assert exact.score([np.zeros((3, 300, 3), np.uint8), np.zeros((300, 3, 3), np.uint8)], "x").shape == (2,)


def test_no_pictures_give_no_scores(scorer):
    assert scorer.score([], "a photo").shape == (0,)


def test_it_is_the_cosine_of_the_models_own_embeddings(exact, folder):
    """Against the model's joint forward pass."""
    import torch
    from PIL import Image
    from transformers import CLIPModel, CLIPProcessor

    model = CLIPModel.from_pretrained(folder, local_files_only=True).eval()
    processor = CLIPProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
    images = [Image.fromarray(picture) for picture in pictures(2)]
    with torch.inference_mode():
        out = model(**processor(text=["a dog"], images=images, return_tensors="pt"))
    expected = (out.image_embeds @ out.text_embeds.T)[:, 0].numpy()
    np.testing.assert_allclose(exact.score(pictures(2), "a dog"), expected, atol=1e-5)


def test_bfloat16_is_near_enough(folder, exact, monkeypatch):
    import torch

    monkeypatch.setattr(module, "_computes_bfloat16", lambda: True)
    half = ClipScorer(folder, "cpu")
    assert half._model.dtype == torch.bfloat16
    np.testing.assert_allclose(half.score(pictures(3), "a dog"), exact.score(pictures(3), "a dog"), atol=0.02)


def test_where_torch_no_longer_says_what_the_cpu_can_do_it_is_float32(monkeypatch):
    monkeypatch.delattr("torch.cpu._is_amx_tile_supported", raising=False)
    monkeypatch.delattr("torch.cpu._is_avx512_bf16_supported", raising=False)
    assert not module._computes_bfloat16()


@pytest.mark.parametrize("prompt", ["", "word " * 500, "ein schönes Foto 📷", "x" * 10_000])
def test_any_text_is_read(scorer, prompt):
    assert np.isfinite(scorer.score(pictures(1), prompt)).all()


def test_a_text_is_embedded_once(scorer, monkeypatch):
    before = scorer._text.cache_info().misses
    scorer.score(pictures(1), "asked twice")
    scorer.score(pictures(2), "asked twice")
    assert scorer._text.cache_info().misses == before + 1


def test_many_threads_may_ask_at_once(exact):
    """More texts than are kept, so that the tokenizer is in use all the time."""
    with ThreadPoolExecutor(4) as pool:
        scores = list(pool.map(lambda i: exact.score(pictures(1), f"text {i}")[0], range(24)))
    np.testing.assert_allclose(scores[5], exact.score(pictures(1), "text 5")[0], atol=1e-5)


def test_loading_is_quiet_and_asks_no_server(folder, capfd, monkeypatch):
    from transformers.utils import logging

    def refuse(*_: object) -> None:
        raise AssertionError("a server was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    logging.enable_progress_bar()
    ClipScorer(folder, "cpu")
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert logging.is_progress_bar_enabled(), "as it was before"


def test_a_folder_without_weights_fails_at_once(tmp_path):
    with pytest.raises(OSError, match=str(tmp_path)):
        ClipScorer(tmp_path, "cpu")
