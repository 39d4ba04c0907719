"""`check`: what is missing on a machine is named, with what to do, and only problems make it fail."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import check
from main import app
from unipic.core import machine
from unipic.core.settings import models_folder
from unipic.reading import selftest
from unipic.reading.images import FORMATS
from unipic.vision import registry
from unipic.vision.manifest import Status


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def found() -> dict[str, check.Finding]:
    return {one.about: one for one in check.findings()}


def test_a_machine_that_has_everything_passes() -> None:
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 0, done.output
    assert "Everything needed is here" in done.output


def test_the_findings_are_json_with_the_same_answer() -> None:
    done = CliRunner().invoke(app, ["check", "--json"])
    assert {one["about"] for one in json.loads(done.stdout)} >= {"Python", "Packages", "Formats", "Disk", "Data folder"}
    assert done.exit_code == 0


def test_nothing_is_made_by_checking(data: Path) -> None:
    list(check.findings())
    assert not data.exists()


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        ("no-such-package==1.0", "no-such-package is not installed"),
        ("pillow==0.1", "not ==0.1"),
        ("no-such-package==1.0; python_version < '3'", ""),
        ("pillow", ""),
    ],
)
def test_a_package_that_is_not_as_pinned_is_named(requirement: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "_wanted", lambda: [requirement])
    about = found()["Packages"]
    assert about.state == ("problem" if said else "ok")
    assert said in about.words


def test_every_format_is_decoded_here() -> None:
    assert selftest.undecodable_formats() == {}


def test_a_missing_codec_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "FORMATS", (*FORMATS, "NOSUCH"))
    about = found()["Formats"]
    assert about.state == "problem"
    assert "NOSUCH" in about.words


def test_a_missing_exiftool_is_a_note_that_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    about = found()["exiftool"]
    assert about.state == "note"
    assert "Install it" in about.words


def test_a_full_disk_and_a_locked_folder_are_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "LEAST_ROOM", 10**18)
    monkeypatch.setattr(check.os, "access", lambda *_: False)
    assert {name for name, one in found().items() if one.state == "problem"} == {"Disk", "Data folder"}
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 1
    assert "UNIPIC_DATA" in done.output


@pytest.mark.parametrize(
    ("state", "shipped", "expected"),
    [("present", True, "ok"), ("missing", True, "problem"), ("missing", False, "note"), ("damaged", False, "problem")],
)
def test_a_model_that_is_damaged_or_should_ship_is_a_problem(
    state: str, shipped: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = registry.inventory(models_folder())
    model = next(model for model, _ in real if model.shipped == shipped)
    told = [(model, Status(state, problem="its file is damaged" if state == "damaged" else ""))]
    monkeypatch.setattr(registry, "inventory", lambda folder: told)
    assert found()[model.label].state == expected


@pytest.mark.parametrize(
    ("memory", "state", "said"),
    [
        (64_000_000_000, "ok", "8 cores, 64.0 GB of memory"),
        (3_000_000_000, "ok", "memory for 3 decode processes"),
        (1_000_000_000, "note", "1.0 GB of memory"),
    ],
)
def test_the_machine_is_the_container(memory: int, state: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda *_: 8)
    monkeypatch.setattr(machine, "memory_bytes", lambda *_: memory)
    about = found()["Machine"]
    assert about.state == state
    assert said in about.words
