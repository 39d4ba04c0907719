"""`people`: who is in the library's photos, and what a person says about it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import NOTHING_FOUND, PARTLY, app, clear_answers
from cli.clean import Output, exported, ready
from cli.options import Encoding, Machine, option, settings_by, with_groups
from cli.people_words import EXAMPLES, card_values, face, listed, person, say, say_matches
from cli.terminal import WHOLE, err, out, progress_bars, say_error, say_note, shown
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, number, retold
from unipic.core.photo import where
from unipic.core.settings import COMMAND, changed, data_folder, memory_folder, models_folder
from unipic.core.words import count

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.core.progress import Progress
    from unipic.library.library import Library
    from unipic.people.people import People
    from unipic.people.settling import Somebody
    from unipic.tools import Tools

_finding, _saying, _looking, _keeping = map(
    option,
    (
        _("Finding"),
        _("What you say (people by id or name, faces by key, see --json)"),
        _("By a picture"),
        _("Your data"),
    ),
)
Two = tuple[str, str]


@dataclass(frozen=True)
class Finding:
    faces: Annotated[bool, _finding("--faces", _("Turn it on: find out whose faces these are. Needed once."))] = False
    min_faces: Annotated[int, _finding("--min-faces", _("List only people in so many photos, or with a name."))] = 3
    tidy: Annotated[bool, _finding("--tidy", _("Group all faces anew. What you said stays."))] = False
    grouping: Annotated[str, _finding("--grouping", _("linkage or dbscan (see docs/people.md)."))] = "linkage"
    suggest: Annotated[bool, _finding("--suggest", _("Ask: is this the same person? With --json list questions."))] = (
        False
    )


@dataclass(frozen=True)
class Saying:
    name: Annotated[Two | None, _saying("--name", _("PERSON NAME: name somebody."))] = None
    born: Annotated[str, _saying("--born", _("With --name: the birth date, as 2015, 2015-03 or 2015-03-14."))] = ""
    join: Annotated[Two | None, _saying("--join", _("PERSON PERSON: they are the same."))] = None
    twice: Annotated[bool, _saying("--twice", _("With --join: also where a photo shows both, as a mirror does."))] = (
        False
    )
    apart: Annotated[Two | None, _saying("--apart", _("FACE FACE: these are two people."))] = None
    is_not: Annotated[Two | None, _saying("--not", _("FACE PERSON: this is not that person."))] = None
    not_a_face: Annotated[str, _saying("--not-a-face", _("FACE: this is no face."))] = ""
    nobody: Annotated[str, _saying("--nobody", _("PERSON: of no interest."))] = ""
    hide: Annotated[str, _saying("--hide", _("PERSON: leave out of the list, or take in again."))] = ""
    cover: Annotated[Two | None, _saying("--cover", _("PERSON FACE: this face stands for the person."))] = None
    undo: Annotated[bool, _saying("--undo", _("Take back what was said last."))] = False

    def on(self, people: People) -> Somebody | None:
        """Say it. Returns the person it is about; None if nothing is to be said, or it is about nobody."""
        if self.born and not self.name:
            raise SettingsError(_("--born goes with --name"))
        if self.name:
            return people.name(person(people, self.name[0]).id, self.name[1], self.born)
        if self.join:
            return people.join([person(people, one).id for one in self.join], self.twice)
        if self.apart:
            return people.apart(*(face(people, one).key for one in self.apart))
        if self.is_not:
            return people.is_not([face(people, self.is_not[0]).key], person(people, self.is_not[1]).id)
        if self.cover:
            return people.cover(person(people, self.cover[0]).id, face(people, self.cover[1]).key)
        if self.hide:
            some = person(people, self.hide)
            return people.hide(some.id, not some.row.hidden)
        if self.not_a_face:
            people.no_face([face(people, self.not_a_face).key])
        elif self.nobody:
            people.nobody([person(people, self.nobody).id])
        elif self.undo and (step := people.undo()):
            err.print(_("Taken back: {words}.", words=shown(retold(step.words))), **WHOLE)
        return None

    @property
    def something(self) -> bool:
        """Whether anything is said."""
        return any((self.name, self.join, self.apart, self.is_not, self.not_a_face, self.nobody, self.hide, self.cover,
                    self.undo))  # fmt: skip


@dataclass(frozen=True)
class Looking:
    of: Annotated[Path | None, _looking("--of", _("Photos of the person in this picture, which is not kept."))] = None
    within: Annotated[Path | None, _looking("--in", _("With --of: only photos in this folder of the library."))] = None
    paths: Annotated[bool, _looking("--paths", _("With --of: print paths alone, one a line."))] = False
    zip_path: Annotated[Path | None, _looking("--zip", _("With --of: write the photos to this ZIP."))] = None


@dataclass(frozen=True)
class Keeping:
    export: Annotated[Path | None, _keeping("--export", _("Write names and what you said to this JSON file."))] = None
    take_over: Annotated[Path | None, _keeping("--import", _("Read them from such a file."))] = None
    forget: Annotated[str, _keeping("--forget", _("PERSON: delete the name, and what was said of the faces."))] = ""
    never_again: Annotated[bool, _keeping("--never-again", _("With --forget: never find the person again."))] = False
    forget_all: Annotated[bool, _keeping("--forget-all", _("Turn it off; delete all numbers, pictures, names."))] = (
        False
    )
    yes: Annotated[bool, _keeping("--yes", _("Do not ask before something is deleted."))] = False


@app.command(epilog=EXAMPLES)
@with_groups
def people(
    finding: Finding,
    saying: Saying,
    looking: Looking,
    keeping: Keeping,
    encoding: Encoding,
    machine: Machine,
    photos: Annotated[list[Path] | None, typer.Argument(help=_("Folders to read first. Default: none."))] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=_("Print the answer as JSON, with the keys of faces."))
    ] = False,
) -> None:
    """Find the people in the library's photos, name them, and find photos of somebody."""
    from unipic.library.library import Library

    with clear_answers(as_json):
        library = Library(data_folder())
        library.usable()
        settings = changed(settings_by(encoding, machine), {"ranker": "builtin"})
        if finding.min_faces < 1:
            raise SettingsError(_("--min-faces is 1 or more"))
        if keeping.never_again and not keeping.forget:
            raise SettingsError(_("--never-again goes with --forget"))
        if keeping.export or keeping.take_over or keeping.forget_all:
            _keep(keeping, library, as_json)
            return
        _consent(finding, library)
        from unipic.tools import open_tools
        from utils import find_people

        with open_tools(settings, models_folder(), memory_folder()) as tools:
            with progress_bars(quiet=as_json or saying.something) as progress:
                _read(photos or [], library, tools, settings, progress)
                found, notices = find_people(library, tools, settings, progress, finding.tidy, _how(finding.grouping))
            for notice in (*tools.notices, *notices):
                say_note(notice)
            if looking.of:
                _of(looking, library, found, tools, settings, as_json)
                return
        if keeping.forget:
            _forget(keeping, found)
        some = saying.on(found)
        for notice in found.notices:
            say_note(notice)
        if finding.suggest:
            _suggest(found, as_json)
        elif some or not (saying.something or keeping.forget):
            say([some] if some else listed(found, finding.min_faces), found, library, as_json)


def _consent(finding: Finding, library: Library) -> None:
    from unipic.library.faces import is_on, turn_on

    if finding.faces:
        turn_on(library)
    elif not is_on(library):
        raise SettingsError(
            _(
                "Faces are compared on this computer: 128 numbers a face are kept in {folder}, and nothing is sent. "
                "Turn it on with --faces, once.",
                folder=library.data,
            )
        )


def _how(grouping: str) -> Any:
    from unipic.people.grouping import HOWS

    if grouping not in HOWS:
        raise SettingsError(_("--grouping is one of {hows}, not {grouping!r}", hows=", ".join(HOWS), grouping=grouping))
    return grouping


def _read(folders: Sequence[Path], library: Library, tools: Tools, settings: Any, progress: Progress) -> None:
    from utils import index_gallery

    for folder in folders:
        index_gallery(library.add(folder), library, tools, settings, progress)
    if not library.paths():
        raise SettingsError(
            _("the library has no folders yet; name some: {command} people FOLDER --faces", command=COMMAND)
        )


def _suggest(found: People, as_json: bool) -> None:
    """Questions as JSON, or one by one."""
    from unipic.people.suggest import Deck

    deck = Deck(found)
    questions = deck.questions()
    if as_json or not sys.stdin.isatty():
        rows = [{"people": [card_values(deck, one.first), card_values(deck, one.second)], "faces": one.faces,
                 "likeness": round(found.limits.likeness(one.cosine)), "together": one.together}
                for one in questions]  # fmt: skip
        print(json.dumps({"questions": rows}, ensure_ascii=True))
        return
    while questions := deck.questions():
        first, second = card_values(deck, questions[0].first), card_values(deck, questions[0].second)
        out.print(f"{shown(first)}  {_('and')}  {shown(second)}", **WHOLE)
        said = typer.prompt(_("The same person? y yes, n no, s can't tell, u undo, q end"), default="s")
        if said == "q":
            break
        if said == "u":
            deck.undo()
        elif answer := {"y": "same", "n": "different", "s": "skip"}.get(said):
            deck.answer(questions[0], answer)  # type: ignore[arg-type]
    out.print(_("No more questions.") if not questions else "")


def _of(looking: Looking, library: Library, found: People, tools: Tools, settings: Any, as_json: bool) -> None:
    """Photos of the person in a picture."""
    from unipic.examples import faces_in_picture
    from unipic.people.selfie import photos_of
    from unipic.review.outcomes import Outcome

    if looking.within and not library.folder(library.real(looking.within)).photos:
        raise SettingsError(_("{within} has no photos in the library", within=looking.within))
    destinations = ready(Output(looking.zip_path, None, None), library.paths())
    faces = faces_in_picture(looking.of, tools, settings)[:1] if looking.of else []
    matches = [match for face in faces for match in photos_of(face, found.faces, found.limits)]
    if looking.within:
        inside = library.inside(library.real(looking.within))
        matches = [one for one in matches if one.digest in inside]
    photos = library.by_digest([one.digest for one in matches])
    matches = [one for one in matches if one.digest in photos]
    problems = []
    with progress_bars(quiet=True) as progress:
        if matches:
            outcomes = [Outcome(photos[one.digest], "kept", _("shows the person")) for one in matches if one.sure]
            problems = exported([*destinations.values()], outcomes, progress)
    say_matches(
        matches,
        {digest: photo.path if looking.paths else where(photo) for digest, photo in photos.items()},
        looking.paths,
        as_json,
    )
    for problem in problems:
        say_error(problem)
    if problems or not matches:
        raise typer.Exit(PARTLY if problems else NOTHING_FOUND)


def _forget(keeping: Keeping, found: People) -> None:
    some = person(found, keeping.forget)
    if not keeping.yes:
        question = _(
            "Delete {person} and what was said of {faces}? Nothing said before can be taken back then.",
            person=some.row.name or _("this person"),
            faces=count(len(some.faces), "face"),
        )
        typer.confirm(question, abort=True)
    out.print(
        _("Forgotten: {rulings}.", rulings=count(found.forget(some.id, not keeping.never_again), "ruling")), **WHOLE
    )


def _keep(keeping: Keeping, library: Library, as_json: bool) -> None:
    """What needs no faces: to write what was said to a file, to read it, and to delete everything."""
    from unipic.core.files import read_json, write_json
    from unipic.library.persons import Persons

    records = Persons(library.data)
    if keeping.forget_all:
        from unipic.library.faces import forget_faces

        if not keeping.yes:
            typer.confirm(_("Delete every name, and all that is known of faces?"), abort=True)
        gone, rulings = forget_faces(library), records.forget_all()
        answer: dict[str, Any] = {"faces": gone.vectors, "pictures": gone.chips, "rulings": rulings}
    elif keeping.take_over:
        try:
            values = read_json(keeping.take_over)
        except ValueError as error:
            raise SettingsError(
                _("{take_over} is no JSON file: {error}", take_over=keeping.take_over, error=error)
            ) from error
        answer = {"new": records.take_over(values)}
    else:
        values = records.exported()
        if keeping.export and keeping.export.exists():
            raise SettingsError(_("{export} already exists; name a new file", export=keeping.export))
        write_json(keeping.export or Path(), values)
        answer = {"people": len(values["persons"]), "rulings": len(values["rulings"])}
    names = {
        **{"faces": _("faces"), "pictures": _("pictures"), "rulings": _("rulings")},
        **{"people": _("people"), "new": _("new")},
    }
    words = (f"{number(n)} {names[name]}" for name, n in answer.items())
    print(json.dumps(answer)) if as_json else out.print(", ".join(words))
