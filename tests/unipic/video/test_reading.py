"""Reading films into pictures with facts: what they tell, hostile files, and that nothing is opened twice."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.helpers.filmed import remuxed, walk, write_film
from tests.helpers.pictures import PlainEncoder

from unipic.core.photo import FILM, Found, Photo, Unreadable
from unipic.core.settings import Limits
from unipic.core.words import clock
from unipic.library.index import StoredIndex
from unipic.library.thumbnails import Thumbnails
from unipic.reading.seen import Seen
from unipic.sources import base
from unipic.sources.folder import FolderSource
from unipic.video import reading
from unipic.video.facts import is_named_like_a_film, pictures_of, seconds_of
from unipic.video.reading import films_seen, fingerprints_of, quality


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    tags = {"creation_time": "2024-06-12T20:51:10Z"}
    write_film(folder / "a.mp4", walk(1, 2.0), tags=tags, sound=440)
    remuxed(folder / "a.mp4", folder / "b.mkv")
    (folder / "c.mp4").write_bytes((folder / "a.mp4").read_bytes()[:900])
    (folder / "d.mov").write_bytes(b"#EXTM3U\nhttp://example.invalid/a.ts\n")
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoredIndex]:
    monkeypatch.setattr(base, "NEW", 0)
    opened = StoredIndex(tmp_path / "memory", Thumbnails(tmp_path / "memory" / "thumbs"), Limits())
    yield opened
    opened.close()


def seen_in(folder: Path, index: StoredIndex) -> dict[str, Photo | str]:
    files = [file for file in FolderSource([folder]).files() if isinstance(file, Found)]
    found = films_seen(files, index, index.thumbnails, PlainEncoder())
    return {one.photo.name if isinstance(one, Seen) else one.name: one.photo if isinstance(one, Seen) else one.reason
            for one in found}  # fmt: skip


def test_a_film_becomes_a_picture_with_facts_and_is_opened_once(
    films: Path, index: StoredIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = seen_in(films, index)
    a, b = first["a.mp4"], first["b.mkv"]
    assert isinstance(a, Photo)
    assert isinstance(b, Photo)
    assert (a.format, a.width, a.height, a.note) == (FILM, 320, 240, "film of 0:02")
    assert a.taken == datetime.fromisoformat("2024-06-12T20:51:10Z")
    assert [extra.kind for extra in a.holds] == ["length", "sound"]
    assert seconds_of(a) == pytest.approx(2.0, abs=0.1)
    assert a.content == b.content
    assert len(pictures_of(a)) == 64
    assert index.thumbnails.path(a.digest).is_file()
    assert isinstance(first["c.mp4"], str)
    assert first["d.mov"] == "is no film in a format that is known, or is damaged at its beginning"
    prints = fingerprints_of([a, b], index)
    assert (prints[a.digest].hashes == prints[b.digest].hashes).all()
    monkeypatch.setattr(reading, "in_worker", lambda *_: pytest.fail("a film was opened again"))
    assert seen_in(films, index) == first
    again = fingerprints_of([a, b], index)
    assert (again[a.digest].hashes == prints[a.digest].hashes).all()


def killed(order: reading.Order) -> Iterator[str]:
    import os
    import signal

    if order.file.name == "b":
        os.kill(os.getpid(), signal.SIGKILL)
    yield order.file.name


def test_a_film_that_kills_its_worker_costs_itself_alone() -> None:
    files = [Found(name, name, name, 1) for name in "abc"]
    made = dict(reading._made(killed, [reading.Order(file) for file in files], "", lambda step: None))
    assert made[files[0]] == "a"
    assert made[files[1]].startswith("is a film that the decoder crashed on")
    assert made[files[2]] == "c"


def test_a_film_that_changed_since_it_was_listed_is_not_taken(films: Path) -> None:
    wrong = Found("x", "a.mp4", str(films / "a.mp4"), 17)
    assert list(reading.one_by_one(reading.Orders(reading.read_film, (reading.Order(wrong),)))) == [
        "was changed while it was read"
    ]


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0:00"), (41, "0:41"), (725, "12:05"), (3727, "1:02:07")])
def test_lengths_in_words(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_quality_counts_bits_a_pixel_and_the_codec(films: Path) -> None:
    from dataclasses import replace

    from unipic.video.film import probe

    film = replace(probe(films / "a.mp4"), bitrate=round(0.1 * 320 * 240 * 25), fps=25.0)
    assert quality(film) == 75
    assert quality(replace(film, bitrate=2 * film.bitrate)) == 85
    assert (quality(replace(film, codec="hevc")) or 0) > 75
    assert quality(replace(film, bitrate=0)) is None


def test_files_are_named_like_films() -> None:
    assert is_named_like_a_film(Unreadable("1", "a/B.MOV", "", ""))
    assert not is_named_like_a_film(Unreadable("1", "a/b.ts", "", ""))
