"""Make the two networks that look at eyes and mouths, from labelled crops and from eyes found in photos.

    python -m training.eyes --faces FOLDER --detector yunet.onnx --photos FOLDER [--photos FOLDER]

--faces     a folder with faces.csv: crops of eyes (column `eyes`: open or closed) and small aligned faces (column
            `expression`: smile or neutral).
--photos    photos of all kinds. Eyes of faces found in them count as open, since most are: crops of eyes alone teach
            little of eyes as they are in whole faces.
--detector  OpenCV's YuNet, which finds the faces.

Shut eyes of whole faces are made: a labelled shut eye is put in the place of an open one.

It leaves eyes.safetensors and log.csv in the folder --out names. The log says, for each size of crops, what five
networks say of the fifth of the labelled crops that each was not taught with, and of the faces in which those were put.
The seed decides everything but the order in which torch adds up, which differs between processors.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save
from torch import Tensor, nn

from unipic.core.settings import PROJECT, Limits
from unipic.reading.images import NotAPhoto, decode
from unipic.vision.eyes import LEAST_WIDTH, SIDE, SURE, crops_of, network, readable, standardised

ROOM = 1.5  # crops are kept with so much around them, to be shifted and turned
KEPT = round(2 * SIDE * ROOM)  # pixels of a side of them
LOOKED_AT = 640  # pixels of the long side of a photo in which faces are looked for
SURE_FACE = 0.85  # the detector's score: below it, many are dogs, dolls and statues
LEAST_SIDE = 8  # pixels: the smallest crop that is made up while teaching
FOLDS = 5
SIDES = (8, 12, 16, 24, 32)  # pixels of crops in the log


@dataclass(frozen=True)
class Recipe:
    seed: int = 7
    steps: int = 1200
    batch: int = 64
    rate: float = 2e-3
    smoothing: float = 0.03


@dataclass(frozen=True, eq=False)
class Crops:
    """Grey crops, and what they are labelled with."""

    pictures: Tensor  # float32 [N, 1, KEPT, KEPT], 0 to 255
    labels: Tensor  # float32 [N]: 1 for open or smiling, else 0
    source: Tensor  # int64 [N]: the number of the labelled crop that it is, or was made from; -1: nobody looked at it
    found: Tensor  # bool [N]: cut from a face that was found, as it is or with a shut eye put in

    def only(self, chosen: np.ndarray) -> Crops:
        """Some of them; their sources keep their numbers."""
        at = torch.from_numpy(np.asarray(chosen))
        return Crops(self.pictures[at], self.labels[at], self.source[at], self.found[at])


def read_eyes(faces: Path, photos: Sequence[Path], detector: Path) -> Crops:
    """Labelled eyes; those of faces in photos and of small faces, which count as open; and the same with shut ones."""
    rows = [row for row in _rows(faces) if row["eyes"]]
    crops = [_framed(_grey(faces / row["file"])) for row in rows]
    labels = [float(row["eyes"] == "open") for row in rows]
    found = [eye for path in _files(photos) for cut in _faces_in(path, detector) for eye in cut[:2]]
    found += [
        eye for row in _small_faces(faces) for cut in _in_small_face(faces / row["file"], detector) for eye in cut[:2]
    ]
    shut = np.flatnonzero(np.array(labels) == 0)
    chosen = np.random.default_rng(len(found)).choice(shut, len(found)) if len(shut) else shut
    made = [_with_shut(eye, crops[i], i) for eye, i in zip(found, chosen.tolist(), strict=False)]
    sources = [*range(len(crops)), *(-1 for _ in found), *chosen.tolist()]
    return _crops(crops + found + made, labels + [1.0] * len(found) + [0.0] * len(made), sources, len(found + made))


def read_mouths(faces: Path, detector: Path) -> Crops:
    """Mouths of small faces, those in which the detector finds one."""
    rows = _small_faces(faces)
    cut = [(row, found[2]) for row in rows for found in _in_small_face(faces / row["file"], detector)]
    labels = [float(row["expression"] == "smile") for row, _ in cut]
    return _crops([mouth for _, mouth in cut], labels, range(len(cut)), 0)


def _small_faces(faces: Path) -> list[dict[str, str]]:
    return [
        row for row in _rows(faces) if row["expression"] in ("smile", "neutral") and row["file"].startswith("smile/")
    ]


def _crops(pictures: Sequence[np.ndarray], labels: Sequence[float], sources: Sequence[int], found: int) -> Crops:
    """The last `found` are cut from faces."""
    stacked = torch.from_numpy(np.stack(pictures).astype(np.float32))[:, None]
    return Crops(stacked, torch.tensor(labels), torch.tensor(sources), torch.arange(len(labels)) >= len(labels) - found)


def _with_shut(eye: np.ndarray, shut: np.ndarray, seed: int) -> np.ndarray:
    """An eye of a whole face with a shut one put in its place, in its light and about as sharp."""
    rng = np.random.default_rng(seed)
    side = round(KEPT / ROOM * rng.uniform(0.95, 1.2))
    edge = (KEPT - round(KEPT / ROOM)) // 2
    fine = Image.fromarray(shut[edge:-edge, edge:-edge]).resize((int(rng.integers(14, 40)),) * 2, Image.Resampling.BOX)
    patch = np.asarray(fine.resize((side, side), Image.Resampling.BICUBIC), np.float32)
    start = (KEPT - side) // 2
    here = slice(start, start + side)
    down, across = np.abs(np.mgrid[:side, :side] * 2 / (side - 1) - 1)
    far = np.hypot(across, down)
    mask, ring = np.clip((0.95 - far) / 0.25, 0, 1), (far > 0.7) & (far < 1)
    place = eye[here, here].astype(np.float32)
    gain = np.clip((place[ring].std() + 4) / (patch[ring].std() + 4), 0.4, 1.6)
    lit = (patch - patch[ring].mean()) * gain + place[ring].mean()
    made = eye.astype(np.float32)
    made[here, here] = place + mask * (lit - place)
    return np.clip(made, 0, 255).astype(np.uint8)


def _rows(faces: Path) -> list[dict[str, str]]:
    with (faces / "faces.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _files(folders: Sequence[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def _grey(path: Path) -> Image.Image:
    return decode(str(path), LOOKED_AT, Limits()).picture.convert("L")


def _framed(crop: Image.Image) -> np.ndarray:
    """A crop without surroundings: its mirror image stands for them."""
    side = round(KEPT / ROOM)
    edge = (KEPT - side) // 2
    return np.pad(np.asarray(crop.resize((side, side), Image.Resampling.BICUBIC)), edge, mode="reflect")


def _faces_in(path: Path, detector: Path) -> Iterator[tuple[np.ndarray, ...]]:
    """Eyes and mouths of the faces in a photo."""
    try:
        picture = decode(str(path), LOOKED_AT, Limits()).picture
    except (NotAPhoto, OSError):
        return
    scale = LOOKED_AT / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    pixels = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
    for face in _found(pixels, detector):
        points = _points(face)
        if face[2] / scale >= LEAST_WIDTH and readable(points, face[2]):
            yield crops_of(pixels, points, ROOM, KEPT)


def _in_small_face(path: Path, detector: Path) -> Iterator[tuple[np.ndarray, ...]]:
    """Eyes and mouth of a face that fills its picture: the detector needs it larger, and with a border."""
    grey = np.asarray(_grey(path).resize((256, 256), Image.Resampling.BICUBIC))
    pixels = np.repeat(np.pad(grey, 64, mode="edge")[..., None], 3, axis=2)
    for face in _found(pixels, detector)[:1]:
        yield crops_of(pixels, _points(face), ROOM, KEPT)


def _found(pixels: np.ndarray, detector: Path) -> list[np.ndarray]:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns of a back end at every picture
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    _, found = cv2.FaceDetectorYN.create(str(detector), "", bgr.shape[1::-1], SURE_FACE).detect(bgr)
    return [] if found is None else list(found)


def _points(face: np.ndarray) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in face[4:14].reshape(5, 2)]


def varied(pictures: Tensor, draw: torch.Generator) -> Tensor:
    """Float32 [N, 1, KEPT, KEPT] -> [N, 1, SIDE, SIDE], standardised: each shifted, turned, in other light and size."""
    count = len(pictures)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(*(shape or (count,)), generator=draw) * (high - low) + low

    turn, scale = uniform(-0.3, 0.3), uniform(0.85, 1.2) / ROOM
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    across, down = uniform(-0.12, 0.12), uniform(-0.14, 0.1)
    rows = torch.stack(
        [
            torch.stack([scale * turn.cos() * flip, -scale * turn.sin(), across], 1),
            torch.stack([scale * turn.sin() * flip, scale * turn.cos(), down], 1),
        ],
        1,
    )
    grid = F.affine_grid(rows, [count, 1, 2 * SIDE, 2 * SIDE], align_corners=False)
    seen = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    light = (seen.clamp(0, 255) / 255) ** torch.exp(uniform(-0.6, 0.6)).view(-1, 1, 1, 1)
    ramp = torch.linspace(-1, 1, 2 * SIDE) * uniform(-0.3, 0.3).view(-1, 1, 1, 1)
    light = light + ramp
    small = []
    for part in light.split(8):  # of one size each
        side = int(torch.randint(LEAST_SIDE, SIDE + 1, (), generator=draw))
        grain = torch.randn(len(part), 1, side, side, generator=draw) * uniform(0, 0.05, 1)
        small.append(_shrunk(part, side) + grain)
    return _standard(torch.cat([_grown(part) for part in small]) * 255)


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
        wanted = crops.labels[at] * (1 - 2 * recipe.smoothing) + recipe.smoothing
        said = model(varied(crops.pictures[at], draw).contiguous(memory_format=torch.channels_last))[:, 0]
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(said, wanted).backward()
        optimizer.step()
        schedule.step()
    return model.to(memory_format=torch.contiguous_format).eval()


def _weights(crops: Crops) -> Tensor:
    """How often each crop is drawn: both labels alike, and of each half those from whole faces."""
    weights = torch.zeros(len(crops.labels))
    for label in (0.0, 1.0):
        kinds = [kind for found in (True, False) if (kind := (crops.labels == label) & (crops.found == found)).any()]
        for kind in kinds:
            weights[kind] = 1 / (len(kinds) * int(kind.sum()))
    return weights


def odds_of(model: nn.Module, crops: Crops, side: int) -> np.ndarray:
    """Log-odds of each crop at a size."""
    with torch.inference_mode():
        return np.asarray(model(as_seen(crops.pictures, side))[:, 0].numpy())


def held_out(crops: Crops, recipe: Recipe, side: Sequence[int] = SIDES) -> dict[int, np.ndarray]:
    """Log-odds of every crop with a source, by a network that was taught without that source, at each size of crops.

    NaN for the others.
    """
    source = crops.source.numpy()
    order = np.random.default_rng(recipe.seed).permutation(source.max() + 1) % FOLDS
    fold = np.where(source < 0, -1, order[source])
    said = {one: np.full(len(fold), np.nan) for one in side}
    for number in range(FOLDS):
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


def run(faces: Path, photos: Sequence[Path], detector: Path, out: Path, recipe: Recipe) -> None:
    entries: dict[str, Tensor] = {}
    log: list[dict[str, Any]] = []
    for name, crops in (("eyes", read_eyes(faces, photos, detector)), ("smile", read_mouths(faces, detector))):
        print(f"{name}: {len(crops.labels)} crops, {int(crops.found.sum())} of them of faces in photos", flush=True)
        said, known = held_out(crops, recipe), crops.source.numpy() >= 0
        for kind, found in ((name, False), (f"{name} shut in faces", True)):
            some = known & (crops.found.numpy() == found)
            if some.any():
                log += rows_of(kind, {side: odds[some] for side, odds in said.items()}, crops.labels.numpy()[some])
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
    parser.add_argument("--detector", type=Path, required=True, metavar="FILE")
    parser.add_argument("--out", type=Path, default=PROJECT / "models" / "eyes", metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=usual.seed, help="%(default)s")
    parser.add_argument("--steps", type=int, default=usual.steps, help="%(default)s")
    options = parser.parse_args(given)
    recipe = Recipe(seed=options.seed, steps=options.steps)
    run(options.faces, options.photos, options.detector, options.out, recipe)


if __name__ == "__main__":
    main()
