"""How the limits of searches by meaning are measured."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks import search_calibrate as module
from benchmarks.search_calibrate import Labelled, fitted, judged, measure, photos_in, run, write
from PIL import Image
from tests.helpers.checkpoints import make_clip
from tests.helpers.readers import ColourReader

from unipic.vision.base import Cutoff
from unipic.vision.cutoffs import read_cutoffs
from unipic.vision.text import OPENAI, LocalTextEncoder

KINDS = {"warm": (230, 30, 30), "leafy": (30, 220, 40), "watery": (30, 40, 230), "dusty_stones": (120, 120, 120)}


def hundred(rng: np.random.Generator, kinds: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Margins of 5 photos of each kind: about 0.3 for its own, about -0.1 for others."""
    right = np.eye(kinds, dtype=bool).repeat(5, axis=1)
    return np.where(right, 0.3, -0.1) + rng.normal(0, 0.02, right.shape), right


def test_clear_cases_are_told_apart() -> None:
    margin, right = hundred(np.random.default_rng(1))
    limits = fitted(margin, right, "made up")
    assert -0.1 < limits.maybe <= limits.found < 0.3
    its = judged(margin, right, limits)
    assert (its.absent, its.recall, its.answered) == (1, 1, 1)
    assert its.precision == 1


def test_one_in_ten_absent_kinds_may_find_something_and_not_more() -> None:
    rng = np.random.default_rng(2)
    margin, right = hundred(rng, 40)
    margin[::2][:2, -1] = 0.9  # two of the twenty kinds that limits are set on have a photo that looks much like them
    assert fitted(margin, right, "made up").found < 0.3
    margin[::2][2, -1] = 0.9
    assert fitted(margin, right, "made up").found > 0.9


def test_limits_come_from_one_half_and_the_judgement_from_the_other() -> None:
    margin, right = hundred(np.random.default_rng(3))
    other = margin.copy()
    other[1::2] = -9
    assert fitted(other, right, "made up") == fitted(margin, right, "made up")
    assert judged(other, right, fitted(margin, right, "made up")).recall == 0


def test_limits_are_written_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "cutoffs.toml"
    file.write_text("# Words about it.\n")
    first, second = Cutoff(0.1, -0.05, 'a "folder"'), Cutoff(0.2, 0.0, "Zürich")
    write(file, "siglip2-abc-squash-1", first)
    write(file, "openai-abc-bars-1", second)
    write(file, "openai-abc-bars-1", first)
    assert read_cutoffs(file) == {"siglip2-abc-squash-1": first, "openai-abc-bars-1": first}
    assert file.read_text().startswith("# Words about it.\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("labelled")
    for kind, colour in KINDS.items():
        (root / kind).mkdir()
        for number in range(3):
            noise = np.random.default_rng(number).integers(-20, 20, (60, 80, 3))
            Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(
                root / kind / f"{number}.png"
            )
    Image.new("RGB", (40, 40)).save(root / "of no kind.png")
    return root


@pytest.fixture(scope="module")
def labelled(folder: Path) -> Labelled:
    return photos_in(folder)


def test_a_folder_says_what_its_photos_show(labelled: Labelled) -> None:
    assert labelled.queries == ["dusty stones", "leafy", "warm", "watery"]
    assert (len(labelled.pictures), labelled.right.sum()) == (12, 12)


def test_what_is_measured_is_written_for_that_model(
    labelled: Labelled, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "background", lambda: ["leafy", "watery", "a photo of warm"])
    file = tmp_path / "cutoffs.toml"
    measure(ColourReader(), labelled, file)
    limits = read_cutoffs(file)["colours-1"]
    assert limits.maybe <= limits.found
    assert limits.measured_on.startswith("12 photos of ")
    assert capsys.readouterr().out.startswith("| Colours (colours) | its own | ")


@pytest.mark.slow
def test_each_way_to_make_pictures_square_is_measured_and_the_own_one_is_written(
    labelled: Labelled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder = LocalTextEncoder(make_clip(tmp_path / "clip"), OPENAI, "cpu")
    file = tmp_path / "cutoffs.toml"
    measure(encoder, labelled, file)
    assert list(read_cutoffs(file)) == [encoder.space]
    assert [row.split(" | ")[1] for row in capsys.readouterr().out.splitlines()] == ["bars", "crop", "squash"]
    again = LocalTextEncoder(tmp_path / "clip", OPENAI, "cpu", read_cutoffs(file))
    assert again.cutoff == read_cutoffs(file)[encoder.space]


def test_what_is_not_here_is_not_measured(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, ("siglip2",), tmp_path / "cutoffs.toml")
    assert "siglip2: not measured here. " in capsys.readouterr().out
    assert not (tmp_path / "cutoffs.toml").exists()
    run(folder / "warm", ("siglip2",), tmp_path / "cutoffs.toml")
    assert "needs 4 subfolders of photos or more" in capsys.readouterr().out
