"""Models by name: once a process, fetched where allowed, replaced in plain sight."""

import shutil
import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.checkpoints import (
    PROJECT,
    REAL_WEIGHTS,
    contents,
    make_clip,
    make_head,
    make_mobilenet,
    make_open_clip,
    make_own,
    make_siglip,
    write_manifest,
)

from unipic.core.errors import Cancelled, ModelDamaged, ModelError, ModelMissing, SettingsError
from unipic.core.progress import silent
from unipic.vision import device, fetch, registry
from unipic.vision.cutoffs import read_cutoffs
from unipic.vision.manifest import MANIFEST
from unipic.vision.registry import (
    TEXT_ENCODERS,
    Loader,
    inventory,
    open_encoder,
    open_scorer,
    open_text_encoder,
    text_encoders_here,
)

NOWHERE = "http://nowhere.invalid/"
HEAD = "laion-aesthetic-vit-b-32"
OWN = "unipic_encoder"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A models folder with every tiny model but the one that ships."""
    folder = tmp_path_factory.mktemp("made")
    _, features = make_mobilenet(folder / "mobilenet_v3_small")
    features.unlink()
    make_clip(folder / "clip-vit-base-patch32")
    make_head(folder / HEAD)
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return make_own(tmp_path_factory.mktemp("project"))


@pytest.fixture
def shipped(own, tmp_path):
    """Unipic's own encoder where it belongs: beside the manifest, whatever the models folder is."""
    (tmp_path / OWN).mkdir()
    return Path(shutil.copy(own, tmp_path / OWN))


@pytest.fixture
def manifest(made, shipped, tmp_path):
    files = contents(made)
    models = {
        name: [{path: content for path, content in files.items() if path.startswith(name)}]
        for name in ("mobilenet_v3_small", "clip-vit-base-patch32", HEAD)
    }
    models[OWN] = [{f"{OWN}/{shipped.name}": shipped.read_bytes()}]
    return write_manifest(tmp_path / "manifest.toml", models, NOWHERE, {OWN})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


class Stub:
    name, label, key = "builtin", "built-in", "builtin-1"


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


@pytest.mark.parametrize(("name", "found"), [("auto", "unipic"), ("unipic", "unipic"), ("mobilenet", "mobilenet")])
def test_what_is_here_is_loaded_once_and_without_a_notice(made, manifest, name, found):
    encoder, notices = open_encoder(name, Loader(made, "cpu", manifest=manifest))
    assert (encoder.name, notices) == (found, [])
    assert encoder.embed(np.zeros((1, 224, 224, 3), np.uint8)).shape == (1, 576)
    assert open_encoder(found, Loader(made, "cpu", manifest=manifest))[0]._network is encoder._network


def test_what_ships_is_found_whatever_the_models_folder_is_and_asks_no_server(made, folder, manifest, monkeypatch):
    monkeypatch.setattr(registry, "fetch_weights", None)
    encoder, notices = open_encoder("auto", Loader(folder, "cpu", manifest=manifest))
    assert (encoder.name, notices) == ("unipic", [])
    again, _ = open_encoder("auto", Loader(made, "cpu", manifest=manifest))
    assert again._network is encoder._network, "and loaded once for all of them"


def test_the_project_ships_its_encoder(folder):
    encoder, notices = open_encoder("auto", Loader(folder, "cpu", fetch=False))
    assert (encoder.name, encoder.label, notices) == ("unipic", "Unipic's own MobileNetV3-Small", [])


def test_a_shipped_encoder_that_is_damaged_is_not_loaded(folder, manifest, shipped):
    shipped.write_bytes(shipped.read_bytes()[:-1])
    encoder, (notice,) = open_encoder("auto", Loader(folder, "cpu", manifest=manifest))
    assert encoder.name == "builtin"
    assert str(shipped) in notice
    assert "get that file again from where you got Unipic" in notice
    assert notice.endswith("Until then the built-in encoder is used.")
    assert "fetch" not in notice


def test_a_shipped_encoder_that_is_gone_is_not_fetched(folder, manifest, shipped, monkeypatch):
    monkeypatch.setattr(registry, "fetch_weights", None)
    shipped.unlink()
    encoder, (notice,) = open_encoder("unipic", Loader(folder, "cpu", manifest=manifest))
    assert encoder.name == "builtin"
    assert notice.startswith(f"Tiny {OWN} is not installed: there is no {shipped}. It is part of Unipic: ")
    assert notice.endswith("Until then the built-in encoder is used.")
    with pytest.raises(ModelMissing, match="get that file again from where you got Unipic"):
        fetch.fetch(OWN, folder, manifest=manifest)


def test_without_either_network_both_reasons_are_said(folder, manifest, shipped):
    shipped.unlink()
    encoder, notices = open_encoder("mobilenet", Loader(folder, "cpu", fetch=False, manifest=manifest))
    assert encoder.name == "builtin"
    assert [notice.split(" is not installed")[0] for notice in notices] == ["Tiny mobilenet_v3_small", f"Tiny {OWN}"]
    assert all("the built-in encoder" in notice for notice in notices)


def test_clip_is_loaded_once(made, manifest):
    scorer, notices = open_scorer("auto", Loader(made, "cpu", manifest=manifest))
    assert notices == []
    assert scorer is not None
    assert scorer.score([np.zeros((9, 9, 3), np.uint8)], "a photo").shape == (1, 1)
    assert open_scorer("clip", Loader(made, "cpu", manifest=manifest))[0].encoder.pictures is scorer.encoder.pictures


@pytest.fixture
def without_head(made, tmp_path):
    """Every tiny model but the head."""
    folder = tmp_path / "without"
    shutil.copytree(made, folder)
    shutil.rmtree(folder / HEAD)
    return folder


def test_the_head_is_a_column_besides_for_who_wants_it(made, manifest):
    plain, _ = open_scorer("auto", Loader(made, "cpu", manifest=manifest))
    more, notices = open_scorer("auto", Loader(made, "cpu", manifest=manifest), aesthetic=True)
    assert notices == []
    assert plain is not None
    assert more is not None
    assert (plain.names, more.names) == (("wish",), ("wish", "aesthetic"))
    assert more.score([np.zeros((9, 9, 3), np.uint8)], "a photo").shape == (1, 2)
    assert len(registry._opened) == 2, "CLIP and the head, each once"


def test_nobody_fetches_a_head_that_is_not_wanted(without_head, manifest, monkeypatch):
    monkeypatch.setattr(registry, "fetch_weights", None)
    scorer, notices = open_scorer("auto", Loader(without_head, "cpu", manifest=manifest))
    assert scorer is not None
    assert notices == []


def test_without_its_head_clip_goes_on_in_plain_sight(without_head, manifest):
    scorer, (notice,) = open_scorer("auto", Loader(without_head, "cpu", fetch=False, manifest=manifest), aesthetic=True)
    assert scorer is not None
    assert (scorer.label, scorer.names) == ("CLIP ViT-B/32", ("wish",))
    assert notice == (
        "Tiny laion-aesthetic-vit-b-32 is not installed and downloading is switched off: using CLIP without it. "
        "`python src/main.py models fetch` gets it when you are online."
    )


def test_a_damaged_head_is_left_out_and_said_to_be_damaged(without_head, manifest, made):
    (path,) = (made / HEAD).iterdir()
    (without_head / HEAD).mkdir()
    (without_head / HEAD / path.name).write_bytes(path.read_bytes()[:-1])
    scorer, (notice,) = open_scorer("clip", Loader(without_head, "cpu", manifest=manifest), aesthetic=True)
    assert scorer is not None
    assert scorer.names == ("wish",)
    assert "Tiny laion-aesthetic-vit-b-32 is damaged: " in notice
    assert notice.endswith("Delete it and run `python src/main.py models fetch`. Until then CLIP without it is used.")


def test_a_head_of_another_network_is_refused(without_head, tmp_path, made):
    """Whole by the manifest, and yet no layer for this CLIP."""
    import torch

    (without_head / HEAD).mkdir()
    torch.save(torch.nn.Linear(768, 1).state_dict(), without_head / HEAD / "large.pth")
    models = {name: [{}] for name in (HEAD, "clip-vit-base-patch32")}
    for path, content in contents(without_head).items():
        models.get(path.split("/")[0], [{}])[0][path] = content
    manifest = write_manifest(tmp_path / "other.toml", models)
    scorer, notices = open_scorer("clip", Loader(without_head, "cpu", manifest=manifest), aesthetic=True)
    assert scorer is not None
    assert notices == []
    with pytest.raises(ModelDamaged, match=r"large\.pth holds"):
        scorer.score([np.zeros((9, 9, 3), np.uint8)], "a photo")


def test_a_head_without_clip_is_said_to_be_of_no_use(folder, manifest):
    lost = "The aesthetic score needs CLIP: it is left out."
    assert open_scorer("builtin", Loader(folder, manifest=manifest), aesthetic=True) == (None, [lost])
    scorer, notices = open_scorer("auto", Loader(folder, fetch=False, manifest=manifest), aesthetic=True)
    assert scorer is None
    assert "using the built-in ranking." in notices[0]
    assert notices[1:] == [lost]


def test_runs_that_start_together_load_once(made, manifest):
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: open_encoder("auto", Loader(made, "cpu", manifest=manifest))[0], range(3)))
        loaded = list(pool.map(lambda encoder: encoder._network.get(silent), found))
    assert len(set(map(id, loaded))) == 1


def test_who_waits_for_another_run_can_stop(made, manifest):
    def stop(step):
        raise Cancelled

    with registry._opening, pytest.raises(Cancelled):
        open_encoder("auto", Loader(made, "cpu", progress=stop, manifest=manifest))
    encoder, _ = open_encoder("auto", Loader(made, "cpu", progress=stop, manifest=manifest))
    with encoder._network._loading, pytest.raises(Cancelled):
        encoder.embed(np.zeros((1, 224, 224, 3), np.uint8))


def test_the_built_in_ones_need_no_files(folder):
    assert open_encoder("builtin", Loader(folder))[0].name == "builtin"
    assert open_scorer("builtin", Loader(folder)) == (None, [])


def test_an_encoder_that_cannot_be_had_is_replaced_in_plain_sight(folder, manifest):
    encoder, (notice,) = open_encoder("mobilenet", Loader(folder, "cpu", manifest=manifest))
    assert encoder.name == "unipic"
    assert notice.startswith("Tiny mobilenet_v3_small is not installed and nowhere.invalid cannot be reached (")
    assert notice.endswith(
        "): using Unipic's own encoder. `python src/main.py models fetch` gets it when you are online."
    )
    assert "\n" not in notice


@pytest.mark.parametrize("name", ["auto", "clip"])
def test_a_scorer_that_cannot_be_had_is_replaced_in_plain_sight(folder, manifest, name):
    scorer, (notice,) = open_scorer(name, Loader(folder, manifest=manifest))
    assert scorer is None
    assert "nowhere.invalid cannot be reached" in notice
    assert "using the built-in ranking." in notice


def test_a_silent_hub_is_waited_for_once(folder, manifest, monkeypatch):
    started = []
    start = fetch._start
    monkeypatch.setattr(fetch, "_start", lambda *args: started.append(1) or start(*args))
    open_encoder("mobilenet", Loader(folder, manifest=manifest))
    _, (notice,) = open_scorer("auto", Loader(folder, manifest=manifest))
    assert len(started) == 1
    assert "nowhere.invalid could not be reached a moment ago" in notice


def test_without_leave_nothing_is_fetched(folder, manifest, monkeypatch):
    monkeypatch.setattr(registry, "fetch_weights", None)
    _, (notice,) = open_encoder("mobilenet", Loader(folder, fetch=False, manifest=manifest))
    assert "is not installed and downloading is switched off: using Unipic's own encoder" in notice


def test_offline_is_said(folder, manifest, monkeypatch):
    monkeypatch.setenv("UNIPIC_OFFLINE", "1")
    _, (notice,) = open_encoder("mobilenet", Loader(folder, manifest=manifest))
    assert "UNIPIC_OFFLINE" in notice


def test_what_is_fetched_is_used(made, folder, manifest, monkeypatch):
    """Also in a process that went without it before."""
    assert open_encoder("mobilenet", Loader(folder, "cpu", fetch=False, manifest=manifest))[0].name == "unipic"

    def bring(name, folder, progress, manifest):
        for path, content in contents(made).items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(content)

    monkeypatch.setattr(registry, "fetch_weights", bring)
    encoder, notices = open_encoder("mobilenet", Loader(folder, "cpu", manifest=manifest))
    assert (encoder.name, notices) == ("mobilenet", [])


def test_cancelling_a_fetch_goes_on_without_the_model(folder, manifest):
    def skip(step):
        if step.stage.startswith("Fetching"):
            raise Cancelled

    encoder, (notice,) = open_encoder("mobilenet", Loader(folder, progress=skip, manifest=manifest))
    assert encoder.name == "unipic"
    assert "is not installed and its download was skipped: using Unipic's own encoder." in notice


def test_a_damaged_model_is_replaced_and_said_to_be_damaged(folder, manifest, made):
    path = "mobilenet_v3_small/mobilenet_v3_small-047dcff4.pth"
    (folder / path).parent.mkdir()
    (folder / path).write_bytes(contents(made)[path][:-1])
    encoder, (notice,) = open_encoder("mobilenet", Loader(folder, manifest=manifest))
    assert encoder.name == "unipic"
    assert "is damaged" in notice
    assert str(folder / path) in notice
    assert "Delete it and run `python src/main.py models fetch`." in notice
    assert notice.endswith("Until then Unipic's own encoder is used.")


def test_a_gpu_that_is_not_there_is_said_before_anything_is_fetched(folder, manifest, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(registry, "fetch_weights", None)
    for opener, name in ((open_encoder, "auto"), (open_encoder, "mobilenet"), (open_scorer, "auto")):
        with pytest.raises(SettingsError, match="no CUDA GPU"):
            opener(name, Loader(folder, "cuda", manifest=manifest))


def test_a_library_that_is_not_installed_is_said(made, manifest, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.delitem(sys.modules, "unipic.vision.clip", raising=False)
    scorer, (notice,) = open_scorer("auto", Loader(made, "cpu", manifest=manifest))
    assert scorer is None
    assert "needs transformers: run `pip install -r requirements.txt`. Until then the built-in ranking" in notice


def test_without_torch_the_built_in_encoder_is_used(folder, manifest, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    encoder, (notice,) = open_encoder("auto", Loader(folder, "cpu", manifest=manifest))
    assert encoder.name == "builtin"
    assert "needs torch: run `pip install -r requirements.txt`. Until then the built-in encoder is used." in notice


def test_a_library_that_is_installed_and_broken_ends_the_work_in_plain_words(folder, manifest, monkeypatch):
    """Found out at the first picture: others may carry this encoder's vectors by then, so no other takes its place."""
    encoder, notices = open_encoder("auto", Loader(folder, "cpu", manifest=manifest))
    assert notices == []

    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "torchvision.models":
                raise ImportError("libcudart.so.13: cannot open shared object file")

    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(ModelError, match=r"needs libcudart\.so\.13.*: run `pip install -r requirements\.txt`, or"):
        encoder.embed(np.zeros((1, 224, 224, 3), np.uint8))


OPENING = """
import sys, pathlib
from unipic.vision import registry
folder, manifest = map(pathlib.Path, sys.argv[1:])
loader = registry.Loader(folder, "auto", fetch=False, manifest=manifest)
found, notices = registry.open_encoder("auto", loader)
scorer, more = registry.open_scorer("auto", loader, aesthetic=True)
print(found.key, scorer.key, scorer.label, notices + more)
sys.exit(bool({"torch", "torchvision", "transformers"} & set(sys.modules)))
"""


def test_opening_needs_no_torch(made, manifest, monkeypatch):
    """A run that knows every photo asks models for their names, calibration and keys alone."""
    if device._driver_is_here():
        pytest.skip("there is NVIDIA's driver: torch is asked for the GPU")
    command = [sys.executable, "-c", OPENING, str(made), str(manifest)]
    done = subprocess.run(command, env={"PYTHONPATH": str(PROJECT / "src")}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("unipic-")
    assert done.stdout.endswith("LAION's aesthetic head []\n")


def test_keys_are_of_the_weights_and_of_all_that_is_asked(made, manifest):
    plain, _ = open_scorer("auto", Loader(made, "cpu", manifest=manifest))
    more, _ = open_scorer("auto", Loader(made, "cpu", manifest=manifest), aesthetic=True)
    assert plain is not None
    assert more is not None
    assert more.key.startswith(f"{plain.key}+aesthetic-")
    keys = {
        open_encoder(name, Loader(made, "cpu", manifest=manifest))[0].key for name in ("unipic", "mobilenet", "builtin")
    }
    assert len(keys) == 3


def test_the_inventory_names_every_model(made, folder, manifest):
    assert {model.name: status.state for model, status in inventory(made, manifest)} == {
        "mobilenet_v3_small": "present",
        "clip-vit-base-patch32": "present",
        HEAD: "present",
        OWN: "present",
    }
    assert {model.name: status.state for model, status in inventory(folder, manifest) if model.shipped} == {
        OWN: "present"
    }
    assert [status.state for model, status in inventory(folder) if not model.shipped] == ["missing"] * 5


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
    encoder, notices = open_encoder("mobilenet", Loader(REAL_WEIGHTS, "cpu", fetch=False, manifest=MANIFEST))
    assert (encoder.label, notices) == ("MobileNetV3-Small (ImageNet)", [])


# Text encoders.

SIGLIP2, DATACOMP, OPENAI = TEXT_ENCODERS.values()


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """A models folder with every tiny text encoder."""
    folder = tmp_path_factory.mktemp("readers")
    make_siglip(folder / SIGLIP2)
    make_open_clip(folder / DATACOMP)
    make_clip(folder / OPENAI)
    return folder


@pytest.fixture
def offered(readers, tmp_path):
    files = contents(readers)
    models = {
        name: [{path: data for path, data in files.items() if Path(path).parts[0] == name}]
        for name in TEXT_ENCODERS.values()
    }
    return write_manifest(tmp_path / "readers.toml", models, NOWHERE, asked={SIGLIP2, DATACOMP})


def only(readers, folder, *names):
    for name in names:
        shutil.copytree(readers / name, folder / name)
    return folder


@pytest.mark.parametrize(
    ("here", "chosen"),
    [((SIGLIP2, DATACOMP, OPENAI), "siglip2"), ((DATACOMP, OPENAI), "datacomp"), ((OPENAI,), "openai")],
)
def test_auto_takes_the_best_that_is_here_and_says_if_there_is_a_better(readers, folder, offered, here, chosen):
    encoder, notices = open_text_encoder("auto", Loader(only(readers, folder, *here), "cpu", manifest=offered))
    assert encoder is not None
    assert encoder.name == chosen
    if chosen == "siglip2":
        assert notices == []
        return
    (notice,) = notices
    assert notice.startswith(f"Photos are searched with Tiny {here[0]}. Tiny {SIGLIP2} finds more, in a hundred")
    assert notice.endswith(" kB), on the Models page or by the command models fetch")


def test_auto_downloads_nothing_and_says_what_could_be_had(folder, offered, monkeypatch):
    monkeypatch.setattr(registry, "fetch_weights", None)
    encoder, (notice,) = open_text_encoder("auto", Loader(folder, "cpu", manifest=offered))
    assert encoder is None
    assert notice.startswith(f"To search by what photos show, get a model: Tiny {SIGLIP2} (")
    assert f" or Tiny {DATACOMP} (" in notice


@pytest.mark.parametrize("name", TEXT_ENCODERS)
def test_a_text_encoder_that_is_asked_for_has_no_substitute(readers, folder, offered, name):
    others = [model for kind, model in TEXT_ENCODERS.items() if kind != name]
    encoder, notices = open_text_encoder(name, Loader(only(readers, folder, *others), "cpu", manifest=offered))
    assert encoder is None
    assert f"Tiny {TEXT_ENCODERS[name]} is not installed and nowhere.invalid cannot be reached" in notices[0]
    encoder, notices = open_text_encoder(name, Loader(readers, "cpu", manifest=offered))
    assert encoder is not None
    assert (encoder.name, notices) == (name, [])


def test_none_is_none_and_needs_no_words(readers, offered):
    assert open_text_encoder("none", Loader(readers, "cpu", manifest=offered)) == (None, [])


def test_a_damaged_text_encoder_is_passed_over_and_told(readers, folder, offered):
    file = only(readers, folder, SIGLIP2, OPENAI) / SIGLIP2 / "config.json"
    file.write_text("{}")
    encoder, notices = open_text_encoder("auto", Loader(folder, "cpu", manifest=offered))
    assert encoder is not None
    assert encoder.name == "openai"
    assert str(file) in notices[0]
    assert [one.name for one in text_encoders_here(Loader(folder, "cpu", manifest=offered))] == ["openai"]


def test_the_ranker_and_the_search_share_openais_networks(readers, offered):
    encoder, _ = open_text_encoder("openai", Loader(readers, "cpu", manifest=offered))
    scorer, _ = open_scorer("clip", Loader(readers, "cpu", manifest=offered))
    assert scorer.encoder.pictures is encoder.pictures
    assert scorer.encoder.texts is encoder.texts


def test_a_measured_cutoff_comes_with_its_model(readers, offered):
    encoder, _ = open_text_encoder("datacomp", Loader(readers, "cpu", manifest=offered))
    assert encoder.cutoff is None
    entry = f'["{encoder.space}"]\nfound = 0.1\nmaybe = 0.0\nmeasured_on = "made-up photos"\n'
    offered.with_name("cutoffs.toml").write_text(entry)
    registry._opened.clear()
    read_cutoffs.cache_clear()
    encoder, _ = open_text_encoder("datacomp", Loader(readers, "cpu", manifest=offered))
    read_cutoffs.cache_clear()
    assert encoder.cutoff.measured_on == "made-up photos"
