"""The whole training, a few steps of it: what it leaves can be used, and says where it came from."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from tests.pictures import save, scene
from torchvision.models import mobilenet_v3_small
from training.__main__ import main
from training.encoder import Recipe, losses, nearest, pace

from unipic.vision.mobilenet import UnipicEncoder


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    network = mobilenet_v3_small(weights=None).features
    path = tmp_path_factory.mktemp("teacher") / "features.safetensors"
    save_file({f"features.{name}": entry.contiguous() for name, entry in network.state_dict().items()}, path)
    return path


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(12):
        save(scene(seed), folder / f"{seed}.jpg")
    (folder / "notes.txt").write_text("no photo")
    return folder


def test_a_few_steps_leave_an_encoder_that_works(
    teacher: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--photos", photos, "--teacher", teacher, "--out", tmp_path, "--epochs", "2", "--batch", "9"]
    main([*map(str, given), "--size", "64", "--float32"])
    assert "12 photos, 2 steps; 1 other files passed over" in capsys.readouterr().out
    with (tmp_path / "log.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["step"] == "2"
    assert float(row["distance"]) >= 0  # untaught, the teacher takes all of them for one
    with safe_open(tmp_path / "encoder.safetensors", "pt") as file:
        facts = json.loads(file.metadata()["training"])
    assert (facts["photos"], facts["steps"], facts["seed"]) == (12, 2, 7)
    rows = UnipicEncoder(tmp_path / "encoder.safetensors", "cpu").embed(np.zeros((2, 224, 224, 3), np.uint8))
    assert rows.shape == (2, 576)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_photos_are_named(teacher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--photos", str(tmp_path), "--teacher", str(teacher), "--out", str(tmp_path / "out")])
    assert end.value.code == 1
    assert "holds 0 photos" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_views_that_agree_cost_less() -> None:
    taught = torch.eye(4)
    agreeing, crossed = torch.eye(4).repeat(2, 1), torch.cat([torch.eye(4), torch.eye(4).roll(1, 0)])
    assert losses(agreeing, taught, Recipe())[0] < 0.1 < losses(crossed, taught, Recipe())[0]


def test_what_the_teacher_takes_for_one_picture_is_no_example_of_two() -> None:
    same = torch.nn.functional.normalize(torch.ones(2, 4), dim=1)
    contrast, _ = losses(same.repeat(2, 1), same, Recipe())
    assert contrast < 1e-3


def test_neighbours_are_the_most_alike_and_never_the_picture_itself() -> None:
    found = nearest(torch.nn.functional.normalize(torch.tensor([[1.0, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]]), dim=1))
    assert found[:, 0].tolist() == [1, 0, 3, 2]


def test_the_pace_rises_and_falls() -> None:
    paces = [pace(step, 500) for step in range(501)]
    assert paces[0] == pytest.approx(0.01)
    assert max(paces) > 0.85
    assert paces[-1] == pytest.approx(0, abs=1e-9)
