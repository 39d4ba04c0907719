"""What `people` prints, how people and faces are called on the command line, and examples."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.examples import examples
from cli.terminal import WHOLE, err, out, shown
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.core.words import count

if TYPE_CHECKING:
    from unipic.core.face import Face
    from unipic.library.library import Library
    from unipic.people.people import People
    from unipic.people.selfie import Match
    from unipic.people.settling import Somebody
    from unipic.people.suggest import Deck

EXAMPLES = examples(
    (
        _("Find the people in your photos, on this computer alone. [b]--faces[/b] turns it on, and is needed once:"),
        "people ~/Pictures --faces",
    ),
    (
        _("Name somebody of the list, and join two who are the same:"),
        'people --name 3f2a "Anna" --born 2015-03',
        "people --join Anna 91bc",
    ),
    (_("Is this the same person? One question after the other:"), "people --suggest"),
    (_("All photos of the person in a picture:"), "people --of selfie.jpg --zip me.zip"),
    (_("Delete everything about faces:"), "people --forget-all"),
    codes=(0, 1, 2, (4, _("some photos could not be copied")), (5, _("nobody found"))),
)


def person(people: People, text: str) -> Somebody:
    """Somebody by id, the beginning of one, or a name. SettingsError if there is none, or several."""
    if text in people.everybody:
        return people.everybody[text]
    every = people.everybody.values()
    found = [one for one in every if one.row.name == text] or [one for one in every if text and one.id.startswith(text)]
    if len(found) != 1:
        several = ", ".join(f"{one.id} ({count(one.photos, 'photo')})" for one in found[:9])
        raise SettingsError(
            _("there are several people {text!r}: {several}", text=text, several=several)
            if found
            else _("there is no person {text!r}", text=text)
        )
    return found[0]


def face(people: People, text: str) -> Face:
    """A face by its key, or the beginning of one. SettingsError if there is none, or several."""
    found = [one for some in people.everybody.values() for one in some.faces if text and one.key.startswith(text)]
    if len(found) != 1:
        several = ", ".join(one.key for one in found[:9])
        raise SettingsError(
            _("there are several faces {text!r}: {several}", text=text, several=several)
            if found
            else _("there is no face {text!r}", text=text)
        )
    return found[0]


def listed(found: People, fewest: int) -> list[Somebody]:
    every = [*found.of_kind("person"), *found.of_kind("unnamed"), *found.of_kind("other")]
    return [one for one in every if not one.nobody and (one.row.name or one.photos >= fewest)]


def say(listed: Sequence[Somebody], found: People, library: Library, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"people": [as_values(one, found) for one in listed]}, ensure_ascii=True))
        return
    for one in listed:
        years = "" if one.years is None else "-".join(map(str, dict.fromkeys(one.years)))
        cover = one.cover and next(iter(library.places(one.cover.digest)), "")
        name, photos = shown(one.row.name or _("(no name)")), count(one.photos, "photo")
        out.print(f"{one.id:<12}  [b]{name}[/b]  {photos}  {years}  [dim]{shown(cover or '')}[/dim]", **WHOLE)
    if not listed:
        err.print(
            _("Nobody is in enough photos. {faces} of others.", faces=count(len(found.everybody), "face")), **WHOLE
        )


def as_values(one: Somebody, found: People) -> dict[str, Any]:
    rows = [{"key": one.key, "photo": one.digest, "box": one.box, "pixels": round(one.size)} for one in one.faces]
    likeness = [found.likeness(face, one) for face in one.faces]
    return {
        **{"id": one.id, "name": one.row.name, "born": one.row.born, "hidden": one.row.hidden, "kind": one.kind},
        **{"photos": one.photos, "years": one.years, "cover": one.cover.key if one.cover else None},
        "faces": [{**row, "likeness": like and round(like)} for row, like in zip(rows, likeness, strict=True)],
    }


def card_values(deck: Deck, number: int) -> dict[str, Any]:
    card = deck.card(number)
    return {"id": card.row.id, "name": card.row.name, "photos": len({one.digest for one in card.faces}),
            "faces": [one.key for one in card.faces[:6]]}  # fmt: skip


def say_matches(matches: Sequence[Match], paths: dict[str, str], alone: bool, as_json: bool) -> None:
    if as_json:
        rows = [{"path": paths[one.digest], "likeness": round(one.likeness), "sure": one.sure} for one in matches]
        print(json.dumps({"photos": rows}, ensure_ascii=True))
        return
    for one in matches:
        if alone:
            sys.stdout.write(f"{paths[one.digest]}\n" if one.sure else "")
        else:
            out.print(f"{shown(paths[one.digest])}  [dim]{'' if one.sure else _('perhaps')}[/dim]", **WHOLE)
    sure = sum(one.sure for one in matches)
    err.print(
        _(
            "[b]{photos} found[/b], {unsure} less sure. The picture was not kept.",
            photos=count(sure, "photo"),
            unsure=len(matches) - sure,
        ),
        **WHOLE,
    )
