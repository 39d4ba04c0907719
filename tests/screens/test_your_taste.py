"""Your taste on the screens: offered where it is used, shown with its figures, learned from albums, and forgotten."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.helpers import screened
from tests.helpers.galleries import likeness, photo
from tests.helpers.screened import app, press
from tests.unipic.review.test_taste import LIGHT, person

import server.state
from server.runs import Run, Runs
from server.worker import keep_evidence
from unipic.cleanup.criteria import WEIGHTS
from unipic.cleanup.evidence import Evidence
from unipic.core.photo import Gallery, Measures
from unipic.library.decisions import Catalogue
from unipic.review.taste_log import FILE, _save, load

SWITCH = "Use my taste, learned from earlier choices"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("UNIPIC_ROOTS", raising=False)
    st.cache_resource.clear()
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def reviewed(data: Path, tmp_path: Path) -> Run:
    """A run with two groups, of both the first shot was kept."""
    shots = []
    for group in range(2):
        for shot in range(2):
            name = f"g{group}s{shot}"
            path = tmp_path / f"{name}.jpg"
            path.write_bytes(name.encode())
            numbers = Measures(0.5, 0.9 - 0.4 * shot, 0.4, 0.1)
            shots.append(photo(name, path=str(path), size=len(name), measures=numbers))
    pairs = likeness(shots, {"g0s0 g0s1": 95.0, "g1s0 g1s1": 95.0})
    run = Runs(data / "runs").new("folder")
    keep_evidence(run, Evidence(Gallery(tuple(shots)), pairs, "an encoder", "a ranker", WEIGHTS), Catalogue(data))
    run.change(state="ready")
    desk = server.state.desk_of(run)
    for group in desk.proposal.groups:
        desk.choose(f"first-step-{group.id}", group.id, [group.photos[0].id], done=True)
    return run


def text(test: AppTest) -> str:
    return screened.text(test).replace("\\", "")


def switches(test: AppTest) -> list[str]:
    return [toggle.label for toggle in test.toggle]


def started(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    runs: list[Run] = []
    monkeypatch.setattr(server.state.server().jobs, "start", runs.append)
    return runs


def test_where_nothing_was_learned_nothing_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = started(monkeypatch)
    test = app()
    assert SWITCH not in switches(test)
    press(test, "Try it with sample photos")
    assert "taste" not in runs[0].load().settings
    assert "Nothing learned yet" in text(app("stats.py"))


@pytest.mark.parametrize("on", [True, False])
def test_a_taste_that_proved_itself_is_used_unless_switched_off(
    data: Path, monkeypatch: pytest.MonkeyPatch, on: bool
) -> None:
    _save(data, person(1, 160, LIGHT))
    runs = started(monkeypatch)
    test = app()
    assert SWITCH in switches(test)
    if not on:
        test.toggle(key="taste").set_value(False).run()
    press(test, "Try it with sample photos")
    assert runs[0].load().settings["taste"] is on


def test_the_statistics_show_what_was_learned_and_forget_it(data: Path) -> None:
    _save(data, person(1, 160, LIGHT))
    test = app("stats.py")
    figures = {metric.label: metric.value for metric in test.metric}
    assert figures["Groups learned from"] == "160"
    assert int(figures["Your taste was right"][:-1]) > int(figures["Default was right"][:-1])
    assert "**Used** to choose the best shots" in text(test)
    words = text(test)
    assert "You care more about" in words
    assert "exposure" in words.split("less about")[0]
    assert "grain" in words.split("less about")[1]
    press(test, "Forget")
    assert not (data / FILE).exists()
    assert "Nothing learned yet" in text(test)
    assert SWITCH not in switches(app())


def test_what_is_not_used_says_why(data: Path) -> None:
    _save(data, person(1, 12, LIGHT))
    assert "12 groups so far, 20 are needed" in text(app("stats.py"))
    assert SWITCH not in switches(app())
    _save(data, person(1, 100, None))
    assert "**Not used**: it does not beat the default" in text(app("stats.py"))


def test_a_damaged_record_is_said_and_stops_nothing(data: Path) -> None:
    (data / FILE).write_bytes(b"\x00 no record")
    test = app("stats.py")
    assert "cannot be read" in text(test)
    assert SWITCH not in switches(app())
    press(test, "Forget")
    assert not (data / FILE).exists()


def test_an_album_is_learned_from_once_and_again_when_it_changes(data: Path, reviewed: Run) -> None:
    test = press(app("finish.py", reviewed), "Make the album")
    assert [decision.kept for decision in load(data)] == [(True, False)] * 2
    press(test, "Make the album")
    assert len(load(data)) == 2
    desk = server.state.desk_of(reviewed)
    (group,) = (one for one in desk.proposal.groups if "g0s0" in one.ids)
    desk.choose("second-step", group.id, ["g0s1"], done=True)
    press(app("finish.py", reviewed), "Make the album")
    assert sorted(decision.kept for decision in load(data)) == [(False, True), (True, False)]


def test_groups_nobody_reviewed_are_not_learned_from(data: Path, reviewed: Run) -> None:
    desk = server.state.desk_of(reviewed)
    desk.reopen("second-step", [group.id for group in desk.proposal.groups])
    press(app("finish.py", reviewed), "Make the album")
    assert load(data) == []


def test_an_album_is_made_where_nothing_can_be_remembered(reviewed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unipic.review.taste_log._save", full)
    test = press(app("finish.py", reviewed), "Make the album")
    assert "Your album is ready, but Unipic could not learn" in text(test)
    assert list(reviewed.out.iterdir())
