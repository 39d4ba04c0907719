"""Where models compute, and with how many threads."""

from __future__ import annotations

from functools import cache

from unipic.errors import SettingsError


def pick_device(wish: str) -> str:
    """ "cpu" or "cuda". SettingsError where a GPU is asked for and cannot be used."""
    import torch

    if wish == "cuda" and not torch.cuda.is_available():
        raise SettingsError("The device is set to cuda, but no CUDA GPU can be used here. Set it to auto or cpu.")
    return "cuda" if wish != "cpu" and torch.cuda.is_available() else "cpu"


def use_threads(share: int) -> None:
    """Compute on every `share`-th core from now on. Torch keeps one number for all models, so each says its own."""
    import torch

    torch.set_num_threads(max(1, _all_threads() // share))


@cache
def _all_threads() -> int:
    import torch

    return torch.get_num_threads()
