"""Originals are only read: the same after every command and every way through the web app, and so the system saw it."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.safety.harness.amounts import NIGHTLY, amount
from tests.safety.harness.faults import program, way
from tests.safety.harness.ledger import record
from tests.safety.harness.originals import KINDS, Fact, album, differences, mark, state

from server.desks import open_desk
from server.pictures import open_original
from server.runs import Run, Runs
from unipic.core.errors import NotShown
from unipic.core.settings import PROJECT
from unipic.destinations.base import MANIFEST, export, plan_to_copy
from unipic.destinations.folder import FolderDestination
from unipic.destinations.list import ListDestination
from unipic.destinations.preview import preview
from unipic.destinations.zip import ZipDestination
from unipic.library.decisions import Catalogue
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.renditions import Renderer, Renditions
from unipic.review.desk import Desk

MAIN = str(PROJECT / "src" / "main.py")
PLAIN = ("--encoder", "builtin", "--ranker", "builtin", "--offline")
FEW = amount(pr=1, nightly=4) * len(KINDS)  # files that are enough where each command is watched
# Everything by which a file, a folder, or what is known of them can be changed. "?": not every machine has each.
WRITES = (
    *("openat", "?open", "?creat", "?openat2", "?truncate", "ftruncate", "fallocate", "copy_file_range"),
    *("?rename", "renameat", "renameat2", "?link", "linkat", "?symlink", "symlinkat", "?unlink", "unlinkat"),
    *("?mkdir", "mkdirat", "?rmdir", "?mknod", "mknodat", "?chmod", "fchmod", "fchmodat", "?chown", "fchown"),
    *("?lchown", "fchownat", "?utime", "?utimes", "utimensat", "?futimesat"),
    *("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"),
)
OPENS = ("open", "openat", "openat2")
TO_WRITE = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")


def commands(source: Path, out: Path) -> dict[str, list[str]]:
    """Every command there is, in each of its ways that reads photos."""
    known = ["clean", str(source), *PLAIN]
    clean = [*known, "--fresh"]  # or only the first would open the photos
    return {
        "folder": [*known, "--to", str(out / "clean"), "--list", str(out / "list.json"), "--best-only"],
        "zip": [*known, "--zip", str(out / "clean.zip"), "--list", str(out / "list.csv")],
        "preset": [*clean, "--to", str(out / "squares"), "--as", "square", "--list", str(out / "preset.csv")],
        "sheet": [*known, "--pdf", str(out / "sheet.pdf")],
        "dry run": [*clean, "--dry-run", "--json", "--similarity", "60", "--keep", "larger", "--decided", "--taste"],
        "list": [*clean, "--list", str(out / "other.csv"), "--grouping", "components"],
        "rules": [*clean, "--dry-run", "--protect", "phone", "--prefer", "phone/DCIM", "--time-window", "2m"],
        "inside": [*clean, "--to", str(source / "clean")],
        "around": [*clean, "--to", str(source.parent)],
        "over": [*clean, "--zip", str(source / "IMG_0000.jpg")],
        "not confirmed": [*clean, "--move-aside", "--yes", "999999"],
        "decisions": ["decisions", "--json"],
        "models": ["models", "--json"],
        "undo": ["undo", str(source), "--list"],
        "samples": ["samples", str(out / "samples")],
        "index": ["index", str(source), "--encoder", "builtin", "--offline", "--json"],
        "index again": ["index", "--encoder", "builtin", "--offline"],
        "search": ["search", "img", "--encoder", "builtin", "--offline", "--zip", str(out / "found.zip")],
        "search by example": ["search", "--like", str(source / "IMG_0000.jpg"), "--encoder", "builtin", "--offline"],
        "search into the photos": ["search", "img", "--encoder", "builtin", "--offline", "--to", str(source / "found")],
        "events": ["events", "--encoder", "builtin", "--offline", "--to", str(out / "albums")],
        "events into the photos": ["events", "--encoder", "builtin", "--offline", "--to", str(source / "albums")],
        "people": ["people", str(source), "--faces", "--encoder", "builtin", "--offline", "--json"],
        "crop": ["crop", str(source), "--aspect", "4:5", "--to", str(out / "crops"), "--json"],
        "status": ["status", "--json"],
        "forget a folder": ["forget", str(source)],
        "forget": ["forget"],
    }


REFUSED = {"search into the photos", "events into the photos", "inside", "around", "over", "not confirmed"}
SMOKE = {"folder", "zip", "index", "over", "not confirmed", "undo", "work"}  # of the commands, those every run watches


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("UNIPIC_MODELS", str(tmp_path / "models"))


def ended(name: str, code: int, words: str) -> list[str]:
    return [] if (code != 0) == (name in REFUSED) else [f"{name} ended with {code}: {words}"]


def changed(name: str, before: dict[str, Fact], source: Path) -> list[str]:
    return [f"{name} changed {path}" for path in differences(before, state(source))]


def test_the_originals_are_as_they_were_after_every_command(tmp_path: Path) -> None:
    number = amount(pr=60, nightly=2000)
    source = album(tmp_path / "photos", number)
    marked = mark(next(source.rglob("*.jpg")))
    before, wrong = state(source), list[str]()
    given = commands(source, tmp_path / "work")
    names = amount(pr=2, nightly=len(given))  # others are watched below, call by call, over fewer files
    for name in [*given][:names]:
        done, _ = program([MAIN, *given[name]], tmp_path / "work")
        wrong += ended(name, done.returncode, done.stderr) + changed(name, before, source)
    files = sum(path.is_symlink() or path.is_file() for path in source.rglob("*"))
    about = f"{len(KINDS)} kinds of files, {names} commands" + " and an extended attribute" * marked
    record("T1", "originals compared after commands", files, len(wrong), about)
    assert files >= number
    assert not wrong, "\n".join(wrong)


def test_the_originals_are_as_they_were_after_every_way_through_the_web_app(tmp_path: Path) -> None:
    number = amount(pr=20, nightly=600)
    source = album(tmp_path / "photos", number, seed=1)
    before = state(source)
    run = Runs(tmp_path / "runs").new("folder", (str(source),))
    run.change(settings={"encoder": "builtin", "ranker": "builtin"})
    done, _ = program([MAIN, "work", str(run.folder)], tmp_path / "work")
    assert (done.returncode, run.load().state) == (0, "ready"), done.stderr
    wrong = changed("the work", before, source)
    desk = open_desk(run, Catalogue(tmp_path / "data"))
    wrong += _shown(run, desk) + changed("looking at photos", before, source)
    _reviewed(desk)
    wrong += changed("reviewing", before, source)
    preview(plan_to_copy(desk.outcomes()))
    (tmp_path / "out").mkdir()
    for destination in (
        ZipDestination(run.out / "album.zip", replace=True),
        FolderDestination(tmp_path / "out" / "album"),
        ListDestination(run.out / "album.csv", replace=True),
        ListDestination(run.out / "album.json", replace=True),
    ):
        export(destination, desk.outcomes())
        wrong += changed(type(destination).__name__, before, source)
    run.delete()
    wrong += changed("deleting the run", before, source)
    record(
        "T1", "originals compared after the web app", number, len(wrong), "work, pictures, review, exports, deletion"
    )
    assert not wrong, "\n".join(wrong)


def _shown(run: Run, desk: Desk) -> list[str]:
    """Everything a browser may ask for of each photo."""
    renditions = Renditions(run.views, Renderer(open_engine=InlineEngine))
    wrong = []
    for photo in desk.photos.values():
        try:
            renditions.view(photo)
            renditions.full(photo)
            open_original(photo).close()
        except NotShown as error:
            wrong.append(str(error))
        wrong += [] if run.thumbnails.path(photo.digest).is_file() else [f"no thumbnail of {photo.name}"]
    return wrong


def _reviewed(desk: Desk) -> None:
    """A bit of everything that can be said."""
    groups = [group.id for group in desk.proposal.groups]
    assert len(groups) > 3
    desk.choose("1", groups[0], sorted(desk.group(groups[0]).ids)[:1], done=True)
    desk.apart("2", groups[1])
    desk.take_back("3")
    desk.accept("4", [group.id for group in desk.proposal.groups])
    desk.take_back("5")
    desk.take_back("6", forward=True)


def test_nothing_that_writes_is_asked_of_the_system_below_the_originals(tmp_path: Path) -> None:
    source = album(tmp_path / "photos", FEW)
    before, wrong = state(source), list[str]()
    given = commands(source, tmp_path / "work")
    run = Runs(tmp_path / "runs").new("folder", (str(source),))
    run.change(settings={"encoder": "builtin", "ranker": "builtin"})
    given["work"] = ["work", str(run.folder)]
    names = [name for name in given if NIGHTLY or name in SMOKE]
    watched, read = 0, 0
    for name in names:
        done, log = program([MAIN, *given[name]], tmp_path / "work", trace=WRITES)
        wrong += ended(name, done.returncode, done.stderr) + changed(name, before, source)
        calls = log.read_text(errors="surrogateescape").splitlines()
        watched += len(calls)
        read += sum(f"{source}/IMG_0000.jpg" in line and "O_RDONLY" in line for line in calls)
        wrong += [f"{name}: {line}" for line in writes(calls, source)]
    record("T2", "commands watched call by call", len(names), len(wrong), f"{way()}, {watched:,} calls")
    assert read >= 3 or way() != "strace", "the log shows that originals were read, and by which processes ever"
    assert not wrong, "\n".join(wrong)


def writes(calls: Sequence[str], source: Path) -> Iterator[str]:
    """Lines of the log that change something in the source, or open it for that."""
    for line in calls:
        match = re.match(r"^(?:\d+ +)?(\w+)\((.*)", line)
        if match and str(source) in match[2] and (match[1] not in OPENS or TO_WRITE.search(match[2])):
            yield line


@pytest.mark.parametrize(
    "line",
    [
        '12 openat(AT_FDCWD</>, "/photos/a.jpg", O_RDWR|O_CLOEXEC) = 3',
        '12 openat(AT_FDCWD</>, "/photos/a.jpg", O_WRONLY|O_CREAT, 0666) = 3',
        '12 unlink("/photos/a.jpg") = 0',
        '12 renameat2(AT_FDCWD</>, "/photos/a", AT_FDCWD</>, "/out/a", RENAME_NOREPLACE <unfinished ...>',
        "12 fchmod(3</photos/a.jpg>, 0600) = 0",
        'utimensat(3</photos>, "a.jpg", NULL, 0) = 0',
    ],
)
def test_what_writes_is_recognised(line: str) -> None:
    assert list(writes([line, '12 openat(AT_FDCWD</>, "/photos/a.jpg", O_RDONLY) = 3', ""], Path("/photos"))) == [line]


@contextmanager
def read_only(source: Path) -> Iterator[str]:
    """The folder where nothing can be written, whoever asks; and by what. Skipped where that cannot be had."""
    bound = subprocess.run(["mount", "--bind", str(source), str(source)], capture_output=True, text=True)
    if bound.returncode == 0:
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", str(source)], check=True)
            yield "a read-only mount"
        finally:
            subprocess.run(["umount", "-l", str(source)], check=True)
    elif os.geteuid() != 0:
        folders = [source, *(path for path in source.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o555)
        try:
            yield "folders of mode 555"
        finally:
            for folder in folders:
                folder.chmod(0o755)
    else:
        pytest.skip(f"root may not mount here, and no mode stops root: {bound.stderr.strip()}")


@pytest.mark.nightly
def test_a_full_run_over_a_source_that_cannot_be_written(tmp_path: Path) -> None:
    source = album(tmp_path / "photos", FEW)
    with read_only(source) as by:
        with pytest.raises(OSError):  # noqa: PT011  read-only or denied, as the system says it
            (source / "new").touch()
        done, _ = program([MAIN, *commands(source, tmp_path / "work")["folder"]], tmp_path / "work")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "work" / "clean" / MANIFEST).exists()
        run = Runs(tmp_path / "runs").new("folder", (str(source),))
        run.change(settings={"encoder": "builtin", "ranker": "builtin"})
        worked, _ = program([MAIN, "work", str(run.folder)], tmp_path / "work")
        assert (worked.returncode, run.load().state) == (0, "ready"), worked.stderr
    record("T2", "full runs over a source that cannot be written", 2, 0, by)
