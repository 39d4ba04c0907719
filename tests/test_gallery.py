"""Real, labelled photos through the command line: nothing lost, nothing touched, and as right as it was measured."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.quality import pairs_of
from benchmarks.truth import PHOTOS, Score, load_labels, score
from tests.helpers.recorded import cleanup_from_dict

from unipic.core.settings import PROJECT

GALLERY = PHOTOS / "gallery_dev"
WEIGHTS = PROJECT.parent / "shared" / "weights"

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.photos,
    pytest.mark.skipif(not GALLERY.is_dir(), reason="the labelled photos are not at hand"),
]


def tree(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Every file with its sha256, time and mode."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
            path.stat().st_mode,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("encoder", ["builtin", pytest.param("mobilenet", marks=pytest.mark.weights)])
def test_a_real_gallery(encoder: str, tmp_path: Path) -> None:
    if encoder == "mobilenet" and not WEIGHTS.is_dir():
        pytest.skip("MobileNetV3's weights are not at hand")
    before = tree(GALLERY)
    command = [
        sys.executable,
        str(PROJECT / "src" / "main.py"),
        "clean",
        str(GALLERY),
        "--zip",
        str(tmp_path / "o.zip"),
    ]
    options = ["--json", "--encoder", encoder, "--ranker", "builtin", "--best-only"]
    models = WEIGHTS if encoder == "mobilenet" else tmp_path
    done = subprocess.run(
        command + options, capture_output=True, text=True, env={**os.environ, "UNIPIC_MODELS": str(models)}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert tree(GALLERY) == before, "originals are as they were"

    result = json.loads(done.stdout)
    cleanup = cleanup_from_dict(result["cleanup"])
    assert {file["name"] for file in result["files"]} == set(before), "every file is accounted for"
    assert all(file["instead"] for file in result["files"] if file["fate"] == "set aside"), "for a photo that stays"

    labels, pairs = load_labels(GALLERY), pairs_of(cleanup)
    exact = score(pairs["exact"], labels, {"exact"}, {"f_pdq"})
    near = score(pairs["near"], labels, {"exact", "near"}, {"f_pdq"})
    similar = score(pairs["similar"], labels, {"exact", "near", "similar"})
    print(f"{encoder}: exact {exact}\n  same picture {near}\n  similar {similar}")
    assert exact == Score(exact.there, exact.there, exact.there), "the same bytes are always found"
    assert near.precision >= 0.95
    assert near.recall >= 0.5
    assert similar.precision >= 0.98
    assert similar.recall >= 0.7
