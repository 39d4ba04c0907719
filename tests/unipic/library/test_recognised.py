"""Words in pictures are read once, found by any part of them, and what cannot be read is left or done with a reason."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.libraries import SETTINGS, read_in
from tests.helpers.pages import page
from tests.helpers.pictures import save, scene

from unipic.core.progress import Step, silent
from unipic.library import filling, recognised
from unipic.library.library import Library
from unipic.library.recognised import CHOICE, KEY, Which, chosen, counted, unread
from unipic.library.searchable import Searchable
from unipic.reading.engines.inline import InlineEngine
from unipic.search.results import Results
from unipic.search.search import Asked
from unipic.tools import Tools
from unipic.vision.base import Calibration
from unipic.vision.builtin import BuiltinEncoder
from unipic.vision.ocr import Line, WordReader
from utils import read_words, search_gallery

PLATE, STATION, MENU = "Screenshot plate.png", "station.jpg", "menu.jpg"


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    folder = tmp_path / "photos"
    save(page(["09:41", "", "Parked beside RE16 TGK", "since Tuesday"], top=4, height=700), folder / PLATE)
    save(page(["Zürich Hauptbahnhof"], 36), folder / STATION)
    save(page(["Crème brûlée", "Soupe à l'oignon"], 36), folder / MENU)
    save(scene(1), folder / "beach.jpg")
    return folder


@pytest.fixture
def library(photos: Path, tmp_path: Path) -> Library:
    made = Library(tmp_path / "data")
    read_in(made, photos)
    return made


def tools(library: Library) -> Tools:
    return Tools(BuiltinEncoder(), None, InlineEngine(), library.thumbnails)


def read(library: Library, which: Which = "all", **limits: int) -> int:
    settings = replace(SETTINGS, limits=replace(SETTINGS.limits, **limits))
    return read_words(which, library, tools(library), settings)


def search(library: Library, text: str) -> Results:
    return search_gallery(text, Asked(Searchable(library, "none", Calibration(0.8, 20))))


def found(library: Library, text: str) -> list[str]:
    results = search(library, text)
    return [library.by_digest([results.library.digests[at]]).popitem()[1].name for at in results.order.tolist()]


def names(library: Library, digests: list[str]) -> set[str]:
    return {photo.name for photo in library.by_digest(digests).values()}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ('text:"RE16 TGK"', PLATE),
        ("text:re16", PLATE),
        ("text:tgk", PLATE),
        ('"e16 tg"', PLATE),
        ("text:zurich", STATION),
        ("ZÜRICH", STATION),
        ("text:bahnhof", STATION),
        ("Zu\u0308rich", STATION),
        ('"creme brulee"', MENU),
        ("text:OIGNON", MENU),
    ],
)
def test_any_part_of_what_is_written_is_found(query: str, name: str, everything: Library) -> None:
    assert found(everything, query) == [name]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The library with the words of all its photos read, for tests that only look."""
    with pytest.MonkeyPatch.context() as patch:
        at = tmp_path_factory.mktemp("words")
        made = Library(at / "data")
        read_in(made, photos.__wrapped__(at, patch))  # type: ignore[attr-defined]
        assert read(made) == 4
    return made


def test_the_line_that_was_found_is_the_reason(everything: Library) -> None:
    results = search(everything, '"re16 tgk"')
    assert results.why(results.order.tolist()) == ["words in the picture: Parked beside RE16 TGK"]


def test_the_exact_phrase_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    library = Library(tmp_path / "data")
    for name, lines in (("a.png", ["TGK Autos", "Route RE16"]), ("b.png", ["RE16 TGK"]), ("c.png", ["RE16 ABC"])):
        save(page(lines), tmp_path / "photos" / "Screenshots" / name)
    read_in(library, tmp_path / "photos")
    assert read(library, "screens") == 3
    assert found(library, "RE16 TGK")[:2] == ["Screenshots/b.png", "Screenshots/a.png"]
    assert found(library, 'text:"RE16 TGK"') == ["Screenshots/b.png"]


def test_screenshots_and_documents_are_read_by_default(library: Library) -> None:
    assert chosen(library) == "screens"
    assert names(library, unread(library, True)) == {PLATE}
    assert read(library, "screens") == 1
    assert (found(library, "text:tgk"), found(library, "text:bahnhof")) == ([PLATE], [])
    library.marks.choose(CHOICE, "all")
    assert chosen(library) == "all"
    assert read(library, chosen(library)) == 3
    assert found(library, "text:bahnhof") == [STATION]


def test_nothing_is_read_where_it_is_switched_off(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WordReader, "find", lambda *_: pytest.fail("a picture was read"))
    assert read(library, "off") == 0


def test_a_choice_that_nobody_knows_is_the_default(library: Library) -> None:
    library.marks.choose(CHOICE, "everything!")
    assert chosen(library) == "screens"


def test_what_was_read_is_not_read_again(everything: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WordReader, "find", lambda *_: pytest.fail("a picture was read again"))
    assert read(everything) == 0
    assert everything.unfilled(KEY) == 0, "a photo without words is done too"


def test_it_goes_on_where_it_was_stopped(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        pass

    def stop(step: Step) -> None:
        if step.stage == recognised.STAGE.name and step.done == 2:
            raise Stopped

    monkeypatch.setattr(filling, "LARGE_LOT", 1)
    monkeypatch.setattr(recognised, "AT_ONCE", 1)
    with pytest.raises(Stopped):
        read_words("all", library, tools(library), SETTINGS, stop)
    assert library.unfilled(KEY) == 2
    read_before = library.number("SELECT count(*) FROM part WHERE kind = 'text'")
    assert read_before > 0
    looked_at = []
    find = WordReader.find

    def counting(self: WordReader, pictures: list[np.ndarray]) -> list[list[object]]:
        looked_at.extend(pictures)
        return find(self, pictures)  # type: ignore[return-value]

    monkeypatch.setattr(WordReader, "find", counting)
    assert read(library) == 2
    assert len(looked_at) == 2


def test_progress_counts_all_photos_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "LARGE_LOT", 1)
    monkeypatch.setattr(recognised, "AT_ONCE", 2)
    steps: list[Step] = []
    read_words("all", library, tools(library), SETTINGS, steps.append)
    done = [step.done for step in steps if step.stage == recognised.STAGE.name]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 4)
    assert {step.total for step in steps} == {4}


def test_an_original_that_is_away_is_left_for_the_next_time(library: Library, photos: Path) -> None:
    (photos / STATION).rename(photos.parent / STATION)
    assert read(library) == 3
    assert names(library, unread(library, False)) == {STATION}
    (photos.parent / STATION).rename(photos / STATION)
    assert read(library) == 1
    assert found(library, "text:bahnhof") == [STATION]


def test_a_copy_is_read_where_the_first_file_is_away(tmp_path: Path, photos: Path) -> None:
    (photos / "a copy.jpg").write_bytes((photos / STATION).read_bytes())
    library = Library(tmp_path / "data")
    read_in(library, photos)
    (photos / "a copy.jpg").unlink()
    assert read(library) == 4


def test_an_original_that_changed_is_left_until_it_is_read_anew(library: Library, photos: Path) -> None:
    save(page(["Something else"]), photos / STATION)
    assert read(library) == 3
    assert found(library, '"something else"') == []


def test_an_original_that_cannot_be_decoded_is_done_with_the_reason(library: Library) -> None:
    assert read(library, max_pixels=450_000) == 4
    failures = list(library.parts("failed"))
    assert len(failures) == 1
    assert "megapixels" in failures[0][2]["reason"]
    assert library.unfilled(KEY) == 0
    assert names(library, [failures[0][0]]) == {PLATE}


def test_a_damaged_row_is_no_line(everything: Library) -> None:
    good = json.dumps({"text": "a line", "score": 0.9, "box": [0, 0, 1, 1]})
    assert recognised.lines_of([("d", good), ("d", "{"), ("d", "{}"), ("d", "3")]) == {
        "d": [Line("a line", 0.9, (0, 0, 1, 1))]
    }


@pytest.mark.parametrize(
    "text",
    ["09:41", "9:41 AM", "LTE 73 %", "5G", "73%", "Tue 12 Mar", "Tuesday, 12 March", "12:30 · Wi-Fi 4G", "21.05"],
)
def test_what_a_system_shows_at_the_top_of_a_screenshot_does_not_count(text: str) -> None:
    top, lower = Line(text, 0.9, (0.1, 0.01, 0.3, 0.04)), Line(text, 0.9, (0.1, 0.41, 0.3, 0.44))
    assert list(counted([top, lower], True)) == [text], "lower down it is part of what was photographed"
    assert list(counted([top], False)) == [text], "a photo has no such bar"


@pytest.mark.parametrize("text", ["Meeting at 9:41", "RE16 TGK", "Margaret", "Mayor", "Inbox 73", "Sunset"])
def test_words_at_the_top_of_a_screenshot_count(text: str) -> None:
    assert list(counted([Line(text, 0.9, (0.1, 0.01, 0.3, 0.04))], True)) == [text]


def test_a_page_of_text_is_a_document(library: Library, photos: Path) -> None:
    lines = [f"Paragraph {n} of the contract says what is due" for n in range(14)]
    save(page(lines, 28, 760, 900), photos / "sheet.jpg")
    read_in(library, photos)
    assert found(library, "kind:document") == []
    read(library)
    assert found(library, "kind:document") == ["sheet.jpg"]


def test_forgetting_parts_forgets_words(library: Library) -> None:
    read(library, "screens")
    library.forget(kind="parts")
    library.describe(InlineEngine(), silent)
    assert found(library, "text:tgk") == []
    assert names(library, unread(library, True)) == {PLATE}


def test_an_index_with_the_search_s_older_tables_gets_new_ones(library: Library) -> None:
    with closing(sqlite3.connect(library.path)) as base, base:
        base.execute("DROP TABLE text")
        base.execute("CREATE VIRTUAL TABLE text USING fts5 (name, folder, camera, place, words, tokenize = 'trigram')")
    library.describe(InlineEngine(), silent)
    assert found(library, "plate") == [PLATE]
