"""CLIP: does a picture look like the wish, or like a fault? Read from one local folder; nothing is ever looked up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from unipic.settings import FAULTS
from unipic.vision.aesthetic import AestheticHead
from unipic.vision.device import pick_device, use_threads

if TYPE_CHECKING:
    import torch

BATCH = 16
LENGTH = 77  # tokens CLIP reads of a text, the two that mark its ends included
PROMPTS = 64  # texts whose vectors are kept
SCALE = 100.0  # of cosines in CLIP's softmax, which it learned; its file rounds differently in each number format


class ClipScorer:
    name = "clip"
    label = "CLIP ViT-B/32"
    names: tuple[str, ...] = ("wish",)

    def __init__(self, folder: Path, device: str = "auto") -> None:
        from transformers import CLIPModel, CLIPProcessor

        self._device = pick_device(device)
        here: dict[str, Any] = {"local_files_only": True}
        with _quiet():
            model = CLIPModel.from_pretrained(folder, use_safetensors=True, dtype=_dtype(self._device), **here)
            # The two backends resize slightly differently. Pillow's does not depend on torchvision being there.
            self._processor = CLIPProcessor.from_pretrained(folder, backend="pil", **here)
        self._model = model.eval().to(self._device)
        self._mean = np.round(np.multiply(self._processor.image_processor.image_mean, 255)).astype(np.uint8)
        self._head: AestheticHead | None = None
        self._tokenizing = Lock()  # a tokenizer used by two threads at once says "Already borrowed"
        self._text = lru_cache(PROMPTS)(self._embed_text)

    def with_head(self, head: AestheticHead) -> ClipScorer:
        """The same model, not loaded again, with the column "aesthetic" besides."""
        scorer = copy(self)
        scorer._head, scorer.names = head, (*self.names, "aesthetic")
        scorer.label = f"{self.label} and {head.label}"
        return scorer

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        """uint8 [H, W, 3] RGB each -> float32 [N, len(names)].

        wish: log-odds of the prompt against all FAULTS together; aesthetic: the head's rating, if there is a head.
        """
        use_threads(1)
        wish, faults = self._text(prompt), np.stack([self._text(fault) for fault in FAULTS])
        rows = [np.zeros((0, len(self.names)), np.float32)]
        for start in range(0, len(pictures), BATCH):
            vectors = self._embed(pictures[start : start + BATCH])
            columns = [_log_odds(vectors, wish, faults)]
            if self._head:
                columns.append(self._head.rate(vectors))
            rows.append(np.stack(columns, axis=1))
        return np.concatenate(rows)

    def _embed(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        import torch

        squares = [_square(picture, self._mean) for picture in pictures]
        images = self._processor.image_processor(squares, input_data_format="channels_last", return_tensors="pt")
        with torch.inference_mode():
            pixels = images["pixel_values"].to(self._device, self._model.dtype)
            return _unit(self._model.get_image_features(pixel_values=pixels))

    def _embed_text(self, prompt: str) -> np.ndarray:
        import torch

        with self._tokenizing:
            tokens = self._processor.tokenizer([prompt], truncation=True, max_length=LENGTH, return_tensors="pt")
        with torch.inference_mode():
            return _unit(self._model.get_text_features(**tokens.to(self._device)))[0]


def _log_odds(vectors: np.ndarray, wish: np.ndarray, faults: np.ndarray) -> np.ndarray:
    """float32 [N, D], [D], [F, D] -> [N]. Not the probability itself: in a good series that is 1 for every picture."""
    return SCALE * (vectors @ wish) - np.logaddexp.reduce(SCALE * (vectors @ faults.T), axis=1)


def _square(picture: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The whole picture in the middle of a square, with bars of CLIP's mean colour, which are 0 to the network.

    CLIP's own centre crop would cut a third off a 3:2 picture, and what the edges cut is half of framing. Squashing
    would bend what is round or level, in landscape and portrait format differently. Bars of the shots of one moment
    are as a rule the same, so they favour none.
    """
    height, width = picture.shape[:2]
    side = max(height, width)
    rows = np.broadcast_to(np.tile(mean, side), (side, 3 * side)).copy()  # a row at a time: pixel by pixel takes long
    square = rows.reshape(side, side, 3)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = picture
    return square


def _unit(features: Any) -> np.ndarray:
    """float32 rows of length 1; older transformers give a tensor, newer ones an object that holds it."""
    import torch

    rows: torch.Tensor = getattr(features, "pooler_output", features)
    return torch.nn.functional.normalize(rows.float(), dim=1).cpu().numpy()


def _dtype(device: str) -> torch.dtype:
    """Half the bits where the hardware computes with them: about four times as fast, cosine to float32 0.9996."""
    import torch

    if device == "cuda":
        return torch.float16
    return torch.bfloat16 if _computes_bfloat16() else torch.float32


def _computes_bfloat16() -> bool:
    """Torch has no public word for it; where the private ones are gone the answer is no."""
    import torch

    names = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in names)


@contextmanager
def _quiet() -> Iterator[None]:
    """Loading a local file needs no progress bar, and an entry that is not used no warning."""
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
