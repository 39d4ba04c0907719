"""Presets of exports: size, shape, quality, metadata and names of copies for one purpose, ours and a person's own."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from unipic.albums.crop import ASPECTS
from unipic.albums.plan import check_names
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, kept
from unipic.core.settings import Section, check_type, data_folder, read_toml

Metadata = Literal["kept", "reduced", "none"]
FILE = "presets.toml"  # in the data folder
MM_PER_INCH = 25.4
LONGEST = 20_000  # pixels of a side: more than an A0 poster at 300 dpi has
MOST_BLEED = 20.0  # mm; print shops ask for 2 to 5


@dataclass(frozen=True)
class Preset(Section):
    """How the copies of one export are made."""

    label: str = ""  # on screen
    unit: Literal["px", "mm"] = "px"  # mm: a print, which has exactly this size and turns with the photo
    width: float = 0.0
    height: float = 0.0
    shape: Literal["fit", "fill"] = "fit"  # fit: all of the photo, within this size; fill: cut to this shape
    bleed: float = 0.0  # mm beyond each edge of a print, which are cut off
    dpi: int = 300  # of a print
    format: Literal["jpeg", "webp"] = "jpeg"
    quality: int = 90  # 1 to 100
    metadata: Metadata = "reduced"  # reduced: no place, serial numbers or names of people
    names: str = "{name}"  # of files, without the ending

    def check(self) -> None:
        for name in ("width", "height"):
            if not 1 <= getattr(self, name) <= LONGEST:
                raise SettingsError(
                    _(
                        "{name} is a number from 1 to {most:,}, not {value}",
                        name=name,
                        most=LONGEST,
                        value=getattr(self, name),
                    )
                )
        if not 0 <= self.bleed <= MOST_BLEED or (self.bleed and not self.printed):
            raise SettingsError(
                _(
                    "bleed is 0 to {most:.0f} mm of a print (unit mm), not {value}",
                    most=MOST_BLEED,
                    value=self.bleed,
                )
            )
        if not 50 <= self.dpi <= 1200:
            raise SettingsError(_("dpi is 50 to 1200, not {value}", value=self.dpi))
        if not 1 <= self.quality <= 100:
            raise SettingsError(_("quality is 1 to 100, not {value}", value=self.quality))
        if max(self.pixels) > LONGEST:
            raise SettingsError(
                _(
                    "{pixels:,} pixels are more than the {most:,} a side may have",
                    pixels=max(self.pixels),
                    most=LONGEST,
                )
            )
        check_names(self.names)

    @property
    def printed(self) -> bool:
        """Whether it is for paper."""
        return self.unit == "mm"

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of a copy, with the bleed; where a photo is fitted, at most."""
        return self._in_pixels(self.width + 2 * self.bleed), self._in_pixels(self.height + 2 * self.bleed)

    @property
    def bleed_pixels(self) -> int:
        """The bleed at one edge."""
        return self._in_pixels(self.bleed) if self.bleed else 0

    @property
    def suffix(self) -> str:
        """The ending of the copies' names."""
        return ".jpg" if self.format == "jpeg" else ".webp"

    def _in_pixels(self, length: float) -> int:
        return max(1, round(length / MM_PER_INCH * self.dpi if self.printed else length))


def _print(name: str, width: float, height: float) -> Preset:
    return Preset(kept("Print {name}, 300 dpi", name=name), "mm", width, height, "fill", quality=95)


def _crop(name: str, width: int, height: int) -> Preset:
    """A shape, at the photo's own pixels, since nothing is enlarged for a screen."""
    long = LONGEST / max(width, height)
    label = kept("Cut to {name}, at the photo's own pixels", name=name)
    return Preset(label, "px", width * long, height * long, "fill", quality=95)


BUILT_IN: Mapping[str, Preset] = {
    "square": Preset(kept("Social media, square (1080 x 1080)"), "px", 1080, 1080, "fill"),
    "portrait": Preset(kept("Social media, 4:5 (1080 x 1350)"), "px", 1080, 1350, "fill"),
    "4k": Preset(kept("4K screen (within 3840 x 2160)"), "px", 3840, 2160),
    "web": Preset(kept("Web (long side 2048)"), "px", 2048, 2048, quality=82),
    **{f"crop-{name.replace(':', 'x')}": _crop(name, *shape) for name, shape in ASPECTS.items()},
    "print-9x13": _print("9 x 13 cm", 90, 130),
    "print-10x15": _print("10 x 15 cm", 100, 150),
    "print-13x18": _print("13 x 18 cm", 130, 180),
    "print-20x30": _print("20 x 30 cm", 200, 300),
    "print-a4": _print("A4", 210, 297),
    "print-a3": _print("A3", 297, 420),
}


def presets() -> dict[str, Preset]:
    """All presets by name: ours, changed and added to by presets.toml. SettingsError names what is wrong in it."""
    path = data_folder() / FILE
    own = read_toml(path) if path.exists() else {}
    return {**BUILT_IN, **{name: _own(path, name, values) for name, values in own.items()}}


def preset_named(name: str) -> Preset:
    """SettingsError for a name that is none."""
    found = presets()
    if name not in found:
        raise SettingsError(_("there is no preset {name!r}; there are {known}", name=name, known=", ".join(found)))
    return found[name]


def _own(path: Path, name: str, values: Any) -> Preset:
    if not isinstance(values, dict):
        raise SettingsError(
            _("{path}: {name!r} stands alone; a preset is a table such as [{name}]", path=path, name=name)
        )
    known = [field.name for field in fields(Preset)]
    try:
        for key, value in values.items():
            if key not in known:
                raise SettingsError(_("there is no key {key!r}; there are {known}", key=key, known=", ".join(known)))
            check_type(Preset, key, value)
        return replace(BUILT_IN[name], **values) if name in BUILT_IN else Preset(**{"label": name, **values})
    except SettingsError as error:
        raise SettingsError(f"{path}, [{name}]: {error}") from None
