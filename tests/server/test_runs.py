"""Runs on disk: addresses nobody guesses, uploads as data, and an end."""

import errno
import os
import stat
import time
from pathlib import Path

import pytest

from server.runs import Run, Runs
from unipic.core.errors import RunNotFound


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


def test_addresses_are_long_and_never_the_same(runs: Runs) -> None:
    tokens = {runs.new("upload").token for _ in range(50)}
    assert len(tokens) == 50
    # 128 random bits; no sign in them means anything to Streamlit or a URL.
    assert all(len(token) == 32 and int(token, 16) >= 0 for token in tokens)


def test_only_the_server_itself_may_look_into_a_run(runs: Runs) -> None:
    run = runs.new("upload")
    assert stat.S_IMODE(run.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("token", ["", ".", "..", "../runs", "/etc", "x" * 32, "a" * 31, "a/b", "\0", "ü" * 32])
def test_a_wrong_address_opens_nothing(runs: Runs, token: str) -> None:
    with pytest.raises(RunNotFound):
        runs.open(token)


def test_a_run_is_found_again_as_it_was(runs: Runs) -> None:
    run = runs.new("folder", ("/photos/a", "/photos/b"))
    run.change(state="working", settings={"near": 0.99})
    again = runs.open(run.token).load()
    assert (again.roots, again.state, again.settings) == (("/photos/a", "/photos/b"), "working", {"near": 0.99})


def test_two_uploads_of_one_name_are_two_photos(runs: Runs) -> None:
    run = runs.new("upload")
    run.add_upload("aaaaaaaa", "IMG_0001.jpg", 1)
    run.add_upload("bbbbbbbb", "IMG_0001.jpg", 2)
    assert [(upload.id, upload.name) for upload in run.uploads()] == [
        ("aaaaaaaa", "IMG_0001.jpg"),
        ("bbbbbbbb", "IMG_0001.jpg"),
    ]


def test_a_retry_of_an_upload_is_the_same_photo(runs: Runs) -> None:
    run = runs.new("upload")
    run.add_upload("aaaaaaaa", "a.jpg", 1)
    run.add_upload("aaaaaaaa", "a.jpg", 1)
    assert len(run.uploads()) == 1


@pytest.mark.parametrize(
    "name",
    [
        "\U0001f468\u200d\U0001f469\u200d\U0001f467.jpg",  # a family: three faces and joiners
        "\u2764\ufe0f.jpg",  # a heart, as a picture
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.jpg",  # Persian, with a non-joiner
        "\u0915\u094d\u200d\u0937.jpg",  # Hindi, with a joiner
        "Ame\u0301lie.jpg",
    ],
)
def test_a_name_keeps_what_joins(runs: Runs, name: str) -> None:
    run = runs.new("upload")
    run.add_upload("aaaaaaaa", name, 1)
    assert [upload.name for upload in run.uploads()] == [name]


@pytest.mark.parametrize(
    "control", ["\u202e", "\u2066", "\u061c", "\u200e", "\u2028", "\x00", "\x1b", "\u200b", "\ufeff"]
)
def test_a_name_loses_what_turns_or_hides_text(runs: Runs, control: str) -> None:
    run = runs.new("upload")
    run.add_upload("aaaaaaaa", f"a{control}gpj.exe", 1)
    assert [upload.name for upload in run.uploads()] == ["agpj.exe"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\photos\\a.jpg", "a\nb.jpg", "\x1b[31m.jpg", "", "/", "\u200d", "x" * 5000]
)
def test_a_name_is_kept_as_text(runs: Runs, name: str) -> None:
    run = runs.new("upload")
    run.add_upload("aaaaaaaa", name, 1)
    (upload,) = run.uploads()
    assert upload.name
    assert upload.name.isprintable()
    assert len(upload.name) <= 1000
    assert not upload.name.startswith("/")


@pytest.mark.parametrize("key", ["", "../x", "a", "A" * 10, "a/b", "." * 10, "a" * 41])
def test_a_key_is_never_a_path(runs: Runs, key: str) -> None:
    with pytest.raises(RunNotFound):
        runs.new("upload").upload_path(key)


def test_a_journal_cut_short_by_a_crash_loses_only_its_last_line(runs: Runs) -> None:
    run = runs.new("upload")
    run.add_upload("aaaaaaaa", "a.jpg", 1)
    with open(run.folder / "uploads.jsonl", "a") as journal:
        journal.write('{"id": "bbbbbbbb", "na')
    assert [upload.id for upload in run.uploads()] == ["aaaaaaaa"]


def age(run: Run, seconds: float) -> None:
    past = time.time() - seconds
    for path in (*run.folder.glob("*.json*"), run.folder):
        os.utime(path, (past, past))


def test_runs_end_after_their_time_or_their_download(runs: Runs, tmp_path: Path) -> None:
    fresh, old, fetched, just_fetched = (runs.new("upload") for _ in range(4))
    age(old, 1000)
    fetched.change(fetched=time.time() - 100)
    age(fetched, 100)
    just_fetched.change(fetched=time.time() - 100)  # and gone on with since
    assert runs.sweep(keep=500, keep_fetched=50) == 2
    assert {run.token for run in runs.all()} == {fresh.token, just_fetched.token}


def test_a_page_that_is_only_looked_at_leaves_no_folder(runs: Runs) -> None:
    promised = [runs.promise() for _ in range(100)]
    assert list(runs.folder.iterdir()) == []
    with pytest.raises(RunNotFound):
        runs.open(promised[0].token)
    made = runs.collecting(promised[0].token)
    assert (made.load().source, made.load().state, made.token) == ("upload", "collecting", promised[0].token)
    assert not runs.is_promised(made.token)
    assert runs.collecting(made.token).folder == made.folder
    made.delete()
    with pytest.raises(RunNotFound):
        runs.collecting(made.token)
    with pytest.raises(RunNotFound):
        runs.collecting("0" * 32)


def test_a_run_that_has_no_room_leaves_nothing(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        runs.new("samples")
    assert list(runs.folder.iterdir()) == []


def test_what_a_killed_server_left_of_uploads_goes(runs: Runs) -> None:
    run = runs.new("upload")
    for name in (
        "0123456789abcdef",
        "fedcba9876543210",
        "0123456789abcdef.00ff00ff",
        "a.00ff00ff.00ff00ff.unipic-part",
    ):
        (run.photos / name).write_bytes(b"x")
        os.utime(run.photos / name, (1000, 1000))
    (run.photos / "arriving.00ff00ff").write_bytes(b"x")
    (run.photos / "samples").mkdir()
    run.add_upload("0123456789abcdef", "a.jpg", 1)
    runs.tidy(before=2000)
    left = sorted(path.name for path in run.photos.iterdir())
    assert left == ["0123456789abcdef", "arriving.00ff00ff", "samples"]


def test_sweeping_never_touches_what_is_no_run(runs: Runs) -> None:
    (runs.folder / "somebody's photos").mkdir()
    (runs.folder / ("a" * 32)).mkdir()
    runs.sweep(keep=-1, keep_fetched=-1)
    assert len(list(runs.folder.iterdir())) == 2


def test_deleting_a_run_leaves_the_folder_it_read(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"a")
    run = runs.new("folder", (str(tmp_path / "photos"),))
    run.delete()
    assert (tmp_path / "photos" / "a.jpg").read_bytes() == b"a"
    with pytest.raises(RunNotFound):
        runs.open(run.token)


def test_what_is_still_being_written_does_not_bring_a_deleted_run_back(runs: Runs) -> None:
    run = runs.new("upload")
    with open(run.out / "part", "wb") as file:
        run.delete()
        file.write(b"x")
    assert list(runs.folder.iterdir()) == []
    run.delete()  # twice does no harm


def test_a_deletion_that_was_cut_short_is_finished(runs: Runs) -> None:
    run = runs.new("upload")
    os.rename(run.folder, run.folder.with_name(f"{run.token}.deleted"))
    (runs.folder / "mine.deleted").mkdir()
    runs.sweep(keep=500, keep_fetched=50)
    assert [path.name for path in runs.folder.iterdir()] == ["mine.deleted"]
