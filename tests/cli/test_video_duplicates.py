"""`video duplicates` and `clean --videos`, from folders to answers."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.helpers.filmed import copy_of, pictures, remuxed, walk, write_film
from typer.testing import CliRunner

from main import app

QUICK = ("--encoder", "builtin")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    film = write_film(folder / "walk.mp4", walk(1, 4.0), sound=440)
    shutil.copy(film, folder / "walk again.mp4")
    remuxed(film, folder / "container.mkv")
    shown = pictures(film)
    copy_of(film, "half size, strong compression", folder / "small", 25, shown)
    copy_of(film, "trimmed to 76 %", folder / "cut", 25, shown)
    write_film(folder / "other.mp4", walk(2, 3.0))
    Image.fromarray(shown[50]).save(folder / "grab.jpg", quality=92)
    live = write_film(folder / "IMG_1.mov", walk(3, 2.0))
    Image.fromarray(next(walk(3))).save(live.with_suffix(".jpg"), quality=92)
    (folder / "broken.mp4").write_bytes(film.read_bytes()[:700])
    return folder


def run(data: Path, *arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [*map(str, arguments), *QUICK], env={"UNIPIC_DATA": str(data)})


def test_films_that_are_there_twice(folder: Path, tmp_path: Path) -> None:
    answer = run(tmp_path, "video", "duplicates", folder, "--within", "--json", "--list", tmp_path / "copies.csv")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    kinds = {one["copy"]: (one["kind"], one["stays"]) for one in told["copies"]}
    stays = {stay for _, stay in kinds.values()}
    assert len(stays) == 1
    assert stays <= {"walk.mp4", "walk again.mp4", "container.mkv"}
    assert kinds["small.mp4"][0] == "same"
    assert kinds["cut.mp4"][0] == "part"
    assert sorted(kind for kind, _ in kinds.values()) in (
        ["bytes", "container", "part", "same"], ["container", "container", "part", "same"],
    )  # fmt: skip
    assert {one["name"] for one in told["films"]} == {
        "container.mkv", "cut.mp4", "other.mp4", "small.mp4", "walk again.mp4", "walk.mp4",
    }  # fmt: skip
    assert [one["name"] for one in told["not_read"]] == ["broken.mp4"]
    assert [one["photo"] for one in told["frames"]] == ["grab.jpg"]
    assert told["frames"][0]["note"].endswith("at 0:02")
    with (tmp_path / "copies.csv").open(encoding="utf-8-sig", newline="") as listed:
        assert {row["copy"] for row in csv.DictReader(listed)} == kinds.keys()

    plain = run(tmp_path, "video", "duplicates", folder)
    assert "cut.mp4" not in plain.stdout
    assert "small.mp4" in plain.stdout

    cleaned = json.loads(
        run(tmp_path, "clean", folder, "--videos", "--dry-run", "--json", "--ranker", "builtin").stdout
    )
    fates = {one["name"]: (one["fate"], one["decided_by"]) for one in cleaned["files"]}
    assert len(fates) == len(list(folder.iterdir())), "every file once"
    assert {name for name, (fate, _) in fates.items() if fate == "set aside"} == {
        "walk.mp4", "walk again.mp4", "container.mkv",
    } - stays  # fmt: skip
    assert fates["small.mp4"][0] == "kept", "nobody watched it"
    assert fates["broken.mp4"][0] == "unreadable"
    reasons = {one["name"]: one["reason"] for one in cleaned["files"]}
    assert reasons["IMG_1.mov"] == "belongs to IMG_1.jpg"

    without = json.loads(run(tmp_path, "clean", folder, "--dry-run", "--json", "--ranker", "builtin").stdout)
    fates = {one["name"]: one["fate"] for one in without["files"]}
    assert fates["walk.mp4"] == fates["walk again.mp4"] == "unreadable", "films take part only if a person asks"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--coverage", "0"), "--coverage is a share"),
        (("--bits", "30"), "--bits is 0 to 20"),
        (("--list", "copies.txt"), "must end in .csv"),
    ],
)
def test_wrong_options_are_refused_in_words(given: tuple[str, ...], words: str, tmp_path: Path) -> None:
    answer = run(tmp_path, "video", "duplicates", tmp_path, *given)
    assert answer.exit_code == 2
    assert words in " ".join(answer.output.split())


def test_a_folder_without_films_has_no_copies(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    answer = run(tmp_path / "data", "video", "duplicates", tmp_path / "photos")
    assert answer.exit_code == 5
    assert "0 films" in answer.stdout
