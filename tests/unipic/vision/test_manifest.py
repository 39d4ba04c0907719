"""What weights there may be, and which are here unspoilt."""

import errno
import hashlib
import os
import re
from pathlib import Path

import pytest
from tests.helpers.checkpoints import REAL_FILES, REAL_WEIGHTS, make_clip, write_manifest

from unipic.core.errors import ModelDamaged, ModelMissing
from unipic.vision import manifest as module
from unipic.vision.manifest import MANIFEST, find, read_manifest, require

A, B, C = b"first form, a", b"first form, b", b"second form"


@pytest.fixture
def model(tmp_path):
    forms = [{"m/a": A, "m/b": B}, {"m/c": C}]
    return read_manifest(write_manifest(tmp_path / "manifest.toml", {"m": forms}))["m"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models" / "m").mkdir(parents=True)
    return tmp_path / "models"


def test_every_entry_of_the_project_is_complete():
    for name, model in read_manifest().items():
        assert model.name == name
        assert all((model.label, model.licence, model.use))
        if model.package:
            assert f"\n{model.package}==" in (MANIFEST.parents[1] / "requirements.txt").read_text(encoding="utf-8")
            assert find(model, MANIFEST.parent).state == "present", "the package has it"
        elif model.shipped:
            assert (MANIFEST.parents[1] / model.source).is_file()
            assert not any(file.url for form in model.forms for file in form.files), "it is here already"
        else:
            assert model.source.startswith("https://")
            assert all(file.url.startswith("https://") for file in model.forms[0].files), "the first can be fetched"
        for form in model.forms:
            for file in form.files:
                assert Path(file.path).parts[0] == ("models" if model.package else name)
                assert ".." not in Path(file.path).parts
                assert re.fullmatch("[0-9a-f]{64}", file.sha256)
                assert file.size > 0


def test_the_models_are_those_that_are_documented():
    assert {name: model.size for name, model in read_manifest().items()} == {
        "unipic_encoder": 2_566_488,
        "yunet": 232_589,
        "dlib_face": 11_221_064,
        "eyes": 496_312,
        "pp-ocrv6-small": 31_163_977,
        "mobilenet_v3_small": 10_306_551,
        "clip-vit-base-patch32": 608_774_393,
        "siglip2-base-patch32-256": 1_541_836_625,
        "clip-vit-base-patch32-256-datacomp": 607_413_445,
        "laion-aesthetic-vit-b-32": 3_047,
    }
    docs = (MANIFEST.parents[1] / "docs" / "models.md").read_text(encoding="utf-8")
    for model in read_manifest().values():
        for form in model.forms:
            for file in form.files:
                assert file.sha256 in docs
                assert f"{file.size:,}" in docs


def test_the_tiny_clip_has_the_files_of_the_real_one(tmp_path):
    """So what loads the tiny one meets the words of the real one."""
    folder = make_clip(tmp_path)
    real = {Path(file.path).name: file.sha256 for file in read_manifest()["clip-vit-base-patch32"].forms[0].files}
    assert {path.name for path in folder.iterdir()} == set(real)
    for name in REAL_FILES:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == real[name]


def test_nothing_or_half_a_form_is_missing(model, folder):
    assert find(model, folder).state == "missing"
    (folder / "m/a").write_bytes(A)
    assert find(model, folder).state == "missing"
    with pytest.raises(ModelMissing, match="Tiny m is not installed"):
        require(model, folder)


def test_all_files_of_a_form_are_enough(model, folder):
    (folder / "m/c").write_bytes(C)
    assert find(model, folder).form == model.forms[1]
    (folder / "m/a").write_bytes(A)
    (folder / "m/b").write_bytes(B)
    assert require(model, folder) == model.forms[0]


def test_a_damaged_file_is_named_with_both_hashes_and_what_to_do(model, folder):
    (folder / "m/a").write_bytes(A)
    (folder / "m/b").write_bytes(B[:-1] + b"!")
    assert find(model, folder).state == "damaged"
    with pytest.raises(ModelDamaged) as raised:
        require(model, folder)
    message = str(raised.value)
    assert str(folder / "m/b") in message
    assert model.forms[0].files[1].sha256 in message
    assert len(set(re.findall("[0-9a-f]{64}", message))) == 2
    assert "Delete it and run `python src/main.py models fetch`." in message


def test_a_whole_form_wins_over_a_damaged_one(model, folder):
    (folder / "m/a").write_bytes(b"spoilt")
    (folder / "m/c").write_bytes(C)
    assert find(model, folder).form == model.forms[1]


def test_what_ships_lies_beside_the_manifest(tmp_path, folder):
    own = read_manifest(write_manifest(tmp_path / "shipping.toml", {"m": [{"m/c": C}]}, shipped={"m"}))["m"]
    (folder / "m/c").write_bytes(C)
    assert find(own, folder).state == "missing", "the models folder is not asked"
    with pytest.raises(ModelDamaged, match="get that file again from where you got Unipic"):
        require(own, folder)
    (tmp_path / "m").mkdir()
    (tmp_path / "m/c").write_bytes(C)
    assert find(own, folder).state == "present"
    (tmp_path / "m/c").write_bytes(B)
    assert find(own, folder).state == "damaged"
    assert "fetch" not in find(own, folder).problem


def test_the_shipped_encoder_is_the_manifests_and_small():
    own = read_manifest()["unipic_encoder"]
    assert own.shipped
    assert require(own, Path("nowhere")) == own.forms[0]
    assert own.size < 6_000_000
    assert own.size == sum((MANIFEST.parent / file.path).stat().st_size for file in own.forms[0].files)


def test_a_file_is_read_again_only_when_it_changed(model, folder, monkeypatch):
    reads = []
    digest = module.hashlib.file_digest
    monkeypatch.setattr(module.hashlib, "file_digest", lambda *args: reads.append(1) or digest(*args))
    path = folder / "m/c"
    path.write_bytes(C)
    for _ in range(3):
        assert find(model, folder).state == "present"
    assert len(reads) == 1
    path.write_bytes(C[::-1])
    os.utime(path, ns=(1, 1))
    assert find(model, folder).state == "damaged"
    assert len(reads) == 2


def test_a_file_that_cannot_be_read_is_damaged(model, folder, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(module.hashlib, "file_digest", refuse)
    (folder / "m/c").write_bytes(C)
    assert find(model, folder).state == "damaged"
    assert f"{folder / 'm/c'} cannot be read: Permission denied." in find(model, folder).problem


@pytest.mark.weights
def test_the_real_weights_are_the_manifests():
    if not (REAL_WEIGHTS / "mobilenet_v3_small").is_dir():
        pytest.skip(f"no real weights at {REAL_WEIGHTS}")
    assert require(read_manifest()["mobilenet_v3_small"], REAL_WEIGHTS).name == "its feature layers alone"
