"""Routes of pictures made of a group's photos: a merged bracket, and a composite with open eyes (experimental).

Nothing is made until a person asks for it, and what they accept lies in the run's folder until the tree is written. It is
no photo of the review: it is never ranked, compared or exported as one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from server.answers import Answer, Asked, Refused, heard, in_words, shown, text
from server.review_routes import DeskOf, desk_in
from server.runs import Run, Runs
from unipic.core.errors import ModelError
from unipic.core.files import atomic_file, make_folder, read_json, write_json
from unipic.core.photo import Photo
from unipic.core.settings import Settings
from unipic.review.proposal import Group

if TYPE_CHECKING:  # with OpenCV, for which the first page should not wait
    from unipic.albums.groups import AlbumGroup
    from unipic.albums.made import Made, Make
    from unipic.cleanup.result import Cleanup

FOLDER = "made"  # of a run: a picture and its facts for each kind and group that somebody asked for
KINDS = ("hdr", "composite")


def made_routes(runs: Runs, desk_of: DeskOf) -> list[Route]:
    """The routes to have a picture made, to see it, and to accept it or not."""
    making = threading.Lock()  # one at a time: a merge takes gigabytes

    def look(request: Request) -> Answer:
        desk, place = desk_in(runs, desk_of, request.path_params["token"]), _place(runs, request)
        with desk.lock:
            group = desk.proposal.by_id.get(request.path_params["group"])
            photos = desk.proposal.cleanup if group else None
        if group is None or photos is None:
            raise Refused(409, "This group is not there any more.")
        with making:
            if not place.exists():
                make_folder(place.parent)
                write_json(place, _made(place, group, photos))
        return dict(read_json(place))

    async def picture(request: Request) -> Response:
        return FileResponse(await run_in_threadpool(_picture, _place(runs, request)), media_type="image/jpeg")

    def accept(asked: Asked) -> Answer:
        run, name = runs.open(text(asked["token"])), _name(text(asked["kind"]), text(asked["group"]))
        facts = dict(read_json(run.folder / FOLDER / name))
        if not facts.get("name") or not isinstance(asked["accept"], bool):
            raise ValueError("there is nothing to accept")
        write_json(run.folder / FOLDER / name, facts := facts | {"accepted": asked["accept"]})
        return facts

    path = "/unipic/made"
    return [
        Route(path, in_words(heard(accept)), methods=["POST"]),
        Route(f"{path}/{{token}}/{{group}}/{{kind}}", in_words(shown(look))),
        Route(f"{path}/{{token}}/{{group}}/{{kind}}/picture", in_words(picture)),
    ]


def accepted(run: Run) -> Make:
    """What gives the pictures that a person accepted, for the groups of a tree."""
    from unipic.albums.made import Made

    found = [(path, read_json(path)) for path in sorted((run.folder / FOLDER).glob("*.json"))]

    def make(group: AlbumGroup, kinds: frozenset[str]) -> Iterator[Made | str]:
        ids = {photo.id for photo in group.photos}
        for path, one in found:
            if one.get("accepted") and ids.issuperset(one["photos"]) and one["facts"]["kind"] not in kinds:
                yield Made(one["name"], path.with_suffix(".jpg").read_bytes(), one["facts"])

    return make


def _made(place: Path, group: Group, cleanup: Cleanup) -> dict[str, Any]:
    """The facts of a picture, which is written beside `place`; or {"why": why it cannot be made}."""
    whole = _album_group(group, cleanup)
    if whole is None:
        return {"why": "These photos are no group of their own."}
    found = _merge(whole) if place.name.startswith("hdr") else _composite(whole)
    if isinstance(found, str):
        return {"why": found}
    before, made = found
    with atomic_file(place.with_suffix(".jpg")) as file:
        file.write(made.data)
    by_name = {photo.name: photo.id for photo in whole.photos}
    sources = [by_name[name] for name in made.facts["sources"]]
    return {"name": made.name, "facts": dict(made.facts), "before": before.id, "photos": sources, "accepted": False}


def _album_group(group: Group, cleanup: Cleanup) -> AlbumGroup | None:
    """The group as a folder of a tree would hold it, with the first photo as the best."""
    from unipic.albums.groups import groups_of

    first = group.photos[0]
    found = next((one for one in groups_of(cleanup) if first.id in {photo.id for photo in one.photos}), None)
    return found and replace(found, best=(first,))


def _merge(group: AlbumGroup) -> tuple[Photo, Made] | str:
    from unipic.albums.made import brackets
    from unipic.albums.pictures import merging

    for (middle, _), one in zip(brackets(group), merging(Settings().limits, place=False)(group, frozenset()), strict=True):
        return one if isinstance(one, str) else (middle, one)
    return "There is no bracket of three exposures or more."


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
    return (found.best, composite_file(found, place=False)) if found else NO_COMPOSITE


NO_COMPOSITE = (
    "No composite: nobody's eyes are surely shut in the best shot, or no frame within 10 seconds shows the same face with "
    "open eyes, large enough, in the same light and pose."
)


def _place(runs: Runs, request: Request) -> Path:
    given = request.path_params
    return runs.open(given["token"]).folder / FOLDER / _name(given["kind"], given["group"])


def _name(kind: str, group: str) -> str:
    if kind not in KINDS or not group.isalnum():
        raise Refused(404, "There is no such picture.")
    return f"{kind}-{group}.json"


def _picture(place: Path) -> Path:
    path = place.with_suffix(".jpg")
    if not path.is_file():
        raise Refused(404, "There is no such picture.")
    return path
