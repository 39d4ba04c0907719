"""What runs here is what was chosen: packages by hash, models by manifest, and nothing that is data is ever run."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.safety.harness.ledger import record

from unipic.core.settings import PROJECT
from unipic.vision.manifest import MANIFEST

LOCK = PROJECT / "requirements.lock"
WANTED = PROJECT / "requirements.txt"
PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[0-9][^\s;]*)\s*(?:;\s*(?P<marker>.+))?")
# Their builds for CPUs are on PyTorch's own index, whose hashes the lock does not have; the pins are.
UNLOCKED = ("torch", "torchvision")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
# Where a place could come in: an index, a link page, a file, a repository, another requirements file.
PLACES = re.compile(r"(?i)://|^\s*-(?!-hash)|\s@\s|^\s*\.{0,2}/")


@dataclass(frozen=True)
class Locked:
    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lines_of(text: str) -> list[str]:
    """Whole requirements, without comments."""
    bare = "\n".join(re.sub(r"(^|\s)#.*", "", line).rstrip() for line in text.splitlines())
    return [line.strip() for line in re.sub(r"\\\n", " ", bare).splitlines() if line.strip()]


def locked(text: str) -> list[Locked]:
    """Every entry; AssertionError for a line that is none."""
    found = []
    for line in lines_of(text):
        hashes = tuple(HASH.findall(line))
        match = PIN.fullmatch(HASH.sub("", line).strip())
        assert match, f"{line[:100]} is no package at one version"
        assert hashes, f"{match['name']} has no hash"
        found.append(Locked(plain(match["name"]), match["version"], match["marker"] or "", hashes))
    return found


def test_every_package_is_locked_with_its_hashes() -> None:
    entries = locked(LOCK.read_text(encoding="utf-8"))
    assert len(entries) > 50
    record("T20", "packages pinned by sha256", len(entries), found=0)
    wanted = [PIN.fullmatch(line) for line in lines_of(WANTED.read_text(encoding="utf-8"))]
    assert len(wanted) > 10
    for match in wanted:
        assert match, f"a line of {WANTED.name} is no package at one version"
        if match["name"] in UNLOCKED:
            continue
        at = [entry for entry in entries if entry.name == plain(match["name"]) and entry.version == match["version"]]
        assert at, f"{match[0]} is not in {LOCK.name}: run `make lock`"
        assert bool(match["marker"]) == bool(at[0].marker), f"{match[0]} is locked for other Pythons"


def test_the_lock_has_nothing_of_cuda() -> None:
    """Torch's build for CPUs needs none of it, and it is 4 GB."""
    for entry in locked(LOCK.read_text(encoding="utf-8")):
        assert entry.name not in UNLOCKED
        assert not re.match(r"nvidia-|cuda-|triton", entry.name), f"{entry.name}: add it to UNLOCKED in the Makefile"


def test_several_versions_of_one_package_are_for_different_pythons() -> None:
    entries = locked(LOCK.read_text(encoding="utf-8"))
    for name in {entry.name for entry in entries}:
        of_name = [entry for entry in entries if entry.name == name]
        assert len(of_name) == 1 or len({entry.marker for entry in of_name} - {""}) == len(of_name), name


def test_nothing_in_the_lock_comes_from_a_place() -> None:
    for text in (LOCK.read_text(encoding="utf-8"), WANTED.read_text(encoding="utf-8")):
        assert not [line for line in lines_of(text) if PLACES.search(line)]
    assert "/" not in HASH.sub("", LOCK.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "--find-links /opt/wheels",
        "-r other.txt",
        "evil @ https://example.org/evil.whl",
        "git+https://example.org/evil.git",
        "./evil.whl",
    ],
)
def test_a_place_would_be_found(line: str) -> None:
    assert [found for found in lines_of(f"rich==15.0.0\n{line}\n") if PLACES.search(found)]


@pytest.mark.parametrize("line", ["rich==15.0.0", "rich>=15 --hash=sha256:" + "0" * 64, "rich --hash=sha256:0"])
def test_a_package_without_version_or_hash_would_be_found(line: str) -> None:
    with pytest.raises(AssertionError):
        locked(line)


def test_the_container_installs_the_lock_and_torch_and_nothing_else() -> None:
    lines = re.sub(r"\\\n", " ", (PROJECT / "Dockerfile").read_text(encoding="utf-8")).splitlines()
    installs = [line for line in lines if re.search(r"\bpip3?\b", line) and not line.startswith("#")]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "-r requirements.lock" in installs[0]
    assert installs[1].startswith("RUN grep -E '^torch(vision)?==' requirements.txt > torch.txt ")
    assert installs[1].split("&&")[1].split("pip install ")[1].split() == [
        *("--no-cache-dir", "${TORCH:+--index-url", '"$TORCH"}', "-r", "torch.txt")
    ]
    assert [line for line in lines if "TORCH=" in line and not line.startswith("#")] == [
        "ARG TORCH=https://download.pytorch.org/whl/cpu"
    ]
    assert not [line for line in lines if re.search(r"ghostscript|\bcurl\b|\bwget\b|^ADD\b", line)]


def test_every_model_is_pinned() -> None:
    """By sha256 and size, and by an address that names one version for good."""
    for model in tomllib.loads(MANIFEST.read_text(encoding="utf-8"))["model"]:
        files = [file for form in model["form"] for file in form["file"]]
        assert files
        for file in files:
            assert re.fullmatch(r"[0-9a-f]{64}", file["sha256"]), file["path"]
            assert file["size"] > 0
            url = file.get("url", "")
            assert not model.get("shipped") or not url
            assert not url or url.startswith("https://"), url
            assert not re.search(r"/(main|master|latest|HEAD)/", url), url


# Nothing that is data is run: by reading the source.

SOURCES = sorted(path for room in ("src", "training", "benchmarks") for path in (PROJECT / room).rglob("*.py"))
RUNS_DATA = {
    *("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "ruamel"),
    *("copyreg", "code", "codeop", "runpy", "imp", "jsonpickle", "pty"),
}
NEVER_CALLED = {
    *("eval", "exec", "compile", "__import__", "breakpoint", "os.system", "os.popen", "os.startfile"),
    *("pandas.read_pickle", "torch.jit.load", "torch.hub.load", "torch.package.PackageImporter", "numpy.fromregex"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "importlib.import_module", "joblib.load"),
}
SPAWNING = ("subprocess.", "asyncio.create_subprocess", "os.exec", "os.spawn", "os.posix_spawn")
# Who turns bytes into a model. The registry hands them a file only after its sha256 was found to be the manifest's;
# training/ loads what it makes itself.
LOADERS = {
    "torch.load": (
        "src/unipic/vision/mobilenet.py",
        "src/unipic/vision/aesthetic.py",
        "src/unipic/vision/transnet.py",
        "training/sam.py",
    ),  # .pth is how they are published
    "safetensors.torch.load_file": ("src/unipic/vision/mobilenet.py", "training/", "benchmarks/plain_way.py"),
    "safetensors.safe_open": ("src/unipic/vision/_checkpoints.py",),
    "from_pretrained": (
        "src/unipic/vision/_checkpoints.py",
        "src/unipic/vision/segments.py",
        "benchmarks/plain_way.py",
    ),
    "onnxruntime.InferenceSession": (),
    "cv2.dnn": (),
    "cv2.dnn.readNetFromONNX": ("src/unipic/vision/own_faces.py",),
    "cv2.FaceDetectorYN.create": ("src/unipic/vision/faces.py", "training/eye_crops.py", "benchmarks/"),
}


def known_names(tree: ast.Module) -> dict[str, str]:
    """What the names of a module stand for, as they were imported anywhere in it."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """ "numpy.load" for np.load; what is called on a value without a name begins with a dot."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id).removeprefix("builtins.")
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names)}.{node.attr}".removeprefix("builtins.")
    return ""


Dicts = dict[str, dict[str, ast.expr]]


def dicts_in(tree: ast.Module) -> Dicts:
    """Dictionaries that are written out and given a name, which calls may be handed with two stars."""
    found: Dicts = {}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        written = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(written, ast.Dict):
            entries = zip(written.keys, written.values, strict=True)
            values = {str(key.value): value for key, value in entries if isinstance(key, ast.Constant)}
            found |= {target.id: values for target in targets if isinstance(target, ast.Name)}
    return found


def given(call: ast.Call, name: str, dicts: Dicts | None = None) -> object:
    """A literal keyword of a call; Ellipsis for what is no literal; None where it is not given."""
    values = [k.value for k in call.keywords if k.arg == name]
    starred = [k.value.id for k in call.keywords if k.arg is None and isinstance(k.value, ast.Name)]
    values += [dicts[star][name] for star in starred if dicts and name in dicts.get(star, {})]
    return None if not values else values[0].value if isinstance(values[0], ast.Constant) else ...


def faults(source: str, file: str = "src/any.py") -> Iterator[str]:
    """Everything in a source that could run data."""
    tree = ast.parse(source)
    names, dicts = known_names(tree), dicts_in(tree)
    for node in ast.walk(tree):
        where = f"{file}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (f"{where} imports {name}" for name in imported if name.split(".")[0] in RUNS_DATA)
        elif isinstance(node, ast.Name | ast.Attribute) and dotted(node, names) in NEVER_CALLED:
            if not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Load):
                yield f"{where} names {dotted(node, names)}"
        elif isinstance(node, ast.Call):
            yield from (f"{where} {fault}" for fault in faults_of(node, dotted(node.func, names), file, dicts))


def faults_of(call: ast.Call, name: str, file: str, dicts: Dicts) -> Iterator[str]:
    if name == "torch.load" and given(call, "weights_only") is not True:
        yield "has torch.load without weights_only=True"
    if name in ("numpy.load", "numpy.lib.npyio.load") and given(call, "allow_pickle") not in (None, False):
        yield "has numpy.load with pickles"
    if given(call, "shell") not in (None, False) or name.startswith("asyncio.create_subprocess_shell"):
        yield "runs a shell"
    if name.startswith(SPAWNING) and call.args and isinstance(call.args[0], ast.Constant | ast.JoinedStr | ast.BinOp):
        yield "runs a command that is one text"
    if given(call, "trust_remote_code", dicts) not in (None, False):
        yield "trusts code that comes with a model"
    if name.endswith(".from_pretrained") and given(call, "local_files_only", dicts) is not True:
        yield "may fetch a model by itself"
    for loader, homes in LOADERS.items():
        if (name == loader or name.endswith("." + loader)) and not file.startswith(homes or ("nowhere",)):
            yield f"loads a model with {loader}, whose homes are {homes or 'nowhere'}"


def test_nothing_that_is_data_is_run() -> None:
    files = {str(path.relative_to(PROJECT)): path.read_text(encoding="utf-8") for path in SOURCES}
    found = [f"{file} {fault}" for file, source in files.items() for fault in faults(source, file)]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import yaml\nyaml.load(text)",
        "import marshal as m",
        "import numpy as np\nnp.load(path, allow_pickle=True)",
        "import numpy as np\nnp.load(path, allow_pickle=flag)",
        "import torch\ntorch.load(path)",
        "import torch as t\nt.load(path, weights_only=False)",
        "from torch import load\nload(path)",
        "import torch\ntorch.load(path, weights_only=True)",  # in a file that is no home of it
        "eval(text)",
        "run = exec",
        "import builtins\nbuiltins.eval(text)",
        "import os\nos.system('ls')",
        "from os import system\nsystem('ls')",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "import subprocess as s\ns.run(f'ls {name}')",
        "Model.from_pretrained(name)",
        "Model.from_pretrained(folder, local_files_only=True, trust_remote_code=True)",
        "import importlib\nimportlib.import_module(name)",
        "from safetensors import safe_open\nsafe_open(path)",
    ],
)
def test_a_way_to_run_data_would_be_found(source: str) -> None:
    assert list(faults(source))


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.load(path)",
        "import re\nre.compile('a')",
        "import subprocess\nsubprocess.run(['ls', name])",
        "model.eval()",
        "import json\njson.load(file)",
    ],
)
def test_plain_work_is_no_fault(source: str) -> None:
    assert list(faults(source)) == []


def test_models_are_built_by_the_registry_alone() -> None:
    """What reads weights is given a file by the one who has compared its sha256."""
    builders = {
        "MobileNetEncoder",
        "UnipicEncoder",
        "LocalTextEncoder",
        "AestheticHead",
        "FaceFinder",
        "FaceEncoder",
        "OwnFaceEncoder",
        "EyeReader",
    }
    for path in sorted((PROJECT / "src").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = {dotted(n.func, {}) for n in ast.walk(tree) if isinstance(n, ast.Call)} & builders
        assert not called or path.name == "registry.py", f"{path} builds {called}"
