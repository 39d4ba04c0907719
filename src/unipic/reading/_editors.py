"""Recognise editing programs by the names they leave in a file."""

import re
from collections.abc import Iterable

VERSION = 1  # raised when other programs are recognised

# In order of precedence: "Adobe Photoshop Lightroom" is Lightroom. Programs that only import or organise photos, and
# camera firmware, are left out.
EDITORS = (
    "Lightroom", "Photoshop", "Camera Raw", "Snapseed", "GIMP", "darktable", "RawTherapee", "Capture One",
    "Capture NX", "NX Studio", "Digital Photo Professional", "Silkypix", "DxO", "ON1", "Affinity Photo", "Luminar",
    "Aurora HDR", "Photomatix", "Topaz", "Nik Collection", "Pixelmator", "Acorn", "Aperture", "Picasa",
    "Windows Photo Editor", "Windows Photo Gallery", "Windows Live Photo Gallery", "Paint.NET", "PaintShop",
    "Paint Shop Pro", "PhotoImpact", "PhotoDirector", "PhotoScape", "ACDSee", "Zoner", "Krita", "digiKam", "Photopea",
    "Pixlr", "Polarr", "Fotor", "BeFunky", "Canva", "PicsArt", "VSCO", "Afterlight", "Facetune", "FaceApp",
    "BeautyPlus", "Meitu", "Prisma", "Instagram",
)  # fmt: skip
TEXT = 200  # characters of a program's name that are searched


def _words(name: str) -> re.Pattern[str]:
    """A pattern for whole words in any case: "Capture One" or "CaptureOne". A version may follow directly:

    "Picasa3".
    """
    words = "[ _-]?".join(re.escape(word) for word in name.split())
    following = r"\w" if name[-1].isdigit() else r"[^\W\d]"
    return re.compile(rf"(?<!\w){words}(?!{following})", re.IGNORECASE)


PATTERNS = tuple((name, _words(name)) for name in EDITORS)


def editor(texts: Iterable[str]) -> str:
    """The first known editor among the program names a file contains; "" if there is none."""
    for text in texts:
        for name, pattern in PATTERNS:
            if pattern.search(text[:TEXT]):
                return name
    return ""
