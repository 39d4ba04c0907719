"""Words in pictures are read; what cannot be read costs one picture, and a damaged model is said."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.pages import page
from tests.helpers.pictures import scene
from tests.safety.harness.egress import listen_to

from unipic.core.errors import ModelDamaged, ModelError
from unipic.core.folding import folded
from unipic.core.settings import PROJECT
from unipic.vision import ocr, registry
from unipic.vision.manifest import MANIFEST, read_manifest
from unipic.vision.ocr import WordReader
from unipic.vision.registry import WORDS, open_words

LINES = ("RE16 TGK", "Zürich Hauptbahnhof", "Crème brûlée 7,50 €", "El niño pequeño")


@pytest.fixture(scope="module")
def reader() -> WordReader:
    return open_words()


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_opened", {})


def test_lines_are_read_with_their_accents_from_top_to_bottom(reader: WordReader) -> None:
    lines = reader.read(np.asarray(page(LINES)))
    assert [folded(line.text).replace(" ", "") for line in lines] == [folded(one).replace(" ", "") for one in LINES]
    assert all(line.score >= ocr.SURE for line in lines)
    tops = [line.box[1] for line in lines]
    assert tops == sorted(tops)
    assert all(0 <= left < right <= 1 and 0 <= top < bottom <= 1 for left, top, right, bottom in (x.box for x in lines))
    assert abs(lines[0].box[0] - 40 / 800) < 0.02
    assert abs(lines[0].box[1] - 60 / 500) < 0.03


def test_lines_are_where_they_are_in_a_wide_picture_too(reader: WordReader) -> None:
    """Pictures of more than 8 : 1 get bars above and below before lines are looked for."""
    (line,) = reader.read(np.asarray(page(["Platform nine"], 28, 1200, 100, 40)))
    assert folded(line.text) == "platform nine"
    assert abs(line.box[1] - 0.4) < 0.15


def test_numbers_and_short_scribbles(reader: WordReader) -> None:
    lines = reader.read(np.asarray(page(["0171 555 0123", "ab"], 40)))
    assert ["".join(filter(str.isdigit, line.text)) for line in lines] == ["01715550123"]


def test_pictures_without_text_have_none(reader: WordReader) -> None:
    blank, photo = np.full((480, 640, 3), 255, np.uint8), np.asarray(scene(3))
    assert reader.find([blank, photo]) == [[], []]


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1), (31, 2000), (2, 3)])
def test_odd_shapes_break_nothing(shape: tuple[int, int], reader: WordReader) -> None:
    assert reader.find([np.zeros((*shape, 3), np.uint8)]) == [[]]


def test_noise_and_stripes_break_nothing_and_are_bounded(reader: WordReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture full of what looks like lines is read up to a bound, and no piece is longer than a line may be."""
    read = []
    whole = WordReader._lines

    def watched(self: WordReader, picture: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        boxes, pieces = whole(self, picture)
        read.append([piece.shape[1] / piece.shape[0] for piece in pieces])
        return boxes, pieces

    monkeypatch.setattr(WordReader, "_lines", watched)
    monkeypatch.setattr(ocr, "MOST", 3000)
    monkeypatch.setattr(ocr, "LONGEST", 10)
    noise = np.random.default_rng(1).integers(0, 256, (400, 600, 3), dtype=np.uint8)
    page_of_lines = np.asarray(page(["short line " * n for n in (1, 2, 1, 4, 1, 1, 1, 1)], 24))
    reader.find([noise, page_of_lines])
    ratios = read[-1]
    assert ratios
    assert max(ratios) <= 10
    assert sum(ocr.LINE_HEIGHT * ratio for ratio in ratios) <= 3000
    assert len(ratios) < 8, "the longest of eight is left out"


def test_a_picture_that_breaks_the_reader_is_done_with_the_reason(
    reader: WordReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such\nshape")

    monkeypatch.setattr(WordReader, "_lines", broken)
    ((part,),) = reader.find([np.zeros((9, 9, 3), np.uint8)])
    assert (part.kind, part.facts) == ("failed", {"reason": "no such shape"})


def test_small_letters_of_a_large_screen_need_the_fine_reader(fresh: None) -> None:
    words = [f"entry number {n} of the table" for n in range(1000, 1016)]
    picture = page(words, 14, 2000, 1125, 100)
    found = open_words(fine=True).read(np.asarray(picture))
    assert [folded(line.text) for line in found] == words


def test_nothing_is_fetched(tmp_path: Path) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(PROJECT / 'src')!r}); "
        "import numpy as np; from unipic.vision.registry import open_words; "
        "print(open_words().read(np.full((64, 64, 3), 255, np.uint8)))"
    )
    talk = listen_to([sys.executable, "-c", script], tmp_path / "watch")
    assert talk.code == 0, talk.output
    assert talk.output.strip().endswith("[]")
    assert (talk.asked, talk.called) == ((), ()), talk.ways


@pytest.mark.parametrize("harm", ["damaged", "gone"])
def test_a_damaged_model_is_said_and_neither_loaded_nor_fetched(harm: str, fresh: None, tmp_path: Path) -> None:
    there = read_manifest()[WORDS]
    assert there.home
    package = tmp_path / "unipic_words_package"
    shutil.copytree(there.home / "models", package / "models")
    (package / "__init__.py").touch()
    file = package / there.forms[0].files[1].path
    if harm == "gone":
        file.unlink()
    else:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(MANIFEST.read_text(encoding="utf-8").replace('"rapidocr"', f'"{package.name}"'))
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(ModelDamaged, match=f"pip install --force-reinstall --no-deps {package.name}") as told:
            open_words(manifest=manifest)
    finally:
        sys.path.remove(str(tmp_path))
    assert str(file if harm == "damaged" else package) in str(told.value)


def test_without_its_package_it_is_said(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="PP-OCRv6 small needs rapidocr"):
        open_words()
