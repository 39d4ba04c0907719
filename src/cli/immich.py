"""`immich`: look at an Immich library, mark what was found in it, and take the marks back."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import NOTHING_FOUND, PARTLY, Commands, app, clear_answers
from cli.clean import cleaned
from cli.examples import IMMICH
from cli.from_immich import FromImmich, Opened
from cli.options import Encoding, Machine, Ranking, Sensitivity, option, settings_by, with_groups
from cli.terminal import MAX_ROWS_SHOWN, WHOLE, confirmed_number, err, out, progress_bars, say_note, shown
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, ngettext
from unipic.core.settings import COMMAND
from unipic.core.words import count
from unipic.sources.immich_place import PREFIX

if TYPE_CHECKING:
    from unipic.destinations.immich import Plan, Result, Wishes
    from unipic.sources.immich import Asset, Connected, Listing

commands = Commands(no_args_is_help=True, rich_markup_mode="rich", help=_("An Immich server: look, mark, take back."))
app.add_typer(commands, name="immich", epilog=IMMICH)
_marks, _how = map(option, (_("What is written"), _("How")))

Json = Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))]
Which = Annotated[str, typer.Argument(help=_("immich:, immich:album/NAME, immich:person/NAME or immich:since/DATE."))]


@dataclass(frozen=True)
class Marks:
    """What is written besides tags."""

    tag_only: Annotated[bool, _marks("--tag-only", _("Only tags. This is the default."))] = False
    create_albums: Annotated[bool, _marks("--create-albums", _("An album for each group of similar shots."))] = False
    mark_best_favorite: Annotated[bool, _marks("--mark-best-favorite", _("The best shots become favourites."))] = False
    stack: Annotated[bool, _marks("--stack", _("Similar shots become a stack, the best on top."))] = False
    restack: Annotated[bool, _marks("--restack", _("With --stack: also photos that are in a stack already."))] = False
    trash: Annotated[bool, _marks("--trash", _("What is left out goes to Immich's trash. Default: a tag."))] = False
    best_only: Annotated[bool, _marks("--best-only", _("Leave out all but the best of each group."))] = False
    archived: Annotated[bool, _marks("--archived", _("Archived photos too."))] = False
    tag_prefix: Annotated[str, _marks("--tag-prefix", _("How the tags begin."))] = "Unipic"
    album_prefix: Annotated[str, _marks("--album-prefix", _("How the names of albums begin."))] = "Organized-"

    @property
    def wishes(self) -> Wishes:
        """SettingsError for what excludes each other."""
        from unipic.destinations.immich import Wishes

        others = (self.create_albums, self.mark_best_favorite, self.stack, self.trash)
        if self.tag_only and any(others):
            raise SettingsError(_("--tag-only leaves everything else out: give it alone"))
        if self.restack and not self.stack:
            raise SettingsError(_("--restack goes with --stack"))
        if not self.tag_prefix.strip("/ "):
            raise SettingsError(_("--tag-prefix needs a name"))
        return Wishes(True, *others, self.tag_prefix.strip("/ "), self.album_prefix, self.archived, self.restack)


@dataclass(frozen=True)
class How:
    dry_run: Annotated[bool, _how("--dry-run", _("Only print what would be written."))] = False
    yes: Annotated[int | None, _how("--yes", _("Confirm the number of photos without being asked."))] = None
    resume: Annotated[bool, _how("--resume", _("Go on with the run that was interrupted."))] = False
    decided: Annotated[bool, _how("--decided", _("Apply your decisions about these photos from the web app."))] = False
    as_json: Annotated[bool, _how("--json", _("Print the result as JSON."))] = False


@commands.command()
@with_groups
def login(
    immich: FromImmich,
    url: Annotated[str, typer.Argument(help=_("The address of the server, as https://photos.example.org."))] = "",
) -> None:
    """Remember a server and its key, which is asked for, in a file that only you may read."""
    from unipic.core.settings import immich_key, immich_url
    from unipic.sources.immich import Client, connect, save_login, server

    with clear_answers(False):
        address = url or immich.immich_url or immich_url()
        if not address:
            raise SettingsError(_("which server? {command} immich login https://photos.example.org", command=COMMAND))
        key = immich.key_in_file or immich_key()
        key = key or typer.prompt(_("Key (Immich: Account Settings, API Keys)"), hide_input=True, err=True)
        found = server(address, key, str(immich.ca_file or ""))
        with closing(Client(found)) as client:
            there = connect(client)
        save_login(found)
        out.print(_("Logged in to {url}, Immich {version}.", url=shown(found.url), version=_version(there)), **WHOLE)
        _say_permissions(there)


@commands.command()
@with_groups
def check(immich: FromImmich, as_json: Json = False) -> None:
    """What the server and the key allow, and what each missing permission is for."""
    from unipic.sources.immich import NEEDS, about_version, missing

    with clear_answers(as_json), immich.connected() as there:
        lacking = {purpose: [one for one, _purpose in missing(there, [purpose])] for purpose in NEEDS}
        looks = not lacking["look at photos"]
        listing = immich.source(there, [PREFIX]).listing if looks else None
        if as_json:
            told = {"server": there.client.server.url, "version": there.version, "missing": lacking}
            seen = {"photos": len(listing.assets), "left_alone": listing.left} if listing else {}
            print(json.dumps(told | seen))
        else:
            out.print(f"{shown(there.client.server.url)}: Immich {_version(there)}", **WHOLE)
            _say_permissions(there)
            if listing:
                _say_listing(listing)
            for notice in about_version(there.version):
                say_note(notice, out)
        if not looks:
            raise typer.Exit(PARTLY)


@commands.command("list")
@with_groups
def list_photos(immich: FromImmich, photos: Which = PREFIX, as_json: Json = False) -> None:
    """The photos of the library, an album, a person, or since a day. Nothing is fetched."""
    with clear_answers(as_json), immich.connected() as there:
        listing = immich.source(there, [photos]).listing
        rows = list(map(_row, listing.assets))
        if as_json:
            print(json.dumps({"photos": rows, "left_alone": listing.left, "notices": listing.notices}))
        else:
            for row in rows:
                out.print(shown(f"{row['id']}  {row['taken'] or _('undated'):<19}  {row['name']}"), **WHOLE)
            _say_listing(listing)
        if not rows:
            raise typer.Exit(NOTHING_FOUND)


@commands.command(epilog=IMMICH)
@with_groups
def apply(
    marks: Marks,
    how: How,
    immich: FromImmich,
    sensitivity: Sensitivity,
    encoding: Encoding,
    ranking: Ranking,
    machine: Machine,
    photos: Which = PREFIX,
) -> None:
    """Find copies and similar shots, and mark them in Immich. Nothing is deleted; undo takes everything back."""
    from unipic.destinations import immich as destination

    with clear_answers(how.as_json), immich.connected() as there:
        if how.resume:
            waiting = destination.open_runs(there)
            if not waiting:
                raise SettingsError(_("no run was interrupted: there is nothing to go on with"))
            work: Any = waiting[-1]
        else:
            settings = settings_by(sensitivity, encoding, ranking, machine)
            work = _plan(there, photos, marks, how, immich, settings)
            _say_plan(work, how)
            if how.dry_run or not work.steps:
                return
            going = ngettext(
                "{n:,} photo would be written to in Immich", "{n:,} photos would be written to in Immich", work.assets
            )
            asked = f"{going}. {_('[b]undo[/b] puts them back.')}"
            confirmed_number(work.assets, how.yes, going, asked, _("nothing was written"))
        with progress_bars(quiet=how.as_json) as progress:
            result = destination.apply(there, work, progress)
        _say_result(result, how.as_json)


@commands.command()
@with_groups
def undo(
    immich: FromImmich,
    run: Annotated[str, typer.Argument(help=_("The run, as `undo --list` names it. Default: the last one."))] = "",
    as_json: Json = False,
) -> None:
    """Take back what a run wrote. What others did since stays, and is named."""
    from unipic.destinations import immich as destination

    with clear_answers(as_json), immich.connected() as there:
        known = destination.runs(there)
        if not run and not known:
            raise SettingsError(_("nothing was written to this server that could be taken back"))
        with progress_bars(quiet=as_json) as progress:
            result = destination.take_back(there, run or known[-1].run, progress)
        _say_result(result, as_json, taken_back=True)


@commands.command()
@with_groups
def forget(immich: FromImmich) -> None:
    """Delete the login and the pictures that were fetched. Journals stay: undo needs them."""
    from unipic.sources.immich import forget as forgotten, saved_login

    with clear_answers(False):
        there = forgotten(saved_login())
        out.print(_("The login and the fetched pictures are deleted.") if there else _("There was no login."))


def _plan(there: Connected, photos: str, marks: Marks, how: How, immich: FromImmich, settings: Any) -> Plan:
    from unipic.destinations import immich as destination
    from unipic.review.choices import best_only, recalled
    from unipic.review.outcomes import outcomes
    from unipic.review.proposal import propose

    wishes = marks.wishes
    with progress_bars(quiet=how.as_json) as progress:
        source = immich.source(there, [photos], progress=progress)
        opened = Opened(source, source, members=immich.originals)
        cleanup, rulings = cleaned(opened, settings, True, how.decided, progress)
        proposal = propose(cleanup)
        choices = recalled(proposal.groups, rulings)
        if marks.best_only:
            choices = {**choices, **best_only(proposal.shots, choices)}
        everything = outcomes(proposal, choices, "verified")
        return destination.planned(proposal, choices, everything, source.listing, there, wishes)


def _row(asset: Asset) -> dict[str, Any]:
    known, names = asset.original, ("id", "name", "favourite", "archived")
    taken = known.taken.isoformat(" ", "seconds") if known.taken else None
    return {**{name: getattr(asset, name) for name in names}, "taken": taken, "size": known.size, "sha1": known.sha1}


def _version(there: Connected) -> str:
    return ".".join(map(str, there.version))


def _say_permissions(there: Connected) -> None:
    from unipic.sources.immich import NEEDS, missing

    for purpose in NEEDS:
        lacking = [permission for permission, _purpose in missing(there, [purpose])]
        missed = _("missing {permissions}", permissions=", ".join(lacking))
        state = f"[yellow]{missed}[/]" if lacking else f"[green]{_('allowed')}[/]"
        out.print(f"  {_(purpose):<16} {state}", **WHOLE)


def _say_listing(listing: Listing) -> None:
    from unipic.sources.immich import in_words

    out.print(f"[b]{shown(in_words(listing))}[/b]", **WHOLE)
    for notice in listing.notices:
        say_note(notice, out)


def _say_plan(plan: Plan, how: How) -> None:
    from unipic.destinations import immich as destination

    if how.as_json:
        if how.dry_run or not plan.steps:
            told = {"photos": plan.assets, "counts": plan.counts, "sidecars": plan.sidecars, "notices": plan.notices}
            print(json.dumps(told | {"steps": [asdict(step) for step in plan.steps]}))
        return
    for line in plan.lines() or [_("Nothing is to be written: everything is marked already, or nothing was found.")]:
        out.print(shown(line), **WHOLE)
    if plan.sidecars:
        out.print(
            _("Immich will write {files} beside your originals.", files=count(plan.sidecars, ".xmp file")),
            **WHOLE,
        )
    for notice in plan.notices:
        say_note(notice, out)
    if how.dry_run:
        for step in plan.steps[:MAX_ROWS_SHOWN]:
            names = ", ".join(plan.names.get(id, id) for id in step.ids[:3]) + (", ..." if len(step.ids) > 3 else "")
            out.print(shown(f"  {_(destination.KINDS[step.kind])} {step.name}: {names}"), **WHOLE)
        out.print(_("Dry run: nothing was written."), **WHOLE)


def _say_result(result: Result, as_json: bool, taken_back: bool = False) -> None:
    if as_json:
        print(json.dumps(asdict(result)))
    else:
        photos, steps = count(result.written, "photo"), count(result.steps, "step")
        if taken_back:
            told = _("{photos} taken back, in {steps}.", photos=photos, steps=steps)
        else:
            told = _("{photos} written to, in {steps}.", photos=photos, steps=steps)
        out.print(f"[b]{told}[/b]", **WHOLE)
        for problem in result.problems[:MAX_ROWS_SHOWN]:
            say_note(problem, out)
        if not taken_back:
            out.print(
                _("To take it back: {command} immich undo {run}", command=COMMAND, run=shown(result.run)), **WHOLE
            )
    if result.problems:
        err.print(_("{things} could not be done.", things=count(len(result.problems), "thing")), **WHOLE)
        raise typer.Exit(PARTLY)
