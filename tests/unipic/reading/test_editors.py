"""Which names are those of editors: whole words, in any case, and never a camera's firmware."""

import time

import pytest

from unipic.reading._editors import EDITORS, editor


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Adobe Photoshop CS5 Windows", "Photoshop"),
        ("Adobe Photoshop Lightroom Classic 12.0 (Macintosh)", "Lightroom"),
        ("Adobe Photoshop Camera Raw 9.1", "Photoshop"),
        ("Snapseed 2.0", "Snapseed"),
        ("SNAPSEED", "Snapseed"),
        ("GIMP 2.10.34", "GIMP"),
        ("gimp", "GIMP"),
        ("darktable 4.2.1", "darktable"),
        ("Capture One 22 Windows", "Capture One"),
        ("CaptureOne/15.2", "Capture One"),
        ("Picasa3", "Picasa"),
        ("paint.net 4.3", "Paint.NET"),
        ("ON1 Photo RAW 2023", "ON1"),
        ("DxO PhotoLab 5", "DxO"),
        ("x Luminar AI y", "Luminar"),
        ("Affinity Photo 1.10", "Affinity Photo"),
        ("Pixelmator Pro 3", "Pixelmator"),
    ],
)
def test_editors(text: str, name: str) -> None:
    assert editor([text]) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ver.1.00",
        "Firmware Version 1.1.3",
        "17.1.2",
        "HDR+ 1.0.345618096zd",
        "G998BXXU5CVDD",
        "Digital Camera FinePix S5 Ver1.00",
        "NIKON D850 Ver.1.20",
        "NIKON Transfer 1.5",
        "Windows Photo Viewer",
        "gimpy",
        "Photoshopped",
        "MyPhotoshop",
        "ON12",
        "ON100 firmware",
        "paintXnet",
        "Capture  Two",
        "x" * 1000 + " GIMP",
    ],
)
def test_firmware_and_others_are_none(text: str) -> None:
    assert editor([text]) == ""


def test_the_first_text_with_an_editor_decides() -> None:
    assert editor(["Ver.1.00", "Snapseed 2.0", "Photoshop"]) == "Snapseed"
    assert editor([]) == ""


def test_every_name_is_found_as_itself() -> None:
    for name in EDITORS:
        assert editor([f"{name} 1.0"]) == name
        assert editor([name.upper()]) == name


def test_names_that_look_like_patterns_cost_nothing() -> None:
    began = time.process_time()
    assert editor(["Capture " * 25_000, "(" * 100_000, "\0" * 100_000] * 50) == ""
    assert time.process_time() - began < 2
