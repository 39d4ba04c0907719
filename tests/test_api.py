"""Each example of docs/api.md, run as it stands there, one after the other."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.pictures import save, scene, shaken

from unipic.core.settings import PROJECT

pytestmark = pytest.mark.slow

TEXT = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_examples_run_as_they_stand(tmp_path: Path) -> None:
    for number in range(3):
        save(scene(number), tmp_path / "holiday" / f"{number}.jpg")
        save(shaken(scene(number)), tmp_path / "holiday" / f"{number}b.jpg")
    (tmp_path / "holiday" / "copy.jpg").write_bytes((tmp_path / "holiday" / "0.jpg").read_bytes())
    (tmp_path / "holiday" / "notes.txt").write_text("no photo")
    main = "\n".join(f"    {line}" for example in EXAMPLES for line in example.splitlines())
    script = tmp_path / "script.py"
    script.write_text(f'if __name__ == "__main__":\n{main}\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT / "src"), "UNIPIC_DATA": str(tmp_path / "data"), "UNIPIC_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for words in ("8 files, 8 read now, 0 gone", "no photo: notes.txt", "best of 2 is", "6 photos looked at, 0 to go"):
        assert words in done.stdout


def test_every_section_has_an_example() -> None:
    assert len(EXAMPLES) == TEXT.count("\n## ")
