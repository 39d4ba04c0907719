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
from unipic.core.language import gettext as _, gettext_noop as N_, retold
from unipic.core.settings import COMMAND, INSTALL, PROJECT, data_folder, models_folder
from unipic.core.words import count, size

INSTALL_DECODERS = N_("Install pillow, pillow-heif and pillow-jxl-plugin again")
LEAST_ROOM = 2_000_000_000  # bytes: thumbnails and vectors of 20,000 photos


@dataclass(frozen=True)
class Finding:
    about: str
    state: Literal["ok", "note", "problem"]  # a note is about something optional
    words: str
    advice: str = ""


@app.command()
def check(
    photos: Annotated[
        list[Path] | None, typer.Argument(help=_("Look into these parts of an export, or folders, instead."))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("The findings as JSON on standard output."))] = False,
) -> None:
    """Check this machine: packages, models, formats, exiftool, disk space, permissions. Exit code 1 for a problem."""
    with clear_answers(as_json):
        found = list(_photos(photos) if photos else findings())
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
    yield _may_write(_("Data folder"), data_folder(), "UNIPIC_DATA")


def _photos(paths: list[Path]) -> Iterator[Finding]:
    """How many files there are, by a list of them alone; and those that cannot be looked at."""
    from unipic.core.photo import Found
    from unipic.sources.folder import FolderSource

    files = list(FolderSource(paths).files())
    yield Finding(_("Files"), "ok", count(sum(isinstance(file, Found) for file in files), "file"))
    for file in files:
        if not isinstance(file, Found):
            yield Finding(file.name, "problem", retold(file.reason))


def _packages() -> Iterator[Finding]:
    python = platform.python_version()
    tested = (3, 11) <= sys.version_info[:2] <= (3, 13)
    untested = _("{version}; tested with 3.11 to 3.13", version=python)
    yield Finding("Python", "ok", python) if tested else Finding("Python", "note", untested)
    wrong = [words for line in _wanted() if (words := _unlike(line))]
    about, install = _("Packages"), retold(INSTALL)
    how = install[0].upper() + install[1:]
    yield Finding(about, "problem", "; ".join(wrong), how) if wrong else Finding(about, "ok", _("as pinned"))


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
        return _("{name} is not installed", name=wanted.name)
    fits = wanted.specifier.contains(there, prereleases=True)
    if fits:
        return ""
    return _("{name} is {version}, not {wanted}", name=wanted.name, version=there, wanted=wanted.specifier)


def _machine() -> Finding:
    from unipic.core.machine import RUN_MEMORY, WORKER_MEMORY, cores, decode_processes, memory_bytes
    from unipic.vision.device import pick_device

    memory, device = memory_bytes(), {"cpu": _("no NVIDIA GPU"), "cuda": _("an NVIDIA GPU")}[pick_device("auto")]
    words = _("{cores}, {size} of memory, {device}", cores=count(cores(), "core"), size=size(memory), device=device)
    least = RUN_MEMORY + WORKER_MEMORY
    if 0 < memory < least:
        advice = _("A run may be killed with less than {size}. Give it more", size=size(least))
        return Finding(_("Machine"), "note", words, advice)
    if decode_processes() < cores():
        processes = count(decode_processes(), "decode process", "decode processes")
        words += _("; memory for {processes}", processes=processes)
    return Finding(_("Machine"), "ok", words)


def _models() -> Iterator[Finding]:
    from unipic.vision.registry import inventory

    for model, status in inventory(models_folder()):
        if status.state == "present":
            yield Finding(_(model.label), "ok", _("here"))
        elif status.state == "damaged" or model.shipped:
            yield Finding(_(model.label), "problem", status.problem or _("it ships with Unipic and is not here"))
        else:
            advice = _("{command} models fetch {name} gets it", command=COMMAND, name=model.name)
            yield Finding(_(model.label), "note", _("not here (optional)"), advice)


def _formats() -> Finding:
    from unipic.reading.images import FORMATS
    from unipic.reading.selftest import undecodable_formats

    if failed := undecodable_formats():
        words = "; ".join(f"{format}: {why}" for format, why in failed.items())
        told = _("cannot be decoded here: {formats}", formats=words)
        return Finding(_("Formats"), "problem", told, _(INSTALL_DECODERS))
    return Finding(_("Formats"), "ok", _("{formats} are decoded", formats=", ".join(FORMATS)))


def _exiftool() -> Finding:
    from unipic.core.errors import NoExiftool
    from unipic.reading.location import Stripper

    try:
        with Stripper():
            return Finding("exiftool", "ok", _("here; locations can be removed from copies"))
    except NoExiftool as error:
        return Finding("exiftool", "note", str(error))


def _room() -> Finding:
    free = shutil.disk_usage(_nearest(data_folder())).free
    about, words = _("Disk"), _("{size} free for the data folder", size=size(free))
    return Finding(about, "ok", words) if free >= LEAST_ROOM else Finding(about, "problem", words, _("Free some space"))


def _may_write(about: str, folder: Path, variable: str) -> Finding:
    if os.access(_nearest(folder), os.W_OK | os.X_OK):
        return Finding(about, "ok", _("{folder} can be written", folder=folder))
    how = _("Change its permissions, or set {variable} to another folder", variable=variable)
    return Finding(about, "problem", _("{folder} cannot be written: permission denied", folder=folder), how)


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
