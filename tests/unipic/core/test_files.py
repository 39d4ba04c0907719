import errno
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.systems import needs_pipes, needs_signals

from unipic.core import files, moving
from unipic.core.errors import AlreadyThere
from unipic.core.files import (
    PART,
    atomic_file,
    copy_and_hash,
    hash_file,
    make_folder,
    open_to_read,
    read_json,
    sweep_parts,
    write_json,
)
from unipic.core.settings import PROJECT

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # sha256 of "abc", FIPS 180-2


@pytest.fixture(params=["renameat2", "links", "no links"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that renames without overwriting; one with hard links; one without, as memory cards and network shares."""

    def refuse(number: int) -> Callable[..., None]:
        def refused(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        return refused

    if request.param != "renameat2":
        monkeypatch.setattr(moving, "rename_to_free_name", refuse(errno.EINVAL))
    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse(errno.EPERM))


@pytest.mark.usefixtures("file_system")
@pytest.mark.parametrize("replace", [True, False])
def test_a_file_appears_whole(replace: bool, tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    with atomic_file(target, replace) as file:
        file.write(b"abc")
        assert not target.exists()
    assert target.read_bytes() == b"abc"
    assert os.listdir(tmp_path) == ["a.jpg"]


def crash(target: Path, error: type[BaseException]) -> None:
    with atomic_file(target) as file:
        file.write(b"ab")
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_crash_in_the_block_leaves_nothing(error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error):
        crash(tmp_path / "a.jpg", error)
    assert os.listdir(tmp_path) == []


def test_a_crash_in_the_block_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    target.write_bytes(b"before")
    with pytest.raises(RuntimeError):
        crash(target, RuntimeError)
    assert target.read_bytes() == b"before"


@pytest.mark.usefixtures("file_system")
def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    target.write_bytes(b"before")
    with pytest.raises(AlreadyThere, match="nothing was overwritten"), atomic_file(target, replace=False) as file:
        file.write(b"abc")
    assert target.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.jpg"]
    with atomic_file(target) as file:
        file.write(b"abc")
    assert target.read_bytes() == b"abc"


@pytest.mark.usefixtures("file_system")
def test_a_name_taken_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    with pytest.raises(AlreadyThere), atomic_file(target, replace=False):
        target.write_bytes(b"meanwhile")
    assert target.read_bytes() == b"meanwhile"


@pytest.mark.usefixtures("file_system")
def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AlreadyThere), atomic_file(tmp_path / "a.jpg", replace=False) as file:
        file.write(b"abc")
    assert not (tmp_path / "elsewhere").exists()


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    with atomic_file(target) as one:
        one.write(b"one")
        with atomic_file(target) as two:
            two.write(b"second")
        assert target.read_bytes() == b"second"
    assert target.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["a.zip"]


@needs_signals
def test_parts_of_killed_writers_are_swept_and_those_at_work_are_not(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from unipic.core.files import atomic_file\n"
        "with atomic_file(Path(sys.argv[1])) as file:\n"
        "    file.write(b'a'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    target = tmp_path / "sub" / "a.jpg"
    target.parent.mkdir()
    died = subprocess.run([sys.executable, "-c", script, str(target)], env=environment, timeout=60)
    assert died.returncode == -signal.SIGKILL
    (leftover,) = os.listdir(tmp_path / "sub")
    assert leftover.startswith("a.jpg.")
    assert leftover.endswith(PART)
    with atomic_file(target) as file:
        sweep_parts(tmp_path, "**/*")
        file.write(b"abc")
    assert os.listdir(tmp_path / "sub") == ["a.jpg"]


@needs_pipes
def test_a_link_that_looks_like_a_part_is_left_alone(tmp_path: Path) -> None:
    original = tmp_path / "original.jpg"
    original.write_bytes(b"abc")
    (tmp_path / f"a{PART}").symlink_to(original)
    os.mkfifo(tmp_path / f"b{PART}")
    sweep_parts(tmp_path, "*")
    assert original.read_bytes() == b"abc"
    assert len(os.listdir(tmp_path)) == 3


def test_copy_and_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert hash_file(tmp_path / "a") == ABC
    with open_to_read(tmp_path / "a") as source, open(tmp_path / "b", "wb") as target:
        assert copy_and_hash(source, target) == ABC
    assert (tmp_path / "b").read_bytes() == b"abc"


@needs_pipes
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    os.mkfifo(tmp_path / "pipe")  # opening one for reading waits for a writer, for ever
    for name in ("link", "pipe", "missing"):
        with pytest.raises(OSError):  # noqa: PT011  which one is the system's choice
            open_to_read(tmp_path / name)


def test_json_holds_names_that_are_no_text(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": "\udcff \u00e9.jpg"})
    assert read_json(tmp_path / "a.json") == {"name": "\udcff \u00e9.jpg"}


def test_a_person_s_own_file_that_ends_like_a_part_stays(tmp_path: Path) -> None:
    (tmp_path / f"holiday.jpg{PART}").write_bytes(b"mine")
    (tmp_path / f"holiday.jpg.0123abcd{PART}").write_bytes(b"left by a killed writer")
    sweep_parts(tmp_path, "**/*")
    assert [path.name for path in tmp_path.iterdir()] == [f"holiday.jpg{PART}"]


@pytest.mark.parametrize("replace", [True, False])
def test_a_part_that_is_about_to_get_its_name_is_not_swept_away(
    replace: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, name = (os, "replace") if replace else (files, "move")
    real = getattr(where, name)

    def while_others_sweep(*given: Any) -> None:
        sweep_parts(tmp_path, "*")
        real(*given)

    monkeypatch.setattr(where, name, while_others_sweep)
    with atomic_file(tmp_path / "a.jpg", replace) as file:
        file.write(b"abc")
    assert (tmp_path / "a.jpg").read_bytes() == b"abc"


def test_a_part_swept_away_before_it_was_locked_is_made_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, swept = fcntl.flock, []

    def slow(file: Any, how: int) -> None:
        if not how & fcntl.LOCK_NB and not swept:  # a writer, between making its file and locking it
            swept.append(True)
            sweep_parts(tmp_path, "*")
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    with atomic_file(tmp_path / "a") as file:
        file.write(b"whole")
    assert swept
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.usefixtures("file_system")
def test_what_fails_for_another_reason_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "sub" / "a.jpg"
    target.parent.mkdir()
    with pytest.raises(FileNotFoundError), atomic_file(target, replace=False):
        os.rename(tmp_path / "sub", tmp_path / "elsewhere")
    assert not target.parent.exists()


def test_what_a_killed_writer_of_json_left_goes_with_the_next(tmp_path: Path) -> None:
    left, others = f"a.json.0123abcd{PART}", f"b.json.0123abcd{PART}"
    for name in (left, others):
        (tmp_path / name).write_bytes(b"half")
    write_json(tmp_path / "a.json", 1)
    assert sorted(os.listdir(tmp_path)) == ["a.json", others]


def test_a_new_folder_is_safe_before_anything_lies_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(files, "sync_folder", synced.append)
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert synced == [tmp_path, tmp_path / "a"]
    make_folder(tmp_path / "a" / "b")
    assert len(synced) == 2


@pytest.mark.parametrize("replace", [True, False])
def test_a_name_that_may_not_survive_a_power_cut_is_taken_back_but_never_what_was_there(
    replace: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "sync_folder", full)
    with pytest.raises(OSError, match="No space left"), atomic_file(tmp_path / "a.jpg", replace) as file:
        file.write(b"abc")
    assert os.listdir(tmp_path) == (["a.jpg"] if replace else [])
