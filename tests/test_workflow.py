"""What is checked on GitHub is what the Makefile and the gate say, and what the fast tests leave out is marked."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from unipic.core.settings import PROJECT

yaml = pytest.importorskip("yaml", reason="PyYAML, which transformers brings, is not installed")

GATE = PROJECT / ".ci" / "run"


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    return yaml.safe_load((PROJECT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8"))


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_linux_runs_the_gate(workflow: dict[str, Any]) -> None:
    assert commands(workflow["jobs"]["linux"]) == [".ci/run"]
    assert GATE.read_text(encoding="utf-8").splitlines()[-2:] == ["make check", "make test"]
    assert os.name == "nt" or os.access(GATE, os.X_OK)


def test_other_systems_run_the_fast_tests_of_the_makefile(workflow: dict[str, Any]) -> None:
    job = workflow["jobs"]["fast"]
    assert {name.split("-")[0] for name in job["strategy"]["matrix"]["os"]} == {"macos", "windows"}
    chosen = re.search(r"^FAST := (.*)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert chosen
    assert commands(job)[-1] == f'python -m pytest -n 2 --dist loadfile -m "{chosen[1]}"'
    assert "requirements-dev.txt" in commands(job)[0]


def test_it_may_only_read_and_uses_actions_by_version(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used)


@pytest.mark.parametrize("word", ["serving", "start_server"])
def test_whoever_starts_a_server_says_so(word: str) -> None:
    """By a mark, so that the fast tests leave it out."""
    files = [path for path in (PROJECT / "tests").rglob("test_*.py") if path != Path(__file__)]
    start = [path for path in files if re.search(rf"\b{word}\(", path.read_text(encoding="utf-8"))]
    assert start
    marks = ("mark.server", "mark.browser")
    assert [path for path in start if not any(mark in path.read_text(encoding="utf-8") for mark in marks)] == []
