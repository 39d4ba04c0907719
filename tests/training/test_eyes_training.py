"""Teaching the networks of eyes: what the crops are, that the seed decides, and that they learn."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tests.helpers.drawn_faces import face
from training.eyes import KEPT, Crops, Recipe, held_out, odds_of, read_eyes, rows_of, teach, varied

from unipic.core.settings import PROJECT

DETECTOR = PROJECT / "models" / "yunet" / "face_detection_yunet_2023mar.onnx"


def crops(count: int) -> Crops:
    """Light discs count as open, dark ones as shut; at some of them nobody looked."""
    rng = np.random.default_rng(1)
    down, across = np.mgrid[:KEPT, :KEPT] - KEPT / 2
    disc = np.hypot(down, across) < KEPT / 8
    labels = torch.arange(count) % 2
    made = [128 + (100 if label else -100) * disc + rng.normal(0, 8, disc.shape) for label in labels]
    number = torch.arange(count)
    found = (number % 6 == 5) & (labels == 1)
    source = torch.where(found, -1, number)
    return Crops(torch.tensor(np.stack(made), dtype=torch.float32)[:, None], labels.float(), source, found)


def test_the_seed_decides_what_is_varied() -> None:
    pictures = crops(6).pictures
    one, same, other = (varied(pictures, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert one.shape == (6, 1, 32, 32)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.mean(dim=(1, 2, 3)).abs().max() < 1e-4


def test_a_network_learns_and_the_seed_decides() -> None:
    taught = crops(24)
    said = odds_of(teach(taught, Recipe(steps=20, batch=16)), taught, 16)
    assert ((said > 0) == (taught.labels.numpy() == 1)).mean() > 0.9
    first, again = (odds_of(teach(taught, Recipe(steps=2, batch=8)), taught, 16) for _ in range(2))
    assert np.array_equal(first, again)


def test_crops_are_tested_by_networks_that_did_not_see_them() -> None:
    """With labels of chance nothing is to be learned, but by heart."""
    taught = crops(20)
    chance = Crops(
        torch.randn(20, 1, KEPT, KEPT, generator=torch.Generator().manual_seed(3)) * 50 + 128,
        taught.labels,
        taught.source,
        taught.found,
    )
    said = held_out(chance, Recipe(steps=3, batch=8), (16,))
    looked_at = ~chance.found.numpy()
    assert np.array_equal(np.isfinite(said[16]), looked_at)
    known = chance.labels.numpy()[looked_at]
    (row,) = rows_of("eyes", {16: said[16][looked_at]}, known)
    assert (row["crops"], row["pixels"]) == (len(known), 16)


def test_eyes_are_found_in_photos_and_count_as_open(tmp_path: Path) -> None:
    faces, photos = tmp_path / "faces", tmp_path / "photos"
    for folder in (faces / "eyes", faces / "smile", photos):
        folder.mkdir(parents=True)
    face(2, 480).save(photos / "one.jpg")
    (photos / "words.txt").write_text("no photo")
    Image.new("L", (40, 30), 90).save(faces / "eyes" / "shut.jpg")
    rows = [{"file": "eyes/shut.jpg", "eyes": "closed", "expression": ""}]
    with (faces / "faces.csv").open("w", newline="", encoding="utf-8") as file:
        lines = csv.DictWriter(file, list(rows[0]))
        lines.writeheader()
        lines.writerows(rows)
    found = read_eyes(faces, [photos], DETECTOR)
    assert found.labels.tolist() == [0, 1, 1, 0, 0]
    assert found.source.tolist() == [0, -1, -1, 0, 0]
    assert found.found.tolist() == [False, True, True, True, True]
    assert found.pictures.shape == (5, 1, KEPT, KEPT)
