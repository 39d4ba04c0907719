"""`organise` on the command line, from photos on disk to a tree, and what the seed's program got wrong there."""

import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from tests.helpers.filmed import walk, write_film
from tests.helpers.pictures import save, scene, shaken
from tests.safety.harness.faults import program, way
from tests.safety.harness.originals import differences, state
from typer.testing import CliRunner, Result

import main
from cli import organise
from unipic.albums import pictures
from unipic.albums.composite import Composed
from unipic.albums.groups import AlbumGroup
from unipic.albums.pictures import Proposed
from unipic.core.photo import Found
from unipic.core.settings import PROJECT
from unipic.destinations.base import MANIFEST
from unipic.sources import base, part
from unipic.sources.part import ALONE, NS, First, Resting

PLAIN = ("--encoder", "builtin", "--ranker", "builtin", "--workers", "1", "--no-people-safe")
WRITES = (
    *("openat", "?creat", "?truncate", "ftruncate", "?rename", "renameat", "renameat2", "?link", "linkat"),
    *("?symlink", "symlinkat", "?unlink", "unlinkat", "?mkdir", "mkdirat", "?rmdir", "?chmod", "fchmod", "utimensat"),
)
TO_WRITE = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")
Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("UNIPIC_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("UNIPIC_OFFLINE", "1")
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    def run(*arguments: Any) -> Result:
        given = [str(argument) for argument in ("organise", *arguments, *PLAIN)]
        return CliRunner().invoke(main.app, given, catch_exceptions=False)

    return run


def taken(second: int, sub: bool = True) -> bytes:
    """EXIF with the time in the sub-directory, where cameras write it."""
    exif = Image.Exif()
    exif[0x110] = "X-T30"
    if sub:
        exif.get_ifd(0x8769)[0x9003] = f"2024:06:12 20:51:{second:02}"
        exif.get_ifd(0x8769)[0x829A] = 0.002
    return exif.tobytes()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A burst of two, a copy by bytes, one alone without a time, and a file that is no photo."""
    folder = tmp_path / "photos"
    save(scene(1), folder / "beach 1.jpg", quality=95, exif=taken(1))
    save(shaken(scene(1), 12), folder / "beach 2.jpg", quality=95, exif=taken(3))
    shutil.copy(folder / "beach 1.jpg", folder / "beach 1 copy.jpg")
    save(scene(2), folder / "sub" / "tower.jpg")
    (folder / "notes.txt").write_text("not a photo")
    return folder


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def files_in(out: Path) -> list[str]:
    said = json.loads((out / MANIFEST).read_text())
    return sorted(entry["original"] for fate in ("kept", "set_aside", "unreadable") for entry in said[fate])


def test_groups_with_everything_found(cli: Cli, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = cli(photos, "--to", out)
    assert done.exit_code == 0, done.output
    assert names(out) == {
        *(f"group_0001/originals/{name}.jpg" for name in ("beach 1", "beach 2", "beach 1 copy")),
        *("group_0001/best_beach 1.jpg", "group_0001/metadata.txt", "group_0001/group.json"),
        *("singles/sub/tower.jpg", "unreadable/notes.txt", "unreadable/reasons.txt", MANIFEST),
    }
    assert files_in(out) == sorted(names(photos))
    text = (out / "group_0001" / "metadata.txt").read_text()
    assert "exif_DateTimeOriginal: 2024:06:12 20:51:01" in text, "times are in EXIF's sub-directory"
    assert "exif_ExposureTime: 1/500" in text
    assert "color_mode: RGB" in text
    assert "created: " in text or os.name != "posix"


def test_dates_take_the_camera_s_time_from_the_sub_directory(cli: Cli, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli(photos, "--to", out, "--tree", "dates", "--pattern", "{year}/{year}-{month}-{day}").exit_code == 0
    assert names(out) == {
        *(f"2024/2024-06-12/{name}.jpg" for name in ("beach 1", "beach 2", "beach 1 copy")),
        *("undated/sub/tower.jpg", "unreadable/notes.txt", "unreadable/reasons.txt", MANIFEST),
    }
    assert files_in(out) == sorted(names(photos))


def test_a_dry_run_organises_nothing_and_writes_nothing(photos: Path, tmp_path: Path) -> None:
    """The seed's --dry-run organised. Nothing is written but scratch files in the temporary folder, which are gone."""
    before, scratch = state(tmp_path), tmp_path.parent / f"{tmp_path.name}-scratch"
    scratch.mkdir()
    arguments = [str(PROJECT / "src" / "main.py"), "organise", str(photos), "--to", str(tmp_path / "out"), "--dry-run"]
    environment = os.environ | {"TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        done, log = program([*arguments, *PLAIN], scratch, trace=WRITES)
    assert done.returncode == 0, done.stderr
    assert "Dry run: nothing was written." in done.stdout
    assert "group_0001/" in done.stdout
    assert differences(before, state(tmp_path)) == []
    if way() == "strace":
        wrong = [
            line for line in log.read_text(errors="replace").splitlines() if _changes(line, str(tmp_path), scratch)
        ]
        assert wrong == []


def _changes(line: str, below: str, scratch: Path) -> bool:
    match = re.match(r"^(?:\d+ +)?(\w+)\((.*)", line)
    if not match or below not in match[2] or str(scratch) in match[2]:
        return False
    return match[1] != "openat" or bool(TO_WRITE.search(match[2]))


def test_a_second_run_skips_what_is_done_by_content_not_by_place(cli: Cli, photos: Path, tmp_path: Path) -> None:
    """The seed skipped groups by their index, and so the wrong ones once photos were added."""
    out = tmp_path / "out"
    assert cli(photos, "--to", out).exit_code == 0
    save(scene(5), photos / "early 1.jpg", quality=95, exif=_at("2001:01:01 00:00:00"))
    save(shaken(scene(5), 12), photos / "early 2.jpg", quality=95, exif=_at("2001:01:01 00:00:02"))
    assert cli(photos, "--to", out).exit_code == 0
    assert {name for name in names(out) if "originals" in name} == {
        *(f"group_0001/originals/{name}.jpg" for name in ("beach 1", "beach 2", "beach 1 copy")),
        *(f"group_0002/originals/{name}.jpg" for name in ("early 1", "early 2")),
    }


def _at(moment: str) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = moment
    return exif.tobytes()


def test_of_heic_photos_the_better_one_is_best_and_not_the_first(cli: Cli, tmp_path: Path) -> None:
    """The seed could not decode HEIC for its ranking, so the first one won."""
    folder = tmp_path / "photos"
    folder.mkdir()
    pillow_heif.from_pillow(shaken(scene(1), 14)).save(folder / "a first.heic", quality=90)
    pillow_heif.from_pillow(scene(1)).save(folder / "b second.heic", quality=90)
    assert cli(folder, "--to", tmp_path / "out").exit_code == 0
    assert "group_0001/best_b second.heic" in names(tmp_path / "out")


def test_a_folder_without_photos_is_no_success(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    assert cli(tmp_path / "photos", "--to", tmp_path / "out").exit_code == 5


@pytest.mark.parametrize("place", ["photos/out", ".", "photos"])
def test_a_tree_inside_or_around_the_photos_is_refused(place: str, cli: Cli, photos: Path, tmp_path: Path) -> None:
    before = state(tmp_path)
    done = cli(photos, "--to", tmp_path / place)
    assert done.exit_code == 2
    assert differences(before, state(tmp_path)) == []


def test_the_first_photos_and_how_many_there_are(cli: Cli, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = cli(photos, "--to", out, "--limit", 2)
    assert "2 of 5 looked at" in done.output
    assert files_in(out) == ["beach 1 copy.jpg", "beach 1.jpg"]
    assert json.loads((out / MANIFEST).read_text())["looked_at"] == "2 of 5 looked at"


def test_what_was_written_as_json(cli: Cli, photos: Path, tmp_path: Path) -> None:
    done = cli(photos, "--to", tmp_path / "out", "--dry-run", "--json", "--no-singles")
    said = json.loads(done.stdout)
    assert {one["name"]: one["file"] for one in said["files"]}["sub/tower.jpg"] is None
    assert sorted(one["name"] for one in said["files"]) == sorted(names(photos))
    assert (said["dry_run"], said["best"]) == (True, ["group_0001/best_beach 1.jpg"])
    assert said["bytes"] > 0


def test_watching_adds_what_arrives_and_ends_on_a_signal(
    cli: Cli, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pauses are taken over, so that nothing waits for a clock."""
    looks: list[set[str]] = []

    def rest(job: organise.Job, pause: float) -> None:
        looks.append(names(tmp_path / "out"))
        if len(looks) == 1:
            save(scene(7), photos / "new.jpg")
        elif len(looks) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(base, "NEW", 0)
    monkeypatch.setattr(part, "REST", 0)
    monkeypatch.setattr(part, "ALONE", 0)
    monkeypatch.setattr(organise, "_rest", rest)
    done = cli(photos, "--to", tmp_path / "out", "--watch")
    assert done.exit_code == 130
    assert "singles/new.jpg" not in looks[0]
    assert "singles/new.jpg" in looks[1]
    assert len(looks) == 3
    assert done.output.count("Written to") == 2, "a look at which nothing is new does nothing"


def test_films_of_their_own_go_to_their_day(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    write_film(folder / "clip.mp4", walk(2, 0.5, (64, 48)), tags={"creation_time": "2023-05-06T07:08:09Z"})
    assert cli(folder, "--to", tmp_path / "out", "--tree", "dates").exit_code == 5, "there is no photo"
    assert "2023/05/06/clip.mp4" in names(tmp_path / "out")


@pytest.mark.parametrize("answer", ["y", ""])
def test_a_composite_is_written_only_on_a_person_s_word(
    answer: str, cli: Cli, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def proposed(group: AlbumGroup, *_: object) -> Proposed:
        pixels = np.zeros((60, 80, 3), np.uint8)
        return Proposed(group.best[0], group.photos[-1], pixels, Composed(pixels, ((1, 2, 3, 4),), (0.97,)))

    monkeypatch.setattr(pictures, "proposed", proposed)
    monkeypatch.setattr(pictures, "looking", lambda *_: None)
    out, target = tmp_path / "out", "group_0001/composite_beach 1.jpg"
    assert "Run this in a terminal" in cli(photos, "--to", out, "--open-eyes", "propose").output
    assert target not in names(out), "nobody was there to accept it"
    monkeypatch.setattr(organise, "somebody_is_there", lambda: True)
    monkeypatch.setattr(organise.err, "input", lambda words: answer)
    assert cli(photos, "--to", out, "--open-eyes", "propose").exit_code == 0
    made = json.loads((out / "group_0001" / "group.json").read_text())["made"]
    assert [one["file"] for one in made] == (["composite_beach 1.jpg"] if answer else [])
    assert (target in names(out)) is bool(answer)
    monkeypatch.setattr(organise.err, "input", lambda words: pytest.fail("it was asked again"))
    if answer:
        assert cli(photos, "--to", out, "--open-eyes", "propose").exit_code == 0
        assert json.loads((out / "group_0001" / "group.json").read_text())["made"] == made


# The seed's flags.


def test_the_seed_s_command_works(cli: Cli, photos: Path, tmp_path: Path) -> None:
    old = ("-s", photos, "-o", tmp_path / "out", "-t", 5, "--time-window", 300, "--threads", 1, "--resume", "--verbose")
    done = cli(*old)
    assert done.exit_code == 0, done.output
    assert "--similarity 90" in done.output
    assert "group_0001/best_beach 1.jpg" in names(tmp_path / "out")


def test_a_strict_threshold_means_copies_alone(cli: Cli, photos: Path, tmp_path: Path) -> None:
    assert cli("-s", photos, "-o", tmp_path / "out", "-t", 3, "--time-window", 0).exit_code == 0
    grouped = {name for name in names(tmp_path / "out") if "originals" in name}
    assert grouped == {"group_0001/originals/beach 1.jpg", "group_0001/originals/beach 1 copy.jpg"}


@pytest.mark.parametrize(
    ("flags", "meaning", "value"),
    [
        ("-s A -s B", lambda job: job.photos, [Path("A"), Path("B")]),
        ("--source A --output B", lambda job: (job.photos, job.to), ([Path("A")], Path("B"))),
        *((f"A -t {n}", lambda job: job.wish.only_copies, True) for n in (0, 3)),
        *((f"A -t {n}", lambda job: job.settings.thresholds.similar, 90.0) for n in (4, 6)),
        *((f"A -t {n}", lambda job: job.settings.thresholds.similar, 80.0) for n in (7, 10)),
        *((f"A --threshold {n}", lambda job: job.settings.thresholds.similar, 70.0) for n in (11, 64)),
        ("A --time-window 300", lambda job: job.settings.thresholds.time_window, 300.0),
        ("A --time-window 0", lambda job: job.settings.thresholds.time_window, None),
        ("A --threads 3", lambda job: job.settings.machine.workers, 3),
        ("--source-type immich --use-full-resolution", lambda job: job.photos, [Path("immich:")]),
        ("--source-type immich --immich-album Trip --use-full-resolution", lambda job: job.photos[0].name, "Trip"),
        ("immich: --use-full-resolution --immich-cache-size 70", lambda job: job.immich.cache_mb, 70),
        ("immich: --originals --immich-url https://x.org", lambda job: job.immich.immich_url, "https://x.org"),
        ("A --resume --verbose --swap-closed-eyes --face-backend auto", lambda job: job.making.fresh, False),
        ("A --force-fresh", lambda job: job.making.fresh, True),
        ("A --enable-hdr", lambda job: job.making.hdr, True),
        ("A --enable-face-swap", lambda job: job.making.open_eyes, "propose"),
        ("A --dry-run --limit 7", lambda job: (job.making.dry_run, job.making.limit), (True, 7)),
    ],
)
def test_each_of_the_seed_s_flags_has_its_meaning(
    flags: str, meaning: Callable[[organise.Job], object], value: object, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = list[organise.Job]()
    monkeypatch.setattr(organise, "_ready", lambda job: None)
    monkeypatch.setattr(organise, "_once", jobs.append)
    done = cli(*flags.split(), *(() if "--output" in flags else ("-o", "B")))
    assert done.exit_code == 0, done.output
    assert meaning(jobs[0]) == value


@pytest.mark.parametrize(
    ("flags", "instead"),
    [
        (("--create-albums",), "immich apply"),
        (("--mark-best-favorite",), "immich apply"),
        (("--album-prefix", "x"), "immich apply"),
        (("--immich-cache-dir", "x"), "UNIPIC_DATA"),
        (("--no-swap-closed-eyes",), "leave"),
        (("--state-file", "x"), "by the content"),
        (("--no-verify-ssl",), "--ca-file"),
        (("--tag-only",), "immich apply"),
        (("--immich-api-key", "secret"), "UNIPIC_IMMICH_KEY"),
        (("--hdr-gamma", "2.2"), "exposure fusion"),
        (("--source-type", "cloud"), "local or immich"),
        (("--source-type", "immich"), "--originals"),
        (("--face-backend", "mediapipe"), "leave"),
        (("-t", "65"), "0 to 64"),
        (("--watch", "--dry-run"), "leave out"),
        (("--open-eyes", "always"), "never made unasked"),
        (("--enable-face-swap", "--dry-run"), "leave out"),
        (("--link", "magic"), "--link is one of"),
        (("--tree", "cities"), "--tree is one of"),
        (("--rename", "{year}"), "{name} or {n}"),
    ],
)
def test_a_flag_without_a_counterpart_says_what_to_use(
    flags: tuple[str, ...], instead: str, cli: Cli, photos: Path, tmp_path: Path
) -> None:
    done = cli(photos, "--to", tmp_path / "out", *flags)
    assert done.exit_code == 2
    assert instead in done.output.replace("\n", " ")
    assert "secret" not in done.output
    assert not (tmp_path / "out").exists()


# Parts of a source.


class Listed:
    def __init__(self, *files: Found) -> None:
        self._files = files

    def files(self) -> Iterator[Found]:
        return iter(self._files)


def found(name: str, changed: int) -> Found:
    return Found(name, name, f"/nowhere/{name}", 1, f"{changed * NS} {changed * NS} 1 1" if changed >= 0 else "")


def test_the_first_units_by_path_are_whole() -> None:
    first = First(Listed(*(found(name, 0) for name in ("b.jpg", "a.MOV", "c.jpg", "A.jpg", "a.jpg.xmp"))), 2)
    assert [one.name for one in first.files()] == ["a.MOV", "A.jpg", "a.jpg.xmp", "b.jpg"]
    assert (first.looked, first.found) == (2, 3)


def test_files_are_taken_once_they_rest_and_their_film_had_time_to_arrive() -> None:
    now = int(datetime(2024, 6, 12).timestamp())
    live = (found("live.heic", now - 30), found("live.mov", now - 11))
    copying = (found("half.heic", now - 300), found("half.mov", now - 2))
    alone, old = found("alone.jpg", now - 59), found("old.jpg", now - ALONE)
    served = Found("served", "served.jpg", "/cache/served", 1, "2024-06-12T10:00:00Z abc")
    resting = Resting(Listed(served, *live, *copying, alone, old, found("fresh.jpg", -1)), lambda: now * NS)
    assert [one.name for one in resting.files()] == ["served.jpg", "live.heic", "live.mov", "old.jpg"]
    assert resting.moving == 4
