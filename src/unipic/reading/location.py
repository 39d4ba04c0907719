"""Read and remove a photo's location in any format: with exiftool, on copies, and verified afterwards.

exiftool is an external program that may be missing. One process is kept running. It gets only file names of ours, reads
no configuration, and has limits on time and memory, so a hostile file fails alone. A result is accepted only after
exiftool and Unipic have both read it again and the picture is the same to the last bit.
"""

import hashlib
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

from unipic.core.errors import LocationLeft, NoExiftool
from unipic.core.files import copy_and_hash, open_to_read
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.settings import Limits
from unipic.reading._imagedata import films_behind, image_data, places_between
from unipic.reading.images import NotAPhoto, decode

OLDEST = (12, 38)  # older versions let file names and pictures run code: CVE-2021-22204, CVE-2022-23935
INSTALL = N_("Install it: Debian and Ubuntu have it as libimage-exiftool-perl, Homebrew and winget as exiftool")
FILE_TIMEOUT_S = 120.0  # seconds for one file
MEMORY = 2 << 30  # bytes

SEARCH = (
    *("*GPS*", "*Location*", "*Latitude*", "*Longitude*", "*Altitude*", "*Coordinates*", "*Landmark*"),
    *("City", "State", "Province-State", "*Country*", "GeoTiff*", "ModelTiePoint", "ModelTransform"),
)
STILLS = (b"hei", b"hev", b"mif1", b"msf1", b"avif", b"avis")  # brands of HEIF and AVIF
SIGNS = (
    *((b"\xff\xd8", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"RIFF", "")),
    *((b"\xff\x0a", ".jxl"), (b"\0\0\0\x0cJXL ", ".jxl"), (b"\xff\x4f\xff\x51", ".j2k"), (b"\0\0\0\x0cjP  ", ".jp2")),
)
# Tags that match SEARCH but are about positions in the picture or file, or camera settings.
NO_PLACE = re.compile(r"(?i)(subject|focus|af|face|preview|thumbnail)\w*location\d?|gpsversionid")
NOTHING = re.compile(r"[\s0.\-:/]*")  # "", "---", "0": how cameras write "unknown"
REMOVE = (
    "-GPS:all=",
    *(f"-XMP-{tag}*=" for tag in ("exif:GPS", "iptcExt:Location", "iptcCore:Location", "iptcCore:CountryCode")),
    *(f"-XMP-photoshop:{tag}=" for tag in ("City", "State", "Country")),
    *(f"-IPTC:{tag}*=" for tag in ("City", "Sub-location", "Province-State", "Country", "ContentLocation")),
    *(f"-{group}:{tag}*=" for group in ("Keys", "UserData", "ItemList") for tag in ("Location", "GPSCoordinates")),
)
GEO_NUMBERS = ("latitude", "longitude", "altitude", "latitudeSpan", "longitudeSpan")
GEO_WORDS = re.compile(r"(?i)location|latitudee7|longitudee7|place|address|^city$|country")


def find_exiftool() -> Path | None:
    """The program's path; None if it is not installed."""
    found = shutil.which("exiftool")
    return Path(found) if found else None


class Stripper:
    """A context manager that runs exiftool. NoExiftool if it is missing, or too old to be safe."""

    def __init__(
        self, program: Path | None = None, limits: Limits | None = None, patience: float = FILE_TIMEOUT_S
    ) -> None:
        found = program or find_exiftool()
        if found is None:
            raise NoExiftool(
                _("location cannot be removed without exiftool, which is not installed. {install}.", install=_(INSTALL))
            )
        self._limits, self._patience = limits or Limits(), patience
        self._tool = _Exiftool(found)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.callback(self._tool.end)
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="unipic-")))
        version = self._ask("-ver").strip()
        if not re.fullmatch(r"\d+\.\d+", version) or tuple(map(int, version.split("."))) < OLDEST:
            self.__exit__()
            raise NoExiftool(
                _(
                    "exiftool {version} is too old to be safe with photos from strangers. {install}, newer.",
                    version=version,
                    install=_(INSTALL),
                )
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stripped(self, original: BinaryIO, name: str, folder: Path) -> Path:
        """A copy without location, in a new file in `folder`, which the caller deletes. LocationLeft as in strip()."""
        handle, made = tempfile.mkstemp(dir=folder, suffix=_plain(Path(name).suffix), prefix="unipic-strip-")
        copy = Path(made)
        try:
            with os.fdopen(handle, "wb") as file:
                copy_and_hash(original, file)
            self.strip(copy, name)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
        return copy

    def strip(self, path: Path, name: str = "") -> None:
        """Remove the location in place, from a copy of ours. `name`: the original's name, for messages.

        LocationLeft if it cannot be removed for certain; the copy is then useless. If a place in the camera's maker
        notes cannot be emptied, all maker notes are removed.
        """
        try:
            if path.suffix.lower() == ".json":
                _strip_json(path)
            else:
                self._strip(path)
        except LocationLeft as error:
            raise LocationLeft(
                _("{name} {why}. Leave it out, or take it with its location.", name=name or path.name, why=error)
            ) from error

    def _strip(self, path: Path) -> None:
        found = self._tags(path)
        if not found and not self._hidden(path):
            return
        before = self._picture(path)
        if not before:
            raise LocationLeft(_("is of a kind whose location cannot be removed for certain"))
        self._remove(path, [f"-{tag}=" for tag in found])
        if left := self._tags(path):
            self._remove(path, [*(f"-{tag}=" for tag in left), "-MakerNotes:all="])
        if (left := self._tags(path)) or self._hidden(path):
            about = ", ".join(left[:3]) or _("a preview, another picture, a film or compressed data inside of it")
            raise LocationLeft(_("would keep its location in {what}", what=about))
        if self._picture(path) != before:
            raise LocationLeft(_("would be another picture without its location"))

    def _tags(self, path: Path) -> list[str]:
        """Location tags of the file, as "group:tag".

        exiftool gets a link with a safe name, since a name may hold anything.
        """
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            name = os.path.join(folder, f"file{_kind(path)}")
            os.symlink(os.path.abspath(path), name)
            given = ("-j", "-a", "-G1", "-s", "-e", "-ee3", "-SourceFile", "-Error", *(f"-{one}" for one in SEARCH))
            found = {one["SourceFile"]: one for one in _json(self._ask(*given, name))}
        if name not in found or "ExifTool:Error" in found[name]:
            raise LocationLeft(_("cannot be read by exiftool, so location may be in it"))
        return [tag for tag, value in found[name].items() if _says_where(tag, value)]

    def _hidden(self, path: Path) -> bool:
        """Whether there is a location that exiftool does not report: in previews, or in data after the picture."""
        if places_between(path):
            return True
        for start in films_behind(path):
            with open_to_read(path) as file, tempfile.NamedTemporaryFile(dir=self._folder, suffix=".mov") as film:
                file.seek(start)
                copy_and_hash(file, film)
                film.flush()
                if self._tags(Path(film.name)):
                    return True
        return False

    def _remove(self, path: Path, more: Sequence[str]) -> None:
        """What exiftool says is dropped: it names temporary files, and the tags are read again anyway."""
        name = self._folder / f"strip{_kind(path)}"
        shutil.move(path, name)
        try:
            self._ask("-overwrite_original", "-P", *REMOVE, *more, str(name))
        finally:
            shutil.move(name, path)

    def _picture(self, path: Path) -> str:
        """A hash of the media data, which must not change; "" if it is not known."""
        if path.suffix.lower() in (".xmp", ".aae"):
            return "no picture"
        with open_to_read(path) as file:
            head = file.read(12)
        if head[4:8] != b"ftyp" or not head[8:12].startswith(STILLS):
            return image_data(path)
        try:
            decoded = decode(str(path), 1 << 16, self._limits)
        except NotAPhoto as error:
            raise LocationLeft(_("{why}, so its picture cannot be compared", why=error)) from None
        return decoded.content or hashlib.sha256(decoded.picture.tobytes()).hexdigest()

    def _ask(self, *given: str) -> str:
        return self._tool.ask(given, self._patience)


class _Exiftool:
    """The process, started on the first request and restarted after it ended or was killed."""

    def __init__(self, program: Path) -> None:
        self._program, self._asked = program, 0
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, given: Sequence[str], patience: float) -> str:
        """Send arguments and return the output.

        LocationLeft if the process ends or needs more than `patience` seconds.
        """
        process = self._running()
        self._asked += 1
        assert process.stdin
        try:
            process.stdin.write("".join(f"{line}\n" for line in (*given, f"-execute{self._asked}")).encode())
            process.stdin.flush()
            return self._answer(process, time.monotonic() + patience)
        except (BrokenPipeError, EOFError):
            self.end()
            raise LocationLeft(_("makes exiftool end, so location may be in it")) from None
        except TimeoutError:
            self.end()
            raise LocationLeft(
                _("takes exiftool longer than {seconds:.0f} s, so location may be in it", seconds=patience)
            ) from None

    def end(self) -> None:
        if self._process:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
            self._process.wait()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.end()
            self._process = subprocess.Popen(
                [self._program, "-config", "", "-stay_open", "True", "-@", "-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"},
            )
            # It may have ended already; only Linux has prlimit.
            with suppress(ImportError, AttributeError, OSError, ValueError):
                import resource

                resource.prlimit(self._process.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], until: float) -> str:
        assert process.stdout
        end, said = f"{{ready{self._asked}}}".encode(), b""
        while end not in said[-len(end) - 2 :]:
            if not select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError
            part = os.read(process.stdout.fileno(), 1 << 16)
            if not part:
                raise EOFError
            said += part
        return said[: said.rindex(end)].decode("utf-8", "replace")


def _kind(path: Path) -> str:
    """A suffix that fits the content: exiftool fails on a wrong one."""
    try:
        with open_to_read(path) as file:
            head = file.read(8)
    except OSError:
        head = b""
    return next((suffix for sign, suffix in SIGNS if head.startswith(sign)), _plain(path.suffix))


def _plain(suffix: str) -> str:
    return suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,5}", suffix) else ""


def _json(said: str) -> list[dict[str, Any]]:
    """The JSON in exiftool's output, ignoring messages around it."""
    start = said.find("[{")
    with suppress(ValueError):
        found, _ = json.JSONDecoder().raw_decode(said[start:]) if start >= 0 else ([], 0)
        return list(found)
    return []


def _says_where(tag: str, value: object) -> bool:
    name = tag.rpartition(":")[2]
    if tag == "SourceFile" or name == "Error" or NO_PLACE.fullmatch(name):
        return False
    return not NOTHING.fullmatch(str(value)) or tag.startswith(("GPS:", "XMP-exif:"))


def _strip_json(path: Path) -> None:
    """Google Takeout's sidecar: set numbers to 0, which is how it says "unknown", and drop words."""
    about = _read_json(path)
    if about is None:
        raise LocationLeft(_("is no JSON that can be read, so location may be in it"))
    if _places_in(about):
        path.write_text(json.dumps(_without_places(about), ensure_ascii=True, indent=2), encoding="ascii")


def _read_json(path: Path) -> Any:
    try:
        with open_to_read(path) as file:
            return json.loads(file.read())
    except (ValueError, OSError, RecursionError):
        return None


def _places_in(value: Any) -> bool:
    return bool(value != _without_places(value))


def _without_places(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_places(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: 0.0 if key in GEO_NUMBERS else _without_places(one)
        for key, one in value.items()
        if key in GEO_NUMBERS or not GEO_WORDS.search(key)
    }
