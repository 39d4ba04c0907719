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

It leaves eyes.safetensors and log.csv in the folder --out names. The log says, for each size of crops, what five
networks say of the fifth of the crops and of the people that each was not taught with.
The seed decides everything but the order in which torch adds up, which differs between processors.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
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
from unipic.vision import chips
from unipic.vision.eyes import LEAST_WIDTH, SIDE, SURE, crops_of, network, readable, standardised
from unipic.vision.face_net import DIMENSIONS, FaceEncoder
from unipic.vision.registry import open_face_encoder

ROOM = 1.5  # crops are kept with so much around them, to be shifted and turned
KEPT = round(2 * SIDE * ROOM)  # pixels of a side of them
LOOKED_AT = 640  # pixels of the long side of a photo in which faces are looked for
SURE_FACE = 0.85  # the detector's score: below it, many are dogs, dolls and statues
SAME = 0.93  # cosine from which on two faces are likely one person's, as People has it
HOPELESS, BLURRED = 0.12, 0.4  # shares of crops of which nothing can be told, and of blurred ones
LEAST_SIDE = 8  # pixels: the smallest crop of which an eye can be told
ENOUGH = 200  # crops of a kind: fewer are shown less often, so that they are not learned by heart
MADE = 2  # how many shut and how many open eyes are put in the place of each that was found
FOLDS = 5
SIDES = (8, 12, 16, 24, 32)  # pixels of crops in the log
CROP, FACE, SHUT_IN, OPEN_IN = range(4)
KINDS = {CROP: "crops", FACE: "faces as found", SHUT_IN: "shut put into faces", OPEN_IN: "open put into faces"}
LOOKED = Path(__file__).with_name("eyes_looked_at.csv")  # photo, number of the face, what a person saw


@dataclass(frozen=True)
class Recipe:
    seed: int = 7
    steps: int = 1500
    batch: int = 64
    rate: float = 2e-3
    smoothing: float = 0.03


@dataclass(frozen=True, eq=False)
class Crops:
    """Grey crops, and what they are labelled with."""

    pictures: Tensor  # float32 [N, 1, KEPT, KEPT], 0 to 255
    labels: Tensor  # float32 [N]: 1 for open or smiling, else 0
    fold: Tensor  # int64 [N], 0 to FOLDS - 1: those of one are held out together
    kind: Tensor  # int64 [N]: CROP, FACE, SHUT_IN or OPEN_IN

    def only(self, chosen: np.ndarray) -> Crops:
        """Some of them."""
        at = torch.from_numpy(np.asarray(chosen))
        return Crops(self.pictures[at], self.labels[at], self.fold[at], self.kind[at])


@dataclass(frozen=True, eq=False)
class Found:
    """A face in a photo: uint8 RGB pixels and its five points in them."""

    file: str
    pixels: np.ndarray
    points: list[tuple[float, float]]

    def crops(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As crops_of gives them, with room around."""
        return crops_of(self.pixels, self.points, ROOM, KEPT)


def find_all(faces: Path, photos: Sequence[Path], detector: Path) -> list[Found]:
    """Those in photos, and the small faces."""
    found = [face for path in _files(photos) for face in _faces_in(path, detector)]
    return found + [face for row in _small_faces(faces) for face in _in_small_face(faces / row["file"], detector)]


def read_eyes(faces: Path, found: Sequence[Found], people: Sequence[int], seed: int = 7) -> Crops:
    """Labelled eyes; those of found faces; and these again with labelled ones put in their place.

    `people`: whom each face shows, as a number, or -1 for those that must not teach. Neither crops nor people of one
    fold are in another.
    """
    rows = [row for row in _rows(faces) if row["eyes"]]
    crops = [_framed(_grey(faces / row["file"])) for row in rows]
    labels = [float(row["eyes"] == "open") for row in rows]
    folds = [int(number) for number in np.random.default_rng(seed).permutation(len(rows)) % FOLDS]
    kinds, pictures, rng = [CROP] * len(rows), list(crops), np.random.default_rng(seed)

    def add(picture: np.ndarray, label: float, fold: int, kind: int) -> None:
        pictures.append(picture)
        labels.append(label)
        folds.append(fold)
        kinds.append(kind)

    seen = _looked_at()
    turn: dict[str, int] = {}
    for face, person in zip(found, people, strict=True):
        turn[face.file] = number = turn.get(face.file, -1) + 1
        says = seen.get((face.file, number), "open")
        if person < 0 or says not in ("open", "shut"):
            continue
        eyes, fold = face.crops()[:2], person % FOLDS
        for eye in eyes:
            add(eye, float(says == "open"), fold, FACE)
        for label, kind in ((0.0, SHUT_IN), (1.0, OPEN_IN)):
            fit = [i for i in range(len(rows)) if labels[i] == label and folds[i] == fold]
            for chosen in rng.choice(fit, MADE) if fit else ():
                put = _way_of_putting(rng)
                for eye, patch in zip(eyes, (crops[chosen], crops[chosen][:, ::-1]), strict=True):
                    add(put(eye, patch), label, fold, kind)
    return Crops(_stacked(pictures), torch.tensor(labels), torch.tensor(folds), torch.tensor(kinds))


def read_mouths(faces: Path, found: Sequence[Found]) -> Crops:
    """Mouths of the small faces among those that were found."""
    smiles = {"/".join(row["file"].split("/")[-2:]): row["expression"] == "smile" for row in _small_faces(faces)}
    small = [face for face in found if face.file in smiles]
    labels = torch.tensor([float(smiles[face.file]) for face in small])
    folds = torch.from_numpy(np.random.default_rng(7).permutation(len(small)) % FOLDS)
    return Crops(_stacked([face.crops()[2] for face in small]), labels, folds, torch.full((len(small),), CROP))


def who(found: Sequence[Found], without: Sequence[Found]) -> list[int]:
    """A number for each person among the faces, -1 for those who are likely among `without` too.

    It rather takes two people for one: then they are held out together.
    """
    encoder = open_face_encoder("cpu")
    known, others = (_vectors(faces, encoder) for faces in (found, without))
    people = list(range(len(found)))
    for i, j in zip(*np.nonzero(np.triu(known @ known.T > SAME, 1)), strict=True):
        low, high = sorted((people[i], people[j]))
        people = [low if person == high else person for person in people]
    barred = (known @ others.T > SAME).any(axis=1)
    return [-1 if out else person for person, out in zip(people, barred.tolist(), strict=True)]


def _vectors(faces: Sequence[Found], encoder: FaceEncoder) -> np.ndarray:
    """Float32 [N, 128], zeros for a face that shows nothing."""
    vectors = np.zeros((len(faces), DIMENSIONS), np.float32)
    cut = [chips.cut(face.pixels, np.array(face.points) / face.pixels.shape[1::-1]) for face in faces]
    there = [i for i, chip in enumerate(cut) if chip is not None]
    if there:
        vectors[there] = encoder.embed(np.stack([chip for chip in cut if chip is not None]))
    return np.nan_to_num(vectors)


def _looked_at() -> dict[tuple[str, int], str]:
    with LOOKED.open(newline="", encoding="utf-8") as file:
        return {(row["file"], int(row["face"])): row["says"] for row in csv.DictReader(file)}


def _small_faces(faces: Path) -> list[dict[str, str]]:
    return [
        row for row in _rows(faces) if row["expression"] in ("smile", "neutral") and row["file"].startswith("smile/")
    ]


def _stacked(pictures: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pictures).astype(np.float32))[:, None]


def _way_of_putting(rng: np.random.Generator) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """How both eyes of a face are replaced: in one size, as sharp, and with one kind of seam."""
    side = round(KEPT / ROOM * rng.uniform(0.95, 1.2))
    fine = int(rng.integers(14, 48))  # pixels of the patch, before it is put in
    start = np.array([(KEPT - side) / 2] * 2) + rng.uniform(-0.05, 0.05, 2) * side
    edge = (KEPT - round(KEPT / ROOM)) // 2
    low, soft = rng.uniform(0.55, 0.8), rng.uniform(0.1, 0.35)
    cloned = rng.random() < 0.5

    def put(eye: np.ndarray, patch: np.ndarray) -> np.ndarray:
        small = Image.fromarray(patch[edge:-edge, edge:-edge]).resize((fine,) * 2, Image.Resampling.BOX)
        laid = np.asarray(small.resize((side, side), Image.Resampling.BICUBIC))
        top, left = np.round(start).astype(int).tolist()
        far = np.hypot(*(np.mgrid[:side, :side] * 2 / (side - 1) - 1))
        if cloned:
            mask = np.where(far < low + soft / 2, 255, 0).astype(np.uint8)
            colours = [np.repeat(one[..., None], 3, axis=2) for one in (laid, eye)]
            middle = (left + side // 2, top + side // 2)
            return cv2.seamlessClone(*colours, mask, middle, cv2.NORMAL_CLONE)[..., 0]
        here = np.s_[top : top + side, left : left + side]
        place, ring = eye[here].astype(np.float32), (far > 0.7) & (far < 1)
        gain = np.clip((place[ring].std() + 4) / (laid[ring].std() + 4.0), 0.4, 1.6)
        lit = (laid - laid[ring].mean()) * gain + place[ring].mean()
        made = eye.astype(np.float32)
        made[here] += np.clip((low + soft - far) / soft, 0, 1) * (lit - place)
        return np.clip(made, 0, 255).astype(np.uint8)

    return put


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


def _faces_in(path: Path, detector: Path) -> Iterator[Found]:
    """The faces in a photo that are large enough, and not in profile."""
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
            yield Found(f"{path.parent.name}/{path.name}", *_around(pixels, points, face[:4]))


def _around(
    pixels: np.ndarray, points: list[tuple[float, float]], box: np.ndarray
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """A copy of what lies around a face, and the points in it: photos are not kept in memory."""
    left, top, width, height = box.tolist()
    x, y = (max(0, int(start - length / 2)) for start, length in ((left, width), (top, height)))
    part = pixels[y : int(top + 1.5 * height), x : int(left + 1.5 * width)].copy()
    return part, [(across - x, down - y) for across, down in points]


def _in_small_face(path: Path, detector: Path) -> Iterator[Found]:
    """A face that fills its picture: the detector needs it larger, and with a border."""
    grey = np.asarray(_grey(path).resize((256, 256), Image.Resampling.BICUBIC))
    pixels = np.repeat(np.pad(grey, 64, mode="edge")[..., None], 3, axis=2)
    for face in _found(pixels, detector)[:1]:
        yield Found(f"{path.parent.name}/{path.name}", pixels, _points(face))


def _found(pixels: np.ndarray, detector: Path) -> list[np.ndarray]:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns of a back end at every picture
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    _, found = cv2.FaceDetectorYN.create(str(detector), "", bgr.shape[1::-1], SURE_FACE).detect(bgr)
    return [] if found is None else list(found)


def _points(face: np.ndarray) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in face[4:14].reshape(5, 2)]


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
    """Log-odds of every crop, by a network that was taught without its fold, at each size of crops."""
    fold = crops.fold.numpy()
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


def run(
    faces: Path, photos: Sequence[Path], without: Sequence[Path], detector: Path, out: Path, recipe: Recipe
) -> None:
    entries: dict[str, Tensor] = {}
    log: list[dict[str, Any]] = []
    found = find_all(faces, photos, detector)
    people = who(found, [face for path in _files(without) for face in _faces_in(path, detector)])
    print(f"{len(found)} faces of {len({*people} - {-1})} people, {people.count(-1)} of them left out", flush=True)
    for name, crops in (("eyes", read_eyes(faces, found, people, recipe.seed)), ("smile", read_mouths(faces, found))):
        print(f"{name}: {len(crops.labels)} crops", flush=True)
        said = held_out(crops, recipe)
        for kind, words in KINDS.items():
            if (some := crops.kind.numpy() == kind).any():
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
    options = parser.parse_args(given)
    recipe = Recipe(seed=options.seed, steps=options.steps)
    run(options.faces, options.photos, options.without, options.detector, options.out, recipe)


if __name__ == "__main__":
    main()
