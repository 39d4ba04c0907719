"""Things in pictures: SAM from a checkpoint made up on the spot, and what the text encoder sees of each."""

from pathlib import Path

import numpy as np
import pytest
from tests.helpers.checkpoints import make_sam
from tests.helpers.readers import ColourReader

from unipic.core.errors import ModelError
from unipic.vision.segments import FOLDER, MOST, Segmenter, Thing, checkpoint, cut_out, open_segmenter


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_sam(folder / FOLDER)
    return folder


@pytest.fixture
def picture() -> np.ndarray:
    picture = np.random.default_rng(2).integers(0, 40, (96, 128, 3)).astype(np.uint8)
    picture[20:60, 30:90] = (220, 30, 20)
    return picture


def test_there_is_none_without_a_checkpoint(tmp_path: Path) -> None:
    assert open_segmenter(tmp_path, ColourReader()) is None
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "config.json").write_text("{}")
    assert checkpoint(tmp_path) is None, "a folder without weights"


def test_things_are_parts_with_boxes_outlines_and_vectors(models: Path, picture: np.ndarray) -> None:
    segmenter = open_segmenter(models, ColourReader())
    assert segmenter is not None
    (parts,) = segmenter.find([picture])
    assert 0 < len(parts) <= MOST
    assert len({part.name for part in parts}) == len(parts)
    for part in parts:
        assert part.box is not None
        assert part.vector is not None
        left, top, right, bottom = part.box
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
        assert all(0 <= value <= 1 for outline in part.facts["outlines"] for value in outline)
        assert np.linalg.norm(part.vector) == pytest.approx(1, abs=1e-4)
    assert [part.box for part in segmenter.find([picture])[0]] == [part.box for part in parts]
    assert segmenter.key.endswith(f" {ColourReader().key}")


def test_what_is_found_twice_or_small_or_unsure_is_left_out(models: Path, picture: np.ndarray) -> None:
    class Told(Segmenter):
        scores = np.array([0.9, 0.95, 0.5, 0.99, 0.93], np.float32)

        def _asked(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            logits = np.full((5, 20, 20), -20.0, np.float32)
            logits[0, :10, :10] = logits[1, :10, :9] = logits[2, 12:, 12:] = 20  # of a thing twice, and an unsure one
            logits[3, 15, 15] = 20  # too small
            logits[4, 12:, :6] = 0.5  # as unclear as its surroundings
            return logits, self.scores

    told = Told(models / FOLDER / "model.safetensors", ColourReader())
    (thing,) = told.things(picture)
    assert (thing.box, round(thing.score, 2)) == ((0.0, 0.0, 0.45, 0.5), 0.95)


def test_what_is_around_a_thing_is_blurred_and_it_is_not(picture: np.ndarray) -> None:
    mask = np.zeros((96, 128), bool)
    mask[20:60, 30:90] = True
    seen = cut_out(picture, Thing(mask, 1.0))
    assert seen.shape[0] < 60
    assert seen.shape[1] < 90
    assert (seen.reshape(-1, 3) == (220, 30, 20)).all(axis=1).sum() == 40 * 60
    corner = seen[:3, :5].astype(int)
    assert np.abs(np.diff(corner[..., 1], axis=1)).max() < 10, "noise of 0 to 40 before"


def test_what_is_no_checkpoint_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / FOLDER / name).write_text("{}")
    broken = open_segmenter(tmp_path, ColourReader())
    assert broken is not None
    with pytest.raises(ModelError, match="SAM cannot be loaded"):
        broken.find([np.zeros((8, 8, 3), np.uint8)])
