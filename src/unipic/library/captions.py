"""Vectors of fixed texts by a text encoder, kept beside the index: reading hundreds of texts takes seconds."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unipic.core.files import atomic_file, make_folder
from unipic.vision.base import TextEncoder

FOLDER = "texts"  # in the library's folder; may be deleted at any time


def vectors_of(texts: Sequence[str], encoder: TextEncoder, folder: Path) -> np.ndarray:
    """float32 [N, D]. `folder`: the library's. They are read again if the texts, the model or the file changed."""
    name = hashlib.sha256("\n".join([encoder.key, *texts]).encode()).hexdigest()[:32]
    path = folder / FOLDER / f"{name}.npy"
    try:
        known = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        known = np.zeros((0, 0), np.float32)
    if known.shape[:1] == (len(texts),) and known.dtype == np.float32 and np.isfinite(known).all():
        return np.asarray(known)
    rows = encoder.embed_texts(texts)
    make_folder(path.parent)
    with atomic_file(path) as file:
        np.save(file, rows, allow_pickle=False)
    return rows
