from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.galleries import cleanup, cluster, photo

from unipic import job
from unipic.cleanup import Cleanup
from unipic.files import read_json
from unipic.job import FETCHING, SKIP, Jobs, Where, where, work_on
from unipic.progress import Step
from unipic.record import choices_from_dict, cleanup_from_dict
from unipic.review import suggest
from unipic.runs import Run, Runs
from unipic.settings import PROJECT

FOUND = cleanup((cluster(photo("a"), photo("b")),), (photo("c"),))


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No weights, no network, and this process's own signals."""
    monkeypatch.setenv("UNIPIC_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("UNIPIC_OFFLINE", "1")
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run over an empty folder, with nothing to load."""
    (tmp_path / "photos").mkdir()
    made = Runs(tmp_path / "runs").new("folder", (str(tmp_path / "photos"),))
    made.change(settings={"encoder": "builtin", "ranker": "builtin", "workers": 1})
    return made


# The worker's side


def test_what_was_found_and_suggested_lies_in_the_run(run: Run) -> None:
    assert work_on(run.folder, lambda *_: FOUND) == 0
    assert run.load().state == "ready"
    assert cleanup_from_dict(read_json(run.folder / "cleanup.json")) == FOUND
    assert choices_from_dict(read_json(run.folder / "choices.json")) == suggest(FOUND)


def test_an_error_on_purpose_stands_in_the_run(run: Run) -> None:
    run.change(roots=("/does/not/exist",))
    assert work_on(run.folder, lambda *_: FOUND) == 0
    assert (run.load().state, run.load().message) == ("failed", "/does/not/exist does not exist")


def test_settings_that_cannot_be_used_stand_in_the_run(run: Run) -> None:
    run.change(settings={"near": 0.7})
    assert work_on(run.folder, lambda *_: FOUND) == 0
    assert run.load().message.startswith("near is a number from 1 to 100")


def test_a_mistake_of_ours_is_told_without_its_details(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: Any) -> Cleanup:
        raise ZeroDivisionError("/home/somebody/secret.jpg")

    assert work_on(run.folder, fail) == 1
    assert run.load().state == "failed"
    assert "secret" not in run.load().message
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_asked_to_stop_it_stops(run: Run) -> None:
    def stopped(*_: Any) -> Cleanup:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        raise AssertionError("it went on")

    assert work_on(run.folder, stopped) == 0
    assert run.load().state == "cancelled"
    assert not (run.folder / "cleanup.json").exists()


def test_progress_is_written_now_and_then(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "EVERY", 1000.0)
    told: list[Where | None] = []

    def work(_source: Any, _tools: Any, _settings: Any, progress: Callable[[Step], None]) -> Cleanup:
        for step in (Step("One", 1, 5), Step("One", 2, 5), Step("Two", 0, 9)):
            progress(step)
            told.append(where(run))
        return FOUND

    work_on(run.folder, work)
    assert [(w.stage, w.done, w.total) for w in told if w] == [("One", 1, 5), ("One", 1, 5), ("Two", 0, 9)]


def test_progress_that_cannot_be_read_is_none(run: Run) -> None:
    assert where(run) is None
    for text in ("", "{", "[]", '{"stage": "One"}'):
        (run.folder / "progress.json").write_text(text)
        assert where(run) is None


def test_work_whose_server_is_gone_ends_and_leaves_the_run_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.change(state="working")

    def orphaned(_source: Any, _tools: Any, _settings: Any, progress: Callable[[Step], None]) -> Cleanup:
        monkeypatch.setattr(os, "getppid", lambda: 1)
        progress(Step("One", 1, 5))
        raise AssertionError("it went on")

    with pytest.raises(SystemExit) as end:
        work_on(run.folder, orphaned)
    assert end.value.code == 0
    assert run.load().state == "working"


def test_a_person_need_not_wait_for_weights(run: Run) -> None:
    (run.folder / SKIP).touch()
    stages: list[str] = []

    def fetching(_source: Any, _tools: Any, _settings: Any, progress: Callable[[Step], None]) -> Cleanup:
        stages.append("began")
        progress(Step("Looking at photos", 1, 2))
        stages.append("looked")
        progress(Step(f"{FETCHING} weights", 1, 2))
        raise AssertionError("it waited")

    work_on(run.folder, fetching)
    assert stages == ["began", "looked"]


@pytest.mark.parametrize("source", ["upload", "samples"])
def test_every_kind_of_source(source: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unipic.sources.samples.make_samples", Path.mkdir)
    run = Runs(tmp_path / "runs").new(source)
    run.change(settings={"encoder": "builtin", "ranker": "builtin", "workers": 1})
    run.upload_path("0123456789abcdef").write_bytes(b"x")
    run.add_upload("0123456789abcdef", "a.jpg", 1)
    names: list[str] = []

    def look(source: Any, *_: Any) -> Cleanup:
        names.extend(found.name for found in source.files())
        return FOUND

    assert work_on(run.folder, look) == 0
    assert names == (["a.jpg"] if source == "upload" else [])


# The server's side


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def does(script: str) -> list[str]:
    """A command that does this with `run`."""
    begin = f"import sys, os, signal, time; sys.path.insert(0, {str(PROJECT / 'src')!r})\n"
    begin += "from pathlib import Path; from unipic.runs import Run; run = Run(Path(sys.argv[1]))\n"
    return [sys.executable, "-c", begin + script]


WAIT = "(run.folder / 'begun').touch()\nwhile not (run.folder / 'go').exists(): time.sleep(0.01)\n"
DONE = "run.change(state='ready')"


def test_a_run_is_worked_on_by_a_process(run: Run) -> None:
    jobs = Jobs(does(WAIT + DONE))
    jobs.start(run)
    until((run.folder / "begun").exists)
    assert run.load().state == "working"
    (run.folder / "go").touch()
    until(lambda: run.load().state == "ready")


def test_one_run_at_a_time_and_each_once(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    first, second = runs.new("upload"), runs.new("upload")
    jobs = Jobs(does(WAIT + "open(run.folder / 'times', 'a').write('x')\n" + DONE))
    for run in (first, second, first, second):
        jobs.start(run)
    until((first.folder / "begun").exists)
    assert (first.load().state, second.load().state) == ("working", "waiting")
    assert jobs.ahead_of(second) == 1
    jobs.take_up(first)
    (first.folder / "go").touch()
    (second.folder / "go").touch()
    until(lambda: second.load().state == "ready")
    assert [(run.folder / "times").read_text() for run in (first, second)] == ["x", "x"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "most likely because memory ran out"),
        ("sys.exit(3)", "ended unexpectedly (code 3)"),
        ("raise ValueError", "ended unexpectedly (code 1)"),
    ],
)
def test_a_process_that_dies_is_told(script: str, said: str, run: Run) -> None:
    Jobs(does(script)).start(run)
    until(lambda: run.load().state == "failed")
    assert said in run.load().message


def test_what_a_process_prints_is_in_the_run_s_log(run: Run) -> None:
    Jobs(does("raise ValueError('what happened')")).start(run)
    until(lambda: run.load().state == "failed")
    assert "what happened" in (run.folder / "work.log").read_text()


def test_a_run_at_work_can_be_stopped(run: Run) -> None:
    jobs = Jobs(does(WAIT + DONE))
    jobs.start(run)
    until((run.folder / "begun").exists)
    jobs.cancel(run)
    assert run.load().state == "cancelled"
    until(lambda: jobs.ahead_of(run) == 0)
    assert run.load().state == "cancelled"


def test_a_waiting_run_can_be_stopped_and_started_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    first, second = runs.new("upload"), runs.new("upload")
    jobs = Jobs(does(WAIT + DONE))
    jobs.start(first)
    jobs.start(second)
    until((first.folder / "begun").exists)
    jobs.cancel(second)
    assert second.load().state == "cancelled"
    for run in (first, second):
        (run.folder / "go").touch()
    until(lambda: first.load().state == "ready")
    assert second.load().state == "cancelled"
    jobs.start(second)
    until(lambda: second.load().state == "ready")


def test_a_run_that_is_done_is_not_stopped_any_more(run: Run) -> None:
    jobs = Jobs(does(DONE))
    run.change(state="ready")
    jobs.cancel(run)
    assert run.load().state == "ready"


@pytest.mark.parametrize("state", ["waiting", "working"])
def test_after_a_restart_work_is_taken_up_again(state: Any, run: Run) -> None:
    run.change(state=state)
    Jobs(does(DONE)).take_up(run)
    until(lambda: run.load().state == "ready")


@pytest.mark.parametrize("state", ["collecting", "ready", "failed", "cancelled"])
def test_what_needs_no_work_is_not_taken_up(state: Any, run: Run) -> None:
    run.change(state=state)
    Jobs(does("raise SystemExit")).take_up(run)
    assert run.load().state == state


def test_a_run_deleted_while_it_waits_stops_nobody(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    first, second, third = (runs.new("upload") for _ in range(3))
    jobs = Jobs(does(WAIT + DONE))
    for run in (first, second, third):
        jobs.start(run)
    second.delete()
    for run in (first, third):
        (run.folder / "go").touch()
    until(lambda: third.load().state == "ready")
