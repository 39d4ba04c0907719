"""Routes of pictures made of a group's photos: a merged bracket, and a composite with open eyes (experimental).

Nothing is made until a person asks, and what they accept lies in the run's folder until the tree is written. It is no
photo of the review: it is never ranked, compared or exported as one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from server.answers import Answer, Asked, Refused, heard, in_words, shown, text
from server.review_routes import DeskOf, desk_in
from server.runs import Run, Runs
from unipic.core.errors import ModelError
from unipic.core.files import atomic_file, make_folder, read_json, write_json
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.photo import Photo
from unipic.core.settings import Settings

if TYPE_CHECKING:  # with OpenCV, for which the first page should not wait
    from unipic.albums.groups import AlbumGroup
    from unipic.albums.made import Made, Make

FOLDER = "made"  # of a run: a picture and its facts, by kind and group
KINDS = ("hdr", "composite")
NO_PICTURE = N_("There is no such picture.")
NO_COMPOSITE = N_(
    "No composite: nobody's eyes are surely shut in the best shot, or no frame within 10 seconds shows the "
    "same face with open eyes, large enough, in the same light and pose."
)


def made_routes(runs: Runs, desk_of: DeskOf) -> list[Route]:
    """The routes to have a picture made, to see it, and to accept it or not."""
    making = threading.Lock()  # one at a time: a merge takes gigabytes

    def facts_of(token: str, group: str, kind: str) -> Path:
        if kind not in KINDS or not group.isalnum():
            raise Refused(404, _(NO_PICTURE))
        return runs.open(token).folder / FOLDER / f"{kind}-{group}.json"

    def look(request: Request) -> Answer:
        place, desk = facts_of(**request.path_params), desk_in(runs, desk_of, request.path_params["token"])
        with desk.lock:
            group, cleanup = desk.proposal.by_id.get(request.path_params["group"]), desk.proposal.cleanup
        if group is None:
            raise Refused(409, _("This group is not there any more."))
        with making:
            if not place.exists():
                from unipic.albums.groups import groups_of

                first = group.photos[0]
                whole = next(one for one in groups_of(cleanup) if first in one.photos)
                make_folder(place.parent)
                write_json(place, _made(place, replace(whole, best=(first,))))
        return dict(read_json(place))

    async def picture(request: Request) -> Response:
        path = facts_of(**request.path_params).with_suffix(".jpg")
        if not path.is_file():
            raise Refused(404, _(NO_PICTURE))
        return FileResponse(path, media_type="image/jpeg")

    def accept(asked: Asked) -> Answer:
        place = facts_of(*(text(asked[name]) for name in ("token", "group", "kind")))
        facts = read_json(place) | {"accepted": asked["accept"] is True}
        if "name" not in facts:
            raise ValueError("there is nothing to accept")
        write_json(place, facts)
        return dict(facts)

    path = "/unipic/made"
    return [
        Route(path, in_words(heard(accept)), methods=["POST"]),
        Route(f"{path}/{{token}}/{{group}}/{{kind}}", in_words(shown(look))),
        Route(f"{path}/{{token}}/{{group}}/{{kind}}/picture", in_words(picture)),
    ]


def accepted(run: Run, more: Make | None = None) -> Make:
    """What gives the pictures that a person accepted, for the groups of a tree; then those of `more` of other kinds."""
    from unipic.albums.made import Made

    found = [(path, read_json(path)) for path in sorted((run.folder / FOLDER).glob("*.json"))]

    def make(group: AlbumGroup, kinds: frozenset[str]) -> Iterator[Made | str]:
        ids = {photo.id for photo in group.photos}
        for path, one in found:
            if one.get("accepted") and ids.issuperset(one["photos"]) and one["facts"]["kind"] not in kinds:
                kinds |= {one["facts"]["kind"]}
                yield Made(one["name"], path.with_suffix(".jpg").read_bytes(), one["facts"])
        yield from more(group, kinds) if more else ()

    return make


def _made(place: Path, group: AlbumGroup) -> dict[str, Any]:
    """The facts of a picture, which is written beside `place`; or {"why": why it cannot be made}."""
    found = _merge(group) if place.name.startswith("hdr") else _composite(group)
    if isinstance(found, str):
        return {"why": found}
    before, made = found
    with atomic_file(place.with_suffix(".jpg")) as file:
        file.write(made.data)
    sources = [photo.id for photo in group.photos if photo.name in made.facts["sources"]]
    return {"name": made.name, "facts": dict(made.facts), "before": before.id, "photos": sources, "accepted": False}


def _merge(group: AlbumGroup) -> tuple[Photo, Made] | str:
    from unipic.albums.made import brackets
    from unipic.albums.pictures import merging

    made = next(iter(merging(Settings().limits, place=False)(group, frozenset())), _("There is no bracket."))
    return made if isinstance(made, str) else (brackets(group)[0][0], made)


def _composite(group: AlbumGroup) -> tuple[Photo, Made] | str:
    from unipic.albums.pictures import composite_file, looking, proposed
    from unipic.reading.engines.local import LocalEngine
    from unipic.vision.registry import open_eyes, open_faces

    engine = LocalEngine(1)
    try:
        found = proposed(group, looking(open_faces(), open_eyes()), engine, Settings().limits)
    except ModelError as error:
        return str(error)
    finally:
        engine.close()
    return (found.best, composite_file(found, place=False)) if found else _(NO_COMPOSITE)
