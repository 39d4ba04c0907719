"""PHOTOS of an Immich server, for every command that takes PHOTOS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cli.options import option
from unipic.core.errors import SettingsError

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.core.photo import Found, Gallery, Unreadable
    from unipic.core.progress import Progress
    from unipic.review.outcomes import Unseen
    from unipic.sources.base import Source
    from unipic.sources.immich import Connected, ImmichSource, Server

IMMICH, CLOUD = "immich:", "cloud:"  # how the names of such photos begin
CACHE_MB = 5_000
_immich = option("Immich")


def of_immich(photos: Path) -> bool:
    """Whether this names photos of an Immich server, not a folder."""
    return str(photos).startswith(IMMICH)


def elsewhere(photos: Path) -> bool:
    """Whether this names photos of a server or a cloud."""
    return str(photos).startswith((IMMICH, CLOUD))


@dataclass(frozen=True)
class FromImmich:
    """How the server is reached, and what is fetched from it. The key is never an argument: others could see it."""

    immich_url: Annotated[str, _immich("--immich-url", "Its address. Default: UNIPIC_IMMICH_URL, or the login.")] = ""
    key_file: Annotated[
        Path | None, _immich("--key-file", "A file with the key. Default: UNIPIC_IMMICH_KEY, or the login.")
    ] = None
    ca_file: Annotated[Path | None, _immich("--ca-file", "Certificates of an authority of your own, for https.")] = None
    originals: Annotated[bool, _immich("--originals", "Fetch whole photos. Default: Immich's previews.")] = False
    cache_mb: Annotated[int, _immich("--cache-mb", "Megabytes of pictures that are kept here.")] = CACHE_MB

    def check(self, photos: Sequence[Path], copied: bool, moved: bool) -> None:
        """SettingsError for what cannot be done with photos of a server."""
        if moved and any(str(path).startswith(CLOUD) for path in photos):
            raise SettingsError("photos in a cloud cannot be moved aside; use --zip or --to")
        if not any(map(of_immich, photos)):
            return
        if moved:
            raise SettingsError("photos in Immich cannot be moved aside; see `immich apply`")
        if copied and not self.originals:
            raise SettingsError("previews are not your photos: with --zip and --to add --originals")

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

        client = Client(self.server)
        try:
            yield connect(client)
        finally:
            client.close()

    @contextmanager
    def opened(self, photos: Sequence[Path], progress: Progress) -> Iterator[Opened]:
        """The source of these PHOTOS: folders of this machine, and photos of the server."""
        from unipic.sources.base import Listed, Together
        from unipic.sources.clouds import CloudSource
        from unipic.sources.folder import FolderSource

        folders = [path for path in photos if not elsewhere(path)]
        names = [str(path) for path in photos if str(path).startswith(CLOUD)]
        clouds = [CloudSource(name, self.cache_mb, progress) for name in names]
        local: Source = FolderSource(folders) if folders else Listed([])
        local = Together(local, *clouds) if clouds else local
        names = [str(path) for path in photos if of_immich(path)]
        if not names:
            yield Opened(local)
            return
        with self.connected() as there:
            files = list(local.files())
            immich = self.source(there, names, files, progress)
            yield Opened(Together(Listed(files), immich), immich)

    def source(
        self, there: Connected, names: Sequence[str], local: Sequence[Found | Unreadable], progress: Progress
    ) -> ImmichSource:
        """The server's photos of these names, some of which may be `local`."""
        from unipic.core.photo import Found
        from unipic.sources.immich import Cache, ImmichSource

        here = [file for file in local if isinstance(file, Found)]
        cache = Cache(there.client.server, self.cache_mb)
        return ImmichSource(there, names, cache, self.originals, here, progress)


class Opened:
    """A source, and what comes of an Immich server being in it."""

    def __init__(self, source: Source, immich: ImmichSource | None = None) -> None:
        self._source, self._immich = source, immich

    def files(self) -> Iterator[Found | Unreadable]:
        """See Source.files."""
        yield from self._source.files()

    @property
    def notices(self) -> list[str]:
        """What a person should know of the photos of the server."""
        return self._immich.notices if self._immich else []

    def same_bytes(self, gallery: Gallery) -> list[tuple[str, str]]:
        """See ImmichSource.same_bytes."""
        return self._immich.same_bytes(gallery.photos) if self._immich else []

    def unseen(self, wanted: Unseen) -> Unseen:
        """What may be left out without a look: of previews only what is identical, as they hide the compression."""
        return "identical" if wanted == "verified" and self._immich and not self._immich.originals else wanted


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise SettingsError(f"the key cannot be read from {path}: {error}") from error
