"""Photos of an Immich server in the library: known by their SHA-1, shown and found while the server is away."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.fake_immich import KEY, PARTNER, FakeImmich
from tests.helpers.libraries import read_in
from tests.helpers.pictures import save, scene

from unipic.core.errors import SettingsError, SourceError
from unipic.core.photo import is_preview, where
from unipic.core.settings import Limits
from unipic.destinations.base import export
from unipic.destinations.folder import FolderDestination
from unipic.library._cutting import originals
from unipic.library.library import Library
from unipic.reading.scaled import scale
from unipic.review.outcomes import Outcome
from unipic.sources.immich import forget, save_login, server
from unipic.sources.immich_place import address_of, at_hand, called, name_of
from utils import find_events

pytestmark = pytest.mark.server


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("unipic.core.settings._KEY", [""])
    return Library(tmp_path / "data")


@pytest.fixture
def fake(tmp_path: Path, library: Library) -> Iterator[FakeImmich]:
    """Three photos of one's own, two of them of one album, and one of a partner; one is called like a folder above."""
    fake = FakeImmich()
    for number, name in enumerate(("IMG_1.jpg", "a:b.jpg", "..")):
        fake.add(
            name, save(scene(number), tmp_path / f"{number}.jpg").read_bytes(), taken=f"2024-03-1{number}T10:00:00Z"
        )
    fake.add("theirs.jpg", b"theirs", ownerId=PARTNER)
    fake.album("Trip", *list(fake.assets)[:2])
    with fake.serving() as url:
        save_login(server(url, KEY))
        yield fake


def names(library: Library) -> list[str]:
    return sorted(photo.name for photo in library.photos(library.listing().ids))


def fetched(fake: FakeImmich) -> int:
    return sum(path.endswith("/thumbnail") for _, path, _ in fake.log)


def test_photos_join_the_library_by_their_sha1_and_are_fetched_once(library: Library, fake: FakeImmich) -> None:
    read_in(library, Path("immich:"))
    assert names(library) == ["immich:/IMG_1.jpg", "immich:/a_b.jpg", "immich:/unnamed"]
    assert set(library.shown()) == {hashlib.sha1(fake.content[id]).hexdigest() for id in list(fake.assets)[:3]}
    (place,) = library.paths()
    assert (name_of(place), called(place)) == ("immich:", "immich:")
    assert fetched(fake) == 3
    read_in(library, Path("immich:"))
    assert fetched(fake) == 3
    assert all(method == "GET" or path.startswith("/search/") for method, path, _ in fake.log)
    assert sum(len(event.digests) for event in find_events(library).events) == 3
    (first,) = (one for one in library.photos(library.listing().ids) if one.name.endswith("IMG_1.jpg"))
    assert address_of(first.path).endswith(f"/photos/{next(iter(fake.assets))}")
    assert where(first) == "immich:/IMG_1.jpg"


def test_without_the_server_nothing_is_lost(
    library: Library, fake: FakeImmich, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)  # the client waits for nothing between its tries
    read_in(library, Path("immich:album/Trip"))
    read_in(library, Path("immich:since/2024-03-12"))
    before, (photo, *_) = names(library), library.photos(library.listing().ids)
    assert len(before) == 3
    fake.maintenance = True
    with pytest.raises(SourceError, match="stays"):
        read_in(library, Path("immich:album/Trip"))
    assert names(library) == before
    assert all(folder.reachable for folder in library.folders())
    assert at_hand(photo.path)
    Path(photo.path).unlink()
    assert not at_hand(photo.path)
    assert library.thumbnails.path(photo.digest).exists()
    fake.maintenance = False
    assert at_hand(photo.path)


def test_a_folder_around_the_data_folder_takes_nothing_from_a_place(
    library: Library, fake: FakeImmich, tmp_path: Path
) -> None:
    read_in(library, tmp_path)
    read_in(library, Path("immich:"))
    read_in(library, Path("immich:album/Trip"))
    before = names(library)
    assert sum(name.startswith("immich:") for name in before) == 3, "the album's are of the library too"
    read_in(library, tmp_path)
    assert names(library) == before
    assert len(library.paths()) == 3


def test_what_left_the_album_is_hidden_and_the_rest_goes_on(library: Library, fake: FakeImmich) -> None:
    read_in(library, Path("immich:album/Trip"))
    (album,) = fake.albums.values()
    album["assets"].pop()
    read_in(library, Path("immich:album/Trip"))
    assert names(library) == ["immich:album/Trip/IMG_1.jpg"]
    forget(server(fake.url, KEY))
    assert names(library) == ["immich:album/Trip/IMG_1.jpg"]
    with pytest.raises(SettingsError):
        read_in(library, Path("immich:"))


def test_a_preview_is_looked_at_closely_and_never_copied_as_the_photo(
    library: Library, fake: FakeImmich, tmp_path: Path
) -> None:
    read_in(library, Path("immich:"))
    photos = library.photos(library.listing().ids)
    assert all(map(is_preview, photos))
    (first,) = originals(library.ask, [photos[0].digest])
    assert scale(first, 300, Limits()).jpeg
    result = export(FolderDestination(tmp_path / "out"), [Outcome(one, "kept", "") for one in photos])
    assert (result.files, len(result.problems)) == (0, 3)
    assert "lies in Immich" in result.problems[0]
