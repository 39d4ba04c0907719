"""Which torch `make` installs, and from where: with stand-ins for Python, uv and the NVIDIA driver's program."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from unipic.core.settings import PROJECT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="needs make")

# Says what it was asked in calls.txt, and fails where $FAILS has the word for it.
STAND_IN = """#!/bin/sh
case "$0 $*" in
  *nvidia-smi*) word=nvidia-smi ;;
  *urlopen*) word=probe ;;
  */uv*--torch-backend=auto*) word=uv-auto ;;
  */uv*) word=uv ;;
  *uv==*) exit 0 ;;
  *--extra-index-url*) word=pip-cpu ;;
  *) word=pip ;;
esac
echo $word >> calls.txt
case " $FAILS " in *" $word "*) echo "$word failed" >&2; exit 1 ;; esac
"""


def made(folder: Path, fails: str) -> tuple[list[str], str]:
    """What was called in which order, and what people saw on standard error."""
    tools = folder / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("python", "uv", "nvidia-smi"):
        (tools / name).write_text(STAND_IN)
        (tools / name).chmod(0o755)
    (folder / "requirements.txt").write_text("")
    done = subprocess.run(
        ["make", "--file", str(PROJECT / "Makefile"), ".venv/installed"],
        cwd=folder,
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "FAILS": fails, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return (folder / "calls.txt").read_text().split(), done.stderr


@pytest.mark.parametrize(
    ("fails", "called"),
    [
        ("nvidia-smi", ["probe", "uv-auto"]),
        ("", ["probe", "uv-auto"]),
        ("nvidia-smi uv-auto", ["probe", "uv-auto", "nvidia-smi", "pip-cpu"]),
        ("uv-auto", ["probe", "uv-auto", "nvidia-smi", "uv"]),  # a GPU is there: not the build for CPUs
        ("nvidia-smi uv-auto pip-cpu", ["probe", "uv-auto", "nvidia-smi", "pip-cpu", "uv"]),
        ("probe", ["probe", "uv"]),
    ],
)
def test_three_ways_to_torch_one_after_the_other(fails: str, called: list[str], tmp_path: Path) -> None:
    assert made(tmp_path, fails) == (called, "")


def test_without_uv_there_is_pip(tmp_path: Path) -> None:
    assert made(tmp_path, "probe uv") == (["probe", "uv", "pip"], "uv failed\n")
