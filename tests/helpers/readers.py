"""Text encoders without weights."""

from collections.abc import Sequence

import numpy as np

from unipic.vision.base import Cutoff

HUES = {"warm": 0, "leafy": 1, "watery": 2}  # words that are no colours to the query language
ANYTHING = 3  # the axis of all other words
LENGTH = 40  # characters that are read


class ColourReader:
    """A TextEncoder that knows three colours and a word for each; a picture is its mean colour."""

    templates = ("{}",)
    english = True

    def __init__(self, name: str = "colours", cutoff: Cutoff | None = None) -> None:
        self.name, self.label, self.key, self.cutoff = name, f"Colours ({name})", f"{name}-1", cutoff
        self.looked = 0  # pictures
        self.read = 0  # texts

    def embed(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        self.looked += len(pictures)
        colours = [picture.reshape(-1, 3).mean(axis=0) for picture in pictures]
        return _unit(np.array([[*colour, 40.0] for colour in colours], np.float32))

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        self.read += len(texts)
        rows = np.zeros((len(texts), 4), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in self.read_part(text).split():
                row[HUES.get(word, ANYTHING)] += 1
            row[ANYTHING] += not row.any()
        return _unit(rows)

    def read_part(self, text: str) -> str:
        return text[:LENGTH]


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
