"""Films in the library: indexed, found, shown on their page, and told by their pictures."""

from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest
from tests.helpers.filmed import copy_of, pictures, walk, write_film
from tests.helpers.libraries import read_in
from tests.helpers.screened import app, text

from server import film_work
from server.film_copies import copies_of, moments_of
from server.film_pictures import film_picture, filmstrip
from server.state import server
from server.worker import look_through
from unipic.core.errors import NotShown, UnipicError
from unipic.core.photo import FILM, Photo
from unipic.core.progress import silent
from unipic.core.settings import Limits, Settings
from unipic.library.index import StoredIndex
from unipic.library.library import Library
from unipic.video import reading


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("UNIPIC_ROOTS", str(tmp_path / "films"))
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    monkeypatch.setattr(film_work, "open_encoder", _builtin)
    st.cache_resource.clear()
    return tmp_path / "data"


def _builtin(*_: object, **__: object) -> tuple[object, list[str]]:
    from unipic.vision.builtin import BuiltinEncoder

    return BuiltinEncoder(), []


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    two = [*walk(1, 1.6), *walk(2, 1.6)]
    write_film(folder / "walk.mp4", two, tags={"creation_time": "2024-06-12T20:51:10Z"})
    write_film(folder / "IMG_1.mov", walk(3, 1.0))
    return folder


@pytest.fixture
def library(data: Path, films: Path) -> Library:
    made = Library(data)
    read_in(made, films)
    return made


def opened(film: Photo) -> AppTest:
    """The page of one film."""
    page = app("videos.py")
    page.query_params["film"] = film.digest
    page.run()
    assert not page.exception
    return page


def test_films_are_shown_once_and_belong_to_a_photo_that_comes_later(
    library: Library, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [(film.name, film.format) for film in library.films()] == [("walk.mp4", FILM), ("IMG_1.mov", FILM)]
    assert library.has_films()
    assert filmstrip(library, library.films()[0]).startswith(b"\xff\xd8")
    Image.fromarray(next(walk(3))).save(films / "IMG_1.jpg", quality=92)
    read_in(library, films)
    assert [film.name for film in library.films()] == ["walk.mp4"]
    (photo,) = [one for one in library.by_digest(library.shown()).values() if one.name == "IMG_1.jpg"]
    assert [one.name for one in photo.companions] == ["IMG_1.mov"]
    monkeypatch.setattr(reading, "in_worker", lambda *_: pytest.fail("a film was opened again"))
    read_in(library, films)
    assert [film.name for film in library.films()] == ["walk.mp4"]


def test_a_film_is_shown_at_a_time_as_long_as_it_is_the_same(library: Library, films: Path, tmp_path: Path) -> None:
    film = library.films()[0]
    path = film_picture(tmp_path / "views", film, 2040)
    assert path.name.endswith("-at-2000.jpg")
    with Image.open(path) as picture:
        assert picture.size == (320, 240)
    with Image.open(film_picture(tmp_path / "views", film, 999_000)) as last:
        assert last.size == (320, 240)
    (films / "walk.mp4").write_bytes(b"another film")
    with pytest.raises(NotShown, match="has changed"):
        film_picture(tmp_path / "views", film, 500)
    assert film_picture(tmp_path / "views", film, 2000) == path


def test_the_page_shows_films_and_the_pictures_that_tell_one(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(server().jobs, "start", lambda run: started.extend(run.load().roots))
    grid = app("videos.py")
    assert "2 films" in text(grid)
    assert "walk" in text(grid)
    film = library.films()[0]
    page = opened(film)
    next(button for button in page.button if button.label == "Find the pictures").click().run()
    assert started == [film.path]
    run = film_work.latest(film)
    assert run is not None
    look_through(Path(film.path), Settings.of(encoder="builtin"), silent)
    run.change(state="ready")
    told = opened(film)
    assert not told.exception
    assert "2 shots" in text(told)
    (before,) = (int(one.value.split()[0]) for one in told.subheader)
    assert before >= 2
    assert {"Previous", "Next", "Leave out"} <= {button.label for button in told.button}
    next(button for button in told.button if button.label == "Next").click().run()
    next(button for button in told.button if button.label == "Leave out").click().run()
    assert not told.exception
    assert [int(one.value.split()[0]) for one in told.subheader] == [before - 1]


def test_without_films_the_page_says_what_to_do() -> None:
    assert "no films in the library yet" in text(app("videos.py"))


def test_what_is_no_film_is_refused_in_words(films: Path) -> None:
    (films / "bad.mp4").write_bytes(b"not a film" * 100)
    with pytest.raises(UnipicError, match=r"bad\.mp4 is no film"):
        look_through(films / "bad.mp4", Settings.of(encoder="builtin"), silent)


@pytest.mark.nightly
def test_two_films_that_are_one_are_scrubbed_together(library: Library, films: Path, data: Path) -> None:
    copy_of(films / "walk.mp4", "half size, strong compression", films / "small", 25, pictures(films / "walk.mp4"))
    read_in(library, films)
    assert copies_of(library.films()[0]) == [], "nobody has compared films yet"
    index = StoredIndex(library.path.parent, library.thumbnails, Limits())
    reading.fingerprints_of(library.films(), index)
    index.close()
    film = next(one for one in library.films() if one.name == "walk.mp4")
    (twin,) = copies_of(film)
    assert {twin.long.name, twin.short.name} == {"walk.mp4", "small.mp4"}
    assert (twin.coverage, twin.offset) == (1.0, pytest.approx(0.0, abs=0.1))
    assert all(agrees for _, agrees in twin.agrees)
    other = next(one for one in library.films() if one.name == "small.mp4")
    assert moments_of([film, other]) == [(3.2, 0.0), (pytest.approx(3.2, abs=0.1), pytest.approx(0.0, abs=0.1))]
    another = next(one for one in library.films() if one.name == "IMG_1.mov")
    assert moments_of([film, other, another]) == []
    page = opened(film)
    assert "**100%** of the shorter film's pictures agree." in text(page)
    page.slider(key=f"scrub-{film.digest}").set_value(0.5).run()
    assert not page.exception
