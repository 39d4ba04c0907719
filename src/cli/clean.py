"""`clean`: find copies and similar shots, and write a clean gallery."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import NOTHING_FOUND, PARTLY, app, before_the_work, clear_answers
from cli.examples import examples
from cli.from_immich import FromImmich, Opened, elsewhere
from cli.options import Encoding, Machine, Ranking, Sensitivity, option, settings_by, with_groups
from cli.terminal import WHOLE, confirmed, err, progress_bars, say_summary, shown
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.core.settings import Settings, data_folder, memory_folder, models_folder
from unipic.review.rules import PREFERENCES, SETS, Rules

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.cleanup.bonds import Bonds
    from unipic.cleanup.result import Cleanup
    from unipic.core.photo import Gallery, Photo
    from unipic.core.progress import Progress
    from unipic.destinations.aside import AsideDestination
    from unipic.destinations.base import Destination, Result
    from unipic.library.decisions import Ruling
    from unipic.review.outcomes import Outcome, Unseen

EXAMPLES = examples(
    (_("See what would happen, write nothing:"), "clean ~/Pictures/Lisbon --dry-run"),
    (
        _("A clean gallery as a ZIP, without copies, with all similar shots:"),
        "clean ~/Pictures/Lisbon --zip lisbon.zip",
    ),
    (
        _("Only the recommended shot of each moment, into a folder:"),
        "clean ~/Pictures /mnt/phone --to ~/clean --best-only",
    ),
    (_("Only shots taken within 48 seconds count as one moment:"), "clean photos --zip out.zip --time-window 48s"),
    (
        _("The best shot of each moment, judged by your own words:"),
        'clean photos --to best --best-only --prompt "our dog"',
    ),
    (
        _("Keep the copy in albums/, and never set aside photos in prints/:"),
        "clean pics --to out --prefer albums --protect prints",
    ),
    (
        _("Move copies into a dated folder beside the originals, after you typed their number:"),
        "clean ~/Pictures --move-aside",
    ),
    (_("Squares for social media, in sRGB and without the place:"), "clean ~/Pictures --to ~/squares --as square"),
    (_("For another program:"), "clean photos --dry-run --json | jq .report"),
    codes=(0, 1, 2, 3, 4, (5, _("no photos found")), 130),
)

_output, _kept = map(option, (_("Where the result goes"), _("What is kept")))


@dataclass(frozen=True)
class Output:
    zip_path: Annotated[Path | None, _output("--zip", _("Write the clean gallery to this ZIP."))] = None
    to: Annotated[Path | None, _output("--to", _("Copy the clean gallery into this folder."))] = None
    listing: Annotated[
        Path | None, _output("--list", _("Write a list of all files: kept or not, and why (.csv or .json)."))
    ] = None
    move_aside: Annotated[
        bool, _output("--move-aside", _("Move copies into a dated folder in PHOTOS; undo puts them back."))
    ] = False
    yes: Annotated[
        int | None, _output("--yes", _("With --move-aside: confirm the number of files without being asked."))
    ] = None
    dry_run: Annotated[bool, _output("--dry-run", _("Only print what would happen."))] = False
    as_json: Annotated[bool, _output("--json", _("Print the whole result as JSON."))] = False
    fresh: Annotated[
        bool, _output("--fresh", _("Ignore what is remembered of these photos, and remember nothing."))
    ] = False
    look: Annotated[
        str,
        _output("--as", _("With --zip or --to: copies by a preset, as square, web or print-10x15 (docs/presets.md).")),
    ] = ""
    pdf: Annotated[Path | None, _output("--pdf", _("A contact sheet: small pictures with their names, to print."))] = (
        None
    )
    sidecars: Annotated[
        bool, _output("--sidecars", _("With --zip or --to: XMP files with what an export's own files say of photos."))
    ] = False
    strip_location: Annotated[
        bool, _output("--strip-location", _("Remove the location from every copy (needs exiftool)."))
    ] = False

    @property
    def target(self) -> Path | None:
        """Where the gallery is written to; None if it is not."""
        return self.zip_path or self.to or self.pdf

    @property
    def written(self) -> list[Path]:
        return [path for path in (self.target, self.listing) if path]

    def check(self) -> None:
        """SettingsError for ways that exclude each other, or none."""
        ways = sum(map(bool, (self.zip_path, self.to, self.pdf, self.move_aside, self.dry_run)))
        if ways > 1 or not (ways or self.listing):
            raise SettingsError(
                _(
                    "choose where the result goes: exactly one of --zip FILE, --to FOLDER, --pdf FILE, --move-aside or "
                    "--dry-run"
                )
            )
        if self.yes is not None and not self.move_aside:
            raise SettingsError(_("--yes N confirms --move-aside, which was not given"))
        for name, said in (("strip-location", self.strip_location), ("sidecars", self.sidecars), ("as", self.look)):
            if said and not (self.zip_path or self.to):
                raise SettingsError(_("--{name} needs --zip or --to", name=name))
        if self.look and (self.strip_location or self.sidecars):
            raise SettingsError(_("--as says itself what its copies tell; leave out --strip-location and --sidecars"))


@dataclass(frozen=True)
class Kept:
    best_only: Annotated[
        bool, _kept("--best-only", _("Keep only the recommended shot of each moment. Default: keep all."))
    ] = False
    keep_copies: Annotated[
        bool,
        _kept("--keep-copies", _("Keep all copies. Default: leave out what is identical or verified at full size.")),
    ] = False
    protect: Annotated[
        list[str] | None, _kept("--protect", _("A folder in PHOTOS whose photos always stay. May be repeated."))
    ] = None
    prefer: Annotated[
        list[str] | None, _kept("--prefer", _("Keep the copy that is in this folder. May be repeated."))
    ] = None
    avoid: Annotated[
        list[str] | None, _kept("--avoid", _("Set aside the copy that is in this folder. May be repeated."))
    ] = None
    keep: Annotated[
        list[str] | None,
        _kept("--keep", _("Prefer photos that are {preferences}. Repeatable.", preferences=", ".join(PREFERENCES))),
    ] = None
    thin: Annotated[
        list[str] | None,
        _kept(
            "--thin",
            _(
                "With --best-only: keep only the best shot of these series too: {sets}. May be repeated.",
                sets=", ".join(SETS),
            ),
        ),
    ] = None
    decided: Annotated[bool, _kept("--decided", _("Apply your decisions about these photos from the web app."))] = False

    @property
    def unseen(self) -> Unseen:
        """What may be left out without a person's look."""
        return "nothing" if self.keep_copies else "verified"

    def rules(self, photos: tuple[Photo, ...]) -> Rules:
        """SettingsError for a folder no photo lies in: a slip of the pen must not leave a folder unprotected."""
        from unipic.review.rules import folders

        protect, prefer, avoid, keep, thin = (
            tuple(words or ()) for words in (self.protect, self.prefer, self.avoid, self.keep, self.thin)
        )
        known = folders(photos)
        for folder in (*protect, *prefer, *avoid):
            if folder.rstrip("/") not in known:
                raise SettingsError(
                    _(
                        "no photo lies in {folder!r}; there are {folders}",
                        folder=folder,
                        folders=", ".join(known[:20]) or _("no folders"),
                    )
                )
        try:
            return Rules(protect, prefer, avoid, keep, thin)
        except ValueError as error:
            raise SettingsError(str(error)) from None


@app.command(epilog=EXAMPLES)
@with_groups
def clean(
    photos: Annotated[
        list[Path],
        typer.Argument(
            help=_(
                "Folders (with all subfolders), files, or the parts of a Google Takeout or iCloud export as they were "
                "downloaded (.zip, .tgz); cloud:NAME/FOLDER (docs/clouds.md); or of an Immich server immich:, "
                "immich:album/NAME, immich:person/NAME or immich:since/DATE. They are only read."
            )
        ),
    ],
    output: Output,
    kept: Kept,
    sensitivity: Sensitivity,
    encoding: Encoding,
    ranking: Ranking,
    immich: FromImmich,
    machine: Machine,
) -> None:
    """Find copies and similar shots in PHOTOS and write a clean gallery."""
    with clear_answers(output.as_json):
        settings = settings_by(sensitivity, encoding, ranking, machine)
        output.check()
        ranking.check(settings)
        folders = [path for path in photos if not elsewhere(path)]
        immich.check(photos, copied=bool(output.target), moved=output.move_aside)
        destinations = ready(output, folders)
        aside = _aside(folders) if output.move_aside else None
        with progress_bars(quiet=output.as_json) as progress:
            with immich.opened(photos, progress, copied=bool(output.target)) as source:
                cleanup, rulings = cleaned(source, settings, not output.fresh, kept.decided, progress)
            # Imported only now, so that reading begins sooner.
            from unipic.destinations.sidecars import sidecars_of_exports
            from unipic.review.choices import best_only, recalled
            from unipic.review.ledger import result_to_dict
            from unipic.review.outcomes import outcomes
            from unipic.review.proposal import propose

            proposal = propose(cleanup, kept.rules(cleanup.gallery.photos))
            choices = recalled(proposal.groups, rulings)
            choices = {**choices, **best_only(proposal.shots, choices)} if kept.best_only else choices
            everything = outcomes(proposal, choices, kept.unseen)
            written = [path for path in output.written if cleanup.gallery.photos or path == output.listing]
            with sidecars_of_exports(everything) if output.sidecars else nullcontext(everything) as going:
                problems = exported([destinations[path] for path in written], going, progress)
        moved = _moved(aside, everything, output) if aside else None
        problems += moved.problems if moved else ()
        if output.as_json:
            found = result_to_dict(proposal, choices, everything)
            print(json.dumps(found | _written(output, problems, moved), ensure_ascii=True))
        else:
            say_summary(proposal, choices, everything, written, problems, moved)
        if problems or not cleanup.gallery.photos:
            raise typer.Exit(PARTLY if problems else NOTHING_FOUND)


def ready(output: Output, photos: list[Path]) -> dict[Path, Destination]:
    """Where the gallery and the list go. What is wrong with the place is said before the work, not after it."""
    from unipic.destinations.base import outside
    from unipic.destinations.folder import FolderDestination
    from unipic.destinations.list import ListDestination
    from unipic.destinations.zip import ZipDestination

    found: dict[Path, Destination] = {}
    developer = None
    if output.look:
        from unipic.albums.presets import preset_named
        from unipic.destinations.developing import Developer

        developer = Developer(preset_named(output.look))
    if output.zip_path:
        found[output.zip_path] = ZipDestination(output.zip_path, False, output.strip_location, developer)
    if output.to:
        found[output.to] = FolderDestination(output.to, output.strip_location, developer)
    if output.pdf:
        from unipic.destinations.contact_sheet import ContactSheet

        found[output.pdf] = ContactSheet(output.pdf)
    if output.listing:
        found[output.listing] = ListDestination(output.listing)
    with before_the_work():
        for path, destination in found.items():
            outside(path, photos)
            destination.ready()
    return found


def _aside(photos: list[Path]) -> AsideDestination:
    """What is wrong with the folders is said before the work."""
    from unipic.destinations.aside import AsideDestination
    from unipic.destinations.quarantine import KNOWN

    aside = AsideDestination(photos, data_folder() / KNOWN)
    with before_the_work():
        aside.ready()
    return aside


def cleaned(
    source: Opened, settings: Settings, remember: bool, decided: bool, progress: Progress
) -> tuple[Cleanup, list[Ruling]]:
    """What is found, by what was decided in the web app if `decided`; and those decisions."""
    from unipic.cleanup.bonds import Bonds
    from unipic.cleanup.result import sparing
    from unipic.library.appearances import called
    from unipic.library.decisions import Catalogue
    from unipic.library.library import Library
    from unipic.library.marks import favourites_in
    from unipic.tools import open_tools
    from utils import clean_gallery

    catalogue, rulings = Catalogue(data_folder()), list[Any]()

    def said(gallery: Gallery) -> Bonds:
        catalogue.same_bytes(source.same_bytes(gallery))
        digests = [photo.digest for photo in gallery.photos]
        rulings[:] = catalogue.about(digests) if decided else ()
        return Bonds(rulings, catalogue.meet(digests) if rulings else {})

    with open_tools(settings, models_folder(), memory_folder() if remember else None, progress) as tools:
        look = partial(clean_gallery, source, tools, settings, progress, said, partial(called, Library(data_folder())))
        cleanup = look()
        if source.wants_whole(cleanup):
            cleanup = look()
        clutter = sparing(cleanup.clutter, favourites_in(data_folder()) | source.favourites)
        return replace(cleanup, notices=(*cleanup.notices, *source.notices), clutter=clutter), rulings


def exported(destinations: list[Destination], everything: list[Outcome], progress: Progress) -> list[str]:
    """The problems there were. What a person should know of copies, though nothing went wrong, is printed."""
    from unipic.destinations.base import export

    results = [export(one, everything, progress) for one in destinations]
    for note in (note for one in results for note in one.notes):
        err.print(f"[yellow]note:[/] {shown(note)}", **WHOLE)
    return [problem for one in results for problem in one.problems]


def _moved(aside: AsideDestination, everything: list[Outcome], output: Output) -> Result:
    """After the number was confirmed, and no more than that."""
    plan = aside.plan(everything)
    plan = plan.at_most(confirmed(plan.files, plan.bytes, output.yes))
    with progress_bars(quiet=output.as_json) as progress:
        return aside.carry_out(plan, progress)


def _written(output: Output, problems: list[str], moved: Result | None) -> dict[str, Any]:
    """What was written and moved, for JSON."""
    where: dict[str, Any] = {"written_to": str(output.target) if output.target else None, "problems": problems}
    if moved:
        where["set_aside"] = {"files": moved.files, "folders": [str(folder) for folder in moved.folders]}
    return where
