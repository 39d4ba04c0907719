"""The command line, as a person and as a script use it."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.desks import evidence
from tests.helpers.galleries import photo
from tests.helpers.pictures import save, scene, shaken
from tests.helpers.systems import needs_signals
from typer.testing import CliRunner, Result

import main
from cli.clean import EXAMPLES, Kept
from unipic.cleanup.record import VERSION
from unipic.core.errors import SettingsError
from unipic.core.settings import PRESETS, PROJECT
from unipic.core.words import size
from unipic.destinations import _writing
from unipic.destinations.base import MANIFEST
from unipic.library._decisions import FILE
from unipic.library.decisions import Catalogue, Ruling, ruling_of
from unipic.sources.folder import JOURNAL, SET_ASIDE

pytestmark = pytest.mark.slow

MAIN = [sys.executable, str(PROJECT / "src" / "main.py")]
OPTIONS = (
    *("--zip", "--to", "--dry-run", "--json", "--best-only", "--similarity", "--near", "--prompt", "--preset"),
    *("--time-window", "--encoder", "--ranker", "--taste", "--device", "--workers", "--offline", "--config"),
    *("--protect", "--prefer", "--avoid", "--keep", "--decided", "--grouping", "--move-aside", "--yes"),
    *("--fresh", "--engine", "--ray-address", "--ray-store", "--as", "--pdf"),
)
Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No weights, no network, an own folder for temporary files, a wide terminal, and this process's own signals."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("UNIPIC_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("UNIPIC_OFFLINE", "1")
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("COLUMNS", "200")
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
    # The fork server's socket goes with this process; torch makes an empty folder for compiling, which we never do.
    left = [name for name in os.listdir(tmp_path / "tmp") if not name.startswith(("pymp-", "torchinductor_"))]
    assert left == [], "temporary files were left behind"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A burst of two, a copy by bytes, one alone, and a file that is no photo."""
    folder = tmp_path / "photos"
    save(scene(1), folder / "beach 1.jpg", quality=95)
    save(shaken(scene(1), 12), folder / "beach 2.jpg", quality=95)
    shutil.copy(folder / "beach 1.jpg", folder / "beach 1 copy.jpg")
    save(scene(2), folder / "sub" / "tower.jpg")
    (folder / "notes.txt").write_text("not a photo")
    return folder


@pytest.fixture
def cli() -> Cli:
    def run(*arguments: Any, plain: bool = True) -> Result:
        given = [str(argument) for argument in arguments]
        if plain and given[0] == "clean":
            given += ["--encoder", "builtin", "--ranker", "builtin", "--workers", "1"]
        return CliRunner().invoke(main.app, given, catch_exceptions=False)

    return run


def state(folder: Path) -> dict[str, tuple[Any, ...]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        found[str(path)] = (
            path.read_bytes() if path.is_file() else None,
            facts.st_mtime_ns,
            facts.st_mode,
            facts.st_ino,
        )
    return found


def names(target: Path) -> set[str]:
    if target.is_dir():
        return {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    with zipfile.ZipFile(target) as archive:
        return set(archive.namelist())


# Help


@pytest.mark.parametrize("width", ["200", "80"])
def test_help_names_every_option_with_examples_and_exit_codes(
    width: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", int(width))
    help = cli("clean", "--help", plain=False)
    assert help.exit_code == 0
    for word in (*OPTIONS, *PRESETS, "Examples", "Exit codes", "3 no room on the disk", "At 90, the default"):
        assert word in " ".join(help.stdout.replace("│", " ").split()), word
    for example in EXAMPLES.splitlines():
        if example.startswith("    python "):
            assert example.strip() in help.stdout


def test_the_examples_use_options_there_are() -> None:
    words = [word for line in EXAMPLES.splitlines() if "python" in line for word in line.split()]
    assert {word for word in words if word.startswith("--")} <= set(OPTIONS)


def test_help_comes_at_once_and_loads_nothing_heavy() -> None:
    script = (
        "import sys, atexit; sys.argv = ['main.py', 'clean', '--help']\n"
        "atexit.register(lambda: print('LOADED', *sys.modules))\n"
        "import main; main.app()"
    )
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT / "src", capture_output=True, text=True, timeout=60
    )
    after = os.times()  # the processor's time: by the clock it depends on what else the machine does
    assert after.children_user + after.children_system - before.children_user - before.children_system < 3
    assert done.returncode == 0
    loaded = done.stdout.split("LOADED")[1].split()
    assert not {"torch", "transformers", "streamlit", "numpy", "PIL", "sklearn", "pebble"} & set(loaded)


@pytest.mark.parametrize("command", ["clean", "index"])
def test_what_reads_photos_is_started_before_the_commands_are_imported(command: str) -> None:
    script = f"import sys; sys.argv = ['main.py', '{command}']; import main; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT / "src", capture_output=True, text=True, timeout=60, check=True
    )
    loaded = done.stdout.split()
    assert loaded.index("unipic.reading.engines.local") < loaded.index("cli.commands")


def test_without_a_command_there_is_help(cli: Cli) -> None:
    result = CliRunner().invoke(main.app, [])
    for command in ("clean", "undo", "models", "samples", "decisions"):
        assert command in result.output
    assert "work" not in [line.split()[1] for line in result.output.splitlines() if line.startswith("│ ")]


# What it writes


def test_a_zip(cli: Cli, photos: Path, tmp_path: Path) -> None:
    before = state(photos)
    result = cli("clean", photos, "--zip", tmp_path / "out.zip")
    assert result.exit_code == 0, result.output
    kept = {"beach 1.jpg", "beach 2.jpg", "sub/tower.jpg", "notes.txt", MANIFEST}
    assert names(tmp_path / "out.zip") == kept
    assert state(photos) == before
    assert "exact copies" in result.stdout
    assert "1 in 1 set" in result.stdout
    assert f"Written to {tmp_path / 'out.zip'}." in result.stdout
    assert "not read: notes.txt is not in any photo format" in result.stdout


def test_a_folder(cli: Cli, photos: Path, tmp_path: Path) -> None:
    result = cli("clean", photos, "--to", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert names(tmp_path / "out") == {"beach 1.jpg", "beach 2.jpg", "sub/tower.jpg", "notes.txt", MANIFEST}


def test_best_only_keeps_one_shot_of_each_group(cli: Cli, photos: Path, tmp_path: Path) -> None:
    assert "--best-only" in cli("clean", photos, "--zip", tmp_path / "all.zip", "--similarity", "80").stdout
    result = cli("clean", photos, "--zip", tmp_path / "best.zip", "--best-only", "--similarity", "80")
    assert len(names(tmp_path / "all.zip") - names(tmp_path / "best.zip")) == 1
    assert "2 in 1 group" in result.stdout
    assert "All similar shots are kept" not in result.stdout


@pytest.fixture
def smaller(photos: Path) -> Path:
    """The photos, with one of them once more and smaller."""
    large = scene(7, 1600, 1200)
    save(large, photos / "pier.jpg", quality=92)
    save(large.resize((800, 600)), photos / "pier small.jpg", quality=92)
    return photos


def test_what_is_left_out_without_a_look_is_counted_by_kind(cli: Cli, smaller: Path) -> None:
    result = cli("clean", smaller, "--dry-run")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    copy, small = (size((smaller / name).stat().st_size) for name in ("beach 1 copy.jpg", "pier small.jpg"))
    assert f"left out, identical 1 photo, {copy}" in lines
    assert f"left out, verified at full size 1 photo, {small}" in lines
    assert not any(line.startswith("left out, by your decision") for line in lines)
    assert "--keep-copies keeps them" in result.stdout
    found = json.loads(cli("clean", smaller, "--dry-run", "--json").stdout)
    by = found["ledger"]["left_out"]["by"]
    assert {who: amount["photos"] for who, amount in by.items()} == {
        "you": 0,
        "identical": 1,
        "verified at full size": 1,
    }
    who = {file["name"]: file["decided_by"] for file in found["files"] if file["fate"] == "set aside"}
    assert who == {"beach 1 copy.jpg": "identical", "pier small.jpg": "verified at full size"}


def test_copies_can_be_kept(cli: Cli, smaller: Path, tmp_path: Path) -> None:
    result = cli("clean", smaller, "--zip", tmp_path / "all.zip", "--keep-copies")
    assert result.exit_code == 0, result.output
    everything = {path.relative_to(smaller).as_posix() for path in smaller.rglob("*") if path.is_file()}
    assert names(tmp_path / "all.zip") == everything | {MANIFEST}
    assert "left out" not in result.stdout


def test_the_best_shots_are_a_decision_and_copies_are_not(cli: Cli, smaller: Path) -> None:
    """With --keep-copies the shots of a moment go, and copies of what stays do not."""
    options = ("clean", smaller, "--dry-run", "--json", "--best-only", "--similarity", "80")
    for more, photos in (
        ((), {"you": 1, "identical": 1, "verified at full size": 1}),
        (("--keep-copies",), {"you": 1}),
    ):
        by = json.loads(cli(*options, *more).stdout)["ledger"]["left_out"]["by"]
        assert {who: amount["photos"] for who, amount in by.items() if amount["photos"]} == photos


def test_a_dry_run_writes_nothing(cli: Cli, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = state(tmp_path)
    result = cli("clean", photos, "--dry-run", "--fresh")
    assert result.exit_code == 0
    assert "Dry run: nothing was written." in result.stdout
    after = {path: facts for path, facts in state(tmp_path).items() if "pymp-" not in path}  # multiprocessing's own
    before.pop(str(tmp_path / "tmp"), None)
    after.pop(str(tmp_path / "tmp"), None)
    assert after == before


@pytest.mark.parametrize("where", [("--dry-run",), ("--zip", "out.zip"), ("--to", "out")])
def test_json_is_one_object_and_nothing_else(
    where: tuple[str, ...], cli: Cli, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli("clean", photos, "--json", *where)
    assert result.exit_code == 0
    assert result.stderr == ""
    found = json.loads(result.stdout)
    assert found["report"]["before"] == 4
    assert found["report"]["after"] == 3
    assert found["report"]["agreement"] is None
    assert found["written_to"] == (None if where == ("--dry-run",) else where[1])
    assert found["problems"] == []
    fates = {file["name"]: (file["fate"], file["instead"]) for file in found["files"]}
    assert fates["beach 1 copy.jpg"] == ("set aside", ["beach 1.jpg"])
    assert fates["notes.txt"] == ("unreadable", [])
    assert len(fates) == 5
    assert found["cleanup"]["version"] == VERSION


def test_an_error_is_json_too(cli: Cli, photos: Path) -> None:
    result = cli("clean", photos, "--json", "--dry-run", "--near", "0.9")
    assert result.exit_code == 2
    assert "near is a number from 1 to 100" in json.loads(result.stdout)["error"]


def test_several_folders_and_files(cli: Cli, photos: Path, tmp_path: Path) -> None:
    other = save(scene(7), tmp_path / "other" / "a.jpg")
    result = cli("clean", photos / "sub", other, photos / "beach 2.jpg", "--zip", tmp_path / "out.zip")
    assert result.exit_code == 0, result.output
    assert names(tmp_path / "out.zip") == {"sub/tower.jpg", "a.jpg", "beach 2.jpg", MANIFEST}


def test_settings_from_a_file_and_options_that_win(cli: Cli, photos: Path, tmp_path: Path) -> None:
    config = tmp_path / "unipic.toml"
    config.write_text('similar = 80\nencoder = "builtin"\nranker = "builtin"\nworkers = 1\n')
    assert (
        json.loads(cli("clean", photos, "--dry-run", "--json", "--config", config, plain=False).stdout)["cleanup"][
            "similar"
        ]
        == 80
    )
    result = cli("clean", photos, "--dry-run", "--json", "--config", config, "--similarity", "95", plain=False)
    assert json.loads(result.stdout)["cleanup"]["similar"] == 95


def test_what_is_used_instead_of_a_missing_model_is_said(cli: Cli, photos: Path) -> None:
    result = cli("clean", photos, "--dry-run", "--offline", plain=False)
    assert result.exit_code == 0
    assert "using the built-in ranking" in result.stdout
    result = cli("clean", photos, "--dry-run", "--offline", "--encoder", "mobilenet", plain=False)
    assert "Unipic's own" in result.stdout


def test_names_do_not_reach_the_terminal_raw(cli: Cli, photos: Path, tmp_path: Path) -> None:
    hostile = [
        "\x1b[31mred\x07.jpg",
        "[bold]bold[bold].jpg",
        "a\u202egpj.exe",
        "\udcff.jpg",
        "\x9b31m.jpg",
        "new\nline.jpg",
    ]
    for name in hostile:
        (photos / name).write_text("not a photo")
    out = tmp_path / "\x1b[32mgreen"
    result = cli("clean", photos, "--to", out)
    assert result.exit_code == 0
    for sign in ("\x1b[31m", "\x1b[32m", "\x07", "\u202e", "\x9b", "\udcff", "new\nline"):
        assert sign not in result.output
    assert "[bold]bold[bold].jpg" in result.stdout
    refused = cli("clean", photos, "--to", out)
    assert "\x1b[32m" not in refused.output


# Set aside among the originals, and back


def test_copies_are_moved_aside_after_the_number_was_given_and_come_back(
    cli: Cli, photos: Path, tmp_path: Path
) -> None:
    before = state(photos)
    result = cli("clean", photos, "--move-aside", "--yes", 1)
    assert result.exit_code == 0, result.output
    assert "Set aside: 1 photo, 1 file" in result.stdout
    (folder,) = (photos / SET_ASIDE).iterdir()
    assert names(folder) == {"beach 1 copy.jpg", JOURNAL}
    assert names(photos) - names(photos / SET_ASIDE) >= {"beach 1.jpg", "beach 2.jpg", "sub/tower.jpg", "notes.txt"}
    assert "Nothing is set aside" not in (listed := cli("undo", "--list").stdout)
    assert f"{folder}  1 file" in listed
    assert json.loads(cli("undo", "--list", "--json").stdout)[0]["files"] == 1
    again = cli("clean", photos, "--dry-run", "--json")
    assert {"fate": "unreadable"}.items() <= {file["name"]: file for file in json.loads(again.stdout)["files"]}[
        SET_ASIDE
    ].items()
    back = cli("undo")
    assert back.exit_code == 0
    assert (
        f"1 file put back, {os.path.getsize(photos / 'beach 1 copy.jpg') / 1000:.1f} kB, from {folder}" in back.stdout
    )
    assert {path: facts for path, facts in state(photos).items() if not Path(path).is_dir()} == {
        path: facts for path, facts in before.items() if not Path(path).is_dir()
    }
    assert "Nothing is set aside." in cli("undo", photos).stdout


def test_moved_aside_in_json(cli: Cli, photos: Path) -> None:
    found = json.loads(cli("clean", photos, "--move-aside", "--yes", 1, "--json").stdout)
    assert found["set_aside"]["files"] == 1
    undone = json.loads(cli("undo", found["set_aside"]["folders"][0], "--json").stdout)
    assert [(one["files"], one["problems"]) for one in undone] == [(1, [])]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "1 file, .* would be moved: without a terminal, confirm with --yes 1. Nothing was moved"),
        (("--yes", "2"), "1 file, .* would be moved, and --yes says 2: nothing was moved"),
        (("--yes", "0"), "1 file, .* would be moved, and --yes says 0: nothing was moved"),
    ],
)
def test_without_the_right_number_nothing_moves(options: tuple[str, ...], words: str, cli: Cli, photos: Path) -> None:
    before = state(photos)
    result = cli("clean", photos, "--move-aside", *options)
    assert result.exit_code == 2
    assert re.search(words, result.stderr)
    assert state(photos) == before


@pytest.mark.parametrize(("typed", "moved"), [("1", True), ("yes", False), ("", False), ("11", False)])
def test_a_person_types_the_number(
    typed: str, moved: bool, cli: Cli, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(photos)
    monkeypatch.setattr("cli.terminal.somebody_is_there", lambda: True)
    monkeypatch.setattr("cli.terminal.err.input", lambda *_, **__: typed)
    result = cli("clean", photos, "--move-aside")
    assert result.exit_code == (0 if moved else 2)
    assert (state(photos) != before) is moved


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--move-aside", "--dry-run"), "exactly one of"), (("--dry-run", "--yes", "1"), "--yes N confirms --move-aside")],
)
def test_moving_aside_is_a_way_of_its_own(options: tuple[str, ...], words: str, cli: Cli, photos: Path) -> None:
    result = cli("clean", photos, *options)
    assert result.exit_code == 2
    assert words in result.stderr


def test_what_cannot_be_put_back_is_4_and_said(cli: Cli, photos: Path) -> None:
    cli("clean", photos, "--move-aside", "--yes", 1)
    (photos / "beach 1 copy.jpg").write_bytes(b"new")
    result = cli("undo", photos)
    assert result.exit_code == 4
    assert "something else is at" in result.stdout
    assert (photos / "beach 1 copy.jpg").read_bytes() == b"new"


def test_undo_of_a_folder_that_is_not_there_is_misuse(cli: Cli, tmp_path: Path) -> None:
    result = cli("undo", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "is not a folder" in result.stderr
    assert "Nothing is set aside." in cli("undo").stdout


# What a person prefers, and what they said before


@pytest.fixture
def album(photos: Path) -> Path:
    """A third file with the bytes of "beach 1.jpg", in a folder of its own."""
    (photos / "album").mkdir()
    shutil.copy(photos / "beach 1.jpg", photos / "album" / "beach.jpg")
    return photos


def fates(cli: Cli, photos: Path, *options: str) -> dict[str, dict[str, Any]]:
    result = cli("clean", photos, "--dry-run", "--json", *options)
    assert result.exit_code == 0, result.output
    return {file["name"]: file for file in json.loads(result.stdout)["files"]}


def kept(cli: Cli, photos: Path, *options: str) -> set[str]:
    """What stays of the first beach."""
    found = fates(cli, photos, *options)
    return {name for name, file in found.items() if file["fate"] == "kept"} - {"beach 2.jpg", "sub/tower.jpg"}


@pytest.mark.parametrize(
    ("options", "stay"),
    [
        ((), {"album/beach.jpg"}),
        (("--prefer", "album"), {"album/beach.jpg"}),
        (("--prefer", "album/"), {"album/beach.jpg"}),
        (("--avoid", "album"), {"beach 1.jpg"}),
        (("--protect", "album"), {"album/beach.jpg"}),
        (("--prefer", "sub", "--prefer", "album", "--avoid", "album"), {"album/beach.jpg"}),
        (("--keep", "larger", "--keep", "original"), {"album/beach.jpg"}),
    ],
)
def test_of_copies_the_one_stays_that_a_person_prefers(
    options: tuple[str, ...], stay: set[str], cli: Cli, album: Path
) -> None:
    before = state(album)
    assert kept(cli, album, *options) == stay
    assert state(album) == before


def test_what_is_protected_is_never_set_aside(cli: Cli, album: Path) -> None:
    shutil.copy(album / "beach 1.jpg", album / "album" / "again.jpg")
    shutil.copy(album / "beach 2.jpg", album / "album" / "second.jpg")
    found = fates(cli, album, "--protect", "album", "--best-only", "--similarity", "80")
    stays = {name: file["reason"] for name, file in found.items() if name.startswith("album/")}
    assert stays == dict.fromkeys(("album/beach.jpg", "album/again.jpg", "album/second.jpg"), "in a protected folder")
    assert all(found[name]["fate"] == "kept" for name in stays)
    assert {name for name, file in found.items() if file["fate"] == "set aside"} == {
        "beach 1.jpg",
        "beach 1 copy.jpg",
        "beach 2.jpg",
    }


@pytest.mark.parametrize("option", ["protect", "prefer", "avoid"])
@pytest.mark.parametrize("folder", ["Album", "alb", "", "/", "album/beach.jpg", ".."])
def test_a_rule_about_a_folder_that_is_not_there_is_refused(option: str, folder: str) -> None:
    """A slip of the pen must not leave a folder unprotected."""
    found = evidence([photo("p1", name="album/beach.jpg"), photo("p2", name="sub/tower.jpg")], {})
    with pytest.raises(SettingsError, match=re.escape(f"no photo lies in {folder!r}; there are album, sub")):
        Kept(**{option: [folder]}).rules(found.gallery.photos)


def test_a_rule_about_a_folder_that_is_not_there_is_misuse(cli: Cli, album: Path) -> None:
    result = cli("clean", album, "--dry-run", "--protect", "Album")
    assert result.exit_code == 2
    assert "no photo lies in 'Album'; there are album, sub" in result.stderr


def test_a_preference_there_is_not_is_misuse(cli: Cli, photos: Path) -> None:
    result = cli("clean", photos, "--dry-run", "--keep", "prettier")
    assert result.exit_code == 2
    assert "there is no rule prettier; there are larger, " in result.stderr


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def decided(photos: Path, tmp_path: Path) -> list[Ruling]:
    """Earlier it was said in the web app that of the two shots the second stays, and of the copies both."""
    first, second = sha256(photos / "beach 1.jpg"), sha256(photos / "beach 2.jpg")
    rulings = [
        Ruling("0a", 1e9, ((first, second),), (second,), names=("beach 1.jpg", "beach 2.jpg")),
        Ruling("0b", 2e9, ((first, first),), (first, first), moment=False, names=("beach 1.jpg", "\x1b[31mred.jpg")),
    ]
    Catalogue(tmp_path / "data").save(rulings)
    return rulings


def test_what_was_decided_in_the_web_app_is_followed_where_one_says_so(
    cli: Cli, photos: Path, decided: list[Ruling]
) -> None:
    shots = ("--similarity", "80")
    assert kept(cli, photos, *shots) == {"beach 1.jpg"}
    found = fates(cli, photos, *shots, "--decided")
    assert found["beach 1.jpg"]["instead"] == ["beach 2.jpg"]
    assert {name for name, file in found.items() if file["fate"] == "set aside"} == {"beach 1.jpg"}
    (photos / "beach 2.jpg").rename(photos / "renamed.jpg")
    assert fates(cli, photos, *shots, "--decided")["beach 1.jpg"]["instead"] == ["renamed.jpg"]


def test_where_nothing_was_decided_there_is_nothing_to_follow(cli: Cli, photos: Path) -> None:
    assert fates(cli, photos, "--decided") == fates(cli, photos)


def test_a_damaged_record_of_decisions_is_1_and_says_where_it_is(cli: Cli, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE).write_bytes(b"no database at all" * 1000)
    for arguments in (("clean", photos, "--dry-run", "--decided"), ("decisions",)):
        result = cli(*arguments)
        assert result.exit_code == 1
        assert str(tmp_path / "data" / FILE) in result.stderr
    assert cli("clean", photos, "--dry-run").exit_code == 0, "who does not ask for it does not need it"


def test_decisions_are_listed_and_taken_back(cli: Cli, decided: list[Ruling]) -> None:
    listed = cli("decisions")
    assert listed.exit_code == 0
    assert "1 of 2 photos kept" in listed.stdout
    assert "beach 1.jpg, beach 2.jpg" in listed.stdout
    assert "2 decisions." in listed.stdout
    assert "\x1b[31m" not in listed.stdout
    unknown = cli("decisions", "--forget", "zz", "--forget", "0a")
    assert unknown.exit_code == 2
    assert "there is no decision zz" in unknown.stderr
    (left,) = json.loads(cli("decisions", "--forget", "0a", "--json").stdout)
    assert ruling_of(**left) == decided[1]
    assert [one["id"] for one in json.loads(cli("decisions", "--json").stdout)] == ["0b"]


def test_without_decisions_there_are_none(cli: Cli) -> None:
    assert "0 decisions." in cli("decisions").stdout
    assert json.loads(cli("decisions", "--json").stdout) == []


# How it fails


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["photos"], "exactly one of --zip FILE, --to FOLDER, --pdf FILE, --move-aside or --dry-run"),
        (["photos", "--dry-run", "--zip", "a.zip"], "exactly one of"),
        (["photos", "--to", "a", "--zip", "a.zip"], "exactly one of"),
        (["missing", "--dry-run"], "missing does not exist"),
        (["photos", "--dry-run", "--similarity", "0.95"], "similar is a number from 1 to 100"),
        (["photos", "--dry-run", "--similarity", "high"], "--similarity"),
        (["photos", "--dry-run", "--preset", "glamour"], "no preset 'glamour'; there are general"),
        (["photos", "--dry-run", "--time-window", "soon"], "'soon' is no length of time; say 48s"),
        (["photos", "--dry-run", "--time-window", "-3s"], "above 0"),
        (["photos", "--dry-run", "--config", "none.toml"], "none.toml cannot be read"),
        (["photos", "--dry-run", "--colour"], "--colour"),
        ([], "photos"),
    ],
)
def test_misuse_is_2_and_says_what_to_do(
    arguments: list[str], said: str, cli: Cli, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli("clean", *arguments, plain=False)
    assert result.exit_code == 2
    assert said.lower() in " ".join(result.stderr.split()).lower()


@pytest.mark.parametrize("option", ["--encoder", "--ranker", "--device"])
def test_a_word_that_is_none_of_the_choices(option: str, cli: Cli, photos: Path) -> None:
    result = cli("clean", photos, "--dry-run", option, "other", plain=False)
    assert result.exit_code == 2
    assert "not 'other'" in result.stderr


def test_a_zip_that_is_there_is_2_and_stays_and_no_work_is_done(cli: Cli, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_bytes(b"precious")
    result = cli("clean", photos, "--zip", tmp_path / "out.zip")
    assert result.exit_code == 2
    assert "nothing was overwritten" in result.stderr
    assert (tmp_path / "out.zip").read_bytes() == b"precious"
    assert "Reading photos" not in result.stderr


@pytest.mark.parametrize(
    ("more", "said"), [(["--ranker", "builtin"], "--ranker builtin does without"), (["--offline"], "models fetch")]
)
def test_a_prompt_that_no_model_would_read_is_2(more: list[str], said: str, cli: Cli, photos: Path) -> None:
    result = cli("clean", photos, "--dry-run", "--prompt", "our dog", *more, plain=False)
    assert result.exit_code == 2
    assert "--prompt needs CLIP" in result.stderr
    assert said in result.stderr
    assert "Reading photos" not in result.stderr


def test_a_zip_may_have_a_name_in_any_script(cli: Cli, photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "Übersee 🏖 東京.zip"
    assert cli("clean", photos, "--zip", path).exit_code == 0
    assert MANIFEST in names(path)


@pytest.mark.parametrize(
    ("option", "place", "said"),
    [
        ("--zip", "photos/out.zip", "lies inside"),
        ("--zip", "photos/sub/out.zip", "lies inside"),
        ("--to", "photos/clean", "lies inside"),
        ("--to", "photos", "lies inside"),
        ("--to", ".", "holds"),
        ("--zip", "nowhere/out.zip", "is not a folder"),
    ],
)
def test_a_bad_place_is_2_before_any_work(
    option: str, place: str, said: str, cli: Cli, photos: Path, tmp_path: Path
) -> None:
    before = state(photos)
    result = cli("clean", photos, option, tmp_path / place)
    assert result.exit_code == 2
    assert said in result.stderr
    assert state(photos) == before
    assert "Reading photos" not in result.stderr


@pytest.mark.parametrize("words", [("clean", "--dry-run"), ("clean", "--move-aside", "--yes", "1"), ("index",)])
def test_the_data_folder_holds_no_photos(words: tuple[str, ...], cli: Cli, photos: Path, tmp_path: Path) -> None:
    run = tmp_path / "data" / "runs" / ("0" * 32) / "photos"
    shutil.copytree(photos, run)
    before = state(run)
    result = cli(words[0], run, *words[1:], plain=words[0] == "clean")
    assert result.exit_code != 0
    assert "belongs to Unipic's own data folder" in result.stderr
    assert state(run) == before


@pytest.mark.parametrize("where", [("--zip", "out.zip"), ("--to", "out")])
def test_no_room_is_3(
    where: tuple[str, str], cli: Cli, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(_writing.shutil, "disk_usage", lambda path: usage._replace(free=1000))
    result = cli("clean", photos, where[0], tmp_path / where[1])
    assert result.exit_code == 3
    assert "are missing" in result.stderr
    assert not (tmp_path / "out.zip").exists()
    assert not (tmp_path / "out").exists() or os.listdir(tmp_path / "out") == []


def test_no_room_for_temporary_files_is_3_too(cli: Cli, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unipic.library.thumbnails.Thumbnails.save", full)
    result = cli("clean", photos, "--dry-run")
    assert result.exit_code == 3
    assert "No space left on device" in result.stderr


def remembered(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "data" / "library").rglob("*") if path.is_file())


def test_what_was_seen_is_remembered_until_it_is_forgotten(
    cli: Cli, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    first = cli("clean", photos, "--dry-run", "--json")
    assert len(remembered(tmp_path)) == 1 + 3, "the facts, and a thumbnail for each picture"
    seen = []
    monkeypatch.setattr("unipic.library.indexing.embed", lambda pictures, _: (seen.append(p) or p for p in pictures))
    assert cli("clean", photos, "--dry-run", "--json").stdout == first.stdout
    assert [one.name for one in seen] == ["notes.txt"], "what is no photo is cheap to ask again"
    answer = cli("forget")
    assert answer.exit_code == 0
    assert "Forgotten" in answer.stdout
    assert remembered(tmp_path) == []
    assert cli("forget").exit_code == 0, "nothing to forget is no mistake"


def test_fresh_remembers_nothing(cli: Cli, photos: Path, tmp_path: Path) -> None:
    assert cli("clean", photos, "--dry-run", "--fresh").exit_code == 0
    assert remembered(tmp_path) == []


def test_where_nothing_can_be_remembered_it_is_said(cli: Cli, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    result = cli("clean", photos, "--dry-run")
    assert result.exit_code == 0
    assert "This scan will not be remembered" in result.stdout + result.stderr


@pytest.mark.parametrize("where", [("--zip", "out.zip"), ("--to", "out")])
def test_stopped_while_writing_is_130_and_leaves_no_half_file(
    where: tuple[str, str], cli: Cli, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> str:
        raise KeyboardInterrupt

    for module in ("zip", "_writing"):
        monkeypatch.setattr(f"unipic.destinations.{module}.copy_and_hash", stopped)
    result = cli("clean", photos, where[0], tmp_path / where[1])
    assert result.exit_code == 130
    assert "no partial files were left behind" in result.stderr
    assert not (tmp_path / "out.zip").exists()
    assert [path for path in tmp_path.rglob("*") if "part" in path.name] == []


@needs_signals
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_looking_is_130_and_every_process_ends(how: signal.Signals, tmp_path: Path) -> None:
    picture = save(scene(1, 3000, 2000), tmp_path / "photos" / "0.jpg", quality=90)
    for number in range(1, 400):  # more than are read before it is stopped
        os.link(picture, tmp_path / "photos" / f"{number}.jpg")
    arguments = ["clean", str(tmp_path / "photos"), "--zip", str(tmp_path / "out.zip")]
    choices = ["--encoder", "builtin", "--ranker", "builtin", "--workers", "2"]
    running = subprocess.Popen(
        [*MAIN, *arguments, *choices],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    while not list((tmp_path / "data").rglob("*.jpg")):
        assert running.poll() is None
        time.sleep(0.02)
    os.killpg(running.pid, how) if how == signal.SIGINT else running.terminate()
    said = running.communicate(timeout=30)[1]
    assert running.returncode == 130
    assert "Stopped. Originals are unchanged" in said
    assert "Traceback" not in said
    assert sorted(os.listdir(tmp_path)) == ["data", "photos", "tmp"]
    assert sorted(os.listdir(tmp_path / "data")) == ["library"], "what was seen until then"
    deadline = time.monotonic() + 10
    while _anyone_in(running.pid):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.05)


def _anyone_in(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# The other commands


def test_models_are_listed(cli: Cli) -> None:
    result = cli("models", plain=False)
    assert result.exit_code == 0
    for word in ("MobileNet", "CLIP", "missing", "Built-in", "MIT"):
        assert word in result.stdout
    rows = json.loads(cli("models", "--json", plain=False).stdout)
    here = {row["name"] for row in rows if row["status"] == "present"}
    assert here == {"unipic_encoder", "yunet", "dlib_face", "eyes", "pp-ocrv6-small"}
    assert {row["status"] for row in rows if row["name"] not in here} == {"missing"}
    assert all(row["licence"] and row["use"] for row in rows)


def test_a_model_that_does_not_exist_is_named(cli: Cli) -> None:
    result = cli("models", "fetch", "resnet", plain=False)
    assert result.exit_code == 2
    assert "there is no model resnet; there are " in result.stderr


def test_a_model_that_cannot_be_fetched_is_1(cli: Cli) -> None:
    result = cli("models", "fetch", plain=False)
    assert result.exit_code == 1
    assert "UNIPIC_OFFLINE" in result.stderr


def test_large_models_of_the_search_are_fetched_by_name_only(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr("unipic.vision.fetch.fetch", lambda name, *_: fetched.append(name))
    result = cli("models", "fetch", plain=False)
    assert result.exit_code == 0
    assert fetched == ["mobilenet_v3_small", "clip-vit-base-patch32", "laion-aesthetic-vit-b-32"]
    assert "CLIP ViT-B/32: 609 MB" in result.stdout, "before it is downloaded"
    assert "Only fetched by name: siglip2-base-patch32-256, 1.5 GB." in result.stdout
    assert cli("models", "fetch", "siglip2-base-patch32-256", plain=False).exit_code == 0
    assert fetched[-1] == "siglip2-base-patch32-256"


def test_samples_go_into_a_new_folder(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unipic.sources.samples.make_samples", Path.mkdir)
    made = cli("samples", tmp_path / "samples")
    assert made.exit_code == 0
    assert f"python src/main.py clean {tmp_path / 'samples'} --dry-run" in made.stdout
    again = cli("samples", tmp_path / "samples")
    assert again.exit_code == 1
    assert "already exists" in again.stderr


def test_as_a_process_of_its_own(photos: Path, tmp_path: Path) -> None:
    arguments = [
        "clean",
        str(photos),
        "--to",
        str(tmp_path / "out"),
        "--json",
        "--encoder",
        "builtin",
        "--ranker",
        "builtin",
    ]
    done = subprocess.run([*MAIN, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["report"]["before"] == 4
    assert MANIFEST in names(tmp_path / "out")
    again = subprocess.run([*MAIN, *arguments], capture_output=True, text=True, timeout=120)
    assert again.returncode == 2
    assert "already holds a finished result" in json.loads(again.stdout)["error"]


def test_a_taste_that_is_not_proved_is_said_and_changes_nothing(cli: Cli, photos: Path, tmp_path: Path) -> None:
    plain = json.loads(cli("clean", photos, "--dry-run", "--json").stdout)
    asked = json.loads(cli("clean", photos, "--dry-run", "--json", "--taste").stdout)
    why = "The default ranking is used, not your taste: 0 groups so far, 20 are needed."
    assert asked["cleanup"].pop("notices") == [*plain["cleanup"].pop("notices"), why]
    assert asked == plain
    assert os.listdir(tmp_path / "data") == ["library"], "the command line learns nothing"
    assert why in cli("clean", photos, "--dry-run", "--taste").stdout


def test_a_folder_without_photos_is_5(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = cli("clean", tmp_path / "empty", "--dry-run")
    assert result.exit_code == 5
    assert "No photos found here: there are no files" in result.stdout


@pytest.mark.parametrize("way", ["--zip", "--to"])
def test_without_photos_nothing_is_made_and_what_lies_there_is_said(cli: Cli, tmp_path: Path, way: str) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "letter.pdf").write_bytes(b"%PDF")
    (tmp_path / "papers" / "nothing.jpg").touch()
    result = cli("clean", tmp_path / "papers", way, tmp_path / "out", "--list", tmp_path / "list.csv")
    assert result.exit_code == 5
    assert "No photos found here, but 2 other files (.pdf, .jpg)" in result.stdout
    assert not (tmp_path / "out").exists()
    assert "letter.pdf" in (tmp_path / "list.csv").read_text()
