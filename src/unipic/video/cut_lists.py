"""The shots of a film as lists that other programs read, by PySceneDetect's writers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from scenedetect.common import FrameTimecode, Timecode
from scenedetect.output import write_scene_list, write_scene_list_edl, write_scene_list_otio

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.video._signals import RATE
from unipic.video.detectors import MICRO
from unipic.video.film import Film
from unipic.video.shots import Shot

KINDS = ("csv", "edl", "otio", "ffmpeg")


def kind_of(path: Path) -> str:
    """The kind of list by a file's ending. SettingsError."""
    kind = path.suffix.casefold().removeprefix(".")
    if kind not in KINDS:
        raise SettingsError(
            _(
                "{name} names no kind of list; end it with {kinds}",
                name=path.name,
                kinds=", ".join("." + kind for kind in KINDS),
            )
        )
    return kind


def cut_list(film: Film, shots: Sequence[Shot], kind: str) -> str:
    """The list as text: "csv", "edl" (CMX 3600), "otio", or "ffmpeg" (its metadata file, with a chapter a shot)."""
    rate = Fraction(film.fps or RATE).limit_denominator(1001)
    scenes = [(_code(shot.start, rate), _code(shot.end, rate)) for shot in shots]
    title, out = _one_line(film.name), io.StringIO()
    if kind == "csv":
        write_scene_list(out, scenes, include_cut_list=False)
    elif kind == "edl":
        write_scene_list_edl(out, scenes, title=title)
    elif kind == "otio":
        write_scene_list_otio(out, scenes, film.path, rate, name=title, audio=bool(film.sound))
    else:
        out.write(";FFMETADATA1\n")
        for shot in shots:
            start, end = round(shot.start * 1000), round(shot.end * 1000)
            out.write(f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle=Shot {shot.number}\n")
    return out.getvalue()


def _code(seconds: float, rate: Fraction) -> FrameTimecode:
    return FrameTimecode(Timecode(round(seconds / MICRO), MICRO), rate)


def _one_line(name: str) -> str:
    """A name that begins no line of its own in a list."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
