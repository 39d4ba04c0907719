"""`video duplicates`: films that are there twice, clips of longer films, and photos that are a picture of a film."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import NOTHING_FOUND, clear_answers
from cli.examples import examples
from cli.options import Encoding, Machine, option, settings_by, with_groups
from cli.terminal import WHOLE, out, progress_bars, say_note, shown
from cli.video import video
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, gettext_noop as N_, retold
from unipic.core.settings import COMMAND, changed, memory_folder, models_folder
from unipic.core.words import count, size

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.cleanup.film_gallery import Films
    from unipic.cleanup.result import DuplicateSet
    from unipic.core.photo import Photo, Unreadable
    from unipic.video.same_film import SameFilm

_sensitivity, _output = map(option, (_("Sensitivity"), _("Output")))
COLUMNS = ("kind", "stays", "copy", "offset_s", "coverage", "mirrored", "reason")

EXAMPLES = examples(
    (
        _("Which films are there twice: in another container, smaller, with bars, mirrored:"),
        "video duplicates ~/Pictures",
    ),
    (
        _("Also clips that are part of a longer film, as a list for a spreadsheet:"),
        "video duplicates ~/Films --within --list copies.csv",
    ),
    (_("Nothing is moved. To set copies aside: {command} clean FOLDERS --videos", command=COMMAND),),
    codes=((0, _("copies found")), 1, 2, (5, _("none found")), 130),
)


@dataclass(frozen=True)
class Sameness:
    within: Annotated[bool, _sensitivity("--within", _("Also clips that are part of a longer film."))] = False
    coverage: Annotated[
        float, _sensitivity("--coverage", _("Share of the shorter film that must agree, 0.1 to 1."))
    ] = 0.5
    bits: Annotated[
        int, _sensitivity("--bits", _("Of the 63 bits of a picture's hash, so many may differ, 0 to 20."))
    ] = 12

    def check(self) -> None:
        """SettingsError for a value that tells nothing."""
        if not 0.1 <= self.coverage <= 1:
            raise SettingsError(_("--coverage is a share from 0.1 to 1, not {coverage}", coverage=self.coverage))
        if not 0 <= self.bits <= 20:
            raise SettingsError(_("--bits is 0 to 20, not {bits}: beyond, unlike pictures agree", bits=self.bits))


@dataclass(frozen=True)
class Listing:
    listing: Annotated[Path | None, _output("--list", _("Write the copies to this file (.csv)."))] = None
    as_json: Annotated[bool, _output("--json", _("Print everything as JSON."))] = False

    def check(self) -> None:
        """SettingsError for a file that exists, or is of another kind."""
        if self.listing and self.listing.suffix.lower() != ".csv":
            raise SettingsError(_("{listing} must end in .csv", listing=self.listing))
        if self.listing and self.listing.exists():
            raise SettingsError(_("{listing} exists already; choose another name", listing=self.listing))


@dataclass(frozen=True)
class Copy:
    """A film and the one that would stay for it."""

    kind: str  # "bytes", "container", "same" or "part"
    stays: str
    copy: str
    offset_s: float  # into the longer one
    coverage: float
    mirrored: bool
    reason: str


@video.command(epilog=EXAMPLES)
@with_groups
def duplicates(
    folders: Annotated[
        list[Path], typer.Argument(help=_("Folders (with all subfolders) or films. They are only read."))
    ],
    sameness: Sameness,
    listing: Listing,
    encoding: Encoding,
    machine: Machine,
) -> None:
    """Find films that are there twice. Nothing is moved or deleted."""
    from unipic.sources.folder import FolderSource
    from unipic.tools import open_tools
    from unipic.video.same_film import Alike
    from utils import find_film_copies

    with clear_answers(listing.as_json):
        sameness.check()
        listing.check()
        settings = changed(settings_by(encoding, machine), {"ranker": "builtin"})
        with (
            progress_bars(quiet=listing.as_json) as progress,
            open_tools(settings, models_folder(), memory_folder(), progress) as tools,
        ):
            source = FolderSource(folders)
            alike = Alike(sameness.bits, sameness.coverage, sameness.within)
            films, sets = find_film_copies(source, tools, settings, alike, progress)
            notices = (*tools.notices, *tools.index.notices)
        copies = list(copies_in(films, sets))
        if listing.listing:
            write_list(listing.listing, copies)
        if listing.as_json:
            print(json.dumps(as_values(films, copies, notices), ensure_ascii=True))
        else:
            _say(films, copies, notices, listing.listing)
        if not copies:
            raise typer.Exit(NOTHING_FOUND)


def copies_in(films: Films, sets: Sequence[DuplicateSet]) -> Iterator[Copy]:
    """Every copy once, with how it agrees with the film that stays."""
    pairs = {frozenset((pair.first.digest, pair.second.digest)): pair.how for pair in films.pairs}
    for found in sets:
        for copy, reason in zip(found.copies, found.reasons, strict=True):
            how = pairs.get(frozenset((found.keeper.digest, copy.digest)))
            kind = _kind(found.keeper, copy, how)
            offset, coverage = (round(how.offset, 2), round(how.coverage, 3)) if how else (0.0, 1.0)
            mirrored = how is not None and how.mirrored
            yield Copy(kind, found.keeper.name, copy.name, offset, coverage, mirrored, reason)


def _kind(keeper: Photo, copy: Photo, how: SameFilm | None) -> str:
    if copy.digest == keeper.digest:
        return "bytes"
    if copy.content and copy.content == keeper.content:
        return "container"
    return "part" if how and how.kind == "contains" else "same"


def _frames(films: Films) -> list[Photo]:
    """Photos that say that they are a picture of a film."""
    from unipic.cleanup.films import FRAME, photos_of

    return [photo for photo in photos_of(films.gallery) if FRAME in photo.note]


def _not_read(films: Films) -> list[Unreadable]:
    """Files named like films that could not be read as such."""
    from unipic.video.facts import is_named_like_a_film

    return [file for file in films.gallery.unreadable if is_named_like_a_film(file)]


def as_values(films: Films, copies: Sequence[Copy], notices: Sequence[str]) -> dict[str, Any]:
    """For JSON."""
    from unipic.cleanup.films import films_of

    return {
        "films": [{"name": film.name, "sha256": film.digest, "size": film.size} for film in films_of(films.gallery)],
        "copies": [vars(one) for one in copies],
        "cannot_tell": [film.name for film in films.silent],
        "frames": [{"photo": photo.name, "note": photo.note} for photo in _frames(films)],
        "not_read": [{"name": file.name, "reason": file.reason} for file in _not_read(films)],
        "notices": list(notices),
    }


def write_list(path: Path, copies: Sequence[Copy]) -> None:
    """A row for each copy; what a spreadsheet would run is quoted."""
    from unipic.core.files import atomic_file
    from unipic.destinations.list import cell

    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for one in copies:
        rows.writerow([cell(getattr(one, column)) for column in COLUMNS])
    with atomic_file(path, replace=False) as file:
        file.write(text.getvalue().encode("utf-8-sig"))


WORDS = {
    "bytes": N_("the same file"),
    "container": N_("the same pictures and sound"),
    "same": N_("same film"),
    "part": N_("part of"),
}


def _say(films: Films, copies: Sequence[Copy], notices: Sequence[str], listing: Path | None) -> None:
    from unipic.cleanup.films import films_of

    for stays in dict.fromkeys(one.stays for one in copies):
        out.print(_("[b]{stays}[/b] stays", stays=shown(stays)), **WHOLE)
        for one in (each for each in copies if each.stays == stays):
            out.print(f"  {_(WORDS[one.kind])}: [b]{shown(one.copy)}[/b]", **WHOLE)
            out.print(f"    {shown(retold(one.reason))}", **WHOLE)
    for photo in _frames(films):
        out.print(f"{shown(photo.name)}: {shown(retold(photo.note))}", **WHOLE)
    for film in films.silent:
        out.print(
            _("cannot tell: {name}  nothing moves in it, or nothing is to be seen", name=shown(film.name)), **WHOLE
        )
    for file in _not_read(films):
        out.print(f"[yellow]{_('not read:')}[/] {shown(file.name)} {shown(retold(file.reason))}", **WHOLE)
    for notice in notices:
        say_note(notice, out)
    everything = films_of(films.gallery)
    freed = {film.name: film.size for film in everything}
    out.print(
        f"{count(len(everything), 'film')} ({size(sum(film.size for film in everything))}), "
        f"{count(len(copies), 'copy', 'copies')} ({size(sum(freed[one.copy] for one in copies))})",
        **WHOLE,
    )
    if listing:
        out.print(_("Written to {listing}", listing=shown(listing)), **WHOLE)
