"""Text encoders from folders: random ones of two thin layers, in the files of the real ones."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.checkpoints import make_clip, make_open_clip, make_siglip

from unipic.core.errors import ModelError
from unipic.core.progress import silent
from unipic.vision import text as module
from unipic.vision._pictures import Square
from unipic.vision._texts import Tokens
from unipic.vision.base import Cutoff, TextEncoder
from unipic.vision.cutoffs import read_cutoffs
from unipic.vision.text import DATACOMP, KINDS, OPENAI, SIGLIP2, LocalTextEncoder

pytestmark = pytest.mark.slow

WORDS = Path(__file__).with_name("clip_words.json")  # those of OpenAI's vocabulary that a few sentences are made of
MAKE = {"openai": make_clip, "datacomp": lambda folder: make_open_clip(folder)[0], "siglip2": make_siglip}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {name: make(tmp_path_factory.mktemp(name)) for name, make in MAKE.items()}


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """In float32 on any machine."""
    monkeypatch.setattr(module, "computes_bfloat16", lambda: False)


def pictures(count: int, height: int = 240, width: int = 320) -> list[np.ndarray]:
    small = np.random.default_rng(3).integers(0, 256, (count, height // 40, width // 40, 3), np.uint8)
    return list(small.repeat(40, axis=1).repeat(40, axis=2))


def test_the_names_are_the_best_first():
    assert list(KINDS) == ["siglip2", "datacomp", "openai"]


@pytest.mark.parametrize("name", KINDS)
def test_pictures_and_texts_have_vectors_of_one_space(folders, name):
    encoder: TextEncoder = LocalTextEncoder(folders[name], KINDS[name], "cpu")
    seen, read = encoder.embed(pictures(3)), encoder.embed_texts(["a dog", "a cat"])
    assert (seen.dtype, read.dtype, seen.shape[0], read.shape[0]) == (np.float32, np.float32, 3, 2)
    assert seen.shape[1] == read.shape[1]
    for rows in (seen, read):
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
        assert np.abs(rows[0] - rows[1]).max() > 1e-4
    assert encoder.embed([]).shape[0] == 0


def test_a_query_is_read_once_and_many_texts_together(folders, monkeypatch):
    encoder, read = LocalTextEncoder(folders["siglip2"], SIGLIP2, "cpu"), []
    embed = encoder.texts.embed
    monkeypatch.setattr(
        encoder.texts, "embed", lambda texts, progress: read.append(len(texts)) or embed(texts, progress)
    )
    once, again = encoder.embed_texts(["a dog"]), encoder.embed_texts(["a dog", "a cat"])
    np.testing.assert_array_equal(once[0], again[0])
    many = encoder.embed_texts(["a dog"] * 20)
    np.testing.assert_allclose(many[7], once[0], atol=1e-5)
    assert read == [1, 1, 20]


@pytest.mark.parametrize("name", KINDS)
def test_each_half_is_loaded_by_itself(folders, name):
    encoder = LocalTextEncoder(folders[name], KINDS[name], "cpu")
    encoder.embed(pictures(1))
    assert (encoder.pictures.network.here, encoder.texts.network.here) == (True, False)
    encoder = LocalTextEncoder(folders[name], KINDS[name], "cpu")
    encoder.embed_texts(["a dog"])
    assert (encoder.pictures.network.here, encoder.texts.network.here) == (False, True)


@pytest.mark.parametrize("name", ["openai", "siglip2"])
def test_either_half_computes_what_the_whole_model_of_transformers_does(folders, name):
    import torch
    from transformers import CLIPModel, SiglipModel

    folder, kind = folders[name], KINDS[name]
    encoder = LocalTextEncoder(folder, kind, "cpu")
    whole = (CLIPModel if name == "openai" else SiglipModel).from_pretrained(folder, local_files_only=True).eval()
    squares = np.stack([kind.square.of(picture) for picture in pictures(2)])
    mean, std = (np.array(numbers, np.float32) * 255 for numbers in (kind.square.mean, kind.square.std))
    pixels = torch.tensor((squares - mean) / std).permute(0, 3, 1, 2)
    ids = torch.tensor(Tokens(folder / "tokenizer.json", kind.reading).of(["a dog on a beach", "snow"]))
    with torch.inference_mode():
        seen = whole.get_image_features(pixel_values=pixels).pooler_output.numpy()
        read = whole.get_text_features(input_ids=ids).pooler_output.numpy()
    for ours, theirs in ((encoder.embed(pictures(2)), seen), (encoder.embed_texts(["a dog on a beach", "snow"]), read)):
        np.testing.assert_allclose(ours, theirs / np.linalg.norm(theirs, axis=1, keepdims=True), atol=1e-5)


def test_open_clips_weights_compute_what_open_clip_computes(tmp_path):
    """Against a network written with torch's own attention, whose three matrices are one."""
    import torch

    folder, network = make_open_clip(tmp_path)
    encoder = LocalTextEncoder(folder, DATACOMP, "cpu")
    squares = np.stack([DATACOMP.square.of(picture) for picture in pictures(2)])
    mean, std = (np.array(numbers, np.float32) * 255 for numbers in (DATACOMP.square.mean, DATACOMP.square.std))
    texts = ["a dog", "snow on the hills"]
    with torch.inference_mode():
        seen = network.encode_image(torch.tensor((squares - mean) / std).permute(0, 3, 1, 2)).numpy()
        ids = Tokens(folder / "tokenizer.json", DATACOMP.reading).of(texts)
        read = network.encode_text(torch.tensor(ids)).numpy()
    for ours, theirs in ((encoder.embed(pictures(2)), seen), (encoder.embed_texts(texts), read)):
        np.testing.assert_allclose(ours, theirs / np.linalg.norm(theirs, axis=1, keepdims=True), atol=1e-4)


# Tokens.


@pytest.fixture(scope="module")
def openai_words(tmp_path_factory):
    """OpenAI's tokenizer, with a part of its vocabulary: words have the numbers they have in all of it."""
    from transformers import CLIPTokenizer

    words = json.loads(WORDS.read_text(encoding="utf-8"))
    folder = tmp_path_factory.mktemp("words")
    CLIPTokenizer(vocab=words["vocab"], merges=[tuple(pair) for pair in words["merges"]]).save_pretrained(folder)
    return Tokens(folder / "tokenizer.json", OPENAI.reading)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello World!", [49406, 3306, 1002, 256, 49407]),  # as OpenAI's notebook shows it
        ("a photo of a cat", [49406, 320, 1125, 539, 320, 2368, 49407]),
        ("  A  PHOTO of a\nDog ", [49406, 320, 1125, 539, 320, 1929, 49407]),
        ("", [49406, 49407]),
    ],
)
def test_texts_are_cut_into_the_tokens_that_openai_publishes(openai_words, text, tokens):
    assert openai_words.of([text]) == [tokens]


def test_short_texts_of_a_batch_are_filled_with_zeros(openai_words):
    assert openai_words.of(["a cat", "a photo of a cat"])[0] == [49406, 320, 2368, 49407, 0, 0, 0]


def test_a_text_that_is_too_long_is_cut_and_its_end_stays_marked(openai_words):
    (tokens,) = openai_words.of(["a cat " * 100])
    assert (len(tokens), tokens[0], tokens[-1]) == (77, 49406, 49407)
    assert openai_words.read_part("a cat " * 100) == ("a cat " * 100)[: len("a cat " * 37) + 1]
    assert openai_words.read_part("A Photo of a cat") == "A Photo of a cat"


def test_siglip_reads_small_letters_always_64_tokens_with_an_end(folders):
    """Its tokenizer tells large letters from small ones, which it was not taught to."""
    tokens = Tokens(folders["siglip2"] / "tokenizer.json", SIGLIP2.reading)
    small, large = tokens.of(["a dog", "A Dog"])
    assert small == large
    assert small[5] == 1
    assert (len(small), small[6:]) == (64, [0] * 58)
    raw = Tokens(folders["siglip2"] / "tokenizer.json", replace(SIGLIP2.reading, lower=False))
    assert raw.of(["a dog"]) == [small]
    assert raw.of(["A Dog"]) != [small]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("text", ["", "🏖️", "/etc/passwd", "x " * 5_000, "Zürich 東京", "<b>'; DROP TABLE file; --"])
def test_any_text_has_a_vector_and_a_long_one_is_told(folders, name, text):
    encoder = LocalTextEncoder(folders[name], KINDS[name], "cpu")
    assert np.isfinite(encoder.embed_texts([text])).all()
    part = encoder.read_part(text)
    assert text.startswith(part)
    assert (part == text) == (len(text) < 100)
    np.testing.assert_allclose(encoder.embed_texts([part]), encoder.embed_texts([text]), atol=1e-5)


# Pictures.


def test_the_middle_is_what_transformers_preprocessing_of_clip_crops():
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    ours = Square(224, "crop").of(pictures(1, 240, 360)[0])
    processor = CLIPImageProcessorPil(do_normalize=False, do_rescale=False)
    theirs = processor(pictures(1, 240, 360)[0], return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_squashed_is_what_transformers_preprocessing_of_siglip_does():
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    size = {"height": 256, "width": 256}
    processor = SiglipImageProcessorPil(size=size, resample=2, do_normalize=False, do_rescale=False)
    theirs = processor(pictures(1)[0], return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
    assert np.abs(SIGLIP2.square.of(pictures(1)[0]).astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("fit", ["bars", "crop", "squash"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (300, 3), (240, 320)])
def test_a_picture_of_any_shape_is_a_square(fit, shape):
    square = Square(64, fit).of(np.full((*shape, 3), 250, np.uint8))
    assert (square.shape, square.dtype) == ((64, 64, 3), np.uint8)
    assert (square == 250).all(axis=2).any()
    assert (square == 250).all() == (fit != "bars" or shape[0] == shape[1])


# What is refused.


def changed(folder: Path, to: Path, **config: object) -> Path:
    shutil.copytree(folder, to)
    facts = json.loads((to / "config.json").read_text())
    for side in ("vision_config", "text_config"):
        facts[side] |= config
    (to / "config.json").write_text(json.dumps(facts))
    return to


@pytest.mark.parametrize("name", ["openai", "siglip2"])
def test_another_kind_of_gelu_is_refused(folders, name, tmp_path):
    folder = changed(folders[name], tmp_path / "other", hidden_act="gelu")
    with pytest.raises(ModelError, match="its config says gelu, and the model was taught with"):
        LocalTextEncoder(folder, KINDS[name], "cpu").embed_texts(["a dog"])


@pytest.mark.parametrize("name", ["openai", "siglip2"])
def test_weights_that_are_not_all_there_are_refused(folders, name, tmp_path):
    folder = changed(folders[name], tmp_path / "other", num_hidden_layers=3)
    with pytest.raises(ModelError, match="the weights do not fit the network: missing keys"):
        LocalTextEncoder(folder, KINDS[name], "cpu").embed(pictures(1))


def test_a_text_without_numbers_is_refused(folders, monkeypatch):
    import torch

    encoder = LocalTextEncoder(folders["openai"], OPENAI, "cpu")
    network = encoder.texts.network.get(silent)[1]
    for bad in (float("nan"), 0.0):
        with monkeypatch.context() as patch, torch.inference_mode():
            patch.setattr(type(network), "vectors", lambda *_, bad=bad, **__: torch.full((1, 4), bad))
            with pytest.raises(ModelError, match="CLIP ViT-B/32 gives no numbers for a text"):
                encoder.embed_texts(["a dog"])


# Keys and cut-offs.


def test_the_key_changes_with_weights_preparation_and_number_format(folders, monkeypatch, tmp_path):
    first = LocalTextEncoder(folders["openai"], OPENAI, "cpu")
    cropped = replace(OPENAI, square=Square(224, "crop"))
    assert LocalTextEncoder(folders["openai"], cropped, "cpu").key != first.key
    other = shutil.copytree(folders["openai"], tmp_path / "other")
    with (other / "model.safetensors").open("ab") as file:
        file.write(b" ")
    assert LocalTextEncoder(other, OPENAI, "cpu").key != first.key
    monkeypatch.setattr(module, "computes_bfloat16", lambda: True)
    half = LocalTextEncoder(folders["openai"], OPENAI, "cpu")
    assert (half.key != first.key, half.space == first.space) == (True, True)
    np.testing.assert_allclose(half.embed(pictures(2)), first.embed(pictures(2)), atol=0.02)


def test_a_cutoff_belongs_to_the_weights_it_was_measured_with(folders, tmp_path):
    space = LocalTextEncoder(folders["openai"], OPENAI, "cpu").space
    file = tmp_path / "cutoffs.toml"
    file.write_text(f'["{space}"]\nfound = 0.02\nmaybe = -0.01\nmeasured_on = "two classes"\n')
    cutoffs = read_cutoffs(file)
    assert LocalTextEncoder(folders["openai"], OPENAI, "cpu", cutoffs).cutoff == Cutoff(0.02, -0.01, "two classes")
    assert LocalTextEncoder(folders["siglip2"], SIGLIP2, "cpu", cutoffs).cutoff is None
    assert read_cutoffs(tmp_path / "none.toml") == {}
