"""`crop` and the page of an event, as somebody types them, with the finder of faces that ships."""

import json
from pathlib import Path

import pytest
from PIL import Image
from tests.helpers.libraries import read_in, taken
from typer.testing import CliRunner

from cli.app import MISUSED, NOTHING_FOUND
from main import app
from unipic.albums.collage import PAPERS
from unipic.library.library import Library
from unipic.reading.engines.inline import InlineEngine

pytestmark = pytest.mark.slow


def test_crops_and_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    photos = tmp_path / "photos"
    for place in ("destinations.crops", "reading.engines.local"):  # workers of its own are tested with the engine
        monkeypatch.setattr(f"unipic.{place}.LocalEngine", lambda *_: InlineEngine())
    monkeypatch.setitem(PAPERS, "A4", (620, 877))
    for number in range(3):
        taken(number, photos / f"{number}.jpg", f"2018-07-14 10:0{number}:00", 320, 240)
    read_in(Library(tmp_path / "data"), photos)

    def run(*words: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, [str(word) for word in words])
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    code, said, _ = run("crop", photos, "--aspect", "9:16", "--to", tmp_path / "out", "--json")
    assert (code, len(json.loads(said)["crops"])) == (0, 3)
    with Image.open(tmp_path / "out" / "0 9x16.jpg") as image:
        assert image.size == (135, 240)
    assert run("crop", photos, "--aspect", "3:7", "--to", tmp_path / "x")[0] == MISUSED
    assert run("crop", photos, "--aspect", "1:1", "--to", photos / "x")[0] == MISUSED
    id = json.loads(run("events", "--json", "--encoder", "builtin")[1])["events"][0]["id"]
    code, _, told = run("collage", f"event:{id}", "--to", tmp_path / "page.pdf", "--encoder", "builtin")
    assert code == 0, told
    assert "A page of 3 photos" in told
    assert run("collage", f"event:{id}", "--to", tmp_path / "page.gif", "--encoder", "builtin")[0] == MISUSED
    code, _, told = run("collage", "2018", "--to", tmp_path / "all.pdf", "--photos", 2, "--encoder", "builtin")
    assert (code, "A page of 2 photos of 3" in told) == (0, True), told
    assert run("collage", "1999", "--to", tmp_path / "none.pdf", "--encoder", "builtin")[0] == NOTHING_FOUND
    assert run("collage", "2018", "--to", photos / "in.pdf", "--encoder", "builtin")[0] == MISUSED
