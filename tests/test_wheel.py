"""What `pipx install` and `uvx --from` of this repository get: the wheel, built and run without a network."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from unipic.core.settings import PROJECT

pytestmark = pytest.mark.slow

for needed in ("hatchling", "hatch_requirements_txt", "platformdirs"):
    pytest.importorskip(needed, reason=f"{needed} is not installed: pip install -r requirements-dev.txt")

# Prints where an installed Unipic has its own files, its data and its weights.
FOLDERS = """
from unipic.core import settings
from unipic.vision.manifest import MANIFEST, find, read_manifest
print(settings.APP, settings.data_folder(), settings.models_folder())
print(find(read_manifest()["unipic_encoder"], settings.models_folder()).state, MANIFEST.is_relative_to(settings.APP))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it lies in site-packages."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def run(site: Path, home: Path, *arguments: str, **environment: str) -> str:
    """Standard output of Python, somewhere else than in the project, as a user whose home is `home`."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=home,
        env={**environment_of(site, home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment_of(site: Path, home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UNIPIC_", "XDG_", "STREAMLIT_"))}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(site), "COLUMNS": "200"}


def files_of(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_only_unipic_lies_at_the_top_of_site_packages(site: Path) -> None:
    assert {re.sub(r"-.*\.dist-info", ".dist-info", path.name) for path in site.iterdir()} == {
        "unipic",
        "unipic.dist-info",
    }


def test_the_wheel_has_every_file_and_no_other(site: Path) -> None:
    source = {
        name.removeprefix("unipic/") if name.startswith("unipic/") else f"_app/{name}"
        for name in files_of(PROJECT / "src")
    }
    models = PROJECT / "models"
    shipped = ("unipic_encoder", "yunet", "dlib_face", "eyes")
    weights = {f"_app/models/{model}/{name}" for model in shipped for name in files_of(models / model)}
    tables = {"_app/models/manifest.toml", "_app/models/cutoffs.toml"}
    assert files_of(site / "unipic") == source | weights | tables


def test_it_needs_what_requirements_say(site: Path) -> None:
    said = next(site.glob("*.dist-info/METADATA")).read_text(encoding="utf-8")
    needs = {re.sub(r"\s", "", line).replace("'", '"') for line in re.findall(r"^Requires-Dist: (.*)$", said, re.M)}
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = {re.sub(r"\s", "", line.split("#")[0]) for line in lines} - {""}
    assert {need for need in needs if "extra==" not in need} == wanted
    assert any(need.startswith("ray[data]==") and 'extra=="ray"' in need for need in needs)


def test_it_brings_the_command(site: Path) -> None:
    entry = next(site.glob("*.dist-info/entry_points.txt")).read_text(encoding="utf-8")
    assert entry.split() == ["[console_scripts]", "unipic", "=", "unipic.__main__:main"]


def test_the_command_says_what_it_can(site: Path, tmp_path: Path) -> None:
    said = run(site, tmp_path, "-m", "unipic", "--help")
    assert "Usage: unipic " in said
    assert {"clean", "samples", "models", "undo", "web"} <= set(said.split())
    assert "    unipic clean " in run(site, tmp_path, "-m", "unipic", "clean", "--help")


@pytest.mark.skipif(sys.platform != "linux", reason="names Linux's folders")
def test_data_and_weights_lie_where_a_user_has_them(site: Path, tmp_path: Path) -> None:
    folders, weights = run(site, tmp_path, "-c", FOLDERS).splitlines()
    data, cache = tmp_path / ".local" / "share" / "unipic", tmp_path / ".cache" / "unipic" / "models"
    assert folders.split() == [str(site / "unipic" / "_app"), str(data), str(cache)]
    assert weights == "present True"
    named = run(site, tmp_path, "-c", FOLDERS, UNIPIC_DATA="/d", UNIPIC_MODELS="/m")
    assert named.split()[1:3] == ["/d", "/m"]


@pytest.mark.nightly
def test_it_makes_the_sample_photos(site: Path, sample_photos: Path, tmp_path: Path) -> None:
    made = run(site, tmp_path, "-m", "unipic", "samples", "photos")
    assert "unipic clean photos --dry-run" in made
    assert files_of(tmp_path / "photos") == files_of(sample_photos)


@pytest.mark.slow
def test_it_cleans_in_worker_processes_that_find_its_modules(site: Path, sample_photos: Path, tmp_path: Path) -> None:
    light = ("--encoder", "builtin", "--ranker", "builtin")
    said = run(site, tmp_path, "-m", "unipic", "clean", str(sample_photos), "--dry-run", *light)
    assert re.search(r"photos found +39\b", said)
    assert "note:" not in said


def test_check_looks_at_what_was_installed(site: Path, tmp_path: Path) -> None:
    said = run(site, tmp_path, "-m", "unipic", "check", UNIPIC_OFFLINE="1")
    assert "as pinned" in said
    assert "unipic models fetch clip" in said
    assert "requirements.txt" not in said


def test_the_web_app_serves_from_any_folder(site: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "unipic", "web", "--port", str(port)]
    with (
        open(tmp_path / "log", "wb") as log,
        subprocess.Popen(command, cwd=tmp_path, env=environment_of(site, tmp_path), stdout=log, stderr=log) as process,
    ):
        try:
            page, script = (answer(f"http://localhost:{port}/{path}") for path in ("", "unipic/darkroom/main.js"))
        finally:
            process.terminate()
    assert b"<html" in page, (tmp_path / "log").read_text()
    assert b"class Darkroom" in script


def answer(address: str) -> bytes:
    """What a server says once it does, b"" if it does not within half a minute."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as said:
            return bytes(said.read())
        time.sleep(0.2)
    return b""
