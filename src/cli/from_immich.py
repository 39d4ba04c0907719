"""PHOTOS of an Immich server, for every command that takes PHOTOS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cli.options import option
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.sources.immich_place import CACHE_MB, is_immich

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.cleanup.result import Cleanup
    from unipic.core.photo import Found, Gallery, Unreadable
    from unipic.core.progress import Progress
    from unipic.sources.base import Source
    from unipic.sources.immich import Connected, ImmichSource, Server

CLOUD = "cloud:"  # how the name of photos in a cloud begins
_immich = option(_("Immich"))


def elsewhere(photos: Path) -> bool:
    """Whether this names photos of a server or a cloud."""
    return is_immich(photos) or str(photos).startswith(CLOUD)


@dataclass(frozen=True)
class FromImmich:
    """How the server is reached, and what is fetched from it. The key is never an argument: others could see it."""

    immich_url: Annotated[str, _immich("--immich-url", _("Its address. Default: UNIPIC_IMMICH_URL, or the login."))] = (
        ""
    )
    key_file: Annotated[
        Path | None, _immich("--key-file", _("A file with the key. Default: UNIPIC_IMMICH_KEY, or the login."))
    ] = None
    ca_file: Annotated[Path | None, _immich("--ca-file", _("Certificates of an authority of your own, for https."))] = (
        None
    )
    originals: Annotated[
        bool,
        _immich("--originals", _("Fetch whole photos: all that are copied, else those in groups. Default: previews.")),
    ] = False
    cache_mb: Annotated[int, _immich("--cache-mb", _("Megabytes of pictures that are kept here."))] = CACHE_MB

    def check(self, photos: Sequence[Path], copied: bool, moved: bool) -> None:
        """SettingsError for what cannot be done with photos of a server."""
        if moved and any(str(path).startswith(CLOUD) for path in photos):
            raise SettingsError(_("photos in a cloud cannot be moved aside; use --zip or --to"))
        if not any(map(is_immich, photos)):
            return
        if moved:
            raise SettingsError(_("photos in Immich cannot be moved aside; see `immich apply`"))
        if copied and not self.originals:
            raise SettingsError(_("previews are not your photos: with --zip and --to add --originals"))

    @property
    def server(self) -> Server:
        """SettingsError if no address or no key is known."""
        from unipic.sources.immich import chosen_server

        return chosen_server(self.immich_url, self.key_in_file, str(self.ca_file or ""))

    @property
    def key_in_file(self) -> str:
        """The key in the file that was named; "" if none was."""
        return _read(self.key_file) if self.key_file else ""

    @contextmanager
    def connected(self) -> Iterator[Connected]:
        """The server, which answered. ImmichError."""
        from unipic.sources.immich import Client, connect

        with closing(Client(self.server)) as client:
            yield connect(client)

    @contextmanager
    def opened(self, photos: Sequence[Path], progress: Progress, copied: bool = True) -> Iterator[Opened]:
        """The source of these PHOTOS: folders of this machine, and photos of the server.

        `copied`: all whole photos are needed, if any are; otherwise those of members of groups will do.
        """
        from unipic.sources.base import Listed, Together
        from unipic.sources.folder import FolderSource

        folders = [path for path in photos if not elsewhere(path)]
        local: Source = FolderSource(folders) if folders else Listed([])
        if names := [str(path) for path in photos if str(path).startswith(CLOUD)]:
            from unipic.sources.clouds import CloudSource

            local = Together(local, *(CloudSource(name, self.cache_mb, progress) for name in names))
        names = [str(path) for path in photos if is_immich(path)]
        if not names:
            yield Opened(local)
            return
        with self.connected() as there:
            files = list(local.files())
            immich = self.source(there, names, files, progress, self.originals and copied)
            yield Opened(Together(Listed(files), immich), immich, self.originals and not copied)

    def source(
        self,
        there: Connected,
        names: Sequence[str],
        local: Sequence[Found | Unreadable] = (),
        progress: Progress = lambda step: None,
        whole: bool = False,
    ) -> ImmichSource:
        """The server's photos of these names, some of which may be `local`; `whole`: not their previews."""
        from unipic.core.photo import Found
        from unipic.sources.immich import Cache, ImmichSource

        here = [file for file in local if isinstance(file, Found)]
        cache = Cache(there.client.server, self.cache_mb)
        return ImmichSource(there, names, cache, whole, here, progress)


class Opened:
    """A source, and what comes of an Immich server being in it."""

    def __init__(self, source: Source, immich: ImmichSource | None = None, members: bool = False) -> None:
        """`members`: whole photos are wanted of members of groups."""
        self._source, self._immich, self._members = source, immich, members

    def files(self) -> Iterator[Found | Unreadable]:
        """See Source.files."""
        yield from self._source.files()

    @property
    def notices(self) -> list[str]:
        """What a person should know of the photos of the server."""
        return self._immich.notices if self._immich else []

    @property
    def favourites(self) -> frozenset[str]:
        """See ImmichSource.favourites."""
        return self._immich.favourites if self._immich else frozenset()

    def same_bytes(self, gallery: Gallery) -> list[tuple[str, str]]:
        """See ImmichSource.same_bytes."""
        return self._immich.same_bytes(gallery.photos) if self._immich else []

    def wants_whole(self, cleanup: Cleanup) -> bool:
        """Whether to look again: the source gives whole photos of members of groups from then on."""
        from unipic.albums.groups import groups_of

        if not (self._immich and self._members):
            return False
        self._immich.whole = frozenset(photo.id for group in groups_of(cleanup) for photo in group.photos)
        return bool(self._immich.whole)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise SettingsError(_("the key cannot be read from {path}: {error}", path=path, error=error)) from error
