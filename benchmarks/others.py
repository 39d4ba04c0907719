"""Pairs that other programs find in the same folder, with the settings they come with.

They are optional: `pip install -r requirements-bench.txt`, here or in an environment whose Python UNIPIC_BENCH_PYTHON
names. Each runs in a process of its own, `python -m benchmarks.others NAME FOLDER [WEIGHTS]`, and answers in JSON.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import combinations
from pathlib import Path

from benchmarks.truth import Pair
from unipic.core.settings import PROJECT, models_folder
from unipic.vision.manifest import find, read_manifest

TIMEOUT_S = 600  # seconds
Groups = list[list[str]]  # of absolute or relative paths; every two of a group are a pair


@dataclass(frozen=True)
class Other:
    label: str
    pairs: list[Pair]
    seconds: float
    problem: str = ""  # why it did not run


def others(folder: Path, names: Sequence[str] = ()) -> Iterator[Other]:
    """One after the other, all or those named; whatever is wrong with one becomes its problem."""
    python = os.environ.get("UNIPIC_BENCH_PYTHON") or sys.executable
    form = find(read_manifest()["mobilenet_v3_small"], models_folder()).form
    weights = [str(models_folder() / form.files[0].path)] if form else []
    for name in names or PROGRAMS:
        label, _ = PROGRAMS[name]
        if name == "cnn" and weights:
            label += ", its own network with the weights in the models folder"
        command = [python, "-m", "benchmarks.others", name, str(folder), *weights]
        begun = time.perf_counter()
        try:
            done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            yield Other(label, [], 0, str(error))
            continue
        seconds = time.perf_counter() - begun
        if done.returncode:
            yield Other(label, [], seconds, (done.stderr.strip().splitlines() or ["it said nothing"])[-1])
            continue
        answer = json.loads(done.stdout.splitlines()[-1])
        yield Other(f"{label}, {answer['version']}", [(a, b) for a, b in answer["pairs"]], seconds)


def _phash(folder: Path, _: str) -> Groups:
    from imagededup.methods import PHash

    return _listed(PHash(verbose=False).find_duplicates(image_dir=str(folder), recursive=True))


def _cnn(folder: Path, weights: str) -> Groups:
    """imagededup as it comes fetches ImageNet's weights; with the same weights at hand it need not."""
    from imagededup.methods import CNN

    method = CNN(verbose=False, model_config=_at_hand(Path(weights)) if weights else None)
    return _listed(method.find_duplicates(image_dir=str(folder), recursive=True))


def _at_hand(weights: Path) -> object:
    """What imagededup's own MobilenetV3 is: torchvision's features, the mean over space, and its way to prepare."""
    import torch
    from imagededup.utils.models import CustomModel, MobilenetV3
    from torchvision.models import mobilenet_v3_small

    from unipic.vision.mobilenet import read_entries

    features = mobilenet_v3_small(weights=None).features
    features.load_state_dict(read_entries(weights, "features."), strict=True)
    network = torch.nn.Sequential(features, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()).eval()
    return CustomModel(name=MobilenetV3.name, model=network, transform=MobilenetV3.transform)


def _listed(found: dict[str, list[str]]) -> Groups:
    return [[name, other] for name, others in found.items() for other in others]


def _difpy(similarity: str, same_size: bool = True) -> Callable[[Path, str], Groups]:
    def search(folder: Path, _: str) -> Groups:
        import difPy

        built = difPy.build(str(folder), show_progress=False)
        found = difPy.search(built, similarity=similarity, same_dim=same_size, show_progress=False).result
        return [[name, *(other for other, _ in matches)] for name, matches in found.items()]

    return search


PROGRAMS: dict[str, tuple[str, Callable[[Path, str], Groups]]] = {
    "phash": ("imagededup PHash", _phash),
    "cnn": ("imagededup CNN", _cnn),
    "difpy-duplicates": ('difPy "duplicates"', _difpy("duplicates")),
    "difpy-similar": ('difPy "similar"', _difpy("similar")),
    "difpy-any-size": ('difPy "similar", same_dim=False', _difpy("similar", same_size=False)),
}


def _main(name: str, folder: str, weights: str = "") -> None:
    library = "difPy" if name.startswith("difpy") else "imagededup"
    try:
        known = version(library)
    except PackageNotFoundError:
        sys.exit(f"{library} is not installed; requirements-bench.txt has it")
    with contextlib.redirect_stdout(sys.stderr):  # they say what they cannot open
        groups = PROGRAMS[name][1](Path(folder).resolve(), weights)
    root = Path(folder).resolve()  # a name that is relative already stays as it is
    names = [[str((root / file).relative_to(root)) for file in group] for group in groups]
    pairs = {tuple(sorted(pair)) for group in names for pair in combinations(group, 2)}
    print(json.dumps({"version": known, "pairs": sorted(pairs)}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
