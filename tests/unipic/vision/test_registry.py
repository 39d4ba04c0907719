"""Models by name: once a process, fetched where allowed, replaced in plain sight."""

from __future__ import annotations

import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.checkpoints import PROJECT, REAL_WEIGHTS, contents, make_clip, make_mobilenet, write_manifest

from unipic.errors import Cancelled, SettingsError
from unipic.vision import fetch, registry
from unipic.vision.manifest import MANIFEST
from unipic.vision.registry import inventory, open_encoder, open_scorer

NOWHERE = "http://nowhere.invalid/"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A models folder with both tiny models."""
    folder = tmp_path_factory.mktemp("made")
    _, features = make_mobilenet(folder / "mobilenet_v3_small")
    features.unlink()
    make_clip(folder / "clip-vit-base-patch32")
    return folder


@pytest.fixture
def manifest(made, tmp_path):
    files = contents(made)
    models = {
        name: [{path: content for path, content in files.items() if path.startswith(name)}]
        for name in ("mobilenet_v3_small", "clip-vit-base-patch32")
    }
    return write_manifest(tmp_path / "manifest.toml", models, NOWHERE)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


class Stub:
    name, label, near, similar = "builtin", "built-in", 0.9, 0.8


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Nothing opened, no server known to be silent, a stand-in for the built-in encoder."""
    monkeypatch.setattr(registry, "_opened", {})
    monkeypatch.setattr(fetch, "_silent_since", {})
    monkeypatch.delenv("UNIPIC_OFFLINE", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    builtin = types.ModuleType("unipic.vision.builtin")
    builtin.BuiltinEncoder = Stub  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "unipic.vision.builtin", builtin)


@pytest.mark.parametrize("name", ["auto", "mobilenet"])
def test_what_is_here_is_loaded_once_and_without_a_notice(made, manifest, name):
    encoder, notices = open_encoder(name, made, "cpu", manifest=manifest)
    assert (encoder.name, notices) == ("mobilenet", [])
    assert encoder.embed(np.zeros((1, 224, 224, 3), np.uint8)).shape == (1, 576)
    assert open_encoder("auto", made, "cpu", manifest=manifest)[0] is encoder


def test_clip_is_loaded_once(made, manifest):
    scorer, notices = open_scorer("auto", made, "cpu", manifest=manifest)
    assert notices == []
    assert scorer is not None
    assert scorer.score([np.zeros((9, 9, 3), np.uint8)], "a photo").shape == (1,)
    assert open_scorer("clip", made, "cpu", manifest=manifest)[0] is scorer


def test_runs_that_start_together_load_once(made, manifest):
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: open_encoder("auto", made, "cpu", manifest=manifest)[0], range(3)))
    assert len(set(map(id, found))) == 1


def test_who_waits_for_another_run_can_stop(made, manifest):
    def stop(step):
        raise Cancelled

    with registry._opening, pytest.raises(Cancelled):
        open_encoder("auto", made, "cpu", progress=stop, manifest=manifest)


def test_the_built_in_ones_need_no_files(folder):
    assert open_encoder("builtin", folder)[0].name == "builtin"
    assert open_scorer("builtin", folder) == (None, [])


@pytest.mark.parametrize("name", ["auto", "mobilenet"])
def test_an_encoder_that_cannot_be_had_is_replaced_in_plain_sight(folder, manifest, name):
    encoder, (notice,) = open_encoder(name, folder, manifest=manifest)
    assert encoder.name == "builtin"
    assert notice.startswith("Tiny mobilenet_v3_small is not here and nowhere.invalid cannot be reached (")
    assert notice.endswith(
        "): using the built-in encoder. `python src/main.py models fetch` gets it when you are online."
    )
    assert "\n" not in notice


@pytest.mark.parametrize("name", ["auto", "clip"])
def test_a_scorer_that_cannot_be_had_is_replaced_in_plain_sight(folder, manifest, name):
    scorer, (notice,) = open_scorer(name, folder, manifest=manifest)
    assert scorer is None
    assert "nowhere.invalid cannot be reached" in notice
    assert "using the built-in ranking." in notice


def test_a_silent_hub_is_waited_for_once(folder, manifest, monkeypatch):
    started = []
    start = fetch._start
    monkeypatch.setattr(fetch, "_start", lambda *args: started.append(1) or start(*args))
    open_encoder("auto", folder, manifest=manifest)
    _, (notice,) = open_scorer("auto", folder, manifest=manifest)
    assert len(started) == 1
    assert "nowhere.invalid could not be reached a moment ago" in notice


def test_without_leave_nothing_is_fetched(folder, manifest, monkeypatch):
    monkeypatch.setattr(registry, "fetch_weights", None)
    _, (notice,) = open_encoder("auto", folder, fetch=False, manifest=manifest)
    assert "is not here and fetching is switched off: using the built-in encoder" in notice


def test_offline_is_said(folder, manifest, monkeypatch):
    monkeypatch.setenv("UNIPIC_OFFLINE", "1")
    _, (notice,) = open_encoder("auto", folder, manifest=manifest)
    assert "UNIPIC_OFFLINE" in notice


def test_what_is_fetched_is_used(made, folder, manifest, monkeypatch):
    """Also in a process that went without it before."""
    assert open_encoder("auto", folder, "cpu", fetch=False, manifest=manifest)[0].name == "builtin"

    def bring(name, folder, progress, manifest):
        for path, content in contents(made).items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(content)

    monkeypatch.setattr(registry, "fetch_weights", bring)
    encoder, notices = open_encoder("auto", folder, "cpu", manifest=manifest)
    assert (encoder.name, notices) == ("mobilenet", [])


def test_cancelling_a_fetch_goes_on_without_the_model(folder, manifest):
    def skip(step):
        assert step.stage.startswith("Fetching")
        raise Cancelled

    encoder, (notice,) = open_encoder("auto", folder, progress=skip, manifest=manifest)
    assert encoder.name == "builtin"
    assert "is not here and fetching it was skipped: using the built-in encoder." in notice


def test_a_damaged_model_is_replaced_and_said_to_be_damaged(folder, manifest, made):
    path = "mobilenet_v3_small/mobilenet_v3_small-047dcff4.pth"
    (folder / path).parent.mkdir()
    (folder / path).write_bytes(contents(made)[path][:-1])
    encoder, (notice,) = open_encoder("mobilenet", folder, manifest=manifest)
    assert encoder.name == "builtin"
    assert "is damaged" in notice
    assert str(folder / path) in notice
    assert "Delete it and run `python src/main.py models fetch`." in notice
    assert notice.endswith("Until then the built-in encoder is used.")


def test_a_gpu_that_is_not_there_is_said_before_anything_is_fetched(folder, manifest, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(registry, "fetch_weights", None)
    for opener in (open_encoder, open_scorer):
        with pytest.raises(SettingsError, match="no CUDA GPU"):
            opener("auto", folder, "cuda", manifest=manifest)


def test_a_library_that_is_not_installed_is_said(made, manifest, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.delitem(sys.modules, "unipic.vision.clip", raising=False)
    scorer, (notice,) = open_scorer("auto", made, "cpu", manifest=manifest)
    assert scorer is None
    assert "needs transformers: run `pip install -r requirements.txt`. Until then the built-in ranking" in notice


def test_the_inventory_names_every_model(made, folder, manifest):
    assert {model.name: status.state for model, status in inventory(made, manifest)} == {
        "mobilenet_v3_small": "present",
        "clip-vit-base-patch32": "present",
    }
    assert {status.state for _, status in inventory(folder)} == {"missing"}


def test_asking_what_is_here_needs_no_torch(folder):
    code = (
        "import sys, pathlib; from unipic.vision.registry import inventory;"
        f"inventory(pathlib.Path({str(folder)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(PROJECT / "src")}).returncode == 0


@pytest.mark.weights
def test_the_real_mobilenet_is_found_in_another_folder():
    if not (REAL_WEIGHTS / "mobilenet_v3_small").is_dir():
        pytest.skip(f"no real weights at {REAL_WEIGHTS}")
    encoder, notices = open_encoder("mobilenet", REAL_WEIGHTS, "cpu", fetch=False, manifest=MANIFEST)
    assert (encoder.label, notices) == ("MobileNetV3-Small (ImageNet)", [])
