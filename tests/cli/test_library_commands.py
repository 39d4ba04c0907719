"""`index`, `status` and `forget`, as somebody types them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.helpers.pages import page
from tests.helpers.pictures import save, scene
from tests.safety.harness.amounts import amount
from typer.testing import CliRunner

from cli.app import MISUSED, PARTLY
from main import app
from unipic.core.errors import ModelDamaged
from unipic.core.settings import APP
from unipic.library.library import Library

Cli = Callable[..., Result]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("unipic.sources.base.NEW", 0)

    def run(*words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    return run


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(3):
        save(scene(number), tmp_path / "photos" / f"{number}.jpg")
    return tmp_path / "photos"


BUILTIN = ("--encoder", "builtin", "--workers", "1")


def test_index_status_and_forget(cli: Cli, photos: Path, tmp_path: Path) -> None:
    first = cli("index", photos, *BUILTIN, "--json")
    assert first.exit_code == 0
    (found,) = json.loads(first.stdout)["folders"]
    assert (found["folder"], found["files"], found["new"], found["gone"]) == (str(photos), 3, 3, 0)
    again = cli("index", *BUILTIN)
    assert (again.exit_code, "3 files, 0 new or changed" in again.stdout) == (0, True)
    status = json.loads(cli("status", "--json").stdout)
    assert (status["photos"], status["folders"][0]["reachable"]) == (3, True)
    assert cli("status").stdout.startswith(str(photos))
    assert cli("forget", "--kind", "vectors").exit_code == 0
    assert json.loads(cli("status", "--json").stdout)["vectors"] == {}
    assert cli("forget", photos).exit_code == 0
    assert Library(tmp_path / "data").paths() == []
    assert cli("forget").exit_code == 0


def test_words_in_screenshots_are_read_and_found(cli: Cli, tmp_path: Path) -> None:
    save(page(["RE16 TGK"]), tmp_path / "photos" / "Screenshot 1.png")
    save(page(["Platform nine"]), tmp_path / "photos" / "station.png")
    indexed = json.loads(cli("index", tmp_path / "photos", *BUILTIN, "--json", "--ocr", "off").stdout)
    assert indexed["words_read"] == 0
    assert json.loads(cli("index", *BUILTIN, "--json").stdout)["words_read"] == 1
    assert json.loads(cli("index", *BUILTIN, "--json").stdout)["words_read"] == 0
    (found,) = json.loads(cli("search", "text:re16", "--json").stdout)["results"]
    assert (Path(found["path"]).name, found["why"]) == ("Screenshot 1.png", "words in the picture: RE16 TGK")
    assert "Words were looked for in 1 picture" in cli("index", *BUILTIN, "--ocr", "all").stdout
    assert json.loads(cli("search", "text:platform", "--json").stdout)["total"] == 1


def test_a_reader_that_is_damaged_is_said_and_the_rest_is_read(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise ModelDamaged("PP-OCRv6 small is damaged: it has another sha256")

    monkeypatch.setattr("unipic.vision.registry.require", damaged)
    monkeypatch.setattr("unipic.vision.registry._opened", {})
    save(page(["RE16 TGK"]), tmp_path / "photos" / "Screenshot 1.png")
    answer = cli("index", tmp_path / "photos", *BUILTIN, "--json")
    assert answer.exit_code == 0
    told = json.loads(answer.stdout)
    assert "Words in pictures are not read: PP-OCRv6 small is damaged: it has another sha256" in told["notices"]
    assert told["folders"][0]["new"] == 1
    assert json.loads(cli("status", "--json").stdout)["photos"] == 1


def test_a_folder_that_cannot_be_reached_stops_no_other(cli: Cli, photos: Path, tmp_path: Path) -> None:
    save(scene(7), tmp_path / "other" / "7.jpg")
    assert cli("index", photos, tmp_path / "other", *BUILTIN).exit_code == 0
    os.rename(photos, tmp_path / "elsewhere")
    answer = cli("index", *BUILTIN)
    assert answer.exit_code == PARTLY
    assert "cannot be reached" in answer.stderr
    assert "Its 3 photos stay" in answer.stderr
    assert "nothing is forgotten" in cli("status").stdout


@pytest.mark.parametrize(
    ("words", "about"),
    [
        (("index",), "no folders yet"),
        (("index", "--ocr", "some"), "--ocr is one of screens, all, off, not 'some'"),
        (("index", "/nowhere/at/all"), "does not exist"),
        (("index", "--every", "often"), "length of time"),
        (("forget", "--kind", "everything"), "there is no kind"),
        (("forget", "/nowhere"), "not a folder of the library"),
    ],
)
def test_bad_arguments_are_told(cli: Cli, words: tuple[str, ...], about: str) -> None:
    answer = cli(*words)
    assert answer.exit_code == MISUSED
    assert about in answer.stderr.replace("\n", " ")


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_its_end(photos: Path, tmp_path: Path) -> None:
    for number in range(3, 60):
        save(scene(number, 1200, 900), photos / f"{number}.jpg")
    past = time.time() - 60
    for path in photos.iterdir():
        os.utime(path, (past, past))
    environment = {**os.environ, "UNIPIC_DATA": str(tmp_path / "data")}
    words = [sys.executable, str(APP / "main.py"), "index", str(photos), *BUILTIN, "--json"]
    library = Library(tmp_path / "data")
    for _ in range(amount(pr=1, nightly=3)):
        process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        read = len(library.listing().ids)
        while process.poll() is None and len(library.listing().ids) <= read:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = subprocess.run(words, env=environment, capture_output=True, check=True)
    (found,) = json.loads(done.stdout)["folders"]
    assert found["files"] == 60
    assert len(library.listing().ids) == 60


@pytest.mark.slow
def test_two_at_once_on_one_folder_both_work(photos: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "UNIPIC_DATA": str(tmp_path / "data")}
    words = [sys.executable, str(APP / "main.py"), "index", str(photos), *BUILTIN]
    both = [subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    told = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert not any(b"not be remembered" in out + error for out, error in told)
    assert len(Library(tmp_path / "data").listing().ids) == 3


def test_photos_from_phones_are_switched_on_limited_and_removed(cli: Cli, tmp_path: Path) -> None:
    assert "WebDAV is off." in cli("phone").stdout
    told = cli("phone", "--on", "--limit", "2.5").stdout
    assert "Token, shown only now: " in told
    assert "WebDAV is on, at /unipic/phone/" in told
    assert "of 2.5 GB" in told
    save(scene(1), tmp_path / "data" / "inbox" / "Anna" / "1.jpg")
    (tmp_path / "unipic.toml").write_text("inbox_gb = 7.0")
    told = cli("phone", "--config", tmp_path / "unipic.toml").stdout
    assert "1 file, " in told
    assert "of 7 GB" in told
    assert "Anna/1.jpg  still arriving" in told
    for wrong in ("0", "-1", "nan", "inf"):
        assert cli("phone", "--limit", wrong).exit_code == MISUSED
    assert "0 files" in cli("phone", "--off", "--remove", "Anna/1.jpg").stdout
    assert "WebDAV is off." in cli("phone").stdout
