"""CLIP from a folder: a random one of two thin layers, in the files of the real one."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.checkpoints import make_clip, make_head

from unipic.settings import FAULTS
from unipic.vision import clip as module
from unipic.vision.aesthetic import AestheticHead
from unipic.vision.base import Scorer
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


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    return AestheticHead(make_head(tmp_path_factory.mktemp("head")))


def pictures(count: int, height: int = 240, width: int = 320) -> list[np.ndarray]:
    small = np.random.default_rng(3).integers(0, 256, (count, height // 40, width // 40, 3), np.uint8)
    return list(small.repeat(40, axis=1).repeat(40, axis=2))


def bars(picture: np.ndarray) -> np.ndarray:
    """The whole picture in a square, on the mean colour of CLIP's own config."""
    height, width = picture.shape[:2]
    above, left = max(0, width - height) // 2, max(0, height - width) // 2
    square = np.full((max(height, width), max(height, width), 3), (123, 117, 104), np.uint8)
    square[above : above + height, left : left + width] = picture
    return square


def test_one_row_per_picture(scorer):
    kind: Scorer = scorer
    scores = kind.score(pictures(3), "a sharp photo")
    assert (kind.names, scores.shape, scores.dtype) == (("wish",), (3, 1), np.float32)
    assert len(set(scores[:, 0].tolist())) == 3


def test_pictures_of_all_shapes_and_more_than_a_batch(exact):
    mixed = [*pictures(15), *pictures(3, 400, 120), np.full((1, 1, 3), 9, np.uint8)]
    scores = exact.score(mixed, "a photo")
    alone = [exact.score([picture], "a photo")[0] for picture in mixed]
    np.testing.assert_allclose(scores, alone, atol=1e-3)


def test_three_pixels_wide_is_still_a_picture_with_its_channels_last(exact):
    assert exact.score([np.zeros((3, 300, 3), np.uint8), np.zeros((300, 3, 3), np.uint8)], "x").shape == (2, 1)


def test_no_pictures_give_no_scores(scorer, head):
    assert scorer.score([], "a photo").shape == (0, 1)
    assert scorer.with_head(head).score([], "a photo").shape == (0, 2)


def test_the_wish_is_the_log_odds_of_the_models_own_softmax(exact, folder):
    """Against the model's joint forward pass, and torch's softmax."""
    import torch
    from PIL import Image
    from transformers import CLIPModel, CLIPProcessor

    model = CLIPModel.from_pretrained(folder, local_files_only=True).eval()
    processor = CLIPProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
    images = [Image.fromarray(bars(picture)) for picture in pictures(2)]
    texts = ["a dog", *FAULTS]
    with torch.inference_mode():
        out = model(**processor(text=texts, images=images, return_tensors="pt", padding=True))
    chance = torch.softmax(100 * (out.image_embeds @ out.text_embeds.T).double(), dim=1)[:, 0]
    np.testing.assert_allclose(exact.score(pictures(2), "a dog")[:, 0], torch.logit(chance).numpy(), atol=1e-3)


def test_what_looks_like_the_wish_is_above_what_looks_like_a_fault(exact, monkeypatch):
    """Pictures and texts by hand: each text an axis, each picture a mixture of two of them."""
    axes = np.eye(len(FAULTS) + 1, dtype=np.float32)
    texts = dict(zip(("a dog", *FAULTS), axes, strict=True))
    pure, fault, half, neither = axes[0], axes[3], (axes[0] + axes[3]) / np.sqrt(2), np.zeros_like(axes[0])
    monkeypatch.setattr(exact, "_text", texts.__getitem__)
    monkeypatch.setattr(exact, "_embed", lambda _: np.stack([pure, half, neither, fault]))
    scores = exact.score(pictures(4), "a dog")[:, 0]
    assert (np.diff(scores) < 0).all(), "the wish alone, wish and fault, neither, the fault alone"
    assert np.isfinite(scores).all()
    assert scores[1] == pytest.approx(0, abs=1e-3), "half and half"
    assert scores[2] == pytest.approx(-np.log(len(FAULTS)), abs=1e-3), "as likely as each fault"


def test_the_edges_of_a_picture_are_seen(exact):
    """CLIP's own crop would not see them."""
    plain = np.full((200, 400, 3), 90, np.uint8)
    edge = plain.copy()
    edge[:, -60:] = 255
    a, b = exact.score([plain, edge], "a photo")
    assert abs(a - b) > 1e-3


@pytest.mark.parametrize("shape", [(30, 40), (40, 30), (40, 40), (1, 9), (8, 5)])
def test_a_picture_keeps_every_pixel_in_its_square(exact, shape):
    picture = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    np.testing.assert_array_equal(module._square(picture, exact._mean), bars(picture))


def test_the_head_rates_the_same_vectors_beside_the_wish(exact, head):
    both = exact.with_head(head)
    scores = both.score(pictures(18), "a dog")
    assert (both.names, scores.shape, scores.dtype) == (("wish", "aesthetic"), (18, 2), np.float32)
    assert both.label == "CLIP ViT-B/32 and LAION's aesthetic head"
    np.testing.assert_array_equal(scores[:, :1], exact.score(pictures(18), "a dog"))
    np.testing.assert_allclose(scores[:16, 1], head.rate(exact._embed(pictures(18)[:16])), atol=1e-5)
    assert (exact.names, exact.label) == (("wish",), "CLIP ViT-B/32"), "the plain one is as it was"
    assert both._model is exact._model


def test_the_aesthetic_rating_does_not_hear_the_wish(exact, head):
    one, other = (exact.with_head(head).score(pictures(2), prompt) for prompt in ("a dog", "a cat"))
    np.testing.assert_array_equal(one[:, 1], other[:, 1])
    assert (one[:, 0] != other[:, 0]).all()


def test_bfloat16_is_near_enough(folder, exact, monkeypatch):
    import torch

    monkeypatch.setattr(module, "_computes_bfloat16", lambda: True)
    half = ClipScorer(folder, "cpu")
    assert half._model.dtype == torch.bfloat16
    np.testing.assert_allclose(half._text("a dog"), exact._text("a dog"), atol=0.02)
    np.testing.assert_allclose(half._embed(pictures(3)), exact._embed(pictures(3)), atol=0.02)


def test_where_torch_no_longer_says_what_the_cpu_can_do_it_is_float32(monkeypatch):
    monkeypatch.delattr("torch.cpu._is_amx_tile_supported", raising=False)
    monkeypatch.delattr("torch.cpu._is_avx512_bf16_supported", raising=False)
    assert not module._computes_bfloat16()


@pytest.mark.parametrize("prompt", ["", "word " * 500, "ein schönes Foto 📷", "x" * 10_000])
def test_any_text_is_read(scorer, prompt):
    assert np.isfinite(scorer.score(pictures(1), prompt)).all()


def test_a_text_is_embedded_once(scorer, head):
    """The faults too, with a head and without."""
    scorer.score(pictures(1), "asked before")
    before = scorer._text.cache_info().misses
    scorer.score(pictures(1), "asked twice")
    scorer.with_head(head).score(pictures(2), "asked twice")
    assert scorer._text.cache_info().misses == before + 1


def test_many_threads_may_ask_at_once(exact):
    """More texts than are kept, so that the tokenizer is in use all the time."""
    with ThreadPoolExecutor(4) as pool:
        scores = list(pool.map(lambda i: exact.score(pictures(1), f"text {i}")[0], range(24)))
    np.testing.assert_allclose(scores[5], exact.score(pictures(1), "text 5")[0], atol=1e-3)


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
