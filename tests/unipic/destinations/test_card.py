"""The picture of a clean-up: before and after, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.helpers.galleries import photo

from unipic.core.photo import Photo
from unipic.destinations.card import EDGE, MOSAIC_HEIGHT, MOSAIC_TOP, MOSAIC_WIDTH, MOST_TILES, WIDTH, Grid, write_card
from unipic.review.ledger import ledger
from unipic.review.outcomes import Outcome

RED, BLUE = (220, 30, 30), (30, 30, 220)


def outcomes(kept: int, gone: int) -> list[Outcome]:
    """What stays is red, what goes is blue, in turns as far as both last."""
    stays = [Outcome(photo(f"k{i:04}"), "kept", "") for i in range(kept)]
    goes = [Outcome(photo(f"g{i:04}"), "set aside", "", by="you") for i in range(gone)]
    return sorted([*stays, *goes], key=lambda outcome: outcome.file.id[1:])


def load(one: Photo) -> np.ndarray:
    return np.full((300, 400, 3), RED if one.id[0] == "k" else BLUE, dtype=np.uint8)


def area(path: Path, left: int, colour: tuple[int, int, int]) -> int:
    """Pixels of a mosaic that are nearly of this colour."""
    box = (left, MOSAIC_TOP, left + MOSAIC_WIDTH, MOSAIC_TOP + MOSAIC_HEIGHT)
    with Image.open(path) as picture:
        pixels = np.asarray(picture.crop(box), dtype=np.int64)
    return int((np.abs(pixels - colour).max(axis=2) < 40).sum())


AFTER = WIDTH - EDGE - MOSAIC_WIDTH


@pytest.mark.parametrize(("kept", "gone"), [(1, 0), (3, 2), (40, 20), (MOST_TILES, MOST_TILES)])
def test_what_goes_is_only_in_the_picture_of_before(kept: int, gone: int, tmp_path: Path) -> None:
    everything, path = outcomes(kept, gone), tmp_path / "card.jpg"
    write_card(path, everything, ledger(everything), 90.0, load)
    assert area(path, EDGE, RED) > 0
    assert (area(path, EDGE, BLUE) > 0) == (gone > 0)
    assert area(path, AFTER, BLUE) == 0
    assert area(path, AFTER, RED) == pytest.approx(area(path, EDGE, RED), rel=0.05)


def test_a_photo_without_a_thumbnail_is_an_empty_tile(tmp_path: Path) -> None:
    def gone(_: Photo) -> np.ndarray:
        raise FileNotFoundError

    everything = outcomes(2, 1)
    write_card(tmp_path / "card.jpg", everything, ledger(everything), 1.0, gone)
    assert area(tmp_path / "card.jpg", EDGE, RED) == 0


def test_it_replaces_the_last_one_and_names_nothing(tmp_path: Path) -> None:
    everything, path = outcomes(2, 1), tmp_path / "card.jpg"
    for _ in range(2):
        write_card(path, everything, ledger(everything), 1.0, load)
    assert [one.name for one in tmp_path.iterdir()] == ["card.jpg"]
    assert b"k0000" not in path.read_bytes()


@pytest.mark.parametrize("tiles", [1, 2, 7, 37, MOST_TILES])
def test_all_tiles_fit(tiles: int) -> None:
    grid = Grid.of(tiles)
    rows = -(-tiles // grid.columns)
    assert grid.columns * grid.side <= MOSAIC_WIDTH
    assert rows * grid.side <= MOSAIC_HEIGHT
