"""Make models/dlib_face/mean.npy: python -m training.faces.mean FOLDER

FOLDER has photos of many people. The mean of all faces is what faces resemble that show little: blurred and dark ones.
It is used to keep such faces from starting a person (unipic/library/faces.py).
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from unipic.core.photo import Found
from unipic.core.settings import PROJECT, Limits
from unipic.reading.images import NotAPhoto, decode
from unipic.sources.folder import FolderSource
from unipic.vision import chips
from unipic.vision.base import Part
from unipic.vision.face_net import FaceEncoder
from unipic.vision.faces import SIDE, FaceFinder
from unipic.vision.registry import open_faces

FILE = PROJECT / "models" / "dlib_face" / "mean.npy"
WIDTH = 40  # pixels of the decoded picture: smaller faces show too little of anyone


def main(given: list[str] | None = None) -> None:
    """Write FILE, and say what it was made of."""
    parser = argparse.ArgumentParser(prog="python -m training.faces.mean", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args(given)
    encoder = FaceEncoder(FILE.with_name("resnet.safetensors"), FILE, "cpu")
    vectors = encoder.embed(np.stack(list(faces_in(options.folder, open_faces()))))
    mean = vectors.mean(axis=0)
    np.save(options.out, (mean / np.linalg.norm(mean)).astype(np.float32))
    data = options.out.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    sys.stdout.write(f"{options.out}: the mean of {len(vectors)} faces, sha256 {digest}, size {len(data)}\n")


def faces_in(folders: Sequence[Path], finder: FaceFinder) -> Iterator[np.ndarray]:
    """The chips of the faces in all photos."""
    for file in FolderSource(folders).files():
        if not isinstance(file, Found):
            continue
        try:
            picture = np.asarray(decode(file.path, SIDE, Limits()).picture.convert("RGB"))
        except NotAPhoto:
            continue
        made = (chips.cut(picture, part.facts["points"]) for part in finder.find([picture])[0] if _large(part, picture))
        yield from (chip for chip in made if chip is not None)


def _large(part: Part, picture: np.ndarray) -> bool:
    return part.box is not None and (part.box[2] - part.box[0]) * picture.shape[1] >= WIDTH


if __name__ == "__main__":
    main()
