"""Ray on this machine, with two workers: the contract, one command, and at night what becomes of processes that die."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from typer.testing import CliRunner

pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")

from tests.helpers.pictures import save, scene
from tests.helpers.ray_tasks import (
    ThreadsEncoder,
    always_kill,
    always_kill_itself,
    broken_encoder,
    photos_in,
    read_and_kill,
    read_and_tell,
    square_and_kill,
    times_and_kill,
)
from tests.helpers.tasks import misbehave, process_of, square, ten, times
from tests.unipic.reading.engines.test_apply_contract import (  # noqa: F401  and of `apply`
    test_a_mistake_in_the_work_is_raised,
    test_a_model_is_opened_at_the_first_item_and_once_in_a_process,
    test_an_error_in_the_stream_of_items_is_raised,
    test_applies_in_order,
    test_applies_nothing_to_nothing_and_opens_no_model,
    test_applies_to_a_stream_a_bounded_number_ahead,
    test_can_stop_applying_in_the_middle_and_begin_again,
    test_two_models_at_a_time_do_not_mix,
    test_what_a_model_refuses_ends_the_stream_at_its_place,
    test_what_goes_wrong_with_a_model_is_raised_with_its_class_and_words,
)
from tests.unipic.reading.engines.test_engine_contract import (  # noqa: F401  the contract, here with Ray as the engine
    WORKERS,
    test_a_mistake_in_the_task_is_raised,
    test_an_error_of_the_stream_is_raised,
    test_can_be_left_in_the_middle_and_used_again,
    test_gives_each_item_with_its_result_in_order,
    test_gives_nothing_for_nothing,
    test_memory_that_is_not_there_costs_one_item,
    test_takes_a_stream_a_bounded_number_ahead,
    test_two_streams_do_not_mix,
)

from main import app
from unipic.core.errors import ModelError, SettingsError, UnipicError
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import PROJECT, Limits
from unipic.library.filling import text_encoder
from unipic.library.indexing import see
from unipic.reading.engines import _cluster as cluster, ray
from unipic.reading.engines._store import Store
from unipic.reading.engines.base import Failure
from unipic.reading.engines.local import LocalEngine
from unipic.reading.engines.ray import TRIES, RayEngine
from unipic.reading.read import read_file
from unipic.reading.seen import Seen
from unipic.vision.builtin import BuiltinEncoder

pytestmark = pytest.mark.slow

READ = partial(read_file, limits=Limits())


@pytest.fixture(scope="module")
def engine() -> Iterator[RayEngine]:
    engine = RayEngine(workers=WORKERS, seconds=2.0, few=0)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 photos, two of them the same, and four files that are none."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(24):
        save(scene(min(number, 22), 160, 120), folder / f"{number:02}.jpg")
    (folder / "05 cut.jpg").write_bytes((folder / "05.jpg").read_bytes()[:700])
    (folder / "11 text.jpg").write_text("no photo")
    (folder / "17 empty.jpg").write_bytes(b"")
    (folder / "20 bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\xff" * 100)
    return folder


def told(seen: list[Seen | Unreadable]) -> list[object]:
    """All of it, to be compared."""
    return [one if isinstance(one, Unreadable) else (one.photo, one.vector.tobytes(), one.thumbnail) for one in seen]


def dead(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


# Tasks


@pytest.mark.nightly
def test_closing_twice_does_no_harm(engine: RayEngine) -> None:
    """Nor does closing one engine end Ray for another."""
    assert list(engine.map(square, [2])) == [(2, 4)]
    other = RayEngine(workers=WORKERS)
    assert list(other.map(square, [3])) == [(3, 9)]
    other.close()
    other.close()
    assert list(engine.map(square, [2])) == [(2, 4)]


@pytest.mark.nightly
def test_a_worker_that_dies_costs_one_item_and_is_named_as_on_one_machine(engine: RayEngine) -> None:
    words = ["a", "exit", "b", "segfault", "abort", "hog", "spin", "c"]
    local = LocalEngine(WORKERS, seconds=2.0)
    try:
        assert list(engine.map(misbehave, words)) == list(local.map(misbehave, words))
    finally:
        local.close()


@pytest.mark.nightly
def test_an_actor_that_is_lost_costs_nothing_and_is_not_spoken_of(
    engine: RayEngine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    task = partial(square_and_kill, deadly=7, marker=tmp_path / "killed")
    assert list(engine.map(task, range(20))) == [(n, n * n) for n in range(20)]
    assert (tmp_path / "killed").exists()
    assert capfd.readouterr().out == ""  # where --json speaks


@pytest.mark.nightly
def test_an_item_that_always_kills_is_given_up(engine: RayEngine) -> None:
    results = dict(engine.map(always_kill, range(4)))
    assert results[2] == Failure(f"each of the {1 + TRIES} workers that had it was lost")
    assert [results[n] for n in (0, 1, 3)] == [0, 1, 9]


# Models


def test_models_run_on_workers_that_end_with_the_stream(engine: RayEngine) -> None:
    where = {process for _, process in engine.apply(ten, process_of, range(40))}
    assert len(where) == WORKERS
    assert os.getpid() not in where
    deadline = time.monotonic() + 20
    while any(map(psutil.pid_exists, where)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(psutil.pid_exists, where))


@pytest.mark.nightly
def test_few_items_start_no_ray() -> None:
    other = RayEngine(few=3)
    assert list(other.apply(ten, process_of, range(3))) == [(n, os.getpid()) for n in range(3)]
    assert other._session is None
    assert dict(other.apply(ten, process_of, range(4)))[0] != os.getpid()
    other.close()


def test_a_gpu_that_no_node_has_is_said(engine: RayEngine) -> None:
    other = RayEngine(workers=WORKERS, few=0, gpu=True)
    with pytest.raises(SettingsError, match="no node of the Ray cluster has one"):
        next(other.apply(ten, times, [1]))
    other.close()


@pytest.mark.nightly
def test_a_lost_worker_costs_nothing_but_opening_the_model_again(engine: RayEngine, tmp_path: Path) -> None:
    log = tmp_path / "log"
    work = partial(times_and_kill, deadly=7, marker=tmp_path / "killed")
    assert list(engine.apply(partial(ten, log), work, range(40))) == [(n, 10 * n) for n in range(40)]
    assert (tmp_path / "killed").exists()
    opened = log.read_text().split()
    assert len(opened) == len(set(opened)) == WORKERS + 1


@pytest.mark.nightly
def test_an_item_that_always_kills_its_worker_ends_the_stream(engine: RayEngine) -> None:
    with pytest.raises(UnipicError, match=f"Each of the {1 + TRIES} Ray workers"):
        list(engine.apply(ten, always_kill_itself, range(4)))
    assert list(engine.apply(ten, times, range(4))) == [(n, 10 * n) for n in range(4)]


@pytest.mark.nightly
def test_a_text_encoder_sees_on_workers_what_it_sees_here(engine: RayEngine, tmp_path: Path) -> None:
    """Its seeing half alone is loaded there; the reading half stays where words are."""
    from tests.helpers.checkpoints import make_siglip
    from tests.helpers.ray_tasks import siglip_in

    for number in range(3):
        save(scene(number), tmp_path / f"{number}.jpg")
    pictures = [(path.name, path.read_bytes()) for path in sorted(tmp_path.glob("*.jpg"))]
    model = text_encoder("siglip", partial(siglip_in, make_siglip(tmp_path / "siglip")))
    lots = [(picture,) for picture in pictures * 4]
    there = [parts[0].vector for _, (parts,) in engine.apply(model.open, model.work, lots)]
    here = [model.work(model.open(), lot)[0][0].vector for lot in lots]
    np.testing.assert_allclose(there, here, atol=1e-5)


# Reading and embedding


@pytest.mark.nightly
def test_gives_what_one_machine_gives_though_an_actor_is_lost_and_remembers_it(
    engine: RayEngine, folder: Path, tmp_path: Path
) -> None:
    files: list[Found | Unreadable] = [*photos_in(folder)]
    files.insert(3, Unreadable("link", "link", "/link", "is a symbolic link, which is not followed", copyable=False))
    local = LocalEngine(WORKERS)
    try:
        wanted = told(list(see(files, local, BuiltinEncoder(), Limits())))
    finally:
        local.close()
    log, store = tmp_path / "log", str(tmp_path / "store")
    read = partial(read_and_kill, log=log, deadly="12.jpg")
    assert told(list(engine.see(files, read, BuiltinEncoder, store, "key"))) == wanted
    assert log.with_suffix(".killed").exists()
    found = photos_in(folder)
    places = Store(store, "key").find(found)
    assert max(Counter(places.values()).values()) == 1
    assert [found[i].name for i in places] == [file.name for file in found if " " not in file.name]

    log.unlink()
    again = RayEngine(few=4)  # the four that could not be read are too few to start anything for
    read = partial(read_and_tell, log=log)
    assert told(list(again.see(reversed(files), read, BuiltinEncoder, store, "key"))) == wanted[::-1]
    assert sorted(log.read_text().split("\n")[:-1]) == [file.name for file in found if " " in file.name]
    assert again._session is None
    again.close()


@pytest.mark.nightly
def test_a_driver_that_is_killed_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    files, log, store = photos_in(folder), tmp_path / "log", tmp_path / "store"
    command = [sys.executable, "-m", "tests.helpers.ray_tasks", str(folder), str(store), str(log), "14.jpg"]
    path = os.pathsep.join([str(PROJECT / "src"), str(PROJECT)])
    driver = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, "PYTHONPATH": path})
    rows = Store(str(store), "key")
    while not (store.exists() and len(rows.find(files)) >= 6):
        with pytest.raises(subprocess.TimeoutExpired):  # it does not end by itself
            driver.wait(timeout=0.2)
    others = psutil.Process(driver.pid).children(recursive=True)
    names = {process: process.name() for process in others}
    driver.kill()
    driver.wait()
    # Its Ray ends with it; two agents that do no work look for their head for a minute or two more.
    workers = [process for process in others if not names[process].endswith("Agent")]
    deadline = time.monotonic() + 60
    while workers and time.monotonic() < deadline:
        psutil.wait_procs(workers, timeout=0.1)
        workers = [process for process in workers if not dead(process)]
    assert [names[process] for process in workers] == []

    stored = {files[i].name for i in rows.find(files)}
    log.unlink()
    again = RayEngine(few=len(files))
    seen = list(again.see(files, partial(read_and_tell, log=log), BuiltinEncoder, str(store), "key"))
    assert sorted(log.read_text().split("\n")[:-1]) == [f.name for f in files if f.name not in stored]
    assert [one.photo.id if isinstance(one, Seen) else one.id for one in seen] == [file.id for file in files]


@pytest.mark.nightly
def test_what_goes_wrong_with_a_model_is_raised_as_it_is(folder: Path, tmp_path: Path) -> None:
    """Also over the wire: it is told in the rows, where an exception would lose what it is."""
    with pytest.raises(ModelError, match="the weights are not on this node"):
        list(RayEngine(few=99).see(photos_in(folder), READ, broken_encoder, str(tmp_path), "key"))


@pytest.mark.nightly
def test_embeds_with_one_thread_and_can_be_left_in_the_middle(engine: RayEngine, folder: Path, tmp_path: Path) -> None:
    stream = engine.see(photos_in(folder), READ, ThreadsEncoder, str(tmp_path), "key")
    first = next(stream)
    assert isinstance(first, Seen)
    assert first.vector.tolist() == [1.0]
    stream.close()  # type: ignore[attr-defined]
    assert list(engine.map(square, [3])) == [(3, 9)]


@pytest.mark.nightly
def test_the_command_line_says_the_same_with_ray(
    engine: RayEngine, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(engine.map(square, [1]))  # Ray is there; the command uses it
    words = ["clean", str(folder), "--dry-run", "--json", "--offline", "--ranker", "builtin", "--workers", "2"]
    told = {}
    for name in ("local", "ray"):
        monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / name))
        store = ["--ray-store", str(tmp_path / "store")] if name == "ray" else []
        done = CliRunner().invoke(app, [*words, "--engine", name, *store])
        assert done.exit_code == 0, done.output
        told[name] = json.loads(done.stdout)
    assert told["ray"] == told["local"]
    assert len(list((tmp_path / "store").rglob("*.parquet"))) > 1


# A cluster

JOINS = """
import sys
from unipic.reading.engines.ray import RayEngine
engine = RayEngine(sys.argv[1])
print(list(engine.map(len, ["ab", "abc"])), engine._session._folder)
engine.close()
"""


@pytest.fixture
def head() -> Iterator[str]:
    """The address of a cluster that was started elsewhere, whose workers know nothing of Unipic."""
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # short, for the paths of sockets
    words = ["start", "--head", "--port=0", "--num-cpus=1", "--object-store-memory=100000000", "--block"]
    command = [sys.executable, "-m", "ray.scripts.scripts", *words, "--include-dashboard=false", f"--temp-dir={folder}"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "PYTHONPATH"))}
    heard: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd="/", env={**clean, **cluster.SILENT}, **heard) as started:
        assert started.stdout is not None
        try:
            yield next(found[1] for line in started.stdout if (found := re.search(r"address='([^']+:\d+)'", line)))
        finally:
            started.terminate()
            started.stdout.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.nightly
def test_a_cluster_is_sent_the_code(head: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    command = [sys.executable, "-c", JOINS, head]
    done = subprocess.run(command, cwd=PROJECT / "src", env=clean, capture_output=True, text=True, timeout=120)
    assert done.stdout == "[('ab', 2), ('abc', 3)] None\n", done.stderr


# What is said when it cannot work, and left behind


def test_folders_of_processes_that_were_killed_are_swept(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name in (f"unipic-ray-{gone.pid}-abc", f"unipic-ray-{os.getpid()}-abc", "unipic-ray-mine", "photos"):
        (tmp_path / name / "session").mkdir(parents=True)
    cluster._sweep(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["photos", f"unipic-ray-{os.getpid()}-abc", "unipic-ray-mine"]


def test_ray_that_is_not_installed_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install -r requirements-ray\.txt"):
        RayEngine()


def test_a_cluster_that_does_not_answer_is_said_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ANSWER", 1.0)
    with pytest.raises(SettingsError, match=r"no Ray cluster answers at 127.0.0.1:9 within 1 seconds"):
        cluster.join("127.0.0.1:9")


def test_a_store_that_cannot_be_written_is_said_before_ray_starts(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match="cannot be written"):
        next(RayEngine().see(photos_in(folder), READ, BuiltinEncoder, str(tmp_path / "file"), "key"))
