"""`collage`: the best photos of a person, an event or any search on a page to print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.app import NOTHING_FOUND, PARTLY, app, before_the_work, clear_answers
from cli.examples import examples
from cli.options import Encoding, settings_by, with_groups
from cli.search import What, opened
from cli.terminal import WHOLE, err, say_error, shown
from unipic.core.language import gettext as _
from unipic.core.settings import changed, data_folder
from unipic.core.words import count

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.destinations.crops import Page
    from unipic.library.library import Library

COLLAGE_EXAMPLES = examples(
    (
        _("A person, or an event, on a page to print:"),
        "collage who:Anna --to anna.pdf",
        'collage "event:lisbon" --to lisbon.png --paper A3 --landscape --photos 20',
    ),
    codes=(0, 1, 2, 3, 4, (5, _("no photos found"))),
)


@app.command(epilog=COLLAGE_EXAMPLES)
@with_groups
def collage(
    encoding: Encoding,
    query: Annotated[list[str], typer.Argument(help=_("What to search for, as in search."))],
    to: Annotated[Path, typer.Option("--to", help=_("The page: a name that ends in .pdf or .png."))],
    paper: Annotated[str, typer.Option("--paper", help=_("A4 or A3, at 300 dpi."))] = "A4",
    landscape: Annotated[bool, typer.Option("--landscape", help=_("The page lies on its longer side."))] = False,
    photos: Annotated[int, typer.Option("--photos", help=_("On the page, at most."))] = 12,
) -> None:
    """Put the best photos of a search on a page to print, from the whole of its time. No head is cut."""
    from unipic.albums.shots import in_order, shots_of
    from unipic.destinations.crops import print_page
    from unipic.library.library import Library
    from utils import search_gallery

    with clear_answers(False):
        library, text = Library(data_folder()), " ".join(query)
        library.usable()
        settings = changed(settings_by(encoding), {"ranker": "builtin"})
        page = page_for(library, to, paper, landscape, photos)
        with opened(library, settings, What(), text) as (asked, examples):
            found = search_gallery(text, asked, examples, unsure=False)
            wanted = {asked.library.digests[at] for at in found.order.tolist()}
        dated, undated = in_order((shot for shot in shots_of(library) if shot.digest in wanted), {})
        shots = [*(one.shot for one in dated), *undated]
        if not shots:
            err.print(_("[b]No photo found[/b], so there is no page."), **WHOLE)
            raise typer.Exit(NOTHING_FOUND)
        number, problems = print_page(page, shots, library, settings)
        for problem in problems:
            say_error(problem)
        err.print(
            _(
                "A page of {photos} of {number:,} written to {to}.",
                photos=count(number, "photo"),
                number=len(shots),
                to=shown(to),
            ),
            **WHOLE,
        )
        if problems:
            raise typer.Exit(PARTLY)


def page_for(library: Library, to: Path, paper: str, landscape: bool, photos: int) -> Page:
    """The page as the options want it. What is wrong with its place is said before the work."""
    from unipic.albums.collage import paper_named
    from unipic.destinations.base import outside
    from unipic.destinations.crops import Page, collage_ready

    page = Page(to, paper_named(paper, landscape), photos)
    with before_the_work():
        outside(to, library.paths())
        collage_ready(to)
    return page
