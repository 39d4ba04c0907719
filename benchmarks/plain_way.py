"""The plain way to do what Unipic does, written down to be measured: how such a program is usually begun.

Every photo is decoded at its full size to see whether it is one, and again at its full size by a DataLoader with two
workers and batches of 32; every pair of embeddings is compared in a Python loop; and CLIP ranks one photo at a time,
which is decoded once more for that.

python -m benchmarks.plain_way FOLDER WEIGHTS [CLIP HOW-MANY]      prints its figures as JSON
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.models import mobilenet_v3_small

SIMILAR = 0.9
WISH = "a sharp, well-exposed, well-composed photo"


class Photos(Dataset[torch.Tensor]):
    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.transform = transforms.Compose(
            [
                transforms.Resize(256),
                transforms.CenterCrop(224),
                transforms.ToTensor(),
                transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, i: int) -> torch.Tensor:
        with Image.open(self.files[i]) as image:
            made: torch.Tensor = self.transform(ImageOps.exif_transpose(image).convert("RGB"))
            return made


def validated(folder: Path) -> list[Path]:
    good = []
    for path in sorted(folder.rglob("*")):
        try:
            with Image.open(path) as image:
                image.load()
            good.append(path)
        except OSError:
            continue
    return good


def embedded(files: list[Path], weights: Path | None) -> np.ndarray:
    network = mobilenet_v3_small(weights=None)
    if weights:
        from safetensors.torch import load_file

        network.load_state_dict(load_file(weights), strict=False)
    network.classifier = torch.nn.Identity()
    network.eval()
    rows = []
    with torch.no_grad():
        for batch in DataLoader(Photos(files), batch_size=32, num_workers=2):
            rows.append(torch.nn.functional.normalize(network(batch), dim=1).numpy())
    return np.concatenate(rows)


def paired(vectors: np.ndarray) -> int:
    found = 0
    for i in range(len(vectors)):
        for j in range(i + 1, len(vectors)):
            if float(np.dot(vectors[i], vectors[j])) >= SIMILAR:
                found += 1
    return found


def ranked(files: list[Path], folder: Path) -> list[float]:
    from transformers import CLIPModel, CLIPProcessor

    model = CLIPModel.from_pretrained(folder, local_files_only=True).eval()
    processor = CLIPProcessor.from_pretrained(folder, local_files_only=True)
    scores = []
    with torch.no_grad():
        for path in files:
            with Image.open(path) as image:
                inputs: Any = processor(text=[WISH], images=image.convert("RGB"), return_tensors="pt", padding=True)
            scores.append(float(model(**inputs).logits_per_image[0, 0]))
    return scores


def main(folder: str, weights: str = "", clip: str = "", how_many: str = "0") -> None:
    begun = time.perf_counter()
    figures: dict[str, float] = {}

    def told(name: str) -> None:
        nonlocal begun
        figures[name], begun = time.perf_counter() - begun, time.perf_counter()

    files = validated(Path(folder))
    told("validate")
    vectors = embedded(files, Path(weights) if weights else None)
    told("embed")
    paired(vectors)
    told("pairs")
    if clip:
        ranked(files[: int(how_many)], Path(clip))
        told("rank")
    print(json.dumps({"photos": len(files), **figures}))


if __name__ == "__main__":
    main(*sys.argv[1:])
