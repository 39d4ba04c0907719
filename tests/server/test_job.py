import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.galleries import likeness, photo
from tests.helpers.pictures import save, scene
from tests.helpers.systems import needs_linux, needs_signals

from server import jobs as job, worker
from server.jobs import LOG, SKIP, Jobs, Where, where
from server.runs import Run, Runs
from server.worker import keep_evidence, wait_for_work, work_on
from unipic.cleanup.evidence import Evidence
from unipic.cleanup.record import evidence_from_dict
from unipic.core.errors import ModelError
from unipic.core.files import read_json
from unipic.core.photo import Gallery
from unipic.core.progress import Step
from unipic.core.settings import PROJECT
from unipic.library._decisions import FILE
from unipic.library.decisions import Catalogue, Ruling, ruling_of
from unipic.library.library import Library
from unipic.vision import registry

A, B, C = PHOTOS = [photo(id) for id in "abc"]
FOUND = Evidence(Gallery(tuple(PHOTOS)), likeness(PHOTOS, {"a b": 95.0}), "an encoder", "a ranker", {"noise": 0.2})


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No weights, no network, and this process's own signals."""
    monkeypatch.setenv("UNIPIC_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
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


def test_what_was_found_lies_in_the_run(run: Run) -> None:
    assert work_on(run.folder, lambda *_: FOUND) == 0
    assert run.load().state == "ready"
    evidence = evidence_from_dict(read_json(run.folder / "evidence.json"))
    assert (evidence.gallery, evidence.weights, evidence.ranked) == (FOUND.gallery, FOUND.weights, True)
    assert evidence.likeness.similar(A, B) == 95.0
    assert read_json(run.folder / "remembered.json") == []


def test_copies_are_there_before_the_models_are_through(run: Run) -> None:
    seen: list[tuple[bool, str]] = []

    def look(*given: Any) -> Evidence:
        given[-1](replace(FOUND, ranked=False))
        written = evidence_from_dict(read_json(run.folder / "evidence.json"))
        seen.append((written.ranked, run.load().state))
        return FOUND

    run.change(state="working")
    assert work_on(run.folder, look) == 0
    assert seen == [(False, "working")]
    assert evidence_from_dict(read_json(run.folder / "evidence.json")).ranked


def test_what_people_said_of_these_photos_before_lies_beside_it(run: Run, tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "data")
    ours = Ruling("1", 5.0, ((A.digest,), (B.digest,)), names=("a.jpg", "b.jpg"))
    catalogue.save([ours, Ruling("2", 6.0, (("f" * 64, "e" * 64),))])
    first_seen = catalogue.meet([A.digest])
    keep_evidence(run, FOUND, catalogue)
    assert [ruling_of(**values) for values in read_json(run.folder / "remembered.json")] == [ours]
    evidence = evidence_from_dict(read_json(run.folder / "evidence.json"))
    assert evidence.first_seen.keys() == {photo.digest for photo in PHOTOS}
    assert evidence.first_seen[A.digest] == first_seen[A.digest] <= evidence.first_seen[B.digest]


def test_what_is_said_while_the_models_are_at_work_is_no_earlier_decision(run: Run, tmp_path: Path) -> None:
    """It is in the run's own steps, and could not be undone from there otherwise."""
    catalogue = Catalogue(tmp_path / "data")
    keep_evidence(run, replace(FOUND, ranked=False), catalogue)
    catalogue.save([Ruling("1", 5.0, ((A.digest, B.digest),))])
    keep_evidence(run, FOUND, catalogue)
    assert read_json(run.folder / "remembered.json") == []


def test_a_damaged_record_of_decisions_is_told_and_stops_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE).write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    assert work_on(run.folder, lambda *_: FOUND) == 0
    assert run.load().state == "ready"
    (notice,) = evidence_from_dict(read_json(run.folder / "evidence.json")).notices
    assert notice.startswith("Earlier decisions are not used: ")
    assert read_json(run.folder / "remembered.json") == []


def test_an_error_on_purpose_stands_in_the_run(run: Run) -> None:
    run.change(roots=("/does/not/exist",))
    assert work_on(run.folder, lambda *_: FOUND) == 0
    assert (run.load().state, run.load().message) == ("failed", "/does/not/exist does not exist")


def test_settings_that_cannot_be_used_stand_in_the_run(run: Run) -> None:
    run.change(settings={"near": 0.7})
    assert work_on(run.folder, lambda *_: FOUND) == 0
    assert run.load().message.startswith("near is a number from 1 to 100")


def test_a_mistake_of_ours_is_told_without_its_details(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: Any) -> Evidence:
        raise ZeroDivisionError("/home/somebody/secret.jpg")

    assert work_on(run.folder, fail) == 1
    assert run.load().state == "failed"
    assert "secret" not in run.load().message
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_full_disk_is_told_as_such(run: Run) -> None:
    def look(*_: Any) -> Evidence:
        raise OSError(errno.ENOSPC, "No space left on device")

    assert work_on(run.folder, look) == 1
    assert (run.load().state, "Free some space, then start again" in run.load().message) == ("failed", True)


def test_asked_to_stop_it_stops(run: Run) -> None:
    def stopped(*_: Any) -> Evidence:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        raise AssertionError("it went on")

    assert work_on(run.folder, stopped) == 0
    assert run.load().state == "cancelled"
    assert not (run.folder / "evidence.json").exists()


def test_progress_is_written_now_and_then(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "REPORT_INTERVAL_S", 1000.0)
    told: list[Where | None] = []

    def work(_source: Any, _tools: Any, _settings: Any, progress: Callable[[Step], None], _: Any) -> Evidence:
        for step in (Step("One", 1, 5), Step("One", 2, 5), Step("Two", 0, 9)):
            progress(step)
            told.append(where(run))
        return FOUND

    work_on(run.folder, work)
    assert [(w.stage, w.amount) for w in told if w] == [
        ("One", "1 of 5 · Starting…"),
        ("One", "1 of 5 · Starting…"),
        ("Two", "0 of 9 · Starting…"),
    ]


def test_progress_that_cannot_be_read_is_none(run: Run) -> None:
    assert where(run) is None
    for text in ("", "{", "[]", '{"stage": "One"}'):
        (run.folder / "progress.json").write_text(text)
        assert where(run) is None


def test_work_whose_server_is_gone_ends_and_leaves_the_run_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.change(state="working")

    def orphaned(_source: Any, _tools: Any, _settings: Any, progress: Callable[[Step], None], _: Any) -> Evidence:
        monkeypatch.setattr(os, "getppid", lambda: -1)
        progress(Step("One", 1, 5))
        raise AssertionError("it went on")

    with pytest.raises(SystemExit) as end:
        work_on(run.folder, orphaned)
    assert end.value.code == 0
    assert run.load().state == "working"


def test_a_person_need_not_wait_for_weights(run: Run) -> None:
    (run.folder / SKIP).touch()
    stages: list[str] = []

    def fetching(_source: Any, _tools: Any, _settings: Any, progress: Callable[[Step], None], _: Any) -> Evidence:
        stages.append("began")
        progress(Step("Reading photos", 1, 2))
        stages.append("looked")
        progress(Step("Fetching weights", 1, 2, skippable=True))
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

    def look(source: Any, *_: Any) -> Evidence:
        names.extend(found.name for found in source.files())
        return FOUND

    assert work_on(run.folder, look) == 0
    assert names == (["a.jpg"] if source == "upload" else [])


# A process that waits for a run


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Standard input says this; models are not loaded, and what the process prints stays where it was."""

    def say(line: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(line))

    monkeypatch.setattr(worker, "warm_up", lambda: None)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    return say


def test_a_process_that_waits_does_the_run_it_is_told(run: Run, told: Callable[[str], None]) -> None:
    told(json.dumps(str(run.folder)) + "\n")
    assert wait_for_work(lambda *_: FOUND) == 0
    assert run.load().state == "ready"
    assert (run.folder / LOG).exists(), "by which the server knows that the run was taken"


@pytest.mark.parametrize("cut", [0, 5])
def test_a_process_whose_server_is_gone_ends(cut: int, run: Run, told: Callable[[str], None]) -> None:
    told(json.dumps(str(run.folder))[:cut])
    assert wait_for_work(lambda *_: FOUND) == 0
    assert run.load().state == "collecting"


def test_a_server_that_goes_as_it_tells_leaves_the_run_to_the_next(
    run: Run, told: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(json.dumps(str(run.folder)) + "\n")
    parents = iter([5, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    assert wait_for_work(lambda *_: FOUND) == 0
    assert run.load().state == "collecting"


def test_warming_up_loads_what_is_here_and_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_opened", {})
    monkeypatch.setattr(registry, "fetch_weights", None)
    worker.warm_up()
    ((name, *_),) = registry._opened
    assert name == "unipic_encoder"
    assert registry._opened.popitem()[1]._network._value is not None


def test_a_model_that_cannot_be_loaded_is_left_to_the_run_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ModelError("it needs torch")

    monkeypatch.setattr(worker, "open_encoder", broken)
    monkeypatch.setattr(worker, "open_scorer", broken)
    worker.warm_up()


# The server's side


def until(condition: Callable[[], bool], most: float = 20) -> None:
    deadline = time.monotonic() + most
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def does(script: str) -> list[str]:
    """A command that does this with `run`."""
    begin = f"import sys, os, signal, time; sys.path.insert(0, {str(PROJECT / 'src')!r})\n"
    begin += "from pathlib import Path; from server.runs import Run; run = Run(Path(sys.argv[1]))\n"
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
        pytest.param(
            "os.kill(os.getpid(), signal.SIGKILL)", "probably because memory ran out", marks=needs_signals, id="killed"
        ),
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


def test_work_on_the_library_gives_way_to_a_scan_and_goes_on_after_it(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    library, scan, other = runs.new("library"), runs.new("upload"), runs.new("library")
    jobs = Jobs(does("open(run.folder / 'times', 'a').write('x')\n" + WAIT + DONE))
    jobs.start(library)
    until((library.folder / "begun").exists)
    jobs.start(other)
    jobs.start(scan)
    until((scan.folder / "begun").exists)
    until(lambda: library.load().state == "waiting")
    assert (jobs.ahead_of(library), jobs.ahead_of(other)) == (2, 1)
    for run in (scan, library, other):
        (run.folder / "go").touch()
    until(lambda: {run.load().state for run in (library, scan, other)} == {"ready"})
    assert [(run.folder / "times").read_text() for run in (library, scan, other)] == ["xx", "x", "x"]


def test_work_on_the_library_is_paused_until_it_is_started_again(tmp_path: Path) -> None:
    library = Runs(tmp_path / "runs").new("library")
    jobs = Jobs(does(WAIT + DONE))
    jobs.start(library)
    until((library.folder / "begun").exists)
    jobs.pause(library)
    until(lambda: jobs.ahead_of(library) == 0)
    assert library.load().state == "paused"
    jobs.take_up(library)
    assert library.load().state == "paused", "nobody but a person goes on with it"
    (library.folder / "go").touch()
    jobs.start(library)
    until(lambda: library.load().state == "ready")


def test_a_folder_of_the_library_is_read_and_one_that_is_gone_is_told(run: Run, tmp_path: Path) -> None:
    save(scene(1), tmp_path / "photos" / "a.jpg")
    Library(tmp_path / "data").add(tmp_path / "photos")
    run.change(source="library", roots=(str(tmp_path / "photos"), str(tmp_path / "gone")))
    assert work_on(run.folder, lambda *_: FOUND) == 0
    assert run.load().state == "ready"
    read, gone = read_json(run.folder / "update.json")["folders"]
    assert (read["files"], read["new"]) == (1, 1)
    assert "cannot be reached" in gone["problem"]
    assert len(Library(tmp_path / "data").listing().ids) == 1


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


# A spare process

TOLD = """
spare = sys.argv[1] == "-"
if spare:
    (Path(sys.argv[0]) / f"spare {os.getpid()}").touch()
    line = sys.stdin.readline()
    if not line:
        sys.exit()
    run = Run(Path(json.loads(line)))
"""


def spares(script: str, folder: Path) -> list[str]:
    """A command that waits when it is to, and does this with `run`; `folder` holds a file for each spare."""
    folder.mkdir(exist_ok=True)
    python, option, source = does(TOLD + script)
    source = f"import json, sys; sys.argv[0] = {str(folder)!r}\n" + source
    return [python, option, source]


TOOK = "(run.folder / 'work.log').touch()\n(run.folder / 'by').write_text(f'{spare} {os.getpid()}')\n"


def waiting(folder: Path) -> list[int]:
    return [int(file.name.split()[1]) for file in folder.iterdir()]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_next_run_goes_to_the_spare_process(run: Run, tmp_path: Path) -> None:
    jobs = Jobs(spares(TOOK + WAIT + DONE, tmp_path / "spares"), spares=True)
    jobs.prepare()
    jobs.prepare()
    until(lambda: len(waiting(tmp_path / "spares")) == 1)
    jobs.start(run)
    until((run.folder / "begun").exists)
    (spare,) = waiting(tmp_path / "spares")
    assert (run.folder / "by").read_text() == f"True {spare}"
    jobs.prepare()  # the machine is in use
    (run.folder / "go").touch()
    until(lambda: run.load().state == "ready" and jobs.ahead_of(run) == 0)
    assert waiting(tmp_path / "spares") == [spare]
    jobs.start(run)
    until(lambda: (run.folder / "by").read_text().startswith("False"))


def test_a_run_in_a_spare_process_can_be_stopped(run: Run, tmp_path: Path) -> None:
    jobs = Jobs(spares(TOOK + WAIT + DONE, tmp_path / "spares"), spares=True)
    jobs.prepare()
    jobs.start(run)
    until((run.folder / "begun").exists)
    jobs.cancel(run)
    until(lambda: jobs.ahead_of(run) == 0)
    assert run.load().state == "cancelled"


@needs_linux
@needs_signals
def test_a_spare_process_that_died_costs_nothing_but_time(run: Run, tmp_path: Path) -> None:
    jobs = Jobs(spares(TOOK + DONE, tmp_path / "spares"), spares=True)
    jobs.prepare()
    until(lambda: len(waiting(tmp_path / "spares")) == 1)
    (spare,) = waiting(tmp_path / "spares")
    os.kill(spare, signal.SIGKILL)
    until(lambda: not alive(spare))
    jobs.start(run)
    until(lambda: run.load().state == "ready")
    assert (run.folder / "by").read_text().startswith("False")


@needs_signals
def test_a_spare_process_that_dies_as_it_is_told_the_run_costs_nothing_but_time(run: Run, tmp_path: Path) -> None:
    die = "if spare: os.kill(os.getpid(), signal.SIGKILL)\n"
    jobs = Jobs(spares(die + TOOK + DONE, tmp_path / "spares"), spares=True)
    jobs.prepare()
    jobs.start(run)
    until(lambda: run.load().state == "ready")
    assert (run.folder / "by").read_text().startswith("False")


@needs_signals
def test_a_spare_process_that_dies_at_its_work_is_told(run: Run, tmp_path: Path) -> None:
    """The run itself may be what kills it: it is not begun a second time behind anybody's back."""
    jobs = Jobs(spares(TOOK + "os.kill(os.getpid(), signal.SIGKILL)\n", tmp_path / "spares"), spares=True)
    jobs.prepare()
    jobs.start(run)
    until(lambda: run.load().state == "failed")
    assert "probably because memory ran out" in run.load().message


def test_spare_processes_that_die_are_not_made_for_ever(tmp_path: Path) -> None:
    jobs = Jobs([sys.executable, "-c", "raise SystemExit(1)"], spares=True)
    jobs.prepare()
    assert jobs._spare is not None
    jobs._spare.wait()
    first = jobs._spare
    jobs.prepare()
    jobs.prepare()
    assert jobs._spare is first


@needs_linux
def test_a_spare_process_that_nobody_needs_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "SPARE_S", 0.01)
    jobs = Jobs(spares("", tmp_path / "spares"), spares=True)
    jobs.prepare()
    until(lambda: jobs._spare is None)
    until(lambda: not any(alive(spare) for spare in waiting(tmp_path / "spares")))


@needs_linux
def test_a_spare_process_ends_with_its_server(tmp_path: Path) -> None:
    """Killed, so that it could not say goodbye."""
    command = spares("", tmp_path / "spares")
    server = f"import time; from server.jobs import Jobs; Jobs({command!r}, spares=True).prepare(); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", server], env={**os.environ, "PYTHONPATH": str(PROJECT / "src")})
    until(lambda: len(waiting(tmp_path / "spares")) == 1)
    process.kill()
    process.wait()
    until(lambda: not any(alive(spare) for spare in waiting(tmp_path / "spares")))


def test_where_no_spare_is_wanted_there_is_none(tmp_path: Path) -> None:
    jobs = Jobs(spares("", tmp_path / "spares"))
    jobs.prepare()
    assert jobs._spare is None


@pytest.mark.slow
def test_the_command_itself_waits_and_works(run: Run) -> None:
    jobs = Jobs([sys.executable, str(PROJECT / "src" / "main.py"), "work"], spares=True)
    jobs.prepare()
    assert jobs._spare is not None
    spare = jobs._spare
    jobs.start(run)
    until(lambda: run.load().state == "ready", 60)
    assert spare.wait() == 0
    assert (run.folder / LOG).read_bytes() == b""
    assert evidence_from_dict(read_json(run.folder / "evidence.json")).gallery.photos == ()
