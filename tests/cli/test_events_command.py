"""`events`, as somebody types it."""

import csv
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.helpers.libraries import read_in, taken
from typer.testing import CliRunner

from cli.app import MISUSED, NOTHING_FOUND
from main import app
from unipic.library.library import Library

Cli = Callable[..., Result]
pytestmark = pytest.mark.slow


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with photos/, and data/ with the library of it: an event of four and one of three."""
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    for number in range(4):
        taken(number, tmp_path / "photos" / f"a{number}.jpg", f"2018-07-14 10:0{number}:00", 96, 64)
    for number in range(3):
        taken(
            number + 4, tmp_path / "photos" / "Anna's wedding" / f"b{number}.jpg", f"2018-07-20 18:0{number}:00", 96, 64
        )
    read_in(Library(tmp_path / "data"), tmp_path / "photos")
    return tmp_path


@pytest.fixture
def cli(made: Path) -> Cli:
    def run(*words: object, command: str = "events") -> Result:
        return CliRunner().invoke(app, [command, *(str(word) for word in words), "--encoder", "builtin"])

    return run


def events(cli: Cli, *words: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(cli("--json", *words).stdout)["events"]
    return found


def names(event: dict[str, object]) -> list[str]:
    return [Path(photo["path"]).name for day in event["days"] for photo in day["photos"]]  # type: ignore[attr-defined]


def test_events_are_listed_and_searched(cli: Cli, made: Path) -> None:
    first, second = events(cli)
    assert (first["title"], first["start"], names(first)) == (
        "Saturday morning, 14 July 2018",
        "2018-07-14 10:00:00",
        ["a0.jpg", "a1.jpg", "a2.jpg", "a3.jpg"],
    )
    assert (second["title"], len(names(second))) == ("Anna's wedding", 3)
    said = cli()
    assert "Anna's wedding  20 July 2018  3 photos" in said.stdout
    assert "2 events in 7 photos" in said.stderr
    assert [event["title"] for event in events(cli, made / "photos" / "Anna's wedding")] == ["Anna's wedding"]
    assert len(events(cli, "--gap", "30s")) == 2, "each photo by itself is shown by its day"
    found = cli("event:wedding", "--paths", command="search").stdout.split("\n")
    assert [Path(line).name for line in found if line] == ["b2.jpg", "b1.jpg", "b0.jpg"]


def test_what_is_said_is_kept_and_taken_back(cli: Cli, made: Path) -> None:
    first, second = events(cli)
    assert cli("--name", first["id"], "Market").exit_code == 0
    assert [event["title"] for event in events(cli)] == ["Market", "Anna's wedding"]
    assert cli("--split", made / "photos" / "a1.jpg").exit_code == 0
    assert [len(names(event)) for event in events(cli)] == [1, 3, 3]
    assert cli("--undo").exit_code == 0
    assert cli("--join", first["id"], second["id"]).exit_code == 0
    read_in(Library(made / "data"), made / "photos")
    (both,) = events(cli)
    assert (both["title"], len(names(both))) == ("Market", 7)
    assert cli("--undo").exit_code == 0
    digest = events(cli)[1]["days"][0]["photos"][0]["digest"]  # type: ignore[index]
    assert cli("--leave-out", digest).exit_code == 0
    assert [len(names(event)) for event in events(cli)] == [4, 3], "two photos and the one left out, by their day"


def test_albums_lists_and_an_archive(cli: Cli, made: Path) -> None:
    to, archive, listing = made / "albums", made / "one.zip", made / "list.csv"
    assert cli("--to", to, "--list", listing).exit_code == 0
    folders = ["2018-07-14 Saturday morning", "2018-07-20 Anna's wedding"]
    assert sorted(path.name for path in to.iterdir() if path.is_dir()) == folders
    assert (to / "2018-07-20 Anna's wedding" / "b0.jpg").is_file()
    with open(listing, newline="", encoding="utf-8-sig") as file:
        assert {row["name"].split("/")[0] for row in csv.DictReader(file)} == {
            path.name for path in to.iterdir() if path.is_dir()
        }
    wedding = events(cli)[1]["id"]
    assert cli("--event", wedding, "--zip", archive).exit_code == 0
    with zipfile.ZipFile(archive) as opened:
        assert sum(name.endswith(".jpg") for name in opened.namelist()) == 3


def test_a_new_folder_joins_the_library(cli: Cli, made: Path) -> None:
    for number in range(3):
        taken(number + 9, made / "new" / f"n{number}.jpg", f"2020-01-05 10:0{number}:00", 96, 64)
    assert [event["title"] for event in events(cli, made / "new")] == ["Sunday morning, 5 January 2020"]


MISTAKES = [
    (["--name", "ffffffffffff", "x"], "no event has the id"),
    (["--split", "/nowhere.jpg"], "is not a photo of the library"),
    (["--gap", "0s"], "--gap is a length of time"),
    (["--clock", "abc"], "no clock is proposed"),
    (["--undo"], "nothing was said of events yet"),
    (["--event", "zzz"], "no event has the id"),
]


def test_a_mistake_is_told(cli: Cli) -> None:
    for words, said in MISTAKES:
        result = cli(*words)
        assert result.exit_code == MISUSED
        assert said in " ".join(result.stderr.split())


def test_nothing_found_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    (tmp_path / "photos").mkdir()
    Library(tmp_path / "data").add(tmp_path / "photos")
    assert CliRunner().invoke(app, ["events", "--encoder", "builtin"]).exit_code == NOTHING_FOUND
