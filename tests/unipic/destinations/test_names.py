import unicodedata
from pathlib import PurePosixPath

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from unipic.core.files import PART
from unipic.destinations import names as of_assets
from unipic.destinations.names import FORBIDDEN, safe_name

MANIFEST = "unipic-manifest.json"
ALPHABET = st.sampled_from(
    [*"aAbB.  /\\:()2", "\u00e9", *"e\u0301", "\u00df", "\u202e", "\udcff", "\x00", "\n", "\U0001f600"]
)
NAMES = st.one_of(
    st.text(ALPHABET, max_size=12),
    st.text(max_size=60),
    st.sampled_from(
        ["a.jpg", "A.JPG", "a (2).jpg", "CON", "con.tar.gz", "..", MANIFEST, f"{MANIFEST}/a", f"a.jpg{PART}"]
    ),
    st.builds(
        lambda c, n, end: c * n + end,
        st.sampled_from("a\u00e9\U0001f600."),
        st.integers(190, 300),
        st.sampled_from(("", ".jpg")),
    ),
)


def export_names(names: list[str], reserved: list[str] | None = None) -> list[str]:
    """Of files that have nothing to do with each other."""
    return [name for [name] in of_assets.export_names([[name] for name in names], reserved or [])]


def key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def check_safe(name: str) -> None:
    path = PurePosixPath(name)
    assert name
    assert not path.is_absolute()
    assert name == str(path)  # no empty parts, no "."
    for part in path.parts:
        assert part != ".."
        assert not part.endswith((" ", "."))
        assert not FORBIDDEN.search(part)
        assert len(part.encode()) <= 255 - len(f".01234567{PART}")  # while it is written it is called so
        assert not part.casefold().endswith(PART)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=4), max_size=6))
@settings(max_examples=400)
def test_names_of_assets_are_safe_and_never_two_alike(assets: list[list[str]]) -> None:
    exported = of_assets.export_names(assets, reserved=[MANIFEST])
    assert [len(names) for names in exported] == [len(names) for names in assets]
    names = [name for asset in exported for name in asset]
    for name in names:
        check_safe(name)
    assert len({key(name) for name in (*names, MANIFEST)}) == len(names) + 1


def test_what_belongs_together_is_still_called_alike() -> None:
    live, raw = ["IMG_1.HEIC", "IMG_1.MOV", "IMG_1.AAE"], ["img_1.jpg", "IMG_1.dng", "img_1.jpg.xmp"]
    edited = ["IMG_E1.JPG", "IMG_1.JPG"]
    assert of_assets.export_names([live, raw, edited, live]) == [
        live,
        ["img_1.jpg", "IMG_1.dng", "img_1.jpg.xmp"],
        ["IMG_E1 (2).JPG", "IMG_1 (2).JPG"],
        ["IMG_1 (2).HEIC", "IMG_1 (2).MOV", "IMG_1 (2).AAE"],
    ]
    assert of_assets.export_names([["IMG_1.MOV"], live]) == [
        ["IMG_1.MOV"],
        ["IMG_1 (2).HEIC", "IMG_1 (2).MOV", "IMG_1 (2).AAE"],
    ]
    assert of_assets.export_names([raw, raw])[1] == ["img_1 (2).jpg", "IMG_1 (2).dng", "img_1 (2).jpg.xmp"]


@given(st.lists(NAMES, max_size=12))
@settings(max_examples=400)
def test_names_are_safe_and_never_two_alike(names: list[str]) -> None:
    exported = export_names(names, reserved=[MANIFEST])
    assert len(exported) == len(names)
    for name in exported:
        check_safe(name)
    keys = [key(name) for name in exported]
    assert len({*keys, key(MANIFEST)}) == len(keys) + 1
    folders = {key(str(parent)) for name in exported for parent in PurePosixPath(name).parents}
    assert not folders & {*keys, key(MANIFEST)}


@given(NAMES)
@settings(max_examples=400)
@example("a" * 199 + " b")
@example("a" * 199 + "." + "b" * 30)
@example("a" * 186 + PART + "b" * 30)
def test_a_fine_name_stays_as_it_is(name: str) -> None:
    safe = safe_name(name)
    check_safe(safe)
    assert safe_name(safe) == safe


@given(
    st.text(st.characters(categories=("L", "N")), min_size=1, max_size=300),
    st.sampled_from((".jpg", ".HEIC", ".tar.gz")),
)
@settings(max_examples=200)
def test_the_suffix_stays(stem: str, suffix: str) -> None:
    for name in export_names([stem + suffix] * 3):
        assert name.endswith(suffix[suffix.rindex(".") :])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", "a.jpg"),
        ("Lisbon 2024/IMG_1.JPG", "Lisbon 2024/IMG_1.JPG"),
        ("my_best_day.jpg", "my_best_day.jpg"),
        ("best_man.jpg", "best_man.jpg"),
        ("../../etc/passwd", "_/_/etc/passwd"),
        ("/etc/cron.d/x.jpg", "etc/cron.d/x.jpg"),
        ("..\\..\\x.jpg", ".._.._x.jpg"),
        ("C:\\x.jpg", "C__x.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("com1", "_com1"),
        ("console.jpg", "console.jpg"),
        ("trailing. . /a.jpg. ", "trailing/a.jpg"),
        (".hidden", ".hidden"),
        ("a\u202egpj.exe", "a_gpj.exe"),
        ("\udcff.jpg", "_.jpg"),
        ("a\x00b\n.jpg", "a_b_.jpg"),
        ("", "unnamed"),
        ("...", "_"),
        ("e\u0301.jpg", "e\u0301.jpg"),
        (f"a.jpg{PART}", f"a.jpg{PART}_"),
        ("x" * 300 + ".jpg", "x" * 195 + ".jpg"),
        ("\u00e9" * 150 + ".jpg", "\u00e9" * 97 + ".jpg"),
    ],
)
def test_examples(name: str, expected: str) -> None:
    assert safe_name(name) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.jpg", "a.jpg", "a.jpg"], ["a.jpg", "a (2).jpg", "a (3).jpg"]),
        (["a.jpg", "A.JPG"], ["a.jpg", "A (2).JPG"]),
        (["x/a.jpg", "y/a.jpg"], ["x/a.jpg", "y/a.jpg"]),
        (["x/a.jpg", "X/a.jpg"], ["x/a.jpg", "X/a (2).jpg"]),
        (["\u00e9.jpg", "e\u0301.jpg"], ["\u00e9.jpg", "e\u0301 (2).jpg"]),
        (["a", "a/b.jpg"], ["a (2)", "a/b.jpg"]),
        (["a (2).jpg", "a.jpg", "a.jpg"], ["a (2).jpg", "a.jpg", "a (3).jpg"]),
        ([MANIFEST], ["unipic-manifest (2).json"]),
        (["Unipic-Manifest.json/a.jpg"], ["_Unipic-Manifest.json/a.jpg"]),
    ],
)
def test_twins_are_numbered(names: list[str], expected: list[str]) -> None:
    assert export_names(names, reserved=[MANIFEST]) == expected


def test_names_with_endless_suffixes_are_numbered_too() -> None:
    exported = export_names(["a." + "x" * 150] * 4)
    assert len(set(exported)) == 4


def test_very_many_files_of_one_name_take_no_time() -> None:
    exported = export_names(["image.jpg"] * 20_000)
    assert len(set(exported)) == 20_000
    assert exported[-1] == "image (20000).jpg"
