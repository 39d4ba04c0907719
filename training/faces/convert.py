"""Make models/dlib_face/resnet.safetensors from dlib's own file: python -m training.faces.convert FILE.dat

FILE is dlib_face_recognition_resnet_model_v1.dat by Davis King (CC0), as the package face_recognition_models 0.3.0 on
PyPI has it. The same file gives the same bytes.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from unipic.core.settings import PROJECT
from unipic.vision.face_resnet import FaceResNet

SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"  # of dlib's file
FILE = PROJECT / "models" / "dlib_face" / "resnet.safetensors"
NAMES = re.compile(rb"\x01\x05(?P<con>con_4)|\x01\x07(?P<affine>affine_)|\x01\x04(?P<fc>fc_2)")  # with their lengths
TENSOR = 2  # the version of dlib's tensors: four sizes as whole numbers, then float32, the lowest byte first


def main(given: list[str] | None = None) -> None:
    """Convert the file, and say the sha256 and size of what was made."""
    parser = argparse.ArgumentParser(prog="python -m training.faces.convert", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args(given)
    data = options.file.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        parser.exit(1, f"{options.file} is not dlib's face network v1, whose sha256 is {SHA256}\n")
    entries = {name: entry.half().contiguous() for name, entry in network(data).state_dict().items()}
    told = {"source": "dlib_face_recognition_resnet_model_v1.dat by Davis King, CC0", "sha256": SHA256}
    made = save(entries, metadata={"training": json.dumps(told)})
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(made)
    sys.stdout.write(f"{options.out}: sha256 {hashlib.sha256(made).hexdigest()}, size {len(made)}\n")


def network(data: bytes) -> FaceResNet:
    """The network of dlib's file, in float32. ValueError if it is built otherwise."""
    entries = list(read(data))
    kinds = [kind for kind, _ in entries]
    made = FaceResNet()
    convolutions = [layer for layer in made.modules() if isinstance(layer, nn.Conv2d)]  # from the picture on
    if kinds != [*("con", "affine") * len(convolutions), "fc"]:
        raise ValueError(f"another network: {len(kinds)} layers with numbers")
    with torch.no_grad():
        for to, (_, con), (_, affine) in zip(convolutions, entries[:-1:2], entries[1:-1:2], strict=True):
            width = to.out_channels
            factor, more = affine.split(width)
            to.weight.copy_(con[:-width].view_as(to.weight) * factor.view(-1, 1, 1, 1))
            assert to.bias is not None
            to.bias.copy_(con[-width:] * factor + more)
        made.head.weight.copy_(entries[-1][1].view(256, 128).T)
    return made.eval()


def read(data: bytes) -> Iterator[tuple[str, Tensor]]:
    """Each layer that has numbers, from the picture on: its kind, and all its numbers, float32 [N]."""
    at = 0
    while found := NAMES.search(data, at):
        kind, at = str(found.lastgroup), found.end()
        if kind == "fc":  # outputs and inputs first
            for _ in range(2):
                _, at = _whole(data, at)
        sizes = []
        version, at = _whole(data, at)
        for _ in range(4):
            size, at = _whole(data, at)
            sizes.append(size)
        if version != TENSOR:
            raise ValueError(f"a tensor of version {version}")
        end = at + 4 * int(np.prod(sizes))
        yield kind, torch.from_numpy(np.frombuffer(data[at:end], "<f4").copy())
        at = end


def _whole(data: bytes, at: int) -> tuple[int, int]:
    """dlib's whole number at a place, as a byte with its length and then its bytes; and where it ends."""
    end = at + 1 + data[at]
    return int.from_bytes(data[at + 1 : end], "little"), end


if __name__ == "__main__":
    main()
