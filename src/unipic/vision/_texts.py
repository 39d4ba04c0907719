"""The half of a text encoder that reads: tokens by the model's own vocabulary, and the network that reads them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unipic.core.errors import ModelError
from unipic.core.language import gettext as _
from unipic.core.progress import Progress
from unipic.vision._checkpoints import Network
from unipic.vision.device import use_threads
from unipic.vision.loading import Loaded

BATCH = 16  # texts at a time


@dataclass(frozen=True)
class Reading:
    """How a model's texts become tokens."""

    length: int  # tokens of the longest text, with those that mark its ends
    lower: bool = False  # make letters small first: its tokenizer does not, though it was taught on small ones
    padded: bool = False  # always to the full length, as it was taught; else to the longest of a batch


class Tokens:
    """A tokenizer file, used as its model was taught. Several threads may use it."""

    def __init__(self, file: Path, reading: Reading) -> None:
        """OSError, ValueError: the file is no tokenizer."""
        from tokenizers import Tokenizer

        self._lower = reading.lower
        self._tokenizer: Any = Tokenizer.from_str(file.read_text(encoding="utf-8"))
        self._tokenizer.enable_truncation(reading.length)
        self._tokenizer.enable_padding(length=reading.length if reading.padded else None, pad_id=0)

    def of(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of each text, filled with zeros to one length."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch([self._cased(text) for text in texts])]

    def read_part(self, text: str) -> str:
        """The beginning of the text that fits; all of it if it is short enough."""
        encoding = self._tokenizer.encode(self._cased(text))
        if not encoding.overflowing:
            return text
        return text[: max(end for _, end in encoding.offsets)]

    def _cased(self, text: str) -> str:
        return text.lower() if self._lower else text


class Texts:
    """The network for texts with its tokens, both loaded for the first text."""

    def __init__(self, label: str, load: Callable[[], tuple[Tokens, Network]], device: str) -> None:
        """`load` gives the network on its device; ModelError of the methods says why it cannot be loaded."""
        self._label, self._device = label, device
        self.network = Loaded(label, load)

    def embed(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        """float32 [N, D], rows of length 1. ModelError if the network gives none for a text."""
        import torch

        tokens, network = self.network.get(progress)
        use_threads(1)
        batches = []
        with torch.inference_mode():
            for start in range(0, len(texts), BATCH):
                ids = torch.tensor(tokens.of(texts[start : start + BATCH]), device=self._device)
                batches.append(network.vectors(input_ids=ids).cpu().numpy())
        rows = np.concatenate(batches)
        if not np.isfinite(rows).all() or not rows.any(axis=1).all():
            raise ModelError(
                _("{model} gives no numbers for a text: its weights, or torch, are broken", model=self._label)
            )
        return rows

    def read_part(self, text: str, progress: Progress) -> str:
        return self.network.get(progress)[0].read_part(text)
