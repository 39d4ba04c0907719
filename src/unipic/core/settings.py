"""Every number a person may tune, once, with its reason."""

from __future__ import annotations

import math
import os
import re
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from unipic.core.errors import SettingsError

PACKAGE = Path(__file__).resolve().parents[1]  # the folder `unipic`
INSTALLED = (PACKAGE / "_app").is_dir()  # from a wheel, where app.py, main.py and models/ lie in unipic/_app
APP = PACKAGE / "_app" if INSTALLED else PACKAGE.parent  # the folder of app.py and main.py
PROJECT = APP if INSTALLED else PACKAGE.parents[1]  # the folder of models/

# What people are told to run.
COMMAND = "unipic" if INSTALLED else "python src/main.py"
INSTALL = "install Unipic again" if INSTALLED else "run `pip install -r requirements.txt`"

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


@dataclass(frozen=True)
class Settings:
    # 0 to 100, the same for every encoder. 90: of labelled pairs at the threshold 9 in 10 are one moment, and of all
    # that reach it 99 in 100. Lower finds more and less sure groups.
    similar: float = 90.0
    # 0 to 100: how exactly the pixels of a copy agree. 50 is where the measured limits are (cleanup/compare.py).
    near: float = 50.0
    grouping: str = "greedy"  # or dbscan, components: see cleanup/_grouping.py
    time_window: float | None = None  # seconds; None: capture times do not matter
    preset: str = "general"
    prompt: str = ""  # the person's own words; they win over the preset
    encoder: str = "auto"  # unipic; built-in if it cannot be loaded
    ranker: str = "auto"  # clip if it is to be had, else built-in
    aesthetic: bool = False  # LAION's head besides CLIP's wish; off: its taste is known to lean, see docs/models.md
    # Rank by what earlier choices taught, where that was found to be better. Off: the same input, the same answer.
    taste: bool = False
    device: str = "auto"
    workers: int = 0  # decode processes; 0: one per core
    fetch: bool = True  # may missing weights be fetched
    engine: str = "local"  # or ray: photos are read and embedded on a cluster, see docs/scaling.md
    ray_address: str = ""  # "host:port" of the cluster's head node; "" for a Ray of this machine alone
    ray_store: str = ""  # where Ray's workers leave what they saw; "": in the data folder, for a Ray of this machine

    # Pictures too plain for keypoints are laid frame on frame if their hashes differ in few of the 256 bits.
    # Copies differed in at most 12 on labelled photos, twice that leaves room; the pixels decide.
    near_bits: int = 24

    # Limits that keep one hostile file from spoiling more than itself. Real photos reach 200 megapixels;
    # a full decode of 100 needs 600 MB as RGB, one of 32 as WebP (images.py has what each format takes).
    max_pixels: int = 200_000_000
    max_decoded: int = 600_000_000  # bytes
    max_file: int = 2_000_000_000  # bytes; above it is a video or a mistake
    max_scans: int = 100  # of a progressive JPEG; real ones have at most a dozen
    photo_seconds: float = 15.0  # of processor time; a 12-megapixel HEIC takes half a second
    worker_memory: int = 2_000_000_000  # bytes of address space per decode process

    def __post_init__(self) -> None:
        for name in ("near", "similar"):
            if not 1 <= getattr(self, name) <= 100:
                raise SettingsError(f"{name} is a number from 1 to 100, not {getattr(self, name)}")
        if self.preset not in PRESETS:
            raise SettingsError(f"there is no preset {self.preset!r}; there are {', '.join(PRESETS)}")
        if self.time_window is not None and not 0 < self.time_window < math.inf:
            raise SettingsError(f"the time window is a number of seconds above 0, not {self.time_window}")
        if self.workers < 0:
            raise SettingsError(f"workers is 0 (one per core) or more, not {self.workers}")
        if not 0 <= self.near_bits <= 256:
            raise SettingsError(f"near_bits is 0 to 256, not {self.near_bits}")
        for name in ("max_pixels", "max_decoded", "max_file", "max_scans", "photo_seconds", "worker_memory"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"{name} is a number above 0, not {getattr(self, name)}")
        choices = {
            "grouping": ("greedy", "dbscan", "components"),
            "encoder": ("auto", "unipic", "mobilenet", "builtin"),
            "ranker": ("auto", "clip", "builtin"),
            "device": ("auto", "cpu", "cuda"),
            "engine": ("local", "ray"),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise SettingsError(f"{name} is one of {', '.join(known)}, not {getattr(self, name)!r}")
        self._check_ray()

    def _check_ray(self) -> None:
        if self.engine != "ray" and (self.ray_address or self.ray_store):
            raise SettingsError("ray_address and ray_store are for the engine ray, which was not asked for")
        if self.ray_address in ("", "local"):
            return
        if not re.fullmatch(r"[^\s/]+:[0-9]{1,5}", self.ray_address):
            raise SettingsError(f"ray_address is host:port of the cluster's head node, not {self.ray_address!r}")
        if not self.ray_store:
            raise SettingsError(
                f"with the cluster at {self.ray_address} say ray_store too: a folder that all of its nodes share, "
                "or s3://bucket/folder"
            )

    @property
    def wish(self) -> str:
        """The text photos are scored against."""
        return self.prompt.strip() or PRESETS[self.preset]


def changed(settings: Settings, values: dict[str, Any]) -> Settings:
    """The settings with some values replaced; SettingsError names a word that is none of ours or a wrong type."""
    hints = get_type_hints(Settings)
    known = {field.name for field in fields(Settings)}
    for name, value in values.items():
        if name not in known:
            raise SettingsError(f"there is no setting {name!r}; there are {', '.join(sorted(known))}")
        kinds = get_args(hints[name]) or (hints[name],)
        number = isinstance(value, int) and not isinstance(value, bool) and float in kinds
        if not number and not any(type(value) is kind for kind in kinds):
            raise SettingsError(f"{name} cannot be {value!r}")
    return replace(settings, **values)


def load_config(path: Path) -> Settings:
    """Settings from a TOML file whose keys are the field names above."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # TOML's and Unicode's own are the first; nesting is the second
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    return changed(Settings(), values)


def seconds(text: str) -> float:
    """ "48s", "2m", "1h" or "48" as seconds."""
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    try:
        return float(number) * units[unit]
    except ValueError:
        raise SettingsError(f"{text!r} is no length of time; say 48s, 2m or 1h") from None


def models_folder() -> Path:
    """Where weights are: UNIPIC_MODELS; else the user's cache folder if installed, models/ in a checkout."""
    if named := os.environ.get("UNIPIC_MODELS"):
        return Path(named)
    return _of_user("cache") / "models" if INSTALLED else PROJECT / "models"


def memory_folder() -> Path:
    """What is known of photos that were looked at, of folders on this machine. May be deleted at any time."""
    return data_folder() / "facts"


def data_folder() -> Path:
    """Where runs and statistics live: UNIPIC_DATA; else the user's data folder if installed, .unipic in a checkout."""
    if named := os.environ.get("UNIPIC_DATA"):
        return Path(named)
    return _of_user("data") if INSTALLED else PROJECT / ".unipic"


def offline() -> bool:
    """Missing weights are not to be fetched: UNIPIC_OFFLINE is set, and not to 0."""
    return os.environ.get("UNIPIC_OFFLINE", "0") not in ("", "0")


def _of_user(kind: Literal["cache", "data"]) -> Path:
    """Unipic's folder in the place this system has for it."""
    import platformdirs  # a checkout does without

    found = platformdirs.user_cache_path if kind == "cache" else platformdirs.user_data_path
    return Path(found("unipic", appauthor=False))
