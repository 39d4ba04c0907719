"""Companions: files that belong to a photo become part of it, and are copied or set aside with it.

Names are a convention and no proof. A film, a raw file or an original must also agree with the photo in content;
otherwise it stays a file of its own. Files that two cameras named alike are never joined.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePosixPath

from unipic.core.files import copy_and_hash, open_to_read
from unipic.core.photo import FORMATS, RAW, Companion, Found, Gallery, Photo, Role, Unreadable, seconds_apart
from unipic.core.progress import Progress, Step, silent
from unipic.library.index import NO_INDEX, Index
from unipic.reading import versions
from unipic.reading.apple import Clip, read_clip
from unipic.reading.engines.base import Engine, Failure

STAGE = "Finding what belongs together"
VERSION = 1  # raised when other contents are read from a possible companion
VIDEOS = (".mov", ".mp4")
RAWS = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".gpr", ".iiq", ".kdc", ".mef", ".mos", ".mrw"),
    *(".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
)
SIDECARS = (".xmp", ".aae", ".pp3", ".dop", ".thm", ".json")
LIVE = 6.0  # seconds; a Live Photo's film has 3, some phones' up to 5. A longer film is not a companion
JSON = 1_000_000  # bytes; Google Takeout's have about 1,000
# Takeout appends this to the photo's whole name, and cuts the result at TAKEOUT_LONGEST characters.
TAKEOUT, TAKEOUT_LONGEST = ".supplemental-metadata", 46
# "Edited", as Google Takeout appends it in its languages.
EDITED = re.compile(
    r"-(edited|effects|bearbeitet|modifié|modificato|editado|editada|bewerkt|redigerad|redigeret|edytowane|edited_)$",
    re.IGNORECASE,
)
COUNTER = re.compile(r"^(.*)(\.[^.]+)(\(\d+\))$")  # Takeout's IMG_1.JPG(1).json belongs to IMG_1(1).JPG
APPLE_EDIT = re.compile(r"^(IMG_)E(\d+(?: ?\(\d+\))?)$", re.IGNORECASE)
APPLE_EDIT_FILE = re.compile(r"^(IMG_)O(\d+(?: ?\(\d+\))?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Contents:
    """The content of a file that may be a companion."""

    digest: str
    clip: Clip
    title: str  # of Takeout's JSON: the photo's name


@dataclass
class Asset:
    """A photo and the files found to belong to it."""

    photo: Photo
    files: list[Companion] = field(default_factory=list)


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
    assets, names = _photos_in(gallery)
    candidates = [file for file in gallery.unreadable if file.copyable and names.asked(file)]
    contents = _contents(candidates, engine, progress, index, files)
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
    places = {photo.id: place for place, photo in enumerate(gallery.photos)}
    photos = tuple(
        replace(asset.photo, companions=tuple(sorted(asset.files, key=lambda file: (file.name, file.id))))
        for asset in sorted(assets, key=lambda asset: places[asset.photo.id])
    )
    return Gallery(photos, tuple(_in_words(file) for file in gallery.unreadable if file.id not in taken))


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
    contents = {id: Contents(said["digest"], Clip(**said["clip"]), said["title"]) for id, said in known.items()}
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
                return Failure("filmed for its own sake")
            opened.seek(0)
            title = _takeout_title(opened.read(JSON + 1)) if _suffix(file.name) == ".json" else ""
            if title is None:
                return Failure("about something else")
            opened.seek(0)
            return Contents(copy_and_hash(opened), clip, title)
    except OSError as error:
        return Failure(error.strerror or str(error))


def _takeout_title(data: bytes) -> str | None:
    """The photo's name by a Google Takeout JSON; None for any other JSON."""
    try:
        value = json.loads(data) if len(data) <= JSON else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not {"photoTakenTime", "creationTime"} & value.keys():
        return None
    title = value.get("title")
    return title if isinstance(title, str) else ""


# Candidates by name.


class _Names:
    """Assets by the names of their files, folder included, in lower case: the whole name, and the stem."""

    def __init__(self, assets: Iterable[Asset]) -> None:
        self.whole: dict[str, list[Asset]] = {}
        self.stems: dict[str, list[Asset]] = {}
        for asset in sorted(assets, key=lambda asset: (FORMATS.index(asset.photo.format), asset.photo.id)):
            for name in (asset.photo.name, *(file.name for file in asset.files)):
                self.add(name, asset)

    def add(self, name: str, asset: Asset) -> None:
        for table, key in ((self.whole, name.casefold()), (self.stems, _stem(name))):
            if asset not in table.setdefault(key, []):
                table[key].append(asset)

    def asked(self, file: Unreadable) -> bool:
        after_a_raw_file = _stem(_stem(file.name)) in self.stems
        return _role(file.name) is not None and (after_a_raw_file or any(self.of(file.name)))

    def of(self, name: str) -> Iterator[Asset]:
        """Assets a file may belong to by its name, the most specific first. A raw file's own sidecar may match it."""
        for key in _whole_names(name):
            yield from self.whole.get(key, ())
        if _suffix(name) == ".json":
            yield from self._cut_off(name)
            return
        for key in _stems(name):
            yield from self.stems.get(key, ())

    def _cut_off(self, name: str) -> Iterator[Asset]:
        """Takeout cuts long names: assets whose name starts with what is left."""
        start = name.casefold().removesuffix(".json")
        if len(PurePosixPath(start).name) == TAKEOUT_LONGEST:
            yield from (a for whole, assets in self.whole.items() if whole.startswith(start) for a in assets)


def _whole_names(name: str) -> list[str]:
    """Photo names a companion's name contains:

    "IMG_1.JPG" for IMG_1.JPG.xmp, IMG_1.JPG.supplemental-meta.json or IMG_1.JPG(1).json.
    """
    rest = name.casefold()[: -len(_suffix(name))]
    found = [rest]
    if _suffix(name) == ".json":
        head, dot, tail = rest.rpartition(".")
        number = re.search(r"\(\d+\)$", tail)
        word, counter = (tail[: number.start()], number[0]) if number else (tail, "")
        if dot and word and TAKEOUT.startswith("." + word):
            found.append(head + counter)
        found += [f"{match[1]}{match[3]}{match[2]}" for each in list(found) if (match := COUNTER.match(each))]
    return found


def _stems(name: str) -> list[str]:
    """Stems of photos a file may belong to; IMG_O1.AAE, where iOS keeps edits, also fits IMG_E1."""
    stem = _stem(name)
    folder, slash, last = stem.rpartition("/")
    match = APPLE_EDIT_FILE.match(last) if _suffix(name) == ".aae" else None
    return [stem, *([f"{folder}{slash}{match[1]}e{match[2]}"] if match else [])]


def _stem(name: str) -> str:
    return name.casefold()[: len(name) - len(_suffix(name)) or None]


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.casefold()


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
    """Where a Takeout name is cut off, the title inside must be the photo's name."""
    name = PurePosixPath(file.name).name
    cut_off = _suffix(name) == ".json" and len(name) - len(".json") == TAKEOUT_LONGEST
    return not cut_off or said.title.casefold() == PurePosixPath(photo.name).name.casefold()


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
    apple, google = APPLE_EDIT.match(last), EDITED.search(last)
    if apple:
        return f"{folder}{slash}{apple[1]}{apple[2]}"
    return f"{folder}{slash}{last[: google.start()]}" if google else ""


def _one_press(a: Photo, b: Photo) -> bool:
    """Whether both are of one press of the shutter: same camera, times less than a second apart."""
    apart = seconds_apart(a, b)
    return apart is not None and apart < 1 and a.camera == b.camera


def _companion(photo: Photo, role: Role) -> Companion:
    return Companion(photo.id, photo.name, photo.path, photo.digest, photo.size, role)


def _in_words(file: Unreadable) -> Unreadable:
    if _role(file.name) == "sidecar" and file.copyable and file.reason.startswith("is not in any photo format"):
        return replace(file, reason="is a sidecar of a photo that is not here")
    return file


WORDS: Mapping[Role, Callable[[Companion], str]] = {
    "video": lambda file: "Live Photo",
    "raw": lambda file: f"raw ({PurePosixPath(file.name).suffix[1:].upper()})",
    "sidecar": lambda file: f"sidecar ({PurePosixPath(file.name).suffix[1:].upper()})",
    "original": lambda file: "edited, with its original",
}


def in_words(file: Companion) -> str:
    """What a companion is, for people."""
    return WORDS[file.role](file)


def with_what(photo: Photo) -> str:
    """What comes with a photo, for people; "" for a single file."""
    return ", ".join(dict.fromkeys(map(in_words, photo.companions)))
