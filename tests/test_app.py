"""The web server up to its first screen: nothing that takes seconds to import, or hundreds of megabytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from unipic.core.settings import PROJECT

pytestmark = pytest.mark.slow

HEAVY = {"torch", "torchvision", "transformers", "sklearn", "scipy", "cv2", "pandas", "matplotlib", "utils"}
SERVER = """
import json, sys
import app
started = sorted(sys.modules)
from streamlit.testing.v1 import AppTest
screen = AppTest.from_file("screens/frame.py", default_timeout=60).run()
print(json.dumps([started, sorted(sys.modules), [title.value for title in screen.title], len(screen.exception)]))
"""


def test_the_first_screen_is_there_without_anything_heavy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVER],
        cwd=PROJECT / "src",
        env={**os.environ, "UNIPIC_DATA": str(tmp_path), "UNIPIC_ROOTS": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    started, shown, titles, exceptions = json.loads(done.stdout.splitlines()[-1])
    assert (titles, exceptions) == (["Keep the best shot, lose the clutter"], 0)
    assert "server.state" in started
    assert HEAVY & set(started) == set()
    assert HEAVY & set(shown) == set()
