"""Every screen, the empty one too, by Streamlit's own tester: what is shown, and what a click changes on disk."""

import shutil
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.helpers.pictures import PlainEncoder, save, scene, shaken
from tests.helpers.screened import FRAME, app, labels, press, text
from tests.helpers.takeouts import STAMP, takeout, write_parts

import server.state
from screens.parts.rules import offered
from screens.parts.words import plain
from server.jobs import Where
from server.runs import Run, Runs
from server.worker import keep_evidence
from unipic.core.files import write_json
from unipic.core.settings import Settings, data_folder
from unipic.library.decisions import Catalogue
from unipic.reading.engines.inline import InlineEngine
from unipic.review.desk import Desk
from unipic.review.rules import Rules
from unipic.sources.folder import FolderSource
from unipic.tools import Tools
from utils import examine


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("UNIPIC_ROOTS", raising=False)
    st.cache_resource.clear()
    return tmp_path / "data"


@pytest.fixture
def runs(data: Path) -> Runs:
    return Runs(data / "runs")


def finished(runs: Runs, folder: Path) -> Run:
    """A run whose work is done."""
    run = runs.new("folder", (str(folder),))
    tools = Tools(PlainEncoder(), None, InlineEngine(), run.thumbnails, ("A notice of what is used instead.",))
    keep_evidence(run, examine(FolderSource([folder]), tools, Settings()), Catalogue(data_folder()))
    run.change(state="ready")
    return run


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """Two bursts, one exact copy, two singles, one broken file, a name full of markup."""
    folder = tmp_path / "photos"
    for place in (1, 2):
        for shot in range(3):
            save(shaken(scene(place), 12 * shot) if shot else scene(place), folder / f"burst{place}_{shot}.jpg")
    save(scene(3), folder / "a" / "[one](http:__x) <b>.jpg")
    (folder / "b.jpg").write_bytes((folder / "a" / "[one](http:__x) <b>.jpg").read_bytes())
    save(scene(4), folder / "single.jpg")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    return folder


@pytest.fixture
def run(runs: Runs, gallery: Path) -> Run:
    return finished(runs, gallery)


def test_add_shows_four_ways_in() -> None:
    test = app()
    names = [tab.label.split(": ")[-1] for tab in test.tabs]
    assert names == ["From this device", "Folder on the server", "Sample photos", "Immich"]
    assert "Your originals are only read" in text(test)
    assert "No folder on this server is open" in text(test)
    assert "Try it with sample photos" in labels(test)


def test_add_offers_what_the_operator_allows_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gallery: Path, runs: Runs
) -> None:
    monkeypatch.setenv("UNIPIC_ROOTS", str(gallery))
    started: list[Run] = []
    monkeypatch.setattr(server.state.server().jobs, "start", started.append)
    test = app()
    press(test, "a")
    press(test, "Find copies and best shots in this folder")
    assert [run.load().roots for run in started] == [(str(gallery / "a"),)]


def test_folders_on_the_server_are_opened_step_by_step_and_several_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: Runs
) -> None:
    root = tmp_path / "photos [b]"
    for name in ("2023/spring/1.jpg", "2023/summer/2.jpg", "2023/summer/3.jpg", "2024/4.jpg"):
        save(scene(1, 40, 30), root / name)
    monkeypatch.setenv("UNIPIC_ROOTS", str(root))
    started: list[Run] = []
    monkeypatch.setattr(server.state.server().jobs, "start", started.append)
    test = press(app(), "2023")
    assert [label for label in labels(test) if label in ("spring", "summer", "2024")] == ["spring", "summer"]
    captions = [caption.value for caption in test.caption]
    assert captions.index("1 file") < captions.index("2 files")
    for box in test.checkbox:
        box.check()
    press(test.run(), "Find copies and best shots in 2 folders")
    assert [run.load().roots for run in started] == [tuple(str(root / "2023" / one) for one in ("spring", "summer"))]
    test = press(app(), "2023")
    press(test, plain(str(root)))
    assert "2024" in labels(test), "a step of the way leads back"


def test_all_parts_of_an_export_are_one_entry_on_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: Runs
) -> None:
    parts = write_parts(tmp_path / "photos", takeout(4).files, parts=2)
    whole = f"{parts[0].parent}/{STAMP}-*.zip"
    monkeypatch.setenv("UNIPIC_ROOTS", str(tmp_path / "photos"))
    started: list[Run] = []
    monkeypatch.setattr(server.state.server().jobs, "start", started.append)
    test = app()
    assert "2 parts" in [caption.value for caption in test.caption]
    press(test, plain(Path(whole).name))
    press(test, "Find copies and best shots in this folder")
    assert [run.load().roots for run in started] == [(whole,)]


def test_a_folder_that_is_gone_meanwhile_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gallery: Path
) -> None:
    monkeypatch.setenv("UNIPIC_ROOTS", str(gallery))
    test = app()
    shutil.rmtree(gallery / "a")
    next(button for button in test.button if button.label == "a").click().run()
    assert not test.exception
    assert "is not a folder" in text(test)
    assert "Find copies and best shots in this folder" not in labels(test)


def test_settings_of_the_person_reach_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Run] = []
    monkeypatch.setattr(server.state.server().jobs, "start", started.append)
    test = app()
    test.selectbox(key="preset").set_value("landscape").run()
    test.selectbox(key="time_window").set_value("1 minute").run()
    test.slider(key="similar").set_value(85.0).run()
    test.selectbox(key="grouping").set_value("components").run()
    press(test, "Try it with sample photos")
    assert started[0].load().settings == {
        "preset": "landscape",
        "time_window": 60.0,
        "similar": 85.0,
        "near": 50.0,
        "grouping": "components",
    }


def test_an_upload_is_started_from_its_own_run(monkeypatch: pytest.MonkeyPatch, runs: Runs) -> None:
    started: list[Run] = []
    monkeypatch.setattr(server.state.server().jobs, "start", started.append)
    test = app()
    assert list(runs.all()) == [], "a look at the page makes no run"
    collecting = server.state.server().runs.collecting(test.session_state["collecting"])
    collecting.upload_path("abcdefgh").write_bytes(b"x")
    collecting.add_upload("abcdefgh", "one.jpg", 1)
    test.run()
    press(test, "Find copies and best shots in 1 file")
    assert [run.token for run in started] == [collecting.token]


def test_a_reload_of_the_page_finds_what_was_uploaded(runs: Runs) -> None:
    run = server.state.server().runs.new("upload")
    for number in range(30):
        run.add_upload(f"upload-{number:03}", f"{number}.jpg", 1)
    test = AppTest.from_file(FRAME, default_timeout=30)
    test.query_params["upload"] = run.token
    test.run()
    assert "Find copies and best shots in 30 files" in labels(test)
    assert "no longer exists" not in text(test)


@pytest.mark.parametrize("what", ["deleted", "started", "of the library"])
def test_an_address_of_no_upload_begins_a_new_one(runs: Runs, what: str) -> None:
    run = server.state.server().runs.new("library" if what == "of the library" else "upload")
    run.add_upload("upload-001", "one.jpg", 1)
    if what == "deleted":
        run.delete()
    if what == "started":
        run.change(state="working")
    test = AppTest.from_file(FRAME, default_timeout=30)
    test.query_params["upload"] = run.token
    test.run()
    assert not test.exception
    assert test.session_state["collecting"] != run.token
    assert "Find copies and best shots in 1 file" not in labels(test)
    assert ("This upload no longer exists" in text(test)) == (what == "deleted")


@pytest.mark.parametrize("page", ["review.py", "finish.py", "stats.py"])
def test_screens_without_a_run_say_what_to_do(page: str) -> None:
    test = app(page)
    assert any(
        words in text(test) for words in ("Nothing to review yet", "Nothing finished yet", "No album is finished yet")
    )


def test_a_run_that_is_gone_is_said() -> None:
    test = AppTest.from_file(FRAME, default_timeout=30)
    test.query_params["run"] = "x" * 32
    test.run()
    assert "no longer exists" in text(test)


@pytest.mark.parametrize("address", ["../../etc", "", "'; drop", "x" * 5000])
def test_an_address_that_is_none_does_no_harm(address: str) -> None:
    test = AppTest.from_file(FRAME, default_timeout=30)
    test.query_params["run"] = address
    test.run()
    assert not test.exception


def desk(run: Run) -> Desk:
    return server.state.desk_of(run)


def test_review_mounts_the_darkroom_and_says_what_was_found(run: Run) -> None:
    test = app("review.py", run)
    said = text(test)
    assert "A notice of what is used instead" in said.replace("\\", "")
    assert "9 photos: 1 copy, 2 groups of similar shots, 2 singles." in said
    assert "broken\\.jpg" in said
    assert "<b>" not in said.replace("\\<b\\>", ""), "a name is text"
    assert [group.lane for group in desk(run).proposal.groups] == ["identical", "similar", "similar"]


def test_own_words_wait_for_the_model_that_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    test = app()
    assert test.text_input(key="prompt").disabled
    assert "Your own words need CLIP" in text(test)
    assert "does not download anything" in text(test), "UNIPIC_OFFLINE is set"
    monkeypatch.delenv("UNIPIC_OFFLINE")
    asked: list[str] = []
    monkeypatch.setattr(server.state.server().downloads, "start", asked.append)
    press(app(), "Get CLIP ViT-B/32 (609 MB)")
    assert asked == ["clip-vit-base-patch32"]


def test_own_words_can_be_written_where_the_model_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.parts.run_settings.missing", lambda _: None)
    test = app()
    assert not test.text_input(key="prompt").disabled
    assert "Get CLIP ViT-B/32 (609 MB)" not in labels(test)


def test_folders_inside_a_chosen_one_are_not_offered() -> None:
    known = ["Backup", "Backup/thumbs", "Backup2", "albums", "albums/2024"]
    assert offered(known, ()) == known
    assert offered(known, ("Backup",)) == ["Backup", "Backup2", "albums", "albums/2024"]
    assert offered(known, ("albums/2024", "albums")) == known


def test_a_rule_is_followed_by_open_groups_and_can_be_taken_back(run: Run) -> None:
    copies, *_ = desk(run).proposal.groups
    other = next(photo for photo in copies.photos if photo.name.startswith("a/"))
    test = app("review.py", run)
    assert test.multiselect(key="rule-prefer").options == ["a"]
    test.multiselect(key="rule-protect").set_value(["a"]).run()
    assert not test.exception
    assert desk(run).history.rules == Rules(protect=("a",))
    assert desk(run).proposal.copies[0].photos[0] == other
    assert "1 photo in groups is protected" in text(test)
    desk(run).take_back("step-undo-1")
    assert app("review.py", run).multiselect(key="rule-protect").value == []


def test_moving_the_threshold_groups_anew_and_leaves_what_is_decided(run: Run) -> None:
    first, _ = desk(run).proposal.shots
    desk(run).choose("step-0001", first.id, [first.photos[0].id], done=True)
    test = app("review.py", run)
    assert "At 90:" in text(test)
    test.slider(key="now-similar").set_value(99.0).run()
    assert not test.exception
    assert desk(run).history.thresholds.similar == 99.0
    assert first.id in desk(run).proposal.by_id
    assert run.load().settings == {}, "the run itself stays as it was started"


def test_what_was_said_by_hand_can_be_taken_back(run: Run) -> None:
    group = desk(run).proposal.shots[0]
    desk(run).apart("step-0001", group.id)
    test = app("review.py", run)
    assert "**Not duplicates**" in text(test)
    press(test, "Forget")
    assert group.id in desk(run).proposal.by_id
    assert "Forget" not in labels(test)


def test_decisions_of_an_earlier_run_are_said_before_the_list(run: Run, runs: Runs, gallery: Path) -> None:
    group = desk(run).proposal.shots[0]
    desk(run).choose("step-0001", group.id, [group.photos[1].id], done=True)
    assert "made earlier" not in text(app("review.py", run))
    later = finished(runs, gallery)
    test = app("review.py", later)
    assert "**1 group** follows decisions made earlier on this server." in text(test)
    stays, goes = group.photos[1].digest, group.photos[0].digest
    row = next(words for words in text(test).splitlines() if "/unipic/thumb/" in words)
    assert row.index("kept") < row.index(f"/{later.token}/{stays}") < row.index("set aside") < row.index(goes)
    press(test, "Ignore them here")
    assert "made earlier" not in text(test)
    assert "Decisions of earlier reviews are ignored here." in text(test)
    assert not desk(later).choices
    press(test, "Use them here")
    assert desk(later).choices[group.id].done
    assert len(Catalogue(data_folder()).all()) == 1


def test_decisions_about_sample_photos_go_with_their_run(runs: Runs, gallery: Path) -> None:
    run = finished(runs, gallery)
    run.change(source="samples")
    group = desk(run).proposal.shots[0]
    desk(run).choose("step-0001", group.id, [group.photos[1].id], done=True)
    assert len(Catalogue(run.folder).all()) == 1
    assert Catalogue(data_folder()).all() == []


def test_progress_can_be_saved_at_any_moment(run: Run) -> None:
    test = press(app("review.py", run), "Save progress")
    assert (run.out / "unipic-progress.zip").is_file()
    assert not test.error


def test_a_run_of_another_version_is_said(run: Run) -> None:
    write_json(run.folder / "evidence.json", {"version": 1})
    test = app("review.py", run)
    assert "another version of Unipic" in text(test)
    assert "Start again" in labels(test)


def test_session_state_tells_how_far_the_review_is(run: Run) -> None:
    held = desk(run)
    group = held.proposal.shots[0]
    held.choose("step-0001", group.id, [group.photos[1].id], done=True)

    def script() -> None:
        import streamlit as st

        from screens.session import session

        st.text(f"{len(session.groups_data)} {sorted(session.seen_groups)}")
        st.text(str([session.selections[id] for id in session.seen_groups]))

    test = AppTest.from_function(script)
    test.query_params["run"] = run.token
    test.run()
    assert test.text[0].value == f"3 {[group.id]}"
    assert test.text[1].value == str([{photo.id: photo is group.photos[1] for photo in group.photos}])


def test_a_gallery_without_copies_or_groups_still_finishes(runs: Runs, tmp_path: Path) -> None:
    for i in range(3):
        save(scene(10 + i), tmp_path / "few" / f"{i}.jpg")
    run = finished(runs, tmp_path / "few")
    assert "every photo is unique" in text(app("review.py", run))
    test = app("finish.py", run)
    said = text(test)
    assert "**3 photos** found, **3** stay, nothing left out." in said
    assert "You followed the suggestion" not in said


@pytest.mark.parametrize(("state", "words"), [("failed", "Scan failed"), ("cancelled", "Scan cancelled")])
def test_work_that_was_stopped_can_be_started_again(run: Run, state: str, words: str) -> None:
    run.change(state=state, message="Memory ran out. *Try* fewer.")
    test = app("review.py", run)
    assert words in text(test)
    assert "Start again" in labels(test)


def test_a_run_at_work_shows_how_far_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.state.server().jobs, "take_up", lambda run: None)
    run.change(state="working")
    (run.folder / "evidence.json").unlink()
    write_json(
        run.folder / "progress.json",
        asdict(Where("12 % · 2 min left", 0.12, "Reading photos", 50, "50 of 200 files", "Opens them.", False)),
    )
    test = app("review.py", run)
    assert [(bar.proto.value, bar.proto.text) for bar in test.get("progress")] == [(12, "12 % · 2 min left")]
    assert any(text.value == "**Reading photos** · 50 of 200 files  \nOpens them\\." for text in test.markdown)
    assert "Cancel" in labels(test)


def test_deleting_a_run_deletes_only_the_run(run: Run, gallery: Path) -> None:
    before = sorted(path.name for path in gallery.rglob("*"))
    press(app("finish.py", run), "Delete")
    assert not run.folder.exists()
    assert sorted(path.name for path in gallery.rglob("*")) == before


def test_no_screen_shadows_a_module_of_python() -> None:
    """Streamlit puts the frame's folder first on the path; a screen called like a module of Python would replace it."""
    screens_here = {path.stem for path in Path(FRAME).parent.glob("*.py")} - {"__init__"}
    assert not screens_here & set(sys.stdlib_module_names)


def test_without_photos_there_is_no_praise_and_no_album(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "letter.pdf").write_bytes(b"%PDF")
    run = finished(runs, tmp_path / "papers")
    test = app("review.py", run)
    assert "No photos found here" in text(test)
    assert not test.success
    test = app("finish.py", run)
    assert "nothing to export" in text(test)
    assert "Make the album" not in labels(test)
