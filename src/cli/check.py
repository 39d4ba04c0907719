"""`check`: whether everything that Unipic works with is here, a line each, with what to do where it is not."""

import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.app import FAILED, app, clear_answers
from cli.terminal import say_findings
from unipic.core.settings import COMMAND, INSTALL, PROJECT, data_folder, models_folder
from unipic.core.words import count, size

INSTALL_DECODERS = "Install pillow, pillow-heif and pillow-jxl-plugin again"
LEAST_ROOM = 2_000_000_000  # bytes: thumbnails and vectors of 20,000 photos


@dataclass(frozen=True)
class Finding:
    about: str
    state: Literal["ok", "note", "problem"]  # a note is about something optional
    words: str
    advice: str = ""


@app.command()
def check(
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON on standard output.")] = False,
) -> None:
    """Check this machine: packages, models, formats, exiftool, disk space, permissions. Exit code 1 for a problem."""
    with clear_answers(as_json):
        found = list(findings())
        print(json.dumps([asdict(one) for one in found])) if as_json else say_findings(found)
        if any(one.state == "problem" for one in found):
            raise typer.Exit(FAILED)


def findings() -> Iterator[Finding]:
    yield from _packages()
    yield _machine()
    yield from _models()
    yield _formats()
    yield _exiftool()
    yield _room()
    yield _may_write("Data folder", data_folder(), "UNIPIC_DATA")


def _packages() -> Iterator[Finding]:
    python = platform.python_version()
    tested = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield (
        Finding("Python", "ok", python) if tested else Finding("Python", "note", f"{python}; tested with 3.11 to 3.13")
    )
    wrong = [words for line in _wanted() if (words := _unlike(line))]
    how = INSTALL[0].upper() + INSTALL[1:]
    yield Finding("Packages", "problem", "; ".join(wrong), how) if wrong else Finding("Packages", "ok", "as pinned")


def _wanted() -> list[str]:
    """Requirements as text: of the project's file, or of the installed package."""
    path = PROJECT / "requirements.txt"
    if path.exists():
        lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
        return [line for line in lines if line]
    try:
        return requires("unipic") or []
    except PackageNotFoundError:
        return []


def _unlike(line: str) -> str:
    """What is wrong with the package that a requirement names; "" where nothing is, or it is not for this machine."""
    from packaging.requirements import Requirement

    wanted = Requirement(line)
    if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
        return ""
    try:
        there = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is not installed"
    fits = wanted.specifier.contains(there, prereleases=True)
    return "" if fits else f"{wanted.name} is {there}, not {wanted.specifier}"


def _machine() -> Finding:
    from unipic.core.machine import RUN_MEMORY, WORKER_MEMORY, cores, decode_processes, memory_bytes
    from unipic.vision.device import pick_device

    memory, device = memory_bytes(), {"cpu": "no NVIDIA GPU", "cuda": "an NVIDIA GPU"}[pick_device("auto")]
    words = f"{count(cores(), 'core')}, {size(memory)} of memory, {device}"
    least = RUN_MEMORY + WORKER_MEMORY
    if 0 < memory < least:
        return Finding("Machine", "note", words, f"A run may be killed with less than {size(least)}. Give it more")
    if decode_processes() < cores():
        words += f"; memory for {count(decode_processes(), 'decode process', 'decode processes')}"
    return Finding("Machine", "ok", words)


def _models() -> Iterator[Finding]:
    from unipic.vision.registry import inventory

    for model, status in inventory(models_folder()):
        if status.state == "present":
            yield Finding(model.label, "ok", "here")
        elif status.state == "damaged" or model.shipped:
            yield Finding(model.label, "problem", status.problem or "it ships with Unipic and is not here")
        else:
            yield Finding(model.label, "note", "not here (optional)", f"{COMMAND} models fetch {model.name} gets it")


def _formats() -> Finding:
    from unipic.reading.images import FORMATS
    from unipic.reading.selftest import undecodable_formats

    if failed := undecodable_formats():
        words = "; ".join(f"{format}: {why}" for format, why in failed.items())
        return Finding("Formats", "problem", f"cannot be decoded here: {words}", INSTALL_DECODERS)
    return Finding("Formats", "ok", f"{', '.join(FORMATS)} are decoded")


def _exiftool() -> Finding:
    from unipic.core.errors import NoExiftool
    from unipic.reading.location import Stripper

    try:
        with Stripper():
            return Finding("exiftool", "ok", "here; locations can be removed from copies")
    except NoExiftool as error:
        return Finding("exiftool", "note", str(error))


def _room() -> Finding:
    free = shutil.disk_usage(_nearest(data_folder())).free
    words = f"{size(free)} free for the data folder"
    return Finding("Disk", "ok", words) if free >= LEAST_ROOM else Finding("Disk", "problem", words, "Free some space")


def _may_write(about: str, folder: Path, variable: str) -> Finding:
    if os.access(_nearest(folder), os.W_OK | os.X_OK):
        return Finding(about, "ok", f"{folder} can be written")
    how = f"Change its permissions, or set {variable} to another folder"
    return Finding(about, "problem", f"{folder} cannot be written: permission denied", how)


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
