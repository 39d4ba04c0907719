"""Favourites, tags, albums and notes are kept by content, in one file with the rulings of every version."""

import sqlite3
import threading
from pathlib import Path

import pytest

from unipic.core.errors import SettingsError
from unipic.library._decisions import FILE, MIGRATIONS
from unipic.library.decisions import Catalogue, Ruling
from unipic.library.marks import NOT_MARKED, Marked, Marks

A, B, C = "aa", "bb", "cc"


@pytest.fixture
def marks(tmp_path: Path) -> Marks:
    return Marks(tmp_path)


def test_marks_of_photos(marks: Marks) -> None:
    marks.favourite([A])
    marks.tag([A, B], "Lisbon")
    marks.tag([A], "tram")
    marks.album([B], "Best of 2024")
    marks.note([A], "  the day it rained ")
    assert marks.of([A, B, C]) == {
        A: Marked(True, ("Lisbon", "tram"), (), "the day it rained"),
        B: Marked(False, ("Lisbon",), ("Best of 2024",)),
    }
    assert marks.tags() == {"Lisbon": 2, "tram": 1}
    assert [(album.name, album.photos) for album in marks.albums()] == [("Best of 2024", 1)]
    assert (marks.favourites(), marks.tagged("Lisbon")) == ({A}, {A, B})


def test_every_mark_can_be_taken_back(marks: Marks) -> None:
    for on in (True, False):
        marks.favourite([A], on)
        marks.tag([A], "tram", on)
        marks.album([A], "Trams", on)
        marks.note([A], "rain" if on else "")
    assert marks.of([A]).get(A, NOT_MARKED) == NOT_MARKED
    assert marks.albums() == []
    assert marks.tags() == {}


def test_an_album_is_one_by_its_name(marks: Marks) -> None:
    marks.album([A], "Trams")
    marks.album([B], "Trams")
    (album,) = marks.albums()
    assert marks.in_album(album.id) == {A, B}


def test_searches_are_saved_once_the_newest_first(marks: Marks) -> None:
    for query in ("lisbon 2018", "  red\n car ", "lisbon 2018"):
        marks.save_search(query)
    assert marks.searches() == ["lisbon 2018", "red car"]
    marks.save_search("red car", on=False)
    assert marks.searches() == ["lisbon 2018"]
    with pytest.raises(SettingsError):
        marks.save_search(" ")


@pytest.mark.parametrize("name", ["", "   ", "\x00\x1b"])
def test_a_name_needs_a_letter(marks: Marks, name: str) -> None:
    with pytest.raises(SettingsError, match="at least one letter"):
        marks.tag([A], name)


@pytest.mark.parametrize("name", ["'; DROP TABLE tag; --", "<b>bold</b>", "çağlar 🦑", "a" * 500])
def test_a_name_is_data(marks: Marks, name: str) -> None:
    marks.tag([A], name)
    marks.album([A], name)
    assert list(marks.tags()) == [name[:100]]
    assert marks.tagged(name[:100]) == {A}


def test_thousands_at_once(marks: Marks) -> None:
    digests = [f"{number:064x}" for number in range(3000)]
    marks.favourite(digests)
    marks.tag(digests, "all")
    assert len(marks.of(digests)) == 3000


def test_to_ask_makes_no_file(marks: Marks) -> None:
    assert (marks.of([A]), marks.tags(), marks.albums(), marks.favourites(), marks.folders()) == ({}, {}, [], set(), [])
    assert not marks.path.exists()


def test_a_file_of_the_version_before_is_taken_over_with_its_rulings(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as base:
        base.executescript(MIGRATIONS[0])
        base.execute("PRAGMA user_version = 1")
        base.execute("INSERT INTO ruling VALUES ('1', 5.0, '[[\"aa\", \"bb\"]]', '[\"aa\"]', 1, '[\"a.jpg\"]')")
        base.executemany("INSERT INTO member VALUES (?, '1')", [(A,), (B,)])
        base.execute("INSERT INTO seen VALUES ('aa', 4.0)")
    base.close()
    Marks(tmp_path).favourite([A])
    catalogue = Catalogue(tmp_path)
    assert catalogue.about([B]) == [Ruling("1", 5.0, ((A, B),), (A,), True, ("a.jpg",))]
    assert catalogue.meet([A]) == {A: 4.0}
    assert Marks(tmp_path).favourites() == {A}


def test_many_at_once_take_over_a_file_and_lose_nothing(tmp_path: Path) -> None:
    threads = [threading.Thread(target=Marks(tmp_path).tag, args=([f"{n}"], "tram")) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Marks(tmp_path).tags() == {"tram": 16}
