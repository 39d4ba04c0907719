"""CLIP from a folder: a random one of two thin layers, in the files of the real one."""

import socket
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from tests.helpers.checkpoints import make_clip, make_head
from tests.helpers.pictures import blurred, scene

from unipic.core.progress import silent
from unipic.core.settings import FAULTS
from unipic.vision import device, text as module
from unipic.vision.aesthetic import AestheticHead
from unipic.vision.base import Scorer
from unipic.vision.clip import ClipScorer
from unipic.vision.text import OPENAI, LocalTextEncoder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def scorer(folder):
    return opened(folder)


@pytest.fixture(scope="module")
def exact(folder):
    """In float32 on any machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "computes_bfloat16", lambda: False)
        return opened(folder)


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    return AestheticHead(make_head(tmp_path_factory.mktemp("head")))


def opened(folder):
    return ClipScorer(LocalTextEncoder(folder, OPENAI, "cpu"))


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


@pytest.mark.slow
def test_no_picture_feels_its_neighbours_in_all_shapes_and_more_than_a_batch(exact, scorer):
    """To the last bit, in each number format this machine computes with."""
    mixed = [*pictures(15), *pictures(3, 400, 120), np.full((1, 1, 3), 9, np.uint8)]
    for each in (exact, scorer):
        scores = each.score(mixed, "a photo")
        alone = [each.score([picture], "a photo")[0] for picture in mixed]
        np.testing.assert_array_equal(scores, alone)
        np.testing.assert_array_equal(each.score(mixed[::-1], "a photo"), scores[::-1])


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
    images = [Image.fromarray(OPENAI.square.of(picture)) for picture in pictures(2)]
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
    monkeypatch.setattr(exact.encoder, "text_vector", texts.__getitem__)
    monkeypatch.setattr(exact.encoder, "embed", lambda _: np.stack([pure, half, neither, fault]))
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


@pytest.mark.parametrize(("width", "height"), [(640, 480), (427, 640), (300, 300), (640, 361)])
def test_the_whole_picture_is_in_the_middle_of_its_square(width, height):
    """As if bars were added first and all of it made smaller, which takes longer; but for the very edges."""
    picture = np.asarray(blurred(scene(3, width, height), max(width, height) / 80))
    slow = Image.fromarray(bars(picture)).resize((224, 224), Image.Resampling.BICUBIC)
    apart = np.abs(OPENAI.square.of(picture).astype(int) - np.asarray(slow)).mean(axis=2)
    assert np.median(apart) <= 1
    assert apart.mean() < 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2000, 3)])
def test_a_picture_of_any_shape_is_a_square(shape):
    square = OPENAI.square.of(np.full((*shape, 3), 250, np.uint8))
    assert (square.shape, square.dtype) == ((224, 224, 3), np.uint8)
    assert (square == 250).all(axis=2).any()


def as_stored(vectors):
    return vectors.astype(np.float16).astype(np.float32)


def test_the_head_rates_the_same_vectors_beside_the_wish(exact, head):
    both = exact.with_head(head)
    scores = both.score(pictures(18), "a dog")
    assert (both.names, scores.shape, scores.dtype) == (("wish", "aesthetic"), (18, 2), np.float32)
    assert both.label == "CLIP ViT-B/32 and LAION's aesthetic head"
    np.testing.assert_array_equal(scores[:, :1], exact.score(pictures(18), "a dog"))
    np.testing.assert_array_equal(scores[:, 1], head.rate(as_stored(exact.encoder.embed(pictures(18)))))
    assert (exact.names, exact.label) == (("wish",), "CLIP ViT-B/32"), "the plain one is as it was"
    assert both.encoder is exact.encoder
    assert (exact.key in both.key, head.key in both.key) == (True, True)


def test_the_aesthetic_rating_does_not_hear_the_wish(exact, head):
    one, other = (exact.with_head(head).score(pictures(2), prompt) for prompt in ("a dog", "a cat"))
    np.testing.assert_array_equal(one[:, 1], other[:, 1])
    assert (one[:, 0] != other[:, 0]).all()


def test_bfloat16_is_near_enough(folder, exact, monkeypatch):
    import torch

    monkeypatch.setattr(module, "computes_bfloat16", lambda: True)
    half = opened(folder)
    assert half.encoder.pictures.network.get(silent).dtype == torch.bfloat16
    assert half.key != exact.key, "their scores are not the same"
    np.testing.assert_allclose(half.encoder.text_vector("a dog"), exact.encoder.text_vector("a dog"), atol=0.02)
    np.testing.assert_allclose(half.encoder.embed(pictures(3)), exact.encoder.embed(pictures(3)), atol=0.02)


@pytest.mark.parametrize(
    ("said", "computes"),
    [
        ("flags : fpu avx512f avx512_bf16 amx_tile", True),
        ("flags : fpu avx512f", False),
        ("bugs : avx512_bf16", False),
        ("", False),
        (None, False),
    ],
)
def test_float32_where_the_system_does_not_say_that_the_processor_has_bfloat16(said, computes, monkeypatch):
    def read(*_: object, **__: object) -> str:
        if said is None:
            raise FileNotFoundError
        return f"processor : 0\n{said}\n"

    monkeypatch.setattr(device.Path, "read_text", read)
    device.computes_bfloat16.cache_clear()
    found = device.computes_bfloat16()
    device.computes_bfloat16.cache_clear()
    assert found == computes


def test_texts_are_cut_into_the_tokens_of_the_model_s_own_processor(exact, folder):
    from transformers import CLIPProcessor

    processor = CLIPProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
    for text in ("a dog", "ein schönes Foto 📷", *FAULTS):
        assert exact.encoder.texts.network.get(silent)[0].of([text])[0] == processor.tokenizer(text)["input_ids"]


@pytest.mark.parametrize("prompt", ["", "word " * 500, "ein schönes Foto 📷", "x" * 10_000])
def test_any_text_is_read(scorer, prompt):
    assert np.isfinite(scorer.score(pictures(1), prompt)).all()


def test_a_text_is_embedded_once(scorer, head):
    """The faults too, with a head and without."""
    scorer.score(pictures(1), "asked before")
    before = scorer.encoder.text_vector.cache_info().misses
    scorer.score(pictures(1), "asked twice")
    scorer.with_head(head).score(pictures(2), "asked twice")
    assert scorer.encoder.text_vector.cache_info().misses == before + 1


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
    opened(folder).score(pictures(1), "a photo")
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert logging.is_progress_bar_enabled(), "as it was before"


def test_a_folder_without_weights_fails_at_once(tmp_path):
    with pytest.raises(OSError, match=str(tmp_path)):
        opened(tmp_path)
