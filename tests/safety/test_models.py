"""A model is what the manifest names, to the last bit: one flipped byte and nothing of it is loaded."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.helpers.checkpoints import (
    REAL_WEIGHTS,
    contents,
    make_clip,
    make_head,
    make_mobilenet,
    make_own,
    write_manifest,
)
from tests.helpers.pictures import save, scene, shaken
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record

from unipic.core.errors import ModelDamaged
from unipic.core.settings import PROJECT
from unipic.vision import aesthetic, mobilenet, registry, text
from unipic.vision.builtin import BuiltinEncoder
from unipic.vision.manifest import MANIFEST, Form, Model, find, read_manifest, require

PLACES = amount(pr=12, nightly=200)  # bytes of each file that are flipped, one at a time
HEAD, CLIP, IMAGENET, OWN = "laion-aesthetic-vit-b-32", "clip-vit-base-patch32", "mobilenet_v3_small", "unipic_encoder"
SHARED = {"features.safetensors": "mobilenet_v3_small", "sa_0_4_vit_b_32_linear.pth": "laion_aesthetic"}


@dataclass(frozen=True)
class At:
    """A file of weights at hand, and where the manifest wants it."""

    model: Model
    form: Form
    path: str
    here: Path


def at_hand(models: dict[str, Model], folders: list[Path]) -> list[At]:
    found = []
    for model in models.values():
        for form in model.forms:
            for file in form.files:
                name = Path(file.path).name
                places = [folder / file.path for folder in ([model.home] if model.home else folders)]
                places += [REAL_WEIGHTS / SHARED[name] / name] if name in SHARED else []
                found += [At(model, form, file.path, path) for path in places if path.is_file()][:1]
    return found


def places(size: int) -> list[int]:
    """The ends, the header, and others spread evenly."""
    spread = (size * number // PLACES for number in range(PLACES))
    return sorted({place for place in (0, 1, 7, 8, 9, size // 2, size - 2, size - 1, *spread) if 0 <= place < size})


def flipped(data: bytes, place: int, bit: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def refusals(model: Model, form: Form, path: str, data: bytes, folder: Path) -> list[int]:
    """Places of a file at which a flipped byte was not refused with its name and both hashes."""
    alone = replace(model, forms=(Form(form.name, tuple(file for file in form.files if file.path == path)),))
    passed = []
    for number, place in enumerate(places(len(data))):
        where = folder / str(number)
        (where / path).parent.mkdir(parents=True)
        (where / path).write_bytes(flipped(data, place, number % 8))
        model_there = replace(alone, home=where) if model.shipped else alone
        try:
            require(model_there, where)
            passed.append(place)
        except ModelDamaged as error:
            said = str(error)
            if not all(part in said for part in (str(where / path), "has sha256", alone.forms[0].files[0].sha256)):
                passed.append(place)
        shutil.rmtree(where)
    return passed


def test_one_flipped_byte_of_real_weights_is_refused(tmp_path: Path) -> None:
    """Every file the manifest names that is here: in the project, and beside it."""
    there = at_hand(read_manifest(MANIFEST), [PROJECT / "models"])
    assert OWN in {at.model.name for at in there}, "what ships is part of the project"
    tried = 0
    for number, at in enumerate(there):
        data = at.here.read_bytes()
        whole = tmp_path / f"whole {number}"
        (whole / at.path).parent.mkdir(parents=True)
        (whole / at.path).write_bytes(data)
        alone = Form(at.form.name, tuple(file for file in at.form.files if file.path == at.path))
        model = replace(at.model, forms=(alone,), home=whole if at.model.shipped else None)
        assert find(model, whole).state == "present", f"{at.here} is not what the manifest names"
        assert refusals(at.model, at.form, at.path, data, tmp_path / f"{number}") == []
        tried += len(places(len(data)))
    record("T20", "flipped bytes of real weights", tried, found=0, note=f"{len(there)} files")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with every model, tiny, in the files of the real ones."""
    folder = tmp_path_factory.mktemp("made")
    make_mobilenet(folder / IMAGENET)[1].unlink()
    make_clip(folder / CLIP)
    make_head(folder / HEAD)
    make_own(folder / OWN)
    return folder


@pytest.fixture
def manifest(made: Path, tmp_path: Path) -> Path:
    files = contents(made)
    models = {
        name: [{path: data for path, data in files.items() if path.startswith(name)}]
        for name in (IMAGENET, CLIP, HEAD, OWN)
    }
    for path, data in models[OWN][0].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return write_manifest(tmp_path / "manifest.toml", models, shipped={OWN})


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_opened", {})


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were handed to something that reads weights."""
    seen: list[str] = []
    for module, name in (
        (mobilenet, "MobileNetEncoder"),
        (mobilenet, "UnipicEncoder"),
        (text, "LocalTextEncoder"),
        (aesthetic, "AestheticHead"),
    ):
        kind = getattr(module, name)

        def note(path: Path, *rest: object, kind: type = kind) -> object:
            seen.append(str(path))
            return kind(path, *rest)

        monkeypatch.setattr(module, name, note)
    return seen


def open_everything(folder: Path, manifest: Path) -> list[str]:
    """What is said about each model that could not be had."""
    said, loader = [], registry.Loader(folder, "cpu", fetch=False, manifest=manifest)
    for name in ("mobilenet", "unipic"):
        said += registry.open_encoder(name, loader)[1]
    return said + registry.open_scorer("clip", loader, aesthetic=True)[1]


def test_whole_models_are_loaded_so_that_a_refusal_means_something(
    made: Path, manifest: Path, loaded: list[str]
) -> None:
    assert open_everything(made, manifest) == []
    assert len(loaded) == 4


def test_nothing_of_a_damaged_model_is_loaded(made: Path, manifest: Path, loaded: list[str], tmp_path: Path) -> None:
    """Each file of each model, the configuration and the words of CLIP as well as its numbers."""
    tried = 0
    for name, model in read_manifest(manifest).items():
        for file in model.forms[0].files:
            folder = tmp_path / f"models {tried}"
            shutil.copytree(made, folder)
            target = (tmp_path if model.shipped else folder) / file.path
            before = target.read_bytes()
            target.write_bytes(flipped(before, len(before) // 3, tried % 8))
            registry._opened.clear()
            loaded.clear()
            said = [notice for notice in open_everything(folder, manifest) if "is damaged" in notice]
            target.write_bytes(before)
            assert said, file.path
            assert all(str(target) in notice and file.sha256 in notice for notice in said)
            parent = str(target.parent)
            assert not [path for path in loaded if path == str(target) or path == parent], file.path
            assert [path for path in loaded if name not in path], "the others are not spoilt by it"
            tried += 1
    assert tried > 8
    record("T20", "damaged files of models, opened as the app does", tried, found=0)


def test_every_flipped_byte_of_the_small_files_is_refused(made: Path, manifest: Path, tmp_path: Path) -> None:
    tried = 0
    for model in read_manifest(manifest).values():
        for form in model.forms:
            for number, file in enumerate(form.files):
                data = (made / file.path).read_bytes()
                if len(data) < 2_000_000:
                    where = tmp_path / f"{model.name} {number}"
                    assert refusals(model, form, file.path, data, where) == []
                    tried += len(places(len(data)))
    assert tried > 5 * PLACES
    record("T20", "flipped bytes of tiny weights in all files of all models", tried, found=0)


def test_another_size_is_refused_too(made: Path, manifest: Path, tmp_path: Path) -> None:
    for model in read_manifest(manifest).values():
        file = model.forms[0].files[0]
        data = (made / file.path).read_bytes()
        for number, other in enumerate((b"", data[:-1], data + b"\0")):
            folder = tmp_path / f"{model.name} {number}"
            (folder / file.path).parent.mkdir(parents=True)
            (folder / file.path).write_bytes(other)
            there = replace(model, forms=(Form("", (file,)),), home=folder if model.shipped else None)
            assert find(there, folder).state == "damaged"


# The whole program, from a copy of the project whose shipped weights one byte was flipped in.


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "models").mkdir()
    shutil.copy(MANIFEST, folder / "models")
    shutil.copytree(PROJECT / "models" / OWN, folder / "models" / OWN)
    for seed in range(3):
        save(scene(seed), folder / "photos" / f"{seed}.jpg")
    save(shaken(scene(1)), folder / "photos" / "again.jpg")
    shutil.copy(folder / "photos" / "0.jpg", folder / "photos" / "copy.jpg")
    return folder


def clean(project: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "src/main.py", "clean", "photos", "--json", "--workers", "1", *options],
        cwd=project,
        env={**os.environ, "UNIPIC_DATA": str(project / "data"), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("way", ["the option", pytest.param("the variable", marks=pytest.mark.nightly)])
def test_a_full_run_works_offline(project: Path, way: str, tmp_path: Path) -> None:
    options = ["--offline"] if way == "the option" else []
    done = clean(project, "--zip", str(tmp_path / "out.zip"), *options, UNIPIC_OFFLINE="0" if options else "1")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["cleanup"]["encoder"] == "Unipic's own MobileNetV3-Small"
    assert (tmp_path / "out.zip").is_file()


def test_a_full_run_says_that_its_weights_are_damaged_and_goes_on(project: Path) -> None:
    weights = project / "models" / OWN / "encoder.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(flipped(whole, len(whole) - 1000, 0))
    try:
        done = clean(project, "--offline", "--dry-run")
    finally:
        weights.write_bytes(whole)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["cleanup"]["encoder"] == BuiltinEncoder.label
    assert [notice for notice in told["cleanup"]["notices"] if "is damaged" in notice and str(weights) in notice]
