"""`immich` and `clean immich:`, as a person and as a script use them."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.fake_immich import KEY, FakeImmich
from tests.helpers.pictures import save, scene, shaken
from typer.testing import CliRunner, Result

import main
from unipic.core.settings import PROJECT, immich_folder
from unipic.library.decisions import Catalogue, Ruling
from unipic.sources.immich import saved_login

pytestmark = [pytest.mark.slow, pytest.mark.server]

PLAIN = ("--encoder", "builtin", "--ranker", "builtin", "--workers", "1")
SECOND = "2024-06-12T20:51:0{}.000Z"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("unipic.core.settings._KEY", [""])


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImmich]:
    """Two shots of one second, one of them twice in two libraries, and another photo."""
    fake = FakeImmich()
    shots = [scene(1), shaken(scene(1)), scene(2)]
    data = [save(picture, tmp_path / f"made{n}.jpg").read_bytes() for n, picture in enumerate(shots)]
    for number, content in enumerate((*data, data[0])):
        fake.add(f"IMG_{number}.jpg", content, taken=SECOND.format(0 if number == 3 else number))
    with fake.serving() as url:
        monkeypatch.setenv("UNIPIC_IMMICH_URL", url)
        monkeypatch.setenv("UNIPIC_IMMICH_KEY", KEY)
        yield fake


def unipic(*words: str, typed: str = "") -> Result:
    done = CliRunner().invoke(main.app, list(words), input=typed)
    assert KEY not in done.output
    return done


def reads_only(fake: FakeImmich) -> bool:
    return all(method == "GET" or path.startswith("/search/") for method, path, _ in fake.log)


def test_check_names_each_missing_permission_and_what_it_is_for(fake: FakeImmich) -> None:
    fake.permissions = [
        "asset.read",
        "asset.view",
        "asset.statistics",
        "album.read",
        "tag.read",
        "stack.read",
        "user.read",
    ]
    done = unipic("immich", "check")
    assert done.exit_code == 0
    assert "look at photos   allowed" in done.output
    assert "favourites       missing asset.update" in done.output
    assert "4 photos" in done.output
    told = json.loads(unipic("immich", "check", "--json").stdout)
    assert told["missing"]["undo"] == ["albumAsset.delete", "album.delete", "tag.delete", "stack.delete"]
    assert reads_only(fake)


def test_list_says_what_there_is(fake: FakeImmich) -> None:
    fake.album("Trip", next(iter(fake.assets)))
    told = json.loads(unipic("immich", "list", "immich:album/Trip", "--json").stdout)
    assert [one["name"] for one in told["photos"]] == ["IMG_0.jpg"]
    assert "4 photos" in unipic("immich", "list").output
    fake.assets.clear()
    assert unipic("immich", "list").exit_code == 5


def test_clean_takes_previews_and_copies_nothing_of_them(fake: FakeImmich, tmp_path: Path) -> None:
    done = unipic("clean", "immich:", "--list", str(tmp_path / "what.csv"), *PLAIN)
    assert done.exit_code == 0, done.output
    with open(tmp_path / "what.csv", encoding="utf-8-sig") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert len(rows) == 4
    assert all(row["sha256"].startswith("sha1:") and row["path"].startswith("immich:") for row in rows.values())
    assert sorted(row["fate"] for row in rows.values()) == ["kept", "kept", "kept", "set aside"]
    assert "measured on Immich's previews" in done.output
    assert reads_only(fake)
    for way in (["--zip", str(tmp_path / "out.zip")], ["--move-aside"]):
        assert unipic("clean", "immich:", *way, *PLAIN).exit_code == 2


def test_originals_can_be_copied_and_files_here_are_known_to_be_on_the_server(fake: FakeImmich, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "IMG.jpg").write_bytes(fake.content[next(iter(fake.assets))])
    (mine / "new.jpg").write_bytes(save(scene(7), tmp_path / "new.jpg").read_bytes())
    done = unipic("clean", str(mine), "immich:", "--originals", "--to", str(tmp_path / "out"), *PLAIN)
    assert done.exit_code == 0, done.output
    assert "exact copies                 2 in 1 set" in done.output
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 4
    assert reads_only(fake)


def test_without_copies_whole_photos_are_fetched_of_groups_alone(fake: FakeImmich, tmp_path: Path) -> None:
    done = unipic("clean", "immich:", "--originals", "--list", str(tmp_path / "what.json"), *PLAIN)
    assert done.exit_code == 0, done.output
    whole = {fake.content[path.split("/")[2]] for _, path, _ in fake.log if path.endswith("/original")}
    assert whole == {fake.content[id] for id, one in fake.assets.items() if one["originalFileName"] != "IMG_2.jpg"}
    assert reads_only(fake)


def test_the_library_has_photos_of_the_server_and_finds_them(fake: FakeImmich) -> None:
    plain = ("--encoder", "builtin", "--model", "none")
    done = unipic("index", "immich:", "--workers", "1", "--ocr", "off", *plain)
    assert done.exit_code == 0, done.output
    assert "immich:: 4 files, 4 new" in done.output
    assert "immich:/IMG_1.jpg" in unipic("search", "IMG_1", *plain).output
    assert "3 photos found" in unipic("search", "IMG", "--in", "immich:", *plain).output, "of identical files one"
    assert "immich:" in unipic("status").output
    fake.maintenance = True
    assert "maintenance" in unipic("index", "--workers", "1", "--ocr", "off", *plain).output
    assert unipic("search", "IMG_1", *plain).exit_code == 0
    assert unipic("forget", "immich:").exit_code == 0
    assert unipic("search", "IMG_1", *plain).exit_code == 2
    assert reads_only(fake)


def test_what_was_decided_about_a_file_holds_for_it_on_the_server(fake: FakeImmich, tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    catalogue.same_bytes([("a" * 40, "b" * 64)])
    catalogue.save([Ruling("r", 1.0, (("b" * 64,), ("c" * 64,)), ("b" * 64,))])
    (found,) = catalogue.about(["a" * 40])
    assert (found.parts, found.kept) == ((("a" * 40,), ("c" * 64,)), ("a" * 40,))
    assert catalogue.about(["b" * 64]) == catalogue.all()


def test_apply_and_undo(fake: FakeImmich) -> None:
    before = fake.state()
    done = unipic("immich", "apply", "--dry-run", "--create-albums", *PLAIN)
    assert done.exit_code == 0, done.output
    assert "Dry run: nothing was written." in done.output
    assert reads_only(fake)
    assert unipic("immich", "apply", *PLAIN).exit_code == 2  # nobody is there to confirm
    assert unipic("immich", "apply", "--yes", "77", *PLAIN).exit_code == 2
    assert fake.state() == before
    done = unipic("immich", "apply", "--create-albums", "--yes", "3", *PLAIN)
    assert done.exit_code == 0, done.output
    assert set(fake.state()["tags"]) > {"Unipic/similar", "Unipic/duplicate"}
    (run,) = json.loads(unipic("undo", "--list", "--json").stdout)
    assert run["run"] in unipic("undo", "--list").output
    done = unipic("immich", "undo", "--json")
    assert json.loads(done.stdout)["problems"] == []
    assert fake.state() == before
    assert unipic("immich", "undo").exit_code == 2
    for path in immich_folder().rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()


def test_wishes_that_exclude_each_other(fake: FakeImmich) -> None:
    for wrong in (["--tag-only", "--stack"], ["--restack"], ["--tag-prefix", "/"], ["--resume"]):
        assert unipic("immich", "apply", *wrong, *PLAIN).exit_code == 2


def test_login_asks_for_the_key_and_forget_forgets_it(fake: FakeImmich, monkeypatch: pytest.MonkeyPatch) -> None:
    url = os.environ["UNIPIC_IMMICH_URL"]
    monkeypatch.setenv("UNIPIC_IMMICH_URL", "")
    monkeypatch.delenv("UNIPIC_IMMICH_KEY", raising=False)
    assert unipic("immich", "check").exit_code == 2
    assert unipic("immich", "login", url, typed=f"{KEY}\n").exit_code == 0
    login = saved_login()
    assert login
    assert login.url == url
    assert unipic("immich", "check").exit_code == 0
    assert unipic("immich", "forget").exit_code == 0
    assert saved_login() is None
    assert unipic("immich", "login", url, typed="wrong\n").exit_code == 1
    assert saved_login() is None


def test_the_key_is_in_no_process_list_and_in_no_worker(fake: FakeImmich, tmp_path: Path) -> None:
    """Workers that decode what a server sent are started after the key left the environment."""
    script = (
        "import os, subprocess, sys\n"
        "from unipic.sources.immich import chosen_server\n"
        "print(chosen_server().key)\n"
        "child = 'import os; print(dict(os.environ))'\n"
        "print(subprocess.run([sys.executable, '-c', child], capture_output=True).stdout)\n"
        "print(open('/proc/self/cmdline').read())\n"
    )
    env = {**os.environ, "PYTHONPATH": str(PROJECT / "src"), "UNIPIC_IMMICH_KEY": KEY}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
    first, *others = done.stdout.splitlines()
    assert first == KEY
    assert KEY not in "".join(others)
