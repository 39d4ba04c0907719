"""Programs that change a picture after it was taken, by the names they leave in a file."""

from __future__ import annotations

import re
from collections.abc import Iterable

VERSION = 1  # raised when a program is found that was not, or no more

# Looked for in this order: "Adobe Photoshop Lightroom" is Lightroom. What only carries photos over or keeps them in
# order is not here, nor are the many names of cameras' firmware.
EDITORS = (
    "Lightroom",
    "Photoshop",
    "Camera Raw",
    "Snapseed",
    "GIMP",
    "darktable",
    "RawTherapee",
    "Capture One",
    "Capture NX",
    "NX Studio",
    "Digital Photo Professional",
    "Silkypix",
    "DxO",
    "ON1",
    "Affinity Photo",
    "Luminar",
    "Aurora HDR",
    "Photomatix",
    "Topaz",
    "Nik Collection",
    "Pixelmator",
    "Acorn",
    "Aperture",
    "Picasa",
    "Windows Photo Editor",
    "Windows Photo Gallery",
    "Windows Live Photo Gallery",
    "Paint.NET",
    "PaintShop",
    "Paint Shop Pro",
    "PhotoImpact",
    "PhotoDirector",
    "PhotoScape",
    "ACDSee",
    "Zoner",
    "Krita",
    "digiKam",
    "Photopea",
    "Pixlr",
    "Polarr",
    "Fotor",
    "BeFunky",
    "Canva",
    "PicsArt",
    "VSCO",
    "Afterlight",
    "Facetune",
    "FaceApp",
    "BeautyPlus",
    "Meitu",
    "Prisma",
    "Instagram",
)
TEXT = 200  # characters of a program's name that are looked at


def _words(name: str) -> re.Pattern[str]:
    """Whole words, in any case, as "Capture One" or "CaptureOne"; a version may follow at once, as in "Picasa3"."""
    words = "[ _-]?".join(re.escape(word) for word in name.split())
    following = r"\w" if name[-1].isdigit() else r"[^\W\d]"
    return re.compile(rf"(?<!\w){words}(?!{following})", re.IGNORECASE)


PATTERNS = tuple((name, _words(name)) for name in EDITORS)


def editor(texts: Iterable[str]) -> str:
    """The first program known as an editor among what a file says it was made with; "" if there is none."""
    for text in texts:
        for name, pattern in PATTERNS:
            if pattern.search(text[:TEXT]):
                return name
    return ""
