"""Teaching the encoder: the losses by hand, the parts alone, and the whole of it on a few made-up pictures."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors import safe_open
from tests.helpers.checkpoints import make_mobilenet
from tests.helpers.pictures import save, scene
from training.__main__ import main
from training.encoder import Recipe, batch, losses, nearest, pace, settle
from training.photos import STORED, read_lessons
from training.student import Student

from unipic.core.errors import SourceError
from unipic.vision.mobilenet import MobileNetEncoder, UnipicEncoder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_mobilenet(tmp_path_factory.mktemp("teacher"))[1]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(24):
        save(scene(seed, 120, 90), folder / f"{seed % 3}" / f"{seed}.jpg")
    (folder / "index.csv").write_text("no photo")
    return folder


# The photos


def test_every_photo_is_a_square_with_what_the_teacher_sees_in_it(photos: Path, teacher: Path) -> None:
    encoder = MobileNetEncoder(teacher, "cpu")
    lessons = read_lessons(photos, encoder)
    assert (lessons.pictures.shape, lessons.pictures.dtype) == ((24, 3, STORED, STORED), torch.uint8)
    assert lessons.taught.shape == (24, 576)
    assert lessons.passed_over == ("index.csv",)
    first = scene(0).resize((224, 224))
    (expected,) = encoder.embed(np.asarray(first)[None])
    assert float(lessons.taught[0] @ torch.from_numpy(expected)) > 0.95, "in the order of their paths"


def test_a_folder_without_photos_is_said(tmp_path: Path, teacher: Path) -> None:
    with pytest.raises(SourceError, match="holds 0 photos"):
        read_lessons(tmp_path, MobileNetEncoder(teacher, "cpu"))


# The losses


def unit(rows: list[list[float]]) -> torch.Tensor:
    return F.normalize(torch.tensor(rows, dtype=torch.float32), dim=1)


def test_views_that_agree_and_stand_apart_cost_nothing() -> None:
    taught = torch.eye(3)
    contrast, distance = losses(taught.repeat(2, 1), taught, Recipe())
    assert contrast < 1e-4
    assert distance < 1e-9


def test_views_that_agree_with_another_picture_cost_more() -> None:
    taught = torch.eye(4)
    agreeing, crossed = taught.repeat(2, 1), torch.cat([taught, taught.roll(1, 0)])
    assert losses(agreeing, taught, Recipe())[0] < 0.1 < losses(crossed, taught, Recipe())[0]


def test_contrast_is_the_cross_entropy_of_finding_the_mate() -> None:
    taught = torch.eye(2)
    vectors = unit([[1, 0], [0, 1], [1, 1], [0, 1]])
    contrast, _ = losses(vectors, taught, Recipe(temperature=0.5))
    expected = 0.0
    for i, mate in enumerate((2, 3, 0, 1)):
        others = [math.exp(float(vectors[i] @ vectors[j]) / 0.5) for j in range(4) if j != i]
        expected -= math.log(math.exp(float(vectors[i] @ vectors[mate]) / 0.5) / sum(others)) / 4
    assert float(contrast) == pytest.approx(expected, abs=1e-5)


def test_what_the_teacher_takes_for_one_picture_is_no_example_of_two() -> None:
    alike = unit([[1, 0, 0], [1, 0.1, 0], [0, 0, 1]])
    contrast, _ = losses(torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 0, 1]]).repeat(2, 1), alike, Recipe())
    assert contrast < 1e-4
    contrast, _ = losses(torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 0, 1]]).repeat(2, 1), torch.eye(3), Recipe())
    assert contrast > 0.5


def test_distance_is_to_the_teachers_cosines_of_different_pictures() -> None:
    """Two pictures with a cosine of .6 to the teacher and 0 to the student."""
    _, distance = losses(torch.eye(2).repeat(2, 1), torch.tensor([[1.0, 0], [0.6, 0.8]]), Recipe())
    assert float(distance) == pytest.approx(0.36)


# The parts


def test_a_batch_has_chance_pictures_and_neighbours_each_once() -> None:
    rows = F.normalize(torch.randn(40, 5, generator=torch.Generator().manual_seed(1)), dim=1)
    neighbours = nearest(rows)
    assert neighbours.shape == (40, 8)
    assert not (neighbours == torch.arange(40)[:, None]).any(), "nobody is their own neighbour"
    chosen = batch(neighbours, 12, torch.Generator().manual_seed(2))
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    assert 4 <= len(chosen) <= 12
    assert torch.equal(chosen, batch(neighbours, 12, torch.Generator().manual_seed(2)))


def test_neighbours_are_the_most_alike() -> None:
    found = nearest(F.normalize(torch.tensor([[1.0, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]]), dim=1))
    assert found[:, 0].tolist() == [1, 0, 3, 2]


def test_few_pictures_have_few_neighbours() -> None:
    assert nearest(torch.eye(3)).shape == (3, 2)


def test_the_rate_goes_up_and_then_down() -> None:
    rates = [pace(step, 1000) for step in range(1000)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(rates[99], abs=0.01)
    assert rates[100:] == sorted(rates[100:], reverse=True)
    assert rates[-1] < 1e-4


def test_a_student_begins_as_its_teacher(teacher: Path) -> None:
    views = np.random.default_rng(1).integers(0, 256, (3, 224, 224, 3), np.uint8)
    student = Student(teacher).eval()
    with torch.inference_mode():
        own = student(torch.from_numpy(views).permute(0, 3, 1, 2).float() / 255)
    np.testing.assert_allclose(own.numpy(), MobileNetEncoder(teacher, "cpu").embed(views), atol=1e-5)


def test_batch_norm_settles_on_the_pictures_and_then_stays(teacher: Path) -> None:
    student = Student(teacher)
    norm = student.features[0][1]
    before = norm.running_mean.clone()
    pictures = torch.from_numpy(np.stack([np.asarray(scene(seed, 48, 48)) for seed in range(8)])).permute(0, 3, 1, 2)
    settle(student, pictures, 32, torch.Generator().manual_seed(1))
    settled = norm.running_mean.clone()
    assert not torch.allclose(settled, before)
    assert not student.training
    student(torch.zeros(2, 3, 32, 32))
    assert torch.equal(norm.running_mean, settled)


# The whole


def taught(photos: Path, teacher: Path, out: Path) -> Path:
    given = ["--photos", photos, "--teacher", teacher, "--out", out, "--batch", 12, "--size", 48, "--epochs", 2]
    main([*map(str, given), "--float32"])
    return out / "encoder.safetensors"


@pytest.mark.nightly
def test_a_few_steps_make_weights_that_the_encoder_loads(
    photos: Path, teacher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = taught(photos, teacher, tmp_path / "a")
    assert "24 photos, 4 steps; 1 other files passed over" in capsys.readouterr().out
    assert path.stat().st_size < 6_000_000
    encoder = UnipicEncoder(path, "cpu")
    views = np.stack([np.asarray(scene(seed, 224, 224)) for seed in range(3)])
    vectors = encoder.embed(views)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.abs(vectors - MobileNetEncoder(teacher, "cpu").embed(views)).max() > 1e-3, "it learned something"

    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["training"])
    assert (facts["seed"], facts["steps"], facts["photos"], facts["size"]) == (7, 4, 24, 48)
    assert "BSD-3-Clause" in facts["source"]

    with (tmp_path / "a" / "log.csv").open(newline="") as log:
        (row,) = csv.DictReader(log)
    assert list(row) == ["step", "contrast", "distance", "seconds"]
    assert row["step"] == "4"
    assert 0 < float(row["contrast"]) < 10

    again = taught(photos, teacher, tmp_path / "b")
    assert again.read_bytes() == path.read_bytes(), "the same seed on the same machine"


def test_nothing_to_learn_from_is_a_clear_end(
    tmp_path: Path, teacher: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--photos", str(tmp_path), "--teacher", str(teacher), "--out", str(tmp_path / "out")])
    assert ended.value.code == 1
    assert "holds 0 photos" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    for word in ("--photos FOLDER", "--teacher", "sha256", "manifest.toml", "seed"):
        assert word in said
