"""Routes of the library: what it has, its photos some at a time, one of them in full, and what people say of them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.answers import Answer, Asked, Refused, heard, in_words, shown, text
from server.listings import Listings, Range
from server.occasions import Occasions
from server.photo_facts import facts
from server.pictures import DIGEST, RENDERED, SHOWN
from server.runs import Runs
from server.searching import Wanted
from server.uploads import look_at_upload
from unipic.core.errors import DecisionsUnreadable
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.photo import Photo, local_time
from unipic.core.words import printable
from unipic.library.companions import in_words as companion_in_words
from unipic.library.library import Library
from unipic.library.listing import Filter, FolderNames, id_of
from unipic.library.marks import NOT_MARKED, Marked
from unipic.library.recognised import lines_in
from unipic.sources.immich_place import address_of, at_hand, called

MOST_PHOTOS = 500  # photos of one answer
BADGES = {"video": N_("Live Photo"), "raw": "RAW", "original": N_("Edited")}  # by a companion's role


def library_routes(library: Library, runs: Runs, occasions: Occasions | None = None) -> list[Route]:
    """The routes to look through a library, to mark its photos and to select some for a run."""
    listings = Listings(library, occasions=occasions)

    def listing(request: Request) -> Answer:
        given = request.query_params
        filtered = _filter(library, given)
        listed = _searched(listings, filtered, given) if given.get("q") else _listed(listings, filtered)
        return {**listed, **_about(library)}

    def photos(request: Request) -> Answer:
        given = request.query_params
        start, count = _number(given.get("from", "0")), _number(given.get("count", "100"))
        if count > MOST_PHOTOS:
            raise Refused(400, _("At most {n} photos are sent at once.", n=MOST_PHOTOS))
        found = listings.photos(given.get("key", ""), start, count)
        marked = _marks(library, [photo.digest for photo in found if photo])
        told = [in_the_grid(one, marked.get(one.digest, NOT_MARKED)) if one else None for one in found]
        for one, said in zip(told, listings.more(given.get("key", ""), start, count), strict=False):
            if one:
                one |= said
        return told

    def photo(request: Request) -> Answer:
        return _in_full(library, request.path_params["digest"])

    def mark(asked: Asked) -> Answer:
        digests = _digests(listings, asked)
        _mark(library, digests, asked)
        return {"changed": len(digests), **_said(library)}

    def saved(asked: Asked) -> Answer:
        library.marks.save_search(text(asked["query"]), asked.get("on", True) is True)
        return _said(library)

    def selection(asked: Asked) -> Answer:
        digests = _digests(listings, asked)
        if not digests:
            raise Refused(400, _("No photo is selected."))
        run = runs.new("selection")
        run.select(digests)
        return {"run": run.token}

    async def example(request: Request) -> Response:
        digest = await look_at_upload(request, library.data, listings.searches.look_at)
        return JSONResponse({"digest": digest})

    path = "/unipic/library"
    return [
        Route(f"{path}/listing", in_words(shown(listing))),
        Route(f"{path}/photos", in_words(shown(photos))),
        Route(f"{path}/photo/{{digest}}", in_words(shown(photo))),
        Route(f"{path}/mark", in_words(heard(mark)), methods=["POST"]),
        Route(f"{path}/example", in_words(example), methods=["PUT"]),
        Route(f"{path}/saved", in_words(heard(saved)), methods=["POST"]),
        Route(f"{path}/selection", in_words(heard(selection)), methods=["POST"]),
    ]


# What is shown.


def _filter(library: Library, given: Mapping[str, str]) -> Filter:
    """`folder` is the id that the listing has for a folder, or the path of one inside."""
    folder = given.get("folder", "")
    paths = {id_of(str(path)): path for path in library.paths()} if folder else {}
    return Filter(
        folder=paths.get(folder, Path(folder)) if folder else None,
        favourite=given.get("favourite") == "1",
        tag=given.get("tag", ""),
        album=given.get("album", ""),
    )


def _listed(listings: Listings, wanted: Filter) -> dict[str, Any]:
    key, listing = listings.of(wanted)
    return {"key": key, "total": len(listing.ids), "days": listing.days}


def _searched(listings: Listings, filtered: Filter, given: Mapping[str, str]) -> dict[str, Any]:
    """The photos that a query finds among those of the filter, and what it was understood as."""
    marks = [album.name for album in listings.library.marks.albums() if album.id == filtered.album]
    conditions = [
        *(["is:favourite"] if filtered.favourite else []),
        *(f'{key}:"{name}"' for key, name in (("tag", filtered.tag), ("album", "".join(marks))) if name),
    ]
    language, every_shot = given.get("language", "en")[:20], given.get("every") == "1"
    wanted = Wanted(given["q"], language, date.today(), every_shot, filtered.folder, " ".join(conditions))
    key, found = listings.search(wanted)
    listing = found.listing
    return {"key": key, "total": len(listing.ids), "days": listing.days, "search": found.about}


def _about(library: Library) -> dict[str, Any]:
    """What photos can be chosen by. Damaged marks are told in `notice`; the photos are shown nevertheless."""
    folders = [
        {
            "id": id_of(str(folder.path)),
            "path": printable(called(folder.path)),
            "photos": folder.photos,
            "reachable": folder.reachable,
        }
        for folder in library.folders()
    ]
    try:
        return {**_said(library), "folders": folders, "notice": ""}
    except DecisionsUnreadable as error:
        return {"tags": [], "albums": [], "searches": [], "favourites": 0, "folders": folders, "notice": str(error)}


def _said(library: Library) -> dict[str, Any]:
    marks = library.marks
    albums = [asdict(album) for album in marks.albums()]
    return {
        "tags": [*marks.tags().items()],
        "albums": albums,
        "searches": marks.searches(),
        "favourites": len(marks.favourites()),
    }


def _marks(library: Library, digests: list[str]) -> dict[str, Marked]:
    try:
        return library.marks.of(digests)
    except DecisionsUnreadable:  # the listing says so
        return {}


def in_the_grid(photo: Photo, marked: Marked) -> dict[str, Any]:
    """A photo as the grid shows it; its digest is its id."""
    taken = local_time(photo)
    badges = ["RAW"] * (photo.format == "RAW") + [_(BADGES[one.role]) for one in photo.companions if one.role in BADGES]
    return {
        "id": photo.digest,
        "digest": photo.digest,
        "name": photo.name,
        "width": photo.width,
        "height": photo.height,
        "format": photo.format,
        "taken": taken.isoformat(" ", "seconds") if taken else "",
        "kind": list(dict.fromkeys(badges)),
        "favourite": marked.favourite,
        "showable": photo.format in (*SHOWN, *RENDERED),
    }


def _in_full(library: Library, digest: str) -> dict[str, Any]:
    photo = library.by_digest([digest]).get(digest) if DIGEST.fullmatch(digest) else None
    if photo is None:
        raise Refused(404, _("This photo is no longer in the library."))
    marked, places = _marks(library, [digest]).get(digest, NOT_MARKED), library.places(digest)
    names = FolderNames(library.paths())
    return {
        **in_the_grid(photo, marked),
        "facts": [[label, words] for label, words, *_rest in facts(photo, {}) if words],
        "places": [printable(names.name(str(place))) for place in places],
        "there": any(at_hand(str(place)) for place in places),
        "immich": address_of(photo.path),
        "companions": [[companion_in_words(one), printable(one.name)] for one in photo.companions],
        "tags": marked.tags,
        "albums": marked.albums,
        "note": marked.note,
        "lines": [printable(line) for line in lines_in(library, [digest]).get(digest, ())],
    }


# What is said.


def _mark(library: Library, digests: list[str], asked: Asked) -> None:
    marks, on = library.marks, asked.get("on", True)
    if not isinstance(on, bool):
        raise ValueError("on is true or false")
    match asked["do"]:
        case "favourite":
            marks.favourite(digests, on)
        case "tag":
            marks.tag(digests, text(asked["name"]), on)
        case "album":
            marks.album(digests, text(asked["name"]), on)
        case "note":
            marks.note(digests, text(asked["words"]))
        case other:
            raise ValueError(f"there is no {other!r}")


def _digests(listings: Listings, asked: Asked) -> list[str]:
    """The photos that a request names: by digest, or by positions in a listing."""
    if "digests" in asked:
        named = [text(digest) for digest in asked["digests"]]
        if not all(map(DIGEST.fullmatch, named)):
            raise ValueError("a digest has 64 digits")
        return list(dict.fromkeys(named))
    ranges = [_range(one) for one in asked["ranges"]]
    return list(dict.fromkeys(listings.digests(text(asked["key"]), ranges)))


def _range(given: Any) -> Range:
    start, end = given
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise ValueError("a range is two positions, the smaller one first")
    return start, end


def _number(given: str) -> int:
    if not given.isdecimal():
        raise Refused(400, _("A position is a number from 0 on."))
    return min(int(given[:12]), 1 << 40)
