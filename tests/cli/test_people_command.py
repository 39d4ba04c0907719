"""`people`, as somebody types it, on made-up faces."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.helpers.galleries import photo
from tests.helpers.people import face, faces_of
from tests.helpers.searched import stored
from typer.testing import CliRunner

from cli.app import MISUSED, NOTHING_FOUND
from main import app
from unipic.core.face import Face
from unipic.library.faces import is_on
from unipic.library.library import Library
from unipic.library.persons import Persons
from unipic.people.people import People

Cli = Callable[..., Result]
pytestmark = pytest.mark.slow
WHO = [*[[1, 2]] * 4, [1], [3]]  # is in each photo
BYTES = [f"photo {number}".encode() for number in range(len(WHO))]
DIGESTS = [sha256(data).hexdigest() for data in BYTES]
FACES = [replace(one, digest=DIGESTS[int(one.digest, 16)]) for one in faces_of(*WHO)]
SELFIE = face(1, 50)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    named = [(f"{number}.jpg", data) for number, data in enumerate(BYTES)]
    shots = [photo(name, name=name, digest=digest, size=len(data), content="")
             for (name, data), digest in zip(named, DIGESTS, strict=True)]  # fmt: skip
    library = stored(tmp_path / "data", shots)
    for name, data in named:
        (tmp_path / "photos" / name).write_bytes(data)
    return library


@pytest.fixture
def cli(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("UNIPIC_DATA", str(library.data))
    found = list(FACES)

    def find_people(library: Library, *_: Any) -> tuple[People, list[str]]:
        people = People(library, found)
        people.group()
        return people, []

    def faces_in_picture(path: Path, *_: Any) -> list[Face]:
        return [SELFIE if path.name == "me.jpg" else face(9, 9)]

    monkeypatch.setattr("utils.find_people", find_people)
    monkeypatch.setattr("unipic.examples.faces_in_picture", faces_in_picture)

    def run(*words: object, typed: str = "") -> Result:
        given = [str(word) for word in words]
        return CliRunner().invoke(app, ["people", *given, "--encoder", "builtin"], input=typed)

    return run


@pytest.fixture
def on(cli: Cli) -> Cli:
    assert cli("--faces").exit_code == 0
    return cli


def listed(cli: Cli, *words: object) -> list[dict[str, Any]]:
    return list(json.loads(cli("--json", *words).stdout)["people"])


def test_it_is_off_until_somebody_asks(cli: Cli, library: Library) -> None:
    refused = cli()
    assert refused.exit_code == MISUSED
    assert "128 numbers a face" in refused.stderr
    assert "--faces" in refused.stderr
    assert not is_on(library)
    assert cli("--faces").exit_code == 0
    assert is_on(library)
    assert cli().exit_code == 0, "once is enough"


def test_people_are_listed(on: Cli) -> None:
    assert [(one["photos"], one["kind"]) for one in listed(on)] == [(5, "unnamed"), (4, "unnamed")]
    assert len(listed(on, "--min-faces", 1)) == 3
    shown = on()
    assert "5 photos" in shown.stdout
    assert "(no name)" in shown.stdout
    assert on("--min-faces", 0).exit_code == MISUSED
    assert on("--grouping", "stars").exit_code == MISUSED


def test_what_is_said(on: Cli, library: Library) -> None:
    first, second = listed(on)
    (anna,) = listed(on, "--name", first["id"][:6], "Anna <b>", "--born", "1980-03")
    assert (anna["name"], anna["born"], anna["photos"]) == ("Anna <b>", "1980-03", 5)
    together = on("--join", "Anna <b>", second["id"])
    assert together.exit_code == MISUSED
    assert "together in 4 photos" in together.stderr
    assert listed(on, "--cover", "Anna <b>", anna["faces"][2]["key"])[0]["cover"] == anna["faces"][2]["key"]
    wrong = anna["faces"][0]["key"]
    assert listed(on, "--not", wrong, anna["id"])[0]["photos"] == 4
    assert wrong not in {one["key"] for one in listed(on)[0]["faces"]}
    assert "not Anna <b>" in on("--undo").stderr
    assert listed(on, "--apart", *(one["key"] for one in anna["faces"][:2]))[0]["photos"] == 4
    assert listed(on, "--hide", anna["id"])[0]["hidden"]
    assert [one["id"] for one in listed(on)] == [second["id"]]
    assert listed(on, "--hide", anna["id"])[0]["hidden"] is False
    on("--nobody", second["id"])
    on("--not-a-face", FACES[-1].key)
    assert [one["photos"] for one in listed(on, "--min-faces", 1)] == [4, 1], "Anna, and the face that is not hers"
    assert listed(on, "--name", anna["id"], "Anna")[0]["id"] == anna["id"]
    for wrong_words in (
        ["--name", "nobody", "X"],
        ["--not", "zz", anna["id"]],
        ["--name", "", "X"],
        ["--born", "1980"],
    ):
        assert on(*wrong_words).exit_code == MISUSED


def test_join_with_twice(on: Cli) -> None:
    first, second = listed(on)
    assert listed(on, "--join", first["id"], second["id"], "--twice")[0]["photos"] == 5


def test_photos_of_the_person_in_a_picture(on: Cli, tmp_path: Path) -> None:
    found = on("--of", "me.jpg", "--paths", "--zip", tmp_path / "me.zip")
    assert found.exit_code == 0
    assert sorted(Path(line).name for line in found.stdout.splitlines()) == [f"{n}.jpg" for n in range(5)]
    with zipfile.ZipFile(tmp_path / "me.zip") as written:
        assert len([name for name in written.namelist() if name.endswith(".jpg")]) == 5
    rows = json.loads(on("--of", "me.jpg", "--json").stdout)["photos"]
    assert all(row["sure"] and row["likeness"] > 50 for row in rows)
    assert on("--of", "stranger.jpg").exit_code == NOTHING_FOUND
    assert on("--of", "me.jpg", "--in", tmp_path / "elsewhere").exit_code == MISUSED


def test_questions_as_values(on: Cli) -> None:
    assert json.loads(on("--suggest", "--json").stdout) == {"questions": []}


def test_what_was_said_goes_elsewhere_and_comes_back(on: Cli, library: Library, tmp_path: Path) -> None:
    anna = listed(on, "--name", listed(on)[0]["id"], "Anna")[0]
    file = tmp_path / "people.json"
    assert on("--export", file).exit_code == 0
    assert on("--export", file).exit_code == MISUSED, "nothing is overwritten"
    assert on("--forget", anna["id"], typed="n\n").exit_code != 0
    assert on("--never-again").exit_code == MISUSED, "it goes with --forget"
    assert on("--forget", anna["id"], typed="y\n").exit_code == 0
    assert Persons(library.data).all() == ([], [])
    assert json.loads(on("--import", file, "--json").stdout) == {"new": 5}
    assert listed(on)[0]["name"] == "Anna"
    assert json.loads(on("--forget-all", "--yes", "--json").stdout)["rulings"] == 5
    assert b"Anna" not in (library.data / "decisions.sqlite").read_bytes()
    assert on().exit_code == MISUSED, "it is off again"
    file.write_text("[]")
    assert on("--import", file).exit_code == MISUSED
