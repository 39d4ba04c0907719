"""The pictures of the README show what the app shows."""

import json
from pathlib import Path

import pytest
from benchmarks.pictures import HERO, TOUR, WORDS, scenes, words
from tests.browser.conftest import start_server, stop_server

pytestmark = pytest.mark.browser


@pytest.mark.nightly
def test_the_pictures_of_the_readme_show_the_app_as_it_is(page, tmp_path: Path) -> None:
    """Another word on a button or in a heading, and they are old: `python -m benchmarks pictures` makes them anew."""
    server, process = start_server(tmp_path, UNIPIC_OFFLINE="1")
    try:
        said = {scene.name: words(page) for scene in scenes(page, server.url)}
    finally:
        stop_server(process)
    assert said == json.loads(WORDS.read_text(encoding="utf-8"))


def test_they_are_there_and_small() -> None:
    readme = (WORDS.parents[1] / "README.md").read_text(encoding="utf-8")
    for picture in (HERO, TOUR):
        assert f"(docs/{picture.name})" in readme
        assert 20_000 < picture.stat().st_size < 1_500_000
