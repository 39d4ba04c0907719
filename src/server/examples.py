"""Pictures that somebody searches by: each is looked at in a process of its own, and kept in memory at most."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from unipic.core.errors import SourceError
from unipic.core.face import Face
from unipic.core.language import gettext as _
from unipic.core.photo import photo_from_dict, photo_to_dict
from unipic.core.settings import APP

if TYPE_CHECKING:  # loaded by the first search
    from unipic.search.search import Example

MOST = 16  # pictures kept; the oldest are forgotten first
LONGEST_S = 120.0  # seconds for one picture, start of the process included
COMMAND = (sys.executable, str(APP / "main.py"))  # and a hidden command, a file, and more that it takes

_one_at_a_time = threading.Lock()


def look(command: str, path: Path, *more: str) -> str:
    """What a hidden command says of a picture: `example` or `selfie`."""
    done = subprocess.run(
        [*COMMAND, command, str(path), *more], capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    return done.stdout


def looked_at(name: str, command: str, path: Path, *more: str) -> dict[str, Any]:
    """The answer of a hidden command about a picture called `name`, one at a time. SourceError says why it is none."""
    with _one_at_a_time:
        try:
            said: dict[str, Any] = json.loads(look(command, path, *more))
        except (ValueError, subprocess.SubprocessError) as error:
            raise SourceError(_("{name} could not be looked at", name=name)) from error
    if problem := said.get("problem"):
        raise SourceError(f"{name} {problem}")
    return said


def faces_in_selfie(path: Path, name: str) -> list[Face]:
    """The clear faces in a picture, the largest first, with vectors. SourceError says why there is none."""
    return [face_from_dict(one) for one in looked_at(name, "selfie", path)["faces"]]


def face_from_dict(values: dict[str, Any]) -> Face:
    """Inverse of face_to_dict."""
    return Face("", tuple(values["box"]), (), 1.0, 0.0, vector=np.array(values["vector"], np.float32))


def face_to_dict(face: Face) -> dict[str, Any]:
    """Where a face is, and the numbers that tell whose it is, for JSON."""
    return {"box": list(face.box), "vector": np.asarray(face.vector, np.float32).tolist()}


class Examples:
    """The latest pictures, by digest."""

    def __init__(self) -> None:
        self.added = 0  # so often: a search by a picture that was not there may find something now
        self._kept: OrderedDict[str, Example] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, path: Path, name: str, encoder: str) -> str:
        """Look at the picture in a file; returns its digest. SourceError says why it is none."""
        example = from_dict(looked_at(name, "example", path, encoder), name)
        with self._lock:
            self.added += 1
            self._kept[example.photo.digest] = example
            self._kept.move_to_end(example.photo.digest)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return example.photo.digest

    def beginning_with(self, digits: str) -> Example | None:
        """The picture whose digest begins so."""
        with self._lock:
            return next((one for digest, one in self._kept.items() if digest.startswith(digits)), None)


def to_dict(example: Example) -> dict[str, Any]:
    """An example as plain values for JSON."""
    vector = np.asarray(example.vector, np.float32).tolist()
    thumbnail = base64.b64encode(example.thumbnail).decode("ascii")
    return {"photo": photo_to_dict(example.photo), "vector": vector, "thumbnail": thumbnail}


def from_dict(values: dict[str, Any], name: str) -> Example:
    """Inverse of to_dict, under another name."""
    from unipic.search.search import Example

    photo = replace(photo_from_dict(values["photo"]), name=name)
    return Example(photo, np.array(values["vector"], np.float32), base64.b64decode(values["thumbnail"]))
