"""Add photos and Finish with an Immich server: what is shown, asked and written, with every empty and error state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.helpers.fake_immich import KEY, FakeImmich, Fault
from tests.helpers.pictures import PlainEncoder, save, scene, shaken

import server.state
from server.immich_runs import FILE, forget_key, immich_source, lend_key
from server.runs import Run, Runs
from server.worker import keep_evidence
from unipic.core.errors import SettingsError
from unipic.core.settings import Settings, data_folder
from unipic.library.decisions import Catalogue
from unipic.reading.engines.inline import InlineEngine
from unipic.sources.immich import NEEDS, save_login, server as server_of
from unipic.sources.immich_place import called
from unipic.tools import Tools
from utils import examine

pytestmark = pytest.mark.server

FRAME = str(Path(__file__).resolve().parents[2] / "src" / "screens" / "frame.py")
ODD = "<img src=x onerror=alert(1)> [link](https://example.org)"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("unipic.core.settings._KEY", [""])
    st.cache_resource.clear()
    return tmp_path / "data"


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeImmich]:
    """Three shots of one second, and another photo."""
    fake = FakeImmich()
    shots = [scene(1), shaken(scene(1)), shaken(scene(1), 14), scene(3)]
    for number, picture in enumerate(shots):
        content = save(picture, tmp_path / f"{number}.jpg").read_bytes()
        fake.add(f"IMG_{number}.jpg", content, taken=f"2024-06-12T20:51:0{number}.000Z")
    fake.album(ODD, *fake.assets)
    with fake.serving() as url:
        fake.url = url
        yield fake


@pytest.fixture
def run(fake: FakeImmich, data: Path) -> Run:
    """A run over the server's photos, whose work is done."""
    made = Runs(data / "runs").new("immich", ("immich:",))
    lend_key(made, server_of(fake.url, KEY), originals=False)
    assert (made.folder / FILE).stat().st_mode & 0o077 == 0
    source = immich_source(made, lambda step: None)
    tools = Tools(PlainEncoder(), None, InlineEngine(), made.thumbnails)
    keep_evidence(made, examine(source, tools, Settings()), Catalogue(data_folder()))
    forget_key(made)
    made.change(state="ready")
    return made


def page(name: str, run: Run | None = None) -> AppTest:
    at = AppTest.from_file(FRAME, default_timeout=60)
    if run:
        at.query_params["run"] = run.token
    at.run()
    return at.switch_page(f"{name}.py").run()


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def check(at: AppTest, url: str, key: str = KEY, part: str = "add-") -> AppTest:
    at.text_input(f"{part}immich-url").set_value(url)
    at.text_input(f"{part}immich-key").set_value(key)
    return press(at, "Check")


def words(at: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "error", "success", "warning", "code")
    return "\n".join(str(one.value) for kind in kinds for one in getattr(at, kind)).replace("\\", "")


def switch(at: AppTest, *keys: str) -> AppTest:
    for key in keys:
        at.toggle(f"immich-{key}").set_value(True).run()
    return at


# Add photos.


def test_without_a_key_it_is_said_which_one_to_make() -> None:
    said = words(page("add"))
    assert "Account Settings → API Keys" in said
    assert "`asset.read`" in said


def test_check_says_what_the_key_may_do_and_how_much_there_is(fake: FakeImmich) -> None:
    fake.permissions = [one for one in NEEDS["look at photos"] if one != "stack.read"]
    fake.add("old.jpg", b"old", visibility="archive")
    at = check(page("add"), fake.url)
    said = words(at)
    assert "5 photos (1 archived)" in said
    assert ":gray-badge[:material/remove: favourites]" in said
    assert "stack.read  # look at photos" in said
    assert "asset.update  # favourites" in said
    assert KEY not in said
    assert at.button("start-immich").label == "Find copies and best shots in 5 photos"


def test_an_album_or_a_day(fake: FakeImmich) -> None:
    at = check(page("add"), fake.url)
    at.segmented_control("immich-what").set_value("One album").run()
    assert ODD in at.selectbox("immich-album").options
    assert "4 photos" in at.button("start-immich").label
    at.segmented_control("immich-what").set_value("Since a day").run()
    assert "None of your photos" in words(at)
    fake.albums.clear()
    at.segmented_control("immich-what").set_value("One album").run()
    assert "no albums" in words(at)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("401", times=9), "revoked"),
        (Fault("page", times=9), "login page in front"),
        (Fault("redirect", times=9), "the key was not sent there"),
        (Fault("500", times=9), "had an error of its own"),
    ],
)
def test_what_is_wrong_is_said(fake: FakeImmich, fault: Fault, said: str) -> None:
    fake.faults = [fault]
    assert said in words(check(page("add"), fake.url))


def test_an_address_that_is_none_and_a_server_that_lists_nothing(fake: FakeImmich) -> None:
    assert "is not the address" in words(check(page("add"), "ftp://nowhere"))
    fake.lie = {"items": [], "nextPage": None}
    assert "and lists none" in words(check(page("add"), fake.url))


def test_the_operator_s_server_cannot_be_changed(fake: FakeImmich, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_IMMICH_URL", fake.url)
    monkeypatch.setenv("UNIPIC_IMMICH_KEY", KEY)
    at = page("add")
    assert at.text_input("add-immich-url").disabled
    assert "4 photos" in words(press(at, "Check"))


def test_a_server_that_asks_nobody_for_a_token_connects_only_where_its_operator_says(
    fake: FakeImmich, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.state.server(), "open_to_all", True)
    at = page("add")
    assert "only its operator names the Immich server" in words(at)
    assert not [one for one in at.text_input if one.key == "add-immich-url"]
    assert fake.log == []
    monkeypatch.setenv("UNIPIC_IMMICH_URL", fake.url)
    at = page("add")
    at.text_input("add-immich-key").set_value(KEY)
    press(at, "Check")
    assert fake.log


def test_the_operator_s_key_goes_to_no_other_server(fake: FakeImmich, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_IMMICH_KEY", KEY)
    at = page("add")
    at.text_input("add-immich-url").set_value(fake.url)
    press(at, "Check")
    assert fake.keys_seen == []


def test_photos_of_the_operator_s_server_join_the_library(fake: FakeImmich, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[Path]] = []
    monkeypatch.setattr("server.upkeep.look_for_new", started.append)
    at = check(page("folders"), fake.url, part="library-")
    assert "immich login" in words(at)
    save_login(server_of(fake.url, KEY))
    press(press(page("folders"), "Check"), "Add to the library")
    assert [[called(one) for one in some] for some in started] == [["immich:"]]


def test_starting_lends_the_key_to_the_scan_alone(fake: FakeImmich, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Run] = []
    monkeypatch.setattr(server.state.server().jobs, "start", started.append)
    at = check(page("add"), fake.url)
    at.button("start-immich").click().run()
    (made,) = started
    assert (made.load().source, made.load().roots) == ("immich", ("immich:",))
    assert immich_source(made, lambda step: None).listing.assets
    assert KEY not in (made.folder / "run.json").read_text()
    forget_key(made)
    with pytest.raises(SettingsError, match="forgotten"):
        immich_source(made, lambda step: None)


# Finish.


def test_previews_are_not_offered_as_copies(fake: FakeImmich, run: Run) -> None:
    at = page("finish", run)
    assert [option.split(": ")[-1] for option in at.segmented_control("way").options] == ["List", "Immich"]


def test_marks_are_counted_confirmed_written_and_taken_back(fake: FakeImmich, run: Run) -> None:
    before = fake.state()
    at = switch(check(page("finish", run), fake.url, part="finish-"), "albums", "stacks")
    said = words(at)
    assert "3 photos get the tag Unipic/similar" in said
    assert "1 album is made" in said
    assert "1 stack is made" in said
    assert "3 .xmp files" in said
    assert at.button("immich-apply").disabled
    at.text_input("immich-number").set_value("2").run()
    assert at.button("immich-apply").disabled
    assert fake.state() == before
    at.text_input("immich-number").set_value("3").run()
    press(at, "Write to Immich")
    assert "3 photos written to" in words(at)
    assert len(fake.albums) == 2
    assert "Nothing is to be written" in words(at)
    press(at, "Undo all")
    assert "as before" in words(at)
    assert fake.state() == before


def test_a_lost_server_can_go_on_or_be_undone(fake: FakeImmich, run: Run) -> None:
    before = fake.state()
    at = switch(check(page("finish", run), fake.url, part="finish-"), "albums")
    at.text_input("immich-number").set_value("3").run()
    fake.faults = [Fault("500", match="POST /api/albums|POST /albums")]
    press(at, "Write to Immich")
    assert "nothing is lost" in words(at)
    press(at, "Go on")
    assert len(fake.albums) == 2
    press(at, "Undo all")
    assert fake.state() == before


def test_what_a_key_cannot_do_and_cannot_undo_is_said_before(fake: FakeImmich, run: Run) -> None:
    fake.permissions = [*NEEDS["look at photos"]]
    at = check(page("finish", run), fake.url, part="finish-")
    assert "tag.create, tag.asset (for tags)" in words(at)
    fake.permissions += NEEDS["tags"]
    at = check(at, fake.url, part="finish-")
    assert "Undo will leave empty tags behind: the key lacks tag.delete." in words(at)


def test_photos_that_are_gone_meanwhile_are_named(fake: FakeImmich, run: Run) -> None:
    del fake.assets[next(iter(fake.assets))]
    at = check(page("finish", run), fake.url, part="finish-")
    assert "1 photo no longer in Immich, and left out: IMG_0.jpg" in words(at)
    assert "2 photos get the tag Unipic/similar" in words(at)


def test_names_are_data(fake: FakeImmich, run: Run) -> None:
    """What is shown as Markdown is escaped; the table of steps shows plain text."""
    for asset in fake.assets.values():
        asset["originalFileName"] = ODD
    at = check(page("finish", run), fake.url, part="finish-")
    shown = [str(one.value) for one in (*at.markdown, *at.caption)]
    assert not any("<img" in one or "[link](" in one for one in shown)
    assert "<img src=x" in str(at.dataframe[0].value)
