"""Teaching the networks of eyes: what the crops are, that the seed decides, and that they learn."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.helpers.drawn_faces import face
from training import eyes
from training.eye_crops import CROP, FACE, FOLDS, KEPT, SHUT_IN, Crops, find_all, read_eyes, who
from training.eyes import Recipe, held_out, odds_of, rows_of, teach, varied

from unipic.core.settings import PROJECT

DETECTOR = PROJECT / "models" / "yunet" / "face_detection_yunet_2023mar.onnx"


def crops(count: int) -> Crops:
    """Light discs count as open, dark ones as shut."""
    rng = np.random.default_rng(1)
    down, across = np.mgrid[:KEPT, :KEPT] - KEPT / 2
    disc = np.hypot(down, across) < KEPT / 8
    labels = torch.arange(count) % 2
    made = [128 + (100 if label else -100) * disc + rng.normal(0, 8, disc.shape) for label in labels]
    pictures = torch.tensor(np.stack(made), dtype=torch.float32)[:, None]
    return Crops(pictures, labels.float(), torch.arange(count) // 2 % FOLDS, torch.zeros(count, dtype=torch.long))


def test_the_seed_decides_what_is_varied() -> None:
    pictures = crops(6).pictures
    (one, told), (same, _), (other, _) = (varied(pictures, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert one.shape == (6, 1, 32, 32)
    assert told.shape == (6,)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.mean(dim=(1, 2, 3)).abs().max() < 1e-4


def test_a_network_learns_and_the_seed_decides() -> None:
    taught = crops(24)
    said = odds_of(teach(taught, Recipe(steps=20, batch=16)), taught, 16)
    assert ((said > 0) == (taught.labels.numpy() == 1)).mean() > 0.9
    first, again = (odds_of(teach(taught, Recipe(steps=2, batch=8)), taught, 16) for _ in range(2))
    assert np.array_equal(first, again)


def test_crops_are_tested_by_networks_that_did_not_see_them(monkeypatch: pytest.MonkeyPatch) -> None:
    taught = crops(20)
    seen: list[Crops] = []

    def learn(some: Crops, recipe: Recipe) -> torch.nn.Module:
        seen.append(some)
        return teach(some, recipe)

    monkeypatch.setattr(eyes, "teach", learn)
    said = held_out(taught, Recipe(steps=1, batch=8), (16,))
    assert np.isfinite(said[16]).all()
    assert [sorted({*range(FOLDS)} - {*some.fold.tolist()}) for some in seen] == [[number] for number in range(FOLDS)]
    (row,) = rows_of("eyes", said, taught.labels.numpy())
    assert (row["crops"], row["pixels"]) == (20, 16)


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
    found = find_all(faces, [photos], DETECTOR)
    made = read_eyes(faces, found, [5])
    assert made.labels.tolist() == [0, 1, 1, 0, 0, 0, 0]
    assert made.kind.tolist() == [CROP, FACE, FACE, *[SHUT_IN] * 4]
    assert made.fold.tolist() == [0] * 7
    assert made.pictures.shape == (7, 1, KEPT, KEPT)
    assert who(found, []) == [0]
    assert who(found, found) == [-1]
    assert len(read_eyes(faces, found, [-1]).labels) == 1
