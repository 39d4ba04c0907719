"""Where models compute: device, number format and threads, found without importing torch where possible."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.core.machine import cores

if TYPE_CHECKING:
    import torch

BFLOAT16 = {"amx_bf16", "avx512_bf16"}  # Linux's names of the instructions for it


def pick_device(wish: str) -> str:
    """ "cpu" or "cuda". SettingsError if a GPU is requested and cannot be used.

    Torch takes seconds to import, so it is asked only if NVIDIA's driver is installed, or a GPU is requested.
    """
    if wish == "cpu" or (wish == "auto" and not _driver_is_here()):
        return "cpu"
    import torch

    if wish == "cuda" and not torch.cuda.is_available():
        raise SettingsError(_("The device is set to cuda, but no CUDA GPU can be used here. Set it to auto or cpu."))
    return "cuda" if torch.cuda.is_available() else "cpu"


@cache
def _driver_is_here() -> bool:
    """Whether NVIDIA's driver is installed; without it torch finds no GPU."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


@cache
def computes_bfloat16() -> bool:
    """Whether the processor computes with bfloat16; False if the system does not say.

    Torch has no public API for it.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    return any(BFLOAT16 & set(line.split()) for line in lines if line.startswith("flags"))


def wait_asleep() -> None:
    """Make torch's idle threads sleep instead of spin. Call before torch is imported.

    With other processes on the cores, two spinning threads ran CLIP at 4 photos a second, sleeping ones at 8.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def use_threads(share: int) -> None:
    """Use one thread per `share` cores from now on. Torch has one setting for all models, so each sets its own."""
    import torch

    torch.set_num_threads(max(1, _all_threads() // share))


@cache
def _all_threads() -> int:
    import torch

    return min(torch.get_num_threads(), cores())  # a container's limit is unknown to torch


def to_device(batch: np.ndarray, device: str) -> torch.Tensor:
    """A copy on the device. For a GPU from pinned memory, so the CPU can prepare the next batch meanwhile."""
    import torch

    tensor = torch.tensor(batch)
    return tensor.pin_memory().to(device, non_blocking=True) if device == "cuda" else tensor


def filled(batch: np.ndarray, size: int) -> np.ndarray:
    """[N, ...] -> [size, ...], padded with zeros.

    The order of summation depends on the shape. With batches of one size a picture's vector is the same to the last
    bit, whatever else is in the batch.
    """
    if len(batch) == size:
        return np.ascontiguousarray(batch)
    whole = np.zeros((size, *batch.shape[1:]), batch.dtype)
    whole[: len(batch)] = batch
    return whole
