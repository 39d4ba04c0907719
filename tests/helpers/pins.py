"""The code behind each VERSION, as a hash of its syntax: words, formatting and the VERSION itself do not count."""

import ast
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from unipic.core.settings import PROJECT

# By the module that has the VERSION: all code that decides about its facts, as modules or as module:NAME; and the
# libraries that make them, of which the lock file's first two numbers count.
BEHIND: Mapping[str, tuple[str, ...]] = {
    "reading/images": (
        *(
            "reading/images",
            "reading/_other_files",
            "reading/_raw",
            "reading/read",
            "reading/_measures:WORKING",
            "vision/base:VIEW",
        ),
        *("reading/_icons", "reading/_jp2", "reading/_jxl", "reading/_jxl_header", "reading/_limits"),
        *("reading/_tones", "reading/_pages"),
        *("pillow==", "pillow-heif==", "pillow-jxl-plugin==", "rawpy==", "numpy=="),
    ),
    "reading/fingerprint": ("reading/fingerprint",),
    "reading/_measures": ("reading/_measures", "opencv-python-headless=="),
    "reading/_content": ("reading/_content",),
    "reading/_holds": (
        *("reading/_holds", "reading/_behind", "reading/_boxes", "reading/_frames", "reading/_pages"),
        *("reading/_range", "reading/_segments", "core/gamut"),
        *("reading/_icons", "reading/_jp2", "reading/_jxl", "reading/_jxl_header"),
    ),
    "reading/_compression": ("reading/_compression",),
    "reading/_origin": ("reading/_origin", "reading/_altered", "reading/_history", "pillow==", "numpy=="),
    "reading/_exif": ("reading/_exif", "reading/metadata", "reading/_jp2", "reading/_jxl"),
    "reading/_xmp": ("reading/_xmp",),
    "reading/_words": ("reading/_words",),
    "reading/_editors": ("reading/_editors",),
    "reading/apple": ("reading/apple",),
    "library/companions": ("library/companions", "library/_takeout", "reading/exports"),
    "library/colours": ("library/colours",),
    "library/kinds": ("library/kinds",),
    "library/places": ("library/places",),
    "library/traits": ("library/traits", "core/folding"),
    "library/recognised": ("library/recognised",),
    "vision/ocr": ("vision/ocr", "reading/scaled", "rapidocr==", "onnxruntime=="),
    "vision/faces": ("vision/faces", "opencv-python-headless=="),
    "vision/chips": ("vision/chips", "reading/cutting", "opencv-python-headless=="),
    "vision/face_net": ("vision/face_net", "vision/face_resnet"),
    "vision/own_faces": ("vision/own_faces", "opencv-python-headless=="),
    "people/grouping": (
        *("people/attach", "people/density", "people/grouping", "people/limits", "people/linking"),
        *("library/vectors:neighbours", "faiss-cpu=="),
    ),
    "cleanup/compare": ("cleanup/compare", "cleanup/_alignment", "opencv-python-headless=="),
    "library/nearest": ("library/nearest", "cleanup/_neighbours", "cleanup/_cells", "faiss-cpu==", "numpy=="),
    "cleanup/_clutter_signs": ("cleanup/_clutter_signs", "opencv-python-headless==", "numpy=="),
    "cleanup/look": (
        *("cleanup/look", "cleanup/_overlay", "cleanup/_difference", "cleanup/_grain", "cleanup/_alignment"),
        "opencv-python-headless==",
        *("numpy==",),
    ),
    "video/fingerprints": ("video/fingerprints", "numpy=="),
    "video/packets": ("video/packets",),
    "video/facts": ("video/facts", "video/reading"),
    "reading/seen": (
        *("core/photo", "library/_facts", "library/index", "library/indexing", "library/_tables"),
        *("reading/engines/_store", "reading/seen", "reading/versions"),
    ),
}
# VERSION, and the hash of what is behind it.
PINS: Mapping[str, tuple[int, str]] = {
    "reading/images": (1, "3e5498a0ca050fb7"),
    "reading/fingerprint": (1, "6a39aa6bf36fb703"),
    "reading/_measures": (2, "fcc10859eb6e4608"),
    "reading/_content": (2, "9b087bdb482daa9e"),
    "reading/_holds": (2, "14c6d11d31e0f78d"),
    "reading/_compression": (1, "ef36c89de0e8c702"),
    "reading/_origin": (1, "41fd32462f7ae01b"),
    "reading/_exif": (3, "82e11951d6b262e2"),
    "reading/_xmp": (2, "beb58ea587afc31d"),
    "reading/_words": (2, "f2e550e794ad6cfe"),
    "reading/_editors": (1, "521aee482d19d4cb"),
    "reading/apple": (1, "9d4b56e8a436edb5"),
    "library/companions": (2, "2a52a18865fa40e4"),
    "library/colours": (1, "861e31c971a41026"),
    "library/kinds": (1, "390a94fdbf4d0f2b"),
    "library/places": (1, "13a587ce2145e6fa"),
    "library/traits": (1, "d50b07f5dce0ebe4"),
    "library/recognised": (1, "b5c54a84d31f8577"),
    "vision/ocr": (1, "48c65f609b24fa87"),
    "vision/faces": (1, "459c964fd5102bf6"),
    "vision/chips": (1, "c228ebe4fdf85155"),
    "vision/face_net": (1, "523be6d8f4205197"),
    "vision/own_faces": (1, "5519231985cefcf3"),
    "people/grouping": (1, "dcb25b68fe8ad7f4"),
    "cleanup/compare": (3, "3d00c5b937e5c19c"),
    "library/nearest": (1, "ada21b3966deef54"),
    "cleanup/_clutter_signs": (1, "2df87b864d779d8b"),
    "cleanup/look": (3, "b914521d0286b7d5"),
    "video/fingerprints": (1, "cf06cc171551f394"),
    "video/packets": (1, "7cffa1de06a35497"),
    "video/facts": (1, "f2525f593eb3ff90"),
    "reading/seen": (3, "854180d782d89f84"),
}


def code_behind(owner: str) -> str:
    """sha256, hexadecimal, the first 16 digits."""
    parts = [_locked(part) if part.endswith("==") else "\n".join(_code(part)) for part in BEHIND[owner]]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _code(part: str) -> Iterator[str]:
    """A module's statements, or the one that gives NAME its value."""
    module, _, wanted = part.partition(":")
    path: Path = PROJECT / "src" / "unipic" / f"{module}.py"
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        names = [ast.unparse(target) for target in getattr(statement, "targets", ())]
        if names != ["VERSION"] and (not wanted or names == [wanted]):
            yield from _words(statement)


def _words(node: ast.AST) -> Iterator[str]:
    """A syntax tree without docstrings. ast.dump() would write empty fields too, which newer Pythons have more of."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        if value is not None and value != []:
            yield name
            for each in value if isinstance(value, list) else [value]:
                yield from _words(each) if isinstance(each, ast.AST) else [repr(each)]
    yield "."


def _locked(library: str) -> str:
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    found = re.findall(rf"(?m)^{re.escape(library)}(\d+\.\d+)", lock)  # some have one for each version of Python
    assert found, f"{library} is not in requirements.lock"
    return " ".join([library, *found])
