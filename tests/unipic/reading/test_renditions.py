"""Pictures of originals for the large view: upright, of the right file, made once, and at nobody's risk."""

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms
from tests.helpers.galleries import photo
from tests.helpers.pictures import blurred, save, scene

from unipic.core.errors import NotShown
from unipic.core.files import PART
from unipic.core.photo import Photo
from unipic.core.settings import Limits
from unipic.reading.engines.base import Failure
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import LocalEngine
from unipic.reading.images import load_thumbnail
from unipic.reading.renditions import VIEW_SIDE, Renderer, Renditions

pytestmark = pytest.mark.slow


def of(path: Path, **facts: Any) -> Photo:
    """What a scan would say of a file."""
    data = path.read_bytes()
    return photo(
        path.stem, name=path.name, path=str(path), digest=hashlib.sha256(data).hexdigest(), size=len(data), **facts
    )


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    made = Renderer(open_engine=InlineEngine)
    yield made
    made.close()


@pytest.fixture
def renditions(tmp_path: Path, renderer: Renderer) -> Renditions:
    (tmp_path / "run").mkdir()
    return Renditions(tmp_path / "run" / "views", renderer)


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        assert image.format == "JPEG"
        image.load()
        return image


def apart(one: Image.Image, other: Image.Image) -> float:
    size = (32, 32)
    pairs = zip(one.convert("RGB").resize(size).tobytes(), other.convert("RGB").resize(size).tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (32 * 32 * 3)


def oriented(number: int) -> bytes:
    exif = Image.Exif()
    exif[274] = number
    return exif.tobytes()


# What is shown


def test_a_view_is_upright_and_at_most_2048_pixels_long(renditions: Renditions, tmp_path: Path) -> None:
    upright = blurred(scene(1, 1500, 3000))
    path = save(upright.transpose(Image.Transpose.ROTATE_90), tmp_path / "a.jpg", exif=oriented(6))
    shown = opened(renditions.view(of(path)))
    assert shown.size == (1024, VIEW_SIDE)
    assert apart(shown, upright) < 5


def test_a_small_photo_is_not_enlarged(renditions: Renditions, tmp_path: Path) -> None:
    assert opened(renditions.view(of(save(scene(1, 320, 240), tmp_path / "a.png")))).size == (320, 240)


@pytest.mark.parametrize("kind", ["HEIF", "TIFF"])
def test_what_browsers_do_not_show_becomes_a_jpeg_of_full_size(
    kind: str, renditions: Renditions, tmp_path: Path
) -> None:
    picture = scene(2, 2600, 1300)
    found = of(save(picture, tmp_path / "a", format=kind), format=kind, width=2600, height=1300)
    full, view = opened(renditions.full(found)), opened(renditions.view(found))
    assert (full.size, view.size) == ((2600, 1300), (2048, 1024))
    assert apart(full, picture) < 5
    assert apart(view, picture) < 5


def test_colours_stay_as_wide_as_they_were(renditions: Renditions, tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with_profile = save(scene(1, 64, 64), tmp_path / "a.tif", icc_profile=profile)
    grey = save(scene(1, 64, 64).convert("CMYK"), tmp_path / "b.tif", icc_profile=b"x" * 16 + b"CMYK" + b"x" * 200)
    assert opened(renditions.view(of(with_profile))).info["icc_profile"] == profile
    assert "icc_profile" not in opened(renditions.view(of(grey))).info


def test_nothing_else_of_the_original_comes_along(renditions: Renditions, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[270] = "a secret"
    path = save(scene(1, 64, 64), tmp_path / "a.jpg", exif=exif.tobytes(), comment=b"a secret")
    assert b"secret" in path.read_bytes()
    assert b"secret" not in renditions.view(of(path)).read_bytes()


# Of the right file


def test_a_photo_that_changed_is_not_shown_as_the_one_that_was_looked_at(
    renditions: Renditions, tmp_path: Path
) -> None:
    path = save(scene(1, 64, 64), tmp_path / "a.jpg")
    found = of(path)
    for other in (lambda: save(scene(2, 64, 64), path), lambda: path.write_bytes(b"no photo at all")):
        other()
        with pytest.raises(NotShown, match=r"^a\.jpg has changed since it was looked at"):
            renditions.view(found)
    assert list(renditions.folder.iterdir()) == []


def test_a_photo_that_is_gone_is_said(renditions: Renditions, tmp_path: Path) -> None:
    found = of(save(scene(1, 64, 64), tmp_path / "a.jpg"))
    os.remove(found.path)
    with pytest.raises(NotShown, match="no longer where it was"):
        renditions.view(found)


def test_a_link_in_the_place_of_a_photo_is_not_followed(renditions: Renditions, tmp_path: Path) -> None:
    found = of(save(scene(1, 64, 64), tmp_path / "a.jpg"))
    os.rename(found.path, tmp_path / "b.jpg")
    os.symlink(tmp_path / "b.jpg", found.path)
    with pytest.raises(NotShown, match="could not be shown"):
        renditions.view(found)


def test_a_name_that_is_no_text_can_be_said(renditions: Renditions, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"nothing")
    with pytest.raises(NotShown) as refusal:
        renditions.view(replace(of(path), name="\udcff\x1b[31m.jpg"))
    str(refusal.value).encode()
    assert "\x1b" not in str(refusal.value)


# Made once


class Counting(InlineEngine):
    """Counts what it is asked for, and takes its time."""

    def __init__(self, pause: float = 0.0) -> None:
        self.asked = 0
        self.most = 0
        self.closed = 0
        self._now = 0
        self._pause = pause
        self._lock = threading.Lock()

    def map(self, task: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        with self._lock:
            self.asked += 1
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(self._pause)
        yield from super().map(task, items)
        with self._lock:
            self._now -= 1

    def close(self) -> None:
        self.closed += 1


def test_a_picture_is_made_once_and_kept(tmp_path: Path) -> None:
    engine = Counting()
    (tmp_path / "run").mkdir()
    renderer = Renderer(open_engine=lambda: engine)
    found = of(save(scene(1, 64, 64), tmp_path / "a.jpg"))
    first = Renditions(tmp_path / "run" / "views", renderer).view(found)
    before = first.stat().st_ino
    assert Renditions(tmp_path / "run" / "views", renderer).view(found).stat().st_ino == before
    assert engine.asked == 1


def test_the_same_picture_asked_for_by_many_at_once_is_made_once(tmp_path: Path) -> None:
    engine = Counting(pause=0.2)
    (tmp_path / "run").mkdir()
    renditions = Renditions(tmp_path / "run" / "views", Renderer(open_engine=lambda: engine))
    same, other = (of(save(scene(i, 64, 64), tmp_path / f"{i}.jpg")) for i in (1, 2))
    with ThreadPoolExecutor(6) as threads:
        paths = list(threads.map(renditions.view, [same, same, other, same, same, other]))
    assert len(set(paths)) == 2
    assert engine.asked == 2


def test_all_who_wait_for_a_picture_hear_why_there_is_none(tmp_path: Path) -> None:
    engine = Counting(pause=0.2)
    (tmp_path / "run").mkdir()
    (tmp_path / "a.jpg").write_bytes(b"broken")
    found = of(tmp_path / "a.jpg")
    renditions = Renditions(tmp_path / "run" / "views", Renderer(open_engine=lambda: engine))

    def message(_: int) -> str:
        with pytest.raises(NotShown) as refusal:
            renditions.view(found)
        return str(refusal.value)

    with ThreadPoolExecutor(3) as threads:
        assert len(set(threads.map(message, range(3)))) == 1
    assert engine.asked == 1


def test_what_nobody_looked_at_for_longest_goes_first(renditions: Renditions, tmp_path: Path) -> None:
    photos = [of(save(scene(1, 200, 200), tmp_path / f"{i}.jpg", comment=b"%d" % i)) for i in range(4)]
    paths = [renditions.view(found) for found in photos[:3]]
    for age, path in enumerate(paths):
        os.utime(path, (1000 + age, 1000 + age))
    renditions.view(photos[0])  # looked at again
    (renditions.folder / f"left.jpg.01234567{PART}").write_bytes(b"half")
    renditions.cap = sum(path.stat().st_size for path in paths)
    newest = renditions.view(photos[3])
    assert [path.exists() for path in (*paths, newest)] == [True, False, True, True]
    assert not list(renditions.folder.glob("*" + PART))
    renditions.cap = 0
    alone = renditions.full(photos[1])
    assert list(renditions.folder.iterdir()) == [alone], "what was just asked for is given, however small the cap"


def test_a_run_that_was_deleted_stays_deleted(tmp_path: Path, renderer: Renderer) -> None:
    found = of(save(scene(1, 64, 64), tmp_path / "a.jpg"))
    with pytest.raises(NotShown, match="This review no longer exists"):
        Renditions(tmp_path / "gone" / "views", renderer).view(found)
    assert not (tmp_path / "gone").exists()


# The workers


def test_workers_are_opened_when_needed_and_closed_when_idle(tmp_path: Path) -> None:
    engines: list[Counting] = []
    (tmp_path / "run").mkdir()

    def another() -> Counting:
        engines.append(Counting())
        return engines[-1]

    renderer = Renderer(open_engine=another, idle=0.05)
    renditions = Renditions(tmp_path / "run" / "views", renderer)
    assert engines == []
    renditions.view(of(save(scene(1, 64, 64), tmp_path / "a.jpg")))
    until = time.monotonic() + 5
    while not engines[0].closed and time.monotonic() < until:
        time.sleep(0.01)
    assert engines[0].closed == 1
    renditions.view(of(save(scene(2, 64, 64), tmp_path / "b.jpg")))
    assert len(engines) == 2


def test_broken_workers_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    class Broken(InlineEngine):
        def map(self, task: Any, items: Any) -> Any:
            raise RuntimeError("the pool is broken")

    engines = [InlineEngine(), Broken()]
    renditions = Renditions(tmp_path / "run" / "views", Renderer(open_engine=lambda: engines.pop()))
    found = of(save(scene(1, 64, 64), tmp_path / "a.jpg"))
    with pytest.raises(RuntimeError):
        renditions.view(found)
    assert renditions.view(found).is_file()


def test_what_a_worker_could_not_survive_is_said(tmp_path: Path) -> None:
    class Dying(InlineEngine):
        def map(self, task: Any, items: Any) -> Any:
            return ((item, Failure("the decoder crashed on it (SIGSEGV)")) for item in items)

    (tmp_path / "run").mkdir()
    renditions = Renditions(tmp_path / "run" / "views", Renderer(open_engine=Dying))
    with pytest.raises(NotShown, match=r"a\.jpg: the decoder crashed on it \(SIGSEGV\)"):
        renditions.view(of(save(scene(1, 64, 64), tmp_path / "a.jpg")))


def test_real_workers_survive_a_broken_file_and_show_the_next(tmp_path: Path) -> None:
    """Their limits are those of reading: a picture too large for them is refused, and so is one that takes too long."""
    (tmp_path / "run").mkdir()
    buffer = io.BytesIO()
    scene(1, 640, 480).save(buffer, "JPEG")
    (tmp_path / "broken.jpg").write_bytes(buffer.getvalue()[:3000])
    large = of(save(Image.new("RGB", (3000, 3000)), tmp_path / "large.png"))
    good = of(save(scene(2, 2400, 1200), tmp_path / "good.tif"), format="TIFF", width=2400, height=1200)
    settings = Limits(max_pixels=4_000_000)
    renderer = Renderer(settings, open_engine=lambda: LocalEngine(1, seconds=20.0, memory=2_000_000_000))
    renditions = Renditions(tmp_path / "run" / "views", renderer)
    try:
        with pytest.raises(NotShown, match=r"broken\.jpg ends early"):
            renditions.view(of(tmp_path / "broken.jpg"))
        with pytest.raises(NotShown, match="more than the 4 that are safe to decode"):
            renditions.full(large)
        assert load_thumbnail(str(renditions.full(good))).shape == (1200, 2400, 3)
        assert sorted(path.suffix for path in renditions.folder.iterdir()) == [".jpg"]
    finally:
        renderer.close()
