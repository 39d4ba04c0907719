"""Make the two networks that look at eyes and mouths, from labelled crops and from eyes found in photos.

    python -m training.eyes --faces FOLDER --detector yunet.onnx --photos FOLDER [--photos FOLDER] [--without FOLDER]

--faces     a folder with faces.csv: crops of eyes (column `eyes`: open or closed) and small aligned faces (column
            `expression`: smile or neutral).
--photos    photos of all kinds. Eyes of faces found in them count as open, since most are: crops of eyes alone teach
            little of eyes as they are in whole faces. What a person saw otherwise is in eyes_looked_at.csv.
--without   photos of people by whom the networks are measured: faces that are likely theirs teach nothing.
--detector  OpenCV's YuNet, which finds the faces.

Shut eyes of whole faces are made: a labelled shut eye is put in the place of an open one. So are open ones, with a
labelled open eye, so that the seam says nothing.

It leaves eyes.safetensors and log.csv in the folder --out names. The log says, for each size of crops, what networks
say of the fifth of the crops and of the people that each was not taught with.
The seed decides everything but the order in which torch adds up, which differs between processors.
"""

import argparse
import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor, nn

from training.eye_crops import (
    FOLDS,
    KEPT,
    KINDS,
    ROOM,
    Crops,
    faces_in,
    files_in,
    find_all,
    read_eyes,
    read_mouths,
    who,
)
from unipic.core.face import SURE
from unipic.core.settings import PROJECT
from unipic.vision.eyes import SIDE, network, standardised

HOPELESS, BLURRED = 0.12, 0.4  # shares of crops of which nothing can be told, and of blurred ones
LEAST_SIDE = 8  # pixels: the smallest crop of which an eye can be told
ENOUGH = 200  # crops of a kind: fewer are shown less often, so that they are not learned by heart
SIDES = (8, 12, 16, 24, 32)  # pixels of crops in the log


@dataclass(frozen=True)
class Recipe:
    seed: int = 7
    steps: int = 1500
    batch: int = 64
    rate: float = 2e-3
    smoothing: float = 0.03
    folds: int = FOLDS  # that are held out, one after the other


def varied(pictures: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Float32 [N, 1, KEPT, KEPT] -> [N, 1, SIDE, SIDE], standardised, and bool [N]: whether anything can be told of it.

    Each is shifted, turned, in other light and size, some behind glasses, some turned away, some blurred.
    """
    count = len(pictures)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(*(shape or (count,)), generator=draw) * (high - low) + low

    turn, scale = uniform(-0.3, 0.3), uniform(0.85, 1.2) / ROOM
    narrow = torch.where(uniform(0, 1) < 0.4, uniform(1, 1.4), 1.0)  # as a face that is turned away has it
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0) * narrow
    across, down = uniform(-0.12, 0.12), uniform(-0.14, 0.1)
    rows = torch.stack(
        [
            torch.stack([scale * turn.cos() * flip, -scale * turn.sin(), across], 1),
            torch.stack([scale * turn.sin() * flip, scale * turn.cos(), down], 1),
        ],
        1,
    )
    grid = F.affine_grid(rows, [count, 1, 2 * SIDE, 2 * SIDE], align_corners=False)
    seen = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False).clamp(0, 255) / 255
    seen = _with_glasses(seen, uniform(0, 1, count, 8))
    light = seen ** torch.exp(uniform(-0.8, 0.8)).view(-1, 1, 1, 1)
    light = light + torch.linspace(-1, 1, 2 * SIDE) * uniform(-0.3, 0.3).view(-1, 1, 1, 1)
    small, told = [], []
    for part in light.split(4):  # of one size each
        hopeless, blurred = uniform(0, 1, 2).tolist() < np.array((HOPELESS, BLURRED))
        side = int(torch.randint(LEAST_SIDE, SIDE + 1, (), generator=draw))
        if hopeless and not blurred:
            side = int(torch.randint(3, 6, (), generator=draw))
        elif blurred:
            radius = uniform(10, 16, 1) if hopeless else uniform(0.5, 5, 1)
            part = _blurred(part, float(radius), float(uniform(0, np.pi, 1)), bool(uniform(0, 1, 1) < 0.5))
        grain = torch.randn(len(part), 1, side, side, generator=draw) * uniform(0, 0.04, 1)
        small.append(_shrunk(part, side) + grain)
        told += [not hopeless] * len(part)
    return _standard(torch.cat([_grown(part) for part in small]) * 255), torch.tensor(told)


def _with_glasses(pictures: Tensor, chance: Tensor) -> Tensor:
    """[N, 1, S, S] of 0 to 1: a fifth of them behind a rim, dark or light, round or square. `chance`: [N, 8]."""
    at = torch.linspace(-1, 1, pictures.shape[-1])
    wide, high, x, y, thick, edge, dark, worn = (column.view(-1, 1, 1, 1) for column in chance.T)
    power = 2 + 4 * edge
    far = ((at.view(1, 1, 1, -1) - 0.3 * (x - 0.5)) / (0.7 + 0.5 * wide)).abs() ** power
    far = (far + ((at.view(1, 1, -1, 1) - 0.3 * (y - 0.5)) / (0.5 + 0.4 * high)).abs() ** power) ** (1 / power)
    rim = ((far - 1).abs() < 0.04 + 0.14 * thick) & (worn < 0.2)
    return torch.where(rim, 0.7 * torch.where(dark < 0.75, dark / 3, dark) + 0.3 * pictures, pictures)


def _blurred(pictures: Tensor, radius: float, angle: float, shaken: bool) -> Tensor:
    """By a disc, as out of focus, or along a line as long as the disc is wide; in pixels of 2 * SIDE."""
    reach = int(np.ceil(radius)) + 1
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    along, aside = across * np.cos(angle) + down * np.sin(angle), down * np.cos(angle) - across * np.sin(angle)
    far = np.maximum(np.abs(along), np.abs(aside) * radius) if shaken else np.hypot(across, down)
    kernel = np.clip(radius + 0.5 - far, 0, 1)
    weights = torch.from_numpy((kernel / kernel.sum()).astype(np.float32))[None, None]
    return F.conv2d(F.pad(pictures, (reach,) * 4, mode="replicate"), weights)


def as_seen(pictures: Tensor, side: int) -> Tensor:
    """Float32 [N, 1, KEPT, KEPT] -> [N, 1, SIDE, SIDE]: as a crop of `side` pixels shows it."""
    edge = (KEPT - 2 * SIDE) // 2
    return _standard(_grown(_shrunk(pictures[:, :, edge:-edge, edge:-edge], side)))


def _shrunk(pictures: Tensor, side: int) -> Tensor:
    return F.interpolate(pictures, (side, side), mode="area")


def _grown(pictures: Tensor) -> Tensor:
    return F.interpolate(pictures, (SIDE, SIDE), mode="bilinear", align_corners=False)


def _standard(pictures: Tensor) -> Tensor:
    return torch.from_numpy(standardised(pictures[:, 0].numpy()))


def teach(crops: Crops, recipe: Recipe) -> nn.Module:
    """A network taught with the crops: as many of each label at each step, half of them from whole faces."""
    torch.set_num_threads(1)  # the network is small: more of them wait for each other
    torch.manual_seed(recipe.seed)
    draw = torch.Generator().manual_seed(recipe.seed)
    model = network().to(memory_format=torch.channels_last)  # twice as fast
    optimizer = torch.optim.AdamW(model.parameters(), recipe.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.steps)
    weights = _weights(crops)
    for _ in range(recipe.steps):
        at = torch.multinomial(weights, recipe.batch, replacement=True, generator=draw)
        pixels, told = varied(crops.pictures[at], draw)
        wanted = torch.where(told, crops.labels[at] * (1 - 2 * recipe.smoothing) + recipe.smoothing, 0.5)
        said = model(pixels.contiguous(memory_format=torch.channels_last))[:, 0]
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(said, wanted).backward()
        optimizer.step()
        schedule.step()
    return model.to(memory_format=torch.contiguous_format).eval()


def _weights(crops: Crops) -> Tensor:
    """How often each crop is drawn: both labels alike, and of each label all kinds alike that are not few."""
    weights = torch.zeros(len(crops.labels))
    for label in (0.0, 1.0):
        several = [some for kind in KINDS if (some := (crops.labels == label) & (crops.kind == kind)).any()]
        shares = [min(int(some.sum()), ENOUGH) for some in several]
        for some, share in zip(several, shares, strict=True):
            weights[some] = share / (sum(shares) * int(some.sum()))
    return weights


def odds_of(model: nn.Module, crops: Crops, side: int) -> np.ndarray:
    """Log-odds of each crop at a size."""
    with torch.inference_mode():
        return np.asarray(model(as_seen(crops.pictures, side))[:, 0].numpy())


def held_out(crops: Crops, recipe: Recipe, side: Sequence[int] = SIDES) -> dict[int, np.ndarray]:
    """Log-odds of every crop, by a network that was taught without its fold, at each size of crops.

    NaN for the folds that were not held out.
    """
    fold = crops.fold.numpy()
    said = {one: np.full(len(fold), np.nan) for one in side}
    for number in range(recipe.folds):
        model = teach(crops.only(fold != number), recipe)
        for one in side:
            said[one][fold == number] = odds_of(model, crops.only(fold == number), one)
    return said


def rows_of(name: str, said: dict[int, np.ndarray], labels: np.ndarray) -> Iterator[dict[str, Any]]:
    """Rows of the log: how well each label is told at each size of crops."""
    for side, numbers in said.items():
        yes, no = numbers[labels == 1], numbers[labels == 0]
        order = (yes[:, None] > no).mean() + (yes[:, None] == no).mean() / 2 if len(yes) else np.nan
        yield {
            "network": name,
            "pixels": side,
            "crops": len(labels),
            "accuracy": f"{((numbers > 0) == (labels == 1)).mean():.3f}",
            "auc": f"{order:.3f}",
            "yes_surely": f"{(yes > SURE).mean() if len(yes) else np.nan:.3f}",
            "no_surely": f"{(no < -SURE).mean():.3f}",
            "surely_wrong": f"{np.concatenate([yes < -SURE, no > SURE]).mean():.3f}",
        }


def run(
    faces: Path, photos: Sequence[Path], without: Sequence[Path], detector: Path, out: Path, recipe: Recipe
) -> None:
    entries: dict[str, Tensor] = {}
    log: list[dict[str, Any]] = []
    found = find_all(faces, photos, detector)
    people = who(found, [face for path in files_in(without) for face in faces_in(path, detector)])
    print(f"{len(found)} faces of {len({*people} - {-1})} people, {people.count(-1)} of them left out", flush=True)
    for name, crops in (
        ("eyes", read_eyes(faces, found, people, recipe.seed)),
        ("smile", read_mouths(faces, found, people)),
    ):
        print(f"{name}: {len(crops.labels)} crops", flush=True)
        said = held_out(crops, recipe)
        for kind, words in KINDS.items():
            if (some := (crops.kind.numpy() == kind) & np.isfinite(said[SIDE])).any():
                there = {side: odds[some] for side, odds in said.items()}
                log += rows_of(f"{name}, {words}", there, crops.labels.numpy()[some])
        print(*log, sep="\n", flush=True)
        model = teach(crops, recipe)
        entries |= {f"{name}.{part}": entry.contiguous() for part, entry in model.state_dict().items()}
    out.mkdir(parents=True, exist_ok=True)
    data = save(entries)
    (out / "eyes.safetensors").write_bytes(data)
    with (out / "log.csv").open("w", newline="", encoding="utf-8") as file:
        lines = csv.DictWriter(file, list(log[0]), lineterminator="\n")
        lines.writeheader()
        lines.writerows(log)
    print(f"{out / 'eyes.safetensors'}: sha256 {hashlib.sha256(data).hexdigest()}, size {len(data)}")


def main(given: list[str] | None = None) -> None:
    """Run by the options."""
    usual = Recipe()
    parser = argparse.ArgumentParser(
        prog="python -m training.eyes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--photos", type=Path, action="append", default=[], metavar="FOLDER", help="may be repeated")
    parser.add_argument("--without", type=Path, action="append", default=[], metavar="FOLDER", help="may be repeated")
    parser.add_argument("--detector", type=Path, required=True, metavar="FILE")
    parser.add_argument("--out", type=Path, default=PROJECT / "models" / "eyes", metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=usual.seed, help="%(default)s")
    parser.add_argument("--steps", type=int, default=usual.steps, help="%(default)s")
    parser.add_argument("--folds", type=int, default=usual.folds, help="fifths to hold out for the log, %(default)s")
    options = parser.parse_args(given)
    recipe = Recipe(seed=options.seed, steps=options.steps, folds=options.folds)
    run(options.faces, options.photos, options.without, options.detector, options.out, recipe)


if __name__ == "__main__":
    main()
