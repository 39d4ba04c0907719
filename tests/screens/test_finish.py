"""The finish screen: what will happen is said first, then a ZIP, a folder on the server, or a list."""

import csv
import json
import os
import shutil
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from PIL import Image
from PIL.ExifTags import IFD
from streamlit.testing.v1 import AppTest
from tests.helpers import screened
from tests.helpers.assets import photograph
from tests.helpers.pictures import PlainEncoder, save, scene, shaken
from tests.helpers.screened import FRAME, app, labels, press

import server.state
from screens.parts import export as exporting, save as saving
from server.runs import Run, Runs
from server.worker import keep_evidence
from unipic.core.errors import DestinationError
from unipic.core.settings import Settings, data_folder
from unipic.destinations import folder as folders
from unipic.destinations.base import MANIFEST
from unipic.library.decisions import Catalogue
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.location import find_exiftool
from unipic.review.statistics import load
from unipic.sources.folder import FolderSource
from unipic.tools import Tools
from utils import examine

STAYS = {"one.jpg", "broken.jpg", "burst_0.jpg", "burst_1.jpg", "burst_2.jpg"}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("UNIPIC_OUT", raising=False)
    st.cache_resource.clear()
    return tmp_path / "data"


@pytest.fixture
def albums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "albums").mkdir()
    monkeypatch.setenv("UNIPIC_OUT", str(tmp_path / "albums"))
    return tmp_path / "albums"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A burst, an exact copy, and a broken file."""
    folder = tmp_path / "photos"
    for shot in range(3):
        save(shaken(scene(1), 12 * shot) if shot else scene(1), folder / f"burst_{shot}.jpg")
    one = save(scene(3), folder / "one.jpg")
    (folder / "a").mkdir()
    (folder / "a" / "one (1).jpg").write_bytes(one.read_bytes())
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    return folder


@pytest.fixture
def run(data: Path, photos: Path) -> Run:
    """A run whose work is done."""
    made = Runs(data / "runs").new("folder", (str(photos),))
    tools = Tools(PlainEncoder(), None, InlineEngine(), made.thumbnails)
    keep_evidence(made, examine(FolderSource([photos]), tools, Settings()), Catalogue(data_folder()))
    made.change(state="ready")
    return made


def opened(run: Run, way: str = "", album: str = "") -> AppTest:
    test = app("finish.py", run)
    if way:
        test.segmented_control(key="way").set_value(way).run()
    if album:
        test.text_input(key="album").set_value(album).run()
    assert not test.exception
    return test


def text(test: AppTest) -> str:
    return screened.text(test).replace("\\", "")


def files_in(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def downloads(test: AppTest) -> list[str]:
    """Addresses offered to the browser."""
    told = [json.loads(part.proto.json or "{}") for part in test.get("bidi_component")]
    return [values["url"] for values in told if "url" in values]


# What will happen


def test_what_will_happen_is_said_before_any_button(run: Run) -> None:
    said = text(opened(run))
    assert "What will happen" in said
    assert "**Copied:** 4 photos, byte for byte" in said
    assert "**Left out:** 1 photo (" in said
    assert "the originals stay where they are" in said
    assert "**Kept:** all shots of 1 group not reviewed yet" in said
    assert "**Copied unchanged:** 1 file that could not be read" in said
    assert "**Disk space needed:**" in said
    assert not any(word in said for word in ("Renamed", "Listed only", "Missing since", "Changed since"))
    assert list(run.out.iterdir()) == []


def test_originals_that_are_gone_or_changed_are_said(run: Run, photos: Path) -> None:
    (photos / "burst_1.jpg").unlink()
    (photos / "burst_2.jpg").write_bytes(b"another")
    said = text(opened(run))
    assert "**Missing since the scan:** 1 original. They are left out" in said
    assert "**Changed since the scan:** 1 original. They are copied as they are now" in said
    assert "- burst_1.jpg" in said


def test_a_server_without_room_says_so_and_offers_no_button(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    test = opened(run)
    assert "The server needs" in text(test)
    assert next(button for button in test.button if button.label == "Make the album").disabled


def test_a_run_of_another_version_is_said(run: Run) -> None:
    (run.folder / "evidence.json").write_text('{"version": 0}')
    st.cache_resource.clear()
    assert "made by another version" in text(opened(run))


# Copies that are verified and that nobody looked at


@pytest.fixture
def copied(run: Run, photos: Path) -> Run:
    """The run, with a picture that is there once more and smaller: the same by the second look."""
    large = scene(5, 1600, 1200)
    save(large, photos / "large.jpg", quality=92)
    save(large.resize((800, 600)), photos / "small.jpg", quality=92)
    tools = Tools(PlainEncoder(), None, InlineEngine(), run.thumbnails)
    keep_evidence(run, examine(FolderSource([photos]), tools, Settings()), Catalogue(data_folder()))
    return run


def answer(test: AppTest, said: str) -> AppTest:
    test.segmented_control(key="unseen").set_value(said).run()
    assert not test.exception
    return test


def button(test: AppTest, label: str) -> Any:
    return next(button for button in test.button if button.label == label)


def in_zip(run: Run, name: str = "My clean gallery") -> set[str]:
    with zipfile.ZipFile(run.out / f"{name}.zip") as archive:
        return set(archive.namelist()) - {MANIFEST}


def test_nothing_is_exported_before_the_question_is_answered(copied: Run) -> None:
    test = opened(copied)
    said = text(test)
    assert "1 group of copies, verified at full size, not looked at" in said
    assert "Nothing is chosen yet" in said
    assert test.segmented_control(key="unseen").value is None
    assert button(test, "Make the album").disabled
    for way, label in (("list", "Make the list"),):
        assert button(opened(copied, way), label).disabled


@pytest.mark.parametrize(("said", "left"), [("leave out", {"small.jpg"}), ("keep", set())])
def test_the_answer_is_what_the_album_does(copied: Run, said: str, left: set[str]) -> None:
    test = answer(opened(copied), said)
    assert f"**{1 + len(left)}** left out" in text(test)
    press(test, "Make the album")
    assert in_zip(copied) == (STAYS | {"large.jpg", "small.jpg"}) - left
    assert opened(copied).segmented_control(key="unseen").value == said, "the last answer is there again"


def test_a_group_that_was_looked_at_is_not_asked_about(copied: Run) -> None:
    desk = server.state.desk_of(copied)
    group = next(group for group in desk.proposal.groups if group.lane == "same")
    desk.accept("step-0001", [group.id])
    test = opened(copied)
    assert "not looked at" not in text(test).split("similar shots")[0]
    assert "| The same picture | 2 | 1 of 1 group | 1 (by you) |" in text(test)
    assert not button(test, "Make the album").disabled


def test_look_now_opens_the_review_at_the_first_of_them(copied: Run) -> None:
    test = press(opened(copied), "Look now")
    assert test.query_params["run"] in (copied.token, [copied.token])
    desk = server.state.desk_of(copied)
    assert desk.group(desk.place).lane == "same"


def test_saved_progress_leaves_out_identical_copies_only(copied: Run) -> None:
    """Whatever was answered: progress is saved before the review is finished."""
    answer(opened(copied), "leave out")
    test = AppTest.from_file(FRAME, default_timeout=30)
    test.query_params["run"] = copied.token
    test.run()
    test.switch_page("review.py").run()
    press(test, "Save progress")
    assert in_zip(copied, "unipic-progress") == STAYS | {"large.jpg", "small.jpg"}


# A picture to keep


def test_after_an_album_there_is_a_picture_of_before_and_after(run: Run) -> None:
    assert "Well done" not in text(opened(run))
    test = press(opened(run), "Make the album")
    assert "Well done" in text(test)
    with Image.open(run.out / "before-and-after.jpg") as picture:
        assert picture.format == "JPEG"
        assert not picture.getexif()
    assert "Well done" in text(opened(run)), "it stays with the review"


def test_samples_count_in_no_statistics(run: Run, data: Path) -> None:
    run.change(source="samples")
    press(opened(run), "Make the album")
    assert run.load().finished
    assert load(data) == []


# ZIP


def test_a_zip_is_made_and_offered(run: Run, data: Path) -> None:
    test = press(opened(run, album="Rome"), "Make the album")
    with zipfile.ZipFile(run.out / "Rome.zip") as archive:
        assert set(archive.namelist()) == STAYS | {MANIFEST}
    assert downloads(test) == [f"/unipic/download/{run.token}/Rome.zip"]
    assert (run.load().album, run.load().album_file, run.load().finished) == ("Rome", "Rome.zip", True)
    press(test, "Make the album")
    assert len(load(data)) == 1, "the figures of a run are counted once"


def test_an_export_waits_for_another(run: Run) -> None:
    """The lock is given back whatever happens, and the next export goes on."""
    test = opened(run)
    lock = server.state.server().exporting
    assert lock.acquire()
    threading.Timer(1.5, lock.release).start()
    press(test, "Make the album")
    assert (run.out / "My clean gallery.zip").is_file()
    assert not lock.locked()


# Folder on the server


def test_without_the_operators_word_no_folder_is_written(run: Run) -> None:
    test = opened(run, "folder")
    assert "No folder on this server is open for albums" in text(test)
    assert "UNIPIC_OUT" in text(test)
    assert "Copy to this folder" not in labels(test)


def test_an_album_is_copied_into_a_new_folder(run: Run, albums: Path, data: Path, photos: Path) -> None:
    before = {path: path.read_bytes() for path in photos.rglob("*") if path.is_file()}
    test = opened(run, "folder", "../Rome & co")
    assert f"new folder **{albums}/_Rome & co**" in text(test)
    assert list(albums.iterdir()) == [], "said, not done"
    press(test, "Copy to this folder")
    target = albums / "_Rome & co"
    found = {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert found.keys() == STAYS | {MANIFEST}
    assert all(found[name] == before[photos / name] for name in STAYS)
    assert {path: path.read_bytes() for path in photos.rglob("*") if path.is_file()} == before
    assert "Your album is in" in text(test)
    assert (run.load().album_folder, run.load().finished) == (str(target), True)
    assert len(load(data)) == 1
    test.run()
    assert "give the album another name" in text(test)
    assert "Copy to this folder" not in labels(test)


def test_a_copy_that_was_stopped_can_be_gone_on_with(run: Run, albums: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> bytes:
        raise DestinationError("the disk was unplugged [really]")

    monkeypatch.setattr(folders, "manifest", stopped)
    test = press(opened(run, "folder"), "Copy to this folder")
    assert "the disk was unplugged [really]" in text(test)
    assert not run.load().finished
    monkeypatch.undo()
    monkeypatch.setenv("UNIPIC_OUT", str(albums))
    monkeypatch.setenv("UNIPIC_DATA", str(run.folder.parents[1]))
    target = albums / "My clean gallery"
    inode = (target / "burst_0.jpg").stat().st_ino
    test = opened(run, "folder")
    assert "This album is not finished" in text(test)
    press(test, "Resume copying")
    assert (target / MANIFEST).is_file()
    assert (target / "burst_0.jpg").stat().st_ino == inode
    assert run.load().finished


def test_a_tree_is_shown_before_it_is_written_and_continued(run: Run, albums: Path, photos: Path) -> None:
    before = {path: path.read_bytes() for path in photos.rglob("*") if path.is_file()}
    test = opened(run, "tree", "Rome")
    shown = test.code[0].value
    assert "├─ group_0001/" in shown
    assert "└─ unreadable/  1 file" in shown
    assert list(albums.iterdir()) == [], "said, not done"
    press(test, "Write this tree")
    found = {str(path.relative_to(albums / "Rome")) for path in (albums / "Rome").rglob("*") if path.is_file()}
    assert {"group_0001/originals/burst_0.jpg", "group_0001/group.json", "unreadable/broken.jpg", MANIFEST} <= found
    assert {path: path.read_bytes() for path in photos.rglob("*") if path.is_file()} == before
    assert "Your tree is in" in text(test)
    test = opened(run, "tree", "Rome")
    assert "holds a tree already" in text(test)
    assert "there already" in text(test)


def test_a_hard_link_comes_with_its_warning_and_uploads_are_copied(run: Run, albums: Path) -> None:
    test = opened(run, "tree", "Rome")
    test.selectbox(key="tree-link").set_value("hardlink").run()
    assert "changes your original" in text(test)
    assert "none but for" in text(test)
    run.change(source="upload")
    assert not [box for box in opened(run, "tree", "Rome").selectbox if box.key == "tree-link"]


def test_a_pattern_that_cannot_be_used_is_said_on_the_spot(run: Run, albums: Path) -> None:
    test = opened(run, "tree", "Rome")
    test.segmented_control(key="tree-kind").set_value("dates").run()
    assert "├─ undated/" in test.code[0].value
    test.text_input(key="tree-pattern").set_value("{city}").run()
    assert "a pattern cannot have {city}" in text(test)
    assert "Write this tree" not in labels(test)


def test_what_is_there_already_is_left_alone(run: Run, albums: Path) -> None:
    (albums / "mine").mkdir()
    (albums / "mine" / "precious.txt").write_bytes(b"x")
    test = opened(run, "folder", "mine")
    assert "nothing in it was touched" in text(test)
    assert "Copy to this folder" not in labels(test)


def test_an_album_among_the_originals_is_refused(run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_OUT", str(photos))
    test = opened(run, "folder")
    assert "Choose a place outside it" in text(test)
    assert "Copy to this folder" not in labels(test)


# List


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_a_list_is_made_and_offered(run: Run, suffix: str, photos: Path, data: Path) -> None:
    test = opened(run, "list", "Rome")
    test.segmented_control(key="list-kind").set_value(suffix).run()
    press(test, "Make the list")
    assert downloads(test) == [f"/unipic/download/{run.token}/Rome{suffix}"]
    with open(run.out / f"Rome{suffix}", encoding="utf-8-sig", newline="") as file:
        rows = json.load(file)["files"] if suffix == ".json" else list(csv.DictReader(file))
    assert {row["name"]: row["fate"] for row in rows} == {
        **dict.fromkeys(STAYS, "kept"),
        "a/one (1).jpg": "set aside",
        "broken.jpg": "unreadable",
    }
    assert {row["path"] for row in rows} == {str(path) for path in photos.rglob("*.jpg")}
    assert load(data) == [], "a list is no album"
    assert not run.load().finished


def test_a_list_of_uploads_tells_no_place_of_ours(run: Run) -> None:
    run.change(source="upload")
    press(opened(run, "list", "Rome"), "Make the list")
    assert os.fsencode(run.token) not in (run.out / "Rome.csv").read_bytes()


# Setting aside where the photos lie


def test_originals_are_not_moved_without_the_operators_word(run: Run) -> None:
    assert "aside" not in opened(run).segmented_control(key="way").options


def test_set_aside_by_number_and_put_back(run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_MOVE_ASIDE", "1")
    before = files_in(photos)
    test = opened(run, "aside")
    said = text(test)
    assert "**This moves your originals.** 1 file (" in said
    assert "1 identical to what stays" in said
    assert "stay where they are" not in said, "not where something moves"
    assert next(button for button in test.button if button.label == "Move aside").disabled
    test.text_input(key="aside-number").set_value("2").run()
    assert next(button for button in test.button if button.label == "Move aside").disabled
    test.text_input(key="aside-number").set_value("1").run()
    press(test, "Move aside")
    assert "1 file set aside in" in text(test)
    assert not (photos / "a" / "one (1).jpg").exists()
    assert len(list(photos.rglob("one (1).jpg"))) == 1, "it was moved and not deleted"
    press(opened(run, "aside"), "Put everything back")
    assert files_in(photos) == before


def test_uploads_are_not_set_aside(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_MOVE_ASIDE", "1")
    run.change(source="upload")
    assert "aside" not in opened(run).segmented_control(key="way").options


# The place


def test_without_exiftool_the_place_stays_and_that_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "find_exiftool", lambda: None)
    test = opened(run)
    assert test.checkbox(key=exporting.WITHOUT_PLACE).disabled
    assert "needs the program exiftool" in text(test)


@pytest.mark.skipif(find_exiftool() is None, reason="exiftool is not installed")
def test_the_place_is_taken_out_of_an_album(run: Run, photos: Path) -> None:
    photograph(photos / "here.jpg", 9, place=True)
    tools = Tools(PlainEncoder(), None, InlineEngine(), run.thumbnails)
    keep_evidence(run, examine(FolderSource([photos]), tools, Settings()), Catalogue(data_folder()))
    test = opened(run, album="Rome")
    assert "1 photo carries a location; it stays in the copies" in text(test)
    test.checkbox(key=exporting.WITHOUT_PLACE).check().run()
    assert "1 photo carries a location; it is removed from the copies" in text(test)
    press(test, "Make the album")
    with zipfile.ZipFile(run.out / "Rome.zip") as archive, Image.open(archive.open("here.jpg")) as picture:
        assert not picture.getexif().get_ifd(IFD.GPSInfo)
    with Image.open(photos / "here.jpg") as original:
        assert original.getexif().get_ifd(IFD.GPSInfo)


# What is said meanwhile


def test_count_and_time_left_are_said_and_not_for_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, said = [100.0], []
    monkeypatch.setattr(saving.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(
        saving.st, "progress", lambda *_, **__: SimpleNamespace(progress=lambda s, text: said.append(text))
    )
    bar = saving.Bar("Making the ZIP")
    for done in range(1001):
        bar(saving.Step("Copying", done, 1000, "file"))
        clock[0] += 0.01
    assert 80 < len(said) < 120
    assert said[0] == "Copying · 0 of 1,000 files · Starting…"
    assert any(words.startswith("Copying · 5") and words.endswith(" of 1,000 files · 5 s left") for words in said)
    assert said[-1].startswith("Copying · 1,000 of 1,000 files")
