"""An Immich server as a source: all of it once, nobody else's, and the key nowhere but in its header."""

import hashlib
import itertools
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.fake_immich import KEY, PARTNER, FakeImmich, Fault
from tests.helpers.immich_campaign import client_of, connected
from tests.helpers.pictures import save, scene

from unipic.core.errors import ImmichError, SettingsError, SourceError
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import Limits, immich_folder
from unipic.reading.read import read_file
from unipic.sources.immich import (
    Cache,
    Client,
    ImmichSource,
    Lost,
    Refused,
    chosen_server,
    connect,
    forget,
    is_immich,
    missing,
    rows,
    save_login,
    saved_login,
    server,
)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("unipic.core.settings._KEY", [""])
    return tmp_path / "data"


@pytest.fixture
def fake() -> FakeImmich:
    return FakeImmich()


def source(fake: FakeImmich, *names: str, originals: bool = False, here: Any = (), mb: int = 100) -> ImmichSource:
    there = connected(fake)
    return ImmichSource(there, names or ["immich:"], Cache(there.client.server, mb), originals, here)


def files(fake: FakeImmich, *names: str, **how: Any) -> list[Found | Unreadable]:
    return list(source(fake, *names, **how).files())


def names(found: list[Found | Unreadable]) -> list[str]:
    return [one.name for one in found]


def jpeg(folder: Path, seed: int = 1) -> bytes:
    return save(scene(seed), folder / f"{seed}.jpg").read_bytes()


# What is listed.


def test_lists_each_photo_once_in_an_order_of_its_own(fake: FakeImmich) -> None:
    for name in ("b.jpg", "a.jpg", "c/d.jpg", "new\nline.jpg", "<b>x.jpg"):
        fake.add(name, name.encode())
    found = files(fake)
    assert names(found) == sorted(["b.jpg", "a.jpg", "c_d.jpg", "new\nline.jpg", "<b>x.jpg"])
    assert len({one.id for one in found}) == 5
    assert found == files(fake)


def test_only_one_s_own_photos_that_are_shown(fake: FakeImmich) -> None:
    fake.add("mine.jpg", b"1")
    fake.add("archived.jpg", b"2", visibility="archive")
    for number, facts in enumerate(
        (
            {"ownerId": PARTNER},
            {"visibility": "hidden"},
            {"visibility": "locked"},
            {"isTrashed": True},
            {"isOffline": True},
            {"type": "VIDEO"},
        )
    ):
        fake.add(f"other{number}.jpg", b"%d" % (10 + number), **facts)
    listing = source(fake).listing
    assert [asset.name for asset in listing.assets] == ["archived.jpg", "mine.jpg"]
    assert listing.archived == 1
    assert listing.left == {"partner": 1, "hidden": 1, "offline": 1}  # the others are not even told


def test_a_live_photo_is_its_still_and_what_others_share_is_not_ours(fake: FakeImmich) -> None:
    film = fake.add("IMG_1.MOV", b"film", visibility="hidden", type="VIDEO")
    still = fake.add("IMG_1.HEIC", b"still", livePhotoVideoId=film)
    theirs = fake.add("theirs.jpg", b"theirs", ownerId=PARTNER)
    fake.album("Shared", theirs, still, fake.add("away.jpg", b"away", isOffline=True))
    for name in ("immich:", "immich:album/Shared"):
        listing = source(fake, name).listing
        assert [(one.name, one.live) for one in listing.assets] == [("IMG_1.HEIC", True)]
        assert listing.left == {"partner": 1, "offline": 1}, "the film is not even told"


def test_a_raw_file_in_a_stack_with_its_jpeg_is_one_photo(fake: FakeImmich) -> None:
    first = fake.add("IMG_1.JPG", b"1")
    fake.stack(first, fake.add("IMG_1.CR3", b"2", originalMimeType="image/x-canon-cr3"))
    fake.add("IMG_2.CR3", b"3", originalMimeType="image/x-canon-cr3")
    assert [asset.name for asset in source(fake).listing.assets] == ["IMG_1.JPG", "IMG_2.CR3"]


def test_albums_people_and_days_by_name(fake: FakeImmich) -> None:
    old, new = fake.add("old.jpg", b"1", taken="2020-01-01T00:00:00.000Z"), fake.add("new.jpg", b"2")
    fake.album("Trip", old)
    fake.album("Trip", new)  # names are not unique: both count
    fake.album("Other/half", new)
    fake.people["10000000-0000-4000-8000-000000000000"] = ("Ada", [old])
    assert names(files(fake, "immich:album/Trip")) == ["new.jpg", "old.jpg"]
    assert names(files(fake, "immich:album/Other/half")) == ["new.jpg"]
    assert names(files(fake, "immich:person/Ada")) == ["old.jpg"]
    assert names(files(fake, "immich:since/2024-01-01")) == ["new.jpg"]
    for wrong in ("immich:album/Nowhere", "immich:person/Nobody", "immich:since/lately", "immich:album/", "immich:x"):
        with pytest.raises(SourceError):
            files(fake, wrong)
    assert is_immich(Path("immich:album/Trip"))
    assert not is_immich(Path("/photos/immich:"))


def test_pages_are_read_to_the_end_and_none_of_ten_thousand_is_missed_or_doubled(fake: FakeImmich) -> None:
    for number in range(10_000):
        fake.add(f"IMG_{number:05}.jpg", b"%d" % number, taken=f"2024-01-{1 + number % 28:02}T00:00:00.000Z")
    start = len(fake.log)
    listing = source(fake).listing
    assert len({asset.id for asset in listing.assets}) == len(listing.assets) == 10_000
    assert sum(path == "/search/metadata" for _, path, _ in fake.log[start:]) == 10
    assert not listing.notices


@pytest.mark.parametrize(
    "lie", [{"nextPage": "1"}, {"nextPage": "string"}, {"nextPage": "-3"}, {"nextPage": "2"}], ids=str
)
def test_a_list_that_repeats_itself_or_never_ends_is_an_error(fake: FakeImmich, lie: dict[str, Any]) -> None:
    fake.add("a.jpg", b"1")
    fake.lie = lie
    with pytest.raises(ImmichError, match="repeats"):
        files(fake)


def test_a_list_that_shrinks_while_it_is_read_is_read_again(fake: FakeImmich) -> None:
    for number in range(1500):
        fake.add(f"{number:04}.jpg", b"%d" % number)
    gone = next(iter(fake.assets))
    answer, asked = fake.handle, itertools.count()

    def shrinking(method: str, target: str, headers: Any, body: bytes) -> Any:
        if "metadata" in target and next(asked) == 1:
            fake.assets[gone]["isTrashed"] = True
        return answer(method, target, headers, body)

    fake.handle = shrinking  # type: ignore[method-assign]
    assert len(source(fake).listing.assets) == 1499


def test_nothing_listed_where_some_are_counted_is_an_error_not_an_empty_library(fake: FakeImmich) -> None:
    fake.add("a.jpg", b"1")
    fake.lie = {"items": [], "nextPage": None}
    with pytest.raises(ImmichError, match="1 photo, and lists none"):
        files(fake)


def test_a_field_that_is_gone_is_named_with_the_version(fake: FakeImmich) -> None:
    fake.add("a.jpg", b"1")
    fake.drop, fake.version = {"checksum", "visibility"}, (3, 4, 0)
    with pytest.raises(ImmichError, match=r"Immich 3\.4\.0 no longer tells checksum, visibility"):
        files(fake)


def test_versions_that_are_too_old_or_newer_than_known(fake: FakeImmich) -> None:
    fake.version = (2, 3, 1)
    with pytest.raises(ImmichError, match=r"2\.3\.1; Unipic needs 2\.4"):
        connected(fake)
    fake.version = (3, 4, 0)
    assert any("newer" in notice for notice in source(fake).notices)


def test_without_the_right_to_count_it_is_said_that_nothing_was_checked(fake: FakeImmich) -> None:
    fake.add("a.jpg", b"1")
    fake.permissions = ["asset.read", "asset.view", "user.read"]
    listing = source(fake).listing
    assert len(listing.assets) == 1
    assert "asset.statistics" in listing.notices[0]
    assert ("album.read", "look at photos") in missing(connected(fake), ["look at photos"])


# What is fetched.


def test_previews_stand_for_originals_with_what_immich_knows_of_them(fake: FakeImmich, tmp_path: Path) -> None:
    original = jpeg(tmp_path)
    fake.add("IMG.jpg", original, taken="2024-06-12T20:51:07.310Z", width=4000, height=3000)
    exif = fake.assets[next(iter(fake.assets))]["exifInfo"]
    exif |= {"latitude": 38.7, "longitude": -9.1, "rating": 4}
    (found,) = files(fake)
    assert isinstance(found, Found)
    seen = read_file(found, Limits())
    assert not isinstance(seen, Unreadable)
    photo = seen.photo
    assert photo.digest == hashlib.sha1(original).hexdigest()
    assert (photo.size, photo.width, photo.height, photo.format) == (len(original), 4000, 3000, "JPEG")
    assert (photo.camera, photo.place, photo.rating) == ("Canon R6", (38.7, -9.1), 4)
    assert str(photo.taken) == "2024-06-12 20:51:07.310000"
    assert photo.content == ""


def test_what_immich_says_anew_is_read_anew(fake: FakeImmich) -> None:
    id = fake.add("IMG.jpg", b"1")
    (before,) = files(fake)
    fake.assets[id]["isFavorite"] = True  # this is not a fact of the photo
    assert files(fake) == [before]
    fake.assets[id]["localDateTime"] = "2023-03-15T10:00:00.000Z"
    assert files(fake) != [before]


def test_a_preview_is_fetched_once_and_originals_only_if_they_arrive_whole(fake: FakeImmich) -> None:
    id = fake.add("IMG.jpg", b"original")
    files(fake)
    files(fake)
    (found,) = files(fake, originals=True)
    assert Path(found.path).read_bytes() == b"original"
    assert sum(path.endswith("thumbnail") for _, path, _ in fake.log) == 1
    assert (Path(found.path).stat().st_mode & 0o077, Path(found.path).parent.stat().st_mode & 0o077) == (0, 0)
    other = fake.add("other.jpg", b"as announced")
    fake.content[other] = b"something else"
    (bad,) = [one for one in files(fake, originals=True) if one.name == "other.jpg"]
    assert isinstance(bad, Unreadable)
    assert "could not be fetched" in bad.reason
    assert not bad.copyable
    assert id != other


def test_the_same_bytes_in_two_libraries_are_two_photos_fetched_at_once(fake: FakeImmich) -> None:
    for number in range(16):
        fake.add(f"{number:02}.jpg", b"the same", libraryId=str(number))
    found = files(fake)
    assert len({one.id for one in found}) == 16
    assert len({one.path for one in found}) == 1
    assert not list(Path(found[0].path).parent.glob("*part"))


def test_a_photo_without_a_preview_is_named_and_costs_no_other(fake: FakeImmich) -> None:
    fake.add("a.jpg", b"1")
    bad = fake.add("b.jpg", b"2")
    fake.faults = [Fault("400", match=f"GET /assets/{bad}/thumbnail"), Fault("500", match=f"GET /assets/{bad}/.*")]
    for _ in range(2):
        found = files(fake)
        assert [type(one) for one in found] == [Found, Unreadable]


def test_a_lost_server_ends_the_listing_and_what_was_fetched_is_kept(fake: FakeImmich) -> None:
    for number in range(40):
        fake.add(f"{number:02}.jpg", b"%d" % number)
    one = source(fake)
    assert len(one.listing.assets) == 40
    fake.faults = [Fault("reset", at=20, times=1000)]
    with pytest.raises(ImmichError, match="run it again to go on"):
        list(one.files())
    fake.faults, start = [], len(fake.log)
    assert len(files(fake)) == 40
    assert 15 < sum(path.endswith("thumbnail") for _, path, _ in fake.log[start:]) < 30


def test_the_least_recently_used_go_first_but_none_of_this_run(fake: FakeImmich) -> None:
    for number in range(3):
        fake.add(f"{number}.jpg", b"%d" % number * 600_000, taken=f"202{number}-01-01T00:00:00.000Z")
    first, *others = (Path(one.path) for one in files(fake, mb=1))
    assert first.exists()  # all of one run stay
    os.utime(first, (1, 1))
    files(fake, "immich:since/2021-01-01", mb=1)
    assert not first.exists()
    assert all(one.exists() for one in others)


def test_the_same_file_here_or_on_a_mounted_drive_is_used_only_if_it_is_the_same(
    fake: FakeImmich, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.add("a.jpg", b"original a")
    fake.add("b.jpg", b"original b")
    fake.add("c.jpg", b"original c", originalPath="/data/../../etc/passwd")
    mounted = tmp_path / "mounted" / "upload"
    mounted.mkdir(parents=True)
    (mounted / "a.jpg").write_bytes(b"original a")
    (mounted / "b.jpg").write_bytes(b"0riginal b")  # as long, and another file
    monkeypatch.setenv("UNIPIC_IMMICH_FILES", f"/data={mounted.parent}")
    a, b, c = files(fake)
    assert a.path == str(mounted / "a.jpg")
    assert [Path(one.path).suffix for one in (b, c)] == [".preview", ".preview"]
    monkeypatch.delenv("UNIPIC_IMMICH_FILES")
    here = tmp_path / "mine.jpg"
    here.write_bytes(b"original b")
    found = files(fake, here=[Found("x", "mine.jpg", str(here), len(b"original b"))])
    assert [one.path == str(here) for one in found] == [False, True, False]
    monkeypatch.setenv("UNIPIC_IMMICH_FILES", "/data")
    with pytest.raises(SettingsError):
        files(fake)


# How the server is spoken to.


@pytest.mark.parametrize("kind", ["429", "502", "503", "504", "hang", "reset", "cut", "half"])
def test_what_passes_is_tried_again(fake: FakeImmich, kind: str) -> None:
    fake.add("a.jpg", b"1")
    fake.faults = [Fault(kind, times=4, match="POST /search/metadata")]
    assert len(source(fake).listing.assets) == 1


def test_after_five_tries_it_is_said_what_is_wrong(fake: FakeImmich) -> None:
    fake.maintenance = True
    with pytest.raises(ImmichError, match="maintenance"):
        connected(fake)


def test_waits_as_long_as_the_server_wishes_and_no_longer_than_two_minutes(fake: FakeImmich) -> None:
    waited: list[float] = []
    client = Client(server(fake.url, KEY), transport=fake.transport(), pause=waited.append)
    fake.faults = [Fault("429", retry_after="30"), Fault("503", retry_after="9999"), Fault("503")]
    client.get("/server/version")
    assert waited[:2] == [30, 120]
    assert 4 <= waited[2] <= 5


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("page", "login page in front"),
        ("redirect", "elsewhere.test; the key was not sent there"),
        ("list", "name must be a string; so it is"),
        ("404", "Something is wrong"),
    ],
)
def test_refusals_are_told_and_not_tried_again(fake: FakeImmich, kind: str, words: str) -> None:
    fake.faults = [Fault(kind)]
    with pytest.raises(Refused, match=words):
        client_of(fake).get("/users/me")
    assert len(fake.log) == 1
    assert {host for host, _ in fake.keys_seen} == {"immich.test"}


def test_a_missing_permission_and_a_revoked_key_are_named(fake: FakeImmich) -> None:
    fake.permissions = ["asset.read"]
    with pytest.raises(Refused, match=r"lacks the permission user\.read") as told:
        connected(fake)
    assert told.value.permission == "user.read"
    with pytest.raises(Refused, match="revoked"):
        connect(Client(server(fake.url, "another"), transport=fake.transport()))


def test_a_picture_that_never_ends_is_cut_off(fake: FakeImmich, tmp_path: Path) -> None:
    id = fake.add("a.jpg", b"x" * 2_000_000)
    with pytest.raises(Lost, match="more than 1,000 bytes"):
        client_of(fake).fetch(f"/assets/{id}/original", 1000, lambda pieces: [*pieces].clear())


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "http://", "https://user:secret@x", "https://x/?apiKey=1", "file:///etc/passwd"]
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(SettingsError):
        server(url, KEY)


def test_an_address_may_be_written_in_several_ways() -> None:
    wanted = "https://photos.example.org:2283"
    for url in ("photos.example.org:2283", f"{wanted}/", f"{wanted}/api", f"{wanted}/api/"):
        assert server(url, KEY).url == wanted
    assert server("https://../", KEY).name == "_"  # a folder's name, and no way out of ours
    for key in ("", "two words", "line\r\nx-evil: 1", "ключ"):
        with pytest.raises(SettingsError):
            server(wanted, key)


# The key.


def test_the_login_is_a_file_of_one_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    login = server("https://photos.example.org", KEY)
    path = save_login(login)
    assert path.stat().st_mode & 0o777 == 0o600
    assert saved_login() == login == chosen_server()
    assert chosen_server("https://photos.example.org/api").key == KEY
    with pytest.raises(SettingsError):  # the key of one server is not sent to another
        chosen_server("https://elsewhere.example.org")
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="others may read it"):
        saved_login()
    path.chmod(0o600)
    assert forget(login)
    assert saved_login() is None
    monkeypatch.setenv("UNIPIC_IMMICH_URL", "https://photos.example.org")
    monkeypatch.setenv("UNIPIC_IMMICH_KEY", "other-key")
    assert chosen_server().key == "other-key"
    assert "UNIPIC_IMMICH_KEY" not in os.environ  # nor do processes that decode photos have it
    assert chosen_server().key == "other-key"


def test_the_key_is_nowhere_but_in_its_header(fake: FakeImmich, data: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fake.add("a.jpg", b"1")
    fake.add("b.jpg", b"2")
    fake.faults = [Fault("500", match="GET /assets/.*"), Fault("reset", match="POST .*")]
    told = [str(source(fake).there), *(repr(one) for one in files(fake))]
    for kind in ("page", "redirect", "404", "hang"):
        fake.faults = [Fault(kind, times=9)]
        with pytest.raises(ImmichError) as error:
            client_of(fake).get("/users/me")
        told.append(repr(error.value))
    written = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert KEY not in "".join(told) + caplog.text
    assert not any(KEY.encode() in content for content in written)
    assert {key for _, key in fake.keys_seen} == {KEY}
    assert immich_folder().is_dir()


def test_rows_are_the_server_s_own(fake: FakeImmich) -> None:
    fake.add("a.jpg", b"1")
    assert [row["originalFileName"] for row in rows(client_of(fake), {})] == ["a.jpg"]
