"""The second look: copies of a picture are the same at full size, and whatever one of two says otherwise is found."""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps
from tests.helpers.galleries import photo
from tests.helpers.shots import COPIES, Turn, cropped, place, resized, saved, shot
from tests.safety.harness.amounts import amount

from unipic.cleanup.look import CHANGED, OTHER_GRAIN, PREVIEWS, look, look_at, verdict
from unipic.core.files import hash_file
from unipic.core.photo import Photo
from unipic.core.progress import Step
from unipic.core.settings import Limits
from unipic.library.index import NO_INDEX, StoredIndex
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.base import Failure
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import LocalEngine
from unipic.reading.seen import Look

pillow_heif.register_heif_opener()
Change = Callable[[Image.Image], Image.Image]
# As usual, coding a HEIC takes ten times as long, and a PNG five times.
QUICKLY: Mapping[str, dict[str, Any]] = {"HEIF": {"enc_params": {"preset": "ultrafast"}}, "PNG": {"compress_level": 1}}
SAID = ("Are you coming on Saturday?", "I hope so", "Bring 2,400 euros", "All is well", "See you at 17:30")
LINES = [f"{number * 377 % 1000}  {SAID[number % 5]}" for number in range(25)]  # no two alike


def font(size: int) -> Any:
    return ImageFont.load_default(size)


@cache
def scene() -> Image.Image:
    return shot(place(3, 1200, 900), 1)


@cache
def page() -> Image.Image:
    return written(*LINES)


def written(*lines: str) -> Image.Image:
    """Lines of text on a page of nearly white paper."""
    picture = Image.new("RGB", (1000, 1400), (250, 248, 240))
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((80, 60 + 50 * number), line, font=font(28), fill=(30, 30, 30))
    return picture


def encoded(picture: Image.Image, kind: str = "JPEG", quality: int = 85) -> tuple[np.ndarray, int | None]:
    """The picture after coding, uint8 [H, W, 3], and the quality that a file of this kind tells."""
    file = io.BytesIO()
    picture.save(file, kind, quality=quality, **QUICKLY.get(kind, {}))
    told = {"JPEG": quality, "PNG": 100}.get(kind)
    return np.asarray(Image.open(io.BytesIO(file.getvalue())).convert("RGB")), told


def said(one: Image.Image, other: Image.Image, kind: str = "JPEG", quality: int = 85) -> str:
    (a, ours), (b, theirs) = encoded(one, quality=92), encoded(other, kind, quality)
    return verdict(a, b, (ours, theirs)).verdict


def curve(picture: Image.Image, power: float) -> Image.Image:
    return picture.point(lambda value: round(255 * (value / 255) ** power))


def contrast(picture: Image.Image) -> Image.Image:
    return picture.point(lambda value: round(255 / (1 + np.exp((127.5 - value) / 45))))


def warmer(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    return Image.merge("RGB", (red.point(lambda v: min(255, round(v * 1.06))), green, blue.point(lambda v: v * 0.92)))


EVEN: Mapping[str, Change] = {
    **COPIES,
    "a curve": partial(curve, power=0.88),
    "contrast": contrast,
    "warmer": warmer,
    "a thumbnail": lambda p: resized(p, 0.1),
    "cut by a few pixels": lambda p: p.crop((3, 5, p.width - 8, p.height - 1)),
    "turned and cut": lambda p: cropped(p.transpose(Turn.ROTATE_90), 0.06),
    "saved three times": lambda p: saved(saved(saved(p, 80), 70), 85),
}


@pytest.mark.parametrize("name", EVEN)
@pytest.mark.parametrize("picture", [scene, page])
def test_a_copy_is_the_same(name: str, picture: Callable[[], Image.Image]) -> None:
    assert said(picture(), EVEN[name](picture())) == "same"


@pytest.mark.parametrize(("kind", "quality"), [("JPEG", 50), ("JPEG", 95), ("WEBP", 75), ("HEIF", 60), ("PNG", 0)])
@pytest.mark.parametrize("picture", [scene, page])
def test_coding_makes_no_other_picture(picture: Callable[[], Image.Image], kind: str, quality: int) -> None:
    assert said(picture(), picture(), kind, quality) == "same"


def pasted(picture: Image.Image, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> Image.Image:
    changed = picture.copy()
    ImageDraw.Draw(changed).ellipse(box, fill=colour)
    return changed


def moved(x: int) -> Image.Image:
    return pasted(scene(), (x, 600, x + 12, 612), (40, 30, 30))


def with_line(number: int, text: str) -> Image.Image:
    return written(*(text if number == at else line for at, line in enumerate(LINES)))


OTHERS: Mapping[str, tuple[Callable[[], Image.Image], Callable[[], Image.Image]]] = {
    "a digit": (page, lambda: with_line(12, LINES[12].replace("2,4", "2,9"))),
    "a line": (page, lambda: with_line(11, f"{LINES[11][:-2]}not")),
    "a line more": (lambda: written(*LINES[:20]), lambda: written(*LINES[:20], "One more")),
    "the other page of a form": (page, lambda: written(*(f"{line[:8]} {n * 37}" for n, line in enumerate(LINES)))),
    "a small thing moved": (lambda: moved(500), lambda: moved(900)),
    "a closed eye": (
        lambda: pasted(scene(), (700, 500, 736, 514), (235, 235, 235)),
        lambda: pasted(scene(), (700, 500, 736, 514), (190, 150, 125)),
    ),
    "a figure elsewhere, from a tripod": (
        lambda: shot(pasted(place(8, 1200, 900), (300, 700, 330, 780), (150, 30, 30)), 1),
        lambda: shot(pasted(place(8, 1200, 900), (380, 700, 410, 780), (150, 30, 30)), 2),
    ),
    "another colour, as bright": (
        lambda: pasted(page(), (600, 600, 640, 640), (203, 40, 40)),
        lambda: pasted(page(), (600, 600, 640, 640), (40, 116, 40)),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("change", [lambda p: p, lambda p: resized(p, 0.8), lambda p: curve(p, 0.92)])
def test_what_only_one_of_two_shows_makes_another_picture(name: str, change: Change) -> None:
    one, other = OTHERS[name]
    assert said(one(), change(other())) == "different"


def stamped(picture: Image.Image) -> Image.Image:
    changed = picture.copy()
    place = (picture.width - 210, picture.height - 60)
    ImageDraw.Draw(changed).text(place, "12. 6. 2024", font=font(32), fill=(255, 160, 30))
    return changed


@pytest.mark.parametrize("picture", [scene, page])
def test_a_date_in_the_corner_is_a_mark(picture: Callable[[], Image.Image]) -> None:
    (a, ours), (b, theirs) = encoded(picture()), encoded(resized(stamped(picture()), 0.9))
    found = verdict(a, b, (ours, theirs))
    assert (found.verdict, found.words) == ("mark", "bottom right")


def test_two_exposures_of_a_tripod_are_told_by_their_grain() -> None:
    """Nothing moved, and no clock tells them apart."""
    still = place(3, 1600, 1200)
    for other in (shot(still, 2), shot(still.transform(still.size, Image.Transform.AFFINE, (1, 0, 0.6, 0, 1, 0.3)), 2)):
        (a, ours), (b, theirs) = encoded(shot(still, 1), quality=92), encoded(other, quality=92)
        found = verdict(a, b, (ours, theirs))
        assert (found.verdict, found.words) == ("different", OTHER_GRAIN)


def test_the_grain_of_one_exposure_is_known_again() -> None:
    """Re-encoded, smaller, curved, or with grain that an edit added."""
    first = shot(place(3, 1600, 1200), 1)
    for copy in (first, resized(first, 0.7), curve(first, 0.9), shot(first, 2, grain=3.0)):
        for quality in (60, 80, 92):
            assert said(first, copy, quality=quality) == "same", quality


def test_two_scenes_do_not_lie_on_each_other() -> None:
    assert said(scene(), shot(place(4, 1600, 1200), 1)) == "different"


@pytest.mark.parametrize("size", [(16, 16), (40, 33), (300, 20)])
def test_tiny_pictures_are_compared_too(size: tuple[int, int]) -> None:
    assert said(place(5, *size), place(5, *size), "PNG") == "same"


@pytest.mark.slow
def test_a_small_mark_anywhere_is_found() -> None:
    """At least 98 of 100, at any contrast above what coding makes, whatever happened to the file."""
    rng = np.random.default_rng(7)
    tries = amount(pr=8, nightly=2000)
    missed = [number for number in range(tries) if not _found(rng)]
    assert len(missed) <= 0.02 * tries, missed


def _found(rng: np.random.Generator) -> bool:
    picture = page() if rng.random() < 0.5 else shot(place(int(rng.integers(99)), 1200, 900), int(rng.integers(99)))
    changed, side = picture.copy(), int(rng.integers(12, 24))
    x, y = (
        int(rng.integers(0.2 * picture.width, 0.8 * picture.width)),
        int(rng.integers(0.2 * picture.height, 0.8 * picture.height)),
    )
    around = np.asarray(picture)[y : y + side, x : x + side].reshape(-1, 3).mean(axis=0)
    contrast = rng.uniform(40, 110) * (-1 if around.mean() > 128 else 1)
    colour = tuple(int(value) for value in np.clip(around + contrast, 0, 255))
    draw, kind = ImageDraw.Draw(changed), rng.integers(3)
    if kind == 0:
        draw.text((x, y), str(rng.integers(10)), font=font(round(1.4 * side)), fill=colour)
    elif kind == 1:
        draw.ellipse((x, y, x + side, y + max(8, side // 2)), fill=colour)
    else:
        draw.rectangle((x, y, x + 12, y + 12), fill=colour)
    coding = [
        ("JPEG", int(rng.integers(50, 96))),
        ("WEBP", int(rng.integers(70, 95))),
        ("HEIF", int(rng.integers(60, 95))),
    ]
    other = resized(changed, rng.uniform(0.7, 1)) if rng.random() < 0.4 else changed
    return said(picture, other, *coding[rng.integers(3)]) != "same"


# Files, workers and the index.


def kept(folder: Path, name: str, picture: Image.Image, quality: int = 90) -> Photo:
    folder.mkdir(exist_ok=True)
    picture.save(folder / name, quality=quality)
    told: dict[str, Any] = {"width": picture.width, "height": picture.height, "quality": quality}
    return photo(name, path=str(folder / name), digest=hash_file(str(folder / name)), **told)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Photo, Photo]:
    return kept(tmp_path, "a.jpg", scene()), kept(tmp_path, "b.jpg", resized(scene(), 0.6), 75)


def test_two_previews_that_look_the_same_leave_a_question(pair: tuple[Photo, Photo]) -> None:
    """So no copy goes by what previews show: the originals may differ where those do not."""
    small = replace(pair[0], digest="0" * 40)
    assert look_at((small, pair[1]), Limits()).verdict == "same"
    (seen,) = look([(small, pair[1])], InlineEngine(), Limits(), lambda step: None, NO_INDEX)
    assert seen == Look("unknown", PREVIEWS)


def test_a_file_that_changed_is_not_checked(pair: tuple[Photo, Photo]) -> None:
    Path(pair[1].path).write_bytes(Path(pair[0].path).read_bytes())
    assert look_at(pair, Limits()).verdict == "unknown"
    assert look_at(pair, Limits()).words == CHANGED


def test_a_damaged_or_missing_file_is_not_checked(pair: tuple[Photo, Photo]) -> None:
    Path(pair[1].path).write_bytes(b"no photo")
    assert look_at(pair, Limits()).verdict == "unknown"
    Path(pair[1].path).unlink()
    assert look_at(pair, Limits()).verdict == "unknown"


class Failing(InlineEngine):
    """An engine whose workers die."""

    def map(self, task: Any, items: Any) -> Any:
        return ((item, Failure("the decoder crashed on it")) for item in items)


def test_a_failure_is_not_the_same_and_not_remembered(pair: tuple[Photo, Photo], tmp_path: Path) -> None:
    index = StoredIndex(tmp_path / "index", Thumbnails(tmp_path / "thumbs"), Limits())
    (found,) = look([pair], Failing(), Limits(), lambda step: None, index)
    assert (found.verdict, found.words) == ("unknown", "the decoder crashed on it")
    (again,) = look([pair], InlineEngine(), Limits(), lambda step: None, index)
    assert again.verdict == "same"
    index.close()


def test_the_second_time_no_file_is_opened(pair: tuple[Photo, Photo], tmp_path: Path) -> None:
    index = StoredIndex(tmp_path / "index", Thumbnails(tmp_path / "thumbs"), Limits())
    first = look([pair], InlineEngine(), Limits(), lambda step: None, index)
    for each in pair:
        Path(each.path).unlink()
    steps: list[Step] = []
    assert look([pair], Failing(), Limits(), steps.append, index) == first
    assert [(step.stage, step.done, step.total, step.unit) for step in steps] == [
        ("Checking copies at full size", 1, 1, "pair")
    ]
    index.close()


@pytest.mark.slow
def test_workers_and_this_process_say_the_same(pair: tuple[Photo, Photo], tmp_path: Path) -> None:
    other = kept(tmp_path, "c.jpg", ImageOps.mirror(moved(500)))
    pairs = [pair, (pair[0], other), (other, pair[1])]
    engine = LocalEngine(workers=2, seconds=60)
    try:
        apart = look(pairs, engine, Limits(), lambda step: None, NO_INDEX)
    finally:
        engine.close()
    assert apart == look(pairs, InlineEngine(), Limits(), lambda step: None, NO_INDEX)
    assert [found.verdict for found in apart] == ["same", "different", "different"]
