"""The command line in another language, by a catalogue made for the test: help, Typer's words, a plural, an error."""

import json
import os
import subprocess
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from unipic.core.language import DOMAIN
from unipic.core.settings import PROJECT

GERMAN = {
    "Crop copies of photos so that all faces stay whole, at the photo's own pixels; says whose head did not fit.": (
        "Fotos zuschneiden."
    ),
    "The folder for the copies.": "Der Ordner für die Kopien.",
    "Options": "Optionen",
    "For a square and an upright frame; the originals are only read:": "Für einen quadratischen Rahmen:",
    "wrong arguments": "falsche Angaben",
    "Exit codes": "Rückgabewerte",
    "No such command {name!r}.": "Es gibt keinen Befehl {name!r}.",
    "error:": "Fehler:",
    "name each aspect once": "jedes Seitenverhältnis nur einmal nennen",
    "problem": "Problem",
    ("{n:,} problem found.", "{n:,} problems found."): ("{n:,} Problem gefunden.", "{n:,} Probleme gefunden."),
    ("kept", "is a symbolic link, which is not followed"): "ist eine Verknüpfung, der nicht gefolgt wird",
}
SCRIPT = """
import json, sys
from pathlib import Path
from unipic.core import language
language.FOLDER = Path(sys.argv[1])
from typer.testing import CliRunner
import main
runner = CliRunner()
print(json.dumps([runner.invoke(main.app, words).output for words in json.loads(sys.argv[2])]))
"""


def catalogue(folder: Path) -> Path:
    made = Catalog("de")
    for message, translation in GERMAN.items():
        if isinstance(message, tuple) and message[0] == "kept":
            made.add(message[1], translation, context="kept")
        else:
            made.add(message, translation)
    path = folder / "de" / "LC_MESSAGES" / f"{DOMAIN}.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, made)
    return folder


def spoken(language: str, locale: Path, *commands: list[str]) -> list[str]:
    surroundings = {**os.environ, "UNIPIC_LANGUAGE": language, "COLUMNS": "200", "LANG": "C.UTF-8"}
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(locale), json.dumps(commands)],
        cwd=PROJECT / "src", env=surroundings, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return list(json.loads(answer.stdout))


def test_help_plurals_and_errors_speak_the_language(tmp_path: Path) -> None:
    locale = catalogue(tmp_path / "locale")
    for number in (1, 2):
        folder = tmp_path / f"photos{number}"
        folder.mkdir()
        for name in range(number):
            (folder / f"{name}.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    commands = [
        ["crop", "--help"],
        ["check", str(tmp_path / "photos1")],
        ["check", str(tmp_path / "photos2")],
        ["crop", str(tmp_path), "--aspect", "1:1", "--aspect", "1:1", "--to", str(tmp_path / "to")],
        ["croop"],
    ]
    help, one, two, error, unknown = spoken("de", locale, *commands)
    assert "Fotos zuschneiden." in help
    assert "Der Ordner für die Kopien." in help
    assert "─ Optionen ─" in help
    assert "Für einen quadratischen Rahmen:" in help
    assert "Rückgabewerte  0 done · 1 failed · 2 falsche Angaben" in help
    assert "1 Problem gefunden." in one
    assert "0.jpg: ist eine Verknüpfung, der nicht gefolgt wird" in one
    assert "2 Probleme gefunden." in two
    assert "Fehler: jedes Seitenverhältnis nur einmal nennen" in error
    assert "Es gibt keinen Befehl 'croop'." in unknown
    help, one, two, *_others = spoken("en", locale, *commands)
    assert "─ Options ─" in help
    assert "1 problem found." in one
    assert "2 problems found." in two
