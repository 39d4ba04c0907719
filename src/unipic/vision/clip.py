"""CLIP: how well a picture fits the wish, compared with faults. Weights come from a local folder only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from PIL import Image

from unipic.core.progress import Progress, silent
from unipic.core.settings import FAULTS
from unipic.vision.aesthetic import AestheticHead
from unipic.vision.base import VIEW
from unipic.vision.device import computes_bfloat16, filled, pick_device, to_device, use_threads
from unipic.vision.loading import Loaded
from unipic.vision.manifest import sha256

if TYPE_CHECKING:
    import torch

BATCH = 16  # a fixed size: see device.filled
LENGTH = 77  # tokens of a text, including the two that mark its ends
PROMPTS = 64  # texts whose vectors are cached
SCALE = 100.0  # CLIP's learned temperature; its file rounds it differently in each number format
VERSION = 2  # raised when scores change with the same weights
MEAN = (0.48145466, 0.4578275, 0.40821073)  # of CLIP's training data, RGB
STD = (0.26862954, 0.26130258, 0.27577711)
BARS = tuple(round(255 * channel) for channel in MEAN)


@dataclass(frozen=True)
class Network:
    """The loaded network."""

    model: Any
    tokenizer: Any
    mean: torch.Tensor  # [3, 1, 1], 0..255
    std: torch.Tensor


class ClipScorer:
    """A Scorer by CLIP."""

    name = "clip"
    label = "CLIP ViT-B/32"
    names: tuple[str, ...] = ("wish",)

    def __init__(self, folder: Path, device: str = "auto") -> None:
        """OSError if there are no weights in the folder."""
        self._folder, self._device = folder, pick_device(device)
        self._numbers = _numbers(self._device)
        self._progress: Progress = silent
        self._network = Loaded(self.label, self._load)
        self._head: AestheticHead | None = None
        self._tokenizing = Lock()  # a tokenizer fails if two threads use it at once
        self._text = lru_cache(PROMPTS)(self._embed_text)
        faults = hashlib.sha256("\n".join(FAULTS).encode()).hexdigest()
        weights = sha256(folder / "model.safetensors")
        self.key = f"{self.name}-{weights[:16]}-{self._numbers}-{faults[:8]}-{VERSION}"

    def telling(self, progress: Progress) -> Self:
        """The same model and network, reporting its loading to `progress`."""
        scorer = copy(self)
        scorer._progress = progress
        return scorer

    def with_head(self, head: AestheticHead) -> Self:
        """The same model and network, with "aesthetic" as another column."""
        scorer = copy(self)
        scorer._head, scorer.names = head, (*self.names, "aesthetic")
        scorer.label, scorer.key = f"{self.label} and {head.label}", f"{self.key}+{head.key}"
        return scorer

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        """uint8 [H, W, 3] RGB each -> float32 [N, len(names)], each independent of the others.

        wish: log-odds of the prompt against all FAULTS together; aesthetic: the head's rating, if there is a head.
        """
        if not len(pictures):
            return np.zeros((0, len(self.names)), np.float32)
        self._network.get(self._progress)
        use_threads(1)
        wish, faults = self._text(prompt), np.stack([self._text(fault) for fault in FAULTS])
        vectors = self._embed(pictures)
        columns = [_log_odds(vectors, wish, faults)]
        if self._head:
            columns.append(self._head.rate(vectors))
        return np.stack(columns, axis=1)

    def _load(self) -> Network:
        import torch
        from transformers import AutoTokenizer, CLIPModel

        here: dict[str, Any] = {"local_files_only": True}
        with _quiet():
            dtype = getattr(torch, self._numbers)
            model = CLIPModel.from_pretrained(self._folder, use_safetensors=True, dtype=dtype, **here)
            tokenizer = AutoTokenizer.from_pretrained(self._folder, **here)
        mean, std = (torch.tensor(numbers, device=self._device).view(3, 1, 1) * 255 for numbers in (MEAN, STD))
        return Network(model.eval().to(self._device), tokenizer, mean, std)

    def _embed(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 [N, 512], rows of length 1. A GPU computes one batch while the next is prepared."""
        import torch

        network, batches = self._network.get(self._progress), []
        with torch.inference_mode():
            for start in range(0, len(pictures), BATCH):
                squares = np.stack([_square(picture) for picture in pictures[start : start + BATCH]])
                pixels = to_device(filled(squares, BATCH), self._device).permute(0, 3, 1, 2).contiguous()
                pixels = ((pixels.float() - network.mean) / network.std).to(network.model.dtype)
                batches.append(_unit(network.model.get_image_features(pixel_values=pixels)))
            return torch.cat(batches)[: len(pictures)].cpu().numpy()

    def _embed_text(self, prompt: str) -> np.ndarray:
        import torch

        network = self._network.get(self._progress)
        with self._tokenizing:
            tokens = network.tokenizer([prompt], truncation=True, max_length=LENGTH, return_tensors="pt")
        with torch.inference_mode():
            return _unit(network.model.get_text_features(**tokens.to(self._device)))[0].cpu().numpy()


def _log_odds(vectors: np.ndarray, wish: np.ndarray, faults: np.ndarray) -> np.ndarray:
    """float32 [N, D], [D], [F, D] -> [N]. Log-odds, since the probability is 1 for every picture of a good series."""
    return SCALE * _dots(vectors, wish) - np.logaddexp.reduce(SCALE * _dots(vectors[:, None], faults), axis=1)


def _dots(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Dot products along the last axis. A matrix product would sum in an order that depends on the shapes."""
    return (one * other).sum(axis=-1)


def _square(picture: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] -> uint8 [VIEW, VIEW, 3]: the whole picture, with bars of CLIP's mean colour.

    To the network the bars are about 0. CLIP's own centre crop would cut a third off a 3:2 picture, while the edges
    matter for framing. Squashing would distort round and level things, differently in landscape and portrait. Shots of
    one moment usually have the same bars, so these favour none.
    """
    height, width = picture.shape[:2]
    scale = VIEW / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    square = Image.new("RGB", (VIEW, VIEW), BARS)
    small = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
    square.paste(small, ((VIEW - size[0]) // 2, (VIEW - size[1]) // 2))
    return np.asarray(square)


def _unit(features: Any) -> torch.Tensor:
    """float32 rows of length 1. Older transformers return a tensor, newer ones an object that holds it."""
    import torch

    rows: torch.Tensor = getattr(features, "pooler_output", features)
    return torch.nn.functional.normalize(rows.float(), dim=1)


def _numbers(device: str) -> str:
    """The number format:

    half precision where the hardware supports it, two to four times as fast, cosine to float32 0.9996.
    """
    if device == "cuda":
        return "float16"
    return "bfloat16" if computes_bfloat16() else "float32"


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence transformers: loading a local file needs no progress bar, and unused entries no warning."""
    from transformers.utils import logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()
