"""What is in an Immich library: every asset once, whatever the server does while it is listed."""

import base64
import binascii
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from unipic.core.errors import ImmichError, SourceError
from unipic.core.language import gettext as _, kept
from unipic.core.photo import RAW, Original
from unipic.core.words import count, printable
from unipic.sources._immich_client import Client, Refused

OLDEST, TESTED = (2, 4), (3, 3)  # versions of Immich: the first that is supported, the last it was written for
PAGE = 1000  # assets, the most Immich gives at once
MOST_PAGES = 10_000  # ten million assets; a server that goes on repeats itself
NAMED = 20  # names that an error lists
NEEDED = (
    *("id", "ownerId", "type", "checksum", "originalFileName", "visibility", "isTrashed", "fileCreatedAt"),
    *("updatedAt", "isFavorite"),
)
FORMAT_OF = {
    "jpeg": "JPEG", "jpg": "JPEG", "heic": "HEIF", "heif": "HEIF", "hif": "HEIF", "png": "PNG", "webp": "WEBP",
    "tiff": "TIFF", "tif": "TIFF", "avif": "AVIF", "gif": "GIF", "bmp": "BMP", "jxl": "JXL", "jp2": "JPEG2000",
}  # fmt: skip
UUID = re.compile(r"[0-9a-fA-F-]{36}")


@dataclass(frozen=True, slots=True)
class Asset:
    """A photo in an Immich library."""

    id: str
    name: str
    path: str  # on the server
    favourite: bool
    archived: bool
    live: bool  # it has a film
    city: str
    stack: tuple[str, str, int] | None  # id, primary asset, number of assets
    original: Original


@dataclass
class Listing:
    """The photos of one's own that are shown, and how many others there are and why they are left alone."""

    assets: list[Asset] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)  # "partner", "hidden", "locked", "trashed", "offline", "video"
    notices: list[str] = field(default_factory=list)

    @property
    def archived(self) -> int:
        """How many of the assets are archived."""
        return sum(asset.archived for asset in self.assets)


def version(client: Client) -> tuple[int, int, int]:
    """The server's. ImmichError for one that is too old."""
    said = client.get("/server/version") or {}
    numbers = tuple(said.get(name) for name in ("major", "minor", "patch"))
    if not all(isinstance(number, int) for number in numbers):
        raise ImmichError(_("{url} does not tell the version of Immich; is it Immich at all?", url=client.server.url))
    if numbers[:2] < OLDEST:
        raise ImmichError(
            _(
                "{url} runs Immich {version}; Unipic needs {oldest} or later. Update it.",
                url=client.server.url,
                version=_dotted(numbers),
                oldest=_dotted(OLDEST),
            )
        )
    return numbers  # type: ignore[return-value]


def about_version(numbers: tuple[int, ...]) -> list[str]:
    """A notice about a version that is newer than the last that was tried."""
    if numbers[:2] <= TESTED:
        return []
    newer = kept(
        "Immich {version} is newer than {tested}, the last that Unipic was written for.",
        version=_dotted(numbers),
        tested=_dotted(TESTED),
    )
    return [newer]


def _dotted(numbers: tuple[Any, ...]) -> str:
    return ".".join(map(str, numbers))


def listed(client: Client, wanted: Mapping[str, Any], me: str) -> Listing:
    """Every photo of one's own that the filter `wanted` finds. ImmichError if the server does not list them all."""
    before, listing = _told(client, wanted), Listing()
    found = _all(client, wanted, me)
    told = _told(client, wanted)
    if told is not None and not before == told == len(found):  # photos came or went meanwhile
        found = _all(client, wanted, me)
        told = _told(client, wanted)
    if told and not found:
        raise ImmichError(
            _(
                "{url} says that there are {photos}, and lists none: this version of Immich may have changed. "
                "Nothing was written.",
                url=client.server.url,
                photos=count(told, "photo"),
            )
        )
    if told is None:
        listing.notices.append(
            kept("The key lacks asset.statistics, so it was not checked that every photo is listed.")
        )
    elif told != len(found):
        changing = kept(
            "Immich counts {told:,} and lists {listed:,}: it is changing just now.", told=told, listed=len(found)
        )
        listing.notices.append(changing)
    for one in found.values():
        if isinstance(one, Asset):
            listing.assets.append(one)
        else:
            listing.left[one] += 1
    listing.assets = _units(listing.assets)
    return listing


def _all(client: Client, wanted: Mapping[str, Any], me: str) -> dict[str, Asset | str]:
    """By id: a photo that is shown, or why it is not."""
    return {str(row.get("id")): _shown(row, me) for row in rows(client, wanted)}


def rows(client: Client, wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The server's own descriptions of what it finds. ImmichError if pages do not advance, or lack what is needed."""
    page, ids = 1, set[str]()
    while True:
        asked = {"page": page, "size": PAGE, "order": "asc", "withExif": True, "withStacked": True, **wanted}
        answer = (client.ask("POST", "/search/metadata", asked) or {}).get("assets") or {}
        items = [item for item in answer.get("items") or () if isinstance(item, dict)]
        if items and not ids:
            _complete(client, items[0])
        fresh = [item for item in items if str(item.get("id")) not in ids]
        ids.update(str(item.get("id")) for item in fresh)
        yield from fresh
        following = answer.get("nextPage")
        if following is None:
            return
        if not str(following).isdecimal() or int(following) <= page or page >= MOST_PAGES or not fresh:
            raise ImmichError(
                _("{url} repeats page {page} of its list; nothing was written.", url=client.server.url, page=page)
            )
        page = int(following)


def _complete(client: Client, row: Mapping[str, Any]) -> None:
    """ImmichError for a description without a field that is needed."""
    missing = [name for name in NEEDED if name not in row]
    if missing:
        raise ImmichError(
            _(
                "Immich {version} no longer tells {missing} of a photo, which Unipic needs. Nothing was written; "
                "look for a newer Unipic.",
                version=_dotted(version(client)),
                missing=", ".join(missing),
            )
        )


def _told(client: Client, wanted: Mapping[str, Any]) -> int | None:
    """How many the server counts; None if the key may not ask."""
    try:
        total = (client.ask("POST", "/search/statistics", dict(wanted)) or {}).get("total")
    except Refused as refused:
        if not refused.permission:
            raise
        return None
    return total if isinstance(total, int) else None


def _shown(row: Mapping[str, Any], me: str) -> Asset | str:
    """The photo, or the reason why it is left alone."""
    visibility = row.get("visibility")
    reasons = {
        "partner": row.get("ownerId") != me,
        "locked": visibility == "locked",
        "hidden": visibility not in ("timeline", "archive"),
        "trashed": bool(row.get("isTrashed")),
        "offline": bool(row.get("isOffline")),
        "video": row.get("type") != "IMAGE",
        "odd": not UUID.fullmatch(str(row.get("id"))) or not sha1_of(row.get("checksum")),
    }
    for reason, holds in reasons.items():
        if holds:
            return reason
    stack = row.get("stack")
    return Asset(
        id=str(row["id"]),
        # A name is data: without what would make folders of it.
        name=str(row.get("originalFileName") or "").replace("/", "_").replace("\0", "") or "unnamed",
        path=str(row.get("originalPath") or ""),
        favourite=bool(row.get("isFavorite")),
        archived=visibility == "archive",
        live=bool(row.get("livePhotoVideoId")),
        city=sys.intern(printable((row.get("exifInfo") or {}).get("city") or "")[:80]),
        stack=(str(stack.get("id")), str(stack.get("primaryAssetId")), int(stack.get("assetCount") or 0))
        if isinstance(stack, dict)
        else None,
        original=_original(row),
    )


def sha1_of(checksum: object) -> str:
    """Immich's base64 as 40 hexadecimal digits; "" for anything else."""
    try:
        digest = base64.b64decode(str(checksum), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == 20 else ""


def _original(row: Mapping[str, Any]) -> Original:
    exif = row.get("exifInfo") if isinstance(row.get("exifInfo"), dict) else {}
    assert isinstance(exif, dict)
    width, height = (
        _number(row.get(name)) or _number(exif.get(f"exifImage{name.capitalize()}")) for name in ("width", "height")
    )
    latitude, longitude, rating = exif.get("latitude"), exif.get("longitude"), exif.get("rating")
    placed = isinstance(latitude, int | float) and isinstance(longitude, int | float)
    return Original(
        sha1=sha1_of(row.get("checksum")),
        size=_number(exif.get("fileSizeInByte")),
        width=width,
        height=height,
        format=_format(row),
        # Only what a camera wrote: without it, Immich's times are those of the file.
        taken=_local(row.get("localDateTime")) if exif.get("dateTimeOriginal") else None,
        camera=sys.intern(_camera(exif)),
        place=(float(latitude), float(longitude)) if placed else None,  # type: ignore[arg-type]
        rating=rating if isinstance(rating, int) and -1 <= rating <= 5 else None,
    )


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def _format(row: Mapping[str, Any]) -> str:
    mime = str(row.get("originalMimeType") or "").rpartition("/")[2].casefold()
    suffix = PurePosixPath(str(row.get("originalFileName"))).suffix[1:].casefold()
    return FORMAT_OF.get(mime) or FORMAT_OF.get(suffix) or RAW


def _local(value: object) -> datetime | None:
    """Immich's local time, which it writes as if it were UTC."""
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None


def _camera(exif: Mapping[str, Any]) -> str:
    make, model = (printable(exif.get(name) or "").strip() for name in ("make", "model"))
    return (model if model.casefold().startswith(make.casefold()) else f"{make} {model}").strip()[:200]


def _units(assets: list[Asset]) -> list[Asset]:
    """Without raw files that are in a stack with their JPEG: they are one photo, and the JPEG speaks for both."""
    shown = {asset.id: asset for asset in assets}

    def beside(asset: Asset) -> bool:
        first = shown.get(asset.stack[1]) if asset.stack else None
        return bool(first and first is not asset and _stem(first) == _stem(asset))

    return [asset for asset in assets if asset.original.format != RAW or not beside(asset)]


def _stem(asset: Asset) -> str:
    return PurePosixPath(asset.name).stem.casefold()


# What to list, by name.


def album_filters(client: Client, name: str) -> list[dict[str, Any]]:
    """A filter for each album of this name: several in one filter would mean all of them. SourceError if none."""
    albums = [one for one in client.get("/albums") or () if isinstance(one, dict)]
    return _by_id(name, {str(one.get("id")): str(one.get("albumName")) for one in albums}, "albumIds")


def person_filters(client: Client, name: str) -> list[dict[str, Any]]:
    """A filter for each person of this name. SourceError if there is none."""
    people, page = dict[str, str](), 1
    while page <= MOST_PAGES:
        said = client.get("/people", page=str(page), size=str(PAGE)) or {}
        people |= {str(one.get("id")): str(one.get("name")) for one in said.get("people") or () if one.get("name")}
        if not said.get("hasNextPage"):
            break
        page += 1
    return _by_id(name, people, "personIds")


def _by_id(name: str, names: Mapping[str, str], field: str) -> list[dict[str, Any]]:
    found = [{field: [id]} for id, called in names.items() if called == name]
    if not found:
        there = ", ".join(sorted({printable(one) for one in names.values()})[:NAMED]) or _("none")
        values = {"name": printable(name), "there": there}
        if field == "albumIds":
            raise SourceError(_("Immich has no album called {name!r}; there are {there}", **values))
        raise SourceError(_("Immich has no person called {name!r}; there are {there}", **values))
    return found


def since(date: str) -> dict[str, Any]:
    """The filter for photos from a day on. SourceError for what is no day."""
    try:
        day = datetime.fromisoformat(date)
    except ValueError:
        raise SourceError(_("{date!r} is not a day; say immich:since/2024-01-31", date=date)) from None
    return {"takenAfter": f"{day:%Y-%m-%dT%H:%M:%S}.000Z"}
