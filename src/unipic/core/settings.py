"""Every number a person may tune, once, with its reason; and the folders that Unipic uses."""

import math
import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, gettext_noop as N_, kept

PACKAGE = Path(__file__).resolve().parents[1]  # the folder `unipic`
INSTALLED = (PACKAGE / "_app").is_dir()  # from a wheel, where app.py, main.py and models/ lie in unipic/_app
APP = PACKAGE / "_app" if INSTALLED else PACKAGE.parent  # the folder of app.py and main.py
PROJECT = APP if INSTALLED else PACKAGE.parents[1]  # the folder of models/

# What people are told to run.
COMMAND = "unipic" if INSTALLED else "python src/main.py"
INSTALL = kept("install Unipic again") if INSTALLED else kept("run `pip install -r requirements.txt`")

# What CLIP is asked: the wish, a preset or the person's own words, against all the faults. They speak of the
# photograph alone: none of them asks anything of anyone's body, skin, age or looks, eyes and expressions included.
PRESETS = {
    "general": "a sharp, well-exposed, well-composed photo",
    "landscape": "a stunning landscape photo with great light, a level horizon and clear colours",
    "portrait": "a well-framed portrait photo in good light, with the face in focus",
}
FAULTS = (
    "a blurry photo, out of focus",
    "a photo blurred by camera shake",
    "an underexposed, dark photo",
    "an overexposed photo with blown-out highlights",
    "a grainy, noisy photo",
    "a badly framed photo with the subject cut off",
    "a photo with something in the way of the lens",
    "a crooked snapshot taken by accident",
)


_KEY = [""]  # of Immich, once it was taken from the environment


class Section:
    """Settings that belong together. A value of a Literal must be one of its words."""

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self)).items():
            value, known = getattr(self, name), get_args(hint) if get_origin(hint) is Literal else ()
            if known and value not in known:
                raise SettingsError(
                    _("{name} is one of {known}, not {value!r}", name=name, known=", ".join(known), value=value)
                )
        self.check()

    def check(self) -> None:
        """SettingsError names a value that cannot be used."""


@dataclass(frozen=True)
class Thresholds(Section):
    """When two photos are one picture, and when they are one moment. They may be moved after the photos were read."""

    # 0 to 100, the same for every encoder. 90: of labelled pairs at the threshold 9 in 10 are one moment, and of all
    # that reach it 99 in 100. Lower finds more and less sure groups.
    similar: float = 90.0
    # 0 to 100: how exactly the pixels of a copy agree. 50 is where the measured limits are (cleanup/compare.py).
    near: float = 50.0
    grouping: Literal["greedy", "dbscan", "components"] = "greedy"  # see core/grouping.py
    time_window: float | None = None  # seconds; None: capture times do not matter

    def check(self) -> None:
        for name in ("near", "similar"):
            if not 1 <= getattr(self, name) <= 100:
                raise SettingsError(
                    _("{name} is a number from 1 to 100, not {value}", name=name, value=getattr(self, name))
                )
        if self.time_window is not None and not 0 < self.time_window < math.inf:
            raise SettingsError(
                _("the time window is a number of seconds above 0, not {value}", value=self.time_window)
            )


@dataclass(frozen=True)
class Control:
    """How people set a threshold, on the command line and on screen."""

    option: str  # of the command line
    label: str  # on screen
    help: str
    slider: tuple[float, float, float] = (0.0, 0.0, 0.0)  # least, most and step on screen


CONTROLS = {
    "similar": Control(
        *("--similarity", N_("Similar shots")),
        N_(
            "How similar shots of one moment must be, 1 to 100. At 90, the default, nine in ten pairs show the same "
            "moment. Higher finds fewer, safer groups."
        ),
        (50.0, 99.0, 1.0),  # pairs that are less similar are not known one by one
    ),
    "near": Control(
        *("--near", N_("Copies")),
        N_(
            "How exactly the pixels of copies must agree, 1 to 100. 50 is the measured default. "
            "Higher finds fewer copies."
        ),
        (10.0, 95.0, 5.0),
    ),
    "grouping": Control(
        "--grouping", N_("Grouping"), N_("How similar shots become a group: greedy, dbscan or components.")
    ),
    "time_window": Control(
        "--time-window",
        N_("Similar shots taken within"),
        N_("Similar shots must be taken within this time: 48s, 2m, 1h."),
    ),
}


@dataclass(frozen=True)
class Comparing(Section):
    # auto: unipic, or the built-in one if that cannot be loaded.
    encoder: Literal["auto", "unipic", "mobilenet", "builtin"] = "auto"
    # Pictures too plain for keypoints are laid frame on frame if their hashes differ in few of the 256 bits.
    # Copies differed in at most 12 on labelled photos, twice that leaves room; the pixels decide.
    near_bits: int = 24
    # Films take part: the same film in other files, and photos that are a picture of a film. Each film is decoded once.
    videos: bool = False

    def check(self) -> None:
        if not 0 <= self.near_bits <= 256:
            raise SettingsError(_("near_bits is 0 to 256, not {value}", value=self.near_bits))


@dataclass(frozen=True)
class Ranking(Section):
    preset: str = "general"  # one of PRESETS
    prompt: str = ""  # the person's own words; they win over the preset
    ranker: Literal["auto", "clip", "builtin"] = "auto"  # auto: clip if it is installed, else built-in
    aesthetic: bool = False  # LAION's head besides CLIP's wish; off: its taste is known to lean, see docs/models.md
    # Find faces in shots of one moment: open eyes and smiles rank higher, nobody is lost from what is kept.
    people_safe: bool = True
    # Rank by what earlier choices taught, where that was found to be better. Off: the same input, the same answer.
    taste: bool = False

    def check(self) -> None:
        if self.preset not in PRESETS:
            raise SettingsError(
                _("there is no preset {name!r}; there are {known}", name=self.preset, known=", ".join(PRESETS))
            )

    @property
    def wish(self) -> str:
        """The text photos are scored against."""
        return self.prompt.strip() or PRESETS[self.preset]


@dataclass(frozen=True)
class Searching(Section):
    # What sees the meaning of photos and words. auto: the best that is installed; none: search by facts and names only.
    search_model: Literal["auto", "siglip2", "datacomp", "openai", "none"] = "auto"


@dataclass(frozen=True)
class Machine(Section):
    """Where the work is done."""

    device: Literal["auto", "cpu", "cuda"] = "auto"  # of models
    workers: int = 0  # decode processes; 0: one per core, or fewer that fit memory
    fetch: bool = True  # may missing weights be fetched
    engine: Literal["local", "ray"] = "local"  # ray: photos are read and embedded on a cluster, see docs/scaling.md
    ray_address: str = ""  # "host:port" of the cluster's head node; "" for a Ray of this machine alone
    ray_store: str = ""  # where Ray's workers leave what they saw; "": in the data folder, for a Ray of this machine

    def check(self) -> None:
        if self.workers < 0:
            raise SettingsError(_("workers is 0 (by cores and memory) or more, not {value}", value=self.workers))
        if self.engine != "ray" and (self.ray_address or self.ray_store):
            raise SettingsError(_("ray_address and ray_store are for the engine ray, which was not asked for"))
        if self.ray_address in ("", "local"):
            return
        if not re.fullmatch(r"[^\s/]+:[0-9]{1,5}", self.ray_address):
            raise SettingsError(
                _("ray_address is host:port of the cluster's head node, not {value!r}", value=self.ray_address)
            )
        if not self.ray_store:
            raise SettingsError(
                _(
                    "with the cluster at {address} say ray_store too: a folder that all of its nodes share, "
                    "or s3://bucket/folder",
                    address=self.ray_address,
                )
            )


@dataclass(frozen=True)
class Limits(Section):
    """They keep one hostile file from spoiling more than itself.

    Real photos reach 200 megapixels; a full decode of 100 needs 600 MB as RGB, one of 32 as WebP (reading/images.py has
    what each format takes).
    """

    max_pixels: int = 200_000_000
    max_decoded: int = 600_000_000  # bytes
    max_file: int = 2_000_000_000  # bytes; above it is a video or a mistake
    max_scans: int = 100  # of a progressive JPEG; real ones have at most a dozen
    photo_seconds: float = 15.0  # of processor time; a 12-megapixel HEIC takes half a second
    worker_memory: int = 2_000_000_000  # bytes of address space per decode process
    inbox_gb: float = 50.0  # what phones may fill the inbox with; the command `phone` takes it over

    def check(self) -> None:
        for name, value in vars(self).items():
            if not 0 < value < math.inf:
                raise SettingsError(_("{name} is a number above 0, not {value}", name=name, value=value))


@dataclass(frozen=True)
class FilmLimits(Section):
    """The same for a film. What was found until one is exceeded is kept."""

    film_hours: float = 12.0
    film_pixels: int = 8192 * 4320  # 8K
    film_memory: int = 4_000_000_000  # bytes of address space of the process that decodes it
    film_stall: float = 30.0  # seconds of processor time without another picture

    check = Limits.check


@dataclass(frozen=True)
class Settings:
    """All of them, by sections. Files and records name a setting without its section: no two have the same name."""

    thresholds: Thresholds = Thresholds()
    comparing: Comparing = Comparing()
    ranking: Ranking = Ranking()
    searching: Searching = Searching()
    machine: Machine = Machine()
    limits: Limits = Limits()
    films: FilmLimits = FilmLimits()

    @classmethod
    def of(cls, **values: Any) -> "Settings":
        """The default settings but for some values."""
        return changed(cls(), values)


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """The settings with some values replaced; SettingsError names a word that is none of ours or a wrong type."""
    sections = {field.name: getattr(settings, field.name) for field in fields(Settings)}
    homes = {field.name: name for name, section in sections.items() for field in fields(section)}
    its: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for name, value in values.items():
        if name not in homes:
            raise SettingsError(
                _("there is no setting {name!r}; there are {known}", name=name, known=", ".join(sorted(homes)))
            )
        check_type(type(sections[homes[name]]), name, value)
        its[homes[name]][name] = value
    return replace(settings, **{name: replace(sections[name], **given) for name, given in its.items()})


def check_type(section: type, name: str, value: object) -> None:
    """SettingsError unless the value has the type of this field of a section."""
    hint = get_type_hints(section)[name]
    kinds = (str,) if get_origin(hint) is Literal else get_args(hint) or (hint,)
    number = isinstance(value, int) and not isinstance(value, bool) and float in kinds
    if not number and not any(type(value) is kind for kind in kinds):
        raise SettingsError(_("{name} cannot be {value!r}", name=name, value=value))


def load_config(path: Path) -> Settings:
    """Settings from a TOML file whose keys are the field names above."""
    return changed(Settings(), read_toml(path))


def read_toml(path: Path) -> dict[str, Any]:
    """The values of a TOML file. SettingsError if there are none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(_("{path} cannot be read: {why}", path=path, why=error.strerror)) from error
    except (ValueError, RecursionError) as error:  # TOML's and Unicode's own are the first; nesting is the second
        raise SettingsError(_("{path} is not valid TOML: {error}", path=path, error=error)) from error


def seconds(text: str) -> float:
    """ "48s", "2m", "1h" or "48" as seconds."""
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    try:
        return float(number) * units[unit]
    except ValueError:
        raise SettingsError(_("{text!r} is no length of time; say 48s, 2m or 1h", text=text)) from None


def models_folder() -> Path:
    """Where weights are: UNIPIC_MODELS; else the user's cache folder if installed, models/ in a checkout."""
    if named := os.environ.get("UNIPIC_MODELS"):
        return Path(named)
    return _of_user("cache") / "models" if INSTALLED else PROJECT / "models"


def memory_folder() -> Path:
    """The library's index and thumbnails. May be deleted at any time."""
    return data_folder() / "library"


def vectors_place() -> str:
    """UNIPIC_VECTORS: a folder, or an address such as s3://bucket/unipic, for LanceDB; "": vectors are in memory."""
    return os.environ.get("UNIPIC_VECTORS", "")


def kept_folder() -> Path:
    """Uploads that a person keeps in the library: originals, never deleted by Unipic."""
    return data_folder() / "kept"


def inbox_folder() -> Path:
    """What phones send: originals, deleted by their owner only."""
    return data_folder() / "inbox"


def data_folder() -> Path:
    """Where runs and statistics live: UNIPIC_DATA; else the user's data folder if installed, .unipic in a checkout."""
    if named := os.environ.get("UNIPIC_DATA"):
        return Path(named)
    return _of_user("data") if INSTALLED else PROJECT / ".unipic"


def immich_folder() -> Path:
    """What belongs to Immich servers: the login, the journals of what was written there, and pictures fetched."""
    return data_folder() / "immich"


def immich_url() -> str:
    """The address of the Immich server: UNIPIC_IMMICH_URL, or ""."""
    return os.environ.get("UNIPIC_IMMICH_URL", "")


def immich_key() -> str:
    """UNIPIC_IMMICH_KEY, or "". It leaves the environment: processes that decode photos must not see it."""
    if key := os.environ.pop("UNIPIC_IMMICH_KEY", ""):
        _KEY[0] = key
    return _KEY[0]


def with_immich_key() -> dict[str, str]:
    """The environment for a process that asks Immich itself, with the key that left this one's."""
    return {**os.environ, "UNIPIC_IMMICH_KEY": immich_key()}


def immich_files() -> tuple[str, str] | None:
    """UNIPIC_IMMICH_FILES=/data=/mnt/immich: where the server's folder is mounted here; None if it is not.

    SettingsError for anything else.
    """
    value = os.environ.get("UNIPIC_IMMICH_FILES", "")
    there, sign, here = value.partition("=")
    if value and not (there and sign and here):
        raise SettingsError(_("UNIPIC_IMMICH_FILES is FOLDER_ON_THE_SERVER=FOLDER_HERE, as /data=/mnt/immich"))
    return (there, here) if value else None


def offline() -> bool:
    """Missing weights are not to be fetched: UNIPIC_OFFLINE is set, and not to 0."""
    return os.environ.get("UNIPIC_OFFLINE", "0") not in ("", "0")


def _of_user(kind: Literal["cache", "data"]) -> Path:
    """Unipic's folder in the place this system has for it."""
    import platformdirs  # a checkout does without

    found = platformdirs.user_cache_path if kind == "cache" else platformdirs.user_data_path
    return Path(found("unipic", appauthor=False))
