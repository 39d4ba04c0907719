"""Lanes of clutter: precision and recall on labelled and made-up photos, and false alarms on photos of other kinds.

Labelled by eye, with the measured values at hand: each photo of gallery_dev as a thumbnail, and those in doubt at full
size; so labels and limits are not independent. "Blurred": at full size no edge in the photo is sharp. A photo of a
telephone that shows its screen is a photo of a screen. The made-up photos were drawn after the limits had been chosen.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.truth import PHOTOS
from unipic.cleanup.clutter import find_clutter
from unipic.cleanup.result import CLUTTER, Clutter
from unipic.core.photo import Photo
from unipic.core.settings import Settings, models_folder
from unipic.library.indexing import gather, remembered
from unipic.library.library import Library
from unipic.review.proposal import propose
from unipic.sources.folder import FolderSource
from unipic.tools import Tools, open_tools
from utils import arrange, examine, index_gallery, read_words

GALLERY, OTHERS = "gallery_dev", ("faces", "train")
EACH = 10  # made-up photos of a kind
LABELS: Mapping[str, Sequence[str]] = {
    "blurred": [
        "Macro/pcb_000.JPG",
        "Macro/pcb_001.JPG",
        "Macro/pcb_008.JPG",
        "Macro/pcb_009.JPG",
        "Camera/180_HONOR-10_F.jpg",
        "Camera/176_HONOR-7X_F.jpg",
        "cameras/IMG_1514.JPG",
        "cameras/IMG_2571.JPG",
        "cameras/IMG_3728.JPG",
        "cameras/IMG_4407.JPG",
        "cameras/IMG_4703.JPG",
        "cameras/IMG_7783.JPG",
        "cameras/IMG_7846.JPG",
        "cameras/IMG_8573.JPG",
        "samples/IMG_4648.JPG",
        "samples/IMG_7302.JPG",
        "samples/IMG_8200.JPG",
        "samples/IMG_2775.JPG",
        "samples/IMG_8100.JPG",
        "samples/IMG_8687.JPG",
        "cameras/FujiFilm FinePix1400Zoom (1).jpg",
        "cameras/Kodak CLAS Digital Film Scanner HR200 (1).jpg",
        "cameras/Kodak CLAS Digital Film Scanner HR200 (2).jpg",
    ],
    "black": ["Brackets/DSC_0133.jpg"],
    "empty": ["Downloads/q0003.jpg"],
    "screenshot": [
        "Screenshots/Screenshot 2019-05-21 at 10.45.52.png",
        "Screenshots/Screenshot_2019-04-19-10-42-53.png",
        "Screenshots/Screenshot_2020-02-27-10-42-10.png",
        "Screenshots/Screenshot_2021-12-19-10-42-33.png",
        "Screenshots/first-post.png",
        "Screenshots/jekyll-now-theme-screenshot.jpg",
    ],
    "document": ["Misc/handwritten-notes.jpg", "Misc/IMG_E1114.JPG"],
    "graphic": [],
    "screen": [
        "Backup/Panasonic Lumix DMC-LX7.jpg",
        "cameras/Panasonic Lumix DMC-LX7.jpg",
        "cameras/Pentax ist D.jpg",
        "Journal/IMG_0074.JPG",
        "Journal/IMG_0080.JPG",
        "Journal/IMG_0080.webp",
    ],
}
Truth = Mapping[str, Sequence[str]]  # names of photos by kind


def run(photos: int = 0) -> None:
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "made"
        drawn = draw(made, photos or EACH)
        if (PHOTOS / GALLERY).is_dir():
            measured(f"{GALLERY}, labelled by eye", PHOTOS / GALLERY, LABELS, Path(name) / "a")
            false_alarms(Path(name) / "b")
        measured("Made-up photos", made, drawn, Path(name) / "c")


def measured(title: str, folder: Path, truth: Truth, data: Path) -> None:
    """A table of the lanes of a folder, with the words of its pictures read."""
    settings, library = Settings.of(workers=1), Library(data)
    with open_tools(settings, models_folder(), data / "library") as tools:
        index_gallery(library.add(folder), library, tools, settings)
        read_words("all", library, tools, settings)
        evidence = examine(FolderSource([folder]), tools, settings)
        signs = find_clutter(_by_themselves(evidence.gallery.photos), (), tools.thumbnails, None, tools.index)
        lanes = propose(arrange(evidence, settings.thresholds)).clutter
    alone = {group.photos[0].id for group in lanes}
    shown = [one for one in evidence.clutter if one.photo.id in alone]
    print(f"## Clutter: {title}, {len(evidence.gallery.photos):,} photos\n")
    print("| lane | labelled | by signs alone: right of found | recall | in the review: right of found |")
    print("|---|---:|---:|---:|---:|")
    for kind in CLUTTER:
        right, found = _right(signs, kind, truth)
        also, there = _right(shown, kind, truth)
        labelled = len(truth.get(kind, ()))
        recall = f"{right / labelled:.2f}" if labelled else "–"
        print(f"| {kind} | {labelled} | {_share(right, found)} | {recall} | {_share(also, there)} |")
    kinds = {name: kind for kind, names in truth.items() for name in names}
    wrong = [one for one in signs if kinds.get(one.photo.name) != one.kind]
    print("\nWrong: " + ("; ".join(f"{one.photo.name}: {one.reason}" for one in wrong) or "none") + "\n")


def _by_themselves(photos: Iterable[Photo]) -> list[Photo]:
    """Each with another photo of its folder, so that none is spared as the only one of its day."""
    undated = [replace(photo, taken=None) for photo in photos]
    folders = {photo.name.rpartition("/")[0] for photo in undated}
    plain = next(photo for photo in undated if photo.measures.sharpness > 0.7 and photo.measures.contrast > 0.3)
    beside = [replace(plain, id=f"beside {one}", name=f"{one}/beside.jpg".lstrip("/")) for one in folders]
    return [*undated, *beside]


def _right(found: Sequence[Clutter], kind: str, truth: Truth) -> tuple[int, int]:
    """How many of a lane are labelled so, and how many there are."""
    names = [one.photo.name for one in found if one.kind == kind]
    return len(set(names) & set(truth.get(kind, ()))), len(names)


def _share(right: int, found: int) -> str:
    return f"{right} of {found} ({right / found:.2f})" if found else "none"


def false_alarms(data: Path) -> None:
    """Photos of people and of things, of which none was labelled: whatever is called clutter counts as wrong."""
    print("| other photos | photos | called clutter | per 1,000 |")
    print("|---|---:|---|---:|")
    settings = Settings.of(workers=1)
    with open_tools(settings, models_folder(), data) as tools:
        for name in OTHERS:
            found, number = _called(PHOTOS / name, tools, settings)
            kinds = ", ".join(f"{many} {kind}" for kind, many in Counter(one.kind for one in found).items())
            print(f"| {name} | {number:,} | {kinds or 'none'} | {1000 * len(found) / number:.1f} |", flush=True)
    print()


def _called(folder: Path, tools: Tools, settings: Settings) -> tuple[tuple[Clutter, ...], int]:
    files = list(FolderSource([folder]).files())
    seen = remembered(files, tools.seeing(settings), tools.engine, tools.index, tools.thumbnails, tools.encoder.key)
    photos = gather(files, seen)[0].photos
    return find_clutter(_by_themselves(photos), (), tools.thumbnails, tools.faces, tools.index), len(photos)


# Made-up photos.


def draw(folder: Path, each: int) -> Truth:
    """So many of each kind, and of kinds that are no clutter, into a folder for each. Names by kind."""
    truth: dict[str, list[str]] = {kind: [] for kind in CLUTTER}
    for name, (kind, suffix, make) in KINDS.items():
        (folder / name).mkdir(parents=True)
        for number in range(each):
            dice = random.Random(f"{name} {number}")
            file = NAMES.get(name, "IMG_{:04}").format(number) + suffix
            make(dice).save(folder / name / file, quality=90)
            if kind:
                truth[kind].append(f"{name}/{file}")
    return truth


def _scene(dice: random.Random, size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """Texture at all sizes, as sharp as pixels are."""
    rng, width, height = np.random.default_rng(dice.randrange(1 << 30)), *size
    picture = np.zeros((height, width, 3))
    for cells in (4, 16, 60, 240, width):
        shape = (max(3, cells * height // width), cells, 3)
        layer = Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8))
        picture += np.asarray(layer.resize(size, Image.Resampling.BICUBIC), float) * 0.2
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def _text(picture: Image.Image, lines: Iterable[str], ink: str, top: float, step: float, size: float) -> Image.Image:
    """Lines from `top` on, `step` apart, letters of `size`: shares of the height."""
    pen, height = ImageDraw.Draw(picture), picture.height
    for number, line in enumerate(lines):
        place = (picture.width * 0.06, height * (top + step * number))
        pen.text(place, line, fill=ink, font_size=height * size)
    return picture


def _screenshot(dice: random.Random) -> Image.Image:
    picture = Image.new(
        "RGB", dice.choice(((1170, 2532), (1080, 2400), (1920, 1080))), dice.choice(("#101014", "#fafafa"))
    )
    ink = "#808890"
    _text(picture, [f"Message number {dice.randrange(999)} of today" for _ in range(12)], ink, 0.08, 0.07, 0.018)
    picture.paste(_scene(dice, (400, 300)), (600, 600))
    return picture


def _receipt(dice: random.Random) -> Image.Image:
    items = [
        f"{dice.choice(('Bread', 'Milk', 'Apples', 'Soap'))}  {dice.randrange(1, 20)}.{dice.randrange(100):02}"
        for _ in range(18)
    ]
    return _text(Image.new("RGB", (700, 1000), "#f2f1ec"), items, "#202020", 0.04, 0.05, 0.032)


def _terminal(dice: random.Random) -> Image.Image:
    lines = [f"$ cat src/part_{dice.randrange(99)}.py notes_{i}.txt" for i in range(18)]
    return _text(Image.new("RGB", (1200, 900), "#1c2430"), lines, "#b0e0b0", 0.03, 0.052, 0.036)


def _meme(dice: random.Random) -> Image.Image:
    picture = Image.new("RGB", (900, 1000), "white")
    picture.paste(_scene(dice, (900, 720)), (0, 280))
    return _text(picture, ["Nobody at all:", "My cat at four o'clock"], "black", 0.04, 0.1, 0.06)


def _sticker(dice: random.Random) -> Image.Image:
    picture = Image.new("RGB", (720, 720), dice.choice(("#ffe0e8", "#e0f0ff")))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((120, 120, 600, 600), fill=dice.choice(("#ffcc33", "#66cc88")))
    pen.ellipse((240, 270, 300, 330), fill="black")
    pen.ellipse((420, 270, 480, 330), fill="black")
    return picture


def _lamps(dice: random.Random) -> Image.Image:
    picture = Image.fromarray(np.random.default_rng(dice.randrange(99)).integers(0, 10, (900, 1200, 3), dtype=np.uint8))
    for _ in range(dice.randrange(1, 30)):
        x, y, size = dice.randrange(1100), dice.randrange(800), dice.randrange(2, 60)
        ImageDraw.Draw(picture).ellipse((x, y, x + size, y + size), fill="#ffe8b0")
    return picture


def _dim(dice: random.Random) -> Image.Image:
    tones = np.random.default_rng(dice.randrange(99)).integers(0, 24, (900, 1200, 3), dtype=np.uint8)
    return Image.fromarray(tones).filter(ImageFilter.GaussianBlur(2))


def _wall(dice: random.Random) -> Image.Image:
    across = np.linspace(0, dice.randrange(2, 9), 1200)[None, :, None]
    noise = np.random.default_rng(dice.randrange(99)).normal(0, 2, (900, 1200, 1))
    return Image.fromarray((dice.randrange(90, 220) + across + noise + np.zeros(3)).clip(0, 255).astype(np.uint8))


def _fog(dice: random.Random) -> Image.Image:
    picture = Image.new("RGB", (1200, 900), "#c8ccd0")
    for _ in range(8):
        x, y = dice.randrange(1100), dice.randrange(200, 500)
        ImageDraw.Draw(picture).rectangle((x, y, x + dice.randrange(20, 80), 820), fill="#a8acb0")
    return picture.filter(ImageFilter.GaussianBlur(5))


def _product(dice: random.Random) -> Image.Image:
    picture = Image.new("RGB", (1000, 1000), "white")
    picture.paste(_scene(dice, (420, 520)), (290, 240))
    return picture


def _plaque(dice: random.Random) -> Image.Image:
    picture = _scene(dice)
    ImageDraw.Draw(picture).rectangle((40, 20, 1160, 880), fill="#403428")
    return _text(
        picture, [f"In memory of those of {1800 + dice.randrange(99)}" for _ in range(14)], "#c8b890", 0.06, 0.06, 0.035
    )


NAMES = {
    "Memes": "IMG-20230412-WA{:04}",
    "Stickers": "IMG-20230413-WA{:04}",
    "Sent": "IMG-20230414-WA{:04}",
    "Offered": "IMG-20230415-WA{:04}",
}
# By folder: the kind of clutter, how it is stored, and what makes one.
KINDS: Mapping[str, tuple[str, str, Callable[[random.Random], Image.Image]]] = {
    "Blurs": ("blurred", ".jpg", lambda dice: _scene(dice).filter(ImageFilter.GaussianBlur(dice.randrange(7, 15)))),
    "Pockets": ("black", ".jpg", _dim),
    "Walls": ("empty", ".jpg", _wall),
    "Screens": ("screenshot", ".png", _screenshot),
    "Receipts": ("document", ".jpg", _receipt),
    "Memes": ("graphic", ".jpg", _meme),
    "Stickers": ("graphic", ".jpg", _sticker),
    "Sharp": ("", ".jpg", _scene),
    "Soft": ("", ".jpg", lambda dice: _scene(dice).filter(ImageFilter.GaussianBlur(1))),
    "Night": ("", ".jpg", _lamps),
    "Fog": ("", ".jpg", _fog),
    "Sent": ("", ".jpg", _scene),
    "Offered": ("", ".jpg", _product),
    "Plaques": ("", ".jpg", _plaque),
    "Wallpapers": ("", ".png", lambda dice: _scene(dice, (1920, 1080))),
    "Terminals": ("screen", ".jpg", _terminal),
}
