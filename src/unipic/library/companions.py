"""Companions: files that belong to a photo become part of it, and are copied or set aside with it.

Names are a convention and no proof. A film, a raw file or an original must also agree with the photo in content;
otherwise it stays a file of its own. Files that two cameras named alike are never joined.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from unipic.core.files import copy_and_hash, open_to_read
from unipic.core.language import gettext as _, kept
from unipic.core.photo import FORMATS, RAW, Companion, Found, Gallery, Photo, Role, Unreadable, seconds_apart
from unipic.core.progress import Progress, Step, silent
from unipic.library._takeout import cut, is_title, photo_names, starts, unedited
from unipic.library.index import NO_INDEX, Index
from unipic.library.told import listed, with_albums, with_entry
from unipic.reading import versions
from unipic.reading.apple import Clip, read_clip
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.exports import MOST, Entry, rows_of, said_in

STAGE = kept("Finding what belongs together")
VERSION = 2  # raised when other contents are read from a possible companion
VIDEOS = (".mov", ".mp4", ".mp")  # the last is of Pixel phones, in exports: PXL_1.MP beside PXL_1.MP.jpg
RAWS = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".gpr", ".iiq", ".kdc", ".mef", ".mos", ".mrw"),
    *(".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
)
SIDECARS = (".xmp", ".aae", ".pp3", ".dop", ".thm", ".json")
LIVE = 6.0  # seconds; a Live Photo's film has 3, some phones' up to 5. A longer film is not a companion
JSON = 1_000_000  # bytes; Google Takeout's have about 1,000
LISTS, ALBUMS = "photo details", "albums"  # how Apple's lists of photos are called, and the folder of albums' lists
APPLE_EDIT = re.compile(r"^(IMG_)E(\d+(?: ?\(\d+\))?)$", re.IGNORECASE)
APPLE_EDIT_FILE = re.compile(r"^(IMG_)O(\d+(?: ?\(\d+\))?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Contents:
    """The content of a file that may be a companion."""

    digest: str
    clip: Clip
    says: Mapping[str, Entry] = field(default_factory=dict)  # of photos by name; "": of the one it is called like
    album: str = ""  # the title of the album that it describes


@dataclass
class Asset:
    """A photo and the files found to belong to it."""

    photo: Photo
    files: list[Companion] = field(default_factory=list)

    @property
    def whole(self) -> Photo:
        """The photo with its files."""
        files = tuple(sorted(self.files, key=lambda file: (file.name, file.id)))
        return replace(self.photo, companions=files) if files else self.photo


def together(
    gallery: Gallery,
    engine: Engine,
    progress: Progress = silent,
    index: Index = NO_INDEX,
    files: Iterable[Found | Unreadable] = (),
) -> Gallery:
    """The gallery with every companion joined to its photo.

    `files`, as listed, tell whether what `index` stored about them still holds.
    """
    beside = [file for file in gallery.unreadable if file.copyable]
    names = _Names([Asset(photo) for photo in gallery.photos if beside])
    folders = {_folder(photo.name) for photo in gallery.photos}
    asked = [file for file in beside if names.asked(file) or _tells(file.name, folders)]
    contents = _contents(asked, engine, progress, index, files)
    gallery = replace(gallery, photos=tuple(_told(gallery.photos, asked, contents, names)))
    assets, names = _photos_in(gallery)
    candidates = [file for file in asked if names.asked(file)]
    taken = set()
    for role, belongs in BELONGS:
        for file in candidates:
            own = contents.get(file.id)
            if _role(file.name) != role or own is None:
                continue
            owners = [asset for asset in names.of(file.name) if belongs(file, own, asset.photo)]
            if owners:
                owner = min(owners, key=lambda asset: asset.photo.identifier != own.clip.identifier)
                owner.files.append(Companion(file.id, file.name, file.path, own.digest, file.size, role))
                names.add(file.name, owner)
                taken.add(file.id)
    whole = {asset.photo.id: asset.whole for asset in assets}
    left = (_in_words(file, contents.get(file.id)) for file in gallery.unreadable if file.id not in taken)
    return Gallery(tuple(whole[photo.id] for photo in gallery.photos if photo.id in whole), tuple(left))


def _tells(name: str, folders: Collection[str]) -> bool:
    """Whether a file may say something of several photos: an album's JSON among them, or one of Apple's lists."""
    folder, last = _folder(name), PurePosixPath(name.casefold()).name
    if _suffix(name) == ".csv":
        return last.startswith(LISTS) or _of_albums(name)
    return _suffix(name) == ".json" and folder in folders


def _of_albums(name: str) -> bool:
    return PurePosixPath(_folder(name)).name.casefold() == ALBUMS


def _told(
    photos: Sequence[Photo], files: Sequence[Unreadable], contents: Mapping[str, Contents], names: "_Names"
) -> list[Photo]:
    """The photos with what the files say of them. The most specific file counts: of an edited photo its own."""
    said = {file.name: contents[file.id] for file in files if file.id in contents}
    entries: dict[str, tuple[int, Entry]] = {}
    for name, own in sorted(said.items()):
        if "" in own.says:
            for rank, asset in names.told_by(name, own.says[""].title):
                known = entries.get(asset.photo.id)
                if known is None or rank < known[0]:
                    entries[asset.photo.id] = rank, own.says[""]
    lists = {name: own.says for name, own in said.items() if _suffix(name) == ".csv"}
    found = {id: entry for id, (_, entry) in entries.items()} | listed(photos, lists)
    photos = [with_entry(photo, found[photo.id]) if photo.id in found else photo for photo in photos]
    titles = {_folder(name): own.album for name, own in said.items() if own.album}
    members = {name: frozenset(rows) for name, rows in lists.items() if _of_albums(name)}
    return with_albums(photos, titles, members) if found or titles or members else photos


def _contents(
    candidates: Sequence[Unreadable],
    engine: Engine,
    progress: Progress,
    index: Index,
    files: Iterable[Found | Unreadable],
) -> dict[str, Contents]:
    """Contents by id, of the files that could be read; from the index, or read now."""
    asked = {file.id for file in candidates}
    found = {file.id: file for file in files if isinstance(file, Found) and file.id in asked}
    made = f"{VERSION}.{versions.films()}"
    known = index.said(list(found.values()), made)
    contents = {id: _contents_of(said) for id, said in known.items()}
    for file, said in engine.map(read_contents, [file for file in candidates if file.id not in contents]):
        progress(Step(STAGE, len(contents), len(candidates), "file"))
        if isinstance(said, Contents):
            contents[file.id] = said
            if file.id in found:
                index.keep_said(found[file.id], asdict(said), made)
    return contents


def read_contents(file: Unreadable) -> Contents | Failure:
    """Read a possible companion, in any process. Failure if it cannot be read, or is clearly no companion."""
    try:
        with open_to_read(file.path) as opened:
            clip = read_clip(opened) if _role(file.name) == "video" else Clip()
            if clip.seconds is not None and clip.seconds > LIVE and not clip.identifier:
                return Failure(kept("filmed for its own sake"))
            opened.seek(0)
            says, album = _said(_suffix(file.name), opened)
            if says is None:
                return Failure(kept("about something else"))
            opened.seek(0)
            return Contents(copy_and_hash(opened), clip, says, album)
    except OSError as error:
        return Failure(error.strerror or str(error))


def _said(suffix: str, file: BinaryIO) -> tuple[dict[str, Entry] | None, str]:
    """What a file says of photos, and the title of the album it describes; None if it is about something else."""
    if suffix == ".json":
        data = file.read(JSON + 1)
        entry, album = said_in(data) if len(data) <= JSON else (None, "")
        return {"": entry} if entry else {} if album else None, album
    return rows_of(file.read(MOST)) if suffix == ".csv" else {}, ""


def _contents_of(stored: Mapping[str, Any]) -> Contents:
    """Inverse of asdict."""
    says = {
        name: Entry(**{**one, "place": one["place"] and tuple(one["place"]), "tags": tuple(one["tags"])})
        for name, one in stored["says"].items()
    }
    return Contents(stored["digest"], Clip(**stored["clip"]), says, stored["album"])


# Candidates by name.


class _Names:
    """Assets by the names of their files, folder included, in lower case: the whole name, and the stem."""

    def __init__(self, assets: Iterable[Asset]) -> None:
        self.whole: dict[str, list[Asset]] = {}
        self.stems: dict[str, list[Asset]] = {}
        self.long: dict[str, list[Asset]] = {}  # by the beginning of their names that Takeout leaves
        self.edited: dict[str, list[Asset]] = {}  # by the stem of the photo they were made of
        for asset in sorted(assets, key=lambda asset: (FORMATS.index(asset.photo.format), asset.photo.id)):
            for name in (asset.photo.name, *(file.name for file in asset.files)):
                self.add(name, asset)

    def add(self, name: str, asset: Asset) -> None:
        long = ((self.long, key) for key in starts(name))
        keys = ((self.whole, name.casefold()), (self.stems, _stem(name)), *long)
        for table, key in (*keys, (self.edited, _unedited(name))):
            if key and asset not in table.setdefault(key, []):
                table[key].append(asset)

    def asked(self, file: Unreadable) -> bool:
        after_a_raw_file = _stem(_stem(file.name)) in self.stems
        return _role(file.name) is not None and (after_a_raw_file or any(self.of(file.name)))

    def of(self, name: str) -> Iterator[Asset]:
        """Assets a file may belong to by its name, the most specific first. A raw file's own sidecar may match it."""
        json = _suffix(name) == ".json"
        whole = photo_names(name) if json else [name.casefold()[: -len(_suffix(name))]]
        for key in whole:
            yield from self.whole.get(key, ())
        if json:
            yield from self.long.get(cut(name), ())
        for key in whole if json else _stems(name):
            yield from self.stems.get(key, ())

    def told_by(self, name: str, title: str) -> Iterator[tuple[int, Asset]]:
        """Assets that a JSON of Takeout speaks of, each with 0 for its own file and 1 for that of its original."""
        for asset in self.of(name):
            if _fits(name, title, asset.photo):
                yield 0, asset
        for stem in dict.fromkeys(_stem(key) for key in photo_names(name)):
            yield from ((1, asset) for asset in self.edited.get(stem, ()))


def _stems(name: str) -> list[str]:
    """Stems of photos a file may belong to; IMG_O1.AAE, where iOS keeps edits, also fits IMG_E1."""
    stem = _stem(name)
    folder, slash, last = stem.rpartition("/")
    match = APPLE_EDIT_FILE.match(last) if _suffix(name) == ".aae" else None
    pixel = [name.casefold()] if _suffix(name) == ".mp" else []
    return [stem, *pixel, *([f"{folder}{slash}{match[1]}e{match[2]}"] if match else [])]


def _stem(name: str) -> str:
    return name.casefold()[: len(name) - len(_suffix(name)) or None]


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


@lru_cache(1024)
def _suffix(name: str) -> str:
    """As pathlib takes it, in a tenth of the time: ".jpg" of "a/B.JPG", none of ".hidden" and of "a."."""
    base = name[name.rfind("/") + 1 :]
    dot = base.rfind(".")
    return base[dot:].casefold() if 0 < dot < len(base) - 1 else ""


def _role(name: str) -> Role | None:
    roles: tuple[tuple[Sequence[str], Role], ...] = ((VIDEOS, "video"), (RAWS, "raw"), (SIDECARS, "sidecar"))
    return next((role for suffixes, role in roles if _suffix(name) in suffixes), None)


# Proof by content.


def _is_film_of(file: Unreadable, said: Contents, photo: Photo) -> bool:
    """Apple's identifiers decide if both have one; otherwise the film must be as short as a Live Photo's."""
    if said.clip.identifier and photo.identifier:
        return said.clip.identifier == photo.identifier
    return said.clip.seconds is not None and said.clip.seconds <= LIVE


def _is_raw_of(file: Unreadable, said: Contents, photo: Photo) -> bool:
    return _beside_a_raw(photo)


def _beside_a_raw(photo: Photo) -> bool:
    """Whether a camera may have written it beside a raw file: a JPEG or HEIF with camera data."""
    return photo.format in ("JPEG", "HEIF") and bool(photo.camera or photo.taken)


def _tells_of(file: Unreadable, said: Contents, photo: Photo) -> bool:
    """A JSON names its photo, or the one that the photo was made of; a name that was cut off must fit the title."""
    if _suffix(file.name) != ".json":
        return True
    own = said.says.get("")
    if own is None:
        return False
    named = f"{_folder(file.name)}/{own.title}".lstrip("/").casefold() in photo_names(file.name)
    return named or _fits(file.name, own.title, photo)


def _fits(name: str, title: str, photo: Photo) -> bool:
    """Whether a JSON is the photo's own: it has its whole name, or what was cut off fits the title inside."""
    return photo.name.casefold() in photo_names(name) or is_title(title, photo.name, name)


BELONGS: tuple[tuple[Role, Callable[[Unreadable, Contents, Photo], bool]], ...] = (
    ("raw", _is_raw_of),
    ("video", _is_film_of),
    ("sidecar", _tells_of),
)


def _photos_in(gallery: Gallery) -> tuple[list[Asset], _Names]:
    """The assets, and their names. A raw photo is an asset only if no JPEG or HEIF of the same shot lies beside it."""
    assets = _with_originals([photo for photo in gallery.photos if photo.format != RAW])
    names = _Names(assets)
    alone = [photo for photo in gallery.photos if photo.format == RAW and not _joined(photo, names)]
    if not alone:
        return assets, names
    assets += [Asset(photo) for photo in alone]
    return assets, _Names(assets)


def _joined(raw: Photo, names: _Names) -> bool:
    """Join a raw photo to the photo beside it, if there is one; if both have a time, it must be the same.

    The camera's name is not compared: raw files and JPEGs of one camera spell it differently.
    """
    for asset in names.of(raw.name):
        if _beside_a_raw(asset.photo) and (seconds_apart(raw, asset.photo) or 0) < 1:
            asset.files.append(_companion(raw, "raw"))
            return True
    return False


def _with_originals(photos: Sequence[Photo]) -> list[Asset]:
    """One asset per photo.

    The original of an edited photo is the companion of the edited one, which people want to see.
    """
    by_name: dict[str, list[Photo]] = {}
    for photo in photos:
        by_name.setdefault(_stem(photo.name), []).append(photo)
    originals: dict[str, Photo] = {}  # by the id of the edited one
    taken: set[str] = set()
    # The most edited first: an original has no original itself.
    for photo in sorted(photos, key=lambda photo: (-len(photo.name), photo.name, photo.id)):
        stem = "" if photo.id in taken else _unedited(photo.name)
        found = [p for p in by_name.get(stem, ()) if p.id not in taken and _one_press(p, photo)] if stem else []
        if len(found) == 1:
            originals[photo.id] = found[0]
            taken.add(found[0].id)
    belonging = {edited: [_companion(original, "original")] for edited, original in originals.items()}
    return [Asset(photo, belonging.get(photo.id, [])) for photo in photos if photo.id not in taken]


def _unedited(name: str) -> str:
    """The stem that an edited photo's original has; "" if the name is not that of an edited photo."""
    folder, slash, last = _stem(name).rpartition("/")
    apple = APPLE_EDIT.match(last)
    original = f"{apple[1]}{apple[2]}" if apple else unedited(last)
    return f"{folder}{slash}{original}" if original else ""


def _one_press(a: Photo, b: Photo) -> bool:
    """Whether both are of one press of the shutter: same camera, times less than a second apart; or of one sidecar."""
    apart = seconds_apart(a, b)
    if a.marked and a.marked == b.marked and a.taken == b.taken:
        return True
    return apart is not None and apart < 1 and a.camera == b.camera


def _companion(photo: Photo, role: Role) -> Companion:
    return Companion(photo.id, photo.name, photo.path, photo.digest, photo.size, role)


def _in_words(file: Unreadable, said: Contents | None) -> Unreadable:
    if not file.copyable or not file.reason.startswith(kept("is not in any photo format")):
        return file
    if said and (said.album or ("" not in said.says and said.says)):
        return replace(file, reason=kept("is an export's list of photos or albums; what it says was taken over"))
    return (
        replace(file, reason=kept("is a sidecar of a photo that is not here"))
        if _role(file.name) == "sidecar"
        else file
    )


WORDS: Mapping[Role, Callable[[Companion], str]] = {
    "video": lambda file: _("Live Photo"),
    "raw": lambda file: _("raw ({format})", format=PurePosixPath(file.name).suffix[1:].upper()),
    "sidecar": lambda file: _("sidecar ({format})", format=PurePosixPath(file.name).suffix[1:].upper()),
    "original": lambda file: _("edited, with its original"),
}


def in_words(file: Companion) -> str:
    """What a companion is, for people."""
    return WORDS[file.role](file)


def with_what(photo: Photo) -> str:
    """What comes with a photo, for people; "" for a single file."""
    return ", ".join(dict.fromkeys(map(in_words, photo.companions)))
