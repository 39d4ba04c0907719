"""Names, dates, numbers and settings as nobody would write them: an answer of the right kind, or an error of ours."""

import io
import json
import math
import unicodedata
import zipfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st
from tests.helpers.galleries import photo
from tests.helpers.pictures import save, scene
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record

from server.runs import NAME, Runs
from unipic.core.errors import SettingsError
from unipic.core.files import hash_file
from unipic.core.photo import Gallery, Photo, Unreadable
from unipic.core.settings import Settings, load_config, seconds
from unipic.destinations.base import export
from unipic.destinations.names import export_names, safe_name
from unipic.destinations.zip import ZipDestination
from unipic.library.companions import together
from unipic.reading._exif import parse_moment
from unipic.reading.engines.inline import InlineEngine
from unipic.review.choices import Choice
from unipic.review.history import Change, Undo
from unipic.review.journal import Journal
from unipic.review.outcomes import Outcome
from unipic.sources.upload import UploadSource
from unipic.vision.manifest import File, Form, Model, read_manifest

EXAMPLES = amount(pr=150, nightly=20_000)
many = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
some = settings(max_examples=max(20, EXAMPLES // 10), suppress_health_check=list(HealthCheck))

# What file systems, browsers and cameras may hand us: lone surrogates stand for bytes that are no UTF-8.
ODD = st.sampled_from(
    [
        *(
            "/",
            "\\",
            "..",
            ".",
            "",
            " ",
            "\0",
            "\n",
            "\u202e",
            "\ufeff",
            "\udcff",
            "e\u0301",
            "\u00e9",
            "\u0345",
            "\u1fb3",
        ),
        *("CON", "nul.jpg", "COM1", "C:", ".part", "\u0130", "\u00df", "\ufb01", "x" * 300, "\U0001f4f7" * 80, ".jpg"),
        *("(2)", " (2).jpg", "IMG_E1", "IMG_O1", "-edited", ".supplemental-metadata.json", ".xmp", ".MOV", "\u2028"),
    ]
)
NAMES = st.lists(ODD | st.text(st.characters(exclude_categories=()), max_size=8), max_size=6).map("".join)
WORDS = st.text(st.characters(exclude_categories=()), max_size=30)
KEY = "k" * 8


def key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def holds_anywhere(name: str) -> None:
    """What every system can have as a relative name."""
    assert name
    assert not name.startswith("/")
    assert not set(name) & set('<>:"|?*\\\x00\n')
    name.encode()
    for part in name.split("/"):
        assert part not in ("", ".", "..")
        assert part == part.rstrip(". ")
        assert len(part.encode()) <= 200
        assert part.casefold().split(".")[0] not in ("con", "prn", "aux", "nul", "com1", "lpt1")


@pytest.fixture(scope="module", autouse=True)
def counted() -> None:
    record("T8", "examples of each property", EXAMPLES, found=0, note="a tenth where an example writes files")


@many
@given(NAMES)
def test_a_cleaned_name_holds_anywhere_and_is_clean(name: str) -> None:
    safe = safe_name(name)
    holds_anywhere(safe)
    assert safe_name(safe) == safe


@many
@given(st.lists(st.lists(NAMES, min_size=1, max_size=4), max_size=8), st.lists(NAMES.map(safe_name), max_size=2))
@example([["IMG_1.JPG", "img_1.jpg"], ["IMG_1.jpg"], ["IMG_1 (2).JPG"]], [])
@example([["_"], ["_", "_.." + 197 * "x"]], [])  # called after a photo, with no room for its number
def test_names_of_assets_are_different_everywhere(assets: list[list[str]], reserved: list[str]) -> None:
    found = export_names(assets, reserved=reserved)
    assert [len(names) for names in found] == [len(names) for names in assets]
    flat = [name for names in found for name in names]
    for name in flat:
        holds_anywhere(name)
    keys = [key(name) for name in (*flat, *reserved)]
    assert len(set(keys)) == len(flat) + len({key(name) for name in reserved})
    parents = {key(str(parent)) for name in flat for parent in PurePosixPath(name).parents} - {"."}
    assert not parents & {key(name) for name in flat}, "no file lies where a folder must"


@some
@given(st.lists(NAMES, min_size=1, max_size=6))
def test_members_of_a_zip_stay_in_it_and_come_out_whole(names: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "photo"
        path.write_bytes(b"a photo")
        facts = {"path": str(path), "digest": hash_file(path), "size": 7}
        outcomes = [Outcome(photo(f"{n}", name=name, **facts), "kept", name) for n, name in enumerate(names)]
        export(ZipDestination(Path(folder) / "out.zip"), outcomes)
        with zipfile.ZipFile(Path(folder) / "out.zip") as archive:
            assert len(set(map(key, archive.namelist()))) == len(names) + 1
            for name in archive.namelist():
                holds_anywhere(name)
            archive.extractall(Path(folder) / "there")
        there = [path for path in (Path(folder) / "there").rglob("*") if path.is_file()]
        assert len(there) == len(names) + 1
        assert {path.name for path in Path(folder).iterdir()} == {"photo", "out.zip", "there"}


MOMENTS = st.from_regex(r"[0-9]{4}:[0-9]{2}:[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", fullmatch=True) | WORDS
FRACTIONS = st.from_regex(r"\s?\d{0,9}", fullmatch=True) | WORDS
OFFSETS = st.from_regex(r"[+-]\d\d:\d\d", fullmatch=True) | WORDS


@many
@given(MOMENTS, FRACTIONS, OFFSETS)
@example("2024:06:12 18:03:05", "\u0662\u0665", "+99:59")
@example("2024:06:12 18:03:05", "\u00b2", "-24:00")
@example("9999:12:31 23:59:59", "999999999", "+14:00")
def test_a_moment_is_a_moment_or_none(moment: str, fraction: str, offset: str) -> None:
    found = parse_moment(moment, fraction, offset)
    if found is not None:
        assert found.year >= 1826
        assert found.replace(tzinfo=None) <= datetime.now() + timedelta(days=2)
        assert found.utcoffset() is None or abs(found.utcoffset()) < timedelta(hours=24)
        found.isoformat()


@many
@given(WORDS | st.from_regex(r"[0-9.eE+-]{0,12}[smh]?", fullmatch=True))
@example("1e400h")
@example("nan")
@example("\u0663m")
@example("1_0s")
def test_a_length_of_time_is_a_number_or_an_error(text: str) -> None:
    try:
        found = seconds(text)
    except SettingsError:
        return
    assert isinstance(found, float)
    with suppress(SettingsError):
        assert 0 < Settings.of(time_window=found).thresholds.time_window < math.inf  # type: ignore[operator]


FIELDS = st.sampled_from(sorted(Settings.__dataclass_fields__)) | st.text("abc_", min_size=1, max_size=4)
VALUES = st.one_of(
    st.integers(),
    st.integers(min_value=10**30),
    st.floats().map(lambda number: str(number)),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(max_size=9).map(json.dumps),
    st.sampled_from(["[]", "{}", "2024-01-01", "[[1]]", "1e999", "-inf", "nan", '"""', "0x" + "f" * 400, "[" * 3000]),
    st.integers(4000, 6000).map(lambda length: "9" * length),
)


@many
@given(st.lists(st.tuples(FIELDS, VALUES), max_size=3).map(lambda p: "".join(f"{k} = {v}\n" for k, v in p)) | WORDS)
@example("max_file = " + "9" * 5000)
@example("near = " + "[" * 5000)
@example("\udcff")
def test_a_config_is_settings_or_an_error(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "unipic.toml"
        path.write_bytes(text.encode("utf-8", "surrogateescape" if "\udcff" in text else "replace"))
        try:
            found = load_config(path)
        except SettingsError:
            return
    assert isinstance(found, Settings)
    assert 1 <= found.thresholds.similar <= 100


@many
@given(st.text("abcdefghij/._-", min_size=1, max_size=20), st.integers(0, 2**60), WORDS)
def test_the_manifest_says_what_was_written_into_it(path: str, size: int, words: str) -> None:
    told = json.dumps(
        "".join(c for c in words if c.isprintable() and ord(c) < 0x10000 and not "\ud800" <= c <= "\udfff")
    )
    text = (
        f'[[model]]\nname = "m"\nlabel = {told}\nlicence = {told}\nsource = ""\nuse = ""\n[[model.form]]\nname = "f"\n'
        f'[[model.form.file]]\npath = {json.dumps(path)}\nsha256 = "{"0" * 64}"\nsize = {size}\n'
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "manifest.toml"
        file.write_text(text, encoding="utf-8")
        (model,) = read_manifest(file).values()
    words = json.loads(told)
    assert model == Model("m", words, words, "", "", (Form("f", (File(path, "0" * 64, size),)),))


@some
@given(st.lists(NAMES, max_size=5))
def test_an_uploaded_name_is_data(names: list[str]) -> None:
    with TemporaryDirectory() as folder:
        run = Runs(Path(folder)).new("upload")
        for number, name in enumerate(names):
            upload = f"{KEY}-{number}"
            run.upload_path(upload).write_bytes(b"x")
            run.add_upload(upload, name, 1)
        found = run.uploads()
        assert len(found) == len(names)
        for upload in found:
            assert upload.name
            assert len(upload.name) <= NAME
            assert upload.name.replace("\u200c", "").replace("\u200d", "").isprintable()
            assert not upload.name.startswith("/")
            holds_anywhere(safe_name(upload.name))
        listed = list(UploadSource(run.photos, found).files())
        assert {Path(file.path).parent for file in listed} <= {run.photos}
        assert {path.parent for path in run.photos.rglob("*")} <= {run.photos}


@some
@given(st.lists(NAMES, max_size=4), st.integers(1, 200))
def test_an_upload_after_a_line_cut_short_is_kept(names: list[str], cut: int) -> None:
    """What was answered is counted, whatever became of the line before it."""
    with TemporaryDirectory() as folder:
        run = Runs(Path(folder)).new("upload")
        run.add_upload(f"{KEY}-first", "first.jpg", 1)
        journal = run.folder / "uploads.jsonl"
        whole = journal.read_bytes()
        journal.write_bytes(whole + whole[: min(cut, len(whole) - 1)])
        for number, name in enumerate(names):
            run.add_upload(f"{KEY}-{number}", name, 1)
        assert {upload.id for upload in run.uploads()} == {f"{KEY}-{n}" for n in ("first", *range(len(names)))}


ENTRIES = st.builds(Undo, st.booleans()) | st.builds(
    Change,
    WORDS,
    st.dictionaries(WORDS, st.none() | st.builds(Choice, st.frozensets(WORDS, max_size=3), st.booleans())),
)


@some
@given(st.lists(st.tuples(WORDS, ENTRIES), max_size=5), st.integers(0, 400), st.booleans())
def test_a_journal_gives_back_what_was_written_whatever_was_cut(
    steps: list[tuple[str, Change | Undo]], cut: int, more: bool
) -> None:
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "review.jsonl")
        for step, entry in steps:
            journal.append(step, entry)
        assert journal.read()[0] == steps
        if steps:
            data = journal.path.read_bytes()
            left = data[: max(0, len(data) - cut)]
            journal.path.write_bytes(left)
            whole = left.count(b"\n")
            assert journal.read()[0] == steps[:whole]
            if more:
                journal.append("after", Undo())
                assert journal.read()[0] == [*steps[:whole], ("after", Undo())]


SUFFIXES = st.sampled_from((".jpg", ".JPG", ".mov", ".MP4", ".dng", ".xmp", ".json", ".aae", ".heic", ""))
PLACED = st.tuples(NAMES, SUFFIXES).map("".join)


@some
@given(st.lists(PLACED, min_size=1, max_size=4), st.lists(PLACED, max_size=5), st.binary(max_size=40))
@example(["a.jpg"], ["a.jpg.json", "A.MOV", "a.jpg(1).json"], b'{"title": 1, "photoTakenTime": ' + b"[" * 30)
@example(["\u0130.jpg"], ["\u0130.xmp"], b"")
def test_whatever_they_are_called_no_file_is_lost_or_doubled(names: list[str], others: list[str], data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        photos = tuple(photo(f"p{n}", name=name, camera="one") for n, name in enumerate(names))
        rest = tuple(Unreadable(f"u{n}", name, str(path), "is no photo", len(data)) for n, name in enumerate(others))
        found = together(Gallery(photos, rest), InlineEngine())
    ids = [file.id for one in found.photos for file in one.files] + [file.id for file in found.unreadable]
    assert sorted(ids) == sorted([*(one.id for one in photos), *(file.id for file in rest)])
    assert all(isinstance(one, Photo) for one in found.photos)


def test_an_exif_date_goes_through_a_file(tmp_path: Path) -> None:
    """What the strings above are read from."""
    from PIL import Image
    from PIL.ExifTags import Base

    from unipic.reading.metadata import read_metadata

    facts = Image.Exif()
    facts[Base.DateTime] = "2024:06:12 18:03:05"
    path = save(scene(1), tmp_path / "a.jpg", exif=facts)
    assert read_metadata(io.BytesIO(path.read_bytes())).taken == datetime(2024, 6, 12, 18, 3, 5)
