"""Text encoders by name: CLIP and SigLIP2, whose texts and pictures are comparable. Weights come from a local folder.

SigLIP2 reads some hundred languages and finds most; DataComp's CLIP reads English; OpenAI's CLIP, the ranker's, finds
least. Published figures are in docs/models.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from unipic.core.progress import silent
from unipic.vision._checkpoints import Network, Side, clip, open_clip, siglip
from unipic.vision._pictures import Pictures, Square
from unipic.vision._texts import Reading, Texts, Tokens
from unipic.vision.base import Cutoff
from unipic.vision.device import computes_bfloat16, pick_device
from unipic.vision.loading import Reporting
from unipic.vision.manifest import sha256

VERSION = 1  # raised when vectors change with the same weights
TEXTS, FEW = 64, 8  # texts whose vectors are cached, and texts at once, of which they are
CLIP_LENGTH = 77  # tokens of CLIP's longest text
NONE: Mapping[str, Cutoff] = {}


@dataclass(frozen=True)
class Kind:
    """What is known of a text encoder besides its weights."""

    name: str
    label: str
    weights: str  # the file whose sha256 is in the key
    load: Callable[[Path, Side, str], Network]
    square: Square
    reading: Reading
    templates: tuple[str, ...]
    english: bool


# The whole picture is seen, as by the scorer: what is looked for may be at an edge. SigLIP2 was taught on whole
# pictures made square. Texts for CLIP are captions, which a lone word is not; SigLIP2 takes words as they are.
OPENAI = Kind(
    name="openai",
    label="CLIP ViT-B/32",
    weights="model.safetensors",
    load=clip,
    square=Square(224, "bars"),
    reading=Reading(CLIP_LENGTH),
    templates=("{}", "a photo of {}"),
    english=True,
)
DATACOMP = replace(
    OPENAI,
    name="datacomp",
    label="CLIP ViT-B/32-256 (DataComp)",
    weights="open_clip_model.safetensors",
    load=open_clip,
    square=Square(256, "bars"),
)
SIGLIP2 = Kind(
    name="siglip2",
    label="SigLIP2 B/32-256",
    weights="model.safetensors",
    load=siglip,
    square=Square(256, "squash", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), "bilinear"),
    reading=Reading(64, lower=True, padded=True),
    templates=("{}",),
    english=False,
)


KINDS = {kind.name: kind for kind in (SIGLIP2, DATACOMP, OPENAI)}


class LocalTextEncoder(Reporting):
    """A TextEncoder from a folder."""

    def __init__(self, folder: Path, kind: Kind, device: str = "auto", cutoffs: Mapping[str, Cutoff] = NONE) -> None:
        """`cutoffs`: by space, see cutoffs.py. OSError if there are no weights in the folder."""
        self.name, self.label = kind.name, kind.label
        self.templates, self.english = kind.templates, kind.english
        self.kind, self.folder, self.device = kind, folder, pick_device(device)
        self.numbers = number_format(self.device)
        self.pictures = Pictures(self.label, lambda: self._load("vision"), kind.square, self.device)
        tokens = folder / "tokenizer.json"
        self.texts = Texts(self.label, lambda: (Tokens(tokens, kind.reading), self._load("text")), self.device)
        self.text_vector = lru_cache(TEXTS)(lambda text: self.texts.embed([text], silent)[0])  # float32 [D]
        self.weights = sha256(folder / kind.weights)[:16]
        self.space = f"{self.name}-{self.weights}-{kind.square.fit}-{VERSION}"  # in any number format
        self.key = f"{self.space}-{self.numbers}"
        self.cutoff = cutoffs.get(self.space)

    def embed(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        return self.pictures.embed(pictures, self._progress)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """A query is read once, whatever else is chosen for it."""
        if len(texts) > FEW:
            return self.texts.embed(texts, self._progress)
        self.texts.network.get(self._progress)
        return np.stack([self.text_vector(text) for text in texts])

    def read_part(self, text: str) -> str:
        return self.texts.read_part(text, self._progress)

    def _load(self, side: Side) -> Network:
        network = self.kind.load(self.folder, side, self.numbers)
        network.module.to(self.device)
        return network


def number_format(device: str) -> str:
    """Half precision where the hardware computes with it, two to four times as fast, cosine to float32 0.9996."""
    if device == "cuda":
        return "float16"
    return "bfloat16" if computes_bfloat16() else "float32"
