"""Every number a person may tune, once, with its reason. Thresholds of None mean: the encoder's own."""

from __future__ import annotations

import math
import os
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from unipic.errors import SettingsError

PROJECT = Path(__file__).resolve().parents[2]

# What CLIP is asked. None of them asks anything of anyone's body or skin.
PRESETS = {
    "general": "a sharp, well-exposed, well-composed photo",
    "landscape": "a stunning landscape photo with great light, a level horizon and clear colours",
    "portrait": "a portrait photo in focus, with open eyes, a natural expression and good light",
}


@dataclass(frozen=True)
class Settings:
    near: float | None = None  # cosine similarity of the same picture
    similar: float | None = None  # cosine similarity of the same moment
    time_window: float | None = None  # seconds; None: capture times do not matter
    preset: str = "general"
    prompt: str = ""  # the person's own words; they win over the preset
    encoder: str = "auto"  # mobilenet if it is to be had, else built-in
    ranker: str = "auto"  # clip if it is to be had, else built-in
    device: str = "auto"
    workers: int = 0  # decode processes; 0: one per core
    fetch: bool = True  # may missing weights be fetched

    # Two prints of one picture differ in a few of the 256 bits, neighbours of a burst in many more;
    # no copy that the encoder is sure of differed in more than 12 on labelled photos, twice that leaves room.
    near_bits: int = 24

    # Limits that keep one hostile file from spoiling more than itself. Real photos reach 200 megapixels;
    # a full decode of 100 needs 600 MB for picture and conversion together.
    max_pixels: int = 200_000_000
    max_decoded: int = 600_000_000  # bytes
    max_file: int = 2_000_000_000  # bytes; above it is a video or a mistake
    max_scans: int = 100  # of a progressive JPEG; real ones have at most a dozen
    photo_seconds: float = 15.0  # a 12-megapixel HEIC takes half a second
    worker_memory: int = 2_000_000_000  # bytes of address space per decode process

    def __post_init__(self) -> None:
        for name in ("near", "similar"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise SettingsError(f"{name} is a similarity above 0 and up to 1, not {value}")
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
            "encoder": ("auto", "mobilenet", "builtin"),
            "ranker": ("auto", "clip", "builtin"),
            "device": ("auto", "cpu", "cuda"),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise SettingsError(f"{name} is one of {', '.join(known)}, not {getattr(self, name)!r}")

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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
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
    """Where weights are: the project's models/, or the folder UNIPIC_MODELS names."""
    return Path(os.environ.get("UNIPIC_MODELS") or PROJECT / "models")


def data_folder() -> Path:
    """Where runs and statistics live: UNIPIC_DATA, or .unipic in the project."""
    return Path(os.environ.get("UNIPIC_DATA") or PROJECT / ".unipic")
