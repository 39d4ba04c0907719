"""The networks on a GPU beside the processor: the encoder, CLIP, SigLIP2, and what tells faces apart, in some minutes.

The same pictures go through both, and the answers must agree. CLIP and SigLIP2 have weights by chance, of the real
size, which compute as long. Faces are found by OpenCV on the processor alone. Without a GPU this says so, and is no
failure.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.text_encoders import openai, siglip2
from unipic.core.settings import models_folder
from unipic.vision.base import VIEW
from unipic.vision.chips import SIDE
from unipic.vision.device import pick_device
from unipic.vision.registry import Loader, open_encoder, open_face_encoder
from unipic.vision.text import OPENAI, SIGLIP2, LocalTextEncoder

PICTURES = 512  # for the GPU; the processor gets the first FEW
FEW, WARM = 64, 16
NO_GPU = "no GPU: nothing was measured. Run this where torch.cuda.is_available() says True."
Embed = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Stage:
    """A network: how it is opened on a device, the pictures it takes, and how near both answers are."""

    open: Callable[[str], Embed]
    shape: tuple[int, int]  # pixels: height, width
    least: float  # cosine of the two answers of a picture; a GPU computes in half precision, but for faces


def run(photos: int = 0) -> None:
    """`photos`: pictures for the GPU."""
    if pick_device("auto") != "cuda":
        print(NO_GPU)
        return
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as folder:
        missed = compared(stages(Path(folder)), "cuda", photos or PICTURES)
    if missed:
        raise SystemExit(f"other answers than on the processor: {', '.join(missed)}")


def stages(folder: Path) -> dict[str, Stage]:
    """The networks that can compute on a GPU. Made-up weights lie in the folder."""
    for name, make in (("clip", openai), ("siglip2", siglip2)):
        (folder / name).mkdir()
        make(folder / name)
    return {
        "the encoder": Stage(
            lambda on: open_encoder("unipic", Loader(models_folder(), on))[0].embed, (VIEW, VIEW), 0.999
        ),
        "CLIP ViT-B/32": Stage(lambda on: _listed(LocalTextEncoder(folder / "clip", OPENAI, on)), (480, 640), 0.999),
        "SigLIP2 B/32": Stage(lambda on: _listed(LocalTextEncoder(folder / "siglip2", SIGLIP2, on)), (480, 640), 0.999),
        "faces told apart": Stage(lambda on: open_face_encoder(on).embed, (SIDE, SIDE), 0.9999),
    }


def _listed(encoder: LocalTextEncoder) -> Embed:
    return lambda pictures: encoder.embed(list(pictures))


def compared(networks: dict[str, Stage], device: str, number: int) -> list[str]:
    """Print a line for each network; returns those whose answers differ."""
    print(f"## On a GPU\n\n| network | processor, pictures/s | {device}, pictures/s | times | GPU MB | least cosine |")
    print("|---|---:|---:|---:|---:|---:|")
    missed = []
    for name, stage in networks.items():
        pictures = np.random.default_rng(0).integers(0, 256, (max(number, FEW), *stage.shape, 3), np.uint8)
        ours, slow = _timed(stage.open("cpu"), pictures[:FEW])
        theirs, fast = _timed(stage.open(device), pictures[:number])
        both = min(len(ours), len(theirs))
        least = float(cosines(ours[:both], theirs[:both]).min())
        print(f"| {name} | {slow:.1f} | {fast:.1f} | {fast / slow:.1f} | {_memory(device)} | {least:.5f} |", flush=True)
        missed += [name] if least < stage.least else []
    print()
    return missed


def _timed(embed: Embed, pictures: np.ndarray) -> tuple[np.ndarray, float]:
    """Vectors, and pictures a second once the network is loaded."""
    embed(pictures[:WARM])
    begun = time.perf_counter()
    vectors = embed(pictures)
    return vectors, len(pictures) / (time.perf_counter() - begun)


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """float64 [N] of the rows of two, [N, D] each."""
    dots = np.einsum("nd,nd->n", one.astype(np.float64), other.astype(np.float64))
    return np.asarray(dots / (np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)))


def _memory(device: str) -> str:
    """Megabytes of the GPU at most since the last call."""
    if device != "cuda":
        return "-"
    import torch

    peak = torch.cuda.max_memory_allocated() / 1e6
    torch.cuda.reset_peak_memory_stats()
    return f"{peak:.0f}"
