"""Immich: faults at every request, long lists, and what previews find beside the originals. On a fake of this project.

`--photos N` lists N photos instead of 10,000 and 100,000.
"""

import contextlib
import io
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.helpers.fake_immich import FAULTS, FakeImmich
from tests.helpers.immich_campaign import campaign, connected, data_folder, requests

from benchmarks.encoders import SETTINGS
from benchmarks.quality import Lanes, pairs_of
from benchmarks.truth import PHOTOS, bursts, lane_score, load_labels
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import models_folder
from unipic.reading.images import NotAPhoto, decode
from unipic.reading.metadata import Metadata, read_file_metadata
from unipic.sources.base import Source
from unipic.sources.folder import FolderSource
from unipic.sources.immich import PREFIX, Cache, ImmichSource
from unipic.tools import open_tools
from utils import clean_gallery

LISTED = (10_000, 100_000)
PREVIEW, QUALITY = 1440, 80  # pixels and JPEG quality of Immich's previews, unless its operator changes them


def run(photos: int = 0) -> None:
    print("## Immich\n")
    _faults()
    _lists((photos,) if photos else LISTED)
    _previews()


def _faults() -> None:
    writing, undoing = requests()
    print(f"Writing takes {writing} requests, undoing {undoing}: tags, favourites, albums, stacks and the trash, on a")
    print("library in which a person had some of each.\n")
    print("| fault | tried | ended wrong | not undone | reruns |")
    print("|---|---:|---:|---:|---:|")
    total: Counter[str] = Counter()
    for kind in FAULTS:
        found = campaign([kind])
        total += found
        _row(kind, found)
    _row("**all**", total)
    print()


def _row(kind: str, found: Counter[str]) -> None:
    columns = ("faults", "ended wrong", "not undone", "reruns")
    print(f"| {kind} | {' | '.join(str(found[name]) for name in columns)} |", flush=True)


def _lists(numbers: tuple[int, ...]) -> None:
    print("| photos | listed, each once | requests | s | MB for the list |")
    print("|---:|---:|---:|---:|---:|")
    for number in numbers:
        fake = FakeImmich()
        for n in range(number):
            fake.add(f"IMG_{n:06}.jpg", b"%d" % n, taken=f"2024-{1 + n // 28 % 12:02}-{1 + n % 28:02}T00:00:00.000Z")
        with data_folder():
            there = connected(fake)
            source = ImmichSource(there, ["immich:"], Cache(there.client.server))
            start, before = time.perf_counter(), len(fake.log)
            listed = source.listing.assets
            seconds = time.perf_counter() - start
            asked = len(fake.log) - before
            tracemalloc.start()
            again = ImmichSource(there, ["immich:"], Cache(there.client.server)).listing
            held = tracemalloc.get_traced_memory()[0] / 1e6
            tracemalloc.stop()
            unique = len({asset.id for asset in listed})
            print(f"| {number:,} | {unique:,} | {asked} | {seconds:.1f} | {held:.0f} |", flush=True)
            del again
    print("\nThe seconds are mostly the fake's. Memory is what stays while the list is held.\n")


class _Previewing(FakeImmich):
    """A library of files on this machine, with previews as Immich makes them."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.named: dict[str, str] = {}
        for file in FolderSource([folder]).files():
            if isinstance(file, Found):
                self.named[self.add(file.name, Path(file.path).read_bytes(), **_facts(file))] = file.name
                self.assets[next(reversed(self.assets))]["path"] = file.path

    def _get_assets_id_thumbnail(self, id: str, query: dict[str, str], _b: Any) -> tuple[Any, ...]:
        try:
            picture = decode(self.assets[id]["path"], PREVIEW, SETTINGS.limits).picture
        except (NotAPhoto, OSError):
            return 404, {"message": "Asset media not found"}
        picture.thumbnail((PREVIEW * 4, PREVIEW))  # by its height: Immich fits the shorter side
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=QUALITY, comment=b"")
        return 200, buffer.getvalue(), "image/jpeg"


def _facts(file: Found) -> dict[str, Any]:
    """What Immich reads from a file; the fake's own are for its made-up photos."""
    said = read_file_metadata(file)
    own = said if isinstance(said, Metadata) else Metadata()
    taken = own.taken.replace(tzinfo=None).isoformat() + "Z" if own.taken and own.taken_by_camera else None
    latitude, longitude = own.place or (None, None)
    exif = {"fileSizeInByte": file.size, "dateTimeOriginal": taken, "make": "", "model": own.camera}
    width = height = None
    with contextlib.suppress(NotAPhoto, OSError):
        seen = decode(file.path, 64, SETTINGS.limits)
        width, height = seen.width, seen.height
    suffix = Path(file.name).suffix[1:].lower()
    return {
        "exifInfo": {**exif, "latitude": latitude, "longitude": longitude, "rating": own.rating},
        "localDateTime": taken or "2000-01-01T00:00:00Z",
        "originalMimeType": f"image/{suffix}",
        "width": width,
        "height": height,
    }


class _Named:
    """A source whose files are called as on the disk: Immich has no folders, the labels do."""

    def __init__(self, source: Source, names: dict[str, str]) -> None:
        self._source, self._names = source, names

    def files(self) -> Iterator[Found | Unreadable]:
        for file in self._source.files():
            yield replace(file, name=self._names.get(file.id.removeprefix(PREFIX), file.name))


def _previews() -> None:
    folder = PHOTOS / "gallery_dev"
    if not folder.is_dir():
        print(f"Previews: skipped, there are no labelled photos at {folder}")
        return
    labels = load_labels(folder)
    print(f"{len(labels)} labelled photos, by the default encoder; pairs of all of them.\n")
    print("| seen by | lane | pairs | precision | recall | other shots taken for copies |")
    print("|---|---|---:|---:|---:|---:|")
    settings = replace(SETTINGS, comparing=replace(SETTINGS.comparing, encoder="auto"))
    with open_tools(settings, models_folder(), None) as tools, data_folder():
        _score("originals", pairs_of(clean_gallery(FolderSource([folder]), tools, settings)), labels)
        fake = _Previewing(folder)
        there = connected(fake)
        source = ImmichSource(there, ["immich:"], Cache(there.client.server))
        start = time.perf_counter()
        files = list(_Named(source, fake.named).files())
        fetched = time.perf_counter() - start
        held = sum(Path(file.path).stat().st_size for file in files if isinstance(file, Found)) / 1e6
    with open_tools(settings, models_folder(), None) as tools, data_folder():
        there = connected(fake)
        source = ImmichSource(there, ["immich:"], Cache(there.client.server))
        _score("previews", pairs_of(clean_gallery(_Named(source, fake.named), tools, settings)), labels)
    whole = sum(asset["exifInfo"]["fileSizeInByte"] for asset in fake.assets.values()) / 1e6
    print(f"\nPreviews: {held:.0f} MB instead of {whole:.0f} MB, made and fetched in {fetched:.0f} s.\n")


def _score(name: str, lanes: Lanes, labels: list[Any]) -> None:
    for lane in ("exact", "near", "similar"):
        score = lane_score(lane, lanes[lane], labels)
        other = bursts(lanes["near"], labels) if lane == "near" else ""
        print(f"| {name} | {lane} | {score.found} | {score.precision:.3f} | {score.recall:.3f} | {other} |", flush=True)
