"""Make Unipic's own encoder from ImageNet's and a folder of photos.

    python -m training --photos FOLDER --teacher features.safetensors

FOLDER     some thousands of photos of all kinds of things and places, in folders or not; small ones are enough, since
           each is kept as a square of 176 pixels. None of them should be among the photos the encoder is measured on,
           and shots of one moment should be in it once: every two photos are taken for different pictures, unless the
           teacher takes them for one.
--teacher  MobileNetV3-Small with ImageNet's weights: torchvision's .pth, which `python src/main.py models fetch
           mobilenet_v3_small` leaves in models/mobilenet_v3_small, or its feature layers as .safetensors.

It leaves encoder.safetensors and log.csv in the folder --out names, and says the file's sha256 and size. Unipic uses
the file in models/unipic_encoder, if models/manifest.toml names its sha256; what a cosine of this encoder is worth
stands in src/unipic/vision/mobilenet.py and is to be measured again for other weights.

The seed decides which pictures meet and what is done to them. Torch adds up in another order on other processors and
with another number of threads, so that the weights come out a little different there.
"""

import argparse
import csv
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path

from training.encoder import Recipe, Row, teach
from training.photos import read_lessons
from training.student import Student, save_student
from unipic.core.errors import SettingsError, UnipicError
from unipic.core.settings import PROJECT
from unipic.vision.mobilenet import MobileNetEncoder


def main(given: list[str] | None = None) -> None:
    parser = _parser()
    options = parser.parse_args(given)
    values = {field.name: getattr(options, field.name) for field in fields(Recipe) if hasattr(options, field.name)}
    recipe = Recipe(**values, bfloat16=not options.float32)
    try:
        run(options.photos, options.teacher, options.out, recipe)
    except (UnipicError, OSError) as error:
        parser.exit(1, f"{error}\n")


def run(photos: Path, teacher: Path, out: Path, recipe: Recipe) -> None:
    lessons = read_lessons(photos, MobileNetEncoder(teacher, "cpu"))
    steps = recipe.steps(len(lessons.pictures))
    print(f"{len(lessons.pictures):,} photos, {steps:,} steps; {len(lessons.passed_over):,} other files passed over")
    if steps < 1:
        raise SettingsError("there is no step to make: name more photos or more epochs")
    student = Student(teacher)
    log: list[Row] = []

    def tell(row: Row) -> None:
        log.append(row)
        print(
            f"step {row.step}: contrast {row.contrast:.3f}, distance {row.distance:.4f}, {row.seconds:.0f} s",
            flush=True,
        )

    teach(student, lessons, recipe, tell)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "encoder.safetensors"
    save_student(student, path, facts(recipe, len(lessons.pictures), steps, teacher))
    write_log(log, out / "log.csv")
    print(f"{path}: sha256 {_sha256(path)}, size {path.stat().st_size}")


def facts(recipe: Recipe, photos: int, steps: int, teacher: Path) -> dict[str, object]:
    """Where weights came from."""
    source = f"MobileNetV3-Small, torchvision's ImageNet weights, BSD-3-Clause, sha256 {_sha256(teacher)}"
    return {"source": source, "photos": photos, "steps": steps, **asdict(recipe)}


def write_log(rows: Iterable[Row], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(field.name for field in fields(Row))
        for row in rows:
            lines.writerow((row.step, f"{row.contrast:.3f}", f"{row.distance:.4f}", f"{row.seconds:.1f}"))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parser() -> argparse.ArgumentParser:
    usual = Recipe()
    parser = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True, metavar="FOLDER", help="what to learn from")
    parser.add_argument("--teacher", type=Path, required=True, metavar="FILE", help="what to begin as and to stay near")
    out = PROJECT / "models" / "unipic_encoder"
    parser.add_argument("--out", type=Path, default=out, metavar="FOLDER", help="models/unipic_encoder unless said")
    parser.add_argument("--seed", type=int, default=usual.seed, help="%(default)s")
    parser.add_argument("--epochs", type=float, default=usual.epochs, help="times every photo is seen: %(default)s")
    parser.add_argument("--batch", type=int, default=usual.batch, help="photos a step: %(default)s")
    parser.add_argument("--size", type=int, default=usual.size, help="pixels of a view: %(default)s")
    parser.add_argument("--rate", type=float, default=usual.rate, help="learning rate at its highest: %(default)s")
    parser.add_argument("--float32", action="store_true", help="not bfloat16: slower, except where a CPU lacks it")
    return parser


if __name__ == "__main__":
    main()
