"""Photos of an Immich server: listed, looked at by their previews, and never changed from here.

The calls that change something are made by destinations/immich.py, through the same client.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any

from unipic.core.errors import ImmichError, SettingsError, SourceError
from unipic.core.language import gettext as _, gettext_noop as N_, kept, number
from unipic.core.photo import Found, Photo, Unreadable, is_preview
from unipic.core.progress import Progress, Step, silent
from unipic.core.settings import COMMAND, immich_files, immich_key, immich_url
from unipic.core.words import count
from unipic.sources._immich_client import (
    AT_ONCE as AT_ONCE,
    Client as Client,
    Lost as Lost,
    Refused as Refused,
    Server as Server,
    server as server,
)
from unipic.sources._immich_files import (
    Cache as Cache,
    Here,
    PlaceCache as PlaceCache,
    folder_of as folder_of,
    forget as forget,
    private_file as private_file,
    save_login as save_login,
    saved_login as saved_login,
)
from unipic.sources._immich_listing import (
    Asset as Asset,
    Listing as Listing,
    about_version as about_version,
    album_filters,
    listed,
    person_filters,
    rows as rows,
    since,
    version as version,
)
from unipic.sources.base import stamp_of
from unipic.sources.immich_place import PREFIX as PREFIX, is_immich as is_immich

STAGE = kept("Fetching from Immich")
MAX_PREVIEW = 50_000_000  # bytes
SPARE = 1_000_000  # bytes that an original may have beyond what was announced
PREVIEWS_MEASURED = kept("Focus and grain were measured on Immich's previews, not on the originals.")

# What a key must be allowed, by what it is for.
NEEDS: Mapping[str, tuple[str, ...]] = {
    N_("look at photos"): (
        *("asset.read", "asset.view", "asset.statistics", "album.read", "tag.read", "stack.read", "user.read"),
    ),
    N_("look at people"): ("person.read",),
    N_("fetch originals"): ("asset.download",),
    N_("tags"): ("tag.create", "tag.asset"),
    N_("albums"): ("album.create", "albumAsset.create"),
    N_("favourites"): ("asset.update",),
    N_("stacks"): ("stack.create", "asset.update"),
    N_("undo"): ("albumAsset.delete", "album.delete", "tag.delete", "stack.delete"),
    N_("trash"): ("asset.delete",),
}


@dataclass(frozen=True)
class Connected:
    """A server that answered, and who we are there."""

    client: Client
    version: tuple[int, int, int]
    me: str  # our user's id
    allowed: frozenset[str]  # permissions of the key; "all" stands for every one

    def may(self, permission: str) -> bool:
        """Whether the key has a permission."""
        return bool({"all", permission} & self.allowed)


def chosen_server(url: str = "", key: str = "", ca_file: str = "") -> Server:
    """By what was given, else the environment, else the login. SettingsError if there is no address or no key."""
    saved = saved_login()
    url = url or immich_url() or (saved.url if saved else "")
    key = key or immich_key() or (saved.key if saved and server(url or saved.url, "-").url == saved.url else "")
    if not url or not key:
        raise SettingsError(
            _(
                "no key of Immich is known. Make one in Immich (Account Settings, API Keys), then: {command} immich "
                "login ADDRESS",
                command=COMMAND,
            )
        )
    return server(url, key, ca_file or (saved.ca_file if saved else ""))


def connect(client: Client) -> Connected:
    """Say hello: version, key and user. ImmichError, which says what the key lacks."""
    numbers = version(client)
    key = client.get("/api-keys/me") or {}
    allowed = frozenset(str(one) for one in key.get("permissions") or ())
    user = client.get("/users/me") or {}
    if not user.get("id"):
        raise ImmichError(_("{url} does not tell whose key this is.", url=client.server.url))
    return Connected(client, numbers, str(user["id"]), allowed)


def missing(there: Connected, purposes: Iterable[str]) -> list[tuple[str, str]]:
    """Permissions the key lacks, each with what it is for."""
    return [(one, purpose) for purpose in purposes for one in NEEDS[purpose] if not there.may(one)]


class ImmichSource:
    """The photos of an Immich server that a name stands for: immich:, immich:album/X, immich:person/X, immich:since/D.

    Each is fetched while it is listed: its preview; or with `originals`, or if its id is in `whole`, the photo itself,
    verified by its SHA-1.
    """

    def __init__(
        self,
        there: Connected,
        names: Sequence[str],
        cache: Cache,
        originals: bool = False,
        here: Sequence[Found] | None = (),
        progress: Progress = silent,
    ) -> None:
        """`here`: files of this machine, which are used where they are the same as the server's; None: no file is."""
        self.there, self.names, self.originals = there, names, originals
        self.whole: frozenset[str] = frozenset()
        self._cache, self._progress = cache, progress
        self._here = Here([(file.path, file.size) for file in here or ()], None if here is None else immich_files())

    @cached_property
    def listing(self) -> Listing:
        """What there is, without fetching it. SourceError for an album or person there is none of."""
        listing, seen = Listing(), dict[str, Asset]()
        for wanted in [one for name in self.names for one in filters(self.there.client, name)]:
            found = listed(self.there.client, {"type": "IMAGE", **wanted}, self.there.me)
            seen |= {asset.id: asset for asset in found.assets}
            listing.left.update(found.left)
            listing.notices += [notice for notice in found.notices if notice not in listing.notices]
        listing.assets = sorted(seen.values(), key=lambda asset: (asset.name, asset.id))
        return listing

    @property
    def notices(self) -> list[str]:
        """What a person should know of the listing, and of how the photos are seen."""
        about = [] if self.originals or self.whole else [PREVIEWS_MEASURED]
        return [*about_version(self.there.version), *self.listing.notices, *about]

    def files(self) -> Iterator[Found | Unreadable]:
        """See Source.files. ImmichError if the server is lost meanwhile; what was fetched by then stays."""
        assets, used = self.listing.assets, set[Path]()
        self._progress(Step(STAGE, 0, len(assets), "photo"))
        for done, file in enumerate(self.fetched(assets), 1):
            self._progress(Step(STAGE, done, len(assets), "photo"))
            used.add(Path(file.path))
            yield file
        self._cache.trim(used)

    def fetched(self, assets: Sequence[Asset]) -> Iterator[Found | Unreadable]:
        """Some photos of the listing, in order. ImmichError if the server is lost meanwhile."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="unipic-immich") as pool:
            yield from _in_order(pool, self._fetched, assets)

    def same_bytes(self, photos: Iterable[Photo]) -> list[tuple[str, str]]:
        """The SHA-1 and the sha256 of photos whose originals were here."""
        sha1 = {PREFIX + asset.id: asset.original.sha1 for asset in self.listing.assets}
        return [(sha1[photo.id], photo.digest) for photo in photos if photo.id in sha1 and not is_preview(photo)]

    def _fetched(self, asset: Asset) -> Found | Unreadable:
        id, known = f"{PREFIX}{asset.id}", asset.original
        if path := self._here.find(asset.path, known.size, known.sha1):
            return Found(id, asset.name, path, known.size, stamp_of(path))
        found = self.found(asset)
        path = found.path
        try:
            if not self._cache.has(Path(path)):
                self._fetch(asset, Path(path))
        except Refused as refused:
            if refused.status not in (400, 404):
                raise
            reason = kept("is not given by the server: {refused}", refused=refused)
            return Unreadable(id, asset.name, path, reason, known.size, copyable=False)
        except Lost as lost:
            if not self._answers():
                raise ImmichError(
                    _("{lost} What was fetched by then is kept: run it again to go on.", lost=lost)
                ) from lost
            return Unreadable(
                id, asset.name, path, kept("could not be fetched: {lost}", lost=lost), known.size, copyable=False
            )
        return found

    def trim(self) -> None:
        """Delete the oldest pictures of the cache beyond its limit."""
        self._cache.trim(frozenset())

    def found(self, asset: Asset) -> Found:
        """The photo as a file, which need not be fetched yet."""
        id, known, whole = f"{PREFIX}{asset.id}", asset.original, self._whole(asset)
        kind = "original" if whole else "preview"
        path = str(self._cache.path(asset, kind))
        if whole:
            return Found(id, asset.name, path, known.size, f"{known.sha1} {kind}")
        # What Immich says of a photo is stored with what its preview shows: if it changes, the preview is read again.
        said = hashlib.blake2s(repr(known).encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
        return Found(id, asset.name, path, known.size, f"{kind} {said}", known)

    def _whole(self, asset: Asset) -> bool:
        return self.originals or f"{PREFIX}{asset.id}" in self.whole

    def _answers(self) -> bool:
        """Whether the server is there, so that what could not be fetched is the fault of one photo."""
        try:
            version(self.there.client)
        except ImmichError:
            return False
        return True

    def _fetch(self, asset: Asset, target: Path) -> None:
        fetch, known = self.there.client.fetch, asset.original
        if self._whole(asset):
            save = partial(self._cache.save, target, sha1=known.sha1)
            fetch(f"/assets/{asset.id}/original", known.size + SPARE, save)
        else:
            fetch_preview(self.there.client, asset.id, partial(self._cache.save, target))


def fetch_preview(client: Client, id: str, save: Callable[[Iterator[bytes]], None], again: bool = True) -> None:
    """Give the preview of an asset to `save`; `again`: for each try. Lost, Refused."""
    client.fetch(f"/assets/{id}/thumbnail", MAX_PREVIEW, save, again, size="preview")


def filters(client: Client, name: str) -> list[dict[str, Any]]:
    """What to ask the server for by a name that begins with PREFIX. SourceError for one that means nothing."""
    kind, _slash, value = name.removeprefix(PREFIX).partition("/")
    if not kind:
        return [{}]
    if kind == "album" and value:
        return album_filters(client, value)
    if kind == "person" and value:
        return person_filters(client, value)
    if kind == "since" and value:
        return [since(value)]
    raise SourceError(
        _("{name} means nothing; say immich:, immich:album/NAME, immich:person/NAME or immich:since/DATE", name=name)
    )


def albums_of(there: Connected) -> list[str]:
    """The names of all albums, each once."""
    albums = there.client.get("/albums") or ()
    return sorted({str(one.get("albumName")) for one in albums if isinstance(one, dict)})


def in_words(listing: Listing) -> str:
    """What is listed and what is left alone, for people."""
    left = ", ".join(f"{number(n)} {_(LEFT[reason])}" for reason, n in listing.left.items() if n)
    photos = count(len(listing.assets), "photo")
    if listing.archived:
        photos += _(" ({number:,} archived)", number=listing.archived)
    return _("{photos}; left alone: {left}", photos=photos, left=left) if left else photos


LEFT = {
    "partner": N_("of partners"),
    "locked": N_("in the locked folder"),
    "hidden": N_("hidden"),
    "trashed": N_("in the trash"),
    "offline": N_("whose files are away"),
    "video": N_("videos"),
    "odd": N_("that are not described properly"),
}


def _in_order(pool: ThreadPoolExecutor, fetch: Any, assets: Sequence[Asset]) -> Iterator[Found | Unreadable]:
    """Results in the order of the assets, a few fetched ahead. An error ends it, and nothing more is begun."""
    waiting: list[Future[Found | Unreadable]] = []
    coming = iter(assets)
    try:
        while True:
            waiting += [pool.submit(fetch, asset) for asset in islice(coming, 4 * AT_ONCE - len(waiting))]
            if not waiting:
                return
            yield waiting.pop(0).result()
    finally:
        for future in waiting:
            future.cancel()
