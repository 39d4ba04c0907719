"""Home, the library's folders and the export of a selection, by Streamlit's own tester."""

import os
from pathlib import Path
from zipfile import ZipFile

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.helpers.libraries import read_in
from tests.helpers.pictures import save, scene
from tests.helpers.screened import app, labels, press, text
from tests.screens.test_screens import finished

from server import upkeep
from server.phone import ON
from server.runs import Runs
from server.state import library, server
from unipic.core.files import write_json
from unipic.core.settings import data_folder
from unipic.library._decisions import FILE
from unipic.library.library import Library
from unipic.reading.engines.inline import InlineEngine
from unipic.sources import inbox
from unipic.vision.builtin import BuiltinEncoder


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("UNIPIC_ROOTS", str(tmp_path / "photos"))
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    st.cache_resource.clear()
    return tmp_path / "data"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(3):
        save(scene(number), tmp_path / "photos" / f"{number}.jpg")
    return tmp_path / "photos"


@pytest.fixture
def filled(data: Path, photos: Path) -> Library:
    made = Library(data)
    read_in(made, photos)
    return made


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Folders that work was started on; none of it is done."""
    folders: list[str] = []
    monkeypatch.setattr(server().jobs, "start", lambda run: folders.extend(run.load().roots))
    return folders


def test_without_a_library_the_first_screen_asks_for_photos() -> None:
    assert "Keep the best shot" in text(app())


def test_the_words_in_all_photos_are_read_if_somebody_says_so(filled: Library, started: list[str]) -> None:
    test = app("folders.py")
    switch = test.toggle[-1]
    assert (switch.label, switch.value) == ("Read the words in all photos (about 1 s)", False)
    assert "not Russian, Greek, Arabic and Hebrew" in text(test)
    switch.set_value(True).run()
    assert filled.marks.choice("words") == "all"
    run = upkeep.upkeep()
    assert run is not None
    assert run.load().source == "library"
    switch = app("folders.py").toggle[-1]
    assert (switch.label, switch.value) == ("Read the words in all photos", True)
    assert "3 photos to go" in text(app("folders.py"))
    switch.set_value(False).run()


def test_a_reader_of_words_that_is_damaged_is_said(filled: Library) -> None:
    run = server().runs.new("library", ())
    write_json(
        run.folder / "update.json", {"folders": [], "notices": ["Words in pictures are not read: it is damaged"]}
    )
    assert "it is damaged" in text(app("folders.py"))


def test_home_shows_the_library_and_the_ways_on(filled: Library) -> None:
    test = app()
    assert "Your photos" in text(test)
    assert "3 photos in 1 folder" in text(test)
    assert "Try the samples" in labels(test)


def test_a_folder_is_added_and_read(photos: Path, started: list[str]) -> None:
    test = app("folders.py")
    assert "Add a folder once" in text(test)
    press(test, "Add to the library")
    assert started == [str(photos)]
    assert library().paths() == [photos]


def test_a_folder_that_cannot_be_reached_is_said_and_nothing_is_forgotten(filled: Library, photos: Path) -> None:
    os.rename(photos, photos.with_name("elsewhere"))
    for test in (app(), app("folders.py")):
        assert "cannot be reached" in text(test)
        assert "3 photos wait for it" in text(test)
    look = next(button for button in test.button if button.label == "Look for new photos")
    assert look.disabled


def test_a_folder_is_removed_but_not_its_photos(filled: Library, photos: Path) -> None:
    test = press(app("folders.py"), "Remove from the library")
    assert library().paths() == []
    assert len(list(photos.iterdir())) == 3
    assert "Add a folder once" in text(test)


def test_work_on_the_library_is_shown_paused_and_continued(filled: Library, photos: Path, started: list[str]) -> None:
    run = upkeep.look_for_new([photos])
    run.change(state="working")
    test = app("folders.py")
    assert "Reading the library" in text(test)
    press(test, "Pause")
    assert run.load().state == "paused"
    test = app("folders.py")
    assert "Reading is paused" in text(test)
    press(test, "Continue")
    assert started == [str(photos)] * 2


def test_what_could_not_be_read_is_named(filled: Library, photos: Path, started: list[str]) -> None:
    run = upkeep.look_for_new([photos])
    broken = {"name": "[a](b).jpg", "reason": "ends in the middle of the picture"}
    write_json(run.folder / "update.json", {"folders": [{"folder": str(photos), "unreadable": [broken]}]})
    run.change(state="ready")
    test = app("folders.py")
    assert [one.label for one in test.expander if "could not be read" in one.label] == ["1 file could not be read"]
    assert r"\[a\]\(b\)\.jpg" in text(test)


def test_damaged_decisions_are_said(filled: Library, data: Path) -> None:
    (data / FILE).write_bytes(b"damaged" * 1000)
    assert "cannot be used" in text(app("folders.py"))


def test_new_photos_are_looked_for_once_a_day(
    filled: Library, photos: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    upkeep.refresh()
    assert started == []
    now = upkeep.time.time()
    monkeypatch.setattr(upkeep.time, "time", lambda: now + 86_401)
    upkeep.refresh()
    assert started == [str(photos)]
    monkeypatch.setenv("UNIPIC_REFRESH_HOURS", "0")
    upkeep.refresh()
    assert started == [str(photos)]


def selected(digests: list[str]) -> AppTest:
    run = server().runs.new("selection")
    run.select(digests)
    return app("export.py", run) if digests else app("export.py")


def test_a_selection_goes_out_by_every_way(filled: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, _ = (photo.digest for photo in filled.photos(filled.listing().ids))
    filled.marks.tag([one], "Lisbon")
    test = app()
    run = server().runs.new("selection")
    run.select([one, two, "f" * 64])
    test.switch_page("export.py")
    test.query_params["run"] = run.token
    test.run()
    assert not test.exception
    assert "Export 2 photos" in text(test)
    assert "1 photo of the selection left the library" in text(test)
    assert "2 photos with 1 file that belongs to them" in text(test)
    press(test, "Make the album")
    assert [path.name for path in run.out.iterdir()] == ["My clean gallery.zip"]

    monkeypatch.setattr("unipic.destinations.developing.engine_of", lambda *_: InlineEngine())
    test.selectbox(key="preset").set_value("print-a3").run()
    assert "at how many dpi" in text(test)
    test.selectbox(key="preset").set_value("web").run()
    assert "one for each that is kept" in text(test)
    press(test, "Preview the first copy")
    assert test.get("image"), "the copy is shown"
    press(test, "Make the album")
    with ZipFile(run.out / "My clean gallery.zip") as archive:
        assert {name for name in archive.namelist() if name.endswith(".jpg")} == {"1.jpg", "2.jpg"}
    test.segmented_control(key="way").set_value("sheet").run()
    press(test, "Make the contact sheet")
    assert sorted(path.name for path in run.out.iterdir()) == ["My clean gallery.pdf", "My clean gallery.zip"]
    (data_folder() / "presets.toml").write_text("[square]\nwidht = 3\n")
    assert "there is no key 'widht'" in text(app("export.py", run))


def test_tags_that_are_not_written_are_said(filled: Library, photos: Path) -> None:
    (photos / "0.jpg.xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    read_in(filled, photos)
    (own,) = [photo for photo in filled.photos(filled.listing().ids) if photo.companions]
    filled.marks.tag([own.digest], "Lisbon")
    run = server().runs.new("selection")
    run.select([own.digest])
    assert "Tags not written:** of 1 photo" in text(app("export.py", run))


def test_uploads_can_be_kept_in_the_library(tmp_path: Path, data: Path, started: list[str]) -> None:
    for number in range(3):
        save(scene(number), tmp_path / "sent" / f"{number}.jpg")
    run = finished(Runs(data / "runs"), tmp_path / "sent")
    run.change(source="upload")
    test = app("finish.py", run)
    test.segmented_control(key="way").set_value("library").run()
    assert "shared by everyone" in text(test)
    press(test, "Keep in my library")
    kept = data / "kept" / "My clean gallery"
    assert sorted(path.name for path in kept.iterdir()) == ["0.jpg", "1.jpg", "2.jpg", "unipic-manifest.json"]
    assert library().paths() == [data / "kept"]
    assert started == [str(data / "kept")]


def test_without_a_selection_it_says_where_to_make_one(filled: Library) -> None:
    assert "Select photos in the library" in text(app("export.py"))


def test_the_models_page_names_licences() -> None:
    test = app("models.py")
    assert "Licence: " in text(test)


def test_what_is_known_is_shown_and_forgotten_after_typing_the_number(filled: Library, photos: Path) -> None:
    test = app("folders.py")
    assert {metric.label: metric.value for metric in test.metric}["Photos"] == "3"
    assert filled.has_vectors(BuiltinEncoder().key)

    def forget(typed: str) -> AppTest:
        test.selectbox(key="forget-kind").set_value("vectors")
        test.text_input(key="forget-number").input(typed)
        return press(test, "Forget it")

    assert "Nothing was forgotten" in text(forget("33"))
    assert filled.has_vectors(BuiltinEncoder().key)
    forget("3")
    assert not filled.has_vectors(BuiltinEncoder().key)
    assert len(filled.listing().ids) == 3
    assert len(list(photos.iterdir())) == 3


def test_photos_from_phones_are_switched_on_listed_and_deleted(
    photos: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "QUIET_S", 0.0)
    upkeep.take_in()
    assert started == [], "there is no inbox yet"
    test = app("folders.py")
    test.toggle[0].set_value(True).run()
    token = test.code[1].value
    assert test.code[0].value.endswith("/unipic/phone/")
    assert token not in [code.value for code in app("folders.py").code], "it is shown once"
    folder = inbox.open_inbox()
    for name in ("Anna/1.jpg", "Anna/1 again.jpg"):
        save(scene(1), folder / name)
    (folder / "2.jpg.part").touch()
    upkeep.take_in()
    upkeep.take_in()
    assert started == [str(folder)], "it is read when other files are complete"
    test = app("folders.py")
    assert "Photos from phones" in text(test)
    assert "3 files" in text(test)
    assert "1 still arriving" in text(test)
    test.multiselect[0].set_value(["Anna/1.jpg"]).run()
    assert "1 original will be deleted" in text(test)
    press(test, "Delete for good")
    assert not (folder / "Anna" / "1.jpg").exists()
    assert (folder / "Anna" / "1 again.jpg").exists()
    app("folders.py").toggle[0].set_value(False).run()
    assert library().marks.choice(ON) == ""
    library().marks.path.write_bytes(b"damaged")
    upkeep.take_in()
    assert started == [str(folder)]
