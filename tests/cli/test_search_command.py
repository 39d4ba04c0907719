"""`search`, as somebody types it."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image
from tests.helpers.libraries import read_in, taken
from tests.helpers.pictures import save, scene
from typer.testing import CliRunner

from cli.app import MISUSED, NOTHING_FOUND
from main import app
from unipic.library.library import Library

Cli = Callable[..., Result]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos/, and data/ with the library of it."""
    folder = tmp_path_factory.mktemp("search")
    photos = folder / "photos" / "Zürich 2014"
    for number in range(3):
        taken(number, photos / f"IMG_{number}.jpg", f"2014-07-1{number} 10:00:00")
    shutil.copy(photos / "IMG_0.jpg", photos / "copy.jpg")
    save(scene(9), folder / "photos" / "new" / "cat.png")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("UNIPIC_DATA", str(folder / "data"))
        patched.setattr("unipic.sources.base.NEW", 0)
        read_in(Library(folder / "data"), folder / "photos")
    return folder


@pytest.fixture
def cli(made: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("UNIPIC_DATA", str(made / "data"))

    def run(*words: object) -> Result:
        given = [str(word) for word in words]
        return CliRunner().invoke(app, ["search", *given, "--encoder", "builtin"])

    return run


def paths(result: Result) -> list[str]:
    return [Path(line).name for line in result.stdout.splitlines()]


def test_words_and_conditions(cli: Cli) -> None:
    assert paths(cli("zurich", "--paths")) == ["IMG_2.jpg", "IMG_1.jpg", "IMG_0.jpg"]
    assert paths(cli("11", "july", "2014", "--paths")) == ["IMG_1.jpg"]
    assert paths(cli("png", "--paths")) == ["cat.png"]
    assert paths(cli("2014", "--limit", "2", "--paths")) == ["IMG_2.jpg", "IMG_1.jpg"]
    said = cli("zurich")
    assert "3 photos found" in said.stderr
    assert "folder: photos/zurich 2014" in said.stdout


def test_paths_for_xargs(cli: Cli) -> None:
    found = cli("zurich", "--paths", "-0").stdout
    assert found.endswith("\0")
    assert len(found.split("\0")) == 4


def test_json(cli: Cli, made: Path) -> None:
    answer = json.loads(cli("IMG 2014", "--json").stdout)
    assert (answer["query"], answer["chips"], answer["words"]) == ("IMG 2014", ["date:2014"], "IMG")
    assert (answer["total"], answer["shown"], answer["zones"]) == (3, 3, {"Found": 3})
    first = answer["results"][0]
    assert first["path"] == str(made / "photos" / "Zürich 2014" / "IMG_2.jpg")
    assert (first["zone"], first["copies"], first["why"]) == ("Found", 0, "name: img_2.jpg")


def test_nothing_found_says_so(cli: Cli) -> None:
    result = cli("unicorn")
    assert result.exit_code == NOTHING_FOUND
    assert "and not in what pictures show" in result.stderr
    assert cli("2013", "--paths").exit_code == NOTHING_FOUND
    assert json.loads(cli("2013", "--json").stdout)["results"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["colr:red"], "Did you mean color:?"),
        ([], "what are you looking for?"),
        (["cat", "--limit", "0"], "--limit is 1 or more"),
        (["cat", "--in", "/nowhere"], "has no photos in the library"),
        (["--like", "/nowhere.jpg"], "is not a file"),
    ],
)
def test_a_mistake_is_told(words: list[str], said: str, cli: Cli) -> None:
    result = cli(*words)
    assert result.exit_code == MISUSED
    assert said in " ".join(result.stderr.split())


def test_a_folder_alone_is_searched(cli: Cli, made: Path) -> None:
    assert paths(cli("sort:newest", "--in", made / "photos" / "new", "--paths")) == ["cat.png"]


def test_a_picture_finds_itself_its_copies_and_its_moment(cli: Cli, made: Path, tmp_path: Path) -> None:
    lost = tmp_path / "lost.jpg"
    Image.open(made / "photos" / "Zürich 2014" / "IMG_1.jpg").resize((480, 360)).save(lost, quality=80)
    answer = json.loads(cli("--like", lost, "--maybe", "--json").stdout)
    first, *others = answer["results"]
    assert (Path(first["path"]).name, first["zone"], first["why"]) == (
        "IMG_1.jpg",
        "The same picture",
        "the same picture",
    )
    assert [one["zone"] for one in others] == ["Similar"] * 3
    sure = json.loads(cli("--like", lost, "--json").stdout)
    assert len(sure["results"]) == 1
    assert sure["notes"] == ["3 less sure ones are left out"]


def test_an_example_can_stand_in_the_query(cli: Cli, made: Path) -> None:
    picture = made / "photos" / "new" / "cat.png"
    assert paths(cli(f"png like:{picture}", "--paths")) == ["cat.png"]
    assert cli("like:/nowhere.jpg").exit_code == MISUSED


def test_a_file_that_is_no_picture_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    result = cli("--like", tmp_path / "notes.txt")
    assert result.exit_code == MISUSED
    assert "cannot be searched by" in result.stderr


def test_what_is_found_is_sent(cli: Cli, made: Path, tmp_path: Path) -> None:
    assert cli("11 july 2014", "--to", tmp_path / "there").exit_code == 0
    assert "IMG_1.jpg" in {path.name for path in (tmp_path / "there").rglob("*.jpg")}
    assert cli("zurich", "--zip", tmp_path / "a.zip", "--list", tmp_path / "a.csv").exit_code == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert sum(name.endswith(".jpg") for name in archive.namelist()) == 3
    assert (tmp_path / "a.csv").read_text().count("Zürich 2014") >= 3
    assert cli("unicorn", "--to", tmp_path / "none").exit_code == NOTHING_FOUND
    assert not (tmp_path / "none").exists()
    refused = cli("zurich", "--to", made / "photos" / "inside")
    assert refused.exit_code != 0


def test_explained(cli: Cli) -> None:
    said = cli("IMG 2014 at night", "--explain").stdout
    assert "date:2014  3 photos, 0 without it; or word:2014" in said
    assert "time:21..6  0 photos, 3 without it" in said
    assert "words: IMG" in said


def test_every_shot(cli: Cli, made: Path) -> None:
    shown = json.loads(cli("2014", "--json").stdout)
    assert shown["total"] == 3, "identical files are one photo"
    assert json.loads(cli("2014", "--every-shot", "--json").stdout)["shown"] == 3


def test_without_a_library_it_says_what_to_do(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "nothing"))
    result = cli("cat")
    assert result.exit_code == MISUSED
    assert "index FOLDER" in result.stderr
