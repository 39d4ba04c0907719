"""Routes of the review: all groups of a run, and an answer to each step of the darkroom in the browser."""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.answers import Refused, in_words, json_object, packed
from server.photo_facts import facts
from server.pictures import RENDERED, SHOWN
from server.runs import Run, Runs
from unipic.albums.made import FRAMES
from unipic.cleanup.faces import columns as eyes_and_smiles
from unipic.cleanup.result import Series
from unipic.core.face import Face
from unipic.core.language import gettext as _, retold
from unipic.core.photo import Photo
from unipic.library.companions import with_what
from unipic.review.desk import Desk, NoSuchGroup, NotUnderstood
from unipic.review.history import Change
from unipic.review.journal import choice_to_dict
from unipic.review.ledger import ledger_to_dict
from unipic.review.nearness import nearness
from unipic.review.proposal import Group

DeskOf = Callable[[Run], Desk]
STEP = re.compile(r"[0-9a-zA-Z-]{8,64}")
MAX_STEP_BYTES = 10_000_000  # bytes of a step, enough for a hundred thousand groups


def review_routes(runs: Runs, desk_of: DeskOf) -> list[Route]:
    """The routes to read a review and to send it steps."""

    def everything(token: str, only_choices: bool) -> bytes:
        desk = desk_in(runs, desk_of, token)
        with desk.lock:
            groups = [] if only_choices else [group_to_dict(group, desk) for group in desk.proposal.groups]
            values = {**_standing(desk), "place": desk.place, "choices": _choices(desk, desk.choices)}
        if not only_choices:
            values["groups"] = groups
        return json.dumps(values, ensure_ascii=True).encode("ascii")

    async def show(request: Request) -> Response:
        body = await run_in_threadpool(
            everything, request.path_params["token"], request.query_params.get("only") == "choices"
        )
        return await packed(request, body)

    async def hear(request: Request) -> Response:
        step = await json_object(request, MAX_STEP_BYTES, "step")
        return JSONResponse(await run_in_threadpool(answer, request.path_params["token"], step))

    def answer(token: str, step: dict[str, Any]) -> dict[str, Any]:
        desk = desk_in(runs, desk_of, token)
        with desk.lock:
            try:
                return _answer(desk, step)
            except NoSuchGroup as error:
                raise Refused(409, str(error)) from None
            except (NotUnderstood, TypeError, KeyError, ValueError, AttributeError) as error:
                raise Refused(400, _("This step was not understood: {error}", error=error)) from None

    path = "/unipic/review/{token}"
    return [Route(path, in_words(show)), Route(path, in_words(hear), methods=["POST"])]


def desk_in(runs: Runs, desk_of: DeskOf, token: str) -> Desk:
    """The review session of a run. RunNotFound; Refused if its scan is not finished."""
    run = runs.open(token)
    try:
        return desk_of(run)
    except FileNotFoundError:
        raise Refused(409, _("The scan of these photos is not finished yet.")) from None
    except ValueError:
        raise Refused(409, _("This review was made by another version of Unipic. Start it again.")) from None


def _answer(desk: Desk, step: dict[str, Any]) -> dict[str, Any]:
    do = step["do"]
    if do == "place":
        with suppress(NoSuchGroup):  # a later step, which arrived first, has regrouped these photos
            desk.place = str(step["group"])
        return {**_standing(desk), "choices": {}, "place": None}
    id = step["step"]
    if not isinstance(id, str) or not STEP.fullmatch(id):
        raise NotUnderstood(_("a step has an id"))
    if desk.knows(id):
        return {**_standing(desk), "choices": _choices(desk, desk.choices), "place": None}
    before, choices = desk.arrangement, desk.choices
    change = _taken(desk, do, id, step)
    place = change.place if change.place in desk.proposal.by_id else ""
    if desk.arrangement != before and not place:
        place = _where_it_went(desk, change)
    # A changed ruling may settle groups that the step does not name.
    after = desk.choices
    touched = change.choices.keys() | {id for id in {**choices, **after} if choices.get(id) != after.get(id)}
    return {
        **_standing(desk),
        "choices": {id: choice_to_dict(after[id]) if id in after else None for id in sorted(touched)},
        "place": place or None,
    }


def _taken(desk: Desk, do: str, id: str, step: dict[str, Any]) -> Change:
    match do:
        case "choose":
            if not isinstance(step["done"], bool):
                raise NotUnderstood(_("done is true or false"))
            return desk.choose(id, step["group"], _strings(step["kept"]), step["done"])
        case "accept":
            return desk.accept(id, _strings(step["groups"]))
        case "reopen":
            return desk.reopen(id, _strings(step["groups"]))
        case "aside":
            return desk.set_aside(id, _strings(step["groups"]))
        case "apart":
            return desk.apart(id, step["group"])
        case "split":
            return desk.split(id, step["group"], _strings(step["photos"]))
        case "merge":
            return desk.merge(id, _strings(step["groups"]))
        case "undo" | "redo":
            return desk.take_back(id, forward=do == "redo")
    raise NotUnderstood(_("there is no {do}", do=do))


def _where_it_went(desk: Desk, change: Change) -> str:
    """Id of the group that now holds most photos of a step; "" if none."""
    digests = {d for ruling in change.rulings.values() if ruling for part in ruling.parts[:1] for d in part}
    held = {group.id: sum(photo.digest in digests for photo in group.photos) for group in desk.proposal.groups}
    best = max(held, key=lambda id: held[id], default="")
    return best if best and held[best] > 1 else ""


def _strings(values: object) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise NotUnderstood(_("a list of ids is expected"))
    return values


def _standing(desk: Desk) -> dict[str, Any]:
    undo, redo = desk.history.undo, desk.history.redo
    return {
        "version": desk.history.version,
        "arrangement": desk.arrangement,
        "undo": retold(undo.what) if undo else "",
        "redo": retold(redo.what) if redo else "",
        "ledger": ledger_to_dict(desk.ledger),
    }


def _choices(desk: Desk, choices: Any) -> dict[str, Any]:
    return {id: choice_to_dict(choice) for id, choice in choices.items() if id in desk.proposal.by_id}


def _face(face: Face) -> dict[str, Any]:
    """Where it is, and its eyes: 1 open, -1 shut, 0 can't tell."""
    eyes = 0 if face.eyes is None else 1 if face.eyes > 0 else -1
    return {"box": [round(edge, 4) for edge in face.box], "eyes": eyes}


def group_to_dict(group: Group, desk: Desk) -> dict[str, Any]:
    """A group for the browser, see darkroom/README.md."""
    from server.film_copies import moments_of  # here: it takes the library's state, which takes these routes

    told = desk.evidence.scores if group.lane == "similar" else {}
    scores = {name: [score.get(photo.id) for photo in group.photos] for name, score in told.items()}
    scores |= eyes_and_smiles(group.people)
    near = nearness(group.alike) if group.lane == "similar" else [""] * len(group.photos)
    return {
        "id": group.id,
        "lane": group.lane,
        "reason": group.headline,
        "doubt": retold(group.doubt),
        "tie": group.tie,
        "certainty": round(group.certainty, 3),
        "suggested": [photo.id for photo in group.photos if photo.id in group.suggested],
        "makes": makes(group, desk.proposal.cleanup.series),
        "moments": moments_of(group.photos),
        "people": [[face and _face(face) for face in row] for row in group.people],
        "photos": [
            {
                **_photo(photo, desk),
                "protected": photo.id in group.protected,
                "alike": None if alike is None else round(alike),
                "near": how_near,
                "words": "; ".join(filter(None, (retold(words), with_what(photo), retold(photo.note)))),
                "facts": facts(photo, {name: column[i] for name, column in scores.items()}),
            }
            for i, (photo, alike, how_near, words) in enumerate(
                zip(group.photos, group.alike, near, group.words, strict=True)
            )
        ],
    }


def makes(group: Group, series: Sequence[Series]) -> list[str]:
    """Kinds of pictures that may be possible of a group, by what is known without opening a photo: see made_routes."""
    whole = any(one.kind == "bracket" and len(one.photos) >= FRAMES and one.photos[0].id in group.ids for one in series)
    eyes = [[face.eyes or 0.0 if face else 0.0 for face in row] for row in group.people]
    shut = any(row[0] < 0 < max(row) for row in eyes)
    return ["hdr"] * whole + ["composite"] * shut


def _photo(photo: Photo, desk: Desk) -> dict[str, Any]:
    return {
        "id": photo.id,
        "digest": photo.digest if Run(desk.folder).thumbnails.path(photo.digest).exists() else "",
        "name": photo.name,
        "width": photo.width,
        "height": photo.height,
        "size": photo.bytes,
        "format": photo.format,
        "showable": photo.format in (*SHOWN, *RENDERED),
    }
