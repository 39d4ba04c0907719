"""The layout of a collage: photos in rows that fill a page, where no head is cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from unipic.albums.crop import HEADROOM, WHOLE, Head, window
from unipic.core.errors import SettingsError
from unipic.core.face import Box
from unipic.core.language import gettext as _

DPI = 300
PAPERS = {"A4": (2480, 3508), "A3": (3508, 4961)}  # pixels at DPI, upright
GAP, MARGIN = 24, 90  # pixels: 2 mm, 7.6 mm
MOST = 24  # photos of a page
Place = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the page


@dataclass(frozen=True)
class Piece:
    """A photo for a page."""

    width: int
    height: int
    heads: Sequence[Head] = ()
    subject: Box = WHOLE


@dataclass(frozen=True)
class Placed:
    """Where a photo lies on the page, and which part of it."""

    place: Place
    box: tuple[int, int, int, int]  # of the photo, in its pixels


def paper_named(name: str, landscape: bool = False) -> tuple[int, int]:
    """Width and height in pixels. SettingsError for another."""
    if name.upper() not in PAPERS:
        raise SettingsError(_("there is no paper {name!r}; there are {known}", name=name, known=", ".join(PAPERS)))
    width, height = PAPERS[name.upper()]
    return (height, width) if landscape else (width, height)


def layout(pieces: Sequence[Piece], page: tuple[int, int], gap: int = GAP, margin: int = MARGIN) -> list[Placed]:
    """Rows in the order of the photos that fill the page. ValueError without photos, or for more than MOST.

    A photo fills its place by a crop. If that would cut a head, all of it is shown, smaller, with the page around.
    """
    if not 0 < len(pieces) <= MOST:
        raise ValueError(f"a page has 1 to {MOST} photos")
    inner = page[0] - 2 * margin, page[1] - 2 * margin
    rows = _rows([piece.width / piece.height for piece in pieces], inner, gap)
    heights = [
        (inner[0] - gap * (len(row) - 1)) / sum(pieces[at].width / pieces[at].height for at in row) for row in rows
    ]
    scale = (inner[1] - gap * (len(rows) - 1)) / sum(heights)
    placed, top = list[Placed](), float(margin)
    for row, height in zip(rows, heights, strict=True):
        left = float(margin)
        for at in row:
            across = height * pieces[at].width / pieces[at].height
            place = round(left), round(top), round(left + across), round(top + height * scale)
            placed.append(_placed(pieces[at], place))
            left += across + gap
        top += height * scale + gap
    return placed


def _rows(ratios: Sequence[float], inner: tuple[int, int], gap: int) -> list[list[int]]:
    """The photos in rows whose heights together come nearest to the page's, the rows as alike as they can be."""
    best, found = inf, [list(range(len(ratios)))]
    for number in range(1, len(ratios) + 1):
        share = sum(ratios) / number
        rows: list[list[int]] = [[]]
        filled = 0.0
        for at, ratio in enumerate(ratios):
            if rows[-1] and filled + ratio / 2 > share * len(rows) and len(rows) < number:
                rows.append([])
            rows[-1].append(at)
            filled += ratio
        heights = [(inner[0] - gap * (len(row) - 1)) / sum(ratios[at] for at in row) for row in rows]
        stretch = (inner[1] - gap * (len(rows) - 1)) / sum(heights)
        unlike = max(stretch, 1 / stretch) * (max(heights) / min(heights)) ** 0.5
        if unlike < best:
            best, found = unlike, rows
    return found


def _placed(piece: Piece, place: Place) -> Placed:
    left, top, right, bottom = place
    width, height = right - left, bottom - top
    crop = window((piece.width, piece.height), (width, height), piece.heads, piece.subject, HEADROOM)
    if not crop.cut:
        return Placed(place, crop.box)
    scale = min(width / piece.width, height / piece.height)
    across, down = max(1, round(piece.width * scale)), max(1, round(piece.height * scale))
    x, y = left + (width - across) // 2, top + (height - down) // 2
    return Placed((x, y, x + across, y + down), (0, 0, piece.width, piece.height))
