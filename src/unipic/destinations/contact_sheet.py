"""A contact sheet: a PDF of pages with small pictures, each with its name, and page numbers."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from math import ceil
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PdfParser import PdfParser

from unipic.albums.collage import DPI, PAPERS
from unipic.albums.presets import Preset
from unipic.core.errors import DestinationError
from unipic.core.files import atomic_file
from unipic.core.language import gettext as _
from unipic.core.progress import Progress, Step, silent
from unipic.core.words import printable
from unipic.destinations._writing import check_space, explained, result_of
from unipic.destinations.base import Item, Plan, Result, Written, file_ready, plan_to_copy
from unipic.destinations.developing import Developer
from unipic.reading.images import load_thumbnail
from unipic.review.outcomes import Outcome

PAGE = PAPERS["A4"]  # pixels at DPI
COLUMNS, ROWS = 4, 6
MARGIN, GAP, LINE = 118, 24, 48  # pixels: 10 mm, 2 mm, and 4 mm for a name or the page's number
LETTERS = 30  # pixels: 7 points
WIDTH = (PAGE[0] - 2 * MARGIN - (COLUMNS - 1) * GAP) // COLUMNS
HEIGHT = (PAGE[1] - 2 * MARGIN - LINE - (ROWS - 1) * GAP) // ROWS - LINE
BYTES_PER_PHOTO = 150_000  # more than a small picture takes at QUALITY
QUALITY = 90
INK, PALE = "#222222", "#dddddd"


class ContactSheet:
    """Writes what is kept as small pictures into a PDF."""

    def __init__(self, path: Path, title: str = "", replace: bool = False) -> None:
        self.path, self.title, self.replace = path, title or path.stem, replace
        small = Preset(width=WIDTH, height=HEIGHT, quality=QUALITY, metadata="none")
        self._developer = Developer(small)

    def ready(self) -> None:
        file_ready(self.path, self.replace)

    def plan(self, outcomes: Sequence[Outcome]) -> Plan:
        chosen = plan_to_copy(outcomes, self._developer)
        items = (Item(one.outcome, one.file, one.file.name, BYTES_PER_PHOTO) for one in chosen.items)
        return Plan(chosen.outcomes, tuple(items))

    def carry_out(self, plan: Plan, progress: Progress = silent) -> Result:
        """Write all pages, or leave nothing. A photo that cannot be shown has an empty place with its name."""
        self.ready()
        if not plan.items:
            raise DestinationError(_("there is no photo to show on a contact sheet"))
        written = list[Written]()
        with explained(self.path.parent, lambda: plan.items, "The unfinished PDF was removed."):
            check_space(self.path.parent, plan.items)
            with (
                closing(self._developer),
                TemporaryDirectory(prefix="unipic-", ignore_cleanup_errors=True) as folder,
                atomic_file(self.path, self.replace) as file,
            ):
                places = self._places(plan.items, Path(folder), written, progress)
                for number in range(pages := ceil(len(plan.items) / (COLUMNS * ROWS))):
                    page = self._page(islice(places, COLUMNS * ROWS), f"{self.title}  {number + 1} / {pages}")
                    page.save(file, "PDF", append=number > 0, resolution=DPI, quality=QUALITY, title=self.title)
                file.flush()
                if len(PdfParser(f=file).pages) != pages:
                    raise DestinationError(
                        _(
                            "{path} could not be read back with all its pages; it was removed",
                            path=self.path,
                        )
                    )
        return result_of(written)

    def _places(
        self, items: Sequence[Item], folder: Path, written: list[Written], progress: Progress
    ) -> Iterator[tuple[str, np.ndarray | None]]:
        """The name and the small picture of each photo, uint8 [H, W, 3]; `written` gets what became of it."""
        for item, path, made in self._developer.copies(items, folder):
            progress(Step("Making pages", len(written), len(items), "photo"))
            problem = f"is not shown: {made.problem}" if made.problem else ""
            written.append(Written(item, None if problem else made.digest, problem, made.digest))
            picture = None if problem else load_thumbnail(str(path))
            path.unlink(missing_ok=True)
            yield PurePosixPath(item.file.name).name, picture
        progress(Step("Making pages", len(items), len(items), "photo"))

    def _page(self, places: Iterator[tuple[str, np.ndarray | None]], foot: str) -> Image.Image:
        page = Image.new("RGB", PAGE, "white")
        draw, font = ImageDraw.Draw(page), ImageFont.load_default(LETTERS)
        for at, (name, rgb) in enumerate(places):
            row, column = divmod(at, COLUMNS)
            left, top = MARGIN + column * (WIDTH + GAP), MARGIN + row * (HEIGHT + LINE + GAP)
            if rgb is None:
                draw.rectangle((left, top, left + WIDTH - 1, top + HEIGHT - 1), outline=PALE)
            else:
                picture = Image.fromarray(rgb)
                page.paste(picture, (left + (WIDTH - picture.width) // 2, top + HEIGHT - picture.height))
            draw.text((left + WIDTH // 2, top + HEIGHT + 6), _short(name, font), INK, font, anchor="ma")
        draw.text((PAGE[0] // 2, PAGE[1] - MARGIN), printable(foot), INK, font, anchor="ms")
        return page


def _short(name: str, font: "ImageFont.FreeTypeFont | ImageFont.ImageFont") -> str:
    """The name, cut in its middle to the width of its place."""
    name = printable(name)
    left, right = name[: len(name) // 2], name[len(name) // 2 :]
    short = name
    while font.getlength(short) > WIDTH and left:
        left, right = left[:-1], right[1:]
        short = f"{left}...{right}"
    return short
