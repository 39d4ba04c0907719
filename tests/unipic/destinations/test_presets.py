"""Copies by a preset in every destination, a contact sheet, and presets of one's own."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image
from tests.helpers.galleries import photo
from tests.helpers.pictures import save, scene

from unipic.albums.crop import Head
from unipic.albums.plan import Facts, Wish, plan_tree
from unipic.albums.presets import BUILT_IN, FILE, Preset, preset_named, presets
from unipic.core.errors import AlreadyThere, DestinationError, DiskFull, SettingsError
from unipic.core.files import hash_file
from unipic.core.photo import Companion, Photo
from unipic.destinations import _writing
from unipic.destinations.base import MANIFEST, Destination, export
from unipic.destinations.contact_sheet import ContactSheet
from unipic.destinations.developing import Developer
from unipic.destinations.folder import FolderDestination
from unipic.destinations.linking import Linker
from unipic.destinations.tree import How, TreeDestination
from unipic.destinations.zip import ZipDestination
from unipic.reading.engines.inline import InlineEngine
from unipic.review.outcomes import Outcome

SMALL = Preset(width=100, height=100, shape="fill", names="{date} {name}")
Open = Callable[[Path, Developer, Sequence[Outcome]], Destination]


def tree(out: Path, developer: Developer, outcomes: Sequence[Outcome]) -> Destination:
    placed = plan_tree([one.file for one in outcomes], Wish("dates", "{year}"), Facts())
    return TreeDestination(out / "tree", placed, How(developer=developer))


DESTINATIONS: dict[str, Open] = {
    "zip": lambda out, developer, _: ZipDestination(out / "copies.zip", developer=developer),
    "folder": lambda out, developer, _: FolderDestination(out / "copies", developer=developer),
    "tree": tree,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    monkeypatch.setattr("unipic.destinations.developing.engine_of", lambda *_: InlineEngine())
    monkeypatch.setattr("unipic.destinations.developing.head_finder", lambda: nobody)


def nobody(pictures: Sequence[np.ndarray]) -> list[list[Head]]:
    return [[] for _ in pictures]


def kept(path: Path, name: str = "") -> Outcome:
    size = path.stat().st_size
    known = photo(name or path.name, name=name or path.name, path=str(path), digest=hash_file(path), size=size)
    return Outcome(known, "kept", "like no other photo")


@pytest.fixture
def outcomes(tmp_path: Path) -> list[Outcome]:
    """Two photos whose copies get the same name, one with a film, what is no photo by now, and a photo set aside."""
    photos = tmp_path / "photos"
    one = kept(save(scene(1, 300, 200), photos / "IMG.jpg"))
    other = kept(save(scene(2, 200, 300), photos / "IMG.png"))
    broken = kept(save(scene(3, 200, 300), photos / "broken.jpg"))
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    assert isinstance(one.file, Photo)
    film = Companion("film", "IMG.mov", str(save(scene(4), photos / "IMG.mov", format="PNG")), "0" * 64, 5, "video")
    one = Outcome(photo("IMG.jpg", **{**vars_of(one.file), "companions": (film,)}), "kept", "chosen")
    assert isinstance(one.file, Photo)
    aside = Outcome(photo("copy"), "set aside", "a copy", instead=(one.file,))
    return [one, other, broken, aside]


def vars_of(file: Photo) -> dict[str, object]:
    return {name: getattr(file, name) for name in ("name", "path", "digest", "size")}


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    return {str(one): (one.read_bytes(), one.stat().st_mtime_ns) for one in sorted(root.rglob("*")) if one.is_file()}


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_every_destination_takes_copies_by_a_preset(kind: str, outcomes: list[Outcome], tmp_path: Path) -> None:
    before = contents(tmp_path / "photos")
    destination = DESTINATIONS[kind](tmp_path, Developer(SMALL), outcomes)
    destination.ready()
    assert destination.plan(outcomes).files == 3
    result = export(destination, outcomes)
    assert contents(tmp_path / "photos") == before
    assert (result.files, len(result.problems)) == (2, 1)
    assert result.problems[0].startswith("broken.jpg was left out: ")
    if kind == "zip":
        with ZipFile(tmp_path / "copies.zip") as archive:
            archive.extractall(tmp_path / "copies")
    root = tmp_path / ("tree" if kind == "tree" else "copies")
    names = {one.name for one in root.rglob("*.jpg")}
    assert names == {"unknown IMG.jpg", "unknown IMG (2).jpg"}
    for path in root.rglob("*.jpg"):
        with Image.open(path) as image:
            assert image.size == (100, 100)
        assert path.stat().st_mtime_ns or kind == "zip"
    said = json.loads((root / MANIFEST).read_text())
    assert said["location"].startswith("taken out")
    assert [one["original"] for one in said["problems"]] == ["broken.jpg"]
    again = DESTINATIONS[kind](tmp_path, Developer(SMALL), outcomes)
    if kind == "tree":  # goes on, and finds that all is there
        assert export(again, outcomes).files == 2
        assert {one.name for one in root.rglob("*.jpg")} == names
    else:
        with pytest.raises(AlreadyThere):
            export(again, outcomes)


def test_a_stopped_folder_goes_on_and_other_content_is_never_replaced(
    outcomes: list[Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "copies"
    export(FolderDestination(out, developer=Developer(SMALL)), outcomes)
    (out / MANIFEST).unlink()
    (out / "unknown IMG (2).jpg").unlink()
    inode = (out / "unknown IMG.jpg").stat().st_ino
    assert export(FolderDestination(out, developer=Developer(SMALL)), outcomes).files == 2
    assert (out / "unknown IMG.jpg").stat().st_ino == inode
    (out / MANIFEST).unlink()
    (out / "unknown IMG.jpg").write_bytes(b"somebody else's")
    with pytest.raises(AlreadyThere):
        export(FolderDestination(out, developer=Developer(SMALL)), outcomes)
    assert (out / "unknown IMG.jpg").read_bytes() == b"somebody else's"
    poster = Developer(Preset(unit="mm", width=800, height=800))
    monkeypatch.setattr(_writing.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10_000_000}))
    with pytest.raises(DiskFull):
        export(FolderDestination(tmp_path / "more", developer=poster), outcomes)


def test_a_clear_face_is_never_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = kept(save(Image.new("RGB", (600, 200), (90, 90, 90)), tmp_path / "photos" / "wide.png"))
    heads = [Head((0.02, 0.3, 0.1, 0.6))]
    monkeypatch.setattr(
        "unipic.destinations.developing.head_finder", lambda: lambda pictures: [heads for _ in pictures]
    )

    def copy(name: str, preset: Preset = SMALL) -> tuple[Image.Image, tuple[str, ...]]:
        result = export(FolderDestination(tmp_path / name, developer=Developer(preset)), [wide])
        return Image.open(next((tmp_path / name).glob("*.jpg"))), result.notes

    assert copy("one")[1] == ()
    heads.append(Head((0.9, 0.3, 0.98, 0.6)))
    image, (note,) = copy("both")
    assert "shown whole" in note
    assert (image.size, image.getpixel((50, 5)), image.getpixel((50, 50))) == ((100, 100), (255,) * 3, (90,) * 3)
    heads[1] = Head((0.9, 0.3, 0.98, 0.6), clear=False)  # perhaps a doll: cut, and said
    image, (note,) = copy("doll")
    assert "cut: at the right" in note
    assert image.getpixel((50, 5)) == (90,) * 3


def test_a_face_stays_clear_of_the_bleed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The face touches what fits only where nothing is cut off."""
    picture = Image.new("RGB", (1000, 1000), (90, 90, 90))
    one = kept(save(picture, tmp_path / "photos" / "a.png"))
    heads = [Head((0.4, 0.13, 0.6, 0.33)), Head((0.4, 0.67, 0.6, 0.87))]
    monkeypatch.setattr(
        "unipic.destinations.developing.head_finder", lambda: lambda pictures: [heads for _ in pictures]
    )
    for bleed, notes in ((0.0, 0), (20.0, 1)):
        preset = Preset(unit="mm", width=100, height=80, shape="fill", dpi=72, bleed=bleed)
        result = export(ZipDestination(tmp_path / f"{bleed}.zip", developer=Developer(preset)), [one])
        assert sum("shown whole" in note for note in result.notes) == notes


def test_a_contact_sheet_has_every_photo_with_its_name_on_numbered_pages(
    outcomes: list[Outcome], tmp_path: Path
) -> None:
    many = [kept(Path(outcomes[0].file.path), f"{'long name ' * at}{at}.jpg") for at in range(24)]
    result = export(ContactSheet(tmp_path / "sheet.pdf"), [*outcomes, *many])
    assert (result.files, len(result.problems)) == (26, 1)
    said = json.loads(subprocess.run(["exiftool", "-j", str(tmp_path / "sheet.pdf")], capture_output=True).stdout)[0]
    assert (said["FileType"], said["PageCount"], said["Title"]) == ("PDF", 2, "sheet")
    with pytest.raises(AlreadyThere):
        export(ContactSheet(tmp_path / "sheet.pdf"), outcomes)
    with pytest.raises(DestinationError, match="no photo"):
        export(ContactSheet(tmp_path / "none.pdf"), [])
    assert [one.name for one in tmp_path.glob("*.pdf*")] == ["sheet.pdf"]


def test_built_in_prints_have_the_pixels_of_their_paper() -> None:
    assert BUILT_IN["print-10x15"].pixels == (1181, 1772)
    assert BUILT_IN["print-a4"].pixels == (2480, 3508)
    assert Preset(unit="mm", width=100, height=150, bleed=3).pixels == (1252, 1843)
    assert set(presets()) == set(BUILT_IN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a]\nwidth = 10\nhieght = 20", r"\[a\]: there is no key 'hieght'; there are label, unit, width"),
        ("[a]\nwidth = 10", "height is a number from 1 to 20,000"),
        ('[a]\nwidth = "10"', "width cannot be '10'"),
        ('[square]\nshape = "round"', "shape is one of fit, fill"),
        ("[square]\nquality = 101", "quality is 1 to 100"),
        ("[square]\nbleed = 3.0", "bleed is 0 to 20 mm of a print"),
        ('[square]\nnames = "{city}"', r"cannot have \{city\}; it can have"),
        ('[square]\nnames = "{date}"', "several photos one name"),
        ("[print-a3]\ndpi = 1200\nwidth = 2000", "pixels are more than"),
        ("square = 3", "a preset is a table"),
        ("[square", "not valid TOML"),
    ],
)
def test_what_is_wrong_with_a_preset_is_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "data" / FILE).write_text(text)
    with pytest.raises(SettingsError, match=said):
        presets()


def test_presets_of_one_s_own_add_to_ours_and_change_them(tmp_path: Path) -> None:
    (tmp_path / "data" / FILE).write_text('[card]\nunit = "mm"\nwidth = 90\nheight = 55\n[web]\nformat = "webp"\n')
    assert preset_named("card").pixels == (1063, 650)
    assert (preset_named("web").suffix, preset_named("web").pixels) == (".webp", (2048, 2048))
    with pytest.raises(SettingsError, match="there is no preset 'cart'"):
        preset_named("cart")


def test_links_and_presets_exclude_each_other(outcomes: list[Outcome], tmp_path: Path) -> None:
    placed = plan_tree([one.file for one in outcomes], Wish("dates"), Facts())
    with pytest.raises(SettingsError, match="need --link copy"):
        TreeDestination(tmp_path / "tree", placed, How(Linker("hardlink"), developer=Developer(SMALL))).ready()
