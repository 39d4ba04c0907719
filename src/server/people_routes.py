"""Routes of people: who is in the library's photos, their faces, questions about them, and what a person says."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.answers import Answer, Asked, Refused, heard, in_words, shown, text
from server.examples import faces_in_selfie
from server.pictures import DIGEST
from server.uploads import look_at_upload
from unipic.core.errors import SettingsError
from unipic.core.face import Face
from unipic.core.language import gettext as _
from unipic.core.words import count, printable
from unipic.library.faces import CLEAR_SIZE, faces as faces_in, is_on
from unipic.library.library import Library
from unipic.people.people import People, Together, open_people
from unipic.people.selfie import photos_of
from unipic.people.settling import Somebody
from unipic.people.suggest import Answer as Said, Card, Deck
from unipic.vision.faces import KIND

BOX = re.compile(r"-?\d{1,4}( -?\d{1,4}){3}")  # as in the key of a face
KINDS = ("person", "unnamed", "other", "hidden")
QUESTIONS = 50  # sent at once
SHOWN = 6  # faces on each side of a question
WITH = 8  # others who are shown with a person
SAID: tuple[Said, ...] = ("same", "different", "skip")


class Room:
    """The people of a library as it is now, for one question or step at a time."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.lock = threading.RLock()
        self._state: tuple[object, ...] = ()
        self._people: People | None = None
        self._deck: Deck | None = None

    @property
    def people(self) -> People:
        """Looked at anew if the library has changed."""
        state = (self.library.version(), is_on(self.library))
        if self._people is None or state != self._state:
            self._people, self._deck = open_people(self.library), None
            self._people.group()
            self._state = (self.library.version(), is_on(self.library))  # what was grouped is stored in it
        self._people.refresh()
        return self._people

    @property
    def deck(self) -> Deck:
        """The questions; dealt anew when something else was said meanwhile."""
        people = self.people
        if self._deck is None:
            self._deck = Deck(people)
        return self._deck

    def changed(self) -> None:
        """Deal the questions anew the next time, and count what was stored as seen."""
        self._deck = None
        self._state = (self.library.version(), is_on(self.library))

    def kept_up(self) -> None:
        """The deck knows what was said: store who is where, and count that as seen."""
        if self._people:
            self._people.refresh()
        self._state = (self.library.version(), is_on(self.library))


def people_routes(library: Library) -> list[Route]:
    """The routes of one library. While faces are not told apart, they have nobody to show."""
    room = Room(library)

    def listing(request: Request) -> Answer:
        return _listing(room)

    def person(request: Request) -> Answer:
        with room.lock:
            try:
                one = room.people.somebody(request.path_params["id"])
                return {**_in_full(room.people, one), "films": _films(library, one)}
            except SettingsError as error:
                raise Refused(404, f"{error}.") from None

    def questions(request: Request) -> Answer:
        with room.lock:
            return _questions(room)

    async def chip(request: Request) -> Response:
        given = request.path_params["digest"], request.query_params.get("box", "")
        jpeg = await run_in_threadpool(_chip, library, *given)
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    def do(asked: Asked) -> Answer:
        with room.lock:
            try:
                return _done(room, asked)
            except Together as error:  # nothing was done: it is asked about
                return {"message": f"{str(error)[:1].upper()}{str(error)[1:]}", "photos": error.photos}

    def photo(request: Request) -> Answer:
        return _in_photo(room, request.path_params["digest"])

    async def selfie(request: Request) -> Response:
        _refuse_while_off(room)
        faces = await look_at_upload(request, library.data, faces_in_selfie)
        return JSONResponse({"faces": await run_in_threadpool(_looks_like, room, faces)})

    path = "/unipic/people"
    return [
        Route(f"{path}/photo/{{digest}}", in_words(shown(photo))),
        Route(f"{path}/selfie", in_words(selfie), methods=["PUT"]),
        Route(f"{path}/listing", in_words(shown(listing))),
        Route(f"{path}/person/{{id}}", in_words(shown(person))),
        Route(f"{path}/chip/{{digest}}", in_words(chip)),
        Route(f"{path}/questions", in_words(shown(questions))),
        Route(f"{path}/do", in_words(heard(do)), methods=["POST"]),
    ]


# What is shown.


def _listing(room: Room) -> dict[str, Any]:
    if not is_on(room.library):
        return {"on": False}
    with room.lock:
        people = room.people
        steps = people.records.steps()
        return {
            "on": True,
            **{kind: [_card(one) for one in people.of_kind(kind)] for kind in KINDS},  # type: ignore[arg-type]
            "notFaces": len(people.not_faces),
            "questions": len(room.deck.questions()),
            "undo": steps[0].words if steps else "",
        }


def _card(one: Somebody) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": printable(one.row.name),
        "born": one.row.born,
        "hidden": one.row.hidden,
        "faces": len(one.faces),
        "photos": one.photos,
        "years": list(one.years or ()),
        "cover": _face(one.cover) if one.cover else None,
    }


def _face(face: Face) -> dict[str, Any]:
    told = {"key": face.key, "digest": face.digest, "box": [round(edge, 4) for edge in face.box]}
    return told if face.time is None else told | {"at": face.time}


def _chip(library: Library, digest: str, box: str) -> bytes:
    """The picture of a face in a film, a JPEG. Refused if it is not there, or faces are not told apart."""
    asked = is_on(library) and DIGEST.fullmatch(digest) and BOX.fullmatch(box)
    there = library.chips.load(digest, [f"{KIND} {box}"]) if asked else {}
    if not there:
        raise Refused(404, _("There is no such face."))
    return next(iter(there.values()))


def _films(library: Library, one: Somebody) -> list[dict[str, Any]]:
    """The films that a person is in, with the seconds at which it is seen best, by name."""
    times: dict[str, set[float]] = {}
    for face in one.faces:
        if face.time is not None:
            times.setdefault(face.digest, set()).add(face.time)
    films = library.by_digest(times)
    told = [{"digest": its, "name": printable(film.name), "times": sorted(times[its])} for its, film in films.items()]
    return sorted(told, key=lambda film: (film["name"], film["digest"]))


def _in_full(people: People, one: Somebody) -> dict[str, Any]:
    """A person with all its faces, and those who are in photos with it."""
    days = one.known.days

    def told(face: Face) -> dict[str, Any]:
        likeness, day = people.likeness(face, one), days.get(face.digest)
        why = (
            ""
            if face.clear
            else _("{size} px, or turned or blurred: placed by its likeness alone", size=round(face.size))
        )
        return {
            **_face(face),
            "day": day.isoformat() if day else "",
            "likeness": None if likeness is None else round(likeness),
            "poor": why,
        }

    photos = {face.digest for face in one.faces}
    others: Counter[str] = Counter()
    for other in people.of_kind("person"):
        if other.id != one.id and (both := len(photos & {face.digest for face in other.faces})):
            others[other.id] = both
    together = [{**_card(people.everybody[id]), "together": number} for id, number in others.most_common(WITH)]
    return {
        **_card(one),
        "all": [told(face) for face in one.faces],
        "with": together,
        "unfound": len(people.unfound(one.id)),
    }


def _in_photo(room: Room, digest: str) -> list[dict[str, Any]]:
    """The faces in a photo from left to right, with whose they are, and why a face is nobody's."""
    if not is_on(room.library):
        return []
    with room.lock:
        people = room.people
        there = {face.key: people.of_face(face.key) for face in people.faces if face.digest == digest}
    told = []
    for face in sorted(faces_in(room.library, [digest]), key=lambda face: face.box):
        one = there.get(face.key)
        if one or face.key not in there:  # else it is said to be no face
            known = one is not None and (bool(one.row.name) or one.kind != "other")
            why = "" if known else _why_nobody(face, one)
            told.append({**_face(face), "id": one.id if one else "", "name": printable(one.row.name) if one else "",
                         "why": why})  # fmt: skip
    return told


def _why_nobody(face: Face, one: Somebody | None) -> str:
    if one is None:
        return _("too small, or in a folder that is left out") if face.size < CLEAR_SIZE else _("not told apart")
    if not face.clear:
        return _("{size} px, or turned or blurred: too unsure to begin a person", size=round(face.size))
    return _("of no interest") if one.nobody else _("in {photos} so far", photos=count(one.photos, "photo"))


def _looks_like(room: Room, faces: Sequence[Face]) -> list[dict[str, Any]]:
    """For each face where it is, and the photos that show whoever has it, likest first."""
    with room.lock:
        there, limits = room.people.faces, room.people.limits
    return [
        {
            "box": face.box,
            "photos": [
                {"digest": one.digest, "likeness": round(one.likeness), "sure": one.sure}
                for one in photos_of(face, there, limits)
            ],
        }
        for face in faces[:SHOWN]
    ]


def _refuse_while_off(room: Room) -> None:
    if not is_on(room.library):
        raise Refused(409, _("Faces are not told apart: somebody turned it off."))


def _questions(room: Room) -> dict[str, Any]:
    if not is_on(room.library):
        return {"left": 0, "questions": []}
    deck = room.deck
    open_ones = deck.questions()

    def side(card: Card) -> dict[str, Any]:
        return {
            "name": printable(card.row.name),
            "number": len(card.faces),
            "faces": [_face(one) for one in _best(card)],
        }

    return {
        "left": len(open_ones),
        "questions": [
            {
                "pair": [one.first, one.second],
                "sides": [side(deck.card(one.first)), side(deck.card(one.second))],
                "faces": one.faces,
                "together": one.together,
            }
            for one in open_ones[:QUESTIONS]
        ],
    }


def _best(card: Card) -> Sequence[Face]:
    """The faces that tell most of who it is."""
    return sorted(card.faces, key=lambda face: (not face.clear, -face.size, face.key))[:SHOWN]


# What is said.


def _done(room: Room, asked: Asked) -> dict[str, Any]:
    _refuse_while_off(room)
    if asked["do"] == "answer":
        return _answered(room, asked)
    if asked["do"] == "unanswer":
        undone = room.deck.undo()
        room.kept_up()
        return {"undone": undone}
    people = room.people
    steps: dict[str, Callable[[], Any]] = {
        "name": lambda: people.name(text(asked["id"]), text(asked["name"])),
        "born": lambda: people.born(text(asked["id"]), text(asked["born"])),
        "hide": lambda: people.hide(text(asked["id"]), asked.get("on", True) is True),
        "cover": lambda: people.cover(text(asked["id"]), text(asked["face"])),
        "join": lambda: people.join(_texts(asked["ids"]), asked.get("twice") is True),
        "split": lambda: people.split(_texts(asked["faces"]), text(asked.get("to", ""))),
        "not": lambda: people.is_not(_texts(asked["faces"]), text(asked["id"])),
        "no face": lambda: people.no_face(_texts(asked["faces"])),
        "nobody": lambda: people.nobody(_texts(asked["ids"])),
        "undo": people.undo,
        "forget": lambda: people.forget(text(asked["id"]), asked.get("again") is not False),
    }
    done = steps[text(asked["do"])]()
    notices, people.notices = people.notices, []
    room.changed()
    return {"id": done.id if isinstance(done, Somebody) else "", "notices": [printable(one) for one in notices]}


def _answered(room: Room, asked: Asked) -> dict[str, Any]:
    deck, pair = room.deck, [*asked["pair"]]
    said: Said | None = next((one for one in SAID if one == asked["said"]), None)
    if said is None:
        raise ValueError(f"said is one of {', '.join(SAID)}")
    question = next((one for one in deck.questions() if [one.first, one.second] == pair), None)
    if question is None:
        raise Refused(410, _("This question is answered already, or was dealt anew."))
    deck.answer(question, said)
    room.kept_up()
    return {"left": len(deck.questions())}


def _texts(given: Any) -> list[str]:
    if not isinstance(given, list) or not given:
        raise ValueError("a list of names is expected")
    return [*map(text, given)]
