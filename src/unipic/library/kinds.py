"""What kind of photo a photo is, by its name, its size and what its file says; one photo may be of several kinds."""

import re
from collections.abc import Iterable, Iterator, Sequence

from unipic.core.folding import folded
from unipic.core.photo import FILM, RAW, Photo

VERSION = 1  # raised when a photo gets other kinds

Box = tuple[float, float, float, float]

KINDS = ("screenshot", "document", "selfie", "panorama", "live", "burst", "raw", "film")
# A document by its text: so many lines, which cover so much of the picture. A street with signs has fewer.
PAGE_LINES, PAGE_SHARE = 12, 0.15
PANORAMA = 2.35  # length to height; telephones take photos of 20:9, and cinema frames have 21:9
LOSSLESS = ("PNG", "WEBP")  # what systems store screenshots as
# Pixels of screens, the shorter side first, of computers, telephones and tablets of the last fifteen years.
_SCREENS = """
720x1280 768x1366 800x1280 864x1536 900x1440 900x1600 1050x1680 1080x1920 1080x2560 1200x1920 1440x2560 1440x3440
1600x2560 1664x2560 1800x2880 1864x2880 1964x3024 2160x3840 2234x3456 2880x5120
640x960 640x1136 750x1334 828x1792 1080x2160 1080x2220 1080x2280 1080x2340 1080x2400 1080x2408 1080x2424 1125x2436
1170x2532 1179x2556 1206x2622 1242x2208 1242x2688 1284x2778 1290x2796 1320x2868 1344x2992 1440x2880 1440x2960 1440x3040
1440x3088 1440x3120 1440x3200 720x1520 720x1560 720x1600
1536x2048 1620x2160 1640x2360 1668x2224 1668x2388 2048x2732
"""
SCREENS = frozenset(tuple(map(int, size.split("x"))) for size in _SCREENS.split())
SCREENSHOT = re.compile(
    r"screen ?shot|bildschirmfoto|capture d.ecran|captura de (?:pantalla|tela|ecra)|schermata|schermafbeelding"
)
_BILLS = (
    r"receipts?|invoices?|quittung(?:en)?|rechnung(?:en)?|belege?|factures?|recus?|recibos?|facturas?|ricevut[ae]|"
    r"fattur[ae]"
)
BILL = re.compile(rf"\b(?:{_BILLS})\b")
DOCUMENT = re.compile(rf"\b(?:scan(?:s|ned)?|camscanner|office lens|documents?|{_BILLS})\b")
SELFIE = re.compile(r"\bselfies?\b")


def kinds_of(photo: Photo, names: Iterable[str], lines: Sequence[Box] = ()) -> frozenset[str]:
    """The kinds of a photo whose files, with their folders, have these names.

    `lines`: where text was found in it: left, top, right, bottom as shares of the picture.
    """
    words = [re.sub(r"[\W_]+", " ", folded(name)) for name in names]
    found = frozenset(_kinds(photo, words))
    return found | {"document"} if "screenshot" not in found and is_page(lines) else found


def is_page(lines: Sequence[Box]) -> bool:
    """Whether there is as much text as on a page."""
    return len(lines) >= PAGE_LINES and covered(lines) >= PAGE_SHARE


def covered(lines: Sequence[Box]) -> float:
    """The share of a picture that lines of text fill."""
    return sum((right - left) * (bottom - top) for left, top, right, bottom in lines)


def _kinds(photo: Photo, words: Sequence[str]) -> Iterator[str]:
    sides = tuple(sorted((photo.width, photo.height)))
    of_a_screen = photo.format in LOSSLESS and not photo.camera and sides in SCREENS
    said = any(folded(extra.value) == "screenshot" for extra in photo.told)
    roles = {companion.role for companion in photo.companions}
    found = {
        "screenshot": of_a_screen or said or any(map(SCREENSHOT.search, words)),
        "document": any(map(DOCUMENT.search, words)),
        "selfie": any(map(SELFIE.search, words)),
        "panorama": max(sides) > PANORAMA * min(sides),
        "live": "video" in roles or bool(photo.identifier),
        "burst": bool(photo.burst),
        "raw": photo.format == RAW or "raw" in roles,
        "film": photo.format == FILM or any(extra.kind == "film" for extra in photo.holds),
    }
    yield from (kind for kind, holds in found.items() if holds)
