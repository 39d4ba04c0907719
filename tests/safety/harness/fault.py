"""What can go wrong at one call of the system, as a value that both ways to bring it about understand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Call:
    """One call of the system, with the paths it is about."""

    name: str
    paths: tuple[str, ...] = ()
    line: str = ""  # as strace wrote it


@dataclass(frozen=True)
class Fault:
    """At the so-maniest call of a kind the process is killed, or, with an error, told that it failed."""

    at: Mapping[str, int]  # by the call's name, counted from 1
    error: str = ""  # as ENOSPC
    sticky: bool = False  # from then on
    paths: tuple[str, ...] = field(default=())  # only calls about one of these files or folders; () for any

    def about(self, paths: Sequence[str]) -> bool:
        return not self.paths or any(path in self.paths for path in paths)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Fault | None:
        values = json.loads(text)
        return Fault(**{**values, "paths": tuple(values["paths"])}) if values else None
