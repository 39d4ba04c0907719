"""Where models compute, in which numbers, and with how many threads. Asked before torch is there, as far as it goes."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unipic.core.errors import SettingsError

if TYPE_CHECKING:
    import torch

BFLOAT16 = {"amx_bf16", "avx512_bf16"}  # what Linux calls the instructions that compute with it


def pick_device(wish: str) -> str:
    """ "cpu" or "cuda". SettingsError where a GPU is asked for and cannot be used.

    Torch takes seconds to import, so it is asked only where NVIDIA's driver is, or a GPU is insisted on.
    """
    if wish == "cpu" or (wish == "auto" and not _driver_is_here()):
        return "cpu"
    import torch

    if wish == "cuda" and not torch.cuda.is_available():
        raise SettingsError("The device is set to cuda, but no CUDA GPU can be used here. Set it to auto or cpu.")
    return "cuda" if torch.cuda.is_available() else "cpu"


@cache
def _driver_is_here() -> bool:
    """Without this library torch finds no GPU either."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


@cache
def computes_bfloat16() -> bool:
    """Whether the processor does; no where the system does not say. Torch itself has no public word for it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    return any(BFLOAT16 & set(line.split()) for line in lines if line.startswith("flags"))


def wait_asleep() -> None:
    """To be called before torch is imported: its threads sleep until there is work instead of spinning.

    Where other processes want the cores too, two spinning threads ran CLIP at 4 photos a second, sleeping ones at 8.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def use_threads(share: int) -> None:
    """Compute on every `share`-th core from now on. Torch keeps one number for all models, so each says its own."""
    import torch

    torch.set_num_threads(max(1, _all_threads() // share))


@cache
def _all_threads() -> int:
    import torch

    return torch.get_num_threads()


def to_device(batch: np.ndarray, device: str) -> torch.Tensor:
    """A copy there. To a GPU from pinned memory, so that nobody waits for it: the next batch is made meanwhile."""
    import torch

    tensor = torch.tensor(batch)
    return tensor.pin_memory().to(device, non_blocking=True) if device == "cuda" else tensor


def filled(batch: np.ndarray, size: int) -> np.ndarray:
    """[N, ...] -> [size, ...], zeros behind it.

    How a sum is cut into parts depends on the shape of what is computed. In batches of one size a picture's vector is
    the same to the last bit whichever pictures are beside it.
    """
    if len(batch) == size:
        return np.ascontiguousarray(batch)
    whole = np.zeros((size, *batch.shape[1:]), batch.dtype)
    whole[: len(batch)] = batch
    return whole
