"""What weights there may be, by models/manifest.toml, and which of them are here unspoilt."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from unipic.core.errors import ModelDamaged, ModelMissing
from unipic.core.settings import COMMAND, PROJECT

MANIFEST = PROJECT / "models" / "manifest.toml"
FETCH = f"`{COMMAND} models fetch`"  # what to do about a model that is not here
AGAIN = "It is part of Unipic: get that file again from where you got Unipic."  # and about one that ships


@dataclass(frozen=True)
class File:
    path: str  # relative to the models folder
    sha256: str
    size: int  # bytes
    url: str = ""  # empty: it cannot be fetched, only be put here


@dataclass(frozen=True)
class Form:
    """One way a model's weights are stored; all its files are needed."""

    name: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class Model:
    name: str
    label: str  # for people
    licence: str
    source: str  # the page it is published on
    use: str
    forms: tuple[Form, ...]  # any one is enough; the first is the one that is fetched
    home: Path | None = None  # of a model that is part of the project: it lies beside the manifest and is never fetched

    @property
    def shipped(self) -> bool:
        return self.home is not None

    @property
    def size(self) -> int:
        """Bytes to fetch when nothing is here."""
        return sum(file.size for file in self.forms[0].files)


@dataclass(frozen=True)
class Status:
    state: Literal["present", "missing", "damaged"]
    form: Form | None = None  # the one that is present
    problem: str = ""  # what is missing or damaged, and what to do


@cache
def read_manifest(path: Path = MANIFEST) -> dict[str, Model]:
    """Models by name, in the file's order."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["model"]
    return {entry["name"]: _model(entry, path.parent) for entry in entries}


def _model(entry: dict[str, Any], home: Path) -> Model:
    forms = tuple(Form(form["name"], tuple(File(**file) for file in form["file"])) for form in entry["form"])
    facts = {key: value for key, value in entry.items() if key not in ("form", "shipped")}
    return Model(**facts, forms=forms, home=home if entry.get("shipped") else None)


def find(model: Model, folder: Path) -> Status:
    """Present when every file of one form is here with the right sha256. Each file is read once a process."""
    folder = model.home or folder
    damage = ""
    for form in model.forms:
        here = [file for file in form.files if (folder / file.path).is_file()]
        problems = [problem for file in here if (problem := _problem(file, folder, model.shipped))]
        if len(here) == len(form.files) and not problems:
            return Status("present", form)
        damage = damage or next(iter(problems), "")
    if damage:
        return Status("damaged", problem=f"{model.label} is damaged: {damage}")
    missing = f"{model.label} is not installed"
    if model.shipped:
        missing += f": there is no {folder / model.forms[0].files[0].path}. {AGAIN}"
    return Status("missing", problem=missing)


def require(model: Model, folder: Path) -> Form:
    """The form that is present. ModelMissing if none is and it may be fetched, else ModelDamaged."""
    status = find(model, folder)
    if status.form is None:
        raise (ModelMissing if status.state == "missing" and not model.shipped else ModelDamaged)(status.problem)
    return status.form


def damage(file: File, where: Path, found: str) -> str:
    return f"{where} has sha256 {found} instead of {file.sha256}"


def _problem(file: File, folder: Path, shipped: bool) -> str:
    """Empty when the file is as it should be."""
    path = folder / file.path
    try:
        found = sha256(path)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}. Make it readable."
    remedy = AGAIN if shipped else f"Delete it and run {FETCH}."
    return "" if found == file.sha256 else f"{damage(file, path, found)}. {remedy}"


_known: dict[tuple[Path, int, int], str] = {}


def sha256(path: Path) -> str:
    """Of the file's bytes; not read again while its size and time of change stay."""
    status = path.stat()
    key = (path.absolute(), status.st_size, status.st_mtime_ns)
    if key not in _known:
        with path.open("rb") as file:
            _known[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _known[key]
