"""Searching by what photos show, as somebody types it, with an encoder that knows three colours."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image
from tests.helpers.readers import ColourReader
from typer.testing import CliRunner

from main import app
from unipic import tools
from unipic.core.errors import ModelError
from unipic.vision.base import Cutoff

Cli = Callable[..., Result]
pytestmark = pytest.mark.slow

LIMITS = Cutoff(found=0.2, maybe=0.0, measured_on="by hand")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three photos in one colour each, whose names say nothing."""
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, colour in enumerate([(230, 20, 20), (30, 220, 40), (20, 30, 230)]):
        noise = np.random.default_rng(number).integers(-9, 9, (240, 320, 3))
        pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> ColourReader:
    """The text encoder that is installed."""
    one = ColourReader("colours", LIMITS)
    monkeypatch.setattr(tools, "open_text_encoder", lambda *_, **__: (one, ["There is a better one"]))
    monkeypatch.setattr(tools, "text_encoders_here", lambda *_, **__: [one])
    return one


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("UNIPIC_MODELS", str(tmp_path / "models"))

    def run(command: str, *words: object) -> Result:
        given = [str(word) for word in words]
        more = ("--workers", "1") if command == "index" else ()
        return CliRunner().invoke(app, [command, *given, "--encoder", "builtin", *more])

    return run


def test_what_is_indexed_is_found_by_what_it_shows(cli: Cli, photos: Path, reader: ColourReader) -> None:
    indexed = cli("index", photos)
    assert indexed.exit_code == 0, indexed.output
    assert "There is a better one" in indexed.stdout
    assert reader.looked == 3
    found = json.loads(cli("search", "warm", "--json").stdout)
    assert [Path(one["path"]).name for one in found["results"]] == ["0.png"]
    assert found["results"][0]["zone"] == "Found"
    assert found["results"][0]["why"].startswith("looks like the words (0.9")
    assert found["notes"] == ["There is a better one"]
    assert cli("search", "unicorn").exit_code == 5
    assert cli("index").exit_code == 0
    assert reader.looked == 3, "each once"


def test_photos_that_the_model_has_not_seen_yet_are_told(cli: Cli, photos: Path, reader: ColourReader) -> None:
    assert cli("index", photos).exit_code == 0
    Image.new("RGB", (300, 200), (220, 10, 30)).save(photos / "new.png")
    reader.embed = lambda pictures: (_ for _ in ()).throw(ModelError("Colours are out"))  # type: ignore[method-assign]
    indexed = cli("index", photos)
    assert indexed.exit_code == 0, indexed.output
    assert "Until then photos are not searched by what they show" in " ".join(indexed.stdout.split())
    notes = json.loads(cli("search", "warm", "--json").stdout)["notes"]
    assert "Colours (colours) has seen 3 of 4 photos; the next update shows it the others" in notes


def test_without_a_model_words_are_letters_and_one_is_offered(cli: Cli, photos: Path) -> None:
    indexed = cli("index", photos)
    assert indexed.exit_code == 0, indexed.output
    offer = "To search by what photos show, get a model: SigLIP2 B/32-256 (1.5 GB) or CLIP ViT-B/32-256 (DataComp) (607"
    assert offer in " ".join(indexed.stdout.split())
    notes = json.loads(cli("search", "warm", "--json").stdout)["notes"]
    assert notes[0].startswith(offer)
    assert json.loads(cli("search", "png", "--json").stdout)["notes"] == [], "no words, no offer"
    assert json.loads(cli("search", "warm", "--json", "--model", "none").stdout)["notes"][0].startswith("Words are")


def test_a_model_that_does_not_exist_is_refused(cli: Cli, photos: Path) -> None:
    refused = cli("index", photos, "--model", "mobileclip")
    assert refused.exit_code == 2
    assert "search_model is one of auto, siglip2, datacomp, openai, none, not 'mobileclip'" in refused.stderr


SQUARE = (0.5, 0.25, 0.75, 0.75)  # where the red thing is, as shares of the second photo


@pytest.fixture
def red_thing(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A red square in the green photo, and a checkpoint of a SAM that finds what is red."""
    from unipic.vision.segments import Segmenter

    with Image.open(photos / "1.png") as picture:
        picture.paste((230, 20, 20), (160, 60, 240, 180))
        picture.save(photos / "1.png")
    (tmp_path / "models" / "sam").mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "models" / "sam" / name).write_text("a checkpoint")

    def red(self: Segmenter, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        is_red = (picture[..., 0] > 120) & (picture[..., 1] < 120)
        return np.where(is_red, 20.0, -20.0)[None].astype(np.float32), np.array([0.95], np.float32)

    monkeypatch.setattr(Segmenter, "_asked", red)
    return photos


def test_a_thing_in_a_photo_is_found_by_itself(cli: Cli, red_thing: Path, reader: ColourReader) -> None:
    assert cli("index", red_thing).exit_code == 0
    found = {Path(one["path"]).name: one for one in json.loads(cli("search", "warm", "--json").stdout)["results"]}
    assert found.keys() == {"0.png", "1.png"}
    assert found["0.png"]["box"] is None, "it is red all over, so its whole is as near"
    assert found["1.png"]["why"].startswith("a part of it looks like the words (0.8")
    np.testing.assert_allclose(found["1.png"]["box"], SQUARE, atol=0.01)
    looked = reader.looked
    assert cli("index").exit_code == 0
    assert reader.looked == looked, "each thing once"


def test_datasets_have_the_boxes_of_what_was_found(
    cli: Cli, red_thing: Path, reader: ColourReader, tmp_path: Path
) -> None:
    assert cli("index", red_thing).exit_code == 0
    coco, yolo = tmp_path / "coco", tmp_path / "yolo"
    done = cli("search", "warm", "--export-coco", coco, "--export-yolo", yolo)
    assert done.exit_code == 0, done.output
    told = json.loads((coco / "annotations.json").read_text())
    assert [one["name"] for one in told["categories"]] == ["warm"]
    (annotation,) = told["annotations"]
    (image,) = [one for one in told["images"] if one["id"] == annotation["image_id"]]
    assert (image["original"], image["width"], image["height"]) == ("1.png", 320, 240)
    np.testing.assert_allclose(annotation["bbox"], (160, 60, 80, 120), atol=3)
    assert 0.9 < annotation["area"] / (80 * 120) <= 1
    with Image.open(coco / image["file_name"]) as picture:
        assert picture.size == (320, 240)
    labels = {path.stem: path.read_text() for path in (yolo / "labels").iterdir()}
    assert labels.keys() == {path.stem for path in (yolo / "images").iterdir()}
    (line,) = [line for line in labels.values() if line]
    np.testing.assert_allclose([float(one) for one in line.split()], (0, 0.625, 0.5, 0.25, 0.5), atol=0.01)
    assert '0: "warm"' in (yolo / "data.yaml").read_text()
    again = cli("search", "warm", "--export-coco", coco)
    assert again.exit_code != 0
    assert "is not empty" in " ".join(again.output.split())
