"""A run over a film that is killed goes on at the last closed shot, and ends with the same shots and frames."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.helpers.filmed import write_film
from tests.helpers.pictures import scene

from unipic.core.settings import PROJECT

KILLS, SHOTS = 50, 60
# Says each shot as it is told, and waits before it is stored.
RUN = """
import sys
from pathlib import Path
from unipic.core.photo import Found
from unipic.core.settings import Limits
from unipic.library.index import StoredIndex
from unipic.library.thumbnails import Thumbnails
from unipic.sources.base import stamp
from unipic.video import gathered
from unipic.video.keyframes import Asked, Closed
from unipic.vision.builtin import BuiltinEncoder
film, memory = map(Path, sys.argv[1:])
streamed = gathered.in_worker
def told(*given):
    for one in streamed(*given):
        if isinstance(one, Closed):
            print(one.shot.number, flush=True)
            sys.stdin.readline()  # till somebody lets it be stored
        yield one
gathered.in_worker = told
index = StoredIndex(memory, Thumbnails(memory / "thumbs"), Limits())
rows = gathered.rows_for(Asked(""), BuiltinEncoder(), index)
status = film.stat()
file = Found(str(film), film.name, str(film), status.st_size, stamp(status))
found = gathered.gather(gathered.film_of(file, rows)[0], Asked(""), BuiltinEncoder(), rows)
import json
told = {"shots": [vars(one) for one in found.shots]}
print(json.dumps(told | {"frames": [[one.name, one.score] for one in found.frames]}))
index.close()
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = [np.asarray(scene(seed, 64, 48)) // (1 + seed % 2) for seed in range(SHOTS)]
    frames = [picture for number, picture in enumerate(pictures) for _ in range(20 + number % 5)]
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", frames, rate=5)


def run(film: Path, memory: Path, until: int) -> tuple[list[int], Any]:
    """The shots that were told, and the result; killed after `until` shots, for which there is none. 0: not killed."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    command = [sys.executable, "-c", RUN, str(film), str(memory)]
    told = list[int]()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        assert process.stdin
        for line in process.stdout:
            if line.startswith("{"):
                return told, json.loads(line)
            told.append(int(line))
            if len(told) == until:
                process.kill()
                return told, None
            process.stdin.write("\n")
            process.stdin.flush()
    raise AssertionError(f"it ended with {process.returncode}")


@pytest.mark.nightly
def test_killed_again_and_again_it_ends_the_same(film: Path, tmp_path: Path) -> None:
    _, whole = run(film, tmp_path / "whole", 0)
    last = 1
    for _ in range(KILLS):
        told, _ = run(film, tmp_path / "killed", 3)
        assert told == [last, last + 1, last + 2], (
            "it goes on at the last shot that was stored, whose end is found anew"
        )
        last = told[1]
    told, result = run(film, tmp_path / "killed", 0)
    assert told[0] == last
    assert result == whole
    assert len(whole["shots"]) == SHOTS
