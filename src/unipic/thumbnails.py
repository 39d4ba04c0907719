"""Small pictures by digest, so that copies share one. They may be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from unipic.files import PART
from unipic.images import load_thumbnail


class Thumbnails:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        return self.folder / f"{digest}.jpg"

    def save(self, digest: str, data: bytes) -> None:
        """Whole or not at all; not worth waiting for the disk."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / (digest + PART)
        part.write_bytes(data)
        os.replace(part, self.path(digest))

    def load(self, digest: str) -> np.ndarray:
        """uint8 [H, W, 3]."""
        return load_thumbnail(str(self.path(digest)))
