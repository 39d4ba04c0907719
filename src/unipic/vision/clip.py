"""CLIP: how well a picture fits a text. Everything is read from one local folder; nothing is ever looked up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from unipic.vision.device import pick_device, use_threads

if TYPE_CHECKING:
    import torch

BATCH = 16
LENGTH = 77  # tokens CLIP reads of a text, the two that mark its ends included
PROMPTS = 64  # texts whose vectors are kept


class ClipScorer:
    name = "clip"
    label = "CLIP ViT-B/32"

    def __init__(self, folder: Path, device: str = "auto") -> None:
        from transformers import CLIPModel, CLIPProcessor

        self._device = pick_device(device)
        here: dict[str, Any] = {"local_files_only": True}
        with _quiet():
            model = CLIPModel.from_pretrained(folder, use_safetensors=True, dtype=_dtype(self._device), **here)
            # The two backends resize slightly differently. Pillow's does not depend on torchvision being there.
            self._processor = CLIPProcessor.from_pretrained(folder, backend="pil", **here)
        self._model = model.eval().to(self._device)
        self._tokenizing = Lock()  # a tokenizer used by two threads at once says "Already borrowed"
        self._text = lru_cache(PROMPTS)(self._embed_text)

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        """uint8 [H, W, 3] RGB each -> float32 [N]: cosine similarity of picture and prompt, in [-1, 1]."""
        use_threads(1)
        text = self._text(prompt)
        batches = [self._embed(pictures[start : start + BATCH]) @ text for start in range(0, len(pictures), BATCH)]
        return np.concatenate(batches) if batches else np.zeros(0, np.float32)

    def _embed(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        import torch

        images = self._processor.image_processor(list(pictures), input_data_format="channels_last", return_tensors="pt")
        with torch.inference_mode():
            pixels = images["pixel_values"].to(self._device, self._model.dtype)
            return _unit(self._model.get_image_features(pixel_values=pixels))

    def _embed_text(self, prompt: str) -> np.ndarray:
        import torch

        with self._tokenizing:
            tokens = self._processor.tokenizer([prompt], truncation=True, max_length=LENGTH, return_tensors="pt")
        with torch.inference_mode():
            return _unit(self._model.get_text_features(**tokens.to(self._device)))[0]


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
